-- view: basket_rule
-- needs: product, amount
-- reads: customer, mart, dimension_value
-- key: rule_number
-- page: trends 46
-- order: rule_number
-- One row per rule "who buys these products buys that one, too", of orders with at most three products: those in at least 0.1 percent of the orders and five of them, with a confidence of at least 0.1, as association_rules() has them; where these are too many for 512 MB, those in twice as many orders, and so on. Rules of high lift first.
-- column rule_number: Number of the rule, the highest lift first.
-- column antecedent: Products that are bought, with + between them.
-- column consequent: Products that are bought along with them, with + between them.
-- column item_count: Number of products in the rule.
-- column order_count: Number of orders with all of them.
-- column antecedent_orders: Number of orders with the antecedent.
-- column consequent_orders: Number of orders with the consequent.
-- column orders: Number of all orders.
-- column support: Orders with all of them as a share of all orders, 0 to 1.
-- column confidence: Orders with all of them as a share of those with the antecedent, 0 to 1.
-- column lift: Confidence against the share of the consequent in all orders: 1 is chance.
-- column leverage: Support minus what chance would give.
-- column conviction: How often the rule would be wrong by chance, against how often it is; NULL if it never is.
-- column never_wrong: Whether every order with the antecedent has the consequent, so that conviction is infinite.
-- column never_wrong_label: The same, as Yes or No.
-- column jaccard: Orders with all of them as a share of those with either side, 0 to 1.
-- column cosine: Support against the geometric mean of the supports of both sides, 0 to 1.
-- column kulczynski: Mean of the confidences in both directions, 0 to 1.
-- column zhang: Zhang's measure of association, -1 to 1.
-- column p_value: Probability of such a rule by chance (chi-square).
-- column q_value: Share of chance rules among those with this p or a lower one (Benjamini and Hochberg).
SELECT row_number() OVER (ORDER BY r.lift DESC, r.basket_count DESC, r.antecedent COLLATE "C", r.consequent COLLATE "C") AS rule_number,
	array_to_string(r.antecedent, ' + ') AS antecedent, array_to_string(r.consequent, ' + ') AS consequent,
	cardinality(r.antecedent) + cardinality(r.consequent) AS item_count,
	r.basket_count AS order_count, r.antecedent_count AS antecedent_orders, r.consequent_count AS consequent_orders, r.baskets AS orders,
	r.support, r.confidence, r.lift, r.leverage,
	CASE WHEN r.confidence < 1 THEN r.conviction END AS conviction,
	r.confidence >= 1 AS never_wrong, CASE WHEN r.confidence >= 1 THEN 'Yes' ELSE 'No' END AS never_wrong_label,
	r.jaccard, r.cosine, r.kulczynski, r.zhang, r.p_value, r.q_value
FROM (
	SELECT @extschema@.basket_set(c.lines, (SELECT @extschema@.pt_dimension_number(m.dimension_names, 'product'::text) FROM mart m), 'order'::@extschema@.basket_by, @dimension_codes@) AS baskets
	FROM customer c
) b
CROSS JOIN LATERAL @extschema@.pt_association_rules_that_fit(b.baskets, 0.001::double precision, 0.1::double precision, 3,
	greatest(5, ceil(0.001 * @extschema@.basket_count(b.baskets)))::bigint, 512) r
