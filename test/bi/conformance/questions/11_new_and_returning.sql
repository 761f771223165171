WITH first AS (
	SELECT customer_id, date_trunc('month', min(purchased_at))::date AS m FROM store_lines WHERE amount >= 0 GROUP BY 1)
SELECT date_trunc('month', l.purchased_at)::date AS m,
	count(DISTINCT l.customer_id) FILTER (WHERE f.m = date_trunc('month', l.purchased_at) AND amount >= 0),
	count(DISTINCT l.customer_id) FILTER (WHERE f.m < date_trunc('month', l.purchased_at) AND amount >= 0),
	coalesce(sum(round(amount, 2)) FILTER (WHERE f.m = date_trunc('month', l.purchased_at)), 0),
	coalesce(sum(round(amount, 2)) FILTER (WHERE f.m < date_trunc('month', l.purchased_at)), 0),
	coalesce(sum(round(amount, 2)) FILTER (WHERE f.m IS NULL OR f.m > date_trunc('month', l.purchased_at)), 0)
FROM store_lines l LEFT JOIN first f USING (customer_id)
GROUP BY 1 ORDER BY 1;
