-- view: top_product
-- needs: product, category
-- key: category, product
SELECT o.category, row_number() OVER (PARTITION BY o.category ORDER BY o.purchases DESC, o.product) AS product_rank, o.product,
	o.purchases, c.customers, s.revenue::numeric(18,2) AS revenue, (s.sold / nullif(o.priced, 0))::numeric(18,6) AS average_amount,
	s.average_rating::numeric(18,6) AS average_rating,	--? review_rating
	o.discounted_purchases::double precision / nullif(o.known_discounts, 0) AS discount_share
FROM ($orders(category AS category; product AS product)$) AS o
JOIN ($customers(category AS category; product AS product)$) AS c ON c.category IS NOT DISTINCT FROM o.category AND c.product IS NOT DISTINCT FROM o.product
JOIN (
	SELECT category, product, sum(amount) AS revenue,
		avg(review_rating) AS average_rating,	--? review_rating
		sum(amount) FILTER (WHERE amount >= 0) AS sold
	FROM raw
	GROUP BY category, product
) AS s ON s.category IS NOT DISTINCT FROM o.category AND s.product IS NOT DISTINCT FROM o.product
