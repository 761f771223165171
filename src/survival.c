/*-------------------------------------------------------------------------
 *
 * survival.c
 *		The type survival: durations that ended, and those that go on.
 *
 * Counts are whole numbers, so no order of rows and no plan changes a digit
 * of what is told from them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "common/int.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "compat.h"
#include "history.h"
#include "input.h"
#include "rfm.h"
#include "survival.h"

PG_FUNCTION_INFO_V1(pt_survival_in);
PG_FUNCTION_INFO_V1(pt_survival_out);
PG_FUNCTION_INFO_V1(pt_survival_recv);
PG_FUNCTION_INFO_V1(pt_survival_send);
PG_FUNCTION_INFO_V1(pt_survival_accum);
PG_FUNCTION_INFO_V1(pt_survival_combine);
PG_FUNCTION_INFO_V1(pt_survival_rollup);
PG_FUNCTION_INFO_V1(pt_survival_final);
PG_FUNCTION_INFO_V1(pt_survival_add);

#define INITIAL_CAPACITY	20
#define MAX_CAPACITY \
	((int64) ((MaxAllocSize - offsetof(Survival, rows)) / \
			  sizeof(SurvivalRow)))

StaticAssertDecl(offsetof(Survival, rows) == 32, "the header has padding");

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE SurvivalRow
#define ST_COMPARE(a, b) \
	(((a)->duration > (b)->duration) - ((a)->duration < (b)->duration))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/*--- The value ---*/

static int64
survival_capacity(const Survival *survival)
{
	return (VARSIZE(survival) - offsetof(Survival, rows)) /
		sizeof(SurvivalRow);
}

static bool
good_duration(double duration)
{
	return duration >= 0 && duration <= SURVIVAL_MOST_TIME;
}

/* What is wrong with a value from outside: one stored, sent or typed. */
const char *
survival_fault(const Survival *survival)
{
	int64		n = 0;

	if (VARSIZE(survival) < offsetof(Survival, rows))
		return "It is shorter than its header.";
	if (survival->version != SURVIVAL_VERSION)
		return "Its version is not known.";
	if (survival->nsorted < 0 || survival->nused < survival->nsorted ||
		survival->nused > survival_capacity(survival) ||
		survival->left_out < 0)
		return "Its number of rows does not fit its size.";
	for (int i = 0; i < survival->nused; i++)
	{
		const SurvivalRow *row = &survival->rows[i];

		CHECK_FOR_INTERRUPTS();
		if (!good_duration(row->duration))
			return "A duration is from 0 to 10^15.";
		if (row->events < 0 || row->censored < 0 ||
			(row->events == 0 && row->censored == 0) ||
			pg_add_s64_overflow(n, row->events, &n) ||
			pg_add_s64_overflow(n, row->censored, &n))
			return "A count is out of range.";
		if (i > 0 && i < survival->nsorted &&
			row[-1].duration >= row->duration)
			return "Its durations do not ascend.";
	}
	if (n != survival->n)
		return "Its counts do not add up.";
	return NULL;
}

/* A value from outside, detoasted: a stored one may have a short header. */
static Survival *
survival_get(Datum value)
{
	Survival   *survival = (Survival *) PG_DETOAST_DATUM(value);
	const char *fault = survival_fault(survival);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid survival"),
				 errdetail("%s", fault)));
	return survival;
}

/* Packed: sorted, if it is not. */
Survival *
survival_from_datum(Datum value)
{
	Survival   *survival = survival_get(value);

	return survival->nsorted == survival->nused ? survival
		: survival_pack(survival);
}

Survival *
survival_create(int capacity)
{
	Survival   *survival = palloc0(SURVIVAL_SIZE(capacity));

	SET_VARSIZE(survival, SURVIVAL_SIZE(capacity));
	survival->version = SURVIVAL_VERSION;
	return survival;
}

static void
compact(Survival *survival)
{
	SurvivalRow *rows = survival->rows;
	int			last = 0;

	if (survival->nsorted == survival->nused)
		return;
	sort_rows(rows, survival->nused);
	for (int i = 1; i < survival->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (rows[last].duration == rows[i].duration)
		{
			rows[last].events += rows[i].events;
			rows[last].censored += rows[i].censored;
		}
		else
			rows[++last] = rows[i];
	}
	survival->nsorted = survival->nused = last + 1;
}

/* A copy that is sorted and has no room to spare; the value stays as it is. */
Survival *
survival_pack(const Survival *survival)
{
	Survival   *packed = survival_create(survival->nused);

	memcpy((char *) packed + VARHDRSZ, (const char *) survival + VARHDRSZ,
		   SURVIVAL_SIZE(survival->nused) - VARHDRSZ);
	compact(packed);
	SET_VARSIZE(packed, SURVIVAL_SIZE(packed->nused));
	return packed;
}

static void
too_many(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("too many rows for a survival")));
}

/*
 * Adds counts.  The value is changed in place; where it must grow, a larger
 * copy in the current memory context is returned, and the caller (as the
 * executor does with transition values) disposes of the old one.
 */
Survival *
survival_add(Survival *survival, const SurvivalRow *row)
{
	int64		capacity = survival_capacity(survival);

	if (pg_add_s64_overflow(survival->n, row->events, &survival->n) ||
		pg_add_s64_overflow(survival->n, row->censored, &survival->n))
		too_many();
	if (survival->nused == capacity)
	{
		compact(survival);
		/* a packed value without rows has no capacity at all */
		if (survival->nused > capacity / 2 || capacity == 0)
		{
			Survival   *larger;

			if (survival->nused >= MAX_CAPACITY)
				ereport(ERROR,
						(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						 errmsg("too many different durations for a survival"),
						 errdetail("The limit is " INT64_FORMAT ".",
								   MAX_CAPACITY),
						 errhint("Round durations, for example to days.")));
			capacity = Min(Max(capacity * 2, INITIAL_CAPACITY), MAX_CAPACITY);
			larger = survival_create((int) capacity);
			memcpy((char *) larger + VARHDRSZ, (char *) survival + VARHDRSZ,
				   SURVIVAL_SIZE(survival->nused) - VARHDRSZ);
			survival = larger;
		}
	}
	survival->rows[survival->nused++] = *row;
	return survival;
}

static Survival *
survival_merge(Survival *survival, const Survival *other)
{
	for (int i = 0; i < other->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		survival = survival_add(survival, &other->rows[i]);
	}
	if (pg_add_s64_overflow(survival->left_out, other->left_out,
							&survival->left_out))
		too_many();
	return survival;
}

/* A copy that can be added to. */
static Survival *
survival_unpack(const Survival *survival)
{
	Survival   *copy = survival_create(Max(survival->nused,
										   INITIAL_CAPACITY));

	memcpy((char *) copy + VARHDRSZ, (const char *) survival + VARHDRSZ,
		   SURVIVAL_SIZE(survival->nused) - VARHDRSZ);
	return copy;
}

/*--- Aggregates ---*/

/*
 * The value that a transition function may change: the executor's own, or a
 * copy of what a direct caller passed.
 */
static Survival *
transition_survival(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		return survival_create(INITIAL_CAPACITY);
	if (AggCheckCallContext(fcinfo, NULL))
		return (Survival *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	return survival_unpack(survival_get(PG_GETARG_DATUM(0)));
}

/* (duration, event [, weight]) */
Datum
pt_survival_accum(PG_FUNCTION_ARGS)
{
	Survival   *survival = transition_survival(fcinfo);
	SurvivalRow row = {0};
	int64		weight = 1;

	if (PG_NARGS() > 3)
	{
		if (PG_ARGISNULL(3))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the weight of a duration must not be NULL")));
		weight = PG_GETARG_INT64(3);
		if (weight < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the weight of a duration must not be negative"),
					 errdetail("It is " INT64_FORMAT ", the number of those that are alike.",
							   weight)));
	}
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		survival->left_out++;
		PG_RETURN_POINTER(survival);
	}
	row.duration = PG_GETARG_FLOAT8(1) + 0.0;	/* -0 and 0 are one */
	if (!good_duration(row.duration))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a duration must be between 0 and 10^15"),
				 errdetail("It is %.17g.", row.duration)));
	if (weight == 0)
		PG_RETURN_POINTER(survival);
	if (PG_GETARG_BOOL(2))
		row.events = weight;
	else
		row.censored = weight;
	PG_RETURN_POINTER(survival_add(survival, &row));
}

Datum
pt_survival_combine(PG_FUNCTION_ARGS)
{
	Survival   *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = survival_get(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(survival_unpack(other));
	PG_RETURN_POINTER(survival_merge(transition_survival(fcinfo), other));
}

/* rollup(survival): combine under the name of a transition function. */
Datum
pt_survival_rollup(PG_FUNCTION_ARGS)
{
	return pt_survival_combine(fcinfo);
}

Datum
pt_survival_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(survival_pack(survival_get(PG_GETARG_DATUM(0))));
}

/* The operator +. */
Datum
pt_survival_add(PG_FUNCTION_ARGS)
{
	Survival   *sum = survival_unpack(survival_get(PG_GETARG_DATUM(0)));

	PG_RETURN_POINTER(survival_pack(survival_merge(sum,
												   survival_get(PG_GETARG_DATUM(1)))));
}

/*--- Text ---*/

/* 1 left-out {duration:events/censored, ...} */
Datum
pt_survival_out(PG_FUNCTION_ARGS)
{
	Survival   *survival = survival_from_datum(PG_GETARG_DATUM(0));
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d " INT64_FORMAT " {", survival->version,
					 survival->left_out);
	for (int i = 0; i < survival->nused; i++)
	{
		char		number[DOUBLE_SHORTEST_DECIMAL_LEN];

		CHECK_FOR_INTERRUPTS();
		double_to_shortest_decimal_buf(survival->rows[i].duration, number);
		appendStringInfo(&buf, "%s%s:" INT64_FORMAT "/" INT64_FORMAT,
						 i > 0 ? ", " : "", number, survival->rows[i].events,
						 survival->rows[i].censored);
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

PT_NORETURN static void
bad_text(const char *input, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"", "survival",
					pnstrdup(input, pg_mbcliplen(input, strnlen(input, 104),
												 100))),
			 errdetail("%s", detail)));
}

/* Digits, without a blank or a sign before them. */
static bool
in_count(const char **s, int64 *value)
{
	char	   *p = unconstify(char *, *s);

	if (!isdigit((unsigned char) *p) || !rfm_read_int64(&p, value))
		return false;
	*s = p;
	return true;
}

static bool
in_duration(const char **s, double *value)
{
	char	   *end;

	if (!isdigit((unsigned char) **s))
		return false;
	*value = strtod(*s, &end);
	for (const char *p = *s; p < end; p++)
	{
		if (strchr("0123456789+-.eE", *p) == NULL)
			return false;
	}
	*s = end;
	return good_duration(*value);
}

static Datum
survival_from_text(char *input)
{
	const char *s = input;
	Survival   *survival = survival_create(0);
	const char *fault;

	if (!history_in_literal(&s, "1 ") || !in_count(&s, &survival->left_out) ||
		!history_in_literal(&s, " {"))
		bad_text(input, "It begins with its version, which is 1, the number of rows left out, and a brace.");
	while (!history_in_literal(&s, "}"))
	{
		SurvivalRow row;
		Survival   *larger;

		CHECK_FOR_INTERRUPTS();
		if ((survival->nused > 0 && !history_in_literal(&s, ", ")) ||
			!in_duration(&s, &row.duration) ||
			!history_in_literal(&s, ":") || !in_count(&s, &row.events) ||
			!history_in_literal(&s, "/") || !in_count(&s, &row.censored) ||
			(row.events == 0 && row.censored == 0))
			bad_text(input, "A row is a duration, the number of events and that of the censored, as in \"6:3/1\".");
		larger = survival_add(survival, &row);
		if (larger != survival)
			pfree(survival);
		survival = larger;
	}
	if (*s != '\0')
		bad_text(input, "It ends with a closing brace.");
	survival = survival_pack(survival);
	fault = survival_fault(survival);
	if (fault != NULL)
		bad_text(input, fault);
	return PointerGetDatum(survival);
}

Datum
pt_survival_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, survival_from_text);
}

/*--- Bytes ---*/

#define WIRE_ROW_BYTES	(3 * sizeof(int64))

/*
 * The version with 32 bits, rows left out and the number of rows with 64;
 * then the rows: duration in double precision, and two counts.
 */
Datum
pt_survival_send(PG_FUNCTION_ARGS)
{
	Survival   *survival = survival_from_datum(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint32(&buf, survival->version);
	pq_sendint64(&buf, survival->left_out);
	pq_sendint64(&buf, survival->nused);
	for (int i = 0; i < survival->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		pq_sendfloat8(&buf, survival->rows[i].duration);
		pq_sendint64(&buf, survival->rows[i].events);
		pq_sendint64(&buf, survival->rows[i].censored);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pt_survival_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	uint32		version = pq_getmsgint(buf, 4);
	int64		left_out = pq_getmsgint64(buf);
	uint64		n = (uint64) pq_getmsgint64(buf);
	uint64		rest = (uint64) (buf->len - buf->cursor);
	Survival   *survival;
	const char *fault;

	if (version != SURVIVAL_VERSION)
		input_bad_bytes("survival", "It is of an unknown version.");
	/* believed only as far as there are bytes for it */
	if (n != rest / WIRE_ROW_BYTES || n * WIRE_ROW_BYTES != rest)
		input_bad_bytes("survival", "Its number of rows does not fit its size.");
	survival = survival_create((int) n);
	survival->left_out = left_out;
	survival->nused = survival->nsorted = (int32) n;
	for (uint64 i = 0; i < n; i++)
	{
		SurvivalRow *row = &survival->rows[i];

		CHECK_FOR_INTERRUPTS();
		row->duration = pq_getmsgfloat8(buf) + 0.0;
		row->events = pq_getmsgint64(buf);
		row->censored = pq_getmsgint64(buf);
		if (row->events < 0 || row->censored < 0 ||
			pg_add_s64_overflow(survival->n, row->events, &survival->n) ||
			pg_add_s64_overflow(survival->n, row->censored, &survival->n))
			input_bad_bytes("survival", "A count is out of range.");
	}
	fault = survival_fault(survival);
	if (fault != NULL)
		input_bad_bytes("survival", fault);
	PG_RETURN_POINTER(survival);
}
