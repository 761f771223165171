/*-------------------------------------------------------------------------
 *
 * clv_fit.c
 *		The most likely parameters of customer lifetime models.
 *
 * The search is by the logarithms of the parameters, relative to the scale of
 * time (or money) of the data, so that a fit is the same in days and in
 * years.  BFGS with the analytic gradient finds the top from the best of
 * some fixed starts; Newton's method then goes on until the likelihood can
 * be no better by anything that would show, with the Hessian from central
 * differences of the gradient, from which the standard errors are, too.
 * Nothing is random, and rows come in their order: the same data give the
 * same digits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "clv_math.h"

#define N	CLV_MOST_PARAMETERS

#define MOST_STARTS		5
#define MOST_ROUNDS		200		/* of BFGS, from one start */
#define MOST_NEWTON		30
#define SAMPLE_ROWS		2048	/* at most, of eight times as many */
#define LEAST_SAMPLE	64
#define FARTHEST		25.0	/* |log(parameter / scale)| */
#define NEAR_LIMIT		24.0
#define LONGEST_STEP	2.0
#define DIFFERENCE		1e-4

/* What Newton's step promises may be no more than this. */
#define ENOUGH			1e-10

typedef struct Search
{
	ClvKind		kind;
	const ClvRow *rows;
	int			n;
	ClvPause	pause;
	int			k;				/* parameters */
	double		scale[N];
	int			evaluations;
} Search;

typedef struct Point
{
	double		phi[N];			/* log(theta / scale) */
	double		value;			/* the likelihood; -infinity if there is none */
	double		g[N];
} Point;

/*--- Starts ---*/

/*
 * What time or money is measured by: the mean T, or the mean spend.  Also
 * how much and how evenly customers buy, for the first start.
 */
typedef struct Moments
{
	double		customers;
	double		repeat;			/* customers with x > 0 */
	double		t;				/* mean */
	double		spend;			/* mean, of the customers' means */
	double		rate;			/* sum of x by sum of t, for t = 1 mean */
	double		excess;			/* variance of x beyond Poisson's */
} Moments;

static void
measure(Moments *moments, const ClvRow *rows, int n, ClvPause pause)
{
	double		x = 0,
				square = 0;

	memset(moments, 0, sizeof(*moments));
	for (int i = 0; i < n; i++)
	{
		double		count = (double) rows[i].count;

		if ((i & 1023) == 0)
			pause();
		moments->customers += count;
		moments->repeat += rows[i].x > 0 ? count : 0;
		moments->t += count * rows[i].t;
		moments->spend += count * rows[i].tx;
		x += count * rows[i].x;
		square += count * rows[i].x * rows[i].x;
	}
	moments->t /= moments->customers;
	moments->spend /= moments->customers;
	moments->rate = x / moments->customers;
	moments->excess = square / moments->customers -
		moments->rate * moments->rate - moments->rate;
}

static double
between(double low, double value, double high)
{
	return value > low ? (value < high ? value : high) : low;
}

/* Fills starts with parameters relative to their scale; returns how many. */
static int
make_starts(const Search *search, const Moments *moments,
			double starts[MOST_STARTS][N])
{
	/* mean r / alpha, variance beyond Poisson's r / alpha^2 */
	double		r = moments->excess > 0
		? between(0.05, moments->rate * moments->rate / moments->excess, 20)
		: 20;
	double		alpha = between(1e-6, r / moments->rate, 1e6);
	static const double bgbb[][N] = {
		{1, 1, 1, 1}, {1, 2, 0.5, 5}, {1, 0.5, 1, 5}, {2, 2, 2, 20}, {0.3, 1, 0.3, 3}
	};
	static const double sbg[][N] = {
		{1, 1}, {0.5, 2}, {1, 5}, {5, 20}, {0.2, 0.2}
	};
	static const double spend[][N] = {
		{5, 4, 0.6}, {1, 2, 1}, {2, 10, 5}, {20, 4, 0.15}, {3, 1.5, 0.2}
	};

	switch (search->kind)
	{
		case CLV_BG_NBD:
		case CLV_MBG_NBD:
			for (int i = 0; i < MOST_STARTS; i++)
			{
				static const double more[] = {1, 1, 0.5, 2, 1};
				static const double a[] = {1, 0.3, 2, 1, 0.1};
				static const double b[] = {3, 3, 10, 1, 10};

				starts[i][0] = r * more[i];
				starts[i][1] = alpha * more[i] / 2;
				starts[i][2] = a[i];
				starts[i][3] = b[i];
			}
			return MOST_STARTS;
		case CLV_PARETO_NBD:
			for (int i = 0; i < MOST_STARTS; i++)
			{
				static const double more[] = {1, 1, 0.5, 2, 1};
				static const double s[] = {0.5, 1, 0.3, 1, 2};
				static const double beta[] = {0.5, 1, 1, 0.3, 5};

				starts[i][0] = r * more[i];
				starts[i][1] = alpha * more[i] / 1.5;
				starts[i][2] = s[i];
				starts[i][3] = beta[i];
			}
			return MOST_STARTS;
		case CLV_NBD:
			starts[0][0] = r;
			starts[0][1] = alpha;
			starts[1][0] = starts[1][1] = 1;
			starts[2][0] = 0.3;
			starts[2][1] = 0.3 / Max(moments->rate, 1e-6);
			return 3;
		case CLV_BG_BB:
			memcpy(starts, bgbb, sizeof(bgbb));
			return lengthof(bgbb);
		case CLV_SBG:
			memcpy(starts, sbg, sizeof(sbg));
			return lengthof(sbg);
		case CLV_GAMMA_GAMMA:
			memcpy(starts, spend, sizeof(spend));
			return lengthof(spend);
	}
	return 0;
}

/*--- The likelihood at a point ---*/

static void
evaluate(Search *search, Point *point)
{
	ClvParameters model = {search->kind, {0}};
	bool		finite = true;

	search->evaluations++;
	for (int i = 0; i < search->k; i++)
	{
		if (!(fabs(point->phi[i]) <= FARTHEST))
			finite = false;
		model.theta[i] = search->scale[i] * exp(point->phi[i]);
	}
	point->value = -INFINITY;
	if (!finite)
		return;
	point->value = clv_log_likelihood(&model, search->rows, search->n,
									  point->g, search->pause);
	for (int i = 0; i < search->k; i++)
		finite = finite && isfinite(point->g[i]);
	if (!finite || !isfinite(point->value))
		point->value = -INFINITY;
}

static double
product(const double *a, const double *b, int k)
{
	double		sum = 0;

	for (int i = 0; i < k; i++)
		sum += a[i] * b[i];
	return sum;
}

static double
largest(const double *a, int k)
{
	double		most = 0;

	for (int i = 0; i < k; i++)
		most = Max(most, fabs(a[i]));
	return most;
}

/*
 * Goes from a point some way along a direction, until that is better; false
 * if nothing is, which is what rounding makes of a point near the top.
 */
static bool
line_search(Search *search, const Point *from, const double *direction,
			Point *to)
{
	double		slope = product(from->g, direction, search->k);
	double		length = largest(direction, search->k);
	double		step = length > LONGEST_STEP ? LONGEST_STEP / length : 1;

	if (!(slope > 0))
		return false;
	for (int i = 0; i < 40; i++)
	{
		for (int j = 0; j < search->k; j++)
			to->phi[j] = from->phi[j] + step * direction[j];
		evaluate(search, to);
		if (to->value > from->value &&
			to->value >= from->value + 1e-4 * step * slope)
			return true;
		step /= i < 3 ? 2 : 4;
	}
	return false;
}

/*
 * The same where a step is so small that rounding may hide that it is one up:
 * whether the gradient is smaller after it.
 */
static bool
flatter(Search *search, const Point *from, const double *direction,
		Point *to)
{
	for (int i = 0; i < search->k; i++)
		to->phi[i] = from->phi[i] + direction[i];
	evaluate(search, to);
	return isfinite(to->value) &&
		largest(to->g, search->k) < largest(from->g, search->k);
}

/*--- BFGS ---*/

static void
identity(double h[N][N], int k, double value)
{
	for (int i = 0; i < k; i++)
	{
		for (int j = 0; j < k; j++)
			h[i][j] = i == j ? value : 0;
	}
}

/* h is the inverse of the Hessian of -likelihood, as far as it is known. */
static void
bfgs_update(double h[N][N], const double *s, const double *y, int k)
{
	double		sy = product(s, y, k);
	double		hy[N];
	double		yhy;

	for (int i = 0; i < k; i++)
		hy[i] = product(h[i], y, k);
	yhy = product(y, hy, k);
	for (int i = 0; i < k; i++)
	{
		for (int j = 0; j < k; j++)
			h[i][j] += (1 + yhy / sy) * s[i] * s[j] / sy -
				(hy[i] * s[j] + s[i] * hy[j]) / sy;
	}
}

/* h is where to begin; without any knowledge, if fresh. */
static void
climb(Search *search, Point *point, double customers, double h[N][N],
	  bool fresh)
{
	int			k = search->k;

	if (fresh)
		identity(h, k, 1 / customers);
	for (int round = 0; round < MOST_ROUNDS; round++)
	{
		double		direction[N];
		double		s[N],
					y[N];
		double		gain;
		Point		next;

		for (int i = 0; i < k; i++)
			direction[i] = product(h[i], point->g, k);
		gain = product(direction, point->g, k);
		/* what is left is Newton's */
		if (gain < ENOUGH / 10 && !fresh)
			return;
		if (gain < 1e-4 && !fresh)
		{
			if (!flatter(search, point, direction, &next))
				return;
		}
		else if (!line_search(search, point, direction, &next))
		{
			if (fresh)
				return;
			identity(h, k, 1 / customers);
			fresh = true;
			continue;
		}
		for (int i = 0; i < k; i++)
		{
			s[i] = next.phi[i] - point->phi[i];
			y[i] = point->g[i] - next.g[i];
		}
		if (product(s, y, k) > 1e-12 * customers * product(s, s, k))
		{
			if (fresh)
				identity(h, k, product(s, y, k) / product(y, y, k));
			bfgs_update(h, s, y, k);
			fresh = false;
		}
		*point = next;
	}
}

/*--- Newton ---*/

/* The Hessian of -likelihood, by central differences of the gradient. */
static bool
hessian(Search *search, const Point *point, double h[N][N])
{
	int			k = search->k;
	double		raw[N][N];

	for (int i = 0; i < k; i++)
	{
		Point		up = *point;
		Point		down = *point;

		up.phi[i] += DIFFERENCE;
		down.phi[i] -= DIFFERENCE;
		evaluate(search, &up);
		evaluate(search, &down);
		if (!isfinite(up.value) || !isfinite(down.value))
			return false;
		for (int j = 0; j < k; j++)
			raw[i][j] = (down.g[j] - up.g[j]) / (up.phi[i] - down.phi[i]);
	}
	for (int i = 0; i < k; i++)
	{
		for (int j = 0; j < k; j++)
			h[i][j] = (raw[i][j] + raw[j][i]) / 2;
	}
	return true;
}

/*
 * The lower root of h + damping of its diagonal, scaled so that parameters of
 * different sharpness are alike; false if it is not safely positive.
 */
static bool
cholesky(double h[N][N], int k, double damping, double root[N][N])
{
	for (int i = 0; i < k; i++)
	{
		for (int j = 0; j <= i; j++)
		{
			double		sum = h[i][j] * (i == j ? 1 + damping : 1);

			for (int m = 0; m < j; m++)
				sum -= root[i][m] * root[j][m];
			if (i != j)
				root[i][j] = sum / root[j][j];
			else
			{
				/* differences know the Hessian to about nine digits */
				if (!(sum > 1e-8 * h[i][i]) || !isfinite(sum))
					return false;
				root[i][i] = sqrt(sum);
			}
		}
	}
	return true;
}

static void
solve(double root[N][N], int k, const double *b, double *x)
{
	for (int i = 0; i < k; i++)
	{
		x[i] = b[i];
		for (int j = 0; j < i; j++)
			x[i] -= root[i][j] * x[j];
		x[i] /= root[i][i];
	}
	for (int i = k - 1; i >= 0; i--)
	{
		for (int j = i + 1; j < k; j++)
			x[i] -= root[j][i] * x[j];
		x[i] /= root[i][i];
	}
}

/* From the parameters that are steep least to those that are most. */
static void
damped_direction(double h[N][N], int k, const double *g, double *direction)
{
	double		shifted[N][N];
	double		root[N][N];
	double		most = 0;
	double		damping;

	for (int i = 0; i < k; i++)
		most = Max(most, fabs(h[i][i]));
	for (damping = 1e-4 * most; damping < 1e6 * most; damping *= 10)
	{
		memcpy(shifted, h, sizeof(shifted));
		for (int i = 0; i < k; i++)
			shifted[i][i] += damping;
		if (cholesky(shifted, k, 0, root))
		{
			solve(root, k, g, direction);
			return;
		}
	}
	for (int i = 0; i < k; i++)
		direction[i] = most > 0 ? g[i] / most : g[i];
}

/*
 * Newton's method; returns whether this is the top.  root is that of the
 * Hessian there, and positive tells whether there is one.
 */
static bool
polish(Search *search, Point *point, double root[N][N], bool *positive)
{
	int			k = search->k;
	double		h[N][N];

	*positive = false;
	for (int round = 0; round < MOST_NEWTON; round++)
	{
		double		direction[N];
		double		gain;
		Point		next;

		if (!hessian(search, point, h))
			return false;
		*positive = cholesky(h, k, 0, root);
		if (*positive)
		{
			solve(root, k, point->g, direction);
			gain = product(direction, point->g, k);
			if (gain <= ENOUGH)
			{
				/* one more step costs little, and doubles the digits */
				if (flatter(search, point, direction, &next))
					*point = next;
				return true;
			}
			if (gain < 1e-4 && flatter(search, point, direction, &next))
			{
				*point = next;
				continue;
			}
		}
		else
			damped_direction(h, k, point->g, direction);
		if (!line_search(search, point, direction, &next))
			return false;
		*point = next;
	}
	return false;
}

/*--- The fit ---*/

static void
warn_of_parameters(ClvFit *fit, const Search *search, const Point *point,
				   bool positive)
{
	const double *theta = fit->model.theta;
	int			k = search->k;

	for (int i = 0; i < k; i++)
	{
		if (fabs(point->phi[i]) > NEAR_LIMIT)
			fit->warnings |= CLV_WARN_AT_LIMIT;
		if (positive && fit->error[i] > theta[i])
			fit->warnings |= CLV_WARN_WEAK;
	}
	if (!positive)
		fit->warnings |= CLV_WARN_FLAT;
	switch (search->kind)
	{
		case CLV_BG_NBD:
		case CLV_MBG_NBD:
			if (theta[2] / (theta[2] + theta[3]) < 1e-6)
				fit->warnings |= CLV_WARN_NO_DROPOUT;
			if (theta[0] > 1e3 || theta[2] > 1e3)
				fit->warnings |= CLV_WARN_NO_HETEROGENEITY;
			break;
		case CLV_PARETO_NBD:
			if (theta[2] < 1e-6 || theta[3] > 1e6 * search->scale[3])
				fit->warnings |= CLV_WARN_NO_DROPOUT;
			if (theta[0] > 1e3 || theta[2] > 1e3)
				fit->warnings |= CLV_WARN_NO_HETEROGENEITY;
			break;
		case CLV_NBD:
			if (theta[0] > 1e3)
				fit->warnings |= CLV_WARN_NO_HETEROGENEITY;
			break;
		case CLV_BG_BB:
			if (theta[0] > 1e3 || theta[2] > 1e3)
				fit->warnings |= CLV_WARN_NO_HETEROGENEITY;
			if (theta[2] / (theta[2] + theta[3]) < 1e-6)
				fit->warnings |= CLV_WARN_NO_DROPOUT;
			break;
		case CLV_SBG:
			if (theta[0] > 1e3)
				fit->warnings |= CLV_WARN_NO_HETEROGENEITY;
			break;
		case CLV_GAMMA_GAMMA:
			if (theta[1] <= 1)
				fit->warnings |= CLV_WARN_NO_MEAN;
			if (theta[0] > 1e3 || theta[1] > 1e3)
				fit->warnings |= CLV_WARN_NO_HETEROGENEITY;
			break;
	}
}

static void
errors_of_root(ClvFit *fit, double root[N][N], int k)
{
	for (int i = 0; i < k; i++)
	{
		double		unit[N] = {0};
		double		column[N];

		unit[i] = 1;
		solve(root, k, unit, column);
		fit->error[i] = fit->model.theta[i] * sqrt(column[i]);
	}
}

static void
take(ClvFit *fit, Search *search, const Point *point, double root[N][N],
	 bool positive, bool converged)
{
	int			k = search->k;

	for (int i = 0; i < k; i++)
	{
		fit->model.theta[i] = search->scale[i] * exp(point->phi[i]);
		fit->error[i] = NAN;
	}
	fit->log_likelihood = point->value;
	fit->gradient = largest(point->g, k);
	fit->converged = converged;
	fit->warnings &= CLV_WARN_FEW | CLV_WARN_LEFT_OUT;
	if (!converged)
		fit->warnings |= CLV_WARN_NOT_CONVERGED;
	if (positive)
		errors_of_root(fit, root, k);
	warn_of_parameters(fit, search, point, positive);
}

static void
sort_by_value(Point *points, int n)
{
	for (int i = 1; i < n; i++)
	{
		for (int j = i; j > 0 && points[j].value > points[j - 1].value; j--)
		{
			Point		swap = points[j];

			points[j] = points[j - 1];
			points[j - 1] = swap;
		}
	}
}

/* The starts with their likelihoods, the best first; returns how many. */
static int
make_points(Search *search, const Moments *moments, Point *points)
{
	double		starts[MOST_STARTS][N] = {{0}};
	int			many = make_starts(search, moments, starts);

	for (int i = 0; i < many; i++)
	{
		for (int j = 0; j < search->k; j++)
			points[i].phi[j] = log(starts[i][j]);
		evaluate(search, &points[i]);
	}
	sort_by_value(points, many);
	return many;
}

/*
 * Of many rows, some spread evenly over their order, which is by x, t_x and
 * T, tell nearly where the top is, and how sharp.  False if they do not.
 */
static bool
warm_start(Search *search, const Moments *moments, Point *point,
		   double h[N][N])
{
	ClvRow		rows[SAMPLE_ROWS];
	Search		sample = *search;
	Point		points[MOST_STARTS];
	double		root[N][N];
	double		customers = 0;
	bool		positive;
	int			n = Min(search->n / 8, SAMPLE_ROWS);

	for (int i = 0; i < n; i++)
	{
		rows[i] = search->rows[(int64) search->n * i / n];
		customers += (double) rows[i].count;
	}
	sample.rows = rows;
	sample.n = n;
	if (make_points(&sample, moments, points) == 0 ||
		!isfinite(points[0].value))
		return false;
	climb(&sample, &points[0], customers, h, true);
	if (!polish(&sample, &points[0], root, &positive))
		return false;
	for (int i = 0; i < search->k; i++)
	{
		double		unit[N] = {0};

		unit[i] = customers / moments->customers;
		solve(root, search->k, unit, h[i]);
	}
	*point = points[0];
	evaluate(search, point);
	return isfinite(point->value);
}

/* The top near a point, if it is better than what was found before. */
static void
fit_from(ClvFit *fit, Search *search, Point *point)
{
	double		root[N][N];
	bool		positive;
	bool		converged = polish(search, point, root, &positive);

	if (converged || !(point->value <= fit->log_likelihood))
		take(fit, search, point, root, positive, converged);
}

/* What there is to say without a search; false if there is nothing to fit. */
static bool
can_fit(ClvFit *fit, const Moments *moments, ClvForm form)
{
	if (moments->customers == 0)
		fit->warnings |= CLV_WARN_NO_DATA;
	else if (form == CLV_TRANSACTIONS && moments->repeat == 0)
		fit->warnings |= CLV_WARN_NO_REPEAT;
	else if (form == CLV_TRANSACTIONS && !(moments->t > 0))
		fit->warnings |= CLV_WARN_NO_DATA;
	if (moments->customers < CLV_FEW_CUSTOMERS)
		fit->warnings |= CLV_WARN_FEW;
	return (fit->warnings & (CLV_WARN_NO_DATA | CLV_WARN_NO_REPEAT)) == 0;
}

/* model.kind is given, all else is found. */
void
clv_fit(ClvFit *fit, const ClvRow *rows, int n, ClvPause pause)
{
	ClvKind		kind = fit->model.kind;
	ClvForm		form = clv_form(kind);
	Search		search = {kind, rows, n, pause, clv_parameter_count(kind),
	{1, 1, 1, 1}, 0};
	Point		points[MOST_STARTS];
	double		h[N][N];
	Moments		moments;
	int			many;

	fit->converged = false;
	fit->iterations = fit->warnings = 0;
	fit->log_likelihood = fit->gradient = NAN;
	for (int i = 0; i < N; i++)
		fit->model.theta[i] = fit->error[i] = NAN;
	memset(&moments, 0, sizeof(moments));
	if (n > 0)
		measure(&moments, rows, n, pause);
	if (!can_fit(fit, &moments, form))
	{
		fit->warnings |= CLV_WARN_NOT_CONVERGED;
		return;
	}
	if (kind == CLV_GAMMA_GAMMA)
		search.scale[2] = moments.spend;
	else if (form == CLV_TRANSACTIONS && kind != CLV_BG_BB)
		search.scale[1] = moments.t;
	if (kind == CLV_PARETO_NBD)
		search.scale[3] = moments.t;

	if (n >= 8 * LEAST_SAMPLE && warm_start(&search, &moments, &points[0], h))
	{
		climb(&search, &points[0], moments.customers, h, false);
		fit_from(fit, &search, &points[0]);
	}
	many = fit->converged ? 0 : make_points(&search, &moments, points);
	for (int i = 0; i < many && !fit->converged; i++)
	{
		if (!isfinite(points[i].value))
			continue;
		climb(&search, &points[i], moments.customers, h, true);
		fit_from(fit, &search, &points[i]);
	}
	fit->iterations = search.evaluations;
	if (isnan(fit->log_likelihood))
		fit->warnings |= CLV_WARN_NOT_CONVERGED;
}
