# A mart of the undated shape, from a CSV file to the ten answers, as a user
# without superuser rights.  Every number is compared with one that is computed
# from the raw text, and with those that pandas and SQL gave for this file
# (workflow.md).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use BiContract;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = $ENV{PT_SOURCE} // "$FindBin::RealBin/../..";
my $data = $ENV{PT_DATA} // '';

my $node = PostgreSQL::Test::Cluster->new('mart');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->start;
$node->safe_psql('postgres', q{
	CREATE ROLE shop_owner LOGIN;
	CREATE ROLE reader LOGIN;
	CREATE DATABASE shop OWNER shop_owner;
	CREATE DATABASE restored OWNER shop_owner});

# the answer of the database owner, who is no superuser
sub answer
{
	my ($sql, $db) = @_;
	return $node->safe_psql($db // 'shop', $sql, extra_params => [ '-U', 'shop_owner' ]);
}

sub script
{
	my @command = @_;
	local %ENV = %ENV;
	@ENV{qw(PGHOST PGPORT PGUSER PGDATABASE)} = ($node->host, $node->port, 'shop_owner', 'shop');
	my ($out, $err);
	my $ok = IPC::Run::run([ @command ], '<', \undef, '>', \$out, '2>', \$err);
	return ($ok, $out, $err);
}

answer('CREATE EXTENSION purchase_trends');

# --- the real file ------------------------------------------------------------

my $csv = "$data/customer_shopping_behavior.csv";
if ($data ne '' && -r $csv)
{
	my ($ok, $out, $err) = script("$source/script/load", $csv, 'raw');
	ok($ok, 'script/load takes the file') or diag($err);
	answer(q{SELECT count(*) FROM prepare_purchases('raw', 'clean', impute => '{"review_rating": "category"}')});
	answer(q{SELECT count(*) FROM create_mart('shop', 'clean')});

	# The raw text again, read by nothing of ours.
	answer(q{
		CREATE VIEW plain AS
		SELECT "Customer ID"::int AS id, "Age"::int AS age, "Gender" AS gender, "Item Purchased" AS item,
			"Category" AS category, "Purchase Amount (USD)"::numeric AS amount,
			coalesce("Review Rating"::numeric, m.median) AS rating, "Subscription Status" AS subscription,
			"Shipping Type" AS shipping, "Discount Applied" AS discount, "Previous Purchases"::int AS previous,
			"Frequency of Purchases" AS frequency, "Season" AS season, "Location" AS location
		FROM raw
		JOIN (SELECT "Category" AS c, percentile_cont(0.5) WITHIN GROUP (ORDER BY "Review Rating"::numeric)::numeric AS median
			FROM raw GROUP BY 1) m ON m.c = raw."Category"});

	my @same = (
		[ 'customers, revenue, averages',
			q{SELECT customers, purchases, revenue, round(average_amount, 4), round(average_rating, 6), round(discount_share::numeric, 6), round(subscriber_share::numeric, 6) FROM shop.kpi_total},
			q{SELECT count(DISTINCT id), count(*), round(sum(amount), 2), round(avg(amount), 4), round(avg(rating), 6), round(avg((discount = 'Yes')::int), 6), round(avg((subscription = 'Yes')::int), 6) FROM plain},
			"3900|3900|233081.00|59.7644|3.750051|0.430000|0.270000" ],
		[ '1. revenue by gender',
			q{SELECT value, revenue FROM shop.breakdown WHERE dimension = 'gender' ORDER BY 1},
			q{SELECT gender, round(sum(amount), 2) FROM plain GROUP BY 1 ORDER BY 1},
			"Female|75191.00\nMale|157890.00" ],
		[ '2. discounted purchases of at least the average amount',
			q{SELECT count(*) FROM shop.fact_purchase WHERE discounted AND amount >= (SELECT avg(amount) FROM shop.fact_purchase)},
			q{SELECT count(*) FROM plain WHERE discount = 'Yes' AND amount >= (SELECT avg(amount) FROM plain)},
			'839' ],
		[ '3. the best rated products',
			q{SELECT product, round(average_rating, 2) FROM shop.dim_product ORDER BY average_rating DESC LIMIT 5},
			q{SELECT item, round(avg(rating), 2) FROM plain GROUP BY 1 ORDER BY avg(rating) DESC LIMIT 5},
			"Gloves|3.86\nSandals|3.84\nBoots|3.82\nHat|3.80\nSkirt|3.78" ],
		[ '4. shipping types',
			q{SELECT value, round(average_amount, 2) FROM shop.breakdown WHERE dimension = 'shipping_type' AND value IN ('Express', 'Standard') ORDER BY 1},
			q{SELECT shipping, round(avg(amount), 2) FROM plain WHERE shipping IN ('Express', 'Standard') GROUP BY 1 ORDER BY 1},
			"Express|60.48\nStandard|58.46" ],
		[ '5. subscribers',
			q{SELECT value, customers, round(average_amount, 2), revenue FROM shop.breakdown WHERE dimension = 'subscribed' ORDER BY 1 DESC},
			q{SELECT subscription, count(*), round(avg(amount), 2), round(sum(amount), 2) FROM plain GROUP BY 1 ORDER BY 1 DESC},
			"Yes|1053|59.49|62645.00\nNo|2847|59.87|170436.00" ],
		[ '6. discounted products',
			q{SELECT product, round(100 * discount_share::numeric, 2) FROM shop.dim_product ORDER BY discount_share DESC LIMIT 5},
			q{SELECT item, round(100.0 * count(*) FILTER (WHERE discount = 'Yes') / count(*), 2) FROM plain GROUP BY 1 ORDER BY 2 DESC LIMIT 5},
			"Hat|50.00\nSneakers|49.66\nCoat|49.07\nSweater|48.17\nPants|47.37" ],
		[ '7. loyalty tiers',
			q{SELECT loyalty_tier, customers, revenue FROM shop.segment_loyalty ORDER BY loyalty_tier_sort},
			q{SELECT CASE WHEN previous = 1 THEN 'New' WHEN previous <= 10 THEN 'Returning' ELSE 'Loyal' END, count(*), round(sum(amount), 2) FROM plain GROUP BY 1 ORDER BY min(previous)},
			"New|83|4853.00\nReturning|701|42711.00\nLoyal|3116|185517.00" ],
		[ '8. the three best of each category',
			q{SELECT category, product, purchases FROM shop.top_product WHERE product_rank <= 3 ORDER BY category, product_rank},
			q{SELECT category, item, n FROM (SELECT category, item, count(*) AS n, row_number() OVER (PARTITION BY category ORDER BY count(*) DESC, item) AS r FROM plain GROUP BY 1, 2) t WHERE r <= 3 ORDER BY category, r},
			join("\n", 'Accessories|Jewelry|171', 'Accessories|Belt|161', 'Accessories|Sunglasses|161', 'Clothing|Blouse|171',
				'Clothing|Pants|171', 'Clothing|Shirt|169', 'Footwear|Sandals|160', 'Footwear|Shoes|150', 'Footwear|Sneakers|145',
				'Outerwear|Jacket|163', 'Outerwear|Coat|161') ],
		[ '9. repeat buyers by subscription',
			q{SELECT subscribed_label, count(*) FROM shop.dim_customer WHERE previous_purchases > 5 GROUP BY 1 ORDER BY 1},
			q{SELECT subscription, count(*) FROM plain WHERE previous > 5 GROUP BY 1 ORDER BY 1},
			"No|2518\nYes|958" ],
		[ '10. revenue by age group',
			q{SELECT age_group, customers, revenue FROM shop.segment_age ORDER BY age_group_sort},
			q{SELECT (ARRAY['Young Adult', 'Adult', 'Middle-aged', 'Senior'])[g], count(*), round(sum(amount), 2)
				FROM (SELECT amount, CASE WHEN age <= q[1] THEN 1 WHEN age <= q[2] THEN 2 WHEN age <= q[3] THEN 3 ELSE 4 END AS g
					FROM plain, (SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY age) AS q FROM plain) edges) t
				GROUP BY g ORDER BY g},
			"Young Adult|1028|62143.00\nAdult|942|55978.00\nMiddle-aged|986|59197.00\nSenior|944|55763.00" ],
		[ 'edges of the age groups, kept in the settings',
			q{SELECT age_edges FROM shop.mart},
			q{SELECT percentile_cont(ARRAY[0, 0.25, 0.5, 0.75, 1]) WITHIN GROUP (ORDER BY age) FROM plain},
			'{18,31,44,57,70}' ],
		[ 'purchase frequencies',
			q{SELECT purchase_frequency_days, customers FROM shop.segment_frequency ORDER BY 1},
			q{SELECT CASE frequency WHEN 'Weekly' THEN 7 WHEN 'Fortnightly' THEN 14 WHEN 'Bi-Weekly' THEN 14 WHEN 'Monthly' THEN 30 WHEN 'Quarterly' THEN 90 WHEN 'Every 3 Months' THEN 90 WHEN 'Annually' THEN 365 END, count(*) FROM plain GROUP BY 1 ORDER BY 1},
			"7|539\n14|1089\n30|553\n90|1147\n365|572" ],
		[ 'every row of fact_purchase',
			q{SELECT md5(string_agg(concat_ws('|', customer_id, age, gender, product, category, amount::int, trim_scale(review_rating), subscribed_label, shipping_type, discounted_label, previous_purchases, season, location), ',' ORDER BY customer_id)) FROM shop.fact_purchase},
			q{SELECT md5(string_agg(concat_ws('|', id, age, gender, item, category, amount::int, trim_scale(rating), subscription, shipping, discount, previous, season, location), ',' ORDER BY id)) FROM plain},
			undef ]);
	for my $case (@same)
	{
		my ($name, $ours, $plain, $published) = @$case;
		my $got = answer($ours);
		is($got, answer($plain), "$name: as plain SQL over the raw text");
		is($got, $published, "$name: as published") if defined $published;
	}
	# --- what a discount does, against formulas in plain SQL and the published line
	is(answer(q{SELECT n_discounted, n_full, round(mean_discounted, 6), round(mean_full, 6), round(p_value::numeric, 6), rows_without_overlap FROM shop.discount_effect WHERE scope = 'overall'}),
		'1677|2223|59.279070|60.130454|0.266112|1248', 'discount: the published line');
	is(answer(q{SELECT round(e.statistic::numeric, 6), round(e.df::numeric, 6) FROM (SELECT (discount_effect(sales_stats(purchase_amount, discount_applied))).t AS statistic, (discount_effect(sales_stats(purchase_amount, discount_applied))).df AS df FROM clean) e}),
		'-1.112232|3619.413242', '... with its t and df');
	like(answer(q{SELECT verdict FROM shop.discount_effect WHERE scope = 'overall'}), qr/1248 of 3900 rows have no counterpart: no Female row has a counterpart/, '... and the rows that it cannot speak of');
	my $strata = q{(SELECT category, item, gender, season, count(*) FILTER (WHERE discount = 'Yes') AS n1, count(*) FILTER (WHERE discount = 'No') AS n0,
		avg(amount) FILTER (WHERE discount = 'Yes') AS m1, avg(amount) FILTER (WHERE discount = 'No') AS m0 FROM plain GROUP BY 1, 2, 3, 4) s};
	is(answer(q{SELECT scope_value, round(stratified_difference::numeric, 9), round(att::numeric, 9), round(ate::numeric, 9), strata_used, strata_without_overlap FROM shop.discount_effect WHERE scope = 'category' ORDER BY 1}),
		answer("SELECT category, round(sum((m1 - m0) * n1 * n0 / (n1 + n0)) / sum(n1 * n0::numeric / (n1 + n0)), 9),
			round(sum((m1 - m0) * n1) / sum(n1) FILTER (WHERE m1 IS NOT NULL AND m0 IS NOT NULL), 9), round(sum((m1 - m0) * (n1 + n0)) / sum(n1 + n0) FILTER (WHERE m1 IS NOT NULL AND m0 IS NOT NULL), 9),
			count(*) FILTER (WHERE n1 > 0 AND n0 > 0), count(*) FILTER (WHERE n1 = 0 OR n0 = 0) FROM $strata GROUP BY 1 ORDER BY 1"),
		'... stratified, as plain SQL has it');
	is(answer(q{SELECT round(f_statistic::numeric, 9), df_between, df_within, highest_value, lowest_value FROM shop.group_comparison WHERE dimension = 'season'}),
		answer(q{SELECT round(((sum(n * (m - g) ^ 2) / (count(*) - 1)) / (sum((n - 1) * v) / (sum(n) - count(*))))::numeric, 9), count(*) - 1, sum(n) - count(*), (array_agg(season ORDER BY m DESC))[1], (array_agg(season ORDER BY m))[1]
			FROM (SELECT season, count(*) AS n, avg(amount) AS m, var_samp(amount) AS v, (SELECT avg(amount) FROM plain) AS g FROM plain GROUP BY 1) s}),
		'analysis of variance: as plain SQL has it');
	is(answer(q{SELECT dimension, round(p_adjusted::numeric, 12) FROM shop.group_comparison ORDER BY 1}),
		answer(q{SELECT dimension, round(min(least(1, p_value * n / place)) OVER (ORDER BY p_value DESC)::numeric, 12) FROM (SELECT dimension, p_value, count(*) OVER () AS n, row_number() OVER (ORDER BY p_value) AS place FROM shop.group_comparison) x ORDER BY 1}),
		'... its p-values adjusted as Benjamini and Hochberg say');
	is(answer(q{SELECT round(100 * subscribers_value::numeric, 2), round(100 * others_value::numeric, 2), n_subscribers, n_others FROM shop.subscription_comparison WHERE question = 'repeat buyers'}), '27.56|22.41|3476|424', 'repeat buyers by subscription');
	is(answer(q{SELECT round(mean::numeric, 2), round(other_mean::numeric, 2) FROM shop.shipping_comparison WHERE shipping_type = 'Express' AND other_shipping_type = 'Standard'}), '60.48|58.46', 'Express against Standard');
	is(answer(q{SELECT count(*) FROM (
			SELECT dimension FROM shop.breakdown GROUP BY dimension
			HAVING sum(purchases) <> 3900 OR sum(revenue) <> 233081 OR abs(sum(revenue_share) - 1) > 1e-9) d}),
		'0', 'the values of each dimension add up to the whole');
	is(answer('SELECT count(DISTINCT dimension) FROM shop.breakdown'), '13', '... of 13 dimensions');
	like(answer(q{SELECT string_agg(consequence, ' ') FROM shop.data_quality WHERE subject IN ('cohort_retention', 'customer_id')}),
		qr/one row per customer.*purchased_at/, 'data_quality says what this file cannot answer');

	# --- the cookbook: every block runs, the questions have the answers
	my $cookbook = slurp_file("$source/docs/cookbook.md");
	my @blocks = $cookbook =~ /^```sql\n(.*?)^```$/msg;
	cmp_ok(scalar @blocks, '>=', 11, 'the cookbook has its recipes');
	like(shift @blocks, qr/^CREATE TABLE raw_purchases AS SELECT \* FROM simulate_customers/m, 'the cookbook simulates its table; here it is the file');
	answer(q{SELECT drop_mart('shop'); DROP TABLE clean, clean_reject; ALTER TABLE raw RENAME TO raw_purchases});
	my @answers = map { answer($_) } @blocks;
	is($answers[1], "Female|75191.00|32.3\nMale|157890.00|67.7", 'cookbook 1');
	like($answers[2], qr/^839\|839\|/, 'cookbook 2');
	like($answers[3], qr/^Gloves\|3\.86\|\d+\nSandals\|3\.84.*Skirt\|3\.78/s, 'cookbook 3');
	like($answers[4], qr/^Express\|60\.48\|\d+\nStandard\|58\.46/, 'cookbook 4');
	is($answers[5], "Yes|1053|59.49|62645.00\nNo|2847|59.87|170436.00", 'cookbook 5');
	like($answers[6], qr/^Hat\|50\.00\|\d+\nSneakers\|49\.66.*Pants\|47\.37/s, 'cookbook 6');
	is($answers[7], "New|83|4853.00\nReturning|701|42711.00\nLoyal|3116|185517.00", 'cookbook 7');
	is(scalar(split /\n/, $answers[8]), 11, 'cookbook 8');
	is($answers[9], "more than 5|3476|958|27.56\nup to 5|424|95|22.41", 'cookbook 9');
	like($answers[10], qr/^Young Adult\|18\|31\|1028\|62143\.00/, 'cookbook 10');
	for my $i (12 .. $#answers)
	{
		isnt($answers[$i], '', "cookbook: dated block $i has an answer");
	}
	is(answer(q{SELECT sum(revenue) FROM store.kpi_month}), answer('SELECT sum(amount) FROM store_lines'), '... and the money of all months is that of the raw rows');

	check_bi_contract($node, 'shop', 'shop');
	check_keys($node, 'shop', 'shop');
}
else
{
	note('skipped: customer_shopping_behavior.csv is not here (PT_DATA)');
	answer(q{CREATE TABLE clean_purchases AS SELECT * FROM simulate_customers(500, 3);
		SELECT count(*) FROM create_mart('shop', 'clean_purchases')});
}

# --- other sources --------------------------------------------------------------

answer(q{
	CREATE TABLE simulated AS SELECT * FROM simulate_customers(2000, 5);
	SELECT count(*) FROM create_mart('simulated', 'simulated', dimensions => '{"channel => CASE WHEN customer_id % 3 = 0 THEN ''web'' ELSE ''shop'' END"}');
	CREATE TABLE nothing AS SELECT * FROM simulate_customers(0);
	SELECT count(*) FROM create_mart('nothing', 'nothing');
	CREATE TABLE bare (customer_id uuid, amount float8);
	INSERT INTO bare SELECT md5((i % 70)::text)::uuid, i * 0.125 - 1 FROM generate_series(0, 99) i;
	INSERT INTO bare VALUES (NULL, 5), (md5('x')::uuid, NULL), (NULL, NULL);
	SELECT count(*) FROM create_mart('bare', 'bare')});
for my $mart (qw(simulated nothing bare))
{
	check_reads($node, 'shop', $mart);
	check_bi_contract($node, 'shop', $mart);
	check_keys($node, 'shop', $mart);
}
is(answer(q{SELECT count(*), sum(purchases), sum(revenue) = (SELECT round(sum(purchase_amount), 2) FROM simulated) FROM simulated.breakdown WHERE dimension = 'channel'}),
	'2|2000|t', 'a further dimension by an expression');
is(answer('SELECT customers, purchases, revenue, average_amount FROM nothing.kpi_total'), '0|0|0.00|', 'a mart of no rows');
is(answer('SELECT customers, purchases, revenue FROM bare.kpi_total'),
	answer('SELECT count(DISTINCT customer_id), count(*) FILTER (WHERE amount >= 0 OR amount IS NULL), round(sum(amount::numeric), 3) FROM bare'),
	'a mart of customer and amount only; amounts keep their decimals');

# --- rights ---------------------------------------------------------------------

my ($code, $out, $err) = $node->psql('shop', q{SELECT create_mart('mine', 'simulated')}, extra_params => [ '-U', 'reader', '-v', 'VERBOSITY=verbose' ]);
like($err, qr/ERROR:  42501: .*\n(DETAIL|HINT)/, 'no mart without the right to make a schema');
$node->safe_psql('shop', 'GRANT CREATE ON DATABASE shop TO reader');
($code, $out, $err) = $node->psql('shop', q{SELECT create_mart('mine', 'simulated')}, extra_params => [ '-U', 'reader', '-v', 'VERBOSITY=verbose' ]);
like($err, qr/ERROR:  42501: .*simulated/, 'no mart of a table that one may not read');
like($err, qr/HINT:.*GRANT/, '... and what would help');
is($node->safe_psql('shop', q{SELECT count(*) FROM pg_namespace WHERE nspname = 'mine'}), '0', '... and nothing is left');
answer('GRANT SELECT ON simulated TO reader');
is($node->safe_psql('shop', q{SELECT count(*) > 10 FROM create_mart('mine', 'simulated')}, extra_params => [ '-U', 'reader' ]), 't', 'with these rights a mart is made');
($code, $out, $err) = $node->psql('shop', q{SELECT drop_mart('mine')}, extra_params => [ '-U', 'shop_owner', '-v', 'VERBOSITY=verbose' ]);
like($err, qr/ERROR:  42501/, 'one cannot drop the mart of another');
$node->safe_psql('shop', q{SELECT drop_mart('mine')}, extra_params => [ '-U', 'reader' ]);

# --- a mart is an ordinary part of the database -----------------------------------

my $probe = q{SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM simulated.%s t};
my @views = split /\n/, answer(q{SELECT relname FROM pg_class WHERE relnamespace = 'simulated'::regnamespace AND relkind = 'v' ORDER BY 1});
my %before = map { $_ => answer(sprintf $probe, $_) } @views;
my $dump = $node->basedir . '/shop.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('shop') ], 'pg_dump with marts');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('restored'), $dump ], 'pg_restore of it');
my @differ = grep { answer(sprintf($probe, $_), 'restored') ne $before{$_} } @views;
is("@differ", '', 'every view says the same after dump and restore');
is(answer(q{SELECT array_agg(mart ORDER BY mart) @> '{bare,nothing,shop,simulated}' FROM marts()}, 'restored'), 't', 'the marts are known there');
is(answer(q{SELECT drop_mart('simulated'); SELECT count(*) FROM marts() WHERE mart = 'simulated'}, 'restored'), "\n0", '... and can be dropped');

answer('ALTER SCHEMA simulated RENAME TO renamed');
is(answer('SELECT customers FROM renamed.kpi_total'), '2000', 'a renamed mart goes on');
is(answer(q{SELECT drop_mart('renamed'); SELECT count(*) FROM pg_namespace WHERE nspname = 'renamed'}), "\n0", '... and can be dropped');

($code, $out, $err) = $node->psql('shop', 'DROP EXTENSION purchase_trends', extra_params => [ '-U', 'shop_owner' ]);
like($err, qr/cannot drop extension purchase_trends because other objects depend on it\nDETAIL:.*view (shop|bare|nothing)\./s,
	'DROP EXTENSION refuses while there are marts, and says which');

$node->stop;
done_testing();
