-- view: dim_customer
-- unless: purchased_at
-- key: customer_id
WITH customers AS (
	SELECT customer_id,
		max(gender) AS gender,	--? gender
		max(age) AS age,	--? age
		max(location) AS location,	--? location
		bool_or(subscribed) AS subscribed,	--? subscribed
		max(previous_purchases) AS previous_purchases,	--? previous_purchases
		max(purchase_frequency_days) AS purchase_frequency_days,	--? purchase_frequency_days
		avg(review_rating) AS average_rating, count(review_rating) AS rated_purchases,	--? review_rating
		sum(amount) AS revenue, sum(amount) FILTER (WHERE amount >= 0) AS sold,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0 OR amount IS NULL) AS purchases, count(DISTINCT order_no) FILTER (WHERE amount >= 0) AS priced,
		count(DISTINCT order_no) FILTER (WHERE discounted AND (amount >= 0 OR amount IS NULL)) AS discounted_purchases,
		count(DISTINCT order_no) FILTER (WHERE discounted IS NOT NULL AND (amount >= 0 OR amount IS NULL)) AS known_discounts
	FROM raw
	GROUP BY customer_id
),
spend AS (
	SELECT percentile_cont(ARRAY[0.5, 0.8, 0.9]) WITHIN GROUP (ORDER BY revenue::double precision) AS s FROM customers WHERE customer_id IS NOT NULL
)
SELECT customer_id,
	gender,	--? gender
	age, $age_group$ AS age_group, $age_group_sort$ AS age_group_sort,	--? age
	location,	--? location
	subscribed, CASE WHEN subscribed THEN 'Yes' WHEN NOT subscribed THEN 'No' END AS subscribed_label,	--? subscribed
	previous_purchases, CASE WHEN previous_purchases >= 11 THEN 'Loyal' WHEN previous_purchases >= 2 THEN 'Returning' WHEN previous_purchases >= 0 THEN 'New' END AS loyalty_tier,	--? previous_purchases
	purchase_frequency_days, purchase_frequency_days AS purchase_frequency_sort,	--? purchase_frequency_days
	average_rating::numeric(18,6) AS average_rating, rated_purchases,	--? review_rating
	purchases, revenue::numeric(18,2) AS revenue, (sold / nullif(priced, 0))::numeric(18,6) AS average_amount,
	discounted_purchases, discounted_purchases::double precision / nullif(known_discounts, 0) AS discount_share,
	CASE WHEN revenue <= s[1] THEN 'Light' WHEN revenue <= s[2] THEN 'Medium' WHEN revenue IS NOT NULL THEN 'Heavy' END AS spend_tier,
	CASE WHEN revenue <= s[1] THEN 1 WHEN revenue <= s[2] THEN 2 WHEN revenue IS NOT NULL THEN 3 END AS spend_tier_sort,
	revenue >= s[3] AS high_value
FROM customers CROSS JOIN spend
