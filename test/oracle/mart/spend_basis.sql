-- view: spend_basis
-- key: medium_above
SELECT s[1] AS medium_above, s[2] AS heavy_above, s[3] AS high_value_from
FROM (
	SELECT percentile_cont(ARRAY[0.5, 0.8, 0.9]) WITHIN GROUP (ORDER BY revenue::double precision) AS s
	FROM (SELECT sum(amount) AS revenue FROM raw WHERE customer_id IS NOT NULL GROUP BY customer_id) AS c
) AS q
