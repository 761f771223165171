-- view: sales_stratum
-- needs: customer_id, amount, discounted
-- reads: customer, mart, dimension_value
-- key: category, product, gender, period
-- inner
-- One row per stratum: category, product, gender and period (the month of the purchase, or its season where there are no times), with the statistics of its rows as a value of the type sales_stats; returns are left out. discount_effect compares like with like by them; BI tools cannot read this view.
-- column period: Month as 2024-01, or season.
-- column stats: Statistics of the amounts, with and without a discount.
WITH elements AS (
	-- what the mart has of category, product, gender and period
	SELECT n.category, n.product, n.gender, n.period, coalesce(nullif(array_remove(ARRAY[n.category, n.product, n.gender, n.period], 0), '{}'), '{0}') AS grouping
	FROM (
		SELECT @extschema@.pt_dimension_number(m.dimension_names, 'category'::text) AS category,
			@extschema@.pt_dimension_number(m.dimension_names, 'product'::text) AS product,
			@extschema@.pt_dimension_number(m.dimension_names, 'gender'::text) AS gender,
			CASE WHEN m.roles ? 'purchased_at' THEN -3
				ELSE @extschema@.pt_dimension_number(m.dimension_names, 'season'::text) END AS period
		FROM (SELECT * FROM mart WHERE one_row) m
	) n
),
counted AS (
	SELECT x.cube
	FROM @cubed OF (SELECT @extschema@.cube_plan(ARRAY[coalesce(nullif(array_remove(ARRAY[@extschema@.pt_dimension_number(m.dimension_names, 'category'::text),
		@extschema@.pt_dimension_number(m.dimension_names, 'product'::text), @extschema@.pt_dimension_number(m.dimension_names, 'gender'::text),
		CASE WHEN m.roles ? 'purchased_at' THEN -3 ELSE @extschema@.pt_dimension_number(m.dimension_names, 'season'::text) END], 0), '{}'), '{0}')],
		'{true}'::boolean[], NULL::timestamp, NULL::integer) FROM mart m)@end@ x
)
SELECT coalesce(k.value, r.category) AS category, coalesce(p.value, r.product) AS product, coalesce(g.value, r.gender) AS gender,
	CASE WHEN r.dated THEN to_char(date '2000-01-01' + r.period_code, 'YYYY-MM') ELSE coalesce(t.value, r.period) END AS period,
	r.stats
FROM (
	SELECT f.stats, e.period = -3 AS dated,
		f.codes[array_position(e.grouping, e.category)] AS category_code, f.texts[array_position(e.grouping, e.category)] AS category,
		f.codes[array_position(e.grouping, e.product)] AS product_code, f.texts[array_position(e.grouping, e.product)] AS product,
		f.codes[array_position(e.grouping, e.gender)] AS gender_code, f.texts[array_position(e.grouping, e.gender)] AS gender,
		f.codes[array_position(e.grouping, e.period)] AS period_code, f.texts[array_position(e.grouping, e.period)] AS period
	FROM counted s
	CROSS JOIN elements e
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) f
) r
LEFT JOIN dimension_value k ON k.dimension = 'category' AND k.code = r.category_code
LEFT JOIN dimension_value p ON p.dimension = 'product' AND p.code = r.product_code
LEFT JOIN dimension_value g ON g.dimension = 'gender' AND g.code = r.gender_code
LEFT JOIN dimension_value t ON t.dimension = 'season' AND t.code = r.period_code
