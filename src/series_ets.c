/*-------------------------------------------------------------------------
 *
 * series_ets.c
 *		Exponential smoothing in state space form, on plain arrays.
 *
 * Hyndman, Koehler, Ord and Snyder, "Forecasting with Exponential
 * Smoothing" (2008): the recursions of tables 2.2 and 2.3, and the likelihood
 * of section 5.1; series_math.c has the forecasts.
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

/*
 * Compiled for wider registers as well, which are taken where the processor
 * has them.  No digit depends on it.
 */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && \
	!defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE_IF_POSSIBLE	__attribute__((target_clones("avx2", "default")))
#else
#define WIDE_IF_POSSIBLE
#endif

/* smoothing parameters, level, slope, and a season less one */
#define MOST_PARAMETERS		(4 + 2 + ETS_MOST_SEASON - 1)
#define MOST_RUNS			((MOST_PARAMETERS + LANES) / LANES)
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
	Lanes		level;			/* before the first value, then after all */
	Lanes		slope;
	Lanes		squares;		/* sum of squared errors */
	double		logs[LANES];	/* sum of the logarithms of the forecasts */
	double		objective[LANES];	/* infinite where a forecast was below 0 */
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
	double	   *normal;			/* its normal equations */
	double	   *factor;
	SeriesPause pause;
} EtsFitting;

/*--- Running through the series ---*/

/* By bits: processors compare no vectors as large as these. */
#define absolute(lanes) \
	((Lanes) ((LaneMask) (lanes) & (PG_INT64_MAX - (LaneMask) {0})))

/*
 * The states of the next period need those of this one, so what does not is
 * kept out of that chain: the value without its season, and 1 - alpha.
 */
static pg_attribute_always_inline void
run_through(EtsFitting *fit, bool relative, bool trend, EtsSeason season,
			Lanes *errors)
{
	EtsRun	   *run = &fit->run;
	const double *y = fit->y;
	int			length = fit->model->length;
	Lanes		alpha = run->alpha;
	Lanes		beta = run->beta;
	Lanes		gamma = run->gamma;
	Lanes		phi = run->phi;
	Lanes		keep = 1 - alpha;
	Lanes		level = run->level;
	Lanes		slope = run->slope;
	Lanes		squares = {0};
	Lanes		product = {1, 1, 1, 1};
	Lanes		bad = {0};		/* above 0 where a forecast was below */
	int64		exponents[LANES] = {0};
	int			phase = 0;

	for (int t = 0; t < fit->n; t++)
	{
		Lanes		damped = phi * slope;
		Lanes		line = trend ? level + damped : level;
		Lanes		forecast = line;
		Lanes		error;

		if ((t & 4095) == 4095)
			fit->pause();
		if (unlikely(isnan(y[t])))
		{
			/* the states go on as expected */
			level = line;
			slope = damped;
			if (errors != NULL)
				errors[t] = (Lanes) {0};
		}
		else
		{
			Lanes		value = y[t] - (Lanes) {0};	/* in all lanes */
			Lanes		base = value;

			if (season == ETS_ADDITIVE)
			{
				Lanes		part = fit->seasonal[phase];

				forecast = line + part;
				base = value - part;
				fit->seasonal[phase] = part + gamma * (value - forecast);
			}
			else if (season == ETS_MULTIPLICATIVE)
			{
				Lanes		part = fit->seasonal[phase];

				forecast = line * part;
				base = value / part;
				fit->seasonal[phase] = part +
					gamma * (value - forecast) / line;
			}
			level = keep * line + alpha * base;
			if (trend)
				slope = damped + beta * (base - line);
			error = value - forecast;
			if (relative)
			{
				error = error / forecast;
				bad += absolute(forecast) - forecast;
				if (season == ETS_MULTIPLICATIVE)
					bad += absolute(line) - line;
				product *= forecast;
			}
			squares += error * error;
			if (errors != NULL)
				errors[t] = error;
		}
		/* before the product can over- or underflow */
		if (relative && (t & 15) == 15)
		{
			for (int k = 0; k < LANES; k++)
			{
				int			exponent;

				product[k] = frexp(product[k], &exponent);
				exponents[k] += exponent;
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

/* Each kind is compiled for itself, without a branch in its loop. */
static pg_attribute_always_inline void
run_kind(EtsFitting *fit, bool relative, bool trend, Lanes *errors)
{
	if (fit->model->season == ETS_NO_SEASON)
		run_through(fit, relative, trend, ETS_NO_SEASON, errors);
	else if (fit->model->season == ETS_ADDITIVE)
		run_through(fit, relative, trend, ETS_ADDITIVE, errors);
	else
		run_through(fit, relative, trend, ETS_MULTIPLICATIVE, errors);
}

WIDE_IF_POSSIBLE static void
run_model(EtsFitting *fit, Lanes *errors)
{
	if (fit->model->multiplicative_error)
	{
		if (fit->model->trend == ETS_NO_TREND)
			run_kind(fit, true, false, errors);
		else
			run_kind(fit, true, true, errors);
	}
	else if (fit->model->trend == ETS_NO_TREND)
		run_kind(fit, false, false, errors);
	else
		run_kind(fit, false, true, errors);
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
		double		rest = model->season == ETS_ADDITIVE ? 0
			: model->length;

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
	slope = n > 1 ? (sum_xy - sum_x * sum_y / n) /
		(sum_xx - sum_x * sum_x / n) : 0;
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

/* The sums over all periods, four columns at a time. */
WIDE_IF_POSSIBLE static void
add_normal_equations(EtsFitting *fit, int runs, const Lanes *inverse,
					 const Lanes *means)
{
	int			p = fit->parameters;
	int			n = fit->n;
	double	   *g = fit->normal + p * p;
	Lanes		sums[MOST_PARAMETERS + 1][MOST_RUNS];
	Lanes		gradient[MOST_RUNS];

	memset(sums, 0, sizeof(sums[0]) * (p + 1));
	memset(gradient, 0, sizeof(gradient));
	for (int t = 0; t < n; t++)
	{
		double		error = fit->errors[t][0] * means[0][0];
		Lanes		row[MOST_RUNS];

		for (int r = 0; r < runs; r++)
		{
			row[r] = (fit->errors[(size_t) r * n + t] * means[r] - error) *
				inverse[r];
			gradient[r] += row[r] * error;
		}
		/* what is left of the diagonal is what is right of it */
		for (int i = 1; i <= p; i++)
		{
			double		value = row[i / LANES][i % LANES];

			for (int r = i / LANES; r < runs; r++)
				sums[i][r] += row[r] * value;
		}
		if (p > 20 && t % 64 == 0)
			fit->pause();
	}
	for (int i = 0; i < p; i++)
	{
		g[i] = gradient[(i + 1) / LANES][(i + 1) % LANES];
		for (int j = i; j < p; j++)
			fit->normal[j * p + i] =
				sums[i + 1][(j + 1) / LANES][(j + 1) % LANES];
	}
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
	Lanes		inverse[MOST_RUNS];
	Lanes		means[MOST_RUNS];

	/* lane 0 is x, lane i + 1 has parameter i moved */
	memcpy(moved, x, sizeof(double) * p);
	for (int r = 0; r < runs; r++)
	{
		for (int k = 0; k < LANES; k++)
		{
			int			i = r * LANES + k - 1;

			inverse[r][k] = 0;
			if (i >= 0 && i < p)
			{
				moved[i] = x[i] + 1e-7 * fmax(fabs(x[i]), 0.1);
				inverse[r][k] = 1 / (moved[i] - x[i]);
			}
			set_lane(fit, k, moved);
			if (i >= 0 && i < p)
				moved[i] = x[i];
		}
		fit->pause();
		run_model(fit, fit->errors + (size_t) r * n);
		for (int k = 0; k < LANES; k++)
			means[r][k] = fit->run.geometric[k];
	}
	add_normal_equations(fit, runs, inverse, means);
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
				bool		solved = solve_damped(fit,
												  damping * factors[k],
												  step);

				for (int i = 0; i < p; i++)
					tried[k][i] = solved ? x[i] + step[i] : x[i];
				/* where the map is flat, steps are too long */
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
	fit->normal = work + n;
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

/* What ets_choose() knows of a model. */
typedef struct EtsCandidate
{
	EtsModel	model;
	double		objective;		/* the best so far */
	double		start[MOST_PARAMETERS]; /* where that is */
	double		second[MOST_PARAMETERS];
	bool		tried;
	bool		informed;		/* of where one of its kind has come to */
} EtsCandidate;

/*
 * A model may begin where one has come to that differs in its errors and its
 * trend only: a trend that is not there is one that begins with 0.
 */
static void
inform(EtsFitting *fit, EtsCandidate *candidate, const EtsCandidate *of)
{
	const EtsModel *to = &candidate->model;
	const double *from = of->start;
	double		x[MOST_PARAMETERS];
	double	   *p = x;

	if (to->season != of->model.season)
		return;
	*p++ = *from++;
	if (of->model.trend != ETS_NO_TREND && to->trend == ETS_NO_TREND)
		from++;
	else if (to->trend != ETS_NO_TREND)
		*p++ = of->model.trend == ETS_NO_TREND ? out_of_share(0.01) : *from++;
	if (of->model.trend == ETS_DAMPED && to->trend != ETS_DAMPED)
		from++;
	else if (to->trend == ETS_DAMPED)
		*p++ = of->model.trend != ETS_DAMPED ? out_of_share(0.95) : *from++;
	if (to->season != ETS_NO_SEASON)
		*p++ = *from++;
	*p++ = *from++;
	if (of->model.trend != ETS_NO_TREND && to->trend == ETS_NO_TREND)
		from++;
	else if (to->trend != ETS_NO_TREND)
		*p++ = of->model.trend == ETS_NO_TREND ? 0 : *from++;
	if (to->season != ETS_NO_SEASON)
		memcpy(p, from, sizeof(double) * (to->length - 1));

	set_model(fit, &candidate->model);
	for (int k = 0; k < LANES; k++)
		set_lane(fit, k, x);
	run_model(fit, NULL);
	candidate->informed = true;
	if (fit->run.objective[0] < candidate->objective)
	{
		candidate->objective = fit->run.objective[0];
		memcpy(candidate->start, x, sizeof(double) * fit->parameters);
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
	EtsCandidate candidates[ETS_MOST_MODELS];
	EtsCandidate *chosen = NULL;
	EtsFitting	fit;
	int			count = 0;
	double		lowest = INFINITY;

	Assert(length <= ETS_MOST_SEASON);
	memset(candidates, 0, sizeof(candidates));
	for (int error = 0; error < 2; error++)
	{
		for (int season = ETS_NO_SEASON; season <= ETS_MULTIPLICATIVE;
			 season++)
		{
			/* with additive errors, factors are unstable */
			if (season == ETS_MULTIPLICATIVE && error == 0)
				continue;
			for (int trend = ETS_NO_TREND; trend <= ETS_DAMPED; trend++)
			{
				EtsModel   *model = &candidates[count].model;

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
		set_model(&fit, &candidates[i].model);
		candidates[i].objective = search_grid(&fit, candidates[i].start,
											  candidates[i].second);
	}
	for (;;)
	{
		EtsCandidate *next = NULL;
		double		lead = INFINITY;

		for (int i = 0; i < count; i++)
		{
			EtsCandidate *candidate = &candidates[i];
			double		value = aicc(&candidate->model,
									 candidate->objective);

			/* how much a descent may gain */
			if (candidate->tried || !(value < lead) ||
				(n > LONG_SERIES &&
				 value > lowest + (candidate->informed ? 6 : 0.05 * n)))
				continue;
			next = candidate;
			lead = value;
		}
		if (next == NULL)
			break;
		next->tried = true;
		set_model(&fit, &next->model);
		next->objective = descend_twice(&fit, next->start, next->second,
										next->objective,
										n > LONG_SERIES ? 0.05 : 0.01);
		if (aicc(&next->model, next->objective) < lowest)
		{
			lowest = aicc(&next->model, next->objective);
			chosen = next;
		}
		for (int i = 0; i < count; i++)
		{
			if (!candidates[i].tried)
				inform(&fit, &candidates[i], next);
		}
	}
	if (chosen == NULL)
		return false;
	set_model(&fit, &chosen->model);
	descend(&fit, chosen->start, chosen->objective,
			n > LONG_SERIES ? 1e-3 : 1e-9);
	finish_model(&fit, chosen->start, scale_of(y, n));
	*best = chosen->model;
	return true;
}
