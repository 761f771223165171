/*-------------------------------------------------------------------------
 *
 * basket_lines.c
 *		Baskets out of the order lines of customers.
 *
 * Two columns of the lines are decoded: what was bought, and the amount, by
 * which returns are known.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_enum.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "basket.h"
#include "dimension_codes.h"
#include "line_texts.h"
#include "lines.h"

PG_FUNCTION_INFO_V1(pt_basket_set_accum_lines);

typedef enum BasketBy
{
	BY_ORDER,
	BY_CUSTOMER
} BasketBy;

static BasketBy
by_argument(FunctionCallInfo fcinfo, int arg)
{
	HeapTuple	tuple = SearchSysCache1(ENUMOID,
										ObjectIdGetDatum(PG_GETARG_OID(arg)));
	int			by = -1;

	if (HeapTupleIsValid(tuple))
	{
		const char *label = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);

		by = strcmp(label, "order") == 0 ? BY_ORDER :
			strcmp(label, "customer") == 0 ? BY_CUSTOMER : -1;
		ReleaseSysCache(tuple);
	}
	if (by < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown label of basket_by")));
	return (BasketBy) by;
}

static void
add_lines(TextBuild *build, const LinesReader *reader, int32 dimension,
		  BasketBy by, const DimensionCodes *codes, CodeGuesses *guesses)
{
	int64	   *values = line_values(reader, LINES_DIMENSION + dimension - 1);
	int64	   *amounts = line_values(reader, LINES_AMOUNT);
	int64	   *sizes = line_values(reader, LINES_ORDER_SIZE);
	uint32	   *entries = MemoryContextAllocHuge(CurrentMemoryContext,
												 sizeof(uint32) * (Size) reader->nlines);
	int32		n = 0;
	int32		line = 0;
	bool		any = false;

	for (int32 order = 0; order < reader->norders; order++)
	{
		if (by == BY_ORDER)
		{
			n = 0;
			any = false;
		}
		for (int64 i = 0; i < sizes[order]; i++, line++)
		{
			CHECK_FOR_INTERRUPTS();
			/* a return is not in the basket, nor a basket by itself */
			if (amounts[line] < 0 && amounts[line] != LINES_NULL)
				continue;
			any = true;
			if (values[line] != LINES_NULL)
				entries[n++] = line_text_entry(build, reader, codes, guesses,
											   dimension, values[line]);
		}
		if (any && (by == BY_ORDER || order == reader->norders - 1))
			basket_build_record(build, KEY_NONE, 0, entries, n);
	}
	pfree(values);
	pfree(amounts);
	pfree(sizes);
	pfree(entries);
}

Datum
pt_basket_set_accum_lines(PG_FUNCTION_ARGS)
{
	TextBuild build;
	LinesReader reader;
	int32		dimension;
	BasketBy	by;

	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("dimension and by of basket_set must not be NULL"),
				 errdetail("They say what an item is, and what is a basket."),
				 errhint("Give the number of a dimension, and 'order' or 'customer'.")));
	dimension = PG_GETARG_INT32(2);
	by = by_argument(fcinfo, 3);
	if (dimension < 1 || dimension > LINES_MAX_DIMENSIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no dimension %d", dimension),
				 errdetail("Dimensions are numbered from 1 to %d.",
						   LINES_MAX_DIMENSIONS),
				 errhint("Give the number of the dimension whose values are the items.")));
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	lines_open(PG_GETARG_DATUM(1), &reader);
	if (reader.nlines > 0 && dimension > reader.ndimensions)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no dimension %d", dimension),
				 errdetail("The lines have %d dimensions, numbered from 1.",
						   reader.ndimensions),
				 errhint("Give the number of the dimension whose values are the items.")));
	build = basket_build_transition(fcinfo);
	if (reader.nlines > 0)
		add_lines(&build, &reader, dimension, by,
				  PG_ARGISNULL(4) ? NULL : dimension_codes_argument(fcinfo, 4),
				  dimension_codes_guesses(fcinfo));
	PG_RETURN_DATUM(basket_build_result(&build));
}
