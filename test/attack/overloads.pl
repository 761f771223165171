# Others may create functions and operators in the schema of the extension, and in
# one of the schemas of the caller's search_path: with argument types that are
# nearer to what a call of ours gives than those of the function that is meant.
# No call is captured: not in the bodies of functions, nor in what they make and run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Overloads;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('overloads');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->start;
$node->safe_psql('postgres', q{CREATE ROLE mallory LOGIN; CREATE ROLE keeper LOGIN; CREATE DATABASE installed; CREATE DATABASE shop});

# as superuser, or as a role
sub as
{
	my ($role, $sql) = @_;
	my ($code, $out, $err) = $node->psql('shop', "SET client_min_messages = error; SET search_path = keeper, open, ours; $sql",
		extra_params => [ '-U', $role ], on_error_stop => 1);
	is($err, '', substr($sql =~ s/\s+/ /gr, 0, 110));
	return $out;
}

my $member = q{d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'purchase_trends')};

$node->safe_psql('shop', q{
	CREATE SCHEMA ours;
	CREATE EXTENSION purchase_trends SCHEMA ours;
	CREATE SCHEMA open AUTHORIZATION mallory;
	GRANT USAGE ON SCHEMA ours, open TO PUBLIC;
	GRANT CREATE ON SCHEMA ours TO mallory;
	GRANT CREATE ON DATABASE shop TO keeper;
	CREATE SCHEMA keeper AUTHORIZATION keeper});

# --- bodies of functions -------------------------------------------------------------

# What the bodies of the extension call, by names of functions and operators: those in
# SQL are parsed anew, by a function with the same body, those in PL/pgSQL by plpgsql_check.
my $has_check = $node->safe_psql('shop', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'plpgsql_check'});
$node->safe_psql('shop', 'CREATE SCHEMA checks; CREATE EXTENSION plpgsql_check SCHEMA checks') if $has_check;

sub called
{
	return $node->safe_psql('shop', q{
		SET client_min_messages = error;
		CREATE SCHEMA probe;
		CREATE TABLE probe.failed (name text, error text);
		DO $do$
		DECLARE
			f record;
		BEGIN
			FOR f IN
				SELECT p.oid, p.proname, p.prosrc, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result
				FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid JOIN pg_language l ON l.oid = p.prolang
				WHERE } . $member . q{ AND l.lanname = 'sql' AND p.prosqlbody IS NULL
			LOOP
				BEGIN
					PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
					EXECUTE format(E'CREATE FUNCTION probe.%I(%s) RETURNS %s LANGUAGE sql BEGIN ATOMIC %s\n; END', f.proname || ' ' || f.oid, f.arguments, f.result,
						replace(f.prosrc, f.proname || '.', quote_ident(f.proname || ' ' || f.oid) || '.'));
				EXCEPTION WHEN OTHERS THEN
					INSERT INTO probe.failed VALUES (f.proname, SQLERRM);
				END;
			END LOOP;
		END $do$;
		SELECT 'failed', name, error FROM probe.failed
		UNION ALL
		SELECT DISTINCT 'sql', split_part(p.proname, ' ', 1), pg_describe_object(d.refclassid, d.refobjid, 0)
		FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
		WHERE p.pronamespace = 'probe'::regnamespace AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
		} . ($has_check ? q{
		UNION ALL
		SELECT DISTINCT 'plpgsql', p.proname, t.type || ' ' || CASE t.type WHEN 'FUNCTION' THEN t.oid::regprocedure::text ELSE t.oid::regoperator::text END
		FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid JOIN pg_language l ON l.oid = p.prolang
		CROSS JOIN LATERAL checks.plpgsql_show_dependency_tb(p.oid) t
		WHERE } . $member . q{ AND l.lanname = 'plpgsql' AND p.prorettype <> 'trigger'::regtype AND t.type IN ('FUNCTION', 'OPERATOR')} : '') . q{
		ORDER BY 1, 2, 3;
		DROP SCHEMA probe CASCADE});
}
my $before = called();
is(join("\n", grep { /^failed/ } split /\n/, $before), '', 'all bodies in SQL are parsed');
cmp_ok(scalar(() = $before =~ /^sql\|/mg), '>', 40, 'calls in bodies in SQL are seen');
SKIP:
{
	skip 'plpgsql_check is not installed', 1 unless $has_check;
	cmp_ok(scalar(() = $before =~ /^plpgsql\|.*ours\./mg), '>', 300, 'and in PL/pgSQL');
}

$node->safe_psql('shop', near_types());
my $made = $node->safe_psql('shop', 'SET ROLE mallory; ' . overloads_of_extension('ours'));
cmp_ok($made, '>', 1000, "$made overloads beside the functions of the extension");
my $after = called();
my %was = map { $_ => 1 } split /\n/, $before;
my %is = map { $_ => 1 } split /\n/, $after;
is(join("\n", sort grep { !$was{$_} } keys %is), '', 'no call in a body means another function with them');
is(join("\n", sort grep { !$is{$_} } keys %was), '', 'nor none');

# --- the install script, where they were first -----------------------------------------

# Those with types of PostgreSQL's own only: there are no others yet.
my $statements = $node->safe_psql('shop', q{
	SELECT format('CREATE FUNCTION ours.%I(%s) RETURNS text LANGUAGE plpgsql AS %L;', p.proname, attack.type_list(p.proargtypes::oid[]),
		'BEGIN RAISE EXCEPTION ''captured''; END')
	FROM pg_proc p
	WHERE p.pronamespace = 'ours'::regnamespace AND p.proowner = 'mallory'::regrole
		AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) AS a(type) WHERE a.type >= 16384)});
$node->safe_psql('installed', "CREATE SCHEMA ours; GRANT ALL ON SCHEMA ours TO mallory; SET ROLE mallory; $statements; RESET ROLE; CREATE EXTENSION purchase_trends SCHEMA ours");
is($node->safe_psql('installed', qq{
	SELECT pg_describe_object(x.classid, x.objid, 0), pg_describe_object(x.refclassid, x.refobjid, 0)
	FROM pg_depend x JOIN pg_depend d ON d.classid = x.classid AND d.objid = x.objid AND $member
	JOIN pg_proc p ON x.refclassid = 'pg_proc'::regclass AND p.oid = x.refobjid AND p.proowner = 'mallory'::regrole}),
	'', 'what the extension made in a schema that had them depends on none of them');

# --- what is made and run ---------------------------------------------------------------

$made = $node->safe_psql('shop', 'SET ROLE mallory; ' . overloads_of_catalog('open'));
cmp_ok((split /\n/, $made)[0], '>', 1000, "... and in a schema of the caller's search_path, beside those of PostgreSQL that are called");
cmp_ok((split /\n/, $made)[-1], '>', 2000, '... with operators');

as('keeper', q{
	CREATE DOMAIN keeper.moment AS timestamp;
	CREATE TABLE keeper.store AS SELECT c.* FROM generate_series(1, 300) AS i
		CROSS JOIN LATERAL (SELECT i OPERATOR(pg_catalog.%) 40 AS customer_id, i OPERATOR(pg_catalog./) 2 AS order_id, (i OPERATOR(pg_catalog.%) 17)::numeric(8,2) AS amount,
			(timestamp '2024-01-01' OPERATOR(pg_catalog.+) make_interval(hours => i))::keeper.moment AS purchased_at, i OPERATOR(pg_catalog.%) 3 AS quantity,
			1::numeric AS discount_amount, 'p'::text AS product, 'c'::text AS category, 'f'::text AS gender, i OPERATOR(pg_catalog.%) 40 AS age, 'l'::text AS location, 'M'::text AS size,
			'red'::varchar AS color, 'Spring'::text AS season, 4::numeric AS review_rating, 'yes'::text AS subscribed, 's'::text AS shipping_type,
			i OPERATOR(pg_catalog.%) 12 AS previous_purchases, 'card'::text AS payment_method, 'weekly'::text AS purchase_frequency, 1.5::real AS weight) AS c;
	INSERT INTO keeper.store (customer_id, amount, purchased_at) VALUES (7, 7, '1900-01-01');
	CREATE TABLE keeper.undated AS SELECT * FROM keeper.store;
	ALTER TABLE keeper.undated DROP COLUMN purchased_at;
	CREATE TABLE keeper.times AS SELECT customer_id, amount, purchased_at::timestamp AT TIME ZONE 'UTC' AS purchased_at, '12,5'::text AS price, '3/4/2024'::text AS day FROM keeper.store;
	CREATE INDEX ON keeper.store (customer_id)});
for ([ 'store', q{dimensions => '{weight,"heavy => weight"}'} ], [ 'undated', q{row_filter => 'customer_id IS NOT NULL'} ], [ 'times', q{time_zone => 'Europe/Berlin', age => NULL} ])
{
	my ($mart, $more) = @$_;
	as('keeper', "SELECT count(*) FROM create_mart('$mart', 'keeper.$mart', $more)");
	for my $mode (qw(live kept))
	{
		as('keeper', "SELECT ours.set_mart_mode('$mart'::text, '$mode'::text, NULL::text)");
		if ($mode eq 'kept')
		{
			as('keeper', "UPDATE keeper.$mart SET amount = 3::numeric WHERE customer_id = 1; INSERT INTO keeper.$mart (customer_id, amount) VALUES (99, 1::numeric), (NULL, 2::numeric)");
			as('keeper', "SELECT ours.verify_mart('$mart'::text); SELECT ours.refresh_mart('$mart'::text, false); SELECT ours.refresh_mart('$mart'::text, true)");
		}
		as('keeper', join '; ', map { "SELECT pg_catalog.count(v::text) FROM $mart.$_ v" }
			split /\n/, $node->safe_psql('shop', "SELECT relname FROM pg_class WHERE relnamespace = '$mart'::regnamespace AND relkind = 'v'"));
		as('keeper', qq{SELECT pg_catalog.count(ours.mart_dashboard('$mart'::text, '{}'::jsonb, p.page, NULL::jsonb)) FROM (SELECT DISTINCT page FROM ours.mart_page) p});
		as('keeper', qq{SELECT pg_catalog.count(ours.mart_dashboard('$mart'::text, '{}'::jsonb, p.page, '{"from": "2024-01-02", "to": "2024-01-04"}'::jsonb)) FROM (SELECT DISTINCT page FROM ours.mart_page) p}) if $mart ne 'undated';
	}
	as('keeper', "SELECT ours.upgrade_mart('$mart'::text); SELECT ours.grant_mart('$mart'::text, 'mallory'::text); SELECT ours.revoke_mart('$mart'::text, 'mallory'::text)");
	as('keeper', "SELECT ours.set_mart_as_of('$mart'::text, '2024-01-05'::timestamp)") if $mart ne 'undated';
	as('keeper', "SELECT count(*) FROM create_mart('$mart', 'keeper.$mart', replace => true)");
}
as('keeper', 'SELECT * FROM ours.mart_status(); SELECT * FROM ours.marts()');
# errors whose hints read the source
for my $role ([ 'amount', 'price' ], [ 'purchased_at', 'day' ], [ 'age', 'price' ])
{
	my ($code, $out, $err) = $node->psql('shop', "SET search_path = keeper, open, ours; SELECT create_mart('wrong', 'keeper.times', $role->[0] => '$role->[1]')", extra_params => [ '-U', 'keeper' ]);
	like($err, qr/HINT:.*parse_/, "the hint for $role->[0]");
}
as('keeper', "SELECT ours.drop_mart('$_'::text)") for qw(store undated times);
as('keeper', q{
	CREATE TABLE keeper.raw AS SELECT i::text AS "Customer ID", '4.50'::text AS "Amount (USD)", CASE WHEN i OPERATOR(pg_catalog.%) 3 = 0 THEN NULL ELSE '4.5'::text END AS rating,
		'2024-01-05'::text AS day, 'weekly'::text AS often, 1.0::numeric AS shop_id, ' x '::text AS note FROM generate_series(1, 50) i;
	SELECT count(*) FROM ours.prepare_purchases('keeper.raw', 'prepared', impute => '{"rating": "often"}', drop_redundant => true, drop_duplicates => true);
	SELECT count(*) FROM ours.prepare_purchases('keeper.raw', 'prepared', misfits => 'null', fold_labels => '{often}', replace => true);
	SELECT count(*) FROM ours.describe_table('keeper.prepared'::regclass);
	SELECT count(*) FROM ours.suggest_roles('keeper.prepared'::regclass, '{}'::jsonb);
	SELECT ours.create_raw_table('keeper.more'::text, 'a,b'::text, ','::text, 'keeper'::name)});

$node->stop;
is(join('', slurp_file($node->logfile) =~ /^.*LOG:  captured.*\n/mg), '', 'none of them was called, not even where an error is caught');
done_testing();
