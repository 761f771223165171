# plpgsql_check finds nothing to say about the extension's PL/pgSQL functions.
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ext = 'purchase_trends';
# Trigger functions need the table they serve: name => [ SQL that makes it,
# relation, further arguments such as "newtable => 'new_rows'" ].
my %trigger = ();
# plpgsql_check does not see that a list of names was quoted when it was joined
# from a query. Name => number of EXECUTEs that a reader found to be safe, so that
# another one shows: count_something => 2,	# columns come from quote_ident
my %reviewed = (
	# conditions that stand in it
	pt_refresh_kept_changes => 2,
	# a query that pt_kept_cube_query has quoted
	pt_make_kept_cubes => 1,
	pt_fill_kept_cubes => 1,
	# queries that pt_quality_odd_query and pt_quality_order_query have quoted
	pt_make_kept_quality => 2,
);
my $sql_arguments = do "$FindBin::RealBin/../fuzz/sql_arguments.pl" or die "sql_arguments.pl: $! $@";

my $node = PostgreSQL::Test::Cluster->new('plpgsql');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->start;
plan skip_all => 'plpgsql_check is not installed'
  unless $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'plpgsql_check'");

$node->safe_psql('postgres', "CREATE EXTENSION plpgsql_check; CREATE SCHEMA tools; CREATE EXTENSION $ext SCHEMA tools");
my @functions = split /\n/, $node->safe_psql('postgres', qq{
	SELECT p.oid, p.prorettype::regtype, p.proname, p.oid::regprocedure
	FROM pg_depend AS d JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
		JOIN pg_language AS l ON l.oid = p.prolang AND l.lanname = 'plpgsql'
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = '$ext')
	ORDER BY 4});
plan skip_all => 'the extension has no PL/pgSQL function' unless @functions;

for (@functions)
{
	my ($oid, $returns, $name, $signature) = split /\|/;
  SKIP:
	{
		my ($setup, $more) = ('', '');
		if ($returns eq 'trigger')
		{
			skip "$signature: no table is given for it in this test", 1 unless $trigger{$name};
			$setup = "$trigger{$name}[0];";
			$more = ", relid => '$trigger{$name}[1]'" . join('', map { ", $_" } @{ $trigger{$name} }[ 2 .. $#{ $trigger{$name} } ]);
		}
		my $security = $sql_arguments->{$name} ? 'false' : 'true';
		# 'performance' is off: dynamic SQL misleads it.
		my $rows = $node->safe_psql('postgres', qq{
			SET client_min_messages = error; $setup
			SELECT lineno, level, sqlstate, message, detail, hint, query
			FROM plpgsql_check_function_tb($oid$more, fatal_errors => false, performance_warnings => false,
				extra_warnings => true, security_warnings => $security)});
		if ($reviewed{$name})
		{
			# One row per line that begins a row: line number, level.
			my $unsafe = () = $rows =~ /^\d*\|security\|/mg;
			my $others = () = $rows =~ /^\d*\|(?!security\|)[a-z ]+\|\w{5}\|/mg;
			ok($unsafe == $reviewed{$name} && $others == 0, "$signature, as reviewed") or diag("$unsafe EXECUTEs, $others other rows\n$rows");
		}
		else
		{
			ok($rows eq '', $signature) or diag($rows);
		}
	}
}
$node->stop;
done_testing();
