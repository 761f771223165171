/*-------------------------------------------------------------------------
 *
 * history_orders_io.c
 *		purchase_history with the ids of its orders, as text and as bytes.
 *
 * Only states of aggregates are such values, but they have to travel: a
 * distributed database sends them between its servers as text.  So nothing
 * of them is lost, and what they say does not depend on the order of rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "history_orders.h"
#include "input.h"

#define LINE_DISCOUNTED		0x01
#define LINE_ID_SHIFT		1	/* an OrderIdKind */
#define LINE_FLAGS			0x07

/*--- Text ---*/

/*
 * "1i {2024-01-05 10.00 #17, 2024-01-06 5.50 d #18}", 1di where discounts
 * are known.  An id is a number, or a text in quotes, which are doubled in
 * it, or NULL (# alone); orders of a finished history have none.
 */
char *
orders_out(struct varlena *value)
{
	int32		count;
	int			scale;
	bool		knows_discount;
	OrderLine  *lines = orders_lines(value, &count, &scale, &knows_discount);
	HistoryUnit unit = HISTORY_DAY;
	StringInfoData buf;

	for (int32 i = 0; i < count; i++)
	{
		HistoryUnit needed = history_unit(lines[i].at);

		CHECK_FOR_INTERRUPTS();
		unit = Max(unit, needed);
	}
	initStringInfo(&buf);
	appendStringInfoString(&buf, knows_discount ? "1di {" : "1i {");
	for (int32 i = 0; i < count; i++)
	{
		const OrderLine *line = &lines[i];

		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		history_out_time(&buf, line->at, unit);
		appendStringInfoChar(&buf, ' ');
		history_out_amount(&buf, line->amount, scale);
		if (line->discounted)
			appendStringInfoString(&buf, " d");
		switch ((OrderIdKind) line->id)
		{
			case ORDER_ID_INTEGER:
				appendStringInfo(&buf, " #" INT64_FORMAT, line->number);
				break;
			case ORDER_ID_TEXT:
				appendStringInfoString(&buf, " #\"");
				for (int32 j = 0; j < line->length; j++)
				{
					if (line->text[j] == '"')
						appendStringInfoChar(&buf, '"');
					appendStringInfoChar(&buf, line->text[j]);
				}
				appendStringInfoChar(&buf, '"');
				break;
			case ORDER_ID_NULL:
				appendStringInfoString(&buf, " #");
				break;
			case ORDER_BY_TIME:
				break;
		}
	}
	appendStringInfoChar(&buf, '}');
	return buf.data;
}

/*
 * Reads the id after " #".  A text is put together in buf, where it stays
 * until the next one.
 */
static bool
in_id(const char **s, OrderLine *line, StringInfo buf)
{
	const char *p = *s;

	if (*p == '"')
	{
		resetStringInfo(buf);
		for (p++;; p++)
		{
			if (*p == '\0')
				return false;
			/* in all encodings of servers, no other character has this byte */
			if (*p == '"' && *++p != '"')
				break;
			appendStringInfoChar(buf, *p);
		}
		line->id = ORDER_ID_TEXT;
		line->text = buf->data;
		line->length = buf->len;
	}
	else if (*p == '-' || (*p >= '0' && *p <= '9'))
	{
		char	   *end;

		errno = 0;
		line->number = strtoll(p, &end, 10);
		if (errno != 0 || end == p)
			return false;
		line->id = ORDER_ID_INTEGER;
		p = end;
	}
	else
		line->id = ORDER_ID_NULL;
	*s = p;
	return true;
}

/* What has been read can be put together: sums of orders are in range. */
static Datum
check_orders(OrderBuilder *builder)
{
	int32		count;
	int			scale;
	bool		knows_discount;

	pfree(orders_lines((struct varlena *) builder, &count, &scale,
					   &knows_discount));
	PG_RETURN_POINTER(builder);
}

/* input is the whole text, for messages; s what follows " {". */
Datum
orders_in(const char *input, const char *s, bool knows_discount)
{
	OrderBuilder *builder = orders_create(knows_discount);
	StringInfoData id;
	int			scale = -1;

	initStringInfo(&id);
	while (!history_in_literal(&s, "}"))
	{
		OrderLine	line = {.id = ORDER_BY_TIME};
		OrderBuilder *larger;
		int			line_scale;

		CHECK_FOR_INTERRUPTS();
		if (scale >= 0 && !history_in_literal(&s, ", "))
			history_bad_text(input, "Purchases are separated by a comma and a blank.");
		if (!history_in_time(&s, &line.at))
			history_bad_text(input, "A time reads 2024-01-31 or 2024-01-31T23:59:59.123456.");
		if (!history_in_literal(&s, " ") ||
			!history_in_amount(&s, &line.amount, &line_scale))
			history_bad_text(input, "After its time, a purchase has an amount of at most 18 digits.");
		if (scale < 0)
			scale = line_scale;
		else if (line_scale != scale)
			history_bad_text(input, "All amounts have the same number of decimals.");
		line.discounted = history_in_literal(&s, " d");
		if (line.discounted && !knows_discount)
			history_bad_text(input, "A purchase can be discounted only in a history that begins with 1d.");
		if (history_in_literal(&s, " #") && !in_id(&s, &line, &id))
			history_bad_text(input, "An order's id is a whole number of 64 bits, or a text in double quotes.");
		larger = orders_add(builder, &line, scale);
		if (larger != builder)
			pfree(builder);
		builder = larger;
	}
	if (*s != '\0')
		history_bad_text(input, "Nothing may follow the closing brace.");
	return check_orders(builder);
}

/*--- Bytes ---*/

bytea *
orders_send(struct varlena *value)
{
	int32		count;
	int			scale;
	bool		knows_discount;
	OrderLine  *lines = orders_lines(value, &count, &scale, &knows_discount);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, ORDERS_VERSION);
	pq_sendbyte(&buf, knows_discount ? HISTORY_FLAG_DISCOUNT : 0);
	pq_sendbyte(&buf, count > 0 ? scale : 0);
	pq_sendint32(&buf, count);
	for (int32 i = 0; i < count; i++)
	{
		const OrderLine *line = &lines[i];

		CHECK_FOR_INTERRUPTS();
		pq_sendbyte(&buf, (line->discounted ? LINE_DISCOUNTED : 0) |
					line->id << LINE_ID_SHIFT);
		pq_sendint64(&buf, line->at);
		pq_sendint64(&buf, line->amount);
		if (line->id == ORDER_ID_INTEGER)
			pq_sendint64(&buf, line->number);
		else if (line->id == ORDER_ID_TEXT)
			pt_sendcountedtext(&buf, line->text, line->length);
	}
	return pq_endtypsend(&buf);
}

/* Reads what follows the first byte, ORDERS_VERSION. */
Datum
orders_recv(StringInfo buf)
{
	int			flags = pq_getmsgbyte(buf);
	int			scale = pq_getmsgbyte(buf);
	int32		count = pq_getmsgint(buf, 4);
	bool		knows_discount = (flags & HISTORY_FLAG_DISCOUNT) != 0;
	OrderBuilder *builder = orders_create(knows_discount);

	if ((flags & ~HISTORY_FLAG_DISCOUNT) != 0 || scale > AMOUNT_MAX_SCALE ||
		count < 0)
		input_bad_bytes("purchase_history", "Its flags, its scale or its number of orders is out of range.");
	for (int32 i = 0; i < count; i++)
	{
		OrderLine	line = {.id = ORDER_BY_TIME};
		int			head = pq_getmsgbyte(buf);
		OrderBuilder *larger;
		char	   *id = NULL;

		CHECK_FOR_INTERRUPTS();
		if ((head & ~LINE_FLAGS) != 0 ||
			((head & LINE_DISCOUNTED) != 0 && !knows_discount))
			input_bad_bytes("purchase_history", "The flags of an order are out of range.");
		line.discounted = (head & LINE_DISCOUNTED) != 0;
		line.id = head >> LINE_ID_SHIFT;
		line.at = pq_getmsgint64(buf);
		line.amount = pq_getmsgint64(buf);
		if (!IS_VALID_TIMESTAMP(line.at) || !amount_in_range(line.amount))
			input_bad_bytes("purchase_history", "A time or an amount is out of range.");
		if (line.id == ORDER_ID_INTEGER)
			line.number = pq_getmsgint64(buf);
		else if (line.id == ORDER_ID_TEXT)
		{
			int			length = pq_getmsgint(buf, 4);

			/* a negative length is refused as too long */
			id = pq_getmsgtext(buf, length, &length);
			line.text = id;
			line.length = length;
		}
		larger = orders_add(builder, &line, scale);
		if (larger != builder)
			pfree(builder);
		builder = larger;
		if (id != NULL)
			pfree(id);
	}
	return check_orders(builder);
}
