-- Revenue by day
-- Of the days and categories that are chosen.
-- display: line day revenue
-- needs: kpi_day
-- variable purchased_at: field fact_purchase.purchased_at date/all-options, Days
-- variable category: field fact_purchase.category string/=, Category
SELECT purchased_at::date AS day, sum(amount) AS revenue
FROM MART.fact_purchase
WHERE purchased_at IS NOT NULL
	[[AND {{purchased_at}}]]
	[[AND {{category}}]]
GROUP BY 1
ORDER BY 1
