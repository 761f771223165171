-- view: cohort_revenue
-- needs: purchased_at
-- reads: cohort_basis
-- key: cohort_month, month_offset
-- One row per cohort month and month offset: revenue of the customers with their first order in the month, so many months later.
-- column cohort_month: First day of the month of the first order.
-- column month_offset: Months since then, from 0.
-- column month_start: First day of the month that is looked at.
-- column cohort_size: Number of customers in the cohort.
-- column cumulative_revenue: Revenue up to and including the month; currency of the source.
-- column cumulative_revenue_per_member: Cumulative revenue divided by the size of the cohort; currency of the source.
-- column revenue_retention: Revenue as a share of that of month 0; NULL if that was zero.
-- column complete: Whether the month was over at as_of.
-- column complete_label: Whether the month was over at as_of, as Yes or No.
SELECT r.cohort_start AS cohort_month, r.period_offset AS month_offset, r.period_start AS month_start,
	r.cohort_size,
	r.revenue::numeric(18,2) AS revenue,
	r.cumulative_revenue::numeric(18,2) AS cumulative_revenue,
	r.cumulative_revenue_per_member::numeric(22,6) AS cumulative_revenue_per_member,
	r.revenue_retention,
	r.period_start + interval '1 month' <= b.as_of_end AS complete,
	CASE WHEN r.period_start + interval '1 month' <= b.as_of_end THEN 'Yes' ELSE 'No' END AS complete_label
FROM cohort_basis b
CROSS JOIN LATERAL @extschema@.cohort_revenue(b.cohorts) r
