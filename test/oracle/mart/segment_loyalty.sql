-- view: segment_loyalty
-- needs: previous_purchases
-- unless: purchased_at
-- key: loyalty_tier
WITH customers AS (
	SELECT customer_id, sum(amount) AS revenue, count(DISTINCT order_no) FILTER (WHERE (amount >= 0 OR amount IS NULL)) AS purchases,
		bool_or(subscribed) AS subscribed,	--? subscribed
		max(previous_purchases) AS previous_purchases
	FROM raw
	GROUP BY customer_id
)
SELECT (ARRAY['New', 'Returning', 'Loyal'])[tier] AS loyalty_tier, tier AS loyalty_tier_sort,
	count(*) AS customers, count(*)::double precision / sum(count(*)) OVER ()::double precision AS customer_share,
	sum(purchases)::bigint AS purchases, sum(revenue)::numeric(18,2) AS revenue, (sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0))::double precision AS revenue_share,
	count(*) FILTER (WHERE subscribed)::double precision / nullif(count(subscribed), 0) AS subscriber_share,	--? subscribed
	(sum(revenue) / nullif(sum(purchases), 0))::numeric(18,6) AS average_amount, (sum(revenue) / count(*))::numeric(18,6) AS revenue_per_customer
FROM (SELECT *, CASE WHEN previous_purchases >= 11 THEN 3 WHEN previous_purchases >= 2 THEN 2 WHEN previous_purchases >= 0 THEN 1 END AS tier FROM customers) AS c
GROUP BY tier
