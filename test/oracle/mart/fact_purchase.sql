-- view: fact_purchase
SELECT customer_id,
	purchased_at,	--? purchased_at
	product,	--? product
	category,	--? category
	gender,	--? gender
	age, $age_group$ AS age_group, $age_group_sort$ AS age_group_sort,	--? age
	location,	--? location
	season,	--? season
	quantity::numeric(18,4) AS quantity,	--? quantity
	review_rating::numeric(18,4) AS review_rating,	--? review_rating
	subscribed, CASE WHEN subscribed THEN 'Yes' WHEN NOT subscribed THEN 'No' END AS subscribed_label,	--? subscribed
	previous_purchases,	--? previous_purchases
	discounted, CASE WHEN discounted THEN 'Yes' WHEN NOT discounted THEN 'No' END AS discounted_label,
	amount::numeric(18,2) AS amount, amount < 0 AS returned, CASE WHEN amount < 0 THEN 'Yes' WHEN amount >= 0 THEN 'No' END AS returned_label
FROM raw
