-- mart: a schema of views over a table of purchases

/*--- making a mart ---*/

CREATE FUNCTION @extschema@.pt_check_new_mart(mart text) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF mart IS NULL THEN
		RAISE EXCEPTION 'the name of the mart must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF mart = '' OR octet_length(mart) > 63 OR mart LIKE 'pg\_%' OR mart = 'information_schema' THEN
		RAISE EXCEPTION '"%" cannot be the name of a mart', left(mart, 100)
			USING ERRCODE = 'invalid_name',
				DETAIL = 'A mart is a schema: its name has 1 to 63 bytes and does not begin with pg_.';
	END IF;
	IF EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = mart) THEN
		RAISE EXCEPTION 'the schema "%" exists already', mart
			USING ERRCODE = 'duplicate_schema',
				HINT = 'Choose another name, or remove an old mart by drop_mart().';
	END IF;
	IF NOT has_database_privilege(current_database(), 'CREATE') THEN
		RAISE EXCEPTION 'a mart needs the right to create schemas in database "%"', current_database()
			USING ERRCODE = 'insufficient_privilege',
				HINT = format('The owner of the database can GRANT CREATE ON DATABASE %I TO %I.', current_database(), current_user);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_new_mart(text) IS
'Errors unless a mart of this name can be made: NULL (22004), no name for a schema (42602), a schema that exists (42P06), no right to create schemas (42501).';

CREATE FUNCTION @extschema@.pt_check_time_zone(time_zone text) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF time_zone IS NULL THEN
		RAISE EXCEPTION 'the time zone of a mart must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE lower(z.name) = lower(time_zone)) THEN
		RAISE EXCEPTION 'time zone "%" is not known', left(time_zone, 100)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give the name of a place, such as Europe/Berlin; pg_timezone_names lists them.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_time_zone(text) IS
'Errors unless the name is one of pg_timezone_names (22023; 22004 for NULL).';

CREATE FUNCTION @extschema@.pt_check_as_of(as_of timestamp) RETURNS void
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF NOT isfinite(as_of) THEN
		RAISE EXCEPTION 'as_of must be finite'
			USING ERRCODE = 'datetime_field_overflow',
				HINT = 'NULL stands for the last purchase.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_as_of(timestamp) IS
'Errors if as_of is infinite (22008).';

CREATE FUNCTION @extschema@.pt_calendar_text(calendar text) RETURNS text
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF calendar IS NULL THEN
		RAISE EXCEPTION 'the calendar of a mart must not be NULL'
			USING ERRCODE = 'null_value_not_allowed',
				HINT = 'That of months is ''month''.';
	END IF;
	RETURN calendar::@extschema@.sales_calendar::text;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_calendar_text(text) IS
'A calendar as sales_calendar writes it. Errors: none of its forms (22P02), NULL (22004).';

CREATE FUNCTION @extschema@.pt_check_loyalty_tiers(edges bigint[], labels text[]) RETURNS void
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF labels IS NULL THEN
		RAISE EXCEPTION 'loyalty_edges need loyalty_labels'
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('There are %s edges.', cardinality(edges)),
				HINT = 'Give one label more than edges; the first is for customers below all edges.';
	END IF;
	PERFORM @extschema@.loyalty_tier(0::bigint, edges, labels);
	IF (SELECT count(DISTINCT l.label) FROM unnest(labels) AS l(label)) <> cardinality(labels) THEN
		RAISE EXCEPTION 'loyalty_labels must differ'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_loyalty_tiers(bigint[], text[]) IS
'Errors unless the edges and labels are loyalty tiers (see loyalty_tier): 22023, or 22004 for NULL in them.';

CREATE FUNCTION @extschema@.pt_find_mart_values(mart text) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF EXISTS (SELECT FROM @extschema@.pt_read_mart_settings(mart) s WHERE s.age_edges IS NULL AND s.roles ? 'age') THEN
		PERFORM @extschema@.pt_mart_age_groups(mart);
	END IF;
	PERFORM @extschema@.pt_fill_mart_dimensions(mart);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_find_mart_values(text) IS
'Cuts the ages of a mart into groups, unless that was done, and numbers the values of its dimensions: what is computed of purchases once.';

CREATE FUNCTION @extschema@.pt_make_mart_relations(mart text) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	left_out jsonb;
BEGIN
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_mart_settings(mart) s;
	PERFORM @extschema@.pt_check_row_filter(settings);
	PERFORM @extschema@.pt_check_spend(mart, settings);
	IF settings.roles ? 'purchased_at' THEN
		PERFORM @extschema@.pt_make_fitted_model(mart);
	END IF;
	left_out := @extschema@.pt_make_mart_views(mart, settings);
	EXECUTE format('UPDATE %I.mart SET views_left_out = $1, extension_version = $2', mart)
		USING left_out, @extschema@.purchase_trends_version();
	-- autovacuum passes over one row, and without statistics each join with it is taken for 55: views of small marts spent seconds in JIT
	EXECUTE format('ANALYZE %I.mart', mart);
	IF settings.mode = 'live' THEN		-- of a kept one they are known before its customers are computed
		PERFORM @extschema@.pt_find_mart_values(mart);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_mart_relations(text) IS
'Makes all views of a mart as its settings say. Called by create_mart and upgrade_mart.';

CREATE FUNCTION @extschema@.pt_mart_rights(mart text) RETURNS @extschema@.granted_rights[]
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT array_agg(ROW(g.relation, g.column_name, g.acl)::@extschema@.granted_rights ORDER BY g.relation NULLS FIRST, g.column_name NULLS FIRST)
	FROM (
		SELECT NULL::name AS relation, NULL::name AS column_name, coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl
		FROM pg_namespace n
		WHERE n.nspname = mart
		UNION ALL
		SELECT r.relation, r.column_name, r.acl
		FROM @extschema@.pt_mart_relations(mart) m
		CROSS JOIN LATERAL @extschema@.pt_relation_rights(format('%I.%I', mart, m.relation)::regclass) r) g
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_rights(text) IS
'The rights on the schema of a mart, and on what create_mart has made in it.';

CREATE FUNCTION @extschema@.pt_give_mart_rights(mart text, rights @extschema@.granted_rights[]) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	wanted @extschema@.granted_rights;
BEGIN
	FOREACH wanted IN ARRAY coalesce(rights, '{}') LOOP
		IF wanted.relation IS NULL THEN
			PERFORM @extschema@.pt_give_acl(format('SCHEMA %I', mart), NULL::name, wanted.acl, coalesce(n.nspacl, acldefault('n', n.nspowner)))
			FROM pg_namespace n
			WHERE n.nspname = mart;
		ELSIF to_regclass(format('%I.%I', mart, wanted.relation)) IS NOT NULL THEN
			PERFORM @extschema@.pt_give_rights(format('%I.%I', mart, wanted.relation)::regclass, ARRAY[wanted]);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_give_mart_rights(text, @extschema@.granted_rights[]) IS
'Gives the rights that pt_mart_rights has found on a mart to what was made anew under the same names. NULL changes nothing.';

CREATE FUNCTION @extschema@.pt_check_row_filter(settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	type regtype;
BEGIN
	IF settings.row_filter IS NULL THEN
		RETURN;
	END IF;
	type := @extschema@.pt_source_expression_type(settings, settings.row_filter, 'row_filter'::text);
	IF @extschema@.pt_base_type(type) <> 'boolean'::regtype THEN
		RAISE EXCEPTION 'row_filter: "%" is of type %, which is no condition', left(settings.row_filter, 200), type
			USING ERRCODE = 'datatype_mismatch',
				HINT = 'It is a condition on a row of the source, as in WHERE: status <> ''Cancelled''.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_row_filter(@extschema@.mart_settings) IS
'Errors unless the row filter is a condition on a row of the source (22023, 42804). NULL is none.';

CREATE FUNCTION @extschema@.pt_find_far_times(settings @extschema@.mart_settings) RETURNS @extschema@.mart_settings
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	rows_from text;
	first_time timestamp;
	last_time timestamp;
	middle timestamp[];
	width interval;
	low timestamp;
	high timestamp;
	far bigint;
	example timestamp;
BEGIN
	IF NOT settings.roles ? 'purchased_at' OR settings.time_from IS NOT NULL OR settings.time_until IS NOT NULL THEN
		IF settings.time_from > settings.time_until THEN
			RAISE EXCEPTION 'time_from is later than time_until'
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = format('They are %s and %s.', to_char(settings.time_from, 'YYYY-MM-DD HH24:MI:SS'), to_char(settings.time_until, 'YYYY-MM-DD HH24:MI:SS'));
		END IF;
		RETURN settings;
	END IF;
	rows_from := format('(SELECT %s AS at FROM %s WHERE %s) t WHERE isfinite(t.at)', @extschema@.pt_mart_role_cast(settings, 'purchased_at'::text),
		@extschema@.pt_relation_name(settings.source), @extschema@.pt_mart_view_part('row_condition'::text, settings));
	SELECT q.first_time, q.last_time INTO first_time, last_time
	FROM @extschema@.pt_query_source(settings, 'SELECT min(t.at), max(t.at) FROM ' || rows_from) AS q(first_time timestamp, last_time timestamp);
	-- nearly always that is all
	IF extract(year FROM last_time) - extract(year FROM first_time) > 20 THEN
		SELECT q.middle INTO middle
		FROM @extschema@.pt_query_source(settings, 'SELECT pg_catalog.percentile_disc(ARRAY[0.25, 0.5, 0.75]::double precision[]) WITHIN GROUP (ORDER BY t.at) FROM ' || rows_from)
			AS q(middle timestamp[]);
		width := greatest(interval '20 years', 10 * (middle[3] - middle[1]));
		IF middle[1] > timestamp '4000-01-01 BC' + width AND middle[3] < timestamp '200000-01-01' - width THEN
			low := middle[1] - width;
			high := middle[3] + width;
			SELECT q.far, q.example INTO far, example
			FROM @extschema@.pt_query_source(settings, format('SELECT count(*), min(t.at) FROM %s AND t.at NOT BETWEEN %L::timestamp AND %L::timestamp', rows_from, low, high))
				AS q(far bigint, example timestamp);
		END IF;
	END IF;
	IF far > 0 THEN
		settings.time_from := low;
		settings.time_until := high;
		RAISE NOTICE '% of the rows are left out: their times lie far from all others', far
			USING DETAIL = format('One is %s; the middle half of the times is from %s to %s.', to_char(example, 'YYYY-MM-DD'), to_char(middle[1], 'YYYY-MM-DD'), to_char(middle[3], 'YYYY-MM-DD')),
				HINT = 'time_from and time_until say which times are taken (''-infinity'' and ''infinity'': all); data_quality counts the others.';
	END IF;
	RETURN settings;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_find_far_times(@extschema@.mart_settings) IS
'The settings with time_from and time_until, if some times lie over twenty years, and over ten times the range of the middle half of the times, beyond that half; a NOTICE says so. Given ones stay (error 22023 if they are in the wrong order).';

CREATE FUNCTION @extschema@.pt_tell_roles(mart text, settings @extschema@.mart_settings, given jsonb) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	taken text;
	passed_over text;
	unused name[];
	labels name[];
BEGIN
	SELECT string_agg(CASE WHEN s.expression = s.role_name THEN s.role_name
				WHEN s.role_name = 'order_id' AND s.expression = 'NULL::bigint' THEN 'order_id = each row'
				ELSE format('%s = %s', s.role_name, left(s.expression, 100)) END, ', ' ORDER BY r.sort) FILTER (WHERE s.expression IS NOT NULL),
		string_agg(format(CASE WHEN s.expression IS NULL AND s.why NOT LIKE 'several%' THEN '%2$s: %3$s' ELSE '%1$s for %2$s' END,
				array_to_string(s.others, ', '), s.role_name, s.why), '; ' ORDER BY r.sort)
			FILTER (WHERE NOT given ? s.role_name AND cardinality(s.others) > 0)
	INTO taken, passed_over
	FROM @extschema@.suggest_roles(settings.source, given) s
	JOIN @extschema@.mart_role r ON r.role_name = s.role_name
	WHERE s.expression IS NOT NULL OR cardinality(s.others) > 0;
	SELECT array_agg(a.attname ORDER BY a.attnum), array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE t.typcategory IN ('S', 'B', 'E'))
	INTO unused, labels
	FROM pg_attribute a
	JOIN pg_type t ON t.oid = a.atttypid
	WHERE a.attrelid = settings.source AND a.attnum > 0 AND NOT a.attisdropped
		AND NOT EXISTS (
			SELECT FROM (SELECT x.value FROM jsonb_each_text(settings.roles || settings.dimensions) x UNION ALL SELECT settings.row_filter) e
			WHERE e.value = quote_ident(a.attname) OR strpos(e.value, a.attname) > 0
				AND e.value ~ ('(^|[^[:alnum:]_])' || regexp_replace(a.attname, '([^[:alnum:]_])', '\\\1', 'g') || '([^[:alnum:]_]|$)'));
	RAISE NOTICE 'mart "%" of %: %', mart, settings.source, taken
		USING DETAIL = coalesce(nullif(concat_ws(E'\n',
			'Not taken: ' || passed_over || '.',
			CASE WHEN NOT settings.roles ? 'purchased_at' THEN 'There is no time: views by day, RFM, cohorts and trends are left out.'
				WHEN NOT settings.roles ? 'order_id' THEN 'There is no order id: rows of one customer at one time are one order (order_id => ''row'': each row is one).' END,
			CASE WHEN @extschema@.pt_base_type(@extschema@.pt_source_expression_type(settings, settings.roles ->> 'purchased_at', 'purchased_at'::text)) = 'timestamptz'::regtype
				THEN format('Days begin at midnight of %s (time_zone is the shop''s).', settings.time_zone) END,
			(SELECT string_agg(CASE WHEN u ~* 'curr' THEN format('%I is not used: money of all currencies is added up (row_filter takes one).', u)
					ELSE format('%I is not used: rows count whatever it is (row_filter leaves some out).', u) END, E'\n' ORDER BY n)
				FROM unnest(unused) WITH ORDINALITY AS x(u, n)
				WHERE @extschema@.clean_name(u::text) ~ '^((.*_)?currency(_code)?|curr|(order_|sale_|payment_|transaction_|invoice_)?status|is_cancelled|cancelled|canceled|is_canceled|voided|is_void|refunded|is_refund)$'),
			'Not used: ' || (SELECT string_agg(quote_ident(u), ', ' ORDER BY n) FROM unnest(unused[:20]) WITH ORDINALITY AS x(u, n))
				|| CASE WHEN cardinality(unused) > 20 THEN ', ...' ELSE '' END || '.'), ''), 'All columns are used.'),
			HINT = concat_ws(' ', format('Say otherwise by arguments of these names; suggest_roles(%L) tells why.', settings.source::text),
				'Further columns to group by: dimensions => ' || quote_literal(labels[:3]::text) || '.');
END
$$;
COMMENT ON FUNCTION @extschema@.pt_tell_roles(text, @extschema@.mart_settings, jsonb) IS
'Tells by NOTICE what create_mart takes for what, what it passed over, and what is not used.';

CREATE FUNCTION @extschema@.create_mart(
	mart text,
	source regclass,
	customer_id text DEFAULT NULL,
	amount text DEFAULT NULL,
	purchased_at text DEFAULT NULL,
	order_id text DEFAULT NULL,
	quantity text DEFAULT NULL,
	discount_amount text DEFAULT NULL,
	product text DEFAULT NULL,
	category text DEFAULT NULL,
	gender text DEFAULT NULL,
	age text DEFAULT NULL,
	location text DEFAULT NULL,
	size text DEFAULT NULL,
	color text DEFAULT NULL,
	season text DEFAULT NULL,
	review_rating text DEFAULT NULL,
	subscribed text DEFAULT NULL,
	shipping_type text DEFAULT NULL,
	discounted text DEFAULT NULL,
	previous_purchases text DEFAULT NULL,
	payment_method text DEFAULT NULL,
	purchase_frequency text DEFAULT NULL,
	cost text DEFAULT NULL,
	dimensions text[] DEFAULT NULL,
	roles jsonb DEFAULT NULL,
	age_edges double precision[] DEFAULT NULL,
	age_labels text[] DEFAULT NULL,
	returning_from bigint DEFAULT 2,
	loyal_from bigint DEFAULT 11,
	loyalty_edges bigint[] DEFAULT NULL,
	loyalty_labels text[] DEFAULT NULL,
	time_zone text DEFAULT 'UTC',
	as_of timestamp DEFAULT NULL,
	segment_scheme @extschema@.segment_scheme DEFAULT NULL,
	security_invoker boolean DEFAULT false,
	expression_path text[] DEFAULT current_schemas(false),
	mode text DEFAULT 'live',
	follow text DEFAULT NULL,
	row_filter text DEFAULT NULL,
	time_from timestamp DEFAULT NULL,
	time_until timestamp DEFAULT NULL,
	calendar text DEFAULT 'month',
	spend regclass DEFAULT NULL,
	replace boolean DEFAULT false
) RETURNS TABLE (view_name text, description text)
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
#variable_conflict use_column
DECLARE
	settings @extschema@.mart_settings;
	given jsonb;
	mart_name text := @extschema@.pt_fold_name(mart);
	rights @extschema@.granted_rights[];
BEGIN
	IF coalesce(replace, false) AND EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = mart_name) THEN
		rights := @extschema@.pt_mart_rights(mart_name);
		PERFORM @extschema@.drop_mart(quote_ident(mart_name));	-- all or nothing: what fails below undoes it
	END IF;
	PERFORM @extschema@.pt_check_new_mart(mart_name);
	PERFORM @extschema@.pt_check_source(source);
	IF EXISTS (SELECT FROM pg_class c WHERE c.oid = source AND c.relpersistence = 't') THEN
		RAISE EXCEPTION 'a mart cannot be made of the temporary table %', source
			USING ERRCODE = 'wrong_object_type',
				HINT = 'Its views would outlive the table. Make it an ordinary table.';
	END IF;
	PERFORM @extschema@.pt_check_time_zone(time_zone);
	PERFORM @extschema@.pt_check_as_of(as_of);
	PERFORM @extschema@.pt_check_mart_mode(mode, follow);
	IF age_edges IS NOT NULL THEN
		PERFORM @extschema@.age_bucket(0::double precision, age_edges, age_labels);
	ELSIF age_labels IS NOT NULL THEN
		RAISE EXCEPTION 'age_labels need age_edges'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give both, or neither: then the ages are cut into quarters with names of their own.';
	END IF;

	settings.one_row := true;
	settings.source := source;
	-- evaluated where the call is, before search_path is pinned here
	settings.expression_path := coalesce(expression_path, '{}');
	given := coalesce(roles, '{}') || jsonb_strip_nulls(jsonb_build_object(
			'customer_id', customer_id, 'amount', amount,
			'purchased_at', purchased_at, 'order_id', order_id,
			'quantity', quantity, 'discount_amount', discount_amount,
			'product', product, 'category', category,
			'gender', gender, 'age', age,
			'location', location, 'size', size,
			'color', color, 'season', season,
			'review_rating', review_rating, 'subscribed', subscribed,
			'shipping_type', shipping_type, 'discounted', discounted,
			'previous_purchases', previous_purchases,
			'payment_method', payment_method,
			'purchase_frequency', purchase_frequency,
			'cost', cost));
	settings.roles := @extschema@.pt_mart_role_expressions(source, given);
	SELECT coalesce(jsonb_object_agg(d.dimension, d.expression), '{}') INTO settings.dimensions
	FROM @extschema@.pt_mart_dimension_columns(settings, dimensions) d;
	settings.dimension_names := @extschema@.pt_mart_dimension_names(settings.roles, settings.dimensions);
	IF cardinality(settings.dimension_names) > 120 THEN
		RAISE EXCEPTION 'a mart has at most 120 dimensions'
			USING ERRCODE = 'program_limit_exceeded',
				DETAIL = format('There are %s.', cardinality(settings.dimension_names));
	END IF;
	settings.mode := mode;
	settings.follow := follow;
	IF settings.roles ? 'purchased_at' THEN
		settings.as_of := as_of;
		settings.time_zone := time_zone;
		settings.calendar := @extschema@.pt_calendar_text(calendar);
	END IF;
	settings.spend := spend;
	PERFORM @extschema@.pt_check_spend(mart_name, settings);
	settings.row_filter := row_filter;
	PERFORM @extschema@.pt_check_row_filter(settings);
	settings.amount_scale := 2;
	-- before anything is made, so that a wrong type is told as such
	PERFORM @extschema@.pt_mart_role_cast(settings, r.role_name)
	FROM jsonb_object_keys(settings.roles) AS r(role_name);
	settings.amount_scale := @extschema@.pt_mart_amount_scale(settings);
	-- when nothing is wrong with them
	PERFORM @extschema@.pt_tell_roles(mart_name, settings, given);
	settings.time_from := time_from;
	settings.time_until := time_until;
	settings := @extschema@.pt_find_far_times(settings);
	settings.age_edges := age_edges;
	settings.age_labels := coalesce(age_labels, @extschema@.pt_age_labels(age_edges));
	settings.age_cuts := age_edges;
	settings.loyalty_edges := loyalty_edges;
	settings.loyalty_labels := loyalty_labels;
	IF loyalty_edges IS NULL THEN
		PERFORM @extschema@.loyalty_tier(0::bigint, returning_from, loyal_from);
		settings.loyalty_edges := ARRAY[returning_from, loyal_from];
	END IF;
	IF loyalty_labels IS NULL AND cardinality(settings.loyalty_edges) = 2 THEN
		settings.loyalty_labels := '{New,Returning,Loyal}';
	END IF;
	PERFORM @extschema@.pt_check_loyalty_tiers(settings.loyalty_edges, settings.loyalty_labels);
	settings.segment_scheme := coalesce(segment_scheme, @extschema@.builtin_segment_scheme('python_seg_map'))::text;
	settings.security_invoker := security_invoker;
	-- what is computed of all rows is kept in the settings, which readers see
	IF security_invoker AND (settings.roles ? 'age' AND age_edges IS NULL OR time_from IS NULL AND settings.time_from IS NOT NULL) THEN
		RAISE WARNING 'the settings of mart "%" tell something of rows that a reader may not see', mart_name
			USING DETAIL = concat_ws(' ',
				CASE WHEN settings.roles ? 'age' AND age_edges IS NULL THEN 'age_edges are the lowest and highest age of all customers, and their quarters.' END,
				CASE WHEN time_from IS NULL AND settings.time_from IS NOT NULL THEN 'time_from and time_until follow from the times of all rows.' END),
				HINT = 'Give them: age_edges => ''{0,25,40,60,120}'', time_from => ''-infinity'', time_until => ''infinity''.';
	END IF;
	IF settings.mode = 'kept' THEN
		settings.follow := @extschema@.pt_check_kept(settings);
	ELSIF (SELECT c.reltuples FROM pg_class c WHERE c.oid = source) > 200000 THEN
		RAISE NOTICE 'the views of this mart read all of % each time', source
			USING HINT = 'create_mart(..., mode => ''kept'') or set_mart_mode(..., ''kept'') keeps what they need, and is never stale.';
	END IF;
	settings.expression_columns := @extschema@.pt_note_columns(settings);
	settings.views_left_out := '{}';
	settings.extension_version := @extschema@.purchase_trends_version();

	IF EXISTS (
			SELECT FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
			WHERE n.nspname = @extschema@.pt_extension_schema() AND a.grantee = 0 AND a.privilege_type = 'CREATE') THEN
		RAISE WARNING 'everybody may create objects in the schema "%" of purchase_trends', @extschema@.pt_extension_schema()
			USING HINT = format('Functions that others make there may be called by mistake: REVOKE CREATE ON SCHEMA %I FROM PUBLIC, or install purchase_trends into a schema of its own.',
				@extschema@.pt_extension_schema());
	END IF;

	PERFORM @extschema@.pt_run_create(format('CREATE SCHEMA %I', mart_name), format('schema "%s"', mart_name), '42P06'::text);
	EXECUTE format('COMMENT ON SCHEMA %I IS %L', mart_name,
		format('purchase_trends mart of %s', source));
	EXECUTE format('CREATE TABLE %I.mart (LIKE %I.mart_settings INCLUDING ALL)', mart_name, @extschema@.pt_extension_schema());
	EXECUTE format('COMMENT ON TABLE %I.mart IS %L', mart_name,
		'Settings of this purchase_trends mart: one row, written by its functions.');
	EXECUTE format('INSERT INTO %I.mart SELECT ($1).*', mart_name) USING settings;
	EXECUTE format('CREATE TABLE %I.dimension_value (LIKE %I.mart_dimension_value INCLUDING ALL)', mart_name, @extschema@.pt_extension_schema());
	EXECUTE format('COMMENT ON TABLE %I.dimension_value IS %L', mart_name,
		'One row per value of a dimension that has a number in the lines of the customers.');
	PERFORM @extschema@.pt_make_mart_relations(mart_name);

	PERFORM @extschema@.pt_give_mart_rights(mart_name, rights);

	RETURN QUERY
	SELECT c.relname::text, obj_description(c.oid, 'pg_class')
	FROM pg_class c
	WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = mart_name)
		AND c.relkind = 'v'
	ORDER BY c.relname;
END
$$;
COMMENT ON FUNCTION @extschema@.create_mart(text, regclass, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text[], jsonb, double precision[], text[], bigint, bigint, bigint[], text[], text, timestamp, @extschema@.segment_scheme, boolean, text[], text, text, text, timestamp, timestamp, text, regclass, boolean) IS
'Makes a mart: a new schema of this name with documented views over the table (or view) source, and its settings in the table mart. Returns the views. The arguments named like roles (see mart_role) say which column or SQL expression is what; for roles that are not given, columns are found by name. roles gives the same as an object, {"customer_id": "cust"}; null there says that the source has no such column, whatever the names are. dimensions are further columns to group by: column names, or "name => expression". Ages are cut into quarters of equal size, or at age_edges, with age_labels; loyalty tiers begin at returning_from and loyal_from purchases, or at loyalty_edges, with loyalty_labels, one more of them (see loyalty_tier). A source with times (purchased_at) gets the dated views too: times with a zone are converted to time_zone once, as_of is the moment to look from (NULL: the last purchase; see set_mart_as_of), and segment_scheme names the RFM segments. The names in expressions are looked up in the schemas of expression_path, by default the search_path of the caller. With security_invoker the views read the source with the rights of whoever asks; a WARNING tells if age_edges, or times far from all others, are found in all rows, because the settings show them to every reader. In mode ''live'' every view reads the source; in mode ''kept'' its customers are kept in a table that follows the source as follow says (see set_mart_mode and refresh_mart), and the views show the same. row_filter is a condition on the rows of the source, such as status <> ''Cancelled'': others are as if they were not there. Rows before time_from or after time_until are left out, as those without a time; if neither is given, times that lie far from all others (over twenty years, and over ten times the range of the middle half, beyond it) are found and left out so, with a NOTICE; -infinity and infinity take all. order_id => ''row'' makes each row an order. A name that is not quoted is folded to lower case, as that of a table; so do the other functions that take the name of a mart. calendar says what the periods of views such as kpi_period are: month, fiscal year from july, iso week, week from sunday, 4-5-4 nrf, or another that sales_calendar has (22P02 if not). spend is a table or view of what was spent to win customers, by month (see set_mart_spend). With replace a mart of this name is replaced; the new one has its owner, with whose rights it is made then, and the rights that were granted on its schema, views and columns; if this fails the old one stays. A NOTICE says what was taken for what (see suggest_roles), and what was not used. Views that need a role that the source has not are left out; data_quality says which. Otherwise it runs with the rights of the caller, who owns the mart. Nothing is made on an error: mart exists (42P06), unknown role (22023), no column for customer_id or amount (42703), no SELECT right, or a mart to be replaced whose owner''s rights the caller has not (42501), not a table or view (42809), type that does not fit (42804), NaN in amounts (22003), more than 120 dimensions (54000).';

/*--- working on a mart ---*/

-- Each of these runs the function of its name with _as_owner behind it, with
-- the rights of the mart's owner: see src/mart.c.

CREATE FUNCTION @extschema@.set_mart_as_of(mart text, as_of timestamp) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.set_mart_as_of(text, timestamp) IS
'Sets the moment that a mart looks from: every view then knows nothing of later purchases. NULL stands for the last purchase. A kept mart is rebuilt in full. It works with the rights of the mart''s owner. Errors: no such mart (3F000), no rights of its owner (42501), a mart without times (55000), infinite as_of (22008).';

CREATE FUNCTION @extschema@.pt_set_mart_as_of_as_owner(mart text, as_of timestamp) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	time_zone text;
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	PERFORM @extschema@.pt_check_as_of(as_of);
	EXECUTE format('SELECT m.time_zone FROM %I.mart m', mart) INTO time_zone;
	IF time_zone IS NULL THEN
		RAISE EXCEPTION 'mart "%" has no times to look back from', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Make it of a source with a time column: create_mart(..., purchased_at => ''...'').';
	END IF;
	PERFORM @extschema@.pt_lock_kept(mart);
	EXECUTE format('UPDATE %I.mart SET as_of = $1', mart) USING as_of;
	-- kept rows are those up to it
	IF EXISTS (SELECT FROM @extschema@.pt_read_mart_settings(mart) s WHERE s.mode = 'kept') THEN
		PERFORM @extschema@.pt_refresh_kept(mart, 'as_of has changed'::text);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_set_mart_as_of_as_owner(text, timestamp) IS
'What set_mart_as_of does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.set_mart_calendar(mart text, calendar text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.set_mart_calendar(text, text) IS
'Sets the periods of views such as kpi_period: a sales_calendar as text, for instance month, iso week or 4-5-4 nrf. Nothing is computed anew but, in a kept mart, what its customers add up to by these periods. It works with the rights of the mart''s owner. Errors: no such mart (3F000), no rights of its owner (42501), a mart without times (55000), no calendar (22P02), NULL (22004).';

CREATE FUNCTION @extschema@.pt_set_mart_calendar_as_owner(mart text, calendar text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	wanted text := @extschema@.pt_calendar_text(calendar);
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_read_mart_settings(mart) s;
	IF settings.calendar IS NULL THEN
		RAISE EXCEPTION 'mart "%" has no times, and so no periods', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Make it of a source with a time column: create_mart(..., purchased_at => ''...'').';
	END IF;
	PERFORM @extschema@.pt_lock_kept(mart);
	EXECUTE format('UPDATE %I.mart SET calendar = $1', mart) USING wanted;
	IF settings.mode = 'kept' THEN
		PERFORM @extschema@.pt_change_kept_parts(mart);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_set_mart_calendar_as_owner(text, text) IS
'What set_mart_calendar does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.set_mart_currency(mart text, currency text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.set_mart_currency(text, text) IS
'Sets the currency that dashboards show beside amounts: a code of ISO 4217 such as EUR, in capitals; NULL shows none. Nothing is converted. It works with the rights of the mart''s owner. Errors: no such mart (3F000), no rights of its owner (42501), no code of a currency (22023).';

CREATE FUNCTION @extschema@.pt_set_mart_currency_as_owner(mart text, currency text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	-- ISO 4217, currencies that are money in circulation; without funds, metals and test codes
	codes constant text[] := '{AED,AFN,ALL,AMD,AOA,ARS,AUD,AWG,AZN,BAM,BBD,BDT,BGN,BHD,BIF,BMD,BND,BOB,BRL,BSD,BTN,BWP,BYN,BZD,CAD,CDF,CHF,CLP,CNY,COP,CRC,CUP,CVE,CZK,DJF,DKK,DOP,DZD,EGP,ERN,ETB,EUR,FJD,FKP,GBP,GEL,GHS,GIP,GMD,GNF,GTQ,GYD,HKD,HNL,HTG,HUF,IDR,ILS,INR,IQD,IRR,ISK,JMD,JOD,JPY,KES,KGS,KHR,KMF,KPW,KRW,KWD,KYD,KZT,LAK,LBP,LKR,LRD,LSL,LYD,MAD,MDL,MGA,MKD,MMK,MNT,MOP,MRU,MUR,MVR,MWK,MXN,MYR,MZN,NAD,NGN,NIO,NOK,NPR,NZD,OMR,PAB,PEN,PGK,PHP,PKR,PLN,PYG,QAR,RON,RSD,RUB,RWF,SAR,SBD,SCR,SDG,SEK,SGD,SHP,SLE,SOS,SRD,SSP,STN,SVC,SYP,SZL,THB,TJS,TMT,TND,TOP,TRY,TTD,TWD,TZS,UAH,UGX,USD,UYU,UZS,VED,VES,VND,VUV,WST,XAF,XCD,XCG,XOF,XPF,YER,ZAR,ZMW,ZWG}'::text[];
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	IF currency <> ALL (codes) THEN
		RAISE EXCEPTION 'there is no currency "%"', left(currency, 100)
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'A currency is a code of ISO 4217, in capitals.',
				HINT = 'For example EUR, USD or JPY; NULL shows none.';
	END IF;
	EXECUTE format('UPDATE %I.mart SET currency = $1', mart) USING currency;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_set_mart_currency_as_owner(text, text) IS
'What set_mart_currency does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.set_mart_spend(mart text, spend regclass) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.set_mart_spend(text, regclass) IS
'Says which table or view has what was spent to win customers, and makes the view acquisition_payback, or drops it for NULL. Its columns are found by name: month (or period, date, day, ...), spend (or amount, cost, ...) and, where it has it, channel; docs/cohort.md has all names. Nothing else is computed anew. It works with the rights of the mart''s owner, with which the view reads the table. Errors: no such mart (3F000), no rights of its owner (42501), a mart without times (55000), no such table (42P01), no right of the owner to read it (42501), no month or spend (42703), a type that does not fit (42804), objects that depend on the view (2BP01).';

CREATE FUNCTION @extschema@.pt_set_mart_spend_as_owner(mart text, spend regclass) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	rights @extschema@.granted_rights[];
	left_out jsonb;
	detail text;
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_mart_settings(mart) s;
	settings.spend := spend;
	PERFORM @extschema@.pt_check_spend(mart, settings);
	rights := @extschema@.pt_mart_rights(mart);
	EXECUTE format('UPDATE %I.mart SET spend = $1', mart) USING spend;
	BEGIN
		EXECUTE format('DROP VIEW IF EXISTS %I.acquisition_payback', mart);
	EXCEPTION WHEN dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		RAISE EXCEPTION 'mart "%" has objects that it did not make, which read acquisition_payback', mart
			USING ERRCODE = 'dependent_objects_still_exist',
				DETAIL = detail,
				HINT = 'Drop them first; make them again afterwards if need be.';
	END;
	left_out := @extschema@.pt_make_mart_views(mart, settings);
	EXECUTE format('UPDATE %I.mart SET views_left_out = $1', mart) USING left_out;
	PERFORM @extschema@.pt_give_mart_rights(mart, rights);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_set_mart_spend_as_owner(text, regclass) IS
'What set_mart_spend does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.upgrade_mart(mart text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.upgrade_mart(text) IS
'Makes the views of a mart anew, after ALTER EXTENSION purchase_trends UPDATE or a change in its settings. Settings, age groups, the rights that were granted, and security_barrier of its views stay; a kept mart is rebuilt in full. Columns of the source that have other names now are followed, as its views follow them, and so are expressions in the settings. After DROP EXTENSION ... CASCADE and CREATE EXTENSION it makes what is gone; what was granted on views is to be granted again. Objects that depend on the views stop it (2BP01), and nothing is changed. It works with the rights of the mart''s owner, and reads the expressions in the settings as create_mart does. Errors: no such mart (3F000), no rights of its owner (42501), a source that is gone (42P01), a column that was dropped (42703), an expression that cannot be written with the names of today (55000).';

CREATE FUNCTION @extschema@.pt_remake_mart(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	barriers name[];
	barrier name;
BEGIN
	-- those that its owner has made barriers stay it
	barriers := ARRAY(
		SELECT c.relname
		FROM pg_class c
		WHERE c.relnamespace = to_regnamespace(quote_ident(mart)) AND c.relname IN (SELECT r.relation FROM @extschema@.pt_mart_relations(mart) r WHERE r.kind = 'v')
			AND EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o WHERE o.option_name = 'security_barrier' AND o.option_value::boolean));
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_mart_settings(mart) s;
	-- with the names of today, which the new views have
	settings.expression_columns := @extschema@.pt_note_columns(settings);
	EXECUTE format('UPDATE %I.mart SET roles = $1, dimensions = $2, row_filter = $3, expression_columns = $4', mart)
		USING settings.roles, settings.dimensions, settings.row_filter, settings.expression_columns;
	PERFORM @extschema@.pt_drop_mart_views(mart);
	PERFORM @extschema@.pt_drop_kept_relations(mart);
	IF has_table_privilege(settings.source, 'SELECT') THEN		-- its owner may have lost it, where others read with their own rights
		settings := @extschema@.pt_find_far_times(settings);
		EXECUTE format('UPDATE %I.mart SET time_from = $1, time_until = $2', mart) USING settings.time_from, settings.time_until;
	END IF;
	PERFORM @extschema@.pt_make_mart_relations(mart);
	FOREACH barrier IN ARRAY barriers LOOP
		EXECUTE format('ALTER VIEW IF EXISTS %I.%I SET (security_barrier = true)', mart, barrier);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_remake_mart(text) IS
'Drops the views of a mart, and what a kept one has besides, and makes them anew, with the names that columns of the source have today, without times that have come and lie far from all others. Views with security_barrier have it again. Called by upgrade_mart.';

CREATE FUNCTION @extschema@.pt_upgrade_mart_as_owner(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	rights @extschema@.granted_rights[];
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	rights := @extschema@.pt_mart_rights(mart);
	IF EXISTS (SELECT FROM @extschema@.pt_mart_settings(mart) s WHERE s.mode = 'kept' AND @extschema@.pt_check_kept(s) IS NULL) THEN
		RAISE EXCEPTION 'a kept mart follows nothing';		-- cannot be: pt_check_kept tells of what can
	END IF;
	PERFORM @extschema@.pt_lock_kept(mart);
	PERFORM @extschema@.pt_do_yielding(mart, 'remake'::text);
	PERFORM @extschema@.pt_give_mart_rights(mart, rights);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_upgrade_mart_as_owner(text) IS
'What upgrade_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.grant_mart(mart text, role_name text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.grant_mart(text, text) IS
'Gives a role the right to read a mart: USAGE of its schema and SELECT on what create_mart has made in it, nothing else; in a mart with security_invoker also SELECT on the source, which its views then read with the rights of the role. It works with the rights of the mart''s owner. Errors: no such role (42704), no such mart (3F000), no rights of its owner (42501).';

CREATE FUNCTION @extschema@.pt_grant_mart_as_owner(mart text, role_name text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	relation name;
BEGIN
	PERFORM @extschema@.pt_check_mart(pt_grant_mart_as_owner.mart);
	PERFORM @extschema@.pt_check_role(pt_grant_mart_as_owner.role_name);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_read_mart_settings(mart) s;
	IF settings.security_invoker THEN
		PERFORM @extschema@.pt_check_source_there(mart, settings);
	END IF;
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', mart, role_name);
	-- kept rows and the log are read with the owner's rights
	FOR relation IN SELECT r.relation FROM @extschema@.pt_mart_relations(mart) r WHERE r.relation NOT IN ('kept_customer', 'kept_total', 'kept_quality', 'kept_odd', 'kept_order', 'customer_change') LOOP
		EXECUTE format('GRANT SELECT ON %I.%I TO %I', mart, relation, role_name);
	END LOOP;
	IF settings.security_invoker THEN
		-- such views read the source with the rights of whoever asks
		EXECUTE format('GRANT SELECT ON %s TO %I', @extschema@.pt_relation_name(settings.source), role_name);
		IF EXISTS (SELECT FROM pg_class c WHERE c.oid = settings.spend) THEN
			EXECUTE format('GRANT SELECT ON %s TO %I', @extschema@.pt_relation_name(settings.spend), role_name);
		END IF;
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_grant_mart_as_owner(text, text) IS
'What grant_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.revoke_mart(mart text, role_name text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.revoke_mart(text, text) IS
'Takes from a role what grant_mart has given it in the schema of a mart. SELECT on the source, which grant_mart gives for a mart with security_invoker, stays: another mart may need it. It works with the rights of the mart''s owner. Errors: no such role (42704), no such mart (3F000), no rights of its owner (42501).';

CREATE FUNCTION @extschema@.pt_revoke_mart_as_owner(mart text, role_name text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	relation name;
BEGIN
	PERFORM @extschema@.pt_check_mart(pt_revoke_mart_as_owner.mart);
	PERFORM @extschema@.pt_check_role(pt_revoke_mart_as_owner.role_name);
	FOR relation IN SELECT r.relation FROM @extschema@.pt_mart_relations(mart) r LOOP
		EXECUTE format('REVOKE SELECT ON %I.%I FROM %I', mart, relation, role_name);
	END LOOP;
	EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM %I', mart, role_name);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_revoke_mart_as_owner(text, text) IS
'What revoke_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.pt_check_role(role_name text) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF role_name IS NULL THEN
		RAISE EXCEPTION 'the name of the role must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role_name) THEN
		RAISE EXCEPTION 'role "%" does not exist', role_name
			USING ERRCODE = 'undefined_object',
				HINT = 'CREATE ROLE makes it.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_role(text) IS
'Errors unless there is a role of this name (42704; 22004 for NULL).';

CREATE FUNCTION @extschema@.drop_mart(mart text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.drop_mart(text) IS
'Removes a mart: its views, its triggers on the source, its settings and its schema; the source stays. Whatever else is in the schema or depends on the views stops it (2BP01), and nothing is removed. It works with the rights of the mart''s owner. Errors: no such mart (3F000), no rights of its owner (42501).';

CREATE FUNCTION @extschema@.pt_drop_mart_relations(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	mart_schema regnamespace;
	message text;
	detail text;
BEGIN
	PERFORM @extschema@.pt_drop_mart_views(pt_drop_mart_relations.mart);
	PERFORM @extschema@.pt_drop_change_triggers(pt_drop_mart_relations.mart);
	SELECT n.oid INTO mart_schema FROM pg_namespace n WHERE n.nspname = pt_drop_mart_relations.mart;
	EXECUTE 'DROP TABLE ' || @extschema@.pt_mart_relation_list(mart_schema, 'r'::"char", 0::oid);
	EXECUTE format('DROP SCHEMA %I', pt_drop_mart_relations.mart);
EXCEPTION
	WHEN dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
		IF message LIKE 'mart "%" has objects%' THEN
			RAISE;				-- pt_drop_mart_views has said it already
		END IF;
		RAISE EXCEPTION 'mart "%" has objects that it did not make: %', pt_drop_mart_relations.mart, message
			USING ERRCODE = 'dependent_objects_still_exist',
				DETAIL = detail,
				HINT = 'Drop them first, or move what is in the schema elsewhere.';
END
$$;
COMMENT ON FUNCTION @extschema@.pt_drop_mart_relations(text) IS
'Drops all that a mart has, and its schema. Called by drop_mart.';

CREATE FUNCTION @extschema@.pt_drop_mart_as_owner(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	PERFORM @extschema@.pt_lock_kept(mart);
	PERFORM @extschema@.pt_do_yielding(mart, 'drop'::text);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_drop_mart_as_owner(text) IS
'What drop_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';
