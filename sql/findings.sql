-- mart_findings: each sentence against plain SQL over the source, on three marts.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE TABLE orders AS SELECT * FROM simulate_purchases(300, 400);
CREATE TABLE people AS SELECT * FROM simulate_customers(400);
-- one customer, one month, no returns
CREATE TABLE one_buyer (customer_id int, order_id int, purchased_at timestamp, amount numeric(10,2), product text, category text);
INSERT INTO one_buyer SELECT 1, i, timestamp '2024-05-02' + i * interval '3 days', 10 * i, 'tea', 'drink' FROM generate_series(0, 6) AS i;
SELECT count(*) > 0 AS made FROM create_mart('store', 'orders', purchased_at => 'purchased_at', time_zone => 'UTC');
SELECT count(*) > 0 AS made FROM create_mart('shop', 'people');
SELECT count(*) > 0 AS made FROM create_mart('awkward', 'one_buyer');

-- The last month, the month before it, and the days of a period, of the simulated orders
CREATE VIEW line AS SELECT * FROM orders;
SELECT (max(purchased_at)::date - 27)::text AS a, max(purchased_at)::date::text AS b, (max(purchased_at)::date - 55)::text AS c, (max(purchased_at)::date - 28)::text AS d,
	(date_trunc('month', max(purchased_at)) - interval '1 month')::date::text AS m, (date_trunc('month', max(purchased_at)) - interval '2 months')::date::text AS l FROM line \gset
CREATE FUNCTION in_words(n numeric, digits int DEFAULT 2) RETURNS text LANGUAGE sql AS
	$$ SELECT CASE WHEN abs(n) >= 1000 THEN to_char(round(n), 'FM999,999,999') WHEN digits = 0 THEN to_char(n, 'FM990') ELSE to_char(n, 'FM990.00') END $$;
CREATE FUNCTION percent(n numeric) RETURNS text LANGUAGE sql AS $$ SELECT to_char(100 * n, 'FM999,990.0') || ' %' $$;
CREATE FUNCTION revenue(first text, last text) RETURNS numeric LANGUAGE sql AS $$ SELECT coalesce(sum(amount), 0) FROM line WHERE purchased_at >= first::date AND purchased_at < last::date + 1 $$;
-- wanted: the sentences of plain SQL
CREATE FUNCTION told(mart text, page text, period jsonb, kind text, wanted text) RETURNS TABLE (mart text, page text, kind text, as_plain_sql boolean, said text) LANGUAGE sql AS $$
	SELECT $1, $2, $4, count(*) = 1 AND bool_and(f.sentence = wanted), CASE WHEN count(*) = 1 AND bool_and(f.sentence = wanted) THEN '' ELSE concat_ws(' / ', min(f.sentence), wanted) END
	FROM mart_findings($1, '{}', $2, $3) f WHERE f.kind = $4
$$;

-- How revenue moved, and why
SELECT t.* FROM (SELECT revenue(:'a', :'b') AS now, revenue(:'c', :'d') AS before) r,
	LATERAL told('store', 'overview', '{"preset": "last_28_days"}', 'revenue', format('Revenue of %s to %s was %s, %s %s than the %s of %s to %s.', to_char(:'a'::date, 'FMDD Mon YYYY'), to_char(:'b'::date, 'FMDD Mon YYYY'),
		in_words(now), percent(abs(now / before - 1)), CASE WHEN now > before THEN 'more' ELSE 'less' END, in_words(before), to_char(:'c'::date, 'FMDD Mon YYYY'), to_char(:'d'::date, 'FMDD Mon YYYY'))) t;
-- customers, orders for each, pieces of each, amount of each: one after the other
CREATE FUNCTION drivers(first text, last text) RETURNS numeric[] LANGUAGE sql AS $$
	SELECT ARRAY[count(DISTINCT customer_id) FILTER (WHERE amount >= 0), count(DISTINCT order_id) FILTER (WHERE amount >= 0), sum(quantity), sum(amount)] FROM line WHERE purchased_at >= first::date AND purchased_at < last::date + 1
$$;
SELECT t.* FROM (SELECT drivers(:'c', :'d') AS b, drivers(:'a', :'b') AS n) x,
	LATERAL (SELECT p.*, sign(n[4] - b[4]) AS direction FROM (VALUES
		('customers', round(b[4] * n[1] / b[1], 2) - b[4], n[1], b[1]),
		('orders per customer', round(b[4] * n[2] / b[2], 2) - round(b[4] * n[1] / b[1], 2), n[2] / n[1], b[2] / b[1]),
		('items per order', round(b[4] * n[3] / b[3], 2) - round(b[4] * n[2] / b[2], 2), n[3] / n[2], b[3] / b[2]),
		('amount per item', n[4] - round(b[4] * n[3] / b[3], 2), n[4] / n[3], b[4] / b[3])) AS p(part, contribution, now, before)
		ORDER BY p.contribution * sign(n[4] - b[4]) DESC LIMIT 1) p,
	LATERAL told('store', 'overview', '{"preset": "last_28_days"}', 'driver', format('The largest part of it, %s, comes from %s: %s instead of %s.', CASE WHEN p.contribution > 0 THEN '+' ELSE '' END || in_words(p.contribution), p.part,
		in_words(p.now, CASE p.part WHEN 'customers' THEN 0 ELSE 2 END), in_words(p.before, CASE p.part WHEN 'customers' THEN 0 ELSE 2 END))) t;
-- ... of all days: the last month that was over
SELECT t.* FROM (SELECT revenue(:'m', (:'m'::date + interval '1 month - 1 day')::text) AS now, revenue(:'l', (:'l'::date + interval '1 month - 1 day')::text) AS before) r,
	LATERAL told('store', 'overview', NULL, 'last month', format('Revenue of %s was %s, %s %s than the %s of %s.', to_char(:'m'::date, 'Mon YYYY'), in_words(now), percent(abs(now / before - 1)),
		CASE WHEN now > before THEN 'more' ELSE 'less' END, in_words(before), to_char(:'l'::date, 'Mon YYYY'))) t;
SELECT t.* FROM (SELECT sum(amount) AS r, count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS n, count(DISTINCT customer_id) AS c FROM line) r,
	LATERAL told('store', 'overview', NULL, 'revenue', format('Revenue is %s, from %s purchases of %s customers.', in_words(r.r), in_words(r.n, 0), in_words(r.c, 0))) t;
SELECT t.* FROM (SELECT sum(purchase_amount) AS r, count(*) AS n, count(DISTINCT customer_id) AS c FROM people) r,
	LATERAL told('shop', 'overview', NULL, 'revenue', format('Revenue is %s, from %s purchases of %s customers.', in_words(r.r), in_words(r.n, 0), in_words(r.c, 0))) t;

-- What sells
SELECT t.* FROM (SELECT product, sum(amount) FILTER (WHERE purchased_at >= :'a') AS now, sum(amount) FILTER (WHERE purchased_at < :'a') AS before FROM line WHERE purchased_at >= :'c' GROUP BY 1
		ORDER BY coalesce(sum(amount) FILTER (WHERE purchased_at >= :'a'), 0) - coalesce(sum(amount) FILTER (WHERE purchased_at < :'a'), 0) DESC LIMIT 1) p,
	LATERAL told('store', 'products', '{"preset": "last_28_days"}', 'product up', format('%s gained most: %s after %s.', p.product, in_words(coalesce(p.now, 0)), in_words(coalesce(p.before, 0)))) t;
SELECT t.* FROM (SELECT product, sum(amount) FILTER (WHERE purchased_at >= :'a') AS now, sum(amount) FILTER (WHERE purchased_at < :'a') AS before FROM line WHERE purchased_at >= :'c' GROUP BY 1
		ORDER BY coalesce(sum(amount) FILTER (WHERE purchased_at >= :'a'), 0) - coalesce(sum(amount) FILTER (WHERE purchased_at < :'a'), 0) LIMIT 1) p,
	LATERAL told('store', 'products', '{"preset": "last_28_days"}', 'product down', format('%s lost most: %s after %s.', p.product, in_words(coalesce(p.now, 0)), in_words(coalesce(p.before, 0)))) t;
SELECT t.* FROM (SELECT product, count(DISTINCT order_id) AS n, (SELECT count(DISTINCT order_id) FROM line WHERE amount >= 0) AS orders FROM line WHERE amount >= 0 GROUP BY 1
		ORDER BY count(DISTINCT order_id) DESC, sum(amount) DESC LIMIT 1) p,
	LATERAL told('store', 'products', NULL, 'product', format('%s is bought most: in %s of %s purchases (%s).', p.product, in_words(p.n, 0), in_words(p.orders, 0), percent(p.n::numeric / p.orders))) t;
SELECT t.* FROM (SELECT item_purchased AS product, count(*) AS n, (SELECT count(*) FROM people) AS orders FROM people GROUP BY 1 ORDER BY count(*) DESC, sum(purchase_amount) DESC, 1 LIMIT 1) p,
	LATERAL told('shop', 'products', NULL, 'product', format('%s is bought most: in %s of %s purchases (%s).', p.product, in_words(p.n, 0), in_words(p.orders, 0), percent(p.n::numeric / p.orders))) t;
SELECT t.* FROM (SELECT category, sum(amount) AS s, sum(amount) / (SELECT sum(amount) FROM line) AS share FROM line GROUP BY 1 ORDER BY 2 DESC LIMIT 1) c,
	LATERAL told('store', 'overview', NULL, 'category', format('%s brings most revenue: %s, which is %s of all.', c.category, in_words(c.s), percent(c.share))) t;
SELECT t.* FROM (SELECT category, sum(purchase_amount) AS s, sum(purchase_amount)::numeric / (SELECT sum(purchase_amount) FROM people) AS share FROM people GROUP BY 1 ORDER BY 2 DESC LIMIT 1) c,
	LATERAL told('shop', 'overview', NULL, 'category', format('%s brings most revenue: %s, which is %s of all.', c.category, in_words(c.s), percent(c.share))) t;

-- Who
SELECT t.* FROM (SELECT count(*) FILTER (WHERE n >= 2)::numeric / count(*) AS share FROM (SELECT count(DISTINCT order_id) AS n FROM line WHERE amount >= 0 GROUP BY customer_id) c) s,
	LATERAL told('store', 'overview', NULL, 'repeat customers', format('%s of the customers who bought have bought more than once.', percent(s.share))) t;
SELECT t.* FROM (SELECT count(*) AS customers FROM (SELECT 1 FROM line WHERE purchased_at < date_trunc('month', (SELECT min(purchased_at) FROM line)) + interval '2 months' AND purchased_at >= date_trunc('month', (SELECT min(purchased_at) FROM line)) + interval '1 month' GROUP BY customer_id) c) s,
	(SELECT count(*) AS n FROM (SELECT customer_id, min(purchased_at) AS first FROM line WHERE amount >= 0 GROUP BY 1) f WHERE date_trunc('month', first) = date_trunc('month', (SELECT min(purchased_at) FROM line)) + interval '1 month') f,
	(SELECT date_trunc('month', min(purchased_at)) + interval '1 month' AS m FROM line) m,
	LATERAL told('store', 'overview', jsonb_build_object('from', m.m::date, 'to', (m.m + interval '1 month - 1 day')::date, 'compare', 'none'), 'new customers', format('%s of the %s customers bought for the first time.', in_words(f.n, 0), in_words(s.customers, 0))) t;
-- late: longer than nine in ten of the own gaps between days with an order
SELECT t.* FROM (
	WITH day AS (SELECT DISTINCT customer_id, purchased_at::date AS d FROM line WHERE amount >= 0),
		gap AS (SELECT customer_id, d - lag(d) OVER (PARTITION BY customer_id ORDER BY d) AS days FROM day),
		cut AS (SELECT customer_id, percentile_cont(0.9) WITHIN GROUP (ORDER BY days) AS most FROM gap WHERE days IS NOT NULL GROUP BY 1)
	SELECT count(*) FILTER (WHERE (SELECT max(purchased_at)::date FROM line) - l.d > c.most) AS late, count(*) AS n FROM (SELECT customer_id, max(d) AS d FROM day GROUP BY 1) l LEFT JOIN cut c USING (customer_id)) x,
	LATERAL told('store', 'customers', NULL, 'late', format('%s of %s customers (%s) are late for their own rhythm.', x.late, x.n, percent(x.late::numeric / x.n))) t;
SELECT t.* FROM (SELECT sum(s) FILTER (WHERE place <= n / 10.0) / sum(s) AS share FROM (SELECT greatest(sum(amount), 0) AS s, row_number() OVER (ORDER BY greatest(sum(amount), 0) DESC) AS place, count(*) OVER () AS n
		FROM line GROUP BY customer_id HAVING bool_or(amount >= 0)) c) x,
	LATERAL told('store', 'customers', NULL, 'best tenth', format('The best tenth of the customers brings %s of the revenue.', percent(x.share))) t;
SELECT t.* FROM (
	WITH active AS (SELECT DISTINCT customer_id, date_trunc('month', purchased_at)::date AS m FROM line WHERE amount >= 0)
	SELECT count(*) FILTER (WHERE a.m = :'m' AND f.m = :'m') AS new, count(*) FILTER (WHERE a.m = :'m' AND f.m < :'m' AND NOT EXISTS (SELECT FROM active b WHERE b.customer_id = a.customer_id AND b.m = :'l')) AS back,
		count(*) FILTER (WHERE a.m = :'l' AND NOT EXISTS (SELECT FROM active b WHERE b.customer_id = a.customer_id AND b.m = :'m')) AS quiet
	FROM active a JOIN (SELECT customer_id, min(m) AS m FROM active GROUP BY 1) f USING (customer_id)) x,
	LATERAL told('store', 'customers', NULL, 'gained and lost', format('In %s %s customers were new, %s came back, and %s of the month before stayed away.', to_char(:'m'::date, 'Mon YYYY'), x.new, x.back, x.quiet)) t;
SELECT t.* FROM (SELECT count(*) FILTER (WHERE heavy)::numeric / count(*) AS customers, sum(s) FILTER (WHERE heavy)::numeric / sum(s) AS revenue
		FROM (SELECT sum(purchase_amount) AS s, sum(purchase_amount) > (SELECT percentile_cont(0.8) WITHIN GROUP (ORDER BY s) FROM (SELECT sum(purchase_amount)::float8 AS s FROM people GROUP BY customer_id) a) AS heavy FROM people GROUP BY customer_id) c) x,
	LATERAL told('shop', 'customers', NULL, 'spend tier', format('The spend tier "Heavy" is %s of the customers and brings %s of the revenue.', percent(x.customers), percent(x.revenue))) t;

-- the segment with most revenue: who is in it is of dim_customer, the money is of the rows
SELECT t.* FROM (SELECT d.rfm_segment, count(*)::numeric / sum(count(*)) OVER () AS customers, sum(l.s) / (SELECT sum(amount) FROM line) AS revenue
		FROM store.dim_customer d JOIN (SELECT customer_id, sum(amount) AS s FROM line GROUP BY 1) l USING (customer_id) GROUP BY 1 ORDER BY sum(l.s) DESC LIMIT 1) x,
	LATERAL told('store', 'customers', NULL, 'segment', format('Most revenue comes from the segment "%s": %s of the customers bring %s of it.', replace(x.rfm_segment, '_', ' '), percent(x.customers), percent(x.revenue))) t;

-- Trends: the month by orders and amounts, the rest as the views have it, which have tests of their own
SELECT t.* FROM (SELECT drivers(:'l', (:'l'::date + interval '1 month - 1 day')::date::text) AS b, drivers(:'m', (:'m'::date + interval '1 month - 1 day')::date::text) AS n) x,
	LATERAL (SELECT p.* FROM (VALUES
		('customers', round(b[4] * n[1] / b[1], 2) - b[4]), ('orders per customer', round(b[4] * n[2] / b[2], 2) - round(b[4] * n[1] / b[1], 2)),
		('items per order', round(b[4] * n[3] / b[3], 2) - round(b[4] * n[2] / b[2], 2)), ('amount per item', n[4] - round(b[4] * n[3] / b[3], 2))) AS p(part, contribution)
		ORDER BY p.contribution * sign(n[4] - b[4]) DESC LIMIT 1) p,
	LATERAL told('store', 'trends', NULL, 'month', format('In %s revenue was %s %s than the month before; the largest part comes from %s (%s).', to_char(:'m'::date, 'Mon YYYY'), in_words(abs(n[4] - b[4])), CASE WHEN n[4] > b[4] THEN 'more' ELSE 'less' END,
		p.part, CASE WHEN p.contribution > 0 THEN '+' ELSE '' END || in_words(p.contribution))) t;
SELECT t.* FROM (SELECT count(*) AS n, count(*) FILTER (WHERE trend = 'rising') AS r, count(*) FILTER (WHERE trend = 'falling') AS f, count(*) FILTER (WHERE trend = 'new') AS w, count(*) FILTER (WHERE trend = 'discontinued') AS d FROM store.product_trend) x,
	LATERAL told('store', 'trends', NULL, 'product trends', format('Of %s products %s rise and %s fall from month to month, %s are new, and %s were not sold in the last three months.', x.n, x.r, x.f, x.w, x.d)) t;
SELECT t.* FROM (SELECT * FROM store.revenue_forecast WHERE unit = 'month' AND lower IS NOT NULL ORDER BY period_start LIMIT 1) x,
	LATERAL told('store', 'trends', NULL, 'forecast', format('For %s about %s are to be expected, with 95 %% between %s and %s.', to_char(x.period_start, 'Mon YYYY'), in_words(x.forecast::numeric), in_words(x.lower::numeric), in_words(x.upper::numeric))) t;
SELECT t.* FROM (SELECT a.period_start, a.expected, (SELECT sum(amount) FROM line WHERE purchased_at::date = a.period_start) AS s FROM store.revenue_anomaly a WHERE unit = 'day' AND is_anomaly ORDER BY period_start DESC LIMIT 1) x,
	LATERAL told('store', 'trends', NULL, 'odd day', format('The last odd day was %s: %s, where %s were to be expected.', to_char(x.period_start, 'FMDD Mon YYYY'), in_words(x.s), in_words(x.expected::numeric))) t;

-- The data: how many rows, and what is odd in them
SELECT t.* FROM (SELECT count(*) AS n FROM line) x, LATERAL told('store', 'about', NULL, 'rows', format('The source has %s rows.', in_words(x.n, 0))) t;
SELECT t.* FROM (SELECT count(*) AS n FROM people) x, LATERAL told('shop', 'about', NULL, 'rows', format('The source has %s rows.', in_words(x.n, 0))) t;
-- how many rows, or days, of how many; the rest of a sentence is as data_quality has it
CREATE FUNCTION told_of_data(mart text, name text, wanted text) RETURNS TABLE (of_mart text, check_name text, as_plain_sql boolean, said text) LANGUAGE sql AS $$
	SELECT $1, $2, count(*) = 1 AND bool_and(starts_with(f.sentence, wanted)), CASE WHEN count(*) = 1 AND bool_and(starts_with(f.sentence, wanted)) THEN '' ELSE concat_ws(' / ', min(f.sentence), wanted) END
	FROM mart_findings($1, '{}', 'about') f WHERE f.kind = 'data' AND f.numbers ->> 'check' = $2
$$;
SELECT t.* FROM (SELECT count(*) FILTER (WHERE amount < 0)::numeric AS n, count(*) AS total FROM line) x, LATERAL told_of_data('store', 'amount is negative', format('amount is negative of amount: %s (%s); ', n, percent(n / total))) t;
-- a day with a return only is no such day
SELECT t.* FROM (SELECT max(d) - min(d) + 1 - count(*)::numeric AS n, max(d) - min(d) + 1 AS total FROM (SELECT DISTINCT purchased_at::date AS d FROM line) l) x,
	LATERAL told_of_data('store', 'day without a purchase', format('day without a purchase of purchased_at: %s (%s); ', n, percent(n / total))) t;
SELECT t.* FROM (SELECT count(*) FILTER (WHERE review_rating IS NULL)::numeric AS n, count(*) AS total FROM people) x, LATERAL told_of_data('shop', 'no value', format('no value of review_rating: %s (%s); ', n, percent(n / total))) t;
SELECT t.* FROM (SELECT max(d) - min(d) + 1 - count(*)::numeric AS n, max(d) - min(d) + 1 AS total FROM (SELECT DISTINCT purchased_at::date AS d FROM one_buyer) l) x,
	LATERAL told_of_data('awkward', 'day without a purchase', format('day without a purchase of purchased_at: %s (%s); ', n, percent(n / total))) t;
SELECT t.* FROM (SELECT count(*) FILTER (WHERE amount = 0)::numeric AS n, count(*) AS total FROM one_buyer) x, LATERAL told_of_data('awkward', 'amount is zero', format('amount is zero of amount: %s (%s); ', n, percent(n / total))) t;
-- and nothing else
SELECT m AS mart, count(*) AS sentences FROM unnest('{store,shop,awkward}'::text[]) m, LATERAL mart_findings(m, '{}', 'about') f WHERE f.kind = 'data' GROUP BY 1 ORDER BY 1;

-- A difference must be large enough: p alone is not enough
SELECT p.mart, f.kind, (f.numbers -> 'matters')::boolean AS matters,
	(f.numbers -> 'matters')::boolean = (v.stratified_p_value < 0.05 AND abs(v.stratified_difference) >= 0.02 * v.stratified_mean_full) AS as_view
FROM (VALUES ('store'), ('shop')) AS p(mart) CROSS JOIN LATERAL mart_findings(p.mart, '{}', 'products') f
JOIN (SELECT 'store' AS mart, stratified_p_value, stratified_difference, stratified_mean_full FROM store.discount_effect WHERE scope = 'overall'
	UNION ALL SELECT 'shop', stratified_p_value, stratified_difference, stratified_mean_full FROM shop.discount_effect WHERE scope = 'overall') v ON v.mart = p.mart
WHERE f.kind = 'discount';
SELECT f.numbers ->> 'dimension' AS dimension, f.numbers ->> 'dimension' IS NOT DISTINCT FROM (SELECT dimension FROM shop.group_comparison WHERE group_count > 1 AND p_adjusted < 0.05 AND eta_squared >= 0.01 ORDER BY eta_squared DESC LIMIT 1) AS as_view,
	(f.numbers ->> 'dimensions')::bigint = (SELECT count(*) FROM shop.group_comparison WHERE group_count > 1) AS counted
FROM mart_findings('shop', '{}', 'products') f WHERE f.kind = 'groups';
-- many rows, of which size explains two thousandths: p is tiny, and nothing is said
CREATE TABLE many AS SELECT i AS customer_id, 100 + (i % 100) + CASE WHEN i % 2 = 0 THEN 3 ELSE 0 END AS amount, CASE WHEN i % 2 = 0 THEN 'L' ELSE 'S' END AS size, i % 4 < 2 AS discounted FROM generate_series(1, 20000) i;
SELECT count(*) > 0 AS made FROM create_mart('many', 'many');
SELECT dimension, p_adjusted < 0.001 AS tiny, eta_squared < 0.01 AS small FROM "many".group_comparison WHERE dimension = 'size';
SELECT kind, sentence FROM mart_findings('many', '{}', 'products');

-- what cannot be said of a day is null, and no error
CREATE TABLE flat AS SELECT i AS order_id, i % 40 AS customer_id, (10 + i % 7)::numeric AS amount, 'p' || i % 5 AS product, timestamp '2024-01-01' + i * interval '1 day' AS purchased_at FROM generate_series(1, 400) i;
SELECT count(*) > 0 AS made FROM create_mart('flat', 'flat');
SELECT (SELECT count(*) > 0 FROM flat.revenue_anomaly WHERE is_anomaly IS NULL) AS unknown, count(*) > 0 AS said FROM mart_findings('flat', '{}', 'trends');

-- One customer, one month
SELECT p.page, p.period, f.* FROM (VALUES (1, 'overview', NULL::jsonb), (2, 'overview', '{"from": "2024-05-01", "to": "2024-05-31"}'), (3, 'overview', '{"from": "2024-05-12", "to": "2024-05-20"}'), (4, 'customers', NULL), (5, 'products', NULL), (6, 'trends', NULL), (7, 'about', NULL)) AS p(n, page, period)
CROSS JOIN LATERAL mart_findings('awkward', '{}', p.page, p.period) f ORDER BY p.n;
-- ... and what plain SQL says of it
SELECT t.* FROM (SELECT sum(amount) AS s, count(DISTINCT order_id) AS n, count(DISTINCT customer_id) AS c FROM one_buyer) x,
	LATERAL told('awkward', 'overview', NULL, 'revenue', format('Revenue is %s, from %s purchases of %s customer.', in_words(x.s), x.n, x.c)) t;
SELECT t.* FROM (SELECT d, coalesce((SELECT sum(amount) FROM one_buyer WHERE purchased_at::date = d), 0) AS now, coalesce((SELECT sum(amount) FROM one_buyer WHERE purchased_at::date = d - 1), 0) AS before
		FROM (SELECT max(purchased_at)::date AS d FROM one_buyer) m) x,
	LATERAL told('awkward', 'overview', NULL, 'last day', format('Revenue of %s was %s, more than the %s of %s.', to_char(x.d, 'FMDD Mon YYYY'), in_words(x.now), in_words(x.before), to_char(x.d - 1, 'FMDD Mon YYYY'))) t;
-- the period ends with the last day that there is, and is compared with as many days before
SELECT t.* FROM (SELECT date '2024-05-01' AS a, max(purchased_at)::date AS b, sum(amount) FILTER (WHERE purchased_at >= '2024-05-01') AS now, count(*) FILTER (WHERE purchased_at < '2024-05-01') AS before FROM one_buyer) x,
	LATERAL told('awkward', 'overview', '{"from": "2024-05-01", "to": "2024-05-31"}', 'revenue', format('Revenue of %s to %s was %s; before, of %s to %s, there was none.', to_char(a, 'FMDD Mon YYYY'), to_char(b, 'FMDD Mon YYYY'), in_words(now),
		to_char(a - (b - a + 1), 'FMDD Mon YYYY'), to_char(a - 1, 'FMDD Mon YYYY'))) t WHERE x.before = 0;
SELECT t.* FROM (SELECT product, sum(amount) AS now FROM one_buyer GROUP BY 1) x, LATERAL told('awkward', 'overview', '{"from": "2024-05-01", "to": "2024-05-31"}', 'product up', format('%s gained most: %s after 0.00.', x.product, in_words(x.now))) t;
SELECT t.* FROM (SELECT count(DISTINCT customer_id) AS c FROM one_buyer) x, LATERAL told('awkward', 'overview', '{"from": "2024-05-01", "to": "2024-05-31"}', 'new customers', format('%s customer bought, for the first time.', x.c)) t;
CREATE VIEW half AS SELECT sum(amount) FILTER (WHERE purchased_at >= '2024-05-12') AS now, count(*) FILTER (WHERE purchased_at >= '2024-05-12') AS orders,
	sum(amount) FILTER (WHERE purchased_at < '2024-05-12' AND purchased_at >= '2024-05-03') AS before, count(*) FILTER (WHERE purchased_at < '2024-05-12' AND purchased_at >= '2024-05-03') AS orders_before FROM one_buyer;
SELECT t.* FROM half x, LATERAL told('awkward', 'overview', '{"from": "2024-05-12", "to": "2024-05-20"}', 'revenue', format('Revenue of 12 May 2024 to 20 May 2024 was %s, %s more than the %s of 3 May 2024 to 11 May 2024.', in_words(now), percent(now / before - 1), in_words(before))) t;
-- one customer and as many orders: it is the amount of an order, all of it
SELECT t.* FROM half x, LATERAL told('awkward', 'overview', '{"from": "2024-05-12", "to": "2024-05-20"}', 'driver', format('The largest part of it, +%s, comes from amount per order: %s instead of %s.', in_words(now - before), in_words(now / orders), in_words(before / orders_before))) t WHERE orders = orders_before;
SELECT t.* FROM half x, LATERAL told('awkward', 'overview', '{"from": "2024-05-12", "to": "2024-05-20"}', 'product up', format('tea gained most: %s after %s.', in_words(now), in_words(before))) t;
SELECT t.* FROM (SELECT count(*) AS n FROM one_buyer) x, LATERAL told('awkward', 'about', NULL, 'rows', format('The source has %s rows.', x.n)) t;
SELECT count(*) AS nothing_of_one FROM (VALUES ('customers'), ('products'), ('trends')) AS p(page), LATERAL mart_findings('awkward', '{}', p.page);
SELECT count(*) AS nothing FROM mart_findings('awkward', '{"category": ["no such"]}');
SELECT * FROM mart_findings(NULL);
SELECT * FROM mart_findings('awkward', '{}', 'sales');

DROP VIEW line, half;
SELECT drop_mart(m) FROM unnest('{store,shop,awkward,many,flat}'::text[]) m;
DROP TABLE orders, people, one_buyer, "many", flat;
DROP FUNCTION in_words, percent, revenue(text, text), told, told_of_data, drivers;
