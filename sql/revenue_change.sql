-- Why revenue moved: contributions that add up.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS purchase_trends;
SET datestyle = 'ISO, YMD';

-- January: customers 1 and 2; February: 1 again, 3 new, and 4, who bought in November
CREATE TABLE moved (customer_id int, order_id int, ts timestamp, amount numeric(10,2), quantity int, product text);
INSERT INTO moved VALUES
	(4, 1, '2023-11-05', 7, 1, 'tea'),
	(1, 2, '2024-01-05', 10, 1, 'tea'), (1, 2, '2024-01-05', 20, 2, 'cake'), (2, 3, '2024-01-07', 30, 3, 'tea'),
	(1, 4, '2024-02-01', 12, 1, 'tea'), (1, 5, '2024-02-11', 24, 2, 'cake'), (3, 6, '2024-02-12', 40, 4, 'tea'), (4, 7, '2024-02-29 23:59:59', 5, 1, NULL),
	(NULL, 8, '2024-02-03', 9, 1, 'jam'), (5, 9, '2024-02-04', -3, -1, 'tea');
SELECT count(*) > 10 AS made FROM create_mart('moves', 'moved', purchased_at => 'ts', mode => 'kept');
SELECT split, part, value, figure_before, figure_after, contribution FROM revenue_change('moves', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)', 'product');
-- by hand: 60 * 3 / 2 = 90; 60 * 5 / 2 = 150; 60 * 8 / 6 = 80; 87
SELECT month_start, split, part, figure_before, figure_after, contribution, complete FROM moves.revenue_change_month WHERE month_start >= '2024-01-01' ORDER BY month_start, split_sort, part_sort;
-- any two periods, also of different length, in either order, overlapping, and without anything
SELECT p.a, p.b, r.split, sum(r.contribution)
FROM (VALUES (daterange '[2023-11-01,2024-02-01)', daterange '[2024-02-10,2024-02-12]'), ('[2024-02-01,2024-03-01)', '[2024-01-01,2024-02-01)'),
	('[2024-01-01,2024-03-01)', '[2024-02-01,2024-03-01)'), ('[2020-01-01,2020-01-02)', '[2024-02-01,2024-03-01)'), ('[2020-01-01,2020-01-02)', '[2021-01-01,2021-01-02)')) AS p(a, b),
	revenue_change('moves', p.a, p.b, 'product') r
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT * FROM revenue_change('moves', '[2020-01-01,2020-01-02)', '[2024-02-01,2024-03-01)') WHERE contribution <> 0;

-- a change that is pending counts
INSERT INTO moved VALUES (2, 10, '2024-02-20', 100, 1, 'tea');
SELECT part, figure_before, figure_after, contribution FROM revenue_change('moves', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)') WHERE split = 'customers' AND part IN ('kept', 'lost');
SELECT count(*) AS months, count(*) FILTER (WHERE s.sum <> k.revenue - k.revenue_before) AS wrong
FROM (SELECT month_start, split, sum(contribution) FROM moves.revenue_change_month GROUP BY 1, 2) s JOIN moves.kpi_month k USING (month_start);

-- without quantity, customers, or times
SELECT count(*) > 10 AS made FROM create_mart('orders_only', 'moved', purchased_at => 'ts', roles => '{"quantity": null}', dimensions => '{"parcel => CASE WHEN quantity > 1 THEN ''many'' ELSE ''one'' END"}');
SELECT part, figure_before, figure_after, contribution FROM revenue_change('orders_only', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)') WHERE split = 'drivers';
SELECT split, part, value, figure_before, figure_after, contribution FROM revenue_change('orders_only', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)', 'parcel') WHERE split = 'dimension';
SELECT count(*) > 10 AS made FROM create_mart('nobody', 'moved', purchased_at => 'ts', roles => '{"customer_id": null}');
SELECT split, part, contribution FROM revenue_change('nobody', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)');
SELECT count(*) > 10 AS made FROM create_mart('no_times', 'moved', roles => '{"purchased_at": null}');
SELECT revenue_change('no_times', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)');
SELECT to_regclass('no_times.revenue_change_month');

-- lines of one customer
-- an order with lines in two months, which are not in order; a return before the first purchase; no time
SELECT * FROM period_moves('1 0 {(2023-12-05 -1 ~ ~ ~ ~), (2024-02-01 1 ~ ~ ~ ~; 2024-01-31T12:00:00 10 ~ ~ ~ ~), (2024-01-31T13:00:00 ~ ~ ~ ~ ~), (2024-05-05 4 ~ ~ ~ ~), (~ 100 ~ ~ ~ ~)}'::purchase_lines, 'month');
SELECT first_purchase('1 0 {(2023-12-05 -1 ~ ~ ~ ~), (2024-02-01 1 ~ ~ ~ ~; 2024-01-31T12:00:00 10 ~ ~ ~ ~)}'::purchase_lines), first_purchase('1 0 {(~ 1 ~ ~ ~ ~), (2024-02-01 -1 ~ ~ ~ ~)}'::purchase_lines), first_purchase('1 0 {}'::purchase_lines);
SELECT * FROM period_moves('1 0 {(2023-12-05 -1 ~ ~ ~ ~)}', 'day') UNION ALL SELECT * FROM period_moves('1 0 {}', 'year');
SELECT * FROM period_moves('1 0 {(-4712-01-01 1 ~ ~ ~ ~)}', 'year');
SELECT * FROM period_moves('1 0 {(294276-12-31 1 ~ ~ ~ ~)}', 'year');
SELECT l.customer_id, first_purchase(l.lines), r.* FROM moves.customer l LEFT JOIN LATERAL period_moves(l.lines, 'quarter') r ON true ORDER BY l.customer_id, r.period_start, r.state;
SELECT period_moves(NULL, 'month');

SELECT revenue_between(l, '2024-01-31', '2024-02-01'), revenue_between(l, '2024-02-01', '2024-02-02'), revenue_between(l, '2024-03-01', '2024-03-02'), revenue_between(l, '2025-01-01', '2024-01-01'), revenue_between(l, '-infinity', 'infinity')
FROM (SELECT '1 0 {(2024-01-31 ~ ~ ~ ~ ~), (2024-01-31T23:59:59 2 ~ ~ ~ ~), (2024-02-01 -1.50 ~ ~ ~ ~), (2024-03-01 ~ ~ ~ ~ ~), (~ 100 ~ ~ ~ ~)}'::purchase_lines AS l) s;
-- all customers at once are the sum of each
SELECT * FROM unnest((SELECT revenue_moves(l.lines, 'quarter') FROM moves.customer l)) ORDER BY 1, 2;
SELECT count(*) AS rows, bool_and(a IS NOT DISTINCT FROM b) AS same
FROM (SELECT r.period_start, r.state, r.customers, r.revenue_before, r.revenue_after FROM unnest((SELECT revenue_moves(l.lines, 'day' ORDER BY l.customer_id DESC) FROM moves.customer l)) r) a
FULL JOIN (SELECT r.period_start, r.state, count(*), sum(r.revenue_before) AS revenue_before, sum(r.revenue_after) AS revenue_after FROM moves.customer l, period_moves(l.lines, 'day') r GROUP BY 1, 2) b USING (period_start, state);
-- decimals of different number
SELECT * FROM unnest((SELECT revenue_moves(l, 'year') FROM unnest(ARRAY['1 0 {(2024-01-01 1 ~ ~ ~ ~)}', '1 0 {(2020-01-01 0.125 ~ ~ ~ ~)}', '1 0 {(2024-01-01 2.5 ~ ~ ~ ~)}', NULL, '1 0 {}']::purchase_lines[]) l));
SELECT revenue_moves(NULL, 'year'), (SELECT revenue_moves(l, 'year') FROM unnest(ARRAY['1 0 {}']::purchase_lines[]) l);
SELECT revenue_moves(l, NULL) FROM unnest(ARRAY['1 0 {}']::purchase_lines[]) l;
SELECT revenue_moves(l, CASE WHEN n = 1 THEN 'day' ELSE 'year' END::purchase_period) FROM unnest(ARRAY['1 0 {}', '1 0 {}']::purchase_lines[]) WITH ORDINALITY u(l, n);
SELECT revenue_moves(l, 'day') FROM unnest(ARRAY['1 0 {(-4712-01-01 1 ~ ~ ~ ~)}', '1 0 {(2024-01-01 1 ~ ~ ~ ~)}']::purchase_lines[]) l;
SELECT revenue_moves(l, 'year' ORDER BY n) FROM (SELECT 0 AS n, '1 0 {(2024-01-01 0.000000000000000001 ~ ~ ~ ~)}'::purchase_lines AS l UNION ALL SELECT g, '1 0 {(2024-01-01 900000000000000000 ~ ~ ~ ~)}' FROM generate_series(1, 200) g) s;
SELECT revenue_moves(l, 'year' ORDER BY n DESC) FROM (SELECT 0 AS n, '1 0 {(2024-01-01 0.000000000000000001 ~ ~ ~ ~)}'::purchase_lines AS l UNION ALL SELECT g, '1 0 {(2024-01-01 900000000000000000 ~ ~ ~ ~)}' FROM generate_series(1, 200) g) s;
SELECT pt_revenue_moves_final('\x0102'), pt_revenue_moves_combine(NULL, NULL);

-- errors
SELECT revenue_change('nowhere', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)');
SELECT revenue_change(NULL, '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)');
SELECT revenue_change('moves', NULL, '[2024-02-01,2024-03-01)');
SELECT revenue_change('moves', '[2024-01-01,2024-02-01)', NULL);
SELECT revenue_change('moves', 'empty', '[2024-02-01,2024-03-01)');
SELECT revenue_change('moves', '(,2024-02-01)', '[2024-02-01,2024-03-01)');
SELECT revenue_change('moves', '[2024-01-01,2024-02-01)', '[2024-02-01,infinity)');
SELECT revenue_change('moves', '[0001-01-01,0002-01-01)', '[2024-02-01,2024-03-01)');
SELECT revenue_change('moves', '[1900-01-01,2024-02-01)', '[2024-02-01,2024-03-01)');
SELECT revenue_change('moves', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)', 'colour "); DROP');

-- rights: those of the caller, who reads the mart
CREATE ROLE pt_regress_moves;
SET ROLE pt_regress_moves;
SELECT revenue_change('moves', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)');
RESET ROLE;
SELECT grant_mart('moves', 'pt_regress_moves');
SET ROLE pt_regress_moves;
SELECT part, contribution FROM revenue_change('moves', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)', 'product') WHERE split = 'customers';
SELECT part, contribution FROM revenue_change('moves', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)') WHERE split = 'customers';
RESET ROLE;
SELECT drop_mart('moves'), drop_mart('orders_only'), drop_mart('nobody'), drop_mart('no_times');
DROP TABLE moved;
DROP ROLE pt_regress_moves;
