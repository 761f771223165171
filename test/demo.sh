#!/usr/bin/env bash
# script/demo as somebody who is not root and has no sudo, where everything is
# there: its marts, a kept mart of 20,000 lines, and that nothing of it is left.
# The dashboard and the report are tested by test/bi.sh.
# shellcheck disable=SC2317  # functions are reached through check and the traps
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
base=${TMPDIR:-/tmp}
[ ${#base} -le 30 ] || base=/tmp
work=$(mktemp -d "$base/ptdemo.XXXXXX")
as=()
if [ "$(id -u)" = 0 ]; then as=(runuser -u "${RUNAS:-postgres}" --); fi

cleanup() {
	[ ! -d "$work/tree/.demo" ] || run stop >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

"$top/script/copy-tree" "$work/tree"
mkdir "$work/bin" "$work/tmp"
# whoever asks for root, or for packages, is found out
for name in sudo apt-get su pkexec; do
	printf '#!/bin/sh\necho "%s $*" >>"%s"\nexit 1\n' "$name" "$work/asked" >"$work/bin/$name"
	chmod +x "$work/bin/$name"
done
# what works need not be a package of Debian
printf '#!/bin/sh\nexit 1\n' >"$work/bin/dpkg-query"
chmod +x "$work/bin/dpkg-query"
# no npm, no dashboard: it would ask the registry for its packages, and wait for it
printf '#!/bin/sh\nexit 1\n' >"$work/bin/npm"
printf '#!/bin/sh\nexec /bin/sleep 0.1\n' >"$work/bin/sleep"
chmod +x "$work/bin/npm" "$work/bin/sleep"
[ ${#as[@]} = 0 ] || chown -R "${RUNAS:-postgres}" "$work"
run() {
	"${as[@]}" env -i PATH="$work/bin:$PATH" HOME="$work" TMPDIR="$work/tmp" LC_ALL=C.UTF-8 ${PG_CONFIG:+PG_CONFIG="$PG_CONFIG"} \
		"$work/tree/script/demo" "$@" </dev/null
}
sql() { "${as[@]}" psql -X -A -t -h "$(cat "$work/tree/.demo/server")" -U postgres demo -c "$1"; }

rc=0
check() {	# NAME COMMAND...
	local name=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		echo "ok - demo: $name"
	else
		cat "$work/log"
		[ ! -s "$work/out" ] || tail -n 60 "$work/out"
		echo "not ok - demo: $name"
		rc=1
	fi
}
has() { grep -qE -- "$1" "$work/out"; }
is() { [ "$1" = "$2" ] || { echo "expected $2, got $1"; return 1; }; }
in_order() {	# every step is announced, with its number and how long it takes
	is "$(sed -nE 's/^==> ([0-9]+ of [0-9]+) \(after [0-9]+:[0-9]{2}\): .*; about .*/\1/p' "$work/out" | paste -sd,)" \
		"$(seq "$1" | sed "s/\$/ of $1/" | paste -sd,)"
}
nothing_left() {
	[ ! -e "$work/tree/.demo" ] && ! ls -d "$work"/tmp/pt-demo.* 2>/dev/null
}
refused() {	# MESSAGE ARGUMENT...: with that message, and nothing is made
	local message=$1
	shift
	! run "$@" >"$work/out" 2>&1 && has "$message" && nothing_left
}

# --- a kept mart ------------------------------------------------------------------

kept() { run --kept 0.02 >"$work/out" 2>&1; }
check 'script/demo --kept 0.02' kept
check 'seven steps, each with its time' in_order 7
check 'its table of times' has '^kpi_total  +[0-9]+\.[0-9]{3} s +[0-9]+\.[0-9]{3} s$'
check '... of the refresh' has '^refresh_mart, one customer +- +[0-9]+\.[0-9]{3} s$'
check 'the mart is kept by triggers and fresh' is "$(sql "SELECT mart, mode, follow, fresh, pending_customers FROM mart_status() WHERE mart = 'kept'")" 'kept|kept|statement|t|0'
check 'both have the two purchases' is "$(sql 'SELECT k.revenue = l.revenue AND k.purchases = (SELECT count(DISTINCT order_id) FROM purchase WHERE amount >= 0)
	FROM kept.kpi_total k, live.kpi_total l')" t
check '1,467 customers' is "$(sql 'SELECT customers FROM kept.kpi_total')" 1467
stop() { run stop; }
check 'script/demo stop' stop
check '... removes everything' nothing_left
check '... and says so if nothing runs' stop

# --- the marts, and what cannot be done -------------------------------------------

whole() { run >"$work/out" 2>&1; }
check 'script/demo' whole
check 'eight steps, each with its time' in_order 8
check 'the last question has its answer' has '^18\. By which labels'
check 'no dashboard without npm, which stops nothing' has '^No dashboard: '
check 'both marts' is "$(sql 'SELECT string_agg(mart, $$,$$ ORDER BY mart) FROM mart_status()')" shop,store
check 'script/demo stop' stop
check '... removes everything' nothing_left

check 'no lines' refused 'takes millions of lines' --kept 0
check 'too many lines' refused 'takes millions of lines' --kept 100.5
check 'lines that are no number' refused 'takes millions of lines' --kept 1e3
check 'too many arguments' refused 'too many arguments' --kept 1 2
check 'an unknown option' refused 'unknown option --keep' --keep
check 'a file that is not there' refused 'cannot read' nothing.csv

not_asked() { [ ! -e "$work/asked" ] || { cat "$work/asked"; return 1; }; }
check 'nobody was asked for root or packages' not_asked

# --- what is missing is asked for, and nothing else ----------------------------------

setup() {	# MESSAGE VARIABLE=... [demo]: script/setup fails with the message
	local message=$1 variable=$2
	shift 2
	! "${as[@]}" env -i PATH="$work/bin:$PATH" HOME="$work" LC_ALL=C.UTF-8 ${PG_CONFIG:+PG_CONFIG="$PG_CONFIG"} "$variable" \
		"$work/tree/script/setup" "$@" </dev/null >"$work/out" 2>&1 && has "$message"
}
check 'PG_CONFIG that is none' setup '^script/setup: PG_CONFIG=/bin/true is not of a PostgreSQL 15 or later' PG_CONFIG=/bin/true
cc=$("$("$top/script/pg-config")" --cc)
if [ "$cc" = gcc ]; then
	printf '#!/bin/sh\nexit 1\n' >"$work/bin/gcc"
	chmod +x "$work/bin/gcc"
	check 'a compiler that does not work' setup '^  apt-get update .* install --no-install-recommends build-essential$' LANG=C
	check '... of the whole demo too' setup '^  apt-get update .* install --no-install-recommends build-essential$' LANG=C demo
else
	echo "skipped - demo: a compiler that does not work: the server's is $cc"
fi
exit "$rc"
