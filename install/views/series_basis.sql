-- view: series_basis
-- needs: purchased_at
-- reads: customer, mart
-- key:
-- inner
-- One row: revenue by day and by month as values of the type sales_series, from the first purchase on, without the day and the month that were not over at as_of; of the last ten years of days, and fifty of months. revenue_forecast, revenue_anomaly and season_index show them; BI tools cannot read this view.
WITH counted AS (
	SELECT x.cube, m.amount_scale, date_trunc('day', @extschema@.pt_as_of_end(coalesce(m.as_of, x.last_at), x.whole_days)) AS day_end,
		date_trunc('month', @extschema@.pt_as_of_end(coalesce(m.as_of, x.last_at), x.whole_days)) AS month_end
	FROM (
		SELECT @extschema@.sales_cube(c.lines, c.customer_id IS NOT NULL,
				@extschema@.cube_plan('{{-5},{-3}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer)) AS cube,
			max(c.last_at) AS last_at, bool_and(c.whole_days) AS whole_days
		FROM customer c
	) x
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
),
sold AS (
	SELECT r.grouping_number, (date '2000-01-01' + r.codes[1])::timestamp AS period, @extschema@.pt_series_amount(r.revenue, n.amount_scale) AS revenue
	FROM counted n
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(n.cube, 'whole'::@extschema@.cube_arm) r
)
SELECT @extschema@.series_between(d.days, greatest(d.first_day, (n.day_end - interval '10 years')::date), (n.day_end - interval '1 day')::date) AS days,
	@extschema@.series_between(d.months, greatest(d.first_month, (n.month_end - interval '50 years')::date), (n.month_end - interval '1 month')::date) AS months,
	greatest((n.day_end::date - greatest(d.first_day, (n.day_end - interval '10 years')::date)), 0) AS day_count
FROM counted n
CROSS JOIN LATERAL (
	SELECT @extschema@.sales_series(s.period, s.revenue, 'day'::@extschema@.purchase_period) FILTER (WHERE s.grouping_number = 1 AND s.period >= n.day_end - interval '10 years') AS days,
		@extschema@.sales_series(s.period, s.revenue, 'month'::@extschema@.purchase_period) FILTER (WHERE s.grouping_number = 2 AND s.period >= n.month_end - interval '50 years') AS months,
		min(s.period) FILTER (WHERE s.grouping_number = 1)::date AS first_day, min(s.period) FILTER (WHERE s.grouping_number = 2)::date AS first_month
	FROM sold s
) d
