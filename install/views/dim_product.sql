-- view: dim_product
-- needs: product
-- uses: fact_purchase
-- One row per product.
-- column product: Product; NULL is one row, for purchases without one.
-- column category: Category of the product: of several, the largest in the order of the C collation.
-- column revenue_share: Revenue as a share of that of all products, 0 to 1; NULL if that is zero.
SELECT f.product,
	max(f.category COLLATE "C") COLLATE "default" AS category,
	count(*) AS purchases,
	count(DISTINCT f.customer_id) AS customers,
	sum(f.amount)::numeric(18,2) AS revenue,
	(sum(f.amount) / nullif(sum(sum(f.amount)) OVER (), 0))::double precision AS revenue_share,
	avg(f.amount)::numeric(18,6) AS average_amount,
	avg(f.review_rating)::numeric(18,6) AS average_rating,
	count(f.review_rating) AS rated_purchases,
	count(*) FILTER (WHERE f.discounted) AS discounted_purchases,
	count(*) FILTER (WHERE f.discounted)::double precision / nullif(count(f.discounted), 0) AS discount_share
FROM fact_purchase f
GROUP BY f.product
