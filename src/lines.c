/*-------------------------------------------------------------------------
 *
 * lines.c
 *		Reading purchase_lines: all order lines of one customer.
 *
 * A value holds its lines column by column.  A column that is the same in
 * all lines is stored once, others as numbers of a fixed number of bits, so
 * that reading a column is one loop without branches.  docs/lines.md has
 * every byte.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "lines.h"

void
bad_lines(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("invalid purchase_lines"),
			 errdetail("%s", detail)));
}

int64
lines_usec_per_unit(HistoryUnit unit)
{
	static const int64 usecs[] = {USECS_PER_DAY, USECS_PER_SEC, 1};

	return usecs[unit];
}

/*--- Opening ---*/

/* Bytes that n numbers of a width take. */
static inline uint64
packed_bytes(uint64 n, int width)
{
	return (n * width + 7) / 8;
}

/*
 * Reads the header of a stored value.  Afterwards each column lies within
 * it.  Returns what is wrong, or NULL.
 */
const char *
lines_open_stored(struct varlena *value, LinesReader *reader)
{
	const uint8 *p = (const uint8 *) VARDATA_ANY(value);
	const uint8 *end = p + VARSIZE_ANY_EXHDR(value);
	uint8		flags;
	int			scales;
	int			ncolumns;
	uint64		nlines;
	uint64		norders = 0;
	uint64		undated = 0;
	uint64		ntexts = 0;
	uint64		text_bytes = 0;
	uint64		number;

	reader->end = end;
	if (end - p < LINES_HEADER + 1 || p[0] != LINES_VERSION)
		return "It is of an unknown version.";
	flags = p[1];
	scales = p[2] | p[3] << 8;
	reader->unit = (HistoryUnit) (flags & LINES_FLAG_UNIT);
	reader->by_time = (flags & LINES_FLAG_BY_TIME) != 0;
	reader->amount_scale = scales & ((1 << LINES_SCALE_BITS) - 1);
	reader->rating_scale = scales >> LINES_SCALE_BITS & ((1 << LINES_SCALE_BITS) - 1);
	reader->quantity_scale = scales >> (2 * LINES_SCALE_BITS);
	reader->ndimensions = p[4];
	if ((flags & ~LINES_FLAGS) != 0 || reader->unit > HISTORY_MICROSECOND ||
		reader->amount_scale > AMOUNT_MAX_SCALE ||
		reader->rating_scale > AMOUNT_MAX_SCALE ||
		reader->quantity_scale > AMOUNT_MAX_SCALE ||
		reader->ndimensions > LINES_MAX_DIMENSIONS)
		return "A flag or number of its header is out of range.";
	p = varint_read(p + LINES_HEADER, end, &nlines);
	if (p == NULL || nlines > (uint64) LINES_MAX_NUMBERS /
		(LINES_DIMENSION + reader->ndimensions))
		return "Its number of lines is out of range.";
	if (nlines > 0)
	{
		p = varint_read(p, end, &norders);
		if (p != NULL && (flags & LINES_FLAG_UNDATED))
			p = varint_read(p, end, &undated);
		if (p == NULL || norders < 1 || norders > nlines || undated > norders)
			return "Its number of orders is out of range.";
	}
	reader->nlines = (int32) nlines;
	reader->norders = (int32) norders;
	reader->ndated_orders = (int32) (norders - undated);
	reader->first_time = 0;
	if (reader->ndated_orders > 0)
	{
		p = varint_read(p, end, &number);
		if (p == NULL)
			return "It ends too early.";
		reader->first_time = zigzag_decode(number);
	}
	if (flags & LINES_FLAG_TEXTS)
	{
		p = varint_read(p, end, &ntexts);
		if (p != NULL)
			p = varint_read(p, end, &text_bytes);
		if (p == NULL || ntexts < 1 || ntexts > (uint64) (end - p) * 8 + 1 ||
			text_bytes > (uint64) (end - p) || p == end || *p > 32)
			return "Its texts do not fit its size.";
		reader->text_ends.width = *p++;
	}
	else
		reader->text_ends.width = 0;
	reader->ntexts = (int) ntexts;
	reader->text_bytes = (int32) text_bytes;

	ncolumns = nlines > 0 ? LINES_DIMENSION + reader->ndimensions : 0;
	for (int i = 0; i < ncolumns; i++)
	{
		LinesColumn *column = &reader->columns[i];
		int			head;

		if (unlikely(p == end))
			return "It ends too early.";
		head = *p++;
		if (head >= LINES_SHORT_CONSTANT)
		{
			column->width = 0;
			column->has_nulls = false;
			column->base = head - LINES_SHORT_CONSTANT;
			continue;
		}
		column->has_nulls = head >= LINES_WITH_NULLS;
		column->width = column->has_nulls ? head - LINES_WITH_NULLS : head;
		column->base = 0;
		if (column->width == 0 && column->has_nulls)
			continue;
		if (likely(p < end && *p < 0x80))
			column->base = zigzag_decode(*p++);
		else
		{
			p = varint_read(p, end, &number);
			if (unlikely(p == NULL))
				return "It ends too early.";
			column->base = zigzag_decode(number);
		}
	}

	/* where each begins; the sums cannot wrap around */
	reader->text_ends.has_nulls = false;
	reader->text_ends.base = 0;
	reader->text_ends.bits = p;
	reader->texts = p;
	if (flags & LINES_FLAG_TEXTS)
	{
		uint64		bytes = packed_bytes(ntexts, reader->text_ends.width);

		if (bytes + text_bytes > (uint64) (end - p))
			return "Its texts do not fit its size.";
		reader->texts = p + bytes;
		p += bytes + text_bytes;
	}
	for (int i = 0; i < ncolumns; i++)
	{
		LinesColumn *column = &reader->columns[i];
		uint64		bytes;

		column->bits = p;
		if (column->width == 0)
			continue;
		bytes = packed_bytes(lines_column_count(reader, i), column->width);
		if (unlikely(bytes > (uint64) (end - p)))
			return "It ends too early.";
		p += bytes;
	}
	return p == end ? NULL : "It is longer than its lines.";
}

/* Starts reading a value, in either form. */
void
lines_open(Datum lines, LinesReader *reader)
{
	const char *fault = lines_open_stored(lines_stored(lines), reader);

	if (unlikely(fault != NULL))
		bad_lines(fault);
}

/*--- Decoding ---*/

/* The 64 bits that begin at a bit, as far as there are any before end. */
static inline uint64
load_bits(const uint8 *bits, const uint8 *end, uint64 bit)
{
	const uint8 *p = bits + (bit >> 3);
	int			shift = (int) (bit & 7);
	uint8		bytes[9] = {0};
	uint64		value;

	memcpy(bytes, p, Min((Size) (end - p), sizeof(bytes)));
	value = varint_bytes(bytes) >> shift;
	if (shift > 0)
		value |= (uint64) bytes[8] << (64 - shift);
	return value;
}

static inline int64
unpacked(uint64 value, int64 base)
{
	/* unsigned, so that damaged data cannot overflow */
	return (int64) (value + (uint64) base);
}

/* One number of a column that is not constant. */
static inline int64
unpack_one(const LinesColumn *column, const uint8 *end, int32 i)
{
	uint64		value = load_bits(column->bits, end,
								  (uint64) i * column->width) &
		(~UINT64CONST(0) >> (64 - column->width));

	if (column->has_nulls)
		return value == 0 ? LINES_NULL : unpacked(value - 1, column->base);
	return unpacked(value, column->base);
}

static void
unpack(const LinesColumn *column, const uint8 *end, int32 n, int64 *values)
{
	const int	width = column->width;
	const uint8 *bits = column->bits;
	int32		i = 0;

	if (width == 0)
	{
		int64		value = column->has_nulls ? LINES_NULL : column->base;

		for (; i < n; i++)
			values[i] = value;
		return;
	}
	/* while eight bytes can be read, which hold a number of 57 bits */
	if (width <= 57 && end - bits >= 8)
	{
		uint64		mask = ~UINT64CONST(0) >> (64 - width);
		int32		fast = (int32) Min((uint64) n,
									   ((uint64) (end - bits - 7) * 8 - 1) / width + 1);

		if (column->has_nulls)
		{
			uint64		base = (uint64) column->base - 1;

			for (uint64 bit = 0; i < fast; i++, bit += width)
			{
				uint64		value = varint_bytes(bits + (bit >> 3)) >> (bit & 7) & mask;

				values[i] = value == 0 ? LINES_NULL : (int64) (value + base);
			}
		}
		else
		{
			uint64		base = (uint64) column->base;

			for (uint64 bit = 0; i < fast; i++, bit += width)
				values[i] = (int64) ((varint_bytes(bits + (bit >> 3)) >> (bit & 7) & mask) + base);
		}
	}
	for (; i < n; i++)
		values[i] = unpack_one(column, end, i);
}

/* The least and the greatest number that a column may hold. */
static inline void
column_range(const LinesReader *reader, int column, int64 *least,
			 int64 *greatest)
{
	switch (column)
	{
		case LINES_ORDER_SIZE:
			*least = 1;
			*greatest = reader->nlines;
			break;
		case LINES_ORDER_DISTANCE:
		case LINES_TIME_OFFSET:
			*least = 0;
			*greatest = LINES_MAX_DISTANCE - 1;
			break;
		case LINES_AMOUNT:
		case LINES_RATING:
		case LINES_QUANTITY:
			*least = -(AMOUNT_LIMIT - 1);
			*greatest = AMOUNT_LIMIT - 1;
			break;
		case LINES_DISCOUNTED:
		case LINES_SUBSCRIBED:
			*least = 0;
			*greatest = 1;
			break;
		default:
			*least = -(int64) reader->ntexts;
			*greatest = PG_INT32_MAX;
			break;
	}
}

/* Whether NULL may stand in a column. */
static inline bool
column_nullable(int column)
{
	return column > LINES_ORDER_DISTANCE;
}

/*
 * Each function that reads has a form that returns what is wrong, or NULL,
 * and one that stops with an error.
 */
const char *
lines_constant_fault(const LinesReader *reader, int column)
{
	const LinesColumn *c = &reader->columns[column];
	int64		least;
	int64		greatest;

	if (c->has_nulls)
		return column_nullable(column) ? NULL
			: "A value that must be known is NULL.";
	column_range(reader, column, &least, &greatest);
	return c->base < least || c->base > greatest
		? "A value is out of range." : NULL;
}

int64
lines_constant_value(const LinesReader *reader, int column)
{
	const LinesColumn *c = &reader->columns[column];
	const char *fault = lines_constant_fault(reader, column);

	if (unlikely(fault != NULL))
		bad_lines(fault);
	return c->has_nulls ? LINES_NULL : c->base;
}

const char *
lines_decode_fault(const LinesReader *reader, int column, int64 *values)
{
	const LinesColumn *c = &reader->columns[column];
	int32		n = lines_column_count(reader, column);
	int64		least;
	int64		greatest;

	if (column == LINES_ORDER_DISTANCE && reader->ndated_orders > 0)
		*values++ = 0;
	if (n == 0)
		return NULL;
	unpack(c, reader->end, n, values);
	if (c->width == 0)
	{
		const char *fault = lines_constant_fault(reader, column);

		if (unlikely(fault != NULL))
			return fault;
	}
	else
	{
		if (unlikely(c->has_nulls && !column_nullable(column)))
			return "A value that must be known is NULL.";
		column_range(reader, column, &least, &greatest);
		if (unlikely(c->base < least || c->base > greatest))
			return "A value is out of range.";
		/* most columns have no bits with which to leave the range */
		if ((uint64) greatest - (uint64) c->base <
			~UINT64CONST(0) >> (64 - c->width))
		{
			bool		bad = false;

			for (int32 i = 0; i < n; i++)
				bad |= (values[i] < least || values[i] > greatest) &&
					(values[i] != LINES_NULL || !c->has_nulls);
			if (unlikely(bad))
				return "A value is out of range.";
		}
	}
	if (column == LINES_ORDER_SIZE)
	{
		int64		sum = 0;

		for (int32 i = 0; i < n; i++)
			sum += values[i];
		if (unlikely(sum != reader->nlines))
			return "Its orders have more or fewer lines than it has.";
	}
	return NULL;
}

void
lines_decode(const LinesReader *reader, int column, int64 *values)
{
	const char *fault = lines_decode_fault(reader, column, values);

	if (unlikely(fault != NULL))
		bad_lines(fault);
}

const char *
lines_text_fault(const LinesReader *reader, int i, const char **text,
				 int *length)
{
	int64		start = 0;
	int64		end = reader->text_bytes;

	if (unlikely(i < 0 || i >= reader->ntexts))
		return "A text is missing.";
	if (reader->text_ends.width > 0)
	{
		if (i > 0)
			start = unpack_one(&reader->text_ends, reader->end, i - 1);
		end = unpack_one(&reader->text_ends, reader->end, i);
	}
	if (unlikely(start > end || end > reader->text_bytes))
		return "A text is outside of it.";
	*text = (const char *) reader->texts + start;
	*length = (int) (end - start);
	return NULL;
}

const char *
lines_text(const LinesReader *reader, int i, int *length)
{
	const char *text = NULL;
	const char *fault = lines_text_fault(reader, i, &text, length);

	if (unlikely(fault != NULL))
		bad_lines(fault);
	return text;
}

const char *
lines_times_fault(const LinesReader *reader, Timestamp *times)
{
	const int64 usecs = lines_usec_per_unit(reader->unit);
	const int64 first = MIN_TIMESTAMP / usecs;
	const int64 last = (END_TIMESTAMP - 1) / usecs;
	const bool	constant_offset = lines_constant(reader, LINES_TIME_OFFSET);
	const bool	constant_size = lines_constant(reader, LINES_ORDER_SIZE);
	int64		size = 1;
	int64	   *sizes = NULL;
	int64	   *distances = NULL;
	int64		time = reader->first_time;
	int32		line = 0;

	const char *fault = NULL;

	if (reader->nlines == 0)
		return NULL;
	if (constant_offset)
	{
		/* the first line of an order has its time */
		if (unlikely(reader->columns[LINES_TIME_OFFSET].has_nulls ||
					 reader->columns[LINES_TIME_OFFSET].base != 0))
			return "An order does not begin with its first line.";
	}
	else
	{
		fault = lines_decode_fault(reader, LINES_TIME_OFFSET, times);
		if (unlikely(fault != NULL))
			return fault;
	}
	if (constant_size)
	{
		size = reader->columns[LINES_ORDER_SIZE].base;
		fault = lines_constant_fault(reader, LINES_ORDER_SIZE);
		if (unlikely(fault != NULL))
			return fault;
		if (unlikely(size * reader->norders != reader->nlines))
			return "Its orders have more or fewer lines than it has.";
	}
	else
	{
		sizes = MemoryContextAllocHuge(CurrentMemoryContext,
									   sizeof(int64) * (Size) reader->norders);
		fault = lines_decode_fault(reader, LINES_ORDER_SIZE, sizes);
		if (unlikely(fault != NULL))
			return fault;
	}
	if (reader->ndated_orders > 0)
	{
		distances = MemoryContextAllocHuge(CurrentMemoryContext,
										   sizeof(int64) * (Size) reader->ndated_orders);
		fault = lines_decode_fault(reader, LINES_ORDER_DISTANCE, distances);
		if (unlikely(fault != NULL))
			return fault;
	}
	for (int32 i = 0; i < reader->ndated_orders; i++)
	{
		int64		n = sizes != NULL ? sizes[i] : size;

		/* a sum that wraps around is out of range, too */
		time = (int64) ((uint64) time + (uint64) distances[i]);
		if (unlikely(time < first || time > last))
			return "A time is out of range.";
		if (constant_offset)
			for (; n > 0; n--)
				times[line++] = time * usecs;
		else
			for (; n > 0; n--, line++)
			{
				int64		at = times[line];

				if (at == LINES_NULL)
					times[line] = DT_NOEND;
				else
				{
					uint64		sum = (uint64) at + (uint64) time;

					if (unlikely((int64) sum < first || (int64) sum > last))
						return "A time is out of range.";
					times[line] = (int64) sum * usecs;
				}
			}
	}
	for (; line < reader->nlines; line++)
		times[line] = DT_NOEND;
	if (sizes != NULL)
		pfree(sizes);
	if (distances != NULL)
		pfree(distances);
	return NULL;
}

void
lines_times(const LinesReader *reader, Timestamp *times)
{
	const char *fault = lines_times_fault(reader, times);

	if (unlikely(fault != NULL))
		bad_lines(fault);
}
