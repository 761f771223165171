-- view: revenue_concentration
-- needs: purchased_at
-- key: customer_percentile
WITH customers AS (
	SELECT customer_id, greatest(sum(amount), 0) AS revenue
	FROM raw
	WHERE customer_id IS NOT NULL
	GROUP BY customer_id
	HAVING count(*) FILTER (WHERE amount >= 0) > 0
),
ranked AS (
	SELECT revenue, row_number() OVER (ORDER BY revenue DESC, customer_id::text) AS place, count(*) OVER () AS n FROM customers
),
percentiles AS (
	SELECT ceil(place * 100.0 / n)::bigint AS percentile, sum(revenue) AS revenue, sum((n + 1 - place) * revenue) AS weighted, max(n) AS n
	FROM ranked
	GROUP BY 1
),
total AS (
	SELECT (2 * sum(weighted) / nullif(max(n) * sum(revenue), 0) - (max(n) + 1)::numeric / max(n))::double precision AS gini, sum(revenue) AS revenue FROM percentiles
)
SELECT i AS customer_percentile, coalesce(p.revenue, 0)::numeric(18,2) AS revenue, (sum(p.revenue) OVER (ORDER BY i))::numeric(18,2) AS cumulative_revenue,
	(sum(p.revenue) OVER (ORDER BY i) / nullif(t.revenue, 0))::double precision AS cumulative_share, t.gini
FROM generate_series(1, 100) AS g(i)
CROSS JOIN total AS t
LEFT JOIN percentiles AS p ON p.percentile = i
