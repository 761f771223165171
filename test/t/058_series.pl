# Forecasts of series whose kind is known, and of the published CDNOW revenue: not worse than seasonal naive, with
# intervals that hold what they promise. The same on every plan, after a binary copy, and interrupted.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Interrupts qw(interrupted);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = $ENV{PT_DATA} // '';
my $node = PostgreSQL::Test::Cluster->new('series');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', 'jit = off');
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION purchase_trends');

sub answer { return $node->safe_psql('postgres', $_[0]) }

# --- Simulated series ------------------------------------------------------------

# Numbers between 0 and 1, normal ones, and sums of these, the same in every run.
answer(q{
	CREATE FUNCTION u(i int, k int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT ((hashint8extended(i, k) & 1048575) + 0.5) / 1048576 $$;
	CREATE FUNCTION e(i int, k int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT sqrt(-2 * ln(u(i, k))) * cos(2 * pi() * u(i, k + 1000)) $$;
	CREATE FUNCTION walk(i int, k int, step float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT step * coalesce(sum(e(j, k)), 0) FROM generate_series(1, i - 1) AS j $$;
	CREATE TABLE kind (k int, name text, period purchase_period, n int, horizon int);
	INSERT INTO kind VALUES (1, 'level', 'month', 72, 6), (2, 'moving level', 'month', 72, 6), (3, 'rising', 'month', 72, 6), (4, 'falling', 'day', 200, 14), (5, 'season', 'month', 72, 6),
		(6, 'weekdays', 'day', 140, 14), (7, 'season of factors', 'month', 84, 6), (8, 'both', 'month', 84, 6), (9, 'both, factors', 'quarter', 48, 4), (10, 'intermittent', 'day', 200, 14),
		(11, 'step', 'month', 72, 6), (12, 'weekdays, moving level', 'day', 200, 14);
	CREATE TABLE simulated AS
	SELECT k, name, horizon, sales_series('2018-01-01'::timestamp + CASE period WHEN 'day' THEN i * interval '1 day' WHEN 'month' THEN i * interval '1 month' ELSE i * interval '3 months' END, round(CASE k
		WHEN 1 THEN 100 + 10 * e(i, k) WHEN 2 THEN 200 + walk(i, k, 4) + 10 * e(i, k) WHEN 3 THEN 50 + 2 * i + 8 * e(i, k) WHEN 4 THEN 500 - 1.5 * i + 15 * e(i, k)
		WHEN 5 THEN 100 + 30 * sin(2 * pi() * i / 12) + 8 * e(i, k) WHEN 6 THEN 60 + 20 * (i % 7 >= 5)::int - 10 * (i % 7 = 0)::int + 6 * e(i, k)
		WHEN 7 THEN 100 * (1 + 0.4 * sin(2 * pi() * i / 12)) * (1 + 0.06 * e(i, k)) WHEN 8 THEN 80 + 1.5 * i + 25 * cos(2 * pi() * i / 12) + 7 * e(i, k)
		WHEN 9 THEN (100 + 4 * i) * (1 + 0.3 * (i % 4 = 3)::int) * (1 + 0.04 * e(i, k)) WHEN 10 THEN CASE WHEN u(i, k) < 0.2 THEN ceil(5 * u(i, k + 1)) ELSE 0 END
		WHEN 11 THEN 100 + 60 * (i >= 30)::int + 8 * e(i, k) ELSE 150 + walk(i, k, 3) + 30 * (i % 7 = 5)::int + 8 * e(i, k) END::numeric, 2), period) AS s
	FROM kind, generate_series(0, n - 1) AS i GROUP BY k, name, horizon;
	CREATE TABLE tested AS SELECT k, name, (series_model(s)).model, b.* FROM simulated, series_backtest(s, horizon, 24) AS b});
note answer(q{SELECT string_agg(format('%s: %s, MASE %s, naive %s, coverage %s', name, model, round(mase::numeric, 3), round(naive_mase::numeric, 3), round(coverage::numeric, 3)), '; ' ORDER BY k) FROM tested});
is(answer('SELECT count(*), count(mase), min(origin_count), count(reason) FROM tested'), '12|12|24|0', 'twelve simulated series, each from 24 origins');
cmp_ok(answer('SELECT avg(mase) FROM tested'), '<=', answer('SELECT avg(naive_mase) FROM tested'), 'the chosen models are on average not worse than seasonal naive');
my $covered = answer('SELECT sum(coverage * forecast_count) / sum(forecast_count) FROM tested');
ok($covered >= 0.88 && $covered <= 0.99, "... and intervals of 95 % cover $covered");
is(answer(q{SELECT string_agg(name, ', ' ORDER BY k) FROM tested WHERE model LIKE '%,N)' AND name ~ 'season|weekdays|both' OR model LIKE '%,N,_)' AND name ~ 'rising|falling|both'}), '',
	'trends and seasons that are there are in the model');
my %rises = map { split /=/ } split /,/, answer(q{SELECT string_agg(name || '=' || direction, ',') FROM simulated, series_trend(s) WHERE name IN ('level', 'rising', 'falling', 'both')});
is("@rises{'level', 'rising', 'falling'}", 'none rising falling', '... and series_trend sees them');

# --- CDNOW ----------------------------------------------------------------------

SKIP:
{
	my $file = "$data/CDNOW_master.txt";
	skip 'no CDNOW_master.txt in PT_DATA', 1 unless $data ne '' && -r $file;
	# customer, date, CDs, dollars
	my $rows = join '', map { my @f = split; "$f[1]\t$f[3]\n" } grep { /^\s*\d+\s+\d{8}\s/ } split /\n/, slurp_file($file);
	my $path = $node->basedir . '/cdnow.tsv';
	append_to_file($path, $rows);
	answer("CREATE TABLE cdnow (day date, amount numeric); COPY cdnow FROM '$path'; CREATE TABLE revenue AS SELECT sales_series(day, amount, 'month') AS m, sales_series(day, amount, 'week') AS w, sales_series(day, amount, 'day') AS d FROM cdnow");
	is(answer(q{SELECT sum(value) = (SELECT sum(amount) FROM cdnow), count(*), min(period_start), max(period_start) FROM revenue, series_values(m)}), 't|18|1997-01-01|1998-06-01', 'CDNOW: 18 months, exact to the cent');
	is(answer(q{SELECT count(*) FROM revenue, series_values(m) AS v FULL JOIN (SELECT date_trunc('month', day)::date AS period_start, sum(amount) AS value FROM cdnow GROUP BY 1) AS p USING (period_start, value) WHERE v IS NULL OR p IS NULL}), '0', '... month by month');
	is(answer(q{SELECT series_by_period(d, 'month')::text = m::text, direction FROM revenue, series_trend(m)}), 't|falling', '... from days, too, and falling');
	for my $run ([ 'm', 3, 6, 'NULL' ], [ 'w', 4, 20, 1 ], [ 'd', 14, 20, 'NULL' ])
	{
		my ($series, $horizon, $origins, $season) = @$run;
		my ($n, $mase, $naive, $coverage) = split /\|/, answer("SELECT forecast_count, mase, naive_mase, coverage FROM revenue, series_backtest($series, $horizon, $origins, season_length => $season)");
		cmp_ok($mase, '<=', $naive, "CDNOW by $series: MASE of $n forecasts not above that of seasonal naive");
		ok($coverage >= 0.88, "... and coverage $coverage");
	}
}

# --- Plans, copies, dumps ---------------------------------------------------------

answer(q{
	CREATE TABLE lines AS SELECT g % 97 AS product, timestamp '2022-01-01' + (g * 7919::bigint % 1000003) * interval '1 minute' AS at, (g % 1013) / 8.0 AS amount FROM generate_series(1, 60000) AS g;
	ANALYZE lines});
my $digest = q{SELECT count(*), sum(hashtext(s::text)::bigint), sum(hashtext((SELECT t::text FROM series_trend(s) AS t))::bigint), sum(hashtext((SELECT f::text FROM series_forecast(s, 3) AS f OFFSET 2))::bigint) FROM};
my $built = q{(SELECT product, sales_series(at, amount, 'week') AS s FROM lines GROUP BY product) AS b};
my $serial = answer("SET max_parallel_workers_per_gather = 0; $digest $built");
my $parallel = 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;';
like(answer("$parallel EXPLAIN SELECT product, sales_series(at, amount, 'week') FROM lines GROUP BY product"), qr/Partial (?:Hash|Group)?Aggregate/, 'a plan with partial aggregates');
is(answer("$parallel $digest $built"), $serial, '... with the same digits');
is(answer("$digest (SELECT product, rollup(s) AS s FROM (SELECT product, sales_series(at, amount, 'week') AS s FROM lines GROUP BY product, extract(dow FROM at)) AS p GROUP BY product) AS b"), $serial, '... as parts that are rolled up');
is(answer("SET enable_hashagg = off; $digest (SELECT product, sales_series(at, amount, 'week' ORDER BY amount, at) AS s FROM lines GROUP BY product) AS b"), $serial, '... and in another order');
my $file = $node->basedir . '/series.bin';
is(answer("CREATE TABLE stored AS SELECT * FROM $built; COPY stored TO '$file' (FORMAT binary); CREATE TABLE copied (LIKE stored); COPY copied FROM '$file' (FORMAT binary); $digest copied"), $serial, 'a binary copy is the same');
is(answer(qq{SET datestyle = 'German'; SET extra_float_digits = -15; SET timezone = 'Pacific/Chatham'; $digest (SELECT product, s::text::sales_series AS s FROM stored) AS b}), $serial =~ s/^(\d+\|-?\d+)\|.*/$1/r . answer("SET datestyle = 'German'; SET extra_float_digits = -15; $digest stored") =~ s/^\d+\|-?\d+//r, '... and its text, whatever the settings');

# --- Interrupts, large series ------------------------------------------------------

SKIP:
{
	skip 'timings under a sanitizer say nothing', 1 if $ENV{PT_SANITIZE};
	answer(q{CREATE TABLE long AS SELECT sales_series('1990-01-01'::date + i, (hashint8extended(i, 1) & 1023) + 1, 'day') AS s FROM generate_series(0, 19999) AS i});
	is(answer('SELECT n, slope BETWEEN slope_low AND slope_high FROM (SELECT series_between(s, (SELECT min(period_start) FROM series_values(s)), (SELECT min(period_start) + 9999 FROM series_values(s))) AS s FROM long) AS l, series_trend(s)'),
		'10000|t', 'a trend of 10,000 periods');
	interrupted($node, '100ms', 5,
		'trend' => 'SELECT max(slope) FROM long, generate_series(1, 1000) AS g, LATERAL (SELECT * FROM series_trend(s) OFFSET g * 0) AS t',
		'parts' => 'SELECT count(*) FROM long, series_parts(s, 5000)',
		'parts without a season' => 'SELECT count(*) FROM long, generate_series(1, 1000) AS g, LATERAL (SELECT * FROM series_parts(s, 1) OFFSET g * 0) AS t',
		'forecast' => 'SELECT count(*) FROM long, generate_series(1, 1000) AS g, series_forecast(s, g, season_length => 60)',
		'model' => q{SELECT aicc FROM long, generate_series(1, 1000) AS g, LATERAL (SELECT * FROM series_model(s, 60, 'ETS(M,Ad,M)') OFFSET g * 0) AS m},
		'backtest' => 'SELECT mase FROM long, series_backtest(s, 100, 1000)',
		'rollup' => 'SELECT rollup(s) FROM long, generate_series(1, 100000)');
}
$node->stop;
done_testing();
