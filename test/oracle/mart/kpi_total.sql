-- view: kpi_total
-- unless: purchased_at
-- key: customers
WITH orders AS (
	$orders()$
),
customers AS (
	$customers()$
),
products AS (
	SELECT product, category, sum(amount) AS revenue, sum(amount) FILTER (WHERE amount >= 0) AS sold, sum(amount) FILTER (WHERE customer_id IS NOT NULL) AS of_customers,
		sum(review_rating) AS rating, count(review_rating) AS ratings	--? review_rating
	FROM raw
	GROUP BY product, category
),
sums AS (
	SELECT sum(revenue) AS revenue, sum(sold) AS sold, sum(of_customers) AS of_customers,
		sum(rating) AS rating, sum(ratings) AS ratings,	--? review_rating
		count(DISTINCT product) AS products, count(DISTINCT category) AS categories
	FROM products
)
SELECT c.customers, o.purchases, coalesce(s.revenue, 0)::numeric(18,2) AS revenue,
	(s.sold / nullif(o.priced, 0))::numeric(18,6) AS average_amount,
	(s.rating / nullif(s.ratings, 0))::numeric(18,6) AS average_rating, s.ratings::bigint AS rated_purchases,	--? review_rating
	o.discounted_purchases, o.discounted_purchases::double precision / nullif(o.known_discounts, 0) AS discount_share,
	c.subscribers, c.subscribers::double precision / nullif(c.subscription_known, 0) AS subscriber_share,	--? subscribed
	(s.of_customers / nullif(c.customers, 0))::numeric(18,6) AS revenue_per_customer,
	s.products, s.categories
FROM orders AS o CROSS JOIN customers AS c CROSS JOIN sums AS s
