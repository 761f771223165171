-- view: revenue_concentration
-- needs: purchased_at
-- reads: customer
-- key: customer_percentile
-- page: customers 18
-- order: customer_percentile
-- One row per percentile of customers, the best first: how much of the revenue comes from the best percent, two percent and so on (Pareto). Customers rank by revenue, then by customer_id in the order of the C collation; those with revenue of zero or less count with zero.
-- column customer_percentile: Percent of the customers, the best first, 1 to 100.
-- column revenue: Revenue of the customers in this percentile alone; currency of the source.
-- column cumulative_revenue: Revenue of the customers up to this percentile; currency of the source.
-- column cumulative_share: The same as a share of all revenue, 0 to 1; NULL if that is zero.
-- column gini: Gini coefficient of revenue per customer, 0 (all alike) to 1, the same in every row; NULL if there is no revenue.
WITH spent AS MATERIALIZED (
	SELECT c.customer_id, greatest(coalesce(@extschema@.revenue(c.history), 0), 0) AS revenue
	FROM customer c
	WHERE @extschema@.order_count(c.history) > 0
),
ranked AS (
	SELECT s.revenue,
		row_number() OVER (ORDER BY s.revenue DESC, s.customer_id::text COLLATE "C") AS place,
		row_number() OVER (ORDER BY s.revenue, s.customer_id::text COLLATE "C" DESC) AS place_from_below,
		count(*) OVER () AS n
	FROM spent s
),
total AS (
	SELECT max(r.n) AS n, sum(r.revenue) AS revenue,
		-- G = 2 sum(i x_i) / (n sum(x)) - (n + 1) / n, with x ascending
		(2 * sum(r.place_from_below * r.revenue) / nullif(max(r.n) * sum(r.revenue), 0)
			- (max(r.n) + 1)::numeric / max(r.n))::double precision AS gini
	FROM ranked r
),
percentiles AS (
	SELECT p.percentile, coalesce(sum(r.revenue), 0) AS revenue
	FROM generate_series(1, 100) AS p(percentile)
	LEFT JOIN ranked r ON ceil(r.place * 100.0 / r.n) = p.percentile
	WHERE EXISTS (SELECT FROM spent)
	GROUP BY p.percentile
)
SELECT p.percentile AS customer_percentile,
	p.revenue::numeric(18,2) AS revenue,
	(sum(p.revenue) OVER (ORDER BY p.percentile))::numeric(18,2) AS cumulative_revenue,
	(sum(p.revenue) OVER (ORDER BY p.percentile) / nullif((SELECT t.revenue FROM total t), 0))::double precision AS cumulative_share,
	(SELECT t.gini FROM total t) AS gini
FROM percentiles p
