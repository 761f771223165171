/*-------------------------------------------------------------------------
 *
 * sequence.c
 *		The type sequence_set and its aggregates.
 *
 * The orders of all customers in the order of time, as one value: what is
 * bought next follows from it (sequence_report.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "dimension_codes.h"
#include "line_texts.h"
#include "lines.h"
#include "sequence.h"
#include "varint.h"

PG_FUNCTION_INFO_V1(pt_sequence_set_accum_number);
PG_FUNCTION_INFO_V1(pt_sequence_set_accum_text);
PG_FUNCTION_INFO_V1(pt_sequence_set_accum_lines);
PG_FUNCTION_INFO_V1(pt_sequence_set_combine);
PG_FUNCTION_INFO_V1(pt_sequence_set_rollup);
PG_FUNCTION_INFO_V1(pt_sequence_set_final);
PG_FUNCTION_INFO_V1(pt_sequence_set_add);
PG_FUNCTION_INFO_V1(pt_sequence_customer_count);
PG_FUNCTION_INFO_V1(pt_sequence_order_count);

/*--- The packed form ---*/

static const char *
texts_start(const SequenceSet *set)
{
	return (const char *) (set->ends + set->nitems);
}

/* The text of an item, which is not copied. */
const char *
sequence_set_text(const SequenceSet *set, uint32 item, int *len)
{
	uint32		start = item > 0 ? set->ends[item - 1] : 0;

	*len = (int) (set->ends[item] - start);
	return texts_start(set) + start;
}

void
sequence_reader_open(SequenceReader *reader, const SequenceSet *set)
{
	memset(reader, 0, sizeof(SequenceReader));
	reader->set = set;
	reader->p = (const uint8 *) texts_start(set) +
		(set->nitems > 0 ? set->ends[set->nitems - 1] : 0);
	reader->left = set->ncustomers;
	reader->items = MemoryContextAllocHuge(CurrentMemoryContext,
										   sizeof(int32) * ((Size) set->nitems + 1));
}

void
sequence_reader_close(SequenceReader *reader)
{
	pfree(reader->items);
}

static inline uint64
reader_number(SequenceReader *reader)
{
	uint64		value;

	reader->p = varint_read(reader->p,
							(const uint8 *) reader->set + VARSIZE(reader->set),
							&value);
	if (unlikely(reader->p == NULL))
		bad_sequence_set("A customer is not complete.");
	return value;
}

/* The next customer, whose orders were all read, or false. */
bool
sequence_reader_customer(SequenceReader *reader)
{
	uint64		norders;

	CHECK_FOR_INTERRUPTS();
	if (reader->left == 0)
		return false;
	reader->left--;
	norders = reader_number(reader);
	if (norders == 0 || norders > VARSIZE(reader->set))
		bad_sequence_set("The number of orders of a customer is out of range.");
	reader->orders_left = (int64) norders;
	reader->first = true;
	return true;
}

/* The next order of the customer, or false. */
bool
sequence_reader_order(SequenceReader *reader)
{
	uint64		distance;
	uint64		size;
	uint64		next = 0;

	if (reader->orders_left == 0)
		return false;
	reader->orders_left--;
	distance = reader_number(reader);
	if (reader->first)
		reader->day = zigzag_decode(distance);
	else if (unlikely(distance > SEQUENCE_MAX_DISTANCE))
		bad_sequence_set("A day is out of range.");
	else
		reader->day += (int64) distance;
	reader->first = false;
	if (unlikely(reader->day < SEQUENCE_MIN_DAY ||
				 reader->day > SEQUENCE_MAX_DAY))
		bad_sequence_set("A day is out of range.");
	size = reader_number(reader);
	if (unlikely(size > reader->set->nitems))
		bad_sequence_set("The size of an order is out of range.");
	reader->size = (int32) size;
	for (int32 i = 0; i < reader->size; i++)
	{
		distance = reader_number(reader);
		/* neither can wrap: next is at most the number of items */
		if (unlikely(distance >= reader->set->nitems ||
					 distance + next >= reader->set->nitems))
			bad_sequence_set("An item is out of range.");
		reader->items[i] = (int32) (next + distance);
		next += distance + 1;
	}
	return true;
}

/*
 * A value in its packed form.  Its header and items are checked here, and the
 * customers while they are read.
 */
SequenceSet *
sequence_set_get(Datum value)
{
	struct varlena *stored = PG_DETOAST_DATUM(value);
	SequenceSet *set = (SequenceSet *) stored;
	Size		size = VARSIZE(stored);

	if (sequence_is_building(stored))
		return sequence_pack(stored);
	if (size < offsetof(SequenceSet, ends))
		bad_sequence_set("It is shorter than its header.");
	if (set->version != SEQUENCE_SET_VERSION || set->form != SEQUENCE_PACKED ||
		set->zero != 0)
		bad_sequence_set("Its version is not known.");
	size -= offsetof(SequenceSet, ends);
	if (set->nitems > size / sizeof(uint32))
		bad_sequence_set("Its number of items does not fit its size.");
	size -= set->nitems * sizeof(uint32);
	for (uint32 i = 0; i < set->nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (set->ends[i] < (i > 0 ? set->ends[i - 1] : 0) ||
			set->ends[i] > size)
			bad_sequence_set("A text is outside of it.");
	}
	if (set->ncustomers > size || set->norders < set->ncustomers ||
		(uint64) set->norders > size)
		bad_sequence_set("Its number of customers or orders does not fit its size.");
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

/* A row: what a customer bought when.  Without one of both it tells nothing. */
static Datum
accum_row(FunctionCallInfo fcinfo, bool text_key)
{
	TextBuild	build;
	SequenceRow row;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return state_argument(fcinfo);
	row.at = PG_GETARG_TIMESTAMP(2);
	if (TIMESTAMP_NOT_FINITE(row.at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("purchased_at of sequence_set must not be infinite"),
				 errdetail("Orders have an order in time only if their times are known."),
				 errhint("Leave such rows out, or give them NULL as their time.")));
	build = sequence_build_transition(fcinfo);
	row.is_text = text_key;
	if (text_key)
	{
		text	   *key = PG_GETARG_TEXT_PP(1);

		row.key = text_build_entry(&build, TEXT_KEY, VARDATA_ANY(key),
								   (int32) VARSIZE_ANY_EXHDR(key));
	}
	else
		row.key = PG_GETARG_INT64(1);
	row.item = -1;
	if (!PG_ARGISNULL(3))
	{
		text	   *item = PG_GETARG_TEXT_PP(3);

		row.item = (int32) text_build_entry(&build, TEXT_ITEM,
											VARDATA_ANY(item),
											(int32) VARSIZE_ANY_EXHDR(item));
	}
	sequence_build_row(&build, &row);
	PG_RETURN_POINTER(build.builder);
}

Datum
pt_sequence_set_accum_number(PG_FUNCTION_ARGS)
{
	return accum_row(fcinfo, false);
}

Datum
pt_sequence_set_accum_text(PG_FUNCTION_ARGS)
{
	return accum_row(fcinfo, true);
}

/* What is decoded of the lines of a customer. */
typedef struct LinesColumns
{
	int64	   *values;
	int64	   *amounts;
	int64	   *sizes;
	int64	   *distances;
} LinesColumns;

/* Orders of one time are one; those of returns only, or without a time, none. */
static void
add_lines(TextBuild *build, const LinesReader *reader, int32 dimension,
		  const DimensionCodes *codes, CodeGuesses *guesses)
{
	const int64 usecs = lines_usec_per_unit(reader->unit);
	const int64 units = USECS_PER_DAY / usecs;
	LinesColumns c;
	SequenceOrders orders = {0};
	int64		time = reader->first_time;
	int64		last_time = 0;
	int32		line = 0;

	c.values = line_values(reader, LINES_DIMENSION + dimension - 1);
	c.amounts = line_values(reader, LINES_AMOUNT);
	c.sizes = line_values(reader, LINES_ORDER_SIZE);
	c.distances = line_values(reader, LINES_ORDER_DISTANCE);
	for (int32 order = 0; order < reader->ndated_orders; order++)
	{
		bool		any = false;

		time = (int64) ((uint64) time + (uint64) c.distances[order]);
		if (unlikely(time < MIN_TIMESTAMP / usecs ||
					 time > (END_TIMESTAMP - 1) / usecs))
			bad_lines("A time is out of range.");
		for (int64 i = 0; i < c.sizes[order]; i++, line++)
		{
			CHECK_FOR_INTERRUPTS();
			if (c.amounts[line] < 0 && c.amounts[line] != LINES_NULL)
				continue;
			if (!any && (orders.norders == 0 || time != last_time))
				sequence_orders_add(&orders, time / units - (time % units < 0));
			any = true;
			last_time = time;
			if (c.values[line] != LINES_NULL)
				sequence_orders_item(&orders,
									 line_text_entry(build, reader, codes, guesses,
													 dimension, c.values[line]));
		}
		/* what is in it twice is found when it is packed */
		if (any)
			orders.ends[orders.norders - 1] = orders.nitems;
	}
	sequence_build_orders(build, &orders);
	sequence_orders_free(&orders);
	pfree(c.values);
	pfree(c.amounts);
	pfree(c.sizes);
	pfree(c.distances);
}

Datum
pt_sequence_set_accum_lines(PG_FUNCTION_ARGS)
{
	TextBuild	build;
	LinesReader reader;
	int32		dimension;

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("dimension of sequence_set must not be NULL"),
				 errdetail("It says what an item is."),
				 errhint("Give the number of a dimension of the lines.")));
	dimension = PG_GETARG_INT32(2);
	if (dimension < 1 || dimension > LINES_MAX_DIMENSIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no dimension %d", dimension),
				 errdetail("Dimensions are numbered from 1 to %d.",
						   LINES_MAX_DIMENSIONS),
				 errhint("Give the number of the dimension whose values are the items.")));
	if (PG_ARGISNULL(1))
		return state_argument(fcinfo);
	lines_open(PG_GETARG_DATUM(1), &reader);
	if (reader.nlines > 0 && dimension > reader.ndimensions)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no dimension %d", dimension),
				 errdetail("The lines have %d dimensions, numbered from 1.",
						   reader.ndimensions),
				 errhint("Give the number of the dimension whose values are the items.")));
	build = sequence_build_transition(fcinfo);
	if (reader.nlines > 0)
		add_lines(&build, &reader, dimension,
				  PG_ARGISNULL(3) ? NULL : dimension_codes_argument(fcinfo, 3),
				  dimension_codes_guesses(fcinfo));
	PG_RETURN_POINTER(build.builder);
}

Datum
pt_sequence_set_combine(PG_FUNCTION_ARGS)
{
	TextBuild	build;

	if (PG_ARGISNULL(1))
		return state_argument(fcinfo);
	if (PG_ARGISNULL(0))
	{
		/* the first one as it is: the executor copies it */
		struct varlena *other = PG_DETOAST_DATUM(PG_GETARG_DATUM(1));

		if (sequence_is_building(other) &&
			text_builder_entries_fault((TextBuilder *) other) == NULL)
			PG_RETURN_POINTER(other);
	}
	build = sequence_build_transition(fcinfo);
	sequence_build_add(&build, PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(build.builder);
}

/* rollup(sequence_set): combine under the name of a transition function. */
Datum
pt_sequence_set_rollup(PG_FUNCTION_ARGS)
{
	return pt_sequence_set_combine(fcinfo);
}

Datum
pt_sequence_set_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(sequence_set_get(PG_GETARG_DATUM(0)));
}

/* The operator +: the customers of both. */
Datum
pt_sequence_set_add(PG_FUNCTION_ARGS)
{
	TextBuild	build = text_build_new(sequence_too_large);

	sequence_build_add(&build, PG_GETARG_DATUM(0));
	sequence_build_add(&build, PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(sequence_set_get(PointerGetDatum(build.builder)));
}

/*--- Counts ---*/

/* Customers and orders of a value of either form, of which all was read. */
static void
count_set(Datum value, int64 *ncustomers, int64 *norders)
{
	struct varlena *stored = PG_DETOAST_DATUM(value);
	SequenceReader reader;
	const SequenceSet *set;

	if (sequence_is_building(stored) &&
		sequence_stream_count(stored, ncustomers, norders))
		return;
	set = sequence_set_get(PointerGetDatum(stored));
	*ncustomers = *norders = 0;
	sequence_reader_open(&reader, set);
	while (sequence_reader_customer(&reader))
	{
		++*ncustomers;
		while (sequence_reader_order(&reader))
			++*norders;
	}
	if (*norders != set->norders ||
		reader.p != (const uint8 *) set + VARSIZE(set))
		bad_sequence_set("Its customers do not add up.");
	sequence_reader_close(&reader);
}

Datum
pt_sequence_customer_count(PG_FUNCTION_ARGS)
{
	int64		ncustomers;
	int64		norders;

	count_set(PG_GETARG_DATUM(0), &ncustomers, &norders);
	PG_RETURN_INT64(ncustomers);
}

Datum
pt_sequence_order_count(PG_FUNCTION_ARGS)
{
	int64		ncustomers;
	int64		norders;

	count_set(PG_GETARG_DATUM(0), &ncustomers, &norders);
	PG_RETURN_INT64(norders);
}
