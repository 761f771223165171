# What every view of every mart promises to BI tools (shared/DESIGN.md, "What
# BI tools see"), as catalog queries.
package BiContract;
use strict;
use warnings;
use Exporter 'import';
use Test::More;
our @EXPORT = qw(check_bi_contract check_keys check_reads);

# Views that BI tools do not open: they may have types of our own.
my $inner = q{SELECT view_name FROM mart_view WHERE is_inner};

sub none
{
	my ($node, $db, $what, $sql) = @_;
	my $found = $node->safe_psql($db, $sql);
	is($found, '', $what);
	return;
}

sub check_bi_contract
{
	my ($node, $db, $mart) = @_;
	my $columns = qq{
		SELECT c.relname, a.attname, a.atttypid::regtype::text AS type, a.atttypmod, a.attnum, c.oid
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = \$mart\$$mart\$mart\$)
			AND c.relkind = 'v' AND a.attnum > 0};
	my $n = $node->safe_psql($db, "SELECT count(*) FROM ($columns) c");
	cmp_ok($n, '>', 50, "$mart: the contract is checked on $n columns");
	none($node, $db, "$mart: only types that BI tools know",
		"SELECT relname, attname, type FROM ($columns) c WHERE relname NOT IN ($inner) AND type NOT IN ('boolean', 'smallint', 'integer', 'bigint', 'numeric', 'double precision', 'text', 'date', 'timestamp without time zone')");
	none($node, $db, "$mart: numeric has a precision of at most 22, which fits the 28 digits of .NET",
		"SELECT relname, attname, atttypmod FROM ($columns) c WHERE type = 'numeric' AND (atttypmod < 0 OR ((atttypmod - 4) >> 16) > 22)");
	none($node, $db, "$mart: names are lower snake_case of at most 40 characters",
		"SELECT relname, attname FROM ($columns) c WHERE relname !~ '^[a-z][a-z0-9_]{0,39}\$' OR attname !~ '^[a-z][a-z0-9_]{0,39}\$'");
	none($node, $db, "$mart: every view and column has a COMMENT",
		"SELECT relname, attname FROM ($columns) c WHERE coalesce(obj_description(oid, 'pg_class'), '') = '' OR coalesce(col_description(oid, attnum), '') = ''");
	none($node, $db, "$mart: flags have a label beside them",
		"SELECT relname, attname FROM ($columns) c WHERE type = 'boolean' AND relname ~ '^(fact|dim)_' AND NOT EXISTS (SELECT FROM ($columns) l WHERE l.relname = c.relname AND l.attname = c.attname || '_label' AND l.type = 'text')");
	none($node, $db, "$mart: a sort column is a smallint beside its label",
		"SELECT relname, attname FROM ($columns) c WHERE attname ~ '_sort\$' AND (type <> 'smallint' OR NOT EXISTS (SELECT FROM ($columns) l WHERE l.relname = c.relname AND l.attname || '_sort' = c.attname AND l.type = 'text'))");
	# every row of every view, so that a NaN cannot hide
	my @numbers = split /\n/, $node->safe_psql($db,
		"SELECT format('SELECT %L WHERE EXISTS (SELECT FROM %I.%I WHERE %s)', relname, \$mart\$$mart\$mart\$, relname, string_agg(format('%I::float8 = ANY (ARRAY[''NaN'', ''Infinity'', ''-Infinity'']::float8[])', attname), ' OR ')) FROM ($columns) c WHERE type IN ('numeric', 'double precision') GROUP BY relname");
	cmp_ok(scalar @numbers, '>', 3, "$mart: views with numbers are looked through");
	none($node, $db, "$mart: no NaN and no infinity", join(' UNION ALL ', @numbers));
	return;
}

sub check_keys
{
	my ($node, $db, $mart) = @_;
	# the catalog says what a view has one row per; NULL is the rows of what it reads
	my @views = split /\n/, $node->safe_psql($db, qq{
		SELECT DISTINCT c.relname, array_to_string(v.key, ', '), v.key IS NULL
		FROM pg_class c LEFT JOIN mart_view v ON v.view_name = c.relname
		WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = \$mart\$$mart\$mart\$) AND c.relkind = 'v'
		ORDER BY 1});
	for (@views)
	{
		my ($view, $key, $keyless) = split /\|/;
		next if $keyless eq 't';
		my $group = $key eq '' ? '()' : $key;
		none($node, $db, "$mart.$view: one row per ($key)",
			qq{SELECT count(*) FROM "$mart".$view GROUP BY $group HAVING count(*) > 1});
	}
	none($node, $db, "$mart: only views with rows of the source have no key",
		q{SELECT template_name FROM mart_view WHERE key IS NULL AND NOT is_inner AND description !~ '^One row per row of the source'});
	return;
}

# What the header of a view says that it reads is what its query reads.
sub check_reads
{
	my ($node, $db, $mart) = @_;
	none($node, $db, "$mart: views read what their headers say", qq{
		SELECT v.template_name, 'says ' || s.said::text, 'reads ' || s.found::text
		FROM (SELECT m.* FROM mart_view v, pt_read_mart_settings(\$mart\$$mart\$mart\$) m LIMIT 1) AS settings
		JOIN mart_view v ON settings.roles ?& v.needs AND NOT settings.roles ?| v.unless
		JOIN pg_class c ON c.relname = v.view_name AND c.relkind = 'v'
			AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = \$mart\$$mart\$mart\$)
		CROSS JOIN LATERAL (
			-- what groups scored customers has their query in its own
			SELECT ARRAY(SELECT r FROM unnest(v.reads) r
					UNION SELECT r FROM mart_view x, unnest(x.reads) r
					WHERE v.query ~ '\@grouped ' AND x.view_name = 'scored_customer' AND settings.roles ?& x.needs AND NOT settings.roles ?| x.unless
					ORDER BY 1) AS said,
				ARRAY(
					SELECT DISTINCT CASE WHEN d.refobjid = settings.source THEN 'source' ELSE o.relname::text END
					FROM pg_rewrite w
					JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
						AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> c.oid
					JOIN pg_class o ON o.oid = d.refobjid
					WHERE w.ev_class = c.oid AND (d.refobjid = settings.source OR o.relnamespace = c.relnamespace)
					ORDER BY 1) AS found
		) s
		-- a mart without the roles may read less
		WHERE NOT s.said @> s.found
		ORDER BY 1});
	return;
}

1;
