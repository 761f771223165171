-- view: top_product
-- needs: product, category
-- reads: customer, mart, dimension_value
-- key: category, product
-- One row per category and product, ranked by purchases in the category; ask for product_rank <= 3 to see the best three.
SELECT p.category,
	row_number() OVER (PARTITION BY p.category
		ORDER BY p.orders DESC, p.product COLLATE "C") AS product_rank,
	p.product,
	@measures purchases, customers, revenue, average_amount, average_rating, discount_share OF p@
FROM (
	SELECT coalesce(k.value, f.texts[1]) AS category, coalesce(v.value, f.texts[2]) AS product, f.*
	FROM @cubed OF (SELECT @extschema@.cube_plan(ARRAY[ARRAY[@extschema@.pt_dimension_number(m.dimension_names, 'category'::text),
		@extschema@.pt_dimension_number(m.dimension_names, 'product'::text)]], NULL::boolean[], NULL::timestamp, NULL::integer) FROM mart m)@end@ s
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) f
	LEFT JOIN dimension_value k ON k.dimension = 'category' AND k.code = f.codes[1]
	LEFT JOIN dimension_value v ON v.dimension = 'product' AND v.code = f.codes[2]
) p
