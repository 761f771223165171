/*-------------------------------------------------------------------------
 *
 * cube_io.c
 *		cube_plan and sales_cube as text and as bytes.
 *
 * docs/cube.md has both forms.  All numbers are integers, so that no setting
 * of the session changes them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "common/int.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "compat.h"
#include "cube.h"
#include "input.h"

PG_FUNCTION_INFO_V1(pt_sales_cube_in);
PG_FUNCTION_INFO_V1(pt_sales_cube_out);
PG_FUNCTION_INFO_V1(pt_sales_cube_recv);
PG_FUNCTION_INFO_V1(pt_sales_cube_send);

/* of stats.c, whose forms are parts of ours */
extern Datum pt_sales_stats_in(PG_FUNCTION_ARGS);
extern Datum pt_sales_stats_out(PG_FUNCTION_ARGS);
extern Datum pt_sales_stats_recv(PG_FUNCTION_ARGS);
extern Datum pt_sales_stats_send(PG_FUNCTION_ARGS);

#define TYPE	"sales_cube"

/* What a value of a cell is, in bytes. */
enum
{
	KEY_CODE,
	KEY_TEXT,
	KEY_NULL
};

/* What a cell takes at least, in bytes: its grouping and two empty arms. */
#define WIRE_CELL_BYTES		(2 * sizeof(int32))

/*--- Pieces ---*/

void
cube_bad_text(const char *type, const char *input, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"", type,
					pnstrdup(input, pg_mbcliplen(input, strnlen(input, 104),
												 100))),
			 errdetail("%s", detail),
			 errhint("Such text is made by the output of the type, not by hand.")));
}

bool
cube_in_literal(const char **s, const char *literal)
{
	size_t		len = strlen(literal);

	if (strncmp(*s, literal, len) != 0)
		return false;
	*s += len;
	return true;
}

static bool
in_int128(const char **s, int128 *value)
{
	bool		negative = cube_in_literal(s, "-");
	int128		result = 0;
	bool		any = false;

	for (; isdigit((unsigned char) **s); (*s)++)
	{
		if (__builtin_mul_overflow(result, (int128) 10, &result) ||
			__builtin_add_overflow(result, (int128) (**s - '0'), &result))
			return false;
		any = true;
	}
	*value = negative ? -result : result;
	return any;
}

bool
cube_in_integer(const char **s, int64 low, int64 high, int64 *value)
{
	int128		wide;

	if (!in_int128(s, &wide) || wide < low || wide > high)
		return false;
	*value = (int64) wide;
	return true;
}

static void
out_int128(StringInfo buf, int128 value)
{
	char		digits[48];
	char	   *p = digits + sizeof(digits);
	uint128		rest = value < 0 ? -(uint128) value : (uint128) value;

	do
	{
		*--p = (char) ('0' + (int) (rest % 10));
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*--p = '-';
	appendBinaryStringInfo(buf, p, (int) (digits + sizeof(digits) - p));
}

/* "It is \"quoted\"": quotes and backslashes have a backslash before them. */
void
cube_out_text(StringInfo buf, const char *text, int length)
{
	appendStringInfoChar(buf, '"');
	for (int i = 0; i < length; i++)
	{
		if (text[i] == '"' || text[i] == '\\')
			appendStringInfoChar(buf, '\\');
		appendStringInfoChar(buf, text[i]);
	}
	appendStringInfoChar(buf, '"');
}

bool
cube_in_text(const char **s, char **text, int *length)
{
	StringInfoData buf;
	const char *p = *s;

	if (*p++ != '"')
		return false;
	initStringInfo(&buf);
	for (; *p != '"'; p++)
	{
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return false;
		appendStringInfoCharMacro(&buf, *p);
	}
	*s = p + 1;
	*text = buf.data;
	*length = buf.len;
	return true;
}

/*--- Text ---*/

/*
 * "{8 5 5 0 5 0 0 3 3 1 3 3 0 0 8/0 3000 40 0 0 0 0 0 0/t1,t2}": counts, sums
 * and the first and last purchase, or "-"; all in the order of cube.h.  "{}"
 * is an arm without lines.
 */
static void
out_arm(StringInfo buf, const CubeArm *arm, bool statistics)
{
	const CubeFigures *figures = &arm->figures;

	if (statistics)
	{
		char	   *text = DatumGetCString(DirectFunctionCall1(pt_sales_stats_out,
															   PointerGetDatum(&arm->stats)));

		appendStringInfo(buf, " <%s>", text);
		pfree(text);
		return;
	}
	appendStringInfoString(buf, " {");
	if (figures->counts[COUNT_LINES] > 0)
	{
		for (int i = 0; i < CUBE_COUNTS; i++)
			appendStringInfo(buf, "%s" INT64_FORMAT, i == 0 ? "" : " ",
							 figures->counts[i]);
		for (int i = 0; i < CUBE_SUMS; i++)
		{
			appendStringInfoChar(buf, i == 0 ? '/' : ' ');
			out_int128(buf, figures->sums[i]);
		}
		if (figures->first == DT_NOEND)
			appendStringInfoString(buf, "/-");
		else
			appendStringInfo(buf, "/" INT64_FORMAT "," INT64_FORMAT,
							 figures->first, figures->last);
	}
	appendStringInfoChar(buf, '}');
}

/*
 * "1 [plan] 2 1 0 9999 50 0 [1() {...} {...}; 2(5) ...]": the version, the
 * plan, decimals and largest values of amounts, ratings and quantities, then
 * the cells: number of the grouping, values (a code, a text, or "-" for
 * NULL), and an arm for the whole and one for what is selected.
 */
Datum
pt_sales_cube_out(PG_FUNCTION_ARGS)
{
	SalesCube  *cube = sales_cube_get(PG_GETARG_DATUM(0));
	CubeView	view;
	StringInfoData buf;

	if (cube->nslots > 0)
		cube = sales_cube_pack(cube);
	sales_cube_view(cube, &view);
	initStringInfo(&buf);
	appendStringInfo(&buf, "%d [", cube->version);
	cube_plan_out(&buf, &cube->plan);
	appendStringInfoChar(&buf, ']');
	for (int i = 0; i < CUBE_MEASURES; i++)
		appendStringInfo(&buf, " %d", cube->scales[i]);
	for (int i = 0; i < CUBE_MEASURES; i++)
		appendStringInfo(&buf, " " INT64_FORMAT, cube->largest[i]);
	appendStringInfoString(&buf, " [");
	for (int32 i = 0; i < cube->ncells; i++)
	{
		const CubeCell *cell = cube_cell(&view, i);
		const CubeGrouping *grouping =
		&cube->plan.groupings[cell->key.grouping];

		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&buf, "%s%d(", i == 0 ? "" : "; ",
						 cell->key.grouping + 1);
		for (int e = 0; e < grouping->nelements; e++)
		{
			int32		value = cell->key.values[e];

			if (e > 0)
				appendStringInfoChar(&buf, ' ');
			if (value == CUBE_NULL)
				appendStringInfoChar(&buf, '-');
			else if (grouping->elements[e] > 0 && value < 0)
			{
				int			length;
				const char *text = cube_text(&view, -1 - value, &length);

				cube_out_text(&buf, text, length);
			}
			else
				appendStringInfo(&buf, "%d", value);
		}
		appendStringInfoChar(&buf, ')');
		for (int arm = 0; arm < cube->narms; arm++)
			out_arm(&buf, &cell->arms[arm], grouping->statistics);
	}
	appendStringInfoChar(&buf, ']');
	PG_RETURN_CSTRING(buf.data);
}

static bool
in_arm(const char **s, CubeArm *arm, bool statistics)
{
	CubeFigures *figures = &arm->figures;

	if (statistics)
	{
		const char *start = *s + 2;
		const char *end;
		char	   *text;
		SalesStats *stats;

		if (!cube_in_literal(s, " <"))
			return false;
		end = strchr(start, '>');
		if (end == NULL)
			return false;
		text = pnstrdup(start, end - start);
		stats = (SalesStats *)
			DatumGetPointer(DirectFunctionCall1(pt_sales_stats_in,
												CStringGetDatum(text)));
		arm->stats = *stats;
		pfree(stats);
		pfree(text);
		*s = end + 1;
		return true;
	}
	if (!cube_in_literal(s, " {"))
		return false;
	if (cube_in_literal(s, "}"))
		return true;
	for (int i = 0; i < CUBE_COUNTS; i++)
		if ((i > 0 && !cube_in_literal(s, " ")) ||
			!cube_in_integer(s, 0, CUBE_MAX_LINES, &figures->counts[i]))
			return false;
	for (int i = 0; i < CUBE_SUMS; i++)
		if (!cube_in_literal(s, i == 0 ? "/" : " ") ||
			!in_int128(s, &figures->sums[i]))
			return false;
	if (!cube_in_literal(s, "/"))
		return false;
	if (!cube_in_literal(s, "-}"))
		return cube_in_integer(s, PG_INT64_MIN, PG_INT64_MAX, &figures->first) &&
			cube_in_literal(s, ",") &&
			cube_in_integer(s, PG_INT64_MIN, PG_INT64_MAX, &figures->last) &&
			cube_in_literal(s, "}");
	return true;
}

/* A cell of which the key was read; NULL if it is there already. */
static CubeCell *
new_cell(CubeView *view, const CubeKey *key)
{
	int32		ncells = view->cube->ncells;
	uint32		number = sales_cube_cell(view, key);

	return number < (uint32) ncells ? NULL : cube_cell(view, number);
}

static void
in_cell(const char *input, const char **s, CubeView *view)
{
	CubeKey		key = {0};
	const CubeGrouping *grouping;
	int64		number;
	CubeCell   *cell;

	if (!cube_in_integer(s, 1, view->cube->plan.ngroupings, &number) ||
		!cube_in_literal(s, "("))
		cube_bad_text(TYPE, input, "A cell begins with the number of a grouping.");
	key.grouping = (int32) number - 1;
	grouping = &view->cube->plan.groupings[key.grouping];
	for (int e = 0; e < grouping->nelements; e++)
	{
		bool		ok = e == 0 || cube_in_literal(s, " ");
		char	   *text;
		int			length;
		int64		value = 0;

		if (!ok)
			value = 0;
		else if (grouping->elements[e] > 0 && cube_in_text(s, &text, &length))
		{
			key.values[e] = -1 - (int32) sales_cube_add_text(view, text, length);
			pfree(text);
			continue;
		}
		else if (**s == '-' && !isdigit((unsigned char) (*s)[1]))
		{
			(*s)++;
			value = CUBE_NULL;
		}
		else
			ok = cube_in_integer(s, grouping->elements[e] > 0 ? 0
								 : -PG_INT32_MAX, PG_INT32_MAX, &value);
		if (!ok)
			cube_bad_text(TYPE, input, "A cell has a value for each element of its grouping.");
		key.values[e] = (int32) value;
	}
	if (!cube_in_literal(s, ")"))
		cube_bad_text(TYPE, input, "A cell has a value for each element of its grouping.");
	/* a new text may have moved the plan */
	grouping = &view->cube->plan.groupings[key.grouping];
	cell = new_cell(view, &key);
	if (cell == NULL)
		cube_bad_text(TYPE, input, "A cell is there twice.");
	grouping = &view->cube->plan.groupings[key.grouping];
	for (int arm = 0; arm < view->cube->narms; arm++)
		if (!in_arm(s, &cell->arms[arm], grouping->statistics))
			cube_bad_text(TYPE, input, "The figures of a cell are not what they must be.");
}

static Datum
sales_cube_from_text(char *input)
{
	const char *s = input;
	CubePlan   *plan;
	SalesCube  *cube;
	CubeView	view;
	int64		value;
	const char *fault;

	if (!cube_in_integer(&s, SALES_CUBE_VERSION, SALES_CUBE_VERSION, &value) ||
		!cube_in_literal(&s, " ["))
		cube_bad_text(TYPE, input, "It begins with a version that is known.");
	plan = cube_plan_in(&s, TYPE, input);
	cube = sales_cube_create(plan);
	sales_cube_view(cube, &view);
	if (!cube_in_literal(&s, "]"))
		cube_bad_text(TYPE, input, "The plan ends with a bracket.");
	for (int i = 0; i < CUBE_MEASURES; i++)
	{
		if (!cube_in_literal(&s, " ") ||
			!cube_in_integer(&s, 0, AMOUNT_MAX_SCALE, &value))
			cube_bad_text(TYPE, input, "It has decimals of amounts, ratings and quantities.");
		view.cube->scales[i] = (uint8) value;
	}
	for (int i = 0; i < CUBE_MEASURES; i++)
		if (!cube_in_literal(&s, " ") ||
			!cube_in_integer(&s, 0, AMOUNT_LIMIT - 1, &view.cube->largest[i]))
			cube_bad_text(TYPE, input, "It has a largest amount, rating and quantity.");
	if (!cube_in_literal(&s, " ["))
		cube_bad_text(TYPE, input, "The cells stand in brackets.");
	if (!cube_in_literal(&s, "]"))
	{
		do
		{
			CHECK_FOR_INTERRUPTS();
			in_cell(input, &s, &view);
		} while (cube_in_literal(&s, "; "));
		if (!cube_in_literal(&s, "]"))
			cube_bad_text(TYPE, input, "Cells are separated by a semicolon.");
	}
	if (*s != '\0')
		cube_bad_text(TYPE, input, "Nothing may follow the cells.");
	fault = sales_cube_check(view.cube);
	if (fault != NULL)
		cube_bad_text(TYPE, input, fault);
	return PointerGetDatum(sales_cube_pack(view.cube));
}

Datum
pt_sales_cube_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, sales_cube_from_text);
}

/*--- Bytes ---*/

static void
send_arm(StringInfo buf, const CubeArm *arm, bool statistics)
{
	const CubeFigures *figures = &arm->figures;

	if (statistics)
	{
		bytea	   *bytes = DatumGetByteaPP(DirectFunctionCall1(pt_sales_stats_send,
																PointerGetDatum(&arm->stats)));

		pq_sendint32(buf, (int32) VARSIZE_ANY_EXHDR(bytes));
		pq_sendbytes(buf, VARDATA_ANY(bytes), (int) VARSIZE_ANY_EXHDR(bytes));
		pfree(bytes);
		return;
	}
	/* whether there are lines */
	pq_sendint8(buf, figures->counts[COUNT_LINES] > 0 ? 1 : 0);
	if (figures->counts[COUNT_LINES] == 0)
		return;
	for (int i = 0; i < CUBE_COUNTS; i++)
		pq_sendint64(buf, figures->counts[i]);
	for (int i = 0; i < CUBE_SUMS; i++)
		amount_sum_send(buf, figures->sums[i]);
	pq_sendint64(buf, figures->first);
	pq_sendint64(buf, figures->last);
}

Datum
pt_sales_cube_send(PG_FUNCTION_ARGS)
{
	SalesCube  *cube = sales_cube_get(PG_GETARG_DATUM(0));
	CubeView	view;
	StringInfoData buf;

	if (cube->nslots > 0)
		cube = sales_cube_pack(cube);
	sales_cube_view(cube, &view);
	pq_begintypsend(&buf);
	pq_sendint32(&buf, cube->version);
	cube_plan_send(&buf, &cube->plan);
	for (int i = 0; i < CUBE_MEASURES; i++)
		pq_sendint32(&buf, cube->scales[i]);
	for (int i = 0; i < CUBE_MEASURES; i++)
		pq_sendint64(&buf, cube->largest[i]);
	pq_sendint32(&buf, cube->ncells);
	for (int32 i = 0; i < cube->ncells; i++)
	{
		const CubeCell *cell = cube_cell(&view, i);
		const CubeGrouping *grouping =
		&cube->plan.groupings[cell->key.grouping];

		CHECK_FOR_INTERRUPTS();
		pq_sendint32(&buf, cell->key.grouping + 1);
		for (int e = 0; e < grouping->nelements; e++)
		{
			int32		value = cell->key.values[e];

			if (value == CUBE_NULL)
				pq_sendint8(&buf, KEY_NULL);
			else if (grouping->elements[e] > 0 && value < 0)
			{
				int			length;
				const char *text = cube_text(&view, -1 - value, &length);

				pq_sendint8(&buf, KEY_TEXT);
				pt_sendcountedtext(&buf, text, length);
			}
			else
			{
				pq_sendint8(&buf, KEY_CODE);
				pq_sendint32(&buf, value);
			}
		}
		for (int arm = 0; arm < cube->narms; arm++)
			send_arm(&buf, &cell->arms[arm], grouping->statistics);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static void
recv_arm(StringInfo buf, CubeArm *arm, bool statistics)
{
	CubeFigures *figures = &arm->figures;

	if (statistics)
	{
		uint32		length = pq_getmsgint(buf, 4);
		StringInfoData part;
		SalesStats *stats;

		if (length > (uint32) (buf->len - buf->cursor))
			input_bad_bytes(TYPE, "It ends too early.");
		initStringInfo(&part);
		appendBinaryStringInfo(&part, pq_getmsgbytes(buf, (int) length),
							   (int) length);
		stats = (SalesStats *)
			DatumGetPointer(DirectFunctionCall1(pt_sales_stats_recv,
												PointerGetDatum(&part)));
		if (part.cursor != part.len)
			input_bad_bytes(TYPE, "Statistics are longer than they are.");
		arm->stats = *stats;
		pfree(stats);
		pfree(part.data);
		return;
	}
	switch (pq_getmsgbyte(buf))
	{
		case 0:
			return;
		case 1:
			break;
		default:
			input_bad_bytes(TYPE, "It is not said whether there are lines.");
	}
	for (int i = 0; i < CUBE_COUNTS; i++)
		figures->counts[i] = pq_getmsgint64(buf);
	if (figures->counts[COUNT_LINES] == 0)
		input_bad_bytes(TYPE, "There are no lines where there should be.");
	for (int i = 0; i < CUBE_SUMS; i++)
		figures->sums[i] = amount_sum_recv(buf);
	figures->first = pq_getmsgint64(buf);
	figures->last = pq_getmsgint64(buf);
}

static void
recv_cell(StringInfo buf, CubeView *view)
{
	CubeKey		key = {0};
	const CubeGrouping *grouping;
	uint32		number = pq_getmsgint(buf, 4);
	CubeCell   *cell;

	if (number < 1 || number > view->cube->plan.ngroupings)
		input_bad_bytes(TYPE, "A cell is of no grouping.");
	key.grouping = (int32) number - 1;
	grouping = &view->cube->plan.groupings[key.grouping];
	for (int e = 0; e < CUBE_MAX_ELEMENTS; e++)
	{
		int			element = view->cube->plan.groupings[key.grouping].elements[e];
		char	   *text;
		int			length;

		if (element == CUBE_NONE)
			break;
		switch (pq_getmsgbyte(buf))
		{
			case KEY_NULL:
				key.values[e] = CUBE_NULL;
				continue;
			case KEY_CODE:
				key.values[e] = (int32) pq_getmsgint(buf, 4);
				if (key.values[e] == CUBE_NULL ||
					(element > 0 && key.values[e] < 0))
					input_bad_bytes(TYPE, "A code is out of range.");
				continue;
			case KEY_TEXT:
				if (element > 0)
					break;
				/* FALLTHROUGH */
			default:
				input_bad_bytes(TYPE, "A value is of an unknown kind.");
		}
		length = (int) pq_getmsgint(buf, 4);
		if (length < 0 || length > buf->len - buf->cursor)
			input_bad_bytes(TYPE, "A text ends too early.");
		text = pq_getmsgtext(buf, length, &length);
		key.values[e] = -1 - (int32) sales_cube_add_text(view, text, length);
		pfree(text);
	}
	cell = new_cell(view, &key);
	if (cell == NULL)
		input_bad_bytes(TYPE, "A cell is there twice.");
	grouping = &view->cube->plan.groupings[key.grouping];
	for (int arm = 0; arm < view->cube->narms; arm++)
		recv_arm(buf, &cell->arms[arm], grouping->statistics);
}

Datum
pt_sales_cube_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	CubePlan   *plan;
	CubeView	view;
	int32		ncells;
	const char *fault;

	if (pq_getmsgint(buf, 4) != SALES_CUBE_VERSION)
		input_bad_bytes(TYPE, "It is of an unknown version.");
	plan = cube_plan_recv(buf, TYPE);
	sales_cube_view(sales_cube_create(plan), &view);
	for (int i = 0; i < CUBE_MEASURES; i++)
	{
		uint32		scale = pq_getmsgint(buf, 4);

		if (scale > AMOUNT_MAX_SCALE)
			input_bad_bytes(TYPE, "Its amounts are out of range.");
		view.cube->scales[i] = (uint8) scale;
	}
	for (int i = 0; i < CUBE_MEASURES; i++)
		view.cube->largest[i] = pq_getmsgint64(buf);
	ncells = (int32) pq_getmsgint(buf, 4);
	/* each takes some bytes, so that this is no long loop */
	for (int32 i = 0; i < ncells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		recv_cell(buf, &view);
	}
	if (ncells < 0 || buf->cursor != buf->len)
		input_bad_bytes(TYPE, "It is longer than its cells.");
	fault = sales_cube_check(view.cube);
	if (fault != NULL)
		input_bad_bytes(TYPE, fault);
	PG_RETURN_POINTER(sales_cube_pack(view.cube));
}
