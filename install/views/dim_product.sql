-- view: dim_product
-- needs: product
-- reads: customer, mart, dimension_value
-- key: product
-- One row per product.
-- column product: Product; NULL is one row, for purchases without one.
-- column category: Category of the product: of several, the largest in the order of the C collation.
-- column revenue_share: Revenue as a share of that of all products, 0 to 1; NULL if that is zero.
SELECT p.product, p.category,
	@measures purchases, customers, revenue OF p@,
	(p.revenue / nullif(sum(p.revenue) OVER (), 0))::double precision AS revenue_share,
	@measures average_amount, average_rating, rated_purchases, discounted_purchases, discount_share OF p@
FROM (
	SELECT coalesce(v.value, f.texts[1]) AS product, k.category, f.*
	FROM @cubed OF (SELECT @extschema@.cube_plan(ARRAY[ARRAY[@extschema@.pt_dimension_number(m.dimension_names, 'product'::text), 0],
		ARRAY[@extschema@.pt_dimension_number(m.dimension_names, 'product'::text), @extschema@.pt_dimension_number(m.dimension_names, 'category'::text)]],
		NULL::boolean[], NULL::timestamp, NULL::integer) FROM mart m)@end@ s
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) f
	LEFT JOIN LATERAL (
		SELECT r.codes[1] AS code, r.texts[1] AS text,
			max(coalesce(n.value, r.texts[2]) COLLATE "C") COLLATE "default" AS category
		FROM @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
		LEFT JOIN dimension_value n ON n.dimension = 'category' AND n.code = r.codes[2]
		WHERE r.grouping_number = 2
		GROUP BY r.codes[1], r.texts[1]
	) k ON k.code IS NOT DISTINCT FROM f.codes[1] AND k.text IS NOT DISTINCT FROM f.texts[1]
	LEFT JOIN dimension_value v ON v.dimension = 'product' AND v.code = f.codes[1]
	WHERE f.grouping_number = 1
) p
