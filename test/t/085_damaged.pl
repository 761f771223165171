# Values of every own type as they may come out of a damaged table, and states of
# aggregates that are arrays, with numbers that no aggregate puts there: whatever
# function of the extension reads them, it answers or refuses, and what the type's
# own check refuses no function answers.
#   FUZZ_STORED  damaged values per function and argument (default 60)   FUZZ_SEED
#   FUZZ_ONLY    a regular expression: the functions to call
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Functions qw(functions own_types usual);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $n = $ENV{FUZZ_STORED} || 60;
my $random = $ENV{FUZZ_SEED} || 1;
my $only = $ENV{FUZZ_ONLY} || '.';
my $seeds = do "$FindBin::RealBin/../fuzz/seeds.pl" or die "seeds.pl: $! $@";
# Damaged, a bad argument, too large, out of memory; nothing else.
my $fine = qr/^(?:accepted|XX001|22...|54000|53...)$/;
# Values that are read as far as the answer asks: each number is checked when it is read.
my $read_in_part = qr/\bbasis_as_of\(|\*(?:purchase_history|purchase_lines|dimension_codes)\*/;

my $node = PostgreSQL::Test::Cluster->new('damaged');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
# Longer than any of these calls should take, on a busy machine and with sanitizers.
$node->append_conf('postgresql.conf', "statement_timeout = '300s'\nwork_mem = '1MB'\nrestart_after_crash = on");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION purchase_trends; CREATE EXTENSION ptfuzz');

my %own = own_types($node, 'postgres', $seeds);

# The seeds as they are stored, and as a function that adds to them leaves them.
my %bytes;
for my $type (sort keys %own)
{
	my $values = $own{$type}{seeds} or next;
	$bytes{$type} = [ split /\n/, $node->safe_psql('postgres', join ' UNION ALL ', map { "SELECT fuzz_bytes(($_)::$type)" } @$values) ];
}

my @functions = grep { $_->{name} =~ /$only/ } functions($node, 'postgres');
my ($calls, %met) = (0);
for my $f (@functions)
{
	# a function that is made of others passes its arguments on, also if it is called through C
	next unless $f->{language} =~ /^(?:c|internal)$/ && !$f->{body} && grep { $own{$_} } @{ $f->{types} };
	my @types = @{ $f->{types} };
	for my $damaged (grep { $own{ $types[$_] } } 0 .. $#types)
	{
		my $type = $types[$damaged];
		my $stored = "fuzz_stored(NULL::$type, \$1, \$2)";
		my $check = "SELECT $own{$type}{send}($stored)";
		my ($sum, @bad, @unchecked) = (0);
		for my $variant (0 .. 2)
		{
			my @arguments = map { $_ == $damaged ? $stored : usual($types[$_], $variant + $_) } 0 .. $#types;
			if (my @unknown = grep { !defined $arguments[$_] } 0 .. $#types)
			{
				fail("$f->{name}: this test knows a value of " . join ', ', @types[@unknown]);
				last;
			}
			my $result = $f->{printable} ? 'sum(length(r::text))' : 'count(*)';
			my $statement = $f->{kind} eq 'a'
			  ? "SELECT $result FROM (SELECT $f->{name}(" . join(', ', map { "x$_" } 0 .. $#types) . ') AS r FROM (SELECT ' . join(', ', map { "$arguments[$_] AS x$_" } 0 .. $#types) . ' OFFSET 0) AS rows) AS s'
			  : "SELECT $result FROM (SELECT $f->{name}(" . join(', ', @arguments) . ') AS r OFFSET 0) AS s';
			my ($rc, $out, $err) = $node->psql('postgres', "SELECT state, times, example FROM fuzz_reader(\$s\$$statement\$s\$, \$s\$$check\$s\$, ARRAY["
				  . join(', ', map { "'$_'" } @{ $bytes{$type} }) . "]::bytea[], " . int($n / 3) . ", $random + $variant)");
			if ($rc != 0)
			{
				push @bad, "$statement: $err";
				$node->poll_query_until('postgres', 'SELECT true');
				last;
			}
			for (split /\n/, $out)
			{
				my ($state, $times, $example) = split /\|/, $_, 3;
				$sum += $times;
				$met{$state} += $times;
				push @{ $state eq 'unchecked' ? \@unchecked : \@bad }, "$statement: $_" if $state !~ $fine;
			}
		}
		$calls += $sum;
		my $what = "$f->{name}(" . join(', ', map { $_ == $damaged ? "*$types[$_]*" : $types[$_] } 0 .. $#types) . ')';
		is("@bad", '', "$what: taken or refused") or last;
		is("@unchecked", '', '... by the check of the type') unless $what =~ $read_in_part;
	}
}
note "$calls calls: ", join ', ', map { "$_=$met{$_}" } sort keys %met;

# --- States that are arrays --------------------------------------------------

my %extremes = (
	bigint => [ qw(0 1 -1 2 1000 4294967296 2305843009213693952 9223372036854775807 -9223372036854775808 4611686018427387904 4607182418800017408 -4503599627370496) ],
	'double precision' => [ qw(0 -0 1 -1 0.5 2 1e15 9007199254740993 1e18 9.3e18 -9.3e18 1e19 1e300 1.7976931348623157e308 -1.7976931348623157e308 5e-324 NaN Infinity -Infinity) ]);
for my $f (@functions)
{
	next unless $f->{name} =~ /^\w+\.pt_\w+_(?:accum|combine|final|check)$/ && $f->{types}[0] =~ /^(bigint|double precision)\[\]$/;
	my $element = $1;
	# states as the aggregates have them: of no row, one and some
	my ($accum) = grep { $_->{name} =~ /_(?:accum|check)$/ && $_->{types}[0] eq "$element\[]" && $_->{name} =~ /^\Q@{[ $f->{name} =~ s{_(?:combine|final)$}{}r ]}\E/ } functions($node, 'postgres');
	ok($accum, "$f->{name}: how its state is made") or next;
	my @types = @{ $accum->{types} };
	my $other = sub { my ($type, $i) = @_; return $f->{name} =~ /csv/ && $type eq 'text' ? "','" : usual($type, $i) };
	my $add = sub { my ($state, $i) = @_; "$accum->{name}($state, " . join(', ', map { $other->($types[$_], $i + $_) } 1 .. $#types) . ')' };
	my @arguments = map { $f->{types}[$_] eq "$element\[]" ? 's' : $other->($f->{types}[$_], 0) } 1 .. $#{ $f->{types} };
	my ($rc, $out, $err) = $node->psql('postgres', qq{
		CREATE FUNCTION pg_temp.try(s $element\[]) RETURNS text LANGUAGE plpgsql AS \$\$
		BEGIN
			PERFORM length($f->{name}(} . join(', ', 's', @arguments) . qq{)::text);
			RETURN 'accepted';
		EXCEPTION WHEN OTHERS THEN
			RETURN SQLSTATE;
		END \$\$;
		WITH initial AS (SELECT a.agginitval::$element\[] AS s FROM pg_aggregate AS a WHERE a.aggtransfn::oid = '$accum->{name}'::regproc UNION ALL SELECT NULL LIMIT 1),
			one AS (SELECT @{[ $add->('s', 0) ]} AS s FROM initial), two AS (SELECT @{[ $add->('s', 1) ]} AS s FROM one), three AS (SELECT @{[ $add->('s', 2) ]} AS s FROM two),
			seeds AS (SELECT s FROM initial WHERE s IS NOT NULL UNION SELECT s FROM one UNION SELECT s FROM three),
			extreme AS (SELECT unnest('{@{[ join ',', @{ $extremes{$element} } ]}}'::$element\[]) AS x),
			-- one element, and another one, is an extreme
			damaged AS (SELECT (SELECT array_agg(CASE n WHEN i THEN a.x WHEN j THEN b.x ELSE e END ORDER BY n) FROM unnest(s) WITH ORDINALITY AS u(e, n)) AS s
				FROM seeds, generate_series(1, cardinality(s)) AS i, generate_series(i, cardinality(s)) AS j, extreme AS a, extreme AS b WHERE i < j OR a.x = b.x
				UNION SELECT s[1:k] FROM seeds, generate_series(0, cardinality(s)) AS k
				UNION SELECT s || s FROM seeds UNION SELECT array_fill(NULL::$element, ARRAY[cardinality(s)]) FROM seeds UNION SELECT ARRAY[s, s] FROM seeds)
		SELECT pg_temp.try(s), count(*), min(s::text) FROM (SELECT s FROM damaged ORDER BY hashtextextended(s::text, $random) LIMIT 100 * $n) AS d GROUP BY 1});
	is($rc, 0, "$f->{name} takes damaged states or refuses them") or diag($err);
	my @bad = grep { !/^(?:accepted|XX001|22...|54000|53...)\|/ } split /\n/, $out;
	is("@bad", '', '... and nothing else comes of it');
	like($out, qr/^accepted\|/m, '... some are good');
	note $out =~ s/\n/; /gr;
}

is($node->safe_psql('postgres', 'SELECT 1'), 1, 'the server is alive');
$node->stop;
my @bad = slurp_file($node->logfile) =~ /^.*(?:terminated by signal|TRAP:|AddressSanitizer|runtime error|detected write past|problem in alloc|stack smashing|PANIC).*$/mg;
is(join("\n", @bad), '', 'no crash in the server log');
done_testing();
