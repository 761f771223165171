/*-------------------------------------------------------------------------
 *
 * cuped.c
 *		Effect of a discount, adjusted by what customers spent before.
 *
 * CUPED (Deng, Xu, Kohavi and Walker 2013): with y the amount and x a value
 * from before the period, y - theta (x - mean(x)) has the same difference
 * between arms in expectation as y, if x does not depend on the arm, but
 * less variance; theta = cov(y, x) / var(x) over both arms together, within
 * the arms, takes away most.
 *
 * The state is a double precision[] of the moments of both arms, changed in
 * place as core's regr_*() aggregates do, with their updating formulas
 * (Youngs and Cramer), which stay accurate for large, close values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "compat.h"
#include "stats_math.h"

PG_FUNCTION_INFO_V1(pt_cuped_accum);
PG_FUNCTION_INFO_V1(pt_cuped_combine);
PG_FUNCTION_INFO_V1(pt_cuped_final);

/* One arm: count, means, and sums of products of deviations. */
typedef struct CupedArm
{
	float8		n;
	float8		mean_x;
	float8		mean_y;
	float8		sxx;
	float8		syy;
	float8		sxy;
} CupedArm;

#define ARM_WORDS		6
#define STATE_WORDS		(2 * ARM_WORDS)
#define CONFIDENCE		0.95

/* More rows than this are not counted exactly. */
#define MAX_ROWS		9007199254740992.0

static CupedArm *
cuped_arms(ArrayType *state)
{
	float8	   *words;

	if (ARR_NDIM(state) != 1 || ARR_DIMS(state)[0] != STATE_WORDS ||
		ARR_HASNULL(state) || ARR_ELEMTYPE(state) != FLOAT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the state of cuped_effect must be an array of %d numbers",
						STATE_WORDS)));
	words = (float8 *) ARR_DATA_PTR(state);
	for (int i = 0; i < STATE_WORDS; i++)
	{
		if (!isfinite(words[i]) ||
			(i % ARM_WORDS == 0 && !(words[i] >= 0 && words[i] <= MAX_ROWS)))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("cuped_effect: a moment is out of range")));
	}
	return (CupedArm *) words;
}

static ArrayType *
cuped_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the state of cuped_effect must not be NULL")));
	return AggCheckCallContext(fcinfo, NULL) ? PG_GETARG_ARRAYTYPE_P(0)
		: PG_GETARG_ARRAYTYPE_P_COPY(0);
}

Datum
pt_cuped_accum(PG_FUNCTION_ARGS)
{
	ArrayType  *state = cuped_state(fcinfo);
	CupedArm   *arm = cuped_arms(state);
	float8		x,
				y,
				dx,
				dy;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_ARRAYTYPE_P(state);
	y = PG_GETARG_FLOAT8(1);
	x = PG_GETARG_FLOAT8(2);
	if (!isfinite(x) || !isfinite(y))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("NaN and infinite values have no effect to be measured"),
				 errhint("Leave such rows out, for example by FILTER.")));
	if (!PG_GETARG_BOOL(3))
		arm++;
	arm->n += 1;
	dx = x - arm->mean_x;
	dy = y - arm->mean_y;
	arm->mean_x += dx / arm->n;
	arm->mean_y += dy / arm->n;
	arm->sxx += dx * (x - arm->mean_x);
	arm->syy += dy * (y - arm->mean_y);
	arm->sxy += dx * (y - arm->mean_y);
	PG_RETURN_ARRAYTYPE_P(state);
}

static void
merge_arm(CupedArm *a, const CupedArm *b)
{
	float8		n = a->n + b->n;
	float8		dx = b->mean_x - a->mean_x;
	float8		dy = b->mean_y - a->mean_y;
	float8		weight;

	if (b->n == 0)
		return;
	weight = a->n * b->n / n;
	a->sxx += b->sxx + dx * dx * weight;
	a->syy += b->syy + dy * dy * weight;
	a->sxy += b->sxy + dx * dy * weight;
	a->mean_x += dx * b->n / n;
	a->mean_y += dy * b->n / n;
	a->n = n;
}

Datum
pt_cuped_combine(PG_FUNCTION_ARGS)
{
	ArrayType  *state = cuped_state(fcinfo);
	CupedArm   *arms = cuped_arms(state);

	if (!PG_ARGISNULL(1))
	{
		CupedArm   *others = cuped_arms(PG_GETARG_ARRAYTYPE_P(1));

		merge_arm(&arms[0], &others[0]);
		merge_arm(&arms[1], &others[1]);
	}
	PG_RETURN_ARRAYTYPE_P(state);
}

/* Variance of the mean of y - theta x in one arm; NULL with less than two. */
static bool
adjusted_variance(const CupedArm *arm, float8 theta, float8 *variance)
{
	float8		sum = arm->syy - 2 * theta * arm->sxy +
		theta * theta * arm->sxx;

	if (arm->n < 2)
		return false;
	*variance = Max(sum, 0) / (arm->n - 1) / arm->n;
	return true;
}

Datum
pt_cuped_final(PG_FUNCTION_ARGS)
{
	TupleDesc	tupdesc;
	CupedArm   *arms;
	CupedArm   *with;
	CupedArm   *without;
	Datum		values[10] = {0};
	bool		nulls[10];
	float8		sxx,
				theta,
				v1 = 0,
				v0 = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	arms = cuped_arms(PG_GETARG_ARRAYTYPE_P(0));
	with = &arms[0];
	without = &arms[1];
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	Assert(tupdesc->natts == lengthof(values));
	memset(nulls, true, sizeof(nulls));

#define SET_COLUMN(i, datum) (values[i] = (datum), nulls[i] = false)
	SET_COLUMN(0, Int64GetDatum((int64) with->n));
	SET_COLUMN(1, Int64GetDatum((int64) without->n));
	sxx = with->sxx + without->sxx;
	if (with->n > 0 && without->n > 0)
		SET_COLUMN(2, Float8GetDatum(with->mean_y - without->mean_y));
	if (adjusted_variance(with, 0, &v1) && adjusted_variance(without, 0, &v0) &&
		v1 + v0 > 0)
		SET_COLUMN(3, Float8GetDatum(sqrt(v1 + v0)));
	if (sxx > 0 && with->n > 0 && without->n > 0)
	{
		float8		difference;

		theta = (with->sxy + without->sxy) / sxx;
		difference = with->mean_y - without->mean_y -
			theta * (with->mean_x - without->mean_x);
		SET_COLUMN(4, Float8GetDatum(theta));
		SET_COLUMN(5, Float8GetDatum(difference));
		if (adjusted_variance(with, theta, &v1) &&
			adjusted_variance(without, theta, &v0) && v1 + v0 > 0)
		{
			float8		se = sqrt(v1 + v0);
			float8		z = normal_quantile(1 - (1 - CONFIDENCE) / 2);

			SET_COLUMN(6, Float8GetDatum(se));
			SET_COLUMN(7, Float8GetDatum(difference - z * se));
			SET_COLUMN(8, Float8GetDatum(difference + z * se));
		}
		if (with->syy + without->syy > 0)
			SET_COLUMN(9, Float8GetDatum((with->sxy + without->sxy) /
										 sqrt(sxx * (with->syy + without->syy))));
	}
#undef SET_COLUMN
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc),
													  values, nulls)));
}
