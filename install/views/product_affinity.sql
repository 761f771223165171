-- view: product_affinity
-- needs: product, customer_id, amount
-- reads: customer, mart, dimension_value
-- key: product, companion
-- page: trends 47
-- order: companion_rank, product
-- One row per product and companion, the best twenty of each product: which products the same customers buy, in any of their orders, as product_pairs() has them. Pairs that at least 0.1 percent of the customers have bought, and five of them; product_pairs() also tells of products that are bought instead of each other.
-- column companion: The other product.
-- column companion_rank: Its rank among the companions of the product, by the lower end of the lift.
-- column common_customers: Number of different customers who bought both.
-- column product_customers: Number of different customers who bought the product.
-- column companion_customers: Number of different customers who bought the companion.
-- column confidence: Customers who bought both as a share of those who bought the product, 0 to 1.
-- column lift: Confidence against the share of the companion in all customers: 1 is chance.
-- column lift_low: The lift is above this, and below lift_high, with a probability of 95 percent.
-- column lift_high: See lift_low.
-- column yules_q: Yule's Q: 1 always together, 0 independent, -1 never together.
-- column p_value: Probability of such a pair by chance (chi-square).
SELECT p.item AS product, p.companion, p.companion_rank, p.basket_count AS common_customers, p.item_count AS product_customers, p.companion_count AS companion_customers,
	p.confidence, p.lift, p.lift_low, p.lift_high, p.yules_q, p.p_value
FROM (
	SELECT r.*, row_number() OVER (PARTITION BY r.item ORDER BY r.lift_low DESC NULLS LAST, r.lift DESC, r.companion COLLATE "C") AS companion_rank
	FROM (
		SELECT @extschema@.basket_set(c.lines, (SELECT @extschema@.pt_dimension_number(m.dimension_names, 'product'::text) FROM mart m), 'customer'::@extschema@.basket_by, @dimension_codes@) AS baskets
		FROM customer c
		WHERE c.customer_id IS NOT NULL
	) b
	CROSS JOIN LATERAL @extschema@.product_pairs(b.baskets, 0.001::double precision, greatest(5, ceil(0.001 * @extschema@.basket_count(b.baskets)))::bigint,
		greatest(5, ceil(0.001 * @extschema@.basket_count(b.baskets)))::bigint, 0.95::double precision, 512) r
) p
WHERE p.companion_rank <= 20
