-- view: revenue_forecast
-- needs: purchased_at
-- reads: series_basis
-- key: unit, period_start
-- page: trends 41
-- order: unit_sort, period_start
-- One row per period that is not over yet: revenue of the next twelve months, of the next 28 days where there is a year of days, and of the next twelve periods of the mart's calendar where these are no months, as series_forecast() expects it from the periods that are over at as_of.
-- column unit: month, day or period.
-- column unit_sort: Number to sort the units by.
-- column period_start: First day of the period.
-- column step: How many periods it is ahead, from 1.
-- column forecast: Revenue that is expected; currency of the source.
-- column lower: The revenue will be above this, and below upper, with a probability of 95 percent; currency of the source.
-- column upper: See lower.
-- column naive_forecast: The benchmark: revenue of the season before (same month or period number a year ago, same weekday a week ago; of weeks the one 52 weeks ago); currency of the source.
-- column model: The model of exponential smoothing: ETS(error, trend, season).
-- column period_count: Number of periods that it was fitted to.
-- column reason: Why there is no forecast, or what it lacks; NULL if nothing.
SELECT u.unit, u.unit_sort, CASE u.unit WHEN 'period' THEN @extschema@.pt_calendar_of_series_day(b.calendar, f.period_start) ELSE f.period_start END AS period_start, f.step, f.forecast, f.lower, f.upper, f.naive_forecast, f.model, f.n AS period_count, f.reason
FROM series_basis b
CROSS JOIN LATERAL (VALUES ('month', 1::smallint, b.months, 12), ('day', 2::smallint, CASE WHEN b.day_count >= 365 THEN b.days END, 28), ('period', 3::smallint, b.periods, 12)) AS u(unit, unit_sort, series, horizon)
CROSS JOIN LATERAL @extschema@.series_forecast(u.series, u.horizon, 0.95::double precision, NULL::integer, NULL::text) f
WHERE f.period_start IS NOT NULL
