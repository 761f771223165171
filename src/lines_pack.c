/*-------------------------------------------------------------------------
 *
 * lines_pack.c
 *		From lines in any order to the one stored form of them.
 *
 * Lines and orders are sorted, so that equal lines give equal bytes, however
 * they came together; then each column takes as many bits as it needs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "lines_build.h"

void
too_many_lines(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many lines for one purchase_lines"),
			 errdetail("A value has at most 1 GB, and lines times columns are at most %lld.",
					   (long long) LINES_MAX_NUMBERS)));
}

/*--- The canonical order ---*/

static inline int
compare_texts(const LinesText *a, const LinesText *b)
{
	int			cmp = memcmp(a->text, b->text, Min(a->len, b->len));

	return cmp != 0 ? cmp : (a->len > b->len) - (a->len < b->len);
}

/*
 * Numbers of texts, the last text first: text i is kept as -1 - i, so that
 * the numbers of lines are in the order of their texts.
 */
#define ST_SORT sort_texts
#define ST_ELEMENT_TYPE int32
#define ST_COMPARE(a, b, arg) compare_texts(&arg[*(b)], &arg[*(a)])
#define ST_COMPARE_ARG_TYPE const LinesText
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static inline int
compare_rows(const LinesTable *table, int32 a, int32 b)
{
	const int64 *fields_a = table->fields + (Size) a * table->nfields;
	const int64 *fields_b = table->fields + (Size) b * table->nfields;

	for (int i = 0; i < table->nfields; i++)
		if (fields_a[i] != fields_b[i])
			return fields_a[i] < fields_b[i] ? -1 : 1;
	return 0;
}

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE int32
#define ST_COMPARE(a, b, arg) compare_rows(arg, *(a), *(b))
#define ST_COMPARE_ARG_TYPE const LinesTable
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static inline int
compare_orders(const LinesTable *table, const LinesRange *a,
			   const LinesRange *b)
{
	int32		n = Min(a->count, b->count);

	for (int32 i = 0; i < n; i++)
	{
		int			cmp = compare_rows(table, table->rows[a->first + i],
									   table->rows[b->first + i]);

		if (cmp != 0)
			return cmp;
	}
	return (a->count > b->count) - (a->count < b->count);
}

#define ST_SORT sort_orders
#define ST_ELEMENT_TYPE LinesRange
#define ST_COMPARE(a, b, arg) compare_orders(arg, a, b)
#define ST_COMPARE_ARG_TYPE const LinesTable
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* Gives texts numbers in their own order. */
static void
order_texts(LinesTable *table)
{
	int32		n = table->ntexts;
	int32	   *sorted = MemoryContextAllocHuge(CurrentMemoryContext,
												sizeof(int32) * 2 * (Size) n);
	int32	   *rank = sorted + n;
	LinesText  *texts;
	bool		changed = false;

	for (int32 i = 0; i < n; i++)
		sorted[i] = i;
	sort_texts(sorted, n, table->texts);
	for (int32 i = 0; i < n; i++)
	{
		rank[sorted[i]] = i;
		changed |= sorted[i] != i;
	}
	if (changed)
	{
		texts = MemoryContextAllocHuge(CurrentMemoryContext,
									   sizeof(LinesText) * (Size) n);
		for (int32 i = 0; i < n; i++)
			texts[i] = table->texts[sorted[i]];
		table->texts = texts;
		for (int32 row = 0; row < table->nrows; row++)
		{
			int64	   *fields = table->fields + (Size) row * table->nfields;

			CHECK_FOR_INTERRUPTS();
			for (int i = FIELD_DIMENSION; i < table->nfields; i++)
				if (fields[i] < 0 && fields[i] != LINES_NULL)
					fields[i] = -1 - (int64) rank[-1 - fields[i]];
		}
	}
	pfree(sorted);
}

/* Orders are the rows of one time. */
static void
order_by_time(LinesTable *table)
{
	bool		sorted = true;
	int64		last = 0;

	for (int32 i = 1; i < table->nrows && sorted; i++)
		sorted = compare_rows(table, table->rows[i - 1], table->rows[i]) <= 0;
	if (!sorted)
		sort_rows(table->rows, table->nrows, table);
	table->norders = 0;
	for (int32 i = 0; i < table->nrows; i++)
	{
		int64		at = table->fields[(Size) table->rows[i] * table->nfields];

		CHECK_FOR_INTERRUPTS();
		if (i > 0 && at == last && at != DT_NOEND)
			table->orders[table->norders - 1].count++;
		else
		{
			table->orders[table->norders].first = i;
			table->orders[table->norders++].count = 1;
		}
		last = at;
	}
}

/* Orders are known; their lines and they themselves are sorted. */
static void
order_orders(LinesTable *table)
{
	bool		sorted = true;

	for (int32 i = 0; i < table->norders; i++)
	{
		LinesRange *order = &table->orders[i];
		int32	   *rows = table->rows + order->first;

		CHECK_FOR_INTERRUPTS();
		for (int32 j = 1; j < order->count; j++)
			if (compare_rows(table, rows[j - 1], rows[j]) > 0)
			{
				sort_rows(rows, order->count, table);
				break;
			}
		if (i > 0 && sorted)
			sorted = compare_orders(table, order - 1, order) <= 0;
	}
	if (!sorted)
		sort_orders(table->orders, table->norders, table);
}

/*--- Packing ---*/

/* A column before it is written. */
typedef struct PackColumn
{
	int64	   *values;
	int32		count;
	int64		least;
	int64		greatest;
	bool		has_nulls;
	int			width;
} PackColumn;

static inline int
bits_needed(uint64 greatest)
{
	return greatest == 0 ? 0 : pg_leftmost_one_pos64(greatest) + 1;
}

/* Its range and width. */
static void
column_measure(PackColumn *column)
{
	int64		least = PG_INT64_MAX;
	int64		greatest = PG_INT64_MIN;
	bool		has_nulls = false;

	for (int32 i = 0; i < column->count; i++)
	{
		int64		value = column->values[i];

		if (value == LINES_NULL)
			has_nulls = true;
		else
		{
			least = Min(least, value);
			greatest = Max(greatest, value);
		}
	}
	if (greatest == PG_INT64_MIN)
		least = greatest = 0;	/* nothing is known */
	column->least = least;
	column->greatest = greatest;
	column->has_nulls = has_nulls;
	if (has_nulls && column->count > 0 && greatest == 0 && least == 0)
	{
		/* NULL in all lines, or 0 where it is known? */
		column->width = 0;
		for (int32 i = 0; i < column->count; i++)
			if (column->values[i] != LINES_NULL)
				column->width = 1;
		return;
	}
	column->width = bits_needed((uint64) greatest - (uint64) least +
								(has_nulls ? 1 : 0));
}

static uint8 *
column_head(uint8 *p, const PackColumn *column)
{
	if (column->width == 0 && !column->has_nulls && column->least >= 0 &&
		column->least <= PG_UINT8_MAX - LINES_SHORT_CONSTANT)
	{
		*p++ = (uint8) (LINES_SHORT_CONSTANT + column->least);
		return p;
	}
	*p++ = (uint8) (column->width + (column->has_nulls ? LINES_WITH_NULLS : 0));
	if (column->width == 0 && column->has_nulls)
		return p;
	return varint_write(p, zigzag_encode(column->least));
}

static inline uint8 *
write_bytes(uint8 *p, uint64 value, int n)
{
	for (; n > 0; n--, value >>= 8)
		*p++ = (uint8) value;
	return p;
}

static uint8 *
column_bits(uint8 *p, const PackColumn *column)
{
	const int	width = column->width;
	uint64		base = (uint64) column->least - (column->has_nulls ? 1 : 0);
	uint64		bits = 0;
	int			nbits = 0;

	if (width == 0)
		return p;
	for (int32 i = 0; i < column->count; i++)
	{
		int64		stored = column->values[i];
		uint64		value = column->has_nulls && stored == LINES_NULL ? 0
			: (uint64) stored - base;

		bits |= value << nbits;
		nbits += width;
		if (nbits >= 64)
		{
			p = write_bytes(p, bits, 8);
			nbits -= 64;
			bits = nbits > 0 ? value >> (width - nbits) : 0;
		}
	}
	return write_bytes(p, bits, (nbits + 7) / 8);
}

PT_NORETURN static void
too_far_apart(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("purchases of one customer are too far apart"),
			 errdetail("With fractions of a second, 146,000 years can lie between them.")));
}

/* A time in units; division by a constant is several times faster. */
static inline int64
time_in_units(Timestamp at, HistoryUnit unit)
{
	if (unit == HISTORY_DAY)
		return at / USECS_PER_DAY;
	return unit == HISTORY_SECOND ? at / USECS_PER_SEC : at;
}

static inline int64
distance(int64 from, int64 until)
{
	uint64		result = (uint64) until - (uint64) from;

	if (unlikely(result >= (uint64) LINES_MAX_DISTANCE))
		too_far_apart();
	return (int64) result;
}

/*
 * The stored form of a table, whose rows, texts and orders are sorted.  Its
 * orders must be known unless it is by time.
 */
Datum
lines_pack(LinesTable *table)
{
	const int32 n = table->nrows;
	const int	nfields = table->nfields;
	const int	ncolumns = n > 0 ? LINES_DIMENSION + table->ndimensions : 0;
	PackColumn	columns[LINES_MAX_COLUMNS];
	PackColumn	ends = {0};
	HistoryUnit unit = HISTORY_DAY;
	int64	   *values;
	int64		first_time = 0;
	int64		last_time = 0;
	int32		dated = 0;
	int32		line = 0;
	Size		bytes;
	Size		text_bytes = 0;
	struct varlena *result;
	uint8	   *p;
	int			scales;

	if (table->ntexts > 0)
		order_texts(table);
	if (table->by_time)
		order_by_time(table);
	else
		order_orders(table);

	for (int32 i = 0; i < n; i++)
	{
		Timestamp	at = table->fields[(Size) i * nfields];

		if (at != DT_NOEND)
		{
			HistoryUnit needed = history_unit(at);

			unit = Max(unit, needed);
		}
	}

	/* the columns, each as one array */
	values = MemoryContextAllocHuge(CurrentMemoryContext,
									sizeof(int64) * ((Size) n * ncolumns + table->ntexts + 1));
	for (int i = 0; i < ncolumns; i++)
	{
		columns[i].values = values + (Size) i * n;
		columns[i].count = n;
	}
	for (int32 i = 0; i < table->norders; i++)
	{
		LinesRange *order = &table->orders[i];
		Timestamp	order_at = table->fields[(Size) table->rows[order->first] * nfields];
		int64		order_time = 0;

		CHECK_FOR_INTERRUPTS();
		columns[LINES_ORDER_SIZE].values[i] = order->count;
		if (order_at != DT_NOEND)
		{
			order_time = time_in_units(order_at, unit);
			if (dated == 0)
				first_time = order_time;
			else
				columns[LINES_ORDER_DISTANCE].values[dated - 1] =
					distance(last_time, order_time);
			last_time = order_time;
			dated++;
		}
		for (int32 j = 0; j < order->count; j++, line++)
		{
			const int64 *fields = table->fields +
				(Size) table->rows[order->first + j] * nfields;
			int64		offset = 0;

			if (fields[FIELD_TIME] != order_at)
				offset = fields[FIELD_TIME] == DT_NOEND ? LINES_NULL
					: distance(order_time, time_in_units(fields[FIELD_TIME], unit));
			columns[LINES_TIME_OFFSET].values[line] = offset;
			for (int f = FIELD_AMOUNT; f < nfields; f++)
				columns[LINES_AMOUNT + f - FIELD_AMOUNT].values[line] = fields[f];
		}
	}

	/* how long it becomes */
	bytes = VARHDRSZ + LINES_HEADER + 6 * VARINT_MAX_BYTES + 1;
	if (ncolumns > 0)
	{
		columns[LINES_ORDER_SIZE].count = table->norders;
		columns[LINES_ORDER_DISTANCE].count = Max(dated - 1, 0);
	}
	for (int i = 0; i < ncolumns; i++)
	{
		CHECK_FOR_INTERRUPTS();
		column_measure(&columns[i]);
		bytes += 1 + VARINT_MAX_BYTES +
			((Size) columns[i].count * columns[i].width + 7) / 8;
	}
	if (table->ntexts > 0)
	{
		ends.values = values + (Size) n * ncolumns;
		ends.count = table->ntexts;
		for (int32 i = 0; i < table->ntexts; i++)
		{
			text_bytes += table->texts[i].len;
			ends.values[i] = (int64) text_bytes;
		}
		ends.width = table->ntexts > 1 ? bits_needed(text_bytes) : 0;
		bytes += ((Size) ends.count * ends.width + 7) / 8 + text_bytes;
	}
	if (bytes > MaxAllocSize)
		too_many_lines();

	result = palloc(bytes);
	p = (uint8 *) VARDATA(result);
	*p++ = LINES_VERSION;
	*p++ = (uint8) (unit |
					(table->by_time && n > 0 ? LINES_FLAG_BY_TIME : 0) |
					(dated < table->norders ? LINES_FLAG_UNDATED : 0) |
					(table->ntexts > 0 ? LINES_FLAG_TEXTS : 0));
	scales = n == 0 ? 0 : table->scales[DECIMAL_AMOUNT] |
		table->scales[DECIMAL_RATING] << LINES_SCALE_BITS |
		table->scales[DECIMAL_QUANTITY] << (2 * LINES_SCALE_BITS);
	*p++ = (uint8) scales;
	*p++ = (uint8) (scales >> 8);
	*p++ = n > 0 ? table->ndimensions : 0;	/* no lines have one form */
	p = varint_write(p, n);
	if (n > 0)
		p = varint_write(p, table->norders);
	if (dated < table->norders)
		p = varint_write(p, table->norders - dated);
	if (dated > 0)
		p = varint_write(p, zigzag_encode(first_time));
	if (table->ntexts > 0)
	{
		p = varint_write(p, table->ntexts);
		p = varint_write(p, text_bytes);
		*p++ = ends.width;
	}
	for (int i = 0; i < ncolumns; i++)
		p = column_head(p, &columns[i]);
	if (table->ntexts > 0)
	{
		p = column_bits(p, &ends);
		for (int32 i = 0; i < table->ntexts; i++)
		{
			memcpy(p, table->texts[i].text, table->texts[i].len);
			p += table->texts[i].len;
		}
	}
	for (int i = 0; i < ncolumns; i++)
	{
		CHECK_FOR_INTERRUPTS();
		p = column_bits(p, &columns[i]);
	}
	SET_VARSIZE(result, (char *) p - (char *) result);
	pfree(values);
	return PointerGetDatum(result);
}
