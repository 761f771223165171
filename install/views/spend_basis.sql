-- view: spend_basis
-- needs: customer_id, amount
-- unless: purchased_at
-- whole
-- reads: customer
-- key:
-- One row: the cut points of the spend tiers, from the revenue of all customers.
-- column medium_above: Median revenue of a customer: up to it the tier is Light. Currency of the source.
-- column heavy_above: Quantile 0.8 of the revenue of customers: up to it the tier is Medium, beyond it Heavy. Currency of the source.
-- column high_value_from: Quantile 0.9 of the revenue of customers: from it on a customer is high-value. Currency of the source.
SELECT @extschema@.quantile(s.spend, 0.5::double precision) AS medium_above,
	@extschema@.quantile(s.spend, 0.8::double precision) AS heavy_above,
	@extschema@.quantile(s.spend, 0.9::double precision) AS high_value_from
FROM (
	SELECT @extschema@.quantile_state(@extschema@.revenue(c.lines)::double precision) AS spend
	FROM customer c
	WHERE c.customer_id IS NOT NULL
) s
