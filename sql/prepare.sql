-- prepare: raw tables, prepare_purchases, describe_table
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET datestyle = ISO;
SET timezone = 'UTC';

/*--- raw tables ---*/

SELECT create_raw_table('raw_shop', E'\ufeffCustomer ID, Age ,"Amount (USD)","a ""quoted""\nname",,ctid,NA\r\n');
SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute
WHERE attrelid = 'raw_shop'::regclass AND attnum > 0;
SELECT create_raw_table('"we;ird ""name"', 'x;"y;z"', ';');
-- long names are cut between characters: 31 of 2 bytes, and one that does not fit
SELECT octet_length(n[1]) AS bytes, n[1] = repeat('ä', 31) AS cut, n[2]
FROM pt_header_names(repeat('ä', 40) || ',b') AS t(n);
-- a table goes to the first schema of the caller's path, or where it is told to
CREATE SCHEMA elsewhere;
SET search_path = elsewhere, public;
SELECT create_raw_table('here', 'a');
SELECT create_raw_table('public.there', 'a');
SELECT create_raw_table('told', 'a', target_schema => 'public');
SET search_path = public;
DROP TABLE elsewhere.here, there, told;
-- errors
SELECT create_raw_table('raw_shop', 'a');
SELECT create_raw_table('t', 'a,b,a');
SELECT create_raw_table('t', '');
SELECT create_raw_table('t', E'\ufeff \r\n');
SELECT create_raw_table('t', NULL);
SELECT create_raw_table('t', '"a');
SELECT create_raw_table('t', 'a', 'ab');
SELECT create_raw_table('t', 'a', NULL);
SELECT create_raw_table(NULL, 'a');
SELECT create_raw_table('a b', 'a');
SELECT create_raw_table('a.b.c', 'a');
SELECT create_raw_table('', 'a');
SELECT create_raw_table('nowhere.t', 'a');
SELECT create_raw_table('pg_catalog.t', 'a');
SELECT create_raw_table(repeat('t', 64), 'a');
SELECT create_raw_table('t', 'a', ',', NULL);
-- an error tells where the caller is, and nothing of places in our own functions
\set SHOW_CONTEXT errors
SELECT create_raw_table('t', 'a,b,a');
SELECT import_csv('t', NULL);
CREATE FUNCTION mine() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM create_raw_table('raw_shop', 'a'); END $$;
SELECT mine();
DROP FUNCTION mine;
\set SHOW_CONTEXT never
-- and a handler sees the error as it is
DO $$ BEGIN
	PERFORM create_raw_table('raw_shop', 'a');
EXCEPTION WHEN duplicate_table THEN
	RAISE WARNING '%', SQLERRM;
END $$;
DROP TABLE raw_shop, "we;ird ""name";

/*--- sources ---*/

CREATE TABLE plain (a integer);
CREATE INDEX plain_index ON plain (a);
CREATE VIEW plain_view AS SELECT * FROM plain;
CREATE TABLE nothing ();
CREATE ROLE regress_prepare_reader;
SELECT pt_check_source('plain'), pt_check_source('plain_view');
SELECT pt_check_source(NULL);
SELECT pt_check_source(1);
SELECT pt_check_source('plain_index');
SELECT pt_check_source('pg_class');
SELECT pt_check_source('nothing');
SET ROLE regress_prepare_reader;
SELECT pt_check_source('plain');
SELECT describe_table('plain');
SELECT prepare_purchases('plain', 't');
RESET ROLE;
GRANT SELECT (a) ON plain TO regress_prepare_reader;
SET ROLE regress_prepare_reader;
SELECT pt_check_source('plain');
RESET ROLE;
REVOKE ALL ON plain FROM regress_prepare_reader;
DROP ROLE regress_prepare_reader;
DROP TABLE plain, nothing CASCADE;

/*--- types ---*/

CREATE FUNCTION type_of(vals text[], name text DEFAULT 'x', tolerance float8 DEFAULT 0.05,
	date_order text DEFAULT NULL, mark text DEFAULT NULL) RETURNS text LANGUAGE sql AS
$$ SELECT t.type || coalesce(' ' || nullif(concat_ws(' ', t.day_order, t.amount_mark), ''), '') || coalesce(' (' || t.note || ')', '')
   FROM (SELECT pt_column_profile(v, NULL) AS p FROM unnest(vals) AS v) AS s, pt_prepare_type(s.p, name, tolerance, date_order, mark) AS t $$;
SELECT label, type_of(vals) FROM (VALUES
	('no values', ARRAY['', 'N/A', NULL]),
	('words', ARRAY['a', 'b']),
	('flags', ARRAY['Yes', 'no', NULL]),
	('0 and 1 are numbers', ARRAY['0', '1']),
	('0, 1 and a word', ARRAY['0', '1', 'yes']),
	('integers', ARRAY['1', '-2', ' 3 ']),
	('large integers', ARRAY['1', '3000000000']),
	('larger integers', ARRAY['1', '30000000000000000000']),
	('amounts', ARRAY['1', '$2.50', '(3.00)']),
	('codes', ARRAY['007', '1']),
	('zero is no code', ARRAY['0', '0.5']),
	('dates', ARRAY['2024-01-05', '5 Jan 2024']),
	('timestamps', ARRAY['2024-01-05', '2024-01-05 10:00']),
	('with zones', ARRAY['2024-01-05 10:00Z', '2024-01-05 10:00+02']),
	('zones here and there', ARRAY['2024-01-05 10:00Z', '2024-01-05 10:00']),
	('day first', ARRAY['13/01/2024', '01/02/2024']),
	('compact dates are numbers', ARRAY['20240105', '20240106']),
	('one of two is not few', ARRAY['1', 'a'])
) AS t(label, vals);
-- yyyymmdd in a column whose name speaks of dates
SELECT n, type_of(ARRAY['20240105', '20240106'], n) FROM unnest(ARRAY['order_date', 'created_at', 'sku']) AS n;
SELECT type_of(ARRAY['20240105', '20241301'], 'order_date');
-- of 20 values, one may fail at 5 percent, and none at 0
SELECT share, type_of(array_fill('1'::text, ARRAY[19]) || 'a'::text, 'x', share) FROM unnest(ARRAY[0.05, 0.04, 0]) AS share;
SELECT mark, type_of(ARRAY['1.234,50', '2,5'], 'x', 0.05, NULL, mark) FROM unnest(ARRAY['.', ',', NULL]) AS mark;
SELECT pt_prepare_type('{1,2}', 'x');
SELECT pt_prepare_type(NULL, 'x');
SELECT type_of(ARRAY['1'], 'x', 1);
SELECT type_of(ARRAY['1'], 'x', 'NaN');

/*--- prepare_purchases ---*/

CREATE TABLE raw (
	"Customer ID" text, " Name " text, "Category" text, "Amount (USD)" text, "Amount (EUR)" text,
	"Member?" text, "ID of Shop" text, "Order Date" text, "Rating" text, "Twice" text, "Note" text,
	"Shop" varchar(10), "Sold" numeric(8,2));
INSERT INTO raw SELECT i, ' n' || i || ' ', (ARRAY['Shirt', 'Hat', ' Hat '])[i % 3 + 1], '$' || i || '.50', i * 2,
	(ARRAY['Yes', 'NO'])[i % 2 + 1], '00' || i, format('2024-01-%s', i), nullif(i % 4, 0), (ARRAY['y', 'n'])[i % 2 + 1],
	CASE WHEN i > 3 THEN 'N/A' ELSE '' END, 'main', i / 4.0
FROM generate_series(1, 20) AS i;
SELECT * FROM prepare_purchases('raw', 'shop', '{"rating": "category"}');
SELECT * FROM shop ORDER BY customer_id;
TABLE shop_reject;
SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, col_description(a.attrelid, a.attnum) AS comment
FROM pg_attribute AS a WHERE a.attrelid = 'shop'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT obj_description('shop'::regclass), obj_description('shop_reject'::regclass);
-- nothing is taken from what exists
SELECT * FROM prepare_purchases('raw', 'shop');
SELECT * FROM prepare_purchases('raw', 'raw');
DROP TABLE shop;
SELECT * FROM prepare_purchases('raw', 'shop');
SELECT to_regclass('shop');
DROP TABLE shop_reject;

-- rows that do not fit go whole and raw to the reject table
UPDATE raw SET "Amount (USD)" = ' abc', "Order Date" = '2024-02-30' WHERE "Customer ID" = '3';
UPDATE raw SET "Member?" = 'it''s' WHERE "Customer ID" = '5';
SELECT * FROM prepare_purchases('raw', 'shop') WHERE action ~ 'rows|typed|reject';
TABLE shop_reject;
SELECT count(*), sum(amount_usd) FROM shop;
DROP TABLE shop, shop_reject;
-- none may fail: those columns stay text
SELECT * FROM prepare_purchases('raw', 'shop', tolerance => 0) WHERE action ~ 'rows|typed|reject';
DROP TABLE shop, shop_reject;

-- duplicates, found after cleaning; redundant columns
INSERT INTO raw SELECT * FROM raw WHERE "Customer ID" IN ('7', '8');
INSERT INTO raw SELECT "Customer ID", 'n9', "Category", '9.5', "Amount (EUR)", 'y', "ID of Shop", '9 January 2024', "Rating",
	"Twice", "Note", "Shop", "Sold" FROM raw WHERE "Customer ID" = '9';
SELECT * FROM prepare_purchases('raw', 'shop') WHERE action ~ 'row';
SELECT * FROM prepare_purchases('raw', 'shop2', drop_duplicates => true, drop_redundant => true)
WHERE action ~ 'row|redundant|dropped';
SELECT "Customer ID", " Name ", reject_reason FROM shop2_reject;
SELECT count(*), count(DISTINCT s.*) FROM shop2 AS s;
SELECT attname FROM pg_attribute WHERE attrelid = 'shop2'::regclass AND attnum > 0 AND NOT attisdropped;
DROP TABLE shop, shop_reject, shop2, shop2_reject, raw;

-- imputation: even and odd groups, a NULL group, a group that knows nothing,
-- several group columns, none, integers that get a fraction
CREATE TABLE raw (g text, h text, x text, y text, z text);
INSERT INTO raw VALUES ('a', 'p', '1', '1.1', '1'), ('a', 'p', '2', '2.20', '2'), ('a', 'q', '', '', ''),
	('', 'p', '5', '3.3', '5'), ('', 'q', '', '', ''), ('b', 'q', '', '9.9', '4'), ('b', 'p', '', '', ''), ('c', 'q', '4', '0.3', '4');
SELECT * FROM prepare_purchases('raw', 'imp', '{"x": "g", "y": [], "z": ["h", "g"]}') WHERE action ~ 'imputed|typed';
SELECT * FROM imp ORDER BY g, h, y;
DROP TABLE imp, imp_reject;
-- the argument
SELECT prepare_purchases('raw', 'imp', '[]');
SELECT prepare_purchases('raw', 'imp', 'null');
SELECT prepare_purchases('raw', 'imp', '{"x": 1}');
SELECT prepare_purchases('raw', 'imp', '{"x": ["g", null]}');
SELECT prepare_purchases('raw', 'imp', '{"nope": "g"}');
SELECT prepare_purchases('raw', 'imp', '{"x": "nope"}');
SELECT prepare_purchases('raw', 'imp', '{"x": "x"}');
SELECT prepare_purchases('raw', 'imp', '{"g": "h"}');
ALTER TABLE raw RENAME h TO x_imputed;
SELECT prepare_purchases('raw', 'imp', '{"x": []}');
-- other arguments
SELECT prepare_purchases('raw', 'imp', decimal_mark => ';');
SELECT count(*) FROM prepare_purchases('raw', 'imp', decimal_mark => NULL);
DROP TABLE imp, imp_reject;
SELECT prepare_purchases('raw', 'imp', decimal_marks => '[]');
SELECT prepare_purchases('raw', 'imp', decimal_marks => '{"nope": ","}');
SELECT prepare_purchases('raw', 'imp', decimal_marks => '{"x": ";"}');
SELECT prepare_purchases('raw', 'imp', decimal_marks => '{"x": null}');
SELECT prepare_purchases('raw', 'imp', types => '{"x": "money"}');
SELECT prepare_purchases('raw', 'imp', types => '{"x": ["text"]}');
SELECT prepare_purchases('raw', 'imp', na_labels => '{g,nope}');
SELECT prepare_purchases('raw', 'imp', fold_labels => '{NULL}');
SELECT prepare_purchases('raw', 'imp', misfits => 'drop');
SELECT prepare_purchases('raw', 'imp', misfits => NULL);
SELECT prepare_purchases('raw', 'imp', currencies => 'convert');
SELECT prepare_purchases('raw', 'imp', date_order => 'YDM');
SELECT prepare_purchases('raw', 'imp', tolerance => -1);
SELECT prepare_purchases('raw', 'imp', tolerance => 'NaN');
SELECT prepare_purchases('raw', NULL);
SELECT prepare_purchases(NULL, 'imp');
SELECT prepare_purchases('raw', repeat('t', 57));
SELECT to_regclass('imp'), to_regclass('imp_reject');
DROP TABLE raw;

-- dates
CREATE TABLE raw (iso text, dmy text, mdy text, unclear text, mixed text, few text, stamp_at text, zoned text, compact_day text);
INSERT INTO raw SELECT format('2024-03-%s', i), format('%s/03/2024', i), format('03/%s/2024', i), format('%s/03/2024', i % 12 + 1),
	CASE WHEN i % 2 = 0 THEN format('%s/03/2024', i) ELSE format('03/%s/2024', i) END,
	CASE WHEN i = 30 THEN '30/03/2024' ELSE format('03/%s/2024', i) END,
	format('2024-03-%s 1%s:00', i, i % 10), format('2024-03-%sT10:00+0%s:00', i, i % 10), 20240300 + i
FROM generate_series(1, 30) AS i;
SELECT * FROM prepare_purchases('raw', 'dated') WHERE action ~ 'typed|rejected';
SELECT * FROM dated WHERE iso >= '2024-03-29';
TABLE dated_reject;
SELECT * FROM prepare_purchases('raw', 'dated2', date_order => 'dmy', tolerance => 0.7) WHERE column_name ~ 'unclear|mixed|^mdy' AND action ~ 'typed|rejected';
DROP TABLE raw, dated, dated_reject, dated2, dated2_reject;

-- single letters: F may be female, Y and N are flags
CREATE TABLE raw (all_f text, t_f text, n text, f_yes text);
INSERT INTO raw SELECT 'F', (ARRAY['t', 'F'])[i % 2 + 1], 'N', (ARRAY['f', 'yes'])[i % 2 + 1] FROM generate_series(1, 10) AS i;
SELECT * FROM prepare_purchases('raw', 'letters') WHERE action ~ 'typed';
DROP TABLE raw, letters, letters_reject;

-- names
CREATE TABLE "we;ird ""name" ("a;b""c" text, "%s" text, "$1" text, "'" text, "(USD)" text, reject_reason text, xmin_ text, "XMin" text, "Überlänge (m)" text);
INSERT INTO "we;ird ""name" SELECT i, '1', '2', 'x', i, CASE WHEN i = 7 THEN 'x' ELSE '1' END, NULL, NULL, i % 3 FROM generate_series(1, 20) AS i;
SELECT * FROM prepare_purchases('"we;ird ""name"', '"T;a ""b"', '{"a_b_c": ["usd"]}', drop_duplicates => true, drop_redundant => true);
TABLE "T;a ""b_reject";
DROP TABLE "we;ird ""name", "T;a ""b", "T;a ""b_reject";
CREATE TABLE raw ("A" text, "a" text);
SELECT prepare_purchases('raw', 'clash');
DROP TABLE raw;

-- 0 rows, no value at all, typed sources, views
CREATE TABLE raw (a text, b integer);
SELECT * FROM prepare_purchases('raw', 'zero', '{"a": "b"}');
SELECT * FROM zero;
DROP TABLE raw, zero, zero_reject;
CREATE TABLE typed AS SELECT 1 AS a, 'x'::name AS b;
CREATE DOMAIN money_text AS text CHECK (value <> 'x');
CREATE VIEW mixed AS SELECT i AS "Order No", i::text::money_text AS total, point(i, i) AS p, json_build_object('a', i % 2) AS j,
	ARRAY[i] AS l, i::float8 AS f, NULL::text AS nothing FROM generate_series(1, 12) AS i;
SELECT * FROM prepare_purchases('mixed', 'from_view', drop_duplicates => true);
SELECT * FROM prepare_purchases('from_view', 'again', '{"f": ["j", "l"]}') WHERE action ~ 'row|imputed';
SELECT * FROM from_view LIMIT 2;
-- nothing but columns that are typed already
SELECT * FROM prepare_purchases('typed', 'pg_temp.typed_too');
DROP TABLE from_view, from_view_reject, again, again_reject, typed;
DROP VIEW mixed;
DROP DOMAIN money_text;
-- a source that is not the same twice
CREATE SEQUENCE ticks;
CREATE VIEW changing AS SELECT 'a' AS a FROM generate_series(1, nextval('ticks'));
SELECT prepare_purchases('changing', 'changed');
SELECT to_regclass('changed');
DROP VIEW changing;
DROP SEQUENCE ticks;

/*--- duplicates and redundant columns ---*/

CREATE TABLE d (a integer, b json, c text);
INSERT INTO d VALUES (1, '{}', 'x'), (1, '{}', 'x'), (1, '{ }', 'x'), (NULL, NULL, NULL), (NULL, NULL, NULL), (NULL, NULL, NULL);
SELECT * FROM count_duplicates('d');
TRUNCATE d;
SELECT * FROM count_duplicates('d');
DROP TABLE d;
-- equal to an earlier one of the same type; others differ in the last row only
CREATE TABLE d AS SELECT i % 3 AS a, (i % 3)::bigint AS b, i % 3 AS c, 'k' AS k, NULL::text AS n,
	CASE WHEN i = 5000 THEN 9 ELSE i % 3 END AS e1, CASE WHEN i = 5000 THEN 9 ELSE i % 3 END AS e2,
	CASE WHEN i = 5000 THEN 'z' ELSE 'k' END AS nearly, (i % 3)::numeric AS m, (i % 3)::numeric(5,2) AS m2
FROM generate_series(1, 5000) AS i;
SELECT * FROM redundant_columns('d');
DROP TABLE d;

/*--- describe_table ---*/

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE d (i integer, n numeric, f float8, r real, t text, b boolean, dt date, e mood, p point, j json, x xml, a integer[], "we;ird ""name" varchar(3));
INSERT INTO d VALUES
	(1, 1.5, 1, 1, 'b', true, '2024-01-01', 'happy', '(1,1)', '{"a":1}', '<a/>', '{1}', 'x'),
	(2, 2.5, 'NaN', 2, 'B', true, '2024-01-02', 'sad', '(1,1)', '{"a":1}', '<a/>', '{2}', 'y'),
	(4, 1e400, '-Infinity', 3, 'a', false, NULL, 'ok', '(0,1)', '{"a":0}', '<b/>', '{1}', NULL),
	(10, 'NaN', 'Infinity', 4, 'a', NULL, '2024-01-01', 'sad', NULL, NULL, NULL, NULL, NULL);
SELECT column_name, data_type, row_count AS rows, nulls, distinct_values AS kinds, left(minimum, 10) AS minimum, left(maximum, 10) AS maximum,
	most_frequent AS most, most_frequent_share AS share FROM describe_table('d');
SELECT column_name, q1, median, q3, mean, round(sd::numeric, 6) AS sd FROM describe_table('d') WHERE mean IS NOT NULL AND column_name <> 'n';
SELECT column_name, q1, median, q3, mean, sd FROM describe_table('d') WHERE column_name = 'n';
-- columns that are no numbers have none of these, whatever comes before them
SELECT count(*) AS no_numbers, count(q1) + count(median) + count(q3) + count(sd) AS wrong FROM describe_table('d') WHERE mean IS NULL;
TRUNCATE d;
INSERT INTO d (f, n) VALUES (1e300, 1e-400), (1e300, 1e-400), (-1e300, 0);
SELECT column_name, q1, median, q3, mean, sd FROM describe_table('d') WHERE column_name IN ('f', 'n');
TRUNCATE d;
SELECT column_name, row_count, distinct_values, minimum, mean, most_frequent, most_frequent_share FROM describe_table('d') LIMIT 2;
SELECT describe_table(NULL);
DROP TABLE d;
DROP TYPE mood;

/*--- import_csv: what can be refused without reading a file (test/t/030_prepare.pl reads some) ---*/

SELECT import_csv(NULL, '/nowhere');
SELECT import_csv('t', NULL);
SELECT import_csv('t', '/nowhere/file.csv');
SELECT import_csv('t', '/nowhere/file.csv', encoding => 'nope');
