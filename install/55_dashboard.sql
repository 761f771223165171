-- dashboard: all panels of a dashboard in one pass, each under the filters of the others

CREATE FUNCTION @extschema@.pt_readable_marts() RETURNS jsonb
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(jsonb_agg(m.mart ORDER BY m.mart), '[]')
	FROM @extschema@.marts() m
	JOIN pg_namespace n ON n.nspname = m.mart
	JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'mart'
	WHERE has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
$$;
COMMENT ON FUNCTION @extschema@.pt_readable_marts() IS
'The names of the marts that the caller may read.';

CREATE FUNCTION @extschema@.pt_dashboard_freshness(mart text) RETURNS jsonb
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT jsonb_build_object('mode', s.mode, 'follow', s.follow, 'fresh', s.fresh, 'last_refresh', s.last_refresh,
		'pending_customers', s.pending_customers, 'problem', s.problem, 'may_refresh', s.mode = 'kept' AND pg_has_role(n.nspowner, 'USAGE'))
	FROM @extschema@.pt_mart_state(quote_ident(mart)) s
	JOIN pg_namespace n ON n.nspname = mart
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_freshness(text) IS
'What mart_dashboard says of how fresh a mart is: the columns of mart_status, and whether the caller may refresh it.';

CREATE FUNCTION @extschema@.pt_dashboard_filters(filters jsonb, dimensions jsonb) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	filter record;
	bad jsonb;
	result jsonb := '{}'::jsonb;
BEGIN
	IF filters IS NULL THEN
		RAISE EXCEPTION 'filters must not be NULL'
			USING ERRCODE = 'null_value_not_allowed',
				HINT = '''{}'' is no filter.';
	END IF;
	IF jsonb_typeof(filters) <> 'object' THEN
		RAISE EXCEPTION 'filters must be an object, not %', jsonb_typeof(filters)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'For example {"gender": ["Female"]}.';
	END IF;
	FOR filter IN SELECT f.key, f.value FROM jsonb_each(filters) f LOOP
		IF NOT EXISTS (SELECT FROM jsonb_array_elements(dimensions) d WHERE d ->> 'dimension' = filter.key) THEN
			RAISE EXCEPTION 'the mart has no dimension "%"', left(filter.key, 100)
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = coalesce(format('Its dimensions are: %s.',
						(SELECT string_agg(d ->> 'dimension', ', ') FROM jsonb_array_elements(dimensions) d)), 'It has none.');
		END IF;
		IF jsonb_typeof(filter.value) <> 'array' THEN
			RAISE EXCEPTION 'the filter "%" must be an array, not %', filter.key, jsonb_typeof(filter.value)
				USING ERRCODE = 'invalid_parameter_value',
					HINT = 'It lists the values that are wanted, as breakdown has them; an empty array is no filter.';
		END IF;
		SELECT v INTO bad FROM jsonb_array_elements(filter.value) v WHERE jsonb_typeof(v) NOT IN ('string', 'null') LIMIT 1;
		IF bad IS NOT NULL THEN
			RAISE EXCEPTION 'the filter "%" must have strings or null, not %', filter.key, jsonb_typeof(bad)
				USING ERRCODE = 'invalid_parameter_value',
					HINT = 'It lists the values that are wanted, as breakdown has them; null stands for rows without one.';
		END IF;
		IF filter.value <> '[]' THEN
			result := result || jsonb_build_object(filter.key, filter.value);
		END IF;
	END LOOP;
	-- as many as a cube_plan has
	IF (SELECT count(*) FROM jsonb_object_keys(result)) > 31 THEN
		RAISE EXCEPTION 'there may be filters on at most 31 dimensions'
			USING ERRCODE = 'program_limit_exceeded';
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_filters(jsonb, jsonb) IS
'The filters of mart_dashboard without those that let everything pass, checked against the dimensions of the mart. Errors: NULL (22004), not an object of arrays of strings, or no such dimension (22023), more than 31 (54000).';

CREATE FUNCTION @extschema@.pt_dashboard_measures(alias text, suffix text) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('jsonb_build_object(%s)', string_agg(format('%L, %s', m.measure_name || suffix,
		CASE m.measure_name WHEN 'revenue' THEN format('coalesce(%s.revenue, 0)', alias)
			ELSE @extschema@.pt_mart_measure_expression(m.measure_name, alias) END), ', ' ORDER BY m.sort))
	FROM @extschema@.mart_measure m
	WHERE m.in_dashboard
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_measures(text, text) IS
'SQL of an object with the measures that a dashboard shows, of a row of figures with this alias; the suffix is added to their names.';

CREATE FUNCTION @extschema@.pt_mart_dashboard_dimensions(settings @extschema@.mart_settings) RETURNS jsonb
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('dimension', l.dimension,
				'label', upper(left(l.dimension, 1)) || replace(substr(l.dimension, 2), '_', ' '),
				'element', l.element,
				'description', coalesce(c.description, format('Dimension %s, from the source.', l.dimension)))
			ORDER BY l.place), '[]')
	FROM (
		-- more would not fit on a page
		SELECT d.*
		FROM @extschema@.pt_dimension_elements((settings).roles, (settings).dimensions, (settings).dimension_names) d
		ORDER BY d.place
		LIMIT 80
	) l
	LEFT JOIN @extschema@.mart_column c ON c.column_name = l.dimension
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dashboard_dimensions(@extschema@.mart_settings) IS
'The dimensions that a dashboard of a mart has, in order, at most 80, with their elements in a cube_plan.';

CREATE FUNCTION @extschema@.pt_mart_dashboard_crossed(dimensions jsonb) RETURNS integer[]
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- the best two for a heat map; of those with few values, as far as one knows
	SELECT CASE WHEN cardinality(best.places) >= 2 THEN best.places[1:2] ELSE '{}' END
	FROM (
		SELECT array_agg(d.ordinality::integer ORDER BY array_position(wanted.names, d.item ->> 'dimension')) AS places
		FROM jsonb_array_elements(dimensions) WITH ORDINALITY AS d(item, ordinality),
			(VALUES ('{age_group,category,gender,season,loyalty_tier,shipping_type,payment_method,purchase_frequency,subscribed,size,discounted}'::text[])) AS wanted(names)
		WHERE d.item ->> 'dimension' = ANY (wanted.names)
	) best
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dashboard_crossed(jsonb) IS
'The numbers of the two dimensions that the heat map of a dashboard has: age group and category if the mart has them. Empty if there are no two.';

CREATE FUNCTION @extschema@.pt_dashboard_groupings(settings @extschema@.mart_settings) RETURNS text[]
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	dimensions jsonb := @extschema@.pt_mart_dashboard_dimensions(settings);
	crossed integer[] := @extschema@.pt_mart_dashboard_crossed(dimensions);
	products integer := @extschema@.pt_dimension_number(settings.dimension_names, 'product'::text);
	categories integer := @extschema@.pt_dimension_number(settings.dimension_names, 'category'::text);
	elements integer[];
BEGIN
	SELECT coalesce(array_agg((d.item ->> 'element')::integer ORDER BY d.ordinality), '{}') INTO elements
	FROM jsonb_array_elements(dimensions) WITH ORDINALITY AS d(item, ordinality);
	RETURN ARRAY['[0,0]'::text] || ARRAY(SELECT format('[%s,0]', e) FROM unnest(elements) e)
		|| CASE WHEN settings.roles ? 'purchased_at' THEN '{"[-5,0]","[-3,0]","[-1,0]"}'::text[] END
		|| CASE WHEN products > 0 THEN ARRAY[CASE WHEN categories = 0 THEN format('[%s,0]', products) ELSE format('[%s,%s]', categories, products) END] END
		|| CASE WHEN crossed <> '{}' THEN ARRAY[format('[%s,%s]', elements[crossed[1]], elements[crossed[2]])] END;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_groupings(@extschema@.mart_settings) IS
'The groupings that the pages of a mart''s dashboard ask for without filters, as SQL of arrays of two elements of a cube_plan.';

CREATE FUNCTION @extschema@.pt_dashboard_plan(mart text, dimensions jsonb, filters jsonb, groupings text, left_out text[]) RETURNS text
	LANGUAGE plpgsql STABLE STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	filter record;
	codes integer[];
	result text := format('@extschema@.cube_plan(%s, NULL::boolean[], NULL::timestamp, NULL::integer)', groupings);
BEGIN
	FOR filter IN
		SELECT d.item ->> 'dimension' AS dimension, (d.item ->> 'element')::integer AS element,
			ARRAY(SELECT v.value FROM jsonb_array_elements_text(filters -> (d.item ->> 'dimension')) AS v(value) WHERE v.value IS NOT NULL) AS wanted,
			filters -> (d.item ->> 'dimension') @> '[null]' AS with_null
		FROM jsonb_array_elements(dimensions) WITH ORDINALITY AS d(item, number)
		WHERE filters ? (d.item ->> 'dimension')
		ORDER BY d.number
	LOOP
		EXECUTE format('SELECT array_agg(v.code ORDER BY v.code) FROM %I.dimension_value v WHERE v.dimension_number = $1 AND v.value COLLATE "C" = ANY ($2)', mart)
			INTO codes USING filter.element, filter.wanted;
		result := format('@extschema@.cube_filter(%s, %s, %L::integer[], %L::text[], %L::boolean, ARRAY[%s]::integer[])', result, filter.element,
			-- flags have codes only
			coalesce(codes, '{}'), CASE WHEN filter.element > 0 THEN filter.wanted ELSE '{}' END, filter.with_null,
			-- the panels that show the dimension itself
			(SELECT string_agg(l.number::text, ', ') FROM unnest(left_out) WITH ORDINALITY AS l(elements, number)
			WHERE filter.element::text = ANY (string_to_array(l.elements, ','))));
	END LOOP;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_plan(text, jsonb, jsonb, text, text[]) IS
'SQL of the cube_plan of a dashboard: its groupings (SQL of an array), and the filters as numbers and texts. left_out has for each grouping the elements whose filters do not bind it.';

CREATE FUNCTION @extschema@.pt_dashboard_templates(views text[], roles jsonb) RETURNS TABLE (template_name text, place bigint)
	LANGUAGE sql STABLE STRICT ROWS 10
	SET search_path = pg_catalog, pg_temp
	AS $$
	WITH RECURSIVE possible AS MATERIALIZED (
		SELECT t.template_name, t.view_name, t.reads
		FROM @extschema@.mart_view t
		WHERE roles ?& t.needs AND NOT roles ?| t.unless AND t.view_name <> 'customer'
	),
	needed AS (
		SELECT p.template_name, p.reads, 0 AS depth
		FROM possible p
		WHERE p.view_name = ANY (views)
		UNION
		SELECT p.template_name, p.reads, n.depth + 1
		FROM needed n
		JOIN possible p ON p.view_name = ANY (n.reads)
	)
	SELECT n.template_name, row_number() OVER (ORDER BY max(n.depth) DESC, n.template_name COLLATE "C")
	FROM needed n
	GROUP BY n.template_name
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_templates(text[], jsonb) IS
'The templates of these views of a mart with these roles, and of all that they read of the relation customer, each after what it reads.';

CREATE FUNCTION @extschema@.pt_dashboard_ctes(settings @extschema@.mart_settings, views text[], filtered boolean, lines_of_period boolean, kept_mart text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- Templates name what they read: here those names are queries of this
	-- statement, not views of the mart. What is computed over every customer
	-- reads all of them; what counts lines reads those that the filters select.
	-- What is one for all is computed once; of what has a row for each customer,
	-- each reader computes the few columns that it asks for, in parallel.
	-- What counts groups of customers shares one relation of them.
	WITH wanted AS (
		SELECT o.place, t AS template
		FROM @extschema@.pt_dashboard_templates(views, (settings).roles) o
		JOIN @extschema@.mart_view t ON t.template_name = o.template_name
	),
	template AS (
		SELECT w.place, (w.template).view_name, (w.template).key, (w.template).is_inner, (w.template).is_whole,
			(w.template).query ~ '@cubed|\.(sales_cube|basket_set|sequence_set|pt_sequence_set_open|revenue_moves|calendar_moves)\(' AS counts_lines,
			@extschema@.pt_mart_view_query(jsonb_populate_record(w.template, jsonb_build_object('query', @extschema@.pt_expand_cubed(
				regexp_replace((w.template).query, '@grouped [^@]+@', 'customer_group'), settings, kept_mart))), settings) AS query
		FROM wanted w
		UNION ALL
		SELECT g.place, 'customer_group', NULL, true, false, false,
			@extschema@.pt_mart_view_query(jsonb_populate_record(NULL::@extschema@.mart_view, jsonb_build_object('query', 'SELECT * FROM ' || @extschema@.pt_grouped_customers(g.keys) || ' g')), settings)
		FROM (
			SELECT min(w.place) - 0.5 AS place, array_agg(DISTINCT k.key ORDER BY k.key) AS keys
			FROM wanted w
			CROSS JOIN unnest(@extschema@.pt_group_keys((w.template).query)) AS k(key)
		) g
		WHERE g.place IS NOT NULL
	)
	SELECT string_agg(format(E',\n%I AS %s (%s%s)', t.view_name,
			CASE WHEN t.key = '{customer_id}'::text[] THEN 'NOT MATERIALIZED' WHEN t.is_inner THEN 'MATERIALIZED' ELSE '' END,
			CASE WHEN NOT filtered AND NOT lines_of_period THEN '' WHEN t.is_whole THEN E'WITH customer AS (SELECT * FROM all_customer)\nSELECT * FROM ('
				WHEN t.counts_lines THEN E'WITH customer AS (SELECT * FROM selected_line)\nSELECT * FROM (' ELSE E'SELECT * FROM (' END,
			t.query || CASE WHEN filtered OR lines_of_period THEN ') AS template' ELSE '' END), '' ORDER BY t.place)
	FROM template t
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_ctes(@extschema@.mart_settings, text[], boolean, boolean, text) IS
'Common table expressions that compute views of a mart from the customers that filters select, with the thresholds of the whole mart; with lines_of_period, what counts lines counts those of the period. kept_mart: the name of a kept mart, where there are neither filters nor a period and what it keeps of all customers will do.';

CREATE FUNCTION @extschema@.pt_mart_dashboard_definitions(mart text) RETURNS jsonb
	LANGUAGE sql STABLE STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('view', c.relname, 'description', obj_description(c.oid, 'pg_class'),
			'columns', (SELECT jsonb_agg(jsonb_build_object('column', a.attname, 'description', col_description(c.oid, a.attnum)) ORDER BY a.attnum)
				FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) ORDER BY c.relname), '[]')
	FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = mart AND c.relkind = 'v'
		AND c.relname IN (SELECT t.view_name FROM @extschema@.mart_view t)
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dashboard_definitions(text) IS
'The COMMENTs of the views of a mart and of their columns.';

CREATE FUNCTION @extschema@.pt_dashboard_customer_columns(settings @extschema@.mart_settings, values_too text[], whole_days text) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT 'c.customer_id, c.part, c.gender, c.age, c.location, c.subscribed, c.previous_purchases, c.purchase_frequency_days'
		|| CASE WHEN (settings).roles ? 'purchased_at' THEN format(', c.first_at, c.last_at, %s.whole_days', whole_days) ELSE '' END
		|| CASE WHEN 'history' = ANY (values_too) THEN ', c.history' ELSE '' END
		|| CASE WHEN 'margins' = ANY (values_too) THEN ', c.margins' ELSE '' END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_customer_columns(@extschema@.mart_settings, text[], text) IS
'The columns of the relation customer that a dashboard carries along, without the lines, but with history and margins if they are among values_too; whole_days from the relation of that name.';

CREATE FUNCTION @extschema@.pt_dashboard_times(mart text, settings @extschema@.mart_settings, customers text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT replace(@extschema@.pt_mart_view_query(jsonb_populate_record(NULL::@extschema@.mart_view, jsonb_build_object('query',
			@extschema@.pt_cubed(settings, CASE (settings).mode WHEN 'kept' THEN mart END, '{first_at,last_at,whole_days}'::text[], NULL::text))), settings),
		'FROM customer c', format('FROM %I c', customers))
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_times(text, @extschema@.mart_settings, text) IS
'SQL of a relation with one row: the first and last time of all customers, and whether all are whole days; from a pass over this relation of them, or from what a kept mart keeps.';

CREATE FUNCTION @extschema@.pt_dashboard_base(mart text, settings @extschema@.mart_settings, values_too text[], with_period boolean) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- a live mart is passed over once; rows that are kept can be read again
	SELECT format($query$%s AS %s (
	SELECT %s, c.lines
	FROM %I.customer c
),
$query$,
		CASE WHEN with_period THEN 'every_customer' ELSE 'all_customer' END,
		CASE (settings).mode WHEN 'live' THEN 'MATERIALIZED' ELSE 'NOT MATERIALIZED' END,
		@extschema@.pt_dashboard_customer_columns(settings, values_too, 'c'), mart)
	|| CASE WHEN with_period THEN format($query$every_time AS MATERIALIZED (
	SELECT x.first_at, x.last_at, x.whole_days
	FROM %3$s x
),
period AS MATERIALIZED (
	SELECT p.*
	FROM (SELECT * FROM %1$I.mart WHERE one_row) m
	CROSS JOIN every_time r
	CROSS JOIN LATERAL @extschema@.pt_dashboard_period($8, coalesce(m.as_of, r.last_at), r.first_at, r.whole_days) p
),
-- what was known at the end of the period
time_range AS MATERIALIZED (
	SELECT r.first_at, least(r.last_at, p.as_of_period) AS last_at, r.whole_days
	FROM every_time r
	CROSS JOIN period p
),
all_customer AS NOT MATERIALIZED (
	SELECT %2$s,
		CASE WHEN c.last_at <= (SELECT p.as_of_period FROM period p) THEN c.lines ELSE @extschema@.lines_at(c.lines, (SELECT p.as_of_period FROM period p)) END AS lines
	FROM every_customer c
	WHERE c.first_at <= (SELECT p.as_of_period FROM period p)
),
$query$, mart,
		replace(replace(replace(@extschema@.pt_dashboard_customer_columns(settings, values_too, 'c'),
			'c.last_at,', 'CASE WHEN c.last_at <= (SELECT p.as_of_period FROM period p) THEN c.last_at ELSE @extschema@.last_time(@extschema@.lines_at(c.lines, (SELECT p.as_of_period FROM period p))) END AS last_at,'),
			'c.history', 'CASE WHEN c.last_at <= (SELECT p.as_of_period FROM period p) THEN c.history ELSE @extschema@.history_at(c.history, (SELECT p.as_of_period FROM period p)) END AS history'),
			'c.margins', 'CASE WHEN c.last_at <= (SELECT p.as_of_period FROM period p) THEN c.margins ELSE @extschema@.lines_at(c.margins, (SELECT p.as_of_period FROM period p)) END AS margins'),
		@extschema@.pt_dashboard_times(mart, settings, 'every_customer'::text))
	ELSE '' END
	|| CASE WHEN (settings).roles ? 'purchased_at' THEN format($query$%1$s
-- as_of of the whole mart, also where customers are left out
mart AS MATERIALIZED (
	SELECT %2$s
	FROM (SELECT * FROM %3$I.mart WHERE one_row) m
	CROSS JOIN %4$s r
),
trend AS MATERIALIZED (
	SELECT u.unit, ('1 ' || u.unit)::interval AS step,
		CASE u.unit WHEN 'day' THEN -5 WHEN 'week' THEN -4 WHEN 'month' THEN -3 ELSE -1 END AS element,
		u.as_of, @extschema@.pt_as_of_end(u.as_of, u.whole_days) AS as_of_end
	FROM (
		SELECT m.as_of, r.whole_days,
			%5$s AS unit
		FROM mart m
		CROSS JOIN time_range r
		CROSS JOIN LATERAL (SELECT extract(epoch FROM r.last_at - r.first_at) / 86400 AS days) d
	) u
)$query$,
		CASE WHEN with_period THEN '' ELSE format(E'time_range AS MATERIALIZED (\n\tSELECT x.first_at, x.last_at, x.whole_days\n\tFROM %s x\n),', @extschema@.pt_dashboard_times(mart, settings, 'all_customer'::text)) END,
		(SELECT string_agg(CASE WHEN a.attname <> 'as_of' THEN 'm.' || quote_ident(a.attname) WHEN with_period THEN 'r.as_of_period AS as_of' ELSE 'coalesce(m.as_of, r.last_at) AS as_of' END,
			', ' ORDER BY a.attnum)
		FROM pg_attribute a
		WHERE a.attrelid = '@extschema@.mart_settings'::regclass AND a.attnum > 0 AND NOT a.attisdropped),
		mart, CASE WHEN with_period THEN 'period' ELSE 'time_range' END,
		CASE WHEN with_period THEN '(SELECT p.unit FROM period p)'
			ELSE $query$CASE WHEN d.days <= 92 THEN 'day' WHEN d.days <= 366 * 10 THEN 'month' WHEN d.days IS NOT NULL THEN 'year' END$query$ END)
	ELSE 'trend AS (SELECT NULL::text AS unit, NULL::interval AS step, NULL::timestamp AS as_of, NULL::timestamp AS as_of_end)' END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_base(text, @extschema@.mart_settings, text[], boolean) IS
'Common table expressions: all customers, the mart as it looks from its as_of, and the periods of the trend: days for up to 92 days, months for up to ten years, else years. With a period ($8) they are as they were at its end.';

CREATE FUNCTION @extschema@.pt_dashboard_cube(settings @extschema@.mart_settings, filtered boolean, with_period boolean, with_more boolean, kept_mart text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN kept_mart IS NOT NULL THEN format(E'cube AS MATERIALIZED (\n\tSELECT x.cube%s\n\tFROM %s x\n),\n', CASE WHEN with_more THEN ', x.buyers, x.repeat_buyers AS repeat_customers' ELSE '' END,
		@extschema@.pt_cubed(settings, kept_mart, CASE WHEN with_more THEN '{buyers,repeat_buyers}'::text[] ELSE '{}'::text[] END, '(SELECT p.plan FROM plan p)'::text))
	-- in one query without a subquery: one that reads the plan is computed by no parallel worker
	WHEN NOT with_period THEN format($query$cube AS MATERIALIZED (
	SELECT t.cube%s
	FROM (
		SELECT @extschema@.sales_cube(c.lines, c.customer_id IS NOT NULL, (SELECT p.plan FROM plan p)) AS cube%s
		FROM all_customer c
	) t
),
$query$, CASE WHEN with_more THEN ', coalesce(t.buyers % 4294967296, 0)::bigint AS buyers, coalesce(div(t.buyers, 4294967296), 0)::bigint AS repeat_customers' ELSE '' END,
		CASE WHEN NOT with_more THEN '' ELSE format($query$,
			-- both numbers in one sum, so that the lines of a customer are filtered once
			sum(CASE WHEN c.customer_id IS NOT NULL AND @extschema@.order_count(%s) > 0
				THEN CASE WHEN @extschema@.order_count(c.lines) >= 2 THEN 4294967297 ELSE 1 END END) AS buyers$query$,
			CASE WHEN filtered THEN '@extschema@.lines_filter(c.lines, (SELECT p.plan FROM plan p))' ELSE 'c.lines' END) END)
	ELSE format($query$cube AS MATERIALIZED (
	-- one pass for the period and what it is compared with
	SELECT @extschema@.sales_cube(x.lines, x.known, (SELECT p.plan FROM plan p)) AS cube,
		@extschema@.sales_cube(x.before, x.known, (SELECT p.plan FROM plan_before p)) AS before%1$s
	FROM (
		SELECT l.*%2$s
		FROM (
			SELECT c.customer_id IS NOT NULL AS known, c.lines AS all_lines,
				@extschema@.lines_between(c.lines, (SELECT p.from_time FROM period p), (SELECT p.until_time FROM period p)) AS lines,
				@extschema@.lines_between(c.lines, (SELECT p.before_from_time FROM period p), (SELECT p.before_until_time FROM period p)) AS before
			FROM all_customer c
			WHERE c.last_at >= (SELECT least(p.from_time, p.before_from_time) FROM period p)
			OFFSET 0
		) l
		OFFSET 0
	) x
),
$query$,
		CASE WHEN NOT with_more THEN '' ELSE $query$, count(x.first_purchase) AS buyers, count(*) FILTER (WHERE x.orders >= 2) AS repeat_customers,
		count(*) FILTER (WHERE x.first_purchase >= (SELECT p.from_time FROM period p)) AS new_customers,
		count(x.first_purchase_before) AS buyers_before, count(*) FILTER (WHERE x.orders_before >= 2) AS repeat_customers_before,
		count(*) FILTER (WHERE x.first_purchase_before >= (SELECT p.before_from_time FROM period p)) AS new_customers_before$query$ END,
		CASE WHEN NOT with_more THEN '' ELSE replace($query$,
			CASE WHEN l.known AND @extschema@.order_count(@now@) > 0 THEN @extschema@.first_purchase(l.all_lines) END AS first_purchase,
			CASE WHEN l.known AND @extschema@.order_count(@now@) > 0 THEN @extschema@.order_count(l.all_lines) END AS orders,
			CASE WHEN l.known AND @extschema@.order_count(@before@) > 0 THEN @extschema@.first_purchase(l.all_lines) END AS first_purchase_before,
			CASE WHEN l.known AND @extschema@.order_count(@before@) > 0
				THEN @extschema@.order_count(@extschema@.lines_at(l.all_lines, (SELECT p.before_until_time - interval '1 microsecond' FROM period p))) END AS orders_before$query$,
			'@now@', CASE WHEN filtered THEN '@extschema@.lines_filter(l.lines, (SELECT p.plan FROM plan p))' ELSE 'l.lines' END) END)
	END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_cube(@extschema@.mart_settings, boolean, boolean, boolean, text) IS
'Common table expression: the cube of all panels, with a period also that of what it is compared with; with_more counts new and repeat customers. kept_mart as in pt_dashboard_ctes.';

CREATE FUNCTION @extschema@.pt_dashboard_selection(settings @extschema@.mart_settings, values_too text[], plan text, filtered boolean,
	plan_before text, lines_of_period boolean, with_more boolean, kept_mart text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format($query$,
plan AS MATERIALIZED (SELECT %s AS plan),
%s%s$query$, plan,
		CASE WHEN plan_before IS NULL THEN '' ELSE format(E'plan_before AS MATERIALIZED (SELECT %s AS plan),\n', plan_before) END,
		replace(@extschema@.pt_dashboard_cube(settings, filtered, plan_before IS NOT NULL, with_more, kept_mart), '@before@',
			CASE WHEN filtered THEN '@extschema@.lines_filter(l.before, (SELECT p.plan FROM plan p))' ELSE 'l.before' END))
	|| CASE WHEN filtered THEN format($query$selected AS MATERIALIZED (
	-- no join with the relation of one row: then parallel workers filter the lines
	SELECT %1$s, c.lines, @extschema@.lines_filter(c.lines, (SELECT p.plan FROM plan p)) AS selected_lines
	FROM all_customer c
),
-- whoever has a line that passes the filters, with all that he bought ...
customer AS (SELECT %2$s, c.lines FROM selected c WHERE c.selected_lines IS NOT NULL),
-- ... and with those lines only
selected_line AS (SELECT %4$s, %3$s AS lines FROM selected c WHERE %3$s IS NOT NULL)$query$,
		replace(@extschema@.pt_dashboard_customer_columns(settings, values_too, 'c'), 'c.whole_days', '(SELECT r.whole_days FROM time_range r) AS whole_days'),
		@extschema@.pt_dashboard_customer_columns(settings, values_too, 'c'), selected.lines, replace(@extschema@.pt_dashboard_customer_columns(settings, values_too, 'c'), 'c.margins', selected.margins || ' AS margins'))
	ELSE 'customer AS NOT MATERIALIZED (SELECT * FROM all_customer)'
		|| CASE WHEN lines_of_period THEN format(E',\nselected_line AS (SELECT %s, %s AS lines FROM all_customer c WHERE %2$s IS NOT NULL)',
			replace(@extschema@.pt_dashboard_customer_columns(settings, values_too, 'c'), 'c.margins', selected.margins || ' AS margins'), selected.lines) ELSE '' END
	END
	FROM (
		SELECT CASE WHEN lines_of_period THEN format(cut.between, CASE WHEN filtered THEN 'c.selected_lines' ELSE 'c.lines' END) ELSE 'c.selected_lines' END AS lines,
			CASE WHEN lines_of_period THEN format(cut.between, passing.margins) ELSE passing.margins END AS margins
		FROM (SELECT '@extschema@.lines_between(%s, (SELECT p.from_time FROM period p), (SELECT p.until_time FROM period p))' AS between) cut,
			-- they have the labels of the lines, so that the same ones pass
			(SELECT CASE WHEN filtered THEN '@extschema@.lines_filter(c.margins, (SELECT p.plan FROM plan p))' ELSE 'c.margins' END AS margins) passing
	) selected
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_selection(@extschema@.mart_settings, text[], text, boolean, text, boolean, boolean, text) IS
'Common table expressions: the cube of all panels, and the customers and lines that the filters select; with lines_of_period, the lines of the period only. kept_mart as in pt_dashboard_ctes.';

CREATE FUNCTION @extschema@.pt_dashboard_figures(elements integer[], second_elements integer[], with_period boolean) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT replace(format($query$,
whole AS MATERIALIZED (
	SELECT r.* FROM cube x CROSS JOIN LATERAL @extschema@.sales_cube_rows(x.cube, 'whole'::@extschema@.cube_arm) WITH ORDINALITY AS r
),
part AS MATERIALIZED (
	SELECT r.* FROM cube x CROSS JOIN LATERAL @extschema@.sales_cube_rows(x.cube, 'selected'::@extschema@.cube_arm) WITH ORDINALITY AS r
),
@part_before@figures AS MATERIALIZED (
	SELECT w.grouping_number,
		CASE WHEN w.grouping_number = $3 THEN (date '2000-01-01' + w.codes[1])::text ELSE coalesce(v.value, w.texts[1]) END AS value,
		coalesce(n.value, w.texts[2]) AS second_value,
		coalesce(v.value_sort, @extschema@.pt_dimension_value_sort(g.dimension, w.texts[1])) AS value_sort,
		%s || %s AS measures,
		coalesce(w.revenue, 0) AS revenue_all, s.orders AS purchases
	FROM whole w
	JOIN part s ON s.ordinality = w.ordinality
	JOIN (
		SELECT e.*, d.item ->> 'dimension' AS dimension
		FROM unnest(%L::integer[], %L::integer[]) WITH ORDINALITY AS e(element, second_element, grouping_number)
		LEFT JOIN jsonb_array_elements($1) WITH ORDINALITY AS d(item, ordinality) ON d.ordinality = e.grouping_number - 1
	) g ON g.grouping_number = w.grouping_number
	LEFT JOIN dimension_value v ON v.dimension_number = g.element AND v.code = w.codes[1]
	LEFT JOIN dimension_value n ON n.dimension_number = g.second_element AND n.code = w.codes[2]
),
no_measures AS (
	SELECT %s || %s AS measures
	FROM (SELECT) one
	LEFT JOIN LATERAL @extschema@.sales_cube_rows(NULL::@extschema@.sales_cube, 'whole'::@extschema@.cube_arm) n ON true
),
listed AS (
	SELECT d.item, d.ordinality, f.value, f.value_sort, f.measures, w.selected, f.grouping_number IS NOT NULL AS found,
		row_number() OVER (PARTITION BY d.ordinality ORDER BY w.selected DESC, f.revenue_all DESC, f.value COLLATE "C") AS place
	FROM jsonb_array_elements($1) WITH ORDINALITY AS d(item, ordinality)
	LEFT JOIN figures f ON f.grouping_number = d.ordinality + 1
	CROSS JOIN LATERAL (
		SELECT coalesce($2 -> (d.item ->> 'dimension') @> coalesce(to_jsonb(f.value), 'null'), false) AS selected
	) w
),
breakdowns AS (
	SELECT l.item ->> 'dimension' AS dimension, l.ordinality,
		l.item - 'element' || jsonb_build_object('value_count', count(*) FILTER (WHERE l.found),
			'values_left_out', greatest(count(*) FILTER (WHERE l.found) - 100, 0)) AS item,
		coalesce(jsonb_agg(jsonb_build_object('value', l.value, 'selected', l.selected) || l.measures
			ORDER BY l.value_sort, l.value COLLATE "C") FILTER (WHERE l.found AND l.place <= 100), '[]') AS items
	FROM listed l
	GROUP BY l.ordinality, l.item
),
products AS (
	SELECT f.value, f.second_value, f.measures, f.purchases,
		row_number() OVER (ORDER BY f.purchases DESC, f.revenue_all DESC, f.value COLLATE "C", f.second_value COLLATE "C") AS place
	FROM figures f
	WHERE f.grouping_number = $5
)
SELECT jsonb_build_object(
	'as_of', t.as_of,
	'kpi', coalesce((SELECT f.measures FROM figures f WHERE f.grouping_number = 1), n.measures),
	'dimensions', coalesce((SELECT jsonb_agg(b.item ORDER BY b.ordinality) FROM breakdowns b), '[]'),
	'breakdown', coalesce((SELECT jsonb_object_agg(b.dimension, b.items) FROM breakdowns b), '{}'),
	'trend', CASE WHEN t.unit IS NOT NULL THEN jsonb_build_object('unit', t.unit, 'points',
		(SELECT jsonb_agg(jsonb_build_object('period', p.period::date, 'complete', %s)
			|| coalesce(f.measures, n.measures) ORDER BY p.period)
		FROM (%s) AS range
		CROSS JOIN LATERAL generate_series(range.first_period, %s, t.step) AS p(period)
		LEFT JOIN figures f ON f.grouping_number = $3 AND f.value::date = p.period::date)) END,
	'heat_map', CASE WHEN $4 IS NOT NULL THEN jsonb_build_object(
		'row_dimension', $1 -> ($6[1] - 1) ->> 'dimension',
		'column_dimension', $1 -> ($6[2] - 1) ->> 'dimension',
		'cells', coalesce((SELECT jsonb_agg(jsonb_build_object('row', f.value, 'column', f.second_value) || f.measures
				ORDER BY r.value_sort, f.value COLLATE "C", c.value_sort, f.second_value COLLATE "C")
			FROM figures f
			LEFT JOIN figures r ON r.grouping_number = $6[1] + 1 AND r.value = f.value
			LEFT JOIN figures c ON c.grouping_number = $6[2] + 1 AND c.value = f.second_value
			WHERE f.grouping_number = $4), '[]')) END,
	'products', CASE WHEN $5 IS NOT NULL THEN
		coalesce((SELECT jsonb_agg(jsonb_build_object('category', CASE WHEN $7 THEN p.value END,
				'product', CASE WHEN $7 THEN p.second_value ELSE p.value END) || p.measures ORDER BY p.place)
			FROM products p WHERE p.place <= 100), '[]') END)$query$,
		@extschema@.pt_dashboard_measures('s', ''), @extschema@.pt_dashboard_measures('w', '_all'), elements, second_elements,
		@extschema@.pt_dashboard_measures('n', ''), @extschema@.pt_dashboard_measures('n', '_all'),
		-- what is cut off at the ends of the period is not whole
		CASE WHEN with_period THEN 'p.period >= range.from_time AND p.period + t.step <= least(range.until_time, t.as_of_end)' ELSE 'p.period + t.step <= t.as_of_end' END,
		CASE WHEN with_period THEN 'SELECT date_trunc(d.unit, d.from_time) AS first_period, d.from_time, d.until_time FROM period d'
			ELSE 'SELECT min(f.value::date)::timestamp AS first_period FROM figures f WHERE f.grouping_number = $3' END,
		CASE WHEN with_period THEN $query$range.until_time - interval '1 microsecond'$query$ ELSE 't.as_of' END),
		'@part_before@', CASE WHEN with_period THEN $query$part_before AS MATERIALIZED (
	SELECT r.* FROM cube x CROSS JOIN LATERAL @extschema@.sales_cube_rows(x.before, 'selected'::@extschema@.cube_arm) r
),
$query$ ELSE '' END)
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_figures(integer[], integer[], boolean) IS
'The query of a dashboard''s panels over its cube, without FROM; the elements of the groupings name their values. $1 dimensions, $2 filters, $3 the grouping of the trend, $4 of the heat map, $5 of the products, $6 the places of the crossed dimensions, $7 whether products have categories.';

CREATE FUNCTION @extschema@.pt_dashboard_page_rows(mart text, page text, views text[], part text[]) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT 'jsonb_build_object(' || string_agg(
		format($query$%L, (SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') FROM (SELECT * FROM %s v ORDER BY %s LIMIT %s) AS r)$query$,
			p.view_name,
			CASE WHEN p.view_name = ANY (views) THEN quote_ident(p.view_name) ELSE format('%I.%I', mart, p.view_name) END,
			(SELECT string_agg(format('v.%I', rtrim(s.sort_column, '-')) || CASE WHEN s.sort_column LIKE '%-' THEN ' DESC NULLS LAST' ELSE '' END, ', ' ORDER BY s.ordinality)
			FROM unnest(p.sort_columns) WITH ORDINALITY AS s(sort_column, ordinality)), coalesce(p.row_limit, 5000)), E',\n\t' ORDER BY p.place) || ')'
	FROM @extschema@.mart_page p
	WHERE p.page = pt_dashboard_page_rows.page AND p.view_name IS NOT NULL AND (part IS NULL OR p.view_name = ANY (part))
		AND (p.view_name = ANY (views) OR to_regclass(format('%I.%I', mart, p.view_name)) IS NOT NULL)
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_page_rows(text, text, text[], text[]) IS
'SQL of an object with the rows of the views of a page, or of a part of them, at most row_limit of each: those of the statement, or else of the mart. NULL if there are none.';

CREATE FUNCTION @extschema@.pt_dashboard_answer(mart text, statement text, dimensions jsonb, filters jsonb, trend_number integer, heat_map_number integer,
	ranking_number integer, crossed integer[], with_categories boolean, period jsonb) RETURNS SETOF jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	-- bare names that are no queries of the statement are those of the mart
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	-- RETURN QUERY takes all rows, so that the query may run in parallel; EXECUTE ... INTO may not.
	RETURN QUERY EXECUTE statement
		USING dimensions, filters, trend_number, heat_map_number, ranking_number, crossed, with_categories, period;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_answer(text, text, jsonb, jsonb, integer, integer, integer, integer[], boolean, jsonb) IS
'Runs the statement that mart_dashboard, mart_customers or mart_purchases has made, with the rights of the caller; the lists give no value but the period ($8).';

CREATE FUNCTION @extschema@.pt_check_page(page text) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	wanted_page ALIAS FOR page;
BEGIN
	IF page IS NULL THEN
		RAISE EXCEPTION 'the page must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF NOT EXISTS (SELECT FROM @extschema@.mart_page p WHERE p.page = wanted_page) THEN
		RAISE EXCEPTION 'there is no page "%"', left(page, 100)
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The pages are: %s.', (SELECT string_agg(l.page, ', ' ORDER BY l.place)
					FROM (SELECT p.page, min(p.place) AS place FROM @extschema@.mart_page p GROUP BY p.page) l));
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_page(text) IS
'Errors if a dashboard has no such page: NULL (22004), or another name (22023).';

CREATE FUNCTION @extschema@.pt_dashboard_of_mart_as_owner(mart text, filters jsonb, page text, period jsonb, part text[]) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	wanted_page ALIAS FOR page;
	settings @extschema@.mart_settings;
	dated boolean;
	dimensions jsonb;
	checked jsonb;
	days jsonb;		-- the period, checked
	with_more boolean;
	lines_of_period boolean;
	plan_before text;
	crossed integer[];
	views text[];		-- those of the page that are computed of customers
	values_too text[];	-- of a customer, that they need
	products integer;
	categories integer;
	-- the groupings of the cube: SQL of each, its elements where their values have numbers, and the elements
	-- whose filters do not bind it
	groupings text[] := ARRAY['[0,0]'::text];
	elements integer[] := ARRAY[0];
	second_elements integer[] := ARRAY[0];
	left_out text[] := ARRAY[''::text];
	trend_number integer;
	heat_map_number integer;
	ranking_number integer;
	filtered boolean;
	kept_mart text;		-- where what it keeps of all customers will do
	item jsonb;
	element integer;
	statement text;
	result jsonb;
BEGIN
	PERFORM @extschema@.pt_check_page(page);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_read_mart_settings(mart) s;
	IF NOT EXISTS (SELECT FROM @extschema@.pt_mart_relations(mart) r WHERE r.relation = 'customer') THEN
		PERFORM @extschema@.pt_check_source_there(mart, settings);
		RAISE EXCEPTION 'the views of mart "%" are gone', mart
			USING ERRCODE = 'undefined_table',
				HINT = 'upgrade_mart() makes them anew.';
	END IF;
	dated := settings.roles ? 'purchased_at';
	dimensions := @extschema@.pt_mart_dashboard_dimensions(settings);
	checked := @extschema@.pt_dashboard_filters(filters, dimensions);
	filtered := checked <> '{}';
	days := CASE WHEN page <> 'about' THEN @extschema@.pt_dashboard_checked_period(mart, period, dated) END;
	-- what the lines of a period say on the page of products, whole histories say on the others
	lines_of_period := days IS NOT NULL AND page = 'products';
	with_more := dated AND page = 'overview' AND (days IS NOT NULL OR NOT settings.roles ?& '{review_rating,subscribed,discounted}');
	kept_mart := CASE WHEN settings.mode = 'kept' AND NOT filtered AND days IS NULL THEN mart END;
	crossed := @extschema@.pt_mart_dashboard_crossed(dimensions);
	products := @extschema@.pt_dimension_number(settings.dimension_names, 'product'::text);
	categories := @extschema@.pt_dimension_number(settings.dimension_names, 'category'::text);

	FOR item IN SELECT d.value FROM jsonb_array_elements(dimensions) AS d(value) LOOP
		element := (item ->> 'element')::integer;
		groupings := groupings || format('[%s,0]', element);
		elements := elements || element;
		second_elements := second_elements || 0;
		left_out := left_out || element::text;
	END LOOP;
	IF dated THEN
		groupings := groupings || '[(SELECT t.element FROM trend t),0]'::text;
		elements := elements || 0;
		second_elements := second_elements || 0;
		left_out := left_out || ''::text;
		trend_number := cardinality(groupings);
	END IF;
	IF products > 0 AND categories = 0 THEN
		groupings := groupings || format('[%s,0]', products);
		elements := elements || products;
		second_elements := second_elements || 0;
		left_out := left_out || ''::text;
		ranking_number := cardinality(groupings);
	ELSIF products > 0 THEN
		groupings := groupings || format('[%s,%s]', categories, products);
		elements := elements || categories;
		second_elements := second_elements || products;
		left_out := left_out || ''::text;
		ranking_number := cardinality(groupings);
	END IF;
	IF crossed <> '{}' THEN
		elements := elements || elements[crossed[1] + 1];
		second_elements := second_elements || elements[crossed[2] + 1];
		groupings := groupings || format('[%s,%s]', elements[crossed[1] + 1], elements[crossed[2] + 1]);
		left_out := left_out || format('%s,%s', elements[crossed[1] + 1], elements[crossed[2] + 1]);
		heat_map_number := cardinality(groupings);
	END IF;

	-- A view is computed here from the customers, unless it reads the source.
	SELECT coalesce(array_agg(p.view_name ORDER BY p.place), '{}') INTO views
	FROM @extschema@.mart_page p
	WHERE p.page = wanted_page AND (part IS NULL OR p.view_name = ANY (part)) AND EXISTS (
		SELECT FROM @extschema@.pt_dashboard_templates(ARRAY[p.view_name], settings.roles) n
		JOIN @extschema@.mart_view t ON t.template_name = n.template_name
		WHERE 'customer' = ANY (t.reads))
		-- what was spent knows no filters
		AND NOT EXISTS (SELECT FROM @extschema@.mart_view s WHERE s.view_name = p.view_name AND 'spend' = ANY (s.reads));
	SELECT coalesce(array_agg(v.name), '{}') INTO values_too
	FROM unnest('{history,margins}'::text[]) AS v(name)
	WHERE EXISTS (
		SELECT FROM @extschema@.pt_dashboard_templates(views, settings.roles) n
		JOIN @extschema@.mart_view t ON t.template_name = n.template_name
		WHERE t.query ~ format('\m%s\M', v.name));

	IF days IS NOT NULL THEN
		plan_before := @extschema@.pt_dashboard_plan(mart, dimensions, checked,
			format('ARRAY[[0,0],%s]::integer[]', groupings[trend_number] || coalesce(',' || groupings[ranking_number], '')), '{}'::text[]);
	END IF;

	statement := 'WITH ' || @extschema@.pt_dashboard_base(mart, settings, values_too, days IS NOT NULL)
		|| @extschema@.pt_dashboard_selection(settings, values_too,
			@extschema@.pt_dashboard_plan(mart, dimensions, checked, format('ARRAY[%s]::integer[]', array_to_string(groupings, ',')), left_out), filtered,
			plan_before, lines_of_period, with_more, kept_mart)
		|| coalesce(@extschema@.pt_dashboard_ctes(settings, views, filtered, lines_of_period, kept_mart), '');
	IF part <> '{}' THEN
		SELECT a.answer INTO STRICT result
		FROM @extschema@.pt_dashboard_answer(mart, statement || E'\nSELECT jsonb_build_object(''views'', ' || @extschema@.pt_dashboard_page_rows(mart, page, views, part) || ')',
			dimensions, checked, trend_number, heat_map_number, ranking_number, crossed, categories > 0 AND products > 0, days) AS a(answer);
		RETURN result;
	END IF;
	statement := statement || @extschema@.pt_dashboard_figures(elements, second_elements, days IS NOT NULL)
		|| CASE WHEN days IS NOT NULL THEN @extschema@.pt_dashboard_comparison(settings, with_more, ranking_number IS NOT NULL, elements[ranking_number], second_elements[ranking_number])
			WHEN with_more THEN @extschema@.pt_dashboard_more() ELSE '' END
		|| coalesce(E'\n\t|| jsonb_build_object(''views'', ' || @extschema@.pt_dashboard_page_rows(mart, page, views, part) || ')', '')
		|| E'\nFROM trend t\nCROSS JOIN no_measures n';
	SELECT a.answer INTO STRICT result
	FROM @extschema@.pt_dashboard_answer(mart, statement, dimensions, checked, trend_number, heat_map_number, ranking_number, crossed,
		categories > 0 AND products > 0, days) AS a(answer);

	result := result || jsonb_build_object(
		'mart', mart, 'source', settings.source,
		'dated', dated, 'time_zone', settings.time_zone,
		'amount_scale', settings.amount_scale, 'currency', settings.currency, 'extension_version', settings.extension_version,
		'filters', checked, 'page', page, 'freshness', @extschema@.pt_dashboard_freshness(mart));
	IF page <> 'overview' THEN
		result := result || jsonb_build_object(
			'missing', coalesce((SELECT jsonb_object_agg(l.key, l.value) FROM jsonb_each(settings.views_left_out) l
				WHERE l.key IN (SELECT p.view_name FROM @extschema@.mart_page p WHERE p.page = wanted_page)), '{}'));
	END IF;
	IF page = 'about' THEN
		result := result || jsonb_build_object(
			'definitions', @extschema@.pt_mart_dashboard_definitions(mart),
			'settings', to_jsonb(settings) - '{one_row,segment_scheme}'::text[]);
	END IF;
	RETURN result || CASE WHEN part IS NULL OR page = 'overview' THEN jsonb_build_object('findings', @extschema@.pt_dashboard_findings(result)) ELSE '{}' END;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_of_mart_as_owner(text, jsonb, text, jsonb, text[]) IS
'What pt_dashboard_of_mart returns; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.pt_dashboard_of_mart(mart text, filters jsonb, page text, period jsonb, part text[]) RETURNS jsonb
	LANGUAGE C STABLE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner_or_caller';
COMMENT ON FUNCTION @extschema@.pt_dashboard_of_mart(text, jsonb, text, jsonb, text[]) IS
'What mart_dashboard returns of one mart: all of a page (part is NULL), all but its views (an empty array), or some of its views and nothing else.';

CREATE FUNCTION @extschema@.mart_dashboard(mart text, filters jsonb DEFAULT '{}', page text DEFAULT 'overview', period jsonb DEFAULT NULL) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	SET extra_float_digits = 1
	AS $$
DECLARE
	marts jsonb := jsonb_build_object('marts', @extschema@.pt_readable_marts());
BEGIN
	IF mart IS NULL THEN
		RETURN marts;
	END IF;
	RETURN @extschema@.pt_dashboard_of_mart(mart, filters, page, period, NULL::text[]) || marts;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_dashboard(text, jsonb, text, jsonb) IS
'All that a dashboard of a mart shows, as one object; docs/dashboard.md describes it. kpi has the measures under all filters; breakdown has them for each value of each dimension under all filters but its own, products and trend under all, heat_map under all but those of its two dimensions; beside each measure stands that of the whole mart, as <measure>_all. filters is an object with an array of wanted values for each dimension, {"gender": ["Female"]}; null stands for rows without a value, an empty array is no filter, and a value that does not occur selects nothing. page is overview, or customers, products, trends or about, which add rows of views: of the customers, or of the rows, that the filters select, with the thresholds of the whole mart. period is an object with a preset (last_7_days, last_28_days, last_90_days, month, quarter, year_to_date, last_12_months, all; seen from as_of) or days (from, to: both belong to it; left out, the first purchase and as_of), and compare (previous, year_before or none): panels then count the lines of the period, comparison has the figures before and the change, and views of whole histories look from its end; NULL is no period. A NULL mart gives {"marts": [...]}, those that the caller may read. It reads the mart with the rights of the caller, or with those of its owner for whoever has them, a superuser for instance, whom the functions in a mart could harm; and it writes nothing. Errors: no such mart (3F000), no right to read it (42501), NULL filters or page (22004), no such dimension or page, filters that are no arrays of strings, or a period that there is not (22023), a day that is none (22007), a period of a mart without times (55000).';
