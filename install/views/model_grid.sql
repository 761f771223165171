-- view: model_grid
-- needs: purchased_at
-- reads: customer, mart_as_of, fitted_model
-- key: repeat_group, recency_group
-- page: customers 26
-- order: repeat_group_sort, recency_group_sort
-- One row per number of repeat purchases and time since the last one, where there are customers: their mean probability to be customers still, and the purchases that the model of fit_mart() expects of one. No row without a model.
-- column repeat_group: Days with a purchase after the first one: 0 to 6, 7 or more.
-- column repeat_group_sort: Number to sort the groups by.
-- column recency_group: Days since the last day with a purchase, at as_of.
-- column recency_group_sort: Number to sort these by.
-- column customers: Number of customers in the cell.
-- column customers_alive: How many of them the model expects to be customers still: the sum of their probabilities.
-- column probability_alive: Mean probability of these customers to buy again ever, 0 to 1.
-- column expected_purchases_90_days: Mean number of days with a purchase that the model expects of one of them in the 90 days after as_of.
WITH model AS MATERIALIZED (
	SELECT a.as_of_orders, f.model::@extschema@.clv_model AS model
	FROM mart_as_of a
	JOIN fitted_model f ON f.model_name = 'purchases' AND f.model IS NOT NULL
),
edge AS MATERIALIZED (
	SELECT d.day, d.day / 7::double precision AS week, d.place
	FROM unnest('{30,60,90,120,180,270,365,545,730}'::integer[]) WITH ORDINALITY d(day, place)
),
grid AS (
	SELECT @extschema@.clv_grid((SELECT m.model FROM model m), c.history, (SELECT m.as_of_orders FROM model m), (90 / 7.0)::double precision, (SELECT array_agg(e.week ORDER BY e.place) FROM edge e)) AS cells
	FROM customer c
	WHERE c.customer_id IS NOT NULL AND (SELECT count(*) > 0 FROM model m)
)
SELECT CASE WHEN g.or_more THEN '7 or more' ELSE g.x::text END AS repeat_group, (g.x + 1)::smallint AS repeat_group_sort,
	CASE WHEN u.day IS NULL THEN format('%s or more', f.day) ELSE format('%s to %s', coalesce(f.day, 0), u.day - 1) END AS recency_group,
	(coalesce(f.place, 0) + 1)::smallint AS recency_group_sort,
	g.customers, g.customers * g.probability_alive AS customers_alive, g.probability_alive, g.expected_purchases AS expected_purchases_90_days
FROM grid t
CROSS JOIN LATERAL unnest(t.cells) g
LEFT JOIN edge f ON f.week = g.since_from
LEFT JOIN edge u ON u.week = g.since_to
