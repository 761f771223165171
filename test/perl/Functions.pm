# The functions, procedures and aggregates of the extension, from the catalog.
package Functions;
use strict;
use warnings;
use Exporter 'import';

our @EXPORT_OK = qw(functions own_types usual);

# What belongs to the extension: a condition on pg_depend AS d.
our $member = q{d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'purchase_trends')};

# A reference to a hash for each that can be called with SQL: name, quoted and with
# its schema; kind; direct, the number of direct arguments (-1: no ordered-set
# aggregate); variadic; printable, whether the result can be turned into text;
# language; body, whether another function of ours is called with the arguments
# (install/60_errors.sql, src/mart.c); types, of the arguments.
sub functions
{
	my ($node, $database) = @_;
	my @functions;
	for (split /\n/, $node->safe_psql($database, qq{
		SELECT format('%I.%I', nspname, proname), p.prokind, CASE WHEN aggkind IN ('o', 'h') THEN aggnumdirectargs ELSE -1 END, p.provariadic <> 0,
			p.prorettype NOT IN (SELECT oid FROM pg_type WHERE typname IN ('void', 'trigger', 'event_trigger', 'internal')), l.lanname, p.prosrc IN ('pt_call_body', 'pt_as_mart_owner', 'pt_create_mart'),
			coalesce((SELECT string_agg(format_type(t, NULL), ';' ORDER BY n)
				FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS u(t, n)
				WHERE p.proargmodes IS NULL OR p.proargmodes[n] IN ('i', 'b', 'v') OR p.prokind = 'p'), '')
		FROM pg_depend AS d JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
			JOIN pg_language AS l ON l.oid = p.prolang
			JOIN pg_namespace AS s ON s.oid = pronamespace LEFT JOIN pg_aggregate AS a ON a.aggfnoid = p.oid
		WHERE $member AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[])
		ORDER BY 1, p.oid}))
	{
		my %f;
		(@f{qw(name kind direct variadic printable language body)}, my $types) = split /\|/, $_, -1;
		$_ = $_ eq 't' for @f{qw(variadic printable body)};
		$f{types} = [ split /;/, $types ];
		push @functions, \%f;
	}
	return @functions;
}

# The extension's base types: type => { name, seeds (test/fuzz/seeds.pl), send }.
my (%own, %labels);

sub own_types
{
	my ($node, $database, $seeds) = @_;
	for (split /\n/, $node->safe_psql($database, qq{
		SELECT t.oid::regtype, t.typtype, t.typname, CASE WHEN t.typtype = 'b' THEN t.typsend::regproc::text ELSE (SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder LIMIT 1) END
		FROM pg_depend AS d JOIN pg_type AS t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
		WHERE $member AND t.typtype IN ('b', 'e') AND t.typcategory <> 'A'}))
	{
		my ($type, $kind, $name, $what) = split /\|/;
		if ($kind eq 'b') { $own{$type} = { name => $name, send => $what, seeds => $seeds->{$name} } }
		else { $labels{$type} = $what }
	}
	return %own;
}

# Arguments that functions accept beside the one that a test is about.
my %usual = (
	boolean => ['true'],
	integer => [ '1', '5', '2' ],
	bigint => [ '3', '1' ],
	'double precision' => [ '0.5', '2', '0.95' ],
	real => ['0.5'],
	numeric => [ '10.25', '-1' ],
	text => [ "'a'", "'new'" ],
	name => ["'a'"],
	bytea => ["'a,b'"],
	jsonb => ["'{}'"],
	date => ["'2024-01-20'"],
	'timestamp without time zone' => [ "'2024-01-20'", "'2024-04-30'", "'2024-12-31'" ],
	'timestamp with time zone' => ["'2024-01-20+00'"],
	interval => ["'30 days'"],
	'bigint[]' => ['NULL'],
	'double precision[]' => ["'{1,2}'"],
	'integer[]' => [ "'{1,2}'", "'{5}'" ],
	'boolean[]' => ["'{t,f}'"],
	'text[]' => [ "'{web,NULL}'", "'{x}'" ]);

# A value of the type as an expression, undef if none is known. own_types() must have been called.
sub usual
{
	my ($type, $variant) = @_;
	if ($type =~ /^(.+)\[\]$/ && $own{$1})
	{
		my $element = usual($1, $variant);
		return defined $element ? "ARRAY[$element]" : undef;
	}
	my $list = $own{$type} ? $own{$type}{seeds} : $labels{$type} ? ["'$labels{$type}'"] : $usual{$type};
	return $list ? '(' . $list->[ $variant % @$list ] . ")::$type" : undef;
}

1;
