/*-------------------------------------------------------------------------
 *
 * series_ets.c
 *		Exponential smoothing in state space form, on plain arrays.
 *
 * Hyndman, Koehler, Ord and Snyder, "Forecasting with Exponential
 * Smoothing" (2008): the recursions of table 2.2 and 2.3, the likelihood of
 * section 5.1, the variances of forecasts of section 6.
 *
 * The likelihood of a model with errors e is that of least squares: n
 * log(sum e^2) with additive errors, and n log(sum (g e)^2) with relative
 * ones, where g is the geometric mean of the one-step forecasts.  So the
 * parameters and the initial states are found together by the method of
 * Levenberg and Marquardt, from the best point of a fixed grid.  A recursion
 * waits for its own last result most of the time; so four sets of parameters
 * are run through the series at once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "series_math.h"

#define LANES	4

/* Arithmetic of C on these is done in each lane for itself. */
typedef double Lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64 LaneMask __attribute__((vector_size(LANES * sizeof(int64))));

/* smoothing parameters, level, slope, and a season less one */
#define MOST_PARAMETERS		(4 + 2 + ETS_MOST_SEASON - 1)
#define MOST_ROUNDS			100

/* From here on, not everything is tried that could be better by a hair. */
#define LONG_SERIES			200

/* the region of R's forecast package, within which all models are usual */
#define ALPHA_LEAST			1e-4
#define ALPHA_MOST			0.9999
#define PHI_LEAST			0.8
#define PHI_MOST			0.98

/* Where a series is explained to so many digits, there is nothing to fit. */
#define EXACT				1e-22

/* What is computed for each lane in one run through the series. */
typedef struct EtsRun
{
	Lanes		alpha;
	Lanes		beta;
	Lanes		gamma;
	Lanes		phi;
	Lanes		level;			/* before the first value; then after the last */
	Lanes		slope;
	Lanes		squares;		/* sum of squared errors */
	double		logs[LANES];	/* sum of the logarithms of the forecasts */
	double		objective[LANES];	/* infinite where a forecast was not above 0 */
	double		geometric[LANES];	/* mean of the forecasts; 1 if additive */
} EtsRun;

typedef struct EtsFitting
{
	const double *y;			/* scaled */
	int			n;
	int			known;
	EtsModel   *model;
	int			parameters;		/* that are searched */
	EtsRun		run;
	Lanes	   *seasonal;		/* of the run */
	Lanes	   *errors;			/* of all runs for a Jacobian */
	double	   *row;			/* a row of it */
	double	   *normal;			/* its normal equations */
	double	   *factor;
	SeriesPause pause;
} EtsFitting;

/*--- Running through the series ---*/

/* By bits: processors compare no vectors as large as these. */
#define absolute(lanes) \
	((Lanes) ((LaneMask) (lanes) & \
			  ~(LaneMask) {PG_INT64_MIN, PG_INT64_MIN, PG_INT64_MIN, PG_INT64_MIN}))

static pg_attribute_always_inline void
run_through(EtsFitting *fit, bool relative, EtsSeason season, Lanes *errors)
{
	EtsRun	   *run = &fit->run;
	const double *y = fit->y;
	int			length = fit->model->length;
	Lanes		alpha = run->alpha;
	Lanes		beta = run->beta;
	Lanes		gamma = run->gamma;
	Lanes		phi = run->phi;
	Lanes		level = run->level;
	Lanes		slope = run->slope;
	Lanes		squares = {0};
	Lanes		product = {1, 1, 1, 1};
	Lanes		bad = {0};		/* above 0 where a forecast was below */
	int64		exponents[LANES] = {0};
	int			phase = 0;

	for (int t = 0; t < fit->n; t++)
	{
		Lanes		line = level + phi * slope;
		Lanes		forecast = line;
		Lanes		miss;
		Lanes		error;

		if ((t & 4095) == 4095)
			fit->pause();
		if (season == ETS_ADDITIVE)
			forecast = line + fit->seasonal[phase];
		if (season == ETS_MULTIPLICATIVE)
			forecast = line * fit->seasonal[phase];
		if (unlikely(isnan(y[t])))
		{
			/* the states go on as expected */
			level = line;
			slope = phi * slope;
			if (errors != NULL)
				errors[t] = (Lanes) {0};
		}
		else
		{
			miss = y[t] - forecast;
			error = relative ? miss / forecast : miss;
			squares += error * error;
			if (errors != NULL)
				errors[t] = error;
			if (season == ETS_MULTIPLICATIVE)
			{
				Lanes		factor = fit->seasonal[phase];

				fit->seasonal[phase] = factor + gamma * miss / line;
				miss = miss / factor;
			}
			else if (season == ETS_ADDITIVE)
				fit->seasonal[phase] += gamma * miss;
			level = line + alpha * miss;
			slope = phi * slope + beta * miss;
			if (relative)
			{
				bad += absolute(forecast) - forecast;
				if (season == ETS_MULTIPLICATIVE)
					bad += absolute(line) - line;
				product *= forecast;
				/* before it can over- or underflow */
				if ((t & 7) == 7)
				{
					for (int k = 0; k < LANES; k++)
					{
						int			exponent;

						product[k] = frexp(product[k], &exponent);
						exponents[k] += exponent;
					}
				}
			}
		}
		if (season != ETS_NO_SEASON && ++phase == length)
			phase = 0;
	}
	run->level = level;
	run->slope = slope;
	run->squares = squares;
	for (int k = 0; k < LANES; k++)
	{
		double		sum = squares[k];

		run->logs[k] = relative ?
			log(product[k]) + (double) exponents[k] * M_LN2 : 0;
		run->geometric[k] = exp(run->logs[k] / fit->known);
		sum = fmax(sum, EXACT * fit->known);
		run->objective[k] = fit->known * log(sum) + 2 * run->logs[k];
		if (!(bad[k] == 0) || !isfinite(run->objective[k]))
			run->objective[k] = INFINITY;
	}
}

static void
run_model(EtsFitting *fit, Lanes *errors)
{
	if (!fit->model->multiplicative_error)
	{
		if (fit->model->season == ETS_NO_SEASON)
			run_through(fit, false, ETS_NO_SEASON, errors);
		else
			run_through(fit, false, ETS_ADDITIVE, errors);
	}
	else if (fit->model->season == ETS_NO_SEASON)
		run_through(fit, true, ETS_NO_SEASON, errors);
	else if (fit->model->season == ETS_ADDITIVE)
		run_through(fit, true, ETS_ADDITIVE, errors);
	else
		run_through(fit, true, ETS_MULTIPLICATIVE, errors);
}

/*--- Parameters ---*/

/*
 * Smoothing parameters are searched on the whole axis, and mapped into their
 * intervals; those of beta and gamma depend on alpha.
 */
static double
into_interval(double x, double low, double high)
{
	return low + (high - low) / (1 + exp(-x));
}

static double
out_of_share(double share)
{
	return log(share / (1 - share));
}

/* Sets one lane of the run to these parameters. */
static void
set_lane(EtsFitting *fit, int lane, const double *x)
{
	const EtsModel *model = fit->model;
	EtsRun	   *run = &fit->run;
	double		alpha = into_interval(*x++, ALPHA_LEAST, ALPHA_MOST);

	run->alpha[lane] = alpha;
	run->beta[lane] = model->trend == ETS_NO_TREND ? 0 :
		into_interval(*x++, ALPHA_LEAST, fmax(alpha, ALPHA_LEAST));
	run->phi[lane] = model->trend == ETS_NO_TREND ? 0 :
		model->trend == ETS_TREND ? 1 :
		into_interval(*x++, PHI_LEAST, PHI_MOST);
	run->gamma[lane] = model->season == ETS_NO_SEASON ? 0 :
		into_interval(*x++, ALPHA_LEAST, fmax(1 - alpha, ALPHA_LEAST));
	run->level[lane] = *x++;
	run->slope[lane] = model->trend == ETS_NO_TREND ? 0 : *x++;
	if (model->season != ETS_NO_SEASON)
	{
		double		rest = model->season == ETS_ADDITIVE ? 0 : model->length;

		for (int i = 0; i < model->length - 1; i++)
		{
			fit->seasonal[i][lane] = *x;
			rest -= *x++;
		}
		fit->seasonal[model->length - 1][lane] = rest;
	}
}

static int
count_parameters(const EtsModel *model)
{
	return 2 + (model->trend != ETS_NO_TREND ? 2 : 0) +
		(model->trend == ETS_DAMPED) +
		(model->season != ETS_NO_SEASON ? model->length : 0);
}

/* How many of them are smoothing parameters, which come first. */
static int
count_smoothing(const EtsModel *model)
{
	return 1 + (model->trend != ETS_NO_TREND) +
		(model->trend == ETS_DAMPED) + (model->season != ETS_NO_SEASON);
}

/*
 * First guesses at the initial states: the season from what the first five
 * of them leave of their centered averages, then a line through the first
 * values without it.
 */
static void
guess_states(EtsFitting *fit, double *states, double *work)
{
	const EtsModel *model = fit->model;
	int			length = model->length;
	int			n = Min(fit->n, Max(5 * length, 10));
	double	   *y = work;
	double	   *average = work + n;
	double		seasonal[ETS_MOST_SEASON] = {0};
	double		sum_x = 0;
	double		sum_y = 0;
	double		sum_xx = 0;
	double		sum_xy = 0;
	double		last = 0;
	double		slope;
	double		level;

	/* what is missing is what was last known */
	for (int i = 0; i < fit->n; i++)
	{
		if (!isnan(fit->y[i]))
		{
			last = fit->y[i];
			break;
		}
	}
	for (int i = 0; i < n; i++)
	{
		if (!isnan(fit->y[i]))
			last = fit->y[i];
		y[i] = last;
	}
	if (model->season != ETS_NO_SEASON)
	{
		bool		ratio = model->season == ETS_MULTIPLICATIVE;
		double		mean = 0;

		centered_average(y, n, length, average);
		for (int phase = 0; phase < length; phase++)
		{
			double		sum = 0;
			int			count = 0;

			for (int i = phase; i < n; i += length)
			{
				if (isnan(average[i]) || (ratio && average[i] <= 0))
					continue;
				sum += ratio ? y[i] / average[i] : y[i] - average[i];
				count++;
			}
			seasonal[phase] = count > 0 ? sum / count : ratio ? 1 : 0;
			mean += seasonal[phase] / length;
		}
		for (int phase = 0; phase < length; phase++)
		{
			if (ratio)
				seasonal[phase] = fmax(seasonal[phase] / mean, 0.01);
			else
				seasonal[phase] -= mean;
		}
		for (int i = 0; i < n; i++)
			y[i] = ratio ? y[i] / seasonal[i % length]
				: y[i] - seasonal[i % length];
	}
	n = Min(n, Max(10, 2 * length));
	for (int i = 0; i < n; i++)
	{
		sum_x += i + 1;
		sum_y += y[i];
		sum_xx += (i + 1.0) * (i + 1.0);
		sum_xy += (i + 1.0) * y[i];
	}
	slope = n > 1 ? (sum_xy - sum_x * sum_y / n) / (sum_xx - sum_x * sum_x / n)
		: 0;
	if (model->trend == ETS_NO_TREND)
		level = sum_y / n;
	else
	{
		level = sum_y / n - slope * sum_x / n;
		if (model->multiplicative_error && !(level > 0 && level + slope > 0))
		{
			level = sum_y / n;
			slope = 0;
		}
	}
	*states++ = level;
	if (model->trend != ETS_NO_TREND)
		*states++ = slope;
	if (model->season != ETS_NO_SEASON)
		memcpy(states, seasonal, sizeof(double) * (length - 1));
}

/*
 * The points at which a search may begin: alpha, and shares of intervals.
 * Those of the first half change little but the level.
 */
static const struct
{
	double		alpha;
	double		beta;
	double		phi;
	double		gamma;
}			grid[2 * LANES] = {
	{0.05, 0.05, 0.9, 0.05},
	{0.2, 0.05, 0.9, 0.05},
	{0.5, 0.05, 0.9, 0.05},
	{0.9, 0.05, 0.9, 0.05},
	{0.001, 0.3, 0.5, 0.3},
	{0.2, 0.3, 0.5, 0.3},
	{0.5, 0.3, 0.5, 0.3},
	{0.9, 0.5, 0.5, 0.3}
};

/*
 * The best point of the grid, and what it gives; second is the best one of
 * those that come next to each other in the grid and are not the best.
 */
static double
search_grid(EtsFitting *fit, double *best, double *second)
{
	double		x[MOST_PARAMETERS];
	double		found[2];
	double		points[2][4];
	int			smoothing = count_smoothing(fit->model);
	int			first;

	/* the rows of the Jacobian are not needed yet */
	guess_states(fit, x + smoothing, (double *) fit->errors);
	for (int half = 0; half < 2; half++)
	{
		double		tried[LANES][4];

		for (int k = 0; k < LANES; k++)
		{
			int			i = half * LANES + k;
			double	   *p = tried[k];

			*p++ = out_of_share(grid[i].alpha);
			if (fit->model->trend != ETS_NO_TREND)
				*p++ = out_of_share(grid[i].beta);
			if (fit->model->trend == ETS_DAMPED)
				*p++ = out_of_share(grid[i].phi);
			if (fit->model->season != ETS_NO_SEASON)
				*p++ = out_of_share(grid[i].gamma);
			memcpy(x, tried[k], sizeof(double) * smoothing);
			set_lane(fit, k, x);
		}
		run_model(fit, NULL);
		for (int k = 0; k < LANES; k++)
		{
			if (k > 0 && !(fit->run.objective[k] < found[half]))
				continue;
			found[half] = fit->run.objective[k];
			memcpy(points[half], tried[k], sizeof(double) * smoothing);
		}
	}
	first = found[1] < found[0];
	memcpy(x, points[first], sizeof(double) * smoothing);
	memcpy(best, x, sizeof(double) * fit->parameters);
	memcpy(x, points[1 - first], sizeof(double) * smoothing);
	memcpy(second, x, sizeof(double) * fit->parameters);
	return found[first];
}

/*--- Levenberg and Marquardt ---*/

/* Solves (A + damping diag(A)) step = -g; A and g are in normal. */
static bool
solve_damped(EtsFitting *fit, double damping, double *step)
{
	int			p = fit->parameters;
	const double *a = fit->normal;
	const double *g = fit->normal + p * p;
	double	   *l = fit->factor;

	for (int i = 0; i < p; i++)
	{
		for (int j = 0; j <= i; j++)
		{
			double		sum = a[i * p + j];

			if (i == j)
				sum += damping * sum + 1e-300;
			for (int k = 0; k < j; k++)
				sum -= l[i * p + k] * l[j * p + k];
			if (i > j)
				l[i * p + j] = sum / l[j * p + j];
			else if (sum > 0)
				l[i * p + i] = sqrt(sum);
			else
				return false;
		}
	}
	for (int i = 0; i < p; i++)
	{
		double		sum = -g[i];

		for (int k = 0; k < i; k++)
			sum -= l[i * p + k] * step[k];
		step[i] = sum / l[i * p + i];
	}
	for (int i = p - 1; i >= 0; i--)
	{
		double		sum = step[i];

		for (int k = i + 1; k < p; k++)
			sum -= l[k * p + i] * step[k];
		step[i] = sum / l[i * p + i];
		if (!isfinite(step[i]))
			return false;
	}
	return true;
}

/*
 * The normal equations at x: errors by which of the parameters, from
 * differences.  The last run is that of x itself.
 */
static void
linearize(EtsFitting *fit, const double *x)
{
	int			p = fit->parameters;
	int			n = fit->n;
	int			runs = (p + LANES) / LANES; /* p + 1 lanes */
	double		moved[MOST_PARAMETERS];
	double		inverse[MOST_PARAMETERS + LANES];
	double		means[MOST_PARAMETERS + LANES];
	double	   *g = fit->normal + p * p;

	/* lane 0 is x, lane i + 1 has parameter i moved */
	memcpy(moved, x, sizeof(double) * p);
	for (int r = 0; r < runs; r++)
	{
		for (int k = 0; k < LANES; k++)
		{
			int			i = r * LANES + k - 1;

			if (i >= 0 && i < p)
			{
				moved[i] = x[i] + 1e-7 * fmax(fabs(x[i]), 0.1);
				inverse[i] = 1 / (moved[i] - x[i]);
			}
			set_lane(fit, k, moved);
			if (i >= 0 && i < p)
				moved[i] = x[i];
		}
		fit->pause();
		run_model(fit, fit->errors + (size_t) r * n);
		for (int k = 0; k < LANES; k++)
			means[r * LANES + k] = fit->run.geometric[k];
	}
	memset(fit->normal, 0, sizeof(double) * (p * p + p));
	for (int t = 0; t < n; t++)
	{
		double		error = fit->errors[t][0] * means[0];

		for (int i = 0; i < p; i++)
		{
			int			lane = i + 1;

			fit->row[i] = (fit->errors[(size_t) (lane / LANES) * n + t]
						   [lane % LANES] * means[lane] - error) * inverse[i];
		}
		for (int i = 0; i < p; i++)
		{
			double		value = fit->row[i];
			double	   *a = fit->normal + i * p;

			for (int j = 0; j <= i; j++)
				a[j] += value * fit->row[j];
			g[i] += value * error;
		}
		if (p > 20 && t % 64 == 0)
			fit->pause();
	}
}

/*
 * Moves x downhill until a round gains less than this; returns what the
 * objective is then.
 */
static double
descend(EtsFitting *fit, double *x, double objective, double least_gain)
{
	static const double factors[LANES] = {0.01, 1, 30, 3000};
	double		damping = 0.01;
	int			p = fit->parameters;

	fit->model->converged = false;
	for (int round = 0; round < MOST_ROUNDS; round++)
	{
		double		tried[LANES][MOST_PARAMETERS];
		double		before = objective;
		int			best = -1;

		linearize(fit, x);
		for (int again = 0; again < 2 && best < 0; again++)
		{
			for (int k = 0; k < LANES; k++)
			{
				double		step[MOST_PARAMETERS];
				bool		solved = solve_damped(fit, damping * factors[k], step);

				for (int i = 0; i < p; i++)
					tried[k][i] = solved ? x[i] + step[i] : x[i];
				/* where the map into an interval is flat, steps are too long */
				for (int i = 0; i < count_smoothing(fit->model); i++)
					tried[k][i] = fmax(fmin(fmin(tried[k][i], x[i] + 3), 30),
									   fmax(x[i] - 3, -30));
				set_lane(fit, k, tried[k]);
			}
			run_model(fit, NULL);
			for (int k = 0; k < LANES; k++)
			{
				if (fit->run.objective[k] < objective)
				{
					objective = fit->run.objective[k];
					best = k;
				}
			}
			if (best < 0)
				damping = fmin(damping * 1e5, 1e12);
		}
		if (best >= 0)
		{
			memcpy(x, tried[best], sizeof(double) * p);
			damping = fmin(fmax(damping * factors[best], 1e-12), 1e12);
		}
		if (best < 0 || before - objective < least_gain)
		{
			fit->model->converged = true;
			break;
		}
	}
	return objective;
}

/*
 * Descends from the best point of the grid; in a short series, where there
 * may be more than one valley, from a second one as well.
 */
static double
descend_twice(EtsFitting *fit, double *x, const double *second,
			  double objective, double least_gain)
{
	double		other[MOST_PARAMETERS];
	double		found;
	bool		converged;

	objective = descend(fit, x, objective, least_gain);
	if (fit->n > LONG_SERIES)
		return objective;
	converged = fit->model->converged;
	memcpy(other, second, sizeof(double) * fit->parameters);
	for (int k = 0; k < LANES; k++)
		set_lane(fit, k, other);
	run_model(fit, NULL);
	if (isinf(fit->run.objective[0]))
		return objective;
	found = descend(fit, other, fit->run.objective[0], least_gain);
	if (found < objective)
	{
		memcpy(x, other, sizeof(double) * fit->parameters);
		return found;
	}
	fit->model->converged = converged;
	return objective;
}

/*--- Models ---*/

size_t
ets_work_doubles(int n, int length)
{
	size_t		p = 6 + Max(length, 1);
	size_t		season = Max(length, 1);

	/* aligned by hand: the lanes first */
	return LANES + LANES * season + (p + 2 * LANES) * (n + 10 * season + 20) +
		p + 2 * p * p + p + n;
}

/* A power of two that makes the values about 1, so that no digit changes. */
static double
scale_of(const double *y, int n)
{
	double		largest = 0;
	int			exponent;

	for (int i = 0; i < n; i++)
	{
		if (!isnan(y[i]))
			largest = fmax(largest, fabs(y[i]));
	}
	frexp(largest, &exponent);
	return ldexp(1, -exponent);
}

/* Whether a model can be fitted to so many known values. */
bool
ets_possible(const double *y, int n, const EtsModel *model)
{
	int			known = 0;
	bool		positive = true;

	for (int i = 0; i < n; i++)
	{
		if (isnan(y[i]))
			continue;
		known++;
		positive &= y[i] > 0;
	}
	if ((model->multiplicative_error ||
		 model->season == ETS_MULTIPLICATIVE) && !positive)
		return false;
	if (model->season != ETS_NO_SEASON &&
		(model->length < 2 || model->length > ETS_MOST_SEASON ||
		 n < 2 * model->length))
		return false;
	/* AICc divides by known - parameters - 1 */
	return known >= 4 && known - (count_parameters(model) + 1) - 1 > 0;
}

static void
open_fitting(EtsFitting *fit, const double *y, int n, double *work,
			 int length, SeriesPause pause)
{
	double		scale = scale_of(y, n);
	double	   *scaled = work;
	size_t		p = 6 + Max(length, 1);
	uintptr_t	rest;

	memset(fit, 0, sizeof(*fit));
	for (int i = 0; i < n; i++)
	{
		scaled[i] = y[i] * scale;
		fit->known += !isnan(y[i]);
	}
	fit->y = scaled;
	fit->n = n;
	fit->pause = pause;
	fit->row = work + n;
	fit->normal = fit->row + p;
	fit->factor = fit->normal + p * p + p;
	rest = (uintptr_t) (fit->factor + p * p);
	rest = (rest + sizeof(Lanes) - 1) / sizeof(Lanes) * sizeof(Lanes);
	fit->seasonal = (Lanes *) rest;
	fit->errors = fit->seasonal + Max(length, 1);
}

static void
set_model(EtsFitting *fit, EtsModel *model)
{
	fit->model = model;
	fit->parameters = count_parameters(model);
	model->parameters = fit->parameters + 1;
	model->known = fit->known;
}

static double
aicc(const EtsModel *model, double objective)
{
	double		k = model->parameters;

	return objective + 2 * k + 2 * k * (k + 1) / (model->known - k - 1);
}

/* The model at x, with its states after the last value. */
static void
finish_model(EtsFitting *fit, const double *x, double scale)
{
	EtsModel   *model = fit->model;
	EtsRun	   *run = &fit->run;

	for (int k = 0; k < LANES; k++)
		set_lane(fit, k, x);
	model->alpha = run->alpha[0];
	model->beta = run->beta[0];
	model->gamma = run->gamma[0];
	model->phi = run->phi[0];
	model->initial_level = run->level[0] / scale;
	model->initial_slope = run->slope[0] / scale;
	run_model(fit, NULL);
	model->objective = run->objective[0] - 2 * model->known * log(scale);
	model->aicc = aicc(model, model->objective);
	model->sigma2 = run->squares[0] /
		Max(model->known - (model->parameters - 1), 1);
	if (run->squares[0] <= EXACT * model->known)
		model->sigma2 = 0;
	if (!model->multiplicative_error)
		model->sigma2 /= scale * scale;
	model->level = run->level[0] / scale;
	model->slope = run->slope[0] / scale;
	for (int i = 0; i < model->length; i++)
	{
		model->seasonal[i] = 0;
		if (model->season == ETS_NO_SEASON)
			continue;
		/* that of the next period first */
		model->seasonal[i] = fit->seasonal[(fit->n + i) % model->length][0];
		if (model->season == ETS_ADDITIVE)
			model->seasonal[i] /= scale;
	}
}

/* Fits the model, which ets_possible() has allowed; false if that fails. */
bool
ets_fit(const double *y, int n, EtsModel *model, double *work,
		SeriesPause pause)
{
	EtsFitting	fit;
	double		x[MOST_PARAMETERS] = {0};
	double		second[MOST_PARAMETERS] = {0};
	double		objective;

	open_fitting(&fit, y, n, work, model->length, pause);
	set_model(&fit, model);
	objective = search_grid(&fit, x, second);
	if (isinf(objective))
		return false;
	descend_twice(&fit, x, second, objective, 1e-9);
	finish_model(&fit, x, scale_of(y, n));
	return true;
}

/*
 * A model begins where the one with the other kind of error has come to, if
 * that is better than the grid.
 */
static void
start_from_twin(EtsFitting *fit, const EtsModel *models, int count,
				const bool *tried, int next,
				double starts[][MOST_PARAMETERS], double *objectives)
{
	for (int i = 0; i < count; i++)
	{
		if (i == next || !tried[i] || models[i].trend != models[next].trend ||
			models[i].season != models[next].season)
			continue;
		for (int k = 0; k < LANES; k++)
			set_lane(fit, k, starts[i]);
		run_model(fit, NULL);
		if (fit->run.objective[0] < objectives[next])
		{
			objectives[next] = fit->run.objective[0];
			memcpy(starts[next], starts[i], sizeof(starts[i]));
		}
	}
}

/*
 * Fits all models that are possible, and takes the one of the lowest AICc.
 * Where the series is long, those are passed over that begin so far behind
 * that they would not come first.
 */
bool
ets_choose(const double *y, int n, int length, EtsModel *best, double *work,
		   SeriesPause pause)
{
	EtsModel	models[ETS_MOST_MODELS] = {0};
	double		starts[ETS_MOST_MODELS][MOST_PARAMETERS] = {0};
	double		seconds[ETS_MOST_MODELS][MOST_PARAMETERS] = {0};
	double		objectives[ETS_MOST_MODELS];
	bool		tried[ETS_MOST_MODELS] = {0};
	EtsFitting	fit;
	int			count = 0;
	int			chosen = -1;
	double		lowest = INFINITY;

	for (int error = 0; error < 2; error++)
	{
		for (int season = ETS_NO_SEASON; season <= ETS_MULTIPLICATIVE; season++)
		{
			/* with additive errors, factors are unstable */
			if (season == ETS_MULTIPLICATIVE && error == 0)
				continue;
			for (int trend = ETS_NO_TREND; trend <= ETS_DAMPED; trend++)
			{
				EtsModel   *model = &models[count];

				model->multiplicative_error = error == 1;
				model->trend = (EtsTrend) trend;
				model->season = (EtsSeason) season;
				model->length = season == ETS_NO_SEASON ? 1 : length;
				if (ets_possible(y, n, model))
					count++;
			}
		}
	}
	open_fitting(&fit, y, n, work, length, pause);
	for (int i = 0; i < count; i++)
	{
		pause();
		set_model(&fit, &models[i]);
		objectives[i] = search_grid(&fit, starts[i], seconds[i]);
	}
	for (;;)
	{
		int			next = -1;
		double		lead = INFINITY;

		for (int i = 0; i < count; i++)
		{
			if (!tried[i] && aicc(&models[i], objectives[i]) < lead)
			{
				next = i;
				lead = aicc(&models[i], objectives[i]);
			}
		}
		if (next < 0 || (n > LONG_SERIES && lead > lowest + 0.05 * n))
			break;
		tried[next] = true;
		set_model(&fit, &models[next]);
		start_from_twin(&fit, models, count, tried, next, starts, objectives);
		objectives[next] = descend_twice(&fit, starts[next], seconds[next],
										 objectives[next], 0.01);
		if (aicc(&models[next], objectives[next]) < lowest)
		{
			lowest = aicc(&models[next], objectives[next]);
			chosen = next;
		}
	}
	if (chosen < 0)
		return false;
	set_model(&fit, &models[chosen]);
	descend(&fit, starts[chosen], objectives[chosen], n > LONG_SERIES ? 1e-4 : 1e-9);
	finish_model(&fit, starts[chosen], scale_of(y, n));
	*best = models[chosen];
	return true;
}

/*--- Forecasts ---*/

/*
 * Means and standard deviations of the next periods; work has room for them
 * once more.
 */
void
ets_forecast(const EtsModel *model, int horizon, double *mean,
			 double *deviation, double *work)
{
	double		damped = 0;		/* phi + ... + phi^h */
	double		power = 1;
	double		sum = 0;		/* of the squares of weights */

	for (int h = 0; h < horizon; h++)
	{
		double		line;
		double		season = model->seasonal[h % model->length];
		double		weight;

		power *= model->phi;
		damped += power;
		line = model->level +
			(model->trend == ETS_NO_TREND ? 0 : damped * model->slope);
		mean[h] = model->season == ETS_MULTIPLICATIVE ? line * season :
			model->season == ETS_ADDITIVE ? line + season : line;

		/* what an error of h + 1 periods before changes */
		weight = model->alpha +
			(model->trend == ETS_NO_TREND ? 0 : model->beta * damped);
		if (model->season == ETS_ADDITIVE && (h + 1) % model->length == 0)
			weight += model->gamma;
		work[h] = weight * weight;
		if (!model->multiplicative_error)
		{
			deviation[h] = sqrt(model->sigma2 * (1 + sum));
			sum += work[h];
		}
	}
	if (!model->multiplicative_error)
		return;

	/* deviation[] has the expected squares of the line until it is done */
	for (int h = 0; h < horizon; h++)
	{
		double		season = model->seasonal[h % model->length];
		double		line = model->season == ETS_MULTIPLICATIVE ?
			mean[h] / season : mean[h];
		double		squares = line * line;

		for (int j = 1; j <= h; j++)
			squares += model->sigma2 * work[j - 1] * deviation[h - j];
		deviation[h] = squares;
	}
	for (int h = horizon - 1; h >= 0; h--)
	{
		double		variance;

		if (model->season == ETS_MULTIPLICATIVE)
		{
			double		season = model->seasonal[h % model->length];
			double		line = mean[h] / season;

			variance = season * season *
				(deviation[h] * (1 + model->sigma2) *
				 pow(1 + model->gamma * model->gamma * model->sigma2,
					 h / model->length) - line * line);
		}
		else
			variance = deviation[h] * (1 + model->sigma2) - mean[h] * mean[h];
		deviation[h] = sqrt(fmax(variance, 0));
	}
}
