/*-------------------------------------------------------------------------
 *
 * cohort_io.c
 *		cohort_table as text and as bytes.
 *
 * The text form is
 *
 *	1 month 2024-05-01T00:00:00 day 2 {2024-01-01 [2 0 0 0 30.00, 1 ...], ...}
 *
 * the version, period, as_of, unit of the times, decimals; then each cohort
 * from the oldest on, with the cells of its periods: active, last,
 * consecutive, exactly and revenue (see cohort.h).  No setting of the session
 * changes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "common/int.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "cohort.h"
#include "compat.h"
#include "input.h"

PG_FUNCTION_INFO_V1(pt_cohort_table_in);
PG_FUNCTION_INFO_V1(pt_cohort_table_out);
PG_FUNCTION_INFO_V1(pt_cohort_table_recv);
PG_FUNCTION_INFO_V1(pt_cohort_table_send);

static const char *const period_labels[] = {
	"day", "week", "month", "quarter", "year"
};
static const char *const unit_labels[] = {"day", "second", "microsecond"};

#define WIRE_CELL_BYTES		(6 * sizeof(int64))

/*--- Text ---*/

PT_NORETURN static void
bad_text(const char *input, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"",
					"cohort_table",
					pnstrdup(input, pg_mbcliplen(input, strnlen(input, 104),
												 100))),
			 errdetail("%s", detail)));
}

static void
out_date(StringInfo buf, int32 day)
{
	int			year,
				month,
				day_of_month;

	/* years before 1 as ISO 8601 numbers them: 0, -1, ... */
	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	appendStringInfo(buf, year < 0 ? "-%04d-%02d-%02d" : "%04d-%02d-%02d",
					 abs(year), month, day_of_month);
}

static void
out_time(StringInfo buf, Timestamp at)
{
	int64		day = timestamp_day(at);
	int64		usec = at - day * USECS_PER_DAY;
	int			sec = (int) (usec / USECS_PER_SEC);

	out_date(buf, (int32) day);
	appendStringInfo(buf, "T%02d:%02d:%02d", sec / SECS_PER_HOUR,
					 sec / SECS_PER_MINUTE % MINS_PER_HOUR,
					 sec % SECS_PER_MINUTE);
	if (usec % USECS_PER_SEC != 0)
		appendStringInfo(buf, ".%06d", (int) (usec % USECS_PER_SEC));
}

Datum
pt_cohort_table_out(PG_FUNCTION_ARGS)
{
	CohortTable *table = cohort_table_get(PG_GETARG_DATUM(0));
	Period		period = (Period) table->period;
	int64		now = period_number(table->as_of, period);
	StringInfoData buf;
	bool		first = true;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d %s ", table->version, period_labels[period]);
	out_time(&buf, table->as_of);
	appendStringInfo(&buf, " %s %d {", unit_labels[table->unit],
					 table->scale);
	for (int i = table->span - 1; i >= 0; i--)
	{
		const CohortCell *cells = cohort_row(table, i);

		if (cells == NULL)
			continue;
		if (!first)
			appendStringInfoString(&buf, ", ");
		first = false;
		out_date(&buf, period_start(now - i, period));
		appendStringInfoString(&buf, " [");
		for (int k = 0; k <= i; k++)
		{
			const CohortCell *cell = &cells[k];

			CHECK_FOR_INTERRUPTS();
			appendStringInfo(&buf, "%s" INT64_FORMAT " " INT64_FORMAT " "
							 INT64_FORMAT " " INT64_FORMAT " ",
							 k > 0 ? ", " : "", cell->active, cell->last,
							 cell->consecutive, cell->exactly);
			amount_sum_out(&buf, cell->revenue, table->scale);
		}
		appendStringInfoChar(&buf, ']');
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

static bool
in_literal(const char **s, const char *literal)
{
	size_t		len = strlen(literal);

	if (strncmp(*s, literal, len) != 0)
		return false;
	*s += len;
	return true;
}

/* One of some labels that a blank follows, or -1. */
static int
in_label(const char **s, const char *const *labels, int n)
{
	for (int i = 0; i < n; i++)
	{
		const char *p = *s;

		if (in_literal(&p, labels[i]) && in_literal(&p, " "))
		{
			*s = p;
			return i;
		}
	}
	return -1;
}

/* Digits, at least and at most so many of them. */
static bool
in_digits(const char **s, int least, int most, int *value)
{
	int			digits = 0;

	*value = 0;
	for (; digits < most && isdigit((unsigned char) **s); digits++)
		*value = *value * 10 + (*(*s)++ - '0');
	return digits >= least;
}

static bool
in_date(const char **s, int32 *day)
{
	bool		negative = in_literal(s, "-");
	int			year,
				month,
				day_of_month;

	if (!in_digits(s, 4, 6, &year) || !in_literal(s, "-") ||
		!in_digits(s, 2, 2, &month) || !in_literal(s, "-") ||
		!in_digits(s, 2, 2, &day_of_month))
		return false;
	if (negative)
		year = -year;
	if (month < 1 || month > MONTHS_PER_YEAR || day_of_month < 1 ||
		day_of_month > day_tab[isleap(year)][month - 1] ||
		!IS_VALID_JULIAN(year, month, day_of_month))
		return false;
	*day = date2j(year, month, day_of_month) - POSTGRES_EPOCH_JDATE;
	return IS_VALID_DATE(*day);
}

static bool
in_time(const char **s, Timestamp *at)
{
	int32		day;
	int			hour,
				minute,
				second,
				fraction = 0;

	if (!in_date(s, &day) || !in_literal(s, "T") ||
		!in_digits(s, 2, 2, &hour) || !in_literal(s, ":") ||
		!in_digits(s, 2, 2, &minute) || !in_literal(s, ":") ||
		!in_digits(s, 2, 2, &second) ||
		(in_literal(s, ".") && !in_digits(s, 6, 6, &fraction)) ||
		hour > 23 || minute > 59 || second > 59)
		return false;
	/* dates go further than timestamps */
	if (day >= END_TIMESTAMP / USECS_PER_DAY)
		return false;
	*at = day * USECS_PER_DAY + hour * USECS_PER_HOUR +
		minute * USECS_PER_MINUTE + second * USECS_PER_SEC + fraction;
	return IS_VALID_TIMESTAMP(*at);
}

static bool
in_count(const char **s, int64 *count)
{
	const char *start = *s;

	*count = 0;
	for (; isdigit((unsigned char) **s); (*s)++)
	{
		if (pg_mul_s64_overflow(*count, 10, count) ||
			pg_add_s64_overflow(*count, **s - '0', count))
			return false;
	}
	return *s > start && in_literal(s, " ");
}

/* "[2 0 0 0 30.00, ...]" */
static void
in_cells(const char *input, const char **s, CohortTable *table, int before)
{
	CohortCell *cells = cohort_row(table, before);

	for (int k = 0; k <= before; k++)
	{
		CohortCell *cell = &cells[k];

		CHECK_FOR_INTERRUPTS();
		if (!in_literal(s, k == 0 ? " [" : ", "))
			bad_text(input, "A cohort has a cell for each period from its first to that of as_of, in brackets.");
		if (!in_count(s, &cell->active) || !in_count(s, &cell->last) ||
			!in_count(s, &cell->consecutive) || !in_count(s, &cell->exactly) ||
			!amount_sum_in(s, table->scale, &cell->revenue))
			bad_text(input, "A cell reads \"2 0 0 0 30.00\": four counts and a revenue with the decimals of the table.");
	}
	if (!in_literal(s, "]"))
		bad_text(input, "A cohort has no cells after the period of as_of.");
	if (pg_add_s64_overflow(table->customers, cells[0].active,
							&table->customers))
		bad_text(input, "It has too many customers.");
}

static Datum
cohort_table_from_text(char *input)
{
	const char *s = input;
	CohortTable *table;
	const char *fault;
	Timestamp	as_of;
	int			period;
	int			unit;
	int			scale;
	int64		now;
	int64		last_before = PG_INT64_MAX;

	if (!in_literal(&s, "1 "))
		bad_text(input, "It begins with its version, which is 1.");
	period = in_label(&s, period_labels, lengthof(period_labels));
	if (period < 0 || !in_time(&s, &as_of) || !in_literal(&s, " "))
		bad_text(input, "After its version it has its period and as_of, as in \"month 2024-01-31T23:59:59\".");
	unit = in_label(&s, unit_labels, lengthof(unit_labels));
	if (unit < 0 || !in_digits(&s, 1, 2, &scale) ||
		scale > AMOUNT_MAX_SCALE || !in_literal(&s, " {"))
		bad_text(input, "After as_of it has the unit of its times and its decimals, as in \"day 2\", then cohorts in braces.");
	table = cohort_table_create(as_of, (Period) period);
	table->unit = unit;
	table->scale = scale;
	now = period_number(as_of, (Period) period);
	while (!in_literal(&s, "}"))
	{
		int32		day;
		int64		number;

		CHECK_FOR_INTERRUPTS();
		if (last_before != PG_INT64_MAX && !in_literal(&s, ", "))
			bad_text(input, "Cohorts are separated by a comma and a blank.");
		if (!in_date(&s, &day) || day > timestamp_day(as_of))
			bad_text(input, "A cohort begins with a date that is not after as_of.");
		number = period_number(day * USECS_PER_DAY, (Period) period);
		if (period_start(number, (Period) period) != day)
			bad_text(input, "The date of a cohort is the first day of its period.");
		if (now - number >= last_before)
			bad_text(input, "Cohorts ascend.");
		last_before = now - number;
		table = cohort_table_add_row(table, last_before);
		in_cells(input, &s, table, (int) last_before);
	}
	if (*s != '\0')
		bad_text(input, "Nothing may follow the closing brace.");
	fault = cohort_table_fault(table);
	if (fault != NULL)
		bad_text(input, fault);
	return PointerGetDatum(cohort_table_pack(table));
}

Datum
pt_cohort_table_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, cohort_table_from_text);
}

/*--- Bytes ---*/

/*
 * Four integers of 32 bits (version, period, unit, scale), as_of in
 * microseconds since 2000, the number of cohorts; then each from the oldest
 * on: how many periods before that of as_of it began, and its cells of six
 * words (the revenue as its high and its low word).
 */
Datum
pt_cohort_table_send(PG_FUNCTION_ARGS)
{
	CohortTable *table = cohort_table_get(PG_GETARG_DATUM(0));
	StringInfoData buf;
	int			nrows = 0;

	for (int i = 0; i < table->span; i++)
		nrows += table->rows[i] >= 0 ? 1 : 0;
	pq_begintypsend(&buf);
	pq_sendint32(&buf, table->version);
	pq_sendint32(&buf, table->period);
	pq_sendint32(&buf, table->unit);
	pq_sendint32(&buf, table->scale);
	pq_sendint64(&buf, table->as_of);
	pq_sendint32(&buf, nrows);
	for (int i = table->span - 1; i >= 0; i--)
	{
		const CohortCell *cells = cohort_row(table, i);

		if (cells == NULL)
			continue;
		pq_sendint32(&buf, i);
		for (int k = 0; k <= i; k++)
		{
			CHECK_FOR_INTERRUPTS();
			pq_sendint64(&buf, cells[k].active);
			pq_sendint64(&buf, cells[k].last);
			pq_sendint64(&buf, cells[k].consecutive);
			pq_sendint64(&buf, cells[k].exactly);
			amount_sum_send(&buf, cells[k].revenue);
		}
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pt_cohort_table_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	uint32		version = pq_getmsgint(buf, 4);
	uint32		period = pq_getmsgint(buf, 4);
	uint32		unit = pq_getmsgint(buf, 4);
	uint32		scale = pq_getmsgint(buf, 4);
	Timestamp	as_of = pq_getmsgint64(buf);
	uint32		nrows = pq_getmsgint(buf, 4);
	uint32		last_before = COHORT_MAX_PERIODS;
	CohortTable *table;
	const char *fault;

	if (version != COHORT_TABLE_VERSION)
		input_bad_bytes("cohort_table", "It is of an unknown version.");
	if (period > PERIOD_YEAR || unit > HISTORY_MICROSECOND ||
		scale > AMOUNT_MAX_SCALE || !IS_VALID_TIMESTAMP(as_of))
		input_bad_bytes("cohort_table", "Its settings are out of range.");
	table = cohort_table_create(as_of, (Period) period);
	table->unit = unit;
	table->scale = scale;
	for (uint32 row = 0; row < nrows; row++)
	{
		uint32		before = pq_getmsgint(buf, 4);
		CohortCell *cells;

		/* believed only as far as there are bytes for it */
		if (before >= last_before ||
			(before + 1) * WIRE_CELL_BYTES > (Size) (buf->len - buf->cursor))
			input_bad_bytes("cohort_table", "A cohort is out of order, or has too few cells.");
		last_before = before;
		table = cohort_table_add_row(table, before);
		cells = cohort_row(table, (int) before);
		for (uint32 k = 0; k <= before; k++)
		{
			CHECK_FOR_INTERRUPTS();
			cells[k].active = pq_getmsgint64(buf);
			cells[k].last = pq_getmsgint64(buf);
			cells[k].consecutive = pq_getmsgint64(buf);
			cells[k].exactly = pq_getmsgint64(buf);
			cells[k].revenue = amount_sum_recv(buf);
		}
		if (pg_add_s64_overflow(table->customers, cells[0].active,
								&table->customers))
			input_bad_bytes("cohort_table", "It has too many customers.");
	}
	if (buf->cursor != buf->len)
		input_bad_bytes("cohort_table", "It is longer than its cohorts.");
	fault = cohort_table_fault(table);
	if (fault != NULL)
		input_bad_bytes("cohort_table", fault);
	PG_RETURN_POINTER(cohort_table_pack(table));
}
