# What aggregates take: the state of a group of one row has a bound, which keeps
# hashing within work_mem, and a large state a stated multiple of its value.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Functions qw(functions own_types usual);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'sanitizers take memory of their own' if $ENV{PT_SANITIZE};

my $groups = 2000;
my $most = 16 * 1024;	# bytes for each
my $seeds = do "$FindBin::RealBin/../fuzz/seeds.pl" or die "seeds.pl: $! $@";
my $node = PostgreSQL::Test::Cluster->new('memory');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "enable_sort = off\nmax_parallel_workers_per_gather = 0\njit = off");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION purchase_trends');
own_types($node, 'postgres', $seeds);

# Of the smallest values of types, since those of a group are its own size.
sub measure
{
	my ($f, $work_mem, $rows) = @_;
	my @arguments = map { usual($_, 0) } @{ $f->{types} };
	@arguments = ("'{x,y}'::text[]", "'{1,2}'::float8[]") if $f->{name} =~ /correlation_matrix$/;	# as many names as values
	return undef if grep { !defined } @arguments;
	my $plan = $node->safe_psql('postgres', "SET work_mem = '$work_mem'; SET hash_mem_multiplier = 1;
		EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) SELECT g, $f->{name}(" . join(', ', @arguments) . ") FROM generate_series(1, $rows) AS g GROUP BY g");
	my ($kind) = $plan =~ /"Strategy": "(\w+)"/;
	my ($kilobytes) = $plan =~ /"Peak Memory Usage": (\d+)/;
	return ($kind, $kilobytes * 1024);
}

for my $f (grep { $_->{kind} eq 'a' } functions($node, 'postgres'))
{
	my $what = "$f->{name}(" . join(', ', @{ $f->{types} }) . ')';
	my ($kind, $bytes) = measure($f, '1GB', $groups);
	ok($kind, "$what: this test knows its arguments") or next;
	is($kind, 'Hashed', "$what is hashed");
	cmp_ok($bytes / $groups, '<', $most, "... and takes @{[ int($bytes / $groups) ]} bytes a group");
	# a batch that is spilled begins when its groups do not fit any longer
	(undef, $bytes) = measure($f, '1MB', $groups);
	cmp_ok($bytes, '<', 1024 * 1024 + 8 * $most, '... of work_mem, and no more');
}

# --- A large state -----------------------------------------------------------

# docs/cohort.md: three and a half times what the cohorts take, however many are there when it is measured.
for my $days (1500, 1700)
{
	my ($before, $bytes, $after) = split /\n/, $node->safe_psql('postgres', qq{
		SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'VmHWM:\\s*(\\d+)'))[1];
		SELECT pg_column_size(cohort_table(('1 {' || (date '2024-06-01' - g) || ' 1}')::purchase_history, '2024-06-01', 'day')) FROM generate_series(0, $days) AS g;
		SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'VmHWM:\\s*(\\d+)'))[1]});
	SKIP:
	{
		skip 'the system does not tell how much memory a process took', 1 unless $after;
		cmp_ok(($after - $before) * 1024, '<', 3.6 * $bytes + 8e6, "cohorts of $days days: $bytes bytes, and while they are made not much more than three and a half times that");
	}
}
$node->stop;
done_testing();
