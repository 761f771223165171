-- view: time_to_second_order
-- needs: purchased_at
-- reads: customer, mart, mart_as_of, dimension_value
-- key: group_name, group_value
-- One row per month of the first order, one per category and per channel of it where the mart knows them, and one for all customers: how long it takes until the second order. Customers without a second order are watched until as_of (Kaplan and Meier), so those who came lately do not pull the shares down. A first order of several categories counts under that of its largest amount; a channel is a dimension of this name.
-- column group_name: What the customers are grouped by: all, first month, category or channel.
-- column group_name_sort: Number to sort group_name by.
-- column group_value: The group; all for all, NULL where the value is not known.
-- column customers: Number of customers with an order.
-- column second_orders: How many of them have a second one.
-- column share_30_days: Share of customers who order again within 30 days, 0 to 1; NULL if nobody was watched so long.
-- column share_90_days: The same within 90 days.
-- column share_180_days: The same within 180 days.
-- column share_365_days: The same within 365 days.
-- column median_days: Days until half of them have ordered again; NULL if fewer than half do.
-- column median_low: The median is above this, and below median_high, with a probability of 95 percent; NULL is open.
-- column median_high: See median_low.
-- column p_value: Probability that groups which do not differ would differ so much by chance (log-rank test, of the hundred largest), the same in every row of a group_name; NULL for all.
WITH watched AS (
	SELECT to_char(@extschema@.first_purchase(c.history), 'YYYY-MM') AS first_month,
		@extschema@.first_order_value(c.lines, (SELECT array_position(m.dimension_names, 'category') FROM mart m), @dimension_codes@) AS category,
		@extschema@.first_order_value(c.lines, (SELECT array_position(m.dimension_names, 'channel') FROM mart m), @dimension_codes@) AS channel,
		coalesce(@extschema@.days_to_nth_purchase(c.history, 2), (SELECT a.as_of::date FROM mart_as_of a) - @extschema@.first_purchase(c.history)::date)::double precision AS days,
		@extschema@.order_count(c.history) > 1 AS again
	FROM customer c
	WHERE c.customer_id IS NOT NULL AND @extschema@.order_count(c.history) > 0
),
grouped AS MATERIALIZED (
	SELECT w.first_month, w.category, w.channel, count(*) AS customers, count(*) FILTER (WHERE w.again) AS second_orders, @extschema@.survival(w.days, w.again) AS curve
	FROM watched w
	GROUP BY w.first_month, w.category, w.channel
),
every AS MATERIALIZED (
	SELECT v.group_name, v.sort, v.group_value, sum(g.customers)::bigint AS customers, sum(g.second_orders)::bigint AS second_orders, @extschema@.rollup(g.curve) AS curve
	FROM grouped g
	CROSS JOIN (SELECT m.dimension_names FROM mart m) m
	CROSS JOIN LATERAL (VALUES ('all', 1, 'all'), ('first month', 2, g.first_month), ('category', 3, g.category), ('channel', 4, g.channel)) AS v(group_name, sort, group_value)
	WHERE v.sort <= 2 OR v.group_name = ANY (m.dimension_names)
	GROUP BY v.group_name, v.sort, v.group_value
),
tested AS (
	SELECT l.sort, @extschema@.log_rank(array_agg(l.curve ORDER BY l.place)) AS test
	FROM (SELECT e.sort, e.curve, row_number() OVER (PARTITION BY e.sort ORDER BY e.customers DESC, e.group_value COLLATE "C") AS place FROM every e WHERE e.sort > 1) l
	WHERE l.place <= 100
	GROUP BY l.sort
)
SELECT e.group_name, e.sort::smallint AS group_name_sort, e.group_value, e.customers, e.second_orders,
	1 - @extschema@.survival_at(e.curve, 30::double precision) AS share_30_days, 1 - @extschema@.survival_at(e.curve, 90::double precision) AS share_90_days,
	1 - @extschema@.survival_at(e.curve, 180::double precision) AS share_180_days, 1 - @extschema@.survival_at(e.curve, 365::double precision) AS share_365_days,
	q.quantile AS median_days, q.low AS median_low, q.high AS median_high, (t.test).p AS p_value
FROM every e
LEFT JOIN tested t ON t.sort = e.sort
LEFT JOIN LATERAL @extschema@.survival_quantile(e.curve, 0.5::double precision, 0.95::double precision) q ON true
