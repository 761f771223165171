-- mart customer: the relation of one row per customer that the views of a mart read

-- What views compute of as_of and of dimensions. The bodies are parsed once, so they are inlined, and no search_path matters.

CREATE FUNCTION @extschema@.pt_as_of_orders(as_of timestamp) RETURNS timestamp
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN least(as_of + interval '1 millisecond',
		date_trunc('day', as_of) + interval '1 day' - interval '1 microsecond');
COMMENT ON FUNCTION @extschema@.pt_as_of_orders(timestamp) IS
'as_of a millisecond later, on the same day: orders of one customer at one time are kept microseconds apart in his history.';

CREATE FUNCTION @extschema@.pt_as_of_end(as_of timestamp, whole_days boolean) RETURNS timestamp
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE WHEN whole_days THEN date_trunc('day', as_of) + interval '1 day'
		ELSE date_trunc('second', as_of) + interval '1 second' END;
COMMENT ON FUNCTION @extschema@.pt_as_of_end(timestamp, boolean) IS
'End of what as_of covers: of its day where all times of a mart are whole days, else of its second. A period that ends by then is complete.';

CREATE FUNCTION @extschema@.pt_dimension_number(dimension_names text[], dimension text) RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN coalesce(array_position(dimension_names, dimension), 0);
COMMENT ON FUNCTION @extschema@.pt_dimension_number(text[], text) IS
'Number of a dimension among those of the lines of a mart, from 1; 0 if there is none of the name. It is its element in a cube_plan.';

CREATE FUNCTION @extschema@.pt_dimension_elements(roles jsonb, dimensions jsonb, dimension_names text[]) RETURNS TABLE (dimension text, element integer, place bigint)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT l.dimension,
		CASE l.dimension WHEN 'discounted' THEN -8 WHEN 'subscribed' THEN -9
			ELSE @extschema@.pt_dimension_number(dimension_names, l.dimension) END,
		row_number() OVER (ORDER BY l.position, l.dimension COLLATE "C")
	FROM @extschema@.pt_mart_dimension_list(roles, dimensions) l
$$;
COMMENT ON FUNCTION @extschema@.pt_dimension_elements(jsonb, jsonb, text[]) IS
'The dimensions that breakdown and dashboards show, each with its element in a cube_plan and its place.';

CREATE FUNCTION @extschema@.pt_dimension_value_sort(dimension text, value text) RETURNS smallint
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN CASE dimension
		WHEN 'season' THEN CASE lower(value)
			WHEN 'spring' THEN 1 WHEN 'summer' THEN 2 WHEN 'fall' THEN 3 WHEN 'autumn' THEN 3
			WHEN 'winter' THEN 4 END::smallint
		WHEN 'size' THEN CASE upper(value)
			WHEN 'XXS' THEN 1 WHEN 'XS' THEN 2 WHEN 'S' THEN 3 WHEN 'M' THEN 4 WHEN 'L' THEN 5
			WHEN 'XL' THEN 6 WHEN 'XXL' THEN 7 WHEN 'XXXL' THEN 8 END::smallint
		WHEN 'purchase_frequency' THEN @extschema@.purchase_frequency_sort(@extschema@.parse_frequency(value))
		END;
COMMENT ON FUNCTION @extschema@.pt_dimension_value_sort(text, text) IS
'Number to sort a value of a dimension by, where its order is not that of the alphabet: seasons, sizes and purchase frequencies. Age groups and loyalty tiers have theirs in dimension_value.';

-- The relation ----------------------------------------------------------------

CREATE FUNCTION @extschema@.pt_mart_setting_expression(setting text, joined boolean) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format(CASE WHEN joined THEN 'm.%I' ELSE '(SELECT m.%I FROM mart m)' END, setting)
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_setting_expression(text, boolean) IS
'SQL for a setting of a mart: a subquery, or a column of the settings m if these are joined.';

CREATE FUNCTION @extschema@.pt_mart_dimension_expression(dimension text, joined boolean) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE dimension
		WHEN 'age_group' THEN format('@extschema@.age_bucket(p.age::double precision, %s, %s)',
			@extschema@.pt_mart_setting_expression('age_cuts', joined), @extschema@.pt_mart_setting_expression('age_labels', joined))
		WHEN 'loyalty_tier' THEN format('@extschema@.loyalty_tier(p.previous_purchases::bigint, %s, %s)',
			@extschema@.pt_mart_setting_expression('loyalty_edges', joined), @extschema@.pt_mart_setting_expression('loyalty_labels', joined))
		WHEN 'purchase_frequency' THEN '@extschema@.purchase_frequency_label(p.purchase_frequency_days)'
		ELSE format('p.%I', dimension) END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dimension_expression(text, boolean) IS
'SQL for the value of a dimension in a row p of purchases, with the settings as pt_mart_setting_expression has them.';

CREATE FUNCTION @extschema@.pt_customer_dimension_values(settings @extschema@.mart_settings, joined boolean) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(string_agg(@extschema@.pt_mart_dimension_expression(d.dimension, joined), E',\n\t\t\t' ORDER BY d.number), '')
	FROM unnest((settings).dimension_names) WITH ORDINALITY AS d(dimension, number)
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_dimension_values(@extschema@.mart_settings, boolean) IS
'SQL for the values of all dimensions of the lines in a row p of purchases, as the elements of an array.';

CREATE FUNCTION @extschema@.pt_customer_order_type(settings @extschema@.mart_settings) RETURNS regtype
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN (settings).roles ? 'order_id' THEN
		CASE WHEN @extschema@.pt_base_type(@extschema@.pt_source_expression_type(settings, (settings).roles ->> 'order_id', 'order_id'::text))
			= ANY ('{int2,int4,int8}'::regtype[]) THEN 'bigint'::regtype ELSE 'text'::regtype END END
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_order_type(@extschema@.mart_settings) IS
'Type in which the order ids of a mart are given to aggregates: bigint or text; NULL if it has none.';

CREATE FUNCTION @extschema@.pt_mart_key(settings @extschema@.mart_settings, role_name text) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- a hash of 64 bits: among a hundred million ids two have the same one in one of four thousand marts
	SELECT CASE WHEN (settings).roles ? role_name AND @extschema@.pt_base_type(@extschema@.pt_source_expression_type(settings, (settings).roles ->> role_name, role_name))
			= ANY ('{int2,int4,int8}'::regtype[])
		THEN format('%I::bigint', role_name) ELSE format('hashtextextended(%I, 0::bigint)', role_name) END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_key(@extschema@.mart_settings, text) IS
'A whole number for the column customer_id or order_id of purchases: the id itself, or a hash of a text. BI tools join by whole numbers faster than by texts, and take texts that differ in case as the same.';

CREATE FUNCTION @extschema@.pt_customer_order_argument(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce('p.order_id::' || @extschema@.pt_customer_order_type(settings)::text || ', ', '')
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_order_argument(@extschema@.mart_settings) IS
'The first argument of purchase_history and purchase_lines: the order id. Empty in a mart without order ids, where lines of one customer at one time are one order.';

CREATE FUNCTION @extschema@.pt_customer_order_hash(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- no order is cut into two; a row without an order id is an order of its own
	SELECT CASE @extschema@.pt_customer_order_type(settings)
		WHEN 'text'::regtype THEN 'coalesce(hashtext(p.order_id COLLATE "C"), hash_numeric(p.amount), 0)'
		WHEN 'bigint'::regtype THEN 'coalesce(hashint8(p.order_id::bigint), hash_numeric(p.amount), 0)'
		ELSE CASE WHEN (settings).roles ? 'purchased_at' THEN 'timestamp_hash(p.purchased_at)' ELSE 'coalesce(hash_numeric(p.amount), 0)' END END
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_order_hash(@extschema@.mart_settings) IS
'A hash of the order of a row p of purchases: rows without a customer are kept in parts by it, so that no value grows without bounds.';

CREATE FUNCTION @extschema@.pt_number_new_values(mart text, settings @extschema@.mart_settings, rows_from text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	d record;
	-- Values beyond stand in the lines as text.
	max_values CONSTANT integer := 100000;
BEGIN
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	FOR d IN
		SELECT n.dimension, n.number
		FROM unnest(settings.dimension_names) WITH ORDINALITY AS n(dimension, number)
		WHERE n.dimension NOT IN ('age_group', 'loyalty_tier')
	LOOP
		-- values that are often have low numbers, which take few bits
		EXECUTE format('INSERT INTO dimension_value (dimension, dimension_number, code, value, value_sort) '
			'SELECT $1, $2, b.next + row_number() OVER (ORDER BY g.n DESC, g.value COLLATE "C") - 1, g.value, @extschema@.pt_dimension_value_sort($1, g.value) '
			'FROM (SELECT x.value, count(*) AS n FROM (SELECT (%s) COLLATE "C" AS value FROM %s) x '
			'WHERE x.value IS NOT NULL GROUP BY x.value) g '
			'CROSS JOIN (SELECT coalesce(max(v.code) + 1, 0) AS next FROM dimension_value v WHERE v.dimension_number = $2) b '
			'WHERE NOT EXISTS (SELECT FROM dimension_value v WHERE v.dimension_number = $2 AND v.value = g.value COLLATE "C") '
			'ORDER BY g.n DESC, g.value COLLATE "C" '
			'LIMIT greatest(0, $3 - (SELECT count(*) FROM dimension_value v WHERE v.dimension_number = $2))',
			@extschema@.pt_mart_dimension_expression(d.dimension, false), rows_from)
			USING d.dimension, d.number::smallint, max_values;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_number_new_values(text, @extschema@.mart_settings, text) IS
'Gives numbers to those values of dimensions, in some rows p of purchases, that have none: beyond the ones that are there, up to 100,000 of each dimension.';

CREATE FUNCTION @extschema@.pt_fill_mart_dimensions(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
BEGIN
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_mart_settings(mart) s;
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	EXECUTE format('DELETE FROM %I.dimension_value', mart);
	-- what is known without a look at the source
	EXECUTE format('INSERT INTO %I.dimension_value (dimension, dimension_number, code, value, value_sort) '
			'SELECT f.dimension, f.number, l.code, l.value, NULL '
			'FROM (VALUES (''discounted'', -8), (''subscribed'', -9)) AS f(dimension, number) '
			'CROSS JOIN (VALUES (0, ''No''), (1, ''Yes'')) AS l(code, value) '
			'WHERE ($1).roles ? f.dimension '
			'UNION ALL '
			'SELECT n.dimension, n.number, l.number - 1, l.label, l.number '
			'FROM unnest(($1).dimension_names) WITH ORDINALITY AS n(dimension, number) '
			'CROSS JOIN LATERAL unnest(CASE n.dimension WHEN ''age_group'' THEN ($1).age_labels WHEN ''loyalty_tier'' THEN ($1).loyalty_labels END) '
			'WITH ORDINALITY AS l(label, number)', mart)
		USING settings;
	-- A mart whose readers may not see all rows tells none of their values.
	IF (settings).security_invoker THEN
		RETURN;
	END IF;
	PERFORM @extschema@.pt_number_new_values(mart, settings, 'purchases p');
END
$$;
COMMENT ON FUNCTION @extschema@.pt_fill_mart_dimensions(text) IS
'Gives numbers to the values of the dimensions of a mart, at most 100,000 of each: those that are often have the lowest. A mart with security_invoker gets those of age groups, tiers and flags only, so that it tells nothing of rows that a reader may not see. Called by create_mart and upgrade_mart.';
