-- revenue change: why the revenue of one period is not that of another

CREATE TYPE @extschema@.revenue_contribution AS (
	split		text,
	part		text,
	part_sort	smallint,
	value		text,
	figure_before	numeric(22,6),
	figure_after	numeric(22,6),
	contribution	numeric
);
COMMENT ON TYPE @extschema@.revenue_contribution IS
'A part of a change of revenue; see revenue_change().';

CREATE FUNCTION @extschema@.pt_figure(total numeric, number numeric) RETURNS numeric
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN number > 0 AND abs(total) < 1e15 * number THEN round(total / number, 6) END
$$;
COMMENT ON FUNCTION @extschema@.pt_figure(numeric, numeric) IS
'total / number with six decimals; NULL if the number is not above 0, or a column of a view cannot hold the ratio.';

CREATE FUNCTION @extschema@.pt_revenue_step(revenue numeric, after numeric, before numeric, amount_scale integer) RETURNS numeric
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- a hair of an item before, and many after: what a column of money cannot hold is as much as it can
	SELECT round(least(greatest(revenue * after / before, -4e15), 4e15), amount_scale)
$$;
COMMENT ON FUNCTION @extschema@.pt_revenue_step(numeric, numeric, numeric, integer) IS
'revenue * after / before, rounded, and at most 4 * 10^15 on either side. before must not be 0.';

-- One formula for revenue_change() and the view revenue_change_month. Each step is what the revenue would be if the figures up
-- to this one were those of the period after, and the others still those before; steps are rounded, and a contribution is the
-- difference of two, so that they add up to the last digit.
CREATE FUNCTION @extschema@.pt_revenue_drivers(amount_scale integer, revenue_before numeric, revenue_after numeric, customers_before bigint, customers_after bigint,
	orders_before bigint, orders_after bigint, items_before numeric, items_after numeric) RETURNS TABLE (part text, part_sort smallint, figure_before numeric, figure_after numeric, contribution numeric)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 4
	SET search_path = pg_catalog, pg_temp
	AS $$
	WITH counted AS (
		-- net of returns there can be less than no item
		SELECT d.sort, d.part, d.name, greatest(d.before, 0) AS before, greatest(d.after, 0) AS after
		FROM (VALUES (1, 'customers', 'customer', customers_before::numeric, customers_after::numeric),
			(2, 'orders per customer', 'order', orders_before::numeric, orders_after::numeric),
			(3, 'items per order', 'item', items_before, items_after)) AS d(sort, part, name, before, after)
		WHERE d.before IS NOT NULL AND d.after IS NOT NULL
	),
	stepped AS (
		SELECT c.*, CASE WHEN c.before > 0 THEN @extschema@.pt_revenue_step(revenue_before, c.after, c.before, amount_scale)
			WHEN c.after > 0 THEN revenue_after END AS step
		FROM counted c
	),
	filled AS (
		-- what was not there, before or after, changes nothing
		SELECT s.*, coalesce(s.step, lag(s.step, 1) OVER w, lag(s.step, 2) OVER w, revenue_before) AS reached,
			lag(s.before) OVER w AS base_before, lag(s.after) OVER w AS base_after
		FROM stepped s
		WINDOW w AS (ORDER BY s.sort)
	)
	SELECT f.part, f.sort::smallint,
		CASE f.sort WHEN 1 THEN f.before ELSE @extschema@.pt_figure(f.before, f.base_before) END,
		CASE f.sort WHEN 1 THEN f.after ELSE @extschema@.pt_figure(f.after, f.base_after) END,
		f.reached - lag(f.reached, 1, revenue_before) OVER (ORDER BY f.sort)
	FROM filled f
	UNION ALL
	(SELECT 'amount per ' || f.name, 4::smallint, @extschema@.pt_figure(revenue_before, f.before), @extschema@.pt_figure(revenue_after, f.after), revenue_after - f.reached
	FROM filled f
	ORDER BY f.sort DESC
	LIMIT 1)
$$;
COMMENT ON FUNCTION @extschema@.pt_revenue_drivers(integer, numeric, numeric, bigint, bigint, bigint, bigint, numeric, numeric) IS
'The drivers of a change of revenue as revenue_change() has them, with contributions rounded to amount_scale decimals; without items if one of these two is NULL.';

CREATE FUNCTION @extschema@.pt_check_period(period daterange, what text) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF period IS NULL THEN
		RAISE EXCEPTION '% must not be NULL', what
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF isempty(period) OR lower_inf(period) OR upper_inf(period) OR NOT isfinite(lower(period)) OR NOT isfinite(upper(period))
		OR lower(period) < date '1000-01-01' OR upper(period) > date '3000-01-01' OR upper(period) - lower(period) > 36525 THEN
		RAISE EXCEPTION '% is no period: "%"', what, period
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'A period has a first and a last day, in the years 1000 to 2999, and at most 36525 days.',
				HINT = 'The range [2024-01-01,2024-02-01) is January 2024.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_period(daterange, text) IS
'Errors unless a range of days is a period that has a begin and an end: 22023, or 22004 for NULL.';

CREATE FUNCTION @extschema@.pt_line_dimensions(settings @extschema@.mart_settings) RETURNS TABLE (dimension text, element integer)
	LANGUAGE sql STABLE ROWS 10
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT e.dimension, e.element
	FROM @extschema@.pt_dimension_elements((settings).roles, (settings).dimensions, (settings).dimension_names) e
	WHERE e.element <> 0
	UNION
	SELECT n.name, @extschema@.pt_dimension_number((settings).dimension_names, n.name)
	FROM unnest((settings).dimension_names) AS n(name)
$$;
COMMENT ON FUNCTION @extschema@.pt_line_dimensions(@extschema@.mart_settings) IS
'All that lines of a mart can be grouped by, the product among them, with the element of a cube_plan.';

CREATE FUNCTION @extschema@.pt_revenue_change_list_as_owner(mart text, from_period daterange, to_period daterange, dimension text) RETURNS @extschema@.revenue_contribution[]
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	element integer := 0;
	result @extschema@.revenue_contribution[];
BEGIN
	PERFORM @extschema@.pt_check_period(from_period, 'from_period'::text);
	PERFORM @extschema@.pt_check_period(to_period, 'to_period'::text);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_read_mart_settings(mart) s;
	IF NOT settings.roles ? 'purchased_at' THEN
		RAISE EXCEPTION 'mart "%" has no times', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = 'Its source has no column for the role purchased_at.';
	END IF;
	IF dimension IS NOT NULL THEN
		SELECT d.element INTO element
		FROM @extschema@.pt_line_dimensions(settings) d
		WHERE d.dimension = pt_revenue_change_list_as_owner.dimension;
		IF NOT FOUND THEN
			RAISE EXCEPTION 'mart "%" has no dimension "%"', mart, left(dimension, 100)
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = coalesce(format('Its dimensions are: %s.', (SELECT string_agg(d.dimension, ', ' ORDER BY d.dimension COLLATE "C")
						FROM @extschema@.pt_line_dimensions(settings) d)), 'It has no dimensions.');
		END IF;
	END IF;
	EXECUTE format($query$
	WITH bought AS MATERIALIZED (
		-- One pass over the customers, whose lines are not cut: days are a filter of the cube.
		SELECT @extschema@.sales_cube(b.lines, b.known, b.plan_before) AS before, @extschema@.sales_cube(b.lines, b.known, b.plan_after) AS after,
			sum(b.revenue_before) FILTER (WHERE b.state = 1) AS kept_before, sum(b.revenue_after) FILTER (WHERE b.state = 1) AS kept_after,
			sum(b.revenue_after) FILTER (WHERE b.state = 2) AS new_after, sum(b.revenue_after) FILTER (WHERE b.state = 3) AS returning_after,
			sum(b.revenue_before) FILTER (WHERE b.state = 4) AS lost_before
		FROM (
			SELECT l.*, CASE WHEN l.first_purchase IS NULL THEN NULL WHEN l.revenue_before IS NOT NULL THEN CASE WHEN l.revenue_after IS NOT NULL THEN 1 ELSE 4 END
				WHEN l.revenue_after IS NOT NULL THEN CASE WHEN l.first_purchase >= $3 THEN 2 ELSE 3 END END AS state
			FROM (
				SELECT c.lines, c.customer_id IS NOT NULL AS known, p.plan_before, p.plan_after,
					@extschema@.revenue_between(c.lines, $1, $2) AS revenue_before, @extschema@.revenue_between(c.lines, $3, $4) AS revenue_after,
					CASE WHEN c.customer_id IS NOT NULL THEN @extschema@.first_purchase(c.lines) END AS first_purchase
				FROM %1$I.customer c
				CROSS JOIN (
					SELECT @extschema@.cube_filter(n.plan, -5, ARRAY(SELECT generate_series($1::date - date '2000-01-01', $2::date - date '2000-01-02')), NULL::text[], false, NULL::integer[]) AS plan_before,
						@extschema@.cube_filter(n.plan, -5, ARRAY(SELECT generate_series($3::date - date '2000-01-01', $4::date - date '2000-01-02')), NULL::text[], false, NULL::integer[]) AS plan_after
					FROM (SELECT @extschema@.cube_plan($5, NULL::boolean[], NULL::timestamp, NULL::integer) AS plan) n
					OFFSET 0
				) p
				WHERE (c.first_at < $2 AND c.last_at >= $1) OR (c.first_at < $4 AND c.last_at >= $3)
				OFFSET 0
			) l
		) b
	),
	cell AS MATERIALIZED (
		SELECT a.period, r.grouping_number, r.codes[1] AS code, r.texts[1] AS text, r.buyers, r.orders, coalesce(r.revenue, 0) AS revenue,
			CASE WHEN $6 THEN coalesce(r.quantity, 0) ELSE r.line_count END AS items
		FROM bought b
		CROSS JOIN LATERAL (VALUES (1, b.before), (2, b.after)) AS a(period, cube)
		CROSS JOIN LATERAL @extschema@.sales_cube_rows(a.cube, 'selected'::@extschema@.cube_arm) r
		WHERE r.line_count > 0
	),
	total AS MATERIALIZED (
		SELECT coalesce(b.buyers, 0) AS buyers_before, coalesce(b.orders, 0) AS orders_before, coalesce(b.items, 0) AS items_before, coalesce(b.revenue, 0) AS before,
			coalesce(a.buyers, 0) AS buyers_after, coalesce(a.orders, 0) AS orders_after, coalesce(a.items, 0) AS items_after, coalesce(a.revenue, 0) AS after
		FROM (SELECT) one
		LEFT JOIN cell b ON b.period = 1 AND b.grouping_number = 1
		LEFT JOIN cell a ON a.period = 2 AND a.grouping_number = 1
	),
	unit AS (
		-- values of a dimension, with what is sold of each: never less than nothing
		SELECT coalesce(v.value, a.text, b.text) AS value, coalesce(b.revenue, 0) AS before, coalesce(a.revenue, 0) AS after,
			greatest(coalesce(b.items, 0), 0) AS items_before, greatest(coalesce(a.items, 0), 0) AS items_after
		FROM (SELECT * FROM cell c WHERE c.period = 1 AND c.grouping_number = 2) b
		FULL JOIN (SELECT * FROM cell c WHERE c.period = 2 AND c.grouping_number = 2) a
			ON coalesce(a.code::text, '') = coalesce(b.code::text, '') AND coalesce(a.text, '') = coalesce(b.text, '') AND (a.text IS NULL) = (b.text IS NULL)
		LEFT JOIN %1$I.dimension_value v ON v.dimension_number = $7 AND v.code = coalesce(a.code, b.code)
	),
	stepped AS (
		SELECT u.*, sum(u.items_before) OVER () AS all_before, sum(u.items_after) OVER () AS all_after,
			CASE WHEN sum(u.items_before) OVER () > 0 THEN @extschema@.pt_revenue_step(u.before, sum(u.items_after) OVER (), sum(u.items_before) OVER (), $8) ELSE u.before END AS with_volume,
			CASE WHEN u.items_before > 0 THEN @extschema@.pt_revenue_step(u.before, u.items_after, u.items_before, $8) WHEN u.items_after > 0 THEN u.after ELSE u.before END AS with_mix
		FROM unit u
	),
	contribution AS (
		SELECT 1 AS split_sort, 'drivers' AS split, d.part, d.part_sort, NULL AS value, d.figure_before, d.figure_after, d.contribution
		FROM total t
		CROSS JOIN LATERAL @extschema@.pt_revenue_drivers($8, t.before, t.after, t.buyers_before, t.buyers_after, t.orders_before, t.orders_after,
			CASE WHEN $6 THEN t.items_before END, CASE WHEN $6 THEN t.items_after END) d
		UNION ALL
		SELECT 2, 'customers', g.part, g.part_sort::smallint, NULL, coalesce(g.before, 0), coalesce(g.after, 0), coalesce(g.after, 0) - coalesce(g.before, 0)
		FROM bought b
		CROSS JOIN total t
		CROSS JOIN LATERAL (VALUES (1, 'new', 0, b.new_after), (2, 'returning', 0, b.returning_after), (3, 'kept', b.kept_before, b.kept_after), (4, 'lost', b.lost_before, 0),
			(5, 'other', t.before - coalesce(b.kept_before, 0) - coalesce(b.lost_before, 0),
				t.after - coalesce(b.new_after, 0) - coalesce(b.returning_after, 0) - coalesce(b.kept_after, 0))) AS g(part_sort, part, before, after)
		UNION ALL
		SELECT 3, 'dimension', p.part, p.part_sort::smallint, s.value, p.before, p.after, p.contribution
		FROM stepped s
		CROSS JOIN LATERAL (VALUES
			(1, 'volume', s.all_before, s.all_after, s.with_volume - s.before),
			(2, 'mix', @extschema@.pt_figure(s.items_before, s.all_before), @extschema@.pt_figure(s.items_after, s.all_after), s.with_mix - s.with_volume),
			(3, 'rate', @extschema@.pt_figure(s.before, s.items_before), @extschema@.pt_figure(s.after, s.items_after), s.after - s.with_mix)) AS p(part_sort, part, before, after, contribution)
	)
	SELECT array_agg(ROW(c.split, c.part, c.part_sort, c.value, c.figure_before, c.figure_after, round(c.contribution, $8))::@extschema@.revenue_contribution
		ORDER BY c.split_sort, abs(sum) DESC, c.value COLLATE "C", c.part_sort)
	FROM (SELECT c.*, sum(CASE c.split WHEN 'dimension' THEN c.contribution ELSE 0 END) OVER (PARTITION BY c.split, c.value) AS sum FROM contribution c) c
	$query$, mart)
		INTO result
		USING lower(from_period)::timestamp, upper(from_period)::timestamp, lower(to_period)::timestamp, upper(to_period)::timestamp,
			CASE WHEN element = 0 THEN '{{0}}' ELSE ARRAY[ARRAY[0], ARRAY[element]] END, settings.roles ? 'quantity', element, settings.amount_scale;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_revenue_change_list_as_owner(text, daterange, daterange, text) IS
'What pt_revenue_change_list returns; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.pt_revenue_change_list(mart text, from_period daterange, to_period daterange, dimension text) RETURNS @extschema@.revenue_contribution[]
	LANGUAGE C STABLE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner_or_caller';
COMMENT ON FUNCTION @extschema@.pt_revenue_change_list(text, daterange, daterange, text) IS
'What revenue_change returns, as an array.';

CREATE FUNCTION @extschema@.revenue_change(mart text, from_period daterange, to_period daterange, dimension text DEFAULT NULL) RETURNS SETOF @extschema@.revenue_contribution
	LANGUAGE plpgsql STABLE ROWS 20
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	RETURN QUERY SELECT l.* FROM unnest(@extschema@.pt_revenue_change_list($1, $2, $3, $4)) l;
END
$$;
COMMENT ON FUNCTION @extschema@.revenue_change(text, daterange, daterange, text) IS
'Why the revenue of a mart in to_period is not that in from_period. The contributions of each split add up to the change, to the last digit. Split drivers: revenue is customers * orders per customer * items per order * amount per item (without the role quantity: * amount per order), and a contribution is what the revenue changes when the figures change one after the other in this order. Split customers: new (lines in to_period and none in from_period, and the first purchase is not before to_period), returning (the same, with a purchase before), kept (lines in both), lost (in from_period only), and other (without a customer, or of customers with returns only). Split dimension, if one is named: for each of its values volume (all values sell as many items more or less as the whole does), mix (the share of the value in all items changes) and rate (its amount per item changes; lines are counted where there is no quantity); a value that was not sold before is mix. figure_before and figure_after are the figure in both periods: customers or ratios, revenue of these customers, all items, share of the items, amount per item; currency of the source. Days are those of the shop''s clock, up to as_of. It reads the mart with the rights of the caller, or with those of its owner for whoever has them. Errors: no such mart (3F000), no right to read it (42501), a mart without times (55000), NULL periods (22004), periods without a begin or an end, no such dimension (22023). Source of the formulas: price, volume and mix analysis as controllers do it, by successive substitution.';
