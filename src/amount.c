/*-------------------------------------------------------------------------
 *
 * amount.c
 *		Amounts of money that are sure to be numbers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "compat.h"

PG_FUNCTION_INFO_V1(pt_finite_amount);

/*
 * Returns the amount, or stops with an error that names the column: one NaN
 * would turn every sum over it into NaN, on a dashboard far from here.
 */
Datum
pt_finite_amount(PG_FUNCTION_ARGS)
{
	Numeric		amount = PG_GETARG_NUMERIC(0);

	if (numeric_is_nan(amount) || numeric_is_inf(amount))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s contains %s, which is no amount",
						text_to_cstring(PG_GETARG_TEXT_PP(1)),
						numeric_is_nan(amount) ? "NaN" : "an infinite value"),
				 errhint("Make it NULL in the source, or leave such rows out by a view.")));
	PG_RETURN_NUMERIC(amount);
}
