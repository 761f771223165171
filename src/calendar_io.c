/*-------------------------------------------------------------------------
 *
 * calendar_io.c
 *		sales_calendar as text, which people write, and as bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "calendar.h"
#include "compat.h"
#include "input.h"

PG_FUNCTION_INFO_V1(pt_sales_calendar_in);
PG_FUNCTION_INFO_V1(pt_sales_calendar_out);
PG_FUNCTION_INFO_V1(pt_sales_calendar_recv);
PG_FUNCTION_INFO_V1(pt_sales_calendar_send);

#define MAX_WORD	15

static const char *const month_names[] = {"january", "february", "march",
	"april", "may", "june", "july", "august", "september", "october",
"november", "december"};
static const char *const weekday_names[] = {"monday", "tuesday", "wednesday",
"thursday", "friday", "saturday", "sunday"};
static const char *const pattern_names[] = {"4-4-5", "4-5-4", "5-4-4"};

/*--- Writing ---*/

/*
 * "month", "fiscal year from july", "iso week", "week from sunday", "4-5-4,
 * years end on the saturday nearest the end of january", "4-4-5, years end on
 * the last saturday of september"; with ", named by the start" or "end" where
 * the name of a year is not the usual one.
 */
void
calendar_out(StringInfo buf, const SalesCalendar *calendar)
{
	int			last_month = calendar->month;

	switch (calendar->kind)
	{
		case CALENDAR_WEEKS:
			if (calendar->weekday == 1)
				appendStringInfoString(buf, "iso week");
			else
				appendStringInfo(buf, "week from %s",
								 weekday_names[calendar->weekday - 1]);
			return;
		case CALENDAR_RETAIL:
			appendStringInfo(buf, calendar->nearest ?
							 "%s, years end on the %s nearest the end of %s" :
							 "%s, years end on the last %s of %s",
							 pattern_names[calendar->pattern - 1],
							 weekday_names[calendar->weekday - 1],
							 month_names[calendar->month - 1]);
			break;
		default:
			if (calendar->month == 1)
			{
				appendStringInfoString(buf, "month");
				return;
			}
			appendStringInfo(buf, "fiscal year from %s",
							 month_names[calendar->month - 1]);
			last_month--;
			break;
	}
	if (calendar->named_by_end != (last_month >= 6))
		appendStringInfo(buf, ", named by the %s",
						 calendar->named_by_end ? "end" : "start");
}

Datum
pt_sales_calendar_out(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	initStringInfo(&buf);
	calendar_out(&buf, calendar_get(PG_GETARG_DATUM(0)));
	PG_RETURN_CSTRING(buf.data);
}

/*--- Reading ---*/

typedef struct CalendarReader
{
	const char *input;
	const char *next;
	char		word[MAX_WORD + 1]; /* the one at hand; "" at the end */
} CalendarReader;

static PT_NORETURN void
bad_calendar(const CalendarReader *reader, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"",
					"sales_calendar",
					pnstrdup(reader->input,
							 pg_mbcliplen(reader->input,
										  strnlen(reader->input, 104), 100))),
			 errdetail("%s", detail),
			 errhint("Calendars are: month; fiscal year from july; iso week; week from sunday; 4-5-4 nrf; and with 4-4-5, 4-5-4 or 5-4-4: 4-4-5, years end on the saturday nearest the end of january; 4-4-5, years end on the last saturday of september.")));
}

/* Words are of letters, digits and hyphens; commas are spaces. */
static void
next_word(CalendarReader *reader)
{
	int			n = 0;

	while (isspace((unsigned char) *reader->next) || *reader->next == ',')
		reader->next++;
	while (*reader->next != '\0' && *reader->next != ',' &&
		   !isspace((unsigned char) *reader->next))
	{
		if (n == MAX_WORD)
			bad_calendar(reader, "It has a word that is too long.");
		reader->word[n++] = (char) pg_ascii_tolower((unsigned char) *reader->next++);
	}
	reader->word[n] = '\0';
}

static bool
take_word(CalendarReader *reader, const char *word)
{
	if (strcmp(reader->word, word) != 0)
		return false;
	next_word(reader);
	return true;
}

static void
expect_word(CalendarReader *reader, const char *word)
{
	if (!take_word(reader, word))
		bad_calendar(reader, reader->word[0] == '\0' ?
					 psprintf("At its end \"%s\" is missing.", word) :
					 psprintf("In the place of \"%s\" there must be \"%s\".",
							  reader->word, word));
}

/* The number of a name, of which three letters are enough, or 0. */
static uint8
take_name(CalendarReader *reader, const char *const *names, int n)
{
	size_t		length = strlen(reader->word);

	for (int i = 0; i < n; i++)
		if ((length == 3 && strncmp(reader->word, names[i], 3) == 0) ||
			strcmp(reader->word, names[i]) == 0)
		{
			next_word(reader);
			return (uint8) (i + 1);
		}
	return 0;
}

static uint8
take_month(CalendarReader *reader)
{
	uint8		month = take_name(reader, month_names, lengthof(month_names));

	if (month == 0)
		bad_calendar(reader, "A month is missing, or its name is not known.");
	return month;
}

static uint8
take_weekday(CalendarReader *reader)
{
	uint8		weekday = take_name(reader, weekday_names,
									lengthof(weekday_names));

	if (weekday == 0)
		bad_calendar(reader, "A weekday is missing, or its name is not known.");
	return weekday;
}

/* ", named by the start", or "end", if it is there. */
static void
read_year_name(CalendarReader *reader, SalesCalendar *calendar, int last_month)
{
	bool		by_end = false;

	calendar->named_by_end = last_month >= 6;
	if (!take_word(reader, "named"))
		return;
	expect_word(reader, "by");
	expect_word(reader, "the");
	if (take_word(reader, "end"))
		by_end = true;
	else
		expect_word(reader, "start");
	/* both are the same year */
	calendar->named_by_end = by_end || last_month == 12;
}

static void
read_year_end(CalendarReader *reader, SalesCalendar *calendar)
{
	if (take_word(reader, "nrf"))
	{
		calendar->weekday = 6;
		calendar->month = 1;
		calendar->nearest = 1;
		return;
	}
	if (reader->word[0] == '\0')
		bad_calendar(reader, "It does not say when its years end.");
	expect_word(reader, "years");
	expect_word(reader, "end");
	expect_word(reader, "on");
	expect_word(reader, "the");
	if (take_word(reader, "last"))
	{
		calendar->weekday = take_weekday(reader);
		expect_word(reader, "of");
		calendar->month = take_month(reader);
		return;
	}
	calendar->weekday = take_weekday(reader);
	expect_word(reader, "nearest");
	expect_word(reader, "the");
	expect_word(reader, "end");
	expect_word(reader, "of");
	calendar->month = take_month(reader);
	calendar->nearest = 1;
}

SalesCalendar *
calendar_in(const char *input)
{
	SalesCalendar *calendar = palloc0(sizeof(SalesCalendar));
	CalendarReader reader = {.input = input,.next = input};

	SET_VARSIZE(calendar, sizeof(SalesCalendar));
	calendar->version = SALES_CALENDAR_VERSION;
	next_word(&reader);
	for (uint8 i = 0; i < lengthof(pattern_names); i++)
		if (take_word(&reader, pattern_names[i]))
			calendar->pattern = i + 1;
	if (calendar->pattern != 0)
	{
		calendar->kind = CALENDAR_RETAIL;
		read_year_end(&reader, calendar);
		read_year_name(&reader, calendar, calendar->month);
	}
	else if (take_word(&reader, "month"))
	{
		calendar->kind = CALENDAR_MONTHS;
		calendar->month = 1;
		calendar->named_by_end = 1;
	}
	else if (take_word(&reader, "fiscal"))
	{
		expect_word(&reader, "year");
		expect_word(&reader, "from");
		calendar->kind = CALENDAR_MONTHS;
		calendar->month = take_month(&reader);
		read_year_name(&reader, calendar, (calendar->month + 10) % 12 + 1);
	}
	else if (take_word(&reader, "iso"))
	{
		expect_word(&reader, "week");
		calendar->kind = CALENDAR_WEEKS;
		calendar->weekday = 1;
	}
	else if (take_word(&reader, "week"))
	{
		expect_word(&reader, "from");
		calendar->kind = CALENDAR_WEEKS;
		calendar->weekday = take_weekday(&reader);
	}
	else
		bad_calendar(&reader, "It does not begin as any calendar does.");
	if (reader.word[0] != '\0')
		bad_calendar(&reader, "Something follows that is not understood.");
	return calendar;
}

static Datum
calendar_from_text(char *input)
{
	return PointerGetDatum(calendar_in(input));
}

Datum
pt_sales_calendar_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, calendar_from_text);
}

/*--- Bytes ---*/

#define WIRE_BYTES	7			/* in the order of calendar.h, from the version on */

void
calendar_send(StringInfo buf, const SalesCalendar *calendar)
{
	pq_sendbytes(buf, (const char *) &calendar->version, WIRE_BYTES);
}

Datum
pt_sales_calendar_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	calendar_send(&buf, calendar_get(PG_GETARG_DATUM(0)));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* Reads a calendar, also as a part of the bytes of another type. */
SalesCalendar *
calendar_recv(StringInfo buf, const char *type)
{
	SalesCalendar *calendar = palloc0(sizeof(SalesCalendar));
	const char *fault;

	SET_VARSIZE(calendar, sizeof(SalesCalendar));
	memcpy(&calendar->version, pq_getmsgbytes(buf, WIRE_BYTES), WIRE_BYTES);
	fault = calendar_fault(calendar, sizeof(SalesCalendar));
	if (fault != NULL)
		input_bad_bytes(type, fault);
	return calendar;
}

Datum
pt_sales_calendar_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(calendar_recv((StringInfo) PG_GETARG_POINTER(0),
									"sales_calendar"));
}
