# Lifetime models of the published CDNOW data, to the digits that are published; of simulated data whose parameters are
# known; the same on every plan, after copies, and interrupted.
#   PT_LONG      20 simulated shops in place of 2
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Interrupts qw(interrupted);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = $ENV{PT_DATA} // '';
my $node = PostgreSQL::Test::Cluster->new('clv');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', 'jit = off');
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION purchase_trends');

sub answer { return $node->safe_psql('postgres', $_[0]) }

# Numbers of an answer, one by one, against others, to this share of them.
sub near
{
	my ($sql, $expected, $tolerance, $name) = @_;
	my @ours = split /[|\n]/, answer($sql);
	my @wrong = grep { !defined $ours[$_] || $ours[$_] eq '' || abs($ours[$_] - $expected->[$_]) > $tolerance * (abs($expected->[$_]) || 1) } 0 .. $#$expected;
	is(@ours . ' ' . join(', ', map { ($ours[$_] // 'none') . " is not $expected->[$_]" } @wrong), @$expected . ' ', $name);
}

# --- CDNOW, 1/10 sample: reference values of Fader and Hardie, BTYD, CLVTools and lifetimes ----------------------

SKIP:
{
	my $file = "$data/CDNOW_sample.txt";
	skip 'no CDNOW_sample.txt in PT_DATA', 1 unless $data ne '' && -r $file;
	my $rows = join '', map { my @f = split; "$f[1]\t$f[2]\t$f[4]\n" } grep { /^\s*\d+\s+\d+\s+\d{8}\s/ } split /\n/, slurp_file($file);
	my $path = $node->basedir . '/cdnow.tsv';
	append_to_file($path, $rows);
	answer("CREATE TABLE cdnow (id text, day date, amount numeric); COPY cdnow FROM '$path'; CREATE TABLE c AS SELECT id, purchase_history(day, amount) AS h FROM cdnow GROUP BY id;
		CREATE TABLE m AS SELECT k::text AS kind, clv_fit(h, '1997-09-30', k) AS m FROM c, unnest('{bg_nbd,mbg_nbd,pareto_nbd,nbd,gamma_gamma}'::clv_kind[]) AS k GROUP BY k;
		CREATE TABLE d AS SELECT clv_data(h, '1997-09-30') AS d FROM c");
	is(answer('SELECT count(*), sum(customers), sum(x * customers) FROM d, clv_rows(d)'), '1016|2357|2457', 'CDNOW: customers that differ, all, and their repeat purchases');
	my $parameters = sub { return "SELECT estimate FROM m, clv_parameters(m) WITH ORDINALITY AS p(name, estimate, e, l, h, i) WHERE kind = '$_[0]' ORDER BY i" };
	near($parameters->('bg_nbd'), [ 0.24259452, 4.41360202, 0.79292202, 2.42590678 ], 2e-8, 'BG/NBD');
	near($parameters->('mbg_nbd'), [ 0.52484316, 6.18308528, 0.89135939, 1.61400224 ], 2e-8, 'MBG/NBD');
	near($parameters->('pareto_nbd'), [ 0.55327705, 10.57768346, 0.60623999, 11.66873529 ], 2e-8, 'Pareto/NBD');
	near($parameters->('nbd'), [ 0.38476614, 12.07202284 ], 2e-8, 'NBD');
	near($parameters->('gamma_gamma'), [ 6.24957228, 3.74422467, 15.44352093 ], 1e-7, 'Gamma-Gamma');
	near(q{SELECT standard_error FROM m, clv_parameters(m) WITH ORDINALITY AS p(name, e, standard_error, l, h, i) WHERE kind = 'bg_nbd' ORDER BY i}, [ .012557, .378224, .185734, .705414 ], 5e-5, 'standard errors of BG/NBD');
	near(q{SELECT standard_error FROM m, clv_parameters(m) WITH ORDINALITY AS p(name, e, standard_error, l, h, i) WHERE kind = 'pareto_nbd' ORDER BY i}, [ .047628, .842723, .187284, 6.2112 ], 5e-5, '... of Pareto/NBD');
	near(q{SELECT standard_error FROM m, clv_parameters(m) WITH ORDINALITY AS p(name, e, standard_error, l, h, i) WHERE kind = 'gamma_gamma' ORDER BY i}, [ 1.190095, .290139, 4.159565 ], 1e-4, '... of Gamma-Gamma');
	near(q{SELECT low, high FROM m, clv_parameters(m) WHERE kind = 'bg_nbd' AND parameter = 'r'}, [ .217981, .267205 ], 2e-5, 'the interval that lifetimes prints');
	near(q{SELECT log_likelihood FROM m, clv_summary(m) AS s ORDER BY m.kind}, [ -9582.429207, -4055.917695, -9582.135716, -9763.657615, -9594.976179 ], 1e-10, 'log-likelihoods');
	near(q{SELECT aic, bic FROM m, clv_summary(m) AS s WHERE m.kind <> 'gamma_gamma' ORDER BY m.kind}, [ 19172.858, 19195.919, 19172.271, 19195.332, 19531.315, 19542.846, 19197.952, 19221.013 ], 5e-8, 'AIC and BIC');
	is(answer(q{SELECT bool_and(converged), max(gradient) < 1e-9, count(warnings), max(iterations) < 200 FROM m, clv_summary(m)}), 't|t|0|t', '... all converged, without a warning');
	near(q{SELECT expected_purchases_new(m, t) FROM m, unnest('{1,3,31.857142857142858,32,52,78}'::float8[]) AS t WHERE kind = 'bg_nbd' ORDER BY t}, [ .0531843, .1506308, 1.0404891, 1.0437320, 1.4440124, 1.8579584 ], 1e-6, 'purchases of a new customer, BG/NBD');
	near(q{SELECT expected_purchases_new(m, t) FROM m, unnest('{1,39,52}'::float8[]) AS t WHERE kind = 'mbg_nbd' ORDER BY t}, [ .0530603, 1.1822798, 1.4188849 ], 1e-6, '... MBG/NBD');
	near(q{SELECT expected_purchases_new(m, 52) FROM m WHERE kind = 'pareto_nbd'}, [1.473434], 1e-6, '... Pareto/NBD');
	my $customer = sub { return "SELECT expected_purchases(m, h, '1997-09-30', 1), expected_purchases(m, h, '1997-09-30', 39), p_alive(m, h, '1997-09-30') FROM c, m WHERE kind = '$_[0]' AND id IN ('0001', '0002', '1516') ORDER BY id" };
	near($customer->('bg_nbd'), [ .03744619, 1.22599446, .72662031, .00606972, .20341885, .21239104, .71057376, 20.74890290, .96885444 ], 1e-6, 'customers 1, 2 and 1516, BG/NBD');
	near(q{SELECT expected_purchases(m, h, '1997-09-30', 39), p_alive(m, h, '1997-09-30') FROM c, m WHERE kind IN ('mbg_nbd', 'pareto_nbd') AND id = '0001' ORDER BY kind}, [ 1.2627589, .7061385, 1.4552017, .8691343 ], 1e-6, '... customer 1, MBG/NBD and Pareto/NBD');
	near(q{SELECT p_alive(m, 0, 0, 272 / 7.0), expected_purchases(m, 0, 0, 272 / 7.0, 39) FROM m WHERE kind IN ('bg_nbd', 'mbg_nbd', 'pareto_nbd') ORDER BY kind}, [ 1, .19479363, .3897230, .1539660, .2951126, .1070702 ], 1e-6, '... and one who was seen once');
	near(q{SELECT purchase_probability(m, h, '1997-09-30', 39, n) FROM c, m, generate_series(0, 5) AS n WHERE kind IN ('bg_nbd', 'mbg_nbd') AND id = '0001' ORDER BY kind, n},
		[ .44537205, .23933036, .14418249, .08084674, .04354217, .02286202, .44006025, .23422304, .14595888, .08384974, .04591406, .02436971 ], 1e-6, 'probabilities of 0 to 5 purchases of customer 1');
	near(q{SELECT sum(p_alive(m, h, '1997-09-30')) FROM c, m WHERE kind <> 'nbd' AND kind <> 'gamma_gamma' GROUP BY kind ORDER BY kind}, [ 1917.28, 1057.64, 1051.88 ], 1e-5, 'customers alive');
	near(q{SELECT customers, expected_customers FROM m, d, clv_histogram(m, d) WHERE kind = 'bg_nbd' ORDER BY x}, [ 1411, 1407.684, 439, 460.323, 214, 192.461, 100, 101.164, 62, 59.847, 38, 38.12, 29, 25.549, 64, 71.851 ], 1e-5, 'customers by purchases');
	near(q{SELECT expected_purchases FROM m, d, clv_tracking(m, d, 1, 25) WHERE kind = 'bg_nbd' AND step_number >= 20 ORDER BY step_number}, [ 76.865, 74.888, 73.046, 71.322, 69.704, 68.182 ], 1e-5, 'expected purchases of weeks 20 to 25');
	near(q{SELECT cumulative_purchases FROM m, d, clv_tracking(m, d, 1, 25) WHERE kind = 'bg_nbd' AND step_number IN (20, 25) ORDER BY 1}, [ 1312.458, 1669.6 ], 1e-5, '... and of all until then');
	near(q{SELECT count(*), avg(expected_purchases(m, h, '1997-09-30', 39)) FROM c, m WHERE kind = 'bg_nbd' GROUP BY least(repeat_frequency(h, '1997-09-30'), 7) ORDER BY least(repeat_frequency(h, '1997-09-30'), 7)},
		[ 1411, .2250893, 439, .5231364, 214, 1.044126, 100, 1.520256, 62, 2.163824, 38, 2.653789, 29, 3.503957, 64, 6.157036 ], 3e-5, 'the holdout by purchases, as with rounded parameters');

	near(q{SELECT expected_purchases(m, h, '1997-09-30', 52) FROM c, m WHERE kind IN ('bg_nbd', 'pareto_nbd') AND id = '1516' ORDER BY kind}, [ 25.757337, 25.45647 ], 1e-4, 'a year of the best customer, BG/NBD and Pareto/NBD, as with parameters of BTYD');
	near(q{SELECT p_alive(m, h, '1997-09-30') FROM c, m WHERE kind = 'pareto_nbd' AND id = '1516'}, [.997874], 1e-6, '... who is alive');
	near(q{SELECT expected_purchases_new(m, .1429) FROM m WHERE kind = 'bg_nbd'}, [.0078160], 1e-5, 'purchases of a new customer in a day');
	near(q{SELECT sum((customers - expected_customers) ^ 2 / expected_customers) FROM m, d, clv_histogram(m, d) WHERE kind = 'bg_nbd'}, [4.8211], 2e-5, 'chi-square of customers by purchases');
	near(q{SELECT clv_log_likelihood(clv_model('bg_nbd', '{.5,6,1.2,3.3}'), d) FROM d}, [-9783.444286], 1e-10, 'log-likelihood by parameters of BTYD');
	near(q{SELECT corr(repeat_frequency, repeat_spend) FROM c, repeat_summary(h, '1997-09-30') WHERE repeat_frequency > 0}, [0.113884], 5e-5, 'spend hardly depends on purchases');
	# the increasing-frequency paradox (BTYD): the more purchases, the sooner the long silence means that they are over
	for my $case ([ bg_nbd => .3474606, .04283391, .004158973, .0003583685 ], [ pareto_nbd => .7062289, .1442396, .02250658, .00309267 ])
	{
		my ($kind, @published) = @$case;
		near(qq{SELECT expected_purchases(m, x, 20, 39, 52) FROM m, unnest('{10,15,20,25}'::bigint[]) AS x WHERE kind = '$kind' ORDER BY x}, \@published, $kind eq 'bg_nbd' ? 2e-4 : 1e-3, "customers who stopped buying, $kind, as with rounded parameters");
	}

	# the holdout and the tracking of the papers, through 1998-06-30
	my $holdout = sub { return "SELECT $_[1] FROM (SELECT clv_holdout(m, h, '1997-09-30', '1998-06-30') AS g FROM c, m WHERE kind = '$_[0]') AS s, unnest(g) AS r WHERE r.x IS NOT NULL ORDER BY r.x" };
	near($holdout->('bg_nbd', 'customers, mean_actual'), [ 1411, .236712, 439, .697039, 214, 1.392523, 100, 1.56, 62, 2.532258, 38, 2.947368, 29, 3.862069, 64, 6.359375 ], 2e-6, 'holdout: what came, by purchases before');
	near($holdout->('bg_nbd', 'mean_predicted'), [ .2250893, .5231364, 1.044126, 1.520256, 2.163824, 2.653789, 3.503957, 6.157036 ], 3e-5, '... what BG/NBD expects');
	near($holdout->('pareto_nbd', 'mean_predicted'), [ .138, .600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403 ], 4e-3, '... what Pareto/NBD expects, to the digits of the paper');
	for my $kind (qw(bg_nbd mbg_nbd pareto_nbd nbd))
	{
		near("SELECT customers, predicted_purchases, actual_purchases, bias, mean_absolute_error, root_mean_square_error, correlation, left_out FROM (SELECT clv_holdout(m, h, '1997-09-30', '1998-06-30') AS g FROM c, m WHERE kind = '$kind') AS s, unnest(g) AS r ORDER BY r.x NULLS LAST OFFSET 8",
			[ split /\|/, answer("SELECT count(*), sum(p), sum(a), sum(p) / sum(a) - 1, avg(abs(p - a)), sqrt(avg((p - a) ^ 2)), corr(p, a), 0 FROM (SELECT holdout_frequency::float8 AS a, expected_purchases(m, repeat_frequency, last_repeat, customer_age, holdout_length) AS p
				FROM c, m, calibration_holdout(h, '1997-09-30', '1998-06-30') WHERE kind = '$kind') AS s") ], 1e-9, "... and its total by plain SQL, $kind");
	}
	is(answer(q{SELECT count(DISTINCT g::text) FROM (SELECT clv_holdout(m, h, '1997-09-30', '1998-06-30') AS g FROM c, m WHERE kind = 'mbg_nbd' UNION ALL
		SELECT clv_holdout(m, repeat_frequency, last_repeat, customer_age, holdout_frequency, holdout_length) FROM c, m, calibration_holdout(h, '1997-09-30', '1998-06-30') WHERE kind = 'mbg_nbd') AS s}), '1', '... the same of numbers');
	is(answer(q{SELECT string_agg(kind, ' ' ORDER BY log_likelihood DESC) FROM (SELECT m.kind, s.log_likelihood FROM m, clv_summary(m) AS s WHERE m.kind <> 'gamma_gamma') AS t}), 'mbg_nbd bg_nbd pareto_nbd nbd', 'kinds in order of their likelihood');
	my $tracking = sub { return "SELECT $_[0] FROM (SELECT clv_tracking(m, h, '1998-06-30', 7) AS w FROM c, m WHERE kind = 'bg_nbd') AS s, unnest(w) AS t" };
	near($tracking->('expected_purchases') . ' WHERE step_number BETWEEN 20 AND 25 ORDER BY step_number', [ 76.865, 74.888, 73.046, 71.322, 69.704, 68.182 ], 1e-5, 'tracking: expected in weeks 20 to 25');
	near($tracking->('cumulative_expected, cumulative_actual') . ' WHERE step_number IN (20, 25) ORDER BY step_number', [ 1312.458, 1359, 1669.6, 1672 ], 1e-5, '... and all until then, expected and actual');
	is(answer($tracking->('string_agg(step_number || \':\' || actual_purchases, \' \' ORDER BY step_number)')),
		answer(q{SELECT string_agg(w + 1 || ':' || coalesce(n, 0), ' ' ORDER BY w) FROM generate_series(0, (date '1998-06-30' - date '1997-01-01' + 1) / 7 - 1) AS w LEFT JOIN (SELECT (day - date '1997-01-01') / 7 AS w, count(*) AS n FROM
			(SELECT DISTINCT id, day, min(day) OVER (PARTITION BY id) AS first FROM cdnow) AS s WHERE day > first GROUP BY 1) AS t USING (w)}), '... actual of every week, by plain SQL');
	near(q{SELECT sum(customers), sum(customers * probability_alive), sum(customers * expected_purchases), max(x) FROM (SELECT clv_grid(m, h, '1997-09-30', 39, '{4,8,13,26,39}') AS g FROM c, m WHERE kind = 'mbg_nbd') AS s, unnest(g)},
		[ 2357, 1057.64, answer(q{SELECT sum(expected_purchases(m, h, '1997-09-30', 39)) FROM c, m WHERE kind = 'mbg_nbd'}), 7 ], 1e-5, 'chances by recency and frequency add up to all');
	near(q{SELECT probability_alive, customers FROM (SELECT clv_grid(m, h, '1997-09-30', 39, '{4,8,13,26,39}') AS g FROM c, m WHERE kind = 'mbg_nbd') AS s, unnest(g) WHERE x IN (1, 7) ORDER BY x, since_from},
		[ split /[|\n]/, answer(q{SELECT avg(p_alive(m, h, '1997-09-30')), count(*) FROM c, m, repeat_summary(h, '1997-09-30') AS s WHERE kind = 'mbg_nbd' AND (repeat_frequency = 1 OR repeat_frequency >= 7)
			GROUP BY least(repeat_frequency, 7), width_bucket(round((customer_age - last_repeat) * 7)::int, '{28,56,91,182,273}'::int[]) ORDER BY least(repeat_frequency, 7), width_bucket(round((customer_age - last_repeat) * 7)::int, '{28,56,91,182,273}'::int[])}) ], 1e-9, '... and in cells are what plain SQL says');

	# lifetimes has these data with two decimals; 12 months of 4.345 weeks at 1 % a month, and of 30 weeks, which it prints
	answer(q{CREATE TABLE rounded AS SELECT id, repeat_frequency AS x, round(last_repeat::numeric, 2)::float8 AS t_x, round(customer_age::numeric, 2)::float8 AS t, round(repeat_spend, 2) AS spend FROM c, repeat_summary(h, '1997-09-30');
		CREATE TABLE l AS SELECT k::text AS kind, clv_fit(clv_data(x, t_x, t), k, 'week') AS m FROM rounded, unnest('{bg_nbd,mbg_nbd}'::clv_kind[]) AS k GROUP BY k UNION ALL SELECT 'gamma_gamma', spend_fit(x, spend) FROM rounded});
	near(q{SELECT estimate FROM l, clv_parameters(m) WITH ORDINALITY AS p(name, estimate, e, low, h, i) ORDER BY kind, i}, [ .24259291, 4.41353156, .79288615, 2.42575344, 6.24880249, 3.74458845, 15.44774802, .52483798, 6.18299202, .89135616, 1.61399934 ], 2e-7, 'parameters of the data with two decimals');
	near(q{SELECT log_likelihood FROM l, clv_summary(m) AS s WHERE l.kind = 'bg_nbd'}, [-9582.425561], 1e-10, '... and their log-likelihood');
	my $value = sub { return "SELECT customer_lifetime_value(b.m, g.m, x, t_x, t, spend::float8, 12 * $_[0], 1.01 ^ (52.1775 / $_[0]) - 1, $_[0]) FROM rounded, l AS b, l AS g WHERE b.kind = 'bg_nbd' AND g.kind = 'gamma_gamma' ORDER BY id LIMIT 6" };
	near($value->('4.345'), [ 36.278496, 4.637467, 8.344093, 8.344093, 8.344093, 283.523572 ], 1e-5, 'value of a year');
	near($value->('30'), [ 140.096211, 18.943467, 38.180574, 38.180574, 38.180574, 1003.868107 ], 1e-5, '... and of what lifetimes calls so');

	# the leukaemia data are in sql/survival.sql; here: second purchases, by plain SQL
	near(q{SELECT survival, standard_error FROM (SELECT survival(coalesce(days_to_nth_purchase(h, 2), customer_age(h, '1998-06-30', 'day', 'day')), days_to_nth_purchase(h, 2) IS NOT NULL) AS s FROM c) AS t, survival_curve(s) WHERE duration IN (7, 90, 365) ORDER BY duration},
		[ map { split /\|/ } split /\n/, answer(q{WITH w AS (SELECT id, coalesce(min(day) FILTER (WHERE day > first) - first, date '1998-06-30' - first) AS t, bool_or(day > first) AS e FROM (SELECT id, day, min(day) OVER (PARTITION BY id) AS first FROM cdnow) AS s GROUP BY id, first),
			n AS (SELECT t, (SELECT count(*) FROM w AS v WHERE v.t >= w.t)::float8 AS n, count(*)::float8 AS d FROM w WHERE e GROUP BY t)
			SELECT exp(sum(ln(1 - d / n))), exp(sum(ln(1 - d / n))) * sqrt(sum(d / (n * (n - d)))) FROM n, unnest('{7,90,365}'::int[]) AS until WHERE t <= until GROUP BY until ORDER BY until}) ], 1e-10, 'Kaplan-Meier of second purchases');
}

# --- The donations of Fader, Hardie and Shang (BG/BB; more in sql/clv.sql), parameters that overflow elsewhere ---

near(q{WITH d(x, t_x, n) AS (VALUES (6, 6, 1203), (5, 6, 728), (4, 6, 512), (3, 6, 357), (2, 6, 234), (1, 6, 129), (5, 5, 335), (4, 5, 284), (3, 5, 225), (2, 5, 173), (1, 5, 119),
	(4, 4, 240), (3, 4, 181), (2, 4, 155), (1, 4, 78), (3, 3, 322), (2, 3, 255), (1, 3, 129), (2, 2, 613), (1, 2, 277), (1, 1, 1091), (0, 0, 3464))
	SELECT sum(n * expected_purchases(m, x, t_x, 6, 5)) FROM d, (SELECT clv_fit(clv_data(x, t_x, 6, n), 'bg_bb') AS m FROM d) AS f}, [12884.2], 1e-5, 'donations that are expected in five years');
is(answer(q{SELECT bool_and(a BETWEEN 0 AND 1 AND e BETWEEN 0 AND 1e6 AND l < 0) FROM clv_model('bg_nbd', '{.10,50.16,.40,.81}') AS m, (VALUES (0, 0, 1), (1, 300, 800), (5, 900, 1000)) AS v(x, t_x, t),
	LATERAL (SELECT p_alive(m, x, t_x, t) AS a, expected_purchases(m, x, t_x, t, 1000) AS e, clv_log_likelihood(m, format('1 transactions - - - - 0 {%s %s %s:1}', x, t_x, t)::clv_data) AS l) AS p}), 't', 'parameters that overflow in lifetimes (#332)');
is(answer(q{SELECT count(*) FROM unnest('{1e-30,1e30}'::float8[]) AS alpha, unnest('{1e-30,1e30}'::float8[]) AS beta WHERE p_alive(clv_model('pareto_nbd', ARRAY[1e-30, alpha, 1e-30, beta]), 0, 0, 0) = 1}), '4', 'nobody leaves in no time');

# --- Simulated shops: BG/NBD on the shop's own clock (docs/simulate.md), r 0.5, alpha 4, a 0.5, b 4.5; p 6, q 4, gamma 45 ---

my $shops = $ENV{PT_LONG} ? 20 : 2;
answer(q{
	CREATE TABLE clock AS SELECT d, sum(s) OVER (ORDER BY d) - s AS start, s FROM (SELECT d, round((1 + 0.2 * d / 365)::numeric, 3) * round((1 + 0.25 * cos(2 * pi() * (extract(doy FROM date '2024-01-01' + d) - 349) / 365))::numeric, 3)
		* ('{0.95,0.90,0.92,0.98,1.10,1.25,0.90}'::numeric[])[extract(isodow FROM date '2024-01-01' + d)::int] / 7 AS s FROM generate_series(0, 730) AS d) AS t;
	CREATE FUNCTION on_clock(at timestamp) RETURNS float8 LANGUAGE sql STABLE AS $$ SELECT start + s * extract(epoch FROM at::time) / 86400 FROM clock WHERE d = at::date - date '2024-01-01' $$});
my (@beyond, $z_count);
for my $seed (1 .. $shops)
{
	answer("DROP TABLE IF EXISTS shop; CREATE TABLE shop AS SELECT customer_id, order_id, on_clock(purchased_at) AS w, sum(quantity * unit_price) AS budget FROM simulate_purchases(2500, 730, $seed) WHERE amount >= 0 AND quantity > 0 GROUP BY customer_id, order_id, purchased_at;
		DROP TABLE IF EXISTS fitted; CREATE TABLE fitted AS SELECT clv_fit(n - 1, t_x, (SELECT start FROM clock WHERE d = 730) - w, 'bg_nbd') AS m FROM (SELECT customer_id, count(*) AS n, min(w) AS w, max(w) - min(w) AS t_x FROM shop GROUP BY 1) AS c");
	my @z = split /\n/, answer('SELECT ln(estimate / truth) * estimate / standard_error FROM fitted, clv_parameters(m) WITH ORDINALITY AS p(name, estimate, standard_error, l, h, i) JOIN unnest(ARRAY[0.5, 4, 0.5, 4.5]) WITH ORDINALITY AS t(truth, i) USING (i) WHERE (clv_summary(m)).converged ORDER BY i');
	is(scalar @z, 4, "shop $seed has converged");
	note "shop $seed: @z";
	$z_count += @z;
	push @beyond, grep { abs($_) > 3 } @z;
}
cmp_ok(scalar @beyond, '<=', 1 + $z_count / 50, "parameters of $shops shops within three standard errors");

# --- Plans, copies ---------------------------------------------------------------

answer(q{
	CREATE TABLE many AS SELECT g, CASE WHEN g % 3 = 0 THEN 0 ELSE g % 7 END AS x, g % 7919 % 300 / 7.0 AS age FROM generate_series(1, 60000) AS g;
	ALTER TABLE many ADD t_x float8; UPDATE many SET t_x = CASE WHEN x = 0 THEN 0 ELSE age * (g % 101 + 1) / 102 END; ANALYZE many});
for my $kind (qw(bg_nbd mbg_nbd pareto_nbd nbd))
{
	my $fit = "SELECT clv_fit(x, t_x, age, '$kind') FROM many";
	my $serial = answer("SET max_parallel_workers_per_gather = 0; $fit");
	my $parallel = 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;';
	like(answer("$parallel EXPLAIN $fit"), qr/Partial Aggregate/, "$kind: a plan with partial aggregates");
	is(answer("$parallel $fit"), $serial, '... with the same digits');
	is(answer("SELECT clv_fit(rollup(d), '$kind') FROM (SELECT clv_data(x, t_x, age) AS d FROM many GROUP BY g % 13) AS p"), $serial, '... as parts that are rolled up');
	is(answer("SELECT clv_fit(x, t_x, age, '$kind' ORDER BY hashint4(g)) FROM many"), $serial, '... and in another order');
}
for my $case ([ 'clv_holdout', "x, t_x, age, x % 3, 26" ], [ 'clv_grid', "x, t_x, age, 26, '{4,13,26}'::float8[]" ], [ 'clv_tracking', "('1 {' || date '2024-01-01' + g % 400 || ' 5, ' || date '2024-01-01' + g % 400 + g % 97 || ' 7}')::purchase_history, '2025-06-30', 7" ])
{
	my ($name, $arguments) = @$case;
	my $judge = "SELECT $name(clv_model('mbg_nbd', '{.525,6.183,.891,1.614}', 'week'), $arguments)::text FROM many";
	my $serial = answer("SET max_parallel_workers_per_gather = 0; $judge");
	my $parallel = 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;';
	like(answer("$parallel EXPLAIN $judge"), qr/Partial Aggregate/, "$name: a plan with partial aggregates");
	is(answer("$parallel $judge"), $serial, '... with the same digits');
	is(answer("SELECT $name(clv_model('mbg_nbd', '{.525,6.183,.891,1.614}', 'week'), $arguments ORDER BY hashint4(g))::text FROM many"), $serial, '... and in another order');
}
my $file = $node->basedir . '/clv.bin';
answer(q{CREATE TABLE stored AS SELECT g % 13 AS part, clv_data(x, t_x, age) AS d, clv_fit(x, t_x, age, 'mbg_nbd') AS m, survival(age, g % 2 = 0) AS s FROM many GROUP BY 1});
is(answer("COPY stored TO '$file' (FORMAT binary); CREATE TABLE copied (LIKE stored); COPY copied FROM '$file' (FORMAT binary); SELECT count(*) FROM stored AS a JOIN copied AS b USING (part) WHERE a.d::text = b.d::text AND a.m::text = b.m::text AND a.s::text = b.s::text"), '13', 'a binary copy is the same');
is(answer(q{SET datestyle = 'German'; SET extra_float_digits = -15; SELECT count(*) FROM stored WHERE clv_data_send(d::text::clv_data) = clv_data_send(d) AND clv_model_send(m::text::clv_model) = clv_model_send(m) AND survival_send(s::text::survival) = survival_send(s)}), '13', '... and the text, whatever the settings');
is(answer(q{SELECT count(DISTINCT l::text) FROM (SELECT log_rank(array_agg(s ORDER BY part)) AS l FROM stored UNION ALL SELECT log_rank(array_agg(s ORDER BY part)) FROM copied) AS t}), '1', '... and what is asked of it');

# --- Interrupts -------------------------------------------------------------------

SKIP:
{
	skip 'timings under a sanitizer say nothing', 1 if $ENV{PT_SANITIZE};
	answer(q{CREATE TABLE large AS SELECT clv_data(1 + g % 50, (1 + g % 50) * (g % 9973) / 9973.0, 60 + g % 101) AS d, spend_data(1 + g % 50, (g % 9973 + 1) / 7.0) AS spend, survival(g, g % 3 = 0) AS s FROM generate_series(1, 300000) AS g;
		CREATE TABLE discrete AS SELECT clv_data(g % 50, g % 50, 90000 + g) AS d FROM generate_series(1, 500) AS g});
	interrupted($node, '100ms', 5,
		'fit of Pareto/NBD' => q{SELECT clv_fit(d, 'pareto_nbd') FROM large},
		'fit of BG/NBD' => q{SELECT clv_fit(d, 'bg_nbd') FROM large, generate_series(1, 1000) AS g WHERE clv_fit(d, 'bg_nbd') IS NOT NULL},
		'fit of BG/BB' => q{SELECT clv_fit(d, 'bg_bb') FROM discrete},
		'fit of Gamma-Gamma' => q{SELECT clv_fit(spend, 'gamma_gamma') FROM large, generate_series(1, 1000) AS g WHERE clv_fit(spend, 'gamma_gamma') IS NOT NULL},
		'tracking' => q{SELECT count(*) FROM large, clv_tracking(clv_model('bg_nbd', '{30,4,.8,2.5}'), d, 0.01, 10000)},
		'histogram' => q{SELECT count(*) FROM large, clv_histogram(clv_model('pareto_nbd', '{.5,4,.8,2.5}'), d, 1000)},
		'probability of many' => q{SELECT purchase_probability(clv_model('pareto_nbd', '{.5,4,.8,2.5}'), 1, 1, 2, 1e6, 100000, true)},
		'holdout' => q{SELECT clv_holdout(clv_model('pareto_nbd', '{.5,4,.8,2.5}'), g % 50, g % 50, 60, 1, 52) FROM generate_series(1, 3000000) AS g},
		'grid' => q{SELECT clv_grid(clv_model('pareto_nbd', '{.5,4,.8,2.5}'), g % 50, g % 50, 60, 52, '{4,8}') FROM generate_series(1, 3000000) AS g},
		'tracking of histories' => q{SELECT clv_tracking(clv_model('pareto_nbd', '{.5,4,.8,2.5}', 'week'), h, '2400-01-01', 14) FROM (SELECT purchase_history(timestamp '1900-01-01' + g * interval '1 day', 1) AS h FROM generate_series(1, 180000) AS g) AS s, generate_series(1, 50)},
		'log-rank' => q{SELECT log_rank(array_fill(s, ARRAY[30])) FROM large});
}
$node->stop;
done_testing();
