-- view: subscription_comparison
-- needs: subscribed, review_rating
-- unless: purchased_at
-- key: question
WITH customers AS (
	SELECT customer_id, bool_or(subscribed) AS subscribed, sum(amount) AS revenue, avg(review_rating)::numeric(18,6) AS rating, max(previous_purchases) > 5 AS repeating
	FROM raw
	GROUP BY customer_id
	HAVING bool_or(subscribed) IS NOT NULL
),
questions AS (
	SELECT 'revenue' AS question, count(revenue) FILTER (WHERE subscribed) AS n1, (avg(revenue) FILTER (WHERE subscribed))::double precision AS m1, (var_samp(revenue) FILTER (WHERE subscribed))::double precision AS v1,
		count(revenue) FILTER (WHERE NOT subscribed) AS n2, (avg(revenue) FILTER (WHERE NOT subscribed))::double precision AS m2, (var_samp(revenue) FILTER (WHERE NOT subscribed))::double precision AS v2
	FROM customers
	UNION ALL
	SELECT 'rating', count(rating) FILTER (WHERE subscribed), (avg(rating) FILTER (WHERE subscribed))::double precision, (var_samp(rating) FILTER (WHERE subscribed))::double precision,
		count(rating) FILTER (WHERE NOT subscribed), (avg(rating) FILTER (WHERE NOT subscribed))::double precision, (var_samp(rating) FILTER (WHERE NOT subscribed))::double precision
	FROM customers
)
SELECT question, n1 AS n_subscribers, n2 AS n_others, m1 AS subscribers_value, m2 AS others_value, m1 - m2 AS difference, (m1 - m2) / sqrt(v1 / n1 + v2 / n2) AS statistic,
	(v1 / n1 + v2 / n2) * (v1 / n1 + v2 / n2) / ((v1 / n1) * (v1 / n1) / (n1 - 1) + (v2 / n2) * (v2 / n2) / (n2 - 1)) AS df
FROM questions
UNION ALL
SELECT 'repeat buyers', a + b, c + d, a::double precision / (a + b), c::double precision / (c + d), a::double precision / (a + b) - c::double precision / (c + d),
	(a + b + c + d)::double precision * (a * d - b * c) * (a * d - b * c) / ((a + b)::double precision * (c + d) * (a + c) * (b + d)), 1
FROM (
	SELECT count(*) FILTER (WHERE repeating AND subscribed) AS a, count(*) FILTER (WHERE repeating AND NOT subscribed) AS b,
		count(*) FILTER (WHERE NOT repeating AND subscribed) AS c, count(*) FILTER (WHERE NOT repeating AND NOT subscribed) AS d
	FROM customers
) AS r
