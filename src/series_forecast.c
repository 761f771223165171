/*-------------------------------------------------------------------------
 *
 * series_forecast.c
 *		Parts, anomalies and forecasts of a sales_series.
 *
 * docs/series.md has the definitions; the arithmetic is in series_math.c and
 * series_ets.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat.h"
#include "series_math.h"
#include "series_report.h"
#include "stats_math.h"

PG_FUNCTION_INFO_V1(pt_series_parts);
PG_FUNCTION_INFO_V1(pt_series_anomalies);
PG_FUNCTION_INFO_V1(pt_series_model);
PG_FUNCTION_INFO_V1(pt_series_forecast);
PG_FUNCTION_INFO_V1(pt_series_backtest);

#define LEAST_VALUES		4
#define MOST_HORIZON		1000
#define MOST_ORIGINS		1000

/* of a normal distribution: sd / MAD, and sd / mean absolute deviation */
#define MAD_TO_SD			1.4826022185056018
#define MEAN_TO_SD			1.2533141373155003

/*--- Decomposition ---*/

/*
 * Trend, season and robustness weights.  False, with a reason, where there
 * are too few values; without a season, with a reason, where there are fewer
 * than two, and then seasonal is NaN.
 */
bool
series_decompose(const SeriesValues *values, int length, double *trend,
				 double *seasonal, double *weights, char **reason)
{
	int			n = values->n;
	bool		complete = true;

	*reason = NULL;
	if (values->known < LEAST_VALUES)
	{
		*reason = psprintf("fewer than %d values", LEAST_VALUES);
		return false;
	}
	for (int phase = 0; phase < Min(length, n) && complete; phase++)
	{
		int			known = 0;

		for (int i = phase; i < n; i += length)
			known += !isnan(values->y[i]);
		complete = known > 0;
	}
	if (length > 1 && n >= 2 * length && complete)
	{
		series_stl(values->y, n, length, trend, seasonal, weights,
				   palloc(sizeof(double) * STL_WORK(n, length)),
				   series_pause);
		return true;
	}
	if (length > 1)
		*reason = n < 2 * length ?
			psprintf("fewer than two seasons of %d periods", length) :
			"a part of the season has no value";
	for (int i = 0; i < n; i++)
		seasonal[i] = NAN;
	series_loess_trend(values->y, n, trend, weights,
					   palloc(sizeof(double) * n), series_pause);
	return true;
}

/* The parts of a series, and what they leave. */
typedef struct SeriesParts
{
	SeriesValues values;
	double	   *trend;
	double	   *seasonal;		/* NaN without a season */
	double	   *weights;
	double	   *rest;
	bool		known;
	char	   *reason;
} SeriesParts;

static void
parts_of(FunctionCallInfo fcinfo, int season_arg, SeriesParts *parts)
{
	SalesSeries *series = series_argument(fcinfo, 0);
	int			length = series_season_length(fcinfo, season_arg, series);
	int			n = series->n;
	double		largest = 0;

	series_read(&parts->values, series);
	parts->trend = palloc(sizeof(double) * (4 * n + 1));
	parts->seasonal = parts->trend + n;
	parts->weights = parts->seasonal + n;
	parts->rest = parts->weights + n;
	parts->known = series_decompose(&parts->values, length, parts->trend,
									parts->seasonal, parts->weights,
									&parts->reason);
	for (int i = 0; i < n; i++)
	{
		if (!isnan(parts->values.y[i]))
			largest = fmax(largest, fabs(parts->values.y[i]));
	}
	for (int i = 0; i < n; i++)
	{
		if (!parts->known)
		{
			parts->trend[i] = parts->seasonal[i] = NAN;
			parts->weights[i] = parts->rest[i] = NAN;
			continue;
		}
		parts->rest[i] = parts->values.y[i] - parts->trend[i] -
			(isnan(parts->seasonal[i]) ? 0 : parts->seasonal[i]);
		/* what rounding leaves is nothing */
		if (fabs(parts->rest[i]) < 1e-9 * largest)
			parts->rest[i] = 0;
		if (isnan(parts->values.y[i]))
			parts->weights[i] = NAN;
	}
}

Datum
pt_series_parts(PG_FUNCTION_ARGS)
{
	SeriesParts parts;
	SeriesRow	row = {0};

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	parts_of(fcinfo, 1, &parts);
	for (int i = 0; i < parts.values.n; i++)
	{
		series_row_date(&row, parts.values.series, i);
		series_row_value(&row, parts.values.series, i);
		series_row_double(&row, parts.trend[i]);
		series_row_double(&row, parts.seasonal[i]);
		series_row_double(&row, parts.rest[i]);
		series_row_double(&row, parts.weights[i]);
		series_row_int(&row, parts.values.known);
		series_row_text(&row, parts.reason);
		series_row_put(fcinfo, &row);
	}
	PG_RETURN_NULL();
}

/*
 * Whether more than half of the values are one and the same, as where nothing
 * is sold on most days: what trend and season leave of these is noise of the
 * decomposition, which measures nothing.
 */
static bool
most_are_equal(const SeriesValues *values)
{
	double	   *known = palloc(sizeof(double) * (values->n + 1));
	double		median;
	int			n = 0;
	int			equal = 0;

	for (int i = 0; i < values->n; i++)
		if (!isnan(values->y[i]))
			known[n++] = values->y[i];
	median = median_of(known, n);
	for (int i = 0; i < n; i++)
		equal += known[i] == median;
	pfree(known);
	return 2 * equal > n;
}

Datum
pt_series_anomalies(PG_FUNCTION_ARGS)
{
	SeriesParts parts;
	SeriesRow	row = {0};
	double		threshold;
	double		median = NAN;
	double		spread = NAN;
	double	   *values;
	int			n = 0;
	char	   *reason;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	threshold = PG_GETARG_FLOAT8(1);
	if (!(threshold > 0) || isinf(threshold))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("threshold must be above 0"),
				 errdetail("It is %g.", threshold),
				 errhint("3.5 is usual: so many standard deviations, estimated robustly.")));
	parts_of(fcinfo, 2, &parts);
	reason = parts.reason;
	values = palloc(sizeof(double) * (parts.values.n + 1));
	for (int i = 0; i < parts.values.n; i++)
	{
		if (!isnan(parts.rest[i]))
			values[n++] = parts.rest[i];
	}
	if (parts.known)
	{
		double		sum = 0;
		double		squares = 0;

		median = median_of(values, n);
		for (int i = 0; i < n; i++)
		{
			values[i] = fabs(values[i] - median);
			sum += values[i];
			squares += values[i] * values[i];
		}
		spread = MAD_TO_SD * median_of(values, n);
		/* where more than half are equal, by the mean (Iglewicz, Hoaglin) */
		if (spread == 0)
			spread = MEAN_TO_SD * sum / n;
		/* or, where that would make half of what is sold odd, as it is */
		if (most_are_equal(&parts.values))
			spread = sqrt(squares / n);
		if (spread == 0)
			reason = "nothing is left but trend and season: no spread to judge by";
	}
	for (int i = 0; i < parts.values.n; i++)
	{
		double		expected = parts.trend[i] + median +
			(isnan(parts.seasonal[i]) ? 0 : parts.seasonal[i]);
		double		reach = spread > 0 ? threshold * spread : NAN;
		double		score = threshold * (parts.rest[i] - median) / reach;

		series_row_date(&row, parts.values.series, i);
		series_row_value(&row, parts.values.series, i);
		series_row_double(&row, expected);
		series_row_double(&row, expected - reach);
		series_row_double(&row, expected + reach);
		series_row_double(&row, score);
		series_row_bool(&row, fabs(score) > threshold, !isfinite(score));
		series_row_int(&row, parts.values.known);
		series_row_text(&row, reason);
		series_row_put(fcinfo, &row);
	}
	PG_RETURN_NULL();
}

/*--- Models ---*/

static const char *const trend_labels[] = {"N", "A", "Ad"};
static const char *const season_labels[] = {"N", "A", "M"};

static char *
model_label(const EtsModel *model)
{
	return psprintf("ETS(%s,%s,%s)", model->multiplicative_error ? "M" : "A",
					trend_labels[model->trend], season_labels[model->season]);
}

/* The model that an argument names; false if it is NULL. */
static bool
model_argument(FunctionCallInfo fcinfo, int arg, int length, EtsModel *model)
{
	text	   *argument;
	char	   *wanted;
	int			length_shown;

	if (PG_ARGISNULL(arg))
		return false;
	/* a long text is none, and not copied */
	argument = PG_GETARG_TEXT_PP(arg);
	length_shown = pg_mbcliplen(VARDATA_ANY(argument),
								Min(VARSIZE_ANY_EXHDR(argument), 24), 20);
	wanted = pnstrdup(VARDATA_ANY(argument), length_shown);
	for (int i = 0; i < 2 * 3 * 3; i++)
	{
		memset(model, 0, sizeof(*model));
		model->multiplicative_error = i / 9 == 1;
		model->trend = (EtsTrend) (i / 3 % 3);
		model->season = (EtsSeason) (i % 3);
		model->length = model->season == ETS_NO_SEASON ? 1 : length;
		if ((model->season == ETS_MULTIPLICATIVE &&
			 !model->multiplicative_error) ||
			strcmp(wanted, model_label(model)) != 0 ||
			VARSIZE_ANY_EXHDR(argument) != strlen(wanted))
			continue;
		return true;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown model of exponential smoothing: \"%s\"", wanted),
			 errdetail("A model is ETS(error,trend,season): error A or M, trend N, A or Ad, season N, A or, with error M, M."),
			 errhint("For example 'ETS(A,N,N)'; NULL chooses one by AICc.")));
}

/* What models look at: no season is longer than the longest that they have. */
static int
model_season(int length)
{
	return length > ETS_MOST_SEASON ? 1 : length;
}

/*
 * The first n values by the model that is wanted, or that is best; false,
 * with a reason, where there is none.
 */
static bool
find_model(const SeriesValues *values, int n, int length,
		   const EtsModel *wanted, EtsModel *model, double *work,
		   char **reason)
{
	int			known = 0;

	for (int i = 0; i < n; i++)
		known += !isnan(values->y[i]);
	*reason = NULL;
	if (known < LEAST_VALUES)
		*reason = psprintf("fewer than %d values", LEAST_VALUES);
	else if (wanted != NULL)
	{
		bool		positive = true;

		*model = *wanted;
		for (int i = 0; i < n; i++)
			positive &= isnan(values->y[i]) || values->y[i] > 0;
		if (model->multiplicative_error && !positive)
			*reason = "the error of this model is relative, and a value is not above zero";
		else if (!ets_possible(values->y, n, model))
			*reason = "the values are too few for this model, or its season too long";
		else if (!ets_fit(values->y, n, model, work, series_pause))
			*reason = "this model does not converge";
	}
	else if (!ets_choose(values->y, n, model_season(length), model, work,
						 series_pause))
		*reason = "the values are too few for any model";
	return *reason == NULL;
}

static double *
model_work(int n, int length)
{
	Size		size = ets_work_doubles(n, model_season(length)) *
		sizeof(double);

	return palloc_extended(size, MCXT_ALLOC_HUGE);
}

Datum
pt_series_model(PG_FUNCTION_ARGS)
{
	SalesSeries *series;
	SeriesRow	row = {0};
	SeriesValues values;
	EtsModel	wanted;
	EtsModel	model;
	bool		is_wanted;
	int			length;
	char	   *reason;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	series = series_argument(fcinfo, 0);
	length = series_season_length(fcinfo, 1, series);
	is_wanted = model_argument(fcinfo, 2, length, &wanted);
	series_read(&values, series);
	if (find_model(&values, values.n, length, is_wanted ? &wanted : NULL,
				   &model, model_work(values.n, length), &reason))
	{
		bool		trend = model.trend != ETS_NO_TREND;
		bool		season = model.season != ETS_NO_SEASON;

		series_row_text(&row, model_label(&model));
		series_row_int(&row, values.known);
		series_row_int(&row, model.parameters);
		series_row_double(&row, model.alpha);
		series_row_double(&row, trend ? model.beta : NAN);
		series_row_double(&row, season ? model.gamma : NAN);
		series_row_double(&row, model.trend == ETS_DAMPED ? model.phi : NAN);
		series_row_double(&row, model.initial_level);
		series_row_double(&row, trend ? model.initial_slope : NAN);
		series_row_double(&row, model.level);
		series_row_double(&row, trend ? model.slope : NAN);
		series_row_double(&row, sqrt(model.sigma2));
		series_row_double(&row, model.aicc);
		series_row_text(&row, model.converged ? NULL :
						"the best of 100 rounds, not converged");
	}
	else
	{
		series_row_null(&row);
		series_row_int(&row, values.known);
		for (int i = 0; i < 11; i++)
			series_row_null(&row);
		series_row_text(&row, reason);
	}
	return series_row_datum(fcinfo, &row);
}

/*--- Forecasts ---*/

/*
 * The benchmark: the value of one season before, or of the last period with
 * its standard deviation from how that did within the first n values.
 * Returns how many differences it rests on; 0 if nothing can be said.
 */
static int
naive_forecast(const double *y, int n, int length, int horizon, double *mean,
			   double *deviation)
{
	int			m = n > length ? length : 1;
	int			count = 0;
	double		squares = 0;

	for (int i = m; i < n; i++)
	{
		if (isnan(y[i]) || isnan(y[i - m]))
			continue;
		squares += (y[i] - y[i - m]) * (y[i] - y[i - m]);
		count++;
	}
	for (int h = 0; h < horizon; h++)
	{
		int			seasons = h / m + 1;
		int			i = n + h - m * seasons;

		/* the last one that is known */
		while (i >= 0 && isnan(y[i]))
		{
			i -= m;
			seasons++;
		}
		mean[h] = i < 0 ? NAN : y[i];
		deviation[h] = i < 0 || count == 0 ? NAN :
			sqrt(squares / count * seasons);
	}
	return count;
}

/* Mean absolute difference of one season, by which errors are scaled. */
static double
naive_scale(const double *y, int n, int length)
{
	int			m = n > length ? length : 1;
	double		sum = 0;
	int			count = 0;

	for (int i = m; i < n; i++)
	{
		if (isnan(y[i]) || isnan(y[i - m]))
			continue;
		sum += fabs(y[i] - y[i - m]);
		count++;
	}
	return count > 0 ? sum / count : NAN;
}

/* What a forecast says. */
typedef struct Forecast
{
	double	   *mean;
	double	   *low;
	double	   *high;
	double	   *naive;
	double	   *naive_low;
	double	   *naive_high;
	double	   *work;			/* room for two more */
} Forecast;

static void
forecast_create(Forecast *forecast, int horizon)
{
	double	   *room = palloc(sizeof(double) * horizon * 8);

	forecast->mean = room;
	forecast->low = room + horizon;
	forecast->high = room + 2 * horizon;
	forecast->naive = room + 3 * horizon;
	forecast->naive_low = room + 4 * horizon;
	forecast->naive_high = room + 5 * horizon;
	forecast->work = room + 6 * horizon;
}

/*
 * Bounds from standard deviations, by Student's t: the deviation was
 * estimated.  Of values that are never below zero, nothing is forecast to be.
 */
static void
set_bounds(double *mean, const double *deviation, int horizon, double level,
		   int df, bool negative, double *low, double *high)
{
	double		reach = -student_quantile((1 - level) / 2, Max(df, 1));

	for (int h = 0; h < horizon; h++)
	{
		low[h] = high[h] = NAN;
		if (deviation[h] > 0)
		{
			low[h] = mean[h] - reach * deviation[h];
			high[h] = mean[h] + reach * deviation[h];
		}
		if (!negative)
		{
			mean[h] = isnan(mean[h]) ? NAN : fmax(mean[h], 0);
			low[h] = isnan(low[h]) ? NAN : fmax(low[h], 0);
			high[h] = isnan(high[h]) ? NAN : fmax(high[h], 0);
		}
	}
}

/* From the first n values; false, with a reason, if there is no model. */
static bool
make_forecast(const SeriesValues *values, int n, int length, int horizon,
			  double level, const EtsModel *wanted, EtsModel *model,
			  Forecast *forecast, double *work, char **reason)
{
	double	   *deviation = forecast->work;
	int			count = naive_forecast(values->y, n, length, horizon,
									   forecast->naive, deviation);

	set_bounds(forecast->naive, deviation, horizon, level, count,
			   values->negative, forecast->naive_low, forecast->naive_high);
	if (!find_model(values, n, length, wanted, model, work, reason))
	{
		for (int h = 0; h < horizon; h++)
			forecast->mean[h] = forecast->low[h] = forecast->high[h] = NAN;
		return false;
	}
	ets_forecast(model, horizon, forecast->mean, deviation,
				 deviation + horizon);
	set_bounds(forecast->mean, deviation, horizon, level,
			   model->known - (model->parameters - 1), values->negative,
			   forecast->low, forecast->high);
	return true;
}

static int
horizon_argument(FunctionCallInfo fcinfo, int arg)
{
	int32		horizon = PG_GETARG_INT32(arg);

	if (horizon < 1 || horizon > MOST_HORIZON)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("horizon must be between 1 and %d", MOST_HORIZON),
				 errdetail("It is %d.", horizon),
				 errhint("It is the number of periods ahead.")));
	return horizon;
}

Datum
pt_series_forecast(PG_FUNCTION_ARGS)
{
	SalesSeries *series;
	SeriesRow	row = {0};
	SeriesValues values;
	EtsModel	wanted;
	EtsModel	model;
	Forecast	forecast;
	bool		is_wanted;
	bool		known;
	int			horizon;
	int			length;
	double		level;
	char	   *reason;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	series = series_argument(fcinfo, 0);
	horizon = horizon_argument(fcinfo, 1);
	level = series_level(PG_GETARG_FLOAT8(2), "level");
	length = series_season_length(fcinfo, 3, series);
	is_wanted = model_argument(fcinfo, 4, length, &wanted);
	series_read(&values, series);
	forecast_create(&forecast, horizon);
	known = make_forecast(&values, values.n, length, horizon, level,
						  is_wanted ? &wanted : NULL, &model, &forecast,
						  model_work(values.n, length), &reason);
	if (known && model.sigma2 == 0)
		reason = "the model has no error: no spread to judge by";
	for (int h = 0; h < horizon; h++)
	{
		series_row_int(&row, h + 1);
		series_row_date(&row, series, series->n + h);
		series_row_double(&row, forecast.mean[h]);
		series_row_double(&row, forecast.low[h]);
		series_row_double(&row, forecast.high[h]);
		series_row_double(&row, forecast.naive[h]);
		series_row_double(&row, forecast.naive_low[h]);
		series_row_double(&row, forecast.naive_high[h]);
		series_row_text(&row, known ? model_label(&model) : NULL);
		series_row_int(&row, values.known);
		series_row_text(&row, reason);
		series_row_put(fcinfo, &row);
	}
	PG_RETURN_NULL();
}

/*--- Backtest ---*/

/* What forecasts from earlier origins came to. */
typedef struct Backtest
{
	int			origins;
	int			forecasts;
	double		error;			/* sums of scaled absolute errors */
	double		naive_error;
	int			bounded;		/* forecasts with an interval */
	int			covered;
	int			naive_bounded;
	int			naive_covered;
} Backtest;

static void
backtest_count(double value, double low, double high, int *bounded,
			   int *covered)
{
	if (isnan(low) || isnan(high))
		return;
	(*bounded)++;
	*covered += value >= low && value <= high;
}

static double
ratio(double part, int whole)
{
	return whole > 0 ? part / whole : NAN;
}

Datum
pt_series_backtest(PG_FUNCTION_ARGS)
{
	SalesSeries *series;
	SeriesRow	row = {0};
	SeriesValues values;
	EtsModel	wanted;
	EtsModel	model;
	Forecast	forecast;
	Backtest	test = {0};
	bool		is_wanted;
	int			horizon;
	int32		origins;
	int			length;
	int			failed = 0;
	double		level;
	double	   *work;
	char	   *reason = NULL;
	char	   *failure = NULL;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		PG_ARGISNULL(3))
		PG_RETURN_NULL();
	series = series_argument(fcinfo, 0);
	horizon = horizon_argument(fcinfo, 1);
	origins = PG_GETARG_INT32(2);
	if (origins < 1 || origins > MOST_ORIGINS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("origins must be between 1 and %d", MOST_ORIGINS),
				 errdetail("It is %d.", origins),
				 errhint("From each of them the model is fitted again.")));
	level = series_level(PG_GETARG_FLOAT8(3), "level");
	length = series_season_length(fcinfo, 4, series);
	is_wanted = model_argument(fcinfo, 5, length, &wanted);
	series_read(&values, series);
	forecast_create(&forecast, horizon);
	work = model_work(values.n, length);
	for (int n = Max(values.n - horizon - origins + 1, LEAST_VALUES);
		 n + horizon <= values.n; n++)
	{
		double		scale = naive_scale(values.y, n, length);

		CHECK_FOR_INTERRUPTS();
		if (!make_forecast(&values, n, length, horizon, level,
						   is_wanted ? &wanted : NULL, &model, &forecast,
						   work, &reason))
		{
			failure = reason;
			failed++;
			continue;
		}
		/* where nothing ever changed, errors have no scale */
		if (!(scale > 0))
		{
			failure = "all values before are the same";
			failed++;
			continue;
		}
		test.origins++;
		for (int h = 0; h < horizon; h++)
		{
			double		value = values.y[n + h];

			if (isnan(value) || isnan(forecast.naive[h]))
				continue;
			test.forecasts++;
			test.error += fabs(value - forecast.mean[h]) / scale;
			test.naive_error += fabs(value - forecast.naive[h]) / scale;
			backtest_count(value, forecast.low[h], forecast.high[h],
						   &test.bounded, &test.covered);
			backtest_count(value, forecast.naive_low[h],
						   forecast.naive_high[h], &test.naive_bounded,
						   &test.naive_covered);
		}
	}
	if (test.forecasts > 0)
		reason = failed == 0 ? NULL : psprintf("%d earlier origins left out: %s",
											   failed, failure);
	else if (failure != NULL)
		reason = failure;
	else if (test.origins > 0)
		reason = "no value to compare with";
	else
		reason = psprintf("fewer than %d values before, and %d after",
						  LEAST_VALUES, horizon);
	series_row_int(&row, values.known);
	series_row_int(&row, test.origins);
	series_row_int(&row, test.forecasts);
	series_row_double(&row, ratio(test.error, test.forecasts));
	series_row_double(&row, ratio(test.naive_error, test.forecasts));
	series_row_double(&row, ratio(test.covered, test.bounded));
	series_row_double(&row, ratio(test.naive_covered, test.naive_bounded));
	series_row_text(&row, reason);
	return series_row_datum(fcinfo, &row);
}
