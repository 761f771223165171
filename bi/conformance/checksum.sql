-- The checksum of every view of the schemas in BI_SCHEMAS, computed by the
-- server; README.md has the canonical form. It names its functions with their
-- schema, so that it does not depend on search_path.
--   BI_SCHEMAS='shop store' BI_SKIP='customer_history' psql -X -At -f checksum.sql
\set schemas `echo "$BI_SCHEMAS"`
\set skip `echo "$BI_SKIP"`
\pset fieldsep '\t'
SELECT pg_catalog.format(
	$query$SELECT 'sum', %L, %L, count(*), encode(sha256(convert_to(coalesce(string_agg(r.line, '' ORDER BY r.line COLLATE "C"), ''), 'UTF8')), 'hex')
		FROM (SELECT concat_ws(E'\t', %s) || E'\n' AS line FROM %I.%I v) r$query$,
	n.nspname, c.relname, string_agg(pg_catalog.format($null$coalesce(%s, E'\\N')$null$,
		CASE a.atttypid::regtype::text
			WHEN 'boolean' THEN pg_catalog.format('CASE WHEN v.%1$I THEN ''t'' WHEN NOT v.%1$I THEN ''f'' END', a.attname)
			WHEN 'double precision' THEN pg_catalog.format('encode(float8send(v.%I), ''hex'')', a.attname)
			WHEN 'date' THEN pg_catalog.format('to_char(v.%I, ''YYYY-MM-DD'')', a.attname)
			WHEN 'timestamp without time zone' THEN pg_catalog.format(
				'to_char(date_trunc(''milliseconds'', v.%I), ''YYYY-MM-DD"T"HH24:MI:SS.MS'')', a.attname)
			WHEN 'text' THEN pg_catalog.format(
				$escape$replace(replace(replace(replace(v.%I, E'\\', E'\\\\'), E'\t', E'\\t'), E'\n', E'\\n'), E'\r', E'\\r')$escape$, a.attname)
			ELSE pg_catalog.format('v.%I::text', a.attname)
		END), ', ' ORDER BY a.attnum),
	n.nspname, c.relname)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'v' AND n.nspname = ANY (string_to_array(:'schemas', ' '))
	AND c.relname <> ALL (string_to_array(:'skip', ' '))
GROUP BY n.nspname, c.relname
ORDER BY n.nspname, c.relname
\gexec
