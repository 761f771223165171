-- Who orders again
-- Share of the customers by months since their first order.
-- display: line month_offset retention
-- needs: cohort_retention
-- variable first: date, First orders from
SELECT month_offset, sum(active_customers)::float8 / nullif(sum(cohort_size), 0) AS retention
FROM MART.cohort_retention
WHERE complete AND month_offset BETWEEN 1 AND 12
	[[AND cohort_month >= {{first}}]]
GROUP BY month_offset
ORDER BY month_offset
