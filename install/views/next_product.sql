-- view: next_product
-- needs: purchased_at, product, customer_id, amount
-- reads: customer, mart, dimension_value
-- key: product, next_product
-- page: trends 48
-- order: next_rank, product
-- One row per product and next product, the best twenty of each product: which products are in the very next order of a customer, if it comes within 90 days, as next_products() has it. Orders whose 90 days were not over at as_of do not count. Products in at least 0.1 percent of the orders, and five of them; next products in five of the orders after them.
-- column next_product: Product of the next order; the same one where it was bought again.
-- column next_rank: Its rank among the next products of the product, by share.
-- column is_repurchase: Whether it is the same product again.
-- column is_repurchase_label: The same, as Yes or No.
-- column order_count: Number of orders with the product of which the next one, within 90 days, has the next product.
-- column next_customers: Number of different customers with such orders.
-- column product_orders: Number of orders with the product whose 90 days are over.
-- column followed_orders: Number of them after which the customer came back within 90 days.
-- column share: order_count as a share of followed_orders, 0 to 1: who came back with the next product.
-- column share_low: The share is above this, and below share_high, with a probability of 95 percent (Wilson).
-- column share_high: See share_low.
-- column share_of_orders: order_count as a share of product_orders, 0 to 1: who came back with the next product, of all.
-- column lift: Share against that of the next product in all next orders: 1 is chance.
-- column median_days: Median of the days between the two orders.
SELECT n.product, n.next_product, n.next_rank, n.is_same AS is_repurchase, CASE WHEN n.is_same THEN 'Yes' ELSE 'No' END AS is_repurchase_label,
	n.order_count, n.customer_count AS next_customers, n.product_orders, n.followed_orders,
	n.share, n.share_low, n.share_high, n.share_of_orders, n.lift, n.median_days
FROM (
	SELECT r.*, row_number() OVER (PARTITION BY r.product ORDER BY r.order_count DESC, r.lift DESC, r.next_product COLLATE "C") AS next_rank
	FROM (
		SELECT @extschema@.pt_sequence_set_open(c.lines, (SELECT @extschema@.pt_dimension_number(m.dimension_names, 'product'::text) FROM mart m), @dimension_codes@)
				FILTER (WHERE c.customer_id IS NOT NULL) AS sequences,
			max(c.last_at) AS last_at, bool_and(c.whole_days) AS whole_days
		FROM customer c
	) s
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
	CROSS JOIN LATERAL @extschema@.next_products(s.sequences, 90, @extschema@.pt_as_of_end(coalesce(m.as_of, s.last_at), s.whole_days)::date - 1,
		0.001::double precision, greatest(5, ceil(0.001 * @extschema@.order_count(s.sequences)))::bigint, 5::bigint, 0.95::double precision, 512) r
) n
WHERE n.next_rank <= 20
