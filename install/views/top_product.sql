-- view: top_product
-- needs: product, category
-- uses: fact_purchase
-- One row per category and product, ranked by purchases in the category; ask for product_rank <= 3 to see the best three.
SELECT f.category,
	row_number() OVER (PARTITION BY f.category
		ORDER BY count(*) DESC, f.product COLLATE "C") AS product_rank,
	f.product,
	count(*) AS purchases,
	count(DISTINCT f.customer_id) AS customers,
	sum(f.amount)::numeric(18,2) AS revenue,
	avg(f.amount)::numeric(18,6) AS average_amount,
	avg(f.review_rating)::numeric(18,6) AS average_rating,
	count(*) FILTER (WHERE f.discounted)::double precision / nullif(count(f.discounted), 0) AS discount_share
FROM fact_purchase f
GROUP BY f.category, f.product
