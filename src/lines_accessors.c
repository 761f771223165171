/*-------------------------------------------------------------------------
 *
 * lines_accessors.c
 *		What purchase_lines tells about its customer, cuts, and comparison.
 *
 * A line with an amount below zero is a return.  A line without an amount is
 * none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "dimension_codes.h"
#include "lines_build.h"

PG_FUNCTION_INFO_V1(pt_lines_line_count);
PG_FUNCTION_INFO_V1(pt_lines_order_count);
PG_FUNCTION_INFO_V1(pt_lines_return_count);
PG_FUNCTION_INFO_V1(pt_lines_revenue);
PG_FUNCTION_INFO_V1(pt_lines_average_order_value);
PG_FUNCTION_INFO_V1(pt_lines_discounted_order_count);
PG_FUNCTION_INFO_V1(pt_lines_discount_share);
PG_FUNCTION_INFO_V1(pt_lines_rating_count);
PG_FUNCTION_INFO_V1(pt_lines_average_rating);
PG_FUNCTION_INFO_V1(pt_lines_first_time);
PG_FUNCTION_INFO_V1(pt_lines_last_time);
PG_FUNCTION_INFO_V1(pt_lines_at);
PG_FUNCTION_INFO_V1(pt_lines_between);
PG_FUNCTION_INFO_V1(pt_lines_bought_code);
PG_FUNCTION_INFO_V1(pt_lines_bought_value);
PG_FUNCTION_INFO_V1(pt_lines_bought_named);
PG_FUNCTION_INFO_V1(pt_purchase_lines_eq);
PG_FUNCTION_INFO_V1(pt_purchase_lines_ne);
PG_FUNCTION_INFO_V1(pt_purchase_lines_hash);

/*--- Columns ---*/

int64 *
lines_numbers(int32 n)
{
	return MemoryContextAllocHuge(CurrentMemoryContext,
								  sizeof(int64) * ((Size) n + 1));
}

/* A column of lines, or of the sizes of orders, decoded. */
static int64 *
column(const LinesReader *reader, int number)
{
	int64	   *values = lines_numbers(reader->nlines);

	if (reader->nlines > 0)
		lines_decode(reader, number, values);
	return values;
}

/* The sum of what is known of a column, and how many numbers that are. */
static int128
column_sum(const LinesReader *reader, int number, int64 *count)
{
	int64	   *values = column(reader, number);
	int128		sum = 0;

	*count = 0;
	for (int32 i = 0; i < reader->nlines; i++)
		if (values[i] != LINES_NULL)
		{
			sum += values[i];
			(*count)++;
		}
	pfree(values);
	return sum;
}

static inline bool
is_return(int64 amount)
{
	return amount < 0 && amount != LINES_NULL;
}

/* Orders by what their lines are. */
typedef struct OrderCounts
{
	int64		orders;			/* with a line that is no return */
	int64		returns;		/* with a line that is one */
	int64		priced;			/* with a line of zero or more */
	int64		discounted;		/* with a discounted line that is no return */
	int64		discount_known; /* with a line that is no return, and known */
	int128		order_amount;	/* of lines of zero or more */
} OrderCounts;

static void
count_orders(const LinesReader *reader, OrderCounts *counts)
{
	int64	   *sizes = column(reader, LINES_ORDER_SIZE);
	int64	   *amounts = column(reader, LINES_AMOUNT);
	int64	   *discounted = column(reader, LINES_DISCOUNTED);
	int32		line = 0;

	memset(counts, 0, sizeof(OrderCounts));
	for (int32 order = 0; order < reader->norders; order++)
	{
		bool		is_order = false;
		bool		has_return = false;
		bool		is_priced = false;
		bool		is_discounted = false;
		bool		is_known = false;

		CHECK_FOR_INTERRUPTS();
		for (int64 i = 0; i < sizes[order]; i++, line++)
		{
			if (is_return(amounts[line]))
			{
				has_return = true;
				continue;
			}
			is_order = true;
			is_known |= discounted[line] != LINES_NULL;
			is_discounted |= discounted[line] == 1;
			if (amounts[line] != LINES_NULL)
			{
				is_priced = true;
				counts->order_amount += amounts[line];
			}
		}
		counts->orders += is_order;
		counts->returns += has_return;
		counts->priced += is_priced;
		counts->discounted += is_discounted;
		counts->discount_known += is_known;
	}
	pfree(sizes);
	pfree(amounts);
	pfree(discounted);
}

/*--- Counts and sums ---*/

Datum
pt_lines_line_count(PG_FUNCTION_ARGS)
{
	LinesReader reader;

	lines_open(PG_GETARG_DATUM(0), &reader);
	PG_RETURN_INT64(reader.nlines);
}

static void
count_argument(FunctionCallInfo fcinfo, LinesReader *reader,
			   OrderCounts *counts)
{
	lines_open(PG_GETARG_DATUM(0), reader);
	count_orders(reader, counts);
}

Datum
pt_lines_order_count(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	OrderCounts counts;

	count_argument(fcinfo, &reader, &counts);
	PG_RETURN_INT64(counts.orders);
}

Datum
pt_lines_return_count(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	OrderCounts counts;

	count_argument(fcinfo, &reader, &counts);
	PG_RETURN_INT64(counts.returns);
}

Datum
pt_lines_discounted_order_count(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	OrderCounts counts;

	count_argument(fcinfo, &reader, &counts);
	PG_RETURN_INT64(counts.discounted);
}

Datum
pt_lines_discount_share(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	OrderCounts counts;

	count_argument(fcinfo, &reader, &counts);
	if (counts.discount_known == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) counts.discounted /
					 (double) counts.discount_known);
}

/* An average as numeric divides it, with numeric's own decimals. */
static Datum
average(int128 sum, int scale, int64 count)
{
	return DirectFunctionCall2(numeric_div,
							   NumericGetDatum(amount_to_numeric(sum, scale)),
							   NumericGetDatum(int64_to_numeric(count)));
}

Datum
pt_lines_average_order_value(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	OrderCounts counts;

	count_argument(fcinfo, &reader, &counts);
	if (counts.priced == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(average(counts.order_amount, reader.amount_scale,
							counts.priced));
}

Datum
pt_lines_revenue(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	int128		sum;
	int64		count;

	lines_open(PG_GETARG_DATUM(0), &reader);
	sum = column_sum(&reader, LINES_AMOUNT, &count);
	if (count == 0)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(amount_to_numeric(sum, reader.amount_scale));
}

Datum
pt_lines_rating_count(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	int64		count;

	lines_open(PG_GETARG_DATUM(0), &reader);
	column_sum(&reader, LINES_RATING, &count);
	PG_RETURN_INT64(count);
}

Datum
pt_lines_average_rating(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	int128		sum;
	int64		count;

	lines_open(PG_GETARG_DATUM(0), &reader);
	sum = column_sum(&reader, LINES_RATING, &count);
	if (count == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(average(sum, reader.rating_scale, count));
}

/*--- Times ---*/

static Datum
edge_time(FunctionCallInfo fcinfo, bool last)
{
	LinesReader reader;
	Timestamp  *times;
	Timestamp	edge = DT_NOEND;

	lines_open(PG_GETARG_DATUM(0), &reader);
	times = lines_numbers(reader.nlines);
	lines_times(&reader, times);
	for (int32 i = 0; i < reader.nlines; i++)
		if (times[i] != DT_NOEND &&
			(edge == DT_NOEND || (last ? times[i] > edge : times[i] < edge)))
			edge = times[i];
	pfree(times);
	if (edge == DT_NOEND)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMP(edge);
}

Datum
pt_lines_first_time(PG_FUNCTION_ARGS)
{
	return edge_time(fcinfo, false);
}

Datum
pt_lines_last_time(PG_FUNCTION_ARGS)
{
	return edge_time(fcinfo, true);
}

/* The lines from one time to another, both included. */
static Datum
lines_cut(Datum lines, Timestamp from, Timestamp until)
{
	struct varlena *value = lines_stored(lines);
	LinesReader reader;
	Timestamp  *times;
	bool	   *keep;
	int32		kept = 0;
	Datum		result;

	lines_open(PointerGetDatum(value), &reader);
	times = lines_numbers(reader.nlines);
	lines_times(&reader, times);
	keep = MemoryContextAllocHuge(CurrentMemoryContext,
								  sizeof(bool) * ((Size) reader.nlines + 1));
	for (int32 i = 0; i < reader.nlines; i++)
	{
		/* a line without a time is at no time */
		keep[i] = times[i] != DT_NOEND && times[i] >= from && times[i] <= until;
		kept += keep[i];
	}
	if (kept == reader.nlines)
		result = PointerGetDatum(value);
	else
		result = lines_finish(lines_builder_add_stored(lines_builder_create(),
													   &reader, keep));
	pfree(times);
	pfree(keep);
	return result;
}

Datum
pt_lines_at(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(lines_cut(PG_GETARG_DATUM(0), DT_NOBEGIN,
							  PG_GETARG_TIMESTAMP(1)));
}

Datum
pt_lines_between(PG_FUNCTION_ARGS)
{
	Timestamp	until = PG_GETARG_TIMESTAMP(2);

	/* the end is excluded; nothing is before -infinity */
	PG_RETURN_DATUM(lines_cut(PG_GETARG_DATUM(0), PG_GETARG_TIMESTAMP(1),
							  TIMESTAMP_IS_NOBEGIN(until) ? until : until - 1));
}

/*--- What was bought ---*/

/* Whether a line that is no return has a code, or a text, in a dimension. */
static bool
bought(const LinesReader *reader, int32 dimension, int64 code,
	   const text *value)
{
	int64		text = LINES_NULL;	/* the number of the value as a text */
	int64	   *values;
	int64	   *amounts;
	bool		found = false;

	if (dimension < 1 || dimension > LINES_MAX_DIMENSIONS ||
		(dimension > reader->ndimensions && reader->nlines > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no dimension %d", dimension),
				 reader->nlines == 0 ? 0 :
				 errdetail("The lines have %d dimensions, numbered from 1.",
						   reader->ndimensions)));
	if (reader->nlines == 0)
		return false;
	for (int i = 0; value != NULL && i < reader->ntexts; i++)
	{
		int			len;
		const char *other = lines_text(reader, i, &len);

		CHECK_FOR_INTERRUPTS();
		if (len == (int) VARSIZE_ANY_EXHDR(value) &&
			memcmp(other, VARDATA_ANY(value), len) == 0)
			text = -1 - (int64) i;
	}
	if (code < 0 && text == LINES_NULL)
		return false;
	dimension += LINES_DIMENSION - 1;
	if (lines_constant(reader, dimension))
	{
		int64		constant = lines_constant_value(reader, dimension);

		if (constant == LINES_NULL || (constant != code && constant != text))
			return false;
	}
	values = column(reader, dimension);
	amounts = column(reader, LINES_AMOUNT);
	for (int32 i = 0; i < reader->nlines && !found; i++)
		found = values[i] != LINES_NULL &&
			(values[i] == code || values[i] == text) && !is_return(amounts[i]);
	pfree(values);
	pfree(amounts);
	return found;
}

Datum
pt_lines_bought_code(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	int32		code = PG_GETARG_INT32(2);

	lines_open(PG_GETARG_DATUM(0), &reader);
	PG_RETURN_BOOL(bought(&reader, PG_GETARG_INT32(1),
						  code < 0 ? LINES_NULL : code, NULL));
}

Datum
pt_lines_bought_value(PG_FUNCTION_ARGS)
{
	LinesReader reader;

	lines_open(PG_GETARG_DATUM(0), &reader);
	PG_RETURN_BOOL(bought(&reader, PG_GETARG_INT32(1), LINES_NULL,
						  PG_GETARG_TEXT_PP(2)));
}

Datum
pt_lines_bought_named(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	text	   *value = PG_GETARG_TEXT_PP(2);
	int32		code = dimension_code(dimension_codes_argument(fcinfo, 3),
									  PG_GETARG_INT32(1), VARDATA_ANY(value),
									  VARSIZE_ANY_EXHDR(value));

	lines_open(PG_GETARG_DATUM(0), &reader);
	PG_RETURN_BOOL(bought(&reader, PG_GETARG_INT32(1),
						  code < 0 ? LINES_NULL : code, value));
}

/*--- Comparison ---*/

static bool
decimals_equal(const LinesDecimal *a, const LinesDecimal *b)
{
	int128		value_a = a->value;
	int128		value_b = b->value;

	if (a->value == LINES_NULL || b->value == LINES_NULL)
		return a->value == b->value;
	if (a->scale < b->scale)
		value_a = amount_sum_rescale(value_a, a->scale, b->scale);
	else
		value_b = amount_sum_rescale(value_b, b->scale, a->scale);
	return value_a == value_b;
}

static bool
rows_equal(const LinesRow *a, const LinesRow *b, int ndimensions)
{
	if (a->key != b->key || a->at != b->at ||
		a->discounted != b->discounted || a->subscribed != b->subscribed)
		return false;
	for (int i = 0; i < DECIMALS; i++)
		if (!decimals_equal(&a->decimals[i], &b->decimals[i]))
			return false;
	for (int i = 0; i < ndimensions; i++)
	{
		const LinesValue *value_a = &a->values[i];
		const LinesValue *value_b = &b->values[i];

		if (value_a->code != value_b->code)
			return false;
		if (value_a->code == -1 &&
			(value_a->len != value_b->len ||
			 memcmp(value_a->text, value_b->text, value_a->len) != 0))
			return false;
	}
	return true;
}

/*
 * Equal are the same lines in the same orders, whatever the decimals that
 * they are written with.
 */
static bool
lines_equal(Datum a, Datum b)
{
	struct varlena *value_a = lines_stored(a);
	struct varlena *value_b = lines_stored(b);
	LinesReader readers[2];
	LinesCursor cursors[2];

	if (VARSIZE_ANY_EXHDR(value_a) == VARSIZE_ANY_EXHDR(value_b) &&
		memcmp(VARDATA_ANY(value_a), VARDATA_ANY(value_b),
			   VARSIZE_ANY_EXHDR(value_a)) == 0)
		return true;
	lines_open(PointerGetDatum(value_a), &readers[0]);
	lines_open(PointerGetDatum(value_b), &readers[1]);
	/* with the same decimals, equal lines are equal bytes */
	if (readers[0].nlines != readers[1].nlines ||
		readers[0].norders != readers[1].norders ||
		readers[0].ndimensions != readers[1].ndimensions ||
		readers[0].by_time != readers[1].by_time ||
		(readers[0].amount_scale == readers[1].amount_scale &&
		 readers[0].rating_scale == readers[1].rating_scale &&
		 readers[0].quantity_scale == readers[1].quantity_scale))
		return false;
	lines_cursor_open(&cursors[0], &readers[0]);
	lines_cursor_open(&cursors[1], &readers[1]);
	while (lines_cursor_next(&cursors[0]) && lines_cursor_next(&cursors[1]))
	{
		CHECK_FOR_INTERRUPTS();
		if (!rows_equal(&cursors[0].row, &cursors[1].row,
						readers[0].ndimensions))
			return false;
	}
	return true;
}

Datum
pt_purchase_lines_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(lines_equal(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

Datum
pt_purchase_lines_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!lines_equal(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

static inline uint32
hash_number(uint32 hash, int64 number)
{
	hash = hash_combine(hash, murmurhash32((uint32) number));
	return hash_combine(hash, murmurhash32((uint32) ((uint64) number >> 32)));
}

Datum
pt_purchase_lines_hash(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	LinesCursor cursor;
	uint32		hash = 0;

	lines_open(PG_GETARG_DATUM(0), &reader);
	lines_cursor_open(&cursor, &reader);
	while (lines_cursor_next(&cursor))
	{
		const LinesRow *row = &cursor.row;

		CHECK_FOR_INTERRUPTS();
		hash = hash_number(hash, row->at);
		for (int i = 0; i < DECIMALS; i++)
		{
			int64		value = row->decimals[i].value;
			int			scale = row->decimals[i].scale;

			if (value == LINES_NULL)
				scale = 0;
			/* 5.0 and 5.00 are equal, so they must hash alike */
			for (; scale > 0 && value % 10 == 0; scale--)
				value /= 10;
			hash = hash_number(hash, value ^ (int64) scale << 58);
		}
		hash = hash_number(hash, row->discounted);
		hash = hash_number(hash, row->subscribed);
		for (int i = 0; i < reader.ndimensions; i++)
		{
			const LinesValue *value = &row->values[i];

			hash = hash_number(hash, value->code);
			if (value->code == -1)
				hash = hash_combine(hash, hash_bytes((const unsigned char *) value->text,
													 value->len));
		}
	}
	PG_RETURN_INT32((int32) hash);
}
