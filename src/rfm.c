/*-------------------------------------------------------------------------
 *
 * rfm.c
 *		RFM scores: the types rfm_state and rfm_thresholds, and what builds
 *		on them.
 *
 * Scores come from cut points, the quantiles 1/k, ..., (k-1)/k of type 7 of
 * each measure, so that equal values always get equal scores.  An order
 * count or a revenue scores 1 plus the number of cut points below it; days
 * since the last purchase score the other way round.  Cut points that
 * coincide are kept: each of them counts.
 *
 * An rfm_state is one flat datum: a header, and a quantile_state for each
 * measure, each with room of its own to grow.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "array.h"
#include "quantile.h"
#include "rfm.h"

PG_FUNCTION_INFO_V1(pt_rfm_state_in);
PG_FUNCTION_INFO_V1(pt_rfm_state_out);
PG_FUNCTION_INFO_V1(pt_rfm_state_recv);
PG_FUNCTION_INFO_V1(pt_rfm_state_send);
PG_FUNCTION_INFO_V1(pt_rfm_state_accum);
PG_FUNCTION_INFO_V1(pt_rfm_state_combine);
PG_FUNCTION_INFO_V1(pt_rfm_state_rollup);
PG_FUNCTION_INFO_V1(pt_rfm_state_final);
PG_FUNCTION_INFO_V1(pt_rfm_thresholds_accum);
PG_FUNCTION_INFO_V1(pt_rfm_thresholds_final);
PG_FUNCTION_INFO_V1(pt_rfm_thresholds_of_state);
PG_FUNCTION_INFO_V1(pt_rfm_thresholds_fixed);
PG_FUNCTION_INFO_V1(pt_rfm_thresholds_in);
PG_FUNCTION_INFO_V1(pt_rfm_thresholds_out);
PG_FUNCTION_INFO_V1(pt_rfm_thresholds_recv);
PG_FUNCTION_INFO_V1(pt_rfm_thresholds_send);
PG_FUNCTION_INFO_V1(pt_rfm_buckets);
PG_FUNCTION_INFO_V1(pt_rfm_customers);
PG_FUNCTION_INFO_V1(pt_recency_score);
PG_FUNCTION_INFO_V1(pt_order_count_score);
PG_FUNCTION_INFO_V1(pt_revenue_score);
PG_FUNCTION_INFO_V1(pt_rfm_scores);
PG_FUNCTION_INFO_V1(pt_rfm_threshold_rows);

#define RFM_STATE_VERSION		1
#define RFM_THRESHOLDS_VERSION	1
#define DEFAULT_BUCKETS			5
#define INITIAL_CAPACITY		16

typedef enum RfmMeasure
{
	RECENCY_DAYS,
	ORDER_COUNT,
	REVENUE
} RfmMeasure;

#define MEASURES	3

static const char *const measure_names[MEASURES] = {
	"recency_days", "order_count", "revenue"
};

typedef struct RfmState
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	int32		version;
	int32		buckets;		/* 0 until rfm_thresholds() has set it */
	int32		unused;			/* 0 */
	/* a QuantileState for each measure follows, all with the same total */
} RfmState;

typedef struct RfmThresholds
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	int32		version;
	int32		buckets;		/* k, at least 1 */
	int32		unused;			/* 0 */
	int64		customers;		/* 0 if the cut points were given */
	float8		cuts[FLEXIBLE_ARRAY_MEMBER];	/* k - 1 of each measure */
} RfmThresholds;

#define THRESHOLDS_SIZE(buckets) \
	(offsetof(RfmThresholds, cuts) + \
	 (Size) MEASURES * ((Size) (buckets) - 1) * sizeof(float8))

StaticAssertDecl(sizeof(RfmState) % sizeof(float8) == 0 &&
				 offsetof(QuantileState, entries) % sizeof(float8) == 0,
				 "the parts of an rfm_state must be aligned");

/*--- Errors ---*/

void
rfm_bad_text(const char *type, const char *input, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"", type,
					pnstrdup(input, pg_mbcliplen(input, strlen(input), 100))),
			 errdetail("%s", detail)));
}

void
rfm_check_buckets(int32 buckets)
{
	if (buckets < 1 || buckets > RFM_MAX_SCORE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of buckets must be between 1 and %d",
						RFM_MAX_SCORE),
				 errdetail("It is %d.", buckets)));
}

PT_NORETURN static void
bad_external(const char *type)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid external %s", type)));
}

/*--- rfm_state: arithmetic on the struct ---*/

static QuantileState *
state_part(const RfmState *state, RfmMeasure measure)
{
	char	   *part = (char *) state + sizeof(RfmState);

	for (int i = 0; i < (int) measure; i++)
		part += VARSIZE(part);
	return (QuantileState *) part;
}

/* What is wrong with the state, or NULL. */
static const char *
state_fault(const RfmState *state)
{
	Size		size = VARSIZE(state);
	Size		offset = sizeof(RfmState);
	int64		total = 0;

	if (size < sizeof(RfmState))
		return "It is shorter than its header.";
	if (state->version != RFM_STATE_VERSION || state->unused != 0)
		return "Its version is not known.";
	if (state->buckets < 0 || state->buckets > RFM_MAX_SCORE)
		return "Its number of buckets is out of range.";
	for (int i = 0; i < MEASURES; i++)
	{
		const QuantileState *part = (const QuantileState *)
			((const char *) state + offset);
		const char *fault;

		if (size - offset < offsetof(QuantileState, entries) ||
			!VARATT_IS_4B_U(part) || VARSIZE(part) > size - offset ||
			VARSIZE(part) % sizeof(float8) != 0)
			return "One of its distributions does not fit into it.";
		fault = quantile_state_fault(part);
		if (fault != NULL)
			return fault;
		if (part->buckets != 0 || part->merge_equal != 0)
			return "One of its distributions has settings.";
		if (i > 0 && part->total != total)
			return "Its distributions differ in their number of customers.";
		total = part->total;
		offset += VARSIZE(part);
	}
	return offset == size ? NULL : "It is longer than its distributions.";
}

/* Every state from outside passes here: what is stored, sent or typed. */
static void
check_state(const RfmState *state, int sqlerrcode)
{
	const char *fault = state_fault(state);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(sqlerrcode),
				 errmsg("invalid rfm_state"),
				 errdetail("%s", fault)));
}

/* A state of these three distributions, which are copied. */
static RfmState *
state_build(int32 buckets, QuantileState *const *parts)
{
	Size		size = sizeof(RfmState);
	RfmState   *state;
	char	   *to;

	for (int i = 0; i < MEASURES; i++)
		size += VARSIZE(parts[i]);
	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many different values for exact RFM thresholds"),
				 errdetail("Different values take 16 bytes each, in all at most 1 GB."),
				 errhint("Round recency_days to days, or revenue to units of money.")));
	state = palloc(size);
	SET_VARSIZE(state, size);
	state->version = RFM_STATE_VERSION;
	state->buckets = buckets;
	state->unused = 0;
	to = (char *) state + sizeof(RfmState);
	for (int i = 0; i < MEASURES; i++)
	{
		memcpy(to, parts[i], VARSIZE(parts[i]));
		to += VARSIZE(parts[i]);
	}
	return state;
}

static RfmState *
state_create(void)
{
	QuantileState *empty = quantile_state_create(INITIAL_CAPACITY);
	QuantileState *parts[MEASURES] = {empty, empty, empty};

	return state_build(0, parts);
}

/*
 * Puts a part that has grown into the state: makes a larger copy in the
 * current memory context, where the part itself is.  Near the limit of 1 GB
 * the part gets less room than it asked for.
 */
static RfmState *
state_replace_part(const RfmState *state, RfmMeasure measure,
				   QuantileState *part)
{
	QuantileState *parts[MEASURES];
	RfmState   *larger;
	Size		others = sizeof(RfmState);

	for (int i = 0; i < MEASURES; i++)
	{
		parts[i] = state_part(state, i);
		if (i != (int) measure)
			others += VARSIZE(parts[i]);
	}
	parts[measure] = part;
	if (others + VARSIZE(part) > MaxAllocSize)
	{
		Size		room = (MaxAllocSize - others) & ~((Size) 15);
		Size		needed = offsetof(QuantileState, entries) +
			(Size) part->nused * sizeof(QuantileEntry);

		/* some of it free, or every few rows would sort all of them */
		if (needed + needed / 8 <= room)
			SET_VARSIZE(part, room);
	}
	larger = state_build(state->buckets, parts);
	pfree(part);
	return larger;
}

static RfmState *
state_add(RfmState *state, const float8 *values)
{
	for (int i = 0; i < MEASURES; i++)
	{
		QuantileState *part = state_part(state, i);
		QuantileState *grown = quantile_state_add(part, values[i], 1);

		if (grown != part)
			state = state_replace_part(state, i, grown);
	}
	return state;
}

static RfmState *
state_merge(RfmState *state, const RfmState *other)
{
	for (int i = 0; i < MEASURES; i++)
	{
		QuantileState *part = state_part(state, i);
		QuantileState *grown = quantile_state_merge(part,
													state_part(other, i));

		if (grown != part)
			state = state_replace_part(state, i, grown);
	}
	return state;
}

/* A copy that is sorted and has no room to spare; the state stays as it is. */
static RfmState *
state_pack(const RfmState *state)
{
	QuantileState *parts[MEASURES];
	RfmState   *packed;

	for (int i = 0; i < MEASURES; i++)
		parts[i] = quantile_state_pack(state_part(state, i));
	packed = state_build(state->buckets, parts);
	for (int i = 0; i < MEASURES; i++)
		pfree(parts[i]);
	return packed;
}

static RfmState *
get_state(FunctionCallInfo fcinfo, int arg)
{
	/* detoasted and aligned: stored states may have a short header */
	RfmState   *state = (RfmState *) PG_DETOAST_DATUM(PG_GETARG_DATUM(arg));

	check_state(state, ERRCODE_DATA_CORRUPTED);
	return state;
}

/*--- rfm_state: I/O ---*/

static bool
read_int64(char **s, int64 *value)
{
	char	   *end;

	errno = 0;
	*value = strtoll(*s, &end, 10);
	if (end == *s || errno != 0)
		return false;
	*s = end;
	return true;
}

PT_NORETURN static void
bad_state_text(const char *input)
{
	rfm_bad_text("rfm_state", input,
				 "It reads \"version buckets {recency_days:count,...} {order_count:count,...} {revenue:count,...}\", for example \"1 5 {30:2} {1:1,4:1} {9.95:1,120:1}\".");
}

Datum
pt_rfm_state_in(PG_FUNCTION_ARGS)
{
	char	   *input = PG_GETARG_CSTRING(0);
	char	   *s = input;
	int64		version,
				buckets;
	QuantileState *parts[MEASURES];
	RfmState   *state;

	if (!read_int64(&s, &version) || version != RFM_STATE_VERSION ||
		!read_int64(&s, &buckets) || buckets < 0 || buckets > RFM_MAX_SCORE)
		bad_state_text(input);
	for (int i = 0; i < MEASURES; i++)
	{
		char	   *end = strchr(s, '}');
		char	   *part;

		if (s[0] != ' ' || s[1] != '{' || end == NULL)
			bad_state_text(input);
		part = psprintf("%d 0 0%.*s", QUANTILE_STATE_VERSION,
						(int) (end + 1 - s), s);
		parts[i] = (QuantileState *)
			DatumGetPointer(DirectFunctionCall1(pt_quantile_state_in,
												CStringGetDatum(part)));
		pfree(part);
		s = end + 1;
	}
	if (*s != '\0')
		bad_state_text(input);
	state = state_build((int32) buckets, parts);
	check_state(state, ERRCODE_INVALID_TEXT_REPRESENTATION);
	PG_RETURN_POINTER(state);
}

Datum
pt_rfm_state_out(PG_FUNCTION_ARGS)
{
	RfmState   *state = get_state(fcinfo, 0);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d %d", state->version, state->buckets);
	for (int i = 0; i < MEASURES; i++)
	{
		Datum		part = PointerGetDatum(state_part(state, i));
		char	   *text = DatumGetCString(DirectFunctionCall1(pt_quantile_state_out,
															   part));

		appendStringInfo(&buf, " %s", strchr(text, '{'));
		pfree(text);
	}
	PG_RETURN_CSTRING(buf.data);
}

Datum
pt_rfm_state_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int32		version = pq_getmsgint(buf, 4);
	int32		buckets = pq_getmsgint(buf, 4);
	QuantileState *parts[MEASURES];
	RfmState   *state;

	if (version != RFM_STATE_VERSION)
		bad_external("rfm_state");
	for (int i = 0; i < MEASURES; i++)
		parts[i] = (QuantileState *)
			DatumGetPointer(DirectFunctionCall1(pt_quantile_state_recv,
												PointerGetDatum(buf)));
	state = state_build(buckets, parts);
	check_state(state, ERRCODE_INVALID_BINARY_REPRESENTATION);
	PG_RETURN_POINTER(state);
}

Datum
pt_rfm_state_send(PG_FUNCTION_ARGS)
{
	RfmState   *state = get_state(fcinfo, 0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint32(&buf, state->version);
	pq_sendint32(&buf, state->buckets);
	for (int i = 0; i < MEASURES; i++)
	{
		Datum		part = PointerGetDatum(state_part(state, i));
		bytea	   *sent = DatumGetByteaP(DirectFunctionCall1(pt_quantile_state_send,
															  part));

		pq_sendbytes(&buf, VARDATA(sent), VARSIZE(sent) - VARHDRSZ);
		pfree(sent);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*--- Aggregates ---*/

/*
 * The state that a transition function may change: the executor's own, or
 * a copy of what a direct caller passed, or a new one (in the current
 * context, since the executor copies a first state itself).
 */
static RfmState *
transition_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		return state_create();
	if (AggCheckCallContext(fcinfo, NULL))
		return (RfmState *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	return state_pack(get_state(fcinfo, 0));
}

static float8
measure_argument(FunctionCallInfo fcinfo, int arg, RfmMeasure measure)
{
	float8		value;

	if (measure == RECENCY_DAYS)
		value = PG_GETARG_FLOAT8(arg);
	else if (measure == ORDER_COUNT)
		value = (float8) PG_GETARG_INT64(arg);
	else
		value = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
												   PG_GETARG_DATUM(arg)));
	if (isnan(value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s is NaN", measure_names[measure]),
				 errhint("Make it NULL, or leave such rows out.")));
	return value;
}

/* Of all rows, whichever process has read them. */
static void
set_buckets(RfmState *state, int32 buckets)
{
	if (state->buckets != 0 && state->buckets != buckets)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("buckets of rfm_thresholds must be the same in every row"),
				 errdetail("One row has %d and another %d.", state->buckets,
						   buckets)));
	state->buckets = buckets;
}

/* buckets is 0 where only the distributions are wanted. */
static Datum
add_customer(FunctionCallInfo fcinfo, int32 buckets)
{
	float8		values[MEASURES];
	RfmState   *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	for (int i = 0; i < MEASURES; i++)
	{
		values[i] = measure_argument(fcinfo, i + 1, i);
		if (isinf(values[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("%s is infinite, or out of the range of double precision",
							measure_names[i]),
					 errhint("Make it NULL, or leave such rows out.")));
	}
	state = transition_state(fcinfo);
	if (buckets != 0)
		set_buckets(state, buckets);
	PG_RETURN_POINTER(state_add(state, values));
}

Datum
pt_rfm_state_accum(PG_FUNCTION_ARGS)
{
	return add_customer(fcinfo, 0);
}

Datum
pt_rfm_thresholds_accum(PG_FUNCTION_ARGS)
{
	int32		buckets = DEFAULT_BUCKETS;

	if (PG_NARGS() > 4)
	{
		if (PG_ARGISNULL(4))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("buckets of rfm_thresholds must not be NULL")));
		buckets = PG_GETARG_INT32(4);
	}
	rfm_check_buckets(buckets);
	return add_customer(fcinfo, buckets);
}

Datum
pt_rfm_state_combine(PG_FUNCTION_ARGS)
{
	RfmState   *state;
	RfmState   *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = get_state(fcinfo, 1);
	state = transition_state(fcinfo);
	if (other->buckets != 0)
		set_buckets(state, other->buckets);
	PG_RETURN_POINTER(state_merge(state, other));
}

/* rollup(rfm_state): combine under the name of a transition function. */
Datum
pt_rfm_state_rollup(PG_FUNCTION_ARGS)
{
	return pt_rfm_state_combine(fcinfo);
}

Datum
pt_rfm_state_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state_pack(get_state(fcinfo, 0)));
}

/*--- rfm_thresholds: making them ---*/

static RfmThresholds *
thresholds_create(int32 buckets, int64 customers)
{
	RfmThresholds *thresholds = palloc0(THRESHOLDS_SIZE(buckets));

	SET_VARSIZE(thresholds, THRESHOLDS_SIZE(buckets));
	thresholds->version = RFM_THRESHOLDS_VERSION;
	thresholds->buckets = buckets;
	thresholds->customers = customers;
	return thresholds;
}

static float8 *
measure_cuts(const RfmThresholds *thresholds, RfmMeasure measure)
{
	return (float8 *) thresholds->cuts +
		(int) measure * (thresholds->buckets - 1);
}

static Datum
thresholds_of_state(FunctionCallInfo fcinfo, const RfmState *state,
					int32 buckets)
{
	RfmThresholds *thresholds;

	rfm_check_buckets(buckets);
	if (state_part(state, RECENCY_DAYS)->total == 0)
		PG_RETURN_NULL();
	thresholds = thresholds_create(buckets,
								   state_part(state, RECENCY_DAYS)->total);
	for (int i = 0; i < MEASURES; i++)
	{
		QuantileState *packed = quantile_state_pack(state_part(state, i));
		float8	   *cuts = measure_cuts(thresholds, i);

		for (int j = 1; j < buckets; j++)
		{
			float8		cut = quantile_type7(packed, j, buckets);

			CHECK_FOR_INTERRUPTS();
			/* rounding must not let a cut point fall behind the one before */
			if (j > 1 && cut < cuts[j - 2])
				cut = cuts[j - 2];
			cuts[j - 1] = cut + 0.0;
		}
		pfree(packed);
	}
	PG_RETURN_POINTER(thresholds);
}

Datum
pt_rfm_thresholds_final(PG_FUNCTION_ARGS)
{
	RfmState   *state;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = get_state(fcinfo, 0);
	return thresholds_of_state(fcinfo, state, state->buckets);
}

Datum
pt_rfm_thresholds_of_state(PG_FUNCTION_ARGS)
{
	return thresholds_of_state(fcinfo, get_state(fcinfo, 0),
							   PG_GETARG_INT32(1));
}

Datum
pt_rfm_thresholds_fixed(PG_FUNCTION_ARGS)
{
	const float8 *given[MEASURES];
	int			n[MEASURES];
	RfmThresholds *thresholds;

	for (int i = 0; i < MEASURES; i++)
		given[i] = float8_elements(PG_GETARG_ARRAYTYPE_P(i),
								   psprintf("%s_cuts", measure_names[i]),
								   &n[i]);
	if (n[0] != n[1] || n[0] != n[2])
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the three measures must have equally many cut points"),
				 errdetail("recency_days has %d, order_count %d and revenue %d.",
						   n[0], n[1], n[2]),
				 errhint("A cut point may be repeated: the score between the two is then not given.")));
	if (n[0] > RFM_MAX_SCORE - 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a measure can have at most %d cut points",
						RFM_MAX_SCORE - 1),
				 errdetail("There are %d.", n[0])));
	thresholds = thresholds_create(n[0] + 1, 0);
	for (int i = 0; i < MEASURES; i++)
	{
		float8	   *cuts = measure_cuts(thresholds, i);

		for (int j = 0; j < n[i]; j++)
		{
			if (!isfinite(given[i][j]))
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("%s_cuts must not contain %s",
								measure_names[i],
								isnan(given[i][j]) ? "NaN" : "infinite values")));
			if (j > 0 && given[i][j] < given[i][j - 1])
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("%s_cuts must ascend", measure_names[i]),
						 errdetail("Cut point %d is %g and cut point %d is %g.",
								   j, given[i][j - 1], j + 1, given[i][j])));
			cuts[j] = given[i][j] + 0.0;	/* -0 and 0 are one value */
		}
	}
	PG_RETURN_POINTER(thresholds);
}

/*--- rfm_thresholds: I/O ---*/

/* What is wrong with the thresholds, or NULL. */
static const char *
thresholds_fault(const RfmThresholds *thresholds)
{
	if (VARSIZE(thresholds) < offsetof(RfmThresholds, cuts))
		return "They are shorter than their header.";
	if (thresholds->version != RFM_THRESHOLDS_VERSION ||
		thresholds->unused != 0)
		return "Their version is not known.";
	if (thresholds->buckets < 1 || thresholds->buckets > RFM_MAX_SCORE)
		return "Their number of buckets is out of range.";
	if (VARSIZE(thresholds) != THRESHOLDS_SIZE(thresholds->buckets))
		return "Their number of cut points does not fit their size.";
	if (thresholds->customers < 0)
		return "Their number of customers is negative.";
	for (int i = 0; i < MEASURES; i++)
	{
		const float8 *cuts = measure_cuts(thresholds, i);

		for (int j = 0; j < thresholds->buckets - 1; j++)
		{
			if (!isfinite(cuts[j]))
				return "A cut point is not finite.";
			if (j > 0 && cuts[j] < cuts[j - 1])
				return "Their cut points do not ascend.";
		}
	}
	return NULL;
}

/* All thresholds from outside pass here: what is stored, sent or typed. */
static void
check_thresholds(const RfmThresholds *thresholds, int sqlerrcode)
{
	const char *fault = thresholds_fault(thresholds);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(sqlerrcode),
				 errmsg("invalid rfm_thresholds"),
				 errdetail("%s", fault)));
}

static RfmThresholds *
get_thresholds(FunctionCallInfo fcinfo, int arg)
{
	RfmThresholds *thresholds =
		(RfmThresholds *) PG_DETOAST_DATUM(PG_GETARG_DATUM(arg));

	check_thresholds(thresholds, ERRCODE_DATA_CORRUPTED);
	return thresholds;
}

static bool
read_literal(char **s, const char *literal)
{
	size_t		len = strlen(literal);

	if (strncmp(*s, literal, len) != 0)
		return false;
	*s += len;
	return true;
}

PT_NORETURN static void
bad_thresholds_text(const char *input)
{
	rfm_bad_text("rfm_thresholds", input,
				 "It reads \"1 {buckets 3, customers 250, recency_days 10 90.5, order_count 1 3, revenue 20 99.5}\", with one cut point less than buckets for each measure.");
}

Datum
pt_rfm_thresholds_in(PG_FUNCTION_ARGS)
{
	char	   *input = PG_GETARG_CSTRING(0);
	char	   *s = input;
	int64		version,
				buckets,
				customers;
	RfmThresholds *thresholds;

	if (!read_int64(&s, &version) || version != RFM_THRESHOLDS_VERSION ||
		!read_literal(&s, " {buckets ") || !read_int64(&s, &buckets) ||
		buckets < 1 || buckets > RFM_MAX_SCORE ||
		!read_literal(&s, ", customers ") || !read_int64(&s, &customers))
		bad_thresholds_text(input);
	thresholds = thresholds_create((int32) buckets, customers);
	for (int i = 0; i < MEASURES; i++)
	{
		float8	   *cuts = measure_cuts(thresholds, i);

		if (!read_literal(&s, ", ") || !read_literal(&s, measure_names[i]))
			bad_thresholds_text(input);
		for (int j = 0; j < buckets - 1; j++)
		{
			char	   *end;

			if (*s != ' ')
				bad_thresholds_text(input);
			cuts[j] = strtod(s, &end) + 0.0;
			if (end == s)
				bad_thresholds_text(input);
			s = end;
		}
	}
	if (strcmp(s, "}") != 0)
		bad_thresholds_text(input);
	check_thresholds(thresholds, ERRCODE_INVALID_TEXT_REPRESENTATION);
	PG_RETURN_POINTER(thresholds);
}

/* Integers and shortest exact decimals: no setting changes the text. */
Datum
pt_rfm_thresholds_out(PG_FUNCTION_ARGS)
{
	RfmThresholds *thresholds = get_thresholds(fcinfo, 0);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d {buckets %d, customers " INT64_FORMAT,
					 thresholds->version, thresholds->buckets,
					 thresholds->customers);
	for (int i = 0; i < MEASURES; i++)
	{
		const float8 *cuts = measure_cuts(thresholds, i);

		appendStringInfo(&buf, ", %s", measure_names[i]);
		for (int j = 0; j < thresholds->buckets - 1; j++)
		{
			char		value[DOUBLE_SHORTEST_DECIMAL_LEN];

			double_to_shortest_decimal_buf(cuts[j], value);
			appendStringInfo(&buf, " %s", value);
		}
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

Datum
pt_rfm_thresholds_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int32		version = pq_getmsgint(buf, 4);
	int32		buckets = pq_getmsgint(buf, 4);
	int64		customers = pq_getmsgint64(buf);
	RfmThresholds *thresholds;

	if (version != RFM_THRESHOLDS_VERSION || buckets < 1 ||
		buckets > RFM_MAX_SCORE)
		bad_external("rfm_thresholds");
	thresholds = thresholds_create(buckets, customers);
	for (int i = 0; i < MEASURES * (buckets - 1); i++)
		thresholds->cuts[i] = pq_getmsgfloat8(buf) + 0.0;
	check_thresholds(thresholds, ERRCODE_INVALID_BINARY_REPRESENTATION);
	PG_RETURN_POINTER(thresholds);
}

Datum
pt_rfm_thresholds_send(PG_FUNCTION_ARGS)
{
	RfmThresholds *thresholds = get_thresholds(fcinfo, 0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint32(&buf, thresholds->version);
	pq_sendint32(&buf, thresholds->buckets);
	pq_sendint64(&buf, thresholds->customers);
	for (int i = 0; i < MEASURES * (thresholds->buckets - 1); i++)
		pq_sendfloat8(&buf, thresholds->cuts[i]);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*--- Scores ---*/

Datum
pt_rfm_buckets(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(get_thresholds(fcinfo, 0)->buckets);
}

Datum
pt_rfm_customers(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(get_thresholds(fcinfo, 0)->customers);
}

static int16
score_of(const RfmThresholds *thresholds, RfmMeasure measure, float8 value)
{
	const float8 *cuts = measure_cuts(thresholds, measure);
	int			low = 0,
				high = thresholds->buckets - 1;

	/* low becomes the number of cut points below the value */
	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (cuts[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return (int16) (measure == RECENCY_DAYS ? thresholds->buckets - low
					: low + 1);
}

Datum
pt_recency_score(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16(score_of(get_thresholds(fcinfo, 0), RECENCY_DAYS,
							 measure_argument(fcinfo, 1, RECENCY_DAYS)));
}

Datum
pt_order_count_score(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16(score_of(get_thresholds(fcinfo, 0), ORDER_COUNT,
							 measure_argument(fcinfo, 1, ORDER_COUNT)));
}

Datum
pt_revenue_score(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16(score_of(get_thresholds(fcinfo, 0), REVENUE,
							 measure_argument(fcinfo, 1, REVENUE)));
}

Datum
pt_rfm_scores(PG_FUNCTION_ARGS)
{
	const RfmThresholds *thresholds = get_thresholds(fcinfo, 0);
	TupleDesc	tupdesc = fcinfo->flinfo->fn_extra;
	Datum		values[MEASURES];
	bool		nulls[MEASURES] = {0};

	if (tupdesc == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		tupdesc = BlessTupleDesc(tupdesc);
		fcinfo->flinfo->fn_extra = tupdesc;
		MemoryContextSwitchTo(caller);
	}
	Assert(tupdesc->natts == MEASURES);
	for (int i = 0; i < MEASURES; i++)
		values[i] = Int16GetDatum(score_of(thresholds, i,
										   measure_argument(fcinfo, i + 1, i)));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values,
													  nulls)));
}

/* A row for each score that a value can have, with its range. */
Datum
pt_rfm_threshold_rows(PG_FUNCTION_ARGS)
{
	const RfmThresholds *thresholds = get_thresholds(fcinfo, 0);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			k = thresholds->buckets;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < MEASURES; i++)
	{
		const float8 *cuts = measure_cuts(thresholds, i);

		for (int score = 1; score <= k; score++)
		{
			int			bucket = i == RECENCY_DAYS ? k + 1 - score : score;
			Datum		values[4];
			bool		nulls[4] = {0};

			/* between equal cut points there is no value */
			if (bucket > 1 && bucket < k &&
				cuts[bucket - 2] == cuts[bucket - 1])
				continue;
			values[0] = CStringGetTextDatum(measure_names[i]);
			values[1] = Int16GetDatum((int16) score);
			nulls[2] = bucket == 1;
			values[2] = Float8GetDatum(nulls[2] ? 0 : cuts[bucket - 2]);
			nulls[3] = bucket == k;
			values[3] = Float8GetDatum(nulls[3] ? 0 : cuts[bucket - 1]);
			tuplestore_putvalues(result->setResult, result->setDesc, values,
								 nulls);
		}
	}
	return (Datum) 0;
}
