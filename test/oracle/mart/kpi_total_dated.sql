-- view: kpi_total
-- needs: purchased_at
-- key: as_of
WITH orders AS (
	$orders()$
),
customers AS (
	$customers()$
),
repeating AS (
	SELECT count(*) FILTER (WHERE n > 1) AS repeat_customers, count(*) AS buyers
	FROM (
		SELECT customer_id, count(DISTINCT order_no) AS n FROM raw WHERE amount >= 0 AND customer_id IS NOT NULL GROUP BY customer_id
	) AS c
),
products AS (	-- one pass for all sums, and for the different products
	SELECT product, category, sum(amount) AS revenue,
		sum(amount) FILTER (WHERE amount >= 0) AS sold, sum(amount) FILTER (WHERE amount < 0) AS returned, sum(amount) FILTER (WHERE customer_id IS NOT NULL) AS of_customers,
		sum(review_rating) AS rating, count(review_rating) AS ratings,	--? review_rating
		sum(quantity) AS pieces,	--? quantity
		min(purchased_at) FILTER (WHERE amount >= 0 OR amount IS NULL) AS first_purchase, max(purchased_at) FILTER (WHERE amount >= 0 OR amount IS NULL) AS last_purchase
	FROM raw
	GROUP BY product, category
),
sums AS (
	SELECT sum(revenue) AS revenue, sum(sold) AS sold, sum(returned) AS returned, sum(of_customers) AS of_customers,
		sum(rating) AS rating, sum(ratings) AS ratings,	--? review_rating
		sum(pieces) AS pieces,	--? quantity
		min(first_purchase) AS first_purchase, max(last_purchase) AS last_purchase,
		count(DISTINCT product) AS products, count(DISTINCT category) AS categories
	FROM products
)
SELECT c.customers, o.purchases, coalesce(s.revenue, 0)::numeric(18,2) AS revenue,
	(s.sold / nullif(o.priced, 0))::numeric(18,6) AS average_amount,
	(s.rating / nullif(s.ratings, 0))::numeric(18,6) AS average_rating, s.ratings::bigint AS rated_purchases,	--? review_rating
	o.discounted_purchases, o.discounted_purchases::double precision / nullif(o.known_discounts, 0) AS discount_share,
	c.subscribers, c.subscribers::double precision / nullif(c.subscription_known, 0) AS subscriber_share,	--? subscribed
	(s.of_customers / nullif(c.customers, 0))::numeric(18,6) AS revenue_per_customer,
	s.products, s.categories, o.returns, coalesce(-s.returned, 0)::numeric(18,2) AS returned_amount,
	s.pieces::numeric(18,4) AS pieces,	--? quantity
	r.repeat_customers, r.repeat_customers::double precision / nullif(r.buyers, 0) AS repeat_share,
	s.first_purchase, s.last_purchase, (SELECT as_of FROM moment) AS as_of
FROM orders AS o CROSS JOIN customers AS c CROSS JOIN repeating AS r CROSS JOIN sums AS s
