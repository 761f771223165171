-- history_orders: purchase_history from order lines with the ids of their orders
\set VERBOSITY default
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE SCHEMA history_orders;
SET search_path = history_orders, public;

--- 1. By hand ---------------------------------------------------------------------

-- the lines of an id are one order, with its first time; those below zero one return; the others stay apart, a microsecond after one another
SELECT purchase_history(id, t, a), purchase_history(id, t, a, d), purchase_history(id::text, t, a, d) FROM (VALUES
	(7, timestamp '2024-01-05 10:00', 10.00, false), (7, '2024-01-05 10:00', 5.50, true), (7, '2024-01-05 09:59', 1.00, NULL), (7, '2024-01-09', -2.00, false),
	(12, '2024-01-06', 1.00, NULL), (9, '2024-01-06', 2.00, true), (9, '2024-01-06', -2.00, NULL), (12, '2024-01-06', -1.00, true), (7, '2024-01-04', -0.50, false)) AS v(id, t, a, d);
-- ids of 64 bits in the order of numbers, texts in that of their bytes
SELECT purchase_history(id, '2024-01-01', a) FROM (VALUES (9223372036854775807, 4), (-9223372036854775808, 1), (0, 3), (-1, 2), (-9223372036854775808, 10)) AS v(id, a);
SELECT purchase_history(id, '2024-01-01', a) FROM (VALUES ('10', 2), ('9', 3), ('', 1), ('a', 6), ('Z', 4), ('Z ', 5), (E'\u00e4', 8), ('b', 7)) AS v(id, a);
-- each line without an id is an order; they come last, and of themselves in the order of amounts
SELECT purchase_history(id, '2024-01-01', a, d) FROM (VALUES (NULL::bigint, 7, true), (NULL, 5, true), (NULL, 5, false), (3, 9, false), (NULL, -1, false), (3, -2, false), (NULL, -3, true), (NULL, -1, false)) AS v(id, a, d);
SELECT purchase_history(NULL::text, '2024-01-01', a) FROM (VALUES (1.5), (1), (2.25)) AS v(a);
-- what is a microsecond later already moves on
SELECT purchase_history(id, t, 1) FROM (VALUES (1, timestamp '2024-01-01'), (2, '2024-01-01'), (3, '2024-01-01 00:00:00.000001'), (4, '2024-01-01 00:00:00.000002'), (5, '2024-01-01 00:00:00.000009')) AS v(id, t);
SELECT purchase_history(g, '294276-12-31 23:59:59.999999', 1) FROM generate_series(1, 2) AS g;
SELECT purchase_history(g, '294276-12-31 23:59:59.999999', 1 - 2 * g) FROM generate_series(0, 1) AS g;
-- rows without a time or an amount are skipped, and no row is NULL
SELECT purchase_history(id, t, a), purchase_history(id, t, a) FILTER (WHERE false) IS NULL AS none, purchase_history(id, NULL, a) IS NULL AS no_time, purchase_history(id, t, NULL) IS NULL AS no_amount
FROM (VALUES (1, timestamp '2024-01-01', 1), (1, NULL, 2), (2, '2024-01-02', NULL), (3, '2024-01-03', 0)) AS v(id, t, a);
-- decimals grow as needed, whatever comes first; a sum of an order may become zero
SELECT purchase_history(id, t, a), revenue(purchase_history(id, t, a)) FROM (VALUES (1, timestamp '2024-01-01', 1), (1, '2024-01-01', 0.5), (2, '2024-01-02', 0.125), (2, '2024-01-02', 0), (1, '2024-01-03', -1.500)) AS v(id, t, a);
-- the far ends of time, in days
SELECT purchase_history(id, t, 1) FROM (VALUES (1, timestamp '4714-11-24 BC'), (2, '294276-12-31'), (3, '2000-01-01'), (4, '4714-11-24 BC')) AS v(id, t) WHERE id < 4;

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
	$$SELECT purchase_history(1::bigint, 'infinity', 1)$$, $$SELECT purchase_history('x'::text, '-infinity', 1)$$, $$SELECT purchase_history(1::bigint, '2024-01-01', 'NaN')$$,
	$$SELECT purchase_history(1::bigint, '2024-01-01', '-Infinity', true)$$, $$SELECT purchase_history(1::bigint, '2024-01-01', 1e18)$$, $$SELECT purchase_history(1::bigint, '2024-01-01', 0.1234567890123456789)$$,
	$$SELECT purchase_history(1::bigint, '2024-01-01', 999999999999999999) FROM generate_series(1, 2)$$, $$SELECT purchase_history((g % 2)::bigint, '2024-01-01', -999999999999999999) FROM generate_series(1, 4) AS g$$,
	$$SELECT purchase_history(g::bigint, '2024-01-01', 999999999999999999) FROM generate_series(1, 2) AS g$$,
	$$SELECT purchase_history(g::bigint, '2024-01-01', CASE g WHEN 1 THEN 1e16 ELSE 0.01 END) FROM generate_series(1, 2) AS g$$,
	$$SELECT purchase_history(g::bigint, '2024-01-01', CASE g WHEN 1 THEN 0.01 ELSE 1e16 END) FROM generate_series(1, 2) AS g$$,
	$$SELECT purchase_history(1.5, '2024-01-01', 1)$$]) AS q;

--- 2. States as text and as bytes -------------------------------------------------------

-- a state that travels loses nothing; what is read back goes on as before
CREATE AGGREGATE unfinished(order_id bigint, purchased_at timestamp, amount numeric, discounted boolean) (SFUNC = pt_purchase_history_accum, STYPE = purchase_history, COMBINEFUNC = pt_purchase_history_combine, PARALLEL = SAFE);
CREATE AGGREGATE unfinished(order_id text, purchased_at timestamp, amount numeric) (SFUNC = pt_purchase_history_accum, STYPE = purchase_history, COMBINEFUNC = pt_purchase_history_combine, PARALLEL = SAFE);
CREATE AGGREGATE unfinished(order_id text, purchased_at timestamp, amount numeric, discounted boolean) (SFUNC = pt_purchase_history_accum, STYPE = purchase_history, COMBINEFUNC = pt_purchase_history_combine, PARALLEL = SAFE);
CREATE TABLE state (name text, s purchase_history);
INSERT INTO state VALUES
	('empty', '1i {}'), ('empty d', '1di {}'),
	('numbers', (SELECT unfinished(g % 5 - 2, timestamp '2024-01-05' - g * interval '1 hour', g - 0.50, g = 3) FROM generate_series(1, 9) AS g)),
	('far', (SELECT unfinished(id, t, a, true) FROM (VALUES (9223372036854775807, timestamp '294276-12-31 23:59:59.999999', 999999999999999999), (-9223372036854775808, '4714-11-24 BC', -999999999999999999), (NULL, '2000-01-01', 0)) AS v(id, t, a))),
	('texts', (SELECT unfinished(id, timestamp '2024-01-05 10:00', 1.25) FROM unnest(ARRAY['', '"', '""', 'a"b', ', #', '}', E'\\', E'\n', E'\u00e4\u20ac', repeat('long', 100), NULL, NULL]) AS id)),
	('of both', (SELECT pt_purchase_history_combine(pt_purchase_history_combine(unfinished(g, timestamp '2024-01-05', g, false), unfinished(g::text, timestamp '2024-01-05', -g)), '1 {2024-01-05 7, 2024-01-06 8}') FROM generate_series(1, 2) AS g));
SELECT name, CASE WHEN length(s::text) < 500 THEN s::text ELSE left(s::text, 60) || '...' END FROM state;
SELECT name, s, pt_purchase_history_final(s) AS finished, order_count(s), revenue(s) FROM state WHERE name NOT IN ('far', 'texts');
SELECT name, left(encode(purchase_history_send(s), 'hex'), 120) AS bytes FROM state;
SELECT name, pt_purchase_history_final(s) FROM state WHERE name = 'far';
SELECT name FROM state WHERE s::text::purchase_history::text <> s::text OR purchase_history_send(s::text::purchase_history) <> purchase_history_send(s);
SELECT name FROM state WHERE CASE WHEN name <> 'far' THEN purchase_history_send(pt_purchase_history_final(s::text::purchase_history)) <> purchase_history_send(pt_purchase_history_final(s))
	OR s::text::purchase_history <> s OR pt_purchase_history_hash(s) <> pt_purchase_history_hash(pt_purchase_history_final(s)) END;
\copy state TO 'results/history_orders.bin' (FORMAT binary)
CREATE TABLE received (LIKE state);
\copy received FROM 'results/history_orders.bin' (FORMAT binary)
SELECT count(*) AS received, count(*) FILTER (WHERE r.s::text <> t.s::text OR purchase_history_send(r.s) <> purchase_history_send(t.s)) AS changed FROM received AS r JOIN state AS t USING (name);
-- the text does not depend on the order of rows
SELECT count(DISTINCT s) FROM (SELECT (SELECT unfinished(o, t, a, d ORDER BY hashint8(g * n)) FROM (SELECT g, nullif(g % 7, 3) AS o, timestamp '2024-01-01' + (g % 3) * interval '1 day' AS t, (g % 5 - 1) * 1.5 AS a, g % 11 = 0 AS d FROM generate_series(1, 60) AS g) AS v)::text AS s
	FROM generate_series(1, 20) AS n) AS states;
-- refused, each for its reason
SELECT t, split_part(refusal(format('SELECT %L::purchase_history', t)), '" ', 2) AS why, left(refusal(format('SELECT %L::purchase_history', t)), 5) AS state
FROM unnest(ARRAY['1i{}', '1id {}', '1i {', '1i {}x', '1i {,}', '1i {2024-01-05 1 #1,2024-01-06 1 #2}', '1i {2024-01-05 1#1}', '1i {2024-01-05 1 # 1}', '1i {2024-01-05 1 #1 d}', '1i {2024-01-05 1 d #1}', '1i {2024-01-05 1 #1x}', '1i {2024-01-05 1 #+1}',
	'1i {2024-01-05 1 #-}', '1i {2024-01-05 1 #9223372036854775808}', '1i {2024-01-05 1 #-9223372036854775809}', '1i {2024-01-05 1 #1.5}', '1i {2024-01-05 1 #"}', '1i {2024-01-05 1 #"a}', '1i {2024-01-05 1 #"a""}', '1i {2024-01-05 1 #"a"b}',
	'1i {2024-01-05 1 #a}', '1i {infinity 1 #1}', '1i {2024-01-05 1 #1, 2024-01-05 1.0 #1}', '1i {2024-01-05 1000000000000000000 #1}', '1i {2024-01-05 999999999999999999 #1, 2024-01-05 1 #1}', '1 {2024-01-05 1 #1}', '1i {2024-01-05 1 ##}']) AS t;
-- read with tolerance: lines of one order, in any order
SELECT t::purchase_history FROM unnest(ARRAY['1i {2024-01-06 1 #2, 2024-01-05 2 #1, 2024-01-04 3 #2, 2024-01-07 -1 #2}', '1di {2024-01-06 0007.50 #-0, 2024-01-06 -0.00 d #0}', '1i {2024-01-05 1, 2024-01-05 2, 2024-01-05 1 #, 2024-01-05 1 #"", 2024-01-05 1 #007}']) AS t;

--- 3. The operator +, rollup, and what knows no ids ----------------------------------------

SELECT a + b AS sum, rollup, pt_purchase_history_combine(a, b) AS state FROM (VALUES
	('1i {2024-01-05 1 #1}'::purchase_history, '1i {2024-01-05 2 #1, 2024-01-05 4 #2}'::purchase_history),
	('1i {2024-01-05 1 #1}', '1 {2024-01-05 2, 2024-01-06 4}'), ('1d {2024-01-05 2}', '1i {2024-01-05 1 #1}'), ('1i {2024-01-05 1 #1}', '1i {2024-01-05 2 #"1"}'), ('1i {}', '1d {}'), ('1i {}', '1i {2024-01-01 1 #}')) AS v(a, b),
	LATERAL (SELECT rollup(h) FROM unnest(ARRAY[a, b]) AS h) AS r;
-- finished histories know orders by their times, whatever is added to them first
SELECT count(DISTINCT purchase_history_send(pt_purchase_history_final(s))) AS results FROM (SELECT pt_purchase_history_combine(pt_purchase_history_combine(p[1], p[2]), p[3]) AS s FROM (VALUES
	(ARRAY['1i {2024-01-05 1 #1, 2024-01-05 1 #2}', '1 {2024-01-05 4}', '1i {2024-01-05 8 #1}']::purchase_history[]), (ARRAY['1 {2024-01-05 4}', '1i {2024-01-05 8 #1}', '1i {2024-01-05 1 #1, 2024-01-05 1 #2}']::purchase_history[]),
	(ARRAY['1i {2024-01-05 8 #1}', '1i {2024-01-05 1 #1, 2024-01-05 1 #2}', '1 {2024-01-05 4}']::purchase_history[])) AS v(p)) AS t;
SELECT pt_purchase_history_accum('1i {2024-01-05 1 #1}'::purchase_history, 1, '2024-01-05', 2) AS with_id, pt_purchase_history_accum('1i {2024-01-05 1 #1}'::purchase_history, '2024-01-05', 2) AS by_time,
       pt_purchase_history_accum('1 {2024-01-05 1}'::purchase_history, 1, '2024-01-05', 2) AS first_by_time, history_at('1i {2024-01-05 1 #1, 2024-01-06 1 #2}', '2024-01-05') AS cut, pt_purchase_history_combine(NULL, '1i {2024-01-05 1 #1}') AS copy;

--- 4. Against plain SQL ---------------------------------------------------------------------

-- what the lines of a shop are, and what they may be: orders that come back, with several times, with returns of their own, at one time, without id; lines without time or amount
CREATE TABLE line AS SELECT (row_number() OVER ())::integer AS g, customer_id::integer, order_id, purchased_at, amount, discounted FROM simulate_purchases(3000, 730, 7);
CREATE TABLE odd AS
SELECT g, c AS customer_id, CASE WHEN g % 19 = 0 THEN NULL ELSE hashint4(g + 3) % 40 + c * 10 END::bigint AS order_id,
	CASE WHEN g % 101 = 0 THEN NULL ELSE timestamp '1999-12-30' + (hashint4(g) & 7) * interval '1 day' + (hashint4(g + 5) & 3) * interval '10 hours 1 second' END AS purchased_at,
	CASE WHEN g % 97 = 0 THEN NULL ELSE CASE WHEN g % 5 = 0 THEN -1 ELSE 1 END * round((hashint4(g + 1) & 1048575) / 100.0, (g % 3 + c % 3)::integer) END AS amount,
	CASE g % 7 WHEN 0 THEN NULL WHEN 1 THEN true ELSE false END AS discounted
FROM generate_series(1, 40000) AS g, LATERAL (SELECT floor(power((hashint4(g + 7) & 65535) / 65536.0, 2) * 600)::integer AS c) AS v;
ANALYZE line;
ANALYZE odd;
-- the window of a mart's customer_history, where each row without an id is an order
CREATE FUNCTION plain(relation text, id_type text) RETURNS TABLE (customer_id integer, h purchase_history) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('
		SELECT o.customer_id, purchase_history(CASE WHEN o.place = 1 THEN o.purchased_at ELSE o.purchased_at + (o.place - 1) * interval ''1 microsecond'' END, o.amount, o.discounted)
		FROM (SELECT f.customer_id, min(f.purchased_at) AS purchased_at, sum(f.amount) AS amount, coalesce(bool_or(f.discounted), false) AS discounted,
				row_number() OVER (PARTITION BY f.customer_id, min(f.purchased_at), f.amount < 0
					ORDER BY f.order_id::%s, CASE WHEN f.order_id IS NULL THEN sum(f.amount) END, coalesce(bool_or(f.discounted), false)) AS place
			FROM %I AS f WHERE f.amount IS NOT NULL AND f.purchased_at IS NOT NULL
			GROUP BY f.customer_id, f.order_id, CASE WHEN f.order_id IS NULL THEN f.g END, f.amount < 0) o
		GROUP BY o.customer_id', id_type, relation);
END $$;
CREATE TABLE expected AS SELECT r AS relation, t AS id_type, p.* FROM unnest('{line,odd}'::text[]) AS r, unnest(ARRAY['bigint', 'text COLLATE "C"']) AS t, plain(r, t) AS p;
SELECT relation, id_type, count(*) AS customers, sum(order_count(h)) AS orders, sum(return_count(h)) AS returns, count(*) FILTER (WHERE h::text ~ '\.\d{6} ') AS apart FROM expected GROUP BY 1, 2 ORDER BY 1, 2;
CREATE VIEW actual AS
	SELECT 'line' AS relation, 'bigint' AS id_type, customer_id, purchase_history(order_id, purchased_at, amount, discounted) AS h FROM line GROUP BY customer_id
	UNION ALL SELECT 'odd', 'bigint', customer_id, purchase_history(order_id, purchased_at, amount, discounted) FROM odd GROUP BY customer_id
	UNION ALL SELECT 'line', 'text COLLATE "C"', customer_id, purchase_history(order_id::text, purchased_at, amount, discounted) FROM line GROUP BY customer_id
	UNION ALL SELECT 'odd', 'text COLLATE "C"', customer_id, purchase_history(order_id::text, purchased_at, amount, discounted) FROM odd GROUP BY customer_id;
CREATE VIEW difference AS
	SELECT count(*) AS customers, count(*) FILTER (WHERE purchase_history_send(e.h) IS DISTINCT FROM purchase_history_send(a.h)) AS different
	FROM expected AS e FULL JOIN actual AS a USING (relation, id_type, customer_id);
SET max_parallel_workers_per_gather = 0;
SELECT * FROM difference;
-- without discounts, it is the same but for them
SELECT count(*) AS different FROM (SELECT customer_id, purchase_history(order_id, purchased_at, amount) AS h FROM odd GROUP BY customer_id) AS a
JOIN (SELECT customer_id, purchase_history(p.purchased_at, p.amount) AS h FROM expected, purchases(h) AS p WHERE relation = 'odd' AND id_type = 'bigint' GROUP BY customer_id) AS e USING (customer_id)
WHERE purchase_history_send(a.h) <> purchase_history_send(e.h);
-- with little memory, sorted, and in any order of rows
SET work_mem = '64kB';
SELECT * FROM difference;
SET enable_hashagg = off;
SELECT * FROM difference;
RESET enable_hashagg;
RESET work_mem;
CREATE TABLE before AS SELECT * FROM odd;
TRUNCATE odd;
INSERT INTO odd SELECT * FROM before ORDER BY hashint4(g * 7);
SELECT * FROM difference;
-- in parallel plans
RESET max_parallel_workers_per_gather;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END $$;
SELECT count(*) > 0 AS partial FROM plan_of('SELECT customer_id, purchase_history(order_id, purchased_at, amount, discounted) FROM odd GROUP BY customer_id') AS p(line) WHERE line ~ 'Partial (Hash|Group)Aggregate';
SELECT * FROM difference;
SET work_mem = '64kB';
SELECT * FROM difference;
RESET work_mem;
RESET parallel_leader_participation;
-- force_parallel_mode has a new name since 16
SELECT set_config(name, CASE WHEN name = 'force_parallel_mode' THEN 'on' ELSE 'regress' END, false) IS NOT NULL AS forced
FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT * FROM difference;
SELECT set_config(name, 'off', false) AS forced FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
-- as a distributed database does it: parts that travel as text, as bytes, or as they are
SET max_parallel_workers_per_gather = 0;
CREATE TABLE part AS
	SELECT 'bigint' AS id_type, customer_id, g % 7 AS part, unfinished(order_id, purchased_at, amount, discounted) AS s FROM odd GROUP BY 2, 3
	UNION ALL SELECT 'text COLLATE "C"', customer_id, g % 7, unfinished(order_id::text, purchased_at, amount, discounted) FROM odd GROUP BY 2, 3;
\copy part TO 'results/history_orders_part.bin' (FORMAT binary)
CREATE TABLE sent (LIKE part);
\copy sent FROM 'results/history_orders_part.bin' (FORMAT binary)
SELECT way, count(*) AS customers, count(*) FILTER (WHERE purchase_history_send(a.h) IS DISTINCT FROM purchase_history_send(e.h)) AS different
FROM (SELECT 'as they are' AS way, id_type, customer_id, rollup(s) AS h FROM part GROUP BY 2, 3
	UNION ALL SELECT 'text', id_type, customer_id, rollup(s::text::purchase_history ORDER BY part DESC) FROM part GROUP BY 2, 3
	UNION ALL SELECT 'bytes', id_type, customer_id, rollup(s) FROM sent GROUP BY 2, 3) AS a
JOIN expected AS e USING (id_type, customer_id) WHERE e.relation = 'odd' GROUP BY way ORDER BY way;
