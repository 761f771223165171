# Lines and cubes of very large customers and of very many: in every plan, dumped
# and restored, at their limits, and interrupted.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Interrupts qw(interrupted);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# a sanitizer makes everything several times slower and larger
my $sanitize = $ENV{PT_SANITIZE};
my $many = $sanitize ? 2_000 : $ENV{PT_LONG} ? 30_000 : 10_000;
my $large = $sanitize ? 20_000 : $ENV{PT_LONG} ? 300_000 : 100_000;

my $node = PostgreSQL::Test::Cluster->new('lines');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nmax_wal_size = '2GB'");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE restored; CREATE EXTENSION purchase_trends');

sub answer { return $node->safe_psql('postgres', $_[0]) }

# --- Every plan --------------------------------------------------------------------

answer(qq{
	CREATE TABLE lines AS
	SELECT g % $many AS customer_id, g / $many AS order_id, timestamp '2024-01-01' + (g / $many) * interval '5 hours' + g % 900 * interval '1 day' AS t,
		(g * 7919 % 100003) / 100.0 - 40 AS amount, g % 6 AS rating, 1 + g % 3 AS quantity, g % 5 = 0 AS discounted, g % $many % 2 = 0 AS subscribed,
		'category ' || g % 11 AS category, nullif('product ' || g * 31 % 101, 'product 7') AS product
	FROM generate_series(0, 8 * $many - 1) AS g;
	ALTER TABLE lines SET (parallel_workers = 2);
	ANALYZE lines;
	CREATE TABLE codes AS SELECT 1 AS dimension_number, g AS code, 'category ' || g AS value FROM generate_series(0, 9) AS g});
my $lines = q{purchase_lines(order_id, t, amount, rating, quantity, discounted, subscribed, ARRAY[category, product],
	(SELECT dimension_codes(c.dimension_number, c.code, c.value) FROM codes AS c))};
my $plan = q{cube_filter(cube_plan('{{0,0},{1,0},{2,0},{-3,1},{-8,0}}'::integer[]), 1, '{2,3}', '{category 10}')};
my $cube = qq{SELECT md5(string_agg(r::text, '|' ORDER BY a.arm, r::text COLLATE "C"))
	FROM (SELECT sales_cube(l, true, $plan) AS cube FROM (SELECT customer_id, $lines AS l FROM lines GROUP BY 1) AS g) AS s
	CROSS JOIN (VALUES ('whole'::cube_arm), ('selected')) AS a(arm) CROSS JOIN sales_cube_rows(s.cube, a.arm) AS r};
my $serial = 'SET max_parallel_workers_per_gather = 0;';
my $whole = answer("$serial $cube");
like($whole, qr/^[0-9a-f]{32}$/, "a cube of $many customers");
is(answer("$serial SET enable_hashagg = off; $cube"), $whole, '... as sorted');
is(answer("$serial SET work_mem = '64kB'; SET hash_mem_multiplier = 1; $cube"), $whole, '... with little memory');
is(answer("SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; $cube"), $whole, '... in parallel');

# the same of stored values, in parallel and rolled up from parts
answer("CREATE TABLE stored AS SELECT customer_id, $lines AS l FROM lines GROUP BY 1; ALTER TABLE stored SET (parallel_workers = 2); ANALYZE stored");
(my $stored = $cube) =~ s/\(SELECT customer_id, .* GROUP BY 1\) AS g/stored AS g/s;
is(answer("$serial $stored"), $whole, '... of stored lines');
my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;';
like(answer("$parallel EXPLAIN SELECT sales_cube(l, true, $plan) FROM stored"), qr/Partial Aggregate/, 'cubes are counted in parallel');
is(answer("$parallel $stored"), $whole, '... to the same');
is(answer("$serial " . ($stored =~ s/SELECT sales_cube\(l, true, (.*?)\) AS cube FROM stored AS g/SELECT rollup(c) AS cube FROM (SELECT sales_cube(l, true, $1) AS c FROM stored GROUP BY customer_id % 7) AS g/sr)),
	$whole, '... and as a rollup of parts');
unlike(answer("SELECT string_agg(name, ' ') FROM pg_backend_memory_contexts"), qr/lines|cube/i, 'no memory context of our own');

# --- Binary copies, dump and restore --------------------------------------------------

my $sum = 'SELECT count(*), sum(pt_purchase_lines_hash(l)::bigint), sum(length(purchase_lines_send(l))), sum(revenue(l)) FROM';
my $before = answer("$sum stored");
my $file = $node->basedir . '/stored.bin';
is(answer("COPY stored TO '$file' (FORMAT binary); CREATE TABLE copied (LIKE stored); COPY copied FROM '$file' (FORMAT binary); $sum copied"), $before, 'a binary copy is the same');
is(answer('SELECT count(*) FROM stored JOIN copied USING (customer_id) WHERE stored.l <> copied.l'), '0', '... value by value');
answer("CREATE TABLE cubes AS SELECT customer_id % 3 AS part, sales_cube(l, true, $plan) AS c FROM stored GROUP BY 1");
my $cubes = 'SELECT count(*), sum(pt_sales_cube_hash(c)::bigint) FROM cubes';
my $cubes_before = answer($cubes);
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-t', 'stored', '-t', 'cubes', '-f', $dump, $node->connstr('postgres') ], 'pg_dump of lines and cubes');
$node->safe_psql('restored', 'CREATE EXTENSION purchase_trends');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], '... restores');
is($node->safe_psql('restored', "$sum stored"), $before, '... to the same lines');
is($node->safe_psql('restored', q{SET datestyle = 'German'; SET timezone = 'Pacific/Chatham'; SET extra_float_digits = -15; } . $cubes), $cubes_before, '... and cubes, whatever the settings');

# --- Interrupts ------------------------------------------------------------------------

SKIP:
{
	skip 'timings under a sanitizer say nothing', 1 if $sanitize;
	my $one = q{purchase_lines(g, timestamp '2000-01-01' + g * 7919::bigint % 1000003 * interval '7 seconds', g % 1000, g % 6, 1, g % 2 = 0, true, ARRAY['c' || g % 50, 'p' || g % 5000], NULL)};
	answer("CREATE TABLE huge AS SELECT $one AS l FROM generate_series(1::bigint, $large) AS g");
	my $product_plan = q{cube_plan('{{0,0},{1,2}}'::integer[])};
	my %long = (
		'many lines of one customer' => "SELECT line_count($one) FROM generate_series(1::bigint, 50000000) AS g",
		'merging' => 'SELECT line_count(l + l) FROM huge, generate_series(1, 1000) AS g WHERE line_count(l + l) > g',
		'text of lines' => 'SELECT sum(line_count(l::text::purchase_lines)) FROM huge, generate_series(1, 1000)',
		'cuts of lines' => q{SELECT sum(line_count(lines_between(l, '2000-02-01', '2100-01-01'))) FROM huge, generate_series(1, 10000)},
		'equality of lines' => 'SELECT count(*) FROM huge AS a, huge AS b, generate_series(1, 1000000) AS g WHERE (a.l = b.l) = (g > 0)',
		'hash of lines' => 'SELECT sum(pt_purchase_lines_hash(l)) FROM huge, generate_series(1, 10000)',
		'search in lines' => q{SELECT count(*) FROM huge, generate_series(1, 100000) AS g WHERE bought(l, 2, 'none ' || g)},
		'rows of lines' => 'SELECT sum(amount) FROM huge, generate_series(1, 1000), order_lines(l)',
		'counting a cube' => "SELECT sales_cube(l, true, $product_plan) IS NULL FROM huge, generate_series(1, 10000)",
		'filters of lines' => q{SELECT sum(line_count(lines_filter(l, cube_filter(cube_plan('{{0}}'::integer[]), 1, NULL, '{c7}')))) FROM huge, generate_series(1, 10000)},
		'adding cubes' => "SELECT rollup(c) IS NULL FROM (SELECT sales_cube(l, true, $product_plan) AS c FROM huge) AS s, generate_series(1, 1000000)",
		'text of a cube' => "SELECT sum(length(c::text::sales_cube::text)) FROM (SELECT sales_cube(l, true, $product_plan) AS c FROM huge) AS s, generate_series(1, 100000)",
		'rows of a cube' => "SELECT sum(r.revenue) FROM (SELECT sales_cube(l, true, $product_plan) AS c FROM huge) AS s, generate_series(1, 100000), sales_cube_rows(c) AS r",
	);
	interrupted($node, '200ms', 6, %long);
}

# --- Limits ----------------------------------------------------------------------------

SKIP:
{
	skip 'a gigabyte of texts, in the long form', 1 unless $ENV{PT_LONG} && !$sanitize;
	# a value has at most 1 GB; texts without a number stand in it
	my ($rc, $out, $err) = $node->psql('postgres', q{\set VERBOSITY verbose
		SELECT line_count(purchase_lines(g, timestamp '2000-01-01', g, NULL, NULL, NULL, NULL, ARRAY[repeat('x', 1000000) || g], NULL)) FROM generate_series(1::bigint, 2000) AS g});
	like($err, qr/ERROR:  54000:/, 'lines of more than 1 GB are an error');
	is(answer('SELECT 1'), '1', '... and the server lives');
}

$node->stop;
done_testing();
