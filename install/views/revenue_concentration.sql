-- view: revenue_concentration
-- needs: purchased_at
-- reads: customer
-- key: customer_percentile
-- page: customers 18
-- order: customer_percentile
-- One row per percentile of customers, the best first: how much of the revenue comes from the best percent, two percent and so on (Pareto). Customers rank by revenue; those with revenue of zero or less count with zero.
-- column customer_percentile: Percent of the customers, the best first, 1 to 100.
-- column revenue: Revenue of the customers in this percentile alone; currency of the source.
-- column cumulative_revenue: Revenue of the customers up to this percentile; currency of the source.
-- column cumulative_share: The same as a share of all revenue, 0 to 1; NULL if that is zero.
-- column gini: Gini coefficient of revenue per customer, 0 (all alike) to 1, the same in every row; NULL if there is no revenue.
WITH ranked AS (
	-- customers with the same revenue may stand in any order: no sum depends on it
	SELECT s.revenue, row_number() OVER (ORDER BY s.revenue DESC) AS place, count(*) OVER () AS n
	FROM (
		SELECT greatest(coalesce(@extschema@.revenue(c.history), 0), 0) AS revenue
		FROM customer c
		WHERE @extschema@.order_count(c.history) > 0
	) s
),
percentile AS MATERIALIZED (
	SELECT (r.place * 100 + r.n - 1) / r.n AS percentile, sum(r.revenue) AS revenue, sum(r.place * r.revenue) AS place_revenue, max(r.n) AS n
	FROM ranked r
	GROUP BY 1
),
total AS (
	-- G = 2 sum(i x_i) / (n sum(x)) - (n + 1) / n, with x ascending, where i is n + 1 - place
	SELECT sum(p.revenue) AS revenue,
		((max(p.n) + 1)::numeric / max(p.n)
			- 2 * sum(p.place_revenue) / nullif(max(p.n) * sum(p.revenue), 0))::double precision AS gini
	FROM percentile p
)
SELECT g.percentile AS customer_percentile,
	coalesce(p.revenue, 0)::numeric(18,2) AS revenue,
	(sum(coalesce(p.revenue, 0)) OVER (ORDER BY g.percentile))::numeric(18,2) AS cumulative_revenue,
	(sum(coalesce(p.revenue, 0)) OVER (ORDER BY g.percentile) / nullif(t.revenue, 0))::double precision AS cumulative_share,
	t.gini
FROM generate_series(1, 100) AS g(percentile)
JOIN total t ON t.revenue IS NOT NULL
LEFT JOIN percentile p ON p.percentile = g.percentile
