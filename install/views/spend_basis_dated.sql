-- view: spend_basis
-- needs: customer_id, amount, purchased_at
-- reads: mart_basis
-- key:
-- One row: the cut points of the spend tiers, from the revenue of all customers.
-- column medium_above: Median revenue of a customer: up to it the tier is Light. Currency of the source.
-- column heavy_above: Quantile 0.8 of the revenue of customers: up to it the tier is Medium, beyond it Heavy. Currency of the source.
-- column high_value_from: Quantile 0.9 of the revenue of customers: from it on a customer is high-value. Currency of the source.
SELECT b.medium_above, b.heavy_above, b.high_value_from
FROM mart_basis b
