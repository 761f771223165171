-- series: values by period; their growth, trend, season, anomalies and forecasts
\set VERBOSITY default
CREATE FUNCTION pg_temp.error_code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

-- sums by period, gaps zero or without a value, in any order of rows
CREATE TEMP TABLE sale (day date, value numeric);
INSERT INTO sale VALUES ('2024-01-31', 1), ('2024-03-02', 5.5), ('2023-11-01', -2.125), ('2024-01-05', 10.00), ('2024-01-05', NULL), (NULL, 7);
SELECT p AS period, sales_series(day, value, p) AS series FROM sale, unnest('{week,month,quarter,year}'::purchase_period[]) AS p GROUP BY p ORDER BY p;
SELECT sales_series(day, value, 'month', true) AS gaps_null, sales_series(day, value, 'month', false) AS gaps_zero FROM sale;
SELECT sales_series(day, value, 'day')::text = sales_series(day, value, 'day' ORDER BY day DESC)::text AS any_order FROM sale;
SELECT v.* FROM (SELECT sales_series(day, value, 'month', true) AS s FROM sale) AS t, series_values(s) AS v;
SELECT sales_series(day, value, 'month') AS of_nulls FROM sale WHERE day IS NULL OR value IS NULL;
SELECT sales_series('2024-01-05 23:59:59.999999'::timestamp, 3, 'day') AS of_one;
-- more than 64 bits; the finest scale met
SELECT sales_series(d, v, 'day') AS wide FROM (VALUES ('2024-01-01'::date, 999999999999999999), ('2024-01-01', 999999999999999999), ('2024-01-02', 0.001)) AS t(d, v);

-- merging: rollup, + and cuts
CREATE TEMP TABLE part AS SELECT g AS product, sales_series('2024-01-01'::date + (g * 7 + i * 3) % 50, (g * i % 11) / 4.0, 'day') AS s
	FROM generate_series(1, 6) AS g, generate_series(1, 40) AS i GROUP BY g;
SELECT rollup(s)::text = (SELECT sales_series('2024-01-01'::date + (g * 7 + i * 3) % 50, (g * i % 11) / 4.0, 'day')::text
	FROM generate_series(1, 6) AS g, generate_series(1, 40) AS i) AS rolled_up FROM part;
SELECT '1 day zero 1 2024-01-01 {1, 2}'::sales_series + '1 day zero 2 2023-12-30 {0.25, 0, 5}' AS sum, rollup(NULL::sales_series) IS NULL AS of_null;
SELECT '1 day null 1 2024-01-01 {1, 2}'::sales_series + '1 day null 2 2024-01-03 {0.25, ~, 5}' AS sum, '1 day zero 0 2024-01-01 {}'::sales_series + '1 day zero 0 2024-01-05 {3}' AS with_empty;
SELECT series_between(s, '2023-12-31', '2024-02-29') AS cut, series_between(s, '2024-06-01', '2024-07-15') AS after, series_between(s, '2024-02-01', '2023-01-01') AS none
	FROM (SELECT sales_series(day, value, 'month') AS s FROM sale) AS t;
SELECT series_by_period(s, 'month') AS months, series_by_period(s, 'year') AS years, series_by_period(s, 'day')::text = s::text AS same FROM (SELECT sales_series(day, value, 'day') AS s FROM sale) AS t;

-- growth: by hand
SELECT * FROM series_growth('1 quarter zero 2 2023-01-01 {100, 150, 0, 50, 110, -30}');
SELECT * FROM series_growth('1 month null 0 2024-01-01 {1, ~, 3}');
-- a year before: 364 days, 52 weeks
SELECT period_start, year_ago_value, year_growth FROM series_growth((SELECT sales_series('2023-01-01'::date + i, i + 1, 'day') FROM generate_series(0, 364) AS i)) ORDER BY 1 DESC LIMIT 1;

-- moving averages: by hand
SELECT * FROM series_moving_average('1 month zero 0 2024-01-01 {1, 2, 6, 4, 5}', 3);
SELECT period_start, trailing_average, centered_average, n, reason FROM series_moving_average('1 month null 0 2024-01-01 {1, 2, 6, 4, 5, ~, 3}', 4);

-- Mann-Kendall and Theil-Sen by hand, with a tie: S = 12 of 15 pairs, one tied;
-- variance (6*5*17 - 2*1*9) / 18 = 27.33; z = 11 / 5.228; slopes from -1 to 2
SELECT n, slope, slope_low, slope_high, intercept, mann_kendall_s AS s, round(tau::numeric, 6) AS tau, round(z::numeric, 6) AS z, round(p::numeric, 6) AS p, direction, reason
	FROM series_trend('1 month zero 0 2024-01-01 {1, 2, 2, 4, 3, 5}');
-- the missing value has a place: slopes 1/2, 2/3, 1/2, 1, 1/2, 0
SELECT n, round(slope::numeric, 6) AS slope, mann_kendall_s AS s, direction FROM series_trend('1 month null 0 2024-01-01 {1, ~, 2, 3, 3}');
SELECT n, slope, mann_kendall_s AS s, tau, direction FROM series_trend('1 day zero 0 2024-01-01 {9, 8, 7, 6, 5}', 0.9);
SELECT * FROM series_trend('1 day zero 0 2024-01-01 {7, 7, 7, 7}');
SELECT * FROM series_trend('1 day zero 0 2024-01-01 {1, 2, 3}');
SELECT series_trend(NULL) IS NULL AS of_null;
-- as many slopes as are not held at once, most of them equal; all slopes of a line
SELECT slope, slope_low, slope_high, mann_kendall_s FROM series_trend((SELECT sales_series('2020-01-01'::date + i, 3 * i + 5, 'day') FROM generate_series(0, 1999) AS i));
SELECT slope, slope_low, slope_high FROM series_trend((SELECT sales_series('2020-01-01'::date + i, CASE WHEN i % 10 = 0 THEN i / 500 ELSE 0 END, 'day') FROM generate_series(0, 1999) AS i));
-- against all pairs in SQL
WITH v AS (SELECT i, abs(hashint4(i)) % 1000 + i / 5 AS y FROM generate_series(0, 299) AS i),
	all_slopes AS (SELECT (b.y - a.y)::float8 / (b.i - a.i) AS slope, sign(b.y - a.y) AS s FROM v AS a JOIN v AS b ON b.i > a.i)
SELECT t.slope = (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY slope) FROM all_slopes) AS slope, t.mann_kendall_s = (SELECT sum(s) FROM all_slopes) AS s
	FROM series_trend((SELECT sales_series('2020-01-01'::date + i, y, 'day') FROM v)) AS t;

-- seasonal indices: a season of 0.5, 1, 1.5 and so on is found as it is
SELECT season_number, season_label, round(index::numeric, 6) AS index, n, round(strength::numeric, 3) AS strength, reason
	FROM season_index((SELECT sales_series('2024-01-01'::date + i, 10 * (1 + i % 7), 'day') FROM generate_series(0, 55) AS i));
SELECT season_number, season_label, round(index::numeric, 6) AS index, n FROM season_index((SELECT sales_series('2020-01-01'::date + i, CASE WHEN extract(month FROM '2020-01-01'::date + i) = 12 THEN 3 ELSE 1 END, 'day') FROM generate_series(0, 1095) AS i), 'quarter');
SELECT season_number, index, n, strength, reason FROM season_index('1 quarter zero 0 2024-01-01 {1, 2, 3}');
SELECT DISTINCT index, reason FROM season_index('1 quarter zero 0 2024-01-01 {-1, -2, -3, -1, -2, -1, -1, -1, -1}');
SELECT count(*) AS no_rows FROM season_index(NULL);
SELECT count(*) AS without_values, min(reason) AS reason FROM season_index('1 day zero 0 2024-01-01 {}', 'month');

-- parts: what is put together comes apart, but for a remainder of -1 to 1
CREATE TEMP TABLE made AS SELECT sales_series('2020-01-01'::date + i * interval '1 month', 100 + 2 * i + 10 * (i % 12 = 11)::int - 10 * (i % 12 = 1)::int + (i * 37 % 11 - 5) / 5.0 + CASE i WHEN 50 THEN 40 ELSE 0 END, 'month') AS s FROM generate_series(0, 95) AS i;
SELECT count(*), round(max(abs(trend + season + remainder - value))::numeric, 9) AS rest, round(max(abs(trend - (100 + 2 * i)))::numeric, 1) AS trend,
	round(max(abs(season - CASE i % 12 WHEN 11 THEN 10 WHEN 1 THEN -10 ELSE 0 END))::numeric, 1) AS season, min(weight) AS least_weight, min(n) AS n, min(reason) AS reason
	FROM made, ROWS FROM (series_parts(s)) WITH ORDINALITY AS p(period_start, value, trend, season, remainder, weight, n, reason, place), LATERAL (SELECT place - 1 AS i) AS x;
SELECT period_start, round(expected::numeric, 1) AS expected, value, is_anomaly FROM made, series_anomalies(s) WHERE is_anomaly;
SELECT season_length, count(season) AS seasons, count(trend) AS trends, min(reason) AS reason FROM unnest('{NULL,1,4,12,20}'::int[]) AS season_length,
	series_parts('1 month zero 0 2024-01-01 {1, 2, 3, 4, 5, 3, 4, 5, 6, 7}', season_length) GROUP BY 1 ORDER BY 1;
SELECT period_start, value, round(trend::numeric, 2) AS trend, season, weight IS NULL AS no_weight, n FROM series_parts('1 year null 0 2020-01-01 {1, 2, ~, 4, 5}');
SELECT DISTINCT trend, season, remainder, n, reason FROM series_parts('1 month zero 0 2024-01-01 {1, 2, 3}');

-- anomalies: score = 0.6745 (remainder - median) / MAD; no spread, no score
SELECT period_start, round(expected::numeric, 6) AS expected, lower, upper, score, is_anomaly, n, reason FROM series_anomalies('1 year zero 0 2020-01-01 {10, 10, 10, 10, 10}');
SELECT count(*), count(*) FILTER (WHERE is_anomaly) AS odd, min(reason) AS reason
	FROM series_anomalies((SELECT sales_series('2024-01-01'::date + i, 50 + (i * 37 % 11) + CASE i WHEN 30 THEN 100 ELSE 0 END, 'day') FROM generate_series(0, 69) AS i));
SELECT count(*) AS odd FROM series_anomalies((SELECT sales_series('2024-01-01'::date + i, 50 + (i * 37 % 11) + CASE i WHEN 30 THEN 100 ELSE 0 END, 'day') FROM generate_series(0, 69) AS i), 1) WHERE is_anomaly;
-- most days without a sale: not every sale is odd, but the one that is ten times as large
SELECT n, string_agg(period_start::text, ' ') FILTER (WHERE is_anomaly) AS odd FROM series_anomalies((SELECT sales_series('2024-01-01'::date + i, CASE WHEN i = 99 THEN 900 WHEN i * 7919 % 100 < 20 THEN 50 + i * 37 % 50 ELSE 0 END, 'day') FROM generate_series(0, 399) AS i)) GROUP BY n;

-- exponential smoothing as published.  Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 1st ed., 7.1: oil in Saudi Arabia,
-- 1996 to 2007, simple: alpha 0.89, initial level 447.5, forecast 496.5
SELECT model, n, parameters, round(alpha::numeric, 2) AS alpha, round(initial_level::numeric, 1) AS l0, round(f.forecast::numeric, 1) AS forecast
	FROM (SELECT '1 year zero 7 1996-01-01 {446.6565229, 454.4733065, 455.6629740, 423.6322388, 456.2713279, 440.5880501, 425.3325201, 485.1494479, 506.0481621, 526.7919833, 514.2688890, 494.2110193}'::sales_series AS s) AS oil,
	series_model(s, use_model => 'ETS(A,N,N)'), LATERAL (SELECT forecast FROM series_forecast(s, 1)) AS f;
-- the same, 2nd ed., 7.6: tourists in Australia, 2005 to 2015: ets() takes ETS(M,A,M), AICc 230.16; the
-- likelihood has a higher maximum, which statsmodels 0.13 finds, too: alpha 0.33, log likelihood -79.82
CREATE TEMP TABLE tourist AS SELECT '1 quarter zero 5 2005-01-01 {42.20566, 24.64917, 32.66734, 37.25735, 45.24246, 29.35048, 36.34421, 41.78208, 49.27660, 31.27540, 37.85063, 38.83704, 51.23690, 31.83855, 41.32342, 42.79900, 55.70836, 33.40714, 42.31664, 45.15712, 59.57608, 34.83733, 44.84168, 46.97125, 60.01903, 38.37118, 46.97586, 50.73380, 61.64687, 39.29957, 52.67121, 54.33232, 66.83436, 40.87119, 51.82854, 57.49191, 65.25147, 43.06121, 54.76076, 59.83447, 73.25703, 47.69662, 61.09777, 66.05576}'::sales_series AS s;
SELECT model, n, parameters, round(alpha::numeric, 2) AS alpha, round(initial_level::numeric, 1) AS l0, aicc < 230.1569 AS better, round(aicc::numeric, 2) AS aicc, reason FROM tourist, series_model(s);
SELECT step, period_start, round(forecast::numeric, 1) AS forecast, lower < forecast AND forecast < upper AS within, naive_forecast FROM tourist, series_forecast(s, 5);
SELECT m AS use_model, model, round(aicc::numeric, 2) AS aicc, reason FROM tourist, unnest('{"ETS(A,N,N)","ETS(A,Ad,N)","ETS(A,A,A)","ETS(M,N,A)","ETS(M,Ad,M)"}'::text[]) AS m, series_model(s, use_model => m);

-- the same: passengers of airlines, 1949 to 1960 (Box and Jenkins 1976).  R's forecast package prints of ets(AirPassengers): ETS(M,Ad,M), alpha 0.7096, beta 0.0204,
-- gamma 1e-04, phi 0.98, l 120.9939, b 1.7705, sigma 0.0392, AICc 1400.638; of ses(): alpha 0.9999, l 111.9892, sigma 33.8299, AICc 1733.958, forecast 431.9958,
-- 365.6904 to 498.3012 (by the normal distribution: 33.8299 * 1.96); of holt(): AICc 1737.729.  ETS(M,A,M) has a higher likelihood than ets() finds
CREATE TEMP TABLE airline AS SELECT '1 month zero 0 1949-01-01 {112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432}'::sales_series AS s;
SELECT model, n, parameters, round(alpha::numeric, 3) AS alpha, round(beta::numeric, 3) AS beta, round(gamma::numeric, 4) AS gamma, round(phi::numeric, 2) AS phi, round(initial_level::numeric, 1) AS l, round(initial_slope::numeric, 2) AS b,
	round(sigma::numeric, 4) AS sigma, round(aicc::numeric, 3) AS aicc, aicc <= 1400.638 AS not_worse FROM airline, unnest('{NULL,"ETS(M,Ad,M)"}'::text[]) AS m, series_model(s, use_model => m);
SELECT model, round(alpha::numeric, 4) AS alpha, round(initial_level::numeric, 4) AS l, round(sigma::numeric, 4) AS sigma, round(m.aicc::numeric, 3) AS aicc, round(f.forecast::numeric, 4) AS forecast,
	round(((f.upper - f.lower) / 2 / m.sigma)::numeric, 4) AS quantile_of_t_142
	FROM airline, series_model(s, use_model => 'ETS(A,N,N)') AS m, LATERAL (SELECT forecast, lower, upper FROM series_forecast(s, 1, use_model => 'ETS(A,N,N)')) AS f;
SELECT model, aicc <= 1737.729 AS not_worse FROM airline, series_model(s, use_model => 'ETS(A,A,N)');

-- forecasts: nothing below zero of what never was; intervals widen
SELECT step, round(forecast::numeric, 2) AS forecast, lower, naive_forecast, model FROM series_forecast('1 day zero 0 2024-01-01 {9, 7, 6, 4, 3, 1, 0, 0}', 3, season_length => 1, use_model => 'ETS(A,A,N)');
SELECT bool_and(width > before) AS widens FROM (SELECT upper - lower AS width, lag(upper - lower, 1, 0) OVER (ORDER BY step) AS before FROM tourist, series_forecast(s, 8, use_model => 'ETS(A,A,A)')) AS w;
SELECT * FROM series_forecast('1 day zero 0 2024-01-01 {1, 2, 3}', 2);
SELECT step, forecast, lower, upper, naive_forecast, naive_lower, n, reason FROM series_forecast('1 month zero 0 2024-01-01 {0, 0, 0, 0, 0}', 1);
SELECT step, round(forecast::numeric, 2) AS forecast, naive_forecast, n FROM series_forecast('1 day null 0 2024-01-01 {5, 5, 5, ~, 5, 6, ~}', 2, season_length => 2, use_model => 'ETS(A,N,N)');
SELECT count(*) AS no_rows FROM series_forecast(NULL, 3);
SELECT series_model(NULL) IS NULL AS of_null;
SELECT reason FROM series_model('1 day zero 0 2024-01-01 {1, 2, 3, 4, 5, 0}', use_model => 'ETS(M,N,N)');
SELECT reason FROM series_model('1 day zero 0 2024-01-01 {1, 2, 3, 4, 5, 6}', use_model => 'ETS(A,N,A)');

-- backtests
SELECT n, origin_count, forecast_count, mase < naive_mase AS better, round(coverage::numeric, 2) AS coverage, reason FROM tourist, series_backtest(s, 4);
SELECT * FROM series_backtest('1 day zero 0 2024-01-01 {1, 2, 3, 4}', 2);
SELECT * FROM series_backtest('1 day zero 0 2024-01-01 {3, 3, 3, 3, 3, 3, 3}', 1);

-- text and bytes: the same value; no setting changes it
CREATE TEMP TABLE kinds AS SELECT s FROM part UNION ALL SELECT s::sales_series FROM unnest(ARRAY['1 day zero 0 2024-01-01 {}', '1 day null 18 0000-12-31 {0.000000000000000001, ~, -9999999999999999.999999999999999999}',
	'1 week null 0 -4713-12-01 {9999999999999999999999999999999999, ~}', '1 year zero 2 294276-01-01 {-0.5}', '1 quarter null 1 1999-10-01 {~, ~}']) AS s;
SET datestyle = 'German'; SET extra_float_digits = -15; SET lc_numeric = 'C';
SELECT s AS text FROM kinds OFFSET 6;
SELECT count(*) FROM kinds WHERE s::text::sales_series::text <> s::text;
CREATE TEMP TABLE sent AS SELECT sales_series_send(s) AS b, s::text AS t FROM kinds;
SELECT length(b), left(encode(b, 'hex'), 80) AS head FROM sent ORDER BY 1, 2 LIMIT 3;
RESET datestyle; RESET extra_float_digits;

-- errors: text
SELECT t, pg_temp.error_code(format('SELECT %L::sales_series', t)) FROM unnest(ARRAY['', '2 day zero 0 2024-01-01 {}', '1 days zero 0 2024-01-01 {}', '1 day none 0 2024-01-01 {}', '1 day zero 19 2024-01-01 {}', '1 day zero 0 2024-13-01 {}',
	'1 month zero 0 2024-01-02 {1}', '1 day zero 0 2024-01-01 {1,2}', '1 day zero 0 2024-01-01 {1, 2', '1 day zero 0 2024-01-01 {1, 2} ', '1 day zero 0 2024-01-01 {0.5}', '1 day zero 0 2024-01-01 {~}', '1 day zero 0 2024-01-01 {, }',
	'1 day zero 0 2024-01-01 {10000000000000000000000000000000000}', '1 day zero 0 2024-01-01 {NaN}', '1 day zero 0 294276-12-31 {1, 2}', '1 day zero  2024-01-01 {}']) AS t;
SELECT pg_temp.error_code(format('SELECT %L::sales_series', '1 day zero 0 2024-01-01 {' || repeat('1, ', 20000) || '1}')) AS too_many;
SELECT '1 day zero 0 2024-01-01 {~}'::sales_series;
-- errors: arguments
SELECT sales_series('infinity'::timestamp, 1, 'day');
SELECT sales_series('2024-01-01'::date, 'NaN'::numeric, 'day');
SELECT sales_series(d, 1, 'day') FROM (VALUES ('2024-01-01'::date), ('2124-01-01')) AS t(d);
SELECT sales_series('2024-01-01'::date, 1, NULL);
SELECT sales_series('2024-01-01'::date, 1, CASE g WHEN 1 THEN 'day' ELSE 'week' END::purchase_period) FROM generate_series(1, 2) AS g;
SELECT '1 day zero 0 2024-01-01 {1}'::sales_series + '1 day null 0 2024-01-01 {1}';
SELECT '1 day zero 0 2024-01-01 {9999999999999999999999999999999999}'::sales_series + '1 day zero 0 2024-01-01 {1}';
SELECT '1 day zero 0 2024-01-01 {9999999999999999999999999999999999}'::sales_series + '1 day zero 2 2024-01-01 {1}';
SELECT series_by_period('1 week zero 0 2024-01-01 {1}', 'month');
SELECT series_between('1 day zero 0 2024-01-01 {1}', '-infinity', '2024-01-01');
SELECT series_between('1 day zero 0 2024-01-01 {1}', '2024-01-01', '2124-01-01');
SELECT series_moving_average('1 day zero 0 2024-01-01 {1}', 0);
SELECT series_trend('1 day zero 0 2024-01-01 {1}', 95);
SELECT season_index('1 week zero 0 2024-01-01 {1}');
SELECT season_index('1 month zero 0 2024-01-01 {1}', 'weekday');
SELECT series_parts('1 day zero 0 2024-01-01 {1}', 0);
SELECT series_anomalies('1 day zero 0 2024-01-01 {1}', 0);
SELECT series_forecast('1 day zero 0 2024-01-01 {1}', 0);
SELECT series_forecast('1 day zero 0 2024-01-01 {1}', 2147483647);
SELECT series_forecast('1 day zero 0 2024-01-01 {1}', 1, 1);
SELECT series_model('1 day zero 0 2024-01-01 {1}', use_model => 'ETS(A,N,M)');
SELECT series_backtest('1 day zero 0 2024-01-01 {1}', 1, 0);
SELECT pg_temp.error_code(c) AS code, c AS call FROM unnest(ARRAY['SELECT sales_series(''4714-11-24 BC''::timestamp, 1, ''week'')', 'SELECT sales_series(''4714-11-24 BC''::timestamp, 1, ''day'')',
	'SELECT sales_series(''294276-12-31 23:59''::timestamp, 1, ''week'')', 'SELECT series_forecast(sales_series(''294276-12-31''::timestamp, 1, ''year''), 1000)', 'SELECT sales_series(''2024-01-01''::date, 1e18, ''day'')',
	'SELECT sales_series(''2024-01-01''::date, 1, ''day'', NULL)', 'SELECT series_between(''1 day zero 0 2024-01-01 {1}'', ''2024-01-01'', ''5874897-12-31'')', 'SELECT series_trend(''1 day zero 0 2024-01-01 {1}'', ''NaN'')',
	'SELECT series_anomalies(''1 day zero 0 2024-01-01 {1}'', ''infinity'')', 'SELECT series_parts(''1 day zero 0 2024-01-01 {1}'', 10001)']) AS c;

-- every plan gives the same digits
CREATE TABLE series_lines (product int, at timestamp, amount numeric);
INSERT INTO series_lines SELECT g % 7, timestamp '2023-01-01' + (g * 7919 % 600000) * interval '1 minute', (g % 1013) / 8.0 FROM generate_series(1, 20000) AS g;
ANALYZE series_lines;
CREATE TEMP TABLE answer AS SELECT 'serial' AS plan, product, sales_series(at, amount, 'day') AS s FROM series_lines GROUP BY product;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT sales_series(at, amount, 'day') FROM series_lines;
CREATE TEMP TABLE whole AS SELECT sales_series(at, amount, 'day') AS s FROM series_lines;
INSERT INTO answer SELECT 'parallel', product, sales_series(at, amount, 'day') FROM series_lines GROUP BY product;
INSERT INTO answer SELECT 'parts', product, rollup(s) FROM (SELECT product, sales_series(at, amount, 'day') AS s FROM series_lines GROUP BY product, extract(hour FROM at)) AS p GROUP BY product;
INSERT INTO answer SELECT 'text', product, s::text::sales_series FROM answer WHERE plan = 'parts';
SELECT count(DISTINCT s::text) AS series, count(DISTINCT (SELECT f::text FROM series_forecast(s, 1) AS f)) AS forecasts, count(DISTINCT plan) AS plans FROM answer;
SELECT rollup(a.s)::text = (SELECT s::text FROM whole) AS whole FROM answer AS a WHERE plan = 'text';
DROP TABLE series_lines;

-- a season longer than a model has; confidence next to 1; a period before the first date
SELECT count(*), min(model), min(reason) FROM series_forecast((SELECT sales_series(d, 10 + extract(doy FROM d)::int * 37 % 101, 'day') FROM generate_series(timestamp '2022-01-01', '2023-12-31', '1 day') d), 30, season_length => 365);
SELECT (series_model('1 day zero 0 2024-01-01 {3, 5, 4, 6, 5, 7, 6, 8}', 10000)).model;
SELECT n, slope_low <= slope AND slope <= slope_high AS ordered, direction FROM series_trend((SELECT sales_series(d, extract(doy FROM d)::int * 37 % 101, 'day') FROM generate_series(timestamp '2024-01-01', '2024-12-31', '1 day') d), 0.9999999999999999);
SELECT n, slope_low, slope, slope_high, reason FROM series_trend('1 day zero 0 2024-01-01 {3, 3, 3, 3, 3}', 0.9999999999999999);
SELECT lower < forecast AND forecast < upper AS bounded FROM series_forecast('1 day zero 0 2024-01-01 {3, 5, 4, 6, 5, 7, 6, 8, 7, 9}', 1, 0.9999999999999999);
SELECT origin_count, reason FROM series_backtest('1 day zero 0 2024-01-01 {3, 5, 4, 6, 5, 7, 6, 8, 7, 9}', 1);
SELECT series_by_period(sales_series('4714-11-24 BC'::timestamp, 1, 'day'), 'month');

-- a window's sum may be larger than any value; the whole series' too
SELECT count(*), count(trailing_average), round((min(trailing_average) / 1e30)::numeric, 6) AS least, round((max(centered_average) / 1e30)::numeric, 6) AS most FROM series_moving_average(('1 day zero 0 2000-01-01 {9' || repeat('0', 33) || repeat(', 9' || repeat('0', 33), 19999) || '}')::sales_series, 20000);
SELECT count(*), count(trailing_average), round((min(trailing_average) / 1e30)::numeric, 6) AS least, round((max(centered_average) / 1e30)::numeric, 6) AS most FROM series_moving_average(('1 day zero 0 2000-01-01 {0' || repeat(', -9' || repeat('0', 33) || ', 0', 9999) || '}')::sales_series, 2);
