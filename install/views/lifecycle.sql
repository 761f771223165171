-- view: lifecycle
-- needs: purchased_at
-- reads: cohort_basis
-- key: month_start, state
-- page: customers 17
-- order: month_start, state_sort
-- One row per month and state: customers who were new, returning (active the month before too), resurrecting (active before, but not the month before) or dormant (active the month before, not in this one).
-- column month_start: First day of the month.
-- column state: new, returning, resurrecting or dormant.
-- column state_sort: Number to sort the states by.
-- column customers: Number of customers in the state; dormant ones are negative, so that a chart shows them below the line.
-- column complete: Whether the month was over at as_of.
-- column complete_label: Whether the month was over at as_of, as Yes or No.
SELECT l.period_start AS month_start, s.state, s.state_sort, s.customers,
	l.period_start + interval '1 month' <= b.as_of_end AS complete,
	CASE WHEN l.period_start + interval '1 month' <= b.as_of_end THEN 'Yes' ELSE 'No' END AS complete_label
FROM cohort_basis b
CROSS JOIN LATERAL @extschema@.lifecycle(b.cohorts) l
CROSS JOIN LATERAL (VALUES
	('new'::text, 1::smallint, l.new_customers),
	('returning', 2::smallint, l.returning_customers),
	('resurrecting', 3::smallint, l.resurrecting_customers),
	('dormant', 4::smallint, l.dormant_customers)) AS s(state, state_sort, customers)
