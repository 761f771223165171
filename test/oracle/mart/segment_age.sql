-- view: segment_age
-- needs: age
-- unless: purchased_at
-- key: age_group
WITH customers AS (
	SELECT customer_id, sum(amount) AS revenue, count(DISTINCT order_no) FILTER (WHERE (amount >= 0 OR amount IS NULL)) AS purchases,
		bool_or(subscribed) AS subscribed,	--? subscribed
		max(age) AS age
	FROM raw
	GROUP BY customer_id
)
SELECT age_group, age_group_sort, min(age) AS lowest_age, max(age) AS highest_age,
	count(*) AS customers, count(*)::double precision / sum(count(*)) OVER ()::double precision AS customer_share,
	sum(purchases)::bigint AS purchases, sum(revenue)::numeric(18,2) AS revenue, (sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0))::double precision AS revenue_share,
	count(*) FILTER (WHERE subscribed)::double precision / nullif(count(subscribed), 0) AS subscriber_share,	--? subscribed
	(sum(revenue) / nullif(sum(purchases), 0))::numeric(18,6) AS average_amount, (sum(revenue) / count(*))::numeric(18,6) AS revenue_per_customer
FROM (SELECT *, $age_group$ AS age_group, $age_group_sort$ AS age_group_sort FROM customers) AS c
GROUP BY age_group, age_group_sort
