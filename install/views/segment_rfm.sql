-- view: segment_rfm
-- needs: purchased_at
-- reads: scored_customer, mart
-- key: rfm_segment
-- page: customers 12
-- order: rfm_segment_sort
-- One row per RFM segment, and one for customers whom no rule of the scheme matches.
-- column rfm_segment: Segment by the scheme of the mart.
-- column rfm_segment_sort: Number of the rule of the segment, to sort by.
-- column customer_share: Customers as a share of all customers with an order, 0 to 1.
-- column revenue_share: Revenue as a share of that of all customers, 0 to 1; NULL if that is zero.
-- column average_amount: Revenue per order; currency of the source.
-- column average_recency_days: Mean of the days since the last order.
-- column late_customers: Number of customers who are late for their own rhythm.
SELECT (SELECT r.segment FROM @extschema@.segment_scheme_rules((SELECT m.segment_scheme::@extschema@.segment_scheme FROM mart m)) r
		WHERE r.rule_number = c.rfm_segment_sort) AS rfm_segment,
	c.rfm_segment_sort,
	sum(c.customers)::bigint AS customers,
	sum(c.customers)::double precision / nullif(sum(sum(c.customers)) OVER (), 0)::double precision AS customer_share,
	sum(c.purchases)::bigint AS purchases,
	sum(c.revenue)::numeric(18,2) AS revenue,
	(sum(c.revenue) / nullif(sum(sum(c.revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(c.revenue) / nullif(sum(c.purchases), 0))::numeric(22,6) AS average_amount,
	(sum(c.revenue) / sum(c.customers))::numeric(22,6) AS revenue_per_customer,
	(sum(c.recency_millionths) / sum(c.customers) / 1000000)::double precision AS average_recency_days,
	sum(c.late_customers)::bigint AS late_customers
FROM @grouped rfm_segment_sort, purchases > 0 AS has_order@ c
WHERE c.has_order
GROUP BY c.rfm_segment_sort
