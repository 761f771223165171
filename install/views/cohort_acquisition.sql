-- view: cohort_acquisition
-- needs: purchased_at, customer_id, amount
-- reads: customer, mart, mart_as_of, dimension_value
-- key: dimension, value_rank, month_offset
-- One row per dimension, value of the first order and month since then, ten years at most: what became of the customers who came in by it. Dimensions are product and category, the further ones of the mart (as channel), discounted, and first_month. A first order with several products counts under each. Of each dimension the twenty values with the most customers; the others are one. In each month those customers count for whom it was over at as_of.
-- column dimension: Dimension of the first order; first_month is the month in which it was.
-- column value: Value of the first order; Other values are all that are not among the twenty.
-- column value_rank: Rank of the value in its dimension by the customers it brought, the other values being the 21st; months are in their order.
-- column month_offset: Months since the month of the first order, from 0.
-- column acquired_customers: Number of customers whose first order had the value.
-- column customers: Number of them for whom the month was over at as_of; all further columns are of these.
-- column active_customers: Number of customers with an order in the month.
-- column retention: Active customers as a share of the customers, 0 to 1.
-- column revenue: Revenue of the month, returns included; currency of the source.
-- column cumulative_revenue: Revenue from the first order up to and including the month; currency of the source.
-- column cumulative_revenue_per_customer: Cumulative revenue divided by customers; currency of the source.
-- column margin: What the month earned, revenue minus cost, of the lines where both are known; NULL in a mart without the role cost, as the columns after it. Currency of the source.
-- column cumulative_margin: Margin from the first order up to and including the month; currency of the source.
-- column cumulative_margin_per_customer: Cumulative margin divided by customers; currency of the source.
-- column cumulative_uncosted_revenue: Revenue so far of lines without a known cost, which is in no margin; currency of the source.
-- column complete: Whether the month was over for all acquired customers.
-- column complete_label: The same, as Yes or No.
WITH looked AS (SELECT a.as_of_orders, a.as_of_end FROM mart_as_of a),
elements AS (
	SELECT d.dimension, d.element
	FROM (SELECT * FROM mart WHERE one_row) m
	CROSS JOIN LATERAL (
		(SELECT n.dimension, n.number::integer AS element
		FROM unnest(m.dimension_names) WITH ORDINALITY AS n(dimension, number)
		WHERE n.dimension <> 'first_month' AND (n.dimension IN ('product', 'category') OR m.dimensions ? n.dimension)
		ORDER BY n.dimension NOT IN ('product', 'category'), n.number
		LIMIT 7)
		UNION ALL SELECT 'discounted', -8 WHERE m.roles ? 'discounted'
		UNION ALL SELECT 'first_month', -3
	) d
)
SELECT e.dimension, coalesce(r.value, 'Other values') AS value, r.value_rank::bigint AS value_rank, r.month_offset,
	r.acquired AS acquired_customers, r.customers, r.retained AS active_customers,
	r.retained::double precision / r.customers AS retention,
	r.revenue::numeric(18,2) AS revenue,
	r.cumulative_revenue::numeric(18,2) AS cumulative_revenue,
	(r.cumulative_revenue / r.customers)::numeric(22,6) AS cumulative_revenue_per_customer,
	r.is_complete AS complete, CASE WHEN r.is_complete THEN 'Yes' ELSE 'No' END AS complete_label,
	r.margin::numeric(18,2) AS margin,
	r.cumulative_margin::numeric(18,2) AS cumulative_margin,
	(r.cumulative_margin / r.customers)::numeric(22,6) AS cumulative_margin_per_customer,
	r.cumulative_uncosted_revenue::numeric(18,2) AS cumulative_uncosted_revenue
FROM (
	SELECT @extschema@.acquisition_set(c.history, c.lines, coalesce((SELECT l.as_of_orders FROM looked l), timestamp '2000-01-01'),
			(SELECT coalesce(array_agg(x.element), '{}'::integer[]) FROM elements x WHERE x.element <> -3), @dimension_codes@@if cost@, c.margins@end@) AS acquisitions
	FROM customer c
	WHERE c.customer_id IS NOT NULL
) s
CROSS JOIN LATERAL @extschema@.acquisition_rows(s.acquisitions, (SELECT l.as_of_end FROM looked l), 20) r
JOIN elements e ON e.element = r.element
