-- stats: additive sales statistics, and what a discount does
\set VERBOSITY default
SET extra_float_digits = 0;

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
-- a relative difference below 1e-12, or both NULL
CREATE FUNCTION near(a double precision, b double precision) RETURNS boolean LANGUAGE sql AS $$
	SELECT CASE WHEN a IS NULL OR b IS NULL THEN a IS NULL AND b IS NULL ELSE abs(a - b) <= 1e-12 * greatest(abs(a), abs(b)) END $$;

--- 1. By hand -----------------------------------------------------------------

CREATE TABLE sale (amount numeric, discounted boolean, quantity numeric);
INSERT INTO sale VALUES (10.00, true, 1), (20.00, true, 2.5), (5.0, false, NULL), (7.25, NULL, 4), (NULL, true, 100);
SELECT sales_stats(amount, discounted), sales_stats(amount, discounted, quantity) FROM sale;
SELECT arm, sales_count(s, arm), sales_revenue(s, arm), sales_mean(s, arm), sales_stddev(s, arm), sales_min(s, arm), sales_max(s, arm), sales_quantity(s, arm)
FROM (SELECT sales_stats(amount, discounted, quantity) AS s FROM sale) AS t, unnest(enum_range(NULL::sales_arm)) AS arm;
SELECT sales_count(s), sales_revenue(s), sales_mean(s), sales_stddev(s), sales_min(s), sales_max(s), sales_quantity(s), discount_share(s)
FROM (SELECT sales_stats(amount, discounted) AS s FROM sale) AS t;
-- nothing at all, NULLs, and the empty value
SELECT sales_stats(amount, discounted) IS NULL AS none, sales_stats(NULL, discounted) IS NULL AS nulls, rollup(NULL::sales_stats) IS NULL AS rollup FROM sale WHERE false OR amount IS NULL;
SELECT sales_count(s), sales_revenue(s), sales_mean(s), sales_stddev(s), sales_min(s), sales_max(s), sales_quantity(s), discount_share(s)
FROM (SELECT '1 0 0 {0} {0} {0}'::sales_stats AS s) AS t;
SELECT sales_count(NULL), sales_revenue(NULL, 'full'), discount_share(NULL::sales_stats), NULL::sales_stats + '1 0 0 {0} {0} {0}';
-- a quantity that is known of some rows; quantities may be negative
SELECT sales_quantity(sales_stats(a, d, q), 'discounted') AS none, sales_quantity(sales_stats(a, d, q)) AS total
FROM (VALUES (1, true, NULL), (2, false, -1.50), (3, false, 0.125)) AS v(a, d, q);

--- 2. Numbers that are hard ----------------------------------------------------

-- close together and large: the standard deviation of 1, 2, 3 cents is one cent
SELECT sales_stddev(sales_stats(a, true)), sales_mean(sales_stats(a, true)) FROM unnest('{1000000000.01,1000000000.02,1000000000.03}'::numeric[]) AS a;
SELECT difference, mean_discounted, se FROM discount_effect((SELECT sales_stats(999999999.99 + g % 2 * 0.02 + CASE WHEN g <= 10 THEN 0.01 ELSE 0 END, g <= 10) FROM generate_series(1, 20) AS g));
-- eighteen digits
SELECT sales_stats(a, true), sales_revenue(sales_stats(a, true)), sales_stddev(sales_stats(a, true)) FROM unnest('{999999999999999999,-999999999999999999,999999999999999997}'::numeric[]) AS a;
SELECT sales_stats(a, false), sales_revenue(sales_stats(a, false)), sales_stddev(sales_stats(a, false)) FROM unnest('{0.999999999999999999,0.999999999999999998}'::numeric[]) AS a;
-- more decimals later, as amount and as quantity, and in a merge
SELECT sales_stats(a, a > 3, a / 10) FROM unnest('{1,2.5,3.125,4,5.000000000}'::numeric[]) AS a;
SELECT '1 0 0 {2 3 5 1 2 7} {0} {0}'::sales_stats + '1 3 2 {1 1500 2250000 1500 1500 150} {1 -1 1 -1 -1} {0}';
SELECT '1 3 2 {1 1500 2250000 1500 1500 150} {1 -1 1 -1 -1} {0}'::sales_stats + '1 0 0 {2 3 5 1 2 7} {0} {0}';
-- what an amount can not be
SELECT a, refusal(format('SELECT sales_stats(%L, true)', a)) FROM unnest('{NaN,Infinity,-Infinity,1000000000000000000,12345678901234567890,0.0000000000000000001}'::text[]) AS a;
SELECT refusal($$SELECT sales_stats(a, true) FROM unnest('{999999999999999999,0.1}'::numeric[]) AS a$$) AS amounts,
	refusal($$SELECT sales_stats(a, true) FROM unnest('{0.1,999999999999999999}'::numeric[]) AS a$$) AS other_order;
SELECT refusal($$SELECT sales_stats(1, true, 'NaN')$$) AS quantity, sales_stats(1, true, a) FROM unnest('{999999999999999999,0.1}'::numeric[]) AS a GROUP BY ();
SELECT refusal($$SELECT '1 0 0 {2305843009213693952 0 0 0 0} {0} {0}'::sales_stats + '1 0 0 {1 0 0 0 0} {0} {0}'$$) AS rows,
	refusal($$SELECT pt_sales_stats_accum('1 0 0 {2305843009213693952 0 0 0 0} {0} {0}', 1, true)$$) AS a_row,
	sales_count('1 0 0 {2305843009213693952 0 0 0 0} {2305843009213693952 0 0 0 0} {2305843009213693952 0 0 0 0}');

--- 3. Against plain SQL, in all plans --------------------------------------------

CREATE TABLE sales AS
SELECT g % 97 AS product, g % 7 AS wave,
	CASE WHEN hashint4extended(g, 4) % 50 = 0 THEN NULL
		WHEN g % 97 < 20 THEN round(1e9 + (hashint4extended(g, 1) % 100)::numeric / 100, 2)
		WHEN g % 97 < 40 THEN round((hashint4extended(g, 1) % 1000)::numeric / 1000, 3)
		ELSE round((hashint4extended(g, 1) % 100000)::numeric / 100, (g % 3)) END AS amount,
	CASE WHEN hashint4extended(g, 2) % 9 > 0 THEN hashint4extended(g, 2) % 2 = 0 END AS discounted,
	CASE WHEN g % 5 > 0 THEN g % 13 END::numeric AS quantity
FROM generate_series(1, 100000) AS g;
ANALYZE sales;
CREATE VIEW expected AS
SELECT product, count(amount) AS n, sum(amount), avg(amount), stddev(amount), min(amount), max(amount), sum(quantity) FILTER (WHERE amount IS NOT NULL) AS quantity,
	count(amount) FILTER (WHERE discounted) AS n1, sum(amount) FILTER (WHERE discounted) AS sum1, avg(amount) FILTER (WHERE discounted) AS avg1,
	stddev(amount) FILTER (WHERE discounted) AS stddev1, min(amount) FILTER (WHERE discounted) AS min1, max(amount) FILTER (WHERE discounted) AS max1,
	count(amount) FILTER (WHERE NOT discounted) AS n0, sum(amount) FILTER (WHERE NOT discounted) AS sum0, avg(amount) FILTER (WHERE NOT discounted) AS avg0,
	stddev(amount) FILTER (WHERE NOT discounted) AS stddev0, min(amount) FILTER (WHERE NOT discounted) AS min0, max(amount) FILTER (WHERE NOT discounted) AS max0
FROM sales GROUP BY product;
CREATE TABLE stored AS SELECT product, sales_stats(amount, discounted, quantity) AS s FROM sales GROUP BY product;
SELECT count(*) AS products,
	count(*) FILTER (WHERE (sales_count(s), sales_count(s, 'discounted'), sales_count(s, 'full')) = (n, n1, n0)) AS counts,
	count(*) FILTER (WHERE (sales_revenue(s), sales_revenue(s, 'discounted'), sales_revenue(s, 'full'), sales_quantity(s)) = (sum, sum1, sum0, quantity)) AS sums,
	count(*) FILTER (WHERE sales_revenue(s)::text = sum::text) AS same_text,
	count(*) FILTER (WHERE (sales_mean(s), sales_mean(s, 'discounted'), sales_mean(s, 'full')) = (avg, avg1, avg0)) AS means,
	count(*) FILTER (WHERE (sales_min(s), sales_max(s), sales_min(s, 'discounted'), sales_max(s, 'discounted'), sales_min(s, 'full'), sales_max(s, 'full')) = (min, max, min1, max1, min0, max0)) AS ends,
	count(*) FILTER (WHERE near(sales_stddev(s), stddev::float8) AND near(sales_stddev(s, 'discounted'), stddev1::float8) AND near(sales_stddev(s, 'full'), stddev0::float8)) AS stddevs,
	count(*) FILTER (WHERE discount_share(s) = n1::float8 / (n1 + n0)) AS shares
FROM stored JOIN expected USING (product);
-- Welch's test against the same by numeric, in all its parts
SELECT count(*) AS products, count(*) FILTER (WHERE near(e.difference, (m1 - m0)::float8)) AS difference, count(*) FILTER (WHERE near(e.se, sqrt(a + b)::float8)) AS se,
	count(*) FILTER (WHERE near(e.t, ((m1 - m0) / sqrt(a + b))::float8)) AS t,
	count(*) FILTER (WHERE near(e.df, ((a + b) ^ 2 / (a ^ 2 / (n1 - 1) + b ^ 2 / (n0 - 1)))::float8)) AS df,
	count(*) FILTER (WHERE near(e.standardised_difference, ((m1 - m0) / sqrt((stddev1 ^ 2 + stddev0 ^ 2) / 2))::float8)) AS standardised,
	count(*) FILTER (WHERE near((e.ci_low + e.ci_high) / 2, e.difference) AND e.p_value BETWEEN 0 AND 1) AS middle,
	count(*) FILTER (WHERE (e.p_value < 0.05) = (e.ci_low > 0 OR e.ci_high < 0)) AS agree,
	count(*) FILTER (WHERE e.fieller_low IS NULL OR (e.p_value < 0.05) = (e.fieller_low > 1 OR e.fieller_high < 1)) AS fieller_agrees
FROM stored JOIN expected USING (product), discount_effect(s) AS e, LATERAL (SELECT sum1::numeric(50, 30) / n1 AS m1, sum0::numeric(50, 30) / n0 AS m0, stddev1 ^ 2 / n1 AS a, stddev0 ^ 2 / n0 AS b) AS v;
-- the same value, by text too, from every plan: stored parts, sums of two, and bytes
CREATE TABLE parts AS SELECT product, wave, sales_stats(amount, discounted, quantity) AS s FROM sales GROUP BY product, wave;
SELECT count(*) AS different FROM (
	(SELECT product, s::text FROM stored EXCEPT ALL SELECT product, rollup(s)::text FROM parts GROUP BY product)
	UNION ALL
	(SELECT product, s::text FROM stored EXCEPT ALL
		SELECT a.product, (a.s + b.s)::text FROM (SELECT product, rollup(s) AS s FROM parts WHERE wave < 3 GROUP BY product) AS a, (SELECT product, rollup(s) AS s FROM parts WHERE wave >= 3 GROUP BY product) AS b
		WHERE a.product = b.product)
	UNION ALL
	(SELECT product, s::text FROM stored EXCEPT ALL SELECT product, s::text::sales_stats::text FROM stored)
	UNION ALL
	(SELECT product, sales_stats_send(s)::text FROM stored EXCEPT ALL SELECT product, sales_stats_send(rollup(s))::text FROM parts GROUP BY product)) AS d;
-- a column keeps it, 248 bytes each
SELECT min(pg_column_size(s)), max(pg_column_size(s)) FROM stored;
CREATE TEMP TABLE copied (LIKE stored);
\copy stored TO 'results/stats.bin' (FORMAT binary)
\copy copied FROM 'results/stats.bin' (FORMAT binary)
SELECT count(*) AS same FROM stored AS a JOIN copied AS b ON a.product = b.product AND a.s::text = b.s::text;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET parallel_leader_participation = off;
ALTER TABLE sales SET (parallel_workers = 2);
ALTER TABLE stored SET (parallel_workers = 2);
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
		IF line ~ 'Aggregate' THEN RETURN NEXT regexp_replace(line, '^[ >-]+', ''); END IF;
	END LOOP;
END $$;
SET enable_sort = off;
SELECT plan_of('SELECT product, sales_stats(amount, discounted, quantity) AS s FROM sales GROUP BY product');
SELECT count(*) AS different FROM (SELECT product, s::text FROM stored EXCEPT ALL
	SELECT product, s::text FROM (SELECT product, sales_stats(amount, discounted, quantity) AS s FROM sales GROUP BY product OFFSET 0) AS t) AS d;
RESET enable_sort;
SET enable_hashagg = off;
SELECT plan_of('SELECT product, sales_stats(amount, discounted, quantity) AS s FROM sales GROUP BY product');
SELECT count(*) AS different FROM (SELECT product, s::text FROM stored EXCEPT ALL
	SELECT product, s::text FROM (SELECT product, sales_stats(amount, discounted, quantity) AS s FROM sales GROUP BY product OFFSET 0) AS t) AS d;
RESET enable_hashagg;
SELECT plan_of('SELECT rollup(s) FROM stored');
CREATE TABLE wholly AS SELECT rollup(s)::text AS stats, (stratified_effect(s))::text AS effect, stratified_state(s)::text AS strata FROM stored;
SELECT plan_of('SELECT stratified_effect(s) FROM stored');
SET max_parallel_workers_per_gather = 0;
SELECT rollup(s)::text = stats AS rollup, (stratified_effect(s))::text = effect AS effect, stratified_state(s)::text = strata AS strata,
	(stratified_effect(s ORDER BY product DESC))::text = effect AS other_order FROM stored, wholly GROUP BY stats, effect, strata;
SELECT (stratified_effect(rollup(state)))::text = min(effect) AS of_stored, (stratified_effect(min(strata)::stratified_state))::text = min(effect) AS of_text,
	(SELECT stratified_state_send(stratified_state(s)) FROM stored) = stratified_state_send(rollup(state)) AS bytes
FROM (SELECT product % 3, stratified_state(s) AS state FROM stored GROUP BY 1) AS t, wholly;
RESET max_parallel_workers_per_gather;
-- as a window function, which keeps its state while it answers
SELECT count(*) FILTER (WHERE sales_revenue(s) = r AND sales_count(s) = n) = count(*) AS running
FROM (SELECT sales_stats(amount, discounted) OVER w AS s, sum(amount) OVER w AS r, count(amount) OVER w AS n FROM sales WHERE product = 1 WINDOW w AS (ORDER BY wave, amount, quantity, discounted)) AS t WHERE n > 0;

--- 4. The effect of a discount ----------------------------------------------------

-- Student's sleep data (Cushny and Peebles 1905), group 2 against 1: R says t = 1.8608, df = 17.776, p = 0.07939, -0.2054832 to 3.3654832
CREATE TABLE sleep AS SELECT extra, n > 10 AS second FROM unnest('{0.7,-1.6,-0.2,-1.2,-0.1,3.4,3.7,0.8,0.0,2.0,1.9,0.8,1.1,0.1,-0.1,4.4,5.5,1.6,4.6,3.4}'::numeric[]) WITH ORDINALITY AS u(extra, n);
SELECT n_discounted AS n1, n_full AS n0, mean_discounted AS mean1, mean_full AS mean0, difference, round(se::numeric, 9) AS se, round(t::numeric, 9) AS t, round(df::numeric, 9) AS df,
	round(p_value::numeric, 5) AS p, round(ci_low::numeric, 7) AS low, round(ci_high::numeric, 7) AS high FROM discount_effect((SELECT sales_stats(extra, second) FROM sleep));
SELECT round(difference::numeric, 9) AS difference, round(se::numeric, 9) AS se, round(t::numeric, 9) AS t, round(df::numeric, 9) AS df FROM discount_effect((SELECT sales_stats(extra, NOT second) FROM sleep));
-- ratio and intervals of 10, 12, 14 against 9, 10, 11, 10: formulas in docs/stats.md, computed with mpmath
\x on
SELECT * FROM discount_effect((SELECT sales_stats(a, d) FROM (VALUES (10, true), (12, true), (14, true), (9, false), (10, false), (11, false), (10, false)) AS v(a, d)));
SELECT * FROM discount_effect((SELECT sales_stats(a, d) FROM (VALUES (10, true), (12, true), (14, true), (9, false), (10, false), (11, false), (10, false)) AS v(a, d)), 0.5);
\x off
-- what can not be said is NULL, for a reason
SELECT name, n_discounted AS n1, n_full AS n0, difference, se, p_value IS NULL AS no_p, ci_low IS NULL AS no_ci, ratio, ratio_ci_low IS NULL AS no_log, fieller_low IS NULL AS no_fieller, standardised_difference IS NULL AS no_sd, note
FROM (VALUES ('empty', '1 0 0 {0} {0} {0}'), ('unknown', '1 0 0 {0} {0} {2 3 5 1 2}'), ('one arm', '1 0 0 {2 3 5 1 2} {0} {0}'), ('other arm', '1 0 0 {0} {2 3 5 1 2} {0}'),
	('one and one', '1 0 0 {1 3 9 3 3} {1 2 4 2 2} {0}'), ('one and two', '1 0 0 {1 3 9 3 3} {2 3 5 1 2} {0}'), ('two and one', '1 0 0 {2 3 5 1 2} {1 3 9 3 3} {0}'),
	('no variance', '1 0 0 {2 6 18 3 3} {3 6 12 2 2} {0}'), ('no difference', '1 0 0 {2 6 18 3 3} {2 6 18 3 3} {0}'), ('one variance', '1 0 0 {2 6 18 3 3} {2 5 13 2 3} {0}'),
	('returns', '1 0 0 {2 -3 5 -2 -1} {2 5 13 2 3} {0}'), ('all returns', '1 0 0 {2 -3 5 -2 -1} {2 -5 13 -3 -2} {0}'), ('zero', '1 0 0 {2 3 5 1 2} {2 0 2 -1 1} {0}')) AS v(name, s), discount_effect(s::sales_stats);
SELECT * FROM discount_effect(NULL);
SELECT c, refusal(format('SELECT discount_effect(''1 0 0 {0} {0} {0}'', %L)', c)) FROM unnest('{0,1,-1,95,NaN,Infinity}'::float8[]) AS c;
SELECT ci_low IS NULL AS none, note FROM discount_effect('1 0 0 {2 3 5 1 2} {2 5 13 2 3} {0}', 0.9999999999999999);
-- the largest amounts
SELECT difference, se, t, df, round(p_value::numeric, 9) AS p, ratio, note FROM discount_effect('1 0 0 {2 1999999999999999997 1999999999999999994000000000000000005 999999999999999998 999999999999999999} {2 3 5 1 2} {0}');

--- 5. Strata ----------------------------------------------------------------------

-- by hand: differences 1 and -1.25; weights MH 1 and 2/3, ATT 2 and 1, ATE 4 and 3. The arm of one row takes variance 2 of the other stratum,
-- so the variances are .6^2 (2/2 + 2/2) + .4^2 (2/1 + 1.125/2) = 1.13, (2/3)^2 2 + (1/3)^2 2.5625 and (4/7)^2 2 + (3/7)^2 2.5625; stratum 3 has no counterpart
CREATE TABLE strata (stratum integer, amount numeric, discounted boolean);
INSERT INTO strata VALUES (1, 10, true), (1, 12, true), (1, 11, false), (1, 9, false), (2, 20, true), (2, 20.5, false), (2, 22, false), (3, 1, false), (4, 5, NULL);
SELECT round(mh_difference::numeric, 12) AS mh, round(mh_se::numeric ^ 2, 12) AS mh_variance, round(att::numeric, 12) AS att, round(att_se::numeric ^ 2 * 9, 12) AS att_variance_9,
	round(ate::numeric * 7, 12) AS ate_7, round(ate_se::numeric ^ 2 * 49, 12) AS ate_variance_49,
	strata_used, strata_without_overlap, rows_without_overlap, n, round(largest_share_difference::numeric, 12) AS balance, note
FROM (SELECT (stratified_effect(s)).* FROM (SELECT sales_stats(amount, discounted) AS s FROM strata GROUP BY stratum) AS t) AS e;
SELECT stratified_state(s) FROM (SELECT sales_stats(amount, discounted) AS s FROM strata GROUP BY stratum) AS t;
-- one stratum is the Welch test
SELECT near(mh_difference, difference) AND near(att, difference) AND near(ate, difference) AS difference, near(mh_se, se) AND near(att_se, se) AND near(ate_se, se) AS se,
	near(mh_df, df) AND near(att_df, df) AND near(ate_df, df) AS df, near(mh_ci_low, ci_low) AND near(ate_ci_low, ci_low) AS low, near(mh_ci_high, ci_high) AND near(att_ci_high, ci_high) AS high, e.note
FROM (SELECT sales_stats(extra, second) AS s FROM sleep) AS t, discount_effect(s),
	LATERAL (SELECT (stratified_effect(v)).* FROM (VALUES (s)) AS x(v)) AS e;
-- Simpson's paradox: in both strata the discount takes 2 off; over both together, (10 * 9 + 90 * 19) / 100 is 6 more than (90 * 11 + 10 * 21) / 100
CREATE TABLE paradox AS
SELECT product, price + g % 2 * 2 AS amount, discounted FROM (VALUES ('bread', 10, 8, true), ('bread', 90, 10, false), ('wine', 90, 18, true), ('wine', 10, 20, false)) AS v(product, n, price, discounted), generate_series(1, n) AS g;
SELECT round(e.difference::numeric, 6) AS naive, round(f.mh_difference::numeric, 6) AS mh, round(f.att::numeric, 6) AS att, round(f.ate::numeric, 6) AS ate, f.strata_used, f.n
FROM (SELECT sales_stats(amount, discounted) AS s FROM paradox) AS t, discount_effect(s) AS e,
	(SELECT (stratified_effect(s)).* FROM (SELECT sales_stats(amount, discounted) AS s FROM paradox GROUP BY product) AS u) AS f;
-- the same by plain SQL, over all products of section 3
SELECT near(mh_difference, (sum(n1 * n0 * (m1 - m0) / (n1 + n0)) / sum(n1 * n0 / (n1 + n0)::numeric))::float8) AS mh,
	near(mh_se, sqrt(sum((n1 * n0 / (n1 + n0)::numeric) ^ 2 * v) / sum(n1 * n0 / (n1 + n0)::numeric) ^ 2)::float8) AS mh_se,
	near(att, (sum(n1 * (m1 - m0)) / sum(n1))::float8) AS att, near(att_se, sqrt(sum(n1 ^ 2 * v) / sum(n1) ^ 2)::float8) AS att_se,
	near(ate, (sum((n1 + n0) * (m1 - m0)) / sum(n1 + n0))::float8) AS ate, near(ate_se, sqrt(sum((n1 + n0) ^ 2 * v) / sum(n1 + n0) ^ 2)::float8) AS ate_se,
	near(ate_df, (sum((n1 + n0) ^ 2 * v) ^ 2 / sum((n1 + n0) ^ 4 * ((stddev1 ^ 2 / n1) ^ 2 / (n1 - 1) + (stddev0 ^ 2 / n0) ^ 2 / (n0 - 1))))::float8) AS ate_df,
	strata_used, e.n = sum(n1 + n0) AS n, note
FROM expected, LATERAL (SELECT sum1::numeric(50, 30) / n1 AS m1, sum0::numeric(50, 30) / n0 AS m0, stddev1 ^ 2 / n1 + stddev0 ^ 2 / n0 AS v) AS v, (SELECT (stratified_effect(s)).* FROM stored) AS e
GROUP BY mh_difference, mh_se, att, att_se, ate, ate_se, ate_df, strata_used, e.n, note;
-- no overlap, no row, no variance; one variance: (4/7)^2 8/2 + (25/49) 8 + (3/7)^2 8 = 48/7, the square of 2.61861468283191
SELECT name, mh_difference, att, ate, mh_se, mh_df, mh_ci_low, strata_used AS used, strata_without_overlap AS lonely, rows_without_overlap AS lonely_rows, n, largest_share_difference AS balance, note
FROM (VALUES ('no row', '1 [0 0 0 0 0] {}'), ('no overlap', '1 [2 3 5 3 5] {}'), ('no discount', '1 [2 0 5 0 4] {}'), ('one and one', '1 [0 0 0 0 0] {1 1 -2 0 0,1 1 2 0 0}'),
	('one variance', '1 [0 0 0 0 0] {1 2 -2 0 8,1 1 2 0 0}'), ('no variance', '1 [0 0 0 0 0] {2 2 -2 0 0}'), ('some', '1 [1 1 0 1 0] {2 2 -1 2 2}')) AS v(name, s), stratified_effect(s::stratified_state);
SELECT stratified_effect(s) FROM (VALUES (NULL::sales_stats)) AS v(s);
SELECT stratified_effect(s) FROM (VALUES ('1 0 0 {0} {0} {0}'::sales_stats)) AS v(s);
-- the state grows
SELECT strata_used, n, near(mh_difference, 1) AS mh FROM (SELECT (stratified_effect(s)).* FROM (SELECT ('1 0 0 {2 ' || 2 * g + 2 || ' ' || 2 * g * g + 4 * g + 4 || ' ' || g || ' ' || g + 2 || '} {1 ' || g || ' ' || g * g || ' ' || g || ' ' || g || '} {0}')::sales_stats AS s FROM generate_series(1, 5000) AS g) AS t) AS e;

--- 6. Text, bytes, direct calls ------------------------------------------------------

SELECT t, refusal(format('SELECT %L::sales_stats', t)) FROM unnest(ARRAY['', '1', '2 0 0 {0} {0} {0}', '1 19 0 {0} {0} {0}', '1 0 -1 {0} {0} {0}', '1 0 0 {0} {0}', '1 0 0 {0} {0} {0} ', ' 1 0 0 {0} {0} {0}', '1 0 0 {0}{0} {0}',
	'1 2 0 {0} {0} {0}', '1 0 2 {1 1 1 1 1} {0} {0}', '1 0 0 {-1 1 1 1 1} {0} {0}', '1 0 0 {0 0 0 0 0} {0} {0}', '1 0 0 {1 1 1 1} {0} {0}', '1 0 0 {1 1 1 1 1 1 1} {0} {0}', '1 0 0 {1 +1 1 1 1} {0} {0}', '1 0 0 {1 1 -1 1 1} {0} {0}',
	'1 0 0 {1 1 2 1 1} {0} {0}', '1 0 0 {1 1 0 1 1} {0} {0}', '1 0 0 {1 2 4 1 2} {0} {0}', '1 0 0 {2 3 5 2 1} {0} {0}', '1 0 0 {2 1 5 1 2} {0} {0}', '1 0 0 {2 5 5 1 2} {0} {0}', '1 0 0 {2 3 4 1 2} {0} {0}', '1 0 0 {2 3 9 1 2} {0} {0}',
	'1 0 0 {1 1000000000000000000 1000000000000000000000000000000000000 1000000000000000000 1000000000000000000} {0} {0}',
	'1 0 0 {9223372036854775808 0 0 0 0} {0} {0}', '1 0 0 {2305843009213693953 0 0 0 0} {0} {0}',
	'1 0 0 {1 1 1 1 1 170141183460469231731687303715884105728} {0} {0}', '1 0 0 {1 1 1 1 999999999999999999999999999999999999999999999999999999999999999999999999999999999} {0} {0}']) AS t;
SELECT t::sales_stats::text = t AS same FROM unnest(ARRAY['1 0 0 {2305843009213693952 2305843009213693948694156990786306049 2305843009213693946388313981572612100305843009213693951 0 999999999999999999} {0} {0}',
	'1 18 18 {1 -999999999999999999 999999999999999998000000000000000001 -999999999999999999 -999999999999999999 -170141183460469231731687303715884105727} {0} {1 0 0 0 0}']) AS t;
SELECT sales_stats_send('1 2 0 {2 3000 5000000 1000 2000 3} {0} {1 725 525625 725 725}');
-- extremes that are not known
SELECT sales_min(s), sales_max(s), sales_min(s, 'full') AS min_full, sales_mean(s), sales_stddev(s), sales_quantity(s), s::text::sales_stats::text = s::text AS same, sales_stats_send(s)
FROM (SELECT '1 2 0 {2 3000 5000000 - - 3} {1 725 525625 725 725} {0}'::sales_stats AS s) AS t;
SELECT s + '1 2 0 {1 500 250000 500 500} {1 800 640000 - -} {0}' AS added, '1 2 0 {1 500 250000 500 500} {1 800 640000 - -} {0}' + s AS otherwise, s + '1 4 0 {0} {0} {1 1 1 1 1}' AS rescaled, pt_sales_stats_accum(s, 1, true) AS a_row
FROM (SELECT '1 2 0 {2 3000 5000000 - -} {1 725 525625 725 725} {0}'::sales_stats AS s) AS t;
SELECT t, refusal(format('SELECT %L::sales_stats', t)) FROM unnest(ARRAY['1 0 0 {1 1 1 0 -1} {0} {0}', '1 0 0 {1 1 1 - 1} {0} {0}', '1 0 0 {1 1 1 -} {0} {0}', '1 0 0 {1 1 0 - -} {0} {0}', '1 0 0 {0 - -} {0} {0}',
	'1 0 0 {1 1000000000000000000 1000000000000000000000000000000000000 - -} {0} {0}', '1 0 0 {1 1 1000000000000000000000000000000000000 - -} {0} {0}']) AS t;
SELECT refusal($$SELECT '1 0 0 {1 999999999999999999 999999999999999998000000000000000001 - -} {0} {0}'::sales_stats + '1 1 0 {1 1 1 1 1} {0} {0}'$$) AS too_large;
SELECT refusal(format('SELECT %L::stratified_state', t)), t FROM unnest(ARRAY['', '1 {}', '2 [0 0 0 0 0] {}', '1 [0 0 0 0 0] {} ', '1 [1 0 0 0 0] {}', '1 [0 1 0 1 0] {}', '1 [1 2 0 3 0] {}', '1 [1 2 0 0 0] {}', '1 [1 1 1 1 1] {}', '1 [-1 0 0 0 0] {}',
	'1 [0 0 0 0 0] {0 1 0 0 0}', '1 [0 0 0 0 0] {1 1 NaN 0 0}', '1 [0 0 0 0 0] {1 1 1e19 0 0}', '1 [0 0 0 0 0] {2 1 0 -1 0}', '1 [0 0 0 0 0] {1 1 0 1 0}', '1 [0 0 0 0 0] {2 2 0 inf 0}', '1 [0 0 0 0 0] {1 1 0 0 0,}', '1 [0 0 0 0 0] {1 1 0 0}',
	'1 [0 0 0 0 0] {2305843009213693953 1 0 0 0}']) AS t;
SELECT '1 [0 0 0 0 0] {2 2 0.1 3 1e-300,1 9 -0 0 0.30000000000000004}'::stratified_state;
-- no setting changes the text
SET extra_float_digits = -15;
SELECT '1 [0 0 0 0 0] {2 2 0.1 3 1e-300,1 9 -0 0 0.30000000000000004}'::stratified_state;
SET extra_float_digits = 0;
-- direct calls change none of their arguments
SELECT s, pt_sales_stats_accum(s, 2, true), pt_sales_stats_accum(s, 2, true, 5), pt_sales_stats_combine(s, s), pt_sales_stats_rollup(NULL, s), pt_sales_stats_accum(NULL, NULL, NULL) IS NULL AS none, s AS unchanged FROM (SELECT '1 0 0 {1 1 1 1 1} {0} {0}'::sales_stats AS s OFFSET 0) AS t;
SELECT s, pt_stratified_state_accum(s, '1 0 0 {1 1 1 1 1} {1 0 0 0 0} {0}'), pt_stratified_state_combine(s, s), pt_stratified_state_final(s), s AS unchanged FROM (SELECT '1 [1 0 2 0 2] {1 1 3 0 0}'::stratified_state AS s OFFSET 0) AS t;
SELECT refusal($$SELECT stratified_effect(rollup(s)) FROM (VALUES ('1 [0 0 0 0 0] {2305843009213693952 2305843009213693952 0 0 0}'::stratified_state), ('1 [0 0 0 0 0] {2305843009213693952 2305843009213693952 0 0 0}')) AS v(s)$$);

DROP FUNCTION plan_of(text), near(double precision, double precision), refusal(text);
DROP VIEW expected;
DROP TABLE sale, sales, stored, parts, copied, wholly, sleep, strata, paradox;
