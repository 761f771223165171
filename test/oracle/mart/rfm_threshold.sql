-- view: rfm_threshold
-- needs: purchased_at
-- key: measure, score
WITH customers AS (
	SELECT customer_id, sum(amount) AS revenue, count(DISTINCT order_no) FILTER (WHERE amount >= 0) AS purchases, max(ordered_at) FILTER (WHERE amount >= 0) AS last_purchase
	FROM raw
	WHERE customer_id IS NOT NULL
	GROUP BY customer_id
),
cuts AS (
	SELECT percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY round((extract(epoch FROM (SELECT as_of FROM moment) - last_purchase) / 86400)::numeric(18,9), 6)::double precision) AS r,
		percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY purchases::double precision) AS f,
		percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY revenue::double precision) AS m
	FROM customers
	WHERE purchases > 0
)
SELECT *
FROM (
	SELECT 'recency_days' AS measure, i AS score, CASE WHEN i < 5 THEN r[5 - i] END AS lowest, CASE WHEN i > 1 THEN r[6 - i] END AS highest FROM cuts CROSS JOIN generate_series(1, 5) AS g(i)
	UNION ALL
	SELECT 'order_count', i, CASE WHEN i > 1 THEN f[i - 1] END, CASE WHEN i < 5 THEN f[i] END FROM cuts CROSS JOIN generate_series(1, 5) AS g(i)
	UNION ALL
	SELECT 'revenue', i, CASE WHEN i > 1 THEN m[i - 1] END, CASE WHEN i < 5 THEN m[i] END FROM cuts CROSS JOIN generate_series(1, 5) AS g(i)
) AS ranges
WHERE lowest IS NULL OR highest IS NULL OR lowest < highest	-- cut points that coincide have nothing between them
