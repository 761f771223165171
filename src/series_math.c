/*-------------------------------------------------------------------------
 *
 * series_math.c
 *		Trend tests and decomposition of time series, on plain arrays.
 *
 * Mann (1945), Kendall (1975): S, tau-b; Sen (1968): the median slope and
 * its interval; Cleveland, Cleveland, McRae and Terpenning (1990): STL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "series_math.h"
#include "stats_math.h"

/*--- Order statistics ---*/

/*
 * Moves the values below a pivot, or those up to it, to the front; returns
 * where the others begin.  No branch depends on the data.
 */
static inline int
partition(double *values, int from, int until, double pivot, bool or_equal)
{
	int			end = from;

	for (int i = from; i < until; i++)
	{
		double		value = values[i];

		values[i] = values[end];
		values[end] = value;
		end += or_equal ? value <= pivot : value < pivot;
	}
	return end;
}

static void
sort_few(double *values, int from, int until)
{
	for (int i = from + 1; i < until; i++)
	{
		double		value = values[i];
		int			j = i;

		for (; j > from && values[j - 1] > value; j--)
			values[j] = values[j - 1];
		values[j] = value;
	}
}

#define PIVOTS	15

/*
 * Moves the values between two places so that the one of this rank, from 0,
 * is in its place.  The pivot is what stands at its rank among a few of
 * them.
 */
static double
select_between(double *values, int from, int until, int rank)
{
	while (until - from > 2 * PIVOTS)
	{
		double		few[PIVOTS];
		double		share = (double) (rank - from) / (until - from);
		double		pivot;
		int			end;

		for (int k = 0; k < PIVOTS; k++)
			few[k] = values[from + (int) ((int64) (until - from - 1) * k /
										  (PIVOTS - 1))];
		sort_few(few, 0, PIVOTS);
		pivot = few[(int) (share * PIVOTS)];
		end = partition(values, from, until, pivot, false);
		if (rank < end)
		{
			until = end;
			continue;
		}
		from = end;
		end = partition(values, from, until, pivot, true);
		if (rank < end)
			return pivot;
		from = end;
	}
	sort_few(values, from, until);
	return values[rank];
}

double
select_rank(double *values, int n, int rank)
{
	return select_between(values, 0, n, rank);
}

double
median_of(double *values, int n)
{
	double		high;

	if (n == 0)
		return NAN;
	high = select_rank(values, n, n / 2);
	if (n % 2 == 1)
		return high;
	/* what stands before it is not larger */
	return (select_rank(values, n / 2, n / 2 - 1) + high) / 2;
}

/*--- Mann-Kendall ---*/

/*
 * Sorts the values by merging, and counts the pairs that are not in order.
 * The result may be in either of the two arrays, which is returned.
 */
static double *
sort_counting(double *values, double *other, int n, double *inversions)
{
	*inversions = 0;
	for (int width = 1; width < n; width *= 2)
	{
		double	   *swap;

		for (int from = 0; from < n; from += 2 * width)
		{
			int			middle = Min(from + width, n);
			int			end = Min(from + 2 * width, n);
			int			i = from;
			int			j = middle;
			int64		count = 0;

			for (int k = from; k < end; k++)
			{
				if (i < middle && (j >= end || values[i] <= values[j]))
					other[k] = values[i++];
				else
				{
					count += middle - i;
					other[k] = values[j++];
				}
			}
			*inversions += (double) count;
		}
		swap = values;
		values = other;
		other = swap;
	}
	return values;
}

static void
mann_kendall(const double *y, int n, SeriesTrend *trend, double *work)
{
	double		pairs = (double) n * (n - 1) / 2;
	double		variance = (double) n * (n - 1) * (2.0 * n + 5);
	double		tied = 0;
	double		inversions;
	double	   *sorted;
	int			run = 1;

	memcpy(work, y, sizeof(double) * n);
	sorted = sort_counting(work, work + n, n, &inversions);
	for (int i = 1; i <= n; i++)
	{
		if (i < n && sorted[i] == sorted[i - 1])
		{
			run++;
			continue;
		}
		tied += (double) run * (run - 1) / 2;
		variance -= (double) run * (run - 1) * (2.0 * run + 5);
		run = 1;
	}
	trend->s = pairs - tied - 2 * inversions;
	trend->variance = variance / 18;
	trend->tau = tied == pairs ? NAN
		: trend->s / sqrt(pairs * (pairs - tied));
	if (trend->variance == 0)
		trend->z = 0;
	else
		trend->z = (trend->s - (trend->s > 0) + (trend->s < 0)) /
			sqrt(trend->variance);
	trend->p = 2 * normal_cdf(-fabs(trend->z));
}

/*--- Theil-Sen ---*/

/*
 * Slopes of pairs of which some ranks are looked for.  All slopes are never
 * held: those between two bounds are, and of these only every stride-th
 * where they are too many; then they tell closer bounds for the next pass.
 * Slopes that equal a bound are counted only, since there may be many: so
 * each pass has fewer to hold.
 */
typedef struct SlopeSearch
{
	int64		rank;			/* among all slopes, from 0 */
	double		low;			/* it is between these, as far as is known */
	double		high;
	double		proven_low;		/* it is between these, for sure */
	double		proven_high;
	int64		below;			/* slopes below the bounds */
	int64		at_low;			/* slopes that equal them */
	int64		at_high;
	int64		inside;			/* slopes between them */
	int64		stride;
	int			held;
	double	   *slopes;
	bool		shared;			/* it has the bounds of the one before it */
	bool		found;
	double		value;
} SlopeSearch;

static inline void
hold_slope(SlopeSearch *search, double slope)
{
	if (search->inside++ % search->stride != 0)
		return;
	if (search->held == TREND_SLOPES)
	{
		/* every second one is enough */
		search->held /= 2;
		for (int i = 0; i < search->held; i++)
			search->slopes[i] = search->slopes[2 * i];
		search->stride *= 2;
		if ((search->inside - 1) % search->stride != 0)
			return;
	}
	search->slopes[search->held++] = slope;
}

/* Two slopes: comparisons of larger vectors are none of the processor's. */
typedef double Pair __attribute__((vector_size(2 * sizeof(double))));
typedef int64 PairMask __attribute__((vector_size(2 * sizeof(int64))));

/* A slope between the lowest and the highest bound. */
static void
sort_slope(SlopeSearch *searches, int count, double slope)
{
	for (int k = 0; k < count; k++)
	{
		SlopeSearch *search = &searches[k];

		if (search->found || search->shared)
			continue;
		if (slope < search->low)
			search->below++;
		else if (slope == search->low)
			search->at_low++;
		else if (slope < search->high)
			hold_slope(search, slope);
		else if (slope == search->high)
			search->at_high++;
	}
}

/* Reads all pairs once; most of them are told apart two at a time. */
static void
slope_pass(const double *x, const double *y, int n, SlopeSearch *searches,
		   int count, SeriesPause pause)
{
	double		low = INFINITY;
	double		high = -INFINITY;
	int64		below_all = 0;

	for (int k = 0; k < count; k++)
	{
		SlopeSearch *search = &searches[k];

		search->below = search->inside = 0;
		search->at_low = search->at_high = 0;
		search->held = 0;
		search->stride = 1;
		if (search->found)
			continue;
		low = fmin(low, search->low);
		high = fmax(high, search->high);
		/* neighbouring ranks have the same bounds most of the time */
		search->shared = k > 0 && !search[-1].found &&
			search->low == search[-1].low && search->high == search[-1].high;
	}
	for (int i = 0; i < n - 1; i++)
	{
		PairMask	below = {0};
		int			j = i + 1;

		pause();
		for (; j + 2 <= n; j += 2)
		{
			Pair		dx;
			Pair		slope;
			PairMask	inside;

			memcpy(&slope, y + j, sizeof(slope));
			memcpy(&dx, x + j, sizeof(dx));
			slope = (slope - y[i]) / (dx - x[i]);
			below += (PairMask) (slope < low);	/* -1 where it is */
			inside = (PairMask) (slope >= low) & (PairMask) (slope <= high);
			if ((inside[0] | inside[1]) == 0)
				continue;
			for (int k = 0; k < 2; k++)
			{
				if (inside[k])
					sort_slope(searches, count, slope[k]);
			}
		}
		below_all -= below[0] + below[1];
		for (; j < n; j++)
		{
			double		slope = (y[j] - y[i]) / (x[j] - x[i]);

			if (slope < low)
				below_all++;
			else if (slope <= high)
				sort_slope(searches, count, slope);
		}
	}
	for (int k = 0; k < count; k++)
	{
		SlopeSearch *search = &searches[k];

		search->below += below_all;
		if (search->shared && !search->found)
		{
			search->below = search[-1].below;
			search->at_low = search[-1].at_low;
			search->at_high = search[-1].at_high;
			search->inside = search[-1].inside;
			search->stride = search[-1].stride;
			search->held = search[-1].held;
			memcpy(search->slopes, search[-1].slopes,
				   sizeof(double) * search->held);
		}
	}
}

/* What a pass has told: the value, or closer bounds. */
static void
slope_narrow(SlopeSearch *search)
{
	int64		rank = search->rank - search->below;
	double		place;
	double		margin;

	if (rank < 0)
	{
		/* bounds from a sample, which was wrong */
		search->high = search->proven_high = search->low;
		search->low = search->proven_low;
		return;
	}
	search->found = true;
	if (rank < search->at_low)
	{
		search->value = search->low;
		return;
	}
	rank -= search->at_low;
	if (rank >= search->inside + search->at_high)
	{
		search->found = false;
		search->low = search->proven_low = search->high;
		search->high = search->proven_high;
		return;
	}
	if (rank >= search->inside)
	{
		search->value = search->high;
		return;
	}
	if (search->stride == 1)
	{
		search->value = select_rank(search->slopes, search->held, (int) rank);
		return;
	}
	search->found = false;
	search->proven_low = search->low;
	search->proven_high = search->high;
	place = (double) rank / (double) search->stride;
	margin = 2 * sqrt(search->held) + 2;
	if (place - margin >= 0)
		search->low = select_rank(search->slopes, search->held,
								  (int) (place - margin));
	if (place + margin < search->held)
		search->high = select_rank(search->slopes, search->held,
								   (int) (place + margin));
}

/* The slopes of these ranks among all n (n - 1) / 2. */
static void
slopes_of_ranks(const double *x, const double *y, int n, const int64 *ranks,
				int count, double *slopes, double *work, SeriesPause pause)
{
	SlopeSearch searches[TREND_MOST_RANKS] = {0};
	double		pairs = (double) n * (n - 1) / 2;
	int			sample = TREND_SLOPES / 8;
	bool		found = false;

	for (int k = 0; k < count; k++)
	{
		searches[k].rank = ranks[k];
		searches[k].low = searches[k].proven_low = -INFINITY;
		searches[k].high = searches[k].proven_high = INFINITY;
		searches[k].slopes = work + (size_t) k * TREND_SLOPES;
	}
	if (pairs > 2 * sample)
	{
		/* first bounds from a sample, the same in every run */
		uint64		state = UINT64CONST(0x9E3779B97F4A7C15);

		for (int i = 0; i < sample; i++)
		{
			int			a;
			int			b;

			state = state * UINT64CONST(6364136223846793005) +
				UINT64CONST(1442695040888963407);
			a = (int) ((state >> 33) % n);
			state = state * UINT64CONST(6364136223846793005) +
				UINT64CONST(1442695040888963407);
			b = (int) ((state >> 33) % (n - 1));
			b += b >= a;
			work[i] = (y[b] - y[a]) / (x[b] - x[a]);
		}
		for (int k = 0; k < count; k++)
		{
			double		place = (double) ranks[k] / pairs * sample;
			double		margin = 1.5 * sqrt(sample);

			if (k > 0 && (int) place ==
				(int) ((double) ranks[k - 1] / pairs * sample))
			{
				searches[k].low = searches[k - 1].low;
				searches[k].high = searches[k - 1].high;
				continue;
			}
			if (place - margin >= 0)
				searches[k].low = select_rank(work, sample,
											  (int) (place - margin));
			if (place + margin < sample)
				searches[k].high = select_rank(work, sample,
											   (int) (place + margin));
		}
	}
	while (!found)
	{
		slope_pass(x, y, n, searches, count, pause);
		found = true;
		for (int k = 0; k < count; k++)
		{
			if (!searches[k].found)
				slope_narrow(&searches[k]);
			found &= searches[k].found;
		}
	}
	for (int k = 0; k < count; k++)
		slopes[k] = searches[k].value;
}

/* x ascends without ties; n is at least 2, and all values are known. */
void
series_trend(const double *x, const double *y, int n, double confidence,
			 SeriesTrend *trend, double *work, SeriesPause pause)
{
	int64		pairs = (int64) n * (n - 1) / 2;
	double		reach;
	int64		ranks[TREND_MOST_RANKS];
	double		slopes[TREND_MOST_RANKS];

	mann_kendall(y, n, trend, work);
	/* from below: 0.5 + confidence / 2 may be 1 */
	reach = trend->variance > 0 ?
		fmin(-normal_quantile((1 - confidence) / 2) * sqrt(trend->variance), pairs) : 0;
	ranks[0] = (int64) rint((pairs - reach) / 2) - 1;
	ranks[1] = (pairs - 1) / 2;
	ranks[2] = pairs / 2;
	ranks[3] = (int64) rint((pairs + reach) / 2);
	ranks[0] = Max(ranks[0], 0);
	ranks[3] = Min(ranks[3], pairs - 1);
	slopes_of_ranks(x, y, n, ranks, TREND_MOST_RANKS, slopes, work, pause);
	trend->slope = slopes[1] + (slopes[2] - slopes[1]) / 2;
	trend->low = slopes[0];
	trend->high = slopes[3];
	memcpy(work, y, sizeof(double) * n);
	trend->intercept = median_of(work, n);
	memcpy(work, x, sizeof(double) * n);
	trend->intercept -= trend->slope * median_of(work, n);
}

/*--- Loess ---*/

static inline double
cube(double u)
{
	return u * u * u;
}

/*
 * The local line at a place, from the values between left and right with
 * these weights; NaN where no value has a weight.
 */
static double
loess_at(const double *y, int n, double at, int left, int right,
		 double reach, const double *weights)
{
	double		sum = 0;
	double		sum_x = 0;
	double		sum_y = 0;
	double		sum_xx = 0;
	double		sum_xy = 0;
	double		spread;

	for (int i = left; i <= right; i++)
	{
		double		distance = fabs(i - at);
		double		weight;
		double		dx = i - at;

		if (isnan(y[i]) || distance >= 0.999 * reach)
			continue;
		weight = distance <= 0.001 * reach ? 1
			: cube(1 - cube(distance / reach));
		if (weights != NULL)
			weight *= weights[i];
		sum += weight;
		sum_x += weight * dx;
		sum_y += weight * y[i];
		sum_xx += weight * dx * dx;
		sum_xy += weight * dx * y[i];
	}
	if (!(sum > 0))
		return NAN;
	sum_x /= sum;
	spread = sum_xx / sum - sum_x * sum_x;
	/* as in the authors' program, a line only where x is spread enough */
	if (spread <= 0.000001 * (n - 1.0) * (n - 1.0))
		return sum_y / sum;
	return sum_y / sum -
		sum_x * (sum_xy / sum - sum_x * (sum_y / sum)) / spread;
}

/*
 * Smooths values by loess of degree 1 with so many neighbours, at the places
 * from -before to n - 1 + after; result[0] is that of -before.
 */
static void
loess(const double *y, int n, int window, const double *weights, int before,
	  int after, double *result, SeriesPause pause)
{
	int			most = Min(window, n);

	for (int at = -before; at < n + after; at++)
	{
		int			left = at - (window - 1) / 2;
		double		reach;
		double		value;

		pause();
		left = Max(Min(left, n - most), 0);
		reach = Max(at - left, left + most - 1 - at);
		if (window > n)
			reach += (window - n) / 2;
		/* two values at least, so that a window of known ones is none of 0 */
		reach = Max(reach, 1);
		value = loess_at(y, n, at, left, left + most - 1, reach, weights);
		/* nothing known around: look further */
		for (int wider = most; isnan(value) && wider < n;)
		{
			wider = Min(wider * 2, n);
			left = Max(Min(at - (wider - 1) / 2, n - wider), 0);
			reach = Max(at - left, left + wider - 1 - at) + 1;
			value = loess_at(y, n, at, left, left + wider - 1, reach,
							 weights);
		}
		if (isnan(value) && weights != NULL)
			value = loess_at(y, n, at, 0, n - 1, n + 1, NULL);
		result[at + before] = value;
	}
}

/* Means of so many neighbours; returns how many there are. */
static int
moving_means(const double *y, int n, int length, double *means)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
	{
		sum += y[i];
		if (i >= length)
			sum -= y[i - length];
		if (i >= length - 1)
			means[i - length + 1] = sum / length;
	}
	return n - length + 1;
}

/*
 * Robustness weights from what is left over: bisquare, 0 from six times the
 * median of its absolute values on.
 */
static void
robustness_weights(const double *y, int n, const double *trend,
				   const double *seasonal, double *weights, double *work)
{
	int			known = 0;
	double		limit;
	double		scale = 0;

	for (int i = 0; i < n; i++)
	{
		if (isnan(y[i]))
			continue;
		work[known] = fabs(y[i] - trend[i] -
						   (seasonal == NULL ? 0 : seasonal[i]));
		scale = fmax(scale, fabs(y[i]));
		known++;
	}
	limit = 6 * median_of(work, known);
	/* what is left of rounding is no outlier */
	limit = fmax(limit, 1e-12 * scale);
	for (int i = 0; i < n; i++)
	{
		double		rest;
		double		u;

		if (isnan(y[i]))
		{
			weights[i] = 0;
			continue;
		}
		rest = fabs(y[i] - trend[i] - (seasonal == NULL ? 0 : seasonal[i]));
		if (limit == 0 || rest <= 0.001 * limit)
			weights[i] = 1;
		else if (rest >= 0.999 * limit)
			weights[i] = 0;
		else
		{
			u = rest / limit;
			weights[i] = (1 - u * u) * (1 - u * u);
		}
	}
}

#define STL_SEASON_WINDOW	11
#define STL_LEAST_SEASONS	6	/* else a season is the same every time */
#define STL_INNER			2
#define STL_OUTER			15

static int
next_odd(double value)
{
	int			up = (int) ceil(value);

	return up % 2 == 0 ? up + 1 : up;
}

/* The mean of what is known, with weights if any is left. */
static double
weighted_mean(const double *y, const double *weights, int n)
{
	double		sum = 0;
	double		total = 0;
	double		plain = 0;
	int			known = 0;

	for (int i = 0; i < n; i++)
	{
		if (isnan(y[i]))
			continue;
		sum += weights[i] * y[i];
		total += weights[i];
		plain += y[i];
		known++;
	}
	return total > 0 ? sum / total : plain / known;
}

/*
 * One pass of the inner loop: seasonal and trend from each other.  work has
 * room for 3 (n + 2 season) values.  With few seasons, a season that may
 * change would explain everything.
 */
static void
stl_inner(const double *y, int n, int season, double *trend,
		  double *seasonal, const double *weights, double *work,
		  SeriesPause pause)
{
	int			longer = n + 2 * season;
	double	   *cycle = work;
	double	   *rest = work + longer;
	double	   *smooth = work + 2 * longer;
	bool		periodic = n < STL_LEAST_SEASONS * season;
	double		shrink = periodic ? 0 : 1.5 / STL_SEASON_WINDOW;
	int			trend_window = next_odd(1.5 * season / (1 - shrink));
	int			low_window = season % 2 == 0 ? season + 1 : season + 2;

	/* each period of the season for itself, one season longer at both ends */
	for (int phase = 0; phase < season; phase++)
	{
		int			count = (n - phase - 1) / season + 1;
		double	   *part = rest;
		double	   *part_weights = rest + count;

		for (int k = 0; k < count; k++)
		{
			int			i = phase + k * season;

			part[k] = y[i] - trend[i];
			part_weights[k] = weights == NULL ? 1 : weights[i];
		}
		if (periodic)
		{
			smooth[0] = weighted_mean(part, part_weights, count);
			for (int k = 1; k < count + 2; k++)
				smooth[k] = smooth[0];
		}
		else
			loess(part, count, STL_SEASON_WINDOW, part_weights, 1, 1, smooth,
				  pause);
		for (int k = 0; k < count + 2; k++)
			cycle[phase + k * season] = smooth[k];
	}

	/* what of it is trend */
	moving_means(cycle, longer, season, rest);
	moving_means(rest, longer - season + 1, season, smooth);
	moving_means(smooth, longer - 2 * season + 2, 3, rest);
	loess(rest, n, low_window, NULL, 0, 0, smooth, pause);
	for (int i = 0; i < n; i++)
		seasonal[i] = cycle[season + i] - smooth[i];

	for (int i = 0; i < n; i++)
		rest[i] = y[i] - seasonal[i];
	loess(rest, n, trend_window, weights, 0, 0, smooth, pause);
	memcpy(trend, smooth, sizeof(double) * n);
}

/*
 * STL with robustness weights.  n is at least two seasons, and each period
 * of the season has a known value; a season is at least 2 long.
 */
void
series_stl(const double *y, int n, int season, double *trend,
		   double *seasonal, double *robustness, double *work,
		   SeriesPause pause)
{
	memset(trend, 0, sizeof(double) * n);
	for (int outer = 0; outer <= STL_OUTER; outer++)
	{
		for (int inner = 0; inner < STL_INNER; inner++)
		{
			stl_inner(y, n, season, trend, seasonal,
					  outer == 0 ? NULL : robustness, work, pause);
		}
		robustness_weights(y, n, trend, seasonal, robustness, work);
	}
}

/*
 * The trend of a series without a season: a robust loess over a third of it.
 * In a long series it is computed at some hundred places, and drawn straight
 * between them.
 */
void
series_loess_trend(const double *y, int n, double *trend, double *robustness,
				   double *work, SeriesPause pause)
{
	int			window = Min(next_odd(fmax(7, n / 3.0)), n);
	int			jump = 1 + window / 100;

	for (int outer = 0; outer <= STL_OUTER; outer++)
	{
		const double *weights = outer == 0 ? NULL : robustness;
		int			last = 0;

		for (int at = 0; at < n; at = at == n - 1 ? n : Min(at + jump, n - 1))
		{
			int			left = Max(Min(at - (window - 1) / 2, n - window),
								   0);
			double		reach = Max(at - left, left + window - 1 - at);

			pause();
			trend[at] = loess_at(y, n, at, left, left + window - 1,
								 Max(reach, 1), weights);
			/* nothing known around, or all of it odd */
			if (isnan(trend[at]))
				trend[at] = loess_at(y, n, at, 0, n - 1, n + 1, NULL);
			for (int i = last + 1; i < at; i++)
				trend[i] = trend[last] + (trend[at] - trend[last]) *
					(i - last) / (at - last);
			last = at;
		}
		robustness_weights(y, n, trend, NULL, robustness, work);
	}
}

/*
 * Centered moving averages over one season: of an even length, the first and
 * the last value count half.  NaN at the ends, and where a value is missing.
 */
void
centered_average(const double *y, int n, int length, double *average)
{
	int			half = length / 2;

	for (int i = 0; i < n; i++)
	{
		double		sum = 0;

		average[i] = NAN;
		if (i < half || i + half >= n)
			continue;
		for (int j = i - half; j <= i + half; j++)
			sum += length % 2 == 0 && (j == i - half || j == i + half)
				? y[j] / 2 : y[j];
		average[i] = sum / length;
	}
}

/* 1 - Var(remainder) / Var(seasonal + remainder), at least 0. */
double
seasonal_strength(const double *seasonal, const double *remainder, int n)
{
	double		mean_r = 0;
	double		mean_d = 0;
	double		var_r = 0;
	double		var_d = 0;
	int			known = 0;

	for (int i = 0; i < n; i++)
	{
		if (isnan(remainder[i]))
			continue;
		mean_r += remainder[i];
		mean_d += seasonal[i] + remainder[i];
		known++;
	}
	if (known == 0)
		return NAN;
	mean_r /= known;
	mean_d /= known;
	for (int i = 0; i < n; i++)
	{
		double		r = remainder[i] - mean_r;
		double		d = seasonal[i] + remainder[i] - mean_d;

		if (isnan(remainder[i]))
			continue;
		var_r += r * r;
		var_d += d * d;
	}
	if (!(var_d > 0))
		return NAN;
	return fmax(0, 1 - var_r / var_d);
}

/*--- Forecasts by exponential smoothing ---*/

/*
 * Means and standard deviations of the next periods (Hyndman et al. 2008,
 * table 6.1 and section 6.3: classes 1, 2 and 3 of models); work has room for
 * them once more.
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
