/*-------------------------------------------------------------------------
 *
 * history.h
 *		The purchases of one customer as one value: reading and writing.
 *
 * docs/history.md describes the stored form.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_HISTORY_H
#define PT_HISTORY_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "lib/stringinfo.h"

#include "amount.h"
#include "compat.h"
#include "varint.h"

/* Resolution of the times of a history; the coarsest that loses nothing. */
typedef enum HistoryUnit
{
	HISTORY_DAY,
	HISTORY_SECOND,
	HISTORY_MICROSECOND
} HistoryUnit;

/*
 * The stored form: its version, flags, the decimals of its amounts, then
 * numbers of variable length.  docs/history.md has the whole of it.
 */
#define HISTORY_VERSION			1
#define HISTORY_FLAG_UNIT		0x03	/* a HistoryUnit */
#define HISTORY_FLAG_DISCOUNT	0x04	/* it is known which were discounted */
#define HISTORY_FLAGS			(HISTORY_FLAG_UNIT | HISTORY_FLAG_DISCOUNT)
#define HISTORY_HEADER			3

/*
 * First bytes of histories under construction, which only aggregates have:
 * without the ids of orders (history.c), and with them (history_orders.c).
 */
#define HISTORY_FORM_BUILDING	0x81
#define HISTORY_FORM_ORDERS		0x82

#define HISTORY_HEADER_BYTES	(HISTORY_HEADER + 2 * VARINT_MAX_BYTES)
#define HISTORY_ORDER_BYTES		(2 * VARINT_MAX_BYTES)

/* Distances in time are kept doubled twice, for their sign and a flag. */
#define HISTORY_MAX_DISTANCE	(INT64CONST(1) << 61)

/* One purchase, or one return (an amount below zero). */
typedef struct HistoryOrder
{
	Timestamp	at;
	int64		amount;			/* with the decimals of its history */
	bool		discounted;
} HistoryOrder;

/*
 * Reads the orders of a history one after the other, in time order; at the
 * same time a purchase comes before a return.
 */
typedef struct HistoryReader
{
	const uint8 *next;
	const uint8 *end;
	int32		remaining;
	int32		count;			/* orders and returns in all */
	int			scale;
	bool		knows_discount;
	HistoryUnit unit;
	int64		usec_per_unit;
	int64		time;			/* in units */
	bool		ascends;		/* no order may be before the last one */
	HistoryOrder order;			/* the last one read */
} HistoryReader;

extern struct varlena *history_stored(Datum history);
extern void history_open(Datum history, HistoryReader *reader);
extern const char *history_open_stored(struct varlena *value,
									   HistoryReader *reader);
extern PT_NORETURN void bad_history(const char *detail);
extern PT_NORETURN void history_infinite_time(void);

/* Parts of the text form, in history_io.c. */
extern void history_out_time(StringInfo buf, Timestamp at, HistoryUnit unit);
extern void history_out_amount(StringInfo buf, int64 amount, int scale);
extern bool history_in_literal(const char **s, const char *literal);
extern bool history_in_time(const char **s, Timestamp *at);
extern bool history_in_amount(const char **s, int64 *amount, int *scale);
extern PT_NORETURN void history_bad_text(const char *input,
										 const char *detail);

/*
 * Reads an order, of which there must be one left.  Returns what is wrong
 * with it, or NULL.
 */
static pg_attribute_always_inline const char *
history_read(HistoryReader *reader)
{
	uint64		head;
	uint64		amount;
	Timestamp	before = reader->order.at;
	const uint8 *p = varint_read_pair(reader->next, reader->end, &head,
									  &amount);

	if (unlikely(p == NULL))
		return "It ends too early.";
	/* unsigned, so that damaged data cannot overflow */
	reader->time = (int64) ((uint64) reader->time +
							(uint64) zigzag_decode(head >> 1));
	reader->order.at = (Timestamp) ((uint64) reader->time *
									(uint64) reader->usec_per_unit);
	reader->order.amount = zigzag_decode(amount);
	reader->order.discounted = (head & 1) != 0;
	reader->next = p;
	reader->remaining--;
	if (unlikely(!IS_VALID_TIMESTAMP(reader->order.at)))
		return "A time is out of range.";
	if (unlikely(!amount_in_range(reader->order.amount)))
		return "An amount has more than 18 digits.";
	if (unlikely(reader->order.at < before && reader->ascends))
		return "Its orders are not in the order of their times.";
	return NULL;
}

/*
 * Reads the next order into reader->order; false if there is none.  Inline, so
 * that what a loop does not ask for is not computed.
 */
static pg_attribute_always_inline bool
history_next(HistoryReader *reader)
{
	const char *fault;

	if (reader->remaining == 0)
		return false;
	fault = history_read(reader);
	if (unlikely(fault != NULL))
		bad_history(fault);
	return true;
}

/* Makes a history of orders in any order; they are sorted and merged. */
extern Datum history_make(HistoryOrder *orders, int32 count, int scale,
						  bool knows_discount);

static inline uint8 *
history_write_order(uint8 *p, int64 distance, int64 amount, bool discounted)
{
	p = varint_write(p, (zigzag_encode(distance) << 1) | (discounted ? 1 : 0));
	return varint_write(p, zigzag_encode(amount));
}

/* The coarsest unit that this time is a whole number of. */
static inline HistoryUnit
history_unit(Timestamp at)
{
	if (at % USECS_PER_DAY == 0)
		return HISTORY_DAY;
	return at % USECS_PER_SEC == 0 ? HISTORY_SECOND : HISTORY_MICROSECOND;
}

/*
 * What most questions need, of the orders up to and including as_of.
 */
typedef struct HistorySummary
{
	int64		orders;			/* returns not counted */
	int64		returns;
	int64		discounted_orders;
	int128		revenue;		/* returns included */
	int128		order_amount;	/* returns not included */
	Timestamp	first;			/* of the orders; undefined if there is none */
	Timestamp	last;
} HistorySummary;

extern void history_summary(Datum history, Timestamp as_of,
							HistoryReader *reader, HistorySummary *summary);
extern void history_summarize(HistoryReader *reader, Timestamp as_of,
							  HistorySummary *summary);

/* Calendar periods, numbered so that neighbours differ by one. */
typedef enum Period
{
	PERIOD_DAY,
	PERIOD_WEEK,				/* begins on Monday, as ISO 8601 has it */
	PERIOD_MONTH,
	PERIOD_QUARTER,
	PERIOD_YEAR
} Period;

extern Period period_from_enum(FunctionCallInfo fcinfo, int arg);
extern int64 period_number(Timestamp at, Period period);
extern int32 period_start(int64 number, Period period);
extern double period_days(Period period);

/* Days since 2000-01-01, rounded down also before that. */
static inline int64
timestamp_day(Timestamp at)
{
	return at / USECS_PER_DAY - (at % USECS_PER_DAY < 0 ? 1 : 0);
}

#endif							/* PT_HISTORY_H */
