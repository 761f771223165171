-- kept marts: the customers of a mart as a table that follows the source exactly
-- helpers: change_keys_query change_statement check_kept kept_customer_query kept_problem kept_shape kept_sources kept_trigger_count
-- helpers: refresh_mart_as_owner set_mart_mode_as_owner verify_mart_list verify_mart_list_as_owner lock_kept customer_template
-- helpers: drop_kept_relations fill_kept_customer kept_view_query refresh_kept

CREATE TYPE @extschema@.mart_refresh AS (
	customers	bigint,
	lines		bigint,
	seconds		double precision,
	full_rebuild	boolean,
	reason		text
);
COMMENT ON TYPE @extschema@.mart_refresh IS
'What refresh_mart did: customers that it computed, the lines of these, seconds that it took, whether it computed all customers, and why.';

CREATE TYPE @extschema@.mart_difference AS (
	customer_id	text,
	part		smallint,
	what		text
);
COMMENT ON TYPE @extschema@.mart_difference IS
'A customer of a kept mart that is not as the source says: missing, surplus or differs. A NULL customer has the part of the rows without one.';

/*--- what is followed ---*/

CREATE FUNCTION @extschema@.kept_sources(source regclass) RETURNS TABLE (relation oid, relkind "char", relfilenode oid)
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	WITH RECURSIVE tree AS (
		SELECT source::oid AS relation
		UNION
		SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation WHERE NOT i.inhdetachpending
	)
	SELECT c.oid, c.relkind, c.relfilenode FROM tree t JOIN pg_class c ON c.oid = t.relation
	ORDER BY c.oid
$$;
COMMENT ON FUNCTION @extschema@.kept_sources(regclass) IS
'The source with all its partitions, or tables that inherit from it, and the files that they are in.';

CREATE FUNCTION @extschema@.kept_shape(source regclass) RETURNS jsonb
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT jsonb_object_agg(s.relation::text, s.relfilenode::text) FROM @extschema@.kept_sources(source) s
$$;
COMMENT ON FUNCTION @extschema@.kept_shape(regclass) IS
'The parts of a source and their files as an object. It changes with partitions that come or go, and with tables that are truncated or written anew.';

CREATE FUNCTION @extschema@.kept_trigger_count(mart text, source regclass, follow text) RETURNS bigint
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- those that are missing or do not fire
	SELECT sum(CASE WHEN follow = 'statement' THEN 4 WHEN s.relkind = 'p' THEN 1 ELSE 2 END
		- (SELECT count(*) FROM pg_trigger g
			JOIN pg_proc f ON f.oid = g.tgfoid AND f.proname = 'log_change'
			JOIN pg_namespace n ON n.oid = f.pronamespace AND n.nspname = mart
			WHERE g.tgrelid = s.relation
				AND (g.tgenabled = 'A' OR g.tgenabled = 'O' AND follow = 'statement')))::bigint
	FROM @extschema@.kept_sources(source) s
$$;
COMMENT ON FUNCTION @extschema@.kept_trigger_count(text, regclass, text) IS
'How many of the triggers by which a kept mart follows its source are missing or disabled.';

CREATE FUNCTION @extschema@.kept_problem(mart text, settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE
		WHEN (settings).follow = 'compare' THEN NULL
		WHEN @extschema@.kept_trigger_count(mart, (settings).source, (settings).follow) <> 0 THEN 'triggers are missing or disabled'
		WHEN (settings).followed IS DISTINCT FROM @extschema@.kept_shape((settings).source)
			THEN 'the source, or a part of it, was written anew, truncated, attached or detached'
		END
$$;
COMMENT ON FUNCTION @extschema@.kept_problem(text, @extschema@.mart_settings) IS
'Why changes of the source may have passed a kept mart by, as far as can be seen cheaply; NULL if nothing is seen.';

CREATE FUNCTION @extschema@.check_kept(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	wanted text := settings.follow;
	can_follow boolean;
BEGIN
	IF wanted NOT IN ('statement', 'row', 'compare') THEN
		RAISE EXCEPTION 'a mart cannot follow its source by "%"', left(wanted, 100)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'It is ''statement'', ''row'' or ''compare'', or NULL, which takes what fits.';
	END IF;
	IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
		RAISE EXCEPTION 'a kept mart cannot be built in a transaction of isolation level %', current_setting('transaction_isolation')
			USING ERRCODE = 'active_sql_transaction',
				DETAIL = 'Its snapshot may be older than the triggers that follow the source.',
				HINT = 'Use READ COMMITTED.';
	END IF;
	IF settings.security_invoker THEN
		RAISE EXCEPTION 'a mart with security_invoker cannot be kept'
			USING ERRCODE = 'feature_not_supported',
				DETAIL = 'Stored rows would bypass the rights of its readers.';
	END IF;
	IF EXISTS (SELECT FROM @extschema@.kept_sources(settings.source) s JOIN pg_class c ON c.oid = s.relation AND c.relrowsecurity) THEN
		RAISE EXCEPTION 'a mart of %, which has row security, cannot be kept', settings.source
			USING ERRCODE = 'feature_not_supported',
				DETAIL = 'Stored rows would bypass its policies.';
	END IF;
	SELECT bool_and(s.relkind IN ('r', 'p') AND has_table_privilege(s.relation, 'TRIGGER')) INTO can_follow
	FROM @extschema@.kept_sources(settings.source) s;
	IF wanted IN ('statement', 'row') AND NOT can_follow THEN
		RAISE EXCEPTION 'no triggers can be made on %', settings.source
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = 'They need ordinary tables and partitions, and the right TRIGGER on each.',
				HINT = 'follow => ''compare'' computes all customers at each refresh.';
	END IF;
	RETURN coalesce(wanted, CASE WHEN can_follow THEN 'statement' ELSE 'compare' END);
END
$$;
COMMENT ON FUNCTION @extschema@.check_kept(@extschema@.mart_settings) IS
'How a kept mart with these settings follows its source. Errors: unknown follow (22023), isolation level above read committed (25001), security_invoker or row security (0A000), no triggers possible (55000).';

/*--- queries ---*/

CREATE FUNCTION @extschema@.kept_customer_query(query text, rows_from text, condition text) RETURNS text
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	codes_pattern CONSTANT text := '\((SELECT [^()]*dimension_codes\([^()]*\))\s+FROM dimension_value v WHERE v\.dimension_number > 0\)';
	codes text := (regexp_match(query, codes_pattern))[1];
	parts text[] := regexp_split_to_array(regexp_replace(query, codes_pattern, 'd.codes'), '\nFROM purchases p\n');
BEGIN
	IF codes IS NULL OR cardinality(parts) <> 2 THEN
		RAISE EXCEPTION 'the view customer has another form than is known here';
	END IF;
	-- Scalar subqueries become relations: a subquery that has such is not parallel before PostgreSQL 17, and all of a UNION ALL with it.
	RETURN parts[1] || format(E'\nFROM %s\nCROSS JOIN (%s AS codes FROM dimension_value v WHERE v.dimension_number > 0) d\nCROSS JOIN mart m\nWHERE m.one_row AND %s\n',
		rows_from, codes, condition) || regexp_replace(parts[2], '^WHERE', 'AND');
END
$$;
COMMENT ON FUNCTION @extschema@.kept_customer_query(text, text, text) IS
'The query of the view customer of a live mart, over some rows of purchases only.';

CREATE FUNCTION @extschema@.kept_view_query(template @extschema@.mart_view, settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- after the template is expanded, since its parts ask for settings too
	SELECT regexp_replace(@extschema@.mart_view_query(template, settings), '\(SELECT (m\.[a-z_]+) FROM mart m\)', '\1', 'g')
$$;
COMMENT ON FUNCTION @extschema@.kept_view_query(@extschema@.mart_view, @extschema@.mart_settings) IS
'The query of a template that kept_customer_query has made: settings are columns of the relation m there, not scalar subqueries.';

CREATE FUNCTION @extschema@.mart_customer_query(template @extschema@.mart_view, settings @extschema@.mart_settings) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	query text := template.query;
BEGIN
	IF settings.follow = 'compare' THEN
		RETURN 'SELECT k.* FROM kept_customer k';
	END IF;
	-- No initial plans: these would forbid a parallel plan before PostgreSQL 17. What is asked of the log as a whole
	-- is a filter that is looked at once, so that the source is not read where nothing is pending; IN would
	-- become a join, which may read the source first, and NOT (... NOT IN ...) does not.
	template.query := E'SELECT k.* FROM kept_customer k\n'
		'WHERE true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole)\n'
		'\tAND NOT EXISTS (SELECT FROM customer_change x WHERE x.customer_id = k.customer_id)\n'
		'\tAND (k.part IS NULL OR k.part NOT IN (SELECT x.part FROM customer_change x WHERE x.part IS NOT NULL))\n'
		'UNION ALL\n'
		|| @extschema@.kept_customer_query(query,
			E'(SELECT DISTINCT x.customer_id FROM customer_change x WHERE x.customer_id IS NOT NULL) c\nJOIN purchases p ON p.customer_id = c.customer_id',
			E'NOT (true NOT IN (SELECT true FROM customer_change x WHERE x.customer_id IS NOT NULL))\n'
			'\tAND true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole)')
		|| E'\nUNION ALL\n'
		|| @extschema@.kept_customer_query(query, 'purchases p',
			E'p.customer_id IS NULL AND NOT (true NOT IN (SELECT true FROM customer_change x WHERE x.part IS NOT NULL))\n'
			'\tAND (@order_hash@ & 1023)::smallint IN (SELECT x.part FROM customer_change x WHERE x.part IS NOT NULL)\n'
			'\tAND true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole)')
		|| E'\nUNION ALL\n'
		|| @extschema@.kept_customer_query(query, 'purchases p',
			'NOT (true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole))');
	RETURN @extschema@.kept_view_query(template, settings);
END
$$;
COMMENT ON FUNCTION @extschema@.mart_customer_query(@extschema@.mart_view, @extschema@.mart_settings) IS
'The query of the view customer of a kept mart: the kept rows whose customers are not in the log of changes, those of the log computed from the source, and all from the source if the log says that everything changed.';

/*--- tables and triggers ---*/

CREATE FUNCTION @extschema@.make_kept_tables(mart text, template @extschema@.mart_view, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', mart), true);
	EXECUTE format(E'CREATE TABLE %I.kept_customer AS\n%s\nWITH NO DATA', mart, @extschema@.mart_view_query(template, settings));
	EXECUTE format('CREATE TABLE %I.customer_change AS SELECT p.customer_id, NULL::smallint AS part, NULL::boolean AS whole FROM purchases p WITH NO DATA', mart);
	PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
	EXECUTE format('ALTER TABLE %I.customer_change ALTER whole SET NOT NULL, ALTER whole SET DEFAULT false', mart);
	EXECUTE format('CREATE UNIQUE INDEX kept_customer_customer_id ON %I.kept_customer (customer_id) WHERE customer_id IS NOT NULL', mart);
	EXECUTE format('CREATE UNIQUE INDEX kept_customer_part ON %I.kept_customer (part) WHERE customer_id IS NULL', mart);
	EXECUTE format('COMMENT ON TABLE %I.kept_customer IS %L', mart,
		'One row per customer, as of the last refresh_mart(): the rows that the view customer takes where nothing is pending. Written by the functions of purchase_trends only.');
	EXECUTE format('COMMENT ON TABLE %I.customer_change IS %L', mart,
		'Customers whose purchases have changed since the last refresh_mart(), as often as they did. Written by triggers of the source only.');
	EXECUTE format('COMMENT ON COLUMN %I.customer_change.customer_id IS %L', mart, 'Customer whose purchases changed; NULL for rows without one.');
	EXECUTE format('COMMENT ON COLUMN %I.customer_change.part IS %L', mart, 'Part of the rows without a customer that changed; NULL for customers.');
	EXECUTE format('COMMENT ON COLUMN %I.customer_change.whole IS %L', mart, 'Whether everything may have changed.');
	PERFORM @extschema@.comment_mart_columns(mart, 'kept_customer'::text, template.template_name);
END
$$;
COMMENT ON FUNCTION @extschema@.make_kept_tables(text, @extschema@.mart_view, @extschema@.mart_settings) IS
'Makes the empty tables of a kept mart: kept_customer and customer_change. Called when the views of a mart are made.';

CREATE FUNCTION @extschema@.change_keys_query(mart text, settings @extschema@.mart_settings) RETURNS text
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	definition text;
BEGIN
	-- The expressions are parsed here, in the schemas of their author, and written down with every name qualified, so that the trigger needs none of these.
	PERFORM set_config('search_path', @extschema@.expression_search_path(settings), true);
	EXECUTE format('CREATE VIEW %I.change_keys AS SELECT %s AS customer_id%s%s, %s AS amount FROM %s AS changed', mart,
		@extschema@.mart_role_cast(settings, 'customer_id'::text),
		CASE WHEN settings.roles ? 'order_id' THEN ', ' || @extschema@.mart_role_cast(settings, 'order_id'::text) || ' AS order_id' ELSE '' END,
		CASE WHEN settings.roles ? 'purchased_at' THEN ', ' || @extschema@.mart_role_cast(settings, 'purchased_at'::text) || ' AS purchased_at' ELSE '' END,
		@extschema@.mart_role_cast(settings, 'amount'::text), @extschema@.relation_name(settings.source));
	PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
	definition := pg_get_viewdef(to_regclass(format('%I.change_keys', mart)));
	EXECUTE format('DROP VIEW %I.change_keys', mart);
	-- without the last FROM
	RETURN substring(definition FROM '^(.*)\n\s+FROM ');
END
$$;
COMMENT ON FUNCTION @extschema@.change_keys_query(text, @extschema@.mart_settings) IS
'The customer, order, time and amount of a row of the source as a SELECT without FROM, with all names qualified.';

CREATE FUNCTION @extschema@.change_statement(mart text, keys text, order_hash text, rows_from text[], plain boolean) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format(E'\tWITH k AS (\n%s\n\t)\n'
		'\tINSERT INTO %I.customer_change (customer_id, part)\n'
		'\tSELECT DISTINCT p.customer_id, %s FROM k p%s;\n',
		(SELECT string_agg(keys || E'\n\tFROM ' || r.name, E'\n\tUNION ALL\n' ORDER BY r.ordinality) FROM unnest(rows_from) WITH ORDINALITY AS r(name, ordinality)),
		mart,
		CASE WHEN plain THEN 'NULL::smallint' ELSE format('CASE WHEN p.customer_id IS NULL THEN (%s & 1023)::smallint END', order_hash) END,
		CASE WHEN plain THEN ' WHERE p.customer_id IS NOT NULL' ELSE '' END)
$$;
COMMENT ON FUNCTION @extschema@.change_statement(text, text, text, text[], boolean) IS
'A statement of the trigger function of a kept mart: it logs the different customers of some rows, or those that are known if it is plain.';

CREATE FUNCTION @extschema@.make_change_triggers(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	keys text := @extschema@.change_keys_query(mart, settings);
	order_hash text := @extschema@.customer_order_hash(settings);
	by_row boolean := settings.follow = 'row';
	plain_column name;
	plain_type regtype;
	branches text := '';
	body text;
	operation text;
	rows_from text[];
	null_rows text;
	prefix text := left(mart, 40) || '_' || left(md5(mart), 6);
	s record;
BEGIN
	SELECT a.attname, a.atttypid INTO plain_column, plain_type
	FROM pg_attribute a
	WHERE a.attrelid = settings.source AND a.attnum > 0 AND NOT a.attisdropped
		AND quote_ident(a.attname) = settings.roles ->> 'customer_id'
		AND a.atttypid = ANY ('{int2,int4,int8,text}'::regtype[]);
	FOREACH operation IN ARRAY '{INSERT,DELETE,UPDATE}'::text[] LOOP
		rows_from := CASE operation WHEN 'INSERT' THEN '{new}' WHEN 'DELETE' THEN '{old}' ELSE '{old,new}' END::text[];
		rows_from := ARRAY(SELECT CASE WHEN by_row THEN format('(SELECT (%s).*) changed', upper(r)) ELSE format('%s_rows changed', r) END FROM unnest(rows_from) r);
		IF plain_column IS NULL THEN
			body := format(E'\tBEGIN\n%s\tEXCEPTION WHEN OTHERS THEN\n\t\tINSERT INTO %I.customer_change (whole) VALUES (true);\n\tEND;\n',
				@extschema@.change_statement(mart, keys, order_hash, rows_from, false), mart);
		ELSE
			SELECT string_agg(format('EXISTS (SELECT FROM %s WHERE changed.%I IS NULL)', r, plain_column), ' OR ') INTO null_rows FROM unnest(rows_from) r;
			-- a subtransaction only where one is needed
			body := format(E'\tIF NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = TG_RELID AND a.attname = %L AND NOT a.attisdropped AND a.atttypid = %L::regtype) THEN\n'
				'\t\tINSERT INTO %I.customer_change (whole) VALUES (true);\n\t\tRETURN NULL;\n\tEND IF;\n'
				'\tIF %s THEN\n\tBEGIN\n%s\tEXCEPTION WHEN OTHERS THEN\n\t\tINSERT INTO %3$I.customer_change (whole) VALUES (true);\n\tEND;\n\tELSE\n%6$s\tEND IF;\n',
				plain_column, plain_type, mart, null_rows,
				@extschema@.change_statement(mart, keys, order_hash, rows_from, false),
				@extschema@.change_statement(mart, format('SELECT %I AS customer_id', plain_column), order_hash, rows_from, true));
		END IF;
		branches := branches || format(E'ELSIF TG_OP = %L THEN\n%s', operation, body);
	END LOOP;
	EXECUTE format('CREATE FUNCTION %I.log_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L', mart,
		format(E'#variable_conflict use_column\nBEGIN\nIF TG_OP = ''TRUNCATE'' THEN\n\tINSERT INTO %I.customer_change (whole) VALUES (true);\n%sEND IF;\nRETURN NULL;\nEND', mart, branches));
	EXECUTE format('REVOKE EXECUTE ON FUNCTION %I.log_change() FROM PUBLIC', mart);
	EXECUTE format('COMMENT ON FUNCTION %I.log_change() IS %L', mart, 'Logs which customers a change of the source is about; made by purchase_trends.');
	FOR s IN SELECT k.relation::regclass AS relation, k.relkind FROM @extschema@.kept_sources(settings.source) k LOOP
		EXECUTE format('CREATE TRIGGER %I AFTER TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %I.log_change()',
			prefix || '_truncate', @extschema@.relation_name(s.relation), mart);
		IF by_row THEN
			EXECUTE format('ALTER TABLE ONLY %s ENABLE ALWAYS TRIGGER %I', @extschema@.relation_name(s.relation), prefix || '_truncate');
			CONTINUE WHEN s.relkind = 'p';
			EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION %I.log_change()',
				prefix || '_row', @extschema@.relation_name(s.relation), mart);
			EXECUTE format('ALTER TABLE ONLY %s ENABLE ALWAYS TRIGGER %I', @extschema@.relation_name(s.relation), prefix || '_row');
		ELSE
			EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %I.log_change()',
				prefix || '_insert', @extschema@.relation_name(s.relation), mart);
			EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %I.log_change()',
				prefix || '_update', @extschema@.relation_name(s.relation), mart);
			EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION %I.log_change()',
				prefix || '_delete', @extschema@.relation_name(s.relation), mart);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.make_change_triggers(text, @extschema@.mart_settings) IS
'Makes the function that logs changes of the source, which belongs to the mart''s owner, and its triggers on the source and its parts. It waits for writers.';

CREATE FUNCTION @extschema@.drop_change_triggers(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET client_min_messages = warning
	AS $$
BEGIN
	IF EXISTS (
			SELECT FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
			WHERE n.nspname = mart AND f.proname = 'log_change' AND f.pronargs = 0 AND f.proowner = n.nspowner) THEN
		-- triggers of tables of others go with it
		EXECUTE format('DROP FUNCTION %I.log_change() CASCADE', mart);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.drop_change_triggers(text) IS
'Drops the function that logs changes, and its triggers with it.';

CREATE FUNCTION @extschema@.drop_kept_relations(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET client_min_messages = warning
	AS $$
BEGIN
	PERFORM @extschema@.drop_change_triggers(mart);
	EXECUTE format('DROP TABLE IF EXISTS %I.kept_customer, %1$I.customer_change', mart);
END
$$;
COMMENT ON FUNCTION @extschema@.drop_kept_relations(text) IS
'Drops what a kept mart has besides the others. Called by upgrade_mart, and so by set_mart_mode.';

CREATE FUNCTION @extschema@.lock_kept(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF to_regclass(format('%I.kept_customer', mart)) IS NOT NULL THEN
		EXECUTE format('LOCK TABLE %I.kept_customer IN SHARE ROW EXCLUSIVE MODE', mart);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.lock_kept(text) IS
'Waits until nobody else refreshes, upgrades or drops a kept mart; readers and writers go on. What works on a kept mart takes this lock first, then those of views, then of the source.';

/*--- refreshing ---*/

CREATE FUNCTION @extschema@.customer_template(settings @extschema@.mart_settings) RETURNS @extschema@.mart_view
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT v
	FROM @extschema@.mart_view v
	WHERE v.view_name = 'customer' AND (settings).roles ?& v.needs AND NOT (settings).roles ?| v.unless
$$;
COMMENT ON FUNCTION @extschema@.customer_template(@extschema@.mart_settings) IS
'The template of the view customer of a live mart: all customers from the source.';

CREATE FUNCTION @extschema@.fill_kept_customer(mart text) RETURNS bigint
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	customers bigint;
	shape jsonb;
BEGIN
	SELECT s.* INTO STRICT settings FROM @extschema@.read_mart_settings(mart) s;
	-- before the rows are read: a partition that is attached meanwhile is noticed by the next refresh
	shape := @extschema@.kept_shape(settings.source);
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', mart), true);
	-- a table of its own is made by parallel workers
	EXECUTE format(E'CREATE TABLE %I.kept_scratch AS\n%s', mart, @extschema@.mart_view_query(@extschema@.customer_template(settings), settings));
	EXECUTE format('CREATE INDEX ON %I.kept_scratch (customer_id)', mart);
	EXECUTE format('ANALYZE %I.kept_scratch (customer_id, part)', mart);
	-- Rows that did not change stay, and readers with older snapshots keep theirs.
	EXECUTE format('DELETE FROM %I.kept_customer k WHERE k.customer_id IS NOT NULL '
		'AND NOT EXISTS (SELECT FROM %1$I.kept_scratch s WHERE s.customer_id = k.customer_id AND s *= k)', mart);
	EXECUTE format('DELETE FROM %I.kept_customer k WHERE k.customer_id IS NULL '
		'AND NOT EXISTS (SELECT FROM %1$I.kept_scratch s WHERE s.customer_id IS NULL AND s.part = k.part AND s *= k)', mart);
	EXECUTE format('INSERT INTO %I.kept_customer SELECT s.* FROM %1$I.kept_scratch s WHERE s.customer_id IS NOT NULL '
		'AND NOT EXISTS (SELECT FROM %1$I.kept_customer k WHERE s.customer_id = k.customer_id)', mart);
	EXECUTE format('INSERT INTO %I.kept_customer SELECT s.* FROM %1$I.kept_scratch s WHERE s.customer_id IS NULL '
		'AND NOT EXISTS (SELECT FROM %1$I.kept_customer k WHERE k.customer_id IS NULL AND s.part = k.part)', mart);
	EXECUTE format('SELECT count(*) FROM %I.kept_scratch s', mart) INTO customers;
	EXECUTE format('DROP TABLE %I.kept_scratch', mart);
	-- tables of a few rows would be taken for larger ones, and plans for dear
	EXECUTE format('ANALYZE %I.kept_customer, %1$I.mart, %1$I.dimension_value', mart);
	EXECUTE format('UPDATE %I.mart SET last_refresh = clock_timestamp(), followed = $1', mart)
		USING CASE WHEN settings.follow <> 'compare' THEN shape END;
	RETURN customers;
END
$$;
COMMENT ON FUNCTION @extschema@.fill_kept_customer(text) IS
'Computes all customers of a kept mart and writes those that differ. Returns how many there are.';

CREATE FUNCTION @extschema@.refresh_kept(mart text, reason text) RETURNS @extschema@.mart_refresh
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	result @extschema@.mart_refresh;
	started timestamptz := clock_timestamp();
	template @extschema@.mart_view;
	problem text;
	key_type text;
	keys text;
	parts smallint[];
	pending bigint;
	whole boolean;
	kept bigint;
BEGIN
	SELECT s.* INTO STRICT settings FROM @extschema@.read_mart_settings(mart) s;
	IF settings.mode <> 'kept' THEN
		RAISE EXCEPTION 'mart "%" is live: there is nothing to refresh', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'set_mart_mode(..., ''kept'') keeps its customers.';
	END IF;
	-- One at a time. Writers and TRUNCATE never lock this table, so whoever has it may wait for the source.
	PERFORM @extschema@.lock_kept(mart);
	-- what the one before may have changed
	SELECT s.* INTO STRICT settings FROM @extschema@.read_mart_settings(mart) s;
	-- as when it was made: policies may have come since
	IF EXISTS (SELECT FROM @extschema@.kept_sources(settings.source) s JOIN pg_class c ON c.oid = s.relation AND c.relrowsecurity) THEN
		RAISE EXCEPTION 'mart "%" cannot be kept any longer: % has row security', mart, settings.source
			USING ERRCODE = 'feature_not_supported',
				DETAIL = 'Stored rows would bypass its policies.',
				HINT = 'set_mart_mode(..., ''live'') makes it live.';
	END IF;
	problem := @extschema@.kept_problem(mart, settings);
	result.reason := coalesce(reason, problem, CASE WHEN settings.follow = 'compare' THEN 'the source is followed by comparison' END);
	IF settings.follow <> 'compare' AND @extschema@.kept_trigger_count(mart, settings.source, settings.follow) <> 0 THEN
		-- only then: it waits for writers
		PERFORM @extschema@.check_kept(settings);	-- for the isolation level
		PERFORM @extschema@.drop_change_triggers(mart);
		PERFORM @extschema@.make_change_triggers(mart, settings);
	END IF;
	-- Statement 1 takes the log: what is committed later stays in it, and pending.
	SELECT format_type(a.atttypid, a.atttypmod) INTO key_type
	FROM pg_attribute a WHERE a.attrelid = to_regclass(format('%I.customer_change', mart)) AND a.attname = 'customer_id';
	EXECUTE format('WITH taken AS (DELETE FROM %I.customer_change RETURNING customer_id, part, whole) '
		'SELECT array_agg(DISTINCT t.customer_id) FILTER (WHERE t.customer_id IS NOT NULL)::text, '
		'array_agg(DISTINCT t.part) FILTER (WHERE t.part IS NOT NULL), coalesce(bool_or(t.whole), false), '
		'count(DISTINCT t.customer_id) + count(DISTINCT t.part) FROM taken t', mart)
		INTO keys, parts, whole, pending;
	SELECT greatest(0, c.reltuples)::bigint INTO kept FROM pg_class c WHERE c.oid = to_regclass(format('%I.kept_customer', mart));
	IF result.reason IS NULL AND whole THEN
		result.reason := 'the source was truncated, or rows had no key that could be read';
	ELSIF result.reason IS NULL AND pending > greatest(1000, kept / 4) THEN
		result.reason := format('%s customers are pending, more than a quarter', pending);
	END IF;
	result.full_rebuild := result.reason IS NOT NULL;
	IF result.full_rebuild THEN
		PERFORM @extschema@.number_new_values(mart, settings, 'purchases p');
		result.customers := @extschema@.fill_kept_customer(mart);
		EXECUTE format('SELECT coalesce(sum(@extschema@.line_count(k.lines)), 0) FROM %I.kept_customer k', mart) INTO result.lines;
	ELSIF pending = 0 THEN
		result.reason := 'nothing was pending';
		result.customers := 0;
		result.lines := 0;
	ELSE
		result.reason := 'customers were pending';
		-- Values get their numbers before the lines are computed: who brings a new one after this is pending again.
		IF keys IS NOT NULL THEN
			PERFORM @extschema@.number_new_values(mart, settings, format('purchases p WHERE p.customer_id = ANY (%L::%s[])', keys, key_type));
		END IF;
		IF parts IS NOT NULL THEN
			PERFORM @extschema@.number_new_values(mart, settings, 'purchases p WHERE p.customer_id IS NULL');
		END IF;
		template := @extschema@.customer_template(settings);
		EXECUTE format('DELETE FROM %I.kept_customer k WHERE k.customer_id = ANY (%L::%s[])', mart, keys, key_type);
		EXECUTE format('DELETE FROM %I.kept_customer k WHERE k.customer_id IS NULL AND k.part = ANY ($1)', mart) USING parts;
		result.lines := 0;
		result.customers := 0;
		FOR i IN 1 .. 2 LOOP
			CONTINUE WHEN i = 1 AND keys IS NULL OR i = 2 AND parts IS NULL;
			PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', mart), true);
			DECLARE
				one @extschema@.mart_view := template;
				n bigint;
				n_lines bigint;
			BEGIN
				one.query := @extschema@.kept_customer_query(template.query, 'purchases p',
					-- keys are no part of the text: a template expands what stands between @ and @
					CASE i WHEN 1 THEN format('p.customer_id = ANY ($1::%s[])', key_type)
						ELSE format('p.customer_id IS NULL AND (%s & 1023)::smallint = ANY ($1::smallint[])',
							@extschema@.customer_order_hash(settings)) END);
				EXECUTE format(E'WITH done AS (INSERT INTO %I.kept_customer\n%s RETURNING lines) '
					'SELECT count(*), coalesce(sum(@extschema@.line_count(d.lines)), 0) FROM done d', mart,
					@extschema@.kept_view_query(one, settings))
					INTO n, n_lines USING CASE i WHEN 1 THEN keys ELSE parts::text END;
				result.customers := result.customers + n;
				result.lines := result.lines + n_lines;
			END;
		END LOOP;
	END IF;
	IF NOT result.full_rebuild THEN		-- that has said so already
		EXECUTE format('UPDATE %I.mart SET last_refresh = clock_timestamp()', mart);
	END IF;
	result.seconds := extract(epoch FROM clock_timestamp() - started);
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.refresh_kept(text, text) IS
'Computes the customers of a kept mart that are pending, or all of them if a reason is given or found.';

CREATE FUNCTION @extschema@.refresh_mart(mart text, full_rebuild boolean DEFAULT false) RETURNS @extschema@.mart_refresh
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.refresh_mart(text, boolean) IS
'Computes the customers of a kept mart whose purchases have changed, so that its readers need not; what they see is the same before and after. One row says what it did: customers, their lines, seconds, whether it was a full rebuild, and why. It computes all customers if full_rebuild is true, if the source was truncated, if triggers are missing or disabled (it makes them anew), if parts of the source came, went or were written anew, if more than a quarter of the customers are pending, and in a mart that follows by comparison; only those that differ are written. It is one transaction, and two of one mart wait for each other. It works with the rights of the mart''s owner and with row_security off. Errors: no such mart (3F000), no rights of its owner (42501), a live mart (55000), row security on the source (0A000), triggers to be made above READ COMMITTED (25001).';

CREATE FUNCTION @extschema@.refresh_mart_as_owner(mart text, full_rebuild boolean) RETURNS @extschema@.mart_refresh
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM @extschema@.check_mart(mart);
	RETURN @extschema@.refresh_kept(mart, CASE WHEN full_rebuild THEN 'it was asked for' END);
END
$$;
COMMENT ON FUNCTION @extschema@.refresh_mart_as_owner(text, boolean) IS
'What refresh_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';

/*--- the mode ---*/

CREATE FUNCTION @extschema@.set_mart_mode(mart text, mode text, follow text DEFAULT NULL) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.set_mart_mode(text, text, text) IS
'Makes a mart kept or live, and its views anew, as upgrade_mart does. follow says how a kept mart follows its source: ''statement'' by triggers for each statement, ''row'' by triggers that always fire, for subscribers of logical replication, ''compare'' by computing all customers at each refresh; NULL takes statement where triggers can be made, else compare, and is the only one for a live mart. Rights to read stay. Errors: no such mart (3F000), no rights of its owner (42501), unknown mode or follow (22023), isolation level above READ COMMITTED (25001), security_invoker or row security (0A000), no triggers possible (55000), objects that depend on the views (2BP01).';

CREATE FUNCTION @extschema@.set_mart_mode_as_owner(mart text, mode text, follow text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
BEGIN
	PERFORM @extschema@.check_mart(mart);
	SELECT s.* INTO STRICT settings FROM @extschema@.read_mart_settings(mart) s;
	PERFORM @extschema@.check_mart_mode(mode, follow);
	settings.follow := follow;
	IF mode = 'kept' THEN
		settings.follow := @extschema@.check_kept(settings);
	END IF;
	PERFORM @extschema@.lock_kept(mart);
	EXECUTE format('UPDATE %I.mart SET mode = $1, follow = $2, followed = NULL, last_refresh = NULL', mart)
		USING mode, settings.follow;
	PERFORM @extschema@.upgrade_mart_as_owner(mart);
END
$$;
COMMENT ON FUNCTION @extschema@.set_mart_mode_as_owner(text, text, text) IS
'What set_mart_mode does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.check_mart_mode(mode text, follow text) RETURNS void
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF mode IS NULL THEN
		RAISE EXCEPTION 'the mode of a mart must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	ELSIF mode NOT IN ('live', 'kept') THEN
		RAISE EXCEPTION 'a mart has no mode "%"', left(mode, 100)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'It is ''live'' or ''kept''.';
	ELSIF mode = 'live' AND follow IS NOT NULL THEN
		RAISE EXCEPTION 'a live mart follows nothing'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'follow is for mode => ''kept''.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.check_mart_mode(text, text) IS
'Errors unless a mart can have this mode: 22023, or 22004 for NULL.';

/*--- looking at it ---*/

CREATE FUNCTION @extschema@.verify_mart(mart text) RETURNS TABLE (customer_id text, part smallint, what text)
	LANGUAGE sql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT l.customer_id, l.part, l.what FROM unnest(@extschema@.verify_mart_list($1)) l
$$;
COMMENT ON FUNCTION @extschema@.verify_mart(text) IS
'Compares a kept mart with its source by computing all customers, and returns those that are not as they should be: missing, surplus, differs. Pending customers count by what the view customer says of them, so changes that were logged are no difference. No row says that all is right. In a mart that follows by comparison these are the changes since the last refresh. It works with the rights of the mart''s owner. Errors: no such mart (3F000), no rights of its owner (42501), a live mart (55000).';

CREATE FUNCTION @extschema@.verify_mart_list(mart text) RETURNS @extschema@.mart_difference[]
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.verify_mart_list(text) IS
'What verify_mart returns, as an array.';

CREATE FUNCTION @extschema@.verify_mart_list_as_owner(mart text) RETURNS @extschema@.mart_difference[]
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	result @extschema@.mart_difference[];
	query text;
BEGIN
	PERFORM @extschema@.check_mart(mart);
	SELECT s.* INTO STRICT settings FROM @extschema@.read_mart_settings(mart) s;
	IF settings.mode <> 'kept' THEN
		RAISE EXCEPTION 'mart "%" is live: there is nothing to compare', mart
			USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	query := @extschema@.mart_view_query(@extschema@.customer_template(settings), settings);
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', mart), true);
	EXECUTE format(E'WITH live AS MATERIALIZED (\n%s\n), seen AS MATERIALIZED (SELECT * FROM %I.customer) '
		'SELECT array_agg(ROW(d.customer_id, d.part, d.what)::@extschema@.mart_difference ORDER BY d.customer_id COLLATE "C", d.part) FROM ('
		'SELECT coalesce(l.customer_id, k.customer_id)::text AS customer_id, NULL::smallint AS part, '
			'CASE WHEN k IS NULL AND k.lines IS NULL THEN ''missing'' WHEN l IS NULL AND l.lines IS NULL THEN ''surplus'' ELSE ''differs'' END AS what '
		'FROM (SELECT * FROM live WHERE customer_id IS NOT NULL) l FULL JOIN (SELECT * FROM seen WHERE customer_id IS NOT NULL) k ON k.customer_id = l.customer_id '
		'WHERE l.lines IS NULL OR k.lines IS NULL OR NOT l *= k '
		'UNION ALL '
		'SELECT NULL, coalesce(l.part, k.part), '
			'CASE WHEN k.lines IS NULL THEN ''missing'' WHEN l.lines IS NULL THEN ''surplus'' ELSE ''differs'' END '
		'FROM (SELECT * FROM live WHERE customer_id IS NULL) l FULL JOIN (SELECT * FROM seen WHERE customer_id IS NULL) k ON k.part = l.part '
		'WHERE l.lines IS NULL OR k.lines IS NULL OR NOT l *= k) d', query, mart)
		INTO result;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.verify_mart_list_as_owner(text) IS
'What verify_mart_list does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.mart_status() RETURNS TABLE (mart text, source text, mode text, follow text, fresh boolean,
		last_refresh timestamptz, pending_customers bigint, kept_bytes bigint, customer_indexed boolean, problem text)
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
#variable_conflict use_column
DECLARE
	m record;
	settings @extschema@.mart_settings;
	readable boolean;
BEGIN
	FOR m IN
		SELECT r.mart, n.oid AS mart_schema
		FROM @extschema@.marts() r
		JOIN pg_namespace n ON n.nspname = r.mart
		JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'mart'
		WHERE has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
	LOOP
		mart := m.mart;
		source := NULL;
		mode := NULL;
		follow := NULL;
		fresh := false;
		last_refresh := NULL;
		pending_customers := NULL;
		kept_bytes := NULL;
		customer_indexed := NULL;
		problem := NULL;
		-- what DROP EXTENSION ... CASCADE has left must not hide the others
		BEGIN
			SELECT s.* INTO settings FROM @extschema@.read_mart_settings(m.mart) s;
		EXCEPTION WHEN undefined_column THEN
			problem := 'its settings are those of another version, or parts of them are gone';
			RETURN NEXT;
			CONTINUE;
		END;
		source := settings.source::text;
		mode := settings.mode;
		follow := settings.follow;
		last_refresh := settings.last_refresh;
		IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = settings.source) THEN
			problem := 'the source is gone';
		ELSIF settings.mode = 'kept' THEN
			problem := @extschema@.kept_problem(m.mart, settings);
			-- a TRUNCATE that was logged is no reason: all is computed from the source until the next refresh
			IF problem IS NOT NULL AND has_table_privilege(format('%I.customer_change', m.mart), 'SELECT')
					AND @extschema@.kept_trigger_count(m.mart, settings.source, settings.follow) = 0 THEN
				EXECUTE format('SELECT CASE WHEN NOT EXISTS (SELECT FROM %I.customer_change c WHERE c.whole) THEN $1 END', m.mart) INTO problem USING problem;
			END IF;
		END IF;
		fresh := settings.mode = 'live' AND problem IS NULL OR settings.mode = 'kept' AND settings.follow <> 'compare' AND problem IS NULL;
		IF settings.mode = 'kept' AND to_regclass(format('%I.customer_change', m.mart)) IS NOT NULL THEN
			kept_bytes := pg_total_relation_size(to_regclass(format('%I.kept_customer', m.mart)));
			readable := settings.follow <> 'compare' AND has_table_privilege(format('%I.customer_change', m.mart), 'SELECT');
			IF readable THEN
				EXECUTE format('SELECT count(DISTINCT c.customer_id) + count(DISTINCT c.part) FROM %I.customer_change c', m.mart) INTO pending_customers;
			END IF;
		END IF;
		SELECT EXISTS (
			SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indrelid = settings.source AND i.indisvalid AND i.indpred IS NULL
				AND quote_ident(a.attname) = settings.roles ->> 'customer_id')
			OR EXISTS (
			SELECT FROM pg_index i
			WHERE i.indrelid = settings.source AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = 0
				AND pg_get_indexdef(i.indexrelid, 1, true) = settings.roles ->> 'customer_id')
		INTO customer_indexed;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_status() IS
'The marts that the caller may read. mode and follow are as set_mart_mode takes them. fresh: whether its views show the source as it is; false in a mart that follows by comparison, which shows the source as of last_refresh. pending_customers: different customers, and parts of the rows without one, that the next refresh computes; NULL in live marts, in those that follow by comparison, and without the right to read the log, which is the owner''s. kept_bytes: size of the kept rows with their indexes. customer_indexed: whether an index of the source begins with the customer, without which pending customers cost a pass over it. problem: why changes may have passed it by; NULL if nothing is seen. Changes made with triggers switched off by session_replication_role are seen by verify_mart only.';
