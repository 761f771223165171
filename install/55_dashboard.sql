-- dashboard: all panels of a dashboard in one pass, each under the filters of the others
-- helpers: cross_filter_measures dashboard_filters readable_marts

CREATE TYPE @extschema@.cross_filter_stats AS (
	customers bigint,
	subscribers bigint,
	subscription_known bigint,
	purchases bigint,
	priced_purchases bigint,
	discounted_purchases bigint,
	discount_known bigint,
	revenue numeric,
	purchase_amount numeric,
	customer_revenue numeric,
	rating_sum numeric,
	rated_purchases bigint
);
COMMENT ON TYPE @extschema@.cross_filter_stats IS
'Exact counts and sums of rows: different customers, those who subscribe, and those of whom it is known; orders without returns, those with a known amount, with a discount, and those of which it is known; sums of all amounts, without returns, and of customers who are known; sum and number of the ratings.';

CREATE TYPE @extschema@.cross_filter_group AS (
	dimension integer,
	value text,
	second_value text,
	value_sort smallint,
	selected @extschema@.cross_filter_stats,
	whole @extschema@.cross_filter_stats
);
COMMENT ON TYPE @extschema@.cross_filter_group IS
'One value of a dimension as cross_filter counts it: the number of the dimension (0: the total), the value, that of the second dimension if two are crossed, its sort number, and the statistics of the rows under the filters and of all rows.';

CREATE FUNCTION @extschema@.cross_filter_accum(state internal, failed_filters integer, left_out_filters integer[], crossed integer[], customer_id text, order_id text, amount numeric, review_rating numeric, subscribed boolean, discounted boolean, VARIADIC dimension_values "any") RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cross_filter_accum';
COMMENT ON FUNCTION @extschema@.cross_filter_accum(internal, integer, integer[], integer[], text, text, numeric, numeric, boolean, boolean, "any") IS
'Aggregate transition function of cross_filter.';

CREATE FUNCTION @extschema@.cross_filter_final(state internal) RETURNS @extschema@.cross_filter_group[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cross_filter_final';
COMMENT ON FUNCTION @extschema@.cross_filter_final(internal) IS
'Aggregate final function of cross_filter.';

CREATE AGGREGATE @extschema@.cross_filter(failed_filters integer, left_out_filters integer[], crossed integer[], customer_id text, order_id text, amount numeric, review_rating numeric, subscribed boolean, discounted boolean, VARIADIC dimension_values "any") (
	SFUNC = @extschema@.cross_filter_accum,
	STYPE = internal,
	FINALFUNC = @extschema@.cross_filter_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.cross_filter(integer, integer[], integer[], text, text, numeric, numeric, boolean, boolean, VARIADIC "any") IS
'All panels of a dashboard in one pass: the statistics of each value of each dimension, under all filters but those of the dimension itself, and of the whole. The dimensions are the last arguments, each a text or date, with a smallint after it if its values have a sort number. failed_filters has a bit for each filter that the row fails; left_out_filters has for each dimension the bits that it leaves out (usually its own); crossed are pairs of numbers of dimensions, counted from 1, that are counted together as one more dimension, whose bits follow in left_out_filters. Both must be the same in all rows. A customer or order counts once in each group; a row without an order id is an order of its own; a negative amount is a return. It keeps about 20 bytes of each row and 4 for each dimension until it ends, at most 1 GB. NULL without rows. Errors: too many rows or values (54000), dimensions of other types (42804), arrays that do not fit the dimensions (22023, 2202E), NULL arrays (22004), NaN or infinite amounts (22003).';

CREATE FUNCTION @extschema@.cross_filter_measures(stats @extschema@.cross_filter_stats, suffix text) RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT jsonb_build_object(
		'customers' || suffix, coalesce(stats.customers, 0),
		'purchases' || suffix, coalesce(stats.purchases, 0),
		'revenue' || suffix, coalesce(stats.revenue, 0),
		'average_amount' || suffix, (stats.purchase_amount / nullif(stats.priced_purchases, 0))::numeric(18,6),
		'average_rating' || suffix, (stats.rating_sum / nullif(stats.rated_purchases, 0))::numeric(18,6),
		'subscriber_share' || suffix, stats.subscribers::double precision / nullif(stats.subscription_known, 0),
		'discount_share' || suffix, stats.discounted_purchases::double precision / nullif(stats.discount_known, 0),
		'revenue_per_customer' || suffix, (stats.customer_revenue / nullif(stats.customers, 0))::numeric(18,6))
$$;
COMMENT ON FUNCTION @extschema@.cross_filter_measures(@extschema@.cross_filter_stats, text) IS
'The measures of a dashboard as kpi_total defines them, with the suffix added to their names.';

CREATE FUNCTION @extschema@.readable_marts() RETURNS jsonb
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(jsonb_agg(m.mart ORDER BY m.mart), '[]')
	FROM @extschema@.marts() m
	JOIN pg_namespace n ON n.nspname = m.mart
	JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'mart'
	WHERE has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
$$;
COMMENT ON FUNCTION @extschema@.readable_marts() IS
'The names of the marts that the caller may read.';

CREATE FUNCTION @extschema@.dashboard_filters(filters jsonb, dimensions jsonb) RETURNS jsonb
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
	-- one bit of an integer for each
	IF (SELECT count(*) FROM jsonb_object_keys(result)) > 31 THEN
		RAISE EXCEPTION 'there may be filters on at most 31 dimensions'
			USING ERRCODE = 'program_limit_exceeded';
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.dashboard_filters(jsonb, jsonb) IS
'The filters of mart_dashboard without those that let everything pass, checked against the dimensions of the mart. Errors: NULL (22004), not an object of arrays of strings, or no such dimension (22023), more than 31 (54000).';

CREATE FUNCTION @extschema@.mart_dashboard_dimensions(roles jsonb, dimensions jsonb) RETURNS jsonb
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('dimension', l.dimension,
				'label', upper(left(l.dimension, 1)) || replace(substr(l.dimension, 2), '_', ' '),
				'column', l.label, 'sort_column', l.sort_column,
				'description', coalesce(c.description, format('Dimension %s, from the source.', l.dimension)))
			ORDER BY l.position, l.dimension), '[]')
	FROM (
		-- as many as a function can have arguments
		SELECT d.*
		FROM @extschema@.mart_dimension_list(roles, dimensions) d
		ORDER BY d.position, d.dimension
		LIMIT 80
	) l
	LEFT JOIN @extschema@.mart_column c ON c.column_name = l.dimension
$$;
COMMENT ON FUNCTION @extschema@.mart_dashboard_dimensions(jsonb, jsonb) IS
'The dimensions that a dashboard of a mart has, in order, at most 80, with their columns in fact_purchase.';

CREATE FUNCTION @extschema@.mart_dashboard_crossed(dimensions jsonb) RETURNS integer[]
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
COMMENT ON FUNCTION @extschema@.mart_dashboard_crossed(jsonb) IS
'The numbers of the two dimensions that the heat map of a dashboard has: age group and category if the mart has them. Empty if there are no two.';

CREATE FUNCTION @extschema@.mart_dashboard_query(mart_schema regnamespace, dimensions jsonb, filters jsonb, trend jsonb, has_product boolean) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	WITH given AS (
		SELECT d.ordinality::integer AS number, d.item ->> 'column' AS label, d.item ->> 'sort_column' AS sort_column,
			filters -> (d.item ->> 'dimension') AS wanted, d.item ->> 'dimension' AS dimension
		FROM jsonb_array_elements(dimensions) WITH ORDINALITY AS d(item, ordinality)
	),
	filtered AS (
		SELECT g.number, g.label, g.wanted, 1 << (row_number() OVER (ORDER BY g.number) - 1)::integer AS bit
		FROM given g
		WHERE g.wanted IS NOT NULL
	),
	heat_map AS (
		SELECT @extschema@.mart_dashboard_crossed(dimensions) AS places
	),
	category AS (
		SELECT (SELECT g.number FROM given g WHERE g.dimension = 'category') AS place
	)
	SELECT format(E'SELECT %I.cross_filter(%s, ARRAY[%s]::integer[], ARRAY[%s]::integer[], f.customer_id::text, f.order_id::text, '
			'f.amount, f.review_rating, f.subscribed, f.discounted%s)\nFROM %I.fact_purchase f',
		@extschema@.extension_schema(),
		coalesce((SELECT string_agg(format('CASE WHEN f.%I COLLATE "C" = ANY (%L::text[])%s THEN 0 ELSE %s END', f.label,
				ARRAY(SELECT v.value FROM jsonb_array_elements_text(f.wanted) AS v(value) WHERE v.value IS NOT NULL)::text,
				CASE WHEN f.wanted @> '[null]' THEN format(' OR f.%I IS NULL', f.label) END, f.bit), ' + ' ORDER BY f.number)
			FROM filtered f), '0'),
		(SELECT string_agg(bits.bits::text, ', ' ORDER BY bits.number)
		FROM (
			SELECT g.number, coalesce(f.bit, 0) AS bits FROM given g LEFT JOIN filtered f ON f.number = g.number
			UNION ALL
			-- trend, product, then what is crossed: the heat map, and category with product
			SELECT 1001, 0 WHERE trend IS NOT NULL
			UNION ALL
			SELECT 1002, 0 WHERE has_product
			UNION ALL
			SELECT 1003, coalesce((SELECT sum(f.bit) FROM filtered f WHERE f.number = ANY (h.places)), 0)::integer
			FROM heat_map h WHERE h.places <> '{}'
			UNION ALL
			SELECT 1004, 0 FROM category c WHERE has_product AND c.place IS NOT NULL
		) bits),
		(SELECT string_agg(c.crossed::text, ', ' ORDER BY c.number, c.ordinality)
		FROM (
			SELECT 1, p.ordinality, p.crossed FROM heat_map h, unnest(h.places) WITH ORDINALITY AS p(crossed, ordinality)
			UNION ALL
			SELECT 2, p.ordinality, p.crossed
			FROM category c, unnest(ARRAY[c.place, jsonb_array_length(dimensions) + (trend IS NOT NULL)::integer + 1]) WITH ORDINALITY AS p(crossed, ordinality)
			WHERE has_product AND c.place IS NOT NULL
		) AS c(number, ordinality, crossed)),
		concat(
			(SELECT string_agg(format(', f.%I::text%s', g.label, CASE WHEN g.sort_column IS NOT NULL THEN format(', f.%I', g.sort_column) END), '' ORDER BY g.number)
			FROM given g),
			CASE WHEN trend IS NOT NULL THEN format(', date_trunc(%L, f.purchased_at)::date', trend ->> 'unit') END,
			CASE WHEN has_product THEN ', f.product::text' END),
		(SELECT n.nspname FROM pg_namespace n WHERE n.oid = mart_schema))
$$;
COMMENT ON FUNCTION @extschema@.mart_dashboard_query(regnamespace, jsonb, jsonb, jsonb, boolean) IS
'The query of mart_dashboard: cross_filter over fact_purchase. Its dimensions are those given, then the period of the trend, {"unit": ...}, and the product if there are such, then the heat map and category with product.';

CREATE FUNCTION @extschema@.mart_dashboard_views(mart text, page text) RETURNS jsonb
	LANGUAGE plpgsql STABLE STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	listed record;
	page_rows jsonb;
	views jsonb := '{}'::jsonb;
BEGIN
	FOR listed IN
		SELECT p.view_name, p.sort_columns
		FROM @extschema@.mart_page p
		JOIN pg_namespace n ON n.nspname = mart
		JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.view_name
		WHERE p.page = mart_dashboard_views.page
	LOOP
		EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(r)), ''[]'') FROM (SELECT * FROM %I.%I v ORDER BY %s LIMIT 5000) AS r',
				mart, listed.view_name,
				(SELECT string_agg(format('v.%I', s.sort_column), ', ' ORDER BY s.ordinality)
				FROM unnest(listed.sort_columns) WITH ORDINALITY AS s(sort_column, ordinality)))
			INTO page_rows;
		views := views || jsonb_build_object(listed.view_name, page_rows);
	END LOOP;
	RETURN views;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_dashboard_views(text, text) IS
'The rows of the views of a page, at most 5000 each, as {"view": [{"column": value, ...}, ...]}.';

CREATE FUNCTION @extschema@.mart_dashboard_definitions(mart text) RETURNS jsonb
	LANGUAGE sql STABLE STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('view', c.relname, 'description', obj_description(c.oid, 'pg_class'),
			'columns', (SELECT jsonb_agg(jsonb_build_object('column', a.attname, 'description', col_description(c.oid, a.attnum)) ORDER BY a.attnum)
				FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) ORDER BY c.relname), '[]')
	FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = mart AND c.relkind = 'v'
		AND c.relname IN (SELECT v.view_name FROM @extschema@.mart_view v)
$$;
COMMENT ON FUNCTION @extschema@.mart_dashboard_definitions(text) IS
'The COMMENTs of the views of a mart and of their columns.';

CREATE FUNCTION @extschema@.mart_trend_unit(mart text) RETURNS text
	LANGUAGE plpgsql STABLE STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	days double precision;
BEGIN
	EXECUTE format('SELECT extract(epoch FROM max(f.purchased_at) - min(f.purchased_at)) / 86400 FROM %I.fact_purchase f', mart)
		INTO days;
	RETURN CASE WHEN days <= 92 THEN 'day' WHEN days <= 366 * 10 THEN 'month' WHEN days IS NOT NULL THEN 'year' END;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_trend_unit(text) IS
'The periods that the trend of a mart is shown in: day for up to 92 days, month for up to ten years, else year; NULL without a purchase.';

CREATE FUNCTION @extschema@.mart_dashboard(mart text, filters jsonb DEFAULT '{}', page text DEFAULT 'overview') RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	mart_schema regnamespace;
	settings jsonb;
	roles jsonb;
	as_of timestamp;
	as_of_end timestamp;
	dimensions jsonb;
	checked jsonb;
	trend jsonb;
	trend_unit text;
	trend_step interval;
	has_product boolean;
	crossed integer[];
	-- the numbers that cross_filter gives to what follows the dimensions
	trend_number integer;
	product_number integer;
	heat_map_number integer;
	ranking_number integer;
	no_measures jsonb := @extschema@.cross_filter_measures(NULL, '') || @extschema@.cross_filter_measures(NULL, '_all');
	groups @extschema@.cross_filter_group[];
	result jsonb;
BEGIN
	IF mart IS NULL THEN
		RETURN jsonb_build_object('marts', @extschema@.readable_marts());
	END IF;
	PERFORM @extschema@.check_mart(mart);
	IF page IS NULL THEN
		RAISE EXCEPTION 'the page must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF NOT EXISTS (SELECT FROM @extschema@.mart_page p WHERE p.page = mart_dashboard.page) THEN
		RAISE EXCEPTION 'there is no page "%"', left(page, 100)
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The pages are: %s.', (SELECT string_agg(p.page, ', ' ORDER BY p.place)
					FROM (SELECT l.page, min(l.place) AS place FROM @extschema@.mart_page l GROUP BY l.page) p));
	END IF;
	SELECT n.oid INTO mart_schema FROM pg_namespace n WHERE n.nspname = mart;
	EXECUTE format('SELECT to_jsonb(m) FROM %I.mart m', mart) INTO STRICT settings;
	roles := settings -> 'roles';
	dimensions := @extschema@.mart_dashboard_dimensions(roles, settings -> 'dimensions');
	checked := @extschema@.dashboard_filters(filters, dimensions);
	crossed := @extschema@.mart_dashboard_crossed(dimensions);
	has_product := roles ? 'product';
	IF roles ? 'purchased_at' THEN
		EXECUTE format('SELECT a.as_of, a.as_of_end FROM %I.mart_as_of a', mart) INTO as_of, as_of_end;
		trend_unit := @extschema@.mart_trend_unit(mart);
		trend_step := ('1 ' || trend_unit)::interval;
		trend := CASE WHEN trend_unit IS NOT NULL THEN jsonb_build_object('unit', trend_unit) END;
	END IF;
	trend_number := jsonb_array_length(dimensions) + 1;
	product_number := trend_number + (trend IS NOT NULL)::integer;
	heat_map_number := product_number + has_product::integer;
	ranking_number := CASE WHEN roles ? 'category' THEN heat_map_number + (crossed <> '{}')::integer ELSE product_number END;
	EXECUTE @extschema@.mart_dashboard_query(mart_schema, dimensions, checked, trend, has_product) INTO groups;

	WITH figures AS MATERIALIZED (
		SELECT g.dimension, g.value, g.second_value, g.value_sort,
			@extschema@.cross_filter_measures(g.selected, '') || @extschema@.cross_filter_measures(g.whole, '_all') AS measures,
			(g.whole).revenue AS revenue_all, (g.selected).purchases AS purchases
		FROM unnest(groups) AS g
		-- products are shown with their category, where there is one
		WHERE NOT has_product OR g.dimension <> product_number OR product_number = ranking_number
	),
	listed AS (
		SELECT d.item, d.ordinality, f.value, f.value_sort, f.measures, w.selected, f.dimension IS NOT NULL AS found,
			row_number() OVER (PARTITION BY d.ordinality ORDER BY w.selected DESC, f.revenue_all DESC, f.value COLLATE "C") AS place
		FROM jsonb_array_elements(dimensions) WITH ORDINALITY AS d(item, ordinality)
		LEFT JOIN figures f ON f.dimension = d.ordinality
		CROSS JOIN LATERAL (
			SELECT coalesce(checked -> (d.item ->> 'dimension') @> coalesce(to_jsonb(f.value), 'null'), false) AS selected
		) w
	),
	breakdowns AS (
		SELECT l.item ->> 'dimension' AS dimension, l.ordinality,
			l.item - '{column,sort_column}'::text[] || jsonb_build_object('value_count', count(*) FILTER (WHERE l.found),
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
		WHERE has_product AND f.dimension = ranking_number
	)
	SELECT jsonb_build_object(
		'mart', mart, 'marts', @extschema@.readable_marts(), 'source', settings -> 'source',
		'dated', roles ? 'purchased_at', 'as_of', as_of, 'time_zone', settings -> 'time_zone',
		'amount_scale', settings -> 'amount_scale', 'extension_version', settings -> 'extension_version',
		'filters', checked, 'page', page,
		'kpi', coalesce((SELECT f.measures FROM figures f WHERE f.dimension = 0), no_measures),
		'dimensions', coalesce((SELECT jsonb_agg(b.item ORDER BY b.ordinality) FROM breakdowns b), '[]'),
		'breakdown', coalesce((SELECT jsonb_object_agg(b.dimension, b.items) FROM breakdowns b), '{}'),
		'trend', CASE WHEN trend_unit IS NOT NULL THEN jsonb_build_object('unit', trend_unit, 'points',
			(SELECT jsonb_agg(jsonb_build_object('period', p.period::date, 'complete', p.period + trend_step <= as_of_end)
				|| coalesce(f.measures, no_measures) ORDER BY p.period)
			FROM (SELECT min(f.value::date)::timestamp AS first_period FROM figures f WHERE f.dimension = trend_number) AS range
			CROSS JOIN LATERAL generate_series(range.first_period, as_of, trend_step) AS p(period)
			LEFT JOIN figures f ON f.dimension = trend_number AND f.value::date = p.period::date)) END,
		'heat_map', CASE WHEN crossed <> '{}' THEN jsonb_build_object(
			'row_dimension', dimensions -> (crossed[1] - 1) ->> 'dimension',
			'column_dimension', dimensions -> (crossed[2] - 1) ->> 'dimension',
			'cells', coalesce((SELECT jsonb_agg(jsonb_build_object('row', f.value, 'column', f.second_value) || f.measures
					ORDER BY r.value_sort, f.value COLLATE "C", c.value_sort, f.second_value COLLATE "C")
				FROM figures f
				LEFT JOIN figures r ON r.dimension = crossed[1] AND r.value = f.value
				LEFT JOIN figures c ON c.dimension = crossed[2] AND c.value = f.second_value
				WHERE f.dimension = heat_map_number), '[]')) END,
		'products', CASE WHEN has_product THEN
			coalesce((SELECT jsonb_agg(jsonb_build_object('category', CASE WHEN roles ? 'category' THEN p.value END,
					'product', CASE WHEN roles ? 'category' THEN p.second_value ELSE p.value END) || p.measures ORDER BY p.place)
				FROM products p WHERE p.place <= 100), '[]') END)
	INTO result;

	IF page <> 'overview' THEN
		result := result || jsonb_build_object(
			'views', @extschema@.mart_dashboard_views(mart, page),
			'missing', coalesce((SELECT jsonb_object_agg(l.key, l.value) FROM jsonb_each(settings -> 'views_left_out') l
				WHERE l.key IN (SELECT p.view_name FROM @extschema@.mart_page p WHERE p.page = mart_dashboard.page)), '{}'));
	END IF;
	IF page = 'about' THEN
		result := result || jsonb_build_object(
			'definitions', @extschema@.mart_dashboard_definitions(mart),
			'settings', settings - '{one_row,segment_scheme}'::text[]);
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_dashboard(text, jsonb, text) IS
'All that a dashboard of a mart shows, as one object; docs/dashboard.md describes it. kpi has the measures under all filters; breakdown has them for each value of each dimension under all filters but its own, products and trend under all, heat_map under all but those of its two dimensions; beside each measure stands that of the whole mart, as <measure>_all. filters is an object with an array of wanted values for each dimension, {"gender": ["Female"]}; null stands for rows without a value, an empty array is no filter, and a value that does not occur selects nothing. page is overview, or customers, products or about, which add rows of views of the whole mart. A NULL mart gives {"marts": [...]}, those that the caller may read. It reads the mart with the rights of the caller, and writes nothing. Errors: no such mart (3F000), no right to read it (42501), NULL filters or page (22004), no such dimension or page, or filters that are no arrays of strings (22023).';
