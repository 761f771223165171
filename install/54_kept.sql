-- kept marts: the customers of a mart as a table that follows the source exactly

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
'A customer of a kept mart that is not as the source says: missing, surplus or differs. A NULL customer has the part of the rows without one; without a part, totals differ says that what is kept of all customers is not what they, or the orders of the source, add up to.';

/*--- what is followed ---*/

CREATE FUNCTION @extschema@.pt_kept_sources(source regclass) RETURNS TABLE (relation oid, depth integer, relkind "char", relfilenode oid)
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	WITH RECURSIVE tree AS (
		SELECT source::oid AS relation, 0 AS depth
		UNION
		SELECT i.inhrelid, t.depth + 1 FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation WHERE NOT i.inhdetachpending
	)
	SELECT c.oid, max(t.depth), c.relkind, c.relfilenode FROM tree t JOIN pg_class c ON c.oid = t.relation
	GROUP BY c.oid, c.relkind, c.relfilenode
	ORDER BY 2, 1
$$;
COMMENT ON FUNCTION @extschema@.pt_kept_sources(regclass) IS
'The source with all its partitions, or tables that inherit from it, and the files that they are in: parents first, as writers lock them.';

CREATE FUNCTION @extschema@.pt_kept_parents(source regclass) RETURNS SETOF oid
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	WITH RECURSIVE parent AS (
		SELECT i.inhparent AS relation FROM @extschema@.pt_kept_sources(source) s JOIN pg_inherits i ON i.inhrelid = s.relation
		UNION
		SELECT i.inhparent FROM parent p JOIN pg_inherits i ON i.inhrelid = p.relation
	)
	SELECT p.relation FROM parent p
	EXCEPT
	SELECT s.relation FROM @extschema@.pt_kept_sources(source) s
$$;
COMMENT ON FUNCTION @extschema@.pt_kept_parents(regclass) IS
'The tables of which the source, or a part of it, is a part: statements that name these write to it, and fire none of its triggers for statements.';

CREATE FUNCTION @extschema@.pt_kept_shape(mart text, source regclass) RETURNS jsonb
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- xmin is the transaction that made a row of the catalog what it is, ctid tells apart what one made: what was detached, or disabled, and
	-- is back, is seen by them
	SELECT jsonb_object_agg(s.relation::text, concat_ws(' ', s.relfilenode,
		(SELECT string_agg(format('%s:%s%s', i.inhparent, i.xmin, i.ctid), ',' ORDER BY i.inhparent) FROM pg_inherits i WHERE i.inhrelid = s.relation),
		(SELECT string_agg(format('%s:%s%s', g.oid, g.xmin, g.ctid), ',' ORDER BY g.oid)
		FROM pg_trigger g
		WHERE g.tgrelid = s.relation AND g.tgfoid = to_regprocedure(format('%I.log_change()', mart)))))
		|| coalesce((
			-- a label of an enum may be named anew
			SELECT jsonb_build_object('labels', jsonb_agg(e.enumlabel ORDER BY e.enumtypid, e.oid))
			FROM pg_enum e
			WHERE e.enumtypid IN (SELECT @extschema@.pt_base_type(a.atttypid::regtype) FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped)
			HAVING count(*) > 0), '{}')
		|| coalesce((
			-- a function may be replaced, that of an operator too
			SELECT jsonb_build_object('functions', string_agg(f.oid || ':' || f.xmin || f.ctid, ',' ORDER BY f.oid))
			FROM pg_proc f
			WHERE f.oid IN (
				SELECT CASE d.refclassid WHEN 'pg_proc'::regclass THEN d.refobjid ELSE o.oprcode END
				FROM pg_rewrite r
				JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
					AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
				LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
				WHERE r.ev_class = to_regclass(format('%I.purchases', mart)))
			HAVING count(*) > 0), '{}')
	FROM @extschema@.pt_kept_sources(source) s
$$;
COMMENT ON FUNCTION @extschema@.pt_kept_shape(text, regclass) IS
'The parts of a source as an object: their files, to what they are attached, and the triggers of the mart on them; the labels of enums, and the functions that are called. It changes with parts that come or go, also if they are back, with tables that are truncated or written anew, and with triggers that were disabled for a time.';

CREATE FUNCTION @extschema@.pt_purchase_source_columns(mart text, source regclass) RETURNS name[]
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- of the view and not of the settings: it follows a column that is named anew
	SELECT coalesce(array_agg(DISTINCT a.attname ORDER BY a.attname), '{}')
	FROM pg_rewrite r
	JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = source
	JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
	WHERE r.ev_class = to_regclass(format('%I.purchases', mart))
$$;
COMMENT ON FUNCTION @extschema@.pt_purchase_source_columns(text, regclass) IS
'The columns of the source that the view purchases of a mart reads, by their names of today.';

CREATE FUNCTION @extschema@.pt_change_columns() RETURNS name[]
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT '{customer_id,order_id,purchased_at,amount}'::name[]
$$;
COMMENT ON FUNCTION @extschema@.pt_change_columns() IS
'The columns of purchases, and the roles, that the triggers of a kept mart compute for a row that changed: whose it is, and for rows of nobody which order.';

CREATE FUNCTION @extschema@.pt_log_change_start(mart text) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format(E'#variable_conflict use_column\nDECLARE\n\tmart CONSTANT name := %L;\n', mart)
$$;
COMMENT ON FUNCTION @extschema@.pt_log_change_start(text) IS
'How the trigger function of a kept mart begins: it is of another mart if the schema was given another name.';

CREATE FUNCTION @extschema@.pt_change_triggers(mart text, settings @extschema@.mart_settings)
	RETURNS TABLE (relation oid, trigger_name name, events smallint, signature text, fires boolean)
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	columns name[] := @extschema@.pt_purchase_source_columns(mart, settings.source);
	prefix text := 'purchase_trends_' || left(md5(mart), 12);
	log_change oid := to_regprocedure(format('%I.log_change()', mart));
BEGIN
	FOR relation, signature IN SELECT s.relation, NULL FROM @extschema@.pt_kept_sources(settings.source) s LOOP
		signature := @extschema@.pt_column_signature(relation, columns);
		RETURN QUERY
		-- events as in pg_trigger.tgtype, AFTER: row 1, insert 4, delete 8, update 16, truncate 32
		SELECT pt_change_triggers.relation, coalesce(g.tgname, (prefix || '_' || e.name)::name), e.events::smallint, pt_change_triggers.signature,
			coalesce(g.tgargs = convert_to(pt_change_triggers.signature, getdatabaseencoding()) || '\x00'
				AND (g.tgenabled = 'A' OR g.tgenabled = 'O' AND settings.follow = 'statement'), false)
		FROM (VALUES ('statement', 4, 'insert'), ('statement', 8, 'delete'), ('statement', 16, 'update'), ('statement', 32, 'truncate'),
			('row', 32, 'truncate'), ('row', 29, 'row')) AS e(follow, events, name)
		LEFT JOIN pg_trigger g ON g.tgrelid = pt_change_triggers.relation AND g.tgtype = e.events AND g.tgfoid = log_change
		WHERE e.follow = settings.follow
			AND (e.events <> 29 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = pt_change_triggers.relation AND c.relkind = 'r'))
		ORDER BY e.events;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_change_triggers(text, @extschema@.mart_settings) IS
'The triggers by which a kept mart follows its source, parents first, and whether each is there, was made for the columns as they are, and is enabled.';

CREATE FUNCTION @extschema@.pt_source_problem(source regclass, follow text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT p.problem
	FROM (
		SELECT s.depth, s.relation, CASE
			WHEN c.relkind NOT IN ('r', 'p') THEN format('%s is no ordinary table', c.oid::regclass)
			WHEN c.relpersistence <> 'p' THEN format('%s is not logged: a crash empties it, and no trigger tells', c.oid::regclass)
			WHEN follow = 'statement' AND s.depth = 0 AND EXISTS (SELECT FROM @extschema@.pt_kept_parents(source))
				THEN format('statements that name its parent %s fire no triggers of it for statements', (SELECT min(k)::regclass FROM @extschema@.pt_kept_parents(source) k))
			WHEN NOT has_table_privilege(c.oid, 'TRIGGER') THEN format('the right TRIGGER on %s is missing', c.oid::regclass)
			WHEN follow = 'row' AND NOT pg_has_role(c.relowner, 'USAGE') THEN format('only the owner of %s can have triggers on it that always fire', c.oid::regclass)
			END AS problem
		FROM @extschema@.pt_kept_sources(source) s
		JOIN pg_class c ON c.oid = s.relation
		) p
	WHERE p.problem IS NOT NULL
	ORDER BY p.depth, p.relation
	LIMIT 1
$$;
COMMENT ON FUNCTION @extschema@.pt_source_problem(regclass, text) IS
'Why no triggers can follow a table with its parts; NULL if they can.';

CREATE FUNCTION @extschema@.pt_follow_problem(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	problem text := @extschema@.pt_source_problem(settings.source, settings.follow);
	e record;
BEGIN
	IF problem IS NOT NULL THEN
		RETURN problem;
	END IF;
	FOR e IN
		SELECT r.role_name AS name, @extschema@.pt_mart_role_cast(settings, r.role_name) AS expression,
			r.role_name = ANY (@extschema@.pt_change_columns()) AS is_key
		FROM @extschema@.mart_role r WHERE settings.roles ? r.role_name
		UNION ALL
		SELECT 'dimension ' || d, @extschema@.pt_mart_dimension_cast(settings, d), false FROM jsonb_object_keys(settings.dimensions) d
		UNION ALL
		SELECT 'row_filter', settings.row_filter, false WHERE settings.row_filter IS NOT NULL
	LOOP
		PERFORM set_config('search_path', @extschema@.pt_expression_search_path(settings), true);
		problem := @extschema@.pt_value_expression_problem(settings.source, e.expression, e.is_key);
		PERFORM pg_catalog.set_config('search_path'::text, 'pg_catalog, pg_temp'::text, true);
		IF problem IS NOT NULL THEN
			RETURN format('%s: %s', e.name, problem);
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_follow_problem(@extschema@.mart_settings) IS
'Why a mart with these settings cannot follow its source by triggers: the kind of the source, or an expression whose value can change without a change of the row. NULL if it can.';

CREATE FUNCTION @extschema@.pt_has_row_security(source regclass) RETURNS boolean
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT EXISTS (SELECT FROM @extschema@.pt_kept_sources(source) s JOIN pg_class c ON c.oid = s.relation AND c.relrowsecurity)
$$;
COMMENT ON FUNCTION @extschema@.pt_has_row_security(regclass) IS
'Whether a table, or a part of it, has row security.';

CREATE FUNCTION @extschema@.pt_is_subscribed(source regclass) RETURNS boolean
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT EXISTS (
		SELECT FROM pg_subscription_rel r
		WHERE r.srrelid IN (SELECT s.relation FROM @extschema@.pt_kept_sources(source) s UNION ALL SELECT p FROM @extschema@.pt_kept_parents(source) p))
$$;
COMMENT ON FUNCTION @extschema@.pt_is_subscribed(regclass) IS
'Whether a table, or a part of it, is written by a subscription of logical replication, which fires triggers for rows only, and only those that always fire.';

CREATE FUNCTION @extschema@.pt_triggers_problem(mart text, settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE
		WHEN NOT EXISTS (
				SELECT FROM pg_proc f
				WHERE f.oid = to_regprocedure(format('%I.log_change()', mart)) AND starts_with(f.prosrc, @extschema@.pt_log_change_start(mart)))
			THEN 'the trigger function is missing, or the mart had another name'
		WHEN EXISTS (SELECT FROM @extschema@.pt_change_triggers(mart, settings) t WHERE NOT t.fires)
			THEN 'triggers are missing or disabled, or columns have other places or types'
		END
$$;
COMMENT ON FUNCTION @extschema@.pt_triggers_problem(text, @extschema@.mart_settings) IS
'What pt_make_change_triggers has to mend; NULL if nothing.';

CREATE FUNCTION @extschema@.pt_kept_problem(mart text, settings @extschema@.mart_settings) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	problem text;
BEGIN
	IF @extschema@.pt_has_row_security(settings.source) THEN
		RETURN 'the source has row security: the mart cannot be refreshed any longer';
	ELSIF settings.follow = 'compare' THEN
		RETURN NULL;
	END IF;
	problem := coalesce(@extschema@.pt_source_problem(settings.source, settings.follow), @extschema@.pt_triggers_problem(mart, settings));
	IF problem IS NOT NULL THEN
		RETURN problem;
	ELSIF settings.followed IS DISTINCT FROM @extschema@.pt_kept_shape(mart, settings.source) THEN
		RETURN 'the source, a part of it, a trigger on it, or a function or label that its values need was altered';
	ELSIF settings.follow = 'statement' AND @extschema@.pt_is_subscribed(settings.source) THEN
		RETURN 'a subscription writes the source, and fires no triggers of statements: set_mart_mode(..., ''kept'', ''row'')';
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_kept_problem(text, @extschema@.mart_settings) IS
'Why changes of the source may have passed a kept mart by, as far as can be seen cheaply; NULL if nothing is seen.';

CREATE FUNCTION @extschema@.pt_check_row_security(settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF @extschema@.pt_has_row_security(settings.source) THEN
		RAISE EXCEPTION 'a mart of %, which has row security, cannot be kept', settings.source
			USING ERRCODE = 'feature_not_supported',
				DETAIL = 'Stored rows would bypass its policies.',
				HINT = 'A live mart, with security_invoker if need be, shows what they allow.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_row_security(@extschema@.mart_settings) IS
'Errors if the source of a kept mart has row security (0A000).';

CREATE FUNCTION @extschema@.pt_check_isolation() RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
		RAISE EXCEPTION 'a kept mart cannot be built in a transaction of isolation level %', current_setting('transaction_isolation')
			USING ERRCODE = 'active_sql_transaction',
				DETAIL = 'Its snapshot may be older than the triggers that follow the source.',
				HINT = 'Use READ COMMITTED.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_isolation() IS
'Errors in a transaction whose snapshot may be older than triggers that are made in it (25001).';

CREATE FUNCTION @extschema@.pt_check_kept(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	wanted text := settings.follow;
	problem text;
BEGIN
	IF wanted NOT IN ('statement', 'row', 'compare') THEN
		RAISE EXCEPTION 'a mart cannot follow its source by "%"', left(wanted, 100)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'It is ''statement'', ''row'' or ''compare'', or NULL, which takes what fits.';
	END IF;
	PERFORM @extschema@.pt_check_isolation();
	IF settings.security_invoker THEN
		RAISE EXCEPTION 'a mart with security_invoker cannot be kept'
			USING ERRCODE = 'feature_not_supported',
				DETAIL = 'Stored rows would bypass the rights of its readers.';
	END IF;
	PERFORM @extschema@.pt_check_row_security(settings);
	IF wanted = 'compare' THEN
		RETURN wanted;
	END IF;
	settings.follow := coalesce(wanted, CASE WHEN @extschema@.pt_is_subscribed(settings.source)
		OR EXISTS (SELECT FROM @extschema@.pt_kept_parents(settings.source)) THEN 'row' ELSE 'statement' END);
	problem := @extschema@.pt_follow_problem(settings);
	IF problem IS NULL THEN
		RETURN settings.follow;
	ELSIF wanted IS NOT NULL THEN
		RAISE EXCEPTION 'triggers cannot follow %', settings.source
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = problem,
				HINT = 'follow => ''compare'' computes all customers at each refresh.';
	END IF;
	RAISE NOTICE 'the mart shows % as of its last refresh', settings.source
		USING DETAIL = format('Triggers cannot follow it: %s.', problem),
			HINT = 'refresh_mart() compares all customers with it; a live mart is never stale.';
	RETURN 'compare';
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_kept(@extschema@.mart_settings) IS
'How a kept mart with these settings follows its source. Errors: unknown follow (22023), isolation level above read committed (25001), security_invoker or row security (0A000), no triggers possible (55000).';

/*--- queries ---*/

CREATE FUNCTION @extschema@.pt_kept_customer_query(query text, rows_from text, condition text) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- Settings and numbers are relations, not scalar subqueries: a subquery that has such is not parallel before PostgreSQL 17, and all of a UNION ALL with it.
	SELECT replace(replace(replace(replace(replace(query,
		'@as_of@', 'm.as_of'),
		'@dimension_codes@', 'd.codes'),
		'@dimension_values@', '@joined_dimension_values@'),
		'@customer_rows@', rows_from || E'\nCROSS JOIN LATERAL @dimension_codes@ AS d(codes)\nCROSS JOIN mart m'),
		'@customer_condition@', format('m.one_row AND %s', condition))
$$;
COMMENT ON FUNCTION @extschema@.pt_kept_customer_query(text, text, text) IS
'The query of a template of the view customer over some rows of purchases only, for pt_mart_view_query.';

CREATE FUNCTION @extschema@.pt_pending_customers(query text) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT @extschema@.pt_kept_customer_query(query,
			E'(SELECT DISTINCT x.customer_id FROM customer_change x WHERE x.customer_id IS NOT NULL) c\nJOIN purchases p ON p.customer_id = c.customer_id',
			E'NOT (true NOT IN (SELECT true FROM customer_change x WHERE x.customer_id IS NOT NULL))\n'
			'\tAND true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole)')
		|| E'\nUNION ALL\n'
		|| @extschema@.pt_kept_customer_query(query, 'purchases p',
			E'p.customer_id IS NULL AND NOT (true NOT IN (SELECT true FROM customer_change x WHERE x.part IS NOT NULL))\n'
			'\tAND (@order_hash@ & 1023)::smallint IN (SELECT x.part FROM customer_change x WHERE x.part IS NOT NULL)\n'
			'\tAND true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole)')
$$;
COMMENT ON FUNCTION @extschema@.pt_pending_customers(text) IS
'The query of a template of the view customer over the customers of a kept mart that are pending; none if everything may have changed.';

CREATE FUNCTION @extschema@.pt_mart_customer_query(template @extschema@.mart_view, settings @extschema@.mart_settings) RETURNS text
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
	-- become a join, which may read the source first, and NOT (... NOT IN ...) does not. The log is joined with the
	-- settings, because a scan of an empty table costs the planner nothing: it would scan it again for each customer.
	template.query := E'SELECT k.* FROM kept_customer k\n'
		'WHERE true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole)\n'
		'\tAND NOT EXISTS (SELECT FROM customer_change x CROSS JOIN mart m WHERE m.one_row AND x.customer_id = k.customer_id)\n'
		'\tAND (k.part IS NULL OR k.part NOT IN (SELECT x.part FROM customer_change x WHERE x.part IS NOT NULL))\n'
		'UNION ALL\n'
		|| @extschema@.pt_pending_customers(query)
		|| E'\nUNION ALL\n'
		'SELECT s.* FROM source_customer(nullif(true IN (SELECT x.whole FROM customer_change x WHERE x.whole), false)) s';
	RETURN @extschema@.pt_mart_view_query(template, settings);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_customer_query(@extschema@.mart_view, @extschema@.mart_settings) IS
'The query of the view customer of a kept mart: the kept rows whose customers are not in the log of changes, those of the log computed from the source, and all from the source if the log says that everything changed.';

/*--- tables and triggers ---*/

CREATE FUNCTION @extschema@.pt_do_yielding(mart text, what text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	-- Less than a deadlock takes to be found: whoever waits for this one in a circle never becomes the victim.
	patience text := (SELECT greatest(1, g.setting::integer / 2)::text FROM pg_settings g WHERE g.name = 'deadlock_timeout');
	allowed bigint := (SELECT g.setting::bigint FROM pg_settings g WHERE g.name = 'lock_timeout');
	yields boolean := coalesce(current_setting('purchase_trends.yields', true), '') = 'yes';
	started timestamptz := clock_timestamp();
	message text;
BEGIN
	LOOP
		BEGIN
			IF NOT yields THEN
				PERFORM set_config('purchase_trends.yields', 'yes', true);
				PERFORM set_config('lock_timeout', patience, true);
			END IF;
			CASE what
				WHEN 'remake' THEN PERFORM @extschema@.pt_remake_mart(mart);
				WHEN 'drop' THEN PERFORM @extschema@.pt_drop_mart_relations(mart);
				WHEN 'triggers' THEN PERFORM @extschema@.pt_make_change_triggers(mart, s) FROM @extschema@.pt_mart_settings(mart) s;
			END CASE;
			PERFORM set_config('purchase_trends.yields', CASE WHEN yields THEN 'yes' ELSE '' END, true);
			RETURN;
		EXCEPTION WHEN lock_not_available THEN
			GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
			-- one that called this one has locks, and lets them go too
			IF yields OR allowed > 0 AND clock_timestamp() - started > allowed * interval '1 millisecond' THEN
				RAISE lock_not_available USING MESSAGE = message;
			END IF;
		END;
		PERFORM pg_sleep(0.001);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_do_yielding(text, text) IS
'Does what takes locks that writers and readers of a mart may have, all or none of it: where it has to wait long, it lets go of what it has and begins again, until lock_timeout, so that none of these fails by a deadlock.';

CREATE FUNCTION @extschema@.pt_show_progress(what text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_show_progress';
COMMENT ON FUNCTION @extschema@.pt_show_progress(text) IS
'Shows a text as the query of this session in pg_stat_activity; NULL shows the query itself again.';

CREATE FUNCTION @extschema@.pt_tell_progress(mart text, source regclass, what text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM @extschema@.pt_show_progress(format('purchase_trends, mart %s: %s', mart, what));
	-- where it takes long enough to wonder
	IF (SELECT sum(c.reltuples) > 1000000 FROM @extschema@.pt_kept_sources(source) s JOIN pg_class c ON c.oid = s.relation AND c.relkind <> 'p') THEN
		RAISE NOTICE 'mart "%": %', mart, what;
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_tell_progress(text, regclass, text) IS
'Tells what is done with a mart now: in pg_stat_activity, and by NOTICE if the source has over a million rows.';

CREATE FUNCTION @extschema@.pt_make_kept_log(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	EXECUTE format('CREATE TABLE %I.customer_change AS SELECT p.customer_id, NULL::smallint AS part, NULL::boolean AS whole FROM %1$I.purchases p WITH NO DATA', mart);
	EXECUTE format('ALTER TABLE %I.customer_change ALTER whole SET NOT NULL, ALTER whole SET DEFAULT false', mart);
	EXECUTE format('COMMENT ON TABLE %I.customer_change IS %L', mart,
		'Customers whose purchases have changed since the last refresh_mart(), as often as they did. Written by triggers of the source only.');
	EXECUTE format('COMMENT ON COLUMN %I.customer_change.customer_id IS %L', mart, 'Customer whose purchases changed; NULL for rows without one.');
	EXECUTE format('COMMENT ON COLUMN %I.customer_change.part IS %L', mart, 'Part of the rows without a customer that changed; NULL for customers.');
	EXECUTE format('COMMENT ON COLUMN %I.customer_change.whole IS %L', mart, 'Whether everything may have changed.');
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_kept_log(text) IS
'Makes the empty log of changes of a kept mart, customer_change.';

CREATE FUNCTION @extschema@.pt_set_build_memory() RETURNS void
	LANGUAGE sql
	AS $$
	-- A hash table may take hash_mem_multiplier, 2 as a rule, times work_mem, in each process of a parallel plan.
	SELECT pg_catalog.set_config('work_mem', pg_catalog.concat(greatest(w.bytes, m.bytes / (2 * (1 + g.setting::integer))) / 1024, 'kB'), true)
	FROM (SELECT pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem')) AS bytes) w,
		(SELECT pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')) AS bytes) m,
		(SELECT pg_catalog.current_setting('max_parallel_workers_per_gather') AS setting) g
$$;
COMMENT ON FUNCTION @extschema@.pt_set_build_memory() IS
'Lets the function that calls it use maintenance_work_mem, all processes together, where work_mem is less. The caller has a SET clause, at whose end it is over.';

CREATE FUNCTION @extschema@.pt_note_full_rebuild(mart text, shape jsonb) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	-- tables of a few rows would be taken for larger ones, and plans for dear
	EXECUTE format('ANALYZE %I.kept_customer, %1$I.kept_cube, %1$I.kept_total, %1$I.mart, %1$I.dimension_value', mart);
	EXECUTE format('UPDATE %I.mart SET last_refresh = clock_timestamp(), followed = $1', mart) USING shape;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_note_full_rebuild(text, jsonb) IS
'What follows when all customers of a kept mart were computed: statistics, and in the settings when, and of which source (see kept_shape; NULL if it is compared).';

CREATE FUNCTION @extschema@.pt_has_mart_function(mart text, signature text) RETURNS boolean
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT EXISTS (
		SELECT FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
		WHERE format('%s(%s)', f.proname, oidvectortypes(f.proargtypes)) = signature AND n.nspname = mart AND f.proowner = n.nspowner)
$$;
COMMENT ON FUNCTION @extschema@.pt_has_mart_function(text, text) IS
'Whether a function of this signature is in the schema of a mart and belongs to its owner.';

CREATE FUNCTION @extschema@.pt_make_source_customer(mart text, template @extschema@.mart_view, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	-- STRICT: with NULL it is not called, and it does not become part of the query.
	EXECUTE format(E'CREATE FUNCTION %I.source_customer(everything_changed boolean) RETURNS SETOF %1$I.kept_customer\n'
		'LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1 ROWS 1\nBEGIN ATOMIC\n%s\n;\nEND', mart, @extschema@.pt_mart_view_query(template, settings));
	-- whatever the default privileges are: it reads with the rights of whoever asks
	EXECUTE format('GRANT EXECUTE ON FUNCTION %I.source_customer(boolean) TO PUBLIC', mart);
	EXECUTE format('COMMENT ON FUNCTION %I.source_customer(boolean) IS %L', mart,
		'All customers computed from the source, for the view customer where everything may have changed since the last refresh_mart(); made by purchase_trends.');
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_source_customer(text, @extschema@.mart_view, @extschema@.mart_settings) IS
'Makes the function of a kept mart that the view customer calls where everything may have changed. As a part of the view itself, a scan of the whole source would make every plan look so dear that the server compiles it (jit_above_cost), though it is hardly ever run.';

CREATE FUNCTION @extschema@.pt_make_kept_views(mart text, template @extschema@.mart_view, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	v record;
BEGIN
	FOR v IN
		SELECT l.name, l.description, CASE WHEN settings.follow = 'compare' AND l.name <> 'kept_known' THEN 'SELECT k.* FROM kept_customer k WHERE false' ELSE l.query END AS query
		FROM (VALUES
			('kept_pending', 'The customers that are pending, as the source has them; none where everything may have changed.', @extschema@.pt_pending_customers(template.query)),
			-- by the index, one by one: the planner does not know how few are pending
			('kept_stale', 'The customers that are pending, as they were kept; none where everything may have changed.',
				E'SELECT k.* FROM (SELECT DISTINCT x.customer_id FROM customer_change x WHERE x.customer_id IS NOT NULL) c\n'
				'CROSS JOIN LATERAL (SELECT k.* FROM kept_customer k WHERE k.customer_id = c.customer_id OFFSET 0) k\n'
				'WHERE true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole)\n'
				'UNION ALL\nSELECT k.* FROM kept_customer k\n'
				'WHERE k.customer_id IS NULL AND k.part IN (SELECT x.part FROM customer_change x WHERE x.part IS NOT NULL)\n'
				'\tAND true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole)'),
			('kept_known', 'The row of kept_total; none where everything may have changed.',
				'SELECT t.* FROM kept_total t WHERE true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole)')) AS l(name, description, query)
	LOOP
		template.query := v.query;
		PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
		EXECUTE format(E'CREATE VIEW %I.%I AS\n%s', mart, v.name, @extschema@.pt_mart_view_query(template, settings));
		PERFORM pg_catalog.set_config('search_path'::text, 'pg_catalog, pg_temp'::text, true);
		EXECUTE format('COMMENT ON VIEW %I.%I IS %L', mart, v.name, v.description);
		IF v.name <> 'kept_known' THEN
			PERFORM @extschema@.pt_comment_mart_columns(mart, v.name, template.template_name);
		END IF;
	END LOOP;
	FOR v IN
		SELECT a.attname AS name, l.description
		FROM pg_attribute a
		JOIN (VALUES ('rows', 'Number of rows of kept_customer: customers, and parts of the rows without one.'),
			('first_at', 'Time of the first row, on the clock of the shop.'), ('last_at', 'Time of the last row, on the clock of the shop.'),
			('not_whole', 'Number of rows of kept_customer whose times are not all whole days.'),
			('customers_with_order', 'Number of customers with an order in their history.'), ('repeat_customers', 'Number of customers with at least two orders in their history.'),
			('buyers', 'Number of customers with an order in their lines.'), ('repeat_buyers', 'Number of customers with at least two orders in their lines.')) AS l(name, description) ON l.name = a.attname
		WHERE a.attrelid = to_regclass(format('%I.kept_known', mart)) AND a.attnum > 0
	LOOP
		EXECUTE format('COMMENT ON COLUMN %I.kept_known.%I IS %L', mart, v.name, v.description);
		EXECUTE format('COMMENT ON COLUMN %I.kept_total.%I IS %L', mart, v.name, v.description);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_kept_views(text, @extschema@.mart_view, @extschema@.mart_settings) IS
'Makes the views of a kept mart that say what is pending: kept_pending, kept_stale, kept_known. The views of people read them, with the cubes that are kept, instead of all customers.';

CREATE FUNCTION @extschema@.pt_drop_source_customer(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF @extschema@.pt_has_mart_function(mart, 'source_customer(boolean)'::text) THEN
		-- It stands between two views, which are dropped together; the second may be gone, with the log.
		IF EXISTS (SELECT FROM @extschema@.pt_mart_relations(mart) r WHERE r.relation = 'customer') THEN
			EXECUTE format('CREATE OR REPLACE VIEW %I.customer AS SELECT k.* FROM %1$I.kept_customer k', mart);
		END IF;
		EXECUTE format('DROP FUNCTION %I.source_customer(boolean)', mart);
	END IF;
	PERFORM @extschema@.pt_drop_quality_functions(mart);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_drop_source_customer(text) IS
'Drops what pt_make_source_customer and pt_make_quality_functions have made; called before the views are dropped that they read.';

CREATE FUNCTION @extschema@.pt_make_kept_customer(mart text, template @extschema@.mart_view, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
	AS $$
DECLARE
	shape jsonb;
	method text;
BEGIN
	PERFORM @extschema@.pt_make_kept_log(mart);
	IF settings.follow <> 'compare' THEN
		-- It waits for writers; what follows is read with newer snapshots.
		PERFORM @extschema@.pt_tell_progress(mart, settings.source, 'waiting for writers of the source'::text);
		PERFORM @extschema@.pt_do_yielding(mart, 'triggers'::text);
		shape := @extschema@.pt_kept_shape(mart, settings.source);
	END IF;
	PERFORM @extschema@.pt_tell_progress(mart, settings.source, 'numbering values of dimensions'::text);
	PERFORM @extschema@.pt_find_mart_values(mart);
	PERFORM @extschema@.pt_tell_progress(mart, settings.source, 'computing all customers'::text);
	PERFORM @extschema@.pt_set_build_memory();
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	-- a table that is made of a query is made by parallel workers
	EXECUTE format(E'CREATE TABLE %I.kept_customer AS\n%s', mart, @extschema@.pt_mart_view_query(template, settings));
	-- a text may be too long for a btree
	SELECT CASE a.atttypid WHEN 'text'::regtype THEN 'hash' ELSE 'btree' END INTO method
	FROM pg_attribute a WHERE a.attrelid = to_regclass(format('%I.kept_customer', mart)) AND a.attname = 'customer_id';
	EXECUTE format('CREATE INDEX kept_customer_customer_id ON %I.kept_customer USING %s (customer_id) WHERE customer_id IS NOT NULL', mart, method);
	EXECUTE format('CREATE UNIQUE INDEX kept_customer_part ON %I.kept_customer (part) WHERE customer_id IS NULL', mart);
	-- No plan needs statistics of these, and ANALYZE would sort all that thirty thousand customers bought.
	EXECUTE format('ALTER TABLE %I.kept_customer ALTER lines SET STATISTICS 0', mart);
	IF settings.roles ? 'purchased_at' THEN
		EXECUTE format('ALTER TABLE %I.kept_customer ALTER history SET STATISTICS 0', mart);
	END IF;
	IF settings.roles ? 'cost' THEN
		EXECUTE format('ALTER TABLE %I.kept_customer ALTER margins SET STATISTICS 0', mart);
	END IF;
	EXECUTE format('COMMENT ON TABLE %I.kept_customer IS %L', mart,
		'One row per customer, as of the last refresh_mart(): the rows that the view customer takes where nothing is pending. Written by the functions of purchase_trends only.');
	PERFORM @extschema@.pt_comment_mart_columns(mart, 'kept_customer'::text, template.template_name);
	IF settings.follow <> 'compare' THEN
		PERFORM @extschema@.pt_make_source_customer(mart, template, settings);
	END IF;
	PERFORM @extschema@.pt_make_kept_cubes(mart, settings);
	PERFORM @extschema@.pt_note_full_rebuild(mart, shape);
	PERFORM @extschema@.pt_make_kept_views(mart, template, settings);
	PERFORM @extschema@.pt_show_progress(NULL::text);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_kept_customer(text, @extschema@.mart_view, @extschema@.mart_settings) IS
'Makes the tables of a kept mart, kept_customer, what its rows add up to, and customer_change, its triggers, and the views of what is pending. Called when the views of a mart are made, before the view customer.';

CREATE FUNCTION @extschema@.pt_change_statement(mart text, columns text, order_hash text, plain_column name, rows_from text[]) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN plain_column IS NOT NULL
		-- a bare column cannot fail: a subtransaction only where there is an order to be computed
		THEN format(E'\tIF NOT EXISTS (SELECT FROM (%1$s) p WHERE p.customer_id IS NULL) THEN\n'
			'\t\tINSERT INTO %2$I.customer_change (customer_id) SELECT DISTINCT p.customer_id FROM (%1$s) p;\n'
			'\t\tRETURN NULL;\n\tEND IF;\n',
			(SELECT string_agg(format('SELECT r.%I AS customer_id FROM %s r', plain_column, f), ' UNION ALL ') FROM unnest(rows_from) f), mart) ELSE '' END
		|| format(E'\tBEGIN\n'
			'\t\tINSERT INTO %1$I.customer_change (customer_id, part)\n'
			'\t\tSELECT DISTINCT p.customer_id, CASE WHEN p.customer_id IS NULL THEN (%2$s & 1023)::smallint END\n\t\tFROM (%3$s) p;\n'
			'\tEXCEPTION WHEN OTHERS THEN\n\t\tINSERT INTO %1$I.customer_change (whole) VALUES (true);\n\tEND;\n', mart, order_hash,
			(SELECT string_agg(format('SELECT %s FROM %s r', columns, f), E'\n\t\t\tUNION ALL ') FROM unnest(rows_from) f))
$$;
COMMENT ON FUNCTION @extschema@.pt_change_statement(text, text, text, name, text[]) IS
'The statements of the trigger function of a kept mart that log the different customers of some rows r: columns are customer, order, time and amount as purchases has them; plain_column is the customer, if that is a column as it is.';

CREATE FUNCTION @extschema@.pt_make_log_change(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	plain_column name := @extschema@.pt_purchase_column(mart, 'customer_id'::name);
	columns text;
	branches text := '';
	operation text;
	rows_from text[];
BEGIN
	IF NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = settings.source AND a.attname = plain_column AND a.atttypid = ANY ('{int2,int4,int8,text}'::regtype[])) THEN
		plain_column := NULL;
	END IF;
	SELECT string_agg(format('%I.pt_purchase_value(TG_RELID, %L, r, %L::name, NULL::%s) AS %I', @extschema@.pt_extension_schema(), mart, a.attname,
		format_type(a.atttypid, NULL), a.attname), ', ' ORDER BY a.attnum) INTO columns
	FROM pg_attribute a
	WHERE a.attrelid = to_regclass(format('%I.purchases', mart)) AND a.attname = ANY (@extschema@.pt_change_columns());
	FOREACH operation IN ARRAY '{INSERT,DELETE,UPDATE}'::text[] LOOP
		rows_from := CASE operation WHEN 'INSERT' THEN '{new}' WHEN 'DELETE' THEN '{old}' ELSE '{old,new}' END::text[];
		rows_from := ARRAY(SELECT format(CASE settings.follow WHEN 'row' THEN '(SELECT (%s).*)' ELSE '%s_rows' END, r) FROM unnest(rows_from) r);
		branches := branches || format(E'ELSIF TG_OP = %L THEN\n%s', operation,
			@extschema@.pt_change_statement(mart, columns, @extschema@.pt_customer_order_hash(settings), plain_column, rows_from));
	END LOOP;
	EXECUTE format('CREATE OR REPLACE FUNCTION %I.log_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET array_nulls = on AS %L', mart,
		@extschema@.pt_log_change_start(mart)
		|| E'\thome name := mart;\n\tas_made boolean := false;\nBEGIN\n'
		-- what is asked here is current, in a transaction with an old snapshot, too
		|| E'BEGIN\n'
		|| format(E'\thome := coalesce(%1$I.pt_trigger_schema(TG_RELID, TG_NAME), mart);\n'
			'\tas_made := home = mart AND %1$I.pt_column_signature(TG_RELID, %2$L::name[]) = coalesce(TG_ARGV[0], '''');\n',
			@extschema@.pt_extension_schema(), @extschema@.pt_purchase_source_columns(mart, settings.source))
		|| E'EXCEPTION WHEN OTHERS THEN\n\tNULL;\t\t-- the extension has another schema\nEND;\n'
		|| E'IF TG_OP = ''TRUNCATE'' OR NOT as_made THEN\n'
		-- a mart that has another name must not write into a schema that somebody has made under the old one
		|| E'\tEXECUTE format(''INSERT INTO %I.customer_change (whole) VALUES (true)'', home);\n'
		|| branches || E'END IF;\nRETURN NULL;\nEND');
	EXECUTE format('REVOKE EXECUTE ON FUNCTION %I.log_change() FROM PUBLIC', mart);
	-- DROP EXTENSION ... CASCADE leaves no triggers that fail
	EXECUTE format('ALTER FUNCTION %I.log_change() DEPENDS ON EXTENSION purchase_trends', mart);
	EXECUTE format('COMMENT ON FUNCTION %I.log_change() IS %L', mart, 'Logs which customers a change of the source is about; made by purchase_trends.');
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_log_change(text, @extschema@.mart_settings) IS
'Makes the function that logs changes of the source, which belongs to the mart''s owner.';

CREATE FUNCTION @extschema@.pt_make_change_triggers(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET client_min_messages = warning
	AS $$
DECLARE
	t record;
BEGIN
	PERFORM @extschema@.pt_make_log_change(mart, settings);
	FOR t IN
		SELECT c.*, n.nspname, r.relname
		FROM @extschema@.pt_change_triggers(mart, settings) c
		JOIN pg_class r ON r.oid = c.relation
		JOIN pg_namespace n ON n.oid = r.relnamespace
		WHERE NOT c.fires
	LOOP
		-- REPLACE enables one that is disabled, too, which ALTER TABLE would allow the owner of the table only
		EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER %s ON %I.%I%s EXECUTE FUNCTION %I.log_change(%L)', t.trigger_name,
			CASE t.events WHEN 4 THEN 'INSERT' WHEN 8 THEN 'DELETE' WHEN 16 THEN 'UPDATE' WHEN 32 THEN 'TRUNCATE' ELSE 'INSERT OR UPDATE OR DELETE' END,
			t.nspname, t.relname,
			CASE t.events
				WHEN 4 THEN ' REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT'
				WHEN 8 THEN ' REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT'
				WHEN 16 THEN ' REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT'
				WHEN 32 THEN ' FOR EACH STATEMENT'
				ELSE ' FOR EACH ROW' END,
			mart, t.signature);
		IF settings.follow = 'row' THEN
			EXECUTE format('ALTER TABLE ONLY %I.%I ENABLE ALWAYS TRIGGER %I', t.nspname, t.relname, t.trigger_name);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_change_triggers(text, @extschema@.mart_settings) IS
'Makes the triggers of a kept mart on the source and its parts that are missing, and enables those that are disabled. It waits for writers of the tables that it has to alter, and of no others.';

CREATE FUNCTION @extschema@.pt_drop_change_triggers(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET client_min_messages = warning
	AS $$
BEGIN
	IF @extschema@.pt_has_mart_function(mart, 'log_change()'::text) THEN
		-- triggers of tables of others go with it
		EXECUTE format('DROP FUNCTION %I.log_change() CASCADE', mart);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_drop_change_triggers(text) IS
'Drops the function that logs changes, and its triggers with it.';

CREATE FUNCTION @extschema@.pt_drop_kept_relations(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET client_min_messages = warning
	AS $$
BEGIN
	PERFORM @extschema@.pt_drop_change_triggers(mart);
	EXECUTE format('DROP TABLE IF EXISTS %I.kept_customer, %1$I.kept_cube, %1$I.kept_total, %1$I.kept_quality, %1$I.kept_odd, %1$I.kept_order, %1$I.customer_change', mart);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_drop_kept_relations(text) IS
'Drops what a kept mart has besides the others. Called by upgrade_mart, and so by set_mart_mode.';

CREATE FUNCTION @extschema@.pt_lock_kept(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF to_regclass(format('%I.kept_customer', mart)) IS NOT NULL THEN
		EXECUTE format('LOCK TABLE %I.kept_customer IN SHARE ROW EXCLUSIVE MODE', mart);
	END IF;
EXCEPTION WHEN undefined_table THEN
	NULL;						-- it went while this one waited; the settings say what is there now
END
$$;
COMMENT ON FUNCTION @extschema@.pt_lock_kept(text) IS
'Waits until nobody else refreshes, upgrades or drops a kept mart; readers and writers go on. What works on a kept mart takes this lock first, then those of views, then of the source.';

/*--- refreshing ---*/

CREATE FUNCTION @extschema@.pt_customer_template(settings @extschema@.mart_settings) RETURNS @extschema@.mart_view
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT v
	FROM @extschema@.mart_view v
	WHERE v.view_name = 'customer' AND (settings).roles ?& v.needs AND NOT (settings).roles ?| v.unless
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_template(@extschema@.mart_settings) IS
'The template of the view customer of a live mart: all customers from the source.';

CREATE FUNCTION @extschema@.pt_fill_kept_customer(mart text) RETURNS bigint
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	customers bigint;
	shape jsonb;
BEGIN
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_mart_settings(mart) s;
	-- before the rows are read: a partition that is attached meanwhile is noticed by the next refresh
	shape := @extschema@.pt_kept_shape(mart, settings.source);
	PERFORM @extschema@.pt_tell_progress(mart, settings.source, 'computing all customers'::text);
	PERFORM @extschema@.pt_set_build_memory();
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	-- a table of its own is made by parallel workers
	EXECUTE format(E'CREATE TABLE %I.kept_scratch AS\n%s', mart, @extschema@.pt_mart_view_query(@extschema@.pt_customer_template(settings), settings));
	EXECUTE format('ANALYZE %I.kept_scratch (customer_id, part)', mart);
	PERFORM @extschema@.pt_tell_progress(mart, settings.source, 'writing the customers that differ'::text);
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
	EXECUTE format('DELETE FROM %I.kept_cube', mart);
	PERFORM @extschema@.pt_fill_kept_totals(mart, settings);
	PERFORM @extschema@.pt_fill_kept_cubes(mart, @extschema@.pt_kept_parts(mart, settings));
	PERFORM @extschema@.pt_fill_kept_quality(mart, settings);
	PERFORM @extschema@.pt_note_full_rebuild(mart, CASE WHEN settings.follow <> 'compare' THEN shape END);
	RETURN customers;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_fill_kept_customer(text) IS
'Computes all customers of a kept mart and writes those that differ. Returns how many there are.';

CREATE FUNCTION @extschema@.pt_refresh_kept_changes(mart text, settings @extschema@.mart_settings, result @extschema@.mart_refresh)
	RETURNS @extschema@.mart_refresh
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
	AS $$
DECLARE
	template @extschema@.mart_view := @extschema@.pt_customer_template(settings);
	query text := template.query;
	customers bigint;
	part record;
	plan @extschema@.cube_plan;
	added @extschema@.kept_change;
	taken @extschema@.kept_change;
	change text := @extschema@.pt_kept_change_columns(settings);
	keeps_quality boolean := @extschema@.pt_has_kept_quality(mart);
	quality record;
BEGIN
	-- The first statement takes the log: what is committed later stays in it, and pending.
	EXECUTE format('CREATE TABLE %I.kept_taken AS SELECT c.customer_id, c.part FROM %1$I.customer_change c WITH NO DATA', mart);
	EXECUTE format('WITH taken AS (DELETE FROM %I.customer_change RETURNING customer_id, part) '
		'INSERT INTO %1$I.kept_taken SELECT DISTINCT t.customer_id, t.part FROM taken t', mart);
	EXECUTE format('ANALYZE %I.kept_taken', mart);
	EXECUTE format('SELECT @extschema@.pt_cube_plan_of_parts(coalesce(array_agg(DISTINCT k.plan), ''{}'')) FROM %I.kept_cube k', mart) INTO plan;
	IF keeps_quality THEN
		SELECT q.* INTO quality FROM @extschema@.pt_taken_quality(mart) q;
	END IF;
	result.customers := 0;
	result.lines := 0;
	FOR part IN
		SELECT * FROM (VALUES
			('customer_id IS NOT NULL', 'k.customer_id = t.customer_id', 'kept_taken t JOIN purchases p ON p.customer_id = t.customer_id', 'true'),
			('part IS NOT NULL', 'k.customer_id IS NULL AND k.part = t.part', 'purchases p',
				'p.customer_id IS NULL AND (@order_hash@ & 1023)::smallint IN (SELECT t.part FROM kept_taken t WHERE t.part IS NOT NULL)')
			) AS v(taken, kept, rows_from, condition)
	LOOP
		PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
		EXECUTE format('SELECT count(*) FROM kept_taken t WHERE t.%s', part.taken) INTO customers;
		CONTINUE WHEN customers = 0;
		-- Values get their numbers before the lines are computed: who brings a new one after this is pending again.
		template.query := format('%s WHERE %s', part.rows_from, part.condition);
		PERFORM @extschema@.pt_number_new_values(mart, settings, @extschema@.pt_mart_view_query(template, settings));
		EXECUTE format('WITH gone AS (DELETE FROM kept_customer k USING kept_taken t WHERE %s RETURNING k.*) SELECT %s FROM gone c', part.kept, change)
			INTO taken.cube, taken.lines, taken.rows, taken.first_at, taken.last_at, taken.not_whole, taken.customers_with_order, taken.repeat_customers, taken.buyers, taken.repeat_buyers
			USING plan;
		template.query := @extschema@.pt_kept_customer_query(query, part.rows_from, part.condition);
		EXECUTE format(E'WITH done AS (INSERT INTO kept_customer\n%s RETURNING *) SELECT %s FROM done c', @extschema@.pt_mart_view_query(template, settings), change)
			INTO added.cube, added.lines, added.rows, added.first_at, added.last_at, added.not_whole, added.customers_with_order, added.repeat_customers, added.buyers, added.repeat_buyers
			USING plan;
		PERFORM pg_catalog.set_config('search_path'::text, 'pg_catalog, pg_temp'::text, true);
		PERFORM @extschema@.pt_note_kept_change(mart, settings, plan, added, taken);
		result.customers := result.customers + added.rows;
		result.lines := result.lines + added.lines;
	END LOOP;
	IF keeps_quality THEN
		PERFORM @extschema@.pt_note_kept_quality(mart, settings, quality.counts, quality.lowest_amount);
	END IF;
	EXECUTE format('DROP TABLE %I.kept_taken', mart);
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_refresh_kept_changes(text, @extschema@.mart_settings, @extschema@.mart_refresh) IS
'Computes the customers of a kept mart that are pending, and adds what it did to the result.';

CREATE FUNCTION @extschema@.pt_refresh_kept(mart text, reason text) RETURNS @extschema@.mart_refresh
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	result @extschema@.mart_refresh;
	started timestamptz := clock_timestamp();
	problem text;
	pending bigint;
	whole boolean;
	kept bigint;
BEGIN
	PERFORM @extschema@.pt_show_progress(format('purchase_trends, mart %s: waiting for another refresh', mart));
	-- One at a time. Writers and TRUNCATE never lock this table, so whoever has it may wait for the source.
	PERFORM @extschema@.pt_lock_kept(mart);
	-- what the one before may have changed, or dropped
	PERFORM @extschema@.pt_check_mart(mart);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_mart_settings(mart) s;
	IF settings.mode <> 'kept' THEN
		RAISE EXCEPTION 'mart "%" is live: there is nothing to refresh', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'set_mart_mode(..., ''kept'') keeps its customers.';
	END IF;
	PERFORM @extschema@.pt_check_row_security(settings);	-- policies may have come since it was made
	problem := @extschema@.pt_kept_problem(mart, settings);
	result.reason := coalesce(reason, problem, CASE WHEN settings.follow = 'compare' THEN 'the source is followed by comparison' END);
	-- that of triggers is one of those
	IF problem IS NOT NULL AND settings.follow <> 'compare' AND @extschema@.pt_triggers_problem(mart, settings) IS NOT NULL THEN
		-- only then: it waits for writers
		PERFORM @extschema@.pt_check_isolation();
		PERFORM @extschema@.pt_do_yielding(mart, 'triggers'::text);
	END IF;
	SELECT greatest(0, c.reltuples)::bigint INTO kept FROM pg_class c WHERE c.oid = to_regclass(format('%I.kept_customer', mart));
	EXECUTE format('SELECT coalesce(bool_or(c.whole), false), count(DISTINCT c.customer_id) + count(DISTINCT c.part) FROM %I.customer_change c', mart)
		INTO whole, pending;
	result.reason := CASE
		WHEN result.reason IS NOT NULL THEN result.reason
		WHEN whole THEN 'the source was truncated, its columns or the mart have other names, or rows had no key that could be read'
		WHEN pending > greatest(1000, kept / 4) THEN format('%s customers are pending, more than a quarter', pending)
		END;
	result.full_rebuild := result.reason IS NOT NULL;
	IF pending = 0 AND NOT result.full_rebuild THEN
		result.reason := 'nothing was pending';
		result.customers := 0;
		result.lines := 0;
	ELSIF NOT result.full_rebuild THEN
		PERFORM @extschema@.pt_show_progress(format('purchase_trends, mart %s: computing %s changed customers', mart, pending));
		result := @extschema@.pt_refresh_kept_changes(mart, settings, result);
		-- a part that was detached and attached again in between was not seen by what ran meanwhile
		result.reason := @extschema@.pt_kept_problem(mart, settings);
		result.full_rebuild := result.reason IS NOT NULL;
		result.reason := coalesce(result.reason, 'customers were pending');
	END IF;
	IF result.full_rebuild THEN
		-- what is committed after this statement stays in the log, and pending
		EXECUTE format('DELETE FROM %I.customer_change', mart);
		PERFORM @extschema@.pt_tell_progress(mart, settings.source, 'numbering values of dimensions'::text);
		PERFORM @extschema@.pt_number_new_values(mart, settings, 'purchases p');
		result.customers := @extschema@.pt_fill_kept_customer(mart);
		EXECUTE format('SELECT coalesce(sum(@extschema@.line_count(k.lines)), 0) FROM %I.kept_customer k', mart) INTO result.lines;
	ELSE						-- the other has said so already
		EXECUTE format('UPDATE %I.mart SET last_refresh = clock_timestamp()', mart);
	END IF;
	PERFORM @extschema@.pt_show_progress(NULL::text);
	result.seconds := extract(epoch FROM clock_timestamp() - started);
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_refresh_kept(text, text) IS
'Computes the customers of a kept mart that are pending, or all of them if a reason is given or found.';

CREATE FUNCTION @extschema@.refresh_mart(mart text, full_rebuild boolean DEFAULT false) RETURNS @extschema@.mart_refresh
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.refresh_mart(text, boolean) IS
'Computes the customers of a kept mart whose purchases have changed, so that its readers need not; what they see is the same before and after. One row says what it did: customers, their lines, seconds, whether it was a full rebuild, and why. It computes all customers if full_rebuild is true, if the source was truncated, if triggers are missing or disabled (it makes them anew), if parts of the source came, went or were written anew, if more than a quarter of the customers are pending, and in a mart that follows by comparison; only those that differ are written. It is one transaction, and two of one mart wait for each other. It works with the rights of the mart''s owner and with row_security off. Errors: no such mart (3F000), no rights of its owner (42501), a live mart (55000), row security on the source (0A000), triggers to be made above READ COMMITTED (25001).';

CREATE FUNCTION @extschema@.pt_refresh_mart_as_owner(mart text, full_rebuild boolean) RETURNS @extschema@.mart_refresh
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	RETURN @extschema@.pt_refresh_kept(mart, CASE WHEN full_rebuild THEN 'it was asked for' END);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_refresh_mart_as_owner(text, boolean) IS
'What refresh_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';

/*--- the mode ---*/

CREATE FUNCTION @extschema@.set_mart_mode(mart text, mode text, follow text DEFAULT NULL) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.set_mart_mode(text, text, text) IS
'Makes a mart kept or live, and its views anew, as upgrade_mart does. follow says how a kept mart follows its source: ''statement'' by triggers for each statement, ''row'' by triggers that always fire, for subscribers of logical replication, ''compare'' by computing all customers at each refresh; NULL takes statement where triggers can be made, else compare, and is the only one for a live mart. The rights that were granted stay. Errors: no such mart (3F000), no rights of its owner (42501), unknown mode or follow (22023), isolation level above READ COMMITTED (25001), security_invoker or row security (0A000), no triggers possible (55000), objects that depend on the views (2BP01).';

CREATE FUNCTION @extschema@.pt_set_mart_mode_as_owner(mart text, mode text, follow text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_mart_settings(mart) s;
	PERFORM @extschema@.pt_check_mart_mode(mode, follow);
	settings.follow := follow;
	IF mode = 'kept' THEN
		settings.follow := @extschema@.pt_check_kept(settings);
	END IF;
	PERFORM @extschema@.pt_lock_kept(mart);
	EXECUTE format('UPDATE %I.mart SET mode = $1, follow = $2, followed = NULL, last_refresh = NULL', mart)
		USING mode, settings.follow;
	PERFORM @extschema@.pt_upgrade_mart_as_owner(mart);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_set_mart_mode_as_owner(text, text, text) IS
'What set_mart_mode does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.pt_check_mart_mode(mode text, follow text) RETURNS void
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
COMMENT ON FUNCTION @extschema@.pt_check_mart_mode(text, text) IS
'Errors unless a mart can have this mode: 22023, or 22004 for NULL.';

/*--- looking at it ---*/

CREATE FUNCTION @extschema@.verify_mart(mart text) RETURNS TABLE (customer_id text, part smallint, what text)
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	RETURN QUERY SELECT l.customer_id, l.part, l.what FROM unnest(@extschema@.pt_verify_mart_list($1)) l;
END
$$;
COMMENT ON FUNCTION @extschema@.verify_mart(text) IS
'Compares a kept mart with its source by computing all customers, and returns those that are not as they should be: missing, surplus, differs; and in a row without a customer whether the totals differ that are kept of all of them. Pending customers count by what the view customer says of them, so changes that were logged are no difference. No row says that all is right. In a mart that follows by comparison these are the changes since the last refresh. It works with the rights of the mart''s owner. Errors: no such mart (3F000), no rights of its owner (42501), a live mart (55000).';

CREATE FUNCTION @extschema@.pt_verify_mart_list(mart text) RETURNS @extschema@.mart_difference[]
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner_reading';
COMMENT ON FUNCTION @extschema@.pt_verify_mart_list(text) IS
'What verify_mart returns, as an array.';

CREATE FUNCTION @extschema@.pt_verify_mart_list_as_owner(mart text) RETURNS @extschema@.mart_difference[]
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	SET row_security = off
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	result @extschema@.mart_difference[];
	query text;
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_mart_settings(mart) s;
	IF settings.mode <> 'kept' THEN
		RAISE EXCEPTION 'mart "%" is live: there is nothing to compare', mart
			USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	query := @extschema@.pt_mart_view_query(@extschema@.pt_customer_template(settings), settings);
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
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
	PERFORM pg_catalog.set_config('search_path'::text, 'pg_catalog, pg_temp'::text, true);
	IF @extschema@.pt_verify_kept_cubes(mart, settings) OR @extschema@.pt_verify_kept_quality(mart, settings) THEN
		result := result || ROW(NULL, NULL, 'totals differ')::@extschema@.mart_difference;
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_verify_mart_list_as_owner(text) IS
'What pt_verify_mart_list does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE TYPE @extschema@.mart_state AS (
	mart		text,
	source		text,
	mode		text,
	follow		text,
	fresh		boolean,
	last_refresh	timestamptz,
	pending_customers bigint,
	kept_bytes	bigint,
	customer_indexed boolean,
	problem		text
);
COMMENT ON TYPE @extschema@.mart_state IS 'A row of mart_status.';

CREATE FUNCTION @extschema@.pt_mart_state(mart text) RETURNS @extschema@.mart_state
	LANGUAGE C STABLE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner_for_reader';
COMMENT ON FUNCTION @extschema@.pt_mart_state(text) IS
'The row of mart_status for one mart, read with the rights of its owner for whoever may read the mart. Errors: no such mart (3F000), no right to read it (42501).';

CREATE FUNCTION @extschema@.pt_mart_state_as_owner(mart text) RETURNS @extschema@.mart_state
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	result @extschema@.mart_state;
	names_problem text;
	is_whole boolean := false;
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	result.mart := mart;
	result.fresh := false;
	-- what DROP EXTENSION ... CASCADE has left
	BEGIN
		SELECT s.* INTO STRICT settings FROM @extschema@.pt_read_mart_settings(mart) s;
	EXCEPTION WHEN undefined_column THEN
		result.problem := 'its settings are those of another version, or parts of them are gone';
		RETURN result;
	END;
	result.source := @extschema@.pt_mart_source_name(mart, settings);
	result.mode := settings.mode;
	result.follow := settings.follow;
	result.last_refresh := settings.last_refresh;
	IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = settings.source) THEN
		result.problem := 'the source is gone';
		RETURN result;
	END IF;
	IF NOT EXISTS (SELECT FROM @extschema@.pt_mart_relations(mart) r WHERE r.relation = 'purchases') THEN
		result.problem := 'its views are gone: upgrade_mart() makes them anew';
		RETURN result;
	END IF;
	BEGIN
		settings := @extschema@.pt_follow_columns(mart, settings);
	EXCEPTION WHEN undefined_column OR object_not_in_prerequisite_state THEN
		names_problem := SQLERRM;	-- views follow columns that have other names, and a live mart needs nothing else
	END;
	IF settings.mode = 'kept' THEN
		IF (SELECT count(*) FROM @extschema@.pt_mart_relations(mart) r WHERE r.relation IN ('kept_customer', 'kept_cube', 'kept_total', 'kept_known', 'kept_pending', 'kept_stale', 'customer_change', 'customer')) < 8 THEN
			result.problem := 'its kept customers, their log or the view of both are gone: upgrade_mart() makes them anew';
			RETURN result;
		END IF;
		SELECT sum(pg_total_relation_size(to_regclass(format('%I.%I', mart, k.name)))) INTO result.kept_bytes
		FROM unnest('{kept_customer,kept_cube,kept_total,kept_quality,kept_odd,kept_order}'::text[]) AS k(name);
		BEGIN
			IF settings.follow <> 'compare' THEN
				EXECUTE format('SELECT count(DISTINCT c.customer_id) + count(DISTINCT c.part), coalesce(bool_or(c.whole), false) FROM %I.customer_change c', mart)
					INTO result.pending_customers, is_whole;
			END IF;
			result.problem := coalesce(names_problem, @extschema@.pt_kept_problem(mart, settings));
			IF is_whole THEN
				EXECUTE format('SELECT greatest($1, count(*)) FROM %I.kept_customer', mart) INTO result.pending_customers USING result.pending_customers;
			END IF;
		EXCEPTION WHEN undefined_table THEN
			result.problem := 'it is made anew just now';
			RETURN result;
		END;
		-- a TRUNCATE that was logged is no reason: all is computed from the source until the next refresh
		IF is_whole AND NOT @extschema@.pt_has_row_security(settings.source) AND @extschema@.pt_triggers_problem(mart, settings) IS NULL THEN
			result.problem := names_problem;
		END IF;
	END IF;
	result.fresh := result.problem IS NULL AND settings.follow IS DISTINCT FROM 'compare';
	SELECT EXISTS (
		SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
		WHERE i.indrelid = settings.source AND i.indisvalid AND i.indpred IS NULL
			AND a.attname = @extschema@.pt_purchase_column(mart, 'customer_id'::name))
		OR EXISTS (
		SELECT FROM pg_index i
		WHERE i.indrelid = settings.source AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = 0
			AND pg_get_indexdef(i.indexrelid, 1, true) = settings.roles ->> 'customer_id')
	INTO result.customer_indexed;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_state_as_owner(text) IS
'What mart_state does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.mart_status() RETURNS SETOF @extschema@.mart_state
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	readable text;
	state @extschema@.mart_state;
BEGIN
	FOR readable IN SELECT jsonb_array_elements_text(@extschema@.pt_readable_marts()) LOOP
		-- a mart that is broken must not hide the others
		BEGIN
			state := @extschema@.pt_mart_state(quote_ident(readable));
		EXCEPTION WHEN OTHERS THEN
			state := NULL;
			state.mart := readable;
			state.fresh := false;
			state.problem := SQLERRM;
		END;
		RETURN NEXT state;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_status() IS
'The marts that the caller may read. mode and follow are as set_mart_mode takes them. fresh: whether its views show the source as it is; false in a mart that follows by comparison, which shows the source as of last_refresh. pending_customers: different customers, and parts of the rows without one, that the next refresh computes and each reader until then, or all if everything may have changed; NULL in live marts and in those that follow by comparison. kept_bytes: size of the kept rows with their indexes, and of what is kept of all of them. customer_indexed: whether an index of the source begins with the customer, without which pending customers cost a pass over it. problem: why changes may have passed it by, or why it cannot be read; NULL if nothing is seen. Each mart is read with the rights of its owner. Changes made with triggers switched off by session_replication_role are seen by verify_mart only.';
