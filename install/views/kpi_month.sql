-- view: kpi_month
-- needs: purchased_at
-- reads: customer, mart
-- key: month_start
-- One row per month, without gaps, from that of the first purchase to that of as_of.
-- column month_start: First day of the month.
-- column new_customers: Number of customers with their first purchase in the month.
-- column returning_customers: Number of customers in the month who had bought before it.
-- column new_revenue: Revenue from customers with their first purchase in the month; currency of the source.
-- column returning_revenue: Revenue from customers who had bought before the month; currency of the source.
-- column other_revenue: Revenue without a customer, or from customers with returns only; currency of the source.
-- column revenue_before: Revenue of the month before; NULL in the first one. Currency of the source.
-- column revenue_change: Revenue against the month before: 0.1 is ten percent more; NULL if that had none.
-- column revenue_year_before: Revenue of the same month a year before; NULL if the data do not reach back. Currency of the source.
-- column revenue_year_change: Revenue against the same month a year before: 0.1 is ten percent more.
-- column moving_average_3_months: Mean revenue of this month and the 2 before; NULL in the first 2. Currency of the source.
-- column complete: Whether the month was over at as_of.
-- column complete_label: Whether the month was over at as_of, as Yes or No.
WITH counted AS (
	SELECT x.cube, coalesce(m.as_of, x.last_at) AS as_of, x.whole_days
	FROM @cubed last_at, whole_days OF @extschema@.cube_plan('{{-3}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer)@end@ x
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
),
sold AS (
	SELECT date '2000-01-01' + r.codes[1] AS period, r.*
	FROM counted s
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
),
filled AS (
	SELECT g.period::date AS period,
		@measures purchases, average_amount, discount_share OF s@,
		coalesce(s.buyers, 0) AS customers,
		coalesce(s.revenue, 0) AS revenue,
		coalesce(s.new_customers, 0) AS new_customers,
		coalesce(s.returning_customers, 0) AS returning_customers,
		coalesce(s.new_revenue, 0) AS new_revenue,
		coalesce(s.returning_revenue, 0) AS returning_revenue,
		g.period + interval '1 month' <= @extschema@.pt_as_of_end(r.as_of, r.whole_days) AS complete
	FROM (SELECT (SELECT min(s.period)::timestamp FROM sold s) AS first_period, n.as_of, n.whole_days FROM counted n) r
	CROSS JOIN LATERAL generate_series(r.first_period, r.as_of, interval '1 month') AS g(period)
	LEFT JOIN sold s ON s.period = g.period::date
)
SELECT f.period AS month_start,
	f.purchases, f.customers,
	f.revenue::numeric(18,2) AS revenue,
	f.average_amount,
	f.discount_share,
	f.new_customers, f.returning_customers,
	f.new_revenue::numeric(18,2) AS new_revenue,
	f.returning_revenue::numeric(18,2) AS returning_revenue,
	(f.revenue - f.new_revenue - f.returning_revenue)::numeric(18,2) AS other_revenue,
	(lag(f.revenue) OVER w)::numeric(18,2) AS revenue_before,
	(f.revenue / nullif(lag(f.revenue) OVER w, 0) - 1)::double precision AS revenue_change,
	y.revenue::numeric(18,2) AS revenue_year_before,
	(f.revenue / nullif(y.revenue, 0) - 1)::double precision AS revenue_year_change,
	CASE WHEN row_number() OVER w >= 3
		THEN avg(f.revenue) OVER (w ROWS 2 PRECEDING) END::numeric(18,2) AS moving_average_3_months,
	f.complete,
	CASE WHEN f.complete THEN 'Yes' ELSE 'No' END AS complete_label
FROM filled f
LEFT JOIN filled y ON y.period = (f.period - interval '1 year')::date
WINDOW w AS (ORDER BY f.period)
