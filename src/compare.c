/*-------------------------------------------------------------------------
 *
 * compare.c
 *		Tests of difference from summary numbers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "compat.h"
#include "stats_math.h"

PG_FUNCTION_INFO_V1(pt_welch_test);
PG_FUNCTION_INFO_V1(pt_anova);
PG_FUNCTION_INFO_V1(pt_chi_square_test);
PG_FUNCTION_INFO_V1(pt_wilson_interval);
PG_FUNCTION_INFO_V1(pt_correlation_test);
PG_FUNCTION_INFO_V1(pt_benjamini_hochberg);
PG_FUNCTION_INFO_V1(pt_student_p);
PG_FUNCTION_INFO_V1(pt_student_quantile);
PG_FUNCTION_INFO_V1(pt_f_p);
PG_FUNCTION_INFO_V1(pt_chi_square_p);
PG_FUNCTION_INFO_V1(pt_normal_quantile);
PG_FUNCTION_INFO_V1(pt_normal_cdf);

#define MAX_COLUMNS		10

/* A row under construction: all NULL until told otherwise. */
typedef struct Row
{
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS];
} Row;

static void
row_clear(Row *row)
{
	memset(row->values, 0, sizeof(row->values));
	memset(row->nulls, true, sizeof(row->nulls));
}

static void
row_set_count(Row *row, int column, int64 value)
{
	row->values[column] = Int64GetDatum(value);
	row->nulls[column] = false;
}

/* What is not finite stays NULL. */
static void
row_set(Row *row, int column, double value)
{
	row->nulls[column] = !isfinite(value);
	row->values[column] = Float8GetDatum(isfinite(value) ? value : 0);
}

static Datum
row_datum(FunctionCallInfo fcinfo, Row *row)
{
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts > MAX_COLUMNS)
		elog(ERROR, "return type must be a row type");
	desc = BlessTupleDesc(desc);
	return HeapTupleGetDatum(heap_form_tuple(desc, row->values, row->nulls));
}

/* --- Checks of arguments --- */

static void
check_count(int64 n, const char *what)
{
	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", what),
				 errdetail("It is %lld.", (long long) n)));
}

static void
check_finite(double x, const char *what)
{
	if (!isfinite(x))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be finite", what),
				 errdetail("It is %s.", isnan(x) ? "NaN" : "infinite"),
				 errhint("Leave such values out before they are aggregated.")));
}

static void
check_sd(double sd, const char *what)
{
	check_finite(sd, what);
	if (sd < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", what),
				 errdetail("It is %g.", sd),
				 errhint("It is a standard deviation, as of stddev_samp().")));
}

static void
check_confidence(double confidence)
{
	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence must be between 0 and 1"),
				 errdetail("It is %g.", confidence),
				 errhint("For an interval of 95 percent it is 0.95.")));
}

static int64
add_counts(int64 a, int64 b)
{
	int64		sum;

	if (pg_add_s64_overflow(a, b, &sum))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the sum of the counts is out of range")));
	return sum;
}

/* --- Tests --- */

enum
{
	WELCH_DIFFERENCE, WELCH_SE, WELCH_STATISTIC, WELCH_DF, WELCH_P, WELCH_LOW,
	WELCH_HIGH, WELCH_N, WELCH_EFFECT
};

/* A mean or sd may be NULL: stddev_samp() of one row is. */
Datum
pt_welch_test(PG_FUNCTION_ARGS)
{
	int64		n[2];
	double		mean[2];
	double		sd[2];
	double		se_of[2];
	double		confidence;
	bool		complete = true;
	Row			row;

	row_clear(&row);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(3) || PG_ARGISNULL(6))
		PG_RETURN_DATUM(row_datum(fcinfo, &row));
	for (int i = 0; i < 2; i++)
	{
		n[i] = PG_GETARG_INT64(3 * i);
		check_count(n[i], i == 0 ? "n1" : "n2");
		mean[i] = sd[i] = 0;
		if (!PG_ARGISNULL(3 * i + 1))
		{
			mean[i] = PG_GETARG_FLOAT8(3 * i + 1);
			check_finite(mean[i], i == 0 ? "mean1" : "mean2");
		}
		if (!PG_ARGISNULL(3 * i + 2))
		{
			sd[i] = PG_GETARG_FLOAT8(3 * i + 2);
			check_sd(sd[i], i == 0 ? "sd1" : "sd2");
		}
		if (n[i] < 2 || PG_ARGISNULL(3 * i + 1) || PG_ARGISNULL(3 * i + 2))
			complete = false;
		else
			se_of[i] = sd[i] / sqrt((double) n[i]);
	}
	confidence = PG_GETARG_FLOAT8(6);
	check_confidence(confidence);
	row_set_count(&row, WELCH_N, add_counts(n[0], n[1]));

	if (complete && (sd[0] > 0 || sd[1] > 0))
	{
		double		difference = mean[0] - mean[1];
		double		se = hypot(se_of[0], se_of[1]);
		double		share[2],
					df,
					margin,
					weight;

		for (int i = 0; i < 2; i++)
			share[i] = (se_of[i] / se) * (se_of[i] / se);
		df = 1 / (share[0] * share[0] / ((double) n[0] - 1) +
				  share[1] * share[1] / ((double) n[1] - 1));
		margin = -student_quantile((1 - confidence) / 2, df) * se;
		if (isfinite(difference) && isfinite(difference / se) && isfinite(df))
		{
			row_set(&row, WELCH_DIFFERENCE, difference);
			row_set(&row, WELCH_SE, se);
			row_set(&row, WELCH_STATISTIC, difference / se);
			row_set(&row, WELCH_DF, df);
			row_set(&row, WELCH_P, student_p_two_sided(difference / se, df));
			row_set(&row, WELCH_LOW, difference - margin);
			row_set(&row, WELCH_HIGH, difference + margin);
			/* by the sd of both groups pooled */
			weight = (double) n[0] + (double) n[1] - 2;
			row_set(&row, WELCH_EFFECT, difference /
					hypot(sd[0] * sqrt(((double) n[0] - 1) / weight),
						  sd[1] * sqrt(((double) n[1] - 1) / weight)));
		}
	}
	PG_RETURN_DATUM(row_datum(fcinfo, &row));
}

enum
{
	ANOVA_STATISTIC, ANOVA_DF_BETWEEN, ANOVA_DF_WITHIN, ANOVA_P, ANOVA_N,
	ANOVA_EFFECT
};

/* The elements of an array of one dimension, NULLs among them. */
static int
nullable_elements(ArrayType *array, const char *what, Oid type,
				  Datum **values, bool **nulls)
{
	int			n;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a one-dimensional array", what),
				 errdetail("The array has %d dimensions.", ARR_NDIM(array))));
	deconstruct_array(array, type, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  values, nulls, &n);
	return n;
}

static void
null_element(const char *what, int index)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must not contain NULL", what),
			 errdetail("Element %d is NULL.", index + 1),
			 errhint("A mean may be NULL where the count is 0, a standard deviation where it is 0 or 1.")));
}

Datum
pt_anova(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"counts", "means", "sds"};
	Datum	   *values[3];
	bool	   *nulls[3];
	int			length[3];
	int			groups = 0;
	int			reference = -1;
	int64		n = 0;
	double		grand = 0;
	double		scale = 0;
	double		between = 0;
	double		within = 0;
	Row			row;

	for (int i = 0; i < 3; i++)
		length[i] = nullable_elements(PG_GETARG_ARRAYTYPE_P(i), names[i],
									  i == 0 ? INT8OID : FLOAT8OID,
									  &values[i], &nulls[i]);
	if (length[0] != length[1] || length[0] != length[2])
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("counts, means and sds must have the same length"),
				 errdetail("They have %d, %d and %d elements.",
						   length[0], length[1], length[2])));

	for (int i = 0; i < length[0]; i++)
	{
		int64		count = DatumGetInt64(values[0][i]);

		CHECK_FOR_INTERRUPTS();
		if (nulls[0][i])
			null_element(names[0], i);
		check_count(count, "a count");
		if (nulls[1][i] ? count > 0 : false)
			null_element(names[1], i);
		if (nulls[2][i] ? count > 1 : false)
			null_element(names[2], i);
		if (!nulls[1][i])
			check_finite(DatumGetFloat8(values[1][i]), "a mean");
		if (!nulls[2][i])
			check_sd(DatumGetFloat8(values[2][i]), "a standard deviation");
		if (count == 0)
			continue;
		n = add_counts(n, count);
		groups++;
		if (reference < 0)
			reference = i;
	}

	/* Means relative to one of them, so that large ones lose no digits. */
	for (int i = 0; i < length[0]; i++)
	{
		int64		count = DatumGetInt64(values[0][i]);

		if (count > 0)
			grand += (double) count / (double) n *
				(DatumGetFloat8(values[1][i]) -
				 DatumGetFloat8(values[1][reference]));
	}
	/* The largest term is 1, so that no square is out of range. */
	for (int i = 0; i < length[0]; i++)
	{
		int64		count = DatumGetInt64(values[0][i]);

		if (count > 0)
			scale = fmax(scale,
						 fabs(DatumGetFloat8(values[1][i]) -
							  DatumGetFloat8(values[1][reference]) - grand));
		if (count > 1)
			scale = fmax(scale, DatumGetFloat8(values[2][i]));
	}
	for (int i = 0; i < length[0]; i++)
	{
		double		count = (double) DatumGetInt64(values[0][i]);
		double		deviation;

		CHECK_FOR_INTERRUPTS();
		if (count > 0)
		{
			deviation = (DatumGetFloat8(values[1][i]) -
						 DatumGetFloat8(values[1][reference]) - grand) / scale;
			between += count * deviation * deviation;
		}
		if (count > 1)
		{
			deviation = DatumGetFloat8(values[2][i]) / scale;
			within += (count - 1) * deviation * deviation;
		}
	}

	row_clear(&row);
	row_set_count(&row, ANOVA_N, n);
	if (groups > 1 && n > groups && within > 0)
	{
		double		f = between / (groups - 1) /
			(within / (double) (n - groups));

		if (isfinite(f))
		{
			row_set(&row, ANOVA_STATISTIC, f);
			row_set_count(&row, ANOVA_DF_BETWEEN, groups - 1);
			row_set_count(&row, ANOVA_DF_WITHIN, n - groups);
			row_set(&row, ANOVA_P,
					f_p_upper(f, groups - 1, (double) (n - groups)));
			row_set(&row, ANOVA_EFFECT, between / (between + within));
		}
	}
	PG_RETURN_DATUM(row_datum(fcinfo, &row));
}

enum
{
	CHI_STATISTIC, CHI_DF, CHI_P, CHI_N, CHI_EFFECT, CHI_SMALLEST
};

Datum
pt_chi_square_test(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	Datum	   *values;
	bool	   *nulls;
	int			cells;
	int			rows,
				columns;
	int64	   *row_total,
			   *column_total;
	int64		n = 0;
	int64		used_rows = 0,
				used_columns = 0;
	Row			row;

	if (ARR_NDIM(array) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("observed must be a two-dimensional array"),
				 errdetail("The array has %d dimensions.", ARR_NDIM(array)),
				 errhint("Write one inner array per row of the table, for example '{{12,5},{7,9}}'.")));
	rows = ARR_DIMS(array)[0];
	columns = ARR_DIMS(array)[1];
	deconstruct_array(array, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &values, &nulls, &cells);
	row_total = palloc0(rows * sizeof(int64));
	column_total = palloc0(columns * sizeof(int64));
	for (int i = 0; i < cells; i++)
	{
		int64		count = DatumGetInt64(values[i]);

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("observed must not contain NULL"),
					 errhint("A combination that does not occur has count 0.")));
		check_count(count, "a count");
		n = add_counts(n, count);
		row_total[i / columns] += count;
		column_total[i % columns] += count;
	}
	for (int i = 0; i < rows; i++)
		used_rows += row_total[i] > 0;
	for (int i = 0; i < columns; i++)
		used_columns += column_total[i] > 0;

	row_clear(&row);
	row_set_count(&row, CHI_N, n);
	if (used_rows > 1 && used_columns > 1)
	{
		double		statistic = 0;
		double		smallest = INFINITY;
		int64		df = (used_rows - 1) * (used_columns - 1);

		for (int i = 0; i < cells; i++)
		{
			int64		r = row_total[i / columns];
			int64		c = column_total[i % columns];
			int128		excess;

			CHECK_FOR_INTERRUPTS();
			if (r == 0 || c == 0)
				continue;
			/* n times observed minus expected: exact */
			excess = (int128) DatumGetInt64(values[i]) * n - (int128) r * c;
			statistic += (double) excess / (double) n *
				((double) excess / ((double) r * (double) c));
			smallest = fmin(smallest, (double) r / (double) n * (double) c);
		}
		row_set(&row, CHI_STATISTIC, statistic);
		row_set_count(&row, CHI_DF, df);
		row_set(&row, CHI_P, chi_square_p_upper(statistic, (double) df));
		row_set(&row, CHI_EFFECT,
				sqrt(statistic / (double) n /
					 (double) (Min(used_rows, used_columns) - 1)));
		row_set(&row, CHI_SMALLEST, smallest);
	}
	PG_RETURN_DATUM(row_datum(fcinfo, &row));
}

Datum
pt_wilson_interval(PG_FUNCTION_ARGS)
{
	int64		successes = PG_GETARG_INT64(0);
	int64		count = PG_GETARG_INT64(1);
	double		confidence = PG_GETARG_FLOAT8(2);
	Row			row;

	check_count(successes, "successes");
	check_count(count, "n");
	check_confidence(confidence);
	if (successes > count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("successes must not be more than n"),
				 errdetail("There are %lld successes of %lld.",
						   (long long) successes, (long long) count)));
	row_clear(&row);
	if (count > 0)
	{
		double		low;
		double		high;

		wilson_bounds(successes, count, confidence, &low, &high);
		row_set(&row, 0, (double) successes / (double) count);
		row_set(&row, 1, low);
		row_set(&row, 2, high);
	}
	PG_RETURN_DATUM(row_datum(fcinfo, &row));
}

enum
{
	CORRELATION_N, CORRELATION_STATISTIC, CORRELATION_DF, CORRELATION_P,
	CORRELATION_LOW, CORRELATION_HIGH, CORRELATION_EFFECT
};

Datum
pt_correlation_test(PG_FUNCTION_ARGS)
{
	int64		n;
	double		confidence;
	Row			row;

	row_clear(&row);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_DATUM(row_datum(fcinfo, &row));
	n = PG_GETARG_INT64(1);
	confidence = PG_GETARG_FLOAT8(2);
	check_count(n, "n");
	check_confidence(confidence);
	row_set_count(&row, CORRELATION_N, n);
	if (!PG_ARGISNULL(0))
	{
		double		r = PG_GETARG_FLOAT8(0);

		if (!(r >= -1 && r <= 1))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a correlation must be between -1 and 1"),
					 errdetail("It is %g.", r)));
		/* Of two points, or of points on a line, nothing can be told. */
		if (n > 2 && fabs(r) < 1)
		{
			double		df = (double) (n - 2);
			double		t = r * sqrt(df / ((1 - r) * (1 + r)));

			row_set(&row, CORRELATION_STATISTIC, t);
			row_set_count(&row, CORRELATION_DF, n - 2);
			row_set(&row, CORRELATION_P, student_p_two_sided(t, df));
			row_set(&row, CORRELATION_EFFECT, r * r);
			if (n > 3)
			{
				double		margin = -normal_quantile((1 - confidence) / 2) /
					sqrt((double) (n - 3));

				row_set(&row, CORRELATION_LOW, tanh(atanh(r) - margin));
				row_set(&row, CORRELATION_HIGH, tanh(atanh(r) + margin));
			}
		}
	}
	PG_RETURN_DATUM(row_datum(fcinfo, &row));
}

/* --- Many tests --- */

typedef struct RankedP
{
	double		p;
	int			index;
} RankedP;

static int
compare_p(const void *a, const void *b)
{
	double		left = ((const RankedP *) a)->p;
	double		right = ((const RankedP *) b)->p;

	CHECK_FOR_INTERRUPTS();
	return (left > right) - (left < right);
}

Datum
pt_benjamini_hochberg(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	Datum	   *values;
	bool	   *nulls;
	RankedP    *ranked;
	int			length;
	int			m = 0;
	double		adjusted = 1;

	length = nullable_elements(array, "p_values", FLOAT8OID, &values, &nulls);
	if (length == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(FLOAT8OID));
	ranked = palloc_extended((Size) length * sizeof(RankedP), MCXT_ALLOC_HUGE);
	for (int i = 0; i < length; i++)
	{
		double		p = DatumGetFloat8(values[i]);

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			continue;
		if (!(p >= 0 && p <= 1))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("p_values must be between 0 and 1"),
					 errdetail("Element %d is %g.", i + 1, p)));
		ranked[m].p = p;
		ranked[m++].index = i;
	}
	qsort(ranked, m, sizeof(RankedP), compare_p);
	for (int i = m - 1; i >= 0; i--)
	{
		CHECK_FOR_INTERRUPTS();
		adjusted = fmin(adjusted, ranked[i].p * ((double) m / (i + 1)));
		values[ranked[i].index] = Float8GetDatum(adjusted);
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(values, nulls, ARR_NDIM(array),
											 ARR_DIMS(array),
											 ARR_LBOUND(array), FLOAT8OID,
											 sizeof(float8), FLOAT8PASSBYVAL,
											 TYPALIGN_DOUBLE));
}

/* --- Distributions --- */

static Datum
finite_or_null(FunctionCallInfo fcinfo, double value)
{
	if (!isfinite(value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

Datum
pt_student_p(PG_FUNCTION_ARGS)
{
	return finite_or_null(fcinfo, student_p_two_sided(PG_GETARG_FLOAT8(0),
													  PG_GETARG_FLOAT8(1)));
}

Datum
pt_student_quantile(PG_FUNCTION_ARGS)
{
	return finite_or_null(fcinfo, student_quantile(PG_GETARG_FLOAT8(0),
												   PG_GETARG_FLOAT8(1)));
}

Datum
pt_f_p(PG_FUNCTION_ARGS)
{
	return finite_or_null(fcinfo, f_p_upper(PG_GETARG_FLOAT8(0),
											PG_GETARG_FLOAT8(1),
											PG_GETARG_FLOAT8(2)));
}

Datum
pt_chi_square_p(PG_FUNCTION_ARGS)
{
	return finite_or_null(fcinfo, chi_square_p_upper(PG_GETARG_FLOAT8(0),
													 PG_GETARG_FLOAT8(1)));
}

Datum
pt_normal_quantile(PG_FUNCTION_ARGS)
{
	return finite_or_null(fcinfo, normal_quantile(PG_GETARG_FLOAT8(0)));
}

Datum
pt_normal_cdf(PG_FUNCTION_ARGS)
{
	return finite_or_null(fcinfo, normal_cdf(PG_GETARG_FLOAT8(0)));
}
