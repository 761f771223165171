-- Correlations of all pairs of columns: against corr() and rank() of plain SQL. test/oracle/check_correlation.py has pandas and SciPy.
\set SHOW_CONTEXT never
SET extra_float_digits = 0;

-- Anscombe's quartet (1973): four pairs of columns with the same correlation, 0.816
CREATE TABLE anscombe (x float8, y1 float8, y2 float8, y3 float8, x4 float8, y4 float8);
INSERT INTO anscombe VALUES (10, 8.04, 9.14, 7.46, 8, 6.58), (8, 6.95, 8.14, 6.77, 8, 5.76), (13, 7.58, 8.74, 12.74, 8, 7.71), (9, 8.81, 8.77, 7.11, 8, 8.84), (11, 8.33, 9.26, 7.81, 8, 8.47),
	(14, 9.96, 8.10, 8.84, 8, 7.04), (6, 7.24, 6.13, 6.08, 8, 5.25), (4, 4.26, 3.10, 5.39, 19, 12.50), (12, 10.84, 9.13, 8.15, 8, 5.56), (7, 4.82, 7.26, 6.42, 8, 7.91), (5, 5.68, 4.74, 5.73, 8, 6.89);
SELECT a, b, n, round(pearson::numeric, 3) AS pearson, round(pearson_p::numeric, 5) AS pearson_p, round(spearman::numeric, 3) AS spearman
FROM unnest((SELECT correlation_matrix('{x,y1,y2,y3,x4,y4}', ARRAY[x, y1, y2, y3, x4, y4]) FROM anscombe)) WHERE (a, b) IN (('x', 'y1'), ('x', 'y2'), ('x', 'y3'), ('x4', 'y4'));

-- Plain SQL: corr() of the rows that have both, and of their ranks, ties averaged
CREATE TABLE sample AS SELECT i, CASE WHEN i % 11 <> 0 THEN (i * 7919 % 1000) / 10.0::float8 END AS a, CASE WHEN i % 7 <> 0 THEN (i * 104729 % 777) / 3.0::float8 + (i * 7919 % 1000) / 20.0 END AS b,
	(i % 5)::float8 AS c, CASE WHEN i % 13 <> 0 THEN 1e9 + (i * 7919 % 1000) * 1e-3 + (i % 17) * 1e-3 ELSE 'NaN' END::float8 AS d, CASE WHEN i < 3 THEN 1.5 END::float8 AS e FROM generate_series(1, 20000) AS i;
ALTER TABLE sample SET (parallel_workers = 2);
CREATE FUNCTION plain() RETURNS TABLE (a text, b text, n bigint, pearson float8, spearman float8) LANGUAGE plpgsql AS $$
BEGIN
	FOR a, b IN SELECT x.name, y.name FROM unnest('{a,b,c,d,e}'::text[]) WITH ORDINALITY AS x(name, n), unnest('{a,b,c,d,e}'::text[]) WITH ORDINALITY AS y(name, n) WHERE x.n < y.n ORDER BY x.n, y.n LOOP
		EXECUTE format('SELECT count(*), corr(x - CASE WHEN %1$L = ''d'' THEN 1e9 ELSE 0 END, y - CASE WHEN %2$L = ''d'' THEN 1e9 ELSE 0 END), corr(rx, ry)
			FROM (SELECT x, y, rank() OVER (ORDER BY x) + (count(*) OVER (PARTITION BY x) - 1) / 2.0 AS rx, rank() OVER (ORDER BY y) + (count(*) OVER (PARTITION BY y) - 1) / 2.0 AS ry
			FROM (SELECT nullif(%1$I, ''NaN'') AS x, nullif(%2$I, ''NaN'') AS y FROM sample) s WHERE x IS NOT NULL AND y IS NOT NULL) s', a, b)
			INTO n, pearson, spearman;
		RETURN NEXT;
	END LOOP;
END
$$;
CREATE VIEW ours AS SELECT p.* FROM unnest((SELECT correlation_matrix('{a,b,c,d,e}', ARRAY[a, b, c, d, e]) FROM sample)) p;
CREATE FUNCTION differs() RETURNS TABLE (a text, b text, ours text, plain text) LANGUAGE sql AS $$
	SELECT a, b, o::text, p::text FROM ours o FULL JOIN plain() p USING (a, b)
	WHERE o.n IS DISTINCT FROM p.n OR (o.pearson IS NULL) <> (p.pearson IS NULL) OR (o.spearman IS NULL) <> (p.spearman IS NULL) OR abs(o.pearson - p.pearson) > 1e-12 OR abs(o.spearman - p.spearman) > 1e-12
$$;
SELECT * FROM differs();
SELECT count(*) AS pairs, count(pearson) AS known, count(*) FILTER (WHERE abs(pearson) > 0.1) AS correlated FROM ours;
-- p as correlation_test() has it
SELECT count(*) AS same FROM ours o, correlation_test(o.pearson, o.n) p, correlation_test(o.spearman, o.n) s WHERE o.pearson_p = p.p_value AND o.spearman_p = s.p_value;

-- A large offset costs nothing: 1e9 and thousandths beside it are what the thousandths alone are
SELECT abs(o.pearson - p.pearson) < 1e-9 AS same, o.pearson > 0.9 AS high FROM
	(SELECT (m[1]).pearson FROM (SELECT correlation_matrix('{x,y}', ARRAY[1e9 + (i * 7919 % 1000) / 1024.0, -1e9 + (i * 7919 % 1000 + i % 97) / 1024.0]) AS m FROM generate_series(1, 5000) i) s) o,
	(SELECT corr(i * 7919 % 1000, i * 7919 % 1000 + i % 97) AS pearson FROM generate_series(1, 5000) i) p;
SELECT (m[1]).* FROM (SELECT correlation_matrix('{x,y}', ARRAY[x, y]) AS m FROM (VALUES (1.7e308::float8, 5e-324::float8), (-1.7e308, 0), (0, 0)) v(x, y)) s;

-- In every plan, and in every order of the rows, the same to the last digit
SET extra_float_digits = 1;
CREATE TABLE serial AS SELECT * FROM ours;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
DO $$
DECLARE
	line text;
	found boolean := false;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT correlation_matrix(''{a,b}'', ARRAY[a, b]) FROM sample' LOOP
		found := found OR line ~ 'Partial Aggregate';
	END LOOP;
	RAISE NOTICE 'partial aggregate: %', found;
END $$;
SELECT (SELECT array_agg(o::text ORDER BY a, b) FROM ours o) = (SELECT array_agg(s::text ORDER BY a, b) FROM serial s) AS parallel;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
SELECT bool_and(m = (SELECT array_agg(ROW(a, b, n, pearson, pearson_p, spearman, spearman_p)::correlation_pair ORDER BY a, b) FROM serial)) AS any_order
FROM (SELECT correlation_matrix('{a,b,c,d,e}', ARRAY[a, b, c, d, e] ORDER BY i DESC) AS m FROM sample UNION ALL SELECT correlation_matrix('{a,b,c,d,e}', ARRAY[a, b, c, d, e] ORDER BY i * 7919::bigint % 20011) FROM sample) m;
SELECT bool_and(abs(x.pearson - y.pearson) <= 1e-15 AND x.spearman = y.spearman) AS swapped FROM ours x, unnest((SELECT correlation_matrix('{b,a}', ARRAY[b, a]) FROM sample)) y WHERE (x.a, x.b) = (y.b, y.a);
SET extra_float_digits = 0;

-- By group
SELECT i % 2 AS odd, (m[1]).a, (m[1]).b, (m[1]).n FROM (SELECT i % 2 AS i, correlation_matrix('{a,b}', ARRAY[a, b]) AS m FROM sample GROUP BY i % 2) s ORDER BY 1;

-- Too little to tell: one value, one row, none that has both, no row
SELECT what, m FROM (VALUES
	('constant', (SELECT correlation_matrix('{x,y}', ARRAY[0.1, i]) FROM generate_series(1, 10) i)),
	('constant where both are known', (SELECT correlation_matrix('{x,y}', ARRAY[i, CASE WHEN i < 5 THEN 7 WHEN i < 9 THEN NULL END]) FROM generate_series(1, 10) i)),
	('one row', (SELECT correlation_matrix('{x,y}', ARRAY[1, 2]))),
	('two rows', (SELECT correlation_matrix('{x,y}', ARRAY[i, -i]) FROM generate_series(1, 2) i)),
	('three on a line', (SELECT correlation_matrix('{x,y}', ARRAY[i, 3 * i]) FROM generate_series(1, 3) i)),
	('no row has both', (SELECT correlation_matrix('{x,y}', CASE WHEN i % 2 = 0 THEN ARRAY[i, NULL] ELSE ARRAY[NULL, i] END) FROM generate_series(1, 4) i)),
	('NaN', (SELECT correlation_matrix('{x,y}', ARRAY['NaN'::float8, i]) FROM generate_series(1, 4) i)),
	('NULL', (SELECT correlation_matrix('{x,y}', NULL) FROM generate_series(1, 4) i)),
	('no row', (SELECT correlation_matrix('{x,y}', ARRAY[1, 2]) FROM generate_series(1, 0) i))) AS v(what, m);

-- What is wrong is told
SELECT correlation_matrix('{x,y}', '{1,Infinity}');
SELECT correlation_matrix('{x,y}', '{1,2,3}');
SELECT correlation_matrix('{x,y}', '{{1,2},{3,4}}');
SELECT correlation_matrix('{x,y}', '{}');
SELECT correlation_matrix('{x}', '{1}');
SELECT correlation_matrix('{}', '{}');
SELECT correlation_matrix('{x,x}', '{1,2}');
SELECT correlation_matrix('{x,NULL}', '{1,2}');
SELECT correlation_matrix('{{x,y}}', '{1,2}');
SELECT correlation_matrix(NULL, '{1,2}');
SELECT correlation_matrix((SELECT array_agg('c' || i) FROM generate_series(1, 101) i), '{1}');
SELECT correlation_matrix(ARRAY['x', 'y' || i], ARRAY[i, i]) FROM generate_series(1, 2) i;
SELECT correlation_matrix(CASE i WHEN 1 THEN '{x,y}' ELSE '{x,y,z}' END::text[], ARRAY[i, i]) FROM generate_series(1, 2) i;
SELECT array_length(correlation_matrix((SELECT array_agg('c' || i) FROM generate_series(1, 100) i), (SELECT array_agg(i) FROM generate_series(1, 100) i)), 1) AS pairs;
-- states that are none
SELECT pt_correlation_accum('\x00', '{x,y}', '{1,2}');
SELECT pt_correlation_final('\x0100000002000000');
SELECT pt_correlation_combine(pt_correlation_accum(NULL, '{x,y}', '{1,2}'), pt_correlation_accum(NULL, '{x,z}', '{1,2}'));
SELECT pt_correlation_final(overlay(s PLACING '\xff' FROM 9)) FROM pt_correlation_accum(NULL, '{x,y}', '{1,2}') s;
SELECT pt_correlation_final(overlay(s PLACING '\x000000000000f07f' FROM 37)) FROM pt_correlation_accum(NULL, '{x,y}', '{1,2}') s;
SELECT pt_correlation_final(pt_correlation_combine(NULL, pt_correlation_combine(pt_correlation_accum(NULL, '{x,y}', '{1,2}'), NULL))), pt_correlation_combine(NULL, NULL), pt_correlation_final(NULL);
DROP TABLE sample, serial, anscombe CASCADE;
DROP FUNCTION differs(), plain();
