-- view: revenue_anomaly
-- needs: purchased_at
-- reads: series_basis
-- key: unit, period_start
-- page: trends 42
-- order: unit_sort, period_start
-- One row per month, per day, and per period of the mart's calendar where these are no months, that was over at as_of: its revenue, what trend and season let expect, and whether it is odd, as series_anomalies() has it.
-- column unit: month, day or period.
-- column unit_sort: Number to sort the units by.
-- column period_start: First day of the period.
-- column expected: Trend and season of the period; currency of the source.
-- column lower: Revenue below this is odd; currency of the source.
-- column upper: Revenue above this is odd; currency of the source.
-- column score: How far from what was expected, in robust standard deviations; beyond 3.5 on either side it is odd.
-- column is_anomaly: Whether the period is odd.
-- column anomaly_label: Whether the period is odd, as Yes or No.
-- column reason: Why it cannot be said, or what was not seen; NULL if nothing.
SELECT u.unit, u.unit_sort, CASE u.unit WHEN 'period' THEN @extschema@.pt_calendar_of_series_day(b.calendar, f.period_start) ELSE f.period_start END AS period_start, f.value::numeric(18,2) AS revenue, f.expected, f.lower, f.upper, f.score, f.is_anomaly,
	CASE WHEN f.is_anomaly THEN 'Yes' WHEN NOT f.is_anomaly THEN 'No' END AS anomaly_label, f.reason
FROM series_basis b
CROSS JOIN LATERAL (VALUES ('month', 1::smallint, b.months), ('day', 2::smallint, b.days), ('period', 3::smallint, b.periods)) AS u(unit, unit_sort, series)
CROSS JOIN LATERAL @extschema@.series_anomalies(u.series, 3.5::double precision, NULL::integer) f
