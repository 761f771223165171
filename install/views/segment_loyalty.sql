-- view: segment_loyalty
-- needs: previous_purchases
-- unless: purchased_at
-- reads: dim_customer
-- key: loyalty_tier
-- page: customers 11
-- order: loyalty_tier_sort
-- One row per loyalty tier, and one for customers without one.
-- column average_amount: Revenue per purchase; currency of the source.
-- column customer_share: Customers as a share of all customers, 0 to 1.
-- column revenue_share: Revenue as a share of that of all customers, 0 to 1; NULL if that is zero.
SELECT c.loyalty_tier, c.loyalty_tier_sort,
	count(*) AS customers,
	count(*)::double precision / nullif(sum(count(*)) OVER (), 0)::double precision AS customer_share,
	sum(c.purchases)::bigint AS purchases,
	sum(c.revenue)::numeric(18,2) AS revenue,
	(sum(c.revenue) / nullif(sum(sum(c.revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(c.revenue) / nullif(sum(c.purchases), 0))::numeric(22,6) AS average_amount,
	(sum(c.revenue) / count(*))::numeric(22,6) AS revenue_per_customer,
	count(*) FILTER (WHERE c.subscribed)::double precision / nullif(count(c.subscribed), 0) AS subscriber_share
FROM dim_customer c
GROUP BY c.loyalty_tier, c.loyalty_tier_sort
