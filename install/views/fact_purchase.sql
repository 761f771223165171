-- view: fact_purchase
-- needs: customer_id, amount
-- reads: purchases, mart
-- One row per row of the source: the purchase, or line of an order, with all labels of its customer and product, so that no join is needed. In a mart with times: up to as_of, and without rows that have no finite time. Loyalty tiers are in it in marts without times only: with times they are those of the customer's own orders, in dim_customer.
SELECT p.*,
	p.amount < 0 AS returned,
	CASE WHEN p.amount < 0 THEN 'Yes' WHEN p.amount >= 0 THEN 'No' END AS returned_label,
	CASE WHEN p.subscribed THEN 'Yes' WHEN NOT p.subscribed THEN 'No' END AS subscribed_label,
	CASE WHEN p.discounted THEN 'Yes' WHEN NOT p.discounted THEN 'No' END AS discounted_label,
	@extschema@.age_bucket(p.age::double precision,
		(SELECT m.age_cuts FROM mart m), (SELECT m.age_labels FROM mart m)) AS age_group,
	@extschema@.age_bucket_sort(p.age::double precision,
		(SELECT m.age_cuts FROM mart m)) AS age_group_sort,
	@unless purchased_at@@extschema@.loyalty_tier(p.previous_purchases::bigint,
		(SELECT m.loyalty_edges FROM mart m), (SELECT m.loyalty_labels FROM mart m)) AS loyalty_tier,
	@extschema@.loyalty_tier_sort(p.previous_purchases::bigint,
		(SELECT m.loyalty_edges FROM mart m)) AS loyalty_tier_sort,@end@
	@extschema@.purchase_frequency_label(p.purchase_frequency_days) AS purchase_frequency,
	@extschema@.purchase_frequency_sort(p.purchase_frequency_days) AS purchase_frequency_sort,
	CASE lower(p.season)
		WHEN 'spring' THEN 1 WHEN 'summer' THEN 2 WHEN 'fall' THEN 3 WHEN 'autumn' THEN 3
		WHEN 'winter' THEN 4 END::smallint AS season_sort,
	CASE upper(p.size)
		WHEN 'XXS' THEN 1 WHEN 'XS' THEN 2 WHEN 'S' THEN 3 WHEN 'M' THEN 4 WHEN 'L' THEN 5
		WHEN 'XL' THEN 6 WHEN 'XXL' THEN 7 WHEN 'XXXL' THEN 8 END::smallint AS size_sort,
	@customer_key@ AS customer_key,
	@order_key@ AS order_key,
	coalesce(hashtextextended(p.product, coalesce(hashtextextended(p.category, 0::bigint), 1::bigint)), hashtextextended(p.category, 0::bigint), 1::bigint) AS product_key
FROM purchases p
WHERE NOT (SELECT m.roles ? 'purchased_at' FROM mart m)
	OR (@extschema@.pt_is_mart_time(p.purchased_at)
		AND ((SELECT m.as_of FROM mart m) IS NULL OR p.purchased_at <= (SELECT m.as_of FROM mart m)))
