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

#include "compat.h"

PG_FUNCTION_INFO_V1(pt_loyalty_tier);
PG_FUNCTION_INFO_V1(pt_loyalty_tier_sort);

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
