#!/usr/bin/env perl
# Reads a CSV file for script/load, which see:
#   csv-records.pl head FILE NAME SKIP DELIMITER FOLDER
#     reads FILE, which messages call NAME, several times from its beginning;
#     writes the header, its delimiter and whether there is a byte order mark
#     to files in FOLDER; an empty DELIMITER means that it is to be found.
#   csv-records.pl rows FILE NAME SKIP DELIMITER FOLDER [reject [LINE]]
#     writes the records as COPY reads them, after an empty one in place of the
#     header, so that COPY counts lines as most files do. At the end their
#     number goes to the file "sent": without it, nothing must be committed.
#     The file "told" has what is said beside it.
#     With "reject", records with too few or too many fields are appended to
#     the file "reject.sql" instead. With LINE, nothing is written but the line
#     of the file from which line LINE of the output comes.
#
# The rules are those of RFC 4180 with three liberties. A field is quoted if its
# first character is a quote (or the first after blanks, if the quotes are then
# closed on that line and nothing but blanks follows); a quote elsewhere is a
# character. Line ends may differ from line to line. Empty lines at the end are
# no records. COPY's own CSV takes every quote for one that quotes.
use strict;
use warnings;

my ($mode, $file, $name, $skip, $delimiter, $folder, $reject, $until) = @ARGV;
my $most = 256 * 1024 * 1024;	# bytes of a record: COPY's own limit is 1 GB
my $line = 0;	# lines read so far
my ($in, $gzip);

# An error for people; the caller shows it.
sub fail
{
	my ($message, $hint) = @_;
	print STDERR "load: $message\n";
	print STDERR "HINT:  $hint\n" if defined $hint;
	exit 1;
}

sub write_file
{
	my ($name, $content) = @_;
	open my $out, '>:raw', "$folder/$name" or fail("$folder/$name: $!");
	print $out $content;
	close $out or fail("$folder/$name: $!");
}

sub fail_damaged
{
	fail("\"$name\" cannot be read to its end" . ($gzip ? ': it is damaged, or not whole' : ": $!"));
}

sub fields { return $_[0] == 1 ? '1 field' : "$_[0] fields"; }

# --- The file ---------------------------------------------------------------

sub open_file
{
	if ($gzip)
	{
		open $in, '-|', 'gzip', '-dc', '--', $file or fail("\"$name\" is compressed, and gzip cannot be run: $!", 'unpack it first');
	}
	else
	{
		open $in, '<', $file or fail("\"$name\" cannot be read: $!");
	}
	binmode $in;
}

sub peek
{
	my ($size) = @_;
	my $bytes = '';
	while (length $bytes < $size)
	{
		my $got = read $in, $bytes, $size - length $bytes, length $bytes;
		fail("\"$name\" cannot be read: $!") unless defined $got;
		last unless $got;
	}
	return $bytes;
}

open_file();
my $start = peek(16);
$gzip = $start =~ /\A\x1f\x8b/;
for ([ qr/\APK\x03\x04/, 'is a ZIP archive or an Excel workbook', 'unpack it, or save the sheet as CSV' ],
	[ qr/\A\xd0\xcf\x11\xe0/, 'is an Excel workbook', 'save the sheet as CSV' ],
	[ qr/\APAR1/, 'is a Parquet file', 'write it as CSV' ],
	[ qr/\A(?:BZh[1-9]1AY|\xfd7zXZ\0|\x28\xb5\x2f\xfd)/, 'is compressed', 'unpack it first; only gzip is unpacked here' ])
{
	fail("\"$name\" $_->[1]", $_->[2]) if $start =~ $_->[0];
}
close $in;
open_file();
my $peek = peek(1048576);
my $closed = close $in;	# not if gzip could not write it all
fail_damaged() if $peek eq '' && !$closed;
fail("\"$name\" is empty", 'the first line of a CSV file names its columns') if $peek eq '';
fail("\"$name\" is encoded as UTF-16", 'convert it: iconv -f UTF-16 -t UTF-8') if $peek =~ /\A(?:\xff\xfe|\xfe\xff)/;
my $bom = $peek =~ s/\A\xef\xbb\xbf//;

# Which line ends: that of the first line decides between \n, with any number
# of \r before it, and the \r alone of old Macs.
(my $bare = $peek) =~ s/"[^"]*"//g;
my $mac = ($bare =~ /(\r*\n|\r)/ || $peek =~ /(\r*\n|\r)/) && $1 eq "\r";
my $other = $mac ? "\n" : "\r";
my $end;	# that of the line just read
$/ = $mac ? "\r" : "\n";

# The next line without its end, which goes to $end; undef after the last.
sub next_line
{
	my $text = <$in>;
	return undef unless defined $text;
	$line++;
	$text =~ s/\A\xef\xbb\xbf// if $line == 1;
	$end = chomp $text ? $/ : '';
	$end = "$1$end" if !$mac && $text =~ s/(\r+)\z//;
	return $text;
}

# --- Records ------------------------------------------------------------------

my $hint_quotes = 'a field that begins with a quote must end with one, and quotes in it be doubled; other fields may hold quotes as they are';
my $class;	# the delimiters, as a class for patterns
my $blanks;	# a pattern of blanks that are no delimiters
my $padded;	# a pattern of a quoted field after blanks

sub set_delimiters
{
	my ($delimiters) = @_;
	$class = join '', map { sprintf '\x%02x', ord } split //, $delimiters;
	$blanks = join '', grep { index($delimiters, $_) < 0 } ' ', "\t";
	$blanks = $blanks eq '' ? '' : "[$blanks]*+";
	$padded = qr/\G$blanks"[^"]*+(?:""[^"]*+)*+"$blanks(?=[$class]|\z)/;
}

sub fail_end_of_data
{
	fail("line $line of \"$name\" is \"\\.\", which COPY takes for the end of the data", 'quote or remove it');
}

sub fail_nul
{
	fail("line $line of \"$name\" has a byte of value 0", 'such a byte is in no text: is it a CSV file?');
}

# The record that begins with a line: its text in the file, its number of
# fields, its text for COPY, and that without quoted fields. Reads on where
# quotes hold line ends.
sub record
{
	my ($text) = @_;
	my ($count, $copy, $bare) = (0, '', '');

	fail_nul() if index($text, "\0") >= 0;
	pos($text) = 0;
	while (1)
	{
		my $from = pos $text;
		$count++;
		if ($text =~ /\G"/gc)
		{
			my $opened = $line;
			while (1)
			{
				# one by one: a pattern cannot repeat a group without limit
				1 while $text =~ /\G(?:[^"]+|"")/gc;
				my $at = pos $text;
				last if $at < length $text;
				my $before = $end;
				my $next = next_line();
				fail_damaged() if !defined $next && !close $in;
				defined $next or fail("line $opened of \"$name\" has a quoted field that never ends", "every quote needs its end: $hint_quotes");
				fail_nul() if index($next, "\0") >= 0;
				# psql would, even inside quotes
				fail_end_of_data() if $next eq '\\.' && !$mac;
				$text .= $before . $next;
				pos($text) = $at;
				fail("line $opened of \"$name\" has a quoted field that does not end within $most bytes", "every quote needs its end: $hint_quotes")
				  if length $text > $most;
			}
			my $escaped = substr($text, pos($text) - 1, 1) eq '\\';
			$text =~ /\G"$blanks/gc;
			$text =~ /\G(?=[$class]|\z)/gc
			  or fail("line $line of \"$name\" has characters after the closing quote of a field" . ($opened < $line ? ", which begins in line $opened" : ''),
				$escaped ? 'a quote in quotes is doubled in CSV, not written with a backslash' : $hint_quotes);
			$copy .= substr $text, $from, pos($text) - $from;
		}
		elsif ($text =~ /$padded/gc)
		{
			$copy .= substr $text, $from, pos($text) - $from;
		}
		else
		{
			$text =~ /\G[^$class]*/gc;
			my $field = substr $text, $from, pos($text) - $from;
			fail("line $line of \"$name\" has a " . ($mac ? 'line feed' : 'carriage return') . ' in the middle, outside quotes',
				'lines must end alike: convert the file, or quote the field')
			  if index($field, $other) >= 0;
			$bare .= $field;
			$field = '"' . $field =~ s/"/""/gr . '"' if index($field, '"') >= 0;
			$copy .= $field;
		}
		last if pos $text == length $text;
		$text =~ /\G([$class])/gc;
		$copy .= $1;
		$bare .= $1;
	}
	return ($text, $count, $copy, $bare);
}

# --- The header ---------------------------------------------------------------

# Reads to the header, and gives what record() does. A line "sep=;", which
# Excel writes in front of all others, tells the delimiter if none is given.
sub read_header
{
	my ($header, $sep);

	$line = 0;
	open_file();
	for (0 .. $skip)
	{
		$header = next_line();
		last unless defined $header;
		next unless $header =~ /\A"?sep=(.)"?\z/i && ($line == 1 || $line == $skip + 1);
		$sep = $1;
		$header = next_line() if $line == $skip + 1;
	}
	fail("\"$name\" has no line " . ($skip + 1) . ', which should name the columns', '--skip N leaves out the first N lines') unless defined $header;
	fail(($line == 1 ? 'the first line' : "line $line") . " of \"$name\" is empty", 'it must name the columns')
	  if $header =~ /\A[ \t\r\n]*\z/;
	$delimiter = $sep if $delimiter eq '' && defined $sep;
	fail("the delimiter \"$delimiter\" cannot be used", 'it is one ASCII character, and no quote') if $delimiter =~ /[^\x01-\x7f]|["\r\n]/;
	set_delimiters($delimiter ne '' ? $delimiter : ",;\t|");
	return record($header);
}

if ($mode eq 'head')
{
	my (undef, undef, undef, $bare) = read_header();
	if ($delimiter eq '')
	{
		# the one that the header has most of, and of those alike the first
		my $found = 0;
		$delimiter = ',';
		for my $candidate (',', ';', "\t", '|')
		{
			my $n = () = $bare =~ /\Q$candidate\E/g;
			($found, $delimiter) = ($n, $candidate) if $n > $found;
		}
	}
	my (undef, undef, $copy) = read_header();
	write_file('header', $copy);
	write_file('delimiter', $delimiter);
	write_file('bom', '') if $bom;
	close $in;	# gzip may complain that nobody reads the rest
	exit 0;
}

# --- The rows -----------------------------------------------------------------

my (undef, $columns) = read_header();
my $special = eval 'sub { return $_[0] =~ tr/"\x00' . sprintf('\x%02x', ord $other) . '// }';
my $delimiters = eval 'sub { return $_[0] =~ tr/' . sprintf('\x%02x', ord $delimiter) . '// }';
# Lines of as many fields as the header: all in quotes, or some. Written out
# field by field, since a repeated group takes far longer.
my $all_quoted = join $class, ('"[^"\0]*+"') x $columns;
my $well_formed = join $class, ("(?>\"[^\"\\0]*+\"(?:\"[^\"\\0]*+\")*+|[^\"\\r\\n\\0$class]*+)") x $columns;
$_ = qr/\A$_\z/ for $all_quoted, $well_formed;
my $sent = 0;
my $spanning = 0;	# records of several lines, which quotes hold together
my $rejected = 0;
my $empty = 0;	# lines, of which it is not known yet whether others follow
my $written = 0;	# lines
my $rejects;

if ($reject)
{
	open $rejects, '>>:raw', "$folder/reject.sql" or fail("$folder/reject.sql: $!");
}
binmode STDOUT;
send_lines($line, '""');

# With $until, only counts them.
sub send_lines
{
	my ($at, $text) = @_;
	if (!$until)
	{
		print $text, "\n" or exit 1;	# psql has ended, and said why
		return;
	}
	$written += 1 + ($text =~ tr/\n//);
	return if $written < $until;
	print $at, "\n";
	exit 0;
}

sub send_ragged
{
	my ($at, $count, $text) = @_;
	# the last line of what gzip could write is not a whole one
	fail_damaged() if $gzip && eof $in && !close $in;
	fail_end_of_data() if $text eq '\\.' && !$reject;
	my $has = $count ? 'has ' . fields($count) : 'is empty';
	fail("line $at of \"$name\" $has, the header has " . ($count ? $columns : fields($columns)),
		"every line must have as many fields as the header (delimiter \"$delimiter\"); --ragged reject puts the others into a table of their own"
		  . ($sent == 0 && $count > $columns ? ', and --skip N leaves out lines before the header' : ''))
	  unless $reject;
	$rejected++;
	print $rejects "$at,$count,\"", $text =~ s/"/""/gr, "\"\n" or fail("$folder/reject.sql: $!");
}

while (defined(my $text = <$in>))
{
	my ($at, $count, $copy) = ++$line;
	$end = chomp $text ? $/ : '';
	while (!$mac && $text ne '' && substr($text, -1) eq "\r")
	{
		chop $text;
		$end = "\r$end";
	}
	if ($text eq '')
	{
		$empty++;
		next;
	}
	for (; $empty; $empty--)
	{
		if ($columns > 1)
		{
			send_ragged($line - $empty, 0, '');
		}
		else
		{
			$sent++;
			send_lines($line - $empty, '');
		}
	}
	if ($special->($text))
	{
		# Most lines with quotes are as COPY wants them.
		if ($text =~ $all_quoted || $text =~ $well_formed)
		{
			($count, $copy) = ($columns, $text);
		}
		else
		{
			($text, $count, $copy) = record($text);
			$spanning++ if $line > $at;
		}
	}
	else
	{
		$count = 1 + $delimiters->($text);
		$copy = $text;
	}
	if ($count != $columns)
	{
		send_ragged($at, $count, $text);
		next;
	}
	$copy = '"\\."' if $copy eq '\\.';
	$sent++;
	if ($until)
	{
		send_lines($at, $copy);
	}
	else
	{
		print $copy, "\n" or exit 1;
	}
}
close $in or fail_damaged();
if ($until)
{
	print $line, "\n";
	exit 0;
}
if ($reject)
{
	print $rejects "\\.\n" or fail("$folder/reject.sql: $!");
	close $rejects or fail("$folder/reject.sql: $!");
	write_file('rejected', $rejected);
}
STDOUT->flush() or exit 1;
write_file('told', ($columns == 1 ? '; one column: the header has no ' . ($delimiter eq "\t" ? 'tab' : "\"$delimiter\"") . ' (-d says what is between fields)' : '')
	  . ($spanning ? "; records of several lines within quotes: $spanning" : ''));
write_file('sent', $sent);
