-- view: segment_frequency
-- needs: purchase_frequency
-- unless: purchased_at
-- reads: scored_customer
-- key: purchase_frequency
-- page: customers 14
-- order: purchase_frequency_sort
-- One row per purchase frequency as the customers report it, and one for customers without one.
-- column average_amount: Revenue per purchase; currency of the source.
-- column customer_share: Customers as a share of all customers, 0 to 1.
-- column revenue_share: Revenue as a share of that of all customers, 0 to 1; NULL if that is zero.
SELECT @extschema@.purchase_frequency_label(c.purchase_frequency_days) AS purchase_frequency,
	@extschema@.purchase_frequency_sort(c.purchase_frequency_days) AS purchase_frequency_sort, c.purchase_frequency_days,
	sum(c.customers)::bigint AS customers,
	sum(c.customers)::double precision / nullif(sum(sum(c.customers)) OVER (), 0)::double precision AS customer_share,
	sum(c.purchases)::bigint AS purchases,
	sum(c.revenue)::numeric(18,2) AS revenue,
	(sum(c.revenue) / nullif(sum(sum(c.revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(c.revenue) / nullif(sum(c.purchases), 0))::numeric(22,6) AS average_amount,
	(sum(c.revenue) / sum(c.customers))::numeric(22,6) AS revenue_per_customer,
	sum(c.subscribers)::double precision / nullif(sum(c.subscriptions_known), 0)::double precision AS subscriber_share
FROM @grouped purchase_frequency_days@ c
GROUP BY c.purchase_frequency_days
