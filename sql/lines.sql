-- lines: all order lines of one customer as one value, and the numbers of its texts
\set VERBOSITY default
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE SCHEMA lines;
SET search_path = lines, public;
CREATE FUNCTION refusal(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE command;
	RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || coalesce(nullif(' (' || detail || ')', ' ()'), '');
END $$;

--- 1. dimension_codes ------------------------------------------------------------

SELECT dimension_codes(d, c, v) FROM (VALUES (2, 0, 'shop'), (1, 1, 'Male'), (1, 0, 'Female'), (3, 7, E'a "b" \\ c'), (1, 1, 'Male'), (5, 2147483647, ''), (NULL, 1, 'x'), (1, NULL, 'x'), (1, 5, NULL)) AS t(d, c, v) \gset
SELECT :'dimension_codes' AS codes, :'dimension_codes'::dimension_codes::text = :'dimension_codes' AS same_text, dimension_codes_send(:'dimension_codes') AS bytes;
SELECT dimension_codes(1, 1, 'x') FILTER (WHERE false) IS NULL AS nothing, '1 {}'::dimension_codes AS empty, dimension_codes_send('1 {}') AS bytes, dimension_code('1 {}', 1, 'x') IS NULL AS no_code;
SELECT d, v, dimension_code(:'dimension_codes', d, v) FROM (VALUES (1, 'Female'), (1, 'Male'), (1, 'male'), (1, ''), (2, 'shop'), (3, E'a "b" \\ c'), (4, 'shop'), (5, ''), (6, 'shop'), (0, 'shop'), (-1, 'shop'), (2147483647, 'shop'), (1, NULL)) AS t(d, v);
SELECT d, c, dimension_value_of(:'dimension_codes', d, c) FROM (VALUES (1, 0), (1, 1), (1, 2), (1, -1), (2, 0), (3, 7), (3, 6), (4, 0), (5, 2147483647), (0, 0), (121, 0), (NULL, 0)) AS t(d, c);
-- many values, among them some that differ by little
CREATE TABLE word AS SELECT d, (row_number() OVER (PARTITION BY d) * 3 - 1)::integer AS c, v FROM generate_series(1, 80) AS d,
	LATERAL (SELECT DISTINCT left(md5((d * g)::text) || repeat('x', g), g % 40) || CASE WHEN g % 3 = 0 THEN 'é' ELSE '' END AS v FROM generate_series(0, CASE d WHEN 80 THEN 20000 WHEN 79 THEN 0 ELSE d * 7 END) AS g) AS w;
SELECT count(*) AS words, count(*) FILTER (WHERE dimension_code(codes, d, v) = c) AS codes, count(*) FILTER (WHERE dimension_value_of(codes, d, c) = v) AS values,
       count(dimension_code(codes, d, v || '?')) AS others, count(dimension_value_of(codes, d, c + 1)) AS other_codes
FROM word, (SELECT dimension_codes(d, c, v) FROM word) AS t(codes);
-- however it is computed
CREATE TABLE plain AS SELECT dimension_codes(d, c, v) AS codes FROM word;
CREATE AGGREGATE open_codes (integer, integer, text) (SFUNC = pt_dimension_codes_accum, STYPE = dimension_codes, COMBINEFUNC = pt_dimension_codes_combine, PARALLEL = SAFE);
CREATE AGGREGATE joined_codes (dimension_codes) (SFUNC = pt_dimension_codes_combine, STYPE = dimension_codes, FINALFUNC = pt_dimension_codes_final, COMBINEFUNC = pt_dimension_codes_combine, PARALLEL = SAFE);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
ALTER TABLE word SET (parallel_workers = 3);
EXPLAIN (COSTS OFF) SELECT dimension_codes(d, c, v) FROM word;
SELECT count(*) AS same FROM plain, (SELECT dimension_codes(d, c, v) FROM word) AS t(codes) WHERE t.codes::text = plain.codes::text AND dimension_codes_send(t.codes) = dimension_codes_send(plain.codes);
SET max_parallel_workers_per_gather = 0;
SELECT count(*) AS same FROM plain, (SELECT joined_codes(codes) FROM (SELECT open_codes(d, c, v ORDER BY v) FROM word GROUP BY c % 7) AS p(codes)) AS t(codes) WHERE t.codes::text = plain.codes::text;
SELECT count(*) AS same FROM plain, (SELECT open_codes(d, c, v ORDER BY v) FROM word) AS t(codes) WHERE t.codes::text = plain.codes::text AND t.codes::text::dimension_codes::text = plain.codes::text
	AND dimension_code(t.codes, 80, (SELECT v FROM word WHERE d = 80 AND c = 299)) = 299;
SELECT joined_codes(c::dimension_codes) FROM (VALUES ('1 {1:0 "a"}'), (NULL), ('1 {}'), ('1 {1:1 "b", 1:0 "a"}')) AS t(c);
RESET max_parallel_workers_per_gather;
CREATE TABLE sent (codes dimension_codes);
\copy plain TO 'results/lines.bin' (FORMAT binary)
\copy sent FROM 'results/lines.bin' (FORMAT binary)
SELECT count(*) AS same FROM plain, sent WHERE plain.codes::text = sent.codes::text AND dimension_code(sent.codes, 80, (SELECT v FROM word WHERE d = 80 AND c = 299)) = 299;
-- what cannot be
SELECT c, refusal(format('SELECT dimension_codes(%s)', c)) FROM unnest(ARRAY['0, 1, ''x''', '121, 1, ''x''', '-1, 1, ''x''', '1, -1, ''x''']) AS c;
SELECT dimension_codes(1, c, v) FROM (VALUES (1, 'x'), (2, 'x')) AS t(c, v);
SELECT dimension_codes(1, c, v) FROM (VALUES (1, 'x'), (1, 'y')) AS t(c, v);
SELECT t, split_part(refusal(format('SELECT %L::dimension_codes', t)), '" ', 2) AS why, left(refusal(format('SELECT %L::dimension_codes', t)), 5) AS state
FROM unnest(ARRAY['', '1', '2 {}', '1 {', '1 {} ', '1 {1:0}', '1 {1:0 x}', '1 {1:0 "x}', '1 {1:0 "x\"}', '1 {1:0 "x\', '1 {0:0 "x"}', '1 {121:0 "x"}', '1 {1:-1 "x"}', '1 {1:2147483648 "x"}', '1 {1:99999999999999999999 "x"}',
	'1 {1:0 "x",1:1 "y"}', '1 {1:0 "x", }', '1 {1:0 "x", 1:1 "x"}', '1 {1:0 "x", 1:0 "y"}', '1 {1:0 "x", 1:0 "x"}']) AS t;

--- 2. Text ---------------------------------------------------------------------

-- each form comes back as it is
SELECT count(*) AS values, string_agg(t || '  ->  ' || t::purchase_lines::text, E'\n') FILTER (WHERE t::purchase_lines::text <> t) AS changed
FROM unnest(ARRAY[
	'1 0 {}', '1 0 {(2024-01-05 10.00 4.5 2 t f)}', '1 0 {(~ ~ ~ ~ ~ ~)}', '1t 0 {(~ ~ ~ ~ ~ ~)}', '1 1 {(~ ~ ~ ~ ~ ~ ~)}',
	'1 2 {(2024-01-05T09:30:00 5.50 ~ 1 f f 1 ~; 2024-01-05T09:30:00 10.00 4.5 2 t f 0 "new")}',
	'1t 2 {(2024-01-05T09:30:00 5.50 ~ 1 f f 1 ~; 2024-01-05T09:30:00 10.00 4.5 2 t f 0 "new")}',
	'1 1 {(2024-01-05 1 ~ ~ ~ ~ 0; 2024-01-07 1 ~ ~ ~ ~ 0; ~ 1 ~ ~ ~ ~ 0), (2024-01-05 1 ~ ~ ~ ~ 1), (2024-01-06 1 ~ ~ ~ ~ 2), (~ ~ ~ ~ ~ ~ "x"), (~ 1 ~ ~ ~ ~ "x")}',
	'1 1 {(2024-01-05 0 ~ ~ ~ ~ 0), (2024-01-05 0 ~ ~ ~ ~ 0), (2024-01-05 0 ~ ~ ~ ~ 0; 2024-01-05 0 ~ ~ ~ ~ 0)}',
	'1 1 {(2024-01-05 ~ ~ ~ f ~ 2147483647), (2024-01-05 ~ ~ ~ t ~ ~)}',
	E'1 3 {(2024-01-05 ~ ~ ~ ~ ~ "" "\\"" "\\\\"), (2024-01-05 ~ ~ ~ ~ ~ "), (" "}" "a\tb\nc"), (2024-01-05 ~ ~ ~ ~ ~ "é" "日本" "~")}',
	'1 0 {(-4712-01-01 -999999999999999999 999999999999999999 0 f f), (0000-02-29 999999999999999999 -999999999999999999 1 t t), (294276-12-31 0 0 2 ~ ~)}',
	'1 0 {(1999-12-31T23:59:59.999999 0.999999999999999999 0.000000000000000001 -0.000000000000000001 f f), (2000-01-01T00:00:00.000000 -0.999999999999999999 0.000000000000000000 0.000000000000000000 t t)}',
	'1 0 {(-4712-01-01T00:00:01 ~ 0.5 ~ ~ ~; 294276-12-31T23:59:59 ~ 0.5 ~ ~ ~)}',
	'1 0 {(2024-01-05 1 ~ ~ ~ ~; 2024-01-05 2 ~ ~ ~ ~), (2024-01-05 1 ~ ~ ~ ~; 2024-01-05 2 ~ ~ ~ ~; 2024-01-05 3 ~ ~ ~ ~), (2024-01-05 2 ~ ~ ~ ~)}',
	'1 120 {(2024-01-05 1 ~ ~ ~ ~' || repeat(' 1 "x"', 60) || ')}',
	-- states with order ids keep them, and their rows as they came
	'1 1 {#5=(2024-01-02 1 ~ ~ t f 3; ~ ~ ~ ~ ~ ~ ~), "a"=(2024-01-01 1.5 ~ ~ t f "x"), (2024-01-01 1 ~ ~ t f 3), (2024-01-01 1 ~ ~ t f 3; 2023-01-01 1 ~ ~ t f 3), #5=(2023-01-01T10:00:00 1 ~ ~ t f 3)}',
	'1 0 {#-9223372036854775808=(~ ~ ~ ~ ~ ~), #9223372036854775807=(~ ~ ~ ~ ~ ~), ""=(~ ~ ~ ~ ~ ~), "a\"b\\"=(~ ~ ~ ~ ~ ~)}'
]) AS t;
-- read with tolerance: lines and orders in any order, other decimals, a finer unit than needed, orders by time that are not
SELECT t::purchase_lines FROM unnest(ARRAY[
	'1 3 {}', '1t 3 {}',
	'1 1 {(2024-01-06 1.00 ~ ~ ~ ~ 0), (2024-01-05 2.5 ~ ~ ~ ~ 0; ~ 3 ~ ~ ~ ~ 0; 2024-01-04T10:00:00.000000 3 ~ ~ ~ ~ 0)}',
	'1t 1 {(2024-01-06 1 ~ ~ ~ ~ 0; 2024-01-05 2 ~ ~ ~ ~ 0), (2024-01-06 0007 ~ ~ ~ ~ 0; ~ 3 ~ ~ ~ ~ 0), (~ -0 ~ ~ ~ ~ 0)}',
	'1 2 {(~ ~ ~ ~ ~ ~ "b" "a"), (~ ~ ~ ~ ~ ~ "a" "b"), (~ ~ ~ ~ ~ ~ 1 ~), (~ ~ ~ ~ ~ ~ 0 007), (~ ~ ~ ~ ~ ~ ~ "\a")}'
]) AS t;
-- and refused, each for its reason
SELECT t, split_part(refusal(format('SELECT %L::purchase_lines', t)), '" ', 2) AS why, left(refusal(format('SELECT %L::purchase_lines', t)), 5) AS state
FROM unnest(ARRAY[
	'', '{}', '1 {}', '2 0 {}', '1 121 {}', '1 -1 {}', '1x 0 {}', '1 0 {', '1 0 {} ', '1 0 {()}', '1 0 {(~ ~ ~ ~ ~ ~}', '1 0 {(~ ~ ~ ~ ~ ~);}', '1 0 {(~ ~ ~ ~ ~ ~),(~ ~ ~ ~ ~ ~)}', '1 0 {(~ ~ ~ ~ ~ ~), }', '1 0 {(~ ~ ~ ~ ~ ~;~ ~ ~ ~ ~ ~)}',
	'1 0 {(~ ~ ~ ~ ~)}', '1 0 {(~ ~ ~ ~ ~ ~ ~)}', '1 1 {(~ ~ ~ ~ ~ ~)}', '1 1 {(~ ~ ~ ~ ~ ~ x)}', '1 1 {(~ ~ ~ ~ ~ ~ "x)}', '1 1 {(~ ~ ~ ~ ~ ~ -1)}', '1 1 {(~ ~ ~ ~ ~ ~ 2147483648)}',
	'1 0 {(2024-02-30 ~ ~ ~ ~ ~)}', '1 0 {(infinity ~ ~ ~ ~ ~)}', '1 0 {(294277-01-01 ~ ~ ~ ~ ~)}', '1 0 {( ~ ~ ~ ~ ~)}', '1 0 {(~ NaN ~ ~ ~ ~)}', '1 0 {(~ 1000000000000000000 ~ ~ ~ ~)}', '1 0 {(~ ~ 1. ~ ~ ~)}', '1 0 {(~ ~ ~ ~ true ~)}', '1 0 {(~ ~ ~ ~ ~ 1)}',
	'1 0 {#=(~ ~ ~ ~ ~ ~)}', '1 0 {#9223372036854775808=(~ ~ ~ ~ ~ ~)}', '1 0 {#5(~ ~ ~ ~ ~ ~)}', '1 0 {5=(~ ~ ~ ~ ~ ~)}', '1 0 {"x=(~ ~ ~ ~ ~ ~)}', '1t 0 {#5=(~ ~ ~ ~ ~ ~)}',
	'1 0 {(~ 0.5 ~ ~ ~ ~; ~ 999999999999999999 ~ ~ ~ ~)}', '1 0 {(-4712-01-01T00:00:00.000001 ~ ~ ~ ~ ~; 294276-12-31 ~ ~ ~ ~ ~)}', '1 0 {(-4712-01-01T00:00:00.000001 ~ ~ ~ ~ ~), (294276-12-31 ~ ~ ~ ~ ~)}', '1 0 {é}'
]) AS t;
SELECT ('1 0 {(' || repeat('~ ~ ~ ~ ~ ~; ', 1000))::purchase_lines;
-- no setting of the session changes it
CREATE TABLE spelled AS SELECT '1 2 {(-0043-03-15T12:00:00.500000 1234567.89 4.5 2 t f 0 "x"), (2024-10-27T01:30:00.000000 -0.10 ~ ~ ~ ~ ~ ~)}'::purchase_lines AS l;
SELECT l::text AS before FROM spelled \gset
SET datestyle = 'SQL, DMY';
SET timezone = 'Asia/Kolkata';
SET extra_float_digits = 0;
SELECT l::text = :'before' AS same_text, :'before'::purchase_lines = l AS same_value, order_lines(l) FROM spelled;
RESET extra_float_digits;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';

--- 3. The bytes of docs/lines.md --------------------------------------------------

SELECT purchase_lines_send(t::purchase_lines) FROM unnest(ARRAY['1 0 {}',
	'1 2 {(2024-01-05T09:30:00 10.00 4.5 2 t f 0 "new"; 2024-01-05T09:30:00 5.50 ~ 1 f f 1 ~), (2024-02-01T00:00:00 -5.50 ~ -1 f f 1 ~)}',
	'1 1 {#5=(2024-01-02 1.50 ~ 2 t ~ 3), (~ ~ ~ ~ ~ ~ "x")}']) AS t;

--- 4. By hand ------------------------------------------------------------------------

CREATE TABLE byhand (name text, l purchase_lines);
INSERT INTO byhand VALUES
	('null', NULL),
	('empty', '1 0 {}'),
	('one', '1 1 {(2024-01-05 10.00 4.5 2 t f 0)}'),
	('nothing known', '1 1 {(~ ~ ~ ~ ~ ~ ~; ~ ~ ~ ~ ~ ~ ~)}'),
	('returns', '1 1 {(2024-01-05 -10.00 ~ ~ t ~ 0; 2024-01-05 -2.00 ~ ~ t ~ 1), (2024-01-09 -2.50 1.0 ~ ~ ~ "x")}'),
	-- an order of three lines of which one is a return, one without amount, one discounted return, and one without time
	('usual', '1 2 {(2024-01-01T10:00:00 10.00 4.0 1 f t 0 0; 2024-01-01T10:00:00 20.00 5.0 2 t t 1 0; 2024-01-03T12:00:00 -20.00 ~ -2 t t 1 0), (2024-01-05T09:00:00 ~ 3.5 1 ~ t 0 "shop"), (2024-01-10T12:00:00 -10.00 ~ -1 t f 0 0), (~ 0.00 ~ 1 f ~ ~ "web")}'),
	('far', '1 0 {(-4712-01-01 1 ~ ~ ~ ~), (294276-12-31 999999999999999999 ~ ~ ~ ~)}');
\x on
SELECT name, line_count(l), order_count(l), return_count(l), discounted_order_count(l), discount_share(l), revenue(l), average_order_value(l), rating_count(l), average_rating(l), first_time(l), last_time(l) FROM byhand;
\x off
SELECT name, o.* FROM byhand, order_lines(l) AS o;
SELECT order_lines('1 0 {(2024-01-05 1 ~ ~ ~ ~)}', '1 {}');
SELECT order_number, dimension_values FROM byhand, order_lines(l, '1 {1:0 "Dress", 1:1 "Hat", 2:0 "app"}') WHERE name = 'usual';
SELECT order_lines(l, '1 {1:0 "Dress", 2:0 "app"}') FROM byhand WHERE name = 'usual';
SELECT (SELECT count(*) FROM (SELECT order_lines(l) FROM byhand LIMIT 3) AS t) AS stopped_early;
-- cuts: as_of and from are included, until is not; lines without a time are at no time
SELECT as_of, lines_at(l, as_of) FROM byhand, unnest('{-infinity,2024-01-01 09:59:59.999999,2024-01-01 10:00,2024-01-05 09:00,infinity}'::timestamp[]) AS as_of WHERE name = 'usual';
SELECT f, u, lines_between(l, f, u) FROM byhand, (VALUES ('-infinity'::timestamp, 'infinity'::timestamp), ('infinity', '-infinity'), ('-infinity', '-infinity'), ('infinity', 'infinity'),
	('2024-01-01 10:00', '2024-01-03 12:00'), ('2024-01-01 10:00:00.000001', '2024-01-03 12:00:00.000001'), ('2024-01-05', '2024-01-04')) AS v(f, u) WHERE name = 'usual';
SELECT name, lines_at(l, '2024-01-05') FROM byhand WHERE name <> 'usual';
-- what was bought: codes and texts, returns not
SELECT d, c, bought(l, d, c) FROM byhand, (VALUES (1, 0), (1, 1), (1, 2), (1, -1), (1, -2147483648), (2, 0), (2, 1)) AS v(d, c) WHERE name = 'usual';
SELECT d, v, bought(l, d, v), bought(l, d, v, '1 {1:0 "Dress", 1:1 "Hat", 2:0 "app", 2:1 "shop"}') FROM byhand, (VALUES (1, 'Dress'), (1, 'Hat'), (1, 'shop'), (2, 'app'), (2, 'shop'), (2, 'web'), (2, 'Web'), (2, '')) AS v(d, v) WHERE name = 'usual';
SELECT name, bought(l, 1, 0), bought(l, 1, 1), bought(l, 1, 'x'::text) FROM byhand WHERE name NOT IN ('usual', 'far');
SELECT d, refusal(format('SELECT bought(l, %s, 0) FROM byhand WHERE name = %L', d, n)) FROM (VALUES (0, 'usual'), (3, 'usual'), (121, 'empty'), (120, 'empty'), (1, 'far')) AS v(d, n);
SELECT refusal($$SELECT bought(l, 3, 'x'::text, '1 {}'::dimension_codes) FROM byhand WHERE name = 'usual'$$);

--- 5. Equality and the operator + -----------------------------------------------------------

SELECT a = b AS equal, a <> b AS different, pt_purchase_lines_hash(a) = pt_purchase_lines_hash(b) AS same_hash, ta, tb
FROM (VALUES ('1 0 {(~ 5.0 ~ ~ ~ ~)}', '1 0 {(~ 5.00 ~ ~ ~ ~)}'), ('1 0 {(~ ~ 0 ~ ~ ~)}', '1 0 {(~ ~ 0.000 ~ ~ ~)}'), ('1 0 {(~ 5 ~ 3 ~ ~)}', '1 0 {(~ 5.0 ~ 3.00 ~ ~)}'), ('1 0 {(~ 5 ~ ~ ~ ~)}', '1 0 {(~ 50 ~ ~ ~ ~)}'),
	('1 0 {(~ 5 ~ ~ ~ ~)}', '1 0 {(~ 0.5 ~ ~ ~ ~)}'), ('1 0 {(~ 5 ~ ~ ~ ~)}', '1 0 {(~ ~ 5.0 ~ ~ ~)}'), ('1 0 {}', '1t 5 {}'), ('1 0 {(~ ~ ~ ~ ~ ~)}', '1t 0 {(~ ~ ~ ~ ~ ~)}'), ('1 0 {(~ ~ ~ ~ ~ ~)}', '1 1 {(~ ~ ~ ~ ~ ~ ~)}'),
	('1 0 {(~ 1 ~ ~ ~ ~), (~ 1 ~ ~ ~ ~)}', '1 0 {(~ 1 ~ ~ ~ ~; ~ 1 ~ ~ ~ ~)}'), ('1 0 {(~ 1.0 ~ ~ ~ ~), (~ 1 ~ ~ ~ ~; ~ 1 ~ ~ ~ ~)}', '1 0 {(~ 1 ~ ~ ~ ~; ~ 1 ~ ~ ~ ~), (~ 1 ~ ~ ~ ~)}'),
	('1 1 {(~ ~ ~ 1 ~ ~ "x")}', '1 1 {(~ ~ ~ 1.0 ~ ~ "y")}'), ('1 1 {(~ ~ ~ 1 ~ ~ "x")}', '1 1 {(~ ~ ~ 1.0 ~ ~ "x")}'), ('1 1 {(~ ~ ~ 1 ~ ~ 0)}', '1 1 {(~ ~ ~ 1 ~ ~ "0")}'), ('1 1 {(~ ~ ~ 1 ~ ~ 0)}', '1 1 {(~ ~ ~ 1.0 ~ ~ ~)}'),
	('1 0 {(~ ~ ~ 1 t ~)}', '1 0 {(~ ~ ~ 1.0 f ~)}'), ('1 0 {(~ ~ ~ 1 ~ f)}', '1 0 {(~ ~ ~ 1.0 ~ ~)}'), ('1 0 {(2024-01-01 ~ ~ 1 ~ ~)}', '1 0 {(2024-01-02 ~ ~ 1.0 ~ ~)}'), ('1 0 {#1=(~ 5.0 ~ ~ ~ ~)}', '1 0 {"x"=(~ 5.00 ~ ~ ~ ~)}'),
	('1 0 {(~ 999999999999999999 ~ ~ ~ ~)}', '1 0 {(~ 0.999999999999999999 ~ ~ ~ ~)}')) AS v(ta, tb),
	LATERAL (SELECT ta::purchase_lines, tb::purchase_lines) AS t(a, b);
SELECT count(*) FROM (SELECT DISTINCT l FROM (VALUES ('1 0 {(~ 5.0 ~ ~ ~ ~)}'::purchase_lines), ('1 0 {(~ 5.00 ~ ~ ~ ~)}'), ('1 0 {}'), ('1 3 {}'), (NULL)) AS v(l)) AS d;
SET enable_nestloop = off;
SELECT count(*) FROM byhand AS a JOIN byhand AS b USING (l);
RESET enable_nestloop;
SELECT l FROM byhand ORDER BY l;
SELECT '1 1 {(2024-01-02 1 ~ ~ ~ ~ 0; 2024-01-02 2 ~ ~ ~ ~ "x")}'::purchase_lines + '1 1 {(2024-01-01 1.5 ~ ~ ~ ~ "y"; 2024-01-02 2 ~ ~ ~ ~ 0), (~ 1 ~ ~ ~ ~ 0)}' AS ids,
       '1t 1 {(2024-01-02 1 ~ ~ ~ ~ 0)}'::purchase_lines + '1t 1 {(2024-01-01 1.5 ~ ~ ~ ~ 0), (2024-01-02 2 ~ ~ ~ ~ 0), (~ 1 ~ ~ ~ ~ 0)}' AS times,
       '1 0 {#1=(~ 1 ~ ~ ~ ~), #2=(~ 2 ~ ~ ~ ~)}'::purchase_lines + '1 0 {#1=(~ 3 ~ ~ ~ ~)}' AS states, '1 0 {}'::purchase_lines + '1t 1 {(~ ~ ~ ~ ~ ~ 0)}' + '1 5 {}' AS empty, NULL::purchase_lines + '1 0 {}' AS null;
SELECT '1 0 {(~ 1 ~ ~ ~ ~)}'::purchase_lines + '1 1 {(~ 1 ~ ~ ~ ~ ~)}';
SELECT '1 0 {(~ 1 ~ ~ ~ ~)}'::purchase_lines + '1t 0 {(~ 1 ~ ~ ~ ~)}';
SELECT '1 0 {(~ 999999999999999999 ~ ~ ~ ~)}'::purchase_lines + '1 0 {(~ 0.1 ~ ~ ~ ~)}';
SELECT count(*) AS asymmetric FROM byhand AS a, byhand AS b WHERE a.name NOT IN ('far', 'usual') AND b.name NOT IN ('far', 'usual') AND (a.l + b.l <> b.l + a.l OR (SELECT rollup(l) FROM unnest(ARRAY[a.l, b.l]) AS l) <> a.l + b.l);

--- 6. The aggregate's arguments ----------------------------------------------------------------

\set one 'NULL::bigint, NULL::timestamp, NULL::numeric, NULL::numeric, NULL::numeric, NULL::boolean, NULL::boolean'
SELECT purchase_lines(:one, NULL::text[], NULL) AS nothing, purchase_lines(:one, '{}', NULL) AS no_dimension, purchase_lines(:one, '{NULL}', '1 {}') AS null_dimension,
       purchase_lines(:one, '{NULL}', NULL) FILTER (WHERE false) IS NULL AS no_row, rollup(NULL::purchase_lines) IS NULL AS no_value;
SELECT purchase_lines(:one, v, '1 {1:5 "x", 2:7 "x", 2:8 ""}') FROM (VALUES ('{x,x}'::text[]), ('{"",""}'), ('[7:8]={NULL,y}'), (array_fill(repeat('long ', 40), '{2}'))) AS t(v);
-- values that come out of a table have other headers than those of an array made on the spot
CREATE TABLE valued (v text[], c dimension_codes);
INSERT INTO valued SELECT ARRAY[repeat('a', n), repeat('b', n)], ('1 {1:1 "' || repeat('a', n) || '"}')::dimension_codes FROM unnest('{1,3,4,7,8,9,15,16,126,127,128,5000,100000}'::integer[]) AS n;
SELECT count(*) AS wrong FROM valued, LATERAL (SELECT pt_purchase_lines_final(pt_purchase_lines_accum(NULL, :one, v, c))) AS a(l), order_lines(l) AS o WHERE o.codes <> '{1,NULL}' OR o.texts[1] IS NOT NULL OR o.texts[2] <> v[2];
SELECT purchase_lines(:one, '{{a,b},{c,d}}', NULL);
SELECT purchase_lines(:one, array_fill('x'::text, '{121}'), NULL);
SELECT ndims FROM (SELECT array_length(codes, 1) AS ndims FROM order_lines((SELECT purchase_lines(:one, array_fill('x'::text, '{120}'), '1 {120:3 "x"}'))) WHERE codes[120] = 3 AND codes[119] IS NULL) AS t;
SELECT purchase_lines(:one, v, NULL) FROM (VALUES ('{x}'::text[]), ('{x,y}')) AS t(v);
SELECT purchase_lines(:one, v, NULL) FROM (VALUES ('{x}'::text[]), (NULL)) AS t(v);
-- numbers: NaN and infinite ones, too many digits, alone and together
SELECT a, c, refusal(format('SELECT purchase_lines(1::bigint, NULL::timestamp, %s, true, true, NULL::text[], NULL::dimension_codes)',
	(SELECT string_agg(CASE WHEN i = c THEN quote_literal(a) ELSE 'NULL' END || '::numeric', ', ' ORDER BY i) FROM generate_series(1, 3) AS i)))
FROM unnest('{NaN,Infinity,-Infinity,1e18,0.1234567890123456789}'::numeric[]) AS a, generate_series(1, 3) AS c;
SELECT c, refusal(format('SELECT purchase_lines(1::bigint, NULL::timestamp, %s, true, true, NULL::text[], NULL::dimension_codes) FROM (VALUES (1e17), (0.01)) AS t(a)',
	(SELECT string_agg(CASE WHEN i = c THEN 'a' ELSE 'NULL' END || '::numeric', ', ' ORDER BY i) FROM generate_series(1, 3) AS i))) FROM generate_series(1, 3) AS c;
SELECT c, refusal(format('SELECT purchase_lines(1::bigint, NULL::timestamp, %s, true, true, NULL::text[], NULL::dimension_codes) FROM (VALUES (0.01), (1e17)) AS t(a)',
	(SELECT string_agg(CASE WHEN i = c THEN 'a' ELSE 'NULL' END || '::numeric', ', ' ORDER BY i) FROM generate_series(1, 3) AS i))) FROM generate_series(1, 3) AS c;
SELECT t, refusal(format('SELECT purchase_lines(%L::timestamp, NULL, NULL, NULL, NULL, NULL, NULL, NULL)', t)) FROM unnest('{infinity,-infinity}'::timestamp[]) AS t;
SELECT purchase_lines(t, NULL, NULL, NULL, NULL, NULL, NULL, NULL) FROM unnest('{4714-11-24 BC,294276-12-31 23:59:59}'::timestamp[]) AS t;
SELECT purchase_lines(t, NULL, NULL, NULL, NULL, NULL, NULL, NULL) FROM unnest('{4714-11-24 BC,294276-12-31 23:59:59.999999}'::timestamp[]) AS t;
-- sums may be longer than amounts
SELECT revenue(l), average_order_value(l), average_rating(l), line_count(l) FROM (SELECT purchase_lines(g, NULL, 999999999999999999, 999999999999999999, NULL, NULL, NULL, NULL, NULL) FROM generate_series(1::bigint, 1000) AS g) AS t(l);
-- lines that are all the same take no room, so their number has a limit of its own
SELECT length(purchase_lines_send(l)) AS bytes, line_count(l), order_count(l), revenue(l) FROM (SELECT purchase_lines(1::bigint, '2024-01-01', 1, NULL, NULL, NULL, NULL, NULL, NULL) FROM generate_series(1, 100000) AS g) AS t(l);
-- order ids: NULL is an order of its own; the same order again later; orders that look the same
SELECT purchase_lines(o, t, a, NULL, NULL, NULL, NULL, NULL, NULL) AS l FROM (VALUES (2::bigint, timestamp '2024-01-02', 1), (NULL, '2024-01-02', 2), (1, '2024-01-03', 3), (NULL, '2024-01-02', 2), (2, '2024-01-01', 4), (1, NULL, 5), (3, NULL, 6), (-9223372036854775808, NULL, 6)) AS v(o, t, a);
SELECT purchase_lines(o, t, a, NULL, NULL, NULL, NULL, NULL, NULL) AS l FROM (VALUES ('b', timestamp '2024-01-02', 1), (NULL, '2024-01-02', 2), ('', '2024-01-03', 3), (NULL, '2024-01-02', 2), ('b', '2024-01-01', 4), ('', NULL, 5), ('ba', NULL, 6)) AS v(o, t, a);
SELECT purchase_lines(t, a, NULL, NULL, NULL, NULL, NULL, NULL) AS l FROM (VALUES (timestamp '2024-01-02', 1), ('2024-01-02', 2), ('2024-01-03', 3), ('2024-01-02', 2), (NULL, 5), (NULL, 5)) AS v(t, a);

--- 7. Against plain SQL ---------------------------------------------------------------------------

-- 30,000 lines of about 1,000 customers: everything may be NULL, orders have lines of several times, and return in other places
CREATE TABLE line AS
SELECT g, c AS customer_id, CASE WHEN h1 % 23 = 0 THEN NULL ELSE (g / 3 * 7919 % 100003)::bigint END AS order_id,
	CASE WHEN h1 % 29 = 0 THEN NULL ELSE timestamp '2020-01-01' + (g / 3 % 1500) * interval '1 day'
		+ CASE c % 4 WHEN 0 THEN '0' WHEN 1 THEN (g / 3 % 86400) * interval '1 second' WHEN 2 THEN (g % 50) * interval '1 hour' ELSE (g / 3 % 86400 * 1000003::bigint) * interval '1 microsecond' END END AS purchased_at,
	CASE WHEN h2 % 19 = 0 THEN NULL WHEN h2 % 17 = 0 THEN -1 ELSE 1 END * round((h2 & 1048575) / 100.0, g % 3 + c % 3) AS amount,
	CASE h1 % 5 WHEN 0 THEN NULL ELSE round(1 + (h2 % 41) / 10.0, 1) END AS rating,
	CASE WHEN h2 % 31 = 0 THEN NULL WHEN c % 5 = 0 THEN (h1 % 30) / 10.0 ELSE (1 + h1 % 4)::numeric END AS quantity,
	CASE h1 % 7 WHEN 0 THEN NULL WHEN 1 THEN true WHEN 2 THEN true ELSE false END AS discounted,
	CASE c % 3 WHEN 0 THEN NULL WHEN 1 THEN h2 % 2 = 0 ELSE true END AS subscribed,
	ARRAY[CASE WHEN c % 9 = 0 THEN NULL ELSE 'group ' || c % 3 END, CASE WHEN h1 % 13 = 0 THEN NULL ELSE 'category ' || h1 % 8 END,
		CASE WHEN h2 % 7 = 0 THEN E'pro"duct\\ ' || h2 % 5 ELSE 'product ' || h2 % 60 END, CASE WHEN c % 2 = 0 THEN '' WHEN h1 % 11 = 0 THEN 'é' || h2 % 1000 ELSE 'web' END] AS v
FROM generate_series(1, 30000) AS g, LATERAL (SELECT floor(power((hashint4(g / 3 + 7) & 65535) / 65536.0, 3) * 1000)::integer, hashint4(g) & 1048575, hashint4(g + 1) & 1048575) AS r(c, h1, h2);
CREATE INDEX ON line (customer_id);
ANALYZE line;
CREATE TABLE code AS SELECT d, (row_number() OVER (PARTITION BY d ORDER BY count(*) DESC, u.v COLLATE "C") - 1)::integer AS c, u.v FROM line, unnest(line.v) WITH ORDINALITY AS u(v, d) WHERE u.v IS NOT NULL AND u.v <> 'group 1' AND u.v !~ '^product 1' AND (d < 4 OR u.v !~ '7') GROUP BY d, u.v;
CREATE TABLE codes AS SELECT dimension_codes(d::integer, c, v) AS c FROM code;
\set args 'purchased_at, amount, rating, quantity, discounted, subscribed, v'
\set codes '(SELECT c FROM codes)'
CREATE TABLE kept AS
SELECT 'ids' AS kind, customer_id, purchase_lines(order_id, :args, :codes) AS l FROM line GROUP BY 2
UNION ALL SELECT 'text ids', customer_id, purchase_lines('A-' || order_id, :args, :codes) FROM line GROUP BY 2
UNION ALL SELECT 'times', customer_id, purchase_lines(:args, :codes) FROM line GROUP BY 2
UNION ALL SELECT 'no codes', customer_id, purchase_lines(order_id, :args, NULL) FROM line GROUP BY 2
UNION ALL SELECT 'undated', customer_id, purchase_lines(order_id, NULL, amount, rating, quantity, discounted, subscribed, v, :codes) FROM line GROUP BY 2;
ANALYZE kept;
-- the rows of each kind, with a key of their orders
CREATE VIEW source AS
SELECT kind, customer_id, CASE kind WHEN 'times' THEN coalesce(purchased_at::text, 'row ' || g) ELSE coalesce(order_id::text, 'row ' || g) END AS order_key,
	CASE WHEN kind <> 'undated' THEN purchased_at END AS purchased_at, amount, rating, quantity, discounted, subscribed, v, g
FROM line, (SELECT DISTINCT kind FROM kept) AS k;
SELECT kind, count(*) AS customers, sum(line_count(l)) AS lines, count(*) FILTER (WHERE l::text ~ 'T\d\d:\d\d:\d\d\.') > 100 AS microseconds, count(*) FILTER (WHERE l::text ~ 'T\d\d:\d\d:\d\d ') > 100 AS seconds, count(*) FILTER (WHERE l::text !~ ':\d\d:') > 100 AS days,
       max(line_count(l)) > 1000 AS many, min(line_count(l)) AS fewest FROM kept GROUP BY kind ORDER BY kind;
-- rows: all of them, exactly, with their decimals' sums
SELECT count(*) AS rows_that_differ FROM (
	(SELECT kind, customer_id, purchased_at, amount, rating, quantity, discounted, subscribed, v FROM source
	EXCEPT ALL SELECT kind, customer_id, purchased_at, amount, review_rating, quantity, discounted, subscribed, dimension_values FROM kept, order_lines(l, :codes))
	UNION ALL
	(SELECT kind, customer_id, purchased_at, amount, review_rating, quantity, discounted, subscribed, dimension_values FROM kept, order_lines(l, :codes)
	EXCEPT ALL SELECT kind, customer_id, purchased_at, amount, rating, quantity, discounted, subscribed, v FROM source)) AS d;
-- a value is a code where it has one, and else text
SELECT count(*) AS rows_that_differ FROM kept, order_lines(l) AS o, generate_subscripts(o.codes, 1) AS d WHERE o.codes[d] IS NOT NULL AND o.texts[d] IS NOT NULL OR kind = 'no codes' AND o.codes[d] IS NOT NULL OR kind <> 'no codes' AND dimension_code(:codes, d::integer, o.texts[d]) IS NOT NULL;
-- orders: the same lines stand together
CREATE TABLE orders_of_source AS
SELECT kind, customer_id, string_agg(md5(row), ' ' ORDER BY md5(row) COLLATE "C") AS o FROM (SELECT kind, customer_id, order_key, format('%s', ROW(purchased_at, trim_scale(amount), trim_scale(rating), trim_scale(quantity), discounted, subscribed, v)) AS row FROM source) AS r GROUP BY kind, customer_id, order_key;
CREATE TABLE orders_of_lines AS
SELECT kind, customer_id, string_agg(md5(row), ' ' ORDER BY md5(row) COLLATE "C") AS o FROM (SELECT kind, customer_id, order_number, format('%s', ROW(purchased_at, trim_scale(amount), trim_scale(review_rating), trim_scale(quantity), discounted, subscribed, dimension_values)) AS row FROM kept, order_lines(l, :codes)) AS r GROUP BY kind, customer_id, order_number;
SELECT (SELECT count(*) FROM orders_of_lines) AS orders, count(*) AS orders_that_differ FROM ((TABLE orders_of_source EXCEPT ALL TABLE orders_of_lines) UNION ALL (TABLE orders_of_lines EXCEPT ALL TABLE orders_of_source)) AS d;
-- in order of time, lines without one last; lines in an order too
SELECT count(*) FILTER (WHERE order_number NOT IN (before, before + 1) OR order_number = before AND purchased_at < at_before OR order_number = before AND at_before IS NULL AND purchased_at IS NOT NULL
	OR order_number > before AND (order_at < order_at_before OR order_at_before IS NULL AND order_at IS NOT NULL)) AS out_of_order
FROM (SELECT order_number, purchased_at, order_at, lag(order_number, 1, 0) OVER w AS before, lag(purchased_at) OVER w AS at_before, lag(order_at, 1, '-infinity') OVER w AS order_at_before
	FROM (SELECT kind, customer_id, o.*, min(purchased_at) OVER (PARTITION BY kind, customer_id, order_number) AS order_at
		FROM kept, order_lines(l) WITH ORDINALITY AS o(order_number, purchased_at, amount, review_rating, quantity, discounted, subscribed, codes, texts, n)) AS t WINDOW w AS (PARTITION BY kind, customer_id ORDER BY n)) AS t;
-- what it tells, of all and of cuts
CREATE FUNCTION plain(from_time timestamp, until_time timestamp) RETURNS TABLE (kind text, customer_id integer, line_count bigint, order_count bigint, return_count bigint, discounted bigint, share float8, revenue numeric, average numeric, ratings bigint, rating numeric, first_time timestamp, last_time timestamp)
LANGUAGE sql STABLE AS $$
	SELECT kind, customer_id, count(*), count(DISTINCT order_key) FILTER (WHERE (amount < 0) IS NOT TRUE), count(DISTINCT order_key) FILTER (WHERE amount < 0), count(DISTINCT order_key) FILTER (WHERE discounted AND (amount < 0) IS NOT TRUE),
		count(DISTINCT order_key) FILTER (WHERE discounted AND (amount < 0) IS NOT TRUE)::float8 / nullif(count(DISTINCT order_key) FILTER (WHERE discounted IS NOT NULL AND (amount < 0) IS NOT TRUE), 0),
		sum(amount), sum(amount) FILTER (WHERE amount >= 0) / nullif(count(DISTINCT order_key) FILTER (WHERE amount >= 0), 0), count(rating), avg(rating), min(purchased_at), max(purchased_at)
	FROM source WHERE from_time IS NULL OR purchased_at >= from_time AND purchased_at < until_time GROUP BY 1, 2 $$;
CREATE FUNCTION ours(from_time timestamp, until_time timestamp) RETURNS TABLE (kind text, customer_id integer, line_count bigint, order_count bigint, return_count bigint, discounted bigint, share float8, revenue numeric, average numeric, ratings bigint, rating numeric, first_time timestamp, last_time timestamp)
LANGUAGE sql STABLE AS $$
	SELECT kind, customer_id, line_count(c), order_count(c), return_count(c), discounted_order_count(c), discount_share(c), revenue(c), average_order_value(c), rating_count(c), average_rating(c), first_time(c), last_time(c)
	FROM kept, LATERAL (SELECT CASE WHEN from_time IS NULL THEN l ELSE lines_between(l, from_time, until_time) END) AS t(c) WHERE line_count(c) > 0 $$;
SELECT f, u, count(*) AS rows, count(*) FILTER (WHERE a IS DISTINCT FROM b) AS differ
FROM (VALUES (NULL::timestamp, NULL::timestamp), ('-infinity', 'infinity'), ('2020-03-01', '2021-06-30 12:00'), ('2022-01-01 00:00:00.000001', '2022-01-02'), ('2023-01-01', 'infinity')) AS v(f, u), LATERAL (SELECT a, b FROM plain(f, u) AS a FULL JOIN ours(f, u) AS b USING (kind, customer_id)) AS t
GROUP BY f, u ORDER BY f NULLS FIRST, u;
-- cuts are what the aggregate makes of the rows
SELECT count(*) AS differ FROM kept AS k LEFT JOIN (SELECT customer_id, purchase_lines(order_id, :args, :codes) AS l FROM line WHERE purchased_at <= '2021-06-30 12:00' GROUP BY 1) AS c USING (customer_id)
WHERE kind = 'ids' AND lines_at(k.l, '2021-06-30 12:00') <> coalesce(c.l, '1 0 {}');
SELECT count(*) AS differ FROM kept AS k LEFT JOIN (SELECT customer_id, purchase_lines(:args, :codes) AS l FROM line WHERE purchased_at >= '2021-06-30' AND purchased_at < '2022-05-01' GROUP BY 1) AS c USING (customer_id)
WHERE kind = 'times' AND lines_between(k.l, '2021-06-30', '2022-05-01') <> coalesce(c.l, '1 0 {}');
-- what was bought
SELECT kind, d, count(*) FILTER (WHERE b) > 0 AS by_some, count(*) FILTER (WHERE b IS DISTINCT FROM EXISTS (SELECT FROM line WHERE line.customer_id = k.customer_id AND line.v[d] = t.v AND (amount < 0) IS NOT TRUE)) AS differ
FROM (SELECT * FROM kept WHERE customer_id < 300) AS k, (VALUES (1, 'group 1'), (1, 'group 2'), (2, 'category 3'), (3, 'product 5'), (3, 'product 11'), (4, ''), (4, 'é77'), (4, 'nothing')) AS t(d, v), LATERAL (SELECT bought(l, d, t.v, :codes)) AS x(b)
GROUP BY kind, d ORDER BY kind, d;

--- 8. However it is computed ------------------------------------------------------------------

CREATE FUNCTION plan_has(query text, what text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	l text;
BEGIN
	FOR l IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF l ~ what THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
SET max_parallel_workers_per_gather = 4;
\set build 'SELECT ''ids'' AS kind, customer_id, purchase_lines(order_id, ' :args ', ' :codes ') AS l FROM line GROUP BY 2 UNION ALL SELECT ''times'', customer_id, purchase_lines(' :args ', ' :codes ') FROM line GROUP BY 2 UNION ALL SELECT ''text ids'', customer_id, purchase_lines(''A-'' || order_id, ' :args ', ' :codes ') FROM line GROUP BY 2'
\set differs 'FROM (SELECT * FROM kept WHERE kind IN (''ids'', ''times'', ''text ids'')) AS k FULL JOIN n USING (kind, customer_id) WHERE (k.l = n.l AND purchase_lines_send(k.l) = purchase_lines_send(n.l)) IS NOT TRUE'
SET enable_sort = off;
SELECT plan_has(:'build', 'Partial HashAggregate') AS parallel_hash;
WITH n AS MATERIALIZED (:build) SELECT count(*) AS differ :differs;
RESET enable_sort;
SET enable_hashagg = off;
SELECT plan_has(:'build', 'Partial GroupAggregate') AS parallel_sort;
WITH n AS MATERIALIZED (:build) SELECT count(*) AS differ :differs;
SET max_parallel_workers_per_gather = 0;
WITH n AS MATERIALIZED (:build) SELECT count(*) AS differ :differs;
RESET enable_hashagg;
SET work_mem = '64kB';
WITH n AS MATERIALIZED (:build) SELECT count(*) AS differ :differs;
RESET work_mem;
-- any order of the rows
\set shuffled 'SELECT ''ids'' AS kind, customer_id, purchase_lines(order_id, ' :args ', ' :codes ' ORDER BY hashint4(g)) AS l FROM line GROUP BY 2 UNION ALL SELECT ''times'', customer_id, purchase_lines(' :args ', ' :codes ' ORDER BY amount DESC) FROM line GROUP BY 2 UNION ALL SELECT ''text ids'', customer_id, purchase_lines(''A-'' || order_id, ' :args ', ' :codes ' ORDER BY order_id DESC) FROM line GROUP BY 2'
WITH n AS MATERIALIZED (:shuffled) SELECT count(*) AS differ :differs;
-- parts put together: lines by time split anywhere, orders with ids between orders
CREATE TABLE part AS
SELECT 'ids' AS kind, customer_id, order_id % 5 AS part, purchase_lines(order_id, :args, :codes) AS l FROM line GROUP BY 2, 3
UNION ALL SELECT 'text ids', customer_id, order_id % 4, purchase_lines('A-' || order_id, :args, :codes) FROM line GROUP BY 2, 3
UNION ALL SELECT 'times', customer_id, g % 3, purchase_lines(:args, :codes) FROM line GROUP BY 2, 3;
SELECT count(*) FILTER (WHERE pg_column_size(l) < 127) > 1000 AS short_headers FROM part;
WITH n AS MATERIALIZED (SELECT kind, customer_id, rollup(l) AS l FROM part GROUP BY 1, 2) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT kind, customer_id, rollup(l ORDER BY part DESC) AS l FROM part GROUP BY 1, 2) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT kind, customer_id, rollup(l) AS l FROM (SELECT kind, customer_id, l FROM kept UNION ALL SELECT kind, customer_id, '1 0 {}' FROM kept UNION ALL SELECT kind, customer_id, NULL FROM kept) AS t WHERE kind IN ('ids', 'times', 'text ids') GROUP BY 1, 2) SELECT count(*) AS differ :differs;
CREATE AGGREGATE plus (purchase_lines) (SFUNC = pt_purchase_lines_add, STYPE = purchase_lines);
WITH n AS MATERIALIZED (SELECT kind, customer_id, plus(l) AS l FROM part GROUP BY 1, 2) SELECT count(*) AS differ :differs;
SET max_parallel_workers_per_gather = 4;
SELECT plan_has('SELECT kind, customer_id, rollup(l) FROM part GROUP BY 1, 2', 'Partial (Hash|Group)Aggregate') AS parallel_rollup;
WITH n AS MATERIALIZED (SELECT kind, customer_id, rollup(l) AS l FROM part GROUP BY 1, 2) SELECT count(*) AS differ :differs;
SELECT plan_has($$SELECT rollup(l) FROM part WHERE kind = 'ids'$$, 'Partial Aggregate') AS parallel_one;
CREATE TABLE everyone AS SELECT rollup(l) AS l FROM part WHERE kind = 'ids';
SET max_parallel_workers_per_gather = 0;
SELECT (SELECT rollup(l) FROM kept WHERE kind = 'ids') = l AS everyone, line_count(l), order_count(l) = (SELECT sum(order_count(l)) FROM kept WHERE kind = 'ids') AS orders FROM everyone;
-- text and binary and back
WITH n AS MATERIALIZED (SELECT kind, customer_id, l::text::purchase_lines AS l FROM kept WHERE kind IN ('ids', 'times', 'text ids')) SELECT count(*) AS differ :differs;
CREATE TABLE n (LIKE kept);
\copy (SELECT * FROM kept WHERE kind IN ('ids', 'times', 'text ids')) TO 'results/lines.bin' (FORMAT binary)
\copy n FROM 'results/lines.bin' (FORMAT binary)
SELECT count(*) AS differ :differs;
TRUNCATE n;
-- FILTER, GROUPING SETS, window functions
SELECT s, purchase_lines(t, a, NULL, NULL, NULL, NULL, NULL, NULL) FILTER (WHERE a <> 3) FROM (VALUES ('a', timestamp '2024-01-02', 1), ('a', '2024-01-02', 1), ('b', '2024-01-01', 3), ('b', '2024-01-01', 4)) AS v(s, t, a) GROUP BY ROLLUP(s) ORDER BY s;
SELECT t, purchase_lines(t, a, NULL, NULL, NULL, NULL, NULL, NULL) OVER (ORDER BY t) AS until_now, purchase_lines(t, a, NULL, NULL, NULL, NULL, NULL, NULL) OVER (ORDER BY t ROWS 1 PRECEDING) AS last_two FROM (VALUES (timestamp '2024-01-03', 1), ('2024-01-02', 2), ('2024-01-01', 4)) AS v(t, a);

--- 9. Unfinished states ---------------------------------------------------------------------------

CREATE AGGREGATE unfinished (bigint, timestamp, numeric, numeric, numeric, boolean, boolean, text[], dimension_codes) (SFUNC = pt_purchase_lines_accum, STYPE = purchase_lines, COMBINEFUNC = pt_purchase_lines_combine, PARALLEL = SAFE);
CREATE AGGREGATE unfinished (text, timestamp, numeric, numeric, numeric, boolean, boolean, text[], dimension_codes) (SFUNC = pt_purchase_lines_accum, STYPE = purchase_lines, COMBINEFUNC = pt_purchase_lines_combine, PARALLEL = SAFE);
CREATE AGGREGATE unfinished (timestamp, numeric, numeric, numeric, boolean, boolean, text[], dimension_codes) (SFUNC = pt_purchase_lines_accum, STYPE = purchase_lines, COMBINEFUNC = pt_purchase_lines_combine, PARALLEL = SAFE);
CREATE AGGREGATE together (purchase_lines) (SFUNC = pt_purchase_lines_combine, STYPE = purchase_lines, FINALFUNC = pt_purchase_lines_final, COMBINEFUNC = pt_purchase_lines_combine, PARALLEL = SAFE);
-- parts of the rows, so that orders with ids are split: as a sharded server sends them
CREATE TABLE open AS
SELECT 'ids' AS kind, customer_id, g % 3 AS part, unfinished(order_id, :args, :codes) AS l FROM line GROUP BY 2, 3
UNION ALL SELECT 'text ids', customer_id, g % 5, unfinished('A-' || order_id, :args, :codes) FROM line GROUP BY 2, 3
UNION ALL SELECT 'times', customer_id, g % 4, unfinished(:args, :codes) FROM line GROUP BY 2, 3;
WITH n AS MATERIALIZED (SELECT kind, customer_id, together(l) AS l FROM open GROUP BY 1, 2) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT kind, customer_id, together(l::text::purchase_lines) AS l FROM open GROUP BY 1, 2) SELECT count(*) AS differ :differs;
SELECT count(*) FILTER (WHERE l::text ~ '#|"A-\d+"=') > 1000 AS with_ids, count(*) FILTER (WHERE l::text::purchase_lines::text <> l::text) AS changed FROM open;
CREATE TABLE shipped (LIKE open);
\copy open TO 'results/lines.bin' (FORMAT binary)
\copy shipped FROM 'results/lines.bin' (FORMAT binary)
SELECT count(*) AS states, count(*) FILTER (WHERE o.l::text <> s.l::text OR purchase_lines_send(o.l) <> purchase_lines_send(s.l)) AS differ FROM open AS o JOIN shipped AS s USING (kind, customer_id, part);
WITH n AS MATERIALIZED (SELECT kind, customer_id, together(l) AS l FROM shipped GROUP BY 1, 2) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT kind, customer_id, together(l ORDER BY part DESC) AS l FROM shipped GROUP BY 1, 2) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT kind, customer_id, rollup(l) AS l FROM shipped GROUP BY 1, 2) SELECT count(*) AS differ :differs;
-- a state tells what the value made of it tells
SELECT count(*) AS differ FROM open, LATERAL (SELECT pt_purchase_lines_final(l) OFFSET 0) AS f(f)
WHERE customer_id % 3 = 0 AND (l <> f OR pt_purchase_lines_hash(l) <> pt_purchase_lines_hash(f) OR (line_count(l), order_count(l), return_count(l), discounted_order_count(l), discount_share(l), revenue(l), average_order_value(l), rating_count(l), average_rating(l), first_time(l), last_time(l))
	IS DISTINCT FROM (line_count(f), order_count(f), return_count(f), discounted_order_count(f), discount_share(f), revenue(f), average_order_value(f), rating_count(f), average_rating(f), first_time(f), last_time(f))
	OR lines_at(l, '2021-06-30') <> lines_at(f, '2021-06-30') OR lines_between(l, '2021-06-30', '2022-01-01') <> lines_between(f, '2021-06-30', '2022-01-01') OR bought(l, 2, 3) <> bought(f, 2, 3) OR bought(l, 4, 'é77'::text) <> bought(f, 4, 'é77'::text)
	OR (SELECT count(*) FROM order_lines(l)) <> (SELECT count(*) FROM order_lines(f)) OR l + '1 0 {}' <> f);
-- the functions of an aggregate, called as they are
SELECT pt_purchase_lines_accum(NULL, 5::bigint, timestamp '2024-01-01', 1.5, NULL, NULL, NULL, NULL, '{x}', NULL) AS l \gset
SELECT :'l' AS first, pt_purchase_lines_accum(:'l', 5::bigint, timestamp '2024-01-02', 2, NULL, NULL, NULL, NULL, '{y}', NULL) AS second, pt_purchase_lines_combine(:'l', :'l') AS twice, pt_purchase_lines_combine(NULL, NULL) AS nothing,
       pt_purchase_lines_combine(:'l', NULL) AS left, pt_purchase_lines_combine(NULL, :'l') AS right, pt_purchase_lines_final(:'l') AS final, pt_purchase_lines_final(NULL) AS null, pt_purchase_lines_accum(pt_purchase_lines_final(:'l'), 5::bigint, timestamp '2024-01-02', 2, NULL, NULL, NULL, NULL, '{y}', NULL) AS onto_final;
-- a stored state is not changed by what is added to it
SELECT count(*) AS changed FROM open AS o JOIN shipped AS s USING (kind, customer_id, part), LATERAL (SELECT pt_purchase_lines_combine(o.l, s.l)) AS t WHERE purchase_lines_send(o.l) <> purchase_lines_send(s.l);

--- 10. Damage ----------------------------------------------------------------------------------------

-- bytes that a table might hold after a crash of the disk: each function reads them, or says that they are damaged
CREATE CAST (bytea AS purchase_lines) WITHOUT FUNCTION;
CREATE CAST (purchase_lines AS bytea) WITHOUT FUNCTION;
CREATE CAST (bytea AS dimension_codes) WITHOUT FUNCTION;
CREATE CAST (dimension_codes AS bytea) WITHOUT FUNCTION;
CREATE FUNCTION reading(damaged bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	l purchase_lines := damaged::purchase_lines;
	result text := '';
	command text;
BEGIN
	FOREACH command IN ARRAY '{purchase_lines_out($1),purchase_lines_send($1),line_count($1),order_count($1),revenue($1),average_rating($1),first_time($1),"lines_between($1, ''2024-01-02'', ''2024-01-20'')","$1 + $1","pt_purchase_lines_hash($1)","$1 = ''1 1 {(~ 5.000 ~ ~ ~ ~ 1)}''","bought($1, 1, ''new''::text)","bought($1, 1, 1)","pt_purchase_lines_final($1)","(SELECT count(*) FROM order_lines($1))","pt_purchase_lines_combine(NULL, $1)"}'::text[] LOOP
		BEGIN
			EXECUTE 'SELECT ' || command USING l;
			result := result || '.';
		EXCEPTION WHEN data_corrupted OR invalid_parameter_value OR numeric_value_out_of_range OR program_limit_exceeded THEN
			result := result || 'x';
		END;
	END LOOP;
	RETURN result;
END $$;
CREATE TABLE whole AS SELECT n, l, l::bytea AS b FROM (VALUES
	(1, '1 0 {}'::purchase_lines),
	(2, '1 2 {(2024-01-05T09:30:00 10.00 4.5 2 t f 0 "new"; 2024-01-05T09:30:00 5.50 ~ 1 f f 1 ~), (2024-02-01T00:00:00 -5.50 ~ -1 f f 1 "old"), (~ ~ 1 ~ ~ ~ ~ "old")}'),
	(3, '1 1 {#5=(2024-01-02 1.50 ~ 2 t ~ 3), (~ ~ ~ ~ ~ ~ "x"), "x"=(2024-01-02 1.50 ~ 2 t ~ 3)}'),
	(4, '1t 1 {(2024-01-05 1 ~ ~ ~ ~ 1; 2024-01-05 2 ~ ~ ~ ~ 2), (2024-01-06 3 ~ ~ ~ ~ 3), (2024-01-08 3 ~ ~ ~ ~ 3)}')) AS t(n, l);
SELECT n, count(*) AS damaged, count(*) FILTER (WHERE reading ~ 'x') > length(b) * 2 AS many_refused, count(*) FILTER (WHERE reading !~ 'x') > 0 AS some_read
FROM whole, generate_series(0, length(b) - 1) AS i, unnest('{0,1,2,64,65,127,128,129,195,254,255}'::integer[]) AS x, reading(set_byte(b, i, x)) GROUP BY n, b ORDER BY n;
SELECT n, count(*) AS cut_off, count(*) FILTER (WHERE reading ~ '^..xxxxxxxxxxx.xx$') AS refused FROM whole, generate_series(0, length(b) - 1) AS i, reading(substr(b, 1, i)) GROUP BY n ORDER BY n;
CREATE TABLE damaged_codes AS SELECT b, i, x FROM (SELECT '1 {1:0 "Female", 1:1 "Male", 3:0 "shop"}'::dimension_codes::bytea) AS t(b), generate_series(0, length(b)) AS i, unnest('{0,1,2,64,127,128,254,255}'::integer[]) AS x;
SELECT count(*) AS damaged, count(*) FILTER (WHERE refusal = 'taken') > 100 AS some_read, count(*) FILTER (WHERE refusal ~ '^XX001 invalid dimension_codes') > 100 AS some_refused, min(refusal) FILTER (WHERE refusal !~ '^taken|^XX001 invalid dimension_codes') AS other
FROM damaged_codes, LATERAL (SELECT CASE WHEN i = length(b) THEN substr(b, 1, x) ELSE set_byte(b, i, x) END) AS t(damaged), unnest(ARRAY['dimension_code(%L::bytea::dimension_codes, 1, ''Male'')', 'dimension_code(%L::bytea::dimension_codes, 3, ''shop'')', 'dimension_value_of(%L::bytea::dimension_codes, 1, 1)', 'dimension_codes_out(%L::bytea::dimension_codes)',
	'pt_dimension_codes_combine(NULL, %L::bytea::dimension_codes)', 'pt_dimension_codes_final(%L::bytea::dimension_codes)']) AS c, refusal('SELECT ' || format(c, damaged));
SET client_min_messages = warning;
DROP SCHEMA lines CASCADE;
