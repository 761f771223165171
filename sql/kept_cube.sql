-- What a kept mart keeps of all its customers: plans and parts, and views that read them, whatever happens.

SET client_min_messages = warning;

/*--- plans and parts ---*/

SELECT pt_cube_plan_parts(cube_plan('{{0,0},{3,-3},{-5,0}}'::integer[]));
SELECT pt_cube_plan_parts(cube_calendar(cube_plan('{{-10},{-3}}'::integer[]), 'week from sunday'));
SELECT pt_cube_plan_parts(cube_plan('{}'::integer[])) AS none, pt_cube_plan_parts(NULL) IS NULL AS of_null,
	pt_cube_plan_parts(cube_filter(cube_plan('{{0}}'::integer[]), 1, '{1}')) IS NULL AS filters, pt_cube_plan_parts(cube_plan('{{0}}'::integer[], NULL, '2024-01-01', 90)) IS NULL AS windows,
	pt_cube_plan_parts(cube_plan('{{1},{0}}'::integer[], '{true,false}')) IS NULL AS statistics;
SELECT p = pt_cube_plan_of_parts(pt_cube_plan_parts(p)) AS again
FROM (VALUES (cube_plan('{{0,0},{3,-3},{-5,0}}'::integer[])), (cube_plan('{}'::integer[])), (cube_calendar(cube_plan('{{-10},{-3}}'::integer[]), 'week from sunday'))) v(p);
SELECT pt_cube_plan_of_parts(NULL) IS NULL AS of_null;
SELECT pt_cube_plan_of_parts('{no plan}');
SELECT pt_cube_plan_of_parts(ARRAY[NULL]);
SELECT pt_cube_plan_of_parts(ARRAY['1 - {(1) (2)} {}']);
SELECT pt_cube_plan_of_parts(ARRAY['1 - {(1)s} {}']);
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

/*--- a mart: the same as a live one, by what is kept ---*/

CREATE TABLE sold (customer integer, order_id integer, bought_at timestamp, amount numeric(10,2), product text, category text);
CREATE INDEX ON sold (customer);
INSERT INTO sold SELECT nullif(g % 31, 0), g / 2, timestamp '2024-01-03' + g % 100 * interval '31 hours', g * 37 % 500 / 10.0 - 2, 'p' || g % 7, 'c' || g % 7 % 3 FROM generate_series(1, 600) g;
SELECT count(*) > 20 AS views FROM create_mart('kept', 'sold', purchased_at => 'bought_at', mode => 'kept');
SELECT count(*) > 20 AS views FROM create_mart('live', 'sold', purchased_at => 'bought_at');
CREATE FUNCTION differing() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v text;
	differ boolean;
	result text := '';
BEGIN
	FOREACH v IN ARRAY '{kpi_total,kpi_month,kpi_day,kpi_period,mart_as_of,dim_date,dim_product,top_product,product_trend,purchase_rhythm,series_basis,revenue_change_month,revenue_change_period}'::text[] LOOP
		EXECUTE format('SELECT (SELECT array_agg(x::text ORDER BY x::text COLLATE "C") FROM kept.%1$I x) IS DISTINCT FROM (SELECT array_agg(x::text ORDER BY x::text COLLATE "C") FROM live.%1$I x)', v) INTO differ;
		result := result || CASE WHEN differ THEN v || ' ' ELSE '' END;
	END LOOP;
	FOREACH v IN ARRAY '{overview,trends}'::text[] LOOP
		IF mart_dashboard('kept', '{}', v) - '{mart,freshness,marts}'::text[] <> mart_dashboard('live', '{}', v) - '{mart,freshness,marts}'::text[]
			OR mart_dashboard('kept', '{"category": ["c1"]}', v) - '{mart,freshness,marts}'::text[] <> mart_dashboard('live', '{"category": ["c1"]}', v) - '{mart,freshness,marts}'::text[] THEN
			result := result || 'page ' || v || ' ';
		END IF;
	END LOOP;
	RETURN coalesce(nullif(result, ''), 'none') || (SELECT coalesce(string_agg(', ' || what, ''), '') FROM verify_mart('kept'));
END $$;
SELECT differing();
-- the views read none of the customers that are kept
-- (plans as for large tables)
CREATE FUNCTION reads(view text) RETURNS numeric LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE format('EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off, FORMAT json) SELECT * FROM kept.%I', view) INTO plan;
	RETURN (SELECT coalesce(sum((n ->> 'Actual Rows')::numeric * (n ->> 'Actual Loops')::numeric), 0) FROM jsonb_path_query(plan, '$.**?(@."Relation Name" == "kept_customer" || @."Relation Name" == "sold")') n);
END $$;
SELECT view, reads(view) AS kept_rows FROM unnest('{kpi_total,kpi_month,mart_as_of,dim_product,product_trend,series_basis}'::text[]) view;
-- what is pending
INSERT INTO sold VALUES (1, 9001, '2024-05-20 10:00', 12, 'p1', 'c1'), (77, 9002, '2024-05-21 11:00', 8.25, 'new', 'c9'), (NULL, 9003, '2024-05-22 00:00', 3, 'p2', 'c2');
SELECT differing();
SELECT full_rebuild FROM refresh_mart('kept');
SELECT differing(), (SELECT count(DISTINCT number) FROM kept.kept_cube) AS rounds;
-- the last purchase goes, and the first, pending and then refreshed
DELETE FROM sold WHERE bought_at = '2024-05-22 00:00';
SELECT differing();
SELECT full_rebuild FROM refresh_mart('kept');
SELECT differing();
DELETE FROM sold WHERE customer = 77;
DELETE FROM sold WHERE bought_at = (SELECT min(bought_at) FROM sold);
SELECT differing();
SELECT full_rebuild FROM refresh_mart('kept');
SELECT differing();
-- times of whole days only
BEGIN;
UPDATE sold SET bought_at = date_trunc('day', bought_at);
SELECT differing();
SELECT full_rebuild FROM refresh_mart('kept', true);
SELECT differing();
INSERT INTO sold VALUES (5, 9004, '2024-04-01 10:00', 1, 'p1', 'c1');
SELECT differing();
ROLLBACK;
-- customers who go, change their number, and come back
UPDATE sold SET customer = 3 WHERE customer = 4;
DELETE FROM sold WHERE customer = 6;
SELECT differing();
SELECT full_rebuild FROM refresh_mart('kept');
SELECT differing();
INSERT INTO sold VALUES (4, 9005, '2024-04-01 10:00', 1.75, 'p9', 'c1'), (6, 9006, '2024-04-02', NULL, NULL, NULL);
SELECT differing();
-- many refreshes: their changes become part of the whole
DO $$ BEGIN
	FOR i IN 1 .. 120 LOOP
		INSERT INTO sold VALUES (i % 40, 10000 + i, timestamp '2024-05-01' + i * interval '3 hours', i, 'p' || i % 9, 'c' || i % 9 % 3);
		DELETE FROM sold WHERE order_id = 100 + i;
		PERFORM refresh_mart('kept');
	END LOOP;
END $$;
SELECT differing(), (SELECT count(DISTINCT number) FROM kept.kept_cube) AS rounds, (SELECT count(*) FROM kept.kept_total) AS totals;
-- everything may have changed, nothing is left, and it begins anew
BEGIN;
TRUNCATE sold;
SELECT differing();
SELECT full_rebuild FROM refresh_mart('kept');
SELECT differing();
INSERT INTO sold VALUES (1, 1, '2024-01-01', 1, 'p1', 'c1');
SELECT differing();
SELECT full_rebuild FROM refresh_mart('kept');
SELECT differing();
ROLLBACK;
-- another calendar, another moment to look from
SELECT set_mart_calendar('kept', 'week from sunday'), set_mart_calendar('live', 'week from sunday');
SELECT differing();
SELECT plan, reads('kpi_period') AS kept_rows FROM kept.kept_cube WHERE plan LIKE '%(-10)%';
INSERT INTO sold VALUES (2, 9050, '2024-03-31 10:00', 5, 'p1', 'c1');
SELECT full_rebuild FROM refresh_mart('kept');
SELECT differing();
SELECT set_mart_as_of('kept', '2024-04-01 12:00'), set_mart_as_of('live', '2024-04-01 12:00');
SELECT differing();
INSERT INTO sold VALUES (2, 9101, '2024-03-31 10:00', 5, 'p1', 'c1'), (2, 9102, '2024-06-01 10:00', 5, 'p1', 'c1');
SELECT differing();
-- what has no part is counted by a pass; what somebody wrote there is found
DELETE FROM kept.kept_cube WHERE plan LIKE '%(-3)%';
SELECT differing();
UPDATE kept.kept_total SET repeat_customers = repeat_customers + 1;
SELECT differing();
SELECT full_rebuild FROM refresh_mart('kept', true);
SELECT differing();
-- for readers, and by comparison
CREATE ROLE regress_kept_cube_reader;
SELECT grant_mart('kept', 'regress_kept_cube_reader');
SET ROLE regress_kept_cube_reader;
SELECT count(*) > 0 AS months FROM kept.kpi_month;
SELECT mart_dashboard('kept', '{}', 'trends') -> 'kpi' IS NOT NULL AS page;
RESET ROLE;
SELECT set_mart_mode('kept', 'kept', 'compare');
INSERT INTO sold VALUES (2, 9103, '2024-03-30 10:00', 5, 'p1', 'c1');
SELECT differing() <> 'none' AS behind;
SELECT full_rebuild FROM refresh_mart('kept');
SELECT differing();
SELECT set_mart_mode('kept', 'live');
SELECT (SELECT x FROM kept.kpi_total x)::text = (SELECT x FROM live.kpi_total x)::text AS same;
DROP FUNCTION differing(), reads(text);
SELECT drop_mart('kept'), drop_mart('live');
DROP ROLE regress_kept_cube_reader;
DROP TABLE sold;
DROP FUNCTION figures(sales_cube), c(integer[]), p();
DROP VIEW basket;
DROP TABLE bought;
