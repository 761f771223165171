-- Parts of cubes: what a kept mart keeps of all its customers (kept_cube.sql has the marts).

SET client_min_messages = warning;

/*--- plans and parts ---*/

SELECT pt_cube_plan_parts(cube_plan('{{0,0},{3,-3},{-5,0}}'::integer[]));
SELECT pt_cube_plan_parts(cube_calendar(cube_plan('{{-10},{-3}}'::integer[]), 'week from sunday'));
SELECT pt_cube_plan_parts(cube_plan('{}'::integer[])) AS none, pt_cube_plan_parts(NULL) IS NULL AS of_null,
	pt_cube_plan_parts(cube_filter(cube_plan('{{0}}'::integer[]), 1, '{1}')) IS NULL AS filters, pt_cube_plan_parts(cube_plan('{{0}}'::integer[], NULL, '2024-01-01', 90)) IS NULL AS windows,
	pt_cube_plan_parts(cube_plan('{{1},{0}}'::integer[], '{true,false}')) AS statistics;
SELECT p = pt_cube_plan_of_parts(pt_cube_plan_parts(p)) AS again
FROM (VALUES (cube_plan('{{0,0},{3,-3},{-5,0}}'::integer[])), (cube_plan('{}'::integer[])), (cube_calendar(cube_plan('{{-10},{-3}}'::integer[]), 'week from sunday'))) v(p);
SELECT pt_cube_plan_of_parts(NULL) IS NULL AS of_null;
SELECT pt_cube_plan_of_parts('{no plan}');
SELECT pt_cube_plan_of_parts(ARRAY[NULL]);
SELECT pt_cube_plan_of_parts(ARRAY['1 - {(1) (2)} {}']);
SELECT pt_cube_plan_of_parts(ARRAY['1 - {(1)s} {}', '1 - {(1)} {}']);
SELECT pt_cube_plan_of_parts(ARRAY['2 - {(-10)} "week from sunday" {}', '2 - {(-10)} "iso week" {}']);
SELECT pt_cube_plan_of_parts(array_fill('1 - {(1)} {}'::text, '{1001}'));

CREATE TABLE bought (customer integer, bought_at timestamp, amount numeric, product text);
INSERT INTO bought VALUES (1, '2024-01-01 10:00', 10, 'a'), (1, '2024-03-05 11:00', 5.5, 'b'), (2, '2024-02-01 12:00', 7, 'a'), (3, '2024-03-05 09:00', -2, 'a'), (3, '2024-03-06 09:00', 2.125, NULL);
CREATE VIEW basket AS
SELECT customer, purchase_lines(bought_at, amount, NULL::numeric, NULL::numeric, NULL::boolean, NULL::boolean, ARRAY[product], NULL::dimension_codes) AS lines
FROM bought GROUP BY customer;
CREATE FUNCTION p() RETURNS cube_plan LANGUAGE sql IMMUTABLE AS $$ SELECT cube_plan('{{0,0},{1,0},{1,-3}}'::integer[]) $$;
CREATE FUNCTION c(customers integer[]) RETURNS sales_cube LANGUAGE sql STABLE AS $$ SELECT sales_cube(lines, true, p()) FROM basket WHERE customer = ANY (customers) $$;
SELECT plan, cells FROM pt_cube_parts(c('{1,2,3}'), p());
SELECT plan, cells FROM pt_cube_parts(NULL, p());
SELECT count(*) FROM pt_cube_parts(c('{1}'), NULL);
SELECT * FROM pt_cube_parts(c('{1}'), cube_plan('{{0}}'::integer[]));
-- parts joined are the whole, in any order of groupings and with one asked for twice
SELECT pt_cube_of_parts(p(), array_agg(part), array_agg(NULL::sales_cube), NULL, NULL) = c('{1,2,3}') AS whole,
	pt_cube_of_parts(cube_plan('{{1,-3},{0,0},{1,-3}}'::integer[]), array_agg(part), array_agg(NULL::sales_cube), NULL, NULL)
		= (SELECT sales_cube(lines, true, cube_plan('{{1,-3},{0,0},{1,-3}}'::integer[])) FROM basket) AS others
FROM pt_cube_parts(c('{1,2,3}'), p());
-- a part that is not there
SELECT pt_cube_of_parts(cube_plan('{{0},{-5}}'::integer[]), array_agg(part), array_agg(NULL::sales_cube), NULL, NULL) IS NULL AS missing FROM pt_cube_parts(c('{1,2,3}'), p());
SELECT pt_cube_of_parts(p(), NULL, NULL, NULL, NULL) IS NULL AS no_parts, pt_cube_of_parts(NULL, NULL, NULL, NULL, NULL) IS NULL AS no_plan,
	pt_cube_of_parts(cube_plan('{}'::integer[]), NULL, NULL, NULL, NULL) IS NULL AS nothing_asked;
-- figures of some customers taken away, and of others added, are those of who is left
CREATE FUNCTION figures(cube sales_cube) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
	SELECT concat_ws(' ', grouping_number, codes::text, texts::text, line_count, customers, buyers, new_customers, orders, returns, trim_scale(revenue), trim_scale(new_revenue), first_purchase, last_purchase)
	FROM sales_cube_rows(cube) $$;
SELECT figures(pt_cube_of_parts(p(), array_agg(w.part), array_agg(NULL::sales_cube), NULL, c('{2}'))) FROM pt_cube_parts(c('{1,2,3}'), p()) w;
SELECT figures(c('{1,3}'));
-- the first or last of all may be gone; or is there again
SELECT pt_cube_of_parts(p(), array_agg(w.part), array_agg(NULL::sales_cube), c('{2}'), c('{1,2}')) IS NULL AS in_doubt,
	pt_cube_of_parts(p(), array_agg(w.part), array_agg(NULL::sales_cube), NULL, c('{3}')) IS NULL AS in_doubt_too,
	pt_cube_of_parts(p(), array_agg(w.part), array_agg(NULL::sales_cube), c('{1,3}'), c('{3,1}')) = c('{1,2,3}') AS again FROM pt_cube_parts(c('{1,2,3}'), p()) w;
-- by and by
SELECT figures(pt_cube_of_parts(p(), array_agg(a.part ORDER BY a.n, a.plan), array_agg(t.part ORDER BY a.n, a.plan), NULL, NULL))
FROM (VALUES (1, c('{1,2}'), NULL), (2, c('{3}'), c('{2}')), (3, c('{2}'), NULL)) v(n, added, taken)
CROSS JOIN LATERAL (SELECT v.n, a.* FROM pt_cube_parts(v.added, p()) a) a
JOIN LATERAL pt_cube_parts(v.taken, p()) t ON t.plan = a.plan;
SELECT figures(c('{1,2,3}'));
-- more than there was
SELECT pt_cube_of_parts(p(), array_agg(w.part), array_agg(NULL::sales_cube), NULL, c('{1,2,3}')) IS NULL AS more FROM pt_cube_parts(c('{1,2}'), p()) w;
-- all of it
SELECT count(*) FROM (SELECT figures(pt_cube_of_parts(p(), array_agg(w.part), array_agg(NULL::sales_cube), NULL, c('{1,2}'))) FROM pt_cube_parts(c('{1,2}'), p()) w) f;
SELECT pt_cube_of_parts(p(), ARRAY[c('{1}')], ARRAY[NULL::sales_cube], NULL, NULL);
SELECT pt_cube_of_parts(p(), ARRAY[c('{1}')], NULL, NULL, NULL);
SELECT pt_cube_of_parts(p(), array_agg(part), array_agg(NULL::sales_cube), sales_cube(b.lines, true, cube_plan('{{0}}'::integer[])), NULL) FROM pt_cube_parts(c('{1}'), p()) w, basket b;
SELECT pt_customer_cube(NULL, p()) IS NULL AS nothing, figures(pt_customer_cube(r.c, p())) AS total FROM (SELECT 'all_of_them'::text AS n) x, LATERAL (SELECT NULL::regclass AS c) r;
-- statistics: moments of who is left; all of them; more than there was
CREATE FUNCTION s() RETURNS cube_plan LANGUAGE sql IMMUTABLE AS $$ SELECT cube_plan('{{0},{1}}'::integer[], '{true,true}') $$;
CREATE FUNCTION d(customers integer[]) RETURNS sales_cube LANGUAGE sql STABLE AS $$ SELECT sales_cube(lines, true, s()) FROM basket WHERE customer = ANY (customers) $$;
CREATE FUNCTION moments(cube sales_cube) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
	SELECT concat_ws(' ', grouping_number, texts::text, sales_count(stats), trim_scale(sales_revenue(stats)), sales_stddev(stats), sales_min(stats), sales_max(stats)) FROM sales_cube_rows(cube) $$;
SELECT moments(d('{1,2,3}'));
SELECT moments(pt_cube_of_parts(s(), array_agg(w.part), array_agg(NULL::sales_cube), NULL, d('{1}'))) FROM pt_cube_parts(d('{1,2,3}'), s()) w;
SELECT moments(d('{2,3}'));
SELECT pt_cube_of_parts(s(), array_agg(w.part), array_agg(NULL::sales_cube), d('{3,1}'), d('{1,3}')) = d('{1,2,3}') AS again,
	pt_cube_of_parts(s(), array_agg(w.part), array_agg(NULL::sales_cube), NULL, d('{1,2,3}'))::text AS none,
	pt_cube_of_parts(s(), array_agg(NULL::sales_cube), array_agg(w.part), NULL, NULL) IS NULL AS more FROM pt_cube_parts(d('{1,2,3}'), s()) w;
-- ... by and by, first too much, with more decimals later; and what no rows have
SELECT moments(pt_cube_of_parts(s(), array_agg(a.part ORDER BY a.n, a.plan), array_agg(t.part ORDER BY a.n, a.plan), NULL, NULL))
FROM (VALUES (1, d('{1}'), d('{2}')), (2, d('{3}'), d('{1}')), (3, d('{2}'), NULL), (4, d('{2}'), NULL)) v(n, added, taken)
CROSS JOIN LATERAL (SELECT v.n, a.* FROM pt_cube_parts(v.added, s()) a) a
JOIN LATERAL pt_cube_parts(v.taken, s()) t ON t.plan = a.plan;
SELECT replace(d('{2}')::text, '{1 ' , '{2 ')::sales_cube;
SELECT regexp_replace(d('{2}')::text, '- -', '7 7')::sales_cube;
SELECT regexp_replace(d('{2}')::text, '<[^>]*>', '<1 0 0 {0} {0} {0}>')::sales_cube;
SELECT regexp_replace(d('{2}')::text, '<[^>]*>', '<1 0 0 {0} {0} {2 -3 5 - -}>')::sales_cube;
SELECT regexp_replace(d('{2}')::text, '<[^>]*>', '<1 0 0 {0} {0} {1 3 9 - - 1}>')::sales_cube;
SELECT pt_cube_of_parts(cube_plan('{{0}}'::integer[], '{true}'), array_fill(c, '{8}'), array_fill(NULL::sales_cube, '{8}'), NULL, NULL)
FROM (SELECT regexp_replace((SELECT sales_cube(lines, true, cube_plan('{{0}}'::integer[], '{true}')) FROM basket)::text, '<[^>]*>', '<1 0 0 {0} {0} {2305843009213693952 0 0 - -}>')::sales_cube AS c) x;
DROP FUNCTION moments(sales_cube), d(integer[]), s();
DROP FUNCTION figures(sales_cube), c(integer[]), p();
DROP VIEW basket;
DROP TABLE bought;
