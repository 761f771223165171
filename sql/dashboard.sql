-- mart_dashboard against plain SQL over the source, which is untidy on purpose.
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
	CASE WHEN r(i, 8) >= 30 THEN (r(i, 9) % 9 + 2) / 2.0 END AS stars,
	CASE r(i, 10) % 5 WHEN 0 THEN NULL WHEN 1 THEN true ELSE false END AS member,
	CASE r(i, 11) % 4 WHEN 0 THEN NULL WHEN 1 THEN true ELSE false END AS offer,
	(ARRAY['Female', 'Male', NULL, 'it''s "x", \'])[r(i, 12) % 4 + 1] AS gender,
	CASE WHEN r(i, 13) >= 5 THEN r(i, 14) % 60 + 15 END AS age,
	(ARRAY['Winter', 'Summer', 'Fall', 'Spring'])[r(i, 15) % 4 + 1] AS season,
	(ARRAY['tea', 'cake', 'jam', NULL])[r(i, 16) % 4 + 1] AS item,
	(ARRAY['drink', 'food', NULL])[r(i, 17) % 3 + 1] AS kind,
	(ARRAY['north', 'south', '<b>&', ''])[r(i, 18) % 4 + 1] AS branch
FROM generate_series(1, 2000) AS i;
SELECT count(*), count(cust) AS cust, count(inv) AS inv, count(sold) AS sold, count(price) AS price, sum(price), count(*) FILTER (WHERE price < 0) AS returns FROM sales;

SELECT count(*) > 0 AS made FROM create_mart('dated', 'sales', customer_id => 'cust', order_id => 'inv', purchased_at => 'sold', amount => 'price',
	review_rating => 'stars', subscribed => 'member', discounted => 'offer', product => 'item', category => 'kind',
	age_edges => '{0,29,49,120}', age_labels => '{young,middle,old}', dimensions => '{branch}');
SELECT count(*) > 0 AS made FROM create_mart('undated', 'sales', customer_id => 'cust', amount => 'price', roles => '{"purchased_at": null, "order_id": null}',
	review_rating => 'stars', subscribed => 'member', discounted => 'offer', product => 'item', category => 'kind',
	age_edges => '{0,29,49,120}', age_labels => '{young,middle,old}', dimensions => '{branch}');

-- The measures of the rows that meet a condition, by plain SQL. A row without
-- an order id is an order of its own.
CREATE FUNCTION plain(mart text, condition text, suffix text DEFAULT '') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
	-- an order id that two customers have is two orders
	orders text := CASE mart WHEN 'dated' THEN 'concat(cust, ''/'', coalesce(inv::text, ''line'' || line))' ELSE 'line' END;
BEGIN
	EXECUTE format($q$
		SELECT jsonb_build_object(
			'customers', count(DISTINCT cust),
			'purchases', count(DISTINCT CASE WHEN price < 0 THEN NULL ELSE %1$s END),
			'revenue', coalesce(sum(price), 0),
			'average_amount', round(sum(price) FILTER (WHERE price >= 0) / nullif(count(DISTINCT %1$s) FILTER (WHERE price >= 0), 0), 6),
			'average_rating', round(avg(stars), 6),
			'subscriber_share', count(DISTINCT cust) FILTER (WHERE member)::float8 / nullif(count(DISTINCT cust) FILTER (WHERE member IS NOT NULL), 0),
			'discount_share', count(DISTINCT CASE WHEN price < 0 THEN NULL ELSE %1$s END) FILTER (WHERE offer)::float8
				/ nullif(count(DISTINCT CASE WHEN price < 0 THEN NULL ELSE %1$s END) FILTER (WHERE offer IS NOT NULL), 0),
			'revenue_per_customer', round(sum(price) FILTER (WHERE cust IS NOT NULL) / nullif(count(DISTINCT cust), 0), 6))
		FROM sales WHERE %2$s $q$, orders, condition || CASE mart WHEN 'dated' THEN ' AND sold IS NOT NULL' ELSE '' END) INTO result;
	RETURN (SELECT jsonb_object_agg(key || suffix, value) FROM jsonb_each(result));
END $$;

CREATE FUNCTION expression(dimension text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE dimension
		WHEN 'age_group' THEN 'CASE WHEN age <= 29 THEN ''young'' WHEN age <= 49 THEN ''middle'' WHEN age > 49 THEN ''old'' END'
		WHEN 'category' THEN 'kind'
		WHEN 'subscribed' THEN 'CASE member WHEN true THEN ''Yes'' WHEN false THEN ''No'' END'
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

-- Each number of a dashboard beside the one of plain SQL.
CREATE FUNCTION compared(mart text, filters jsonb) RETURNS TABLE (part text, place text, got jsonb, expected jsonb) LANGUAGE sql AS $$
	WITH dashboard AS MATERIALIZED (SELECT mart_dashboard(mart, filters) AS d),
	parts AS (
		SELECT 'kpi' AS part, '' AS place, d -> 'kpi' AS got, condition(filters) AS here, '' AS place_condition FROM dashboard
		UNION ALL
		SELECT 'breakdown', b.key || ' ' || coalesce(v ->> 'value', 'NULL'), v - '{value,selected}'::text[], condition(filters, b.key), equals(b.key, v ->> 'value')
		FROM dashboard, jsonb_each(d -> 'breakdown') AS b, jsonb_array_elements(b.value) AS v
		UNION ALL
		SELECT 'trend', p ->> 'period', p - '{period,complete}'::text[], condition(filters), format(' AND date_trunc(''month'', sold) = %L', p ->> 'period')
		FROM dashboard, jsonb_array_elements(CASE WHEN mart = 'dated' THEN d #> '{trend,points}' END) AS p
		UNION ALL
		SELECT 'heat map', concat_ws(', ', c ->> 'row', c ->> 'column'), c - '{row,column}'::text[],
			condition(filters, 'age_group', 'category'), equals('age_group', c ->> 'row') || equals('category', c ->> 'column')
		FROM dashboard, jsonb_array_elements(d #> '{heat_map,cells}') AS c
		UNION ALL
		SELECT 'products', concat_ws(', ', c ->> 'category', c ->> 'product'), c - '{category,product}'::text[],
			condition(filters), equals('kind', c ->> 'category') || equals('item', c ->> 'product')
		FROM dashboard, jsonb_array_elements(d -> 'products') AS c
	)
	SELECT part, place, got, plain(mart, here || place_condition) || plain(mart, 'true' || place_condition, '_all')
	FROM parts
$$;

SELECT m.mart, f.n, c.part, count(*) AS compared, count(*) FILTER (WHERE c.got IS DISTINCT FROM c.expected) AS different
FROM (VALUES ('dated'), ('undated')) AS m(mart),
	(VALUES
		(1, '{}'::jsonb),
		(2, '{"gender": ["Female"]}'),
		(3, '{"gender": ["Female", null], "category": ["drink"], "season": []}'),
		(4, '{"age_group": ["old", "young"], "category": ["food", null], "branch": ["north", "<b>&", ""], "subscribed": ["No"], "discounted": ["Yes", "No"]}'),
		(5, '{"gender": ["it''s \"x\", \\"]}'),
		(6, '{"gender": ["nobody''s"], "category": ["drink"]}')
	) AS f(n, filters),
	LATERAL compared(m.mart, f.filters) AS c
GROUP BY m.mart, f.n, c.part
ORDER BY m.mart, f.n, c.part;

-- All values of all dimensions are there, in their order, and those that are wanted are marked.
SELECT d ->> 'dimension' AS dimension, d ->> 'label' AS label, d -> 'value_count' AS n, d -> 'values_left_out' AS left_out,
	(SELECT string_agg(coalesce(v ->> 'value', 'NULL') || CASE WHEN v -> 'selected' = 'true' THEN '*' ELSE '' END, ', ' ORDER BY place)
	FROM jsonb_array_elements(dashboard -> 'breakdown' -> (d ->> 'dimension')) WITH ORDINALITY AS b(v, place)) AS values
FROM (SELECT mart_dashboard('dated', '{"gender": [null, "Male"], "season": ["Fall"]}') AS dashboard) AS one,
	jsonb_array_elements(dashboard -> 'dimensions') AS d;
-- Without filters it is what the views say.
SELECT count(*) AS compared, count(*) FILTER (WHERE k.value IS DISTINCT FROM to_jsonb(t) -> k.key) AS different
FROM dated.kpi_total t, jsonb_each(mart_dashboard('dated') -> 'kpi') AS k
WHERE k.key !~ '_all$';
SELECT count(*) AS compared, count(*) FILTER (WHERE v @> jsonb_build_object('customers', b.customers, 'purchases', b.purchases, 'revenue', coalesce(b.revenue, 0),
	'average_amount', b.average_amount, 'average_rating', b.average_rating, 'subscriber_share', b.subscriber_share, 'discount_share', b.discount_share)) AS same
FROM dated.breakdown b, (SELECT mart_dashboard('dated') AS d) AS one
	CROSS JOIN LATERAL jsonb_each(d -> 'breakdown') AS of_dimension(dimension, items)
	CROSS JOIN LATERAL jsonb_array_elements(items) AS v
WHERE b.dimension = of_dimension.dimension AND v ->> 'value' IS NOT DISTINCT FROM b.value;
-- The trend has no gaps, and ends with the month of as_of, which is not complete.
SELECT d #> '{trend,unit}' AS unit, min(p ->> 'period'), max(p ->> 'period'), count(*), count(*) FILTER (WHERE p -> 'complete' = 'true') AS complete, d -> 'as_of' AS as_of
FROM (SELECT mart_dashboard('dated') AS d) AS one, jsonb_array_elements(d #> '{trend,points}') AS p GROUP BY d;
SELECT jsonb_object_agg(key, left(value::text, 40)) FROM jsonb_each(mart_dashboard('undated') - '{kpi,breakdown,dimensions,heat_map,products}'::text[]);
SELECT set_mart_as_of('dated', '2023-04-30');
SELECT d #> '{trend,unit}' AS unit, jsonb_array_length(d #> '{trend,points}') AS points, d -> 'as_of' AS as_of, d #> '{trend,points,0}' @> plain('dated', 'sold::date = ''2023-03-10''') AS first_day
FROM (SELECT mart_dashboard('dated') AS d) AS one;
SELECT set_mart_as_of('dated', NULL);

-- Pages.
SELECT p.mart, p.page, ARRAY(SELECT jsonb_object_keys(d -> 'views') ORDER BY 1) AS views, d -> 'missing' AS missing,
	jsonb_array_length(d -> 'definitions') > 20 AS definitions, d -> 'settings' ->> 'age_labels' AS age_labels
FROM (VALUES ('undated', 'customers'), ('dated', 'customers'), ('undated', 'products'), ('dated', 'about')) AS p(mart, page),
	LATERAL (SELECT mart_dashboard(p.mart, '{}', p.page) AS d) AS one;
SELECT count(*) > 0 AS compared, count(*) FILTER (WHERE v.r IS DISTINCT FROM to_jsonb(l)) AS different
FROM dated.lifecycle AS l
FULL JOIN jsonb_array_elements(mart_dashboard('dated', '{}', 'customers') #> '{views,lifecycle}') AS v(r)
	ON (v.r ->> 'month_start')::date = l.month_start AND v.r ->> 'state' = l.state;
SELECT d ->> 'view' AS "view without a COMMENT" FROM jsonb_array_elements(mart_dashboard('dated', '{}', 'about') -> 'definitions') AS d, jsonb_array_elements(d -> 'columns') AS c
WHERE d ->> 'description' IS NULL OR c ->> 'description' IS NULL;

-- A page in parts is the page: one row for each part that is not what it should be.
SELECT w.mart, w.page, w.filters, w.period
FROM (VALUES ('undated', NULL), ('dated', NULL), ('dated', '{"preset": "last_90_days"}')) AS m(mart, period)
CROSS JOIN (VALUES ('overview'), ('customers'), ('products'), ('trends'), ('about')) AS p(page)
CROSS JOIN (VALUES ('{}'), ('{"gender": ["Male"]}')) AS f(filters)
CROSS JOIN LATERAL (SELECT m.mart, p.page, f.filters::jsonb, m.period::jsonb, mart_dashboard(m.mart, f.filters::jsonb, p.page, m.period::jsonb) - 'marts' AS whole) AS w
CROSS JOIN LATERAL (
	SELECT mart_dashboard_part(w.mart, w.filters, w.page, w.period, '{}') AS figures, coalesce(jsonb_object_agg(v.key, v.value), '{}') AS views
	FROM jsonb_array_elements(mart_dashboard_parts(w.mart, w.page) -> 'parts') AS g(part)
	CROSS JOIN LATERAL jsonb_each(mart_dashboard_part(w.mart, w.filters, w.page, w.period, ARRAY(SELECT jsonb_array_elements_text(g.part))) -> 'views') AS v
) AS parts
WHERE w.whole - 'findings' IS DISTINCT FROM (parts.figures - 'findings') || CASE w.page WHEN 'overview' THEN '{}' ELSE jsonb_build_object('views', parts.views) END
	OR w.whole -> 'findings' IS DISTINCT FROM pt_dashboard_findings(parts.figures || jsonb_build_object('views', parts.views));

-- Lists of what is behind: as many as there are, each in its place, whatever the page.
SELECT m.mart, mart_customers(m.mart) -> 'total' AS customers, c.n = (mart_customers(m.mart) ->> 'total')::bigint AS all_customers, p.n = (mart_purchases(m.mart) ->> 'total')::bigint AS all_rows,
	p.s = (mart_purchases(m.mart) ->> 'revenue')::numeric AS all_revenue, mart_customers(m.mart, max_rows => 3, skip_rows => 2) -> 'rows' = jsonb_path_query_array(mart_customers(m.mart) -> 'rows', '$[2 to 4]') AS paged
FROM (VALUES ('undated'), ('dated')) AS m(mart),
	LATERAL (SELECT n FROM (SELECT 'undated', count(*) FROM undated.dim_customer WHERE customer_id IS NOT NULL UNION ALL SELECT 'dated', count(*) FROM dated.dim_customer WHERE customer_id IS NOT NULL) AS x(mart, n) WHERE x.mart = m.mart) AS c,
	LATERAL (SELECT n, s FROM (SELECT 'undated', count(*), sum(amount) FROM undated.fact_purchase UNION ALL SELECT 'dated', count(*), sum(amount) FROM dated.fact_purchase) AS x(mart, n, s) WHERE x.mart = m.mart) AS p;
SELECT s.rfm_segment, s.customers, (mart_customers('dated', chosen => jsonb_build_object('rfm_segment', jsonb_build_array(s.rfm_segment))) -> 'total')::bigint - s.customers AS difference
FROM dated.segment_rfm s ORDER BY s.rfm_segment_sort;
SELECT count(*) AS cells, count(*) FILTER (WHERE r.active_customers <> (mart_customers('dated', chosen => jsonb_build_object('cohort_month', ARRAY[r.cohort_month::date], 'active_month', ARRAY[r.month_start::date])) -> 'total')::bigint) AS different
FROM dated.cohort_retention r WHERE r.month_offset < 3;
SELECT mart_customers('dated', search => '%') -> 'total' AS "a sign is a sign", mart_customers('dated', chosen => '{"spend_tier": ["'' OR true --"]}') -> 'total' AS "a text is a text";
SELECT mart_customers('dated', sort => '1');
SELECT mart_customers('dated', max_rows => 1001);
SELECT mart_customers('undated', chosen => '{"cohort_month": ["2024-01-01"]}');
SELECT mart_purchases('dated', sort => 'amount DESC; SELECT 1');

-- What cannot be.
SELECT mart_dashboard('nowhere');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated; DROP TABLE sales');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '{}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '{}', 'sales');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '[]');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', 'null');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '"gender"');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '{"gender": "Female"}');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '{"gender": {"a": []}}');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '{"gender": [["Female"]]}');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '{"gender": ["Female", 1]}');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '{"subscribed": [true]}');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '{"cust": ["c1"]}');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '{"gender\" = '''') OR true --": ["x"]}');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard('dated', '{"": ["x"]}');
\echo :LAST_ERROR_SQLSTATE
SELECT mart_dashboard(NULL);
-- values are values, whatever they look like
SELECT mart_dashboard('dated', '{"gender": ["'') OR true; DROP TABLE sales; --", "NULL", "{}", "\\"]}') #> '{kpi,purchases}' AS none;
SELECT mart_dashboard('dated', jsonb_build_object('gender', (SELECT jsonb_agg(i::text) FROM generate_series(1, 20000) AS i))) #> '{kpi,purchases}' AS none;

-- Names that break careless SQL, and a dimension with more values than are listed.
CREATE SCHEMA "o'd d";
CREATE TABLE "o'd d"."t""able" ("cus tomer" int, "a""mount" numeric, "sel'ect" text, "wi de" text);
INSERT INTO "o'd d"."t""able" SELECT i % 7, i, CASE WHEN i % 2 = 0 THEN 'x''"y' END, 'v' || i % 150 FROM generate_series(1, 600) AS i;
SELECT count(*) > 0 AS made FROM create_mart('m''ar "t', '"o''d d"."t""able"', customer_id => 'cus tomer', amount => 'a"mount', dimensions => ARRAY['sel''ect', 'wi de']);
SELECT d -> 'mart' AS mart, d #> '{kpi,revenue}' AS revenue, d -> 'dimensions' AS dimensions, jsonb_array_length(d #> '{breakdown,wi_de}') AS listed,
	d -> 'heat_map' AS heat_map, d -> 'products' AS products, d -> 'trend' AS trend
FROM (SELECT mart_dashboard('m''ar "t', '{"sel_ect": ["x''\"y"], "wi_de": ["v0", "v1", "v2"]}') AS d) AS one;
SELECT sum("a""mount") FROM "o'd d"."t""able" WHERE "sel'ect" IS NOT NULL AND "wi de" IN ('v0', 'v1', 'v2');

-- More dimensions than a function has arguments.
CREATE TABLE wide (customer_id int, amount numeric);
INSERT INTO wide VALUES (1, 5);
SELECT count(*) > 0 AS made FROM create_mart('wide_mart', 'wide', dimensions => (SELECT array_agg(format('d%s => %s * amount', i, i)) FROM generate_series(1, 120) AS i));
SELECT jsonb_array_length(mart_dashboard('wide_mart') -> 'dimensions') AS dimensions;

-- Nothing at all.
CREATE TABLE none (customer_id int, amount numeric, purchased_at timestamp, category text, product text);
SELECT count(*) > 0 AS made FROM create_mart('empty', 'none');
SELECT jsonb_pretty(mart_dashboard('empty') - 'marts');
INSERT INTO none VALUES (1, 5, '2024-02-29', NULL, NULL);
SELECT d #> '{kpi,revenue}' AS revenue, d -> 'trend' -> 'unit' AS unit, jsonb_array_length(d #> '{trend,points}') AS points, d #> '{products,0,product}' AS product
FROM (SELECT mart_dashboard('empty', '{"category": [null]}') AS d) AS one;

-- A role that may read one mart: the same numbers, nothing else, in a transaction that cannot write.
CREATE ROLE regress_dashboard;
SELECT mart_dashboard('dated', '{"category": ["drink"]}') AS owners \gset
SELECT grant_mart('dated', 'regress_dashboard');
SET ROLE regress_dashboard;
SET default_transaction_read_only = on;
SELECT mart_dashboard(NULL);
SELECT d - 'marts' = :'owners'::jsonb - 'marts' AS same FROM (SELECT mart_dashboard('dated', '{"category": ["drink"]}') AS d) AS one;
SELECT mart_dashboard('undated');
RESET default_transaction_read_only;
RESET ROLE;
REVOKE ALL ON ALL TABLES IN SCHEMA dated FROM regress_dashboard;
REVOKE ALL ON SCHEMA dated FROM regress_dashboard;
DROP ROLE regress_dashboard;

SELECT drop_mart(m) FROM unnest(ARRAY['dated', 'undated', 'm''ar "t', 'wide_mart', 'empty']) AS m;
DROP TABLE wide, sales, none, "o'd d"."t""able";
DROP SCHEMA "o'd d";
DROP FUNCTION r, plain, expression, condition, equals, compared;
