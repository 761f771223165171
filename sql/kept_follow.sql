-- kept marts: what the triggers on a source can follow, and what is noticed when they could not
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET datestyle = ISO;

-- the differences between a kept mart and its source; then they are gone
CREATE FUNCTION state(mart text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
	stale bigint;
	fresh boolean;
	problem text;
	what text;
BEGIN
	SELECT count(*) INTO stale FROM verify_mart(mart);
	SELECT s.fresh, s.problem INTO fresh, problem FROM mart_status() s WHERE s.mart = state.mart;
	seen := format('%s, %s different, %s', CASE WHEN fresh THEN 'fresh' ELSE 'not fresh' END, stale, coalesce(problem, 'no problem'));
	SELECT format('; refresh: %s, %s', CASE WHEN r.full_rebuild THEN 'full' ELSE 'part' END, r.reason) INTO what FROM refresh_mart(mart) r;
	SELECT count(*) INTO stale FROM verify_mart(mart);
	SELECT s.fresh INTO fresh FROM mart_status() s WHERE s.mart = state.mart;
	RETURN seen || what || CASE WHEN stale = 0 AND fresh THEN '; right then' ELSE format('; WRONG then: %s, %s', stale, fresh) END;
END
$$;

/*--- columns that swap names, types, places ---*/

CREATE TABLE sale (line integer, customer_id integer, other integer, amount numeric(10,2), purchased_at timestamp);
INSERT INTO sale SELECT i, i % 5, 100 + i % 7, i, '2025-01-01'::timestamp + i * interval '1 day' FROM generate_series(1, 40) i;
CREATE INDEX ON sale (customer_id);
SELECT count(*) > 20 AS views FROM create_mart('plain', 'sale', mode => 'kept');
SELECT count(*) > 20 AS views FROM create_mart('computed', 'sale', customer_id => 'sale.customer_id + 0', mode => 'kept');
ALTER TABLE sale RENAME customer_id TO aside;
ALTER TABLE sale RENAME other TO customer_id;
ALTER TABLE sale RENAME aside TO other;
DELETE FROM sale WHERE line = 7;
INSERT INTO sale VALUES (41, 3, 3, 5, '2025-02-02');
SELECT customer_id, whole FROM plain.customer_change;
SELECT customer_id, whole FROM computed.customer_change;
SELECT verify_mart('plain'), verify_mart('computed');
SELECT state('plain'), state('computed');
-- the triggers of now are for the columns under their new names
UPDATE sale SET amount = 9 WHERE line = 9;
SELECT customer_id, whole FROM plain.customer_change;
SELECT customer_id, whole FROM computed.customer_change;
SELECT verify_mart('plain'), verify_mart('computed');
ALTER TABLE sale RENAME customer_id TO aside;
ALTER TABLE sale RENAME other TO customer_id;
ALTER TABLE sale RENAME aside TO other;
SELECT state('plain'), state('computed');
UPDATE sale SET amount = 1 WHERE line = 5;
SELECT customer_id, whole FROM plain.customer_change;
SELECT customer_id, whole FROM computed.customer_change;
SELECT state('plain'), state('computed');
-- a column that no key needs
ALTER TABLE sale ADD note text;
ALTER TABLE sale DROP line;
UPDATE sale SET amount = 2 WHERE amount = 5;
SELECT customer_id, whole FROM plain.customer_change;
SELECT state('plain'), state('computed');

/*--- what was off for a time ---*/

ALTER TABLE sale DISABLE TRIGGER USER;
UPDATE sale SET amount = 3 WHERE customer_id = 2;
ALTER TABLE sale ENABLE TRIGGER USER;
SELECT state('plain'), state('computed');
ALTER TABLE sale SET UNLOGGED;
SELECT fresh, problem FROM mart_status() WHERE mart = 'plain';
SELECT full_rebuild, reason FROM refresh_mart('plain');
SELECT set_mart_mode('plain', 'kept');
SELECT follow FROM mart_status() WHERE mart = 'plain';
SELECT set_mart_mode('plain', 'kept', 'statement');
ALTER TABLE sale SET LOGGED;
SELECT set_mart_mode('plain', 'kept', 'statement');
ALTER TABLE sale ENABLE ROW LEVEL SECURITY;
SELECT fresh, problem FROM mart_status() WHERE mart = 'plain';
SELECT refresh_mart('plain');
ALTER TABLE sale DISABLE ROW LEVEL SECURITY;
SELECT state('plain');
SELECT drop_mart('computed');

/*--- the mart gets another name, and somebody makes a schema of the old one ---*/

SELECT state('plain');
ALTER SCHEMA plain RENAME TO "très commun, 売上の分析";
CREATE SCHEMA plain;
CREATE TABLE plain.customer_change (customer_id integer, part smallint, whole boolean);
UPDATE sale SET amount = 4 WHERE customer_id = 3;
SELECT * FROM plain.customer_change;
SELECT customer_id, whole FROM "très commun, 売上の分析".customer_change;
SELECT state('très commun, 売上の分析');
UPDATE sale SET amount = 4 WHERE customer_id = 3;
SELECT customer_id, whole FROM "très commun, 売上の分析".customer_change;
SELECT state('très commun, 売上の分析');
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'sale'::regclass AND NOT tgisinternal;
DROP SCHEMA plain CASCADE;
SELECT drop_mart('très commun, 売上の分析');

/*--- parts of a source ---*/

CREATE TABLE part (customer_id integer, amount numeric, purchased_at timestamp) PARTITION BY RANGE (purchased_at);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
INSERT INTO part SELECT i % 5, i, '2025-01-01'::timestamp + i * interval '1 day' FROM generate_series(1, 40) i;
SELECT count(*) > 20 AS views FROM create_mart('parts', 'part', mode => 'kept');
CREATE TABLE before_refresh AS SELECT oid, xmin::text AS made FROM pg_trigger WHERE tgrelid IN ('part'::regclass, 'part_1'::regclass, 'part_2'::regclass);
-- a new one: the others are not touched, so their writers do not wait
CREATE TABLE part_3 PARTITION OF part FOR VALUES FROM ('2025-03-01') TO ('2025-04-01');
INSERT INTO part_3 VALUES (1, 5, '2025-03-05');
SELECT state('parts');
SELECT count(*) AS same FROM pg_trigger g JOIN before_refresh b ON b.oid = g.oid AND b.made = g.xmin::text;
SELECT count(*) AS triggers FROM pg_trigger WHERE tgrelid = 'part_3'::regclass;
-- away and back
BEGIN;
ALTER TABLE part DETACH PARTITION part_2;
COMMIT;
DELETE FROM part_2 WHERE customer_id = 4;
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
SELECT state('parts');
SELECT state('parts');
SELECT drop_mart('parts');
SELECT count(*) FROM pg_trigger WHERE tgrelid = ANY ('{part,part_1,part_2,part_3}'::regclass[]);

/*--- values that can change without their row ---*/

CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE FUNCTION rate(amount numeric, day date DEFAULT current_date) RETURNS numeric IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN amount * extract(year FROM day); END';
CREATE FUNCTION fixed_rate(amount numeric) RETURNS numeric IMMUTABLE LANGUAGE sql RETURN amount * 2;
CREATE TABLE price (product text PRIMARY KEY, price numeric);
INSERT INTO price VALUES ('a', 2), ('b', 3);
CREATE TABLE item (id double precision, amount numeric(8,2), at timestamptz, day date, tags text[], status mood, raw bytea, product text);
INSERT INTO item SELECT 17850 + i % 4 * 0.1, i, '2025-01-01 00:00+00'::timestamptz + i * interval '7 hours', '2025-01-01'::date + i,
	'{x}', (ARRAY['good', 'bad'])[1 + i % 2]::mood, decode('0' || i % 4, 'hex'), 'a' FROM generate_series(1, 30) i;
CREATE FUNCTION follow(arguments text, source text DEFAULT 'item') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE format('SELECT count(*) FROM create_mart(''f'', %L, %s, mode => ''kept'', follow => ''statement'')', source, arguments);
	PERFORM drop_mart('f');
	RETURN 'statement';
EXCEPTION WHEN object_not_in_prerequisite_state THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN detail;
END
$$;
SELECT a.arguments, follow(a.arguments)
FROM (VALUES
	('customer_id => ''id'', purchased_at => ''at'', dimensions => ''{day,status,at,raw,"week => date_trunc(''''week'''', day::timestamp)::date"}'''),
	('customer_id => ''raw'''),
	('customer_id => ''status'''),
	('customer_id => ''tags'''),
	('customer_id => ''tableoid'''),
	('customer_id => ''id'', amount => ''amount * (SELECT max(p.price) FROM price p WHERE p.product = item.product)'''),
	('customer_id => ''id'', amount => ''rate(amount)'''),
	('customer_id => ''id'', amount => ''fixed_rate(amount)'''),
	('customer_id => ''id'', dimensions => ''{old => CASE WHEN at < now() THEN 1 END}'''),
	('customer_id => ''id'', dimensions => ''{"month => to_char(at, ''''MM'''')"}'''),
	('customer_id => ''id'', dimensions => ''{local => at::date}'''),
	('customer_id => ''id'', dimensions => ''{who => current_user}'''),
	('customer_id => ''id'', dimensions => ''{read => (product)::date}'''),
	('customer_id => ''id'', dimensions => ''{luck => random()}'''),
	('customer_id => ''id'', dimensions => ''{all_of_it => item::text}''')
	) AS a(arguments);
-- without a wish it is compared, and says so
SET client_min_messages = notice;
SELECT count(*) > 5 AS views FROM create_mart('f', 'item', customer_id => 'id', purchased_at => NULL, roles => '{"purchased_at": null}',
	amount => 'amount * (SELECT max(p.price) FROM price p WHERE p.product = item.product)', mode => 'kept');
SET client_min_messages = warning;
SELECT follow, fresh, pending_customers FROM mart_status() WHERE mart = 'f';
SELECT drop_mart('f');

-- one text whatever the session says
SELECT count(*) > 20 AS views FROM create_mart('f', 'item', customer_id => 'id', purchased_at => 'at', time_zone => 'Asia/Tokyo',
	dimensions => '{day,status,moment => at,raw}', mode => 'kept');
SET datestyle = 'German'; SET extra_float_digits = 0; SET bytea_output = 'escape'; SET timezone = 'America/New_York';
UPDATE item SET amount = amount + 1 WHERE id > 17850.25;
INSERT INTO item VALUES (0.1::float8 + 0.2, 3, '2025-02-01 12:00+00', '2025-02-01', '{}', 'good', '\x00ff', 'b');
SELECT customer_id FROM f.customer_change ORDER BY 1;
SELECT DISTINCT dimension, value FROM f.breakdown WHERE value ~ '02-01|ff|good' ORDER BY 1, 2;
RESET datestyle; RESET extra_float_digits; RESET bytea_output; RESET timezone;
SET datestyle = ISO;
SELECT state('f');
ALTER TYPE mood RENAME VALUE 'bad' TO 'worse';
SELECT state('f');
SELECT drop_mart('f');

/*--- what an expression is made of gets other names ---*/

CREATE SCHEMA my;
CREATE FUNCTION my.norm(i integer) RETURNS integer IMMUTABLE LANGUAGE sql RETURN i % 100;
CREATE TYPE pair AS (a integer, n integer);
CREATE TABLE made (customer_id integer, who pair, amount numeric, note text, mood_now mood, moods mood[]);
INSERT INTO made SELECT i, ROW(i + 10, i % 5)::pair, i, 'x', 'good', '{good}' FROM generate_series(1, 20) i;
SELECT count(*) > 5 AS views FROM create_mart('norm', 'made', customer_id => 'my.norm(customer_id)', mode => 'kept');
SELECT count(*) > 5 AS views FROM create_mart('pairs', 'made', customer_id => '(who).n', mode => 'kept');
ALTER FUNCTION my.norm(integer) RENAME TO norm_100;
CREATE FUNCTION my.norm(i integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''never called''; END';
ALTER TYPE pair RENAME ATTRIBUTE n TO z;
ALTER TYPE pair RENAME ATTRIBUTE a TO n;
INSERT INTO made VALUES (111, ROW(10, 3), 1000);
UPDATE made SET amount = 100 WHERE amount = 13;
SELECT customer_id, whole FROM norm.customer_change ORDER BY 1;
SELECT customer_id, whole FROM pairs.customer_change ORDER BY 1;
SELECT verify_mart('norm'), verify_mart('pairs');
SELECT state('pairs');
-- the schema of a function gets another name, and somebody makes one of the old name
ALTER SCHEMA my RENAME TO our;
CREATE SCHEMA my;
CREATE FUNCTION my.norm(i integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''never called''; END';
INSERT INTO made VALUES (112, ROW(10, 3), 1000);
SELECT customer_id, whole FROM norm.customer_change ORDER BY 1;
SELECT verify_mart('norm');
CREATE OR REPLACE FUNCTION our.norm_100(i integer) RETURNS integer IMMUTABLE LANGUAGE sql RETURN i % 10;
SELECT state('norm');
-- that of an operator, and one that the transaction has replaced before
CREATE FUNCTION our.odd(integer, integer) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 > $2;
CREATE OPERATOR our.>>> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = our.odd);
SELECT count(*) > 5 AS views FROM create_mart('odds', 'made', customer_id => 'customer_id', row_filter => 'customer_id OPERATOR(our.>>>) 5', mode => 'kept');
CREATE OR REPLACE FUNCTION our.odd(integer, integer) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 < $2;
SELECT state('odds');
BEGIN;
CREATE OR REPLACE FUNCTION our.odd(integer, integer) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 > $2;
SELECT full_rebuild FROM refresh_mart('odds');
CREATE OR REPLACE FUNCTION our.odd(integer, integer) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN $1 < $2;
COMMIT;
SELECT state('odds');
SELECT drop_mart('odds');
SELECT drop_mart('norm'), drop_mart('pairs');
SELECT a.arguments, follow(a.arguments, 'made')
FROM (VALUES ('customer_id => ''customer_id'', dimensions => ''{mood_now}'''),
	('customer_id => ''customer_id'', dimensions => ''{first => moods[1]}'''),
	('customer_id => ''customer_id'', dimensions => ''{"label => CASE WHEN amount > 5 THEN ''''good''''::mood END"}'''),
	('customer_id => ''customer_id'', dimensions => ''{clock => note::time}'''),
	('customer_id => ''xmlserialize(content xmlforest(amount) AS text)'', amount => ''amount + 1''')) a(arguments);

/*--- a dimension whose collation takes texts for equal ---*/

CREATE COLLATION same (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE hat (customer_id integer, amount numeric, category text COLLATE same);
INSERT INTO hat VALUES (1, 1, 'Hat'), (1, 1, 'Hat'), (2, 2, 'HAT');
SELECT count(*) > 5 AS views FROM create_mart('hats', 'hat', mode => 'kept');
INSERT INTO hat VALUES (3, 3, 'HAT');
SELECT state('hats');
SELECT value, purchases FROM hats.breakdown WHERE dimension = 'category' ORDER BY value COLLATE "C";
SELECT drop_mart('hats');

/*--- what somebody dropped with CASCADE is made anew ---*/

SELECT count(*) > 5 AS views FROM create_mart('hats', 'hat', mode => 'kept');
SET client_min_messages = error;
DROP TABLE hats.customer_change CASCADE;
SET client_min_messages = warning;
SELECT problem FROM mart_status() WHERE mart = 'hats';
SELECT upgrade_mart('hats');
INSERT INTO hat VALUES (4, 4, 'Hat');
SELECT customers FROM hats.kpi_total;
SET client_min_messages = error;
DROP VIEW hats.customer CASCADE;
SET client_min_messages = warning;
SELECT fresh, problem FROM mart_status() WHERE mart = 'hats';
SELECT set_mart_mode('hats', 'kept');
SELECT customers FROM hats.kpi_total;
SELECT verify_mart('hats');
SET client_min_messages = error;
DROP TABLE hats.kept_customer CASCADE;
SET client_min_messages = warning;
SELECT problem FROM mart_status() WHERE mart = 'hats';
SELECT drop_mart('hats');

/*--- a source that is a part of another table ---*/

CREATE TABLE whole_of (customer_id integer, amount numeric, purchased_at timestamp) PARTITION BY RANGE (purchased_at);
CREATE TABLE part_of PARTITION OF whole_of FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO whole_of SELECT i % 5, i, '2025-02-01' FROM generate_series(1, 20) i;
SELECT count(*) > 5 AS views FROM create_mart('p', 'part_of', mode => 'kept', follow => 'statement');
SELECT count(*) > 5 AS views FROM create_mart('p', 'part_of', mode => 'kept');
SELECT follow FROM mart_status() WHERE mart = 'p';
INSERT INTO whole_of VALUES (1, 1000, '2025-03-01');
SELECT state('p');
ALTER TABLE whole_of DETACH PARTITION part_of;
SELECT set_mart_mode('p', 'kept');
SELECT follow, fresh FROM mart_status() WHERE mart = 'p';
ALTER TABLE whole_of ATTACH PARTITION part_of FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
SELECT fresh, problem FROM mart_status() WHERE mart = 'p';
SELECT drop_mart('p');

/*--- writers do not fail for what was made of other things ---*/

CREATE FUNCTION net(amount numeric) RETURNS numeric IMMUTABLE LANGUAGE sql RETURN amount;
CREATE TABLE sold (customer_id integer, amount numeric, at timestamptz);
INSERT INTO sold VALUES (1, 1, '2025-01-01');
SELECT count(*) > 5 AS views FROM create_mart('net_mart', 'sold', amount => 'net(amount)', purchased_at => 'at', time_zone => 'Asia/Tokyo', mode => 'kept');
ALTER FUNCTION net(numeric) RENAME TO gross;
INSERT INTO sold VALUES (2, 2, '2025-01-01'), (NULL, 2, '2025-01-01');
SELECT customer_id, part IS NOT NULL AS part, whole FROM net_mart.customer_change ORDER BY 1;
SELECT verify_mart('net_mart');
SELECT drop_mart('net_mart');
SELECT count(*) > 5 AS views FROM create_mart('at_mart', 'sold', customer_id => 'at', roles => '{"purchased_at": null}', time_zone => 'Asia/Tokyo', mode => 'kept');
INSERT INTO sold VALUES (3, 3, '294276-12-31 23:00+00');
SELECT customer_id, whole FROM at_mart.customer_change;
DELETE FROM sold WHERE customer_id = 3;
SELECT state('at_mart');
SELECT drop_mart('at_mart');

/*--- ids of any length ---*/

CREATE TABLE wide (customer_id text, amount numeric);
INSERT INTO wide SELECT string_agg(md5(g::text || i), '') , i FROM generate_series(1, 3) i, generate_series(1, 1000) g GROUP BY i;
INSERT INTO wide VALUES ('short', 1);
SELECT count(*) > 5 AS views FROM create_mart('wide_mart', 'wide', mode => 'kept');
UPDATE wide SET amount = amount + 1;
INSERT INTO wide SELECT string_agg(md5(g::text || 'n'), ''), 7 FROM generate_series(1, 1000) g;
SELECT state('wide_mart');
SELECT count(*), sum(revenue) FROM wide_mart.dim_customer;
SELECT drop_mart('wide_mart');

/*--- what a session is at ---*/

DO $$ BEGIN
	PERFORM pt_show_progress('half of it');
	RAISE WARNING '%', (SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid());
	PERFORM pg_stat_clear_snapshot();
	PERFORM pt_show_progress(NULL);
	RAISE WARNING '%', (SELECT left(query, 14) FROM pg_stat_activity WHERE pid = pg_backend_pid());
END $$;

DROP FUNCTION state(text), follow(text, text);
DROP TABLE sale, part, item, price, wide, before_refresh, made, hat, whole_of, sold;
DROP COLLATION same;
DROP SCHEMA my, our CASCADE;
DROP TYPE pair;
DROP FUNCTION gross(numeric);
DROP FUNCTION rate(numeric, date), fixed_rate(numeric);
DROP TYPE mood;
