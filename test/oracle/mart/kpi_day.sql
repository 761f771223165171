-- view: kpi_day
-- needs: purchased_at
-- key: day
WITH orders AS (
	SELECT customer_id, order_no, date_trunc('day', purchased_at)::date AS period, bit_or($has$) AS has
	FROM raw
	GROUP BY 1, 2, 3
),
active AS MATERIALIZED (
	SELECT customer_id, period, count(*) FILTER (WHERE (has & 1) > 0) AS purchases, count(*) FILTER (WHERE (has & 2) > 0) AS priced,
		count(*) FILTER (WHERE (has & 8) > 0) AS discounted_purchases, count(*) FILTER (WHERE (has & 16) > 0) AS known_discounts
	FROM orders
	GROUP BY customer_id, period
),
firsts AS (
	SELECT customer_id, min(period) AS first_period FROM active WHERE customer_id IS NOT NULL AND purchases > 0 GROUP BY customer_id
),
counts AS (
	SELECT a.period, sum(a.purchases)::bigint AS purchases, sum(a.priced) AS priced, sum(a.discounted_purchases) AS discounted_purchases, sum(a.known_discounts) AS known_discounts,
		count(a.customer_id) FILTER (WHERE a.purchases > 0) AS customers, count(*) FILTER (WHERE a.purchases > 0 AND f.first_period = a.period) AS new_customers
	FROM active AS a LEFT JOIN firsts AS f ON f.customer_id = a.customer_id
	GROUP BY a.period
),
sums AS (
	SELECT date_trunc('day', purchased_at)::date AS period, sum(amount) AS revenue, sum(amount) FILTER (WHERE amount >= 0) AS sold,
		sum(amount) FILTER (WHERE first_period = date_trunc('day', purchased_at)::date) AS new_revenue,
		sum(amount) FILTER (WHERE first_period < date_trunc('day', purchased_at)::date) AS returning_revenue
	FROM raw LEFT JOIN firsts USING (customer_id)
	GROUP BY 1
),
filled AS (
	SELECT p.period, coalesce(c.purchases, 0) AS purchases, coalesce(c.customers, 0) AS customers, coalesce(s.revenue, 0) AS revenue,
		s.sold / nullif(c.priced, 0) AS average_amount, c.discounted_purchases::double precision / nullif(c.known_discounts, 0) AS discount_share,
		coalesce(c.new_customers, 0) AS new_customers, coalesce(c.customers - c.new_customers, 0) AS returning_customers,
		coalesce(s.new_revenue, 0) AS new_revenue, coalesce(s.returning_revenue, 0) AS returning_revenue,
		p.period + interval '1 day' <= m.as_of_end AS complete
	FROM (SELECT (first_period + interval '1 day' * i)::date AS period FROM (SELECT min(period) AS first_period FROM sums) AS f CROSS JOIN generate_series(0, 10000) AS g(i)) AS p
	JOIN moment AS m ON p.period <= m.as_of
	LEFT JOIN counts AS c ON c.period = p.period
	LEFT JOIN sums AS s ON s.period = p.period
)
SELECT f.period AS day, f.purchases, f.customers, f.revenue::numeric(18,2) AS revenue, f.average_amount::numeric(18,6) AS average_amount, f.discount_share,
	f.new_customers, f.returning_customers, f.new_revenue::numeric(18,2) AS new_revenue, f.returning_revenue::numeric(18,2) AS returning_revenue,
	(f.revenue - f.new_revenue - f.returning_revenue)::numeric(18,2) AS other_revenue,
	(lag(f.revenue) OVER w)::numeric(18,2) AS revenue_before,
	(f.revenue / nullif(lag(f.revenue) OVER w, 0) - 1)::double precision AS revenue_change,
	y.revenue::numeric(18,2) AS revenue_year_before, (f.revenue / nullif(y.revenue, 0) - 1)::double precision AS revenue_year_change,
	(CASE WHEN row_number() OVER w >= 7 THEN avg(f.revenue) OVER (ORDER BY f.period ROWS 6 PRECEDING) END)::numeric(18,2) AS moving_average_7_days,
	f.complete, CASE WHEN f.complete THEN 'Yes' ELSE 'No' END AS complete_label
FROM filled AS f
LEFT JOIN filled AS y ON y.period = (f.period - interval '1 year')::date AND NOT (extract(month FROM f.period) = 2 AND extract(day FROM f.period) = 29)
WINDOW w AS (ORDER BY f.period)
