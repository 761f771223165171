# Kept marts among writers: the same as a live mart at every moment, whoever writes
# how, whatever is killed, and after dump, restore and replication.
#   PT_KEPT_STEPS   operations of the random test (default 300)
#   PT_KEPT_KILLS   times that a refresh is killed, and the server is stopped (default 3)
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $steps = $ENV{PT_KEPT_STEPS} // 300;
my $kills = $ENV{PT_KEPT_KILLS} // 3;
my $seed = $ENV{PT_SEED} // 20261126;
srand($seed);
diag("seed $seed");

my $node = PostgreSQL::Test::Cluster->new('kept');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ], allows_streaming => 'logical');
$node->append_conf('postgresql.conf', "jit = off\nmax_prepared_transactions = 5\nlisten_addresses = ''\n");
$node->start;

sub answer { return $node->safe_psql('postgres', $_[0]) }

# What differs between two marts of one source, in one snapshot: names of views.
my $digest = q{
	CREATE FUNCTION mart_digest(mart text, view text) RETURNS text LANGUAGE plpgsql STABLE AS $$
	DECLARE result text;
	BEGIN
		EXECUTE format('SELECT count(*) || md5(string_agg(v::text, chr(10) ORDER BY v::text COLLATE "C")) FROM %I.%I v', mart, view) INTO result;
		RETURN result;
	END $$;
	CREATE FUNCTION differing(a text, b text) RETURNS text LANGUAGE sql STABLE AS $$
		SELECT coalesce(string_agg(c.relname, ' ' ORDER BY c.relname), 'none')
		FROM pg_class c
		WHERE c.relnamespace = a::regnamespace AND c.relkind = 'v'
			-- the numbers of dimension values are those of each mart
			AND c.relname NOT LIKE '%customer\_live' AND c.relname NOT IN ('customer', 'mart_freshness')
			AND to_regclass(format('%I.%I', b, c.relname)) IS NOT NULL
			AND mart_digest(a, c.relname) IS DISTINCT FROM mart_digest(b, c.relname) $$};
my $source = q{
	CREATE TABLE sales (line serial PRIMARY KEY, customer_id integer, order_id integer, ts timestamp, amount numeric(10,2), product text, category text, gender text, discounted boolean);
	CREATE INDEX ON sales (customer_id)};
my $rows = sub {
	my ($from, $count) = @_;
	return qq{INSERT INTO sales (customer_id, order_id, ts, amount, product, category, gender, discounted)
		SELECT nullif(g * 7 % 61, 0), g / 3, timestamp '2024-01-01' + g % 400 * interval '13 hours', g * 37 % 1000 / 10.0 - 5, 'p' || g % 17, 'c' || g % 5, (ARRAY['F','M'])[1 + g * 7 % 61 % 2], g % 3 = 0
		FROM generate_series($from, $from + $count - 1) AS g};
};
my $marts = q{
	SELECT count(*) FROM create_mart('kept', 'sales', purchased_at => 'ts', mode => 'kept');
	SELECT count(*) FROM create_mart('live', 'sales', purchased_at => 'ts', age_edges => NULL)};
answer("CREATE EXTENSION purchase_trends; $digest; $source; " . $rows->(0, 600) . ";");
answer($marts);
is(answer("SELECT differing('kept', 'live')"), 'none', 'a kept mart is the same as a live one');
is(answer("SELECT count(*) FROM verify_mart('kept')"), '0', '... and verifies');

# --- Random operations of several sessions -------------------------------------------

my @sessions = map { $node->background_psql('postgres', on_error_stop => 0) } 1 .. 3;
my @open = (0) x @sessions;
my $next = 1000;
my %operation = (
	insert => sub { $next += 5; $rows->($next, 1 + int rand 5) },
	new_customer => sub { $next++; "INSERT INTO sales (customer_id, order_id, ts, amount, product, category) VALUES ($next, $next, '2024-05-05', 12.5, 'new $next', 'c1')" },
	delete => sub { 'DELETE FROM sales WHERE line IN (SELECT line FROM sales WHERE line % 23 = ' . int(rand 23) . ' FOR UPDATE SKIP LOCKED)' },
	amount => sub { 'UPDATE sales SET amount = amount + 1 WHERE line IN (SELECT line FROM sales WHERE line % 19 = ' . int(rand 19) . ' FOR UPDATE SKIP LOCKED)' },
	move => sub { 'UPDATE sales SET customer_id = nullif(' . int(rand 60) . ', 0) WHERE line IN (SELECT line FROM sales WHERE line % 37 = ' . int(rand 37) . ' FOR UPDATE SKIP LOCKED)' },
	time => sub { q{UPDATE sales SET ts = ts + interval '1 day' WHERE line IN (SELECT line FROM sales WHERE line % 29 = } . int(rand 29) . ' FOR UPDATE SKIP LOCKED)' },
	order => sub { 'UPDATE sales SET order_id = ' . int(rand 99) . ' WHERE line IN (SELECT line FROM sales WHERE line % 31 = ' . int(rand 31) . ' FOR UPDATE SKIP LOCKED)' },
	dimension => sub { q{UPDATE sales SET product = 'other ' || } . int(rand 9) . ' WHERE line IN (SELECT line FROM sales WHERE line % 41 = ' . int(rand 41) . ' FOR UPDATE SKIP LOCKED)' },
	conflict => sub { 'INSERT INTO sales (line, customer_id, ts, amount) SELECT line, customer_id, ts, 3 FROM (SELECT * FROM sales WHERE line % 43 = ' . int(rand 43) . ' FOR UPDATE SKIP LOCKED) s ON CONFLICT (line) DO UPDATE SET amount = excluded.amount' },
	merge => sub { $next++; "MERGE INTO sales s USING (SELECT line FROM sales WHERE line % 47 = " . int(rand 47) . " FOR UPDATE SKIP LOCKED) n ON s.line = n.line WHEN MATCHED AND s.line % 2 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET amount = s.amount - 1" },
	copy => sub { $next++; "COPY sales (customer_id, order_id, ts, amount) FROM PROGRAM 'echo $next,$next,2024-03-03,4.25' (FORMAT csv)" },
);
my @names = sort keys %operation;
my $differences = '';
for my $step (1 .. $steps)
{
	my $i = int rand @sessions;
	my $s = $sessions[$i];
	my $what = rand;
	if ($what < 0.12 && !$open[$i]) { $s->query('BEGIN'); $open[$i] = 1 }
	elsif ($what < 0.20 && $open[$i]) { $s->query((rand) < 0.3 ? 'ROLLBACK' : 'COMMIT'); $open[$i] = 0 }
	elsif ($what < 0.26 && $open[$i]) { $s->query('SAVEPOINT p; ' . $operation{insert}->() . '; ROLLBACK TO p; SAVEPOINT q; ' . $operation{delete}->() . '; RELEASE q') }
	elsif ($what < 0.33) { answer("SELECT 1 FROM refresh_mart('kept')") }
	elsif ($what < 0.34 && !grep { $_ } @open) { $s->query('TRUNCATE sales'); $s->query($rows->(0, 300)) }
	else { $s->query($operation{ $names[ int rand @names ] }->()) }
	if ($step % 10 == 0)
	{
		my $d = answer("SELECT differing('kept', 'live')");
		$differences .= "step $step: $d\n" if $d ne 'none';
		# one that writes sees what it has written
		if ($open[$i])
		{
			$d = $s->query("SELECT differing('kept', 'live')");
			$differences .= "step $step, in a transaction: $d\n" if $d ne 'none';
		}
	}
}
$_->query('COMMIT') for @sessions;
is($differences, '', "$steps operations of three sessions: always the same as a live mart");
answer("SELECT 1 FROM refresh_mart('kept')");
is(answer("SELECT differing('kept', 'live')"), 'none', '... and after a refresh');
is(answer("SELECT count(*) FROM verify_mart('kept')"), '0', '... when it verifies');
is(answer("SELECT pending_customers FROM mart_status() WHERE mart = 'kept'"), '0', '... and nothing is pending');
cmp_ok(answer('SELECT count(*) FROM sales'), '>', 50, '... of rows that are there');
$_->quit for @sessions;

# --- Two-phase commit ---------------------------------------------------------------------

answer("BEGIN; " . $rows->(5000, 9) . "; PREPARE TRANSACTION 'two'");
answer("SELECT 1 FROM refresh_mart('kept')");
is(answer("SELECT differing('kept', 'live')"), 'none', 'a prepared transaction is not seen');
answer("COMMIT PREPARED 'two'");
is(answer("SELECT differing('kept', 'live')"), 'none', '... and is when it is committed');

# --- Killed ---------------------------------------------------------------------------------

my $bad = '';
for my $round (1 .. $kills)
{
	answer($rows->(10_000 * $round, 4000));
	my $full = $round % 2 ? 'true' : 'false';
	my $worker = $node->background_psql('postgres', on_error_stop => 0);
	my $pid = $worker->query('SELECT pg_backend_pid()');
	$worker->query_until(qr/go/, "\\echo go\nSELECT 1 FROM refresh_mart('kept', $full);\n");
	usleep(1000 * int rand 120);
	answer("SELECT pg_terminate_backend($pid)");
	eval { $worker->quit };
	$bad .= "round $round, killed: " . answer("SELECT differing('kept', 'live')") . "\n" if answer("SELECT differing('kept', 'live')") ne 'none';
}
is($bad, '', "a refresh killed $kills times: the same as a live mart");
$bad = '';
for my $round (1 .. $kills)
{
	answer($rows->(100_000 + 10_000 * $round, 4000));
	my $worker = $node->background_psql('postgres', on_error_stop => 0);
	$worker->query_until(qr/go/, "\\echo go\nSELECT 1 FROM refresh_mart('kept', " . ($round % 2 ? 'true' : 'false') . ");\n");
	usleep(1000 * int rand 120);
	$node->stop('immediate');
	eval { $worker->quit };
	$node->start;
	$bad .= "round $round, stopped: " . answer("SELECT differing('kept', 'live')") . "\n" if answer("SELECT differing('kept', 'live')") ne 'none';
}
is($bad, '', "the server stopped $kills times in a refresh: the same as a live mart");
answer("SELECT 1 FROM refresh_mart('kept')");
is(answer("SELECT count(*) FROM verify_mart('kept')"), '0', '... and a refresh leaves nothing to say');

# --- Dump and restore --------------------------------------------------------------------------

answer($rows->(900_000, 50));	# pending
my $dump = $node->basedir . '/dump.sql';
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_dump', '--no-sync', '-f', $dump, $node->connstr('postgres') ], 'pg_dump of a kept mart');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], '... restores');
is($node->safe_psql('restored', "SELECT differing('kept', 'live')"), 'none', '... to the same');
$node->safe_psql('restored', $rows->(910_000, 50));
is($node->safe_psql('restored', "SELECT differing('kept', 'live')"), 'none', '... which follows');
$node->safe_psql('restored', "SELECT 1 FROM refresh_mart('kept')");
is($node->safe_psql('restored', "SELECT count(*) FROM verify_mart('kept')"), '0', '... and verifies');

# --- A subscriber of logical replication -----------------------------------------------------------

my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$subscriber->append_conf('postgresql.conf', "jit = off\nlisten_addresses = ''\n");
$subscriber->start;
$subscriber->safe_psql('postgres', "CREATE EXTENSION purchase_trends; $digest; $source");
$subscriber->safe_psql('postgres', q{SELECT count(*) FROM create_mart('kept', 'sales', purchased_at => 'ts', mode => 'kept', follow => 'row');
	SELECT count(*) FROM create_mart('live', 'sales', purchased_at => 'ts')});
answer('CREATE PUBLICATION shop FOR TABLE sales');
(my $connection = $node->connstr('postgres')) =~ s{'}{''}g;
$subscriber->safe_psql('postgres', "CREATE SUBSCRIPTION shop CONNECTION '$connection' PUBLICATION shop");
$subscriber->wait_for_subscription_sync($node, 'shop');
is($subscriber->safe_psql('postgres', "SELECT differing('kept', 'live')"), 'none', 'a subscriber that follows rows: the first copy');
answer($rows->(920_000, 20) . "; UPDATE sales SET amount = amount + 1 WHERE line % 7 = 0; DELETE FROM sales WHERE line % 11 = 0");
$node->wait_for_catchup('shop');
is($subscriber->safe_psql('postgres', "SELECT differing('kept', 'live')"), 'none', '... and changes');
$subscriber->safe_psql('postgres', "SELECT 1 FROM refresh_mart('kept')");
is($subscriber->safe_psql('postgres', "SELECT count(*) FROM verify_mart('kept')"), '0', '... which verifies');
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION shop');
$subscriber->stop;

$node->stop;
done_testing();
