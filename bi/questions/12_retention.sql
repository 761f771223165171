-- What share of the customers order again in the months after their first order?
-- A heat map: one row per cohort, one column per month offset. Months that are not over are left out.
SELECT cohort_month, month_offset, cohort_size, active_customers, round(100 * retention::numeric, 1) AS retention_percent
FROM store.cohort_retention
WHERE complete AND month_offset BETWEEN 1 AND 6
ORDER BY cohort_month, month_offset;
