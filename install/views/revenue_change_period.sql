-- view: revenue_change_period
-- needs: purchased_at
-- reads: customer, mart
-- key: period_start, split, part
-- One row per period of the mart's calendar and part of the change of its revenue against the period before, from the second period on: as revenue_change() has them, of the days that calendar_range() gives for period_label. The parts of each split add up to the change.
-- column period_start: First day of the period.
-- column period_label: Name of the period, which sorts as text: 2024-03 a month, 2024-W03 a week, FY2024-P03 of a fiscal or retail year.
-- column split: drivers (figures whose product is the revenue) or customers.
-- column split_sort: Number to sort the splits by.
-- column part: customers, orders per customer, items per order, amount per item or order; or new, returning, kept, lost, other customers.
-- column part_sort: Number to sort the parts of a split by.
-- column figure_before: The figure in the period before: customers, a ratio, or the revenue of these customers in the currency of the source.
-- column figure_after: The figure in the period.
-- column contribution: What it adds to the revenue of the period before, or takes from it; currency of the source.
-- column complete: Whether the period was over at as_of.
-- column complete_label: Whether the period was over at as_of, as Yes or No.
WITH counted AS (
	SELECT x.cube, m.calendar::@extschema@.sales_calendar AS calendar, coalesce(m.as_of, x.last_at) AS as_of, @extschema@.pt_as_of_end(coalesce(m.as_of, x.last_at), x.whole_days) AS as_of_end
	FROM @cubed last_at, whole_days OF (SELECT @extschema@.cube_calendar(@extschema@.cube_plan('{{-10}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer), m.calendar::@extschema@.sales_calendar) FROM mart m)@end@ x
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
),
sold AS (
	SELECT date '2000-01-01' + r.codes[1] AS period, r.buyers, r.orders, r.revenue, r.quantity
	FROM counted s
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
),
period AS MATERIALIZED (
	SELECT g.period_start AS period, g.period_end, g.period_label, coalesce(s.buyers, 0) AS buyers, coalesce(s.orders, 0) AS orders, coalesce(s.revenue, 0) AS revenue,
		@if quantity@coalesce(s.quantity, 0)@end@@unless quantity@NULL::numeric@end@ AS items,
		(g.period_end + 1)::timestamp <= n.as_of_end AS complete
	FROM counted n
	CROSS JOIN LATERAL @extschema@.calendar_periods(n.calendar, (SELECT min(s.period) FROM sold s), n.as_of::date) g
	LEFT JOIN sold s ON s.period = g.period_start
),
change AS (
	SELECT a.period, a.period_label, a.complete, b.buyers AS buyers_before, b.orders AS orders_before, b.items AS items_before, b.revenue AS before,
		a.buyers, a.orders, a.items, a.revenue AS after
	FROM period a
	JOIN period b ON b.period_end + 1 = a.period
),
moved AS MATERIALIZED (
	SELECT r.period_start AS period, r.state, r.revenue_before AS before, r.revenue_after AS after
	FROM (
		SELECT @extschema@.calendar_moves(c.lines, (SELECT m.calendar::@extschema@.sales_calendar FROM mart m)) AS moves
		FROM customer c
		WHERE c.customer_id IS NOT NULL
	) s
	CROSS JOIN LATERAL unnest(s.moves) r
),
contribution AS (
	SELECT h.period, h.period_label, h.complete, 'drivers' AS split, 1::smallint AS split_sort, d.part, d.part_sort, d.figure_before, d.figure_after, d.contribution
	FROM change h
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
	CROSS JOIN LATERAL @extschema@.pt_revenue_drivers(m.amount_scale, h.before, h.after, h.buyers_before, h.buyers, h.orders_before, h.orders, h.items_before, h.items) d
	UNION ALL
	SELECT h.period, h.period_label, h.complete, 'customers', 2::smallint, s.part, s.state::smallint, coalesce(v.before, 0), coalesce(v.after, 0), coalesce(v.after, 0) - coalesce(v.before, 0)
	FROM change h
	CROSS JOIN (VALUES (1, 'new'), (2, 'returning'), (3, 'kept'), (4, 'lost')) AS s(state, part)
	LEFT JOIN moved v ON v.period = h.period AND v.state = s.state
	UNION ALL
	SELECT h.period, h.period_label, h.complete, 'customers', 2::smallint, 'other', 5::smallint, h.before - coalesce(v.before, 0), h.after - coalesce(v.after, 0),
		h.after - coalesce(v.after, 0) - h.before + coalesce(v.before, 0)
	FROM change h
	LEFT JOIN (SELECT v.period, sum(v.before) AS before, sum(v.after) AS after FROM moved v GROUP BY v.period) v ON v.period = h.period
)
SELECT c.period AS period_start, c.period_label, c.split, c.split_sort, c.part, c.part_sort,
	c.figure_before::numeric(22,6) AS figure_before, c.figure_after::numeric(22,6) AS figure_after,
	c.contribution::numeric(18,2) AS contribution,
	c.complete,
	CASE WHEN c.complete THEN 'Yes' ELSE 'No' END AS complete_label
FROM contribution c
