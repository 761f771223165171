/*-------------------------------------------------------------------------
 *
 * history.c
 *		The type purchase_history: its form, aggregates and cuts.
 *
 * A history holds the orders of one customer in time order, each as the
 * distance to the one before and an exact amount, both as integers of
 * variable length.  The unit of time and the decimals of the amounts are
 * chosen per history, so that nothing is lost and little is stored.  See
 * docs/history.md for every byte.
 *
 * There are two forms of the same type.  The stored form has a header of a
 * few bytes.  The form under construction, which only aggregates have, adds
 * what is needed to append an order without reading the others, and room to
 * grow; its orders are encoded in the same way, so that finishing a history
 * that was fed in time order is a memcpy.  (history_orders.c has a third, of
 * order lines with the ids of their orders.)
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "compat.h"
#include "history.h"
#include "history_orders.h"
#include "varint.h"

PG_FUNCTION_INFO_V1(pt_purchase_history_accum);
PG_FUNCTION_INFO_V1(pt_purchase_history_combine);
PG_FUNCTION_INFO_V1(pt_purchase_history_rollup);
PG_FUNCTION_INFO_V1(pt_purchase_history_final);
PG_FUNCTION_INFO_V1(pt_purchase_history_add);
PG_FUNCTION_INFO_V1(pt_history_at);
PG_FUNCTION_INFO_V1(pt_history_between);
PG_FUNCTION_INFO_V1(pt_purchases);

#define FLAG_UNSORTED		0x08	/* building: not in time order */

/*
 * The form under construction.  INITIAL_SIZE and its doublings are sizes of
 * chunks that the allocator gives without waste.
 */
typedef struct HistoryBuilder
{
	int32		vl_len_;
	uint8		form;			/* HISTORY_FORM_BUILDING */
	uint8		flags;
	uint8		scale;
	uint8		unused;
	int32		count;
	int32		used;			/* bytes of the stream */
	int32		last_start;		/* where the last order begins in it */
	int32		unused2;
	int64		first_time;		/* in units */
	int64		last_time;
	uint8		stream[FLEXIBLE_ARRAY_MEMBER];
} HistoryBuilder;

#define INITIAL_SIZE		128
#define MAX_ORDER_BYTES		HISTORY_ORDER_BYTES
#define MAX_DISTANCE		HISTORY_MAX_DISTANCE

static const int64 unit_usecs[] = {USECS_PER_DAY, USECS_PER_SEC, 1};

void
bad_history(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("invalid purchase_history"),
			 errdetail("%s", detail)));
}

void
history_infinite_time(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("the time of a purchase must be finite"),
			 errhint("Leave such rows out, for example by FILTER.")));
}

/*--- Reading ---*/

static HistoryBuilder *get_builder(struct varlena *history);
static Datum finish(const HistoryBuilder *builder);

/*
 * Starts reading a stored history.  Here and in history_read(), what is read
 * is checked for the end of the value, for the range of times and amounts and
 * for the order of times, so that damaged data cannot lead beyond any, and
 * what is between two times is never below zero.
 */
const char *
history_open_stored(struct varlena *value, HistoryReader *reader)
{
	const uint8 *p = (const uint8 *) VARDATA_ANY(value);
	uint64		count;
	uint64		first;

	reader->end = p + VARSIZE_ANY_EXHDR(value);
	if (reader->end - p < HISTORY_HEADER + 1 || p[0] != HISTORY_VERSION)
		return "It is of an unknown version.";
	reader->unit = (HistoryUnit) (p[1] & HISTORY_FLAG_UNIT);
	if ((p[1] & ~HISTORY_FLAGS) != 0 || reader->unit > HISTORY_MICROSECOND ||
		p[2] > AMOUNT_MAX_SCALE)
		return "Its unit of time or its scale is out of range.";
	reader->knows_discount = (p[1] & HISTORY_FLAG_DISCOUNT) != 0;
	reader->scale = p[2];
	reader->usec_per_unit = unit_usecs[reader->unit];
	reader->time = 0;
	reader->ascends = true;
	reader->order.at = DT_NOBEGIN;
	p = varint_read(p + HISTORY_HEADER, reader->end, &count);
	/* an order has two bytes at least */
	if (p == NULL || count > (uint64) (reader->end - p) / 2)
		return "Its number of orders does not fit its size.";
	reader->count = reader->remaining = (int32) count;
	if (count > 0)
	{
		p = varint_read(p, reader->end, &first);
		if (p == NULL)
			return "It ends too early.";
		reader->time = zigzag_decode(first);
	}
	reader->next = p;
	return NULL;
}

/* Starts reading a history, in either form. */
void
history_open(Datum history, HistoryReader *reader)
{
	const char *fault = history_open_stored(history_stored(history), reader);

	if (unlikely(fault != NULL))
		bad_history(fault);
}

/* A time in units; division by a constant is several times faster. */
static inline int64
time_in_units(Timestamp at, HistoryUnit unit)
{
	if (unit == HISTORY_DAY)
		return at / USECS_PER_DAY;
	return unit == HISTORY_SECOND ? at / USECS_PER_SEC : at;
}

PT_NORETURN static void
too_far_apart(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("purchases of one customer are too far apart"),
			 errdetail("With fractions of a second, 73,000 years can lie between them.")));
}

/*--- Building ---*/

static HistoryBuilder *
builder_create(Size size)
{
	HistoryBuilder *builder = palloc0(size);

	SET_VARSIZE(builder, size);
	builder->form = HISTORY_FORM_BUILDING;
	return builder;
}

static inline Size
builder_room(const HistoryBuilder *builder)
{
	return VARSIZE(builder) - offsetof(HistoryBuilder, stream) -
		builder->used;
}

/*
 * A copy with room for more, in the current memory context; whoever owns the
 * old one (the executor, for transition values) disposes of it.
 */
static HistoryBuilder *
builder_grow(const HistoryBuilder *builder)
{
	Size		size = VARSIZE(builder);
	HistoryBuilder *larger;

	if (size >= MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many purchases for one purchase_history"),
				 errdetail("A value has at most 1 GB, and this one has %d purchases already.",
						   builder->count)));
	size = size > MaxAllocSize / 2 ? MaxAllocSize : size * 2;
	larger = builder_create(size);
	memcpy((char *) larger + VARHDRSZ, (const char *) builder + VARHDRSZ,
		   offsetof(HistoryBuilder, stream) - VARHDRSZ + builder->used);
	return larger;
}

/*
 * Reads a builder as if it were stored.  Its distances may be negative.
 */
static void
builder_open(const HistoryBuilder *builder, HistoryReader *reader)
{
	reader->next = builder->stream;
	reader->end = builder->stream + builder->used;
	reader->count = reader->remaining = builder->count;
	reader->scale = builder->scale;
	reader->knows_discount = (builder->flags & HISTORY_FLAG_DISCOUNT) != 0;
	reader->unit = (HistoryUnit) (builder->flags & HISTORY_FLAG_UNIT);
	reader->usec_per_unit = unit_usecs[reader->unit];
	reader->time = builder->first_time;
	reader->ascends = false;
	reader->order.at = DT_NOBEGIN;
}

static HistoryBuilder *builder_append(HistoryBuilder *builder, Timestamp at,
									  int64 amount, bool discounted);

/* Encodes a builder anew, with a finer unit of time or more decimals. */
static HistoryBuilder *
builder_refine(const HistoryBuilder *builder, HistoryUnit unit, int scale)
{
	HistoryReader reader;
	HistoryBuilder *finer = builder_create(VARSIZE(builder));

	finer->flags = (builder->flags & HISTORY_FLAG_DISCOUNT) | unit;
	finer->scale = scale;
	builder_open(builder, &reader);
	while (history_next(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		if (!amount_rescale(&reader.order.amount, builder->scale, scale))
			amount_too_large();
		finer = builder_append(finer, reader.order.at, reader.order.amount,
							   reader.order.discounted);
	}
	return finer;
}

/*
 * Adds lines to the last order, where they have its time: lines of one
 * customer at one time are one order, or one return.  False if the last one
 * is of the other kind.
 */
static bool
builder_merge_last(HistoryBuilder *builder, int64 amount, bool discounted)
{
	const uint8 *p = builder->stream + builder->last_start;
	const uint8 *end = builder->stream + builder->used;
	uint64		head;
	uint64		encoded;
	int64		last;

	p = varint_read(p, end, &head);
	if (p == NULL || varint_read(p, end, &encoded) == NULL)
		bad_history("It ends too early.");
	last = zigzag_decode(encoded);
	if ((last < 0) != (amount < 0))
		return false;
	last += amount;				/* both have at most 18 digits */
	if (!amount_in_range(last))
		amount_too_large();
	builder->used = (int32)
		(history_write_order(builder->stream + builder->last_start,
					 zigzag_decode(head >> 1), last,
					 (head & 1) != 0 || discounted) - builder->stream);
	return true;
}

/*
 * Appends an order whose amount has the builder's scale.  Changes the
 * builder in place, or returns a larger copy.
 */
static HistoryBuilder *
builder_append(HistoryBuilder *builder, Timestamp at, int64 amount,
			   bool discounted)
{
	HistoryUnit unit = history_unit(at);
	int64		time;
	int64		distance;

	if (unlikely(unit > (HistoryUnit) (builder->flags & HISTORY_FLAG_UNIT)))
	{
		if (builder->count > 0)
			builder = builder_refine(builder, unit, builder->scale);
		else
			builder->flags = (builder->flags & ~HISTORY_FLAG_UNIT) | unit;
	}
	if (unlikely(builder_room(builder) < MAX_ORDER_BYTES))
		builder = builder_grow(builder);

	time = time_in_units(at, (HistoryUnit) (builder->flags & HISTORY_FLAG_UNIT));
	if (builder->count == 0)
	{
		builder->first_time = builder->last_time = time;
		distance = 0;
	}
	else
	{
		if (time == builder->last_time &&
			builder_merge_last(builder, amount, discounted))
			return builder;
		if (pg_sub_s64_overflow(time, builder->last_time, &distance) ||
			distance >= MAX_DISTANCE || distance <= -MAX_DISTANCE)
			too_far_apart();
		/* a return after the purchase of the same time is in order */
		if (distance < 0 || (distance == 0 && amount >= 0))
			builder->flags |= FLAG_UNSORTED;
	}
	builder->last_start = builder->used;
	builder->used = (int32)
		(history_write_order(builder->stream + builder->used, distance, amount,
					 discounted) - builder->stream);
	builder->last_time = time;
	builder->count++;
	return builder;
}

/* Appends an order, with any scale. */
static HistoryBuilder *
builder_add(HistoryBuilder *builder, Timestamp at, int64 amount, int scale,
			bool discounted)
{
	if (unlikely(scale != builder->scale))
	{
		if (builder->count == 0)
			builder->scale = scale;
		else if (scale > builder->scale)
			builder = builder_refine(builder,
									 (HistoryUnit) (builder->flags & HISTORY_FLAG_UNIT),
									 scale);
		else if (!amount_rescale(&amount, scale, builder->scale))
			amount_too_large();
	}
	return builder_append(builder, at, amount, discounted);
}

/* Appends a whole history. */
static HistoryBuilder *
builder_add_history(HistoryBuilder *builder, Datum history)
{
	HistoryReader reader;

	history_open(history, &reader);
	if (reader.knows_discount)
		builder->flags |= HISTORY_FLAG_DISCOUNT;
	while (history_next(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		builder = builder_add(builder, reader.order.at, reader.order.amount,
							  reader.scale, reader.order.discounted);
	}
	return builder;
}

/*--- Finishing ---*/

#define ST_SORT sort_orders
#define ST_ELEMENT_TYPE HistoryOrder
/* by time, and at one time purchases before returns */
#define ST_COMPARE(a, b) \
	((a)->at != (b)->at ? ((a)->at < (b)->at ? -1 : 1) : \
	 ((a)->amount < 0) - ((b)->amount < 0))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* Starts a stored history; returns where its orders are to be written. */
static uint8 *
write_header(struct varlena *history, HistoryUnit unit, int scale,
			 bool knows_discount, int32 count, int64 first_time)
{
	uint8	   *p = (uint8 *) VARDATA(history);

	*p++ = HISTORY_VERSION;
	*p++ = unit | (knows_discount ? HISTORY_FLAG_DISCOUNT : 0);
	*p++ = count > 0 ? scale : 0;	/* an empty history has one form */
	p = varint_write(p, count);
	if (count > 0)
		p = varint_write(p, zigzag_encode(first_time));
	return p;
}

#define HEADER_MAX_BYTES	(VARHDRSZ + HISTORY_HEADER_BYTES)

/*
 * The stored form of orders in any order, which are sorted in place: lines
 * of one time are one order, or one return.
 */
Datum
history_make(HistoryOrder *orders, int32 count, int scale,
			 bool knows_discount)
{
	HistoryUnit unit = HISTORY_DAY;
	struct varlena *history;
	Size		size;
	int32		merged = 0;
	int64		last_time = 0;
	uint8	   *p;
	bool		sorted = true;

	for (int32 i = 1; i < count && sorted; i++)
	{
		CHECK_FOR_INTERRUPTS();
		sorted = orders[i - 1].at < orders[i].at;
	}
	if (!sorted)
	{
		sort_orders(orders, count);
		for (int32 i = 1; i < count; i++)
		{
			HistoryOrder *last = &orders[merged];

			CHECK_FOR_INTERRUPTS();
			if (orders[i].at == last->at &&
				(orders[i].amount < 0) == (last->amount < 0))
			{
				/* both have at most 18 digits */
				last->amount += orders[i].amount;
				last->discounted |= orders[i].discounted;
				if (!amount_in_range(last->amount))
					amount_too_large();
			}
			else
				orders[++merged] = orders[i];
		}
		count = merged + 1;
	}
	for (int32 i = 0; i < count; i++)
	{
		HistoryUnit needed = history_unit(orders[i].at);

		CHECK_FOR_INTERRUPTS();
		unit = Max(unit, needed);
	}
	if ((Size) count > (MaxAllocSize - HEADER_MAX_BYTES) / MAX_ORDER_BYTES)
	{
		/* the bound is too wide for so many: count the bytes */
		size = HEADER_MAX_BYTES;
		for (int32 i = 0; i < count; i++)
		{
			uint8		buf[MAX_ORDER_BYTES];
			int64		time = time_in_units(orders[i].at, unit);
			int64		distance = 0;

			CHECK_FOR_INTERRUPTS();
			if (i > 0 && pg_sub_s64_overflow(time, last_time, &distance))
				too_far_apart();
			size += history_write_order(buf, distance, orders[i].amount,
										orders[i].discounted) - buf;
			last_time = time;
		}
		if (size > MaxAllocSize)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many purchases for one purchase_history"),
					 errdetail("A value has at most 1 GB.")));
	}
	else
		size = HEADER_MAX_BYTES + (Size) count * MAX_ORDER_BYTES;
	history = palloc(size);
	p = write_header(history, unit, scale, knows_discount, count,
					 count > 0 ? time_in_units(orders[0].at, unit) : 0);
	for (int32 i = 0; i < count; i++)
	{
		int64		time = time_in_units(orders[i].at, unit);
		int64		distance = 0;

		CHECK_FOR_INTERRUPTS();
		if (i > 0 && (pg_sub_s64_overflow(time, last_time, &distance) ||
					  distance >= MAX_DISTANCE))
			too_far_apart();
		p = history_write_order(p, distance, orders[i].amount,
								orders[i].discounted);
		last_time = time;
	}
	SET_VARSIZE(history, (char *) p - (char *) history);
	return PointerGetDatum(history);
}

/* The stored form of a builder, which stays as it is. */
static Datum
finish(const HistoryBuilder *builder)
{
	HistoryOrder *orders;
	HistoryReader reader;
	Datum		result;
	int32		n = 0;

	if (!(builder->flags & FLAG_UNSORTED))
	{
		struct varlena *history = palloc(HEADER_MAX_BYTES + builder->used);
		uint8	   *p = write_header(history,
									 (HistoryUnit) (builder->flags & HISTORY_FLAG_UNIT),
									 builder->scale,
									 (builder->flags & HISTORY_FLAG_DISCOUNT) != 0,
									 builder->count, builder->first_time);

		memcpy(p, builder->stream, builder->used);
		SET_VARSIZE(history, (char *) p - (char *) history + builder->used);
		return PointerGetDatum(history);
	}
	orders = MemoryContextAllocHuge(CurrentMemoryContext,
									sizeof(HistoryOrder) * (Size) builder->count);
	builder_open(builder, &reader);
	while (history_next(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		orders[n++] = reader.order;
	}
	result = history_make(orders, n, builder->scale,
						  (builder->flags & HISTORY_FLAG_DISCOUNT) != 0);
	pfree(orders);
	return result;
}

/* A history as it is stored, whatever its form. */
struct varlena *
history_stored(Datum history)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(history);

	if (VARSIZE_ANY_EXHDR(value) > 0 &&
		*(const uint8 *) VARDATA_ANY(value) == HISTORY_FORM_BUILDING)
		value = (struct varlena *)
			DatumGetPointer(finish(get_builder(value)));
	else if (history_knows_orders(value))
		value = (struct varlena *) DatumGetPointer(orders_finish(value));
	return value;
}

/*--- States of aggregates ---*/

/*
 * A builder out of any history: the one that it is, if it is one that may
 * be trusted to be well formed, or else one made of a stored history.
 */
static HistoryBuilder *
get_builder(struct varlena *history)
{
	HistoryBuilder *builder;

	if (VARSIZE_ANY_EXHDR(history) == 0 ||
		*(const uint8 *) VARDATA_ANY(history) != HISTORY_FORM_BUILDING)
		return builder_add_history(builder_create(INITIAL_SIZE),
								   PointerGetDatum(history));
	builder = (HistoryBuilder *) PG_DETOAST_DATUM(PointerGetDatum(history));
	if (VARSIZE(builder) < offsetof(HistoryBuilder, stream) ||
		builder->used < 0 || builder->count < 0 ||
		builder->count > builder->used ||
		(Size) builder->used > VARSIZE(builder) - offsetof(HistoryBuilder, stream) ||
		builder->last_start < 0 ||
		(builder->count > 0 && builder->last_start >= builder->used) ||
		(builder->flags & HISTORY_FLAG_UNIT) > HISTORY_MICROSECOND ||
		builder->scale > AMOUNT_MAX_SCALE)
		bad_history("Its header does not fit its size.");
	return builder;
}

/*
 * The builder that a transition function may change: the executor's own, a
 * copy of what a direct caller passed, or a new one, which is allocated in
 * the current context because the executor copies a first state itself.
 */
static inline HistoryBuilder *
transition_builder(FunctionCallInfo fcinfo)
{
	struct varlena *state;
	HistoryBuilder *builder;

	if (PG_ARGISNULL(0))
		return builder_create(INITIAL_SIZE);
	state = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(0));
	if (AggCheckCallContext(fcinfo, NULL))
	{
		if (likely(VARATT_IS_4B_U(state) &&
				   ((HistoryBuilder *) state)->form == HISTORY_FORM_BUILDING))
			return (HistoryBuilder *) state;
		return get_builder((struct varlena *) PG_DETOAST_DATUM_PACKED(PointerGetDatum(state)));
	}
	builder = builder_create(INITIAL_SIZE);
	return builder_add_history(builder, PointerGetDatum(state));
}

Datum
pt_purchase_history_accum(PG_FUNCTION_ARGS)
{
	HistoryBuilder *builder;
	Timestamp	at;
	int64		amount;
	int			scale;
	bool		discounted = false;

	/* with many groups, this memory is what a row waits for */
	__builtin_prefetch(DatumGetPointer(PG_GETARG_DATUM(0)));
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	at = PG_GETARG_TIMESTAMP(1);
	if (TIMESTAMP_NOT_FINITE(at))
		history_infinite_time();
	amount = amount_from_numeric(PG_GETARG_DATUM(2), &scale);
	builder = transition_builder(fcinfo);
	if (PG_NARGS() > 3)
	{
		builder->flags |= HISTORY_FLAG_DISCOUNT;
		discounted = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	}
	PG_RETURN_POINTER(builder_add(builder, at, amount, scale, discounted));
}

/* Whether an argument is a history with the ids of its orders. */
static bool
argument_knows_orders(FunctionCallInfo fcinfo, int arg)
{
	return !PG_ARGISNULL(arg) &&
		history_knows_orders(PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(arg)));
}

Datum
pt_purchase_history_combine(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	if (argument_knows_orders(fcinfo, 1) || argument_knows_orders(fcinfo, 0))
		return orders_combine(fcinfo);
	PG_RETURN_POINTER(builder_add_history(transition_builder(fcinfo),
										  PG_GETARG_DATUM(1)));
}

/* rollup(purchase_history): combine under the name of a transition. */
Datum
pt_purchase_history_rollup(PG_FUNCTION_ARGS)
{
	return pt_purchase_history_combine(fcinfo);
}

Datum
pt_purchase_history_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (argument_knows_orders(fcinfo, 0))
		PG_RETURN_POINTER(history_stored(PG_GETARG_DATUM(0)));
	PG_RETURN_DATUM(finish(get_builder((struct varlena *)
									   PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0)))));
}

/* The operator +: the purchases of both. */
Datum
pt_purchase_history_add(PG_FUNCTION_ARGS)
{
	HistoryBuilder *builder;

	if (argument_knows_orders(fcinfo, 0) || argument_knows_orders(fcinfo, 1))
		PG_RETURN_DATUM(orders_finish((struct varlena *)
									  DatumGetPointer(orders_combine(fcinfo))));
	builder = builder_create(INITIAL_SIZE);
	builder = builder_add_history(builder, PG_GETARG_DATUM(0));
	builder = builder_add_history(builder, PG_GETARG_DATUM(1));
	PG_RETURN_DATUM(finish(builder));
}

/*--- Cuts ---*/

/*
 * The orders from one time to another, both included.  They stand one after
 * the other, so they are copied, except the distance of the first one; all
 * are written anew only if what is left needs no such fine unit of time.
 */
static Datum
history_cut(Datum history, Timestamp from, Timestamp until)
{
	HistoryReader reader;
	HistoryReader first;		/* after the first order that is kept */
	const uint8 *end;
	HistoryUnit unit = HISTORY_DAY;
	int32		count = 0;
	struct varlena *result;
	uint8	   *p;

	history_open(history, &reader);
	first = reader;
	end = reader.next;
	while (history_next(&reader) && reader.order.at <= until)
	{
		HistoryUnit needed = history_unit(reader.order.at);

		CHECK_FOR_INTERRUPTS();
		if (reader.order.at < from)
			continue;
		if (count++ == 0)
			first = reader;
		unit = Max(unit, needed);
		end = reader.next;
	}
	result = palloc(HEADER_MAX_BYTES + MAX_ORDER_BYTES +
					(count > 0 ? end - first.next : 0));
	p = write_header(result, unit, reader.scale, reader.knows_discount, count,
					 count > 0 ? time_in_units(first.order.at, unit) : 0);
	if (count > 0)
	{
		p = history_write_order(p, 0, first.order.amount,
								first.order.discounted);
		if (unit == reader.unit)
		{
			memcpy(p, first.next, end - first.next);
			p += end - first.next;
		}
		else
		{
			int64		last_time = time_in_units(first.order.at, unit);

			/* distances in a coarser unit take no more bytes */
			while (first.next < end && history_next(&first))
			{
				int64		time = time_in_units(first.order.at, unit);

				CHECK_FOR_INTERRUPTS();
				p = history_write_order(p, time - last_time,
										first.order.amount,
										first.order.discounted);
				last_time = time;
			}
		}
	}
	SET_VARSIZE(result, (char *) p - (char *) result);
	return PointerGetDatum(result);
}

Datum
pt_history_at(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(history_cut(PG_GETARG_DATUM(0), DT_NOBEGIN,
								PG_GETARG_TIMESTAMP(1)));
}

Datum
pt_history_between(PG_FUNCTION_ARGS)
{
	Timestamp	until = PG_GETARG_TIMESTAMP(2);

	/* the end is excluded; nothing is before -infinity */
	PG_RETURN_DATUM(history_cut(PG_GETARG_DATUM(0), PG_GETARG_TIMESTAMP(1),
								TIMESTAMP_IS_NOBEGIN(until) ? until : until - 1));
}

/* The rows of a history, in time order. */
Datum
pt_purchases(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	HistoryReader *reader;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;
		TupleDesc	tupdesc;

		call = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
		if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		call->tuple_desc = BlessTupleDesc(tupdesc);
		reader = palloc(sizeof(HistoryReader));
		/* a copy: the argument may be gone at the next call */
		history_open(PointerGetDatum(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0))),
					 reader);
		call->user_fctx = reader;
		MemoryContextSwitchTo(old);
	}
	call = SRF_PERCALL_SETUP();
	reader = call->user_fctx;
	if (history_next(reader))
	{
		Datum		values[3];
		bool		nulls[3] = {false, false, !reader->knows_discount};

		CHECK_FOR_INTERRUPTS();
		values[0] = TimestampGetDatum(reader->order.at);
		values[1] = NumericGetDatum(amount_to_numeric(reader->order.amount,
													  reader->scale));
		values[2] = BoolGetDatum(reader->order.discounted);
		SRF_RETURN_NEXT(call, HeapTupleGetDatum(heap_form_tuple(call->tuple_desc,
																values, nulls)));
	}
	SRF_RETURN_DONE(call);
}
