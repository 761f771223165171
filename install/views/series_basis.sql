-- view: series_basis
-- needs: purchased_at
-- reads: customer, mart
-- key:
-- inner
-- One row: revenue by day and by month as values of the type sales_series, from the first purchase on, without the day and the month that were not over at as_of; of the last ten years of days, and fifty of months. Where the periods of the mart's calendar are no months, they are in a third one, as months or weeks that stand for them (the last fifty years of periods of which a year has twelve, ten of weeks); else this is NULL. revenue_forecast, revenue_anomaly and season_index show them; BI tools cannot read this view.
WITH counted AS (
	SELECT x.cube, m.amount_scale, m.calendar::@extschema@.sales_calendar AS calendar, @extschema@.pt_calendar_has_months(m.calendar::@extschema@.sales_calendar) AS has_months,
		date_trunc('day', @extschema@.pt_as_of_end(coalesce(m.as_of, x.last_at), x.whole_days)) AS day_end,
		date_trunc('month', @extschema@.pt_as_of_end(coalesce(m.as_of, x.last_at), x.whole_days)) AS month_end
	FROM @cubed last_at, whole_days OF (SELECT @extschema@.cube_calendar(@extschema@.cube_plan('{{-5},{-3},{-10}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer), m.calendar::@extschema@.sales_calendar) FROM mart m)@end@ x
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
),
sold AS (
	SELECT r.grouping_number, CASE r.grouping_number WHEN 3 THEN @extschema@.pt_calendar_series_day(n.calendar, date '2000-01-01' + r.codes[1]) ELSE date '2000-01-01' + r.codes[1] END::timestamp AS period,
		@extschema@.pt_series_amount(r.revenue, n.amount_scale) AS revenue
	FROM counted n
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(n.cube, 'whole'::@extschema@.cube_arm) r
	WHERE r.grouping_number < 3 OR NOT n.has_months
)
SELECT @extschema@.series_between(d.days, greatest(d.first_day, (n.day_end - interval '10 years')::date), (n.day_end - interval '1 day')::date) AS days,
	@extschema@.series_between(d.months, greatest(d.first_month, (n.month_end - interval '50 years')::date), (n.month_end - interval '1 month')::date) AS months,
	greatest((n.day_end::date - greatest(d.first_day, (n.day_end - interval '10 years')::date)), 0) AS day_count,
	@extschema@.series_between(d.periods, greatest(d.first_period, p.oldest::date), p.newest::date) AS periods,
	n.calendar, p.unit AS period_unit
FROM counted n
CROSS JOIN LATERAL (
	-- the periods from oldest to newest are over, and taken
	SELECT u.unit, u.period_end - CASE u.unit WHEN 'week' THEN interval '3640 days' ELSE interval '50 years' END AS oldest, u.period_end - ('1 ' || u.unit)::interval AS newest
	FROM (SELECT @extschema@.pt_calendar_series_unit(n.calendar) AS unit, @extschema@.pt_calendar_series_day(n.calendar, n.day_end::date)::timestamp AS period_end OFFSET 0) u
) p
CROSS JOIN LATERAL (
	SELECT @extschema@.sales_series(s.period, s.revenue, 'day'::@extschema@.purchase_period) FILTER (WHERE s.grouping_number = 1 AND s.period >= n.day_end - interval '10 years') AS days,
		@extschema@.sales_series(s.period, s.revenue, 'month'::@extschema@.purchase_period) FILTER (WHERE s.grouping_number = 2 AND s.period >= n.month_end - interval '50 years') AS months,
		@extschema@.sales_series(s.period, s.revenue, p.unit::@extschema@.purchase_period) FILTER (WHERE s.grouping_number = 3 AND s.period >= p.oldest) AS periods,
		min(s.period) FILTER (WHERE s.grouping_number = 1)::date AS first_day, min(s.period) FILTER (WHERE s.grouping_number = 2)::date AS first_month,
		min(s.period) FILTER (WHERE s.grouping_number = 3)::date AS first_period
	FROM sold s
) d
