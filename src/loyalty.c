/*-------------------------------------------------------------------------
 *
 * loyalty.c
 *		Loyalty tiers by the number of previous purchases.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "array.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(pt_loyalty_tier);
PG_FUNCTION_INFO_V1(pt_loyalty_tier_sort);
PG_FUNCTION_INFO_V1(pt_loyalty_tier_edges);
PG_FUNCTION_INFO_V1(pt_loyalty_tier_sort_edges);

/* more would be no tiers */
#define MAX_TIERS	1000

static const char *const tiers[] = {"New", "Returning", "Loyal"};

/*
 * The tier's number, from 1, or 0 for a negative count, which no customer
 * has.  Zero purchases are New: most hand-written CASE ... ELSE chains make
 * them Loyal.
 */
static int
find_tier(FunctionCallInfo fcinfo)
{
	int64		purchases = PG_GETARG_INT64(0);
	int64		returning_from = PG_GETARG_INT64(1);
	int64		loyal_from = PG_GETARG_INT64(2);

	if (returning_from < 1 || loyal_from <= returning_from)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("loyalty thresholds must ascend"),
				 errdetail("returning_from is %lld and loyal_from is %lld.",
						   (long long) returning_from,
						   (long long) loyal_from),
				 errhint("returning_from is at least 1, and loyal_from is larger.")));
	if (purchases < 0)
		return 0;
	if (purchases < returning_from)
		return 1;
	return purchases < loyal_from ? 2 : 3;
}

Datum
pt_loyalty_tier(PG_FUNCTION_ARGS)
{
	int			tier = find_tier(fcinfo);

	if (tier == 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(tiers[tier - 1]));
}

Datum
pt_loyalty_tier_sort(PG_FUNCTION_ARGS)
{
	int			tier = find_tier(fcinfo);

	if (tier == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT16((int16) tier);
}

/*
 * The tier's number, from 1, among those that begin at the edges; the first
 * is below all of them.  0 for a negative count.
 */
static int
find_edge_tier(FunctionCallInfo fcinfo, int *edge_count)
{
	int64		purchases = PG_GETARG_INT64(0);
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(1);
	const int64 *edges = (const int64 *) ARR_DATA_PTR(array);
	int			n = element_count(array, "loyalty_edges");
	int			tier = purchases < 0 ? 0 : 1;

	if (n < 1 || n >= MAX_TIERS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be 1 to %d loyalty_edges, not %d", MAX_TIERS - 1, n)));
	for (int i = 0; i < n; i++)
	{
		if (edges[i] < 1 || (i > 0 && edges[i] <= edges[i - 1]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("loyalty_edges must ascend from at least 1"),
					 errdetail("Edge number %d is %lld.", i + 1, (long long) edges[i])));
		if (purchases >= edges[i])
			tier = i + 2;
	}
	*edge_count = n;
	return tier;
}

Datum
pt_loyalty_tier_edges(PG_FUNCTION_ARGS)
{
	ArrayType  *labels = PG_GETARG_ARRAYTYPE_P(2);
	int			n;
	int			tier = find_edge_tier(fcinfo, &n);

	if (element_count(labels, "loyalty_labels") != n + 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%d loyalty_edges need %d loyalty_labels, not %d",
						n, n + 1, element_count(labels, "loyalty_labels")),
				 errhint("The first is for customers below all edges.")));
	if (tier == 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(text_element(labels, tier - 1));
}

Datum
pt_loyalty_tier_sort_edges(PG_FUNCTION_ARGS)
{
	int			n;
	int			tier = find_edge_tier(fcinfo, &n);

	if (tier == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT16((int16) tier);
}
