# Long statements are interrupted: none of them would end by itself in the time
# that is allowed.
package Interrupts;
use strict;
use warnings;
use Exporter 'import';
use Test::More;
use Time::HiRes qw(time);

our @EXPORT_OK = qw(interrupted);

# For each { what => statement }: it ends by a statement_timeout of $timeout
# (as SET takes it), in less than $limit seconds as a whole.
sub interrupted
{
	my ($node, $timeout, $limit, %long) = @_;
	for my $what (sort keys %long)
	{
		my $start = time;
		my ($rc, $out, $err) = $node->psql('postgres', "SET statement_timeout = '$timeout'; $long{$what}");
		my $took = time - $start;
		like($err, qr/statement timeout/, "$what: is interrupted");
		# The start of psql is in it, and a busy machine.
		cmp_ok($took, '<', $limit, '... in time') or diag("$took s");
	}
	return;
}

1;
