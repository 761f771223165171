/*-------------------------------------------------------------------------
 *
 * basket_build.c
 *		Baskets as an aggregate collects them, and their packed form.
 *
 * Every text is in the value once, found by a hash table; baskets are the
 * numbers of their items.  Rows of one basket may come in any order, and from
 * several processes: they are put together when the aggregate ends, so until
 * then each row has the key of its basket.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "basket.h"
#include "varint.h"

#define KEY_KIND_BITS		2
#define ROWS_AHEAD			16	/* asked from memory before they are needed */

/* A record of the stream, whose entries follow. */
typedef struct BasketRecord
{
	BasketKeyKind kind;
	int64		key;
	int32		size;
} BasketRecord;

/* A row of a basket that has a key. */
typedef struct BasketLine
{
	int64		key;
	int32		is_text;
	int32		item;			/* -1: none */
} BasketLine;

static inline int
compare_lines(const BasketLine *a, const BasketLine *b)
{
	if (a->is_text != b->is_text)
		return a->is_text - b->is_text;
	return (a->key > b->key) - (a->key < b->key);
}

static inline int
compare_rows(const BasketRow *a, const BasketRow *b, const int32 *pool)
{
	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	for (int32 i = 2; i < a->size && i < b->size; i++)
		if (pool[a->start + i] != pool[b->start + i])
			return pool[a->start + i] < pool[b->start + i] ? -1 : 1;
	return (a->size > b->size) - (a->size < b->size);
}

#define ST_SORT sort_entries
#define ST_ELEMENT_TYPE uint32
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_lines
#define ST_ELEMENT_TYPE BasketLine
#define ST_COMPARE(a, b) compare_lines(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE BasketRow
#define ST_COMPARE(a, b, pool) compare_rows(a, b, pool)
#define ST_COMPARE_ARG_TYPE const int32
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static void
too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many baskets for a basket_set"),
			 errdetail("A value has at most 1 GB."),
			 errhint("Take fewer baskets, or a coarser item such as the category.")));
}

static void *
allocate(Size n, Size element)
{
	Size		size;

	if (__builtin_mul_overflow(Max(n, 1), element, &size))
		too_large();
	return MemoryContextAllocHuge(CurrentMemoryContext, size);
}

/*--- The builder ---*/

TextBuild
basket_build_new(void)
{
	return text_build_new(too_large);
}

/* Adds items to a basket; they are sorted, and each counts once. */
void
basket_build_record(TextBuild *build, BasketKeyKind kind, int64 key,
					uint32 *entries, int32 n)
{
	uint8	   *p;
	int32		unique = 0;

	sort_entries(entries, n);
	for (int32 i = 0; i < n; i++)
		if (i == 0 || entries[i] != entries[unique - 1])
			entries[unique++] = entries[i];
	p = text_build_room(build, 2 * VARINT_MAX_BYTES + (Size) unique * 5);
	p = varint_write(p, (uint64) unique << KEY_KIND_BITS | kind);
	if (kind == KEY_NUMBER)
		p = varint_write(p, zigzag_encode(key));
	else if (kind != KEY_NONE)
		p = varint_write(p, (uint64) key);
	for (int32 i = 0; i < unique; i++)
		p = varint_write(p, entries[i]);
	text_build_used(build, p);
}

Datum
basket_build_result(TextBuild *build)
{
	return PointerGetDatum(build->builder);
}

/*--- Reading a builder ---*/

static const uint8 *
read_record(const uint8 *p, const uint8 *end, BasketRecord *record)
{
	uint64		head;
	uint64		key = 1;

	p = varint_read(p, end, &head);
	if (p == NULL || (head >> KEY_KIND_BITS) > (uint64) (end - p))
		return NULL;
	record->size = (int32) (head >> KEY_KIND_BITS);
	record->kind = (BasketKeyKind) (head & ((1 << KEY_KIND_BITS) - 1));
	if (record->kind != KEY_NONE)
	{
		p = varint_read(p, end, &key);
		if (p == NULL)
			return NULL;
	}
	record->key = record->kind == KEY_NUMBER ? zigzag_decode(key) : (int64) key;
	return p;
}

static const char *
builder_fault(const TextBuilder *builder)
{
	const char *fault = text_builder_entries_fault(builder);
	const TextEntry *entries = builder_entries(builder);
	const uint8 *p;
	const uint8 *end;

	if (fault != NULL)
		return fault;
	p = builder_stream(builder);
	end = p + builder->stream_used;
	while (p < end)
	{
		BasketRecord record;

		CHECK_FOR_INTERRUPTS();
		p = read_record(p, end, &record);
		if (p == NULL)
			return "A basket is not complete.";
		if (record.kind == KEY_TEXT &&
			(record.key < 0 || record.key >= builder->nentries ||
			 (entries[record.key].len & ENTRY_IS_KEY) == 0))
			return "A basket has no key.";
		/* whether they are too many in all is for sort_parts() to say */
		if (record.kind == KEY_COUNT && record.key < 1)
			return "A number of baskets is out of range.";
		for (int32 i = 0; i < record.size; i++)
		{
			uint64		entry;

			p = varint_read(p, end, &entry);
			if (p == NULL || entry >= builder->nentries ||
				(entries[entry].len & ENTRY_IS_KEY) != 0)
				return "An item is out of range.";
		}
	}
	return NULL;
}

static TextBuilder *
builder_get(struct varlena *value)
{
	TextBuilder *builder = (TextBuilder *) value;
	const char *fault = builder_fault(builder);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid basket_set"),
				 errdetail("%s", fault)));
	return builder;
}

static inline bool
is_building(const struct varlena *value)
{
	return VARSIZE(value) >= offsetof(BasketSet, zero) &&
		((const BasketSet *) value)->form == BASKET_BUILDING;
}

/* Adds all baskets of a value in either form. */
void
basket_build_add(TextBuild *build, Datum value)
{
	struct varlena *other = PG_DETOAST_DATUM(value);
	uint32	   *map;
	uint32	   *entries;

	if (is_building(other))
	{
		const TextBuilder *builder = builder_get(other);
		const TextEntry *theirs = builder_entries(builder);
		const uint8 *p = builder_stream(builder);
		const uint8 *end = p + builder->stream_used;

		map = allocate(builder->nentries, sizeof(uint32));
		for (uint32 i = 0; i < builder->nentries; i++)
		{
			CHECK_FOR_INTERRUPTS();
			map[i] = text_build_entry(build,
										(theirs[i].len & ENTRY_IS_KEY) != 0 ? TEXT_KEY : TEXT_ITEM,
										builder_texts(builder) + theirs[i].offset,
										ENTRY_LEN(&theirs[i]));
		}
		entries = allocate(builder->stream_used, sizeof(uint32));
		while (p < end)
		{
			BasketRecord record;

			CHECK_FOR_INTERRUPTS();
			p = read_record(p, end, &record);
			for (int32 i = 0; i < record.size; i++)
			{
				uint64		entry;

				p = varint_read(p, end, &entry);
				entries[i] = map[entry];
			}
			if (record.kind == KEY_TEXT)
				record.key = map[record.key];
			basket_build_record(build, record.kind, record.key, entries,
								record.size);
		}
	}
	else
	{
		const BasketSet *set = basket_set_get(PointerGetDatum(other));
		BasketReader reader;

		map = allocate(set->nitems, sizeof(uint32));
		for (uint32 i = 0; i < set->nitems; i++)
		{
			int			len;
			const char *text = basket_set_text(set, i, &len);

			CHECK_FOR_INTERRUPTS();
			map[i] = text_build_entry(build, TEXT_ITEM, text, len);
		}
		entries = allocate(set->nitems, sizeof(uint32));
		basket_reader_open(&reader, set);
		while (basket_reader_next(&reader))
		{
			CHECK_FOR_INTERRUPTS();
			for (int32 i = 0; i < reader.size; i++)
				entries[i] = map[reader.items[i]];
			basket_build_record(build,
								reader.count == 1 ? KEY_NONE : KEY_COUNT,
								reader.count, entries, reader.size);
		}
		basket_reader_close(&reader);
	}
	pfree(map);
	pfree(entries);
}

/* What a transition function may change: the executor's own, or a copy. */
TextBuild
basket_build_transition(FunctionCallInfo fcinfo)
{
	TextBuild build = {0};
	struct varlena *state;

	if (PG_ARGISNULL(0))
		return basket_build_new();
	state = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(0));
	if (AggCheckCallContext(fcinfo, NULL) && VARATT_IS_4B_U(state) &&
		is_building(state))
	{
		const char *fault = text_builder_header_fault((TextBuilder *) state);

		if (fault == NULL)
		{
			build.builder = build.given = (TextBuilder *) state;
			build.too_large = too_large;
			return build;
		}
	}
	build = basket_build_new();
	basket_build_add(&build, PointerGetDatum(state));
	return build;
}

/*--- Packing ---*/

/* Sorts the items, and says which number each entry gets. */
static void
number_items(const TextBuilder *builder, BasketParts *parts, int32 *numbers)
{
	const TextEntry *entries = builder_entries(builder);
	uint32	   *sorted = allocate(builder->nentries, sizeof(uint32));

	parts->nitems = text_builder_sort_items(builder, sorted, numbers);
	parts->items = allocate(parts->nitems, sizeof(BasketText));
	for (uint32 i = 0; i < parts->nitems; i++)
	{
		parts->items[i].text = builder_texts(builder) + entries[sorted[i]].offset;
		parts->items[i].len = ENTRY_LEN(&entries[sorted[i]]);
	}
	pfree(sorted);
}

/* Sorts the numbers of a basket; returns how many different there are. */
static int32
sort_basket(int32 *items, int64 n)
{
	int32		unique = 0;

	/* none is negative */
	sort_entries((uint32 *) items, n);
	for (int64 i = 0; i < n; i++)
		if (i == 0 || items[i] != items[unique - 1])
			items[unique++] = items[i];
	return unique;
}

/*
 * Sorts lines by their keys.  Those that are texts are numbers of entries, and
 * ids are mostly numbers near each other: such keys are counted, which is
 * several times as fast as to compare them.
 */
static BasketLine *
sort_by_key(const TextBuilder *builder, BasketLine *lines, int64 nlines)
{
	int64		low = PG_INT64_MAX;
	int64		high = PG_INT64_MIN;
	int64		span = 0;
	int64		total = 0;
	int64		nkeys;
	int64	   *places;
	BasketLine *sorted;

	for (int64 i = 0; i < nlines; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (!lines[i].is_text)
		{
			low = Min(low, lines[i].key);
			high = Max(high, lines[i].key);
		}
	}
	if (low <= high)
	{
		if (pg_sub_s64_overflow(high, low, &span) || span > 2 * nlines)
		{
			sort_lines(lines, nlines);
			return lines;
		}
		span++;
	}
	nkeys = span + builder->nentries;
	places = allocate(nkeys, sizeof(int64));
	sorted = allocate(nlines, sizeof(BasketLine));
	memset(places, 0, (Size) nkeys * sizeof(int64));
#define KEY_PLACE(line) \
	((line)->is_text ? span + (line)->key : (line)->key - low)
	for (int64 i = 0; i < nlines; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		places[KEY_PLACE(&lines[i])]++;
	}
	for (int64 i = 0; i < nkeys; i++)
	{
		int64		n = places[i];

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		places[i] = total;
		total += n;
	}
	for (int64 i = 0; i < nlines; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		sorted[places[KEY_PLACE(&lines[i])]++] = lines[i];
	}
#undef KEY_PLACE
	pfree(places);
	pfree(lines);
	return sorted;
}

/* Puts the rows of each key together; the lines are freed. */
static void
group_lines(const TextBuilder *builder, BasketParts *parts,
			BasketLine *lines, int64 nlines, int64 used, bool close)
{
	const TextEntry *entries = builder_entries(builder);

	lines = sort_by_key(builder, lines, nlines);
	for (int64 i = 0; i < nlines;)
	{
		const BasketLine key = lines[i];
		int64		start = used;

		CHECK_FOR_INTERRUPTS();
		for (; i < nlines && lines[i].key == key.key &&
			 lines[i].is_text == key.is_text; i++)
			if (lines[i].item >= 0)
				parts->pool[used++] = lines[i].item;
		used = start + sort_basket(parts->pool + start, used - start);
		if (close)
		{
			BasketRow  *row = &parts->rows[parts->nrows++];

			row->count = 1;
			row->start = start;
			row->size = (int32) (used - start);
		}
		else
		{
			BasketOpen *open = &parts->open[parts->nopen++];

			memset(open, 0, sizeof(BasketOpen));
			open->key = key.key;
			open->is_text = key.is_text != 0;
			open->start = start;
			open->size = (int32) (used - start);
			if (open->is_text)
			{
				open->text.text = builder_texts(builder) + entries[key.key].offset;
				open->text.len = ENTRY_LEN(&entries[key.key]);
			}
		}
	}
	pfree(lines);
}

PT_NORETURN static void
too_many(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("too many baskets for a basket_set"),
			 errdetail("There are more than 2^62."),
			 errhint("Merge fewer sets.")));
}

/* Sorts the baskets, and makes one of those that are equal. */
static void
sort_parts(BasketParts *parts)
{
	int64		n = 0;
	int64		total = 0;

	for (int64 i = 0; i < parts->nrows; i++)
	{
		BasketRow  *row = &parts->rows[i];
		const int32 *items = parts->pool + row->start;

		CHECK_FOR_INTERRUPTS();
		row->head = row->size == 0 ? 0 :
			(uint64) (items[0] + 1) << 32 | (row->size == 1 ? 0 : items[1] + 1);
	}
	sort_rows(parts->rows, parts->nrows, parts->pool);
	for (int64 i = 0; i < parts->nrows; i++)
	{
		BasketRow  *row = &parts->rows[i];

		CHECK_FOR_INTERRUPTS();
		if (pg_add_s64_overflow(total, row->count, &total) ||
			total > PG_INT64_MAX / 2)
			too_many();
		if (n > 0 && compare_rows(&parts->rows[n - 1], row, parts->pool) == 0)
			parts->rows[n - 1].count += row->count;
		else
			parts->rows[n++] = *row;
	}
	parts->nrows = n;
}

/* All of a builder; close: baskets with a key are baskets like the others. */
static void
builder_parts(const TextBuilder *builder, bool close, BasketParts *parts)
{
	int32	   *numbers = allocate(builder->nentries, sizeof(int32));
	const uint8 *end = builder_stream(builder) + builder->stream_used;
	BasketLine *lines;
	int64		nrecords = 0;
	int64		nlines = 0;
	int64		nitems = 0;
	int64		used = 0;

	memset(parts, 0, sizeof(BasketParts));
	number_items(builder, parts, numbers);
	for (const uint8 *p = builder_stream(builder); p < end;)
	{
		BasketRecord record;

		CHECK_FOR_INTERRUPTS();
		p = read_record(p, end, &record);
		nitems += record.size;
		nrecords++;
		if (record.kind >= KEY_NUMBER)
			nlines += Max(record.size, 1);
		for (int32 i = 0; i < record.size; i++)
		{
			uint64		entry;

			p = varint_read(p, end, &entry);
		}
	}
	parts->pool = allocate(nitems, sizeof(int32));
	parts->rows = allocate(nrecords, sizeof(BasketRow));
	parts->open = close ? NULL : allocate(nrecords, sizeof(BasketOpen));
	lines = allocate(nlines, sizeof(BasketLine));
	nlines = 0;
	for (const uint8 *p = builder_stream(builder); p < end;)
	{
		BasketRecord record;
		int64		start = used;

		CHECK_FOR_INTERRUPTS();
		p = read_record(p, end, &record);
		if (record.kind >= KEY_NUMBER && record.size == 0)
		{
			lines[nlines].key = record.key;
			lines[nlines].is_text = record.kind == KEY_TEXT;
			lines[nlines++].item = -1;
		}
		for (int32 i = 0; i < record.size; i++)
		{
			uint64		entry;

			p = varint_read(p, end, &entry);
			if (record.kind >= KEY_NUMBER)
			{
				lines[nlines].key = record.key;
				lines[nlines].is_text = record.kind == KEY_TEXT;
				lines[nlines++].item = numbers[entry];
			}
			else
				parts->pool[used++] = numbers[entry];
		}
		if (record.kind < KEY_NUMBER)
		{
			BasketRow  *row = &parts->rows[parts->nrows++];

			row->count = record.key;
			row->start = start;
			row->size = sort_basket(parts->pool + start, used - start);
		}
	}
	group_lines(builder, parts, lines, nlines, used, close);
	pfree(numbers);
	sort_parts(parts);
}

/* All of a value, for those who write it down. */
void
basket_parts(Datum value, BasketParts *parts)
{
	struct varlena *stored = PG_DETOAST_DATUM(value);
	const BasketSet *set;
	BasketReader reader;
	int64		used = 0;
	int64		pool_size = 1024;

	if (is_building(stored))
	{
		builder_parts(builder_get(stored), false, parts);
		return;
	}
	set = basket_set_get(PointerGetDatum(stored));
	memset(parts, 0, sizeof(BasketParts));
	parts->items = allocate(set->nitems, sizeof(BasketText));
	for (uint32 i = 0; i < set->nitems; i++)
		parts->items[i].text = basket_set_text(set, i, &parts->items[i].len);
	parts->nitems = set->nitems;
	parts->rows = allocate(set->nrows, sizeof(BasketRow));
	parts->pool = allocate(pool_size, sizeof(int32));
	basket_reader_open(&reader, set);
	while (basket_reader_next(&reader))
	{
		BasketRow  *row = &parts->rows[parts->nrows++];

		CHECK_FOR_INTERRUPTS();
		if (used + reader.size > pool_size)
		{
			pool_size = Max(pool_size * 2, used + reader.size);
			parts->pool = repalloc_huge(parts->pool, pool_size * sizeof(int32));
		}
		row->count = reader.count;
		row->start = used;
		row->size = reader.size;
		memcpy(parts->pool + used, reader.items, reader.size * sizeof(int32));
		used += reader.size;
	}
	basket_reader_close(&reader);
}

static inline int
varint_size(uint64 value)
{
	return pg_leftmost_one_pos64(value | 1) / 7 + 1;
}

static Size
row_size(const BasketRow *row, const int32 *items)
{
	Size		size = varint_size((uint64) row->size << 1);

	if (row->count > 1)
		size += varint_size(row->count);
	for (int32 i = 0; i < row->size; i++)
		size += varint_size(i == 0 ? items[0] : items[i] - items[i - 1] - 1);
	return size;
}

static BasketSet *
pack(const BasketParts *parts)
{
	Size		size = offsetof(BasketSet, ends) +
		(Size) parts->nitems * sizeof(uint32);
	BasketSet  *set;
	uint32		texts = 0;
	char	   *text;
	uint8	   *p;

	for (uint32 i = 0; i < parts->nitems; i++)
		size += parts->items[i].len;
	for (int64 i = 0; i < parts->nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i + ROWS_AHEAD < parts->nrows)
			__builtin_prefetch(parts->pool + parts->rows[i + ROWS_AHEAD].start);
		size += row_size(&parts->rows[i], parts->pool + parts->rows[i].start);
	}
	if (size > MaxAllocSize)
		too_large();
	set = palloc0(size);
	SET_VARSIZE(set, size);
	set->version = BASKET_SET_VERSION;
	set->form = BASKET_PACKED;
	set->nitems = parts->nitems;
	set->nrows = (uint32) parts->nrows;
	text = (char *) (set->ends + parts->nitems);
	for (uint32 i = 0; i < parts->nitems; i++)
	{
		memcpy(text + texts, parts->items[i].text, parts->items[i].len);
		texts += parts->items[i].len;
		set->ends[i] = texts;
	}
	p = (uint8 *) text + texts;
	for (int64 i = 0; i < parts->nrows; i++)
	{
		const BasketRow *row = &parts->rows[i];
		const int32 *items = parts->pool + row->start;

		CHECK_FOR_INTERRUPTS();
		if (i + ROWS_AHEAD < parts->nrows)
			__builtin_prefetch(parts->pool + row[ROWS_AHEAD].start);
		p = varint_write(p, (uint64) row->size << 1 | (row->count > 1));
		if (row->count > 1)
			p = varint_write(p, row->count);
		for (int32 j = 0; j < row->size; j++)
			p = varint_write(p, j == 0 ? items[0] : items[j] - items[j - 1] - 1);
		set->nbaskets += row->count;
	}
	Assert(p == (uint8 *) set + size);
	return set;
}

/*
 * The packed form of what may be a builder.  Its baskets are in order, each
 * of them once, so that the same baskets are the same bytes.
 */
struct varlena *
basket_set_finish(struct varlena *value)
{
	BasketParts parts;
	BasketSet  *set;

	if (!is_building(value))
		return value;
	builder_parts(builder_get(value), true, &parts);
	set = pack(&parts);
	pfree(parts.items);
	pfree(parts.pool);
	pfree(parts.rows);
	return (struct varlena *) set;
}
