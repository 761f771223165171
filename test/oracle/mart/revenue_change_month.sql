-- view: revenue_change_month
-- needs: purchased_at
-- key: month_start, split, part
WITH m AS MATERIALIZED (
	SELECT as_of, as_of_end FROM moment
),
line AS (
	SELECT customer_id, order_no, date_trunc('month', purchased_at)::date AS period, amount,
		quantity AS items	--? quantity
		CAST(NULL AS numeric) AS items	--? !quantity
	FROM raw
),
sums AS (
	SELECT period, coalesce(sum(amount), 0) AS revenue, coalesce(sum(items), 0) AS items,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0 OR amount IS NULL) AS orders, count(DISTINCT customer_id) FILTER (WHERE amount >= 0 OR amount IS NULL) AS buyers
	FROM line
	GROUP BY period
),
months AS (
	SELECT (first_month + interval '1 month' * i)::date AS period
	FROM (SELECT min(period)::timestamp AS first_month FROM sums) AS f CROSS JOIN m CROSS JOIN generate_series(0, 1200) AS g(i)
	WHERE first_month + interval '1 month' * i <= m.as_of
),
pair AS (	-- each month beside the one before
	SELECT a.period, coalesce(sb.revenue, 0) AS r0, coalesce(sa.revenue, 0) AS r1, coalesce(sb.buyers, 0)::numeric AS c0, coalesce(sa.buyers, 0)::numeric AS c1,
		coalesce(sb.orders, 0)::numeric AS o0, coalesce(sa.orders, 0)::numeric AS o1,
		CASE WHEN coalesce(sb.items, 0) > 0 THEN sb.items ELSE 0 END AS i0, CASE WHEN coalesce(sa.items, 0) > 0 THEN sa.items ELSE 0 END AS i1
	FROM months a
	LEFT JOIN sums sa ON sa.period = a.period
	LEFT JOIN sums sb ON sb.period = (a.period - interval '1 month')::date
	WHERE a.period > (SELECT min(period) FROM months)
),
-- the revenue if only the first figure had changed, the first two, the first three
step_1 AS (SELECT *, CASE WHEN c0 > 0 THEN round(r0 * c1 / c0, 2) WHEN c1 > 0 THEN r1 ELSE r0 END AS with_customers FROM pair),
step_2 AS (SELECT *, CASE WHEN o0 > 0 THEN round(r0 * o1 / o0, 2) WHEN o1 > 0 THEN r1 ELSE with_customers END AS with_orders FROM step_1),
step_3 AS (
	SELECT *,
		CASE WHEN i0 > 0 THEN round(r0 * i1 / i0, 2) WHEN i1 > 0 THEN r1 ELSE with_orders END AS with_items	--? quantity
		with_orders AS with_items	--? !quantity
	FROM step_2
),
people AS (
	SELECT customer_id, period, sum(amount) AS revenue
	FROM line
	WHERE customer_id IS NOT NULL
	GROUP BY customer_id, period
),
firsts AS (
	SELECT customer_id, min(period) AS first_month FROM line WHERE customer_id IS NOT NULL AND (amount >= 0 OR amount IS NULL) GROUP BY customer_id
),
moves AS (
	SELECT coalesce(a.period, (b.period + interval '1 month')::date) AS period,
		CASE WHEN b.period IS NULL AND f.first_month >= a.period THEN 'new' WHEN b.period IS NULL THEN 'returning' WHEN a.period IS NULL THEN 'lost' ELSE 'kept' END AS part,
		coalesce(sum(b.revenue), 0) AS r0, coalesce(sum(a.revenue), 0) AS r1
	FROM people a
	FULL JOIN people b ON b.customer_id = a.customer_id AND b.period = (a.period - interval '1 month')::date
	JOIN firsts f ON f.customer_id = coalesce(a.customer_id, b.customer_id)
	GROUP BY 1, 2
),
parts AS (
	SELECT period, 'drivers' AS split, 1 AS split_sort, 'customers' AS part, 1 AS part_sort, c0 AS figure_before, c1 AS figure_after, with_customers - r0 AS contribution FROM step_3
	UNION ALL
	SELECT period, 'drivers', 1, 'orders per customer', 2, o0 / nullif(c0, 0), o1 / nullif(c1, 0), with_orders - with_customers FROM step_3
	UNION ALL
	SELECT period, 'drivers', 1, 'items per order', 3, i0 / nullif(o0, 0), i1 / nullif(o1, 0), with_items - with_orders FROM step_3	--? quantity
	UNION ALL	--? quantity
	SELECT period, 'drivers', 1, 'amount per item', 4, r0 / nullif(i0, 0), r1 / nullif(i1, 0), r1 - with_items FROM step_3	--? quantity
	SELECT period, 'drivers', 1, 'amount per order', 4, r0 / nullif(o0, 0), r1 / nullif(o1, 0), r1 - with_items FROM step_3	--? !quantity
	UNION ALL
	SELECT p.period, 'customers', 2, g.part, g.part_sort, coalesce(v.r0, 0), coalesce(v.r1, 0), coalesce(v.r1, 0) - coalesce(v.r0, 0)
	FROM pair p
	CROSS JOIN (VALUES ('new', 1), ('returning', 2), ('kept', 3), ('lost', 4)) AS g(part, part_sort)
	LEFT JOIN moves v ON v.period = p.period AND v.part = g.part
	UNION ALL
	SELECT p.period, 'customers', 2, 'other', 5, p.r0 - coalesce(v.r0, 0), p.r1 - coalesce(v.r1, 0), p.r1 - p.r0 - coalesce(v.r1, 0) + coalesce(v.r0, 0)
	FROM pair p
	LEFT JOIN (SELECT period, sum(r0) AS r0, sum(r1) AS r1 FROM moves GROUP BY period) v ON v.period = p.period
)
SELECT p.period AS month_start, p.split, p.split_sort, p.part, p.part_sort, p.figure_before::numeric(22,6) AS figure_before, p.figure_after::numeric(22,6) AS figure_after,
	p.contribution::numeric(18,2) AS contribution, p.period + interval '1 month' <= m.as_of_end AS complete,
	CASE WHEN p.period + interval '1 month' <= m.as_of_end THEN 'Yes' ELSE 'No' END AS complete_label
FROM parts p CROSS JOIN m
