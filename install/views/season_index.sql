-- view: season_index
-- needs: purchased_at
-- reads: series_basis
-- key: season, season_number
-- page: trends 44
-- order: season, season_number
-- One row per weekday and per month of the year: how its revenue stands to the average, as season_index() has it.
-- column season: weekday or month.
-- column season_number: Monday 1 to Sunday 7; January 1 to December 12.
-- column season_label: Name of the weekday or month.
-- column season_label_sort: Number to sort the label by.
-- column season_index: Revenue against the average: 1.2 is a fifth above it; NULL if it cannot be said.
-- column season_count: Number of weekdays, or months, that it is the median of.
-- column strength: How strong the season is, 0 (none) to 1.
-- column reason: Why it cannot be said; NULL if it can.
SELECT u.season, f.season_number, f.season_label, f.index AS season_index, f.n AS season_count, f.strength, f.reason, f.season_number::smallint AS season_label_sort
FROM series_basis b
CROSS JOIN LATERAL (VALUES ('weekday', b.days), ('month', b.months)) AS u(season, series)
CROSS JOIN LATERAL @extschema@.season_index(u.series, NULL::@extschema@.sales_season) f
