/*-------------------------------------------------------------------------
 *
 * rfm_thresholds.c
 *		The type rfm_thresholds, the scores that its cut points give, and
 *		what else the types of this topic share.
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

#include "array.h"
#include "input.h"
#include "rfm.h"

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

#define RFM_THRESHOLDS_VERSION	1

const char *const rfm_measure_names[RFM_MEASURES] = {
	"recency_days", "order_count", "revenue"
};

struct RfmThresholds
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	int32		version;
	int32		buckets;		/* k, at least 1 */
	int32		unused;			/* 0 */
	int64		customers;		/* 0 if the cut points were given */
	float8		cuts[FLEXIBLE_ARRAY_MEMBER];	/* k - 1 of each measure */
};

#define THRESHOLDS_SIZE(buckets) \
	(offsetof(RfmThresholds, cuts) + \
	 (Size) RFM_MEASURES * ((Size) (buckets) - 1) * sizeof(float8))

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

void
rfm_bad_external(const char *type)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid external %s", type)));
}

bool
rfm_read_int64(char **s, int64 *value)
{
	char	   *end;

	errno = 0;
	*value = strtoll(*s, &end, 10);
	if (end == *s || errno != 0)
		return false;
	*s = end;
	return true;
}

float8
rfm_measure_argument(FunctionCallInfo fcinfo, int arg, RfmMeasure measure)
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
				 errmsg("%s is NaN", rfm_measure_names[measure]),
				 errhint("Make it NULL, or leave such rows out.")));
	return value;
}

/*--- rfm_thresholds: making them ---*/

RfmThresholds *
rfm_thresholds_create(int32 buckets, int64 customers)
{
	RfmThresholds *thresholds = palloc0(THRESHOLDS_SIZE(buckets));

	SET_VARSIZE(thresholds, THRESHOLDS_SIZE(buckets));
	thresholds->version = RFM_THRESHOLDS_VERSION;
	thresholds->buckets = buckets;
	thresholds->customers = customers;
	return thresholds;
}

float8 *
rfm_measure_cuts(const RfmThresholds *thresholds, RfmMeasure measure)
{
	return (float8 *) thresholds->cuts +
		(int) measure * (thresholds->buckets - 1);
}

/*
 * Of cut points that are quantiles: rounding must not let one fall behind the
 * one before, and -0 and 0 are one value.
 */
void
rfm_round_cuts(RfmThresholds *thresholds, RfmMeasure measure)
{
	float8	   *cuts = rfm_measure_cuts(thresholds, measure);

	for (int i = 0; i < thresholds->buckets - 1; i++)
	{
		if (i > 0 && cuts[i] < cuts[i - 1])
			cuts[i] = cuts[i - 1];
		cuts[i] += 0.0;
	}
}

Datum
pt_rfm_thresholds_fixed(PG_FUNCTION_ARGS)
{
	const float8 *given[RFM_MEASURES];
	int			n[RFM_MEASURES];
	RfmThresholds *thresholds;

	for (int i = 0; i < RFM_MEASURES; i++)
		given[i] = float8_elements(PG_GETARG_ARRAYTYPE_P(i),
								   psprintf("%s_cuts", rfm_measure_names[i]),
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
	thresholds = rfm_thresholds_create(n[0] + 1, 0);
	for (int i = 0; i < RFM_MEASURES; i++)
	{
		float8	   *cuts = rfm_measure_cuts(thresholds, i);

		for (int j = 0; j < n[i]; j++)
		{
			if (!isfinite(given[i][j]))
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("%s_cuts must not contain %s",
								rfm_measure_names[i],
								isnan(given[i][j]) ? "NaN" : "infinite values")));
			if (j > 0 && given[i][j] < given[i][j - 1])
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("%s_cuts must ascend", rfm_measure_names[i]),
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
	for (int i = 0; i < RFM_MEASURES; i++)
	{
		const float8 *cuts = rfm_measure_cuts(thresholds, i);

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

const RfmThresholds *
rfm_thresholds_argument(FunctionCallInfo fcinfo, int arg)
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

static Datum
rfm_thresholds_from_text(char *input)
{
	char	   *s = input;
	int64		version,
				buckets,
				customers;
	RfmThresholds *thresholds;

	if (!rfm_read_int64(&s, &version) || version != RFM_THRESHOLDS_VERSION ||
		!read_literal(&s, " {buckets ") || !rfm_read_int64(&s, &buckets) ||
		buckets < 1 || buckets > RFM_MAX_SCORE ||
		!read_literal(&s, ", customers ") || !rfm_read_int64(&s, &customers))
		bad_thresholds_text(input);
	thresholds = rfm_thresholds_create((int32) buckets, customers);
	for (int i = 0; i < RFM_MEASURES; i++)
	{
		float8	   *cuts = rfm_measure_cuts(thresholds, i);

		if (!read_literal(&s, ", ") || !read_literal(&s, rfm_measure_names[i]))
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
	return PointerGetDatum(thresholds);
}

Datum
pt_rfm_thresholds_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, rfm_thresholds_from_text);
}

/* Integers and shortest exact decimals: no setting changes the text. */
Datum
pt_rfm_thresholds_out(PG_FUNCTION_ARGS)
{
	const RfmThresholds *thresholds = rfm_thresholds_argument(fcinfo, 0);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d {buckets %d, customers " INT64_FORMAT,
					 thresholds->version, thresholds->buckets,
					 thresholds->customers);
	for (int i = 0; i < RFM_MEASURES; i++)
	{
		const float8 *cuts = rfm_measure_cuts(thresholds, i);

		appendStringInfo(&buf, ", %s", rfm_measure_names[i]);
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
		rfm_bad_external("rfm_thresholds");
	thresholds = rfm_thresholds_create(buckets, customers);
	for (int i = 0; i < RFM_MEASURES * (buckets - 1); i++)
		thresholds->cuts[i] = pq_getmsgfloat8(buf) + 0.0;
	check_thresholds(thresholds, ERRCODE_INVALID_BINARY_REPRESENTATION);
	PG_RETURN_POINTER(thresholds);
}

Datum
pt_rfm_thresholds_send(PG_FUNCTION_ARGS)
{
	const RfmThresholds *thresholds = rfm_thresholds_argument(fcinfo, 0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint32(&buf, thresholds->version);
	pq_sendint32(&buf, thresholds->buckets);
	pq_sendint64(&buf, thresholds->customers);
	for (int i = 0; i < RFM_MEASURES * (thresholds->buckets - 1); i++)
		pq_sendfloat8(&buf, thresholds->cuts[i]);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*--- Scores ---*/

Datum
pt_rfm_buckets(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(rfm_thresholds_argument(fcinfo, 0)->buckets);
}

Datum
pt_rfm_customers(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(rfm_thresholds_argument(fcinfo, 0)->customers);
}

int16
rfm_score(const RfmThresholds *thresholds, RfmMeasure measure, float8 value)
{
	const float8 *cuts = rfm_measure_cuts(thresholds, measure);
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
	PG_RETURN_INT16(rfm_score(rfm_thresholds_argument(fcinfo, 0), RECENCY_DAYS,
							 rfm_measure_argument(fcinfo, 1, RECENCY_DAYS)));
}

Datum
pt_order_count_score(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16(rfm_score(rfm_thresholds_argument(fcinfo, 0), ORDER_COUNT,
							 rfm_measure_argument(fcinfo, 1, ORDER_COUNT)));
}

Datum
pt_revenue_score(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16(rfm_score(rfm_thresholds_argument(fcinfo, 0), REVENUE,
							 rfm_measure_argument(fcinfo, 1, REVENUE)));
}

Datum
pt_rfm_scores(PG_FUNCTION_ARGS)
{
	const RfmThresholds *thresholds = rfm_thresholds_argument(fcinfo, 0);
	TupleDesc	tupdesc = fcinfo->flinfo->fn_extra;
	Datum		values[RFM_MEASURES];
	bool		nulls[RFM_MEASURES] = {0};

	if (tupdesc == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		tupdesc = BlessTupleDesc(tupdesc);
		fcinfo->flinfo->fn_extra = tupdesc;
		MemoryContextSwitchTo(caller);
	}
	Assert(tupdesc->natts == RFM_MEASURES);
	for (int i = 0; i < RFM_MEASURES; i++)
		values[i] = Int16GetDatum(rfm_score(thresholds, i,
										   rfm_measure_argument(fcinfo, i + 1, i)));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values,
													  nulls)));
}

/* A row for each score that a value can have, with its range. */
Datum
pt_rfm_threshold_rows(PG_FUNCTION_ARGS)
{
	const RfmThresholds *thresholds = rfm_thresholds_argument(fcinfo, 0);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			k = thresholds->buckets;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < RFM_MEASURES; i++)
	{
		const float8 *cuts = rfm_measure_cuts(thresholds, i);

		for (int score = 1; score <= k; score++)
		{
			int			bucket = i == RECENCY_DAYS ? k + 1 - score : score;
			Datum		values[4];
			bool		nulls[4] = {0};

			/* between equal cut points there is no value */
			if (bucket > 1 && bucket < k &&
				cuts[bucket - 2] == cuts[bucket - 1])
				continue;
			values[0] = CStringGetTextDatum(rfm_measure_names[i]);
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
