/*-------------------------------------------------------------------------
 *
 * csv.c
 *		CSV records: pt_csv_fields(), pt_csv_delimiter(), pt_csv_check().
 *
 * The rules are those of script/csv-records.pl: a field is quoted if its
 * first character is a quote (or the first after blanks, if the quotes are
 * then closed on that line and nothing but blanks follows); a quote elsewhere
 * is a character.  COPY takes every quote for one that quotes, so a file on
 * the server is left to it only if that makes no difference.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "array.h"
#include "clean.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(pt_csv_fields);
PG_FUNCTION_INFO_V1(pt_csv_delimiter);
PG_FUNCTION_INFO_V1(pt_csv_check);

/* Those that are looked for, the first of those alike wins. */
static const char candidates[] = ",;\t|";

static char
delimiter_argument(const text *delimiter)
{
	if (VARSIZE_ANY_EXHDR(delimiter) != 1 ||
		strchr("\"\r\n", *VARDATA_ANY(delimiter)) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("delimiter \"%s\" cannot be used",
						shown_text(delimiter)),
				 errhint("It is one ASCII character, such as ',' or ';', and no quote.")));
	return *VARDATA_ANY(delimiter);
}

static bool
is_delimiter(char c, const char *delimiters)
{
	return c != '\0' && strchr(delimiters, c) != NULL;
}

static bool
is_blank(char c, const char *delimiters)
{
	return (c == ' ' || c == '\t') && !is_delimiter(c, delimiters);
}

static const char *
skip_blanks(const char *s, const char *end, const char *delimiters)
{
	while (s < end && is_blank(*s, delimiters))
		s++;
	return s;
}

/* The quote that closes what one before s has opened; NULL if there is none. */
static const char *
closing_quote(const char *s, const char *end)
{
	for (; s < end; s++)
	{
		CHECK_FOR_INTERRUPTS();
		if (*s != '"')
			continue;
		if (s + 1 == end || s[1] != '"')
			return s;
		s++;
	}
	return NULL;
}

/*
 * The end of the field that begins at s.  If it is quoted, open and close are
 * its quotes, otherwise NULL.
 */
static const char *
field_end(const char *s, const char *end, const char *delimiters,
		  const text *line, const char **open, const char **close)
{
	const char *quote = skip_blanks(s, end, delimiters);

	*open = *close = NULL;
	if (quote < end && *quote == '"')
	{
		const char *closing = closing_quote(quote + 1, end);
		const char *after = NULL;

		if (closing != NULL)
			after = skip_blanks(closing + 1, end, delimiters);
		if (closing != NULL &&
			(after == end || is_delimiter(*after, delimiters)) &&
			(quote == s || memchr(quote, '\n', closing - quote) == NULL))
		{
			*open = quote;
			*close = closing;
			return after;
		}
		if (quote == s)
			ereport(ERROR,
					(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
					 closing == NULL ?
					 errmsg("the header line ends inside quotes") :
					 errmsg("the header line has characters after the closing quote of a field"),
					 errdetail("The line is: %s", shown_text(line))));
	}
	while (s < end && !is_delimiter(*s, delimiters))
		s++;
	return s;
}

/* The record in a line: without byte order mark and line end. */
static void
narrow_line(const text *line, const char **s, const char **end)
{
	*s = VARDATA_ANY(line);
	*end = *s + VARSIZE_ANY_EXHDR(line);
	if (*end - *s >= 3 && memcmp(*s, "\xEF\xBB\xBF", 3) == 0)
		*s += 3;
	while (*end > *s && ((*end)[-1] == '\n' || (*end)[-1] == '\r'))
		(*end)--;
}

/*
 * The fields of one CSV record; an empty field is '' and never NULL.  Blanks
 * around quotes belong to the field, as COPY has it.
 */
Datum
pt_csv_fields(PG_FUNCTION_ARGS)
{
	text	   *line = PG_GETARG_TEXT_PP(0);
	char		delimiters[2] = {delimiter_argument(PG_GETARG_TEXT_PP(1)), '\0'};
	const char *s;
	const char *end;
	StringInfoData field;
	ArrayBuildState *fields = NULL;

	narrow_line(line, &s, &end);
	initStringInfo(&field);
	for (;;)
	{
		const char *open;
		const char *close;
		const char *stop = field_end(s, end, delimiters, line, &open, &close);

		CHECK_FOR_INTERRUPTS();
		resetStringInfo(&field);
		if (open == NULL)
			appendBinaryStringInfo(&field, s, stop - s);
		else
		{
			appendBinaryStringInfo(&field, s, open - s);
			for (const char *c = open + 1; c < close; c++)
			{
				appendStringInfoChar(&field, *c);
				if (*c == '"')
					c++;
			}
			appendBinaryStringInfo(&field, close + 1, stop - close - 1);
		}
		fields = accumArrayResult(fields,
								  PointerGetDatum(cstring_to_text_with_len(field.data, field.len)),
								  false, TEXTOID, CurrentMemoryContext);
		if (stop == end)
			break;
		s = stop + 1;
	}
	PG_RETURN_DATUM(makeArrayResult(fields, CurrentMemoryContext));
}

/* The delimiter that a header line has most of, outside quoted fields. */
Datum
pt_csv_delimiter(PG_FUNCTION_ARGS)
{
	text	   *line = PG_GETARG_TEXT_PP(0);
	const char *s;
	const char *end;
	int64		counts[lengthof(candidates) - 1] = {0};
	int			best = 0;

	narrow_line(line, &s, &end);
	for (;;)
	{
		const char *open;
		const char *close;

		CHECK_FOR_INTERRUPTS();
		s = field_end(s, end, candidates, line, &open, &close);
		if (s == end)
			break;
		counts[strchr(candidates, *s) - candidates]++;
		s++;
	}
	for (int i = 1; i < (int) lengthof(counts); i++)
	{
		if (counts[i] > counts[best])
			best = i;
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(candidates + best, 1));
}

/*--- csv_check: would COPY read a file as it is meant? ---*/

typedef enum CheckPlace
{
	PLACE_START,				/* of a field */
	PLACE_BLANKS,				/* at the start of a field */
	PLACE_PLAIN,				/* in a field without quotes */
	PLACE_QUOTED,
	PLACE_QUOTE,				/* after a quote in a quoted field */
	PLACE_CLOSED,				/* in blanks after a quoted field */
	PLACE_RETURN,				/* after a \r that ends a line */
	PLACES
} CheckPlace;

typedef enum LineEnd
{
	END_UNKNOWN,
	END_NEWLINE,
	END_RETURN_NEWLINE,
	END_RETURN,
	LINE_ENDS
} LineEnd;

/* How much of a line "\.", which ends COPY's data, has been seen. */
typedef enum CheckDot
{
	DOT_NONE,
	DOT_BACKSLASH,
	DOT_WHOLE,
	DOTS
} CheckDot;

/* What is known between one piece of a file and the next. */
typedef struct CsvCheck
{
	int64		place;			/* CheckPlace */
	int64		line_end;		/* LineEnd */
	int64		dot;			/* CheckDot */
	int64		line;			/* that of the byte to come */
	int64		record_line;	/* where the record begins */
	int64		quote_line;		/* where the last quoted field begins */
	int64		padded;			/* 1: that begins with blanks */
	int64		columns;		/* of the header; 0: not known yet */
	int64		fields;			/* of the record, before the present one */
	int64		empty;			/* 1: nothing stands before the \r */
	int64		empty_lines;	/* of which it is not known whether more follows */
} CsvCheck;

#define CHECK_NUMBERS	((int) (sizeof(CsvCheck) / sizeof(int64)))

/* Far from where adding 1 for each byte of a piece could overflow. */
#define CHECK_MOST		(PG_INT64_MAX / 4)

static void
misread(int64 line, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("line %lld of the file has %s", (long long) line, what),
			 errdetail("COPY on the server would read something else, or nothing."),
			 errhint("Load the file by script/load, which reads such files.")));
}

static void
bad_quotes(int64 line, int64 opened, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("line %lld of the file has %s", (long long) line, what),
			 opened < line ?
			 errdetail("The field begins in line %lld.", (long long) opened) : 0,
			 errhint("A field that begins with a quote must end with one, and quotes in it be doubled.")));
}

static void
check_count(const CsvCheck *c, int64 line, int64 fields)
{
	if (fields == c->columns)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("line %lld of the file has %lld %s, the header has %lld",
					(long long) line, (long long) fields,
					fields == 1 ? "field" : "fields", (long long) c->columns),
			 errhint("Every line must have as many fields as the header. Is the delimiter right? script/load --ragged reject puts such lines into a table of their own.")));
}

static void
check_record(CsvCheck *c, LineEnd line_end)
{
	CHECK_FOR_INTERRUPTS();
	if (c->line_end == END_UNKNOWN)
		c->line_end = line_end;
	else if (line_end != END_UNKNOWN && line_end != c->line_end)
		misread(c->line, "another line end than those before");
	if (c->dot == DOT_WHOLE)
		misread(c->line, "\"\\.\" and nothing else");

	if (c->empty && c->columns > 0)
		c->empty_lines++;
	else
	{
		if (c->columns == 0)
			c->columns = c->fields + 1;
		if (c->empty_lines > 0 && c->columns > 1)
			check_count(c, c->record_line - c->empty_lines, 0);
		c->empty_lines = 0;
		check_count(c, c->record_line, c->fields + 1);
	}
	c->line++;
	c->record_line = c->line;
	c->fields = 0;
	c->dot = DOT_NONE;
	c->place = PLACE_START;
}

static void
check_byte(CsvCheck *c, char byte, const char *delimiters)
{
	if (byte == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
				 errmsg("line %lld of the file has a byte of value 0",
						(long long) c->line),
				 errhint("Such a byte is in no text. Is it a CSV file?")));
	if (c->place == PLACE_RETURN)
	{
		check_record(c, byte == '\n' ? END_RETURN_NEWLINE : END_RETURN);
		if (byte == '\n')
			return;
	}
	if (c->place == PLACE_QUOTED)
	{
		if (byte == '"')
			c->place = PLACE_QUOTE;
		else if (byte == (c->line_end == END_RETURN ? '\r' : '\n'))
		{
			if (c->padded)
				misread(c->line, "a quote after blanks that is not closed on the line");
			c->line++;
		}
		return;
	}
	if (c->place == PLACE_QUOTE && byte == '"')
	{
		c->place = PLACE_QUOTED;
		return;
	}
	if (byte == '\n' || byte == '\r')
	{
		c->empty = c->place == PLACE_START && c->fields == 0;
		if (byte == '\n')
			check_record(c, END_NEWLINE);
		else
			c->place = PLACE_RETURN;
		return;
	}
	if (is_delimiter(byte, delimiters))
	{
		c->fields++;
		c->dot = DOT_NONE;
		c->place = PLACE_START;
		return;
	}
	switch ((CheckPlace) c->place)
	{
		case PLACE_START:
		case PLACE_BLANKS:
			if (byte == '"')
			{
				c->padded = c->place == PLACE_BLANKS;
				c->quote_line = c->line;
				c->place = PLACE_QUOTED;
			}
			else if (is_blank(byte, delimiters))
				c->place = PLACE_BLANKS;
			else
			{
				if (byte == '\\' && c->place == PLACE_START && c->fields == 0)
					c->dot = DOT_BACKSLASH;
				c->place = PLACE_PLAIN;
			}
			break;
		case PLACE_PLAIN:
			if (byte == '"')
				misread(c->line, "a quote in a field that does not begin with one");
			c->dot = c->dot == DOT_BACKSLASH && byte == '.' ? DOT_WHOLE : DOT_NONE;
			break;
		default:
			if (is_blank(byte, delimiters))
				c->place = PLACE_CLOSED;
			else if (c->padded)
				misread(c->line, "a quote in a field that does not begin with one");
			else
				bad_quotes(c->line, c->quote_line,
						   "characters after the closing quote of a field");
	}
}

static void
check_end(CsvCheck *c)
{
	if (c->place == PLACE_QUOTED)
		bad_quotes(c->quote_line, c->quote_line, "a quoted field that never ends");
	if (c->place == PLACE_RETURN)
		check_record(c, END_RETURN);
	else if (c->place != PLACE_START || c->fields > 0)
	{
		c->empty = 0;
		check_record(c, END_UNKNOWN);
	}
	if (c->empty_lines > 0)
		misread(c->line - c->empty_lines, "no text, and nothing follows");
}

static void
read_state(ArrayType *state, CsvCheck *c)
{
	bool		valid = ARR_NDIM(state) == 1 &&
		ARR_DIMS(state)[0] == CHECK_NUMBERS && !ARR_HASNULL(state);

	if (valid)
	{
		const int64 *numbers = (const int64 *) ARR_DATA_PTR(state);

		memcpy(c, numbers, sizeof(CsvCheck));
		for (int i = 0; i < CHECK_NUMBERS; i++)
			valid = valid && numbers[i] >= 0 && numbers[i] < CHECK_MOST;
		valid = valid && c->place < PLACES && c->line_end < LINE_ENDS &&
			c->dot < DOTS;
	}
	if (!valid)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("csv_check: the state is not one that csv_check has given")));
}

/* csv_check(state bigint[], piece bytea, delimiter text, is_last boolean) */
Datum
pt_csv_check(PG_FUNCTION_ARGS)
{
	CsvCheck	c = {.line = 1,.record_line = 1};
	char		delimiters[2] = {'\0', '\0'};
	bool		special[256] = {false};
	bytea	   *piece;
	const char *s;
	const char *end;
	Datum		numbers[CHECK_NUMBERS];

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("csv_check: only the state may be NULL")));
	piece = PG_GETARG_BYTEA_PP(1);
	s = VARDATA_ANY(piece);
	end = s + VARSIZE_ANY_EXHDR(piece);
	delimiters[0] = delimiter_argument(PG_GETARG_TEXT_PP(2));
	if (!PG_ARGISNULL(0))
		read_state(PG_GETARG_ARRAYTYPE_P(0), &c);
	else if (end - s >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
		s += 3;

	special['"'] = special['\n'] = special['\r'] = special['\0'] = true;
	special[(unsigned char) delimiters[0]] = true;
	while (s < end)
	{
		if (c.place == PLACE_QUOTED ||
			(c.place == PLACE_PLAIN && c.dot == DOT_NONE))
		{
			while (s < end && !special[(unsigned char) *s])
				s++;
			if (s == end)
				break;
		}
		check_byte(&c, *s++, delimiters);
	}
	if (PG_GETARG_BOOL(3))
		check_end(&c);

	for (int i = 0; i < CHECK_NUMBERS; i++)
		numbers[i] = Int64GetDatum(((const int64 *) &c)[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(numbers, CHECK_NUMBERS, INT8OID,
										  sizeof(int64), FLOAT8PASSBYVAL,
										  TYPALIGN_DOUBLE));
}
