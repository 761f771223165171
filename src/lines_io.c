/*-------------------------------------------------------------------------
 *
 * lines_io.c
 *		purchase_lines as text and as bytes, and its comparison.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "input.h"
#include "lines_build.h"
#include "lines_scan.h"

PG_FUNCTION_INFO_V1(pt_purchase_lines_in);
PG_FUNCTION_INFO_V1(pt_purchase_lines_out);
PG_FUNCTION_INFO_V1(pt_purchase_lines_recv);
PG_FUNCTION_INFO_V1(pt_purchase_lines_send);

/*--- Text ---*/

/*
 * The text form is
 *		1 2 {(2024-01-05 10.00 4.5 2 t f 0 "x"; 2024-01-05 5.50 ~ 1 f f 1 ~)}
 * the version, with a t if lines of one time are one order; the number of
 * dimensions; and each order with its lines: time, amount, rating, quantity,
 * discounted, subscribed and the values, which are codes or quoted texts.  A
 * ~ is NULL.  States with order ids have them: #17=(...), "A-17"=(...).
 */
static void
out_row(StringInfo buf, const LinesRow *row, int ndimensions,
		HistoryUnit unit)
{
	if (row->at == DT_NOEND)
		appendStringInfoChar(buf, '~');
	else
		scan_out_time(buf, row->at, unit);
	for (int i = 0; i < DECIMALS; i++)
	{
		appendStringInfoChar(buf, ' ');
		if (row->decimals[i].value == LINES_NULL)
			appendStringInfoChar(buf, '~');
		else
			scan_out_decimal(buf, row->decimals[i].value,
							 row->decimals[i].scale);
	}
	appendStringInfoString(buf, row->discounted == LINES_NULL ? " ~"
						   : row->discounted ? " t" : " f");
	appendStringInfoString(buf, row->subscribed == LINES_NULL ? " ~"
						   : row->subscribed ? " t" : " f");
	for (int i = 0; i < ndimensions; i++)
	{
		const LinesValue *value = &row->values[i];

		appendStringInfoChar(buf, ' ');
		if (value->code == LINES_NULL)
			appendStringInfoChar(buf, '~');
		else if (value->code >= 0)
			appendStringInfo(buf, "%d", (int) value->code);
		else
			scan_out_quoted(buf, value->text, value->len);
	}
}

/* Whether a row belongs to the order that the one before it began. */
static bool
same_order(const LinesRow *row, const LinesRow *order)
{
	if (row->key == LINES_KEY_SAME)
		return true;
	if (row->key != order->key)
		return false;
	if (row->key == LINES_KEY_NUMBER)
		return row->number == order->number;
	return row->key == LINES_KEY_TEXT && row->len == order->len &&
		memcmp(row->text, order->text, row->len) == 0;
}

/* A state, with its order ids. */
static void
out_builder(StringInfo buf, const LinesBuilder *builder)
{
	LinesStream stream;
	LinesRow	row;
	LinesRow	order = {0};	/* the key of the order that has begun */

	appendStringInfo(buf, "1 %d {", builder->ndimensions);
	lines_stream_open(&stream, builder);
	for (int32 i = 0; i < builder->nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!lines_stream_next(&stream, &row))
			bad_lines("A line is damaged.");
		if (i > 0 && same_order(&row, &order))
			appendStringInfoString(buf, "; ");
		else
		{
			if (i > 0)
				appendStringInfoString(buf, "), ");
			if (row.key == LINES_KEY_NUMBER)
				appendStringInfo(buf, "#" INT64_FORMAT "=", row.number);
			else if (row.key == LINES_KEY_TEXT)
			{
				scan_out_quoted(buf, row.text, row.len);
				appendStringInfoChar(buf, '=');
			}
			appendStringInfoChar(buf, '(');
			order.key = row.key;
			order.number = row.number;
			order.text = row.text;
			order.len = row.len;
		}
		out_row(buf, &row, builder->ndimensions,
				row.at == DT_NOEND ? HISTORY_DAY : history_unit(row.at));
	}
	appendStringInfoString(buf, ")}");
}

static void
out_stored(StringInfo buf, struct varlena *value)
{
	LinesReader reader;
	LinesCursor cursor;
	const char *fault = lines_open_stored(value, &reader);

	if (fault != NULL)
		bad_lines(fault);
	appendStringInfo(buf, "1%s %d {", reader.by_time ? "t" : "",
					 reader.ndimensions);
	lines_cursor_open(&cursor, &reader);
	while (lines_cursor_next(&cursor))
	{
		CHECK_FOR_INTERRUPTS();
		if (cursor.in_order > 0)
			appendStringInfoString(buf, "; ");
		else
			appendStringInfoString(buf, cursor.order > 0 ? "), (" : "(");
		out_row(buf, &cursor.row, reader.ndimensions, reader.unit);
	}
	appendStringInfoString(buf, reader.nlines > 0 ? ")}" : "}");
}

Datum
pt_purchase_lines_out(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	StringInfoData buf;

	initStringInfo(&buf);
	if (lines_has_ids(value))
		out_builder(&buf, lines_builder_get(value));
	else
		out_stored(&buf, lines_stored(PointerGetDatum(value)));
	PG_RETURN_CSTRING(buf.data);
}

/* A line of the text form; returns what is wrong, or NULL. */
static const char *
in_row(const char **s, int ndimensions, LinesRow *row)
{
	if (scan_literal(s, "~"))
		row->at = DT_NOEND;
	else if (!scan_time(s, &row->at))
		return "A time reads 2024-01-31 or 2024-01-31T23:59:59.123456, or ~ where it is not known.";
	for (int i = 0; i < DECIMALS; i++)
	{
		LinesDecimal *decimal = &row->decimals[i];

		if (!scan_literal(s, " "))
			return "After its time, a line has an amount, a rating and a quantity.";
		if (scan_literal(s, "~"))
			decimal->value = LINES_NULL;
		else if (!scan_decimal(s, &decimal->value, &decimal->scale))
			return "An amount, rating or quantity has at most 18 digits, or is ~ where it is not known.";
	}
	for (int i = 0; i < 2; i++)
	{
		int64		flag;

		if (scan_literal(s, " t"))
			flag = 1;
		else if (scan_literal(s, " f"))
			flag = 0;
		else if (scan_literal(s, " ~"))
			flag = LINES_NULL;
		else
			return "Whether a line is discounted, and its customer subscribed, is t, f or ~.";
		if (i == 0)
			row->discounted = flag;
		else
			row->subscribed = flag;
	}
	for (int i = 0; i < ndimensions; i++)
	{
		LinesValue *value = &row->values[i];

		if (!scan_literal(s, " "))
			return "A line has a value for each dimension.";
		if (scan_literal(s, "~"))
			value->code = LINES_NULL;
		else if (**s == '"')
		{
			char	   *text;

			if (!scan_quoted(s, &text, &value->len))
				return "A quoted text does not end.";
			value->code = -1;
			value->text = text;
		}
		else if (!scan_number(s, PG_INT32_MAX, &value->code))
			return "A value is a code, a text in double quotes, or ~.";
	}
	return NULL;
}

static Datum
purchase_lines_from_text(char *input)
{
	const char *s = input;
	LinesBuilder *builder = lines_builder_create();
	LinesRow	row;
	bool		by_time;
	int64		ndimensions;

	if (!scan_literal(&s, "1"))
		scan_failed("purchase_lines", input,
					"It begins with its version, which is 1.");
	by_time = scan_literal(&s, "t");
	if (!scan_literal(&s, " ") ||
		!scan_number(&s, LINES_MAX_DIMENSIONS, &ndimensions) ||
		!scan_literal(&s, " {"))
		scan_failed("purchase_lines", input,
					psprintf("After the version come the number of dimensions, at most %d, and orders in braces.",
							 LINES_MAX_DIMENSIONS));
	for (bool first = true; !scan_literal(&s, "}"); first = false)
	{
		if (!first && !scan_literal(&s, ", "))
			scan_failed("purchase_lines", input,
						"Orders are separated by a comma and a blank.");
		row.key = by_time ? LINES_KEY_TIME : LINES_KEY_OWN;
		if (!by_time && *s != '(')
		{
			char	   *id;

			if (scan_literal(&s, "#"))
			{
				if (!scan_signed(&s, &row.number))
					scan_failed("purchase_lines", input,
								"An order id after # is a whole number.");
				row.key = LINES_KEY_NUMBER;
			}
			else if (scan_quoted(&s, &id, &row.len))
			{
				row.key = LINES_KEY_TEXT;
				row.text = id;
			}
			if (!scan_literal(&s, "="))
				scan_failed("purchase_lines", input,
							"An order begins with a parenthesis, before which its id may stand: #17=( or \"A-17\"=(.");
		}
		if (!scan_literal(&s, "("))
			scan_failed("purchase_lines", input,
						"The lines of an order stand in parentheses.");
		do
		{
			const char *fault = in_row(&s, (int) ndimensions, &row);

			CHECK_FOR_INTERRUPTS();
			if (fault != NULL)
				scan_failed("purchase_lines", input, fault);
			builder = lines_builder_add(builder, (int) ndimensions, &row);
			if (row.key == LINES_KEY_OWN)
				row.key = LINES_KEY_SAME;
		} while (scan_literal(&s, "; "));
		if (!scan_literal(&s, ")"))
			scan_failed("purchase_lines", input,
						"Lines are separated by a semicolon and a blank, and end with a parenthesis.");
	}
	if (*s != '\0')
		scan_failed("purchase_lines", input,
					"Nothing may follow the closing brace.");
	if (builder->flags & LINES_BUILD_KEYS)
		return PointerGetDatum(builder);
	return lines_finish(builder);
}

Datum
pt_purchase_lines_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, purchase_lines_from_text);
}

/*--- Bytes ---*/

/*
 * The stored form is the wire format: it has no byte order.  A state with
 * order ids is sent as LINES_BUILDING, the number of dimensions, the decimals
 * of most rows, the number of rows, and these.
 */
Datum
pt_purchase_lines_send(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	if (lines_has_ids(value))
	{
		const LinesBuilder *builder = lines_builder_get(value);
		uint8		number[VARINT_MAX_BYTES];

		pq_sendbyte(&buf, LINES_BUILDING);
		pq_sendbyte(&buf, builder->ndimensions);
		pq_sendbytes(&buf, (const char *) builder->scales, DECIMALS);
		pq_sendbytes(&buf, (char *) number,
					 varint_write(number, builder->nrows) - number);
		pq_sendbytes(&buf, (const char *) builder->stream, builder->used);
	}
	else
	{
		value = lines_stored(PointerGetDatum(value));
		pq_sendbytes(&buf, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static inline bool
valid_text(const char *text, int len)
{
	return pg_verify_mbstr(GetDatabaseEncoding(), text, len, true);
}

/*
 * What is wrong with bytes that should be a stored value, or NULL.  There is
 * one way only to write lines, so that equal ones look the same.
 */
static const char *
purchase_lines_check(struct varlena *value)
{
	LinesReader reader;
	const char *fault = lines_open_stored(value, &reader);
	int64	   *values;
	struct varlena *canonical;

	if (fault != NULL)
		return fault;
	values = MemoryContextAllocHuge(CurrentMemoryContext,
									sizeof(int64) * ((Size) reader.nlines + 1));
	for (int i = 0; reader.nlines > 0 && i < LINES_DIMENSION + reader.ndimensions; i++)
	{
		CHECK_FOR_INTERRUPTS();
		fault = lines_decode_fault(&reader, i, values);
		if (fault != NULL)
			return fault;
	}
	fault = lines_times_fault(&reader, values);
	if (fault != NULL)
		return fault;
	for (int i = 0; i < reader.ntexts; i++)
	{
		const char *text;
		int			len;

		CHECK_FOR_INTERRUPTS();
		fault = lines_text_fault(&reader, i, &text, &len);
		if (fault != NULL)
			return fault;
		if (!valid_text(text, len))
			return "A text is not in the encoding of the database.";
	}
	pfree(values);
	canonical = (struct varlena *)
		DatumGetPointer(lines_finish(lines_builder_add_stored(lines_builder_create(),
															  &reader, NULL)));
	if (VARSIZE_ANY_EXHDR(canonical) != VARSIZE_ANY_EXHDR(value) ||
		memcmp(VARDATA_ANY(canonical), VARDATA_ANY(value),
			   VARSIZE_ANY_EXHDR(value)) != 0)
		return "It is not written as its lines must be.";
	return NULL;
}

/* A state out of the bytes after the first one; *fault if it is none. */
static LinesBuilder *
receive_builder(const uint8 *p, const uint8 *end, const char **fault)
{
	LinesBuilder *builder = lines_builder_create();
	LinesStream stream;
	LinesRow	row;
	uint64		nrows;

	*fault = "Its header is damaged.";
	if (end - p < 1 + DECIMALS || *p > LINES_MAX_DIMENSIONS)
		return NULL;
	builder->ndimensions = *p++;
	for (int i = 0; i < DECIMALS; i++)
	{
		if (*p > AMOUNT_MAX_SCALE + 1)
			return NULL;
		builder->scales[i] = *p++;
	}
	p = varint_read(p, end, &nrows);
	if (p == NULL || nrows > (uint64) (end - p) / 2)
		return NULL;
	builder = lines_builder_reserve(builder, end - p);
	memcpy(builder->stream, p, end - p);
	builder->used = (int32) (end - p);
	builder->nrows = (int32) nrows;

	lines_stream_open(&stream, builder);
	for (int32 i = 0; i < builder->nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		*fault = "A line is damaged.";
		if (!lines_stream_next(&stream, &row) || row.key == LINES_KEY_TIME ||
			(row.key == LINES_KEY_SAME && i == 0))
			return NULL;
		*fault = "A text is not in the encoding of the database.";
		if (row.key == LINES_KEY_TEXT && !valid_text(row.text, row.len))
			return NULL;
		for (int j = 0; j < builder->ndimensions; j++)
			if (row.values[j].code == -1 &&
				!valid_text(row.values[j].text, row.values[j].len))
				return NULL;
		if (row.key >= LINES_KEY_NUMBER)
			builder->flags |= LINES_BUILD_KEYS;
	}
	*fault = "It is longer than its lines, or has no order ids.";
	if (stream.next != stream.end || !(builder->flags & LINES_BUILD_KEYS))
		return NULL;
	if (stream.last_at != DT_NOEND)
		lines_builder_set_last_at(builder, stream.last_at);
	*fault = NULL;
	return builder;
}

Datum
pt_purchase_lines_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			len = buf->len - buf->cursor;
	struct varlena *lines = palloc(VARHDRSZ + len);
	const char *fault;

	SET_VARSIZE(lines, VARHDRSZ + len);
	pq_copymsgbytes(buf, VARDATA(lines), len);
	if (lines_is_builder(lines))
	{
		const uint8 *p = (const uint8 *) VARDATA(lines);

		lines = (struct varlena *) receive_builder(p + 1, p + len, &fault);
	}
	else
		fault = purchase_lines_check(lines);
	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external purchase_lines"),
				 errdetail("%s", fault)));
	PG_RETURN_POINTER(lines);
}
