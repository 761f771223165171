-- compare: tests of difference from summary numbers, and the distributions behind them
\set VERBOSITY default
SET extra_float_digits = -3;	-- 12 digits
CREATE FUNCTION pg_temp.near(a float8, b float8, relative float8 DEFAULT 1e-12) RETURNS bool LANGUAGE sql
	AS 'SELECT abs(a - b) <= relative * abs(b)';

-- distributions, against tables and closed forms of 15 digits or more: no rows
SELECT * FROM (VALUES
	('t', student_quantile(0.975, 10), 2.228138851986275), ('t', student_quantile(0.975, 1), 12.7062047361747),
	('t', student_quantile(0.975, 5), 2.570581835636314), ('t', student_quantile(0.025, 5), -2.570581835636314),
	('t', student_quantile(0.975, 2), 0.95 * sqrt(2 / (1 - 0.95::float8 ^ 2))),
	('t', student_p(-8.61746388524314, 35.1283818346179), 3.46784267299920e-10),	-- mpmath; MADlib cuts df to 35
	('chi', chi_square_p(3.841458820694124, 1), 0.05), ('chi', chi_square_p(5.991464547107979, 2), 0.05),
	('chi', chi_square_p(9.487729036781154, 4), 0.05),
	('chi', chi_square_p(18.307038053275146, 10), 0.05), ('chi', chi_square_p(6.634896601021213, 1), 0.01),
	('F', f_p(4.964602743730711, 1, 10), 0.05), ('F', f_p(161.447638797588, 1, 1), 0.05),
	('z', normal_quantile(0.975), 1.959963984540054), ('z', normal_quantile(0.995), 2.5758293035489004),
	('z', normal_quantile(0.95), 1.6448536269514722), ('z', normal_quantile(0.75), 0.6744897501960817),
	('z', normal_quantile(0.001), -3.090232306167813),
	('Z', normal_cdf(1), 0.8413447460685429), ('Z', normal_cdf(-3), 0.0013498980316300946), ('Z', normal_cdf(0), 0.5)
) AS v(name, got, want) WHERE pg_temp.near(got, want) IS NOT true;

SELECT pg_temp.near(student_p(-8.61746388524314, 35), 3.57563867403599e-10, 1e-6) AS as_madlib;

-- identities over grids: no rows
-- t with 1 df is Cauchy's, 2 df has a closed form
SELECT t, student_p(t, 1) FROM unnest(ARRAY[1e-9, 1e-3, 0.1, 0.5, 1, 1.5, 2, 10, 1e3, 1e6, 1e12, 1e100, 1e200]::float8[]) AS t
WHERE pg_temp.near(student_p(t, 1), 2 / pi() * atan(1 / t)) IS NOT true;
SELECT t, student_p(t, 2) FROM generate_series(-6, 12) AS i, LATERAL (SELECT 10 ^ (i / 4.0::float8)) AS v(t)
WHERE pg_temp.near(student_p(t, 2), 2 / (sqrt(2 + t * t) * (t + sqrt(2 + t * t)))) IS NOT true
   OR student_p(-t, 2) <> student_p(t, 2);
-- chi-square with 2 and 4 df, and with 1
SELECT x FROM (SELECT 10 ^ (i / 4.0::float8) FROM generate_series(-12, 12) AS i) AS v(x)
WHERE pg_temp.near(chi_square_p(x, 2), exp(-x / 2)) IS NOT true
   OR pg_temp.near(chi_square_p(x, 4), exp(-x / 2) * (1 + x / 2)) IS NOT true
   OR (x < 1000 AND pg_temp.near(chi_square_p(x, 1), 2 * normal_cdf(-sqrt(x))) IS NOT true);
-- F with df1 = 1 is t squared, and F turned round is its complement
SELECT t, df FROM generate_series(1, 40) AS i, unnest(ARRAY[0.3, 1, 2.5, 7, 17.776, 100, 12345, 1e7]::float8[]) AS df,
	LATERAL (SELECT i / 2.0::float8) AS v(t)	-- t * t is exact
WHERE pg_temp.near(f_p(t * t, 1, df), student_p(t, df)) IS NOT true AND student_p(t, df) > 1e-290;
SELECT f, df1, df2 FROM unnest(ARRAY[0.125, 0.5, 1, 2, 8]::float8[]) AS f,
	unnest(ARRAY[0.5, 1, 2, 7.5, 40, 1000, 1e6]::float8[]) AS df1, unnest(ARRAY[0.3, 1, 3, 12, 555, 1e7]::float8[]) AS df2
WHERE abs(f_p(f, df1, df2) + f_p(1 / f, df2, df1) - 1) > 1e-12;
-- F with df1 = 2, and with df2 = 2, has a closed form
SELECT f, df FROM unnest(ARRAY[0.125, 0.5, 1, 2, 8, 30]::float8[]) AS f, unnest(ARRAY[1, 3, 10.5, 200]::float8[]) AS df
WHERE pg_temp.near(f_p(f, 2, df), (1 + 2 * f / df) ^ (-df / 2)) IS NOT true
   OR pg_temp.near(1 - f_p(f, df, 2), (df * f / (df * f + 2)) ^ (df / 2), 1e-11) IS NOT true;
-- with many degrees of freedom: the normal distribution
SELECT t FROM generate_series(1, 8) AS t WHERE pg_temp.near(student_p(t, 1e30), 2 * normal_cdf(-t)) IS NOT true
	OR pg_temp.near(student_p(t, 1e15), 2 * normal_cdf(-t), 1e-11) IS NOT true;
-- quantiles turn back
SELECT p, df FROM unnest(ARRAY[1e-12, 1e-6, 0.001, 0.025, 0.2, 0.3, 0.45, 0.499]::float8[]) AS p,
	unnest(ARRAY[0.1, 0.5, 1, 1.5, 2, 3, 4.7, 10, 35.128, 1000, 1e7]::float8[]) AS df
WHERE pg_temp.near(student_p(student_quantile(p, df), df), 2 * p) IS NOT true
   OR pg_temp.near(student_quantile(1 - p, df), -student_quantile(p, df), 1e-12 + 1e-15 / p + 1e-15 / (p * df)) IS NOT true;
-- far beyond 10^140: the square of t is out of range
SELECT p, student_quantile(p, 0.001) FROM unnest(ARRAY[0.27, 0.29, 0.31, 0.32, 0.35, 0.36, 0.4]::float8[]) AS p
WHERE pg_temp.near(student_p(student_quantile(p, 0.001), 0.001), 2 * p) IS NOT true;
SELECT p FROM (SELECT 10 ^ (-i::float8) FROM generate_series(1, 280) AS i) AS v(p)
WHERE pg_temp.near(normal_cdf(normal_quantile(p)), p, 1e-11) IS NOT true;
SELECT student_quantile(0.5, 3) AS median, normal_quantile(0.5) AS normal_median, student_p(0, 3) AS p_of_0,
	student_p('infinity', 3) AS p_of_infinity, f_p(0, 1, 1) AS f_of_0, chi_square_p(0, 1) AS chi_of_0, normal_cdf('-infinity') AS z;
-- out of range
SELECT num_nonnulls(student_p('nan', 3), student_p(1, 0), student_p(1, -1), student_p(1, 'nan'), student_quantile(0, 3),
	student_quantile(1, 3), student_quantile(-0.1, 3), student_quantile('nan', 3), student_quantile(0.3, 0),
	student_quantile(0.025, 0.001), f_p(-1, 1, 1), f_p(1, 0, 1), f_p(1, 1, 0), f_p('nan', 1, 1), chi_square_p(-1, 1),
	chi_square_p(1, 0), chi_square_p('nan', 1), normal_quantile(0), normal_quantile(1), normal_quantile(2),
	normal_quantile('nan'), normal_cdf('nan'), normal_cdf(NULL)) AS none;

-- Welch: R's sleep data (R prints t = -1.8608, df = 17.776, p-value = 0.07939, -3.3654832 0.2054832)
CREATE TEMP TABLE sleep (extra float8, g int);
INSERT INTO sleep SELECT unnest('{0.7,-1.6,-0.2,-1.2,-0.1,3.4,3.7,0.8,0.0,2.0}'::float8[]), 1;
INSERT INTO sleep SELECT unnest('{1.9,0.8,1.1,0.1,-0.1,4.4,5.5,1.6,4.6,3.4}'::float8[]), 2;
SELECT round(difference::numeric, 9) AS difference, round(se::numeric, 9) AS se, round(statistic::numeric, 9) AS t, round(df::numeric, 9) AS df,
	round(p_value::numeric, 5) AS p, round(ci_low::numeric, 7) AS ci_low, round(ci_high::numeric, 7) AS ci_high, n,
	pg_temp.near(effect_size, statistic / sqrt(5)) AS effect	-- for groups of one size
FROM (SELECT count(*) FILTER (WHERE g = 1) AS n1, avg(extra) FILTER (WHERE g = 1) AS m1, stddev(extra) FILTER (WHERE g = 1) AS s1,
             count(*) FILTER (WHERE g = 2) AS n2, avg(extra) FILTER (WHERE g = 2) AS m2, stddev(extra) FILTER (WHERE g = 2) AS s2 FROM sleep) AS s,
	welch_test(n1, m1, s1, n2, m2, s2);
SELECT pg_temp.near(a.difference, -b.difference) AND pg_temp.near(a.ci_low, -b.ci_high) AND a.p_value = b.p_value AS mirrored,
	a.ci_high - a.ci_low < c.ci_high - c.ci_low AS wider
FROM welch_test(10, 5, 2, 20, 4, 3) AS a, welch_test(20, 4, 3, 10, 5, 2) AS b, welch_test(10, 5, 2, 20, 4, 3, confidence => 0.99) AS c;
-- one group without variance is allowed: by hand, se 1, df 3
SELECT difference, se, statistic, df, pg_temp.near(p_value, student_p(3, 3)) AS p, n, effect_size, sqrt(3.0::float8) AS by_hand FROM welch_test(4, 5, 2, 2, 2, 0), LATERAL (SELECT 1) AS one;
-- large and small numbers: no overflow
SELECT a.statistic AS t, pg_temp.near(a.statistic, b.statistic) AND pg_temp.near(a.p_value, b.p_value) AND pg_temp.near(a.effect_size, c.effect_size) AS scale_free
FROM welch_test(4, 3, 2, 4, 1, 2) AS a, welch_test(4, 3e250, 2e250, 4, 1e250, 2e250) AS b, welch_test(4, 3e-250, 2e-250, 4, 1e-250, 2e-250) AS c;
-- undefined
\pset null NULL
SELECT w.* FROM (VALUES (1::bigint, 5::float8, NULL::float8, 3::bigint, 4::float8, 1::float8), (0, NULL, NULL, 0, NULL, NULL), (3, 5, 0, 3, 4, 0), (3, NULL, 1, 3, 4, 1), (NULL, 5, 1, 3, 4, 1),
	(4, 1.7e308, 1, 4, -1.7e308, 1)) AS v(a, b, c, d, e, f), welch_test(a, b, c, d, e, f) AS w;
SELECT welch_test(-1, 5, 1, 3, 4, 1);
SELECT welch_test(3, 5, 1, 3, 'nan', 1);
SELECT welch_test(3, 5, -1, 3, 4, 1);
SELECT welch_test(3, 5, 1, 3, 4, 'infinity');
SELECT welch_test(3, 5, 1, 3, 4, 1, 1);
SELECT welch_test(3, 5, 1, 3, 4, 1, 'nan');
SELECT welch_test(9223372036854775807, 5, 1, 3, 4, 1);

-- ANOVA: Fisher's iris, sepal length (R prints F = 119.26, p < 2.2e-16; sums of squares 63.212 and 38.956)
SELECT round(statistic::numeric, 4) AS f, df_between, df_within, pg_temp.near(p_value, 1.669669e-31, 1e-6) AS p, n, round(effect_size::numeric, 5) AS eta
FROM anova('{50,50,50}', '{5.006,5.936,6.588}', ARRAY[sqrt(6.0882 / 49), sqrt(13.0552 / 49), sqrt(19.8128 / 49)]);
-- two groups of equal variance: the square of t; means may be large
SELECT pg_temp.near(a.statistic, w.statistic ^ 2) AS f, pg_temp.near(a.p_value, w.p_value) AS p, pg_temp.near(a.statistic, b.statistic, 1e-9) AS shifted, pg_temp.near(a.statistic, c.statistic) AS scaled
FROM anova('{8,8}', '{3,5}', '{2,2}') AS a, welch_test(8, 3, 2, 8, 5, 2) AS w, anova('{8,8}', '{1000000003,1000000005}', '{2,2}') AS b, anova('{8,8}', '{3e250,5e250}', '{2e250,2e250}') AS c;
-- groups of 0 and 1: by hand for (1, 3), (5): between 6, within 2
SELECT * FROM anova('{2,1,0}', '{2,5,NULL}', ARRAY[sqrt(2.0::float8), NULL, NULL]);
SELECT a.* FROM (VALUES ('{}'::bigint[], '{}'::float8[], '{}'::float8[]), ('{5}', '{1}', '{1}'), ('{1,1}', '{1,2}', '{NULL,NULL}'), ('{4,4}', '{1,2}', '{0,0}'),
	('{0,0}', '{NULL,NULL}', '{NULL,NULL}'), (NULL, '{}', '{}')) AS v(a, b, c), anova(a, b, c) AS a;
SELECT anova('{1,2}', '{1}', '{1,2}');
SELECT anova('{{1,2}}', '{1,2}', '{1,2}');
SELECT anova('{3,-2}', '{1,2}', '{1,2}');
SELECT anova('{3,NULL}', '{1,2}', '{1,2}');
SELECT anova('{3,2}', '{1,NULL}', '{1,2}');
SELECT anova('{3,2}', '{1,2}', '{NULL,2}');
SELECT anova('{3,2}', '{nan,2}', '{1,2}');
SELECT anova('{3,2}', '{1,2}', '{1,-2}');

-- chi-square: Agresti 2007, party by gender (R's chisq.test: X-squared = 30.07, df = 2, p = 2.954e-07)
SELECT round(statistic::numeric, 2) AS chi_square, df, p_value::numeric(20, 10), n, round(effect_size::numeric, 6) AS v, round(smallest_expected::numeric, 4) AS smallest
FROM chi_square_test('{{762,327,468},{484,239,477}}');
-- 2 x 2 by hand: n (ad - bc)^2 / (row and column sums) = 100 * 250^2 / (50 * 50 * 45 * 55); V is phi
SELECT pg_temp.near(statistic, 100 * 250.0 ^ 2 / (50 * 50 * 45 * 55)) AS statistic, df, n, pg_temp.near(effect_size, 250 / sqrt(50 * 50 * 45 * 55)) AS phi, smallest_expected
FROM chi_square_test('{{25,25},{20,30}}');
SELECT * FROM chi_square_test('{{5,0},{0,5}}');
SELECT * FROM chi_square_test('{{10,20,30},{20,40,60}}');
-- a row and a column of zeros are left out
SELECT count(DISTINCT c) AS one FROM (VALUES ('{{25,25},{20,30}}'::bigint[]), ('{{25,0,25},{0,0,0},{20,0,30}}')) AS v(t), chi_square_test(t) AS c;
SELECT c.* FROM (VALUES ('{{0,0},{0,0}}'::bigint[]), ('{{5,5}}'), ('{{5},{5}}'), ('{{5,0},{7,0}}'), (NULL)) AS v(t), chi_square_test(t) AS c;
SELECT pg_temp.near(statistic, 4e18) AS statistic, p_value, effect_size FROM chi_square_test('{{2000000000000000000,0},{0,2000000000000000000}}');
SELECT chi_square_test('{1,2,3}');
SELECT chi_square_test('{}');
SELECT chi_square_test('{{{1}}}');
SELECT chi_square_test('{{1,2},{3,NULL}}');
SELECT chi_square_test('{{1,2},{3,-4}}');
SELECT chi_square_test('{{9223372036854775807,2},{3,4}}');

-- Wilson: Newcombe 1998, table I (81 of 263: 0.2553 to 0.3662; 15 of 148: 0.0624 to 0.1605; 0 of 20: 0 to 0.1611; 1 of 29: 0.0061 to 0.1718)
SELECT s, n, round(w.proportion::numeric, 4) AS proportion, round(ci_low::numeric, 4) AS ci_low, round(ci_high::numeric, 4) AS ci_high
FROM (VALUES (81, 263), (15, 148), (0, 20), (1, 29), (29, 29)) AS v(s, n), wilson_interval(s, n) AS w;
SELECT * FROM wilson_interval(0, 1);
SELECT * FROM wilson_interval(0, 0);
SELECT s, n FROM (VALUES (0, 5), (1, 5), (2, 5), (3, 5), (5, 5), (1, 1000000000), (999999999, 1000000000)) AS v(s, n), wilson_interval(s, n, 0.9) AS a, wilson_interval(n - s, n, 0.9) AS b
WHERE abs(a.ci_low - (1 - b.ci_high)) > 1e-15 OR a.ci_low < 0 OR a.ci_high > 1 OR a.ci_low > a.proportion OR a.ci_high < a.proportion;
SELECT wilson_interval(3, 2);
SELECT wilson_interval(-3, 2);
SELECT wilson_interval(3, -2);
SELECT wilson_interval(1, 2, 0);

-- correlation: r = 0.6, n = 18: t = 3 by hand; Fisher's interval by hand
SELECT n, round(statistic::numeric, 12) AS t, df, pg_temp.near(p_value, student_p(3, 16)) AS p,
	pg_temp.near(ci_low, tanh(atanh(0.6) - 1.959963984540054 / sqrt(15))) AND pg_temp.near(ci_high, tanh(atanh(0.6) + 1.959963984540054 / sqrt(15))) AS interval, effect_size
FROM correlation_test(0.6, 18);
SELECT n, round(statistic::numeric, 12) AS t, df, round(p_value::numeric, 12) AS p, ci_low, ci_high, round(effect_size::numeric, 12) AS effect FROM correlation_test(-sqrt(0.5), 3);
SELECT c.* FROM (VALUES (0.5::float8, 2::bigint), (0.5, 0), (1, 10), (-1, 10), (NULL, 10), (0.5, NULL)) AS v(r, n), correlation_test(r, v.n) AS c;
SELECT correlation_test(1.1, 10);
SELECT correlation_test('nan', 10);
SELECT correlation_test(0.5, -1);
SELECT correlation_test(0.5, 10, 95);

-- Benjamini and Hochberg 1995, section 3.2: of 15 tests 4 are findings at 0.05
SELECT count(*) FILTER (WHERE p <= 0.05) AS findings, count(*) AS tests, min(p) AS smallest
FROM unnest(benjamini_hochberg('{0.0001,0.0004,0.0019,0.0095,0.0201,0.0278,0.0298,0.0344,0.0459,0.3240,0.4262,0.5719,0.6528,0.7590,1.0000}')) AS p;
-- by hand: in the order given, NULLs not counted
SELECT benjamini_hochberg('{0.04,NULL,0.01,0.5,0.03}') AS four, benjamini_hochberg('{}') AS none, benjamini_hochberg('{NULL}') AS unknown, benjamini_hochberg('[3:4]={0.5,0.25}') AS bounds,
	benjamini_hochberg('{0.9,0.9,1}') AS high, benjamini_hochberg(NULL) AS nothing;
SELECT benjamini_hochberg('{0.5,1.5}');
SELECT benjamini_hochberg('{0.5,nan}');
SELECT benjamini_hochberg('{{0.5},{1}}');

-- two groups of sales_stats, and more by arrays of their accessors
SELECT round(w.difference::numeric, 6) AS difference, round(w.statistic::numeric, 6) AS t, round(w.df::numeric, 4) AS df, w.n,
	abs(w.p_value - v.p_value) < 1e-12 AS same
FROM (SELECT sales_stats(x, false) AS s FROM unnest('{1.5,2.5,4,7}'::numeric[]) AS x) a,
	(SELECT sales_stats(x, true) AS s FROM unnest('{3,5,8,9.25,11}'::numeric[]) AS x) b,
	LATERAL welch_test(a.s, b.s) w,
	LATERAL welch_test(4, 3.75, 2.3979157616563596, 5, 7.25, 3.2307119958300214, 0.95) v;
SELECT round(f.statistic::numeric, 6) AS f, f.df_between, f.df_within, f.n
FROM (SELECT anova(array_agg(sales_count(s)), array_agg(sales_mean(s)::float8), array_agg(sales_stddev(s))) AS r
	FROM (SELECT g, sales_stats(g * 2 + i % 3, false) AS s FROM generate_series(1, 3) AS g, generate_series(1, 6) AS i GROUP BY g) x) y,
	LATERAL (SELECT (y.r).*) f;
SELECT welch_test(NULL::sales_stats, NULL::sales_stats);
