-- view: segment_loyalty
-- needs: purchased_at
-- key: loyalty_tier
WITH customers AS (
	SELECT customer_id, sum(amount) AS revenue, count(DISTINCT order_no) FILTER (WHERE amount >= 0) AS purchases,
		bool_or(subscribed) AS subscribed,	--? subscribed
		count(*) AS n
	FROM raw
	WHERE customer_id IS NOT NULL
	GROUP BY customer_id
	HAVING count(amount) > 0
)
SELECT (ARRAY['New', 'Returning', 'Loyal'])[tier] AS loyalty_tier, tier AS loyalty_tier_sort,
	count(*) AS customers, count(*)::double precision / sum(count(*)) OVER ()::double precision AS customer_share,
	sum(purchases)::bigint AS purchases, sum(revenue)::numeric(18,2) AS revenue, (sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0))::double precision AS revenue_share,
	count(*) FILTER (WHERE subscribed)::double precision / nullif(count(subscribed), 0) AS subscriber_share,	--? subscribed
	(sum(revenue) / nullif(sum(purchases), 0))::numeric(18,6) AS average_amount, (sum(revenue) / count(*))::numeric(18,6) AS revenue_per_customer
FROM (SELECT *, CASE WHEN purchases >= 11 THEN 3 WHEN purchases >= 2 THEN 2 WHEN purchases > 0 THEN 1 END AS tier FROM customers) AS c
GROUP BY tier
