# The regression tests under settings, plans and collations that a user may have:
# the answers are those of the expected files, whatever they are.
#   PT_LONG      all tests, and JIT, too
#   PT_SETTINGS  a regular expression: the runs to make
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'the tests themselves run under sanitizers' if $ENV{PT_SANITIZE};

my $source = $ENV{PT_SOURCE} || "$FindBin::RealBin/../..";
my $long = $ENV{PT_LONG};
my $node = PostgreSQL::Test::Cluster->new('settings');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->start;

# As pg_regress has them, if a run has no others.
my %usual = (datestyle => 'Postgres, MDY', timezone => 'PST8PDT', intervalstyle => 'postgres_verbose', lc_messages => 'C');
my @all = map { m{([^/]+)\.sql$} } sort glob "$source/sql/*.sql";
# Those that look at plans say nothing about other ones.
my @of_plans = grep { slurp_file("$source/sql/$_.sql") !~ /EXPLAIN/ || $_ eq 'mart' } @all;

my %runs = (
	# What is written and read, see test/fuzz/ptsettings.c.
	text => {
		settings => {
			datestyle => 'SQL, DMY', timezone => 'Asia/Kathmandu', intervalstyle => 'iso_8601', extra_float_digits => -15,
			bytea_output => 'escape', xmloption => 'document', 'ptsettings.odd_literals' => 'on', backslash_quote => 'off',
			escape_string_warning => 'off', transform_null_equals => 'on', search_path => [ 'public', 'pg_catalog' ],
			'plpgsql.variable_conflict' => 'use_column', check_function_bodies => 'off' },
		tests => [ $long ? @all : qw(amount bucket canonical_text change clean cohort loyalty mart mart_dated prepare quantile) ] },
	plans => {
		settings => {
			(map { ("enable_$_" => 'off') } qw(hashagg sort mergejoin seqscan material memoize incremental_sort)),
			force_parallel_mode => 'regress', debug_parallel_query => 'regress', parallel_setup_cost => 0, parallel_tuple_cost => 0, min_parallel_table_scan_size => 0,
			plan_cache_mode => 'force_generic_plan', work_mem => '64kB', join_collapse_limit => 1, from_collapse_limit => 1, row_security => 'on' },
		tests => [ $long ? @of_plans : qw(amount change mart mart_dated) ] },
	# Collation of the database: not of bytes.
	collation => {
		database => "LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'und'",
		tests => [ $long ? @of_plans : qw(amount change dashboard mart) ] },
	$long ? (jit => { settings => { jit => 'on', jit_above_cost => 0, jit_inline_above_cost => 0, jit_optimize_above_cost => 0 }, tests => [ qw(amount bucket cuped dashboard mart mart_dated stats) ] }) : ());

# What the tests themselves sort by the collation of the database, or show of settings.
my %left_out = map { $_ => 1 } 'collation mart_dated', 'text replace';

for my $run (grep { $_ =~ /@{[ $ENV{PT_SETTINGS} || '.' ]}/ } sort keys %runs)
{
	my %settings = (%usual, %{ $runs{$run}{settings} || {} });
	# the name stands in answers
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS contrib_regression');
	$node->safe_psql('postgres', "CREATE DATABASE contrib_regression TEMPLATE template0 ENCODING 'UTF8' " . ($runs{$run}{database} || "LOCALE 'C'"));
	$node->safe_psql('postgres', q{ALTER DATABASE contrib_regression SET session_preload_libraries = 'ptsettings'});
	for my $name (sort keys %settings)
	{
		next unless $name =~ /\./ || $node->safe_psql('postgres', "SELECT current_setting('$name', true) IS NOT NULL") eq 't';
		my @values = ref $settings{$name} ? @{ $settings{$name} } : "'$settings{$name}'";
		$node->safe_psql('postgres', "ALTER DATABASE contrib_regression SET $name = " . join ', ', @values);
	}
	$node->safe_psql('contrib_regression', 'CREATE EXTENSION purchase_trends');
	my $results = "$PostgreSQL::Test::Utils::tmp_check/$run";
	mkdir $results;
	mkdir "$results/results";
	for my $test (@{ $runs{$run}{tests} })
	{
		next if $left_out{"$run $test"};
		my $out = "$results/$test.out";
		# as pg_regress calls it
		system("cd '$results' && PGHOST='" . $node->host . "' PGPORT=" . $node->port . " PGCLIENTENCODING=UTF8 psql -X -a -q -d contrib_regression -v HIDE_TABLEAM=on -v HIDE_TOAST_COMPRESSION=on < '$source/sql/$test.sql' > '$out' 2>&1");
		my $diff = `diff -U3 '$source/expected/$test.out' '$out'`;
		is($diff, '', "$run: $test");
	}
}

# --- What is no setting ------------------------------------------------------

for my $encoding ('LATIN1', 'SQL_ASCII')
{
	$node->safe_psql('postgres', "CREATE DATABASE other TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	my ($rc, $out, $err) = $node->psql('other', 'CREATE EXTENSION purchase_trends');
	like($err, qr/ERROR:  purchase_trends needs a database whose encoding is UTF8\nDETAIL:  That of other is $encoding/, "$encoding is refused, and why");
	$node->safe_psql('postgres', 'DROP DATABASE other');
}

# Columns of which upper and lower case are equal, in a mart beside one of the same values: the answers are the same.
# The database has the C locale, and a dimension has a name that it knows no letters of.
$node->safe_psql('postgres', "CREATE DATABASE words TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
$node->safe_psql('words', q{
	CREATE EXTENSION purchase_trends;
	CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
	CREATE TABLE plain AS SELECT g AS order_id, (ARRAY['Ann','ann','BOB','Bob','c'])[1 + g % 5] AS customer_id, timestamp '2024-01-01' + g * interval '1 day' AS purchased_at, g * 1.5 AS amount,
		(ARRAY['Shoes','shoes','Hats','HATS','hats '])[1 + g % 5] AS category, (ARRAY['Red','red','RED'])[1 + g % 3] AS product, (ARRAY['Yes','YES','no'])[1 + g % 3] AS discounted,
		(ARRAY['S','s','M'])[1 + g % 3] AS "größe", (ARRAY['F','f','M'])[1 + g % 3] AS gender
	FROM generate_series(1, 100) AS g;
	CREATE TABLE folded (LIKE plain);} . join ';', map { "ALTER TABLE folded ALTER $_ TYPE text COLLATE folded" } qw(customer_id category product discounted "größe" gender));
$node->safe_psql('words', q{
	INSERT INTO folded SELECT * FROM plain;
	SELECT FROM create_mart('mart_plain', 'plain', dimensions => '{größe}');
	SELECT FROM create_mart('mart_folded', 'folded', dimensions => '{größe}')});
is($node->safe_psql('words', q{SELECT DISTINCT dimension FROM mart_folded.breakdown WHERE dimension LIKE 'gr%'}), 'größe', 'a dimension whose name has a letter that the locale does not know');
for my $view (split /\n/, $node->safe_psql('words', q{SELECT relname FROM pg_class WHERE relnamespace = 'mart_plain'::regnamespace AND relkind = 'v' AND relname NOT IN ('source_row', 'mart_basis') ORDER BY 1}))
{
	is($node->safe_psql('words', qq{
		(SELECT to_jsonb(a) FROM mart_plain.$view AS a EXCEPT ALL SELECT to_jsonb(b) FROM mart_folded.$view AS b)
		UNION ALL (SELECT to_jsonb(b) FROM mart_folded.$view AS b EXCEPT ALL SELECT to_jsonb(a) FROM mart_plain.$view AS a)}), '', "collation of the columns: $view");
}
for my $filter ('{}', '{"category": ["Shoes"], "größe": ["s"]}')
{
	is($node->safe_psql('words', qq{SELECT (mart_dashboard('mart_plain', '$filter') - 'mart' - 'source') = (mart_dashboard('mart_folded', '$filter') - 'mart' - 'source')}), 't', "collation of the columns: dashboard with $filter");
}
$node->stop;
done_testing();
