# The lifetime models of marts, and the views that ask them: against plain SQL over the raw rows (x, t_x, T, what came after, curves of
# Kaplan and Meier by products), live and kept; marts that tell too little; staleness, rights, what is left by DROP EXTENSION.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'figures, which the sanitizers do not change' if $ENV{PT_SANITIZE};

my $node = PostgreSQL::Test::Cluster->new('mart_fit');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nlisten_addresses = ''\nclient_min_messages = warning\n");
$node->start;
sub answer { return $node->safe_psql('postgres', $_[0]) }

# rows of which nothing differs by more than a part in 10^9; numbers and texts are columns of their own
sub same
{
	my ($what, $key, $columns, $given, $wanted) = @_;
	my $apart = join ' OR ', map { /^(.*):text$/ ? "g.$1 IS DISTINCT FROM w.$1" : "(g.$_ IS NULL) <> (w.$_ IS NULL) OR abs(g.${_}::float8 - w.${_}::float8) > 1e-9 * greatest(1, abs(w.${_}::float8))" } @$columns;
	my ($both, $join) = ("WITH g AS ($given), w AS ($wanted)", "FROM g FULL JOIN w USING ($key)");
	my ($rows, $differ) = split /\|/, answer("$both SELECT (SELECT count(*) FROM w), count(*) FILTER (WHERE g IS NULL OR w IS NULL OR $apart) $join");
	ok($rows > 0 && $differ == 0, "$what ($rows rows)")
		or diag(answer("$both SELECT g, w $join WHERE g IS NULL OR w IS NULL OR $apart LIMIT 5"));
	return;
}

sub fails
{
	my ($what, $sql, $state) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	like($err, qr/ERROR:  $state/, $what);
	return;
}

answer(q{
	CREATE EXTENSION purchase_trends;
	CREATE TABLE sales AS SELECT s.customer_id, s.order_id, s.purchased_at, s.amount, s.category, s.channel FROM simulate_purchases(900, 700, 21) s;
	UPDATE sales SET customer_id = NULL WHERE order_id % 89 = 0;
	UPDATE sales SET amount = -amount WHERE order_id % 53 = 0;
	UPDATE sales SET category = NULL WHERE order_id % 41 = 0;
	SELECT count(*) FROM create_mart('live', 'sales', mode => 'live', dimensions => '{channel}');
	SELECT count(*) FROM create_mart('kept', 'sales', mode => 'kept', dimensions => '{channel}')});

is(answer(q{SELECT count(*), count(probability_alive), count(expected_spend) FROM live.dim_customer}), answer(q{SELECT count(DISTINCT customer_id), 0, 0 FROM sales}), 'no chances before a model');
is(answer(q{SELECT repeat_group, customers, reason FROM live.model_quality}), 'all|0|there is no model yet: fit_mart() fits one', 'and model_quality says so');
is(answer(q{SELECT count(*) FROM live.model_tracking}), '0', 'nothing is tracked');
is(answer(q{SELECT count(*) FROM live.contact_list WHERE NOT late OR value_at_stake IS NOT NULL}), '0', 'whoever is late is on the list');
is(answer(q{SELECT count(*) FROM live.contact_list}), answer(q{SELECT count(*) FROM live.dim_customer WHERE late AND customer_id IS NOT NULL}), 'all of them');

# what is pending in a kept mart is fitted too
answer(q{INSERT INTO sales SELECT 5000 + s.customer_id, 900000 + s.order_id, s.purchased_at, s.amount, s.category, s.channel FROM simulate_purchases(20, 700, 22) s WHERE purchased_at <= (SELECT max(purchased_at) FROM sales)});
is(answer(q{SELECT kind, converged, reason IS NULL, customers, repeat_customers FROM fit_mart('live')}),
	answer(q{SELECT 'mbg_nbd', true, true, count(*), count(*) FILTER (WHERE days > 1) FROM (SELECT customer_id, count(DISTINCT purchased_at::date) AS days FROM sales WHERE amount >= 0 AND customer_id IS NOT NULL GROUP BY 1) c}), 'fit_mart tells what it did');
answer(q{SELECT fit_mart('kept')});
is(answer(q{SELECT string_agg(model, ',' ORDER BY model_name) = (SELECT string_agg(model, ',' ORDER BY model_name) FROM live.fitted_model), count(*) FROM kept.fitted_model}), 't|3', 'live and kept have the same models');

# x, t_x and T by hand: days with a purchase, in weeks
answer(q{
	CREATE VIEW moment AS SELECT max(purchased_at) AS as_of FROM sales;
	CREATE VIEW split AS SELECT (f + (as_of - f) * 2 / 3)::date AS day FROM moment, (SELECT min(purchased_at) AS f FROM sales WHERE amount >= 0 AND customer_id IS NOT NULL) x;
	CREATE VIEW bought AS SELECT DISTINCT customer_id, purchased_at::date AS day FROM sales WHERE amount >= 0 AND customer_id IS NOT NULL;
	CREATE VIEW spent AS
		SELECT customer_id, count(*) - 1 AS x, sum(amount) FILTER (WHERE place > 1) / nullif(count(*) - 1, 0) AS m
		FROM (SELECT customer_id, purchased_at::date, sum(amount) AS amount, row_number() OVER (PARTITION BY customer_id ORDER BY purchased_at::date) AS place
			FROM sales WHERE amount >= 0 AND customer_id IS NOT NULL GROUP BY 1, 2) d GROUP BY 1;
	CREATE VIEW seen AS SELECT customer_id, count(*) - 1 AS x, (max(day) - min(day)) / 7.0::float8 AS t_x, (as_of::date - min(day)) / 7.0::float8 AS t FROM bought, moment GROUP BY 1, as_of;
	CREATE VIEW seen_before AS SELECT customer_id, count(*) FILTER (WHERE bought.day < split.day) - 1 AS x, (max(bought.day) FILTER (WHERE bought.day < split.day) - min(bought.day)) / 7.0::float8 AS t_x,
		(split.day - 1 - min(bought.day)) / 7.0::float8 AS t, count(*) FILTER (WHERE bought.day >= split.day) AS later
		FROM bought, split GROUP BY 1, split.day HAVING min(bought.day) < split.day});
for my $mart (qw(live kept))
{
	my $model = "(SELECT model::clv_model FROM $mart.fitted_model WHERE model_name = 'purchases')";
	my $before = "(SELECT model::clv_model FROM $mart.fitted_model WHERE model_name = 'purchases before')";
	my $spend = "(SELECT model::clv_model FROM $mart.fitted_model WHERE model_name = 'spend')";
	same("$mart: the model is that of x, t_x and T by hand", 'parameter', [ 'estimate', 'standard_error' ],
		"SELECT parameter, estimate, standard_error FROM clv_parameters($model)", "SELECT p.parameter, p.estimate, p.standard_error FROM (SELECT clv_fit(x, t_x, t, 'mbg_nbd') AS m FROM seen) f, clv_parameters(f.m) p");
	same("$mart: that of the first two thirds too", 'parameter', ['estimate'],
		"SELECT parameter, estimate FROM clv_parameters($before)", "SELECT p.parameter, p.estimate FROM (SELECT clv_fit(x, t_x, t, 'mbg_nbd') AS m FROM seen_before) f, clv_parameters(f.m) p");
	same("$mart: chances and expected purchases", 'customer_id', [ 'a', 'e90', 'e365' ],
		"SELECT customer_id, probability_alive AS a, expected_purchases_90_days AS e90, expected_purchases_365_days AS e365 FROM $mart.dim_customer WHERE purchases > 0 AND customer_id IS NOT NULL",
		"SELECT customer_id, p_alive(m, x, t_x, t) AS a, expected_purchases(m, x, t_x, t, 90 / 7.0) AS e90, expected_purchases(m, x, t_x, t, 365 / 7.0) AS e365 FROM seen, (SELECT $model AS m) f");
	# returns of a day are in its history, so means of spend are compared for who gave nothing back
	same("$mart: expected spend", 'customer_id', [ 's', 'v' ],
		"SELECT customer_id, expected_spend AS s, lifetime_value_365_days AS v FROM $mart.dim_customer WHERE purchases > 0 AND returns = 0 AND customer_id IS NOT NULL",
		"SELECT customer_id, round(expected_spend(p, spent.x, m::float8)::numeric, 2) AS s, round((expected_purchases(f.m1, seen.x, t_x, t, 365 / 7.0) * expected_spend(p, spent.x, m::float8))::numeric, 2) AS v
		FROM seen JOIN spent USING (customer_id), (SELECT $spend AS p, $model AS m1) f WHERE NOT EXISTS (SELECT FROM sales r WHERE r.customer_id = seen.customer_id AND r.amount < 0)");
	same("$mart: predicted against actual", 'repeat_group', [ 'customers', 'actual_purchases', 'bias_in', 'mae_in', 'rmse_in', 'corr_in' ],
		"SELECT repeat_group, customers, actual_purchases, round(bias::numeric, 5) AS bias_in, round(mean_absolute_error::numeric, 5) AS mae_in, round(root_mean_square_error::numeric, 4) AS rmse_in, round(correlation::numeric, 4) AS corr_in FROM $mart.model_quality",
		"SELECT coalesce(CASE least(x, 7) WHEN 7 THEN '7 or more' ELSE least(x, 7)::text END, 'all') AS repeat_group, count(*) AS customers, sum(later) AS actual_purchases, round((sum(e) / nullif(sum(later), 0) - 1)::numeric, 5) AS bias_in,
			round(avg(abs(e - later))::numeric, 5) AS mae_in, round(sqrt(avg((e - later) ^ 2))::numeric, 4) AS rmse_in, round(corr(e, later)::numeric, 4) AS corr_in
		FROM (SELECT x, later::float8, expected_purchases(m, x, t_x, t, (SELECT (as_of::date - (day - 1)) / 7.0 FROM split, moment)::float8) AS e FROM seen_before, (SELECT $before AS m) f) p
		GROUP BY GROUPING SETS ((), (least(x, 7)))");
	same("$mart: chances by recency and frequency", 'cell', [ 'customers', 'alive', 'expected' ],
		"SELECT repeat_group || ' | ' || recency_group || ' | ' || recency_group_sort AS cell, customers, round(probability_alive::numeric, 8) AS alive, round(expected_purchases_90_days::numeric, 8) AS expected FROM $mart.model_grid",
		"SELECT CASE WHEN x > 6 THEN '7 or more' ELSE x::text END || ' | ' || (ARRAY['0 to 29', '30 to 59', '60 to 89', '90 to 119', '120 to 179', '180 to 269', '270 to 364', '365 to 544', '545 to 729', '730 or more'])[b + 1] || ' | ' || b + 1 AS cell, count(*) AS customers,
			round(avg(a)::numeric, 8) AS alive, round(avg(e)::numeric, 8) AS expected
		FROM (SELECT least(x, 7) AS x, width_bucket(round((t - t_x) * 7)::int, '{30,60,90,120,180,270,365,545,730}'::int[]) AS b, p_alive(m, x, t_x, t) AS a, expected_purchases(m, x, t_x, t, 90 / 7.0) AS e FROM seen, (SELECT $model AS m) f) c GROUP BY x, b");
	same("$mart: weeks", 'week_start', [ 'actual_purchases', 'cumulative_actual', 'holdout_label:text' ],
		"SELECT week_start, actual_purchases, cumulative_actual, holdout_label FROM $mart.model_tracking",
		"SELECT week_start, coalesce(n, 0) AS actual_purchases, sum(coalesce(n, 0)) OVER (ORDER BY week_start) AS cumulative_actual, CASE WHEN week_start >= day THEN 'Yes' ELSE 'No' END AS holdout_label
		FROM split, generate_series(0, (SELECT (as_of::date - (SELECT min(day) FROM bought) + 1) / 7 - 1 FROM moment)) AS w(week) CROSS JOIN LATERAL (SELECT min(day) + 7 * w.week AS week_start FROM bought) s
		LEFT JOIN (SELECT (day - (SELECT min(day) FROM bought)) / 7 AS week, count(*) AS n FROM (SELECT day, row_number() OVER (PARTITION BY customer_id ORDER BY day) AS place FROM bought) r WHERE place > 1 GROUP BY 1) c USING (week)");
	is(answer("SELECT count(*) FROM $mart.model_tracking t JOIN $mart.model_tracking u ON u.week_start = t.week_start - 7 WHERE abs(t.cumulative_expected - u.cumulative_expected - t.expected_purchases) > 1e-6 OR t.expected_purchases < 0"), '0', "$mart: expected purchases add up");
	ok(answer("SELECT abs(max(cumulative_expected) FILTER (WHERE NOT holdout) / max(cumulative_actual) FILTER (WHERE NOT holdout) - 1) < 0.1 FROM $mart.model_tracking") eq 't', "$mart: and are what there was, in the time that was fitted");
	# Kaplan and Meier by products over the different durations
	same("$mart: time to the second order", 'group_value', [ 'customers', 'second_orders', 's30', 's365', 'median' ],
		"SELECT group_name || coalesce(': ' || group_value, '') AS group_value, customers, second_orders, share_30_days AS s30, share_365_days AS s365, median_days AS median FROM $mart.time_to_second_order",
		"WITH o AS (SELECT customer_id, order_id, min(purchased_at)::date AS day, row_number() OVER (PARTITION BY customer_id ORDER BY min(purchased_at)) AS place FROM sales WHERE amount >= 0 AND customer_id IS NOT NULL GROUP BY 1, 2),
		l AS (SELECT s.* FROM sales s JOIN o USING (customer_id, order_id) WHERE s.amount >= 0 AND o.place = 1),
		f AS (SELECT customer_id, (array_agg(category ORDER BY amount DESC) FILTER (WHERE category IS NOT NULL))[1] AS category, (array_agg(channel ORDER BY amount DESC) FILTER (WHERE channel IS NOT NULL))[1] AS channel FROM l GROUP BY 1),
		c AS (SELECT customer_id, min(day) AS first, coalesce(min(day) FILTER (WHERE place = 2), as_of::date) - min(day) AS days, count(*) > 1 AS again FROM o, moment GROUP BY 1, as_of),
		g AS (SELECT v AS group_value, days, again FROM c JOIN f USING (customer_id) CROSS JOIN LATERAL (VALUES ('all: all'), ('first month: ' || to_char(first, 'YYYY-MM')), ('category' || coalesce(': ' || category, '')), ('channel' || coalesce(': ' || channel, ''))) AS x(v)),
		d AS (SELECT group_value, days, count(*) FILTER (WHERE again) AS events, sum(count(*)) OVER (PARTITION BY group_value ORDER BY days DESC) AS at_risk FROM g GROUP BY 1, 2),
		s AS (SELECT group_value, days, exp(sum(CASE WHEN events < at_risk THEN ln(1 - events::float8 / at_risk::float8) ELSE -200 END) OVER (PARTITION BY group_value ORDER BY days)) AS survival, at_risk = events AND at_risk > 0 AS ended,
			max(days) OVER (PARTITION BY group_value) AS longest FROM d)
		SELECT group_value, (SELECT count(*) FROM g WHERE g.group_value = s.group_value) AS customers, (SELECT count(*) FROM g WHERE g.group_value = s.group_value AND again) AS second_orders,
			CASE WHEN longest >= 30 OR bool_or(ended) THEN 1 - coalesce((array_agg(survival ORDER BY days DESC) FILTER (WHERE days <= 30))[1], 1) END AS s30,
			CASE WHEN longest >= 365 OR bool_or(ended) THEN 1 - coalesce((array_agg(survival ORDER BY days DESC) FILTER (WHERE days <= 365))[1], 1) END AS s365,
			min(days) FILTER (WHERE survival <= 0.5 + 1e-12) AS median
		FROM s GROUP BY group_value, longest");
	same("$mart: whom to contact", 'customer_id', [ 'value_at_stake', 'reason:text' ],
		"SELECT customer_id, value_at_stake, (late AND reason LIKE 'bought about every %')::text || (probability_alive < 0.5 AND reason LIKE '%probably gone (%') AS reason FROM $mart.contact_list",
		"SELECT customer_id, round((lifetime_value_365_days::float8 * (1 - probability_alive) / probability_alive)::numeric, 2) AS value_at_stake, coalesce(late, false)::text || (probability_alive < 0.5) AS reason
		FROM $mart.dim_customer WHERE customer_id IS NOT NULL AND purchases > 0 AND probability_alive >= 0.05 AND (late OR probability_alive <= 0.5)");
}
isnt(answer(q{SELECT count(*) FROM live.contact_list WHERE reason LIKE '%best tenth%' AND reason LIKE '%probably gone%'}), '0', 'reasons in words');

# the mart moves on
answer(q{INSERT INTO sales SELECT 1, 999999, max(purchased_at) + interval '10 days', 5, NULL, NULL FROM sales});
is(answer(q{SELECT DISTINCT round(days_behind::numeric, 3) FROM kept.model_quality}), '10.000', 'how stale a model is');
is(answer(q{SELECT customers FROM fit_mart('kept', 'pareto_nbd')}), answer(q{SELECT count(*) FROM seen}), 'another kind');
is(answer(q{SELECT DISTINCT kind, days_behind FROM kept.model_quality}), 'pareto_nbd|0', '... takes its place');

# too little
answer(q{
	CREATE TABLE few AS SELECT * FROM sales WHERE customer_id <= 100;
	CREATE TABLE once AS SELECT DISTINCT ON (customer_id) * FROM sales WHERE amount >= 0 AND customer_id IS NOT NULL ORDER BY customer_id, purchased_at;
	CREATE TABLE one_day AS SELECT customer_id, order_id, timestamp '2024-05-05 10:00' AS purchased_at, amount FROM sales WHERE customer_id IS NOT NULL;
	CREATE TABLE none AS SELECT * FROM sales LIMIT 0;
	CREATE TABLE returns AS SELECT customer_id, order_id, purchased_at, -abs(amount) AS amount FROM sales;
	SELECT count(*) FROM (VALUES ('few'), ('once'), ('one_day'), ('none'), ('returns')) v(t), create_mart('of_' || t, t::regclass)});
for my $case ([ 'few', qr/there are \d+ customers with a purchase, and models need 200/ ], [ 'once', qr/no customer has bought on two days/ ], [ 'one_day', qr/no customer has bought on two days/ ],
	[ 'none', qr/there are 0 customers/ ], [ 'returns', qr/there are 0 customers/ ])
{
	my ($mart, $reason) = ("of_$case->[0]", $case->[1]);
	like(answer("SELECT reason FROM fit_mart('$mart')"), $reason, "$mart: fit_mart says why there is no model");
	like(answer("SELECT consequence FROM $mart.data_quality WHERE check_name = 'model cannot be fitted' AND subject = 'purchases'"), $reason, '... data_quality too');
	like(answer("SELECT reason FROM $mart.model_quality"), $reason, '... and model_quality');
	is(answer("SELECT count(*) FROM $mart.dim_customer WHERE probability_alive IS NOT NULL OR expected_purchases_90_days IS NOT NULL OR lifetime_value_365_days IS NOT NULL"), '0', '... and there are no chances');
	answer("TABLE $mart.contact_list; TABLE $mart.model_tracking; TABLE $mart.model_grid; TABLE $mart.time_to_second_order");
}

# the value of the first order, by hand
is(answer(q{SELECT first_order_value(lines, 1, NULL), first_order_value(lines, 2, NULL), first_order_value(NULL, 1, NULL), first_order_value(lines, NULL, NULL) FROM
	(SELECT purchase_lines(o, t, a, NULL, NULL, NULL, NULL, ARRAY[x, y], NULL) AS lines FROM (VALUES (1::bigint, timestamp '2024-01-01', -5.00, 'back', 'z'), (2, '2024-01-02', 5, 'small', NULL), (2, '2024-01-02', 7, 'large', NULL),
		(3, '2024-01-03', 9, 'later', 'z')) v(o, t, a, x, y)) l}), 'large|||', 'of its largest line; returns are none');
fails("dimension $_", "SELECT first_order_value(lines, $_, NULL) FROM kept.customer", '22023') for -1, 0, 99;
fails('codes that are not there', 'SELECT count(first_order_value(lines, 1, NULL)) FROM kept.customer', '22023');

# errors, rights, what stays
answer(q{CREATE TABLE undated AS SELECT customer_id, amount FROM sales; SELECT count(*) FROM create_mart('undated', 'undated'); CREATE ROLE reader LOGIN; CREATE ROLE other LOGIN; SELECT grant_mart('live', 'reader')});
fails('a mart without times', "SELECT fit_mart('undated')", '55000');
is(answer(q{SELECT to_regclass('undated.fitted_model') IS NULL}), 't', '... has no table of models');
fails('a kind for other data', "SELECT fit_mart('live', 'sbg')", '22023');
fails('a NULL kind', "SELECT fit_mart('live', NULL)", '22004');
fails('no such mart', "SELECT fit_mart('nothing')", '3F000');
fails('a NULL mart', "SELECT fit_mart(NULL)", '22004');
fails('without rights', "SET ROLE other; SELECT fit_mart('live')", '42501');
fails('a reader may not fit', "SET ROLE reader; SELECT fit_mart('live')", '42501');
is(answer(q{SET ROLE reader; SELECT count(*) > 0, count(probability_alive) > 0 FROM live.dim_customer}), 't|t', 'but he sees the chances');
my $models = answer(q{SELECT md5(string_agg(model, ',' ORDER BY model_name)) FROM live.fitted_model});
answer(q{SELECT upgrade_mart('live')});
is(answer(q{SELECT md5(string_agg(model, ',' ORDER BY model_name)) FROM live.fitted_model}), $models, 'upgrade_mart keeps the models');
is(answer(q{SET ROLE reader; SELECT count(*) FROM live.fitted_model}), '3', '... and the rights');
answer(q{DROP EXTENSION purchase_trends CASCADE; CREATE EXTENSION purchase_trends; SELECT upgrade_mart('live')});
is(answer(q{SELECT count(probability_alive) > 0 FROM live.dim_customer}), 't', 'models outlive the extension');
answer(q{UPDATE live.fitted_model SET model = 'nonsense' WHERE model_name = 'purchases'});
fails('text that is no model is refused', 'SELECT sum(probability_alive) FROM live.dim_customer', '22P02');
answer(q{SELECT fit_mart('live'); SELECT drop_mart('live')});
is(answer(q{SELECT count(*) FROM pg_namespace WHERE nspname = 'live'}), '0', 'drop_mart drops them');

$node->stop;
done_testing();
