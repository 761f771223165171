-- view: customer
-- needs: customer_id, amount, purchased_at
-- reads: purchases, mart, dimension_value
-- inner
-- One row per customer, up to as_of: labels, and all that he bought as values. The other views of a mart read it, and BI tools cannot. Where the rows of a customer differ in a label, the largest in the order of the C collation is taken. Rows without a customer are in rows with a NULL customer_id, in parts by their order.
-- column part: Part of the rows without a customer, by a hash of the order; NULL for customers.
-- column subscribed: Whether the customer subscribes: true if any row says so.
-- column first_at: Time of the first row, on the clock of the shop.
-- column last_at: Time of the last row, on the clock of the shop.
-- column whole_days: Whether all times are whole days.
-- column history: The orders of the customer, of the rows with a known amount; NULL without one.
-- column lines: All lines that the customer bought.
-- column margins: The same lines, with what they earned (amount minus cost, NULL where either is not known) as amount, the amount as quantity, and as rating the amount of those where either is not known, 0 if it is the amount.
SELECT p.customer_id,
	CASE WHEN p.customer_id IS NULL THEN (@order_hash@ & 1023)::smallint END AS part,
	max(p.gender COLLATE "C") COLLATE "default" AS gender,
	max(p.age) AS age,
	max(p.location COLLATE "C") COLLATE "default" AS location,
	bool_or(p.subscribed) AS subscribed,
	max(p.previous_purchases) AS previous_purchases,
	max(p.purchase_frequency_days) AS purchase_frequency_days,
	min(p.purchased_at) AS first_at,
	max(p.purchased_at) AS last_at,
	bool_and(p.purchased_at = date_trunc('day', p.purchased_at)) AS whole_days,
	@extschema@.purchase_history(@order_argument@p.purchased_at, p.amount@if discounted@, p.discounted@end@)
		FILTER (WHERE p.customer_id IS NOT NULL) AS history,
	@extschema@.purchase_lines(@order_argument@p.purchased_at, p.amount, p.review_rating, p.quantity, p.discounted, p.subscribed,
		ARRAY[@dimension_values@]::text[],
		@dimension_codes@) AS lines@if cost@,
	@extschema@.purchase_lines(@order_argument@p.purchased_at, p.amount - p.cost, CASE WHEN p.amount - p.cost IS NULL THEN coalesce(p.amount, 0) END, p.amount, p.discounted, p.subscribed,
		ARRAY[@dimension_values@]::text[],
		@dimension_codes@) AS margins@end@
FROM @customer_rows@
WHERE @customer_condition@
	AND @extschema@.pt_is_mart_time(p.purchased_at)
	AND (@as_of@ IS NULL OR p.purchased_at <= @as_of@)
GROUP BY p.customer_id, CASE WHEN p.customer_id IS NULL THEN (@order_hash@ & 1023)::smallint END
