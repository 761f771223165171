-- view: segment_spend
-- needs: customer_id, amount
-- reads: scored_customer
-- key: spend_tier
-- page: customers 13
-- order: spend_tier_sort
-- One row per spend tier: Light (the lower half of the customers by revenue), Medium (the next 30 percent) and Heavy (the best 20 percent); customers of equal revenue are in one tier. One more row for customers without a known amount.
-- column average_amount: Revenue per purchase; currency of the source.
-- column customer_share: Customers as a share of all customers, 0 to 1.
-- column revenue_share: Revenue as a share of that of all customers, 0 to 1; NULL if that is zero.
SELECT (ARRAY['Light', 'Medium', 'Heavy'])[c.spend_tier_sort] AS spend_tier, c.spend_tier_sort,
	sum(c.customers)::bigint AS customers,
	sum(c.customers)::double precision / nullif(sum(sum(c.customers)) OVER (), 0)::double precision AS customer_share,
	sum(c.purchases)::bigint AS purchases,
	sum(c.revenue)::numeric(18,2) AS revenue,
	(sum(c.revenue) / nullif(sum(sum(c.revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(c.revenue) / nullif(sum(c.purchases), 0))::numeric(22,6) AS average_amount,
	(sum(c.revenue) / sum(c.customers))::numeric(22,6) AS revenue_per_customer,
	sum(c.subscribers)::double precision / nullif(sum(c.subscriptions_known), 0)::double precision AS subscriber_share
FROM @grouped spend_tier_sort@ c
GROUP BY c.spend_tier_sort
