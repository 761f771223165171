-- view: rfm_basis
-- needs: purchased_at
-- reads: customer_history, mart_as_of
-- key:
-- inner
-- One row: the thresholds that RFM scores are given by, from all customers with an order, as a value of the type rfm_thresholds. rfm_threshold shows them as rows; BI tools cannot read this view.
-- column thresholds: The cut points of the three measures.
SELECT @extschema@.rfm_thresholds(round(@extschema@.recency_days(h.history, (SELECT a.as_of_orders FROM mart_as_of a))::numeric, 6)::double precision,
	@extschema@.order_count(h.history), @extschema@.revenue(h.history)) AS thresholds
FROM customer_history h
WHERE @extschema@.order_count(h.history) > 0
