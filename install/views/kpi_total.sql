-- view: kpi_total
-- needs: customer_id, amount
-- unless: purchased_at
-- reads: fact_purchase
-- key:
-- One row: the key figures of the whole mart.
SELECT	count(DISTINCT f.customer_id) AS customers,
	(count(DISTINCT f.order_id) FILTER (WHERE f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.returned IS NOT TRUE)) AS purchases,
	coalesce(sum(f.amount), 0)::numeric(18,2) AS revenue,
	(sum(f.amount) FILTER (WHERE NOT f.returned)
		/ nullif((count(DISTINCT f.order_id) FILTER (WHERE NOT f.returned)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND NOT f.returned)), 0))::numeric(18,6) AS average_amount,
	avg(f.review_rating)::numeric(18,6) AS average_rating,
	count(f.review_rating) AS rated_purchases,
	(count(DISTINCT f.order_id) FILTER (WHERE f.discounted AND f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.discounted AND f.returned IS NOT TRUE)) AS discounted_purchases,
	(count(DISTINCT f.order_id) FILTER (WHERE f.discounted AND f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.discounted AND f.returned IS NOT TRUE))::double precision
		/ nullif((count(DISTINCT f.order_id) FILTER (WHERE f.discounted IS NOT NULL AND f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.discounted IS NOT NULL AND f.returned IS NOT TRUE)), 0) AS discount_share,
	count(DISTINCT f.customer_id) FILTER (WHERE f.subscribed) AS subscribers,
	count(DISTINCT f.customer_id) FILTER (WHERE f.subscribed)::double precision
		/ nullif(count(DISTINCT f.customer_id) FILTER (WHERE f.subscribed IS NOT NULL), 0) AS subscriber_share,
	(sum(f.amount) FILTER (WHERE f.customer_id IS NOT NULL)
		/ nullif(count(DISTINCT f.customer_id), 0))::numeric(18,6) AS revenue_per_customer,
	count(DISTINCT f.product) AS products,
	count(DISTINCT f.category) AS categories
FROM fact_purchase f
