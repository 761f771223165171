# Everything that works on a mart, or reads one, at the same time with one mart:
# the answer is right, or the error is one that is documented, and no deadlock.
#   ATTACK_ROUNDS  how often each is called (default 5)
use strict;
use warnings;
use IPC::Run qw(start finish);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rounds = $ENV{ATTACK_ROUNDS} || 5;
# a live mart has nothing to refresh, it was dropped or made in the meantime, it was replaced since the snapshot
my %documented = map { $_ => 1 } qw(55000 3F000 42P06 40001);

my $node = PostgreSQL::Test::Cluster->new('races');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->start;
$node->safe_psql('postgres', q{
	SET client_min_messages = error;
	CREATE EXTENSION purchase_trends;
	CREATE ROLE reader;
	CREATE TABLE orders AS SELECT * FROM simulate_purchases(100, 365);
	SELECT count(*) FROM create_mart('shop', 'orders')});

my @work = (
	q{SELECT grant_mart('shop', 'reader')},
	q{SELECT revoke_mart('shop', 'reader')},
	q{SELECT upgrade_mart('shop')},
	q{SELECT set_mart_mode('shop', 'kept')},
	q{SELECT set_mart_mode('shop', 'live')},
	q{SELECT refresh_mart('shop')},
	q{SELECT set_mart_as_of('shop', NULL)},
	q{SELECT count(*) FROM create_mart('shop', 'orders', replace => true)},
	q{SELECT drop_mart('shop'); SELECT count(*) FROM create_mart('shop', 'orders')},
	q{SELECT count(*) FROM verify_mart('shop')},
	q{SELECT mart_dashboard('shop') IS NULL, count(*) FROM mart_status()});
my (@running, @out, @err);
for my $i (0 .. $#work)
{
	my $input = "SET client_min_messages = error;\n" . "$work[$i];\n" x $rounds;
	push @running, start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres') ], '<', \$input, '>', \$out[$i], '2>', \$err[$i]);
}
finish($_) for @running;
for my $i (0 .. $#work)
{
	my @wrong = grep { /ERROR:  (\w+)/ && !$documented{$1} } split /\n/, $err[$i];
	is(join("\n", @wrong), '', $work[$i]);
}

# and the mart is one
$node->psql('postgres', q{SELECT count(*) FROM create_mart('shop', 'orders')});
$node->safe_psql('postgres', q{SELECT set_mart_mode('shop', 'kept')});
is($node->safe_psql('postgres', q{SELECT count(*) FROM verify_mart('shop')}), '0', 'afterwards the kept customers are right');
is($node->safe_psql('postgres', 'SELECT revenue = (SELECT sum(amount) FROM orders) FROM shop.kpi_total'), 't', '... and so are the figures');

# Another one waits for a transaction that has worked on the mart, and then does its work.
my $first = $node->background_psql('postgres');
$first->query_safe(q{SET client_min_messages = error; BEGIN; SELECT grant_mart('shop', 'reader')});
my ($code, $out, $err) = $node->psql('postgres', q{SET lock_timeout = '100ms'; SELECT upgrade_mart('shop')}, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($err, qr/55P03/, 'who does not want to wait sets lock_timeout');
is($node->safe_psql('postgres', q{SELECT customers > 0 FROM shop.kpi_total}), 't', '... and readers do not wait');
$first->query_safe('COMMIT');
$first->quit;
$node->safe_psql('postgres', q{SELECT upgrade_mart('shop')});

$node->stop;
done_testing();
