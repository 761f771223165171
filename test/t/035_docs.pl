# What the texts say is what happens: every block of SQL in README.md and docs/
# runs as typed, top to bottom, in an empty database of its file, as the owner
# of the database and no superuser; only what a text makes itself is there.
# A plain block right after one of SQL is what psql answers, and is compared.
# A block that cannot run has a line "<!-- not run: why -->" before it.  Links
# between the texts lead to files and headings that are there.
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $source = $ENV{PT_SOURCE} // "$FindBin::RealBin/../..";

# made by script/docs from the database, and without queries
my @files = ('README.md', grep { $_ ne 'docs/reference.md' }
	map { s/^\Q$source\E\///r } sort(glob("$source/docs/*.md"), glob("$source/bi/questions/*.md")));

# all that cannot run here; whoever adds one has to say so here too
my @expected_not_run = ('docs/mart.md: needs pg_cron');

# --- Reading a text -------------------------------------------------------------

# The blocks of a text: { line, sql, not_run, answer }, where line is that of the
# fence.
sub blocks
{
	my ($text) = @_;
	my (@blocks, @wrong, $inside, $not_run, $after);
	my $number = 0;
	for my $line (split /\n/, $text)
	{
		$number++;
		if (defined $inside)
		{
			if ($line =~ /^```\s*$/)
			{
				$after = $inside->{kind} eq 'sql' ? $inside : undef;
				$inside = undef;
			}
			elsif ($inside->{kind} eq 'answer') { $inside->{of}{answer} .= "$line\n" }
			else { $inside->{sql} .= "$line\n" }
		}
		elsif ($line =~ /^```(\S*)\s*$/)
		{
			my $kind = $1 eq 'sql' ? 'sql' : $1 eq '' && $after ? 'answer' : 'other';
			push @wrong, "$number: no block of SQL follows the comment" if defined $not_run && $kind ne 'sql';
			$inside = { kind => $kind, line => $number, sql => '', not_run => $not_run, of => $after };
			push @blocks, $inside if $kind eq 'sql';
			($not_run, $after) = ();
		}
		elsif ($line =~ /^\s*<!-- *not run/i)
		{
			($not_run) = $line =~ /^<!-- not run: (\S.*) -->$/;
			push @wrong, "$number: the comment is written <!-- not run: why -->" unless defined $not_run;
			$after = undef;
		}
		elsif ($line =~ /\S/)
		{
			push @wrong, "$number: no block of SQL follows the comment" if defined $not_run;
			($not_run, $after) = ();
		}
	}
	push @wrong, $inside->{line} . ': the block has no end' if defined $inside;
	for my $block (grep { !defined $_->{not_run} } @blocks)
	{
		my ($last) = (join '', map { s/--.*//r } split /^/, $block->{sql}) =~ /(\S+)\s*\z/;
		push @wrong, "$block->{line}: the last statement of the block has no end"
			unless defined $last && ($last =~ /;$/ || $block->{sql} =~ /(^|\s)\\[a-z].*\s*\z/);
	}
	return (\@blocks, \@wrong);
}

# What psql is given: the blocks at the lines that they have in the text, so that
# its messages name these, and marks around what each answers.
sub script_of
{
	my ($text, $blocks) = @_;
	my @lines = ('') x (1 + ($text =~ tr/\n//));
	for my $block (grep { !defined $_->{not_run} } @$blocks)
	{
		my @sql = split /\n/, $block->{sql}, -1;
		pop @sql;
		$lines[ $block->{line} - 1 ] = "\\echo \@\@ $block->{line}";
		@lines[ $block->{line} .. $block->{line} + $#sql ] = @sql;
		$lines[ $block->{line} + @sql ] = '\echo @@';
	}
	return join "\n", @lines, '';
}

my $node = PostgreSQL::Test::Cluster->new('docs');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', 'jit = off');
$node->start;
# texts about rights make roles
$node->safe_psql('postgres', 'CREATE ROLE owner LOGIN CREATEROLE');

my $databases = 0;

# Runs a text; gives psql's errors, the answer at each line, and the blocks.
sub run_text
{
	my ($name, $text) = @_;
	my ($blocks, $wrong) = blocks($text);
	my $database = 'docs' . ++$databases;
	$node->safe_psql('postgres', "CREATE DATABASE $database OWNER owner");
	my $folder = PostgreSQL::Test::Utils::tempdir();
	my $script = "$folder/" . ($name =~ s{/}{+}gr);
	append_to_file($script, script_of($text, $blocks));
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run(
		[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-U', 'owner', '-f', $script ],
		'<', \undef, '>', \$out, '2>', \$err);
	# what it says of an error, without notices: file, line and message
	my $messages = join "\n", grep { /ERROR|FATAL|error:|^(DETAIL|HINT|LINE|CONTEXT)/ } split /\n/, $err =~ s/psql:\Q$script\E:/$name:/gr;
	$messages = "psql failed: $err" if !$ok && $messages eq '';
	my %answer = $out =~ /^@@ (\d+)\n(.*?)^@@\n/msg;
	$node->safe_psql('postgres', "DROP DATABASE $database");
	return ($ok ? '' : $messages, \%answer, $blocks, $wrong);
}

sub lines_of
{
	return join "\n", map { s/\s+$//r } split /\n/, $_[0] =~ s/\s+\z//r =~ s/\A(\s*\n)+//r;
}

# --- The test itself: what it must find -------------------------------------------

{
	my ($errors, $answers, $blocks, $wrong) = run_text('a.md', <<'MD');
# A

```sql
CREATE TABLE t AS SELECT 1 AS a;
SELECT a FROM t;   -- one
```

```
 a
---
 1
(1 row)
```

<!-- not run: an error -->
```sql
SELECT no_such_column FROM t
```

```sh
exit 1
```
```sql
\set b 7
SELECT :b AS b \gset
```

```sql
SELECT :b + 1 AS c;
```
MD
	is($errors, '', 'a text without errors');
	is_deeply([ map { $_->{line} } @$blocks ], [ 3, 16, 23, 28 ], '... its blocks');
	is_deeply([ map { $_->{not_run} } @$blocks ], [ undef, 'an error', undef, undef ], '... and which cannot run');
	is(lines_of($answers->{3}), lines_of($blocks->[0]{answer}), '... the answer under a block');
	is($blocks->[1]{answer}, undef, '... a plain block elsewhere is no answer');
	like($answers->{28}, qr/^ 8$/m, '... variables of one block are there in the next');
	is_deeply($wrong, [], '... and nothing wrong');

	($errors) = run_text('docs/b.md', "text\n\n```sql\nSELECT 1;\nSELECT 1/0;\n```\n\n```sql\nSELECT nothing;\n```\n");
	is($errors, 'docs/b.md:5: ERROR:  division by zero', 'the first error, with file and line');
	($errors) = run_text('c.md', "```sql\nCREATE EXTENSION ptfuzz;\n```\n");
	like($errors, qr/^c\.md:2: ERROR:  permission denied/, 'the owner is no superuser');

	my %wrong = (
		"```sql\nSELECT 1\n```\n" => '1: the last statement of the block has no end',
		"```sql\nSELECT 1; -- x\nSELECT 2 -- y;\n```\n" => '1: the last statement of the block has no end',
		"<!-- not run: why -->\ntext\n\n```sql\nSELECT 1;\n```\n" => '2: no block of SQL follows the comment',
		"<!-- not run: why -->\n```sh\nls\n```\n" => '2: no block of SQL follows the comment',
		"<!-- not run -->\n```sql\nSELECT 1;\n```\n" => '1: the comment is written <!-- not run: why -->',
		"\n```sql\nSELECT 1;\n" => '2: the block has no end');
	for my $text (sort keys %wrong)
	{
		my (undef, $found) = blocks($text);
		is_deeply($found, [ $wrong{$text} ], "told: $wrong{$text}");
	}
}

# --- The texts ---------------------------------------------------------------------

my (@not_run, $run, $answered);
for my $file (@files)
{
	my $text = slurp_file("$source/$file");
	my ($blocks, $wrong) = blocks($text);
	is(join("\n", map { "$file:$_" } @$wrong), '', "$file is written as it should be");
	push @not_run, map { "$file: $_->{not_run}" } grep { defined $_->{not_run} } @$blocks;
	next unless @$blocks;
	my ($errors, $answers) = run_text($file, $text);
	is($errors, '', "$file runs as typed, from top to bottom");
	$run += grep { !defined $_->{not_run} } @$blocks;
	next if $errors ne '';
	for my $block (grep { defined $_->{answer} } @$blocks)
	{
		my $shown = lines_of($block->{answer});
		is(lines_of(substr lines_of($answers->{ $block->{line} }), -length $shown), $shown, "$file:$block->{line} answers as it says");
		$answered++;
	}
}
cmp_ok($run, '>=', 40, 'blocks of SQL ran');
cmp_ok($answered // 0, '>=', 1, 'answers were compared');
is_deeply(\@not_run, \@expected_not_run, 'few blocks cannot run');

# --- Links ---------------------------------------------------------------------------

# the name that GitHub gives a heading
sub anchors
{
	my ($file) = @_;
	my (%seen, $code);
	for my $line (split /\n/, slurp_file($file))
	{
		$code = !$code if $line =~ /^```/;
		next if $code || $line !~ /^#+ +(.*?)\s*$/;
		my $name = lc $1;
		$name =~ s/\[([^]]*)\]\([^)]*\)/$1/g;
		utf8::decode($name);
		$name =~ s/[^\w\- ]//g;
		$name =~ tr/ /-/;
		utf8::encode($name);
		my $n = $seen{$name}++;
		$seen{"$name-$n"}++ if $n;
	}
	return \%seen;
}

my ($links, @dead) = (0);
my %anchors;
for my $file (@files, 'docs/reference.md', 'CONTRIBUTING.md', 'CHANGELOG.md')
{
	my $text = slurp_file("$source/$file") =~ s/^```.*?^```$//msgr =~ s/`[^`\n]*`//gr;
	my ($folder) = $file =~ m{^(.*/)?[^/]*$};
	while ($text =~ /\]\(([^)\s]+)\)/g)
	{
		my ($path, $anchor) = $1 =~ /^([^#]*)(?:#(.*))?$/;
		next if $path =~ /^[a-z]+:/;
		$links++;
		my $target = $path eq '' ? "$source/$file" : "$source/" . ($folder // '') . $path;
		if (!-e $target) { push @dead, "$file: $path is not there" }
		elsif (defined $anchor && !($anchors{$target} //= anchors($target))->{$anchor})
		{
			push @dead, "$file: $path has no heading #$anchor";
		}
	}
}
is(join("\n", @dead), '', 'links between the texts lead somewhere');
cmp_ok($links, '>=', 60, '... and there are some');

done_testing();
