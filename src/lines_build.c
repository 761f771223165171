/*-------------------------------------------------------------------------
 *
 * lines_build.c
 *		Collecting purchase_lines: the aggregate, rollup and +.
 *
 * A state is a header and the rows so far, each with its order id, as numbers
 * of variable length.  So a row is appended without a look at the others, and
 * two states become one by a memcpy; the final function sorts and packs.  The
 * fewer bytes a row takes, the less often a state grows, which costs more
 * than all the rest.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupmacs.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "dimension_codes.h"
#include "lines_build.h"

PG_FUNCTION_INFO_V1(pt_purchase_lines_accum_number);
PG_FUNCTION_INFO_V1(pt_purchase_lines_accum_text);
PG_FUNCTION_INFO_V1(pt_purchase_lines_accum_time);
PG_FUNCTION_INFO_V1(pt_purchase_lines_combine);
PG_FUNCTION_INFO_V1(pt_purchase_lines_rollup);
PG_FUNCTION_INFO_V1(pt_purchase_lines_final);
PG_FUNCTION_INFO_V1(pt_purchase_lines_add);

#define INITIAL_SIZE		256

/*
 * A row begins with two bytes: what is known of it.  Then come, where there
 * are any, order id, time, decimals and values.
 */
#define ROW_KEY				0x0007	/* a LinesKey */
#define ROW_UNIT_SHIFT		3		/* 0: no time; else a HistoryUnit + 1 */
#define ROW_UNIT			0x0003
#define ROW_DECIMAL			0x0020	/* the amount; the others follow */
#define ROW_DISCOUNTED_SHIFT	8	/* 0: not known; else the flag + 1 */
#define ROW_SUBSCRIBED_SHIFT	10
#define ROW_FLAG			0x0003
#define ROW_SCALE			0x1000	/* the amount's own; the others follow */
#define ROW_DISTANCE		0x8000	/* its time counts from the last one */

/* Bytes of a row without order ids and values that are text. */
#define ROW_FIXED_BYTES \
	(2 + 2 * VARINT_MAX_BYTES + DECIMALS * (1 + VARINT_MAX_BYTES))
#define VALUE_BYTES			5

/*--- Appending ---*/

static LinesBuilder *
builder_create(Size size)
{
	LinesBuilder *builder = palloc0(size);

	SET_VARSIZE(builder, size);
	builder->form = LINES_BUILDING;
	return builder;
}

LinesBuilder *
lines_builder_create(void)
{
	return builder_create(INITIAL_SIZE);
}

/*
 * A copy with room for more, in the current memory context; whoever owns the
 * old one (the executor, for transition values) disposes of it.
 */
static LinesBuilder *
builder_grow(const LinesBuilder *builder, Size more)
{
	Size		needed = offsetof(LinesBuilder, stream) + builder->used + more;
	Size		size = Max(needed, (Size) VARSIZE(builder) * 2);
	LinesBuilder *larger;

	if (needed > MaxAllocSize)
		too_many_lines();
	larger = builder_create(Min(size, MaxAllocSize));
	memcpy((char *) larger + VARHDRSZ, (const char *) builder + VARHDRSZ,
		   offsetof(LinesBuilder, stream) - VARHDRSZ + builder->used);
	return larger;
}

/* A state with room for so many bytes. */
LinesBuilder *
lines_builder_reserve(LinesBuilder *builder, Size more)
{
	Size		room = VARSIZE(builder) - offsetof(LinesBuilder, stream) -
		builder->used;

	return likely(room >= more) ? builder : builder_grow(builder, more);
}

void
lines_builder_set_last_at(LinesBuilder *builder, Timestamp at)
{
	builder->flags |= LINES_BUILD_LAST_AT;
	memcpy(builder->last_at, &at, sizeof(at));
}

/*
 * The key that a row is written with: that of a row of the order before it
 * needs no order id.
 */
static inline LinesKey
short_key(LinesBuilder *builder, const LinesRow *row)
{
	int64		last;

	if (row->key == LINES_KEY_NUMBER)
	{
		memcpy(&last, builder->last_number, sizeof(last));
		if (builder->last_key == LINES_KEY_NUMBER && last == row->number)
			return LINES_KEY_SAME;
		memcpy(builder->last_number, &row->number, sizeof(row->number));
	}
	if (row->key != LINES_KEY_SAME)
		builder->last_key = row->key;
	return row->key;
}

/* Lines of different kinds do not go together. */
static void
check_alike(const LinesBuilder *builder, int ndimensions, bool by_time)
{
	if (builder->nrows == 0)
		return;
	if (builder->ndimensions != ndimensions)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("all lines of a purchase_lines must have the same number of dimensions"),
				 errdetail("There are lines with %d and with %d.",
						   builder->ndimensions, ndimensions)));
	if (((builder->flags & LINES_BUILD_BY_TIME) != 0) != by_time)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lines with order ids and lines without them cannot be put together"),
				 errdetail("Without order ids, lines of one time are one order.")));
}

/* Appends a line: in place, or to a larger copy. */
LinesBuilder *
lines_builder_add(LinesBuilder *builder, int ndimensions,
				  const LinesRow *row)
{
	Size		needed = ROW_FIXED_BYTES + (Size) ndimensions * VALUE_BYTES;
	unsigned int head;
	int64		time = 0;
	uint8	   *p;

	check_alike(builder, ndimensions, row->key == LINES_KEY_TIME);
	if (row->key == LINES_KEY_TEXT)
		needed += row->len;
	for (int i = 0; i < ndimensions; i++)
		if (row->values[i].code == -1)
			needed += row->values[i].len;
	builder = lines_builder_reserve(builder, needed);
	builder->ndimensions = ndimensions;
	if (row->key == LINES_KEY_TIME)
		builder->flags |= LINES_BUILD_BY_TIME;
	else if (row->key >= LINES_KEY_NUMBER)
		builder->flags |= LINES_BUILD_KEYS;

	head = short_key(builder, row);
	if (row->at != DT_NOEND)
	{
		HistoryUnit unit = history_unit(row->at);
		Timestamp	last;
		int64		distance;

		time = row->at;
		memcpy(&last, builder->last_at, sizeof(last));
		if ((builder->flags & LINES_BUILD_LAST_AT) &&
			!pg_sub_s64_overflow(row->at, last, &distance) &&
			history_unit(distance) <= unit)
		{
			head |= ROW_DISTANCE;
			unit = history_unit(distance);
			time = distance;
		}
		head |= (unit + 1) << ROW_UNIT_SHIFT;
		/* division by a constant is several times faster */
		if (unit == HISTORY_DAY)
			time /= USECS_PER_DAY;
		else if (unit == HISTORY_SECOND)
			time /= USECS_PER_SEC;
		lines_builder_set_last_at(builder, row->at);
	}
	for (int i = 0; i < DECIMALS; i++)
		if (row->decimals[i].value != LINES_NULL)
		{
			head |= ROW_DECIMAL << i;
			if (builder->scales[i] == 0)
				builder->scales[i] = (uint8) (row->decimals[i].scale + 1);
			else if (builder->scales[i] != row->decimals[i].scale + 1)
				head |= ROW_SCALE << i;
		}
	if (row->discounted != LINES_NULL)
		head |= (unsigned int) (row->discounted + 1) << ROW_DISCOUNTED_SHIFT;
	if (row->subscribed != LINES_NULL)
		head |= (unsigned int) (row->subscribed + 1) << ROW_SUBSCRIBED_SHIFT;

	p = builder->stream + builder->used;
	*p++ = (uint8) head;
	*p++ = (uint8) (head >> 8);
	if ((head & ROW_KEY) == LINES_KEY_NUMBER)
		p = varint_write(p, zigzag_encode(row->number));
	else if ((head & ROW_KEY) == LINES_KEY_TEXT)
	{
		p = varint_write(p, row->len);
		memcpy(p, row->text, row->len);
		p += row->len;
	}
	if (row->at != DT_NOEND)
		p = varint_write(p, zigzag_encode(time));
	for (int i = 0; i < DECIMALS; i++)
		if (row->decimals[i].value != LINES_NULL)
		{
			if (head & ROW_SCALE << i)
				*p++ = (uint8) row->decimals[i].scale;
			p = varint_write(p, zigzag_encode(row->decimals[i].value));
		}
	/* 0 is NULL; odd numbers are codes; even ones texts with their length */
	for (int i = 0; i < ndimensions; i++)
	{
		const LinesValue *value = &row->values[i];

		if (value->code >= 0)
			p = varint_write(p, (uint64) value->code << 1 | 1);
		else if (value->code == LINES_NULL)
			*p++ = 0;
		else
		{
			p = varint_write(p, ((uint64) value->len + 1) << 1);
			memcpy(p, value->text, value->len);
			p += value->len;
		}
	}
	builder->used = (int32) (p - builder->stream);
	builder->nrows++;
	return builder;
}

void
lines_stream_open(LinesStream *stream, const LinesBuilder *builder)
{
	stream->next = builder->stream;
	stream->end = builder->stream + builder->used;
	stream->ndimensions = builder->ndimensions;
	stream->scales = builder->scales;
	stream->last_at = DT_NOEND;
}

/* Reads the time of a row; false if it is out of range. */
static inline bool
stream_time(LinesStream *stream, unsigned int head, uint64 number,
			Timestamp *at)
{
	int64		usecs = lines_usec_per_unit((HistoryUnit)
											((head >> ROW_UNIT_SHIFT & ROW_UNIT) - 1));
	int64		time = zigzag_decode(number);

	/* a distance may be longer than a time, if both its ends are in range */
	if (unlikely(time > PG_INT64_MAX / usecs || time < PG_INT64_MIN / usecs))
		return false;
	*at = time * usecs;
	if ((head & ROW_DISTANCE) &&
		(stream->last_at == DT_NOEND ||
		 pg_add_s64_overflow(*at, stream->last_at, at)))
		return false;
	stream->last_at = *at;
	return IS_VALID_TIMESTAMP(*at);
}

/* Reads the next row of a state; false if the state is damaged. */
bool
lines_stream_next(LinesStream *stream, LinesRow *row)
{
	const uint8 *p = stream->next;
	const uint8 *const end = stream->end;
	unsigned int head;
	uint64		number;

	if (unlikely(end - p < 2))
		return false;
	head = p[0] | (unsigned int) p[1] << 8;
	p += 2;
	row->key = (LinesKey) (head & ROW_KEY);
	if (row->key == LINES_KEY_NUMBER)
	{
		p = varint_read(p, end, &number);
		if (unlikely(p == NULL))
			return false;
		row->number = zigzag_decode(number);
	}
	else if (row->key == LINES_KEY_TEXT)
	{
		p = varint_read(p, end, &number);
		if (unlikely(p == NULL || number > (uint64) (end - p)))
			return false;
		row->text = (const char *) p;
		row->len = (int) number;
		p += number;
	}
	else if (unlikely(row->key > LINES_KEY_TEXT))
		return false;
	row->at = DT_NOEND;
	if (head >> ROW_UNIT_SHIFT & ROW_UNIT)
	{
		p = varint_read(p, end, &number);
		if (unlikely(p == NULL || !stream_time(stream, head, number, &row->at)))
			return false;
	}
	for (int i = 0; i < DECIMALS; i++)
	{
		LinesDecimal *decimal = &row->decimals[i];

		decimal->value = LINES_NULL;
		if (!(head & ROW_DECIMAL << i))
			continue;
		decimal->scale = stream->scales[i] - 1;
		if (head & ROW_SCALE << i)
		{
			if (unlikely(p == end))
				return false;
			decimal->scale = *p++;
		}
		p = varint_read(p, end, &number);
		if (unlikely(p == NULL))
			return false;
		decimal->value = zigzag_decode(number);
		if (unlikely(decimal->scale < 0 || decimal->scale > AMOUNT_MAX_SCALE ||
					 !amount_in_range(decimal->value)))
			return false;
	}
	row->discounted = (head >> ROW_DISCOUNTED_SHIFT & ROW_FLAG) == 0 ? LINES_NULL
		: (int64) (head >> ROW_DISCOUNTED_SHIFT & ROW_FLAG) - 1;
	row->subscribed = (head >> ROW_SUBSCRIBED_SHIFT & ROW_FLAG) == 0 ? LINES_NULL
		: (int64) (head >> ROW_SUBSCRIBED_SHIFT & ROW_FLAG) - 1;
	if (unlikely(row->discounted > 1 || row->subscribed > 1))
		return false;
	for (int i = 0; i < stream->ndimensions; i++)
	{
		LinesValue *value = &row->values[i];

		if (likely(p < end && *p < 0x80))
			number = *p++;
		else
		{
			p = varint_read(p, end, &number);
			if (unlikely(p == NULL))
				return false;
		}
		if (number & 1)
		{
			number >>= 1;
			if (unlikely(number > PG_INT32_MAX))
				return false;
			value->code = (int64) number;
		}
		else if (number == 0)
			value->code = LINES_NULL;
		else
		{
			number = (number >> 1) - 1;
			if (unlikely(number > (uint64) (end - p)))
				return false;
			value->code = -1;
			value->text = (const char *) p;
			value->len = (int) number;
			p += number;
		}
	}
	stream->next = p;
	return true;
}

/* Appends the lines of a stored value for which keep is set, or all. */
LinesBuilder *
lines_builder_add_stored(LinesBuilder *builder, const LinesReader *reader,
						 const bool *keep)
{
	LinesCursor cursor;
	bool		begun = false;	/* a line of its order was kept */

	lines_cursor_open(&cursor, reader);
	while (lines_cursor_next(&cursor))
	{
		CHECK_FOR_INTERRUPTS();
		if (cursor.in_order == 0)
			begun = false;
		if (keep != NULL && !keep[cursor.next - 1])
			continue;
		if (cursor.row.key != LINES_KEY_TIME)
			cursor.row.key = begun ? LINES_KEY_SAME : LINES_KEY_OWN;
		begun = true;
		builder = lines_builder_add(builder, reader->ndimensions, &cursor.row);
	}
	lines_cursor_close(&cursor);
	return builder;
}

/* Whether the rows of another state can be read after those of this one. */
static bool
same_scales(const LinesBuilder *builder, const LinesBuilder *other)
{
	for (int i = 0; i < DECIMALS; i++)
		if (builder->scales[i] != 0 && other->scales[i] != 0 &&
			builder->scales[i] != other->scales[i])
			return false;
	return true;
}

/* Appends all lines of another state. */
static LinesBuilder *
builder_add_builder(LinesBuilder *builder, const LinesBuilder *other)
{
	if (other->nrows == 0)
		return builder;
	check_alike(builder, other->ndimensions,
				(other->flags & LINES_BUILD_BY_TIME) != 0);
	if (!same_scales(builder, other))
	{
		LinesStream stream;
		LinesRow	row;

		lines_stream_open(&stream, other);
		for (int32 i = 0; i < other->nrows; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (!lines_stream_next(&stream, &row) ||
				(row.key == LINES_KEY_SAME && i == 0))
				bad_lines("A line is damaged.");
			builder = lines_builder_add(builder, other->ndimensions, &row);
		}
		return builder;
	}
	builder = lines_builder_reserve(builder, other->used);
	memcpy(builder->stream + builder->used, other->stream, other->used);
	builder->used += other->used;
	builder->nrows += other->nrows;
	builder->flags |= other->flags;
	builder->ndimensions = other->ndimensions;
	builder->last_key = other->last_key;
	memcpy(builder->last_number, other->last_number, sizeof(other->last_number));
	if (other->flags & LINES_BUILD_LAST_AT)
		memcpy(builder->last_at, other->last_at, sizeof(other->last_at));
	for (int i = 0; i < DECIMALS; i++)
		if (builder->scales[i] == 0)
			builder->scales[i] = other->scales[i];
	return builder;
}

/* Appends all lines of a value in either form. */
static LinesBuilder *
builder_add_lines(LinesBuilder *builder, Datum datum)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	LinesReader reader;

	if (lines_is_builder(value))
		return builder_add_builder(builder, lines_builder_get(value));
	lines_open(PointerGetDatum(value), &reader);
	return lines_builder_add_stored(builder, &reader, NULL);
}

/*--- Finishing ---*/

/* A state out of what is one by its first byte, checked. */
LinesBuilder *
lines_builder_get(struct varlena *value)
{
	LinesBuilder *builder = (LinesBuilder *) PG_DETOAST_DATUM(PointerGetDatum(value));

	/* a row has two bytes at least */
	if (VARSIZE(builder) < offsetof(LinesBuilder, stream) ||
		builder->used < 0 || builder->nrows < 0 ||
		builder->nrows > builder->used / 2 ||
		(Size) builder->used > VARSIZE(builder) - offsetof(LinesBuilder, stream) ||
		(builder->flags & ~LINES_BUILD_FLAGS) != 0 ||
		builder->ndimensions > LINES_MAX_DIMENSIONS ||
		builder->scales[0] > AMOUNT_MAX_SCALE + 1 ||
		builder->scales[1] > AMOUNT_MAX_SCALE + 1 ||
		builder->scales[2] > AMOUNT_MAX_SCALE + 1)
		bad_lines("Its header does not fit its size.");
	return builder;
}

/* Different texts, found by their hash. */
typedef struct TextTable
{
	LinesText  *texts;
	int32		count;
	int32	   *slots;			/* number of a text + 1, or 0 */
	uint32		mask;
} TextTable;

#define TEXT_SLOTS			64

static void
text_slot(TextTable *table, int32 i)
{
	uint32		slot = table->texts[i].hash & table->mask;

	while (table->slots[slot] != 0)
		slot = (slot + 1) & table->mask;
	table->slots[slot] = i + 1;
}

/* The number of a text. */
static int32
text_number(TextTable *table, const char *text, int len)
{
	uint32		hash = dimension_hash(text, len);
	LinesText  *added;

	if (table->slots == NULL)
	{
		table->mask = TEXT_SLOTS - 1;
		table->slots = palloc0(sizeof(int32) * TEXT_SLOTS);
		table->texts = palloc(sizeof(LinesText) * TEXT_SLOTS / 2);
	}
	for (uint32 slot = hash & table->mask; table->slots[slot] != 0;
		 slot = (slot + 1) & table->mask)
	{
		LinesText  *other = &table->texts[table->slots[slot] - 1];

		if (other->hash == hash && other->len == len &&
			memcmp(other->text, text, len) == 0)
			return table->slots[slot] - 1;
	}
	if ((uint32) table->count >= (table->mask + 1) / 2)
	{
		Size		slots = ((Size) table->mask + 1) * 2;

		pfree(table->slots);
		table->slots = MemoryContextAllocExtended(CurrentMemoryContext,
												  sizeof(int32) * slots,
												  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		table->texts = repalloc_huge(table->texts,
									 sizeof(LinesText) * slots / 2);
		table->mask = (uint32) (slots - 1);
		for (int32 i = 0; i < table->count; i++)
			text_slot(table, i);
	}
	added = &table->texts[table->count];
	added->text = text;
	added->len = len;
	added->hash = hash;
	text_slot(table, table->count);
	return table->count++;
}

/* Rows that follow one another and have one order id. */
typedef struct OrderRun
{
	LinesKey	key;
	int64		number;
	const char *text;
	int			len;
	int32		run;
	LinesRange	range;
} OrderRun;

static inline int
compare_keys(const OrderRun *a, const OrderRun *b)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->key == LINES_KEY_NUMBER)
		return (a->number > b->number) - (a->number < b->number);
	if (a->key == LINES_KEY_TEXT)
	{
		int			cmp = memcmp(a->text, b->text, Min(a->len, b->len));

		return cmp != 0 ? cmp : (a->len > b->len) - (a->len < b->len);
	}
	return (a->run > b->run) - (a->run < b->run);
}

#define ST_SORT sort_runs
#define ST_ELEMENT_TYPE OrderRun
#define ST_COMPARE(a, b) compare_keys(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* Makes orders of runs: those of one order id are one order. */
static void
join_runs(LinesTable *table, OrderRun *runs, int32 nruns, bool distinct)
{
	int32		row = 0;

	if (distinct)
	{
		for (int32 i = 0; i < nruns; i++)
			table->orders[i] = runs[i].range;
		table->norders = nruns;
		return;
	}
	sort_runs(runs, nruns);
	table->norders = 0;
	for (int32 i = 0; i < nruns; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0 && compare_keys(&runs[i - 1], &runs[i]) == 0)
			table->orders[table->norders - 1].count += runs[i].range.count;
		else
		{
			table->orders[table->norders].first = row;
			table->orders[table->norders++].count = runs[i].range.count;
		}
		for (int32 j = 0; j < runs[i].range.count; j++)
			table->rows[row++] = runs[i].range.first + j;
	}
}

/* Gives a column of earlier rows more decimals. */
static void
rescale_rows(LinesTable *table, int32 nrows, int decimal, int scale)
{
	int64	   *field = table->fields + FIELD_AMOUNT + decimal;

	for (int32 i = 0; i < nrows; i++, field += table->nfields)
	{
		CHECK_FOR_INTERRUPTS();
		if (*field != LINES_NULL &&
			!amount_rescale(field, table->scales[decimal], scale))
			amount_too_large();
	}
	table->scales[decimal] = scale;
}

/* The stored form of a state, which stays as it is. */
Datum
lines_finish(const LinesBuilder *builder)
{
	const int32 n = builder->nrows;
	const int	ndimensions = builder->ndimensions;
	const bool	by_time = (builder->flags & LINES_BUILD_BY_TIME) != 0;
	LinesTable	table = {0};
	TextTable	texts = {0};
	OrderRun   *runs = NULL;
	int32		nruns = 0;
	bool		distinct = true;
	const OrderRun *last_number = NULL;
	Datum		result;
	LinesStream stream;
	LinesRow	row;

	if (n > LINES_MAX_NUMBERS / (LINES_DIMENSION + ndimensions))
		too_many_lines();
	table.nrows = n;
	table.ndimensions = ndimensions;
	table.nfields = FIELD_DIMENSION + ndimensions;
	table.by_time = by_time;
	table.fields = MemoryContextAllocHuge(CurrentMemoryContext,
										  sizeof(int64) * ((Size) n * table.nfields + 1));
	table.rows = MemoryContextAllocHuge(CurrentMemoryContext,
										sizeof(int32) * ((Size) n + 1));
	table.orders = MemoryContextAllocHuge(CurrentMemoryContext,
										  sizeof(LinesRange) * ((Size) n + 1));
	if (!by_time)
		runs = MemoryContextAllocHuge(CurrentMemoryContext,
									  sizeof(OrderRun) * ((Size) n + 1));

	lines_stream_open(&stream, builder);
	for (int32 i = 0; i < n; i++)
	{
		int64	   *fields = table.fields + (Size) i * table.nfields;

		CHECK_FOR_INTERRUPTS();
		if (unlikely(!lines_stream_next(&stream, &row) ||
					 (row.key == LINES_KEY_TIME) != by_time ||
					 (row.key == LINES_KEY_SAME && i == 0)))
			bad_lines("A line is damaged.");
		table.rows[i] = i;
		fields[FIELD_TIME] = row.at;
		for (int j = 0; j < DECIMALS; j++)
		{
			LinesDecimal *decimal = &row.decimals[j];

			if (decimal->value != LINES_NULL &&
				decimal->scale != table.scales[j])
			{
				if (decimal->scale > table.scales[j])
					rescale_rows(&table, i, j, decimal->scale);
				else if (!amount_rescale(&decimal->value, decimal->scale,
										 table.scales[j]))
					amount_too_large();
			}
			fields[FIELD_AMOUNT + j] = decimal->value;
		}
		fields[FIELD_DISCOUNTED] = row.discounted;
		fields[FIELD_SUBSCRIBED] = row.subscribed;
		for (int j = 0; j < ndimensions; j++)
			fields[FIELD_DIMENSION + j] = row.values[j].code != -1
				? row.values[j].code
				: -1 - (int64) text_number(&texts, row.values[j].text,
										   row.values[j].len);
		if (!by_time)
		{
			OrderRun   *run = &runs[nruns];

			run->key = row.key;
			run->number = row.number;
			run->text = row.text;
			run->len = row.len;
			run->run = nruns;
			if (row.key == LINES_KEY_SAME ||
				(row.key >= LINES_KEY_NUMBER && nruns > 0 &&
				 compare_keys(run - 1, run) == 0))
			{
				run[-1].range.count++;
				continue;
			}
			/* ids that only grow are all different */
			if (row.key == LINES_KEY_NUMBER)
			{
				if (last_number != NULL && row.number <= last_number->number)
					distinct = false;
				last_number = run;
			}
			else if (row.key == LINES_KEY_TEXT)
				distinct = false;
			run->range.first = i;
			run->range.count = 1;
			nruns++;
		}
	}
	if (stream.next != stream.end)
		bad_lines("It is longer than its lines.");
	table.texts = texts.texts;
	table.ntexts = texts.count;
	if (!by_time)
		join_runs(&table, runs, nruns, distinct);
	result = lines_pack(&table);
	pfree(table.fields);
	return result;
}

/* A value as it is stored, whatever its form. */
struct varlena *
lines_stored(Datum lines)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(lines);

	if (unlikely(lines_is_builder(value)))
		value = (struct varlena *)
			DatumGetPointer(lines_finish(lines_builder_get(value)));
	return value;
}

/*--- Aggregates ---*/

/*
 * The state that a transition function may change: the executor's own, a
 * copy of what a direct caller passed, or a new one, which is allocated in
 * the current context because the executor copies a first state itself.
 */
static inline LinesBuilder *
transition_builder(FunctionCallInfo fcinfo)
{
	struct varlena *state;

	if (PG_ARGISNULL(0))
		return builder_create(INITIAL_SIZE);
	state = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(0));
	if (likely(VARATT_IS_4B_U(state) &&
			   VARSIZE(state) > VARHDRSZ &&
			   ((LinesBuilder *) state)->form == LINES_BUILDING &&
			   AggCheckCallContext(fcinfo, NULL)))
		return lines_builder_get(state);
	return builder_add_lines(builder_create(INITIAL_SIZE),
							 PointerGetDatum(state));
}

static inline void
decimal_argument(FunctionCallInfo fcinfo, int arg, LinesDecimal *decimal)
{
	if (PG_ARGISNULL(arg))
		decimal->value = LINES_NULL;
	else
		decimal->value = amount_from_numeric(PG_GETARG_DATUM(arg),
											 &decimal->scale);
}

/* The values of a row's dimensions, from the array as it stands. */
static int
read_values(ArrayType *array, const DimensionCodes *codes, LinesValue *values)
{
	const char *p = ARR_DATA_PTR(array);
	const bits8 *bitmap = ARR_NULLBITMAP(array);
	int			n;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s must be a one-dimensional array",
						"dimension_values"),
				 errdetail("The array has %d dimensions.", ARR_NDIM(array))));
	n = ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
	if (n > LINES_MAX_DIMENSIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a line has too many dimensions"),
				 errdetail("It has %d, and may have %d.", n,
						   LINES_MAX_DIMENSIONS)));
	for (int i = 0; i < n; i++)
	{
		LinesValue *value = &values[i];

		if (bitmap != NULL && !(bitmap[i / 8] & 1 << i % 8))
		{
			value->code = LINES_NULL;
			continue;
		}
		p = (const char *) att_align_pointer(p, TYPALIGN_INT, -1, p);
		value->text = VARDATA_ANY(p);
		value->len = (int) VARSIZE_ANY_EXHDR(p);
		value->code = codes == NULL ? -1
			: dimension_code(codes, i + 1, value->text, value->len);
		p += VARSIZE_ANY(p);
	}
	return n;
}

/* The row of the arguments from arg on, but its order id, into the state. */
static Datum
accum(FunctionCallInfo fcinfo, int arg, LinesRow *row)
{
	const DimensionCodes *codes = NULL;
	int			ndimensions = 0;

	row->at = DT_NOEND;
	if (!PG_ARGISNULL(arg))
	{
		row->at = PG_GETARG_TIMESTAMP(arg);
		if (TIMESTAMP_NOT_FINITE(row->at))
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("the time of a purchase must be finite"),
					 errhint("Leave such rows out, for example by FILTER, or make their time NULL.")));
	}
	for (int i = 0; i < DECIMALS; i++)
		decimal_argument(fcinfo, arg + 1 + i, &row->decimals[i]);
	row->discounted = PG_ARGISNULL(arg + 4) ? LINES_NULL
		: PG_GETARG_BOOL(arg + 4);
	row->subscribed = PG_ARGISNULL(arg + 5) ? LINES_NULL
		: PG_GETARG_BOOL(arg + 5);
	if (!PG_ARGISNULL(arg + 7))
		codes = dimension_codes_argument(fcinfo, arg + 7);
	if (!PG_ARGISNULL(arg + 6))
		ndimensions = read_values(PG_GETARG_ARRAYTYPE_P(arg + 6), codes,
								  row->values);
	PG_RETURN_POINTER(lines_builder_add(transition_builder(fcinfo),
										ndimensions, row));
}

Datum
pt_purchase_lines_accum_number(PG_FUNCTION_ARGS)
{
	LinesRow	row;

	row.key = PG_ARGISNULL(1) ? LINES_KEY_OWN : LINES_KEY_NUMBER;
	if (!PG_ARGISNULL(1))
		row.number = PG_GETARG_INT64(1);
	return accum(fcinfo, 2, &row);
}

Datum
pt_purchase_lines_accum_text(PG_FUNCTION_ARGS)
{
	LinesRow	row;

	row.key = PG_ARGISNULL(1) ? LINES_KEY_OWN : LINES_KEY_TEXT;
	if (!PG_ARGISNULL(1))
	{
		text	   *id = PG_GETARG_TEXT_PP(1);

		row.text = VARDATA_ANY(id);
		row.len = (int) VARSIZE_ANY_EXHDR(id);
	}
	return accum(fcinfo, 2, &row);
}

Datum
pt_purchase_lines_accum_time(PG_FUNCTION_ARGS)
{
	LinesRow	row;

	row.key = LINES_KEY_TIME;
	return accum(fcinfo, 1, &row);
}

Datum
pt_purchase_lines_combine(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	PG_RETURN_POINTER(builder_add_lines(transition_builder(fcinfo),
										PG_GETARG_DATUM(1)));
}

/* rollup(purchase_lines): combine under the name of a transition. */
Datum
pt_purchase_lines_rollup(PG_FUNCTION_ARGS)
{
	return pt_purchase_lines_combine(fcinfo);
}

Datum
pt_purchase_lines_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(lines_stored(PG_GETARG_DATUM(0)));
}

/* The operator +: the lines of both. */
Datum
pt_purchase_lines_add(PG_FUNCTION_ARGS)
{
	LinesBuilder *builder = builder_create(INITIAL_SIZE);

	builder = builder_add_lines(builder, PG_GETARG_DATUM(0));
	builder = builder_add_lines(builder, PG_GETARG_DATUM(1));
	PG_RETURN_DATUM(lines_finish(builder));
}
