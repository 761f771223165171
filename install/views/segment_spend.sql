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
SELECT c.spend_tier, c.spend_tier_sort,
	count(*) AS customers,
	count(*)::double precision / nullif(sum(count(*)) OVER (), 0)::double precision AS customer_share,
	sum(c.purchases)::bigint AS purchases,
	sum(c.revenue)::numeric(18,2) AS revenue,
	(sum(c.revenue) / nullif(sum(sum(c.revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(c.revenue) / nullif(sum(c.purchases), 0))::numeric(22,6) AS average_amount,
	(sum(c.revenue) / count(*))::numeric(22,6) AS revenue_per_customer,
	count(*) FILTER (WHERE c.subscribed)::double precision / nullif(count(c.subscribed), 0) AS subscriber_share
FROM scored_customer c
GROUP BY c.spend_tier, c.spend_tier_sort
