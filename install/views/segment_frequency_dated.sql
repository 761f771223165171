-- view: segment_frequency
-- needs: purchased_at
-- reads: scored_customer
-- key: purchase_frequency
-- page: customers 14
-- order: purchase_frequency_sort
-- One row per purchase frequency, by the mean gap between days with an order; customers without a gap are One purchase.
-- column purchase_frequency: Weekly (mean gap up to 7 days), Fortnightly (14), Monthly (31), Quarterly (92), Yearly (366), Rarer, or One purchase.
-- column purchase_frequency_sort: Number to sort the frequency by: often first.
-- column customer_share: Customers as a share of all customers, 0 to 1.
-- column revenue_share: Revenue as a share of that of all customers, 0 to 1; NULL if that is zero.
-- column average_amount: Revenue per order; currency of the source.
-- column late_customers: Number of customers who are late for their own rhythm.
-- column orders_30_days: Number of orders in the 30 days up to as_of.
-- column orders_90_days: Number of orders in the 90 days up to as_of.
-- column orders_365_days: Number of orders in the 365 days up to as_of.
SELECT (ARRAY['Weekly', 'Fortnightly', 'Monthly', 'Quarterly', 'Yearly', 'Rarer', 'One purchase'])[c.gap_sort] AS purchase_frequency,
	c.gap_sort AS purchase_frequency_sort,
	sum(c.customers)::bigint AS customers,
	sum(c.customers)::double precision / nullif(sum(sum(c.customers)) OVER (), 0)::double precision AS customer_share,
	sum(c.purchases)::bigint AS purchases,
	sum(c.revenue)::numeric(18,2) AS revenue,
	(sum(c.revenue) / nullif(sum(sum(c.revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(c.revenue) / nullif(sum(c.purchases), 0))::numeric(22,6) AS average_amount,
	sum(c.late_customers)::bigint AS late_customers,
	sum(c.orders_30_days)::bigint AS orders_30_days,
	sum(c.orders_90_days)::bigint AS orders_90_days,
	sum(c.orders_365_days)::bigint AS orders_365_days
FROM @grouped CASE WHEN gap_mean IS NULL THEN 7 WHEN gap_mean <= 7 THEN 1 WHEN gap_mean <= 14 THEN 2 WHEN gap_mean <= 31 THEN 3
	WHEN gap_mean <= 92 THEN 4 WHEN gap_mean <= 366 THEN 5 ELSE 6 END::smallint AS gap_sort, purchases > 0 AS has_order@ c
WHERE c.has_order
GROUP BY c.gap_sort
