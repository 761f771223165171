#!/usr/bin/env bash
# What reads the marts: the tests test/bi/NAME.sh, beside one server that has
# the demo's marts, the reading role "mart_reader", and "mart_keeper", who owns
# the mart "store".
#   test/bi.sh [NAME...]
# A test finds the server by PGHOST (socket), PGPORT, PGUSER (superuser) and
# PGDATABASE, and by 127.0.0.1:$PGPORT; it prints lines "ok - ...",
# "not ok - ..." and "skipped - ...".
#   PT_DATA       folder of the practice CSV (default: ../shared/data); without
#                 it the marts are simulated, and PT_PRACTICE is empty
#   BI_ARTIFACTS  where screenshots and pages are kept (default: a temporary folder)
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)

if [ -z "${BI_INSIDE:-}" ]; then
	# one that is free now: the port that the kernel gives
	port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	BI_INSIDE=1 SERVER_PORT=$port exec "$top/script/with-server" "$0" "$@"
fi

csv=${PT_DATA:-$top/../shared/data}/customer_shopping_behavior.csv
if [ -r "$csv" ]; then
	export PT_PRACTICE=$csv
else
	echo "skipped - numbers of the practice CSV: $csv is not here"
	export PT_PRACTICE=
fi
if [ -z "${BI_ARTIFACTS:-}" ]; then
	BI_ARTIFACTS=$(mktemp -d)
	trap 'rm -rf "$BI_ARTIFACTS"' EXIT
fi
mkdir -p "$BI_ARTIFACTS"
export BI_ARTIFACTS

createdb marts
export PGDATABASE=marts
psql -X -q -c 'CREATE EXTENSION purchase_trends'
if "$top/script/demo-marts" shop ${PT_PRACTICE:+"$PT_PRACTICE"} >"$BI_ARTIFACTS/marts.log" 2>&1 &&
	"$top/script/demo-marts" store mart_keeper >>"$BI_ARTIFACTS/marts.log" 2>&1 &&
	"$top/script/demo-marts" reader mart_reader >>"$BI_ARTIFACTS/marts.log" 2>&1; then
	echo "ok - the marts of the demo"
else
	cat "$BI_ARTIFACTS/marts.log"
	echo "not ok - the marts of the demo"
	exit 1
fi

if [ $# = 0 ]; then
	# axe takes many minutes: by its name only
	for name in "$top"/test/bi/*.sh; do
		[ "${name##*/}" = axe.sh ] || set -- "$@" "$name"
	done
fi
rc=0
for name in "$@"; do
	name=$(basename "$name" .sh)
	# each has its own copy, so that none sees what another made
	PGDATABASE=postgres dropdb --if-exists --force demo 2>/dev/null
	PGDATABASE=postgres createdb --template marts demo
	export PGDATABASE=demo
	# a browser that hangs is a failure, not a run without an end
	if ! timeout --kill-after=20 600 bash "$top/test/bi/$name.sh"; then
		echo "not ok - test/bi/$name.sh"
		rc=1
	fi
done
exit "$rc"
