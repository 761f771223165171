-- view: segment_age
-- needs: age
-- reads: scored_customer, mart
-- key: age_group
-- page: customers 15
-- order: age_group_sort
-- One row per age group, and one for customers without one.
-- column average_amount: Revenue per purchase; currency of the source.
-- column customer_share: Customers as a share of all customers, 0 to 1.
-- column revenue_share: Revenue as a share of that of all customers, 0 to 1; NULL if that is zero.
-- column lowest_age: Lowest age of a customer in the group, in years.
-- column highest_age: Highest age of a customer in the group, in years.
SELECT @extschema@.age_bucket(min(c.lowest_age)::double precision,
		(SELECT m.age_cuts FROM mart m), (SELECT m.age_labels FROM mart m)) AS age_group,
	c.age_group_sort,
	min(c.lowest_age) AS lowest_age,
	max(c.highest_age) AS highest_age,
	sum(c.customers)::bigint AS customers,
	sum(c.customers)::double precision / nullif(sum(sum(c.customers)) OVER (), 0)::double precision AS customer_share,
	sum(c.purchases)::bigint AS purchases,
	sum(c.revenue)::numeric(18,2) AS revenue,
	(sum(c.revenue) / nullif(sum(sum(c.revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(c.revenue) / nullif(sum(c.purchases), 0))::numeric(22,6) AS average_amount,
	(sum(c.revenue) / sum(c.customers))::numeric(22,6) AS revenue_per_customer,
	sum(c.subscribers)::double precision / nullif(sum(c.subscriptions_known), 0)::double precision AS subscriber_share
FROM @grouped age_group_sort@ c
GROUP BY c.age_group_sort
