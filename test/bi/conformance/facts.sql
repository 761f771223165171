-- What the system catalogs say of the relations in the schemas BI_SCHEMAS, and
-- whether BI_USER may read them: kept rows are read through views only.
\set schemas `echo "$BI_SCHEMAS"`
\set reader `echo "$BI_USER"`
SELECT 'relation', n.nspname, c.relname, c.relkind, obj_description(c.oid, 'pg_class'), has_table_privilege(:'reader', c.oid, 'SELECT')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (string_to_array(:'schemas', ' ')) AND c.relkind IN ('r', 'v', 'm')
ORDER BY 2, 3;
SELECT 'column', n.nspname, c.relname, a.attnum, a.attname, a.atttypid::regtype,
	CASE WHEN a.atttypid = 'numeric'::regtype THEN (a.atttypmod - 4) >> 16 END,
	CASE WHEN a.atttypid = 'numeric'::regtype THEN (a.atttypmod - 4) & 65535 END,
	col_description(c.oid, a.attnum)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = ANY (string_to_array(:'schemas', ' ')) AND c.relkind = 'v'
ORDER BY 2, 3, 4;
