/*-------------------------------------------------------------------------
 *
 * acquisition_io.c
 *		acquisition_set as text and as bytes.
 *
 * The text form is
 *
 *	1 {"tea", "web"} {[2024-05-01 2 (3:0 4:1) 0*30.00 3+-5.00], ...}
 *
 * the version; the values; and the customers, each with the month of the
 * first order, the decimals of his revenue, elements with the numbers of their
 * values, and for each month with an order (*) or returns only (+) how many
 * months it is after the first, its revenue, and, if margins are known, behind
 * slashes the margin and the revenue without a known cost.  No setting of the session
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

#include "acquisition.h"
#include "history.h"
#include "input.h"
#include "lines_scan.h"
#include "text_names.h"

PG_FUNCTION_INFO_V1(pt_acquisition_set_in);
PG_FUNCTION_INFO_V1(pt_acquisition_set_out);
PG_FUNCTION_INFO_V1(pt_acquisition_set_recv);
PG_FUNCTION_INFO_V1(pt_acquisition_set_send);

#define TYPE	"acquisition_set"
#define WITH_MARGINS	128		/* in the byte of the decimals */

Datum
pt_acquisition_set_out(PG_FUNCTION_ARGS)
{
	AcquisitionReader reader;
	const TextEntry *entries;
	StringInfoData buf;
	bool		first = true;

	acquisition_reader_open(&reader, PG_GETARG_DATUM(0));
	entries = builder_entries(reader.builder);
	initStringInfo(&buf);
	appendStringInfo(&buf, "%d {", ACQUISITION_VERSION);
	for (uint32 i = 0; i < reader.builder->nentries; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		scan_out_quoted(&buf, builder_texts(reader.builder) + entries[i].offset,
						ENTRY_LEN(&entries[i]));
	}
	appendStringInfoString(&buf, "} {");
	while (acquisition_reader_next(&reader))
	{
		const AcquisitionCustomer *customer = &reader.customer;

		appendStringInfoString(&buf, first ? "[" : ", [");
		first = false;
		scan_out_time(&buf, period_start(customer->first_month, PERIOD_MONTH) * USECS_PER_DAY,
					  HISTORY_DAY);
		appendStringInfo(&buf, " %d (", customer->scale);
		for (int32 i = 0; i < customer->nvalues; i++)
			appendStringInfo(&buf, "%s%d:%u", i > 0 ? " " : "",
							 customer->values[i].element,
							 customer->values[i].entry);
		appendStringInfoChar(&buf, ')');
		for (int32 i = 0; i < customer->nmonths; i++)
		{
			const AcquisitionMonth *month = &customer->months[i];

			appendStringInfo(&buf, " %d%c", month->offset,
							 month->active ? '*' : '+');
			amount_sum_out(&buf, month->revenue, customer->scale);
			if (customer->has_margins)
			{
				appendStringInfoChar(&buf, '/');
				amount_sum_out(&buf, month->margin, customer->scale);
				appendStringInfoChar(&buf, '/');
				amount_sum_out(&buf, month->uncosted, customer->scale);
			}
		}
		appendStringInfoChar(&buf, ']');
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

/*--- Reading ---*/

/* Behind the bracket of a customer. */
static bool
in_customer(const char **s, const TextNames *read,
			AcquisitionCustomer *customer)
{
	Timestamp	at;
	int64		number;
	bool		first = true;

	customer->nvalues = customer->nmonths = 0;
	if (!scan_time(s, &at) || !scan_literal(s, " ") ||
		!scan_number(s, AMOUNT_MAX_SCALE, &number) || !scan_literal(s, " ("))
		return false;
	customer->first_month = period_number(at, PERIOD_MONTH);
	customer->scale = (int) number;
	while (!scan_literal(s, ")"))
	{
		int64		element;

		CHECK_FOR_INTERRUPTS();
		if ((!first && !scan_literal(s, " ")) || !scan_signed(s, &element) ||
			element < -500 || element > 499 || !scan_literal(s, ":") ||
			!scan_number(s, PG_INT32_MAX, &number) || number >= read->n)
			return false;
		acquisition_add_value(customer, (int32) element,
							  read->entries[number]);
		first = false;
	}
	while (!scan_literal(s, "]"))
	{
		AcquisitionMonth *month = &customer->months[customer->nmonths];

		if (customer->nmonths > ACQUISITION_MAX_OFFSET ||
			!scan_literal(s, " ") ||
			!scan_number(s, ACQUISITION_MAX_OFFSET, &number))
			return false;
		month->offset = (int32) number;
		month->active = scan_literal(s, "*");
		if ((!month->active && !scan_literal(s, "+")) ||
			!amount_sum_in(s, customer->scale, &month->revenue))
			return false;
		/* all months have a margin, or none */
		if (customer->nmonths == 0)
			customer->has_margins = **s == '/';
		month->margin = month->uncosted = 0;
		if (customer->has_margins &&
			(!scan_literal(s, "/") ||
			 !amount_sum_in(s, customer->scale, &month->margin) ||
			 !scan_literal(s, "/") ||
			 !amount_sum_in(s, customer->scale, &month->uncosted)))
			return false;
		customer->nmonths++;
	}
	return acquisition_customer_fault(customer) == NULL;
}

static Datum
acquisition_set_from_text(char *input)
{
	TextBuild	build = text_build_new(acquisition_too_large);
	TextNames	read = {0};
	AcquisitionCustomer customer;
	const char *s = input;
	bool		first = true;

	memset(&customer, 0, offsetof(AcquisitionCustomer, months));
	text_names_in(&read, &build, &s, TYPE, "values");
	if (!scan_literal(&s, " {"))
		scan_failed(TYPE, input, "After the values it has its customers in braces.");
	while (!scan_literal(&s, "}"))
	{
		CHECK_FOR_INTERRUPTS();
		if ((!first && !scan_literal(&s, ", ")) || !scan_literal(&s, "[") ||
			!in_customer(&s, &read, &customer))
			scan_failed(TYPE, input, "A customer is in brackets: a day of the first month, decimals, values in parentheses, and months in order, the first with an order.");
		first = false;
		acquisition_add_customer(&build, &customer);
	}
	if (*s != '\0')
		scan_failed(TYPE, input, "Nothing may follow the closing brace.");
	PG_RETURN_POINTER(build.builder);
}

Datum
pt_acquisition_set_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, acquisition_set_from_text);
}

/*
 * A version (one byte); the number of values (int32), each with its length
 * (int32); and until the end the customers: number of the first month (int64),
 * decimals (one byte, and 128 if there are margins), the number of values (int32), each with its element
 * and its number (int32), and the number of months (one byte), each with its
 * offset and whether there is an order (one byte each) and its revenue, and if
 * there are margins the margin and the revenue without a known cost.
 */
Datum
pt_acquisition_set_send(PG_FUNCTION_ARGS)
{
	AcquisitionReader reader;
	const TextEntry *entries;
	StringInfoData buf;

	acquisition_reader_open(&reader, PG_GETARG_DATUM(0));
	entries = builder_entries(reader.builder);
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, ACQUISITION_VERSION);
	pq_sendint32(&buf, reader.builder->nentries);
	for (uint32 i = 0; i < reader.builder->nentries; i++)
	{
		CHECK_FOR_INTERRUPTS();
		text_send(&buf, builder_texts(reader.builder) + entries[i].offset,
				  ENTRY_LEN(&entries[i]));
	}
	while (acquisition_reader_next(&reader))
	{
		const AcquisitionCustomer *customer = &reader.customer;

		pq_sendint64(&buf, customer->first_month);
		pq_sendbyte(&buf, customer->scale | (customer->has_margins ? WITH_MARGINS : 0));
		pq_sendint32(&buf, customer->nvalues);
		for (int32 i = 0; i < customer->nvalues; i++)
		{
			pq_sendint32(&buf, customer->values[i].element);
			pq_sendint32(&buf, customer->values[i].entry);
		}
		pq_sendbyte(&buf, customer->nmonths);
		for (int32 i = 0; i < customer->nmonths; i++)
		{
			pq_sendbyte(&buf, customer->months[i].offset);
			pq_sendbyte(&buf, customer->months[i].active);
			amount_sum_send(&buf, customer->months[i].revenue);
			if (customer->has_margins)
			{
				amount_sum_send(&buf, customer->months[i].margin);
				amount_sum_send(&buf, customer->months[i].uncosted);
			}
		}
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static void
recv_customer(StringInfo buf, const TextNames *read,
			  AcquisitionCustomer *customer)
{
	const char *fault;
	int32		n;

	customer->first_month = pq_getmsgint64(buf);
	n = pq_getmsgbyte(buf);
	customer->scale = n & ~WITH_MARGINS;
	customer->has_margins = (n & WITH_MARGINS) != 0;
	customer->nvalues = 0;
	n = (int32) pq_getmsgint(buf, 4);
	if (n < 0)
		input_bad_bytes(TYPE, "The number of values is negative.");
	for (int32 i = 0; i < n; i++)
	{
		int32		element = (int32) pq_getmsgint(buf, 4);
		uint32		number = pq_getmsgint(buf, 4);

		CHECK_FOR_INTERRUPTS();
		if (element < -500 || element > 499 || number >= read->n)
			input_bad_bytes(TYPE, "A value is out of range.");
		acquisition_add_value(customer, element, read->entries[number]);
	}
	customer->nmonths = pq_getmsgbyte(buf);
	if (customer->nmonths > ACQUISITION_MAX_OFFSET + 1)
		input_bad_bytes(TYPE, "There are too many months.");
	for (int32 i = 0; i < customer->nmonths; i++)
	{
		customer->months[i].offset = pq_getmsgbyte(buf);
		customer->months[i].active = pq_getmsgbyte(buf) != 0;
		customer->months[i].revenue = amount_sum_recv(buf);
		customer->months[i].margin = customer->has_margins ? amount_sum_recv(buf) : 0;
		customer->months[i].uncosted = customer->has_margins ? amount_sum_recv(buf) : 0;
	}
	fault = acquisition_customer_fault(customer);
	if (fault != NULL)
		input_bad_bytes(TYPE, fault);
}

Datum
pt_acquisition_set_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	TextBuild	build = text_build_new(acquisition_too_large);
	TextNames	read = {0};
	AcquisitionCustomer customer;

	memset(&customer, 0, offsetof(AcquisitionCustomer, months));
	/* counts are believed only as far as there are bytes */
	if (pq_getmsgbyte(buf) != ACQUISITION_VERSION)
		input_bad_bytes(TYPE, "It is of an unknown version.");
	text_names_recv(&read, &build, buf, TYPE);
	while (buf->cursor < buf->len)
	{
		CHECK_FOR_INTERRUPTS();
		recv_customer(buf, &read, &customer);
		acquisition_add_customer(&build, &customer);
	}
	PG_RETURN_POINTER(build.builder);
}
