SELECT m, n, revenue, round(100 * (revenue / lag(revenue) OVER (ORDER BY m) - 1), 1),
	m + interval '1 month' <= (SELECT max(purchased_at) FROM store_lines)
FROM (SELECT date_trunc('month', purchased_at)::date AS m, sum(round(amount, 2)) AS revenue,
		count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS n
	FROM store_lines GROUP BY 1) s
ORDER BY m;
