-- view: purchase_dimension
--[
SELECT '$dimension$' AS dimension, ($value$)::text AS value, ($value_sort$)::integer AS value_sort, customer_id,
	purchased_at,	--? purchased_at
	review_rating::numeric(18,4) AS review_rating,	--? review_rating
	subscribed,	--? subscribed
	amount::numeric(18,2) AS amount, amount < 0 AS returned, discounted
FROM raw
--] UNION ALL
