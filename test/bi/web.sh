#!/usr/bin/env bash
# The dashboard of bi/web in a real browser, and its server under attack.
# Run by test/bi.sh, which sets PGHOST, PGPORT, PGDATABASE, BI_ARTIFACTS.
#   BI_SCREENSHOTS  if set, the screenshots of the README are made anew in docs/images
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top/bi/web"

for program in node npm chromium; do
	command -v "$program" >/dev/null || { echo "not ok - dashboard: $program is not installed (script/setup)"; exit 1; }
done

if ! "$top/script/npm-packages" "$PWD" >"$BI_ARTIFACTS/npm.log" 2>&1; then
	cat "$BI_ARTIFACTS/npm.log" >&2
	echo "not ok - dashboard: npm ci"
	exit 1
fi
if npm run --silent build >"$BI_ARTIFACTS/build.log" 2>&1 </dev/null; then
	echo "ok - dashboard: npm ci and build"
else
	cat "$BI_ARTIFACTS/build.log" >&2
	echo "not ok - dashboard: build"
	exit 1
fi

if grep -q '"resolved"' package-lock.json; then
	echo "not ok - dashboard: the lock file names no host"
else
	echo "ok - dashboard: the lock file names no host"
fi

# What reaches the database is read in its log; put back in any case.
logging() { psql -X -q -c "ALTER SYSTEM $1" -c "SELECT pg_reload_conf()" >/dev/null; }
# shellcheck disable=SC2317  # the trap calls it
restore() {
	logging "RESET log_line_prefix"
	for role in mart_reader mart_keeper; do
		psql -X -q -c "ALTER ROLE $role RESET log_statement" -c "ALTER ROLE $role RESET log_min_error_statement"
	done
}
trap restore EXIT
logging "SET log_line_prefix = '%m [%p] user=%u app=%a '"
for role in mart_reader mart_keeper; do
	psql -X -q -c "ALTER ROLE $role SET log_statement = 'all'" -c "ALTER ROLE $role SET log_min_error_statement = 'panic'"
done
psql -X -q -v ON_ERROR_STOP=1 -f "$top/test/bi/web/odd_mart.sql" >/dev/null

rc=0
# period.sh, parts.sh and lists.sh have the parts of these names
for part in ${BI_PARTS:-browser refresh attack}; do
	node "$top/test/bi/web/$part.mjs" </dev/null || rc=1
done
exit "$rc"
