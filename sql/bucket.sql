-- bucket: values and ages in buckets, right-closed with the lowest value included
\set VERBOSITY default

-- on, between and outside the edges 18, 31, 44
SELECT x, bucket_index(x, '{18,31,44}') AS bucket, bucket_label(x, '{18,31,44}') AS label,
       bucket_label(x, '{18,31,44}', '{young,old}') AS named
FROM unnest(ARRAY[17.999999, 18, 18.5, 31, 31.000001, 44, 44.000001, 'NaN', '-Infinity', 'Infinity', NULL]::float8[]) AS x;
-- infinite edges, one edge, many edges, any lower bound of the array
SELECT x, bucket_index(x, '{-Infinity,0,Infinity}') AS two, bucket_label(x, '{-Infinity,0,Infinity}') AS label,
       bucket_index(x, '{7}') AS one, bucket_label(x, '{7}') AS one_label, bucket_label(x, '{7}', '{seven}') AS seven,
       bucket_label(x, '[5:6]={0,7}', '[-3:-3]={zero to seven}') AS bounds
FROM unnest(ARRAY['-Infinity', 0, 4.94065645841246544e-324, 7, 'Infinity']::float8[]) AS x;
-- against the definition, written as a query
SELECT e, x
FROM (SELECT array_agg(g * g / 7.0 - 3 ORDER BY g)::float8[] AS e FROM generate_series(0, 100) AS g) AS edges,
     (SELECT g / 8.0 - 10 AS x FROM generate_series(0, 12000) AS g UNION ALL SELECT g * g / 7.0 - 3 FROM generate_series(0, 100) AS g) AS v
WHERE bucket_index(x, e) IS DISTINCT FROM CASE WHEN x = e[1] THEN 1
	ELSE (SELECT i FROM generate_series(1, 100) AS i WHERE e[i] < x AND x <= e[i + 1]) END;
-- labels do not depend on settings
SET extra_float_digits = -15;
SELECT bucket_label(0.15, '{0.1,0.30000000000000004,1e300}') AS first, bucket_label(1, '{0.1,0.30000000000000004,1e300}') AS second;
RESET extra_float_digits;
SELECT bucket_label(1, '{0,1}', ARRAY[repeat('x', 1000000)]) = repeat('x', 1000000) AS long_label,
       bucket_index(99999.5, array_agg(g::float8 ORDER BY g)) AS of_100000 FROM generate_series(1, 100000) AS g;
-- quantile edges and buckets fit: every value is in one, and ties are not split
SELECT count(*) AS rows, count(*) FILTER (WHERE b IS NULL) AS in_none, count(DISTINCT b) AS buckets, count(DISTINCT (x, b)) = count(DISTINCT x) AS whole_ties
FROM (SELECT x, bucket_index(x, quantile_edges(x, 10) OVER ()) AS b
      FROM (SELECT sqrt(g % 97) * 0.1 AS x FROM generate_series(1, 5000) AS g) AS v) AS w;

-- errors
SELECT bucket_index(1, '{}');
SELECT bucket_index(1, '{1,1}');
SELECT bucket_index(1, '{2,1}');
SELECT bucket_index(1, '{0,NaN}');
SELECT bucket_index(1, '{NaN}');
SELECT bucket_index(1, '{0,NULL,1}');
SELECT bucket_index(1, '{{0,1},{2,3}}');
SELECT bucket_label(1, '{0,1,2}', '{a}');
SELECT bucket_label(1, '{0,1}', '{}');
SELECT bucket_label(1, '{0,1}', '{NULL}');
SELECT bucket_label(1, '{0,1,2}', '{{a},{b}}');
SELECT bucket_label(99, '{1,0}') AS checked_outside_too;
SELECT bucket_index(NULL, '{1,0}') IS NULL AS null_value, bucket_index(1, NULL) IS NULL AS null_edges,
       bucket_label(NULL, '{0,1}') IS NULL AS null_value, bucket_label(1, NULL) IS NULL AS null_edges;

-- ages: the usual bands, the workflow's quartile groups, other bands in use
SELECT string_agg(DISTINCT format('%s %s: %s to %s', age_bucket_sort(a), age_bucket(a), lo, hi), E'\n') AS bands
FROM (SELECT a, min(a) OVER w AS lo, max(a) OVER w AS hi FROM generate_series(0, 130) AS a
      WINDOW w AS (PARTITION BY age_bucket(a))) AS v;
SELECT a, age_bucket(a, '{18,31,44,57,70}', '{Young Adult,Adult,Middle-aged,Senior}') AS named,
       age_bucket(a, '{18,31,44,57,70}') AS by_age, age_bucket_sort(a, '{18,31,44,57,70}') AS sort,
       age_bucket(a, '{18,34,54,Infinity}') AS three, age_bucket(a, '{-Infinity,25,40,60,Infinity}') AS open,
       age_bucket(a, '{0,18,19}') AS single_year, age_bucket(a, '{0,17.5,70}') AS fraction
FROM unnest(ARRAY[17, 18, 19, 31, 32, 44, 57, 58, 70, 71]) AS a;
SELECT age_bucket(5, '{-Infinity,Infinity}') AS all, age_bucket(7, '{7}') AS seven, age_bucket(1, '{0,1e300}') ~ '^0-1000000000000000052504760255204420248704468581108159154915854' AS huge,
       age_bucket(NULL::float8) IS NULL AS null_age, age_bucket('NaN') IS NULL AS nan, age_bucket(17) IS NULL AS young, age_bucket(25.5) AS fraction;
SELECT age_bucket_sort(40000, (SELECT array_agg(g) FROM generate_series(0, 50000) AS g)::float8[]) AS at_most;
SELECT age_bucket(30, '{40,20}');
SELECT age_bucket(30, '{20,40}', '{a,b}');
SELECT age_bucket(30, NULL, '{a,b}');
SELECT age_bucket_sort(30, '{20,NULL}');

-- completed years; 29 February has its birthday on 1 March in other years
SELECT b, a, age_years(b, a) AS got, want
FROM (VALUES ('2000-02-29'::date, '2001-02-28'::date, 0), ('2000-02-29', '2001-03-01', 1), ('2000-02-29', '2004-02-28', 3),
	('2000-02-29', '2004-02-29', 4), ('2000-02-28', '2001-02-28', 1), ('2000-12-31', '2001-01-01', 0),
	('2000-06-15', '2020-06-14', 19), ('2000-06-15', '2020-06-15', 20), ('2000-06-15', '2000-06-15', 0),
	('2000-06-15', '2000-06-14', NULL), ('infinity', 'infinity', NULL), ('-infinity', '2000-01-01', NULL),
	('2000-01-01', 'infinity', NULL), ('0001-01-01 BC', '0001-01-01', 1), ('4713-01-01 BC', '5874897-12-31', 5879609),
	(NULL, '2000-01-01', NULL), ('2000-01-01', NULL, NULL)) AS v(b, a, want)
WHERE age_years(b, a) IS DISTINCT FROM want;
-- the same as age() on every pair of days, leap days aside (age() takes 28 February for them)
SELECT b, a FROM generate_series(0, 3000, 7) AS i, generate_series(0, 3000, 11) AS j,
     LATERAL (SELECT date '1996-01-01' + i AS b, date '1996-01-01' + i + j AS a) AS v
WHERE age_years(b, a) <> extract(year FROM age(a, b)) AND to_char(b, 'MMDD') <> '0229';
SELECT age_bucket(date '1990-06-15', '2015-06-14') AS last_day_24, age_bucket(date '1990-06-15', '2016-06-15') AS first_day_26,
       age_bucket_sort(date '1990-06-15', '2016-06-15') AS sort, age_bucket(date '1990-06-15', '2015-06-14', '{0,24,99}', '{a,b}') AS named,
       age_bucket(date '2020-01-01', '2019-01-01') IS NULL AS unborn, age_bucket(date 'infinity', '2019-01-01') IS NULL AS infinite,
       age_bucket(NULL::date, '2019-01-01') IS NULL AS null_birth, age_bucket(date '2000-01-01', NULL) IS NULL AS null_as_of,
       age_bucket_sort(NULL::date, NULL) IS NULL AS null_sort;
SELECT age_bucket(date '1990-06-15', '2015-06-14', '{}');

-- Spend tiers: equal spenders are in one tier, and all who have the threshold are high-value
SELECT v, spend_tier(v, 50, 80), spend_tier_sort(v, 50, 80), is_high_value(v, 80)
FROM unnest(ARRAY[-1, 50, 50.01, 80, 80.01, 'Infinity', 'NaN', NULL]::float8[]) AS v;
SELECT spend_tier(1, 80, 50);
SELECT spend_tier(1, 'NaN', 50);
SELECT is_high_value(1, 'NaN');
-- many with the top amount: none of them is left out
SELECT tier, count(*), min(x), max(x), count(*) FILTER (WHERE is_high_value(x, high)) AS high_value
FROM (SELECT x, spend_tier(x, quantile(s, 0.5), quantile(s, 0.8)) AS tier, quantile(s, 0.9) AS high
	FROM (SELECT least(i, 70) AS x FROM generate_series(1, 100) AS i) v,
		(SELECT quantile_state(least(i, 70)) AS s FROM generate_series(1, 100) AS i) q) t
GROUP BY tier ORDER BY 3;
