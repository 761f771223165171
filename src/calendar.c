/*-------------------------------------------------------------------------
 *
 * calendar.c
 *		Months, fiscal years, weeks and retail calendars.
 *
 * A calendar is a rule of a few bytes.  Where a period begins is computed
 * from it, for any day: a list of starts would have to end somewhere.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "calendar.h"
#include "compat.h"
#include "history.h"

PG_FUNCTION_INFO_V1(pt_month_calendar);
PG_FUNCTION_INFO_V1(pt_week_calendar);
PG_FUNCTION_INFO_V1(pt_retail_calendar);
PG_FUNCTION_INFO_V1(pt_calendar_period);
PG_FUNCTION_INFO_V1(pt_calendar_periods);
PG_FUNCTION_INFO_V1(pt_calendar_range);
PG_FUNCTION_INFO_V1(pt_calendar_has_months);
PG_FUNCTION_INFO_V1(pt_calendar_series_unit);
PG_FUNCTION_INFO_V1(pt_calendar_series_day);
PG_FUNCTION_INFO_V1(pt_calendar_of_series_day);
PG_FUNCTION_INFO_V1(pt_sales_calendar_eq);
PG_FUNCTION_INFO_V1(pt_sales_calendar_ne);

#define WEEKS_OF_QUARTER	13
#define PERIODS_OF_YEAR		12
#define MAX_PERIODS			100000

/* Weeks of the three periods of a quarter, by pattern. */
static const int pattern_weeks[][3] = {{0}, {4, 4, 5}, {4, 5, 4}, {5, 4, 4}};

static inline int32
floor_mod(int32 a, int32 b)
{
	int32		rest = a % b;

	return rest < 0 ? rest + b : rest;
}

static inline int32
floor_div(int32 a, int32 b)
{
	return (a - floor_mod(a, b)) / b;
}

/* Days since the last one of this weekday; 2000-01-01 was a Saturday. */
static inline int32
days_since_weekday(int32 day, int weekday)
{
	return floor_mod(day + 6 - weekday, 7);
}

static inline int32
day_of_date(int year, int month, int day)
{
	return date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
}

static inline int
year_of_day(int32 day)
{
	int			year,
				month,
				day_of_month;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	return year;
}

/*--- The rules ---*/

/* A period of a calendar of months; index counts months from the year 0. */
static void
month_period(const SalesCalendar *calendar, int64 index,
			 CalendarPeriod *period)
{
	int32		months = (int32) index;
	int32		next = months + 1;
	int32		first = months - (calendar->month - 1);

	period->index = index;
	period->start = day_of_date(floor_div(months, 12),
								floor_mod(months, 12) + 1, 1);
	period->next = day_of_date(floor_div(next, 12), floor_mod(next, 12) + 1, 1);
	period->year = floor_div(first, 12) +
		(calendar->named_by_end && calendar->month > 1 ? 1 : 0);
	period->number = floor_mod(first, 12) + 1;
	period->count = PERIODS_OF_YEAR;
}

/* The first day of the week that has the fourth of January. */
static int32
first_week(const SalesCalendar *calendar, int year)
{
	int32		fourth = day_of_date(year, 1, 4);

	return fourth - days_since_weekday(fourth, calendar->weekday);
}

/* A week is of the year that has its fourth day, and so most of it. */
static void
week_period(const SalesCalendar *calendar, int32 start, CalendarPeriod *period)
{
	int			year = year_of_day(start + 3);
	int32		first = first_week(calendar, year);

	period->start = start;
	period->next = start + 7;
	period->year = year;
	period->number = (start - first) / 7 + 1;
	period->count = (first_week(calendar, year + 1) - first) / 7;
	/* as weeks from Monday are numbered: see period_number() */
	period->index = floor_div(start - (calendar->weekday - 1) + 5, 7);
}

/* The last day of the retail year that ends with a month of this year. */
static int32
retail_year_end(const SalesCalendar *calendar, int year)
{
	int32		last = calendar->month == 12 ? day_of_date(year + 1, 1, 1) - 1
		: day_of_date(year, calendar->month + 1, 1) - 1;
	int32		back = days_since_weekday(last, calendar->weekday);

	return last + (calendar->nearest && back > 3 ? 7 - back : -back);
}

static void
retail_period(const SalesCalendar *calendar, int year, int number,
			  CalendarPeriod *period)
{
	const int  *weeks = pattern_weeks[calendar->pattern];
	int			in_quarter = (number - 1) % 3;
	int32		start = retail_year_end(calendar, year - 1) + 1;

	start += 7 * WEEKS_OF_QUARTER * ((number - 1) / 3);
	for (int i = 0; i < in_quarter; i++)
		start += 7 * weeks[i];
	period->start = start;
	/* a week more at the end of the year is of its last period */
	period->next = number == PERIODS_OF_YEAR ?
		retail_year_end(calendar, year) + 1 : start + 7 * weeks[in_quarter];
	period->year = calendar->named_by_end ? year : year - 1;
	period->number = number;
	period->count = PERIODS_OF_YEAR;
	period->index = (int64) year * PERIODS_OF_YEAR + number - 1;
}

static void
find_retail_period(const SalesCalendar *calendar, int32 day,
				   CalendarPeriod *period)
{
	const int  *weeks = pattern_weeks[calendar->pattern];
	int			year = year_of_day(day);
	int			quarter;
	int			week;
	int			in_quarter = 0;

	/* the end may be some days before or after that of the month */
	while (retail_year_end(calendar, year - 1) >= day)
		year--;
	while (retail_year_end(calendar, year) < day)
		year++;
	week = (day - retail_year_end(calendar, year - 1) - 1) / 7;
	quarter = Min(week / WEEKS_OF_QUARTER, 3);
	week -= quarter * WEEKS_OF_QUARTER;
	while (in_quarter < 2 && week >= weeks[in_quarter])
		week -= weeks[in_quarter++];
	retail_period(calendar, year, 3 * quarter + in_quarter + 1, period);
}

/* The period that a day is in. */
void
calendar_find(const SalesCalendar *calendar, int32 day, CalendarPeriod *period)
{
	int			year,
				month,
				day_of_month;

	switch (calendar->kind)
	{
		case CALENDAR_WEEKS:
			week_period(calendar,
						day - days_since_weekday(day, calendar->weekday), period);
			break;
		case CALENDAR_RETAIL:
			find_retail_period(calendar, day, period);
			break;
		default:
			j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
			month_period(calendar, (int64) year * 12 + month - 1, period);
			break;
	}
}

/* The period with this index. */
void
calendar_at(const SalesCalendar *calendar, int64 index, CalendarPeriod *period)
{
	switch (calendar->kind)
	{
		case CALENDAR_WEEKS:
			week_period(calendar, (int32) (index * 7 - 5) + calendar->weekday - 1,
						period);
			break;
		case CALENDAR_RETAIL:
			retail_period(calendar, floor_div((int32) index, PERIODS_OF_YEAR),
						  floor_mod((int32) index, PERIODS_OF_YEAR) + 1, period);
			break;
		default:
			month_period(calendar, index, period);
			break;
	}
}

/*--- Values ---*/

#define CALENDAR_SIZE	((int32) sizeof(SalesCalendar))

StaticAssertDecl(sizeof(SalesCalendar) == 12,
				 "sales_calendar must have no padding");

const SalesCalendar calendar_of_months = {
	.version = SALES_CALENDAR_VERSION,
	.kind = CALENDAR_MONTHS,
	.month = 1,
	.named_by_end = 1,
};

/*
 * What is wrong with a calendar of which there are so many bytes, or NULL.
 * Every calendar from outside passes here.
 */
const char *
calendar_fault(const SalesCalendar *calendar, Size size)
{
	if (size < sizeof(SalesCalendar) || !VARATT_IS_4B_U(calendar) ||
		VARSIZE(calendar) != sizeof(SalesCalendar))
		return "A calendar has another size.";
	if (calendar->version != SALES_CALENDAR_VERSION)
		return "The version of a calendar is not known.";
	if (calendar->zero != 0 || calendar->nearest > 1 ||
		calendar->named_by_end > 1)
		return "A calendar is out of range.";
	switch (calendar->kind)
	{
		case CALENDAR_MONTHS:
			if (calendar->month < 1 || calendar->month > 12 ||
				calendar->weekday != 0 || calendar->nearest != 0 ||
				calendar->pattern != 0 ||
				(calendar->month == 1 && !calendar->named_by_end))
				return "A calendar of months is out of range.";
			return NULL;
		case CALENDAR_WEEKS:
			if (calendar->month != 0 || calendar->weekday < 1 ||
				calendar->weekday > 7 || calendar->nearest != 0 ||
				calendar->pattern != 0 || calendar->named_by_end != 0)
				return "A calendar of weeks is out of range.";
			return NULL;
		case CALENDAR_RETAIL:
			if (calendar->month < 1 || calendar->month > 12 ||
				calendar->weekday < 1 || calendar->weekday > 7 ||
				calendar->pattern < 1 || calendar->pattern > 3 ||
				(calendar->month == 12 && !calendar->named_by_end))
				return "A retail calendar is out of range.";
			return NULL;
		default:
			return "The kind of a calendar is not known.";
	}
}

SalesCalendar *
calendar_get(Datum value)
{
	SalesCalendar *calendar = (SalesCalendar *) PG_DETOAST_DATUM(value);
	const char *fault = calendar_fault(calendar, VARSIZE(calendar));

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid sales_calendar"),
				 errdetail("%s", fault)));
	return calendar;
}

static bool
calendars_equal(FunctionCallInfo fcinfo)
{
	return calendar_same(calendar_get(PG_GETARG_DATUM(0)),
						 calendar_get(PG_GETARG_DATUM(1)));
}

Datum
pt_sales_calendar_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(calendars_equal(fcinfo));
}

Datum
pt_sales_calendar_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!calendars_equal(fcinfo));
}

/*--- Making ---*/

static uint8
number_argument(FunctionCallInfo fcinfo, int arg, int most, const char *what)
{
	int32		value;

	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", what)));
	value = PG_GETARG_INT32(arg);
	if (value < 1 || value > most)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 1 and %d, not %d", what, most,
						value)));
	return (uint8) value;
}

static SalesCalendar *
new_calendar(CalendarKind kind)
{
	SalesCalendar *calendar = palloc0(sizeof(SalesCalendar));

	SET_VARSIZE(calendar, CALENDAR_SIZE);
	calendar->version = SALES_CALENDAR_VERSION;
	calendar->kind = (uint8) kind;
	return calendar;
}

/*
 * Whether a year that ends with this month is named by the year that it ends
 * in, if nobody says so: by the one that has most of its months, and if both
 * have six by the end.
 */
static bool
usual_name(int last_month)
{
	return last_month >= 6;
}

static bool
name_argument(FunctionCallInfo fcinfo, int arg, int last_month)
{
	if (PG_ARGISNULL(arg) || last_month == 12)
		return usual_name(last_month);
	return PG_GETARG_BOOL(arg);
}

/* month_calendar(first_month, named_by_end) */
Datum
pt_month_calendar(PG_FUNCTION_ARGS)
{
	SalesCalendar *calendar = new_calendar(CALENDAR_MONTHS);

	calendar->month = number_argument(fcinfo, 0, 12, "first_month");
	calendar->named_by_end = name_argument(fcinfo, 1,
										   (calendar->month + 10) % 12 + 1);
	PG_RETURN_POINTER(calendar);
}

/* week_calendar(first_weekday) */
Datum
pt_week_calendar(PG_FUNCTION_ARGS)
{
	SalesCalendar *calendar = new_calendar(CALENDAR_WEEKS);

	calendar->weekday = number_argument(fcinfo, 0, 7, "first_weekday");
	PG_RETURN_POINTER(calendar);
}

static const char *const pattern_names[] = {"", "4-4-5", "4-5-4", "5-4-4"};

static uint8
find_pattern(const char *name)
{
	for (uint8 i = 1; i < lengthof(pattern_names); i++)
		if (strcmp(name, pattern_names[i]) == 0)
			return i;
	return 0;
}

/* retail_calendar(pattern, last_month, last_weekday, nearest, named_by_end) */
Datum
pt_retail_calendar(PG_FUNCTION_ARGS)
{
	SalesCalendar *calendar = new_calendar(CALENDAR_RETAIL);

	if (PG_ARGISNULL(0) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL",
						PG_ARGISNULL(0) ? "pattern" : "nearest")));
	calendar->pattern = find_pattern(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (calendar->pattern == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no such pattern of weeks"),
				 errhint("The patterns are 4-4-5, 4-5-4 and 5-4-4.")));
	calendar->month = number_argument(fcinfo, 1, 12, "last_month");
	calendar->weekday = number_argument(fcinfo, 2, 7, "last_weekday");
	calendar->nearest = PG_GETARG_BOOL(3);
	calendar->named_by_end = name_argument(fcinfo, 4, calendar->month);
	PG_RETURN_POINTER(calendar);
}

/*--- Asking ---*/

static int32
check_day(DateADT day)
{
	/*
	 * Beyond those of timestamps are no purchases, and dates that have no
	 * next period.
	 */
	if (day < DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE ||
		day >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("a day is out of range"),
				 errdetail("It must be finite, and before the year 294277.")));
	return day;
}

static Datum
start_datum(int32 day)
{
	if (!IS_VALID_DATE(day))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("a period begins outside of the dates")));
	return DateADTGetDatum(day);
}

static const char *
label_format(const SalesCalendar *calendar)
{
	if (calendar->kind == CALENDAR_WEEKS)
		return "%04d-W%02d";
	if (calendar->kind == CALENDAR_MONTHS && calendar->month == 1)
		return "%04d-%02d";
	return "FY%04d-P%02d";
}

static void
period_row(const SalesCalendar *calendar, const CalendarPeriod *period,
		   Datum *values)
{
	values[0] = start_datum(period->start);
	values[1] = start_datum(period->next - 1);
	values[2] = Int32GetDatum(period->year);
	values[3] = Int32GetDatum(period->number);
	values[4] = CStringGetTextDatum(psprintf(label_format(calendar),
											 period->year, period->number));
	values[5] = Int32GetDatum(period->next - period->start);
}

#define PERIOD_COLUMNS	6

/* calendar_period(calendar, day) */
Datum
pt_calendar_period(PG_FUNCTION_ARGS)
{
	const SalesCalendar *calendar = calendar_get(PG_GETARG_DATUM(0));
	CalendarPeriod period;
	TupleDesc	desc;
	Datum		values[PERIOD_COLUMNS];
	bool		nulls[PERIOD_COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	calendar_find(calendar, check_day(PG_GETARG_DATEADT(1)), &period);
	period_row(calendar, &period, values);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}

/* calendar_periods(calendar, from_day, until_day) */
Datum
pt_calendar_periods(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const SalesCalendar *calendar = calendar_get(PG_GETARG_DATUM(0));
	int32		from = check_day(PG_GETARG_DATEADT(1));
	int32		until = check_day(PG_GETARG_DATEADT(2));
	CalendarPeriod period;
	int			n = 0;

	InitMaterializedSRF(fcinfo, 0);
	if (from > until)
		return (Datum) 0;
	for (calendar_find(calendar, from, &period); period.start <= until;
		 calendar_find(calendar, period.next, &period))
	{
		Datum		values[PERIOD_COLUMNS];
		bool		nulls[PERIOD_COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		if (++n > MAX_PERIODS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("more than %d periods", MAX_PERIODS)));
		period_row(calendar, &period, values);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		pfree(DatumGetPointer(values[4]));
	}
	return (Datum) 0;
}

/* Reads a label as label_format() makes it; false if it is none. */
static bool
find_label(const SalesCalendar *calendar, const char *label,
		   CalendarPeriod *period)
{
	const char *digits = strncmp(label, "FY", 2) == 0 ? label + 2 : label;
	char	   *end;
	long		year = strtol(digits, &end, 10);
	long		number = strtol(end + strcspn(end, "0123456789"), NULL, 10);

	if (year < -4000 || year > 290000 || number < 1)
		return false;
	/* the first period of the year, and from there as many further */
	if (calendar->kind == CALENDAR_WEEKS)
		week_period(calendar, first_week(calendar, (int) year), period);
	else if (calendar->kind == CALENDAR_RETAIL)
		retail_period(calendar, (int) year + !calendar->named_by_end, 1, period);
	else
		month_period(calendar, (int64) 12 * (year - (calendar->named_by_end &&
													 calendar->month > 1)) +
					 calendar->month - 1, period);
	if (number > period->count)
		return false;
	calendar_at(calendar, period->index + number - 1, period);
	/* and nothing else stands in it */
	return strcmp(label, psprintf(label_format(calendar), period->year,
								  period->number)) == 0;
}

/* calendar_range(calendar, label) */
Datum
pt_calendar_range(PG_FUNCTION_ARGS)
{
	const SalesCalendar *calendar = calendar_get(PG_GETARG_DATUM(0));
	char	   *label = text_to_cstring(PG_GETARG_TEXT_PP(1));
	CalendarPeriod period;
	TypeCacheEntry *type = range_get_typcache(fcinfo, DATERANGEOID);
	RangeBound	lower = {.inclusive = true,.lower = true};
	RangeBound	upper = {0};

	if (!find_label(calendar, label, &period))
	{
		StringInfoData buf;

		initStringInfo(&buf);
		calendar_out(&buf, calendar);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no period \"%s\"",
						pnstrdup(label, pg_mbcliplen(label, strnlen(label, 104), 100))),
				 errdetail("The calendar is \"%s\".", buf.data),
				 errhint("A period of it is %s.",
						 calendar->kind == CALENDAR_WEEKS ? "2024-W03" :
						 label_format(calendar)[0] == 'F' ? "FY2024-P03" : "2024-03")));
	}
	lower.val = start_datum(period.start);
	upper.val = start_datum(period.next);
	PG_RETURN_RANGE_P(pt_make_range(type, &lower, &upper));
}

/*--- Series: periods as months or weeks that follow each other ---*/

/* Whether its periods are calendar months, whatever its years are. */
Datum
pt_calendar_has_months(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(calendar_get(PG_GETARG_DATUM(0))->kind == CALENDAR_MONTHS);
}

static Period
series_unit(const SalesCalendar *calendar)
{
	return calendar->kind == CALENDAR_WEEKS ? PERIOD_WEEK : PERIOD_MONTH;
}

Datum
pt_calendar_series_unit(PG_FUNCTION_ARGS)
{
	const SalesCalendar *calendar = calendar_get(PG_GETARG_DATUM(0));

	PG_RETURN_TEXT_P(cstring_to_text(calendar->kind == CALENDAR_WEEKS ?
									 "week" : "month"));
}

/* The month, or week from Monday, with the index of a day's period. */
Datum
pt_calendar_series_day(PG_FUNCTION_ARGS)
{
	const SalesCalendar *calendar = calendar_get(PG_GETARG_DATUM(0));
	CalendarPeriod period;

	calendar_find(calendar, check_day(PG_GETARG_DATEADT(1)), &period);
	PG_RETURN_DATUM(start_datum(period_start(period.index, series_unit(calendar))));
}

/* ... and back: the first day of the period. */
Datum
pt_calendar_of_series_day(PG_FUNCTION_ARGS)
{
	const SalesCalendar *calendar = calendar_get(PG_GETARG_DATUM(0));
	Timestamp	day = check_day(PG_GETARG_DATEADT(1)) * USECS_PER_DAY;
	CalendarPeriod period;

	calendar_at(calendar, period_number(day, series_unit(calendar)), &period);
	PG_RETURN_DATUM(start_datum(period.start));
}
