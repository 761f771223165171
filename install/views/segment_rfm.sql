-- view: segment_rfm
-- needs: purchased_at
-- reads: scored_customer
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
SELECT c.rfm_segment, c.rfm_segment_sort,
	count(*) AS customers,
	count(*)::double precision / nullif(sum(count(*)) OVER (), 0)::double precision AS customer_share,
	sum(c.purchases)::bigint AS purchases,
	sum(c.revenue)::numeric(18,2) AS revenue,
	(sum(c.revenue) / nullif(sum(sum(c.revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(c.revenue) / nullif(sum(c.purchases), 0))::numeric(22,6) AS average_amount,
	(sum(c.revenue) / count(*))::numeric(22,6) AS revenue_per_customer,
	avg(c.recency_days::numeric)::double precision AS average_recency_days,
	count(*) FILTER (WHERE c.late) AS late_customers
FROM scored_customer c
WHERE c.purchases > 0
GROUP BY c.rfm_segment, c.rfm_segment_sort
