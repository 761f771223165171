-- view: dim_customer
-- needs: customer_id, amount
-- unless: purchased_at
-- reads: customer, mart, spend_basis
-- key: customer_id
-- One row per customer. Where the rows of a customer differ in a label, the largest in the order of the C collation is taken (age and previous purchases: the largest number), and data_quality counts such customers.
-- column customer_id: Customer, as the source identifies them; NULL is one row, for purchases without a customer.
-- column subscribed: Whether the customer subscribes: true if any row says so.
SELECT c.customer_id, c.gender, c.age,
	@extschema@.age_bucket(c.age::double precision,
		(SELECT m.age_cuts FROM mart m), (SELECT m.age_labels FROM mart m)) AS age_group,
	@extschema@.age_bucket_sort(c.age::double precision, (SELECT m.age_cuts FROM mart m)) AS age_group_sort,
	c.location, c.subscribed,
	CASE WHEN c.subscribed THEN 'Yes' WHEN NOT c.subscribed THEN 'No' END AS subscribed_label,
	c.previous_purchases,
	@extschema@.loyalty_tier(c.previous_purchases::bigint,
		(SELECT m.loyalty_edges FROM mart m), (SELECT m.loyalty_labels FROM mart m)) AS loyalty_tier,
	@extschema@.loyalty_tier_sort(c.previous_purchases::bigint, (SELECT m.loyalty_edges FROM mart m)) AS loyalty_tier_sort,
	@extschema@.purchase_frequency_label(c.purchase_frequency_days) AS purchase_frequency,
	c.purchase_frequency_days,
	@extschema@.purchase_frequency_sort(c.purchase_frequency_days) AS purchase_frequency_sort,
	@extschema@.order_count(c.lines) AS purchases,
	@extschema@.revenue(c.lines)::numeric(18,2) AS revenue,
	@extschema@.average_order_value(c.lines)::numeric(22,6) AS average_amount,
	@extschema@.average_rating(c.lines)::numeric(22,6) AS average_rating,
	@extschema@.rating_count(c.lines) AS rated_purchases,
	@extschema@.discounted_order_count(c.lines) AS discounted_purchases,
	@extschema@.discount_share(c.lines) AS discount_share,
	@extschema@.spend_tier(@extschema@.revenue(c.lines)::double precision, b.medium_above, b.heavy_above) AS spend_tier,
	@extschema@.spend_tier_sort(@extschema@.revenue(c.lines)::double precision, b.medium_above, b.heavy_above) AS spend_tier_sort,
	@extschema@.is_high_value(@extschema@.revenue(c.lines)::double precision, b.high_value_from) AS high_value,
	(ARRAY['No', 'Yes'])[@extschema@.is_high_value(@extschema@.revenue(c.lines)::double precision, b.high_value_from)::integer + 1] AS high_value_label,
	@customer_key@ AS customer_key
FROM (
	-- rows without a customer, which are kept in parts, are one row here
	SELECT p.customer_id,
		max(p.gender COLLATE "C") COLLATE "default" AS gender,
		max(p.age) AS age,
		max(p.location COLLATE "C") COLLATE "default" AS location,
		bool_or(p.subscribed) AS subscribed,
		max(p.previous_purchases) AS previous_purchases,
		max(p.purchase_frequency_days) AS purchase_frequency_days,
		@extschema@.rollup(p.lines) AS lines
	FROM customer p
	GROUP BY p.customer_id
) c
LEFT JOIN spend_basis b ON true
