-- mart views: making the views of a mart

CREATE FUNCTION @extschema@.pt_mart_view_options(security_invoker boolean) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN security_invoker THEN ' WITH (security_invoker = true)' ELSE '' END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_view_options(boolean) IS
'The options of a mart''s views, as CREATE VIEW takes them.';

CREATE FUNCTION @extschema@.pt_mart_view_part(part text, settings @extschema@.mart_settings) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	CASE part
		WHEN 'source' THEN
			RETURN @extschema@.pt_relation_name(settings.source);
		WHEN 'row_condition' THEN
			RETURN CASE WHEN settings.row_filter IS NULL THEN 'true' ELSE format(E'(%s\n)', settings.row_filter) END;
		WHEN 'source_row' THEN
			-- as a whole: columns that the mart does not use can be dropped
			RETURN (SELECT format('(%I.*)::%s', c.relname, @extschema@.pt_relation_name(settings.source)) FROM pg_class c WHERE c.oid = settings.source);
		WHEN 'purchase_columns' THEN
			RETURN @extschema@.pt_mart_purchase_columns(settings);
		WHEN 'unread_values' THEN
			RETURN coalesce(@extschema@.pt_mart_unread_values(settings), '(NULL::text, NULL::text, NULL::text)');
		WHEN 'has_unread' THEN
			RETURN coalesce((SELECT string_agg(format('(%s)', c.condition), ' OR ' ORDER BY c.sort, c.role_name, c.reason)
				FROM @extschema@.pt_mart_unread_conditions(settings) c), 'false');
		WHEN 'dimension_rows' THEN
			RETURN coalesce(@extschema@.pt_mart_dimension_rows(settings), '(NULL::text, NULL::text, NULL::smallint)');
		WHEN 'order_argument' THEN
			RETURN @extschema@.pt_customer_order_argument(settings);
		WHEN 'customer_key' THEN
			RETURN @extschema@.pt_mart_key(settings, 'customer_id'::text);
		WHEN 'order_key' THEN
			RETURN @extschema@.pt_mart_key(settings, 'order_id'::text);
		WHEN 'order_hash' THEN
			RETURN @extschema@.pt_customer_order_hash(settings);
		WHEN 'dimension_values' THEN
			RETURN @extschema@.pt_customer_dimension_values(settings, false);
		WHEN 'joined_dimension_values' THEN
			RETURN @extschema@.pt_customer_dimension_values(settings, true);
		WHEN 'dimension_codes' THEN
			-- HAVING: where nobody asks for the numbers, an aggregation that is left without an aggregate is not parallel, and so is no plan around it
			RETURN '(SELECT @extschema@.dimension_codes(v.dimension_number::integer, v.code, v.value) FROM dimension_value v WHERE v.dimension_number > 0 HAVING count(*) >= 0)';
		WHEN 'customer_column' THEN
			RETURN @extschema@.pt_mart_role_cast(settings, 'customer_id'::text);
		WHEN 'quality_rows' THEN
			RETURN 'purchases';
		WHEN 'quality_source' THEN
			RETURN 'source_row';
		WHEN 'quality_unread' THEN
			RETURN 'unread_value';
		WHEN 'quality_parts' THEN
			RETURN 'parts';
		WHEN 'quality_checks' THEN
			RETURN 'checks';
		WHEN 'quality_days' THEN
			RETURN 'SELECT p.purchased_at::date AS day, count(*) AS n FROM purchases p WHERE @extschema@.pt_is_mart_time(p.purchased_at) GROUP BY 1';
		WHEN 'quality_focus', 'quality_kept', 'quality_sum', 'quality_choice' THEN
			RETURN '';
		WHEN 'once' THEN
			RETURN CASE settings.mode WHEN 'live' THEN 'MATERIALIZED' ELSE 'NOT MATERIALIZED' END;
		WHEN 'customer_rows' THEN
			RETURN 'purchases p';
		WHEN 'customer_condition' THEN
			RETURN 'true';
		WHEN 'as_of' THEN
			RETURN @extschema@.pt_mart_setting_expression('as_of'::text, false);
		WHEN 'spend_rows' THEN
			RETURN @extschema@.pt_spend_rows(settings);
		WHEN 'spend_elements' THEN
			RETURN CASE WHEN @extschema@.pt_spend_has_channels(settings)
				THEN format('ARRAY[%s]::integer[]', @extschema@.pt_dimension_number(settings.dimension_names, 'channel'::text))
				ELSE '''{}''::integer[]' END;
		ELSE
			RAISE EXCEPTION 'a view has no part "@%@"', part
				USING ERRCODE = 'undefined_object';
	END CASE;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_view_part(text, @extschema@.mart_settings) IS
'What "@part@" stands for in the query of a view: SQL that depends on the mart. @source@ is the source, @row_condition@ says which of its rows are taken, @source_row@ is a row as a whole, @purchase_columns@, @unread_values@ and @has_unread@ read it, @dimension_rows@ are the dimensions of a row of fact_purchase as rows of VALUES; @customer_key@ and @order_key@ are the whole numbers of customer_id and order_id; @order_argument@, @order_hash@ and @dimension_values@ say for a row of purchases to which order it belongs and which values its dimensions have. @customer_rows@ are the rows p of purchases that customers are made of, @customer_condition@ which of them, @dimension_codes@ the numbers of values and @as_of@ the moment to look from: pt_kept_customer_query puts others there; @spend_rows@ are month, channel and spend of the table of spend, @spend_elements@ the number of the dimension channel where it has channels; @joined_dimension_values@ are @dimension_values@ where the settings are joined as m; @customer_column@ is the customer of a row of the source; @once@ says of a WITH query that a live mart computes it once, and a kept one, whose customers are read fast and by parallel workers, where it is used; parts whose names begin with quality are those of a live mart, for which pt_quality_query puts others in a kept one.';

CREATE FUNCTION @extschema@.pt_mart_measure_expression(measure_name text, alias text) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	expression text;
BEGIN
	SELECT format('(%s)::%s', replace(m.sql, '$f', pt_mart_measure_expression.alias), m.data_type) INTO expression
	FROM @extschema@.mart_measure m
	WHERE m.measure_name = pt_mart_measure_expression.measure_name;
	IF expression IS NULL THEN
		RAISE EXCEPTION 'there is no measure "%"', measure_name
			USING ERRCODE = 'undefined_object';
	END IF;
	RETURN expression;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_measure_expression(text, text) IS
'The formula of a measure over the row of figures that has the alias, in the type of the measure. Error 42704 if there is no such measure.';

CREATE FUNCTION @extschema@.pt_series_amount(amount numeric, amount_scale integer) RETURNS numeric
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN round(least(greatest(coalesce(amount, 0), -9 * 10::numeric ^ (16 - amount_scale)), 9 * 10::numeric ^ (16 - amount_scale)), amount_scale);
COMMENT ON FUNCTION @extschema@.pt_series_amount(numeric, integer) IS
'An amount with the decimals of the mart, 0 for NULL, within what a sales_series keeps: 18 digits.';

CREATE FUNCTION @extschema@.pt_grouped_customers(keys text[]) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- columns that nobody asks for are not computed
	SELECT format($query$(
	@scored_basis@SELECT %s,
		count(*) AS customers,
		sum(d.purchases) AS purchases,
		sum(d.revenue) AS revenue,
		count(*) FILTER (WHERE d.subscribed) AS subscribers,
		count(d.subscribed) AS subscriptions_known,
		min(d.age) AS lowest_age,
		max(d.age) AS highest_age@if purchased_at@,
		-- whole numbers, which add up fast and alike in every plan
		sum((d.recency_days * 1000000)::bigint) AS recency_millionths,
		count(*) FILTER (WHERE d.late) AS late_customers,
		sum(d.orders_30_days) AS orders_30_days,
		sum(d.orders_90_days) AS orders_90_days,
		sum(d.orders_365_days) AS orders_365_days@end@
	FROM (
		@scored_rows@
	) d
	GROUP BY %s
)$query$, string_agg(k.key, ', ' ORDER BY k.number), string_agg(k.number::text, ', ' ORDER BY k.number))
	FROM unnest(keys) WITH ORDINALITY AS k(key, number)
$$;
COMMENT ON FUNCTION @extschema@.pt_grouped_customers(text[]) IS
'SQL of a relation with one row per group of customers with the same keys, which are columns of scored_customer or expressions with a name, and what views count of them. Views add the groups up again, so those by more keys will do.';

CREATE FUNCTION @extschema@.pt_group_keys(query text) RETURNS text[]
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT regexp_split_to_array((regexp_match(query, '@grouped ([^@]+)@'))[1], ',\s*')
$$;
COMMENT ON FUNCTION @extschema@.pt_group_keys(text) IS
'The keys in "@grouped keys@" of the query of a template; NULL if there is none.';

CREATE FUNCTION @extschema@.pt_mart_view_query(template @extschema@.mart_view, settings @extschema@.mart_settings) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	result text := template.query;
	found text[];
	expanded text;
	between text[];
	parts text[];
BEGIN
	-- @cubed totals OF plan@end@, where nobody has said that it is kept
	result := @extschema@.pt_expand_cubed(result, settings, NULL::text);
	-- @grouped keys@
	result := regexp_replace(result, '@grouped [^@]+@', @extschema@.pt_grouped_customers(@extschema@.pt_group_keys(result)));
	-- @scored template@, or its parts: a subquery that has a basis of its own would be computed by parallel workers, but not what groups its rows
	found := regexp_match(result, '@scored ([a-z_]+)@');
	IF found IS NULL AND strpos(result, '@scored_rows@') > 0 THEN
		SELECT regexp_match(v.query, '@scored ([a-z_]+)@') INTO STRICT found FROM @extschema@.mart_view v
		WHERE v.view_name = 'scored_customer' AND settings.roles ?& v.needs AND NOT settings.roles ?| v.unless;
	END IF;
	IF found IS NOT NULL THEN
		SELECT v.query INTO STRICT expanded FROM @extschema@.mart_view v WHERE v.template_name = found[1];
		-- what all customers are needed for is one value for the whole statement, which parallel workers are given; they do not share a join
		between := regexp_match(expanded, 'LEFT JOIN ([a-z_]+) b ON true\n');
		expanded := regexp_replace(replace(expanded, format(E'LEFT JOIN %s b ON true\n', between[1]), ''), '\mb\.([a-z_]+)', '(SELECT b.\1 FROM basis b)', 'g');
		between[1] := format(E'WITH basis AS MATERIALIZED (SELECT * FROM %I)\n', between[1]);
		result := replace(replace(replace(result, format('@scored %s@', found[1]), between[1] || expanded), '@scored_basis@', between[1]), '@scored_rows@', expanded);
	END IF;
	-- @if role@ ... @end@, @unless role@ ... @end@
	LOOP
		found := regexp_match(result, '@(if|unless) ([a-z_]+)@((?:[^@]|@(?!end@|if |unless ))*)@end@');
		EXIT WHEN found IS NULL;
		result := replace(result, format('@%s %s@%s@end@', found[1], found[2], found[3]),
			CASE WHEN (settings.roles ? found[2]) = (found[1] = 'if') THEN found[3] ELSE '' END);
	END LOOP;
	-- @measures a, b OF f@ as columns, @measure a OF f@ as an expression
	LOOP
		found := regexp_match(result, '@(measures?) ([a-z_]+(?:,\s*[a-z_]+)*) OF ([a-z_.]+)@');
		EXIT WHEN found IS NULL;
		IF found[1] = 'measures' THEN
			SELECT string_agg(format('%s AS %I', @extschema@.pt_mart_measure_expression(n.name, found[3]), n.name), ', ' ORDER BY n.ordinality)
			INTO expanded
			FROM regexp_split_to_table(found[2], ',\s*') WITH ORDINALITY AS n(name, ordinality);
		ELSE
			expanded := format('(%s)', @extschema@.pt_mart_measure_expression(found[2], found[3]));
		END IF;
		result := replace(result, format('@%s %s OF %s@', found[1], found[2], found[3]), expanded);
	END LOOP;
	-- with room for sums and averages, whatever the decimals are
	result := replace(result, 'numeric(18,2)', format('numeric(%s,%s)', 16 + settings.amount_scale, settings.amount_scale));
	-- what comes from the source last, and once: it may have an @ of its own
	between := regexp_split_to_array(result, '@[a-z_]+@');
	parts := ARRAY(SELECT m.match[1] FROM regexp_matches(result, '@([a-z_]+)@', 'g') AS m(match));
	result := between[1];
	FOR i IN 1 .. cardinality(parts) LOOP
		result := result || @extschema@.pt_mart_view_part(parts[i], settings) || between[i + 1];
	END LOOP;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_view_query(@extschema@.mart_view, @extschema@.mart_settings) IS
'The query of a view of a mart: that of its template, in which "@cubed totals OF plan@end@" is what pt_cubed makes of it, "@scored name@" is the query of the template of this name with the one row b of all customers as values instead of a join (of that of scored_customer, "@scored_basis@" is the row and "@scored_rows@" the rest), "@grouped keys@" is what pt_grouped_customers makes of these keys, "@if role@ ... @end@" and "@unless role@ ... @end@" are there only for marts that have the role, or have it not, "@measures a, b OF f@" and "@measure a OF f@" are formulas of mart_measure, "@part@" is what pt_mart_view_part gives, and numeric(18,2) has the decimals of the mart, and 16 digits before them.';

CREATE FUNCTION @extschema@.pt_make_mart_views(mart text, settings @extschema@.mart_settings) RETURNS jsonb
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	made text[] := '{source,mart,dimension_value,fitted_model}'::text[];
	made_before integer;
	given jsonb := settings.roles;		-- and what else views may need
	query text;
	t @extschema@.mart_view;
BEGIN
	IF settings.spend IS NOT NULL THEN
		given := given || '{"spend": ""}'::jsonb;
		made := made || 'spend'::text;
	END IF;
	-- those that are there stay
	made := made || ARRAY(SELECT r.relation::text FROM @extschema@.pt_mart_relations(mart) r WHERE r.kind = 'v');
	LOOP
		made_before := cardinality(made);
		FOR t IN
			SELECT v.* FROM @extschema@.mart_view v ORDER BY v.template_name
		LOOP
			CONTINUE WHEN t.view_name = ANY (made) OR NOT given ?& t.needs
				OR given ?| t.unless OR NOT made @> t.reads;
			-- its kept form reads what is kept of the customers
			CONTINUE WHEN t.view_name = 'data_quality' AND settings.mode = 'kept' AND NOT 'customer' = ANY (made);
			IF t.view_name = 'customer' AND settings.mode = 'kept' THEN
				PERFORM @extschema@.pt_make_kept_customer(mart, t, settings);
				query := @extschema@.pt_mart_customer_query(t, settings);
			ELSE
				IF t.view_name = 'data_quality' AND settings.mode = 'kept' AND settings.follow <> 'compare'
					AND @extschema@.pt_has_kept_parts(mart, @extschema@.pt_quality_query(t.query, settings, mart)) THEN
					PERFORM @extschema@.pt_make_kept_quality(mart, settings);
					PERFORM @extschema@.pt_make_quality_functions(mart, t.query, settings);
					t.query := @extschema@.pt_quality_query(t.query, settings, mart);
				END IF;
				IF settings.mode = 'kept' AND @extschema@.pt_has_kept_parts(mart, t.query) THEN
					t.query := @extschema@.pt_expand_cubed(t.query, settings, mart);
				END IF;
				query := @extschema@.pt_mart_view_query(t, settings);
			END IF;
			query := format(E'CREATE VIEW %I.%I%s AS\n%s', mart, t.view_name,
				@extschema@.pt_mart_view_options(settings.security_invoker), query);
			-- a bare name is one of pg_catalog or of the mart, or stands in an expression over the source
			PERFORM set_config('search_path', CASE WHEN 'source' = ANY (t.reads) THEN @extschema@.pt_expression_search_path(settings)
				ELSE @extschema@.pt_mart_search_path(mart) END, true);
			EXECUTE query;
			PERFORM pg_catalog.set_config('search_path'::text, 'pg_catalog, pg_temp'::text, true);
			EXECUTE format('COMMENT ON VIEW %I.%I IS %L', mart, t.view_name, t.description);
			PERFORM @extschema@.pt_comment_mart_columns(mart, t.view_name, t.template_name);
			made := made || t.view_name;
		END LOOP;
		EXIT WHEN cardinality(made) = made_before;
	END LOOP;
	RETURN (
		SELECT coalesce(jsonb_object_agg(l.view_name, l.missing), '{}'::jsonb)
		FROM (
			SELECT DISTINCT ON (v.view_name) v.view_name,
				(SELECT jsonb_agg(n) FROM unnest(v.needs) n WHERE NOT given ? n) AS missing
			FROM @extschema@.mart_view v
			-- what a setting asks for is no lack of the source
			WHERE v.view_name <> ALL (made) AND NOT v.is_inner AND 'spend' <> ALL (v.needs)
			ORDER BY v.view_name, cardinality(v.needs), v.template_name
		) l
		WHERE l.missing IS NOT NULL);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_mart_views(text, @extschema@.mart_settings) IS
'Makes those views of mart_view that are not there and whose needs the mart meets, with their COMMENTs, each after those that it reads. Returns the others that people would open as {"view": ["missing role", ...]}.';

CREATE FUNCTION @extschema@.pt_comment_mart_columns(mart text, view_name text, template_name text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	c record;
BEGIN
	FOR c IN
		SELECT a.attname,
			coalesce(v.description, m.description, l.description,
				format('Dimension %s, from the source.', a.attname)) AS description
		FROM pg_attribute a
		LEFT JOIN @extschema@.mart_view_column v
			ON v.template_name = pt_comment_mart_columns.template_name AND v.column_name = a.attname
		LEFT JOIN @extschema@.mart_measure m ON m.measure_name = a.attname
		LEFT JOIN @extschema@.mart_column l ON l.column_name = a.attname
		WHERE a.attrelid = to_regclass(format('%I.%I', mart, view_name))
			AND a.attnum > 0 AND NOT a.attisdropped
	LOOP
		EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', mart, view_name, c.attname, c.description);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_comment_mart_columns(text, text, text) IS
'Sets the COMMENT of every column of a mart''s view: from its template, or else from mart_measure or mart_column.';

CREATE FUNCTION @extschema@.pt_drop_mart_views(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	mart_schema regnamespace;
	below oid;
	message text;
	detail text;
BEGIN
	SELECT n.oid INTO mart_schema FROM pg_namespace n WHERE n.nspname = mart;
	-- Readers lock a view and then those that it reads: so does this, and waits for them, in no circle. The view customer is in
	-- between: it calls a function, which reads others. None are left where the extension was dropped with CASCADE.
	FOREACH below IN ARRAY ARRAY[to_regclass(format('%I.customer', mart))::oid, 0::oid] LOOP
		IF below = 0 THEN
			PERFORM @extschema@.pt_drop_source_customer(mart);
		END IF;
		IF @extschema@.pt_mart_relation_list(mart_schema, 'v'::"char", below) IS NOT NULL THEN
			EXECUTE 'DROP VIEW ' || @extschema@.pt_mart_relation_list(mart_schema, 'v'::"char", below);
		END IF;
	END LOOP;
EXCEPTION
	WHEN dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
		RAISE EXCEPTION 'mart "%" has objects that it did not make: %', mart, message
			USING ERRCODE = 'dependent_objects_still_exist',
				DETAIL = detail,
				HINT = 'Drop them first; make them again afterwards if need be.';
END
$$;
COMMENT ON FUNCTION @extschema@.pt_drop_mart_views(text) IS
'Drops the views of a mart, unless something else depends on them (2BP01). Called by drop_mart and upgrade_mart.';
