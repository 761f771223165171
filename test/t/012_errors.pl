# What people see of an error: the message, what helps, and no places in our code.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use LoadTest ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('errors');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->start;
$node->safe_psql('postgres', q{
	CREATE ROLE visitor LOGIN;
	CREATE DATABASE shop});
$node->safe_psql('shop', q{
	CREATE EXTENSION purchase_trends;
	CREATE TABLE orders AS SELECT * FROM simulate_purchases(20, 60, 1);
	CREATE TABLE undated AS SELECT customer_id, amount, category FROM orders;
	CREATE TABLE odd (a text, b text);
	CREATE TABLE raw (a text);
	INSERT INTO raw VALUES ('1'), ('x');
	SELECT count(*) FROM create_mart('shop', 'orders');
	SELECT count(*) FROM create_mart('bare', 'undated');
	SELECT count(*) FROM create_mart('kept', 'orders', mode => 'kept');
	CREATE VIEW on_shop AS SELECT * FROM shop.kpi_total;
	SELECT count(*) FROM prepare_purchases('raw', 'done');
	CREATE VIEW on_done AS SELECT * FROM done});
my $file = LoadTest::write_file(PostgreSQL::Test::Utils::tempdir() . '/bad.csv', "a,b\n1,\xff\n");
my $header = LoadTest::write_file(PostgreSQL::Test::Utils::tempdir() . '/header.csv', "a,b\xff\n1,2\n");

# What psql shows of it, as psql is when somebody starts it.
sub shown
{
	my ($role, $sql) = @_;
	my ($rc, $out, $err) = $node->psql('shop', $sql, extra_params => [ '-U', $role ]);
	return $err;
}

my $functions = q{
	SELECT p.* FROM pg_proc p
	JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'purchase_trends') AND p.proname !~ '^pt_'};

# --- Typical mistakes -------------------------------------------------------------

# Those of a superuser, and with a role in front of it those of one who has no rights.
my %mistakes = (
	count_duplicates => [ 'NULL', "'pg_class'", "visitor: 'orders'" ],
	create_mart => [ "'shop', 'orders'", "'new', 'odd'", "'new', NULL", "NULL, 'orders'", "'pg_x', 'orders'", "'new', 'orders', amount => 'nope'", "'new', 'orders', amount => '1/0'",
		"'new', 'orders', mode => 'x'", "'new', 'orders', time_zone => 'x'", "'new', 'orders', row_filter => 'amount'", "'new', 'orders', calendar => '4-4-5'", "'new', 'orders', roles => '{\"x\": \"y\"}'",
		"'shop', 'orders', replace => true", "'public', 'orders', replace => true", "visitor: 'new', 'orders'", "visitor: 'shop', 'orders', replace => true" ],
	create_raw_table => [ "'t', ''", "'t', 'a,a'", "'t', 'a,\"b'", "'orders', 'a'", "'nope.t', 'a'", "'t', 'a', 'xx'", 'NULL, NULL', "visitor: 'public.t', 'a'" ],
	describe_table => [ 'NULL', "visitor: 'orders'" ],
	drop_mart => [ "'nope'", 'NULL', "'public'", "'shop'", "visitor: 'bare'" ],
	grant_mart => [ "'nope', 'visitor'", "'shop', 'nobody'", "'shop', NULL", "visitor: 'shop', 'visitor'" ],
	import_csv => [ "'t', '/nowhere.csv'", "'t', '$file'", "'t', '$header'", "'t', NULL", "'t', '$file', encoding => 'x'", "'orders', '$file'", "visitor: 't', '$file'" ],
	mart_dashboard => [ "'nope'", "'shop', NULL", "'shop', '[]'", "'shop', '{\"x\": []}'", "'shop', '{}', 'x'", "'shop', '{}', 'overview', '[]'", "'shop', '{}', 'overview', '{\"preset\": \"x\"}'",
		"'shop', '{}', 'overview', '{\"from\": \"2024-02-30\"}'", "'shop', '{}', 'overview', '{\"from\": \"2024-02-02\", \"to\": \"2024-02-01\"}'", "visitor: 'shop'" ],
	mart_dashboard_part => [ "'nope', '{}', 'overview', NULL, '{}'", "'shop', '{}', 'overview', NULL, NULL", "'shop', '{}', 'customers', NULL, '{NULL}'", "'shop', '{}', 'customers', NULL, '{kpi_total}'", "'shop', '{}', 'x', NULL, '{}'",
		"'shop', '[]', 'overview', NULL, '{}'", "'shop', '{}', NULL, NULL, '{}'", "NULL, '{}', 'overview', NULL, '{}'", "visitor: 'shop', '{}', 'overview', NULL, '{}'" ],
	mart_dashboard_parts => [ "'nope'", 'NULL', "'shop', NULL", "'shop', 'x'", "visitor: 'shop'" ],
	mart_customers => [ "'nope'", 'NULL', "'shop', NULL", "'shop', '[]'", "'shop', '{}', NULL", "'shop', '{}', '{\"x\": []}'", "'shop', '{}', '{\"spend_tier\": \"x\"}'", "'shop', sort => 'customer_id; DROP TABLE x'", "'shop', sort => NULL", "'shop', descending => NULL",
		"'shop', max_rows => 0", "'shop', max_rows => 1001", "'shop', max_rows => NULL", "'shop', skip_rows => -1", "'shop', search => repeat('x', 201)", "'shop', '{}', '{\"cohort_month\": [\"x\"]}'", "visitor: 'shop'" ],
	mart_purchases => [ "'nope'", 'NULL', "'shop', NULL", "'shop', '{\"x\": []}'", "'shop', sort => 'x'", "'shop', descending => NULL", "'shop', max_rows => 0", "'shop', skip_rows => NULL", "'shop', period => '[]'", "visitor: 'shop'" ],
	mart_findings => [ "'nope'", "NULL", "'shop', NULL", "'shop', '{\"x\": []}'", "'shop', '{}', 'x'", "'shop', '{}', 'overview', '{\"x\": 1}'", "visitor: 'shop'" ],
	mart_status => [],
	prepare_purchases => [ "'orders', 'orders'", "NULL, 't'", "'raw', NULL", "'raw', 't', misfits => 'x'", "'raw', 't', '{\"x\": \"y\"}'", "'raw', 't', decimal_mark => 'x'", "'raw', 't', tolerance => 2",
		"'raw', 't', types => '{\"a\": \"x\"}'", "'raw', 'done', replace => true", "'orders', 'raw', replace => true", "visitor: 'raw', 't'" ],
	redundant_columns => [ 'NULL', "visitor: 'orders'" ],
	fit_mart => [ "'nope'", "'bare'", "'shop', 'sbg'", "'shop', NULL", "visitor: 'shop'" ],
	refresh_mart => [ "'nope'", "'shop'", 'NULL', "visitor: 'kept'" ],
	revenue_change => [ "'nope', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)'", "'shop', 'empty', '[2024-02-01,2024-03-01)'", "'shop', NULL, NULL", "visitor: 'shop', '[2024-01-01,2024-02-01)', '[2024-02-01,2024-03-01)'" ],
	revoke_mart => [ "'nope', 'visitor'", "'shop', 'nobody'", "visitor: 'shop', 'visitor'" ],
	set_mart_as_of => [ "'nope', NULL", "'shop', 'infinity'", "'bare', '2024-01-01'", "visitor: 'shop', NULL" ],
	set_mart_currency => [ "'nope', 'EUR'", "'shop', 'euro'", "'shop', 'eur'", "'shop', ''", "visitor: 'shop', 'EUR'" ],
	set_mart_spend => [ "'nope', NULL", "'shop', 'shop.mart'", "'shop', 1::regclass", "'bare', 'shop.mart'", "visitor: 'shop', NULL" ],
	set_mart_calendar => [ "'nope', 'month'", "'shop', 'monthly'", "'shop', NULL", "'bare', 'month'", "visitor: 'shop', 'month'" ],
	set_mart_mode => [ "'nope', 'kept'", "'bare', 'x'", "'bare', NULL", "'bare', 'live', 'row'", "'shop', 'kept'", "visitor: 'shop', 'kept'" ],
	suggest_roles => [ 'NULL', "'pg_class'", "visitor: 'orders'" ],
	upgrade_mart => [ "'nope'", 'NULL', "'shop'", "visitor: 'shop'" ],
	verify_mart => [ "'nope'", "'shop'", 'NULL', "visitor: 'kept'" ],
	welch_test => [ '(SELECT sales_stats(amount, true) FROM orders), (SELECT sales_stats(amount, true) FROM orders), 2' ]);

my @behind = split /\n/, $node->safe_psql('shop', "SELECT DISTINCT proname FROM ($functions) p WHERE prosrc ~ '^pt_(call_body|as_mart_owner|create_mart)' ORDER BY 1");
cmp_ok(scalar @behind, '>', 10, 'functions that run others in PL/pgSQL');
is(join(' ', @behind), join(' ', sort keys %mistakes), '... and each has its mistakes here');
for my $function (@behind)
{
	my @silent;
	my @told;
	for my $mistake (@{ $mistakes{$function} })
	{
		my ($role, $arguments) = $mistake =~ /^(visitor): (.*)/ ? ($1, $2) : ('postgres', $mistake);
		my $err = shown($role, "SELECT * FROM $function($arguments)");
		push @silent, $mistake if $err !~ /ERROR:  \S/;
		push @told, "$mistake: $err" if $err =~ /CONTEXT/;
	}
	is(join("\n", @silent), '', "$function: each is an error");
	is(join("\n", @told), '', '... without places in our code');
}
like(shown('postgres', q{SELECT drop_mart('nope')}), qr/^psql:<stdin>:1: ERROR:  there is no mart "nope"\nDETAIL:  The marts here are: bare, kept, shop\.\nHINT:  create_mart\(\) makes one\.\z/, 'all that is said');

# What calls them is told as ever.
like(shown('postgres', q{DO $$ BEGIN PERFORM drop_mart('nope'); END $$}), qr/ERROR:  there is no mart "nope"\n.*^CONTEXT:  SQL statement "SELECT drop_mart\('nope'\)"\nPL\/pgSQL function inline_code_block line 1 at PERFORM\z/ms,
	'the place in code of the caller');

# --- Every function with what it may not like -----------------------------------------

my @calls = split /\x01/, $node->safe_psql('shop', qq{
	SELECT string_agg(format('SELECT %s(%s);', f.oid::regproc, a.arguments), chr(1))
	FROM ($functions) f
	CROSS JOIN generate_series(1, 3) AS n
	CROSS JOIN LATERAL (
		SELECT coalesce(string_agg(format('%s::%s', CASE
				WHEN y.typtype = 'e' THEN quote_nullable((SELECT enumlabel FROM pg_enum WHERE enumtypid = y.oid AND enumsortorder = n))
				WHEN y.typtype IN ('c', 'b') AND y.oid >= 16384 THEN 'NULL'
				ELSE coalesce((CASE y.typname
					WHEN 'text' THEN ARRAY['''nope''', '''''', 'NULL']
					WHEN 'name' THEN ARRAY['''nope''', '''''', 'NULL']
					WHEN 'regclass' THEN ARRAY['''odd''', '''pg_class''', '0']
					WHEN 'jsonb' THEN ARRAY['''{"nope": 1}''', '''[]''', '''null''']
					WHEN 'bool' THEN ARRAY['true', 'false', 'NULL']
					WHEN 'timestamp' THEN ARRAY['''infinity''', '''2024-01-01''', '''-infinity''']
					WHEN 'timestamptz' THEN ARRAY['''infinity''', '''2024-01-01''', '''-infinity''']
					WHEN 'date' THEN ARRAY['''infinity''', '''2024-01-01''', '''-infinity''']
					WHEN 'interval' THEN ARRAY['''-1 day''', '''0 days''', '''1 month''']
					WHEN 'bytea' THEN ARRAY['''x''', '''''', 'NULL']
					WHEN 'float8' THEN ARRAY['''NaN''', '-1', '''infinity''']
					WHEN 'float4' THEN ARRAY['''NaN''', '-1', '''infinity''']
					WHEN 'numeric' THEN ARRAY['''NaN''', '-1', '1e30']
					WHEN 'int2' THEN ARRAY['-1', '0', '32767']
					WHEN 'int4' THEN ARRAY['-1', '0', '99']
					WHEN 'int8' THEN ARRAY['-1', '0', '9223372036854775807'] END)[n],
					CASE WHEN y.typelem <> 0 THEN (ARRAY['''{}''', '''{NULL}''', 'NULL'])[n] ELSE 'NULL' END) END, format_type(y.oid, NULL)), ', ' ORDER BY t.place), '') AS arguments
		FROM unnest(f.proargtypes::oid[]) WITH ORDINALITY AS t(oid, place)
		JOIN pg_type y ON y.oid = t.oid) a
	WHERE f.prokind IN ('f', 'a') AND f.proname <> 'mart_status'
		AND NOT EXISTS (SELECT FROM unnest(f.proargtypes::oid[] || f.prorettype) AS t(oid) WHERE t.oid IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype))
		AND NOT EXISTS (SELECT FROM pg_aggregate g WHERE g.aggfnoid = f.oid AND g.aggkind <> 'n')});
cmp_ok(scalar @calls, '>', 300, 'calls of all functions');
my $calls = PostgreSQL::Test::Utils::tempdir() . '/calls.sql';
append_to_file($calls, join "\n", @calls, '');
my ($out, $err) = ('', '');
IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr('shop'), '-f', $calls ], '>', \$out, '2>', \$err);
my @errors = $err =~ /ERROR:  /g;
cmp_ok(scalar @errors, '>', 50, '... of which many are errors');
unlike($err, qr/server closed|connection to server was lost/, '... none is a crash');
my @places = $err =~ /^(?:psql:[^\n]*\n(?:(?!psql:)[^\n]*\n)*?)CONTEXT:[^\n]*/mg;
is(join("\n", @places), '', '... and none shows a place in our code');

$node->stop;
done_testing();
