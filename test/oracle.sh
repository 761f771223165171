#!/usr/bin/env bash
# Answers that something else computes (pandas, Python's Decimal and datetime)
# against the extension's, on a throw-away server:   bash test/oracle.sh
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1

if ! $python -c 'import pandas' 2>/dev/null; then
	echo "skipped - oracle: python3-pandas is missing"
	exit 0
fi
# shellcheck disable=SC2016
script/with-server bash -c '
	rc=0
	psql -qXc "CREATE EXTENSION purchase_trends" </dev/null || exit 1
	for file in test/oracle/check_*.py; do
		"$0" "$file" || { echo "not ok - ${file##*/} ended early"; rc=1; }
	done
	exit $rc' "$python"
rc=$?
[ "$rc" = 0 ] || echo "not ok - oracle (exit code $rc)"
exit "$rc"
