-- view: segment_frequency
-- needs: purchase_frequency_days
-- unless: purchased_at
-- key: purchase_frequency_days
WITH customers AS (
	SELECT customer_id, sum(amount) AS revenue, count(DISTINCT order_no) FILTER (WHERE (amount >= 0 OR amount IS NULL)) AS purchases,
		bool_or(subscribed) AS subscribed,	--? subscribed
		max(purchase_frequency_days) AS purchase_frequency_days
	FROM raw
	GROUP BY customer_id
)
SELECT purchase_frequency_days, purchase_frequency_days AS purchase_frequency_sort,
	count(*) AS customers, count(*)::double precision / sum(count(*)) OVER ()::double precision AS customer_share,
	sum(purchases)::bigint AS purchases, sum(revenue)::numeric(18,2) AS revenue, (sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0))::double precision AS revenue_share,
	count(*) FILTER (WHERE subscribed)::double precision / nullif(count(subscribed), 0) AS subscriber_share,	--? subscribed
	(sum(revenue) / nullif(sum(purchases), 0))::numeric(18,6) AS average_amount, (sum(revenue) / count(*))::numeric(18,6) AS revenue_per_customer
FROM customers
GROUP BY purchase_frequency_days
