#!/usr/bin/env bash
# bi/grafana: the structure of the dashboards, and what their statements say of
# the demo's marts, asked by the reading role with macros and variables replaced
# as Grafana replaces them. Run by test/bi.sh.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
check=$top/test/bi/grafana/check.py
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rc=0
verdict() { # verdict RC WHAT
	if [ "$1" = 0 ]; then
		echo "ok - grafana: $2"
	else
		echo "not ok - grafana: $2"
		head -n 40 "$work/log" >&2
		rc=1
	fi
}

if ! $python -c 'import psycopg2, yaml' 2>/dev/null; then
	echo "skipped - grafana: python3-psycopg2 or python3-yaml is missing"
	exit 0
fi
mkdir "$work/made"
$python "$top/bi/grafana/generate" "$work/made" && diff -r "$work/made" "$top/bi/grafana/dashboards" >"$work/log" 2>&1
verdict $? "the dashboards are those that generate writes"
$python "$check" structure "$top/bi/grafana" >"$work/log" 2>&1
verdict $? "the dashboards have unique ids, no panel on another, units, and the data source by variable"

# spoilt WHAT FOUND SCRIPT: a fault that the check must find; SCRIPT is Python over the dashboard d
spoilt() {
	rm -rf "$work/spoilt"
	cp -r "$top/bi/grafana" "$work/spoilt"
	$python - "$work/spoilt/dashboards/purchase-trends.json" "$3" <<-'PYTHON'
		import json, sys
		d = json.load(open(sys.argv[1]))
		p = d["panels"]
		exec(sys.argv[2])
		json.dump(d, open(sys.argv[1], "w"))
	PYTHON
	! $python "$check" structure "$work/spoilt" >"$work/log" 2>&1 && grep -q "$2" "$work/log"
	verdict $? "found: $1"
}
spoilt 'a panel on another' 'lies on' 'p[2]["gridPos"]["x"] = 3'
spoilt 'a panel beside the grid' 'outside of the grid' 'p[4]["gridPos"]["x"] = 20'
spoilt 'an id used twice' 'ids are not unique' 'p[1]["id"] = 1'
spoilt 'a data source by name' 'not of the variable' 'p[1]["targets"][0]["datasource"] = {"type": "postgres", "uid": "abc"}'
spoilt 'no unit' 'no unit' 'p[1]["fieldConfig"]["defaults"].pop("unit")'
spoilt 'a mart by name' 'a mart by name' 'p[1]["targets"][0]["rawSql"] = "SELECT revenue FROM shop.kpi_total"'
spoilt 'a variable that is not there' 'variable nope' 'p[1]["targets"][0]["rawSql"] += " AND ${nope:sqlstring}"'

$python "$check" ask "$top/bi/grafana" 2>"$work/log" || rc=1
[ -z "$(cat "$work/log")" ] || head -n 60 "$work/log" >&2
exit "$rc"
