# Every function of the extension with large arguments, and every aggregate over many
# rows, can be cancelled: none runs on for long after that, in a loop without a way
# out or a sort of the library. What is measured is processor time, which a busy
# machine does not change.
#   PT_LONG      ten times as large
#   FUZZ_ONLY    a regular expression: the functions to call
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Functions qw(functions own_types usual);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'times under sanitizers say nothing' if $ENV{PT_SANITIZE};

my $only = $ENV{FUZZ_ONLY} || '.';
my $rows = $ENV{PT_LONG} ? 2_000_000 : 100_000;
my $megabytes = $ENV{PT_LONG} ? 300 : 40;
my $values = $ENV{PT_LONG} ? 20_000_000 : 2_000_000;
my $after = 20;	# milliseconds
my $limit = 200;	# after that
my $seeds = do "$FindBin::RealBin/../fuzz/seeds.pl" or die "seeds.pl: $! $@";

my $node = PostgreSQL::Test::Cluster->new('cancel');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "work_mem = '1GB'\nmax_parallel_workers_per_gather = 0\nmax_wal_size = '8GB'\nautovacuum = off\njit = off");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION purchase_trends; CREATE EXTENSION ptfuzz');
my %own = own_types($node, 'postgres', $seeds);

# --- Large values ------------------------------------------------------------

# Texts that the parsers read to the end, or stop in; arrays as long as memory lets them be.
my %large = (
	text => [ map { "repeat(repeat($_, 1000), $megabytes * 1000 / octet_length($_))" } q{'Ab, 1é '}, q{' '}, q{'1'}, $ENV{PT_LONG} ? (q{'é-'}, q{'","'}, q{'('}, q{E'\n'}) : () ],
	bytea => ["convert_to(repeat(repeat('a,\"b', 1000), $megabytes * 1000 / 4), 'UTF8')"],
	'integer[]' => [ "(SELECT array_agg(g) FROM generate_series(1, $values) AS g)", "(SELECT array_agg((random() * 1e9)::integer) FROM generate_series(1, $values) AS g)" ],
	'bigint[]' => [ "(SELECT array_agg(g) FROM generate_series(1::bigint, $values) AS g)", "(SELECT array_agg((1 + random() * 1e9)::bigint) FROM generate_series(1, $values) AS g)", "(SELECT array_agg(ARRAY[g, g + 1]) FROM generate_series(1::bigint, $values / 2) AS g)" ],
	'double precision[]' => [ "(SELECT array_agg(g::double precision) FROM generate_series(1, $values) AS g)", "(SELECT array_agg(random()) FROM generate_series(1, $values) AS g)" ],
	'boolean[]' => ["(SELECT array_agg(g % 3 = 0) FROM generate_series(1, $values) AS g)"],
	'text[]' => [ "(SELECT array_agg('value ' || g) FROM generate_series(1, $values / 4) AS g)", "ARRAY[repeat('Ab, 1 ', $megabytes * 100000)]" ],
	integer => ['2147483647', '10000'],
	bigint => ['9223372036854775807'],
	'double precision' => [ '1e300', '1e-300', '1e6' ],
	numeric => ["repeat('9', 100000)::numeric"],
	'timestamp without time zone' => ["'294276-12-31'"],
	interval => ["'170000000 years'"]);

# Values of own types, of so many rows. Others do not grow.
my $lines = "purchase_lines(timestamp '2000-01-01' + g * interval '1 hour', 1 + g % 1000 / 100.0, 4, 1, g % 3 = 0, true, ARRAY['v' || g % 50000, 'w' || g], NULL)";
my %type_of;	# of columns that are not named as theirs
my %grown = (
	quantile_state => 'SELECT quantile_state(random()) FROM g',
	rfm_state => 'SELECT rfm_state(random(), g, random()::numeric) FROM g',
	purchase_history => "SELECT purchase_history(timestamp '2000-01-01' + g * interval '1 hour', 1 + g % 1000 / 100.0, g % 3 = 0) FROM g",
	customer_basis => "SELECT customer_basis(('1 {' || (date '2020-01-01' + (g % 1000)::integer) || ' ' || g || '.' || (10 + g % 90) || '}')::purchase_history, '2024-06-01', NULL) FROM g",
	cohort_table => "SELECT cohort_table(('1 {' || (date '2023-01-01' + (g % 300)::integer) || ' 1, ' || (date '2023-03-01' + (g * 7 % 400)::integer) || ' 2}')::purchase_history, '2024-06-01', 'day') FROM g",
	sales_series => "SELECT sales_series(timestamp '2000-01-01' + (g % 19000) * interval '1 day', (random() * 1000)::numeric(10,2), 'day') FROM g",
	clv_data => 'SELECT clv_data(g % 9 + 1, (g % 9 + 1) * random(), 10 + random()) FROM g',
	survival => 'SELECT survival(random() * 1000, g % 3 = 0) FROM g',
	stratified_state => 'SELECT stratified_state(s) FROM (SELECT sales_stats(random()::numeric(10,4), g % 2 = 0) AS s FROM g GROUP BY g / 4) AS strata',
	dimension_codes => "SELECT dimension_codes(g::integer % 6 + 1, g::integer, 'value ' || g) FROM g",
	purchase_lines => "SELECT $lines FROM g",
	basket_set => "SELECT basket_set(g / 8, 'item ' || (g * 7919 + g / 3) % 10007) FROM g",
	acquisition_set => "SELECT acquisition_set(('1 {' || (date '2023-01-01' + (g % 300)::integer) || ' 1, ' || (date '2023-03-01' + (g * 7 % 400)::integer) || ' 2}')::purchase_history, \$\$1 1 {(2023-01-01 1 ~ ~ t ~ \"tea\")}\$\$, '2024-06-01', '{1,-8}', NULL) FROM g",
	sequence_set => "SELECT sequence_set(g / 8, timestamp '2000-01-01' + g % 1000 * interval '1 day', 'item ' || (g * 7919 + g / 3) % 10007) FROM g",
	sales_cube => "SELECT sales_cube(l, g % 2 = 0, cube_plan('{{1,2}}'::integer[])) FROM (SELECT g / 20 AS g, $lines AS l FROM g GROUP BY 1) AS customers");
# Arrays are made once: that takes long.
my $columns = 0;
for my $type (grep { /\[\]$/ } sort keys %large)
{
	my @names;
	for my $value (@{ $large{$type} })
	{
		push @names, 'value_' . ++$columns;
		$grown{ $names[-1] } = "SELECT ($value)::$type";
		$type_of{ $names[-1] } = $type;
	}
	$large{$type} = [ map { "(SELECT fuzz_flat($_) FROM large)" } @names ];
}
my %same_size = map { $_ => 'it has a bound' } qw(rfm_thresholds segment_scheme sales_stats sales_calendar cube_plan clv_model);
is(join(' ', grep { !$grown{$_} && !$same_size{$_} } sort map { $_->{name} } values %own), '', 'every type grows, or is known not to');
$node->safe_psql('postgres', 'CREATE UNLOGGED TABLE large AS SELECT ' . join(', ', map { "NULL::@{[ $type_of{$_} // $_ ]} AS $_" } sort keys %grown) . ';'
	  # compressing is not what is measured; one after the other, since they do not fit into a row before they are stored
	  . join('', map { "ALTER TABLE large ALTER $_ SET STORAGE EXTERNAL; UPDATE large SET $_ = (WITH g AS (SELECT generate_series(1::bigint, $rows) AS g) $grown{$_});" } sort keys %grown));
for my $type (keys %own)
{
	$large{$type} = ["(SELECT fuzz_flat($own{$type}{name}) FROM large)"] if $grown{ $own{$type}{name} };
}
# what an input function reads
$large{cstring} = ["'x'"];

# --- Calls -------------------------------------------------------------------

# One row of arguments, which are there when the time begins.
sub call
{
	my ($f, @arguments) = @_;
	return "SELECT count(*) FROM (SELECT $f(" . join(', ', map { "x$_" } 0 .. $#arguments) . ') FROM (SELECT ' . join(', ', map { "$arguments[$_] AS x$_" } 0 .. $#arguments) . " OFFSET 0) AS arguments WHERE fuzz_cancel_after($after) OFFSET 0) AS s";
}

# Values that differ from row to row.
my %row = (
	integer => '(g % 5 + 1)::integer', bigint => 'g', 'double precision' => 'random()', numeric => '(random() * 1000)::numeric(10,2)', boolean => 'g % 3 = 0', text => "'v' || g",
	'timestamp without time zone' => "'2020-01-01'::timestamp + random() * interval '1000 days'", 'text[]' => "ARRAY['a' || g % 100, 'b' || g]");

my @statements;
my $unknown = '';
for my $f (grep { $_->{name} =~ /$only/ } functions($node, 'postgres'))
{
	my @types = @{ $f->{types} };
	next if $f->{body} || !@types || $f->{language} eq 'plpgsql' || grep { !defined usual($_, 0) && !$large{$_} } @types;
	if ($f->{kind} eq 'a')
	{
		# rows come first; then the time begins, and the result is made
		my @x = map { $row{ $types[$_] } ? "$row{ $types[$_] }" : usual($types[$_], $_) } 0 .. $#types;
		# a number of buckets is the same in all rows
		@x = map { /^\(g % 5/ && $f->{name} =~ /edges|thresholds/ ? '5' : $_ } @x;
		push @statements, "SELECT count(*) FROM (SELECT $f->{name}(" . join(', ', @x) . ") FROM generate_series(1::bigint, $rows) AS g WHERE CASE WHEN g = $rows THEN fuzz_cancel_after($after) ELSE true END OFFSET 0) AS s";
		push @statements, "SELECT count(*) FROM (SELECT $f->{name}(" . join(', ', @x) . ") OVER (ORDER BY g ROWS 1000 PRECEDING) FROM generate_series(1::bigint, 100000) AS g WHERE CASE WHEN g = 1 THEN fuzz_cancel_after($after) ELSE true END OFFSET 0) AS s";
		next;
	}
	if ($f->{name} =~ /\.(\w+)_in$/ && $types[0] eq 'cstring')
	{
		push @statements, "SELECT count(*) FROM (SELECT x::$1 FROM (SELECT (SELECT fuzz_flat($1) FROM large)::text AS x OFFSET 0) AS arguments WHERE fuzz_cancel_after($after) OFFSET 0) AS s",
			"SELECT count(*) FROM (SELECT fuzz_recv('$1', x) FROM (SELECT $1_send(fuzz_flat($1)) AS x FROM large OFFSET 0) AS arguments WHERE fuzz_cancel_after($after) OFFSET 0) AS s" if $grown{$1};
		next;
	}
	my @growing = grep { $large{ $types[$_] } } 0 .. $#types;
	for my $i (@growing)
	{
		push @statements, map { my $v = $_; call($f->{name}, map { $_ == $i ? "($v)::$types[$_]" : usual($types[$_], $_) } 0 .. $#types) } @{ $large{ $types[$i] } };
	}
	# arrays that must have the same length, and two large values
	if (@growing > 1)
	{
		for my $variant (0 .. 1)
		{
			push @statements, call($f->{name}, map { my $list = $types[$_] =~ /^(?:integer|bigint|double precision|numeric)$/ ? undef : $large{ $types[$_] }; $list ? "($list->[$variant % @$list])::$types[$_]" : usual($types[$_], $_) } 0 .. $#types);
		}
	}
}
my %done;
@statements = grep { !$done{$_}++ } @statements;
note scalar(@statements) . ' calls';
my ($slowest, %state) = (0);
while (my @some = splice @statements, 0, 100)
{
	my ($rc, $out, $err) = $node->psql('postgres', 'SELECT took, state, statement FROM fuzz_cancel(ARRAY[' . join(', ', map { "\$q\$$_\$q\$" } @some) . '])');
	is($rc, 0, 'the server answers') or diag($err);
	for (split /\n(?=[\d.]+\|)/, $out)
	{
		my ($took, $state, $statement) = split /\|/, $_, 3;
		$state{$state}++;
		# a busy machine makes processors slow, too, but not each time
		for (1 .. 2)
		{
			last if $took < $after + $limit;
			my ($again) = $node->safe_psql('postgres', "SELECT took FROM fuzz_cancel(ARRAY[\$q\$$statement\$q\$])");
			$took = $again if $again < $took;
		}
		$slowest = $took if $took > $slowest;
		cmp_ok($took, '<', $after + $limit, substr $statement, 0, 150) or diag("$took ms, $state: $statement");
	}
}
note "slowest: $slowest ms; ", join ', ', map { "$_: $state{$_}" } sort keys %state;
$node->stop;
done_testing();
