-- view: margin_breakdown
-- needs: customer_id, amount, cost
-- reads: customer, mart, dimension_value
-- key: dimension, value
-- page: products 25
-- order: dimension, value_sort, value
-- One row per dimension and value, products too: revenue, cost and margin. A line without a known cost is in revenue, and in neither cost nor margin; margin_coverage says how many have one. The figures of one dimension add up to the whole.
-- column dimension: Name of the dimension; product is one here.
-- column revenue: Sum of the amounts, returns included; currency of the source.
-- column margin_share: Margin as a share of that of all values of the dimension; NULL if that is not above zero. It may be below 0 and above 1, where others lose.
WITH elements AS (
	SELECT e.dimension, e.element, row_number() OVER (ORDER BY e.place) AS grouping_number
	FROM (SELECT * FROM mart WHERE one_row) m
	CROSS JOIN LATERAL (
		SELECT * FROM @extschema@.pt_dimension_elements(m.roles, m.dimensions, m.dimension_names) d
		UNION ALL
		SELECT 'product', @extschema@.pt_dimension_number(m.dimension_names, 'product'::text), 1000 WHERE m.roles ? 'product'
	) e
),
counted AS (
	SELECT @extschema@.sales_cube(c.margins, c.customer_id IS NOT NULL,
		(SELECT @extschema@.cube_plan(coalesce(array_agg(ARRAY[e.element] ORDER BY e.grouping_number), '{{0}}'::integer[]),
			NULL::boolean[], NULL::timestamp, NULL::integer) FROM elements e)) AS cube
	FROM customer c
)
SELECT e.dimension, coalesce(v.value, f.texts[1]) AS value,
	coalesce(v.value_sort, @extschema@.pt_dimension_value_sort(e.dimension, f.texts[1])) AS value_sort,
	coalesce(f.quantity, 0)::numeric(18,2) AS revenue,
	@measures revenue_with_cost, cost_of_sales, margin, margin_rate OF f@,
	(f.revenue / nullif(greatest(sum(f.revenue) OVER (PARTITION BY e.dimension), 0), 0))::double precision AS margin_share,
	@measures line_count, lines_without_margin, margin_coverage OF f@
FROM counted s
CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) f
JOIN elements e ON e.grouping_number = f.grouping_number
LEFT JOIN dimension_value v ON v.dimension_number = e.element AND v.code = f.codes[1]
