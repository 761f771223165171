/*-------------------------------------------------------------------------
 *
 * correlation_math.c
 *		Pearson's and Spearman's correlation of pairs of columns.
 *
 * Both are computed over the rows that know both columns, as
 * pandas.DataFrame.corr does.  Sums are of integers, so that no order of the
 * rows and no number of workers changes a digit.  For Pearson a value becomes
 * the 2^49th part of the range that its column has in these rows: a range
 * that holds the least and the largest value has a sum of squares of at
 * least half its square, so what is rounded away (2^-50 of the range) is of
 * the size of what float8 itself rounds away, and large offsets cost
 * nothing.  Spearman is Pearson of ranks, ties averaged; doubled ranks are
 * integers, so it is exact up to the last division.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "correlation.h"
#include "stats_math.h"

#define RANGE_BITS		49

/* of deviations of at most 2^49, squared, of at most 2^27 rows: below 2^127 */
typedef struct Moments
{
	int128		sxx;
	int128		syy;
	int128		sxy;
} Moments;

typedef struct Entry
{
	double		value;
	int32		row;
} Entry;

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE Entry
#define ST_COMPARE(a, b) ((a)->value < (b)->value ? -1 : (a)->value > (b)->value)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

Size
correlation_order_room(int64 n)
{
	return sizeof(Entry) * (Size) Max(n, 1);
}

/* Fills order[column] and known[column]; room is for n entries. */
void
correlation_order(Rows *rows, int column, void *room)
{
	Entry	   *entries = room;
	int64		n = 0;

	for (int64 i = 0; i < rows->n; i++)
	{
		double		value = rows->values[i * rows->k + column];

		if (isnan(value))
			continue;
		entries[n].value = value;
		entries[n++].row = (int32) i;
	}
	sort_rows(entries, (size_t) n);
	for (int64 i = 0; i < n; i++)
		rows->order[column][i] = entries[i].row;
	rows->known[column] = n;
}

static inline double
value_at(const Rows *rows, int64 row, int column)
{
	return rows->values[row * rows->k + column];
}

/*
 * Twice the rank of each row among those that know both columns, counted
 * from 1; equal values share the mean of their ranks.  Returns how many there
 * are, and the least and the largest value.
 */
static int64
rank_rows(const Rows *rows, int column, int other, uint32 *ranks, double *low,
		  double *high)
{
	const int32 *order = rows->order[column];
	int64		known = rows->known[column];
	int64		n = 0;
	int64		i = 0;

	*low = *high = NAN;
	while (i < known)
	{
		double		value = value_at(rows, order[i], column);
		int64		before = n;
		int64		j;

		CHECK_FOR_INTERRUPTS();
		for (j = i; j < known && value_at(rows, order[j], column) == value; j++)
			n += !isnan(value_at(rows, order[j], other));
		if (n > before)
		{
			for (int64 e = i; e < j; e++)
				ranks[order[e]] = (uint32) (before + 1 + n);
			if (before == 0)
				*low = value;
			*high = value;
		}
		i = j;
	}
	return n;
}

/* A value as the part of its range. */
static inline int64
part_of_range(double value, double low, double high)
{
	double		width = high - low;

	return isfinite(width)
		? llrint(ldexp((value - low) / width, RANGE_BITS))
		: llrint(ldexp((value / 2 - low / 2) / (high / 2 - low / 2), RANGE_BITS));
}

/*
 * The sums of products of deviations from the means.  Means are rounded to
 * integers; the remainders make up for it.
 */
static void
range_moments(const Rows *rows, const int columns[2], const double low[2],
			  const double high[2], int64 n, double moments[3])
{
	int128		sums[2] = {0, 0};
	int64		means[2];
	Moments		m = {0, 0, 0};
	double		left[2];

	for (int64 i = 0; i < rows->n; i++)
	{
		double		x = value_at(rows, i, columns[0]);
		double		y = value_at(rows, i, columns[1]);

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (isnan(x) || isnan(y))
			continue;
		sums[0] += part_of_range(x, low[0], high[0]);
		sums[1] += part_of_range(y, low[1], high[1]);
	}
	for (int c = 0; c < 2; c++)
	{
		means[c] = (int64) (sums[c] / n);
		left[c] = (double) (sums[c] - (int128) means[c] * n);
	}
	for (int64 i = 0; i < rows->n; i++)
	{
		double		x = value_at(rows, i, columns[0]);
		double		y = value_at(rows, i, columns[1]);
		int64		dx,
					dy;

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (isnan(x) || isnan(y))
			continue;
		dx = part_of_range(x, low[0], high[0]) - means[0];
		dy = part_of_range(y, low[1], high[1]) - means[1];
		m.sxx += (int128) dx * dx;
		m.syy += (int128) dy * dy;
		m.sxy += (int128) dx * dy;
	}
	moments[0] = (double) m.sxx - left[0] * left[0] / (double) n;
	moments[1] = (double) m.syy - left[1] * left[1] / (double) n;
	moments[2] = (double) m.sxy - left[0] * left[1] / (double) n;
}

/* The same of ranks, times n: their mean is (n + 1) / 2, twice that n + 1. */
static void
rank_moments(const Rows *rows, const int columns[2], int64 n,
			 double moments[3])
{
	Moments		m = {0, 0, 0};

	for (int64 i = 0; i < rows->n; i++)
	{
		int64		dx,
					dy;

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (isnan(value_at(rows, i, columns[0])) ||
			isnan(value_at(rows, i, columns[1])))
			continue;
		dx = (int64) rows->ranks[0][i] - (n + 1);
		dy = (int64) rows->ranks[1][i] - (n + 1);
		m.sxx += (int128) dx * dx;
		m.syy += (int128) dy * dy;
		m.sxy += (int128) dx * dy;
	}
	moments[0] = (double) m.sxx;
	moments[1] = (double) m.syy;
	moments[2] = (double) m.sxy;
}

static double
correlation_of_moments(const double moments[3])
{
	double		r = moments[2] / sqrt(moments[0] * moments[1]);

	return Max(Min(r, 1), -1);
}

/* Two-sided p of t with n - 2 degrees of freedom, as correlation_test(). */
static double
p_of_correlation(double r, int64 n)
{
	double		df = (double) (n - 2);

	if (n < 3 || fabs(r) >= 1)
		return NAN;
	return student_p_two_sided(r * sqrt(df / ((1 - r) * (1 + r))), df);
}

void
correlation_of(Rows *rows, int a, int b, Correlation *result)
{
	int			columns[2] = {a, b};
	double		low[2];
	double		high[2];
	double		moments[3];

	result->pearson = result->pearson_p = NAN;
	result->spearman = result->spearman_p = NAN;
	for (int c = 0; c < 2; c++)
		result->n = rank_rows(rows, columns[c], columns[1 - c],
							  rows->ranks[c], &low[c], &high[c]);
	if (result->n < 2 || low[0] == high[0] || low[1] == high[1])
		return;
	range_moments(rows, columns, low, high, result->n, moments);
	result->pearson = correlation_of_moments(moments);
	result->pearson_p = p_of_correlation(result->pearson, result->n);
	rank_moments(rows, columns, result->n, moments);
	result->spearman = correlation_of_moments(moments);
	result->spearman_p = p_of_correlation(result->spearman, result->n);
}
