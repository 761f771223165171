/*-------------------------------------------------------------------------
 *
 * cube_plan_io.c
 *		cube_plan as text and as bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "cube.h"
#include "input.h"

PG_FUNCTION_INFO_V1(pt_cube_plan_in);
PG_FUNCTION_INFO_V1(pt_cube_plan_out);
PG_FUNCTION_INFO_V1(pt_cube_plan_recv);
PG_FUNCTION_INFO_V1(pt_cube_plan_send);

#define TYPE	"cube_plan"

/* The values of a filter while it is read; they grow by doubling. */
typedef struct FilterReader
{
	CubeFilterInput input;
	int			codes_allocated;
	int			texts_allocated;
} FilterReader;

static void
add_code(FilterReader *reader, int32 code)
{
	CubeFilterInput *input = &reader->input;

	if (input->ncodes == reader->codes_allocated)
	{
		reader->codes_allocated = Max(2 * reader->codes_allocated, 16);
		input->codes = input->codes == NULL ?
			palloc(reader->codes_allocated * sizeof(int32)) :
			repalloc_huge(input->codes, (Size) reader->codes_allocated * sizeof(int32));
	}
	input->codes[input->ncodes++] = code;
}

static void
add_text(FilterReader *reader, const char *text, int length)
{
	CubeFilterInput *input = &reader->input;

	if (input->ntexts == reader->texts_allocated)
	{
		int			n = Max(2 * reader->texts_allocated, 16);

		input->texts = input->texts == NULL ? palloc(n * sizeof(char *)) :
			repalloc_huge(input->texts, (Size) n * sizeof(char *));
		input->lengths = input->lengths == NULL ? palloc(n * sizeof(int)) :
			repalloc_huge(input->lengths, (Size) n * sizeof(int));
		reader->texts_allocated = n;
	}
	input->texts[input->ntexts] = text;
	input->lengths[input->ntexts++] = length;
}

/* Which groupings leave out the filters that are being read. */
static bool *
left_out_bits(const uint32 *left_out, int ngroupings, int filter)
{
	bool	   *bits = palloc(Max(ngroupings, 1) * sizeof(bool));

	for (int i = 0; i < ngroupings; i++)
		bits[i] = (left_out[i] >> filter & 1) != 0;
	return bits;
}

/* Plans with a calendar came later. */
static int
wire_version(const CubePlan *plan)
{
	return plan->has_calendar ? CUBE_PLAN_CALENDAR : CUBE_PLAN_VERSION;
}

/*--- Text ---*/

/*
 * "1 - {() (3) (-3 1)s} {2(0 5)("a" "b")n-(2 3)}": the version; the windows'
 * end in microseconds since 2000 and length in days, as "757382400000000/90",
 * or "-"; the groupings, s where they have statistics; the filters: element,
 * codes, texts, n if NULL passes, and after - the groupings that leave it out.
 * "2 - {(-10)} "iso week" {}" has a calendar.
 */
void
cube_plan_out(StringInfo buf, const CubePlan *plan)
{
	appendStringInfo(buf, "%d ", wire_version(plan));
	if (plan->window_days == 0)
		appendStringInfoChar(buf, '-');
	else
		appendStringInfo(buf, INT64_FORMAT "/%d", plan->as_of,
						 plan->window_days);
	appendStringInfoString(buf, " {");
	for (int i = 0; i < plan->ngroupings; i++)
	{
		const CubeGrouping *grouping = &plan->groupings[i];

		appendStringInfoString(buf, i == 0 ? "(" : " (");
		for (int e = 0; e < grouping->nelements; e++)
			appendStringInfo(buf, "%s%d", e == 0 ? "" : " ",
							 grouping->elements[e]);
		appendStringInfoString(buf, grouping->statistics ? ")s" : ")");
	}
	appendStringInfoString(buf, "} ");
	if (plan->has_calendar)
	{
		appendStringInfoChar(buf, '"');
		calendar_out(buf, cube_plan_calendar(plan));
		appendStringInfoString(buf, "\" ");
	}
	appendStringInfoChar(buf, '{');
	for (int i = 0; i < plan->nfilters; i++)
	{
		const CubeFilter *filter = &cube_plan_filters(plan)[i];
		const int32 *codes = cube_filter_codes(plan, filter);
		const CubeText *text = cube_filter_texts(plan, filter);
		bool		any = false;

		appendStringInfo(buf, "%s%d(", i == 0 ? "" : " ", filter->element);
		for (int j = 0; j < filter->ncodes; j++)
		{
			CHECK_FOR_INTERRUPTS();
			appendStringInfo(buf, "%s%d", j == 0 ? "" : " ", codes[j]);
		}
		appendStringInfoString(buf, ")(");
		for (int j = 0; j < filter->ntexts; j++, text = cube_next_text(text))
		{
			CHECK_FOR_INTERRUPTS();
			if (j > 0)
				appendStringInfoChar(buf, ' ');
			cube_out_text(buf, text->bytes, text->length);
		}
		appendStringInfoString(buf, filter->with_null ? ")n" : ")");
		for (int j = 0; j < plan->ngroupings; j++)
			if (plan->groupings[j].left_out >> i & 1)
			{
				appendStringInfo(buf, "%s%d", any ? " " : "-(", j + 1);
				any = true;
			}
		if (any)
			appendStringInfoChar(buf, ')');
	}
	appendStringInfoChar(buf, '}');
}

Datum
pt_cube_plan_out(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	initStringInfo(&buf);
	cube_plan_out(&buf, cube_plan_get(PG_GETARG_DATUM(0)));
	PG_RETURN_CSTRING(buf.data);
}

/* Numbers between parentheses, of which the first was read; their count. */
static bool
in_numbers(const char **s, int64 low, int64 high, int most, int64 *numbers,
		   int *n)
{
	for (*n = 0; !cube_in_literal(s, ")"); (*n)++)
		if (*n == most || (*n > 0 && !cube_in_literal(s, " ")) ||
			!cube_in_integer(s, low, high, &numbers[*n]))
			return false;
	return true;
}

static bool
in_grouping(const char **s, CubeGrouping *grouping)
{
	int64		elements[CUBE_MAX_ELEMENTS];
	int			n;

	if (!cube_in_literal(s, "(") ||
		!in_numbers(s, CUBE_LOWEST, CUBE_MAX_DIMENSIONS,
					CUBE_MAX_ELEMENTS, elements, &n))
		return false;
	grouping->nelements = (uint8) n;
	for (int i = 0; i < n; i++)
		grouping->elements[i] = (int8) elements[i];
	grouping->statistics = cube_in_literal(s, "s");
	return cube_grouping_fault(grouping) == NULL;
}

static bool
in_filter(const char **s, const CubePlan *plan, FilterReader *reader)
{
	int64		value;
	bool	   *left_out = palloc0(Max(plan->ngroupings, 1) * sizeof(bool));
	char	   *text;
	int			length;

	memset(reader, 0, sizeof(FilterReader));
	reader->input.left_out = left_out;
	if (!cube_in_integer(s, CUBE_LOWEST, CUBE_MAX_DIMENSIONS, &value) ||
		value == CUBE_NONE || !cube_in_literal(s, "("))
		return false;
	reader->input.element = (int) value;
	for (int n = 0; !cube_in_literal(s, ")"); n++)
	{
		CHECK_FOR_INTERRUPTS();
		if ((n > 0 && !cube_in_literal(s, " ")) ||
			!cube_in_integer(s, CUBE_IS_TIME(reader->input.element) ?
							 -PG_INT32_MAX : 0, PG_INT32_MAX, &value))
			return false;
		add_code(reader, (int32) value);
	}
	if (!cube_in_literal(s, "("))
		return false;
	for (int n = 0; !cube_in_literal(s, ")"); n++)
	{
		CHECK_FOR_INTERRUPTS();
		if (reader->input.element < 0 ||
			(n > 0 && !cube_in_literal(s, " ")) ||
			!cube_in_text(s, &text, &length))
			return false;
		add_text(reader, text, length);
	}
	reader->input.with_null = cube_in_literal(s, "n");
	if (!cube_in_literal(s, "-("))
		return true;
	for (int n = 0; n == 0 || !cube_in_literal(s, ")"); n++)
	{
		if ((n > 0 && !cube_in_literal(s, " ")) ||
			!cube_in_integer(s, 1, plan->ngroupings, &value))
			return false;
		left_out[value - 1] = true;
	}
	return true;
}

/* Reads a plan, also as a part of the text of another type. */
CubePlan *
cube_plan_in(const char **s, const char *type, const char *input)
{
	CubePlan   *plan;
	CubeGrouping *groupings = palloc0(CUBE_MAX_GROUPINGS * sizeof(CubeGrouping));
	FilterReader reader;
	int			n = 0;
	int64		version;
	int64		as_of = 0;
	int64		window_days = 0;

	if (!cube_in_integer(s, CUBE_PLAN_VERSION, CUBE_PLAN_CALENDAR, &version) ||
		!cube_in_literal(s, " "))
		cube_bad_text(type, input, "A plan begins with a version that is known.");
	if (!cube_in_literal(s, "- {") &&
		(!cube_in_integer(s, MIN_TIMESTAMP, END_TIMESTAMP - 1, &as_of) ||
		 !cube_in_literal(s, "/") ||
		 !cube_in_integer(s, 1, CUBE_MAX_WINDOW_DAYS, &window_days) ||
		 !cube_in_literal(s, " {")))
		cube_bad_text(type, input, "The windows of a plan have an end and a length, and its groupings stand in braces.");
	for (; !cube_in_literal(s, "} "); n++)
		if (n == CUBE_MAX_GROUPINGS || (n > 0 && !cube_in_literal(s, " ")) ||
			!in_grouping(s, &groupings[n]))
			cube_bad_text(type, input, "A grouping reads \"(1 -3)\" or \"(1 -3)s\".");
	plan = cube_plan_create(n, as_of, (int32) window_days);
	if (n > 0)
		memcpy(plan->groupings, groupings, n * sizeof(CubeGrouping));
	pfree(groupings);
	if (version == CUBE_PLAN_CALENDAR)
	{
		char	   *calendar;
		int			length;

		if (!cube_in_text(s, &calendar, &length) || !cube_in_literal(s, " "))
			cube_bad_text(type, input, "A plan of version 2 has a calendar.");
		plan = cube_plan_set_calendar(plan, calendar_in(calendar));
	}
	if (!cube_in_literal(s, "{"))
		cube_bad_text(type, input, "The filters of a plan stand in braces.");
	for (n = 0; !cube_in_literal(s, "}"); n++)
	{
		if (n == CUBE_MAX_FILTERS || (n > 0 && !cube_in_literal(s, " ")) ||
			!in_filter(s, plan, &reader))
			cube_bad_text(type, input, "A filter reads \"2(0 5)(\"text\")n-(1 3)\".");
		plan = cube_plan_add_filter(plan, &reader.input);
	}
	return plan;
}

static Datum
cube_plan_from_text(char *input)
{
	const char *s = input;
	CubePlan   *plan = cube_plan_in(&s, TYPE, input);
	const char *fault = cube_plan_fault(plan);

	if (*s != '\0')
		cube_bad_text(TYPE, input, "Nothing may follow the filters.");
	if (fault != NULL)
		cube_bad_text(TYPE, input, fault);
	return PointerGetDatum(plan);
}

Datum
pt_cube_plan_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, cube_plan_from_text);
}

/*--- Bytes ---*/

/*
 * Integers of 32 bits but for as_of: the version, as_of, the days of the
 * windows, the number of groupings; of each its number of elements, these,
 * whether it has statistics, and a bit for each filter that it leaves out;
 * in version 2 the bytes of the calendar; the number of filters; of each its element, whether NULL passes, the number
 * of its codes, these, the number of its texts, these with their lengths.
 */
void
cube_plan_send(StringInfo buf, const CubePlan *plan)
{
	pq_sendint32(buf, wire_version(plan));
	pq_sendint64(buf, plan->as_of);
	pq_sendint32(buf, plan->window_days);
	pq_sendint32(buf, plan->ngroupings);
	for (int i = 0; i < plan->ngroupings; i++)
	{
		const CubeGrouping *grouping = &plan->groupings[i];

		pq_sendint32(buf, grouping->nelements);
		for (int e = 0; e < grouping->nelements; e++)
			pq_sendint32(buf, grouping->elements[e]);
		pq_sendint32(buf, grouping->statistics);
		pq_sendint32(buf, grouping->left_out);
	}
	if (plan->has_calendar)
		calendar_send(buf, cube_plan_calendar(plan));
	pq_sendint32(buf, plan->nfilters);
	for (int i = 0; i < plan->nfilters; i++)
	{
		const CubeFilter *filter = &cube_plan_filters(plan)[i];
		const int32 *codes = cube_filter_codes(plan, filter);
		const CubeText *text = cube_filter_texts(plan, filter);

		pq_sendint32(buf, filter->element);
		pq_sendint32(buf, filter->with_null);
		pq_sendint32(buf, filter->ncodes);
		for (int j = 0; j < filter->ncodes; j++)
		{
			CHECK_FOR_INTERRUPTS();
			pq_sendint32(buf, codes[j]);
		}
		pq_sendint32(buf, filter->ntexts);
		for (int j = 0; j < filter->ntexts; j++, text = cube_next_text(text))
		{
			CHECK_FOR_INTERRUPTS();
			pt_sendcountedtext(buf, text->bytes, text->length);
		}
	}
}

Datum
pt_cube_plan_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	cube_plan_send(&buf, cube_plan_get(PG_GETARG_DATUM(0)));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static int32
recv_int(StringInfo buf, int32 low, int32 high, const char *type)
{
	int32		value = (int32) pq_getmsgint(buf, 4);

	if (value < low || value > high)
		input_bad_bytes(type, "A number of its plan is out of range.");
	return value;
}

CubePlan *
cube_plan_recv(StringInfo buf, const char *type)
{
	CubePlan   *plan;
	uint32	   *left_out;
	Timestamp	as_of;
	int			window_days;
	int			version;
	int			n;

	version = recv_int(buf, CUBE_PLAN_VERSION, CUBE_PLAN_CALENDAR, type);
	as_of = pq_getmsgint64(buf);
	window_days = recv_int(buf, 0, CUBE_MAX_WINDOW_DAYS, type);
	n = recv_int(buf, 0, CUBE_MAX_GROUPINGS, type);
	plan = cube_plan_create(n, as_of, window_days);
	left_out = palloc0(Max(n, 1) * sizeof(uint32));
	for (int i = 0; i < n; i++)
	{
		CubeGrouping *grouping = &plan->groupings[i];

		grouping->nelements = (uint8) recv_int(buf, 0, CUBE_MAX_ELEMENTS, type);
		for (int e = 0; e < grouping->nelements; e++)
			grouping->elements[e] = (int8) recv_int(buf, CUBE_LOWEST,
													CUBE_MAX_DIMENSIONS, type);
		grouping->statistics = (uint8) recv_int(buf, 0, 1, type);
		left_out[i] = pq_getmsgint(buf, 4);
		if (cube_grouping_fault(grouping) != NULL)
			input_bad_bytes(type, cube_grouping_fault(grouping));
	}
	if (version == CUBE_PLAN_CALENDAR)
		plan = cube_plan_set_calendar(plan, calendar_recv(buf, type));
	n = recv_int(buf, 0, CUBE_MAX_FILTERS, type);
	for (int i = 0; i < plan->ngroupings; i++)
		if (left_out[i] >> n != 0)
			input_bad_bytes(type, "A grouping leaves out a filter that there is not.");
	for (int i = 0; i < n; i++)
	{
		FilterReader reader = {0};
		int			nvalues;

		reader.input.left_out = left_out_bits(left_out, plan->ngroupings, i);
		reader.input.element = recv_int(buf, CUBE_LOWEST,
										CUBE_MAX_DIMENSIONS, type);
		reader.input.with_null = recv_int(buf, 0, 1, type) != 0;
		/* values are believed as far as there are bytes for them */
		nvalues = recv_int(buf, 0, PG_INT32_MAX, type);
		for (int j = 0; j < nvalues; j++)
		{
			CHECK_FOR_INTERRUPTS();
			add_code(&reader, (int32) pq_getmsgint(buf, 4));
		}
		nvalues = recv_int(buf, 0, PG_INT32_MAX, type);
		for (int j = 0; j < nvalues; j++)
		{
			int			length = recv_int(buf, 0, buf->len - buf->cursor, type);
			char	   *text;

			CHECK_FOR_INTERRUPTS();
			text = pq_getmsgtext(buf, length, &length);
			add_text(&reader, text, length);
		}
		plan = cube_plan_add_filter(plan, &reader.input);
	}
	if (cube_plan_fault(plan) != NULL)
		input_bad_bytes(type, cube_plan_fault(plan));
	return plan;
}

Datum
pt_cube_plan_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	CubePlan   *plan = cube_plan_recv(buf, TYPE);

	if (buf->cursor != buf->len)
		input_bad_bytes(TYPE, "It is longer than its filters.");
	PG_RETURN_POINTER(plan);
}
