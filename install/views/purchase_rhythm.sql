-- view: purchase_rhythm
-- needs: purchased_at
-- reads: fact_purchase
-- key: weekday, hour
-- One row per weekday and hour, all 168 of them: when customers buy, on the clock of the shop.
-- column weekday: Day of the week, as Monday.
-- column weekday_sort: Number of the day of the week: Monday 1 to Sunday 7.
-- column hour: Hour of the day, 0 to 23; 0 where the source has dates without a time.
-- column purchase_share: Purchases as a share of all purchases, 0 to 1.
WITH sold AS (
	SELECT extract(isodow FROM f.purchased_at)::integer AS weekday, extract(hour FROM f.purchased_at)::integer AS hour,
		(count(DISTINCT f.order_id) FILTER (WHERE f.returned IS NOT TRUE)
		+ count(*) FILTER (WHERE f.order_id IS NULL AND f.returned IS NOT TRUE)) AS purchases,
		coalesce(sum(f.amount), 0) AS revenue
	FROM fact_purchase f
	GROUP BY 1, 2
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
