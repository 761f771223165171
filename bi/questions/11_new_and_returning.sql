-- How much revenue comes from customers who are new in the month?
-- Stacked columns: the three add up to the revenue of the month.
SELECT month_start, new_customers, returning_customers, new_revenue, returning_revenue, other_revenue
FROM store.kpi_month
ORDER BY month_start;
