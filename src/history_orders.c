/*-------------------------------------------------------------------------
 *
 * history_orders.c
 *		purchase_history of order lines with the ids of their orders.
 *
 * Here an order is the lines of one order id, whatever their times, so a
 * state has to keep the ids until its last line has come.  It has a form of
 * its own, which only aggregates have: a stream of orders, and the amount of
 * the last one beside it, since its next line mostly comes next.  So a line
 * of the same order is an addition, and a new order writes some ten bytes.
 * Orders that come back later are written again; finishing puts them
 * together.  Where ids and times ascend, as they mostly do, it finds that by
 * looking at neighbours, and sorts nothing.
 *
 * docs/history.md has the bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "history_orders.h"

PG_FUNCTION_INFO_V1(pt_purchase_history_accum_order);
PG_FUNCTION_INFO_V1(pt_purchase_history_accum_order_text);

struct OrderBuilder
{
	int32		vl_len_;
	uint8		form;			/* HISTORY_FORM_ORDERS */
	uint8		flags;			/* HISTORY_FLAG_DISCOUNT or 0 */
	uint8		scale;
	uint8		head;			/* of the last order: ORDER_ID, _DISCOUNTED */
	int32		count;			/* orders, the last one included */
	int32		used;			/* bytes of the stream */
	/* of the last order, whose amount is not in the stream yet */
	Timestamp	at;
	int64		amount;
	int64		number;			/* the last id, or its length if it is a text */
	uint8		stream[FLEXIBLE_ARRAY_MEMBER];
};

/*
 * The initial size and its doublings are chunks without waste.  Memory is
 * what such an aggregate takes most of its time for, so this is small: it
 * holds two orders.
 */
#define INITIAL_SIZE		64

/*
 * An order in the stream: a byte, the distance in time to the one before,
 * its id (a number as the distance to the number before; a text with its
 * length before it), and zigzag(amount) * 2, + 1 if it was discounted.
 * Distances wrap around where they have no room.
 */
#define ORDER_DISCOUNTED	0x01	/* in the header only */
#define ORDER_UNIT_SHIFT	1	/* of the distance in time: a HistoryUnit */
#define ORDER_UNIT			0x06
#define ORDER_ID_SHIFT		3	/* an OrderIdKind */
#define ORDER_ID			0x18

/* without a text, and with the amount of the order before */
#define MAX_ORDER_BYTES		(1 + 3 * VARINT_MAX_BYTES)

static const int64 unit_usecs[] = {USECS_PER_DAY, USECS_PER_SEC, 1};

/*--- Reading ---*/

typedef struct OrdersReader
{
	const OrderBuilder *builder;
	const uint8 *next;
	const uint8 *end;
	int32		remaining;
	int64		number;
	OrderLine	line;			/* the last one read */
} OrdersReader;

static void
orders_open(const OrderBuilder *builder, OrdersReader *reader)
{
	reader->builder = builder;
	reader->next = builder->stream;
	reader->end = builder->stream + builder->used;
	reader->remaining = builder->count;
	reader->number = 0;
	memset(&reader->line, 0, sizeof(reader->line));
}

/* Reads the next order, whose lines may not be all; false if there is none. */
static bool
orders_next(OrdersReader *reader)
{
	OrderLine  *line = &reader->line;
	const uint8 *p = reader->next;
	uint64		distance;
	uint64		number;
	int			unit;

	if (reader->remaining == 0)
		return false;
	if (p >= reader->end)
		bad_history("It ends too early.");
	line->id = (*p & ORDER_ID) >> ORDER_ID_SHIFT;
	unit = (*p & ORDER_UNIT) >> ORDER_UNIT_SHIFT;
	p++;
	if (line->id == ORDER_ID_INTEGER)
	{
		p = varint_read_pair(p, reader->end, &distance, &number);
		/* unsigned, so that damaged data cannot overflow */
		reader->number = (int64) ((uint64) reader->number +
								  (uint64) zigzag_decode(number));
		line->number = reader->number;
	}
	else
		p = varint_read(p, reader->end, &distance);
	line->at = (Timestamp) ((uint64) line->at +
							(uint64) zigzag_decode(distance) *
							(uint64) unit_usecs[Min(unit, HISTORY_MICROSECOND)]);
	if (line->id == ORDER_ID_TEXT && p != NULL)
	{
		p = varint_read(p, reader->end, &number);
		if (p != NULL && number > (uint64) (reader->end - p))
			p = NULL;
		if (p != NULL)
		{
			line->text = (const char *) p;
			line->length = (int32) number;
			reader->number = (int64) number;
			p += number;
		}
	}
	if (--reader->remaining == 0)
	{
		line->amount = reader->builder->amount;
		line->discounted = (reader->builder->head & ORDER_DISCOUNTED) != 0;
	}
	else if (p != NULL)
	{
		p = varint_read(p, reader->end, &number);
		line->amount = zigzag_decode(number >> 1);
		line->discounted = (number & 1) != 0;
	}
	if (p == NULL)
		bad_history("It ends too early.");
	if (!IS_VALID_TIMESTAMP(line->at) || !amount_in_range(line->amount))
		bad_history("A time or an amount is out of range.");
	reader->next = p;
	return true;
}

/* A value of this form, detoasted and aligned. */
static OrderBuilder *
get_orders(struct varlena *value)
{
	OrderBuilder *builder = (OrderBuilder *)
		PG_DETOAST_DATUM(PointerGetDatum(value));

	if (VARSIZE(builder) < offsetof(OrderBuilder, stream) ||
		builder->used < 0 || builder->count < 0 ||
		(Size) builder->used > VARSIZE(builder) - offsetof(OrderBuilder, stream) ||
		builder->count > builder->used ||
		builder->scale > AMOUNT_MAX_SCALE)
		bad_history("Its header does not fit its size.");
	return builder;
}

/*--- Building ---*/

static OrderBuilder *
create_sized(Size size)
{
	OrderBuilder *builder = palloc0(size);

	SET_VARSIZE(builder, size);
	builder->form = HISTORY_FORM_ORDERS;
	return builder;
}

OrderBuilder *
orders_create(bool knows_discount)
{
	OrderBuilder *builder = create_sized(INITIAL_SIZE);

	builder->flags = knows_discount ? HISTORY_FLAG_DISCOUNT : 0;
	return builder;
}

static inline Size
orders_room(const OrderBuilder *builder)
{
	return VARSIZE(builder) - offsetof(OrderBuilder, stream) -
		builder->used;
}

/*
 * A copy with room for so many bytes, in the current memory context; whoever
 * owns the old one (the executor, for transition values) disposes of it.
 */
static OrderBuilder *
orders_grow(const OrderBuilder *builder, Size needed)
{
	Size		filled = offsetof(OrderBuilder, stream) + builder->used;
	Size		size = VARSIZE(builder);
	OrderBuilder *larger;

	if (filled + needed > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many purchases for one purchase_history"),
				 errdetail("A value has at most 1 GB, and this one has %d orders already, with their ids.",
						   builder->count)));
	do
		size = size > MaxAllocSize / 2 ? MaxAllocSize : size * 2;
	while (size < filled + needed);
	larger = palloc0(size);
	memcpy(larger, builder, filled);
	SET_VARSIZE(larger, size);
	return larger;
}

/* Whether a line belongs to the last order. */
static inline bool
is_of_last(const OrderBuilder *builder, const OrderLine *line)
{
	if ((builder->head & ORDER_ID) >> ORDER_ID_SHIFT != line->id ||
		builder->count == 0 || (builder->amount < 0) != (line->amount < 0) ||
		line->at < builder->at)
		return false;
	if (line->id == ORDER_ID_INTEGER)
		return line->number == builder->number;
	/* the id of the last order ends the stream */
	return line->id == ORDER_ID_TEXT && line->length == builder->number &&
		memcmp(builder->stream + builder->used - line->length, line->text,
			   line->length) == 0;
}

/* An order but for the bytes of a text, and its amount, which may change. */
static inline uint8 *
write_order(uint8 *p, const OrderBuilder *builder, const OrderLine *line)
{
	int64		distance = (int64) ((uint64) line->at - (uint64) builder->at);
	HistoryUnit unit = history_unit(distance);

	if (unit == HISTORY_DAY)
		distance /= USECS_PER_DAY;
	else if (unit == HISTORY_SECOND)
		distance /= USECS_PER_SEC;
	*p++ = (uint8) (line->id << ORDER_ID_SHIFT | unit << ORDER_UNIT_SHIFT);
	p = varint_write(p, zigzag_encode(distance));
	if (line->id == ORDER_ID_INTEGER)
		p = varint_write(p, zigzag_encode((int64) ((uint64) line->number -
												   (uint64) builder->number)));
	else if (line->id == ORDER_ID_TEXT)
		p = varint_write(p, line->length);
	return p;
}

/*
 * Adds a line whose amount has the builder's scale.  Changes the builder in
 * place, or returns a larger copy.
 */
static inline OrderBuilder *
append_line(OrderBuilder *builder, const OrderLine *line)
{
	uint8		bytes[MAX_ORDER_BYTES];
	uint8	   *p = bytes;
	int32		text_length = line->id == ORDER_ID_TEXT ? line->length : 0;

	if (is_of_last(builder, line))
	{
		/* its time stays the first one */
		builder->amount += line->amount;	/* at most 18 digits each */
		if (unlikely(!amount_in_range(builder->amount)))
			amount_too_large();
		if (line->discounted)
			builder->head |= ORDER_DISCOUNTED;
		return builder;
	}
	/* the amount of the last order, and the new one */
	if (builder->count > 0)
		p = varint_write(p, zigzag_encode(builder->amount) << 1 |
						 (builder->head & ORDER_DISCOUNTED));
	p = write_order(p, builder, line);
	if (unlikely(orders_room(builder) < (Size) (p - bytes) + text_length))
		builder = orders_grow(builder, (p - bytes) + text_length);
	memcpy(builder->stream + builder->used, bytes, p - bytes);
	builder->used += (int32) (p - bytes);
	if (line->id == ORDER_ID_INTEGER)
		builder->number = line->number;
	else if (line->id == ORDER_ID_TEXT)
	{
		memcpy(builder->stream + builder->used, line->text, text_length);
		builder->used += text_length;
		builder->number = text_length;
	}
	builder->head = (uint8) (line->id << ORDER_ID_SHIFT |
							 (line->discounted ? ORDER_DISCOUNTED : 0));
	builder->at = line->at;
	builder->amount = line->amount;
	builder->count++;
	return builder;
}

/* Encodes a builder anew, with more decimals. */
static OrderBuilder *
orders_refine(const OrderBuilder *builder, int scale)
{
	OrderBuilder *finer = create_sized(VARSIZE(builder));
	OrdersReader reader;

	finer->flags = builder->flags;
	finer->scale = scale;
	orders_open(builder, &reader);
	while (orders_next(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		if (!amount_rescale(&reader.line.amount, builder->scale, scale))
			amount_too_large();
		finer = append_line(finer, &reader.line);
	}
	return finer;
}

/* A builder that takes amounts of a line's scale, which is not its own. */
static pg_noinline OrderBuilder *
adapt_scale(OrderBuilder *builder, OrderLine *line, int scale)
{
	if (builder->count == 0)
		builder->scale = scale;
	else if (scale > builder->scale)
		builder = orders_refine(builder, scale);
	else if (!amount_rescale(&line->amount, scale, builder->scale))
		amount_too_large();
	return builder;
}

/* Adds a line, with any scale. */
OrderBuilder *
orders_add(OrderBuilder *builder, const OrderLine *line, int scale)
{
	OrderLine	rescaled = *line;

	if (scale != builder->scale)
		builder = adapt_scale(builder, &rescaled, scale);
	return append_line(builder, &rescaled);
}

/*
 * Adds all of a history.  One without ids, which is finished, knows its
 * orders by their times.
 */
OrderBuilder *
orders_add_history(OrderBuilder *builder, struct varlena *value)
{
	if (history_knows_orders(value))
	{
		const OrderBuilder *other = get_orders(value);
		OrdersReader reader;

		builder->flags |= other->flags & HISTORY_FLAG_DISCOUNT;
		orders_open(other, &reader);
		while (orders_next(&reader))
		{
			CHECK_FOR_INTERRUPTS();
			builder = orders_add(builder, &reader.line, other->scale);
		}
	}
	else
	{
		HistoryReader reader;
		OrderLine	line = {.id = ORDER_BY_TIME};

		history_open(PointerGetDatum(value), &reader);
		if (reader.knows_discount)
			builder->flags |= HISTORY_FLAG_DISCOUNT;
		while (history_next(&reader))
		{
			CHECK_FOR_INTERRUPTS();
			line.at = reader.order.at;
			line.amount = reader.order.amount;
			line.discounted = reader.order.discounted;
			builder = orders_add(builder, &line, reader.scale);
		}
	}
	return builder;
}

/*--- Finishing ---*/

static inline bool
is_return(const OrderLine *line)
{
	return line->amount < 0;
}

/* The order of ids: numbers, texts by their bytes, unknown ones. */
static inline int
compare_ids(const OrderLine *a, const OrderLine *b)
{
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->id == ORDER_ID_INTEGER)
		return (a->number > b->number) - (a->number < b->number);
	if (a->id == ORDER_ID_TEXT)
	{
		int			order = memcmp(a->text, b->text,
								   Min(a->length, b->length));

		return order != 0 ? order
			: (a->length > b->length) - (a->length < b->length);
	}
	return 0;
}

/* So that lines of one order stand together. */
static int
compare_orders(const OrderLine *a, const OrderLine *b)
{
	if (is_return(a) != is_return(b))
		return is_return(a) ? 1 : -1;
	return compare_ids(a, b);
}

/* The order in which orders of a history stand: all that is known of them. */
static int
compare_times(const OrderLine *a, const OrderLine *b)
{
	int			order;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	order = compare_orders(a, b);
	if (order != 0)
		return order;
	if (a->amount != b->amount)
		return a->amount < b->amount ? -1 : 1;
	return (int) a->discounted - (int) b->discounted;
}

#define ST_SORT sort_by_order
#define ST_ELEMENT_TYPE OrderLine
#define ST_COMPARE(a, b) compare_orders(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_by_time
#define ST_ELEMENT_TYPE OrderLine
#define ST_COMPARE(a, b) compare_times(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static inline bool
has_id(const OrderLine *line)
{
	return line->id == ORDER_ID_INTEGER || line->id == ORDER_ID_TEXT;
}

/* Puts the lines of each order together, sorted by order; returns how many. */
static int32
group_lines(OrderLine *lines, int32 count)
{
	int32		last = 0;

	sort_by_order(lines, count);
	for (int32 i = 1; i < count; i++)
	{
		OrderLine  *order = &lines[last];

		CHECK_FOR_INTERRUPTS();
		if (has_id(order) && compare_orders(order, &lines[i]) == 0)
		{
			order->amount += lines[i].amount;
			if (!amount_in_range(order->amount))
				amount_too_large();
			order->at = Min(order->at, lines[i].at);
			order->discounted |= lines[i].discounted;
		}
		else
			lines[++last] = lines[i];
	}
	return last + 1;
}

OrderLine *
orders_lines(struct varlena *value, int32 *count, int *scale,
			 bool *knows_discount)
{
	const OrderBuilder *builder = get_orders(value);
	OrderLine  *lines;
	OrdersReader reader;
	int32		last[2] = {-1, -1}; /* bought, brought back; with an id */
	int32		n = 0;
	bool		grouped = true;
	bool		sorted = true;

	*scale = builder->scale;
	*knows_discount = (builder->flags & HISTORY_FLAG_DISCOUNT) != 0;
	lines = MemoryContextAllocHuge(CurrentMemoryContext,
								   sizeof(OrderLine) * Max((Size) builder->count, 1));
	orders_open(builder, &reader);
	while (orders_next(&reader))
	{
		const OrderLine *line = &lines[n];
		int32	   *before = &last[is_return(&reader.line)];

		CHECK_FOR_INTERRUPTS();
		lines[n] = reader.line;
		if (has_id(line))
		{
			/* where ids ascend, none comes twice */
			if (grouped && *before >= 0 &&
				compare_ids(&lines[*before], line) >= 0)
				grouped = false;
			*before = n;
		}
		if (sorted && n > 0 && compare_times(line - 1, line) > 0)
			sorted = false;
		n++;
	}
	if (!grouped)
		n = group_lines(lines, n);
	if (!grouped || !sorted)
		sort_by_time(lines, n);
	*count = n;
	return lines;
}

/*
 * The history of these orders.  Those of one time stay apart: the second and
 * later ones are set a microsecond after one another, in the order of ids.
 */
Datum
orders_finish(struct varlena *value)
{
	Timestamp	last[2] = {DT_NOBEGIN, DT_NOBEGIN}; /* bought, brought back */
	int32		count;
	int			scale;
	bool		knows_discount;
	OrderLine  *lines = orders_lines(value, &count, &scale, &knows_discount);
	HistoryOrder *orders;
	Datum		result;

	orders = MemoryContextAllocHuge(CurrentMemoryContext,
									sizeof(HistoryOrder) * Max((Size) count, 1));
	for (int32 i = 0; i < count; i++)
	{
		const OrderLine *line = &lines[i];
		Timestamp	at = line->at;

		CHECK_FOR_INTERRUPTS();
		if (line->id != ORDER_BY_TIME)
		{
			Timestamp  *before = &last[is_return(line)];

			if (at <= *before)
				at = *before + 1;
			if (!IS_VALID_TIMESTAMP(at))
				ereport(ERROR,
						(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						 errmsg("timestamp out of range"),
						 errdetail("Orders of one customer at one time are kept a microsecond apart.")));
			*before = at;
		}
		orders[i].at = at;
		orders[i].amount = line->amount;
		orders[i].discounted = line->discounted;
	}
	result = history_make(orders, count, scale, knows_discount);
	pfree(orders);
	pfree(lines);
	return result;
}

/*--- Aggregates ---*/

/*
 * The builder that a transition function may change: the executor's own, a
 * copy of what a direct caller passed, or a new one, which is allocated in
 * the current context because the executor copies a first state itself.
 */
static inline OrderBuilder *
transition_orders(FunctionCallInfo fcinfo)
{
	struct varlena *state;

	if (PG_ARGISNULL(0))
		return orders_create(false);
	state = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(0));
	if (likely(AggCheckCallContext(fcinfo, NULL) && VARATT_IS_4B_U(state) &&
			   ((OrderBuilder *) state)->form == HISTORY_FORM_ORDERS))
		return (OrderBuilder *) state;
	return orders_add_history(orders_create(false),
							  PG_DETOAST_DATUM_PACKED(PointerGetDatum(state)));
}

/* Adds a row: order_id is read, the rest is in arguments 2 to 4. */
static inline Datum
add_row(FunctionCallInfo fcinfo, OrderLine *line)
{
	OrderBuilder *builder;
	int			scale;

	line->at = PG_GETARG_TIMESTAMP(2);
	if (TIMESTAMP_NOT_FINITE(line->at))
		history_infinite_time();
	line->amount = amount_from_numeric(PG_GETARG_DATUM(3), &scale);
	builder = transition_orders(fcinfo);
	line->discounted = false;
	if (PG_NARGS() > 4)
	{
		builder->flags |= HISTORY_FLAG_DISCOUNT;
		line->discounted = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	}
	if (unlikely(scale != builder->scale))
		builder = adapt_scale(builder, line, scale);
	PG_RETURN_POINTER(append_line(builder, line));
}

/*
 * Rows without a time or an amount are no purchases.  Where there are many
 * groups, most of a row's time goes by waiting for the memory of its state,
 * so that is asked for before the row is looked at.
 */
#define SKIP_ROW_WITH_NULL() \
	do { \
		__builtin_prefetch(DatumGetPointer(PG_GETARG_DATUM(0))); \
		if (PG_ARGISNULL(2) || PG_ARGISNULL(3)) \
		{ \
			if (PG_ARGISNULL(0)) \
				PG_RETURN_NULL(); \
			PG_RETURN_DATUM(PG_GETARG_DATUM(0)); \
		} \
	} while (0)

Datum
pt_purchase_history_accum_order(PG_FUNCTION_ARGS)
{
	OrderLine	line;

	SKIP_ROW_WITH_NULL();
	line.id = PG_ARGISNULL(1) ? ORDER_ID_NULL : ORDER_ID_INTEGER;
	line.number = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1);
	return add_row(fcinfo, &line);
}

Datum
pt_purchase_history_accum_order_text(PG_FUNCTION_ARGS)
{
	OrderLine	line;

	SKIP_ROW_WITH_NULL();
	if (PG_ARGISNULL(1))
		line.id = ORDER_ID_NULL;
	else
	{
		const text *id = PG_GETARG_TEXT_PP(1);

		line.id = ORDER_ID_TEXT;
		line.text = VARDATA_ANY(id);
		line.length = (int32) VARSIZE_ANY_EXHDR(id);
	}
	return add_row(fcinfo, &line);
}

/* The combine function, where one of its states has ids. */
Datum
orders_combine(FunctionCallInfo fcinfo)
{
	PG_RETURN_POINTER(orders_add_history(transition_orders(fcinfo),
										 PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(1))));
}
