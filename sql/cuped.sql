-- CUPED: the formula in plain SQL over the rows, in every plan
\set SHOW_CONTEXT never
SET extra_float_digits = 0;
CREATE TABLE spend AS
SELECT i, i % 3 = 0 AS discounted, (i * 7919 % 1000) / 10.0 AS before,
	(i * 7919 % 1000) / 20.0 + (i * 104729 % 777) / 30.0 - CASE WHEN i % 3 = 0 THEN 4 ELSE 0 END AS amount
FROM generate_series(1, 20000) AS i;
ALTER TABLE spend SET (parallel_workers = 2);

CREATE VIEW plain AS
WITH arms AS (
	SELECT discounted, count(*) AS n, avg(amount) AS my, avg(before) AS mx, regr_sxx(amount, before) AS sxx, regr_syy(amount, before) AS syy, regr_sxy(amount, before) AS sxy
	FROM spend GROUP BY 1
), both_arms AS (
	SELECT a.n AS n1, b.n AS n0, a.my - b.my AS naive, (a.sxy + b.sxy) / (a.sxx + b.sxx) AS theta, a.mx - b.mx AS dx,
		a.syy AS y1, a.sxy AS xy1, a.sxx AS x1, b.syy AS y0, b.sxy AS xy0, b.sxx AS x0
	FROM arms a, arms b WHERE a.discounted AND NOT b.discounted
)
SELECT n1, n0, naive, sqrt(y1 / (n1 - 1) / n1 + y0 / (n0 - 1) / n0) AS naive_se, theta, naive - theta * dx AS difference,
	sqrt((y1 - 2 * theta * xy1 + theta ^ 2 * x1) / (n1 - 1) / n1 + (y0 - 2 * theta * xy0 + theta ^ 2 * x0) / (n0 - 1) / n0) AS se,
	(xy1 + xy0) / sqrt((x1 + x0) * (y1 + y0)) AS correlation
FROM both_arms;

CREATE FUNCTION differs() RETURNS TABLE (measure text, ours float8, plain float8) LANGUAGE sql AS $$
	SELECT v.measure, v.ours, v.plain
	FROM (SELECT (e).* FROM (SELECT cuped_effect(amount, before, discounted) AS e FROM spend) x) c, plain p,
		LATERAL (VALUES ('n1', c.n_discounted, p.n1), ('n0', c.n_full, p.n0), ('naive', c.naive_difference, p.naive), ('naive_se', c.naive_se, p.naive_se),
			('theta', c.theta, p.theta), ('difference', c.difference, p.difference), ('se', c.se, p.se), ('correlation', c.correlation, p.correlation),
			('low', c.ci_low, p.difference - 1.959963984540054 * p.se), ('high', c.ci_high, p.difference + 1.959963984540054 * p.se)) AS v(measure, ours, plain)
	WHERE v.ours IS NULL OR abs(v.ours - v.plain) > 1e-9 * abs(v.plain)
$$;
SELECT * FROM differs();
SELECT difference BETWEEN -4.5 AND -3.5 AS near_the_truth, se < naive_se AS less_variance FROM (SELECT (cuped_effect(amount, before, discounted)).* FROM spend) x;

SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
DO $$
DECLARE
	line text;
	found boolean := false;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT cuped_effect(amount, before, discounted) FROM spend' LOOP
		found := found OR line ~ 'Partial Aggregate';
	END LOOP;
	RAISE NOTICE 'partial aggregate: %', found;
END $$;
SELECT * FROM differs();
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

-- too little to tell
SELECT (cuped_effect(a, b, d)).* FROM (VALUES (1.0, 2.0, true)) AS v(a, b, d);
SELECT (cuped_effect(a, b, d)).* FROM (VALUES (1.0, 2.0, true), (2, 2, false), (3, 2, true), (5, 2, false)) AS v(a, b, d);
SELECT (cuped_effect(a, b, d)).* FROM (VALUES (NULL::float8, 2.0, true), (1, NULL, true), (1, 1, NULL)) AS v(a, b, d);
SELECT (cuped_effect(1, 1, true)).n_discounted WHERE false;
SELECT cuped_effect('NaN', 1, true);
SELECT cuped_effect(1, 'Infinity', true);
-- states that are none
SELECT pt_cuped_accum('{1,2}', 1, 1, true);
SELECT pt_cuped_accum(NULL, 1, 1, true);
SELECT pt_cuped_accum('{-1,0,0,0,0,0,0,0,0,0,0,0}', 1, 1, true);
SELECT pt_cuped_combine('{0,0,0,0,0,0,0,0,0,0,0,NaN}', NULL);
SELECT pt_cuped_final(NULL);
DROP TABLE spend CASCADE;
DROP FUNCTION differs();
