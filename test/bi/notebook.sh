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
# render DATABASE PAGE [OPTION...]: as the reading role; any word of it is a failure
render() {
	PGUSER=mart_reader PGDATABASE=$1 "$top/bi/notebook/render" "${@:3}" "$2" >"$work/log" 2>&1 </dev/null && [ ! -s "$work/log" ]
	verdict $? "executed in the database $1${3:+, the report of $4}, without a word" "$work/log"
}
# printed MOST PAGE: prints it, on at most so many pages
printed() {
	if ! command -v chromium >/dev/null; then
		echo "skipped - notebook: pages of $(basename "$2"): chromium is missing"
		return
	fi
	timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/chromium" --no-pdf-header-footer --print-to-pdf="${2%.html}.pdf" "file://$2" >"$work/log" 2>&1 </dev/null
	local count
	count=$(grep -ac '/Type */Page\b' "${2%.html}.pdf")
	[ "$count" -ge 1 ] && [ "$count" -le "$1" ]
	verdict $? "$(basename "$2" .html) is $count printed pages, and may have $1" "$work/log"
}
sql() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }
facts() { sql -At -F $'\t' -f "$here/$1.sql" >"$work/$1.tsv" 2>"$work/log" || verdict 1 "$1.sql" "$work/log"; }

for name in purchase_trends report; do
	check "$name is committed without outputs, valid, with stable ids" notebook "$top/bi/notebook/$name.ipynb"
done

# --- The marts of the demo ---------------------------------------------------
# the raw tables are read by who may; without it the page says so (below)
sql -c 'GRANT SELECT ON clean_purchases, store_lines TO mart_reader' 2>"$work/log" || verdict 1 'a grant' "$work/log"
page=$pages/purchase_trends.html
render demo "$page"
check "one page with all its plots, which loads nothing, and every number is a fact" page "$page" <<'PLOTS'
Histograms of the numbers of clean_purchases
Histograms of the numbers of store_lines
Boxplots of amounts of shop by category
Boxplots of amounts of store by category
Correlations of the numbers of clean_purchases
Correlations of the numbers of store_lines
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
# --- The raw tables, and the report of each mart --------------------------------
lines() { # lines FILE VARIABLE...: the facts of FILE.sql into $work/FILE.tsv
	local name=$1
	shift
	sql -At -F $'\t' "${@/#/-v}" -f "$here/$name.sql" >"$work/$name.tsv" 2>"$work/log" || verdict 1 "$name.sql" "$work/log"
}
for mart in shop store; do
	as=(mart="$mart" source=clean_purchases amount=purchase_amount orders='count(*)' customer=customer_id)
	[ $mart = shop ] || as=(mart="$mart" source=store_lines amount=amount orders='count(DISTINCT order_id)' customer=customer_id)
	lines raw "${as[@]:0:2}"
	check "the exploration of the raw table of $mart says what plain SQL says" facts "$page" "$work/raw.tsv" 9
	render demo "$pages/report_$mart.html" --report "$mart"
	lines report "${as[@]}"
	check "the report of $mart says what $(wc -l <"$work/report.tsv") values of plain SQL say" facts "$pages/report_$mart.html" "$work/report.tsv" 12
	printed 6 "$pages/report_$mart.html"
	other=$([ $mart = shop ] && echo store || echo shop)
	! grep -q "data-fact=\"$other\.\|alt=\"[^\"]* of $other" "$pages/report_$mart.html"
	verdict $? "the report of $mart is of one shop"
done
check "the report of shop: five figures at the top, its plots, and nothing from elsewhere" page "$pages/report_shop.html" <<'PLOTS'
Revenue of shop
Shares of revenue of shop
Spend tiers of shop
Loyalty tiers of shop
Age groups of shop
PLOTS
check "the report of store" page "$pages/report_store.html" <<'PLOTS'
Revenue of store
Shares of revenue of store
RFM segments of store
Spend tiers of store
Loyalty tiers of store
Retention and new customers of store
Forecast of store
PLOTS
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

for mart in shop store; do
	render notebook_other "$pages/other_$mart.html" --report "$mart"
	check "its report loads nothing, and has no number typed by hand" page "$pages/other_$mart.html" </dev/null
	printed 6 "$pages/other_$mart.html"
done
# what was earned, where the mart knows costs and spend
sql >"$work/log" 2>&1 <<-'SQL'
	CREATE TABLE earned AS SELECT *, CASE WHEN order_id % 10 > 0 THEN round(amount * 0.6, 2) END AS line_cost FROM simulate_purchases(400, 365, 3);
	CREATE TABLE spent AS SELECT m::date AS month, channel, 900.00 AS spend
		FROM (SELECT DISTINCT date_trunc('month', purchased_at) AS m, channel FROM earned) s;
	SELECT count(*) FROM create_mart('earning', 'earned', dimensions => '{channel}', spend => 'spent') \g /dev/null
	SELECT grant_mart('earning', 'mart_reader') \g /dev/null
SQL
verdict $? "a mart with costs and spend" "$work/log"
render notebook_other "$pages/report_earning.html" --report earning
sql -At -F $'\t' >"$work/earning.tsv" <<-'SQL'
	SELECT 'earning.report.margin', sum(amount - line_cost)::text FROM earned
	UNION ALL SELECT 'earning.report.margin_rate', (sum(amount - line_cost) / sum(amount) FILTER (WHERE line_cost IS NOT NULL))::text FROM earned
	UNION ALL SELECT 'earning.revenue', sum(amount)::text FROM earned
SQL
check "its margin is that of plain SQL" facts "$pages/report_earning.html" "$work/earning.tsv" 3
printed 6 "$pages/report_earning.html"
grep -q 'cost of a customer' "$pages/report_earning.html"
verdict $? "it says when customers had paid for themselves" "$pages/report_earning.html"

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
	[ "$(grep -o 'there is no mart' "$page" | wc -l)" -ge 40 ] && ! grep -q '<img' "$page" &&
	PGUSER=mart_reader PGDATABASE=notebook_empty "$top/bi/notebook/render" --report nope "$work/nope.html" >>"$work/log" 2>&1 </dev/null && grep -q 'there is no mart' "$work/nope.html"
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
