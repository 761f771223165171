-- findings: what follows from the numbers of a page, in sentences

CREATE FUNCTION @extschema@.pt_words_number(value numeric, scale integer) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT trim(to_char(r.value, 'FM999,999,999,999,999,999,990' || CASE WHEN r.decimals > 0 THEN '.' || repeat('0', r.decimals) ELSE '' END))
	FROM (SELECT round(value, d.decimals) AS value, d.decimals FROM (SELECT CASE WHEN abs(value) >= 1000 THEN 0 ELSE least(greatest(scale, 0), 6) END AS decimals) d) r
$$;
COMMENT ON FUNCTION @extschema@.pt_words_number(numeric, integer) IS
'A number as a sentence has it: with so many decimals, from 1,000 on without.';

CREATE FUNCTION @extschema@.pt_words_share(value numeric) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT to_char(round(100 * value, 1), 'FM999,999,999,999,990.0') || ' %'
$$;
COMMENT ON FUNCTION @extschema@.pt_words_share(numeric) IS
'A share as percent, with one decimal.';

CREATE FUNCTION @extschema@.pt_words_days(first date, last date) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN first = last THEN to_char(first::timestamp, 'FMDD Mon YYYY')
		WHEN extract(day FROM first) = 1 AND last = (date_trunc('month', first::timestamp) + interval '1 month - 1 day')::date THEN to_char(first::timestamp, 'Mon YYYY')
		ELSE to_char(first::timestamp, 'FMDD Mon YYYY') || ' to ' || to_char(last::timestamp, 'FMDD Mon YYYY') END
$$;
COMMENT ON FUNCTION @extschema@.pt_words_days(date, date) IS
'Days as a sentence has them: a day, a month, or from one day to another.';

CREATE FUNCTION @extschema@.pt_words_change(now_value numeric, before_value numeric) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN now_value = before_value THEN 'as much as'
		WHEN before_value > 0 THEN @extschema@.pt_words_share(abs(now_value / before_value - 1)) || CASE WHEN now_value > before_value THEN ' more than' ELSE ' less than' END
		WHEN now_value > before_value THEN 'more than' ELSE 'less than' END
$$;
COMMENT ON FUNCTION @extschema@.pt_words_change(numeric, numeric) IS
'By how much a number is more or less than before; in percent where that was above zero.';

CREATE FUNCTION @extschema@.pt_words_name(value text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN value IS NULL THEN '(no value)' WHEN value = '' THEN '(empty)' WHEN length(value) > 60 THEN left(value, 59) || '…' ELSE value END
$$;
COMMENT ON FUNCTION @extschema@.pt_words_name(text) IS
'A value of the data as a sentence has it: at most 60 characters.';

CREATE FUNCTION @extschema@.pt_words_count(value bigint, name text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT to_char(value, 'FM999,999,999,999,999,999,990') || ' ' || name || CASE value WHEN 1 THEN '' ELSE 's' END
$$;
COMMENT ON FUNCTION @extschema@.pt_words_count(bigint, text) IS
'So many of what has the name.';

CREATE FUNCTION @extschema@.pt_move_severity(now_value numeric, before_value numeric) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- less than a twentieth is not worth a colour
	SELECT CASE WHEN before_value > 0 AND now_value < 0.95 * before_value THEN 'bad' WHEN before_value > 0 AND now_value > 1.05 * before_value THEN 'good' ELSE 'neutral' END
$$;
COMMENT ON FUNCTION @extschema@.pt_move_severity(numeric, numeric) IS
'good from five percent more on, bad from five percent less on, else neutral.';

CREATE FUNCTION @extschema@.pt_findings_of_kpi(answer jsonb) RETURNS TABLE (place integer, kind text, severity text, numbers jsonb, sentence text)
	LANGUAGE sql STABLE ROWS 5
	SET search_path = pg_catalog, pg_temp
	AS $$
	WITH a AS (
		SELECT answer -> 'kpi' AS kpi, nullif(answer -> 'comparison', 'null') AS comparison, answer -> 'period' AS period, (answer ->> 'amount_scale')::integer AS scale,
			(answer #>> '{kpi,revenue}')::numeric AS revenue, (answer #>> '{comparison,kpi,revenue}')::numeric AS before,
			@extschema@.pt_words_days((answer #>> '{period,from}')::date, (answer #>> '{period,to}')::date) AS days,
			@extschema@.pt_words_days((answer #>> '{period,before_from}')::date, (answer #>> '{period,before_to}')::date) AS days_before
	)
	SELECT 1, 'revenue', @extschema@.pt_move_severity(a.revenue, a.before), jsonb_build_object('revenue', a.revenue, 'revenue_before', a.before, 'change', a.comparison #> '{change,revenue}'),
		CASE WHEN a.before = 0 AND (a.comparison #>> '{kpi,purchases}')::bigint = 0
			THEN format('Revenue of %s was %s; before, of %s, there was none.', a.days, @extschema@.pt_words_number(a.revenue, a.scale), a.days_before)
		ELSE format('Revenue of %s was %s, %s the %s of %s.', a.days, @extschema@.pt_words_number(a.revenue, a.scale), @extschema@.pt_words_change(a.revenue, a.before),
			@extschema@.pt_words_number(a.before, a.scale), a.days_before) END
	FROM a
	WHERE a.before IS NOT NULL
	UNION ALL
	SELECT 1, 'revenue', 'neutral', jsonb_build_object('revenue', a.revenue, 'purchases', a.kpi -> 'purchases', 'customers', a.kpi -> 'customers'),
		format('Revenue%s is %s, from %s of %s.', coalesce(' of ' || a.days, ''), @extschema@.pt_words_number(a.revenue, a.scale),
			@extschema@.pt_words_count((a.kpi ->> 'purchases')::bigint, 'purchase'::text), @extschema@.pt_words_count((a.kpi ->> 'customers')::bigint, 'customer'::text))
	FROM a
	WHERE a.before IS NULL
	UNION ALL
	-- the driver that did most of it, in the direction that revenue went
	(SELECT 2, 'driver', @extschema@.pt_move_severity(a.revenue, a.before), d.value,
		CASE WHEN d.value ->> 'part' = 'customers'
			THEN format('The largest part of it, %s, comes from customers: %s instead of %s.', d.signed, @extschema@.pt_words_number((d.value ->> 'figure')::numeric, 0), @extschema@.pt_words_number((d.value ->> 'figure_before')::numeric, 0))
		ELSE format('The largest part of it, %s, comes from %s: %s instead of %s.', d.signed, d.value ->> 'part', @extschema@.pt_words_number((d.value ->> 'figure')::numeric, 2), @extschema@.pt_words_number((d.value ->> 'figure_before')::numeric, 2)) END
	FROM a
	CROSS JOIN LATERAL (
		SELECT e.value, (e.value ->> 'contribution')::numeric AS contribution, e.place,
			CASE WHEN (e.value ->> 'contribution')::numeric > 0 THEN '+' ELSE '' END || @extschema@.pt_words_number((e.value ->> 'contribution')::numeric, a.scale) AS signed
		FROM jsonb_array_elements(a.comparison -> 'drivers') WITH ORDINALITY AS e(value, place)
	) d
	WHERE a.before > 0 AND a.revenue <> a.before AND d.contribution * (a.revenue - a.before) > 0
		AND (d.value ->> 'figure') IS NOT NULL AND (d.value ->> 'figure_before') IS NOT NULL
	ORDER BY abs(d.contribution) DESC, d.place
	LIMIT 1)
$$;
COMMENT ON FUNCTION @extschema@.pt_findings_of_kpi(jsonb) IS
'Of an answer of mart_dashboard: what revenue is, or how it moved, and the driver that moved it most.';

CREATE FUNCTION @extschema@.pt_findings_of_products(answer jsonb) RETURNS TABLE (place integer, kind text, severity text, numbers jsonb, sentence text)
	LANGUAGE sql STABLE ROWS 5
	SET search_path = pg_catalog, pg_temp
	AS $$
	WITH moved AS (
		SELECT p.value, (p.value ->> 'revenue')::numeric - (p.value ->> 'revenue_before')::numeric AS gain, @extschema@.pt_words_name(p.value ->> 'product') AS name, (answer ->> 'amount_scale')::integer AS scale, p.place
		FROM jsonb_array_elements(nullif(answer -> 'comparison', 'null') -> 'products') WITH ORDINALITY AS p(value, place)
		WHERE p.value ->> 'product' IS NOT NULL
	)
	(SELECT 3, 'product up', 'good', m.value, format('%s gained most: %s after %s.', m.name, @extschema@.pt_words_number((m.value ->> 'revenue')::numeric, m.scale), @extschema@.pt_words_number((m.value ->> 'revenue_before')::numeric, m.scale))
	FROM moved m
	WHERE m.gain > 0
	ORDER BY m.gain DESC, m.place
	LIMIT 1)
	UNION ALL
	(SELECT 4, 'product down', 'bad', m.value, format('%s lost most: %s after %s.', m.name, @extschema@.pt_words_number((m.value ->> 'revenue')::numeric, m.scale), @extschema@.pt_words_number((m.value ->> 'revenue_before')::numeric, m.scale))
	FROM moved m
	WHERE m.gain < 0
	ORDER BY m.gain, m.place
	LIMIT 1)
	UNION ALL
	-- the products of an answer are those with the most purchases
	(SELECT 5, 'product', 'neutral', jsonb_build_object('product', p.value -> 'product', 'category', p.value -> 'category', 'purchases', p.value -> 'purchases', 'revenue', p.value -> 'revenue'),
		format('%s is bought most: in %s of %s (%s).', @extschema@.pt_words_name(p.value ->> 'product'), @extschema@.pt_words_number((p.value ->> 'purchases')::numeric, 0),
			@extschema@.pt_words_count((answer #>> '{kpi,purchases}')::bigint, 'purchase'::text), @extschema@.pt_words_share((p.value ->> 'purchases')::numeric / (answer #>> '{kpi,purchases}')::numeric))
	FROM jsonb_array_elements(nullif(answer -> 'products', 'null')) WITH ORDINALITY AS p(value, place)
	-- of one product it says nothing
	WHERE p.value ->> 'product' IS NOT NULL AND (p.value ->> 'purchases')::bigint > 0 AND jsonb_array_length(nullif(answer -> 'products', 'null')) > 1
	ORDER BY p.place
	LIMIT 1)
$$;
COMMENT ON FUNCTION @extschema@.pt_findings_of_products(jsonb) IS
'Of an answer of mart_dashboard: the product that is bought most, and those that gained and lost most revenue.';

CREATE FUNCTION @extschema@.pt_findings_of_overview(answer jsonb) RETURNS TABLE (place integer, kind text, severity text, numbers jsonb, sentence text)
	LANGUAGE sql STABLE ROWS 5
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- without a period: the last month, or day, that was over
	SELECT 2, 'last ' || (answer #>> '{trend,unit}'), @extschema@.pt_move_severity(t.revenue, t.before), jsonb_build_object('from', t.first, 'revenue', t.revenue, 'revenue_before', t.before),
		format('Revenue of %s was %s, %s the %s of %s.', @extschema@.pt_words_days(t.first, t.last), @extschema@.pt_words_number(t.revenue, (answer ->> 'amount_scale')::integer), @extschema@.pt_words_change(t.revenue, t.before),
			@extschema@.pt_words_number(t.before, (answer ->> 'amount_scale')::integer), @extschema@.pt_words_days(t.before_first, t.first - 1))
	FROM (
		SELECT (p.value ->> 'period')::date AS first, ((p.value ->> 'period')::date + ('1 ' || (answer #>> '{trend,unit}'))::interval - interval '1 day')::date AS last, (p.value ->> 'revenue')::numeric AS revenue,
			lag((p.value ->> 'revenue')::numeric) OVER w AS before, lag((p.value ->> 'period')::date) OVER w AS before_first, (p.value ->> 'complete' = 'true') AS complete
		FROM jsonb_array_elements(nullif(nullif(answer -> 'trend', 'null') -> 'points', 'null')) AS p(value)
		WINDOW w AS (ORDER BY p.value ->> 'period')
		ORDER BY (p.value ->> 'complete' = 'true') DESC, first DESC
		LIMIT 1
	) t
	WHERE NOT answer ? 'period' AND t.complete AND t.before IS NOT NULL
	UNION ALL
	-- a share says something where there are several, and none is chosen
	(SELECT 6, 'category', 'neutral', jsonb_build_object('category', c.value -> 'value', 'revenue', c.value -> 'revenue', 'share', c.share),
		format('%s brings most revenue: %s, which is %s of all.', @extschema@.pt_words_name(c.value ->> 'value'), @extschema@.pt_words_number((c.value ->> 'revenue')::numeric, (answer ->> 'amount_scale')::integer), @extschema@.pt_words_share(c.share))
	FROM (
		SELECT v.value, (v.value ->> 'revenue')::numeric / nullif((answer #>> '{kpi,revenue}')::numeric, 0) AS share, count(*) OVER () AS n, min((v.value ->> 'revenue')::numeric) OVER () AS lowest
		FROM jsonb_array_elements(answer #> '{breakdown,category}') AS v(value)
	) c
	WHERE c.n > 1 AND c.lowest >= 0 AND c.share > 0 AND NOT (answer -> 'filters') ? 'category'
	ORDER BY c.share DESC, c.value ->> 'value' COLLATE "C"
	LIMIT 1)
	UNION ALL
	SELECT 7, 'new customers', 'neutral', jsonb_build_object('new_customers', answer #> '{more,new_customers}', 'customers', answer #> '{kpi,customers}'),
		CASE WHEN answer #> '{more,new_customers}' = answer #> '{kpi,customers}'
			THEN format('%s bought, for the first time.', @extschema@.pt_words_count((answer #>> '{more,new_customers}')::bigint, 'customer'::text))
		ELSE format('%s of the %s customers bought for the first time.', @extschema@.pt_words_number((answer #>> '{more,new_customers}')::numeric, 0), @extschema@.pt_words_number((answer #>> '{kpi,customers}')::numeric, 0)) END
	WHERE (answer #>> '{more,new_customers}')::bigint > 0
	UNION ALL
	SELECT 8, 'repeat customers', 'neutral', jsonb_build_object('repeat_share', answer #> '{more,repeat_share}'),
		format('%s of the customers who bought have bought more than once.', @extschema@.pt_words_share((answer #>> '{more,repeat_share}')::numeric))
	WHERE (answer #>> '{more,repeat_share}') IS NOT NULL AND (answer #>> '{kpi,customers}')::bigint > 1
$$;
COMMENT ON FUNCTION @extschema@.pt_findings_of_overview(jsonb) IS
'Of an answer of mart_dashboard for the page overview: the last month, the category that brings most, new and repeat customers.';

CREATE FUNCTION @extschema@.pt_findings_of_customers(answer jsonb) RETURNS TABLE (place integer, kind text, severity text, numbers jsonb, sentence text)
	LANGUAGE sql STABLE ROWS 5
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT 1, 'late', CASE WHEN l.late >= 0.1 * l.customers THEN 'watch' ELSE 'neutral' END, jsonb_build_object('late', l.late, 'customers', l.customers),
		format('%s of %s customers (%s) are late for their own rhythm.', @extschema@.pt_words_number(l.late, 0), @extschema@.pt_words_number(l.customers, 0), @extschema@.pt_words_share(l.late / l.customers))
	FROM (
		SELECT sum((s.value ->> 'late_customers')::numeric) AS late, sum((s.value ->> 'customers')::numeric) AS customers
		FROM jsonb_array_elements(answer #> '{views,segment_rfm}') AS s(value)
	) l
	WHERE l.customers > 1
	UNION ALL
	(SELECT 2, 'segment', 'neutral', jsonb_build_object('segment', s.value -> 'rfm_segment', 'customer_share', s.value -> 'customer_share', 'revenue_share', s.value -> 'revenue_share'),
		format('Most revenue comes from the segment "%s": %s of the customers bring %s of it.', replace(@extschema@.pt_words_name(s.value ->> 'rfm_segment'), '_', ' '), @extschema@.pt_words_share((s.value ->> 'customer_share')::numeric), @extschema@.pt_words_share((s.value ->> 'revenue_share')::numeric))
	FROM jsonb_array_elements(answer #> '{views,segment_rfm}') AS s(value)
	WHERE (s.value ->> 'revenue_share')::numeric > 0 AND (s.value ->> 'customer_share')::numeric < 1 AND s.value ->> 'rfm_segment' IS NOT NULL
	ORDER BY (s.value ->> 'revenue_share')::numeric DESC, (s.value ->> 'rfm_segment_sort')::integer
	LIMIT 1)
	UNION ALL
	SELECT 3, 'best tenth', 'neutral', jsonb_build_object('share', c.value -> 'cumulative_share'), format('The best tenth of the customers brings %s of the revenue.', @extschema@.pt_words_share((c.value ->> 'cumulative_share')::numeric))
	FROM jsonb_array_elements(answer #> '{views,revenue_concentration}') AS c(value)
	-- a tenth of less than ten is nobody
	WHERE c.value ->> 'customer_percentile' = '10' AND (c.value ->> 'cumulative_share')::numeric > 0 AND (answer #>> '{kpi,customers}')::bigint >= 10
	UNION ALL
	(SELECT 4, 'gained and lost', CASE WHEN l.lost > l.gained THEN 'watch' ELSE 'neutral' END, jsonb_build_object('month', l.month, 'new', l.new, 'back', l.back, 'quiet', l.lost),
		format('In %s %s customers were new, %s came back, and %s of the month before stayed away.', to_char(l.month::timestamp, 'Mon YYYY'), @extschema@.pt_words_number(l.new, 0), @extschema@.pt_words_number(l.back, 0), @extschema@.pt_words_number(l.lost, 0))
	FROM (
		SELECT (s.value ->> 'month_start')::date AS month, sum((s.value ->> 'customers')::numeric) FILTER (WHERE s.value ->> 'state' = 'new') AS new,
			sum((s.value ->> 'customers')::numeric) FILTER (WHERE s.value ->> 'state' = 'resurrecting') AS back, -sum((s.value ->> 'customers')::numeric) FILTER (WHERE s.value ->> 'state' = 'dormant') AS lost,
			sum((s.value ->> 'customers')::numeric) FILTER (WHERE s.value ->> 'state' IN ('new', 'resurrecting')) AS gained
		FROM jsonb_array_elements(answer #> '{views,lifecycle}') AS s(value)
		WHERE (s.value ->> 'complete' = 'true')
		GROUP BY 1
	) l
	ORDER BY l.month DESC
	LIMIT 1)
	UNION ALL
	-- a mart without times has tiers
	(SELECT 5, 'spend tier', 'neutral', jsonb_build_object('tier', s.value -> 'spend_tier', 'customer_share', s.value -> 'customer_share', 'revenue_share', s.value -> 'revenue_share'),
		format('The spend tier "%s" is %s of the customers and brings %s of the revenue.', @extschema@.pt_words_name(s.value ->> 'spend_tier'), @extschema@.pt_words_share((s.value ->> 'customer_share')::numeric), @extschema@.pt_words_share((s.value ->> 'revenue_share')::numeric))
	FROM jsonb_array_elements(answer #> '{views,segment_spend}') AS s(value)
	WHERE (s.value ->> 'revenue_share')::numeric > 0 AND (s.value ->> 'customer_share')::numeric < 1 AND s.value ->> 'spend_tier' IS NOT NULL
	ORDER BY (s.value ->> 'spend_tier_sort')::integer DESC
	LIMIT 1)
$$;
COMMENT ON FUNCTION @extschema@.pt_findings_of_customers(jsonb) IS
'Of an answer of mart_dashboard for the page customers: who is late, which segment, tier and tenth bring most, who was gained and lost.';

CREATE FUNCTION @extschema@.pt_findings_of_offers(answer jsonb) RETURNS TABLE (place integer, kind text, severity text, numbers jsonb, sentence text)
	LANGUAGE sql STABLE ROWS 5
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- like with like, p below 0.05, and at least two percent of what is paid without a discount
	SELECT 6, 'discount', 'neutral', jsonb_build_object('difference', d.difference, 'mean_full', d.mean_full, 'p_value', d.p_value, 'matters', d.matters),
		CASE WHEN d.matters THEN format('Like with like, a purchase with a discount is %s %s: %s, of %s without one.', @extschema@.pt_words_share(abs(d.difference) / d.mean_full),
				CASE WHEN d.difference < 0 THEN 'smaller' ELSE 'larger' END, CASE WHEN d.difference > 0 THEN '+' ELSE '' END || @extschema@.pt_words_number(d.difference, d.scale), @extschema@.pt_words_number(d.mean_full, d.scale))
			ELSE 'Like with like, purchases with and without a discount do not differ by two percent or more that chance cannot explain.' END
	FROM (
		SELECT r.*, coalesce(r.p_value < 0.05 AND r.mean_full > 0 AND abs(r.difference) >= 0.02 * r.mean_full, false) AS matters
		FROM (
			SELECT (v.value ->> 'stratified_difference')::numeric AS difference, (v.value ->> 'stratified_mean_full')::numeric AS mean_full, (v.value ->> 'stratified_p_value')::numeric AS p_value,
				greatest((answer ->> 'amount_scale')::integer, 2) AS scale
			FROM jsonb_array_elements(answer #> '{views,discount_effect}') AS v(value)
			WHERE v.value ->> 'scope' = 'overall'
		) r
		WHERE r.p_value IS NOT NULL
	) d
	UNION ALL
	-- of the variance a dimension must explain one percent: with many rows everything differs
	SELECT 7, 'groups', 'neutral', g.numbers, CASE WHEN g.numbers -> 'eta_squared' = 'null'
		THEN format('None of %s dimensions explains as much as one percent of what purchases differ by.', g.numbers ->> 'dimensions')
		ELSE format('Of %s dimensions, %s says most about the amount of a purchase: %s for %s, %s for %s; it explains %s of the differences.', g.numbers ->> 'dimensions', replace(g.numbers ->> 'dimension', '_', ' '),
			@extschema@.pt_words_number((g.numbers ->> 'highest_mean')::numeric, 2), @extschema@.pt_words_name(g.numbers ->> 'highest_value'),
			@extschema@.pt_words_number((g.numbers ->> 'lowest_mean')::numeric, 2), @extschema@.pt_words_name(g.numbers ->> 'lowest_value'), @extschema@.pt_words_share((g.numbers ->> 'eta_squared')::numeric)) END
	FROM (
		SELECT jsonb_build_object('dimensions', count(*), 'dimension', (array_agg(v.value -> 'dimension' ORDER BY m.place) FILTER (WHERE m.matters))[1],
			'eta_squared', (array_agg(v.value -> 'eta_squared' ORDER BY m.place) FILTER (WHERE m.matters))[1],
			'highest_value', (array_agg(v.value -> 'highest_value' ORDER BY m.place) FILTER (WHERE m.matters))[1], 'highest_mean', (array_agg(v.value -> 'highest_mean' ORDER BY m.place) FILTER (WHERE m.matters))[1],
			'lowest_value', (array_agg(v.value -> 'lowest_value' ORDER BY m.place) FILTER (WHERE m.matters))[1], 'lowest_mean', (array_agg(v.value -> 'lowest_mean' ORDER BY m.place) FILTER (WHERE m.matters))[1]) AS numbers, count(*) AS n
		FROM jsonb_array_elements(answer #> '{views,group_comparison}') AS v(value)
		CROSS JOIN LATERAL (SELECT coalesce((v.value ->> 'p_adjusted')::numeric < 0.05 AND (v.value ->> 'eta_squared')::numeric >= 0.01, false) AS matters, ROW(-(v.value ->> 'eta_squared')::numeric, v.value ->> 'dimension') AS place) m
		WHERE (v.value ->> 'group_count')::integer > 1
	) g
	WHERE g.n > 0
$$;
COMMENT ON FUNCTION @extschema@.pt_findings_of_offers(jsonb) IS
'Of an answer of mart_dashboard for the page products: what a discount does, and which dimension tells of the amount, where the size of it matters, too.';

CREATE FUNCTION @extschema@.pt_findings_of_trends(answer jsonb) RETURNS TABLE (place integer, kind text, severity text, numbers jsonb, sentence text)
	LANGUAGE sql STABLE ROWS 5
	SET search_path = pg_catalog, pg_temp
	AS $$
	(SELECT 1, 'month', CASE WHEN c.contribution > 0 THEN 'good' WHEN c.contribution < 0 THEN 'bad' ELSE 'neutral' END, jsonb_build_object('month', c.month, 'change', c.contribution, 'part', c.part, 'contribution', c.largest),
		format('In %s revenue was %s %s than the month before; the largest part comes from %s (%s).', to_char(c.month::timestamp, 'Mon YYYY'), @extschema@.pt_words_number(abs(c.contribution), c.scale),
			CASE WHEN c.contribution > 0 THEN 'more' ELSE 'less' END, c.part, CASE WHEN c.largest > 0 THEN '+' ELSE '' END || @extschema@.pt_words_number(c.largest, c.scale))
	FROM (
		SELECT m.month, m.contribution, m.scale, (array_agg(p.value ->> 'part' ORDER BY (p.value ->> 'contribution')::numeric * sign(m.contribution) DESC, (p.value ->> 'part_sort')::integer))[1] AS part,
			max((p.value ->> 'contribution')::numeric * sign(m.contribution)) * sign(m.contribution) AS largest
		FROM (
			SELECT (v.value ->> 'month_start')::date AS month, sum((v.value ->> 'contribution')::numeric) AS contribution, (answer ->> 'amount_scale')::integer AS scale
			FROM jsonb_array_elements(answer #> '{views,revenue_change_month}') AS v(value)
			WHERE v.value ->> 'split' = 'drivers' AND (v.value ->> 'complete' = 'true')
			GROUP BY 1
			ORDER BY 1 DESC
			LIMIT 1
		) m
		JOIN jsonb_array_elements(answer #> '{views,revenue_change_month}') AS p(value) ON (p.value ->> 'month_start')::date = m.month AND p.value ->> 'split' = 'drivers'
		GROUP BY 1, 2, 3
	) c
	WHERE c.contribution <> 0)
	UNION ALL
	SELECT 2, 'product trends', CASE WHEN t.falling > t.rising THEN 'watch' ELSE 'neutral' END, jsonb_build_object('rising', t.rising, 'falling', t.falling, 'new', t.new, 'discontinued', t.discontinued, 'products', t.n),
		format('Of %s products %s rise and %s fall from month to month, %s are new, and %s were not sold in the last three months.', @extschema@.pt_words_number(t.n::numeric, 0), @extschema@.pt_words_number(t.rising::numeric, 0), @extschema@.pt_words_number(t.falling::numeric, 0), @extschema@.pt_words_number(t.new::numeric, 0), @extschema@.pt_words_number(t.discontinued::numeric, 0))
	FROM (
		SELECT count(*) AS n, count(*) FILTER (WHERE v.value ->> 'trend' = 'rising') AS rising, count(*) FILTER (WHERE v.value ->> 'trend' = 'falling') AS falling,
			count(*) FILTER (WHERE v.value ->> 'trend' = 'new') AS new, count(*) FILTER (WHERE v.value ->> 'trend' = 'discontinued') AS discontinued
		FROM jsonb_array_elements(answer #> '{views,product_trend}') AS v(value)
	) t
	WHERE t.n > 1
	UNION ALL
	(SELECT 3, 'odd day', CASE WHEN (v.value ->> 'score')::numeric < 0 THEN 'bad' ELSE 'good' END, jsonb_build_object('day', v.value -> 'period_start', 'revenue', v.value -> 'revenue', 'expected', v.value -> 'expected'),
		format('The last odd day was %s: %s, where %s were to be expected.', to_char((v.value ->> 'period_start')::timestamp, 'FMDD Mon YYYY'), @extschema@.pt_words_number((v.value ->> 'revenue')::numeric, (answer ->> 'amount_scale')::integer),
			@extschema@.pt_words_number((v.value ->> 'expected')::numeric, (answer ->> 'amount_scale')::integer))
	FROM jsonb_array_elements(answer #> '{views,revenue_anomaly}') AS v(value)
	WHERE v.value ->> 'unit' = 'day' AND (v.value ->> 'is_anomaly' = 'true')
	ORDER BY (v.value ->> 'period_start')::date DESC
	LIMIT 1)
	UNION ALL
	(SELECT 4, 'forecast', 'neutral', jsonb_build_object('month', v.value -> 'period_start', 'forecast', v.value -> 'forecast', 'lower', v.value -> 'lower', 'upper', v.value -> 'upper'),
		format('For %s about %s are to be expected, with 95 %% between %s and %s.', to_char((v.value ->> 'period_start')::timestamp, 'Mon YYYY'), @extschema@.pt_words_number((v.value ->> 'forecast')::numeric, (answer ->> 'amount_scale')::integer),
			@extschema@.pt_words_number((v.value ->> 'lower')::numeric, (answer ->> 'amount_scale')::integer), @extschema@.pt_words_number((v.value ->> 'upper')::numeric, (answer ->> 'amount_scale')::integer))
	FROM jsonb_array_elements(answer #> '{views,revenue_forecast}') AS v(value)
	WHERE v.value ->> 'unit' = 'month' AND (v.value ->> 'lower') IS NOT NULL
	ORDER BY (v.value ->> 'period_start')::date
	LIMIT 1)
$$;
COMMENT ON FUNCTION @extschema@.pt_findings_of_trends(jsonb) IS
'Of an answer of mart_dashboard for the page trends: why the last month was not the one before, how many products rise and fall, the last odd day, and the next month.';

CREATE FUNCTION @extschema@.pt_findings_of_data(answer jsonb) RETURNS TABLE (place integer, kind text, severity text, numbers jsonb, sentence text)
	LANGUAGE sql STABLE ROWS 5
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT 1, 'rows', 'neutral', jsonb_build_object('rows', v.value -> 'row_count'), format('The source has %s rows.', @extschema@.pt_words_number((v.value ->> 'row_count')::numeric, 0))
	FROM jsonb_array_elements(answer #> '{views,data_quality}') AS v(value)
	WHERE v.value ->> 'check_name' = 'rows'
	UNION ALL
	(SELECT 2, 'data', 'watch', jsonb_build_object('check', v.value -> 'check_name', 'subject', v.value -> 'subject', 'rows', v.value -> 'row_count', 'share', v.value -> 'row_share'),
		format('%s%s: %s%s; %s.', v.value ->> 'check_name', coalesce(' of ' || (v.value ->> 'subject'), ''), @extschema@.pt_words_number((v.value ->> 'row_count')::numeric, 0),
			coalesce(' (' || @extschema@.pt_words_share((v.value ->> 'row_share')::numeric) || ')', ''), rtrim(v.value ->> 'consequence', '.'))
	FROM jsonb_array_elements(answer #> '{views,data_quality}') AS v(value)
	WHERE v.value ->> 'check_name' <> 'rows' AND (v.value ->> 'row_count')::bigint > 0 AND v.value ->> 'consequence' IS NOT NULL
	ORDER BY coalesce((v.value ->> 'row_share')::numeric, 0) DESC, v.value ->> 'check_name' COLLATE "C", v.value ->> 'subject' COLLATE "C"
	LIMIT 3)
$$;
COMMENT ON FUNCTION @extschema@.pt_findings_of_data(jsonb) IS
'Of an answer of mart_dashboard for the page about: how many rows there are, and the three checks that most of them fail.';

CREATE FUNCTION @extschema@.pt_dashboard_findings(answer jsonb) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	result jsonb;
BEGIN
	-- of nothing nothing follows
	IF (answer #>> '{kpi,purchases}')::bigint = 0 AND answer ->> 'page' <> 'about' AND coalesce((answer #>> '{comparison,kpi,purchases}')::bigint, 0) = 0 THEN
		RETURN '[]'::jsonb;
	END IF;
	SELECT coalesce(jsonb_agg(jsonb_build_object('kind', f.kind, 'severity', f.severity, 'numbers', f.numbers, 'text', f.sentence) ORDER BY f.place), '[]') INTO result
	FROM (
		SELECT a.*
		FROM (
			SELECT * FROM @extschema@.pt_findings_of_kpi(answer) WHERE answer ->> 'page' IN ('overview', 'products')
			UNION ALL
			SELECT * FROM @extschema@.pt_findings_of_overview(answer) WHERE answer ->> 'page' = 'overview'
			UNION ALL
			SELECT * FROM @extschema@.pt_findings_of_products(answer) WHERE answer ->> 'page' IN ('overview', 'products')
			UNION ALL
			SELECT * FROM @extschema@.pt_findings_of_customers(answer) WHERE answer ->> 'page' = 'customers'
			UNION ALL
			SELECT * FROM @extschema@.pt_findings_of_offers(answer) WHERE answer ->> 'page' = 'products'
			UNION ALL
			SELECT * FROM @extschema@.pt_findings_of_trends(answer) WHERE answer ->> 'page' = 'trends'
			UNION ALL
			SELECT * FROM @extschema@.pt_findings_of_data(answer) WHERE answer ->> 'page' = 'about'
		) a
		WHERE a.sentence IS NOT NULL
		-- what moved the revenue is told on the first page
			AND NOT (answer ->> 'page' = 'products' AND a.kind IN ('revenue', 'driver'))
		ORDER BY a.place
		LIMIT 5
	) f;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_findings(jsonb) IS
'What follows from an answer of mart_dashboard: at most five objects with kind, severity (good, bad, watch, neutral), numbers and text.';

CREATE FUNCTION @extschema@.mart_findings(mart text, filters jsonb DEFAULT '{}', page text DEFAULT 'overview', period jsonb DEFAULT NULL)
	RETURNS TABLE (kind text, severity text, numbers jsonb, sentence text)
	LANGUAGE plpgsql STABLE ROWS 5
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF $1 IS NULL THEN
		RAISE EXCEPTION 'mart must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	RETURN QUERY
	SELECT f.value ->> 'kind', f.value ->> 'severity', f.value -> 'numbers', f.value ->> 'text'
	FROM jsonb_array_elements(@extschema@.mart_dashboard($1, $2, $3, $4) -> 'findings') WITH ORDINALITY AS f(value, place)
	ORDER BY f.place;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_findings(text, jsonb, text, jsonb) IS
'What follows from the numbers of a page of mart_dashboard, with the same arguments and errors (NULL mart: 22004): at most five sentences, with the numbers that they are made of. kind names the sentence; severity is good, bad, watch (look into it) or neutral. A difference is a finding if it is large enough to matter, and not only beyond chance: two percent of the amount for a discount, one percent of the variance for a dimension.';
