/*-------------------------------------------------------------------------
 *
 * history_accessors.c
 *		What a purchase_history tells: counts, money, gaps, windows.
 *
 * Returns (amounts below zero) count in revenue, but they are neither orders
 * nor purchase days.  A gap is the number of days between two consecutive
 * different days with an order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "compat.h"
#include "history.h"

PG_FUNCTION_INFO_V1(pt_order_count);
PG_FUNCTION_INFO_V1(pt_return_count);
PG_FUNCTION_INFO_V1(pt_discounted_order_count);
PG_FUNCTION_INFO_V1(pt_discount_share);
PG_FUNCTION_INFO_V1(pt_revenue);
PG_FUNCTION_INFO_V1(pt_average_order_value);
PG_FUNCTION_INFO_V1(pt_first_purchase);
PG_FUNCTION_INFO_V1(pt_last_purchase);
PG_FUNCTION_INFO_V1(pt_recency_days);
PG_FUNCTION_INFO_V1(pt_gap_count);
PG_FUNCTION_INFO_V1(pt_gap_mean);
PG_FUNCTION_INFO_V1(pt_gap_median);
PG_FUNCTION_INFO_V1(pt_gap_stddev);
PG_FUNCTION_INFO_V1(pt_gap_cv);
PG_FUNCTION_INFO_V1(pt_gap_quantile);
PG_FUNCTION_INFO_V1(pt_orders_within);
PG_FUNCTION_INFO_V1(pt_revenue_within);
PG_FUNCTION_INFO_V1(pt_days_to_nth_purchase);
PG_FUNCTION_INFO_V1(pt_is_late);
PG_FUNCTION_INFO_V1(pt_purchase_summary);

/* No as_of: the whole history. */
#define ALWAYS		DT_NOEND

/*--- Counts and money ---*/

void
history_summarize(HistoryReader *reader, Timestamp as_of,
				  HistorySummary *summary)
{
	memset(summary, 0, sizeof(*summary));
	while (history_next(reader) && reader->order.at <= as_of)
	{
		int64		amount = reader->order.amount;

		CHECK_FOR_INTERRUPTS();
		summary->revenue += amount;
		if (amount < 0)
		{
			summary->returns++;
			continue;
		}
		if (summary->orders++ == 0)
			summary->first = reader->order.at;
		summary->last = reader->order.at;
		summary->order_amount += amount;
		summary->discounted_orders += reader->order.discounted ? 1 : 0;
	}
}

/*
 * Opens and summarizes a history; of the reader only what is known of the
 * whole is of use then.  A row of a view asks one history for many things,
 * each by a call of its own, so the last one that was read to its end is
 * remembered: to compare the bytes of a short history is several times faster
 * than to read them.
 */
void
history_summary(Datum history, Timestamp as_of, HistoryReader *reader,
				HistorySummary *summary)
{
	static struct
	{
		Size		size;		/* 0 if nothing is remembered */
		Timestamp	last;		/* of the orders and returns */
		HistorySummary summary;
		uint8		bytes[256];
	}			known;
	struct varlena *value = history_stored(history);
	Size		size = VARSIZE_ANY_EXHDR(value);
	const char *fault = history_open_stored(value, reader);

	if (unlikely(fault != NULL))
		bad_history(fault);
	if (size == known.size && as_of >= known.last &&
		memcmp(known.bytes, VARDATA_ANY(value), size) == 0)
	{
		*summary = known.summary;
		return;
	}
	history_summarize(reader, as_of, summary);
	if (size <= sizeof(known.bytes) && reader->remaining == 0 &&
		reader->order.at <= as_of)
	{
		known.size = size;
		known.last = reader->order.at;
		known.summary = *summary;
		memcpy(known.bytes, VARDATA_ANY(value), size);
	}
}

static void
summarize_argument(FunctionCallInfo fcinfo, Timestamp as_of,
				   HistoryReader *reader, HistorySummary *summary)
{
	history_summary(PG_GETARG_DATUM(0), as_of, reader, summary);
}

Datum
pt_order_count(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;

	summarize_argument(fcinfo, ALWAYS, &reader, &summary);
	PG_RETURN_INT64(summary.orders);
}

Datum
pt_return_count(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;

	summarize_argument(fcinfo, ALWAYS, &reader, &summary);
	PG_RETURN_INT64(summary.returns);
}

Datum
pt_discounted_order_count(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;

	summarize_argument(fcinfo, ALWAYS, &reader, &summary);
	if (!reader.knows_discount)
		PG_RETURN_NULL();
	PG_RETURN_INT64(summary.discounted_orders);
}

Datum
pt_discount_share(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;

	summarize_argument(fcinfo, ALWAYS, &reader, &summary);
	if (!reader.knows_discount || summary.orders == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((float8) summary.discounted_orders /
					 (float8) summary.orders);
}

Datum
pt_revenue(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;

	summarize_argument(fcinfo, ALWAYS, &reader, &summary);
	if (reader.count == 0)
		PG_RETURN_NULL();		/* as SUM() of no rows */
	PG_RETURN_NUMERIC(amount_to_numeric(summary.revenue, reader.scale));
}

/* The average as numeric divides it, with numeric's own number of decimals. */
static Datum
average_order_value(const HistorySummary *summary, int scale)
{
	return DirectFunctionCall2(numeric_div,
							   NumericGetDatum(amount_to_numeric(summary->order_amount, scale)),
							   NumericGetDatum(int64_to_numeric(summary->orders)));
}

Datum
pt_average_order_value(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;

	summarize_argument(fcinfo, ALWAYS, &reader, &summary);
	if (summary.orders == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(average_order_value(&summary, reader.scale));
}

Datum
pt_first_purchase(PG_FUNCTION_ARGS)
{
	HistoryReader reader;

	history_open(PG_GETARG_DATUM(0), &reader);
	while (history_next(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		if (reader.order.amount >= 0)
			PG_RETURN_TIMESTAMP(reader.order.at);
	}
	PG_RETURN_NULL();
}

Datum
pt_last_purchase(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;

	summarize_argument(fcinfo, ALWAYS, &reader, &summary);
	if (summary.orders == 0)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMP(summary.last);
}

/* Days between two moments; infinite ones have no distance. */
static bool
days_between(Timestamp from, Timestamp until, float8 *days)
{
	if (TIMESTAMP_NOT_FINITE(until))
		return false;
	*days = ((float8) until - (float8) from) / (float8) USECS_PER_DAY;
	return true;
}

Datum
pt_recency_days(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;
	float8		days;

	summarize_argument(fcinfo, PG_GETARG_TIMESTAMP(1), &reader, &summary);
	if (summary.orders == 0 ||
		!days_between(summary.last, PG_GETARG_TIMESTAMP(1), &days))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(days);
}

/*--- Gaps ---*/

/* Most customers have few gaps: they need no allocation. */
#define GAPS_ON_STACK	256

typedef struct Gaps
{
	int32	   *days;
	int32		count;
	int64		last_day;		/* of the last order; undefined without one */
	bool		any_order;
	int32		on_stack[GAPS_ON_STACK];
} Gaps;

#define ST_SORT sort_days
#define ST_ELEMENT_TYPE int32
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* The gaps of a history up to and including as_of, in time order. */
static void
read_gaps(HistoryReader *reader, Timestamp as_of, Gaps *gaps)
{
	gaps->count = 0;
	gaps->any_order = false;
	gaps->last_day = 0;
	if (reader->count <= GAPS_ON_STACK)
		gaps->days = gaps->on_stack;
	else
		gaps->days = MemoryContextAllocHuge(CurrentMemoryContext,
											sizeof(int32) * (Size) reader->count);
	while (history_next(reader) && reader->order.at <= as_of)
	{
		int64		day;

		CHECK_FOR_INTERRUPTS();
		if (reader->order.amount < 0)
			continue;
		day = timestamp_day(reader->order.at);
		if (gaps->any_order && day != gaps->last_day)
			gaps->days[gaps->count++] = (int32) (day - gaps->last_day);
		gaps->last_day = day;
		gaps->any_order = true;
	}
}

static void
gaps_of_argument(FunctionCallInfo fcinfo, Timestamp as_of, Gaps *gaps)
{
	HistoryReader reader;

	history_open(PG_GETARG_DATUM(0), &reader);
	read_gaps(&reader, as_of, gaps);
}

static float8
gaps_mean(const Gaps *gaps)
{
	int64		sum = 0;

	for (int32 i = 0; i < gaps->count; i++)
		sum += gaps->days[i];
	return (float8) sum / (float8) gaps->count;
}

/* Sample standard deviation, of integers: the sums are exact. */
static float8
gaps_stddev(const Gaps *gaps)
{
	int128		sum = 0;
	int128		squares = 0;
	int128		n = gaps->count;

	for (int32 i = 0; i < gaps->count; i++)
	{
		sum += gaps->days[i];
		squares += (int128) gaps->days[i] * gaps->days[i];
	}
	return sqrt((float8) (n * squares - sum * sum) /
				((float8) n * (float8) (n - 1)));
}

/*
 * Moves the days so that the k-th smallest, counted from 0, stands at k, with
 * none larger before it and none smaller after it.  The loops have no branch
 * that depends on the data: most histories are short, and there wrong guesses
 * of the processor would cost more than all the rest.
 */
static void
select_day(int32 *days, int32 count, int32 k)
{
	int32		from = 0;
	int32		until = count;

	for (int rounds = 0; until - from > 1; rounds++)
	{
		int32		a = days[from];
		int32		b = days[from + (until - from) / 2];
		int32		c = days[until - 1];
		int32		pivot = Max(Min(a, b), Min(Max(a, b), c));	/* median */
		int32		end = from;

		CHECK_FOR_INTERRUPTS();
		if (rounds > 64)
		{
			/* pivots badly chosen: bound the time */
			sort_days(days + from, until - from);
			return;
		}
		for (int32 i = from; i < until; i++)
		{
			int32		day = days[i];

			days[i] = days[end];
			days[end] = day;
			end += day < pivot;
		}
		if (k < end)
		{
			until = end;
			continue;
		}
		from = end;
		for (int32 i = from; i < until; i++)
		{
			int32		day = days[i];

			days[i] = days[end];
			days[end] = day;
			end += day == pivot;
		}
		if (k < end)
			return;
		from = end;
	}
}

/* Quantile of type 7; changes the order of the gaps. */
static float8
gaps_quantile(Gaps *gaps, float8 p)
{
	float8		position = p * (float8) (gaps->count - 1);
	int32		low = (int32) floor(position);
	float8		fraction = position - low;
	int32		next;

	select_day(gaps->days, gaps->count, low);
	if (fraction == 0)
		return gaps->days[low];
	next = gaps->days[low + 1];
	for (int32 i = low + 2; i < gaps->count; i++)
		next = Min(next, gaps->days[i]);
	return gaps->days[low] +
		((float8) next - gaps->days[low]) * fraction;
}

static void
check_fraction(float8 p)
{
	if (isnan(p) || p < 0 || p > 1)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a quantile is of a fraction between 0 and 1"),
				 errdetail("It is %g.", p)));
}

Datum
pt_gap_count(PG_FUNCTION_ARGS)
{
	Gaps		gaps;

	gaps_of_argument(fcinfo, ALWAYS, &gaps);
	PG_RETURN_INT64(gaps.count);
}

Datum
pt_gap_mean(PG_FUNCTION_ARGS)
{
	Gaps		gaps;

	gaps_of_argument(fcinfo, ALWAYS, &gaps);
	if (gaps.count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(gaps_mean(&gaps));
}

Datum
pt_gap_median(PG_FUNCTION_ARGS)
{
	Gaps		gaps;

	gaps_of_argument(fcinfo, ALWAYS, &gaps);
	if (gaps.count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(gaps_quantile(&gaps, 0.5));
}

Datum
pt_gap_stddev(PG_FUNCTION_ARGS)
{
	Gaps		gaps;

	gaps_of_argument(fcinfo, ALWAYS, &gaps);
	if (gaps.count < 2)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(gaps_stddev(&gaps));
}

Datum
pt_gap_cv(PG_FUNCTION_ARGS)
{
	Gaps		gaps;

	gaps_of_argument(fcinfo, ALWAYS, &gaps);
	if (gaps.count < 2)
		PG_RETURN_NULL();
	/* a gap is a day at least, so the mean is not zero */
	PG_RETURN_FLOAT8(gaps_stddev(&gaps) / gaps_mean(&gaps));
}

Datum
pt_gap_quantile(PG_FUNCTION_ARGS)
{
	float8		p = PG_GETARG_FLOAT8(1);
	Gaps		gaps;

	check_fraction(p);
	gaps_of_argument(fcinfo, ALWAYS, &gaps);
	if (gaps.count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(gaps_quantile(&gaps, p));
}

/*
 * Late is who has not bought for longer than the p-quantile of the own gaps.
 * Whoever has no gap yet has no rhythm to be late for: NULL.
 *
 * Days are whole, and the quantile is a day or between two; p = 0.9 is not
 * nine tenths, though, so that a quantile that is a day can come out just
 * below it.  Whoever is late by no more than that is not late.
 */
#define LATE_ROUNDING	1e-9	/* days */

Datum
pt_is_late(PG_FUNCTION_ARGS)
{
	Timestamp	as_of = PG_GETARG_TIMESTAMP(1);
	float8		p = PG_GETARG_FLOAT8(2);
	Gaps		gaps;

	check_fraction(p);
	gaps_of_argument(fcinfo, as_of, &gaps);
	if (gaps.count == 0 || TIMESTAMP_NOT_FINITE(as_of))
		PG_RETURN_NULL();
	PG_RETURN_BOOL((float8) (timestamp_day(as_of) - gaps.last_day) -
				   gaps_quantile(&gaps, p) > LATE_ROUNDING);
}

/*--- Windows ---*/

/* The window (as_of - width, as_of] of the orders. */
static void
summarize_window(FunctionCallInfo fcinfo, HistoryReader *reader,
				 HistorySummary *summary)
{
	Timestamp	as_of = PG_GETARG_TIMESTAMP(2);
	Timestamp	from;
	HistorySummary until_from;

	if (TIMESTAMP_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as_of must be finite")));
	from = DatumGetTimestamp(DirectFunctionCall2(timestamp_mi_interval,
												 TimestampGetDatum(as_of),
												 PG_GETARG_DATUM(1)));
	if (from > as_of)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the width of a window must not be negative")));
	history_summary(PG_GETARG_DATUM(0), as_of, reader, summary);
	history_summary(PG_GETARG_DATUM(0), from, reader, &until_from);
	summary->orders -= until_from.orders;
	summary->revenue -= until_from.revenue;
}

Datum
pt_orders_within(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;

	summarize_window(fcinfo, &reader, &summary);
	PG_RETURN_INT64(summary.orders);
}

/* Zero where nothing was bought: the window exists all the same. */
Datum
pt_revenue_within(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;

	summarize_window(fcinfo, &reader, &summary);
	PG_RETURN_NUMERIC(amount_to_numeric(summary.revenue, reader.scale));
}

Datum
pt_days_to_nth_purchase(PG_FUNCTION_ARGS)
{
	int32		n = PG_GETARG_INT32(1);
	HistoryReader reader;
	int64		seen = 0;
	int64		first = 0;

	if (n < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("purchases are counted from 1"),
				 errdetail("The number asked for is %d.", n)));
	history_open(PG_GETARG_DATUM(0), &reader);
	while (history_next(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		if (reader.order.amount < 0)
			continue;
		if (++seen == 1)
			first = timestamp_day(reader.order.at);
		if (seen == n)
			PG_RETURN_INT32((int32) (timestamp_day(reader.order.at) - first));
	}
	PG_RETURN_NULL();
}

/*--- All at once ---*/

Datum
pt_purchase_summary(PG_FUNCTION_ARGS)
{
	Timestamp	as_of = PG_GETARG_TIMESTAMP(1);
	TupleDesc	tupdesc;
	HistoryReader reader;
	HistoryReader again;
	HistorySummary summary;
	Gaps		gaps;
	Datum		values[14];
	bool		nulls[14] = {0};
	float8		days = 0;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	Assert(tupdesc->natts == lengthof(values));
	history_open(PG_GETARG_DATUM(0), &reader);
	again = reader;
	history_summarize(&reader, as_of, &summary);
	read_gaps(&again, as_of, &gaps);

	memset(nulls, true, sizeof(nulls));
#define SET_COLUMN(n, condition, datum) \
	do { \
		if (condition) \
		{ \
			values[n] = (datum); \
			nulls[n] = false; \
		} \
	} while (0)
	SET_COLUMN(0, true, Int64GetDatum(summary.orders));
	SET_COLUMN(1, true, Int64GetDatum(summary.returns));
	SET_COLUMN(2, reader.knows_discount,
			   Int64GetDatum(summary.discounted_orders));
	SET_COLUMN(3, reader.knows_discount && summary.orders > 0,
			   Float8GetDatum((float8) summary.discounted_orders /
							  (float8) summary.orders));
	SET_COLUMN(4, summary.orders + summary.returns > 0,
			   NumericGetDatum(amount_to_numeric(summary.revenue,
												 reader.scale)));
	SET_COLUMN(5, summary.orders > 0,
			   average_order_value(&summary, reader.scale));
	SET_COLUMN(6, summary.orders > 0, TimestampGetDatum(summary.first));
	SET_COLUMN(7, summary.orders > 0, TimestampGetDatum(summary.last));
	SET_COLUMN(8, summary.orders > 0 &&
			   days_between(summary.last, as_of, &days),
			   Float8GetDatum(days));
	SET_COLUMN(9, true, Int64GetDatum(gaps.count));
	SET_COLUMN(10, gaps.count > 0, Float8GetDatum(gaps_mean(&gaps)));
	SET_COLUMN(11, gaps.count > 0, Float8GetDatum(gaps_quantile(&gaps, 0.5)));
	SET_COLUMN(12, gaps.count > 1, Float8GetDatum(gaps_stddev(&gaps)));
	SET_COLUMN(13, gaps.count > 1,
			   Float8GetDatum(gaps_stddev(&gaps) / gaps_mean(&gaps)));
#undef SET_COLUMN
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc),
													  values, nulls)));
}
