-- What Metabase asks of a PostgreSQL database, in our own words, from what its
-- documentation says of sync, fingerprint and scan. As the reading role:
--   psql -v mart=shop -f metabase.sql

-- statement: tables
-- Relations of every kind that the role may read, with comments.
SELECT n.nspname AS schema, c.relname AS name, c.relkind, d.description
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
WHERE c.relkind IN ('r', 'p', 'v', 'f', 'm')
	AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
	AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
ORDER BY 1, 2;

-- statement: fields
SELECT c.table_name, c.ordinal_position, c.column_name, c.udt_name,
	col_description(format('%I.%I', c.table_schema, c.table_name)::regclass, c.ordinal_position) AS description
FROM information_schema.columns c
WHERE c.table_schema = :'mart'
ORDER BY 1, 2;

-- statement: keys
SELECT c.conrelid::regclass, c.contype, c.conkey
FROM pg_constraint c
JOIN pg_class r ON r.oid = c.conrelid AND r.relkind = 'v'
WHERE c.contype IN ('p', 'f');

-- statement: enums
-- A column of such a type would become a list to choose from; no view has one.
SELECT c.table_name, c.column_name
FROM information_schema.columns c
JOIN pg_namespace n ON n.nspname = c.udt_schema
JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = c.udt_name
WHERE c.table_schema = :'mart' AND t.typtype = 'e';

-- statement: fingerprint
-- Statistics of each column are made of the first rows.
SELECT * FROM :"mart"."fact_purchase" LIMIT 10000;

-- statement: field values
-- For the list of a filter.
SELECT "source"."category"
FROM :"mart"."fact_purchase" AS "source"
GROUP BY "source"."category"
ORDER BY "source"."category" ASC
LIMIT 1000;

-- statement: count
SELECT count(*) AS "count" FROM :"mart"."fact_purchase";

-- statement: summarize
-- A question with "summarize" and "group by month".
SELECT date_trunc('month', "source"."purchased_at") AS "purchased_at", sum("source"."amount") AS "sum"
FROM (SELECT "f"."purchased_at", "f"."amount" FROM :"mart"."fact_purchase" "f") AS "source"
GROUP BY date_trunc('month', "source"."purchased_at")
ORDER BY date_trunc('month', "source"."purchased_at") ASC;

-- statement: filter
SELECT count(DISTINCT "f"."customer_id") AS "count"
FROM :"mart"."fact_purchase" AS "f"
WHERE ("f"."subscribed" = TRUE);
