# Contributions to a change of revenue add up, in numeric, in marts and over periods of all kinds, and those of a dimension
# are those of plain SQL over the raw rows.
#   PT_LONG  a thousand marts; by default some
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'figures, which the sanitizers do not change' if $ENV{PT_SANITIZE};

my $marts = $ENV{PT_LONG} ? 1000 : 12;
my $seed = $ENV{PT_SEED} // 20261127;
srand($seed);
note("seed $seed");

my $node = PostgreSQL::Test::Cluster->new('revenue_change');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nlisten_addresses = ''\nclient_min_messages = error\n");
$node->start;
sub answer { return $node->safe_psql('postgres', $_[0]) }
answer('CREATE EXTENSION purchase_trends');

sub pick { return $_[ int rand @_ ] }
my $bad = '';
my ($periods, $rows) = (0, 0);
for my $n (1 .. $marts)
{
	# decimals, prices that do not divide, returns, gaps in time, rows without this and that
	my $scale = pick(0, 1, 2, 2, 2, 4);
	my $customers = pick(1, 3, 20, 60);
	my $days = pick(1, 40, 400);
	my $seed_value = int(rand 2e9) / 1e9 - 1;
	answer(qq{
		SELECT setseed($seed_value);
		DROP TABLE IF EXISTS sold CASCADE;
		CREATE TABLE sold AS
		SELECT CASE WHEN random() < 0.9 THEN (random() * $customers)::int END AS customer_id, CASE WHEN random() < 0.9 THEN (random() * 200)::int END AS order_id,
			timestamp '2023-11-15' + random() * interval '$days days' AS ts, CASE WHEN random() < 0.95 THEN (random() * 99 - 20)::numeric(12,$scale) END AS amount,
			CASE WHEN random() < 0.9 THEN (random() * 5 - 1)::int END AS quantity, CASE WHEN random() < 0.9 THEN 'p' || (random() * 7)::int END AS product
		FROM generate_series(1, @{[ pick(1, 30, 300) ]});
		-- one order has one customer
		UPDATE sold s SET customer_id = (SELECT min(customer_id) FROM sold o WHERE o.order_id = s.order_id) WHERE order_id IS NOT NULL;
		INSERT INTO sold SELECT 1, 1000, '2024-02-01', 10, 1, 'p1'});
	my $roles = pick('{}', '{"quantity": null}', '{"order_id": null}', '{"customer_id": null}');
	my $mode = pick('live', 'kept');
	my $as_of = pick('', '', "SELECT set_mart_as_of('m', '2024-01-20');");
	answer("SELECT count(*) FROM create_mart('m', 'sold', purchased_at => 'ts', roles => '$roles', mode => '$mode', replace => @{[ $n == 1 ? 'false' : 'true' ]}); $as_of");
	my $decimals = answer('SELECT amount_scale FROM m.mart');
	my $seen = $as_of ? "ts <= '2024-01-20'" : 'true';
	my $items = $roles =~ /quantity/ ? 'count(*)' : 'greatest(coalesce(sum(quantity), 0), 0)';
	for (1 .. 3)
	{
		$periods++;
		my ($a, $b) = map { my $from = int rand 200; my $length = pick(1, 7, 31, 365); "daterange(date '2023-10-15' + $from, date '2023-10-15' + $from + $length)" } 1, 2;
		my $inside = sub { "ts >= lower($_[0]) AND ts < upper($_[0])" };
		my $difference = "(SELECT coalesce(sum(amount) FILTER (WHERE " . $inside->($b) . "), 0) - coalesce(sum(amount) FILTER (WHERE " . $inside->($a) . "), 0) FROM sold WHERE $seen)";
		my $sums = answer("SELECT string_agg(DISTINCT (s.sum - $difference)::text, ' '), count(*) FROM (SELECT split, sum(contribution) FROM revenue_change('m', $a, $b, 'product') GROUP BY 1) s");
		$bad .= "mart $n ($roles, $mode, $as_of), $a, $b: $sums\n" if $sums !~ /^-?0(\.0*)?\|[23]$/;
		# the products by the formula of the documentation
		my $by_value = sub { "(SELECT product, coalesce(sum(amount), 0) AS r, $items AS q FROM sold WHERE $seen AND " . $inside->($_[0]) . ' GROUP BY 1)' };
		my $differs = answer(qq{
			WITH p AS (
				SELECT coalesce(a.product, b.product) AS value, coalesce(a.r, 0) AS r0, coalesce(b.r, 0) AS r1, coalesce(a.q, 0)::numeric AS q0, coalesce(b.q, 0)::numeric AS q1
				FROM @{[ $by_value->($a) ]} a FULL JOIN @{[ $by_value->($b) ]} b ON coalesce(a.product, '') = coalesce(b.product, '')),
			s AS (SELECT p.*, (SELECT sum(q0) FROM p) AS a0, (SELECT sum(q1) FROM p) AS a1 FROM p),
			t AS (SELECT s.*, CASE WHEN a0 > 0 THEN round(r0 * a1 / a0, $decimals) ELSE r0 END AS v, CASE WHEN q0 > 0 THEN round(r0 * q1 / q0, $decimals) WHEN q1 > 0 THEN r1 ELSE r0 END AS m FROM s),
			wanted AS (SELECT value, part, contribution FROM t CROSS JOIN LATERAL (VALUES ('volume', v - r0), ('mix', m - v), ('rate', r1 - m)) AS x(part, contribution)),
			given AS (SELECT value, part, contribution FROM revenue_change('m', $a, $b, 'product') WHERE split = 'dimension')
			SELECT (SELECT count(*) FROM wanted), (SELECT count(*) FROM (TABLE wanted EXCEPT TABLE given) x), (SELECT count(*) FROM (TABLE given EXCEPT TABLE wanted) x)});
		$rows += (split /\|/, $differs)[0];
		$bad .= "mart $n, products, $a, $b: $differs\n" if $differs !~ /\|0\|0$/;
	}
	# the view says what the function says of its months
	my $view = answer(q{SELECT count(*) FROM m.revenue_change_month v FULL JOIN (
			SELECT k.month_start, r.split, r.part, r.figure_before, r.figure_after, r.contribution FROM m.kpi_month k
			CROSS JOIN LATERAL revenue_change('m', daterange((k.month_start - interval '1 month')::date, k.month_start), daterange(k.month_start, (k.month_start + interval '1 month')::date)) r
			WHERE k.month_start > (SELECT min(month_start) FROM m.kpi_month)) f USING (month_start, split, part)
		WHERE (v.figure_before, v.figure_after, v.contribution) IS DISTINCT FROM (f.figure_before, f.figure_after, f.contribution)});
	$bad .= "mart $n: $view rows of the view differ\n" if $view ne '0';
}
is($bad, '', "$marts marts, $periods pairs of periods: all adds up");
cmp_ok($rows, '>', 10 * $marts, "... and $rows contributions of products are those of plain SQL");

# the plan of the view, as the others
my $parallel = q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;};
answer(q{DROP TABLE sold CASCADE; CREATE TABLE sold AS SELECT * FROM simulate_purchases(500, 400, 3); SELECT count(*) FROM create_mart('m', 'sold', mode => 'kept', replace => true)});
is(answer("$parallel SELECT md5(string_agg(v::text, chr(10) ORDER BY v::text)) FROM m.revenue_change_month v"), answer('SET max_parallel_workers_per_gather = 0; SELECT md5(string_agg(v::text, chr(10) ORDER BY v::text)) FROM m.revenue_change_month v'),
	'the same in parallel');

$node->stop;
done_testing();
