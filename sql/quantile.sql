-- quantile: exact quantiles of type 7, from a state that can be stored and merged
\set VERBOSITY default

-- small cases, by hand
SELECT quantile_edges(x, 4) AS quarters FROM (VALUES (1), (2), (3), (4), (5)) AS v(x);
SELECT quantile_edges(x, 2) AS halves FROM (VALUES (1), (2)) AS v(x);
SELECT quantile_edges(x, 3) AS one_value, quantile_edges(x, 1) AS one_bucket FROM (VALUES (7.5)) AS v(x);
SELECT quantile_edges(x, 4) AS ties FROM (VALUES (1), (1), (1), (1), (9)) AS v(x);
SELECT quantile_edges(x, 4, false) AS ties FROM (VALUES (1), (1), (1), (1), (9)) AS v(x);
SELECT quantile_edges(x, 4, false) AS no_ties FROM generate_series(-2, 2) AS x;
SELECT quantile_edges(x, 2) IS NULL AS no_rows, quantile_state(x) IS NULL AS no_state
FROM (VALUES (1)) AS v(x) WHERE false;
SELECT quantile_edges(x, 2) IS NULL AS all_null, quantile_state(x) IS NULL AS no_state FROM (VALUES (NULL::float8), (NULL)) AS v(x);
SELECT quantile_edges(x, 2) AS some_null FROM (VALUES (NULL), (3), (NULL), (1)) AS v(x);
-- the customers' ages of the workflow have edges 18, 31, 44, 57, 70
SELECT quantile_edges(18 + (g * 53 / 3900), 4) AS edges FROM generate_series(0, 3899) AS g;
-- -0 and 0 are one value
SELECT quantile_state(x) AS zero FROM (VALUES ('-0'::float8), ('0')) AS v(x);

-- extremes, without overflow
SELECT quantile_edges(x, 2) AS widest FROM (VALUES (-1.7976931348623157e308), (1.7976931348623157e308)) AS v(x);
SELECT quantile_edges(x, 4) AS tiny FROM (VALUES (0), (4.94065645841246544e-324)) AS v(x);
SELECT quantile_edges(x, 4) AS large FROM (VALUES (9007199254740993::bigint), (-9007199254740993)) AS v(x);

-- errors
SELECT quantile_edges(x, 4) FROM (VALUES ('NaN'::float8)) AS v(x);
SELECT quantile_edges(x, 4) FROM (VALUES (1), ('-Infinity'::float8)) AS v(x);
SELECT quantile_state(x) FROM (VALUES ('Infinity'::float8)) AS v(x);
SELECT quantile_edges(x, 0) FROM (VALUES (1)) AS v(x);
SELECT quantile_edges(x, -2147483648) FROM (VALUES (1)) AS v(x);
SELECT quantile_edges(x, 10001) FROM (VALUES (1)) AS v(x);
SELECT quantile_edges(x, NULL) FROM (VALUES (1)) AS v(x);
SELECT quantile_edges(x, 4, NULL) FROM (VALUES (1)) AS v(x);
SELECT quantile_edges(x, x) FROM (VALUES (1), (2)) AS v(x);
SELECT quantile_edges('1 0 0 {1:1}'::quantile_state, 0);
SELECT cardinality(quantile_edges(x, 10000)) AS edges_of_all FROM generate_series(1, 10001) AS x;

-- the same as percentile_cont, for 300 generated data sets: sizes 1 to about
-- 1200, many ties or none, negative numbers, decimals, large and small ones
CREATE FUNCTION pg_temp.noise(a bigint, b bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS
$$ SELECT (hashint8extended(a * 1000003 + b, 42) & 1048575)::float8 $$;
CREATE TEMP TABLE random_set AS
SELECT d, g, CASE d % 5
	WHEN 0 THEN floor(pg_temp.noise(d, g) / 100000)
	WHEN 1 THEN pg_temp.noise(d, g) / 100 - 5000
	WHEN 2 THEN (pg_temp.noise(d, g) - 500000) * 1e-9
	WHEN 3 THEN pg_temp.noise(d, g) * 1e290
	ELSE round(ln(pg_temp.noise(d, g) + 1)) END AS x
FROM generate_series(1, 300) AS d,
     LATERAL generate_series(1, 1 + (d * d * 7919) % (CASE WHEN d % 3 = 0 THEN 1200 ELSE 30 END)) AS g;
CREATE TEMP TABLE wanted AS
SELECT d, percentile_cont(ARRAY(SELECT i / (1 + d % 11)::float8 FROM generate_series(0, 1 + d % 11) AS i))
	WITHIN GROUP (ORDER BY x) AS quantiles
FROM random_set GROUP BY d;
CREATE FUNCTION pg_temp.differ(edges float8[], quantiles float8[]) RETURNS boolean LANGUAGE sql AS $$
	-- each quantile is an edge and each edge a quantile, but for rounding
	SELECT EXISTS (SELECT FROM unnest(quantiles) AS q
	               WHERE NOT EXISTS (SELECT FROM unnest(edges) AS e WHERE abs(e - q) <= 1e-12 * greatest(abs(e), abs(q))))
	    OR EXISTS (SELECT FROM unnest(edges) AS e
	               WHERE NOT EXISTS (SELECT FROM unnest(quantiles) AS q WHERE abs(e - q) <= 1e-12 * greatest(abs(e), abs(q))))
	    OR edges <> ARRAY(SELECT DISTINCT unnest(edges) ORDER BY 1)
$$;
SELECT d, edges, quantiles
FROM (SELECT d, quantile_edges(x, 1 + d::int % 11) AS edges FROM random_set GROUP BY d) AS e JOIN wanted USING (d)
WHERE pg_temp.differ(edges, quantiles);
-- ... in any order of the rows, and from the state
SELECT d, edges, quantiles
FROM (SELECT d, quantile_edges(x, 1 + d::int % 11) = quantile_edges(x, 1 + d::int % 11 ORDER BY x)
	     AND quantile_edges(x, 1 + d::int % 11) = quantile_edges(x, 1 + d::int % 11 ORDER BY x DESC)
	     AND quantile_edges(x, 1 + d::int % 11) = quantile_edges(quantile_state(x ORDER BY pg_temp.noise(g, d)), 1 + d::int % 11) AS same,
	     quantile_edges(x, 1 + d::int % 11) AS edges FROM random_set GROUP BY d) AS e JOIN wanted USING (d)
WHERE NOT same;

-- the state is the distribution: each value once, ascending, with its count
SELECT quantile_state(x) AS state FROM (VALUES (3), (1), (2), (3), (1), (3)) AS v(x);
SELECT d FROM (SELECT d, quantile_state(x)::text AS state FROM random_set GROUP BY d) AS s
JOIN (SELECT d, '1 0 0 {' || string_agg(canonical_text(x) || ':' || n, ',' ORDER BY x) || '}' AS wanted
      FROM (SELECT d, x, count(*) AS n FROM random_set GROUP BY d, x) AS c GROUP BY d) AS w USING (d)
WHERE regexp_replace(state, 'e[+]', 'e', 'g') <> regexp_replace(wanted, 'e[+]', 'e', 'g');

-- text and binary form survive a round trip, whatever the settings
SET extra_float_digits = -10;
SELECT count(*) AS states,
       count(*) FILTER (WHERE quantile_state_send(s) = quantile_state_send(s::text::quantile_state)) AS same_binary,
       count(*) FILTER (WHERE s::text = s::text::quantile_state::text) AS same_text
FROM (SELECT quantile_state(x) AS s FROM random_set GROUP BY d
      UNION ALL SELECT quantile_state(x / 3) FROM random_set GROUP BY d) AS r;
RESET extra_float_digits;

-- what is no state
CREATE FUNCTION pg_temp.error_code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT t AS accepted FROM unnest(ARRAY['', ' ', '1', '1 0 0', '1 0 0 {', '1 0 0 }', '2 0 0 {}', '0 0 0 {}',
	'1 -1 0 {}', '1 10001 0 {}', '1 4294967297 0 {}', '1 0 2 {}', '1 0 0 {1}', '1 0 0 {1:}', '1 0 0 {:1}',
	'1 0 0 {1:0}', '1 0 0 {1:-1}', '1 0 0 {1:1,}', '1 0 0 {,}', '1 0 0 {1:1,1:1}', '1 0 0 {2:1,1:1}',
	'1 0 0 {0:1,-0:1}', '1 0 0 {NaN:1}', '1 0 0 {inf:1}', '1 0 0 {1e999:1}', '1 0 0 {1:1} ', '1 0 0 {1:1}}',
	'1 0 0 {1:1;2:1}', '1 0 0 {1:99999999999999999999}', '1 0 0 {1:1.5}', '1 0 0 {x:1}', '1,0,0 {1:1}',
	repeat('1', 1000000), '1 0 0 {' || repeat('1:1,', 100000), '1 0 0 {1:1' || repeat(E'\u00E9', 100)]) AS t
WHERE pg_temp.error_code(format('SELECT %L::quantile_state', t)) <> '22P02';
SELECT pg_temp.error_code($$SELECT '1 0 0 {1:9223372036854775807,2:1}'::quantile_state$$) AS too_many;
SELECT '1 0 0 {18:3,17:1}'::quantile_state;
SELECT repeat(E'\u00E9', 1000)::quantile_state;
SELECT '1 0 0 {}'::quantile_state AS empty, quantile_edges('1 0 0 {}'::quantile_state, 4) IS NULL AS no_edges;
-- the largest counts
SELECT quantile_edges('1 0 0 {1:4611686018427387904,2:4611686018427387903}'::quantile_state, 10000) AS edges;
SELECT quantile_edges('1 0 0 {1:9223372036854775806,3:1}'::quantile_state, 2) AS edges;
SELECT rollup(s) FROM (VALUES ('1 0 0 {1:9223372036854775807}'::quantile_state), ('1 0 0 {1:1}')) AS v(s);

-- stored states, short headers and long ones, merge to the state of all rows
CREATE TEMP TABLE stored AS SELECT d % 7 AS part, d, quantile_state(x) AS s FROM random_set GROUP BY d;
INSERT INTO stored VALUES (0, 0, NULL), (0, -1, '1 0 0 {}');
SELECT min(pg_column_size(s)) < 64 AS short, max(pg_column_size(s)) > 2000 AS long FROM stored;
SELECT part, rolled, whole
FROM (SELECT part, rollup(s)::text AS rolled FROM stored GROUP BY part) AS r
JOIN (SELECT d % 7 AS part, quantile_state(x)::text AS whole FROM random_set GROUP BY d % 7) AS w USING (part)
WHERE rolled <> whole;
SELECT (SELECT rollup(s ORDER BY d)::text FROM stored) = (SELECT rollup(s ORDER BY d DESC)::text FROM stored) AS any_order,
       (SELECT rollup(s)::text FROM (SELECT rollup(s) AS s FROM stored GROUP BY part) AS p) =
       (SELECT quantile_state(x)::text FROM random_set) AS twice,
       rollup(s) IS NULL AS of_nothing FROM stored WHERE d = 0;
SELECT quantile_edges(s, 2) AS of_stored, quantile_edges(s, 2, false) AS unmerged
FROM (VALUES ('1 0 0 {1:1,2:2,9:1}'::quantile_state)) AS v(s);

-- growth: 100,000 distinct values, ascending, descending, shuffled, repeated
SELECT quantile_edges(x, 4) AS up, quantile_edges(100001 - x, 4) AS down,
       quantile_edges((x::bigint * 7919) % 100000, 4) AS shuffled,
       quantile_edges((x * x::bigint) % 1000, 4) = (percentile_cont(ARRAY[0, 0.25, 0.5, 0.75, 1])
	   WITHIN GROUP (ORDER BY (x * x::bigint) % 1000)) AS repeated
FROM generate_series(1, 100000) AS x;
SELECT pg_column_size(quantile_state(x)) AS bytes, pg_column_size(quantile_state(x % 50)) AS bytes_of_50
FROM generate_series(1, 100000) AS x;

-- as a window aggregate: running, sliding, with groups and FILTER
SELECT x, quantile_edges(x, 2) OVER (ORDER BY x) AS running,
       quantile_edges(x, 1) OVER (ORDER BY x ROWS 1 PRECEDING) AS sliding,
       quantile_state(x) OVER (PARTITION BY x % 2 ORDER BY x) AS state
FROM generate_series(1, 5) AS x;
SELECT x FROM (SELECT x, quantile_edges(x * 7 % 100, 4) OVER (ORDER BY x) AS edges,
	ARRAY(SELECT DISTINCT unnest((SELECT percentile_cont(ARRAY[0, 0.25, 0.5, 0.75, 1])
	      WITHIN GROUP (ORDER BY y * 7 % 100) FROM generate_series(1, x) AS y)) ORDER BY 1) AS wanted
	FROM generate_series(1, 200) AS x) AS r
WHERE edges <> wanted;
SELECT quantile_edges(x, 2) FILTER (WHERE x > 3) AS above_3,
       quantile_edges(x, 2) FILTER (WHERE x > 9) AS above_9,
       quantile_edges(DISTINCT x % 3, 2) AS distinct_values
FROM generate_series(1, 5) AS x;

-- plans: serial and parallel, hashed (spilling too), sorted, grouping sets
CREATE TABLE quantile_rows AS
SELECT g % 1000 AS k, ((g::bigint * 7919) % 10007) / 8.0 AS x FROM generate_series(1, 60000) AS g;
ANALYZE quantile_rows;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS
SELECT k, quantile_state(x)::text AS s, quantile_edges(x, 4) AS e FROM quantile_rows GROUP BY k
UNION ALL SELECT NULL, quantile_state(x)::text, quantile_edges(x, 4) FROM quantile_rows;
SELECT s.k FROM serial AS s WHERE k IS NOT NULL AND e <> ARRAY(SELECT DISTINCT unnest(
	(SELECT percentile_cont(ARRAY[0, 0.25, 0.5, 0.75, 1]) WITHIN GROUP (ORDER BY x)
	 FROM quantile_rows AS r WHERE r.k = s.k)) ORDER BY 1) AND k < 50;
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
\set query 'SELECT k, quantile_state(x)::text AS s, quantile_edges(x, 4) AS e FROM quantile_rows GROUP BY k'
SET enable_sort = off;
SELECT pg_temp.check_plan(:'query', 'HashAggregate');
(:query) EXCEPT TABLE serial;
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
(:query) EXCEPT TABLE serial;
RESET work_mem;
RESET enable_sort;
SET enable_hashagg = off;
SELECT pg_temp.check_plan(:'query', 'GroupAggregate');
(:query) EXCEPT TABLE serial;
RESET enable_hashagg;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 4;
SELECT pg_temp.check_plan('SELECT quantile_state(x), quantile_edges(x, 4) FROM quantile_rows', 'Partial Aggregate', 'Gather');
SELECT (SELECT quantile_state(x)::text FROM quantile_rows) = s AS same_state,
       (SELECT quantile_edges(x, 4) FROM quantile_rows) = e AS same_edges
FROM serial WHERE k IS NULL;
SELECT pg_temp.check_plan(:'query', 'Partial HashAggregate', 'Gather');
(:query) EXCEPT TABLE serial;
SET enable_hashagg = off;
SELECT pg_temp.check_plan(:'query', 'Partial GroupAggregate', 'Gather');
(:query) EXCEPT TABLE serial;
RESET enable_hashagg;
-- buckets that differ are an error, whichever worker sees them
SELECT pg_temp.error_code('SELECT quantile_edges(x, (1 + k % 2)::int) FROM quantile_rows') AS differing_buckets;
-- force_parallel_mode has a new name since 16
SELECT set_config(name, CASE WHEN name = 'force_parallel_mode' THEN 'on' ELSE 'regress' END, false) IS NOT NULL AS forced
FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT (SELECT quantile_state(x)::text FROM quantile_rows) = s AS same_state FROM serial WHERE k IS NULL;
RESET ALL;
\set VERBOSITY default
SELECT quantile_edges(x, 2) FILTER (WHERE k IS NULL) AS nothing, count(*) AS groups, min(k) AS k
FROM quantile_rows WHERE k < 3 GROUP BY GROUPING SETS ((), (k)) ORDER BY 2, 3;
DROP TABLE quantile_rows;

-- the aggregates' functions called directly
SELECT pt_quantile_state_accum(NULL, 1) AS first, pt_quantile_state_accum(NULL, NULL) IS NULL AS nothing,
       pt_quantile_state_accum('1 0 0 {1:1}', NULL) AS unchanged, pt_quantile_state_accum('1 0 0 {1:1,3:1}', 2) AS three,
       pt_quantile_state_accum('1 0 0 {}', 1) AS of_empty;
SELECT pt_quantile_state_combine(NULL, NULL) IS NULL AS nothing, pt_quantile_state_combine('1 0 0 {1:1}', NULL) AS one,
       pt_quantile_state_combine(NULL, '1 0 0 {1:1}') AS other,
       pt_quantile_state_combine('1 0 0 {1:2,3:1}', '1 4 1 {1:1,2:1}') AS both;
SELECT pt_quantile_state_rollup('1 0 0 {1:1}', '1 0 0 {2:1}') AS rolled, pt_quantile_state_final(NULL) IS NULL AS nothing,
       pt_quantile_state_final('1 0 0 {1:1}') AS final, pt_quantile_edges_final(NULL) IS NULL AS no_edges,
       pt_quantile_edges_final('1 2 1 {1:1,3:1}') AS edges;
SELECT pt_quantile_edges_accum(NULL, 1, 4) AS first, pt_quantile_edges_accum('1 4 1 {1:1}', 2, 4, true) AS second,
       pt_quantile_edges_accum(NULL, NULL, 4) IS NULL AS nothing, pt_quantile_edges_accum('1 4 0 {1:1}', NULL, 4, false) AS unchanged;
SELECT pt_quantile_edges_accum('1 4 1 {1:1}', 2, 5);
SELECT pt_quantile_edges_accum('1 4 1 {1:1}', 2, 4, false);
SELECT pt_quantile_edges_accum(NULL, 1, NULL);
SELECT pt_quantile_edges_accum(NULL, 'NaN', 4);
SELECT pt_quantile_edges_final('1 0 0 {1:1}');
SELECT pt_quantile_state_accum('1 0 0 {1:9223372036854775807}', 1);
SELECT pt_quantile_state_combine('1 4 1 {1:1}', '1 5 1 {1:1}');
-- a state that somebody holds is not changed
SELECT pt_quantile_state_accum(s, 2) AS changed, pt_quantile_state_combine(s, s) AS doubled, s AS held
FROM (SELECT quantile_state(1) AS s OFFSET 0) AS x;
-- an aggregate of somebody else's, that starts from a state
CREATE AGGREGATE pg_temp.from_state(float8) (SFUNC = pt_quantile_state_accum, STYPE = quantile_state, INITCOND = '1 0 0 {5:1}');
SELECT k, pg_temp.from_state(k) AS state FROM generate_series(1, 2) AS k GROUP BY k ORDER BY k;
SELECT pg_temp.from_state(k) OVER (ORDER BY k) AS running FROM generate_series(1, 3) AS k;
CREATE AGGREGATE pg_temp.from_empty(float8) (SFUNC = pt_quantile_state_accum, STYPE = quantile_state, INITCOND = '1 0 0 {}');
SELECT pg_temp.from_empty(k) AS three FROM generate_series(1, 3) AS k;

-- One quantile of a stored distribution
SELECT count(*) AS different
FROM (SELECT quantile_state(x) AS s, array_agg(x) AS a FROM (SELECT (i * 7919 % 1013) / 8.0 AS x FROM generate_series(1, 5000) AS i) v) t,
	unnest('{0,0.1,0.25,0.333333333,0.5,0.8,0.9,0.999,1}'::float8[]) AS p,
	LATERAL (SELECT percentile_cont(p) WITHIN GROUP (ORDER BY x) AS want FROM unnest(a) AS x) w
WHERE abs(quantile(s, p) - want) > 1e-7;
SELECT quantile('1 0 0 {}', 0.5), quantile('1 0 0 {5:1}', 0.3), quantile(NULL, 0.5);
SELECT quantile('1 0 0 {5:1}', 1.5);
SELECT quantile('1 0 0 {5:1}', 'NaN');
