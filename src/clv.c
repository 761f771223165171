/*-------------------------------------------------------------------------
 *
 * clv.c
 *		The type clv_data: customers as lifetime models see them.
 *
 * A fit asks of a customer x, t_x and T only, and many customers have the
 * same; so these are kept once, with a count.  Counts are whole numbers and
 * rows are sorted in the end, so no order of rows and no plan changes a
 * digit of what is fitted to them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_enum.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "clv.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(pt_clv_data_accum);
PG_FUNCTION_INFO_V1(pt_clv_data_accum_history);
PG_FUNCTION_INFO_V1(pt_clv_fit_accum);
PG_FUNCTION_INFO_V1(pt_clv_fit_accum_history);
PG_FUNCTION_INFO_V1(pt_spend_data_accum);
PG_FUNCTION_INFO_V1(pt_spend_data_accum_history);
PG_FUNCTION_INFO_V1(pt_subscription_data_accum);
PG_FUNCTION_INFO_V1(pt_clv_data_combine);
PG_FUNCTION_INFO_V1(pt_clv_data_rollup);
PG_FUNCTION_INFO_V1(pt_clv_data_final);
PG_FUNCTION_INFO_V1(pt_clv_data_add);

#define INITIAL_CAPACITY	20
#define MAX_CAPACITY \
	((int64) ((MaxAllocSize - offsetof(ClvData, rows)) / sizeof(ClvRow)))

StaticAssertDecl(offsetof(ClvData, rows) == 48, "the header has padding");

static inline int
compare_rows(const ClvRow *a, const ClvRow *b)
{
	if (a->x != b->x)
		return a->x < b->x ? -1 : 1;
	if (a->tx != b->tx)
		return a->tx < b->tx ? -1 : 1;
	return a->t < b->t ? -1 : a->t > b->t;
}

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE ClvRow
#define ST_COMPARE(a, b) compare_rows(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

void
clv_pause(void)
{
	CHECK_FOR_INTERRUPTS();
}

/*--- Labels ---*/

static const char *const kind_labels[CLV_KINDS] = {
	"bg_nbd", "mbg_nbd", "pareto_nbd", "nbd", "bg_bb", "sbg", "gamma_gamma"
};

static const char *const period_labels[] = {
	"day", "week", "month", "quarter", "year"
};

const char *
clv_kind_label(int kind)
{
	return kind < CLV_KINDS ? kind_labels[kind] : NULL;
}

const char *
clv_period_label(int period)
{
	return period < (int) lengthof(period_labels) ? period_labels[period]
		: NULL;
}

ClvKind
clv_kind_from_enum(Oid value)
{
	HeapTuple	tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	int			kind = CLV_KINDS;

	if (HeapTupleIsValid(tuple))
	{
		const char *label = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);

		for (kind = 0; kind < CLV_KINDS; kind++)
		{
			if (strcmp(kind_labels[kind], label) == 0)
				break;
		}
		ReleaseSysCache(tuple);
	}
	if (kind == CLV_KINDS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown clv_kind")));
	return (ClvKind) kind;
}

/*--- The value ---*/

static int64
data_capacity(const ClvData *data)
{
	return (VARSIZE(data) - offsetof(ClvData, rows)) / sizeof(ClvRow);
}

/* What no customer can have, or NULL. */
const char *
clv_row_fault(ClvForm form, const ClvRow *row)
{
	if (!(row->x >= 0 && row->x <= CLV_MOST_X) || row->x != floor(row->x))
		return "x is a whole number from 0 to 1000000000.";
	switch (form)
	{
		case CLV_TRANSACTIONS:
			if (!(row->tx >= 0 && row->t >= 0 && row->t <= CLV_MOST_TIME))
				return "t_x and T are from 0 to 1000000000.";
			if (row->tx > row->t)
				return "The last purchase is not after the end, so t_x is at most T.";
			if (row->x == 0 && row->tx != 0)
				return "Without a repeat purchase, x and t_x are 0.";
			return NULL;
		case CLV_SPEND:
			if (row->x == 0 || !(row->tx > 0 && row->tx <= 1e30) ||
				row->t != 0)
				return "Spend is of repeat purchases, and above zero.";
			return NULL;
		case CLV_SUBSCRIPTION:
			if (row->x > 1 || row->tx != 0 ||
				!(row->t >= row->x && row->t <= CLV_MOST_TIME) ||
				row->t != floor(row->t))
				return "Periods are whole numbers from 0, and at least 1 where a subscription ended.";
			return NULL;
	}
	return "Its form is not known.";
}

/* What is wrong with data from outside: what is stored, sent or typed. */
const char *
clv_data_fault(const ClvData *data)
{
	int64		customers = 0;

	if (VARSIZE(data) < offsetof(ClvData, rows))
		return "It is shorter than its header.";
	if (data->version != CLV_DATA_VERSION)
		return "Its version is not known.";
	if (data->form >= CLV_FORMS || data->unused != 0 ||
		(data->unit > PERIOD_YEAR && data->unit != CLV_NONE) ||
		(data->merge > PERIOD_YEAR && data->merge != CLV_NONE) ||
		((uint32) data->kind >= CLV_KINDS && data->kind != CLV_NONE) ||
		(data->kind != CLV_NONE &&
		 clv_form((ClvKind) data->kind) != (ClvForm) data->form))
		return "Its settings are out of range.";
	if (data->as_of != DT_NOBEGIN && !IS_VALID_TIMESTAMP(data->as_of))
		return "Its as_of is out of range.";
	if (data->nsorted < 0 || data->nused < data->nsorted ||
		data->nused > data_capacity(data) || data->left_out < 0)
		return "Its number of rows does not fit its size.";
	for (int i = 0; i < data->nused; i++)
	{
		const ClvRow *row = &data->rows[i];
		const char *fault = clv_row_fault((ClvForm) data->form, row);

		CHECK_FOR_INTERRUPTS();
		if (fault != NULL)
			return fault;
		if (row->count < 1 ||
			pg_add_s64_overflow(customers, row->count, &customers))
			return "A count is out of range.";
		if (i > 0 && i < data->nsorted && compare_rows(row - 1, row) >= 0)
			return "Its rows do not ascend.";
	}
	if (customers != data->customers)
		return "Its counts do not add up.";
	return NULL;
}

/* Data from outside, detoasted: what is stored may have a short header. */
static ClvData *
get_data(Datum value)
{
	ClvData    *data = (ClvData *) PG_DETOAST_DATUM(value);
	const char *fault = clv_data_fault(data);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid clv_data"),
				 errdetail("%s", fault)));
	return data;
}

/* Packed: sorted, if it is not. */
ClvData *
clv_data_argument(FunctionCallInfo fcinfo, int arg)
{
	ClvData    *data = get_data(PG_GETARG_DATUM(arg));

	return data->nsorted == data->nused ? data : clv_data_pack(data);
}

ClvData *
clv_data_create(ClvForm form, int capacity)
{
	ClvData    *data = palloc0(CLV_DATA_SIZE(capacity));

	SET_VARSIZE(data, CLV_DATA_SIZE(capacity));
	data->version = CLV_DATA_VERSION;
	data->form = form;
	data->unit = data->merge = CLV_NONE;
	data->kind = CLV_NONE;
	data->as_of = DT_NOBEGIN;
	return data;
}

/* Makes one of equal neighbours; returns how many are left. */
static int
join_equal(ClvRow *rows, int n)
{
	int			last = 0;

	for (int i = 1; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (compare_rows(&rows[last], &rows[i]) == 0)
			rows[last].count += rows[i].count;
		else
			rows[++last] = rows[i];
	}
	return n == 0 ? 0 : last + 1;
}

/*
 * Sorts and joins all rows.  Merging a tail into the sorted part would save
 * comparisons, but the sort finds most of them in order by itself.
 */
static void
compact(ClvData *data)
{
	if (data->nsorted == data->nused)
		return;
	sort_rows(data->rows, data->nused);
	data->nsorted = data->nused = join_equal(data->rows, data->nused);
}

/* A copy that is sorted and has no room to spare; the data stay as they are. */
ClvData *
clv_data_pack(const ClvData *data)
{
	ClvData    *packed = clv_data_create((ClvForm) data->form, data->nused);

	memcpy((char *) packed + VARHDRSZ, (const char *) data + VARHDRSZ,
		   CLV_DATA_SIZE(data->nused) - VARHDRSZ);
	compact(packed);
	SET_VARSIZE(packed, CLV_DATA_SIZE(packed->nused));
	return packed;
}

/*
 * Adds customers.  The data are changed in place; where they must grow, a
 * larger copy in the current memory context is returned, and the caller (as
 * the executor does with transition values) disposes of the old one.
 */
ClvData *
clv_data_add(ClvData *data, const ClvRow *row)
{
	int64		capacity = data_capacity(data);

	if (pg_add_s64_overflow(data->customers, row->count, &data->customers))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many customers for clv_data")));
	if (data->nused == capacity)
	{
		compact(data);
		/* packed data without rows have no capacity at all */
		if (data->nused > capacity / 2 || capacity == 0)
		{
			ClvData    *larger;

			if (data->nused >= MAX_CAPACITY)
				ereport(ERROR,
						(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						 errmsg("too many different customers for clv_data"),
						 errdetail("The limit is " INT64_FORMAT ".",
								   MAX_CAPACITY),
						 errhint("Round t_x and T, for example to weeks.")));
			capacity = Min(Max(capacity * 2, INITIAL_CAPACITY), MAX_CAPACITY);
			larger = clv_data_create((ClvForm) data->form, (int) capacity);
			memcpy((char *) larger + VARHDRSZ, (char *) data + VARHDRSZ,
				   CLV_DATA_SIZE(data->nused) - VARHDRSZ);
			data = larger;
		}
	}
	data->rows[data->nused++] = *row;
	return data;
}

/*--- Merging ---*/

static void
check_settings(const ClvData *a, const ClvData *b)
{
	if (a->form != b->form)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("clv_data of purchases, of spend and of subscriptions cannot be merged")));
	if (a->unit != b->unit || a->merge != b->merge || a->kind != b->kind)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unit, merge and kind must be the same for all customers of clv_data")));
	if (a->as_of != b->as_of)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("as_of must be the same for all customers of clv_data"),
				 errhint("Give the last moment of the whole data, not that of a customer.")));
}

static ClvData *
merge_data(ClvData *data, const ClvData *other)
{
	check_settings(data, other);
	for (int i = 0; i < other->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		data = clv_data_add(data, &other->rows[i]);
	}
	if (pg_add_s64_overflow(data->left_out, other->left_out,
							&data->left_out))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many customers for clv_data")));
	return data;
}

/* A copy that can be added to. */
static ClvData *
data_unpack(const ClvData *data)
{
	ClvData    *copy = clv_data_create((ClvForm) data->form,
									   Max(data->nused, INITIAL_CAPACITY));

	memcpy((char *) copy + VARHDRSZ, (const char *) data + VARHDRSZ,
		   CLV_DATA_SIZE(data->nused) - VARHDRSZ);
	return copy;
}

/*
 * The data that a transition function may change: the executor's own, or a
 * copy of what a direct caller passed; new ones if there are none.
 */
static ClvData *
transition_data(FunctionCallInfo fcinfo, const ClvData *settings)
{
	ClvData    *data;

	if (PG_ARGISNULL(0))
		return data_unpack(settings);
	if (AggCheckCallContext(fcinfo, NULL))
		data = (ClvData *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	else
		data = data_unpack(get_data(PG_GETARG_DATUM(0)));
	check_settings(data, settings);
	return data;
}

static void
settings_of(ClvData *settings, ClvForm form)
{
	memset(settings, 0, offsetof(ClvData, rows));
	SET_VARSIZE(settings, CLV_DATA_SIZE(0));
	settings->version = CLV_DATA_VERSION;
	settings->form = form;
	settings->unit = settings->merge = CLV_NONE;
	settings->kind = CLV_NONE;
	settings->as_of = DT_NOBEGIN;
}

static Datum
data_with_left_out(ClvData *data)
{
	data->left_out++;
	return PointerGetDatum(data);
}

/* Adds a row, of so many customers, after a look at it. */
static Datum
data_with_row(ClvData *data, ClvRow *row)
{
	const char *fault;

	/* -0 and 0 are one number */
	row->tx += 0.0;
	row->t += 0.0;
	if (row->count == 0)
		return PointerGetDatum(data);
	fault = clv_row_fault((ClvForm) data->form, row);
	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 data->form == CLV_SUBSCRIPTION
				 ? errmsg("no subscription can have %.17g periods", row->t)
				 : errmsg("no customer can have x = %.17g, t_x = %.17g, T = %.17g",
						  row->x, row->tx, row->t),
				 errdetail("%s", fault)));
	return PointerGetDatum(clv_data_add(data, row));
}

static int64
weight_argument(FunctionCallInfo fcinfo, int arg)
{
	int64		weight;

	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the weight of a customer must not be NULL")));
	weight = PG_GETARG_INT64(arg);
	if (weight < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the weight of a customer must not be negative"),
				 errdetail("It is " INT64_FORMAT ", the number of customers that are alike.",
						   weight)));
	return weight;
}

/*--- Transition functions ---*/

/* x, t_x, T, and what may follow from there */
static Datum
accumulate_customer(FunctionCallInfo fcinfo, const ClvData *settings,
					int64 weight)
{
	ClvData    *data = transition_data(fcinfo, settings);
	ClvRow		row;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		return data_with_left_out(data);
	row.x = (double) PG_GETARG_INT64(1);
	row.tx = PG_GETARG_FLOAT8(2);
	row.t = PG_GETARG_FLOAT8(3);
	row.count = weight;
	return data_with_row(data, &row);
}

Datum
pt_clv_data_accum(PG_FUNCTION_ARGS)
{
	ClvData		settings;

	settings_of(&settings, CLV_TRANSACTIONS);
	return accumulate_customer(fcinfo, &settings,
							   PG_NARGS() > 4 ? weight_argument(fcinfo, 4) : 1);
}

static ClvKind
kind_argument(FunctionCallInfo fcinfo, int arg)
{
	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the kind of a model must not be NULL")));
	return clv_kind_from_enum(PG_GETARG_OID(arg));
}

Datum
pt_clv_fit_accum(PG_FUNCTION_ARGS)
{
	ClvData		settings;
	ClvKind		kind = kind_argument(fcinfo, 4);

	if (clv_form(kind) != CLV_TRANSACTIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a model of kind %s is not fitted to x, t_x and T",
						clv_kind_label(kind)),
				 errhint("spend_fit() takes x and mean spend; subscription_data() takes periods, for clv_fit().")));
	settings_of(&settings, CLV_TRANSACTIONS);
	settings.kind = kind;
	return accumulate_customer(fcinfo, &settings, 1);
}

static Timestamp
as_of_argument(FunctionCallInfo fcinfo, int arg)
{
	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("as_of must not be NULL")));
	if (TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMP(arg)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as_of must be finite")));
	return PG_GETARG_TIMESTAMP(arg);
}

static Period
period_argument(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", name)));
	return period_from_enum(fcinfo, arg);
}

/* Who has not bought yet is no customer; a history that is NULL is left out. */
static Datum
accumulate_history(FunctionCallInfo fcinfo, const ClvData *settings)
{
	ClvData    *data = transition_data(fcinfo, settings);
	ClvCustomer customer;
	double		spend;
	ClvRow		row;
	bool		of_spend = settings->form == CLV_SPEND;

	if (PG_ARGISNULL(1))
		return data_with_left_out(data);
	if (!history_repeats(PG_GETARG_DATUM(1), settings->as_of,
						 (Period) settings->merge, (Period) settings->unit,
						 &customer, of_spend ? &spend : NULL) ||
		(of_spend && customer.x == 0))
		PG_RETURN_POINTER(data);
	row.x = customer.x;
	row.tx = of_spend ? spend : customer.tx;
	row.t = of_spend ? 0 : customer.t;
	row.count = 1;
	if (of_spend && !(spend > 0))
		return data_with_left_out(data);
	return data_with_row(data, &row);
}

Datum
pt_clv_data_accum_history(PG_FUNCTION_ARGS)
{
	ClvData		settings;

	settings_of(&settings, CLV_TRANSACTIONS);
	settings.as_of = as_of_argument(fcinfo, 2);
	settings.unit = PG_NARGS() > 3 ? period_argument(fcinfo, 3, "unit")
		: PERIOD_WEEK;
	settings.merge = PG_NARGS() > 4 ? period_argument(fcinfo, 4, "merge")
		: PERIOD_DAY;
	return accumulate_history(fcinfo, &settings);
}

/*
 * (history, as_of, kind [, unit]): a discrete model counts periods, by
 * default months; others take days, and measure in weeks.
 */
Datum
pt_clv_fit_accum_history(PG_FUNCTION_ARGS)
{
	ClvData		settings;
	ClvKind		kind = kind_argument(fcinfo, 3);
	bool		discrete = kind == CLV_BG_BB;

	if (clv_form(kind) == CLV_SUBSCRIPTION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a model of kind %s is not fitted to histories",
						clv_kind_label(kind)),
				 errhint("subscription_data() takes periods, for clv_fit().")));
	settings_of(&settings, clv_form(kind));
	settings.kind = kind;
	settings.as_of = as_of_argument(fcinfo, 2);
	settings.unit = PG_NARGS() > 4 ? period_argument(fcinfo, 4, "unit")
		: discrete ? PERIOD_MONTH : PERIOD_WEEK;
	settings.merge = discrete ? (Period) settings.unit : PERIOD_DAY;
	return accumulate_history(fcinfo, &settings);
}

/* (x, mean spend) */
Datum
pt_spend_data_accum(PG_FUNCTION_ARGS)
{
	ClvData		settings;
	ClvData    *data;
	ClvRow		row;

	settings_of(&settings, CLV_SPEND);
	data = transition_data(fcinfo, &settings);
	if (!PG_ARGISNULL(1) && PG_GETARG_INT64(1) == 0)
		PG_RETURN_POINTER(data);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return data_with_left_out(data);
	row.x = (double) PG_GETARG_INT64(1);
	row.tx = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
												PG_GETARG_DATUM(2)));
	row.t = 0;
	row.count = 1;
	if (isfinite(row.tx) && row.tx <= 0)
		return data_with_left_out(data);
	return data_with_row(data, &row);
}

Datum
pt_spend_data_accum_history(PG_FUNCTION_ARGS)
{
	ClvData		settings;

	settings_of(&settings, CLV_SPEND);
	settings.as_of = as_of_argument(fcinfo, 2);
	settings.unit = PERIOD_WEEK;
	settings.merge = PERIOD_DAY;
	return accumulate_history(fcinfo, &settings);
}

/* (periods, ended [, weight]) */
Datum
pt_subscription_data_accum(PG_FUNCTION_ARGS)
{
	ClvData		settings;
	int64		weight = PG_NARGS() > 3 ? weight_argument(fcinfo, 3) : 1;
	ClvData    *data;
	ClvRow		row;

	settings_of(&settings, CLV_SUBSCRIPTION);
	data = transition_data(fcinfo, &settings);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return data_with_left_out(data);
	row.t = PG_GETARG_INT32(1);
	row.x = PG_GETARG_BOOL(2) ? 1 : 0;
	row.tx = 0;
	row.count = weight;
	return data_with_row(data, &row);
}

Datum
pt_clv_data_combine(PG_FUNCTION_ARGS)
{
	ClvData    *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = get_data(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(data_unpack(other));
	PG_RETURN_POINTER(merge_data(transition_data(fcinfo, other), other));
}

/* rollup(clv_data): combine under the name of a transition function. */
Datum
pt_clv_data_rollup(PG_FUNCTION_ARGS)
{
	return pt_clv_data_combine(fcinfo);
}

Datum
pt_clv_data_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(clv_data_pack(get_data(PG_GETARG_DATUM(0))));
}

/* The operator +. */
Datum
pt_clv_data_add(PG_FUNCTION_ARGS)
{
	ClvData    *sum = data_unpack(clv_data_argument(fcinfo, 0));

	PG_RETURN_POINTER(clv_data_pack(merge_data(sum,
											   clv_data_argument(fcinfo, 1))));
}
