-- view: discount_effect
-- needs: customer_id, amount, discounted
-- reads: sales_stratum
-- key: scope, scope_value
-- page: products 21
-- order: scope, scope_value
-- One row per scope: overall, each category, each product: what a discount does to the amount of a row, returns left out. Naive: all discounted rows against all others (Welch). Stratified: only rows of the same product, gender and period are compared; Mantel-Haenszel weights. Intervals are of 95 percent. p-values are adjusted for the number of scopes of a kind (Benjamini-Hochberg), and the verdicts go by them.
-- column scope: overall, category or product.
-- column scope_value: The category or product; NULL for overall.
-- column n_discounted: Number of rows with a discount.
-- column n_full: Number of rows without one.
-- column mean_discounted: Mean amount with a discount; currency of the source.
-- column mean_full: Mean amount without one; currency of the source.
-- column difference: Mean with minus mean without a discount; currency of the source.
-- column ci_low: Lower end of the interval of the difference (Welch).
-- column ci_high: Upper end of the interval of the difference (Welch).
-- column p_value: p-value of the difference (Welch, two-sided).
-- column p_adjusted: The same, adjusted for the number of scopes of this kind (Benjamini-Hochberg).
-- column ratio: Mean with a discount divided by the mean without.
-- column ratio_ci_low: Lower end of the interval of the ratio (log-delta).
-- column ratio_ci_high: Upper end of the interval of the ratio (log-delta).
-- column standardised_difference: Difference in units of the pooled standard deviation.
-- column stratified_mean_full: Mean without a discount in the strata that have rows of both kinds, with the same weights; currency of the source.
-- column stratified_difference: Difference of means within strata (Mantel-Haenszel weights); NULL if no stratum has rows of both kinds.
-- column stratified_ci_low: Lower end of its interval.
-- column stratified_ci_high: Upper end of its interval.
-- column stratified_p_value: Its two-sided p-value (normal).
-- column stratified_p_adjusted: The same, adjusted for the number of scopes of this kind (Benjamini-Hochberg).
-- column att: Effect on the rows that had a discount (ATT); currency of the source.
-- column ate: Effect on all comparable rows (ATE); currency of the source.
-- column strata_used: Strata that have rows of both kinds.
-- column strata_without_overlap: Strata that have rows of one kind only.
-- column rows_without_overlap: Rows in those strata: they have no counterpart, and no adjustment can help.
-- column naive_verdict: What the naive comparison says.
-- column verdict: What the stratified comparison says, and which rows it cannot speak of.
WITH strata AS MATERIALIZED (
	SELECT s.category, s.product, s.gender, s.stats FROM sales_stratum s
),
scopes AS (
	SELECT 'overall'::text AS scope, 1 AS scope_sort, NULL::text AS scope_value, s.gender, s.stats FROM strata s
	UNION ALL
	SELECT 'category', 2, s.category, s.gender, s.stats FROM strata s WHERE s.category IS NOT NULL
	UNION ALL
	SELECT 'product', 3, s.product, s.gender, s.stats FROM strata s WHERE s.product IS NOT NULL
),
pooled AS (
	SELECT s.scope, s.scope_sort, s.scope_value,
		@extschema@.rollup(s.stats) AS stats,
		@extschema@.stratified_effect(s.stats) AS within,
		-- what the stratified difference is a share of: the means without a discount, with the same weights
		(sum(s.weight * @extschema@.sales_mean(s.stats, 'full'::@extschema@.sales_arm)) / nullif(sum(s.weight), 0))::double precision AS stratified_mean_full
	FROM (
		SELECT w.*, @extschema@.sales_count(w.stats, 'discounted'::@extschema@.sales_arm)::numeric
			* @extschema@.sales_count(w.stats, 'full'::@extschema@.sales_arm)
			/ nullif(@extschema@.sales_count(w.stats, 'discounted'::@extschema@.sales_arm)
				+ @extschema@.sales_count(w.stats, 'full'::@extschema@.sales_arm), 0) AS weight
		FROM scopes w
	) s
	GROUP BY s.scope, s.scope_sort, s.scope_value
),
effects AS (
	SELECT p.scope, p.scope_sort, p.scope_value, p.within, p.stratified_mean_full,
		e.n_discounted, e.n_full, e.mean_discounted, e.mean_full, e.difference, e.ci_low, e.ci_high, e.p_value,
		e.ratio, e.ratio_ci_low, e.ratio_ci_high, e.standardised_difference
	FROM pooled p
	CROSS JOIN LATERAL @extschema@.discount_effect(p.stats, 0.95::double precision) e
),
-- genders with rows of one kind only: nobody to compare them with
one_sided AS (
	SELECT g.scope, g.scope_value,
		string_agg(format('no %s row has a counterpart', g.gender),
			', ' ORDER BY g.gender COLLATE "C") AS text
	FROM (
		SELECT s.scope, s.scope_value, s.gender, @extschema@.rollup(s.stats) AS stats
		FROM scopes s
		WHERE s.gender IS NOT NULL
		GROUP BY s.scope, s.scope_value, s.gender
	) g
	CROSS JOIN LATERAL @extschema@.discount_effect(g.stats, 0.95::double precision) e
	WHERE (e.n_discounted = 0) <> (e.n_full = 0)
	GROUP BY g.scope, g.scope_value
),
tested AS (
	SELECT e.*,
		CASE WHEN (e.within).mh_se > 0
			THEN 2 * @extschema@.normal_cdf(-abs((e.within).mh_difference / (e.within).mh_se)) END AS stratified_p_value,
		row_number() OVER (PARTITION BY e.scope ORDER BY e.scope_value COLLATE "C") AS place
	FROM effects e
),
adjusted AS (
	SELECT t.*,
		(@extschema@.benjamini_hochberg(array_agg(t.p_value) OVER w))[t.place] AS p_adjusted,
		(@extschema@.benjamini_hochberg(array_agg(t.stratified_p_value) OVER w))[t.place] AS stratified_p_adjusted,
		count(*) OVER (PARTITION BY t.scope) AS comparisons
	FROM tested t
	WINDOW w AS (PARTITION BY t.scope ORDER BY t.place ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
SELECT a.scope, a.scope_value,
	a.n_discounted,
	a.n_full,
	a.mean_discounted::numeric(22,6) AS mean_discounted,
	a.mean_full::numeric(22,6) AS mean_full,
	a.difference::double precision AS difference,
	a.ci_low::double precision AS ci_low,
	a.ci_high::double precision AS ci_high,
	a.p_value, a.p_adjusted,
	a.ratio,
	a.ratio_ci_low,
	a.ratio_ci_high,
	a.standardised_difference,
	a.stratified_mean_full,
	(a.within).mh_difference AS stratified_difference,
	(a.within).mh_ci_low AS stratified_ci_low,
	(a.within).mh_ci_high AS stratified_ci_high,
	a.stratified_p_value, a.stratified_p_adjusted,
	(a.within).att AS att,
	(a.within).ate AS ate,
	(a.within).strata_used AS strata_used,
	(a.within).strata_without_overlap AS strata_without_overlap,
	(a.within).rows_without_overlap AS rows_without_overlap,
	CASE WHEN a.n_discounted = 0 OR a.n_full = 0 THEN 'no comparable rows'
		WHEN a.p_adjusted IS NULL THEN 'too few rows to tell'
		WHEN a.p_adjusted >= 0.05 THEN 'no evidence of a difference'
		ELSE format('%s by %s %% (%s to %s %%)', CASE WHEN a.difference < 0 THEN 'lower' ELSE 'higher' END,
			round(abs(100 * a.difference / a.mean_full)::numeric, 1),
			round(least(abs(a.ci_low), abs(a.ci_high))::numeric * 100 / nullif(a.mean_full, 0)::numeric, 1),
			round(greatest(abs(a.ci_low), abs(a.ci_high))::numeric * 100 / nullif(a.mean_full, 0)::numeric, 1))
		END AS naive_verdict,
	CASE WHEN (a.within).strata_used = 0 THEN 'no comparable rows'
		WHEN a.stratified_p_adjusted IS NULL THEN 'too few rows to tell'
		WHEN a.stratified_p_adjusted >= 0.05 THEN 'no evidence of a difference'
		ELSE format('%s by %s %% (%s to %s %%)', CASE WHEN (a.within).mh_difference < 0 THEN 'lower' ELSE 'higher' END,
			round(abs(100 * (a.within).mh_difference / nullif(a.stratified_mean_full, 0))::numeric, 1),
			round(least(abs((a.within).mh_ci_low), abs((a.within).mh_ci_high))::numeric * 100 / nullif(a.stratified_mean_full, 0)::numeric, 1),
			round(greatest(abs((a.within).mh_ci_low), abs((a.within).mh_ci_high))::numeric * 100 / nullif(a.stratified_mean_full, 0)::numeric, 1))
		END
		|| CASE WHEN (a.within).rows_without_overlap > 0
			THEN format('; %s of %s rows have no counterpart', (a.within).rows_without_overlap, (a.within).n) ELSE '' END
		|| coalesce(': ' || o.text, '')
		|| CASE WHEN a.comparisons > 1 THEN format('; adjusted for %s comparisons', a.comparisons) ELSE '' END AS verdict
FROM adjusted a
LEFT JOIN one_sided o ON o.scope = a.scope AND o.scope_value IS NOT DISTINCT FROM a.scope_value
