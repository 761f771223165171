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
	HistoryOrder order;			/* the last one read */
} HistoryReader;

extern struct varlena *history_stored(Datum history);
extern void history_open(Datum history, HistoryReader *reader);
extern bool history_next(HistoryReader *reader);

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
extern int64 timestamp_day(Timestamp at);

#endif							/* PT_HISTORY_H */
