-- series: values by calendar period as one value; their trend, season, anomalies and forecasts

CREATE TYPE @extschema@.sales_season AS ENUM ('weekday', 'month', 'quarter');
COMMENT ON TYPE @extschema@.sales_season IS
'What season_index() compares: the days of the week, the months of the year, or its quarters.';

CREATE TYPE @extschema@.sales_series;

CREATE FUNCTION @extschema@.sales_series_in(cstring) RETURNS @extschema@.sales_series
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_series_in';
COMMENT ON FUNCTION @extschema@.sales_series_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.sales_series_out(@extschema@.sales_series) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_series_out';
COMMENT ON FUNCTION @extschema@.sales_series_out(@extschema@.sales_series) IS 'I/O';

CREATE FUNCTION @extschema@.sales_series_recv(internal) RETURNS @extschema@.sales_series
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_series_recv';
COMMENT ON FUNCTION @extschema@.sales_series_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.sales_series_send(@extschema@.sales_series) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_series_send';
COMMENT ON FUNCTION @extschema@.sales_series_send(@extschema@.sales_series) IS 'I/O';

CREATE TYPE @extschema@.sales_series (
	INPUT = @extschema@.sales_series_in,
	OUTPUT = @extschema@.sales_series_out,
	RECEIVE = @extschema@.sales_series_recv,
	SEND = @extschema@.sales_series_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.sales_series IS
'A time series: the exact sum of each calendar period from the first to the last with a row, without a hole. A period without a row has 0, or no value where gaps_are_null was asked. It can be stored, merged by rollup() and +, cut and extended by series_between(), and asked by series_growth(), series_trend(), season_index(), series_parts(), series_anomalies(), series_forecast() and others. Size: 24 bytes and 8 for each period (16 where a value has more than 18 digits); at most 20000 periods. Text form: 1 month zero 2 2024-01-01 {10.00, 0, 5.50}: version, period, what gaps are (zero or null), decimals, first day, values, ~ where there is none.';

CREATE FUNCTION @extschema@.pt_sales_series_accum(state @extschema@.sales_series, purchased_at timestamp, value numeric, period @extschema@.purchase_period) RETURNS @extschema@.sales_series
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_series_accum';
COMMENT ON FUNCTION @extschema@.pt_sales_series_accum(@extschema@.sales_series, timestamp, numeric, @extschema@.purchase_period) IS
'Aggregate transition function of sales_series.';

CREATE FUNCTION @extschema@.pt_sales_series_accum(state @extschema@.sales_series, purchased_at timestamp, value numeric, period @extschema@.purchase_period, gaps_are_null boolean) RETURNS @extschema@.sales_series
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_series_accum';
COMMENT ON FUNCTION @extschema@.pt_sales_series_accum(@extschema@.sales_series, timestamp, numeric, @extschema@.purchase_period, boolean) IS
'Aggregate transition function of sales_series.';

CREATE FUNCTION @extschema@.pt_sales_series_combine(state @extschema@.sales_series, other @extschema@.sales_series) RETURNS @extschema@.sales_series
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_series_combine';
COMMENT ON FUNCTION @extschema@.pt_sales_series_combine(@extschema@.sales_series, @extschema@.sales_series) IS
'Aggregate combine function of sales_series and rollup.';

CREATE FUNCTION @extschema@.pt_sales_series_rollup(state @extschema@.sales_series, other @extschema@.sales_series) RETURNS @extschema@.sales_series
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_series_rollup';
COMMENT ON FUNCTION @extschema@.pt_sales_series_rollup(@extschema@.sales_series, @extschema@.sales_series) IS
'Aggregate transition function of rollup(sales_series).';

CREATE FUNCTION @extschema@.pt_sales_series_final(state @extschema@.sales_series) RETURNS @extschema@.sales_series
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_series_final';
COMMENT ON FUNCTION @extschema@.pt_sales_series_final(@extschema@.sales_series) IS
'Aggregate final function of sales_series: packs.';

CREATE AGGREGATE @extschema@.sales_series(purchased_at timestamp, value numeric, period @extschema@.purchase_period) (
	SFUNC = @extschema@.pt_sales_series_accum,
	STYPE = @extschema@.sales_series,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_sales_series_final,
	COMBINEFUNC = @extschema@.pt_sales_series_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.sales_series(timestamp, numeric, @extschema@.purchase_period) IS
'The sum of value by calendar period (day, week from Monday, month, quarter, year), as one value: exact, whatever the order of the rows and the plan. purchased_at is local time of the shop; a date will do. Periods between the first and the last that have no row are 0. Rows whose time or value is NULL are skipped; no other gives NULL. The period must be the same in every row (error 22023) and not NULL (22004). An infinite time is error 22008, NaN and infinite values and those of more than 18 digits are 22003, more than 20000 periods 54000.';

CREATE AGGREGATE @extschema@.sales_series(purchased_at timestamp, value numeric, period @extschema@.purchase_period, gaps_are_null boolean) (
	SFUNC = @extschema@.pt_sales_series_accum,
	STYPE = @extschema@.sales_series,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_sales_series_final,
	COMBINEFUNC = @extschema@.pt_sales_series_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.sales_series(timestamp, numeric, @extschema@.purchase_period, boolean) IS
'sales_series with a say in periods without a row: gaps_are_null true leaves them without a value, where a shop was closed or not measured; false makes them 0. It must be the same in every row (error 22023) and not NULL (22004).';

CREATE AGGREGATE @extschema@.rollup(series @extschema@.sales_series) (
	SFUNC = @extschema@.pt_sales_series_rollup,
	STYPE = @extschema@.sales_series,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_sales_series_final,
	COMBINEFUNC = @extschema@.pt_sales_series_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.sales_series) IS
'The sum of many series, period by period, for example of all products. Period and gaps must be the same in all (error 22023). NULLs are skipped.';

CREATE FUNCTION @extschema@.pt_sales_series_add(a @extschema@.sales_series, b @extschema@.sales_series) RETURNS @extschema@.sales_series
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_series_add';
COMMENT ON FUNCTION @extschema@.pt_sales_series_add(@extschema@.sales_series, @extschema@.sales_series) IS
'Implementation of the operator + of sales_series.';

CREATE OPERATOR @extschema@.+ (
	FUNCTION = @extschema@.pt_sales_series_add,
	LEFTARG = @extschema@.sales_series,
	RIGHTARG = @extschema@.sales_series,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.sales_series, @extschema@.sales_series) IS
'The sum of both series, period by period; NULL if one is NULL.';

CREATE FUNCTION @extschema@.series_between(series @extschema@.sales_series, from_date date, until_date date) RETURNS @extschema@.sales_series
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_series_between';
COMMENT ON FUNCTION @extschema@.series_between(@extschema@.sales_series, date, date) IS
'The periods from that of from_date to that of until_date, both included: earlier and later ones are cut off, and what the series does not reach is a gap (0, or without a value). So an unfinished month is left out, and a product that sells no more has zeros until today. until_date before from_date gives an empty series. NULL for NULL; infinite dates are error 22008, more than 20000 periods 54000.';

CREATE FUNCTION @extschema@.series_by_period(series @extschema@.sales_series, period @extschema@.purchase_period) RETURNS @extschema@.sales_series
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_series_by_period';
COMMENT ON FUNCTION @extschema@.series_by_period(@extschema@.sales_series, @extschema@.purchase_period) IS
'The same values by longer periods: days add up to all others, months to quarters and years, quarters to years (error 22023 otherwise). A period of which the series has only a part has the sum of that. NULL for NULL.';

CREATE FUNCTION @extschema@.series_values(series @extschema@.sales_series) RETURNS TABLE (period_start date, value numeric)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'pt_series_values';
COMMENT ON FUNCTION @extschema@.series_values(@extschema@.sales_series) IS
'The periods of a series as rows: first day, and exact value, NULL where there is none.';

CREATE FUNCTION @extschema@.series_growth(series @extschema@.sales_series) RETURNS TABLE (period_start date, value numeric, previous_value numeric, growth double precision, year_ago_value numeric, year_growth double precision, reason text)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'pt_series_growth';
COMMENT ON FUNCTION @extschema@.series_growth(@extschema@.sales_series) IS
'Each period against the one before (growth = value / previous_value - 1) and against the year before (year_growth), which is the same month or quarter, for weeks 52 weeks and for days 364 days before, the same weekday. Growth is NULL where the earlier value is missing or not above zero, and reason says which of the two and why.';

CREATE FUNCTION @extschema@.series_moving_average(series @extschema@.sales_series, periods integer) RETURNS TABLE (period_start date, value numeric, trailing_average double precision, centered_average double precision, n integer, reason text)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'pt_series_moving_average';
COMMENT ON FUNCTION @extschema@.series_moving_average(@extschema@.sales_series, integer) IS
'Means of so many periods (1 to 20000, else error 22023): trailing_average of this one and those before; centered_average of those around it, for an even number with half of the two at the ends (2 x m), so that a whole season is smoothed away. n: known values in the trailing window. NULL where the window reaches beyond the series or has a missing value; reason says so for trailing_average.';

CREATE FUNCTION @extschema@.series_trend(series @extschema@.sales_series, confidence double precision DEFAULT 0.95,
	OUT n integer, OUT slope double precision, OUT slope_low double precision, OUT slope_high double precision, OUT intercept double precision, OUT mann_kendall_s double precision, OUT tau double precision, OUT z double precision, OUT p double precision, OUT direction text, OUT reason text) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_series_trend';
COMMENT ON FUNCTION @extschema@.series_trend(@extschema@.sales_series, double precision) IS
'Whether a series rises. slope: Theil and Sen''s median of the slopes of all pairs of periods, per period, with its interval by Sen (1968); intercept: at the first period. mann_kendall_s: later values that are larger minus those that are smaller; tau: Kendall''s tau-b; z and the two-sided p: normal approximation with continuity correction, ties corrected. direction: rising or falling where p is below 1 - confidence, else none. Periods without a value are left out. NULL with a reason for fewer than 4 values, and z, p and direction where all are the same. A season or autocorrelation makes p too small. confidence must be between 0 and 1 (error 22023). Time grows with the square of the number of periods, memory does not.';

CREATE FUNCTION @extschema@.season_index(series @extschema@.sales_series, season @extschema@.sales_season DEFAULT NULL) RETURNS TABLE (season_number integer, season_label text, index double precision, n integer, strength double precision, reason text)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 12
	AS 'MODULE_PATHNAME', 'pt_season_index';
COMMENT ON FUNCTION @extschema@.season_index(@extschema@.sales_series, @extschema@.sales_season) IS
'How each weekday (1 Monday to 7 Sunday), month or quarter stands to the average: index 1.2 is a fifth above. Ratio to moving average: the median of value / centered average of one season, divided by the mean of these medians; n: such ratios. season NULL: weekday for days, month for months, quarter for quarters. Shorter periods are added up to whole months or quarters; weeks and years have none of these (error 22023). strength of the season, 0 to 1: 1 - Var(remainder) / Var(season + remainder) of series_parts() (Wang, Smith and Hyndman 2006). NULL with a reason for fewer than two whole seasons, or where a moving average is missing or not above zero. No rows for a NULL series.';

CREATE FUNCTION @extschema@.series_parts(series @extschema@.sales_series, season_length integer DEFAULT NULL) RETURNS TABLE (period_start date, value numeric, trend double precision, season double precision, remainder double precision, weight double precision, n integer, reason text)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'pt_series_parts';
COMMENT ON FUNCTION @extschema@.series_parts(@extschema@.sales_series, integer) IS
'value = trend + season + remainder, by STL (Cleveland et al. 1990): loess of degree 1, season window 11 (below six seasons, the same season every time), 15 robust rounds, so that odd values bend nothing; weight: what a value counts in it, 0 to 1. season_length NULL: 7 days, 52 weeks, 12 months, 4 quarters; 1 is no season. Trend and season are also given where a value is missing. For fewer than two seasons, season is NULL with a reason and trend a robust loess over a third of the series; all are NULL with a reason for fewer than 4 values. n: values of the series. season_length must be 1 to 10000 (error 22023). No rows for a NULL series.';

CREATE FUNCTION @extschema@.series_anomalies(series @extschema@.sales_series, threshold double precision DEFAULT 3.5, season_length integer DEFAULT NULL) RETURNS TABLE (period_start date, value numeric, expected double precision, lower double precision, upper double precision, score double precision, is_anomaly boolean, n integer, reason text)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'pt_series_anomalies';
COMMENT ON FUNCTION @extschema@.series_anomalies(@extschema@.sales_series, double precision, integer) IS
'What is odd, for each period: score is the remainder of series_parts() minus its median, divided by 1.4826 times its median absolute deviation (by 1.2533 times the mean absolute deviation where that is 0; Iglewicz and Hoaglin 1993; by the standard deviation where more than half of the values are equal, as where on most days nothing is sold); is_anomaly: score beyond threshold on either side. expected: trend, season and that median; lower and upper: threshold around it. score, bounds and is_anomaly are NULL with a reason for fewer than 4 values, and where nothing is left to judge by; without two seasons the trend alone is taken, and reason says so. threshold must be above 0 (error 22023). No rows if series or threshold is NULL.';

CREATE FUNCTION @extschema@.series_model(series @extschema@.sales_series, season_length integer DEFAULT NULL, use_model text DEFAULT NULL,
	OUT model text, OUT n integer, OUT parameters integer, OUT alpha double precision, OUT beta double precision, OUT gamma double precision, OUT phi double precision, OUT initial_level double precision, OUT initial_slope double precision, OUT level double precision, OUT slope double precision, OUT sigma double precision, OUT aicc double precision, OUT reason text) RETURNS record
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_series_model';
COMMENT ON FUNCTION @extschema@.series_model(@extschema@.sales_series, integer, text) IS
'The model behind series_forecast(): ETS(error, trend, season) of exponential smoothing (Hyndman et al. 2008) with its smoothing parameters, the states before the first and after the last period, sigma (standard deviation of the one-step errors; relative ones for error M) and AICc, as R''s ets() gives it. Error A or M, trend N, A or Ad, season N, A, or with error M also M; error M needs values above zero, a season at least two seasons and at most 60 periods. use_model NULL takes the one of the lowest AICc; a text such as ETS(A,N,N) takes that one (error 22023 if there is none). NULL with a reason for fewer than 4 values, or too few for the model. NULL for a NULL series.';

CREATE FUNCTION @extschema@.series_forecast(series @extschema@.sales_series, horizon integer, level double precision DEFAULT 0.95, season_length integer DEFAULT NULL, use_model text DEFAULT NULL) RETURNS TABLE (step integer, period_start date, forecast double precision, lower double precision, upper double precision, naive_forecast double precision, naive_lower double precision, naive_upper double precision, model text, n integer, reason text)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 12
	AS 'MODULE_PATHNAME', 'pt_series_forecast';
COMMENT ON FUNCTION @extschema@.series_forecast(@extschema@.sales_series, integer, double precision, integer, text) IS
'The next periods (horizon 1 to 1000, else error 22023): forecast of the model of series_model(), and the interval that holds the value with probability level (0 to 1, else 22023), by the variances of Hyndman et al. (2008, chapter 6) and Student''s t. Beside it the benchmark, seasonal naive: the value of one season before (of the period before, where there is not a whole season). A series without a negative value gets none. Periods without a value are passed over. NULL with a reason where there is no model, and for the bounds where the model has no error. n: values of the series. No rows if series, horizon or level is NULL.';

CREATE FUNCTION @extschema@.series_backtest(series @extschema@.sales_series, horizon integer, origins integer DEFAULT 12, level double precision DEFAULT 0.95, season_length integer DEFAULT NULL, use_model text DEFAULT NULL,
	OUT n integer, OUT origin_count integer, OUT forecast_count integer, OUT mase double precision, OUT naive_mase double precision, OUT coverage double precision, OUT naive_coverage double precision, OUT reason text) RETURNS record
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_series_backtest';
COMMENT ON FUNCTION @extschema@.series_backtest(@extschema@.sales_series, integer, integer, double precision, integer, text) IS
'How forecasts would have done: from each of the last origins (1 to 1000, else error 22023) that have horizon periods after them the model is chosen and fitted anew from what was before, and compared with what came. mase: mean absolute error, scaled by the mean absolute seasonal difference before the origin (Hyndman and Koehler 2006); below naive_mase, that of seasonal naive, the model is worth its trouble. coverage: share of values within their interval of that level. origin_count and forecast_count: how many there were. NULL with a reason where there was none; reason also tells of origins that were left out. NULL if series, horizon, origins or level is NULL.';
