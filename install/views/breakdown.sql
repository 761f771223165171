-- view: breakdown
-- needs: customer_id, amount
-- uses: fact_purchase, purchase_dimension
-- One row per dimension and value: the key figures of each gender, age group, category, season and so on. The rows of one dimension add up to the whole.
-- column revenue_share: Revenue as a share of that of all values of the dimension, 0 to 1; NULL if that is zero.
SELECT d.dimension, d.value, d.value_sort,
	count(*) AS purchases,
	count(DISTINCT d.customer_id) AS customers,
	sum(d.amount)::numeric(18,2) AS revenue,
	(sum(d.amount) / nullif(sum(sum(d.amount)) OVER (PARTITION BY d.dimension), 0))::double precision AS revenue_share,
	avg(d.amount)::numeric(18,6) AS average_amount,
	avg(d.review_rating)::numeric(18,6) AS average_rating,
	count(*) FILTER (WHERE d.discounted)::double precision / nullif(count(d.discounted), 0) AS discount_share,
	count(DISTINCT d.customer_id) FILTER (WHERE d.subscribed)::double precision
		/ nullif(count(DISTINCT d.customer_id) FILTER (WHERE d.subscribed IS NOT NULL), 0) AS subscriber_share
FROM purchase_dimension d
GROUP BY d.dimension, d.value, d.value_sort
