-- mart views: making the views of a mart
-- helpers: mart_view_list

CREATE FUNCTION @extschema@.mart_view_options(security_invoker boolean) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN security_invoker THEN ' WITH (security_invoker = true)' ELSE '' END
$$;
COMMENT ON FUNCTION @extschema@.mart_view_options(boolean) IS
'The options of a mart''s views, as CREATE VIEW takes them.';

CREATE FUNCTION @extschema@.make_mart_dimensions(mart text, roles jsonb, dimensions jsonb, security_invoker boolean) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	EXECUTE format(E'CREATE VIEW %I.purchase_dimension%s AS\n'
			'SELECT d.dimension::text AS dimension, d.value, d.value_sort,\n'
			'f.customer_id, f.order_id, f.purchased_at, f.amount, f.review_rating, f.returned, f.discounted, f.subscribed\n'
			'FROM %I.fact_purchase f\nCROSS JOIN LATERAL (VALUES %s) AS d(dimension, value, value_sort)\n'
			'WHERE d.dimension IS NOT NULL',
			mart, @extschema@.mart_view_options(security_invoker), mart,
			coalesce(@extschema@.mart_dimension_rows(roles, dimensions), '(NULL::text, NULL::text, NULL::smallint)'));
	EXECUTE format('COMMENT ON VIEW %I.purchase_dimension IS %L', mart,
		'One row per purchase and dimension: fact_purchase in long form, of which breakdown is the sum.');
END
$$;
COMMENT ON FUNCTION @extschema@.make_mart_dimensions(text, jsonb, jsonb, boolean) IS
'Makes the view purchase_dimension of a mart: which dimensions there are depends on the mart. Called by create_mart.';

CREATE FUNCTION @extschema@.make_mart_histories(mart text, roles jsonb, security_invoker boolean) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF roles ? 'order_id' THEN
		-- Orders of one customer at one time stay apart: the second and later
		-- ones are set a microsecond after one another.
		EXECUTE format(E'CREATE VIEW %I.customer_history%s AS\n'
				'SELECT o.customer_id, %I.purchase_history(CASE WHEN o.place = 1 THEN o.purchased_at\n'
				'	ELSE o.purchased_at + (o.place - 1) * interval ''1 microsecond'' END, o.amount%s) AS history\n'
				'FROM (SELECT f.customer_id, min(f.purchased_at) AS purchased_at, sum(f.amount) AS amount,\n'
				'	coalesce(bool_or(f.discounted), false) AS discounted,\n'
				'	row_number() OVER (PARTITION BY f.customer_id, min(f.purchased_at), f.amount < 0 ORDER BY f.order_id) AS place\n'
				'	FROM %I.fact_purchase f\n'
				'	WHERE f.customer_id IS NOT NULL AND f.amount IS NOT NULL\n'
				'	GROUP BY f.customer_id, f.order_id, f.amount < 0) o\n'
				'GROUP BY o.customer_id',
			mart, @extschema@.mart_view_options(security_invoker), @extschema@.extension_schema(),
			CASE WHEN roles ? 'discounted' THEN ', o.discounted' ELSE '' END, mart);
	ELSE
		EXECUTE format(E'CREATE VIEW %I.customer_history%s AS\n'
				'SELECT f.customer_id, %I.purchase_history(f.purchased_at, f.amount%s) AS history\n'
				'FROM %I.fact_purchase f\n'
				'WHERE f.customer_id IS NOT NULL AND f.amount IS NOT NULL\n'
				'GROUP BY f.customer_id',
			mart, @extschema@.mart_view_options(security_invoker), @extschema@.extension_schema(),
			CASE WHEN roles ? 'discounted' THEN ', f.discounted' ELSE '' END, mart);
	END IF;
	EXECUTE format('COMMENT ON VIEW %I.customer_history IS %L', mart,
		'One row per customer: all purchases up to as_of as one value of the type purchase_history. Other views, and functions such as gap_median(history), read it; BI tools cannot.');
	EXECUTE format('COMMENT ON COLUMN %I.customer_history.history IS %L', mart, 'The purchases of the customer.');
END
$$;
COMMENT ON FUNCTION @extschema@.make_mart_histories(text, jsonb, boolean) IS
'Makes the view customer_history of a mart with times. Called by create_mart.';

CREATE FUNCTION @extschema@.mart_view_query(template @extschema@.mart_view_template, amount_scale integer) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT replace((template).template, 'numeric(18,2)', format('numeric(18,%s)', amount_scale))
$$;
COMMENT ON FUNCTION @extschema@.mart_view_query(@extschema@.mart_view_template, integer) IS
'The query of a view: its template, with money in the decimals of the mart.';

CREATE FUNCTION @extschema@.make_mart_views(mart text, roles jsonb, dimensions jsonb, amount_scale integer, security_invoker boolean) RETURNS jsonb
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	made text[] := ARRAY['purchases', 'unread_value', 'mart']::text[];
	made_before integer;
	needs text[];
	view_name text;
	t @extschema@.mart_view_template;
BEGIN
	-- every bare name in a template is one of the mart or of pg_catalog
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', mart), true);
	LOOP
		made_before := cardinality(made);
		FOR t IN
			SELECT v.* FROM @extschema@.mart_view_template v ORDER BY v.template_name
		LOOP
			view_name := (@extschema@.mart_template_header(t.template, 'view'))[1];
			needs := coalesce(@extschema@.mart_template_header(t.template, 'needs'), '{}'::text[]);
			CONTINUE WHEN view_name = ANY (made) OR NOT roles ?& needs
				OR roles ?| coalesce(@extschema@.mart_template_header(t.template, 'unless'), '{}'::text[])
				OR NOT made @> coalesce(@extschema@.mart_template_header(t.template, 'uses'), '{}'::text[]);
			EXECUTE format(E'CREATE VIEW %I.%I%s AS\n%s', mart, view_name,
				@extschema@.mart_view_options(security_invoker), @extschema@.mart_view_query(t, amount_scale));
			EXECUTE format('COMMENT ON VIEW %I.%I IS %L', mart, view_name,
				@extschema@.mart_template_description(t.template));
			PERFORM @extschema@.comment_mart_columns(mart, view_name, t.template);
			made := made || view_name;
			-- what follows from the purchases, but depends on the roles and dimensions
			IF view_name = 'fact_purchase' THEN
				PERFORM @extschema@.make_mart_dimensions(mart, roles, dimensions, security_invoker);
				PERFORM @extschema@.comment_mart_columns(mart, 'purchase_dimension', NULL);
				made := made || 'purchase_dimension'::text;
				IF roles ? 'purchased_at' THEN
					PERFORM @extschema@.make_mart_histories(mart, roles, security_invoker);
					PERFORM @extschema@.comment_mart_columns(mart, 'customer_history', '-- column history: The purchases of the customer.');
					made := made || 'customer_history'::text;
				END IF;
			END IF;
		END LOOP;
		EXIT WHEN cardinality(made) = made_before;
	END LOOP;
	RETURN (
		SELECT coalesce(jsonb_object_agg(l.view_name, l.missing), '{}'::jsonb)
		FROM (
			SELECT DISTINCT ON (v.view_name) v.view_name,
				(SELECT jsonb_agg(n) FROM unnest(v.needs) n WHERE NOT roles ? n) AS missing
			FROM (
				SELECT (@extschema@.mart_template_header(m.template, 'view'))[1] AS view_name,
					@extschema@.mart_template_header(m.template, 'needs') AS needs
				FROM @extschema@.mart_view_template m
			) v
			WHERE v.view_name <> ALL (made)
			ORDER BY v.view_name, cardinality(v.needs)
		) l
		WHERE l.missing IS NOT NULL);
END
$$;
COMMENT ON FUNCTION @extschema@.make_mart_views(text, jsonb, jsonb, integer, boolean) IS
'Makes those views of mart_view_template whose needs the mart meets, with their COMMENTs, and purchase_dimension and customer_history. Returns the others as {"view": ["missing role", ...]}. Called by create_mart.';

CREATE FUNCTION @extschema@.comment_mart_columns(mart text, view_name text, template text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	c record;
BEGIN
	FOR c IN
		SELECT a.attname,
			coalesce(
				substring(template FROM '(?n)^-- column ' || a.attname || ': *(.*)$'),
				m.description,
				format('Dimension %s, from the source.', a.attname)) AS description
		FROM pg_attribute a
		LEFT JOIN @extschema@.mart_column m ON m.column_name = a.attname
		WHERE a.attrelid = to_regclass(format('%I.%I', mart, view_name))
			AND a.attnum > 0 AND NOT a.attisdropped
	LOOP
		EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', mart, view_name, c.attname, c.description);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.comment_mart_columns(text, text, text) IS
'Sets the COMMENT of every column of a mart''s view: from the header of its template, or else from mart_column.';

CREATE FUNCTION @extschema@.make_mart_relations(mart text) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	source regclass;
	roles jsonb;
	dimensions jsonb;
	amount_scale integer;
	zone jsonb;
	security_invoker boolean;
	has_edges boolean;
	left_out jsonb;
BEGIN
	EXECUTE format('SELECT m.source, m.roles, m.dimensions, m.amount_scale, '
			'jsonb_build_object(''time_zone'', coalesce(m.time_zone, ''UTC'')), m.security_invoker, m.age_edges IS NOT NULL FROM %I.mart m', mart)
		INTO STRICT source, roles, dimensions, amount_scale, zone, security_invoker, has_edges;
	PERFORM @extschema@.make_mart_purchases(mart, source, roles, dimensions, amount_scale, zone, security_invoker);
	PERFORM @extschema@.comment_mart_columns(mart, 'purchases', NULL);
	IF NOT has_edges AND roles ? 'age' THEN
		PERFORM @extschema@.mart_age_groups(mart);
	END IF;
	left_out := @extschema@.make_mart_views(mart, roles, dimensions, amount_scale, security_invoker);
	EXECUTE format('UPDATE %I.mart SET views_left_out = $1, extension_version = $2', mart)
		USING left_out, @extschema@.purchase_trends_version();
END
$$;
COMMENT ON FUNCTION @extschema@.make_mart_relations(text) IS
'Makes all views of a mart as its settings say. Called by create_mart and upgrade_mart.';

CREATE FUNCTION @extschema@.mart_view_list(mart_schema regnamespace) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ')
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.oid = mart_schema AND c.relkind = 'v'
		AND (c.relname IN ('purchases', 'unread_value', 'purchase_dimension', 'customer_history')
			OR c.relname IN (SELECT (@extschema@.mart_template_header(t.template, 'view'))[1] FROM @extschema@.mart_view_template t))
$$;
COMMENT ON FUNCTION @extschema@.mart_view_list(regnamespace) IS
'The views in a schema that have names of a mart''s views, as a list for DROP VIEW; NULL if there is none.';

CREATE FUNCTION @extschema@.drop_mart_views(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	mart_schema regnamespace;
	message text;
	detail text;
BEGIN
	SELECT n.oid INTO mart_schema FROM pg_namespace n WHERE n.nspname = mart;
	-- none are left where the extension was dropped with CASCADE
	IF @extschema@.mart_view_list(mart_schema) IS NOT NULL THEN
		EXECUTE 'DROP VIEW ' || @extschema@.mart_view_list(mart_schema);
	END IF;
EXCEPTION
	WHEN dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
		RAISE EXCEPTION 'mart "%" has objects that it did not make: %', mart, message
			USING ERRCODE = 'dependent_objects_still_exist',
				DETAIL = detail,
				HINT = 'Drop them first; make them again afterwards if need be.';
END
$$;
COMMENT ON FUNCTION @extschema@.drop_mart_views(text) IS
'Drops the views of a mart, unless something else depends on them (2BP01). Called by drop_mart and upgrade_mart.';
