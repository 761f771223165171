#!/usr/bin/env bash
# bi/notebook, executed by the reading role: its sentences against plain SQL over
# the source tables, the page that is made of it, other marts and no mart at all.
# Run by test/bi.sh.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$top/test/bi/notebook
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1
if ! (cd / && $python -c 'import nbconvert, ipykernel, matplotlib, pandas, psycopg2' 2>/dev/null); then
	echo "skipped - bi/notebook: one of python3-nbconvert, -ipykernel, -matplotlib, -pandas, -psycopg2 is missing"
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pages=$BI_ARTIFACTS/notebook
mkdir -p "$pages"
rc=0

# verdict RC WHAT [FILE...]: the files are what there is to say about a failure
verdict() {
	local failed=$1 what=$2
	shift 2
	if [ "$failed" = 0 ]; then
		echo "ok - notebook: $what"
	else
		echo "not ok - notebook: $what"
		[ $# = 0 ] || tail -n 40 "$@" >&2
		rc=1
	fi
}
check() {
	local what=$1
	shift
	$python "$here/check.py" "$@" >"$work/log" 2>&1
	verdict $? "$what" "$work/log"
}
# render DATABASE PAGE: as the reading role; any word of it is a failure
render() {
	PGUSER=mart_reader PGDATABASE=$1 "$top/bi/notebook/render" "$2" >"$work/log" 2>&1 </dev/null && [ ! -s "$work/log" ]
	verdict $? "executed in the database $1, without a word" "$work/log"
}
sql() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }
facts() { sql -At -F $'\t' -f "$here/$1.sql" >"$work/$1.tsv" 2>"$work/log" || verdict 1 "$1.sql" "$work/log"; }

check "committed without outputs, valid, with stable ids" notebook "$top/bi/notebook/purchase_trends.ipynb"

# --- The marts of the demo ---------------------------------------------------
page=$pages/purchase_trends.html
render demo "$page"
check "one page with all its plots, which loads nothing, and every number is a fact" page "$page" <<'PLOTS'
Share of rows with a known value
Histogram of amounts of shop
Histogram of amounts of store
Revenue of shop by gender, age_group, category and season
Revenue of store by gender, age_group, category and channel
Subscribers of shop
Best products of shop, and rating against revenue
Best products of store
Loyalty tiers of shop
Loyalty tiers of store
Spend tiers of shop
Spend tiers of store
Purchase frequency of customers of shop
Purchase frequency of customers of store
RFM segments of store
Effect of a discount on the amount, shop
Effect of a discount on the amount, store
Subscribers of shop against other customers
Variance of amounts explained by each label of shop
Variance of amounts explained by each label of store
Differences between shipping types of shop
Revenue of store by month and by day
Purchases of store by weekday and hour
Retention of the cohorts of store
Customers of store by state and month
Pareto curve of revenue by customers of store
Revenue of store by month, with forecast
Predicted and actual purchases of store
Chance of customers of store to be ones still
Why the revenue of store moved
PLOTS
for mart in shop store; do
	facts "$mart"
	check "the sentences about $mart say what $(wc -l <"$work/$mart.tsv") values of plain SQL say" facts "$page" "$work/$mart.tsv" 60
done
if [ -n "${PT_PRACTICE:-}" ]; then
	check "the numbers of the practice CSV" csv "$page" "$PT_PRACTICE"
else
	echo "skipped - notebook: the numbers of the practice CSV"
fi

# A check that misses a wrong number, or a page that loads something, would be none.
sed 's/\(data-fact="shop.customers">\)[0-9,]*/\11,234,567/' "$page" >"$work/wrong.html"
! $python "$here/check.py" facts "$work/wrong.html" "$work/shop.tsv" 60 >"$work/log" && grep -q 'shop.customers.*1,234,567' "$work/log"
verdict $? "a wrong number would be found" "$work/log"
sed 's|<figure>|<figure>In all 17.<script src="https://example.org/x.js"></script>|; s|<div class="sentence"><p>|&In all 17: |' "$page" >"$work/wrong.html"
! $python "$here/check.py" page "$work/wrong.html" >"$work/log" </dev/null && grep -q 'element script' "$work/log" && grep -q 'number outside a fact' "$work/log"
verdict $? "a script, and a number typed by hand, would be found" "$work/log"

# --- Another shop, hostile names, the kept report ------------------------------
createdb notebook_other
export PGDATABASE=notebook_other
{
	sql -c 'CREATE EXTENSION purchase_trends' && "$top/script/demo-marts" shop && sql <<-'SQL'
		-- blanks to fill in, whatever the simulation does
		UPDATE raw_purchases SET review_rating = NULL WHERE customer_id::int % 100 = 1;
		DROP TABLE preparation_report;
		CREATE TABLE preparation_report AS SELECT * FROM prepare_purchases('raw_purchases', 'clean_again', impute => '{"review_rating": "category"}');
		-- few rows, no product, no discount, a customer with a return only, names that are markup, formulas or not Latin
		CREATE TABLE orders (customer_id int, ordered_at timestamp, amount numeric(10,2), category text, gender text);
		INSERT INTO orders VALUES (1, '2025-01-05 10:00', 30, '<script>alert(1)</script>', '**bold**'), (1, '2025-02-05 10:00', 12.5, '$a_{b}$', '**bold**'),
			(2, '2025-02-07 23:59', 7, E'日本\n| & [x](javascript:y) `c`', '{x}%s'), (3, '2025-03-01 00:00', -3, NULL, NULL);
		SELECT count(*) FROM create_mart('store', 'orders', purchased_at => 'ordered_at') \g /dev/null
		SELECT grant_mart(mart, 'mart_reader') FROM marts() \g /dev/null
		GRANT SELECT ON preparation_report TO mart_reader;
	SQL
} >"$work/log" 2>&1
verdict $? "another database" "$work/log"
page=$pages/other.html
render notebook_other "$page"
facts shop
check "the sentences about a simulated shop" facts "$page" "$work/shop.tsv" 60
sql -At -F $'\t' >"$work/report.tsv" <<-'SQL'
	SELECT 'shop.rows_in', count(*)::text FROM raw_purchases
	UNION ALL SELECT 'shop.rows_out', count(*)::text FROM raw_purchases
	UNION ALL SELECT 'shop.rejected', 0::text
	UNION ALL SELECT 'shop.imputed', count(*)::text FROM raw_purchases WHERE coalesce(trim(review_rating), '') = ''
	UNION ALL SELECT 'store.rows', count(*)::text FROM orders
	UNION ALL SELECT 'store.revenue', sum(amount)::text FROM orders
	UNION ALL SELECT 'store.category.best', '<script>alert(1)</script>'
	UNION ALL SELECT 'store.gender.best', '**bold**'
SQL
check "the report of prepare_purchases, where it was kept; names are neither HTML nor Markdown" facts "$page" "$work/report.tsv" 8
check "its page loads nothing, and has no number typed by hand" page "$page" </dev/null

# --- No mart, no rights, no server ----------------------------------------------
createdb notebook_empty
page=$pages/empty.html
as=()
if [ "$(id -u)" = 0 ] && runuser -u nobody -- test -x "$top/bi/notebook/render"; then
	# somebody without a home
	as=(runuser -u nobody -- env HOME=/nonexistent PGHOST=127.0.0.1)
	install -d -o nobody "$work/of-nobody"
	chmod 711 "$work"
	page=$work/of-nobody/empty.html
fi
PGUSER=mart_reader PGDATABASE=notebook_empty "${as[@]}" "$top/bi/notebook/render" "$page" >"$work/log" 2>&1 </dev/null && [ ! -s "$work/log" ] &&
	[ "$(grep -o 'there is no mart' "$page" | wc -l)" -ge 40 ] && ! grep -q '<img' "$page"
verdict $? "without a mart, ${as:+and by a user without a home, }the page says so" "$work/log"
! PGPORT=1 PGHOST=127.0.0.1 "$top/bi/notebook/render" "$work/none.html" >"$work/log" 2>&1 </dev/null && [ ! -e "$work/none.html" ] &&
	grep -q 'Is the server running' "$work/log" && ! grep -q Traceback "$work/log"
verdict $? "without a server it says so in words, and writes no page" "$work/log"
[ -z "$(find "$top/bi/notebook" -name '__pycache__' -o -name '.ipynb_checkpoints')" ]
verdict $? "nothing is left beside the notebook"

export PGDATABASE=postgres
dropdb notebook_other
dropdb notebook_empty
exit "$rc"
