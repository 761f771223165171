-- view: margin_period
-- needs: purchased_at, cost
-- reads: customer, mart
-- key: period_start
-- page: trends 49
-- order: period_start
-- One row per period of the mart's calendar, without gaps, from that of the first purchase to that of as_of: revenue, cost and margin. A line without a known cost is in revenue, and in neither cost nor margin; margin_coverage says how many have one.
-- column period_start: First day of the period.
-- column period_end: Last day of the period.
-- column period_year: Year of the calendar that the period belongs to.
-- column period_number: Number of the period in its year, from 1.
-- column period_label: Name of the period, which sorts as text: 2024-03 a month, 2024-W03 a week, FY2024-P03 of a fiscal or retail year.
-- column revenue: Sum of the amounts, returns included; currency of the source.
-- column complete: Whether the period was over at as_of.
-- column complete_label: Whether the period was over at as_of, as Yes or No.
WITH counted AS (
	SELECT x.cube, m.calendar::@extschema@.sales_calendar AS calendar, coalesce(m.as_of, x.last_at) AS as_of, x.whole_days
	FROM (
		SELECT @extschema@.sales_cube(c.margins, c.customer_id IS NOT NULL,
				(SELECT @extschema@.cube_calendar(@extschema@.cube_plan('{{-10}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer),
					m.calendar::@extschema@.sales_calendar) FROM mart m)) AS cube,
			max(c.last_at) AS last_at, bool_and(c.whole_days) AS whole_days
		FROM customer c
	) x
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
),
sold AS (
	SELECT date '2000-01-01' + r.codes[1] AS period, r.*
	FROM counted s
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(s.cube, 'whole'::@extschema@.cube_arm) r
)
SELECT g.period_start, g.period_end, g.period_year, g.period_number::smallint AS period_number, g.period_label,
	coalesce(s.quantity, 0)::numeric(18,2) AS revenue,
	@measures revenue_with_cost, cost_of_sales, margin, margin_rate, line_count, lines_without_margin, margin_coverage OF s@,
	(g.period_end + 1)::timestamp <= @extschema@.pt_as_of_end(n.as_of, n.whole_days) AS complete,
	CASE WHEN (g.period_end + 1)::timestamp <= @extschema@.pt_as_of_end(n.as_of, n.whole_days) THEN 'Yes' ELSE 'No' END AS complete_label
FROM counted n
CROSS JOIN LATERAL @extschema@.calendar_periods(n.calendar, (SELECT min(s.period) FROM sold s), n.as_of::date) g
LEFT JOIN sold s ON s.period = g.period_start
