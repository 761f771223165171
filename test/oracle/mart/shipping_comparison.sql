-- view: shipping_comparison
-- needs: shipping_type
-- key: shipping_type, other_shipping_type
WITH types AS (
	SELECT shipping_type, count(amount) AS n, avg(amount)::double precision AS mean, var_samp(amount)::double precision AS v
	FROM raw
	WHERE amount >= 0 AND shipping_type IS NOT NULL
	GROUP BY shipping_type
)
SELECT a.shipping_type, b.shipping_type AS other_shipping_type, a.n, b.n AS other_n, a.mean, b.mean AS other_mean, a.mean - b.mean AS difference,
	(a.mean - b.mean) / sqrt(((a.n - 1) * a.v + (b.n - 1) * b.v) / (a.n + b.n - 2)) AS standardised_difference
FROM types AS a JOIN types AS b ON a.shipping_type < b.shipping_type
