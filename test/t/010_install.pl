# What CREATE EXTENSION makes: rights, names, comments, and that it goes again.
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ext = 'purchase_trends';
# Procedures that commit cannot have SET search_path; name => reason.
my %unpinned = ();
# C functions that change something: they run a function in PL/pgSQL, some as the owner of a mart, or show what is done.
my $maintenance = "prosrc ~ '^pt_(as_mart_owner|call_body|create_mart|show_progress)'";
my $sql_arguments = do "$FindBin::RealBin/../fuzz/sql_arguments.pl" or die "sql_arguments.pl: $! $@";

my $node = PostgreSQL::Test::Cluster->new('install');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->start;
$node->safe_psql('postgres', q{
	CREATE ROLE shop_owner LOGIN;
	CREATE ROLE analyst LOGIN;
	CREATE DATABASE shop OWNER shop_owner;
	CREATE DATABASE named OWNER shop_owner;
	CREATE DATABASE blocked OWNER shop_owner;
	CREATE DATABASE restored OWNER shop_owner});

# (exit code, stdout, stderr) as a role without superuser rights
sub as
{
	my ($role, $db, $sql) = @_;
	return $node->psql($db, $sql, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
}

sub lines { return split /\n/, $node->safe_psql(@_) }

sub none
{
	my ($what, @found) = @_;
	is(scalar @found, 0, $what) or diag(join "\n", @found);
}

my $members = qq{
	SELECT d.classid, d.objid FROM pg_depend AS d
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = '$ext')};
my $functions = "SELECT p.* FROM ($members) AS m JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid";

# Everything in a database that initdb did not make.
my $everything = join(' UNION ALL ',
	map { "SELECT '$_ ' || count(*) FROM $_ WHERE oid >= 16384" }
	  qw(pg_proc pg_class pg_type pg_operator pg_opclass pg_opfamily pg_cast pg_namespace pg_trigger pg_event_trigger pg_rewrite pg_constraint pg_collation));

# --- A database owner without superuser rights installs into public ----------

my ($rc, $out, $err) = as('shop_owner', 'shop', "CREATE EXTENSION $ext");
is($rc, 0, 'a database owner can install it') or die "CREATE EXTENSION failed: $err";
is($node->safe_psql('shop', "SELECT extowner::regrole FROM pg_extension WHERE extname = '$ext'"),
	'shop_owner', '... and owns the extension');
cmp_ok($node->safe_psql('shop', "SELECT count(*) FROM ($functions) AS f"), '>', 0, 'it has functions');
($rc, $out, $err) = as('analyst', 'shop', 'SELECT purchase_trends_version()');
is("$rc $out", '0 ' . $node->safe_psql('shop', "SELECT extversion FROM pg_extension WHERE extname = '$ext'"),
	'anyone can call it, and the library has the version of the extension');

none('no function is SECURITY DEFINER',
	lines('shop', "SELECT oid::regprocedure FROM ($functions) AS f WHERE prosecdef"));
none('no function is LEAKPROOF',
	lines('shop', "SELECT oid::regprocedure FROM ($functions) AS f WHERE proleakproof"));
none('C functions are IMMUTABLE or STABLE',
	lines('shop', "SELECT f.oid::regprocedure FROM ($functions) AS f JOIN pg_language AS l ON l.oid = prolang WHERE lanname = 'c' AND provolatile = 'v' AND NOT $maintenance"));
none('C functions and aggregates are PARALLEL SAFE',
	lines('shop', "SELECT f.oid::regprocedure FROM ($functions) AS f JOIN pg_language AS l ON l.oid = prolang WHERE (lanname = 'c' OR prokind = 'a') AND proparallel <> 's' AND NOT $maintenance"));
none('C symbols are pt_*',
	lines('shop', "SELECT f.oid::regprocedure, prosrc FROM ($functions) AS f JOIN pg_language AS l ON l.oid = prolang WHERE lanname = 'c' AND prosrc !~ '^pt_'"));
none('functions in PL/pgSQL, and parts of aggregates, are not for people, and named so',
	lines('shop', "SELECT f.oid::regprocedure FROM ($functions) AS f JOIN pg_language AS l ON l.oid = prolang
		WHERE proname !~ '^pt_' AND (lanname = 'plpgsql' OR obj_description(f.oid, 'pg_proc') ~ '^Aggregate')"));
none('PL/pgSQL functions pin search_path',
	grep { !$unpinned{ (split /\(/)[0] } }
	  lines('shop', "SELECT f.oid::regprocedure FROM ($functions) AS f JOIN pg_language AS l ON l.oid = prolang
		WHERE lanname = 'plpgsql' AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)"));
none('bodies that are read when they are called pin how literals are read',
	lines('shop', "SELECT f.oid::regprocedure FROM ($functions) AS f JOIN pg_language AS l ON l.oid = prolang
		WHERE lanname IN ('plpgsql', 'sql') AND prosqlbody IS NULL AND NOT coalesce(proconfig @> '{standard_conforming_strings=on,array_nulls=on}', false)"));
none('every function, aggregate, type, operator, table, view and column has a comment',
	lines('shop', qq{
	SELECT (pg_identify_object(classid, objid, 0)).type || ' ' || (pg_identify_object(classid, objid, 0)).identity
	FROM ($members) AS m
	WHERE (classid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
			OR classid = 'pg_type'::regclass AND NOT EXISTS (SELECT FROM pg_class WHERE reltype = objid AND relkind <> 'c')
				AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.typarray = objid)
			OR classid = 'pg_class'::regclass AND (SELECT relkind FROM pg_class WHERE oid = objid) IN ('r', 'p', 'v', 'm', 'f'))
		AND coalesce(obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)), '') = ''
	UNION ALL
	SELECT 'column ' || attrelid::regclass || '.' || attname
	FROM ($members) AS m JOIN pg_class AS c ON classid = 'pg_class'::regclass AND c.oid = objid AND relkind IN ('r', 'p', 'v', 'm', 'f')
		JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
	WHERE coalesce(col_description(attrelid, attnum), '') = ''
	ORDER BY 1}));

my $relations = "SELECT c.* FROM ($members) AS m JOIN pg_class AS c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid AND c.relkind IN ('r', 'p', 'v', 'm')";
# Whoever could write a template would write the SQL that another role runs.
none('nobody without superuser rights can write to its tables',
	lines('shop', "SELECT oid::regclass, r FROM ($relations) AS c, unnest(ARRAY['analyst', 'shop_owner']) AS r
		WHERE has_table_privilege(r, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER') OR has_any_column_privilege(r, c.oid, 'INSERT, UPDATE')"));
none('everyone can read its tables and views',
	lines('shop', "SELECT oid::regclass FROM ($relations) AS c WHERE NOT has_table_privilege('analyst', oid, 'SELECT')"));

# --- The install script ------------------------------------------------------

my ($script) = $ENV{PT_SOURCE} ? glob "$ENV{PT_SOURCE}/$ext--*.sql" : ();
SKIP:
{
	skip 'PT_SOURCE is not set', 1 unless $script;
	my $sql = slurp_file($script);
	# Comments, strings and bodies may say what they like.
	$sql =~ s{--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$}{ }gs;
	my @bad = $sql =~ /\b(OR\s+REPLACE|IF\s+NOT\s+EXISTS)\b/gi;
	none('the install script takes over no object that exists', @bad);
}

# --- In a schema of its own, with a name that needs quotes -------------------

my $before = $node->safe_psql('named', $everything);
for my $schema ('tools', '"My Tools"')
{
	($rc, $out, $err) = as('shop_owner', 'named', "CREATE SCHEMA $schema; GRANT USAGE ON SCHEMA $schema TO PUBLIC; CREATE EXTENSION $ext SCHEMA $schema");
	is($rc, 0, "installs into the schema $schema") or diag($err);
	none("... and nowhere else",
		lines('named', "SELECT i.type, i.identity FROM ($members) AS m, pg_identify_object(classid, objid, 0) AS i WHERE i.schema <> '$schema'"));

	# Each function once with NULLs, its schema not in search_path: nothing in
	# its body may be missing.
	my @calls = grep { !/\.(\w+)\(/ || !$sql_arguments->{$1} } lines('named', qq{
		SELECT CASE WHEN prokind = 'p' THEN 'CALL' ELSE 'SELECT' END || format(' %I.%I(%s)', nspname, proname,
			(SELECT string_agg(CASE WHEN mode = 'v' THEN 'VARIADIC ' ELSE '' END || 'NULL::' ||
					CASE WHEN mode = 'v' AND t = '"any"'::regtype THEN 'int[]'
						WHEN t NOT IN ('cstring'::regtype, 'record'::regtype) AND (SELECT typtype FROM pg_type WHERE oid = t) = 'p' THEN CASE WHEN t::regtype::text LIKE '%array' THEN 'int[]' WHEN t::regtype::text LIKE '%range' THEN 'int4range' ELSE 'int' END
						ELSE format_type(t, NULL) END, ', ' ORDER BY n)
				FROM unnest(coalesce(proallargtypes, proargtypes::oid[]), coalesce(proargmodes, array_fill('i'::"char", ARRAY[greatest(pronargs, 1)]))) WITH ORDINALITY AS a(t, mode, n)
				WHERE t IS NOT NULL AND (mode IN ('i', 'b', 'v') OR prokind = 'p')))
		FROM ($functions) AS f JOIN pg_namespace AS s ON s.oid = pronamespace LEFT JOIN pg_aggregate ON aggfnoid = f.oid
		WHERE coalesce(aggkind, 'n') = 'n' AND NOT 'internal'::regtype = ANY (proargtypes::oid[])
			AND prokind IN ('f', 'p', 'a') AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
		ORDER BY 1});
	my $file = $PostgreSQL::Test::Utils::tmp_check . '/calls.sql';
	append_to_file($file, join('', map { "BEGIN; $_; ROLLBACK;\n" } @calls));
	my ($stdout, $stderr) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-U', 'analyst', '-d', $node->connstr('named'), '-f', $file ], '>', \$stdout, '2>', \$stderr);
	unlink $file;
	if (!ok($stderr !~ /server closed|connection to server was lost/, '... where no function crashes at NULLs'))
	{
		diag(join "\n", slurp_file($node->logfile) =~ /Failed process was running: .*/g);
		$node->poll_query_until('named', 'SELECT true');
	}
	# The server's own words for undefined or ambiguous names, broken statements,
	# missing rights, internal errors.
	none("... where all " . @calls . " functions find what they need",
		grep { /ERROR:\s+(?:(?:42883|42P01|42703|42704|3F000): .* does not exist|42725|42702|42601|42501|XX)/ } split /\n/, $stderr);
	($rc, $out, $err) = as('analyst', 'named', join(';', map { "SELECT count(*) FROM $_" } lines('named', "SELECT oid::regclass FROM ($relations) AS c")) || 'SELECT 1');
	is($rc, 0, '... and its tables and views are readable') or diag($err);

	($rc, $out, $err) = as('shop_owner', 'named', "DROP EXTENSION $ext; DROP SCHEMA $schema");
	is($rc, 0, '... and goes again') or diag($err);
	is($node->safe_psql('named', $everything), $before, '... leaving nothing');
}

# --- An object in the way stops the installation -----------------------------

$node->safe_psql('blocked', 'CREATE SCHEMA tools; GRANT CREATE, USAGE ON SCHEMA tools TO analyst, shop_owner');
my @ways = lines('shop', qq{
	SELECT format('FUNCTION tools.%I(%s)|RETURNS %s LANGUAGE sql AS ''SELECT NULL::%s''', proname, oidvectortypes(proargtypes), prorettype::regtype, prorettype::regtype)
	FROM ($functions) AS f
	WHERE prokind = 'f' AND NOT proretset AND prorettype < 10000
		AND NOT EXISTS (SELECT FROM unnest(prorettype || proargtypes::oid[]) AS t WHERE t >= 16384 OR (SELECT typtype FROM pg_type WHERE oid = t) = 'p')
	ORDER BY proname LIMIT 5}),
  lines('shop', "SELECT format('TABLE tools.%I|(a int)', relname) FROM ($relations) AS c ORDER BY relname LIMIT 5"),
  lines('shop', "SELECT format('TYPE tools.%I|AS (a int)', typname) FROM ($members) AS m JOIN pg_type AS t ON classid = 'pg_type'::regclass AND t.oid = objid WHERE typtype <> 'p' AND typelem = 0 ORDER BY typname LIMIT 5");
cmp_ok(scalar @ways, '>', 0, 'there are objects to put in the way');
for my $way (@ways)
{
	my ($object, $rest) = split /\|/, $way, 2;
	($rc, $out, $err) = as('analyst', 'blocked', "CREATE $object $rest");
	is($rc, 0, "an analyst makes $object") or diag($err);
	($rc, $out, $err) = as('shop_owner', 'blocked', "CREATE EXTENSION $ext SCHEMA tools");
	like($err, qr/ERROR:  (?:42723|42P07|42710)/, '... and CREATE EXTENSION fails cleanly');
	($rc, $out, $err) = as('analyst', 'blocked', "DROP $object");
	is("$rc|" . $node->safe_psql('blocked', "SELECT count(*) FROM pg_extension WHERE extname = '$ext'"), '0|0', '... without a trace');
}

# --- Dump and restore, both as the database's owner --------------------------

my $fingerprint = qq{
	SELECT i.type, i.identity, coalesce(obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)), '-')
	FROM ($members) AS m, pg_identify_object(classid, objid, 0) AS i ORDER BY 1, 2};
($rc, $out, $err) = as('shop_owner', 'shop', q{
	CREATE SCHEMA own; CREATE TABLE own.t AS SELECT purchase_trends_version() AS version;
	CREATE VIEW own.v AS SELECT version, purchase_trends_version() AS now FROM own.t});
is($rc, 0, 'a view uses the extension') or diag($err);
my $dump = $node->backup_dir . '/shop.dump';
command_ok([ 'pg_dump', '-Fc', '-U', 'shop_owner', '-f', $dump, '-d', $node->connstr('shop') ], 'the owner dumps the database');
# The comment on the extension is shown as its own; only its owner may set it.
command_ok([ 'pg_restore', '-e', '-U', 'shop_owner', '--no-comments', '-d', $node->connstr('restored'), $dump ], 'the owner restores it');
is($node->safe_psql('restored', $fingerprint), $node->safe_psql('shop', $fingerprint), '... with the same members and comments');
is($node->safe_psql('restored', 'SELECT version = now FROM own.v'), 't', '... and a view that works');

$node->stop;
my @bad = slurp_file($node->logfile) =~ /^.*(?:terminated by signal|TRAP:|AddressSanitizer|runtime error|detected write past|problem in alloc|PANIC).*$/mg;
none('no crash in the server log', @bad);
done_testing();
