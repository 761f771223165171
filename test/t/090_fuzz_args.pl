# Every function, procedure and aggregate of the extension with hostile
# arguments, as a role without superuser rights. None may crash, report an
# internal error (XX...), or run into a syntax error (42601): the calls are well
# formed, so that one would be in SQL which the extension made from an argument.
#   FUZZ_SECONDS (default 15)   FUZZ_CALLS per function (default 300)   FUZZ_SEED
#   FUZZ_ONLY  a regular expression: the functions to call
use strict;
use warnings;
use utf8;
use Encode ();
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Functions qw(functions);
use Time::HiRes qw(time);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ext = 'purchase_trends';
my $seconds = $ENV{FUZZ_SECONDS} || 15;
my $most = $ENV{FUZZ_CALLS} || 300;
my $only = $ENV{FUZZ_ONLY} || '.';
srand($ENV{FUZZ_SEED} // 42);
my $sql_arguments = do "$FindBin::RealBin/../fuzz/sql_arguments.pl" or die "sql_arguments.pl: $! $@";
my $seeds = do "$FindBin::RealBin/../fuzz/seeds.pl" or die "seeds.pl: $! $@";

my $node = PostgreSQL::Test::Cluster->new('fuzz');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', q{
log_error_verbosity = verbose
restart_after_crash = on
work_mem = '1MB'
temp_file_limit = '100MB'
});
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE fuzzer LOGIN; CREATE DATABASE fuzz OWNER fuzzer');
my @as = ('-U', 'fuzzer');

# Relations whose names and columns break SQL that is put together carelessly.
my %relation = (
	q{fz} => 'TABLE',
	q{fz "q"} => 'TABLE',
	q{fz'; DROP TABLE fz; --} => 'TABLE',
	q{1) FROM pg_class; --} => 'TABLE',
	"fz\nline" => 'TABLE',
	q{select} => 'TABLE',
	q{Äpfel $1 %s %n} => 'TABLE',
	('x' x 63) => 'TABLE',
	q{fz view} => 'VIEW',
	q{fz matview} => 'MATERIALIZED VIEW');
my $columns = q{(a int, "b c" float8, "customer id" text, "x""; --" text, amount numeric, age int, purchased_at timestamp, purchased_on timestamptz, d date, "select" text, "Purchase Amount (USD)" numeric, j jsonb)};
sub ident { my $s = shift; $s =~ s/"/""/g; return qq{"$s"} }
sub literal
{
	my $s = shift;
	$s =~ s/'/''/g;
	$s =~ s/\\/\\\\/g;
	return " E'$s'";
}
my $setup = "CREATE EXTENSION $ext;\n";
for (sort { $relation{$a} cmp $relation{$b} } keys %relation)
{
	$setup .= $relation{$_} eq 'TABLE'
	  ? 'CREATE TABLE ' . ident($_) . " $columns; INSERT INTO " . ident($_) . q{ SELECT i, i * 1.5, 'c' || i % 3, E'q\'"', i * 10, 20 + i, '2024-01-01'::timestamp + i * interval '1 day', now(), '2024-01-01', 'Yes', i, '{}' FROM generate_series(1, 20) AS i;}
	  : "";
	$setup .= "\n";
}
$setup .= "CREATE $relation{$_} " . ident($_) . " AS SELECT * FROM fz;\n" for grep { /view/ } keys %relation;
$setup .= q{CREATE SEQUENCE fzseq; CREATE INDEX fzindex ON fz (a); CREATE TABLE fznone (); CREATE TABLE fzpart (LIKE fz) PARTITION BY RANGE (a);
CREATE TYPE fzenum AS ENUM ('x', 'y'); CREATE DOMAIN fzdomain AS int CHECK (VALUE < 10);};
{
	my ($rc, $out, $err) = $node->psql('fuzz', $setup, extra_params => \@as, on_error_stop => 1);
	is($rc, 0, 'set up') or die $err;
}

# --- Values ------------------------------------------------------------------

my @words = ('', 'a', 'NULL', q{x'; DROP TABLE fz; --}, '"', '$$', '$template$', '%s%n%I', 'fz', 'pg_class', 'é', '\\', "\n\t", '$1,234.50', 'Every 3 Months',
	'(12.00)', 'age', 'amount', '1) FROM pg_class; --', 'fz."b c"', '9999999999999999999999999', "\x{feff}x", 'Purchase Amount (USD)', 'b c', 'customer id',
	'public.fz', 'UTC', 'Europe/Berlin', 'month', 'Yes', 'no', 'NaN', '-0', '1e400', 'count(*)', '(SELECT 1)', 'shop', 'pg_temp', 'tools', 'REPEAT', "\x{1F600}", '١٢٣', '12,5', '1.234,56', '0.1%');
my %values = (
	int2 => [qw(0 1 -1 7 32767 -32768)],
	int4 => [qw(0 1 -1 2 7 40 1000 2147483647 -2147483648)],
	int8 => [qw(0 1 -1 12 9223372036854775807 -9223372036854775808 4294967296)],
	float4 => [qw(0 1 -1 NaN Infinity -Infinity 3e38 1e-45)],
	float8 => [qw(0 -0 1 -1 0.5 0.25 NaN Infinity -Infinity 1.7e308 -1.7e308 5e-324)],
	numeric => [qw(0 1 -1 19.99 NaN Infinity -Infinity 1e1000 -1e-1000 0.1 99999999999999999999999999999999999999.99 -12.50 1e131071)],
	money => ['0', '1.23'],
	bool => [qw(t f)],
	oid => [qw(0 1 1259 4294967295)],
	regtype => [qw(int4 record 0 internal)],
	regproc => [qw(now 0)],
	name => [ '', 'a', '"x', 'b c', 'age' ],
	text => \@words,
	varchar => \@words,
	bpchar => [ '', 'a' ],
	char => [ '', 'a', '\\377', 'é' ],
	bytea => [ '', '\\x00', '\\xffffffffffffffff' ],
	date => [ '2020-01-01', '2024-02-29', 'infinity', '-infinity', '4713-01-01 BC', '5874897-12-31' ],
	timestamp => [ '2020-01-01', '2024-03-31 02:30', 'infinity', '-infinity', '4713-01-01 BC', '294276-12-31 23:59:59.999999' ],
	timestamptz => [ '2020-01-01+00', 'infinity', '-infinity', '4713-01-01 BC', '294276-12-31 23:59:59.999999+00' ],
	time => [ '00:00', '24:00' ],
	interval => [ '0', '1 day', '1 month', '-1 month', '178000000 years', '-178000000 years', '1 microsecond' ],
	json => [ '{}', '[]', 'null', '{"a":1}' ],
	jsonb => [ '{}', '[]', 'null', '{"a":[1,2]}', '1e400', '{"review_rating": "category"}', '{"customer_id": "1) FROM pg_class; --", "amount": "fz.\\"b c\\""}', '{"amount": null}', '"x"', '{"": ""}' ],
	uuid => ['00000000-0000-0000-0000-000000000000'],
	cstring => [ '', 'a', '(', '()', '(,,)', '{}', '{NaN,1}', 'é' ],
	int4range => [ 'empty', '[1,2)', '(,)' ], int8range => ['(,)'], numrange => [ 'empty', '(,)', '[0,NaN]' ],
	daterange => [ 'empty', '(,)', '[2020-01-01,2020-02-01)' ], tsrange => [ 'empty', '(,)' ], tstzrange => [ 'empty', '(,)' ],
	regclass => [
		(map { ident($_) } sort keys %relation),
		qw(fzseq fzindex fznone fzpart fztemp pg_class pg_catalog.pg_class_oid_index information_schema.columns 0 4294967295) ]);

my (%kind, %base, %labels, %attributes, %own);	# by the name that format_type gives
for (split /\n/, $node->safe_psql('fuzz', q{
	SELECT format_type(t.oid, NULL), t.typtype, t.typname, CASE WHEN t.typbasetype <> 0 THEN format_type(t.typbasetype, t.typtypmod) END,
		(SELECT string_agg(enumlabel, ',') FROM pg_enum WHERE enumtypid = t.oid),
		(SELECT string_agg(format_type(atttypid, atttypmod), ';' ORDER BY attnum) FROM pg_attribute WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped)
	FROM pg_type AS t WHERE t.typcategory <> 'A' AND (t.typrelid = 0 OR t.oid >= 16384)}))
{
	my ($type, $typtype, $name, $of, $enum, $attributes) = split /\|/, $_, -1;
	$kind{$type} = $typtype;
	$own{$type} = $name;
	$base{$type} = $of if $of;
	$labels{$type} = [ split /,/, $enum ] if $enum;
	$attributes{$type} = [ split /;/, $attributes ] if $attributes;
}

sub pick { return $_[ rand @_ ] }

# An SQL expression of the type; $poly is what the polymorphic types are in this call.
sub value
{
	my ($type, $poly) = @_;
	if ($type =~ /^"?any/)
	{
		return value("$poly\[]", $poly) if $type =~ /array$/;
		return 'NULL::int4range' if $type =~ /multirange$/ && ($type = 'int4multirange');
		return value('int4range', $poly) if $type =~ /range$/;
		return value('fzenum', $poly) if $type eq 'anyenum';
		return value($poly, $poly);
	}
	return pick('ROW(1, NULL)', "ROW('x'::text)", 'ROW()', '(SELECT fz FROM fz LIMIT 1)') if $type eq 'record';
	return "NULL::$type" if rand() < 0.1;
	if ($type =~ /^(.*)\[\]$/)
	{
		my ($of, $which) = ($1, rand);
		return "'{}'::$type" if $which < .1;
		return "array_fill(NULL::$of, ARRAY[3])" if $which < .17;
		return 'array_fill(' . value($of, $poly) . ', ARRAY[2,2])' if $which < .25;
		return 'array_fill(' . value($of, $poly) . ', ARRAY[3], ARRAY[-5])' if $which < .32;
		return 'array_fill(' . value($of, $poly) . ', ARRAY[100000])' if $which < .34;
		return 'ARRAY[' . join(', ', map { value($of, $poly) } 1 .. 1 + int rand 5) . "]::$type";
	}
	(my $bare = $type) =~ s/\(.*?\)//;
	my $name = $own{$bare} // $bare;
	if (my $list = $values{$name})
	{
		my $v = pick(@$list);
		return "repeat('x', 1000000)::$type" if $v eq 'REPEAT';
		return literal($v) . "::$type";
	}
	return '(' . pick(@{ $seeds->{$name} }) . ")::$type" if $seeds->{$name} && rand() < .9;
	return value($base{$bare}, $poly) . "::$type" if $base{$bare};
	return literal(pick(@{ $labels{$bare} })) . "::$type" if $labels{$bare};
	return 'ROW(' . join(', ', map { value($_, $poly) } @{ $attributes{$bare} }) . ")::$type" if $attributes{$bare};
	return "NULL::$type";
}

# --- Calls -------------------------------------------------------------------

my @functions = grep { $_->{name} =~ /$only/ } functions($node, 'fuzz');
my @poly = ('integer', 'text', 'numeric', 'double precision', 'date', 'fz', 'bytea', 'jsonb');

sub call
{
	my ($f) = @_;
	my ($name, $kind, $direct) = @$f{qw(name kind direct)};
	my @types = @{ $f->{types} };
	my $poly = pick(@poly);
	if ($kind eq 'a')
	{
		my @c = map { "x$_" } 0 .. $#types;
		$c[-1] = "VARIADIC $c[-1]" if $f->{variadic} && $direct < 0;
		my $arguments = $direct < 0 ? '(' . (join(', ', @c) || '*') . ')'
		  : '(' . join(', ', map { value($_, $poly) } @types[ 0 .. $direct - 1 ]) . ') WITHIN GROUP (ORDER BY ' . (join(', ', @c[ $direct .. $#c ]) || 'x') . ')';
		my $rows = join ', ', map { '(' . join(', ', (map { value($_, $poly) } @types), '1') . ')' } 1 .. 1 + int rand 6;
		my $names = join ', ', (map { "x$_" } 0 .. $#types), 'x';
		my $result = $direct < 0 && rand() < .2 ? "$name$arguments OVER (ORDER BY x ROWS 1 PRECEDING)" : "$name$arguments";
		return "SELECT sum(length(r::text)) FROM (SELECT $result AS r FROM (VALUES $rows) AS v($names) OFFSET 0) AS s";
	}
	my @v = map { value($_, $poly) } @types;
	$v[-1] = "VARIADIC $v[-1]" if $f->{variadic} && $types[-1] ne '"any"';
	return "CALL $name(" . join(', ', @v) . ')' if $kind eq 'p';
	if ($kind eq 'w')
	{
		return "SELECT $name(" . join(', ', @v) . ') OVER (ORDER BY a) FROM fz';
	}
	my $result = $f->{printable} ? 'sum(length(r::text))' : 'count(*)';
	return "SELECT $result FROM (SELECT $name(" . join(', ', @v) . ') AS r OFFSET 0) AS s';
}

cmp_ok(scalar @functions, '>', $only eq '.' ? 10 : 0, @functions . ' functions, procedures and aggregates');
my ($calls, $batches, $alive, $messages) = (0, 0, 0, '');
my $file = $PostgreSQL::Test::Utils::tmp_check . '/fuzz.sql';
my $per = 5;
my $start = time;
# In batches over all functions, so that each has its share when time is up.
# A slow machine has three batches, too.
while ($batches * $per < $most && ($batches < 3 || time - $start < $seconds))
{
	my $began = time;
	my $timeout = $batches == 0 ? 500 : 100;	# slow ones have shown themselves
	open my $fh, '>:encoding(UTF-8)', $file or die $!;
	print $fh "SET client_min_messages = error; SET statement_timeout = $timeout; CREATE TEMP TABLE fztemp $columns;\n";
	for my $function (@functions)
	{
		next if !@{ $function->{types} } && $batches > 0;
		for (1 .. $per)
		{
			print $fh 'BEGIN; ' . call($function) . "; ROLLBACK;\n";
			$calls++;
		}
	}
	print $fh "SELECT 'alive';\n";
	close $fh;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', @as, '-v', 'VERBOSITY=sqlstate', '-d', $node->connstr('fuzz'), '-f', $file ], '>', \$out, '2>', \$err);
	$messages .= $err;
	$alive += $out =~ /^alive$/m;
	$batches++;
	if ($out !~ /^alive$/m)
	{
		# Go on without the function that crashed; there may be others.
		my ($crashed) = reverse slurp_file($node->logfile) =~ /Failed process was running: (.{0,500})/g;
		last unless $crashed;
		@functions = grep { index($crashed, "$_->{name}(") < 0 } @functions;
		$node->poll_query_until('fuzz', 'SELECT true') or last;
	}
}
my $took = sprintf '%.1f', time - $start;
cmp_ok($calls, '>', $only eq '.' ? 10 * @functions : 0, "$calls calls in $took s");
is($alive, $batches, "the server survived all $batches batches");

my %state;
$state{$1}++ while $messages =~ /ERROR:\s+(\w{5})/g;
note join ', ', map { "$_=$state{$_}" } sort keys %state;
cmp_ok(scalar keys %state, '>', 3, 'the arguments are hostile: several kinds of errors came');

# What a line of the log says, with the lines that belong to it; a line can have
# a megabyte.
my @log;
{
	open my $fh, '<', $node->logfile or die $!;
	while (<$fh>)
	{
		if (!/^\t|^\S+ \S+ \S+ \[\d+\](?: \S+)? (?:QUERY|DETAIL|HINT|CONTEXT|LOCATION|STATEMENT):/ || !@log)
		{
			push @log, substr($_, 0, 1000);
		}
		elsif (length $log[-1] < 4000)
		{
			$log[-1] .= substr($_, 0, 1000) . (length > 1000 ? "\n" : '');
		}
	}
	close $fh;
}
sub clean
{
	my ($what, @found) = @_;
	ok(!@found, $what) or diag(scalar(@found) . " times, such as\n" . join("--\n", grep { defined } @found[ 0 .. 7 ]));
}
clean('no crash, assertion, sanitizer or memory report in the log',
	grep { /terminated by signal|TRAP:|AddressSanitizer|runtime error|Failed process was running|detected write past|problem in alloc|stack smashing|PANIC/ } @log);
clean('no internal error', grep { /ERROR:  XX/ } @log);
# A function that is given SQL and is called directly may report what is wrong in
# it. An empty name that %I has quoted is no hole either.
clean('no syntax error in generated SQL',
	grep { /ERROR:  42601: (?!zero-length delimited identifier)/
		  && !(/STATEMENT:  .*?(?:SELECT|CALL) (?:"[^"]*"|\w+)\.(\w+)\(/ && $sql_arguments->{$1}) } @log);
is($node->safe_psql('fuzz', 'SELECT count(*) FROM fz'), 20, 'the tables are as they were');

# --- Garbage for the input functions of own types ----------------------------

my @inputs;
my $garbage = '';
for my $type (split /\n/, $node->safe_psql('fuzz', "SELECT t.oid::regtype FROM pg_depend AS d JOIN pg_type AS t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid WHERE $Functions::member AND t.typtype IN ('b', 'd', 'e', 'c', 'r')"))
{
	for my $text (@words, @{ $values{cstring} })
	{
		push @inputs, "$type from $text";
		$garbage .= '\echo input ' . $#inputs . "\nSELECT length((" . literal($text) . "::$type)::text);\n";
	}
}
open my $fh, '>:encoding(UTF-8)', $file or die $!;
print $fh $garbage;
close $fh;
my ($out, $err) = ('', '');
# what psql says of errors comes among what it prints
IPC::Run::run([ 'psql', '-XAtq', @as, '-v', 'VERBOSITY=sqlstate', '-d', $node->connstr('fuzz'), '-f', $file ], '>&', \$out);
my @answers = split /^input (?=\d+\n)/m, $out;
shift @answers;
is(scalar @answers, scalar @inputs, 'the server reads all garbage');
my $wrong = join '', map { my ($n, $answer) = /^(\d+)\n(.*)/s; $answer !~ /ERROR: / || $answer =~ /ERROR:  (22...|23...|54000)/ ? () : "$inputs[$n]: $answer" } @answers;
is($wrong, '', 'garbage is refused as bad data by the types of the extension');

$node->stop;
done_testing();
