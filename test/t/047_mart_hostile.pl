# One bad row costs one row: whatever comes into the source after a mart was made, its views and pages can be read, a kept mart
# says what a live one says, the figures of all other rows stay, and data_quality tells what was left out.
#   PT_LONG  all kinds of marts over all types; by default over one
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('hostile');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "jit = off\nlisten_addresses = ''\ntimezone = 'UTC'\n");
$node->start;

sub answer { return $node->safe_psql('postgres', $_[0]) }

answer(q{
	CREATE EXTENSION purchase_trends;
	-- what each view and page of a mart says, as a hash, or its error
	CREATE FUNCTION said(mart text) RETURNS TABLE (what text, hash text) LANGUAGE plpgsql STABLE AS $$
	DECLARE statement text;
	BEGIN
		FOR what, statement IN
			SELECT c.relname, format('SELECT count(*) || md5(coalesce(string_agg(v::text, chr(10) ORDER BY v::text COLLATE "C"), '''')) FROM %I.%I v%s', mart, c.relname,
				-- as they were when the mart was refreshed
				CASE c.relname WHEN 'data_quality' THEN ' WHERE v.check_name NOT LIKE ''labels differ only%''' ELSE '' END)
			FROM pg_class c
			WHERE c.relnamespace = mart::regnamespace AND c.relkind = 'v' AND c.relname <> 'customer'
			UNION ALL
			SELECT DISTINCT 'page ' || p.page, format('SELECT md5(mart_dashboard(%L, ''{}'', %L)::text)', mart, p.page) FROM mart_page p
		LOOP
			BEGIN
				EXECUTE statement INTO hash;
			EXCEPTION WHEN OTHERS THEN
				hash := SQLERRM;
			END;
			RETURN NEXT;
		END LOOP;
	END $$;
	CREATE TABLE heard (mart text, what text, hash text);
	CREATE FUNCTION failing(mart text) RETURNS text LANGUAGE sql AS $$
		DELETE FROM heard h WHERE h.mart = $1;
		INSERT INTO heard SELECT $1, s.* FROM said($1) s;
		SELECT coalesce(string_agg(h.what || ': ' || h.hash, '; ' ORDER BY h.what), 'none') FROM heard h WHERE h.mart = $1 AND h.hash !~ '^[0-9]*[0-9a-f]{32}$' $$;
	CREATE FUNCTION differing(a text, b text) RETURNS text LANGUAGE sql AS $$
		SELECT coalesce(string_agg(x.what, ' ' ORDER BY x.what), 'none')
		FROM heard x JOIN heard y USING (what) WHERE x.mart = a AND y.mart = b AND x.hash <> y.hash AND x.what !~ '^page' $$});

# --- The values --------------------------------------------------------------------

my $most = 9223372036854775807;
my %numbers = (
	float8 => [qw(NaN Infinity -Infinity 1e308 -1e308 1e17 -1e17 1e12 999999999999 3e9 2147483647.6 -3e9 5e-324 -1 0)],
	numeric => [qw(NaN Infinity -Infinity 1e400 -1e400 1e17 -1e17 1e12 999999999999.994 9999999999.994999 3e9 2147483647.6 -3e9 1e-400 -1 0)],
	int8 => [ $most, -$most, qw(1000000000000 999999999999 3000000000 -3000000000 2147483648 -2147483649 2147483647 -1 0) ]);
my %times = (
	timestamp => [ 'infinity', '-infinity', '9999-12-31', '294276-12-31 23:59:59.999999', '4713-01-01 BC', '3000-01-01', '0999-12-31 23:59:59.999999' ],
	timestamptz => [ 'infinity', '-infinity', '9999-12-31', '294276-12-31 23:59:59.999999', '4713-01-01 BC', '3000-01-02', '0999-12-30 23:59:59.999999' ],
	date => [ 'infinity', '-infinity', '9999-12-31', '5874897-12-31', '4713-01-01 BC', '3000-01-01', '0999-12-31' ]);
my @texts = ('', ' ', "\x01\x7f", q{'"\\%s$$ @end@}, 'NaN', 'infinity', '-1', "\xc3\x9f\xef\xbf\xbd", 'x' x 20000);

# Roles by what they hold.
my @numbers = qw(amount quantity discount_amount review_rating age previous_purchases purchase_frequency);
my @labels = qw(product category gender location size color season shipping_type payment_method);
my @flags = qw(subscribed discounted);
my %whole = map { $_ => 1 } qw(age previous_purchases purchase_frequency);

# Is a number one that the role takes? Not by what the extension does: by text.
sub fits
{
	my ($role, $value) = @_;
	return 0 if $value =~ /NaN|Inf|e400|e308|^-?922/;
	my $rounded = sprintf '%.0f', $value;
	return $whole{$role} ? $rounded <= 2147483647 && $rounded >= -2147483648 : abs($value) < 1e12;
}

my %variant = (
	float8 => { number => 'float8', time => 'timestamp', label => 'text', flag => 'text' },
	numeric => { number => 'numeric', time => 'timestamptz', label => 'timestamptz', flag => 'numeric' },
	int8 => { number => 'int8', time => 'date', label => 'date', flag => 'float8' });

for my $name (sort keys %variant)
{
	my %type = %{ $variant{$name} };
	my %column = ((map { $_ => $type{number} } @numbers), (map { $_ => $type{label} } @labels), (map { $_ => $type{flag} } @flags),
		purchased_at => $type{time}, further => $type{label});
	my %sane = ((map { $_ => "1 + i % 5" } @numbers), (map { $_ => $type{label} eq 'text' ? "'v' || i % 3" : "'2024-01-01'::$type{label} + i % 3 * " . ($type{label} eq 'date' ? '1' : "interval '1 day'") } @labels, 'further'),
		(map { $_ => $type{flag} eq 'text' ? "CASE WHEN i % 2 = 0 THEN 'Yes' ELSE 'No' END" : 'i % 2' } @flags),
		purchased_at => "'2024-01-01'::$type{time} + i % 90 * " . ($type{time} eq 'date' ? '1' : "interval '1 day'"));
	my @columns = sort keys %column;

	answer("CREATE TABLE source_$name (customer_id int8, order_id int8, " . join(', ', map { "$_ $column{$_}" } @columns) . "); CREATE INDEX ON source_$name (customer_id);"
		. "INSERT INTO source_$name SELECT i % 40, i, " . join(', ', map { $sane{$_} } @columns) . ' FROM generate_series(1, 200) i');
	my %mart = ("live_$name" => q{mode => 'live'}, "kept_$name" => q{mode => 'kept', follow => 'statement'}, "row_$name" => q{mode => 'kept', follow => 'row'},
		"compare_$name" => q{mode => 'kept', follow => 'compare'}, "undated_$name" => q{roles => '{"purchased_at": null}'});
	delete @mart{"row_$name", "compare_$name", "undated_$name"} unless $name eq 'float8' || $ENV{PT_LONG};
	answer("SELECT count(*) FROM create_mart('$_', 'source_$name', dimensions => '{further}', time_zone => 'Pacific/Kiritimati', $mart{$_})") for sort keys %mart;
	# with an empty bound, all rows are looked at as they are
	my @others = (q{SELECT md5(string_agg(f::text, ',' ORDER BY order_id)) FROM %s.fact_purchase f WHERE customer_id < 1000},
		q{SELECT md5(string_agg(concat_ws(' ', customer_id, revenue, purchases, gender, age), ',' ORDER BY customer_id)) FROM %s.dim_customer WHERE customer_id < 1000});
	my %before = map { my $mart = $_; ($mart => join ' ', map { answer(sprintf $_, $mart) } @others, 'SELECT revenue FROM %s.kpi_total') } keys %mart;

	# a row for each column and value: all else in it is sane, the amount is 1, and nobody else has its customer and order
	my $id = 1000;
	my %left_out;				# {role}{reason} of the rows that are
	my ($revenue, $dated_revenue) = (0, 0);
	my $insert = '';
	for my $role (@columns)
	{
		my @values = $role eq 'purchased_at' ? @{ $times{ $type{time} } } : (grep { $_ eq $role } @numbers) ? @{ $numbers{ $type{number} } }
			: (grep { $_ eq $role } @flags) ? ($type{flag} eq 'text' ? @texts : @{ $numbers{ $type{flag} } }) : $type{label} eq 'text' ? @texts : @{ $times{ $type{label} } };
		for my $value (@values)
		{
			$id++;
			my %row = (%sane, amount => 1);
			$row{$role} = "E'" . ($value =~ s/(['\\])/\\$1/gr) . "'::$column{$role}";
			$insert .= "INSERT INTO source_$name SELECT $id, $id, " . join(', ', map { $row{$_} } @columns) . " FROM (SELECT $id AS i) s;\n";
			if ($role eq 'purchased_at')
			{
				$left_out{$role}{ $value =~ /infinity/ ? 'time is infinite' : 'time is out of range' }++;
				$revenue++;
				next;
			}
			if (grep { $_ eq $role } @numbers)
			{
				$left_out{$role}{'value is out of range'}++ unless fits($role, $value);
				$revenue += sprintf '%.2f', $value if $role eq 'amount' && fits($role, $value);
				$dated_revenue += sprintf '%.2f', $value if $role eq 'amount' && fits($role, $value);
				next if $role eq 'amount';
			}
			elsif (grep { $_ eq $role } @flags)
			{
				$left_out{$role}{'text was not understood'}++ if $type{flag} eq 'text' || $value !~ /^(0|1)$/;
			}
			elsif ($type{label} eq 'timestamptz')
			{
				$left_out{$role}{'value is out of range'}++ if $value =~ /294276|BC/;
			}
			$revenue++;
			$dated_revenue++;
		}
	}
	# what parse_flag takes is for its own tests
	delete @left_out{@flags};
	answer($insert);

	my $check = sub {
		my ($what) = @_;
		for my $mart ("live_$name", sort grep { !/^live/ } keys %mart)
		{
			next if $mart =~ ($what eq 'pending' ? qr/^compare/ : qr/^undated/);
			is(answer("SELECT failing('$mart')"), 'none', "$mart, $what: everything can be read");
			is(join(' ', map { answer(sprintf $_, $mart) } @others),
				$before{$mart} =~ s/ \S+$//r, '... other rows are as before');
			my ($old) = $before{$mart} =~ / (\S+)$/;
			is(answer("SELECT revenue - $old FROM $mart.kpi_total"), sprintf('%.2f', $mart =~ /^undated/ ? $revenue : $dated_revenue), '... revenue is that of all that can be taken');
			my $told = answer("SELECT string_agg(subject || ': ' || check_name || ' ' || row_count || CASE WHEN example IS NULL THEN ' without an example' ELSE '' END, ', ' ORDER BY subject, check_name)
				FROM $mart.data_quality WHERE check_name IN ('value is out of range', 'time is infinite', 'time is out of range') AND row_count > 0");
			my %told = %left_out;
			delete $told{purchased_at} if $mart =~ /^undated/;
			is($told, join(', ', map { my $r = $_; map { "$r: $_ $told{$r}{$_}" } sort keys %{ $told{$r} } } sort keys %told), '... and data_quality tells what was left out');
			is(answer("SELECT differing('live_$name', '$mart')"), 'none', '... as in a live mart') unless $mart =~ /^(live|undated)/;
		}
	};
	$check->('pending');
	for my $mart (grep { !/^(live|undated)/ } sort keys %mart)
	{
		answer("SELECT 1 FROM refresh_mart('$mart')");
		is(answer("SELECT count(*) FROM verify_mart('$mart')"), '0', "$mart is refreshed, and verifies");
	}
	$check->('refreshed');
	if ($name eq 'float8')
	{
		answer("SELECT set_mart_mode('kept_$name', 'live'); SELECT set_mart_mode('kept_$name', 'kept')");
		answer("SELECT upgrade_mart('$_')") for sort keys %mart;
		is(answer("SELECT failing('$_')"), 'none', "$_, upgraded: everything can be read") for sort keys %mart;
		is(answer("SELECT differing('live_$name', 'kept_$name')"), 'none', '... and is the same');
	}
	answer("DELETE FROM source_$name WHERE customer_id >= 1000");
	is(join(' ', map { answer(sprintf $_, "kept_$name") } @others), $before{"kept_$name"} =~ s/ \S+$//r, 'the rows go, and all is as before');
	answer("SELECT drop_mart('$_')") for sort keys %mart;
}

done_testing();
