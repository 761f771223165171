-- view: kpi_total
-- needs: customer_id, amount
-- uses: fact_purchase
-- One row: the key figures of the whole mart.
SELECT count(DISTINCT f.customer_id) AS customers,
	count(*) AS purchases,
	coalesce(sum(f.amount), 0)::numeric(18,2) AS revenue,
	avg(f.amount)::numeric(18,6) AS average_amount,
	avg(f.review_rating)::numeric(18,6) AS average_rating,
	count(f.review_rating) AS rated_purchases,
	count(*) FILTER (WHERE f.discounted) AS discounted_purchases,
	count(*) FILTER (WHERE f.discounted)::double precision / nullif(count(f.discounted), 0) AS discount_share,
	count(DISTINCT f.customer_id) FILTER (WHERE f.subscribed) AS subscribers,
	count(DISTINCT f.customer_id) FILTER (WHERE f.subscribed)::double precision
		/ nullif(count(DISTINCT f.customer_id) FILTER (WHERE f.subscribed IS NOT NULL), 0) AS subscriber_share,
	(sum(f.amount) / nullif(count(DISTINCT f.customer_id), 0))::numeric(18,6) AS revenue_per_customer,
	count(DISTINCT f.product) AS products,
	count(DISTINCT f.category) AS categories
FROM fact_purchase f
