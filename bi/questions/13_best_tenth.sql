-- How much of the revenue comes from the best tenth of the customers?
-- One card; revenue_concentration has the whole curve.
SELECT cumulative_revenue AS revenue, round(100 * cumulative_share::numeric, 1) AS revenue_percent
FROM store.revenue_concentration
WHERE customer_percentile = 10;
