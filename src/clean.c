/*-------------------------------------------------------------------------
 *
 * clean.c
 *		Text to typed values: clean_name(), clean_text(), parse_*().
 *
 * Each parse function answers NULL for text that is not certainly a value;
 * its *_strict twin raises an error that shows the text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "array.h"
#include "clean.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(pt_clean_name);
PG_FUNCTION_INFO_V1(pt_clean_name_strict);
PG_FUNCTION_INFO_V1(pt_clean_name_unit);
PG_FUNCTION_INFO_V1(pt_clean_text);
PG_FUNCTION_INFO_V1(pt_clean_value);
PG_FUNCTION_INFO_V1(pt_amount_currency);
PG_FUNCTION_INFO_V1(pt_parse_amount);
PG_FUNCTION_INFO_V1(pt_parse_amount_strict);
PG_FUNCTION_INFO_V1(pt_parse_integer);
PG_FUNCTION_INFO_V1(pt_parse_integer_strict);
PG_FUNCTION_INFO_V1(pt_parse_flag);
PG_FUNCTION_INFO_V1(pt_parse_flag_strict);
PG_FUNCTION_INFO_V1(pt_parse_frequency);
PG_FUNCTION_INFO_V1(pt_parse_frequency_strict);
PG_FUNCTION_INFO_V1(pt_parse_date);
PG_FUNCTION_INFO_V1(pt_parse_date_strict);
PG_FUNCTION_INFO_V1(pt_parse_time);
PG_FUNCTION_INFO_V1(pt_parse_time_strict);
PG_FUNCTION_INFO_V1(pt_parse_timestamp);
PG_FUNCTION_INFO_V1(pt_parse_timestamp_strict);
PG_FUNCTION_INFO_V1(pt_parse_timestamptz);
PG_FUNCTION_INFO_V1(pt_parse_timestamptz_strict);

/* The text of argument 0 in an error message is cut to this many bytes. */
#define SHOWN_TEXT_LENGTH	100

/*
 * What a parser needs of its call, so that the plain and the strict function
 * share one body.
 */
typedef struct ParseCall
{
	text	   *input;			/* as given, for messages */
	const char *s;				/* narrowed */
	int			len;
} ParseCall;

/* Reads argument 0; false where there is no value to be parsed. */
static bool
parse_open(FunctionCallInfo fcinfo, ParseCall *call)
{
	call->input = PG_GETARG_TEXT_PP(0);
	call->s = VARDATA_ANY(call->input);
	call->len = VARSIZE_ANY_EXHDR(call->input);
	return clean_span(&call->s, &call->len) &&
		!clean_is_missing(call->s, call->len);
}

char *
shown_text(const text *t)
{
	const char *s = VARDATA_ANY(t);
	int			len = VARSIZE_ANY_EXHDR(t);

	if (len <= SHOWN_TEXT_LENGTH)
		return text_to_cstring(t);
	return psprintf("%s...",
					pnstrdup(s, pg_mbcliplen(s, len, SHOWN_TEXT_LENGTH)));
}

/* What the strict functions do where the plain ones return NULL. */
static void
reject_text(const ParseCall *call, int sqlerrcode, const char *kind,
			const char *hint)
{
	ereport(ERROR,
			(errcode(sqlerrcode),
			 errmsg("\"%s\" is not %s", shown_text(call->input), kind),
			 errhint("%s", hint)));
}

/*--- names ---*/

/* ASCII only: what the locale calls a letter must not change a name. */
static bool
is_upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_name_byte(unsigned char c)
{
	return is_upper(c) || is_lower(c) || isdigit(c) || IS_HIGHBIT_SET(c);
}

/*
 * Finds the last bracketed part, '(USD)' in 'Purchase Amount (USD)', as what
 * stands between s[open] and s[close]; false if there is none or if nothing
 * but the brackets would be left.
 */
static bool
find_unit(const char *s, int len, int *open, int *close)
{
	static const char opening[] = "([{";
	static const char closing[] = ")]}";
	int			unclosed[3] = {0, 0, 0};
	int			kind = -1;
	int			depth = 1;
	int			j;

	/* the last closing bracket that has an opening one before it */
	for (int i = 1; i < len; i++)
	{
		for (int k = 0; k < 3; k++)
		{
			if (s[i] == opening[k])
				unclosed[k]++;
			else if (s[i] == closing[k] && unclosed[k] > 0)
			{
				unclosed[k]--;
				kind = k;
				*close = i;
			}
		}
	}
	if (kind < 0)
		return false;

	/* ... which is this one */
	for (j = *close - 1; j > 0; j--)
	{
		if (s[j] == closing[kind])
			depth++;
		else if (s[j] == opening[kind] && --depth == 0)
			break;
	}
	*open = j;
	for (int i = 0; i < j; i++)
	{
		if (is_name_byte((unsigned char) s[i]))
			return true;
	}
	return false;
}

/* Starts a word: an underscore unless there is nothing yet or already one. */
static void
start_word(StringInfo name)
{
	if (name->len > 0 && name->data[name->len - 1] != '_')
		appendStringInfoChar(name, '_');
}

/*
 * Lower snake_case.  Words end where a blank or sign stands, and where an
 * upper-case letter follows a lower-case one or begins a word after
 * capitals (CustomerID is customer_id, HTMLPage is html_page).
 */
static text *
make_name(const text *input)
{
	const char *s = VARDATA_ANY(input);
	int			len = VARSIZE_ANY_EXHDR(input);
	int			open = 0,
				close = -1;
	StringInfoData name;

	if (!find_unit(s, len, &open, &close))
		close = -1;
	initStringInfo(&name);
	/* what is longer than a name is cut off below */
	for (int i = 0; i < len && name.len < 2 * NAMEDATALEN; i++)
	{
		unsigned char c = (unsigned char) s[i];
		int			blank;

		if (close >= 0 && i == open)
		{
			start_word(&name);
			i = close;
			continue;
		}
		if (c == '%' || c == '#')
		{
			start_word(&name);
			appendStringInfoString(&name, c == '%' ? "percent" : "number");
			start_word(&name);
			continue;
		}
		/* blanks of several bytes would look like letters */
		if (IS_HIGHBIT_SET(c) &&
			(blank = clean_blank_length(s + i, len - i)) > 0)
		{
			start_word(&name);
			i += blank - 1;
			continue;
		}
		if (!is_name_byte(c))
		{
			start_word(&name);
			continue;
		}
		if (is_upper(c) && i > 0 &&
			(is_lower((unsigned char) s[i - 1]) ||
			 isdigit((unsigned char) s[i - 1]) ||
			 (is_upper((unsigned char) s[i - 1]) && i + 1 < len &&
			  is_lower((unsigned char) s[i + 1]))))
			start_word(&name);
		if (name.len == 0 && isdigit(c))
			appendStringInfoChar(&name, '_');
		appendStringInfoChar(&name, pg_ascii_tolower(c));
	}
	name.len = pg_mbcliplen(name.data, name.len, NAMEDATALEN - 1);
	while (name.len > 0 && name.data[name.len - 1] == '_')
		name.len--;
	if (name.len == 0)
		return NULL;
	return cstring_to_text_with_len(name.data, name.len);
}

Datum
pt_clean_name(PG_FUNCTION_ARGS)
{
	text	   *name = make_name(PG_GETARG_TEXT_PP(0));

	if (name == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(name);
}

Datum
pt_clean_name_strict(PG_FUNCTION_ARGS)
{
	text	   *input = PG_GETARG_TEXT_PP(0);
	text	   *name = make_name(input);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" gives no column name", shown_text(input)),
				 errdetail("It has neither a letter nor a digit.")));
	PG_RETURN_TEXT_P(name);
}

Datum
pt_clean_name_unit(PG_FUNCTION_ARGS)
{
	text	   *input = PG_GETARG_TEXT_PP(0);
	const char *s = VARDATA_ANY(input);
	int			open,
				close,
				len;

	if (!find_unit(s, VARSIZE_ANY_EXHDR(input), &open, &close))
		PG_RETURN_NULL();
	s += open + 1;
	len = close - open - 1;
	if (!clean_span(&s, &len))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(s, len));
}

/*--- text ---*/

Datum
pt_clean_text(PG_FUNCTION_ARGS)
{
	ParseCall	call;

	if (!parse_open(fcinfo, &call))
		PG_RETURN_NULL();
	if (call.len == (int) VARSIZE_ANY_EXHDR(call.input))
		PG_RETURN_TEXT_P(call.input);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(call.s, call.len));
}

/* Is the (already narrowed) text one of the words, in any case? */
bool
clean_is_listed(ArrayType *words, const char *s, int len)
{
	char	   *p = ARR_DATA_PTR(words);
	bits8	   *nulls = ARR_NULLBITMAP(words);
	int			n = ArrayGetNItems(ARR_NDIM(words), ARR_DIMS(words));

	for (int i = 0; i < n; i++)
	{
		const char *word;
		int			word_len;

		if (nulls != NULL && (nulls[i / 8] & (1 << (i % 8))) == 0)
			continue;
		word = VARDATA_ANY(p);
		word_len = VARSIZE_ANY_EXHDR(p);
		if (clean_span(&word, &word_len) && word_len == len &&
			pg_strncasecmp(word, s, len) == 0)
			return true;
		p = att_addlength_pointer(p, -1, p);
		p = (char *) att_align_nominal(p, TYPALIGN_INT);
	}
	return false;
}

/* clean_text() with the words and labels of one column. */
Datum
pt_clean_value(PG_FUNCTION_ARGS)
{
	text	   *input;
	const char *s;
	int			len;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	input = PG_GETARG_TEXT_PP(0);
	s = VARDATA_ANY(input);
	len = VARSIZE_ANY_EXHDR(input);
	if (!clean_span(&s, &len))
		PG_RETURN_NULL();
	if (!PG_ARGISNULL(1) &&
		clean_is_listed(PG_GETARG_ARRAYTYPE_P(1), s, len))
		PG_RETURN_NULL();
	if (clean_is_missing(s, len) &&
		!(!PG_ARGISNULL(3) && PG_GETARG_BOOL(3) &&
		  len == 2 && memcmp(s, "NA", 2) == 0))
		PG_RETURN_NULL();
	if (!PG_ARGISNULL(2) && PG_GETARG_BOOL(2) && clean_is_no_value(s, len))
		PG_RETURN_NULL();
	if (len == (int) VARSIZE_ANY_EXHDR(input))
		PG_RETURN_TEXT_P(input);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(s, len));
}

/*--- amounts ---*/

/* The sign or code of the currency as written, whatever the decimal mark. */
Datum
pt_amount_currency(PG_FUNCTION_ARGS)
{
	ParseCall	call;
	AmountScan	scan;

	if (!parse_open(fcinfo, &call) ||
		(!amount_scan(call.s, call.len, '.', &scan) &&
		 !amount_scan(call.s, call.len, ',', &scan)) ||
		scan.currency == 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(scan.currency_at,
											  scan.currency_len));
}

static char
decimal_mark(FunctionCallInfo fcinfo)
{
	text	   *arg = PG_GETARG_TEXT_PP(1);

	if (VARSIZE_ANY_EXHDR(arg) != 1 ||
		(*VARDATA_ANY(arg) != '.' && *VARDATA_ANY(arg) != ','))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decimal mark \"%s\" is not known", shown_text(arg)),
				 errhint("It is '.' or ','.")));
	return *VARDATA_ANY(arg);
}

static Numeric
scan_to_numeric(const AmountScan *scan)
{
	int64		value;
	char		buf[AMOUNT_MAX_DIGITS + 4];
	int			whole = scan->ndigits - scan->scale;

	if (amount_scan_int64(scan, &value))
		return int64_div_fast_to_numeric(value, scan->scale);
	snprintf(buf, sizeof(buf), "%s%.*s.%s", scan->negative ? "-" : "",
			 whole, scan->digits, scan->digits + whole);
	return DatumGetNumeric(DirectFunctionCall3(numeric_in,
											   CStringGetDatum(buf),
											   ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}

static Datum
parse_amount(FunctionCallInfo fcinfo, bool strict)
{
	char		mark = decimal_mark(fcinfo);
	ParseCall	call;
	AmountScan	scan;

	if (parse_open(fcinfo, &call) &&
		amount_scan(call.s, call.len, mark, &scan))
		PG_RETURN_NUMERIC(scan_to_numeric(&scan));
	if (strict)
		reject_text(&call, ERRCODE_INVALID_TEXT_REPRESENTATION, "an amount",
					"An amount is digits with an optional sign, currency and thousands separators, as in '$1,234.50' or '(12.00)'; decimal_mark ',' reads '1.234,50'.");
	PG_RETURN_NULL();
}

Datum
pt_parse_amount(PG_FUNCTION_ARGS)
{
	return parse_amount(fcinfo, false);
}

Datum
pt_parse_amount_strict(PG_FUNCTION_ARGS)
{
	return parse_amount(fcinfo, true);
}

static Datum
parse_integer(FunctionCallInfo fcinfo, bool strict)
{
	ParseCall	call;
	AmountScan	scan;
	int64		value;

	if (parse_open(fcinfo, &call) &&
		amount_scan(call.s, call.len, '.', &scan) && scan.plain &&
		amount_scan_int64(&scan, &value))
		PG_RETURN_INT64(value);
	if (strict)
		reject_text(&call, ERRCODE_INVALID_TEXT_REPRESENTATION, "an integer",
					"An integer is digits with an optional sign, within the range of bigint.");
	PG_RETURN_NULL();
}

Datum
pt_parse_integer(PG_FUNCTION_ARGS)
{
	return parse_integer(fcinfo, false);
}

Datum
pt_parse_integer_strict(PG_FUNCTION_ARGS)
{
	return parse_integer(fcinfo, true);
}

/*--- flags ---*/

static Datum
parse_flag(FunctionCallInfo fcinfo, bool strict)
{
	ParseCall	call;
	FlagWord	flag;

	/* most are as they should be, without anything around them */
	call.input = PG_GETARG_TEXT_PP(0);
	flag = flag_scan(VARDATA_ANY(call.input),
					 VARSIZE_ANY_EXHDR(call.input));
	if (likely(flag != FLAG_NONE))
		PG_RETURN_BOOL((flag & 1) != 0);
	if (parse_open(fcinfo, &call) &&
		(flag = flag_scan(call.s, call.len)) != FLAG_NONE)
		PG_RETURN_BOOL((flag & 1) != 0);
	if (strict)
		reject_text(&call, ERRCODE_INVALID_TEXT_REPRESENTATION, "a flag",
					"A flag is yes or no, y or n, true or false, t or f, on or off, 1 or 0, in any case.");
	PG_RETURN_NULL();
}

Datum
pt_parse_flag(PG_FUNCTION_ARGS)
{
	return parse_flag(fcinfo, false);
}

Datum
pt_parse_flag_strict(PG_FUNCTION_ARGS)
{
	return parse_flag(fcinfo, true);
}

/*--- frequencies ---*/

static Datum
parse_frequency(FunctionCallInfo fcinfo, bool strict)
{
	ParseCall	call;
	int32		days;

	if (parse_open(fcinfo, &call) &&
		(days = frequency_scan(call.s, call.len)) > 0)
		PG_RETURN_INT32(days);
	if (strict)
		reject_text(&call, ERRCODE_INVALID_TEXT_REPRESENTATION,
					"a purchase frequency",
					"Known are labels such as 'Weekly', 'Bi-Weekly' and 'Quarterly', and 'every N days', 'weeks', 'months' or 'years'.");
	PG_RETURN_NULL();
}

Datum
pt_parse_frequency(PG_FUNCTION_ARGS)
{
	return parse_frequency(fcinfo, false);
}

Datum
pt_parse_frequency_strict(PG_FUNCTION_ARGS)
{
	return parse_frequency(fcinfo, true);
}

/*--- dates ---*/

static DayMonthOrder
date_order(FunctionCallInfo fcinfo)
{
	text	   *arg;

	if (PG_ARGISNULL(1))
		return DATE_ORDER_NONE;
	arg = PG_GETARG_TEXT_PP(1);
	if (VARSIZE_ANY_EXHDR(arg) == 3)
	{
		if (pg_strncasecmp(VARDATA_ANY(arg), "DMY", 3) == 0)
			return DATE_ORDER_DMY;
		if (pg_strncasecmp(VARDATA_ANY(arg), "MDY", 3) == 0)
			return DATE_ORDER_MDY;
		if (pg_strncasecmp(VARDATA_ANY(arg), "YMD", 3) == 0)
			return DATE_ORDER_YMD;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("date order \"%s\" is not known", shown_text(arg)),
			 errhint("It is 'DMY', 'MDY', 'YMD' or NULL.")));
}

typedef enum DateWanted
{
	WANT_DATE,
	WANT_TIMESTAMP,
	WANT_TIMESTAMPTZ
} DateWanted;

/*
 * The three differ only in what they accept: a date has no time of day, a
 * timestamp no zone, and a timestamptz must have one, since the session's
 * own zone must not change what a file says.
 */
static Datum
parse_moment(FunctionCallInfo fcinfo, DateWanted wanted, bool strict)
{
	static const char *const kinds[] = {
		"a date", "a timestamp", "a timestamp with time zone"
	};
	ParseCall	call;
	DayMonthOrder	order;
	DateScan	scan;
	Timestamp	at;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	order = date_order(fcinfo);
	if (parse_open(fcinfo, &call) && date_scan(call.s, call.len, &scan) &&
		date_scan_pick(&scan, order, &at) &&
		(wanted != WANT_DATE || !scan.has_time) &&
		scan.has_zone == (wanted == WANT_TIMESTAMPTZ))
	{
		if (wanted == WANT_DATE)
			PG_RETURN_DATEADT((DateADT) (at / USECS_PER_DAY));
		PG_RETURN_TIMESTAMP(at);
	}
	if (strict)
		reject_text(&call, ERRCODE_INVALID_DATETIME_FORMAT, kinds[wanted],
					"Known are yyyy-mm-dd, dd.mm.yyyy, yyyymmdd, names of months, and dd/mm/yyyy or mm/dd/yyyy once the date order is given; a time may follow.");
	PG_RETURN_NULL();
}

Datum
pt_parse_date(PG_FUNCTION_ARGS)
{
	return parse_moment(fcinfo, WANT_DATE, false);
}

Datum
pt_parse_date_strict(PG_FUNCTION_ARGS)
{
	return parse_moment(fcinfo, WANT_DATE, true);
}

Datum
pt_parse_timestamp(PG_FUNCTION_ARGS)
{
	return parse_moment(fcinfo, WANT_TIMESTAMP, false);
}

Datum
pt_parse_timestamp_strict(PG_FUNCTION_ARGS)
{
	return parse_moment(fcinfo, WANT_TIMESTAMP, true);
}

Datum
pt_parse_timestamptz(PG_FUNCTION_ARGS)
{
	return parse_moment(fcinfo, WANT_TIMESTAMPTZ, false);
}

Datum
pt_parse_timestamptz_strict(PG_FUNCTION_ARGS)
{
	return parse_moment(fcinfo, WANT_TIMESTAMPTZ, true);
}

/*--- times of the day ---*/

static Datum
parse_time(FunctionCallInfo fcinfo, bool strict)
{
	ParseCall	call;
	int64		usec;

	if (parse_open(fcinfo, &call) && time_scan(call.s, call.len, &usec))
		PG_RETURN_TIMEADT(usec);
	if (strict)
		reject_text(&call, ERRCODE_INVALID_DATETIME_FORMAT, "a time of the day",
					"A time is hours and minutes, with seconds, fractions of them, and AM or PM if need be, as in '21:05' or '9:05:30 PM', without a time zone.");
	PG_RETURN_NULL();
}

Datum
pt_parse_time(PG_FUNCTION_ARGS)
{
	return parse_time(fcinfo, false);
}

Datum
pt_parse_time_strict(PG_FUNCTION_ARGS)
{
	return parse_time(fcinfo, true);
}
