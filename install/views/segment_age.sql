-- view: segment_age
-- needs: age
-- reads: dim_customer
-- key: age_group
-- page: customers 15
-- order: age_group_sort
-- One row per age group, and one for customers without one.
-- column average_amount: Revenue per purchase; currency of the source.
-- column customer_share: Customers as a share of all customers, 0 to 1.
-- column revenue_share: Revenue as a share of that of all customers, 0 to 1; NULL if that is zero.
-- column lowest_age: Lowest age of a customer in the group, in years.
-- column highest_age: Highest age of a customer in the group, in years.
SELECT c.age_group, c.age_group_sort,
	min(c.age) AS lowest_age,
	max(c.age) AS highest_age,
	count(*) AS customers,
	count(*)::double precision / nullif(sum(count(*)) OVER (), 0)::double precision AS customer_share,
	sum(c.purchases)::bigint AS purchases,
	sum(c.revenue)::numeric(18,2) AS revenue,
	(sum(c.revenue) / nullif(sum(sum(c.revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(c.revenue) / nullif(sum(c.purchases), 0))::numeric(22,6) AS average_amount,
	(sum(c.revenue) / count(*))::numeric(22,6) AS revenue_per_customer,
	count(*) FILTER (WHERE c.subscribed)::double precision / nullif(count(c.subscribed), 0) AS subscriber_share
FROM dim_customer c
GROUP BY c.age_group, c.age_group_sort
