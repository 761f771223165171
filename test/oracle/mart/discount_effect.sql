-- view: discount_effect
-- needs: discounted, product, category
-- key: scope, scope_value
WITH cells AS (
	SELECT category, product, gender, date_trunc('month', purchased_at) AS period,	--? purchased_at
	SELECT category, product, gender, season AS period,	--? !purchased_at
		count(*) FILTER (WHERE discounted) AS n1, sum(amount) FILTER (WHERE discounted) AS s1, sum(amount * amount) FILTER (WHERE discounted) AS q1,
		count(*) FILTER (WHERE NOT discounted) AS n0, sum(amount) FILTER (WHERE NOT discounted) AS s0, sum(amount * amount) FILTER (WHERE NOT discounted) AS q0
	FROM raw
	WHERE amount >= 0 AND discounted IS NOT NULL
	GROUP BY 1, 2, 3, 4
),
strata AS (
	SELECT *, n1::double precision * n0 / (n1 + n0) AS weight,
		CASE WHEN n1 > 0 THEN s1 / n1 END::double precision AS m1, CASE WHEN n0 > 0 THEN s0 / n0 END::double precision AS m0
	FROM cells
),
scopes AS (
	SELECT 'overall' AS scope, NULL::text AS scope_value, * FROM strata
	UNION ALL
	SELECT 'category', category, * FROM strata WHERE category IS NOT NULL
	UNION ALL
	SELECT 'product', product, * FROM strata WHERE product IS NOT NULL
),
pooled AS (
	SELECT scope, scope_value, sum(n1) AS n1, sum(n0) AS n0,
		sum(s1) / nullif(sum(n1), 0) AS mean1, sum(s0) / nullif(sum(n0), 0) AS mean0,
		(sum(q1) - sum(s1) * sum(s1) / nullif(sum(n1), 0)) / nullif(sum(n1) - 1, 0) AS v1, (sum(q0) - sum(s0) * sum(s0) / nullif(sum(n0), 0)) / nullif(sum(n0) - 1, 0) AS v0,
		sum(weight * m0) / nullif(sum(weight), 0) AS stratified_mean_full, sum(weight * (m1 - m0)) / nullif(sum(weight), 0) AS stratified_difference,
		sum(n1 * (m1 - m0)) / nullif(sum(n1) FILTER (WHERE weight > 0), 0) AS att, sum((n1 + n0) * (m1 - m0)) / nullif(sum(n1 + n0) FILTER (WHERE weight > 0), 0) AS ate,
		count(*) FILTER (WHERE weight > 0) AS strata_used, count(*) FILTER (WHERE weight = 0) AS strata_without_overlap,
		coalesce(sum(n1 + n0) FILTER (WHERE weight = 0), 0) AS rows_without_overlap
	FROM scopes
	GROUP BY scope, scope_value
)
SELECT scope, scope_value, n1::bigint AS n_discounted, n0::bigint AS n_full, mean1::numeric(18,6) AS mean_discounted, mean0::numeric(18,6) AS mean_full,
	(mean1 - mean0)::double precision AS difference, (mean1 / mean0)::double precision AS ratio, ((mean1 - mean0) / sqrt(nullif(v1 + v0, 0) / 2))::double precision AS standardised_difference,
	stratified_mean_full, stratified_difference, att, ate, strata_used, strata_without_overlap, rows_without_overlap
FROM pooled
