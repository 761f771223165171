# Histories of the published CDNOW data, of very large customers and of very
# many, dumped and restored, and interrupted.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Interrupts qw(interrupted);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = $ENV{PT_DATA} // '';
# a sanitizer makes everything several times slower and larger
my $sanitize = $ENV{PT_SANITIZE};

my $node = PostgreSQL::Test::Cluster->new('history');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nmax_wal_size = '2GB'");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE restored; CREATE EXTENSION purchase_trends');

sub answer { return $node->safe_psql('postgres', $_[0]) }

# --- CDNOW --------------------------------------------------------------------

# customer, date and amount are the last columns but one of either file
sub cdnow
{
	my ($file, $table, $column) = @_;
	my $rows = slurp_file("$data/$file");
	$rows =~ s/^[^\d\n]*[a-z].*\n//;	# a header
	$rows = join '', map { my @f = split; join("\t", @f[ $column, $column + 1, $column + 3 ]) . "\n" } grep { /\d/ } split /\n/, $rows;
	my $path = $node->basedir . "/$table.tsv";
	append_to_file($path, $rows);
	answer("CREATE TABLE $table (customer_id text, day date, amount numeric); COPY $table FROM '$path'; ANALYZE $table");
	return;
}

my $sample = $data ne '' && -r "$data/CDNOW_sample.txt";
SKIP:
{
	skip 'no CDNOW_sample.txt in PT_DATA', 1 unless $sample;
	# columns: id in the master file, id in the sample, date, CDs, dollars
	cdnow('CDNOW_sample.txt', 'sample', 1);
	answer(q{
		CREATE TABLE histories AS SELECT customer_id, purchase_history(day, amount) AS h FROM sample GROUP BY 1;
		CREATE TABLE cbs AS SELECT customer_id, h, c.*
			FROM histories, calibration_holdout(h, '1997-09-30', '1998-06-30', 'day', 'week') AS c});
	my @published = (
		[ 'rows and customer-days', q{SELECT (SELECT count(*) FROM sample), sum(order_count(h)), count(*) FROM histories}, '6919|6696|2357' ],
		[ 'sum of x, customers without a repeat', 'SELECT sum(repeat_frequency), count(*) FILTER (WHERE repeat_frequency = 0) FROM cbs', '2457|1411' ],
		[ 'distinct (x, t_x, T)', 'SELECT count(*) FROM (SELECT DISTINCT repeat_frequency, last_repeat, customer_age FROM cbs) AS d', '1016' ],
		[ 'means of x, t_x, T', 'SELECT round(avg(repeat_frequency), 6), round(avg(last_repeat)::numeric, 6), round(avg(customer_age)::numeric, 6) FROM cbs', '1.042427|6.845809|32.715862' ],
		[ 'mean spend of repeaters', 'SELECT round(avg(repeat_spend), 6), count(repeat_spend) FROM cbs', '35.077848|946' ],
		[ 'holdout: purchases, weeks', 'SELECT sum(holdout_frequency), min(holdout_length), max(holdout_length) FROM cbs', '1882|39|39' ],
		[ 'holdout by frequency in the calibration',
			q{SELECT string_agg(n || ' ' || m, ', ' ORDER BY x) FROM (SELECT least(repeat_frequency, 7) AS x, count(*) AS n, round(avg(holdout_frequency), 6) AS m FROM cbs GROUP BY 1) AS g},
			'1411 0.236712, 439 0.697039, 214 1.392523, 100 1.560000, 62 2.532258, 38 2.947368, 29 3.862069, 64 6.359375' ],
		[ 'customers 0001, 0002 and 1516',
			q{SELECT string_agg(concat_ws(' ', repeat_frequency, round(last_repeat::numeric, 6), round(customer_age::numeric, 6), holdout_frequency, round(repeat_spend, 3)), ', ' ORDER BY customer_id) FROM cbs WHERE customer_id IN ('0001', '0002', '1516')},
			'2 30.428571 38.857143 1 22.345, 1 1.714286 38.857143 0 11.770, 26 30.857143 31.000000 15 39.970' ],
		[ 'the same without merging: repeat_summary', q{SELECT count(*) FROM cbs AS c, repeat_summary(h, '1997-09-30') AS r
			WHERE (c.repeat_frequency, c.last_repeat, c.customer_age, c.repeat_spend) IS DISTINCT FROM (r.repeat_frequency, r.last_repeat, r.customer_age, r.repeat_spend)}, '0' ],
		# a gap of a customer is what lag() finds; the lines are those of clv.md 2.2
		[ 'gaps of the calibration', q{SELECT sum(gap_count(c)), round((sum(gap_mean(c) * gap_count(c)) / sum(gap_count(c)))::numeric, 6) FROM histories, history_at(h, '1997-09-30') AS c}, '2457|45.970289' ],
		[ 'all gaps', q{SELECT sum(gap_count(h)), round((sum(gap_mean(h) * gap_count(h)) / sum(gap_count(h)))::numeric, 6) FROM histories}, '4339|70.860567' ],
		[ 'median of all gaps, from the rows that histories give',
			q{SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) FILTER (WHERE day <= '1997-09-30'), percentile_cont(0.5) WITHIN GROUP (ORDER BY gap)
			FROM (SELECT purchased_at::date AS day, purchased_at::date - lag(purchased_at::date) OVER (PARTITION BY customer_id ORDER BY purchased_at) AS gap FROM histories, purchases(h)) AS g WHERE gap IS NOT NULL}, '27|34' ],
		[ 'regularity of the calibration', q{SELECT count(gap_balance(c)), round(avg(power(gap_balance(c) - 0.5, 2))::numeric, 10), round(regularity(c)::numeric, 7) FROM histories, history_at(h, '1997-09-30') AS c}, '507|0.0807252650|1.0484619' ],
		[ 'regularity of all weeks', q{SELECT count(gap_balance(h)), round(avg(power(gap_balance(h) - 0.5, 2))::numeric, 10), round(regularity(h)::numeric, 7) FROM histories}, '736|0.0841720541|0.9850535' ],
		[ 'revenue is SUM', 'SELECT sum(revenue(h)) = (SELECT sum(amount) FROM sample), count(*) FILTER (WHERE revenue(h) <> (SELECT sum(amount) FROM sample AS s WHERE s.customer_id = x.customer_id)) FROM histories AS x', 't|0' ]);
	is(answer($_->[1]), $_->[2], "CDNOW sample: $_->[0]") for @published;
}

SKIP:
{
	skip 'no CDNOW_master.txt in PT_DATA', 1 unless $data ne '' && -r "$data/CDNOW_master.txt";
	cdnow('CDNOW_master.txt', 'master', 0);
	answer('CREATE TABLE all_histories AS SELECT customer_id, purchase_history(day, amount) AS h FROM master GROUP BY 1');
	is(answer('SELECT count(*), sum(revenue(h)), sum(revenue(h)) = (SELECT sum(amount) FROM master) FROM all_histories'),
		'23570|2500315.63|t', 'CDNOW master: customers and revenue to the cent');
	is(answer('SELECT revenue(rollup(h)), order_count(rollup(h)) = (SELECT count(DISTINCT day) FROM master) FROM all_histories'),
		'2500315.63|t', 'CDNOW master: all customers in one history');
}

# --- Large and many -------------------------------------------------------------

my $large = $sanitize ? 200_000 : $ENV{PT_LONG} ? 5_000_000 : 1_000_000;
my $many = $sanitize ? 20_000 : $ENV{PT_LONG} ? 200_000 : 60_000;

# highest resident memory of a backend that runs this, in MB, with what it answers
sub memory
{
	my ($sql) = @_;
	my $out = answer("$sql;\nSELECT '/proc/' || pg_backend_pid() || '/status' AS path \\gset\nSELECT substring(pg_read_file(:'path') FROM 'VmHWM:\\s*(\\d+)')::int / 1024;");
	my ($result, $mb) = $out =~ /^(.*)\n(\d+)$/s or die "no memory in: $out";
	return ($result, $mb);
}
my ($none, $floor) = memory('SELECT 1');
my %megabytes;
for my $run ([ 'in order', 'g' ], [ 'shuffled', "g * 7919::bigint % $large" ])
{
	for my $n ($large / 4, $large)
	{
		my ($name, $g) = @$run;
		(my $k = $g) =~ s/$large/$n/;
		my ($result, $mb) = memory(qq{
			SELECT order_count(h), revenue(h) = sum, first_purchase(h) = min, last_purchase(h) = max, gap_count(h) > 0
			FROM (SELECT purchase_history(t, a) AS h, sum(a), min(t), max(t)
				FROM (SELECT timestamp '2000-01-01' + ($k) * interval '7 seconds' AS t, (g % 1000) / 100.0 AS a FROM generate_series(1::bigint, $n) AS g) AS v) AS w});
		is($result, "$n|t|t|t|t", "one customer with $n orders, $name");
		$megabytes{$name}{$n} = $mb - $floor;
		note "$name, $n orders: $mb MB at most, $floor without";
	}
	next if $sanitize;
	my %m = %{ $megabytes{ $run->[0] } };
	cmp_ok($m{$large}, '<', 5 * $m{ $large / 4 } + 50, '... whose memory grows with the orders, not faster');
	cmp_ok($m{$large}, '<', 150 * $large / 1e6 + 100, '... to at most 150 bytes an order');
}

# HashAgg spills; the same comes out of it
answer(qq{
	CREATE UNLOGGED TABLE lines AS SELECT (g * 7919::bigint % $many)::int AS customer_id, timestamp '2020-01-01' + g * interval '31 seconds' AS t, (g % 10007) / 100.0 AS a
	FROM generate_series(1, 6 * $many) AS g;
	ANALYZE lines});
my $build = 'SELECT customer_id, purchase_history(t, a) AS h FROM lines GROUP BY 1';
my $digest = "SELECT count(*), sum(order_count(h)), sum(revenue(h)), sum(hashtext(h::text)::bigint) FROM ($build) AS g";
my $serial = 'SET max_parallel_workers_per_gather = 0; SET enable_sort = off;';
my $spilled = answer("$serial SET work_mem = '1MB'; SET hash_mem_multiplier = 1; EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) $build");
like($spilled, qr/Batches: (?!1 )\d+.*Disk Usage/, "HashAgg of $many customers spills with little memory");
my ($peak) = $spilled =~ /Memory Usage: (\d+)kB/;
cmp_ok($peak // 0, '<', 8192, '... and stays near its limit');
my $whole = answer("$serial SET work_mem = '1GB'; $digest");
is(answer("$serial SET work_mem = '1MB'; SET hash_mem_multiplier = 1; $digest"), $whole, '... with the same result');
is(answer("SET max_parallel_workers_per_gather = 0; SET enable_hashagg = off; $digest"), $whole, '... as sorted');
is((split /\|/, $whole)[1], 6 * $many, '... and every order is there');
unlike(answer("SELECT string_agg(name, ' ') FROM pg_backend_memory_contexts"), qr/history/i, 'no memory context of our own');

# --- Binary copies, dump and restore -----------------------------------------------

answer(q{
	CREATE AGGREGATE unfinished (timestamp, numeric) (SFUNC = pt_purchase_history_accum, STYPE = purchase_history);
	CREATE TABLE stored AS SELECT customer_id % 50 AS part, customer_id, h FROM (SELECT customer_id, purchase_history(t, a, a > 50) AS h FROM lines WHERE customer_id < 1000 GROUP BY 1) AS g
		UNION ALL SELECT 50, customer_id, unfinished(t, a) FROM lines WHERE customer_id < 100 GROUP BY 2
		UNION ALL VALUES (51, 1, '1 {}'::purchase_history), (51, 2, '1d {}'), (51, 3, NULL), (51, 4, '1 {-4712-01-01 1, 294276-12-31 999999999999999998}'),
			(51, 5, '1 {1999-12-31T23:59:59.999999 -0.999999999999999999}');
	INSERT INTO stored SELECT 52, 1, purchase_history(t, a) FROM lines WHERE customer_id < 5000});
my $sum = "SELECT count(*), sum(hashtext(coalesce(h::text, 'null'))::bigint), sum(length(purchase_history_send(h))), max(order_count(h)) FROM";
my $before = answer("$sum stored");
my $file = $node->basedir . '/stored.bin';
is(answer("COPY stored TO '$file' (FORMAT binary); CREATE TABLE copied (LIKE stored); COPY copied FROM '$file' (FORMAT binary); $sum copied"), $before, 'a binary copy is the same');
is(answer('SELECT count(*) FROM stored JOIN copied USING (part, customer_id) WHERE stored.h <> copied.h'), '0', '... value by value');
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-t', 'stored', '-f', $dump, $node->connstr('postgres') ], 'pg_dump of a table of histories');
$node->safe_psql('restored', 'CREATE EXTENSION purchase_trends');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], '... restores');
is($node->safe_psql('restored', "$sum stored"), $before, '... to the same');
is($node->safe_psql('restored', q{SET datestyle = 'German'; SET timezone = 'Pacific/Chatham'; SET extra_float_digits = -15; } . "$sum stored"), $before, '... whatever the settings');

# --- Interrupts ------------------------------------------------------------------

SKIP:
{
	skip 'timings under a sanitizer say nothing', 1 if $sanitize;
	answer(qq{CREATE TABLE huge AS SELECT purchase_history(timestamp '2000-01-01' + g * interval '7 seconds', g % 1000) AS h FROM generate_series(1, $large) AS g;
		CREATE TABLE huge_open AS SELECT unfinished(timestamp '2000-01-01' + g * 7919::bigint % 1000003 * interval '7 seconds', g % 1000) AS h FROM generate_series(1, $large) AS g});
	my %long = (
		'many lines into one history' => "SELECT order_count(purchase_history(timestamp '2000-01-01' + g * interval '1 second', g)) FROM generate_series(1, 100000000) AS g",
		'merging' => 'SELECT order_count(h + h) FROM huge, generate_series(1, 100) AS g WHERE order_count(h + h) > g',
		'sorting' => 'SELECT sum(order_count(h)) FROM huge_open, generate_series(1, 1000)',
		'text' => 'SELECT sum(order_count(h::text::purchase_history)) FROM huge, generate_series(1, 100)',
		'gaps' => 'SELECT sum(gap_median(h) + gap_stddev(h)) FROM huge, generate_series(1, 1000)',
		'cuts' => q{SELECT sum(order_count(history_between(h, '2000-06-01', '2001-01-01'))) FROM huge, generate_series(1, 1000)},
		'equality' => 'SELECT count(*) FROM huge AS a, huge AS b, generate_series(1, 100000) AS g WHERE (a.h = b.h) = (g > 0)',
		'hash' => 'SELECT sum(pt_purchase_history_hash(h)) FROM huge, generate_series(1, 1000)',
		'rows' => 'SELECT sum(amount) FROM huge, generate_series(1, 100), purchases(h)');
	interrupted($node, '200ms', 5, %long);
}

$node->stop;
done_testing();
