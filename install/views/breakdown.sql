-- view: breakdown
-- needs: customer_id, amount
-- unless: purchased_at
-- reads: customer, mart, dimension_value
-- key: dimension, value
-- One row per dimension and value: the key figures of each gender, age group, category, season and so on. The rows of one dimension add up to the whole.
-- column revenue_share: Revenue as a share of that of all values of the dimension, 0 to 1; NULL if that is zero.
WITH elements AS (
	SELECT e.dimension, e.element, row_number() OVER (ORDER BY e.place) AS grouping_number
	FROM (SELECT * FROM mart WHERE one_row) m
	CROSS JOIN LATERAL @extschema@.pt_dimension_elements(m.roles, m.dimensions, m.dimension_names) e
),
counted AS (
	SELECT x.cube
	FROM @cubed OF (SELECT @extschema@.cube_plan(coalesce(array_agg(ARRAY[e.element] ORDER BY e.place), '{{0}}'::integer[]), NULL::boolean[], NULL::timestamp, NULL::integer)
		FROM (SELECT * FROM mart WHERE one_row) m CROSS JOIN LATERAL @extschema@.pt_dimension_elements(m.roles, m.dimensions, m.dimension_names) e)@end@ x
)
SELECT e.dimension, coalesce(v.value, f.texts[1]) AS value,
	coalesce(v.value_sort, @extschema@.pt_dimension_value_sort(e.dimension, f.texts[1])) AS value_sort,
	@measures purchases, customers, revenue OF f@,
	(f.revenue / nullif(sum(f.revenue) OVER (PARTITION BY e.dimension), 0))::double precision AS revenue_share,
	@measures average_amount, average_rating, discount_share, subscriber_share OF f@
FROM counted s
CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) f
JOIN elements e ON e.grouping_number = f.grouping_number
LEFT JOIN dimension_value v ON v.dimension_number = e.element AND v.code = f.codes[1]
