-- view: revenue_change_month
-- needs: purchased_at
-- reads: customer, mart
-- key: month_start, split, part
-- page: trends 43
-- order: month_start, split_sort, part_sort
-- One row per month and part of the change of its revenue against the month before, from the second month on: as revenue_change() has them. The parts of each split add up to the change.
-- column month_start: First day of the month.
-- column split: drivers (figures whose product is the revenue) or customers.
-- column split_sort: Number to sort the splits by.
-- column part: customers, orders per customer, items per order, amount per item or order; or new, returning, kept, lost, other customers.
-- column part_sort: Number to sort the parts of a split by.
-- column figure_before: The figure in the month before: customers, a ratio, or the revenue of these customers in the currency of the source.
-- column figure_after: The figure in the month.
-- column contribution: What it adds to the revenue of the month before, or takes from it; currency of the source.
-- column complete: Whether the month was over at as_of.
-- column complete_label: Whether the month was over at as_of, as Yes or No.
WITH counted AS (
	SELECT x.cube, coalesce(m.as_of, x.last_at) AS as_of, @extschema@.pt_as_of_end(coalesce(m.as_of, x.last_at), x.whole_days) AS as_of_end
	FROM @cubed last_at, whole_days OF @extschema@.cube_plan('{{-3}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer)@end@ x
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
),
sold AS (
	SELECT date '2000-01-01' + r.codes[1] AS period, r.buyers, r.orders, r.revenue, r.quantity
	FROM counted s
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
),
month AS MATERIALIZED (
	SELECT g.period::date AS period, coalesce(s.buyers, 0) AS buyers, coalesce(s.orders, 0) AS orders, coalesce(s.revenue, 0) AS revenue,
		@if quantity@coalesce(s.quantity, 0)@end@@unless quantity@NULL::numeric@end@ AS items,
		g.period + interval '1 month' <= r.as_of_end AS complete
	FROM (SELECT (SELECT min(s.period)::timestamp FROM sold s) AS first_period, n.as_of, n.as_of_end FROM counted n) r
	CROSS JOIN LATERAL generate_series(r.first_period, r.as_of, interval '1 month') AS g(period)
	LEFT JOIN sold s ON s.period = g.period::date
),
change AS (
	SELECT a.period, a.complete, b.buyers AS buyers_before, b.orders AS orders_before, b.items AS items_before, b.revenue AS before,
		a.buyers, a.orders, a.items, a.revenue AS after
	FROM month a
	JOIN month b ON b.period = (a.period - interval '1 month')::date
),
moved AS MATERIALIZED (
	SELECT r.period_start AS period, r.state, r.revenue_before AS before, r.revenue_after AS after
	FROM (
		SELECT @extschema@.revenue_moves(c.lines, 'month'::@extschema@.purchase_period) AS moves
		FROM customer c
		WHERE c.customer_id IS NOT NULL
	) s
	CROSS JOIN LATERAL unnest(s.moves) r
),
contribution AS (
	SELECT h.period, h.complete, 'drivers' AS split, 1::smallint AS split_sort, d.part, d.part_sort, d.figure_before, d.figure_after, d.contribution
	FROM change h
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
	CROSS JOIN LATERAL @extschema@.pt_revenue_drivers(m.amount_scale, h.before, h.after, h.buyers_before, h.buyers, h.orders_before, h.orders, h.items_before, h.items) d
	UNION ALL
	SELECT h.period, h.complete, 'customers', 2::smallint, s.part, s.state::smallint, coalesce(v.before, 0), coalesce(v.after, 0), coalesce(v.after, 0) - coalesce(v.before, 0)
	FROM change h
	CROSS JOIN (VALUES (1, 'new'), (2, 'returning'), (3, 'kept'), (4, 'lost')) AS s(state, part)
	LEFT JOIN moved v ON v.period = h.period AND v.state = s.state
	UNION ALL
	SELECT h.period, h.complete, 'customers', 2::smallint, 'other', 5::smallint, h.before - coalesce(v.before, 0), h.after - coalesce(v.after, 0),
		h.after - coalesce(v.after, 0) - h.before + coalesce(v.before, 0)
	FROM change h
	LEFT JOIN (SELECT v.period, sum(v.before) AS before, sum(v.after) AS after FROM moved v GROUP BY v.period) v ON v.period = h.period
)
SELECT c.period AS month_start, c.split, c.split_sort, c.part, c.part_sort,
	c.figure_before::numeric(22,6) AS figure_before, c.figure_after::numeric(22,6) AS figure_after,
	c.contribution::numeric(18,2) AS contribution,
	c.complete,
	CASE WHEN c.complete THEN 'Yes' ELSE 'No' END AS complete_label
FROM contribution c
