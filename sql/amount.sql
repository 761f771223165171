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
