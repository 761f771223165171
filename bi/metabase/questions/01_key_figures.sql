-- Key figures
-- Customers, purchases, revenue and the average purchase, of what is chosen.
-- display: table
-- variable category: field fact_purchase.category string/=, Category
-- variable gender: field fact_purchase.gender string/=, Gender
SELECT count(DISTINCT customer_id) AS customers,
	count(DISTINCT order_id) FILTER (WHERE returned IS NOT TRUE) + count(*) FILTER (WHERE order_id IS NULL AND returned IS NOT TRUE) AS purchases,
	sum(amount) AS revenue,
	sum(amount) FILTER (WHERE NOT returned)
		/ nullif(count(DISTINCT order_id) FILTER (WHERE NOT returned) + count(*) FILTER (WHERE order_id IS NULL AND NOT returned), 0) AS average_amount
FROM MART.fact_purchase
WHERE true
	[[AND {{category}}]]
	[[AND {{gender}}]]
