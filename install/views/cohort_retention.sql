-- view: cohort_retention
-- needs: purchased_at
-- reads: cohort_basis
-- key: cohort_month, month_offset
-- page: customers 16
-- order: cohort_month, month_offset
-- One row per cohort month and month offset: how many of the customers with their first order in the month ordered again so many months later. The grid is complete; unfinished months are flagged.
-- column cohort_month: First day of the month of the first order.
-- column month_offset: Months since then, from 0.
-- column month_start: First day of the month that is looked at.
-- column cohort_size: Number of customers in the cohort.
-- column active_customers: Number of them with an order in the month.
-- column retention: Active customers as a share of the cohort, 0 to 1.
-- column retention_on_or_after: Customers with an order in the month or later, as a share of the cohort, 0 to 1.
-- column complete: Whether the month was over at as_of.
-- column complete_label: Whether the month was over at as_of, as Yes or No.
SELECT r.cohort_start AS cohort_month, r.period_offset AS month_offset, r.period_start AS month_start,
	r.cohort_size, r.active AS active_customers, r.retention,
	l.retention AS retention_on_or_after,
	r.period_start + interval '1 month' <= b.as_of_end AS complete,
	CASE WHEN r.period_start + interval '1 month' <= b.as_of_end THEN 'Yes' ELSE 'No' END AS complete_label
FROM cohort_basis b
CROSS JOIN LATERAL @extschema@.cohort_retention(b.cohorts, 'on'::@extschema@.retention_mode, 'first'::@extschema@.retention_base) r
JOIN LATERAL @extschema@.cohort_retention(b.cohorts, 'on_or_after'::@extschema@.retention_mode, 'first'::@extschema@.retention_base) l
	ON l.cohort_start = r.cohort_start AND l.period_offset = r.period_offset
