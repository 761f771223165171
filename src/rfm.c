/*-------------------------------------------------------------------------
 *
 * rfm.c
 *		RFM scores: the type rfm_state, and the aggregates that make cut
 *		points of customers.
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

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "input.h"
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

#define RFM_STATE_VERSION		1
#define INITIAL_CAPACITY		16

typedef struct RfmState
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	int32		version;
	int32		buckets;		/* 0 until rfm_thresholds() has set it */
	int32		unused;			/* 0 */
	/* a QuantileState for each measure follows, all with the same total */
} RfmState;

StaticAssertDecl(sizeof(RfmState) % sizeof(float8) == 0 &&
				 offsetof(QuantileState, entries) % sizeof(float8) == 0,
				 "the parts of an rfm_state must be aligned");

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
	for (int i = 0; i < RFM_MEASURES; i++)
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

	for (int i = 0; i < RFM_MEASURES; i++)
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
	for (int i = 0; i < RFM_MEASURES; i++)
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
	QuantileState *parts[RFM_MEASURES] = {empty, empty, empty};

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
	QuantileState *parts[RFM_MEASURES];
	RfmState   *larger;
	Size		others = sizeof(RfmState);

	for (int i = 0; i < RFM_MEASURES; i++)
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
	for (int i = 0; i < RFM_MEASURES; i++)
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
	for (int i = 0; i < RFM_MEASURES; i++)
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
	QuantileState *parts[RFM_MEASURES];
	RfmState   *packed;

	for (int i = 0; i < RFM_MEASURES; i++)
		parts[i] = quantile_state_pack(state_part(state, i));
	packed = state_build(state->buckets, parts);
	for (int i = 0; i < RFM_MEASURES; i++)
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

PT_NORETURN static void
bad_state_text(const char *input)
{
	rfm_bad_text("rfm_state", input,
				 "It reads \"version buckets {recency_days:count,...} {order_count:count,...} {revenue:count,...}\", for example \"1 5 {30:2} {1:1,4:1} {9.95:1,120:1}\".");
}

static Datum
rfm_state_from_text(char *input)
{
	char	   *s = input;
	int64		version,
				buckets;
	QuantileState *parts[RFM_MEASURES];
	RfmState   *state;

	if (!rfm_read_int64(&s, &version) || version != RFM_STATE_VERSION ||
		!rfm_read_int64(&s, &buckets) || buckets < 0 || buckets > RFM_MAX_SCORE)
		bad_state_text(input);
	for (int i = 0; i < RFM_MEASURES; i++)
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
	return PointerGetDatum(state);
}

Datum
pt_rfm_state_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, rfm_state_from_text);
}

Datum
pt_rfm_state_out(PG_FUNCTION_ARGS)
{
	RfmState   *state = get_state(fcinfo, 0);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d %d", state->version, state->buckets);
	for (int i = 0; i < RFM_MEASURES; i++)
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
	QuantileState *parts[RFM_MEASURES];
	RfmState   *state;

	if (version != RFM_STATE_VERSION)
		rfm_bad_external("rfm_state");
	for (int i = 0; i < RFM_MEASURES; i++)
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
	for (int i = 0; i < RFM_MEASURES; i++)
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
	float8		values[RFM_MEASURES];
	RfmState   *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	for (int i = 0; i < RFM_MEASURES; i++)
	{
		values[i] = rfm_measure_argument(fcinfo, i + 1, i);
		if (isinf(values[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("%s is infinite, or out of the range of double precision",
							rfm_measure_names[i]),
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
	int32		buckets = RFM_DEFAULT_BUCKETS;

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

/*--- rfm_thresholds of a state ---*/

static Datum
thresholds_of_state(FunctionCallInfo fcinfo, const RfmState *state,
					int32 buckets)
{
	RfmThresholds *thresholds;
	int64		customers = state_part(state, RECENCY_DAYS)->total;

	rfm_check_buckets(buckets);
	if (customers == 0)
		PG_RETURN_NULL();
	thresholds = rfm_thresholds_create(buckets, customers);
	for (int i = 0; i < RFM_MEASURES; i++)
	{
		QuantileState *packed = quantile_state_pack(state_part(state, i));
		float8	   *cuts = rfm_measure_cuts(thresholds, i);
		QuantileWalk walk = {0};

		for (int j = 1; j < buckets; j++)
			cuts[j - 1] = quantile_type7(packed, j, buckets, &walk);
		rfm_round_cuts(thresholds, i);
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
