/*-------------------------------------------------------------------------
 *
 * basket.c
 *		The type basket_set and its aggregates.
 *
 * All baskets of a shop, as one value: from it follow frequent itemsets,
 * rules and pairs for any support (basket_report.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "basket.h"
#include "varint.h"

PG_FUNCTION_INFO_V1(pt_basket_set_accum_items);
PG_FUNCTION_INFO_V1(pt_basket_set_accum_number);
PG_FUNCTION_INFO_V1(pt_basket_set_accum_text);
PG_FUNCTION_INFO_V1(pt_basket_set_combine);
PG_FUNCTION_INFO_V1(pt_basket_set_rollup);
PG_FUNCTION_INFO_V1(pt_basket_set_final);
PG_FUNCTION_INFO_V1(pt_basket_set_add);
PG_FUNCTION_INFO_V1(pt_basket_count);
PG_FUNCTION_INFO_V1(pt_item_count);

/*--- The packed form ---*/

static const char *
texts_start(const BasketSet *set)
{
	return (const char *) (set->ends + set->nitems);
}

static const uint8 *
rows_start(const BasketSet *set)
{
	return (const uint8 *) texts_start(set) +
		(set->nitems > 0 ? set->ends[set->nitems - 1] : 0);
}

/* The text of an item, which is not copied. */
const char *
basket_set_text(const BasketSet *set, uint32 item, int *len)
{
	uint32		start = item > 0 ? set->ends[item - 1] : 0;

	*len = (int) (set->ends[item] - start);
	return texts_start(set) + start;
}

void
basket_reader_open(BasketReader *reader, const BasketSet *set)
{
	reader->set = set;
	reader->p = rows_start(set);
	reader->left = set->nrows;
	reader->count = 0;
	reader->size = 0;
	reader->items = MemoryContextAllocHuge(CurrentMemoryContext,
										   sizeof(int32) * ((Size) set->nitems + 1));
}

void
basket_reader_close(BasketReader *reader)
{
	pfree(reader->items);
}

/* The next basket: what is wrong with it, or NULL. */
static const char *
next_fault(BasketReader *reader)
{
	const uint8 *end = (const uint8 *) reader->set + VARSIZE(reader->set);
	uint64		head;
	uint64		count = 1;
	uint64		next = 0;

	reader->p = varint_read(reader->p, end, &head);
	if (reader->p == NULL || head >> 1 > reader->set->nitems)
		return "The size of a basket is out of range.";
	if ((head & 1) != 0)
	{
		reader->p = varint_read(reader->p, end, &count);
		if (reader->p == NULL || count < 2 || count > PG_INT64_MAX / 2)
			return "A number of baskets is out of range.";
	}
	reader->count = (int64) count;
	reader->size = (int32) (head >> 1);
	for (int32 i = 0; i < reader->size; i++)
	{
		uint64		distance;

		reader->p = varint_read(reader->p, end, &distance);
		/* neither can wrap: next is at most the number of items */
		if (reader->p == NULL || distance >= reader->set->nitems ||
			distance + next >= reader->set->nitems)
			return "An item is out of range.";
		reader->items[i] = (int32) (next + distance);
		next += distance + 1;
	}
	reader->left--;
	return NULL;
}

PT_NORETURN static void
bad_basket_set(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("invalid basket_set"),
			 errdetail("%s", detail)));
}

bool
basket_reader_next(BasketReader *reader)
{
	const char *fault;

	if (reader->left == 0)
		return false;
	fault = next_fault(reader);
	if (fault != NULL)
		bad_basket_set(fault);
	return true;
}

/* What is wrong with a packed value, or NULL. */
static const char *
basket_set_fault(const BasketSet *set)
{
	Size		size = VARSIZE(set);
	BasketReader reader;
	const char *fault = NULL;
	int64		nbaskets = 0;

	if (size < offsetof(BasketSet, ends))
		return "It is shorter than its header.";
	if (set->version != BASKET_SET_VERSION || set->form != BASKET_PACKED ||
		set->zero != 0)
		return "Its version is not known.";
	size -= offsetof(BasketSet, ends);
	if (set->nitems > size / sizeof(uint32))
		return "Its number of items does not fit its size.";
	size -= set->nitems * sizeof(uint32);
	for (uint32 i = 0; i < set->nitems; i++)
	{
		uint32		start = i > 0 ? set->ends[i - 1] : 0;

		CHECK_FOR_INTERRUPTS();
		if (set->ends[i] < start || set->ends[i] > size)
			return "A text is outside of it.";
		if (i > 0)
		{
			uint32		before = start - (i > 1 ? set->ends[i - 2] : 0);
			uint32		len = set->ends[i] - start;
			const char *text = texts_start(set) + start;
			int			compared = memcmp(text - before, text, Min(before, len));

			if (compared > 0 || (compared == 0 && before >= len))
				return "Its items do not ascend.";
		}
	}
	if (set->nrows > size)
		return "Its number of baskets does not fit its size.";
	basket_reader_open(&reader, set);
	while (fault == NULL && reader.left > 0)
	{
		CHECK_FOR_INTERRUPTS();
		fault = next_fault(&reader);
		if (fault == NULL &&
			(pg_add_s64_overflow(nbaskets, reader.count, &nbaskets) ||
			 nbaskets > PG_INT64_MAX / 2))
			fault = "A number of baskets is out of range.";
	}
	basket_reader_close(&reader);
	if (fault == NULL &&
		(nbaskets != set->nbaskets ||
		 reader.p != (const uint8 *) set + VARSIZE(set)))
		fault = "Its baskets do not add up.";
	return fault;
}

/* A value in its packed form.  Every value from outside passes here. */
BasketSet *
basket_set_get(Datum value)
{
	BasketSet  *set = (BasketSet *) basket_set_finish(PG_DETOAST_DATUM(value));
	const char *fault = basket_set_fault(set);

	if (fault != NULL)
		bad_basket_set(fault);
	return set;
}

/*--- Aggregates ---*/

static Datum
state_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* A basket is an array. */
Datum
pt_basket_set_accum_items(PG_FUNCTION_ARGS)
{
	TextBuild build;
	ArrayType  *array;
	Datum	   *items;
	bool	   *nulls;
	uint32	   *entries;
	int			n;
	int32		used = 0;

	if (PG_ARGISNULL(1))
		return state_argument(fcinfo);
	array = PG_GETARG_ARRAYTYPE_P(1);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the items of a basket must be a one-dimensional array"),
				 errdetail("The array has %d dimensions.", ARR_NDIM(array)),
				 errhint("A basket is one array, and each row has one basket.")));
	build = basket_build_transition(fcinfo);
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls,
					  &n);
	entries = palloc_extended(sizeof(uint32) * ((Size) n + 1),
							  MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
	{
		text	   *item;

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			continue;
		item = DatumGetTextPP(items[i]);
		entries[used++] = text_build_entry(&build, TEXT_ITEM,
											 VARDATA_ANY(item),
											 (int32) VARSIZE_ANY_EXHDR(item));
	}
	basket_build_record(&build, KEY_NONE, 0, entries, used);
	PG_RETURN_DATUM(basket_build_result(&build));
}

/* A basket is all rows with its key; a row without a key is one of its own. */
static Datum
accum_row(FunctionCallInfo fcinfo, bool text_key)
{
	TextBuild build = basket_build_transition(fcinfo);
	uint32		entry = 0;
	int64		key = 0;
	BasketKeyKind kind = KEY_NONE;

	if (!PG_ARGISNULL(1) && !text_key)
	{
		kind = KEY_NUMBER;
		key = PG_GETARG_INT64(1);
	}
	else if (!PG_ARGISNULL(1))
	{
		text	   *value = PG_GETARG_TEXT_PP(1);

		kind = KEY_TEXT;
		key = text_build_entry(&build, TEXT_KEY, VARDATA_ANY(value),
								 (int32) VARSIZE_ANY_EXHDR(value));
	}
	if (!PG_ARGISNULL(2))
	{
		text	   *item = PG_GETARG_TEXT_PP(2);

		entry = text_build_entry(&build, TEXT_ITEM, VARDATA_ANY(item),
								   (int32) VARSIZE_ANY_EXHDR(item));
	}
	basket_build_record(&build, kind, key, &entry, PG_ARGISNULL(2) ? 0 : 1);
	PG_RETURN_DATUM(basket_build_result(&build));
}

Datum
pt_basket_set_accum_number(PG_FUNCTION_ARGS)
{
	return accum_row(fcinfo, false);
}

Datum
pt_basket_set_accum_text(PG_FUNCTION_ARGS)
{
	return accum_row(fcinfo, true);
}

Datum
pt_basket_set_combine(PG_FUNCTION_ARGS)
{
	TextBuild build;

	if (PG_ARGISNULL(1))
		return state_argument(fcinfo);
	build = basket_build_transition(fcinfo);
	basket_build_add(&build, PG_GETARG_DATUM(1));
	PG_RETURN_DATUM(basket_build_result(&build));
}

/* rollup(basket_set): combine under the name of a transition function. */
Datum
pt_basket_set_rollup(PG_FUNCTION_ARGS)
{
	return pt_basket_set_combine(fcinfo);
}

Datum
pt_basket_set_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(basket_set_get(PG_GETARG_DATUM(0)));
}

/* The operator +: the baskets of both. */
Datum
pt_basket_set_add(PG_FUNCTION_ARGS)
{
	TextBuild build = basket_build_new();

	basket_build_add(&build, PG_GETARG_DATUM(0));
	basket_build_add(&build, PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(basket_set_get(basket_build_result(&build)));
}

/*--- Counts ---*/

Datum
pt_basket_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(basket_set_get(PG_GETARG_DATUM(0))->nbaskets);
}

Datum
pt_item_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(basket_set_get(PG_GETARG_DATUM(0))->nitems);
}
