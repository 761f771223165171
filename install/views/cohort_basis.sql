-- view: cohort_basis
-- needs: purchased_at
-- reads: customer, mart, mart_as_of
-- key:
-- inner
-- One row: the monthly cohorts of all customers as a value of the type cohort_table. cohort_retention, cohort_revenue and lifecycle show it as rows; BI tools cannot read this view.
-- column cohorts: Cohorts by the month of the first order.
-- column as_of_end: End of what as_of covers: a month that ends by then is complete.
SELECT x.cohorts, @extschema@.pt_as_of_end(coalesce(m.as_of, x.last_at), x.whole_days) AS as_of_end
FROM (
	SELECT @extschema@.cohort_table(c.history, (SELECT a.as_of_orders FROM mart_as_of a), 'month'::@extschema@.purchase_period) AS cohorts,
		max(c.last_at) AS last_at, bool_and(c.whole_days) AS whole_days
	FROM customer c
) x
CROSS JOIN (SELECT * FROM mart WHERE one_row) m
