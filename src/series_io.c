/*-------------------------------------------------------------------------
 *
 * series_io.c
 *		sales_series as text and as bytes.
 *
 * The text form is
 *
 *	1 month zero 2 2024-01-01 {10.00, 0, 5.50}
 *
 * the version, the period, what gaps are (zero or null), the decimals, the
 * first day of the first period, and the values, ~ where there is none.  No
 * setting of the session changes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "input.h"
#include "series.h"

PG_FUNCTION_INFO_V1(pt_sales_series_in);
PG_FUNCTION_INFO_V1(pt_sales_series_out);
PG_FUNCTION_INFO_V1(pt_sales_series_recv);
PG_FUNCTION_INFO_V1(pt_sales_series_send);

static const char *const period_labels[] = {
	"day", "week", "month", "quarter", "year"
};
static const char *const gap_labels[] = {"zero", "null"};

#define WIRE_VALUE_BYTES	(2 * sizeof(int64))

/*--- Text ---*/

Datum
pt_sales_series_out(PG_FUNCTION_ARGS)
{
	SalesSeries *series = series_argument(fcinfo, 0);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d %s %s %d ", series->version,
					 period_labels[series->period],
					 gap_labels[series->gaps_are_null], series->scale);
	history_out_time(&buf, series_date(series, 0) * USECS_PER_DAY,
					 HISTORY_DAY);
	appendStringInfoString(&buf, " {");
	for (int i = 0; i < series->n; i++)
	{
		int128		value = series_value(series, i);

		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		if (value == SERIES_NO_VALUE)
			appendStringInfoChar(&buf, '~');
		else
			amount_sum_out(&buf, value, series->scale);
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

PT_NORETURN static void
bad_text(const char *input, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"",
					"sales_series",
					pnstrdup(input, pg_mbcliplen(input, strnlen(input, 104),
												 100))),
			 errdetail("%s", detail)));
}

/* One of some labels that a blank follows, or -1. */
static int
in_label(const char **s, const char *const *labels, int n)
{
	for (int i = 0; i < n; i++)
	{
		const char *p = *s;

		if (history_in_literal(&p, labels[i]) && history_in_literal(&p, " "))
		{
			*s = p;
			return i;
		}
	}
	return -1;
}

static Datum
sales_series_from_text(char *input)
{
	const char *s = input;
	SalesSeries *series;
	const char *values;
	const char *fault;
	Timestamp	first;
	int			period;
	int			gaps;
	int			scale = 0;
	int64		number;
	int64		n = 0;

	if (!history_in_literal(&s, "1 "))
		bad_text(input, "It begins with its version, which is 1.");
	period = in_label(&s, period_labels, lengthof(period_labels));
	gaps = period < 0 ? -1 : in_label(&s, gap_labels, lengthof(gap_labels));
	if (gaps < 0)
		bad_text(input, "After its version it has its period and what gaps are, as in \"month zero\".");
	for (int digits = 0; digits < 2 && isdigit((unsigned char) *s); digits++)
		scale = scale * 10 + (*s++ - '0');
	if (scale > AMOUNT_MAX_SCALE || s[-1] == ' ' ||
		!history_in_literal(&s, " ") || !history_in_time(&s, &first) ||
		!history_in_literal(&s, " {"))
		bad_text(input, "After that it has its decimals and its first day, as in \"2 2024-01-01\", then values in braces.");
	number = period_number(first, (Period) period);
	if (first % USECS_PER_DAY != 0 ||
		period_start(number, (Period) period) != timestamp_day(first))
		bad_text(input, "Its first day is that of a period.");

	/* how many values there are: so memory follows the text */
	values = s;
	for (const char *p = s; *p != '\0'; p++)
	{
		CHECK_FOR_INTERRUPTS();
		n += *p == ',';
	}
	if (*s != '}')
		n++;
	else
		n = 0;
	if (n > SERIES_MAX_PERIODS)
		series_check_length(n);
	series = series_create((Period) period, gaps != 0, scale, number,
						   (int) n);
	s = values;
	for (int i = 0; i < n; i++)
	{
		int128		value;

		CHECK_FOR_INTERRUPTS();
		if (i > 0 && !history_in_literal(&s, ", "))
			bad_text(input, "Values are separated by a comma and a blank.");
		if (history_in_literal(&s, "~"))
			value = SERIES_NO_VALUE;
		else if (!amount_sum_in(&s, scale, &value))
			bad_text(input, "A value is a number of at most 34 digits with the decimals of the series, or ~.");
		series_set(series, i, value);
	}
	if (!history_in_literal(&s, "}") || *s != '\0')
		bad_text(input, "It ends with a closing brace.");
	fault = series_fault(series);
	if (fault != NULL)
		bad_text(input, fault);
	return PointerGetDatum(series_pack(series));
}

Datum
pt_sales_series_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, sales_series_from_text);
}

/*--- Bytes ---*/

/*
 * Four integers of 32 bits (version, period, 1 if gaps are NULL, scale), the
 * number of the first period with 64 bits, the number of periods with 32;
 * then the values, each as its high and its low word.
 */
Datum
pt_sales_series_send(PG_FUNCTION_ARGS)
{
	SalesSeries *series = series_argument(fcinfo, 0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint32(&buf, series->version);
	pq_sendint32(&buf, series->period);
	pq_sendint32(&buf, series->gaps_are_null);
	pq_sendint32(&buf, series->scale);
	pq_sendint64(&buf, series->first);
	pq_sendint32(&buf, series->n);
	for (int i = 0; i < series->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		amount_sum_send(&buf, series_value(series, i));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pt_sales_series_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	uint32		version = pq_getmsgint(buf, 4);
	uint32		period = pq_getmsgint(buf, 4);
	uint32		gaps_are_null = pq_getmsgint(buf, 4);
	uint32		scale = pq_getmsgint(buf, 4);
	int64		first = pq_getmsgint64(buf);
	uint32		n = pq_getmsgint(buf, 4);
	SalesSeries *series;
	const char *fault;

	if (version != SALES_SERIES_VERSION)
		input_bad_bytes("sales_series", "It is of an unknown version.");
	if (period > PERIOD_YEAR || gaps_are_null > 1 ||
		scale > AMOUNT_MAX_SCALE)
		input_bad_bytes("sales_series", "Its settings are out of range.");
	/* believed only as far as there are bytes for it */
	if (n > SERIES_MAX_PERIODS ||
		n * WIRE_VALUE_BYTES != (Size) (buf->len - buf->cursor))
		input_bad_bytes("sales_series", "Its number of periods does not fit its size.");
	series = series_create((Period) period, gaps_are_null != 0, (int) scale,
						   first, (int) n);
	for (uint32 i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		series_set(series, (int) i, amount_sum_recv(buf));
	}
	fault = series_fault(series);
	if (fault != NULL)
		input_bad_bytes("sales_series", fault);
	PG_RETURN_POINTER(series_pack(series));
}
