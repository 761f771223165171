-- view: breakdown
-- needs: customer_id, amount, purchased_at
-- reads: customer, mart, dimension_value, mart_as_of
-- key: dimension, value
-- One row per dimension and value: the key figures of each gender, age group, category, season and so on. The revenue of one dimension adds up to the whole; an order with lines of several categories counts in each of them.
-- column revenue_share: Revenue as a share of that of all values of the dimension, 0 to 1; NULL if that is zero.
-- column revenue_90_days: Revenue of the 90 days up to as_of; currency of the source.
-- column revenue_90_days_before: Revenue of the 90 days before those; currency of the source.
-- column revenue_change: Revenue of the last 90 days against the 90 days before: 0.1 is ten percent more; NULL if there was none before.
WITH elements AS (
	SELECT e.dimension, e.element, row_number() OVER (ORDER BY e.place) AS grouping_number
	FROM (SELECT * FROM mart WHERE one_row) m
	CROSS JOIN LATERAL @extschema@.pt_dimension_elements(m.roles, m.dimensions, m.dimension_names) e
),
counted AS (
	SELECT @extschema@.sales_cube(c.lines, c.customer_id IS NOT NULL,
		(SELECT @extschema@.cube_plan(coalesce(array_agg(ARRAY[e.element] ORDER BY e.grouping_number), '{{0}}'::integer[]),
			NULL::boolean[], (SELECT a.as_of FROM mart_as_of a), 90) FROM elements e)) AS cube
	FROM customer c
)
SELECT e.dimension, coalesce(v.value, f.texts[1]) AS value,
	coalesce(v.value_sort, @extschema@.pt_dimension_value_sort(e.dimension, f.texts[1])) AS value_sort,
	@measures purchases, customers, revenue OF f@,
	(f.revenue / nullif(sum(f.revenue) OVER (PARTITION BY e.dimension), 0))::double precision AS revenue_share,
	@measures average_amount, average_rating, discount_share, subscriber_share OF f@,
	coalesce(f.recent_revenue, 0)::numeric(18,2) AS revenue_90_days,
	coalesce(f.earlier_revenue, 0)::numeric(18,2) AS revenue_90_days_before,
	(f.recent_revenue / nullif(f.earlier_revenue, 0) - 1)::double precision AS revenue_change
FROM counted s
CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) f
JOIN elements e ON e.grouping_number = f.grouping_number
LEFT JOIN dimension_value v ON v.dimension_number = e.element AND v.code = f.codes[1]
