-- What a kept mart keeps for data_quality: the checks are those of a live mart, whatever happens.

SET client_min_messages = warning;
SET jit = off;

CREATE TABLE sold (line integer, cust text, ord integer, bought_at timestamp, amount numeric, quantity integer, product text, category text,
	gender text, age integer, location text, subscribed text, discount_amount numeric, previous_purchases integer, purchase_frequency text);
CREATE INDEX ON sold (cust);
CREATE FUNCTION make_sold(first integer, last integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO sold
	SELECT g, 'c' || g / 3 % 97, g / 2, timestamp '2024-01-03' + g / 2 % 100 * interval '31 hours', (g * 37 % 500 - 40) / 10.0, 1 + g % 3, 'p' || g % 13, 'k' || g % 13 % 4,
		(ARRAY['F', 'M'])[1 + g / 3 % 97 % 2], 20 + g / 3 % 97 % 50, 'place ' || g / 3 % 97 % 9, (ARRAY['Yes', 'No'])[1 + g / 3 % 97 % 2], g % 4, g / 3 % 97 % 12, (ARRAY['Weekly', 'Monthly'])[1 + g / 3 % 97 % 2]
	FROM generate_series(first, last) g
$$;
SELECT make_sold(1, 600);
CREATE FUNCTION make_marts(mode text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
	arguments text;
	n integer := 0;
BEGIN
	FOREACH arguments IN ARRAY ARRAY['customer_id => ''cust'', order_id => ''ord''', 'customer_id => ''cust'', roles => ''{"order_id": null}''',
		'customer_id => ''cust'', order_id => ''ord'', roles => ''{"purchased_at": null}''', 'customer_id => ''cust'', order_id => ''ord::text'', row_filter => ''category <> ''''k3''''''',
		'customer_id => ''substr(cust, 2)'', order_id => ''ord'', roles => ''{"age": null, "gender": null, "location": null, "previous_purchases": null, "subscribed": null, "purchase_frequency": null}'''] LOOP
		n := n + 1;
		EXECUTE format('SELECT count(*) FROM create_mart(%L, ''sold'', %s%s, mode => %L)', mode || n, arguments, CASE WHEN n <> 3 THEN ', purchased_at => ''bought_at''' ELSE '' END, mode);
	END LOOP;
	PERFORM set_mart_as_of(mode || '4', '2024-04-01 12:00');
	RETURN n;
END $$;
SELECT make_marts('live') AS live, make_marts('kept') AS kept;
CREATE FUNCTION differing(mart integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format($q$
		SELECT string_agg(format('%%s(%%s): %%s / %%s', coalesce(k.check_name, l.check_name), coalesce(k.subject, l.subject), k, l), E'\n' ORDER BY k.check_name, k.subject)
		FROM (SELECT q.*, row_number() OVER (PARTITION BY q.check_name, q.subject ORDER BY q::text) AS i FROM kept%1$s.data_quality q) k
		FULL JOIN (SELECT q.*, row_number() OVER (PARTITION BY q.check_name, q.subject ORDER BY q::text) AS i FROM live%1$s.data_quality q) l
			ON k.check_name = l.check_name AND k.subject IS NOT DISTINCT FROM l.subject AND k.i = l.i
		-- the values that the marts know differ
		WHERE k IS DISTINCT FROM l AND coalesce(k.check_name, l.check_name) <> 'labels differ only in case or blanks'$q$, mart) INTO result;
	RETURN result;
END $$;
CREATE FUNCTION verified(mart integer) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(concat_ws(' ', v.customer_id, v.part, v.what), ', ') FROM verify_mart('kept' || mart) v $$;
SELECT n, differing(n), verified(n) FROM generate_series(1, 5) n;
-- how many are read from the source: some orders of two customers, and customers whose orders have lines that are alike
SELECT (SELECT count(*) FROM kept1.kept_odd) AS odd, (SELECT count(*) FROM kept1.kept_order) AS orders, (SELECT mostly_odd FROM kept1.kept_quality) AS mostly,
	(SELECT count(*) FROM sold a WHERE EXISTS (SELECT FROM sold b WHERE b.ord = a.ord AND b.cust <> a.cust)) AS shared_lines;
SELECT check_name, subject, row_count, round(row_share::numeric, 4) AS share, example FROM kept1.data_quality WHERE row_count > 0 ORDER BY 1, 2;
-- with nothing pending and nobody odd, no row of the source or customer is read
BEGIN;
DELETE FROM sold a WHERE EXISTS (SELECT FROM sold b WHERE b.ord = a.ord AND b.cust <> a.cust);
SELECT full_rebuild FROM refresh_mart('kept1', true);
CREATE FUNCTION reads(view text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE format('EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off, FORMAT json) SELECT * FROM %s', view) INTO plan;
	RETURN (SELECT coalesce(sum((n ->> 'Actual Rows')::numeric * (n ->> 'Actual Loops')::numeric), 0) FROM jsonb_path_query(plan, '$.**?(@."Relation Name" == "kept_customer" || @."Relation Name" == "sold")') n);
END $$;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
SELECT differing(1), reads('kept1.data_quality');
INSERT INTO sold SELECT 9000, 'c5', 9000, '2024-02-02', 5, 1, 'p1', 'k1', gender, age, location, subscribed, 0, previous_purchases, purchase_frequency FROM sold WHERE cust = 'c5' LIMIT 1;
SELECT differing(1);
ROLLBACK;

-- many changes of every kind
CREATE FUNCTION change(kind integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	l integer[] := ARRAY(SELECT s.line FROM (SELECT DISTINCT line FROM sold) s ORDER BY random() LIMIT 3);
	c text := 'c' || floor(random() * 97);
BEGIN
	CASE kind
		WHEN 0 THEN PERFORM make_sold(1000 + l[1], 1002 + l[1]);
		WHEN 1 THEN UPDATE sold SET cust = c WHERE line = ANY (l);
		WHEN 2 THEN UPDATE sold SET ord = 10 + floor(random() * 20) WHERE line = ANY (l);
		WHEN 3 THEN UPDATE sold SET bought_at = bought_at + interval '1 day' * floor(random() * 3) WHERE line = ANY (l);
		WHEN 4 THEN UPDATE sold SET amount = (ARRAY[0, -12.5, 1.555, 7, NULL, -400])[1 + floor(random() * 6)] WHERE line = ANY (l);
		WHEN 5 THEN INSERT INTO sold SELECT * FROM sold WHERE line = ANY (l);
		WHEN 6 THEN DELETE FROM sold WHERE line = ANY (l);
		WHEN 7 THEN UPDATE sold SET age = 150 - age WHERE line = ANY (l[1:1]); UPDATE sold SET location = 'moved' WHERE line = ANY (l[2:2]); UPDATE sold SET gender = NULL, subscribed = 'No' WHERE line = ANY (l[3:3]);
		WHEN 8 THEN UPDATE sold SET ord = NULL WHERE line = ANY (l[1:1]); UPDATE sold SET bought_at = NULL, product = NULL WHERE line = ANY (l[2:2]); UPDATE sold SET cust = NULL, category = NULL WHERE line = ANY (l[3:3]);
		WHEN 9 THEN UPDATE sold SET bought_at = (ARRAY['infinity', '9999-12-31', '2024-05-05 05:05', '2031-01-01'])[1 + floor(random() * 4)]::timestamp, discount_amount = (ARRAY[-1, NULL, 0.5, 1.005])[1 + floor(random() * 4)] WHERE line = ANY (l[1:2]);
			UPDATE sold SET previous_purchases = -1, subscribed = 'maybe', purchase_frequency = 'now and then' WHERE line = l[3];
		WHEN 10 THEN UPDATE sold SET cust = (ARRAY['Guest ', '-1', '', 'unknown'])[1 + floor(random() * 4)] WHERE line = ANY (l);
		-- all of a customer as it should be
		WHEN 11 THEN UPDATE sold s SET cust = c, ord = s.line, bought_at = timestamp '2024-02-01' + s.line % 50 * interval '1 hour', amount = s.line % 90 / 4.0, quantity = 1, product = 'p' || s.line % 13, category = 'k' || s.line % 4, gender = 'F', age = 33, location = 'home',
				subscribed = 'Yes', discount_amount = 1, previous_purchases = 3, purchase_frequency = 'Weekly' WHERE s.cust = c OR s.cust IS NULL AND random() < 0.3;
		WHEN 12 THEN DELETE FROM sold WHERE cust = c;
		-- the total of the order on each line
		WHEN 13 THEN UPDATE sold SET amount = 9 WHERE ord = (SELECT s.ord FROM sold s WHERE s.line = l[1] LIMIT 1);
	END CASE;
	RETURN NULL;
END $$;
SELECT setseed(0.25);
CREATE TABLE wrong (step integer, kind integer, moment text, mart integer, what text);
DO $$
DECLARE
	k integer;
	m integer;
BEGIN
	FOR i IN 1 .. 40 LOOP
		k := floor(random() * 14);
		PERFORM change(k);
		m := 1 + i % 5;
		INSERT INTO wrong SELECT i, k, 'pending', m, d FROM differing(m) d WHERE d IS NOT NULL;
		IF random() < 0.5 THEN
			PERFORM refresh_mart('kept' || n) FROM generate_series(1, 5) n WHERE n = m OR random() < 0.5;
			INSERT INTO wrong SELECT i, k, 'refreshed', m, d FROM differing(m) d WHERE d IS NOT NULL;
		END IF;
		IF i % 20 = 0 THEN
			INSERT INTO wrong SELECT i, k, 'all', n, d FROM generate_series(1, 5) n, differing(n) d WHERE d IS NOT NULL;
			INSERT INTO wrong SELECT i, k, 'verified', n, d FROM generate_series(1, 5) n, verified(n) d WHERE d IS NOT NULL;
		END IF;
	END LOOP;
END $$;
SELECT * FROM wrong;
SELECT count(*) AS full_rebuilds FROM generate_series(1, 5) n, refresh_mart('kept' || n, true) r WHERE r.full_rebuild;
SELECT n, differing(n), verified(n) FROM generate_series(1, 5) n;
-- what somebody wrote there is found
BEGIN;
UPDATE kept1.kept_quality SET counts[1] = counts[1] + 1;
SELECT verified(1);
ROLLBACK;
-- what refreshes have put into kept_order is sorted out where it has become much
BEGIN;
UPDATE sold SET amount = amount + 1 WHERE cust IN ('c7', 'c8');
SELECT full_rebuild FROM refresh_mart('kept1');
SELECT orders_added > 0 AS added, orders_found + orders_added = (SELECT count(*) FROM kept1.kept_order) AS counted FROM kept1.kept_quality;
UPDATE kept1.kept_quality SET orders_added = 100000 + orders_found;
UPDATE sold SET amount = amount + 1 WHERE cust = 'c9';
SELECT full_rebuild FROM refresh_mart('kept1');
SELECT q.orders_added, q.orders_found = (SELECT count(*) FROM kept1.kept_order) AS counted,
	NOT EXISTS (SELECT o.order_id FROM kept1.kept_order o EXCEPT SELECT p.order_id FROM kept1.purchases p GROUP BY 1 HAVING count(DISTINCT coalesce('c' || p.customer_id, '')) > 1) AS shared_only,
	differing(1), verified(1)
FROM kept1.kept_quality q;
ROLLBACK;
-- the total of each order on all its lines: an example that customers do not tell
BEGIN;
UPDATE sold SET amount = 1 + abs(hashint4(ord)) % 50;
SELECT differing(1), (SELECT row_count > 10 AND example IS NOT NULL FROM kept1.data_quality WHERE check_name LIKE 'order has one amount%') AS told;
ROLLBACK;
-- most customers are odd
BEGIN;
SELECT make_sold(1, 3000);
UPDATE sold SET cust = 'c' || line;
UPDATE sold SET age = 130 WHERE line % 2 = 0;
SELECT n, differing(n) FROM generate_series(1, 5) n;
SELECT count(*) FROM generate_series(1, 5) n, refresh_mart('kept' || n, true) r;
SELECT n, differing(n) FROM generate_series(1, 5) n;
SELECT mostly_odd FROM kept1.kept_quality;
ROLLBACK;
-- everything may have changed, nothing is left, and it begins anew
BEGIN;
TRUNCATE sold;
SELECT n, differing(n) FROM generate_series(1, 5) n;
SELECT count(*) FROM generate_series(1, 5) n, refresh_mart('kept' || n) r WHERE r.full_rebuild;
SELECT n, differing(n), verified(n) FROM generate_series(1, 5) n;
SELECT make_sold(1, 5);
SELECT n, differing(n) FROM generate_series(1, 5) n;
SELECT count(*) FROM generate_series(1, 5) n, refresh_mart('kept' || n) r;
SELECT n, differing(n), verified(n) FROM generate_series(1, 5) n;
ROLLBACK;
-- for readers
CREATE ROLE regress_kept_quality_reader;
SELECT grant_mart('kept1', 'regress_kept_quality_reader');
INSERT INTO sold SELECT 9000, 'c5', 9000, '2024-02-02', 5, 1, 'p1', 'k1', gender, age, location, subscribed, 0, previous_purchases, purchase_frequency FROM sold WHERE cust = 'c5' LIMIT 1;
SET ROLE regress_kept_quality_reader;
SELECT count(*) > 10 AS checks FROM kept1.data_quality;
RESET ROLE;
-- counts that are none
SELECT pt_quality_counts_add('{1,2}', '{1}');
SELECT pt_quality_counts_add('{1,NULL}', '{1,2}');
SELECT pt_quality_counts_add('{9223372036854775807}', '{1}');
SELECT pt_quality_counts_add(NULL, '{1}') IS NULL AS nothing, pt_quality_counts_add('{1,2}', '{3,-4}') AS sums;
SELECT pt_customer_lowest(NULL) IS NULL AS nothing, pt_customer_lowest('kept1.customer'::regclass) = (SELECT min(amount) FROM live1.purchases WHERE amount < 0 AND purchased_at < '3000-01-01') AS lowest;
SELECT set_mart_mode('kept1', 'kept', 'compare'), set_mart_mode('kept2', 'live');
SELECT to_regclass('kept1.kept_quality') IS NULL AS none, (SELECT count(*) FROM kept1.data_quality) > 10 AS checks, (SELECT count(*) FROM kept2.data_quality) > 10 AS live;
DO $$ BEGIN PERFORM drop_mart(m.mart) FROM marts() m; END $$;
DROP FUNCTION make_sold(integer, integer), make_marts(text), differing(integer), verified(integer), change(integer);
DROP ROLE regress_kept_quality_reader;
DROP TABLE sold, wrong;
-- keys of several owners, by hash tables that grow, and in parallel
CREATE TABLE pair AS SELECT (g * 7919::bigint) % 30011 AS k, CASE WHEN g % 30011 % 10 = 0 THEN g % 3 WHEN g % 30011 % 10 = 1 THEN nullif(g / 30011, 0) END::bigint AS o FROM generate_series(1, 60000) g;
CREATE FUNCTION same_keys() RETURNS boolean LANGUAGE sql AS $$
	SELECT (SELECT array_agg(u ORDER BY u) FROM unnest((SELECT pt_shared_keys(k, o) FROM pair)) u)
		= (SELECT array_agg(x.k ORDER BY x.k) FROM (SELECT k FROM pair GROUP BY k HAVING count(DISTINCT coalesce(o, -1)) > 1) x)
$$;
SELECT same_keys(), (SELECT cardinality(pt_shared_keys(k, o)) FROM pair) AS n;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT same_keys();
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
SELECT pt_shared_keys(k, o) FROM (VALUES (1::bigint, 1::bigint), (1, 1), (NULL, 2), (2, NULL), (2, NULL)) v(k, o);
SELECT pt_shared_keys(k, o) FROM (VALUES (1::bigint, (-9223372036854775808)::bigint), (1, NULL), (2, 5), (2, 5)) v(k, o);
SELECT pt_shared_keys(1, 1) FROM generate_series(1, 0);
SELECT pt_shared_keys_final('\x00');
SELECT pt_shared_keys_accum(NULL, 1, 1);
DROP FUNCTION same_keys();
DROP TABLE pair;
