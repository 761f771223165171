/*-------------------------------------------------------------------------
 *
 * stats_effect.c
 *		What a discount does: effects from sales_stats, with uncertainty.
 *
 * What cannot be said is NULL, and the column note says why; no result is
 * NaN or infinite.
 *
 * A stratified_state keeps a summary of each stratum, 40 bytes, and sorts
 * them before it answers: so the last digit does not depend on the order in
 * which strata came, nor on the plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/int.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "input.h"
#include "stats.h"
#include "stats_math.h"

PG_FUNCTION_INFO_V1(pt_discount_effect);
PG_FUNCTION_INFO_V1(pt_stratified_state_in);
PG_FUNCTION_INFO_V1(pt_stratified_state_out);
PG_FUNCTION_INFO_V1(pt_stratified_state_recv);
PG_FUNCTION_INFO_V1(pt_stratified_state_send);
PG_FUNCTION_INFO_V1(pt_stratified_state_accum);
PG_FUNCTION_INFO_V1(pt_stratified_state_combine);
PG_FUNCTION_INFO_V1(pt_stratified_state_rollup);
PG_FUNCTION_INFO_V1(pt_stratified_state_final);
PG_FUNCTION_INFO_V1(pt_stratified_effect_final);

/*--- Rows of results ---*/

#define MAX_COLUMNS	32

/* A row that is filled from the left. */
typedef struct ResultRow
{
	int			n;
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS];
	StringInfoData note;
} ResultRow;

static void
put_int64(ResultRow *row, int64 value)
{
	row->nulls[row->n] = false;
	row->values[row->n++] = Int64GetDatum(value);
}

/* What is not a number is NULL. */
static void
put_float8(ResultRow *row, float8 value)
{
	row->nulls[row->n] = !isfinite(value);
	row->values[row->n++] = Float8GetDatum(isfinite(value) ? value + 0.0 : 0);
}

static void
add_note(ResultRow *row, const char *note)
{
	if (row->note.len > 0)
		appendStringInfoString(&row->note, "; ");
	appendStringInfoString(&row->note, note);
}

/* The row as a composite value; its last column is the note. */
static Datum
finish_row(FunctionCallInfo fcinfo, ResultRow *row)
{
	TupleDesc	tupdesc = fcinfo->flinfo->fn_extra;

	if (tupdesc == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		tupdesc = BlessTupleDesc(tupdesc);
		fcinfo->flinfo->fn_extra = tupdesc;
		MemoryContextSwitchTo(caller);
	}
	row->nulls[row->n] = row->note.len == 0;
	row->values[row->n++] =
		PointerGetDatum(cstring_to_text_with_len(row->note.data,
												 row->note.len));
	Assert(tupdesc->natts == row->n);
	return HeapTupleGetDatum(heap_form_tuple(tupdesc, row->values,
											 row->nulls));
}

/*--- One comparison ---*/

/*
 * Welch's degrees of freedom for the sum of two independent variances of
 * means, written so that nothing is squared that could underflow.
 */
static float8
welch_df(float8 a, int64 n_a, float8 b, int64 n_b)
{
	float8		share_a = a / (a + b);
	float8		share_b = b / (a + b);

	return 1 / (share_a * share_a / (float8) (n_a - 1) +
				share_b * share_b / (float8) (n_b - 1));
}

/*
 * Fieller's interval of mean1 / mean0, whose variances are a and b: all
 * ratios r with (mean1 - r mean0)^2 <= q^2 (a + r^2 b).  False if that is
 * not an interval with two ends.
 */
static bool
fieller(float8 mean1, float8 a, float8 mean0, float8 b, float8 q,
		float8 *low, float8 *high)
{
	float8		denominator = mean0 * mean0 - q * q * b;
	float8		root = q * sqrt(a * denominator + b * mean1 * mean1);

	if (!(denominator > 0))
		return false;
	*low = (mean1 * mean0 - root) / denominator;
	*high = (mean1 * mean0 + root) / denominator;
	return true;
}

static void
ratio_columns(ResultRow *row, float8 mean1, float8 a, float8 mean0, float8 b,
			  float8 q)
{
	float8		ratio = NAN;
	float8		log_low = NAN;
	float8		log_high = NAN;
	float8		low = NAN;
	float8		high = NAN;

	if (!(mean0 > 0))
	{
		if (!isnan(mean0))
			add_note(row, "the mean at full price is not above zero, so there is no ratio");
	}
	else
	{
		ratio = mean1 / mean0;
		if (mean1 <= 0)
			add_note(row, "the mean of discounted rows is not above zero, so the ratio has no logarithmic interval");
		else if (isfinite(q))
		{
			float8		se = sqrt(a / (mean1 * mean1) + b / (mean0 * mean0));

			log_low = ratio * exp(-q * se);
			log_high = ratio * exp(q * se);
			if (!isfinite(log_high))
			{
				log_low = NAN;
				add_note(row, "the logarithmic interval of the ratio is too wide for a number");
			}
		}
		if (isfinite(q) && !fieller(mean1, a, mean0, b, q, &low, &high))
			add_note(row, "the Fieller interval is unbounded, because the mean at full price could be zero");
	}
	put_float8(row, ratio);
	put_float8(row, log_low);
	put_float8(row, log_high);
	put_float8(row, low);
	put_float8(row, high);
}

Datum
pt_discount_effect(PG_FUNCTION_ARGS)
{
	const SalesStats *stats = sales_stats_argument(fcinfo, 0);
	float8		confidence = PG_GETARG_FLOAT8(1);
	const SalesArm *discounted = &stats->arms[ARM_DISCOUNTED];
	const SalesArm *full = &stats->arms[ARM_FULL];
	int			scale = stats->scale;
	ResultRow	row = {0};
	float8		mean1 = NAN;
	float8		mean0 = NAN;
	float8		difference = NAN;
	float8		a = NAN;		/* variances of the two means */
	float8		b = NAN;
	float8		se = NAN;
	float8		t = NAN;
	float8		df = NAN;
	float8		q = NAN;
	float8		p = NAN;
	float8		standardised = NAN;

	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence must be between 0 and 1"),
				 errhint("Use 0.95 for intervals of 95 percent.")));
	initStringInfo(&row.note);
	if (discounted->count > 0)
		mean1 = sales_arm_mean(discounted, scale);
	else
		add_note(&row, "there are no discounted rows");
	if (full->count > 0)
		mean0 = sales_arm_mean(full, scale);
	else
		add_note(&row, "there are no rows at full price");
	if (discounted->count == 1)
		add_note(&row, "one discounted row alone has no variance");
	if (full->count == 1)
		add_note(&row, "one row at full price alone has no variance");
	if (discounted->count > 0 && full->count > 0)
		difference = sales_mean_difference(discounted, full, scale);
	if (discounted->count > 1 && full->count > 1)
	{
		float8		variance1 = sales_arm_variance(discounted, scale);
		float8		variance0 = sales_arm_variance(full, scale);

		a = variance1 / (float8) discounted->count;
		b = variance0 / (float8) full->count;
		se = sqrt(a + b);
		if (se > 0)
		{
			t = difference / se;
			df = welch_df(a, discounted->count, b, full->count);
			p = student_p_two_sided(t, df);
			q = student_quantile((1 + confidence) / 2, df);
			if (!isfinite(q))
				add_note(&row, "the confidence is too close to 1 for an interval");
			standardised = difference / sqrt((variance1 + variance0) / 2);
		}
		else
			add_note(&row, "all amounts of an arm are equal in both arms, so there is no variance");
	}
	put_int64(&row, discounted->count);
	put_int64(&row, full->count);
	put_float8(&row, mean1);
	put_float8(&row, mean0);
	put_float8(&row, difference);
	put_float8(&row, se);
	put_float8(&row, t);
	put_float8(&row, df);
	put_float8(&row, p);
	put_float8(&row, difference - q * se);
	put_float8(&row, difference + q * se);
	ratio_columns(&row, mean1, a, mean0, b, q);
	put_float8(&row, standardised);
	return finish_row(fcinfo, &row);
}

/*--- Strata ---*/

#define STRATIFIED_VERSION	1
#define INITIAL_CAPACITY	8

/* No difference of means of amounts, and no variance, is beyond these. */
#define MAX_DIFFERENCE		2e18
#define MAX_VARIANCE		1e37

/* A stratum in which both arms have rows. */
typedef struct Stratum
{
	int64		n[2];			/* discounted, full */
	float8		difference;
	float8		variance[2];	/* 0 where n is 1 */
} Stratum;

typedef struct StratifiedState
{
	int32		vl_len_;
	int32		version;
	int64		nused;
	/* strata in which one arm only has rows */
	int64		lonely_strata;
	int64		lonely_n[2];
	int64		lonely_max[2];	/* rows of the largest of each kind */
	Stratum		strata[FLEXIBLE_ARRAY_MEMBER];
} StratifiedState;

#define STATE_SIZE(capacity) \
	(offsetof(StratifiedState, strata) + (Size) (capacity) * sizeof(Stratum))
#define MAX_CAPACITY \
	((int64) ((MaxAllocSize - sizeof(StratifiedState)) / sizeof(Stratum)))

static int
compare_strata(const Stratum *a, const Stratum *b)
{
	for (int i = 0; i < 2; i++)
		if (a->n[i] != b->n[i])
			return a->n[i] < b->n[i] ? -1 : 1;
	if (a->difference != b->difference)
		return a->difference < b->difference ? -1 : 1;
	for (int i = 0; i < 2; i++)
		if (a->variance[i] != b->variance[i])
			return a->variance[i] < b->variance[i] ? -1 : 1;
	return 0;
}

#define ST_SORT sort_strata
#define ST_ELEMENT_TYPE Stratum
#define ST_COMPARE(a, b) compare_strata(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static int64
state_capacity(const StratifiedState *state)
{
	return (int64) ((VARSIZE(state) - offsetof(StratifiedState, strata)) /
					sizeof(Stratum));
}

static StratifiedState *
create_state(int64 capacity)
{
	StratifiedState *state = palloc0(STATE_SIZE(capacity));

	SET_VARSIZE(state, STATE_SIZE(capacity));
	state->version = STRATIFIED_VERSION;
	return state;
}

/* What is wrong with the state, or NULL. */
static const char *
state_fault(const StratifiedState *state)
{
	int128		lonely;

	if (VARSIZE(state) < offsetof(StratifiedState, strata))
		return "It is shorter than its header.";
	if (state->version != STRATIFIED_VERSION)
		return "Its version is not known.";
	if (state->nused < 0 || state->nused > state_capacity(state))
		return "Its number of strata does not fit its size.";
	for (int i = 0; i < 2; i++)
		if (state->lonely_max[i] < 0 ||
			state->lonely_max[i] > state->lonely_n[i] ||
			(state->lonely_max[i] == 0 && state->lonely_n[i] != 0))
			return "A number of rows without a counterpart is out of range.";
	lonely = (int128) state->lonely_n[0] + state->lonely_n[1];
	if (state->lonely_strata > lonely ||
		state->lonely_strata < (state->lonely_n[0] > 0) + (state->lonely_n[1] > 0))
		return "A number of strata without overlap is out of range.";
	for (int64 i = 0; i < state->nused; i++)
	{
		const Stratum *stratum = &state->strata[i];

		CHECK_FOR_INTERRUPTS();
		if (!(fabs(stratum->difference) <= MAX_DIFFERENCE))
			return "A difference is out of range.";
		for (int j = 0; j < 2; j++)
		{
			if (stratum->n[j] < 1 || stratum->n[j] > SALES_MAX_ROWS)
				return "A number of rows is out of range.";
			if (!(stratum->variance[j] >= 0 &&
				  stratum->variance[j] <= MAX_VARIANCE) ||
				(stratum->n[j] == 1 && stratum->variance[j] != 0))
				return "A variance is out of range.";
		}
	}
	return NULL;
}

static void
check_state(const StratifiedState *state, int sqlerrcode)
{
	const char *fault = state_fault(state);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(sqlerrcode),
				 errmsg("invalid stratified_state"),
				 errdetail("%s", fault)));
}

static StratifiedState *
get_state(FunctionCallInfo fcinfo, int arg)
{
	StratifiedState *state =
		(StratifiedState *) PG_DETOAST_DATUM(PG_GETARG_DATUM(arg));

	check_state(state, ERRCODE_DATA_CORRUPTED);
	return state;
}

static int64
add_counts(int64 a, int64 b)
{
	int64		sum;

	if (pg_add_s64_overflow(a, b, &sum))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many rows for stratified_effect")));
	return sum;
}

/*
 * Adds a stratum with overlap.  Where the state must grow, a larger copy in
 * the current context is returned; the executor disposes of the old one.
 */
static StratifiedState *
add_stratum(StratifiedState *state, const Stratum *stratum)
{
	int64		capacity = state_capacity(state);
	Stratum    *added;

	if (state->nused == capacity)
	{
		StratifiedState *larger;

		if (capacity >= MAX_CAPACITY)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many strata for stratified_effect"),
					 errdetail("The limit is " INT64_FORMAT ".", MAX_CAPACITY)));
		larger = create_state(capacity > MAX_CAPACITY / 2 ? MAX_CAPACITY
							  : Max(capacity * 2, INITIAL_CAPACITY));
		memcpy((char *) larger + VARHDRSZ, (char *) state + VARHDRSZ,
			   STATE_SIZE(capacity) - VARHDRSZ);
		state = larger;
	}
	added = &state->strata[state->nused++];
	*added = *stratum;
	/* -0 and 0 are one value */
	added->difference += 0.0;
	added->variance[0] += 0.0;
	added->variance[1] += 0.0;
	return state;
}

static StratifiedState *
add_stats(StratifiedState *state, const SalesStats *stats)
{
	const SalesArm *arms[2] = {&stats->arms[ARM_DISCOUNTED],
	&stats->arms[ARM_FULL]};
	Stratum		stratum = {0};

	for (int i = 0; i < 2; i++)
	{
		stratum.n[i] = arms[i]->count;
		if (arms[i]->count > 1)
			stratum.variance[i] = sales_arm_variance(arms[i], stats->scale);
	}
	if (stratum.n[0] > 0 && stratum.n[1] > 0)
	{
		stratum.difference = sales_mean_difference(arms[0], arms[1],
												   stats->scale);
		return add_stratum(state, &stratum);
	}
	if (stratum.n[0] > 0 || stratum.n[1] > 0)
		state->lonely_strata++;
	for (int i = 0; i < 2; i++)
	{
		state->lonely_n[i] = add_counts(state->lonely_n[i], stratum.n[i]);
		state->lonely_max[i] = Max(state->lonely_max[i], stratum.n[i]);
	}
	return state;
}

static StratifiedState *
merge_state(StratifiedState *state, const StratifiedState *other)
{
	state->lonely_strata = add_counts(state->lonely_strata,
									  other->lonely_strata);
	for (int i = 0; i < 2; i++)
	{
		state->lonely_n[i] = add_counts(state->lonely_n[i],
										other->lonely_n[i]);
		state->lonely_max[i] = Max(state->lonely_max[i],
								   other->lonely_max[i]);
	}
	for (int64 i = 0; i < other->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		state = add_stratum(state, &other->strata[i]);
	}
	return state;
}

/* A copy that is sorted and has no room to spare; the state stays as it is. */
static StratifiedState *
pack_state(const StratifiedState *state)
{
	StratifiedState *packed = create_state(state->nused);

	memcpy((char *) packed + VARHDRSZ, (const char *) state + VARHDRSZ,
		   STATE_SIZE(state->nused) - VARHDRSZ);
	sort_strata(packed->strata, (size_t) packed->nused);
	return packed;
}

/*--- Text and bytes of stratified_state ---*/

static void
bad_text(const char *input)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"",
					"stratified_state",
					pnstrdup(input, pg_mbcliplen(input, strnlen(input, 104),
												 100))),
			 errdetail("It reads \"version [strata discounted full largest_discounted largest_full] {discounted full difference variance variance,...}\", for example \"1 [1 0 9 0 9] {2 2 -1.5 0.5 2}\".")));
}

static bool
read_int64(char **s, char before, int64 *value)
{
	char	   *end;

	if (before != '\0' && *(*s)++ != before)
		return false;
	if (**s != '-' && (**s < '0' || **s > '9'))
		return false;
	errno = 0;
	*value = strtoll(*s, &end, 10);
	if (end == *s || errno != 0)
		return false;
	*s = end;
	return true;
}

static bool
read_float8(char **s, float8 *value)
{
	char	   *end;

	if (*(*s)++ != ' ')
		return false;
	*value = strtod(*s, &end);
	if (end == *s || !isfinite(*value))
		return false;
	*s = end;
	return true;
}

static Datum
stratified_state_from_text(char *input)
{
	char	   *s = input;
	int64		version;
	StratifiedState *state = create_state(INITIAL_CAPACITY);

	if (!read_int64(&s, '\0', &version) || version != STRATIFIED_VERSION ||
		*s++ != ' ' ||
		!read_int64(&s, '[', &state->lonely_strata) ||
		!read_int64(&s, ' ', &state->lonely_n[0]) ||
		!read_int64(&s, ' ', &state->lonely_n[1]) ||
		!read_int64(&s, ' ', &state->lonely_max[0]) ||
		!read_int64(&s, ' ', &state->lonely_max[1]) ||
		strncmp(s, "] {", 3) != 0)
		bad_text(input);
	s += 3;
	while (*s != '}')
	{
		Stratum		stratum;

		CHECK_FOR_INTERRUPTS();
		if (!read_int64(&s, state->nused > 0 ? ',' : '\0', &stratum.n[0]) ||
			!read_int64(&s, ' ', &stratum.n[1]) ||
			!read_float8(&s, &stratum.difference) ||
			!read_float8(&s, &stratum.variance[0]) ||
			!read_float8(&s, &stratum.variance[1]) ||
			(*s != ',' && *s != '}'))
			bad_text(input);
		state = add_stratum(state, &stratum);
	}
	if (s[1] != '\0')
		bad_text(input);
	check_state(state, ERRCODE_INVALID_TEXT_REPRESENTATION);
	return PointerGetDatum(pack_state(state));
}

Datum
pt_stratified_state_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, stratified_state_from_text);
}

/* Integers and shortest exact decimals: no setting changes the text. */
Datum
pt_stratified_state_out(PG_FUNCTION_ARGS)
{
	StratifiedState *state = pack_state(get_state(fcinfo, 0));
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d [" INT64_FORMAT " " INT64_FORMAT " " INT64_FORMAT
					 " " INT64_FORMAT " " INT64_FORMAT "] {",
					 state->version, state->lonely_strata,
					 state->lonely_n[0], state->lonely_n[1],
					 state->lonely_max[0], state->lonely_max[1]);
	for (int64 i = 0; i < state->nused; i++)
	{
		const Stratum *stratum = &state->strata[i];
		float8		values[] = {stratum->difference, stratum->variance[0],
		stratum->variance[1]};

		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&buf, "%s" INT64_FORMAT " " INT64_FORMAT,
						 i == 0 ? "" : ",", stratum->n[0], stratum->n[1]);
		for (int j = 0; j < (int) lengthof(values); j++)
		{
			char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];

			double_to_shortest_decimal_buf(values[j], digits);
			appendStringInfo(&buf, " %s", digits);
		}
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

Datum
pt_stratified_state_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int32		version = pq_getmsgint(buf, 4);
	int64		nused = pq_getmsgint64(buf);
	StratifiedState *state;

	/* the count is believed only as far as there are bytes for it */
	if (version != STRATIFIED_VERSION || nused < 0 ||
		nused > (buf->len - buf->cursor) / (int64) sizeof(Stratum) ||
		nused > MAX_CAPACITY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external stratified_state")));
	state = create_state(nused);
	state->lonely_strata = pq_getmsgint64(buf);
	for (int i = 0; i < 2; i++)
		state->lonely_n[i] = pq_getmsgint64(buf);
	for (int i = 0; i < 2; i++)
		state->lonely_max[i] = pq_getmsgint64(buf);
	for (int64 i = 0; i < nused; i++)
	{
		Stratum		stratum;

		CHECK_FOR_INTERRUPTS();
		stratum.n[0] = pq_getmsgint64(buf);
		stratum.n[1] = pq_getmsgint64(buf);
		stratum.difference = pq_getmsgfloat8(buf);
		stratum.variance[0] = pq_getmsgfloat8(buf);
		stratum.variance[1] = pq_getmsgfloat8(buf);
		state = add_stratum(state, &stratum);
	}
	check_state(state, ERRCODE_INVALID_BINARY_REPRESENTATION);
	PG_RETURN_POINTER(pack_state(state));
}

Datum
pt_stratified_state_send(PG_FUNCTION_ARGS)
{
	StratifiedState *state = pack_state(get_state(fcinfo, 0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint32(&buf, state->version);
	pq_sendint64(&buf, state->nused);
	pq_sendint64(&buf, state->lonely_strata);
	for (int i = 0; i < 2; i++)
		pq_sendint64(&buf, state->lonely_n[i]);
	for (int i = 0; i < 2; i++)
		pq_sendint64(&buf, state->lonely_max[i]);
	for (int64 i = 0; i < state->nused; i++)
	{
		const Stratum *stratum = &state->strata[i];

		CHECK_FOR_INTERRUPTS();
		pq_sendint64(&buf, stratum->n[0]);
		pq_sendint64(&buf, stratum->n[1]);
		pq_sendfloat8(&buf, stratum->difference);
		pq_sendfloat8(&buf, stratum->variance[0]);
		pq_sendfloat8(&buf, stratum->variance[1]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*--- Aggregates over strata ---*/

static StratifiedState *
transition_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		return create_state(INITIAL_CAPACITY);
	if (AggCheckCallContext(fcinfo, NULL))
		return (StratifiedState *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	return pack_state(get_state(fcinfo, 0));
}

/* A NULL stratum is no stratum. */
Datum
pt_stratified_state_accum(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	PG_RETURN_POINTER(add_stats(transition_state(fcinfo),
								sales_stats_argument(fcinfo, 1)));
}

Datum
pt_stratified_state_combine(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	PG_RETURN_POINTER(merge_state(transition_state(fcinfo),
								  get_state(fcinfo, 1)));
}

/* rollup(stratified_state): combine under the name of a transition function. */
Datum
pt_stratified_state_rollup(PG_FUNCTION_ARGS)
{
	return pt_stratified_state_combine(fcinfo);
}

Datum
pt_stratified_state_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(pack_state(get_state(fcinfo, 0)));
}

/*--- The stratified effect ---*/

typedef enum Weighting
{
	WEIGHT_MH,
	WEIGHT_ATT,
	WEIGHT_ATE
} Weighting;

typedef struct Estimate
{
	float8		value;
	float8		se;
	float8		df;
} Estimate;

static float8
stratum_weight(const Stratum *stratum, Weighting weighting)
{
	float8		n1 = (float8) stratum->n[0];
	float8		n0 = (float8) stratum->n[1];

	if (weighting == WEIGHT_MH)
		return n1 / (n1 + n0) * n0;
	return weighting == WEIGHT_ATT ? n1 : n1 + n0;
}

/*
 * The weighted mean of the strata's differences.  Its variance is a sum of
 * c v over the variances v of all arms, where c = share^2 / n; an arm of one
 * row has no variance of its own and takes that of the same arm, pooled
 * over the other strata, or else of both arms.  That keeps the variance a
 * linear form in independent variances, so that its degrees of freedom are
 * Satterthwaite's.
 */
static Estimate
estimate(const StratifiedState *state, Weighting weighting)
{
	Estimate	result = {0, NAN, NAN};
	float8		total = 0;
	float8		alone[2] = {0};	/* sum of c of arms of one row */
	float8		pooled_df[2] = {0};
	float8		more[2] = {0};	/* what alone adds to c, by degree of freedom */
	float8		variance = 0;
	float8		squares = 0;

	for (int64 i = 0; i < state->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		total += stratum_weight(&state->strata[i], weighting);
	}
	for (int64 i = 0; i < state->nused; i++)
	{
		const Stratum *stratum = &state->strata[i];
		float8		share = stratum_weight(stratum, weighting) / total;

		CHECK_FOR_INTERRUPTS();
		result.value += share * stratum->difference;
		for (int j = 0; j < 2; j++)
		{
			if (stratum->n[j] == 1)
				alone[j] += share * share;
			pooled_df[j] += (float8) (stratum->n[j] - 1);
		}
	}
	if ((alone[0] > 0 || alone[1] > 0) && pooled_df[0] + pooled_df[1] == 0)
		return result;
	for (int j = 0; j < 2; j++)
	{
		if (alone[j] == 0)
			continue;
		if (pooled_df[j] > 0)
			more[j] += alone[j] / pooled_df[j];
		else
			for (int k = 0; k < 2; k++)
				more[k] += alone[j] / (pooled_df[0] + pooled_df[1]);
	}
	for (int64 i = 0; i < state->nused; i++)
	{
		const Stratum *stratum = &state->strata[i];
		float8		share = stratum_weight(stratum, weighting) / total;

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < 2; j++)
		{
			float8		df = (float8) (stratum->n[j] - 1);
			float8		part;

			if (stratum->n[j] == 1)
				continue;
			part = (share * share / (float8) stratum->n[j] + more[j] * df) *
				stratum->variance[j];
			variance += part;
			squares += part * part / df;
		}
	}
	result.se = sqrt(variance);
	if (variance > 0 && squares > 0)
		result.df = variance * variance / squares;
	return result;
}

/* The largest difference between the shares of a stratum in the two arms. */
static float8
largest_share_difference(const StratifiedState *state)
{
	float8		n[2] = {(float8) state->lonely_n[0], (float8) state->lonely_n[1]};
	float8		largest;

	for (int64 i = 0; i < state->nused; i++)
		for (int j = 0; j < 2; j++)
			n[j] += (float8) state->strata[i].n[j];
	if (n[0] == 0 || n[1] == 0)
		return NAN;
	largest = Max((float8) state->lonely_max[0] / n[0],
				  (float8) state->lonely_max[1] / n[1]);
	for (int64 i = 0; i < state->nused; i++)
	{
		const Stratum *stratum = &state->strata[i];
		float8		difference = (float8) stratum->n[0] / n[0] -
			(float8) stratum->n[1] / n[1];

		CHECK_FOR_INTERRUPTS();
		largest = Max(largest, fabs(difference));
	}
	return largest;
}

Datum
pt_stratified_effect_final(PG_FUNCTION_ARGS)
{
	StratifiedState *state;
	ResultRow	row = {0};
	int64		rows_without = 0;
	int64		n;
	Estimate	last = {NAN, NAN, NAN};

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = pack_state(get_state(fcinfo, 0));
	initStringInfo(&row.note);
	for (Weighting w = WEIGHT_MH; w <= WEIGHT_ATE; w++)
	{
		float8		q = NAN;

		if (state->nused > 0)
			last = estimate(state, w);
		if (isfinite(last.df))
			q = student_quantile(0.975, last.df);
		put_float8(&row, last.value);
		put_float8(&row, last.se);
		put_float8(&row, last.df);
		put_float8(&row, last.value - q * last.se);
		put_float8(&row, last.value + q * last.se);
	}
	n = rows_without = add_counts(state->lonely_n[0], state->lonely_n[1]);
	for (int64 i = 0; i < state->nused; i++)
		n = add_counts(n, add_counts(state->strata[i].n[0],
									 state->strata[i].n[1]));
	put_int64(&row, state->nused);
	put_int64(&row, state->lonely_strata);
	put_int64(&row, rows_without);
	put_int64(&row, n);
	put_float8(&row, largest_share_difference(state));
	if (n == 0)
		add_note(&row, "there are no rows whose discount is known");
	else if (state->nused == 0)
		add_note(&row, "no stratum has rows both with and without discount");
	else if (!isfinite(last.se))
		add_note(&row, "no arm of a stratum has two rows, so there is no variance");
	else if (last.se == 0)
		add_note(&row, "all amounts of each arm of a stratum are equal, so there is no variance");
	if (state->nused > 0 && rows_without > 0)
		add_note(&row, psprintf(INT64_FORMAT " of " INT64_FORMAT " rows are left out: their strata have one arm only",
								rows_without, n));
	return finish_row(fcinfo, &row);
}
