#!/usr/bin/perl
# Reads marts through Perl's DBD::Pg.
# Prints what README.md describes. Environment: BI_HOST, BI_PORT, BI_DATABASE,
# BI_USER, BI_SCHEMAS, BI_READ and BI_SKIP (lists separated by blanks).
use strict;
use warnings;
use B qw(svref_2object SVf_IOK SVf_NOK);
use DBI;
use Digest::SHA 'sha256_hex';

my @schemas = split ' ', $ENV{BI_SCHEMAS};
my %read = map { $_ => 1 } split ' ', $ENV{BI_READ} // $ENV{BI_SCHEMAS};
my %skip = map { $_ => 1 } split ' ', $ENV{BI_SKIP} // '';
my %escape = ("\\" => '\\\\', "\t" => '\t', "\n" => '\n', "\r" => '\r');
binmode STDOUT, ':encoding(UTF-8)';

sub escaped
{
	my ($text) = @_;
	$text =~ s/([\\\t\n\r])/$escape{$1}/g;
	return $text;
}

sub say_fields
{
	print join("\t", map { defined $_ ? escaped("$_") : '' } @_), "\n";
	return;
}

# DBD::Pg hands out scalars: whether one is a number is seen by its flags. What
# comes as a string has the name of its type, and canonical() looks at its form.
sub class_of
{
	my ($value, $type) = @_;
	return $type if $type =~ /^(?:date|timestamp|numeric|bool)$/;
	my $flags = svref_2object(\$value)->FLAGS;
	return $flags & SVf_NOK ? 'number' : $flags & SVf_IOK ? 'integer' : 'string';
}

sub canonical
{
	my ($value, $type, $scale) = @_;
	return '\N' unless defined $value;
	return escaped($value) if $type eq 'text';
	return $value ? 't' : 'f' if $type eq 'bool';
	return unpack('H*', pack('d>', $value)) if $type eq 'float8';
	if ($type eq 'timestamp')
	{
		$value =~ /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?$/ or die "$value is not an ISO timestamp";
		return "$1T$2." . substr(($3 // '') . '000', 0, 3);
	}
	my $form = $type eq 'date' ? qr/^\d{4}-\d\d-\d\d$/
		: $type eq 'numeric' ? qr/^-?\d+\.\d{$scale}$/
		: $type =~ /^int[248]$/ ? qr/^-?\d+$/
		: die "$type is not a type of the contract";
	$value =~ $form or die "$value is not a $type";
	return $value;
}

sub read_view
{
	my ($dbh, $schema, $name) = @_;
	my $sth = $dbh->prepare(qq{SELECT * FROM "$schema"."$name"});
	$sth->execute;
	my @types = @{$sth->{pg_type}};
	my @scales = @{$sth->{SCALE}};
	my (@lines, @classes);
	while (my $row = $sth->fetchrow_arrayref)
	{
		for my $i (0 .. $#types)
		{
			$classes[$i]{class_of($row->[$i], $types[$i])} = 1 if defined $row->[$i];
		}
		my $line = join("\t", map { canonical($row->[$_], $types[$_], $scales[$_]) } 0 .. $#types) . "\n";
		utf8::encode($line);
		push @lines, $line;
	}
	for my $i (0 .. $#types)
	{
		say_fields('result', $schema, $name, $i + 1, $sth->{NAME}[$i], $types[$i], $sth->{PRECISION}[$i],
			$scales[$i], join(',', sort keys %{$classes[$i] // {}}));
	}
	# no locale here: sort compares bytes
	say_fields('sum', $schema, $name, scalar @lines, sha256_hex(join('', sort @lines)));
	return;
}

# The error of the last of the statements of one transaction; none is 00000.
sub sqlstate
{
	my ($dbh, @statements) = @_;
	my $done = eval { $dbh->do($_) for @statements; 1 };
	my $state = $done ? '00000' : $dbh->state;
	$dbh->rollback;
	return $state;
}

# DBD::Pg takes what the server is set to, and cannot read all of that.
my $settings = "client_encoding=UTF8;options='-c DateStyle=ISO -c extra_float_digits=1'";
my $dbh = DBI->connect("dbi:Pg:host=$ENV{BI_HOST};port=$ENV{BI_PORT};dbname=$ENV{BI_DATABASE};$settings", $ENV{BI_USER}, '',
	{ RaiseError => 1, PrintError => 0, AutoCommit => 0 });
for my $schema (@schemas)
{
	my $relations = $dbh->table_info(undef, $schema, '%', undef)->fetchall_arrayref({});
	say_fields('relation', @$_{qw(TABLE_SCHEM TABLE_NAME TABLE_TYPE REMARKS)}) for @$relations;
	my $columns = $dbh->column_info(undef, $schema, '%', '%');
	while (my $c = $columns->fetchrow_hashref)
	{
		say_fields('column', @$c{qw(TABLE_SCHEM TABLE_NAME ORDINAL_POSITION COLUMN_NAME TYPE_NAME COLUMN_SIZE DECIMAL_DIGITS REMARKS)});
	}
	for my $relation (@$relations)
	{
		next if $relation->{TABLE_TYPE} ne 'VIEW';
		my $name = $relation->{TABLE_NAME};
		my @keys = $dbh->primary_key(undef, $schema, $name);
		say_fields('keys', $schema, $name, scalar @keys) if @keys;
		read_view($dbh, $schema, $name) if $read{$schema} && !$skip{$name};
	}
}
$dbh->rollback;
for my $line (split /\n/, $ENV{BI_DENIED} // '')
{
	my ($name, @statements) = split /;/, $line;
	say_fields('state', $name, sqlstate($dbh, @statements));
}
$dbh->disconnect;
