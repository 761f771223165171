-- view: top_product
-- needs: product, category
-- reads: fact_purchase
-- key: category, product
-- One row per category and product, ranked by purchases in the category; ask for product_rank <= 3 to see the best three.
SELECT f.category,
	row_number() OVER (PARTITION BY f.category
		ORDER BY (count(DISTINCT f.order_id) FILTER (WHERE f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.returned IS NOT TRUE)) DESC,
			f.product COLLATE "C") AS product_rank,
	f.product,
	(count(DISTINCT f.order_id) FILTER (WHERE f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.returned IS NOT TRUE)) AS purchases,
	count(DISTINCT f.customer_id) AS customers,
	sum(f.amount)::numeric(18,2) AS revenue,
	(sum(f.amount) FILTER (WHERE NOT f.returned)
		/ nullif((count(DISTINCT f.order_id) FILTER (WHERE NOT f.returned)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND NOT f.returned)), 0))::numeric(18,6) AS average_amount,
	avg(f.review_rating)::numeric(18,6) AS average_rating,
	(count(DISTINCT f.order_id) FILTER (WHERE f.discounted AND f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.discounted AND f.returned IS NOT TRUE))::double precision
		/ nullif((count(DISTINCT f.order_id) FILTER (WHERE f.discounted IS NOT NULL AND f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.discounted IS NOT NULL AND f.returned IS NOT TRUE)), 0) AS discount_share
FROM fact_purchase f
GROUP BY f.category, f.product
