# How the views of a mart read it: how often each plan looks at the source, what
# reaches the source, and the same answers over a source on two other servers,
# with little memory, in parallel, and with other settings.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'sanitizers' if $ENV{PT_SANITIZE};

my $node = PostgreSQL::Test::Cluster->new('plans');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "listen_addresses = ''\n");
$node->start;

sub answer
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

answer(q{
	CREATE EXTENSION purchase_trends;
	CREATE TABLE sales AS
	SELECT s.*, round((1 + (s.order_id % 5))::numeric, 1) AS review_rating, s.customer_id % 3 = 0 AS subscribed
	FROM simulate_purchases(300, 400, 5) s;
	UPDATE sales SET customer_id = NULL WHERE order_id % 97 = 0;
	CREATE INDEX sales_customer ON sales (customer_id);
	CREATE TABLE people AS SELECT * FROM simulate_customers(500, 3);
	ANALYZE;
	SELECT count(*) FROM create_mart('dated', 'sales', dimensions => '{channel}');
	SELECT count(*) FROM create_mart('undated', 'people')});

# --- costs --------------------------------------------------------------------

# What looks as if it took long is compiled by JIT first, which took seconds for
# the months of a shop with one purchase.
answer(q{
	CREATE TABLE single AS SELECT * FROM sales LIMIT 1;
	SELECT count(*) FROM create_mart('single', 'single')});
is(answer(q{SELECT reltuples FROM pg_class WHERE oid = 'single.mart'::regclass}), 1,
	'the planner knows that a mart has one row of settings');
for my $view (qw(kpi_period kpi_month revenue_change_month revenue_change_period season_index))
{
	my ($cost) = answer("EXPLAIN SELECT * FROM single.$view") =~ /cost=\S+\.\.([0-9.]+)/;
	cmp_ok($cost, '<', 100000, "single.$view: a small mart is below jit_above_cost");
}

# --- scans --------------------------------------------------------------------

# A view looks once at its rows and at most once more at all customers.
for my $mart (qw(dated undated))
{
	my $source = $mart eq 'dated' ? 'sales' : 'people';
	my @views = split /\n/, answer(qq{
		SELECT c.relname, bool_or(t.reads && '{source,purchases,fact_purchase}')
		FROM pg_class c LEFT JOIN mart_view t ON t.view_name = c.relname
		WHERE c.relnamespace = '$mart'::regnamespace AND c.relkind = 'v'
		GROUP BY c.relname ORDER BY c.relname});
	cmp_ok(scalar @views, '>', 20, "$mart: there are views");
	my @reads_source;
	for (@views)
	{
		my ($view, $reads_source) = split /\|/;
		my $plan = answer("EXPLAIN (COSTS OFF) SELECT * FROM $mart.$view");
		my $scans = () = $plan =~ /Scan (?:using \S+ )?on $source\b/g;
		if ($reads_source eq 't')
		{
			push @reads_source, $view;
			next;
		}
		cmp_ok($scans, '<=', 2, "$mart.$view: looks at the source at most twice") or diag($plan);
		cmp_ok($scans, '>=', 1, "$mart.$view: looks at the source at all");
		# no row is sorted or numbered to form orders
		unlike($plan, qr/(WindowAgg|Sort|Unique|GroupAggregate)[^\n]*\n(?:(?!.*(?:Aggregate|CTE|SubPlan|InitPlan)).*\n)*?.*Scan on $source\b/, "$mart.$view: no sort over rows")
			if $plan !~ /Gather Merge/;
	}
	is(join(' ', sort @reads_source), 'customer data_quality fact_purchase purchase_dimension purchases source_row unread_value', "$mart: these read the source themselves");
}

# what is not asked for is not computed
my $plan = answer('EXPLAIN (VERBOSE, COSTS OFF) SELECT gender, purchases FROM dated.dim_customer');
is(scalar(() = $plan =~ /Scan on public\.sales/g), 1, 'dim_customer without scores: one pass');
unlike($plan, qr/(purchase_lines|customer_basis)\(/, '... that makes no lines and no thresholds');
$plan = answer('SET enable_seqscan = off; EXPLAIN (COSTS OFF) SELECT gender, purchases FROM dated.dim_customer WHERE customer_id = 7');
like($plan, qr/Index Cond: \(customer_id = 7\)/, 'a condition on the customer reaches the source');
like(answer('EXPLAIN (VERBOSE, COSTS OFF) SELECT customer_id FROM dated.dim_customer'), qr/customer_id/, 'customer ids alone can be asked for');
is(answer(q{SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = 'dated.dim_customer'::regclass AND attname = 'customer_id'}), 'bigint',
	'the customer id keeps the type of the source');

# --- the same answers ------------------------------------------------------------

# of each view, in one session
sub rows_of
{
	my ($mart, $set, $some) = @_;
	my @views = grep { !$some || /$some/ } split /\n/, answer("SELECT relname FROM pg_class WHERE relnamespace = '$mart'::regnamespace AND relkind = 'v' ORDER BY 1");
	my @rows = split /\n/, answer(join ';', $set,
		map { qq{SELECT count(*), md5(string_agg(x.r, E'\n' ORDER BY x.r COLLATE "C")) FROM (SELECT v::text AS r FROM $mart.$_ v) x} } @views);
	die "$mart: @{[ scalar @rows ]} rows of @{[ scalar @views ]} views" unless @rows == @views;
	my %rows;
	@rows{@views} = @rows;
	return \%rows;
}

for my $mart (qw(dated undated))
{
	my $want = rows_of($mart, 'SET max_parallel_workers_per_gather = 0;');
	my %settings = (
		'forced parallel' => q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 1;},
		'little memory' => q{SET work_mem = '64kB'; SET hash_mem_multiplier = 1;},
		'sorted groups' => q{SET enable_hashagg = off;});
	# workers are started for each view: without times there are the same ones
	delete $settings{'forced parallel'} unless $mart eq 'dated' || $ENV{PT_LONG};
	for my $name (sort keys %settings)
	{
		is_deeply(rows_of($mart, $settings{$name}), $want, "$mart: every view gives the same rows, $name");
	}
}

# A view takes seconds to compile: by default some of each kind, all with PT_LONG.
my $compiled = $ENV{PT_LONG} ? qr/./ : qr/^(kpi_total|dim_customer|discount_effect)$/;
for my $mart ('dated', ('undated') x !!$ENV{PT_LONG})
{
	is_deeply(rows_of($mart, 'SET jit = on; SET jit_above_cost = 0; SET jit_inline_above_cost = 0; SET jit_optimize_above_cost = 0;', $compiled),
		rows_of($mart, 'SET max_parallel_workers_per_gather = 0; SET jit = off;', $compiled), "$mart: the same rows from compiled expressions");
}

# --- a source on two servers -------------------------------------------------------

SKIP:
{
	my $have = $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'});
	skip 'postgres_fdw is not there', 1 if $have eq '0';
	my $socket = $node->host;
	my $port = $node->port;
	my $columns = answer(q{SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'sales'::regclass AND attnum > 0});
	answer('CREATE DATABASE one');
	answer('CREATE DATABASE two');
	for my $n (0, 1)
	{
		my $db = (qw(one two))[$n];
		my $rows = answer(qq{COPY (SELECT * FROM sales WHERE coalesce(customer_id, order_id) % 2 = $n) TO STDOUT});
		my $file = $node->basedir . "/$db.copy";
		append_to_file($file, "$rows\n");
		$node->safe_psql($db, 'CREATE EXTENSION purchase_trends');
		$node->safe_psql($db, "CREATE TABLE sales ($columns); COPY sales FROM '$file'");
	}
	answer(qq{
		CREATE EXTENSION postgres_fdw;
		CREATE SERVER one FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$socket', port '$port', dbname 'one', extensions 'purchase_trends');
		CREATE SERVER two FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$socket', port '$port', dbname 'two', extensions 'purchase_trends');
		CREATE USER MAPPING FOR CURRENT_USER SERVER one;
		CREATE USER MAPPING FOR CURRENT_USER SERVER two;
		CREATE FOREIGN TABLE far_one ($columns) SERVER one OPTIONS (table_name 'sales');
		CREATE FOREIGN TABLE far_two ($columns) SERVER two OPTIONS (table_name 'sales');
		CREATE VIEW far_sales AS SELECT * FROM far_one UNION ALL SELECT * FROM far_two;
		SELECT count(*) FROM create_mart('far', 'far_sales', dimensions => '{channel}')});
	my $want = rows_of('dated', '');
	my $have_rows = rows_of('far', '');
	for my $view (sort keys %$want)
	{
		next if $view eq 'customer';	# its lines may have other codes
		is($have_rows->{$view}, $want->{$view}, "over two servers: $view");
	}
}

$node->stop;
done_testing();
