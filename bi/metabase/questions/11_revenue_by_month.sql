-- Revenue by month
-- With what new and returning customers brought; the last month may not be over.
-- display: bar month_start new_revenue returning_revenue
-- needs: kpi_month
-- variable first: date, From
-- variable last: date, To
SELECT month_start, revenue, new_revenue, returning_revenue, revenue_change, complete
FROM MART.kpi_month
WHERE true
	[[AND month_start >= {{first}}]]
	[[AND month_start <= {{last}}]]
ORDER BY month_start
