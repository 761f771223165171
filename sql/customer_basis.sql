-- customer_basis: what RFM scores and spend tiers need of all customers, from one pass
\set VERBOSITY default
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE SCHEMA customer_basis;
SET search_path = customer_basis, public;

--- 1. rfm_recency ----------------------------------------------------------------------

-- six decimals, halves up: 27 seconds are 0.0003125 days
SELECT as_of, rfm_recency('1 {2024-01-01T00:00:00 1, 2024-01-01T00:00:27 -1, 2024-02-01T12:00:00 2}', as_of)
FROM unnest('{-infinity,2023-12-31,2024-01-01,2024-01-01 00:00:00.000001,2024-01-01 00:00:00.043199,2024-01-01 00:00:00.0432,2024-01-01 00:00:27,2024-01-01 00:01:21,2024-02-01 11:59:59.999999,2024-02-01 12:00,2024-02-02,infinity}'::timestamp[]) AS as_of;
SELECT rfm_recency('1 {}', '2024-01-01'), rfm_recency('1 {2024-01-01 -1}', '2024-01-02'), rfm_recency('1 {-4713-11-24 1}', '294276-12-31 23:59:59.999999') AS longest, rfm_recency('1i {2024-01-01 1 #1, 2024-01-03 1 #2}', '2024-01-02') AS of_a_state;
CREATE TABLE customer AS
SELECT c AS customer_id, h, CASE WHEN c % 50 <> 0 THEN last_at END AS last_at FROM (
	SELECT customer_id AS c, purchase_history(order_id, purchased_at, amount) AS h, max(purchased_at) AS last_at FROM simulate_purchases(3000, 730, 7) GROUP BY 1) AS s
UNION ALL SELECT 10000 + c, h::purchase_history, t FROM (VALUES (1, '1 {2024-05-01 -10.00}', timestamp '2024-05-01'), (2, '1 {2024-05-01 -7.125, 2025-05-01 -2.000}', '2025-05-01'), (3, NULL, '2026-07-01 10:00'), (4, '1 {}', '2026-06-30'), (5, NULL, 'infinity'), (6, NULL, '-infinity'),
	(7, NULL, NULL), (8, '1 {2026-01-02T10:00:00.000000 5.000000, 2026-01-02T10:00:00.000001 0.000001}', '2026-01-02 10:00'), (9, '1 {1999-12-31 999999999999999999, 2000-01-01 999999999999999999}', '2000-01-01'), (10, '1 {2024-01-01 0.000000000000000001}', '2024-01-01')) AS v(c, h, t);
ANALYZE customer;
-- as round(recency_days) has it
SELECT count(*) AS compared, count(*) FILTER (WHERE rfm_recency(h, t) IS DISTINCT FROM round(recency_days(h, t)::numeric, 6)::double precision) AS different
FROM customer, unnest('{-infinity,2024-03-01,2025-01-01 12:34:56.789,2026-07-01 10:00:00.001,2047-01-01 00:00:00.000001,2300-01-01,infinity}'::timestamp[]) AS t;

--- 1a. A customer's segment at once, against its scores one by one -----------------------

CREATE TABLE at AS SELECT t FROM unnest('{-infinity,2024-03-01,2025-01-01 12:34:56.789,2026-07-01 10:00:00.001,infinity}'::timestamp[]) AS t;
CREATE TABLE cut AS SELECT rfm_thresholds(rfm_recency(h, '2026-07-02'), order_count(h), revenue(h)) AS thresholds FROM customer WHERE order_count(h) > 0;
SELECT s.name, count(*) AS compared, count(DISTINCT whole.segment) AS segments, count(*) FILTER (WHERE whole.segment IS NULL) AS without,
	count(*) FILTER (WHERE whole.segment IS DISTINCT FROM parts.segment OR whole.sort IS DISTINCT FROM parts.sort) AS different
FROM customer CROSS JOIN at CROSS JOIN cut CROSS JOIN builtin_segment_schemes() AS s
	CROSS JOIN LATERAL (SELECT rfm_segment(s.scheme, cut.thresholds, h, t) AS segment, rfm_segment_sort(s.scheme, cut.thresholds, h, t) AS sort) AS whole
	CROSS JOIN LATERAL (SELECT CASE WHEN isfinite(t) THEN history_at(h, t) END AS h) AS c
	CROSS JOIN LATERAL (SELECT recency_score(cut.thresholds, rfm_recency(c.h, t))::integer AS r, order_count_score(cut.thresholds, order_count(c.h))::integer AS f, revenue_score(cut.thresholds, revenue(c.h))::integer AS m) AS score
	CROSS JOIN LATERAL (SELECT rfm_segment(s.scheme, r, f, m) AS segment, rfm_segment_sort(s.scheme, r, f, m) AS sort) AS parts
GROUP BY s.name ORDER BY s.name;
SELECT rfm_segment(NULL, thresholds, '1 {2024-01-01 1}', '2024-01-01') IS NULL AND rfm_segment('a: any', NULL::rfm_thresholds, '1 {2024-01-01 1}', '2024-01-01') IS NULL AND rfm_segment('a: any', thresholds, NULL, '2024-01-01') IS NULL
	AND rfm_segment('a: any', thresholds, '1 {2024-01-01 1}', NULL) IS NULL AND rfm_segment('a: any', thresholds, '1 {}', '2024-01-01') IS NULL AND rfm_segment('a: any', thresholds, '1 {2024-01-01 -1}', '2024-01-01') IS NULL AS all_null,
	rfm_segment('a: any', thresholds, '1 {2024-01-01 1}', '2024-01-01') AS some FROM cut;
-- revenue as double precision, rounded once
SELECT count(*) AS compared, count(*) FILTER (WHERE pt_revenue_float8(h) IS DISTINCT FROM revenue(h)::double precision) AS different FROM customer;

--- 2. By hand ---------------------------------------------------------------------------

CREATE TABLE few AS SELECT * FROM (VALUES (1, '1 {2024-01-10 10.00, 2024-01-20 5.00}'::purchase_history, timestamp '2024-01-20'), (2, '1 {2024-01-15T10:00:00 1.25}', '2024-01-15 10:00'), (3, '1 {2024-01-05 -3}', '2024-01-31 08:00'), (4, NULL, NULL)) AS v(id, h, t);
SELECT b, basis_as_of(b), basis_customers(b), basis_thresholds(b), revenue_quantile(b, 0.5), revenue_quantile(b, 0), revenue_quantile(b, 1) FROM (SELECT customer_basis(h, t, NULL) AS b FROM few) AS s;
SELECT b, basis_as_of(b), basis_customers(b), basis_thresholds(b), revenue_quantile(b, 0.5), rfm_thresholds(b, '2024-01-12') FROM (SELECT customer_basis(h, t, '2024-01-15 10:00') AS b FROM few) AS s;
SELECT b, basis_as_of(b), basis_customers(b), basis_thresholds(b), revenue_quantile(b, 0.5) FROM (SELECT customer_basis(h, t, '2024-01-04') AS b FROM few) AS s;
SELECT b, basis_as_of(b), basis_customers(b), basis_thresholds(b), revenue_quantile(b, 0.5) FROM (SELECT customer_basis(h, t, NULL) AS b FROM few WHERE id = 4) AS s;
SELECT customer_basis(h, t, NULL) IS NULL AS no_row, rollup(customer_basis) IS NULL AS none FROM few, LATERAL (SELECT NULL::customer_basis) AS n WHERE false;
SELECT rfm_thresholds(b, t) FROM (SELECT customer_basis(h, t, NULL) AS b FROM few) AS s, unnest('{-infinity,2024-01-10,2024-01-15 10:00,2024-03-01,infinity}'::timestamp[]) AS t;
-- what as_of covers: a millisecond, but not the next day
SELECT as_of, basis_customers(customer_basis(h, NULL, as_of)), basis_thresholds(customer_basis(h, NULL, as_of))
FROM (VALUES ('1 {2024-01-15T10:00:00.001000 1}'::purchase_history), ('1 {2024-01-15T10:00:00.001001 1}'), ('1 {2024-01-15T23:59:59.999999 1}'), ('1 {2024-01-16 1}')) AS v(h), unnest('{2024-01-15 10:00,2024-01-15 23:59:59.9995}'::timestamp[]) AS as_of GROUP BY as_of ORDER BY as_of;

CREATE FUNCTION refusal(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE command;
	RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || coalesce(nullif(' (' || detail || ')', ' ()'), '');
END $$;
SELECT q, refusal(q) FROM unnest(ARRAY[
	$$SELECT customer_basis(NULL, NULL, 'infinity')$$, $$SELECT customer_basis(NULL, NULL, '-infinity')$$, $$SELECT customer_basis(h, t, t) FROM few WHERE id < 3$$, $$SELECT customer_basis(h, t, t) FROM few WHERE id > 2$$,
	$$SELECT rollup(b) FROM (VALUES ('1 {as_of -, last_at -}'::customer_basis), ('1 {as_of 2024-01-01, last_at -}')) AS v(b)$$, $$SELECT revenue_quantile('1 {as_of -, last_at -}', 1.01)$$, $$SELECT revenue_quantile('1 {as_of -, last_at -}', 'NaN')$$]) AS q;

--- 3. Against the views that it replaces ---------------------------------------------------

CREATE TABLE asked AS SELECT t FROM unnest('{NULL,2024-01-01,2024-03-10 20:00:00,2025-06-30 23:59:59.9999,2025-12-31}'::timestamp[]) AS t;
CREATE VIEW plain AS
	SELECT a.t, m.as_of, (SELECT rfm_thresholds(round(recency_days(c, m.as_of_orders)::numeric, 6)::double precision, order_count(c), revenue(c)) FROM customer, LATERAL (SELECT CASE WHEN a.t IS NULL THEN h ELSE history_at(h, m.as_of_orders) END) AS l(c) WHERE order_count(c) > 0) AS thresholds,
		(SELECT quantile_state(revenue(c)::double precision) FROM customer, LATERAL (SELECT CASE WHEN a.t IS NULL THEN h ELSE history_at(h, m.as_of_orders) END) AS l(c)) AS spend
	FROM asked AS a, LATERAL (SELECT o.as_of, least(o.as_of + interval '1 millisecond', date_trunc('day', o.as_of) + interval '1 day' - interval '1 microsecond') AS as_of_orders
		FROM (SELECT coalesce(a.t, (SELECT max(last_at) FROM customer WHERE isfinite(last_at))) AS as_of) AS o) AS m;
CREATE TABLE expected AS SELECT t, as_of, thresholds::text, spend FROM plain;
CREATE VIEW actual AS SELECT a.t, (SELECT customer_basis(h, last_at, a.t) FROM customer) AS b FROM asked AS a;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE text_before AS SELECT t, md5(b::text) AS s FROM actual;
CREATE VIEW difference AS
	WITH made AS MATERIALIZED (SELECT * FROM actual),
	asked_of AS MATERIALIZED (SELECT a.t, basis_as_of(b) AS as_of, basis_thresholds(b)::text AS thresholds, array(SELECT revenue_quantile(b, p) FROM unnest('{0,0.1,0.25,0.333333333,0.5,0.8,0.9,0.999,1}'::float8[]) AS p) AS quantiles, md5(b::text) AS s FROM made AS a)
	SELECT count(*) AS compared, count(*) FILTER (WHERE a.as_of IS DISTINCT FROM e.as_of) AS as_of, count(*) FILTER (WHERE a.thresholds IS DISTINCT FROM e.thresholds) AS thresholds,
		count(*) FILTER (WHERE a.quantiles IS DISTINCT FROM array(SELECT quantile(e.spend, p) FROM unnest('{0,0.1,0.25,0.333333333,0.5,0.8,0.9,0.999,1}'::float8[]) AS p)) AS quantiles, count(*) FILTER (WHERE a.s <> x.s) AS texts
	FROM expected AS e JOIN asked_of AS a ON a.t IS NOT DISTINCT FROM e.t JOIN text_before AS x ON x.t IS NOT DISTINCT FROM e.t;
SELECT * FROM difference;
SELECT t, as_of, thresholds FROM expected ORDER BY t;
-- thresholds at another moment, of those whose last order is not after it
SELECT t, rfm_thresholds(b, t)::text = (SELECT rfm_thresholds(rfm_recency(h, t), order_count(h), revenue(h)) FROM customer WHERE last_purchase(h) <= t)::text AS same
FROM (SELECT customer_basis(h, last_at, NULL) AS b FROM customer) AS s, unnest('{2025-01-01,2025-12-01 10:00,2030-01-01}'::timestamp[]) AS t;
-- few different values, many equal ones, ascending and descending
SELECT n, count(*) AS compared, count(*) FILTER (WHERE revenue_quantile(b, p) IS DISTINCT FROM quantile(q, p)) AS different
FROM generate_series(0, 6) AS n, LATERAL (SELECT customer_basis(h, NULL, NULL) AS b, quantile_state(revenue(h)::double precision) AS q FROM (
	SELECT purchase_history('2024-01-01', CASE n WHEN 0 THEN 1 WHEN 1 THEN g WHEN 2 THEN -g WHEN 3 THEN g % 2 WHEN 4 THEN (hashint4(g) % 1000)::numeric / 8 WHEN 5 THEN abs(500 - g) ELSE g % 33 - 16 END) AS h FROM generate_series(1, 1000) AS g GROUP BY g) AS s) AS l,
	generate_series(0, 1, 0.03125) AS f, LATERAL (SELECT f::double precision AS p) AS v GROUP BY n ORDER BY n;
-- in any order of rows, parallel, forced parallel
CREATE TABLE before AS SELECT * FROM customer;
TRUNCATE customer;
INSERT INTO customer SELECT * FROM before ORDER BY hashint8(customer_id);
SELECT * FROM difference;
RESET max_parallel_workers_per_gather;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END $$;
SELECT count(*) > 0 AS partial FROM plan_of('SELECT customer_basis(h, last_at, NULL) FROM customer') AS p(line) WHERE line ~ 'Partial Aggregate';
CREATE TABLE parallel AS SELECT customer_basis(h, last_at, NULL) AS b FROM customer;
SELECT md5(b::text) = (SELECT s FROM text_before WHERE t IS NULL) AS same, basis_thresholds(b)::text = e.thresholds AS same_thresholds FROM parallel, expected AS e WHERE e.t IS NULL;
RESET parallel_leader_participation;
-- force_parallel_mode has a new name since 16
SELECT set_config(name, CASE WHEN name = 'force_parallel_mode' THEN 'on' ELSE 'regress' END, false) IS NOT NULL AS forced
FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT * FROM difference;
SELECT set_config(name, 'off', false) AS forced FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
-- parts: as they are, as text, as bytes
SET max_parallel_workers_per_gather = 0;
CREATE TABLE part AS SELECT customer_id % 7 AS part, customer_basis(h, last_at, NULL) AS b FROM customer GROUP BY 1;
\copy part TO 'results/customer_basis.bin' (FORMAT binary)
CREATE TABLE sent (LIKE part);
\copy sent FROM 'results/customer_basis.bin' (FORMAT binary)
SELECT way, md5(b::text) = (SELECT s FROM text_before WHERE t IS NULL) AS same FROM (SELECT 'as they are' AS way, rollup(b) AS b FROM part UNION ALL SELECT 'text', rollup(b::text::customer_basis ORDER BY part DESC) FROM part UNION ALL SELECT 'bytes', rollup(b) FROM sent) AS w;
SELECT count(*) AS parts, count(*) FILTER (WHERE customer_basis_send(p.b) = customer_basis_send(s.b) AND customer_basis_send(p.b::text::customer_basis) = customer_basis_send(s.b)) AS same_bytes FROM part AS p JOIN sent AS s USING (part);

--- 4. Text and hostile values -------------------------------------------------------------

SELECT count(*) AS texts, count(*) FILTER (WHERE t::customer_basis::text <> t) AS changed FROM unnest(ARRAY['1 {as_of -, last_at -}', '1 {as_of 2024-06-30, last_at 2024-06-28T09:30:00}', '1 {as_of -, last_at -; - 0 0}',
	'1 {as_of -4712-01-01, last_at 294276-12-31T23:59:59.999999; - 0 -10.5, -0001-12-31 1 5e-324, 2024-01-01T00:00:00.000001 9223372036854775807 -1.7976931348623157e+308}']) AS t;
-- sorted, and zero without a sign
SELECT '1 {as_of -, last_at -; 2024-01-02 1 5, 2024-01-01 2 1, 2024-01-01 1 7, - 0 -0, 2024-01-01 1 -7}'::customer_basis;
SELECT t, split_part(refusal(format('SELECT %L::customer_basis', t)), ' ', 1) AS state, coalesce(substring(refusal(format('SELECT %L::customer_basis', t)) FROM '^22P02 invalid customer_basis \((.*)\)$'), 'syntax') AS why FROM unnest(ARRAY['', '1', '2 {as_of -, last_at -}', '1 {as_of -}', '1 {as_of -, last_at -', '1 {as_of -, last_at -}x', '1 {as_of -, last_at -;}', '1 {as_of -, last_at -; }',
	'1 {as_of infinity, last_at -}', '1 {as_of -, last_at - ; - 0 1}', '1 {as_of -, last_at -; - 0}', '1 {as_of -, last_at -; - 0 }', '1 {as_of -, last_at -; - 0 1,- 0 1}', '1 {as_of -, last_at -; - 0 1; - 0 1}', '1 {as_of -, last_at -; - 1 1}', '1 {as_of -, last_at -; 2024-01-01 0 1}',
	'1 {as_of -, last_at -; 2024-01-01 -1 1}', '1 {as_of -, last_at -; 2024-01-01 1 NaN}', '1 {as_of -, last_at -; 2024-01-01 1 1e999}', '1 {as_of -, last_at -; 2024-01-01 1 -inf}', '1 {as_of -, last_at -; 2024-01-01 9223372036854775808 1}', '1 {as_of -, last_at -; 2024-13-01 1 1}', '1 {as_of -, last_at -; 2024-01-01 1 x}', '1 {as_of -, last_at -; 2024-01-01  1 1}', '1 {as_of -, last_at -; 2024-01-01 1  1}']) AS t;
-- the bytes of docs/rfm.md
SELECT customer_basis_send('1 {as_of -, last_at 2000-01-02; 2000-01-01T00:00:00.000001 3 25.5}');
