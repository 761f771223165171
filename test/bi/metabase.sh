#!/usr/bin/env bash
# bi/metabase: its questions by the reading role with variables put in, against
# plain SQL over the source; its script against a server of the test, which is
# no Metabase. Run by test/bi.sh.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PYTHONDONTWRITEBYTECODE=1
if ! /usr/bin/python3 -c 'import psycopg2' 2>/dev/null; then
	echo "skipped - metabase: python3-psycopg2 is missing"
	exit 0
fi
rc=0
for what in ask serve; do
	timeout 120 /usr/bin/python3 "$top/test/bi/metabase/check.py" "$what" </dev/null || rc=1
done
exit "$rc"
