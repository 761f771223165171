-- view: cohort_revenue
-- needs: purchased_at
-- key: cohort_month, month_offset
WITH m AS MATERIALIZED (
	SELECT as_of, as_of_end FROM moment
),
members AS (
	SELECT customer_id, date_trunc('month', min(ordered_at))::date AS cohort_month
	FROM raw
	WHERE customer_id IS NOT NULL AND amount >= 0
	GROUP BY customer_id
),
cohorts AS (
	SELECT cohort_month, count(*) AS cohort_size FROM members GROUP BY cohort_month
),
sums AS (
	SELECT m.cohort_month, greatest(date_trunc('month', r.ordered_at)::date, m.cohort_month) AS month, sum(r.amount) AS revenue
	FROM raw AS r JOIN members AS m USING (customer_id)
	GROUP BY 1, 2
),
grid AS (
	SELECT c.cohort_month, c.cohort_size, i AS month_offset, (c.cohort_month + interval '1 month' * i)::date AS month_start
	FROM cohorts AS c CROSS JOIN m CROSS JOIN generate_series(0, 1200) AS g(i)
	WHERE c.cohort_month + interval '1 month' * i <= m.as_of
),
filled AS (
	SELECT g.*, coalesce(s.revenue, 0) AS revenue, sum(coalesce(s.revenue, 0)) OVER (PARTITION BY g.cohort_month ORDER BY g.month_offset) AS cumulative_revenue,
		first_value(coalesce(s.revenue, 0)) OVER (PARTITION BY g.cohort_month ORDER BY g.month_offset) AS first_revenue
	FROM grid AS g
	LEFT JOIN sums AS s ON s.cohort_month = g.cohort_month AND s.month = g.month_start
)
SELECT g.cohort_month, g.month_offset, g.month_start, g.cohort_size, g.revenue::numeric(18,2) AS revenue, g.cumulative_revenue::numeric(18,2) AS cumulative_revenue,
	(g.cumulative_revenue / g.cohort_size)::numeric(18,6) AS cumulative_revenue_per_member,
	(CASE WHEN g.first_revenue > 0 THEN g.revenue / g.first_revenue END)::double precision AS revenue_retention,
	g.month_start + interval '1 month' <= (SELECT as_of_end FROM m) AS complete, CASE WHEN g.month_start + interval '1 month' <= (SELECT as_of_end FROM m) THEN 'Yes' ELSE 'No' END AS complete_label
FROM filled AS g
