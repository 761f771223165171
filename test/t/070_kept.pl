# Kept marts among writers: the same as a live mart at every moment, whoever writes
# how, whatever is killed, and after dump, restore and replication.
#   PT_KEPT_STEPS   operations of the random test (default 200)
#   PT_KEPT_KILLS   times that a refresh is killed, and the server is stopped (default 1)
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $steps = $ENV{PT_KEPT_STEPS} // 200;
my $kills = $ENV{PT_KEPT_KILLS} // 1;
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

# in two steps, as before an upgrade of large databases; with triggers on, and off
my $schema_only = $node->basedir . '/schema.sql';
my $data_only = $node->basedir . '/data.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '--schema-only', '-f', $schema_only, $node->connstr('postgres') ], 'the schema alone');
for my $option ('', '--disable-triggers')
{
	my $db = $option ? 'data_off' : 'data_on';
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok([ 'pg_dump', '--no-sync', '--data-only', ($option) x !!$option, '-f', $data_only, $node->connstr('postgres') ], "the data alone $option");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $_, '-d', $node->connstr($db) ], "... $_ restores") for $schema_only, $data_only;
	is($node->safe_psql($db, "SELECT differing('kept', 'live')"), 'none', '... to the same');
	is($node->safe_psql($db, q{SELECT full_rebuild FROM refresh_mart('kept')}), 't', '... with a full rebuild');
	is($node->safe_psql($db, q{SELECT fresh FROM mart_status() WHERE mart = 'kept'}), 't', '... then it is fresh');
	is($node->safe_psql($db, "SELECT count(*) FROM verify_mart('kept')"), '0', '... and verifies');
}

# by a role without rights of its own, and with the extension in another schema
$node->safe_psql('postgres', 'CREATE ROLE keeper LOGIN');
for my $db (qw(keeper_from keeper_to))
{
	$node->safe_psql('postgres', "CREATE DATABASE $db OWNER keeper");
	$node->safe_psql($db, 'CREATE SCHEMA "Ext of ours"; CREATE EXTENSION purchase_trends SCHEMA "Ext of ours"; GRANT USAGE ON SCHEMA "Ext of ours" TO keeper; GRANT CREATE ON SCHEMA public TO keeper');
}
my @as_keeper = (extra_params => [ '-U', 'keeper' ]);
my $path = 'SET search_path = public, "Ext of ours"';
$node->safe_psql('keeper_from', "$path; $source; " . $rows->(0, 300) . "; $marts; " . $rows->(5000, 20), @as_keeper);
$node->command_ok([ 'pg_dump', '--no-sync', '-U', 'keeper', '-f', $dump, $node->connstr('keeper_from') ], 'pg_dump as the owner of the mart');
my ($said, $errors) = ('', '');
IPC::Run::run([ 'psql', '-X', '-q', '-U', 'keeper', '-f', $dump, '-d', $node->connstr('keeper_to') ], '>', \$said, '2>', \$errors);
is(join("\n", grep { /ERROR/ && !/must be owner of extension/ && !/schema "Ext of ours" already exists|must be owner of schema/ && !/permission denied for schema Ext/ } split /\n/, $errors), '', '... restores as this role');
is($node->safe_psql('keeper_to', "$path; SELECT count(*) FROM verify_mart('kept')", @as_keeper), '0', '... and verifies');
is($node->safe_psql('keeper_to', "$path; SELECT full_rebuild FROM refresh_mart('kept')", @as_keeper), 't', '... is refreshed');
$node->safe_psql('keeper_to', $rows->(7000, 20), @as_keeper);
is($node->safe_psql('keeper_to', "$path; SELECT full_rebuild FROM refresh_mart('kept')", @as_keeper), 'f', '... follows');
is($node->safe_psql('keeper_to', "$path; SELECT count(*) FROM verify_mart('kept')", @as_keeper), '0', '... and verifies');

# --- A standby that is promoted --------------------------------------------------------------------

$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
answer($rows->(915_000, 20));	# pending there, too
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', q{SELECT fresh, pending_customers > 0 FROM mart_status() WHERE mart = 'kept'}), 't|t', 'a standby tells how fresh a mart is');
is($standby->safe_psql('postgres', "SELECT differing('kept', 'live')"), 'none', '... and shows the same as a live mart');
$standby->promote;
$standby->safe_psql('postgres', $rows->(916_000, 20));
is($standby->safe_psql('postgres', "SELECT differing('kept', 'live')"), 'none', '... also when it is promoted, and written');
is($standby->safe_psql('postgres', "SELECT full_rebuild FROM refresh_mart('kept')"), 'f', '... is refreshed in part');
is($standby->safe_psql('postgres', "SELECT count(*) FROM verify_mart('kept')"), '0', '... and verifies');
$standby->stop;

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
$subscriber->safe_psql('postgres', "SELECT set_mart_mode('kept', 'kept')");
is($subscriber->safe_psql('postgres', "SELECT follow, fresh FROM mart_status() WHERE mart = 'kept'"), 'row|t', '... and rows are followed without being asked to');
$subscriber->safe_psql('postgres', "SELECT set_mart_mode('kept', 'kept', 'statement')");
is($subscriber->safe_psql('postgres', "SELECT fresh, problem LIKE 'a subscription writes the source%' FROM mart_status() WHERE mart = 'kept'"), 'f|t',
	'... while statements, which nobody makes there, are a problem that is told');
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION shop');
$subscriber->stop;

$node->stop;
done_testing();
