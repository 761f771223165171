-- view: shipping_comparison
-- needs: customer_id, amount, shipping_type
-- reads: customer, mart, dimension_value
-- key: shipping_type, other_shipping_type
-- page: products 24
-- order: shipping_type, other_shipping_type
-- One row per pair of shipping types: do their amounts differ (Welch). Returns are left out. Intervals are of 95 percent; p-values are adjusted for the number of pairs (Benjamini-Hochberg).
-- column shipping_type: First shipping type of the pair, before the other in the order of the C collation.
-- column other_shipping_type: Second shipping type of the pair.
-- column n: Number of rows of the first.
-- column other_n: Number of rows of the second.
-- column mean: Mean amount of the first; currency of the source.
-- column other_mean: Mean amount of the second; currency of the source.
-- column difference: First mean minus the second; currency of the source.
-- column ci_low: Lower end of the interval of the difference.
-- column ci_high: Upper end of the interval of the difference.
-- column p_value: p-value of the difference (Welch, two-sided).
-- column p_adjusted: The same, adjusted for the number of pairs (Benjamini-Hochberg).
-- column standardised_difference: Difference in units of the pooled standard deviation.
-- column verdict: The result in words.
WITH types AS (
	SELECT d.shipping_type COLLATE "C" AS shipping_type, @extschema@.sales_count(d.stats, 'all'::@extschema@.sales_arm) AS n,
		@extschema@.sales_mean(d.stats, 'all'::@extschema@.sales_arm)::double precision AS mean,
		@extschema@.sales_stddev(d.stats, 'all'::@extschema@.sales_arm) AS sd
	FROM (
		SELECT coalesce(v.value, r.texts[1]) AS shipping_type, r.stats
		FROM @cubed OF (SELECT @extschema@.cube_plan(ARRAY[ARRAY[@extschema@.pt_dimension_number(m.dimension_names, 'shipping_type'::text)]],
			'{true}'::boolean[], NULL::timestamp, NULL::integer) FROM mart m)@end@ s
		CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
		LEFT JOIN dimension_value v ON v.dimension = 'shipping_type' AND v.code = r.codes[1]
	) d
	WHERE d.shipping_type IS NOT NULL
),
pairs AS (
	SELECT a.shipping_type, b.shipping_type AS other_shipping_type, a.n, b.n AS other_n, a.mean, b.mean AS other_mean,
		t.difference, t.ci_low, t.ci_high, t.p_value, t.effect_size,
		row_number() OVER (ORDER BY a.shipping_type, b.shipping_type) AS place
	FROM types a
	JOIN types b ON a.shipping_type < b.shipping_type
	CROSS JOIN LATERAL @extschema@.welch_test(a.n, a.mean, a.sd, b.n, b.mean, b.sd, 0.95::double precision) t
),
adjusted AS (
	SELECT p.*, (@extschema@.benjamini_hochberg(array_agg(p.p_value) OVER
			(ORDER BY p.place ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)))[p.place] AS p_adjusted,
		count(*) OVER () AS comparisons
	FROM pairs p
)
SELECT a.shipping_type COLLATE "default" AS shipping_type, a.other_shipping_type COLLATE "default" AS other_shipping_type,
	a.n, a.other_n, a.mean, a.other_mean, a.difference, a.ci_low, a.ci_high, a.p_value, a.p_adjusted,
	a.effect_size AS standardised_difference,
	CASE WHEN a.p_adjusted IS NULL THEN 'too few rows to tell'
		WHEN a.p_adjusted >= 0.05 THEN 'no evidence of a difference'
		ELSE format('%s by %s (%s to %s)', CASE WHEN a.difference > 0 THEN 'higher' ELSE 'lower' END, round(abs(a.difference)::numeric, 2),
			round(least(abs(a.ci_low), abs(a.ci_high))::numeric, 2), round(greatest(abs(a.ci_low), abs(a.ci_high))::numeric, 2)) END
		|| CASE WHEN a.comparisons > 1 THEN format('; adjusted for %s comparisons', a.comparisons) ELSE '' END AS verdict
FROM adjusted a
