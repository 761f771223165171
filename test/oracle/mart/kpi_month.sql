-- view: kpi_month
-- needs: purchased_at
-- key: month_start
WITH m AS MATERIALIZED (
	SELECT as_of, as_of_end FROM moment
),
orders AS (
	SELECT customer_id, order_no, date_trunc('month', purchased_at)::date AS period, bit_or($has$) AS has
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
	SELECT date_trunc('month', purchased_at)::date AS period, sum(amount) AS revenue, sum(amount) FILTER (WHERE amount >= 0) AS sold,
		sum(amount) FILTER (WHERE first_period = date_trunc('month', purchased_at)::date) AS new_revenue,
		sum(amount) FILTER (WHERE first_period < date_trunc('month', purchased_at)::date) AS returning_revenue
	FROM raw LEFT JOIN firsts USING (customer_id)
	GROUP BY 1
),
filled AS (	-- one row per month, also of those without a purchase
	SELECT period, coalesce(sum(purchases), 0)::bigint AS purchases, coalesce(sum(customers), 0)::bigint AS customers, coalesce(sum(revenue), 0) AS revenue,
		sum(sold) / nullif(sum(priced), 0) AS average_amount, sum(discounted_purchases)::double precision / nullif(sum(known_discounts), 0)::double precision AS discount_share,
		coalesce(sum(new_customers), 0)::bigint AS new_customers, coalesce(sum(new_revenue), 0) AS new_revenue, coalesce(sum(returning_revenue), 0) AS returning_revenue
	FROM (
		SELECT period, purchases, priced, discounted_purchases, known_discounts, customers, new_customers, NULL AS revenue, NULL AS sold, NULL AS new_revenue, NULL AS returning_revenue FROM counts
		UNION ALL
		SELECT period, NULL, NULL, NULL, NULL, NULL, NULL, revenue, sold, new_revenue, returning_revenue FROM sums
		UNION ALL
		SELECT (first_purchase + interval '1 month' * i)::date, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
		FROM (SELECT date_trunc('month', min(purchased_at)) AS first_purchase FROM raw) AS f CROSS JOIN m CROSS JOIN generate_series(0, 1200) AS g(i)
		WHERE first_purchase + interval '1 month' * i <= m.as_of
	) AS parts
	GROUP BY period
),
compared AS (
	SELECT *, lag(revenue) OVER w AS revenue_before, row_number() OVER w AS place,
		sum(revenue) OVER (ORDER BY period RANGE BETWEEN interval '1 year' PRECEDING AND interval '1 year' PRECEDING) AS revenue_year_before,
		avg(revenue) OVER (ORDER BY period ROWS 2 PRECEDING) AS moving_average, period + interval '1 month' <= (SELECT as_of_end FROM m) AS complete
	FROM filled
	WINDOW w AS (ORDER BY period)
)
SELECT period AS month_start, purchases, customers, revenue::numeric(18,2) AS revenue, average_amount::numeric(18,6) AS average_amount, discount_share,
	new_customers, customers - new_customers AS returning_customers, new_revenue::numeric(18,2) AS new_revenue, returning_revenue::numeric(18,2) AS returning_revenue,
	(revenue - new_revenue - returning_revenue)::numeric(18,2) AS other_revenue,
	revenue_before::numeric(18,2) AS revenue_before, (revenue / nullif(revenue_before, 0) - 1)::double precision AS revenue_change,
	revenue_year_before::numeric(18,2) AS revenue_year_before, (revenue / nullif(revenue_year_before, 0) - 1)::double precision AS revenue_year_change,
	(CASE WHEN place >= 3 THEN moving_average END)::numeric(18,2) AS moving_average_3_months,
	complete, CASE WHEN complete THEN 'Yes' ELSE 'No' END AS complete_label
FROM compared
