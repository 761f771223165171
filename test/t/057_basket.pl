# Baskets: equal to counts by plain SQL, the same in every plan and whatever the
# order of rows, stored, copied and restored, at their limits, and interrupted.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Interrupts qw(interrupted);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $sanitize = $ENV{PT_SANITIZE};	# several times slower and larger
my $node = PostgreSQL::Test::Cluster->new('basket');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nmax_wal_size = '2GB'");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE restored; CREATE EXTENSION purchase_trends; CREATE EXTENSION ptfuzz');

sub answer { return $node->safe_psql('postgres', $_[0]) }

# --- Counts by plain SQL -------------------------------------------------------------

# 2,000 baskets of 50 products, low numbers more often; some empty, some with an item twice
answer(q{
	CREATE TABLE sold AS
	SELECT b AS basket_id, CASE WHEN n > 0 THEN 'product ' || (50 * ((hashint8extended(b * 100 + n, 1) & 1023) / 1024.0) ^ 1.7)::integer END AS item
	FROM generate_series(1::bigint, 2000) AS b, generate_series(0, (hashint8extended(b, 7) & 7)::integer) AS n;
	CREATE TABLE item AS SELECT DISTINCT basket_id, item FROM sold WHERE item IS NOT NULL;
	CREATE INDEX ON item (basket_id);
	ANALYZE;
	CREATE TABLE counted AS
	SELECT ARRAY[a.item] AS items, count(*) AS n FROM item AS a GROUP BY 1
	UNION ALL SELECT ARRAY[a.item, b.item], count(*) FROM item AS a JOIN item AS b ON b.basket_id = a.basket_id AND a.item COLLATE "C" < b.item COLLATE "C" GROUP BY 1
	UNION ALL SELECT ARRAY[a.item, b.item, c.item], count(*) FROM item AS a JOIN item AS b ON b.basket_id = a.basket_id AND a.item COLLATE "C" < b.item COLLATE "C"
		JOIN item AS c ON c.basket_id = a.basket_id AND b.item COLLATE "C" < c.item COLLATE "C" GROUP BY 1
	UNION ALL SELECT ARRAY[a.item, b.item, c.item, d.item], count(*) FROM item AS a JOIN item AS b ON b.basket_id = a.basket_id AND a.item COLLATE "C" < b.item COLLATE "C"
		JOIN item AS c ON c.basket_id = a.basket_id AND b.item COLLATE "C" < c.item COLLATE "C" JOIN item AS d ON d.basket_id = a.basket_id AND c.item COLLATE "C" < d.item COLLATE "C" GROUP BY 1;
	CREATE TABLE baskets AS SELECT basket_set(basket_id, item) AS b FROM sold});
is(answer('SELECT basket_count(b), item_count(b) FROM baskets'), answer('SELECT 2000, count(DISTINCT item) FROM item'), '2,000 baskets, empty ones among them');
is(answer('SELECT count(*) FROM item WHERE basket_id NOT IN (SELECT basket_id FROM item)') . answer('SELECT count(*) > 100 FROM (SELECT basket_id FROM sold EXCEPT SELECT basket_id FROM item) AS e'), '0t', '... of which there are some');
for my $run ([ 1, 2 ], [ 1, 4 ], [ 5, 3 ], [ 60, 4 ])
{
	my ($min, $max) = @$run;
	my $sql = "SELECT items, n FROM counted WHERE n >= $min AND cardinality(items) <= $max";
	my $ours = "SELECT items, basket_count FROM baskets, frequent_itemsets(b, min_count => $min, max_items => $max)";
	cmp_ok(answer("SELECT count(*) FROM ($sql) AS s"), '>', 10, "sets of up to $max items in $min baskets or more");
	is(answer("SELECT count(*) FROM (($sql EXCEPT ALL $ours) UNION ALL ($ours EXCEPT ALL $sql)) AS d"), '0', '... are those that plain SQL counts');
}
is(answer('SELECT count(*) FROM (SELECT row_number() OVER () AS i, * FROM baskets, frequent_itemsets(b, min_count => 3)) AS r JOIN (SELECT row_number() OVER (ORDER BY n DESC, cardinality(items), items COLLATE "C") AS i, * FROM counted WHERE n >= 3 AND cardinality(items) <= 3) AS s USING (i) WHERE r.items <> s.items'),
	'0', '... in the order that is promised');
is(answer('SELECT count(*) FROM (SELECT row_number() OVER () AS i, row_number() OVER (ORDER BY lift DESC, basket_count DESC, antecedent COLLATE "C", consequent COLLATE "C") AS j FROM baskets, association_rules(b, min_count => 3, min_confidence => 0)) AS r WHERE i <> j'),
	'0', '... and so are rules');

my $rules = q{SELECT r.*, s.n AS both_n, a.n AS a, c.n AS c, (r.*)::text AS line FROM baskets, association_rules(b, min_count => 4, min_confidence => %s, max_items => 4) AS r
	LEFT JOIN counted AS s ON s.items = ARRAY(SELECT x FROM unnest(antecedent || consequent) AS x ORDER BY x COLLATE "C") LEFT JOIN counted AS a ON a.items = antecedent LEFT JOIN counted AS c ON c.items = consequent};
my $all = sprintf $rules, 0;
is(answer("SELECT count(*) FROM ($all) AS r"), answer('SELECT sum(2 ^ cardinality(items) - 2) FROM counted WHERE n >= 4'), 'every division of every set is a rule');
is(answer("SELECT count(*) FROM ($all) AS r WHERE (basket_count, antecedent_count, consequent_count, baskets) IS DISTINCT FROM (both_n, a, c, 2000::bigint)"), '0', '... with the counts of plain SQL');
is(answer("SELECT count(*) FROM ($all) AS r WHERE NOT (support = both_n / 2000.0::float8 AND confidence = both_n / a::float8
		AND abs(lift - both_n * 2000.0 / (a * c)) < 1e-12 * lift AND abs(leverage - (both_n / 2000.0 - a * c / 4e6)) < 1e-15
		AND CASE WHEN both_n = a THEN conviction = 'Infinity' ELSE abs(conviction - (1 - c / 2000.0) / (1 - both_n::numeric / a)) < 1e-12 * conviction END
		AND abs(jaccard - both_n / (a + c - both_n)::numeric) < 1e-15 AND abs(cosine - both_n / sqrt(a::float8 * c)) < 1e-15 AND abs(kulczynski - (both_n / a::numeric + both_n / c::numeric) / 2) < 1e-15
		AND abs(zhang - (2000 * both_n - a * c) / greatest(both_n * (2000 - a), a * (c - both_n))::numeric) < 1e-14
		AND abs(chi_square - 2000 * (both_n * 2000.0 - a * c) ^ 2 / (a * (2000.0 - a) * c * (2000 - c))) < 1e-12 * (1 + chi_square)
		AND abs(chi_square - (chi_square_test(ARRAY[ARRAY[both_n, a - both_n], ARRAY[c - both_n, 2000 - a - c + both_n]])).statistic) < 1e-9 * (1 + chi_square)
		AND p_value = (chi_square_test(ARRAY[ARRAY[both_n, a - both_n], ARRAY[c - both_n, 2000 - a - c + both_n]])).p_value) IS NOT FALSE AND NOT (abs(p_value - (chi_square_test(ARRAY[ARRAY[both_n, a - both_n], ARRAY[c - both_n, 2000 - a - c + both_n]])).p_value) < 1e-12)"),
	'0', '... and measures by their formulas');
is(answer('SELECT count(*) FROM (' . sprintf($rules, 0.4) . ') AS r'), answer("SELECT count(*) FROM ($all) AS r WHERE both_n / a::float8 >= 0.4"), 'fewer with more confidence');
is(answer('SELECT md5(string_agg(line, chr(10))) FROM (' . sprintf($rules, 0.4) . ') AS r'), answer("SELECT md5(string_agg(line, chr(10))) FROM ($all) AS r WHERE confidence >= 0.4"), '... which are the same ones, q included');
is(answer("SELECT max(abs(q_value - q)) < 1e-14 FROM (SELECT q_value, (benjamini_hochberg(array_agg(p_value) OVER ()))[row_number() OVER ()] AS q FROM ($all) AS r) AS t"), 't', '... as benjamini_hochberg() adjusts them');

my $pairs = 'SELECT item, companion, basket_count, item_count, companion_count FROM baskets, product_pairs(b, min_count => 20)';
my $joined = q{WITH often AS (SELECT item, count(*) AS n FROM item GROUP BY 1 HAVING count(*) >= 20)
	SELECT a.item, b.item, (SELECT count(*) FROM item AS x JOIN item AS y USING (basket_id) WHERE x.item = a.item AND y.item = b.item), a.n, b.n FROM often AS a, often AS b WHERE a.item <> b.item};
is(answer("SELECT count(*) FROM (($joined EXCEPT ALL $pairs) UNION ALL ($pairs EXCEPT ALL ($joined))) AS d"), '0', 'pairs are those of a join, also those that never met');
is(answer("SELECT count(*) FROM baskets, product_pairs(b, min_count => 20) WHERE abs(yules_q - (basket_count * (2000 - item_count - companion_count + basket_count) - (item_count - basket_count) * (companion_count - basket_count))::float8
		/ (basket_count * (2000 - item_count - companion_count + basket_count) + (item_count - basket_count) * (companion_count - basket_count))) > 1e-14"), '0', "... with Yule's Q by its formula");
is(answer('SELECT count(*) FROM (SELECT row_number() OVER () AS i, row_number() OVER (ORDER BY item COLLATE "C", lift DESC, basket_count DESC, companion COLLATE "C") AS j FROM baskets, product_pairs(b, min_count => 20)) AS r WHERE i <> j'), '0', '... in the order that is promised');

# the interval of lift holds the lift of a known process in 95 of 100 samples: items in 40 % and 30 % of baskets, together in 15 %
is(answer(q{SELECT count(*) FILTER (WHERE 1.25 BETWEEN lift_low AND lift_high) BETWEEN 370 AND 392
	FROM generate_series(1, 400) AS sample CROSS JOIN LATERAL (SELECT basket_set(CASE WHEN u < 0.15 THEN '{a,b}' WHEN u < 0.40 THEN '{a}' WHEN u < 0.55 THEN '{b}' ELSE '{}' END::text[]) AS b
		FROM (SELECT (hashint8extended(sample * 1000 + g, 5) & 1048575) / 1048576.0 AS u FROM generate_series(1, 500) AS g) AS s) AS b, product_pairs(b) WHERE item = 'a'}), 't', 'intervals of lift hold what they say');

# --- Every plan ---------------------------------------------------------------------------

answer(q{
	CREATE TABLE big AS SELECT g / 5 AS basket_id, 'order ' || g / 5 AS name, 'item ' || (1000 * ((hashint8extended(g, 3) & 65535) / 65536.0) ^ 2)::integer AS item FROM generate_series(0::bigint, 49999) AS g;
	INSERT INTO big SELECT NULL, NULL, 'item ' || g FROM generate_series(1, 50) AS g;
	INSERT INTO big SELECT 10000 + g, 'order ' || 10000 + g, NULL FROM generate_series(1, 50) AS g;
	CREATE TABLE shuffled AS SELECT * FROM big ORDER BY hashtextextended(name || item, 1);
	CREATE TABLE arrays AS SELECT array_agg(item ORDER BY hashtextextended(item, 2)) AS items FROM big WHERE basket_id IS NOT NULL GROUP BY basket_id;
	INSERT INTO arrays SELECT ARRAY['item ' || g] FROM generate_series(1, 50) AS g;
	ALTER TABLE big SET (parallel_workers = 2); ALTER TABLE shuffled SET (parallel_workers = 2); ALTER TABLE arrays SET (parallel_workers = 2);
	ANALYZE});
my $serial = 'SET max_parallel_workers_per_gather = 0;';
my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;';
my %forms = ('of numbers' => [ 'basket_id, item', 'big' ], 'of texts' => [ 'name, item', 'big' ], 'in any order' => [ 'basket_id, item', 'shuffled' ], 'of texts in any order' => [ 'name, item', 'shuffled' ], 'of arrays' => [ 'items', 'arrays' ]);
my $whole = answer("$serial SELECT md5(basket_set(basket_id, item)::text) FROM big");
for my $form (sort keys %forms)
{
	my ($arguments, $table) = @{ $forms{$form} };
	my $query = "SELECT md5(basket_set($arguments)::text) FROM $table";
	is(answer("$serial $query"), $whole, "baskets $form");
	like(answer("$parallel EXPLAIN $query"), qr/Partial Aggregate/, '... can be collected in parallel');
	is(answer("$parallel $query"), $whole, '... to the same');
}
my $parts = 'SELECT basket_id % 7 AS part, basket_set(basket_id, item) AS b FROM shuffled GROUP BY 1';
is(answer("$serial SELECT md5(rollup(b)::text) FROM ($parts) AS p"), $whole, '... and rolled up from parts');
is(answer("$serial SET enable_hashagg = off; SET work_mem = '64kB'; SELECT md5(rollup(b)::text) FROM ($parts) AS p"), $whole, '... that are sorted');
answer("CREATE TABLE parts AS $parts; ALTER TABLE parts SET (parallel_workers = 2); ANALYZE parts");
is(answer('SELECT md5(rollup(b)::text) FROM parts'), $whole, '... that are stored');
is(answer("$parallel SELECT md5(rollup(b)::text) FROM parts"), $whole, '... in parallel');
is(answer('SELECT md5((a.b + (b.b + c.b))::text) FROM parts AS a, (SELECT rollup(b) AS b FROM parts WHERE part IN (1, 2, 3)) AS b, (SELECT rollup(b) AS b FROM parts WHERE part > 3 OR part IS NULL) AS c WHERE a.part = 0'), $whole, '... and by +');
is(answer('SELECT md5(rollup(b::text::basket_set)::text) FROM parts'), $whole, '... as text');
my $file = $node->basedir . '/parts.bin';
is(answer("COPY parts TO '$file' (FORMAT binary); CREATE TABLE copied (LIKE parts); COPY copied FROM '$file' (FORMAT binary); SELECT md5(rollup(b)::text) FROM copied"), $whole, '... and as bytes');
my $open = 'SELECT pt_basket_set_accum(pt_basket_set_accum(pt_basket_set_accum(NULL, 5, \'a\'), \'key\', \'b\'), \'{c}\') AS b';
is(answer("CREATE TABLE opened AS $open; COPY opened TO '$file' (FORMAT binary); CREATE TABLE opened_copy (LIKE opened); COPY opened_copy FROM '$file' (FORMAT binary); SELECT bool_and(b::text = '1 {\"a\", \"b\", \"c\"} {(2), #5=(0), #\"key\"=(1)}') FROM (TABLE opened UNION ALL TABLE opened_copy UNION ALL SELECT b::text::basket_set FROM opened) AS o"), 't',
	'states that are not finished are stored and copied with their keys');
answer('CREATE TABLE stored AS SELECT rollup(b) AS b FROM parts');
my $found = 'SELECT md5(string_agg(r::text, chr(10))) FROM stored, association_rules(b, 0.001, 0.1) AS r';
my $before = answer($found);
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-t', 'stored', '-f', $dump, $node->connstr('postgres') ], 'pg_dump of baskets');
$node->safe_psql('restored', 'CREATE EXTENSION purchase_trends');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], '... restores');
is($node->safe_psql('restored', $found), $before, '... to the same rules');
like($before, qr/^[0-9a-f]{32}$/, '... of which there are some');
unlike(answer('SELECT string_agg(name, chr(32)) FROM pg_backend_memory_contexts'), qr/basket/i, 'no memory context of our own');

# --- Bad bytes, and limits ------------------------------------------------------------------

for my $bad ([ '', 'nothing' ], [ '02000000000000000000000000', 'another version' ], [ '01ffffffff', 'many items' ], [ '010000000100000001ff', 'a text that is not UTF-8' ], [ '0100000001000000010000', 'a zero byte' ],
	[ '0100000001ffffffff', 'a negative length' ], [ '0100000000ffffffffffffffff', 'a negative number of baskets' ], [ '01000000007fffffffffffffff', 'many baskets' ], [ '01000000000000000000000001' . '01' . '0000000000000000' . '00000000', 'no basket, counted' ],
	[ '01000000000000000000000001' . '00' . '0000000000000001' . '00000000', 'an unknown kind' ], [ '01000000000000000000000001' . '01' . '7fffffffffffffff' . '00000000', 'too large a count' ],
	[ '01000000000000000000000001' . '01' . '0000000000000001' . '7fffffff', 'a large basket' ], [ '01000000000000000000000001' . '01' . '0000000000000001' . '0000000100000000', 'an item that is not there' ], [ '0100000000000000000000000000', 'a byte too many' ])
{
	my ($bytes, $what) = @$bad;
	my ($rc, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSELECT fuzz_recv('basket_set', '\\x$bytes')");
	like($err, qr/ERROR:  (?:22P03|22021|08P01):/, "received: $what");
}
my ($rc, $out, $err) = $node->psql('postgres', q{\set VERBOSITY verbose
	SELECT count(*) FROM frequent_itemsets((SELECT basket_set(ARRAY(SELECT 'item ' || g FROM generate_series(1, 10000) AS g))), 1, 3, max_memory_mb => 50)});
like($err, qr/ERROR:  54000: the search takes more than 50 MB\nDETAIL:  It would take more at any support\.\nHINT: /, 'a basket of 10,000 items, in sets of three');
is(answer(q{SELECT count(*) FROM frequent_itemsets((SELECT basket_set(ARRAY(SELECT 'item ' || g FROM generate_series(1, 10000) AS g)) + basket_set('{item 1,item 2,item 3}'::text[])), 1, 3)}), '7', '... and one of three of them');
# memory for what a search takes is bounded
SKIP:
{
	skip 'sanitizers take memory of their own', 1 if $sanitize;
	my ($used, $error, $after) = split /\n/, answer(q{
		SELECT basket_count(b) FROM stored;
		SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'VmHWM:\s*(\d+)'))[1];
		DO $$ BEGIN PERFORM * FROM frequent_itemsets((SELECT basket_set(ARRAY(SELECT 'i' || g + k FROM generate_series(1, 400) AS g)) FROM generate_series(1, 100) AS k), 0.01, 6, max_memory_mb => 100); EXCEPTION WHEN program_limit_exceeded THEN END $$;
		SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'VmHWM:\s*(\d+)'))[1]});
	cmp_ok($after - $error, '<', 130 * 1024, "a search that may take 100 MB took @{[ int(($after - $error) / 1024) ]}");
}

# --- Interrupts -------------------------------------------------------------------------------

SKIP:
{
	skip 'timings under a sanitizer say nothing', 1 if $sanitize;
	my $dense = q{(SELECT basket_set(items) FROM (SELECT array_agg('i' || i) AS items FROM generate_series(1, 2000) AS k, generate_series(1, 60) AS i WHERE (k * 7919 + i * i * 104729 + k * i * 31) % 97 < 97 - i GROUP BY k) AS s)};
	my %long = (
		'collecting arrays' => q{SELECT basket_count(basket_set(ARRAY['item ' || g, 'item ' || g % 1000])) FROM generate_series(1, 100000000) AS g},
		'collecting rows' => q{SELECT basket_count(basket_set(g / 3, 'item ' || g % 1000)) FROM generate_series(1, 100000000) AS g},
		'merging' => 'SELECT basket_count(rollup(b)) FROM stored, generate_series(1, 100000)',
		'text' => 'SELECT sum(basket_count(b::text::basket_set)) FROM stored, generate_series(1, 100000)',
		'bytes' => 'SELECT sum(length(basket_set_send(b))) FROM stored, generate_series(1, 100000)',
		'itemsets' => "SELECT count(*) FROM frequent_itemsets($dense, 0.001, 8, max_memory_mb => 2000)",
		'a support that fits' => "SELECT count(*) FROM frequent_itemsets($dense, 0.001, 16, max_memory_mb => 100), generate_series(1, 100)",
		'rules' => "SELECT count(*) FROM generate_series(1, 1000), association_rules($dense, 0.3, 0, 5, max_memory_mb => 2000)",
		'pairs' => q{SELECT count(*) FROM product_pairs((SELECT basket_set(g / 5, 'item ' || g) FROM generate_series(1, 50000) AS g), min_count => 1)},
		'rows of baskets' => 'SELECT count(*) FROM stored, generate_series(1, 100000), basket_rows(b)',
	);
	interrupted($node, '400ms', 8, %long);
}

$node->stop;
my @bad = slurp_file($node->logfile) =~ /^.*(?:terminated by signal|TRAP:|AddressSanitizer|runtime error|detected write past|problem in alloc|PANIC).*$/mg;
is("@bad", '', 'no crash in the server log');
done_testing();
