-- history: the purchases of one customer as one value, and what it tells
\set VERBOSITY default
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';

--- 1. Text ---------------------------------------------------------------------

-- each form of time and amount comes back as it is
SELECT count(*) AS values, count(*) FILTER (WHERE t::purchase_history::text <> t) AS changed
FROM unnest(ARRAY[
	'1 {}', '1d {}',
	'1 {2024-01-05 10.00}', '1d {2024-01-05 10.00 d}', '1d {2024-01-05 10.00}',
	'1 {2024-01-05 10, 2024-01-06 -5}',
	'1 {2024-01-05T00:00:00 10.00, 2024-02-01T09:30:00 5.50}',
	'1 {2024-01-05T00:00:00.000000 10.00, 2024-02-01T09:30:00.000001 5.50}',
	'1 {1969-12-31 1, 1970-01-01 2, 1999-12-31 3, 2000-01-01 4, 2261-04-11 5}',
	'1 {1999-12-31T23:59:59 1, 2000-01-01T00:00:00 2}',
	'1 {1999-12-31T23:59:59.999999 1, 2000-01-01T00:00:00.000000 2}',
	'1 {-4712-01-01 1, -0001-12-31 2, 0000-02-29 3, 0001-01-01 4, 9999-12-31 5, 10000-01-01 6, 294276-12-31 7}',
	'1 {-4712-01-01T00:00:01 1, 294276-12-31T23:59:59 7}',
	'1 {294276-12-31T23:59:59.999999 0.01}', '1 {-4712-01-01T00:00:00.000001 0.01}',
	'1 {2024-02-29 0.000000000000000001}', '1 {2024-02-29 -0.999999999999999999, 2024-03-01 0.999999999999999999}',
	'1 {2024-02-29 999999999999999999}', '1 {2024-02-29 -999999999999999999}',
	'1 {2024-02-29 9999999999999999.99, 2024-02-29 -9999999999999999.99}'
]) AS t;
-- read with tolerance: any order, several lines of one time, leading zeros, minus zero, a finer unit than needed
SELECT t::purchase_history FROM unnest(ARRAY[
	'1 {2024-01-06 1.00, 2024-01-05 2.00}',
	'1 {2024-01-05 1.00, 2024-01-05 2.00, 2024-01-05 -0.50, 2024-01-05 -0.25, 2024-01-05 0.00}',
	'1d {2024-01-05 1, 2024-01-05 2 d, 2024-01-05 -3}',
	'1 {2024-01-05 0007.50, 2024-01-06 -0.00}',
	'1 {2024-01-05T00:00:00.000000 1, 2024-01-06T00:00:00 2}',
	'1 {2024-01-05T00:00:01.000000 1}',
	'1 {002024-01-05 1}'
]) AS t;

-- and refused, each for its reason
CREATE FUNCTION refusal(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE command;
	RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || coalesce(nullif(' (' || detail || ')', ' ()'), '');
END $$;
SELECT t, split_part(refusal(format('SELECT %L::purchase_history', t)), '" ', 2) AS why, left(refusal(format('SELECT %L::purchase_history', t)), 5) AS state
FROM unnest(ARRAY[
	'', ' ', '{}', '2 {}', '1{}', '1 {', '1 {}x', '1 {} ', ' 1 {}', '1  {}', '1D {}', '1dd {}', '11 {}',
	'1 {,}', '1 {2024-01-05 1,2024-01-06 1}', '1 {2024-01-05 1, }', '1 {2024-01-05 1 2024-01-06 1}', '1 {2024-01-05 1, 2024-01-06 1',
	'1 {2024-01-05}', '1 {2024-01-05 }', '1 {2024-01-05  1}', '1 {2024-01-05 1 }', '1 {2024-01-05 1 d}', '1d {2024-01-05 1 e}', '1d {2024-01-05 1 d d}',
	'1 {2024-1-05 1}', '1 {2024-01-5 1}', '1 {24-01 1}', '1 {2024-02-30 1}', '1 {2023-02-29 1}', '1 {1900-02-29 1}', '1 {2024-00-01 1}', '1 {2024-13-01 1}',
	'1 {2024-01-00 1}', '1 {2024-01-05 10:00 1}', '1 {2024-01-05T10:00 1}', '1 {2024-01-05T24:00:00 1}', '1 {2024-01-05T23:60:00 1}', '1 {2024-01-05T23:59:60 1}',
	'1 {2024-01-05T23:59:59.1 1}', '1 {2024-01-05T23:59:59.1234567 1}', '1 {2024-01-05T23:59:59Z 1}', '1 {infinity 1}', '1 {-infinity 1}', '1 {epoch 1}',
	'1 {294277-01-01 1}', '1 {294277-01-01T00:00:00 1}', '1 {999999-01-01 1}', '1 {9999999-01-01 1}', '1 {-4713-11-23 1}', '1 {-4800-01-01 1}',
	'1 {2024-01-05 +1}', '1 {2024-01-05 1.}', '1 {2024-01-05 .5}', '1 {2024-01-05 1e3}', '1 {2024-01-05 --1}', '1 {2024-01-05 -}', '1 {2024-01-05 1.2.3}', '1 {2024-01-05 NaN}', '1 {2024-01-05 Infinity}',
	'1 {2024-01-05 1000000000000000000}', '1 {2024-01-05 0.1000000000000000000}', '1 {2024-01-05 10000000000000000.00}', '1 {2024-01-05 0.0000000000000000000}',
	'1 {2024-01-05 1.00, 2024-01-06 1.0}', '1 {2024-01-05 1, 2024-01-06 1.0}', '1 {2024-01-05 é}'
]) AS t;
-- what is said of a long or odd text
SELECT ('1 {' || repeat('2024-01-05 1.00, ', 1000))::purchase_history;
SELECT ('1 {' || repeat('é', 100))::purchase_history;
-- the sum of one time has 18 digits too; times may lie too far apart for microseconds
SELECT '1 {2024-01-05 999999999999999999, 2024-01-05 1}'::purchase_history;
SELECT '1 {2024-01-05 -999999999999999999, 2024-01-05 -1}'::purchase_history;
SELECT '1 {2024-01-05 999999999999999999, 2024-01-05 -999999999999999999}'::purchase_history;
SELECT '1 {-4712-01-01T00:00:00.000001 1, 294276-12-31T23:59:59.999999 1}'::purchase_history;
SELECT '1 {2024-01-05T00:00:00.000001 1, 80000-01-01 1}'::purchase_history;
SELECT '1 {2024-01-05T00:00:00.000001 1, 75000-01-01 1}'::purchase_history;

-- no setting of the session changes it
CREATE TABLE spelled AS SELECT '1d {-0043-03-15T12:00:00.500000 1234567.89 d, 2024-10-27T01:30:00.000000 -0.10}'::purchase_history AS h;
SELECT h::text AS before FROM spelled \gset
SET datestyle = 'SQL, DMY';
SET timezone = 'Asia/Kolkata';
SET extra_float_digits = 0;
SET intervalstyle = 'sql_standard';
SET bytea_output = 'escape';
SELECT h::text = :'before' AS same_text, :'before'::purchase_history = h AS same_value, purchases(h) FROM spelled;
RESET bytea_output;
RESET intervalstyle;
RESET extra_float_digits;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';

--- 2. The bytes of docs/history.md ------------------------------------------------

SELECT purchase_history_send(t::purchase_history) FROM unnest(ARRAY['1 {}', '1d {}', '1 {2024-01-05 10.00}',
	'1d {2024-01-05T09:30:00 10.00, 2024-01-05T09:30:00 -2.50, 2024-02-01T00:00:00 5.50 d}']) AS t;
-- what is stored is what is sent
CREATE TABLE stored (n integer, h purchase_history);
INSERT INTO stored SELECT n, purchase_history(timestamp '2024-01-01' + g * interval '1 day', g) FROM unnest(ARRAY[1, 10, 60, 100, 5000]) AS n, generate_series(1, n) AS g GROUP BY n;
SELECT n, length(purchase_history_send(h)) AS bytes, pg_column_size(h) <= 4 + length(purchase_history_send(h)) AS as_small,
       pg_column_size(h) < 5000 AS compressed, order_count(h) = n AS whole FROM stored ORDER BY n;

--- 3. By hand ------------------------------------------------------------------------

CREATE TABLE byhand (name text, h purchase_history);
INSERT INTO byhand VALUES
	('null', NULL),
	('empty', '1 {}'),
	('empty d', '1d {}'),
	('one', '1 {2024-01-05 10.00}'),
	('returns', '1d {2024-01-05 -10.00, 2024-01-09 -2.50}'),
	('one day', '1 {2024-01-05T08:00:00 10.00, 2024-01-05T09:00:00 20.00, 2024-01-05T23:59:59 0.00}'),
	('usual', '1d {2024-01-01T10:00:00 10.00, 2024-01-05T09:00:00 20.00 d, 2024-01-05T18:00:00 5.00, 2024-01-10T12:00:00 -5.00, 2024-01-25T08:30:00 0.00 d}'),
	('old', '1 {-0001-12-31 1, 1969-12-30 2, 1969-12-31T23:59:59 3, 1970-01-01T00:00:00 4, 1999-12-31T12:00:00 5, 2000-01-01T12:00:00 6}'),
	('far', '1 {-4712-01-01 1, 294276-12-31 999999999999999998}');
\x on
SELECT name, (purchase_summary(h, 'infinity')).* FROM byhand;
-- the functions of these names say the same
\x off
SELECT name FROM byhand, purchase_summary(h, 'infinity') AS s
WHERE h IS NOT NULL AND (s.order_count, s.return_count, s.discounted_order_count, s.discount_share, s.revenue, s.average_order_value, s.first_purchase, s.last_purchase,
	s.gap_count, s.gap_mean, s.gap_median, s.gap_stddev, s.gap_cv) IS DISTINCT FROM
	(order_count(h), return_count(h), discounted_order_count(h), discount_share(h), revenue(h), average_order_value(h), first_purchase(h), last_purchase(h),
	gap_count(h), gap_mean(h), gap_median(h), gap_stddev(h), gap_cv(h));
-- at some moments; as_of includes itself
SELECT as_of, s.order_count, s.return_count, s.revenue, s.last_purchase, s.recency_days, s.gap_count, s.gap_mean, is_late(h, as_of), is_late(h, as_of, 0), history_at(h, as_of)
FROM byhand, unnest('{-infinity,2023-12-31,2024-01-01 10:00,2024-01-05 09:00,2024-01-05 08:59:59.999999,2024-01-10 12:00,2024-01-25 08:30,2024-02-15 23:59,2024-02-16 08:00,infinity}'::timestamp[]) AS as_of,
	purchase_summary(h, as_of) AS s WHERE name = 'usual';
SELECT p, gap_quantile(h, p) FROM byhand, unnest('{0,0.25,0.5,0.9,1}'::float8[]) AS p WHERE name = 'usual';
SELECT n, days_to_nth_purchase(h, n) FROM byhand, generate_series(1, 5) AS n WHERE name = 'usual';
SELECT w, orders_within(h, w, as_of), revenue_within(h, w, as_of)
FROM byhand, unnest('{0,1 second,1 day,15 days,20 days,1 month,100 years}'::interval[]) AS w, (VALUES (timestamp '2024-01-25 08:30')) AS v(as_of) WHERE name = 'usual';
SELECT name, active_periods(h, 'day') AS days, active_periods(h, 'week') AS weeks, active_periods(h, 'month') AS months, active_periods(h, 'quarter') AS quarters, active_periods(h, 'year') AS years,
       gap_balance(h), recency_days(h, '2024-03-01'), orders_within(h, '1 month', '2024-01-31') FROM byhand;
-- weeks are ISO's: from Monday; also before 2000
SELECT active_periods('1 {1999-12-26 1, 1999-12-27 1, 2000-01-02 1, 2000-01-03 1}', 'week') AS three,
       active_periods('1 {1969-12-28 1, 1969-12-29 1, 1970-01-04 1, 1970-01-05 1}', 'week') AS three,
       active_periods('1 {1969-12-31T23:59:59 1, 1970-01-01T00:00:00 1}', 'year') AS two,
       active_periods('1 {0000-12-31 1, 0001-01-01 1}', 'quarter') AS two;
SELECT p, active_periods(h, p) FROM byhand, unnest(enum_range(NULL::purchase_period)) AS p WHERE name = 'far';
-- periods as date_trunc has them, from 4713 BC to 294276
SELECT count(*) AS wrong FROM generate_series(-2451000, 104000000, 99991) AS day, unnest(enum_range(NULL::purchase_period)) AS p,
	LATERAL (SELECT timestamp '2000-01-01' + day * interval '1 day' + (day & 1) * interval '86399.999999 s' AS a, timestamp '2000-01-01' + (day + 5) * interval '1 day' AS b) AS t
WHERE active_periods(pt_purchase_history_accum(pt_purchase_history_accum(NULL, date_trunc('second', a), 1), b, 1), p)
	<> CASE WHEN date_trunc(p::text, a) = date_trunc(p::text, b) THEN 1 ELSE 2 END;

-- cuts: from is included, until is not; what is left is as if nothing else had been there
SELECT history_between(h, f, u), order_count(history_between(h, f, u))
FROM byhand, (VALUES ('-infinity'::timestamp, 'infinity'::timestamp), ('infinity', '-infinity'), ('-infinity', '-infinity'), ('infinity', 'infinity'),
	('2024-01-05 09:00', '2024-01-10 12:00'), ('2024-01-05 09:00:01', '2024-01-10 12:00:00.000001'), ('2024-01-05 09:00', '2024-01-05 09:00'), ('2025-01-01', '2024-01-01'), ('2025-01-01', '2026-01-01')) AS v(f, u) WHERE name = 'usual';
SELECT name, history_between(h, '1970-01-01', 'infinity') AS since_1970, history_at(h, '1970-01-01') AS until_1970 FROM byhand WHERE name IN ('old', 'far', 'empty', 'empty d', 'null');
SELECT history_at('1 {2024-01-01 1, 2024-01-09 2, 2024-01-10T00:00:00.000001 3}', '2024-01-10') AS days_again,
       history_between('1 {2024-01-01T00:00:00.000001 1, 2024-01-10T00:00:01 2, 2024-01-11 3}', '2024-01-02', 'infinity') AS seconds_again;

-- rows, and back
SELECT name, p.* FROM byhand, purchases(h) AS p WHERE name IN ('usual', 'returns', 'old', 'empty', 'null') ORDER BY name, p.purchased_at;
SELECT name FROM byhand WHERE h <> (SELECT purchase_history(purchased_at, amount, discounted) FROM purchases(h)) AND h::text LIKE '1d%'
	OR h <> (SELECT purchase_history(purchased_at, amount) FROM purchases(h)) AND h::text LIKE '1 %';
SELECT (SELECT count(*) FROM (SELECT purchases(h) FROM byhand LIMIT 3) AS t) AS stopped_early;

-- what cannot be
SELECT gap_quantile('1 {}', 1.01);
SELECT gap_quantile('1 {}', -0.01);
SELECT gap_quantile('1 {}', 'NaN');
SELECT is_late('1 {}', '2024-01-01', 2);
SELECT is_late('1 {2024-01-01 1, 2024-01-03 1}', 'infinity') IS NULL AS infinite, is_late('1 {2024-01-01 1}', '2025-01-01') IS NULL AS no_gap;
SELECT days_to_nth_purchase('1 {}', 0);
SELECT orders_within('1 {}', '-1 day', '2024-01-01');
SELECT orders_within('1 {}', '1 day', 'infinity');
SELECT revenue_within('1 {}', '1 day', '-infinity');
SELECT revenue_within('1 {}', '10000 years', '2024-01-01');
SELECT active_periods('1 {}', 'fortnight');
SELECT recency_days('1 {2024-01-01 1}', 'infinity') IS NULL AS infinite, recency_days('1 {2024-01-02 1}', '2024-01-01') IS NULL AS not_yet;

--- 4. Amounts and times of the aggregate --------------------------------------------------

-- every amount is what SUM says of it; decimals are kept, except zeros after the sixth and those that make more than 18 digits
CREATE TABLE amounts AS
SELECT a FROM unnest('{0,0.00,-0.00,1,-1,10,9999,10000,10001,99999999,100000000,12345678.9,0.1,0.01,0.001,0.0001,0.00001,0.00010,1.0000,5.50,5.5000,
	0.999999999999999999,-0.999999999999999999,0.000000000000000001,123456789012345678,-123456789012345678,1234567890.12345678,12345678901234567.8,1234.56789012345678,
	999999999999999999,100000000000000000,900000000000000000,100000000000000,0.100000000000000001,99.9999999999999999,100000000000.000001}'::numeric[]) AS a
UNION ALL SELECT (g * 7919 % 1000003)::numeric * power(10::numeric, g % 12 - 6) FROM generate_series(1, 5000) AS g
UNION ALL SELECT round((g * 104729::numeric % 1000000007) / 1000, g % 9) * (1 - g % 2 * 2) FROM generate_series(1, 5000) AS g;
SELECT count(*) AS amounts, count(*) FILTER (WHERE revenue(h) <> a) AS wrong, count(*) FILTER (WHERE abs(a) * power(10::numeric, scale(a)) < 1e18 AND scale(revenue(h)) <> greatest(least(scale(a), 6), min_scale(a))) AS other_scale
FROM (SELECT a, pt_purchase_history_final(pt_purchase_history_accum(NULL, '2024-01-01', a)) AS h FROM amounts) AS t;
-- every way to write 18 digits
SELECT count(*) AS ways, count(*) FILTER (WHERE revenue(pt_purchase_history_accum(NULL, '2024-01-01', a)) <> a) AS wrong
FROM generate_series(0, 18) AS s, generate_series(1, 18) AS digits, unnest('{1,-1}'::int[]) AS sign,
	LATERAL (SELECT trim_scale(sign * left('918273645546372819', digits)::numeric / power(10::numeric, s)) AS a) AS t;
-- zeros after the sixth decimal, and zeros that do not fit, are given up, digits are not
SELECT a, revenue(pt_purchase_history_accum(NULL, '2024-01-01', a)) FROM unnest('{5.000000000000000000000,5.5000000000000000000000,0.0000000000000000000000,
	100000000000000000.00,123456789012345678.00,1234567890123456.780000,0.1234567890123456780000,0.0000000}'::numeric[]) AS a;
-- so that what divisions leave does not stand in the way
SELECT purchase_history(t, a) FROM (VALUES (timestamp '2024-01-01', 999 / 100.0), ('2024-01-02', 1 / 100.0), ('2024-01-03', 12345678901)) AS v(t, a);
SELECT a, refusal(format('SELECT pt_purchase_history_accum(NULL, ''2024-01-01'', %L)', a)) FROM unnest(
	'{1000000000000000000,-1000000000000000000,1e18,1e30,0.0000000000000000001,0.1234567890123456789,1e-40,123456789012345678.9,1234567890123456789012345,NaN,Infinity,-Infinity}'::numeric[]) AS a;
-- together they have at most 18 digits
SELECT purchase_history(t, a) FROM (VALUES (timestamp '2024-01-01', 1e16), ('2024-01-02', 0.01)) AS v(t, a);
SELECT purchase_history(t, a) FROM (VALUES (timestamp '2024-01-02', 0.01), (timestamp '2024-01-01', 1e16)) AS v(t, a);
SELECT purchase_history(t, a) FROM (VALUES (timestamp '2024-01-01', 1e15), ('2024-01-02', 0.01)) AS v(t, a);
SELECT purchase_history(t, 999999999999999999) FROM (VALUES (timestamp '2024-01-01'), ('2024-01-02'), ('2024-01-01')) AS v(t);
-- revenue and averages may have more
SELECT revenue(purchase_history(timestamp '2024-01-01' + g * interval '1 day', 999999999999999999)), average_order_value(purchase_history(timestamp '2024-01-01' + g * interval '1 day', 999999999999999999)),
       revenue(purchase_history(timestamp '2024-01-01' + g * interval '1 day', -0.999999999999999999)) FROM generate_series(1, 1000) AS g;
-- times
SELECT refusal(format('SELECT purchase_history(%L, 1)', t)) FROM unnest('{infinity,-infinity}'::timestamp[]) AS t;
SELECT purchase_history(t, 1) FROM unnest('{4714-11-24 BC,294276-12-31 23:59:59}'::timestamp[]) AS t;
SELECT purchase_history(t, 1) FROM unnest('{4714-11-24 BC,294276-12-31 23:59:59.999999}'::timestamp[]) AS t;
SELECT purchase_history(t, 1) FROM unnest('{294276-12-31 23:59:59.999999,4714-11-24 BC}'::timestamp[]) AS t;
SELECT purchase_history(t, 1) FROM unnest('{294276-12-31 23:59:59.999999}'::timestamp[]) AS t;
-- the unit and the scale become finer as needed, whatever comes first
SELECT purchase_history(t, a) FROM (VALUES (timestamp '2024-01-01', 1), ('2024-01-01 10:00', 2.5), ('2024-01-03', 3.25), ('2024-01-02 00:00:00.5', 4)) AS v(t, a);
SELECT purchase_history(t, a) FROM (VALUES (timestamp '2024-01-02 00:00:00.5', 4), ('2024-01-03', 3.25), ('2024-01-01 10:00', 2.5), ('2024-01-01', 1)) AS v(t, a);
-- NULLs are skipped; NULL discounted is none; no row is NULL
SELECT purchase_history(t, a), purchase_history(t, a, d), purchase_history(t, a, d) FILTER (WHERE false) IS NULL AS none, purchase_history(NULL, a) IS NULL AS no_time,
       purchase_history(t, NULL, d) IS NULL AS no_amount, rollup(NULL::purchase_history) IS NULL AS no_history
FROM (VALUES (timestamp '2024-01-01', 1, true), ('2024-01-01', NULL, true), (NULL, 2, true), ('2024-01-02', 3, NULL), ('2024-01-03', 4, false)) AS v(t, a, d);

--- 5. Equality and the operator + -----------------------------------------------------------

SELECT a = b AS equal, a <> b AS different, pt_purchase_history_hash(a) = pt_purchase_history_hash(b) AS same_hash, a, b
FROM (VALUES ('1 {2024-01-01 5.0}', '1 {2024-01-01 5.00}'), ('1 {2024-01-01 0}', '1 {2024-01-01 0.000}'), ('1 {2024-01-01 5}', '1 {2024-01-01 50}'),
	('1 {2024-01-01 5}', '1 {2024-01-01 0.5}'), ('1 {}', '1d {}'), ('1 {2024-01-01 5}', '1d {2024-01-01 5}'), ('1d {2024-01-01 5 d}', '1d {2024-01-01 5}'),
	('1 {2024-01-01 5}', '1 {2024-01-01T00:00:01 5}'), ('1 {2024-01-01 5}', '1 {2024-01-01 5, 2024-01-02 0}'), ('1 {}', '1 {}'),
	('1 {2024-01-01 999999999999999999}', '1 {2024-01-01 0.999999999999999999}'), ('1 {2024-01-01 100000000000000000}', '1 {2024-01-01 0.100000000000000000}')) AS v(ta, tb),
	LATERAL (SELECT ta::purchase_history, tb::purchase_history) AS t(a, b);
SELECT count(*) FROM (SELECT DISTINCT h FROM (VALUES ('1 {2024-01-01 5.0}'::purchase_history), ('1 {2024-01-01 5.00}'), ('1 {}'), ('1d {}'), ('1 {}'), (NULL)) AS v(h)) AS d;
SELECT h, count(*) FROM (VALUES ('1 {}'::purchase_history), ('1d {}'), ('1 {}'), (NULL), (NULL)) AS v(h) GROUP BY h ORDER BY h::text;
SET enable_nestloop = off;
SELECT a.name, b.name FROM byhand AS a JOIN byhand AS b ON a.h = b.h AND a.name <> b.name ORDER BY 1, 2;
SELECT count(*) FROM byhand AS a JOIN byhand AS b USING (h);
RESET enable_nestloop;
SELECT a.name, b.name, a.h + b.h FROM byhand AS a, byhand AS b WHERE a.name IN ('empty', 'empty d', 'one', 'returns', 'null') AND b.name IN ('empty d', 'one', 'usual') ORDER BY 1, 2;
SELECT count(*) AS asymmetric FROM byhand AS a, byhand AS b WHERE a.name <> 'far' AND b.name <> 'far' AND a.h + b.h <> b.h + a.h;
SELECT count(*) AS not_rollup FROM byhand AS a, byhand AS b WHERE a.name <> 'far' AND b.name <> 'far' AND (SELECT rollup(h) FROM unnest(ARRAY[a.h, b.h]) AS h) <> a.h + b.h;
-- no btree order
SELECT h FROM byhand ORDER BY h;

--- 6. Lifetime value inputs ---------------------------------------------------------------

-- the summaries that lifetimes, BTYDplus publish (reference/clv.md 2.5)
SELECT id, repeat_frequency(h, '2015-02-07') AS x, last_repeat(h, '2015-02-07', 'day', 'day') AS t_x, customer_age(h, '2015-02-07', 'day', 'day') AS t
FROM (SELECT id, purchase_history(t, 1) AS h FROM (VALUES (1, timestamp '2015-02-01'), (1, '2015-02-06'), (2, '2015-01-01'), (3, '2015-01-01'), (3, '2015-01-02'), (3, '2015-01-05')) AS v(id, t) GROUP BY id) AS g ORDER BY id;
SELECT id, r.* FROM (SELECT id, purchase_history(t, m) AS h FROM (VALUES
	(1, timestamp '2015-01-01', 1), (1, '2015-02-06', 2), (2, '2015-01-01', 2), (3, '2015-01-01', 3), (3, '2015-01-02', 1), (3, '2015-01-05', 5),
	(4, '2015-01-16', 6), (4, '2015-02-02', 3), (4, '2015-02-05', 3), (5, '2015-01-16', 3), (5, '2015-01-17', 1), (5, '2015-01-18', 8), (6, '2015-02-02', 5)) AS v(id, t, m) GROUP BY id) AS g,
	repeat_summary(h, '2015-02-07', 'day', 'day') AS r ORDER BY id;
SELECT day, sum(repeat_frequency(h, t)) AS repeats, sum(order_count(history_at(h, t))) AS with_first
FROM (SELECT cust, purchase_history(timestamp '2015-01-01' + t * interval '1 day', 1) AS h FROM (VALUES (1, 0), (1, 9), (1, 20), (3, 4), (3, 6)) AS v(cust, t) GROUP BY cust) AS g,
	unnest('{7,14,21}'::int[]) AS day, LATERAL (SELECT timestamp '2015-01-01' + day * interval '1 day' AS t) AS l GROUP BY day ORDER BY day;
-- merge periods and units: two orders in one month, then one in the next but one; units of the merge period are counted
SELECT merge, unit, r.* FROM (VALUES ('1 {2024-01-10 5, 2024-01-20 7, 2024-01-31 -1, 2024-03-05 8, 2024-03-06 1}'::purchase_history)) AS v(h),
	unnest(enum_range(NULL::purchase_period)) AS merge, unnest(enum_range(NULL::purchase_period)) AS unit, repeat_summary(h, '2024-03-31', merge, unit) AS r ORDER BY merge, unit;
SELECT last_repeat(h, a) = r.last_repeat AS t_x, customer_age(h, a) = r.customer_age AS t, repeat_spend(h, a) = r.repeat_spend AS m, repeat_frequency(h, a) = r.repeat_frequency AS x
FROM (VALUES ('1 {2024-01-10 5, 2024-01-20 7, 2024-03-05 8}'::purchase_history, timestamp '2024-03-31 23:59')) AS v(h, a), repeat_summary(h, a) AS r;
SELECT name, r.* FROM byhand, repeat_summary(h, '2024-02-01') AS r;
SELECT repeat_frequency('1 {}', 'infinity');
SELECT customer_age('1 {2024-01-01 1}', '-infinity');
-- calibration and holdout: both ends included, both parts by periods
SELECT name, e, c.* FROM (VALUES ('usual', '1 {2024-01-01 1, 2024-01-08T10:00:00 2, 2024-01-08T11:00:00 4, 2024-01-15 8, 2024-01-20T09:00:00 16, 2024-01-20T10:00:00 32, 2024-01-21 -5, 2024-01-29 64, 2024-02-05 128}'::purchase_history),
	('too late', '1 {2024-01-16 1}'), ('once', '1 {2024-01-15 1}'), ('empty', '1 {}')) AS v(name, h), (VALUES (timestamp '2024-01-15', timestamp '2024-01-29'), ('2024-01-14 23:59:59', '2024-01-31'), ('2024-01-15', '2024-01-15')) AS w(c, e),
	calibration_holdout(h, w.c, w.e, 'day', 'day') AS c ORDER BY 1, 2;
SELECT c.* FROM calibration_holdout('1 {2024-01-01 1, 2024-01-08T10:00:00 2, 2024-01-08T11:00:00 4, 2024-01-15 8, 2024-01-20T09:00:00 16, 2024-01-20T10:00:00 32, 2024-01-29 64, 2024-02-05 128}', '2024-01-17', '2024-02-29', 'month', 'week') AS c;
SELECT calibration_holdout('1 {}', '2024-01-02', '2024-01-01');
SELECT calibration_holdout('1 {}', '2024-01-02', 'infinity');

-- Wheat and Morrison: M = 1/4 and 3/4 have v = 1/16, so k = (1 - 1/4) / (1/2) = 1.5
SELECT regularity(h), array_agg(gap_balance(h)) FROM (VALUES ('1 {2024-01-01 1, 2024-01-02 1, 2024-01-05 1}'::purchase_history), ('1 {2024-01-01 1, 2024-01-04 1, 2024-01-05 1}'), ('1 {2024-01-01 1, 2024-01-04 1}'), (NULL), ('1 {}')) AS v(h);
SELECT regularity(h) IS NULL AS all_alike FROM (VALUES ('1 {2024-01-01 1, 2024-01-02 1, 2024-01-03 1}'::purchase_history)) AS v(h);
SELECT regularity(h) IS NULL AS none FROM byhand WHERE false;
SELECT refusal(format('SELECT pt_regularity_accum(%L, NULL)', s)), refusal(format('SELECT pt_regularity_combine(''{1,0,5}'', %L)', s)), refusal(format('SELECT pt_regularity_final(%L)', s))
FROM unnest(ARRAY['{}', '{1,2}', '{1,2,3,4}', '{{1,2,3}}', '{1,NULL,3}', '{-1,0,0}', '{1,-1,0}', '{9223372036854775807,0,0}', '{1,9223372036854775807,0}', NULL]) AS s;
SELECT pt_regularity_combine('{1,0,-1}', '{2,0,1}') AS carried, pt_regularity_final('{0,0,0}') IS NULL AS none, pt_regularity_final(NULL) IS NULL AS no_state;

--- 7. Against plain SQL, 100,000 lines -----------------------------------------------------

-- every third customer in days, in seconds, in microseconds; 0 to 4 decimals mixed; returns; lines of one time; few and many orders
CREATE TABLE line AS
SELECT g, c AS customer_id,
	timestamp '2020-01-01' + (hashint4(g) & 1023) * interval '1 day'
		+ CASE WHEN c % 3 = 0 OR g % 4 = 0 THEN interval '0' WHEN c % 3 = 1 THEN (g % 3) * interval '36001 seconds' ELSE (g % 5) * interval '20000.000005 seconds' END AS purchased_at,
	CASE WHEN g % 17 = 0 THEN -1 ELSE 1 END * round((hashint4(g + 1) & 1048575) / 100.0, (g % 3 + c % 3)::integer) AS amount,
	CASE g % 7 WHEN 0 THEN NULL WHEN 1 THEN true WHEN 2 THEN true ELSE false END AS discounted
FROM generate_series(1, 100000) AS g, LATERAL (SELECT floor(power((hashint4(g + 7) & 65535) / 65536.0, 3) * 3000)::integer AS c) AS v;
ANALYZE line;
CREATE TABLE kept AS SELECT customer_id, purchase_history(purchased_at, amount, discounted) AS h FROM line GROUP BY 1;
ANALYZE kept;
SELECT count(*) AS customers, sum(order_count(h)) + sum(return_count(h)) < 100000 AS merged, min(order_count(h)) AS fewest, max(order_count(h)) > 400 AS many,
       count(*) FILTER (WHERE h::text ~ '\.\d{6} ') > 500 AS microseconds, count(*) FILTER (WHERE h::text ~ ':' AND h::text !~ '\.\d{6} ') > 500 AS seconds, count(*) FILTER (WHERE h::text !~ ':') > 500 AS days FROM kept;

CREATE FUNCTION plain(as_of timestamp) RETURNS TABLE (customer_id integer, order_count bigint, return_count bigint, discounted bigint, revenue numeric, average numeric, first_purchase timestamp, last_purchase timestamp,
	gap_count bigint, gap_mean float8, gap_median float8, gap_stddev float8, days bigint, weeks bigint, months bigint, quarters bigint, years bigint, orders_30 bigint, revenue_30 numeric,
	x bigint, t_x bigint, t bigint, m numeric, third integer, q90 float8)
LANGUAGE sql STABLE AS $$
	WITH purchase AS (
		SELECT l.customer_id, l.purchased_at, sum(l.amount) AS amount, bool_or(coalesce(l.discounted, false)) AS discounted, l.purchased_at::date AS day,
			row_number() OVER (PARTITION BY l.customer_id, l.amount < 0 ORDER BY l.purchased_at) AS nth
		FROM line AS l WHERE l.purchased_at <= as_of GROUP BY l.customer_id, l.purchased_at, l.amount < 0
	), day AS (
		SELECT p.customer_id, p.day, p.day - lag(p.day) OVER w AS gap, sum(p.amount) AS amount, row_number() OVER w AS n
		FROM purchase AS p WHERE p.amount >= 0 GROUP BY 1, 2 WINDOW w AS (PARTITION BY p.customer_id ORDER BY p.day)
	), gaps AS (
		SELECT d.customer_id, count(d.gap), avg(d.gap)::float8, percentile_cont(0.5) WITHIN GROUP (ORDER BY d.gap), stddev_samp(d.gap)::float8,
			count(*) - 1, max(d.day) - min(d.day), avg(d.amount) FILTER (WHERE d.n > 1), min(d.day), percentile_cont(0.9) WITHIN GROUP (ORDER BY d.gap)
		FROM day AS d GROUP BY 1
	)
	SELECT p.customer_id, count(*) FILTER (WHERE p.amount >= 0), count(*) FILTER (WHERE p.amount < 0), count(*) FILTER (WHERE p.amount >= 0 AND p.discounted), sum(p.amount), avg(p.amount) FILTER (WHERE p.amount >= 0),
		min(p.purchased_at) FILTER (WHERE p.amount >= 0), max(p.purchased_at) FILTER (WHERE p.amount >= 0), coalesce(g.count, 0), g.avg, g.percentile_cont, g.stddev_samp,
		count(DISTINCT p.day) FILTER (WHERE p.amount >= 0), count(DISTINCT date_trunc('week', p.day)) FILTER (WHERE p.amount >= 0), count(DISTINCT date_trunc('month', p.day)) FILTER (WHERE p.amount >= 0),
		count(DISTINCT date_trunc('quarter', p.day)) FILTER (WHERE p.amount >= 0), count(DISTINCT date_trunc('year', p.day)) FILTER (WHERE p.amount >= 0),
		count(*) FILTER (WHERE p.amount >= 0 AND p.purchased_at > as_of - interval '30 days'), coalesce(sum(p.amount) FILTER (WHERE p.purchased_at > as_of - interval '30 days'), 0),
		g."?column?", g.d, as_of::date - g.min, g.m, (min(p.day) FILTER (WHERE p.amount >= 0 AND p.nth = 3) - g.min), g.q
	FROM purchase AS p LEFT JOIN gaps AS g(customer_id, count, avg, percentile_cont, stddev_samp, "?column?", d, m, min, q) USING (customer_id)
	GROUP BY p.customer_id, g.count, g.avg, g.percentile_cont, g.stddev_samp, g."?column?", g.d, g.m, g.min, g.q
$$;
CREATE FUNCTION ours(as_of timestamp) RETURNS TABLE (customer_id integer, order_count bigint, return_count bigint, discounted bigint, revenue numeric, average numeric, first_purchase timestamp, last_purchase timestamp,
	gap_count bigint, gap_mean float8, gap_median float8, gap_stddev float8, days bigint, weeks bigint, months bigint, quarters bigint, years bigint, orders_30 bigint, revenue_30 numeric,
	x bigint, t_x bigint, t bigint, m numeric, third integer, q90 float8)
LANGUAGE sql STABLE AS $$
	SELECT k.customer_id, s.order_count, s.return_count, s.discounted_order_count, s.revenue, s.average_order_value, s.first_purchase, s.last_purchase, s.gap_count, s.gap_mean, s.gap_median, s.gap_stddev,
		active_periods(c, 'day'), active_periods(c, 'week'), active_periods(c, 'month'), active_periods(c, 'quarter'), active_periods(c, 'year'), orders_within(h, '30 days', as_of), revenue_within(h, '30 days', as_of),
		r.repeat_frequency, r.last_repeat::bigint, r.customer_age::bigint, r.repeat_spend, days_to_nth_purchase(c, 3), gap_quantile(c, 0.9)
	FROM kept AS k, history_at(h, as_of) AS c, purchase_summary(h, as_of) AS s, repeat_summary(h, as_of, 'day', 'day') AS r WHERE s.order_count + s.return_count > 0
$$;
SELECT as_of, count(*) AS customers, count(*) FILTER (WHERE a.customer_id IS NULL OR b.customer_id IS NULL
	OR (a.order_count, a.return_count, a.discounted, a.revenue, a.average, a.first_purchase, a.last_purchase, a.gap_count, a.gap_median, a.days, a.weeks, a.months, a.quarters, a.years, a.orders_30, a.revenue_30, a.x, a.t_x, a.t, a.m, a.third)
		IS DISTINCT FROM (b.order_count, b.return_count, b.discounted, b.revenue, b.average, b.first_purchase, b.last_purchase, b.gap_count, b.gap_median, b.days, b.weeks, b.months, b.quarters, b.years, b.orders_30, b.revenue_30, b.x, b.t_x, b.t, b.m, b.third)
	OR abs(a.gap_mean - b.gap_mean) > 1e-9 OR (a.gap_mean IS NULL) <> (b.gap_mean IS NULL) OR abs(a.gap_stddev - b.gap_stddev) > 1e-9 OR (a.gap_stddev IS NULL) <> (b.gap_stddev IS NULL)
	OR abs(a.q90 - b.q90) > 1e-9 OR (a.q90 IS NULL) <> (b.q90 IS NULL)) AS differ
FROM unnest('{2020-01-01,2020-03-05 10:00:01,2021-06-30 12:00,2022-12-31,2024-02-29 23:59:59.999999}'::timestamp[]) AS as_of, plain(as_of) AS a FULL JOIN ours(as_of) AS b USING (customer_id)
GROUP BY as_of ORDER BY as_of;
-- the rows, exactly, with their decimals
SELECT count(*) AS rows_that_differ FROM (
	SELECT customer_id, purchased_at, sum(amount) AS amount, bool_or(coalesce(discounted, false)) AS discounted FROM line GROUP BY customer_id, purchased_at, amount < 0) AS a
FULL JOIN (SELECT customer_id, p.* FROM kept, purchases(h) AS p) AS b USING (customer_id, purchased_at, amount, discounted) WHERE a IS NULL OR b IS NULL;
SELECT count(*) AS scale_differs FROM kept JOIN (SELECT customer_id, sum(amount) FROM line GROUP BY 1) AS s USING (customer_id) WHERE revenue(h)::text <> s.sum::text;
-- regularity, of the last two gaps
SELECT abs(regularity(h) - (SELECT (1 - 4 * v) / (8 * v) FROM (SELECT avg(power(a::float8 / (a + b) - 0.5, 2)) AS v FROM (
	SELECT customer_id, gap AS b, lag(gap) OVER w AS a, row_number() OVER (PARTITION BY customer_id ORDER BY day DESC) AS back FROM (
		SELECT DISTINCT customer_id, purchased_at::date AS day, purchased_at::date - lag(purchased_at::date) OVER (PARTITION BY customer_id ORDER BY purchased_at::date) AS gap
		FROM line WHERE amount >= 0) AS d WHERE gap > 0 WINDOW w AS (PARTITION BY customer_id ORDER BY day)) AS l WHERE back = 1 AND a IS NOT NULL) AS m)) < 1e-12 AS as_formula FROM kept;

--- 8. However it is computed ------------------------------------------------------------------

CREATE FUNCTION plan_has(query text, what text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	l text;
BEGIN
	FOR l IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF l ~ what THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 4;
\set build 'SELECT customer_id, purchase_history(purchased_at, amount, discounted) AS h FROM line GROUP BY 1'
\set parts 'SELECT customer_id, g % 10 AS part, purchase_history(purchased_at, amount, discounted) AS h FROM line GROUP BY 1, 2'
\set differs 'FROM kept AS k FULL JOIN n USING (customer_id) WHERE (k.h = n.h AND k.h::text = n.h::text) IS NOT TRUE'
CREATE TABLE part AS :parts;
SET enable_sort = off;
SELECT plan_has(:'build', 'Partial HashAggregate') AS parallel_hash;
WITH n AS MATERIALIZED (:build) SELECT count(*) AS differ :differs;
SELECT plan_has('SELECT customer_id, rollup(h) FROM part GROUP BY 1', 'Partial HashAggregate') AS parallel_hash;
WITH n AS MATERIALIZED (SELECT customer_id, rollup(h) AS h FROM part GROUP BY 1) SELECT count(*) AS differ :differs;
RESET enable_sort;
SET enable_hashagg = off;
SELECT plan_has(:'build', 'Partial GroupAggregate') AS parallel_sort;
WITH n AS MATERIALIZED (:build) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT customer_id, rollup(h) AS h FROM part GROUP BY 1) SELECT count(*) AS differ :differs;
SELECT plan_has('SELECT rollup(h) FROM part', 'Partial Aggregate') AS parallel_one;
CREATE TABLE everyone AS SELECT rollup(h) AS h FROM part;
SELECT plan_has('SELECT regularity(h) FROM kept', 'Partial Aggregate') AS parallel_regularity;
SELECT regularity(h) AS parallel FROM kept \gset
SET max_parallel_workers_per_gather = 0;
SELECT regularity(h) = :parallel AS same_regularity FROM kept;
SELECT purchase_history(purchased_at, amount, discounted) = (SELECT h FROM everyone) AS everyone FROM line;
WITH n AS MATERIALIZED (:build) SELECT count(*) AS differ :differs;
RESET enable_hashagg;
-- stored values have short headers; rolled up serially, in one group of two or more, and alone
SELECT count(*) FILTER (WHERE pg_column_size(h) < 127) > 10000 AS short_headers FROM part;
WITH n AS MATERIALIZED (SELECT customer_id, rollup(h ORDER BY part DESC) AS h FROM part GROUP BY 1) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT customer_id, rollup(h) AS h FROM kept GROUP BY 1) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT customer_id, rollup(h) AS h FROM (SELECT * FROM kept UNION ALL SELECT customer_id, '1d {}' FROM kept) AS t GROUP BY 1) SELECT count(*) AS differ :differs;
-- +, folded
CREATE AGGREGATE plus (purchase_history) (SFUNC = pt_purchase_history_add, STYPE = purchase_history);
WITH n AS MATERIALIZED (SELECT customer_id, plus(h) AS h FROM part GROUP BY 1) SELECT count(*) AS differ :differs;
-- any order of the rows
WITH n AS MATERIALIZED (SELECT customer_id, purchase_history(purchased_at, amount, discounted ORDER BY purchased_at) AS h FROM line GROUP BY 1) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT customer_id, purchase_history(purchased_at, amount, discounted ORDER BY purchased_at DESC, amount) AS h FROM line GROUP BY 1) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT customer_id, purchase_history(purchased_at, amount, discounted ORDER BY hashint4(g)) AS h FROM line GROUP BY 1) SELECT count(*) AS differ :differs;
-- text and back; cuts put together again
WITH n AS MATERIALIZED (SELECT customer_id, h::text::purchase_history AS h FROM kept) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT customer_id, history_at(h, 'infinity') AS h FROM kept) SELECT count(*) AS differ :differs;
SELECT count(*) AS differ FROM kept, unnest('{2020-03-05 10:00:01,2021-06-30 12:00}'::timestamp[]) AS t
WHERE history_between(h, '-infinity', t) + history_between(h, t, 'infinity') <> h OR history_between(h, '-infinity', t + interval '1 microsecond') <> history_at(h, t)
	OR history_between(h, t, 'infinity')::text <> (SELECT purchase_history(purchased_at, amount, discounted) FROM purchases(h) WHERE purchased_at >= t)::text AND scale(revenue(h)) = scale(revenue(history_between(h, t, 'infinity')))
		AND (SELECT max(scale(amount)) FROM purchases(h) WHERE purchased_at >= t) = scale(revenue(h));
-- DISTINCT, FILTER, GROUPING SETS, HAVING
SELECT purchase_history(DISTINCT t, a), purchase_history(t, a) FILTER (WHERE a > 1) FROM (VALUES (timestamp '2024-01-01', 1), ('2024-01-01', 1), ('2024-01-02', 2)) AS v(t, a);
SELECT shop, customer_id, purchase_history(t, a) FROM (VALUES ('a', 1, timestamp '2024-01-02', 1), ('a', 2, '2024-01-01', 2), ('b', 1, '2024-01-01', 4)) AS v(shop, customer_id, t, a)
GROUP BY GROUPING SETS ((shop, customer_id), (shop), (customer_id), ()) HAVING order_count(purchase_history(t, a)) > 0 ORDER BY 1, 2;
-- as window functions: frames that grow, and that move
SELECT t::date, purchase_history(t, a) OVER (ORDER BY t) AS until_now, purchase_history(t, a) OVER (ORDER BY t ROWS 1 PRECEDING) AS last_two, rollup(h) OVER (ORDER BY t DESC) AS from_now
FROM (SELECT t, a, pt_purchase_history_final(pt_purchase_history_accum(NULL, t, a)) AS h FROM (VALUES (timestamp '2024-01-03', 1), ('2024-01-02', 2), ('2024-01-01', 4)) AS v(t, a)) AS w ORDER BY t;

--- 9. Unfinished states, and states of others ---------------------------------------------------

-- an aggregate of a user's own without a final function shows the state itself
CREATE AGGREGATE unfinished (timestamp, numeric, boolean) (SFUNC = pt_purchase_history_accum, STYPE = purchase_history, COMBINEFUNC = pt_purchase_history_combine, PARALLEL = SAFE);
CREATE TABLE open AS SELECT customer_id, unfinished(purchased_at, amount, discounted) AS h FROM line GROUP BY 1;
WITH n AS MATERIALIZED (SELECT customer_id, h FROM open) SELECT count(*) AS differ :differs;
SELECT count(*) AS differ FROM open JOIN kept AS k USING (customer_id) WHERE purchase_history_send(open.h) <> purchase_history_send(k.h) OR open.h <> k.h OR pt_purchase_history_hash(open.h) <> pt_purchase_history_hash(k.h)
	OR purchase_summary(open.h, '2021-06-30') IS DISTINCT FROM purchase_summary(k.h, '2021-06-30') OR repeat_summary(open.h, '2021-06-30') IS DISTINCT FROM repeat_summary(k.h, '2021-06-30')
	OR history_at(open.h, '2021-06-30') <> history_at(k.h, '2021-06-30') OR gap_balance(open.h) <> gap_balance(k.h) OR active_periods(open.h, 'week') <> active_periods(k.h, 'week')
	OR calibration_holdout(open.h, '2021-01-01', '2022-01-01') IS DISTINCT FROM calibration_holdout(k.h, '2021-01-01', '2022-01-01') OR days_to_nth_purchase(open.h, 3) <> days_to_nth_purchase(k.h, 3)
	OR first_purchase(open.h) <> first_purchase(k.h) OR is_late(open.h, '2022-01-01') <> is_late(k.h, '2022-01-01') OR orders_within(open.h, '1 year', '2022-01-01') <> orders_within(k.h, '1 year', '2022-01-01')
	OR (SELECT count(*) FROM purchases(open.h)) <> (SELECT count(*) FROM purchases(k.h)) OR open.h + '1 {}' <> k.h OR pt_purchase_history_final(open.h) <> k.h;
WITH n AS MATERIALIZED (SELECT customer_id, rollup(h) AS h FROM open GROUP BY 1) SELECT count(*) AS differ :differs;
WITH n AS MATERIALIZED (SELECT customer_id, pt_purchase_history_final(pt_purchase_history_combine(h, NULL)) AS h FROM open) SELECT count(*) AS differ :differs;
-- a state that begins with a value
CREATE AGGREGATE onward (timestamp, numeric) (SFUNC = pt_purchase_history_accum, STYPE = purchase_history, INITCOND = '1 {2023-12-31 100.00}', FINALFUNC = pt_purchase_history_final, COMBINEFUNC = pt_purchase_history_combine);
SELECT onward(t, 1) FROM generate_series(timestamp '2024-01-01', '2024-01-03', '1 day') AS t;

-- the functions of the aggregates, called by hand: they never change what they are given
CREATE TABLE byhand_state AS SELECT name, h FROM byhand;
SELECT name, pt_purchase_history_accum(h, '2024-01-03', 7) AS accum, pt_purchase_history_accum(h, NULL, 7) = h AS no_time, pt_purchase_history_accum(h, '2024-01-01', NULL, true) = h AS no_amount,
       pt_purchase_history_combine(h, h) = h + h AS doubled, pt_purchase_history_rollup(NULL, h) = h AS first, pt_purchase_history_final(h) = h AS final FROM byhand_state WHERE name <> 'far';
SELECT count(*) AS changed FROM byhand AS a JOIN byhand_state AS b USING (name) WHERE a.h <> b.h;
DO $$
DECLARE
	a purchase_history := pt_purchase_history_accum(NULL, '2024-01-01', 1);
	b purchase_history;
BEGIN
	b := pt_purchase_history_accum(a, '2024-01-02', 2);
	b := pt_purchase_history_combine(b, a);
	ASSERT a::text = '1 {2024-01-01 1}', a;
	ASSERT b::text = '1 {2024-01-01 2, 2024-01-02 2}', b;
END $$;
SELECT pt_purchase_history_accum(NULL, NULL, NULL) IS NULL AS nothing, pt_purchase_history_combine(NULL, NULL) IS NULL AS nothing, pt_purchase_history_final(NULL) IS NULL AS nothing;
SELECT pt_purchase_history_accum('1 {2024-01-01 999999999999999999}', '2024-01-01', 1);
SELECT pt_purchase_history_accum('1 {2024-01-01 999999999999999999}', '2024-01-02', 0.1);
SELECT pt_purchase_history_combine('1 {2024-01-01 999999999999999999}', '1 {2024-01-02 0.1}');
SELECT '1 {2024-01-01 999999999999999999}'::purchase_history + '1 {2024-01-01 1}';
-- no bytes of others become a history
SELECT '\x010000'::bytea::purchase_history;
SELECT 'x'::text::purchase_history;

DROP AGGREGATE plus(purchase_history);
DROP AGGREGATE onward(timestamp, numeric);
DROP AGGREGATE unfinished(timestamp, numeric, boolean);
DROP FUNCTION refusal, plain, ours, plan_has;
DROP TABLE spelled, stored, byhand, amounts, line, kept, part, everyone, open, byhand_state;

-- a history that was asked before is remembered whole: as of another moment, and between others, it answers anew
CREATE TABLE asked AS
SELECT k, purchase_history(at::timestamp, amount) AS h
FROM (VALUES (1, '2024-01-01', 10.00), (1, '2024-01-05', 20.00), (1, '2024-01-09', -5.00), (2, '2024-01-01', 10.00), (2, '2024-01-05', 21.00), (2, '2024-01-09', -5.00)) v(k, at, amount)
GROUP BY k;
SELECT a.k, t.as_of, order_count(a.h), revenue(a.h), recency_days(a.h, t.as_of), orders_within(a.h, '3 days', t.as_of) AS orders, revenue_within(a.h, '5 days', t.as_of) AS revenue, last_purchase(a.h)
FROM (VALUES ('2024-01-10'::timestamp, 1), ('2024-01-06', 2), ('2024-01-03', 3), ('2024-01-09', 4)) t(as_of, n), asked a
ORDER BY t.n, a.k;
DROP TABLE asked;
