# From CSV files to prepared tables: script/load, import_csv and
# prepare_purchases, as a role without superuser rights. With PT_DATA, a folder
# that has customer_shopping_behavior.csv, on real data and its variants.
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
my $node = PostgreSQL::Test::Cluster->new('prepare');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE shop_owner LOGIN; CREATE DATABASE shop OWNER shop_owner; CREATE DATABASE named OWNER shop_owner; CREATE DATABASE bare');

# (exit code, stdout, stderr) as the owner of the database
sub owner
{
	my ($sql, $db) = @_;
	my ($rc, $out, $err) = $node->psql($db // 'shop', $sql, extra_params => [ '-U', 'shop_owner', '-v', 'VERBOSITY=verbose' ]);
	return ($rc, $out, $err);
}

sub value
{
	my ($rc, $out, $err) = owner(@_);
	die "$_[0]: $err" if $rc;
	return Encode::decode_utf8($out);
}

sub write_file { return LoadTest::write_file("$tmp/$_[0]", $_[1]) }

# (exit code, stdout, stderr) of script/load
sub load
{
	my ($args, %env) = @_;
	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGUSER => 'shop_owner', PGDATABASE => 'shop', %env);
	my ($out, $err) = ('', '');
	IPC::Run::run([ "$source/script/load", map { Encode::encode_utf8($_) } @$args ], '<', \undef, '>', \$out, '2>', \$err);
	return ($? >> 8, map { Encode::decode_utf8($_) } $out, $err);
}

sub refused { return LoadTest::refused(\&value, \&load, "$tmp/bad.csv", @_) }

value('CREATE EXTENSION purchase_trends');

# --- Files that are as they should be, if only just ---------------------------

my $small = "Order No;Total (EUR);\"Remark\nof buyer\"\r\n1;3,50;\"a; \"\"b\"\"\nc\"\r\n2;1.000,00;Zürich\r\n";
my ($rc, $out, $err) = load([ write_file('small.csv', Encode::encode_utf8("\x{FEFF}$small")), 'small' ]);
is("$rc $out$err", "0 loaded 2 rows into small; records of several lines within quotes: 1\n", 'semicolons, BOM, CR LF, line breaks in quotes, also in the header');
is(value(q{SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'small'::regclass AND attnum > 0}),
	"\"Order No\",\"Total (EUR)\",\"Remark\nof buyer\"", '... gives these columns');
is(value(q{SELECT s::text FROM small AS s ORDER BY 1}), qq{(1,"3,50","a; ""b""\nc")\n(2,"1.000,00",Zürich)}, '... and these rows');
value(q{SELECT count(*) FROM prepare_purchases('small', 'prepared', decimal_mark => ',')});
is(value('SELECT sum(total), sum(order_no) FROM prepared'), '1003.50|3', '... that can be prepared');

($rc, $out, $err) = load([ write_file('header.csv', 'a,b'), 'header_only' ]);
is("$rc $out$err", "0 loaded 0 rows into header_only\n", 'a header without a line end, and no rows');
is(value(q{SELECT string_agg(concat_ws(' ', column_name, action, row_count), ', ') FROM prepare_purchases('header_only', 'header_prepared')}),
	'rows in 0, rows out 0, rows rejected 0, duplicate rows 0, a typed as text 0, b typed as text 0', '... can be prepared');
for ([ "\t", '-d', 'tab' ], [ '|' ], [ ':', '-d', ':' ], [ "'", '-d', "'" ])
{
	my ($delimiter, @option) = @$_;
	my $name = 'd' . ord $delimiter;
	($rc, $out, $err) = load([ @option, write_file('d.csv', "a$delimiter\"x,y;z\"\n1${delimiter}2\n"), $name ]);
	is("$rc $out$err", "0 loaded 1 rows into $name\n", "delimiter $delimiter");
}
($rc, $out, $err) = load([ write_file('latin1.csv', "stra\xdfe\n\xe4\n"), 'latin1' ], PGCLIENTENCODING => 'LATIN1');
is("$rc $out$err", "0 loaded 1 rows into latin1; one column: the header has no \",\" (-d says what is between fields)\n", 'PGCLIENTENCODING is heeded');
is(value('SELECT "straße" FROM latin1'), 'ä', '... in the header and in the rows');
my $hostile = qq{public."we;ird ""na'me\n%s"};
($rc, $out, $err) = load([ write_file('ok.csv', "a\n1\n"), $hostile ]);
is("$rc $out$err", "0 loaded 1 rows into $hostile; one column: the header has no \",\" (-d says what is between fields)\n", 'a name that needs quoting');
is(value("SELECT count(*) FROM $hostile"), 1, '... is what the table is called');

# --- Files that are not ---------------------------------------------------------

refused('an empty file', '', qr/^load: .*bad\.csv" is empty$/m, qr/^HINT: .*names its columns$/m);
refused('an empty header', "\xef\xbb\xbf \r\n1,2\n", qr/^load: the first line of .* is empty$/m, qr/^HINT: .*must name the columns$/m);
refused('too few fields', "a,b\n1,2\n3\n", qr/^load: line 3 of .* has 1 field, the header has 2$/m, qr/^HINT: .*as many fields as the header/m);
refused('too many fields', "a,b\n1,2\n1,2,3\n", qr/^load: line 3 of .* has 3 fields, the header has 2$/m, qr/^HINT: .*as many fields as the header/m);
refused('an open quote', "a,b\n1,\"2\n", qr/^load: line 2 of .* has a quoted field that never ends$/m, qr/^HINT: .*every quote needs its end/m);
refused('an open quote in the header', "a,\"b\n1,2\n", qr/^load: line 1 of .* has a quoted field that never ends$/m, qr/^HINT: .*every quote needs its end/m);
refused('names that appear twice', "a,b,a\n1,2,3\n", qr/"a" appears 2 times.*\n.*columns 1, 3/, qr/^HINT: /m);
refused('invalid UTF-8', "a,b\n1,\xff\n", qr/invalid byte sequence for encoding "UTF8": 0xff\n.*line 2/, qr/^HINT: .*PGCLIENTENCODING/m);
refused('invalid UTF-8 in the header', "a,b\xc3\n1,2\n", qr/invalid byte sequence for encoding "UTF8"/, qr/^HINT: .*PGCLIENTENCODING/m);
refused('a NUL byte', "a,b\n1,\0\n", qr/^load: line 2 of .* has a byte of value 0$/m, qr/^HINT: /m);
refused('UTF-16', "\xff\xfea\0\n\0", qr/is encoded as UTF-16$/m, qr/^HINT: .*iconv/m);
refused('what psql takes for the end', "a,b\n1,2\n\\.\n3,4\n", qr/^load: line 3 of .* for the end of the data$/m, qr/^HINT: /m);
refused('a delimiter of two characters', "a,b\n", qr/not one character$/m, qr/^HINT: /m, '-d', 'ab');
refused('a quote as delimiter', "a,b\n", qr/delimiter """ cannot be used/, qr/^HINT: .*one ASCII character/m, '-d', '"');

for ([ 'a file that is not there', [ "$tmp/nowhere.csv", 'bad' ], qr/^load: there is no file / ],
	[ 'a directory', [ $tmp, 'bad' ], qr/^load: .* is a directory/ ],
	[ 'a table that exists', [ "$tmp/ok.csv", 'small' ], qr/^ERROR:  relation "small" already exists\nDETAIL:.*\nHINT:.*DROP TABLE public\.small;/ ],
	[ 'a name that is none', [ "$tmp/ok.csv", 'x; DROP TABLE small' ], qr/^ERROR:  "x; DROP TABLE small" is not the name of a table\nDETAIL:.*\nHINT:/ ],
	[ 'a schema that is not there', [ "$tmp/ok.csv", 'nowhere.t' ], qr/^ERROR:  schema "nowhere" does not exist\nDETAIL:.*\nHINT:/ ],
	[ 'an option that is not known', [ '--what' ], qr/^load: option --what is not known\nHINT:/ ],
	[ 'no arguments', [], qr/^Loads a CSV file/ ])
{
	my ($name, $args, $message) = @$_;
	($rc, $out, $err) = load($args);
	isnt($rc, 0, "$name: refused");
	like($err, $message, "$name: the message");
}
($rc, $out, $err) = load([ "$tmp/ok.csv", 't' ], PGDATABASE => 'bare');
like("$rc $err", qr/^1 load: the database has no extension purchase_trends\nHINT:  run in it: CREATE EXTENSION/, 'a database without the extension');
($rc, $out, $err) = load([ "$tmp/ok.csv", 't' ], PGDATABASE => 'nodb');
like($err, qr/database "nodb" does not exist/, 'a database that is not there');
($rc, $out, $err) = load(['--help']);
like("$rc $out", qr/^0 Loads a CSV file.*PGHOST/s, '--help helps');

# --- An extension in a schema that needs quoting, outside the search_path -------

value('CREATE SCHEMA "my tools #%s"; CREATE EXTENSION purchase_trends SCHEMA "my tools #%s"', 'named');
($rc, $out, $err) = load([ "$tmp/small.csv", 'small' ], PGDATABASE => 'named');
is("$rc $out$err", "0 loaded 2 rows into small; records of several lines within quotes: 1\n", 'the schema of the extension is found');
is(value(q{SELECT string_agg(action, ', ') FROM "my tools #%s".prepare_purchases('small', 'prepared', '{"total": ["order_no"]}', decimal_mark => ',',
		drop_duplicates => true, drop_redundant => true) WHERE column_name = 'total'}, 'named'),
	'renamed, typed as numeric (decimal comma), imputed', '... and prepare_purchases works there');

# --- import_csv: the rights, and the errors of COPY -----------------------------

sub import_as_superuser
{
	my ($name, $content, $more) = @_;
	my $file = write_file('import.csv', $content);
	chmod 0644, $file;
	return $node->psql('shop', "\\set VERBOSITY verbose\nSELECT import_csv('$name', '$file'$more)");
}
($rc, $out, $err) = owner("SELECT import_csv('imported', '$tmp/ok.csv')");
like($err, qr/ERROR:  42501: .*\nDETAIL: .*\nHINT: .*script\/load.*GRANT pg_read_server_files TO shop_owner/, 'import_csv needs rights, and says which');
($rc, $out, $err) = import_as_superuser('imported', Encode::encode_utf8("\x{FEFF}$small"), ", ';'");
is("$rc $out", '0 2', 'import_csv loads') or diag($err);
is($node->safe_psql('shop', 'TABLE imported EXCEPT TABLE small'), '', '... the same as script/load');
($rc, $out, $err) = import_as_superuser('imported2', "stra\xdfe\n\xe4\n", ", encoding => 'LATIN1'");
is("$rc $out", '0 1', 'import_csv heeds the encoding') or diag($err);
($rc, $out, $err) = import_as_superuser('imported3', 'a' . ('x' x 20000) . ",b\n1,2\n", '');
is("$rc $out", '0 1', 'a long header') or diag($err);
($rc, $out, $err) = import_as_superuser('bad', "a,b\n1,2\n3\n", '');
like($err, qr/ERROR:  22P04: line 3 of the file has 1 field, the header has 2\nHINT: .*as many fields/, 'ragged rows');
($rc, $out, $err) = import_as_superuser('bad', "a,b\n1,\xff\n", '');
like($err, qr/ERROR:  22021: .*\nDETAIL:  COPY bad, line 2\nHINT: .*encoding/, 'invalid UTF-8');
($rc, $out, $err) = import_as_superuser('bad', "a,b\xff\n1,2\n", '');
like($err, qr/ERROR:  22021: .*\nDETAIL:  It is in the header, line 1 of the file\.\nHINT: .*encoding => 'LATIN1'/, 'invalid UTF-8 in the header');
($rc, $out, $err) = import_as_superuser('bad', "a,\"b\r\nc\xe9\"\r\n1,2\r\n", '');
like($err, qr/ERROR:  22021: .*\nDETAIL: .*, line 2 of the file\.\nHINT: .*encoding => 'LATIN1'/, '... in its second line');
($rc, $out, $err) = import_as_superuser('bad', "a,b\x81\n1,2\n", ", encoding => 'WIN1252'");
like($err, qr/ERROR:  22P05: .*\nDETAIL: .*, line 1 of the file\.\nHINT: .*Give the encoding/, 'what is in no WIN1252, in the header');
($rc, $out, $err) = import_as_superuser('bad', "a,b\n1,\x81\n", ", encoding => 'WIN1252'");
like($err, qr/ERROR:  22P05: .*\nDETAIL:  COPY bad, line 2\nHINT: .*Give the encoding/, '... and in a row');
($rc, $out, $err) = import_as_superuser('bad', "a\0,\0b\0\n\0", '');
like($err, qr/ERROR:  22P04: line 1 of the file has a byte of value 0\nHINT:/, 'a byte of value 0 in the header');
unlike($err, qr/CONTEXT/, '... without places in our code');
# A byte order mark says more than the encoding that was asked for.
my $marked = Encode::encode_utf8("\x{FEFF}stra\xdfe,b\n\xe4,1\n");
write_file('marked.csv', $marked);
for my $encoding (qw(LATIN1 UTF8 WIN1252))
{
	($rc, $out, $err) = import_as_superuser("marked_$encoding", $marked, ", encoding => '$encoding'");
	is("$rc $out", '0 1', "a byte order mark, and encoding => $encoding") or diag($err);
	is($node->safe_psql('shop', "SELECT \"straße\", b FROM marked_$encoding"), Encode::encode_utf8("\xe4|1"), '... by import_csv: names and rows are UTF-8');
	($rc, $out, $err) = load([ "$tmp/marked.csv", "loaded_$encoding" ], PGCLIENTENCODING => $encoding);
	is("$rc $out$err", "0 loaded 1 rows into loaded_$encoding\n", '... and PGCLIENTENCODING');
	is(value("SELECT \"straße\", b FROM loaded_$encoding"), "\xe4|1", '... by script/load too');
}
($rc, $out, $err) = import_as_superuser('bad', "\xef\xbb\xbfa,b\n1,\xe4\n", ", encoding => 'LATIN1'");
like($err, qr/ERROR:  22021: .*UTF8.*\nDETAIL:  COPY bad, line 2\nHINT: .*byte order mark says that it is UTF-8/, 'a byte order mark that does not say the truth');
($rc, $out, $err) = import_as_superuser('bad', '', '');
like($err, qr/ERROR:  22P04: the header line is empty\nDETAIL:.*\nHINT:/, 'an empty file');
($rc, $out, $err) = $node->psql('shop', "\\set VERBOSITY verbose\nSELECT import_csv('bad', '$tmp/nowhere.csv')");
like($err, qr/ERROR:  58P01: there is no file .*\nDETAIL:.*\nHINT:/, 'a file that is not there');
is($node->safe_psql('shop', "SELECT to_regclass('bad')"), '', 'and nothing is left behind');
$node->safe_psql('shop', 'GRANT pg_read_server_files TO shop_owner; GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint) TO shop_owner');
write_file('granted.csv', "a,b\n1,2\n");
is(value("SELECT import_csv('granted', '$tmp/granted.csv')"), 1, 'with the rights that the hint names, the owner may import');

# --- Parallel plans give the same as serial ones --------------------------------

value(q{CREATE TABLE many AS SELECT i::text AS "Order No", (i % 7)::text AS g, CASE WHEN i % 50 > 0 THEN '$' || i % 100 || '.25' ELSE 'n/a' END AS "Amount (USD)",
	CASE WHEN i = 77777 THEN 'soon' ELSE ('2024-01-01'::date + i % 300)::text END AS day, CASE WHEN i % 2 = 0 THEN 'Yes' ELSE ' no ' END AS member
	FROM generate_series(1, 100000) AS i;
	ANALYZE many});
my %report;
for my $workers (0, 2)
{
	$report{$workers} = value(qq{SET max_parallel_workers_per_gather = $workers; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0;
		SELECT count(*) AS x, string_agg(r::text, E'\\n') FROM prepare_purchases('many', 'many$workers', '{"amount": "g"}') AS r});
	$report{$workers} .= value("SELECT count(*), sum(order_no), sum(amount), sum(amount) FILTER (WHERE amount_imputed), min(day), count(*) FILTER (WHERE member) FROM many$workers");
	$report{$workers} .= value("SELECT * FROM describe_table('many$workers')");
}
is($report{2}, $report{0}, 'parallel plans give the same report and rows');
like($report{0}, qr/"rows in",100000,/, 'all rows are read') or diag($report{0});
is(value('SELECT "Order No", reject_reason FROM many0_reject'), "77777|day: 'soon' is not of type date", 'the one row that does not fit is rejected');

# --- The real data ----------------------------------------------------------------

my $csv = ($ENV{PT_DATA} // '') . '/customer_shopping_behavior.csv';
if (!-r $csv)
{
	note('skipped: the real data, since PT_DATA names no folder with customer_shopping_behavior.csv');
	done_testing();
	exit;
}
($rc, $out, $err) = load([ $csv, 'raw' ]);
is("$rc $out$err", "0 loaded 3900 rows into raw\n", 'the real data loads');
my $impute = q{'{"review_rating": "category"}'};
value("CREATE TABLE report AS SELECT * FROM prepare_purchases('raw', 'prepared_shop', $impute)");
is(value(q{SELECT string_agg(row_count::text, '|' ORDER BY action) FROM report WHERE column_name IS NULL}), '0|3900|3900|0', 'all rows are prepared, none twice');

# The values that the workflow gives, and the same from the raw text in plain SQL.
sub both
{
	my ($what, $wanted, $prepared, $raw) = @_;
	is(value($prepared), $wanted, $what);
	is(value($raw), $wanted, "... as plain SQL has it") if $raw;
}
both('names', 'customer_id,age,gender,item_purchased,category,purchase_amount,location,size,color,season,review_rating,review_rating_imputed,'
	  . 'subscription_status,shipping_type,discount_applied,promo_code_used,previous_purchases,payment_method,frequency_of_purchases',
	q{SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'prepared_shop'::regclass AND attnum > 0});
both('types', 'integer,integer,text,text,text,integer,text,text,text,text,numeric,boolean,boolean,text,boolean,boolean,integer,text,text',
	q{SELECT string_agg(atttypid::regtype::text, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'prepared_shop'::regclass AND attnum > 0});
both('the unit and the name as it was are in the comment', 'Purchase Amount (USD), in USD',
	q{SELECT col_description('prepared_shop'::regclass, 6)});
both('medians and numbers of imputed ratings', "Accessories|3.8|11\nClothing|3.7|19\nFootwear|3.8|5\nOuterwear|3.8|2",
	q{SELECT category, review_rating, count(*) FROM prepared_shop WHERE review_rating_imputed GROUP BY 1, 2 ORDER BY 1},
	q{SELECT "Category", round((percentile_cont(0.5) WITHIN GROUP (ORDER BY "Review Rating"::float8))::numeric, 6)::float8,
		count(*) FILTER (WHERE "Review Rating" IS NULL) FROM raw GROUP BY 1 ORDER BY 1});
both('... are in the report', '37|Accessories: 3.8 11, Clothing: 3.7 19, Footwear: 3.8 5, Outerwear: 3.8 2',
	q{SELECT max(row_count), string_agg(example || ' ' || row_count, ', ' ORDER BY example) FROM report WHERE column_name = 'review_rating' AND action = 'imputed'});
both('customers, revenue, averages', '3900|233081|59.7644|3.750051',
	'SELECT count(*), sum(purchase_amount), round(avg(purchase_amount), 4), round(avg(review_rating), 6) FROM prepared_shop',
	q{SELECT count(*), sum("Purchase Amount (USD)"::int), round(avg("Purchase Amount (USD)"::int), 4), round(avg(coalesce("Review Rating"::numeric,
		CASE "Category" WHEN 'Clothing' THEN 3.7 ELSE 3.8 END)), 6) FROM raw});
both('the edges of age groups', '{18,31,44,57,70}',
	'SELECT percentile_cont(ARRAY[0, 0.25, 0.5, 0.75, 1]) WITHIN GROUP (ORDER BY age) FROM prepared_shop',
	'SELECT percentile_cont(ARRAY[0, 0.25, 0.5, 0.75, 1]) WITHIN GROUP (ORDER BY "Age"::float8) FROM raw');
both('... and their sizes', '1028|942|986|944',
	'SELECT count(*) FILTER (WHERE age <= 31), count(*) FILTER (WHERE age > 31 AND age <= 44), count(*) FILTER (WHERE age > 44 AND age <= 57), count(*) FILTER (WHERE age > 57) FROM prepared_shop');
both('purchase frequencies in days', "7|539\n14|1089\n30|553\n90|1147\n365|572",
	'SELECT parse_frequency_strict(frequency_of_purchases), count(*) FROM prepared_shop GROUP BY 1 ORDER BY 1',
	q{SELECT CASE "Frequency of Purchases" WHEN 'Weekly' THEN 7 WHEN 'Fortnightly' THEN 14 WHEN 'Bi-Weekly' THEN 14 WHEN 'Monthly' THEN 30
		WHEN 'Annually' THEN 365 WHEN 'Quarterly' THEN 90 WHEN 'Every 3 Months' THEN 90 END, count(*) FROM raw GROUP BY 1 ORDER BY 1});
both('flags', '1053|1677|1677', 'SELECT count(*) FILTER (WHERE subscription_status), count(*) FILTER (WHERE discount_applied), count(*) FILTER (WHERE promo_code_used) FROM prepared_shop',
	q{SELECT count(*) FILTER (WHERE "Subscription Status" = 'Yes'), count(*) FILTER (WHERE "Discount Applied" = 'Yes'), count(*) FILTER (WHERE "Promo Code Used" = 'Yes') FROM raw});
both('the redundant column', 'promo_code_used: redundant: equal to discount_applied',
	q{SELECT string_agg(column_name || ': ' || action, ', ') FROM report WHERE action ~ 'redundant|constant'},
	q{SELECT 'promo_code_used: redundant: equal to discount_applied' WHERE NOT EXISTS (SELECT FROM raw WHERE "Promo Code Used" <> "Discount Applied")});
both('every row is as it was', '0',
	q{SELECT count(*) FROM raw AS r FULL JOIN prepared_shop AS p ON p.customer_id = r."Customer ID"::int
		WHERE (p.age::text, p.gender, p.item_purchased, p.category, p.purchase_amount::text, p.location, p.size, p.color, p.season,
			CASE WHEN p.review_rating_imputed THEN NULL ELSE p.review_rating END, p.subscription_status, p.shipping_type, p.previous_purchases::text, p.payment_method, p.frequency_of_purchases)
		IS DISTINCT FROM (r."Age", r."Gender", r."Item Purchased", r."Category", r."Purchase Amount (USD)", r."Location", r."Size", r."Color", r."Season",
			r."Review Rating"::numeric, r."Subscription Status" = 'Yes', r."Shipping Type", r."Previous Purchases", r."Payment Method", r."Frequency of Purchases")});

# describe_table against pandas' describe(), where there is pandas.
my $python = <<'PYTHON';
import sys
try:
    import pandas
except ImportError:
    sys.exit(3)
raw = pandas.read_csv(sys.argv[1], encoding='utf-8-sig')
rating = raw['Review Rating']
raw['Review Rating'] = rating.fillna(raw.groupby('Category')['Review Rating'].transform('median'))
for name in ['Age', 'Purchase Amount (USD)', 'Review Rating', 'Previous Purchases']:
    d = raw[name].describe()
    print('|'.join('%.6f' % v for v in [d['count'], d['mean'], d['std'], d['min'], d['25%'], d['50%'], d['75%'], d['max']]))
print('|'.join(str(v) for v in pandas.qcut(raw['Age'], 4).value_counts(sort=False)))
print('%.6f' % raw['Review Rating'].mean(), int(rating.isna().sum()))
for name in ['Gender', 'Location', 'Color']:
    counts = raw[name].value_counts()
    print('%d|%s|%.6f' % (len(counts), sorted(counts[counts == counts.max()].index)[0], counts.max() / len(raw)))
PYTHON
my ($pandas, $no_pandas) = ('', '');
for my $interpreter ('python3', '/usr/bin/python3')
{
	eval { IPC::Run::run([ $interpreter, '-c', $python, $csv ], '>', \$pandas, '2>', \$no_pandas); 1 } or $? = 1;
	last unless $?;
}
if ($?)
{
	note("skipped: the comparison with pandas: $no_pandas");
}
else
{
	my $described = join "\n",
	  map { value($_) } q{SELECT round(row_count - nulls, 6), round(mean::numeric, 6), round(sd::numeric, 6), round(minimum::numeric, 6), round(q1::numeric, 6),
		round(median::numeric, 6), round(q3::numeric, 6), round(maximum::numeric, 6) FROM describe_table('prepared_shop')
		WHERE column_name IN ('age', 'purchase_amount', 'review_rating', 'previous_purchases')},
	  q{SELECT count(*) FILTER (WHERE age <= 31), count(*) FILTER (WHERE age > 31 AND age <= 44), count(*) FILTER (WHERE age > 44 AND age <= 57), count(*) FILTER (WHERE age > 57) FROM prepared_shop},
	  q{SELECT round(avg(review_rating), 6) || ' ' || count(*) FILTER (WHERE review_rating_imputed) FROM prepared_shop},
	  q{SELECT distinct_values, most_frequent, round(most_frequent_share::numeric, 6) FROM describe_table('prepared_shop') WHERE column_name IN ('gender', 'location', 'color')};
	is("$described\n", $pandas, 'pandas describes the same');
}

# --- Variants of the file give the same numbers -----------------------------------

my $fingerprint = q{SELECT count(*), sum(customer_id), sum(age), sum(purchase_amount)::numeric(18,2), sum(review_rating), count(*) FILTER (WHERE review_rating_imputed),
	count(*) FILTER (WHERE subscription_status), count(*) FILTER (WHERE discount_applied), sum(previous_purchases), sum(parse_frequency_strict(frequency_of_purchases)),
	count(DISTINCT lower(category)), sum(hashtext(lower(item_purchased || location || color || season)) % 1000 * customer_id) FROM };
my $wanted = value("$fingerprint prepared_shop");
my $text = PostgreSQL::Test::Utils::slurp_file($csv);
my ($header, @lines) = split /\r\n/, $text;
die 'the file has quotes' if $text =~ /"/;
$header =~ s/^\xef\xbb\xbf//;
my @names = split /,/, $header;
my %at = map { $names[$_] => $_ } 0 .. $#names;

sub file { my ($end, @records) = @_; return join('', map { "$_$end" } @records); }
# Every record as a list of fields changed by a function.
sub changed
{
	my ($change) = @_;
	return map { my @f = split /,/, $_, -1; join ',', $change->(@f) } @lines;
}
my @order = reverse 0 .. $#names;
my $n = 0;
my %variant = (
	'no BOM, LF' => file("\n", $header, @lines),
	'no line end at the end' => file("\n", $header, @lines) =~ s/\n\z//r,
	'padded headers and cells' => file("\r\n", join(',', map { "  $_ " } @names), changed(sub { map { " $_  " } @_ })),
	'no-break spaces around cells' => file("\n", $header, changed(sub { map { "\xc2\xa0$_ " } @_ })),
	'headers in snake_case' => file("\n", join(',', map { lc s/\W+/_/gr =~ s/_$//r } map { s/ \(USD\)//r } @names), @lines),
	'$53.00' => file("\n", $header, changed(sub { $_[ $at{'Purchase Amount (USD)'} ] = '$' . $_[ $at{'Purchase Amount (USD)'} ] . '.00'; @_ })),
	'a leading index column without a name' => file("\n", ",$header", map { $n++ . ",$_" } @lines),
	'a leading index column' => file("\n", "Unnamed: 0,$header", map { $n++ . ",$_" } @lines),
	'labels in other case, and misspelt' => file("\n", $header, changed(sub {
		$_[ $at{$_} ] = uc $_[ $at{$_} ] for 'Frequency of Purchases', 'Category', 'Item Purchased', 'Subscription Status';
		$_[ $at{'Discount Applied'} ] = lc $_[ $at{'Discount Applied'} ];
		$_[ $at{'Frequency of Purchases'} ] =~ s/ANNUALLY/Annualy/;
		$_[ $at{'Frequency of Purchases'} ] =~ s/BI-WEEKLY/Bi-weekly/;
		@_ })),
	'columns in another order' => file("\n", join(',', @names[@order]), changed(sub { @_[@order] })),
	'more columns' => file("\n", "Preferred Payment,$header,Note", map { "Cash,$_,\"a, \"\"b\"\"\"" } @lines),
	'line breaks in quotes' => file("\r\n", "\"Note\non this\",$header", map { "\"a\r\n, b\n\",$_" } @lines),
	'everything in quotes' => file("\n", map { join ',', map { qq{"$_"} } split /,/, $_, -1 } $header, @lines),
	'semicolons' => file("\n", map { tr/,/;/r } $header, @lines),
	'missing words' => file("\n", $header, changed(sub { $_[ $at{'Review Rating'} ] = 'N/A' if $_[ $at{'Review Rating'} ] eq ''; @_ })),
	'rows in another order' => file("\n", $header, reverse @lines),
);
for my $name (sort keys %variant)
{
	value('DROP TABLE IF EXISTS variant, variant_shop, variant_shop_reject');
	($rc, $out, $err) = load([ write_file('variant.csv', $variant{$name}), 'variant' ]);
	is("$rc $out$err", '0 loaded 3900 rows into variant' . ($name eq 'line breaks in quotes' ? '; records of several lines within quotes: 3900' : '') . "\n", "$name: loaded");
	value("SELECT count(*) FROM prepare_purchases('variant', 'variant_shop', $impute)");
	is(value("$fingerprint variant_shop"), $wanted, "$name: the same numbers");
}

# Doubled rows are reported, or dropped on request; bad rows go to the reject table.
write_file('doubled.csv', file("\n", $header, @lines, @lines[ 0 .. 9 ], map { s/^\d+/990$n/r } $lines[0] =~ s/,53,/,abc,/r));
load([ "$tmp/doubled.csv", 'doubled' ]);
is(value(q{SELECT string_agg(action || ' ' || row_count, ', ') FROM prepare_purchases('doubled', 'doubled_shop') WHERE column_name IS NULL}),
	'rows in 3911, rows out 3910, rows rejected 1, duplicate rows 10', 'doubled rows are reported');
is(value(q{SELECT string_agg(action || ' ' || row_count, ', ') FROM prepare_purchases('doubled', 'single_shop', '{"review_rating": "category"}', drop_duplicates => true, drop_redundant => true) WHERE column_name IS NULL}),
	'rows in 3911, rows out 3900, rows rejected 11, duplicate rows rejected 10', '... or rejected');
is(value("$fingerprint single_shop"), $wanted, '... which leaves the same numbers');
is(value('SELECT reject_reason, count(*) FROM single_shop_reject GROUP BY 1 ORDER BY 1'),
	"duplicate row|10\npurchase_amount: 'abc' is not of type integer|1", '... and says why');
is(value(q{SELECT count(*) FROM pg_attribute WHERE attrelid = 'single_shop'::regclass AND attname = 'promo_code_used'}), 0, 'the redundant column is dropped on request');

done_testing();
