# A mart follows its source: columns that get other names, swap them or go, a source or an extension that is dropped. Nothing
# binds to another column, a right or a row is lost, and readers go on.
#   PT_LONG  each expression in a kept mart, too; by default two of them
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('names');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nlisten_addresses = ''\nmax_parallel_workers_per_gather = 0\n");
$node->start;

sub answer { return $node->safe_psql('postgres', $_[0]) }

# the error of a statement, with its SQLSTATE
sub error
{
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$_[0]");
	return $err;
}

answer(q{CREATE SCHEMA ext; CREATE EXTENSION purchase_trends SCHEMA ext; ALTER DATABASE postgres SET search_path = public, ext;
	ALTER DATABASE postgres SET client_min_messages = warning});
answer(q{
	CREATE FUNCTION twice(x numeric) RETURNS numeric IMMUTABLE LANGUAGE sql AS 'SELECT 2 * x';
	-- numbers of columns are not their places
	CREATE TABLE orders (gone integer, customer_id integer, quantity integer, price numeric, fee numeric, other numeric, "When, exactly" timestamp, product text, tags text, status text);
	ALTER TABLE orders DROP gone;
	INSERT INTO orders SELECT i % 10, 1 + i % 3, i, 1, 1000, timestamp '2024-01-01' + i * interval '1 day', 'p' || i % 3, 'x,y' || i % 4, CASE WHEN i % 7 = 0 THEN 'void' ELSE 'ok' END
	FROM generate_series(1, 100) i;
	CREATE INDEX ON orders (customer_id)});

# what reads price and fee, in all ways
my %made = (
	bare => [ 'price', {} ],
	both => [ q{quantity * price - fee}, {} ],
	qualified => [ q{orders.quantity*"orders" . /* of one */ "price" - orders.fee}, {} ],
	called => [ q{twice(price) / 2}, {} ],
	chosen => [ q{CASE WHEN fee BETWEEN price AND price THEN fee ELSE coalesce(price, other) END}, {} ],
	subquery => [ q{(SELECT max(x.price) FROM (SELECT 1 + orders.price - 1) AS x(price))}, {} ],
	escaped => [ q{U&"pr\0069ce" + U&"!0066ee" UESCAPE '!' - fee}, {} ]);
my @marts;
for my $what (sort keys %made)
{
	for my $mode ('live', ('kept') x ($ENV{PT_LONG} || $what =~ /^(bare|subquery)$/))
	{
		push @marts, "${what}_$mode";
		answer(qq{SELECT count(*) FROM create_mart('${what}_$mode', 'orders', amount => \$sql\$$made{$what}[0]\$sql\$, purchased_at => 'When, exactly', quantity => 'quantity', mode => '$mode',
			product => 'product', row_filter => 'status <> ''void'' AND price > 0', dimensions => ARRAY['label => product || (SELECT max(t) FROM unnest(string_to_array(tags, '','')) t)'])});
	}
}
my $figures = q{SELECT (SELECT k::text FROM %1$s.kpi_total k), (SELECT md5(string_agg(b::text, ',' ORDER BY b::text)) FROM %1$s.breakdown b), (SELECT md5(string_agg(p::text, ',' ORDER BY p::text)) FROM %1$s.purchases p)};
my %before = map { ($_ => answer(sprintf $figures, $_)) } @marts;

# --- other names ----------------------------------------------------------------

sub follows
{
	my ($what, @work) = @_;
	for my $mart (@marts)
	{
		is(answer(sprintf $figures, $mart), $before{$mart}, "$what: $mart, as it was made");
		# all that reads an expression
		if ($mart =~ /^(bare|subquery)_kept/)
		{
			is(answer("SELECT count(*) FROM verify_mart('$mart')"), '0', '... it verifies');
			answer("SELECT 1 FROM refresh_mart('$mart')");
			is(answer(sprintf $figures, $mart), $before{$mart}, '... refreshed');
			answer("SELECT set_mart_as_of('$mart', '2024-02-01'); SELECT set_mart_as_of('$mart', NULL)");
			is(answer(sprintf $figures, $mart), $before{$mart}, '... looked at from another time and back');
		}
		if ($mart =~ /^bare/)
		{
			is(answer("SELECT customer_indexed FROM mart_status() WHERE mart = '$mart'"), 't', '... mart_status knows the index');
		}
		answer("SELECT upgrade_mart('$mart')");
		is(answer(sprintf $figures, $mart), $before{$mart}, '... upgraded');
	}
	return;
}

answer(q{ALTER TABLE orders RENAME price TO "Unit ""price"""; ALTER TABLE orders RENAME status TO state; ALTER TABLE orders RENAME product TO "order"; ALTER TABLE orders RENAME tags TO words});
answer(q{ALTER TABLE orders ADD price numeric DEFAULT 7, ADD product text DEFAULT 'another'});
follows('renamed, and others of the old names');
answer(q{ALTER TABLE orders RENAME other TO aside; ALTER TABLE orders RENAME fee TO other; ALTER TABLE orders RENAME "Unit ""price""" TO fee; ALTER TABLE orders RENAME aside TO "Unit ""price""";
	ALTER TABLE orders RENAME customer_id TO x; ALTER TABLE orders RENAME quantity TO customer_id; ALTER TABLE orders RENAME x TO quantity});
follows('swapped');
answer('ALTER TABLE orders RENAME TO "Sales, all"; CREATE TABLE orders (price numeric)');
follows('the table renamed');
for my $mart (grep { /^(bare|called)_live/ } @marts)
{
	answer("SELECT set_mart_mode('$mart', 'kept', 'compare')");
	is(answer(sprintf $figures, $mart), $before{$mart}, "$mart, kept");
	answer("SELECT set_mart_mode('$mart', 'live')");
}
answer('DROP TABLE orders; ALTER TABLE "Sales, all" RENAME TO orders; ALTER TABLE orders DROP price, DROP product');

# a dump has the numbers of columns that another server counts anew
answer("ALTER TABLE orders RENAME words TO tags; SELECT upgrade_mart('bare_live')");
answer('ALTER TABLE orders RENAME fee TO aside; ALTER TABLE orders RENAME "Unit ""price""" TO fee; ALTER TABLE orders RENAME aside TO "Unit ""price"""');
answer('CREATE DATABASE copy');
my $dump = "$PostgreSQL::Test::Utils::tmp_check/names.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'dumped after a swap');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('copy') ], '... and restored');
$node->safe_psql('copy', 'ALTER DATABASE copy SET search_path = public, ext');
my ($code, $out, $err) = $node->psql('copy', "SELECT upgrade_mart('bare_live')");
like($err, qr/mart "bare_live": amount: "fee" does not name the columns that its view reads\nDETAIL:  The view purchases reads: "Unit ""price"""/, '... it binds to no other column');
is($node->safe_psql('copy', sprintf $figures, 'bare_live'), $before{bare_live}, '... and the mart goes on');
answer("SELECT upgrade_mart('$_')") for @marts;
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'dumped after an upgrade');
answer('DROP DATABASE copy'); answer('CREATE DATABASE copy');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('copy') ], '... and restored');
$node->safe_psql('copy', 'ALTER DATABASE copy SET search_path = public, ext');
for my $mart (@marts)
{
	$node->safe_psql('copy', "SELECT upgrade_mart('$mart')");
	is($node->safe_psql('copy', sprintf $figures, $mart), $before{$mart}, "... $mart, upgraded there");
}

# --- what cannot be followed is refused -------------------------------------------

answer(q{SELECT count(*) FROM create_mart('whole', 'orders', customer_id => 'quantity', amount => '(orders)."Unit ""price"""', purchased_at => 'When, exactly')});
answer(q{ALTER TABLE orders RENAME "Unit ""price""" TO paid});
like(error("SELECT upgrade_mart('whole')"), qr/ERROR:  55000: mart "whole": amount: ".*" cannot be written with the names of today\nDETAIL:  "Unit ""price""" is paid now.*HINT:  .*UPDATE whole\.mart SET roles/s, 'an expression that is more than names');
my $revenue = answer('SELECT revenue FROM whole.kpi_total');
answer(q{UPDATE whole.mart SET roles = roles || '{"amount": "paid"}'; SELECT upgrade_mart('whole')});
is(answer('SELECT revenue FROM whole.kpi_total'), $revenue, '... what is put into the settings is read as it stands');
answer('ALTER TABLE orders DROP paid CASCADE; ALTER TABLE orders ADD paid numeric DEFAULT 1');
for my $work ("upgrade_mart('whole')", "set_mart_mode('whole', 'kept')")
{
	like(error("SELECT $work"), qr/ERROR:  42703: mart "whole": amount: the column paid, which "paid" reads, was dropped\nDETAIL:  The column paid that public.orders has now is another one/, "a column of the same name is no other: $work");
}
like(answer("SELECT fresh, problem FROM mart_status() WHERE mart = 'whole'"), qr/^f\|its views are gone/, '... and mart_status says so');
answer("SELECT drop_mart('$_')") for @marts, 'whole';

# --- rights, and options of views ---------------------------------------------------

answer(q{CREATE ROLE trusted; CREATE ROLE other; CREATE ROLE reader; ALTER TABLE orders ADD amount numeric DEFAULT 3;
	SELECT count(*) FROM create_mart('shop', 'orders', customer_id => 'quantity', amount => 'amount', purchased_at => 'When, exactly', mode => 'kept');
	GRANT USAGE ON SCHEMA shop TO PUBLIC;
	GRANT SELECT ON shop.kpi_total TO PUBLIC;
	GRANT SELECT (revenue) ON shop.kpi_day TO trusted WITH GRANT OPTION;
	GRANT SELECT ON shop.dim_customer TO other WITH GRANT OPTION;
	ALTER VIEW shop.dim_customer SET (security_barrier = on);
	ALTER VIEW shop.kpi_total SET (security_barrier)});
my $rights = q{SELECT nspacl FROM pg_namespace WHERE nspname = 'shop';
	SELECT c.relname, c.relacl, o.option_value::boolean, (SELECT string_agg(a.attname || a.attacl::text, ' ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL)
	FROM pg_class c LEFT JOIN pg_options_to_table(c.reloptions) o ON true
	WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname !~ '^kept|^customer_change' ORDER BY 1};
my $granted = answer($rights);
like($granted, qr/\|t\|/, 'rights and options are there');
answer(q{SELECT upgrade_mart('shop')});
is(answer($rights), $granted, '... after an upgrade');
answer(q{SELECT set_mart_mode('shop', 'live')});
is(answer($rights), $granted, '... in the other mode');
answer(q{SELECT set_mart_mode('shop', 'kept')});

# --- among readers ------------------------------------------------------------------

$node->append_conf('postgresql.conf', 'log_min_messages = error');
$node->reload;
my $script = "$PostgreSQL::Test::Utils::tmp_check/read.sql";
# views in both orders, so that locks are taken in a circle, and moments without a lock
append_to_file($script, "BEGIN;\nSELECT revenue FROM shop.kpi_total;\nSELECT count(*) FROM shop.breakdown;\nCOMMIT;\n\\sleep 30 ms\n"
	. "BEGIN;\nSELECT count(*) FROM shop.breakdown;\nSELECT revenue FROM shop.kpi_total;\nCOMMIT;\nSELECT count(*) FROM shop.dim_customer;\n\\sleep 30 ms\n");
my ($in, $read, $complaint) = ('', '', '');
local $ENV{PGAPPNAME} = 'reading';
# a transaction that fails ends it
my $reading = IPC::Run::start([ 'pgbench', '-n', '-c', '2', '-j', '1', '-T', '600', '-f', $script, $node->connstr('postgres') ], \$in, \$read, \$complaint);
for my $i (1 .. 5)
{
	is((error("SELECT upgrade_mart('shop')")), '', "an upgrade among readers, $i");
}
ok($reading->pumpable, 'readers go on');
answer(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reading' AND pid <> pg_backend_pid()});
$reading->finish;
unlike($complaint, qr/deadlock|does not exist|could not open|cache lookup|relation with OID/, '... and none has failed');
is(answer($rights), $granted, '... and all rights are there');

# --- the extension is dropped, and comes again -------------------------------------------

answer(q{SELECT count(*) FROM create_mart('live', 'orders', customer_id => 'quantity', amount => 'amount', purchased_at => 'When, exactly', security_invoker => true)});
my %figures = map { ($_ => answer(sprintf $figures, $_)) } 'live', 'shop';
my $scheme = answer('SELECT segment_scheme FROM live.mart');
answer('DROP EXTENSION purchase_trends CASCADE');
answer('INSERT INTO orders (quantity, amount, "When, exactly") VALUES (1, 2, \'2024-01-02\'); CREATE EXTENSION purchase_trends SCHEMA ext');
is(answer(q{SELECT string_agg(mart || ' ' || fresh || ' ' || (problem ~ 'upgrade_mart'), ', ' ORDER BY mart) FROM mart_status()}), 'live false true, shop false true', 'DROP EXTENSION: mart_status tells what to do');
like(error("SELECT mart_dashboard('$_')"), qr/ERROR:  42P01: the views of mart "$_" are gone.*HINT:  upgrade_mart/s, "... and mart_dashboard, $_") for 'live', 'shop';
answer(q{SELECT upgrade_mart('live'); SELECT upgrade_mart('shop')});
is(answer('SELECT segment_scheme FROM live.mart'), $scheme, '... upgrade_mart repairs: the scheme is there');
is(answer(sprintf('SELECT revenue FROM %s.kpi_total', 'shop')), answer('SELECT sum(amount)::numeric(18,2) FROM orders'), '... and all figures, with what came in between');
is(answer(sprintf $figures, 'shop'), answer(sprintf $figures, 'live'), '... the same in both modes');
is(answer(q{SELECT count(*) FROM verify_mart('shop')}), '0', '... and it verifies');
is(answer(q{SELECT bool_and(fresh) FROM mart_status()}), 't', '... as mart_status says');
isnt($figures{shop}, answer(sprintf $figures, 'shop'), '... which is not what it was');

# --- the source is dropped ----------------------------------------------------------------

answer('DROP TABLE orders CASCADE; CREATE TABLE orders (quantity integer, amount numeric, "When, exactly" timestamp)');
is(answer(q{SELECT string_agg(mart || ' ' || source || ' ' || fresh || ' ' || problem, ', ' ORDER BY mart) FROM mart_status()}), 'live public.orders false the source is gone, shop public.orders false the source is gone', 'DROP TABLE: mart_status names the source');
for my $mart ('live', 'shop')
{
	for my $work ("upgrade_mart('$mart')", "set_mart_mode('$mart', 'kept')", "set_mart_mode('$mart', 'live')", "mart_dashboard('$mart')",
		$mart eq 'shop' ? ("refresh_mart('$mart')", "count(*) FROM verify_mart('$mart')", "set_mart_as_of('$mart', '2024-01-05')") : ("grant_mart('$mart', 'reader')"))
	{
		like(error("SELECT $work"), qr/ERROR:  42P01: the source of mart "$mart" is gone: public\.orders\n/, "... so does $work");
	}
}
answer(q{SELECT set_mart_as_of('live', '2024-01-05'); SELECT grant_mart('shop', 'reader'); SELECT revoke_mart('live', 'reader')});
answer(q{SELECT drop_mart('live'); SELECT drop_mart('shop')});
is(answer(q{SELECT count(*) FROM pg_namespace WHERE nspname IN ('live', 'shop')}), '0', '... and they can be dropped');

done_testing();
