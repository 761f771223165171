-- Marts of a small table: every number below can be checked by eye.
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE TABLE orders (
	cust text, total numeric, item text, kind text, sex text, years int,
	stars numeric, member text, coupon text, before int, often text, channel text);
INSERT INTO orders VALUES
	('ann', 10.00, 'tea',    'drink', 'F', 20,   4.0,  'yes', 'no',    0,    'weekly',      'web'),
	('ann', 20.00, 'cake',   'food',  'F', 20,   5.0,  'yes', 'yes',   0,    'weekly',      'shop'),
	('bob', 30.00, 'tea',    'drink', 'M', 40,   NULL, 'no',  'yes',   5,    'fortnightly', 'web'),
	('cat', -5.00, 'cake',   'food',  'F', 60,   1.0,  'no',  'no',    12,   'now and then', 'web'),
	('dan', 0.00,  'coffee', 'drink', 'M', NULL, 3.0,  NULL,  'maybe', NULL, NULL,          NULL),
	('dan', NULL,  NULL,     NULL,    'M', NULL, NULL, NULL,  'no',    NULL, NULL,          NULL);

SELECT view_name FROM create_mart('shop', 'orders',
	product => 'item', category => 'kind', gender => 'sex', age => 'years', review_rating => 'stars',
	subscribed => 'member', discounted => 'coupon', previous_purchases => 'before',
	purchase_frequency => 'often', dimensions => '{channel,"large => total >= 20"}',
	age_edges => '{18,30,50,70}', loyal_from => 10);

SELECT * FROM shop.kpi_total \gx
SELECT dimension, value, value_sort, purchases AS n, customers AS c, revenue, round(revenue_share::numeric, 4) AS share,
	average_amount, average_rating, round(discount_share::numeric, 4) AS discounts, round(subscriber_share::numeric, 4) AS subscribers
FROM shop.breakdown ORDER BY dimension, value_sort, value;
SELECT customer_id, gender, age, age_group, age_group_sort AS ags, subscribed_label AS sub, loyalty_tier, loyalty_tier_sort AS lts,
	purchase_frequency AS often, purchases AS n, revenue, average_amount, discount_share
FROM shop.dim_customer ORDER BY customer_id;
SELECT product, category, purchases, customers, revenue, average_rating, rated_purchases AS rated, discount_share
FROM shop.dim_product ORDER BY product;
SELECT category, product_rank, product, purchases FROM shop.top_product ORDER BY category, product_rank;
SELECT loyalty_tier, loyalty_tier_sort, customers, purchases, revenue FROM shop.segment_loyalty ORDER BY 2;
SELECT age_group, age_group_sort, lowest_age, highest_age, customers, revenue FROM shop.segment_age ORDER BY 2;
SELECT purchase_frequency, purchase_frequency_sort, purchase_frequency_days, customers FROM shop.segment_frequency ORDER BY 2;
SELECT check_name, subject, row_count, round(row_share::numeric, 4) AS share, example, consequence
FROM shop.data_quality
WHERE row_count > 0 OR check_name = 'no column' OR (check_name = 'view cannot be made' AND subject = 'cohort_retention');
SELECT source, roles, dimensions, mode, amount_scale, age_edges, age_labels, loyalty_edges, loyalty_labels, views_left_out ? 'cohort_retention' AS undated, segment_scheme, security_invoker, time_zone, as_of FROM shop.mart;
SELECT obj_description('shop.kpi_total'::regclass), col_description('shop.kpi_total'::regclass, 3);
SELECT mart FROM marts();

-- The mart is live: it follows its source
INSERT INTO orders (cust, total) VALUES ('eve', 100.00);
SELECT customers, purchases, revenue FROM shop.kpi_total;
DELETE FROM orders WHERE cust = 'eve';

-- A condition on the customer reaches the source
CREATE INDEX orders_cust ON orders (cust);
DO $$
DECLARE
	line text;
	indexed boolean := false;
BEGIN
	SET LOCAL enable_seqscan = off;
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) SELECT revenue FROM shop.dim_customer WHERE customer_id = ''ann''' LOOP
		indexed := indexed OR line ~ 'orders_cust';
	END LOOP;
	RAISE WARNING 'uses the index of the source: %', indexed;
END $$;

SELECT drop_mart('shop');
SELECT mart FROM marts();

-- Fewer columns, fewer views
SELECT view_name FROM create_mart('shop', 'orders', amount => 'total * 2', roles => '{"customer_id": "cust", "age": null, "gender": null}');
SELECT customers, revenue FROM shop.kpi_total;
SELECT subject, consequence FROM shop.data_quality WHERE check_name = 'view cannot be made' AND consequence !~ 'purchased_at';

-- What is not the mart's is not dropped
CREATE VIEW mine AS SELECT * FROM shop.kpi_total;
SELECT drop_mart('shop');
DROP VIEW mine;
CREATE TABLE shop.notes (t text);
SELECT drop_mart('shop');
SELECT customers FROM shop.kpi_total;
DROP TABLE shop.notes;
SELECT drop_mart('shop');

-- Ages: quarters cut from the data, merged where many are equal
CREATE TABLE people AS SELECT i AS customer_id, 1.0 AS amount, age FROM unnest(ARRAY[20, 30, 40, 50, 60, 70, 80, 90]) WITH ORDINALITY AS p(age, i);
SELECT count(*) FROM create_mart('ages', 'people');
SELECT age_edges, age_labels, age_cuts FROM ages.mart;
INSERT INTO people VALUES (9, 1, 10), (10, 1, 99), (11, 1, NULL);	-- outside what was seen: the outer groups are open
SELECT age, age_group, age_group_sort FROM ages.dim_customer ORDER BY age;
SELECT drop_mart('ages');
UPDATE people SET age = 33;
SELECT count(*) FROM create_mart('ages', 'people');
SELECT age_edges, age_labels FROM ages.mart;
SELECT age_group, age_group_sort, customers FROM ages.segment_age;
SELECT drop_mart('ages');
UPDATE people SET age = NULL;
SELECT count(*) FROM create_mart('ages', 'people');
SELECT age_edges, age_labels FROM ages.mart;
SELECT age_group, customers FROM ages.segment_age;
SELECT drop_mart('ages');
DROP TABLE people;

-- A further loyalty tier is a setting
SELECT count(*) FROM create_mart('tiers', 'orders', customer_id => 'cust', previous_purchases => 'before',
	loyalty_edges => '{1,6,12}', loyalty_labels => '{None,Few,Some,Many}');
SELECT loyalty_tier, loyalty_tier_sort, customers FROM tiers.segment_loyalty ORDER BY 2;
SELECT value, value_sort, customers FROM tiers.breakdown WHERE dimension = 'loyalty_tier' ORDER BY 2;
SELECT loyalty_edges, loyalty_labels, dimension_names FROM tiers.mart;
SELECT drop_mart('tiers');

-- Hostile names
CREATE SCHEMA "a ""b";
CREATE TABLE "a ""b"."we;ird ""name" ("cu'st" int, "am""ount;" numeric(12,3), "SELECT" text);
INSERT INTO "a ""b"."we;ird ""name" VALUES (1, 1.125, 'x');
SELECT count(*) FROM create_mart('My "Mart; --', '"a ""b"."we;ird ""name"', customer_id => 'cu''st', amount => 'am"ount;', dimensions => '{SELECT}');
SELECT dimension, value, revenue FROM "My ""Mart; --".breakdown;
SELECT mart FROM marts();
SELECT drop_mart('My "Mart; --');
DROP SCHEMA "a ""b" CASCADE;

-- Sources of other kinds
CREATE VIEW orders_view AS SELECT * FROM orders;
CREATE MATERIALIZED VIEW orders_matview AS SELECT * FROM orders;
CREATE TABLE orders_parted (cust int, total money) PARTITION BY LIST (cust);
CREATE TABLE orders_part PARTITION OF orders_parted DEFAULT;
CREATE DOMAIN customer_number AS int;
CREATE DOMAIN old_customer_number AS customer_number;
CREATE TABLE orders_domain (cust old_customer_number, total float8, cents bigint GENERATED ALWAYS AS (total * 100) STORED);
INSERT INTO orders_domain VALUES (1, 10.1), (2, 20.2);
SELECT count(*) FROM create_mart('m1', 'orders_view', customer_id => 'cust');
SELECT count(*) FROM create_mart('m2', 'orders_matview', customer_id => 'cust');
SELECT count(*) FROM create_mart('m3', 'orders_parted');
SELECT count(*) FROM create_mart('m4', 'orders_domain', amount => 'cents / 100.0');
SELECT (SELECT revenue FROM m1.kpi_total), (SELECT revenue FROM m2.kpi_total), (SELECT revenue FROM m3.kpi_total), (SELECT revenue FROM m4.kpi_total);
SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = 'm4.purchases'::regclass AND attname = 'customer_id';
SELECT drop_mart(quote_ident(mart)) FROM marts();

-- Errors, and nothing is left behind
SELECT create_mart(NULL, 'orders');
SELECT create_mart('', 'orders');
SELECT create_mart(repeat('x', 64), 'orders');
SELECT create_mart('pg_mart', 'orders');
SELECT create_mart('public', 'orders');
SELECT create_mart('m', NULL);
SELECT create_mart('m', 'no_such_table');
SELECT create_mart('m', 'orders_cust');
SELECT create_mart('m', 'pg_class');
SELECT create_mart('m', 'orders', roles => '{"colour": "x"}');
SELECT create_mart('m', 'orders', roles => '["cust"]');
SELECT create_mart('m', 'orders', roles => '{"age": 5}');
SELECT create_mart('m', 'orders', amount => 'no_such_column');
SELECT create_mart('m', 'orders', amount => 'total) FROM orders; --');
SELECT create_mart('m', 'orders', amount => 'total; DROP TABLE orders');
SELECT create_mart('m', 'orders', amount => 'total, cust');
SELECT create_mart('m', 'orders', amount => '*');
SELECT create_mart('m', 'orders', amount => '');
SELECT create_mart('m', 'orders', amount => 'total AS t');
SELECT create_mart('m', 'orders', amount => 'sum(total)');
SELECT create_mart('m', 'orders', amount => 'row_number() OVER ()');
SELECT create_mart('m', 'orders', amount => 'generate_series(1, 3)');
SELECT create_mart('m', 'orders', amount => 'public.no_such_function(total)');
SELECT create_mart('m', 'orders', amount => 'item');
SELECT create_mart('m', 'orders', age => 'item');
SELECT create_mart('m', 'orders', discounted => 'now()');
SELECT create_mart('m', 'orders', purchase_frequency => 'true');
SELECT create_mart('m', 'orders', dimensions => '{no_such_column}');
SELECT create_mart('m', 'orders', dimensions => '{channel,channel}');
SELECT create_mart('m', 'orders', dimensions => '{NULL}');
SELECT create_mart('m', 'orders', dimensions => '{{channel},{item}}');
SELECT create_mart('m', 'orders', dimensions => '{"amount => total"}');
SELECT create_mart('m', 'orders', age_edges => '{30,20}');
SELECT create_mart('m', 'orders', age_edges => '{20,NaN}');
SELECT create_mart('m', 'orders', age_edges => '{20,30,40}', age_labels => '{young}');
SELECT create_mart('m', 'orders', age_labels => '{young,old}');
SELECT create_mart('m', 'orders', returning_from => 5, loyal_from => 5);
SELECT create_mart('m', 'orders', loyalty_edges => '{5,4}', loyalty_labels => '{a,b,c}');
SELECT create_mart('m', 'orders', loyalty_edges => '{4,5,6}');
SELECT create_mart('m', 'orders', loyalty_edges => '{4,5}', loyalty_labels => '{a,b}');
SELECT create_mart('m', 'orders', loyalty_edges => '{4,5}', loyalty_labels => '{a,b,a}');
CREATE TABLE no_amount (customer_id int, name text);
SELECT create_mart('m', 'no_amount');
CREATE TABLE nan_amount AS SELECT 1 AS customer_id, 'NaN'::numeric AS amount;
SELECT create_mart('m', 'nan_amount');
UPDATE nan_amount SET amount = 'Infinity';
SELECT create_mart('m', 'nan_amount');
CREATE TEMP TABLE temporary AS SELECT 1 AS customer_id, 1 AS amount;
SELECT create_mart('m', 'temporary');
SELECT drop_mart(NULL);
SELECT drop_mart('public');
SELECT drop_mart('m');
SELECT nspname FROM pg_namespace WHERE nspname IN ('m', '', 'pg_mart');
SELECT count(*) FROM orders;

-- A NaN that comes later stops the query, and says where
UPDATE nan_amount SET amount = 1;
SELECT count(*) FROM create_mart('m', 'nan_amount');
UPDATE nan_amount SET amount = 'NaN';
SELECT revenue FROM m.kpi_total;
SELECT drop_mart('m');

-- Expressions
SELECT e, pt_is_value_expression(e) FROM unnest(ARRAY['a', 'a.b', 'a + 1', '(SELECT 1)', 'CASE WHEN a THEN 1 END', 'a -- comment',
	'', 'a b', 'a, b', '*', 't.*', 'a FROM t', 'a; SELECT 1', 'a) + (b', 'a UNION SELECT 1', 'DISTINCT a', 'a ORDER BY 1', '''', '/*', NULL]) AS e;
-- None of what may follow or precede an expression, in any writing, is one with it; nor is what stands for a value elsewhere
SELECT e FROM unnest(ARRAY['%s', '(%s)', ' %s ', '%s /* c */']) AS writing, unnest(ARRAY['a', 'a.b + 1', 'count(*)', '(SELECT 1)', 'x.y[1]', 'ARRAY[a, b]']) AS value,
		format(writing, value) AS e WHERE pt_is_value_expression(e) IS NOT TRUE;
SELECT format(clause, format(writing, value)) AS accepted
FROM unnest(ARRAY['%s', '(%s)', '-(%s)', '%s -- c']) AS writing, unnest(ARRAY['a', 'a.b + 1', 'count(*)', '(SELECT 1)', 'x.y[1]']) AS value,
	unnest(ARRAY['ALL %s', E'/* c */ALL\n%s', 'DISTINCT %s', 'DISTINCT ON (1) %s', 'SELECT %s', 'VALUES (%s)', 'TABLE %s', 'WITH x AS (SELECT 1) %s', 'x := %s',
		E'%s\nFOR READ ONLY', E'%s\nFOR UPDATE', E'%s\nFOR SHARE OF t', E'%s\nINTO x', E'%s\nINTO TEMP x', E'%s\nUNION SELECT 1', E'%s\nEXCEPT SELECT 1', E'%s\nINTERSECT ALL SELECT 1',
		E'%s\nLIMIT 1', E'%s\nLIMIT ALL', E'%s\nOFFSET 0', E'%s\nFETCH FIRST ROW ONLY', E'%s\nFROM t', E'%s\nWHERE true', E'%s\nGROUP BY ()', E'%s\nGROUP BY ALL a', E'%s\nHAVING true',
		E'%s\nWINDOW w AS ()', E'%s\nORDER BY 1', E'%s\nAS x', E'%s\nx', E'%s\n"x"', E'%s\n, b', E', %s', E'%s\n;', E'; %s', E'%s\n; SELECT 1', E'%s\n) + (b', E'%s\n)', '(%s', '/* %s',
		E'%s\n''', E'%s\n$1', 'a.*', 'a.b.*', '(%s).*', '((%s).x).*', '*', '(*)', 'DEFAULT', '(DEFAULT)', 'upper(DEFAULT)', '$1', 'a + $1', '', ' ', '-- %s', E'E''\\xff''', E'U&''\\00zz'''])  AS clause
WHERE pt_is_value_expression(format(clause, format(writing, value))) IS NOT FALSE;
SELECT pt_value_expression_type('orders', 'ALL total');
SELECT pt_value_expression_type('orders', 'total FOR READ ONLY');
SELECT pt_value_expression_type('orders', 'total * 2'), pt_value_expression_type('orders', '''x'''), pt_value_expression_type('orders', 'cust IS NULL');
SELECT pt_value_expression_type('orders', 'nothing');
SELECT pt_value_expression_type('orders', 'total, total');
SELECT pt_value_expression_type(0, 'total');
DROP TABLE orders CASCADE;
DROP TABLE no_amount, nan_amount, orders_parted, orders_domain;
DROP DOMAIN old_customer_number, customer_number;
