-- view: dim_customer
-- needs: customer_id, amount
-- unless: purchased_at
-- reads: fact_purchase, spend_basis, mart
-- key: customer_id
-- One row per customer. Where the rows of a customer differ in a label, the largest in the order of the C collation is taken (age and previous purchases: the largest number), and data_quality counts such customers.
-- column customer_id: Customer, as the source identifies them; NULL is one row, for purchases without a customer.
-- column subscribed: Whether the customer subscribes: true if any row says so.
SELECT c.customer_id, c.gender, c.age, c.age_group, c.age_group_sort, c.location,
	c.subscribed,
	CASE WHEN c.subscribed THEN 'Yes' WHEN NOT c.subscribed THEN 'No' END AS subscribed_label,
	c.previous_purchases,
	@extschema@.loyalty_tier(c.previous_purchases::bigint,
		(SELECT m.loyalty_edges FROM mart m), (SELECT m.loyalty_labels FROM mart m)) AS loyalty_tier,
	@extschema@.loyalty_tier_sort(c.previous_purchases::bigint,
		(SELECT m.loyalty_edges FROM mart m)) AS loyalty_tier_sort,
	@extschema@.purchase_frequency_label(c.purchase_frequency_days) AS purchase_frequency,
	c.purchase_frequency_days,
	@extschema@.purchase_frequency_sort(c.purchase_frequency_days) AS purchase_frequency_sort,
	c.purchases,
	c.revenue::numeric(18,2) AS revenue,
	c.average_amount::numeric(18,6) AS average_amount,
	c.average_rating::numeric(18,6) AS average_rating,
	c.rated_purchases,
	c.discounted_purchases,
	c.discounted_purchases::double precision / nullif(c.known_discounts, 0) AS discount_share,
	@extschema@.spend_tier(c.revenue::double precision,
		(SELECT b.medium_above FROM spend_basis b), (SELECT b.heavy_above FROM spend_basis b)) AS spend_tier,
	@extschema@.spend_tier_sort(c.revenue::double precision,
		(SELECT b.medium_above FROM spend_basis b), (SELECT b.heavy_above FROM spend_basis b)) AS spend_tier_sort,
	@extschema@.is_high_value(c.revenue::double precision, (SELECT b.high_value_from FROM spend_basis b)) AS high_value,
	CASE WHEN @extschema@.is_high_value(c.revenue::double precision, (SELECT b.high_value_from FROM spend_basis b)) THEN 'Yes'
		WHEN NOT @extschema@.is_high_value(c.revenue::double precision, (SELECT b.high_value_from FROM spend_basis b)) THEN 'No'
		END AS high_value_label
FROM (
	SELECT f.customer_id,
		max(f.gender COLLATE "C") COLLATE "default" AS gender,
		max(f.age) AS age,
		@extschema@.age_bucket(max(f.age)::double precision,
			(SELECT m.age_cuts FROM mart m), (SELECT m.age_labels FROM mart m)) AS age_group,
		@extschema@.age_bucket_sort(max(f.age)::double precision,
			(SELECT m.age_cuts FROM mart m)) AS age_group_sort,
		max(f.location COLLATE "C") COLLATE "default" AS location,
		bool_or(f.subscribed) AS subscribed,
		max(f.previous_purchases) AS previous_purchases,
		max(f.purchase_frequency_days) AS purchase_frequency_days,
		(count(DISTINCT f.order_id) FILTER (WHERE f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.returned IS NOT TRUE)) AS purchases,
		sum(f.amount) AS revenue,
		(sum(f.amount) FILTER (WHERE NOT f.returned)
		/ nullif((count(DISTINCT f.order_id) FILTER (WHERE NOT f.returned)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND NOT f.returned)), 0)) AS average_amount,
		avg(f.review_rating) AS average_rating,
		count(f.review_rating) AS rated_purchases,
		(count(DISTINCT f.order_id) FILTER (WHERE f.discounted AND f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.discounted AND f.returned IS NOT TRUE)) AS discounted_purchases,
		(count(DISTINCT f.order_id) FILTER (WHERE f.discounted IS NOT NULL AND f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.discounted IS NOT NULL AND f.returned IS NOT TRUE)) AS known_discounts
	FROM fact_purchase f
	GROUP BY f.customer_id
) c
