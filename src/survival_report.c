/*-------------------------------------------------------------------------
 *
 * survival_report.c
 *		What a survival tells: curve, quantiles, mean, and whether groups
 *		differ.
 *
 * Kaplan and Meier (1958), with Greenwood's variance and intervals on the
 * log-log scale (Kalbfleisch and Prentice); quantiles with the intervals of
 * Brookmeyer and Crowley (1982); the log-rank test of Mantel (1966) and Peto.
 * What cannot be said is NULL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "array.h"
#include "compat.h"
#include "series_report.h"
#include "stats_math.h"
#include "survival.h"

PG_FUNCTION_INFO_V1(pt_survival_curve);
PG_FUNCTION_INFO_V1(pt_survival_at);
PG_FUNCTION_INFO_V1(pt_survival_quantile);
PG_FUNCTION_INFO_V1(pt_survival_mean);
PG_FUNCTION_INFO_V1(pt_log_rank);

#define MOST_GROUPS		100

/* A product of many ratios may be off by so much from a round number. */
#define NEARLY			1e-12

/*--- The curve ---*/

/* The estimate after each duration. */
typedef struct Curve
{
	const Survival *survival;
	int			i;				/* the row that was read last */
	int64		at_risk;		/* before it */
	double		value;			/* the share that has not had the event */
	double		greenwood;		/* sum of d / (n (n - d)); infinite in the end */
	int64		left;			/* at risk after it */
} Curve;

static void
curve_start(Curve *curve, const Survival *survival)
{
	curve->survival = survival;
	curve->i = -1;
	curve->at_risk = curve->left = survival->n;
	curve->value = 1;
	curve->greenwood = 0;
}

static bool
curve_next(Curve *curve)
{
	const SurvivalRow *row;
	double		events,
				at_risk;

	if (curve->i + 1 >= curve->survival->nused)
		return false;
	CHECK_FOR_INTERRUPTS();
	row = &curve->survival->rows[++curve->i];
	curve->at_risk = curve->left;
	events = (double) row->events;
	at_risk = (double) curve->at_risk;
	if (row->events > 0)
	{
		/* divided once, so that no share is above the exact one by much */
		curve->value *= (double) (curve->at_risk - row->events) / at_risk;
		curve->greenwood += events / at_risk /
			(double) (curve->at_risk - row->events);
	}
	curve->left -= row->events + row->censored;
	return true;
}

static double
curve_duration(const Curve *curve)
{
	return curve->survival->rows[curve->i].duration;
}

/*
 * The bounds of the estimate; NaN where there are none, which is before the
 * first event and where nobody is left.
 */
static void
curve_bounds(const Curve *curve, double z, double *low, double *high)
{
	double		width;

	*low = *high = NAN;
	if (!(curve->value > 0 && curve->value < 1))
		return;
	width = z * sqrt(curve->greenwood) / fabs(log(curve->value));
	*low = pow(curve->value, exp(width));
	*high = pow(curve->value, exp(-width));
}

Datum
pt_survival_curve(PG_FUNCTION_ARGS)
{
	Survival   *survival = survival_from_datum(PG_GETARG_DATUM(0));
	double		z = normal_quantile(0.5 + series_level(PG_GETARG_FLOAT8(1),
													   "confidence") / 2);
	Curve		curve;
	SeriesRow	row = {0};

	InitMaterializedSRF(fcinfo, 0);
	curve_start(&curve, survival);
	while (curve_next(&curve))
	{
		const SurvivalRow *read = &survival->rows[curve.i];
		double		low,
					high;

		curve_bounds(&curve, z, &low, &high);
		series_row_double(&row, read->duration);
		row.values[row.n] = Int64GetDatum(curve.at_risk);
		row.nulls[row.n++] = false;
		row.values[row.n] = Int64GetDatum(read->events);
		row.nulls[row.n++] = false;
		row.values[row.n] = Int64GetDatum(read->censored);
		row.nulls[row.n++] = false;
		series_row_double(&row, curve.value);
		series_row_double(&row, curve.value > 0
						  ? curve.value * sqrt(curve.greenwood) : NAN);
		series_row_double(&row, low);
		series_row_double(&row, high);
		series_row_put(fcinfo, &row);
	}
	return (Datum) 0;
}

static double
duration_argument(double duration, const char *name)
{
	if (!(duration >= 0 && duration <= SURVIVAL_MOST_TIME))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between 0 and 10^15", name),
				 errdetail("It is %g.", duration)));
	return duration;
}

/* Nothing is known after the last duration, unless nobody is left. */
Datum
pt_survival_at(PG_FUNCTION_ARGS)
{
	Survival   *survival = survival_from_datum(PG_GETARG_DATUM(0));
	double		duration = duration_argument(PG_GETARG_FLOAT8(1), "duration");
	double		value = 1;
	Curve		curve;

	if (survival->nused == 0)
		PG_RETURN_NULL();
	curve_start(&curve, survival);
	while (curve_next(&curve) && curve_duration(&curve) <= duration)
		value = curve.value;
	if (duration > survival->rows[survival->nused - 1].duration && value > 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

/*
 * (survival, p, confidence): the first duration after which at most 1 - p
 * are left; its interval are the first ones where the bounds are so low.
 */
Datum
pt_survival_quantile(PG_FUNCTION_ARGS)
{
	Survival   *survival = survival_from_datum(PG_GETARG_DATUM(0));
	double		rest = 1 - series_level(PG_GETARG_FLOAT8(1), "p");
	double		z = normal_quantile(0.5 + series_level(PG_GETARG_FLOAT8(2),
													   "confidence") / 2);
	double		limit = rest * (1 + NEARLY);
	double		quantile = NAN,
				lower = NAN,
				upper = NAN;
	int64		events = 0;
	Curve		curve;
	SeriesRow	row = {0};

	curve_start(&curve, survival);
	while (curve_next(&curve))
	{
		double		low,
					high;

		events += survival->rows[curve.i].events;
		curve_bounds(&curve, z, &low, &high);
		if (curve.value <= limit && isnan(quantile))
			quantile = curve_duration(&curve);
		if (low <= limit && isnan(lower))
			lower = curve_duration(&curve);
		if (high <= limit && isnan(upper))
			upper = curve_duration(&curve);
	}
	series_row_double(&row, quantile);
	series_row_double(&row, lower);
	series_row_double(&row, upper);
	row.values[row.n] = Int64GetDatum(survival->n);
	row.nulls[row.n++] = false;
	row.values[row.n] = Int64GetDatum(events);
	row.nulls[row.n++] = false;
	series_row_text(&row, survival->nused == 0 ? "there are no durations" :
					isnan(quantile) ? "too few have had the event" : NULL);
	return series_row_datum(fcinfo, &row);
}

/*
 * (survival, until): the area under the curve, and the root of
 * sum (area from t on)^2 d / (n (n - d)).
 */
Datum
pt_survival_mean(PG_FUNCTION_ARGS)
{
	Survival   *survival;
	double		last;
	double		until;
	double		area = 0;
	double		variance = 0;
	double		rest;
	double		before = 0;
	double		value = 1;
	Curve		curve;
	SeriesRow	row = {0};

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	survival = survival_from_datum(PG_GETARG_DATUM(0));
	last = survival->nused == 0 ? 0
		: survival->rows[survival->nused - 1].duration;
	until = PG_ARGISNULL(1) ? last
		: duration_argument(PG_GETARG_FLOAT8(1), "until");
	curve_start(&curve, survival);
	while (curve_next(&curve) && curve_duration(&curve) < until)
	{
		area += value * (curve_duration(&curve) - before);
		before = curve_duration(&curve);
		value = curve.value;
	}
	area += value * (until - before);

	/* once more, for what is left of the area after each event */
	rest = area;
	before = 0;
	value = 1;
	curve_start(&curve, survival);
	while (curve_next(&curve) && curve_duration(&curve) < until)
	{
		double		events = (double) survival->rows[curve.i].events;

		rest -= value * (curve_duration(&curve) - before);
		before = curve_duration(&curve);
		value = curve.value;
		/* where nobody is left, there is no area either */
		if (events > 0 && value > 0)
			variance += rest * rest * events / (double) curve.at_risk /
				(double) (curve.at_risk - survival->rows[curve.i].events);
	}
	if (survival->nused == 0 || (until > last && value > 0))
	{
		series_row_null(&row);
		series_row_null(&row);
		series_row_null(&row);
		series_row_text(&row, survival->nused == 0
						? "there are no durations"
						: "until is after the last duration, which had not ended");
		return series_row_datum(fcinfo, &row);
	}
	series_row_double(&row, area);
	series_row_double(&row, sqrt(variance));
	series_row_double(&row, until);
	series_row_text(&row, NULL);
	return series_row_datum(fcinfo, &row);
}

/*--- Log-rank ---*/

typedef struct LogRank
{
	int			k;				/* groups */
	Survival  **groups;
	int		   *place;			/* next row of each */
	int64	   *at_risk;
	int64	   *observed;
	double	   *expected;
	double	   *covariance;		/* k x k */
	int64		all_at_risk;
	int64		n;
} LogRank;

/* The next duration of any group, or infinity. */
static double
next_duration(const LogRank *test)
{
	double		next = INFINITY;

	for (int g = 0; g < test->k; g++)
	{
		if (test->place[g] < test->groups[g]->nused)
			next = Min(next,
					   test->groups[g]->rows[test->place[g]].duration);
	}
	return next;
}

/* What is expected of each group at a duration with so many events. */
static void
add_expected(LogRank *test, int64 events)
{
	double		n = (double) test->all_at_risk;
	double		d = (double) events;
	double		spread = n > 1 ? d * ((n - d) / (n - 1)) : 0;

	for (int g = 0; g < test->k; g++)
	{
		double		share = (double) test->at_risk[g] / n;

		test->expected[g] += d * share;
		for (int h = 0; h < test->k; h++)
			test->covariance[g * test->k + h] += spread * share *
				((g == h ? 1 : 0) - (double) test->at_risk[h] / n);
	}
}

static void
run_log_rank(LogRank *test)
{
	for (;;)
	{
		double		now = next_duration(test);
		int64		events = 0;

		CHECK_FOR_INTERRUPTS();
		if (isinf(now))
			return;
		for (int g = 0; g < test->k; g++)
		{
			const Survival *group = test->groups[g];

			if (test->place[g] < group->nused &&
				group->rows[test->place[g]].duration == now)
				events += group->rows[test->place[g]].events;
		}
		if (events > 0)
			add_expected(test, events);
		for (int g = 0; g < test->k; g++)
		{
			const SurvivalRow *row = &test->groups[g]->rows[test->place[g]];
			int64		gone;

			if (test->place[g] >= test->groups[g]->nused ||
				row->duration != now)
				continue;
			gone = row->events + row->censored;
			test->observed[g] += row->events;
			test->at_risk[g] -= gone;
			test->all_at_risk -= gone;
			test->place[g]++;
		}
	}
}

/*
 * u' V^-1 u over the groups, one of which says nothing that the others do
 * not; a group that was never at risk with another one says nothing at all.
 * Gauss's method with the largest pivot of the diagonal: V is semidefinite.
 */
static double
log_rank_chi_square(const LogRank *test, int *df)
{
	int			k = test->k;
	double	   *v = palloc(sizeof(double) * k * k);
	double	   *u = palloc(sizeof(double) * k);
	bool	   *done = palloc0(sizeof(bool) * k);
	double		largest = 0;
	double		sum = 0;

	memcpy(v, test->covariance, sizeof(double) * k * k);
	for (int g = 0; g < k; g++)
	{
		u[g] = (double) test->observed[g] - test->expected[g];
		largest = Max(largest, v[g * k + g]);
	}
	*df = 0;
	while (*df < k - 1)
	{
		int			pivot = -1;

		CHECK_FOR_INTERRUPTS();
		for (int g = 0; g < k; g++)
		{
			if (!done[g] && (pivot < 0 || v[g * k + g] > v[pivot * k + pivot]))
				pivot = g;
		}
		if (!(v[pivot * k + pivot] > 1e-10 * largest))
			break;
		done[pivot] = true;
		sum += u[pivot] * u[pivot] / v[pivot * k + pivot];
		for (int g = 0; g < k; g++)
		{
			double		factor = v[g * k + pivot] / v[pivot * k + pivot];

			if (done[g])
				continue;
			u[g] -= factor * u[pivot];
			for (int h = 0; h < k; h++)
			{
				if (!done[h])
					v[g * k + h] -= factor * v[pivot * k + h];
			}
		}
		(*df)++;
	}
	return sum;
}

static void
log_rank_start(LogRank *test, ArrayType *array)
{
	Datum	   *values;

	test->k = element_count(array, "groups");
	if (test->k > MOST_GROUPS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many groups for log_rank"),
				 errdetail("There are %d; the limit is %d.", test->k,
						   MOST_GROUPS)));
	if (test->k > 0)
		deconstruct_array(array, ARR_ELEMTYPE(array), -1, false,
						  TYPALIGN_DOUBLE, &values, NULL, &test->k);
	test->groups = palloc(sizeof(Survival *) * Max(test->k, 1));
	test->place = palloc0(sizeof(int) * Max(test->k, 1));
	test->at_risk = palloc0(sizeof(int64) * Max(test->k, 1));
	test->observed = palloc0(sizeof(int64) * Max(test->k, 1));
	test->expected = palloc0(sizeof(double) * Max(test->k, 1));
	test->covariance = palloc0(sizeof(double) * Max(test->k, 1) *
							   Max(test->k, 1));
	for (int g = 0; g < test->k; g++)
	{
		test->groups[g] = survival_from_datum(values[g]);
		test->at_risk[g] = test->groups[g]->n;
		test->all_at_risk += test->groups[g]->n;
	}
	test->n = test->all_at_risk;
}

Datum
pt_log_rank(PG_FUNCTION_ARGS)
{
	LogRank		test = {0};
	double		chi_square;
	int			df;
	Datum	   *numbers;
	SeriesRow	row = {0};

	log_rank_start(&test, PG_GETARG_ARRAYTYPE_P(0));
	run_log_rank(&test);
	chi_square = log_rank_chi_square(&test, &df);
	series_row_double(&row, df > 0 ? chi_square : NAN);
	series_row_int(&row, df);
	series_row_double(&row, df > 0 ? chi_square_p_upper(chi_square, df)
					  : NAN);
	row.values[row.n] = Int64GetDatum(test.n);
	row.nulls[row.n++] = false;
	numbers = palloc(sizeof(Datum) * Max(test.k, 1));
	for (int g = 0; g < test.k; g++)
		numbers[g] = Int64GetDatum(test.observed[g]);
	row.values[row.n] = PointerGetDatum(construct_array(numbers, test.k,
														INT8OID, 8,
														FLOAT8PASSBYVAL,
														TYPALIGN_DOUBLE));
	row.nulls[row.n++] = false;
	for (int g = 0; g < test.k; g++)
		numbers[g] = Float8GetDatum(test.expected[g]);
	row.values[row.n] = PointerGetDatum(construct_array(numbers, test.k,
														FLOAT8OID, 8,
														FLOAT8PASSBYVAL,
														TYPALIGN_DOUBLE));
	row.nulls[row.n++] = false;
	series_row_text(&row, test.k < 2 ? "fewer than two groups" :
					df == 0 ? "no event while more than one group was at risk"
					: NULL);
	return series_row_datum(fcinfo, &row);
}
