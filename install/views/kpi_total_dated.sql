-- view: kpi_total
-- needs: customer_id, amount, purchased_at
-- reads: customer, mart
-- key:
-- One row: the key figures of the whole mart.
-- column returns: Number of returns: orders, or order and time, with an amount below zero.
-- column returned_amount: What was given back, as an amount above zero; currency of the source.
-- column pieces: Sum of the quantities; NULL if the source has none.
-- column repeat_customers: Number of customers with at least two purchases.
-- column repeat_share: Customers with at least two purchases as a share of those with one, 0 to 1.
-- column first_purchase: Time of the first purchase, on the clock of the shop.
-- column last_purchase: Time of the last purchase up to as_of, on the clock of the shop.
-- column as_of: Moment that the mart looks from.
SELECT @measures customers, purchases OF f@,
	coalesce(f.revenue, 0)::numeric(18,2) AS revenue,
	@measures average_amount, average_rating, rated_purchases, discounted_purchases, discount_share,
		subscribers, subscriber_share, revenue_per_customer OF f@,
	d.products, d.categories,
	coalesce(f.returns, 0) AS returns,
	coalesce(f.order_amount - f.revenue, -f.revenue, 0)::numeric(18,2) AS returned_amount,
	f.quantity::numeric(20,4) AS pieces,
	s.repeat_customers,
	s.repeat_customers::double precision / nullif(s.customers_with_order, 0) AS repeat_share,
	f.first_purchase, f.last_purchase,
	coalesce((SELECT m.as_of FROM mart m), s.last_at) AS as_of
FROM @cubed last_at, customers_with_order, repeat_customers OF (SELECT @extschema@.cube_plan(ARRAY[[0], [@extschema@.pt_dimension_number(m.dimension_names, 'product'::text)],
	[@extschema@.pt_dimension_number(m.dimension_names, 'category'::text)]], NULL::boolean[], NULL::timestamp, NULL::integer) FROM mart m)@end@ s
LEFT JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) f ON f.grouping_number = 1
CROSS JOIN LATERAL (
	SELECT count(*) FILTER (WHERE r.grouping_number = 2) AS products,
		count(*) FILTER (WHERE r.grouping_number = 3) AS categories
	FROM @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
	WHERE r.codes[1] IS NOT NULL OR r.texts[1] IS NOT NULL
) d
