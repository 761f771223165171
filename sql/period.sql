-- mart_dashboard with a period against plain SQL over the source, which is untidy on purpose.
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- hash values, so that the rows are the same everywhere
CREATE FUNCTION r(i int, k int) RETURNS int LANGUAGE sql IMMUTABLE AS
	$$ SELECT (('x' || left(md5(i || ' ' || k), 7))::bit(28)::int) % 100 $$;
CREATE TABLE sales AS
SELECT i AS line,
	CASE WHEN r(i, 1) >= 4 THEN 'c' || r(i, 2) % 60 END AS cust,
	CASE WHEN r(i, 3) >= 10 THEN 1000 + i / 3 END AS inv,
	CASE WHEN r(i, 4) >= 2 THEN timestamp '2023-03-10' + r(i, 5) * 5 * interval '1 day' + i * interval '1 minute' END AS sold,
	CASE WHEN r(i, 6) >= 3 THEN (r(i, 7) - 10) * 1.25 END AS price,
	CASE WHEN r(i, 3) >= 10 THEN concat(1000 + i / 3, ' ', r(i, 5)) END AS bill,	-- an order of one day
	r(i, 8) % 4 AS pieces,
	CASE r(i, 11) % 4 WHEN 0 THEN NULL WHEN 1 THEN true ELSE false END AS offer,
	(ARRAY['Female', 'Male', NULL, 'it''s "x", \'])[r(i, 12) % 4 + 1] AS gender,
	CASE WHEN r(i, 13) >= 5 THEN r(i, 14) % 60 + 15 END AS age,
	(ARRAY['tea', 'cake', 'jam', NULL])[r(i, 16) % 4 + 1] AS item,
	(ARRAY['drink', 'food', NULL])[r(i, 17) % 3 + 1] AS kind,
	(ARRAY['north', 'south', '<b>&', ''])[r(i, 18) % 4 + 1] AS branch
FROM generate_series(1, 2000) AS i;
-- whole days only, and no category
CREATE TABLE days AS SELECT line, cust, sold::date AS day, price, offer, gender, item FROM sales;

SELECT count(*) > 0 AS made FROM create_mart('live', 'sales', customer_id => 'cust', order_id => 'inv', purchased_at => 'sold', amount => 'price', quantity => 'pieces',
	discounted => 'offer', product => 'item', category => 'kind', age_edges => '{0,29,49,120}', age_labels => '{young,middle,old}', dimensions => '{branch}');
SELECT count(*) > 0 AS made FROM create_mart('kept', 'sales', customer_id => 'cust', order_id => 'inv', purchased_at => 'sold', amount => 'price', quantity => 'pieces',
	discounted => 'offer', product => 'item', category => 'kind', age_edges => '{0,29,49,120}', age_labels => '{young,middle,old}', dimensions => '{branch}', mode => 'kept');
SELECT count(*) > 0 AS made FROM create_mart('daily', 'days', customer_id => 'cust', order_id => 'line', purchased_at => 'day', amount => 'price', discounted => 'offer', product => 'item');
SELECT count(*) > 0 AS made FROM create_mart('bills', 'sales', customer_id => 'cust', order_id => 'bill', purchased_at => 'sold', amount => 'price', age => 'ascii(substr(cust, 2))', discounted => 'offer', product => 'item', category => 'kind');
SELECT count(*) > 0 AS made FROM create_mart('kept_bills', 'sales', customer_id => 'cust', order_id => 'bill', purchased_at => 'sold', amount => 'price', age => 'ascii(substr(cust, 2))', discounted => 'offer', product => 'item', category => 'kind', mode => 'kept');
SELECT max(sold), min(sold) FROM sales;

-- The presets, by hand: from, to, and what they are compared with. as_of is July 18.
CREATE FUNCTION days_of(period text, mart text DEFAULT 'live') RETURNS TABLE (days text, before text, compare text, unit text, points bigint) LANGUAGE sql AS $$
	SELECT concat_ws(' to ', d #>> '{period,from}', d #>> '{period,to}'), concat_ws(' to ', d #>> '{period,before_from}', d #>> '{period,before_to}'), d #>> '{period,compare}',
		d #>> '{trend,unit}', jsonb_array_length(d #> '{trend,points}')
	FROM (SELECT mart_dashboard(mart, '{}', 'overview', period::jsonb) AS d) one
$$;
SELECT p.period, d.*
FROM (VALUES (1, '{"preset": "last_7_days"}'), (2, '{"preset": "last_28_days", "compare": "previous"}'), (3, '{"preset": "last_90_days", "compare": "year_before"}'),
	(4, '{"preset": "month"}'), (5, '{"preset": "quarter"}'), (6, '{"preset": "year_to_date"}'), (7, '{"preset": "last_12_months"}'), (8, '{"preset": "all"}'), (9, '{}'),
	(10, '{"from": "2023-05-01", "to": "2023-05-31"}'), (11, '{"from": "2023-05-01", "to": "2023-06-30"}'), (12, '{"from": "2023-05-02", "to": "2023-05-31"}'),
	(13, '{"from": "2023-05-01", "to": "2023-05-01", "compare": "none"}'), (14, '{"from": "2023-07-01"}'), (15, '{"to": "2023-04-01"}'), (16, '{"from": "2024-02-28", "to": "2024-03-31"}'),
	(17, '{"from": "2023-07-01", "to": "2023-12-31"}'), (18, '{"from": "2001-01-01", "to": "2001-01-31"}'), (19, '{"from": "2016-02-29", "to": "2016-02-29", "compare": "year_before"}'),
	(20, '{"from": "2022-07-01", "to": "2023-06-30"}'), (21, '{"from": "2009-07-01", "to": "2023-06-30"}')) AS p(n, period)
CROSS JOIN LATERAL days_of(p.period) d
ORDER BY p.n;
-- at the end of a month the month before is a whole one, too; February is short
SELECT set_mart_as_of('live', '2023-04-30 12:00');
SELECT p.period, d.* FROM (VALUES ('{"preset": "month"}'), ('{"preset": "quarter"}'), ('{"preset": "last_28_days"}'), ('{"to": "2023-05-31"}')) AS p(period) CROSS JOIN LATERAL days_of(p.period) d;
SELECT set_mart_as_of('live', '2023-03-30 12:00');
SELECT p.period, d.* FROM (VALUES ('{"preset": "month"}')) AS p(period) CROSS JOIN LATERAL days_of(p.period) d;
SELECT set_mart_as_of('live', NULL);

-- The measures of the rows that meet a condition, by plain SQL. A row without an order id is an order of its own.
CREATE FUNCTION plain(condition text, suffix text DEFAULT '') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	-- an order id that two customers have is two orders
	EXECUTE format($q$
		SELECT jsonb_build_object(
			'customers', count(DISTINCT cust),
			'purchases', count(DISTINCT CASE WHEN price < 0 THEN NULL ELSE %1$s END),
			'revenue', coalesce(sum(price), 0),
			'average_amount', round(sum(price) FILTER (WHERE price >= 0) / nullif(count(DISTINCT %1$s) FILTER (WHERE price >= 0), 0), 6),
			'average_rating', NULL, 'subscriber_share', NULL,
			'discount_share', count(DISTINCT CASE WHEN price < 0 THEN NULL ELSE %1$s END) FILTER (WHERE offer)::float8
				/ nullif(count(DISTINCT CASE WHEN price < 0 THEN NULL ELSE %1$s END) FILTER (WHERE offer IS NOT NULL), 0),
			'revenue_per_customer', round(sum(price) FILTER (WHERE cust IS NOT NULL) / nullif(count(DISTINCT cust), 0), 6))
		FROM sales WHERE sold IS NOT NULL AND %2$s $q$, 'concat(cust, ''/'', coalesce(inv::text, ''line'' || line))', condition) INTO result;
	RETURN (SELECT jsonb_object_agg(key || suffix, value) FROM jsonb_each(result));
END $$;
CREATE FUNCTION expression(dimension text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE dimension
		WHEN 'age_group' THEN 'CASE WHEN age <= 29 THEN ''young'' WHEN age <= 49 THEN ''middle'' WHEN age > 49 THEN ''old'' END'
		WHEN 'category' THEN 'kind'
		WHEN 'discounted' THEN 'CASE offer WHEN true THEN ''Yes'' WHEN false THEN ''No'' END'
		ELSE dimension END
$$;
CREATE FUNCTION equals(dimension text, value text) RETURNS text LANGUAGE sql AS
	$$ SELECT format(' AND (%s) IS NOT DISTINCT FROM %L', expression(dimension), value) $$;
-- The condition of all filters but those on the dimensions that are left out.
CREATE FUNCTION condition(filters jsonb, VARIADIC left_out text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg('(' || (
			SELECT string_agg('true' || equals(f.key, v), ' OR ')
			FROM jsonb_array_elements_text(f.value) AS v) || ')', ' AND '), 'true')
	FROM jsonb_each(filters) AS f WHERE f.key <> ALL (left_out) AND f.value <> '[]'
$$;
CREATE FUNCTION within(first text, last text) RETURNS text LANGUAGE sql AS
	$$ SELECT format(' AND sold >= %L AND sold < %L', first::date, last::date + 1) $$;

-- Each number of a dashboard beside the one of plain SQL.
CREATE FUNCTION compared(mart text, filters jsonb, period jsonb) RETURNS TABLE (part text, place text, got jsonb, expected jsonb) LANGUAGE sql AS $$
	WITH dashboard AS MATERIALIZED (
		SELECT d, within(d #>> '{period,from}', d #>> '{period,to}') AS days, within(d #>> '{period,before_from}', d #>> '{period,before_to}') AS days_before
		FROM (SELECT mart_dashboard(mart, filters, 'overview', period) AS d) one
	),
	parts AS (
		SELECT 'kpi' AS part, '' AS place, d -> 'kpi' AS got, condition(filters) AS here, days AS place_condition FROM dashboard
		UNION ALL
		SELECT 'breakdown', b.key || ' ' || coalesce(v ->> 'value', 'NULL'), v - '{value,selected}'::text[], condition(filters, b.key), days || equals(b.key, v ->> 'value')
		FROM dashboard, jsonb_each(d -> 'breakdown') AS b, jsonb_array_elements(b.value) AS v
		UNION ALL
		SELECT 'trend', p ->> 'period', p - '{period,complete}'::text[], condition(filters), days || format(' AND date_trunc(%L, sold) = %L', d #>> '{trend,unit}', p ->> 'period')
		FROM dashboard, jsonb_array_elements(d #> '{trend,points}') AS p
		UNION ALL
		SELECT 'heat map', concat_ws(', ', c ->> 'row', c ->> 'column'), c - '{row,column}'::text[],
			condition(filters, 'age_group', 'category'), days || equals('age_group', c ->> 'row') || equals('category', c ->> 'column')
		FROM dashboard, jsonb_array_elements(d #> '{heat_map,cells}') AS c
		UNION ALL
		SELECT 'products', concat_ws(', ', c ->> 'category', c ->> 'product'), c - '{category,product}'::text[],
			condition(filters), days || equals('kind', c ->> 'category') || equals('item', c ->> 'product')
		FROM dashboard, jsonb_array_elements(d -> 'products') AS c
	)
	SELECT part, place, got, plain(here || place_condition) || plain('true' || place_condition, '_all')
	FROM parts
	UNION ALL
	SELECT 'before', '', d #> '{comparison,kpi}', plain(condition(filters) || days_before) FROM dashboard WHERE d -> 'comparison' <> 'null'
	UNION ALL
	SELECT 'trend before', p ->> 'period', p - 'period', plain(condition(filters) || days_before || format(' AND date_trunc(%L, sold) = %L', d #>> '{trend,unit}', p ->> 'period'))
	FROM dashboard, jsonb_array_elements(d #> '{comparison,points}') AS p
	UNION ALL
	SELECT 'change', k.key, d #> '{comparison,change}' -> k.key, to_jsonb(CASE WHEN (d #> '{comparison,kpi}' ->> k.key)::numeric > 0
		THEN ((d -> 'kpi' ->> k.key)::numeric / (d #> '{comparison,kpi}' ->> k.key)::numeric - 1)::float8 END)
	FROM dashboard, jsonb_object_keys(d #> '{comparison,kpi}') AS k(key)
	UNION ALL
	SELECT 'product changes', concat_ws(', ', p ->> 'category', p ->> 'product'), p - '{category,product}'::text[],
		jsonb_build_object('revenue', plain(condition(filters) || days || equals('kind', p ->> 'category') || equals('item', p ->> 'product')) -> 'revenue',
			'revenue_before', plain(condition(filters) || days_before || equals('kind', p ->> 'category') || equals('item', p ->> 'product')) -> 'revenue')
	FROM dashboard, jsonb_array_elements(d #> '{comparison,products}') AS p
$$;
SELECT m.mart, p.period, f.n, count(*) AS compared, count(DISTINCT c.part) AS parts, count(*) FILTER (WHERE c.got IS DISTINCT FROM nullif(c.expected, 'null') AND (c.got <> 'null' OR c.expected IS NOT NULL)) AS different
FROM (VALUES ('live', 1), ('kept', 2)) AS m(mart, n),
	(VALUES ('{"preset": "quarter", "compare": "year_before"}'::jsonb), ('{"from": "2023-06-01", "to": "2023-06-15"}'),
		('{"from": "2023-07-10", "to": "2024-02-03"}'), ('{"preset": "all"}'), ('{"from": "2001-01-01", "to": "2001-01-03"}')) AS p(period),
	(VALUES (1, '{}'::jsonb), (2, '{"age_group": ["old", "young"], "branch": ["north", "<b>&", ""], "discounted": ["Yes", null]}')) AS f(n, filters),
	LATERAL compared(m.mart, f.filters, p.period) AS c
WHERE m.n = f.n
GROUP BY m.mart, p.period, f.n
ORDER BY m.mart, p.period, f.n;
-- The trend has no gaps; what the period cuts off is not complete.
SELECT p FROM jsonb_array_elements(mart_dashboard('live', '{}', 'overview', '{"from": "2023-04-05", "to": "2024-12-31"}') #> '{trend,points}') WITH ORDINALITY AS x(v, n),
	LATERAL (SELECT v ->> 'period' || ' ' || (v ->> 'complete') AS p) AS t ORDER BY n LIMIT 4;

-- New and repeat customers, and returns, by plain SQL.
CREATE FUNCTION more(condition text, first text, last text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format($q$
		WITH known AS (SELECT *, concat(cust, '/', coalesce(inv::text, 'line' || line)) AS order_key FROM sales WHERE sold < %3$L::date + 1),
		chosen AS (SELECT * FROM known WHERE sold >= %2$L AND %1$s),
		buyer AS (
			SELECT k.cust, min(k.sold) AS first, count(DISTINCT k.order_key) AS orders
			FROM known k
			WHERE k.cust IN (SELECT cust FROM chosen WHERE price IS NULL OR price >= 0) AND (k.price IS NULL OR k.price >= 0)
			GROUP BY 1
		)
		SELECT jsonb_build_object('new_customers', count(*) FILTER (WHERE first >= %2$L), 'repeat_share', count(*) FILTER (WHERE orders >= 2)::float8 / nullif(count(*), 0),
			'returns', (SELECT count(DISTINCT order_key) FROM chosen WHERE price < 0))
		FROM buyer $q$, condition, first, last) INTO result;
	RETURN result;
END $$;
SELECT m.mart, p.period, f.filters, d -> 'more' AS more, d -> 'more' = more(condition(f.filters), d #>> '{period,from}', d #>> '{period,to}') AS same,
	d #> '{comparison,more}' = more(condition(f.filters), d #>> '{period,before_from}', d #>> '{period,before_to}') AS before_same
FROM (VALUES ('live'), ('kept')) AS m(mart), (VALUES ('{"from": "2023-03-17", "to": "2023-03-20"}'::jsonb), ('{"preset": "last_90_days"}')) AS p(period),
	(VALUES ('{}'::jsonb), ('{"gender": ["Female"]}')) AS f(filters), LATERAL (SELECT mart_dashboard(m.mart, f.filters, 'overview', p.period) AS d) AS x
ORDER BY 1, 2, 3;
SELECT (mart_dashboard('live') -> 'more' ->> 'repeat_share')::float8 = repeat_share AS repeat_share, (mart_dashboard('live') -> 'more' ->> 'returns')::bigint = returns AS returns FROM live.kpi_total;

-- Why revenue moved is what revenue_change() says.
SELECT p.period, count(*), count(*) FILTER (WHERE d.value IS DISTINCT FROM jsonb_build_object('part', c.part, 'figure', c.figure_after, 'figure_before', c.figure_before, 'contribution', c.contribution)) AS different
FROM (VALUES ('{"from": "2023-06-01", "to": "2023-06-30"}'::jsonb), ('{"preset": "last_28_days"}'), ('{"from": "2023-03-11", "to": "2023-03-12"}')) AS p(period)
CROSS JOIN LATERAL (SELECT mart_dashboard('live', '{}', 'overview', p.period) AS d) one
CROSS JOIN LATERAL jsonb_array_elements(one.d #> '{comparison,drivers}') WITH ORDINALITY AS d(value, n)
LEFT JOIN LATERAL (SELECT * FROM revenue_change('live', daterange((one.d #>> '{period,before_from}')::date, (one.d #>> '{period,before_to}')::date, '[]'),
	daterange((one.d #>> '{period,from}')::date, (one.d #>> '{period,to}')::date, '[]')) c WHERE c.split = 'drivers' ORDER BY c.part_sort OFFSET d.n - 1 LIMIT 1) c ON true
GROUP BY 1 ORDER BY 1;

-- Views of whole histories look from the end of the period: they are those of a mart whose as_of is there.
CREATE TABLE looked AS
SELECT m.mart, p.page, f.filters, mart_dashboard(m.mart, f.filters, p.page, '{"from": "2023-06-10", "to": "2023-10-20"}') -> 'views' AS views
FROM (VALUES ('bills'), ('kept_bills'), ('daily')) AS m(mart), (VALUES ('customers'), ('trends')) AS p(page), (VALUES ('{}'::jsonb), ('{"gender": ["Female", null]}')) AS f(filters);
SELECT set_mart_as_of('bills', '2023-10-20 23:59:59.999999'), set_mart_as_of('kept_bills', '2023-10-20 23:59:59.999999'), set_mart_as_of('daily', '2023-10-20');
SELECT l.mart, l.page, l.filters, count(*) AS views, sum(jsonb_array_length(v.value)) > 50 AS rows, string_agg(v.key, ', ') FILTER (WHERE v.value IS DISTINCT FROM d.views -> v.key) AS different
FROM looked l
CROSS JOIN LATERAL (SELECT mart_dashboard(l.mart, l.filters, l.page) -> 'views' AS views) d
CROSS JOIN LATERAL jsonb_each(l.views) v
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT set_mart_as_of('bills', NULL), set_mart_as_of('kept_bills', NULL), set_mart_as_of('daily', NULL);
-- ... and to as_of they are those without a period.
SELECT p.page, count(*) AS views, count(*) FILTER (WHERE v.value IS DISTINCT FROM mart_dashboard('kept', '{"gender": ["Female"]}', p.page) -> 'views' -> v.key) AS different
FROM (VALUES ('customers'), ('trends')) AS p(page), jsonb_each(mart_dashboard('kept', '{"gender": ["Female"]}', p.page, '{"preset": "month"}') -> 'views') v GROUP BY 1;

-- Views of lines on the page of products are those of a mart of the period's lines.
CREATE TABLE cut AS SELECT * FROM sales WHERE sold >= '2023-06-10' AND sold < '2023-10-21';
SELECT count(*) > 0 AS made FROM create_mart('only', 'cut', customer_id => 'cust', order_id => 'inv', purchased_at => 'sold', amount => 'price', quantity => 'pieces',
	discounted => 'offer', product => 'item', category => 'kind', age_edges => '{0,29,49,120}', age_labels => '{young,middle,old}', dimensions => '{branch}');
SELECT m.mart, f.filters, count(*) AS views, sum(jsonb_array_length(v.value)) AS rows, count(*) FILTER (WHERE v.value IS DISTINCT FROM mart_dashboard('only', f.filters, 'products') -> 'views' -> v.key) AS different
FROM (VALUES ('live'), ('kept')) AS m(mart), (VALUES ('{}'::jsonb), ('{"gender": ["Female", null]}')) AS f(filters),
	jsonb_each(mart_dashboard(m.mart, f.filters, 'products', '{"from": "2023-06-10", "to": "2023-10-20"}') -> 'views') v GROUP BY 1, 2 ORDER BY 1, 2;

-- Without a period nothing is different, and on the page about there is none.
SELECT p.page, mart_dashboard('live', '{"gender": ["Male"]}', p.page) = mart_dashboard('live', '{"gender": ["Male"]}', p.page, NULL) AS same, mart_dashboard('live', '{}', p.page) ?| '{period,comparison}' AS has_period
FROM (VALUES ('overview'), ('customers'), ('products'), ('trends'), ('about')) AS p(page);
SELECT mart_dashboard('live', '{}', 'about') = mart_dashboard('live', '{}', 'about', '{"preset": "month"}') AS same;
-- nothing at all
CREATE TABLE none (customer_id int, amount numeric, purchased_at timestamp);
SELECT count(*) > 0 AS made FROM create_mart('empty', 'none');
SELECT d -> 'kpi' ->> 'revenue' AS revenue, d -> 'period' AS period, d -> 'trend' AS trend FROM (VALUES ('{"preset": "month"}'), ('{"from": "2024-01-01", "to": "2024-01-03"}'), ('{"from": "2024-01-01"}')) AS p(period), LATERAL (SELECT mart_dashboard('empty', '{}', 'overview', p.period::jsonb) AS d) one;
INSERT INTO none VALUES (1, 5, '2024-02-29');
SELECT d #> '{kpi,revenue}' AS revenue, d #> '{comparison,change,revenue}' AS change, jsonb_array_length(d #> '{trend,points}') AS points, d -> 'more' AS more
FROM (SELECT mart_dashboard('empty', '{}', 'overview', '{"preset": "last_7_days"}') AS d) AS one;

-- What cannot be.
\set VERBOSITY default
SELECT mart_dashboard('live', '{}', 'overview', '[]');
SELECT mart_dashboard('live', '{}', 'overview', 'null');
SELECT mart_dashboard('live', '{}', 'overview', '"month"');
SELECT mart_dashboard('live', '{}', 'overview', '{"preset": "fortnight"}');
SELECT mart_dashboard('live', '{}', 'overview', '{"preset": ["month"]}');
SELECT mart_dashboard('live', '{}', 'overview', '{"preset": null}');
SELECT mart_dashboard('live', '{}', 'overview', '{"compare": "last week"}');
SELECT mart_dashboard('live', '{}', 'overview', '{"preset": "month", "from": "2023-01-01"}');
SELECT mart_dashboard('live', '{}', 'overview', '{"until": "2023-01-01"}');
SELECT mart_dashboard('live', '{}', 'overview', '{"from": "2023-06-02", "to": "2023-06-01"}');
SELECT mart_dashboard('live', '{}', 'overview', '{"from": "infinity"}');
SELECT mart_dashboard('live', '{}', 'overview', '{"from": "today"}');
SELECT mart_dashboard('live', '{}', 'overview', '{"to": "2023-02-30"}');
SELECT mart_dashboard('live', '{}', 'overview', '{"to": "0999-02-03"}');
SELECT mart_dashboard('live', '{}', 'overview', '{"to": 20230203}');
SELECT mart_dashboard('live', '{}', 'overview', '{"to": null}');
SELECT mart_dashboard('live', '{}', 'overview', '{"to": "2023-02-03; DROP TABLE sales"}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) > 0 AS made FROM create_mart('undated', 'sales', customer_id => 'cust', amount => 'price', roles => '{"purchased_at": null, "order_id": null}');
SELECT mart_dashboard('undated', '{}', 'overview', '{"preset": "month"}');
\echo :LAST_ERROR_SQLSTATE

SELECT drop_mart(m) FROM unnest(ARRAY['live', 'kept', 'bills', 'kept_bills', 'daily', 'only', 'empty', 'undated']) AS m;
DROP TABLE sales, days, cut, none, looked;
DROP FUNCTION r, days_of, plain, expression, equals, condition, within, compared, more;
