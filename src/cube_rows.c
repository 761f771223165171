/*-------------------------------------------------------------------------
 *
 * cube_rows.c
 *		A sales_cube as rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "amount.h"
#include "compat.h"
#include "cube.h"

PG_FUNCTION_INFO_V1(pt_sales_cube_rows);

#define COLUMNS		28

static int
arm_argument(FunctionCallInfo fcinfo, int arg)
{
	HeapTuple	tuple = SearchSysCache1(ENUMOID,
										ObjectIdGetDatum(PG_GETARG_OID(arg)));
	int			arm = -1;

	if (HeapTupleIsValid(tuple))
	{
		const char *label = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);

		arm = strcmp(label, "whole") == 0 ? CUBE_WHOLE :
			strcmp(label, "selected") == 0 ? CUBE_SELECTED : -1;
		ReleaseSysCache(tuple);
	}
	if (arm < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown arm of a sales_cube")));
	return arm;
}

/* The values of a cell as an array of codes and one of texts. */
static void
key_arrays(const CubeView *view, const CubeKey *key, Datum *codes, Datum *texts)
{
	const CubeGrouping *grouping = &view->cube->plan.groupings[key->grouping];
	Datum		code_values[CUBE_MAX_ELEMENTS] = {0};
	bool		code_nulls[CUBE_MAX_ELEMENTS];
	Datum		text_values[CUBE_MAX_ELEMENTS] = {0};
	bool		text_nulls[CUBE_MAX_ELEMENTS];
	int			n = grouping->nelements;
	int			lower = 1;

	for (int i = 0; i < n; i++)
	{
		int32		value = key->values[i];

		code_nulls[i] = text_nulls[i] = true;
		if (value == CUBE_NULL)
			continue;
		if (grouping->elements[i] > 0 && value < 0)
		{
			int			length;
			const char *text = cube_text(view, -1 - value, &length);

			text_values[i] =
				PointerGetDatum(cstring_to_text_with_len(text, length));
			text_nulls[i] = false;
		}
		else
		{
			code_values[i] = Int32GetDatum(value);
			code_nulls[i] = false;
		}
	}
	if (n == 0)
	{
		*codes = PointerGetDatum(construct_empty_array(INT4OID));
		*texts = PointerGetDatum(construct_empty_array(TEXTOID));
		return;
	}
	*codes = PointerGetDatum(construct_md_array(code_values, code_nulls, 1, &n,
												&lower, INT4OID, sizeof(int32),
												true, TYPALIGN_INT));
	*texts = PointerGetDatum(construct_md_array(text_values, text_nulls, 1, &n,
												&lower, TEXTOID, -1, false,
												TYPALIGN_INT));
}

static void
figures_row(const SalesCube *cube, const CubeFigures *figures, Datum *values,
			bool *nulls)
{
	static const int counts[] = {
		COUNT_LINES, COUNT_CUSTOMERS, COUNT_BUYERS, COUNT_NEW,
		COUNT_RETURNING, COUNT_SUBSCRIBERS, COUNT_SUBSCRIPTION_KNOWN,
		COUNT_ORDERS, COUNT_PRICED, COUNT_DISCOUNTED, COUNT_DISCOUNT_KNOWN,
		COUNT_RETURNS
	};
	const int64 *n = figures->counts;
	const int128 *sums = figures->sums;
	int			i = 0;

	for (; i < (int) lengthof(counts); i++)
		values[i] = Int64GetDatum(n[counts[i]]);

#define SUM(sum, measure, known) \
	do { \
		nulls[i] = !(known); \
		if (known) \
			values[i] = NumericGetDatum(amount_to_numeric(sum, \
														  cube->scales[measure])); \
		i++; \
	} while (0)

	/* a known amount is one of a priced order, or of a return */
	SUM(sums[SUM_REVENUE], CUBE_AMOUNT, n[COUNT_PRICED] + n[COUNT_RETURNS] > 0);
	SUM(sums[SUM_REVENUE] - sums[SUM_RETURNED], CUBE_AMOUNT, n[COUNT_PRICED] > 0);
	SUM(sums[SUM_REVENUE] - sums[SUM_OTHER_REVENUE], CUBE_AMOUNT, n[COUNT_WITH_AMOUNT] > 0);
	SUM(sums[SUM_NEW_REVENUE], CUBE_AMOUNT, true);
	SUM(sums[SUM_RETURNING_REVENUE], CUBE_AMOUNT, true);
	SUM(sums[SUM_RECENT_REVENUE], CUBE_AMOUNT, true);
	SUM(sums[SUM_EARLIER_REVENUE], CUBE_AMOUNT, true);
	SUM(sums[SUM_RATING], CUBE_RATING, n[COUNT_RATED] > 0);
	values[i++] = Int64GetDatum(n[COUNT_RATED]);
	SUM(sums[SUM_QUANTITY], CUBE_QUANTITY, n[COUNT_WITH_QUANTITY] > 0);
	nulls[i] = nulls[i + 1] = figures->first == DT_NOEND;
	values[i++] = TimestampGetDatum(figures->first);
	values[i++] = TimestampGetDatum(figures->last);
	nulls[i] = true;			/* statistics */
}

Datum
pt_sales_cube_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SalesCube  *cube = sales_cube_get(PG_GETARG_DATUM(0));
	int			arm = arm_argument(fcinfo, 1);
	CubeView	view;
	MemoryContext context;
	MemoryContext old;

	if (cube->nslots > 0)
		cube = sales_cube_pack(cube);
	/* without filters all lines are selected */
	arm = Min(arm, cube->narms - 1);
	sales_cube_view(cube, &view);
	InitMaterializedSRF(fcinfo, 0);
	Assert(rsinfo->setDesc->natts == COLUMNS);
	context = AllocSetContextCreate(CurrentMemoryContext, "sales_cube row",
									ALLOCSET_DEFAULT_SIZES);
	for (int32 i = 0; i < cube->ncells; i++)
	{
		const CubeCell *cell = cube_cell(&view, i);
		Datum		values[COLUMNS] = {0};
		bool		nulls[COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(context);
		old = MemoryContextSwitchTo(context);
		values[0] = Int32GetDatum(cell->key.grouping + 1);
		key_arrays(&view, &cell->key, &values[1], &values[2]);
		if (cube->plan.groupings[cell->key.grouping].statistics)
		{
			memset(nulls + 3, true, COLUMNS - 4);
			values[COLUMNS - 1] = PointerGetDatum(&cell->arms[arm].stats);
		}
		else
			figures_row(cube, &cell->arms[arm].figures, values + 3, nulls + 3);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextSwitchTo(old);
	}
	return (Datum) 0;
}
