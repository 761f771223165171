-- view: customer_history
-- needs: purchased_at, order_id
-- reads: fact_purchase
-- key: customer_id
-- inner
-- One row per customer: all purchases up to as_of as one value of the type purchase_history. Other views, and functions such as gap_median(history), read it; BI tools cannot.
-- column history: The purchases of the customer.
SELECT o.customer_id,
	@extschema@.purchase_history(CASE WHEN o.place = 1 THEN o.purchased_at
		ELSE o.purchased_at + (o.place - 1) * interval '1 microsecond' END, o.amount@if discounted@, o.discounted@end@) AS history
FROM (
	-- orders of one customer at one time stay apart: the second and later ones
	-- are set a microsecond after one another
	SELECT f.customer_id, min(f.purchased_at) AS purchased_at, sum(f.amount) AS amount,
		coalesce(bool_or(f.discounted), false) AS discounted,
		row_number() OVER (PARTITION BY f.customer_id, min(f.purchased_at), f.amount < 0 ORDER BY f.order_id) AS place
	FROM fact_purchase f
	WHERE f.customer_id IS NOT NULL AND f.amount IS NOT NULL
	GROUP BY f.customer_id, f.order_id, f.amount < 0
) o
GROUP BY o.customer_id
