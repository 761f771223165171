-- view: kpi_period
-- needs: purchased_at
-- reads: customer, mart
-- key: period_start
-- One row per period of the mart's calendar, without gaps, from that of the first purchase to that of as_of; with a calendar of months the figures are those of kpi_month.
-- column period_start: First day of the period.
-- column period_end: Last day of the period.
-- column period_year: Year of the calendar that the period belongs to.
-- column period_number: Number of the period in its year, from 1.
-- column period_label: Name of the period, which sorts as text: 2024-03 a month, 2024-W03 a week, FY2024-P03 of a fiscal or retail year.
-- column day_count: Number of days that the period has.
-- column new_customers: Number of customers with their first purchase in the period.
-- column returning_customers: Number of customers in the period who had bought before it.
-- column new_revenue: Revenue from customers with their first purchase in the period; currency of the source.
-- column returning_revenue: Revenue from customers who had bought before the period; currency of the source.
-- column other_revenue: Revenue without a customer, or from customers with returns only; currency of the source.
-- column revenue_per_day: Revenue divided by the days of the period, which are not always as many; NULL if it was not over at as_of. Currency of the source.
-- column revenue_before: Revenue of the period before; NULL in the first one. Currency of the source.
-- column revenue_change: Revenue against the period before: 0.1 is ten percent more; NULL if that had none.
-- column revenue_year_before: Revenue of the period with the same number a year before; NULL if there is none, as for a week 53, or the data do not reach back. Currency of the source.
-- column revenue_year_change: Revenue against the period with the same number a year before: 0.1 is ten percent more.
-- column moving_average_3_periods: Mean revenue of this period and the 2 before; NULL in the first 2. Currency of the source.
-- column complete: Whether the period was over at as_of.
-- column complete_label: Whether the period was over at as_of, as Yes or No.
WITH counted AS (
	SELECT x.cube, m.calendar::@extschema@.sales_calendar AS calendar, coalesce(m.as_of, x.last_at) AS as_of, x.whole_days
	FROM @cubed last_at, whole_days OF (SELECT @extschema@.cube_calendar(@extschema@.cube_plan('{{-10}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer), m.calendar::@extschema@.sales_calendar) FROM mart m)@end@ x
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
),
sold AS (
	SELECT date '2000-01-01' + r.codes[1] AS period, r.*
	FROM counted s
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
),
filled AS (
	SELECT g.*,
		@measures purchases, average_amount, discount_share OF s@,
		coalesce(s.buyers, 0) AS customers,
		coalesce(s.revenue, 0) AS revenue,
		coalesce(s.new_customers, 0) AS new_customers,
		coalesce(s.returning_customers, 0) AS returning_customers,
		coalesce(s.new_revenue, 0) AS new_revenue,
		coalesce(s.returning_revenue, 0) AS returning_revenue,
		(g.period_end + 1)::timestamp <= @extschema@.pt_as_of_end(n.as_of, n.whole_days) AS complete
	FROM counted n
	CROSS JOIN LATERAL @extschema@.calendar_periods(n.calendar, (SELECT min(s.period) FROM sold s), n.as_of::date) g
	LEFT JOIN sold s ON s.period = g.period_start
)
SELECT f.period_start, f.period_end, f.period_year, f.period_number::smallint AS period_number, f.period_label, f.day_count::smallint AS day_count,
	f.purchases, f.customers,
	f.revenue::numeric(18,2) AS revenue,
	f.average_amount,
	f.discount_share,
	f.new_customers, f.returning_customers,
	f.new_revenue::numeric(18,2) AS new_revenue,
	f.returning_revenue::numeric(18,2) AS returning_revenue,
	(f.revenue - f.new_revenue - f.returning_revenue)::numeric(18,2) AS other_revenue,
	CASE WHEN f.complete THEN f.revenue / f.day_count END::numeric(18,2) AS revenue_per_day,
	(lag(f.revenue) OVER w)::numeric(18,2) AS revenue_before,
	(f.revenue / nullif(lag(f.revenue) OVER w, 0) - 1)::double precision AS revenue_change,
	y.revenue::numeric(18,2) AS revenue_year_before,
	(f.revenue / nullif(y.revenue, 0) - 1)::double precision AS revenue_year_change,
	CASE WHEN row_number() OVER w >= 3
		THEN avg(f.revenue) OVER (w ROWS 2 PRECEDING) END::numeric(18,2) AS moving_average_3_periods,
	f.complete,
	CASE WHEN f.complete THEN 'Yes' ELSE 'No' END AS complete_label
FROM filled f
LEFT JOIN filled y ON y.period_year = f.period_year - 1 AND y.period_number = f.period_number
WINDOW w AS (ORDER BY f.period_start)
