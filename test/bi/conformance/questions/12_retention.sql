WITH months AS (
	SELECT DISTINCT customer_id, date_trunc('month', purchased_at)::date AS m FROM store_lines WHERE amount >= 0),
cohorts AS (SELECT customer_id, min(m) AS cohort FROM months GROUP BY 1),
sizes AS (SELECT cohort, count(*) AS size FROM cohorts GROUP BY 1)
SELECT s.cohort, o, s.size, count(m.customer_id), round(100.0 * count(m.customer_id) / s.size, 1)
FROM sizes s
CROSS JOIN generate_series(1, 6) AS o
JOIN cohorts c USING (cohort)
LEFT JOIN months m ON m.customer_id = c.customer_id AND m.m = (s.cohort + o * interval '1 month')
WHERE s.cohort + (o + 1) * interval '1 month' <= (SELECT max(purchased_at) FROM store_lines)
GROUP BY 1, 2, 3 ORDER BY 1, 2;
