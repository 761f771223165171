/*-------------------------------------------------------------------------
 *
 * series_report.c
 *		What a sales_series tells: values, growth, averages, trend, season.
 *
 * What cannot be said is NULL, and the column reason says why; no result is
 * NaN or infinite.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "series_math.h"
#include "series_report.h"

PG_FUNCTION_INFO_V1(pt_series_values);
PG_FUNCTION_INFO_V1(pt_series_growth);
PG_FUNCTION_INFO_V1(pt_series_moving_average);
PG_FUNCTION_INFO_V1(pt_series_trend);
PG_FUNCTION_INFO_V1(pt_season_index);

#define TREND_LEAST_VALUES	4

/*--- Rows of results ---*/

void
series_row_null(SeriesRow *row)
{
	row->nulls[row->n] = true;
	row->values[row->n++] = (Datum) 0;
}

/* What is not a number is NULL. */
void
series_row_double(SeriesRow *row, double value)
{
	row->nulls[row->n] = !isfinite(value);
	row->values[row->n++] = Float8GetDatum(isfinite(value) ? value + 0.0 : 0);
}

void
series_row_int(SeriesRow *row, int32 value)
{
	row->nulls[row->n] = false;
	row->values[row->n++] = Int32GetDatum(value);
}

/* The first day of a period; after the last one there are more. */
void
series_row_date(SeriesRow *row, const SalesSeries *series, int64 i)
{
	row->nulls[row->n] = false;
	row->values[row->n++] = DateADTGetDatum(series_date(series, i));
}

/* The value of a period; NULL outside of the series, too. */
void
series_row_value(SeriesRow *row, const SalesSeries *series, int64 i)
{
	int128		value;

	if (i < 0 || i >= series->n ||
		(value = series_value(series, (int) i)) == SERIES_NO_VALUE)
	{
		series_row_null(row);
		return;
	}
	row->nulls[row->n] = false;
	row->values[row->n++] = NumericGetDatum(amount_to_numeric(value,
															  series->scale));
}

/* NULL for NULL. */
void
series_row_text(SeriesRow *row, const char *value)
{
	if (value == NULL)
	{
		series_row_null(row);
		return;
	}
	row->nulls[row->n] = false;
	row->values[row->n++] = CStringGetTextDatum(value);
}

void
series_row_bool(SeriesRow *row, bool value, bool is_null)
{
	row->nulls[row->n] = is_null;
	row->values[row->n++] = BoolGetDatum(value);
}

void
series_row_put(FunctionCallInfo fcinfo, SeriesRow *row)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	CHECK_FOR_INTERRUPTS();
	Assert(rsinfo->setDesc->natts == row->n);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row->values,
						 row->nulls);
	row->n = 0;
}

/* The row as the one result of a function. */
Datum
series_row_datum(FunctionCallInfo fcinfo, SeriesRow *row)
{
	TupleDesc	tupdesc = fcinfo->flinfo->fn_extra;

	if (tupdesc == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		tupdesc = BlessTupleDesc(tupdesc);
		fcinfo->flinfo->fn_extra = tupdesc;
		MemoryContextSwitchTo(caller);
	}
	Assert(tupdesc->natts == row->n);
	return HeapTupleGetDatum(heap_form_tuple(tupdesc, row->values,
											 row->nulls));
}

/*--- Arguments ---*/

void
series_pause(void)
{
	CHECK_FOR_INTERRUPTS();
}

void
series_read(SeriesValues *values, const SalesSeries *series)
{
	double		first = NAN;

	values->series = series;
	values->n = series->n;
	values->y = palloc(sizeof(double) * (series->n + 1));
	values->known = series_doubles(series, values->y);
	values->negative = values->differ = false;
	for (int i = 0; i < series->n; i++)
	{
		if (isnan(values->y[i]))
			continue;
		values->negative |= values->y[i] < 0;
		if (isnan(first))
			first = values->y[i];
		values->differ |= values->y[i] != first;
	}
}

/* How many periods a season has: as asked, or the usual; 1 is none. */
int
series_season_length(FunctionCallInfo fcinfo, int arg,
					 const SalesSeries *series)
{
	static const int usual[] = {7, 52, 12, 4, 1};
	int32		length;

	if (PG_ARGISNULL(arg))
		return usual[series->period];
	length = PG_GETARG_INT32(arg);
	if (length < 1 || length > SERIES_MAX_PERIODS / 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the length of a season must be between 1 and %d",
						SERIES_MAX_PERIODS / 2),
				 errdetail("It is %d.", length),
				 errhint("1 means no season; NULL the usual one: 7 days, 52 weeks, 12 months, 4 quarters.")));
	return length;
}

/* A level of confidence, by the name of its argument. */
double
series_level(double level, const char *name)
{
	if (!(level > 0 && level < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 0 and 1", name),
				 errdetail("It is %.15g.", level),
				 errhint("For 95 %%, give 0.95.")));
	return level;
}

/*--- Values and growth ---*/

Datum
pt_series_values(PG_FUNCTION_ARGS)
{
	SalesSeries *series = series_argument(fcinfo, 0);
	SeriesRow	row = {0};

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < series->n; i++)
	{
		series_row_date(&row, series, i);
		series_row_value(&row, series, i);
		series_row_put(fcinfo, &row);
	}
	PG_RETURN_NULL();
}

/* How many periods are a year; days and weeks keep their weekday. */
static int
periods_per_year(const SalesSeries *series)
{
	static const int periods[] = {364, 52, 12, 4, 1};

	return periods[series->period];
}

/*
 * The growth over an earlier period; NaN where it cannot be said, and why is
 * added to reason.
 */
static double
growth_over(const SeriesValues *values, int i, int earlier, const char *name,
			StringInfo reason)
{
	const char *fault = NULL;

	if (earlier < 0)
		fault = "the series begins later";
	else if (isnan(values->y[earlier]) || isnan(values->y[i]))
		fault = "a value is missing";
	else if (values->y[earlier] <= 0)
		fault = "the earlier value is not above zero";
	if (fault == NULL)
		return values->y[i] / values->y[earlier] - 1;
	appendStringInfo(reason, "%s%s: %s", reason->len > 0 ? "; " : "", name,
					 fault);
	return NAN;
}

Datum
pt_series_growth(PG_FUNCTION_ARGS)
{
	SalesSeries *series = series_argument(fcinfo, 0);
	int			year = periods_per_year(series);
	SeriesRow	row = {0};
	SeriesValues values;
	StringInfoData reason;

	InitMaterializedSRF(fcinfo, 0);
	initStringInfo(&reason);
	series_read(&values, series);
	for (int i = 0; i < series->n; i++)
	{
		resetStringInfo(&reason);
		series_row_date(&row, series, i);
		series_row_value(&row, series, i);
		series_row_value(&row, series, i - 1);
		series_row_double(&row, growth_over(&values, i, i - 1, "growth",
											&reason));
		series_row_value(&row, series, i - year);
		series_row_double(&row, growth_over(&values, i, i - year,
											"year_growth", &reason));
		series_row_text(&row, reason.len > 0 ? reason.data : NULL);
		series_row_put(fcinfo, &row);
	}
	PG_RETURN_NULL();
}

/*--- Moving averages ---*/

/*
 * Sums of the values before each period, in two parts: neither can be too
 * large, whatever the number of periods.
 */
typedef struct RunningSum
{
	int128		high;			/* of value >> 64 */
	uint128		low;			/* of the lowest 64 bits */
	int			known;
} RunningSum;

/* The mean of the values of some periods, of which all must be known. */
static double
mean_between(const SalesSeries *series, const RunningSum *sums, int from,
			 int until)
{
	const RunningSum *after = &sums[until + 1];
	const RunningSum *before = &sums[from];
	int128		high = after->high - before->high;
	uint128		low = after->low - before->low;
	int			known = after->known - before->known;
	double		sum;

	if (known < until - from + 1)
		return NAN;
	high += (int128) (low >> 64);
	if (high >= PG_INT64_MIN && high <= PG_INT64_MAX)
		sum = (double) (int128) ((uint128) high << 64 | (uint64) low);
	else
		sum = (double) high * 18446744073709551616.0 + (double) (uint64) low;
	return sum / pow(10, series->scale) / known;
}

Datum
pt_series_moving_average(PG_FUNCTION_ARGS)
{
	SalesSeries *series = series_argument(fcinfo, 0);
	int32		periods = PG_GETARG_INT32(1);
	int			n = series->n;
	RunningSum *sums = palloc0(sizeof(RunningSum) * (n + 1));
	SeriesRow	row = {0};

	if (periods < 1 || periods > SERIES_MAX_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the periods of a moving average must be between 1 and %d",
						SERIES_MAX_PERIODS),
				 errdetail("There are %d.", periods)));
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
	{
		int128		value = series_value(series, i);

		CHECK_FOR_INTERRUPTS();
		sums[i + 1] = sums[i];
		if (value == SERIES_NO_VALUE)
			continue;
		sums[i + 1].high += value >> 64;
		sums[i + 1].low += (uint64) value;
		sums[i + 1].known++;
	}
	for (int i = 0; i < n; i++)
	{
		int			from = Max(i - periods + 1, 0);
		int			half = periods / 2;
		double		trailing = NAN;
		double		centered = NAN;

		if (i - periods + 1 >= 0)
			trailing = mean_between(series, sums, from, i);
		if (i - half >= 0 && i + half < n)
		{
			centered = mean_between(series, sums, i - half,
									i + half - (periods % 2 == 0));
			/* of an even number, both that are next to the middle */
			if (periods % 2 == 0)
				centered = (centered + mean_between(series, sums,
													i - half + 1,
													i + half)) / 2;
		}
		series_row_date(&row, series, i);
		series_row_value(&row, series, i);
		series_row_double(&row, trailing);
		series_row_double(&row, centered);
		series_row_int(&row, sums[i + 1].known - sums[from].known);
		series_row_text(&row, !isnan(trailing) ? NULL :
						i - periods + 1 < 0 ? "the series begins later" :
						"a value is missing");
		series_row_put(fcinfo, &row);
	}
	PG_RETURN_NULL();
}

/*--- Trend ---*/

Datum
pt_series_trend(PG_FUNCTION_ARGS)
{
	SalesSeries *series = series_argument(fcinfo, 0);
	double		confidence = series_level(PG_GETARG_FLOAT8(1), "confidence");
	SeriesRow	row = {0};
	SeriesValues values;
	SeriesTrend trend;
	double	   *x;
	double	   *y;
	int			n = 0;

	series_read(&values, series);
	series_row_int(&row, values.known);
	if (values.known < TREND_LEAST_VALUES)
	{
		for (int i = 0; i < 9; i++)
			series_row_null(&row);
		series_row_text(&row, psprintf("fewer than %d values",
									   TREND_LEAST_VALUES));
		return series_row_datum(fcinfo, &row);
	}
	x = palloc(sizeof(double) * values.known);
	y = palloc(sizeof(double) * values.known);
	for (int i = 0; i < values.n; i++)
	{
		if (isnan(values.y[i]))
			continue;
		x[n] = i;
		y[n++] = values.y[i];
	}
	series_trend(x, y, n, confidence, &trend,
				 palloc(sizeof(double) * TREND_WORK(n)), series_pause);
	series_row_double(&row, trend.slope);
	series_row_double(&row, trend.low);
	series_row_double(&row, trend.high);
	series_row_double(&row, trend.intercept);
	series_row_double(&row, trend.s);
	series_row_double(&row, trend.tau);
	series_row_double(&row, values.differ ? trend.z : NAN);
	series_row_double(&row, values.differ ? trend.p : NAN);
	series_row_text(&row, !values.differ ? NULL :
					trend.p >= 1 - confidence ? "none" :
					trend.s > 0 ? "rising" : "falling");
	series_row_text(&row, values.differ ? NULL : "all values are the same");
	return series_row_datum(fcinfo, &row);
}

/*--- Seasons ---*/

typedef enum SalesSeason
{
	SEASON_WEEKDAY,
	SEASON_MONTH,
	SEASON_QUARTER,
	SALES_SEASONS
} SalesSeason;

static const struct
{
	const char *label;
	Period		period;			/* of the values that are compared */
	int			length;
}			seasons[] = {
	{"weekday", PERIOD_DAY, 7},
	{"month", PERIOD_MONTH, 12},
	{"quarter", PERIOD_QUARTER, 4}
};

static SalesSeason
season_argument(FunctionCallInfo fcinfo, int arg, const SalesSeries *series)
{
	int			season = SALES_SEASONS;

	if (PG_ARGISNULL(arg))
	{
		season = series->period == PERIOD_DAY ? SEASON_WEEKDAY :
			series->period == PERIOD_QUARTER ? SEASON_QUARTER : SEASON_MONTH;
	}
	else
	{
		HeapTuple	tuple = SearchSysCache1(ENUMOID,
											ObjectIdGetDatum(PG_GETARG_OID(arg)));

		if (HeapTupleIsValid(tuple))
		{
			const char *label = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);

			for (season = 0; season < SALES_SEASONS; season++)
			{
				if (strcmp(label, seasons[season].label) == 0)
					break;
			}
			ReleaseSysCache(tuple);
		}
		if (season == SALES_SEASONS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown season")));
	}
	if (series->period == PERIOD_WEEK ||
		seasons[season].period < (Period) series->period)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the periods of this sales_series have no %s",
						seasons[season].label),
				 errdetail("Weekdays are seen in days, months in days and months, quarters in days, months and quarters."),
				 errhint("series_parts() finds the season of weeks.")));
	return (SalesSeason) season;
}

/* Which part of the season a day is in, from 0. */
static int
season_phase(int32 day, SalesSeason season)
{
	int			year,
				month,
				day_of_month;

	if (season == SEASON_WEEKDAY)
		return (int) (((int64) day + 5 + 7 * (int64) 1000000) % 7);
	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	return season == SEASON_MONTH ? month - 1 : (month - 1) / 3;
}

static const char *
phase_name(int phase, SalesSeason season)
{
	if (season == SEASON_WEEKDAY)
		return days[(phase + 1) % 7];	/* Monday first */
	return season == SEASON_MONTH ? months[phase]
		: psprintf("Q%d", phase + 1);
}

/*
 * Indices by the ratio to the moving average: the median of each part of the
 * season, divided by the mean of them.  False, with a reason, where they
 * cannot be said.
 */
static bool
season_indices(const SeriesValues *values, SalesSeason season, double *index,
			   int *counts, char **reason)
{
	int			length = seasons[season].length;
	double	   *average = palloc(sizeof(double) * (values->n + 1));
	double	   *ratios = palloc(sizeof(double) * (values->n + 1));
	double		mean = 0;
	bool		complete = true;

	centered_average(values->y, values->n, length, average);
	for (int phase = 0; phase < length; phase++)
	{
		int			count = 0;

		for (int i = 0; i < values->n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (season_phase(series_date(values->series, i),
							 season) == phase &&
				!isnan(values->y[i]) && average[i] > 0)
				ratios[count++] = values->y[i] / average[i];
		}
		counts[phase] = count;
		index[phase] = median_of(ratios, count);
		mean += index[phase] / length;
		complete &= count > 0;
	}
	if (values->n < 2 * length)
		*reason = psprintf("fewer than two seasons of %d whole periods", length);
	else if (!complete || !(mean > 0))
		*reason = "a moving average is missing, or not above zero";
	else
	{
		for (int phase = 0; phase < length; phase++)
			index[phase] /= mean;
		return true;
	}
	return false;
}

Datum
pt_season_index(PG_FUNCTION_ARGS)
{
	SalesSeries *series;
	SalesSeason season;
	SeriesValues values;
	SeriesRow	row = {0};
	double		index[12];
	int			counts[12];
	char	   *reason = NULL;
	double		strength = NAN;
	bool		known;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	series = series_argument(fcinfo, 0);
	season = season_argument(fcinfo, 1, series);
	series_read(&values, series_to_period(series, seasons[season].period,
										  true));
	known = season_indices(&values, season, index, counts, &reason);
	if (values.n >= 2 * seasons[season].length)
	{
		double	   *trend = palloc(sizeof(double) * values.n * 3);
		double	   *seasonal = trend + values.n;
		double	   *rest = seasonal + values.n;
		char	   *ignored;

		if (series_decompose(&values, seasons[season].length, trend, seasonal,
							 rest, &ignored))
		{
			for (int i = 0; i < values.n; i++)
				rest[i] = values.y[i] - trend[i] - seasonal[i];
			strength = seasonal_strength(seasonal, rest, values.n);
		}
	}
	for (int phase = 0; phase < seasons[season].length; phase++)
	{
		series_row_int(&row, phase + 1);
		series_row_text(&row, phase_name(phase, season));
		series_row_double(&row, known ? index[phase] : NAN);
		series_row_int(&row, counts[phase]);
		series_row_double(&row, strength);
		series_row_text(&row, reason);
		series_row_put(fcinfo, &row);
	}
	PG_RETURN_NULL();
}
