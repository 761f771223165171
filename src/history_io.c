/*-------------------------------------------------------------------------
 *
 * history_io.c
 *		purchase_history as text and as bytes, and its comparison.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "common/hashfn.h"
#include "common/int.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "compat.h"
#include "history.h"
#include "history_orders.h"
#include "input.h"

PG_FUNCTION_INFO_V1(pt_purchase_history_in);
PG_FUNCTION_INFO_V1(pt_purchase_history_out);
PG_FUNCTION_INFO_V1(pt_purchase_history_recv);
PG_FUNCTION_INFO_V1(pt_purchase_history_send);
PG_FUNCTION_INFO_V1(pt_purchase_history_eq);
PG_FUNCTION_INFO_V1(pt_purchase_history_ne);
PG_FUNCTION_INFO_V1(pt_purchase_history_hash);

/*--- Input and output ---*/

/*
 * The text form is "1 {2024-01-05 10.00, 2024-02-01T09:30:00 5.50 d}": the
 * version, with a d if discounts are known, and each order with its time,
 * amount and a d if it had a discount.  No setting of the session changes
 * it.
 */
void
history_bad_text(const char *input, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"",
					"purchase_history",
					pnstrdup(input, pg_mbcliplen(input, strlen(input), 100))),
			 errdetail("%s", detail)));
}

void
history_out_time(StringInfo buf, Timestamp at, HistoryUnit unit)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			year;

	if (timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid purchase_history"),
				 errdetail("A time is out of range.")));
	/* years before 1 as ISO 8601 numbers them: 0, -1, ... */
	year = tm.tm_year;
	appendStringInfo(buf, year < 0 ? "-%04d-%02d-%02d" : "%04d-%02d-%02d",
					 abs(year), tm.tm_mon, tm.tm_mday);
	if (unit >= HISTORY_SECOND)
		appendStringInfo(buf, "T%02d:%02d:%02d", tm.tm_hour, tm.tm_min,
						 tm.tm_sec);
	if (unit == HISTORY_MICROSECOND)
		appendStringInfo(buf, ".%06d", (int) fsec);
}

void
history_out_amount(StringInfo buf, int64 amount, int scale)
{
	char		digits[24];
	int			len = snprintf(digits, sizeof(digits), "%0*lld", scale + 1,
							   (long long) (amount < 0 ? -amount : amount));

	if (amount < 0)
		appendStringInfoChar(buf, '-');
	appendBinaryStringInfo(buf, digits, len - scale);
	if (scale > 0)
	{
		appendStringInfoChar(buf, '.');
		appendBinaryStringInfo(buf, digits + len - scale, scale);
	}
}

Datum
pt_purchase_history_out(PG_FUNCTION_ARGS)
{
	struct varlena *history = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	HistoryReader reader;
	StringInfoData buf;
	bool		first = true;

	if (history_knows_orders(history))
		PG_RETURN_CSTRING(orders_out(history));
	history_open(PointerGetDatum(history), &reader);
	initStringInfo(&buf);
	appendStringInfoString(&buf, reader.knows_discount ? "1d {" : "1 {");
	while (history_next(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		if (!first)
			appendStringInfoString(&buf, ", ");
		first = false;
		history_out_time(&buf, reader.order.at, reader.unit);
		appendStringInfoChar(&buf, ' ');
		history_out_amount(&buf, reader.order.amount, reader.scale);
		if (reader.order.discounted)
			appendStringInfoString(&buf, " d");
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

/* Reads exactly n digits, or from 1 to -n of them. */
static bool
in_digits(const char **s, int n, int *value)
{
	int			digits = 0;
	int			most = abs(n);

	*value = 0;
	while (digits < most && isdigit((unsigned char) **s))
	{
		*value = *value * 10 + (**s - '0');
		(*s)++;
		digits++;
	}
	return n > 0 ? digits == n : digits > 0;
}

bool
history_in_literal(const char **s, const char *literal)
{
	size_t		len = strlen(literal);

	if (strncmp(*s, literal, len) != 0)
		return false;
	*s += len;
	return true;
}

bool
history_in_time(const char **s, Timestamp *at)
{
	struct pg_tm tm = {0};
	bool		negative = history_in_literal(s, "-");
	fsec_t		fsec = 0;

	if (!in_digits(s, -6, &tm.tm_year) || !history_in_literal(s, "-") ||
		!in_digits(s, 2, &tm.tm_mon) || !history_in_literal(s, "-") ||
		!in_digits(s, 2, &tm.tm_mday))
		return false;
	if (negative)
		tm.tm_year = -tm.tm_year;
	if (history_in_literal(s, "T"))
	{
		if (!in_digits(s, 2, &tm.tm_hour) || !history_in_literal(s, ":") ||
			!in_digits(s, 2, &tm.tm_min) || !history_in_literal(s, ":") ||
			!in_digits(s, 2, &tm.tm_sec))
			return false;
		if (history_in_literal(s, ".") && !in_digits(s, 6, &fsec))
			return false;
	}
	if (tm.tm_mon < 1 || tm.tm_mon > MONTHS_PER_YEAR || tm.tm_mday < 1 ||
		tm.tm_mday > day_tab[isleap(tm.tm_year)][tm.tm_mon - 1] ||
		tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59 ||
		!IS_VALID_JULIAN(tm.tm_year, tm.tm_mon, tm.tm_mday))
		return false;
	return tm2timestamp(&tm, fsec, NULL, at) == 0 && IS_VALID_TIMESTAMP(*at);
}

bool
history_in_amount(const char **s, int64 *amount, int *scale)
{
	bool		negative = history_in_literal(s, "-");
	bool		decimals = false;
	int			digits = 0;

	*amount = 0;
	*scale = 0;
	for (;; (*s)++)
	{
		if (isdigit((unsigned char) **s))
		{
			if (*amount >= AMOUNT_LIMIT / 10)
				return false;
			*amount = *amount * 10 + (**s - '0');
			digits++;
			if (decimals)
				(*scale)++;
		}
		else if (**s == '.' && !decimals && digits > 0)
			decimals = true;
		else
			break;
	}
	if (negative)
		*amount = -*amount;
	return digits > 0 && *scale <= AMOUNT_MAX_SCALE &&
		!(decimals && *scale == 0);
}

static Datum
purchase_history_from_text(char *input)
{
	const char *s = input;
	HistoryOrder *orders;
	int			allocated = 16;
	int32		n = 0;
	int			scale = 0;
	int			text_scale;
	bool		knows_discount;

	if (!history_in_literal(&s, "1"))
		history_bad_text(input, "It begins with its version, which is 1.");
	knows_discount = history_in_literal(&s, "d");
	if (history_in_literal(&s, "i {"))
		return orders_in(input, s, knows_discount);
	if (!history_in_literal(&s, " {"))
		history_bad_text(input, "Its purchases stand in braces.");
	orders = palloc(sizeof(HistoryOrder) * allocated);
	while (!history_in_literal(&s, "}"))
	{
		HistoryOrder *order;

		CHECK_FOR_INTERRUPTS();
		if (n > 0 && !history_in_literal(&s, ", "))
			history_bad_text(input, "Purchases are separated by a comma and a blank.");
		if (n == allocated)
		{
			allocated *= 2;
			orders = repalloc_huge(orders,
								   sizeof(HistoryOrder) * (Size) allocated);
		}
		order = &orders[n++];
		if (!history_in_time(&s, &order->at))
			history_bad_text(input, "A time reads 2024-01-31 or 2024-01-31T23:59:59.123456.");
		if (!history_in_literal(&s, " ") || !history_in_amount(&s, &order->amount, &text_scale))
			history_bad_text(input, "After its time, a purchase has an amount of at most 18 digits.");
		if (n == 1)
			scale = text_scale;
		else if (text_scale != scale)
			history_bad_text(input, "All amounts have the same number of decimals.");
		order->discounted = history_in_literal(&s, " d");
		if (order->discounted && !knows_discount)
			history_bad_text(input, "A purchase can be discounted only in a history that begins with 1d.");
	}
	if (*s != '\0')
		history_bad_text(input, "Nothing may follow the closing brace.");
	return history_make(orders, n, scale, knows_discount);
}

Datum
pt_purchase_history_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, purchase_history_from_text);
}

Datum
pt_purchase_history_send(PG_FUNCTION_ARGS)
{
	struct varlena *history = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	StringInfoData buf;

	if (history_knows_orders(history))
		PG_RETURN_BYTEA_P(orders_send(history));
	history = history_stored(PointerGetDatum(history));
	pq_begintypsend(&buf);
	pq_sendbytes(&buf, VARDATA_ANY(history), VARSIZE_ANY_EXHDR(history));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*
 * What is wrong with bytes that should be a stored history, or NULL.  There
 * is one way only to write a history, so that equal ones look the same.
 */
static const char *
history_fault(struct varlena *value)
{
	HistoryReader reader;
	uint8		canonical[HISTORY_HEADER_BYTES + HISTORY_ORDER_BYTES];
	const uint8 *start = (const uint8 *) VARDATA_ANY(value);
	const char *fault = history_open_stored(value, &reader);
	HistoryUnit coarsest = HISTORY_DAY;
	int64		last_amount = 0;
	uint8	   *p;

	if (fault != NULL)
		return fault;
	if (reader.count == 0 && (reader.unit != HISTORY_DAY || reader.scale != 0))
		return "It is empty, but has a unit of time or a scale.";
	p = varint_write(canonical, reader.count);
	if (reader.count > 0)
		p = varint_write(p, zigzag_encode(reader.time));
	start += HISTORY_HEADER;
	if (p - canonical != reader.next - start ||
		memcmp(canonical, start, p - canonical) != 0)
		return "A number is longer than it must be.";
	while (reader.remaining > 0)
	{
		bool		first = reader.remaining == reader.count;
		int64		time_before = reader.time;
		int64		distance;
		HistoryUnit needed;

		CHECK_FOR_INTERRUPTS();
		start = reader.next;
		fault = history_read(&reader);
		if (fault != NULL)
			return fault;
		/* a time in units that has an overflow may look like a valid one */
		if (reader.time > END_TIMESTAMP / reader.usec_per_unit ||
			reader.time < MIN_TIMESTAMP / reader.usec_per_unit)
			return "A time is out of range.";
		if (pg_sub_s64_overflow(reader.time, time_before, &distance) ||
			distance < 0 || distance >= HISTORY_MAX_DISTANCE ||
			(first && distance != 0))
			return "A distance in time is out of range.";
		if (reader.order.discounted && !reader.knows_discount)
			return "An order has a discount where discounts are not known.";
		if (!first && distance == 0 &&
			(last_amount < 0 || reader.order.amount >= 0))
			return "Two orders have the same time.";
		p = history_write_order(canonical, distance, reader.order.amount,
								reader.order.discounted);
		if (p - canonical != reader.next - start ||
			memcmp(canonical, start, p - canonical) != 0)
			return "A number is longer than it must be.";
		needed = history_unit(reader.order.at);
		coarsest = Max(coarsest, needed);
		last_amount = reader.order.amount;
	}
	if (coarsest != reader.unit)
		return "Its unit of time is finer than its times.";
	return reader.next == reader.end ? NULL : "It is longer than its orders.";
}

/*
 * The stored form is the wire format: it has no byte order.  What comes from
 * a client is checked here; text is parsed and made anew.
 */
Datum
pt_purchase_history_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			len = buf->len - buf->cursor;
	struct varlena *history;
	const char *fault;

	if (len > 0 && (uint8) buf->data[buf->cursor] == ORDERS_VERSION)
	{
		buf->cursor++;
		return orders_recv(buf);
	}
	history = palloc(VARHDRSZ + len);
	SET_VARSIZE(history, VARHDRSZ + len);
	pq_copymsgbytes(buf, VARDATA(history), len);
	fault = history_fault(history);
	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external purchase_history"),
				 errdetail("%s", fault)));
	PG_RETURN_POINTER(history);
}

/*--- Comparison ---*/

/*
 * Equal are histories of the same purchases, whatever the decimals that
 * their amounts are written with, if both or neither know of discounts.
 */
static bool
histories_equal(Datum a, Datum b)
{
	HistoryReader ra;
	HistoryReader rb;

	history_open(a, &ra);
	history_open(b, &rb);
	if (ra.count != rb.count || ra.knows_discount != rb.knows_discount)
		return false;
	while (history_next(&ra) && history_next(&rb))
	{
		int128		amount_a = ra.order.amount;
		int128		amount_b = rb.order.amount;

		CHECK_FOR_INTERRUPTS();
		if (ra.scale < rb.scale)
			amount_a = amount_sum_rescale(amount_a, ra.scale, rb.scale);
		else
			amount_b = amount_sum_rescale(amount_b, rb.scale, ra.scale);
		if (ra.order.at != rb.order.at || amount_a != amount_b ||
			ra.order.discounted != rb.order.discounted)
			return false;
	}
	return true;
}

Datum
pt_purchase_history_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(histories_equal(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

Datum
pt_purchase_history_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!histories_equal(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)));
}

Datum
pt_purchase_history_hash(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	uint32		hash = 0;

	history_open(PG_GETARG_DATUM(0), &reader);
	while (history_next(&reader))
	{
		int64		amount = reader.order.amount;
		int32		scale = reader.scale;

		CHECK_FOR_INTERRUPTS();
		/* 5.0 and 5.00 are equal, so they must hash alike */
		while (scale > 0 && amount % 10 == 0)
		{
			amount /= 10;
			scale--;
		}
		hash = hash_combine(hash, murmurhash32((uint32) reader.order.at));
		hash = hash_combine(hash, murmurhash32((uint32) (reader.order.at >> 32)));
		hash = hash_combine(hash, murmurhash32((uint32) amount));
		hash = hash_combine(hash, murmurhash32((uint32) (amount >> 32) ^ ((uint32) scale << 27)));
	}
	PG_RETURN_INT32((int32) hash);
}
