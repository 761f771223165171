/*-------------------------------------------------------------------------
 *
 * history_orders.h
 *		A history under construction that knows the ids of its orders.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_HISTORY_ORDERS_H
#define PT_HISTORY_ORDERS_H

#include "lib/stringinfo.h"

#include "history.h"

/* What makes lines one order, in the order of those of one time. */
typedef enum OrderIdKind
{
	ORDER_ID_INTEGER,
	ORDER_ID_TEXT,
	ORDER_ID_NULL,				/* each line is an order of its own */
	ORDER_BY_TIME				/* of a finished history: its time */
} OrderIdKind;

/* Lines of one order and one kind: bought, or brought back (below zero). */
typedef struct OrderLine
{
	Timestamp	at;				/* the first time of the lines */
	int64		amount;
	int64		number;			/* ORDER_ID_INTEGER */
	const char *text;			/* ORDER_ID_TEXT; not terminated */
	int32		length;
	bool		discounted;
	uint8		id;				/* an OrderIdKind */
} OrderLine;

typedef struct OrderBuilder OrderBuilder;

extern OrderBuilder *orders_create(bool knows_discount);
extern OrderBuilder *orders_add(OrderBuilder *builder, const OrderLine *line,
								int scale);

/* Whether a value that is not toasted is one of these. */
static inline bool
history_knows_orders(const struct varlena *value)
{
	return VARSIZE_ANY_EXHDR(value) > 0 &&
		*(const uint8 *) VARDATA_ANY(value) == HISTORY_FORM_ORDERS;
}

/* Its orders: the lines of each put together, sorted by time and id. */
extern OrderLine *orders_lines(struct varlena *value, int32 *count,
							   int *scale, bool *knows_discount);

extern Datum orders_finish(struct varlena *value);
extern OrderBuilder *orders_add_history(OrderBuilder *builder,
										struct varlena *value);
extern Datum orders_combine(FunctionCallInfo fcinfo);

/* history_orders_io.c; the first byte of what is sent */
#define ORDERS_VERSION		2

extern char *orders_out(struct varlena *value);
extern Datum orders_in(const char *input, const char *s,
					   bool knows_discount);
extern bytea *orders_send(struct varlena *value);
extern Datum orders_recv(StringInfo buf);

#endif							/* PT_HISTORY_ORDERS_H */
