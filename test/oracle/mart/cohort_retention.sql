-- view: cohort_retention
-- needs: purchased_at
-- key: cohort_month, month_offset
WITH m AS MATERIALIZED (
	SELECT as_of, as_of_end FROM moment
),
active AS (
	SELECT customer_id, date_trunc('month', ordered_at) AS month
	FROM raw
	WHERE customer_id IS NOT NULL AND amount >= 0
	GROUP BY 1, 2
),
retained AS MATERIALIZED (
	SELECT cohort_month::date AS cohort_month, month::date AS month, count(*) AS n, count(*) FILTER (WHERE month = last_month) AS last_seen
	FROM (SELECT month, min(month) OVER w AS cohort_month, max(month) OVER w AS last_month FROM active WINDOW w AS (PARTITION BY customer_id)) AS members
	GROUP BY 1, 2
),
cohorts AS (
	SELECT cohort_month, n AS cohort_size FROM retained WHERE month = cohort_month
),
grid AS (
	SELECT c.cohort_month, c.cohort_size, i AS month_offset, (c.cohort_month + interval '1 month' * i)::date AS month_start
	FROM cohorts AS c CROSS JOIN m CROSS JOIN generate_series(0, 1200) AS g(i)
	WHERE c.cohort_month + interval '1 month' * i <= m.as_of
)
SELECT g.cohort_month, g.month_offset, g.month_start, g.cohort_size, coalesce(r.n, 0) AS active_customers, coalesce(r.n, 0)::double precision / g.cohort_size AS retention,
	coalesce((SELECT sum(l.last_seen) FROM retained AS l WHERE l.cohort_month = g.cohort_month AND l.month >= g.month_start), 0)::double precision / g.cohort_size AS retention_on_or_after,
	g.month_start + interval '1 month' <= (SELECT as_of_end FROM m) AS complete, CASE WHEN g.month_start + interval '1 month' <= (SELECT as_of_end FROM m) THEN 'Yes' ELSE 'No' END AS complete_label
FROM grid AS g
LEFT JOIN retained AS r ON r.cohort_month = g.cohort_month AND r.month = g.month_start
