-- view: group_comparison
-- key: dimension
WITH groups AS (
--[
	SELECT '$dimension$' AS dimension, $value$ AS value, count(amount) AS n, sum(amount) AS s, sum(amount * amount) AS q
	FROM raw
	WHERE amount >= 0 AND ($value$) IS NOT NULL
	GROUP BY 2
	HAVING count(amount) >= 2
--] UNION ALL
),
ranked AS (
	SELECT *, (s / n)::double precision AS mean, q - s * s / n AS squares,
		row_number() OVER (PARTITION BY dimension ORDER BY s / n DESC, value) AS from_highest, row_number() OVER (PARTITION BY dimension ORDER BY s / n, value) AS from_lowest
	FROM groups
),
dimensions AS (
	SELECT dimension, count(*) AS k, sum(n)::bigint AS n, (sum(s * s / n) - sum(s) * sum(s) / sum(n))::double precision AS between_groups, sum(squares)::double precision AS within_groups,
		max(CASE WHEN from_highest = 1 THEN value END) AS highest_value, max(mean) AS highest_mean, max(CASE WHEN from_lowest = 1 THEN value END) AS lowest_value, min(mean) AS lowest_mean
	FROM ranked
	GROUP BY dimension
)
SELECT dimension, k AS group_count, n,
	CASE WHEN k > 1 THEN (between_groups / (k - 1)) / (within_groups / (n - k)) END AS f_statistic, CASE WHEN k > 1 THEN (k - 1)::double precision END AS df_between, CASE WHEN k > 1 THEN (n - k)::double precision END AS df_within,
	CASE WHEN k > 1 THEN between_groups / (between_groups + within_groups) END AS eta_squared,
	highest_value, highest_mean, lowest_value, lowest_mean
FROM dimensions
