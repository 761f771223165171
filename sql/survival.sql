-- survival: how long it takes, where it has not happened for all
\set VERBOSITY default
CREATE FUNCTION pg_temp.error_code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

-- 6-MP against placebo in leukaemia, weeks of remission (Freireich et al. 1963): curve, medians and log-rank as published
CREATE TEMP TABLE patient AS
SELECT '6-MP' AS treatment, abs(w) AS weeks, w > 0 AS relapsed FROM unnest('{6,6,6,-6,7,-9,10,-10,-11,13,16,-17,-19,-20,22,23,-25,-32,-32,-34,-35}'::integer[]) AS w
UNION ALL SELECT 'placebo', w, true FROM unnest('{1,1,2,2,3,4,4,5,5,8,8,8,8,11,11,12,12,15,17,22,23}'::integer[]) AS w;
CREATE TEMP TABLE arm AS SELECT treatment, survival(weeks, relapsed) AS s FROM patient GROUP BY treatment;
SELECT treatment, s FROM arm ORDER BY 1;
SELECT duration, at_risk, events, censored, round(survival::numeric, 3) AS survival, round(standard_error::numeric, 3) AS standard_error, round(low::numeric, 3) AS low, round(high::numeric, 3) AS high FROM arm, survival_curve(s) WHERE treatment = '6-MP' AND events > 0;
SELECT duration, at_risk, events, round(survival::numeric, 3) AS survival, round(standard_error::numeric, 3) AS standard_error, low IS NULL AS no_bounds FROM arm, survival_curve(s) WHERE treatment = 'placebo';
SELECT treatment, q.* FROM arm, survival_quantile(s) AS q ORDER BY 1;
SELECT treatment, quantile, reason FROM arm, survival_quantile(s, 0.75) AS q ORDER BY 1;
SELECT treatment, round(mean::numeric, 3) AS mean, round(standard_error::numeric, 3) AS standard_error, restricted_to, reason FROM arm, survival_mean(s) ORDER BY 1;
SELECT treatment, until, round(mean::numeric, 3) AS mean, reason FROM arm, unnest('{0,10,23,40}'::float8[]) AS until, survival_mean(s, until) ORDER BY 1, 2;
SELECT treatment, round(survival_at(s, 0)::numeric, 3) AS start, round(survival_at(s, 10)::numeric, 3) AS ten, round(survival_at(s, 22.9)::numeric, 3) AS later, survival_at(s, 36) AS after FROM arm ORDER BY 1;
SELECT round(chi_square::numeric, 2) AS chi_square, degrees_of_freedom, p::numeric(10, 7), n, observed, (SELECT array_agg(round(e::numeric, 2)) FROM unnest(expected) AS e) AS expected, reason FROM (SELECT array_agg(s ORDER BY treatment) AS a FROM arm) AS t, log_rank(a);
-- the order of groups is nothing; a third group without anybody, and groups that are the same
SELECT round(chi_square::numeric, 10) = (SELECT round(chi_square::numeric, 10) FROM (SELECT array_agg(s ORDER BY treatment DESC) AS a FROM arm) AS t, log_rank(a)) AS same FROM (SELECT array_agg(s ORDER BY treatment) AS a FROM arm) AS t, log_rank(a);
SELECT round(chi_square::numeric, 2) AS chi_square, degrees_of_freedom FROM (SELECT array_agg(s) || '1 0 {}'::survival AS a FROM arm) AS t, log_rank(a);
SELECT round(chi_square::numeric, 10) AS chi_square, degrees_of_freedom, p FROM (SELECT ARRAY[s, s] AS a FROM arm WHERE treatment = '6-MP') AS t, log_rank(a);
-- three groups: (O-E)' V^-1 (O-E) by hand is 13/5
SELECT chi_square::numeric(12, 10), degrees_of_freedom, observed, (SELECT array_agg(round(e::numeric, 4)) FROM unnest(expected) AS e) AS expected FROM log_rank(ARRAY['1 0 {1:1/0}', '1 0 {2:1/0}', '1 0 {3:1/0}']::survival[]);
SELECT a, chi_square, degrees_of_freedom, p, reason FROM unnest(ARRAY['{}', '{"1 0 {1:1/0}"}', '{"1 0 {1:0/2}","1 0 {1:0/5}"}', '{"1 0 {}","1 0 {}"}']) AS a, log_rank(a::survival[]);

-- in any order, weighted, merged
SELECT survival(weeks, relapsed ORDER BY weeks DESC)::text = survival(weeks, relapsed ORDER BY relapsed, weeks)::text AS any_order FROM patient;
SELECT rollup(s)::text = (SELECT survival(weeks, relapsed)::text FROM patient) AS rolled_up FROM arm;
SELECT a.s + b.s AS sum FROM (SELECT survival(6, true) AS s) AS a, (SELECT survival(6, false, 3) AS s) AS b;
SELECT survival(d, e) AS with_nulls FROM (VALUES (1.5, true), (NULL, true), (2, NULL), (0, false), (-0.0, true)) AS v(d, e);
SELECT survival(1, true) IS NULL AS of_no_row FROM patient WHERE false;
SELECT survival(d, true) AS of_nulls, rollup(NULL::survival) IS NULL AS of_null FROM (VALUES (NULL::float8)) AS v(d);
-- of none, of one, none with the event, all at once
SELECT s, (SELECT count(*) FROM survival_curve(s)) AS rows, survival_at(s, 1) AS at_1, q.quantile, q.reason, m.mean, m.standard_error, m.reason AS of_mean
	FROM unnest(ARRAY['1 3 {}', '1 0 {2:1/0}', '1 0 {2:0/1}', '1 0 {0:5/0}', '1 0 {1:9223372036854775807/0}']::survival[]) AS s, survival_quantile(s) AS q, survival_mean(s) AS m;
-- exactly half left is the median, whatever rounding does to the product
SELECT many, quantile FROM unnest('{2,6,10,14,30,1000}'::integer[]) AS many, LATERAL (SELECT survival(i, true) AS s FROM generate_series(1, many) AS i) AS t, survival_quantile(s) ORDER BY many;

-- time to the second order, from histories: not yet at as_of is censored
SELECT survival(coalesce(days_to_nth_purchase(h, 2), customer_age(h, '2024-02-01', 'day', 'day')), days_to_nth_purchase(h, 2) IS NOT NULL) AS second_order
	FROM (VALUES ('1 {2024-01-05 10, 2024-01-15 5}'::purchase_history), ('1 {2024-01-20 7}'), ('1 {2024-01-10 3, 2024-03-01 4}'), ('1 {2024-03-01 4}')) AS v(history), history_at(history, '2024-02-01') AS h;

-- text and bytes
SELECT v, pg_temp.error_code(format('SELECT %L::survival', v)) AS code FROM unnest(ARRAY['', '2 0 {}', '1 0 {1:1}', '1 0 {1:0/0}', '1 0 {-1:1/0}', '1 0 {1:-1/2}', '1 0 {1:1/0', '1 0 {1:1/0} ', '1 0 {nan:1/0}', '1 0 {1e16:1/0}', '1 -1 {}', '1 0 {1:9223372036854775807/1}']) AS v;
SET extra_float_digits = -15;
SELECT survival(1 / 3::float8, true)::text::survival AS exact;
RESET extra_float_digits;

-- mistakes
SELECT survival(-1, true);
SELECT survival_curve('1 0 {}', 1.5);
SELECT s, pg_temp.error_code(s) AS code FROM unnest(ARRAY['SELECT survival(''NaN'', true)', 'SELECT survival(''Infinity'', false)', 'SELECT survival(1, true, -1)', 'SELECT survival(1, true, NULL)', 'SELECT survival_at(''1 0 {}'', -1)', 'SELECT survival_quantile(''1 0 {}'', 1)', 'SELECT survival_quantile(''1 0 {}'', 0.5, 0)',
	'SELECT survival_mean(''1 0 {}'', ''NaN'')', 'SELECT log_rank(ARRAY[NULL]::survival[])', 'SELECT log_rank(array_fill(''1 0 {}''::survival, ARRAY[101]))', 'SELECT log_rank(array_fill(''1 0 {}''::survival, ARRAY[2,2]))']) AS s;
SELECT survival_at(NULL, 1) AS at, (SELECT count(*) FROM survival_curve(NULL)) AS curve, log_rank(NULL) AS test;
