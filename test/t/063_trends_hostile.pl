# Series, baskets, sequences and the views made of them under attack: bytes made by hand, a role that may only read, settings and
# search paths of others, little memory, every plan, cancelled in the midst; what they say that needs too much memory fits.
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $sanitize = $ENV{PT_SANITIZE};
my $node = PostgreSQL::Test::Cluster->new('trends_hostile');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nclient_min_messages = warning\nmax_wal_size = '2GB'");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION purchase_trends; CREATE EXTENSION ptfuzz;
	CREATE ROLE "The Seller" LOGIN; CREATE ROLE reader LOGIN; CREATE ROLE stranger LOGIN; CREATE ROLE mallory LOGIN;
	CREATE DATABASE shop; GRANT CREATE ON DATABASE shop TO "The Seller", mallory});
# away from every search path
$node->safe_psql('shop', 'CREATE SCHEMA tools; CREATE EXTENSION purchase_trends SCHEMA tools; GRANT USAGE ON SCHEMA tools TO PUBLIC');

sub answer { return $node->safe_psql('postgres', $_[0]) }

# what a role gets: its output, and its errors
sub as
{
	my ($role, $sql, %more) = @_;
	my ($rc, $out, $err) = $node->psql('shop', $sql, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ], %more);
	return ($out, $err);
}

sub as_ok
{
	my ($role, $sql, $what) = @_;
	my ($out, $err) = as($role, $sql);
	is($err, '', $what);
	return $out;
}

# --- Bytes -----------------------------------------------------------------------------

# The values as they are sent, cut at every place, with each byte changed, and with more behind: bad, or a value that can be asked.
answer(q{
	CREATE TABLE sent AS
	SELECT 'sales_series' AS type, sales_series_send(v) AS b FROM unnest(ARRAY['1 month null 2 2024-01-01 {10.00, 0, ~, -2.50, 7}', '1 day zero 18 2024-01-01 {9999999999999999.999999999999999999}', '1 year zero 0 2024-01-01 {}']::sales_series[]) AS v
	UNION ALL SELECT 'basket_set', basket_set_send(v) FROM unnest(ARRAY['1 {"a", "bé"} {(), 3*(0 1)}', '1 {"a"} {#5=(0), #"x"=()}']::basket_set[]) AS v
	UNION ALL SELECT 'sequence_set', sequence_set_send(v) FROM unnest(ARRAY['1 {"a", "b"} {[2024-01-05 (0 1) +3 () +0 (1)]}', '1 {"a"} {#5@2024-01-05T10:00:00.000000=0, #"k"@2024-01-06=~}']::sequence_set[]) AS v
	UNION ALL SELECT 'acquisition_set', acquisition_set_send('1 {"a"} {[2024-05-01 2 (3:0) 0*30.00 3+-5.00]}')
	UNION ALL SELECT 'sales_calendar', sales_calendar_send(v) FROM unnest(ARRAY['week from sunday', '4-4-5, years end on the saturday nearest the end of january']::sales_calendar[]) AS v;
	CREATE TABLE hostile AS
	SELECT type, 'cut' AS how, substr(b, 1, n) AS b FROM sent, generate_series(0, length(b) - 1) AS n
	UNION ALL SELECT type, 'longer', b || decode(more, 'hex') FROM sent, unnest('{00,ff,00000000000000000000000000000000}'::text[]) AS more
	UNION ALL SELECT type, 'changed', set_byte(b, n, x) FROM sent, generate_series(0, length(b) - 1) AS n, unnest('{0,1,2,127,128,255}'::int[]) AS x WHERE get_byte(b, n) <> x
	-- lengths and numbers of 32 and 64 bits
	UNION ALL SELECT type, 'changed', overlay(b PLACING decode(x, 'hex') FROM n) FROM sent, generate_series(1, length(b) - 3) AS n, unnest('{7fffffff,80000000,ffffffff,00004e21}'::text[]) AS x WHERE n + length(x) / 2 - 1 <= length(b)
	UNION ALL SELECT type, 'changed', overlay(b PLACING decode(x, 'hex') FROM n) FROM sent, generate_series(1, length(b) - 7) AS n, unnest('{7fffffffffffffff,8000000000000000,4000000000000000,ffffffffffffffff}'::text[]) AS x;
	CREATE FUNCTION asked(type text, v text) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		-- all that a value can be asked, of whatever came in
		CASE type WHEN 'sales_series' THEN
			PERFORM series_trend(v::sales_series), (SELECT count(x::text) FROM series_forecast(v::sales_series, 3) AS x), (SELECT count(x::text) FROM series_anomalies(v::sales_series) AS x), (SELECT count(x::text) FROM series_parts(v::sales_series) AS x),
				(SELECT count(x::text) FROM series_growth(v::sales_series) AS x), (SELECT count(x::text) FROM series_moving_average(v::sales_series, 3) AS x), (SELECT count(x::text) FROM series_values(v::sales_series) AS x), series_backtest(v::sales_series, 1)::text,
				series_model(v::sales_series)::text, (v::sales_series + v::sales_series)::text, (SELECT rollup(v::sales_series)::text);
		WHEN 'basket_set' THEN
			PERFORM (SELECT count(x::text) FROM association_rules(v::basket_set, 0.1, 0, max_memory_mb => 10) AS x), (SELECT count(x::text) FROM product_pairs(v::basket_set, 0.1, max_memory_mb => 10) AS x), (SELECT count(x::text) FROM basket_rows(v::basket_set) AS x), (v::basket_set + v::basket_set)::text, (SELECT rollup(v::basket_set)::text);
		WHEN 'sequence_set' THEN
			PERFORM (SELECT count(x::text) FROM next_products(v::sequence_set, 30, max_memory_mb => 10) AS x), customer_count(v::sequence_set), order_count(v::sequence_set), (v::sequence_set + v::sequence_set)::text, (SELECT rollup(v::sequence_set)::text);
		WHEN 'acquisition_set' THEN
			PERFORM (SELECT count(x::text) FROM acquisition_rows(v::acquisition_set, '2024-12-01') AS x), (SELECT rollup(v::acquisition_set)::text);
		ELSE
			PERFORM calendar_period(v::sales_calendar, '2024-02-29'), (SELECT count(x::text) FROM calendar_periods(v::sales_calendar, '2020-01-01', '2024-01-01') AS x);
		END CASE;
	END $$;
	CREATE FUNCTION met(type text, b bytea, OUT state text, OUT message text) LANGUAGE plpgsql AS $$
	BEGIN
		state := 'refused';
		DECLARE v text;
		BEGIN
			v := fuzz_recv(type::regtype, b);
			state := 'accepted';
			state := 'accepted';
			PERFORM asked(type, v);
		EXCEPTION WHEN OTHERS THEN
			state := state || ' ' || SQLSTATE;
			message := SQLERRM;
		END;
	END $$;
	CREATE TABLE met AS SELECT h.*, m.* FROM hostile AS h, met(type, b) AS m});
is(answer('SELECT count(DISTINCT type), count(*) > 5000 FROM met'), '5|t', 'bytes of five types, cut and changed');
# 08P01 is what the server itself says of a message that ends early, 22021 of a text that is no UTF-8; what comes of a value that
# was taken: too large a sum or too early a date, no more
is(answer(q{SELECT string_agg(DISTINCT type || ' ' || how || ' ' || state || ': ' || message, '; ') FROM met WHERE state !~ '^refused (22P03|08P01|22021)$|^accepted( 22003| 22008)?$'}), '', '... are refused as bad, or taken and asked');
is(answer(q{SELECT string_agg(DISTINCT type || ' ' || encode(b, 'hex'), '; ') FROM met WHERE how IN ('cut', 'longer') AND state LIKE 'accepted%' AND type <> 'acquisition_set'}), '', '... none that is not whole is taken');
# its customers end where the message does: one that ends between two of them is whole
is(answer(q{SELECT count(*) FROM met WHERE how IN ('cut', 'longer') AND state LIKE 'accepted%' AND length(b) NOT IN (10)}), '0', '... but an acquisition_set of fewer customers');
is(answer(q{SELECT string_agg(DISTINCT type, ' ') FROM met WHERE state = 'refused 22P03'}), 'acquisition_set basket_set sales_calendar sales_series sequence_set', '... each type knows bad values itself');
is(answer(q{SELECT string_agg(DISTINCT message, '; ') FROM met WHERE state = 'refused 22P03' AND message !~ 'acquisition_set|basket_set|sales_calendar|sales_series|sequence_set|insufficient|incorrect binary'}), '', '... and says which type it is about');

# Whoever may write to a table: the bytes go the whole way, by COPY. What is wrong is named.
answer('CREATE TABLE inbox (s sales_series, b basket_set, q sequence_set); GRANT INSERT ON inbox TO reader');
my %column = (s => 'sales_series', b => 'basket_set', q => 'sequence_set');
my $series = sub { my ($version, $period, $gaps, $scale, $first, $n, @values) = @_; return pack('N4 q> N', $version, $period, $gaps, $scale, $first, $n) . pack('q>*', @values) };
my @made = (
	[ s => $series->(2, 2, 0, 2, 24288, 1, 0, 1000), 'unknown version' ],
	[ s => $series->(1, 5, 0, 2, 24288, 1, 0, 1000), 'settings are out of range' ],
	[ s => $series->(1, 2, 2, 2, 24288, 1, 0, 1000), 'settings are out of range' ],
	[ s => $series->(1, 2, 0, 19, 24288, 1, 0, 1000), 'settings are out of range' ],
	[ s => $series->(1, 2, 0, 2, 24288, 2, 0, 1000), 'does not fit its size' ],
	[ s => $series->(1, 2, 0, 2, 24288, 20001, (0) x 40002), 'does not fit its size' ],
	[ s => $series->(1, 2, 0, 2, 24288, 0x7fffffff), 'does not fit its size' ],
	[ s => $series->(1, 2, 0, 2, 9223372036854775807, 1, 0, 1000), '' ],
	[ s => $series->(1, 0, 0, 2, -9223372036854775807 - 1, 1, 0, 1000), '' ],
	[ s => $series->(1, 2, 0, 2, 24288, 1, 9223372036854775807, 1000), '' ],
	# no value in a series whose gaps are 0
	[ s => $series->(1, 2, 0, 2, 24288, 1, 4611686018427387904, 0), '' ],
	[ b => pack('C N', 2, 0) . pack('q>', 0), 'version' ],
	[ b => pack('C N', 1, 0xffffffff), '' ],
	[ b => pack('C N N a1', 1, 1, 2, 'a'), '' ],
	[ b => pack('C N N a1 q> C q> N N', 1, 1, 1, 'a', 1, 1, 1, 1, 1), '' ],
	[ b => pack('C N N a1 q> C q> N', 1, 1, 1, 'a', 1, 1, 1, 0x7fffffff), '' ],
	[ q => pack('C N q>', 2, 0, 0), 'version' ],
	[ q => pack('C N q>', 1, 0, 9223372036854775807), '' ],
	[ q => pack('C N q> C N', 1, 0, 1, 0, 0x7fffffff), '' ],
	# no order; an item that is not there; days that go back
	[ q => pack('C N q> C N', 1, 0, 1, 0, 0), '' ],
	[ q => pack('C N q> C N', 1, 0, 1, 9, 0), '' ],
	[ q => pack('C N N a1 q> C N l> N N', 1, 1, 1, 'a', 1, 0, 1, 9000, 1, 1), '' ],
	[ q => pack('C N N a1 q> C N l> N N l> N N', 1, 1, 1, 'a', 1, 0, 2, 9000, 1, 0, 8999, 1, 0), '' ],
	[ q => pack('C N N a1 q> C N l> N N', 1, 1, 1, 'a', 1, 0, 1, 0x7fffffff, 1, 0), '' ]);
my $file = $node->basedir . '/value.bin';
for my $case (@made)
{
	my ($column, $bytes, $detail) = @$case;
	open my $fh, '>:raw', $file or die $!;
	print $fh "PGCOPY\n\xff\r\n\0", pack('N2', 0, 0), pack('n N', 1, length $bytes), $bytes, pack('n', 0xffff);
	close $fh;
	my ($rc, $out, $err) = $node->psql('postgres', "\\copy inbox ($column) FROM '$file' (FORMAT binary)", extra_params => [ '-U', 'reader', '-v', 'VERBOSITY=verbose' ]);
	# a message that ends early is what the server itself says it is
	my $wanted = $detail ? qr/ERROR:  22P03: .*$column{$column}.*\nDETAIL:  [A-Z].*$detail.*\./ : qr/ERROR:  (?:22P03: .*$column{$column}.*\nDETAIL:  [A-Z].*\.|08P01: )/;
	like($err, $wanted, "$column{$column}, copied: " . ($detail || unpack('H*', substr $bytes, 0, 40)));
}
is(answer('SELECT count(*) FROM inbox'), '0', '... nothing of it is there');
# texts: long ones are quoted in part
for my $type (qw(sales_series basket_set sequence_set sales_calendar))
{
	for my $text (q~repeat('x', 10000000)~, q~'1 {' || repeat('"a", ', 200000)~, q~'1 day zero 0 2024-01-01 {' || repeat('1, ', 30000) || '1}'~, q~repeat('é', 300)~, q~E'1 \n\t {'~, q~'1 {"' || repeat('\"', 100000)~, q~'1 {"a"} {' || repeat('(', 100000)~, q~'4-4-5, ' || repeat('years ', 1000)~)
	{
		my ($rc, $out, $err) = $node->psql('postgres', "SELECT length(($text)::$type\::text)", extra_params => [ '-U', 'reader', '-v', 'VERBOSITY=verbose' ]);
		like($err, qr/ERROR:  (?:22P02: .{0,60}$type|54000: )/, "$type, as text: $text");
		cmp_ok(length($err), '<', 900, '... and the message is short');
	}
}

# --- Marts of somebody else ---------------------------------------------------------------

as_ok('The Seller', q{
	CREATE SCHEMA "The Seller";
	CREATE TABLE "The Seller"."Sales" AS SELECT s.customer_id, s.order_id, s.purchased_at, s.amount, s.quantity, s.product, s.category, s.channel, s.discount_amount > 0 AS discounted,
		round(s.amount * (0.3 + (hashint8(s.order_id) & 63) / 64.0), 2) AS cost FROM tools.simulate_purchases(300, 500, 21) s;
	UPDATE "The Seller"."Sales" SET customer_id = NULL WHERE order_id % 89 = 0;
	UPDATE "The Seller"."Sales" SET product = NULL WHERE order_id % 61 = 0;
	UPDATE "The Seller"."Sales" SET amount = -amount WHERE order_id % 53 = 0;
	CREATE TABLE "The Seller".spend AS SELECT m::date AS month, c AS channel, 500.00 AS spend FROM generate_series(timestamp '2024-01-01', '2026-12-01', '1 month') AS m, unnest('{web,store}'::text[]) AS c;
	SELECT FROM tools.create_mart('live', '"The Seller"."Sales"', dimensions => '{channel}', spend => '"The Seller".spend', calendar => '4-4-5, years end on the saturday nearest the end of january');
	SELECT FROM tools.create_mart('kept', '"The Seller"."Sales"', mode => 'kept', dimensions => '{channel}', spend => '"The Seller".spend', calendar => '4-4-5, years end on the saturday nearest the end of january');
	SELECT tools.grant_mart('live', 'reader'); SELECT tools.grant_mart('kept', 'reader');
	-- pending in the kept one
	INSERT INTO "The Seller"."Sales" SELECT customer_id, order_id + 100000, purchased_at + interval '1 day', amount, quantity, 'pending ' || product, category, channel, discounted, cost FROM "The Seller"."Sales" WHERE order_id % 11 = 0;
	CREATE SCHEMA base; GRANT USAGE ON SCHEMA base TO PUBLIC}, 'marts of a role with a name of its own, the extension in a schema of its own');
my @views = split /\n/, as_ok('The Seller', q{SELECT relname FROM pg_class WHERE relnamespace = 'live'::regnamespace AND relkind = 'v' AND relname ~
	'^(product_trend|revenue_forecast|revenue_anomaly|season_index|basket_rule|product_affinity|next_product|cohort_acquisition|acquisition_payback|revenue_change_month|revenue_change_period|kpi_period|margin_period|margin_breakdown)$' ORDER BY 1}, 'their views');
is(scalar @views, 14, 'all views of trends, baskets, acquisition and margin');

# What can be asked: views, pages, and every function, as queries whose rows can be compared.
as_ok('The Seller', q{CREATE TABLE base.state AS SELECT
	(SELECT tools.sales_series(purchased_at, amount, 'month') FROM "The Seller"."Sales") AS s, (SELECT tools.sales_series(purchased_at, amount, 'day') FROM "The Seller"."Sales") AS d, (SELECT tools.basket_set(order_id, product) FROM "The Seller"."Sales") AS b,
	(SELECT tools.sequence_set(customer_id, purchased_at, product) FROM "The Seller"."Sales") AS q; GRANT SELECT ON base.state TO PUBLIC}, 'values of each kind');
my %question = map { my $mart = $_; map { ("$mart.$_" => "SELECT * FROM $mart.$_") } @views } qw(live kept);
my $in = 'FROM base.state, LATERAL';
# what an answer says of its mart, and of who asks
my $own = q{'{mart,marts,freshness}'::text[]};
%question = (%question,
	(map { my $mart = $_; ("$mart trends" => "SELECT tools.mart_dashboard('$mart', '{}', 'trends') - $own AS page", "$mart filtered" => qq{SELECT tools.mart_dashboard('$mart', '{"channel": ["web", null]}', 'trends') - $own AS page},
		"$mart change" => "SELECT * FROM tools.revenue_change('$mart', '[2024-06-01,2024-07-01)', '[2024-07-01,2024-08-01)', 'product')", "$mart findings" => "SELECT * FROM tools.mart_findings('$mart', '{}', 'trends')", "$mart sentences" => "SELECT severity, sentence FROM tools.mart_findings('$mart', '{}', 'trends')") } qw(live kept)),
	series_values => "SELECT x.* $in tools.series_values(d) AS x", series_growth => "SELECT x.* $in tools.series_growth(d) AS x", series_moving_average => "SELECT x.* $in tools.series_moving_average(s, 3) AS x",
	series_trend => "SELECT x.* $in tools.series_trend(d) AS x", season_index => "SELECT x.* $in tools.season_index(d) AS x", series_parts => "SELECT x.* $in tools.series_parts(d) AS x", series_anomalies => "SELECT x.* $in tools.series_anomalies(d) AS x",
	series_model => "SELECT x.* $in tools.series_model(s) AS x", series_forecast => "SELECT x.* $in tools.series_forecast(d, 14) AS x", series_backtest => "SELECT x.* $in tools.series_backtest(s, 2, 4) AS x",
	series_text => "SELECT (tools.series_by_period(tools.series_between(d, '2024-03-05', '2024-09-01'), 'week'))::text AS s, b::text, q::text FROM base.state",
	sales_series => q{SELECT tools.sales_series(purchased_at, amount, 'week')::text AS s, tools.basket_set(order_id, product)::text AS b, tools.sequence_set(customer_id, purchased_at, product)::text AS q FROM kept.fact_purchase},
	basket_rows => "SELECT x.* $in tools.basket_rows(b) AS x", frequent_itemsets => "SELECT x.* $in tools.frequent_itemsets(b, 0.01) AS x", association_rules => "SELECT x.* $in tools.association_rules(b, 0.005, 0.1) AS x", product_pairs => "SELECT x.* $in tools.product_pairs(b, 0.02) AS x",
	next_products => "SELECT x.* $in tools.next_products(q, 30) AS x", counts => 'SELECT tools.basket_count(b), tools.item_count(b), tools.customer_count(q), tools.order_count(q) FROM base.state',
	calendar => q{SELECT x.* FROM tools.calendar_periods('4-5-4, years end on the friday nearest the end of february'::tools.sales_calendar, '2015-01-01', '2035-12-31') AS x},
	calendar_text => q{SELECT c::text, x.* FROM pg_catalog.unnest(ARRAY[tools.week_calendar(7), tools.month_calendar(4), tools.retail_calendar('5-4-4', 12, 5, false)]) AS c, tools.calendar_period(c, '2024-02-29') AS x},
	moves => q{SELECT x.* FROM (SELECT tools.calendar_moves(lines, 'iso week'::tools.sales_calendar) AS m FROM kept.customer) AS c, pg_catalog.unnest(m) AS x});
my @names = sort keys %question;

# --- A role that may only read ------------------------------------------------------------------

as_ok('The Seller', join('; ', map { "CREATE TABLE base.q$_ AS $question{$names[$_]}; GRANT SELECT ON base.q$_ TO PUBLIC" } 0 .. $#names), 'their answers');
is(as_ok('The Seller', join(' UNION ALL ', map { "SELECT '$names[$_]' FROM (SELECT count(*) FROM base.q$_) AS c(n) WHERE n = 0" } 0 .. $#names) . '', 'of all'), '', '... none is empty');

# The answers under these settings against those there are; settings of text only count while they are computed.
sub same_under
{
	my ($role, $what, $settings, %left_out) = @_;
	my @asked = grep { !$left_out{ $names[$_] } } 0 .. $#names;
	my ($out, $err) = as($role, join('', "$settings;\n", (map { "CREATE TEMP TABLE a$_ AS $question{$names[$_]};\n" } @asked), 'RESET ALL; SET search_path = pg_catalog;',
		(map { "SELECT '$names[$_]: ' || n FROM (SELECT count(*) FROM ((TABLE pg_temp.a$_ EXCEPT ALL TABLE base.q$_) UNION ALL (TABLE base.q$_ EXCEPT ALL TABLE pg_temp.a$_)) AS d) AS c(n) WHERE n <> 0;\n" } @asked)));
	is("$err$out", '', $what);
	return;
}
same_under('reader', 'a reader gets all of it, and the same as the owner', 'SET work_mem = DEFAULT');
for my $mart (qw(live kept))
{
	# the live mart has what the kept one has
	is(as_ok('reader', join(' UNION ALL ', map { "(SELECT '$_ ' || count(*) FROM ((SELECT * FROM live.$_ EXCEPT ALL SELECT * FROM kept.$_) UNION ALL (SELECT * FROM kept.$_ EXCEPT ALL SELECT * FROM live.$_)) AS d HAVING count(*) > 0)" } @views), 'live and kept'), '', '... are the same') if $mart eq 'live';
	for my $view (@views)
	{
		my (undef, $err) = as('stranger', "SELECT * FROM $mart.$view");
		like($err, qr/ERROR:  42501: /, "a stranger does not read $mart.$view") or last;
	}
	for my $call ("tools.mart_dashboard('$mart', '{}', 'trends')", "tools.revenue_change('$mart', '[2024-06-01,2024-07-01)', '[2024-07-01,2024-08-01)')", "tools.mart_findings('$mart', '{}', 'trends')")
	{
		my (undef, $err) = as('stranger', "SELECT * FROM $call");
		like($err, qr/ERROR:  42501: /, "... nor has $call");
	}
}
my (undef, $refused) = as('reader', q{SELECT * FROM "The Seller"."Sales"});
like($refused, qr/ERROR:  42501: /, 'a reader does not read the source');

# --- Settings ------------------------------------------------------------------------------------

as_ok('mallory', q{
	CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC;
	CREATE FUNCTION evil.strike() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'struck'; END $$;
	CREATE TABLE evil.customer (x int); CREATE TABLE evil.mart (x int); CREATE TABLE evil.dimension_value (x int); CREATE TABLE evil.series_basis (x int); CREATE TABLE evil.purchases (x int);
	CREATE TYPE evil.sales_series AS (x int); CREATE TYPE evil.sales_season AS ENUM ('weekday'); CREATE TYPE evil.basket_by AS ENUM ('order'); CREATE TYPE evil.mart_settings AS (x int)}
	. join('', map { my ($name, $args, $result) = @$_; "; CREATE FUNCTION evil.$name($args) RETURNS $result LANGUAGE plpgsql AS \$\$ BEGIN RAISE EXCEPTION 'struck by %', '$name'; END \$\$" }
		[ 'round', 'numeric, integer', 'numeric' ], [ 'round', 'numeric', 'numeric' ], [ 'greatest_of', 'numeric', 'numeric' ], [ 'lower', 'text', 'text' ], [ 'unnest', 'anyarray', 'SETOF anyelement' ], [ 'array_position', 'anycompatiblearray, anycompatible', 'integer' ],
		[ 'array_to_string', 'anyarray, text', 'text' ], [ 'date_trunc', 'text, timestamp', 'timestamp' ], [ 'ceil', 'numeric', 'numeric' ], [ 'ceil', 'float8', 'float8' ], [ 'cardinality', 'anyarray', 'integer' ], [ 'generate_series', 'integer, integer', 'SETOF integer' ],
		[ 'series_forecast', 'tools.sales_series, integer, float8, integer, text', 'SETOF record' ], [ 'series_trend', 'tools.sales_series, float8', 'record' ], [ 'basket_count', 'tools.basket_set', 'bigint' ], [ 'format', 'text, text', 'text' ], [ 'coalesce_of', 'text', 'text' ],
		[ 'equal', 'numeric, numeric', 'boolean' ], [ 'equal', 'text, text', 'boolean' ], [ 'equal', 'integer, integer', 'boolean' ], [ 'equal', 'date, date', 'boolean' ], [ 'equal', 'float8, float8', 'boolean' ], [ 'plus', 'numeric, numeric', 'numeric' ], [ 'plus', 'date, integer', 'date' ], [ 'times', 'numeric, numeric', 'numeric' ])
	. join('', map { my ($operator, $function, $left, $right) = @$_; "; CREATE OPERATOR evil.$operator (FUNCTION = evil.$function, LEFTARG = $left, RIGHTARG = $right)" }
		(map { [ '=', 'equal', $_, $_ ], [ '<', 'equal', $_, $_ ], [ '>=', 'equal', $_, $_ ], [ '<>', 'equal', $_, $_ ] } qw(numeric text integer date float8)), [ '+', 'plus', 'numeric', 'numeric' ], [ '-', 'plus', 'numeric', 'numeric' ], [ '+', 'plus', 'date', 'integer' ], [ '*', 'times', 'numeric', 'numeric' ], [ '/', 'times', 'numeric', 'numeric' ]),
	'a schema of traps');
like((as('reader', 'SET search_path = evil, pg_catalog; SELECT 1.5 + 1.5'))[1], qr/struck by plus/, '... which work');
my ($numeric) = split /\n/, answer(q{SELECT collname FROM pg_collation WHERE collname ~ '^(de_|fr_|da_)' AND collprovider = 'c' LIMIT 1});
my $text = "SET DateStyle = 'German, DMY'; SET IntervalStyle = 'sql_standard'; SET TimeZone = 'Pacific/Chatham'; SET standard_conforming_strings = off; SET escape_string_warning = off; SET backslash_quote = on; SET bytea_output = 'escape';
	SET quote_all_identifiers = on; SET transform_null_equals = on; SET xmloption = document; SET default_transaction_isolation = 'serializable'; SET check_function_bodies = off; SET row_security = off" . ($numeric ? "; SET lc_numeric = '$numeric'; SET lc_monetary = '$numeric'; SET lc_time = '$numeric'" : '');
same_under('reader', 'the same with dates, strings and identifiers of others', $text);
# numbers in JSON and in sentences have all their digits
same_under('reader', '... with few digits', 'SET extra_float_digits = 0');
same_under('reader', '... with one digit', 'SET extra_float_digits = -15');
same_under('reader', '... with traps before the functions of the server', 'SET search_path = evil, pg_catalog');
same_under('mallory', '... and for who made them', 'SET search_path = evil, pg_catalog', map { $_ => 1 } grep { /live|kept|sales_series|moves/ } @names);
same_under('reader', '... with nothing in the path', q{SET search_path = ''});
my $no_plans = join '; ', map { "SET enable_$_ = off" } qw(hashagg hashjoin mergejoin nestloop sort material memoize incremental_sort seqscan bitmapscan indexscan indexonlyscan partitionwise_join);
same_under('reader', '... with little memory', q{SET work_mem = '64kB'; SET hash_mem_multiplier = 1; SET temp_buffers = '800kB'; SET logical_decoding_work_mem = '64kB'});
same_under('reader', '... with every plan switched off', "SET plan_cache_mode = force_generic_plan; SET join_collapse_limit = 1; SET from_collapse_limit = 1; SET geqo_threshold = 2; $no_plans");
my ($forced) = answer(q{SELECT name FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')});
same_under('reader', '... and in parallel', "SET $forced = regress; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off; SET max_parallel_workers_per_gather = 3; SET work_mem = '64kB'");
is(as_ok('reader', 'SET default_transaction_read_only = on; ' . join('; ', map { "SELECT count(x::text) > 0 FROM ($question{$_}) AS x" } @names), 'of who only reads'), join("\n", ('t') x @names), 'nothing writes');
for my $name (grep { /live|kept/ } @names)
{
	my ($out, $err) = as('reader', "SET statement_timeout = 1; SELECT count(x::text) FROM ($question{$name}) AS x, generate_series(1, 3)", on_error_stop => 0);
	like("$err", qr/^$|ERROR:  57014: /, "$name, in a millisecond") or last;
}
same_under('reader', '... and then the same again', 'SET statement_timeout = 0');

# --- Another owner ---------------------------------------------------------------------------------

$node->safe_psql('shop', q{CREATE ROLE heir LOGIN; GRANT CREATE ON DATABASE shop TO heir; REASSIGN OWNED BY "The Seller" TO heir});
same_under('reader', 'after the marts have gone to another owner', 'SET work_mem = DEFAULT');
as_ok('heir', q{INSERT INTO "The Seller"."Sales" SELECT customer_id, order_id + 200000, purchased_at + interval '2 days', 7, 1, product, category, channel, discounted, 3 FROM "The Seller"."Sales" WHERE order_id % 17 = 0; SELECT tools.refresh_mart('kept')}, 'who writes and refreshes');
is(as_ok('reader', join(' UNION ALL ', map { "(SELECT '$_ ' || count(*) FROM ((SELECT * FROM live.$_ EXCEPT ALL SELECT * FROM kept.$_) UNION ALL (SELECT * FROM kept.$_ EXCEPT ALL SELECT * FROM live.$_)) AS d HAVING count(*) > 0)" } @views), 'live and kept after that'), '', '... live and kept are the same');

# --- Memory --------------------------------------------------------------------------------------------

# What an error says would fit, fits; half of it does not.
answer(q{
	CREATE TABLE dense AS SELECT kind, basket_set(items) AS b FROM (
		SELECT kind, array_agg('i' || i) AS items FROM (VALUES (1, 40, 100), (2, 60, 200), (3, 20, 500)) AS c(kind, most, baskets), generate_series(1, baskets) AS k, generate_series(1, most) AS i
		WHERE (hashint8extended(k * 1000 + i, kind) & 1023) < greatest(1100 - 25 * i, 300) OR i = 1 GROUP BY kind, k) AS s GROUP BY kind});
for my $call (map { my $mb = $_; map { my $f = $_; map { [ $_, $f, $mb ] } 1 .. 3 } 'association_rules(b, %s, min_confidence => 0, max_items => 6, max_memory_mb => %d)', 'frequent_itemsets(b, %s, max_items => 8, max_memory_mb => %d)' } 1, 3)
{
	my ($kind, $f, $mb) = @$call;
	my $query = sub { "SELECT count(*) FROM dense, " . sprintf($f, $_[0], $mb) . " WHERE kind = $kind" };
	my ($rc, $out, $err) = $node->psql('postgres', $query->('min_support => 0.0001'), extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	my ($fits, $count) = $err =~ /ERROR:  54000: the search takes more than $mb MB\nDETAIL:  It looks for sets of up to \d+ items that are in at least 1 of \d+ baskets\.\nHINT:  A min_support of ([\d.]+), or a min_count of (\d+), fits; or give it more memory by max_memory_mb\./;
	ok(defined $fits, "$mb MB for $f, $kind: what would fit") or diag($err);
	next unless defined $fits;
	like(answer($query->("min_support => $fits")), qr/^\d+$/, "... $fits does");
	is(answer($query->("min_count => $count")), answer($query->("min_support => $fits")), '... so does its count, with the same answer');
	($rc, $out, $err) = $node->psql('postgres', $query->('min_support => ' . $fits / 2.01), extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	like($err, qr/ERROR:  54000: /, '... and less than half of it does not');
}

# --- Cancelled ----------------------------------------------------------------------------------------------

SKIP:
{
	skip 'times under sanitizers say nothing', 1 if $sanitize;
	answer(q{
		CREATE TABLE many AS SELECT
			(SELECT basket_set(b, 'item ' || (2000 * ((hashint8extended(b * 32 + n, 1) & 1048575) / 1048576.0::float8) ^ 2)::integer) FROM generate_series(1::bigint, 100000) AS b, generate_series(1, 1 + ((hashint8extended(b, 2) & 65535) * 17 >> 16)::integer) AS n) AS b,
			(SELECT sequence_set(g / 5, timestamp '2024-01-01' + (g % 5 + g % 7) * interval '3 days', 'item ' || (500 * ((hashint8extended(g, 1) & 1048575) / 1048576.0::float8) ^ 2)::integer) FROM generate_series(1::bigint, 300000) AS g) AS q,
			(SELECT sales_series('1990-01-01'::date + i, (hashint8extended(i, 1) & 1023) + 1, 'day') FROM generate_series(0, 19999) AS i) AS s});
	my %long = (
		'rules' => 'association_rules(b, 0.0001, 0, 4, max_memory_mb => 2000)', 'rules that do not fit' => 'association_rules(b, 0.00005, 0, 8, max_memory_mb => 300)', 'itemsets' => 'frequent_itemsets(b, 0.0001, 16, max_memory_mb => 2000)',
		'pairs' => 'product_pairs(b, 0.0001, max_memory_mb => 2000)', 'next products' => 'next_products(q, 30, min_count => 1, min_together => 1, max_memory_mb => 2000)',
		'trend' => 'series_trend(s)', 'forecast' => 'series_forecast(s, 1000, 0.95, 60)', 'model' => q{series_model(s, 60, 'ETS(M,Ad,M)')}, 'backtest' => 'series_backtest(s, 10, 1000)', 'anomalies' => 'series_anomalies(s, 3.5, 365)', 'parts' => 'series_parts(s, 7)');
	for my $what (sort keys %long)
	{
		for my $after (1, 20, 90, 400)
		{
			my $statement = "SELECT count(x::text) FROM (SELECT fuzz_flat(b) AS b1, fuzz_flat(q) AS q1, fuzz_flat(s) AS s1 FROM many OFFSET 0) AS m, LATERAL (SELECT b1 AS b, q1 AS q, s1 AS s WHERE fuzz_cancel_after($after) OFFSET 0) AS v, LATERAL $long{$what} AS x";
			my ($took, $state);
			# a busy machine makes processors slow, too, but not each time
			for (1 .. 3)
			{
				($took, $state) = split /\|/, answer("SELECT took, state FROM fuzz_cancel(ARRAY[\$q\$$statement\$q\$])");
				last if $took < $after + 100;
			}
			like($state, qr/^57014$|^ended$/, "$what, cancelled after $after ms: $state");
			cmp_ok($took, '<', $after + 100, "... within 100 ms ($took)");
			last if $state eq 'ended';
		}
	}
}

is(answer('SELECT 1'), 1, 'the server is alive');
$node->stop;
my @bad = slurp_file($node->logfile) =~ /^.*(?:terminated by signal|TRAP:|AddressSanitizer|runtime error|detected write past|problem in alloc|PANIC).*$/mg;
is("@bad", '', 'no crash in the server log');
done_testing();
