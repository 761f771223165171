# Files for script/load, and those that it refuses.
package LoadTest;
use strict;
use warnings;
use Exporter 'import';
use Test::More;

our @EXPORT_OK = qw(write_file refused);

my $tables = q{SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace
	AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype IN ('e', 'i'))};

# A file of these bytes, which the server may read too.
sub write_file
{
	my ($path, $content) = @_;
	open my $fh, '>:raw', $path or die "$path: $!";
	print $fh $content;
	close $fh or die $!;
	chmod 0644, $path;
	return $path;
}

# A file that cannot be loaded: what is said, and that nothing is left behind.
# $value->($sql) gives a value, $load->([ arguments ]) what script/load does:
# (exit code, stdout, stderr).
sub refused
{
	my ($value, $load, $file, $name, $content, $message, $hint, @more) = @_;
	write_file($file, $content);
	my $before = $value->($tables);
	my ($rc, $out, $err) = $load->([ @more, $file, 'bad' ]);
	isnt($rc, 0, "$name: refused");
	like($err, $message, "$name: the message");
	like($err, $hint, "$name: the hint");
	unlike($err, qr/CONTEXT:  PL|LOCATION|Perl|csv-records/, "$name: without places in our code");
	is($out, '', "$name: nothing is said to be loaded");
	is($value->($tables), $before, "$name: nothing is left behind");
	return;
}

1;
