-- prepare_guess: what prepare_purchases guesses, each by its right value.
-- Where a query says "got" and "want", one that prints no row is right.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET datestyle = ISO;
SET timezone = 'UTC';

-- What becomes of the values of one column: its type and note, the sum (of
-- numbers) or the first and last value, and how many are left.
CREATE FUNCTION prepared(vals text[], name text DEFAULT 'x', options text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	told text;
	kept text;
	kind text;
BEGIN
	SET LOCAL client_min_messages = error;
	EXECUTE format('CREATE TABLE g_raw (%I text, filler text)', name);
	EXECUTE 'INSERT INTO g_raw SELECT v, ''f'' || n FROM unnest($1) WITH ORDINALITY AS u(v, n)' USING vals;
	EXECUTE format('SELECT string_agg(replace(r.action, ''typed as '', '''') || coalesce('' '' || r.row_count, ''''), ''; '') '
		'FROM prepare_purchases(''g_raw'', ''g_done''%s) AS r WHERE column_name = %L AND action !~ ''^(constant|redundant|renamed|trimmed)''', options, clean_name(name))
	INTO told;
	SELECT atttypid::regtype INTO kind FROM pg_attribute WHERE attrelid = 'g_done'::regclass AND attnum = 1;
	EXECUTE format(CASE WHEN kind IN ('integer', 'bigint', 'numeric') THEN 'SELECT ''sum '' || sum(%1$I) || '' of '' || count(%1$I) FROM g_done'
		ELSE 'SELECT min(%1$I::text COLLATE "C") || '' to '' || max(%1$I::text COLLATE "C") || '' of '' || count(%1$I) FROM g_done' END, clean_name(name))
	INTO kept;
	DROP TABLE g_raw, g_done, g_done_reject;
	RETURN concat_ws(' | ', told, kept);
END $$;
CREATE FUNCTION times(value text, n integer) RETURNS text[] LANGUAGE sql AS $$ SELECT array_fill(value, ARRAY[n]) $$;
CREATE FUNCTION spread(pattern text, lowest integer, highest integer) RETURNS text[] LANGUAGE sql AS
$$ SELECT array_agg(format(pattern, lpad(i::text, 2, '0'))) FROM generate_series(lowest, highest) AS i $$;

/*--- identifiers are never typed by majority ---*/

CREATE TABLE raw (invoice_no text, customer_id text, invoice_date text, amount text);
INSERT INTO raw SELECT '1001', '3', '2024-01-05', '10.00' FROM generate_series(1, 96);
INSERT INTO raw SELECT 'C2001', '3', '2024-01-29', '-10.00' FROM generate_series(1, 4);
SELECT * FROM prepare_purchases('raw', 'done') WHERE column_name IS NULL OR column_name = 'invoice_no';
SELECT count(*), sum(amount), count(*) FILTER (WHERE invoice_no = 'C2001') AS returns FROM done;
DROP TABLE raw, done, done_reject;
-- whatever their names, their places and their shares
SELECT n, prepared(times('1001', 1999) || 'A1'::text, n) AS got
FROM unnest(ARRAY['customer_id', 'id', 'StockCode', 'ORDERNUMBER', 'order', 'invoice', 'zip', 'phone_number', 'sku', 'account', 'household_key', 'id_shop']) AS n;
SELECT n, prepared(times('1001', 1999) || 'none of them'::text, n) AS got
FROM unnest(ARRAY['number_of_orders', 'order_total', 'orders', 'rating', 'video', 'paid', 'invoice_amount', 'knowledge']) AS n;
-- a code among numbers tells by itself, whatever the column is called
SELECT prepared(times('1001', 96) || times('C2001', 4)) AS code, prepared(times('1001', 96) || times('ab-12', 4)) AS dash,
	prepared(times('1001', 96) || times('12 pieces', 4)) AS no_code;
-- all are whole: integers; leading zeros, too large, signs of money and groups are none
SELECT vals, prepared(vals, 'customer_id') AS got, want
FROM (VALUES (ARRAY['17850.0', '17850', '13047.0'], 'bigint 3; whole numbers written with decimals 2 | sum 48747 of 3'),
	(ARRAY['17850,0', '17850'], 'bigint 2; whole numbers written with decimals 1 | sum 35700 of 2'),
	(ARRAY['17850.00', ''], 'bigint 1; whole numbers written with decimals 1; empty 1 | sum 17850 of 1'),
	(ARRAY['17850', '13047'], 'integer 2 | sum 30897 of 2'),
	(ARRAY['3000000000', '1'], 'bigint 2 | sum 3000000001 of 2'),
	(ARRAY['17850.5', '17850'], 'text 2; not typed: an identifier, and 1 of its values are no whole numbers | 17850 to 17850.5 of 2'),
	(ARRAY['007', '1'], 'text 2; not typed: leading zeros | 007 to 1 of 2'),
	(ARRAY['1,000', '2,000'], 'text 2; not typed: an identifier, and 2 of its values are no whole numbers | 1,000 to 2,000 of 2'),
	(ARRAY['4.00639E+12', '400639'], 'text 2; not typed: an identifier, and 1 of its values are no whole numbers | 4.00639E+12 to 400639 of 2'),
	(ARRAY['+1 555 123 456', '+1 555 123 457'], 'text 2; not typed: an identifier, and 2 of its values are no whole numbers | +1 555 123 456 to +1 555 123 457 of 2'),
	(ARRAY['12345678901234567890', '1'], 'text 2; not typed: an identifier, and 1 of its values are no whole numbers | 1 to 12345678901234567890 of 2'),
	(ARRAY['UNKNOWN', '17', '18'], 'integer 2; missing words set to NULL 1 | sum 35 of 2')
) AS v(vals, want)
WHERE prepared(vals, 'customer_id') IS DISTINCT FROM want;
-- numbers that came as such
CREATE TABLE raw AS SELECT * FROM (VALUES (17850.0::float8, 17850.0, 1.5::real, 2.0::float8), (13047, 13047.00, 2, 3), (NULL, NULL, NULL, NULL)) AS v(customer_id, order_no, product_code, price);
SELECT * FROM prepare_purchases('raw', 'done') WHERE column_name IS NOT NULL;
SELECT * FROM done;
UPDATE raw SET customer_id = 'Infinity', order_no = 'NaN';
SELECT action FROM prepare_purchases('raw', 'done2') WHERE column_name IS NOT NULL;
DROP TABLE raw, done, done_reject, done2, done2_reject;

-- nouns alone, and what marts take for an identifier
SELECT n, vals[1] AS most, vals[100] AS other, prepared(vals, n) AS got
FROM (VALUES ('article', times('85123', 96) || times('85123A', 4)), ('cust', times('1001', 96) || times('guest', 4)), ('basket', times('1001', 96) || times('RETURN-7', 4)),
	('postal', times('12345', 96) || times('12345-6789', 4)), ('product', times('1001', 96) || times('gift', 4)), ('item', times('1001', 96) || times('gift', 4)),
	('member', times('1001', 96) || times('none yet', 4)), ('loyalty_card', times('1001', 96) || times('lost', 4)), ('store', times('7', 96) || times('web shop', 4)),
	-- and values that are codes, whatever the name is
	('x', times('85123', 96) || times('85123A', 4)), ('x', times('1001', 96) || times('RETURN-7', 4)), ('x', times('12345', 96) || times('12345-6789', 4)),
	('x', times('1001', 96) || times('C2001', 3) || 'lost'::text)) AS v(n, vals);
-- but no units, dates and words
SELECT vals[100] AS other, prepared(vals) AS got
FROM (VALUES (times('250', 96) || times('250g', 4)), (times('1', 96) || times('12kg', 4)), (times('20240105', 96) || times('2024-01-05', 4)), (times('1', 96) || times('one', 4))) AS v(vals);

/*--- flags ---*/

SELECT n, vals[1] AS first, vals[100] AS last, prepared(vals, n) AS got, want
FROM (VALUES ('province', times('ON', 97) || times('QC', 3), 'text 100; not typed: flags without their opposite, as NO may be Norway and ON Ontario | ON to QC of 100'),
	('country', times('NO', 97) || times('SE', 3), 'text 100 | NO to SE of 100'),
	('x', times('no', 100), 'text 100; not typed: flags without their opposite, as NO may be Norway and ON Ontario | no to no of 100'),
	('country_code', times('NO', 100), 'text 100 | NO to NO of 100'),
	('country_code', times('NO', 50) || times('YES', 50), 'text 100 | NO to YES of 100'),
	('x', times('N', 97) || times('S', 3), 'text 100; not typed: flags without their opposite, as NO may be Norway and ON Ontario | N to S of 100'),
	('x', times('N', 100), 'boolean 100 | false to false of 100'),
	('x', times('Y', 100), 'boolean 100 | true to true of 100'),
	('x', times('F', 99) || '0'::text, 'text 100; not typed: a single letter t or f | 0 to F of 100'),
	('x', times('YES', 97) || times('?!', 3), 'boolean 97; rejected 3 | true to true of 97'),
	('x', times('False', 97) || times('?!', 3), 'boolean 97; rejected 3 | false to false of 97'),
	('x', times('no', 90) || times('1', 10), 'boolean 100 | false to true of 100'),
	('x', times('no', 90) || times('yes', 7) || times('perhaps', 3), 'boolean 97; rejected 3 | false to true of 97'),
	('member', times('no', 90) || times('yes', 7) || times('perhaps', 3), 'boolean 97; rejected 3 | false to true of 97'),
	('x', times('off', 90) || times('on', 10), 'boolean 100 | false to true of 100')
) AS v(n, vals, want)
WHERE prepared(vals, n) IS DISTINCT FROM want;

/*--- money ---*/

SELECT vals, prepared(vals) AS got, want
FROM (VALUES (ARRAY['0,548', '12', '1,234'], 'numeric (decimal comma) 3; numbers that could have either decimal mark 1 | sum 13.782 of 3'),
	(ARRAY['0,001', '00,123'], 'numeric (decimal comma) 2 | sum 0.124 of 2'),
	(ARRAY['1.234,56', '1.234'], 'numeric (decimal comma) 2; numbers that could have either decimal mark 1 | sum 2468.56 of 2'),
	(ARRAY['12,5', '1.234.567'], 'numeric (decimal comma) 2 | sum 1234579.5 of 2'),
	(ARRAY['12.5', '1,234'], 'numeric (decimal point) 2; numbers that could have either decimal mark 1 | sum 1246.5 of 2'),
	(ARRAY['0.548', '1.234'], 'numeric (decimal point) 2; numbers that could have either decimal mark 1 | sum 1.782 of 2'),
	(ARRAY['1,234,567', '1,234'], 'numeric (decimal point) 2; numbers that could have either decimal mark 1 | sum 1235801 of 2'),
	(ARRAY['1,234', '5'], 'numeric (decimal point) 2; read with a decimal point, which no value settles: decimal_marks can tell 1 | sum 1239 of 2'),
	(ARRAY['1.234', '5'], 'numeric (decimal point) 2; read with a decimal point, which no value settles: decimal_marks can tell 1 | sum 6.234 of 2'),
	(ARRAY['12.5', '12,5'], 'text 2; not typed: 1 with a decimal point and 1 with a decimal comma, so that decimal_marks must tell | 12,5 to 12.5 of 2'),
	(times('12.5', 50) || times('12,5', 6) || '1,234'::text, 'text 57; not typed: 50 with a decimal point and 6 with a decimal comma, so that decimal_marks must tell | 1,234 to 12.5 of 57'),
	(times('12.5', 99) || '12,5'::text, 'numeric (decimal point) 99; rejected 1 | sum 1237.5 of 99'),
	(times('12,5', 99) || '12.5'::text, 'numeric (decimal comma) 99; rejected 1 | sum 1237.5 of 99'),
	(times('12,5', 98) || '12.5'::text || '1.234'::text,
		'numeric (decimal comma) 99; numbers that could have either decimal mark 1; rejected 1 | sum 2459.0 of 99'),
	(times('1,234', 999) || '12,5'::text, 'numeric (decimal comma) 1000; numbers that could have either decimal mark 999 | sum 1245.266 of 1000'),
	-- a tenth as many may speak for the other mark
	(times('12.5', 10) || '12,5'::text, 'text 11; not typed: 10 with a decimal point and 1 with a decimal comma | 12,5 to 12.5 of 11'),
	(ARRAY['1e+05', '4.4e-16', '5'], 'numeric 3 | sum 100005.00000000000000044 of 3'),
	(ARRAY['R$ 1.234,56', 'R$ 5,00'], 'numeric (decimal comma) 2 | sum 1239.56 of 2'),
	(ARRAY[E'1\u00A0234,56 z\u0142', E'5 z\u0142'], 'numeric (decimal comma) 2 | sum 1239.56 of 2'),
	(ARRAY['kr 1 234,50', '5 kr', '12,-'], 'numeric (decimal comma) 3 | sum 1251.50 of 3'),
	(ARRAY['Rs. 1,00,000.50', 'Rs.500/-'], 'numeric 2 | sum 100500.50 of 2'),
	(ARRAY[E'CHF 1\u2019234.50', 'CHF 5.-', 'Fr. 1''000'], 'numeric 3 | sum 2239.50 of 3'),
	(ARRAY[E'1\u202F234', '5'], 'numeric 2 | sum 1239 of 2')
) AS v(vals, want)
WHERE prepared(vals) IS DISTINCT FROM want;
-- told by hand, for all columns or for one
SELECT options, vals, prepared(vals, 'x', options) AS got, want
FROM (VALUES (', decimal_mark => '',''', ARRAY['1,234', '5'], 'numeric (decimal comma) 2 | sum 6.234 of 2'),
	(', decimal_mark => ''.''', ARRAY['12,5', '5'], 'text 2 | 12,5 to 5 of 2'),
	(', decimal_marks => ''{"x": ","}''', ARRAY['1,234', '5'], 'numeric (decimal comma) 2 | sum 6.234 of 2'),
	(', decimal_mark => ''.'', decimal_marks => ''{"x": ","}''', ARRAY['12,5', '1.234'], 'numeric (decimal comma) 2 | sum 1246.5 of 2'),
	(', decimal_marks => ''{"x": ","}''', ARRAY['1,234', '12,5'], 'numeric (decimal comma) 2 | sum 13.734 of 2'),
	(', tolerance => 0.1', times('12.5', 10) || '12,5'::text, 'numeric (decimal point) 10; rejected 1 | sum 125.0 of 10'),
	(', tolerance => 0.1', times('12.5', 9) || '12,5'::text, 'text 10; not typed: 9 with a decimal point and 1 with a decimal comma, so that decimal_marks must tell | 12,5 to 12.5 of 10'),
	(', decimal_marks => ''{"x": "."}'', tolerance => 0.5', ARRAY['12.5', '12,5'], 'numeric (decimal point) 1; rejected 1 | sum 12.5 of 1')
) AS v(options, vals, want)
WHERE prepared(vals, 'x', options) IS DISTINCT FROM want;
-- what no value tells is told loudly, unless somebody did
CREATE TABLE raw (precio text, peso text, sold text);
INSERT INTO raw VALUES ('12.500', '1,250', '1'), ('8.990', '2,000', '2'), ('1.250', '3', '4');
SELECT column_name, action, row_count FROM prepare_purchases('raw', 'done') WHERE action ~ 'typed|read';
SELECT sum(precio) AS precio, sum(peso) AS peso FROM done;
SELECT column_name, action, row_count FROM prepare_purchases('raw', 'done2', decimal_marks => '{"precio": ",", "peso": "."}') WHERE action ~ 'typed|read';
SELECT sum(precio) AS precio, sum(peso) AS peso FROM done2;
DROP TABLE raw, done, done_reject, done2, done2_reject;

/*--- letters and digits are money only if something says so ---*/

SELECT n, vals, prepared(vals, n) AS got, want
FROM (VALUES ('item', ARRAY['PEN001', 'PEN002'], 'text 2; not typed: leading zeros | PEN001 to PEN002 of 2'),
	('x', ARRAY['PEN001', 'PEN002'], 'text 2; not typed: leading zeros | PEN001 to PEN002 of 2'),
	('price', ARRAY['PEN001', 'PEN2'], 'text 2; not typed: leading zeros | PEN001 to PEN2 of 2'),
	('room', ARRAY['RM101', 'RM102'], 'text 2; not typed: 2 values are letters and digits, which are codes where neither the name nor decimals speak of money | RM101 to RM102 of 2'),
	('room', ARRAY['RM-1001', 'RM-1002'], 'text 2; not typed: 2 values are letters and digits, which are codes where neither the name nor decimals speak of money | RM-1001 to RM-1002 of 2'),
	('x', times('5', 97) || times('12Ft', 3), 'text 100; not typed: 3 values are letters and digits, which are codes where neither the name nor decimals speak of money | 12Ft to 5 of 100'),
	('price', ARRAY['RM101', 'RM-1002'], 'numeric 2 | sum -901 of 2'),
	('total_paid', ARRAY['101kr', '5kr'], 'numeric 2 | sum 106 of 2'),
	('x', ARRAY['RM101', 'RM102.50'], 'numeric 2 | sum 203.50 of 2'),
	('x', ARRAY['RM 101', 'RM 102'], 'numeric 2 | sum 203 of 2'),
	('x', ARRAY['R$101', 'R$102'], 'numeric 2 | sum 203 of 2'),
	('x', ARRAY['$101', '$-102'], 'numeric 2 | sum -1 of 2')
) AS v(n, vals, want)
WHERE prepared(vals, n) IS DISTINCT FROM want;

-- a column that leaves it open follows those that tell
CREATE TABLE raw (price text, weight text, units text);
INSERT INTO raw VALUES ('12,50', '1,250', '1.000'), ('3,00', '2,000', '20');
SELECT * FROM prepare_purchases('raw', 'done') WHERE column_name IS NOT NULL;
SELECT sum(price) AS price, sum(weight) AS weight, sum(units) AS units FROM done;
-- ... unless they contradict each other
UPDATE raw SET units = '0.5';
SELECT column_name, action FROM prepare_purchases('raw', 'done2') WHERE action ~ 'typed|read';
DROP TABLE raw, done, done_reject, done2, done2_reject;

/*--- several currencies ---*/

CREATE TABLE raw (amount text, other text);
INSERT INTO raw VALUES ('$10.00', '$1'), ('€10.00', 'USD 2'), ('£10.00', 'US$3'), ('10.00', '4'), ('€10.00', '5 usd');
SELECT column_name, action, row_count FROM prepare_purchases('raw', 'done') WHERE action ~ 'typed|curr';
SELECT * FROM prepare_purchases('raw', 'done2', currencies => 'column', drop_duplicates => true) WHERE column_name = 'amount' OR column_name IS NULL;
SELECT amount, amount_currency FROM done2;
SELECT col_description('done2'::regclass, 2);
SELECT column_name, action, row_count FROM prepare_purchases('raw', 'done3', currencies => 'ignore') WHERE column_name = 'amount';
SELECT column_name, action, row_count FROM prepare_purchases('raw', 'done4', types => '{"amount": "numeric"}') WHERE column_name = 'amount';
ALTER TABLE raw ADD amount_currency text;
SELECT prepare_purchases('raw', 'done5', currencies => 'column');
DROP TABLE raw, done, done_reject, done2, done2_reject, done3, done3_reject, done4, done4_reject;
SELECT prepared(ARRAY['kr 5', 'EUR 5']) AS krona, prepared(times('$5', 999) || 'EUR 5'::text) AS one_of_many, prepared(ARRAY['EUR 5,00', '€ 5,50', '5 eur']) AS the_same;

/*--- dates ---*/

SELECT vals[1] AS first, cardinality(vals) AS n, prepared(vals, 'd', options) AS got, want
FROM (VALUES
	-- years of two digits: what hardly changes is the year
	(spread('24-01-%s', 1, 31), '', 'date (YMD) 31 | 2024-01-01 to 2024-01-31 of 31'),
	(spread('24/03/%s', 1, 31), '', 'date (YMD) 31 | 2024-03-01 to 2024-03-31 of 31'),
	(spread('24.03.%s', 1, 31), '', 'date (YMD) 31 | 2024-03-01 to 2024-03-31 of 31'),
	(spread('%s-01-24', 1, 31), '', 'date (DMY) 31 | 2024-01-01 to 2024-01-31 of 31'),
	(spread('%s/03/24', 1, 31), '', 'date (DMY) 31 | 2024-03-01 to 2024-03-31 of 31'),
	(spread('%s.03.24', 1, 31), '', 'date (DMY) 31 | 2024-03-01 to 2024-03-31 of 31'),
	(spread('01/%s/24', 1, 31), '', 'date (MDY) 31 | 2024-01-01 to 2024-01-31 of 31'),
	(spread('24-01-%s 10:00', 1, 31), '', 'timestamp without time zone (YMD) 31 | 2024-01-01 10:00:00 to 2024-01-31 10:00:00 of 31'),
	-- where the month has a name, the year is last unless the days tell otherwise
	(spread('24-Jan-%s', 1, 31), '', 'date (YMD) 31 | 2024-01-01 to 2024-01-31 of 31'),
	(spread('%s-Jan-24', 1, 31), '', 'date 31 | 2024-01-01 to 2024-01-31 of 31'),
	(ARRAY['24 Jan 05', '05 Feb 24'], '', 'date 2 | 2005-01-24 to 2024-02-05 of 2'),
	(ARRAY['24 Jan 05', '25 Feb 24'], ', date_order => ''YMD''', 'date (YMD) 2 | 2024-01-05 to 2025-02-24 of 2'),
	(ARRAY['99-Jan-05', '98-Dec-31'], '', 'date (YMD) 2 | 1998-12-31 to 1999-01-05 of 2'),
	-- numbers that can be no day decide
	(ARRAY['99-01-05', '98/12/31'], '', 'date (YMD) 2 | 1998-12-31 to 1999-01-05 of 2'),
	(ARRAY['31.12.99', '05.01.98'], '', 'date 2 | 1998-01-05 to 1999-12-31 of 2'),
	(ARRAY['24/3/5', '24/12/31'], '', 'date (YMD) 2 | 2024-03-05 to 2024-12-31 of 2'),
	(ARRAY['5.1.24', '15.1.24'], '', 'date (DMY) 2 | 2024-01-05 to 2024-01-15 of 2'),
	-- what cannot be told is not read
	(times('24-01-05', 20), '', 'text 20; not typed: dates with two-digit years that may come first or last, so that date_order must be given | 24-01-05 to 24-01-05 of 20'),
	(times('24/03/05', 20), '', 'text 20; not typed: dates with two-digit years that may come first or last, so that date_order must be given | 24/03/05 to 24/03/05 of 20'),
	(times('24.03.05', 20), '', 'text 20; not typed: dates with two-digit years that may come first or last, so that date_order must be given | 24.03.05 to 24.03.05 of 20'),
	-- the first of each month of three years is no year
	(ARRAY(SELECT '01.' || lpad(m::text, 2, '0') || '.' || y FROM generate_series(1, 12) AS m, generate_series(22, 24) AS y), '',
		'text 36; not typed: dates with two-digit years that may come first or last, so that date_order must be given | 01.01.22 to 01.12.24 of 36'),
	(ARRAY['99-01-05', '31.12.99'], '', 'text 2; not typed: dates, but some years come first and some last, so that date_order must be given | 31.12.99 to 99-01-05 of 2'),
	-- unless somebody says so
	(times('24-01-05', 20), ', date_order => ''YMD''', 'date (YMD) 20 | 2024-01-05 to 2024-01-05 of 20'),
	(times('24.03.05', 20), ', date_order => ''ymd''', 'date (YMD) 20 | 2024-03-05 to 2024-03-05 of 20'),
	(times('24/03/05', 20), ', date_order => ''DMY''', 'date (DMY) 20 | 2005-03-24 to 2005-03-24 of 20'),
	(ARRAY['2024-01-05', '24-01-06'], ', date_order => ''YMD''', 'date (YMD) 2 | 2024-01-05 to 2024-01-06 of 2'),
	-- one clock that all were written by is that of the shop, and told
	(ARRAY['2024-01-05T10:00+02:00', '2024-07-05T10:00+0200'], '', 'timestamp without time zone 2; all have the time zone +02:00, taken as the shop''s clock 2 | 2024-01-05 10:00:00 to 2024-07-05 10:00:00 of 2'),
	(ARRAY['2024-01-05T10:00Z', '2024-07-05T10:00+00'], '', 'timestamp with time zone 2; all have the time zone +00:00 2 | 2024-01-05 10:00:00+00 to 2024-07-05 10:00:00+00 of 2'),
	(ARRAY['2024-01-05T10:00-0330', '2024-07-05T10:00-03:30'], '', 'timestamp without time zone 2; all have the time zone -03:30, taken as the shop''s clock 2 | 2024-01-05 10:00:00 to 2024-07-05 10:00:00 of 2'),
	(ARRAY['2024-01-05T10:00+02:00', '2024-07-05T10:00+0200'], ', types => ''{"d": "timestamptz"}''', 'timestamp with time zone 2; all have the time zone +02:00 2 | 2024-01-05 08:00:00+00 to 2024-07-05 08:00:00+00 of 2'),
	-- what has no zone is of that clock
	(times('2024-01-05T10:00+02:00', 96) || times('2024-01-06T11:00', 3) || '2024-01-07'::text, '',
		'timestamp without time zone 100; all that have one have the time zone +02:00, taken as the shop''s clock 96; times without a time zone, taken as of that clock 4 | 2024-01-05 10:00:00 to 2024-01-07 00:00:00 of 100'),
	(times('2024-01-05T10:00+02:00', 96) || times('2024-01-06T11:00', 3) || 'soon'::text, '',
		'timestamp without time zone 99; all that have one have the time zone +02:00, taken as the shop''s clock 96; times without a time zone, taken as of that clock 3; rejected 1 | 2024-01-05 10:00:00 to 2024-01-06 11:00:00 of 99'),
	(times('2024-01-05T10:00+02:00', 90) || times('2024-01-06T11:00', 10), '', 'text 100; not typed: some have a time zone, some have none | 2024-01-05T10:00+02:00 to 2024-01-06T11:00 of 100'),
	-- a type that is forced has no clock to tell of
	(ARRAY['2024-01-05 10:00', '2024-01-05'], ', types => ''{"d": "timestamptz"}''', 'timestamp with time zone 0; rejected 2'),
	(times('13/04/2024', 10) || '04/13/2024'::text, ', tolerance => 0.1', 'date (DMY) 10; dates that can only be MDY 1; dates that could be MDY too 0; rejected 1 | 2024-04-13 to 2024-04-13 of 10'),
	(ARRAY['05-05-99', '06-06-99'], '', 'date (DMY) 2 | 1999-05-05 to 1999-06-06 of 2'),
	(ARRAY['2024-01-05T10:00+01:00', '2024-07-05T10:00+02:00'], '', 'timestamp with time zone 2 | 2024-01-05 09:00:00+00 to 2024-07-05 08:00:00+00 of 2')
) AS v(vals, options, want)
WHERE prepared(vals, 'd', options) IS DISTINCT FROM want;

-- most d/m/y, some m/d/y: those that could be either are told
CREATE TABLE raw (id text, order_date text);
INSERT INTO raw SELECT i, to_char('2023-01-01'::date + i, 'DD/MM/YYYY') FROM generate_series(0, 335) AS i;
INSERT INTO raw SELECT 1000 + i, to_char('2024-03-01'::date + i, 'MM/DD/YYYY') FROM generate_series(0, 37) AS i;
SELECT count(*) FILTER (WHERE left(order_date, 2)::int > 12) AS only_dmy, count(*) FILTER (WHERE substr(order_date, 4, 2)::int > 12) AS only_mdy,
	count(*) FILTER (WHERE left(order_date, 2)::int <= 12 AND substr(order_date, 4, 2)::int <= 12 AND left(order_date, 2) <> substr(order_date, 4, 2)) AS either
FROM raw;
SELECT * FROM prepare_purchases('raw', 'done', tolerance => 0.1) WHERE column_name = 'order_date' OR action ~ 'rejected';
SELECT reject_reason FROM done_reject ORDER BY id LIMIT 2;
SELECT * FROM prepare_purchases('raw', 'done2', tolerance => 0.6, date_order => 'MDY') WHERE column_name = 'order_date';
DROP TABLE raw, done, done_reject, done2, done2_reject;

/*--- missing words, and values that do not fit ---*/

SELECT vals, prepared(vals, 'x', options) AS got, want
FROM (VALUES (ARRAY['1', E'\\N', '2', 'ERROR', 'Unknown'], '', 'integer 2; missing words set to NULL 3 | sum 3 of 2'),
	(ARRAY['1', E'\\N', '2', 'ERROR', 'Unknown', 'not available'], '', 'text 5; missing words set to NULL 1 | 1 to not available of 5'),
	(ARRAY['1', '2', '3', 'ERROR', 'Unknown', 'not available'], '', 'integer 3; missing words set to NULL 3 | sum 6 of 3'),
	(ARRAY['2024-01-05', 'NaT'], '', 'date 1; missing words set to NULL 1 | 2024-01-05 to 2024-01-05 of 1'),
	(ARRAY['1.50', '#VALUE!', '#REF!'], '', 'numeric 1; missing words set to NULL 2 | sum 1.50 of 1'),
	-- labels among labels
	(ARRAY['Cash', 'Unknown', 'None'], '', 'text 3 | Cash to Unknown of 3'),
	(ARRAY['Yes', 'No', 'Unknown'], '', 'text 3 | No to Yes of 3'),
	(ARRAY['None', 'None', '5'], '', 'text 3 | 5 to None of 3'),
	-- a flag is one by its other values
	(times('Yes', 98) || times('Unknown', 2), '', 'boolean 98; missing words set to NULL 2 | true to true of 98'),
	-- words of one's own, numbers too, in any case
	(ARRAY['1', '999', '-1', 'x'], ', missing => ''{999,-1,X}''', 'integer 1; missing words set to NULL 3 | sum 1 of 1'),
	(ARRAY['Cash', 'Unknown', 'no idea'], ', missing => ''{unknown," No Idea "}''', 'text 1; missing words set to NULL 2 | Cash to Cash of 1'),
	(ARRAY['1', 'x'], ', missing => ''{}''', 'text 2 | 1 to x of 2'),
	-- values that do not fit
	(times('1', 99) || 'one'::text, '', 'integer 99; rejected 1 | sum 99 of 99'),
	(times('1', 99) || 'one'::text, ', misfits => ''null''', 'integer 99; set to NULL 1 | sum 99 of 99'),
	(times('1', 99) || 'one'::text, ', tolerance => 0', 'text 100 | 1 to one of 100'),
	-- types that somebody decides
	(times('1', 9) || 'one'::text, ', types => ''{"x": "integer"}''', 'integer 9; rejected 1 | sum 9 of 9'),
	(times('1', 9) || 'one'::text, ', types => ''{"x": "integer"}'', misfits => ''null''', 'integer 9; set to NULL 1 | sum 9 of 9'),
	(ARRAY['1', '2'], ', types => ''{"x": "text"}''', 'text 2 | 1 to 2 of 2'),
	(ARRAY['007', '008'], ', types => ''{"x": "integer"}''', 'integer 2 | sum 15 of 2'),
	(ARRAY['03/04/2024', '2024-01-05'], ', types => ''{"x": "date"}''', 'date 1; rejected 1 | 2024-01-05 to 2024-01-05 of 1'),
	-- and none ends in an error of a value
	(ARRAY['2024-01-05', '2024-01-05 10:00'], ', types => ''{"x": "date"}''', 'date 1; rejected 1 | 2024-01-05 to 2024-01-05 of 1'),
	(ARRAY['2024-01-05 10:00Z', '2024-01-05 10:00'], ', types => ''{"x": "timestamp"}''', 'timestamp without time zone 1; rejected 1 | 2024-01-05 10:00:00 to 2024-01-05 10:00:00 of 1'),
	(ARRAY['3000000000', '5'], ', types => ''{"x": "integer"}''', 'integer 1; rejected 1 | sum 5 of 1'),
	(ARRAY['3000000000', '5'], ', types => ''{"x": "integer"}'', misfits => ''null''', 'integer 1; set to NULL 1 | sum 5 of 1'),
	(ARRAY['17850,0', '1.5', '2'], ', types => ''{"x": "bigint"}''', 'bigint 1; rejected 2 | sum 2 of 1'),
	(ARRAY['17850.0', '99999999999999999999.0', '2'], ', types => ''{"x": "bigint"}'', misfits => ''null''', 'bigint 1; set to NULL 2 | sum 2 of 1'),
	(ARRAY['17850.0', '2'], ', types => ''{"x": "bigint"}''', 'bigint 2; whole numbers written with decimals 1 | sum 17852 of 2'),
	(ARRAY['12,5', '12.5', 'x'], ', types => ''{"x": "numeric"}''', 'numeric 1; rejected 2 | sum 12.5 of 1'),
	(ARRAY['yes', '1', '2'], ', types => ''{"x": "boolean"}''', 'boolean 2; rejected 1 | true to true of 2'),
	(ARRAY['10:30', '24:00'], ', types => ''{"x": "time"}''', 'time without time zone 1; rejected 1 | 10:30:00 to 10:30:00 of 1'),
	(ARRAY['ERROR', 'Unknown', '5', 'x'], ', types => ''{"x": "integer"}''', 'integer 1; missing words set to NULL 2; rejected 1 | sum 5 of 1'),
	(ARRAY['03/04/2024', 'soon', '2024-01-05'], ', types => ''{"x": "date"}'', misfits => ''null''', 'date 1; set to NULL 2 | 2024-01-05 to 2024-01-05 of 1'),
	(ARRAY['2024-01-05', '2024-01-05 10:00'], ', types => ''{"x": "timestamp"}''', 'timestamp without time zone 2 | 2024-01-05 00:00:00 to 2024-01-05 10:00:00 of 2')
) AS v(vals, options, want)
WHERE prepared(vals, 'x', options) IS DISTINCT FROM want;
-- the mark that is given may leave some of an identifier out
SELECT prepared(times('17850', 97) || times('17850.0', 3), 'customer_id', ', decimal_mark => '',''') AS got;

/*--- times of the day ---*/

SELECT vals, prepared(vals, n, options) AS got, want
FROM (VALUES ('time', ARRAY['10:30', '10:30:05', '9:05 PM', ''], '', 'time without time zone 3; empty 1 | 10:30:00 to 21:05:00 of 3'),
	('time', times('10:30', 96) || times('late', 4), '', 'time without time zone 96; rejected 4 | 10:30:00 to 10:30:00 of 96'),
	('time', times('10:30', 90) || times('late', 10), '', 'text 100 | 10:30 to late of 100'),
	('time', times('10:30', 96) || times('2024-01-05 10:30', 4), '', 'time without time zone 96; rejected 4 | 10:30:00 to 10:30:00 of 96'),
	('time', ARRAY['10:30+02:00', '10:30'], '', 'text 2 | 10:30 to 10:30+02:00 of 2'),
	('time', ARRAY['10:30', '11:30'], ', types => ''{"time": "text"}''', 'text 2 | 10:30 to 11:30 of 2')
) AS v(n, vals, options, want)
WHERE prepared(vals, n, options) IS DISTINCT FROM want;
-- which a mart joins to the date
CREATE TABLE raw AS SELECT i::text AS customer_id, '2024-01-0' || i AS date, i || ':05 PM' AS time, '5.50' AS amount FROM generate_series(1, 3) AS i;
SELECT count(*) FROM prepare_purchases('raw', 'done');
SELECT expression, why FROM suggest_roles('done') WHERE role_name = 'purchased_at';
SELECT max("date" + "time") AS purchased_at FROM done;
DROP TABLE raw, done, done_reject;

/*--- values that do not fit are told ---*/

-- rows and cells are told, and more than 1 percent loudly
CREATE TABLE raw AS SELECT i::text AS "Order No", CASE i WHEN 3 THEN 'three' WHEN 5 THEN 'five' ELSE i::text END AS rating,
	CASE i WHEN 3 THEN 'soon' ELSE '2024-01-05' END AS day, (i * 1.5)::text AS amount FROM generate_series(1, 100) AS i;
SELECT * FROM prepare_purchases('raw', 'done') WHERE action ~ 'rows|reject';
SELECT * FROM prepare_purchases('raw', 'done2', misfits => 'null') WHERE action ~ 'rows|NULL';
SELECT (SELECT sum(amount) FROM done) AS rejected, (SELECT sum(amount) FROM done2) AS kept, (SELECT count(*) FROM done2_reject) AS rows;
SELECT * FROM done2 WHERE rating IS NULL OR day IS NULL ORDER BY order_no;
SET client_min_messages = notice;
INSERT INTO raw SELECT i::text, '1', '2024-01-05', '1.5' FROM generate_series(101, 1000) AS i;
DROP TABLE done, done_reject;
SELECT count(*) FROM prepare_purchases('raw', 'done');
SET client_min_messages = warning;
DROP TABLE raw, done, done_reject, done2, done2_reject;

/*--- NA among codes is a code ---*/

SELECT n, vals, prepared(vals, n, options) AS got, want
FROM (VALUES ('region', ARRAY['NA', 'EU', 'AS', 'SA'], '', 'text 4; NA kept as a label 1 | AS to SA of 4'),
	('x', ARRAY['NA', 'EU', 'AS', 'SA', 'na', ''], '', 'text 4; NA kept as a label 1; empty 1; missing words set to NULL 1 | AS to SA of 4'),
	('territory', ARRAY['NA', 'EMEA', 'APAC', 'Japan'], '', 'text 4; NA kept as a label 1 | APAC to NA of 4'),
	('x', ARRAY['NA', 'EMEA', 'APAC', 'Japan'], '', 'text 3; missing words set to NULL 1 | APAC to Japan of 3'),
	('region', ARRAY['NA', 'North', 'South'], '', 'text 2; missing words set to NULL 1 | North to South of 2'),
	('size', ARRAY['NA', 'S', 'M', 'XL'], '', 'text 3; missing words set to NULL 1 | M to XL of 3'),
	('region', ARRAY['NA', '1', '2'], '', 'integer 2; missing words set to NULL 1 | sum 3 of 2'),
	('region', ARRAY['NA', 'EU'], ', na_labels => ''{}''', 'text 1; missing words set to NULL 1 | EU to EU of 1'),
	('region', ARRAY['NA', 'EU'], ', missing => ''{NA}''', 'text 1; missing words set to NULL 1 | EU to EU of 1'),
	('x', ARRAY['NA', 'North'], ', na_labels => ''{x}''', 'text 2; NA kept as a label 1 | NA to North of 2'),
	('x', times('1', 99) || 'NA'::text, ', na_labels => ''{x}''', 'text 100; not typed: NA is a label in it; NA kept as a label 1 | 1 to NA of 100'),
	('x', times('1', 99) || 'NA'::text, ', na_labels => ''{x}'', types => ''{"x": "integer"}''', 'integer 99; NA kept as a label 1; rejected 1 | sum 99 of 99'),
	('x', ARRAY['NA', '1'], ', na_labels => ''{x}''', 'text 2; NA kept as a label 1 | 1 to NA of 2')
) AS v(n, vals, options, want)
WHERE prepared(vals, n, options) IS DISTINCT FROM want;

-- but not in a file that writes it for what is missing
CREATE TABLE raw (region text, country text, amount text, note text);
INSERT INTO raw VALUES ('NA', 'CA', '5', 'NA'), ('EU', 'NA', 'NA', 'good'), ('AS', 'JP', '7', 'bad');
SET client_min_messages = notice;
SELECT column_name, action, row_count FROM prepare_purchases('raw', 'done') WHERE action ~ 'NA|missing|typed';
SELECT * FROM done;
SELECT column_name, action, row_count FROM prepare_purchases('raw', 'done2', na_labels => '{region}') WHERE action ~ 'NA|missing';
SELECT * FROM done2;
SET client_min_messages = warning;
UPDATE raw SET amount = '6' WHERE amount = 'NA';
SELECT column_name, action, row_count FROM prepare_purchases('raw', 'done3') WHERE action ~ 'NA|missing';
DROP TABLE raw, done, done_reject, done2, done2_reject, done3, done3_reject;

/*--- labels that differ in case and blanks only ---*/

CREATE TABLE raw (category text, amount text);
INSERT INTO raw SELECT c, '1' FROM unnest(ARRAY['Hat', 'Hat', 'HAT', ' hat', 'Rain  coat', 'rain coat', 'Rain coat', 'Rain coat', E'rain\u00A0Coat', 'NA', 'it''s', 'IT''S']) AS c;
SELECT * FROM prepare_purchases('raw', 'done', fold_labels => '{category}') WHERE column_name = 'category';
SELECT category, count(*) FROM done GROUP BY 1 ORDER BY 1;
SELECT row_count FROM prepare_purchases('raw', 'done2', fold_labels => '{category,amount}', drop_duplicates => true) WHERE action ~ 'rows out';
DROP TABLE raw, done, done_reject, done2, done2_reject;

/*--- replace ---*/

CREATE TABLE raw (a text);
INSERT INTO raw VALUES ('1'), ('2');
SELECT count(*) FROM prepare_purchases('raw', 'done', replace => true);
CREATE ROLE regress_prepare_reader;
GRANT SELECT ON done TO regress_prepare_reader;
INSERT INTO raw VALUES ('x'), ('1');
SELECT * FROM prepare_purchases('raw', 'done', replace => true, drop_duplicates => true, types => '{"a": "integer"}') WHERE action ~ 'row';
TABLE done;
TABLE done_reject;
SELECT obj_description('done'::regclass), obj_description('done_reject'::regclass), has_table_privilege('regress_prepare_reader', 'done', 'SELECT') AS granted,
	has_table_privilege('regress_prepare_reader', 'done_reject', 'SELECT') AS not_granted;
-- a new one that fails leaves the old one
SELECT prepare_purchases('raw', 'done', replace => true, decimal_mark => ';');
CREATE VIEW failing AS SELECT (1 / (length(a) - 1))::text AS a FROM raw;
SELECT prepare_purchases('failing', 'done', replace => true);
TABLE done;
-- as does one that something depends on
CREATE VIEW reader AS SELECT * FROM done;
SELECT prepare_purchases('raw', 'done', replace => true);
SELECT prepare_purchases('reader', 'done', replace => true);
DROP VIEW reader;
SELECT prepare_purchases('done', 'done', replace => true);
SELECT prepare_purchases('done_reject', 'done', replace => true);
TABLE done;
SELECT relname FROM pg_class WHERE relname ~ '^done' ORDER BY 1;
-- nothing is replaced that was not made so
CREATE TABLE mine AS SELECT 1 AS a;
SELECT prepare_purchases('raw', 'mine', replace => true);
CREATE VIEW mine_view AS SELECT 1 AS a;
COMMENT ON VIEW mine_view IS 'Prepared from it. Rows that do not fit are in it.';
SELECT prepare_purchases('raw', 'mine_view', replace => true);
SELECT prepare_purchases('raw', repeat('t', 57), replace => true);
SELECT count(*) FROM prepare_purchases('raw', 'pg_temp."T m"', replace => true);
SELECT count(*) FROM prepare_purchases('raw', 'pg_temp."T m"', replace => true);
SELECT count(*) FROM pg_temp."T m";
DROP VIEW mine_view, failing;
DROP TABLE raw, done, done_reject, mine, pg_temp."T m", pg_temp."T m_reject";
DROP ROLE regress_prepare_reader;
DROP FUNCTION prepared, times, spread;
