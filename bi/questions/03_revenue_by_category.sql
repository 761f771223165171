-- How much revenue does each category bring?
-- A bar chart, the longest bar first.
SELECT value AS category, purchases, revenue, round(100 * revenue_share::numeric, 1) AS revenue_percent
FROM shop.breakdown
WHERE dimension = 'category'
ORDER BY revenue DESC, category;
