/*-------------------------------------------------------------------------
 *
 * sequence_build.c
 *		Sequences of orders as an aggregate collects them, and packed.
 *
 * Rows of one customer may come in any order, and from several processes:
 * they are put together when the aggregate ends, so until then each row has
 * the key of its customer.  Those that come as all orders of a customer are
 * kept as that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "sequence.h"
#include "varint.h"

#define KIND_BITS	2

/* A customer in packed form; head is the beginning, to tell most apart. */
typedef struct PackedCustomer
{
	uint64		head;
	Size		start;
	Size		len;
} PackedCustomer;

typedef struct PackedPool
{
	uint8	   *bytes;
	Size		used;
	Size		size;
	PackedCustomer *customers;
	int64		ncustomers;
	int64		customers_size;
	int64		norders;
} PackedPool;

static inline int
compare_rows(const SequenceRow *a, const SequenceRow *b)
{
	if (a->is_text != b->is_text)
		return (int) a->is_text - (int) b->is_text;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static inline int
compare_customers(const PackedCustomer *a, const PackedCustomer *b,
				  const uint8 *bytes)
{
	int			compared;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	compared = memcmp(bytes + a->start, bytes + b->start, Min(a->len, b->len));
	return compared != 0 ? compared : (a->len > b->len) - (a->len < b->len);
}

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE SequenceRow
#define ST_COMPARE(a, b) compare_rows(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_customers
#define ST_ELEMENT_TYPE PackedCustomer
#define ST_COMPARE(a, b, bytes) compare_customers(a, b, bytes)
#define ST_COMPARE_ARG_TYPE const uint8
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_numbers
#define ST_ELEMENT_TYPE uint32
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

void
sequence_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many orders for a sequence_set"),
			 errdetail("A value has at most 1 GB."),
			 errhint("Take fewer orders, or a coarser item such as the category.")));
}

void
bad_sequence_set(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("invalid sequence_set"),
			 errdetail("%s", detail)));
}

static void *
allocate(Size n, Size element)
{
	Size		size;

	if (__builtin_mul_overflow(Max(n, 1), element, &size))
		sequence_too_large();
	return MemoryContextAllocHuge(CurrentMemoryContext, size);
}

static void *
grow(void *array, Size n, Size element)
{
	Size		size;

	if (__builtin_mul_overflow(n, element, &size))
		sequence_too_large();
	return array == NULL ? allocate(n, element) : repalloc_huge(array, size);
}

/*--- The orders of a customer ---*/

/* Begins an order; sequence_orders_end() ends it. */
void
sequence_orders_add(SequenceOrders *orders, int64 day)
{
	if (orders->norders == orders->orders_size)
	{
		if (orders->orders_size > PG_INT32_MAX / 2)
			sequence_too_large();
		orders->orders_size = Max(orders->orders_size * 2, 16);
		orders->days = grow(orders->days, orders->orders_size, sizeof(int64));
		orders->ends = grow(orders->ends, orders->orders_size, sizeof(int32));
	}
	orders->days[orders->norders] = day;
	orders->ends[orders->norders++] = orders->nitems;
}

void
sequence_orders_item(SequenceOrders *orders, uint32 item)
{
	if (orders->nitems == orders->items_size)
	{
		if (orders->items_size > PG_INT32_MAX / 2)
			sequence_too_large();
		orders->items_size = Max(orders->items_size * 2, 32);
		orders->items = grow(orders->items, orders->items_size,
							 sizeof(uint32));
	}
	orders->items[orders->nitems++] = item;
}

/* Sorts items; returns how many different there are, which come first. */
static inline int32
sort_unique(uint32 *items, int32 n)
{
	int32		used = 0;

	if (n < 2)
		return n;
	sort_numbers(items, n);
	for (int32 i = 0; i < n; i++)
		if (i == 0 || items[i] != items[used - 1])
			items[used++] = items[i];
	return used;
}

/* Sorts the items of the last order; each counts once. */
void
sequence_orders_end(SequenceOrders *orders)
{
	const int32 order = orders->norders - 1;
	const int32 start = order > 0 ? orders->ends[order - 1] : 0;

	if (orders->nitems > start)
		orders->nitems = start + sort_unique(orders->items + start,
											 orders->nitems - start);
	orders->ends[order] = orders->nitems;
}

void
sequence_orders_free(SequenceOrders *orders)
{
	if (orders->days != NULL)
	{
		pfree(orders->days);
		pfree(orders->ends);
	}
	if (orders->items != NULL)
		pfree(orders->items);
}

static inline void
orders_clear(SequenceOrders *orders)
{
	orders->norders = orders->nitems = 0;
}

/* The most bytes that write_orders() takes. */
static Size
orders_room(const SequenceOrders *orders)
{
	return VARINT_MAX_BYTES +
		(Size) orders->norders * (VARINT_MAX_BYTES + 5) +
		(Size) orders->nitems * 5;
}

/* The days and items of all orders; distances: of items, which are sorted. */
static uint8 *
write_orders(uint8 *p, const SequenceOrders *orders, bool distances)
{
	const uint32 *items = orders->items;
	int32		item = 0;

	for (int32 i = 0; i < orders->norders; i++)
	{
		uint32		next = 0;

		p = varint_write(p, i == 0 ? zigzag_encode(orders->days[0])
						 : (uint64) (orders->days[i] - orders->days[i - 1]));
		p = varint_write(p, orders->ends[i] - item);
		for (; item < orders->ends[i]; item++)
		{
			p = varint_write(p, items[item] - next);
			if (distances)
				next = items[item] + 1;
		}
	}
	return p;
}

/*--- Records ---*/

void
sequence_build_orders(TextBuild *build, const SequenceOrders *orders)
{
	uint8	   *p;

	if (orders->norders == 0)
		return;
	p = text_build_room(build, orders_room(orders));
	p = varint_write(p, (uint64) orders->norders << KIND_BITS | SEQUENCE_WHOLE);
	p = write_orders(p, orders, false);
	text_build_used(build, p);
}

void
sequence_build_row(TextBuild *build, const SequenceRow *row)
{
	uint8	   *p = text_build_room(build, 4 * VARINT_MAX_BYTES);

	p = varint_write(p, (uint64) (row->item >= 0) << KIND_BITS |
					 (row->is_text ? SEQUENCE_TEXT : SEQUENCE_NUMBER));
	p = varint_write(p, row->is_text ? (uint64) row->key
					 : zigzag_encode(row->key));
	p = varint_write(p, zigzag_encode(row->at));
	if (row->item >= 0)
		p = varint_write(p, (uint64) row->item);
	text_build_used(build, p);
}

/* Whether a value is a builder. */
bool
sequence_is_building(const struct varlena *value)
{
	return VARSIZE(value) >= offsetof(SequenceSet, zero) &&
		((const SequenceSet *) value)->form == SEQUENCE_BUILDING;
}

void
sequence_stream_open(SequenceStream *stream, struct varlena *value)
{
	const char *fault = text_builder_entries_fault((TextBuilder *) value);

	if (fault != NULL)
		bad_sequence_set(fault);
	memset(stream, 0, sizeof(SequenceStream));
	stream->builder = (TextBuilder *) value;
	stream->p = builder_stream(stream->builder);
}

static const uint8 *
stream_end(const SequenceStream *stream)
{
	return builder_stream(stream->builder) + stream->builder->stream_used;
}

static uint64
stream_number(SequenceStream *stream)
{
	uint64		value;

	stream->p = varint_read(stream->p, stream_end(stream), &value);
	if (unlikely(stream->p == NULL))
		bad_sequence_set("A record is not complete.");
	return value;
}

static uint32
stream_entry(SequenceStream *stream, bool is_key)
{
	uint64		entry = stream_number(stream);

	if (unlikely(entry >= stream->builder->nentries ||
				 ((builder_entries(stream->builder)[entry].len & ENTRY_IS_KEY) != 0) != is_key))
		bad_sequence_set("An item or a customer is out of range.");
	return (uint32) entry;
}

static void
stream_orders(SequenceStream *stream, uint64 norders)
{
	SequenceOrders *orders = &stream->orders;
	int64		day = 0;

	orders_clear(orders);
	if (norders == 0)
		bad_sequence_set("A customer has no orders.");
	for (uint64 i = 0; i < norders; i++)
	{
		uint64		distance = stream_number(stream);
		uint64		size;

		if (i == 0)
			day = zigzag_decode(distance);
		else if (distance > SEQUENCE_MAX_DISTANCE)
			bad_sequence_set("A day is out of range.");
		else
			day += (int64) distance;
		if (day < SEQUENCE_MIN_DAY || day > SEQUENCE_MAX_DAY)
			bad_sequence_set("A day is out of range.");
		size = stream_number(stream);
		sequence_orders_add(orders, day);
		for (; size > 0; size--)
			sequence_orders_item(orders, stream_entry(stream, false));
		orders->ends[i] = orders->nitems;
	}
}

/* The next record, or false. */
bool
sequence_stream_next(SequenceStream *stream)
{
	uint64		head;

	CHECK_FOR_INTERRUPTS();
	if (stream->p >= stream_end(stream))
		return false;
	head = stream_number(stream);
	stream->kind = (SequenceKind) (head & ((1 << KIND_BITS) - 1));
	head >>= KIND_BITS;
	if (stream->kind == SEQUENCE_WHOLE)
		stream_orders(stream, head);
	else
	{
		SequenceRow *row = &stream->row;

		if (stream->kind > SEQUENCE_TEXT || head > 1)
			bad_sequence_set("A record is of an unknown kind.");
		row->is_text = stream->kind == SEQUENCE_TEXT;
		row->key = row->is_text ? (int64) stream_entry(stream, true)
			: zigzag_decode(stream_number(stream));
		row->at = zigzag_decode(stream_number(stream));
		if (!IS_VALID_TIMESTAMP(row->at))
			bad_sequence_set("A time is out of range.");
		row->item = head == 1 ? (int32) stream_entry(stream, false) : -1;
	}
	return true;
}

/*
 * Customers and orders of a builder that has whole customers only; false if it
 * has rows.
 */
bool
sequence_stream_count(struct varlena *value, int64 *ncustomers,
					  int64 *norders)
{
	SequenceStream stream;
	bool		whole = true;

	*ncustomers = *norders = 0;
	sequence_stream_open(&stream, value);
	while (whole && sequence_stream_next(&stream))
	{
		whole = stream.kind == SEQUENCE_WHOLE;
		++*ncustomers;
		*norders += stream.orders.norders;
	}
	sequence_stream_close(&stream);
	return whole;
}

void
sequence_stream_close(SequenceStream *stream)
{
	sequence_orders_free(&stream->orders);
}

/*--- Builders ---*/

static void
add_builder(TextBuild *build, struct varlena *other)
{
	SequenceStream stream;
	const TextEntry *entries;
	uint32	   *map;

	sequence_stream_open(&stream, other);
	entries = builder_entries(stream.builder);
	map = allocate(stream.builder->nentries, sizeof(uint32));
	for (uint32 i = 0; i < stream.builder->nentries; i++)
	{
		CHECK_FOR_INTERRUPTS();
		map[i] = text_build_entry(build,
								  (entries[i].len & ENTRY_IS_KEY) != 0 ? TEXT_KEY : TEXT_ITEM,
								  builder_texts(stream.builder) + entries[i].offset,
								  ENTRY_LEN(&entries[i]));
	}
	while (sequence_stream_next(&stream))
	{
		if (stream.kind == SEQUENCE_WHOLE)
		{
			for (int32 i = 0; i < stream.orders.nitems; i++)
				stream.orders.items[i] = map[stream.orders.items[i]];
			sequence_build_orders(build, &stream.orders);
		}
		else
		{
			SequenceRow *row = &stream.row;

			if (row->is_text)
				row->key = map[row->key];
			if (row->item >= 0)
				row->item = (int32) map[row->item];
			sequence_build_row(build, row);
		}
	}
	sequence_stream_close(&stream);
	pfree(map);
}

static void
add_set(TextBuild *build, const SequenceSet *set)
{
	SequenceReader reader;
	SequenceOrders orders = {0};
	uint32	   *map = allocate(set->nitems, sizeof(uint32));

	for (uint32 i = 0; i < set->nitems; i++)
	{
		int			len;
		const char *text = sequence_set_text(set, i, &len);

		CHECK_FOR_INTERRUPTS();
		map[i] = text_build_entry(build, TEXT_ITEM, text, len);
	}
	sequence_reader_open(&reader, set);
	while (sequence_reader_customer(&reader))
	{
		orders_clear(&orders);
		while (sequence_reader_order(&reader))
		{
			sequence_orders_add(&orders, reader.day);
			for (int32 i = 0; i < reader.size; i++)
				sequence_orders_item(&orders, map[reader.items[i]]);
			orders.ends[orders.norders - 1] = orders.nitems;
		}
		sequence_build_orders(build, &orders);
	}
	sequence_reader_close(&reader);
	sequence_orders_free(&orders);
	pfree(map);
}

/* Adds all customers and rows of a value in either form. */
void
sequence_build_add(TextBuild *build, Datum value)
{
	struct varlena *other = PG_DETOAST_DATUM(value);

	if (sequence_is_building(other))
		add_builder(build, other);
	else
		add_set(build, sequence_set_get(PointerGetDatum(other)));
}

/* What a transition function may change: the executor's own, or a copy. */
TextBuild
sequence_build_transition(FunctionCallInfo fcinfo)
{
	TextBuild	build = {0};
	struct varlena *state;

	if (PG_ARGISNULL(0))
		return text_build_new(sequence_too_large);
	state = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(0));
	if (AggCheckCallContext(fcinfo, NULL) && VARATT_IS_4B_U(state) &&
		sequence_is_building(state) &&
		text_builder_header_fault((TextBuilder *) state) == NULL)
	{
		build.builder = build.given = (TextBuilder *) state;
		build.too_large = sequence_too_large;
		return build;
	}
	build = text_build_new(sequence_too_large);
	sequence_build_add(&build, PointerGetDatum(state));
	return build;
}

/*--- Packing ---*/

/* Adds a customer, whose items are numbers by now. */
static void
pool_add(PackedPool *pool, const SequenceOrders *orders)
{
	Size		room = pool->used + orders_room(orders) + sizeof(uint64);
	PackedCustomer *customer;
	uint8	   *p;

	if (room > pool->size)
	{
		pool->size = Max(pool->size * 2, Max(room, 8192));
		pool->bytes = grow(pool->bytes, pool->size, 1);
	}
	if (pool->ncustomers == pool->customers_size)
	{
		pool->customers_size = Max(pool->customers_size * 2, 256);
		pool->customers = grow(pool->customers, pool->customers_size,
							   sizeof(PackedCustomer));
	}
	p = varint_write(pool->bytes + pool->used, (uint64) orders->norders);
	p = write_orders(p, orders, true);
	customer = &pool->customers[pool->ncustomers++];
	customer->start = pool->used;
	customer->len = p - (pool->bytes + pool->used);
	pool->used += customer->len;
	pool->norders += orders->norders;
	if (pool->used > MaxAllocSize)
		sequence_too_large();
	customer->head = 0;
	for (Size i = 0; i < sizeof(uint64); i++)
		customer->head = customer->head << 8 |
			(i < customer->len ? pool->bytes[customer->start + i] : 0);
}

/* The orders of rows that came one by one; rows of one time are one order. */
static void
pool_add_rows(PackedPool *pool, SequenceRow *rows, int64 nrows)
{
	SequenceOrders orders = {0};

	sort_rows(rows, nrows);
	for (int64 i = 0; i < nrows;)
	{
		const SequenceRow *first = &rows[i];

		orders_clear(&orders);
		while (i < nrows && rows[i].key == first->key &&
			   rows[i].is_text == first->is_text)
		{
			Timestamp	at = rows[i].at;
			int64		day = at / USECS_PER_DAY - (at % USECS_PER_DAY < 0);

			CHECK_FOR_INTERRUPTS();
			sequence_orders_add(&orders, day);
			for (; i < nrows && rows[i].at == at &&
				 rows[i].key == first->key &&
				 rows[i].is_text == first->is_text; i++)
				if (rows[i].item >= 0)
					sequence_orders_item(&orders, (uint32) rows[i].item);
			sequence_orders_end(&orders);
		}
		pool_add(pool, &orders);
	}
	sequence_orders_free(&orders);
}

/* Gives items their numbers, by which they are in another order. */
static void
renumber(SequenceOrders *orders, const int32 *numbers)
{
	uint32	   *items = orders->items;
	int32		item = 0;
	int32		used = 0;

	for (int32 i = 0; i < orders->norders; i++)
	{
		const int32 start = used;

		for (; item < orders->ends[i]; item++)
			items[used++] = (uint32) numbers[items[item]];
		if (used > start)
			used = start + sort_unique(items + start, used - start);
		orders->ends[i] = used;
	}
	orders->nitems = used;
}

/* All customers of a builder, with the numbers that their items get. */
static void
pool_fill(PackedPool *pool, struct varlena *value, const int32 *numbers)
{
	SequenceStream stream;
	SequenceRow *rows = NULL;
	int64		nrows = 0;
	int64		size = 0;

	sequence_stream_open(&stream, value);
	while (sequence_stream_next(&stream))
	{
		if (stream.kind == SEQUENCE_WHOLE)
		{
			renumber(&stream.orders, numbers);
			pool_add(pool, &stream.orders);
			continue;
		}
		if (nrows == size)
		{
			size = Max(size * 2, 64);
			rows = grow(rows, size, sizeof(SequenceRow));
		}
		rows[nrows] = stream.row;
		if (stream.row.item >= 0)
			rows[nrows].item = numbers[stream.row.item];
		nrows++;
	}
	sequence_stream_close(&stream);
	if (rows == NULL)
		return;
	pool_add_rows(pool, rows, nrows);
	pfree(rows);
}

/*
 * The packed form of a builder.  Its customers are in order, so that the same
 * ones are the same bytes.
 */
SequenceSet *
sequence_pack(struct varlena *value)
{
	const char *fault = text_builder_entries_fault((TextBuilder *) value);
	TextBuilder *builder = (TextBuilder *) value;
	PackedPool	pool = {0};
	const TextEntry *entries;
	uint32	   *sorted;
	int32	   *numbers;
	uint32		nitems;
	Size		size;
	SequenceSet *set;
	char	   *text;
	uint32		texts = 0;

	if (fault != NULL)
		bad_sequence_set(fault);
	entries = builder_entries(builder);
	sorted = allocate(builder->nentries, sizeof(uint32));
	numbers = allocate(builder->nentries, sizeof(int32));
	nitems = text_builder_sort_items(builder, sorted, numbers);
	pool_fill(&pool, value, numbers);
	if (pool.ncustomers > 0)
		sort_customers(pool.customers, pool.ncustomers, pool.bytes);
	size = offsetof(SequenceSet, ends) + (Size) nitems * sizeof(uint32) +
		pool.used;
	for (uint32 i = 0; i < nitems; i++)
		size += ENTRY_LEN(&entries[sorted[i]]);
	if (size > MaxAllocSize)
		sequence_too_large();
	set = palloc0(size);
	SET_VARSIZE(set, size);
	set->version = SEQUENCE_SET_VERSION;
	set->form = SEQUENCE_PACKED;
	set->nitems = nitems;
	set->ncustomers = (uint32) pool.ncustomers;
	set->norders = pool.norders;
	text = (char *) (set->ends + nitems);
	for (uint32 i = 0; i < nitems; i++)
	{
		memcpy(text + texts, builder_texts(builder) + entries[sorted[i]].offset,
			   ENTRY_LEN(&entries[sorted[i]]));
		texts += ENTRY_LEN(&entries[sorted[i]]);
		set->ends[i] = texts;
	}
	text += texts;
	for (int64 i = 0; i < pool.ncustomers; i++)
	{
		CHECK_FOR_INTERRUPTS();
		memcpy(text, pool.bytes + pool.customers[i].start,
			   pool.customers[i].len);
		text += pool.customers[i].len;
	}
	pfree(sorted);
	pfree(numbers);
	if (pool.bytes != NULL)
	{
		pfree(pool.bytes);
		pfree(pool.customers);
	}
	return set;
}
