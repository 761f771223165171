-- view: group_comparison
-- needs: customer_id, amount
-- reads: customer, mart, dimension_value
-- key: dimension
-- page: products 22
-- order: dimension
-- One row per dimension: do the amounts of its values differ (one-way ANOVA), and which has the largest and the smallest mean. Values with at least two rows; returns are left out. p-values are adjusted for the number of dimensions (Benjamini-Hochberg). Intervals are of 95 percent, each of its own mean (Student).
-- column group_count: Number of values compared.
-- column n: Number of rows compared.
-- column f_statistic: F of the analysis of variance.
-- column df_between: Degrees of freedom between the values.
-- column df_within: Degrees of freedom within the values.
-- column p_value: p-value of F.
-- column p_adjusted: The same, adjusted for the number of dimensions (Benjamini-Hochberg).
-- column eta_squared: Share of the variance that the dimension explains, 0 to 1.
-- column highest_value: Value with the largest mean; ties by name, in the order of the C collation.
-- column highest_mean: Its mean amount; currency of the source.
-- column highest_ci_low: Lower end of the interval of that mean.
-- column highest_ci_high: Upper end of the interval of that mean.
-- column lowest_value: Value with the smallest mean.
-- column lowest_mean: Its mean amount; currency of the source.
-- column lowest_ci_low: Lower end of the interval of that mean.
-- column lowest_ci_high: Upper end of the interval of that mean.
-- column verdict: The result in words.
WITH elements AS (
	SELECT e.dimension, e.element, row_number() OVER (ORDER BY e.place) AS grouping_number
	FROM (SELECT * FROM mart WHERE one_row) m
	CROSS JOIN LATERAL @extschema@.pt_dimension_elements(m.roles, m.dimensions, m.dimension_names) e
),
counted AS (
	SELECT x.cube
	FROM @cubed OF (SELECT @extschema@.cube_plan(coalesce(array_agg(ARRAY[e.element] ORDER BY e.place), '{{0}}'::integer[]),
		coalesce(array_agg(true ORDER BY e.place), '{false}'::boolean[]), NULL::timestamp, NULL::integer)
		FROM (SELECT * FROM mart WHERE one_row) m CROSS JOIN LATERAL @extschema@.pt_dimension_elements(m.roles, m.dimensions, m.dimension_names) e)@end@ x
),
groups AS (
	SELECT d.dimension, d.value, @extschema@.sales_count(d.stats, 'all'::@extschema@.sales_arm) AS n,
		@extschema@.sales_mean(d.stats, 'all'::@extschema@.sales_arm)::double precision AS mean,
		@extschema@.sales_stddev(d.stats, 'all'::@extschema@.sales_arm) AS sd
	FROM (
		SELECT e.dimension, coalesce(v.value, r.texts[1]) AS value, r.stats
		FROM counted s
		CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
		JOIN elements e ON e.grouping_number = r.grouping_number
		LEFT JOIN dimension_value v ON v.dimension_number = e.element AND v.code = r.codes[1]
	) d
	WHERE d.value IS NOT NULL AND @extschema@.sales_count(d.stats, 'all'::@extschema@.sales_arm) >= 2
),
ranked AS (
	SELECT g.*,
		row_number() OVER (PARTITION BY g.dimension ORDER BY g.mean DESC, g.value COLLATE "C") AS from_highest,
		row_number() OVER (PARTITION BY g.dimension ORDER BY g.mean, g.value COLLATE "C") AS from_lowest,
		@extschema@.student_quantile(0.975::double precision, (g.n - 1)::double precision) * g.sd / sqrt(g.n) AS half_width
	FROM groups g
),
collected AS (
	SELECT g.dimension, count(*) AS group_count, sum(g.n)::bigint AS n,
		array_agg(g.n ORDER BY g.from_highest) AS counts,
		array_agg(g.mean ORDER BY g.from_highest) AS means,
		array_agg(g.sd ORDER BY g.from_highest) AS sds
	FROM ranked g
	GROUP BY g.dimension
),
dimensions AS (
	SELECT c.dimension, c.group_count, c.n, t.statistic, t.df_between, t.df_within, t.p_value, t.effect_size,
		h.value AS highest_value, h.mean AS highest_mean, h.half_width AS highest_half,
		l.value AS lowest_value, l.mean AS lowest_mean, l.half_width AS lowest_half
	FROM collected c
	CROSS JOIN LATERAL @extschema@.anova(c.counts, c.means, c.sds) t
	JOIN ranked h ON h.dimension = c.dimension AND h.from_highest = 1
	JOIN ranked l ON l.dimension = c.dimension AND l.from_lowest = 1
),
placed AS (
	SELECT d.*, row_number() OVER (ORDER BY d.dimension) AS place
	FROM dimensions d
),
adjusted AS (
	SELECT p.*,
		(@extschema@.benjamini_hochberg(array_agg(p.p_value) OVER
			(ORDER BY p.place ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)))[p.place] AS p_adjusted,
		count(*) OVER () AS comparisons
	FROM placed p
)
SELECT a.dimension, a.group_count, a.n,
	a.statistic AS f_statistic,
	a.df_between::double precision AS df_between,
	a.df_within::double precision AS df_within,
	a.p_value, a.p_adjusted,
	a.effect_size AS eta_squared,
	a.highest_value, a.highest_mean,
	a.highest_mean - a.highest_half AS highest_ci_low,
	a.highest_mean + a.highest_half AS highest_ci_high,
	a.lowest_value, a.lowest_mean,
	a.lowest_mean - a.lowest_half AS lowest_ci_low,
	a.lowest_mean + a.lowest_half AS lowest_ci_high,
	CASE WHEN a.group_count < 2 THEN 'nothing to compare'
		WHEN a.p_adjusted IS NULL THEN 'too few rows to tell'
		WHEN a.p_adjusted >= 0.05 THEN 'no evidence of a difference'
		ELSE format('amounts differ: most for %s (%s), least for %s (%s); it explains %s %% of the variance',
			a.highest_value, round(a.highest_mean::numeric, 2), a.lowest_value, round(a.lowest_mean::numeric, 2),
			round(100 * a.effect_size::numeric, 1)) END
		|| CASE WHEN a.comparisons > 1 AND a.group_count > 1 THEN format('; adjusted for %s comparisons', a.comparisons) ELSE '' END AS verdict
FROM adjusted a
