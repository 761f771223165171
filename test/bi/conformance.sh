#!/usr/bin/env bash
# Reads the marts through the drivers that BI tools use, as the reading role,
# and replays the statements that the tools send (bi/conformance). Run by
# test/bi.sh. A driver that is not installed is a failure, not a skip.
#   CONFORMANCE_FULL=1  reads all rows of "store" too, through every driver
#                       (a minute more; without it they are listed and described)
set -uo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/test/bi/conformance
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rc=0

say() { # say STATUS WHAT [FILE]: one line; the file is shown if it failed
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		[ -z "${3:-}" ] || head -n 40 "$3" >&2
		rc=1
	fi
}

psql -X -q -v ON_ERROR_STOP=1 -f "$here/edge.sql" >"$work/edge.log" 2>&1 </dev/null
say $? 'a mart of values that drivers are known to spoil' "$work/edge.log"

export BI_HOST=127.0.0.1 BI_PORT=$PGPORT BI_DATABASE=$PGDATABASE BI_USER=mart_reader
export BI_SCHEMAS='shop store edge' BI_READ="shop edge${CONFORMANCE_FULL:+ store}"
# Views with types of the extension or rows as values, and those that the catalog calls inner.
BI_SKIP=$(psql -XAtq -v ON_ERROR_STOP=1 -c "
	SELECT string_agg(DISTINCT c.relname, ' ')
	FROM pg_class c
	JOIN (SELECT view_name FROM mart_view UNION ALL VALUES ('kept_pending'), ('kept_stale')) v ON v.view_name = c.relname
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	JOIN pg_type t ON t.oid = a.atttypid
	LEFT JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = a.atttypid AND d.deptype = 'e'
	WHERE d.objid IS NOT NULL OR t.typtype = 'c'")
BI_INNER=$(psql -XAtq -v ON_ERROR_STOP=1 -c "SELECT string_agg(DISTINCT view_name, ' ') || ' kept_pending kept_stale' FROM mart_view WHERE is_inner")
export BI_SKIP BI_INNER
BI_DENIED=$(cat <<'STATEMENTS'
source;SELECT * FROM public.clean_purchases
write;DELETE FROM shop.mart
write anyway;SET TRANSACTION READ WRITE;DELETE FROM shop.mart
replace;SET TRANSACTION READ WRITE;CREATE OR REPLACE VIEW shop.kpi_total AS SELECT 1
create;SET TRANSACTION READ WRITE;CREATE TABLE shop.mine (x int)
STATEMENTS
)
export BI_DENIED

# The programs come from Debian and from the lock file of bi/conformance.
"$top/script/npm-packages" "$top/bi/conformance" >"$work/npm.log" 2>&1
say $? 'node-postgres is there, from the lock file' "$work/npm.log"

declare -A program=(
	[odbc]='/usr/bin/python3 odbc.py'
	[jdbc]='java -XX:TieredStopAtLevel=1 -cp /usr/share/java/postgresql.jar Jdbc.java'
	[node]='node node.mjs'
	[psycopg]='/usr/bin/python3 psycopg.py'
	[dbd]='perl dbd.pl'
)
# shellcheck disable=SC2317  # called by two
run() { # run DRIVER [VARIANT]: into $work/DRIVER[.VARIANT].tsv
	local name=$1${2:+.$2}
	# shellcheck disable=SC2086  # words of a command
	(cd "$top/bi/conformance" && ${program[$1]}) >"$work/$name.tsv" 2>"$work/$name.log" </dev/null
	echo $? >"$work/$name.rc"
}
# shellcheck disable=SC2317
checksums() { # checksums ROLE [VARIANT]: into $work/server[.VARIANT].tsv
	local name=server${2:+.$2}
	BI_SCHEMAS=$BI_READ PGUSER=$1 psql -X -q -At -v ON_ERROR_STOP=1 -f "$top/bi/conformance/checksum.sql" \
		>"$work/$name.tsv" 2>"$work/$name.log" </dev/null
	echo $? >"$work/$name.rc"
}

psql -X -q -At -F $'\t' -v ON_ERROR_STOP=1 -f "$here/facts.sql" >"$work/facts.tsv" 2>"$work/facts.log" </dev/null
say $? 'the catalogs are read' "$work/facts.log"

two() { # starts a command when fewer than two are running
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
	"$@" &
}
for driver in jdbc odbc psycopg dbd node; do
	two run "$driver"
done
for driver in jdbc odbc psycopg dbd node; do
	TZ=Asia/Kathmandu BI_READ=edge BI_USER=mart_reader_odd two run "$driver" odd
done
BI_ODBC='' two run odbc default
# rows only: the mart that has times in the hour that this clock skips
for driver in jdbc node; do
	TZ=America/New_York BI_SCHEMAS=edge BI_READ=edge two run "$driver" dst
done
two checksums mart_reader
two checksums mart_reader_odd odd
wait

for name in {jdbc,odbc,psycopg,dbd,node}{,.odd} odbc.default {jdbc,node}.dst server{,.odd}; do
	[ "$(cat "$work/$name.rc")" = 0 ] || say 1 "$name has run" "$work/$name.log"
done
/usr/bin/python3 "$here/compare.py" "$work" </dev/null || rc=1
/usr/bin/python3 "$here/replay.py" </dev/null || rc=1

exit "$rc"
