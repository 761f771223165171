-- view: mart_as_of
-- needs: purchased_at
-- reads: purchases, mart
-- key:
-- One row: the moment that the mart looks from. It is the one that set_mart_as_of has set, or else the last purchase.
-- column as_of: Moment that the mart looks from, on the clock of the shop; NULL without a purchase.
-- column as_of_orders: The same, a millisecond later on the same day: orders of one customer at one time are kept microseconds apart in customer_history.
-- column as_of_end: End of what as_of covers: of its day where all times of the source are dates, else of its second. A period that ends by then is complete.
SELECT l.as_of,
	least(l.as_of + interval '1 millisecond',
		date_trunc('day', l.as_of) + interval '1 day' - interval '1 microsecond') AS as_of_orders,
	CASE WHEN (SELECT bool_and(p.purchased_at = date_trunc('day', p.purchased_at)) FROM purchases p WHERE isfinite(p.purchased_at))
		THEN date_trunc('day', l.as_of) + interval '1 day'
		ELSE date_trunc('second', l.as_of) + interval '1 second' END AS as_of_end
FROM (
	SELECT coalesce((SELECT m.as_of FROM mart m),
		(SELECT max(p.purchased_at) FROM purchases p WHERE isfinite(p.purchased_at))) AS as_of
) l
