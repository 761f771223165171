#!/usr/bin/env bash
# bi/contract.json and the Power BI projects of bi/powerbi; see its README.md for
# what these checks are worth. Run by test/bi.sh.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! "$top/script/npm-packages" "$top/bi/powerbi" >"$work/npm.log" 2>&1; then
	cat "$work/npm.log" >&2
	echo "not ok - the packages of bi/powerbi (npm ci)"
	exit 1
fi

if "$top/bi/contract/generate" "$work/contract.json" </dev/null &&
	diff -u "$top/bi/contract.json" "$work/contract.json" >"$work/diff"; then
	echo "ok - bi/contract.json is what the database says"
else
	head -n 40 "$work/diff" >&2
	echo "not ok - bi/contract.json is what the database says (bi/contract/generate makes it)"
	exit 1
fi
node "$top/test/bi/powerbi/test.mjs" "$work" </dev/null
