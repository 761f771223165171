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

/*--- edges and labels, kept between calls ---*/

/*
 * Edges and labels mostly are the same for all rows of a query, so they are
 * checked and taken apart once, and found again by their bytes.
 */
typedef struct Buckets
{
	int			n;				/* of edges */
	const float8 *edges;
	text	  **labels;			/* NULL until needed, unless they were given */
	bool		labels_given;
	struct varlena *edges_given;	/* as the arguments were; or NULL */
	struct varlena *labels_array;
	int			misses;			/* how often they were others */
} Buckets;

/* Where arguments change from row to row, keeping them would only cost. */
#define MAX_MISSES		16

/* An array argument, of which nothing is known yet but its bytes; or NULL. */
static struct varlena *
array_bytes(FunctionCallInfo fcinfo, int arg)
{
	if (arg < 0 || PG_ARGISNULL(arg))
		return NULL;
	return PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(arg));
}

static bool
same_bytes(const struct varlena *a, const struct varlena *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return VARSIZE_ANY(a) == VARSIZE_ANY(b) && memcmp(a, b, VARSIZE_ANY(a)) == 0;
}

static struct varlena *
copy_bytes(const struct varlena *value)
{
	struct varlena *copy;

	if (value == NULL)
		return NULL;
	copy = palloc(VARSIZE_ANY(value));
	memcpy(copy, value, VARSIZE_ANY(value));
	return copy;
}

/* Takes the arguments apart, in the current memory context. */
static void
read_buckets(Buckets *buckets, struct varlena *edges, struct varlena *labels)
{
	buckets->edges = default_age_edges;
	buckets->n = lengthof(default_age_edges);
	if (edges != NULL)
		buckets->edges = float8_elements(DatumGetArrayTypeP(PointerGetDatum(edges)),
										 "edges", &buckets->n);
	check_edges(buckets->edges, buckets->n);
	buckets->labels = NULL;
	buckets->labels_given = labels != NULL;
	if (labels != NULL)
	{
		ArrayType  *array = DatumGetArrayTypeP(PointerGetDatum(labels));
		int			count = element_count(array, "labels");

		check_labels(count, buckets->n);
		buckets->labels = palloc(sizeof(text *) * count);
		for (int i = 0; i < count; i++)
			buckets->labels[i] = text_element(array, i);
	}
}

/*
 * The buckets of the arguments; edges that are NULL are the usual age bands,
 * and labels that are NULL tell the limits.  labels_arg is -1 where labels
 * are not asked for.  local is used where there is nothing to keep them in.
 */
static Buckets *
get_buckets(FunctionCallInfo fcinfo, int edges_arg, int labels_arg,
			Buckets *local)
{
	struct varlena *edges = array_bytes(fcinfo, edges_arg);
	struct varlena *labels = array_bytes(fcinfo, labels_arg);
	FmgrInfo   *call = fcinfo->flinfo;
	Buckets    *kept = call == NULL ? NULL : call->fn_extra;
	MemoryContext caller;
	int			misses;

	if (likely(kept != NULL && kept->n > 0 &&
			   same_bytes(edges, kept->edges_given) &&
			   same_bytes(labels, kept->labels_array)))
		return kept;
	if (call == NULL || (kept != NULL && kept->misses >= MAX_MISSES))
	{
		read_buckets(local, edges, labels);
		return local;
	}
	if (kept == NULL)
		kept = call->fn_extra = MemoryContextAllocZero(call->fn_mcxt,
													   sizeof(Buckets));
	/* what was kept before is few bytes, a few times: it stays until the end */
	misses = ++kept->misses;
	caller = MemoryContextSwitchTo(call->fn_mcxt);
	edges = copy_bytes(edges);
	labels = copy_bytes(labels);
	read_buckets(local, edges, labels);
	MemoryContextSwitchTo(caller);
	/* nothing is kept of what is an error */
	local->edges_given = edges;
	local->labels_array = labels;
	local->misses = misses;
	*kept = *local;
	return kept;
}

/* The label of a value; NULL if it is in no bucket. */
static Datum
label_of_value(FunctionCallInfo fcinfo, float8 value, int edges_arg,
			   text *(*make_label) (const float8 *, int, int))
{
	Buckets		local;
	Buckets    *buckets = get_buckets(fcinfo, edges_arg, edges_arg + 1,
									  &local);
	int			bucket = find_bucket(value, buckets->edges, buckets->n);
	const text *label;
	text	   *copy;

	if (bucket == 0)
		PG_RETURN_NULL();
	if (buckets == &local)
		PG_RETURN_TEXT_P(buckets->labels_given ? buckets->labels[bucket - 1]
						 : make_label(buckets->edges, buckets->n, bucket));
	if (!buckets->labels_given)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (buckets->labels == NULL)
			buckets->labels = palloc0(sizeof(text *) * Max(buckets->n - 1, 1));
		if (buckets->labels[bucket - 1] == NULL)
			buckets->labels[bucket - 1] = make_label(buckets->edges,
													 buckets->n, bucket);
		MemoryContextSwitchTo(caller);
	}
	/* a copy: what is kept may go before the row does */
	label = buckets->labels[bucket - 1];
	copy = palloc(VARSIZE_ANY(label));
	memcpy(copy, label, VARSIZE_ANY(label));
	PG_RETURN_TEXT_P(copy);
}

/* The number of a value's bucket; 0 if it is in none. */
static int
bucket_of_value(FunctionCallInfo fcinfo, float8 value, int edges_arg)
{
	Buckets		local;
	const Buckets *buckets = get_buckets(fcinfo, edges_arg, -1, &local);

	return find_bucket(value, buckets->edges, buckets->n);
}

Datum
pt_bucket_index(PG_FUNCTION_ARGS)
{
	int			bucket = bucket_of_value(fcinfo, PG_GETARG_FLOAT8(0), 1);

	if (bucket == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(bucket);
}

Datum
pt_bucket_label(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	return label_of_value(fcinfo, PG_GETARG_FLOAT8(0), 1, interval_label);
}

/*--- ages ---*/

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
	return label_of_value(fcinfo, age, edges_arg, age_label);
}

static Datum
age_bucket_sort(FunctionCallInfo fcinfo, float8 age, int edges_arg)
{
	int			bucket = bucket_of_value(fcinfo, age, edges_arg);

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
