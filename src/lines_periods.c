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

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

#include "calendar.h"
#include "compat.h"
#include "lines.h"

PG_FUNCTION_INFO_V1(pt_lines_first_purchase);
PG_FUNCTION_INFO_V1(pt_lines_revenue_between);
PG_FUNCTION_INFO_V1(pt_period_moves);
PG_FUNCTION_INFO_V1(pt_revenue_moves_accum);
PG_FUNCTION_INFO_V1(pt_calendar_moves_accum);
PG_FUNCTION_INFO_V1(pt_revenue_moves_combine);
PG_FUNCTION_INFO_V1(pt_revenue_moves_final);

/* What the customer is to a period, in the order of part_sort. */
typedef enum MoveState
{
	MOVE_NEW = 1,
	MOVE_RETURNING,
	MOVE_KEPT,
	MOVE_LOST
} MoveState;

/* What revenue is summed by: a period, or those of a calendar. */
typedef struct MoveUnit
{
	Period		period;
	const SalesCalendar *calendar;	/* NULL: none */
} MoveUnit;

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

/* Lines without an amount add nothing, but they are lines. */
Datum
pt_lines_revenue_between(PG_FUNCTION_ARGS)
{
	Timestamp	from = PG_GETARG_TIMESTAMP(1);
	Timestamp	until = PG_GETARG_TIMESTAMP(2);
	LinesReader reader;
	Timestamp  *times;
	int64	   *amounts;
	int128		sum = 0;
	bool		any = false;

	lines_open(PG_GETARG_DATUM(0), &reader);
	times_and_amounts(&reader, &times, &amounts);
	for (int32 i = 0; i < reader.nlines; i++)
	{
		if (times[i] == DT_NOEND || times[i] < from || times[i] >= until)
			continue;
		any = true;
		if (amounts[i] != LINES_NULL)
			sum += amounts[i];
	}
	pfree(times);
	pfree(amounts);
	if (!any)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(amount_to_numeric(sum, reader.amount_scale));
}

static int64
unit_number(const MoveUnit *unit, Timestamp at, CalendarPeriod *last)
{
	int32		day;

	if (unit->calendar == NULL)
		return period_number(at, unit->period);
	day = (int32) timestamp_day(at);
	if (day < last->start || day >= last->next)
		calendar_find(unit->calendar, day, last);
	return last->index;
}

/* The periods in which there is a line, in order; returns how many. */
static int32
active_periods(const Timestamp *times, const int64 *amounts, int32 n,
			   const MoveUnit *unit, PeriodAmount *periods)
{
	CalendarPeriod last = {0};
	int32		lines = 0;
	int32		active = 0;
	bool		sorted = true;

	for (int32 i = 0; i < n; i++)
	{
		int64		number;

		if (times[i] == DT_NOEND)
			continue;
		number = unit_number(unit, times[i], &last);
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

/* How the customer moves into a period; revenues that he has not are 0. */
typedef struct Move
{
	int64		number;
	MoveState	state;
	int128		before;
	int128		after;
} Move;

typedef void (*MoveTarget) (void *target, const Move *move, int scale);

/* Gives the moves of a customer to a function, none without a purchase. */
static void
each_move(Datum lines, const MoveUnit *unit, MoveTarget put, void *target)
{
	LinesReader reader;
	Timestamp  *times;
	int64	   *amounts;
	Timestamp	first;
	PeriodAmount *periods;
	CalendarPeriod none = {0};
	int32		n;

	lines_open(lines, &reader);
	times_and_amounts(&reader, &times, &amounts);
	first = first_purchase(times, amounts, reader.nlines);
	if (first != DT_NOEND)
	{
		periods = MemoryContextAllocHuge(CurrentMemoryContext,
										 sizeof(PeriodAmount) * ((Size) reader.nlines + 1));
		n = active_periods(times, amounts, reader.nlines, unit, periods);
		for (int32 i = 0; i < n; i++)
		{
			Move		move = {periods[i].number, MOVE_RETURNING, 0, periods[i].amount};

			CHECK_FOR_INTERRUPTS();
			if (i > 0 && periods[i - 1].number == move.number - 1)
			{
				move.state = MOVE_KEPT;
				move.before = periods[i - 1].amount;
			}
			else if (move.number <= unit_number(unit, first, &none))
				move.state = MOVE_NEW;
			put(target, &move, reader.amount_scale);
			if (i == n - 1 || periods[i + 1].number != move.number + 1)
			{
				Move		lost = {move.number + 1, MOVE_LOST, move.after, 0};

				put(target, &lost, reader.amount_scale);
			}
		}
		pfree(periods);
	}
	pfree(times);
	pfree(amounts);
}

static int32
move_day(int64 number, const MoveUnit *unit)
{
	CalendarPeriod found;
	int32		day;

	if (unit->calendar != NULL)
	{
		calendar_at(unit->calendar, number, &found);
		day = found.start;
	}
	else
		day = period_start(number, unit->period);
	if (!IS_VALID_DATE(day))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("a period begins outside of the dates")));
	return day;
}

/* The revenues of a move, NULL where by its state there is none. */
static void
move_revenues(const Move *move, int scale, Datum *values, bool *nulls)
{
	nulls[0] = move->state < MOVE_KEPT;
	nulls[1] = move->state == MOVE_LOST;
	if (!nulls[0])
		values[0] = NumericGetDatum(amount_to_numeric(move->before, scale));
	if (!nulls[1])
		values[1] = NumericGetDatum(amount_to_numeric(move->after, scale));
}

/*--- Of one customer, as rows ---*/

typedef struct MoveRows
{
	ReturnSetInfo *rsinfo;
	MoveUnit	unit;
} MoveRows;

static void
put_move_row(void *target, const Move *move, int scale)
{
	MoveRows   *rows = target;
	Datum		values[4] = {0};
	bool		nulls[4] = {0};

	values[0] = DateADTGetDatum(move_day(move->number, &rows->unit));
	values[1] = Int16GetDatum(move->state);
	move_revenues(move, scale, &values[2], &nulls[2]);
	tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc,
						 values, nulls);
}

Datum
pt_period_moves(PG_FUNCTION_ARGS)
{
	MoveRows	rows = {0};

	rows.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	rows.unit.period = period_from_enum(fcinfo, 1);
	InitMaterializedSRF(fcinfo, 0);
	each_move(PG_GETARG_DATUM(0), &rows.unit, put_move_row, &rows);
	PG_RETURN_NULL();
}

/*--- Of all customers, as sums ---*/

typedef struct MoveSum
{
	int64		customers;
	int128		before;
	int128		after;
} MoveSum;

/*
 * The state, a bytea, so that it is copied, sent and merged as any value.
 * There is room for as many periods as its length allows, n of which are in
 * use, from first on without gaps, each with its four states.
 */
typedef struct MoveSums
{
	int32		vl_len_;
	uint8		version;
	uint8		period;			/* NO_PERIOD: those of the calendar */
	uint8		scale;
	uint8		unused;
	int64		first;
	int64		n;
	SalesCalendar calendar;		/* zero without it */
	int32		unused2;
	MoveSum		sums[FLEXIBLE_ARRAY_MEMBER];
} MoveSums;

#define MOVE_SUMS_VERSION	2
#define NO_PERIOD			(PERIOD_YEAR + 1)
#define MAX_CALENDAR_INDEX	16000000	/* weeks of all timestamps */
#define MOVE_STATES			4
#define MOVE_MAX_PERIODS	INT64CONST(32000)
#define MOVE_SUMS_SIZE(n)	(offsetof(MoveSums, sums) + sizeof(MoveSum) * MOVE_STATES * (Size) (n))

static MoveUnit
sums_unit(const MoveSums *sums)
{
	MoveUnit	unit = {(Period) sums->period, NULL};

	if (sums->period == NO_PERIOD)
		unit.calendar = &sums->calendar;
	return unit;
}

static bool
same_unit(const MoveUnit *a, const MoveUnit *b)
{
	if (a->calendar == NULL || b->calendar == NULL)
		return a->calendar == b->calendar && a->period == b->period;
	return calendar_same(a->calendar, b->calendar);
}

static void
check_same_unit(const MoveUnit *a, const MoveUnit *b)
{
	if (!same_unit(a, b))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the period must be the same in all rows")));
}

static MoveSums *
move_sums_argument(FunctionCallInfo fcinfo, int arg)
{
	Datum		value = PG_GETARG_DATUM(arg);
	MoveSums   *sums = (MoveSums *) DatumGetPointer(value);

	/* of an aggregate it may be changed in place; in a tuple of a worker it is not aligned for its numbers */
	if (!(AggCheckCallContext(fcinfo, NULL) && VARATT_IS_4B_U(sums) &&
		  (uintptr_t) sums == MAXALIGN(sums)))
		sums = (MoveSums *) PG_DETOAST_DATUM_COPY(value);
	if (VARSIZE(sums) < MOVE_SUMS_SIZE(0) ||
		sums->version != MOVE_SUMS_VERSION || sums->period > NO_PERIOD ||
		(sums->period == NO_PERIOD &&
		 (calendar_fault(&sums->calendar, sizeof(SalesCalendar)) != NULL ||
		  sums->first > MAX_CALENDAR_INDEX ||
		  sums->first < -MAX_CALENDAR_INDEX)) ||
		sums->scale > AMOUNT_MAX_SCALE || sums->unused != 0 ||
		sums->n < 0 || sums->n > MOVE_MAX_PERIODS ||
		sums->first > (INT64CONST(1) << 32) || sums->first < -(INT64CONST(1) << 32) ||
		VARSIZE(sums) < MOVE_SUMS_SIZE(sums->n))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid state of revenue_moves")));
	return sums;
}

static MoveSums *
new_move_sums(const MoveUnit *unit, int scale, int64 room)
{
	MoveSums   *sums = palloc0(MOVE_SUMS_SIZE(room));

	SET_VARSIZE(sums, MOVE_SUMS_SIZE(room));
	sums->version = MOVE_SUMS_VERSION;
	sums->period = unit->calendar == NULL ? unit->period : NO_PERIOD;
	if (unit->calendar != NULL)
		sums->calendar = *unit->calendar;
	sums->scale = scale;
	return sums;
}

/* Makes room for a period, in a new state where the old one is too small. */
static void
reach_period(MoveSums **state, int64 number)
{
	MoveSums   *sums = *state;
	int64		first = sums->n == 0 ? number : Min(sums->first, number);
	int64		until = sums->n == 0 ? number + 1 : Max(sums->first + sums->n, number + 1);
	int64		room = (VARSIZE(sums) - MOVE_SUMS_SIZE(0)) / (sizeof(MoveSum) * MOVE_STATES);
	MoveSum    *from = sums->sums;
	Size		used = sizeof(MoveSum) * MOVE_STATES * (Size) sums->n;

	if (until - first > MOVE_MAX_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than " INT64_FORMAT " periods", MOVE_MAX_PERIODS)));
	if (until - first > room)
	{
		MoveUnit	unit = sums_unit(sums);
		MoveSums   *larger = new_move_sums(&unit, sums->scale,
										   Min(2 * (until - first), MOVE_MAX_PERIODS));

		*state = larger;
	}
	memmove(&(*state)->sums[MOVE_STATES * (sums->n == 0 ? 0 : sums->first - first)], from, used);
	if (*state == sums)
	{
		if (sums->n > 0 && sums->first > first)
			memset(sums->sums, 0, sizeof(MoveSum) * MOVE_STATES * (Size) (sums->first - first));
		memset(&sums->sums[MOVE_STATES * (sums->n == 0 ? 0 : sums->first + sums->n - first)], 0,
			   sizeof(MoveSum) * MOVE_STATES * (Size) (until - (sums->n == 0 ? first : sums->first + sums->n)));
	}
	(*state)->first = first;
	(*state)->n = until - first;
}

/* Adds a number of another scale, which is not larger. */
static void
add_amount(int128 *sum, int128 amount, int from_scale, int to_scale)
{
	if (__builtin_add_overflow(*sum,
							   amount_sum_rescale(amount, from_scale, to_scale),
							   sum))
		amount_too_large();
}

/* Brings the sums, and what is added to them, to the larger of both scales. */
static void
raise_scale(MoveSums *sums, int scale)
{
	if (scale <= sums->scale)
		return;
	for (int64 i = 0; i < MOVE_STATES * sums->n; i++)
	{
		sums->sums[i].before = amount_sum_rescale(sums->sums[i].before, sums->scale, scale);
		sums->sums[i].after = amount_sum_rescale(sums->sums[i].after, sums->scale, scale);
	}
	sums->scale = scale;
}

static void
add_move(void *target, const Move *move, int scale)
{
	MoveSums  **state = target;
	MoveSums   *sums = *state;
	MoveSum    *sum;

	raise_scale(sums, scale);
	if (sums->n == 0 || move->number < sums->first ||
		move->number >= sums->first + sums->n)
	{
		reach_period(state, move->number);
		sums = *state;
	}
	sum = &sums->sums[MOVE_STATES * (move->number - sums->first) + move->state - 1];
	sum->customers++;
	add_amount(&sum->before, move->before, scale, sums->scale);
	add_amount(&sum->after, move->after, scale, sums->scale);
}

static Datum
accumulate_moves(FunctionCallInfo fcinfo, const MoveUnit *unit)
{
	MoveSums   *sums = PG_ARGISNULL(0) ? NULL : move_sums_argument(fcinfo, 0);

	if (sums != NULL)
	{
		MoveUnit	old = sums_unit(sums);

		check_same_unit(&old, unit);
	}
	if (PG_ARGISNULL(1))
	{
		if (sums == NULL)
			PG_RETURN_NULL();
		PG_RETURN_BYTEA_P(sums);
	}
	if (sums == NULL)
		sums = new_move_sums(unit, 0, 0);
	each_move(PG_GETARG_DATUM(1), unit, add_move, &sums);
	PG_RETURN_BYTEA_P(sums);
}

Datum
pt_revenue_moves_accum(PG_FUNCTION_ARGS)
{
	MoveUnit	unit = {0};

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the period must not be NULL")));
	unit.period = period_from_enum(fcinfo, 2);
	return accumulate_moves(fcinfo, &unit);
}

Datum
pt_calendar_moves_accum(PG_FUNCTION_ARGS)
{
	MoveUnit	unit = {0};

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the calendar must not be NULL")));
	unit.calendar = calendar_get(PG_GETARG_DATUM(2));
	return accumulate_moves(fcinfo, &unit);
}

Datum
pt_revenue_moves_combine(PG_FUNCTION_ARGS)
{
	MoveSums   *sums;
	MoveSums   *other;
	MoveUnit	unit;
	MoveUnit	other_unit;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	sums = move_sums_argument(fcinfo, PG_ARGISNULL(0) ? 1 : 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_BYTEA_P(sums);
	other = move_sums_argument(fcinfo, 1);
	unit = sums_unit(sums);
	other_unit = sums_unit(other);
	check_same_unit(&unit, &other_unit);
	raise_scale(sums, other->scale);
	if (other->n > 0)
	{
		reach_period(&sums, other->first);
		reach_period(&sums, other->first + other->n - 1);
	}
	for (int64 i = 0; i < MOVE_STATES * other->n; i++)
	{
		MoveSum    *sum = &sums->sums[MOVE_STATES * (other->first - sums->first) + i];

		CHECK_FOR_INTERRUPTS();
		sum->customers += other->sums[i].customers;
		add_amount(&sum->before, other->sums[i].before, other->scale, sums->scale);
		add_amount(&sum->after, other->sums[i].after, other->scale, sums->scale);
	}
	PG_RETURN_BYTEA_P(sums);
}

/* The sums as an array of rows, those of states that occur. */
Datum
pt_revenue_moves_final(PG_FUNCTION_ARGS)
{
	MoveSums   *sums = move_sums_argument(fcinfo, 0);
	MoveUnit	unit = sums_unit(sums);
	Oid			row_type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	TupleDesc	desc = lookup_rowtype_tupdesc(row_type, -1);
	ArrayBuildState *rows = initArrayResult(row_type, CurrentMemoryContext, false);

	for (int64 i = 0; i < MOVE_STATES * sums->n; i++)
	{
		const MoveSum *sum = &sums->sums[i];
		Move		move = {sums->first + i / MOVE_STATES, (MoveState) (i % MOVE_STATES + 1), sum->before, sum->after};
		Datum		values[5] = {0};
		bool		nulls[5] = {0};

		CHECK_FOR_INTERRUPTS();
		if (sum->customers == 0)
			continue;
		values[0] = DateADTGetDatum(move_day(move.number, &unit));
		values[1] = Int16GetDatum(move.state);
		values[2] = Int64GetDatum(sum->customers);
		move_revenues(&move, sums->scale, &values[3], &nulls[3]);
		rows = accumArrayResult(rows, HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)),
								false, row_type, CurrentMemoryContext);
	}
	ReleaseTupleDesc(desc);
	PG_RETURN_DATUM(makeArrayResult(rows, CurrentMemoryContext));
}
