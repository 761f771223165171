-- view: dim_date
-- needs: purchased_at
-- key: day
SELECT day, extract(year FROM day)::integer AS year, extract(quarter FROM day)::integer AS quarter, extract(month FROM day)::integer AS month,
	date_trunc('month', day)::date AS month_start, date_trunc('quarter', day)::date AS quarter_start, date_trunc('week', day)::date AS week_start,
	extract(week FROM day)::integer AS week, extract(isoyear FROM day)::integer AS iso_year,
	extract(isoyear FROM day)::integer::varchar || '-W' || lpad(extract(week FROM day)::integer::varchar, 2, '0') AS week_label,
	extract(year FROM day)::integer::varchar || '-Q' || extract(quarter FROM day)::integer::varchar AS quarter_label, extract(isodow FROM day)::integer AS weekday_sort, extract(isodow FROM day) >= 6 AS weekend, day <= as_of::date AS past
FROM (
	SELECT (date_trunc('year', r.first_purchase) + interval '1 day' * i)::date AS day, m.as_of, date_trunc('year', m.as_of) + interval '1 year' AS next_year
	FROM (SELECT min(purchased_at) AS first_purchase FROM raw) AS r CROSS JOIN moment AS m CROSS JOIN generate_series(0, 10000) AS g(i)
) AS days
WHERE day < next_year
