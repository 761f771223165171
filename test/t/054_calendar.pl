# Calendars against rules in plain SQL that look at every day, PostgreSQL's own weeks and published years; and what marts
# of all kinds count by their periods, against plain SQL over the raw rows.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'figures, which the sanitizers do not change' if $ENV{PT_SANITIZE};

my $node = PostgreSQL::Test::Cluster->new('calendar');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nlisten_addresses = ''\nclient_min_messages = error\n");
$node->start;
sub answer { return $node->safe_psql('postgres', $_[0]) }
answer('CREATE EXTENSION purchase_trends');

# --- The rules, day by day -----------------------------------------------------------

answer(q{
	CREATE TABLE day AS SELECT d::date AS day FROM generate_series(timestamp '1989-01-01', '2062-12-31', '1 day') d;

	-- of the seven days that may be the end of a year, the one that has the weekday
	CREATE FUNCTION retail(pattern int[], month int, weekday int, nearest boolean, by_end boolean) RETURNS TABLE (day date, period_start date, year int, number int) LANGUAGE sql AS $$
		WITH ends AS (
			SELECT y, d.day
			FROM generate_series(1988, 2063) AS y, LATERAL (SELECT (make_date(y, month, 1) + interval '1 month' - interval '1 day')::date AS eom) e,
				LATERAL (SELECT e.eom + g AS day FROM generate_series(CASE WHEN nearest THEN -3 ELSE -6 END, CASE WHEN nearest THEN 3 ELSE 0 END) g) d
			WHERE extract(isodow FROM d.day) = weekday),
		years AS (SELECT y, lag(ends.day) OVER (ORDER BY y) + 1 AS first, ends.day AS last FROM ends),
		weeks AS (SELECT y, first + 7 * w AS week, w FROM years, generate_series(0, 52) w WHERE first + 7 * w < last),
		numbered AS (SELECT weeks.*, (SELECT count(*) FROM generate_series(1, 12) p WHERE w >= 13 * (p / 3) + CASE p % 3 WHEN 1 THEN pattern[1] WHEN 2 THEN pattern[1] + pattern[2] ELSE 0 END AND p < 12) + 1 AS number FROM weeks)
		SELECT day.day, min(n.week) OVER (PARTITION BY n.y, n.number), CASE WHEN by_end OR month = 12 THEN n.y ELSE n.y - 1 END, n.number::int
		FROM numbered n, LATERAL (SELECT n.week + g AS day FROM generate_series(0, 6) g) day
	$$;
	CREATE FUNCTION weeks(weekday int) RETURNS TABLE (day date, period_start date, year int, number int) LANGUAGE sql AS $$
		-- a year has the weeks of which it has four days or more
		WITH starts AS (SELECT day.day AS week, CASE WHEN extract(year FROM day.day) = extract(year FROM day.day + 3) THEN extract(year FROM day.day) ELSE extract(year FROM day.day) + 1 END::int AS year FROM day WHERE extract(isodow FROM day.day) = weekday)
		SELECT day.day, s.week, s.year, s.number::int FROM (SELECT starts.*, row_number() OVER (PARTITION BY starts.year ORDER BY week) AS number FROM starts) s, LATERAL (SELECT s.week + g AS day FROM generate_series(0, 6) g) day
	$$;
	CREATE FUNCTION months(first int, by_end boolean) RETURNS TABLE (day date, period_start date, year int, number int) LANGUAGE sql AS $$
		SELECT day.day, date_trunc('month', day.day)::date, extract(year FROM day.day - make_interval(months => first - 1))::int + (by_end AND first > 1)::int, (extract(month FROM day.day)::int + 12 - first) % 12 + 1 FROM day
	$$;
	CREATE FUNCTION differences(calendar sales_calendar, rule regprocedure, arguments text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE result text;
	BEGIN
		EXECUTE format($q$SELECT string_agg(DISTINCT format('%%s: %%s not %%s', r.day, p, r), ' ') FILTER (WHERE (p.period_start, p.period_year, p.period_number) IS DISTINCT FROM (r.period_start, r.year, r.number) OR r.day NOT BETWEEN p.period_start AND p.period_end)
				|| '' FROM %s(%s) r, calendar_period($1, r.day) p WHERE r.day BETWEEN '1991-01-01' AND '2060-12-31' HAVING count(*) = 25568 OR 1 / (count(*) - count(*)) = 1$q$, rule::regproc, arguments)
			INTO result USING calendar;
		RETURN left(result, 200);
	END $$});

for my $calendar (
	[ "month_calendar()", 'months(int,boolean)', '1, true' ], [ "month_calendar(7)", 'months(int,boolean)', '7, true' ], [ "month_calendar(2)", 'months(int,boolean)', '2, false' ],
	[ "month_calendar(4)", 'months(int,boolean)', '4, false' ], [ "month_calendar(4, true)", 'months(int,boolean)', '4, true' ], [ "month_calendar(12)", 'months(int,boolean)', '12, true' ], [ "month_calendar(10, false)", 'months(int,boolean)', '10, false' ],
	map { [ "week_calendar($_)", 'weeks(int)', $_ ] } 1 .. 7)
{
	is(answer("SELECT differences($calendar->[0], '$calendar->[1]', '$calendar->[2]')"), '', $calendar->[0]);
}
my $retail = 0;
for my $pattern ('4-4-5', '4-5-4', '5-4-4')
{
	my $bad = '';
	for my $month (1, 6, 9, 12)
	{
		for my $weekday (1 .. 7)
		{
			next unless $weekday == 6 || $weekday % 3 == $month % 3;
			for my $nearest ('true', 'false')
			{
				my $by_end = $month >= 6 ? 'true' : 'false';
				my $weeks = join ',', split /-/, $pattern;
				$retail++;
				$bad .= answer("SELECT differences(retail_calendar('$pattern', $month, $weekday, $nearest), 'retail(int[],int,int,boolean,boolean)', 'ARRAY[$weeks], $month, $weekday, $nearest, $by_end')");
			}
		}
	}
	is($bad, '', "$pattern");
}
cmp_ok($retail, '>', 50, 'retail calendars');
# a difference is seen
like(answer(q{SELECT differences('4-4-5 nrf', 'retail(int[],int,int,boolean,boolean)', 'ARRAY[4,5,4], 1, 6, true, false')}), qr/FY/, 'a difference is seen');

is(answer(q{SELECT count(*) FROM generate_series(timestamp '0900-01-01', '3100-12-31', '1 day') d, calendar_period('iso week', d::date) p
	WHERE (p.period_start, p.period_year, p.period_number) IS DISTINCT FROM (date_trunc('week', d)::date, extract(isoyear FROM d)::int, extract(week FROM d)::int)}), '0', 'weeks of ISO 8601 are those of PostgreSQL, in all years 900 to 3100');

# --- Published years -----------------------------------------------------------------

my $years = q{SELECT string_agg(period_year || ' ' || min || ' ' || max || ' ' || weeks, ', ' ORDER BY period_year) FROM (
	SELECT period_year, min(period_start), max(period_end), sum(day_count) / 7 AS weeks FROM calendar_periods('%s', '%s', '%s') GROUP BY period_year) y WHERE period_year IN (%s)};
# National Retail Federation: its 4-5-4 calendars
is(answer(sprintf $years, '4-5-4 nrf', '2006-01-29', '2025-02-01', '2006,2012,2017,2018,2019,2022,2023,2024'),
	'2006 2006-01-29 2007-02-03 53, 2012 2012-01-29 2013-02-02 53, 2017 2017-01-29 2018-02-03 53, 2018 2018-02-04 2019-02-02 52, 2019 2019-02-03 2020-02-01 52, 2022 2022-01-30 2023-01-28 52, 2023 2023-01-29 2024-02-03 53, 2024 2024-02-04 2025-02-01 52',
	'years of the NRF');
is(answer(q{SELECT string_agg(period_year::text, ' ' ORDER BY period_year) FROM (SELECT period_year FROM calendar_periods('4-5-4 nrf', '2006-01-29', '2025-02-01') GROUP BY 1 HAVING sum(day_count) = 371) y}), '2006 2012 2017 2023', '... those of 53 weeks');
# Apple Inc., Form 10-K: "the 52- or 53-week period that ends on the last Saturday of September"
is(answer(sprintf $years, '4-4-5, years end on the last saturday of september', '2016-09-25', '2024-09-28', '2017,2018,2022,2023,2024'),
	'2017 2016-09-25 2017-09-30 53, 2018 2017-10-01 2018-09-29 52, 2022 2021-09-26 2022-09-24 52, 2023 2022-09-25 2023-09-30 53, 2024 2023-10-01 2024-09-28 52', 'fiscal years of Apple');
# CDC, MMWR weeks: 2014 and 2020 have 53
is(answer(sprintf $years, 'week from sunday', '2013-12-29', '2022-01-01', '2014,2015,2019,2020,2021'),
	'2014 2013-12-29 2015-01-03 53, 2015 2015-01-04 2016-01-02 52, 2019 2018-12-30 2019-12-28 52, 2020 2019-12-29 2021-01-02 53, 2021 2021-01-03 2022-01-01 52', 'MMWR years');

# --- Marts ---------------------------------------------------------------------------

answer(q{
	CREATE TABLE sold AS
	SELECT CASE WHEN h % 20 > 0 THEN h % 700 END AS customer_id, i / 2 AS order_id, timestamp '2020-11-20' + (h / 7 % 1300) * interval '1 day' + (h % 86400) * interval '1 second' AS ts,
		CASE WHEN h % 31 > 0 THEN (h % 9000 - 500) / 100.0 END::numeric(10,2) AS amount, 'p' || h % 9 AS product, (ARRAY['Female', 'Male'])[h % 2 + 1] AS gender
	FROM (SELECT i, ('x' || left(md5((i / 2)::text), 7))::bit(28)::int AS h FROM generate_series(1, 12000) i) g;
	UPDATE sold SET amount = amount + 1.25 WHERE order_id % 5 = 0;
	CREATE TABLE rules (name text PRIMARY KEY, calendar sales_calendar);
	CREATE TABLE rule_day (name text, day date, period_start date, year int, number int);
	CREATE FUNCTION add_rule(name text, calendar sales_calendar, rule text) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO rules VALUES (name, calendar);
		EXECUTE format('INSERT INTO rule_day SELECT %L, r.* FROM %s r WHERE day BETWEEN ''2020-01-01'' AND ''2025-12-31''', name, rule);
	END $$;
	SELECT add_rule('month', 'month', 'months(1, true)'), add_rule('fiscal', 'fiscal year from july', 'months(7, true)'), add_rule('iso', 'iso week', 'weeks(1)'), add_rule('sunday', 'week from sunday', 'weeks(7)'),
		add_rule('nrf', '4-5-4 nrf', 'retail(ARRAY[4,5,4], 1, 6, true, false)'), add_rule('445', '4-4-5, years end on the last friday of june', 'retail(ARRAY[4,4,5], 6, 5, false, true)');
	CREATE INDEX ON rule_day (name, day);

	CREATE FUNCTION plain(rule text, shown_until timestamp, only_gender text) RETURNS TABLE (period_start date, period_year int, period_number int, purchases bigint, customers bigint, revenue numeric, new_customers bigint, returning_customers bigint,
			new_revenue numeric, returning_revenue numeric, revenue_before numeric, revenue_year_before numeric, complete boolean) LANGUAGE sql AS $$
		WITH raw AS (SELECT s.*, d.period_start, s.amount < 0 IS TRUE AS returned FROM sold s JOIN rule_day d ON d.name = rule AND d.day = s.ts::date WHERE s.ts <= coalesce(shown_until, 'infinity') AND s.gender = coalesce(only_gender, s.gender)),
		firsts AS (SELECT customer_id, min(period_start) AS first FROM raw WHERE NOT returned AND customer_id IS NOT NULL GROUP BY 1),
		limits AS (SELECT min(ts)::date AS first, max(ts) AS last FROM raw),
		periods AS (SELECT d.period_start, d.year, d.number, max(d.day) AS last_day FROM rule_day d WHERE d.name = rule GROUP BY 1, 2, 3),
		counted AS (
			SELECT p.*, count(DISTINCT (r.customer_id, r.order_id)) FILTER (WHERE NOT r.returned) AS purchases, count(DISTINCT r.customer_id) FILTER (WHERE NOT r.returned) AS customers, coalesce(sum(r.amount), 0) AS revenue,
				count(DISTINCT r.customer_id) FILTER (WHERE NOT r.returned AND f.first = p.period_start) AS new_customers, count(DISTINCT r.customer_id) FILTER (WHERE NOT r.returned AND f.first < p.period_start) AS returning_customers,
				coalesce(sum(r.amount) FILTER (WHERE f.first = p.period_start), 0) AS new_revenue, coalesce(sum(r.amount) FILTER (WHERE f.first < p.period_start), 0) AS returning_revenue
			FROM periods p LEFT JOIN raw r ON r.period_start = p.period_start LEFT JOIN firsts f ON f.customer_id = r.customer_id
			CROSS JOIN limits l
			WHERE p.last_day >= l.first AND p.period_start <= coalesce(shown_until, l.last)::date
			GROUP BY p.period_start, p.year, p.number, p.last_day)
		SELECT c.period_start, c.year, c.number, c.purchases, c.customers, c.revenue, c.new_customers, c.returning_customers, c.new_revenue, c.returning_revenue,
			(SELECT b.revenue FROM counted b WHERE b.last_day + 1 = c.period_start), (SELECT y.revenue FROM counted y WHERE y.year = c.year - 1 AND y.number = c.number),
			(c.last_day + 1)::timestamp <= coalesce(shown_until, (SELECT last FROM limits)) + interval '1 second'
		FROM counted c
	$$});
my $columns = 'period_start, period_year, period_number, purchases, customers, revenue, new_customers, returning_customers, new_revenue, returning_revenue, revenue_before, revenue_year_before, complete';
my $rows = 0;
for my $mode ('live', 'kept', 'pending', 'parallel')
{
	answer(q{SELECT count(*) FROM create_mart('m', 'sold', purchased_at => 'ts', dimensions => '{gender}', replace => true, calendar => 'iso week')}) if $mode eq 'live';
	answer(q{SELECT set_mart_mode('m', 'kept')}) if $mode eq 'kept';
	answer(q{INSERT INTO sold SELECT customer_id, order_id + 100000, ts + interval '3 days', amount + 1, product, gender FROM sold WHERE order_id % 100 = 0; DELETE FROM sold WHERE order_id % 211 = 0}) if $mode eq 'pending';
	my $settings = $mode eq 'parallel' ? 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;' : '';
	for my $rule (split /\n/, answer('SELECT name FROM rules ORDER BY 1'))
	{
		for my $as_of ('NULL', $mode eq 'live' ? "'2022-02-27 23:59:59'" : ())
		{
			answer("SELECT set_mart_calendar('m', calendar::text), set_mart_as_of('m', $as_of) FROM rules WHERE name = '$rule'");
			my $different = answer("$settings SELECT count(*) || ' ' || coalesce(min(d.row)::text, '') FROM (
					(SELECT 'plain' AS which, $columns FROM plain('$rule', $as_of, NULL) EXCEPT ALL SELECT 'plain', $columns FROM m.kpi_period) UNION ALL (SELECT 'ours', $columns FROM m.kpi_period EXCEPT ALL SELECT 'ours', $columns FROM plain('$rule', $as_of, NULL))) AS x, LATERAL (SELECT x::text AS row) d");
			is($different, '0 ', "$mode, $rule, as of $as_of: kpi_period is plain SQL");
			$rows += answer('SELECT count(*) FROM m.kpi_period');
			is(answer('SELECT (SELECT sum(revenue) FROM m.kpi_period) - (SELECT sum(revenue) FROM m.kpi_day), (SELECT sum(purchases) FROM m.kpi_period) - (SELECT sum(purchases) FROM m.kpi_day), (SELECT sum(new_customers) FROM m.kpi_period) - (SELECT sum(new_customers) FROM m.kpi_day)'),
				'0.00|0|0', '... revenue, orders and new customers of periods add up to those of days');
			is(answer("SELECT count(*), count(*) FILTER (WHERE (d.period_start, d.period_year, d.period_number) IS DISTINCT FROM (r.period_start, r.year, r.number)) FROM m.dim_date d LEFT JOIN rule_day r ON r.name = '$rule' AND r.day = d.day") =~ s/^\d+\|//r, '0', '... and dim_date');
			next if $mode eq 'parallel';
			# the change of each period is that of revenue_change() for its days
			is(answer(q{
				SELECT count(*) > 50, count(*) FILTER (WHERE (v.figure_before, v.figure_after, v.contribution) IS DISTINCT FROM (c.figure_before::numeric(22,6), c.figure_after::numeric(22,6), c.contribution))
				FROM (SELECT p.*, m.calendar::sales_calendar AS calendar FROM (SELECT DISTINCT period_start, period_label FROM m.revenue_change_period ORDER BY 1 LIMIT 8) p, m.mart m) p
				CROSS JOIN LATERAL revenue_change('m', (SELECT daterange(q.period_start, p.period_start) FROM m.kpi_period q WHERE q.period_end + 1 = p.period_start), calendar_range(p.calendar, p.period_label)) c
				FULL JOIN (SELECT * FROM m.revenue_change_period WHERE period_start IN (SELECT DISTINCT period_start FROM m.revenue_change_period ORDER BY 1 LIMIT 8)) v ON v.period_start = p.period_start AND v.split = c.split AND v.part = c.part}), 't|0', '... and revenue_change_period');
		}
	}
}
cmp_ok($rows, '>', 1500, 'rows of periods');

# --- Series --------------------------------------------------------------------------

for my $rule (qw(nrf 445 iso sunday))
{
	answer("SELECT set_mart_calendar('m', calendar::text) FROM rules WHERE name = '$rule'");
	is(answer(q{SELECT count(*) FROM (SELECT period_start, revenue FROM m.revenue_anomaly WHERE unit = 'period') a FULL JOIN (SELECT period_start, revenue FROM m.kpi_period WHERE complete) k USING (period_start) WHERE a.revenue IS DISTINCT FROM k.revenue}), '0', "$rule: anomalies are sought in the periods that are over");
	is(answer(q{SELECT string_agg(f.period_start::text, ' ' ORDER BY f.step) = (SELECT string_agg(p.period_start::text, ' ' ORDER BY p.period_start)
		FROM (SELECT p.* FROM m.mart s, calendar_periods(s.calendar::sales_calendar, (SELECT max(period_end) + 1 FROM m.kpi_period WHERE complete), '2030-01-01') p ORDER BY 1 LIMIT 12) p) FROM m.revenue_forecast f WHERE unit = 'period'}), 't', '... the next twelve are forecast');
	is(answer(q{SELECT count(*) FROM m.season_index WHERE season = 'period'}), $rule =~ /nrf|445/ ? '12' : '0', '... and seasons are of periods, where there are twelve');
}
# the benchmark of a retail period is the one of the same number a year before
answer("SELECT set_mart_calendar('m', calendar::text) FROM rules WHERE name = 'nrf'");
is(answer(q{SELECT count(*) FILTER (WHERE f.naive_forecast::numeric(18,2) IS DISTINCT FROM k.revenue), count(*) FROM m.revenue_forecast f CROSS JOIN m.mart s CROSS JOIN LATERAL calendar_period(s.calendar::sales_calendar, f.period_start) p
	LEFT JOIN m.kpi_period k ON k.period_number = p.period_number AND k.period_year = p.period_year - 1 WHERE f.unit = 'period'}), '0|12', 'the season before is the same period number');
answer(q{SELECT set_mart_calendar('m', 'fiscal year from july')});
is(answer(q{SELECT count(*) FROM m.revenue_anomaly WHERE unit = 'period'}), '0', 'months of a fiscal year are there as months');

# --- Filters -------------------------------------------------------------------------

answer("SELECT set_mart_calendar('m', calendar::text) FROM rules WHERE name = 'nrf'");
is(answer(q{SELECT count(*), count(*) FILTER (WHERE a.revenue IS DISTINCT FROM p.revenue)
	FROM (SELECT (x ->> 'period_start')::date AS period_start, (x ->> 'revenue')::numeric AS revenue FROM jsonb_array_elements(mart_dashboard('m', '{"gender": ["Female"]}', 'trends') -> 'views' -> 'revenue_anomaly') x WHERE x ->> 'unit' = 'period') a
	FULL JOIN (SELECT * FROM plain('nrf', (SELECT max(ts) FROM sold), 'Female') WHERE complete) p USING (period_start)}) =~ s/^\d\d\|//r, '0', 'a dashboard under filters counts by periods');
is(answer(q{
	WITH c AS (SELECT sales_cube(lines, customer_id IS NOT NULL, cube_filter(cube_calendar(cube_plan('{{-10,0},{-10,-8}}'::int[]), (SELECT calendar::sales_calendar FROM m.mart)), 
		(SELECT array_position(dimension_names, 'gender') FROM m.mart), (SELECT array_agg(code) FROM m.dimension_value WHERE dimension = 'gender' AND value = 'Male'))) AS cube FROM m.customer)
	SELECT count(*) > 30, count(*) FILTER (WHERE (r.orders, r.buyers, coalesce(r.revenue, 0)) IS DISTINCT FROM (p.purchases, p.customers, p.revenue)), bool_and(c.cube::text::sales_cube = c.cube)
	FROM c CROSS JOIN LATERAL sales_cube_rows(c.cube, 'selected') r
	LEFT JOIN (SELECT * FROM plain('nrf', NULL, 'Male')) p ON p.period_start = date '2000-01-01' + r.codes[1]
	WHERE r.grouping_number = 1 AND r.line_count > 0}), 't|0|t', 'a cube under a filter, too');
is(answer(q{
	WITH c AS (SELECT sales_cube(lines, customer_id IS NOT NULL, cube_calendar(cube_plan('{{-10}}'::int[]), 'iso week')) AS cube, hashtext(customer_id::text) % 3 AS part FROM m.customer GROUP BY 2)
	SELECT rollup(cube) = (SELECT sales_cube(lines, customer_id IS NOT NULL, cube_calendar(cube_plan('{{-10}}'::int[]), 'iso week')) FROM m.customer) FROM c}), 't', 'parts of it merge');
my (undef, undef, $error) = $node->psql('postgres', q{SELECT sales_cube(lines, true, cube_calendar(cube_plan('{{-10}}'::int[]), 'iso week')) + sales_cube(lines, true, cube_plan('{{-10}}'::int[])) FROM m.customer});
like($error, qr/ERROR:  .*plan/, '... but not those of different calendars');

$node->stop;
done_testing();
