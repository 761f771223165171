-- What a kept mart keeps of all its customers: views that read it are those of a live mart, whatever happens.

SET client_min_messages = warning;

CREATE TABLE sold (customer integer, order_id integer, bought_at timestamp, amount numeric(10,2), product text, category text, discounted boolean, shipping_type text);
CREATE INDEX ON sold (customer);
INSERT INTO sold SELECT nullif(g % 31, 0), g / 2, timestamp '2024-01-03' + g % 100 * interval '31 hours', g * 37 % 500 / 10.0 - 2, 'p' || g % 7, 'c' || g % 7 % 3, nullif(g % 5, 4) < 2, 's' || nullif(g % 4, 3) FROM generate_series(1, 600) g;
SELECT count(*) > 20 AS views FROM create_mart('kept', 'sold', purchased_at => 'bought_at', mode => 'kept');
SELECT count(*) > 20 AS views FROM create_mart('live', 'sold', purchased_at => 'bought_at');
CREATE FUNCTION differing() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v text;
	differ boolean;
	result text := '';
BEGIN
	FOREACH v IN ARRAY '{kpi_total,kpi_month,kpi_day,kpi_period,mart_as_of,dim_date,dim_product,top_product,product_trend,purchase_rhythm,series_basis,revenue_change_month,revenue_change_period,sales_stratum,discount_effect,group_comparison,shipping_comparison}'::text[] LOOP
		EXECUTE format('SELECT (SELECT array_agg(x::text ORDER BY x::text COLLATE "C") FROM kept.%1$I x) IS DISTINCT FROM (SELECT array_agg(x::text ORDER BY x::text COLLATE "C") FROM live.%1$I x)', v) INTO differ;
		result := result || CASE WHEN differ THEN v || ' ' ELSE '' END;
	END LOOP;
	FOREACH v IN ARRAY '{overview,products,trends}'::text[] LOOP
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
SELECT view, reads(view) AS kept_rows FROM unnest('{kpi_total,kpi_month,mart_as_of,dim_product,product_trend,series_basis,sales_stratum,discount_effect,group_comparison,shipping_comparison}'::text[]) view;
-- ... and there is something to compare
SELECT (SELECT count(*) FROM kept.sales_stratum) > 30 AS strata, (SELECT count(*) FROM kept.discount_effect WHERE difference IS NOT NULL) > 3 AS effects, (SELECT count(*) FROM kept.shipping_comparison) AS pairs;
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
SELECT plan FROM kept.kept_cube WHERE plan LIKE '%(-10)%';
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
