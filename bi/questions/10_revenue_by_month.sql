-- How does revenue grow from month to month?
-- A line over month_start; the last month is not complete.
SELECT month_start, purchases, revenue, round(100 * revenue_change::numeric, 1) AS change_percent, complete
FROM store.kpi_month
ORDER BY month_start;
