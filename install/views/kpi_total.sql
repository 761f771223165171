-- view: kpi_total
-- needs: customer_id, amount
-- unless: purchased_at
-- reads: customer, mart
-- key:
-- One row: the key figures of the whole mart.
SELECT @measures customers, purchases OF f@,
	coalesce(f.revenue, 0)::numeric(18,2) AS revenue,
	@measures average_amount, average_rating, rated_purchases, discounted_purchases, discount_share,
		subscribers, subscriber_share, revenue_per_customer OF f@,
	d.products, d.categories
FROM @cubed OF (SELECT @extschema@.cube_plan(ARRAY[[0], [@extschema@.pt_dimension_number(m.dimension_names, 'product'::text)],
	[@extschema@.pt_dimension_number(m.dimension_names, 'category'::text)]], NULL::boolean[], NULL::timestamp, NULL::integer) FROM mart m)@end@ s
LEFT JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) f ON f.grouping_number = 1
CROSS JOIN LATERAL (
	SELECT count(*) FILTER (WHERE r.grouping_number = 2) AS products,
		count(*) FILTER (WHERE r.grouping_number = 3) AS categories
	FROM @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
	WHERE r.codes[1] IS NOT NULL OR r.texts[1] IS NOT NULL
) d
