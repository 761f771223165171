-- The mart "edge": every role, and values that drivers are known to spoil.
-- Made by a superuser beside the marts of the demo.
CREATE TABLE edge_lines (
	line int, customer_id text, order_id bigint, purchased_at timestamp, amount numeric, quantity numeric,
	discount_amount numeric, product text, category text, gender text, age int, location text, size text,
	color text, season text, review_rating numeric, subscribed boolean, shipping_type text, discounted boolean,
	previous_purchases int, payment_method text, purchase_frequency text);

-- A few hundred ordinary lines, so that every view has rows: plain arithmetic, no random numbers.
INSERT INTO edge_lines
SELECT i, 'customer ' || i % 97, 1000 + i / 2, timestamp '2024-01-01 00:00' + (i / 2) * interval '11 hours 7 minutes 13.250 seconds',
	(i * 37 % 9000) / 100.0 + 5, 1 + i % 3, CASE WHEN i % 4 = 0 THEN (i % 700) / 100.0 END,
	'Product ' || i % 12, 'Category ' || i % 12 / 4, (ARRAY['Female', 'Male'])[1 + i % 97 % 2], 18 + i % 97 % 60,
	'Place ' || i % 97 % 7, (ARRAY['S', 'M', 'L', 'XL'])[1 + i % 4], (ARRAY['Red', 'Green', 'Blue'])[1 + i % 3],
	(ARRAY['Winter', 'Spring', 'Summer', 'Fall'])[1 + i % 4], CASE WHEN i % 5 > 0 THEN 2.5 + (i % 26) / 10.0 END,
	i % 97 % 3 = 0, (ARRAY['Express', 'Standard'])[1 + i % 2], i % 4 = 0, i % 97 % 40,
	(ARRAY['Cash', 'Card'])[1 + i % 2], (ARRAY['Weekly', 'Monthly', 'Quarterly'])[1 + i % 97 % 3]
FROM generate_series(1, 1400) i;

-- Texts: both normal forms of one name, what COPY and CSV escape, all widths of
-- UTF-8, the last code point, nothing, blanks, and longer than a driver's buffer.
INSERT INTO edge_lines
SELECT 2000 + position, text, 5000 + position, timestamp '2024-03-01 12:00' + position * interval '1 day', 10 + position, 1, NULL,
	text, 'Texts', text, 30, text, text, text, text, 4, true, text, false, 3, text, text
FROM unnest(ARRAY[U&'Am\00E9lie', U&'Ame\0301lie', 'O''Brien "quoted"', E'back\\slash \\N \\t', E'tab\tline\nreturn\r\nend', '\N', 'NULL',
	'', ' ', '  both sides  ', U&'no\00A0break\200B\FEFF', U&'\+01F6D2 \+01F469\200D\+01F469', U&'\+10FFFF \FFFD', U&'\05E9\05DC\05D5\05DD \0645\0631\062D\0628\0627',
	'%s %d ? :x $1 {fn now()} ;--', repeat('long ', 51) || 'x', repeat(U&'\00FC\4E16\+01F600', 3000)])
	WITH ORDINALITY AS texts(text, position);

-- Numbers and times: the ends of types, microseconds, an hour that clocks in the
-- United States skip and one that they repeat; then lines of NULL.
INSERT INTO edge_lines (line, customer_id, order_id, purchased_at, amount, quantity, discount_amount, product, category, age, review_rating, subscribed, discounted, previous_purchases, purchase_frequency)
VALUES
	(3001, 'numbers', 9223372036854775807, '2024-02-29 23:59:59.999999', 98765432109.87, 12345678901234.5678, 0.01, 'Large', 'Numbers', 2147483647, 5, true, true, 2147483647, '90'),
	(3002, 'numbers', -9223372036854775808, '2024-03-10 02:30:00.001', -0.01, 0.0001, 0, 'Small', 'Numbers', 0, 0, false, false, 0, '1'),
	(3003, 'numbers', 9007199254740993, '2024-11-03 01:30:00.000001', 0, 0, NULL, 'Nothing', 'Numbers', 1, 3.3333, NULL, NULL, 1, NULL),
	(3004, 'numbers', 7, '1999-12-31 23:59:59.9995', 12.34, 1, NULL, 'Long ago', 'Numbers', NULL, NULL, NULL, NULL, NULL, NULL),
	(3005, NULL, NULL, '2024-06-01', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(3006, 'no time', 8, NULL, 5, 1, NULL, 'Product 1', 'Category 0', 40, 4, true, false, 4, 'Weekly');

-- as_of is fixed, so that the answer of every run is the same.
SELECT create_mart('edge', 'edge_lines', as_of => '2025-12-01 12:00', time_from => '-infinity', time_until => 'infinity') \g /dev/null
SELECT grant_mart('edge', 'mart_reader') \g /dev/null

-- What somebody might add for speed: tools that ask the information schema do not see it.
CREATE MATERIALIZED VIEW edge.cached AS SELECT * FROM edge.kpi_total;
COMMENT ON MATERIALIZED VIEW edge.cached IS 'A copy.';
GRANT SELECT ON edge.cached TO mart_reader;

-- A reader whose settings differ wherever a role's can, a member of the first.
CREATE ROLE mart_reader_odd LOGIN IN ROLE mart_reader;
ALTER ROLE mart_reader_odd SET default_transaction_read_only = on;
ALTER ROLE mart_reader_odd SET search_path = '';
ALTER ROLE mart_reader_odd SET TimeZone = 'Asia/Kathmandu';
ALTER ROLE mart_reader_odd SET DateStyle = 'SQL, DMY';
ALTER ROLE mart_reader_odd SET IntervalStyle = 'sql_standard';
ALTER ROLE mart_reader_odd SET client_encoding = 'LATIN1';
ALTER ROLE mart_reader_odd SET extra_float_digits = -10;
ALTER ROLE mart_reader_odd SET standard_conforming_strings = off;
ALTER ROLE mart_reader_odd SET escape_string_warning = off;
ALTER ROLE mart_reader_odd SET backslash_quote = on;
ALTER ROLE mart_reader_odd SET array_nulls = off;
ALTER ROLE mart_reader_odd SET transform_null_equals = on;
ALTER ROLE mart_reader_odd SET default_transaction_isolation = 'serializable';
ALTER ROLE mart_reader_odd SET xmloption = 'document';
