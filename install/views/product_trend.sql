-- view: product_trend
-- needs: purchased_at, product
-- reads: customer, mart, dimension_value
-- key: product
-- page: trends 45
-- order: trend_sort, product
-- One row per product: where its revenue goes, by the months from its first sale that were over at as_of, fifty years of them at most.
-- column trend: new (first sold in the last three months), discontinued (not sold in the last three), rising or falling (the slope is, with p below 0.05, and so is growth), or flat.
-- column trend_sort: Number to sort the trends by.
-- column month_count: Number of months from the first one with a sale.
-- column first_month: First day of the first month with a sale.
-- column last_month: First day of the last month with a sale.
-- column slope: Change of revenue from month to month, by Theil and Sen; currency of the source.
-- column slope_low: The slope is above this, and below slope_high, with a probability of 95 percent; currency of the source.
-- column slope_high: See slope_low.
-- column p_value: Probability of such a trend by chance (Mann and Kendall).
-- column revenue_3_months: Revenue of the last three months; currency of the source.
-- column revenue_3_months_before: Revenue of the three months before those; currency of the source.
-- column growth: Revenue of the last three months against the three before: 0.1 is ten percent more; NULL if those had none.
-- column revenue_share: Revenue as a share of that of all products, 0 to 1.
-- column abc_class: A: the best products that together bring 80 percent of the revenue; B: up to 95 percent; C: the others.
-- column reason: Why the slope is not tested; NULL if it is.
WITH counted AS (
	SELECT x.cube, m.amount_scale, date_trunc('month', @extschema@.pt_as_of_end(coalesce(m.as_of, x.last_at), x.whole_days))::date AS month_end
	FROM @cubed last_at, whole_days OF (SELECT @extschema@.cube_plan(ARRAY[ARRAY[@extschema@.pt_dimension_number(m.dimension_names, 'product'::text), -3]], NULL::boolean[], NULL::timestamp, NULL::integer) FROM mart m)@end@ x
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
),
sold AS (
	SELECT coalesce(v.value, r.texts[1]) AS product, date '2000-01-01' + r.codes[2] AS month, n.month_end, n.amount_scale, coalesce(r.revenue, 0) AS revenue, r.orders
	FROM counted n
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(n.cube, 'whole'::@extschema@.cube_arm) r
	LEFT JOIN dimension_value v ON v.dimension = 'product' AND v.code = r.codes[1]
),
product AS (
	SELECT s.product, s.month_end, sum(s.revenue) AS revenue, sum(s.orders)::bigint AS purchases,
		min(s.month) FILTER (WHERE s.orders > 0) AS first_month, max(s.month) FILTER (WHERE s.orders > 0) AS last_month,
		sum(s.revenue) FILTER (WHERE s.month < s.month_end AND s.month >= s.month_end - interval '3 months') AS recent,
		sum(s.revenue) FILTER (WHERE s.month < s.month_end - interval '3 months' AND s.month >= s.month_end - interval '6 months') AS earlier,
		@extschema@.sales_series(s.month::timestamp, @extschema@.pt_series_amount(s.revenue, s.amount_scale), 'month'::@extschema@.purchase_period)
			FILTER (WHERE s.month >= s.month_end - interval '50 years') AS series
	FROM sold s
	GROUP BY s.product, s.month_end
),
tested AS (
	SELECT p.*, t.slope, t.slope_low, t.slope_high, t.p, t.direction, CASE WHEN p.first_month IS NULL THEN 'it was never sold' ELSE t.reason END AS reason, coalesce(t.n, 0) AS month_count,
		(coalesce(p.recent, 0) / CASE WHEN p.earlier > 0 THEN p.earlier END - 1)::double precision AS growth
	FROM product p
	LEFT JOIN LATERAL @extschema@.series_trend(@extschema@.series_between(p.series, CASE WHEN p.first_month IS NOT NULL THEN greatest(p.first_month, (p.month_end - interval '50 years')::date) END,
		(p.month_end - interval '1 month')::date), 0.95::double precision) t ON true
),
ranked AS (
	-- what the better products bring decides, so that the one that reaches 80 percent is in the A class
	SELECT t.*, sum(greatest(t.revenue, 0)) OVER () AS whole,
		coalesce(sum(greatest(t.revenue, 0)) OVER (ORDER BY t.revenue DESC, t.product COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS better
	FROM tested t
),
named AS (
	SELECT r.*, CASE WHEN r.last_month IS NULL OR r.last_month < r.month_end - interval '3 months' THEN 4 WHEN r.first_month >= r.month_end - interval '3 months' THEN 1
		WHEN r.direction = 'rising' AND coalesce(r.growth, 0) >= 0 THEN 2 WHEN r.direction = 'falling' AND coalesce(r.growth, 0) <= 0 THEN 3 ELSE 5 END AS sort
	FROM ranked r
)
SELECT n.product,
	(ARRAY['new', 'rising', 'falling', 'discontinued', 'flat'])[n.sort] AS trend, n.sort::smallint AS trend_sort,
	n.month_count, n.first_month, n.last_month,
	n.slope, n.slope_low, n.slope_high, n.p AS p_value,
	coalesce(n.recent, 0)::numeric(18,2) AS revenue_3_months, coalesce(n.earlier, 0)::numeric(18,2) AS revenue_3_months_before, n.growth,
	n.purchases, n.revenue::numeric(18,2) AS revenue,
	(n.revenue / nullif(n.whole, 0))::double precision AS revenue_share,
	CASE WHEN n.whole <= 0 OR n.revenue <= 0 THEN 'C' WHEN n.better < 0.8 * n.whole THEN 'A' WHEN n.better < 0.95 * n.whole THEN 'B' ELSE 'C' END AS abc_class,
	n.reason
FROM named n
