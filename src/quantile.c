/*-------------------------------------------------------------------------
 *
 * quantile.c
 *		The type quantile_state and the aggregates that build on it.
 *
 * Quantiles are exact, of type 7 (Hyndman and Fan 1996; percentile_cont,
 * the default of R, numpy and pandas).  The state holds each distinct value
 * once with its count, so ages or ratings of any number of rows take a few
 * hundred bytes, and amounts 16 bytes for each different amount.
 *
 * The state is one flat datum.  It grows by doubling; before it grows, the
 * values that came since the last time are sorted and merged.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat.h"
#include "input.h"
#include "quantile.h"

PG_FUNCTION_INFO_V1(pt_quantile_state_in);
PG_FUNCTION_INFO_V1(pt_quantile_state_out);
PG_FUNCTION_INFO_V1(pt_quantile_state_recv);
PG_FUNCTION_INFO_V1(pt_quantile_state_send);
PG_FUNCTION_INFO_V1(pt_quantile_state_accum);
PG_FUNCTION_INFO_V1(pt_quantile_state_rollup);
PG_FUNCTION_INFO_V1(pt_quantile_state_combine);
PG_FUNCTION_INFO_V1(pt_quantile_state_final);
PG_FUNCTION_INFO_V1(pt_quantile_edges_accum);
PG_FUNCTION_INFO_V1(pt_quantile_edges_final);
PG_FUNCTION_INFO_V1(pt_quantile_edges_of_state);
PG_FUNCTION_INFO_V1(pt_quantile);

#define INITIAL_CAPACITY	16
#define MAX_CAPACITY \
	((int) ((MaxAllocSize - sizeof(QuantileState)) / sizeof(QuantileEntry)))

#define STATE_SIZE(capacity) \
	(offsetof(QuantileState, entries) + \
	 (Size) (capacity) * sizeof(QuantileEntry))

#define ST_SORT sort_entries
#define ST_ELEMENT_TYPE QuantileEntry
#define ST_COMPARE(a, b) ((a)->value < (b)->value ? -1 : (a)->value > (b)->value)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/*--- State: arithmetic on the struct ---*/

static int
state_capacity(const QuantileState *state)
{
	return (int) ((VARSIZE(state) - offsetof(QuantileState, entries)) /
				  sizeof(QuantileEntry));
}

/* What is wrong with the state, or NULL. */
const char *
quantile_state_fault(const QuantileState *state)
{
	int64		total = 0;

	if (VARSIZE(state) < offsetof(QuantileState, entries))
		return "It is shorter than its header.";
	if (state->version != QUANTILE_STATE_VERSION)
		return "Its version is not known.";
	if (state->nsorted < 0 || state->nused < state->nsorted ||
		state->nused > state_capacity(state))
		return "Its number of entries does not fit its size.";
	if (state->buckets < 0 || state->buckets > QUANTILE_MAX_BUCKETS ||
		(state->merge_equal != 0 && state->merge_equal != 1))
		return "Its settings are out of range.";
	for (int i = 0; i < state->nused; i++)
	{
		const QuantileEntry *entry = &state->entries[i];

		CHECK_FOR_INTERRUPTS();
		if (!isfinite(entry->value))
			return "A value is not finite.";
		if (i > 0 && i < state->nsorted && entry[-1].value >= entry->value)
			return "Its values do not ascend.";
		if (entry->count < 1 ||
			pg_add_s64_overflow(total, entry->count, &total))
			return "A count is out of range.";
	}
	return total == state->total ? NULL : "Its counts do not add up.";
}

/* Every state from outside passes here: what is stored, sent or typed. */
static void
check_state(const QuantileState *state, int sqlerrcode)
{
	const char *fault = quantile_state_fault(state);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(sqlerrcode),
				 errmsg("invalid quantile_state"),
				 errdetail("%s", fault)));
}

QuantileState *
quantile_state_create(int capacity)
{
	QuantileState *state = palloc0(STATE_SIZE(capacity));

	SET_VARSIZE(state, STATE_SIZE(capacity));
	state->version = QUANTILE_STATE_VERSION;
	return state;
}

/* Joins neighbours of equal value; returns how many entries are left. */
static int
join_equal(QuantileEntry *entries, int n)
{
	int			last = 0;

	if (n == 0)
		return 0;
	for (int i = 1; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (entries[i].value == entries[last].value)
			entries[last].count += entries[i].count;
		else
			entries[++last] = entries[i];
	}
	return last + 1;
}

/* Sorts what came since the last time and merges it with the rest. */
static void
compact(QuantileState *state)
{
	QuantileEntry *entries = state->entries;
	int			ntail = state->nused - state->nsorted;
	QuantileEntry *tail;
	int			i,
				j,
				k;

	if (ntail == 0)
		return;
	sort_entries(entries + state->nsorted, ntail);
	ntail = join_equal(entries + state->nsorted, ntail);
	tail = palloc((Size) ntail * sizeof(QuantileEntry));
	memcpy(tail, entries + state->nsorted,
		   (Size) ntail * sizeof(QuantileEntry));

	/* from the back, so that nothing is written over before it is read */
	i = state->nsorted - 1;
	j = ntail - 1;
	k = state->nsorted + ntail - 1;
	while (j >= 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (i >= 0 && entries[i].value > tail[j].value)
			entries[k--] = entries[i--];
		else if (i >= 0 && entries[i].value == tail[j].value)
		{
			entries[k] = entries[i--];
			entries[k--].count += tail[j--].count;
		}
		else
			entries[k--] = tail[j--];
	}
	state->nsorted += ntail;
	if (k > i)
	{
		memmove(entries + i + 1, entries + k + 1,
				(Size) (state->nsorted - k - 1) * sizeof(QuantileEntry));
		state->nsorted -= k - i;
	}
	state->nused = state->nsorted;
	pfree(tail);
}

/*
 * Adds a value.  The state is changed in place; where it must grow, a larger
 * copy in the current memory context is returned, and the caller (as the
 * executor does with transition values) disposes of the old one.
 */
QuantileState *
quantile_state_add(QuantileState *state, float8 value, int64 count)
{
	QuantileEntry *entry;
	int			capacity = state_capacity(state);

	if (state->nused == capacity)
	{
		compact(state);
		/* a packed empty state has no capacity at all */
		if (state->nused > capacity / 2 || capacity == 0)
		{
			QuantileState *larger;

			if (capacity == MAX_CAPACITY && state->nused == capacity)
				ereport(ERROR,
						(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						 errmsg("too many different values for exact quantiles"),
						 errdetail("The limit is %d.", MAX_CAPACITY)));
			if (capacity < MAX_CAPACITY)
			{
				capacity = capacity > MAX_CAPACITY / 2 ? MAX_CAPACITY
					: Max(capacity * 2, INITIAL_CAPACITY);
				larger = quantile_state_create(capacity);
				memcpy((char *) larger + VARHDRSZ,
					   (char *) state + VARHDRSZ,
					   STATE_SIZE(state->nused) - VARHDRSZ);
				state = larger;
			}
		}
	}
	if (pg_add_s64_overflow(state->total, count, &state->total))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many values for exact quantiles")));
	entry = &state->entries[state->nused++];
	entry->value = value + 0.0; /* -0 and 0 are one value */
	entry->count = count;
	return state;
}

QuantileState *
quantile_state_merge(QuantileState *state, const QuantileState *other)
{
	for (int i = 0; i < other->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		state = quantile_state_add(state, other->entries[i].value,
								   other->entries[i].count);
	}
	return state;
}

/* A copy that is sorted and has no room to spare; the state stays as it is. */
QuantileState *
quantile_state_pack(const QuantileState *state)
{
	QuantileState *packed = quantile_state_create(state->nused);

	memcpy((char *) packed + VARHDRSZ, (const char *) state + VARHDRSZ,
		   STATE_SIZE(state->nused) - VARHDRSZ);
	compact(packed);
	SET_VARSIZE(packed, STATE_SIZE(packed->nused));
	return packed;
}

/*
 * Where the quantile numerator/denominator of so many values lies: between
 * the value at this position, counted from 0, and the next.  The position is
 * computed in integers: 0.1 * 30 in floating point is not 3.
 */
static int64
quantile_position(int64 total, int64 numerator, int64 denominator,
				  float8 *fraction)
{
	int64		whole = (total - 1) / denominator;
	int64		rest = (total - 1) % denominator;

	Assert(total > 0);
	Assert(numerator >= 0 && numerator <= denominator &&
		   denominator <= PG_INT32_MAX);
	*fraction = (float8) (rest * numerator % denominator) /
		(float8) denominator;
	return whole * numerator + rest * numerator / denominator;
}

static float8
quantile_between(float8 low, float8 high, float8 fraction)
{
	/* as percentile_cont does it, unless the difference overflows */
	if (isinf(high - low))
		return low * (1 - fraction) + high * fraction;
	return low + (high - low) * fraction;
}

/*
 * The quantile numerator/denominator of a packed state; the walk is zeros
 * before the first one.
 */
float8
quantile_type7(const QuantileState *packed, int64 numerator,
			   int64 denominator, QuantileWalk *walk)
{
	float8		fraction;
	int64		position = quantile_position(packed->total, numerator,
											 denominator, &fraction);
	const QuantileEntry *entry;
	float8		low,
				high;

	Assert(packed->nsorted == packed->nused);
	Assert(walk->seen <= position);
	while (walk->seen + packed->entries[walk->entry].count <= position)
	{
		CHECK_FOR_INTERRUPTS();
		walk->seen += packed->entries[walk->entry++].count;
	}
	entry = &packed->entries[walk->entry];
	low = entry->value;
	high = walk->seen + entry->count > position + 1 || fraction == 0
		? low : entry[1].value;
	return quantile_between(low, high, fraction);
}

#define ST_SORT sort_values
#define ST_ELEMENT_TYPE float8
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define VALUES_BETWEEN_INTERRUPTS	100000

/*
 * Moves the values below a pivot, or those up to it, to the front; returns
 * where the others begin.  No branch depends on the data.
 */
static int64
partition_values(float8 *values, int64 from, int64 until, float8 pivot,
				 bool or_equal)
{
	int64		end = from;

	while (from < until)
	{
		int64		pause = Min(until, from + VALUES_BETWEEN_INTERRUPTS);

		CHECK_FOR_INTERRUPTS();
		for (; from < pause; from++)
		{
			float8		value = values[from];

			values[from] = values[end];
			values[end] = value;
			end += or_equal ? value <= pivot : value < pivot;
		}
	}
	return end;
}

/*
 * Moves the values from one place to another so that at each of the places,
 * which ascend, stands what would stand there if they were sorted.
 */
static void
select_values(float8 *values, int64 from, int64 until, const int64 *places,
			  int count, int rounds)
{
	for (; count > 0; rounds++)
	{
		float8		a = values[from];
		float8		b = values[from + (until - from) / 2];
		float8		c = values[until - 1];
		float8		pivot = Max(Min(a, b), Min(Max(a, b), c));	/* median */
		int64		lower;
		int64		upper;
		int			before = 0;
		int			after = count;

		CHECK_FOR_INTERRUPTS();
		if (rounds > 64 || until - from < 32)
		{
			/* few, or pivots badly chosen: bound the time */
			sort_values(values + from, until - from);
			return;
		}
		lower = partition_values(values, from, until, pivot, false);
		upper = partition_values(values, lower, until, pivot, true);
		while (before < count && places[before] < lower)
			before++;
		while (after > before && places[after - 1] >= upper)
			after--;
		select_values(values, from, lower, places, before, rounds + 1);
		from = upper;
		places += after;
		count -= after;
	}
}

/*
 * The quantiles numerators/denominator of values in any order, which are
 * moved.  The numerators ascend.
 */
void
quantiles_of_values(float8 *values, int64 total, const int64 *numerators,
					int count, int64 denominator, float8 *quantiles)
{
	int64	   *places = palloc(sizeof(int64) * 2 * (count + 1));
	int			n = 0;

	for (int i = 0; i < count; i++)
	{
		float8		fraction;
		int64		position = quantile_position(total, numerators[i],
												 denominator, &fraction);

		/* both neighbours, in ascending order */
		if (n == 0 || places[n - 1] < position)
			places[n++] = position;
		if (position + 1 < total && places[n - 1] < position + 1)
			places[n++] = position + 1;
	}
	select_values(values, 0, total, places, n, 0);
	for (int i = 0; i < count; i++)
	{
		float8		fraction;
		int64		position = quantile_position(total, numerators[i],
												 denominator, &fraction);

		quantiles[i] = quantile_between(values[position],
										values[Min(position + 1, total - 1)],
										fraction);
	}
	pfree(places);
}

/*
 * What a fraction p is of QUANTILE_DENOMINATOR.  It is taken to nine
 * decimals, so that 0.1 is a tenth: the binary number that stands for it is
 * not.
 */
int64
quantile_numerator(float8 p)
{
	if (isnan(p) || p < 0 || p > 1)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a quantile is of a fraction between 0 and 1"),
				 errdetail("It is %g.", p)));
	return (int64) rint(p * QUANTILE_DENOMINATOR);
}

/*--- quantile_state: I/O ---*/

static QuantileState *
get_state(FunctionCallInfo fcinfo, int arg)
{
	/* detoasted and aligned: stored states may have a short header */
	QuantileState *state =
		(QuantileState *) PG_DETOAST_DATUM(PG_GETARG_DATUM(arg));

	check_state(state, ERRCODE_DATA_CORRUPTED);
	return state;
}

static void
syntax_error(const char *input)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"",
					"quantile_state",
					pnstrdup(input, pg_mbcliplen(input, strnlen(input, 104),
												 100))),
			 errdetail("It reads \"version buckets merge {value:count,...}\", for example \"1 4 1 {18:3,21.5:1}\".")));
}

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

static Datum
quantile_state_from_text(char *input)
{
	char	   *s = input;
	int64		version,
				buckets,
				merge_equal;
	QuantileState *state = quantile_state_create(INITIAL_CAPACITY);

	if (!read_int64(&s, &version) || !read_int64(&s, &buckets) ||
		!read_int64(&s, &merge_equal) || *s++ != ' ' || *s++ != '{')
		syntax_error(input);
	if (version != QUANTILE_STATE_VERSION || buckets < 0 ||
		buckets > QUANTILE_MAX_BUCKETS ||
		(merge_equal != 0 && merge_equal != 1))
		syntax_error(input);
	while (*s != '}')
	{
		char	   *end;
		float8		value;
		int64		count;

		CHECK_FOR_INTERRUPTS();
		value = strtod(s, &end);
		if (end == s || !isfinite(value) || *end != ':')
			syntax_error(input);
		s = end + 1;
		if (!read_int64(&s, &count) || count < 1 ||
			(state->nused > 0 &&
			 value <= state->entries[state->nused - 1].value))
			syntax_error(input);
		state = quantile_state_add(state, value, count);
		state->nsorted = state->nused;
		if (*s == ',' && s[1] != '}')
			s++;
		else if (*s != '}')
			syntax_error(input);
	}
	if (s[1] != '\0')
		syntax_error(input);
	state->buckets = (int32) buckets;
	state->merge_equal = (int32) merge_equal;
	state = quantile_state_pack(state);
	check_state(state, ERRCODE_INVALID_TEXT_REPRESENTATION);
	return PointerGetDatum(state);
}

Datum
pt_quantile_state_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, quantile_state_from_text);
}

/* Integers and shortest exact decimals: no setting changes the text. */
Datum
pt_quantile_state_out(PG_FUNCTION_ARGS)
{
	QuantileState *state = quantile_state_pack(get_state(fcinfo, 0));
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d %d %d {", state->version, state->buckets,
					 state->merge_equal);
	for (int i = 0; i < state->nused; i++)
	{
		char		value[DOUBLE_SHORTEST_DECIMAL_LEN];

		CHECK_FOR_INTERRUPTS();
		double_to_shortest_decimal_buf(state->entries[i].value, value);
		appendStringInfo(&buf, "%s%s:" INT64_FORMAT, i == 0 ? "" : ",",
						 value, state->entries[i].count);
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

Datum
pt_quantile_state_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int32		version = pq_getmsgint(buf, 4);
	int32		buckets = pq_getmsgint(buf, 4);
	int32		merge_equal = pq_getmsgint(buf, 4);
	int32		n = pq_getmsgint(buf, 4);
	QuantileState *state;

	/* the count is believed only as far as there are bytes for it */
	if (version != QUANTILE_STATE_VERSION || n < 0 ||
		n > (buf->len - buf->cursor) / (int) sizeof(QuantileEntry) ||
		n > MAX_CAPACITY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external quantile_state")));
	state = quantile_state_create(n);
	state->buckets = buckets;
	state->merge_equal = merge_equal;
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		state->entries[i].value = pq_getmsgfloat8(buf) + 0.0;
		state->entries[i].count = pq_getmsgint64(buf);
		if (pg_add_s64_overflow(state->total, state->entries[i].count,
								&state->total))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("invalid external quantile_state")));
	}
	state->nused = state->nsorted = n;
	check_state(state, ERRCODE_INVALID_BINARY_REPRESENTATION);
	PG_RETURN_POINTER(state);
}

Datum
pt_quantile_state_send(PG_FUNCTION_ARGS)
{
	QuantileState *state = quantile_state_pack(get_state(fcinfo, 0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint32(&buf, state->version);
	pq_sendint32(&buf, state->buckets);
	pq_sendint32(&buf, state->merge_equal);
	pq_sendint32(&buf, state->nused);
	for (int i = 0; i < state->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		pq_sendfloat8(&buf, state->entries[i].value);
		pq_sendint64(&buf, state->entries[i].count);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*--- aggregates ---*/

/*
 * The state that a transition function may change: the executor's own, or
 * a copy of what a direct caller passed, or a new one (in the current
 * context, since the executor copies a first state itself).
 */
static QuantileState *
transition_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		return quantile_state_create(INITIAL_CAPACITY);
	if (AggCheckCallContext(fcinfo, NULL))
		return (QuantileState *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	return quantile_state_pack(get_state(fcinfo, 0));
}

static QuantileState *
add_argument(QuantileState *state, float8 value)
{
	if (!isfinite(value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("quantiles of %s cannot be taken",
						isnan(value) ? "NaN" : "infinite values"),
				 errhint("Leave such values out, for example by FILTER.")));
	return quantile_state_add(state, value, 1);
}

Datum
pt_quantile_state_accum(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	PG_RETURN_POINTER(add_argument(transition_state(fcinfo),
								   PG_GETARG_FLOAT8(1)));
}

static void
check_buckets(int32 buckets)
{
	if (buckets < 1 || buckets > QUANTILE_MAX_BUCKETS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of buckets must be between 1 and %d",
						QUANTILE_MAX_BUCKETS),
				 errdetail("It is %d.", buckets)));
}

/* Of all rows, whichever process has read them. */
static void
set_buckets(QuantileState *state, int32 buckets, int32 merge_equal)
{
	if (state->buckets != 0 &&
		(state->buckets != buckets || state->merge_equal != merge_equal))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("buckets and merge_equal of quantile_edges must be the same in every row")));
	state->buckets = buckets;
	state->merge_equal = merge_equal;
}

Datum
pt_quantile_edges_accum(PG_FUNCTION_ARGS)
{
	QuantileState *state;
	int32		buckets;
	bool		merge_equal = true;

	if (PG_ARGISNULL(2) || (PG_NARGS() > 3 && PG_ARGISNULL(3)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("buckets and merge_equal of quantile_edges must not be NULL")));
	buckets = PG_GETARG_INT32(2);
	if (PG_NARGS() > 3)
		merge_equal = PG_GETARG_BOOL(3);
	check_buckets(buckets);
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	state = transition_state(fcinfo);
	set_buckets(state, buckets, merge_equal);
	PG_RETURN_POINTER(add_argument(state, PG_GETARG_FLOAT8(1)));
}

Datum
pt_quantile_state_combine(PG_FUNCTION_ARGS)
{
	QuantileState *state;
	QuantileState *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = get_state(fcinfo, 1);
	state = transition_state(fcinfo);
	if (other->buckets != 0)
		set_buckets(state, other->buckets, other->merge_equal);
	PG_RETURN_POINTER(quantile_state_merge(state, other));
}

/* rollup(quantile_state): combine under the name of a transition function. */
Datum
pt_quantile_state_rollup(PG_FUNCTION_ARGS)
{
	return pt_quantile_state_combine(fcinfo);
}

Datum
pt_quantile_state_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(quantile_state_pack(get_state(fcinfo, 0)));
}

static Datum
edges_of_state(FunctionCallInfo fcinfo, QuantileState *state, int32 buckets,
			   bool merge_equal)
{
	Datum	   *edges = palloc(sizeof(Datum) * (buckets + 1));
	QuantileWalk walk = {0};
	float8		last = 0;
	int			n = 0;

	if (state->total == 0)
		PG_RETURN_NULL();
	for (int i = 0; i <= buckets; i++)
	{
		float8		edge = quantile_type7(state, i, buckets, &walk);

		CHECK_FOR_INTERRUPTS();
		if (n > 0 && edge <= last)
		{
			if (!merge_equal)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("the values do not divide into %d buckets",
								buckets),
						 errdetail("Edges %d and %d are both %g, because so many values are equal.",
								   i, i + 1, edge),
						 errhint("Ask for fewer buckets, or let equal edges be merged.")));
			continue;
		}
		edges[n++] = Float8GetDatum(edge);
		last = edge;
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(edges, n, FLOAT8OID, sizeof(float8),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
pt_quantile_edges_final(PG_FUNCTION_ARGS)
{
	QuantileState *state;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = quantile_state_pack(get_state(fcinfo, 0));
	check_buckets(state->buckets);
	return edges_of_state(fcinfo, state, state->buckets, state->merge_equal);
}

Datum
pt_quantile_edges_of_state(PG_FUNCTION_ARGS)
{
	QuantileState *state = quantile_state_pack(get_state(fcinfo, 0));
	int32		buckets = PG_GETARG_INT32(1);

	check_buckets(buckets);
	return edges_of_state(fcinfo, state, buckets, PG_GETARG_BOOL(2));
}

/* One quantile. */
Datum
pt_quantile(PG_FUNCTION_ARGS)
{
	QuantileState *state = quantile_state_pack(get_state(fcinfo, 0));
	int64		numerator = quantile_numerator(PG_GETARG_FLOAT8(1));
	QuantileWalk walk = {0};

	if (state->total == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(quantile_type7(state, numerator, QUANTILE_DENOMINATOR,
										&walk));
}
