-- view: customer_history
-- needs: purchased_at
-- unless: order_id
-- reads: fact_purchase
-- key: customer_id
-- inner
-- One row per customer: all purchases up to as_of as one value of the type purchase_history. Other views, and functions such as gap_median(history), read it; BI tools cannot.
-- column history: The purchases of the customer.
SELECT f.customer_id,
	@extschema@.purchase_history(f.purchased_at, f.amount@if discounted@, f.discounted@end@) AS history
FROM fact_purchase f
WHERE f.customer_id IS NOT NULL AND f.amount IS NOT NULL
GROUP BY f.customer_id
