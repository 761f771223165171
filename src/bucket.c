/*-------------------------------------------------------------------------
 *
 * bucket.c
 *		Buckets of values: age_bucket(), bucket_index(), bucket_label().
 *
 * Buckets are those of pandas.cut and qcut: right-closed, the first one
 * closed on both sides.  With edges e0 < e1 < ... < ek, bucket i holds
 * e(i-1) < v <= ei, and e0 itself is in bucket 1.  What lies outside the
 * edges is in no bucket (NULL); -infinity and infinity are allowed as the
 * outermost edges.  Equal values are never split.  A single edge, which is
 * what the quantiles of equal values merge to, is a bucket of that value.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"

#include "array.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(pt_bucket_index);
PG_FUNCTION_INFO_V1(pt_bucket_label);
PG_FUNCTION_INFO_V1(pt_age_bucket);
PG_FUNCTION_INFO_V1(pt_age_bucket_birth_date);
PG_FUNCTION_INFO_V1(pt_age_bucket_sort);
PG_FUNCTION_INFO_V1(pt_age_bucket_sort_birth_date);
PG_FUNCTION_INFO_V1(pt_age_years);
PG_FUNCTION_INFO_V1(pt_spend_tier);
PG_FUNCTION_INFO_V1(pt_spend_tier_sort);
PG_FUNCTION_INFO_V1(pt_is_high_value);

/* The age bands that market research uses most: 18-25, 26-35, ..., 56+. */
static const float8 default_age_edges[] = {
	18, 25, 35, 45, 55, INFINITY
};

/* Errors unless the edges ascend and none is NaN. */
static void
check_edges(const float8 *edges, int n)
{
	if (n < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("edges must not be empty")));
	for (int i = 0; i < n; i++)
	{
		if (isnan(edges[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("edges must not contain NaN")));
		if (i > 0 && edges[i] <= edges[i - 1])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("edges must ascend"),
					 errdetail("Edge %d is %g and edge %d is %g.",
							   i, edges[i - 1], i + 1, edges[i]),
					 errhint("quantile_edges() merges equal edges when asked to.")));
	}
}

static void
check_labels(int nlabels, int nedges)
{
	int			buckets = Max(nedges - 1, 1);

	if (nlabels != buckets)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the number of labels does not fit the edges"),
				 errdetail("The number of edges is %d and that of buckets %d, but that of labels %d.",
						   nedges, buckets, nlabels)));
}

/* Number of the bucket that holds the value, from 1; 0 if none does. */
static int
find_bucket(float8 value, const float8 *edges, int n)
{
	int			low = 0,
				high = n - 1;

	if (isnan(value) || value < edges[0] || value > edges[n - 1])
		return 0;
	/* the first edge that is not below the value closes its bucket */
	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (edges[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return Max(low, 1);
}

/* '[18, 31]' and '(31, 44]': an interval, as pandas prints it. */
static text *
interval_label(const float8 *edges, int n, int bucket)
{
	char		low[DOUBLE_SHORTEST_DECIMAL_LEN];
	char		high[DOUBLE_SHORTEST_DECIMAL_LEN];

	/* not float8out: the label must not depend on extra_float_digits */
	double_to_shortest_decimal_buf(edges[bucket - 1], low);
	double_to_shortest_decimal_buf(edges[Min(bucket, n - 1)], high);
	return cstring_to_text(psprintf("%c%s, %s]", bucket == 1 ? '[' : '(',
									low, high));
}

/*
 * '18-25', '26-35', '56+': ages in whole years.  Edges with fractions keep
 * the interval form, since '25.5' has no next year.
 */
static text *
age_label(const float8 *edges, int n, int bucket)
{
	float8		low = edges[bucket - 1];
	float8		high = edges[Min(bucket, n - 1)];

	if ((!isinf(low) && low != rint(low)) ||
		(!isinf(high) && high != rint(high)))
		return interval_label(edges, n, bucket);
	if (bucket > 1)
		low += 1;
	if (isinf(low) && isinf(high))
		return cstring_to_text("all");
	if (isinf(high))
		return cstring_to_text(psprintf("%.0f+", low));
	if (isinf(low))
		return cstring_to_text(psprintf("up to %.0f", high));
	if (low == high)
		return cstring_to_text(psprintf("%.0f", low));
	return cstring_to_text(psprintf("%.0f-%.0f", low, high));
}

Datum
pt_bucket_index(PG_FUNCTION_ARGS)
{
	int			n;
	const float8 *edges = float8_elements(PG_GETARG_ARRAYTYPE_P(1), "edges",
										  &n);
	int			bucket;

	check_edges(edges, n);
	bucket = find_bucket(PG_GETARG_FLOAT8(0), edges, n);
	if (bucket == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(bucket);
}

/*
 * The label of the value's bucket; labels may be NULL, and then the label
 * tells the limits.
 */
static Datum
label_of_value(FunctionCallInfo fcinfo, float8 value, const float8 *edges,
			   int n, int labels_arg,
			   text *(*make_label) (const float8 *, int, int))
{
	ArrayType  *labels = NULL;
	int			bucket;

	check_edges(edges, n);
	if (!PG_ARGISNULL(labels_arg))
	{
		labels = PG_GETARG_ARRAYTYPE_P(labels_arg);
		check_labels(element_count(labels, "labels"), n);
	}
	bucket = find_bucket(value, edges, n);
	if (bucket == 0)
		PG_RETURN_NULL();
	if (labels != NULL)
		PG_RETURN_TEXT_P(text_element(labels, bucket - 1));
	PG_RETURN_TEXT_P(make_label(edges, n, bucket));
}

Datum
pt_bucket_label(PG_FUNCTION_ARGS)
{
	int			n;
	const float8 *edges;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	edges = float8_elements(PG_GETARG_ARRAYTYPE_P(1), "edges", &n);
	return label_of_value(fcinfo, PG_GETARG_FLOAT8(0), edges, n, 2,
						  interval_label);
}

/*--- ages ---*/

/* The edges of argument edges_arg, or the usual age bands where it is NULL. */
static const float8 *
age_edges(FunctionCallInfo fcinfo, int edges_arg, int *n)
{
	if (!PG_ARGISNULL(edges_arg))
		return float8_elements(PG_GETARG_ARRAYTYPE_P(edges_arg), "edges", n);
	*n = lengthof(default_age_edges);
	return default_age_edges;
}

/*
 * Completed years from birth to as_of; a child of 29 February has its
 * birthday on 1 March in other years.  False if the person is not born yet
 * or one of the dates is infinite.
 */
static bool
completed_years(DateADT birth, DateADT as_of, int32 *years)
{
	int			birth_year,
				birth_month,
				birth_day,
				year,
				month,
				day;

	if (DATE_NOT_FINITE(birth) || DATE_NOT_FINITE(as_of) || birth > as_of)
		return false;
	j2date(birth + POSTGRES_EPOCH_JDATE, &birth_year, &birth_month,
		   &birth_day);
	j2date(as_of + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	*years = year - birth_year;
	if (month < birth_month || (month == birth_month && day < birth_day))
		(*years)--;
	return true;
}

Datum
pt_age_years(PG_FUNCTION_ARGS)
{
	int32		years;

	if (!completed_years(PG_GETARG_DATEADT(0), PG_GETARG_DATEADT(1), &years))
		PG_RETURN_NULL();
	PG_RETURN_INT32(years);
}

static Datum
age_bucket(FunctionCallInfo fcinfo, float8 age, int edges_arg)
{
	int			n;
	const float8 *edges = age_edges(fcinfo, edges_arg, &n);

	return label_of_value(fcinfo, age, edges, n, edges_arg + 1, age_label);
}

static Datum
age_bucket_sort(FunctionCallInfo fcinfo, float8 age, int edges_arg)
{
	int			n;
	const float8 *edges = age_edges(fcinfo, edges_arg, &n);
	int			bucket;

	check_edges(edges, n);
	bucket = find_bucket(age, edges, n);
	if (bucket == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT16((int16) Min(bucket, PG_INT16_MAX));
}

Datum
pt_age_bucket(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return age_bucket(fcinfo, PG_GETARG_FLOAT8(0), 1);
}

Datum
pt_age_bucket_sort(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return age_bucket_sort(fcinfo, PG_GETARG_FLOAT8(0), 1);
}

Datum
pt_age_bucket_birth_date(PG_FUNCTION_ARGS)
{
	int32		years;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) ||
		!completed_years(PG_GETARG_DATEADT(0), PG_GETARG_DATEADT(1), &years))
		PG_RETURN_NULL();
	return age_bucket(fcinfo, years, 2);
}

Datum
pt_age_bucket_sort_birth_date(PG_FUNCTION_ARGS)
{
	int32		years;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) ||
		!completed_years(PG_GETARG_DATEADT(0), PG_GETARG_DATEADT(1), &years))
		PG_RETURN_NULL();
	return age_bucket_sort(fcinfo, years, 2);
}

/*--- spend tiers ---*/

static const char *const spend_tiers[] = {"Light", "Medium", "Heavy"};

/*
 * The tier's number, from 1, or 0 for NaN.  A value equal to a cut point is
 * below it, so equal spenders are in one tier however many they are.
 */
static int
find_spend_tier(FunctionCallInfo fcinfo)
{
	float8		spend = PG_GETARG_FLOAT8(0);
	float8		medium_above = PG_GETARG_FLOAT8(1);
	float8		heavy_above = PG_GETARG_FLOAT8(2);

	if (isnan(medium_above) || isnan(heavy_above) ||
		medium_above > heavy_above)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cut points of spend tiers must ascend"),
				 errdetail("medium_above is %g and heavy_above is %g.",
						   medium_above, heavy_above)));
	if (isnan(spend))
		return 0;
	if (spend <= medium_above)
		return 1;
	return spend <= heavy_above ? 2 : 3;
}

Datum
pt_spend_tier(PG_FUNCTION_ARGS)
{
	int			tier = find_spend_tier(fcinfo);

	if (tier == 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(spend_tiers[tier - 1]));
}

Datum
pt_spend_tier_sort(PG_FUNCTION_ARGS)
{
	int			tier = find_spend_tier(fcinfo);

	if (tier == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT16((int16) tier);
}

Datum
pt_is_high_value(PG_FUNCTION_ARGS)
{
	float8		spend = PG_GETARG_FLOAT8(0);
	float8		threshold = PG_GETARG_FLOAT8(1);

	if (isnan(spend) || isnan(threshold))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(spend >= threshold);
}
