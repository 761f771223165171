-- view: breakdown
-- needs: purchased_at
-- key: dimension, value
WITH m AS MATERIALIZED (
	SELECT as_of, as_of_end FROM moment
),
sums AS (	-- of all combinations of values, so that the rows are read once
	SELECT
--[
		$value$ AS $dimension$
--],
		, sum(amount) AS revenue, sum(amount) FILTER (WHERE amount >= 0) AS sold,
		sum(review_rating) AS rating, count(review_rating) AS ratings,	--? review_rating
		sum(amount) FILTER (WHERE purchased_at > (SELECT as_of - interval '90 days' FROM m)) AS recent,
		sum(amount) FILTER (WHERE purchased_at > (SELECT as_of - interval '180 days' FROM m) AND purchased_at <= (SELECT as_of - interval '90 days' FROM m)) AS earlier
	FROM raw
	GROUP BY
--[
		$value$
--],
),
values_of AS (
--[
	SELECT '$dimension$' AS dimension, o.value, o.value_sort, o.purchases, c.customers,
		o.priced, o.discounted_purchases, o.known_discounts, s.revenue, s.sold, s.recent, s.earlier,
		s.rating, s.ratings,	--? review_rating
		c.subscribers, c.subscription_known,	--? subscribed
		sum(s.revenue) OVER () AS whole
	FROM ($orders($value$ AS value; $value_sort$ AS value_sort)$) AS o
	JOIN ($customers($value$ AS value)$) AS c ON c.value IS NOT DISTINCT FROM o.value
	JOIN (
		SELECT $dimension$ AS value, sum(revenue) AS revenue, sum(sold) AS sold, sum(recent) AS recent, sum(earlier) AS earlier
			, sum(rating) AS rating, sum(ratings) AS ratings	--? review_rating
		FROM sums GROUP BY 1
	) AS s ON s.value IS NOT DISTINCT FROM o.value
--] UNION ALL
)
SELECT dimension, value, value_sort, purchases, customers, revenue::numeric(18,2) AS revenue,
	(revenue / nullif(whole, 0))::double precision AS revenue_share,
	(sold / nullif(priced, 0))::numeric(18,6) AS average_amount,
	(rating / nullif(ratings, 0))::numeric(18,6) AS average_rating,	--? review_rating
	discounted_purchases::double precision / nullif(known_discounts, 0) AS discount_share,
	subscribers::double precision / nullif(subscription_known, 0) AS subscriber_share,	--? subscribed
	coalesce(recent, 0)::numeric(18,2) AS revenue_90_days, coalesce(earlier, 0)::numeric(18,2) AS revenue_90_days_before,
	(coalesce(recent, 0) / nullif(earlier, 0) - 1)::double precision AS revenue_change
FROM values_of
