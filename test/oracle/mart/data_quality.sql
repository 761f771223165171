-- view: data_quality
-- key: check_name, subject
-- ours: SELECT check_name, subject, row_count, row_share FROM data_quality WHERE check_name IN ('rows', 'no value', 'amount is zero', 'amount is negative', 'age is not between 0 and 120', 'row is an exact duplicate', 'customer has several rows', 'labels of a customer differ', 'order of several times', 'day without a purchase')
WITH counted AS (
	SELECT count(*) AS n, count(customer_id) AS customer_id, count(amount) AS amount, count(discounted) AS discounted,
		count(purchased_at) AS purchased_at, count(DISTINCT purchased_at::date) AS days, max(purchased_at)::date - min(purchased_at)::date + 1 AS span,	--? purchased_at
		count(quantity) AS quantity,	--? quantity
		count(discount_amount) AS discount_amount,	--? discount_amount
		count(product) AS product,	--? product
		count(category) AS category,	--? category
		count(gender) AS gender,	--? gender
		count(age) AS age, count(*) FILTER (WHERE age NOT BETWEEN 0 AND 120) AS odd_ages,	--? age
		count(location) AS location,	--? location
		count(size) AS size,	--? size
		count(color) AS color,	--? color
		count(season) AS season,	--? season
		count(review_rating) AS review_rating,	--? review_rating
		count(subscribed) AS subscribed,	--? subscribed
		count(shipping_type) AS shipping_type,	--? shipping_type
		count(previous_purchases) AS previous_purchases,	--? previous_purchases
		count(payment_method) AS payment_method,	--? payment_method
		count(purchase_frequency_days) AS purchase_frequency,	--? purchase_frequency_days
		count(order_id) AS order_id,	--? order_id
		count(*) FILTER (WHERE amount = 0) AS zero, count(*) FILTER (WHERE amount < 0) AS negative
	FROM source_row
),
customers AS (
	SELECT count(*) AS n, count(*) FILTER (WHERE rows_of_it > 1) AS repeated, count(*) FILTER (WHERE labels > 1) AS differing
	FROM (
		SELECT sum(n) AS rows_of_it, count(*) AS labels
		FROM (
			SELECT customer_id, count(*) AS n FROM source_row WHERE customer_id IS NOT NULL
			GROUP BY customer_id
				, gender	--? gender
				, age	--? age
				, location	--? location
				, subscribed	--? subscribed
				, previous_purchases	--? previous_purchases
				, purchase_frequency_days	--? purchase_frequency_days
		) AS l
		GROUP BY customer_id
	) AS c
),
orders AS (	--? order_id
	SELECT count(*) AS n, count(*) FILTER (WHERE first_time <> last_time) AS spread FROM (SELECT min(purchased_at) AS first_time, max(purchased_at) AS last_time FROM source_row WHERE order_id IS NOT NULL GROUP BY order_id) AS o	--? order_id
),	--? order_id
duplicates AS (
	SELECT coalesce(sum(n - 1), 0)::bigint AS surplus
	FROM (
		SELECT count(*) AS n FROM source_row
		GROUP BY customer_id, amount, discounted
			, order_id	--? order_id
			, purchased_at	--? purchased_at
			, quantity	--? quantity
			, discount_amount	--? discount_amount
			, product	--? product
			, category	--? category
			, gender	--? gender
			, age	--? age
			, location	--? location
			, size	--? size
			, color	--? color
			, season	--? season
			, review_rating	--? review_rating
			, subscribed	--? subscribed
			, shipping_type	--? shipping_type
			, previous_purchases	--? previous_purchases
			, payment_method	--? payment_method
			, purchase_frequency_days	--? purchase_frequency_days
			, channel	--? channel
		HAVING count(*) > 1
	) AS d
),
checks AS (
	SELECT 'rows' AS check_name, NULL AS subject, n AS row_count, n AS base FROM counted
	UNION ALL SELECT 'no value', 'customer_id', n - customer_id, n FROM counted
	UNION ALL SELECT 'no value', 'amount', n - amount, n FROM counted
	UNION ALL SELECT 'no value', 'discounted', n - discounted, n FROM counted
	UNION ALL SELECT 'no value', 'purchased_at', n - purchased_at, n FROM counted	--? purchased_at
	UNION ALL SELECT 'no value', 'quantity', n - quantity, n FROM counted	--? quantity
	UNION ALL SELECT 'no value', 'discount_amount', n - discount_amount, n FROM counted	--? discount_amount
	UNION ALL SELECT 'no value', 'product', n - product, n FROM counted	--? product
	UNION ALL SELECT 'no value', 'category', n - category, n FROM counted	--? category
	UNION ALL SELECT 'no value', 'gender', n - gender, n FROM counted	--? gender
	UNION ALL SELECT 'no value', 'age', n - age, n FROM counted	--? age
	UNION ALL SELECT 'no value', 'location', n - location, n FROM counted	--? location
	UNION ALL SELECT 'no value', 'size', n - size, n FROM counted	--? size
	UNION ALL SELECT 'no value', 'color', n - color, n FROM counted	--? color
	UNION ALL SELECT 'no value', 'season', n - season, n FROM counted	--? season
	UNION ALL SELECT 'no value', 'review_rating', n - review_rating, n FROM counted	--? review_rating
	UNION ALL SELECT 'no value', 'subscribed', n - subscribed, n FROM counted	--? subscribed
	UNION ALL SELECT 'no value', 'shipping_type', n - shipping_type, n FROM counted	--? shipping_type
	UNION ALL SELECT 'no value', 'previous_purchases', n - previous_purchases, n FROM counted	--? previous_purchases
	UNION ALL SELECT 'no value', 'payment_method', n - payment_method, n FROM counted	--? payment_method
	UNION ALL SELECT 'no value', 'purchase_frequency', n - purchase_frequency, n FROM counted	--? purchase_frequency_days
	UNION ALL SELECT 'no value', 'order_id', n - order_id, n FROM counted	--? order_id
	UNION ALL SELECT 'amount is zero', 'amount', zero, n FROM counted
	UNION ALL SELECT 'amount is negative', 'amount', negative, n FROM counted
	UNION ALL SELECT 'age is not between 0 and 120', 'age', odd_ages, n FROM counted	--? age
	UNION ALL SELECT 'row is an exact duplicate', NULL, d.surplus, c.n FROM counted AS c CROSS JOIN duplicates AS d
	UNION ALL SELECT 'customer has several rows', 'customer_id', repeated, n FROM customers
	UNION ALL SELECT 'labels of a customer differ', 'customer_id', differing, n FROM customers
	UNION ALL SELECT 'order of several times', 'order_id', spread, n FROM orders	--? order_id
	UNION ALL SELECT 'day without a purchase', 'purchased_at', span - days, span FROM counted	--? purchased_at
)
SELECT check_name, subject, row_count, row_count::double precision / nullif(base, 0) AS row_share FROM checks
