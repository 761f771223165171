/*-------------------------------------------------------------------------
 *
 * clv_math.c
 *		Likelihoods of customer lifetime models, and what they need.
 *
 * All models are written in terms of ratios of gamma functions,
 * Gamma(a + d) / Gamma(a), never as differences of their logarithms: those
 * lose all digits where a is large, which is where a fit runs to if
 * customers do not differ.  In the same way r log(alpha) - (r + x)
 * log(alpha + T) is written as -r log1p(T / alpha) - x log(alpha + T).
 *
 * The sums over customers are compensated (Neumaier), so that a fit has as
 * many digits for a million customers as for a thousand.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "clv_math.h"

#define ROWS_BETWEEN_PAUSES		1024
#define LEVELS_BETWEEN_PAUSES	4096
#define MOST_LEVELS				100000

/* beyond so many steps, ratios of gamma functions are computed at once */
#define MOST_STEPS				64

/* from here on, Stirling's series has all digits */
#define STIRLING_FROM			16

/*--- Kinds of models ---*/

typedef struct KindFacts
{
	ClvForm		form;
	int			parameters;
	const char *names[CLV_MOST_PARAMETERS];
} KindFacts;

static const KindFacts kinds[CLV_KINDS] = {
	{CLV_TRANSACTIONS, 4, {"r", "alpha", "a", "b"}},
	{CLV_TRANSACTIONS, 4, {"r", "alpha", "a", "b"}},
	{CLV_TRANSACTIONS, 4, {"r", "alpha", "s", "beta"}},
	{CLV_TRANSACTIONS, 2, {"r", "alpha"}},
	{CLV_TRANSACTIONS, 4, {"alpha", "beta", "gamma", "delta"}},
	{CLV_SUBSCRIPTION, 2, {"alpha", "beta"}},
	{CLV_SPEND, 3, {"p", "q", "gamma"}}
};

int
clv_parameter_count(ClvKind kind)
{
	return kinds[kind].parameters;
}

const char *
clv_parameter_name(ClvKind kind, int i)
{
	return kinds[kind].names[i];
}

ClvForm
clv_form(ClvKind kind)
{
	return kinds[kind].form;
}

/*--- Ratios of gamma functions ---*/

/* log(Gamma(a)) - ((a - 1/2) log(a) - a + log(2 pi) / 2), for large a */
static double
stirling_rest(double a)
{
	static const double c[] = {
		1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188,
		-691.0 / 360360, 1.0 / 156
	};
	double		square = 1 / (a * a);
	double		sum = 0;

	for (int i = (int) lengthof(c) - 1; i >= 0; i--)
		sum = sum * square + c[i];
	return sum / a;
}

/* digamma(a) - log(a) + 1/(2a), for large a */
static double
psi_rest(double a)
{
	static const double c[] = {
		-1.0 / 12, 1.0 / 120, -1.0 / 252, 1.0 / 240, -1.0 / 132,
		691.0 / 32760, -1.0 / 12
	};
	double		square = 1 / (a * a);
	double		sum = 0;

	for (int i = (int) lengthof(c) - 1; i >= 0; i--)
		sum = sum * square + c[i];
	return sum * square;
}

/* log(Gamma(a + d) / Gamma(a)), for a > 0 and d >= 0 */
double
clv_log_rising(double a, double d)
{
	double		sum = 0;

	if (d == 0)
		return 0;
	while (a < STIRLING_FROM)
	{
		sum -= log1p(d / a);
		a += 1;
	}
	return sum + (a - 0.5) * log1p(d / a) + d * (log(a + d) - 1) +
		stirling_rest(a + d) - stirling_rest(a);
}

/* digamma(a + d) - digamma(a), for a > 0 and d >= 0 */
double
clv_psi_rising(double a, double d)
{
	double		sum = 0;

	if (d == 0)
		return 0;
	while (a < STIRLING_FROM)
	{
		sum += d / a / (a + d);
		a += 1;
	}
	return sum + log1p(d / a) + d / a / (a + d) / 2 +
		psi_rest(a + d) - psi_rest(a);
}

/* Both for one a, and whole d that ascend slowly. */
typedef struct Rising
{
	double		a;
	double		d;
	double		log;
	double		psi;
} Rising;

static inline Rising
rising_from(double a)
{
	return (Rising) {
		a, 0, 0, 0
	};
}

static void
rise(Rising *rising, double d)
{
	if (d < rising->d || d - rising->d > MOST_STEPS)
	{
		rising->log = clv_log_rising(rising->a, d);
		rising->psi = clv_psi_rising(rising->a, d);
		rising->d = d;
		return;
	}
	while (rising->d < d)
	{
		double		factor = rising->a + rising->d;

		rising->log += log(factor);
		rising->psi += 1 / factor;
		rising->d += 1;
	}
}

/*--- The hypergeometric function ---*/

/*
 * log(2F1(1, p; q; z)) for q > p > 0 and 0 <= z < 1, and its gradient by p,
 * q and z.  By the continued fraction of Gauss,
 *
 *	2F1(p, 1; q; z) = 1 / (1 - k1 z / (1 - k2 z / (1 - ...)))
 *	k(2n)     = n (q - p + n - 1) / ((q + 2n - 2) (q + 2n - 1))
 *	k(2n + 1) = (p + n) (q + n - 1) / ((q + 2n - 1) (q + 2n))
 *
 * whose k are between 0 and 1, and come to 1/4.  Each level makes the rest
 * smaller by the factor (1 - s) / (1 + s), s the root of 1 - z: a fraction
 * of the terms of the series where z is near 1.  It is computed from its
 * end, so that its derivatives are, too.
 */
double
clv_log_hypergeometric(double p, double q, double z, double *gradient,
					   ClvPause pause)
{
	double		root = sqrt(1 - z);
	double		rate = -log((1 - root) / (1 + root));
	double		levels = 6 + 38 / rate;
	double		g = 1,
				gp = 0,
				gq = 0,
				gz = 0;

	/* at z = 1 the rate is a zero of either sign */
	if (!(levels >= 0 && levels < MOST_LEVELS))
		levels = MOST_LEVELS;
	for (int i = (int) levels; i >= 2; i--)
	{
		int			n = i / 2;
		double		u = q + 2.0 * n - 2 + (i & 1);
		double		v = u + 1;
		double		x,
					y,
					k,
					kp,
					kq,
					h;

		if ((i & (LEVELS_BETWEEN_PAUSES - 1)) == 0)
			pause();
		if (i & 1)
		{
			x = p + n;
			y = q + n - 1;
			kp = 1 / x;
			kq = 1 / y;
		}
		else
		{
			x = n;
			y = q - p + n - 1;
			kp = -1 / y;
			kq = 1 / y;
		}
		k = x / v * (y / u);
		h = k * z / g;
		if (gradient != NULL)
		{
			/* by the logarithmic derivatives of k */
			kq -= 1 / u + 1 / v;
			gp = h * (gp / g - kp);
			gq = h * (gq / g - kq);
			gz = h * gz / g - k / g;
		}
		g = 1 - h;
	}
	/* k1 = p / q, and the logarithm of one divided by the whole */
	if (gradient != NULL)
	{
		double		h = p / q * z / g;

		gradient[0] = h * (1 / p - gp / g) / (1 - h);
		gradient[1] = -h * (1 / q + gq / g) / (1 - h);
		gradient[2] = (p / q / g - h * gz / g) / (1 - h);
	}
	return -log1p(-p / q * z / g);
}

/*--- Sums ---*/

typedef struct Sum
{
	double		sum;
	double		rest;
} Sum;

static inline void
sum_add(Sum *sum, double value)
{
	double		old = sum->sum;

	sum->sum += value;
	if (fabs(old) >= fabs(value))
		sum->rest += (old - sum->sum) + value;
	else
		sum->rest += (value - sum->sum) + old;
}

/* One customer's likelihood, with its gradient by the parameters. */
typedef struct RowResult
{
	double		value;
	double		g[CLV_MOST_PARAMETERS];
} RowResult;

/* One of the two terms of Pareto/NBD, below. */
typedef struct ParetoTerm
{
	double		value;			/* its logarithm */
	double		g[CLV_MOST_PARAMETERS];
} ParetoTerm;

/*
 * Terms that come again: there are far fewer different T than rows, for each
 * x.  A place that is taken by another is computed anew.
 */
#define MEMO_BITS		9

typedef struct ParetoMemo
{
	double		x;				/* -1 if there is none */
	double		t;
	ParetoTerm	term;
} ParetoMemo;

/* What a pass over rows keeps from one to the next. */
typedef struct Walk
{
	const double *theta;
	bool		gradient;
	ClvPause	pause;
	double		log_alpha;
	Rising		first;			/* of r, or alpha */
	Rising		second;
	Rising		third;
	Rising		fourth;
	double		log_odds;		/* of leaving after the last purchase */
	double		last_x;			/* Pareto/NBD: what the next term is of */
	double		last_tx;
	ParetoTerm	last_left;
	ParetoMemo *memo;			/* NULL without one */
} Walk;

/*--- NBD, BG/NBD and MBG/NBD ---*/

/* What is there until t without a word of leaving; common to all NBD. */
static void
nbd_row(Walk *walk, const ClvRow *row, RowResult *result)
{
	double		r = walk->theta[0];
	double		alpha = walk->theta[1];
	double		log_until = log1p(row->t / alpha);
	double		until = alpha + row->t;

	rise(&walk->first, row->x);
	result->value = walk->first.log - r * log_until -
		row->x * (walk->log_alpha + log_until);
	result->g[0] = walk->first.psi - log_until;
	result->g[1] = (r * (row->t / alpha) - row->x) / until;
}

/*
 * Fader, Hardie and Lee (2005); Batislam, Denizel and Filiztekin (2007).  A
 * customer who may leave right after the first purchase, too, has one more
 * chance to do so than there were repeat purchases.
 */
static void
bg_row(Walk *walk, const ClvRow *row, RowResult *result, bool modified)
{
	double		r = walk->theta[0];
	double		alpha = walk->theta[1];
	double		a = walk->theta[2];
	double		b = walk->theta[3];
	double		chances = row->x + (modified ? 1 : 0);
	double		since;
	double		exponent;
	double		small;
	double		left;

	nbd_row(walk, row, result);
	if (chances != walk->third.d)
	{
		rise(&walk->second, chances);
		rise(&walk->third, chances);
		walk->log_odds = log(a / (b + chances - 1));
	}
	result->value += walk->second.log - walk->third.log;
	result->g[2] = -walk->third.psi;
	result->g[3] = walk->second.psi - walk->third.psi;
	if (chances == 0)
		return;
	/* left / stayed, after the last purchase */
	since = log1p((row->t - row->tx) / (alpha + row->tx));
	exponent = walk->log_odds + (r + row->x) * since;
	small = exp(-fabs(exponent));
	result->value += Max(exponent, 0) + log1p(small);
	if (!walk->gradient)
		return;
	left = (exponent > 0 ? 1 : small) / (1 + small);
	result->g[0] += left * since;
	result->g[1] -= left * (r + row->x) * (row->t - row->tx) /
		((alpha + row->t) * (alpha + row->tx));
	result->g[2] += left / a;
	result->g[3] -= left / (b + chances - 1);
}

/*--- Pareto/NBD ---*/

/*
 * Schmittlein, Morrison and Colombo (1987).  The likelihood is that of being
 * alive at T, times 1 / P(alive), which is the sum of two positive terms
 *
 *	alpha >= beta, z(t) = (alpha - beta) / (alpha + t):
 *	s/rho ((alpha+T)/(alpha+t_x))^(r+x) ((beta+T)/(beta+t_x))^s F(r+x; z(t_x))
 *	  + (r+x)/rho (beta+T)/(alpha+T) F(r+x+1; z(T))
 *	alpha < beta, z(t) = (beta - alpha) / (beta + t):
 *	s/rho (...)^(r+x) (...)^s (alpha+t_x)/(beta+t_x) F(s+1; z(t_x))
 *	  + (r+x)/rho F(s; z(T))
 *
 * with rho = r+s+x and F(p; z) = 2F1(1, p; rho+1; z).  This is the form
 * of clv.md after Euler's transformation; nothing in it cancels, over- or
 * underflows before its logarithm does.
 */
static void
pareto_hypergeometric(Walk *walk, double x, double at, bool last,
					  ParetoTerm *term)
{
	double		r = walk->theta[0];
	double		alpha = walk->theta[1];
	double		s = walk->theta[2];
	double		beta = walk->theta[3];
	double		rho = r + s + x;
	double		big = Max(alpha, beta) + at;
	double		small = Min(alpha, beta) + at;
	int			i_big = alpha >= beta ? 1 : 3;
	int			i_small = 4 - i_big;
	double		z = fabs(alpha - beta) / big;
	double		p = alpha >= beta ? r + x + (last ? 1 : 0)
		: s + (last ? 0 : 1);
	bool		ratio = alpha >= beta ? last : !last;
	double		g[3];

	term->value += clv_log_hypergeometric(p, rho + 1, z,
										  walk->gradient ? g : NULL,
										  walk->pause) - log(rho);
	if (ratio)
		term->value += log(small / big);
	if (!walk->gradient)
		return;
	term->g[0] += g[1] - 1 / rho + (alpha >= beta ? g[0] : 0);
	term->g[2] += g[1] - 1 / rho + (alpha >= beta ? 0 : g[0]);
	term->g[i_big] += g[2] * small / big / big - (ratio ? 1 / big : 0);
	term->g[i_small] += -g[2] / big + (ratio ? 1 / small : 0);
}

/* The term of having stayed until T. */
static void
pareto_stayed(Walk *walk, const ClvRow *row, ParetoTerm *term)
{
	double		shape = walk->theta[0] + row->x;
	ParetoMemo *memo = NULL;

	if (walk->memo != NULL)
	{
		uint64		bits;

		memcpy(&bits, &row->t, sizeof(bits));
		memo = &walk->memo[(bits * UINT64CONST(0x9E3779B97F4A7C15)) >>
						   (64 - MEMO_BITS)];
		if (memo->x == row->x && memo->t == row->t)
		{
			*term = memo->term;
			return;
		}
	}
	memset(term, 0, sizeof(*term));
	term->value = log(shape);
	term->g[0] = 1 / shape;
	pareto_hypergeometric(walk, row->x, row->t, true, term);
	if (memo != NULL)
	{
		memo->x = row->x;
		memo->t = row->t;
		memo->term = *term;
	}
}

/* log(1 / P(alive)) */
static void
pareto_left(Walk *walk, const ClvRow *row, ParetoTerm *sum)
{
	double		r = walk->theta[0];
	double		alpha = walk->theta[1];
	double		s = walk->theta[2];
	double		beta = walk->theta[3];
	double		rest = row->t - row->tx;
	double		by_alpha = log1p(rest / (alpha + row->tx));
	double		by_beta = log1p(rest / (beta + row->tx));
	ParetoTerm	left;
	ParetoTerm	stayed;
	double		share;

	if (row->x != walk->last_x || row->tx != walk->last_tx)
	{
		memset(&walk->last_left, 0, sizeof(ParetoTerm));
		walk->last_left.value = log(s);
		walk->last_left.g[2] = 1 / s;
		pareto_hypergeometric(walk, row->x, row->tx, false,
							  &walk->last_left);
		walk->last_x = row->x;
		walk->last_tx = row->tx;
	}
	left = walk->last_left;
	left.value += (r + row->x) * by_alpha + s * by_beta;
	left.g[0] += by_alpha;
	left.g[1] -= (r + row->x) * rest / (alpha + row->t) / (alpha + row->tx);
	left.g[2] += by_beta;
	left.g[3] -= s * rest / (beta + row->t) / (beta + row->tx);
	pareto_stayed(walk, row, &stayed);

	sum->value = Max(left.value, stayed.value) +
		log1p(exp(-fabs(left.value - stayed.value)));
	share = 1 / (1 + exp(stayed.value - left.value));
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
		sum->g[i] = share * left.g[i] + (1 - share) * stayed.g[i];
}

static void
pareto_row(Walk *walk, const ClvRow *row, RowResult *result)
{
	double		s = walk->theta[2];
	double		beta = walk->theta[3];
	double		log_until = log1p(row->t / beta);
	ParetoTerm	left;

	nbd_row(walk, row, result);
	pareto_left(walk, row, &left);
	result->value += left.value - s * log_until;
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
		left.g[i] += i < 2 ? result->g[i] : 0;
	memcpy(result->g, left.g, sizeof(left.g));
	result->g[2] -= log_until;
	result->g[3] += s * (row->t / beta) / (beta + row->t);
}

/*--- BG/BB ---*/

/* A sum of terms by their logarithms, with its gradient. */
typedef struct LogSum
{
	double		most;
	double		sum;
	double		g[CLV_MOST_PARAMETERS];
} LogSum;

static void
log_sum_add(LogSum *sum, double value, const double *g)
{
	double		factor;

	if (value > sum->most)
	{
		factor = exp(sum->most - value);
		sum->most = value;
		sum->sum *= factor;
		for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
			sum->g[i] *= factor;
	}
	factor = exp(value - sum->most);
	sum->sum += factor;
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
		sum->g[i] += factor * g[i];
}

/*
 * Fader, Hardie and Shang (2010): alive at the end, or left after any of the
 * opportunities since the last purchase.
 */
static void
bgbb_row(Walk *walk, const ClvRow *row, RowResult *result)
{
	double		alpha = walk->theta[0];
	double		beta = walk->theta[1];
	double		c = walk->theta[2];
	double		d = walk->theta[3];
	LogSum		sum = {-INFINITY, 0, {0}};
	Rising		no = rising_from(beta);
	Rising		any = rising_from(alpha + beta);
	Rising		stay = rising_from(d);
	Rising		both = rising_from(c + d);
	double		g[CLV_MOST_PARAMETERS];

	rise(&walk->first, row->x);
	for (double k = row->tx; k <= row->t; k += 1)
	{
		bool		alive = k == row->t;

		if (((int64) k & (ROWS_BETWEEN_PAUSES - 1)) == 0)
			walk->pause();
		rise(&no, k - row->x);
		rise(&any, k);
		rise(&stay, k);
		rise(&both, alive ? k : k + 1);
		g[0] = walk->first.psi - any.psi;
		g[1] = no.psi - any.psi;
		g[2] = (alive ? 0 : 1 / c) - both.psi;
		g[3] = stay.psi - both.psi;
		log_sum_add(&sum, walk->first.log + no.log - any.log + stay.log -
					both.log + (alive ? 0 : log(c)), g);
		/* the next term may ask for one less */
	}
	result->value = sum.most + log(sum.sum);
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
		result->g[i] = sum.g[i] / sum.sum;
}

/*--- sBG ---*/

/* Fader and Hardie (2007): lost in a period, or still there after it. */
static void
sbg_row(Walk *walk, const ClvRow *row, RowResult *result)
{
	double		alpha = walk->theta[0];
	bool		lost = row->x != 0;

	rise(&walk->second, row->t - (lost ? 1 : 0));
	rise(&walk->third, row->t);
	result->value = walk->second.log - walk->third.log +
		(lost ? log(alpha) : 0);
	result->g[0] = -walk->third.psi + (lost ? 1 / alpha : 0);
	result->g[1] = walk->second.psi - walk->third.psi;
}

/*--- Gamma-Gamma ---*/

/* Fader and Hardie (2013); x purchases of m on average. */
static void
spend_row(Walk *walk, const ClvRow *row, RowResult *result)
{
	double		p = walk->theta[0];
	double		q = walk->theta[1];
	double		c = walk->theta[2];
	double		all = row->x * row->tx;
	double		shape = p * row->x;

	if (shape != walk->first.a)
	{
		walk->first.a = shape;
		walk->first.log = clv_log_rising(shape, q);
		walk->first.psi = clv_psi_rising(shape, q);
		walk->second.psi = clv_psi_rising(q, shape);
	}
	result->value = walk->first.log - walk->fourth.log -
		q * log1p(all / c) - shape * log1p(c / all) - log(row->tx);
	result->g[0] = row->x * (walk->first.psi - log1p(c / all));
	result->g[1] = walk->second.psi - log1p(all / c);
	result->g[2] = (q * (all / c) - shape) / (all + c);
}

/*--- All ---*/

static void
walk_start(Walk *walk, const ClvParameters *model, bool gradient,
		   ClvPause pause)
{
	const double *theta = model->theta;

	memset(walk, 0, sizeof(*walk));
	walk->theta = theta;
	walk->gradient = gradient;
	walk->pause = pause;
	walk->first = rising_from(theta[0]);
	switch (model->kind)
	{
		case CLV_BG_NBD:
		case CLV_MBG_NBD:
			walk->second = rising_from(theta[3]);
			walk->third = rising_from(theta[2] + theta[3]);
			break;
		case CLV_SBG:
			walk->second = rising_from(theta[1]);
			walk->third = rising_from(theta[0] + theta[1]);
			break;
		case CLV_GAMMA_GAMMA:
			walk->first.a = NAN;
			walk->fourth.log = lgamma(theta[1]);
			break;
		case CLV_PARETO_NBD:
		case CLV_NBD:
		case CLV_BG_BB:
			break;
	}
	walk->log_alpha = log(theta[1]);
	walk->last_x = -1;
}

static void
row_likelihood(Walk *walk, ClvKind kind, const ClvRow *row,
			   RowResult *result)
{
	switch (kind)
	{
		case CLV_BG_NBD:
			bg_row(walk, row, result, false);
			break;
		case CLV_MBG_NBD:
			bg_row(walk, row, result, true);
			break;
		case CLV_PARETO_NBD:
			pareto_row(walk, row, result);
			break;
		case CLV_NBD:
			nbd_row(walk, row, result);
			break;
		case CLV_BG_BB:
			bgbb_row(walk, row, result);
			break;
		case CLV_SBG:
			sbg_row(walk, row, result);
			break;
		case CLV_GAMMA_GAMMA:
			spend_row(walk, row, result);
			break;
	}
}

double
clv_log_likelihood(const ClvParameters *model, const ClvRow *rows, int n,
				   double *gradient, ClvPause pause)
{
	int			k = clv_parameter_count(model->kind);
	Sum			sum = {0};
	Sum			sums[CLV_MOST_PARAMETERS] = {{0}};
	ParetoMemo	memo[1 << MEMO_BITS];
	Walk		walk;

	walk_start(&walk, model, gradient != NULL, pause);
	if (model->kind == CLV_PARETO_NBD)
	{
		for (int i = 0; i < (int) lengthof(memo); i++)
			memo[i].x = -1;
		walk.memo = memo;
	}
	for (int i = 0; i < n; i++)
	{
		RowResult	result = {0};
		double		count = (double) rows[i].count;

		if ((i & (ROWS_BETWEEN_PAUSES - 1)) == 0)
			pause();
		row_likelihood(&walk, model->kind, &rows[i], &result);
		sum_add(&sum, count * result.value);
		if (gradient != NULL)
		{
			for (int j = 0; j < k; j++)
				sum_add(&sums[j], count * result.g[j]);
		}
	}
	if (gradient != NULL)
	{
		for (int j = 0; j < k; j++)
			gradient[j] = model->theta[j] * (sums[j].sum + sums[j].rest);
	}
	return sum.sum + sum.rest;
}

double
clv_pareto_alive(const ClvParameters *model, const ClvRow *row,
				 ClvPause pause)
{
	Walk		walk;
	ParetoTerm	left;

	walk_start(&walk, model, false, pause);
	pareto_left(&walk, row, &left);
	return exp(-Max(left.value, 0));
}

/* Alive at T: at the last opportunity, and not left after it. */
double
clv_bgbb_alive(const ClvParameters *model, const ClvRow *row,
			   ClvPause pause)
{
	const double *theta = model->theta;
	Walk		walk;
	RowResult	all;

	walk_start(&walk, model, false, pause);
	bgbb_row(&walk, row, &all);
	return exp(Min(0, clv_log_rising(theta[0], row->x) +
				   clv_log_rising(theta[1], row->t - row->x) -
				   clv_log_rising(theta[0] + theta[1], row->t) +
				   clv_log_rising(theta[3], row->t) -
				   clv_log_rising(theta[2] + theta[3], row->t) - all.value));
}
