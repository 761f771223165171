-- What the exploration of the raw table should say: psql -v mart=shop -v source=clean_purchases
-- Plain SQL, one column after the other, without describe_table or correlation_matrix.
CREATE TEMP TABLE found (column_name text, kind text, n bigint, known bigint, different bigint, beyond bigint);
SELECT format('INSERT INTO found SELECT %L, %L, count(*), count(%I), count(DISTINCT %3$I), 0 FROM %s', attname, format_type(atttypid, NULL), attname, :'source'::regclass)
FROM pg_attribute WHERE attrelid = :'source'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum \gexec
SELECT format('UPDATE found SET beyond = (SELECT count(*) FROM %s, (SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY %I) AS a, percentile_cont(0.75) WITHIN GROUP (ORDER BY %2$I) AS b FROM %1$s) q WHERE %2$I < a - 1.5 * (b - a) OR %2$I > b + 1.5 * (b - a)) WHERE column_name = %2$L', :'source'::regclass, column_name)
FROM found WHERE kind ~ '^(smallint|integer|bigint|numeric|real|double)' AND different > 1 AND column_name !~ '(^|_)id$' \gexec
CREATE TEMP TABLE pair (a text, b text, n bigint, r float8);
SELECT format('INSERT INTO pair SELECT %L, %L, regr_count(%1$I, %2$I), corr(%1$I, %2$I) FROM %3$s', x.column_name, y.column_name, :'source'::regclass)
FROM found x JOIN found y ON x.kind ~ '^(smallint|integer|bigint|numeric|real|double)' AND y.kind ~ '^(smallint|integer|bigint|numeric|real|double)' AND x.different > 1 AND y.different > 1
	AND x.column_name !~ '(^|_)id$' AND y.column_name !~ '(^|_)id$'
JOIN pg_attribute p ON p.attrelid = :'source'::regclass AND p.attname = x.column_name JOIN pg_attribute q ON q.attrelid = :'source'::regclass AND q.attname = y.column_name AND p.attnum < q.attnum \gexec
SELECT :'mart' || '.raw.' || key, value FROM (
	SELECT 'rows', max(n)::text FROM found
	UNION ALL SELECT 'columns', count(*)::text FROM found
	UNION ALL SELECT 'with_nulls', count(*)::text FROM found WHERE known < n
	UNION ALL SELECT 'outliers', sum(beyond)::text FROM found
	UNION ALL SELECT 'outlier_columns', count(*)::text FROM found WHERE beyond > 0
	UNION ALL (SELECT v.key, v.value FROM (SELECT * FROM pair WHERE r IS NOT NULL ORDER BY abs(r) DESC LIMIT 1) p,
		LATERAL (VALUES ('a', a), ('b', b), ('pearson', r::text), ('pairs', p.n::text)) AS v(key, value))
	) AS s(key, value);
