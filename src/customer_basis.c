/*-------------------------------------------------------------------------
 *
 * customer_basis.c
 *		The type customer_basis: what views need of all customers at once.
 *
 * RFM scores and spend tiers compare a customer with all others, as of the
 * last purchase of anybody.  Asked one after the other, these are passes
 * over all customers that wait for each other; a basis is one pass, which
 * keeps three numbers of each customer and answers all of them.
 *
 * Also here are the measures of one customer, as marts show and score them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "history.h"
#include "input.h"
#include "quantile.h"
#include "rfm.h"

PG_FUNCTION_INFO_V1(pt_rfm_recency);
PG_FUNCTION_INFO_V1(pt_revenue_float8);
PG_FUNCTION_INFO_V1(pt_customer_basis_in);
PG_FUNCTION_INFO_V1(pt_customer_basis_out);
PG_FUNCTION_INFO_V1(pt_customer_basis_recv);
PG_FUNCTION_INFO_V1(pt_customer_basis_send);
PG_FUNCTION_INFO_V1(pt_customer_basis_accum);
PG_FUNCTION_INFO_V1(pt_customer_basis_combine);
PG_FUNCTION_INFO_V1(pt_customer_basis_rollup);
PG_FUNCTION_INFO_V1(pt_customer_basis_final);
PG_FUNCTION_INFO_V1(pt_basis_as_of);
PG_FUNCTION_INFO_V1(pt_basis_customers);
PG_FUNCTION_INFO_V1(pt_basis_thresholds);
PG_FUNCTION_INFO_V1(pt_rfm_thresholds_of_basis);
PG_FUNCTION_INFO_V1(pt_revenue_quantile);

#define BASIS_VERSION	1

/* A customer with an order or a return. */
typedef struct BasisCustomer
{
	Timestamp	last_order;		/* DT_NOBEGIN if there are returns only */
	int64		order_count;
	float8		revenue;		/* finite */
} BasisCustomer;

typedef struct CustomerBasis
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	int32		version;
	Timestamp	as_of;			/* what was given; DT_NOBEGIN if nothing was */
	Timestamp	last_at;		/* DT_NOBEGIN if none is known */
	int64		count;
	/* what follows the last one, up to VARSIZE, is room to grow */
	BasisCustomer customers[FLEXIBLE_ARRAY_MEMBER];
} CustomerBasis;

#define INITIAL_CAPACITY	20
#define BASIS_SIZE(capacity) \
	(offsetof(CustomerBasis, customers) + \
	 (Size) (capacity) * sizeof(BasisCustomer))
#define MAX_CAPACITY \
	((int64) ((MaxAllocSize - offsetof(CustomerBasis, customers)) / \
			  sizeof(BasisCustomer)))

/*--- What customers are compared by ---*/

/*
 * Days in millionths from an order to as_of, which is not before it: rounded,
 * halves up.
 */
static inline float8
recency_days(Timestamp last_order, Timestamp as_of)
{
	const uint64 unit = USECS_PER_DAY / 1000000;
	uint64		distance = (uint64) as_of - (uint64) last_order;

	/* both are exact in double precision, so the division rounds once */
	return (float8) ((distance + unit / 2) / unit) / 1000000;
}

/* A sum of amounts, rounded once, as numeric is cast to double precision. */
static float8
amount_to_float8(int128 amount, int scale)
{
	static const float8 powers[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
		1e13, 1e14, 1e15, 1e16, 1e17, 1e18
	};

	StaticAssertStmt(lengthof(powers) == AMOUNT_MAX_SCALE + 1,
					 "a power of ten for each scale");
	/* both exact */
	if (amount <= (INT64CONST(1) << 53) && amount >= -(INT64CONST(1) << 53))
		return (float8) (int64) amount / powers[scale];
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
											  NumericGetDatum(amount_to_numeric(amount,
																				scale))));
}

/* False without an order up to as_of, or if that is infinite. */
static bool
summarize_until(Datum history, Timestamp as_of, HistoryReader *reader,
				HistorySummary *summary)
{
	history_summary(history, as_of, reader, summary);
	return summary->orders > 0 && !TIMESTAMP_NOT_FINITE(as_of);
}

/*
 * The three numbers that customers are compared by, of the orders up to
 * as_of; revenue is less their returns.
 */
bool
rfm_measures_of_history(Datum history, Timestamp as_of, float8 *measures)
{
	HistoryReader reader;
	HistorySummary summary;

	if (!summarize_until(history, as_of, &reader, &summary))
		return false;
	measures[RECENCY_DAYS] = recency_days(summary.last, as_of);
	measures[ORDER_COUNT] = (float8) summary.orders;
	measures[REVENUE] = amount_to_float8(summary.revenue, reader.scale);
	return true;
}

Datum
pt_rfm_recency(PG_FUNCTION_ARGS)
{
	Timestamp	as_of = PG_GETARG_TIMESTAMP(1);
	HistoryReader reader;
	HistorySummary summary;

	if (!summarize_until(PG_GETARG_DATUM(0), as_of, &reader, &summary))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(recency_days(summary.last, as_of));
}

/* revenue(), as double precision. */
Datum
pt_revenue_float8(PG_FUNCTION_ARGS)
{
	HistoryReader reader;
	HistorySummary summary;

	history_summary(PG_GETARG_DATUM(0), DT_NOEND, &reader, &summary);
	if (reader.count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(amount_to_float8(summary.revenue, reader.scale));
}

/*
 * The end of what a moment covers: orders of one customer at one time are
 * kept microseconds apart, but on their day.
 */
static Timestamp
cover_as_of(Timestamp as_of)
{
	Timestamp	end_of_day = (timestamp_day(as_of) + 1) * USECS_PER_DAY - 1;

	return Min(as_of + USECS_PER_SEC / 1000, end_of_day);
}

/*--- The basis: arithmetic on the struct ---*/

static int64
basis_capacity(const CustomerBasis *basis)
{
	return (int64) ((VARSIZE(basis) - offsetof(CustomerBasis, customers)) /
					sizeof(BasisCustomer));
}

static inline bool
is_moment(Timestamp at)
{
	return at == DT_NOBEGIN || IS_VALID_TIMESTAMP(at);
}

/* What is wrong with the basis, or NULL. */
static const char *
basis_fault(const CustomerBasis *basis)
{
	if (VARSIZE(basis) < offsetof(CustomerBasis, customers))
		return "It is shorter than its header.";
	if (basis->version != BASIS_VERSION)
		return "Its version is not known.";
	if (basis->count < 0 || basis->count > basis_capacity(basis))
		return "Its number of customers does not fit its size.";
	if (!is_moment(basis->as_of) || !is_moment(basis->last_at))
		return "A time is out of range.";
	for (int64 i = 0; i < basis->count; i++)
	{
		const BasisCustomer *customer = &basis->customers[i];

		if (!is_moment(customer->last_order))
			return "A time is out of range.";
		if (customer->order_count < 0 ||
			(customer->order_count > 0) != (customer->last_order != DT_NOBEGIN))
			return "A number of orders is out of range.";
		if (!isfinite(customer->revenue))
			return "A revenue is not finite.";
	}
	return NULL;
}

/* Every basis from outside passes here: what is stored, sent or typed. */
static void
check_basis(const CustomerBasis *basis, int sqlerrcode)
{
	const char *fault = basis_fault(basis);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(sqlerrcode),
				 errmsg("invalid customer_basis"),
				 errdetail("%s", fault)));
}

static CustomerBasis *
get_basis(FunctionCallInfo fcinfo, int arg)
{
	/* detoasted and aligned: a stored one may have a short header */
	CustomerBasis *basis = (CustomerBasis *)
		PG_DETOAST_DATUM(PG_GETARG_DATUM(arg));

	check_basis(basis, ERRCODE_DATA_CORRUPTED);
	return basis;
}

static CustomerBasis *
basis_create(int64 capacity, Timestamp as_of)
{
	CustomerBasis *basis = palloc0(BASIS_SIZE(capacity));

	SET_VARSIZE(basis, BASIS_SIZE(capacity));
	basis->version = BASIS_VERSION;
	basis->as_of = as_of;
	basis->last_at = DT_NOBEGIN;
	return basis;
}

/*
 * A copy with room for so many more, in the current memory context; whoever
 * owns the old one (the executor, for transition values) disposes of it.
 */
static CustomerBasis *
basis_grow(const CustomerBasis *basis, int64 more)
{
	int64		capacity = basis_capacity(basis);
	CustomerBasis *larger;

	if (more > MAX_CAPACITY - basis->count)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many customers for one customer_basis"),
				 errdetail("The limit is %lld.", (long long) MAX_CAPACITY)));
	do
		capacity = capacity > MAX_CAPACITY / 2 ? MAX_CAPACITY
			: Max(capacity * 2, INITIAL_CAPACITY);
	while (capacity - basis->count < more);
	larger = palloc(BASIS_SIZE(capacity));
	memcpy(larger, basis, BASIS_SIZE(basis->count));
	SET_VARSIZE(larger, BASIS_SIZE(capacity));
	return larger;
}

static inline CustomerBasis *
basis_add(CustomerBasis *basis, const BasisCustomer *customer)
{
	if (unlikely(basis->count == basis_capacity(basis)))
		basis = basis_grow(basis, 1);
	basis->customers[basis->count++] = *customer;
	return basis;
}

/* A copy without room to spare. */
static CustomerBasis *
basis_pack(const CustomerBasis *basis)
{
	CustomerBasis *packed = palloc(BASIS_SIZE(basis->count));

	memcpy(packed, basis, BASIS_SIZE(basis->count));
	SET_VARSIZE(packed, BASIS_SIZE(basis->count));
	return packed;
}

static int
compare_customers(const BasisCustomer *a, const BasisCustomer *b)
{
	if (a->last_order != b->last_order)
		return a->last_order < b->last_order ? -1 : 1;
	if (a->order_count != b->order_count)
		return a->order_count < b->order_count ? -1 : 1;
	return (a->revenue > b->revenue) - (a->revenue < b->revenue);
}

#define ST_SORT sort_customers
#define ST_ELEMENT_TYPE BasisCustomer
#define ST_COMPARE(a, b) compare_customers(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* So that what leaves the server does not depend on the order of rows. */
static CustomerBasis *
basis_sorted(const CustomerBasis *basis)
{
	CustomerBasis *sorted = basis_pack(basis);

	sort_customers(sorted->customers, sorted->count);
	return sorted;
}

/*--- Input and output ---*/

/*
 * "1 {as_of 2024-06-30, last_at 2024-06-28T09:30:00; 2024-06-28T09:30:00 3
 * 25.5, - 0 -10}": of each customer the last order, the number of orders and
 * the revenue.  - is no time.
 */
static void
out_moment(StringInfo buf, Timestamp at)
{
	if (at == DT_NOBEGIN)
		appendStringInfoChar(buf, '-');
	else
		history_out_time(buf, at, history_unit(at));
}

Datum
pt_customer_basis_out(PG_FUNCTION_ARGS)
{
	CustomerBasis *basis = basis_sorted(get_basis(fcinfo, 0));
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d {as_of ", basis->version);
	out_moment(&buf, basis->as_of);
	appendStringInfoString(&buf, ", last_at ");
	out_moment(&buf, basis->last_at);
	for (int64 i = 0; i < basis->count; i++)
	{
		const BasisCustomer *customer = &basis->customers[i];
		char		revenue[DOUBLE_SHORTEST_DECIMAL_LEN];

		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&buf, i == 0 ? "; " : ", ");
		out_moment(&buf, customer->last_order);
		double_to_shortest_decimal_buf(customer->revenue, revenue);
		appendStringInfo(&buf, " " INT64_FORMAT " %s", customer->order_count,
						 revenue);
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

PT_NORETURN static void
bad_basis_text(const char *input)
{
	rfm_bad_text("customer_basis", input,
				 "It reads \"1 {as_of 2024-06-30, last_at 2024-06-28T09:30:00; 2024-06-28T09:30:00 3 25.5, - 0 -10}\": of each customer the time of the last order, the number of orders and the revenue, with - for no time.");
}

static Timestamp
in_moment(const char *input, const char **s)
{
	Timestamp	at;
	const char *p = *s;

	if (history_in_time(s, &at))
		return at;
	*s = p;
	if (!history_in_literal(s, "-"))
		bad_basis_text(input);
	return DT_NOBEGIN;
}

static Datum
customer_basis_from_text(char *input)
{
	const char *s = input;
	CustomerBasis *basis = basis_create(INITIAL_CAPACITY, DT_NOBEGIN);

	if (!history_in_literal(&s, "1 {as_of "))
		bad_basis_text(input);
	basis->as_of = in_moment(input, &s);
	if (!history_in_literal(&s, ", last_at "))
		bad_basis_text(input);
	basis->last_at = in_moment(input, &s);
	while (!history_in_literal(&s, "}"))
	{
		BasisCustomer customer;
		CustomerBasis *larger;
		char	   *end;

		CHECK_FOR_INTERRUPTS();
		if (!history_in_literal(&s, basis->count == 0 ? "; " : ", "))
			bad_basis_text(input);
		customer.last_order = in_moment(input, &s);
		if (*s++ != ' ' || !isdigit((unsigned char) *s))
			bad_basis_text(input);
		end = unconstify(char *, s);
		if (!rfm_read_int64(&end, &customer.order_count) || *end++ != ' ' ||
			*end == ' ')
			bad_basis_text(input);
		s = end;
		customer.revenue = strtod(s, &end) + 0.0;	/* -0 and 0 are one */
		if (end == s)
			bad_basis_text(input);
		s = end;
		larger = basis_add(basis, &customer);
		if (larger != basis)
			pfree(basis);
		basis = larger;
	}
	if (*s != '\0')
		bad_basis_text(input);
	basis = basis_pack(basis);
	check_basis(basis, ERRCODE_INVALID_TEXT_REPRESENTATION);
	return PointerGetDatum(basis);
}

Datum
pt_customer_basis_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, customer_basis_from_text);
}

Datum
pt_customer_basis_send(PG_FUNCTION_ARGS)
{
	CustomerBasis *basis = basis_sorted(get_basis(fcinfo, 0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint32(&buf, basis->version);
	pq_sendint64(&buf, basis->as_of);
	pq_sendint64(&buf, basis->last_at);
	pq_sendint64(&buf, basis->count);
	for (int64 i = 0; i < basis->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		pq_sendint64(&buf, basis->customers[i].last_order);
		pq_sendint64(&buf, basis->customers[i].order_count);
		pq_sendfloat8(&buf, basis->customers[i].revenue);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pt_customer_basis_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int32		version = pq_getmsgint(buf, 4);
	Timestamp	as_of = pq_getmsgint64(buf);
	Timestamp	last_at = pq_getmsgint64(buf);
	int64		count = pq_getmsgint64(buf);
	CustomerBasis *basis;

	/* the count is believed only as far as there are bytes for it */
	if (version != BASIS_VERSION || count < 0 || count > MAX_CAPACITY ||
		count > (buf->len - buf->cursor) / (int) sizeof(BasisCustomer))
		rfm_bad_external("customer_basis");
	basis = basis_create(count, as_of);
	basis->last_at = last_at;
	basis->count = count;
	for (int64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		basis->customers[i].last_order = pq_getmsgint64(buf);
		basis->customers[i].order_count = pq_getmsgint64(buf);
		basis->customers[i].revenue = pq_getmsgfloat8(buf) + 0.0;
	}
	check_basis(basis, ERRCODE_INVALID_BINARY_REPRESENTATION);
	PG_RETURN_POINTER(basis);
}

/*--- Aggregates ---*/

PT_NORETURN static void
as_of_differs(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("as_of of customer_basis must be the same in every row")));
}

/*
 * The basis that a transition function may change: the executor's own, a
 * copy of what a direct caller passed, or a new one (in the current context,
 * since the executor copies a first state itself).
 */
static CustomerBasis *
transition_basis(FunctionCallInfo fcinfo, Timestamp as_of)
{
	CustomerBasis *basis;

	if (PG_ARGISNULL(0))
		return basis_create(INITIAL_CAPACITY, as_of);
	if (AggCheckCallContext(fcinfo, NULL))
		basis = (CustomerBasis *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	else
		basis = basis_pack(get_basis(fcinfo, 0));
	if (basis->as_of != as_of)
		as_of_differs();
	return basis;
}

Datum
pt_customer_basis_accum(PG_FUNCTION_ARGS)
{
	Timestamp	as_of = DT_NOBEGIN;
	CustomerBasis *basis;

	if (!PG_ARGISNULL(3))
	{
		as_of = PG_GETARG_TIMESTAMP(3);
		if (TIMESTAMP_NOT_FINITE(as_of))
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("as_of of customer_basis must be finite"),
					 errhint("NULL stands for the last purchase.")));
	}
	basis = transition_basis(fcinfo, as_of);
	if (!PG_ARGISNULL(2) && !TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMP(2)))
		basis->last_at = Max(basis->last_at, PG_GETARG_TIMESTAMP(2));
	if (!PG_ARGISNULL(1))
	{
		HistoryReader reader;
		HistorySummary summary;

		history_open(PG_GETARG_DATUM(1), &reader);
		history_summarize(&reader, as_of == DT_NOBEGIN ? DT_NOEND : cover_as_of(as_of),
						  &summary);
		if (summary.orders > 0 || summary.returns > 0)
		{
			BasisCustomer customer;

			customer.last_order = summary.orders > 0 ? summary.last : DT_NOBEGIN;
			customer.order_count = summary.orders;
			customer.revenue = amount_to_float8(summary.revenue, reader.scale);
			basis = basis_add(basis, &customer);
		}
	}
	PG_RETURN_POINTER(basis);
}

Datum
pt_customer_basis_combine(PG_FUNCTION_ARGS)
{
	CustomerBasis *basis;
	const CustomerBasis *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = get_basis(fcinfo, 1);
	basis = transition_basis(fcinfo, other->as_of);
	basis->last_at = Max(basis->last_at, other->last_at);
	if (basis_capacity(basis) - basis->count < other->count)
		basis = basis_grow(basis, other->count);
	memcpy(&basis->customers[basis->count], other->customers,
		   other->count * sizeof(BasisCustomer));
	basis->count += other->count;
	PG_RETURN_POINTER(basis);
}

/* rollup(customer_basis): combine under the name of a transition function. */
Datum
pt_customer_basis_rollup(PG_FUNCTION_ARGS)
{
	return pt_customer_basis_combine(fcinfo);
}

Datum
pt_customer_basis_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(basis_pack(get_basis(fcinfo, 0)));
}

/*--- What it tells ---*/

/* DT_NOBEGIN if there was no purchase. */
static Timestamp
basis_moment(const CustomerBasis *basis)
{
	return basis->as_of != DT_NOBEGIN ? basis->as_of : basis->last_at;
}

/* Reads the header only, which is all that is fetched of a stored basis. */
Datum
pt_basis_as_of(PG_FUNCTION_ARGS)
{
	const CustomerBasis *basis = (CustomerBasis *)
		PG_DETOAST_DATUM_SLICE(PG_GETARG_DATUM(0), 0,
							   offsetof(CustomerBasis, customers) - VARHDRSZ);
	Timestamp	as_of;

	if (VARSIZE(basis) < offsetof(CustomerBasis, customers) ||
		basis->version != BASIS_VERSION || !is_moment(basis->as_of) ||
		!is_moment(basis->last_at))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid customer_basis")));
	as_of = basis_moment(basis);
	if (as_of == DT_NOBEGIN)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMP(as_of);
}

Datum
pt_basis_customers(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(get_basis(fcinfo, 0)->count);
}

/* Of customers whose last order is not after as_of; NULL without one. */
static RfmThresholds *
thresholds_at(const CustomerBasis *basis, Timestamp as_of)
{
	int64		numerators[RFM_DEFAULT_BUCKETS - 1];
	float8	   *values;
	int64		customers = 0;
	RfmThresholds *thresholds;

	if (TIMESTAMP_NOT_FINITE(as_of))
		return NULL;
	for (int64 i = 0; i < basis->count; i++)
	{
		Timestamp	last_order = basis->customers[i].last_order;

		customers += last_order != DT_NOBEGIN && last_order <= as_of;
	}
	if (customers == 0)
		return NULL;
	for (int i = 0; i < RFM_DEFAULT_BUCKETS - 1; i++)
		numerators[i] = i + 1;
	thresholds = rfm_thresholds_create(RFM_DEFAULT_BUCKETS, customers);
	values = MemoryContextAllocHuge(CurrentMemoryContext,
									sizeof(float8) * (customers + 1));
	for (RfmMeasure measure = RECENCY_DAYS; measure <= REVENUE; measure++)
	{
		int64		n = 0;

		CHECK_FOR_INTERRUPTS();
		/* those left out are overwritten: a branch would cost more */
		for (int64 i = 0; i < basis->count; i++)
		{
			const BasisCustomer *customer = &basis->customers[i];

			values[n] = measure == RECENCY_DAYS
				? recency_days(customer->last_order, as_of)
				: measure == ORDER_COUNT ? (float8) customer->order_count
				: customer->revenue;
			n += customer->last_order != DT_NOBEGIN &&
				customer->last_order <= as_of;
		}
		quantiles_of_values(values, customers, numerators,
							RFM_DEFAULT_BUCKETS - 1, RFM_DEFAULT_BUCKETS,
							rfm_measure_cuts(thresholds, measure));
		rfm_round_cuts(thresholds, measure);
	}
	pfree(values);
	return thresholds;
}

Datum
pt_rfm_thresholds_of_basis(PG_FUNCTION_ARGS)
{
	RfmThresholds *thresholds = thresholds_at(get_basis(fcinfo, 0),
											  PG_GETARG_TIMESTAMP(1));

	if (thresholds == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(thresholds);
}

Datum
pt_basis_thresholds(PG_FUNCTION_ARGS)
{
	CustomerBasis *basis = get_basis(fcinfo, 0);
	Timestamp	as_of = basis_moment(basis);
	RfmThresholds *thresholds = as_of == DT_NOBEGIN ? NULL
		: thresholds_at(basis, cover_as_of(as_of));

	if (thresholds == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(thresholds);
}

Datum
pt_revenue_quantile(PG_FUNCTION_ARGS)
{
	const CustomerBasis *basis = get_basis(fcinfo, 0);
	int64		numerator = quantile_numerator(PG_GETARG_FLOAT8(1));
	float8	   *values;
	float8		quantile;

	if (basis->count == 0)
		PG_RETURN_NULL();
	values = MemoryContextAllocHuge(CurrentMemoryContext,
									sizeof(float8) * basis->count);
	for (int64 i = 0; i < basis->count; i++)
		values[i] = basis->customers[i].revenue;
	quantiles_of_values(values, basis->count, &numerator, 1,
						QUANTILE_DENOMINATOR, &quantile);
	pfree(values);
	PG_RETURN_FLOAT8(quantile);
}
