-- A table or a mart in the place of another: whose it is, who may do what with it, and what is told.
SET client_min_messages = warning;
CREATE ROLE regress_replace_owner;
CREATE ROLE regress_replace_member IN ROLE regress_replace_owner;
CREATE ROLE regress_replace_dealer;
CREATE ROLE "regress replace %reader";
CREATE ROLE regress_replace_stranger;
CREATE SCHEMA rep AUTHORIZATION regress_replace_owner;
GRANT USAGE ON SCHEMA rep TO PUBLIC;
GRANT CREATE ON SCHEMA rep TO regress_replace_stranger;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_replace_owner', current_database()) \gexec

-- the rights on a relation and its columns in their order; whoever granted them
CREATE FUNCTION rights(relation regclass) RETURNS TABLE (owner regrole, place bigint, col name, grantee oid, privilege text, grantable boolean)
	LANGUAGE sql AS $$
	SELECT c.relowner::regrole, a.ordinality, NULL::name, a.grantee, a.privilege_type, a.is_grantable
	FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) WITH ORDINALITY a(grantor, grantee, privilege_type, is_grantable, ordinality)
	WHERE c.oid = relation
	UNION ALL
	SELECT c.relowner::regrole, a.ordinality, t.attname, a.grantee, a.privilege_type, a.is_grantable
	FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid,
		aclexplode(t.attacl) WITH ORDINALITY a(grantor, grantee, privilege_type, is_grantable, ordinality)
	WHERE c.oid = relation $$;
-- how many there are now, and those that a table of before has and a relation has not, and the other way round
CREATE FUNCTION compared(relation text, before text, OUT now bigint, OUT gone text, OUT new text)
	LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE format('SELECT count(*), (SELECT string_agg(x::text, '' '') FROM (TABLE %I EXCEPT SELECT * FROM rights(%L)) x), '
			'(SELECT string_agg(x::text, '' '') FROM (SELECT * FROM rights(%2$L) EXCEPT TABLE %1$I) x) FROM rights(%2$L)', before, relation)
			INTO now, gone, new;
	END $$;

/*--- a prepared table ---*/

CREATE TABLE raw (a text, b text, c text);
INSERT INTO raw VALUES ('1', 'x', '2'), ('2', 'y', 'odd');
GRANT SELECT ON raw TO PUBLIC;
SET ROLE regress_replace_owner;
SELECT count(*) > 0 AS made FROM prepare_purchases('raw', 'rep.done');
GRANT SELECT (b), UPDATE (b) ON rep.done TO PUBLIC;
GRANT SELECT (b) ON rep.done TO regress_replace_dealer WITH GRANT OPTION;
GRANT INSERT, TRUNCATE ON rep.done TO regress_replace_dealer WITH GRANT OPTION;
GRANT SELECT ON rep.done TO regress_replace_dealer;
GRANT SELECT ON rep.done TO PUBLIC;
SET ROLE regress_replace_dealer;
GRANT INSERT ON rep.done TO "regress replace %reader";
SET ROLE regress_replace_owner;
REVOKE DELETE ON rep.done FROM regress_replace_owner;
GRANT REFERENCES (c) ON rep.done_reject TO "regress replace %reader";
RESET ROLE;
CREATE TABLE before AS SELECT * FROM rights('rep.done');
CREATE TABLE before_reject AS SELECT * FROM rights('rep.done_reject');
SELECT relacl, (SELECT attacl FROM pg_attribute WHERE attrelid = c.oid AND attname = 'b') AS b FROM pg_class c WHERE oid = 'rep.done'::regclass;
-- rights that the new table would have from the start are not those of the old one
ALTER DEFAULT PRIVILEGES IN SCHEMA rep GRANT ALL ON TABLES TO regress_replace_stranger;
-- by a superuser, by a member of the owner, by the owner
SET client_min_messages = notice;
SELECT count(*) > 0 AS made FROM prepare_purchases('raw', 'rep.done', replace => true);
SELECT relacl, (SELECT attacl FROM pg_attribute WHERE attrelid = c.oid AND attname = 'b') AS b FROM pg_class c WHERE oid = 'rep.done'::regclass;
SELECT * FROM compared('rep.done', 'before');
SET ROLE regress_replace_member;
SELECT count(*) > 0 AS made FROM prepare_purchases('raw', 'rep.done', replace => true);
RESET ROLE;
SELECT * FROM compared('rep.done', 'before');
SET ROLE regress_replace_owner;
SELECT count(*) > 0 AS made FROM prepare_purchases('raw', 'rep.done', replace => true);
RESET ROLE;
SELECT * FROM compared('rep.done', 'before');
SELECT * FROM compared('rep.done_reject', 'before_reject');
ALTER DEFAULT PRIVILEGES IN SCHEMA rep REVOKE ALL ON TABLES FROM regress_replace_stranger;
-- not by others, and not where the owner may have no table
SET ROLE regress_replace_stranger;
SELECT prepare_purchases('raw', 'rep.done', replace => true);
RESET ROLE;
ALTER SCHEMA rep OWNER TO CURRENT_USER;
GRANT CREATE, USAGE ON SCHEMA rep TO regress_replace_member;
REVOKE CREATE ON SCHEMA rep FROM regress_replace_owner;
SET ROLE regress_replace_member;
SELECT prepare_purchases('raw', 'rep.done', replace => true);
RESET ROLE;
SELECT * FROM compared('rep.done_reject', 'before_reject');
ALTER SCHEMA rep OWNER TO regress_replace_owner;
-- what is gone is told, and row security stays
CREATE INDEX done_b ON rep.done (b);
ALTER TABLE rep.done ADD PRIMARY KEY (a), ADD CONSTRAINT small CHECK (a < 100), ALTER b SET NOT NULL, ALTER b SET DEFAULT 'z', ADD extra integer DEFAULT 1, SET (fillfactor = 50);
CREATE STATISTICS rep.done_statistics ON a, b FROM rep.done;
CREATE POLICY mine ON rep.done USING (a = 1);
ALTER TABLE rep.done ENABLE ROW LEVEL SECURITY;
CREATE RULE "no" AS ON DELETE TO rep.done DO INSTEAD NOTHING;
CREATE FUNCTION rep.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER t AFTER UPDATE ON rep.done EXECUTE FUNCTION rep.nothing();
COMMENT ON COLUMN rep.done.b IS 'said by us';
COMMENT ON COLUMN rep.done.extra IS 'not missed';
COMMENT ON TABLE rep.done_reject IS 'Rows of raw that are not in rep.done, and why.';
SELECT count(*) > 0 AS made FROM prepare_purchases('raw', 'rep.done', replace => true);
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = 'rep.done'::regclass;
SELECT count(*) FROM rep.done;
SET ROLE regress_replace_dealer;
SELECT count(*) FROM rep.done;
RESET ROLE;
-- a column that is gone takes its rights with it
CREATE VIEW less AS SELECT a, c FROM raw;
GRANT SELECT ON less TO PUBLIC;
SELECT count(*) > 0 AS made FROM prepare_purchases('less', 'rep.done', replace => true);
SELECT count(*) FILTER (WHERE col IS NOT NULL) AS of_columns, count(*) FROM before;
SELECT count(*) FILTER (WHERE col IS NOT NULL) AS of_columns, count(*) FROM rights('rep.done');
SET client_min_messages = warning;

/*--- a mart ---*/

CREATE TABLE sold AS SELECT * FROM simulate_purchases(30, 60, 1);
GRANT SELECT, TRIGGER ON sold TO regress_replace_owner;
SET ROLE regress_replace_owner;
SELECT count(*) > 20 AS views FROM create_mart('"Rep Mart"', 'sold');
GRANT USAGE ON SCHEMA "Rep Mart" TO PUBLIC;
GRANT USAGE, CREATE ON SCHEMA "Rep Mart" TO regress_replace_dealer WITH GRANT OPTION;
GRANT SELECT ON "Rep Mart".kpi_total TO PUBLIC;
GRANT SELECT ON "Rep Mart".kpi_month TO regress_replace_dealer WITH GRANT OPTION;
GRANT SELECT (purchases) ON "Rep Mart".kpi_day TO "regress replace %reader" WITH GRANT OPTION;
GRANT SELECT ON "Rep Mart".mart TO PUBLIC;
GRANT UPDATE (as_of) ON "Rep Mart".mart TO regress_replace_dealer;
-- one who may read a view, but not use the schema
GRANT SELECT ON "Rep Mart".segment_age TO regress_replace_stranger;
REVOKE SELECT ON "Rep Mart".top_product FROM regress_replace_owner;
RESET ROLE;
SELECT grant_mart('"Rep Mart"', 'regress replace %reader');
CREATE VIEW mart_rights AS
SELECT n.nspowner::regrole AS owner, NULL::name AS relation, a.ordinality AS place, NULL::name AS col, a.grantee, a.privilege_type, a.is_grantable
FROM pg_namespace n, aclexplode(n.nspacl) WITH ORDINALITY a(grantor, grantee, privilege_type, is_grantable, ordinality)
WHERE n.nspname = 'Rep Mart'
UNION ALL
SELECT r.owner, c.relname, r.place, r.col, r.grantee, r.privilege, r.grantable
FROM pg_class c, rights(c.oid) r
WHERE c.relnamespace = to_regnamespace('"Rep Mart"') AND c.relname !~ '^kept|^customer_change' AND c.relkind IN ('r', 'v');
CREATE TABLE mart_before AS TABLE mart_rights;
SELECT count(*) > 200 AS many, count(DISTINCT owner) AS owners, count(*) FILTER (WHERE col IS NOT NULL) AS of_columns,
	count(*) FILTER (WHERE grantee = 0) AS of_all, count(*) FILTER (WHERE is_grantable) AS grantable FROM mart_before;
CREATE VIEW mart_compared AS
SELECT (SELECT count(*) FROM (TABLE mart_before EXCEPT TABLE mart_rights) x) AS gone, (SELECT count(*) FROM (TABLE mart_rights EXCEPT TABLE mart_before) x) AS new;
SELECT upgrade_mart('"Rep Mart"');
TABLE mart_compared;
SELECT set_mart_mode('"Rep Mart"', 'kept');
TABLE mart_compared;
SELECT set_mart_as_of('"Rep Mart"', '2024-02-01'), set_mart_as_of('"Rep Mart"', NULL);
TABLE mart_compared;
-- kept rows are in the mart as long as it is kept
GRANT SELECT ON "Rep Mart".kept_customer TO regress_replace_dealer;
SELECT upgrade_mart('"Rep Mart"');
SELECT has_table_privilege('regress_replace_dealer', '"Rep Mart".kept_customer', 'SELECT') AS reads;
SELECT set_mart_mode('"Rep Mart"', 'live');
TABLE mart_compared;
-- replaced by a superuser, by a member of the owner, by the owner: it is the owner's
SELECT count(*) > 20 AS views FROM create_mart('"Rep Mart"', 'sold', replace => true);
TABLE mart_compared;
SET ROLE regress_replace_member;
SELECT count(*) > 20 AS views FROM create_mart('"Rep Mart"', 'sold', replace => true, mode => 'kept');
RESET ROLE;
TABLE mart_compared;
SET ROLE regress_replace_owner;
SELECT count(*) > 20 AS views FROM create_mart('"Rep Mart"', 'sold', replace => true);
RESET ROLE;
TABLE mart_compared;
SELECT purchases > 0 AS any FROM "Rep Mart".kpi_total;
-- not by others; with the owner's rights; and the caller's are as before
SET ROLE regress_replace_stranger;
SELECT count(*) FROM create_mart('"Rep Mart"', 'sold', replace => true);
RESET ROLE;
CREATE TABLE secret AS TABLE sold;
SELECT count(*) FROM create_mart('"Rep Mart"', 'secret', replace => true);
SELECT current_user = session_user AS same, current_setting('search_path') AS path;
TABLE mart_compared;
-- a schema that is no mart is not replaced
SELECT count(*) FROM create_mart('rep', 'sold', replace => true);
SELECT drop_mart('"Rep Mart"');

/*--- names ---*/

-- two marts whose names differ in case only: every function takes the one that SQL would
SELECT count(*) > 20 AS views FROM create_mart('twin', 'sold', mode => 'kept');
SELECT count(*) > 20 AS views FROM create_mart('"Twin"', 'sold');
SELECT name, pt_known_mart(name) FROM unnest('{twin,Twin,TWIN,"\"Twin\"","\"twin\"",nowhere,NoWhere,"\"No\"",public,Public}'::text[]) name;
SELECT mart_dashboard('Twin') ->> 'mart' AS folded, mart_dashboard('"Twin"') ->> 'mart' AS quoted;
SELECT mart, mart_dashboard(quote_ident(mart)) #>> '{freshness,mode}' AS mode FROM marts() ORDER BY mart COLLATE "C";
SELECT mart, mode FROM mart_status() ORDER BY mart COLLATE "C";
SELECT grant_mart('TWIN', 'regress_replace_stranger');
SELECT has_schema_privilege('regress_replace_stranger', 'twin', 'USAGE') AS folded, has_schema_privilege('regress_replace_stranger', 'Twin', 'USAGE') AS exact;
SELECT revoke_mart('Twin', 'regress_replace_stranger');
SELECT has_schema_privilege('regress_replace_stranger', 'twin', 'USAGE') AS folded;
SELECT set_mart_as_of('Twin', '2024-02-01');
SELECT (SELECT as_of FROM twin.mart) AS folded, (SELECT as_of FROM "Twin".mart) AS exact;
SELECT customers FROM refresh_mart('Twin');
SELECT count(*) FROM verify_mart('Twin');
SELECT count(*) FROM verify_mart('"Twin"');
SELECT set_mart_mode('Twin', 'live');
SELECT mart, mode FROM mart_status() ORDER BY mart COLLATE "C";
SELECT count(*) > 20 AS views FROM create_mart('"Twin"', 'sold', replace => true);
SELECT mart FROM marts() ORDER BY mart COLLATE "C";
SELECT drop_mart('Twin');
SELECT mart FROM marts();
-- where only one is a mart, its name may stand as the catalog has it
SELECT upgrade_mart('Twin');
CREATE SCHEMA twin;
SELECT upgrade_mart('Twin');
DROP SCHEMA twin;
SELECT drop_mart('Twin');
SELECT drop_mart('Twin');

DROP VIEW less, mart_compared, mart_rights;
DROP SCHEMA rep CASCADE;
DROP TABLE raw, before, before_reject, sold, secret, mart_before;
DROP FUNCTION rights(regclass), compared(text, text);
SELECT format('REVOKE CREATE ON DATABASE %I FROM regress_replace_owner', current_database()) \gexec
DROP ROLE regress_replace_owner, regress_replace_member, regress_replace_dealer, "regress replace %reader", regress_replace_stranger;
