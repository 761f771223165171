-- view: time_to_second_order
-- needs: purchased_at
-- reads: customer, mart_as_of
-- key: group_name, group_value
-- One row for all customers, and one per month of the first order: how long it takes until the second one. Customers without a second order are watched until as_of (Kaplan and Meier), so those who came lately do not pull the shares down.
-- column group_name: What the customers are grouped by: all, or first month.
-- column group_name_sort: Number to sort group_name by.
-- column group_value: The group; all for all.
-- column customers: Number of customers with an order.
-- column second_orders: How many of them have a second one.
-- column share_30_days: Share of customers who order again within 30 days, 0 to 1; NULL if nobody was watched so long.
-- column share_90_days: The same within 90 days.
-- column share_180_days: The same within 180 days.
-- column share_365_days: The same within 365 days.
-- column median_days: Days until half of them have ordered again; NULL if fewer than half do.
-- column median_low: The median is above this, and below median_high, with a probability of 95 percent; NULL is open.
-- column median_high: See median_low.
-- column p_value: Probability that months which do not differ would differ so much by chance (log-rank test, of the last hundred), the same in every row of a group_name; NULL for all.
WITH watched AS (
	SELECT date_trunc('month', @extschema@.first_purchase(c.history))::date AS first_month,
		coalesce(@extschema@.days_to_nth_purchase(c.history, 2), a.as_of::date - @extschema@.first_purchase(c.history)::date)::double precision AS days,
		@extschema@.order_count(c.history) > 1 AS again
	FROM customer c
	CROSS JOIN mart_as_of a
	WHERE c.customer_id IS NOT NULL AND @extschema@.order_count(c.history) > 0
),
grouped AS MATERIALIZED (
	SELECT w.first_month, count(*) AS customers, count(*) FILTER (WHERE w.again) AS second_orders, @extschema@.survival(w.days, w.again) AS curve
	FROM watched w
	GROUP BY w.first_month
),
every AS (
	SELECT 'first month' AS group_name, 2 AS sort, to_char(g.first_month, 'YYYY-MM') AS group_value, g.customers, g.second_orders, g.curve
	FROM grouped g
	UNION ALL
	SELECT 'all', 1, 'all', sum(g.customers), sum(g.second_orders), @extschema@.rollup(g.curve)
	FROM grouped g
	HAVING count(*) > 0
)
SELECT e.group_name, e.sort::smallint AS group_name_sort, e.group_value, e.customers::bigint AS customers, e.second_orders::bigint AS second_orders,
	1 - @extschema@.survival_at(e.curve, 30::double precision) AS share_30_days, 1 - @extschema@.survival_at(e.curve, 90::double precision) AS share_90_days,
	1 - @extschema@.survival_at(e.curve, 180::double precision) AS share_180_days, 1 - @extschema@.survival_at(e.curve, 365::double precision) AS share_365_days,
	q.quantile AS median_days, q.low AS median_low, q.high AS median_high,
	CASE WHEN e.sort = 2 THEN (SELECT t.p FROM @extschema@.log_rank((SELECT array_agg(l.curve) FROM (SELECT g.curve FROM grouped g ORDER BY g.first_month DESC LIMIT 100) l)) t) END AS p_value
FROM every e
LEFT JOIN LATERAL @extschema@.survival_quantile(e.curve, 0.5::double precision, 0.95::double precision) q ON true
