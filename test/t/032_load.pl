# What script/load makes of files that are not quite CSV: quotes within fields,
# ragged lines, lines in front of the header, line ends, compressed files; that
# it replaces tables whole or not at all; and that import_csv gives the same.
use strict;
use warnings;
use utf8;
use Encode ();
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run ();
use LoadTest ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = $ENV{PT_SOURCE} || "$FindBin::RealBin/../..";
my $tmp = PostgreSQL::Test::Utils::tempdir();
my $node = PostgreSQL::Test::Cluster->new('load');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE shop_owner LOGIN; CREATE DATABASE shop OWNER shop_owner');

sub value
{
	my ($sql) = @_;
	my ($rc, $out, $err) = $node->psql('shop', $sql, extra_params => [ '-U', 'shop_owner' ]);
	die "$sql: $err" if $rc;
	return $out;
}

sub write_file { return LoadTest::write_file("$tmp/$_[0]", $_[1]) }

# (exit code, stdout, stderr) of script/load, without what it tells of quotes and columns, which is in $told
my $told = '';
sub load
{
	my ($args, %env) = @_;
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGUSER => 'shop_owner', PGDATABASE => 'shop', %env);
	my ($out, $err) = ('', '');
	IPC::Run::run([ "$source/script/load", @$args ], '<', \undef, '>', \$out, '2>', \$err);
	$told = $out =~ s/((?:; (?:one column: the header has no \S+ \([^)]*\)|records of several lines within quotes: \d+))+)$//m ? $1 : '';
	return ($? >> 8, $out, $err);
}

sub columns
{
	my ($table) = @_;
	return split /\x01/, value(qq{SELECT string_agg(quote_ident(attname), chr(1) ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$table'::regclass AND attnum > 0});
}

# The rows of a table, fields separated by |, NULL as ~.
sub rows
{
	my ($table) = @_;
	my $fields = join q{ || '|' || }, map { "coalesce($_, '~')" } columns($table);
	return value("SELECT $fields FROM $table");
}

# The same as a list of lists, exactly; NULL is undef.
sub records
{
	my ($table) = @_;
	my $fields = join q{ || '|' || }, map { "coalesce(encode(convert_to($_, 'UTF8'), 'hex'), '~')" } columns($table);
	return map { [ map { $_ eq '~' ? undef : pack 'H*', $_ } split /\|/, $_, -1 ] } split /\n/, value("SELECT $fields FROM $table");
}

# A file that is loaded, and its rows.
sub loaded
{
	my ($name, $content, $rows, @more) = @_;
	my $file = write_file('good.csv', $content);
	my $count = () = $rows =~ /^.*$/mg;
	value('DROP TABLE IF EXISTS good');
	my ($rc, $out, $err) = load([ @more, $file, 'good' ]);
	is("$rc $out$err", "0 loaded $count rows into good\n", "$name: loaded");
	is($rc ? '' : rows('good'), $rows, "$name: the rows") unless $rc;
}

sub refused { return LoadTest::refused(\&value, \&load, "$tmp/bad.csv", @_) }

value('CREATE EXTENSION purchase_trends');

# --- Quotes ---------------------------------------------------------------------

for my $d (',', ';', "\t", '|')
{
	my $name = $d eq "\t" ? 'tab' : $d;
	my $file = sub { return join '', map { join($d, @$_) . "\n" } @_ };
	loaded("a quote within a field, $name, last",
		$file->([qw(id day n item)], [ 1, '2024-01-01', 5, '12" plate' ], [ 2, '2024-01-02', 6, 'mug' ], [ 3, '2024-01-03', 7, '9" bowl' ]),
		qq{1|2024-01-01|5|12" plate\n2|2024-01-02|6|mug\n3|2024-01-03|7|9" bowl});
	loaded("a quote within a field, $name, first and in the middle",
		$file->([qw(item size id)], [ '12" plate', '12"', 1 ], [ 'mug', 'a"b"c', 2 ], [ '"9"" bowl"', '""', 3 ], [ 'x', '', 4 ]),
		qq{12" plate|12"|1\nmug|a"b"c|2\n9" bowl||3\nx|~|4});
	loaded("a quote within a name, $name", $file->([ 'id', '12" plates' ], [ 1, 2 ]), '1|2');
	is((columns('good'))[1], '"12"" plates"', '... is part of the name');
}
loaded('one quote in many rows', "id,item\n" . join('', map { $_ == 500 ? "$_,5\" nail\n" : "$_,nail\n" } 1 .. 1000), join "\n",
	map { $_ == 500 ? "$_|5\" nail" : "$_|nail" } 1 .. 1000);
my ($rc, $out, $err) = load([ write_file('mixed.csv', qq{id,item,note\n1,12" plate,"a, ""b""\nc"\n2,"mug, big",5" and 6"\n3,"x",y\n}), 'mixed' ]);
is("$rc $out$err", "0 loaded 3 rows into mixed\n", 'quotes that quote beside some that do not');
is_deeply([ records('mixed') ], [ [ 1, '12" plate', qq{a, "b"\nc} ], [ 2, 'mug, big', '5" and 6"' ], [ 3, 'x', 'y' ] ], '... give these rows');
loaded('blanks around quotes, as COPY has them', qq{id, item, note\n1, "mug, big" , "x" \n2, 12" plate, 9" bowl\n3, " inch,y\n},
	qq{1| mug, big | x \n2| 12" plate| 9" bowl\n3| " inch|y});
# what may be meant otherwise is told
load([ write_file('told.csv', qq{a\tb\n1\t"open\n2\tmug\n3\tclosed"\n4\t5\n}), 'told' ]);
is($told, '; records of several lines within quotes: 1', 'records of several lines are counted');
load([ '-d', ';', '--replace', write_file('told.csv', qq{a,b\n1,"2\n3"\n}), 'told' ]);
is($told, '; one column: the header has no ";" (-d says what is between fields)', 'a delimiter that the header has not');
load([ '--replace', write_file('told.csv', "a b\n1 2\n"), 'told' ]);
is($told, '; one column: the header has no "," (-d says what is between fields)', 'no delimiter');
loaded('a backslash and a dot are a value where there is one column', "a\n\\.\nb\n", "\\.\nb");
refused('characters after the closing quote', qq{a,b\n1,"x"y\n}, qr/^load: line 2 of .*bad\.csv" has characters after the closing quote of a field$/m, qr/^HINT:  a field that begins with a quote/m);
refused('... that an earlier line opens', qq{a,b\n1,"x\n2,"y"\n}, qr/^load: line 3 of .* after the closing quote of a field, which begins in line 2$/m, qr/^HINT: /m);
refused('a quote behind a backslash', qq{a,b\n1,"12\\" plate"\n}, qr/^load: line 2 of .* after the closing quote/m, qr/^HINT: .*not written with a backslash/m);
refused('a quote that never ends', qq{a,b\n1,2\n3,"4\n5,6\n}, qr/^load: line 3 of .*bad\.csv" has a quoted field that never ends$/m, qr/^HINT: .*every quote needs its end/m);
refused('... though pairs of quotes follow', qq{a,b\n1,"2\n5,""6""\n} . ('""' x 70000), qr/^load: line 2 of .* never ends$/m, qr/^HINT: /m);
refused('an end of data within quotes', qq{a,b\n1,"x\n\\.\ny"\n}, qr/^load: line 3 of .* for the end of the data$/m, qr/^HINT: /m);
refused('a byte of value 0 within quotes', qq{a,b\n1,"x\n\0"\n}, qr/^load: line 3 of .* has a byte of value 0$/m, qr/^HINT: /m);

# --- Ragged lines, empty lines ----------------------------------------------------

refused('too few fields', "a,b,c\n1,2,3\n4,5\n", qr/^load: line 3 of .*bad\.csv" has 2 fields, the header has 3$/m, qr/^HINT: .*--ragged reject/m);
refused('one field', "a,b,c\n1,\"2\n\",3\n4\n", qr/^load: line 4 of .*bad\.csv" has 1 field, the header has 3$/m, qr/^HINT: .*--ragged reject/m);
refused('too many fields in quotes', qq{a;b\n"1";"2"\n"3";"4";"5"\n}, qr/^load: line 3 of .* has 3 fields, the header has 2$/m, qr/^HINT: .*delimiter ";"/m);
refused('too many fields at once', "Report\n1,2\n", qr/^load: line 2 of .* has 2 fields, the header has 1$/m, qr/^HINT: .*--skip N/m, '-d', ',');
refused('an empty line between others', "a,b\n1,2\n\n3,4\n", qr/^load: line 3 of .* is empty, the header has 2 fields$/m, qr/^HINT: /m);
loaded('empty lines at the end', "a,b\n1,2\n3,4\n\n\r\n\n", "1|2\n3|4");
loaded('... where there is one column', "a\n1\n\n3\n\n\n", "1\n~\n3");
loaded('a line of delimiters', "a,b\n1,2\n,\n", "1|2\n~|~");

my $ragged = qq{a,b,c\n1,2,3\n4,5\n"x\ny",5,6,7\n\n"p ""q""",r,s\n8\n9,10,11\n};
($rc, $out, $err) = load([ '--ragged', 'reject', write_file('ragged.csv', $ragged), 'ragged' ]);
is("$rc $out$err", "0 loaded 3 rows into ragged; lines left out: 4, in public.ragged_reject\n", 'ragged lines are left out on request');
is(rows('ragged'), qq{1|2|3\np "q"|r|s\n9|10|11}, '... the others are loaded');
is(value('SELECT line_number, field_count, line FROM ragged_reject ORDER BY 1'), qq{3|2|4,5\n4|4|"x\ny",5,6,7\n6|0|\n8|1|8}, '... with line, fields and text')
  or diag(value('TABLE ragged_reject'));
like(value(q{SELECT obj_description('ragged_reject'::regclass)}), qr/not as many fields/, '... in a table that says what it is');
($rc, $out, $err) = load([ '--ragged', 'reject', write_file('even.csv', "a,b\n1,2\n"), 'even' ]);
is("$rc $out$err", "0 loaded 1 rows into even; lines left out: 0, in public.even_reject\n", 'none are left out');
is(value('SELECT count(*) FROM even_reject'), 0, '... and the table for them is there, as it is after prepare_purchases');
value('DROP TABLE even');
($rc, $out, $err) = load([ '--ragged', 'reject', "$tmp/even.csv", 'even' ]);
like("$rc $err", qr/^1 load: relation public\.even_reject already exists\nHINT:/, 'a reject table of before is not overwritten');
is(value(q{SELECT to_regclass('even')}), '', '... and nothing is made');
($rc, $out, $err) = load([ '--ragged', 'error', write_file('bad.csv', "a,b\n1\n"), 'bad' ]);
like("$rc $err", qr/^1 load: line 2 .* has 1 field/, '--ragged error is the default');
($rc, $out, $err) = load([ '--ragged', 'drop', "$tmp/even.csv", 'bad' ]);
like("$rc $err", qr/^1 load: --ragged drop is not known\nHINT:/, '... and other words are refused');
refused('a quote that never ends, in spite of --ragged reject', qq{a,b\n1\n3,"4\n}, qr/^load: line 3 of .* never ends$/m, qr/^HINT: /m, '--ragged', 'reject');
refused('bytes of another encoding after lines that are left out', "a,b\n1\n2\n\"x\ny\",1\n3,\xff\n", qr/0xff\n.*COPY bad, line 6/, qr/^HINT: .*PGCLIENTENCODING/m, '--ragged', 'reject');

# --- Before the header --------------------------------------------------------------

loaded('sep=;', "sep=;\r\na;b,c\r\n1;2,5\r\n", '1|2,5');
is(join('|', columns('good')), 'a|"b,c"', '... tells the delimiter, and is not the header');
loaded('sep= with quotes, BOM and a tab', "\xef\xbb\xbf\"sep=\t\"\na,b,c\td\n1,2,3\t4\n", '1,2,3|4');
loaded('sep= and -d', "sep=;\na,b\n1,2\n", '1|2', '-d', ',');
loaded('a delimiter that only sep= tells', "SEP=^\n\"a\"^\"b\"\n1^2\n", '1|2');
loaded('lines before the header', "Report of \"May\n\n2024;;\nid;item\n1;12\" plate\n", '1|12" plate', '--skip', '3');
loaded('lines before the header, and sep= after them', "Report\nsep=;\nid;item\n1;a,b,c\n", '1|a,b,c', '--skip', '1');
loaded('lines before the header, and sep= before them', "sep=;\nReport,,\nid;item\n1;a,b,c\n", '1|a,b,c', '--skip', '2');
loaded('--skip 0', "id;item\n1;a\n", '1|a', '--skip', '0');
refused('too many lines to skip', "a\n1\n", qr/^load: .*bad\.csv" has no line 4, which should name the columns$/m, qr/^HINT: .*--skip N/m, '--skip', '3');
refused('an empty line where the header should be', "Report\n \na\n", qr/^load: line 2 of .* is empty$/m, qr/^HINT: .*name the columns/m, '--skip', '1');
refused('no number of lines', "a\n", qr/^load: "x" is not a number of lines$/m, qr/^HINT: .*--skip 3/m, '--skip', 'x');
refused('the line of an error counts all lines of the file', "Report\nof May\n\"a\nb\",c\n1,2\n3\n", qr/^load: line 6 of .* has 1 field/m, qr/^HINT: /m, '--skip', '2');
refused('... also one that the server finds', "Report\nof May\n\"a\nb\",c\n1,2\n3,\xff\n", qr/0xff\n.*COPY bad, line 6/, qr/^HINT: .*PGCLIENTENCODING/m, '--skip', '2');

# --- Line ends and encodings ---------------------------------------------------------

for ([ 'Unix', "\n" ], [ 'Windows', "\r\n" ], [ 'old Mac', "\r" ], [ 'doubled Windows', "\r\r\n" ])
{
	my ($name, $end) = @$_;
	loaded("line ends of $name", join($end, 'a,b', '1,"x ""y"""', '2,12" plate', '') . $end, qq{1|x "y"\n2|12" plate});
	loaded("... none at the end", join($end, 'a,b', '1,2', '3,4'), "1|2\n3|4");
	load([ write_file('broken.csv', join($end, "\"a${end}b\",c", "\"x${end}y\",12\" plate", '')), 'broken_' . length($end) . ord $end ]);
	is_deeply([ records('broken_' . length($end) . ord $end) ], [ [ "x${end}y", '12" plate' ] ], '... and within quotes they are kept');
}
loaded('line ends of several kinds', "a,b\r\n1,2\n3,4\r\n5,6\n", "1|2\n3|4\n5|6");
refused('a carriage return in the middle', "a,b\n1,2\r3,4\n", qr/^load: line 2 of .* has a carriage return in the middle, outside quotes$/m, qr/^HINT: .*end alike/m);
refused('a line feed between old Mac line ends', "a,b\r1,2\n3,4\r", qr/^load: line 2 of .* has a line feed in the middle, outside quotes$/m, qr/^HINT: .*end alike/m);
($rc, $out, $err) = load([ write_file('bom.csv', "\xef\xbb\xbf\"Zürich\",b\nä,1\n" =~ s/([üä])/Encode::encode_utf8($1)/ger), 'bom' ], PGCLIENTENCODING => 'LATIN1');
is("$rc $out$err", "0 loaded 1 rows into bom\n", 'a byte order mark says that a file is UTF-8');
is_deeply([ records('bom') ], [ [ Encode::encode_utf8('ä'), 1 ] ], '... whatever PGCLIENTENCODING says');

# --- Compressed files, and files that are none ----------------------------------------

my $gzip = system('gzip --version >/dev/null 2>&1') == 0;
SKIP:
{
	skip 'there is no gzip', 1 unless $gzip;
	my $lines = "id,item\n" . join '', map { "$_,12\" plate\n" } 1 .. 20000;
	write_file('packed.csv', $lines);
	system('gzip', '-kf', "$tmp/packed.csv") == 0 or die 'gzip failed';
	($rc, $out, $err) = load([ "$tmp/packed.csv.gz", 'packed' ]);
	is("$rc $out$err", "0 loaded 20000 rows into packed\n", 'a compressed file');
	is(value(q{SELECT sum(id::int), count(*) FILTER (WHERE item = '12" plate') FROM packed}), '200010000|20000', '... has all rows');
	my $bytes = slurp_file("$tmp/packed.csv.gz");
	refused('a compressed file that is cut', substr($bytes, 0, length($bytes) - 2000), qr/^load: .*bad\.csv" cannot be read to its end: it is damaged, or not whole$/m, qr/gzip/);
	refused('a compressed file without a table', substr($bytes, 0, 12), qr/^load: .*bad\.csv" cannot be read to its end: it is damaged, or not whole$/m, qr/gzip/);
	system('sh', '-c', ": | gzip > '$tmp/nothing.gz'");
	($rc, $out, $err) = load([ "$tmp/nothing.gz", 'bad' ]);
	like("$rc $err", qr/^1 load: .*nothing\.gz" is empty\nHINT:/, 'a compressed file with nothing in it');
}
loaded('a file that is only called compressed', "a\n1\n", '1');
refused('an Excel workbook', "PK\x03\x04\x14\0\x06\0", qr/^load: .* is a ZIP archive or an Excel workbook$/m, qr/^HINT: .*CSV/m);
refused('a file that xz has compressed', "\xfd7zXZ\0\0", qr/^load: .* is compressed$/m, qr/^HINT: .*unpack it/m);

# --- Files that can be read once only ------------------------------------------------------

# (exit code, stdout, stderr) of script/load in a shell, with the file as $1
sub piped
{
	my ($command, $path) = @_;
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGUSER => 'shop_owner', PGDATABASE => 'shop', LOAD => "$source/script/load", TMPDIR => "$tmp/spool");
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'bash', '-c', $command, 'bash', $path ], '<', \undef, '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}
mkdir "$tmp/spool" or die $!;
# longer than a pipe and what is looked at for the header hold
my $long = "id,item\n" . join "", map { "$_,12\" plate; and so on and on\n" } 1 .. 60000;
cmp_ok(length $long, '>', 1048576 + 65536, 'a file that is longer than what a pipe holds');
write_file('long.csv', $long);
my %pipes = (
	'standard input by its name' => 'cat "$1" | "$LOAD" /dev/stdin spooled',
	'standard input as -' => 'cat "$1" | "$LOAD" - spooled',
	'standard input that is a file' => '"$LOAD" - spooled <"$1"',
	'a command' => '"$LOAD" <(cat "$1") spooled',
	'a named pipe' => 'mkfifo "$1.pipe"; cat "$1" >"$1.pipe" & "$LOAD" "$1.pipe" spooled; rc=$?; rm "$1.pipe"; exit $rc',
	'a file that is open already' => '"$LOAD" /dev/fd/7 spooled 7<"$1"',
	$gzip ? ('a compressed pipe' => 'gzip -c "$1" | "$LOAD" --replace - spooled', 'an unpacked one' => '"$LOAD" --ragged reject <(gzip -c "$1" | gzip -dc) spooled') : ());
for my $name (sort keys %pipes)
{
	value('DROP TABLE IF EXISTS spooled, spooled_reject');
	($rc, $out, $err) = piped($pipes{$name}, "$tmp/long.csv");
	like("$rc $out$err", qr/^0 loaded 60000 rows into spooled(?:; lines left out: 0, .*)?\n\z/, "$name: loaded");
	is($rc ? '' : value('SELECT count(*), sum(id::int), count(DISTINCT item), min(item) FROM spooled'), '60000|1800030000|1|12" plate; and so on and on', '... all of it');
}
value('DROP TABLE IF EXISTS spooled, spooled_reject');
($rc, $out, $err) = piped('cat "$1" | "$LOAD" - spooled', write_file('bad.csv', "a,b\n\"1\nx\",2\n3\n"));
like("$rc $err", qr/^1 load: line 4 of "standard input" has 1 field, the header has 2\nHINT:/, 'an error in a pipe has its line');
($rc, $out, $err) = piped('cat "$1" | "$LOAD" - spooled', write_file('bad.csv', "a,b\n\"1\nx\",2\n3,\xff\n"));
like("$rc $err", qr/^1 ERROR: .*0xff\n.*COPY spooled, line 4\nload: nothing was loaded from "standard input"\nHINT:/, '... also one that the server finds');
($rc, $out, $err) = piped('"$LOAD" - spooled </dev/null', '');
like("$rc $err", qr/^1 load: "standard input" is empty\nHINT:/, 'nothing in it');
($rc, $out, $err) = piped('"$LOAD" /dev/null spooled', '');
like("$rc $err", qr/^1 load: "\/dev\/null" is empty\nHINT:/, 'a device with nothing in it');
($rc, $out, $err) = piped('"$LOAD" - spooled <&-', '');
like("$rc $err", qr/^1 .*load: "standard input" cannot be read to its end\n/s, 'a standard input that is closed');
opendir my $spool, "$tmp/spool" or die $!;
is(join(' ', grep { !/^\.\.?$/ } readdir $spool), '', 'nothing of it is left behind');

# --- Replacing a table ------------------------------------------------------------------

my $old = write_file('old.csv', "a,b\n1,2\n");
my $new = write_file('new.csv', "b,c,d\n3,4,5\n6,7,8\n");
($rc, $out, $err) = load([ '--replace', $old, 'shelf' ]);
is("$rc $out$err", "0 loaded 1 rows into shelf\n", '--replace makes a table that is not there');
($rc, $out, $err) = load([ '--replace', $new, 'shelf' ]);
is("$rc $out$err", "0 loaded 2 rows into shelf\n", '--replace replaces one that is');
is(join('|', columns('shelf')) . "\n" . rows('shelf'), "b|c|d\n3|4|5\n6|7|8", '... by the new one');
is(value(q{SELECT count(*) FROM pg_class WHERE relname ~ '^shelf'}), 1, '... which is the only one');
for ([ 'a ragged line', "a,b\n1\n" ], [ 'bytes of another encoding', "a,b\n1,\xff\n" ], [ 'a quote that never ends', "a,b\n1,\"\n" ], [ 'names that appear twice', "a,a\n1,2\n" ])
{
	my ($name, $content) = @$_;
	($rc, $out, $err) = load([ '--replace', write_file('bad.csv', $content), 'shelf' ]);
	isnt($rc, 0, "--replace with $name: refused");
	is(rows('shelf'), "3|4|5\n6|7|8", '... and the old table is as it was');
}
is(value(q{SELECT count(*) FROM pg_class WHERE relname ~ '^shelf'}), 1, '... alone');
value('CREATE VIEW on_shelf AS SELECT b FROM shelf');
($rc, $out, $err) = load([ '--replace', $old, 'shelf' ]);
like("$rc $err", qr/^1 ERROR:  cannot drop table shelf because other objects depend on it\nDETAIL:  view on_shelf depends on table shelf\n.*\nHINT:  drop what depends on the table first/, 'a table on which a view depends is not replaced');
unlike($err, qr/CASCADE/, '... nor is it advised to drop the view with it');
is(rows('shelf'), "3|4|5\n6|7|8", '... and is as it was');
($rc, $out, $err) = load([ '--replace', $old, 'on_shelf' ]);
like("$rc $err", qr/^1 load: on_shelf is not an ordinary table/, 'a view is not replaced');
($rc, $out, $err) = load([ $old, 'shelf' ]);
like("$rc $err", qr/^1 ERROR:  relation "shelf" already exists\n/, 'without --replace nothing is replaced');
value('DROP VIEW on_shelf');
# whose it is, and who may do what with it
$node->safe_psql('shop', q{CREATE ROLE clerk LOGIN; CREATE ROLE dealer LOGIN; GRANT USAGE, CREATE ON SCHEMA public TO clerk; GRANT ALL ON SCHEMA public TO shop_owner});
value(q{GRANT SELECT ON shelf TO PUBLIC; GRANT INSERT ON shelf TO dealer WITH GRANT OPTION; GRANT UPDATE (b) ON shelf TO clerk; GRANT SELECT (c) ON shelf TO clerk WITH GRANT OPTION});
my $acl = q{SELECT relowner::regrole, relacl, (SELECT string_agg(attname || ' ' || attacl::text, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid) FROM pg_class c WHERE relname = 'shelf'};
my $rights = value($acl);
($rc, $out, $err) = load([ '--replace', $new, 'shelf' ]);
is("$rc $out$err", "0 loaded 2 rows into shelf\n", '--replace by the owner');
is(value($acl), $rights, '... keeps all rights');
($rc, $out, $err) = load([ '--replace', $new, 'public.shelf' ], PGUSER => scalar getpwuid $<);
is("$rc $out$err", "0 loaded 2 rows into public.shelf\n", '--replace by a superuser');
is(value($acl), $rights, '... keeps the owner, too');
($rc, $out, $err) = load([ '--replace', $new, 'shelf' ], PGUSER => 'clerk');
like("$rc $err", qr/^1 ERROR:  (?:public\.)?shelf belongs to the role "shop_owner"\nDETAIL: .*\nHINT: .*\nload: nothing was loaded/, '--replace by somebody else is refused');
is(value($acl), $rights, '... and the old one is as it was');
value(q{CREATE INDEX shelf_b ON shelf (b); COMMENT ON TABLE shelf IS 'Ours'; COMMENT ON COLUMN shelf.c IS 'Ours'});
($rc, $out, $err) = load([ '--replace', $new, 'shelf' ]);
is("$rc $out$err", "0 loaded 2 rows into shelf\nNOTICE:  what the old table shelf had besides is gone with it: index shelf_b, comment, comment of c\nHINT:  Make again what is needed.\n", 'what is gone is told');
($rc, $out, $err) = load([ '--replace', '--ragged', 'reject', $new, 'shelf' ]);
is($rc, 0, 'with a reject table') or diag($err);
value(q{GRANT SELECT ON shelf_reject TO clerk});
($rc, $out, $err) = load([ '--replace', '--ragged', 'reject', $new, 'shelf' ]);
is("$rc $out$err", "0 loaded 2 rows into shelf; lines left out: 0, in public.shelf_reject\n", '... which is replaced too');
is(value(q{SELECT has_table_privilege('clerk', 'shelf_reject', 'SELECT')}), 't', '... with its rights');
my $hostile = qq{public."we;ird ""na'me\n%s"};
load([ $old, $hostile ]);
($rc, $out, $err) = load([ '--replace', $new, $hostile ]);
is("$rc $out$err", "0 loaded 2 rows into $hostile\n", 'a name that needs quoting');
is(value("SELECT sum(d::int) FROM $hostile"), 13, '... is what is replaced');
($rc, $out, $err) = load([ '--replace', '--ragged', 'reject', write_file('bad.csv', "a,b\n1\n2,3\n"), $hostile ]);
like("$rc $out$err", qr/^0 loaded 1 rows into .*; lines left out: 1, in public\."we;ird ""na'me\n%s_reject"\n\z/s, '... with a reject table');
($rc, $out, $err) = load([ '--replace', '--ragged', 'reject', write_file('bad.csv', "a,b\n1\n2\n2,3\n"), $hostile ]);
like("$rc $out$err", qr/^0 loaded 1 rows into .*; lines left out: 2, in /s, '... which is replaced too');
value('CREATE TABLE other_reject (a int)');
($rc, $out, $err) = load([ '--replace', '--ragged', 'reject', $old, 'other' ]);
like("$rc $err", qr/^1 load: public\.other_reject is not a table that script\/load has made/, '... but no other table of that name');

# --- Made up files, whose records are known --------------------------------------------

# Fields are written as they are where that can be told apart, and in quotes
# otherwise, or by chance.
my $seed = $ENV{PT_SEED} // 12;
srand $seed;
my @pieces = ('a', 'bc', '12"', '"', '""', ' ', "\t", ',', ';', '|', "\n", "\r\n", '\\', '\\.', "'", 'x y', '0', "\xc3\xa4");
my $python = <<'PYTHON';
import csv, sys
csv.field_size_limit(1 << 30)
with open(sys.argv[1], encoding='utf-8-sig', newline='') as f:
    for record in csv.reader(f, delimiter=sys.argv[2]):
        if record:
            print('|'.join(v.encode().hex() for v in record))
PYTHON
my $has_python = eval { IPC::Run::run([ 'python3', '-c', '1' ], '<', \undef, '>', \my $o, '2>', \my $e) };
note('Python does not read the files too: there is none') unless $has_python;
my ($alike, $sent_away) = (0, 0);
for my $n (1 .. 12)
{
	my $d = (',', ';', "\t", '|')[ $n % 4 ];
	my $end = ("\n", "\r\n")[ int(rand 2) ];
	my $width = 2 + int rand 4;
	my $quotes = rand() < 0.2;	# in every field
	my @records = map { [ map { join '', map { $pieces[ rand @pieces ] } 1 .. int rand 5 } 1 .. $width ] } 1 .. 40;
	my (@lines, @wanted);
	for (@records)
	{
		my (@written, @record);
		for my $field (@$_)
		{
			# psql would take it for the end of the data
			$field =~ s/^\\\.\r?$/./mg;
			# every other file is one that import_csv reads too
			my $must = $field =~ /[\r\n]|\Q$d\E|^[ \t]*"/ || ($n % 2 && $field =~ /"/);
			my $quoted = $must || $quotes || rand() < 0.2;
			push @written, $quoted ? '"' . $field =~ s/"/""/gr . '"' . (rand() < 0.1 && $d ne "\t" ? ' ' : '') : $field;
			push @record, $quoted ? $field . ($written[-1] =~ /" \z/ ? ' ' : '') : $field eq '' ? undef : $field;
		}
		push @lines, join $d, @written;
		push @wanted, \@record;
	}
	my $header = join $d, map { "c$_" } 1 .. $width;
	my $file = write_file("made$n.csv", join($end, $header, @lines) . $end x ($n % 2 || int rand 3));
	value('DROP TABLE IF EXISTS made, imported');
	($rc, $out, $err) = load([ $file, 'made' ]);
	is("$rc $out$err", "0 loaded 40 rows into made\n", "file $n of seed $seed is loaded");
	is_deeply([ records('made') ], \@wanted, '... and has the records that were written') unless $rc;
	# import_csv: the same rows, or a word that script/load has them
	($rc, $out, $err) = $node->psql('shop', "SELECT import_csv('imported', '$file'); ALTER TABLE imported OWNER TO shop_owner");
	if ($rc)
	{
		like($err, qr/HINT:.*script\/load/, '... import_csv sends it to script/load');
		$sent_away++;
	}
	else
	{
		is_deeply([ records('imported') ], \@wanted, '... and by import_csv');
		$alike++;
	}
	next unless $has_python;
	my ($read, $problem) = ('', '');
	IPC::Run::run([ 'python3', '-c', $python, $file, $d ], '>', \$read, '2>', \$problem);
	is($problem . $read, join('', map { join('|', map { unpack 'H*', $_ // '' } @$_) . "\n" } [ map { "c$_" } 1 .. $width ], @wanted), "... as Python's csv reads it");
}

note("import_csv reads $alike of the files, and sends $sent_away to script/load");

# --- import_csv gives the same, or sends to script/load ---------------------------------

my %same = (	# 1: imported; otherwise the error
	'quotes that quote' => [ qq{a,b\n1,"x, ""y""\nz"\n2, "p, q" \n}, 1 ],
	'semicolons' => [ "a;b,c;d\n1;2;3\n", 1 ],
	'tabs' => [ "a\tb\n1\t2\n", 1 ],
	'Windows' => [ "\xef\xbb\xbfa,b\r\n1,\"x\r\ny\"\r\n3,4", 1 ],
	'old Mac' => [ "a,b\r1,2\r3,4\r", 1 ],
	'one column' => [ "a\n1\n\n3\n", 1 ],
	'no rows' => [ 'a,b', 1 ],
	'a quote within a field' => [ "a,b\n1,12\" plate\n2,mug\n3,9\" bowl\n", qr/line 2 of the file has a quote in a field that does not begin with one\n.*\nHINT:.*script\/load/ ],
	'a quote within a name' => [ "a,12\" plate\n1,2\n", qr/line 1 of the file has a quote in a field.*\n.*\nHINT:.*script\/load/ ],
	'a quote after blanks' => [ "a,b\n1, \"x\n2, \"y\n", qr/line 2 of the file has a quote .*\n.*\nHINT:.*script\/load/ ],
	'quotes after blanks, and more' => [ "a,b\n1, \"x\" y\n", qr/line 2 of the file has a quote .*\n.*\nHINT:.*script\/load/ ],
	'several line ends' => [ "a,b\n1,2\r\n3,4\n", qr/line 2 of the file has another line end than those before\n.*\nHINT:.*script\/load/ ],
	'doubled line ends' => [ "a,b\r\r\n1,2\r\r\n", qr/line \d of the file has another line end.*\n.*\nHINT:.*script\/load/ ],
	'empty lines at the end' => [ "a,b\n1,2\n\n\n", qr/line 3 of the file has no text, and nothing follows\n.*\nHINT:.*script\/load/ ],
	'... where there is one column' => [ "a\n1\n\n", qr/line 3 of the file has no text, and nothing follows\n.*\nHINT:.*script\/load/ ],
	'an end of data' => [ "a\n\\.\nb\n", qr/line 2 of the file has "\\\." and nothing else\n.*\nHINT:.*script\/load/ ],
	'sep=' => [ "sep=;\na;b\n1;2\n", qr/the first line of .* is sep=;, and no header\n.*\nHINT:.*script\/load/ ],
	'gzip' => [ "\x1f\x8b\x08\0", qr/is compressed\nHINT:.*script\/load/ ],
	# what script/load does not take either
	'too few fields' => [ "a,b\n1,2\n3\n", qr/line 3 of the file has 1 field, the header has 2\nHINT:.*--ragged reject/ ],
	'an empty line between others' => [ "a,b\n1,2\n\n3,4\n", qr/line 3 of the file has 0 fields, the header has 2\nHINT:/ ],
	'a quote that never ends' => [ "a,b\n1,\"2\n3,4\n", qr/line 2 of the file has a quoted field that never ends\nHINT:/ ],
	'characters after quotes' => [ "a,b\n1,\"2\n3\"x,4\n", qr/line 3 of the file has characters after the closing quote of a field\nDETAIL:  The field begins in line 2\.\nHINT:/ ],
	'a byte of value 0' => [ "a,b\n1,\0\n", qr/line 2 of the file has a byte of value 0\nHINT:/ ],
	'UTF-16' => [ "\xff\xfea\0", qr/encoded as UTF-16\nHINT:.*iconv/ ],
);
for my $name (sort keys %same)
{
	my ($content, $wanted) = @{ $same{$name} };
	my $file = write_file('import.csv', $content);
	value('DROP TABLE IF EXISTS imported, loaded');
	($rc, $out, $err) = $node->psql('shop', "SELECT import_csv('imported', '$file')");
	if (ref $wanted)
	{
		like($err, $wanted, "import_csv, $name: the error");
		unlike($err, qr/CONTEXT/, '... without places in our code');
		is(value(q{SELECT to_regclass('imported')}), '', '... and nothing is left behind');
		next;
	}
	is($err, '', "import_csv, $name: imported");
	$node->safe_psql('shop', 'ALTER TABLE imported OWNER TO shop_owner') unless $rc;
	load([ $file, 'loaded' ]);
	is_deeply([ [ columns('imported') ], records('imported') ], [ [ columns('loaded') ], records('loaded') ], '... with the same names and rows as by script/load');
}
# A file of several pieces: quotes and line ends where one piece ends.
my $wide = join '', map { "$_,\"" . ('x' x (($_ * 7919) % 200)) . "\"\"\r\n\"\r\n" } 1 .. 120000;
write_file('pieces.csv', "a,b\r\n$wide");
cmp_ok(-s "$tmp/pieces.csv", '>', 8388608, 'a file of several pieces');
is($node->safe_psql('shop', "SELECT import_csv('pieces', '$tmp/pieces.csv')"), 120000, '... is imported');

done_testing();
