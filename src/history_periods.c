/*-------------------------------------------------------------------------
 *
 * history_periods.c
 *		Purchases by calendar period, and what lifetime value models need.
 *
 * x, t_x, T and m are those of Fader and Hardie: distinct periods with a
 * purchase after the first; the last of them minus the first; the end of the
 * observation minus the first; the mean of what was spent in a repeat
 * period.  Returns are left out of all four: a model of spending takes no
 * negative amounts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "clv.h"
#include "compat.h"
#include "history.h"

PG_FUNCTION_INFO_V1(pt_active_periods);
PG_FUNCTION_INFO_V1(pt_repeat_frequency);
PG_FUNCTION_INFO_V1(pt_last_repeat);
PG_FUNCTION_INFO_V1(pt_customer_age);
PG_FUNCTION_INFO_V1(pt_repeat_spend);
PG_FUNCTION_INFO_V1(pt_repeat_summary);
PG_FUNCTION_INFO_V1(pt_calibration_holdout);
PG_FUNCTION_INFO_V1(pt_regularity_accum);
PG_FUNCTION_INFO_V1(pt_regularity_combine);
PG_FUNCTION_INFO_V1(pt_regularity_final);
PG_FUNCTION_INFO_V1(pt_gap_balance);

#define DAYS_PER_AVERAGE_YEAR	365.2425	/* of the Gregorian calendar */

/*--- Periods ---*/

static int64
floor_divide(int64 a, int64 b)
{
	return a >= 0 ? a / b : -((-a + b - 1) / b);
}

int64
period_number(Timestamp at, Period period)
{
	int64		day = timestamp_day(at);
	int			year,
				month,
				day_of_month;

	switch (period)
	{
		case PERIOD_DAY:
			return day;
		case PERIOD_WEEK:
			return floor_divide(day + 5, 7);	/* 2000-01-03 was a Monday */
		default:
			break;
	}
	j2date((int) (day + POSTGRES_EPOCH_JDATE), &year, &month, &day_of_month);
	if (period == PERIOD_MONTH)
		return (int64) year * 12 + (month - 1);
	if (period == PERIOD_QUARTER)
		return (int64) year * 4 + (month - 1) / 3;
	return year;
}

/* The first day of a period, as a date. */
int32
period_start(int64 number, Period period)
{
	int64		months;

	switch (period)
	{
		case PERIOD_DAY:
			return (int32) number;
		case PERIOD_WEEK:
			return (int32) (number * 7 - 5);
		case PERIOD_MONTH:
			months = number;
			break;
		case PERIOD_QUARTER:
			months = number * 3;
			break;
		default:
			months = number * 12;
			break;
	}
	return date2j((int) floor_divide(months, 12),
				  (int) (months - floor_divide(months, 12) * 12) + 1, 1) -
		POSTGRES_EPOCH_JDATE;
}

/* Length of a period in days; of those that vary, in the long run. */
double
period_days(Period period)
{
	switch (period)
	{
		case PERIOD_DAY:
			return 1;
		case PERIOD_WEEK:
			return 7;
		case PERIOD_MONTH:
			return DAYS_PER_AVERAGE_YEAR / 12;
		case PERIOD_QUARTER:
			return DAYS_PER_AVERAGE_YEAR / 4;
		default:
			return DAYS_PER_AVERAGE_YEAR;
	}
}

/*
 * An argument of the enum purchase_period.  Its label is looked up once per
 * query where the call has a place to remember it.
 */
Period
period_from_enum(FunctionCallInfo fcinfo, int arg)
{
	static const char *const labels[] = {
		"day", "week", "month", "quarter", "year"
	};
	/* a call has at most two such arguments: a merge period and a unit */
	typedef struct EnumMemory
	{
		Oid			values[2];
		Period		periods[2];
		int			next;		/* which one gives way */
	} EnumMemory;
	Oid			value = PG_GETARG_OID(arg);
	EnumMemory *memory = fcinfo->flinfo->fn_extra;
	HeapTuple	tuple;
	int			period = -1;

	if (memory != NULL)
	{
		for (int i = 0; i < (int) lengthof(memory->values); i++)
		{
			if (memory->values[i] == value)
				return memory->periods[i];
		}
	}
	tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	if (HeapTupleIsValid(tuple))
	{
		const char *label = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);

		for (int i = 0; i < (int) lengthof(labels); i++)
		{
			if (strcmp(labels[i], label) == 0)
				period = i;
		}
		ReleaseSysCache(tuple);
	}
	if (period < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown purchase_period")));
	if (memory == NULL)
		memory = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
								   sizeof(EnumMemory));
	memory->values[memory->next] = value;
	memory->periods[memory->next] = (Period) period;
	memory->next = 1 - memory->next;
	return (Period) period;
}

Datum
pt_active_periods(PG_FUNCTION_ARGS)
{
	Period		period = period_from_enum(fcinfo, 1);
	HistoryReader reader;
	int64		active = 0;
	int64		last = 0;

	history_open(PG_GETARG_DATUM(0), &reader);
	while (history_next(&reader))
	{
		int64		number;

		CHECK_FOR_INTERRUPTS();
		if (reader.order.amount < 0)
			continue;
		number = period_number(reader.order.at, period);
		if (active == 0 || number != last)
			active++;
		last = number;
	}
	PG_RETURN_INT64(active);
}

/*--- Inputs of lifetime value models ---*/

typedef struct Repeats
{
	int64		x;				/* repeat periods */
	int64		first_day;		/* first day of the first period */
	int64		last_day;		/* ... of the last one */
	int128		spend;			/* in repeat periods */
	int			scale;
	bool		any;			/* at least one purchase */
} Repeats;

/*
 * The orders up to and including until, those of one period as one.  Returns
 * whether there are more; then the reader has the first of them.
 */
static bool
read_repeats(HistoryReader *reader, Timestamp until, Period merge,
			 Repeats *repeats)
{
	int64		first = 0;
	int64		last = 0;
	bool		more;

	memset(repeats, 0, sizeof(*repeats));
	repeats->scale = reader->scale;
	while ((more = history_next(reader)) && reader->order.at <= until)
	{
		int64		number;

		CHECK_FOR_INTERRUPTS();
		if (reader->order.amount < 0)
			continue;
		number = period_number(reader->order.at, merge);
		if (!repeats->any)
		{
			first = last = number;
			repeats->any = true;
		}
		if (number != last)
			repeats->x++;
		if (number != first)
			repeats->spend += reader->order.amount;
		last = number;
	}
	if (repeats->any)
	{
		repeats->first_day = period_start(first, merge);
		repeats->last_day = period_start(last, merge);
	}
	return more;
}

static void
repeats_of_argument(FunctionCallInfo fcinfo, Repeats *repeats)
{
	HistoryReader reader;
	Timestamp	as_of = PG_GETARG_TIMESTAMP(1);

	if (TIMESTAMP_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as_of must be finite")));
	history_open(PG_GETARG_DATUM(0), &reader);
	read_repeats(&reader, as_of, period_from_enum(fcinfo, 2), repeats);
}

/*
 * The time between the beginnings of two periods, in units.  Periods of one
 * kind are counted; others are measured in days.
 */
static float8
period_distance(int64 from_day, int64 until_day, Period merge, Period unit)
{
	if (merge == unit)
		return (float8) (period_number(until_day * USECS_PER_DAY, unit) -
						 period_number(from_day * USECS_PER_DAY, unit));
	return (float8) (until_day - from_day) / period_days(unit);
}

static float8
customer_age(const Repeats *repeats, Timestamp as_of, Period merge,
			 Period unit)
{
	return period_distance(repeats->first_day,
						   period_start(period_number(as_of, merge), merge),
						   merge, unit);
}

Datum
pt_repeat_frequency(PG_FUNCTION_ARGS)
{
	Repeats		repeats;

	repeats_of_argument(fcinfo, &repeats);
	if (!repeats.any)
		PG_RETURN_NULL();
	PG_RETURN_INT64(repeats.x);
}

Datum
pt_last_repeat(PG_FUNCTION_ARGS)
{
	Repeats		repeats;

	repeats_of_argument(fcinfo, &repeats);
	if (!repeats.any)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(period_distance(repeats.first_day, repeats.last_day,
									 period_from_enum(fcinfo, 2),
									 period_from_enum(fcinfo, 3)));
}

Datum
pt_customer_age(PG_FUNCTION_ARGS)
{
	Repeats		repeats;

	repeats_of_argument(fcinfo, &repeats);
	if (!repeats.any)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(customer_age(&repeats, PG_GETARG_TIMESTAMP(1),
								  period_from_enum(fcinfo, 2),
								  period_from_enum(fcinfo, 3)));
}

static Datum
mean_spend(const Repeats *repeats)
{
	return DirectFunctionCall2(numeric_div,
							   NumericGetDatum(amount_to_numeric(repeats->spend, repeats->scale)),
							   NumericGetDatum(int64_to_numeric(repeats->x)));
}

Datum
pt_repeat_spend(PG_FUNCTION_ARGS)
{
	Repeats		repeats;

	repeats_of_argument(fcinfo, &repeats);
	if (!repeats.any || repeats.x == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(mean_spend(&repeats));
}

/* x, t_x, T and m from one reading */
Datum
pt_repeat_summary(PG_FUNCTION_ARGS)
{
	Period		merge = period_from_enum(fcinfo, 2);
	Period		unit = period_from_enum(fcinfo, 3);
	TupleDesc	tupdesc;
	Repeats		repeats;
	Datum		values[4] = {0};
	bool		nulls[4] = {0};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	repeats_of_argument(fcinfo, &repeats);
	if (!repeats.any)
		PG_RETURN_NULL();
	values[0] = Int64GetDatum(repeats.x);
	values[1] = Float8GetDatum(period_distance(repeats.first_day,
											   repeats.last_day, merge, unit));
	values[2] = Float8GetDatum(customer_age(&repeats, PG_GETARG_TIMESTAMP(1),
											merge, unit));
	nulls[3] = repeats.x == 0;
	if (!nulls[3])
		values[3] = mean_spend(&repeats);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc),
													  values, nulls)));
}

/*
 * The same for models, as doubles; spend, if it is asked for, is the mean of
 * repeat purchases, 0 if there is none.  False without an order up to as_of.
 */
bool
history_repeats(Datum history, Timestamp as_of, Period merge, Period unit,
				ClvCustomer *customer, double *spend)
{
	HistoryReader reader;
	Repeats		repeats;

	history_open(history, &reader);
	read_repeats(&reader, as_of, merge, &repeats);
	if (!repeats.any)
		return false;
	customer->x = (double) repeats.x;
	customer->tx = period_distance(repeats.first_day, repeats.last_day, merge,
								   unit);
	customer->t = customer_age(&repeats, as_of, merge, unit);
	if (spend != NULL)
		*spend = repeats.x == 0 ? 0 :
			DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
											   mean_spend(&repeats)));
	return true;
}

/* The two parts of a split at a date. */
typedef struct Holdout
{
	Repeats		calibration;
	int64		x;				/* periods with a purchase in the holdout */
	int128		spend;			/* in these */
} Holdout;

static void
check_split(Timestamp calibration_end, Timestamp holdout_end)
{
	if (TIMESTAMP_NOT_FINITE(calibration_end) ||
		TIMESTAMP_NOT_FINITE(holdout_end) || holdout_end < calibration_end)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the holdout must end after the calibration, and both must be finite")));
}

/* Up to calibration_end, and in (calibration_end, holdout_end]. */
static void
read_holdout(HistoryReader *reader, Timestamp calibration_end,
			 Timestamp holdout_end, Period merge, Holdout *holdout)
{
	int64		calibration_period = period_number(calibration_end, merge);
	int64		last = calibration_period;
	bool		more = read_repeats(reader, calibration_end, merge,
									&holdout->calibration);

	holdout->x = 0;
	holdout->spend = 0;
	for (; more && reader->order.at <= holdout_end; more = history_next(reader))
	{
		int64		number;

		CHECK_FOR_INTERRUPTS();
		if (reader->order.amount < 0)
			continue;
		number = period_number(reader->order.at, merge);
		/* a period that the calibration ends in belongs to the calibration */
		if (number <= calibration_period)
			continue;
		holdout->spend += reader->order.amount;
		if (number != last)
			holdout->x++;
		last = number;
	}
}

static float8
holdout_length(Timestamp calibration_end, Timestamp holdout_end, Period merge,
			   Period unit)
{
	return period_distance(period_start(period_number(calibration_end, merge), merge),
						   period_start(period_number(holdout_end, merge), merge),
						   merge, unit);
}

/*
 * The split for models, as doubles; false for who has not bought by the end
 * of the calibration.
 */
bool
history_holdout(Datum history, Timestamp calibration_end,
				Timestamp holdout_end, Period merge, Period unit,
				ClvCustomer *customer, double *actual, double *horizon)
{
	HistoryReader reader;
	Holdout		holdout;

	check_split(calibration_end, holdout_end);
	history_open(history, &reader);
	read_holdout(&reader, calibration_end, holdout_end, merge, &holdout);
	if (!holdout.calibration.any)
		return false;
	customer->x = (double) holdout.calibration.x;
	customer->tx = period_distance(holdout.calibration.first_day,
								   holdout.calibration.last_day, merge, unit);
	customer->t = customer_age(&holdout.calibration, calibration_end, merge,
							   unit);
	*actual = (double) holdout.x;
	*horizon = holdout_length(calibration_end, holdout_end, merge, unit);
	return true;
}

/*
 * The split at a date: x, t_x, T and m up to and including the end of the
 * calibration, and in (calibration_end, holdout_end] the same count and mean
 * by the same rule (periods, not rows), with the length of that time.
 */
Datum
pt_calibration_holdout(PG_FUNCTION_ARGS)
{
	Timestamp	calibration_end = PG_GETARG_TIMESTAMP(1);
	Timestamp	holdout_end = PG_GETARG_TIMESTAMP(2);
	Period		merge = period_from_enum(fcinfo, 3);
	Period		unit = period_from_enum(fcinfo, 4);
	TupleDesc	tupdesc;
	HistoryReader reader;
	Holdout		holdout;
	Repeats		calibration;
	Datum		values[7] = {0};
	bool		nulls[7] = {0};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	check_split(calibration_end, holdout_end);
	history_open(PG_GETARG_DATUM(0), &reader);
	read_holdout(&reader, calibration_end, holdout_end, merge, &holdout);
	calibration = holdout.calibration;
	/* whoever is first seen in the holdout is in neither part */
	if (!calibration.any)
		PG_RETURN_NULL();
	values[0] = Int64GetDatum(calibration.x);
	values[1] = Float8GetDatum(period_distance(calibration.first_day,
											   calibration.last_day, merge,
											   unit));
	values[2] = Float8GetDatum(customer_age(&calibration, calibration_end,
											merge, unit));
	nulls[3] = calibration.x == 0;
	if (!nulls[3])
		values[3] = mean_spend(&calibration);
	values[4] = Int64GetDatum(holdout.x);
	nulls[5] = holdout.x == 0;
	if (!nulls[5])
		values[5] = DirectFunctionCall2(numeric_div,
										NumericGetDatum(amount_to_numeric(holdout.spend, reader.scale)),
										NumericGetDatum(int64_to_numeric(holdout.x)));
	values[6] = Float8GetDatum(holdout_length(calibration_end, holdout_end,
											  merge, unit));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc),
													  values, nulls)));
}

/*--- Regularity ---*/

/*
 * Wheat and Morrison (1990): with M = a / (a + b) of a customer's last two
 * gaps a and b, and v the variance of M, gaps are Gamma distributed with
 * shape k = (1 - 4v) / (8v).  Which gap is a, is theirs to draw by chance;
 * v = mean((M - 1/2)^2) is the same for either, so nothing is drawn.
 *
 * The state is a bigint[]: the number of customers, and the sum of
 * (M - 1/2)^2 in units of 2^-60 as two words, so that the order in which
 * rows come cannot change the last digit.
 */
#define REGULARITY_WORDS	3
#define REGULARITY_SCALE	((float8) (UINT64CONST(1) << 60))

/* (M - 1/2)^2 in units of 2^-60, from the last two gaps; false without two */
static bool
balance_of_gaps(HistoryReader *reader, float8 *balance)
{
	int64		day = 0,
				a = 0,
				b = 0;
	int			days = 0;

	while (history_next(reader))
	{
		int64		this_day;

		CHECK_FOR_INTERRUPTS();
		if (reader->order.amount < 0)
			continue;
		this_day = timestamp_day(reader->order.at);
		if (days > 0 && this_day == day)
			continue;
		a = b;
		b = this_day - day;
		day = this_day;
		if (days < 3)
			days++;
	}
	if (days < 3)
		return false;
	*balance = (float8) a / (float8) (a + b);
	return true;
}

Datum
pt_gap_balance(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	float8		balance;

	history_open(PG_GETARG_DATUM(0), &reader);
	if (!balance_of_gaps(&reader, &balance))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(balance);
}

static int64 *
regularity_words(ArrayType *state)
{
	if (ARR_NDIM(state) != 1 || ARR_DIMS(state)[0] != REGULARITY_WORDS ||
		ARR_HASNULL(state) || ARR_ELEMTYPE(state) != INT8OID ||
		((int64 *) ARR_DATA_PTR(state))[0] < 0 ||
		((int64 *) ARR_DATA_PTR(state))[1] < 0 ||
		((int64 *) ARR_DATA_PTR(state))[1] > PG_INT64_MAX / 2 ||
		((int64 *) ARR_DATA_PTR(state))[0] > PG_INT64_MAX / 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the state of regularity must be an array of %d bigints",
						REGULARITY_WORDS),
				 errdetail("They are a count and a sum in two words, none of them negative.")));
	return (int64 *) ARR_DATA_PTR(state);
}

static ArrayType *
regularity_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the state of regularity must not be NULL")));
	return AggCheckCallContext(fcinfo, NULL) ? PG_GETARG_ARRAYTYPE_P(0)
		: PG_GETARG_ARRAYTYPE_P_COPY(0);
}

static void
regularity_add(int64 *words, int64 count, uint64 high, uint64 low)
{
	uint64		sum = (uint64) words[2] + low;

	words[0] += count;
	words[1] += (int64) high + (sum < low ? 1 : 0);
	words[2] = (int64) sum;
}

Datum
pt_regularity_accum(PG_FUNCTION_ARGS)
{
	ArrayType  *state = regularity_state(fcinfo);
	int64	   *words = regularity_words(state);
	HistoryReader reader;
	float8		balance;

	if (!PG_ARGISNULL(1))
	{
		history_open(PG_GETARG_DATUM(1), &reader);
		if (balance_of_gaps(&reader, &balance))
		{
			float8		square = (balance - 0.5) * (balance - 0.5);

			regularity_add(words, 1, 0, (uint64) (square * REGULARITY_SCALE));
		}
	}
	PG_RETURN_ARRAYTYPE_P(state);
}

Datum
pt_regularity_combine(PG_FUNCTION_ARGS)
{
	ArrayType  *state = regularity_state(fcinfo);
	int64	   *words = regularity_words(state);

	if (!PG_ARGISNULL(1))
	{
		int64	   *others = regularity_words(PG_GETARG_ARRAYTYPE_P(1));

		regularity_add(words, others[0], (uint64) others[1],
					   (uint64) others[2]);
	}
	PG_RETURN_ARRAYTYPE_P(state);
}

Datum
pt_regularity_final(PG_FUNCTION_ARGS)
{
	int64	   *words;
	float8		variance;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	words = regularity_words(PG_GETARG_ARRAYTYPE_P(0));
	if (words[0] == 0)
		PG_RETURN_NULL();
	variance = ((float8) words[1] * 16 +
				(float8) (uint64) words[2] / REGULARITY_SCALE) /
		(float8) words[0];
	/* all gaps equal: regular without limit */
	if (variance == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((1 - 4 * variance) / (8 * variance));
}
