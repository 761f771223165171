-- view: sales_stratum
-- needs: customer_id, amount, discounted
-- reads: customer, mart, dimension_value
-- key: category, product, gender, period
-- inner
-- One row per stratum: category, product, gender and period (the month of the purchase, or its season where there are no times), with the statistics of its rows as a value of the type sales_stats; returns are left out. discount_effect compares like with like by them; BI tools cannot read this view.
-- column period: Month as 2024-01, or season.
-- column stats: Statistics of the amounts, with and without a discount.
SELECT coalesce(k.value, r.texts[1]) AS category, coalesce(p.value, r.texts[2]) AS product,
	coalesce(g.value, r.texts[3]) AS gender,
	CASE WHEN m.roles ? 'purchased_at' THEN to_char(date '2000-01-01' + r.codes[4], 'YYYY-MM') ELSE coalesce(t.value, r.texts[4]) END AS period,
	r.stats
FROM (
	SELECT @extschema@.sales_cube(c.lines, c.customer_id IS NOT NULL,
			(SELECT @extschema@.cube_plan(ARRAY[ARRAY[@extschema@.dimension_number(m.dimension_names, 'category'::text),
					@extschema@.dimension_number(m.dimension_names, 'product'::text),
					@extschema@.dimension_number(m.dimension_names, 'gender'::text),
					CASE WHEN m.roles ? 'purchased_at' THEN -3
						ELSE @extschema@.dimension_number(m.dimension_names, 'season'::text) END]],
				'{true}'::boolean[], NULL::timestamp, NULL::integer) FROM mart m)) AS cube
	FROM customer c
) s
CROSS JOIN (SELECT * FROM mart LIMIT 1) m
CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
LEFT JOIN dimension_value k ON k.dimension = 'category' AND k.code = r.codes[1]
LEFT JOIN dimension_value p ON p.dimension = 'product' AND p.code = r.codes[2]
LEFT JOIN dimension_value g ON g.dimension = 'gender' AND g.code = r.codes[3]
LEFT JOIN dimension_value t ON t.dimension = 'season' AND t.code = r.codes[4]
