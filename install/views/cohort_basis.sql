-- view: cohort_basis
-- needs: purchased_at
-- reads: customer_history, mart_as_of
-- key:
-- inner
-- One row: the monthly cohorts of all customers as a value of the type cohort_table. cohort_retention, cohort_revenue and lifecycle show it as rows; BI tools cannot read this view.
-- column cohorts: Cohorts by the month of the first order.
SELECT @extschema@.cohort_table(h.history, (SELECT a.as_of_orders FROM mart_as_of a), 'month'::@extschema@.purchase_period) AS cohorts
FROM customer_history h
