-- view: dim_product
-- needs: product
-- key: product
SELECT o.product, s.category, o.purchases, c.customers, s.revenue::numeric(18,2) AS revenue,
	(s.revenue / nullif(sum(s.revenue) OVER (), 0))::double precision AS revenue_share, (s.sold / nullif(o.priced, 0))::numeric(18,6) AS average_amount,
	s.average_rating::numeric(18,6) AS average_rating, s.rated_purchases,	--? review_rating
	o.discounted_purchases, o.discounted_purchases::double precision / nullif(o.known_discounts, 0) AS discount_share
FROM ($orders(product AS product)$) AS o
JOIN ($customers(product AS product)$) AS c ON c.product IS NOT DISTINCT FROM o.product
JOIN (
	SELECT product, max(category) AS category, sum(amount) AS revenue,
		avg(review_rating) AS average_rating, count(review_rating) AS rated_purchases,	--? review_rating
		sum(amount) FILTER (WHERE amount >= 0) AS sold
	FROM raw
	GROUP BY product
) AS s ON s.product IS NOT DISTINCT FROM o.product
