-- The panels of mart_dashboard in plain SQL: one query for all of them, after plain.sql. Each panel counts orders,
-- customers and sums once for both arms, the rows under the filters and the whole.

SET check_function_bodies = off;	-- the search_path is not set yet

-- The condition of all filters but those on the dimensions that are left out; NULL if there is none.
CREATE FUNCTION plain.condition(filters jsonb, left_out text[]) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT string_agg('(' || concat_ws(' OR ',
			'(' || d.value || ') IN (' || (SELECT string_agg(quote_literal(v), ', ' ORDER BY v) FROM jsonb_array_elements_text(f.value) AS v WHERE v IS NOT NULL) || ')',
			CASE WHEN f.value @> '[null]' THEN '(' || d.value || ') IS NULL' END) || ')', ' AND ' ORDER BY d.place)
	FROM jsonb_each(filters) AS f
	JOIN dimension AS d ON d.dimension = f.key
	WHERE f.key <> ALL (left_out) AND f.value <> '[]'
$$;

-- Where the condition is not true the row is not selected.
CREATE FUNCTION plain.panel(name text, value text, second_value text, condition text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	rated boolean := plain.has_column('review_rating');
	subscribed boolean := plain.has_column('subscribed');
	arms text[] := CASE WHEN condition IS NULL THEN '{_all}'::text[] ELSE '{"",_all}' END;
	arm text;
	selected text;
	orders text := '';
	customers text := '';
	sums text := '';
	measures text := '';
	inner_orders text := '';
	inner_customers text := '';
BEGIN
	FOREACH arm IN ARRAY arms LOOP
		selected := CASE arm WHEN '' THEN condition ELSE 'true' END;
		inner_orders := inner_orders || format(', bit_or(%s) AS has%s', CASE arm WHEN '' THEN format('CASE WHEN %s THEN %s ELSE 0 END', condition, plain.has()) ELSE plain.has() END, arm);
		orders := orders || format(', count(*) FILTER (WHERE (has%1$s & 1) > 0) AS purchases%1$s, count(*) FILTER (WHERE (has%1$s & 2) > 0) AS priced%1$s'
			', count(*) FILTER (WHERE (has%1$s & 8) > 0) AS discounted%1$s, count(*) FILTER (WHERE (has%1$s & 16) > 0) AS known%1$s', arm);
		inner_customers := inner_customers || format(', bool_or(%s) AS there%s', selected, arm)
			|| CASE WHEN subscribed THEN format(', bool_or(subscribed)%s AS subscribed%s', CASE arm WHEN '' THEN format(' FILTER (WHERE %s)', condition) ELSE '' END, arm) ELSE '' END;
		customers := customers || format(', count(customer_id) FILTER (WHERE there%1$s) AS customers%1$s', arm)
			|| CASE WHEN subscribed THEN format(', count(customer_id) FILTER (WHERE subscribed%1$s) AS subscribers%1$s, count(customer_id) FILTER (WHERE subscribed%1$s IS NOT NULL) AS subscription_known%1$s', arm) ELSE '' END;
		sums := sums || format(', sum(amount) FILTER (WHERE %2$s) AS revenue%1$s, sum(amount) FILTER (WHERE amount >= 0 AND %2$s) AS sold%1$s'
			', sum(amount) FILTER (WHERE customer_id IS NOT NULL AND %2$s) AS of_customers%1$s', arm, selected)
			|| CASE WHEN rated THEN format(', sum(review_rating) FILTER (WHERE %2$s) AS rating%1$s, count(review_rating) FILTER (WHERE %2$s) AS ratings%1$s', arm, selected) ELSE '' END;
	END LOOP;
	FOREACH arm IN ARRAY '{"",_all}'::text[] LOOP
		measures := measures || replace(', c.customers@ AS customers#, o.purchases@ AS purchases#, coalesce(s.revenue@, 0)::numeric(18,2) AS revenue#, (s.sold@ / nullif(o.priced@, 0))::numeric(18,6) AS average_amount#, '
			|| CASE WHEN rated THEN '(s.rating@ / nullif(s.ratings@, 0))::numeric(18,6)' ELSE 'NULL::numeric(18,6)' END || ' AS average_rating#, '
			|| CASE WHEN subscribed THEN 'c.subscribers@::double precision / nullif(c.subscription_known@, 0)' ELSE 'NULL::double precision' END || ' AS subscriber_share#, '
			'o.discounted@::double precision / nullif(o.known@, 0) AS discount_share#, (s.of_customers@ / nullif(c.customers@, 0))::numeric(18,6) AS revenue_per_customer#',
			'#', arm);
		measures := replace(measures, '@', CASE WHEN condition IS NULL THEN '_all' ELSE arm END);
	END LOOP;
	IF value IS NULL THEN	-- one row of all
		RETURN format('SELECT %L AS panel, NULL::text AS value, NULL::text AS second_value%s FROM (SELECT %s FROM (SELECT order_no%s FROM raw GROUP BY 1) AS g) AS o CROSS JOIN (SELECT %s FROM (SELECT customer_id%s FROM raw GROUP BY 1) AS g) AS c CROSS JOIN (SELECT %s FROM raw) AS s',
			name, measures, substr(orders, 3), inner_orders, substr(customers, 3), inner_customers, substr(sums, 3));
	END IF;
	RETURN format('SELECT %1$L AS panel, o.value, o.second_value%2$s FROM (SELECT value, second_value%3$s FROM (SELECT order_no, (%4$s)::text AS value, (%5$s)::text AS second_value%6$s FROM raw GROUP BY 1, 2, 3) AS g GROUP BY 1, 2) AS o '
			'JOIN (SELECT value, second_value%7$s FROM (SELECT customer_id, (%4$s)::text AS value, (%5$s)::text AS second_value%8$s FROM raw GROUP BY 1, 2, 3) AS g GROUP BY 1, 2) AS c ON c.value IS NOT DISTINCT FROM o.value AND c.second_value IS NOT DISTINCT FROM o.second_value '
			'JOIN (SELECT (%4$s)::text AS value, (%5$s)::text AS second_value%9$s FROM raw GROUP BY 1, 2) AS s ON s.value IS NOT DISTINCT FROM o.value AND s.second_value IS NOT DISTINCT FROM o.second_value',
		name, measures, orders, value, coalesce(second_value, 'NULL'), inner_orders, customers, inner_customers, sums);
END $$;

-- trend_unit: month, or NULL for none. row_dimension, column_dimension: those of the heat map.
CREATE FUNCTION plain.dashboard(filters jsonb, trend_unit text, row_dimension text, column_dimension text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT concat_ws(E'\nUNION ALL ',
		plain.panel('kpi', NULL, NULL, plain.condition(filters, '{}')),
		(SELECT string_agg(plain.panel(d.dimension, d.value, NULL, plain.condition(filters, ARRAY[d.dimension])), E'\nUNION ALL ' ORDER BY d.place) FROM dimension AS d),
		CASE WHEN trend_unit IS NOT NULL THEN plain.panel('trend', format('date_trunc(%L, purchased_at)::date', trend_unit), NULL, plain.condition(filters, '{}')) END,
		(SELECT plain.panel('heat_map', r.value, c.value, plain.condition(filters, ARRAY[row_dimension, column_dimension]))
		FROM dimension AS r, dimension AS c WHERE r.dimension = row_dimension AND c.dimension = column_dimension),
		CASE WHEN plain.has_column('product') THEN plain.panel('products', 'category', 'product', plain.condition(filters, '{}')) END)
$$;

-- A dashboard as rows of the same form: the measures of each panel's values as an object.
CREATE FUNCTION plain.dashboard_rows(dashboard jsonb) RETURNS TABLE (panel text, value text, second_value text, measures jsonb) LANGUAGE sql IMMUTABLE AS $$
	SELECT 'kpi', NULL::text, NULL::text, dashboard -> 'kpi'
	UNION ALL
	SELECT b.key, v ->> 'value', NULL, v - '{value,selected}'::text[]
	FROM jsonb_each(dashboard -> 'breakdown') AS b, jsonb_array_elements(b.value) AS v
	UNION ALL
	SELECT 'trend', p ->> 'period', NULL, p - '{period,complete}'::text[]
	FROM jsonb_array_elements(CASE jsonb_typeof(dashboard -> 'trend') WHEN 'object' THEN dashboard #> '{trend,points}' ELSE '[]' END) AS p
	UNION ALL
	SELECT 'heat_map', c ->> 'row', c ->> 'column', c - '{row,column}'::text[]
	FROM jsonb_array_elements(CASE jsonb_typeof(dashboard -> 'heat_map') WHEN 'object' THEN dashboard #> '{heat_map,cells}' ELSE '[]' END) AS c
	UNION ALL
	SELECT 'products', p ->> 'category', p ->> 'product', p - '{category,product}'::text[]
	FROM jsonb_array_elements(CASE jsonb_typeof(dashboard -> 'products') WHEN 'array' THEN dashboard -> 'products' ELSE '[]' END) AS p
$$;

-- How many figures of a dashboard there are, and where they are not those of the plain answer, at most five places. The calendar of a trend
-- is without gaps: a period without a row has no figures.
CREATE FUNCTION plain.dashboard_differences(dashboard jsonb, question text) RETURNS TABLE (panels bigint, difference text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$
		WITH ours AS MATERIALIZED (SELECT * FROM plain.dashboard_rows($1)),
		expected AS MATERIALIZED (SELECT q.panel, q.value, q.second_value, to_jsonb(q) - '{panel,value,second_value}'::text[] AS measures FROM (%s) AS q),
		both_of_them AS (
			SELECT coalesce(o.panel, e.panel) AS panel, coalesce(o.value, e.value) AS value, coalesce(o.second_value, e.second_value) AS second_value, o.measures AS got,
				CASE WHEN e.panel IS NULL AND o.panel = 'trend' THEN (SELECT jsonb_object_agg(k, CASE WHEN k ~ '^(customers|purchases|revenue)(_all)?$' THEN '0'::jsonb ELSE 'null' END) FROM jsonb_object_keys(o.measures) AS k)
					ELSE e.measures END AS expected
			FROM (SELECT *, concat_ws(E'\002', panel, coalesce(value, E'\001'), coalesce(second_value, E'\001')) AS key FROM ours) AS o
			FULL JOIN (SELECT *, concat_ws(E'\002', panel, coalesce(value, E'\001'), coalesce(second_value, E'\001')) AS key FROM expected) AS e USING (key)
		)
		SELECT count(*), (array_agg(format('%%s %%s %%s: %%s, plain SQL has %%s', panel, value, second_value, got, expected)) FILTER (WHERE got IS DISTINCT FROM expected))[1:5]::text
		FROM both_of_them $q$, question) USING dashboard;
END $$;
