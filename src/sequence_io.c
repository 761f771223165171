/*-------------------------------------------------------------------------
 *
 * sequence_io.c
 *		sequence_set as text and as bytes.
 *
 * The text form is
 *
 *	1 {"beer", "bread"} {[2024-01-05 (0 1) +3 (1)], [2024-01-07 ()]}
 *
 * the version; the items; and the customers, each with the day of his first
 * order, the numbers of its items, and for each further order the days since
 * the one before.  Those after a # are rows of a state that an aggregate has
 * not finished: #5@2024-01-05T09:30:00.000000=0 and #"A-17"@...=~ have the
 * customer, the time and the item, or none.  No setting of the session
 * changes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "input.h"
#include "lines_scan.h"
#include "sequence.h"
#include "text_names.h"

PG_FUNCTION_INFO_V1(pt_sequence_set_in);
PG_FUNCTION_INFO_V1(pt_sequence_set_out);
PG_FUNCTION_INFO_V1(pt_sequence_set_recv);
PG_FUNCTION_INFO_V1(pt_sequence_set_send);

#define TYPE	"sequence_set"

/* What is written of a value: items, whole customers and single rows. */
typedef struct SequenceWriter
{
	StringInfoData buf;
	bool		binary;
	bool		first;
	int32	   *numbers;		/* of the entries of a builder */
} SequenceWriter;

/* A builder whose rows have no keys is packed. */
static Datum
read_result(TextBuild *build, bool has_keys)
{
	if (has_keys)
		PG_RETURN_POINTER(build->builder);
	PG_RETURN_POINTER(sequence_set_get(PointerGetDatum(build->builder)));
}

/*--- Output ---*/

static void
out_item_text(SequenceWriter *writer, const char *text, int32 len)
{
	CHECK_FOR_INTERRUPTS();
	if (writer->binary)
	{
		text_send(&writer->buf, text, len);
		return;
	}
	if (!writer->first)
		appendStringInfoString(&writer->buf, ", ");
	scan_out_quoted(&writer->buf, text, len);
	writer->first = false;
}

static void
out_separator(SequenceWriter *writer)
{
	CHECK_FOR_INTERRUPTS();
	if (!writer->first)
		appendStringInfoString(&writer->buf, ", ");
	writer->first = false;
}

/* An order; before is the day of the one before, or the same day. */
static void
out_order(SequenceWriter *writer, int64 day, int64 before, bool first,
		  const int32 *items, int32 n)
{
	CHECK_FOR_INTERRUPTS();
	if (writer->binary)
	{
		pq_sendint32(&writer->buf, (int32) day);
		pq_sendint32(&writer->buf, n);
		for (int32 i = 0; i < n; i++)
			pq_sendint32(&writer->buf, items[i]);
		return;
	}
	if (first)
		scan_out_time(&writer->buf, day * USECS_PER_DAY, HISTORY_DAY);
	else
		appendStringInfo(&writer->buf, " +" INT64_FORMAT, day - before);
	appendStringInfoString(&writer->buf, " (");
	for (int32 i = 0; i < n; i++)
		appendStringInfo(&writer->buf, i > 0 ? " %d" : "%d", items[i]);
	appendStringInfoChar(&writer->buf, ')');
}

static void
out_row(SequenceWriter *writer, const SequenceRow *row,
		const TextBuilder *builder)
{
	StringInfo	buf = &writer->buf;
	const TextEntry *key = row->is_text ? &builder_entries(builder)[row->key]
		: NULL;

	if (writer->binary)
	{
		pq_sendbyte(buf, row->is_text ? SEQUENCE_TEXT : SEQUENCE_NUMBER);
		if (key != NULL)
			out_item_text(writer, builder_texts(builder) + key->offset,
						  ENTRY_LEN(key));
		else
			pq_sendint64(buf, row->key);
		pq_sendint64(buf, row->at);
		pq_sendint32(buf, row->item >= 0 ? writer->numbers[row->item] : -1);
		return;
	}
	out_separator(writer);
	appendStringInfoChar(buf, '#');
	if (key != NULL)
		scan_out_quoted(buf, builder_texts(builder) + key->offset,
						ENTRY_LEN(key));
	else
		appendStringInfo(buf, INT64_FORMAT, row->key);
	appendStringInfoChar(buf, '@');
	scan_out_time(buf, row->at, HISTORY_MICROSECOND);
	if (row->item >= 0)
		appendStringInfo(buf, "=%d", writer->numbers[row->item]);
	else
		appendStringInfoString(buf, "=~");
}

static void
out_customer_begin(SequenceWriter *writer, int32 norders)
{
	if (writer->binary)
	{
		pq_sendbyte(&writer->buf, SEQUENCE_WHOLE);
		pq_sendint32(&writer->buf, norders);
		return;
	}
	out_separator(writer);
	appendStringInfoChar(&writer->buf, '[');
}

static void
out_builder(SequenceWriter *writer, struct varlena *value)
{
	SequenceStream stream;
	const TextEntry *entries;
	uint32		nitems = 0;
	int64		nrecords = 0;

	sequence_stream_open(&stream, value);
	entries = builder_entries(stream.builder);
	writer->numbers = palloc_extended(sizeof(int32) * ((Size) stream.builder->nentries + 1),
									  MCXT_ALLOC_HUGE);
	for (uint32 i = 0; i < stream.builder->nentries; i++)
		writer->numbers[i] = (entries[i].len & ENTRY_IS_KEY) != 0 ? -1
			: (int32) nitems++;
	if (writer->binary)
		pq_sendint32(&writer->buf, nitems);
	for (uint32 i = 0; i < stream.builder->nentries; i++)
		if (writer->numbers[i] >= 0)
			out_item_text(writer,
						  builder_texts(stream.builder) + entries[i].offset,
						  ENTRY_LEN(&entries[i]));
	if (writer->binary)
	{
		while (sequence_stream_next(&stream))
			nrecords++;
		sequence_stream_close(&stream);
		sequence_stream_open(&stream, value);
		pq_sendint64(&writer->buf, nrecords);
	}
	else
		appendStringInfoString(&writer->buf, "} {");
	writer->first = true;
	while (sequence_stream_next(&stream))
	{
		const SequenceOrders *orders = &stream.orders;

		if (stream.kind != SEQUENCE_WHOLE)
		{
			out_row(writer, &stream.row, stream.builder);
			continue;
		}
		for (int32 i = 0; i < orders->nitems; i++)
			orders->items[i] = (uint32) writer->numbers[orders->items[i]];
		out_customer_begin(writer, orders->norders);
		for (int32 i = 0; i < orders->norders; i++)
		{
			int32		start = i > 0 ? orders->ends[i - 1] : 0;

			out_order(writer, orders->days[i], i > 0 ? orders->days[i - 1] : 0,
					  i == 0, (int32 *) orders->items + start,
					  orders->ends[i] - start);
		}
		if (!writer->binary)
			appendStringInfoChar(&writer->buf, ']');
	}
	sequence_stream_close(&stream);
}

static void
out_set(SequenceWriter *writer, const SequenceSet *set)
{
	SequenceReader reader;

	if (writer->binary)
		pq_sendint32(&writer->buf, set->nitems);
	for (uint32 i = 0; i < set->nitems; i++)
	{
		int			len;
		const char *text = sequence_set_text(set, i, &len);

		out_item_text(writer, text, len);
	}
	if (writer->binary)
		pq_sendint64(&writer->buf, set->ncustomers);
	else
		appendStringInfoString(&writer->buf, "} {");
	writer->first = true;
	sequence_reader_open(&reader, set);
	while (sequence_reader_customer(&reader))
	{
		int64		before = 0;
		bool		first = true;

		out_customer_begin(writer, (int32) reader.orders_left);
		while (sequence_reader_order(&reader))
		{
			out_order(writer, reader.day, before, first, reader.items,
					  reader.size);
			before = reader.day;
			first = false;
		}
		if (!writer->binary)
			appendStringInfoChar(&writer->buf, ']');
	}
	sequence_reader_close(&reader);
}

static void
out_value(SequenceWriter *writer, Datum value)
{
	struct varlena *stored = PG_DETOAST_DATUM(value);

	writer->first = true;
	if (sequence_is_building(stored))
		out_builder(writer, stored);
	else
		out_set(writer, sequence_set_get(PointerGetDatum(stored)));
}

Datum
pt_sequence_set_out(PG_FUNCTION_ARGS)
{
	SequenceWriter writer = {0};

	initStringInfo(&writer.buf);
	appendStringInfo(&writer.buf, "%d {", SEQUENCE_SET_VERSION);
	out_value(&writer, PG_GETARG_DATUM(0));
	appendStringInfoChar(&writer.buf, '}');
	PG_RETURN_CSTRING(writer.buf.data);
}

/*
 * A version (one byte); the number of items (int32), each with its length
 * (int32); the number of records (int64), each with its kind (one byte, a
 * SequenceKind).  A customer: the number of orders (int32), each with its day
 * (int32), the number of its items and these (int32).  A row: the number
 * (int64) or text of its customer, its time (int64), its item (int32) or -1.
 */
Datum
pt_sequence_set_send(PG_FUNCTION_ARGS)
{
	SequenceWriter writer = {0};

	writer.binary = true;
	pq_begintypsend(&writer.buf);
	pq_sendbyte(&writer.buf, SEQUENCE_SET_VERSION);
	out_value(&writer, PG_GETARG_DATUM(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&writer.buf));
}

/*--- Text input ---*/

/* "(0 1)": the items of an order. */
static bool
in_items(const char **s, const TextNames *read, SequenceOrders *orders)
{
	bool		first = true;

	if (!scan_literal(s, "("))
		return false;
	while (!scan_literal(s, ")"))
	{
		int64		item;

		CHECK_FOR_INTERRUPTS();
		if ((!first && !scan_literal(s, " ")) ||
			!scan_number(s, PG_INT32_MAX, &item) || item >= read->n)
			return false;
		sequence_orders_item(orders, read->entries[item]);
		first = false;
	}
	sequence_orders_end(orders);
	return true;
}

/* Behind the bracket of a customer. */
static bool
in_customer(const char **s, const TextNames *read, SequenceOrders *orders)
{
	Timestamp	at;
	int64		day;

	orders->norders = orders->nitems = 0;
	if (!scan_time(s, &at) || at % USECS_PER_DAY != 0 || !scan_literal(s, " "))
		return false;
	day = at / USECS_PER_DAY;
	sequence_orders_add(orders, day);
	if (!in_items(s, read, orders))
		return false;
	while (!scan_literal(s, "]"))
	{
		int64		distance;

		CHECK_FOR_INTERRUPTS();
		if (!scan_literal(s, " +") ||
			!scan_number(s, SEQUENCE_MAX_DAY - day, &distance) ||
			!scan_literal(s, " "))
			return false;
		day += distance;
		sequence_orders_add(orders, day);
		if (!in_items(s, read, orders))
			return false;
	}
	return true;
}

/* Behind the # of a row. */
static bool
in_row(const char **s, const TextNames *read, TextBuild *build,
	   SequenceRow *row)
{
	char	   *text;
	int			len;
	int64		item;

	row->is_text = scan_quoted(s, &text, &len);
	if (row->is_text)
	{
		row->key = text_build_entry(build, TEXT_KEY, text, len);
		pfree(text);
	}
	else if (!scan_signed(s, &row->key))
		return false;
	if (!scan_literal(s, "@") || !scan_time(s, &row->at) ||
		!scan_literal(s, "="))
		return false;
	row->item = -1;
	if (scan_literal(s, "~"))
		return true;
	if (!scan_number(s, PG_INT32_MAX, &item) || item >= read->n)
		return false;
	row->item = (int32) read->entries[item];
	return true;
}

static Datum
sequence_set_from_text(char *input)
{
	TextBuild	build = text_build_new(sequence_too_large);
	TextNames	read = {0};
	SequenceOrders orders = {0};
	const char *s = input;
	bool		has_keys = false;
	bool		first = true;

	text_names_in(&read, &build, &s, TYPE, "items");
	if (!scan_literal(&s, " {"))
		scan_failed(TYPE, input, "After the items it has its customers in braces.");
	while (!scan_literal(&s, "}"))
	{
		CHECK_FOR_INTERRUPTS();
		if (!first && !scan_literal(&s, ", "))
			scan_failed(TYPE, input, "Customers are separated by a comma and a blank.");
		first = false;
		if (scan_literal(&s, "#"))
		{
			SequenceRow row;

			has_keys = true;
			if (!in_row(&s, &read, &build, &row))
				scan_failed(TYPE, input, "After a # comes a customer, a number or a text in double quotes, an @, a time, an equals sign and the number of an item, or ~.");
			sequence_build_row(&build, &row);
			continue;
		}
		if (!scan_literal(&s, "[") || !in_customer(&s, &read, &orders))
			scan_failed(TYPE, input, "A customer is in brackets: a day, the numbers of items in parentheses, and for each further order + with the days since the one before, and items.");
		sequence_build_orders(&build, &orders);
	}
	if (*s != '\0')
		scan_failed(TYPE, input, "Nothing may follow the closing brace.");
	return read_result(&build, has_keys);
}

Datum
pt_sequence_set_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, sequence_set_from_text);
}

/*--- Binary input ---*/

static void
recv_customer(StringInfo buf, const TextNames *read, SequenceOrders *orders)
{
	int32		norders = (int32) pq_getmsgint(buf, 4);

	orders->norders = orders->nitems = 0;
	if (norders < 1)
		input_bad_bytes(TYPE, "A customer has no orders.");
	for (int32 i = 0; i < norders; i++)
	{
		int32		day = (int32) pq_getmsgint(buf, 4);
		int32		n = (int32) pq_getmsgint(buf, 4);

		CHECK_FOR_INTERRUPTS();
		if (day < SEQUENCE_MIN_DAY || day > SEQUENCE_MAX_DAY ||
			(i > 0 && day < orders->days[i - 1]))
			input_bad_bytes(TYPE, "A day is out of range.");
		if (n < 0)
			input_bad_bytes(TYPE, "The size of an order is out of range.");
		sequence_orders_add(orders, day);
		for (int32 j = 0; j < n; j++)
		{
			uint32		item = pq_getmsgint(buf, 4);

			if (item >= read->n)
				input_bad_bytes(TYPE, "An item is out of range.");
			sequence_orders_item(orders, read->entries[item]);
		}
		sequence_orders_end(orders);
	}
}

static void
recv_row(StringInfo buf, int kind, const TextNames *read, TextBuild *build,
		 SequenceRow *row)
{
	int32		item;

	row->is_text = kind == SEQUENCE_TEXT;
	if (row->is_text)
	{
		int32		len;
		const char *text = text_recv(buf, &len, TYPE);

		row->key = text_build_entry(build, TEXT_KEY, text, len);
	}
	else
		row->key = pq_getmsgint64(buf);
	row->at = pq_getmsgint64(buf);
	if (!IS_VALID_TIMESTAMP(row->at))
		input_bad_bytes(TYPE, "A time is out of range.");
	item = (int32) pq_getmsgint(buf, 4);
	if (item < -1 || item >= read->n)
		input_bad_bytes(TYPE, "An item is out of range.");
	row->item = item < 0 ? -1 : (int32) read->entries[item];
}

Datum
pt_sequence_set_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	TextBuild	build = text_build_new(sequence_too_large);
	TextNames	read = {0};
	SequenceOrders orders = {0};
	bool		has_keys = false;
	int64		nrecords;

	/* counts are believed only as far as there are bytes */
	if (pq_getmsgbyte(buf) != SEQUENCE_SET_VERSION)
		input_bad_bytes(TYPE, "It is of an unknown version.");
	text_names_recv(&read, &build, buf, TYPE);
	nrecords = pq_getmsgint64(buf);
	if (nrecords < 0)
		input_bad_bytes(TYPE, "The number of customers is negative.");
	for (int64 i = 0; i < nrecords; i++)
	{
		int			kind = pq_getmsgbyte(buf);
		SequenceRow row;

		CHECK_FOR_INTERRUPTS();
		if (kind == SEQUENCE_WHOLE)
		{
			recv_customer(buf, &read, &orders);
			sequence_build_orders(&build, &orders);
		}
		else if (kind == SEQUENCE_NUMBER || kind == SEQUENCE_TEXT)
		{
			recv_row(buf, kind, &read, &build, &row);
			sequence_build_row(&build, &row);
			has_keys = true;
		}
		else
			input_bad_bytes(TYPE, "A record is of an unknown kind.");
	}
	if (buf->cursor != buf->len)
		input_bad_bytes(TYPE, "It is longer than its customers.");
	PG_RETURN_DATUM(read_result(&build, has_keys));
}
