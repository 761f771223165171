-- customers: the customers and the purchases behind the numbers of a dashboard, sorted and in pages

CREATE FUNCTION @extschema@.pt_check_list(search text, max_rows integer, skip_rows integer) RETURNS void
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF max_rows IS NULL OR skip_rows IS NULL THEN
		RAISE EXCEPTION 'max_rows and skip_rows must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF max_rows NOT BETWEEN 1 AND 1000 THEN
		RAISE EXCEPTION 'max_rows must be from 1 to 1000, not %', max_rows
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Ask for further rows by skip_rows.';
	END IF;
	IF skip_rows < 0 THEN
		RAISE EXCEPTION 'skip_rows must not be below zero'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF length(search) > 200 THEN
		RAISE EXCEPTION 'what is searched for may have at most 200 characters'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_list(text, integer, integer) IS
'Errors of a page of mart_customers or mart_purchases: NULL (22004), max_rows not from 1 to 1000, skip_rows below zero, a search of more than 200 characters (22023).';

CREATE FUNCTION @extschema@.pt_check_sort(sort text, columns text[]) RETURNS void
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF sort <> ALL (columns) THEN
		RAISE EXCEPTION 'there is no column "%" to sort by', left(sort, 100)
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The columns are: %s.', array_to_string(columns, ', '));
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_sort(text, text[]) IS
'Errors if a list has no such column to sort by (22023).';

CREATE FUNCTION @extschema@.pt_list_condition(expression text, wanted jsonb) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('(%1$s COLLATE "C" = ANY (%2$L::text[])%3$s)', expression,
		ARRAY(SELECT v.value FROM jsonb_array_elements_text(wanted) AS v(value) WHERE v.value IS NOT NULL),
		CASE WHEN wanted @> '[null]' THEN format(' OR %s IS NULL', expression) ELSE '' END)
$$;
COMMENT ON FUNCTION @extschema@.pt_list_condition(text, jsonb) IS
'SQL of whether an expression of ours (a text) is one of the values of an array; null stands for no value.';

CREATE FUNCTION @extschema@.pt_list_order(sort text, descending boolean, key text) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN sort = key THEN '' ELSE format('l.%I %s NULLS LAST, ', sort, CASE WHEN descending THEN 'DESC' ELSE 'ASC' END) END
		|| format('l.%I %s', key, CASE WHEN sort = key AND descending THEN 'DESC' ELSE 'ASC' END)
$$;
COMMENT ON FUNCTION @extschema@.pt_list_order(text, boolean, text) IS
'SQL of the order of a list l, what is not known last; equal ones by the key.';

CREATE FUNCTION @extschema@.pt_list_columns(columns text[]) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- numbers of JSON may lose digits in what reads them; identifiers must not
	SELECT string_agg(CASE WHEN c.name IN ('customer_id', 'order_id') THEN format('l.%1$I::text AS %1$I', c.name) ELSE format('l.%I', c.name) END, ', ' ORDER BY c.place)
	FROM unnest(columns) WITH ORDINALITY AS c(name, place)
$$;
COMMENT ON FUNCTION @extschema@.pt_list_columns(text[]) IS
'SQL of the columns of a list l; those of identifiers are texts.';

CREATE FUNCTION @extschema@.pt_customer_columns(dated boolean) RETURNS text[]
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN dated
		THEN '{customer_id,rfm_segment,spend_tier,loyalty_tier,first_purchase,last_purchase,recency_days,next_expected_purchase,days_late,late,purchases,revenue,average_amount,probability_alive,lifetime_value_365_days}'::text[]
		ELSE '{customer_id,spend_tier,loyalty_tier,purchase_frequency,gender,age,location,purchases,revenue,average_amount,average_rating}'::text[] END
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_columns(boolean) IS
'The columns of dim_customer that mart_customers has, in a mart with times or without.';

CREATE FUNCTION @extschema@.pt_chosen_customers(chosen jsonb, dated boolean) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	keys constant text[] := CASE WHEN dated THEN '{customer_id,rfm_segment,spend_tier,loyalty_tier,age_group,late,high_value,cohort_month,active_month}'::text[]
		ELSE '{customer_id,spend_tier,loyalty_tier,purchase_frequency,age_group,high_value}'::text[] END;
	item record;
	month date;
	result text := 'true';
BEGIN
	IF chosen IS NULL THEN
		RAISE EXCEPTION 'chosen must not be NULL'
			USING ERRCODE = 'null_value_not_allowed',
				HINT = '''{}'' chooses all customers.';
	END IF;
	IF jsonb_typeof(chosen) <> 'object' THEN
		RAISE EXCEPTION 'chosen must be an object, not %', jsonb_typeof(chosen)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'For example {"rfm_segment": ["Champions"]}.';
	END IF;
	FOR item IN SELECT c.key, c.value FROM jsonb_each(chosen) c LOOP
		IF item.key <> ALL (keys) THEN
			RAISE EXCEPTION 'customers cannot be chosen by "%"', left(item.key, 100)
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = format('They can by: %s.', array_to_string(keys, ', '));
		END IF;
		IF jsonb_typeof(item.value) <> 'array' OR EXISTS (SELECT FROM jsonb_array_elements(CASE jsonb_typeof(item.value) WHEN 'array' THEN item.value ELSE '[]' END) v
				WHERE jsonb_typeof(v) NOT IN ('string', 'null')) THEN
			RAISE EXCEPTION '"%" of chosen must be an array of strings or null', item.key
				USING ERRCODE = 'invalid_parameter_value';
		END IF;
		CONTINUE WHEN item.value = '[]';
		IF item.key IN ('cohort_month', 'active_month') THEN
			IF jsonb_array_length(item.value) <> 1 OR item.value = '[null]' THEN
				RAISE EXCEPTION '"%" of chosen must have one month', item.key
					USING ERRCODE = 'invalid_parameter_value';
			END IF;
			month := date_trunc('month', @extschema@.pt_dashboard_day(jsonb_build_object(item.key, item.value -> 0), item.key)::timestamp)::date;
			result := result || CASE item.key
				WHEN 'cohort_month' THEN format(' AND l.first_purchase >= %1$L::date AND l.first_purchase < %1$L::date + interval ''1 month''', month)
				ELSE format(' AND l.customer_id IN (SELECT c.customer_id FROM customer c WHERE @extschema@.order_count(@extschema@.history_between(c.history, %1$L::timestamp, %1$L::timestamp + interval ''1 month'')) > 0)', month) END;
		ELSE
			result := result || ' AND ' || @extschema@.pt_list_condition(CASE WHEN item.key IN ('late', 'high_value') THEN format('l.%I', item.key || '_label') ELSE format('l.%I::text', item.key) END, item.value);
		END IF;
	END LOOP;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_chosen_customers(jsonb, boolean) IS
'SQL of whether a row l of dim_customer is chosen as mart_customers takes it. Errors: NULL (22004), no object, no such key, or no array of strings (22023), no month (22007).';

CREATE FUNCTION @extschema@.mart_customers(mart text, filters jsonb DEFAULT '{}', chosen jsonb DEFAULT '{}', search text DEFAULT NULL, sort text DEFAULT 'revenue',
	descending boolean DEFAULT true, max_rows integer DEFAULT 50, skip_rows integer DEFAULT 0, period jsonb DEFAULT NULL) RETURNS jsonb
	LANGUAGE C STABLE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner_or_caller';
COMMENT ON FUNCTION @extschema@.mart_customers(text, jsonb, jsonb, text, text, boolean, integer, integer, jsonb) IS
'Customers of a mart in pages: an object with columns (names), rows (objects, as dim_customer has them; customer_id is a text), total (how many there are in all), sort and descending. filters and period are those of mart_dashboard: customers who have a line that passes, with all that they bought, seen from the end of the period. chosen narrows them by what dim_customer says of them, an object with an array of wanted values for each of rfm_segment, spend_tier, loyalty_tier, purchase_frequency, age_group, customer_id, late and high_value (Yes, No), and with one month for each of cohort_month (of the first order) and active_month (with an order in it); null stands for no value, an empty array is no choice. search is a part of the customer''s id, whatever the case. sort is one of the columns; what is not known comes last, equal ones by id. max_rows is from 1 to 1000, skip_rows how many come before them. Rows without a customer are left out. Errors: those of mart_dashboard (period and filters), NULL filters, chosen, sort, descending, max_rows or skip_rows (22004), no such column or key, max_rows or skip_rows out of range, or a search of more than 200 characters (22023).';

CREATE FUNCTION @extschema@.pt_mart_customers_as_owner(mart text, filters jsonb, chosen jsonb, search text, sort text, descending boolean, max_rows integer, skip_rows integer, period jsonb) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	SET extra_float_digits = 1
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	dated boolean;
	dimensions jsonb;
	checked jsonb;
	days jsonb;
	columns text[];
	condition text;
	values_too text[];
	result jsonb;
BEGIN
	PERFORM @extschema@.pt_check_list(search, max_rows, skip_rows);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_read_mart_settings(mart) s;
	dated := settings.roles ? 'purchased_at';
	columns := @extschema@.pt_customer_columns(dated);
	values_too := CASE WHEN dated THEN '{history}'::text[] ELSE '{}'::text[] END;
	IF sort IS NULL OR descending IS NULL THEN
		RAISE EXCEPTION 'sort and descending must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	PERFORM @extschema@.pt_check_sort(sort, columns);
	dimensions := @extschema@.pt_mart_dashboard_dimensions(settings);
	checked := @extschema@.pt_dashboard_filters(filters, dimensions);
	days := @extschema@.pt_dashboard_checked_period(mart, period, dated);
	condition := @extschema@.pt_chosen_customers(chosen, dated) || ' AND l.customer_id IS NOT NULL'
		|| CASE WHEN search <> '' THEN format(' AND position(lower(%L::text) IN lower(l.customer_id::text)) > 0', search) ELSE '' END;
	SELECT a.answer INTO STRICT result
	FROM @extschema@.pt_dashboard_answer(mart, 'WITH ' || @extschema@.pt_dashboard_base(mart, settings, values_too, days IS NOT NULL)
		|| @extschema@.pt_dashboard_selection(settings, values_too, @extschema@.pt_dashboard_plan(mart, dimensions, checked, 'ARRAY[[0,0]]::integer[]', '{""}'::text[]),
			checked <> '{}', NULL::text, false, false, NULL::text)
		|| @extschema@.pt_dashboard_ctes(settings, '{dim_customer}'::text[], checked <> '{}', false,
			-- thresholds of all customers are kept
			CASE WHEN settings.mode = 'kept' AND checked = '{}' AND days IS NULL THEN mart END)
		|| format(E'\nSELECT jsonb_build_object(''total'', (SELECT count(*) FROM dim_customer l WHERE %1$s), ''rows'', coalesce((SELECT jsonb_agg(to_jsonb(r)) FROM (SELECT %2$s FROM dim_customer l WHERE %1$s ORDER BY %3$s LIMIT %4$s OFFSET %5$s) r), ''[]''))',
			condition, @extschema@.pt_list_columns(columns),
			@extschema@.pt_list_order(sort, descending, 'customer_id'), max_rows, skip_rows),
		NULL::jsonb, NULL::jsonb, NULL::integer, NULL::integer, NULL::integer, NULL::integer[], NULL::boolean, days) AS a(answer);
	RETURN result || jsonb_build_object('mart', mart, 'columns', columns, 'sort', sort, 'descending', descending);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_customers_as_owner(text, jsonb, jsonb, text, text, boolean, integer, integer, jsonb) IS
'What mart_customers returns; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.mart_purchases(mart text, filters jsonb DEFAULT '{}', customer text DEFAULT NULL, product text DEFAULT NULL, sort text DEFAULT NULL,
	descending boolean DEFAULT true, max_rows integer DEFAULT 50, skip_rows integer DEFAULT 0, period jsonb DEFAULT NULL) RETURNS jsonb
	LANGUAGE C STABLE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner_or_caller';
COMMENT ON FUNCTION @extschema@.mart_purchases(text, jsonb, text, text, text, boolean, integer, integer, jsonb) IS
'Rows of fact_purchase in pages: an object with columns (names), rows (objects; customer_id and order_id are texts), total (how many there are in all), revenue (the sum of their amounts), sort and descending. filters and period are those of mart_dashboard; customer and product, if given, are values of customer_id and product. sort is one of the columns (NULL: purchased_at, or amount in a mart without times), what is not known comes last; max_rows is from 1 to 1000, skip_rows how many come before them. In a mart with times loyalty_tier is no dimension of rows. Errors: those of mart_dashboard (filters, period), NULL filters, descending, max_rows or skip_rows (22004), no such column, max_rows or skip_rows out of range (22023).';

CREATE FUNCTION @extschema@.pt_mart_purchases_as_owner(mart text, filters jsonb, customer text, product text, sort text, descending boolean, max_rows integer, skip_rows integer, period jsonb) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	SET extra_float_digits = 1
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	dated boolean;
	checked jsonb;
	days jsonb;
	columns text[];
	by_column text := sort;
	condition text := 'true';
	statement text;
	result jsonb;
BEGIN
	PERFORM @extschema@.pt_check_list(NULL::text, max_rows, skip_rows);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_read_mart_settings(mart) s;
	dated := settings.roles ? 'purchased_at';
	IF descending IS NULL THEN
		RAISE EXCEPTION 'descending must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	SELECT array_agg(c.name ORDER BY c.place) INTO columns
	FROM (
		SELECT v.name, v.place::numeric
		FROM unnest('{purchased_at,customer_id,order_id,product,category,quantity,amount,cost,review_rating}'::text[]) WITH ORDINALITY AS v(name, place)
		WHERE settings.roles ? v.name
		UNION ALL
		SELECT l.label, 100 + row_number() OVER (ORDER BY l.position, l.label)
		FROM @extschema@.pt_mart_dimension_list(settings.roles, settings.dimensions) l
		WHERE l.label NOT IN ('category')
	) c;
	by_column := coalesce(sort, CASE WHEN dated THEN 'purchased_at' ELSE 'amount' END);
	PERFORM @extschema@.pt_check_sort(by_column, columns);
	checked := @extschema@.pt_dashboard_filters(filters, @extschema@.pt_mart_dashboard_dimensions(settings));
	days := @extschema@.pt_dashboard_checked_period(mart, period, dated);
	SELECT coalesce(string_agg(@extschema@.pt_list_condition(format('l.%I::text', d.label), f.value), ' AND '), 'true') INTO condition
	FROM jsonb_each(checked) f
	JOIN @extschema@.pt_mart_dimension_list(settings.roles, settings.dimensions) d ON d.dimension = f.key;
	condition := condition
		|| CASE WHEN customer IS NULL THEN ''
			-- an index of the source can find numbers as numbers
			WHEN customer ~ '^(0|-?[1-9][0-9]{0,17})$' AND (
					SELECT a.atttypid = ANY ('{int2,int4,int8}'::regtype[]) FROM pg_attribute a
					WHERE a.attrelid = to_regclass(format('%I.fact_purchase', mart)) AND a.attname = 'customer_id')
				THEN format(' AND l.customer_id = %L::bigint', customer)
			ELSE format(' AND l.customer_id::text = %L', customer) END
		|| CASE WHEN product IS NOT NULL AND settings.roles ? 'product' THEN format(' AND l.product::text = %L', product) ELSE '' END
		|| CASE WHEN days IS NOT NULL THEN ' AND l.purchased_at >= (SELECT p.from_time FROM period p) AND l.purchased_at < (SELECT p.until_time FROM period p)' ELSE '' END;
	statement := CASE WHEN days IS NULL THEN '' ELSE format(E'WITH period AS MATERIALIZED (\n'
		'\tSELECT p.* FROM (SELECT * FROM %I.mart WHERE one_row) m\n'
		'\tCROSS JOIN (SELECT min(f.purchased_at) AS first_at, max(f.purchased_at) AS last_at, bool_and(f.purchased_at = date_trunc(''day'', f.purchased_at)) AS whole_days FROM fact_purchase f) r\n'
		'\tCROSS JOIN LATERAL @extschema@.pt_dashboard_period($8, coalesce(m.as_of, r.last_at), r.first_at, r.whole_days) p)\n', mart) END
		|| format('SELECT jsonb_build_object(''total'', t.total, ''revenue'', coalesce(t.revenue, 0), ''rows'', coalesce((SELECT jsonb_agg(to_jsonb(r)) FROM (SELECT %1$s FROM fact_purchase l WHERE %2$s ORDER BY %3$s, %4$s LIMIT %5$s OFFSET %6$s) r), ''[]''))'
		' FROM (SELECT count(*) AS total, sum(l.amount) AS revenue FROM fact_purchase l WHERE %2$s) t',
		@extschema@.pt_list_columns(columns),
		condition, @extschema@.pt_list_order(by_column, descending, 'customer_id'),
		-- rows that are equal in these are told apart by nothing that is seen
		(SELECT string_agg(format('l.%I', c), ', ') FROM unnest(columns) c WHERE c <> by_column), max_rows, skip_rows);
	SELECT a.answer INTO STRICT result FROM @extschema@.pt_dashboard_answer(mart, statement, NULL::jsonb, NULL::jsonb, NULL::integer, NULL::integer, NULL::integer, NULL::integer[], NULL::boolean, days) AS a(answer);
	RETURN result || jsonb_build_object('mart', mart, 'columns', columns, 'sort', by_column, 'descending', descending);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_purchases_as_owner(text, jsonb, text, text, text, boolean, integer, integer, jsonb) IS
'What mart_purchases returns; it is called by it, and not by people.';
