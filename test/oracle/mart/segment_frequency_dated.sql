-- view: segment_frequency
-- needs: purchased_at
-- key: purchase_frequency
WITH m AS MATERIALIZED (
	SELECT as_of, as_of_end FROM moment
),
customers AS (
	SELECT customer_id, sum(amount) AS revenue,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0) AS purchases,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0 AND ordered_at > (SELECT as_of - interval '30 days' FROM m)) AS orders_30_days,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0 AND ordered_at > (SELECT as_of - interval '90 days' FROM m)) AS orders_90_days,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0 AND ordered_at > (SELECT as_of - interval '365 days' FROM m)) AS orders_365_days,
		max(ordered_at) FILTER (WHERE amount >= 0) AS last_purchase
	FROM raw
	WHERE customer_id IS NOT NULL
	GROUP BY customer_id
),
gaps AS (
	SELECT customer_id, avg(gap) AS gap_mean, percentile_cont(0.9) WITHIN GROUP (ORDER BY gap) AS late_after
	FROM (
		SELECT customer_id, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap
		FROM (SELECT customer_id, ordered_at::date AS day FROM raw WHERE customer_id IS NOT NULL AND amount >= 0 GROUP BY 1, 2) AS days
	) AS d
	WHERE gap IS NOT NULL
	GROUP BY customer_id
),
measured AS (
	SELECT c.*, m.as_of::date - c.last_purchase::date - g.late_after > 1e-9 AS late,
		CASE WHEN g.gap_mean IS NULL THEN 7 WHEN g.gap_mean <= 7 THEN 1 WHEN g.gap_mean <= 14 THEN 2 WHEN g.gap_mean <= 31 THEN 3
			WHEN g.gap_mean <= 92 THEN 4 WHEN g.gap_mean <= 366 THEN 5 ELSE 6 END AS frequency
	FROM customers AS c
	CROSS JOIN m
	LEFT JOIN gaps AS g ON g.customer_id = c.customer_id
	WHERE c.purchases > 0
)
SELECT (ARRAY['Weekly', 'Fortnightly', 'Monthly', 'Quarterly', 'Yearly', 'Rarer', 'One purchase'])[frequency] AS purchase_frequency, frequency AS purchase_frequency_sort,
	count(*) AS customers, count(*)::double precision / sum(count(*)) OVER ()::double precision AS customer_share,
	sum(purchases)::bigint AS purchases, sum(revenue)::numeric(18,2) AS revenue, (sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(revenue) / sum(purchases))::numeric(18,6) AS average_amount, count(*) FILTER (WHERE late) AS late_customers,
	sum(orders_30_days)::bigint AS orders_30_days, sum(orders_90_days)::bigint AS orders_90_days, sum(orders_365_days)::bigint AS orders_365_days
FROM measured
GROUP BY frequency
