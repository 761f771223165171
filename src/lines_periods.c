/*-------------------------------------------------------------------------
 *
 * lines_periods.c
 *		How the revenue of one customer moves from period to period.
 *
 * Lines count where they are in time, as in a sales_cube: an order with lines
 * in two periods is in both.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "lines.h"

PG_FUNCTION_INFO_V1(pt_lines_first_purchase);
PG_FUNCTION_INFO_V1(pt_revenue_moves);

/* What the customer is to a period, in the order of part_sort. */
typedef enum MoveState
{
	MOVE_NEW = 1,
	MOVE_RETURNING,
	MOVE_KEPT,
	MOVE_LOST
} MoveState;

typedef struct PeriodAmount
{
	int64		number;
	int128		amount;
} PeriodAmount;

#define ST_SORT sort_periods
#define ST_ELEMENT_TYPE PeriodAmount
#define ST_COMPARE(a, b) ((a)->number < (b)->number ? -1 : (a)->number > (b)->number)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#define ST_DECLARE
#include "lib/sort_template.h"

/* Time of the first line that is no return; DT_NOEND without one. */
static Timestamp
first_purchase(const Timestamp *times, const int64 *amounts, int32 n)
{
	Timestamp	first = DT_NOEND;

	for (int32 i = 0; i < n; i++)
		if (times[i] < first && (amounts[i] == LINES_NULL || amounts[i] >= 0))
			first = times[i];
	return first;
}

static void
times_and_amounts(const LinesReader *reader, Timestamp **times,
				  int64 **amounts)
{
	*times = lines_numbers(reader->nlines);
	*amounts = lines_numbers(reader->nlines);
	lines_times(reader, *times);
	if (reader->nlines > 0)
		lines_decode(reader, LINES_AMOUNT, *amounts);
}

Datum
pt_lines_first_purchase(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	Timestamp  *times;
	int64	   *amounts;
	Timestamp	first;

	lines_open(PG_GETARG_DATUM(0), &reader);
	times_and_amounts(&reader, &times, &amounts);
	first = first_purchase(times, amounts, reader.nlines);
	pfree(times);
	pfree(amounts);
	if (first == DT_NOEND)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMP(first);
}

/* The periods in which there is a line, in order; returns how many. */
static int32
active_periods(const Timestamp *times, const int64 *amounts, int32 n,
			   Period period, PeriodAmount *periods)
{
	int32		lines = 0;
	int32		active = 0;
	bool		sorted = true;

	for (int32 i = 0; i < n; i++)
	{
		int64		number;

		if (times[i] == DT_NOEND)
			continue;
		number = period_number(times[i], period);
		/* most lines are in the period of the one before */
		if (lines > 0 && periods[lines - 1].number == number)
			;
		else
		{
			sorted &= lines == 0 || periods[lines - 1].number < number;
			periods[lines].number = number;
			periods[lines++].amount = 0;
		}
		if (amounts[i] != LINES_NULL)
			periods[lines - 1].amount += amounts[i];
	}
	if (sorted)
		return lines;
	sort_periods(periods, lines);
	for (int32 i = 0; i < lines; i++)
	{
		if (active > 0 && periods[active - 1].number == periods[i].number)
			periods[active - 1].amount += periods[i].amount;
		else
			periods[active++] = periods[i];
	}
	return active;
}

static void
put_move(ReturnSetInfo *rsinfo, int32 day, MoveState state,
		 const int128 *before, const int128 *after, int scale)
{
	Datum		values[4] = {0};
	bool		nulls[4] = {false, false, before == NULL, after == NULL};

	values[0] = DateADTGetDatum(day);
	values[1] = Int16GetDatum(state);
	if (before != NULL)
		values[2] = NumericGetDatum(amount_to_numeric(*before, scale));
	if (after != NULL)
		values[3] = NumericGetDatum(amount_to_numeric(*after, scale));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	for (int i = 2; i < 4; i++)
		if (!nulls[i])
			pfree(DatumGetPointer(values[i]));
}

Datum
pt_revenue_moves(PG_FUNCTION_ARGS)
{
	Period		period = period_from_enum(fcinfo, 1);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	LinesReader reader;
	Timestamp  *times;
	int64	   *amounts;
	Timestamp	first;
	PeriodAmount *periods;
	int32		n;

	lines_open(PG_GETARG_DATUM(0), &reader);
	times_and_amounts(&reader, &times, &amounts);
	InitMaterializedSRF(fcinfo, 0);
	first = first_purchase(times, amounts, reader.nlines);
	if (first == DT_NOEND)
		PG_RETURN_NULL();
	periods = MemoryContextAllocHuge(CurrentMemoryContext,
									 sizeof(PeriodAmount) * ((Size) reader.nlines + 1));
	n = active_periods(times, amounts, reader.nlines, period, periods);
	for (int32 i = 0; i < n; i++)
	{
		int64		number = periods[i].number;
		int32		day = period_start(number, period);
		int32		next = period_start(number + 1, period);

		CHECK_FOR_INTERRUPTS();
		if (!IS_VALID_DATE(day) || !IS_VALID_DATE(next))
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("a period begins outside of the dates")));
		if (i > 0 && periods[i - 1].number == number - 1)
			put_move(rsinfo, day, MOVE_KEPT, &periods[i - 1].amount,
					 &periods[i].amount, reader.amount_scale);
		else
			put_move(rsinfo, day,
					 number <= period_number(first, period) ? MOVE_NEW :
					 MOVE_RETURNING,
					 NULL, &periods[i].amount, reader.amount_scale);
		if (i == n - 1 || periods[i + 1].number != number + 1)
			put_move(rsinfo, next, MOVE_LOST, &periods[i].amount, NULL,
					 reader.amount_scale);
	}
	PG_RETURN_NULL();
}
