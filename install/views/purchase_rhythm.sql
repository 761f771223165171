-- view: purchase_rhythm
-- needs: purchased_at
-- reads: customer
-- key: weekday, hour
-- One row per weekday and hour, all 168 of them: when customers buy, on the clock of the shop.
-- column weekday: Day of the week, as Monday.
-- column weekday_sort: Number of the day of the week: Monday 1 to Sunday 7.
-- column hour: Hour of the day, 0 to 23; 0 where the source has dates without a time.
-- column purchase_share: Purchases as a share of all purchases, 0 to 1.
WITH sold AS (
	SELECT r.codes[1] AS weekday, r.codes[2] AS hour, r.orders AS purchases, coalesce(r.revenue, 0) AS revenue
	FROM @cubed OF @extschema@.cube_plan('{{-6,-7}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer)@end@ s
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
)
SELECT (ARRAY['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[w.weekday] AS weekday,
	w.weekday::smallint AS weekday_sort,
	h.hour::smallint AS hour,
	coalesce(s.purchases, 0) AS purchases,
	coalesce(s.revenue, 0)::numeric(18,2) AS revenue,
	(coalesce(s.purchases, 0) / nullif(sum(s.purchases) OVER (), 0))::double precision AS purchase_share
FROM generate_series(1, 7) AS w(weekday)
CROSS JOIN generate_series(0, 23) AS h(hour)
LEFT JOIN sold s ON s.weekday = w.weekday AND s.hour = h.hour
