/*-------------------------------------------------------------------------
 *
 * series.c
 *		The type sales_series and its aggregates.
 *
 * Values of one period are added as integers with a common scale, so no
 * order of rows and no plan changes a digit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "series.h"

PG_FUNCTION_INFO_V1(pt_sales_series_accum);
PG_FUNCTION_INFO_V1(pt_sales_series_combine);
PG_FUNCTION_INFO_V1(pt_sales_series_rollup);
PG_FUNCTION_INFO_V1(pt_sales_series_final);
PG_FUNCTION_INFO_V1(pt_sales_series_add);
PG_FUNCTION_INFO_V1(pt_series_between);
PG_FUNCTION_INFO_V1(pt_series_by_period);

#define INITIAL_PLACES	30
#define WIDE			((int) sizeof(int128))
#define NARROW			((int) sizeof(int64))

StaticAssertDecl(SERIES_MAX_PERIODS < PG_INT16_MAX, "a start is an int16");
StaticAssertDecl(offsetof(SalesSeries, words) == 24,
				 "the header has padding");

/*--- The value ---*/

static int64
series_places(const SalesSeries *series)
{
	return (VARSIZE(series) - offsetof(SalesSeries, words)) / series->width;
}

/* What is missing from the number of periods that a series may have. */
void
series_check_length(int64 n)
{
	if (n > SERIES_MAX_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many periods for a sales_series"),
				 errdetail("From the first to the last there are " INT64_FORMAT "; the limit is %d.",
						   n, SERIES_MAX_PERIODS),
				 errhint("Use a longer period, such as 'month', or leave times out that are far from all others.")));
}

/*
 * What is wrong with the series, or NULL.  Every series from outside passes
 * here: what is stored, sent or typed.
 */
const char *
series_fault(const SalesSeries *series)
{
	/* no number of a period whose first day is in the range of timestamp */
	static const int32 most[] = {
		110000000, 16000000, 4000000, 1200000, 300000
	};

	if (VARSIZE(series) < offsetof(SalesSeries, words))
		return "It is shorter than its header.";
	if (series->version != SALES_SERIES_VERSION)
		return "Its version is not known.";
	if (series->period > PERIOD_YEAR || series->scale > AMOUNT_MAX_SCALE ||
		series->gaps_are_null > 1 ||
		(series->width != WIDE && series->width != NARROW))
		return "Its settings are out of range.";
	if (series->n < 0 || series->n > SERIES_MAX_PERIODS ||
		series->start < 0 ||
		(int64) series->start + series->n > series_places(series))
		return "Its number of periods does not fit its size.";
	if (series->first < -most[series->period] ||
		series->first > most[series->period] ||
		!IS_VALID_DATE(series_date(series, 0)) ||
		series_date(series, Max(series->n - 1, 0)) >=
		END_TIMESTAMP / USECS_PER_DAY)
		return "A period is out of range.";
	for (int i = 0; i < series->n; i++)
	{
		int128		value = series_value(series, i);

		CHECK_FOR_INTERRUPTS();
		if (value == SERIES_NO_VALUE)
		{
			if (!series->gaps_are_null)
				return "A period has no value, but its gaps are zero.";
		}
		else if (value >= AMOUNT_SUM_LIMIT || value <= -AMOUNT_SUM_LIMIT)
			return "A value is out of range.";
	}
	return NULL;
}

/* A series from outside, detoasted: a stored one may have a short header. */
static SalesSeries *
series_get(Datum value)
{
	SalesSeries *series = (SalesSeries *) PG_DETOAST_DATUM(value);
	const char *fault = series_fault(series);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid sales_series"),
				 errdetail("%s", fault)));
	return series;
}

SalesSeries *
series_argument(FunctionCallInfo fcinfo, int arg)
{
	return series_get(PG_GETARG_DATUM(arg));
}

/* A wide series with so many periods, all of them gaps, and no room. */
static SalesSeries *
series_allocate(const SalesSeries *settings, int64 first, int n, int places)
{
	SalesSeries *series = palloc0(SERIES_SIZE(places, WIDE));

	*series = *settings;
	SET_VARSIZE(series, SERIES_SIZE(places, WIDE));
	series->width = WIDE;
	series->first = first;
	series->n = n;
	series->start = 0;
	if (series->gaps_are_null)
	{
		for (int i = 0; i < places; i++)
			((int128 *) series->words)[i] = SERIES_NO_VALUE;
	}
	return series;
}

SalesSeries *
series_create(Period period, bool gaps_are_null, int scale, int64 first,
			  int n)
{
	SalesSeries settings = {0};

	settings.version = SALES_SERIES_VERSION;
	settings.period = period;
	settings.scale = scale;
	settings.gaps_are_null = gaps_are_null;
	return series_allocate(&settings, first, n, n);
}

static inline int128 *
series_wide(SalesSeries *series)
{
	Assert(series->width == WIDE);
	return (int128 *) series->words + series->start;
}

void
series_set(SalesSeries *series, int i, int128 value)
{
	series_wide(series)[i] = value;
}

/* A copy that can be added to. */
static SalesSeries *
series_unpack(const SalesSeries *series)
{
	SalesSeries *copy = series_allocate(series, series->first, series->n,
										Max(series->n, INITIAL_PLACES));

	for (int i = 0; i < series->n; i++)
		series_set(copy, i, series_value(series, i));
	return copy;
}

/* A copy without room, and narrow if it can be; the series stays as it is. */
SalesSeries *
series_pack(const SalesSeries *series)
{
	int			width = NARROW;
	SalesSeries *packed;

	for (int i = 0; i < series->n; i++)
	{
		int128		value = series_value(series, i);

		if (value != SERIES_NO_VALUE &&
			(value <= PG_INT64_MIN || value > PG_INT64_MAX))
			width = WIDE;
	}
	packed = palloc0(SERIES_SIZE(series->n, width));
	*packed = *series;
	SET_VARSIZE(packed, SERIES_SIZE(series->n, width));
	packed->start = 0;
	packed->width = width;
	for (int i = 0; i < series->n; i++)
	{
		int128		value = series_value(series, i);

		if (width == WIDE)
			series_set(packed, i, value);
		else
			packed->words[i] = value == SERIES_NO_VALUE ?
				SERIES_NO_VALUE_NARROW : (int64) value;
	}
	return packed;
}

/*
 * Makes sure that the series reaches from one period to another.  It is
 * changed in place, or a larger copy is returned, whose room is where it
 * grew; whoever owns the old one (the executor, for transition values)
 * disposes of it.
 */
static SalesSeries *
series_reach(SalesSeries *series, int64 from, int64 until)
{
	int64		last = series->first + series->n - 1;
	int64		places = series_places(series);
	int64		before;
	int64		n;
	SalesSeries *larger;

	if (series->n == 0)
	{
		series->first = from;
		series->start = 0;
		last = from - 1;
	}
	from = Min(from, series->first);
	until = Max(until, last);
	before = series->first - from;
	n = until - from + 1;
	if (n == series->n)
		return series;
	if (n > SERIES_MAX_PERIODS)
		series_check_length(n);
	if (before <= series->start && series->start - before + n <= places)
	{
		/* the places around it are gaps already */
		series->start -= (int16) before;
		series->first = from;
		series->n = (int32) n;
		return series;
	}
	places = Min(Max(n * 2, INITIAL_PLACES), SERIES_MAX_PERIODS);
	larger = series_allocate(series, from, (int) n, (int) places);
	if (before > 0)
		larger->start = (int16) (places - n);
	if (series->n > 0)
		memcpy(series_wide(larger) + before, series_wide(series),
			   (Size) series->n * WIDE);
	return larger;
}

/*--- Adding ---*/

static void
add_value(SalesSeries *series, int i, int128 value)
{
	int128	   *sum = &series_wide(series)[i];

	if (*sum == SERIES_NO_VALUE)
		*sum = 0;
	*sum += value;				/* both are below 2^114 */
	if (*sum >= AMOUNT_SUM_LIMIT || *sum <= -AMOUNT_SUM_LIMIT)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("value of a sales_series out of range"),
				 errdetail("That of a period has at most 34 digits.")));
}

static int128
rescaled(int128 value, int from_scale, int to_scale)
{
	if (from_scale == to_scale)
		return value;
	value = amount_sum_rescale(value, from_scale, to_scale);
	if (value >= AMOUNT_SUM_LIMIT || value <= -AMOUNT_SUM_LIMIT)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("value of a sales_series out of range"),
				 errdetail("That of a period has at most 34 digits, decimals included.")));
	return value;
}

/* Gives all values at least so many decimals. */
static void
series_rescale(SalesSeries *series, int scale)
{
	int128	   *values = series_wide(series);

	if (scale <= series->scale)
		return;
	for (int i = 0; i < series->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (values[i] != SERIES_NO_VALUE)
			values[i] = rescaled(values[i], series->scale, scale);
	}
	series->scale = scale;
}

static void
check_settings(const SalesSeries *series, Period period, bool gaps_are_null)
{
	if ((Period) series->period != period ||
		(series->gaps_are_null != 0) != gaps_are_null)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("period and gaps of sales series that are added must be the same"),
				 errhint("Give sales_series() the same period and gaps_are_null in every row; series_by_period() makes longer periods of shorter ones.")));
}

static SalesSeries *
series_merge(SalesSeries *series, const SalesSeries *other)
{
	check_settings(series, (Period) other->period, other->gaps_are_null != 0);
	if (other->n == 0)
		return series;
	series = series_reach(series, other->first, other->first + other->n - 1);
	series_rescale(series, other->scale);
	for (int i = 0; i < other->n; i++)
	{
		int128		value = series_value(other, i);

		CHECK_FOR_INTERRUPTS();
		if (value != SERIES_NO_VALUE)
			add_value(series, (int) (other->first - series->first) + i,
					  rescaled(value, other->scale, series->scale));
	}
	return series;
}

/*--- Aggregates ---*/

/*
 * The series that a transition function may change: the executor's own, or a
 * copy of what a direct caller passed.
 */
static SalesSeries *
transition_series(FunctionCallInfo fcinfo)
{
	if (AggCheckCallContext(fcinfo, NULL))
	{
		SalesSeries *series =
			(SalesSeries *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));

		if (series->width == WIDE)
			return series;
	}
	return series_unpack(series_get(PG_GETARG_DATUM(0)));
}

Datum
pt_sales_series_accum(PG_FUNCTION_ARGS)
{
	bool		gaps_are_null = false;
	SalesSeries *series;
	Timestamp	at;
	Period		period;
	int64		number;
	int64		amount;
	int			scale;

	if (PG_ARGISNULL(3) || (PG_NARGS() > 4 && PG_ARGISNULL(4)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("period and gaps_are_null of sales_series must not be NULL")));
	period = period_from_enum(fcinfo, 3);
	if (PG_NARGS() > 4)
		gaps_are_null = PG_GETARG_BOOL(4);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	at = PG_GETARG_TIMESTAMP(1);
	if (TIMESTAMP_NOT_FINITE(at))
		history_infinite_time();
	amount = amount_from_numeric(PG_GETARG_DATUM(2), &scale);
	number = period_number(at, period);
	if (!IS_VALID_DATE(period_start(number, period)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the first period of a sales_series begins before the first date")));
	if (PG_ARGISNULL(0))
	{
		/* in the current context: the executor copies it itself */
		SalesSeries *empty = series_create(period, gaps_are_null, scale,
										   number, 0);

		series = series_unpack(empty);
	}
	else
		series = transition_series(fcinfo);
	check_settings(series, period, gaps_are_null);
	series = series_reach(series, number, number);
	series_rescale(series, scale);
	add_value(series, (int) (number - series->first),
			  rescaled(amount, scale, series->scale));
	PG_RETURN_POINTER(series);
}

Datum
pt_sales_series_combine(PG_FUNCTION_ARGS)
{
	SalesSeries *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = series_get(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(series_unpack(other));
	PG_RETURN_POINTER(series_merge(transition_series(fcinfo), other));
}

/* rollup(sales_series): combine under the name of a transition function. */
Datum
pt_sales_series_rollup(PG_FUNCTION_ARGS)
{
	return pt_sales_series_combine(fcinfo);
}

Datum
pt_sales_series_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(series_pack(series_argument(fcinfo, 0)));
}

/* The operator +: period by period. */
Datum
pt_sales_series_add(PG_FUNCTION_ARGS)
{
	SalesSeries *sum = series_unpack(series_argument(fcinfo, 0));

	PG_RETURN_POINTER(series_pack(series_merge(sum,
											   series_argument(fcinfo, 1))));
}

/*--- Cutting and merging periods ---*/

static int64
period_of_date(DateADT date, Period period)
{
	/* dates go further than timestamps */
	if (DATE_NOT_FINITE(date) || date >= END_TIMESTAMP / USECS_PER_DAY ||
		!IS_VALID_DATE(period_start(period_number(date * USECS_PER_DAY,
												  period), period)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the first and the last day of a sales_series must be finite, and times, too"),
				 errdetail("Times end in the year 294276.")));
	return period_number(date * USECS_PER_DAY, period);
}

/*
 * The periods from that of a day to that of another: what is outside is cut
 * off, and what was not there yet is a gap.
 */
Datum
pt_series_between(PG_FUNCTION_ARGS)
{
	SalesSeries *series = series_argument(fcinfo, 0);
	Period		period = (Period) series->period;
	int64		from = period_of_date(PG_GETARG_DATEADT(1), period);
	int64		until = period_of_date(PG_GETARG_DATEADT(2), period);
	int64		n = Max(until - from + 1, 0);
	SalesSeries *result;

	if (n > SERIES_MAX_PERIODS)
		series_check_length(n);
	result = series_create(period, series->gaps_are_null != 0, series->scale,
						   from, (int) n);
	for (int i = 0; i < n; i++)
	{
		int64		place = from + i - series->first;

		CHECK_FOR_INTERRUPTS();
		if (place >= 0 && place < series->n)
			series_set(result, i, series_value(series, (int) place));
	}
	PG_RETURN_POINTER(series_pack(result));
}

/*
 * The same values by longer periods, of which each of the shorter ones must
 * be a part: a week is none of a month.
 */
SalesSeries *
series_to_period(const SalesSeries *series, Period period, bool whole_only)
{
	Period		old = (Period) series->period;
	int64		from;
	int64		until;
	SalesSeries *result;

	if (period < old || (old == PERIOD_WEEK && period != PERIOD_WEEK))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the periods of this sales_series do not add up to longer ones of that kind"),
				 errdetail("Days add up to all others, months to quarters and years, quarters to years.")));
	from = period_number(series_date(series, 0) * USECS_PER_DAY, period);
	until = period_number((series_date(series, series->n) - 1) *
						  USECS_PER_DAY, period);
	if (whole_only)
	{
		if (period_start(from, period) != series_date(series, 0))
			from++;
		if (period_start(until + 1, period) != series_date(series, series->n))
			until--;
	}
	if (series->n > 0 && from <= until && !IS_VALID_DATE(period_start(from, period)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("a period begins before the first date")));
	if (series->n == 0 || until < from)
		return series_create(period, series->gaps_are_null != 0,
							 series->scale, from, 0);
	result = series_create(period, series->gaps_are_null != 0, series->scale,
						   from, (int) (until - from + 1));
	for (int i = 0; i < series->n; i++)
	{
		int128		value = series_value(series, i);
		int64		number = period_number(series_date(series, i) *
										   USECS_PER_DAY, period);

		CHECK_FOR_INTERRUPTS();
		if (value != SERIES_NO_VALUE && number >= from && number <= until)
			add_value(result, (int) (number - from), value);
	}
	return result;
}

Datum
pt_series_by_period(PG_FUNCTION_ARGS)
{
	SalesSeries *series = series_argument(fcinfo, 0);

	series = series_to_period(series, period_from_enum(fcinfo, 1), false);
	PG_RETURN_POINTER(series_pack(series));
}

/*
 * The values as doubles, NaN where there is none; returns how many there
 * are.
 */
int
series_doubles(const SalesSeries *series, double *values)
{
	double		unit = pow(10, series->scale);	/* exact up to 10^22 */
	int			known = 0;

	for (int i = 0; i < series->n; i++)
	{
		int128		value = series_value(series, i);

		values[i] = value == SERIES_NO_VALUE ? NAN : (double) value / unit;
		known += value != SERIES_NO_VALUE;
	}
	return known;
}
