/*-------------------------------------------------------------------------
 *
 * acquisition.c
 *		The type acquisition_set and its aggregates.
 *
 * Of each customer: the month of the first order, the values that it had, and
 * the months with an order or a return since.  Customers are disjoint, so
 * that sets are merged by putting one behind the other.  What is counted of
 * them is in acquisition_report.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "acquisition.h"
#include "array.h"
#include "history.h"
#include "line_texts.h"

PG_FUNCTION_INFO_V1(pt_first_order_value);
PG_FUNCTION_INFO_V1(pt_acquisition_set_accum);
PG_FUNCTION_INFO_V1(pt_acquisition_set_combine);
PG_FUNCTION_INFO_V1(pt_acquisition_set_rollup);

#define DISCOUNTED		(-8)	/* the element of the flag, as in cube_plan */
#define SUBSCRIBED		(-9)

#define MAX_VALUES		100000	/* of one customer */

void
acquisition_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many customers for an acquisition_set"),
			 errdetail("A value has at most 1 GB."),
			 errhint("Take fewer dimensions, or a coarser one such as the category.")));
}

void
acquisition_bad(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("invalid acquisition_set"),
			 errdetail("%s", detail)));
}

/*--- Customers as records ---*/

static inline bool
is_sum(int128 sum)
{
	return sum < AMOUNT_SUM_LIMIT && sum > -AMOUNT_SUM_LIMIT;
}

/* What is wrong with a customer, or NULL. */
const char *
acquisition_customer_fault(const AcquisitionCustomer *customer)
{
	if (customer->first_month <= period_number(MIN_TIMESTAMP, PERIOD_MONTH) ||
		customer->first_month > period_number(END_TIMESTAMP - 1, PERIOD_MONTH))
		return "A month is out of range.";
	if (customer->scale < 0 || customer->scale > AMOUNT_MAX_SCALE)
		return "A number of decimals is out of range.";
	if (customer->nmonths < 1 || customer->months[0].offset != 0 ||
		!customer->months[0].active)
		return "A customer has no order in the first month.";
	for (int32 i = 0; i < customer->nmonths; i++)
	{
		const AcquisitionMonth *month = &customer->months[i];

		if (month->offset > ACQUISITION_MAX_OFFSET ||
			(i > 0 && month->offset <= month[-1].offset))
			return "Its months are not in order.";
		if (!is_sum(month->revenue) || !is_sum(month->margin) ||
			!is_sum(month->uncosted))
			return "A revenue or margin is out of range.";
	}
	for (int32 i = 0; i < customer->nvalues; i++)
	{
		const AcquisitionValue *value = &customer->values[i];

		if (i > 0 && (value->element < value[-1].element ||
					  (value->element == value[-1].element &&
					   value->entry <= value[-1].entry)))
			return "Its values are not in order.";
	}
	return NULL;
}

/* Adds a value, in its place; each counts once. */
void
acquisition_add_value(AcquisitionCustomer *customer, int32 element,
					  uint32 entry)
{
	int32		i = customer->nvalues;

	while (i > 0 && (customer->values[i - 1].element > element ||
					 (customer->values[i - 1].element == element &&
					  customer->values[i - 1].entry > entry)))
		i--;
	if (i > 0 && customer->values[i - 1].element == element &&
		customer->values[i - 1].entry == entry)
		return;
	if (customer->nvalues >= MAX_VALUES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many values in a first order"),
				 errdetail("There are more than %d.", MAX_VALUES),
				 errhint("Take a coarser dimension, such as the category.")));
	if (customer->nvalues == customer->values_size)
	{
		customer->values_size = Max(customer->values_size * 2, 16);
		customer->values = customer->values == NULL
			? palloc(sizeof(AcquisitionValue) * customer->values_size)
			: repalloc(customer->values,
					   sizeof(AcquisitionValue) * customer->values_size);
	}
	memmove(&customer->values[i + 1], &customer->values[i],
			sizeof(AcquisitionValue) * (customer->nvalues - i));
	customer->values[i].element = element;
	customer->values[i].entry = entry;
	customer->nvalues++;
}

/* A signed number of 128 bits, in zigzag order. */
static uint8 *
write_sum(uint8 *p, int128 sum)
{
	uint128		bits = ((uint128) sum << 1) ^ (sum < 0 ? ~(uint128) 0 : 0);

	while (bits >= 0x80)
	{
		*p++ = (uint8) (bits | 0x80);
		bits >>= 7;
	}
	*p++ = (uint8) bits;
	return p;
}

#define SUM_BYTES	19

static const uint8 *
read_sum(const uint8 *p, const uint8 *end, int128 *sum)
{
	uint128		bits = 0;

	for (int shift = 0; shift < 128 && p < end; shift += 7)
	{
		uint8		byte = *p++;

		bits |= (uint128) (byte & 0x7F) << shift;
		if (byte < 0x80)
		{
			*sum = (int128) (bits >> 1) ^ -(int128) (bits & 1);
			return p;
		}
	}
	return NULL;
}

void
acquisition_add_customer(TextBuild *build, AcquisitionCustomer *customer)
{
	uint8	   *p = text_build_room(build,
									4 * VARINT_MAX_BYTES +
									(Size) customer->nvalues * 2 * 5 +
									(Size) customer->nmonths * (5 + 3 * SUM_BYTES));
	int32		before = 0;

	p = varint_write(p, zigzag_encode(customer->first_month));
	p = varint_write(p, customer->scale << 1 | (customer->has_margins ? 1 : 0));
	p = varint_write(p, customer->nvalues);
	for (int32 i = 0; i < customer->nvalues; i++)
	{
		p = varint_write(p, zigzag_encode(customer->values[i].element));
		p = varint_write(p, customer->values[i].entry);
	}
	p = varint_write(p, customer->nmonths);
	for (int32 i = 0; i < customer->nmonths; i++)
	{
		const AcquisitionMonth *month = &customer->months[i];

		p = varint_write(p, (uint64) (month->offset - before) << 1 |
						 (month->active ? 1 : 0));
		p = write_sum(p, month->revenue);
		if (customer->has_margins)
		{
			p = write_sum(p, month->margin);
			p = write_sum(p, month->uncosted);
		}
		before = month->offset;
	}
	text_build_used(build, p);
}

void
acquisition_reader_open(AcquisitionReader *reader, Datum value)
{
	struct varlena *stored = PG_DETOAST_DATUM(value);
	const char *fault = text_builder_entries_fault((TextBuilder *) stored);

	if (fault != NULL)
		acquisition_bad(fault);
	reader->builder = (const TextBuilder *) stored;
	reader->p = builder_stream(reader->builder);
	memset(&reader->customer, 0, offsetof(AcquisitionCustomer, months));
}

static uint64
reader_number(AcquisitionReader *reader, uint64 most)
{
	uint64		value;

	reader->p = varint_read(reader->p,
							builder_stream(reader->builder) + reader->builder->stream_used,
							&value);
	if (unlikely(reader->p == NULL || value > most))
		acquisition_bad("A customer is not complete, or a number of it out of range.");
	return value;
}

/* The next customer, checked, or false. */
bool
acquisition_reader_next(AcquisitionReader *reader)
{
	const uint8 *end = builder_stream(reader->builder) + reader->builder->stream_used;
	AcquisitionCustomer *customer = &reader->customer;
	uint64		n;
	const char *fault;

	CHECK_FOR_INTERRUPTS();
	if (reader->p >= end)
		return false;
	customer->first_month = zigzag_decode(reader_number(reader, PG_UINT64_MAX));
	n = reader_number(reader, 2 * AMOUNT_MAX_SCALE + 1);
	customer->scale = (int) (n >> 1);
	customer->has_margins = (n & 1) != 0;
	customer->nvalues = 0;
	n = reader_number(reader, MAX_VALUES);
	for (uint64 i = 0; i < n; i++)
	{
		int32		element = (int32) zigzag_decode(reader_number(reader, 1000));
		uint32		entry = (uint32) reader_number(reader, PG_UINT32_MAX);

		if (entry >= reader->builder->nentries)
			acquisition_bad("A value is out of range.");
		acquisition_add_value(customer, element, entry);
	}
	customer->nmonths = (int32) reader_number(reader, ACQUISITION_MAX_OFFSET + 1);
	for (int32 i = 0; i < customer->nmonths; i++)
	{
		uint64		head = reader_number(reader, 2 * ACQUISITION_MAX_OFFSET + 1);
		AcquisitionMonth *month = &customer->months[i];

		month->offset = (int32) (head >> 1) + (i > 0 ? month[-1].offset : 0);
		month->active = (head & 1) != 0;
		month->margin = month->uncosted = 0;
		reader->p = read_sum(reader->p, end, &month->revenue);
		if (reader->p != NULL && customer->has_margins)
			reader->p = read_sum(reader->p, end, &month->margin);
		if (reader->p != NULL && customer->has_margins)
			reader->p = read_sum(reader->p, end, &month->uncosted);
		if (reader->p == NULL)
			acquisition_bad("A revenue or margin is not complete.");
	}
	fault = acquisition_customer_fault(customer);
	if (fault != NULL)
		acquisition_bad(fault);
	return true;
}

/*--- Aggregates ---*/

static Datum
state_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* Adds all customers of a value, whose entries get other numbers. */
static void
add_set(TextBuild *build, Datum value)
{
	AcquisitionReader reader;
	const TextEntry *entries;
	uint32	   *map;

	acquisition_reader_open(&reader, value);
	entries = builder_entries(reader.builder);
	map = MemoryContextAllocHuge(CurrentMemoryContext,
								 sizeof(uint32) * ((Size) reader.builder->nentries + 1));
	for (uint32 i = 0; i < reader.builder->nentries; i++)
	{
		CHECK_FOR_INTERRUPTS();
		map[i] = text_build_entry(build, TEXT_ITEM,
								  builder_texts(reader.builder) + entries[i].offset,
								  ENTRY_LEN(&entries[i]));
	}
	while (acquisition_reader_next(&reader))
	{
		AcquisitionCustomer *customer = &reader.customer;
		int32		n = customer->nvalues;

		/* one by one, since they may be in another order */
		customer->nvalues = 0;
		for (int32 i = 0; i < n; i++)
		{
			AcquisitionValue value = customer->values[i];

			acquisition_add_value(customer, value.element, map[value.entry]);
		}
		acquisition_add_customer(build, customer);
	}
	if (reader.customer.values != NULL)
		pfree(reader.customer.values);
	pfree(map);
}

/* What a transition function may change: the executor's own, or a copy. */
static TextBuild
transition(FunctionCallInfo fcinfo)
{
	TextBuild	build = {0};
	struct varlena *state;

	if (PG_ARGISNULL(0))
		return text_build_new(acquisition_too_large);
	state = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(0));
	if (AggCheckCallContext(fcinfo, NULL) && VARATT_IS_4B_U(state) &&
		text_builder_header_fault((TextBuilder *) state) == NULL)
	{
		build.builder = build.given = (TextBuilder *) state;
		build.too_large = acquisition_too_large;
		return build;
	}
	build = text_build_new(acquisition_too_large);
	add_set(&build, PointerGetDatum(state));
	return build;
}

/*
 * The months of a history up to as_of; false without an order.  A return
 * before the first order is in the month of the first order.
 */
static bool
read_months(Datum history, Timestamp as_of, AcquisitionCustomer *customer)
{
	HistoryReader reader;
	AcquisitionMonth *month = NULL;
	int128		before = 0;
	Timestamp	month_end = 0;

	history_open(history, &reader);
	customer->scale = reader.scale;
	customer->nmonths = 0;
	while (history_next(&reader) && reader.order.at <= as_of)
	{
		Timestamp	at = reader.order.at;

		CHECK_FOR_INTERRUPTS();
		if (month == NULL && reader.order.amount < 0)
		{
			before += reader.order.amount;
			continue;
		}
		if (month == NULL || at >= month_end)
		{
			int64		number = period_number(at, PERIOD_MONTH);

			if (month == NULL)
				customer->first_month = number;
			if (number - customer->first_month > ACQUISITION_MAX_OFFSET)
				break;
			month_end = period_start(number + 1, PERIOD_MONTH) * USECS_PER_DAY;
			month = &customer->months[customer->nmonths++];
			month->offset = (int32) (number - customer->first_month);
			month->active = false;
			month->margin = month->uncosted = 0;
			month->revenue = before;
			before = 0;
		}
		month->revenue += reader.order.amount;
		month->active |= reader.order.amount >= 0;
	}
	return month != NULL;
}

/*
 * What lines up to as_of earned, in the months that the history has; in the
 * one before, where it has none.  Their amounts are margins, and their ratings
 * the amounts of those whose cost is not known.
 */
static void
read_margins(Datum margins, Timestamp as_of, AcquisitionCustomer *customer)
{
	LinesReader reader;
	Timestamp  *times;
	int64	   *columns[2];
	int			scale;
	AcquisitionMonth *month = customer->months;
	AcquisitionMonth *const last = &customer->months[customer->nmonths - 1];
	Timestamp	month_end = DT_NOBEGIN;

	lines_open(margins, &reader);
	customer->has_margins = true;
	scale = Max(customer->scale, Max(reader.amount_scale, reader.rating_scale));
	for (AcquisitionMonth *m = month; m <= last; m++)
		m->revenue = amount_sum_rescale(m->revenue, customer->scale, scale);
	customer->scale = scale;
	times = (Timestamp *) lines_numbers(reader.nlines);
	lines_times(&reader, times);
	columns[0] = line_values(&reader, LINES_AMOUNT);
	columns[1] = line_values(&reader, LINES_RATING);
	for (int32 i = 0; i < reader.nlines; i++)
	{
		const Timestamp at = times[i];

		CHECK_FOR_INTERRUPTS();
		if (at > as_of)
			continue;
		if (at >= month_end || at < month_end - 28 * USECS_PER_DAY)
		{
			/* lines are nearly in the order of time */
			int64		number = period_number(at, PERIOD_MONTH);
			int64		offset = number - customer->first_month;

			if (offset > ACQUISITION_MAX_OFFSET)
				continue;
			month_end = period_start(number + 1, PERIOD_MONTH) * USECS_PER_DAY;
			if (month->offset > offset)
				month = customer->months;
			while (month < last && month[1].offset <= offset)
				month++;
		}
		if (columns[0][i] != LINES_NULL)
			month->margin += amount_sum_rescale(columns[0][i], reader.amount_scale, scale);
		if (columns[1][i] != LINES_NULL)
			month->uncosted += amount_sum_rescale(columns[1][i], reader.rating_scale, scale);
		if (!is_sum(month->margin) || !is_sum(month->uncosted))
			break;				/* as is found soon */
	}
	pfree(times);
	pfree(columns[0]);
	pfree(columns[1]);
}

/* Whether lines are an order, and no return; its amounts are known. */
static bool
is_order(const int64 *amounts, int64 n)
{
	int128		sum = 0;
	bool		any = false;

	for (int64 i = 0; i < n; i++)
	{
		if (amounts[i] == LINES_NULL)
			continue;
		sum += amounts[i];
		any = true;
	}
	return any && sum >= 0;
}

/*
 * Which lines are the first order: from *first on; returns how many.  Orders
 * of one time are one.
 */
static int64
first_order(const LinesReader *reader, const int64 *amounts, int64 *first)
{
	int64	   *sizes = line_values(reader, LINES_ORDER_SIZE);
	int64	   *distances = line_values(reader, LINES_ORDER_DISTANCE);
	bool		found = false;
	int64		line = 0;
	int64		n = 0;

	for (int32 i = 0; i < reader->ndated_orders; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i == 0 || distances[i] != 0)
		{
			if (found)
				break;
			*first = line;
			n = 0;
		}
		found |= is_order(amounts + line, sizes[i]);
		n += sizes[i];
		line += sizes[i];
	}
	pfree(sizes);
	pfree(distances);
	return found ? n : 0;
}

PT_NORETURN static void
no_dimension(int32 dimension, const LinesReader *reader)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no dimension %d", dimension),
			 errdetail("The lines have %d dimensions, numbered from 1.",
					   reader->ndimensions),
			 errhint("Give the numbers that the lines have.")));
}

/* The value of a flag of some lines: Yes if one has it. */
static void
add_flag(TextBuild *build, AcquisitionCustomer *customer, int32 element,
		 const int64 *flags, const int64 *amounts, int64 n)
{
	bool		known = false;
	bool		yes = false;

	for (int64 i = 0; i < n; i++)
	{
		if (flags[i] == LINES_NULL ||
			(amounts[i] < 0 && amounts[i] != LINES_NULL))
			continue;
		known = true;
		yes |= flags[i] == 1;
	}
	if (known)
		acquisition_add_value(customer, element,
							  yes ? text_build_entry(build, TEXT_ITEM, "Yes", 3)
							  : text_build_entry(build, TEXT_ITEM, "No", 2));
}

/* The values that the first order has. */
static void
read_values(TextBuild *build, LinesReader *reader,
			const int32 *elements, int nelements,
			const DimensionCodes *codes, CodeGuesses *guesses,
			AcquisitionCustomer *customer)
{
	int64	   *amounts = line_values(reader, LINES_AMOUNT);
	int64		first = 0;
	int64		n = first_order(reader, amounts, &first);
	const int32 nlines = reader->nlines;

	/* of the other columns the lines up to there are enough */
	reader->nlines = (int32) (first + n);
	for (int e = 0; e < nelements && n > 0; e++)
	{
		const int32 element = elements[e];
		int64	   *values = line_values(reader,
										 element == DISCOUNTED ? LINES_DISCOUNTED
										 : element == SUBSCRIBED ? LINES_SUBSCRIBED
										 : LINES_DIMENSION + element - 1);

		if (element < 0)
			add_flag(build, customer, element, values + first,
					 amounts + first, n);
		for (int64 i = first; element > 0 && i < first + n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (values[i] != LINES_NULL &&
				(amounts[i] >= 0 || amounts[i] == LINES_NULL))
				acquisition_add_value(customer, element,
									  line_text_entry(build, reader, codes, guesses,
													  element, values[i]));
		}
		pfree(values);
	}
	reader->nlines = nlines;
	pfree(amounts);
}

/*
 * The value that the first order has, or the line of the largest amount where
 * it has several.
 */
Datum
pt_first_order_value(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	int64	   *amounts;
	int64	   *values;
	int64		first = 0;
	int64		n;
	int64		best = -1;
	const char *text;
	int			len;
	int32		dimension;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	dimension = PG_GETARG_INT32(1);
	lines_open(PG_GETARG_DATUM(0), &reader);
	if (dimension < 1 || dimension > LINES_MAX_DIMENSIONS ||
		(reader.nlines > 0 && dimension > reader.ndimensions))
		no_dimension(dimension, &reader);
	if (reader.nlines == 0)
		PG_RETURN_NULL();
	amounts = line_values(&reader, LINES_AMOUNT);
	n = first_order(&reader, amounts, &first);
	/* of the other column the lines up to there are enough */
	reader.nlines = (int32) (first + n);
	values = line_values(&reader, LINES_DIMENSION + dimension - 1);
	for (int64 i = first; i < first + n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (values[i] == LINES_NULL || (amounts[i] < 0 && amounts[i] != LINES_NULL))
			continue;
		if (best < 0 || amounts[best] == LINES_NULL ||
			(amounts[i] != LINES_NULL && amounts[i] > amounts[best]))
			best = i;
	}
	if (best < 0)
		PG_RETURN_NULL();
	text = line_text(&reader, PG_ARGISNULL(2) ? NULL : dimension_codes_argument(fcinfo, 2),
					 dimension, values[best], &len);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(text, len));
}

static const int32 *
elements_argument(FunctionCallInfo fcinfo, int arg, int *n)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(arg);
	const int32 *elements;

	*n = element_count(array, "elements");
	elements = (const int32 *) ARR_DATA_PTR(array);
	if (*n > ACQUISITION_MAX_ELEMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("too many elements of acquisition_set"),
				 errdetail("There are %d, and at most %d can be.", *n,
						   ACQUISITION_MAX_ELEMENTS),
				 errhint("Ask for some of them at a time.")));
	for (int i = 0; i < *n; i++)
		if (elements[i] != DISCOUNTED && elements[i] != SUBSCRIBED &&
			(elements[i] < 1 || elements[i] > LINES_MAX_DIMENSIONS))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there is no element %d", elements[i]),
					 errdetail("Elements are numbers of dimensions, from 1 to %d, %d for discounted and %d for subscribed.",
							   LINES_MAX_DIMENSIONS, DISCOUNTED, SUBSCRIBED),
					 errhint("Give the numbers that the lines have.")));
	return elements;
}

Datum
pt_acquisition_set_accum(PG_FUNCTION_ARGS)
{
	TextBuild	build;
	LinesReader reader;
	AcquisitionCustomer customer;
	const int32 *elements;
	Timestamp	as_of;
	int			n;

	if (PG_ARGISNULL(3) || PG_ARGISNULL(4))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("as_of and elements of acquisition_set must not be NULL"),
				 errdetail("They say until when orders count, and what is told of the first."),
				 errhint("Give a moment, and an array of numbers of dimensions.")));
	as_of = PG_GETARG_TIMESTAMP(3);
	if (TIMESTAMP_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as_of of acquisition_set must not be infinite"),
				 errdetail("It is the moment until which orders count."),
				 errhint("Give the time of the last purchase.")));
	elements = elements_argument(fcinfo, 4, &n);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return state_argument(fcinfo);
	memset(&customer, 0, offsetof(AcquisitionCustomer, months));
	if (!read_months(PG_GETARG_DATUM(1), as_of, &customer))
		return state_argument(fcinfo);
	if (PG_NARGS() > 6 && !PG_ARGISNULL(6))
		read_margins(PG_GETARG_DATUM(6), as_of, &customer);
	if (acquisition_customer_fault(&customer) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("a customer cannot be in an acquisition_set"),
				 errdetail("%s", acquisition_customer_fault(&customer))));
	lines_open(PG_GETARG_DATUM(2), &reader);
	for (int i = 0; i < n && reader.nlines > 0; i++)
		if (elements[i] > reader.ndimensions)
			no_dimension(elements[i], &reader);
	build = transition(fcinfo);
	if (reader.nlines > 0)
		read_values(&build, &reader, elements, n,
					PG_ARGISNULL(5) ? NULL : dimension_codes_argument(fcinfo, 5),
					dimension_codes_guesses(fcinfo),
					&customer);
	acquisition_add_customer(&build, &customer);
	PG_RETURN_POINTER(build.builder);
}

Datum
pt_acquisition_set_combine(PG_FUNCTION_ARGS)
{
	TextBuild	build;

	if (PG_ARGISNULL(1))
		return state_argument(fcinfo);
	build = transition(fcinfo);
	add_set(&build, PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(build.builder);
}

/* rollup(acquisition_set): combine under the name of a transition function. */
Datum
pt_acquisition_set_rollup(PG_FUNCTION_ARGS)
{
	return pt_acquisition_set_combine(fcinfo);
}
