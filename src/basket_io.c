/*-------------------------------------------------------------------------
 *
 * basket_io.c
 *		basket_set as text and as bytes.
 *
 * The text form is
 *
 *	1 {"beer", "bread"} {(), 3*(0 1), (1), #5=(0), #"A-17"=(0 1)}
 *
 * the version; the items; and the baskets, by the numbers of their items, with
 * how many there are of each.  Those after a # have a key, to which more rows
 * can be added: a state that an aggregate has not finished.  No setting of
 * the session changes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "basket.h"
#include "input.h"
#include "lines_scan.h"
#include "text_names.h"

PG_FUNCTION_INFO_V1(pt_basket_set_in);
PG_FUNCTION_INFO_V1(pt_basket_set_out);
PG_FUNCTION_INFO_V1(pt_basket_set_recv);
PG_FUNCTION_INFO_V1(pt_basket_set_send);

#define TYPE	"basket_set"

/* The items that were read, and the entries of one basket. */
typedef struct ReadItems
{
	TextNames	names;
	uint32	   *basket;
	int64		basket_size;
} ReadItems;

/* Enters item number i of the value into a basket that has n of them. */
static void
add_to_basket(ReadItems *read, int64 i, int64 n)
{
	if (n == read->basket_size)
	{
		read->basket_size = Max(read->basket_size * 2, 64);
		read->basket = read->basket == NULL
			? palloc(read->basket_size * sizeof(uint32))
			: repalloc_huge(read->basket, read->basket_size * sizeof(uint32));
	}
	read->basket[n] = read->names.entries[i];
}

/* A builder whose baskets have no keys is packed. */
static Datum
read_result(TextBuild *build, bool has_keys)
{
	if (has_keys)
		return basket_build_result(build);
	return PointerGetDatum(basket_set_get(basket_build_result(build)));
}

/*--- Text ---*/

static void
out_basket(StringInfo buf, const int32 *items, int32 n)
{
	appendStringInfoChar(buf, '(');
	for (int32 i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfo(buf, i > 0 ? " %d" : "%d", items[i]);
	}
	appendStringInfoChar(buf, ')');
}

Datum
pt_basket_set_out(PG_FUNCTION_ARGS)
{
	BasketParts parts;
	StringInfoData buf;

	basket_parts(PG_GETARG_DATUM(0), &parts);
	initStringInfo(&buf);
	appendStringInfo(&buf, "%d {", BASKET_SET_VERSION);
	for (uint32 i = 0; i < parts.nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		scan_out_quoted(&buf, parts.items[i].text, parts.items[i].len);
	}
	appendStringInfoString(&buf, "} {");
	for (int64 i = 0; i < parts.nrows; i++)
	{
		const BasketRow *row = &parts.rows[i];

		if (i > 0)
			appendStringInfoString(&buf, ", ");
		if (row->count > 1)
			appendStringInfo(&buf, INT64_FORMAT "*", row->count);
		out_basket(&buf, parts.pool + row->start, row->size);
	}
	for (int64 i = 0; i < parts.nopen; i++)
	{
		const BasketOpen *open = &parts.open[i];

		appendStringInfoString(&buf, i > 0 || parts.nrows > 0 ? ", #" : "#");
		if (open->is_text)
			scan_out_quoted(&buf, open->text.text, open->text.len);
		else
			appendStringInfo(&buf, INT64_FORMAT, open->key);
		appendStringInfoChar(&buf, '=');
		out_basket(&buf, parts.pool + open->start, open->size);
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

/* "(0 1)": the numbers of items; returns how many, or -1. */
static int64
in_basket(const char **s, ReadItems *read)
{
	int64		n = 0;

	if (!scan_literal(s, "("))
		return -1;
	while (!scan_literal(s, ")"))
	{
		int64		item;

		CHECK_FOR_INTERRUPTS();
		if ((n > 0 && !scan_literal(s, " ")) ||
			!scan_number(s, PG_INT32_MAX, &item) || item >= read->names.n)
			return -1;
		add_to_basket(read, item, n++);
	}
	return n;
}

static Datum
basket_set_from_text(char *input)
{
	TextBuild build = basket_build_new();
	ReadItems	read = {0};
	const char *s = input;
	bool		has_keys = false;
	bool		first = true;

	text_names_in(&read.names, &build, &s, TYPE, "items");
	if (!scan_literal(&s, " {"))
		scan_failed(TYPE, input, "After the items it has its baskets in braces.");
	while (!scan_literal(&s, "}"))
	{
		BasketKeyKind kind = KEY_NONE;
		int64		key = 1;
		int64		n;

		CHECK_FOR_INTERRUPTS();
		if (!first && !scan_literal(&s, ", "))
			scan_failed(TYPE, input, "Baskets are separated by a comma and a blank.");
		first = false;
		if (scan_literal(&s, "#"))
		{
			char	   *text;
			int			len;

			has_keys = true;
			if (scan_quoted(&s, &text, &len))
			{
				kind = KEY_TEXT;
				key = text_build_entry(&build, TEXT_KEY, text, len);
				pfree(text);
			}
			else if (scan_signed(&s, &key))
				kind = KEY_NUMBER;
			if (kind == KEY_NONE || !scan_literal(&s, "="))
				scan_failed(TYPE, input, "After a # comes the key of a basket, a number or a text in double quotes, and an equals sign.");
		}
		else if (*s != '(')
		{
			kind = KEY_COUNT;
			if (!scan_number(&s, PG_INT64_MAX / 2, &key) || key < 1 ||
				!scan_literal(&s, "*"))
				scan_failed(TYPE, input, "A number of equal baskets is at least 1, and an asterisk follows it.");
		}
		n = in_basket(&s, &read);
		if (n < 0)
			scan_failed(TYPE, input, "A basket is the numbers of its items, counted from 0, in parentheses.");
		basket_build_record(&build, kind, key, read.basket, (int32) n);
	}
	if (*s != '\0')
		scan_failed(TYPE, input, "Nothing may follow the closing brace.");
	return read_result(&build, has_keys);
}

Datum
pt_basket_set_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, basket_set_from_text);
}

/*--- Bytes ---*/

static void
send_basket(StringInfo buf, const int32 *items, int32 n)
{
	pq_sendint32(buf, n);
	for (int32 i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		pq_sendint32(buf, items[i]);
	}
}

/*
 * A version (one byte); the number of items (int32), each with its length
 * (int32); the number of baskets (int64), each with what is known of it (one
 * byte, a BasketKeyKind), its count, number or text, and its items (int32).
 */
Datum
pt_basket_set_send(PG_FUNCTION_ARGS)
{
	BasketParts parts;
	StringInfoData buf;

	basket_parts(PG_GETARG_DATUM(0), &parts);
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, BASKET_SET_VERSION);
	pq_sendint32(&buf, parts.nitems);
	for (uint32 i = 0; i < parts.nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		text_send(&buf, parts.items[i].text, parts.items[i].len);
	}
	pq_sendint64(&buf, parts.nrows + parts.nopen);
	for (int64 i = 0; i < parts.nrows; i++)
	{
		const BasketRow *row = &parts.rows[i];

		pq_sendbyte(&buf, KEY_COUNT);
		pq_sendint64(&buf, row->count);
		send_basket(&buf, parts.pool + row->start, row->size);
	}
	for (int64 i = 0; i < parts.nopen; i++)
	{
		const BasketOpen *open = &parts.open[i];

		pq_sendbyte(&buf, open->is_text ? KEY_TEXT : KEY_NUMBER);
		if (open->is_text)
			text_send(&buf, open->text.text, open->text.len);
		else
			pq_sendint64(&buf, open->key);
		send_basket(&buf, parts.pool + open->start, open->size);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pt_basket_set_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	TextBuild build = basket_build_new();
	ReadItems	read = {0};
	bool		has_keys = false;
	int64		nbaskets;

	/* counts are believed only as far as there are bytes */
	if (pq_getmsgbyte(buf) != BASKET_SET_VERSION)
		input_bad_bytes(TYPE, "It is of an unknown version.");
	text_names_recv(&read.names, &build, buf, TYPE);
	nbaskets = pq_getmsgint64(buf);
	if (nbaskets < 0)
		input_bad_bytes(TYPE, "The number of baskets is negative.");
	for (int64 i = 0; i < nbaskets; i++)
	{
		int			kind = pq_getmsgbyte(buf);
		int64		key;
		int32		n;

		CHECK_FOR_INTERRUPTS();
		if (kind == KEY_TEXT)
		{
			int32		len;
			const char *text = text_recv(buf, &len, TYPE);

			key = text_build_entry(&build, TEXT_KEY, text, len);
			has_keys = true;
		}
		else
		{
			key = pq_getmsgint64(buf);
			if (kind == KEY_NUMBER)
				has_keys = true;
			else if (kind != KEY_COUNT || key < 1 || key > PG_INT64_MAX / 2)
				input_bad_bytes(TYPE, "A number of equal baskets is out of range.");
		}
		n = (int32) pq_getmsgint(buf, 4);
		if (n < 0 || n > (buf->len - buf->cursor) / (int) sizeof(int32))
			input_bad_bytes(TYPE, "The size of a basket is out of range.");
		for (int32 j = 0; j < n; j++)
		{
			uint32		item = pq_getmsgint(buf, 4);

			CHECK_FOR_INTERRUPTS();
			if (item >= read.names.n)
				input_bad_bytes(TYPE, "An item is out of range.");
			add_to_basket(&read, item, j);
		}
		basket_build_record(&build, (BasketKeyKind) kind, key, read.basket, n);
	}
	if (buf->cursor != buf->len)
		input_bad_bytes(TYPE, "It is longer than its baskets.");
	PG_RETURN_DATUM(read_result(&build, has_keys));
}
