-- view: customer_history
-- needs: purchased_at
-- key: customer_id
-- ours: SELECT customer_id, order_count(history) AS purchases, return_count(history) AS returns, revenue(history) AS revenue, date_trunc('milliseconds', first_purchase(history)) AS first_purchase, date_trunc('milliseconds', last_purchase(history)) AS last_purchase FROM customer_history
SELECT customer_id, count(DISTINCT order_no) FILTER (WHERE amount >= 0) AS purchases, count(DISTINCT order_no) FILTER (WHERE amount < 0) AS returns, sum(amount) AS revenue,
	min(ordered_at) FILTER (WHERE amount >= 0) AS first_purchase, max(ordered_at) FILTER (WHERE amount >= 0) AS last_purchase
FROM raw
WHERE customer_id IS NOT NULL
GROUP BY customer_id
HAVING count(amount) > 0
