-- mart source: from the columns of a source to the purchases of a mart

/*--- roles ---*/

CREATE FUNCTION @extschema@.pt_expression_search_path(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT concat_ws(', ', string_agg(quote_ident(s.schema_name), ', ' ORDER BY s.ordinality), 'pg_temp')
	FROM unnest(settings.expression_path) WITH ORDINALITY AS s(schema_name, ordinality)
	WHERE s.schema_name !~ '^pg_temp'
$$;
COMMENT ON FUNCTION @extschema@.pt_expression_search_path(@extschema@.mart_settings) IS
'The search_path in which the expressions of a mart are read: that of whoever called create_mart, as any SQL of theirs.';

CREATE FUNCTION @extschema@.pt_query_source(settings @extschema@.mart_settings, query text) RETURNS SETOF record
	LANGUAGE plpgsql STABLE ROWS 1
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	-- Until the end of this function, which has nothing else to run there. RETURN QUERY takes all rows, so that workers may help.
	PERFORM set_config('search_path', @extschema@.pt_expression_search_path(settings), true);
	RETURN QUERY EXECUTE query;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_query_source(@extschema@.mart_settings, text) IS
'The rows of a query that has expressions of a mart in it, whose names are looked up where its creator''s were (see pt_expression_search_path). What else is in the query must be named so that nothing there can stand for it.';

CREATE FUNCTION @extschema@.pt_source_columns(settings @extschema@.mart_settings, expression text) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM set_config('search_path', @extschema@.pt_expression_search_path(settings), true);
	RETURN @extschema@.pt_expression_columns(settings.source, expression);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_source_columns(@extschema@.mart_settings, text) IS
'What pt_expression_columns tells of an expression of a mart.';

CREATE FUNCTION @extschema@.pt_source_expression_type(settings @extschema@.mart_settings, expression text, what text) RETURNS regtype
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	source regclass := settings.source;
	message text;
BEGIN
	IF NOT @extschema@.pt_is_value_expression(expression) THEN
		RAISE EXCEPTION '%: "%" is neither a column of % nor an SQL expression', what, left(expression, 200), source
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The columns are: %s.', @extschema@.pt_source_column_list(source)),
				HINT = 'Give a column name as it is, without quotes, or one expression, such as quantity * unit_price.';
	END IF;
	PERFORM set_config('search_path', @extschema@.pt_expression_search_path(settings), true);
	RETURN @extschema@.pt_value_expression_type(source, expression);
EXCEPTION
	-- whatever the parser finds wrong with it, as an error of the argument
	WHEN syntax_error_or_access_rule_violation OR feature_not_supported OR data_exception THEN
		IF SQLSTATE = '22023' THEN
			RAISE;
		END IF;
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
		RAISE EXCEPTION '%: "%" cannot be computed from a row of %', what, left(expression, 200), source
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('%s. The columns are: %s.', message, @extschema@.pt_source_column_list(source)),
				HINT = 'It stands for one row, as a condition in WHERE does; functions that are not in the search_path must be named with their schema.';
END
$$;
COMMENT ON FUNCTION @extschema@.pt_source_expression_type(@extschema@.mart_settings, text, text) IS
'Type of an SQL expression over one row of the source. Errors (22023) say what cannot be used as such, beginning with the argument "what".';

CREATE FUNCTION @extschema@.pt_mart_expressions(settings @extschema@.mart_settings) RETURNS TABLE (what text, expression text)
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT r.key, r.value FROM jsonb_each_text(settings.roles) r
	UNION ALL
	SELECT 'dimension ' || d.key, d.value FROM jsonb_each_text(settings.dimensions) d
	UNION ALL
	SELECT 'row_filter', settings.row_filter WHERE settings.row_filter IS NOT NULL
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_expressions(@extschema@.mart_settings) IS
'The expressions over the source in the settings of a mart, and what each is for.';

CREATE FUNCTION @extschema@.pt_relation_identity(relation regclass) RETURNS text
	LANGUAGE sql STABLE STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT concat_ws('/', (SELECT c.system_identifier FROM pg_control_system() c),
		(SELECT d.oid FROM pg_database d WHERE d.datname = current_database()), relation::oid)
$$;
COMMENT ON FUNCTION @extschema@.pt_relation_identity(regclass) IS
'What tells a relation from all others, of other databases and servers too: after a dump and restore its columns may have other numbers.';

CREATE FUNCTION @extschema@.pt_note_columns(settings @extschema@.mart_settings) RETURNS jsonb
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT jsonb_build_object('of', @extschema@.pt_relation_identity(settings.source),
		'relation', (SELECT c.relname FROM pg_class c WHERE c.oid = settings.source),
		'columns', (SELECT jsonb_object_agg(x.expression, @extschema@.pt_source_columns(settings, x.expression)) FROM @extschema@.pt_mart_expressions(settings) x))
$$;
COMMENT ON FUNCTION @extschema@.pt_note_columns(@extschema@.mart_settings) IS
'What the names in the expressions of a mart mean now, for expression_columns of its settings.';

CREATE FUNCTION @extschema@.pt_check_expression_columns(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	e record;
	read_by_view jsonb;
	meant jsonb;
BEGIN
	IF to_regclass(format('%I.purchases', mart)) IS NULL THEN
		RETURN;
	END IF;
	FOR e IN
		SELECT r.role_name AS what, settings.roles ->> r.role_name AS expression,
			CASE r.role_type WHEN 'frequency' THEN r.role_name || '_days' ELSE r.role_name END AS column_name
		FROM @extschema@.mart_role r
		WHERE settings.roles ? r.role_name
		UNION ALL
		SELECT 'dimension ' || d.key, d.value, d.key FROM jsonb_each_text(settings.dimensions) d
	LOOP
		read_by_view := @extschema@.pt_purchase_columns(mart, e.column_name::name);
		BEGIN
			meant := @extschema@.pt_source_columns(settings, e.expression);
		EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
			meant := NULL;
		END;
		IF meant IS DISTINCT FROM read_by_view THEN
			RAISE EXCEPTION 'mart "%": %: "%" does not name the columns that its view reads', mart, e.what, left(e.expression, 200)
				USING ERRCODE = 'object_not_in_prerequisite_state',
					DETAIL = format('The view purchases reads: %s.', coalesce((SELECT string_agg(quote_ident(c), ', ') FROM jsonb_object_keys(read_by_view) c), 'none')),
					HINT = 'Columns got other names, and then the mart was dumped and restored: create_mart(..., replace => true) makes it anew.';
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_expression_columns(text, @extschema@.mart_settings) IS
'Errors if an expression of a mart names other columns than its view purchases reads (55000): nothing else tells it of one that was restored from a dump. Nothing is known of a mart without the view.';

CREATE FUNCTION @extschema@.pt_mart_source_name(mart text, settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce((SELECT c.oid::regclass::text FROM pg_class c WHERE c.oid = settings.source),
		substring(obj_description(to_regnamespace(quote_ident(mart)), 'pg_namespace') FROM '^purchase_trends mart of (.*)$'),
		settings.expression_columns ->> 'relation')
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_source_name(text, @extschema@.mart_settings) IS
'The name of the source of a mart; if it is gone, the one that it had when the mart was made.';

CREATE FUNCTION @extschema@.pt_check_source_there(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = settings.source) THEN
		RAISE EXCEPTION 'the source of mart "%" is gone: %', mart, @extschema@.pt_mart_source_name(mart, settings)
			USING ERRCODE = 'undefined_table',
				DETAIL = 'It was dropped. A table that has its name now is another one.',
				HINT = 'drop_mart() removes the mart; create_mart(..., replace => true) makes it anew, of another table.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_source_there(text, @extschema@.mart_settings) IS
'Errors if the source of a mart was dropped (42P01).';

CREATE FUNCTION @extschema@.pt_follow_columns(mart text, settings @extschema@.mart_settings) RETURNS @extschema@.mart_settings
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	known jsonb := settings.expression_columns -> 'columns';
	old_name text := settings.expression_columns ->> 'relation';
	new_name text := (SELECT c.relname FROM pg_class c WHERE c.oid = settings.source);
	e record;
	followed text;
	problem text;
BEGIN
	PERFORM @extschema@.pt_check_source_there(mart, settings);
	IF known IS NULL OR settings.expression_columns ->> 'of' IS DISTINCT FROM @extschema@.pt_relation_identity(settings.source) THEN
		-- the numbers are those of another relation
		PERFORM @extschema@.pt_check_expression_columns(mart, settings);
		RETURN settings;
	END IF;
	FOR e IN
		SELECT x.what, x.expression, c.names, c.numbers, c.other_names, c.gone
		FROM @extschema@.pt_mart_expressions(settings) x
		CROSS JOIN LATERAL (
			SELECT coalesce(array_agg(n.key), '{}') AS names, coalesce(array_agg(n.value::integer), '{}') AS numbers,
				string_agg(format('%I is %I now', n.key, a.attname), ', ' ORDER BY n.key) FILTER (WHERE a.attname <> n.key) AS other_names,
				min(n.key) FILTER (WHERE a.attname IS NULL) AS gone
			FROM jsonb_each_text(known -> x.expression) n
			LEFT JOIN pg_attribute a ON a.attrelid = settings.source AND a.attnum = n.value::smallint AND NOT a.attisdropped
		) c
		-- one that is not known was put into the settings since, and is read as it stands
		WHERE known ? x.expression AND (c.other_names IS NOT NULL OR c.gone IS NOT NULL OR old_name <> new_name)
	LOOP
		IF e.gone IS NOT NULL THEN
			RAISE EXCEPTION 'mart "%": %: the column %, which "%" reads, was dropped', mart, e.what, quote_ident(e.gone), left(e.expression, 200)
				USING ERRCODE = 'undefined_column',
					DETAIL = CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = settings.source AND a.attname = e.gone AND NOT a.attisdropped)
						THEN format('The column %I that %s has now is another one.', e.gone, settings.source)
						ELSE format('The columns of %s are: %s.', settings.source, @extschema@.pt_source_column_list(settings.source)) END,
					HINT = 'create_mart(..., replace => true) makes the mart anew, of the columns of today.';
		END IF;
		BEGIN
			problem := 'There is more in it than names of columns.';
			PERFORM set_config('search_path', @extschema@.pt_expression_search_path(settings), true);
			followed := @extschema@.pt_follow_expression(settings.source, e.expression, old_name, e.names, e.numbers);
		EXCEPTION WHEN syntax_error_or_access_rule_violation THEN
			GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT;
			followed := NULL;
		END;
		PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
		IF followed IS NULL THEN
			RAISE EXCEPTION 'mart "%": %: "%" cannot be written with the names of today', mart, e.what, left(e.expression, 200)
				USING ERRCODE = 'object_not_in_prerequisite_state',
					DETAIL = format('%s: %s', coalesce(e.other_names, format('%I is %I now', old_name, new_name)), problem),
					HINT = format('Write it otherwise, with these names, and call again: UPDATE %I.mart SET %s;', mart,
						CASE WHEN e.what = 'row_filter' THEN $hint$row_filter = '...'$hint$
							WHEN starts_with(e.what, 'dimension ') THEN format($hint$dimensions = dimensions || '{"%s": "..."}'$hint$, substr(e.what, 11))
							ELSE format($hint$roles = roles || '{"%s": "..."}'$hint$, e.what) END);
		END IF;
		IF e.what = 'row_filter' THEN
			settings.row_filter := followed;
		ELSIF starts_with(e.what, 'dimension ') THEN
			settings.dimensions := settings.dimensions || jsonb_build_object(substr(e.what, 11), followed);
		ELSE
			settings.roles := settings.roles || jsonb_build_object(e.what, followed);
		END IF;
	END LOOP;
	RETURN settings;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_follow_columns(text, @extschema@.mart_settings) IS
'The settings of a mart with expressions that name the columns as they are called today: those that they read when its views were made. Errors: a source that was dropped (42P01), a column that was dropped (42703), an expression that cannot be written so (55000).';

CREATE FUNCTION @extschema@.pt_mart_settings(mart text) RETURNS SETOF @extschema@.mart_settings
	LANGUAGE sql STABLE STRICT ROWS 1
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT f.* FROM @extschema@.pt_read_mart_settings(mart) s CROSS JOIN LATERAL @extschema@.pt_follow_columns(mart, s) f
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_settings(text) IS
'The settings of a mart with expressions as pt_follow_columns gives them: for what reads expressions.';

CREATE FUNCTION @extschema@.pt_source_value(settings @extschema@.mart_settings, expression text, what text) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	is_deterministic boolean;
BEGIN
	IF expression IS NULL THEN
		RETURN NULL;
	END IF;
	-- an error if it is no expression
	PERFORM @extschema@.pt_source_expression_type(settings, expression, what);
	PERFORM set_config('search_path', @extschema@.pt_expression_search_path(settings), true);
	is_deterministic := @extschema@.pt_value_expression_is_deterministic(settings.source, expression);
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	RETURN format(CASE WHEN is_deterministic THEN E'(%s\n)' ELSE E'((%s\n) COLLATE pg_catalog."default")' END, expression);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_source_value(@extschema@.mart_settings, text, text) IS
'SQL for the value of an expression over one row of the source; errors are those of pt_source_expression_type. Groups of a mart are of values that are the same, so a collation in which others are equal, too, is left behind.';

CREATE FUNCTION @extschema@.pt_source_column_list(source regclass) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(string_agg(attname, ', ' ORDER BY attnum), 'none')
	FROM pg_attribute
	WHERE attrelid = source AND attnum > 0 AND NOT attisdropped
$$;
COMMENT ON FUNCTION @extschema@.pt_source_column_list(regclass) IS
'The columns of a relation, as a list to be shown in messages.';

CREATE FUNCTION @extschema@.pt_source_expression(source regclass, given text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(
		(SELECT quote_ident(attname) FROM pg_attribute
		 WHERE attrelid = source AND attname = given AND attnum > 0 AND NOT attisdropped),
		given)
$$;
COMMENT ON FUNCTION @extschema@.pt_source_expression(regclass, text) IS
'A column name of the source, quoted as needed; any other text as it is.';

CREATE FUNCTION @extschema@.pt_role_fits(role_type text, value_type regtype) RETURNS boolean
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE
		WHEN role_type = 'time' THEN t.oid = ANY ('{timestamp,timestamptz,date}'::regtype[])
		WHEN role_type IN ('money', 'integer', 'number') THEN t.typcategory = 'N'
		WHEN role_type = 'flag' THEN t.typcategory IN ('B', 'S', 'N')
		WHEN role_type = 'frequency' THEN t.typcategory IN ('S', 'N')
		ELSE true END
	FROM pg_type t
	WHERE t.oid = @extschema@.pt_base_type(value_type)
$$;
COMMENT ON FUNCTION @extschema@.pt_role_fits(text, regtype) IS
'Whether values of a type can be read as a role of this type (see mart_role).';

CREATE FUNCTION @extschema@.pt_role_noun(role_type text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE role_type WHEN 'money' THEN 'an amount' WHEN 'time' THEN 'a time' WHEN 'flag' THEN 'a flag' WHEN 'integer' THEN 'an integer'
		WHEN 'number' THEN 'a number' WHEN 'frequency' THEN 'a frequency' WHEN 'id' THEN 'an id' ELSE 'a label' END
$$;
COMMENT ON FUNCTION @extschema@.pt_role_noun(text) IS
'What values of a role of this type are, for messages.';

CREATE FUNCTION @extschema@.pt_columns_named(source regclass, synonyms text[]) RETURNS TABLE (name name, type regtype, place bigint)
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT a.attname, a.atttypid::regtype, row_number() OVER (ORDER BY min(s.position), a.attnum)
	FROM pg_attribute a
	JOIN unnest(synonyms) WITH ORDINALITY AS s(synonym, position)
		ON replace(s.synonym, '_', '') = replace(@extschema@.clean_name(a.attname::text), '_', '')
	WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
	GROUP BY a.attname, a.attnum, a.atttypid
$$;
COMMENT ON FUNCTION @extschema@.pt_columns_named(regclass, text[]) IS
'The columns of a relation whose names, as clean_name gives them, are among the synonyms, with underscores or without; place numbers them, that of the first synonym first.';

CREATE FUNCTION @extschema@.pt_price_is_total(source regclass, price name, pieces name) RETURNS boolean
	LANGUAGE plpgsql STABLE STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	found boolean;
BEGIN
	EXECUTE format('SELECT count(*) FILTER (WHERE r.pieces = 1) >= 10 AND count(*) FILTER (WHERE r.pieces > 1) >= 10 '
		'AND avg(r.price) FILTER (WHERE r.pieces > 1) >= 1.5 * avg(r.price) FILTER (WHERE r.pieces = 1) '
		'AND avg(r.price / r.pieces) FILTER (WHERE r.pieces > 1) BETWEEN 0.8 * avg(r.price) FILTER (WHERE r.pieces = 1) AND 1.25 * avg(r.price) FILTER (WHERE r.pieces = 1) '
		'FROM (SELECT s.%I::double precision AS price, s.%I::double precision AS pieces FROM %s s LIMIT 10000) r '
		'WHERE r.price > 0 AND r.price < ''infinity'' AND r.pieces >= 1 AND r.pieces < ''infinity''', price, pieces, @extschema@.pt_relation_name(source)) INTO found;
	RETURN coalesce(found, false);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_price_is_total(regclass, name, name) IS
'Whether a price is that of all pieces of a row: of its first 10000 rows, those of several pieces have a mean price at least 1.5 times that of one piece, and per piece within a quarter of it. False with fewer than 10 rows of either kind.';

CREATE FUNCTION @extschema@.pt_multiplies_exactly(source regclass, factors text[]) RETURNS boolean
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT count(*) > 0
	FROM pg_attribute a
	WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND quote_ident(a.attname) = ANY (factors)
		AND @extschema@.pt_base_type(a.atttypid::regtype) IN ('numeric', 'money')
		AND NOT EXISTS (
			SELECT FROM pg_attribute f
			WHERE f.attrelid = source AND f.attnum > 0 AND NOT f.attisdropped AND quote_ident(f.attname) = ANY (factors)
				AND @extschema@.pt_base_type(f.atttypid::regtype) IN ('float4', 'float8'))
$$;
COMMENT ON FUNCTION @extschema@.pt_multiplies_exactly(regclass, text[]) IS
'Whether the product of two columns of a relation is exact, whatever they are: one of them is a numeric, and none a float.';

CREATE FUNCTION @extschema@.suggest_roles(source regclass, given jsonb DEFAULT '{}')
	RETURNS TABLE (role_name text, expression text, why text, others text[])
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
#variable_conflict use_column
DECLARE
	r @extschema@.mart_role;
	named name[];
	fitting name[];
	taken name[];
	best name;
	price name;
	pieces text;
	counted name;
	discount text;
	unknown text;
	quantity text;
	quantity_column name;
	no_customers boolean := given ? 'customer_id' AND given ->> 'customer_id' IS NULL;
	-- other times of a customer or an order are not when it was bought
	other_times CONSTANT text := '(birth|born|dob|regist|sign_?up|join|since|expir|deliver|due|ship|return|updat|modif|load|insert|delet)';
BEGIN
	PERFORM @extschema@.pt_check_source(source);
	IF jsonb_typeof(given) <> 'object' THEN
		RAISE EXCEPTION 'roles must be an object'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'For example {"customer_id": "cust", "amount": "quantity * unit_price"}.';
	END IF;
	SELECT string_agg(format('"%s"', g.key), ', ') INTO unknown
	FROM jsonb_each(given) g
	WHERE NOT EXISTS (SELECT FROM @extschema@.mart_role r WHERE r.role_name = g.key);
	IF unknown IS NOT NULL THEN
		RAISE EXCEPTION 'unknown role: %', unknown
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The roles are: %s.',
					(SELECT string_agg(r.role_name, ', ' ORDER BY r.sort) FROM @extschema@.mart_role r)),
				HINT = 'Further columns to group by are given by dimensions.';
	END IF;
	SELECT string_agg(format('"%s"', g.key), ', ') INTO unknown
	FROM jsonb_each(given) g
	WHERE jsonb_typeof(g.value) NOT IN ('string', 'null');
	IF unknown IS NOT NULL THEN
		RAISE EXCEPTION 'the role % must be given as a string', unknown
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'It is a column name or an SQL expression.';
	END IF;
	taken := ARRAY(
		SELECT a.attname
		FROM pg_attribute a
		JOIN jsonb_each_text(given) e ON e.value = a.attname
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped);
	FOR r IN SELECT m.* FROM @extschema@.mart_role m ORDER BY m.sort LOOP
		role_name := r.role_name;
		expression := NULL;
		why := NULL;
		others := '{}';
		IF given ? r.role_name THEN
			expression := @extschema@.pt_source_expression(source, given ->> r.role_name);
			why := 'it was given';
			IF expression IS NULL AND r.required THEN
				-- a source without customers, or without money, allows what it allows
				expression := CASE r.role_type WHEN 'money' THEN 'NULL::numeric' ELSE 'NULL::text' END;
			ELSIF r.role_name = 'order_id' AND expression = 'row' THEN
				expression := 'NULL::bigint';	-- rows without an order id are orders of their own
			END IF;
			IF r.role_name = 'discount_amount' THEN
				discount := expression;
			ELSIF r.role_name = 'quantity' THEN
				quantity := expression;
				SELECT a.attname INTO quantity_column
				FROM pg_attribute a
				WHERE a.attrelid = source AND a.attname = given ->> 'quantity' AND a.attnum > 0 AND NOT a.attisdropped;
			END IF;
			RETURN NEXT;
			CONTINUE;
		END IF;
		-- columns by their names, the best first, with underscores or without
		SELECT array_agg(c.name ORDER BY c.place),
			array_agg(c.name ORDER BY c.place) FILTER (WHERE @extschema@.pt_role_fits(r.role_type, c.type)
				-- what it costs to ship or pay is no label
				AND NOT (r.role_name IN ('shipping_type', 'payment_method', 'color', 'season') AND @extschema@.pt_role_fits('number'::text, c.type)))
		INTO named, fitting
		FROM @extschema@.pt_columns_named(source, r.synonyms) c
		WHERE c.name <> ALL (taken);
		best := coalesce(fitting[1], CASE WHEN r.required THEN named[1] END);
		IF best IS NOT NULL THEN
			expression := quote_ident(best);
			why := 'its name';
			others := array_remove(named, best)::text[];
		ELSIF named IS NOT NULL THEN
			why := format('%I is of type %s, which is not %s', named[1],
				(SELECT format_type(a.atttypid, NULL) FROM pg_attribute a WHERE a.attrelid = source AND a.attname = named[1]),
				@extschema@.pt_role_noun(r.role_type));
			others := named::text[];
		END IF;
		IF r.role_name = 'purchased_at' THEN
			IF best IS NULL THEN
				SELECT array_agg(a.attname ORDER BY a.attnum) INTO fitting
				FROM pg_attribute a
				WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (taken)
					AND @extschema@.pt_role_fits('time'::text, a.atttypid::regtype)
					AND @extschema@.clean_name(a.attname::text) !~ other_times;
				IF cardinality(fitting) = 1 THEN
					best := fitting[1];
					expression := quote_ident(best);
					why := 'it is the only column with times';
				ELSIF cardinality(fitting) > 1 THEN
					why := 'several columns have times';
					others := fitting::text[];
				END IF;
			END IF;
			IF (SELECT a.atttypid = 'date'::regtype FROM pg_attribute a WHERE a.attrelid = source AND a.attname = best) THEN
				SELECT array_agg(a.attname) INTO fitting
				FROM pg_attribute a
				WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (taken)
					AND a.atttypid = 'time'::regtype AND @extschema@.clean_name(a.attname::text) !~ other_times;
				IF cardinality(fitting) = 1 THEN
					-- a row with a date alone has that date
					-- the last day of all is later than any time
					expression := format('(least(%I, date ''9999-12-31'') + coalesce(%I, time ''00:00''))', best, fitting[1]);
					why := why || ', and the time of day in ' || quote_ident(fitting[1]);
				END IF;
			END IF;
		ELSIF r.role_name = 'amount' AND best IS NULL THEN
			SELECT c.name INTO price
			FROM @extschema@.pt_columns_named(source, '{unit_price,price_per_unit,price_each,item_price,selling_price,sale_price,price,retail_price,list_price}'::text[]) c
			WHERE c.name <> ALL (taken) AND @extschema@.pt_role_fits('number'::text, c.type)
			ORDER BY c.place
			LIMIT 1;
			IF price IS NOT NULL THEN
				counted := NULL;
				IF given ? 'quantity' THEN
					pieces := format(E'(%s\n)', @extschema@.pt_source_expression(source, nullif(given ->> 'quantity', '')));
					SELECT a.attname INTO counted
					FROM pg_attribute a
					WHERE a.attrelid = source AND a.attname = given ->> 'quantity' AND a.attnum > 0 AND NOT a.attisdropped;
				ELSE
					SELECT c.name INTO counted
					FROM @extschema@.mart_role q
					CROSS JOIN LATERAL @extschema@.pt_columns_named(source, q.synonyms) c
					WHERE q.role_name = 'quantity' AND c.name <> ALL (taken) AND @extschema@.pt_role_fits('number'::text, c.type)
					ORDER BY c.place
					LIMIT 1;
				END IF;
				pieces := coalesce(quote_ident(counted), pieces);
				IF pieces IS NULL THEN
					expression := quote_ident(price);
					why := 'it is the price, and there is no quantity';
				ELSIF counted IS NOT NULL AND @extschema@.pt_price_is_total(source, price, counted) THEN
					expression := quote_ident(price);
					why := 'it grows with the quantity, so it is the price of all pieces';
				ELSE
					expression := CASE
						-- two integers, or floats, may have a product that is none
						WHEN @extschema@.pt_multiplies_exactly(source, ARRAY[pieces, quote_ident(price)]) THEN pieces || ' * ' || quote_ident(price)
						ELSE format('%s::numeric * %I::numeric', pieces, price) END;
					why := 'it is the quantity times the price';
				END IF;
			END IF;
		ELSIF r.role_name = 'order_id' AND best IS NULL AND no_customers THEN
			-- what is one order is then told by nothing
			expression := 'NULL::bigint';
			why := 'there are no customers, so each row is an order';
		ELSIF r.role_name = 'discounted' AND best IS NULL AND discount IS NOT NULL THEN
			expression := format(E'(%s\n)::numeric > 0::numeric', discount);
			why := 'it is a discount_amount above zero';
		ELSIF r.role_name = 'cost' THEN
			-- the cost of one piece is not that of the line
			IF @extschema@.clean_name(best::text) = 'cost' AND quantity IS NOT NULL
				AND NOT coalesce(@extschema@.pt_price_is_total(source, best, quantity_column), false) THEN
				others := array_prepend(best::text, others);
				best := NULL;
				expression := NULL;
				why := format('it does not grow with the quantity, so it may be of one piece (cost => ''%s * %s'')', quantity, others[1]);
			ELSIF best IS NULL THEN
				SELECT array_agg(c.name ORDER BY c.place) INTO named
				FROM @extschema@.pt_columns_named(source, '{unit_cost,cost_per_unit,cost_each,item_cost,product_cost,cost_price,purchase_price,standard_cost,average_cost}'::text[]) c
				WHERE c.name <> ALL (taken) AND @extschema@.pt_role_fits('number'::text, c.type);
				IF named IS NOT NULL THEN
					why := format('it is the cost of one piece (cost => ''%s%I'')', coalesce(quantity || ' * ', ''), named[1]);
					others := named::text[];
				END IF;
			END IF;
		END IF;
		IF best IS NOT NULL THEN
			taken := taken || best;
		END IF;
		IF r.role_name = 'discount_amount' THEN
			discount := expression;
		ELSIF r.role_name = 'quantity' THEN
			quantity := expression;
			quantity_column := best;
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.suggest_roles(regclass, jsonb) IS
'What create_mart takes the columns of a table or view for: a row for each role (see mart_role) with the column or SQL expression (NULL if there is none), why, and other columns that could be meant. given is what the caller says, {"customer_id": "cust"}: a column name, an expression, or null for a role that the source has not. Columns are found by name, with or without underscores; a column whose type does not fit is not taken, unless no mart can be without it. The only column with times is the time, if its name does not tell another (birth, delivery, ...); a date is joined by the only column that has a time of day (none is midnight). Without an amount it is the quantity times the price, or the price, if it grows with the quantity. Without customers (null is given) and order ids each row is an order. A column that is just called cost is taken only if there is no quantity, or it grows with it; costs of one piece are not taken. Errors: those of pt_check_source, 22023 if given is no object of strings and nulls, or names an unknown role.';

CREATE FUNCTION @extschema@.pt_mart_role_expressions(source regclass, given jsonb) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	missing text;
	result jsonb;
BEGIN
	SELECT coalesce(jsonb_object_agg(r.role_name, r.expression) FILTER (WHERE r.expression IS NOT NULL), '{}') INTO result
	FROM @extschema@.suggest_roles(source, given) r;

	SELECT string_agg(r.role_name, ', ' ORDER BY r.sort) INTO missing
	FROM @extschema@.mart_role r
	WHERE r.required AND NOT result ? r.role_name;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'no column of % was found for: %', source, missing
			USING ERRCODE = 'undefined_column',
				DETAIL = format('The columns are: %s.', @extschema@.pt_source_column_list(source)),
				HINT = format('Say which column or expression it is, for example %s => ''%s''; if there is none: roles => ''{"%1$s": null}''.',
					split_part(missing, ',', 1), coalesce((
						-- the first column of numbers with decimals
						SELECT replace(a.attname, '''', '''''')
						FROM pg_attribute a
						WHERE missing ~ '^amount' AND a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
							AND @extschema@.pt_base_type(a.atttypid::regtype) IN ('numeric', 'float8', 'float4', 'money')
							AND quote_ident(a.attname) NOT IN (SELECT e.value FROM jsonb_each_text(result) e)
						ORDER BY a.attnum
						LIMIT 1), '...'));
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_role_expressions(regclass, jsonb) IS
'The SQL expression over the source for each role: as given (column names are quoted as needed), or the column whose name is a synonym of the role; a role that is given as null has none. Errors: those of suggest_roles, required role without a column (42703).';

CREATE FUNCTION @extschema@.pt_local_time(value text, time_zone text) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('(CASE WHEN %s BETWEEN ''4000-01-01 00:00:00+00 BC''::timestamptz AND ''294000-01-01 00:00:00+00''::timestamptz OR NOT isfinite(%1$s) THEN %1$s END '
		'AT TIME ZONE %L)', value, time_zone)
$$;
COMMENT ON FUNCTION @extschema@.pt_local_time(text, text) IS
'SQL for a value of type timestamptz as the time on the clock of a zone; NULL where the time is so near the ends of the type that the clock may have none.';

CREATE FUNCTION @extschema@.pt_time_cast(value text, given_type regtype, time_zone text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- a column that is a timestamp stays bare, so that an index on it can be used
	SELECT CASE WHEN b.base_type = 'timestamptz'::regtype THEN @extschema@.pt_local_time(b.value, time_zone)
		-- a day may be later than any time
		WHEN b.base_type = 'date'::regtype THEN format('CASE WHEN %s < ''294277-01-01''::date OR NOT isfinite(%1$s) THEN %1$s::timestamp END', b.value)
		WHEN b.base_type = 'timestamp'::regtype THEN b.value
		ELSE b.value || '::timestamp' END
	FROM (
		SELECT t.base_type, CASE WHEN t.base_type = given_type THEN value ELSE format('%s::%s', value, t.base_type) END AS value
		FROM (SELECT @extschema@.pt_base_type(given_type) AS base_type) t
	) b
$$;
COMMENT ON FUNCTION @extschema@.pt_time_cast(text, regtype, text) IS
'SQL for a value of a type as a time on the clock of a zone: infinite where it is, NULL where no timestamp can hold it.';

CREATE FUNCTION @extschema@.pt_text_cast(value text, given_type regtype, time_zone text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE
		WHEN given_type = 'text'::regtype THEN value
		WHEN b.base_type = ANY ('{date,timestamp,float4,float8,bytea}'::regtype[])
			THEN format('%I.canonical_text(%s::%s)', @extschema@.pt_extension_schema(), value, b.base_type)
		WHEN b.base_type = 'timestamptz'::regtype
			THEN format('%I.canonical_text(%s)', @extschema@.pt_extension_schema(), @extschema@.pt_local_time(value, coalesce(time_zone, 'UTC')))
		WHEN b.base_type = 'numeric'::regtype	-- equal numbers are one value, however many decimals they are written with
			THEN format('trim_scale(%s::numeric)::text', value)
		ELSE value || '::text' END
	FROM (SELECT @extschema@.pt_base_type(given_type) AS base_type) b
$$;
COMMENT ON FUNCTION @extschema@.pt_text_cast(text, regtype, text) IS
'SQL for a value of a type as text, the same in every session where that can be: dates and numbers do not follow its settings.';

CREATE FUNCTION @extschema@.pt_integer_cast(value text, base_type regtype) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN base_type = ANY ('{int2,int4}'::regtype[]) THEN value || '::integer'
		ELSE format('%I.pt_fitting_integer(%s::%s)', @extschema@.pt_extension_schema(), value,
			CASE base_type WHEN 'int8'::regtype THEN 'bigint' WHEN 'oid'::regtype THEN 'bigint'
				WHEN 'float4'::regtype THEN 'double precision' WHEN 'float8'::regtype THEN 'double precision' ELSE 'numeric' END) END
$$;
COMMENT ON FUNCTION @extschema@.pt_integer_cast(text, regtype) IS
'SQL for a number of a type (no domain) as an integer, rounded; NULL where it is none.';

CREATE FUNCTION @extschema@.pt_parse_expression(settings @extschema@.mart_settings, expression text, role_type text) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	points bigint;
	commas bigint;
	day_first bigint;
	month_first bigint;
BEGIN
	IF expression IS NULL THEN
		RETURN NULL;
	ELSIF role_type = 'integer' THEN
		RETURN format('parse_integer(%s)', expression);
	END IF;
	-- the first rows tell how such values are written here
	SELECT p.counts[17], p.counts[16], p.counts[23], p.counts[24] INTO points, commas, day_first, month_first
	FROM @extschema@.pt_query_source(settings, format(E'SELECT @extschema@.pt_column_profile(v.value, NULL::text[]) FROM (SELECT (%s\n)::text AS value FROM %s LIMIT 1000) v',
		expression, @extschema@.pt_relation_name(settings.source))) AS p(counts bigint[]);
	RETURN CASE
		WHEN role_type = 'time' THEN format(CASE WHEN day_first > month_first THEN 'parse_timestamp(%s, ''DMY'')'
			WHEN month_first > day_first THEN 'parse_timestamp(%s, ''MDY'')' ELSE 'parse_timestamp(%s)' END, expression)
		ELSE format(CASE WHEN commas > points THEN 'parse_amount(%s, '','')' ELSE 'parse_amount(%s)' END, expression) END;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_parse_expression(@extschema@.mart_settings, text, text) IS
'An expression that reads a text as a role of this type, for hints: with the decimal mark, or the order of day and month, that more of the first thousand values fit. NULL for NULL.';

CREATE FUNCTION @extschema@.pt_mart_role_cast(settings @extschema@.mart_settings, role_name text) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	role_type text := (SELECT r.role_type FROM @extschema@.mart_role r WHERE r.role_name = pt_mart_role_cast.role_name);
	expression text := settings.roles ->> role_name;
	ext name := @extschema@.pt_extension_schema();
	given_type regtype := @extschema@.pt_source_expression_type(settings, expression, role_name);
	base_type regtype := @extschema@.pt_base_type(given_type);
	category "char" := (SELECT typcategory FROM pg_type WHERE oid = base_type);
	value text := @extschema@.pt_source_value(settings, expression, role_name);
	result text;
BEGIN
	IF expression IS NULL THEN
		RAISE EXCEPTION 'the mart has no role "%"', role_name
			USING ERRCODE = 'undefined_object';
	END IF;
	CASE role_type
		WHEN 'id' THEN
			-- without a cast where possible, so that an index on it can be used
			result := CASE
				WHEN given_type = ANY ('{int2,int4,int8,text}'::regtype[]) THEN value
				WHEN base_type = ANY ('{int2,int4,int8}'::regtype[]) THEN format('%s::%s', value, base_type)
				ELSE @extschema@.pt_text_cast(value, given_type, settings.time_zone) END;
		WHEN 'time' THEN
			result := @extschema@.pt_time_cast(value, given_type, settings.time_zone);
			IF settings.time_from IS NOT NULL OR settings.time_until IS NOT NULL THEN
				result := format('CASE WHEN %s BETWEEN %L::timestamp AND %L::timestamp THEN %1$s END', result,
					coalesce(settings.time_from, '-infinity'), coalesce(settings.time_until, 'infinity'));
			END IF;
		WHEN 'money' THEN
			result := format('%I.pt_fitting_amount(%s::numeric, %s)::numeric(%s,%3$s)', ext, value, settings.amount_scale, 16 + settings.amount_scale);
		WHEN 'text' THEN
			result := @extschema@.pt_text_cast(value, given_type, settings.time_zone);
		WHEN 'flag' THEN
			result := CASE WHEN category = 'B' THEN value || '::boolean'
				ELSE format('%I.parse_flag(%s)', ext, @extschema@.pt_text_cast(value, given_type, settings.time_zone)) END;
		WHEN 'integer' THEN
			result := @extschema@.pt_integer_cast(value, base_type);
		WHEN 'number' THEN
			result := format('%I.pt_fitting_amount(%s::numeric, 4)::numeric(18,4)', ext, value);
		WHEN 'frequency' THEN
			result := CASE WHEN category = 'N' THEN @extschema@.pt_integer_cast(value, base_type)
				ELSE format('%I.parse_frequency(%s)', ext, @extschema@.pt_text_cast(value, given_type, settings.time_zone)) END;
	END CASE;
	IF NOT @extschema@.pt_role_fits(role_type, given_type) THEN
		RAISE EXCEPTION '%: "%" is of type %, which cannot be read as %', role_name, left(expression, 200), given_type,
				@extschema@.pt_role_noun(role_type)
			USING ERRCODE = 'datatype_mismatch',
				HINT = CASE WHEN category = 'S'
					THEN 'prepare_purchases() makes a typed table of a raw one; or give an expression such as '
						|| @extschema@.pt_parse_expression(settings, expression, role_type) || '.'
					ELSE 'Give an expression that has a fitting type.' END;
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_role_cast(@extschema@.mart_settings, text) IS
'The expression of a role, read as the type of the role (see mart_role), with times in the time zone of the mart. A type that cannot be read so is an error (42804), as is a role that the mart has not (42704).';

CREATE FUNCTION @extschema@.pt_mart_dimension_cast(settings @extschema@.mart_settings, dimension text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT @extschema@.pt_text_cast(@extschema@.pt_source_value(settings, d.expression, 'dimension ' || dimension), @extschema@.pt_source_expression_type(settings, d.expression, 'dimension ' || dimension),
		settings.time_zone)
	FROM (SELECT settings.dimensions ->> dimension AS expression) d
	WHERE d.expression IS NOT NULL
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dimension_cast(@extschema@.mart_settings, text) IS
'The expression of a further dimension as text.';

/*--- spend ---*/

CREATE FUNCTION @extschema@.pt_spend_column(spend regclass, what text) RETURNS name
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	synonyms text[] := CASE what WHEN 'month' THEN '{month,period,date,day,month_start,period_start,spend_month,spend_date,spent_on,spent_at}'::text[]
		WHEN 'spend' THEN '{spend,spent,marketing_spend,ad_spend,amount,cost,costs}'::text[] ELSE '{channel,marketing_channel,acquisition_channel}'::text[] END;
	role_type text := CASE what WHEN 'month' THEN 'time' WHEN 'spend' THEN 'money' ELSE 'text' END;
	given name;
	type regtype;
BEGIN
	SELECT c.name, c.type INTO given, type FROM @extschema@.pt_columns_named(spend, synonyms) c ORDER BY c.place LIMIT 1;
	IF given IS NULL AND what <> 'channel' THEN
		RAISE EXCEPTION 'spend: no column of % was found for: %', spend, what
			USING ERRCODE = 'undefined_column',
				DETAIL = format('The columns are: %s.', @extschema@.pt_source_column_list(spend)),
				HINT = format('Call it so, or give a view; these are taken, too: %s.', array_to_string(synonyms[2:], ', '));
	END IF;
	IF NOT @extschema@.pt_role_fits(role_type, type) THEN
		RAISE EXCEPTION 'spend: %.% is of type %, which cannot be read as %', spend, quote_ident(given), type, @extschema@.pt_role_noun(role_type)
			USING ERRCODE = 'datatype_mismatch',
				HINT = 'A view of the table can have it as a fitting type.';
	END IF;
	RETURN given;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_spend_column(regclass, text) IS
'The column of a table of spend that is its month, spend or channel, found by name, with or without underscores; NULL if there is no channel. Errors: no month or spend (42703), a type that does not fit (42804).';

CREATE FUNCTION @extschema@.pt_spend_has_channels(settings @extschema@.mart_settings) RETURNS boolean
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT @extschema@.pt_spend_column(settings.spend, 'channel'::text) IS NOT NULL AND 'channel' = ANY (settings.dimension_names)
$$;
COMMENT ON FUNCTION @extschema@.pt_spend_has_channels(@extschema@.mart_settings) IS
'Whether a mart can tell its spend by channel: the table has a column for it, and the mart a dimension of that name.';

CREATE FUNCTION @extschema@.pt_spend_rows(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('SELECT date_trunc(''month'', t.at) AS month, t.channel, t.spend FROM (SELECT %s AS at, %s AS channel, '
			'@extschema@.pt_fitting_amount(s.%I::numeric, %s) AS spend FROM %s s) t WHERE @extschema@.pt_is_mart_time(t.at)',
		@extschema@.pt_time_cast('s.' || quote_ident(m.name), m.type, settings.time_zone),
		coalesce(@extschema@.pt_text_cast('s.' || quote_ident(c.name), c.type, settings.time_zone), 'NULL::text'),
		@extschema@.pt_spend_column(settings.spend, 'spend'::text), settings.amount_scale, @extschema@.pt_relation_name(settings.spend))
	FROM (SELECT a.attname AS name, a.atttypid::regtype AS type FROM pg_attribute a
		WHERE a.attrelid = settings.spend AND a.attname = @extschema@.pt_spend_column(settings.spend, 'month'::text)) m
	LEFT JOIN (SELECT a.attname AS name, a.atttypid::regtype AS type FROM pg_attribute a
		WHERE a.attrelid = settings.spend AND a.attname = @extschema@.pt_spend_column(settings.spend, 'channel'::text)) c ON @extschema@.pt_spend_has_channels(settings)
$$;
COMMENT ON FUNCTION @extschema@.pt_spend_rows(@extschema@.mart_settings) IS
'SQL of the rows of a mart''s table of spend: month, channel (NULL where it is not told by channel) and spend (NULL where a mart cannot hold it). Errors are those of pt_spend_column.';

CREATE FUNCTION @extschema@.pt_check_spend(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF settings.spend IS NULL THEN
		RETURN;
	END IF;
	IF NOT settings.roles ? 'purchased_at' THEN
		RAISE EXCEPTION 'mart "%" has no times, so it cannot tell when a spend is paid back', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Make it of a source with a time column: create_mart(..., purchased_at => ''...'').';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = settings.spend) THEN
		RAISE EXCEPTION 'the table of spend of mart "%" is gone', mart
			USING ERRCODE = 'undefined_table',
				DETAIL = 'It was dropped. A table that has its name now is another one.',
				HINT = format('set_mart_spend(%L, NULL) does without, or names another one.', quote_ident(mart));
	END IF;
	PERFORM @extschema@.pt_check_source(settings.spend);
	IF EXISTS (SELECT FROM pg_class c WHERE c.oid = settings.spend AND c.relpersistence = 't') THEN
		RAISE EXCEPTION 'spend cannot be the temporary table %', settings.spend
			USING ERRCODE = 'wrong_object_type',
				HINT = 'The view of the mart would outlive it. Make it an ordinary table.';
	END IF;
	PERFORM @extschema@.pt_spend_column(settings.spend, c) FROM unnest('{month,spend,channel}'::text[]) c;
	IF @extschema@.pt_spend_column(settings.spend, 'channel'::text) IS NOT NULL AND NOT @extschema@.pt_spend_has_channels(settings) THEN
		RAISE NOTICE 'spend is told by month only: mart "%" has no dimension "channel"', mart
			USING HINT = 'create_mart(..., dimensions => ''{channel}'') makes it one.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_spend(text, @extschema@.mart_settings) IS
'Errors unless a mart can read its table of spend: a mart without times (55000), a table that is gone (42P01) or cannot be read (see pt_check_source), no month or spend (42703), a type that does not fit (42804). NULL is no spend. A NOTICE tells of channels that the mart does not know.';

/*--- dimensions ---*/

CREATE FUNCTION @extschema@.pt_mart_dimension_columns(settings @extschema@.mart_settings, dimensions text[])
	RETURNS TABLE (dimension text, expression text, is_role boolean)
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	item text;
	label text;
	names text[];
BEGIN
	IF array_ndims(dimensions) > 1 THEN
		RAISE EXCEPTION 'dimensions must be a one-dimensional array'
			USING ERRCODE = 'array_subscript_error';
	END IF;
	FOREACH item IN ARRAY coalesce(dimensions, '{}') LOOP
		IF item IS NULL THEN
			RAISE EXCEPTION 'dimensions must not contain NULL'
				USING ERRCODE = 'null_value_not_allowed';
		END IF;
		-- a role that is a dimension anyway may be named again
		CONTINUE WHEN EXISTS (
			SELECT FROM @extschema@.mart_role r
			WHERE r.role_name = item AND settings.roles ? item
				AND r.role_type IN ('text', 'flag', 'frequency') AND item <> 'product');
		label := item;
		IF item ~ '^\s*[[:alnum:]_]+\s*=>' AND NOT EXISTS (
				SELECT FROM pg_attribute a
				WHERE a.attrelid = settings.source AND a.attname = item AND a.attnum > 0 AND NOT a.attisdropped) THEN
			label := substring(item FROM '^\s*([[:alnum:]_]+)\s*=>');
			item := substring(item FROM '^\s*[[:alnum:]_]+\s*=>(.*)$');
		END IF;
		dimension := left(@extschema@.clean_name_strict(label), 40);
		expression := @extschema@.pt_source_expression(settings.source, item);
		is_role := false;
		PERFORM @extschema@.pt_source_expression_type(settings, expression, 'dimension ' || dimension);
		IF dimension = ANY (names) OR EXISTS (
				SELECT FROM @extschema@.mart_column c WHERE c.column_name = dimension
				UNION ALL
				SELECT FROM @extschema@.mart_measure m WHERE m.measure_name = dimension) THEN
			RAISE EXCEPTION 'dimension "%": a column of this name is in the mart already', dimension
				USING ERRCODE = 'duplicate_column',
					HINT = 'Give it another name: dimensions => ARRAY[''other_name => expression''].';
		END IF;
		names := names || dimension;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dimension_columns(@extschema@.mart_settings, text[]) IS
'The further dimensions of a mart: each item is a column of the source, or "name => expression". Roles that are dimensions anyway are skipped. Errors: NULL (22004), a name that the mart has already (42701), no expression (22023).';

CREATE FUNCTION @extschema@.pt_mart_dimension_list(roles jsonb, dimensions jsonb) RETURNS TABLE (dimension text, label text, sort_column text, "position" integer)
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT v.dimension, v.label, v.sort_column, v.position
	FROM (VALUES
		(1, 'gender', 'gender', 'gender', NULL),
		(2, 'age', 'age_group', 'age_group', 'age_group_sort'),
		(3, 'category', 'category', 'category', NULL),
		(4, 'season', 'season', 'season', 'season_sort'),
		(5, 'location', 'location', 'location', NULL),
		(6, 'size', 'size', 'size', 'size_sort'),
		(7, 'color', 'color', 'color', NULL),
		(8, 'subscribed', 'subscribed', 'subscribed_label', NULL),
		(9, 'discounted', 'discounted', 'discounted_label', NULL),
		(10, 'previous_purchases', 'loyalty_tier', 'loyalty_tier', 'loyalty_tier_sort'),
		(11, 'purchase_frequency', 'purchase_frequency', 'purchase_frequency', 'purchase_frequency_sort'),
		(12, 'shipping_type', 'shipping_type', 'shipping_type', NULL),
		(13, 'payment_method', 'payment_method', 'payment_method', NULL)
	) AS v(position, role_name, dimension, label, sort_column)
	WHERE roles ? v.role_name
		-- in a mart with times a tier is that of the orders, which only the customer as a whole has
		AND NOT (v.dimension = 'loyalty_tier' AND roles ? 'purchased_at')
	UNION ALL
	SELECT d.key, d.key, NULL, 100
	FROM jsonb_each_text(dimensions) d
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dimension_list(jsonb, jsonb) IS
'The dimensions of a mart with the columns of fact_purchase that have their values and the numbers to sort these by, and the place of each among the others.';

CREATE FUNCTION @extschema@.pt_mart_dimension_names(roles jsonb, dimensions jsonb) RETURNS text[]
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(array_agg(l.dimension ORDER BY l.position, l.dimension), '{}')
	FROM (
		SELECT d.dimension, d.position
		FROM @extschema@.pt_mart_dimension_list(roles, dimensions) d
		-- flags are columns of their own in purchase_lines
		WHERE d.dimension NOT IN ('subscribed', 'discounted')
		UNION ALL
		SELECT 'product', 1000 WHERE roles ? 'product'
		ORDER BY 2, 1
	) l
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dimension_names(jsonb, jsonb) IS
'The dimensions that the lines of a mart have, in the order of their numbers (from 1), at most 80: those of pt_mart_dimension_list but the flags, then the product.';

CREATE FUNCTION @extschema@.pt_mart_dimension_rows(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('(%L, f.%I, %s)', d.dimension, d.label, coalesce('f.' || quote_ident(d.sort_column), 'NULL::smallint')),
		E',\n' ORDER BY d.position, d.dimension)
	FROM @extschema@.pt_mart_dimension_list(settings.roles, settings.dimensions) d
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dimension_rows(@extschema@.mart_settings) IS
'The rows that purchase_dimension makes of each purchase: one for each dimension of the mart. NULL if it has none.';

/*--- amounts and ages ---*/

CREATE FUNCTION @extschema@.pt_mart_amount_scale(settings @extschema@.mart_settings) RETURNS integer
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	decimals integer;
	problem text;
BEGIN
	PERFORM @extschema@.pt_source_expression_type(settings, settings.roles ->> 'amount', 'amount'::text);
	SELECT a.decimals, a.problem INTO decimals, problem
	FROM @extschema@.pt_query_source(settings, format(E'SELECT max(scale(trim_scale(amount))), '
			'max(CASE WHEN amount = ''NaN'' THEN ''NaN'' WHEN abs(amount) = ''Infinity'' THEN ''an infinite value'' END) '
			'FROM (SELECT (%s\n)::numeric AS amount FROM %s WHERE %s) AS amounts', settings.roles ->> 'amount', @extschema@.pt_relation_name(settings.source),
			@extschema@.pt_mart_view_part('row_condition'::text, settings))) AS a(decimals integer, problem text);
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION '% contains %, which is no amount', settings.roles ->> 'amount', problem
			USING ERRCODE = 'numeric_value_out_of_range',
				HINT = 'Make it NULL in the source, or leave such rows out by a view.';
	END IF;
	-- a column may be declared with more decimals than its rows have yet
	SELECT greatest(decimals, (a.atttypmod - 4) & 65535) INTO decimals
	FROM (VALUES (1)) AS one_row(n)
	LEFT JOIN pg_attribute a ON a.attrelid = settings.source AND quote_ident(a.attname) = settings.roles ->> 'amount'
		AND a.attnum > 0 AND a.atttypid = 'numeric'::regtype AND a.atttypmod > 4;
	RETURN greatest(2, least(6, coalesce(decimals, 2)));
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_amount_scale(@extschema@.mart_settings) IS
'Decimals that the amounts of a source need: at least 2, at most 6. NaN or an infinite amount is an error (22003).';

CREATE FUNCTION @extschema@.pt_mart_age_groups(mart text) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	edges double precision[];
	labels text[];
BEGIN
	-- Each customer counts once, with each age that the source gives.
	EXECUTE format('SELECT %I.quantile_edges(ages.age::double precision, 4) '
			'FROM (SELECT DISTINCT p.customer_id, p.age FROM %I.purchases p WHERE p.age IS NOT NULL) AS ages',
			@extschema@.pt_extension_schema(), mart)
		INTO edges;
	IF edges IS NULL THEN
		RETURN;
	END IF;
	IF cardinality(edges) = 5 THEN
		labels := '{Young Adult,Adult,Middle-aged,Senior}';
	ELSE
		labels := @extschema@.pt_age_labels(edges);
	END IF;
	-- Ages that come later may lie outside: the outer groups are open.
	EXECUTE format('UPDATE %I.mart SET age_edges = $1, age_labels = $2, '
			'age_cuts = ''-infinity''::double precision || $1[2:cardinality($1) - 1] || ''infinity''::double precision', mart)
		USING edges, labels;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_age_groups(text) IS
'Cuts the ages of a mart''s customers into quarters of equal size, and keeps the edges in its settings. Called by create_mart.';

CREATE FUNCTION @extschema@.pt_age_labels(edges double precision[]) RETURNS text[]
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT array_agg(@extschema@.age_bucket(edges[i], edges, NULL::text[]) ORDER BY i)
	FROM generate_series(least(2, cardinality(edges)), cardinality(edges)) AS i
$$;
COMMENT ON FUNCTION @extschema@.pt_age_labels(double precision[]) IS
'The labels that age_bucket gives to the groups between the edges: 18-31, 32-44.';

/*--- purchases ---*/

CREATE FUNCTION @extschema@.pt_mart_purchase_columns(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('%s AS %I', c.expression, c.column_name), E',\n' ORDER BY c.sort, c.column_name)
	FROM (
		SELECT m.sort,
			CASE m.role_type WHEN 'frequency' THEN m.role_name || '_days' ELSE m.role_name END AS column_name,
			CASE WHEN settings.roles ? m.role_name
				THEN @extschema@.pt_mart_role_cast(settings, m.role_name)
				-- without order ids, lines of one customer at one time are one order
				WHEN m.role_name = 'order_id' AND settings.roles ? 'purchased_at'
				THEN format('(%s::text || ''@'' || extract(epoch FROM %s)::text)',
					@extschema@.pt_mart_role_cast(settings, 'customer_id'::text), @extschema@.pt_mart_role_cast(settings, 'purchased_at'::text))
				ELSE 'NULL::' || CASE m.role_type WHEN 'flag' THEN 'boolean' WHEN 'integer' THEN 'integer'
					WHEN 'frequency' THEN 'integer' WHEN 'number' THEN 'numeric(18,4)' WHEN 'time' THEN 'timestamp'
					WHEN 'money' THEN format('numeric(%s,%s)', 16 + settings.amount_scale, settings.amount_scale) ELSE 'text' END
				END AS expression
		FROM @extschema@.mart_role m
		UNION ALL
		SELECT 1000, d.key, @extschema@.pt_mart_dimension_cast(settings, d.key)
		FROM jsonb_each_text(settings.dimensions) d
	) c
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_purchase_columns(@extschema@.mart_settings) IS
'The select list of the view purchases: each role as its type, NULL where the source has it not, and the further dimensions as text.';

CREATE FUNCTION @extschema@.pt_is_mart_time(at timestamp) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	-- as far as calendars are sure to be short, and nothing that is reckoned from a time can overflow
	RETURN at >= timestamp '1000-01-01' AND at < timestamp '3000-01-01';
COMMENT ON FUNCTION @extschema@.pt_is_mart_time(timestamp) IS
'Whether a mart takes a time: one of the years 1000 to 2999. 9999-12-31 and infinity stand for no time at all.';

CREATE FUNCTION @extschema@.pt_mart_unread_conditions(settings @extschema@.mart_settings)
	RETURNS TABLE (role_name text, expression text, condition text, reason text, sort smallint)
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT u.role_name, u.expression, c.condition, c.reason, u.sort
	FROM (
		SELECT m.role_name, m.role_type, m.sort, settings.roles ->> m.role_name AS expression,
			format(E'(%s\n)', settings.roles ->> m.role_name) AS given, @extschema@.pt_mart_role_cast(settings, m.role_name) AS taken,
			@extschema@.pt_source_expression_type(settings, settings.roles ->> m.role_name, m.role_name) AS given_type
		FROM @extschema@.mart_role m
		WHERE settings.roles ? m.role_name
		UNION ALL
		SELECT d.key, 'text', 1000, d.value, format(E'(%s\n)', d.value), @extschema@.pt_mart_dimension_cast(settings, d.key),
			@extschema@.pt_source_expression_type(settings, d.value, 'dimension ' || d.key)
		FROM jsonb_each_text(settings.dimensions) d
	) u
	JOIN pg_type t ON t.oid = @extschema@.pt_base_type(u.given_type)
	CROSS JOIN LATERAL (SELECT format('@extschema@.pt_is_mart_time(%s)', @extschema@.pt_time_cast(u.given, u.given_type, settings.time_zone)) AS in_range) i
	CROSS JOIN LATERAL (
		SELECT 'endless' AS reason, format('NOT isfinite(%s::%s)', u.given, t.oid::regtype) AS condition
		WHERE u.role_type = 'time'
		UNION ALL
		SELECT 'range', format('isfinite(%s::%s) AND %s IS NOT TRUE', u.given, t.oid::regtype, i.in_range)
		WHERE u.role_type = 'time'
		UNION ALL
		SELECT 'far', format('%s IS NULL AND %s', u.taken, i.in_range)
		WHERE u.role_type = 'time' AND (settings.time_from IS NOT NULL OR settings.time_until IS NOT NULL)
		UNION ALL
		-- most amounts are ruled out by their number of decimals, which costs less than rounding
		SELECT 'rounded', format('scale(%s::numeric) > %s AND %1$s::numeric <> round(%1$s::numeric, %2$s) AND %3$s IS NOT NULL', u.given, settings.amount_scale, u.taken)
		WHERE u.role_type = 'money' AND t.oid <> ALL ('{int2,int4,int8}'::regtype[])
		UNION ALL
		SELECT CASE WHEN u.role_type <> 'flag' AND t.typcategory IN ('N', 'D') THEN 'range' ELSE 'text' END,
			format('%s IS NULL AND %s IS NOT NULL', u.taken, u.given)
		WHERE CASE WHEN u.role_type IN ('money', 'number', 'integer') OR u.role_type = 'frequency' AND t.typcategory = 'N'
				THEN t.oid <> ALL ('{int2,int4}'::regtype[])
			WHEN u.role_type = 'flag' THEN t.typcategory <> 'B'
			WHEN u.role_type IN ('id', 'text') THEN t.oid = 'timestamptz'::regtype
			ELSE u.role_type = 'frequency' END
	) c
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_unread_conditions(@extschema@.mart_settings) IS
'For each role or dimension of a mart whose values it may be unable to take as they are, or would lose in part: the expression, the condition on a row of the source under which that is so, and why. The reasons are text (not understood), range (more or less than the role takes), endless (an infinite time), far (before time_from, or after time_until) and rounded.';

CREATE FUNCTION @extschema@.pt_mart_unread_values(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- what has no text that is the same in every session is shown all the same
	SELECT string_agg(format(E'(%L, CASE WHEN %s THEN coalesce(%s, (%s\n)::text) END, %L)', c.role_name, c.condition, @extschema@.pt_text_cast(format(E'(%s\n)', c.expression),
			@extschema@.pt_source_expression_type(settings, c.expression, c.role_name), settings.time_zone), c.expression, c.reason), E',\n' ORDER BY c.sort, c.role_name, c.reason)
	FROM @extschema@.pt_mart_unread_conditions(settings) c
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_unread_values(@extschema@.mart_settings) IS
'The rows of VALUES in the view unread_value: what a mart cannot take as it is, or would lose, and why. NULL if there is nothing that could be.';
