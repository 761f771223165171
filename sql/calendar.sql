-- Calendars: their texts, periods and labels; plans and marts that count by them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS purchase_trends;
RESET client_min_messages;
SET datestyle = 'ISO, YMD';
\set VERBOSITY default

-- texts, and how they are written back
SELECT t.text, t.text::sales_calendar, t.text::sales_calendar::text::sales_calendar = t.text::sales_calendar AS same
FROM (VALUES (1, 'month'), (2, 'fiscal year from july'), (3, 'Fiscal year from APR, named by the end'), (4, 'fiscal year from january, named by the start'), (5, 'iso week'), (6, 'week from monday'), (7, 'week from Sun'),
	(8, '4-5-4 nrf'), (9, '4-5-4 nrf, named by the end'), (10, '4-4-5, years end on the last saturday of september'), (11, '5-4-4 years end on the fri nearest the end of dec named by the start')) AS t(n, text)
ORDER BY t.n;
SELECT '4-4-5'::sales_calendar;
SELECT '4-4 nrf'::sales_calendar;
SELECT 'fiscal year from jully'::sales_calendar;
SELECT 'fiscal year'::sales_calendar;
SELECT 'week'::sales_calendar;
SELECT 'week from'::sales_calendar;
SELECT ''::sales_calendar;
SELECT 'months'::sales_calendar;
SELECT 'month named by the start'::sales_calendar;
SELECT '4-5-4, years end on the saturday of january'::sales_calendar;
SELECT repeat('x', 200)::sales_calendar;
SELECT NULL::sales_calendar;

-- made of numbers
SELECT month_calendar(), month_calendar(7), month_calendar(7, false), week_calendar(), week_calendar(7), retail_calendar('4-5-4'), retail_calendar('4-4-5', 9, 6, false, false);
SELECT month_calendar(4, NULL) = 'fiscal year from april' AS same, month_calendar(1, false) = 'month' AS january, week_calendar(1) <> week_calendar(2) AS differ;
SELECT month_calendar(13);
SELECT month_calendar(0);
SELECT month_calendar(NULL);
SELECT week_calendar(8);
SELECT week_calendar(NULL);
SELECT retail_calendar('4-4-4');
SELECT retail_calendar(NULL);
SELECT retail_calendar('4-4-5', nearest => NULL);
SELECT retail_calendar('4-4-5', 0);

-- NRF 2023 has 53 weeks: https://nrf.com/resources/4-5-4-calendar
SELECT * FROM calendar_periods('4-5-4 nrf', '2023-01-29', '2024-02-04');
SELECT * FROM calendar_periods('iso week', '2020-12-27', '2021-01-04');
SELECT * FROM calendar_periods('month', '2024-02-29', '2024-03-01');
SELECT * FROM calendar_periods('month', '2024-03-01', '2024-02-29');
SELECT * FROM calendar_periods(NULL, '2024-03-01', '2024-02-29');
SELECT count(*) FROM calendar_periods('iso week', '0001-01-01', '9999-12-31');
SELECT * FROM calendar_period('week from sunday', '2020-01-01');
SELECT * FROM calendar_period('fiscal year from july', '2024-06-30');
SELECT calendar_period('month', NULL);

-- periods follow each other without gaps, and each day is in one
SELECT c.calendar::text, count(*), min(p.day_count), max(p.day_count), bool_and(p.period_end - p.period_start + 1 = p.day_count) AS lengths,
	bool_and(p.before IS NULL OR p.before + 1 = p.period_start) AS no_gaps, bool_and(calendar_range(c.calendar, p.period_label) = daterange(p.period_start, p.period_end, '[]')) AS labels, count(DISTINCT p.period_label) = count(*) AS differ
FROM unnest(ARRAY['month', 'fiscal year from july', 'iso week', 'week from sunday', '4-5-4 nrf', '4-4-5, years end on the last saturday of september', '5-4-4, years end on the friday nearest the end of december']::sales_calendar[]) AS c(calendar)
CROSS JOIN LATERAL (SELECT p.*, lag(p.period_end) OVER (ORDER BY p.period_start) AS before FROM calendar_periods(c.calendar, '1901-01-01', '2100-12-31') p) p
GROUP BY c.calendar::text
ORDER BY c.calendar::text COLLATE "C";

-- labels
SELECT calendar_range('4-5-4 nrf', 'FY2023-P12'), calendar_range('iso week', '2020-W53'), calendar_range('fiscal year from july', 'FY2024-P01'), calendar_range('month', '2024-02'), calendar_range('month', NULL);
SELECT calendar_range('iso week', '2021-W53');
SELECT calendar_range('iso week', '2021-W1');
SELECT calendar_range('month', '2024-13');
SELECT calendar_range('month', '2024-00');
SELECT calendar_range('4-5-4 nrf', '2024-03');
SELECT calendar_range('month', '99999999999999999999-01');
SELECT calendar_range('month', '');

-- the ends of time
SELECT period_start, period_year, period_number, period_label FROM calendar_period('month', '4713-01-01 BC');
SELECT period_start, period_year, period_number FROM calendar_period('iso week', '0001-01-01 BC');
SELECT period_start, period_end, period_year FROM calendar_period('4-5-4 nrf', '294276-12-31');
SELECT calendar_period('4-5-4 nrf', '4714-11-24 BC');
SELECT calendar_period('month', 'infinity');
SELECT calendar_period('month', '294277-01-01');
SELECT * FROM calendar_periods('month', '-infinity', '2024-01-01');
SELECT count(*) FROM calendar_periods('iso week', '0001-01-01', '9000-01-01 AD') WHERE period_number = 53;
SELECT count(*) FROM calendar_periods('iso week', '4000-01-01 BC', '9000-01-01');

-- bytes
SELECT sales_calendar_send('month'), sales_calendar_send('week from sunday'), sales_calendar_send('4-5-4 nrf');

-- plans
SELECT cube_calendar(cube_plan('{{-10,0},{0,0}}'::integer[]), '4-5-4 nrf') AS plan, cube_calendar(cube_plan('{{-10}}'::integer[]), 'month') AS months, cube_calendar(NULL, 'month') AS nothing;
SELECT cube_filter(cube_calendar(cube_plan('{{-10},{0}}'::integer[]), 'iso week'), -10, '{2,-5}', NULL, false, '{1}') AS plan,
	cube_filter(cube_calendar(cube_plan('{{-10},{0}}'::integer[]), 'iso week'), -10, '{2,-5}', NULL, false, '{1}') = cube_calendar(cube_filter(cube_plan('{{-10},{0}}'::integer[]), -10, '{2,-5}', NULL, false, '{1}'), 'iso week') AS in_any_order,
	cube_calendar(cube_calendar(cube_plan('{{-10}}'::integer[]), 'iso week'), 'month') = cube_plan('{{-10}}'::integer[]) AS taken_away;
SELECT '2 - {(-10)} {}'::cube_plan;
SELECT '2 - {(-10)} "monthly" {}'::cube_plan;
SELECT '2 - {(-10)} "month" {}'::cube_plan;
SELECT '1 - {(-10)} "iso week" {}'::cube_plan;
SELECT '1 - {(-11)} {}'::cube_plan;

-- a customer with two lines in ISO week 1 of 2025, one of them in December, and one in week 2
SELECT date '2000-01-01' + r.codes[1] AS period, r.orders, r.buyers, r.new_customers, r.returning_customers, r.revenue
FROM sales_cube_rows((SELECT sales_cube('1 0 {(2024-12-30 1 ~ ~ ~ ~), (2025-01-05 10 ~ ~ ~ ~), (2025-01-06 100 ~ ~ ~ ~), (~ 1000 ~ ~ ~ ~)}', true, cube_calendar(cube_plan('{{-10}}'::integer[]), 'iso week')))) r;
SELECT * FROM unnest((SELECT calendar_moves(l, 'iso week') FROM unnest(ARRAY['1 0 {(2024-12-30 1 ~ ~ ~ ~), (2025-01-05 10 ~ ~ ~ ~), (2025-01-06 100 ~ ~ ~ ~)}', NULL, '1 0 {(2025-01-19 5 ~ ~ ~ ~)}']::purchase_lines[]) l));
SELECT calendar_moves(l, NULL) FROM unnest(ARRAY['1 0 {}']::purchase_lines[]) l;
SELECT calendar_moves(l, CASE n WHEN 1 THEN 'iso week' ELSE 'month' END::sales_calendar) FROM unnest(ARRAY['1 0 {}', '1 0 {}']::purchase_lines[]) WITH ORDINALITY u(l, n);
SELECT pt_revenue_moves_combine(pt_revenue_moves_accum(NULL, '1 0 {}', 'month'), pt_calendar_moves_accum(NULL, '1 0 {}', 'month'));
SELECT calendar_moves('1 0 {(294276-12-31 1 ~ ~ ~ ~)}', '4-4-5 nrf');

-- a mart
SET client_min_messages = warning;
CREATE TABLE calendar_sold (customer_id int, purchased_at date, amount numeric(9,2));
-- the last week of the 53 of FY2023, its first one, and the same period number of FY2024
INSERT INTO calendar_sold VALUES (1, '2023-01-29', 10), (2, '2024-02-03', 20), (1, '2024-02-04', 40), (3, '2024-12-29', 80), (1, '2025-01-31', 160);
SELECT count(*) > 20 FROM create_mart('calendar_shop', 'calendar_sold', calendar => '4-5-4 nrf');
SELECT calendar FROM calendar_shop.mart;
SELECT period_label, day_count, purchases, customers, revenue, new_customers, returning_customers, revenue_per_day, revenue_before, revenue_year_before, moving_average_3_periods, complete
FROM calendar_shop.kpi_period WHERE revenue > 0 ORDER BY period_start;
SELECT set_mart_calendar('calendar_shop', 'iso week');
SELECT period_label, revenue, revenue_year_before, complete FROM calendar_shop.kpi_period WHERE revenue > 0 ORDER BY period_start;
SELECT period_label, split, part, figure_before, figure_after, contribution FROM calendar_shop.revenue_change_period WHERE contribution <> 0 ORDER BY period_start, split_sort, part_sort;
SELECT day, period_start, period_year, period_number, period_label FROM calendar_shop.dim_date WHERE day IN ('2024-12-29', '2024-12-30') ORDER BY day;
SELECT set_mart_calendar('calendar_shop', 'weekly');
SELECT set_mart_calendar('calendar_shop', NULL);
SELECT upgrade_mart('calendar_shop');
SELECT calendar FROM calendar_shop.mart;
SELECT count(*) FROM create_mart('calendar_bad', 'calendar_sold', calendar => 'fiscal year from 7');
SELECT count(*) FROM create_mart('calendar_bad', 'calendar_sold', calendar => NULL);
DELETE FROM calendar_sold;
SELECT count(*) FROM calendar_shop.kpi_period;
SELECT count(*) FROM calendar_shop.revenue_change_period;
SELECT count(*) FROM calendar_shop.dim_date;
SELECT drop_mart('calendar_shop');
ALTER TABLE calendar_sold DROP COLUMN purchased_at;
SELECT count(*) > 5 FROM create_mart('calendar_shop', 'calendar_sold', calendar => 'iso week');
SELECT calendar FROM calendar_shop.mart;
SELECT set_mart_calendar('calendar_shop', 'month');
SELECT drop_mart('calendar_shop');
DROP TABLE calendar_sold;
