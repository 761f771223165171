-- view: mart_as_of
-- needs: purchased_at
-- whole
-- reads: customer, mart
-- key:
-- One row: the moment that the mart looks from. It is the one that set_mart_as_of has set, or else the last purchase.
-- column as_of: Moment that the mart looks from, on the clock of the shop; NULL without a purchase.
-- column as_of_orders: The same, a millisecond later on the same day: orders of one customer at one time are kept microseconds apart in customer_history.
-- column as_of_end: End of what as_of covers: of its day where all times of the source are dates, else of its second. A period that ends by then is complete.
SELECT l.as_of, @extschema@.pt_as_of_orders(l.as_of) AS as_of_orders, @extschema@.pt_as_of_end(l.as_of, l.whole_days) AS as_of_end
FROM (
	SELECT coalesce(m.as_of, x.last_at) AS as_of, x.whole_days
	FROM @cubed last_at, whole_days@end@ x
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
) l
