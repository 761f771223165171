-- What the sentences about the mart "store" should say: key and value, from the
-- source table and plain SQL, without a view or function of the extension.
WITH sold AS (
	SELECT *, date_trunc('month', purchased_at) AS month FROM store_lines WHERE amount >= 0
),
moment AS (
	SELECT max(purchased_at) AS as_of, date_trunc('month', max(purchased_at)) AS open_month FROM store_lines
),
orders AS (
	SELECT order_id, customer_id, min(purchased_at) AS at, date_trunc('month', min(purchased_at)) AS month, bool_or(discounted) AS discounted, sum(amount) AS amount
	FROM sold GROUP BY 1, 2
),
customers AS (
	SELECT customer_id, sum(amount) AS revenue, count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS orders,
		min(purchased_at) FILTER (WHERE amount >= 0) AS first, max(purchased_at) FILTER (WHERE amount >= 0) AS last
	FROM store_lines GROUP BY 1
),
ranked AS (
	SELECT *, row_number() OVER (ORDER BY greatest(revenue, 0) DESC) AS place, row_number() OVER (ORDER BY greatest(revenue, 0)) AS up,
		count(*) OVER () AS n, sum(revenue) OVER () AS total FROM customers
),
cut AS (
	SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY revenue) AS median, percentile_cont(0.8) WITHIN GROUP (ORDER BY revenue) AS heavy,
		percentile_cont(0.2) WITHIN GROUP (ORDER BY as_of - last) AS recent,
		percentile_cont(0.6) WITHIN GROUP (ORDER BY orders) AS often
	FROM customers, moment
),
labels AS (
	SELECT d.dimension, d.value, sum(s.amount) AS revenue,
		sum(s.amount) FILTER (WHERE s.amount >= 0) / count(DISTINCT s.order_id) FILTER (WHERE s.amount >= 0) AS mean,
		sum(s.amount) / (SELECT sum(amount) FROM store_lines) AS share
	FROM store_lines s, LATERAL (VALUES ('gender', gender), ('category', category), ('channel', channel)) AS d (dimension, value)
	GROUP BY 1, 2
),
best AS (
	SELECT DISTINCT ON (dimension) * FROM labels ORDER BY dimension, revenue DESC
),
months AS (
	SELECT date_trunc('month', purchased_at) AS month, sum(amount) AS revenue FROM store_lines GROUP BY 1
),
last AS (
	SELECT max(month) AS month FROM months, moment WHERE month < open_month
),
arms AS (
	SELECT count(*) FILTER (WHERE discounted) AS n1, count(*) FILTER (WHERE NOT discounted) AS n0,
		avg(amount) FILTER (WHERE discounted) AS m1, avg(amount) FILTER (WHERE NOT discounted) AS m0,
		var_samp(amount) FILTER (WHERE discounted) AS v1, var_samp(amount) FILTER (WHERE NOT discounted) AS v0
	FROM sold
),
strata AS (
	SELECT count(*) FILTER (WHERE discounted) AS n1, count(*) FILTER (WHERE NOT discounted) AS n0,
		avg(amount) FILTER (WHERE discounted) - avg(amount) FILTER (WHERE NOT discounted) AS difference
	FROM sold GROUP BY category, product, gender, month
),
explained AS (
	SELECT sum((g.mean - t.mean) ^ 2) / sum((s.amount - t.mean) ^ 2) AS eta
	FROM sold s JOIN (SELECT category, avg(amount) AS mean FROM sold GROUP BY 1) g USING (category), (SELECT avg(amount) AS mean FROM sold) t
),
active AS (
	SELECT DISTINCT customer_id, month FROM orders
),
returned AS (	-- of customers whose month after k months is over, the share with an order in it
	SELECT k, count(a.customer_id)::numeric / count(*) AS share
	FROM customers c CROSS JOIN moment CROSS JOIN (VALUES (1), (3), (6), (12)) AS v (k)
		LEFT JOIN active a ON a.customer_id = c.customer_id AND a.month = date_trunc('month', c.first) + k * interval '1 month'
	WHERE date_trunc('month', c.first) + k * interval '1 month' < open_month
	GROUP BY k
),
states AS (
	SELECT count(*) AS active,
		count(*) FILTER (WHERE date_trunc('month', c.first) = a.month) AS new,
		count(b.month) AS back,
		count(*) FILTER (WHERE b.month IS NULL AND date_trunc('month', c.first) < a.month) AS resurrecting
	FROM active a JOIN last USING (month) JOIN customers c ON c.customer_id = a.customer_id
		LEFT JOIN active b ON b.customer_id = a.customer_id AND b.month = a.month - interval '1 month'
),
parted AS (	-- the first two thirds of the time end with the day before
	SELECT customer_id, first, (SELECT min(first) FROM customers) AS beginning, date_trunc('day', (SELECT min(first) FROM customers) + (as_of - (SELECT min(first) FROM customers)) * 2 / 3) AS split
	FROM customers, moment WHERE orders > 0
),
moved AS (	-- lines of each customer in the last month that is over, and in the one before
	SELECT l.customer_id, sum(l.amount) FILTER (WHERE l.month = last.month) AS after, sum(l.amount) FILTER (WHERE l.month < last.month) AS before
	FROM (SELECT customer_id, amount, date_trunc('month', purchased_at) AS month FROM store_lines) l
	JOIN last ON l.month IN (last.month, last.month - interval '1 month')
	GROUP BY 1
),
figures AS (
	SELECT (SELECT sum(before) FROM moved) AS before, (SELECT sum(after) FROM moved) AS after,
		count(*) FILTER (WHERE o.month < last.month) AS orders_before, count(*) FILTER (WHERE o.month = last.month) AS orders_after,
		count(DISTINCT o.customer_id) FILTER (WHERE o.month < last.month) AS customers_before,
		count(DISTINCT o.customer_id) FILTER (WHERE o.month = last.month) AS customers_after
	FROM orders o JOIN last ON o.month IN (last.month, last.month - interval '1 month')
),
product_months AS (
	SELECT s.product, min(s.month) AS first, max(s.month) AS last FROM (SELECT product, date_trunc('month', purchased_at) AS month FROM store_lines) s, moment
	WHERE s.month < open_month GROUP BY 1
),
item AS (
	SELECT DISTINCT customer_id, order_id, product FROM sold
),
bought AS (
	SELECT product, count(*) AS n FROM item GROUP BY 1
),
pair AS (
	SELECT a.product AS first, b.product AS second, count(*) AS n
	FROM item a JOIN item b ON b.customer_id = a.customer_id AND b.order_id = a.order_id AND b.product <> a.product GROUP BY 1, 2
),
rule AS (	-- the best of those with a confidence of a tenth, in a thousandth of the orders and in five
	SELECT p.first, p.second, p.n, p.n::numeric / f.n AS confidence, p.n::numeric * o.n / f.n / s.n AS lift
	FROM pair p JOIN bought f ON f.product = p.first JOIN bought s ON s.product = p.second, (SELECT count(*) AS n FROM orders) o
	WHERE p.n >= greatest(5, o.n * 0.001) AND p.n >= f.n * 0.1
	ORDER BY lift DESC, p.n DESC, p.first COLLATE "C" LIMIT 1
),
rhythm AS (
	SELECT trim(to_char(at, 'Day')) AS weekday, extract(hour FROM at)::int AS hour, count(*) AS n FROM orders GROUP BY 1, 2
),
weekdays AS (
	SELECT weekday, sum(n) AS n, sum(n) / sum(sum(n)) OVER () AS share FROM rhythm GROUP BY 1
)
SELECT 'store.rows', count(*)::text FROM store_lines
UNION ALL SELECT 'store.customers', count(DISTINCT customer_id)::text FROM store_lines
UNION ALL SELECT 'store.purchases', count(*)::text FROM orders
UNION ALL SELECT 'store.revenue', sum(amount)::text FROM store_lines
UNION ALL SELECT 'store.average_amount', avg(amount)::text FROM orders
UNION ALL SELECT 'store.revenue_per_customer', avg(revenue)::text FROM customers
UNION ALL SELECT 'store.discount_share', avg(discounted::int)::text FROM orders
UNION ALL SELECT 'store.repeat_share', avg((orders > 1)::int)::text FROM customers WHERE orders > 0
UNION ALL SELECT 'store.returns', count(DISTINCT order_id)::text FROM store_lines WHERE amount < 0
UNION ALL SELECT 'store.returned_amount', (-sum(amount))::text FROM store_lines WHERE amount < 0
UNION ALL SELECT 'store.first_day', min(purchased_at)::date::text FROM store_lines
UNION ALL SELECT 'store.as_of', as_of::date::text FROM moment
UNION ALL SELECT 'store.median_amount', (percentile_cont(0.5) WITHIN GROUP (ORDER BY amount))::text FROM sold
UNION ALL SELECT 'store.mean_amount', avg(amount)::text FROM sold
UNION ALL SELECT format('store.%s.best', dimension), value FROM best
UNION ALL SELECT format('store.%s.best_revenue', dimension), revenue::text FROM best
UNION ALL SELECT format('store.%s.best_share', dimension), share::text FROM best
UNION ALL SELECT format('store.%s.highest_average', dimension), max(mean)::text FROM labels GROUP BY dimension
UNION ALL SELECT format('store.%s.lowest_average', dimension), min(mean)::text FROM labels GROUP BY dimension
UNION ALL (SELECT 'store.product.best', product FROM store_lines GROUP BY product ORDER BY sum(amount) DESC LIMIT 1)
UNION ALL (SELECT 'store.product.best_revenue', sum(amount)::text FROM store_lines GROUP BY product ORDER BY sum(amount) DESC LIMIT 1)
UNION ALL SELECT 'store.loyalty.New', count(*)::text FROM customers WHERE orders = 1
UNION ALL SELECT 'store.loyalty.Returning', count(*)::text FROM customers WHERE orders BETWEEN 2 AND 10
UNION ALL SELECT 'store.loyalty.Loyal', count(*)::text FROM customers WHERE orders > 10
UNION ALL SELECT 'store.spend.medium_above', median::text FROM cut
UNION ALL SELECT 'store.spend.heavy_above', heavy::text FROM cut
UNION ALL SELECT 'store.spend.heavy_revenue_share', (sum(revenue) FILTER (WHERE revenue > heavy) / sum(revenue))::text FROM customers, cut
UNION ALL SELECT 'store.rfm.best_customer_share', avg((as_of - last <= recent AND orders > often)::int)::text FROM customers, cut, moment
UNION ALL SELECT 'store.rfm.best_revenue_share', (sum(revenue) FILTER (WHERE as_of - last <= recent AND orders > often) / sum(revenue))::text FROM customers, cut, moment
UNION ALL SELECT 'store.discount.n', n1::text FROM arms
UNION ALL SELECT 'store.discount.mean', m1::text FROM arms
UNION ALL SELECT 'store.discount.mean_full', m0::text FROM arms
UNION ALL SELECT 'store.discount.naive', (m1 - m0)::text FROM arms
UNION ALL SELECT 'store.discount.naive_low', format('welch %s %s %s %s -1', m1 - m0, v1 / n1, v0 / n0, n1 || ' ' || n0) FROM arms
UNION ALL SELECT 'store.discount.naive_high', format('welch %s %s %s %s 1', m1 - m0, v1 / n1, v0 / n0, n1 || ' ' || n0) FROM arms
UNION ALL SELECT 'store.discount.stratified', (sum(difference * n1 * n0 / (n1 + n0)) / sum(1.0 * n1 * n0 / (n1 + n0)))::text
	FROM strata WHERE n1 > 0 AND n0 > 0
UNION ALL SELECT 'store.discount.without_share', (sum(n1 + n0) FILTER (WHERE n1 = 0 OR n0 = 0) / sum(n1 + n0))::text FROM strata
UNION ALL SELECT 'store.groups.best', 'category'
UNION ALL SELECT 'store.groups.best_share', eta::text FROM explained
UNION ALL SELECT 'store.month.last', to_char(month, 'FMMonth YYYY') FROM last
UNION ALL SELECT 'store.month.last_revenue', revenue::text FROM months JOIN last USING (month)
UNION ALL SELECT 'store.month.last_change', abs(a.revenue / b.revenue - 1)::text FROM months a JOIN last USING (month), months b WHERE b.month = a.month - interval '1 month'
UNION ALL SELECT 'store.month.last_year_change', abs(a.revenue / b.revenue - 1)::text FROM months a JOIN last USING (month), months b WHERE b.month = a.month - interval '1 year'
UNION ALL (SELECT 'store.month.best', to_char(months.month, 'FMMonth YYYY') FROM months, moment WHERE month < open_month ORDER BY revenue DESC LIMIT 1)
UNION ALL SELECT 'store.month.new_before', count(*)::text FROM customers, last
	WHERE first >= month - interval '5 months' AND first < month - interval '2 months'
UNION ALL (SELECT 'store.rhythm.weekday', weekday FROM weekdays ORDER BY n DESC LIMIT 1)
UNION ALL SELECT 'store.rhythm.weekday_share', max(share)::text FROM weekdays
UNION ALL (SELECT 'store.rhythm.peak_hour', hour::text FROM rhythm ORDER BY n DESC LIMIT 1)
UNION ALL SELECT 'store.rhythm.peak_purchases', max(n)::text FROM rhythm
UNION ALL SELECT format('store.retention.%s', k), share::text FROM returned
UNION ALL SELECT 'store.lifecycle.active', active::text FROM states
UNION ALL SELECT 'store.lifecycle.new', new::text FROM states
UNION ALL SELECT 'store.lifecycle.returning', back::text FROM states
UNION ALL SELECT 'store.lifecycle.resurrecting', resurrecting::text FROM states
UNION ALL SELECT 'store.lifecycle.dormant', count(*)::text
	FROM active a JOIN last ON a.month = last.month - interval '1 month' LEFT JOIN active b ON b.customer_id = a.customer_id AND b.month = last.month
	WHERE b.month IS NULL
UNION ALL SELECT 'store.pareto.fifth', (sum(revenue) FILTER (WHERE place <= n / 5) / sum(revenue))::text FROM ranked
UNION ALL SELECT 'store.pareto.hundredth', (sum(revenue) FILTER (WHERE place <= n / 100) / sum(revenue))::text FROM ranked
UNION ALL SELECT 'store.gini', (sum((2 * up - n - 1) * greatest(revenue, 0)) / (max(n) * sum(greatest(revenue, 0))))::text FROM ranked
UNION ALL SELECT 'store.forecast.month', to_char(open_month, 'FMMonth YYYY') FROM moment
UNION ALL SELECT 'store.change.month', to_char(month, 'FMMonth YYYY') FROM last
UNION ALL SELECT 'store.change.before', before::text FROM figures
UNION ALL SELECT 'store.change.after', after::text FROM figures
UNION ALL SELECT 'store.change.customers', (round(before * customers_after / customers_before, 2) - before)::text FROM figures
UNION ALL SELECT 'store.change.orders', (round(before * orders_after / orders_before, 2) - round(before * customers_after / customers_before, 2))::text FROM figures
UNION ALL SELECT 'store.change.kept', sum(after - before)::text FROM moved
UNION ALL SELECT 'store.change.lost', (-sum(before))::text FROM moved WHERE after IS NULL
UNION ALL SELECT 'store.trend.products', count(*)::text FROM product_months
UNION ALL SELECT 'store.trend.new', count(*)::text FROM product_months p, last WHERE p.first > last.month - interval '3 months'
UNION ALL SELECT 'store.trend.discontinued', count(*)::text FROM product_months p, last WHERE p.last <= last.month - interval '3 months'
UNION ALL SELECT 'store.basket.first', first FROM rule
UNION ALL SELECT 'store.basket.second', second FROM rule
UNION ALL SELECT 'store.basket.orders', n::text FROM rule
UNION ALL SELECT 'store.basket.confidence', confidence::text FROM rule
UNION ALL SELECT 'store.basket.lift', lift::text FROM rule
UNION ALL SELECT 'store.lifetime.customers', count(*)::text FROM customers WHERE orders > 0
UNION ALL SELECT 'store.lifetime.held_out', count(*)::text FROM parted WHERE first < split
UNION ALL SELECT 'store.lifetime.actual', count(DISTINCT (customer_id, at::date))::text FROM orders JOIN parted USING (customer_id) WHERE first < split AND at >= split
