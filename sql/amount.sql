-- amount: amounts of money that are sure to be numbers
\set VERBOSITY default

-- what is a number comes back as it is, to the last digit
SELECT a FROM unnest(ARRAY[0, -0.00, 12.50, -1234567.890, 1e-1000, 9e1000, (repeat('9', 10000) || '.5')::numeric]) AS a
WHERE finite_amount(a, 'c')::text <> a::text;
SELECT finite_amount(NULL, 'c') IS NULL AS null_amount, finite_amount(1, NULL) IS NULL AS null_name,
       finite_amount(5::smallint, 'c') AS small, sum(finite_amount(x, 'x')) = sum(x) AS sums
FROM (SELECT g / 7.0 AS x FROM generate_series(1, 1000) AS g) AS v;
SELECT finite_amount('NaN', 'total');
SELECT finite_amount('Infinity', 'we;ird "name" %s');
SELECT finite_amount('-Infinity', '');
-- stored values, compressed and not
CREATE TEMP TABLE stored AS SELECT (repeat('7', n))::numeric AS a FROM unnest(ARRAY[1, 100, 10000, 100000]) AS n;
SELECT count(*) AS differ FROM stored WHERE finite_amount(a, 'a') <> a;
-- what a mart can hold, by its definition
SELECT count(*) AS compared, count(*) FILTER (WHERE (pt_fitting_amount(a, d) IS NOT NULL) <> (abs(a) < least(1e12, 10::numeric ^ (16 - d)))) AS wrong,
	count(*) FILTER (WHERE pt_fitting_amount(a, d)::text <> a::text) AS changed
FROM generate_series(0, 18) AS d, unnest('{1,-1,0.9999,1.0001}'::numeric[]) AS f, generate_series(-30, 30) AS e, LATERAL (SELECT f * 10::numeric ^ e AS a) AS n;
SELECT pt_fitting_amount('NaN', 2) IS NULL AND pt_fitting_amount('Infinity', 2) IS NULL AND pt_fitting_amount('-Infinity', 2) IS NULL AS special, pt_fitting_amount(0, 18), pt_fitting_amount(NULL, 2) IS NULL AND pt_fitting_amount(1, NULL) IS NULL AS nulls;
SELECT pt_fitting_amount(1, -2147483648);
SELECT pt_fitting_amount(1, 19);
