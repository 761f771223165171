-- view: purchases
SELECT customer_id,
	purchased_at,	--? purchased_at
	product,	--? product
	category,	--? category
	gender,	--? gender
	age,	--? age
	location,	--? location
	season,	--? season
	quantity::numeric(18,4) AS quantity,	--? quantity
	review_rating::numeric(18,4) AS review_rating,	--? review_rating
	subscribed,	--? subscribed
	previous_purchases,	--? previous_purchases
	discounted, amount::numeric(18,2) AS amount
FROM source_row
