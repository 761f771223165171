-- period: the days that a dashboard shows, and those that it compares them with

CREATE FUNCTION @extschema@.pt_dashboard_day(period jsonb, key text) RETURNS date
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	SET datestyle = 'ISO'
	AS $$
DECLARE
	given text := period ->> key;
	result date;
BEGIN
	IF period -> key IS NULL THEN
		RETURN NULL;
	END IF;
	-- to_date would take February 30, and the cast "infinity" and "today"
	IF jsonb_typeof(period -> key) = 'string' AND given ~ '^[12][0-9]{3}-[0-9]{2}-[0-9]{2}$' THEN
		BEGIN
			result := given::date;
		EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
			NULL;
		END;
	END IF;
	IF result IS NULL THEN
		RAISE EXCEPTION '"%" of the period is no day: %', key, left((period -> key)::text, 100)
			USING ERRCODE = 'invalid_datetime_format',
				DETAIL = 'A day is a string such as "2024-03-31", in the years 1000 to 2999.',
				HINT = 'Without "from" a period begins with the first purchase, without "to" it ends at as_of.';
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_day(jsonb, text) IS
'The day that a period has under this key; NULL if it has none. Anything but a string with a day is error 22007.';

CREATE FUNCTION @extschema@.pt_dashboard_checked_period(mart text, period jsonb, dated boolean) RETURNS jsonb
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	presets constant text[] := '{last_7_days,last_28_days,last_90_days,month,quarter,year_to_date,last_12_months,all}'::text[];
	comparisons constant text[] := '{previous,year_before,none}'::text[];
	bad text;
BEGIN
	IF period IS NULL THEN
		RETURN NULL;
	END IF;
	IF NOT dated THEN
		RAISE EXCEPTION 'mart "%" has no times', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = 'Its source has no column for the role purchased_at, so that there are no periods.',
				HINT = 'Leave the period out.';
	END IF;
	IF jsonb_typeof(period) <> 'object' THEN
		RAISE EXCEPTION 'the period must be an object, not %', jsonb_typeof(period)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'For example {"preset": "last_28_days"} or {"from": "2024-01-01", "to": "2024-03-31", "compare": "year_before"}.';
	END IF;
	SELECT k INTO bad FROM jsonb_object_keys(period) k WHERE k <> ALL ('{from,to,preset,compare}') LIMIT 1;
	IF bad IS NOT NULL THEN
		RAISE EXCEPTION 'a period has no key "%"', left(bad, 100)
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'Its keys are: from, to, preset, compare.';
	END IF;
	IF period ? 'preset' AND (jsonb_typeof(period -> 'preset') <> 'string' OR period ->> 'preset' <> ALL (presets)) THEN
		RAISE EXCEPTION 'there is no preset %', left((period -> 'preset')::text, 100)
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The presets are: %s.', array_to_string(presets, ', '));
	END IF;
	IF period ? 'compare' AND (jsonb_typeof(period -> 'compare') <> 'string' OR period ->> 'compare' <> ALL (comparisons)) THEN
		RAISE EXCEPTION 'there is no comparison %', left((period -> 'compare')::text, 100)
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The comparisons are: %s.', array_to_string(comparisons, ', '));
	END IF;
	IF period ? 'preset' AND period ?| '{from,to}' THEN
		RAISE EXCEPTION 'a period has either a preset or days'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Leave "preset" out, or "from" and "to".';
	END IF;
	IF @extschema@.pt_dashboard_day(period, 'from'::text) > @extschema@.pt_dashboard_day(period, 'to'::text) THEN
		RAISE EXCEPTION 'the period begins after its end: % is after %', period ->> 'from', period ->> 'to'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Both days belong to the period.';
	END IF;
	RETURN period;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_checked_period(text, jsonb, boolean) IS
'The period of mart_dashboard, or its error: a mart without times (55000), no object, or unknown keys, presets or comparisons, or from after to (22023), no day (22007). NULL is no period.';

CREATE FUNCTION @extschema@.pt_dashboard_period(period jsonb, as_of timestamp, first_at timestamp, whole_days boolean) RETURNS TABLE (
	mart_as_of timestamp, preset text, compare text, from_day date, to_day date, from_time timestamp, until_time timestamp, as_of_period timestamp,
	before_from date, before_to date, before_from_time timestamp, before_until_time timestamp, unit text, step interval, element integer)
	LANGUAGE sql STABLE ROWS 1
	SET search_path = pg_catalog, pg_temp
	AS $$
	WITH given AS (
		SELECT period ->> 'preset' AS preset, coalesce(period ->> 'compare', 'previous') AS compare, as_of::date AS today,
			@extschema@.pt_dashboard_day(period, 'from'::text) AS from_day, @extschema@.pt_dashboard_day(period, 'to'::text) AS to_day
	),
	days AS (
		SELECT g.preset, g.compare, g.today,
			CASE g.preset WHEN 'last_7_days' THEN g.today - 6 WHEN 'last_28_days' THEN g.today - 27 WHEN 'last_90_days' THEN g.today - 89
				WHEN 'month' THEN date_trunc('month', g.today::timestamp)::date WHEN 'quarter' THEN date_trunc('quarter', g.today::timestamp)::date
				WHEN 'year_to_date' THEN date_trunc('year', g.today::timestamp)::date WHEN 'last_12_months' THEN (g.today + 1 - interval '12 months')::date
				ELSE coalesce(g.from_day, least(first_at::date, g.to_day)) END AS from_day,
			-- nothing is known after as_of
			CASE WHEN g.preset IS NULL THEN greatest(least(g.to_day, g.today), g.from_day) ELSE g.today END AS to_day
		FROM given g
	),
	compared AS (
		SELECT d.*, b.months,
			CASE WHEN d.compare = 'none' OR d.preset = 'all' THEN NULL
				WHEN d.compare = 'year_before' THEN (d.from_day - interval '1 year')::date
				WHEN b.months IS NOT NULL THEN (d.from_day - b.months * interval '1 month')::date
				ELSE d.from_day - (d.to_day - d.from_day + 1) END AS before_from
		FROM days d
		CROSS JOIN LATERAL (
			-- so many months before, for what is whole months, and for a month, quarter or year that is not over
			SELECT CASE WHEN d.preset LIKE 'last%days' THEN NULL
				WHEN d.from_day = date_trunc('month', d.from_day::timestamp)::date AND (d.to_day + 1) = date_trunc('month', (d.to_day + 1)::timestamp)::date
					THEN (extract(year FROM d.to_day) - extract(year FROM d.from_day)) * 12 + extract(month FROM d.to_day) - extract(month FROM d.from_day) + 1
				WHEN d.preset = 'month' THEN 1 WHEN d.preset = 'quarter' THEN 3 WHEN d.preset = 'year_to_date' THEN 12 END AS months
		) b
	)
	SELECT as_of, c.preset, c.compare, c.from_day, c.to_day, c.from_day::timestamp, (c.to_day + 1)::timestamp,
		CASE WHEN c.to_day < c.today THEN CASE WHEN whole_days THEN c.to_day::timestamp ELSE (c.to_day + 1)::timestamp - interval '1 microsecond' END ELSE as_of END,
		c.before_from, w.before_to, c.before_from::timestamp, (w.before_to + 1)::timestamp,
		u.unit, ('1 ' || u.unit)::interval, CASE u.unit WHEN 'day' THEN -5 WHEN 'week' THEN -4 WHEN 'month' THEN -3 ELSE -1 END
	FROM compared c
	CROSS JOIN LATERAL (
		SELECT CASE WHEN c.before_from IS NULL THEN NULL
			WHEN c.compare = 'year_before' THEN (c.to_day - interval '1 year')::date
			WHEN c.months IS NOT NULL AND (c.to_day + 1) <> date_trunc('month', (c.to_day + 1)::timestamp)::date
				THEN least((c.to_day - c.months * interval '1 month')::date, c.from_day - 1)
			ELSE c.from_day - 1 END AS before_to
	) w
	CROSS JOIN LATERAL (
		SELECT CASE WHEN c.to_day - c.from_day < 92 THEN 'day' WHEN c.to_day - c.from_day < 190 THEN 'week' WHEN c.to_day - c.from_day < 3660 THEN 'month'
			WHEN c.to_day IS NOT NULL THEN 'year' END AS unit
	) u
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_period(jsonb, timestamp, timestamp, boolean) IS
'The days of a period of mart_dashboard that has been checked, of what it is compared with (NULL: nothing), both ends included, the same as times with the end excluded, the moment that the views look from, and the unit of its trend.';

CREATE FUNCTION @extschema@.pt_dashboard_change(now_figures jsonb, before_figures jsonb) RETURNS jsonb
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT jsonb_object_agg(b.key, CASE WHEN (b.value #>> '{}')::numeric > 0 THEN ((now_figures ->> b.key)::numeric / (b.value #>> '{}')::numeric - 1)::double precision END)
	FROM jsonb_each(before_figures) b
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_change(jsonb, jsonb) IS
'For each figure how much more it is than before: 0.1 is ten percent; null where it was not above zero, or is not known.';

-- $query$ texts that are put behind the object of pt_dashboard_figures(): its FROM has t (the trend) and n (no_measures).
CREATE FUNCTION @extschema@.pt_dashboard_more_object(suffix text, arm text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format($query$(SELECT jsonb_build_object('repeat_share', x.repeat_customers%1$s::double precision / nullif(x.buyers%1$s, 0),
		'returns', coalesce((SELECT s.returns FROM %2$s s WHERE s.grouping_number = 1), 0)) FROM cube x)$query$, suffix, arm)
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_more_object(text, text) IS
'SQL of an object with the share of the customers who bought more than once, and the returns.';

CREATE FUNCTION @extschema@.pt_dashboard_more() RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT E'\n\t|| jsonb_build_object(''more'', ' || @extschema@.pt_dashboard_more_object(''::text, 'part'::text) || ')'
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_more() IS
'SQL that adds the figures "more" to the answer of a dashboard.';

CREATE FUNCTION @extschema@.pt_dashboard_comparison(settings @extschema@.mart_settings, with_more boolean, with_products boolean, element integer, second_element integer) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT replace(replace(replace(format($query$
	|| (
		SELECT jsonb_build_object('as_of', p.mart_as_of, 'period', jsonb_build_object('as_of', p.as_of_period, 'preset', p.preset, 'compare', CASE WHEN p.before_from IS NULL THEN 'none' ELSE p.compare END,
				'from', p.from_day, 'to', p.to_day, 'days', p.to_day - p.from_day + 1, 'before_from', p.before_from, 'before_to', p.before_to),
			'comparison', CASE WHEN p.before_from IS NOT NULL THEN jsonb_build_object('kpi', f.before, 'change', @extschema@.pt_dashboard_change(f.now, f.before),
				'drivers', (SELECT jsonb_agg(jsonb_build_object('part', d.part, 'figure_before', d.figure_before, 'figure', d.figure_after, 'contribution', round(d.contribution, %3$s)) ORDER BY d.part_sort)
					FROM (SELECT) one
					LEFT JOIN part a ON a.grouping_number = 1
					LEFT JOIN part_before b ON b.grouping_number = 1
					CROSS JOIN LATERAL @extschema@.pt_revenue_drivers(%3$s, coalesce(b.revenue, 0), coalesce(a.revenue, 0), coalesce(b.buyers, 0), coalesce(a.buyers, 0),
						coalesce(b.orders, 0), coalesce(a.orders, 0), %4$s) d),
				'points', (SELECT jsonb_agg(jsonb_build_object('period', g.period::date) || coalesce(%1$s, %2$s) ORDER BY g.period)
					FROM generate_series(date_trunc(p.unit, p.before_from_time), p.before_until_time - interval '1 microsecond', p.step) AS g(period)
					LEFT JOIN part_before s ON s.grouping_number = 2 AND date '2000-01-01' + s.codes[1] = g.period::date
					LEFT JOIN LATERAL @extschema@.sales_cube_rows(NULL::@extschema@.sales_cube, 'whole'::@extschema@.cube_arm) n ON true)
				@products@@more_before@) END)
			@more@
		FROM period p
		CROSS JOIN LATERAL (
			SELECT coalesce((SELECT f.measures FROM figures f WHERE f.grouping_number = 1), (SELECT e.measures FROM no_measures e)) AS now, coalesce(%1$s, %2$s) AS before
			FROM (SELECT) one
			LEFT JOIN part_before s ON s.grouping_number = 1
			LEFT JOIN LATERAL @extschema@.sales_cube_rows(NULL::@extschema@.sales_cube, 'whole'::@extschema@.cube_arm) n ON true
		) f
	)$query$,
		'CASE WHEN s.grouping_number IS NOT NULL THEN ' || @extschema@.pt_dashboard_measures('s', '') || ' END', @extschema@.pt_dashboard_measures('n', ''), (settings).amount_scale,
		CASE WHEN (settings).roles ? 'quantity' THEN 'coalesce(b.quantity, 0), coalesce(a.quantity, 0)' ELSE 'NULL::numeric, NULL::numeric' END),
	'@products@', CASE WHEN NOT with_products THEN '' ELSE format($query$, 'products', (
					SELECT coalesce(jsonb_agg(jsonb_build_object('product', CASE WHEN $7 THEN coalesce(w.value, h.texts[2]) ELSE coalesce(v.value, h.texts[1]) END,
						'category', CASE WHEN $7 THEN coalesce(v.value, h.texts[1]) END, 'revenue', h.revenue, 'revenue_before', h.revenue_before)
						ORDER BY h.revenue - h.revenue_before, v.value COLLATE "C", w.value COLLATE "C"), '[]')
					FROM (
						SELECT codes, texts, coalesce(a.revenue, 0) AS revenue, coalesce(b.revenue, 0) AS revenue_before,
							row_number() OVER (ORDER BY coalesce(a.revenue, 0) - coalesce(b.revenue, 0), codes, texts) AS lowest,
							row_number() OVER (ORDER BY coalesce(b.revenue, 0) - coalesce(a.revenue, 0), codes, texts) AS highest
						FROM (SELECT s.codes, s.texts, s.revenue FROM part s WHERE s.grouping_number = $5) a
						FULL JOIN (SELECT s.codes, s.texts, s.revenue FROM part_before s WHERE s.grouping_number = 3) b USING (codes, texts)
					) h
					LEFT JOIN dimension_value v ON v.dimension_number = %1$s AND v.code = h.codes[1]
					LEFT JOIN dimension_value w ON w.dimension_number = %2$s AND w.code = h.codes[2]
					WHERE (h.lowest <= 5 OR h.highest <= 5) AND h.revenue <> h.revenue_before)$query$, element, second_element) END),
	'@more_before@', CASE WHEN with_more THEN $query$, 'more', $query$ || @extschema@.pt_dashboard_more_object('_before'::text, 'part_before'::text)
		|| ' || (SELECT jsonb_build_object(''new_customers'', x.new_customers_before) FROM cube x)' ELSE '' END),
	'@more@', CASE WHEN with_more THEN $query$|| jsonb_build_object('more', $query$ || @extschema@.pt_dashboard_more_object(''::text, 'part'::text)
		|| ' || (SELECT jsonb_build_object(''new_customers'', x.new_customers) FROM cube x))' ELSE '' END)
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_comparison(@extschema@.mart_settings, boolean, boolean, integer, integer) IS
'SQL that adds the period and its comparison to the answer of a dashboard; the elements name the products.';
