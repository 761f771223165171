-- Revenue by a label
-- Of the dimension that is named: category, gender, age_group, season, ...
-- display: bar value revenue
-- variable dimension: text category, Dimension
-- variable least: number, Least number of purchases
SELECT coalesce(value, '(none)') AS value, revenue, revenue_share, purchases, customers, average_amount
FROM MART.breakdown
WHERE dimension = {{dimension}}
	[[AND purchases >= {{least}}]]
ORDER BY revenue DESC NULLS LAST, value
