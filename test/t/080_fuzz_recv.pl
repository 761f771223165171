# The input and receive functions of every own type meet mutated values: each is
# accepted, and then survives both round trips, or is refused as bad data; who
# asks without wanting an error (pg_input_is_valid) is told the same.
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ext = 'purchase_trends';
my $n = $ENV{FUZZ_N} || 100_000;
my $random = $ENV{FUZZ_SEED} || 1;
my $seeds = do "$FindBin::RealBin/../fuzz/seeds.pl" or die "seeds.pl: $! $@";
# Bad value, bad message, too large, out of memory; nothing else.
my $fine = qr/^(?:accepted|22...|08P01|54000|53...)$/;

my $node = PostgreSQL::Test::Cluster->new('recv');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->start;
$node->safe_psql('postgres', "CREATE EXTENSION $ext; CREATE EXTENSION ptfuzz");

# The fuzzer itself: it makes values that core types take, and others they refuse.
for ([ 'fuzz_type', 'numeric', 'numeric_send(12345.678)' ], [ 'fuzz_text', 'float8', "'1.5'" ])
{
	my ($f, $type, $seed) = @$_;
	my %state = map { (split /\|/)[ 0, 1 ] } split /\n/,
	  $node->safe_psql('postgres', "SELECT state, times FROM $f('$type', ARRAY[$seed], 2000)");
	my $taken = delete $state{accepted} // 0;
	my $refused = 0;
	$refused += $_ for values %state;
	ok($taken > 100 && $refused > 100, "$f makes good and bad values of $type ($taken, $refused)");
}

my $soft = $node->safe_psql('postgres', q{SELECT to_regprocedure('pg_input_is_valid(text, text)') IS NOT NULL}) eq 't';
my @types = split /\n/, $node->safe_psql('postgres', qq{
	SELECT t.oid::regtype, t.typname, t.typsend <> 0 AND t.typreceive <> 0
	FROM pg_depend AS d JOIN pg_type AS t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = '$ext')
		AND t.typtype = 'b' AND t.typcategory <> 'A'
	ORDER BY 1});
SKIP:
{
	skip 'the extension has no types yet', 1 unless @types;
	ok(1, @types . ' own types');
}
for (@types)
{
	my ($type, $name, $binary) = split /\|/;
	is($binary, 't', "$type has send and receive") or next;
	ok($seeds->{$name} && @{ $seeds->{$name} }, "test/fuzz/seeds.pl has values of $type") or next;
	my $values = join ', ', map { "($_)::$type" } @{ $seeds->{$name} };
	my ($send) = $node->safe_psql('postgres', "SELECT typsend::regproc FROM pg_type WHERE oid = '$type'::regtype");
	for my $run ([ 'receive', 'fuzz_type', "$send(v)" ], [ 'input', 'fuzz_text', 'v::text' ])
	{
		my ($what, $f, $seed) = @$run;
		my ($rc, $out, $err) = $node->psql('postgres', qq{
			SELECT state, times, example FROM $f('$type', (SELECT array_agg($seed) FROM unnest(ARRAY[$values]) AS v), $n, $random)});
		is($rc, 0, "$type: $n values for $what") or diag($err);
		my @rows = map { [ split /\|/, $_, 3 ] } grep { /^(?:accepted|\w{5})\|\d+\|/ } split /\n/, $out;
		my $sum = 0;
		$sum += $_->[1] for @rows;
		is($sum, $n, '... all were tried');
		note join ', ', map { "$_->[0]=$_->[1]" } @rows;
		my @bad = grep { $_->[0] !~ $fine } @rows;
		is(scalar @bad, 0, '... and taken, or refused as bad data') or diag(map { join(' ', @$_) . "\n" } @bad);
		ok((grep { $_->[0] ne 'accepted' } @rows) > 0, '... and some were refused');
	}
	SKIP:
	{
		skip 'the server has no pg_input_is_valid()', 1 unless $soft;
		is($node->safe_psql('postgres', qq{SELECT example, hard, soft FROM fuzz_soft('$type', (SELECT array_agg(v::text) FROM unnest(ARRAY[$values]) AS v), @{[ int($n / 10) ]}, $random) LIMIT 5}),
			'', "$type: pg_input_is_valid() and pg_input_error_info() tell what the input function raises");
	}
}
is($node->safe_psql('postgres', 'SELECT 1'), 1, 'the server is alive');
$node->stop;
my @bad = slurp_file($node->logfile) =~ /^.*(?:terminated by signal|TRAP:|AddressSanitizer|runtime error|detected write past|problem in alloc|stack smashing|PANIC).*$/mg;
is(join("\n", @bad), '', 'no crash in the server log');
done_testing();
