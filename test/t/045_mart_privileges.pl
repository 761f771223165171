# Marts among roles that do not trust one another: what an administrator runs on
# somebody's mart runs with the rights of that somebody, whatever he has put
# into it; and overloads beside our functions capture no call of ours.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Overloads;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('privileges');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->start;
$node->safe_psql('postgres', q{
	CREATE ROLE mallory LOGIN;
	CREATE ROLE reader LOGIN;
	CREATE ROLE admin LOGIN CREATEROLE;
	CREATE DATABASE shop;
	GRANT CREATE ON DATABASE shop TO mallory});
# the schema of the extension is open to all, as public was for long
$node->safe_psql('shop', q{
	CREATE EXTENSION purchase_trends;
	GRANT CREATE ON SCHEMA public TO PUBLIC});

# the standard output, and the error, of a role
sub as
{
	my ($role, $sql) = @_;
	my ($code, $out, $err) = $node->psql('shop', $sql, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
	# create_mart says that the schema is open to all
	$err =~ s/^[^\n]*WARNING:  01000: everybody may create.*?\nLOCATION: [^\n]*\n?//msg;
	# ... and what it takes for what
	$err =~ s/^[^\n]*NOTICE:  00000: mart ".*?\nLOCATION: [^\n]*\n?//msg;
	return wantarray ? ($out, $err) : "$out$err";
}

sub ok_as
{
	my ($role, $sql, $what) = @_;
	my ($out, $err) = as($role, $sql);
	is($err // '', '', $what // $sql);
	return $out;
}

# Whoever runs this as a superuser has lost.
$node->safe_psql('shop', q{CREATE TABLE caught (who text, how text); GRANT INSERT, SELECT ON caught TO PUBLIC});
ok_as('mallory', q{
	CREATE SCHEMA mallory;
	GRANT USAGE ON SCHEMA mallory TO PUBLIC;
	CREATE FUNCTION mallory.strike(how text) RETURNS boolean LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO public.caught VALUES (current_user, how);
		IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
			EXECUTE 'ALTER ROLE mallory SUPERUSER';
		END IF;
		-- out of the restricted operation, and back to whoever called
		BEGIN
			EXECUTE 'RESET ROLE';
			EXECUTE 'RESET SESSION AUTHORIZATION';
			EXECUTE 'ALTER ROLE mallory SUPERUSER';
		EXCEPTION WHEN insufficient_privilege THEN
			NULL;
		END;
		RETURN true;
	END $$;
	CREATE FUNCTION mallory.strike_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM mallory.strike('trigger');
		RETURN NEW;
	END $$;
	CREATE TABLE mallory.sales AS
	SELECT i AS customer_id, i::numeric AS amount, timestamp '2024-01-01' + i * interval '1 day' AS ts, 20 + i AS age,
		'p' || i % 3 AS product, 'c' || i % 2 AS category, i % 2 = 0 AS discounted
	FROM generate_series(1, 20) AS i;
	SELECT count(*) FROM create_mart('bait', 'mallory.sales')}, 'a mart of somebody');

my $caught = q{SELECT string_agg(DISTINCT who || ': ' || how, ', ') FROM caught WHERE who <> 'mallory'};
my @work = (
	q{SELECT set_mart_as_of('bait', '2024-01-10')},
	q{SELECT set_mart_as_of('bait', NULL)},
	q{SELECT upgrade_mart('bait')},
	q{SELECT grant_mart('bait', 'reader')},
	q{SELECT revoke_mart('bait', 'reader')});
# what reads a mart, and builds it of what its owner has written
my @more = (
	q{SELECT set_mart_mode('bait', 'kept', 'compare')},
	q{SELECT refresh_mart('bait', true)},
	q{SELECT count(*) FROM verify_mart('bait')},
	q{SELECT set_mart_mode('bait', 'live')},
	q{SELECT count(*) FROM mart_status()},
	(map { "SELECT count(mart_dashboard('bait', '{}', '$_'))" } qw(overview customers products about)),
	q{SELECT count(mart_dashboard('bait', '{"category": ["c1"]}'))},
	(map { "SELECT count(mart_dashboard('bait', '{}', '$_', '{\"preset\": \"last_28_days\"}'))" } qw(overview customers products)),
	q{SELECT count(*) FROM mart_findings('bait')},
	q{SELECT count(*) FROM revenue_change('bait', '[2024-01-01,2024-01-10)', '[2024-01-10,2024-02-01)', 'product')});

# all of it with a mart, whatever errors come
sub all_as_postgres
{
	my ($mart) = @_;
	my $all = join '; ', @work, @more;
	$all =~ s/'bait'/'$mart'/g if $mart;
	$node->psql('shop', $all, on_error_stop => 0);
	return;
}

sub nobody_is_caught
{
	my ($what) = @_;
	is($node->safe_psql('shop', $caught), '', "$what: nothing ran with other rights");
	is($node->safe_psql('shop', q{SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'}), 'f', '... and mallory is no superuser');
	$node->safe_psql('shop', 'ALTER ROLE mallory NOSUPERUSER; TRUNCATE caught');
	return;
}

# --- without an attack ----------------------------------------------------------

ok_as('postgres', $_, "an administrator: $_") for @work, @more;
is($node->safe_psql('shop', q{SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'bait'::regnamespace}), 'mallory', 'the mart stays its owner\'s');
for my $work (@work, q{SELECT drop_mart('bait')})
{
	like(as('reader', $work), qr/ERROR:  42501:.*bait.*\n.*DETAIL:  It belongs to the role "mallory"/s, "another role: $work");
}
ok_as('postgres', 'GRANT mallory TO admin');
ok_as('admin', q{SELECT set_mart_as_of('bait', '2024-01-10'); SELECT upgrade_mart('bait'); SELECT set_mart_as_of('bait', NULL)}, 'a member of the owner');
is(ok_as('postgres', q{SELECT upgrade_mart('bait'); SELECT current_user, current_setting('search_path')}, 'as before afterwards'), qq{\npostgres|"\$user", public}, '... role and search_path are the caller\'s');
ok_as('postgres', q{DO $$ BEGIN PERFORM upgrade_mart('nowhere'); EXCEPTION WHEN invalid_schema_name THEN NULL; END $$});
like(as('postgres', q{BEGIN; CREATE VIEW on_top AS SELECT * FROM bait.kpi_total;
	DO $$ BEGIN PERFORM upgrade_mart('bait'); EXCEPTION WHEN dependent_objects_still_exist THEN RAISE NOTICE 'user: %, path: %', current_user, current_setting('search_path'); END $$;
	ROLLBACK}), qr/user: postgres, path: "\$user", public/, '... also after an error within');

# --- what is granted ------------------------------------------------------------

ok_as('mallory', q{CREATE TABLE bait.private AS SELECT 'secret' AS x; CREATE VIEW bait.more AS SELECT * FROM bait.private});
ok_as('mallory', q{SELECT grant_mart('bait', 'reader')});
is(ok_as('reader', 'SELECT customers FROM bait.kpi_total'), '20', 'grant_mart lets a role read');
is($node->safe_psql('shop', q{SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class
	WHERE relnamespace = 'bait'::regnamespace AND relkind IN ('r', 'v') AND NOT has_table_privilege('reader', oid, 'SELECT')}),
	'more, private', '... all that create_mart has made, and nothing else');
ok_as('mallory', q{SELECT revoke_mart('bait', 'reader')});
is($node->safe_psql('shop', q{SELECT count(*) FROM pg_class WHERE relnamespace = 'bait'::regnamespace AND has_table_privilege('reader', oid, 'SELECT')}), '0', 'revoke_mart takes it back');
is($node->safe_psql('shop', q{SELECT has_schema_privilege('reader', 'bait', 'USAGE')}), 'f', '... with the schema');
like(as('mallory', q{SELECT grant_mart('bait', 'nobody')}), qr/42704/, 'no such role');
like(as('mallory', q{SELECT revoke_mart('bait', NULL)}), qr/22004/, 'no role');
ok_as('mallory', 'DROP VIEW bait.more; DROP TABLE bait.private');

# --- what a mart with the rights of its readers keeps ------------------------------

ok_as('mallory', q{
	CREATE TABLE mallory.shared AS SELECT s.*, 'reader'::name AS seen_by, 'north' AS region FROM mallory.sales s WHERE age < 30;
	INSERT INTO mallory.shared SELECT s.*, 'nobody', 'hidden ' || s.customer_id FROM mallory.sales s WHERE age >= 30;
	INSERT INTO mallory.shared SELECT s.* FROM (SELECT 4711, 1.5, timestamp '1830-05-05', 113, 'hidden product', 'hidden category', true, 'nobody'::name, 'hidden') s;
	ALTER TABLE mallory.shared ENABLE ROW LEVEL SECURITY;
	CREATE POLICY p ON mallory.shared FOR SELECT TO reader USING (seen_by = current_user)});
my (undef, undef, $told) = $node->psql('shop', q{SELECT count(*) FROM create_mart('shared', 'mallory.shared', security_invoker => true, dimensions => '{region}')},
	extra_params => [ '-U', 'mallory' ]);
like($told, qr/WARNING:  the settings of mart "shared" tell something .*age_edges are .*time_from and time_until follow/s, 'create_mart warns of what the settings of a mart with security_invoker tell');
ok_as('mallory', q{SELECT drop_mart('shared')});
(undef, undef, $told) = $node->psql('shop', q{SELECT count(*) FROM create_mart('shared', 'mallory.shared', security_invoker => true, dimensions => '{region}',
	age_edges => '{0,25,50,100}', time_from => '-infinity', time_until => 'infinity')}, extra_params => [ '-U', 'mallory' ]);
unlike($told, qr/tell something/, '... unless they are given');
ok_as('mallory', q{SELECT grant_mart('shared', 'reader')});
my $readable = '';
for my $relation (split /\n/, $node->safe_psql('shop', q{SELECT relname FROM pg_class WHERE relnamespace = 'shared'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1}))
{
	$readable .= "$relation: " . ok_as('reader', "SELECT r::text FROM shared.$relation r", "a reader reads $relation") . "\n";
}
$readable .= ok_as('reader', "SELECT mart_dashboard('shared', '{}', '$_')") for qw(overview customers products about);
like($readable, qr/north/, 'what a reader may see is there ...');
unlike($readable, qr/hidden|1830|\b113\b|4711/, '... and nothing of other rows');
ok_as('mallory', q{SELECT drop_mart('shared'); DROP TABLE mallory.shared});

# --- SQL in the settings --------------------------------------------------------

for my $attack (
	[ 'an expression of a role', q{roles = roles || '{"amount": "CASE WHEN mallory.strike(''role'') THEN amount END"}'} ],
	[ 'a role that ends the list', q{roles = roles || '{"amount": "1) AS amount, mallory.strike(''role'') AS x FROM mallory.sales; ALTER ROLE mallory SUPERUSER; --"}'} ],
	[ 'a dimension', q{dimensions = '{"d": "mallory.strike(''dimension'')"}'} ],
	[ 'a dimension that ends the list', q{dimensions = '{"d": "x)::text FROM mallory.sales; ALTER ROLE mallory SUPERUSER; --"}'} ],
	[ 'ages to be cut', q{age_edges = NULL, roles = roles || '{"age": "CASE WHEN mallory.strike(''age'') THEN age END"}'} ],
	[ 'the source', q{source = 'pg_authid', roles = '{"customer_id": "rolpassword", "amount": "1"}'} ],
	[ 'the rights of the reader', q{source = 'pg_authid', security_invoker = true} ])
{
	my ($what, $set) = @$attack;
	ok_as('mallory', "CREATE TABLE mallory.saved AS SELECT * FROM bait.mart; UPDATE bait.mart SET $set", $what);
	all_as_postgres();
	nobody_is_caught($what);
	isnt($node->safe_psql('shop', q{SELECT has_table_privilege('reader', 'pg_authid', 'SELECT')}), 't', '... and nobody reads pg_authid');
	ok_as('mallory', 'DELETE FROM bait.mart; INSERT INTO bait.mart SELECT * FROM mallory.saved; DROP TABLE mallory.saved');
	ok_as('mallory', q{SELECT upgrade_mart('bait')});
}

# --- objects of somebody's in the mart -------------------------------------------

for my $attack (
	[ 'a trigger', 'CREATE TRIGGER t BEFORE UPDATE ON bait.mart FOR EACH ROW EXECUTE FUNCTION mallory.strike_trigger()', 'DROP TRIGGER t ON bait.mart' ],
	[ 'a rule', q{CREATE RULE r AS ON UPDATE TO bait.mart DO ALSO SELECT mallory.strike('rule')}, 'DROP RULE r ON bait.mart' ],
	[ 'a policy', q{ALTER TABLE bait.mart ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON bait.mart USING (mallory.strike('policy'))}, 'DROP POLICY p ON bait.mart; ALTER TABLE bait.mart DISABLE ROW LEVEL SECURITY' ],
	[ 'a generated column', q{ALTER TABLE bait.mart ADD x boolean GENERATED ALWAYS AS (extension_version = '0') STORED}, 'ALTER TABLE bait.mart DROP x' ],
	[ 'a child', 'CREATE TABLE mallory.child () INHERITS (bait.mart)', 'DROP TABLE mallory.child' ])
{
	my ($what, $make, $undo) = @$attack;
	ok_as('mallory', $make, $what);
	for my $work (@work, q{SELECT drop_mart('bait')})
	{
		like(as('postgres', $work), qr/ERROR:  3F000: .*there is no mart "bait".*create_mart\(\) cannot have left it so/s, "$what: $work is refused");
	}
	all_as_postgres();
	nobody_is_caught($what);
	ok_as('mallory', $undo);
}
ok_as('mallory', q{ALTER TABLE bait.mart ADD CONSTRAINT c CHECK (mallory.strike('constraint'))}, 'a constraint');
all_as_postgres();
nobody_is_caught('a constraint');
ok_as('mallory', 'ALTER TABLE bait.mart DROP CONSTRAINT c');

# --- a mart that is none ----------------------------------------------------------

ok_as('mallory', q{
	CREATE SCHEMA fake;
	CREATE TABLE fake.mart AS SELECT true AS one_row, 'pg_authid'::regclass AS source, '{}'::jsonb AS roles, true AS security_invoker;
	COMMENT ON TABLE fake.mart IS 'Settings of this purchase_trends mart: one row, written by its functions.';
	CREATE SCHEMA copied;
	CREATE TABLE copied.mart (LIKE bait.mart INCLUDING ALL);
	INSERT INTO copied.mart SELECT * FROM bait.mart;
	UPDATE copied.mart SET source = 'pg_authid', security_invoker = true,
		roles = '{"customer_id": "rolname", "amount": "oid::int::numeric"}', dimensions = '{"d": "mallory.strike(''copied'')"}';
	COMMENT ON TABLE copied.mart IS 'Settings of this purchase_trends mart: one row, written by its functions.'}, 'marts made by hand');
is($node->safe_psql('shop', q{SELECT count(*) FROM marts() WHERE mart = 'fake'}), '0', 'a table with the COMMENT is no mart');
for my $work (@work, q{SELECT drop_mart('bait')})
{
	like(as('postgres', $work =~ s/bait/fake/r), qr/ERROR:  3F000: /, "fake: $work is refused");
	as('postgres', $work =~ s/bait/copied/r);
}
all_as_postgres('copied');
nobody_is_caught('a mart made by hand');
is($node->safe_psql('shop', q{SELECT has_table_privilege('reader', 'pg_authid', 'SELECT')}), 'f', '... and pg_authid is not given out');
$node->safe_psql('shop', q{CREATE SCHEMA two_owners AUTHORIZATION mallory; CREATE TABLE two_owners.mart (LIKE bait.mart INCLUDING ALL)});
like(as('postgres', q{SELECT upgrade_mart('two_owners')}), qr/3F000.*several roles/s, 'a mart of two owners is none');
$node->safe_psql('shop', 'DROP SCHEMA two_owners CASCADE; DROP SCHEMA fake CASCADE; DROP SCHEMA IF EXISTS copied CASCADE');

ok_as('mallory', 'GRANT USAGE, CREATE ON SCHEMA bait TO reader');
ok_as('reader', q{CREATE FUNCTION bait.lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT NULL'});
like(as('mallory', q{SELECT upgrade_mart('bait')}), qr/55000.*HINT/s, 'a function of another role in the mart stops upgrade_mart');
like(as('mallory', q{SELECT mart_dashboard('bait')}), qr/55000.*HINT/s, '... and mart_dashboard, which would read it too');
ok_as('reader', 'DROP FUNCTION bait.lower(varchar)');

# --- overloads --------------------------------------------------------------------

# Made by mallory, in the extension's schema; test/attack/overloads.pl looks at the bodies of functions, too.
$node->safe_psql('shop', near_types());
my $made = ok_as('mallory', overloads_of_extension('public'), 'overloads are made');
cmp_ok($made, '>', 500, "... $made of them");

$node->safe_psql('shop', q{
	CREATE ROLE keeper LOGIN;
	GRANT CREATE ON DATABASE shop TO keeper;
	CREATE SCHEMA keeper AUTHORIZATION keeper});
ok_as('keeper', q{
	CREATE TABLE keeper.store AS SELECT * FROM generate_series(1, 300) AS i
		CROSS JOIN LATERAL (SELECT i % 40 AS customer_id, i / 2 AS order_id, (i % 17)::numeric(8,2) + 1 AS amount, timestamp '2024-01-01' + i * interval '13 hours' AS purchased_at,
			i % 3 AS quantity, (i % 5 = 0)::int::numeric AS discount_amount, 'p' || i % 7 AS product, 'c' || i % 3 AS category, CASE WHEN i % 40 % 2 = 0 THEN 'f' ELSE 'm' END AS gender,
			20 + i % 40 AS age, 'l' || i % 4 AS location, 'M' AS size, 'red' AS color, 'Spring' AS season, (i % 5)::numeric AS review_rating, i % 4 = 0 AS subscribed,
			's' || i % 3 AS shipping_type, i % 12 AS previous_purchases, 'card' AS payment_method, 'weekly' AS purchase_frequency) AS c;
	CREATE TABLE keeper.undated AS SELECT * FROM keeper.store;
	ALTER TABLE keeper.undated DROP COLUMN purchased_at}, 'sources with every role');

for my $mart (qw(store undated))
{
	ok_as('keeper', "SELECT count(*) FROM create_mart('$mart', 'keeper.$mart'::regclass)", "$mart: create_mart among overloads");
	my @views = split /\n/, ok_as('keeper', "SELECT c.relname FROM pg_class c WHERE c.relnamespace = '$mart'::regnamespace AND c.relkind = 'v' ORDER BY 1");
	cmp_ok(scalar @views, '>', 15, '... has its views');
	my @captured = map { my ($out, $err) = as('keeper', "SELECT count(v::text) FROM $mart.$_ v"); $err ? "$_: $err" : () } @views;
	is("@captured", '', '... which no overload captures');
	for my $page (split /\n/, ok_as('keeper', 'SELECT DISTINCT page FROM mart_page ORDER BY 1'))
	{
		ok_as('keeper', "SELECT count(mart_dashboard('$mart'::text, '{\"category\": [\"c1\"]}'::jsonb, '$page'::text, NULL::jsonb))", "... nor the page $page");
	}
	ok_as('keeper', "SELECT $_", "... nor $_")
	  for "upgrade_mart('$mart'::text)", "grant_mart('$mart'::text, 'reader'::text)", "revoke_mart('$mart'::text, 'reader'::text)",
	  ($mart eq 'store' ? "set_mart_as_of('$mart'::text, '2024-03-01'::timestamp)" : ()), 'count(*) FROM marts()', "drop_mart('$mart'::text)";
}
$node->safe_psql('shop', q{CREATE TABLE keeper.raw AS SELECT i::text AS "Customer ID", i::text || '.50' AS "Amount (USD)", CASE WHEN i % 3 = 0 THEN NULL ELSE '4.5' END AS rating, '2024-01-' || lpad((i % 28 + 1)::text, 2, '0') AS day, 'weekly' AS often FROM generate_series(1, 50) i;
	ALTER TABLE keeper.raw OWNER TO keeper});
ok_as('keeper', q{SELECT count(*) FROM prepare_purchases(source => 'keeper.raw', target => 'keeper.prepared', impute => '{"rating": "often"}', decimal_mark => '.', drop_redundant => true, drop_duplicates => true)}, 'prepare_purchases among overloads');
ok_as('keeper', q{SELECT count(*) FROM describe_table('keeper.prepared'::regclass)}, 'describe_table among overloads');
ok_as('keeper', q{SELECT create_raw_table('keeper.more'::text, 'a,b'::text, ','::text, 'keeper'::name)}, 'create_raw_table among overloads');

# --- expressions over the source are read as any SQL of the caller's

ok_as('mallory', q{
	CREATE FUNCTION mallory.times(integer, numeric) RETURNS numeric LANGUAGE sql AS 'SELECT -1.0';
	CREATE OPERATOR public.* (LEFTARG = integer, RIGHTARG = numeric, FUNCTION = mallory.times)}, 'an operator in the schema of the extension');
ok_as('keeper', q{
	CREATE FUNCTION keeper.net(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 2';
	SET search_path = keeper;
	SELECT count(*) FROM public.create_mart('own', 'keeper.store', amount => 'quantity * net(amount)')}, 'create_mart with a search_path of one\'s own');
my $revenue = ok_as('keeper', 'SELECT round(sum(quantity OPERATOR(pg_catalog.*) (amount / 2)), 2) FROM keeper.store');
is(ok_as('keeper', 'SELECT revenue FROM own.kpi_total'), $revenue, '... uses its functions, and no operator of others');
ok_as('postgres', q{SELECT upgrade_mart('own')}, '... which upgrade_mart finds again');
is(ok_as('keeper', 'SELECT revenue FROM own.kpi_total'), $revenue, '... with the same numbers');
my (undef, undef, $warning) = $node->psql('shop', q{SELECT count(*) FROM create_mart('open', 'keeper.undated'); SELECT drop_mart('open')});
like($warning, qr/WARNING:  everybody may create objects in the schema "public"/, 'create_mart warns where everybody may create in the schema of the extension');

# --- parse trees: no cast between what a view has and what a function of ours takes

$node->safe_psql('shop', q{SELECT count(*) FROM create_mart('store', 'keeper.store'::regclass); SELECT count(*) FROM create_mart('undated', 'keeper.undated'::regclass)});
my %ours = map { $_ => 1 } split /\n/, $node->safe_psql('shop', q{
	SELECT d.objid FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'purchase_trends')});
for my $mart (qw(store undated))
{
	my @inexact;
	my $calls = 0;
	for (split /\n/, $node->safe_psql('shop', "SELECT c.relname || ' ' || r.ev_action::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = '$mart'::regnamespace"))
	{
		my ($view, $tree) = split / /, $_, 2;
		while ($tree =~ /\{(?:FUNCEXPR :funcid|AGGREF :aggfnoid) (\d+) /g)
		{
			next unless $ours{$1};
			my $function = $1;
			$calls++;
			# the node of the call, and what stands directly in its list of arguments
			my $node_text = balanced($tree, $-[0]);
			my ($args) = $node_text =~ /:args (\(.*)/s or next;
			for my $argument (children(balanced($args, 0)))
			{
				$argument =~ s/^\{TARGETENTRY :expr //;
				push @inexact, "$view: function $function: " . substr($argument, 0, 100)
				  if $argument =~ /^\{(?:FUNCEXPR :funcid \d+ :funcresulttype \d+ :funcretset \w+ :funcvariadic \w+ :funcformat|RELABELTYPE :arg .* :relabelformat|COERCEVIAIO :arg .* :coerceformat|ARRAYCOERCEEXPR :arg .* :coerceformat) 2 /s
				  && own_format($argument) == 2;
			}
		}
	}
	cmp_ok($calls, '>', 20, "$mart: the parse trees of the views have $calls calls of ours");
	is(join("\n", @inexact), '', '... and none with an argument of another type');
}

# the text from an opening brace or parenthesis to the one that closes it
sub balanced
{
	my ($text, $from) = @_;
	my $depth = 0;
	pos($text) = $from;
	while ($text =~ /\\.|[{}()]/gs)
	{
		$depth++ if $& eq '{' || $& eq '(';
		$depth-- if $& eq '}' || $& eq ')';
		return substr($text, $from, pos($text) - $from) if $depth == 0;
	}
	return substr($text, $from);
}

sub children
{
	my ($list) = @_;
	my @found;
	my $at = 1;
	while ((my $next = index($list, '{', $at)) >= 0)
	{
		my $child = balanced($list, $next);
		push @found, $child;
		$at = $next + length $child;
	}
	return @found;
}

# how the outermost node of the text was written: 2 is a cast that nobody wrote
sub own_format
{
	my ($text) = @_;
	my $inner = $text;
	# without what is nested in it
	1 while $inner =~ s/(?<=.)\{[^{}]*\}//s;
	return $inner =~ /:(?:funcformat|relabelformat|coerceformat) (\d)/ ? $1 : -1;
}

$node->stop;
done_testing();
