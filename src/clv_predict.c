/*-------------------------------------------------------------------------
 *
 * clv_predict.c
 *		What customer lifetime models expect of a customer.
 *
 * A customer who is alive at T is like a new one, with parameters that what
 * was seen has changed: so everything about the future is P(alive) times an
 * answer for a new customer with r + x, alpha + T and so on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "clv_math.h"
#include "stats_math.h"

#define TERMS_BETWEEN_PAUSES	4096
#define PI_HALF					1.57079632679489661923

static const ClvCustomer nobody = {0, 0, 0};

/* The parameters of a customer who is alive, as those of a new one. */
static ClvParameters
alive_parameters(const ClvParameters *model, const ClvCustomer *customer)
{
	ClvParameters result = *model;

	result.theta[0] += customer->x;
	switch (model->kind)
	{
		case CLV_BG_NBD:
			result.theta[1] += customer->t;
			result.theta[3] += customer->x;
			break;
		case CLV_MBG_NBD:
			/* from here on, a BG/NBD: the next chance to leave is a purchase */
			result.kind = CLV_BG_NBD;
			result.theta[1] += customer->t;
			result.theta[3] += customer->x + 1;
			break;
		case CLV_PARETO_NBD:
			result.theta[1] += customer->t;
			result.theta[3] += customer->t;
			break;
		case CLV_NBD:
			result.theta[1] += customer->t;
			break;
		case CLV_BG_BB:
			result.theta[1] += customer->t - customer->x;
			result.theta[3] += customer->t;
			break;
		case CLV_SBG:
		case CLV_GAMMA_GAMMA:
			break;
	}
	return result;
}

/*--- Alive ---*/

static double
logistic(double exponent)
{
	return exponent > 0 ? exp(-exponent) / (1 + exp(-exponent))
		: 1 / (1 + exp(exponent));
}

double
clv_alive(const ClvParameters *model, const ClvCustomer *customer,
		  ClvPause pause)
{
	const double *theta = model->theta;
	double		chances = customer->x + (model->kind == CLV_MBG_NBD ? 1 : 0);
	ClvRow		row = {customer->x, customer->tx, customer->t, 1};

	switch (model->kind)
	{
		case CLV_BG_NBD:
		case CLV_MBG_NBD:
			if (chances == 0)
				return 1;
			return logistic(log(theta[2] / (theta[3] + chances - 1)) +
							(theta[0] + customer->x) *
							log1p((customer->t - customer->tx) /
								  (theta[1] + customer->tx)));
		case CLV_PARETO_NBD:
			/* nobody leaves in no time, however far apart alpha and beta are */
			if (customer->t == customer->tx)
				return 1;
			return clv_pareto_alive(model, &row, pause);
		case CLV_NBD:
			return 1;
		case CLV_BG_BB:
			/* and stays for the next opportunity */
			return clv_bgbb_alive(model, &row, pause) *
				(theta[3] + customer->t) /
				(theta[2] + theta[3] + customer->t);
		case CLV_SBG:
		case CLV_GAMMA_GAMMA:
			break;
	}
	return NAN;
}

/*--- Expected purchases ---*/

/*
 * Of a new customer, by BG/NBD: with z = t / (alpha + t), L = log(1 - z)
 * and A = a + b - 1 - r,
 *
 *	E = c phi - (1-z)^(a-1) sum_n>=1 (A)_n (a)_(n-1) / ((c+1)_(n-1) n!) z^n
 *	phi = (1 - (1-z)^(a-1)) / (a - 1), and -L for a = 1;  c = a + b - 1
 *
 * The usual formula (Fader, Hardie and Lee 2005)
 *
 *	E = c / (a-1) (1 - (1-z)^r 2F1(r, b; c; z))
 *
 * is 0/0 at a = 1, has a pole at c = 0, and overflows where r and b are
 * large.  Euler's transformation makes (1-z)^r 2F1(r, b; c; z) into
 * (1-z)^(a-1) 2F1(A, a - 1; c; z).  Of that series the term n = 0 is 1, and
 * gives c phi; every other has the factor (a - 1) / c, which cancels that in
 * front.  What is left has no singularity for any a, b > 0.
 */
static double
bg_expected_series(const ClvParameters *model, double t)
{
	double		r = model->theta[0];
	double		alpha = model->theta[1];
	double		a = model->theta[2];
	double		b = model->theta[3];
	double		c = a + b - 1;
	double		factor = c - r;
	double		z = t / (alpha + t);
	double		log_rest = -log1p(t / alpha);
	double		rest = (a - 1) * log_rest;
	double		phi = fabs(rest) < 1e-300 ? -log_rest
		: -expm1(rest) / (a - 1);
	double		term = factor * z;
	double		sum = 0;

	for (int n = 1; term != 0; n++)
	{
		sum += term;
		/* a term that is small by chance, near a zero of A + n, is no end */
		if (fabs(term) <= 1e-17 * fabs(sum) && n > -factor)
			break;
		term *= (factor + n) / (n + 1) * ((a - 1 + n) / (c + n)) * z;
	}
	return c * phi - exp(rest) * sum;
}

/*
 * The same as the integral that it comes from, over the probability p to
 * leave after a purchase: E = mean of (1 - (1 + p t / alpha)^-r) / p, p ~
 * Beta(a, b).  By v = logit(p) it is one of a smooth positive function over
 * the whole line, for which the trapezoidal rule is exact to rounding.  Far
 * on both sides it is exponential, so what is left is a geometric series.
 */
typedef struct Integrand
{
	double		r;
	double		scale;			/* t / alpha */
	double		a;
	double		b;
	double		log_beta;
} Integrand;

static double
integrand_at(const Integrand *f, double v)
{
	/* log(p) and log(1 - p), each exact where it is near 0 */
	double		log_p = v > 0 ? -log1p(exp(-v)) : v - log1p(exp(v));
	double		log_q = v > 0 ? -v - log1p(exp(-v)) : -log1p(exp(v));
	double		p = exp(log_p);

	return -expm1(-f->r * log1p(p * f->scale)) *
		exp((f->a - 1) * log_p + f->b * log_q - f->log_beta);
}

static double
bg_expected_integral(const ClvParameters *model, double t, ClvPause pause)
{
	double		a = model->theta[2];
	double		b = model->theta[3];
	Integrand	f = {model->theta[0], t / model->theta[1], a, b, 0};
	double		step = 0.2 / sqrt(1 + Min(Min(a, b), 1e12) / 10);
	double		middle = log(a / b);
	double		sum;

	/* log(B(a, b)), of which the larger argument is taken last */
	f.log_beta = lgamma(Min(a, b)) - clv_log_rising(Max(a, b), Min(a, b));
	sum = integrand_at(&f, middle);
	for (int side = -1; side <= 1; side += 2)
	{
		for (int i = 1;; i++)
		{
			double		v = middle + side * i * step;
			double		value = integrand_at(&f, v);
			double		far = side < 0
				? exp(v) * (1 + f.r) * (1 + f.scale) : exp(-v);
			double		decay = side < 0 ? a : b;

			if ((i & (TERMS_BETWEEN_PAUSES - 1)) == 0)
				pause();
			sum += value;
			if (far < 1e-17 || (value < 1e-18 * sum && i > 50))
			{
				sum += value / expm1(decay * step);
				break;
			}
		}
	}
	return sum * step;
}

/*
 * The series is for what is usual.  It is long where z is near 1, its terms
 * alternate and grow where r is large, and cancel c phi where b is.
 */
static double
bg_expected_new(const ClvParameters *model, double t, ClvPause pause)
{
	double		z = t / (model->theta[1] + t);
	double		factor = model->theta[2] + model->theta[3] - 1 -
		model->theta[0];

	if (z < 0.99 && factor > -6 && factor < 1e4)
		return bg_expected_series(model, t);
	return bg_expected_integral(model, t, pause);
}

/* beta / (s - 1) (1 - (beta / (beta + t))^(s - 1)), or its limit for s = 1 */
static double
pareto_lifetime(double s, double beta, double t)
{
	double		log_rest = -log1p(t / beta);
	double		rest = (s - 1) * log_rest;

	return fabs(rest) < 1e-300 ? -beta * log_rest
		: -beta * expm1(rest) / (s - 1);
}

/*
 * alpha / (alpha + beta) times the sum of the probabilities to be alive at
 * each opportunity: the closed form has a singularity at gamma = 1.
 */
static double
bgbb_expected_new(const ClvParameters *model, double n, ClvPause pause)
{
	const double *theta = model->theta;
	double		alive = 1;
	double		sum = 0;

	for (double i = 0; i < n; i += 1)
	{
		if (((int64) i & (TERMS_BETWEEN_PAUSES - 1)) == 0)
			pause();
		alive *= (theta[3] + i) / (theta[2] + theta[3] + i);
		sum += alive;
	}
	return sum / (1 + theta[1] / theta[0]);
}

static double
expected_of_alive(const ClvParameters *model, double t, ClvPause pause)
{
	const double *theta = model->theta;

	if (t == 0)
		return 0;
	switch (model->kind)
	{
		case CLV_BG_NBD:
			return bg_expected_new(model, t, pause);
		case CLV_PARETO_NBD:
			return theta[0] / theta[1] * pareto_lifetime(theta[2], theta[3],
														 t);
		case CLV_NBD:
			return theta[0] / theta[1] * t;
		case CLV_BG_BB:
			return bgbb_expected_new(model, floor(t), pause);
		case CLV_MBG_NBD:		/* has become a BG/NBD */
		case CLV_SBG:
		case CLV_GAMMA_GAMMA:
			break;
	}
	return NAN;
}

/* P(alive) in the sense of alive_parameters(): at T itself. */
static double
alive_at(const ClvParameters *model, const ClvCustomer *customer,
		 ClvPause pause)
{
	ClvRow		row = {customer->x, customer->tx, customer->t, 1};

	if (model->kind == CLV_BG_BB)
		return clv_bgbb_alive(model, &row, pause);
	return clv_alive(model, customer, pause);
}

double
clv_expected(const ClvParameters *model, const ClvCustomer *customer,
			 double horizon, ClvPause pause)
{
	ClvParameters alive = alive_parameters(model, customer);
	double		probability = alive_at(model, customer, pause);

	if (probability == 0)
		return 0;
	return probability * expected_of_alive(&alive, horizon, pause);
}

double
clv_expected_new(const ClvParameters *model, double horizon, ClvPause pause)
{
	return clv_expected(model, &nobody, horizon, pause);
}

/*--- Probabilities of so many purchases ---*/

/* log P(n) of the NBD */
static double
nbd_log_probability(double r, double alpha, double t, int n)
{
	double		value = clv_log_rising(r, n) - r * log1p(t / alpha);

	return n == 0 ? value : value - lgamma(n + 1.0) - n * log1p(alpha / t);
}

/* The second part: n purchases made by t, and left with the last of them. */
static double
bg_probability_new(const ClvParameters *model, double t, int n)
{
	double		r = model->theta[0];
	double		alpha = model->theta[1];
	double		a = model->theta[2];
	double		b = model->theta[3];
	double		all = clv_log_rising(a + b, n);
	double		value = exp(clv_log_rising(b, n) - all +
							nbd_log_probability(r, alpha, t, n));

	if (n > 0)
		value += exp(log(a) + clv_log_rising(b, n - 1) - all) *
			incomplete_beta(n, r, t / (alpha + t));
	return value;
}

/*
 * Pareto/NBD: bought n times until t, or until the moment of leaving.  That
 * integral is of a smooth function without a peak that is sharp, by the
 * double exponential rule of Takahasi and Mori, which is exact to rounding.
 */
static double
pareto_probability_new(const ClvParameters *model, double t, int n,
					   ClvPause pause)
{
	double		r = model->theta[0];
	double		alpha = model->theta[1];
	double		s = model->theta[2];
	double		beta = model->theta[3];
	/* the more purchases, the narrower the time in which they are likely */
	int			steps = 64 * (1 + (int) sqrt(Min((n + r) / 100, 1000)));
	double		step = 1.0 / steps;
	double		sum = 0;

	for (int i = -steps * 5; i <= steps * 5; i++)
	{
		double		u = PI_HALF * sinh(i * step);
		/* the place in (0, 1), exact near 0 */
		double		place = 1 / (1 + exp(-2 * u));
		double		weight = step * PI_HALF * cosh(i * step) /
			(cosh(u) * cosh(u)) / 2;
		double		tau = t * place;

		if ((i & 63) == 0)
			pause();
		if (tau == 0 || weight == 0)
			continue;
		sum += weight * exp(nbd_log_probability(r, alpha, tau, n) -
							s * log1p(tau / beta)) *
			(s * t / (beta + tau));
	}
	return sum + exp(nbd_log_probability(r, alpha, t, n) -
					 s * log1p(t / beta));
}

static double
bgbb_probability_new(const ClvParameters *model, double t, int n,
					 ClvPause pause)
{
	const double *theta = model->theta;
	double		alpha = theta[0];
	double		beta = theta[1];
	double		log_one = clv_log_rising(alpha, n);
	double		sum = 0;

	/* bought n times in the first k opportunities, and left after these */
	for (double k = n; k <= t; k += 1)
	{
		double		value = log_one + clv_log_rising(beta, k - n) -
			clv_log_rising(alpha + beta, k) +
			lgamma(k + 1) - lgamma(n + 1.0) - lgamma(k - n + 1);

		if (((int64) k & 255) == 0)
			pause();
		value += clv_log_rising(theta[3], k);
		if (k == t)
			value -= clv_log_rising(theta[2] + theta[3], k);
		else
			value += log(theta[2]) -
				clv_log_rising(theta[2] + theta[3], k + 1);
		sum += exp(value);
	}
	return sum;
}

static double
probability_of_alive(const ClvParameters *model, double t, int n,
					 ClvPause pause)
{
	if (t == 0)
		return n == 0 ? 1 : 0;
	switch (model->kind)
	{
		case CLV_BG_NBD:
			return bg_probability_new(model, t, n);
		case CLV_PARETO_NBD:
			return pareto_probability_new(model, t, n, pause);
		case CLV_NBD:
			return exp(nbd_log_probability(model->theta[0], model->theta[1],
										   t, n));
		case CLV_BG_BB:
			return bgbb_probability_new(model, floor(t), n, pause);
		case CLV_MBG_NBD:		/* has become a BG/NBD */
		case CLV_SBG:
		case CLV_GAMMA_GAMMA:
			break;
	}
	return NAN;
}

double
clv_probability(const ClvParameters *model, const ClvCustomer *customer,
				double horizon, int n, ClvPause pause)
{
	ClvParameters alive = alive_parameters(model, customer);
	double		probability = alive_at(model, customer, pause);
	double		result = (n == 0 ? 1 - probability : 0);

	if (probability > 0)
		result += probability * probability_of_alive(&alive, horizon, n,
													 pause);
	return result > 1 ? 1 : result;
}

double
clv_probability_new(const ClvParameters *model, double horizon, int n,
					ClvPause pause)
{
	return clv_probability(model, &nobody, horizon, n, pause);
}

/*--- Spend ---*/

/* NaN where there is no mean: px + q must be above 1. */
double
clv_expected_spend(const ClvParameters *model, double x, double mean)
{
	double		p = model->theta[0];
	double		q = model->theta[1];
	double		c = model->theta[2];
	double		all = p * x + q - 1;

	if (!(all > 0))
		return NAN;
	return p * (c + (x > 0 ? x * mean : 0)) / all;
}

/*--- Subscriptions ---*/

/* The probability to be there still after so many periods. */
double
clv_survival(const ClvParameters *model, double periods)
{
	double		alpha = model->theta[0];
	double		beta = model->theta[1];

	return exp(clv_log_rising(beta, periods) -
			   clv_log_rising(alpha + beta, periods));
}

/*
 * Discounted expected lifetime in periods: of a new subscriber whose first
 * period is paid for (DEL), or what is left of one who has renewed so many
 * times, before it is known whether the next time comes (DERL).
 */
double
clv_residual_lifetime(const ClvParameters *model, double renewals,
					  double discount, bool first_is_sure, ClvPause pause)
{
	double		alpha = model->theta[0];
	double		beta = model->theta[1] + renewals;
	double		z = 1 / (1 + discount);

	if (first_is_sure)
		return exp(clv_log_hypergeometric(beta, alpha + beta, z, NULL,
										  pause));
	return beta / (alpha + beta) *
		exp(clv_log_hypergeometric(beta + 1, alpha + beta + 1, z, NULL,
								   pause));
}
