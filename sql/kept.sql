-- kept marts: every view shows what that of a live mart shows, before and after a refresh
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET datestyle = ISO;

-- The views of two marts that differ, as text; none is right. The lines are left to verify_mart: a new value has a number in them after a refresh only.
CREATE FUNCTION differing_views(a text, b text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	v name;
	differ boolean;
BEGIN
	FOR v IN SELECT viewname FROM pg_views WHERE schemaname = a AND viewname !~ '^kept' ORDER BY viewname LOOP
		-- by the number of rows and the sum of their hashes: each view is read once
		EXECUTE format('SELECT (SELECT ROW(count(*), sum(hashtextextended(%4$s, 0)))::text FROM %1$I.%3$I x) <> '
			'(SELECT ROW(count(*), sum(hashtextextended(%4$s, 0)))::text FROM %2$I.%3$I x)', a, b, v,
			CASE v WHEN 'customer' THEN '(to_jsonb(x) - ''lines'')::text' ELSE 'x::text' END) INTO differ;
		IF differ THEN
			RETURN NEXT v;
		END IF;
	END LOOP;
	RETURN QUERY SELECT 'only in one: ' || viewname FROM pg_views WHERE schemaname IN (a, b) AND viewname !~ '^kept' GROUP BY viewname HAVING count(*) <> 2;
END
$$;

/*--- a partitioned source with times ---*/

CREATE TABLE buyer (id integer PRIMARY KEY);
INSERT INTO buyer SELECT generate_series(1, 60);
CREATE TABLE sale (
	line_id integer NOT NULL, order_id integer, customer_id integer REFERENCES buyer ON DELETE CASCADE ON UPDATE CASCADE,
	purchased_at timestamp NOT NULL, amount numeric(10,2), category text, gender text, age integer, place point, note json,
	PRIMARY KEY (line_id, purchased_at)
) PARTITION BY RANGE (purchased_at);
CREATE TABLE sale_2024 PARTITION OF sale FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE sale_2025 PARTITION OF sale FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY RANGE (purchased_at);
CREATE TABLE sale_2025a PARTITION OF sale_2025 FOR VALUES FROM ('2025-01-01') TO ('2025-07-01');
CREATE TABLE sale_2025b PARTITION OF sale_2025 FOR VALUES FROM ('2025-07-01') TO ('2026-01-01');
CREATE INDEX ON sale (customer_id);
-- lines of orders 1 to 300, of a customer each; some of nobody, some without an order
INSERT INTO sale
SELECT i, nullif(i / 2 % 331, 0), nullif((i / 2 * 7) % 61, 0), timestamp '2024-01-05' + (i * 37 % 700) * interval '1 day' + (i % 5) * interval '1 hour',
	(i * 13 % 400) / 4.0 - 5, 'category ' || i % 4, CASE i % 3 WHEN 0 THEN 'F' WHEN 1 THEN 'M' END, 20 + i % 50, point(i, i), '{"a": 1}'
FROM generate_series(1, 600) i;

SELECT count(*) > 20 AS views FROM create_mart('live', 'sale', dimensions => '{"channel => CASE line_id % 3 WHEN 0 THEN ''web'' END"}');
SELECT count(*) > 20 AS views FROM create_mart('kept', 'sale', dimensions => '{"channel => CASE line_id % 3 WHEN 0 THEN ''web'' END"}', mode => 'kept');
SELECT mart, source, mode, follow, fresh, last_refresh IS NOT NULL AS refreshed, pending_customers, kept_bytes > 0 AS kept, customer_indexed, problem FROM mart_status();
SELECT differing_views('live', 'kept');
SELECT count(*) FROM kept.customer_change;

-- inserts: of a known customer, a new one, nobody; a new value
INSERT INTO buyer VALUES (61), (62), (63);
INSERT INTO sale VALUES (1001, 900, 5, '2025-03-01', 10, 'new category', 'F', 30), (1002, 900, 61, '2025-03-01', 11, 'category 1', 'M', 31),
	(1003, 901, NULL, '2025-09-01', 12, 'new category', NULL, NULL), (1004, NULL, NULL, '2024-02-01', 13, NULL, 'F', 40);
SELECT customer_id, part IS NOT NULL AS part, whole FROM kept.customer_change ORDER BY 1, part;
SELECT differing_views('live', 'kept');
SELECT * FROM verify_mart('kept');
-- by the name of a leaf, and of one between
INSERT INTO sale_2025b VALUES (1005, 902, 7, '2025-08-01', 20, 'category 0', 'F', 30);
UPDATE sale_2025 SET amount = amount + 1 WHERE customer_id = 8;
DELETE FROM sale_2024 WHERE customer_id = 9;
SELECT customer_id FROM kept.customer_change WHERE customer_id IN (7, 8, 9) ORDER BY 1;
SELECT differing_views('live', 'kept');
SELECT customers, lines, full_rebuild, reason FROM refresh_mart('kept');
SELECT differing_views('live', 'kept');
SELECT * FROM verify_mart('kept');
SELECT count(*) FROM kept.customer_change;
SELECT customers, lines, full_rebuild, reason FROM refresh_mart('kept');

-- the customer changes, the order, the time (to another partition), a dimension, the customer to nobody and back
UPDATE sale SET customer_id = 62 WHERE customer_id = 10;
UPDATE sale SET order_id = 903 WHERE customer_id = 11;
UPDATE sale SET purchased_at = purchased_at - interval '1 year' WHERE purchased_at >= '2025-01-01' AND customer_id = 12;
UPDATE sale SET category = 'third category', gender = 'D' WHERE customer_id = 13;
UPDATE sale SET customer_id = NULL WHERE customer_id = 14;
UPDATE sale SET customer_id = 15 WHERE customer_id IS NULL AND category = 'category 2';
UPDATE sale SET purchased_at = '2024-05-05' WHERE line_id = 1002;
SELECT DISTINCT customer_id FROM kept.customer_change ORDER BY 1;
SELECT differing_views('live', 'kept');
SELECT * FROM verify_mart('kept');
SELECT full_rebuild, reason FROM refresh_mart('kept');
SELECT differing_views('live', 'kept');

-- rollback, savepoint
BEGIN;
DELETE FROM sale WHERE customer_id = 16;
SELECT differing_views('live', 'kept');
ROLLBACK;
SELECT count(*) FROM kept.customer_change;
BEGIN;
INSERT INTO sale VALUES (1010, 910, 17, '2025-01-01', 1, 'a');
SAVEPOINT s;
INSERT INTO sale VALUES (1011, 911, 18, '2025-01-01', 1, 'b');
SELECT refresh_mart('kept') IS NOT NULL AS refreshed;
SELECT differing_views('live', 'kept');
ROLLBACK TO s;
SELECT differing_views('live', 'kept');
COMMIT;
SELECT customer_id FROM kept.customer_change;
SELECT differing_views('live', 'kept');

-- ON CONFLICT, MERGE, a cascade, a writable CTE, COPY, one row twice in a statement's trigger
INSERT INTO sale VALUES (1010, 910, 19, '2025-01-01', 5, 'c') ON CONFLICT (line_id, purchased_at) DO UPDATE SET customer_id = excluded.customer_id;
MERGE INTO sale s USING (VALUES (1010, 20), (1020, 21)) n(line_id, customer_id) ON s.line_id = n.line_id
WHEN MATCHED THEN UPDATE SET customer_id = n.customer_id
WHEN NOT MATCHED THEN INSERT (line_id, order_id, customer_id, purchased_at, amount) VALUES (n.line_id, 920, n.customer_id, '2025-02-02', 4);
UPDATE buyer SET id = 122 WHERE id = 22;
DELETE FROM buyer WHERE id IN (23, 24);
WITH gone AS (DELETE FROM sale WHERE customer_id = 25 RETURNING *) INSERT INTO sale SELECT line_id + 2000, order_id, 26, purchased_at, amount FROM gone;
COPY sale (line_id, order_id, customer_id, purchased_at, amount) FROM stdin;
1030	930	27	2025-11-11	3
1031	930	\N	2025-11-11	3
\.
SELECT DISTINCT customer_id FROM kept.customer_change ORDER BY 1;
SELECT differing_views('live', 'kept');
SELECT * FROM verify_mart('kept');
SELECT full_rebuild FROM refresh_mart('kept');
SELECT differing_views('live', 'kept');

-- partitions that come, go, are truncated; disabled triggers
CREATE TABLE sale_2026 PARTITION OF sale FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO sale VALUES (1040, 940, 28, '2026-02-02', 3);
SELECT differing_views('live', 'kept');
SELECT fresh, problem FROM mart_status() WHERE mart = 'kept';
SELECT full_rebuild, reason FROM refresh_mart('kept');
SELECT fresh, problem FROM mart_status() WHERE mart = 'kept';
TRUNCATE sale_2026;
SELECT fresh, problem FROM mart_status() WHERE mart = 'kept';
SELECT differing_views('live', 'kept');
SELECT full_rebuild FROM refresh_mart('kept');
ALTER TABLE sale DETACH PARTITION sale_2026;
SELECT fresh, problem FROM mart_status() WHERE mart = 'kept';
SELECT full_rebuild, reason FROM refresh_mart('kept');
ALTER TABLE sale_2024 DISABLE TRIGGER USER;
DELETE FROM sale_2024 WHERE customer_id = 30;
SELECT fresh, problem FROM mart_status() WHERE mart = 'kept';
SELECT * FROM verify_mart('kept');
SELECT full_rebuild, reason FROM refresh_mart('kept');
SELECT differing_views('live', 'kept');
-- what passes unseen is found by verify_mart
SET session_replication_role = replica;
DELETE FROM sale WHERE customer_id = 31;
UPDATE sale SET amount = 0 WHERE customer_id = 32;
INSERT INTO sale VALUES (1050, 950, 1, '2025-02-02', 3);
UPDATE sale SET customer_id = 63 WHERE customer_id = 33;
RESET session_replication_role;
SELECT * FROM verify_mart('kept');
SELECT full_rebuild, reason FROM refresh_mart('kept', true);
SELECT * FROM verify_mart('kept');

-- as_of
SELECT set_mart_as_of('live', '2025-01-31'), set_mart_as_of('kept', '2025-01-31');
SELECT differing_views('live', 'kept');
INSERT INTO sale VALUES (1060, 960, 35, '2025-01-30', 8), (1061, 961, 36, '2025-12-30', 8);
SELECT differing_views('live', 'kept');
SELECT customers, full_rebuild FROM refresh_mart('kept');
SELECT differing_views('live', 'kept');
SELECT set_mart_as_of('live', NULL), set_mart_as_of('kept', NULL);
SELECT differing_views('live', 'kept');

-- upgrade, modes, row triggers, comparison
INSERT INTO sale VALUES (1070, 970, 37, '2025-01-30', 8, 'fourth category');
SELECT upgrade_mart('live'), upgrade_mart('kept');
SELECT count(*) FROM kept.customer_change;
SELECT differing_views('live', 'kept');
SELECT set_mart_mode('kept', 'live');
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'sale'::regclass AND NOT tgisinternal;
SELECT relation FROM pt_mart_relations('kept') WHERE kind = 'r';
SELECT set_mart_mode('kept', 'kept', 'row');
SELECT mode, follow, fresh, problem FROM mart_status() WHERE mart = 'kept';
SET session_replication_role = replica;
UPDATE sale SET customer_id = 38 WHERE customer_id = 37;
DELETE FROM sale WHERE customer_id = 39;
INSERT INTO sale VALUES (1080, 980, NULL, '2025-04-04', 2), (1081, 981, 40, '2025-10-10', 2);
RESET session_replication_role;
SELECT DISTINCT customer_id FROM kept.customer_change ORDER BY 1;
SELECT differing_views('live', 'kept');
SELECT full_rebuild, reason FROM refresh_mart('kept');
SELECT differing_views('live', 'kept');
TRUNCATE sale_2025a;
SELECT differing_views('live', 'kept');
SELECT set_mart_mode('kept', 'kept', 'compare');
SELECT mode, follow, fresh, pending_customers, problem FROM mart_status() WHERE mart = 'kept';
SELECT differing_views('live', 'kept');
DELETE FROM sale WHERE customer_id = 41;
SELECT * FROM verify_mart('kept');
SELECT full_rebuild, reason FROM refresh_mart('kept');
SELECT differing_views('live', 'kept');
SELECT set_mart_mode('kept', 'kept');
TRUNCATE sale;
SELECT differing_views('live', 'kept');
SELECT * FROM verify_mart('kept');
INSERT INTO sale VALUES (1, 1, 1, '2025-01-01', 2, 'x'), (2, 2, NULL, '2025-10-01', 2, 'y');
SELECT differing_views('live', 'kept');
SELECT customers, lines, full_rebuild FROM refresh_mart('kept');
SELECT differing_views('live', 'kept');

/*--- without times, hostile names, text ids, expressions ---*/

CREATE SCHEMA "my ""shop%I";
CREATE TABLE "my ""shop%I"."or'der $$ %s" ("cust ""o'mer" text, "am%Iount" numeric, "g@nder" text, num integer, bad text);
INSERT INTO "my ""shop%I"."or'der $$ %s"
SELECT CASE WHEN i % 13 > 0 THEN 'C''"\' || i % 37 END, i % 20, CASE WHEN i % 3 > 0 THEN 'g' || i % 3 END, i, i FROM generate_series(1, 200) i;
SELECT count(*) > 5 AS views FROM create_mart('live "u', '"my ""shop%I"."or''der $$ %s"', customer_id => 'cust "o''mer', amount => 'am%Iount', gender => 'g@nder');
SELECT count(*) > 5 AS views FROM create_mart('kept "u'' $$', '"my ""shop%I"."or''der $$ %s"', customer_id => 'cust "o''mer', amount => 'am%Iount', gender => 'g@nder', mode => 'kept');
INSERT INTO "my ""shop%I"."or'der $$ %s" VALUES ('new', 3, 'h'), (NULL, 4, NULL), ('C''"\3', 5, 'g1');
UPDATE "my ""shop%I"."or'der $$ %s" SET "am%Iount" = 77 WHERE "cust ""o'mer" IS NULL AND num < 50;
DELETE FROM "my ""shop%I"."or'der $$ %s" WHERE num % 37 = 4;
SELECT differing_views('live "u', 'kept "u'' $$');
SELECT * FROM verify_mart('kept "u'' $$');
SELECT full_rebuild, reason FROM refresh_mart('kept "u'' $$');
SELECT differing_views('live "u', 'kept "u'' $$');
SELECT * FROM verify_mart('kept "u'' $$');
-- a column is named anew: the views follow, and so does the mart
ALTER TABLE "my ""shop%I"."or'der $$ %s" RENAME "cust ""o'mer" TO customer;
DELETE FROM "my ""shop%I"."or'der $$ %s" WHERE num = 5;
SELECT customer_id, whole FROM "kept ""u' $$".customer_change;
SELECT differing_views('live "u', 'kept "u'' $$');
ALTER TABLE "my ""shop%I"."or'der $$ %s" RENAME customer TO "cust ""o'mer";
SELECT full_rebuild, reason FROM refresh_mart('kept "u'' $$');
SELECT drop_mart('kept "u'' $$');

-- keys that are expressions: a writer never fails for them
SELECT count(*) > 5 AS views FROM create_mart('live x', '"my ""shop%I"."or''der $$ %s"', customer_id => 'bad::integer % 50', amount => 'am%Iount', gender => 'g@nder');
SELECT count(*) > 5 AS views FROM create_mart('kept x', '"my ""shop%I"."or''der $$ %s"', customer_id => 'bad::integer % 50', amount => 'am%Iount', gender => 'g@nder', mode => 'kept');
UPDATE "my ""shop%I"."or'der $$ %s" SET bad = '7' WHERE num = 8;
SELECT customer_id, whole FROM "kept x".customer_change ORDER BY 1;
SELECT differing_views('live x', 'kept x');
INSERT INTO "my ""shop%I"."or'der $$ %s" VALUES ('new', 3, 'h', 300, 'no number');
SELECT customer_id, whole FROM "kept x".customer_change ORDER BY 1, 2;
DELETE FROM "my ""shop%I"."or'der $$ %s" WHERE num = 300;
SELECT differing_views('live x', 'kept x');
SELECT full_rebuild, reason FROM refresh_mart('kept x');
SELECT differing_views('live x', 'kept x');
SELECT * FROM verify_mart('kept x');

/*--- rights ---*/

CREATE ROLE regress_kept_owner;
CREATE ROLE regress_kept_writer;
CREATE ROLE regress_kept_reader;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_kept_owner', current_database()) \gexec
CREATE TABLE shared (customer_id bigint, amount numeric, gender text);
INSERT INTO shared SELECT i % 10, i, 'F' FROM generate_series(1, 50) i;
GRANT SELECT ON shared TO regress_kept_owner;
GRANT INSERT, SELECT, DELETE ON shared TO regress_kept_writer;
SET ROLE regress_kept_owner;
SELECT count(*) > 5 AS views FROM create_mart('owned', 'shared', mode => 'kept');
SELECT follow FROM mart_status() WHERE mart = 'owned';
SELECT set_mart_mode('owned', 'kept', 'statement');
RESET ROLE;
GRANT TRIGGER ON shared TO regress_kept_owner;
SET ROLE regress_kept_owner;
SELECT set_mart_mode('owned', 'kept');
SELECT grant_mart('owned', 'regress_kept_reader');
SET ROLE regress_kept_writer;
INSERT INTO shared VALUES (3, 7, 'M');
SELECT * FROM owned.customer_change;
SELECT refresh_mart('owned');
SELECT has_function_privilege('owned.log_change()', 'EXECUTE');
SET ROLE regress_kept_reader;
SELECT customers, revenue FROM owned.kpi_total;
SELECT * FROM owned.kept_customer;
SELECT mart, follow, fresh, pending_customers, problem FROM mart_status();
SELECT set_mart_mode('owned', 'live');
SELECT * FROM verify_mart('owned');
SET ROLE regress_kept_owner;
SELECT customers, lines, full_rebuild FROM refresh_mart('owned');
SELECT drop_mart('owned');
RESET ROLE;
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'shared'::regclass;

/*--- errors ---*/

SELECT create_mart('e', 'shared', mode => 'stored');
SELECT create_mart('e', 'shared', mode => NULL);
SELECT create_mart('e', 'shared', follow => 'row');
SELECT create_mart('e', 'shared', mode => 'kept', follow => 'now');
SELECT create_mart('e', 'shared', mode => 'kept', security_invoker => true);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT create_mart('e', 'shared', mode => 'kept');
ROLLBACK;
CREATE VIEW shared_view AS SELECT * FROM shared;
SELECT create_mart('e', 'shared_view', mode => 'kept', follow => 'statement');
SELECT count(*) > 5 AS views FROM create_mart('e', 'shared_view', mode => 'kept');
SELECT follow, fresh FROM mart_status() WHERE mart = 'e';
SELECT refresh_mart('live');
SELECT refresh_mart(NULL);
SELECT refresh_mart('nobody');
SELECT verify_mart('live');
SELECT set_mart_mode('e', 'other');
SELECT set_mart_mode('e', 'live', 'row');
SELECT drop_mart('e');
ALTER TABLE shared ENABLE ROW LEVEL SECURITY;
SELECT create_mart('e', 'shared', mode => 'kept');
ALTER TABLE shared DISABLE ROW LEVEL SECURITY;
SELECT count(*) > 5 AS views FROM create_mart('e', 'shared', mode => 'kept');
ALTER TABLE shared ENABLE ROW LEVEL SECURITY;
SELECT refresh_mart('e');
-- no dead end
SELECT set_mart_mode('e', 'live');
ALTER TABLE shared DISABLE ROW LEVEL SECURITY;
SELECT set_mart_mode('e', 'kept');
DROP TABLE shared CASCADE;
SELECT fresh, problem FROM mart_status() WHERE mart = 'e';
SELECT drop_mart('e');

-- customer ids that look like parts of a template
CREATE TABLE odd_id (customer_id text, amount numeric);
INSERT INTO odd_id VALUES ('@source@', 1), ('b', 2);
SELECT count(*) > 5 AS views FROM create_mart('odd', 'odd_id', mode => 'kept');
INSERT INTO odd_id VALUES ('@source@', 5), ('a@b@c', 1), ('@if gender@x@end@', 4), ('numeric(18,2)', 2), ('(SELECT m.as_of FROM mart m)', 3), (NULL, 3);
SELECT customers, full_rebuild FROM refresh_mart('odd');
SELECT * FROM verify_mart('odd');
SELECT customers, revenue FROM odd.kpi_total;
SELECT drop_mart('odd');
DROP TABLE odd_id;

SELECT drop_mart(m.mart) FROM marts() m;
DROP TABLE sale, buyer, sale_2026;
DROP SCHEMA "my ""shop%I" CASCADE;
DROP FUNCTION differing_views(text, text);
SELECT format('REVOKE CREATE ON DATABASE %I FROM regress_kept_owner', current_database()) \gexec
DROP ROLE regress_kept_owner, regress_kept_writer, regress_kept_reader;
