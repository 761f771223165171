-- What Power BI's PostgreSQL connector asks, in our own words: the statements
-- were rewritten from descriptions and server logs that others published
-- (docs/bi.md names them). As the reading role:
--   psql -v mart=shop -f powerbi.sql

-- statement: types
-- Npgsql on connecting: the types that can be read, with their elements.
SELECT n.nspname, t.typname, t.oid, t.typtype, t.typbasetype, e.oid AS element, r.rngsubtype
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
LEFT JOIN pg_type e ON e.typarray = t.oid
LEFT JOIN pg_proc f ON f.oid = t.typreceive
LEFT JOIN pg_range r ON r.rngtypid = t.oid
WHERE t.typtype IN ('b', 'd', 'e', 'r') AND f.proname IS NOT NULL
	OR t.typtype = 'c' AND c.relkind = 'c';

-- statement: composite fields
SELECT t.oid, a.attname, a.atttypid
FROM pg_type t
JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY t.oid, a.attnum;

-- statement: enum labels
SELECT t.oid, e.enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid ORDER BY t.oid, e.enumsortorder;

-- statement: character set
SELECT character_set_name FROM information_schema.character_sets;

-- statement: navigator
-- Everything that a person can choose from.
SELECT table_schema, table_name, table_type
FROM information_schema.tables
WHERE table_schema NOT IN ('information_schema', 'pg_catalog')
ORDER BY table_schema, table_name;

-- statement: columns
SELECT table_name, column_name, ordinal_position, is_nullable,
	CASE WHEN data_type LIKE '%unsigned%' THEN data_type || ' unsigned' ELSE data_type END AS data_type
FROM information_schema.columns
WHERE table_schema = :'mart'
ORDER BY table_name, ordinal_position;

-- statement: keys
SELECT c.table_name, c.constraint_name, c.constraint_type, k.column_name, k.ordinal_position
FROM information_schema.table_constraints c
JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name, table_schema, table_name)
WHERE c.table_schema = :'mart' AND c.constraint_type IN ('PRIMARY KEY', 'UNIQUE')
ORDER BY 1, 2, 5;

-- statement: foreign keys
-- From and to the tables of the mart.
SELECT r.constraint_name, child.table_name, child.column_name, parent.table_name, parent.column_name
FROM information_schema.referential_constraints r
JOIN information_schema.key_column_usage child
	ON child.constraint_schema = r.constraint_schema AND child.constraint_name = r.constraint_name
JOIN information_schema.key_column_usage parent
	ON parent.constraint_schema = r.unique_constraint_schema AND parent.constraint_name = r.unique_constraint_name
	AND parent.ordinal_position = child.position_in_unique_constraint
WHERE child.table_schema = :'mart' OR parent.table_schema = :'mart';

-- statement: preview
SELECT "$Table"."customer_id" AS "customer_id", "$Table"."gender" AS "gender", "$Table"."amount" AS "amount",
	"$Table"."subscribed" AS "subscribed", "$Table"."purchased_at" AS "purchased_at"
FROM :"mart"."fact_purchase" "$Table"
LIMIT 1000;

-- statement: import
SELECT "_".* FROM :"mart"."fact_purchase" "_";

-- statement: directquery card
-- One number on a card.
SELECT "_"."a0"
FROM (SELECT sum(cast("rows"."amount" AS decimal)) AS "a0"
	FROM (SELECT "_"."amount" FROM :"mart"."fact_purchase" "_") "rows") "_"
WHERE NOT "_"."a0" IS NULL
LIMIT 1000001;

-- statement: directquery distinct
-- Different customers; NULL counts as one.
SELECT count(DISTINCT "rows"."customer_id") + max(CASE WHEN "rows"."customer_id" IS NULL THEN 1 ELSE 0 END) AS "a0"
FROM :"mart"."fact_purchase" "rows";

-- statement: directquery group
-- A bar chart.
SELECT "_"."gender", "_"."a0"
FROM (SELECT "rows"."gender" AS "gender", sum(cast("rows"."amount" AS decimal)) AS "a0"
	FROM (SELECT "_"."gender", "_"."amount" FROM :"mart"."fact_purchase" "_") "rows"
	GROUP BY "gender") "_"
WHERE NOT "_"."a0" IS NULL
LIMIT 1000001;

-- statement: directquery slicer
-- The same under a slicer.
SELECT "_"."category", "_"."a0"
FROM (SELECT "rows"."category" AS "category", sum(cast("rows"."amount" AS decimal)) AS "a0"
	FROM (SELECT "_"."category", "_"."amount"
		FROM :"mart"."fact_purchase" "_"
		WHERE "_"."gender" = 'Female' AND "_"."gender" IS NOT NULL) "rows"
	GROUP BY "category") "_"
WHERE NOT "_"."a0" IS NULL
LIMIT 1000001;

-- statement: directquery semijoin
-- Two categories picked by hand come as a table of constants.
SELECT "basetable0"."gender", sum(cast("basetable0"."amount" AS decimal)) AS "a0"
FROM (SELECT "_"."gender", "_"."category", "_"."amount" FROM :"mart"."fact_purchase" "_") "basetable0"
INNER JOIN (
	SELECT min(category) AS "c1" FROM :"mart"."fact_purchase"
	UNION ALL
	SELECT max(category) AS "c1" FROM :"mart"."fact_purchase"
) "semijoin1" ON "semijoin1"."c1" = "basetable0"."category"
	OR "semijoin1"."c1" IS NULL AND "basetable0"."category" IS NULL
GROUP BY "basetable0"."gender"
LIMIT 1000001;

-- statement: directquery join
-- A relationship between two tables: views say that every column may be NULL,
-- and NULL equals NULL in Power Query.
SELECT "_"."age_group", "_"."a0"
FROM (SELECT "rows"."age_group" AS "age_group", sum(cast("rows"."amount" AS decimal)) AS "a0"
	FROM (SELECT "$Outer"."amount", "$Inner"."age_group"
		FROM (SELECT "_"."customer_id", "_"."amount" FROM :"mart"."fact_purchase" "_") "$Outer"
		LEFT OUTER JOIN (SELECT "_"."customer_id" AS "customer_id2", "_"."age_group" FROM :"mart"."dim_customer" "_") "$Inner"
			ON "$Outer"."customer_id" = "$Inner"."customer_id2"
			OR "$Outer"."customer_id" IS NULL AND "$Inner"."customer_id2" IS NULL) "rows"
	GROUP BY "age_group") "_"
WHERE NOT "_"."a0" IS NULL
LIMIT 1000001;

-- statement: reset
-- Npgsql between two uses of a connection.
DISCARD ALL;
