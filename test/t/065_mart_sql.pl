# Every view of a mart, and every figure of its dashboard under random filters, against plain SQL over the raw
# rows (test/oracle/mart, which bench/mart measures too), on marts of three kinds: dated, undated, and one whose
# source is as awkward as they come.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# figures, which the sanitizers do not change; they would take a quarter of an hour
plan skip_all => 'sanitizers' if $ENV{PT_SANITIZE};

my $oracle = ($ENV{PT_SOURCE} // "$FindBin::RealBin/../..") . '/test/oracle/mart';
my $filter_sets = $ENV{MART_FILTER_SETS} // 20;

# An order id under two customers is two orders, and a row without an order id is an order of its own.
my $same_ids = 0;	# XXX 1 with the relation customer: until then views count such orders once

my $node = PostgreSQL::Test::Cluster->new('mart_sql');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', 'jit = off');
$node->start;

my $session = '';	# what each answer begins with

sub answer
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $session . $sql);
}

answer('CREATE EXTENSION purchase_trends; SET check_function_bodies = off; ' . join '', map { slurp_file("$oracle/$_.sql") } qw(plain dashboard));

# --- The marts ------------------------------------------------------------------

# hash values, so that the rows are the same everywhere
answer(qq{
	CREATE FUNCTION r(i int, k int) RETURNS int LANGUAGE sql IMMUTABLE AS
		\$\$ SELECT (('x' || left(md5(i || ' ' || k), 7))::bit(28)::int) % 100 \$\$;
	CREATE TABLE dated_source AS SELECT * FROM simulate_purchases(400, 500, 11);
	SELECT count(*) FROM create_mart('dated', 'dated_source', dimensions => '{channel}');

	CREATE TABLE undated_source AS SELECT *, CASE WHEN customer_id % 40 > 0 THEN customer_id % 900 END AS buyer FROM simulate_customers(1500, 5);
	SELECT count(*) FROM create_mart('undated', 'undated_source', customer_id => 'buyer');

	CREATE TABLE awkward_source AS
	SELECT CASE WHEN r(o, 1) >= 5 THEN 'c' || r(o, 2) * r(o, 3) % 150 END AS cust,	-- each order of one customer, or of none
		o AS inv,
		CASE WHEN r(i, 4) >= 2 THEN date_trunc('second', timestamp '2022-11-20' + r(o / 7, 5) * r(o, 6) * interval '0.05 days' + r(o / 7, 7) * interval '3 hours')
			+ CASE WHEN r(i, 8) < 20 THEN r(i, 9) * interval '11 hours' ELSE '0' END	-- several times in an order
		END AS sold,
		CASE WHEN r(i, 10) >= 4 THEN (r(i, 11) - 12) * 1.25 END AS price,
		CASE WHEN r(i, 12) >= 30 THEN (r(i, 13) % 9 + 2) / 2.0 END AS stars,
		(ARRAY['yes', 'no', 'no', 'perhaps', NULL])[r(i, 14) % 5 + 1] AS member,	-- differs in a customer, and is unread
		(ARRAY['Y', 'N', 'N', 'N', '?', NULL])[r(i, 15) % 6 + 1] AS offer,
		(ARRAY['Female', 'Male', NULL, 'it''s "x", \\'])[CASE WHEN r(i, 16) < 10 THEN r(i, 17) ELSE r(o, 2) END % 4 + 1] AS gender,
		CASE WHEN r(i, 18) >= 5 THEN r(o, 19) % 60 + 15 + r(i, 20) / 90 END AS age,
		(ARRAY['Winter', 'Summer', 'Fall', 'Spring', NULL])[r(i, 21) % 5 + 1] AS season,
		(ARRAY['tea', 'cake', 'jam', NULL])[r(i, 22) % 4 + 1] AS item,
		(ARRAY['drink', 'food', NULL])[r(i, 23) % 3 + 1] AS kind,
		(ARRAY['north', 'south', '<b>&', ''])[r(i, 24) % 4 + 1] AS branch,
		r(i, 25) % 4 AS pieces
	FROM (SELECT i, i / 3 * 7 + r(i, 26) / 70 AS o FROM generate_series(1, 2500) AS i) AS g;
	INSERT INTO awkward_source SELECT * FROM awkward_source WHERE inv % 50 = 0;	-- duplicates
	UPDATE awkward_source SET sold = date_trunc('day', sold) WHERE inv % 3 = 0;	-- several orders at one time
	SELECT count(*) FROM create_mart('awkward', 'awkward_source', customer_id => 'cust', order_id => 'inv', purchased_at => 'sold', amount => 'price',
		review_rating => 'stars', subscribed => 'member', discounted => 'offer', product => 'item', category => 'kind', quantity => 'pieces',
		age_edges => '{0,29,49,120}', age_labels => '{young,middle,old}', dimensions => '{branch}')});
if ($same_ids)
{
	answer(q{UPDATE awkward_source SET inv = CASE WHEN r(inv, 30) < 10 THEN NULL ELSE inv % 800 END WHERE r(inv, 31) < 40});
}
answer('ANALYZE');

# The relations that the questions read, in a schema for each mart; %s is a condition.
my $flag = q{CASE WHEN %1$s THEN 'Yes' WHEN NOT %1$s THEN 'No' END};
my %relations = (
	dated => {
		source_row => q{SELECT order_id AS order_no, purchased_at AS ordered_at, order_id, customer_id, purchased_at, amount, quantity, discount_amount,
			product, category, gender, age, location, channel, discounted FROM dated_source},
		ages => 'SELECT DISTINCT customer_id, age FROM dated_source',
		dimensions => [qw(gender age_group category location discounted channel)],
		as_of => [ undef, '2024-11-03 12:00', ],
	},
	undated => {
		source_row => q{SELECT row_number() OVER () AS order_no, buyer AS customer_id, purchase_amount AS amount, item_purchased AS product, category, gender, age, location, size, color, season, review_rating,
			CASE subscription_status WHEN 'Yes' THEN true WHEN 'No' THEN false END AS subscribed, shipping_type, CASE discount_applied WHEN 'Yes' THEN true WHEN 'No' THEN false END AS discounted,
			previous_purchases, payment_method,
			CASE frequency_of_purchases WHEN 'Weekly' THEN 7 WHEN 'Fortnightly' THEN 14 WHEN 'Bi-Weekly' THEN 14 WHEN 'Monthly' THEN 30 WHEN 'Quarterly' THEN 90 WHEN 'Every 3 Months' THEN 90 WHEN 'Annually' THEN 365 END AS purchase_frequency_days
			FROM undated_source},
		ages => 'SELECT DISTINCT buyer, age FROM undated_source',
		dimensions => [qw(gender age_group category season location size color subscribed discounted loyalty_tier purchase_frequency shipping_type payment_method)],
		as_of => [undef],
	},
	awkward => {
		source_row => q{SELECT CASE WHEN inv IS NULL THEN -row_number() OVER () ELSE dense_rank() OVER (ORDER BY cust, inv) END AS order_no, inv AS order_id, cust AS customer_id, sold AS purchased_at,
			price AS amount, pieces AS quantity, item AS product, kind AS category, gender, age, season, stars AS review_rating,
			CASE member WHEN 'yes' THEN true WHEN 'no' THEN false END AS subscribed, CASE offer WHEN 'Y' THEN true WHEN 'N' THEN false END AS discounted, branch
			FROM awkward_source},
		dimensions => [qw(gender age_group category season subscribed discounted branch)],
		as_of => [ undef, '2023-03-10 17:00' ],
	});
my %expression = (
	subscribed => [ sprintf($flag, 'subscribed') ],
	discounted => [ sprintf($flag, 'discounted') ],
	season => [ 'season', q{CASE season WHEN 'Spring' THEN 1 WHEN 'Summer' THEN 2 WHEN 'Fall' THEN 3 WHEN 'Winter' THEN 4 END} ],
	size => [ 'size', q{CASE size WHEN 'XXS' THEN 1 WHEN 'XS' THEN 2 WHEN 'S' THEN 3 WHEN 'M' THEN 4 WHEN 'L' THEN 5 WHEN 'XL' THEN 6 WHEN 'XXL' THEN 7 WHEN 'XXXL' THEN 8 END} ],
	loyalty_tier => [ q{CASE WHEN previous_purchases >= 11 THEN 'Loyal' WHEN previous_purchases >= 2 THEN 'Returning' WHEN previous_purchases >= 0 THEN 'New' END},
		q{CASE WHEN previous_purchases >= 11 THEN 3 WHEN previous_purchases >= 2 THEN 2 WHEN previous_purchases >= 0 THEN 1 END} ],
	purchase_frequency => [ q{CASE purchase_frequency_days WHEN 7 THEN 'Weekly' WHEN 14 THEN 'Fortnightly' WHEN 30 THEN 'Monthly' WHEN 90 THEN 'Quarterly' WHEN 365 THEN 'Annually' END}, 'purchase_frequency_days' ]);

sub age_group
{
	my ($ages) = @_;
	return [ q{CASE WHEN age < 0 OR age > 120 THEN NULL WHEN age <= 29 THEN 'young' WHEN age <= 49 THEN 'middle' WHEN age > 49 THEN 'old' END},
		'CASE WHEN age < 0 OR age > 120 THEN NULL WHEN age <= 29 THEN 1 WHEN age <= 49 THEN 2 WHEN age > 49 THEN 3 END' ]
		if !$ages;
	my @edges = split /,/, answer("SELECT array_to_string(percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY age), ',') FROM ($ages) a");
	my $case = sub { my @names = @_; return 'CASE ' . join('', map { "WHEN age <= $edges[$_] THEN $names[$_] " } 0 .. 2) . "WHEN age IS NOT NULL THEN $names[3] END" };
	return [ $case->(q{'Young Adult'}, q{'Adult'}, q{'Middle-aged'}, q{'Senior'}), $case->(1 .. 4) ];
}

sub make_relations
{
	my ($mart, $as_of) = @_;
	my $of = $relations{$mart};
	my $dated = $of->{source_row} =~ /purchased_at/;
	my $condition = $dated ? 'purchased_at IS NOT NULL' . ($as_of ? " AND purchased_at <= '$as_of'" : '') : 'true';
	# lines of one order have the first of their times, those with an amount below zero apart
	my $times = $dated ? 'min(purchased_at) FILTER (WHERE amount IS NOT NULL) OVER (PARTITION BY order_no, amount < 0) AS ordered_at, ' : '';
	my $rows = $of->{source_row} =~ s/purchased_at AS ordered_at, //r;
	answer(qq{
		DROP SCHEMA IF EXISTS plain_$mart CASCADE;
		CREATE SCHEMA plain_$mart;
		SET search_path = plain_$mart, public;
		CREATE TABLE source_row AS $rows;
		CREATE TABLE raw AS SELECT $times* FROM source_row WHERE $condition;
		CREATE TABLE dimension (place integer, dimension text, value text, value_sort text)}
		. ($dated ? qq{;
		CREATE TABLE moment AS SELECT as_of, CASE WHEN (SELECT bool_and(purchased_at = purchased_at::date) FROM source_row) THEN as_of::date + interval '1 day' ELSE date_trunc('second', as_of) + interval '1 second' END AS as_of_end
		FROM (SELECT coalesce(} . ($as_of ? "'$as_of'" : 'NULL') . q{::timestamp, max(purchased_at)) AS as_of FROM raw) AS m} : ''));
	my $place = 0;
	for my $dimension (@{ $of->{dimensions} })
	{
		my ($value, $sort) = @{ $dimension eq 'age_group' ? age_group($of->{ages}) : $expression{$dimension} // [$dimension] };
		$sort //= 'NULL::smallint';
		answer("INSERT INTO plain_$mart.dimension VALUES (" . $place++ . ", \$v\$$dimension\$v\$, \$v\$$value\$v\$, \$v\$$sort\$v\$)");
	}
	$session = "SET client_min_messages = warning; SET search_path = plain_$mart, public, $mart; ";
	return;
}

# --- Views ------------------------------------------------------------------------

my $json = JSON::PP->new->canonical->allow_nonref;
my %asked;

sub check_views
{
	my ($mart, $when) = @_;
	my %has = map { $_ => 1 } split /\n/, answer(q{SELECT attname FROM pg_attribute WHERE attrelid = 'raw'::regclass AND attnum > 0});
	my %there = map { $_ => 1 } split /\n/, answer("SELECT relname FROM pg_class WHERE relnamespace = '$mart'::regnamespace");
	my (@views, $sql);
	for my $file (map { s{.*/}{}r } sort glob "$oracle/*.sql")
	{
		next if $file =~ /^(plain|dashboard)\.sql$|\.duckdb\.sql$/;
		my $text = slurp_file("$oracle/$file");
		my %header = $text =~ /^-- (view|needs|unless|key|ours): *(.*)$/mg;
		my $view = $header{view};
		next if !$there{$view} || grep { !$has{$_} } split /, */, $header{needs} // '';
		next if grep { $has{$_} } split /, */, $header{unless} // '';
		my $ours = $header{ours} // "SELECT * FROM $mart.$view";
		my $key = defined $header{key} ? "'$header{key}'" : 'NULL';
		$sql .= "SELECT '$view: ' || difference FROM plain.differences(\$q\$$ours\$q\$, plain.question(\$q\$$text\$q\$), $key);\n";
		push @views, $view;
	}
	my $differ = answer($sql);
	for my $view (@views)
	{
		is(join("\n", grep { /^\Q$view\E: / } split /\n/, $differ), '', "$mart$when: $view");
		$asked{$mart}{$view} = 1;
	}
	return;
}

# --- The dashboard ------------------------------------------------------------------

sub random_filters
{
	my ($mart, $n) = @_;
	my %values;
	for my $dimension (@{ $relations{$mart}{dimensions} })
	{
		my $value = answer("SELECT value FROM dimension WHERE dimension = '$dimension'");
		$values{$dimension} = $json->decode(answer("SELECT jsonb_agg(v) FROM (SELECT DISTINCT ($value)::text AS v FROM raw ORDER BY 1) AS d"));
	}
	my @sets = ({});
	while (@sets < $n)
	{
		my %filters;
		for my $dimension (@{ $relations{$mart}{dimensions} })
		{
			next if rand() > 2.5 / @{ $relations{$mart}{dimensions} };
			my @of = @{ $values{$dimension} };
			$filters{$dimension} = [ grep { rand() < 0.5 } @of ];
			push @{ $filters{$dimension} }, 'nobody has it' if rand() < 0.1;
		}
		push @sets, \%filters;
	}
	return @sets;
}

sub check_dashboard
{
	my ($mart, $when, $n) = @_;
	my $unit = $json->decode(answer("SELECT coalesce(mart_dashboard('$mart') #> '{trend,unit}', 'null')"));
	$unit = defined $unit ? "'$unit'" : 'NULL';
	my @filters = map { $json->encode($_) } random_filters($mart, $n);
	my %differ = map { my ($place, $places, $difference) = split /\|/, $_, 3; $place => [ $places, $difference ] } split /\n/, answer(join '',
		map { "SELECT $_, d.* FROM plain.dashboard_differences(mart_dashboard('$mart', \$f\$$filters[$_]\$f\$), plain.dashboard(\$f\$$filters[$_]\$f\$, $unit, 'age_group', 'category')) AS d;\n" } 0 .. $#filters);
	for my $i (0 .. $#filters)
	{
		is($differ{$i}[1], '', "$mart$when: all $differ{$i}[0] places under $filters[$i]");
	}
	return;
}

srand(10);
for my $mart (qw(dated undated awkward))
{
	for my $as_of (@{ $relations{$mart}{as_of} })
	{
		my $when = $as_of ? " as of $as_of" : '';
		$session = '';
		answer("SELECT set_mart_as_of('$mart', '$as_of')") if $as_of;
		make_relations($mart, $as_of);
		check_views($mart, $when);
		is(answer("SELECT count(*) > 0, count(*) FILTER (WHERE d IS DISTINCT FROM s) FROM $mart.dim_customer d FULL JOIN $mart.scored_customer s ON coalesce(s.customer_id::text, '') = coalesce(d.customer_id::text, '')"), 't|0',
			"$mart$when: scored_customer is dim_customer");
		check_dashboard($mart, $when, $as_of ? 2 : $filter_sets);
	}
	# the types of our own are seen through the views that read them
	# and 067_mart_trends.pl asks those of trends and baskets
	my @views = split /\n/, answer("SELECT relname FROM pg_class WHERE relnamespace = '$mart'::regnamespace AND relkind = 'v' AND relname !~ '^kept' AND relname NOT IN ('rfm_basis', 'cohort_basis', 'mart_basis', 'unread_value', 'source_row', 'customer', 'scored_customer') ORDER BY 1");
	my %elsewhere = map { $_ => 1 } qw(series_basis revenue_forecast revenue_anomaly season_index product_trend kpi_period revenue_change_period basket_rule product_affinity next_product cohort_acquisition margin_period margin_breakdown acquisition_payback contact_list model_quality model_tracking model_grid time_to_second_order);
	is(join(' ', grep { !$asked{$mart}{$_} && !$elsewhere{$_} } @views), $mart eq 'undated' ? 'sales_stratum' : '', "$mart: every view was asked");
}

# A difference is seen.
$session .= "SET search_path = plain_awkward, public, awkward; ";
like(answer(q{SELECT * FROM plain.differences('SELECT 1 AS k, 2.0::float8 AS x, NULL::int AS y', 'SELECT 1 AS k, 2.0000001::float8 AS x, 3 AS y', 'k')}), qr/^1: x 2, plain SQL has 2.0000001; y , plain SQL has 3$/, 'a difference is seen');
like(answer(q{SELECT * FROM plain.differences('SELECT 1 AS x UNION ALL SELECT 1', 'SELECT 1 AS x UNION ALL SELECT 2', NULL)}), qr/ours only.*plain only/s, '... and one between bags of rows');
like(answer(q{SELECT difference FROM plain.dashboard_differences(mart_dashboard('awkward', '{"gender": ["Male"]}'), plain.dashboard('{"gender": ["Female"]}', 'month', 'age_group', 'category'))}), qr/kpi/, '... and one in a dashboard');

$node->stop;
done_testing();
