-- view: kpi_total
-- needs: customer_id, amount, purchased_at
-- reads: fact_purchase, customer_history, mart_as_of
-- key:
-- One row: the key figures of the whole mart.
-- column returns: Number of returns: orders, or order and time, with an amount below zero.
-- column returned_amount: What was given back, as an amount above zero; currency of the source.
-- column pieces: Sum of the quantities; NULL if the source has none.
-- column repeat_customers: Number of customers with at least two purchases.
-- column repeat_share: Customers with at least two purchases as a share of those with one, 0 to 1.
-- column first_purchase: Time of the first purchase, on the clock of the shop.
-- column last_purchase: Time of the last purchase up to as_of, on the clock of the shop.
-- column as_of: Moment that the mart looks from.
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
	count(DISTINCT f.category) AS categories,
	count(DISTINCT f.order_id) FILTER (WHERE f.returned) AS returns,
	coalesce(-sum(f.amount) FILTER (WHERE f.returned), 0)::numeric(18,2) AS returned_amount,
	sum(f.quantity)::numeric(18,4) AS pieces,
	(SELECT count(*) FROM customer_history h WHERE @extschema@.order_count(h.history) > 1) AS repeat_customers,
	(SELECT count(*) FILTER (WHERE @extschema@.order_count(h.history) > 1)::double precision
		/ nullif(count(*) FILTER (WHERE @extschema@.order_count(h.history) > 0), 0) FROM customer_history h) AS repeat_share,
	min(f.purchased_at) FILTER (WHERE f.returned IS NOT TRUE) AS first_purchase,
	max(f.purchased_at) FILTER (WHERE f.returned IS NOT TRUE) AS last_purchase,
	(SELECT a.as_of FROM mart_as_of a) AS as_of
FROM fact_purchase f
