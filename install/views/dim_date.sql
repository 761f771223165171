-- view: dim_date
-- needs: purchased_at
-- reads: customer, mart
-- key: day
-- One row per day, without gaps: the whole years from that of the first purchase to that of as_of.
-- column day: The day.
-- column year: Year.
-- column quarter: Quarter of the year, 1 to 4.
-- column month: Month of the year, 1 to 12.
-- column month_start: First day of the month.
-- column month_label: Month as 2024-01, which sorts as text.
-- column quarter_start: First day of the quarter.
-- column quarter_label: Quarter as 2024-Q1, which sorts as text.
-- column week_start: Monday of the week.
-- column week: Number of the week, ISO 8601.
-- column week_label: Week as 2025-W01 with its iso_year, which sorts as text.
-- column iso_year: Year that the week belongs to, ISO 8601: 2025 for 2024-12-30, which is in its week 1.
-- column weekday: Day of the week, as Monday.
-- column weekday_sort: Number of the day of the week: Monday 1 to Sunday 7.
-- column weekend: Whether it is Saturday or Sunday.
-- column weekend_label: Whether it is Saturday or Sunday, as Yes or No.
-- column past: Whether the day is not later than that of as_of.
-- column past_label: Whether the day is not later than that of as_of, as Yes or No.
-- column period_start: First day of the period of the mart's calendar that the day is in, as in kpi_period.
-- column period_year: Year of the calendar that the period belongs to.
-- column period_number: Number of the period in its year, from 1.
-- column period_label: Name of the period, which sorts as text: 2024-03 a month, 2024-W03 a week, FY2024-P03 of a fiscal or retail year.
SELECT d.day,
	extract(year FROM d.day)::integer AS year,
	extract(quarter FROM d.day)::smallint AS quarter,
	extract(month FROM d.day)::smallint AS month,
	date_trunc('month', d.day::timestamp)::date AS month_start,
	lpad(extract(year FROM d.day)::text, 4, '0') || '-' || lpad(extract(month FROM d.day)::text, 2, '0') AS month_label,
	date_trunc('quarter', d.day::timestamp)::date AS quarter_start,
	lpad(extract(year FROM d.day)::text, 4, '0') || '-Q' || extract(quarter FROM d.day)::text AS quarter_label,
	date_trunc('week', d.day::timestamp)::date AS week_start,
	extract(week FROM d.day)::smallint AS week,
	extract(isoyear FROM d.day)::integer AS iso_year,
	lpad(extract(isoyear FROM d.day)::text, 4, '0') || '-W' || lpad(extract(week FROM d.day)::text, 2, '0') AS week_label,
	(ARRAY['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'])[extract(isodow FROM d.day)::integer] AS weekday,
	extract(isodow FROM d.day)::smallint AS weekday_sort,
	extract(isodow FROM d.day) > 5 AS weekend,
	CASE WHEN extract(isodow FROM d.day) > 5 THEN 'Yes' ELSE 'No' END AS weekend_label,
	d.day <= d.as_of_day AS past,
	CASE WHEN d.day <= d.as_of_day THEN 'Yes' ELSE 'No' END AS past_label,
	p.period_start, p.period_year, p.period_number::smallint AS period_number, p.period_label
FROM (
	SELECT days.day::date AS day, r.as_of_day, r.calendar
	FROM (
		SELECT m.calendar::@extschema@.sales_calendar AS calendar, date_trunc('year', x.first_at) AS first_day, coalesce(m.as_of, x.last_at)::date AS as_of_day
		FROM @cubed first_at, last_at@end@ x
		CROSS JOIN (SELECT * FROM mart WHERE one_row) m
	) r
	CROSS JOIN LATERAL generate_series(r.first_day,
		date_trunc('year', r.as_of_day::timestamp) + interval '1 year' - interval '1 day', interval '1 day') AS days(day)
) d
CROSS JOIN LATERAL @extschema@.calendar_period(d.calendar, d.day) p
