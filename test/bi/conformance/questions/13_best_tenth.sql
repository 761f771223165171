WITH spent AS (
	SELECT customer_id, greatest(sum(round(amount, 2)), 0) AS revenue FROM store_lines
	GROUP BY 1 HAVING count(*) FILTER (WHERE amount >= 0) > 0),
best AS (SELECT revenue FROM spent ORDER BY revenue DESC LIMIT (SELECT count(*) / 10 FROM spent))
SELECT sum(revenue), round(100 * sum(revenue) / (SELECT sum(revenue) FROM spent), 1) FROM best;
