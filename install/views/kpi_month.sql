-- view: kpi_month
-- needs: purchased_at
-- reads: fact_purchase, mart_as_of
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
WITH first_purchases AS (
	SELECT f.customer_id, min(date_trunc('month', f.purchased_at)::date) AS first_period
	FROM fact_purchase f
	WHERE f.customer_id IS NOT NULL AND f.returned IS NOT TRUE
	GROUP BY f.customer_id
),
sold AS (
	SELECT date_trunc('month', f.purchased_at)::date AS period,
		(count(DISTINCT f.order_id) FILTER (WHERE f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.returned IS NOT TRUE)) AS purchases,
		count(DISTINCT f.customer_id) FILTER (WHERE f.returned IS NOT TRUE) AS customers,
		coalesce(sum(f.amount), 0) AS revenue,
		(sum(f.amount) FILTER (WHERE NOT f.returned)
		/ nullif((count(DISTINCT f.order_id) FILTER (WHERE NOT f.returned)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND NOT f.returned)), 0)) AS average_amount,
		(count(DISTINCT f.order_id) FILTER (WHERE f.discounted AND f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.discounted AND f.returned IS NOT TRUE))::double precision
		/ nullif((count(DISTINCT f.order_id) FILTER (WHERE f.discounted IS NOT NULL AND f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.discounted IS NOT NULL AND f.returned IS NOT TRUE)), 0) AS discount_share,
		count(DISTINCT f.customer_id) FILTER (WHERE f.returned IS NOT TRUE AND n.first_period = date_trunc('month', f.purchased_at)::date) AS new_customers,
		count(DISTINCT f.customer_id) FILTER (WHERE f.returned IS NOT TRUE AND n.first_period < date_trunc('month', f.purchased_at)::date) AS returning_customers,
		coalesce(sum(f.amount) FILTER (WHERE n.first_period = date_trunc('month', f.purchased_at)::date), 0) AS new_revenue,
		coalesce(sum(f.amount) FILTER (WHERE n.first_period < date_trunc('month', f.purchased_at)::date), 0) AS returning_revenue
	FROM fact_purchase f
	LEFT JOIN first_purchases n ON n.customer_id = f.customer_id
	GROUP BY 1
),
filled AS (
	SELECT g.period::date AS period,
		coalesce(s.purchases, 0) AS purchases,
		coalesce(s.customers, 0) AS customers,
		coalesce(s.revenue, 0) AS revenue,
		s.average_amount, s.discount_share,
		coalesce(s.new_customers, 0) AS new_customers,
		coalesce(s.returning_customers, 0) AS returning_customers,
		coalesce(s.new_revenue, 0) AS new_revenue,
		coalesce(s.returning_revenue, 0) AS returning_revenue,
		g.period + interval '1 month' <= (SELECT a.as_of_end FROM mart_as_of a) AS complete
	FROM (SELECT min(s.period)::timestamp AS first_period, (SELECT a.as_of FROM mart_as_of a) AS as_of FROM sold s) r
	CROSS JOIN LATERAL generate_series(r.first_period, r.as_of, interval '1 month') AS g(period)
	LEFT JOIN sold s ON s.period = g.period::date
)
SELECT f.period AS month_start,
	f.purchases, f.customers,
	f.revenue::numeric(18,2) AS revenue,
	f.average_amount::numeric(18,6) AS average_amount,
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
