# Cost, margin and what it cost to win customers, against plain SQL over the raw rows: live and kept, pending, as of another
# day, by another calendar, without times; sources and tables of spend that are hard on them; what becomes of the table of spend.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('mart_margin');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nlisten_addresses = ''\nclient_min_messages = warning\n");
$node->start;
sub answer { return $node->safe_psql('postgres', $_[0]) }
sub failure { my ($rc, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$_[0]"); return $err }

# rows that differ; none if two queries say the same
sub same
{
	my ($what, $given, $wanted) = @_;
	my ($rows, $differ) = split /\|/, answer("WITH g AS ($given), w AS ($wanted) SELECT (SELECT count(*) FROM w), (SELECT count(*) FROM ((TABLE g EXCEPT ALL TABLE w) UNION ALL (TABLE w EXCEPT ALL TABLE g)) x)");
	ok($rows > 0 && $differ == 0, "$what ($rows rows)")
		or diag(answer("WITH g AS ($given), w AS ($wanted) SELECT * FROM (SELECT 'given', * FROM (TABLE g EXCEPT ALL TABLE w) a UNION ALL SELECT 'wanted', * FROM (TABLE w EXCEPT ALL TABLE g) b) x ORDER BY 2, 3 LIMIT 10"));
	return;
}

answer(q{
	CREATE EXTENSION purchase_trends;
	CREATE TABLE sales AS SELECT s.customer_id, s.order_id, s.purchased_at, s.amount, s.product, s.category, s.channel, s.discount_amount > 0 AS discounted,
		round(s.amount * (0.3 + (hashint8(s.order_id) & 63) / 64.0), 3) AS cost FROM simulate_purchases(500, 700, 33) s;
	UPDATE sales SET customer_id = NULL WHERE order_id % 89 = 0;
	UPDATE sales SET product = NULL, channel = NULL, discounted = NULL WHERE order_id % 61 = 0;
	UPDATE sales SET amount = -amount, cost = -cost WHERE order_id % 53 = 0;
	UPDATE sales SET amount = NULL WHERE order_id % 47 = 0;
	UPDATE sales SET cost = NULL WHERE order_id % 7 = 0 OR product LIKE 'S%' AND order_id % 3 = 0;
	-- sold below cost, for nothing, and nothing known of a whole product
	UPDATE sales SET cost = 3 * amount WHERE order_id % 43 = 0;
	UPDATE sales SET cost = 0 WHERE order_id % 41 = 0;
	UPDATE sales SET cost = NULL, product = 'secret' WHERE order_id % 37 = 0;
	-- spend: several rows of a month, months and channels without a row, one that nobody came by, refunds, nothing
	CREATE TABLE marketing_spend AS SELECT m.month::date + 3 AS month, c AS channel, (700 + 90 * n * extract(month FROM m.month))::numeric(9,2) AS spend
		FROM generate_series(timestamp '2024-03-01', '2025-04-01', '1 month') AS m(month), unnest('{web,shop,billboard}'::text[]) WITH ORDINALITY AS c(c, n) WHERE m.month <> '2024-07-01';
	INSERT INTO marketing_spend VALUES ('2024-05-31', 'web', -20.55), ('2024-05-01', NULL, 333), ('2024-06-15', 'web', NULL), ('2024-06-15', NULL, 'NaN'), (NULL, 'web', 5), ('infinity', 'web', 5), ('2999-01-01', 'web', 5);
	SELECT count(*) FROM create_mart('live', 'sales', dimensions => '{channel}', spend => 'marketing_spend');
	SELECT count(*) FROM create_mart('kept', 'sales', mode => 'kept', dimensions => '{channel}', spend => 'marketing_spend');
	SELECT count(*) FROM create_mart('poor', 'sales', dimensions => '{channel}', spend => 'marketing_spend', roles => '{"cost": null}')});
is(answer(q{SELECT roles ->> 'cost', spend FROM live.mart}), 'cost|marketing_spend', 'the cost is found by name');

my $figures = sub {
	my ($f) = @_;
	return "coalesce(sum($f.amount), 0)::numeric(18,2), coalesce(sum($f.amount) FILTER (WHERE $f.m IS NOT NULL), 0)::numeric(18,2), (coalesce(sum($f.amount) FILTER (WHERE $f.m IS NOT NULL), 0) - coalesce(sum($f.m), 0))::numeric(18,2),
		CASE WHEN count(*) FILTER (WHERE $f.product_line) > 0 AND count($f.m) = 0 THEN NULL ELSE coalesce(sum($f.m), 0) END::numeric(18,2), round((sum($f.m) / nullif(greatest(coalesce(sum($f.amount) FILTER (WHERE $f.m IS NOT NULL), 0), 0), 0))::numeric, 12),
		count(*) FILTER (WHERE $f.product_line), count(*) FILTER (WHERE $f.product_line AND $f.m IS NULL), round((1 - count(*) FILTER (WHERE $f.product_line AND $f.m IS NULL)::numeric / nullif(count(*) FILTER (WHERE $f.product_line), 0)), 12)";
};
my $columns = 'revenue, revenue_with_cost, cost_of_sales, margin, round(margin_rate::numeric, 12), line_count, lines_without_margin, round(margin_coverage::numeric, 12)';
my $middle = answer(q{SELECT min(purchased_at) + interval '400 days 5 hours' FROM sales});
for my $case ([ 'live', undef ], [ 'kept', undef ], [ 'poor', undef ], [ 'live', $middle ], [ 'kept', $middle ], [ 'poor', $middle ])
{
	my ($mart, $as_of) = @$case;
	answer("SELECT set_mart_as_of('$mart', " . ($as_of ? "'$as_of'" : 'NULL') . ')');
	# a row's cost has the decimals of the mart
	my $raw = '(SELECT *, amount - round(cost, 2) AS m, true AS product_line FROM sales WHERE ' . ($as_of ? "purchased_at <= '$as_of'" : 'true') . ') r';
	my ($month_end, $as_of_end) = split /\|/, answer("SELECT date_trunc('month', as_of_end)::date, as_of_end FROM $mart.mart_as_of");
	my $name = $mart . ($as_of ? ' as of the middle' : '');
	if ($mart ne 'poor')
	{
		for my $calendar ([ 'month', q{date_trunc('month', %s)::date} ], [ 'week from sunday', q{(date_trunc('week', %s + interval '1 day') - interval '1 day')::date} ])
		{
			my ($text, $start) = @$calendar;
			answer("SELECT set_mart_calendar('$mart', '$text')");
			same("$name: margin by $text", "SELECT period_start, $columns FROM $mart.margin_period",
				'SELECT g.p, ' . $figures->('r') . " FROM (SELECT DISTINCT " . ($start =~ s/%s/d/r) . " AS p FROM generate_series((SELECT min(purchased_at)::date FROM $raw), timestamp '$as_of_end' - interval '1 microsecond', interval '1 day') d) g LEFT JOIN $raw ON " . ($start =~ s/%s/r.purchased_at/r) . ' = g.p GROUP BY 1');
			is(answer("SELECT count(*) FROM $mart.margin_period p JOIN $mart.kpi_period k USING (period_start) WHERE (p.revenue, p.period_label, p.period_end, p.complete, p.complete_label) IS NOT DISTINCT FROM (k.revenue, k.period_label, k.period_end, k.complete, k.complete_label)"),
				answer("SELECT count(*) FROM $mart.kpi_period"), '... beside kpi_period');
		}
		same("$name: margin by dimensions", "SELECT dimension, value, $columns, round(margin_share::numeric, 12) FROM $mart.margin_breakdown",
			join(' UNION ALL ', map { "SELECT '$_->[0]', $_->[1], " . $figures->('r') . ", round((sum(r.m) / nullif(greatest(sum(sum(r.m)) OVER (), 0), 0))::numeric, 12) FROM $raw GROUP BY $_->[1]" }
				[ 'product', 'r.product' ], [ 'category', 'r.category' ], [ 'channel', 'r.channel' ], [ 'discounted', q{CASE r.discounted WHEN true THEN 'Yes' WHEN false THEN 'No' END} ]));
		is(answer("SELECT margin, margin_rate, margin_coverage FROM $mart.margin_breakdown WHERE dimension = 'product' AND value = 'secret'"), '||0', '... nothing is known of a product without costs');
	}

	# --- by the first order ------------------------------------------------------

	my $earns = $mart eq 'poor' ? 'amount' : 'm';
	answer("DROP TABLE IF EXISTS came; CREATE TABLE came AS
		WITH o AS (SELECT customer_id, order_id, purchased_at AS at, sum(amount) AS amount FROM $raw WHERE customer_id IS NOT NULL AND amount IS NOT NULL GROUP BY 1, 2, 3),
			f AS (SELECT customer_id, min(at) AS at FROM o WHERE amount >= 0 GROUP BY 1)
		SELECT DISTINCT f.customer_id, f.at, x.dimension, x.value FROM f JOIN $raw USING (customer_id) CROSS JOIN LATERAL (VALUES ('channel', r.channel)) AS x(dimension, value)
		WHERE r.purchased_at = f.at AND (r.amount >= 0 OR r.amount IS NULL) AND x.value IS NOT NULL
		UNION ALL SELECT customer_id, at, 'first_month', to_char(at, 'YYYY-MM') FROM f;
		DROP TABLE IF EXISTS course; CREATE TABLE course AS
		SELECT c.*, k, (date_trunc('month', at) + (k + 1) * interval '1 month' <= date '$month_end') AS over, coalesce(b.earned, 0) AS earned, coalesce(b.uncosted, 0) AS uncosted
		FROM came c CROSS JOIN generate_series(0, 30) AS k LEFT JOIN (
			SELECT r.customer_id, greatest(0, (extract(year FROM r.purchased_at) - extract(year FROM c.at)) * 12 + extract(month FROM r.purchased_at) - extract(month FROM c.at)) AS month,
				sum(r.$earns) AS earned, sum(r.amount) FILTER (WHERE r.m IS NULL) AS uncosted
			FROM $raw JOIN came c USING (customer_id) WHERE c.dimension = 'first_month' GROUP BY 1, 2) AS b ON b.customer_id = c.customer_id AND b.month = k");
	same("$name: margin by the first order",
		"SELECT dimension, value, month_offset, customers, margin, cumulative_margin, round(cumulative_margin_per_customer, 6), cumulative_uncosted_revenue FROM $mart.cohort_acquisition WHERE dimension IN ('channel', 'first_month')",
		"SELECT dimension, value, k, count(*), sum(earned)::numeric(18,2), sum(so_far)::numeric(18,2), round(sum(so_far) / count(*), 6), sum(uncosted_so_far)::numeric(18,2)
		FROM (SELECT *, sum(earned) OVER w AS so_far, sum(uncosted) OVER w AS uncosted_so_far FROM course WINDOW w AS (PARTITION BY customer_id, dimension, value ORDER BY k)) c WHERE over GROUP BY 1, 2, 3") if $mart ne 'poor';
	my $uncosted = $mart eq 'poor' ? 'NULL' : 'sum(uncosted_so_far)';
	same("$name: payback",
		"SELECT dimension, value, spend, acquired_customers, round(customer_acquisition_cost, 6), payback_basis, months_observed, earned, round(earned_per_customer, 6), uncosted_revenue, payback_months, payback_label FROM $mart.acquisition_payback",
		"WITH s AS (SELECT date_trunc('month', month::timestamp) AS month, channel, nullif(spend, 'NaN') AS spend FROM marketing_spend WHERE isfinite(month) AND month < timestamp '$as_of_end' AND nullif(spend, 'NaN') IS NOT NULL),
			b AS (SELECT min(month) AS a, max(month) + interval '1 month' AS z FROM s),
			v AS (SELECT 'first_month' AS dimension, to_char(g, 'YYYY-MM') AS value, (SELECT coalesce(sum(spend), 0) FROM s WHERE month = g) AS spend FROM b, generate_series(b.a, b.z - interval '1 month', interval '1 month') g
				UNION ALL SELECT 'channel', x.value, (SELECT coalesce(sum(spend), 0) FROM s WHERE channel = x.value) FROM (SELECT channel AS value FROM s WHERE channel IS NOT NULL UNION SELECT value FROM came, b WHERE dimension = 'channel' AND at >= b.a AND at < b.z) x),
			k AS (SELECT dimension, value, k, bool_and(over) AS whole, count(*) FILTER (WHERE over) AS n, sum(so_far) FILTER (WHERE over) AS earned, $uncosted AS uncosted
				FROM (SELECT *, sum(earned) OVER w AS so_far, sum(uncosted) OVER w AS uncosted_so_far FROM course, b WHERE at >= b.a AND at < b.z WINDOW w AS (PARTITION BY customer_id, dimension, value ORDER BY k)) c GROUP BY 1, 2, 3),
			n AS (SELECT v.*, (SELECT count(*) FROM came c, b WHERE c.dimension = v.dimension AND c.value = v.value AND c.at >= b.a AND c.at < b.z) AS customers FROM v),
			p AS (SELECT n.*, (SELECT max(k.k) FROM k WHERE k.dimension = n.dimension AND k.value = n.value AND k.whole) AS seen,
				(SELECT min(k.k) FROM k WHERE k.dimension = n.dimension AND k.value = n.value AND n.spend > 0 AND k.n > 0 AND k.earned * n.customers >= n.spend * k.n) AS back FROM n)
		SELECT p.dimension, p.value, p.spend::numeric(18,2), p.customers, round(p.spend / nullif(p.customers, 0), 6), '@{[ $mart eq 'poor' ? 'revenue' : 'margin' ]}', p.seen, k.earned::numeric(18,2), round(k.earned / p.customers, 6), k.uncosted::numeric(18,2), p.back,
			CASE WHEN p.customers = 0 THEN 'no customers' WHEN p.spend <= 0 THEN 'no spend' WHEN p.back IS NULL THEN 'not yet' WHEN p.back <= p.seen THEN 'paid back' ELSE 'paid back by older customers' END
		FROM p LEFT JOIN k ON k.dimension = p.dimension AND k.value = p.value AND k.k = p.seen");
}
is(answer(q{SELECT set_mart_as_of('live', NULL); SELECT set_mart_as_of('kept', NULL); SELECT string_agg(DISTINCT payback_label, ', ' ORDER BY payback_label) FROM live.acquisition_payback}) =~ s/^\n*//r, 'no customers, no spend, not yet, paid back, paid back by older customers', 'there are paybacks of all kinds');

# --- kept marts ------------------------------------------------------------------------------

my @views = qw(margin_period margin_breakdown cohort_acquisition acquisition_payback);
my $digests = sub { join(' UNION ALL ', map { "SELECT '$_', count(*), md5(string_agg(v::text, chr(10) ORDER BY v::text)) FROM $_[0].$_ v" } @views) };
answer(q{SELECT set_mart_calendar('live', 'month'), set_mart_calendar('kept', 'month')});
my $before = answer($digests->('live'));
answer(q{UPDATE sales SET cost = cost + 1 WHERE order_id % 11 = 0; UPDATE sales SET cost = 5 WHERE customer_id IS NULL; DELETE FROM sales WHERE order_id % 97 = 0;
	INSERT INTO sales SELECT customer_id, order_id, purchased_at + interval '1 day', amount, 'pending ' || product, category, 'new channel', discounted, cost FROM sales WHERE order_id % 13 = 0});
my $live = answer($digests->('live'));
isnt($live, $before, 'rows change, and what follows from them');
cmp_ok(answer(q{SELECT pending_customers FROM mart_status() WHERE mart = 'kept'}), '>', 0, 'customers are pending');
is(answer($digests->('kept')), $live, '... and a kept mart says the same');
is(answer(q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;} . $digests->('kept')), $live, '... in parallel');
answer(q{SELECT refresh_mart('kept')});
is(answer(q{SELECT count(*) FROM kept.customer_change; SELECT count(*) FROM verify_mart('kept')}), "0\n0", 'a refresh keeps it');
is(answer($digests->('kept')), $live, '... as it is');
answer(q{SELECT upgrade_mart('kept'); SELECT upgrade_mart('live')});
is(answer($digests->('kept')), $live, 'so does upgrade_mart');
answer(q{SELECT set_mart_mode('kept', 'live'); SELECT set_mart_mode('live', 'kept')});
is(answer($digests->('live')), $live, '... and set_mart_mode');
is(answer(q{SELECT attname FROM pg_attribute WHERE attrelid = 'poor.customer'::regclass AND attname = 'margins'}), '', 'a mart without costs keeps nothing of them');
is(answer(q{SELECT views_left_out ->> 'margin_period', views_left_out ? 'acquisition_payback' FROM poor.mart}), '["cost"]|f', '... and says which views they would make');

# --- names -------------------------------------------------------------------------------------

my @named = (
	[ 'quantity int, unit_cost numeric', undef, 'unit_cost is of one piece', qr/quantity \* unit_cost/ ], [ 'cost numeric', 'cost', 'cost without a quantity' ],
	[ 'quantity int, cost numeric', undef, 'cost that does not grow with the quantity', qr/quantity \* cost/ ], [ 'quantity int, cost numeric, cogs numeric', 'cogs', 'the better name' ],
	[ 'cost text', undef, 'a text', qr/text/ ], [ 'purchase_price numeric', undef, 'the price of one piece', qr/one piece/ ]);
for my $n (0 .. $#named)
{
	my ($given, $wanted, $what, $why) = @{ $named[$n] };
	answer("CREATE TABLE named_$n (customer_id int, amount numeric, $given)");
	my ($expression, $said) = split /\|/, answer("SELECT coalesce(expression, '-'), why FROM suggest_roles('named_$n') WHERE role_name = 'cost'");
	is($expression, $wanted // '-', "$what: " . ($said // ''));
	like($said, $why, '... and says why') if $why;
}
answer(q{CREATE TABLE totals AS SELECT i AS customer_id, 1 + i % 3 AS quantity, 10.0 * (1 + i % 3) AS amount, 4.0 * (1 + i % 3) AS cost FROM generate_series(1, 60) i});
is(answer(q{SELECT expression FROM suggest_roles('totals') WHERE role_name = 'cost'}), 'cost', 'a cost that grows with the quantity is that of the line');
is(answer(q{SELECT count(*) > 0 FROM create_mart('undated', 'totals', product => $$'p' || quantity$$); SELECT value, revenue, cost_of_sales, margin, margin_rate FROM undated.margin_breakdown WHERE dimension = 'product' ORDER BY 1}),
	"t\np1|200.00|80.00|120.00|0.6\np2|400.00|160.00|240.00|0.6\np3|600.00|240.00|360.00|0.6", 'a mart without times has margins too');

# --- hard sources --------------------------------------------------------------------------------

my %source = (
	no_rows => 'SELECT 1 AS customer_id, now()::timestamp AS purchased_at, 1.5 AS amount, 1.0 AS cost WHERE false',
	one_row => q{SELECT 1 AS customer_id, timestamp '2024-02-29' AS purchased_at, 1.5 AS amount, 1.0 AS cost},
	no_cost => q{SELECT i AS customer_id, timestamp '2024-02-29' + i * interval '1 day' AS purchased_at, i AS amount, NULL::numeric AS cost FROM generate_series(1, 50) i},
	no_amount => q{SELECT i AS customer_id, timestamp '2024-02-29' + i * interval '1 day' AS purchased_at, NULL::numeric AS amount, 5 AS cost FROM generate_series(1, 50) i},
	bad_cost => q{SELECT i AS customer_id, timestamp '2024-02-29' + i * interval '1 day' AS purchased_at, i AS amount, (ARRAY['NaN', 'Infinity', '-Infinity', '1e300', '0.005', '-7'])[1 + i % 6]::float8 AS cost FROM generate_series(1, 60) i},
	returns => q{SELECT i AS customer_id, timestamp '2024-02-29' + i * interval '1 day' AS purchased_at, -i AS amount, -1 AS cost FROM generate_series(1, 100) i},
	huge => q{SELECT i AS customer_id, timestamp '2024-02-29' + i * interval '1 day' AS purchased_at, 999999999999 AS amount, -999999999999 AS cost FROM generate_series(1, 1000) i},
	far => q{SELECT i AS customer_id, t::timestamp AS purchased_at, 1e11 AS amount, 1 AS cost FROM unnest('{1000-01-01,1869-10-14,1969-07-20,2200-01-01,2999-12-31}'::text[]) WITH ORDINALITY u(t, i)});
for my $name (sort keys %source)
{
	answer("CREATE TABLE source_$name AS $source{$name}; SELECT count(*) FROM create_mart('mart_$name', 'source_$name', spend => 'marketing_spend')");
	for my $view (@views)
	{
		my ($rc, $out, $err) = $node->psql('postgres', "SELECT count(v::text), count(*) FILTER (WHERE v::text ~ 'NaN|Infinity') FROM mart_$name.$view v");
		like($out, qr/^\d+\|0$/, "$name: $view can be read") or diag($err);
	}
}
is(answer(q{SELECT cost_of_sales, margin, lines_without_margin FROM mart_bad_cost.margin_breakdown WHERE false UNION ALL SELECT sum(cost_of_sales), sum(margin), sum(lines_without_margin) FROM mart_bad_cost.margin_period}),
	answer(q{SELECT sum(round(c, 2)), sum(amount - round(c, 2)), count(*) FILTER (WHERE c IS NULL) FROM (SELECT amount, CASE WHEN abs(cost) < 1e12 THEN cost::numeric END AS c FROM source_bad_cost) s}), 'costs that are none are not known');
is(answer(q{SELECT string_agg(format('%s %s', q.check_name, q.row_count), ', ' ORDER BY q.check_name) FROM mart_bad_cost.data_quality q WHERE q::text ~ 'cost'}), 'amount was rounded 10, value is out of range 40', '... and data_quality tells of them');
is(answer('SELECT sum(margin) FROM mart_huge.margin_period'), '1999999999998000.00', 'large margins add up');

# --- the table of spend ----------------------------------------------------------------------------

like(failure(q{SELECT set_mart_spend('live', 'sales')}), qr/ERROR:  42703: spend: no column of public\.sales was found for: month\n.*DETAIL:  The columns are: customer_id/s, 'a table without months');
like(failure(q{CREATE TABLE bad_1 (month text, spend int); SELECT set_mart_spend('live', 'bad_1')}), qr/ERROR:  42804: spend: public\.bad_1\.month is of type text, which cannot be read as a time/, 'a month that is a text');
like(failure(q{CREATE TABLE bad_2 (month date, spend text); SELECT set_mart_spend('live', 'bad_2')}), qr/ERROR:  42804: spend: public\.bad_2\.spend is of type text/, 'a spend that is a text');
like(failure(q{CREATE TEMP TABLE bad_3 (month date, spend int); SELECT set_mart_spend('live', 'bad_3')}), qr/ERROR:  42809: spend cannot be the temporary table bad_3/, 'a temporary table');
like(failure(q{SELECT set_mart_spend('live', 'nowhere')}), qr/ERROR:  42P01/, 'a table that is not there');
like(failure(q{SELECT set_mart_spend('live', 1::regclass)}), qr/ERROR:  42P01/, 'a number that is no table');
like(failure(q{SELECT set_mart_spend('undated', 'marketing_spend')}), qr/ERROR:  55000: mart "undated" has no times/, 'a mart without times');
like(failure(q{SELECT count(*) FROM create_mart('other', 'totals', spend => 'marketing_spend')}), qr/ERROR:  55000: mart "other" has no times/, '... when it is made, too');
is(answer(q{SELECT count(*) FROM pg_namespace WHERE nspname = 'other'}), '0', '... and nothing is made then');
like(failure(q{SELECT set_mart_spend('nowhere', 'marketing_spend')}), qr/ERROR:  3F000/, 'no mart');
is(answer($digests->('live')), $live, 'what failed changed nothing');
# empty, and without channels
answer(q{CREATE TABLE empty_spend (period timestamptz, amount float8); SELECT set_mart_spend('live', 'empty_spend')});
is(answer('SELECT count(*) FROM live.acquisition_payback'), '0', 'no spend, no rows');
answer(q{INSERT INTO empty_spend VALUES ('2024-04-30 23:30:00+00', 10), ('2024-04-01', 1e300), ('2024-04-01', '-Infinity')});
is(answer(q{SELECT dimension, value, spend FROM live.acquisition_payback}), 'first_month|2024-04|10.00', 'months by the clock of the shop; what is no amount is not spent');
like(($node->psql('postgres', q{SET client_min_messages = notice; SELECT set_mart_spend('mart_one_row', 'marketing_spend')}))[2], qr/NOTICE:  spend is told by month only: mart "mart_one_row" has no dimension "channel"/, 'channels that a mart has not');
answer(q{SELECT set_mart_spend('live', 'marketing_spend')});
# columns and the table get other names; the view follows
answer(q{ALTER TABLE marketing_spend RENAME spend TO costs; ALTER TABLE marketing_spend RENAME TO ads; CREATE TABLE marketing_spend (month date, spend int)});
is(answer($digests->('live')), $live, 'a table that has another name is followed');
answer(q{SELECT upgrade_mart('live')});
is(answer($digests->('live')), $live, '... by upgrade_mart, too');
answer(q{ALTER TABLE ads RENAME costs TO x});
is(answer($digests->('live')), $live, 'so is a column');
like(failure(q{SELECT upgrade_mart('live')}), qr/ERROR:  42703: spend: no column of public\.ads was found for: spend/, '... but no new view is made of a name that says nothing');
answer(q{ALTER TABLE ads RENAME x TO spend});
# rights
answer(q{CREATE ROLE shop LOGIN; CREATE ROLE reader LOGIN; CREATE ROLE stranger LOGIN; GRANT ALL ON SCHEMA public TO shop; GRANT CREATE ON DATABASE postgres TO shop; CREATE TABLE secret_spend AS SELECT * FROM ads;
	ALTER TABLE sales OWNER TO shop; SET ROLE shop; SELECT count(*) FROM create_mart('own', 'sales', dimensions => '{channel}', mode => 'kept')});
like(failure(q{SET ROLE shop; SELECT set_mart_spend('own', 'secret_spend')}), qr/ERROR:  42501/, 'a table that the owner may not read');
like(failure(q{SELECT set_mart_spend('own', 'secret_spend')}), qr/ERROR:  42501/, '... not for a superuser either: it is the owner who reads');
like(failure(q{GRANT SELECT ON secret_spend TO stranger; SET ROLE stranger; SELECT set_mart_spend('own', 'secret_spend')}), qr/ERROR:  42501/, 'a stranger changes nothing');
answer(q{GRANT SELECT ON secret_spend TO shop; SELECT set_mart_spend('own', 'secret_spend'); SET ROLE shop; SELECT grant_mart('own', 'reader'); SELECT set_mart_spend('own', 'secret_spend')});
is(answer(q{SET ROLE reader; SELECT count(*) > 10 FROM own.acquisition_payback}), 't', 'a reader of the mart reads what it says, also after it was set again');
like(failure(q{SET ROLE reader; SELECT * FROM secret_spend}), qr/ERROR:  42501/, '... and not the table');
# dump and restore
my $own = answer($digests->('own'));
my $dump = "$PostgreSQL::Test::Utils::tmp_check/spend.sql";
$node->command_ok([ 'pg_dump', '--no-sync', '-f', $dump, $node->connstr('postgres') ], 'pg_dump');
answer('CREATE DATABASE again');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('again') ], 'restored');
is($node->safe_psql('again', $digests->('own')), $own, '... with its spend');
$node->safe_psql('again', q{SELECT upgrade_mart('own'); SELECT refresh_mart('own')});
is($node->safe_psql('again', $digests->('own')), $own, '... and upgrade_mart');
# gone
like(failure(q{DROP TABLE ads}), qr/ERROR:  2BP01/, 'a table of spend is not dropped unseen');
answer(q{SET client_min_messages = error; DROP TABLE ads CASCADE});
is(answer(q{SELECT count(*) FROM live.kpi_total}), '1', '... with CASCADE, the other views stay');
like(failure(q{SELECT upgrade_mart('live')}), qr/ERROR:  42P01: the table of spend of mart "live" is gone\n.*HINT:  set_mart_spend\('live', NULL\)/s, '... and upgrade_mart says what is missing');
answer(q{SELECT set_mart_spend('live', NULL); SELECT upgrade_mart('live')});
is(answer(q{SELECT to_regclass('live.acquisition_payback') IS NULL, spend IS NULL FROM live.mart}), 't|t', 'a mart can do without');
answer(q{SELECT set_mart_spend('own', 'secret_spend'); CREATE VIEW public.mine AS SELECT * FROM own.acquisition_payback});
like(failure(q{SELECT set_mart_spend('own', NULL)}), qr/ERROR:  2BP01: mart "own" has objects that it did not make/, 'views of others are not dropped');
is(answer(q{SELECT spend FROM own.mart}), 'secret_spend', '... and nothing is changed');

$node->stop;
done_testing();
