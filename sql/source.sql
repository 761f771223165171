-- source: how create_mart reads the columns of a source, and what it leaves out
\set SHOW_CONTEXT never
SET client_min_messages = notice;

-- what is taken for what, and why
CREATE TABLE sale (trans_date date, clock time, "Member Number" text, "Invoice No" text, qty integer, "Unit Price" numeric, discount text, age text,
	shipping numeric, region text, delivered_at timestamp);
SELECT * FROM suggest_roles('sale') WHERE expression IS NOT NULL OR cardinality(others) > 0;
SELECT * FROM suggest_roles('sale', '{"amount": "qty", "order_id": "row", "purchased_at": null}') WHERE expression IS NOT NULL OR why LIKE 'it was given';
INSERT INTO sale VALUES ('2024-01-05', '10:30', 'm1', 'a', 2, 1.50, '10%', '45-54', 4.90, 'EU', '2024-01-09'),
	('2024-01-05', '11:30', 'm1', 'a', 1, 2.25, '', '45-54', 0, 'EU', NULL), ('2024-02-01', '09:00', 'm2', 'b', 3, 1, '', NULL, 0, NULL, NULL);
SELECT count(*) > 20 AS views FROM create_mart('Sale_Mart', 'sale');
SELECT purchased_at, customer_id, order_id, amount, quantity, age, shipping_type, discounted FROM sale_mart.purchases ORDER BY 1;
SELECT customers, purchases, revenue FROM sale_mart.kpi_total;
SELECT mart_dashboard('SALE_MART') #>> '{kpi,revenue}' AS revenue;
SELECT drop_mart('Sale_mart');

SELECT FROM suggest_roles('sale', '[1]');
SELECT FROM suggest_roles('sale', '{"nonsense": "x", "amount": 3}');
SELECT FROM suggest_roles('sale', '{"amount": 3}');

-- the only column with times is the time, if its name tells no other
CREATE TABLE log_of (shopper_id integer, sum_paid numeric, moment timestamp, born date);
SELECT role_name, expression, why FROM suggest_roles('log_of', '{"amount": "sum_paid"}') WHERE expression IS NOT NULL;
ALTER TABLE log_of ADD seen timestamptz;
SELECT role_name, expression, why, others FROM suggest_roles('log_of', '{"amount": "sum_paid"}') WHERE role_name = 'purchased_at';
ALTER TABLE log_of DROP moment, DROP seen;
SELECT role_name, expression, why, others FROM suggest_roles('log_of', '{"amount": "sum_paid"}') WHERE role_name = 'purchased_at';
-- names of well-known files, without underscores or with
SELECT c.name, (SELECT s.role_name FROM suggest_roles(c.source) s WHERE s.expression = quote_ident(c.name)) AS role
FROM (VALUES ('sale'::regclass, 'trans_date'), ('sale', 'Member Number')) AS c(source, name);
CREATE TABLE wide (orderdate date, household_id integer, salesamount numeric, ordernumber integer, quantityordered integer, productline text, "E-Mail" text,
	transaction_timestamp timestamp, order_purchase_timestamp timestamp);
SELECT role_name, expression, others FROM suggest_roles('wide') WHERE expression IS NOT NULL OR cardinality(others) > 0;

-- text where an amount or a time is needed: the hint reads it rightly
CREATE TABLE written (customer text, sales text, day text);
INSERT INTO written VALUES ('a', '261,96', '13/01/2024'), ('a', '1.731,94', '14/01/2024'), ('b', '0,548', '05/02/2024');
SELECT FROM create_mart('w', 'written');
SELECT FROM create_mart('w', 'written', amount => 'parse_amount(sales, '','')', purchased_at => 'day');
SELECT count(*) > 10 AS views FROM create_mart('w', 'written', amount => 'parse_amount(sales, '','')', purchased_at => 'parse_timestamp(day, ''DMY'')');
SELECT revenue, round(revenue, 3) FROM w.kpi_total;
SELECT drop_mart('w');

-- rows without an order id are orders of their own, everywhere
CREATE TABLE till (customer_id integer, order_id text, purchased_at date, amount numeric);
INSERT INTO till VALUES (1, 'A1', '2024-01-01', 10), (1, NULL, '2024-01-02', 5), (1, NULL, '2024-01-03', 5), (2, NULL, '2024-01-02', 7), (2, NULL, '2024-01-02', 7);
SELECT count(*) > 20 AS views FROM create_mart('till_mart', 'till');
SELECT purchases FROM till_mart.kpi_total;
SELECT customer_id, purchases FROM till_mart.dim_customer ORDER BY 1;
SELECT sum(purchases) FROM till_mart.kpi_day;
SELECT sum(purchases) FROM till_mart.segment_rfm;
SELECT mart_dashboard('till_mart') #> '{kpi,purchases}' AS purchases;
-- each row is one, if it is said
SELECT count(*) > 20 AS views FROM create_mart('till_rows', 'till', order_id => 'row');
SELECT purchases FROM till_rows.kpi_total;
SELECT customer_id, purchases FROM till_rows.dim_customer ORDER BY 1;
-- without ids, rows of one time are one order, and it is told how many
SELECT count(*) > 20 AS views FROM create_mart('till_times', 'till', roles => '{"order_id": null}');
SELECT customer_id, purchases FROM till_times.dim_customer ORDER BY 1;
SELECT check_name, row_count, consequence FROM till_times.data_quality WHERE check_name LIKE 'rows of one customer%';
SELECT drop_mart(m) FROM unnest('{till_mart,till_rows,till_times}'::text[]) m;

-- a condition on rows: others are not there
SET client_min_messages = warning;
CREATE TABLE orders (customer_id integer, order_id integer, purchased_at timestamp, amount numeric, status text);
INSERT INTO orders SELECT i % 7, i, timestamp '2024-01-01' + i * interval '7 hours', i, CASE WHEN i % 5 = 0 THEN 'Cancelled' WHEN i % 11 > 0 THEN 'Paid' END FROM generate_series(1, 100) i;
INSERT INTO orders VALUES (1, 1000, '2024-02-01', 'NaN', 'Cancelled');
CREATE INDEX ON orders (customer_id);
SELECT count(*) > 20 AS views FROM create_mart('paid', 'orders', row_filter => 'status <> ''Cancelled''', mode => 'kept');
SELECT revenue = (SELECT sum(amount) FROM orders WHERE status <> 'Cancelled') AS same FROM paid.kpi_total;
SELECT row_count = (SELECT count(*) FROM orders WHERE status <> 'Cancelled') AS same FROM paid.data_quality WHERE check_name = 'rows';
UPDATE orders SET status = 'Cancelled' WHERE order_id = 99;
UPDATE orders SET status = 'Paid' WHERE order_id = 50;
SELECT revenue = (SELECT sum(amount) FROM orders WHERE status <> 'Cancelled') AS same FROM paid.kpi_total;
SELECT customers FROM refresh_mart('paid');
SELECT * FROM verify_mart('paid');
SELECT upgrade_mart('paid');
SELECT revenue = (SELECT sum(amount) FROM orders WHERE status <> 'Cancelled') AS same FROM paid.kpi_total;
SELECT count(*) FROM create_mart('bad', 'orders', row_filter => 'amount');
SELECT count(*) FROM create_mart('bad', 'orders', row_filter => 'state = 1');
SELECT count(*) FROM create_mart('bad', 'orders', row_filter => 'true) OR (true');
SELECT count(*) FROM create_mart('bad', 'orders', row_filter => 'sum(amount) > 1');
SELECT follow FROM mart_status() WHERE mart = 'paid';
SELECT drop_mart('paid');

-- times that lie far from all others spoil nothing
SET client_min_messages = notice;
INSERT INTO orders VALUES (1, 2001, '9999-12-31', 1, 'Paid'), (2, 2002, '1900-01-01', 1, 'Paid'), (3, 2003, 'infinity', 1, 'Paid');
DELETE FROM orders WHERE amount = 'NaN';
SELECT count(*) > 20 AS views FROM create_mart('far', 'orders');
SELECT max(day), count(*) < 800 AS few FROM far.dim_date;
SELECT count(*) > 0 AS any FROM far.cohort_retention;
SELECT count(*) < 100 AS few FROM far.kpi_day;
SELECT check_name, subject, row_count, example FROM far.data_quality WHERE check_name LIKE 'time is%' ORDER BY 1;
SELECT jsonb_typeof(mart_dashboard('far', page => 'customers')) AS page;
SELECT drop_mart('far');
SELECT count(*) > 20 AS views FROM create_mart('far', 'orders', time_from => '2024-01-10', time_until => '2024-01-20');
SELECT min(first_at) >= '2024-01-10' AND max(last_at) <= '2024-01-20' AS within FROM far.customer;
SELECT drop_mart('far');
SELECT count(*) FROM create_mart('far', 'orders', time_from => '2025-01-10', time_until => '2024-01-20');
-- thirty years of business are no such thing
CREATE TABLE long_run AS SELECT i % 9 AS customer_id, timestamp '1990-01-01' + i * interval '30 days' AS purchased_at, 1.0 AS amount FROM generate_series(0, 400) i;
SELECT count(*) > 20 AS views FROM create_mart('lr', 'long_run');
SELECT min(first_at), max(last_at) FROM lr.customer;
SELECT drop_mart('lr');
SET client_min_messages = warning;

-- equal numbers are one customer
CREATE TABLE num (customer_id numeric, amount numeric, purchased_at date, order_id numeric);
INSERT INTO num VALUES (17850.0, 1, '2024-01-01', 1.0), (17850, 2, '2024-01-01', 1), (17850.50, 4, '2024-01-02', 2);
SELECT count(*) > 20 AS views FROM create_mart('n', 'num');
SELECT customer_id, purchases, revenue FROM n.dim_customer ORDER BY 1;
SELECT drop_mart('n');

-- what data_quality names
CREATE TABLE odd AS
SELECT CASE WHEN i % 10 = 0 THEN 'Guest' ELSE 'c' || i % 40 END AS customer_id, i / 2 AS order_id, date '2024-01-01' + i % 30 AS purchased_at,
	(i / 2 % 50) + 1.5 AS amount, (ARRAY['Shoes', 'shoes ', 'SHOES', 'Hats'])[1 + i % 4] AS category
FROM generate_series(1, 200) i;
SELECT count(*) > 20 AS views FROM create_mart('odd_mart', 'odd');
SELECT check_name, subject, row_count, example FROM odd_mart.data_quality
WHERE check_name IN ('customer is a placeholder', 'labels differ only in case or blanks', 'order has one amount on all its lines') ORDER BY 1;
UPDATE odd SET amount = amount + extract(day FROM purchased_at);
UPDATE odd SET customer_id = 'c99' WHERE customer_id = 'Guest';
SELECT check_name, row_count, example FROM odd_mart.data_quality
WHERE check_name IN ('customer is a placeholder', 'order has one amount on all its lines') ORDER BY 1;
SELECT drop_mart('odd_mart');

-- rows that differ in a column that the mart does not use are no duplicates
CREATE TABLE line AS SELECT * FROM (VALUES (1, 'o1', date '2024-01-01', 5.00, 1), (1, 'o1', '2024-01-01', 5.00, 2), (1, 'o1', '2024-01-01', 5.00, 3)) v(customer_id, order_id, purchased_at, amount, line_no);
SELECT count(*) > 20 AS views FROM create_mart('li', 'line');
SELECT row_count FROM li.data_quality WHERE check_name = 'row is an exact duplicate';
INSERT INTO line SELECT * FROM line WHERE line_no > 1;
SELECT row_count, example FROM li.data_quality WHERE check_name = 'row is an exact duplicate';
SELECT drop_mart('li');
DROP TABLE line;

-- ISO weeks at year ends
CREATE TABLE year_end (customer_id integer, amount numeric, purchased_at date);
INSERT INTO year_end VALUES (1, 1, '2024-12-30'), (1, 1, '2021-01-03'), (1, 1, '2020-12-31');
SELECT count(*) > 20 AS views FROM create_mart('ye', 'year_end');
SELECT day, year, week, iso_year FROM ye.dim_date WHERE day IN ('2024-12-30', '2021-01-03', '2020-12-31', '2024-12-29') ORDER BY 1;
SELECT drop_mart('ye');

-- one meaning of loyalty_tier in a mart
CREATE TABLE member (customer_id integer, amount numeric, purchased_at date, previous_purchases integer);
INSERT INTO member SELECT 1, 1, date '2024-01-01' + i, 40 FROM generate_series(1, 3) i;
INSERT INTO member VALUES (2, 1, '2024-01-01', 0);
SELECT count(*) > 20 AS views FROM create_mart('dated', 'member');
SELECT loyalty_tier, customers FROM dated.segment_loyalty ORDER BY loyalty_tier_sort;
SELECT count(*) FROM dated.breakdown WHERE dimension = 'loyalty_tier';
SELECT count(*) FROM information_schema.columns WHERE table_schema = 'dated' AND table_name = 'fact_purchase' AND column_name = 'loyalty_tier';
SELECT count(*) > 5 AS views FROM create_mart('undated', 'member', roles => '{"purchased_at": null}');
SELECT value, customers FROM undated.breakdown WHERE dimension = 'loyalty_tier' ORDER BY 1;
SELECT loyalty_tier, customers FROM undated.segment_loyalty ORDER BY loyalty_tier_sort;
SELECT drop_mart(m) FROM unnest('{dated,undated}'::text[]) m;

-- sources without customers, money or times make marts with what they allow
CREATE TABLE till_roll (at timestamp, total numeric);
INSERT INTO till_roll VALUES ('2024-01-01 10:00', 3.5), ('2024-01-01 10:05', 1.5), ('2024-02-01 12:00', 10);
SELECT count(*) FROM create_mart('roll', 'till_roll', purchased_at => 'at');
SELECT count(*) > 10 AS views FROM create_mart('roll', 'till_roll', purchased_at => 'at', roles => '{"customer_id": null}');
SELECT customers, purchases, revenue FROM roll.kpi_total;
SELECT month_start, purchases, revenue FROM roll.kpi_month ORDER BY 1;
SELECT count(*) FROM roll.dim_customer;
SELECT drop_mart('roll');
-- without customers, rows of one time are not one order
INSERT INTO till_roll VALUES ('2024-01-01 10:00', 5), ('2024-01-01 10:00', 6);
SET client_min_messages = notice;
SELECT count(*) > 10 AS views FROM create_mart('roll', 'till_roll', purchased_at => 'at', roles => '{"customer_id": null}');
SET client_min_messages = warning;
SELECT purchases, revenue FROM roll.kpi_total;
SELECT drop_mart('roll');
CREATE TABLE test_group (user_id integer, shown text, converted boolean);
INSERT INTO test_group SELECT i, CASE WHEN i % 3 = 0 THEN 'ad' ELSE 'psa' END, i % 10 = 0 FROM generate_series(1, 60) i;
SELECT count(*) > 5 AS views FROM create_mart('marketing', 'test_group', roles => '{"amount": null}', dimensions => '{shown}');
SELECT customers, purchases, revenue FROM marketing.kpi_total;
SELECT dimension, value, customers FROM marketing.breakdown ORDER BY 1, 2;
SELECT drop_mart('marketing');

-- the amount: that of a line before that of its order, a given quantity as one value, a price that grows with the quantity as it is
CREATE TABLE priced (customer_id integer, day date, sold integer, returned integer, unit_price numeric);
INSERT INTO priced VALUES (1, '2024-01-01', 5, -2, 10), (2, '2024-01-02', 1, 0, 7);
SELECT expression, why FROM suggest_roles('priced', '{"quantity": "sold + returned -- net"}') WHERE role_name = 'amount';
SELECT count(*) > 20 AS views FROM create_mart('net', 'priced', quantity => 'sold + returned -- net');
SELECT revenue FROM net.kpi_total;
SELECT drop_mart('net');
CREATE TABLE lines_of (order_id integer, customer_id integer, day date, order_total numeric, line_total numeric);
SELECT expression, others FROM suggest_roles('lines_of') WHERE role_name = 'amount';
CREATE TABLE mall (customer_id integer, day date, category text, quantity integer, price numeric);
INSERT INTO mall SELECT i, date '2024-01-01' + i, c.name, 1 + i % 5, (1 + i % 5) * c.price FROM generate_series(1, 60) i, (VALUES ('Clothing', 300.08), ('Food', 5.23)) AS c(name, price);
SELECT expression, why FROM suggest_roles('mall') WHERE role_name = 'amount';
UPDATE mall SET price = price / quantity;
SELECT expression, why FROM suggest_roles('mall') WHERE role_name = 'amount';
UPDATE mall SET price = 'NaN', quantity = 0 WHERE customer_id < 20;
SELECT expression, why FROM suggest_roles('mall') WHERE role_name = 'amount';
TRUNCATE mall;
SELECT expression, why FROM suggest_roles('mall') WHERE role_name = 'amount';

-- the time of day: of delivery it is another's, and where it is missing the day remains
CREATE TABLE timed (customer_id integer, amount numeric, order_date date, delivery_time time);
SELECT expression FROM suggest_roles('timed') WHERE role_name = 'purchased_at';
ALTER TABLE timed ADD order_clock time;
INSERT INTO timed VALUES (1, 1, '2024-01-01', NULL, '10:30'), (1, 1, '2024-01-01', '18:00', NULL);
SELECT expression FROM suggest_roles('timed') WHERE role_name = 'purchased_at';
SELECT count(*) > 20 AS views FROM create_mart('clocked', 'timed');
SELECT purchased_at FROM clocked.fact_purchase ORDER BY 1;
SELECT drop_mart('clocked');
-- times with a zone are those of UTC, and that is said
CREATE TABLE zoned (customer_id integer, amount numeric, sold_at timestamptz);
INSERT INTO zoned VALUES (1, 1, '2024-07-05 00:30+02');
SET client_min_messages = notice;
SELECT count(*) > 20 AS views FROM create_mart('utc', 'zoned');
SET client_min_messages = warning;
SELECT day FROM utc.kpi_day WHERE purchases > 0;
SELECT drop_mart('utc');

-- what may not add up is told
CREATE TABLE mixed (customer_id integer, amount numeric, purchased_at date, "Currency" text, order_status text);
INSERT INTO mixed VALUES (1, 1, '2024-01-01', 'EUR', 'paid'), (1, 1, '2999-01-01', 'USD', 'cancelled');
SET client_min_messages = notice;
SELECT count(*) > 20 AS views FROM create_mart('mix', 'mixed', row_filter => '"Currency" <> ''CHF''');
SELECT count(*) > 20 AS views FROM create_mart('mix', 'mixed', replace => true);
SET client_min_messages = warning;
SELECT check_name, row_count, example FROM mix.data_quality WHERE check_name LIKE '%future';
SELECT drop_mart('mix');
CREATE TABLE ledger (customer_id text, day date, weight_kg numeric, paid text);
SELECT FROM create_mart('l', 'ledger');
INSERT INTO ledger VALUES ('', '2024-01-01', 1), ('a', '2024-01-01', 2);
SELECT count(*) > 20 AS views FROM create_mart('l', 'ledger', amount => 'weight_kg');
SELECT row_count, example FROM l.data_quality WHERE check_name = 'customer is a placeholder';
SELECT drop_mart('l');

-- a day that comes later and is far from all others is named, and upgrade_mart leaves it out
CREATE TABLE growing (customer_id integer, amount numeric, purchased_at timestamp);
INSERT INTO growing SELECT i, 1, timestamp '2024-01-01' + i * interval '1 day' FROM generate_series(1, 100) i;
SELECT count(*) > 20 AS views FROM create_mart('later', 'growing');
SELECT count(*) FROM later.data_quality WHERE check_name LIKE '%far%';
INSERT INTO growing VALUES (7, 5, '9999-12-31'), (8, 5, '2204-01-01'), (9, 5, '2030-01-01');
SELECT check_name, row_count, example FROM later.data_quality WHERE check_name LIKE '%far%';
SET client_min_messages = notice;
SELECT upgrade_mart('later');
SET client_min_messages = warning;
SELECT check_name, row_count, example FROM later.data_quality WHERE check_name LIKE '%far%';
SELECT as_of FROM later.mart_as_of;
SELECT count(*), max(day) FROM later.kpi_day;
SELECT drop_mart('later');

-- replaced in one call, with the rights of readers; nothing is lost if that fails
CREATE ROLE regress_source_reader;
SELECT count(*) > 20 AS views FROM create_mart('again', 'orders');
SELECT grant_mart('again', 'regress_source_reader');
SELECT count(*) FROM create_mart('again', 'long_run');
SELECT count(*) > 20 AS views FROM create_mart('again', 'long_run', replace => true);
SELECT has_table_privilege('regress_source_reader', 'again.kpi_total', 'SELECT') AND has_schema_privilege('regress_source_reader', 'again', 'USAGE') AS reads;
SELECT purchases FROM again.kpi_total;
SELECT count(*) FROM create_mart('again', 'test_group', replace => true);
SELECT purchases FROM again.kpi_total;
CREATE VIEW of_mine AS SELECT * FROM again.kpi_total;
SELECT count(*) FROM create_mart('again', 'orders', replace => true);
DROP VIEW of_mine;
SELECT drop_mart('again');
SELECT count(*) > 20 AS views FROM create_mart('again', 'orders', replace => true);
SELECT drop_mart('again');
DROP ROLE regress_source_reader;

-- names are those of a statement
SELECT pt_fold_name(n) FROM unnest('{Shop,"\"Shop\"","a b","Läden","\"a\"\"b\"",x9$,9x}'::text[]) n;
SELECT count(*) > 20 AS views FROM create_mart('"Shop"', 'orders');
SELECT purchases > 0 AS any FROM "Shop".kpi_total;
SELECT drop_mart('shop');
SELECT drop_mart('Shop');

DROP TABLE sale, log_of, wide, written, till, orders, wide, long_run, num, odd, year_end, member, till_roll, test_group, priced, lines_of, mall, timed, zoned, growing, mixed, ledger;
