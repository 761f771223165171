/*-------------------------------------------------------------------------
 *
 * stats_math.c
 *		Distribution functions for tests of difference.
 *
 * The prefactors of the incomplete beta and gamma functions, such as
 * x^a (1-x)^b / B(a,b), are differences of numbers that can be 10^8 times
 * their result.  So they are never formed from logarithms of gamma, but as
 * Loader does for the binomial ("Fast and accurate computation of binomial
 * probabilities", 2000): by what Stirling's formula leaves over, and by
 * e - log(1 + e), where e says how far x is from a / (a + b).  The callers
 * give e, because t and F know it to the last digit where x does not.
 *
 * The continued fraction of the beta function is that of Didonato and
 * Morris (1992), evaluated by Lentz's method.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "stats_math.h"

/* Needed are about 10 times the root of the smaller of a and b. */
#define MAX_TERMS			2000000
#define TINY				1e-300

#define HALF_LOG_2PI		0.91893853320467274178
#define LOG_2				0.69314718055994530942
#define SQRT_2				1.4142135623730950488
#define SQRT_2PI			2.5066282746310005024
#define PI					3.1415926535897932385

/* log(Gamma(a)) - ((a - 1/2) log(a) - a + log(2 pi) / 2), for a > 0 */
static double
stirling_rest(double a)
{
	static const double c[] = {
		1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188,
		-691.0 / 360360, 1.0 / 156
	};
	double		up = a;
	double		product = 1;
	double		square;
	double		sum = 0;

	while (up < 16)
	{
		product *= up;
		up += 1;
	}
	square = 1 / (up * up);
	for (int i = (int) lengthof(c) - 1; i >= 0; i--)
		sum = sum * square + c[i];
	sum /= up;
	if (up > a)
		sum += (up - 0.5) * log(up) - (up - a) - log(product)
			- (a - 0.5) * log(a);
	return sum;
}

/* log(Gamma(1 + a)), for 0 <= a <= 1/2 */
static double
log_gamma_1p(double a)
{
	/* (-1)^k (zeta(k) - 1) / k, from k = 2 */
	static const double c[] = {
		0.32246703342411321824, -0.067352301053198095133,
		0.020580808427784547879, -0.0073855510286739852663,
		0.0028905103307415232858, -0.0011927539117032609771,
		0.00050966952474304242234, -0.00022315475845357937976,
		0.000099457512781808533715, -0.0000449262367381331417,
		0.000020507212775670691553, -9.439488275268395904e-6,
		4.3748667899074878042e-6, -2.0392157538013662368e-6,
		9.5514121304074198329e-7, -4.4924691987645660433e-7,
		2.1207184805554665869e-7, -1.0043224823968099609e-7,
		4.7698101693639805658e-8, -2.271109460894316491e-8,
		1.0838659214896954091e-8, -5.1834750419700466551e-9,
		2.4836745438024783172e-9, -1.1921401405860912074e-9,
		5.7313672416788620133e-10, -2.7595228851242331452e-10,
		1.3304764374244489481e-10, -6.4229645638381000221e-11,
		3.1044247747322272762e-11, -1.5021384080754142171e-11
	};
	double		sum = 0;

	for (int i = (int) lengthof(c) - 1; i >= 0; i--)
		sum = sum * a + c[i];
	return a * (0.42278433509846713939 + a * sum) - log1p(a);
}

/*
 * e - log(1 + e).  r is 1 + e, for e near -1, where only r has the digits.
 */
static double
log_excess(double e, double r)
{
	double		s,
				square,
				power,
				sum;

	if (e < -0.6)
		return e - log(r);
	if (e > 2)
		return e - log1p(e);
	/* log(1 + e) = 2 (s + s^3/3 + s^5/5 + ...), and e - 2 s = e s */
	s = e / (2 + e);
	square = s * s;
	power = s * square;
	sum = 0;
	for (int k = 3; fabs(power) > DBL_EPSILON * square / 64 && k < 200; k += 2)
	{
		sum += power / k;
		power *= square;
	}
	return e * s - 2 * sum;
}

/*
 * I_x(a, b) by its continued fraction, with y = 1 - x and e the excess of x
 * over a / (a + b), relative to it; NaN if it does not converge.
 */
static double
beta_fraction(double a, double b, double x, double y, double e)
{
	double		n = a + b;
	double		beyond = -a * e;	/* a y - b x */
	double		power;
	double		c,
				d,
				f;

	if (x == 0)
		return 0;
	power = sqrt(a / (2 * PI) * (b / n)) *
		exp(stirling_rest(n) - stirling_rest(a) - stirling_rest(b)
			- a * log_excess(e, x / a * n)
			- b * log_excess(beyond / b, y / b * n));
	if (power == 0)
		return 0;

	f = a * (beyond + 1) / (a + 1);
	if (fabs(f) < TINY)
		f = TINY;
	c = f;
	d = 0;
	for (int m = 1; m <= MAX_TERMS; m++)
	{
		double		odd = a + 2.0 * m - 1;
		double		an = (a + m - 1) / odd * ((n + m - 1) / odd) *
			m * (b - m) * x * x;
		double		bn = m + m * (b - m) * x / odd +
			(a + m) * (beyond + 1 + m * (1 + y)) / (odd + 2);
		double		change;

		d = bn + an * d;
		if (fabs(d) < TINY)
			d = TINY;
		d = 1 / d;
		c = bn + an / c;
		if (fabs(c) < TINY)
			c = TINY;
		change = c * d;
		f *= change;
		if (fabs(change - 1) <= DBL_EPSILON)
			return power / f;
	}
	return NAN;
}

/* The same for any x: the fraction converges well left of the mean only. */
static double
beta_lower(double a, double b, double x, double y, double e)
{
	double		result;

	if (x * (b + 1) <= y * (a + 1))
		result = beta_fraction(a, b, x, y, e);
	else
		result = 1 - beta_fraction(b, a, y, x, -a * e / b);
	return result < 0 ? 0 : result > 1 ? 1 : result;
}

double
incomplete_beta(double a, double b, double x)
{
	double		n,
				rest_of_n,
				mean,
				rest_of_mean;

	if (!(a > 0 && b > 0 && x >= 0 && x <= 1) || isinf(a) || isinf(b))
		return NAN;
	if (x == 0 || x == 1)
		return x;
	/* (a + b) x - a, to more digits than a double has */
	n = a + b;
	rest_of_n = a > b ? b - (n - a) : a - (n - b);
	mean = n * x;
	rest_of_mean = fma(n, x, -mean);
	return beta_lower(a, b, x, 1 - x,
					  ((mean - a) + (rest_of_mean + rest_of_n * x)) / a);
}

/* x^a e^-x / Gamma(a) */
static double
gamma_power(double a, double x)
{
	return sqrt(a / (2 * PI)) *
		exp(-stirling_rest(a) - a * log_excess((x - a) / a, x / a));
}

static double
gamma_series(double a, double x)
{
	double		power = gamma_power(a, x);
	double		term = 1 / a;
	double		sum = term;

	if (power == 0)
		return 0;
	for (int k = 1; k <= MAX_TERMS; k++)
	{
		term *= x / (a + k);
		sum += term;
		if (term <= sum * (DBL_EPSILON / 16))
			return power * sum;
	}
	return NAN;
}

static double
gamma_fraction(double a, double x)
{
	double		power = gamma_power(a, x);
	double		bn = x - a + 1;
	double		c = 1 / TINY;
	double		d = 1 / bn;
	double		f = d;

	if (power == 0)
		return 0;
	for (int k = 1; k <= MAX_TERMS; k++)
	{
		double		an = k * (a - k);
		double		change;

		bn += 2;
		d = bn + an * d;
		if (fabs(d) < TINY)
			d = TINY;
		d = 1 / d;
		c = bn + an / c;
		if (fabs(c) < TINY)
			c = TINY;
		change = c * d;
		f *= change;
		if (fabs(change - 1) <= DBL_EPSILON)
			return power * f;
	}
	return NAN;
}

/* Q for small a and x, where P is so near to 1 that 1 - P loses digits */
static double
gamma_q_small(double a, double x)
{
	double		u = a * log(x) - log_gamma_1p(a);
	double		term = 1;
	double		sum = 0;

	for (int k = 1; k <= 60; k++)
	{
		term *= -x / k;
		sum += term / (a + k);
	}
	return -expm1(u) - exp(u) * a * sum;
}

double
incomplete_gamma_p(double a, double x)
{
	if (!(a > 0 && x >= 0) || isinf(a))
		return NAN;
	if (x == 0)
		return 0;
	if (isinf(x))
		return 1;
	if (x < a + 1)
		return fmin(gamma_series(a, x), 1);
	return 1 - gamma_fraction(a, x);
}

double
incomplete_gamma_q(double a, double x)
{
	double		result;

	if (!(a > 0 && x >= 0) || isinf(a))
		return NAN;
	if (x == 0)
		return 1;
	if (isinf(x))
		return 0;
	if (a <= 0.5 && x < 1)
		return gamma_q_small(a, x);
	if (x >= a + 1)
		return gamma_fraction(a, x);
	result = 1 - gamma_series(a, x);
	return result < 0 ? 0 : result;
}

double
normal_cdf(double z)
{
	return 0.5 * erfc(-z / SQRT_2);
}

/* Acklam's approximation (9 digits), and one step of Halley */
double
normal_quantile(double p)
{
	static const double a[] = {
		-3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02,
		1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00
	};
	static const double b[] = {
		-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
		6.680131188771972e+01, -1.328068155288572e+01, 1
	};
	static const double c[] = {
		-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
		-2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00
	};
	static const double d[] = {
		7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
		3.754408661907416e+00, 1
	};
	double		q,
				z,
				numerator = 0,
				denominator = 0,
				step;

	if (!(p >= 0 && p <= 1))
		return NAN;
	if (p == 0)
		return -INFINITY;
	if (p > 0.5)
		return -normal_quantile(1 - p);

	if (p < 0.02425)
	{
		q = sqrt(-2 * log(p));
		for (int i = 0; i < (int) lengthof(c); i++)
			numerator = numerator * q + c[i];
		for (int i = 0; i < (int) lengthof(d); i++)
			denominator = denominator * q + d[i];
		z = numerator / denominator;
	}
	else
	{
		double		r;

		q = p - 0.5;
		r = q * q;
		for (int i = 0; i < (int) lengthof(a); i++)
		{
			numerator = numerator * r + a[i];
			denominator = denominator * r + b[i];
		}
		z = q * numerator / denominator;
	}

	/* near the median p - 1/2 has the digits, and erf() too */
	if (p > 0.25)
		step = 0.5 * erf(z / SQRT_2) - (p - 0.5);
	else
		step = normal_cdf(z) - p;
	/* in two factors: the square would overflow for the smallest p */
	step *= SQRT_2PI * exp(z * z / 4) * exp(z * z / 4);
	return z - step / (1 + z * step / 2);
}

/*
 * P(F > f); less is 1 - f, which the caller may know to more digits.  upper
 * false asks for P(F <= f).
 */
static double
f_tail(double f, double less, double df1, double df2, bool upper)
{
	double		a = df2 / 2;
	double		b = df1 / 2;
	double		sum = df2 + df1 * f;
	double		x,
				y,
				e;

	if (isinf(sum) || (f > 1e100 && df1 / df2 * f > 1e280))
	{
		/* The first term of the series, by logarithms: 1 - x counts as 1. */
		double		n = a + b;
		double		ratio = log(f) + log(df1) - log(df2);
		double		tail;

		tail = fmin(1, sqrt(b / n / (2 * PI * a)) *
					exp(stirling_rest(n) - stirling_rest(a) -
						stirling_rest(b) + a * (log1p(b / a) - ratio) +
						b * log1p(a / b)));
		return upper ? tail : 1 - tail;
	}
	x = df2 / sum;
	y = df1 * f / sum;
	e = df1 * less / sum;
	return upper ? beta_lower(a, b, x, y, e)
		: beta_lower(b, a, y, x, -a * e / b);
}

double
f_p_upper(double f, double df1, double df2)
{
	if (!(f >= 0 && df1 > 0 && df2 > 0) || isinf(df1) || isinf(df2))
		return NAN;
	if (f == 0)
		return 1;
	if (isinf(f))
		return 0;
	return f_tail(f, 1 - f, df1, df2, true);
}

double
chi_square_p_upper(double x, double df)
{
	return incomplete_gamma_q(df / 2, x / 2);
}

/* P(|T| >= t), or with upper false P(|T| < t), for t > 0 */
static double
student_tail(double t, double df, bool upper)
{
	if (df > 1e20)
		return upper ? erfc(t / SQRT_2) : erf(t / SQRT_2);
	if (t > 1e140)
	{
		/* As in f_tail(), where t^2 would overflow. */
		double		a = df / 2;
		double		tail;

		tail = fmin(1, sqrt(0.5 / (a + 0.5) / (2 * PI * a)) *
					exp(stirling_rest(a + 0.5) - stirling_rest(a) -
						stirling_rest(0.5) +
						a * (log1p(0.5 / a) + log(df) - 2 * log(t)) +
						0.5 * log1p(2 * a)));
		return upper ? tail : 1 - tail;
	}
	if (t < 1e-140)
		return upper ? 1 : 0;
	return f_tail(t * t, (1 - t) * (1 + t), 1, df, upper);
}

double
student_p_two_sided(double t, double df)
{
	if (isnan(t) || !(df > 0))
		return NAN;
	if (t == 0)
		return 1;
	if (isinf(t))
		return 0;
	return student_tail(fabs(t), df, true);
}

/* log of the density at 0, doubled, and of its power law for large t */
static double
student_log_constant(double df)
{
	double		a = df / 2;

	/* 2 Gamma(a + 1/2) / (Gamma(a) sqrt(pi df)) */
	return LOG_2 - HALF_LOG_2PI + stirling_rest(a + 0.5) - stirling_rest(a)
		- log_excess(0.5 / a, 1 + 0.5 / a) * a;
}

/*
 * Newton's method for log(p) as a function of log(t).  Both tails of log|T|
 * are log-concave, so that the steps come to the solution from one side;
 * a bracket guards the first ones.
 */
double
student_quantile(double p, double df)
{
	double		tail,
				target,
				constant,
				low,
				high,
				t;
	bool		upper;

	if (!(p >= 0 && p <= 1 && df > 0))
		return NAN;
	if (p > 0.5)
		return -student_quantile(1 - p, df);
	if (p == 0)
		return -INFINITY;
	if (p == 0.5)
		return 0;
	if (df > 1e20)
		return normal_quantile(p);

	/* P(|T| >= t) is tail; where it is large, P(|T| < t) has the digits. */
	tail = 2 * p;
	upper = tail < 0.6;
	target = upper ? tail : 1 - tail;
	constant = student_log_constant(df);
	/* the density is nowhere higher than at 0 ... */
	low = (1 - tail) / exp(constant);
	/* ... and nowhere higher than its power law */
	high = exp((constant + (df + 1) / 2 * log(df) - log(df) - log(tail)) / df);
	if (isinf(high))
		high = DBL_MAX;
	if (high < low)
		high = low;
	if (!upper)
		t = low;
	else if (df < 3)
		t = high;
	else
	{
		double		z = -normal_quantile(p);

		t = z + z * (z * z + 1) / (4 * df);
		if (!(t >= low && t <= high))
			t = high;
	}

	for (int i = 0; i < 200; i++)
	{
		double		value = student_tail(t, df, upper);
		double		gap = log(value / target);
		double		slope,
					next;

		if (isnan(value))
			return NAN;
		if ((value > target) == upper)
			low = t;
		else
			high = t;
		if (value == target)
			break;
		/* of log(value) by log(t): t times the density, by the value */
		slope = t > 1e140 ? value * df :
			exp(constant - (df + 1) / 2 * log1p(t * t / df)) * t;
		slope /= upper ? -value : value;
		next = t * exp(-gap / slope);
		if (!(next >= low && next <= high))
		{
			/* also reached where the value is 0 */
			if (fabs(gap) < 4 * DBL_EPSILON)
				break;
			next = sqrt(low) * sqrt(high);
			if (next <= low || next >= high)
				break;
		}
		if (fabs(next - t) <= t * (DBL_EPSILON / 2))
		{
			t = next;
			break;
		}
		t = next;
	}
	return t >= DBL_MAX ? -INFINITY : -t;
}

/*
 * Wilson's interval of a share, count being above 0.  The bounds solve a
 * quadratic equation: the smaller one comes from the product p^2 / (1 + w) of
 * both, without cancellation.
 */
void
wilson_bounds(int64 successes, int64 count, double confidence, double *low,
			  double *high)
{
	const double n = (double) count;
	const double p = (double) successes / n;
	const double q = (double) (count - successes) / n;
	const double z = normal_quantile((1 - confidence) / 2);
	const double w = z * z / n;
	const double root = sqrt(w * (p * q + w / 4));
	const double above = (p + w / 2 + root) / (1 + w);
	const double low_miss = (q + w / 2 + root) / (1 + w);

	*low = p < 0.5 ? p * p / (1 + w) / above : 1 - low_miss;
	*high = p > 0.5 ? 1 - q * q / (1 + w) / low_miss : above;
}
