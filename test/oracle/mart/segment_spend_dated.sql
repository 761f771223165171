-- view: segment_spend
-- needs: purchased_at
-- key: spend_tier
WITH customers AS (
	SELECT customer_id, sum(amount) AS revenue, count(DISTINCT order_no) FILTER (WHERE amount >= 0) AS purchases,
		bool_or(subscribed) AS subscribed,	--? subscribed
		count(*) AS n
	FROM raw
	WHERE customer_id IS NOT NULL
	GROUP BY customer_id
	HAVING count(amount) > 0
),
spend AS (
	SELECT percentile_cont(ARRAY[0.5, 0.8]) WITHIN GROUP (ORDER BY revenue::double precision) AS s FROM customers
)
SELECT (ARRAY['Light', 'Medium', 'Heavy'])[tier] AS spend_tier, tier AS spend_tier_sort,
	count(*) AS customers, count(*)::double precision / sum(count(*)) OVER ()::double precision AS customer_share,
	sum(purchases)::bigint AS purchases, sum(revenue)::numeric(18,2) AS revenue, (sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0))::double precision AS revenue_share,
	count(*) FILTER (WHERE subscribed)::double precision / nullif(count(subscribed), 0) AS subscriber_share,	--? subscribed
	(sum(revenue) / nullif(sum(purchases), 0))::numeric(18,6) AS average_amount, (sum(revenue) / count(*))::numeric(18,6) AS revenue_per_customer
FROM (SELECT c.*, CASE WHEN c.revenue <= s[1] THEN 1 WHEN c.revenue <= s[2] THEN 2 WHEN c.revenue IS NOT NULL THEN 3 END AS tier FROM customers AS c CROSS JOIN spend) AS c
GROUP BY tier
