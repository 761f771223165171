-- view: breakdown
-- unless: purchased_at
-- key: dimension, value
WITH values_of AS (
--[
	SELECT '$dimension$' AS dimension, o.value, o.value_sort, o.purchases, c.customers,
		o.priced, o.discounted_purchases, o.known_discounts, s.revenue, s.sold,
		s.rating, s.ratings,	--? review_rating
		c.subscribers, c.subscription_known,	--? subscribed
		sum(s.revenue) OVER () AS whole
	FROM ($orders($value$ AS value; $value_sort$ AS value_sort)$) AS o
	JOIN ($customers($value$ AS value)$) AS c ON c.value IS NOT DISTINCT FROM o.value
	JOIN (
		SELECT $value$ AS value, sum(amount) AS revenue,
			sum(review_rating) AS rating, count(review_rating) AS ratings,	--? review_rating
			sum(amount) FILTER (WHERE amount >= 0) AS sold
		FROM raw GROUP BY 1
	) AS s ON s.value IS NOT DISTINCT FROM o.value
--] UNION ALL
)
SELECT dimension, value, value_sort, purchases, customers, revenue::numeric(18,2) AS revenue,
	(revenue / nullif(whole, 0))::double precision AS revenue_share,
	(rating / nullif(ratings, 0))::numeric(18,6) AS average_rating,	--? review_rating
	discounted_purchases::double precision / nullif(known_discounts, 0) AS discount_share,
	subscribers::double precision / nullif(subscription_known, 0) AS subscriber_share,	--? subscribed
	(sold / nullif(priced, 0))::numeric(18,6) AS average_amount
FROM values_of
