-- rfm: scores from cut points that can be stored and merged, and segments from scores
\set VERBOSITY default

-- small cases, by hand: five customers, cut points are the values between
CREATE TEMP TABLE five (customer text, recency_days float8, order_count bigint, revenue numeric);
INSERT INTO five VALUES ('a', 0, 50, 500.5), ('b', 10, 40, 400.4), ('c', 20, 30, 300.3), ('d', 30, 20, 200.2), ('e', 40, 10, 100.1);
SELECT rfm_thresholds(recency_days, order_count, revenue, 4) AS quarters FROM five;
SELECT rfm_thresholds(recency_days, order_count, revenue, 3) AS thirds FROM five;
SELECT rfm_thresholds(recency_days, order_count, revenue) AS fifths FROM five;
SELECT customer, r, f, m, recency_score(t, recency_days) AS r1, order_count_score(t, order_count) AS f1, revenue_score(t, revenue) AS m1
FROM five, (SELECT rfm_thresholds(recency_days, order_count, revenue) AS t FROM five) AS x,
     LATERAL rfm_scores(t, recency_days, order_count, revenue) ORDER BY customer;
-- a value on a cut point is below it: 10 days are 4 of 4, as 0 days; 20 orders are 1 of 4, as 10 orders
SELECT customer, rfm_scores(t, recency_days, order_count, revenue)
FROM five, (SELECT rfm_thresholds(recency_days, order_count, revenue, 4) AS t FROM five) AS x ORDER BY customer;
SELECT (rfm_threshold_rows(rfm_thresholds(recency_days, order_count, revenue, 3))).* FROM five;

-- one row, equal rows, one bucket
SELECT rfm_thresholds(3, 2, 9.5) AS one, rfm_thresholds(3, 2, 9.5, 1) AS one_bucket;
SELECT t, rfm_scores(t, 3, 2, 9.5), rfm_scores(t, 2, 3, 10) AS better, rfm_scores(t, 4, 1, 9) AS worse
FROM (SELECT rfm_thresholds(3, 2, 9.5) AS t FROM generate_series(1, 100)) AS x;
SELECT rfm_threshold_rows(t) FROM (SELECT rfm_thresholds(3, 2, 9.5) AS t) AS x;
SELECT rfm_threshold_rows(t), rfm_scores(t, -1e300, 9223372036854775807, -1e300) FROM (SELECT rfm_thresholds(3, 2, 9.5, 1) AS t) AS x;
-- eight of ten bought once: the last cut point is at 7.2 of 0 to 9, between 1 and 2; nobody scores 2 to 4
SELECT t, ARRAY(SELECT order_count_score(t, n) FROM generate_series(0, 6) AS n) AS scores
FROM (SELECT rfm_thresholds(0, n, 0) AS t FROM unnest('{1,1,1,1,1,1,1,1,2,5}'::bigint[]) AS n) AS x;

-- NULL: a row without one of the three is skipped, whatever else is in it
SELECT rfm_thresholds(r, f, m, 2) AS t, count(*) AS rows_in
FROM (VALUES (1::float8, 1::bigint, 1::numeric), (NULL, 100, 100), (100, NULL, 100), (100, 100, NULL), (NULL, NULL, NULL),
	('NaN', NULL, 1), (3, 3, 3)) AS v(r, f, m);
SELECT rfm_thresholds(NULL, NULL, NULL) IS NULL AS all_null, rfm_state(NULL, 1, 1) IS NULL AS no_state,
       rfm_thresholds(recency_days, order_count, revenue, 4) FILTER (WHERE false) IS NULL AS no_rows FROM five;
SELECT recency_score(NULL, 1), recency_score(t, NULL) AS r, order_count_score(t, NULL) AS f, revenue_score(t, NULL) AS m,
       rfm_scores(t, 1, NULL, 1) IS NULL AS scores, (SELECT count(*) FROM rfm_threshold_rows(NULL)) AS no_rows
FROM (SELECT rfm_thresholds(3, 2, 9.5) AS t) AS x;

-- NaN and infinity
SELECT rfm_thresholds('NaN', 1, 1);
SELECT rfm_thresholds(1, 1, 'NaN');
SELECT rfm_thresholds('Infinity', 1, 1);
SELECT rfm_state(1, 1, '-Infinity');
SELECT rfm_thresholds(1, 1, 1e400);
SELECT rfm_thresholds(1, 1, 1e-400, 2) AS tiny, rfm_scores(rfm_thresholds(1, 1, 1), 1, 1, 1e400) AS huge;
SELECT recency_score(rfm_thresholds(1, 1, 1), 'NaN');
SELECT revenue_score(rfm_thresholds(1, 1, 1), 'NaN');
SELECT rfm_scores(t, 1, 1, 'NaN') FROM (SELECT rfm_thresholds(1, 1, 1) AS t) AS x;
SELECT rfm_scores(t, 'Infinity', -9223372036854775808, '-Infinity') AS worst, rfm_scores(t, '-Infinity', 9223372036854775807, 'Infinity') AS best
FROM (SELECT rfm_thresholds(1, 1, 1) AS t) AS x;
SELECT rfm_thresholds('-0', 0, 0.00, 2) AS zero;

-- buckets
SELECT rfm_thresholds(1, 1, 1, 0);
SELECT rfm_thresholds(1, 1, 1, 101);
SELECT rfm_thresholds(1, 1, 1, NULL);
SELECT rfm_thresholds(1, 1, 1, g) FROM generate_series(2, 3) AS g;
SELECT rfm_buckets(t), rfm_customers(t), length(t::text) FROM (SELECT rfm_thresholds(g, g, g, 100) AS t FROM generate_series(1, 1000) AS g) AS x;
SELECT rfm_buckets(NULL), rfm_customers(NULL);

-- fixed cut points
SELECT t, rfm_customers(t) AS customers, rfm_scores(t, 30, 1, 100.00) AS on_the_first, rfm_scores(t, 30.001, 2, 100.01) AS beyond, rfm_scores(t, 999, 9, 999)
FROM rfm_thresholds_fixed('{30,90}', '{1,3}', '{100,500}') AS t;
SELECT * FROM rfm_threshold_rows(rfm_thresholds_fixed('{30,90,365}', '{1,1,3}', '{100,500,500}'));
SELECT rfm_thresholds_fixed('{}', '{}', '{}') AS one_bucket, rfm_thresholds_fixed(NULL, '{1}', '{1}') IS NULL AS no_cuts;
SELECT rfm_thresholds_fixed('{1,2}', '{1}', '{1,2}');
SELECT rfm_thresholds_fixed('{1,2}', '{2,1}', '{1,2}');
SELECT rfm_thresholds_fixed('{1,2}', '{1,2}', '{1,NaN}');
SELECT rfm_thresholds_fixed('{1,Infinity}', '{1,2}', '{1,2}');
SELECT rfm_thresholds_fixed('{1,NULL}', '{1,2}', '{1,2}');
SELECT rfm_thresholds_fixed('{{1,2}}', '{1,2}', '{1,2}');
SELECT rfm_thresholds_fixed(a, a, a) FROM (SELECT array_agg(g::float8) AS a FROM generate_series(1, 100) AS g) AS x;

-- against plain SQL: 4,000 customers in 20 groups, from all different to nearly all equal
CREATE TABLE rfm_rows AS
SELECT d, g, floor((hashint8extended(d * 1000003 + g, 1) & 1048575) / (d * d * d * 150.0)) + (g % d) / d::float8 AS recency_days,
       1 + (hashint8extended(d * 1000003 + g, 2) & 1048575) % (1 + 400 / (d * d)) AS order_count,
       CASE WHEN d % 4 = 0 THEN 9.99 ELSE ((hashint8extended(d * 1000003 + g, 3) & 1048575) % (100000 / d) - 1000) / 100.0 END AS revenue
FROM generate_series(1, 20) AS d, generate_series(1, 200) AS g;
CREATE TEMP TABLE wanted AS
SELECT d, k, percentile_cont(p) WITHIN GROUP (ORDER BY recency_days) AS r,
       percentile_cont(p) WITHIN GROUP (ORDER BY order_count) AS f,
       percentile_cont(p) WITHIN GROUP (ORDER BY revenue::float8) AS m
FROM rfm_rows, generate_series(2, 11) AS k, LATERAL (SELECT array_agg(i / k::float8 ORDER BY i) AS p FROM generate_series(1, k - 1) AS i) AS q
GROUP BY d, k, p;
CREATE TEMP TABLE got AS
SELECT d, k, rfm_thresholds(recency_days, order_count, revenue, k) AS t FROM rfm_rows, generate_series(2, 11) AS k GROUP BY d, k;
CREATE FUNCTION pg_temp.cuts(t rfm_thresholds, measure text) RETURNS float8[] LANGUAGE sql IMMUTABLE AS $$
	SELECT string_to_array(substring(t::text FROM measure || ' ([^,}]*)'), ' ')::float8[]
$$;
CREATE FUNCTION pg_temp.near(a float8[], b float8[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
	SELECT cardinality(a) = cardinality(b) AND
	       (SELECT bool_and(abs(x - y) <= 1e-12 * greatest(abs(x), abs(y))) FROM unnest(a, b) AS u(x, y))
$$;
SELECT count(*) AS sets, bool_and(pg_temp.near(pg_temp.cuts(t, 'recency_days'), r)) AS r,
       bool_and(pg_temp.near(pg_temp.cuts(t, 'order_count'), f)) AS f, bool_and(pg_temp.near(pg_temp.cuts(t, 'revenue'), m)) AS m,
       bool_and(rfm_customers(t) = 200 AND rfm_buckets(t) = k) AS sizes
FROM got JOIN wanted USING (d, k);
-- scores: 1 plus how many cut points are below, and of recency the other way round
CREATE TEMP TABLE scored AS
SELECT d, k, recency_days, order_count, revenue, t, (rfm_scores(t, recency_days, order_count, revenue)).*
FROM rfm_rows JOIN got USING (d);
CREATE FUNCTION pg_temp.below(t rfm_thresholds, measure text, value float8) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
	SELECT count(*) FROM unnest(pg_temp.cuts(t, measure)) AS cut WHERE cut < value
$$;
SELECT count(*) AS scores, count(*) FILTER (WHERE r <> k - pg_temp.below(t, 'recency_days', recency_days)) AS r_wrong,
       count(*) FILTER (WHERE f <> 1 + pg_temp.below(t, 'order_count', order_count)) AS f_wrong,
       count(*) FILTER (WHERE m <> 1 + pg_temp.below(t, 'revenue', revenue::float8)) AS m_wrong
FROM scored WHERE k IN (2, 5, 11);
-- ... equal values have equal scores, more is never less, and no row is outside its range
SELECT count(*) AS values_with_two_scores FROM (SELECT FROM scored GROUP BY d, k, recency_days HAVING count(DISTINCT r) > 1
	UNION ALL SELECT FROM scored GROUP BY d, k, order_count HAVING count(DISTINCT f) > 1
	UNION ALL SELECT FROM scored GROUP BY d, k, revenue HAVING count(DISTINCT m) > 1) AS x;
SELECT count(*) AS out_of_order FROM (
	SELECT r > lag(r) OVER (PARTITION BY d, k ORDER BY recency_days) AS wrong FROM scored
	UNION ALL SELECT f < lag(f) OVER (PARTITION BY d, k ORDER BY order_count) FROM scored
	UNION ALL SELECT m < lag(m) OVER (PARTITION BY d, k ORDER BY revenue) FROM scored) AS x WHERE wrong;
SELECT count(*) AS rows_of_ranges, count(*) FILTER (WHERE lowest >= highest) AS empty_ranges,
       count(*) FILTER (WHERE n <> 1) AS customers_not_in_one_range
FROM (SELECT x.measure, x.score, x.lowest, x.highest, 1 AS n FROM got, rfm_threshold_rows(t) AS x
      UNION ALL
      SELECT '', NULL, NULL, NULL, (SELECT count(*) FROM rfm_threshold_rows(t) AS x WHERE
             (measure, score) IN (('recency_days', r), ('order_count', f), ('revenue', m)) AND
             CASE measure WHEN 'recency_days' THEN recency_days WHEN 'order_count' THEN order_count ELSE revenue END
                 > coalesce(lowest, '-Infinity') AND
             CASE measure WHEN 'recency_days' THEN recency_days WHEN 'order_count' THEN order_count ELSE revenue END
                 <= coalesce(highest, 'Infinity')) / 3
      FROM scored WHERE k = 5) AS y;
-- where all values differ, all scores come equally often
SELECT r, count(*) FROM scored WHERE d = 1 AND k = 5 GROUP BY r ORDER BY r;

-- the order of the rows does not matter, nor the way by stored states
SELECT count(*) AS differ
FROM (SELECT d, rfm_state(recency_days, order_count, revenue ORDER BY revenue DESC, g)::text AS s1,
             rfm_state(recency_days, order_count, revenue ORDER BY recency_days)::text AS s2 FROM rfm_rows GROUP BY d) AS a
JOIN (SELECT d, rollup(s)::text AS s3 FROM (SELECT d, rfm_state(recency_days, order_count, revenue) AS s
             FROM rfm_rows GROUP BY d, g % 7) AS p GROUP BY d) AS b USING (d)
WHERE s1 <> s2 OR s1 <> s3;
CREATE TEMP TABLE stored AS SELECT d, g % 7 AS part, rfm_state(recency_days, order_count, revenue) AS s FROM rfm_rows GROUP BY d, g % 7;
INSERT INTO stored VALUES (1, 7, NULL), (1, 8, '1 0 {} {} {}'), (21, 0, NULL), (22, 0, '1 0 {1:1} {1:1} {1:1}');
SELECT min(pg_column_size(s)) < 130 AS short, max(pg_column_size(s)) > 1000 AS long FROM stored;
SELECT count(*) AS differ FROM (SELECT d, rfm_thresholds(rollup(s), 5) AS t FROM stored GROUP BY d) AS a JOIN got USING (d)
WHERE k = 5 AND a.t::text <> got.t::text;
SELECT rfm_thresholds(rollup(s)) IS NULL AS of_nothing FROM stored WHERE d = 21;
SELECT rfm_thresholds(rollup(s)) AS of_one FROM stored WHERE d = 22;
SELECT rfm_thresholds('1 0 {} {} {}'::rfm_state) IS NULL AS of_empty, rfm_thresholds('1 0 {1:2,3:1} {5:3} {1:1,2:1,3:1}'::rfm_state, 2) AS halves;
SELECT rfm_thresholds('1 0 {} {} {}'::rfm_state, 0);
-- growth: each measure alone, and all
SELECT rfm_thresholds(g, 1, 1, 2) AS r, rfm_thresholds(1, g, 1, 2) AS f, rfm_thresholds(1, 1, g, 2) AS m, rfm_thresholds(g, -g, g % 77, 2) AS all_three
FROM generate_series(1, 50001) AS g;
-- as a window aggregate, and from a state
SELECT g, rfm_thresholds(g, g, g, 2) OVER (ORDER BY g) AS running FROM generate_series(1, 3) AS g;
CREATE AGGREGATE pg_temp.from_state(float8, bigint, numeric) (SFUNC = pt_rfm_state_accum, STYPE = rfm_state, INITCOND = '1 0 {} {} {}');
SELECT pg_temp.from_state(g, g, g) OVER (ORDER BY g) AS running FROM generate_series(1, 2) AS g;

-- plans: serial, hashed and sorted, parallel
ANALYZE rfm_rows;
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
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS
SELECT d, rfm_thresholds(recency_days, order_count, revenue, 7)::text AS t, rfm_state(recency_days, order_count, revenue)::text AS s FROM rfm_rows GROUP BY d
UNION ALL SELECT NULL, rfm_thresholds(recency_days, order_count, revenue, 7)::text, rfm_state(recency_days, order_count, revenue)::text FROM rfm_rows;
SELECT count(*) AS serial FROM serial;
\set query 'SELECT d, rfm_thresholds(recency_days, order_count, revenue, 7)::text AS t, rfm_state(recency_days, order_count, revenue)::text AS s FROM rfm_rows GROUP BY d'
\set total 'SELECT NULL::int, rfm_thresholds(recency_days, order_count, revenue, 7)::text, rfm_state(recency_days, order_count, revenue)::text FROM rfm_rows'
SET enable_hashagg = off;
SELECT pg_temp.check_plan(:'query', 'GroupAggregate');
(:query) EXCEPT TABLE serial;
RESET enable_hashagg;
SET enable_sort = off;
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT pg_temp.check_plan(:'query', 'HashAggregate');
(:query) EXCEPT TABLE serial;
RESET work_mem;
RESET enable_sort;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 4;
SELECT pg_temp.check_plan(:'total', 'Partial Aggregate', 'Gather');
(:total) EXCEPT TABLE serial;
SELECT pg_temp.check_plan(:'query', 'Partial HashAggregate', 'Gather');
(:query) EXCEPT TABLE serial;
SET enable_hashagg = off;
SELECT pg_temp.check_plan(:'query', 'Partial GroupAggregate', 'Gather');
(:query) EXCEPT TABLE serial;
RESET ALL;
\set VERBOSITY default
DROP TABLE rfm_rows;

-- text and binary form survive a round trip, whatever the settings
SET extra_float_digits = -10;
SELECT count(*) AS thresholds, count(*) FILTER (WHERE t::text::rfm_thresholds::text = t::text) AS same_text,
       count(*) FILTER (WHERE rfm_thresholds_send(t::text::rfm_thresholds) = rfm_thresholds_send(t)) AS same_binary FROM got;
SELECT count(s) AS states, count(*) FILTER (WHERE s::text::rfm_state::text = s::text) AS same_text,
       count(*) FILTER (WHERE rfm_state_send(s::text::rfm_state) = rfm_state_send(s)) AS same_binary FROM stored;
RESET extra_float_digits;
SELECT rfm_thresholds_send('1 {buckets 2, customers 3, recency_days 1.5, order_count 1, revenue -2}') AS bytes;
SELECT rfm_state_send('1 5 {1:1} {2:1} {3:1}') AS bytes;
SELECT segment_scheme_send('A: r 1-2; "b;": f 0, m 100, fm 0.5-99.5') AS bytes;
-- ... and by COPY
CREATE TEMP TABLE sent (id int, s rfm_state, t rfm_thresholds, c segment_scheme);
INSERT INTO sent SELECT row_number() OVER (), s, NULL, NULL FROM stored;
INSERT INTO sent SELECT 1000 + row_number() OVER (), NULL, t, NULL FROM got;
INSERT INTO sent SELECT 2000 + row_number() OVER (), NULL, NULL, scheme FROM builtin_segment_schemes();
INSERT INTO sent VALUES (3000, '1 100 {} {} {}', rfm_thresholds_fixed('{}', '{}', '{}'), E'"\u00C4:": any; x: fm 0.5');
CREATE TEMP TABLE received (LIKE sent);
\copy sent TO 'results/rfm.bin' (FORMAT binary)
\copy received FROM 'results/rfm.bin' (FORMAT binary)
SELECT count(s) AS states, count(t) AS thresholds, count(c) AS schemes FROM received;
SELECT id, s::text, t::text, c::text FROM sent EXCEPT SELECT id, s::text, t::text, c::text FROM received;

-- what is no state, and what are no thresholds
CREATE FUNCTION pg_temp.error_code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT t AS accepted FROM unnest(ARRAY['', '1', '1 5', '1 5 {}', '1 5 {} {}', '1 5 {} {} {', '1 5 {} {} {} ', '1 5 {}{}{}', '2 5 {} {} {}',
	'1 -1 {} {} {}', '1 101 {} {} {}', '1 0 {1:1} {} {}', '1 0 {1:1} {1:1} {1:2}', '1 0 {1:1} {1:1} {NaN:1}', '1 0 {1:1} {1:1} {1:0}',
	'1 0 {1:1} {1:1} {1:1} {1:1}', '1 0 {2:1,1:1} {1:2} {1:2}', '1 0 x{} {} {}', '1 0 } { {} {}', ' {} {} {}', '1 99999999999999999999 {} {} {}']) AS t
WHERE pg_temp.error_code(format('SELECT %L::rfm_state', t)) <> '22P02';
SELECT t AS accepted FROM unnest(ARRAY['', '1', '1 {}', '1 {buckets 1}', '1 {buckets 1, customers 0, recency_days, order_count, revenue',
	'2 {buckets 1, customers 0, recency_days, order_count, revenue}', '1 {buckets 0, customers 0, recency_days, order_count, revenue}',
	'1 {buckets 101, customers 0, recency_days, order_count, revenue}', '1 {buckets 1, customers -1, recency_days, order_count, revenue}',
	'1 {buckets 1, customers 0, recency_days, order_count, revenue} ', '1 {buckets 1, customers 0, recency_days 1, order_count, revenue}',
	'1 {buckets 2, customers 0, recency_days 1, order_count 1, revenue}', '1 {buckets 2, customers 0, recency_days NaN, order_count 1, revenue 1}',
	'1 {buckets 2, customers 0, recency_days 1, order_count 1, revenue inf}', '1 {buckets 2, customers 0, recency_days 1, order_count 1, revenue 1e999}',
	'1 {buckets 3, customers 0, recency_days 2 1, order_count 1 1, revenue 1 1}', '1 {buckets 2, customers 0, order_count 1, recency_days 1, revenue 1}',
	'1 {buckets 2, customers 99999999999999999999, recency_days 1, order_count 1, revenue 1}']) AS t
WHERE pg_temp.error_code(format('SELECT %L::rfm_thresholds', t)) <> '22P02';
SELECT '1 {buckets 3, customers 0, recency_days 2 1, order_count 1 1, revenue 1 1}'::rfm_thresholds;
SELECT (repeat(E'\u00E9', 1000))::rfm_thresholds;
SELECT '1 0 {1:1} {1:2} {1:1}'::rfm_state;

-- the aggregates' functions called directly
SELECT pt_rfm_state_accum(NULL, 1, 2, 3) AS first, pt_rfm_state_accum(NULL, 1, NULL, 3) IS NULL AS nothing,
       pt_rfm_state_accum('1 0 {1:1} {2:1} {3:1}', NULL, 2, 3) AS unchanged, pt_rfm_state_accum('1 0 {1:1} {2:1} {3:1}', 0, 2, 4) AS two,
       pt_rfm_state_accum('1 0 {} {} {}', 1, 2, 3) AS of_empty;
SELECT pt_rfm_state_combine(NULL, NULL) IS NULL AS nothing, pt_rfm_state_combine('1 0 {1:1} {2:1} {3:1}', NULL) AS one,
       pt_rfm_state_combine(NULL, '1 4 {1:1} {2:1} {3:1}') AS other, pt_rfm_state_combine('1 4 {1:1} {2:1} {3:1}', '1 0 {0:1} {2:1} {4:1}') AS both,
       pt_rfm_state_rollup('1 4 {1:1} {2:1} {3:1}', '1 4 {0:1} {2:1} {4:1}') AS rolled;
SELECT pt_rfm_state_final(NULL) IS NULL AS nothing, pt_rfm_state_final('1 0 {1:1} {2:1} {3:1}') AS final,
       pt_rfm_thresholds_final(NULL) IS NULL AS no_thresholds, pt_rfm_thresholds_final('1 2 {1:1} {2:1} {3:1}') AS thresholds,
       pt_rfm_thresholds_final('1 2 {} {} {}') IS NULL AS of_empty;
SELECT pt_rfm_thresholds_accum(NULL, 1, 2, 3) AS first, pt_rfm_thresholds_accum('1 4 {1:1} {2:1} {3:1}', 1, 2, 3, 4) AS second,
       pt_rfm_thresholds_accum(NULL, 1, NULL, 3, 4) IS NULL AS nothing;
SELECT pt_rfm_thresholds_accum('1 4 {1:1} {2:1} {3:1}', 1, 2, 3);
SELECT pt_rfm_thresholds_accum(NULL, 1, 2, 3, NULL);
SELECT pt_rfm_thresholds_final('1 0 {1:1} {2:1} {3:1}');
SELECT pt_rfm_state_combine('1 4 {1:1} {2:1} {3:1}', '1 5 {1:1} {2:1} {3:1}');
SELECT pt_rfm_state_accum('1 0 {1:9223372036854775807} {1:9223372036854775807} {1:9223372036854775807}', 1, 1, 1);
-- a state that somebody holds is not changed
SELECT pt_rfm_state_accum(s, 2, 2, 2) AS changed, pt_rfm_state_combine(s, s) AS doubled, s AS held FROM (SELECT rfm_state(1, 1, 1) AS s OFFSET 0) AS x;

-- segment schemes: text
SELECT 'Champions: r 4-5, f 4-5, m 4-5; Loyal: r 2-5, f 3-5, m 3-5'::segment_scheme AS plain;
SELECT E' A b \t:R4 - 5 ,FM 3.5-5.0;\n"x: ""y""; z" : any; c: m 3; d: r 0-100, f 7-7; A b: fm 0-100'::segment_scheme AS tidied;
SELECT E'\u00C4pfel & Birnen: fm 0.5; " ": r 1; "," : r 2; any: any'::segment_scheme AS odd_names;
SELECT s::segment_scheme::text = s AS same_text, segment_scheme_send(s::segment_scheme::text::segment_scheme) = segment_scheme_send(s::segment_scheme) AS same_binary
FROM unnest(ARRAY['a: any', '" a": r 1; "b""": fm 2.5-3; "a;b:c,d": r 0, f 1-2, m 99-100, fm 0.5-99.5',
	'"' || repeat('"', 510) || '": any', E'"tab\t": r 1', E'"\n": r 1', repeat('x', 255) || ': r 1']) AS s;
SELECT length((string_agg('s' || g || ': r ' || g % 6, '; '))::segment_scheme::text) AS thousand_rules FROM generate_series(1, 1000) AS g;
SELECT pg_temp.error_code(format('SELECT %L::segment_scheme', string_agg('s: r 1', '; '))) AS too_many FROM generate_series(1, 1001) AS g;
SELECT t AS accepted FROM unnest(ARRAY['', ' ', ';', ':', 'a', 'a:', 'a: ', ': r 1', '"": r 1', '"a: r 1', 'a"b": r 1', '"a"b: r 1', 'a: r', 'a: r x', 'a: r 1-',
	'a: r -1', 'a: r 5-4', 'a: r 101', 'a: r 1-101', 'a: r 99999999999999999999', 'a: r 1.5', 'a: f 1.0', 'a: fm 1.2', 'a: fm 1.55', 'a: fm 100.5', 'a: fm 3-2.5',
	'a: r 1,', 'a: r 1;', 'a: r 1;;b: r 2', 'a: r 1, r 2', 'a: x 1', 'a: rr 1', 'a: r 1 f 2', 'a: any, r 1', 'a: anything', 'a: r 1 2', 'a: r 1-2-3', 'a, b: r 1',
	'a: b: r 1', repeat('x', 256) || ': r 1', '"' || repeat('x', 256) || '": r 1', repeat('"', 1000), repeat('a:r 1;', 100000)]) AS t
WHERE pg_temp.error_code(format('SELECT %L::segment_scheme', t)) <> '22P02';
SELECT 'A: r 1; Loyal: r 5-2'::segment_scheme;
SELECT 'A: fm 3.5-3'::segment_scheme;
SELECT 'A: r 1-101'::segment_scheme;
SELECT 'A: m 2.5'::segment_scheme;
SELECT 'A: monetary 2'::segment_scheme;
SELECT 'A r 2'::segment_scheme;
SELECT 'A: r 2, f'::segment_scheme;
SELECT 'A: r 2 B: f 2'::segment_scheme;
SELECT * FROM segment_scheme_rules('b: r 1, fm 2.5; a: any; b: m 2-4');

-- segments: the first match, NULL without one
SELECT r, f, m, rfm_segment(s, r, f, m), rfm_segment_sort(s, r, f, m)
FROM (VALUES ('Top: r 5, fm 4.5-5; Good: r 4-5, f 3-5; Top: m 5; Few: r 0-1'::segment_scheme)) AS v(s),
     (VALUES (5, 4, 5), (5, 4, 4), (5, 5, 3), (2, 1, 5), (1, 1, 1), (0, 0, 0), (3, 3, 3), (NULL, 5, 5), (5, NULL, 5), (5, 5, NULL)) AS c(r, f, m);
SELECT rfm_segment(NULL, 1, 1, 1) IS NULL AS no_scheme;
SELECT rfm_segment('a: any', 101, 1, 1);
SELECT rfm_segment('a: any', 1, -1, 1);
SELECT rfm_segment('a: any', 1, 1, 2147483647);
SELECT rfm_segment('a: r 100, fm 100', 100, 100, 100) AS highest, rfm_segment('a: r 0, fm 0', 0, 0, 0) AS lowest;
-- from a table, with short headers and compressed
CREATE TEMP TABLE scheme_table (name text, scheme segment_scheme);
INSERT INTO scheme_table SELECT 'short', 'a: r 1';
INSERT INTO scheme_table SELECT name, scheme FROM builtin_segment_schemes();
INSERT INTO scheme_table SELECT 'long', (string_agg('segment number ' || g || ': r 6', '; ') || '; last: any')::segment_scheme FROM generate_series(1, 500) AS g;
SELECT name, rfm_segment(scheme, 1, 1, 1), rfm_segment(scheme, 5, 5, 5), pg_column_size(scheme) < 100 AS short, pg_column_size(scheme) < length(scheme::text) / 2 AS packed
FROM scheme_table ORDER BY name;

-- the built-in schemes
SELECT name, source, builtin_segment_scheme(name)::text = scheme::text AS same FROM builtin_segment_schemes();
SELECT b.name, rule_number AS n, segment, conditions FROM builtin_segment_schemes() AS b, segment_scheme_rules(scheme);
SELECT builtin_segment_scheme('shopify');
SELECT builtin_segment_scheme(NULL) IS NULL AS no_name;
-- all cells of each scheme, against the rules as SQL
CREATE TEMP TABLE cube AS SELECT r, f, m FROM generate_series(1, 5) AS r, generate_series(1, 5) AS f, generate_series(1, 5) AS m;
SELECT count(*) FILTER (WHERE rfm_segment(builtin_segment_scheme('putler'), r, f, m) IS DISTINCT FROM CASE
	WHEN r >= 4 AND (f + m) / 2.0 >= 4 THEN 'Champions' WHEN r >= 2 AND (f + m) / 2.0 >= 3 THEN 'Loyal'
	WHEN r >= 3 AND (f + m) / 2.0 <= 3 THEN 'Potential Loyalist' WHEN r IN (2, 3) AND (f + m) / 2.0 BETWEEN 2 AND 3 THEN 'Need Attention'
	WHEN r IN (2, 3) AND (f + m) / 2.0 <= 2 THEN 'About to Sleep' WHEN r <= 2 AND (f + m) / 2.0 >= 2 THEN 'At Risk'
	WHEN r <= 2 AND (f + m) / 2.0 BETWEEN 1 AND 2 THEN 'Hibernating' END) AS putler_differs,
       count(*) FILTER (WHERE rfm_segment(builtin_segment_scheme('python_seg_map'), r, f, m) IS DISTINCT FROM (SELECT name FROM (VALUES
	('[1-2][1-2]', 'hibernating'), ('[1-2][3-4]', 'at_risk'), ('[1-2]5', 'cant_lose'), ('3[1-2]', 'about_to_sleep'), ('33', 'need_attention'),
	('[3-4][4-5]', 'loyal_customers'), ('41', 'promising'), ('51', 'new_customers'), ('[4-5][2-3]', 'potential_loyalists'), ('5[4-5]', 'champions'))
	AS map(pattern, name) WHERE (r * 10 + f)::text ~ pattern)) AS seg_map_differs
FROM cube;

-- the check of schemes: by hand
SELECT * FROM check_segment_scheme('all: any');
SELECT * FROM check_segment_scheme('low: r 1; high: r 2', 2);
-- of 8 cells: a has r 1, b keeps r 2, f 2, m 2, e keeps r 2, f 2, m 1, and r 2, f 1 is nobody's
SELECT * FROM check_segment_scheme('a: r 1; b: m 2, f 2; c: r 1, f 1; d: r 3-5; e: f 2', 2);
SELECT * FROM check_segment_scheme('a: any', 0);
SELECT * FROM check_segment_scheme('a: any', 101);
SELECT * FROM check_segment_scheme('zero: r 0', 1);
SELECT * FROM check_segment_scheme('high: r 100, f 100, fm 100; half: fm 99.5-100', 100);
SELECT count(*) FROM check_segment_scheme(NULL);
-- ... and of the published ones
SELECT * FROM check_segment_scheme(builtin_segment_scheme('putler'));
SELECT count(*) AS problems FROM check_segment_scheme(builtin_segment_scheme('python_seg_map'));
SELECT * FROM check_segment_scheme(builtin_segment_scheme('rfm_r_test'));
SELECT * FROM check_segment_scheme(builtin_segment_scheme('rfm_r_readme'));
-- the same, counted in SQL from the rules
CREATE TEMP TABLE matches AS
SELECT b.name, rule_number, segment, r, f, m
FROM cube, builtin_segment_schemes() AS b, segment_scheme_rules(scheme)
WHERE rfm_segment((segment_scheme_rules.segment || ': ' || conditions)::segment_scheme, r, f, m) IS NOT NULL;
SELECT b.name, 'uncovered' AS problem, NULL::int AS rule_number, 125 - count(DISTINCT (r, f, m)) AS cells FROM builtin_segment_schemes() AS b
LEFT JOIN matches USING (name) GROUP BY b.name HAVING count(DISTINCT (r, f, m)) < 125
UNION ALL
SELECT name, CASE WHEN count(*) = count(*) FILTER (WHERE hidden) THEN 'unreachable' ELSE 'overlap' END, rule_number, count(*) FILTER (WHERE hidden)
FROM (SELECT *, rule_number > min(rule_number) OVER (PARTITION BY name, r, f, m) AS hidden FROM matches) AS h
GROUP BY name, rule_number HAVING count(*) FILTER (WHERE hidden) > 0
EXCEPT
SELECT name, problem, rule_number, cells FROM builtin_segment_schemes(), check_segment_scheme(scheme);
