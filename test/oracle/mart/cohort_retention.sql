-- view: cohort_retention
-- needs: purchased_at
-- key: cohort_month, month_offset
WITH active AS (
	SELECT customer_id, date_trunc('month', ordered_at)::date AS month
	FROM raw
	WHERE customer_id IS NOT NULL AND amount >= 0
	GROUP BY 1, 2
),
members AS (
	SELECT customer_id, min(month) AS cohort_month, max(month) AS last_month FROM active GROUP BY customer_id
),
cohorts AS (
	SELECT cohort_month, count(*) AS cohort_size FROM members GROUP BY cohort_month
),
retained AS (
	SELECT m.cohort_month, a.month, count(*) AS n FROM active AS a JOIN members AS m USING (customer_id) GROUP BY 1, 2
),
last_seen AS (
	SELECT cohort_month, last_month, count(*) AS n FROM members GROUP BY 1, 2
),
grid AS (
	SELECT c.cohort_month, c.cohort_size, i AS month_offset, (c.cohort_month + interval '1 month' * i)::date AS month_start
	FROM cohorts AS c CROSS JOIN moment AS m CROSS JOIN generate_series(0, 1200) AS g(i)
	WHERE c.cohort_month + interval '1 month' * i <= m.as_of
)
SELECT g.cohort_month, g.month_offset, g.month_start, g.cohort_size, coalesce(r.n, 0) AS active_customers, coalesce(r.n, 0)::double precision / g.cohort_size AS retention,
	coalesce((SELECT sum(l.n) FROM last_seen AS l WHERE l.cohort_month = g.cohort_month AND l.last_month >= g.month_start), 0)::double precision / g.cohort_size AS retention_on_or_after,
	g.month_start + interval '1 month' <= (SELECT as_of_end FROM moment) AS complete, CASE WHEN g.month_start + interval '1 month' <= (SELECT as_of_end FROM moment) THEN 'Yes' ELSE 'No' END AS complete_label
FROM grid AS g
LEFT JOIN retained AS r ON r.cohort_month = g.cohort_month AND r.month = g.month_start
