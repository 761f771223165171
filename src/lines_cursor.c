/*-------------------------------------------------------------------------
 *
 * lines_cursor.c
 *		purchase_lines line by line, and as rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "dimension_codes.h"
#include "lines_build.h"

PG_FUNCTION_INFO_V1(pt_order_lines);
PG_FUNCTION_INFO_V1(pt_order_lines_named);

/* A value of a column where it is constant; else the column is decoded. */
static int64 *
cursor_column(const LinesReader *reader, int column, int64 *constant)
{
	int64	   *values;

	if (lines_constant(reader, column))
	{
		*constant = lines_constant_value(reader, column);
		return NULL;
	}
	values = MemoryContextAllocHuge(CurrentMemoryContext,
									sizeof(int64) * (Size) reader->nlines);
	lines_decode(reader, column, values);
	return values;
}

void
lines_cursor_open(LinesCursor *cursor, const LinesReader *reader)
{
	LinesRow   *row = &cursor->row;
	Size		bytes = sizeof(int64) * ((Size) reader->nlines + 1);

	memset(cursor, 0, offsetof(LinesCursor, columns));
	memset(cursor->columns, 0,
		   sizeof(int64 *) * (LINES_DIMENSION + reader->ndimensions));
	cursor->reader = reader;
	cursor->order = -1;
	if (reader->nlines == 0)
		return;
	cursor->sizes = MemoryContextAllocHuge(CurrentMemoryContext, bytes);
	lines_decode(reader, LINES_ORDER_SIZE, cursor->sizes);
	cursor->times = MemoryContextAllocHuge(CurrentMemoryContext, bytes);
	lines_times(reader, cursor->times);
	row->decimals[DECIMAL_AMOUNT].scale = reader->amount_scale;
	row->decimals[DECIMAL_RATING].scale = reader->rating_scale;
	row->decimals[DECIMAL_QUANTITY].scale = reader->quantity_scale;
	for (int i = 0; i < DECIMALS; i++)
		cursor->columns[LINES_AMOUNT + i] =
			cursor_column(reader, LINES_AMOUNT + i, &row->decimals[i].value);
	cursor->columns[LINES_DISCOUNTED] =
		cursor_column(reader, LINES_DISCOUNTED, &row->discounted);
	cursor->columns[LINES_SUBSCRIBED] =
		cursor_column(reader, LINES_SUBSCRIBED, &row->subscribed);
	for (int i = 0; i < reader->ndimensions; i++)
		cursor->columns[LINES_DIMENSION + i] =
			cursor_column(reader, LINES_DIMENSION + i, &row->values[i].code);
}

bool
lines_cursor_next(LinesCursor *cursor)
{
	const LinesReader *reader = cursor->reader;
	int64	  **columns = cursor->columns;
	LinesRow   *row = &cursor->row;
	int32		i = cursor->next;

	if (i == reader->nlines)
		return false;
	cursor->next++;
	if (cursor->left == 0)
	{
		cursor->left = cursor->sizes[++cursor->order];
		cursor->in_order = 0;
		row->key = LINES_KEY_OWN;
	}
	else
	{
		cursor->in_order++;
		row->key = LINES_KEY_SAME;
	}
	if (reader->by_time)
		row->key = LINES_KEY_TIME;
	cursor->left--;
	row->at = cursor->times[i];
	for (int j = 0; j < DECIMALS; j++)
		if (columns[LINES_AMOUNT + j] != NULL)
			row->decimals[j].value = columns[LINES_AMOUNT + j][i];
	if (columns[LINES_DISCOUNTED] != NULL)
		row->discounted = columns[LINES_DISCOUNTED][i];
	if (columns[LINES_SUBSCRIBED] != NULL)
		row->subscribed = columns[LINES_SUBSCRIBED][i];
	for (int j = 0; j < reader->ndimensions; j++)
	{
		LinesValue *value = &row->values[j];

		if (columns[LINES_DIMENSION + j] != NULL)
			value->code = columns[LINES_DIMENSION + j][i];
		else if (i > 0)
			continue;
		if (value->code < 0 && value->code != LINES_NULL)
		{
			value->text = lines_text(reader, (int) (-1 - value->code),
									 &value->len);
			value->code = -1;
		}
	}
	return true;
}

void
lines_cursor_close(LinesCursor *cursor)
{
	if (cursor->reader->nlines == 0)
		return;
	pfree(cursor->sizes);
	pfree(cursor->times);
	for (int i = 0; i < LINES_DIMENSION + cursor->reader->ndimensions; i++)
		if (cursor->columns[i] != NULL)
			pfree(cursor->columns[i]);
}

/*--- As rows ---*/

typedef struct RowsCall
{
	LinesReader reader;
	LinesCursor cursor;
	const DimensionCodes *codes;
} RowsCall;

static Datum
decimal_datum(const LinesDecimal *decimal, bool *isnull)
{
	*isnull = decimal->value == LINES_NULL;
	return *isnull ? (Datum) 0
		: NumericGetDatum(amount_to_numeric(decimal->value, decimal->scale));
}

static Datum
flag_datum(int64 flag, bool *isnull)
{
	*isnull = flag == LINES_NULL;
	return BoolGetDatum(flag == 1);
}

/* An array of n elements; without dimensions it is empty. */
static Datum
array_datum(Datum *elements, bool *nulls, int n, Oid type)
{
	int			lower = 1;
	bool		by_value = type == INT4OID;

	return PointerGetDatum(construct_md_array(elements, nulls, n > 0 ? 1 : 0,
											  &n, &lower, type,
											  by_value ? (int) sizeof(int32) : -1,
											  by_value, TYPALIGN_INT));
}

/* The values of a line: codes and texts, or all as texts. */
static void
value_arrays(const RowsCall *call, Datum *values, bool *nulls)
{
	const LinesRow *row = &call->cursor.row;
	int			n = call->reader.ndimensions;
	Datum		codes[LINES_MAX_DIMENSIONS];
	Datum		texts[LINES_MAX_DIMENSIONS];
	bool		no_code[LINES_MAX_DIMENSIONS];
	bool		no_text[LINES_MAX_DIMENSIONS];

	for (int i = 0; i < n; i++)
	{
		const LinesValue *value = &row->values[i];
		const char *text = value->text;
		int			len = value->len;

		no_code[i] = value->code < 0;
		no_text[i] = value->code != -1;
		if (value->code >= 0)
		{
			codes[i] = Int32GetDatum((int32) value->code);
			if (call->codes != NULL)
			{
				text = dimension_value_of(call->codes, i + 1,
										  (int32) value->code, &len);
				if (text == NULL)
					ereport(ERROR,
							(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							 errmsg("code %d of dimension %d has no value",
									(int) value->code, i + 1)));
				no_text[i] = false;
			}
		}
		if (!no_text[i])
			texts[i] = PointerGetDatum(cstring_to_text_with_len(text, len));
	}
	nulls[0] = nulls[1] = false;
	if (call->codes == NULL)
		*values++ = array_datum(codes, no_code, n, INT4OID);
	*values = array_datum(texts, no_text, n, TEXTOID);
}

static Datum
order_lines(FunctionCallInfo fcinfo, bool named)
{
	FuncCallContext *context;
	RowsCall   *call;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;
		TupleDesc	tupdesc;

		context = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(context->multi_call_memory_ctx);
		if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		context->tuple_desc = BlessTupleDesc(tupdesc);
		call = palloc0(sizeof(RowsCall));
		/* copies: the arguments may be gone at the next call */
		lines_open(PointerGetDatum(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0))),
				   &call->reader);
		lines_cursor_open(&call->cursor, &call->reader);
		if (named)
			call->codes = dimension_codes_open(PointerGetDatum(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(1))));
		context->user_fctx = call;
		MemoryContextSwitchTo(old);
	}
	context = SRF_PERCALL_SETUP();
	call = context->user_fctx;
	if (lines_cursor_next(&call->cursor))
	{
		const LinesRow *row = &call->cursor.row;
		Datum		values[9];
		bool		nulls[9];

		CHECK_FOR_INTERRUPTS();
		values[0] = Int32GetDatum(call->cursor.order + 1);
		nulls[0] = false;
		values[1] = TimestampGetDatum(row->at);
		nulls[1] = row->at == DT_NOEND;
		for (int i = 0; i < DECIMALS; i++)
			values[2 + i] = decimal_datum(&row->decimals[i], &nulls[2 + i]);
		values[5] = flag_datum(row->discounted, &nulls[5]);
		values[6] = flag_datum(row->subscribed, &nulls[6]);
		value_arrays(call, &values[7], &nulls[7]);
		SRF_RETURN_NEXT(context, HeapTupleGetDatum(heap_form_tuple(context->tuple_desc,
																   values, nulls)));
	}
	SRF_RETURN_DONE(context);
}

Datum
pt_order_lines(PG_FUNCTION_ARGS)
{
	return order_lines(fcinfo, false);
}

Datum
pt_order_lines_named(PG_FUNCTION_ARGS)
{
	return order_lines(fcinfo, true);
}
