/*-------------------------------------------------------------------------
 *
 * lines_quality.c
 *		What the lines of a customer add to the checks of a mart's source.
 *
 * Counts over lines and over the orders of one customer add up over
 * customers, so a kept mart keeps their sum.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"

#include "lines_build.h"

PG_FUNCTION_INFO_V1(pt_quality_counts);
PG_FUNCTION_INFO_V1(pt_quality_counts_add);
PG_FUNCTION_INFO_V1(pt_lowest_return);
PG_FUNCTION_INFO_V1(pt_has_odd_order);

/* The counts, in their order; those of dimensions follow. */
enum
{
	QUALITY_LINES,
	QUALITY_CUSTOMER_LINES,		/* of a customer */
	QUALITY_AMOUNTS,			/* known ones, as the next ones are */
	QUALITY_ZERO_AMOUNTS,
	QUALITY_RETURNS,
	QUALITY_RATINGS,
	QUALITY_QUANTITIES,
	QUALITY_DISCOUNTED,
	QUALITY_SUBSCRIBED,
	QUALITY_ORDERS,
	QUALITY_LONG_ORDERS,		/* of several lines */
	QUALITY_EVEN_ORDERS,		/* ... that all have one amount, but zero */
	QUALITY_CUSTOMERS,
	QUALITY_REPEATED,			/* of several lines */
	QUALITY_MERGED,				/* lines of a customer beyond one an order */
	QUALITY_AGES,
	QUALITY_PREVIOUS,
	QUALITY_FREQUENCIES,
	QUALITY_DIMENSION
};

#define QUALITY_MOST	(QUALITY_DIMENSION + LINES_MAX_DIMENSIONS)

/*--- Counting ---*/

/* How many lines have a value in a column. */
static int64
count_known(const LinesReader *reader, int column, int64 *room)
{
	int64		count = 0;

	if (lines_constant(reader, column))
		return lines_constant_value(reader, column) == LINES_NULL ?
			0 : reader->nlines;
	if (!reader->columns[column].has_nulls)
		return reader->nlines;
	lines_decode(reader, column, room);
	for (int32 i = 0; i < reader->nlines; i++)
		count += room[i] != LINES_NULL;
	return count;
}

static void
count_amounts(const int64 *amounts, int32 n, int64 *counts)
{
	for (int32 i = 0; i < n; i++)
	{
		counts[QUALITY_AMOUNTS] += amounts[i] != LINES_NULL;
		counts[QUALITY_ZERO_AMOUNTS] += amounts[i] == 0;
		counts[QUALITY_RETURNS] += amounts[i] < 0 && amounts[i] != LINES_NULL;
	}
}

/* Orders of several lines, and those whose known amounts are the same. */
static void
count_orders(const LinesReader *reader, const int64 *amounts,
			 const int64 *sizes, int64 *counts)
{
	int32		line = 0;

	for (int32 order = 0; order < reader->norders; order++)
	{
		int64		one = LINES_NULL;
		bool		differ = false;

		if (sizes[order] == 1)
		{
			line++;
			continue;
		}
		CHECK_FOR_INTERRUPTS();
		for (int64 i = 0; i < sizes[order]; i++, line++)
		{
			if (amounts[line] == LINES_NULL)
				continue;
			differ |= one != LINES_NULL && one != amounts[line];
			one = amounts[line];
		}
		counts[QUALITY_LONG_ORDERS]++;
		counts[QUALITY_EVEN_ORDERS] += !differ && one != LINES_NULL && one != 0;
	}
}

Datum
pt_quality_counts(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	bool		is_customer = PG_GETARG_BOOL(1);
	int64		counts[QUALITY_MOST] = {0};
	Datum		elements[QUALITY_MOST];
	int			ncounts;
	int64	   *room;
	int64	   *sizes;

	lines_open(PG_GETARG_DATUM(0), &reader);
	ncounts = QUALITY_DIMENSION + reader.ndimensions;
	room = lines_numbers(reader.nlines);
	sizes = lines_numbers(reader.norders);
	counts[QUALITY_LINES] = reader.nlines;
	counts[QUALITY_ORDERS] = reader.norders;
	if (reader.nlines > 0)
	{
		lines_decode(&reader, LINES_ORDER_SIZE, sizes);
		lines_decode(&reader, LINES_AMOUNT, room);
		count_amounts(room, reader.nlines, counts);
		if (reader.norders < reader.nlines)
			count_orders(&reader, room, sizes, counts);
		counts[QUALITY_RATINGS] = count_known(&reader, LINES_RATING, room);
		counts[QUALITY_QUANTITIES] = count_known(&reader, LINES_QUANTITY, room);
		counts[QUALITY_DISCOUNTED] = count_known(&reader, LINES_DISCOUNTED, room);
		counts[QUALITY_SUBSCRIBED] = count_known(&reader, LINES_SUBSCRIBED, room);
		for (int i = 0; i < reader.ndimensions; i++)
			counts[QUALITY_DIMENSION + i] =
				count_known(&reader, LINES_DIMENSION + i, room);
	}
	if (is_customer)
	{
		counts[QUALITY_CUSTOMERS] = 1;
		counts[QUALITY_REPEATED] = reader.nlines > 1;
		counts[QUALITY_CUSTOMER_LINES] = reader.nlines;
		counts[QUALITY_MERGED] = reader.nlines - reader.norders;
	}
	for (int i = 0; i < 3; i++)
		if (PG_GETARG_BOOL(2 + i))
			counts[QUALITY_AGES + i] = reader.nlines;
	pfree(room);
	pfree(sizes);
	for (int i = 0; i < ncounts; i++)
		elements[i] = Int64GetDatum(counts[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(elements, ncounts, INT8OID,
										  sizeof(int64), FLOAT8PASSBYVAL,
										  TYPALIGN_DOUBLE));
}

/* The amount of the largest return; NULL if there is none. */
Datum
pt_lowest_return(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	int64	   *amounts;
	int64		lowest = 0;

	lines_open(PG_GETARG_DATUM(0), &reader);
	if (reader.nlines == 0)
		PG_RETURN_NULL();
	amounts = lines_numbers(reader.nlines);
	lines_decode(&reader, LINES_AMOUNT, amounts);
	for (int32 i = 0; i < reader.nlines; i++)
		if (amounts[i] != LINES_NULL)
			lowest = Min(lowest, amounts[i]);
	pfree(amounts);
	if (lowest == 0)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(amount_to_numeric(lowest, reader.amount_scale));
}

/*--- What is not counted so ---*/

/* Bits of a number spread over 64. */
static inline uint64
spread_bits(uint64 value)
{
	value = (value ^ (value >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

/* Adds the values of a column to a hash of each line. */
static void
hash_column(const LinesReader *reader, int column, int64 *room, uint64 *hashes)
{
	if (lines_constant(reader, column))
		return;
	lines_decode(reader, column, room);
	for (int32 i = 0; i < reader->nlines; i++)
		hashes[i] = hash_combine64(hashes[i], spread_bits((uint64) room[i]));
}

static int
compare_hashes(const void *a, const void *b)
{
	uint64		x = *(const uint64 *) a;
	uint64		y = *(const uint64 *) b;

	return (x > y) - (x < y);
}

static bool
has_equal(uint64 *hashes, int64 n)
{
	if (n > 16)
	{
		qsort(hashes, n, sizeof(uint64), compare_hashes);
		for (int64 i = 1; i < n; i++)
			if (hashes[i] == hashes[i - 1])
				return true;
		return false;
	}
	for (int64 i = 1; i < n; i++)
		for (int64 j = 0; j < i; j++)
			if (hashes[i] == hashes[j])
				return true;
	return false;
}

/* Whether the lines of an order have several times. */
static bool
has_several_times(const Timestamp *times, int64 n)
{
	for (int64 i = 1; i < n; i++)
		if (times[i] != times[0])
			return true;
	return false;
}

Datum
pt_has_odd_order(PG_FUNCTION_ARGS)
{
	LinesReader reader;
	uint64	   *hashes;
	int64	   *room;
	Timestamp  *times;
	int64	   *sizes;
	int32		line = 0;
	bool		found = false;

	lines_open(PG_GETARG_DATUM(0), &reader);
	if (reader.nlines < 2 || (!reader.by_time && reader.norders == reader.nlines))
		PG_RETURN_BOOL(false);
	hashes = MemoryContextAllocHuge(CurrentMemoryContext,
									sizeof(uint64) * (Size) reader.nlines);
	memset(hashes, 0, sizeof(uint64) * (Size) reader.nlines);
	room = lines_numbers(reader.nlines);
	times = lines_numbers(reader.nlines);
	sizes = lines_numbers(reader.norders);
	lines_times(&reader, times);
	lines_decode(&reader, LINES_ORDER_SIZE, sizes);
	for (int i = LINES_AMOUNT; i < LINES_DIMENSION + reader.ndimensions; i++)
		hash_column(&reader, i, room, hashes);
	if (reader.by_time)
	{
		for (int32 i = 0; i < reader.nlines; i++)
			hashes[i] = hash_combine64(hashes[i], spread_bits((uint64) times[i]));
		found = has_equal(hashes, reader.nlines);
	}
	for (int32 order = 0; order < reader.norders && !found && !reader.by_time; order++)
	{
		CHECK_FOR_INTERRUPTS();
		found = sizes[order] > 1 &&
			(has_several_times(times + line, sizes[order]) ||
			 has_equal(hashes + line, sizes[order]));
		line += (int32) sizes[order];
	}
	pfree(hashes);
	pfree(room);
	pfree(times);
	pfree(sizes);
	PG_RETURN_BOOL(found);
}

/*--- Adding up ---*/

static int64 *
count_elements(ArrayType *array, int *n)
{
	*n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (ARR_ELEMTYPE(array) != INT8OID || array_contains_nulls(array) ||
		ARR_NDIM(array) != 1 || *n > QUALITY_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("no counts of quality"),
				 errdetail("They are a list of at most %d numbers, none of them NULL.",
						   QUALITY_MOST)));
	return (int64 *) ARR_DATA_PTR(array);
}

/* The sum of two lists; the first is changed where it is the state. */
Datum
pt_quality_counts_add(PG_FUNCTION_ARGS)
{
	bool		in_place = AggCheckCallContext(fcinfo, NULL) != 0;
	ArrayType  *sum = in_place ? PG_GETARG_ARRAYTYPE_P(0)
		: PG_GETARG_ARRAYTYPE_P_COPY(0);
	ArrayType  *more = PG_GETARG_ARRAYTYPE_P(1);
	int			n;
	int			nmore;
	int64	   *counts = count_elements(sum, &n);
	const int64 *added = count_elements(more, &nmore);

	if (n != nmore)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("counts of quality of %d and of %d numbers", n, nmore)));
	for (int i = 0; i < n; i++)
		if (pg_add_s64_overflow(counts[i], added[i], &counts[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("counts of quality are out of range")));
	PG_RETURN_ARRAYTYPE_P(sum);
}
