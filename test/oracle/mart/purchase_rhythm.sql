-- view: purchase_rhythm
-- needs: purchased_at
-- key: weekday_sort, hour
WITH orders AS (
	$orders(extract(isodow FROM purchased_at)::integer AS weekday; extract(hour FROM purchased_at)::integer AS hour)$
),
sums AS (
	SELECT extract(isodow FROM purchased_at)::integer AS weekday, extract(hour FROM purchased_at)::integer AS hour, sum(amount) AS revenue
	FROM raw
	GROUP BY 1, 2
)
SELECT CASE w.weekday WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' WHEN 6 THEN 'Saturday' ELSE 'Sunday' END AS weekday,
	w.weekday AS weekday_sort, h.hour, coalesce(o.purchases, 0) AS purchases, coalesce(s.revenue, 0)::numeric(18,2) AS revenue,
	(coalesce(o.purchases, 0)::double precision / nullif(sum(o.purchases) OVER (), 0))::double precision AS purchase_share
FROM generate_series(1, 7) AS w(weekday)
CROSS JOIN generate_series(0, 23) AS h(hour)
LEFT JOIN orders AS o ON o.weekday = w.weekday AND o.hour = h.hour
LEFT JOIN sums AS s ON s.weekday = w.weekday AND s.hour = h.hour
