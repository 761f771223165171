-- mart source: from the columns of a source to the purchases of a mart
-- helpers: age_labels text_cast expression_search_path source_column_list source_expression source_expression_type

/*--- roles ---*/

CREATE FUNCTION @extschema@.expression_search_path(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT concat_ws(', ', string_agg(quote_ident(s.schema_name), ', ' ORDER BY s.ordinality), 'pg_temp')
	FROM unnest(settings.expression_path) WITH ORDINALITY AS s(schema_name, ordinality)
	WHERE s.schema_name !~ '^pg_temp'
$$;
COMMENT ON FUNCTION @extschema@.expression_search_path(@extschema@.mart_settings) IS
'The search_path in which the expressions of a mart are read: that of whoever called create_mart, as any SQL of theirs.';

CREATE FUNCTION @extschema@.source_expression_type(settings @extschema@.mart_settings, expression text, what text) RETURNS regtype
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	source regclass := settings.source;
	message text;
BEGIN
	IF NOT @extschema@.is_value_expression(expression) THEN
		RAISE EXCEPTION '%: "%" is neither a column of % nor an SQL expression', what, left(expression, 200), source
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The columns are: %s.', @extschema@.source_column_list(source)),
				HINT = 'Give a column name as it is, without quotes, or one expression, such as quantity * unit_price.';
	END IF;
	PERFORM set_config('search_path', @extschema@.expression_search_path(settings), true);
	RETURN @extschema@.value_expression_type(source, expression);
EXCEPTION
	-- whatever the parser finds wrong with it, as an error of the argument
	WHEN syntax_error_or_access_rule_violation OR feature_not_supported OR data_exception THEN
		IF SQLSTATE = '22023' THEN
			RAISE;
		END IF;
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
		RAISE EXCEPTION '%: "%" cannot be computed from a row of %', what, left(expression, 200), source
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('%s. The columns are: %s.', message, @extschema@.source_column_list(source)),
				HINT = 'It stands for one row, as a condition in WHERE does; functions that are not in the search_path must be named with their schema.';
END
$$;
COMMENT ON FUNCTION @extschema@.source_expression_type(@extschema@.mart_settings, text, text) IS
'Type of an SQL expression over one row of the source. Errors (22023) say what cannot be used as such, beginning with the argument "what".';

CREATE FUNCTION @extschema@.source_column_list(source regclass) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(string_agg(attname, ', ' ORDER BY attnum), 'none')
	FROM pg_attribute
	WHERE attrelid = source AND attnum > 0 AND NOT attisdropped
$$;
COMMENT ON FUNCTION @extschema@.source_column_list(regclass) IS
'The columns of a relation, as a list to be shown in messages.';

CREATE FUNCTION @extschema@.source_expression(source regclass, given text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(
		(SELECT quote_ident(attname) FROM pg_attribute
		 WHERE attrelid = source AND attname = given AND attnum > 0 AND NOT attisdropped),
		given)
$$;
COMMENT ON FUNCTION @extschema@.source_expression(regclass, text) IS
'A column name of the source, quoted as needed; any other text as it is.';

CREATE FUNCTION @extschema@.mart_role_expressions(source regclass, given jsonb) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	unknown text;
	missing text;
	result jsonb;
BEGIN
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

	-- what is given, or else the column with the best of the role's names
	SELECT coalesce(jsonb_object_agg(r.role_name, coalesce(g.value, found.expression))
			FILTER (WHERE coalesce(g.value, found.expression) IS NOT NULL), '{}')
	INTO result
	FROM @extschema@.mart_role r
	LEFT JOIN LATERAL (
		SELECT @extschema@.source_expression(source, e.value) AS value
		FROM jsonb_each_text(given) e
		WHERE e.key = r.role_name AND e.value IS NOT NULL
	) g ON true
	LEFT JOIN LATERAL (
		SELECT quote_ident(a.attname) AS expression
		FROM pg_attribute a
		JOIN unnest(r.synonyms) WITH ORDINALITY AS s(synonym, position)
			ON s.synonym = @extschema@.clean_name(a.attname::text)
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
			AND NOT given ? r.role_name
			-- a column that is something else already is not taken twice
			AND NOT EXISTS (
				SELECT FROM jsonb_each_text(given) e
				WHERE e.key <> r.role_name AND e.value = a.attname)
		ORDER BY s.position, a.attnum
		LIMIT 1
	) found ON true;

	IF result ? 'discount_amount' AND NOT result ? 'discounted' AND NOT given ? 'discounted' THEN
		result := result || jsonb_build_object('discounted', format(E'(%s\n)::numeric > 0::numeric', result ->> 'discount_amount'));
	END IF;

	SELECT string_agg(r.role_name, ', ' ORDER BY r.sort) INTO missing
	FROM @extschema@.mart_role r
	WHERE r.required AND NOT result ? r.role_name;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'no column of % was found for: %', source, missing
			USING ERRCODE = 'undefined_column',
				DETAIL = format('The columns are: %s.', @extschema@.source_column_list(source)),
				HINT = format('Say which column or expression it is, for example %s => ''...''.',
					split_part(missing, ',', 1));
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_role_expressions(regclass, jsonb) IS
'The SQL expression over the source for each role: as given (column names are quoted as needed), or the column whose name is a synonym of the role; a role that is given as null has none. Errors: unknown role (22023), required role without a column (42703).';

CREATE FUNCTION @extschema@.text_cast(value text, given_type regtype, time_zone text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE
		WHEN given_type = 'text'::regtype THEN value
		WHEN b.base_type = ANY ('{date,timestamp,float4,float8,bytea}'::regtype[])
			THEN format('%I.canonical_text(%s::%s)', @extschema@.extension_schema(), value, b.base_type)
		WHEN b.base_type = 'timestamptz'::regtype
			THEN format('%I.canonical_text(%s AT TIME ZONE %L)', @extschema@.extension_schema(), value, coalesce(time_zone, 'UTC'))
		ELSE value || '::text' END
	FROM (SELECT @extschema@.base_type(given_type) AS base_type) b
$$;
COMMENT ON FUNCTION @extschema@.text_cast(text, regtype, text) IS
'SQL for a value of a type as text, the same in every session where that can be: dates and numbers do not follow its settings.';

CREATE FUNCTION @extschema@.mart_role_cast(settings @extschema@.mart_settings, role_name text) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	role_type text := (SELECT r.role_type FROM @extschema@.mart_role r WHERE r.role_name = mart_role_cast.role_name);
	expression text := settings.roles ->> role_name;
	ext name := @extschema@.extension_schema();
	given_type regtype := @extschema@.source_expression_type(settings, expression, role_name);
	base_type regtype := @extschema@.base_type(given_type);
	category "char" := (SELECT typcategory FROM pg_type WHERE oid = base_type);
	value text := format(E'(%s\n)', expression);
	fits boolean := true;
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
				ELSE @extschema@.text_cast(value, given_type, settings.time_zone) END;
		WHEN 'time' THEN
			fits := base_type = ANY ('{timestamp,timestamptz,date}'::regtype[]);
			result := CASE base_type
				WHEN 'timestamptz'::regtype THEN format('(%s AT TIME ZONE %L)', value, settings.time_zone)
				WHEN given_type THEN CASE base_type WHEN 'date'::regtype THEN value || '::timestamp' ELSE value END
				ELSE value || '::timestamp' END;
		WHEN 'money' THEN
			fits := category = 'N';
			result := format('%I.finite_amount(%s::numeric, %L::text)::numeric(18,%s)',
				ext, value, left(expression, 200), settings.amount_scale);
		WHEN 'text' THEN
			result := @extschema@.text_cast(value, given_type, settings.time_zone);
		WHEN 'flag' THEN
			fits := category IN ('B', 'S', 'N');
			result := CASE WHEN category = 'B' THEN value || '::boolean'
				ELSE format('%I.parse_flag(%s)', ext, @extschema@.text_cast(value, given_type, settings.time_zone)) END;
		WHEN 'integer' THEN
			fits := category = 'N';
			result := value || '::integer';
		WHEN 'number' THEN
			fits := category = 'N';
			result := format('nullif(%s::numeric, ''NaN''::numeric)::numeric(18,4)', value);
		WHEN 'frequency' THEN
			fits := category IN ('S', 'N');
			result := CASE WHEN category = 'N' THEN value || '::integer'
				ELSE format('%I.parse_frequency(%s)', ext, @extschema@.text_cast(value, given_type, settings.time_zone)) END;
	END CASE;
	IF NOT fits THEN
		RAISE EXCEPTION '%: "%" is of type %, which cannot be read as %', role_name, left(expression, 200), given_type,
				CASE role_type WHEN 'money' THEN 'an amount' WHEN 'time' THEN 'a time' WHEN 'flag' THEN 'a flag' WHEN 'integer' THEN 'an integer'
					WHEN 'number' THEN 'a number' ELSE 'a frequency' END
			USING ERRCODE = 'datatype_mismatch',
				HINT = CASE WHEN category = 'S'
					THEN format('prepare_purchases() makes a typed table of a raw one; or give an expression such as %s(%s).',
						CASE role_type WHEN 'integer' THEN 'parse_integer' WHEN 'time' THEN 'parse_timestamp' ELSE 'parse_amount' END, expression)
					ELSE 'Give an expression that has a fitting type.' END;
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_role_cast(@extschema@.mart_settings, text) IS
'The expression of a role, read as the type of the role (see mart_role), with times in the time zone of the mart. A type that cannot be read so is an error (42804), as is a role that the mart has not (42704).';

CREATE FUNCTION @extschema@.mart_dimension_cast(settings @extschema@.mart_settings, dimension text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT @extschema@.text_cast(format(E'(%s\n)', d.expression), @extschema@.source_expression_type(settings, d.expression, 'dimension ' || dimension),
		settings.time_zone)
	FROM (SELECT settings.dimensions ->> dimension AS expression) d
	WHERE d.expression IS NOT NULL
$$;
COMMENT ON FUNCTION @extschema@.mart_dimension_cast(@extschema@.mart_settings, text) IS
'The expression of a further dimension as text.';

/*--- dimensions ---*/

CREATE FUNCTION @extschema@.mart_dimension_columns(settings @extschema@.mart_settings, dimensions text[])
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
		expression := @extschema@.source_expression(settings.source, item);
		is_role := false;
		PERFORM @extschema@.source_expression_type(settings, expression, 'dimension ' || dimension);
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
COMMENT ON FUNCTION @extschema@.mart_dimension_columns(@extschema@.mart_settings, text[]) IS
'The further dimensions of a mart: each item is a column of the source, or "name => expression". Roles that are dimensions anyway are skipped. Errors: NULL (22004), a name that the mart has already (42701), no expression (22023).';

CREATE FUNCTION @extschema@.mart_dimension_list(roles jsonb, dimensions jsonb) RETURNS TABLE (dimension text, label text, sort_column text, "position" integer)
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
	UNION ALL
	SELECT d.key, d.key, NULL, 100
	FROM jsonb_each_text(dimensions) d
$$;
COMMENT ON FUNCTION @extschema@.mart_dimension_list(jsonb, jsonb) IS
'The dimensions of a mart with the columns of fact_purchase that have their values and the numbers to sort these by, and the place of each among the others.';

CREATE FUNCTION @extschema@.mart_dimension_names(roles jsonb, dimensions jsonb) RETURNS text[]
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(array_agg(l.dimension ORDER BY l.position, l.dimension), '{}')
	FROM (
		SELECT d.dimension, d.position
		FROM @extschema@.mart_dimension_list(roles, dimensions) d
		-- flags are columns of their own in purchase_lines
		WHERE d.dimension NOT IN ('subscribed', 'discounted')
		UNION ALL
		SELECT 'product', 1000 WHERE roles ? 'product'
		ORDER BY 2, 1
	) l
$$;
COMMENT ON FUNCTION @extschema@.mart_dimension_names(jsonb, jsonb) IS
'The dimensions that the lines of a mart have, in the order of their numbers (from 1), at most 80: those of mart_dimension_list but the flags, then the product.';

CREATE FUNCTION @extschema@.mart_dimension_rows(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('(%L, f.%I, %s)', d.dimension, d.label, coalesce('f.' || quote_ident(d.sort_column), 'NULL::smallint')),
		E',\n' ORDER BY d.position, d.dimension)
	FROM @extschema@.mart_dimension_list(settings.roles, settings.dimensions) d
$$;
COMMENT ON FUNCTION @extschema@.mart_dimension_rows(@extschema@.mart_settings) IS
'The rows that purchase_dimension makes of each purchase: one for each dimension of the mart. NULL if it has none.';

/*--- amounts and ages ---*/

CREATE FUNCTION @extschema@.mart_amount_scale(settings @extschema@.mart_settings) RETURNS integer
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	decimals integer;
	problem text;
BEGIN
	PERFORM @extschema@.source_expression_type(settings, settings.roles ->> 'amount', 'amount'::text);
	PERFORM set_config('search_path', @extschema@.expression_search_path(settings), true);
	EXECUTE format(E'SELECT max(scale(trim_scale(amount))), '
			'max(CASE WHEN amount = ''NaN'' THEN ''NaN'' WHEN abs(amount) = ''Infinity'' THEN ''an infinite value'' END) '
			'FROM (SELECT (%s\n)::numeric AS amount FROM %s) AS amounts', settings.roles ->> 'amount', @extschema@.relation_name(settings.source))
		INTO decimals, problem;
	PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
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
COMMENT ON FUNCTION @extschema@.mart_amount_scale(@extschema@.mart_settings) IS
'Decimals that the amounts of a source need: at least 2, at most 6. NaN or an infinite amount is an error (22003).';

CREATE FUNCTION @extschema@.mart_age_groups(mart text) RETURNS void
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
			@extschema@.extension_schema(), mart)
		INTO edges;
	IF edges IS NULL THEN
		RETURN;
	END IF;
	IF cardinality(edges) = 5 THEN
		labels := '{Young Adult,Adult,Middle-aged,Senior}';
	ELSE
		labels := @extschema@.age_labels(edges);
	END IF;
	-- Ages that come later may lie outside: the outer groups are open.
	EXECUTE format('UPDATE %I.mart SET age_edges = $1, age_labels = $2, '
			'age_cuts = ''-infinity''::double precision || $1[2:cardinality($1) - 1] || ''infinity''::double precision', mart)
		USING edges, labels;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_age_groups(text) IS
'Cuts the ages of a mart''s customers into quarters of equal size, and keeps the edges in its settings. Called by create_mart.';

CREATE FUNCTION @extschema@.age_labels(edges double precision[]) RETURNS text[]
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT array_agg(@extschema@.age_bucket(edges[i], edges, NULL::text[]) ORDER BY i)
	FROM generate_series(least(2, cardinality(edges)), cardinality(edges)) AS i
$$;
COMMENT ON FUNCTION @extschema@.age_labels(double precision[]) IS
'The labels that age_bucket gives to the groups between the edges: 18-31, 32-44.';

/*--- purchases ---*/

CREATE FUNCTION @extschema@.mart_purchase_columns(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('%s AS %I', c.expression, c.column_name), E',\n' ORDER BY c.sort, c.column_name)
	FROM (
		SELECT m.sort,
			CASE m.role_type WHEN 'frequency' THEN m.role_name || '_days' ELSE m.role_name END AS column_name,
			CASE WHEN settings.roles ? m.role_name
				THEN @extschema@.mart_role_cast(settings, m.role_name)
				-- without order ids, lines of one customer at one time are one order
				WHEN m.role_name = 'order_id' AND settings.roles ? 'purchased_at'
				THEN format('(%s::text || ''@'' || extract(epoch FROM %s)::text)',
					@extschema@.mart_role_cast(settings, 'customer_id'::text), @extschema@.mart_role_cast(settings, 'purchased_at'::text))
				ELSE 'NULL::' || CASE m.role_type WHEN 'flag' THEN 'boolean' WHEN 'integer' THEN 'integer'
					WHEN 'frequency' THEN 'integer' WHEN 'number' THEN 'numeric(18,4)' WHEN 'time' THEN 'timestamp'
					WHEN 'money' THEN format('numeric(18,%s)', settings.amount_scale) ELSE 'text' END
				END AS expression
		FROM @extschema@.mart_role m
		UNION ALL
		SELECT 1000, d.key, @extschema@.mart_dimension_cast(settings, d.key)
		FROM jsonb_each_text(settings.dimensions) d
	) c
$$;
COMMENT ON FUNCTION @extschema@.mart_purchase_columns(@extschema@.mart_settings) IS
'The select list of the view purchases: each role as its type, NULL where the source has it not, and the further dimensions as text.';

CREATE FUNCTION @extschema@.mart_unread_conditions(settings @extschema@.mart_settings) RETURNS TABLE (role_name text, expression text, condition text, sort smallint)
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT u.role_name, u.expression,
		CASE u.role_type
			WHEN 'money' THEN
				-- most amounts are ruled out by their number of decimals, which costs less than rounding
				format(E'scale((%s\n)::numeric) > %s AND (%1$s\n)::numeric <> round((%1$s\n)::numeric, %2$s)', u.expression, settings.amount_scale)
			WHEN 'time' THEN format(E'NOT isfinite(%s\n)', u.expression)
			ELSE format(E'%s IS NULL AND (%s\n) IS NOT NULL', @extschema@.mart_role_cast(settings, u.role_name), u.expression)
		END, u.sort
	FROM (
		SELECT m.role_name, m.role_type, m.sort, settings.roles ->> m.role_name AS expression,
			(SELECT t.typcategory FROM pg_type t
			 WHERE t.oid = @extschema@.base_type(
				@extschema@.source_expression_type(settings, settings.roles ->> m.role_name, m.role_name))) AS category
		FROM @extschema@.mart_role m
		WHERE settings.roles ? m.role_name AND m.role_type IN ('money', 'time', 'flag', 'frequency')
	) u
	WHERE u.role_type IN ('money', 'time') OR (u.role_type = 'flag' AND u.category <> 'B')
		OR (u.role_type = 'frequency' AND u.category <> 'N')
$$;
COMMENT ON FUNCTION @extschema@.mart_unread_conditions(@extschema@.mart_settings) IS
'For each role of a mart whose values it may be unable to take as they are, or would lose in part: the expression, and the condition on a row of the source under which that is so.';

CREATE FUNCTION @extschema@.mart_unread_values(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format(E'(%L, CASE WHEN %s THEN (%s\n)::text END)', c.role_name, c.condition, c.expression), E',\n' ORDER BY c.sort)
	FROM @extschema@.mart_unread_conditions(settings) c
$$;
COMMENT ON FUNCTION @extschema@.mart_unread_values(@extschema@.mart_settings) IS
'The rows of VALUES in the view unread_value: what a mart cannot take as it is, or would lose. NULL if there is nothing that could be.';
