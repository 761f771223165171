-- cube: every figure of a sales_cube against plain SQL over the rows
\set VERBOSITY default
SET datestyle TO iso, mdy;
CREATE FUNCTION pg_temp.error_code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

-- rows with everything that may be missing: customers, orders, times, amounts,
-- ratings, quantities, flags, values; values without a code; orders of several
-- lines that differ in their times, their values and their discounts; returns
CREATE TEMP TABLE raw AS
SELECT g AS line, c.customer,
	coalesce('c' || c.customer, 'p' || g % 3) AS whose,
	c.order_id,
	CASE WHEN g % 31 = 0 THEN NULL ELSE
		timestamp '2023-11-28 09:30' + (g * 37 % 61) * interval '7 days 5 hours' * (c.customer IS NOT NULL)::int
			+ c.order_id % 13 * interval '40 days 11 hours' + g % 2 * interval '1 second' END AS purchased_at,
	CASE WHEN g % 17 = 0 THEN NULL WHEN g % 9 = 0 THEN -(g % 7 + 0.25) ELSE g * 7919 % 1000 / 10.0 END AS amount,
	CASE WHEN g % 3 = 0 THEN g % 5 + g % 2 * 0.5 END AS review_rating,
	CASE WHEN g % 5 <> 0 THEN g % 4 + g % 3 * 0.125 END AS quantity,
	CASE WHEN g % 7 <> 0 THEN g % 3 = 0 END AS discounted,
	CASE WHEN g % 11 <> 0 THEN g % 4 = 0 END AS subscribed,
	-- the same in all lines of a customer; the same in an order; of each line
	CASE WHEN c.customer % 10 <> 0 THEN 'place ' || c.customer % 6 END AS place,
	CASE WHEN c.order_id % 8 <> 0 THEN 'channel ' || c.order_id % 3 END AS channel,
	CASE WHEN g % 13 <> 0 THEN 'product ' || g * 7 % 23 END AS product
FROM generate_series(1, 1800) AS g,
	LATERAL (SELECT CASE WHEN g % 19 <> 0 THEN g * 31 % 120 END AS customer,
		CASE WHEN g % 23 <> 0 THEN g * 31 % 120 * 100 + g / 300 END AS order_id) AS c;
INSERT INTO raw SELECT 1800 + g, 1000 + g % 2, 'c' || 1000 + g % 2, 200000 + g / 3, '1999-12-27 23:59:59.999999'::timestamp + g % 4 * interval '1 microsecond',
	10.01, NULL, 1, g % 2 = 0, true, 'place 0', 'channel 1', NULL FROM generate_series(1, 20) AS g;
ALTER TABLE raw ADD year text, ADD quarter text, ADD month text, ADD week text, ADD day text, ADD weekday text, ADD hour text, ADD order_key text, ADD first_at timestamp;
UPDATE raw SET year = date_trunc('year', purchased_at)::date - date '2000-01-01',
	quarter = date_trunc('quarter', purchased_at)::date - date '2000-01-01',
	month = date_trunc('month', purchased_at)::date - date '2000-01-01',
	week = date_trunc('week', purchased_at)::date - date '2000-01-01',
	day = purchased_at::date - date '2000-01-01',
	weekday = extract(isodow FROM purchased_at),
	hour = extract(hour FROM purchased_at),
	-- an order id under two customers is two orders; without one, a line is one
	order_key = coalesce(whose || ' ' || order_id, 'line ' || line);
UPDATE raw SET first_at = f.first_at
FROM (SELECT customer, min(purchased_at) AS first_at FROM raw WHERE (amount < 0) IS NOT TRUE GROUP BY customer) AS f WHERE f.customer = raw.customer;
-- some values have no code
CREATE TEMP TABLE value_code AS
SELECT d, v, (row_number() OVER (PARTITION BY d ORDER BY v COLLATE "C") - 1)::integer AS code
FROM (SELECT DISTINCT x.d, x.v FROM raw, LATERAL (VALUES (1, place), (2, channel), (3, product)) AS x(d, v)
	WHERE x.v IS NOT NULL AND x.v NOT IN ('place 4', 'channel 2', 'product 7', 'product 19')) AS t;
CREATE TABLE customer_lines AS
SELECT customer, whose, purchase_lines(order_id, purchased_at, amount, review_rating, quantity, discounted, subscribed, ARRAY[place, channel, product], c.codes) AS lines
FROM raw, (SELECT dimension_codes(d, code, v) AS codes FROM value_code) AS c GROUP BY customer, whose;
ANALYZE customer_lines;

-- what a cell says
CREATE TEMP TABLE figures (grouping_number integer, cell text[],
	line_count bigint, customers bigint, buyers bigint, new_customers bigint, returning_customers bigint, subscribers bigint, subscription_known bigint,
	orders bigint, priced_orders bigint, discounted_orders bigint, discount_known bigint, returns bigint,
	revenue numeric, order_amount numeric, customer_revenue numeric, new_revenue numeric, returning_revenue numeric, recent_revenue numeric, earlier_revenue numeric,
	rating_sum numeric, rated_lines bigint, quantity numeric, first_purchase timestamp, last_purchase timestamp);
-- elements by their numbers, as columns of raw
CREATE FUNCTION pg_temp.element_column(element integer) RETURNS text LANGUAGE sql AS
$$ SELECT (ARRAY['subscribed::int::text', 'discounted::int::text', 'hour', 'weekday', 'day', 'week', 'month', 'quarter', 'year', NULL, 'place', 'channel', 'product'])[element + 10] $$;
-- the same by SQL; condition: what is selected; keys always of the whole
CREATE FUNCTION pg_temp.by_sql(grouping_number integer, elements integer[], condition text, as_of timestamp, days integer) RETURNS SETOF figures LANGUAGE plpgsql AS $$
DECLARE
	cell text := (SELECT coalesce('ARRAY[' || string_agg(pg_temp.element_column(e), ', ' ORDER BY o) || ']::text[]', '''{}''::text[]')
		FROM unnest(elements) WITH ORDINALITY AS x(e, o) WHERE e <> 0);
	-- the period is that of the first purchase; or it begins after that
	is_new text := (SELECT coalesce(string_agg(format('date_trunc(%L, purchased_at) = date_trunc(%1$L, first_at)', u), ' AND '), 'false')
		FROM unnest(elements) AS e, LATERAL (SELECT (ARRAY['day', 'week', 'month', 'quarter', 'year'])[e + 6] AS u) AS n WHERE e BETWEEN -5 AND -1);
	is_returning text := (SELECT coalesce(string_agg(format('date_trunc(%L, purchased_at) > date_trunc(%1$L, first_at)', u), ' OR '), 'false')
		FROM unnest(elements) AS e, LATERAL (SELECT (ARRAY['day', 'week', 'month', 'quarter', 'year'])[e + 6] AS u) AS n WHERE e BETWEEN -5 AND -1);
BEGIN
	RETURN QUERY EXECUTE format($q$
	WITH marked AS (
		SELECT *, %1$s AS cell, (%2$s) IS TRUE AS chosen, (%3$s) AS is_new, (%4$s) AS is_returning,
			amount < 0 AS returned, (amount < 0) IS NOT TRUE AS sold FROM raw),
	keys AS (SELECT DISTINCT cell FROM marked),
	counted AS (
		SELECT cell, count(*) AS lines, count(DISTINCT customer) AS customers, count(DISTINCT customer) FILTER (WHERE sold) AS buyers,
			count(DISTINCT customer) FILTER (WHERE sold AND is_new) AS new_customers, count(DISTINCT customer) FILTER (WHERE sold AND is_returning) AS returning_customers,
			count(DISTINCT customer) FILTER (WHERE subscribed) AS subscribers, count(DISTINCT customer) FILTER (WHERE subscribed IS NOT NULL) AS subscription_known,
			count(DISTINCT order_key) FILTER (WHERE sold) AS orders, count(DISTINCT order_key) FILTER (WHERE amount >= 0) AS priced,
			count(DISTINCT order_key) FILTER (WHERE sold AND discounted) AS discounted, count(DISTINCT order_key) FILTER (WHERE sold AND discounted IS NOT NULL) AS known,
			count(DISTINCT order_key) FILTER (WHERE returned) AS returns,
			sum(amount) AS revenue, sum(amount) FILTER (WHERE amount >= 0) AS order_amount, sum(amount) FILTER (WHERE customer IS NOT NULL) AS customer_revenue,
			sum(amount) FILTER (WHERE is_new) AS new_revenue, sum(amount) FILTER (WHERE is_returning) AS returning_revenue,
			sum(amount) FILTER (WHERE purchased_at > $1 - $2 * interval '1 day' AND purchased_at <= $1) AS recent,
			sum(amount) FILTER (WHERE purchased_at > $1 - 2 * $2 * interval '1 day' AND purchased_at <= $1 - $2 * interval '1 day') AS earlier,
			sum(review_rating) AS rating, count(review_rating) AS rated, sum(quantity) AS quantity,
			min(purchased_at) FILTER (WHERE sold) AS first, max(purchased_at) FILTER (WHERE sold) AS last
		FROM marked WHERE chosen GROUP BY cell)
	SELECT %5$s, k.cell, coalesce(lines, 0), coalesce(customers, 0), coalesce(buyers, 0), coalesce(new_customers, 0), coalesce(returning_customers, 0),
		coalesce(subscribers, 0), coalesce(subscription_known, 0), coalesce(orders, 0), coalesce(priced, 0), coalesce(discounted, 0), coalesce(known, 0), coalesce(returns, 0),
		revenue, order_amount, customer_revenue, coalesce(new_revenue, 0), coalesce(returning_revenue, 0), coalesce(recent, 0), coalesce(earlier, 0),
		rating, coalesce(rated, 0), quantity, first, last
	FROM keys AS k LEFT JOIN counted AS c ON c.cell = k.cell
	$q$, cell, condition, is_new, is_returning, grouping_number) USING as_of, days;
END $$;
-- a cube with values instead of codes
CREATE FUNCTION pg_temp.of_cube(cube sales_cube, arm cube_arm, groupings integer[]) RETURNS SETOF figures LANGUAGE sql AS $$
	SELECT r.grouping_number, ARRAY(SELECT coalesce(r.texts[i], (SELECT v.v FROM value_code AS v WHERE v.d = groupings[r.grouping_number][i] AND v.code = r.codes[i]),
			CASE WHEN groupings[r.grouping_number][i] < 0 THEN r.codes[i]::text END) FROM generate_series(1, cardinality(r.codes)) AS i),
		r.line_count, r.customers, r.buyers, r.new_customers, r.returning_customers, r.subscribers, r.subscription_known,
		r.orders, r.priced_orders, r.discounted_orders, r.discount_known, r.returns,
		r.revenue, r.order_amount, r.customer_revenue, r.new_revenue, r.returning_revenue, r.recent_revenue, r.earlier_revenue,
		r.rating_sum, r.rated_lines, r.quantity, r.first_purchase, r.last_purchase
	FROM sales_cube_rows(cube, arm) AS r $$;
-- the rows that differ, of both arms
CREATE FUNCTION pg_temp.differing(cube sales_cube, groupings integer[], conditions text[], as_of timestamp, days integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	whole bigint;
	n bigint;
BEGIN
	CREATE TEMP TABLE a AS SELECT 'whole' AS arm, * FROM pg_temp.of_cube(cube, 'whole', groupings)
		UNION ALL SELECT 'selected', * FROM pg_temp.of_cube(cube, 'selected', groupings);
	CREATE TEMP TABLE b AS SELECT 'whole' AS arm, f.* FROM generate_series(1, array_length(groupings, 1)) AS g,
			pg_temp.by_sql(g, ARRAY(SELECT groupings[g][i] FROM generate_series(1, array_length(groupings, 2)) AS i), 'true', as_of, days) AS f
		UNION ALL SELECT 'selected', f.* FROM generate_series(1, array_length(groupings, 1)) AS g,
			pg_temp.by_sql(g, ARRAY(SELECT groupings[g][i] FROM generate_series(1, array_length(groupings, 2)) AS i), conditions[g], as_of, days) AS f;
	SELECT string_agg(d::text, E'\n') INTO result FROM (
		(SELECT 'only in the cube' AS which, d.* FROM (SELECT * FROM a EXCEPT ALL SELECT * FROM b) AS d)
		UNION ALL (SELECT 'only in SQL', d.* FROM (SELECT * FROM b EXCEPT ALL SELECT * FROM a) AS d) ORDER BY 2, 3, 4, 1 LIMIT 6) AS d;
	SELECT count(*) FILTER (WHERE arm = 'whole'), count(*) INTO whole, n FROM a;
	DROP TABLE a, b;
	RETURN format('%s cells, %s rows; rows that differ: %s', whole, n, coalesce(result, 'none'));
END $$;

-- every kind of grouping, without filters
\set all_groupings '''{{0,0,0},{1,0,0},{2,0,0},{3,0,0},{-1,0,0},{-2,0,0},{-3,0,0},{-4,0,0},{-5,0,0},{-6,0,0},{-7,0,0},{-8,0,0},{-9,0,0},{1,3,0},{-3,2,0},{-6,-7,0},{-8,-9,3},{-1,-4,0},{3,-3,1},{-2,1,-5}}''::integer[]'
SELECT pg_temp.differing(sales_cube(lines, customer IS NOT NULL, cube_plan(:all_groupings)), :all_groupings, array_fill('true'::text, '{20}'), NULL, NULL) FROM customer_lines;
-- windows
SELECT pg_temp.differing(sales_cube(lines, customer IS NOT NULL, cube_plan(:all_groupings, NULL, '2024-12-28 10:00', 90)), :all_groupings, array_fill('true'::text, '{20}'),
	'2024-12-28 10:00', 90) FROM customer_lines;

-- filters, given as values: as a plan, and as SQL
CREATE TEMP TABLE filter_case (case_no integer, element integer, vals text[], with_null boolean, left_out_by integer[]);
INSERT INTO filter_case VALUES
	(1, 1, '{place 1,place 4}', false, '{2,14,19}'),
	(2, 1, '{place 1,place 4,place 5}', false, '{2,14}'), (2, 3, '{product 7,product 9,product 2,product 3,product 21}', true, '{4,14,17}'),
	(3, 2, '{channel 2,no such channel}', true, '{3,15}'),
	(4, -8, '{1}', false, '{12}'), (4, -9, '{0}', true, NULL),
	(5, -3, '{8766,8797,8949,-31}', false, '{7,15}'), (5, -6, '{1,2,6,7}', false, '{10,16}'), (5, -7, '{9,14,19,23}', true, '{16}'),
	(6, -5, '{-4,-5,8800,8801,9000}', true, '{}'), (7, -1, '{8766}', false, '{5}'), (7, -2, '{8857,8766,8948}', false, '{6,20}'), (7, -4, '{8772,8779,9000}', true, '{8}'),
	(8, 1, '{}', false, NULL), (9, 1, '{}', true, '{3}'), (10, 3, NULL, true, NULL),
	(11, -9, '{0,1}', false, NULL), (11, 2, '{channel 0,channel 1,channel 2}', true, NULL), (11, 2, '{channel 0,channel 1}', true, '{3}');
CREATE FUNCTION pg_temp.filtered_plan(groupings integer[], which integer) RETURNS cube_plan LANGUAGE plpgsql AS $$
DECLARE
	plan cube_plan := cube_plan(groupings, NULL, '2024-12-28 10:00', 90);
	f filter_case;
BEGIN
	FOR f IN SELECT * FROM filter_case WHERE case_no = which ORDER BY ctid LOOP
		plan := cube_filter(plan, f.element,
			ARRAY(SELECT CASE WHEN f.element < 0 THEN v.v::integer ELSE c.code END FROM unnest(f.vals) AS v LEFT JOIN value_code AS c ON c.d = f.element AND c.v = v.v
				WHERE f.element < 0 OR c.code IS NOT NULL),
			ARRAY(SELECT v.v FROM unnest(f.vals) AS v WHERE f.element > 0 AND NOT EXISTS (SELECT 1 FROM value_code AS c WHERE c.d = f.element AND c.v = v.v)),
			f.with_null, f.left_out_by);
	END LOOP;
	RETURN plan;
END $$;
CREATE FUNCTION pg_temp.filtered_sql(groupings integer[], which integer) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg((SELECT coalesce(string_agg(format('(%s = ANY(%L::text[]) OR %L AND %1$s IS NULL) IS TRUE', pg_temp.element_column(f.element), f.vals, f.with_null), ' AND '), 'true')
		FROM filter_case AS f WHERE f.case_no = which AND g <> ALL (coalesce(f.left_out_by, '{}'))) ORDER BY g)
	FROM generate_series(1, array_length(groupings, 1)) AS g $$;
SELECT pg_temp.filtered_plan(:all_groupings, 2) AS plan;
SELECT which, pg_temp.differing((SELECT sales_cube(lines, customer IS NOT NULL, p.plan) FROM customer_lines), :all_groupings,
	pg_temp.filtered_sql(:all_groupings, which), '2024-12-28 10:00', 90)
FROM generate_series(1, 11) AS which, LATERAL (SELECT pg_temp.filtered_plan(:all_groupings, which) AS plan OFFSET 0) AS p;
SELECT which, count(*) FILTER (WHERE s.line_count > 0) AS selected_cells, sum(s.line_count) FILTER (WHERE s.grouping_number = 1) AS selected_lines
FROM generate_series(1, 11) AS which, LATERAL (SELECT pg_temp.filtered_plan(:all_groupings, which) AS plan OFFSET 0) AS p,
	LATERAL (SELECT sales_cube(lines, customer IS NOT NULL, p.plan) AS cube FROM customer_lines) AS c, sales_cube_rows(cube, 'selected') AS s
GROUP BY which ORDER BY which;
-- lines_match: customers with a line that passes all filters
CREATE FUNCTION pg_temp.matching(which integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	condition text := (SELECT coalesce(string_agg(format('(%s = ANY(%L::text[]) OR %L AND %1$s IS NULL) IS TRUE', pg_temp.element_column(f.element), f.vals, f.with_null), ' AND '), 'true')
		FROM filter_case AS f WHERE f.case_no = which);
BEGIN
	RETURN QUERY EXECUTE 'SELECT DISTINCT whose FROM raw WHERE ' || condition;
END $$;
SELECT which, count(*) FILTER (WHERE got) AS matching, count(*) FILTER (WHERE got IS DISTINCT FROM wanted) AS differing
FROM (SELECT which, lines_match(c.lines, pg_temp.filtered_plan(:all_groupings, which)) AS got, c.whose IN (SELECT pg_temp.matching(which)) AS wanted
	FROM generate_series(1, 12) AS which, customer_lines AS c) AS m GROUP BY which ORDER BY which;

-- statistics: what sales_stats says of the rows; the other figures are NULL
\set stat_groupings '''{{0,0},{1,0},{-3,0},{2,3}}''::integer[]'
CREATE TEMP TABLE stat_cube AS SELECT sales_cube(lines, customer IS NOT NULL, cube_filter(cube_plan(:stat_groupings, '{t,t,t,f}'), 3, '{2,3,4,5,6,7,8,9}', '{product 7}', true, '{2}')) AS cube FROM customer_lines;
SELECT arm, count(*) FILTER (WHERE stats IS NULL) AS other_rows, count(stats) AS rows, count(stats) FILTER (WHERE sales_count(stats) > 0) AS not_empty,
	count(line_count) FILTER (WHERE stats IS NOT NULL) + count(revenue) FILTER (WHERE stats IS NOT NULL) AS no_figures
FROM stat_cube, unnest(enum_range(NULL::cube_arm)) AS arm, sales_cube_rows(cube, arm) GROUP BY arm ORDER BY arm;
CREATE TEMP TABLE stat_rows AS
SELECT g AS grouping_number, CASE g WHEN 1 THEN NULL WHEN 2 THEN place ELSE month END AS cell, sales_stats(amount, discounted) FILTER (WHERE amount >= 0) AS whole,
	sales_stats(amount, discounted) FILTER (WHERE amount >= 0 AND (g = 2 OR product IN (SELECT v FROM value_code WHERE d = 3 AND code BETWEEN 2 AND 9) OR product = 'product 7' OR product IS NULL)) AS selected
FROM generate_series(1, 3) AS g, raw GROUP BY 1, 2;
SELECT arm, count(*), count(*) FILTER (WHERE sales_count(got) <> coalesce(sales_count(wanted), 0) OR sales_count(got) > 0 AND
	(sales_revenue(got), sales_mean(got), sales_stddev(got), sales_min(got), sales_max(got))
	IS DISTINCT FROM (sales_revenue(wanted), sales_mean(wanted), sales_stddev(wanted), NULL, NULL)) AS differing
FROM (SELECT arm, r.grouping_number, r.stats AS got, CASE arm WHEN 'whole' THEN w.whole ELSE w.selected END AS wanted
	FROM stat_cube, unnest(enum_range(NULL::cube_arm)) AS arm, sales_cube_rows(cube, arm) AS r
	FULL JOIN stat_rows AS w ON w.grouping_number = r.grouping_number AND w.cell IS NOT DISTINCT FROM CASE r.grouping_number
		WHEN 2 THEN coalesce(r.texts[1], (SELECT v FROM value_code WHERE d = 1 AND code = r.codes[1])) WHEN 3 THEN r.codes[1]::text END
	WHERE r.grouping_number < 4 OR r.grouping_number IS NULL) AS t GROUP BY arm ORDER BY arm;

-- one cube, however it is made: any order, parts, +, round trips, settings
CREATE TABLE cube_case AS SELECT which, pg_temp.filtered_plan(:all_groupings, which) AS plan FROM generate_series(1, 12) AS which;
INSERT INTO cube_case VALUES (13, cube_filter(cube_plan(:stat_groupings, '{t,t,t,f}'), 3, '{2,3}', '{product 7}', true, '{2}')), (14, cube_plan('{}'::integer[]));
CREATE TEMP TABLE answer AS SELECT which, sales_cube(lines, customer IS NOT NULL, plan) AS cube FROM cube_case, customer_lines GROUP BY which;
SELECT count(*) AS cubes, min(pg_column_size(cube)) < 200 AS smallest, max(length(sales_cube_send(cube))) > 1000000 AS largest FROM answer;
SET extra_float_digits = -10;
SET datestyle = 'SQL, DMY';
SELECT count(*) AS cubes, count(*) FILTER (WHERE cube::text::sales_cube = cube) AS same, count(*) FILTER (WHERE cube::text::sales_cube::text = cube::text) AS same_text,
	count(*) FILTER (WHERE sales_cube_send(cube) = sales_cube_send(cube::text::sales_cube)) AS same_binary,
	count(*) FILTER (WHERE pt_sales_cube_hash(cube) = pt_sales_cube_hash(cube::text::sales_cube)) AS same_hash FROM answer;
RESET extra_float_digits;
SET datestyle TO iso, mdy;
SELECT count(*) AS plans, count(*) FILTER (WHERE plan::text::cube_plan = plan) AS same, count(*) FILTER (WHERE cube_plan_send(plan::text::cube_plan) <> cube_plan_send(plan)) AS differ FROM cube_case;
CREATE TEMP TABLE copied (which integer, cube sales_cube);
CREATE TEMP TABLE copied_case (which integer, plan cube_plan);
\copy answer TO PROGRAM 'cat > /tmp/pt_cube.$PPID' BINARY
\copy copied FROM PROGRAM 'cat /tmp/pt_cube.$PPID; rm /tmp/pt_cube.$PPID' BINARY
\copy cube_case TO PROGRAM 'cat > /tmp/pt_cube.$PPID' BINARY
\copy copied_case FROM PROGRAM 'cat /tmp/pt_cube.$PPID; rm /tmp/pt_cube.$PPID' BINARY
SELECT count(*) AS cubes, count(*) FILTER (WHERE a.cube = c.cube) AS same FROM answer AS a FULL JOIN copied AS c USING (which);
SELECT count(*) AS plans, count(*) FILTER (WHERE a.plan = c.plan) AS same, count(*) FILTER (WHERE a.plan <> c.plan) AS differ FROM cube_case AS a FULL JOIN copied_case AS c USING (which);
CREATE TEMP TABLE part AS SELECT which, customer % 7 AS part, sales_cube(lines, customer IS NOT NULL, plan) AS cube FROM cube_case, customer_lines GROUP BY 1, 2;
SELECT which, 'any order' AS differs FROM answer JOIN (SELECT which, sales_cube(lines, customer IS NOT NULL, plan ORDER BY whose) AS a,
	sales_cube(lines, customer IS NOT NULL, plan ORDER BY md5(whose)) AS b FROM cube_case, customer_lines GROUP BY which) AS o USING (which) WHERE cube <> a OR cube <> b
UNION ALL SELECT which, 'rollup' FROM answer JOIN (SELECT which, rollup(cube) AS a, rollup(cube ORDER BY part DESC) AS b FROM part GROUP BY which) AS r USING (which) WHERE cube <> a OR cube <> b
UNION ALL SELECT which, '+' FROM answer JOIN (SELECT which, rollup(cube) FILTER (WHERE part < 4) AS a, rollup(cube) FILTER (WHERE part >= 4 OR part IS NULL) AS b
	FROM part GROUP BY which) AS r USING (which) WHERE cube <> a + b OR cube <> b + a
UNION ALL SELECT which, 'a call for each row' FROM answer JOIN (SELECT which, pt_sales_cube_combine(pt_sales_cube_combine(NULL, pt_sales_cube_accum(NULL, l, true, plan)), pt_sales_cube_accum(NULL, m, true, plan)) AS a,
		pt_sales_cube_accum(pt_sales_cube_accum(NULL, m, true, plan), l, true, plan) AS b
	FROM cube_case, (SELECT lines FROM customer_lines WHERE whose = 'c1') AS x(l), (SELECT lines FROM customer_lines WHERE whose = 'c7') AS y(m)) AS r USING (which) WHERE pt_sales_cube_final(a) <> b OR a <> b;
SELECT count(*) AS different FROM (SELECT cube FROM (TABLE answer UNION ALL TABLE copied) AS u GROUP BY cube) AS d;
SELECT rollup(cube) IS NULL AS of_nothing, sales_cube(NULL, true, cube_plan('{}'::integer[])) IS NULL AS of_null FROM answer WHERE false;
SELECT rollup(cube) = (SELECT cube FROM answer WHERE which = 13) AS with_null FROM (SELECT cube FROM part WHERE which = 13 UNION ALL SELECT NULL) AS p;
SELECT cube + NULL IS NULL AS plus_null FROM answer WHERE which = 14;

-- plans: serial, parallel, hashed with little memory
CREATE TABLE many_lines AS SELECT customer, lines, g % 4 AS g FROM customer_lines, generate_series(1, 8) AS g;
ANALYZE many_lines;
CREATE FUNCTION pg_temp.check_plan(query text, VARIADIC nodes text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
	node text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		plan := plan || line || E'\n';
	END LOOP;
	FOREACH node IN ARRAY nodes LOOP
		ASSERT plan LIKE '%' || node || '%', format('no %s in %s', node, plan);
	END LOOP;
END $$;
\set one 'SELECT sales_cube(lines, customer IS NOT NULL, (SELECT plan FROM cube_case WHERE which = 2)) FROM many_lines'
\set grouped 'SELECT rollup(cube) FROM (SELECT customer % 50, sales_cube(lines, customer IS NOT NULL, (SELECT plan FROM cube_case WHERE which = 2)) AS cube FROM many_lines GROUP BY 1) AS s'
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS :one;
SELECT pg_temp.check_plan(:'grouped', 'HashAggregate');
SELECT count(*) AS differing FROM (:grouped) AS g(cube), serial WHERE cube <> sales_cube;
SET work_mem = '64kB';
SELECT count(*) AS differing FROM (:grouped) AS g(cube), serial WHERE cube <> sales_cube;
SET max_parallel_workers_per_gather = 4;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT pg_temp.check_plan(:'one', 'Gather', 'Partial Aggregate');
SELECT count(*) AS differing FROM (:one) AS g(cube), serial WHERE cube <> sales_cube;
SELECT count(*) AS differing FROM (:grouped) AS g(cube), serial WHERE cube <> sales_cube;
RESET work_mem;
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
DROP TABLE many_lines, cube_case, customer_lines;

-- by hand: an order with a return, a customer without a purchase, no customer
CREATE TEMP TABLE small AS
SELECT c, purchase_lines(o, t, a, r, q, d, s, ARRAY[v], NULL::dimension_codes) AS lines
FROM (VALUES ('A', 1::bigint, timestamp '2024-01-31 10:00', 20.00, 4.5, 2, true, true, 'Tee'), ('A', 1, '2024-01-31 10:00', -5.00, NULL, NULL, true, NULL, 'Tee'),
	('A', 2, '2024-02-01 10:00', 30.5, NULL, 1, false, false, 'Mug'), ('B', 3, '2024-02-29 23:00', -7.125, 1, NULL, NULL, NULL, 'Tee'),
	(NULL, 4, '2024-02-10 08:00', 11, 3, 1.5, NULL, true, NULL), (NULL, 4, NULL, NULL, NULL, NULL, true, NULL, 'Mug')) AS v(c, o, t, a, r, q, d, s, v) GROUP BY c;
SELECT sales_cube(lines, c IS NOT NULL, cube_plan('{{0},{-3}}'::integer[])) AS cube FROM small;
\x on
SELECT r.* FROM (SELECT sales_cube(lines, c IS NOT NULL, cube_filter(cube_plan('{{0},{1}}'::integer[], NULL, '2024-02-10 08:00', 10), 1, NULL, '{Tee,Hat}', false, '{2}')) AS cube FROM small) AS s, sales_cube_rows(cube, 'selected') AS r;
\x off
SELECT r.grouping_number, r.codes, r.texts, new_customers, returning_customers, new_revenue, returning_revenue, revenue, customer_revenue
FROM (SELECT sales_cube(lines, c IS NOT NULL, cube_plan('{{-3,0},{-1,-3}}'::integer[])) AS cube FROM small) AS s, sales_cube_rows(cube) AS r;
-- decimals: the most of all rows; what needs more than 18 digits is an error in any order
SELECT r.revenue, r.order_amount FROM (SELECT sales_cube(purchase_lines, true, cube_plan('{{0}}'::integer[]) ORDER BY c) AS cube
	FROM (SELECT c, purchase_lines(c, NULL::timestamp, a, NULL, NULL, NULL, NULL, '{}', NULL) FROM (VALUES (1::bigint, 12), (2, 0.125), (3, -1e14)) AS v(c, a) GROUP BY c) AS l) AS s, sales_cube_rows(cube) AS r;
SELECT pg_temp.error_code(format('SELECT sales_cube(purchase_lines, true, cube_plan(''{{0}}''::integer[]) ORDER BY c %s)
	FROM (SELECT c, purchase_lines(c, NULL::timestamp, a, NULL, NULL, NULL, NULL, ''{}'', NULL) FROM (VALUES (1::bigint, 12), (2, 0.0001), (3, -1e15)) AS v(c, a) GROUP BY c) AS l', d)) AS too_long
FROM (VALUES ('ASC'), ('DESC')) AS o(d);
SELECT r.revenue, r.recent_revenue, r.quantity, r.line_count FROM (SELECT sales_cube(l, true, cube_plan('{{1}}'::integer[], NULL, '2024-01-01', 1)) AS cube
	FROM (SELECT purchase_lines(g, timestamp '2024-01-01', 999999999999999999, 5, 999999999999999999, true, true, ARRAY[(g % 2)::text], NULL) AS l FROM generate_series(1, 100) AS g GROUP BY g % 7) AS t) AS s, sales_cube_rows(cube) AS r;
-- sums beyond 64 bits of many customers, each of whom is far below
SELECT r.revenue, r.order_amount, r.quantity, r.rating_sum, r.line_count FROM (SELECT sales_cube(l, true, cube_plan('{{0},{1},{-8}}'::integer[])) AS cube
	FROM (SELECT purchase_lines(g, timestamp '2024-01-01', 10000000000000000 - g % 7 * 3000000000000000, g % 2, 10000000000000000, g % 2 = 0, true, ARRAY[(g % 3)::text], NULL) AS l FROM generate_series(1, 6000) AS g GROUP BY g / 3) AS t) AS s, sales_cube_rows(cube) AS r;
-- lines of which a time is one order
SELECT r.orders, r.line_count, r.discounted_orders FROM (SELECT sales_cube(l, true, cube_plan('{{0}}'::integer[])) AS cube
	FROM (SELECT purchase_lines(timestamp '2024-01-01' + g / 3 * interval '1 hour', 1, NULL, NULL, g = 4, NULL, '{}', NULL) AS l FROM generate_series(0, 8) AS g) AS t) AS s, sales_cube_rows(cube) AS r;

-- what is no plan
SELECT cube_plan('{1,2}'::integer[]);
SELECT cube_plan('{{1},{121}}'::integer[]);
SELECT cube_plan('{{-11}}'::integer[]);
SELECT cube_plan('{{0,1}}'::integer[]);
SELECT cube_plan('{{1,2,1}}'::integer[]);
SELECT cube_plan('{{1,2,3,4,5,6}}'::integer[]);
SELECT cube_plan(array_fill(1, '{1001,1}'));
SELECT cube_plan(NULL::integer[]);
SELECT cube_plan('{{1,NULL}}'::integer[]);
SELECT cube_plan('{{1},{2}}'::integer[], '{t}');
SELECT cube_plan('{{1}}'::integer[], '{NULL}');
SELECT cube_plan('{{1}}'::integer[], NULL, 'infinity', 90);
SELECT cube_plan('{{1}}'::integer[], NULL, '2024-01-01', NULL);
SELECT cube_plan('{{1}}'::integer[], NULL, '2024-01-01', 0);
SELECT cube_filter(cube_plan('{{1}}'::integer[]), 0, '{1}');
SELECT cube_filter(cube_plan('{{1}}'::integer[]), NULL, '{1}');
SELECT cube_filter(cube_plan('{{1}}'::integer[]), 1, '{-1}');
SELECT cube_filter(cube_plan('{{1}}'::integer[]), 1, '{NULL}');
SELECT cube_filter(cube_plan('{{1}}'::integer[]), -3, NULL, '{May}');
SELECT cube_filter(cube_plan('{{1}}'::integer[]), 1, NULL, NULL, true, '{2}');
SELECT cube_filter(NULL, 1, '{1}') IS NULL AS no_plan;
SELECT cube_filter(cube_plan('{{1},{-3}}'::integer[]), 1, '{3,1,3,2}', ARRAY['b', 'a"b\', 'b', ''], true, '{2,2}') AS in_order;
SELECT cube_filter(cube_plan('{{-5}}'::integer[]), -5, '{5,-5}') AS days;
DO $$
DECLARE
	plan cube_plan := cube_plan('{{1}}'::integer[]);
BEGIN
	FOR i IN 1 .. 32 LOOP
		plan := cube_filter(plan, 1, ARRAY[i]);
	END LOOP;
END $$;
SELECT sales_cube(lines, true, NULL) FROM small;
SELECT sales_cube(lines, NULL, cube_plan('{{1}}'::integer[])) FROM small;
SELECT sales_cube(lines, true, cube_plan('{{2}}'::integer[])) FROM small;
SELECT lines_match(lines, cube_filter(cube_plan('{}'::integer[]), 2, '{1}')) FROM small;
SELECT sales_cube(lines, true, CASE c WHEN 'A' THEN cube_plan('{{1}}'::integer[]) ELSE cube_plan('{{0}}'::integer[]) END ORDER BY c) FROM small;
SELECT a + b FROM (SELECT sales_cube(lines, true, cube_plan('{{1}}'::integer[])) AS a, sales_cube(lines, true, cube_plan('{{-1}}'::integer[])) AS b FROM small) AS s;

-- texts that are no plan, or no cube
SELECT t, pg_temp.error_code(format('SELECT %L::cube_plan', t)) FROM unnest(ARRAY['', '2 - {} {}', '1 - {}', '1 - {(1 1)} {}', '1 - {(121)} {}', '1 - {} {} ', '1 0/0 {} {}', '1 9999999999999999999/1 {} {}',
	'1 - {} {1(1)()-(1)}', '1 - {()} {1(1)()-(1)}', '1 - {()} {1(-1)()}', '1 - {()} {-8()("a")}', '1 - {()} {0()()}', '1 - {()} {1()("a)}']) AS t;
\set good '1 [1 - {() (1)} {1()("x")}] 2 0 0 2000 0 0 [1() {1 1 0 0 0 0 1 1 0 0 1 0 0 1 0/2000 0 0 0 0 0 0 0 0/-} {}; 2("x") {1 1 0 0 0 0 1 1 0 0 1 0 0 1 0/2000 0 0 0 0 0 0 0 0/-} {}]'
SELECT :'good'::sales_cube::text = :'good' AS same;
SELECT changed, pg_temp.error_code(format('SELECT %L::sales_cube', replace(:'good', old, changed))) FROM (VALUES ('1 [1', '2 [1'), ('"x")}', '"x"}'), ('] 2 0 0', '] 19 0 0'), ('2000 0 0 [', '1999 0 0 ['),
	('2000 0 0 [', '1000000000000000000 0 0 ['), ('2("x")', '2(1)'), ('2("x")', '2(-)'), ('2("x")', '2("x" 1)'), ('2("x")', '2("y)'), ('2("x")', '3("x")'), ('2("x")', '1()'), ('{1 1 0', '{1 2 0'), ('{1 1 0', '{0 1 0'), ('{1 1 0', '{-1 1 0'),
	('0/-}', '0/1,0}'), ('0/-}', '0/0,1}'), ('0/-}', '0/0,9223372036854775807}'), ('0/-}', '1/-}'), ('/2000 0 0', '/2000 1 0'), ('/2000 0 0', '/2001 0 0'), ('{}; ', '{1 1 0 0 0 0 1 1 0 0 1 0 0 1 0/2000 0 0 0 0 0 0 0 0/-}; '), ('{}; ', ''), ('{}]', '{}] '),
	('{}]', '{}'), ('/2000 0 0 0 0 0 0 0', '/170141183460469231731687303715884105728 0 0 0 0 0 0 0')) AS c(old, changed);
