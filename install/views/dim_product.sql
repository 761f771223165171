-- view: dim_product
-- needs: product
-- reads: fact_purchase
-- key: product
-- One row per product.
-- column product: Product; NULL is one row, for purchases without one.
-- column category: Category of the product: of several, the largest in the order of the C collation.
-- column revenue_share: Revenue as a share of that of all products, 0 to 1; NULL if that is zero.
SELECT f.product,
	max(f.category COLLATE "C") COLLATE "default" AS category,
	(count(DISTINCT f.order_id) FILTER (WHERE f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.returned IS NOT TRUE)) AS purchases,
	count(DISTINCT f.customer_id) AS customers,
	sum(f.amount)::numeric(18,2) AS revenue,
	(sum(f.amount) / nullif(sum(sum(f.amount)) OVER (), 0))::double precision AS revenue_share,
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
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.discounted IS NOT NULL AND f.returned IS NOT TRUE)), 0) AS discount_share
FROM fact_purchase f
GROUP BY f.product
