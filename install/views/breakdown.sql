-- view: breakdown
-- needs: customer_id, amount
-- unless: purchased_at
-- reads: purchase_dimension
-- key: dimension, value
-- One row per dimension and value: the key figures of each gender, age group, category, season and so on. The rows of one dimension add up to the whole.
-- column revenue_share: Revenue as a share of that of all values of the dimension, 0 to 1; NULL if that is zero.
SELECT d.dimension, d.value, d.value_sort,
	(count(DISTINCT d.order_id) FILTER (WHERE d.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE d.order_id IS NULL AND d.returned IS NOT TRUE)) AS purchases,
	count(DISTINCT d.customer_id) AS customers,
	sum(d.amount)::numeric(18,2) AS revenue,
	(sum(d.amount) / nullif(sum(sum(d.amount)) OVER (PARTITION BY d.dimension), 0))::double precision AS revenue_share,
	(sum(d.amount) FILTER (WHERE NOT d.returned)
		/ nullif((count(DISTINCT d.order_id) FILTER (WHERE NOT d.returned)
		+ count(*) FILTER (WHERE d.order_id IS NULL AND NOT d.returned)), 0))::numeric(18,6) AS average_amount,
	avg(d.review_rating)::numeric(18,6) AS average_rating,
	(count(DISTINCT d.order_id) FILTER (WHERE d.discounted AND d.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE d.order_id IS NULL AND d.discounted AND d.returned IS NOT TRUE))::double precision
		/ nullif((count(DISTINCT d.order_id) FILTER (WHERE d.discounted IS NOT NULL AND d.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE d.order_id IS NULL AND d.discounted IS NOT NULL AND d.returned IS NOT TRUE)), 0) AS discount_share,
	count(DISTINCT d.customer_id) FILTER (WHERE d.subscribed)::double precision
		/ nullif(count(DISTINCT d.customer_id) FILTER (WHERE d.subscribed IS NOT NULL), 0) AS subscriber_share
FROM purchase_dimension d
GROUP BY d.dimension, d.value, d.value_sort
