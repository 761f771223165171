-- view: kpi_total
-- needs: purchased_at
-- key: as_of
WITH orders AS (
	SELECT customer_id, order_no, bit_or($has$) AS has
		, bool_or(subscribed) AS subscribed	--? subscribed
	FROM raw
	GROUP BY customer_id, order_no
),
of_customers AS (
	SELECT customer_id, count(*) FILTER (WHERE (has & 1) > 0) AS purchases, count(*) FILTER (WHERE (has & 2) > 0) AS priced, count(*) FILTER (WHERE (has & 4) > 0) AS returns,
		bool_or(subscribed) AS subscribed,	--? subscribed
		count(*) FILTER (WHERE (has & 8) > 0) AS discounted_purchases, count(*) FILTER (WHERE (has & 16) > 0) AS known_discounts
	FROM orders
	GROUP BY customer_id
),
counts AS (
	SELECT count(customer_id) AS customers, sum(purchases)::bigint AS purchases, sum(priced)::bigint AS priced, sum(returns)::bigint AS returns,
		sum(discounted_purchases)::bigint AS discounted_purchases, sum(known_discounts)::bigint AS known_discounts,
		count(customer_id) FILTER (WHERE subscribed) AS subscribers, count(customer_id) FILTER (WHERE subscribed IS NOT NULL) AS subscription_known,	--? subscribed
		count(customer_id) FILTER (WHERE priced > 1) AS repeat_customers, count(customer_id) FILTER (WHERE priced > 0) AS buyers
	FROM of_customers
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
SELECT c.customers, c.purchases, coalesce(s.revenue, 0)::numeric(18,2) AS revenue,
	(s.sold / nullif(c.priced, 0))::numeric(18,6) AS average_amount,
	(s.rating / nullif(s.ratings, 0))::numeric(18,6) AS average_rating, s.ratings::bigint AS rated_purchases,	--? review_rating
	c.discounted_purchases, c.discounted_purchases::double precision / nullif(c.known_discounts, 0) AS discount_share,
	c.subscribers, c.subscribers::double precision / nullif(c.subscription_known, 0) AS subscriber_share,	--? subscribed
	(s.of_customers / nullif(c.customers, 0))::numeric(18,6) AS revenue_per_customer,
	s.products, s.categories, c.returns, coalesce(-s.returned, 0)::numeric(18,2) AS returned_amount,
	s.pieces::numeric(18,4) AS pieces,	--? quantity
	c.repeat_customers, c.repeat_customers::double precision / nullif(c.buyers, 0) AS repeat_share,
	s.first_purchase, s.last_purchase, (SELECT as_of FROM moment) AS as_of
FROM counts AS c CROSS JOIN sums AS s
