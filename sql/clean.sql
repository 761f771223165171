-- clean: text as it comes from files, to typed values.
-- The tables below hold what is wanted; a query that prints no row is right.
\set VERBOSITY default
SET DateStyle = 'ISO';
SET TimeZone = 'UTC';

-- amounts: sign, currency, groups, brackets
SELECT t, parse_amount(t) AS got, want
FROM (VALUES
	('53', '53'), ('$53.00', '53.00'), ('$1,234.50', '1234.50'),
	('(12.00)', '-12.00'), ('($1,234.5)', '-1234.5'), ('12.00-', '-12.00'),
	('-12', '-12'), ('+12', '12'), ('-$5', '-5'), ('$-5', '-5'),
	('$ 5', '5'), ('( 5 )', '-5'), (E'\u221212', '-12'),
	('us$7', '7'), ('USD 12.30', '12.30'), ('12.30 usd', '12.30'), ('US$7', '7'),
	(E'\u20AC9', '9'), (E'9 \u20AC', '9'), (E'\u00A35.5', '5.5'),
	(E'\u00A5100', '100'), (E'\u20B91,00,000', '100000'),
	('1,234,567', '1234567'), ('12,34,567.80', '1234567.80'),
	('1,23,45,678', '12345678'), ('1 234 567', '1234567'),
	(E'1\u00A0234,567', NULL), (E'1\u202F234', '1234'), ('1''234.5', '1234.5'),
	-- as people of other countries write money
	('R$ 1,234.50', '1234.50'), ('kr 1,234.50', '1234.50'), ('1,234 kr.', '1234'),
	(E'5 z\u0142', '5'), (E'1 234.50 z\u0142', '1234.50'), (E'99 K\u010D', '99'),
	('Rs.1,00,000', '100000'), ('Rs. 500', '500'), ('Rs 5', '5'), ('rs. 5', '5'),
	(E'CHF 1\u2019234.50', '1234.50'), (E'1\u2019234\u2019567', '1234567'),
	('Fr. 5.50', '5.50'), ('SFr. 5', '5'), ('100 Ft', '100'), ('A$5', '5'),
	('CA$5', '5'), ('HK$ 1,000', '1000'), (E'\u0E3F5', '5'), ('5.30EUR', '5.30'),
	('5.-', '5'), ('12.--', '12'), (E'12.\u2013', '12'), ('500/-', '500'),
	('Rs. 1,234.50/-', '1234.50'), ('-5.-', '-5'), ('-R$ 5', '-5'),
	-- and computers
	('1e+05', '100000'), ('4.4e-16', '0.00000000000000044'), ('1.0E5', '100000'),
	('-1.5e+3', '-1500'), ('1.25e+1', '12.5'), ('1e-2', '0.01'), ('0e+00', '0'),
	('.5', '0.5'), ('5.', '5'), ('-0', '0'), ('-0.00', '0.00'), ('007', '7'),
	(E' \t\u00A0\uFEFF12.5\u3000\u200B\r\n', '12.5'),
	('9223372036854775807', '9223372036854775807'),
	('-9223372036854775808', '-9223372036854775808'),
	('9223372036854775808', '9223372036854775808'),
	('-92233720368547758.09', '-92233720368547758.09'),
	('123456789012345678901234.567', '123456789012345678901234.567'),
	('12345678901234567890123456', '12345678901234567890123456')
) AS v(t, want)
WHERE parse_amount(t)::text IS DISTINCT FROM want;

-- what is not certainly an amount is none
SELECT t, parse_amount(t) AS got
FROM unnest(ARRAY['', ' ', 'N/A', '-', '.', '$', '()', '( )', '(-5)', '(5',
	'5)', '--5', '+-5', '-5-', '$$5', '$5$', '5 apples', '1e5', '12E4', '1e', '1e+', '1e+-5', '1e+1.5',
	'1,234e+2', '1e+05x', '1e+100', '1e-101', '1e+99999999999', 'e+5', '0x10',
	'0,548', '0,001', '00,123', '000,123', '0 548', '0''548', '-0,548', '$0,548', '0,123,456',
	'5.-5', '5.---', '5-.', '5/', '/-', 'kr', 'Rs.', 'krkr5', 'ft 5', '5 lbs',
	'1,23', '12,3456', '1234,567', '1,,234', ',123', '1,234,', '1,234.5.6',
	'1,234.56,789', '1 234,567', '1,2345', '123,45,678', '1,234,56,789',
	'1,23,456,789', '1.234,50', E'1\n234', E'1\t234', '5 6', '1 2',
	'NaN', 'Infinity', 'inf', '12%', '5''', E'\u0661\u0662', E'5\u00E9',
	E'\\5', '5;DROP', repeat('9', 101), repeat('x', 1000)]) AS t
WHERE parse_amount(t) IS NOT NULL;

-- 100 digits are the limit, wherever the point stands
SELECT parse_amount(repeat('9', 100)) = repeat('9', 100)::numeric AS whole,
       parse_amount('-0.' || repeat('0', 98) || '1') = -1e-99 AS fraction,
       parse_amount('.' || repeat('9', 100)) = ('.' || repeat('9', 100))::numeric AS all_fraction,
       parse_amount(repeat('1', 50) || '.' || repeat('2', 50)) =
       (repeat('1', 50) || '.' || repeat('2', 50))::numeric AS both;

-- the comma as decimal mark
SELECT t, parse_amount(t, ',') AS got, want
FROM (VALUES ('1,23', '1.23'), ('1.234,50', '1234.50'), ('1.234', '1234'),
	('1.234.567', '1234567'), ('12.50', NULL), ('1,234,567', NULL),
	('1,234.50', NULL), ('-5,', '-5'), (',5', '0.5'),
	(E'1 234,50 \u20AC', '1234.50'), ('(1.000,00)', '-1000.00'),
	('1''000,5', '1000.5'), ('0,548', '0.548'), ('0,001', '0.001'), ('00,123', '0.123'),
	('0.548', NULL), ('00.123', NULL), ('R$ 1.234,56', '1234.56'), (E'1\u00A0234,56 z\u0142', '1234.56'),
	(E'1\u202F234,5', '1234.5'), ('12,-', '12'), ('12,--', '12'), ('1.000,-', '1000'), ('12.-', NULL),
	('1,5e+3', '1500'), ('kr 12,50', '12.50'), (E'1\u2019234,5', '1234.5')) AS v(t, want)
WHERE parse_amount(t, ',')::text IS DISTINCT FROM want;
-- the currency, as it is written
SELECT t, amount_currency(t) AS got, want
FROM (VALUES ('$5', '$'), ('5 usd', 'usd'), (E'\u20AC5', E'\u20AC'), (E'5,50 \u20AC', E'\u20AC'), ('R$ 1.234,56', 'R$'),
	('kr. 5', 'kr.'), ('(Rs. 5)', 'Rs.'), (E'5 z\u0142', E'z\u0142'), (E'\u20A45', E'\u20A4'),
	('5', NULL), ('five $', NULL), ('', NULL), ('N/A', NULL), (NULL, NULL)) AS v(t, want)
WHERE amount_currency(t) IS DISTINCT FROM want;
SELECT parse_amount('1', ';');
SELECT parse_amount('1', '');
SELECT parse_amount('1', repeat(E'\u00E9', 1000));
SELECT parse_amount('1', NULL) IS NULL AS no_mark, parse_amount(NULL) IS NULL AS no_text;

-- whole numbers
SELECT t, parse_integer(t) AS got, want
FROM (VALUES ('0', 0), ('-0', 0), ('+5', 5), (' 12 ', 12), ('007', 7),
	('9223372036854775807', 9223372036854775807),
	('-9223372036854775808', -9223372036854775808),
	('9223372036854775808', NULL), ('-9223372036854775809', NULL),
	('12.0', NULL), ('12.', NULL), ('1,234', NULL), ('$5', NULL), ('(5)', NULL),
	('5-', NULL), ('1 234', NULL), ('', NULL), ('N/A', NULL),
	('99999999999999999999999999', NULL)) AS v(t, want)
WHERE parse_integer(t) IS DISTINCT FROM want;

-- flags
SELECT t, parse_flag(t) AS got, want
FROM (VALUES ('yes', true), ('Y', true), ('TRUE', true), ('t', true),
	('oN', true), ('1', true), (E'\uFEFFYes\u00A0', true),
	('No', false), ('n', false), ('False', false), ('F', false),
	('off', false), ('0', false), (' 0 ', false),
	('', NULL), ('N/A', NULL), ('2', NULL), ('01', NULL), ('1.0', NULL),
	('yes!', NULL), ('ye', NULL), ('tr', NULL), ('yesno', NULL), ('-1', NULL),
	(E'y\u00E9s', NULL), (NULL, NULL)) AS v(t, want)
WHERE parse_flag(t) IS DISTINCT FROM want;

-- frequencies: the labels of the workflow first, then misspellings
SELECT t, parse_frequency(t) AS got, want
FROM (VALUES ('Weekly', 7), ('Fortnightly', 14), ('Bi-Weekly', 14),
	('Monthly', 30), ('Quarterly', 90), ('Every 3 Months', 90),
	('Annually', 365),
	('Bi-weekly', 14), ('Every 3 months', 90), ('Annualy', 365),
	('BIWEEKLY', 14), ('bi weekly', 14), ('bi_weekly', 14), ('  weekly ', 7),
	(E'Every\u00A03\u00A0Months', 90), (E'every\t3  months', 90),
	('every-3-months', 90), ('every3months', 90), ('Every three months', 90),
	('daily', 1), ('yearly', 365), ('annual', 365), ('quaterly', 90),
	('Montly', 30), ('Semi-Annually', 180), ('every day', 1),
	('every other week', 14), ('every second month', 60), ('per month', 30),
	('once a week', 7), ('once every 2 weeks', 14), ('each 10 days', 10),
	('every 6 months', 180), ('every 12 months', 365), ('every 24 months', 730),
	('every 2 years', 730), ('every 1 days', 1), ('every fortnight', 14),
	('every 2147483647 days', 2147483647)) AS v(t, want)
WHERE parse_frequency(t) IS DISTINCT FROM want;
SELECT t, parse_frequency(t) AS got
FROM unnest(ARRAY['', '-', 'N/A', 'unknown', 'weeklyish', 'not weekly',
	'weekly monthly', '3 months', 'every', 'once', 'once every', 'every 3',
	'every months 3', 'every 0 days', 'every zero days', 'every -3 months',
	'every +3 months', 'every 1.5 months', 'every 1,000 days',
	'every 2147483648 days', 'every 2147483647 weeks',
	'every 99999999999999999999 days', 'every 306783380 years', 'twice a week',
	'biannually', E'w\u00E9ekly', 'weekly;', '(weekly)', 'every 3 m0nths',
	repeat('weekly ', 1000), repeat('a', 1000), repeat('- ', 1000)]) AS t
WHERE parse_frequency(t) IS NOT NULL;

-- dates in the orders that leave no doubt
SELECT t, parse_date(t) AS got, want
FROM (VALUES ('2024-01-05', '2024-01-05'), ('2024/1/5', '2024-01-05'),
	('2024.01.05', '2024-01-05'), ('20240105', '2024-01-05'),
	('05.01.2024', '2024-01-05'), ('5.1.2024', '2024-01-05'),
	('05.01.24', '2024-01-05'), ('31.12.99', '1999-12-31'),
	('31.12.69', '1969-12-31'), ('31.12.68', '2068-12-31'),
	('5 Jan 2024', '2024-01-05'), ('5-JAN-24', '2024-01-05'),
	('05/jan/2024', '2024-01-05'), ('Jan 5, 2024', '2024-01-05'),
	('january 5 2024', '2024-01-05'), ('Sept. 5, 2024', '2024-09-05'),
	('Jan.5,2024', '2024-01-05'), ('5. Jan 2024', '2024-01-05'),
	('05. 01. 2024', NULL), ('September 5, 2024', '2024-09-05'), ('5 Sept 2024', '2024-09-05'),
	('13/01/2024', '2024-01-13'), ('01/13/2024', '2024-01-13'),
	('13-01-2024', '2024-01-13'), ('05/05/2024', '2024-05-05'),
	(E' \uFEFF2024-01-05\u00A0', '2024-01-05'),
	-- leap days
	('2024-02-29', '2024-02-29'), ('2000-02-29', '2000-02-29'),
	('29.02.2024', '2024-02-29'), ('Feb 29, 2024', '2024-02-29'),
	('2023-02-29', NULL), ('1900-02-29', NULL), ('29/02/2023', NULL),
	('20230229', NULL), ('31.04.2024', NULL),
	-- limits
	('0001-01-01', '0001-01-01'), ('9999-12-31', '9999-12-31'),
	('0000-01-01', NULL), ('2024-00-01', NULL), ('2024-13-01', NULL),
	('2024-01-00', NULL), ('2024-01-32', NULL), ('10000-01-01', NULL),
	-- no dates, or not certainly
	('03/04/2024', NULL), ('03-04-2024', NULL), ('3/4/24', NULL),
	('', NULL), ('N/A', NULL), ('now', NULL), ('today', NULL),
	('yesterday', NULL), ('epoch', NULL), ('infinity', NULL), ('2024', NULL),
	('2024-01', NULL), ('202401', NULL), ('2024010', NULL),
	('202401055', NULL), ('2024-01/05', NULL), ('01.02/2024', NULL),
	('2024-001-05', NULL), ('Janu 5, 2024', NULL), ('Foo 5, 2024', NULL),
	('5 Jan', NULL), ('Jan 2024', NULL), ('Jan 5, 24', NULL),
	('5 Jan 202', NULL), ('5 Jan 20245', NULL), ('13/13/2024', NULL),
	('2024-01-05x', NULL), ('2024-01-05 BC', NULL), ('-2024-01-05', NULL),
	('2024--01-05', NULL), ('2024-01-05-', NULL), ('J2460315', NULL),
	('1/2/3', NULL), ('2024-01-05 00:00', NULL), ('2024-01-05T00:00Z', NULL),
	(E'\u0662024-01-05', NULL), (repeat('2024-01-05', 100), NULL)) AS v(t, want)
WHERE parse_date(t)::text IS DISTINCT FROM want;

-- once the order is given
SELECT t, o, parse_date(t, o) AS got, want
FROM (VALUES ('03/04/2024', 'DMY', '2024-04-03'), ('03/04/2024', 'MDY', '2024-03-04'),
	('03/04/2024', 'dmy', '2024-04-03'), ('3-4-24', 'mdy', '2024-03-04'),
	('13/01/2024', 'DMY', '2024-01-13'), ('13/01/2024', 'MDY', NULL),
	('01/13/2024', 'DMY', NULL), ('01/13/2024', 'MDY', '2024-01-13'),
	('05.01.2024', 'MDY', '2024-01-05'), ('2024-01-05', 'DMY', '2024-01-05'),
	('29/02/2023', 'DMY', NULL)) AS v(t, o, want)
WHERE parse_date(t, o)::text IS DISTINCT FROM want;
SELECT parse_date('24-01-05'), parse_date('13-01-05'), parse_date('24-01-05', 'DMY'), parse_date('24/01/05');
-- years of two digits that come first
SELECT t, o, parse_date(t, o) AS got, want
FROM (VALUES ('24-01-05', 'YMD', '2024-01-05'), ('24/03/05', 'YMD', '2024-03-05'), ('24.03.05', 'ymd', '2024-03-05'),
	('24/3/5', 'YMD', '2024-03-05'), ('99-12-31', 'YMD', '1999-12-31'), ('05-13-01', 'YMD', NULL), ('24-02-30', 'YMD', NULL),
	('2024-01-05', 'YMD', '2024-01-05'), ('20240105', 'YMD', '2024-01-05'), ('5 Jan 2024', 'YMD', '2024-01-05'),
	('05.01.2024', 'YMD', '2024-01-05'), ('13/01/2024', 'YMD', NULL), ('5.1.24', 'YMD', NULL), ('24-01-05', 'MDY', NULL),
	('24/03/05', 'DMY', '2005-03-24'), ('24.03.05', 'DMY', '2005-03-24'), ('99-12-31', 'DMY', NULL),
	-- without the order: with dots the year is last, otherwise it may be first
	('24.03.05', NULL, '2005-03-24'), ('24/03/05', NULL, NULL), ('13/01/24', NULL, NULL), ('12/31/99', NULL, '1999-12-31'),
	('01/13/24', NULL, '2024-01-13'), ('99-12-31', NULL, NULL), ('24/3/5', NULL, NULL), ('1/2/3', 'YMD', NULL)) AS v(t, o, want)
WHERE parse_date(t, o)::text IS DISTINCT FROM want;
SELECT parse_timestamp('24-01-05 10:20', 'YMD') AS ymd, parse_timestamptz('24/01/05 10:20+02', 'YMD') AT TIME ZONE 'UTC' AS zoned;
SELECT parse_date('2024-01-05', 'YDM');
SELECT parse_date('2024-01-05', '');
SELECT parse_date(NULL, 'YDM') IS NULL AS no_date;

-- times of day; a zone belongs to parse_timestamptz alone
SELECT t, parse_timestamp(t) AS got, want
FROM (VALUES ('2024-01-05', '2024-01-05 00:00:00'),
	('2024-01-05 10:20', '2024-01-05 10:20:00'),
	('2024-01-05T10:20:30', '2024-01-05 10:20:30'),
	('2024-01-05 9:05', '2024-01-05 09:05:00'),
	('2024-01-05 10:20:30.5', '2024-01-05 10:20:30.5'),
	('2024-01-05 10:20:30,123456', '2024-01-05 10:20:30.123456'),
	('2024-01-05 10:20:30.1234569999999999999', '2024-01-05 10:20:30.123456'),
	('13/01/2024, 3:04:05 PM', '2024-01-13 15:04:05'),
	(E'1/13/2024, 3:04:05\u202FPM', '2024-01-13 15:04:05'),
	('2024-01-05 12:00 am', '2024-01-05 00:00:00'),
	('2024-01-05 12:30pm', '2024-01-05 12:30:00'),
	('20240105 00:00', '2024-01-05 00:00:00'),
	('0001-01-01 00:00', '0001-01-01 00:00:00'),
	('9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'),
	('2024-01-05 13:00 pm', NULL), ('2024-01-05 0:00 am', NULL),
	('2024-01-05 24:00', NULL), ('2024-01-05 10:60', NULL),
	('2024-01-05 10:20:60', NULL), ('2024-01-05 10', NULL),
	('2024-01-05 10:2', NULL), ('2024-01-05 10:20:', NULL),
	('2024-01-05 10:20:30.', NULL), ('2024-01-05T', NULL),
	('2024-01-05 10:20 xm', NULL), ('2024-01-05x10:20', NULL),
	('2024-01-05 10:20Z', NULL), ('2024-01-05 10:20+02', NULL),
	('2024-01-05 -10:20', NULL), ('03/04/2024 10:20', NULL)) AS v(t, want)
WHERE parse_timestamp(t)::text IS DISTINCT FROM want;
SELECT t, parse_timestamptz(t) AT TIME ZONE 'UTC' AS got, want
FROM (VALUES ('2024-01-05T10:20:30Z', '2024-01-05 10:20:30'),
	('2024-01-05 10:20 UTC', '2024-01-05 10:20:00'),
	('2024-01-05 10:20 gmt', '2024-01-05 10:20:00'),
	('2024-01-05T10:20:30+02:00', '2024-01-05 08:20:30'),
	('2024-01-05T10:20:30.25-0530', '2024-01-05 15:50:30.25'),
	('2024-01-05 10:20 PM +01', '2024-01-05 21:20:00'),
	('2024-01-05 00:00 +15:59', '2024-01-04 08:01:00'),
	('2024-02-29T23:30-01', '2024-03-01 00:30:00'),
	('13.01.2024 10:20 -00:30', '2024-01-13 10:50:00'),
	('0001-01-01T00:00+01:00', '0001-12-31 23:00:00 BC'),
	('2024-01-05T10:20:30', NULL), ('2024-01-05Z', NULL), ('2024-01-05', NULL),
	('2024-01-05T10:20 CET', NULL), ('2024-01-05T10:20 Europe/Berlin', NULL),
	('2024-01-05T10:20+2', NULL), ('2024-01-05T10:20+16:00', NULL),
	('2024-01-05T10:20+02:60', NULL), ('2024-01-05T10:20+02:0', NULL),
	('2024-01-05T10:20+020', NULL), ('2024-01-05T10:20+02000', NULL),
	('2024-01-05T10:20Z+02', NULL), ('2024-01-05T10:20+aabb', NULL),
	('2024-01-05T10:20+', NULL)) AS v(t, want)
WHERE (parse_timestamptz(t) AT TIME ZONE 'UTC')::text IS DISTINCT FROM want;
SELECT parse_timestamp('03/04/2024 10:20', 'DMY') AS dmy,
       parse_timestamptz('03/04/2024 10:20Z', 'MDY') AT TIME ZONE 'UTC' AS mdy;

-- no setting of the session changes what a file says
CREATE TEMP VIEW everything AS
SELECT md5(string_agg(concat_ws('|', parse_date(t) - date '2000-01-01',
	extract(epoch FROM parse_timestamp(t)), extract(epoch FROM parse_timestamptz(t)),
	parse_date(t, 'DMY') - date '2000-01-01', parse_amount(t), parse_flag(t),
	parse_frequency(t), clean_name(t)), E'\n' ORDER BY t)) AS hash
FROM unnest(ARRAY['2024-01-05', '03/04/2024', '13/01/2024', '05.01.24',
	'2024-03-31 02:30', '2024-03-31T02:30+02:00', '2024-10-27 10:20Z', '$1,234.50',
	'yes', 'Weekly', 'Amount (USD)', '31.12.69', '0001-01-01', '1,23']) AS t;
SELECT hash AS before FROM everything \gset
SET DateStyle = 'SQL, DMY';
SET TimeZone = 'America/New_York';
SET extra_float_digits = -15;
SET IntervalStyle = 'iso_8601';
SELECT hash = :'before' AS unchanged FROM everything;
SET DateStyle = 'German, YMD';
SET TimeZone = 'Asia/Kathmandu';
SET extra_float_digits = 3;
SELECT hash = :'before' AS unchanged FROM everything;
RESET ALL;
SET DateStyle = 'ISO';
SET TimeZone = 'UTC';

-- missing values and blanks
SELECT t, clean_text(t) AS got
FROM unnest(ARRAY['', ' ', 'NA', 'n/a', '#N/A', 'N.A.', 'nan', 'NULL', '#NULL!',
	'Nil', '<na>', E'\\N', E'\\n', '#VALUE!', '#REF!', '#DIV/0!', '#NAME?', '#NUM!', '-', '--', '?', '.', E'\u00A0N/A\u00A0', E'\uFEFF',
	E'\u2000\u2009\u200B\u202F\u3000\t\x0B\f\r\n']) AS t
WHERE clean_text(t) IS NOT NULL;
SELECT t, clean_text(t) AS got, want
FROM (VALUES ('none', 'none'), ('ERROR', 'ERROR'), ('Unknown', 'Unknown'), (E'\\', E'\\'), (E'\\NN', E'\\NN'), ('---', '---'), ('..', '..'), ('NAN1', 'NAN1'),
	('0', '0'), ('#N/A N/A', '#N/A N/A'),
	(E'\uFEFF a\u00A0b \u3000', E'a\u00A0b'), (E'\u00E9\u00A0', E'\u00E9'),
	(E' \u4E2D\u6587 ', E'\u4E2D\u6587'), (E'\U0001F600', E'\U0001F600')) AS v(t, want)
WHERE clean_text(t) IS DISTINCT FROM want;

-- with the words of a column
SELECT t, missing, no_values, keep_na, pt_clean_value(t, missing, no_values, keep_na) AS got, want
FROM (VALUES (' x ', NULL::text[], false, false, 'x'), ('n/a', NULL, false, false, NULL), ('ERROR', NULL, false, false, 'ERROR'),
	('ERROR', NULL, true, false, NULL), (' not available ', NULL, true, false, NULL), ('NaT', NULL, true, false, NULL),
	('nothing', NULL, true, false, 'nothing'), ('999', '{999,-1}', false, false, NULL), ('-1', '{999,-1}', false, false, NULL),
	('99', '{999,-1}', false, false, '99'), ('Guest', '{NULL,NULL," guest ",x}', false, false, NULL), ('x', '{NULL,NULL," guest ",x}', false, false, NULL),
	('', '{}', true, true, NULL), ('NA', NULL, false, true, 'NA'), (' NA', '{}', true, true, 'NA'), ('na', NULL, false, true, NULL),
	('N/A', NULL, false, true, NULL), ('NA', '{na}', false, true, NULL), ('x', NULL, NULL, NULL, 'x'), (NULL, '{x}', true, true, NULL),
	('c', '{{a,b},{c,d}}', false, false, NULL), (E'\u00A0\u00E9t\u00E9', E'{\u00E9t\u00E9}', false, false, NULL))
	AS v(t, missing, no_values, keep_na, want)
WHERE pt_clean_value(t, missing, no_values, keep_na) IS DISTINCT FROM want;

-- names
SELECT t, clean_name(t) AS got, want, clean_name_unit(t) AS got_unit, unit
FROM (VALUES ('Purchase Amount (USD)', 'purchase_amount', 'USD'),
	('Review Rating', 'review_rating', NULL), ('CustomerID', 'customer_id', NULL),
	('customer_id', 'customer_id', NULL), ('  Padded  Name ', 'padded_name', NULL),
	(E'\uFEFFCustomer\u00A0ID', 'customer_id', NULL),
	('HTMLPage', 'html_page', NULL), ('Discount %', 'discount_percent', NULL),
	('# Orders', 'number_orders', NULL), ('2024 Sales', '_2024_sales', NULL),
	('Weight [ kg ]', 'weight', 'kg'), ('Size {cm}', 'size', 'cm'),
	('Price (net) (EUR)', 'price_net', 'EUR'), ('Price (a(b))', 'price', 'a(b)'),
	('Sum ([x])', 'sum', '[x]'), ('Amount (USD) :)', 'amount', 'USD'),
	('Amount :( (USD)', 'amount', 'USD'), ('Rate (per day) paid', 'rate_paid', 'per day'),
	('(USD)', 'usd', NULL), ('(USD) Amount', 'usd_amount', NULL),
	('--- (USD)', 'usd', NULL), ('Amount ()', 'amount', NULL),
	('Amount (', 'amount', NULL), ('Amount )(', 'amount', NULL),
	('we;ird ""name"', 'we_ird_name', NULL), ('a--b__c', 'a_b_c', NULL),
	(E'Pr\u00E9nom', E'pr\u00E9nom', NULL), (E'\u4E2D\u6587', E'\u4E2D\u6587', NULL),
	('x1y2Z', 'x1y2_z', NULL), ('_private_', 'private', NULL), ('A', 'a', NULL),
	('select', 'select', NULL), (E'line\nbreak', 'line_break', NULL),
	('%', 'percent', NULL), ('', NULL, NULL), ('   ', NULL, NULL), ('!?', NULL, NULL),
	(E'\uFEFF', NULL, NULL), ('((()))', NULL, NULL)) AS v(t, want, unit)
WHERE (clean_name(t), clean_name_unit(t)) IS DISTINCT FROM (want, unit);
-- at most 63 bytes, no character cut in two, no underscore at the end
SELECT octet_length(clean_name(repeat('a', 64))) AS a64,
       octet_length(clean_name(repeat(E'\u00E9', 40))) AS e40,
       clean_name(repeat(E'\u00E9', 40)) = repeat(E'\u00E9', 31) AS e31,
       octet_length(clean_name(repeat('a', 62) || ' bc')) AS a62;
-- cleaning twice is cleaning once
SELECT t FROM unnest(ARRAY['Purchase Amount (USD)', 'CustomerID', '2024 Sales',
	'Discount %', E'Pr\u00E9nom', 'HTMLPage2X']) AS t
WHERE clean_name(clean_name(t)) <> clean_name(t);

-- strict forms agree with the plain ones, and show the text where they fail
SELECT clean_name_strict('A b') AS name, parse_amount_strict('$5') AS amount,
       parse_amount_strict('1,5', ',') AS comma, parse_integer_strict('5') AS int,
       parse_flag_strict('Y') AS flag, parse_frequency_strict('Weekly') AS days,
       parse_date_strict('2024-01-05') AS date,
       parse_date_strict('03/04/2024', 'DMY') AS dmy;
SELECT parse_timestamp_strict('2024-01-05 10:20') AS ts,
       parse_timestamptz_strict('2024-01-05 10:20Z') = '2024-01-05 10:20+00' AS tz;
SELECT num_nulls(clean_name_strict(NULL), parse_amount_strict(NULL),
	parse_integer_strict(NULL), parse_flag_strict(NULL), parse_frequency_strict(NULL),
	parse_date_strict(NULL), parse_timestamp_strict(NULL),
	parse_timestamptz_strict(NULL)) AS nulls_of_8;
SELECT clean_name_strict('!?');
SELECT parse_amount_strict('5 apples');
SELECT parse_amount_strict('');
SELECT parse_integer_strict('12.0');
SELECT parse_flag_strict('maybe');
SELECT parse_frequency_strict('Wekly?');
SELECT parse_date_strict('03/04/2024');
SELECT parse_timestamp_strict('2024-01-05 10:20Z');
SELECT parse_timestamptz_strict('2024-01-05 10:20');
-- the error codes are those of the documentation
CREATE FUNCTION pg_temp.error_code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT s, pg_temp.error_code('SELECT ' || s) AS got, want
FROM (VALUES ('clean_name_strict(''!'')', '42602'), ('parse_amount(''1'', ''x'')', '22023'),
	('parse_amount_strict(''x'')', '22P02'), ('parse_integer_strict(''x'')', '22P02'),
	('parse_flag_strict(''x'')', '22P02'), ('parse_frequency_strict(''x'')', '22P02'),
	('parse_date_strict(''x'')', '22007'), ('parse_timestamp_strict(''x'')', '22007'),
	('parse_timestamptz_strict(''x'')', '22007'), ('parse_date(''1'', ''x'')', '22023'),
	('pt_csv_fields(''"'')', '22P04'), ('pt_csv_fields(''a'', '''')', '22023')) AS v(s, want)
WHERE pg_temp.error_code('SELECT ' || s) <> want;
-- long text is cut in the message, between characters
SELECT parse_flag_strict('x' || repeat(E'\u00E9', 500000));

-- a megabyte of anything ends soon, without a value
SET statement_timeout = '10s';
SELECT count(*) AS texts,
       count(coalesce(parse_amount(t)::text, parse_integer(t)::text, parse_flag(t)::text,
	   parse_frequency(t)::text, parse_date(t)::text, parse_timestamp(t)::text,
	   parse_timestamptz(t)::text)) AS parsed,
       max(octet_length(clean_name(t))) AS longest_name, max(length(clean_name_unit(t))) AS longest_unit
FROM (SELECT unnest(ARRAY[repeat('9', 1000000), repeat(' ', 1000000), repeat(')', 1000000),
	repeat('(', 500000) || repeat(')', 500000), repeat('([{}])', 160000),
	repeat(E'\u00E9', 300000) || repeat(' ', 400000), repeat(E'\u00A0x', 300000),
	repeat('1,234', 200000), repeat('-', 1000000), repeat('Every ', 160000),
	'Amount (' || repeat('u', 1000000) || ')', repeat('A', 1000000), repeat('%', 1000000),
	repeat('$', 1000000), '2024-01-05 ' || repeat(' ', 1000000) || '10:20']) AS t) AS m;
RESET statement_timeout;

-- header lines
SELECT line, pt_csv_fields(line) AS got, want
FROM (VALUES ('a,b,c', '{a,b,c}'::text[]), (E'\uFEFFa,b\r\n', '{a,b}'),
	('', '{""}'), (',', '{"",""}'), ('a,', '{a,""}'), ('"a,b",c', '{"a,b",c}'),
	('"a ""q"" b",c', '{"a \"q\" b",c}'), (E'"a\nb",c\n', E'{"a\nb",c}'),
	('""', '{""}'), ('""""', '{"\""}'), (' a , b ', '{" a "," b "}'),
	-- a quote elsewhere than at the beginning is a character
	('x"y,z"w', '{"x\"y","z\"w"}'), ('12" plate,5"', '{"12\" plate","5\""}'), ('a"",b', '{"a\"\"",b}'),
	(' "a,b" ,c', '{" a,b ",c}'), (' "a" b,c', '{" \"a\" b",c}'), (E' "a\nb",c', E'{" \\"a\nb\\"",c}'),
	(' "a,b', '{" \"a",b}'), (' ""', '{" "}'), ('"" ', '{" "}')) AS v(line, want)
WHERE pt_csv_fields(line) IS DISTINCT FROM want;
SELECT pt_csv_fields('a;b,c', ';') AS semicolon, pt_csv_fields(E'a\tb', E'\t') AS tab,
       pt_csv_fields(NULL) IS NULL AS nothing;
SELECT pt_csv_fields(E'a\t "b\t" ', E'\t') AS tab_is_no_blank, pt_csv_fields('a  "b " ', ' ') AS nor_is_a_blank_here;
SELECT pt_csv_fields('a,"b');
SELECT pt_csv_fields('a,"b"c');
SELECT pt_csv_fields('a', '"');
SELECT pt_csv_fields('a', ',,');
SELECT pt_csv_fields('a', '');
SELECT cardinality(pt_csv_fields(repeat(',', 1000000))) AS fields;
SELECT line, pt_csv_delimiter(line) AS got, want
FROM (VALUES ('a', ','), ('', ','), ('a;b,c;d', ';'), ('a;b,c', ','), ('a|b;c|d', '|'), (E'a\tb', E'\t'),
	('"a;b;c",d', ','), ('12";x;y,z"', ';'), (E'\uFEFF"a,b,c";d\r\n', ';')) AS v(line, want)
WHERE pt_csv_delimiter(line) IS DISTINCT FROM want;
SELECT pt_csv_delimiter('"a');
-- pt_csv_check: a file cut anywhere (but within a byte order mark) is read as in one piece
CREATE FUNCTION pg_temp.check_pieces(file text, size integer, delimiter text DEFAULT ',') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	bytes bytea := convert_to(file, 'UTF8');
	state bigint[];
	hint text;
BEGIN
	FOR i IN 0 .. length(bytes) / size LOOP
		state := pt_csv_check(state, substring(bytes FROM i * size + 1 FOR size), delimiter, i = length(bytes) / size);
	END LOOP;
	RETURN 'good to line ' || state[4];
EXCEPTION WHEN bad_copy_file_format THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLERRM || CASE WHEN hint ~ '^Load the file by script/load' THEN ' (script/load)' ELSE '' END;
END $$;
SELECT n, pg_temp.check_pieces(file, 1000) AS found,
	(SELECT count(DISTINCT pg_temp.check_pieces(file, size)) FROM generate_series(3, length(file) + 3) AS size) AS answers
FROM (VALUES (1, E'a,b\n1,2\n'), (2, E'a,b\r\n1,"2\r\n"'), (3, E'\uFEFF"a",b\r1,2\r'), (4, E'a,b\n"""", "x" \n,\n'),
	(5, E'a\n1\n\n2\n'), (6, E'a,b\n1,2"\n'), (7, E'a,b\n1,"2"3\n'), (8, E'a,b\n"1\n","2"3\n'), (9, E'a,b\n1,"2\n3'),
	(10, E'a,b\n1, "2\n"'), (11, E'a,b\n1, "2" 3\n'), (12, E'a,b\n1\n'), (13, E'a,b\n1,2\n1,2,3'), (14, E'a,b\n1,2\n\n1,2\n'),
	(15, E'a,b\n1,2\n\n'), (16, E'a,b\n1,2\n\n\n'), (17, E'a,b\n1,2\r\n'), (18, E'a,b\r1,2\n'), (19, E'a\n\\.\n'), (20, E'a\n\\.\\.\n'),
	(21, E'a,b\n\\.,1\n'), (22, E'a\n"\\."\n'), (23, E'a,b\r\n1,2\r'), (24, ''), (25, E'a,"b\n\n"\n1,"\n3"\n1')) AS v(n, file)
ORDER BY n;
SELECT pt_csv_check(NULL, '\x612c62000a', ',', true);
SELECT pt_csv_check(NULL, NULL, ',', true);
SELECT pt_csv_check('{1,2}', '', ',', true);
SELECT pt_csv_check(array_fill(9::bigint, ARRAY[11]), '', ',', true);
SELECT pt_csv_check(array_fill(-1::bigint, ARRAY[11]), '', ',', true);
SELECT pt_csv_check(NULL, '', '"', true);

-- times of the day
SELECT t, parse_time(t) AS got, want
FROM (VALUES ('10:30', '10:30:00'), ('9:05 PM', '21:05:00'), ('12:00am', '00:00:00'), ('12:00 PM', '12:00:00'), (' 10:30:05 ', '10:30:05'),
	('10:30:05.123456', '10:30:05.123456'), ('0:00', '00:00:00'), ('23:59:59.9999999', '23:59:59.999999'),
	('24:00', NULL), ('10:60', NULL), ('10:5', NULL), ('13:00 PM', NULL), ('0:30 am', NULL), ('10:30Z', NULL), ('10:30+02:00', NULL), ('10', NULL), ('1030', NULL),
	('2024-01-05 10:30', NULL), ('N/A', NULL), ('', NULL), (NULL, NULL)) AS v(t, want)
WHERE parse_time(t) IS DISTINCT FROM want::time OR (want IS NOT NULL AND parse_time_strict(t) IS DISTINCT FROM want::time);
SELECT parse_time_strict('24:00');
SELECT parse_time_strict('');

-- column_profile: 40 counters, by their number where they are not 0
CREATE FUNCTION pg_temp.counts(vals text[], missing text[] DEFAULT NULL) RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(n || ':' || c, ' ' ORDER BY n) FROM (SELECT pt_column_profile(v, missing) AS p FROM unnest(vals) AS v) AS s,
	unnest(s.p) WITH ORDINALITY AS u(c, n) WHERE c <> 0 $$;
SELECT pt_column_profile(t, NULL) FROM (VALUES (NULL), (''), (' N/A '), ('yes'), (' 1 '),
	('12'), ('3000000000'), ('$1,234.50'), ('007'), ('13/01/2024'), ('01/13/2024'),
	('03/04/2024'), ('20240105'), ('2024-01-05 10:20'), ('2024-01-05 10:20Z'),
	('text')) AS v(t);
SELECT t, pg_temp.counts(t) FROM (VALUES (ARRAY['1,5', '1.5', '1.234,5', '1,234', '1.234', '0,548', '0.548', '1 234', '5']),
	(ARRAY['17850.0', '17850', '12,00', '1.000', '007', '007.0', '30000000000000000000', '-5.0', '1.5']),
	(ARRAY['ERROR', 'Unknown', 'none', 'NA', 'na', 'EU', 'AS', 'EMEA', 'Japan']),
	(ARRAY['$5', 'USD 5', 'us$5']), (ARRAY['$5', E'\u20AC5', 'kr 5']),
	(ARRAY['24-01-05', '24/03/05', '24.03.31', '99-01-05', '5/1/24', '05/01/2024']),
	(ARRAY['2024-01-05T10:00+02:00', '2024-07-05T10:00-0530']), (ARRAY['2024-01-05 10:00Z', '2024-07-05 10:00 UTC']),
	(ARRAY['0', '1', 'No', 'YES', 'n', 'Y']), (ARRAY['f', 'T', 'False', 'true', 'OFF', 'on']),
	(ARRAY['10:30', '9:05 PM', '10:30:05.5', '24:00', '13:00 PM', '10:30Z', '10:30 kg', '1:2', '10:30 2024-01-05']),
	(ARRAY['RM101', 'RM-1001', '12Ft', 'PEN001', 'usd5', '-kr5']), (ARRAY['RM 101', 'RM101.50', 'RM1,000', 'R$5', '$5', '12 Ft', '(RM5)', E'5z\u0142', 'Rs.5']),
	(ARRAY['05-05-99', '05-05-24', '31-12-99', '05/05/99'])) AS v(t);
SELECT pg_temp.counts(ARRAY['x', ' Guest', 'NA', '1'], '{guest,na}') AS with_words;
SELECT pt_column_profile(t, NULL) AS no_rows FROM (VALUES ('x')) AS v(t) WHERE false;
-- its functions called directly, with what is no state
SELECT pt_column_profile_accum(NULL, 'x', NULL);
SELECT pt_column_profile_accum('{1,2,3}', 'x', NULL);
SELECT pt_column_profile_accum('{}', 'x', NULL);
SELECT pt_column_profile_accum(array_fill(NULL::bigint, '{40}'), 'x', NULL);
SELECT pt_column_profile_accum(ARRAY[array_fill(0::bigint, '{40}')], 'x', NULL);
SELECT pt_column_profile_accum(array_fill(9223372036854775807, '{40}'), 'x', NULL);
SELECT pt_column_profile_accum(array_fill(-1::bigint, '{40}'), 'x', NULL);
SELECT pt_column_profile_accum(array_fill(0::bigint, '{41}'), 'x', NULL);
SELECT pt_column_profile_combine(array_fill(0::bigint, '{40}'), '{1}');
SELECT pt_column_profile_combine(array_fill(9223372036854775000, '{40}'),
                              array_fill(9223372036854775000, '{40}'));
SELECT pt_column_profile_combine(NULL, '{1}') IS NULL AS nothing;
-- sets are joined, and the zones lie between the lowest and the highest
SELECT pt_column_profile_combine(array_fill(5::bigint, '{40}'), array_fill(10::bigint, '{40}')) AS both;
-- a state that somebody holds is not changed
SELECT pt_column_profile_accum(s, '12', NULL) AS changed, s AS held
FROM (SELECT array_fill(0::bigint, '{40}') AS s OFFSET 0) AS x;

-- as a window aggregate, in groups, in parallel
SELECT g, (pt_column_profile(g::text, NULL) OVER (ORDER BY g))[1] AS values,
       (pt_column_profile(g::text, NULL) OVER (ORDER BY g ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))[1] AS last_two
FROM generate_series(1, 4) AS g;
CREATE TABLE profile_rows AS
SELECT g, (ARRAY['yes', '12', NULL, '$5', '', 'N/A', '2024-01-05', 'x', ' 7 ', '3.5'])[g % 10 + 1] AS t
FROM generate_series(1, 20000) AS g;
ANALYZE profile_rows;
SELECT pt_column_profile(t, NULL) AS serial FROM profile_rows \gset
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 4;
DO $$
DECLARE
	line text;
	partial boolean := false;
BEGIN
	FOR line IN EXPLAIN SELECT pt_column_profile(t, NULL) FROM profile_rows LOOP
		partial := partial OR line LIKE '%Partial Aggregate%';
	END LOOP;
	ASSERT partial, 'the plan is not parallel';
END $$;
SELECT pt_column_profile(t, NULL) = :'serial' AS same, pt_column_profile(t, NULL) FROM profile_rows;
RESET ALL;
DROP TABLE profile_rows;
DROP VIEW everything;
