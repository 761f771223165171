-- view: lifecycle
-- needs: purchased_at
-- key: month_start, state
WITH active AS (
	SELECT customer_id, date_trunc('month', ordered_at)::date AS month
	FROM raw
	WHERE customer_id IS NOT NULL AND amount >= 0
	GROUP BY 1, 2
),
steps AS (
	SELECT month, lag(month) OVER w AS month_before, lead(month) OVER w AS month_after FROM active WINDOW w AS (PARTITION BY customer_id ORDER BY month)
),
seen AS (
	SELECT month, count(*) FILTER (WHERE month_before IS NULL) AS new_customers,
		count(*) FILTER (WHERE month_before = month - interval '1 month') AS returning_customers,
		count(*) FILTER (WHERE month_before < month - interval '1 month') AS resurrecting_customers,
		count(*) FILTER (WHERE month_after IS NULL OR month_after > month + interval '1 month') AS lost
	FROM steps
	GROUP BY month
),
months AS (
	SELECT p.month, p.month + interval '1 month' <= m.as_of_end AS complete,
		coalesce(s.new_customers, 0) AS new_customers, coalesce(s.returning_customers, 0) AS returning_customers, coalesce(s.resurrecting_customers, 0) AS resurrecting_customers,
		-coalesce(b.lost, 0) AS dormant_customers
	FROM (SELECT (first_month + interval '1 month' * i)::date AS month FROM (SELECT min(month) AS first_month FROM seen) AS f CROSS JOIN generate_series(0, 1200) AS g(i)) AS p
	JOIN moment AS m ON p.month <= m.as_of
	LEFT JOIN seen AS s ON s.month = p.month
	LEFT JOIN seen AS b ON b.month = p.month - interval '1 month'
)
SELECT month AS month_start, 'new' AS state, 1 AS state_sort, new_customers AS customers, complete, CASE WHEN complete THEN 'Yes' ELSE 'No' END AS complete_label FROM months
UNION ALL
SELECT month, 'returning', 2, returning_customers, complete, CASE WHEN complete THEN 'Yes' ELSE 'No' END FROM months
UNION ALL
SELECT month, 'resurrecting', 3, resurrecting_customers, complete, CASE WHEN complete THEN 'Yes' ELSE 'No' END FROM months
UNION ALL
SELECT month, 'dormant', 4, dormant_customers, complete, CASE WHEN complete THEN 'Yes' ELSE 'No' END FROM months
