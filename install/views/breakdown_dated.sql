-- view: breakdown
-- needs: customer_id, amount, purchased_at
-- reads: purchase_dimension, mart_as_of
-- key: dimension, value
-- One row per dimension and value: the key figures of each gender, age group, category, season and so on. The revenue of one dimension adds up to the whole; an order with lines of several categories counts in each of them.
-- column revenue_share: Revenue as a share of that of all values of the dimension, 0 to 1; NULL if that is zero.
-- column revenue_90_days: Revenue of the 90 days up to as_of; currency of the source.
-- column revenue_90_days_before: Revenue of the 90 days before those; currency of the source.
-- column revenue_change: Revenue of the last 90 days against the 90 days before: 0.1 is ten percent more; NULL if there was none before.
SELECT b.dimension, b.value, b.value_sort, b.purchases, b.customers, b.revenue, b.revenue_share,
	b.average_amount, b.average_rating, b.discount_share, b.subscriber_share,
	b.revenue_90_days, b.revenue_90_days_before,
	(b.revenue_90_days / nullif(b.revenue_90_days_before, 0) - 1)::double precision AS revenue_change
FROM (
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
		/ nullif(count(DISTINCT d.customer_id) FILTER (WHERE d.subscribed IS NOT NULL), 0) AS subscriber_share,
	coalesce(sum(d.amount) FILTER (WHERE d.purchased_at > (SELECT a.as_of FROM mart_as_of a) - interval '90 days'), 0)::numeric(18,2) AS revenue_90_days,
	coalesce(sum(d.amount) FILTER (WHERE d.purchased_at > (SELECT a.as_of FROM mart_as_of a) - interval '180 days'
		AND d.purchased_at <= (SELECT a.as_of FROM mart_as_of a) - interval '90 days'), 0)::numeric(18,2) AS revenue_90_days_before
	FROM purchase_dimension d
	GROUP BY d.dimension, d.value, d.value_sort
) b
