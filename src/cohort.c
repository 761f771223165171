/*-------------------------------------------------------------------------
 *
 * cohort.c
 *		The type cohort_table and its aggregates.
 *
 * A cohort is all customers whose first order is in one period.  The table
 * has a cell for each cohort and each period from its first to that of
 * as_of, from which retention, revenue, lifecycle and stickiness follow; its
 * size does not depend on the number of customers.  Each history is decoded
 * once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "miscadmin.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "cohort.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(pt_cohort_table_accum);
PG_FUNCTION_INFO_V1(pt_cohort_table_combine);
PG_FUNCTION_INFO_V1(pt_cohort_table_rollup);
PG_FUNCTION_INFO_V1(pt_cohort_table_final);
PG_FUNCTION_INFO_V1(pt_cohort_table_add);

/* A chunk that the allocator gives without waste; it grows by doubling. */
#define INITIAL_SIZE	4096
#define INITIAL_SPAN	32
#define LARGE_SIZE		((Size) 1024 * 1024)
#define MAX_SIZE \
	(COHORT_CELLS_OFFSET(COHORT_MAX_PERIODS) + \
	 (Size) COHORT_MAX_PERIODS * (COHORT_MAX_PERIODS + 1) / 2 * sizeof(CohortCell))

StaticAssertDecl(sizeof(CohortCell) == 48, "cells have padding");

/*--- The table ---*/

static int32
table_capacity(const CohortTable *table)
{
	return (int32) ((VARSIZE(table) - COHORT_CELLS_OFFSET(table->span)) /
					sizeof(CohortCell));
}

static CohortTable *
table_create(Size size, int32 span)
{
	CohortTable *table = palloc0(size);

	SET_VARSIZE(table, size);
	table->version = COHORT_TABLE_VERSION;
	table->span = span;
	memset(table->rows, -1, (Size) span * sizeof(int32));
	return table;
}

CohortTable *
cohort_table_create(Timestamp as_of, Period period)
{
	CohortTable *table = table_create(INITIAL_SIZE, INITIAL_SPAN);

	table->as_of = as_of;
	table->period = period;
	return table;
}

/* What is wrong with one cohort, or NULL. */
static const char *
row_fault(const CohortCell *cells, int ncells)
{
	int64		size = cells[0].active;
	int64		still = 0;		/* members whose last order is not before */
	int64		exactly = 0;
	int128		active_periods = 0;

	if (size < 1)
		return "A cohort has no members.";
	for (int i = ncells - 1; i >= 0; i--)
	{
		const CohortCell *cell = &cells[i];

		CHECK_FOR_INTERRUPTS();
		if (cell->last < 0 || cell->last > cell->active ||
			cell->consecutive < 0 || cell->consecutive > cell->active ||
			cell->active > size ||
			cell->consecutive > (i == 0 ? 0 : cells[i - 1].active) ||
			cell->exactly < 0 || cell->exactly > size - exactly ||
			cell->last > size - still)
			return "A count is out of range.";
		still += cell->last;
		if (cell->active > still)
			return "More members are active than have a last order then or later.";
		exactly += cell->exactly;
		active_periods += cell->active - (int128) (i + 1) * cell->exactly;
		if (cell->revenue >= AMOUNT_SUM_LIMIT ||
			cell->revenue <= -AMOUNT_SUM_LIMIT)
			return "A revenue is out of range.";
	}
	if (still != size || exactly != size || active_periods != 0)
		return "Its counts do not add up.";
	return NULL;
}

/*
 * What is wrong with the table, or NULL.  Every table from outside passes
 * here: what is stored, sent or typed.
 */
const char *
cohort_table_fault(CohortTable *table)
{
	int64		customers = 0;
	int64		ncells = 0;
	int64		now;

	if (VARSIZE(table) < offsetof(CohortTable, rows))
		return "It is shorter than its header.";
	if (table->version != COHORT_TABLE_VERSION)
		return "Its version is not known.";
	if (table->period > PERIOD_YEAR || table->unit > HISTORY_MICROSECOND ||
		table->scale > AMOUNT_MAX_SCALE ||
		!IS_VALID_TIMESTAMP(table->as_of))
		return "Its settings are out of range.";
	if (table->span < 0 || table->span > COHORT_MAX_PERIODS ||
		COHORT_CELLS_OFFSET(table->span) > VARSIZE(table) ||
		table->ncells < 0 || table->ncells > table_capacity(table))
		return "Its number of periods does not fit its size.";
	now = period_number(table->as_of, (Period) table->period);
	for (int i = 0; i < table->span; i++)
	{
		const char *fault;

		if (table->rows[i] == -1)
			continue;
		if (table->rows[i] < 0 || table->rows[i] > table->ncells - (i + 1))
			return "A cohort is outside of its cells.";
		if (!IS_VALID_DATE(period_start(now - i, (Period) table->period)))
			return "A cohort is out of range.";
		fault = row_fault(cohort_row(table, i), i + 1);
		if (fault != NULL)
			return fault;
		ncells += i + 1;
		if (pg_add_s64_overflow(customers, cohort_row(table, i)->active,
								&customers))
			return "A count is out of range.";
	}
	if (ncells != table->ncells || customers != table->customers)
		return "Its counts do not add up.";
	return NULL;
}

/* A table from outside, detoasted: a stored one may have a short header. */
CohortTable *
cohort_table_get(Datum value)
{
	CohortTable *table = (CohortTable *) PG_DETOAST_DATUM(value);
	const char *fault = cohort_table_fault(table);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid cohort_table"),
				 errdetail("%s", fault)));
	return table;
}

/*
 * A table with room for so many periods and cells: the same, or a larger copy
 * in the current memory context; whoever owns the old one (the executor, for
 * transition values) disposes of it.
 */
static CohortTable *
table_reserve(CohortTable *table, int32 span, int32 ncells)
{
	int32		larger_span = table->span;
	Size		size = Max(VARSIZE(table), INITIAL_SIZE);
	CohortTable *larger;

	if (span <= table->span && ncells <= table_capacity(table))
		return table;
	while (larger_span < span)
		larger_span = Min(Max(larger_span * 2, INITIAL_SPAN),
						  COHORT_MAX_PERIODS);

	/*
	 * All cells of the most periods are 400 MB, so this ends.  While the
	 * executor copies the larger table, both and the old one are there: large
	 * ones grow by a quarter.
	 */
	while (size < COHORT_CELLS_OFFSET(larger_span) +
		   (Size) ncells * sizeof(CohortCell))
		size = Min(size < LARGE_SIZE ? size * 2 : size + size / 4, MAX_SIZE);
	larger = table_create(size, larger_span);
	memcpy((char *) larger + VARHDRSZ, (char *) table + VARHDRSZ,
		   offsetof(CohortTable, rows) - VARHDRSZ +
		   (Size) table->span * sizeof(int32));
	larger->span = larger_span;
	memcpy(cohort_cells(larger), cohort_cells(table),
		   (Size) table->ncells * sizeof(CohortCell));
	return larger;
}

/*
 * Makes sure that the cohort of so many periods before that of as_of is there.
 * The table is changed in place, or a larger copy is returned.
 */
CohortTable *
cohort_table_add_row(CohortTable *table, int64 before)
{
	if (before >= COHORT_MAX_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many periods for a cohort_table"),
				 errdetail("From the first order of a customer to as_of there are " INT64_FORMAT " periods; the limit is %d.",
						   before + 1, COHORT_MAX_PERIODS),
				 errhint("Use a longer period, such as 'month'.")));
	if (before < table->span && table->rows[before] >= 0)
		return table;
	if (!IS_VALID_DATE(period_start(period_number(table->as_of,
												  (Period) table->period) -
									before, (Period) table->period)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the first period of a cohort begins before the first date")));
	table = table_reserve(table, (int32) before + 1,
						  table->ncells + (int32) before + 1);
	table->rows[before] = table->ncells;
	table->ncells += (int32) before + 1;
	/* room may hold anything */
	memset(cohort_row(table, (int) before), 0,
		   (Size) (before + 1) * sizeof(CohortCell));
	return table;
}

/* A copy in order and without room; the table stays as it is. */
CohortTable *
cohort_table_pack(CohortTable *table)
{
	int32		span = table->span;
	CohortTable *packed;

	while (span > 0 && table->rows[span - 1] < 0)
		span--;
	packed = table_create(COHORT_CELLS_OFFSET(span) +
						  (Size) table->ncells * sizeof(CohortCell), span);
	memcpy((char *) packed + VARHDRSZ, (char *) table + VARHDRSZ,
		   offsetof(CohortTable, rows) - VARHDRSZ);
	packed->span = span;
	packed->ncells = 0;
	for (int i = span - 1; i >= 0; i--)
	{
		CohortCell *cells = cohort_row(table, i);

		CHECK_FOR_INTERRUPTS();
		if (cells == NULL)
			continue;
		packed->rows[i] = packed->ncells;
		packed->ncells += i + 1;
		memcpy(cohort_row(packed, i), cells,
			   (Size) (i + 1) * sizeof(CohortCell));
	}
	return packed;
}

/*--- Adding ---*/

PT_NORETURN static void
revenue_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("revenue out of range"),
			 errdetail("That of a cohort in one period has at most 34 digits.")));
}

static void
check_revenue(int128 revenue)
{
	if (revenue >= AMOUNT_SUM_LIMIT || revenue <= -AMOUNT_SUM_LIMIT)
		revenue_too_large();
}

/* Adds what has from_scale decimals, at most those of the table. */
static inline void
add_revenue(CohortCell *cell, int128 revenue, int from_scale, int to_scale)
{
	if (from_scale != to_scale)
		revenue = amount_sum_rescale(revenue, from_scale, to_scale);
	check_revenue(revenue);		/* so that the sum cannot overflow */
	cell->revenue += revenue;
	check_revenue(cell->revenue);
}

/* Gives the revenue of all cells more decimals. */
static void
table_rescale(CohortTable *table, int scale)
{
	CohortCell *cells = cohort_cells(table);

	for (int32 i = 0; i < table->ncells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cells[i].revenue = amount_sum_rescale(cells[i].revenue, table->scale,
											  scale);
		check_revenue(cells[i].revenue);
	}
	table->scale = scale;
}

static void
add_customers(CohortTable *table, int64 customers)
{
	if (pg_add_s64_overflow(table->customers, customers, &table->customers))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many customers for a cohort_table")));
}

/*
 * Adds one customer.  Returns count in the revenue of the period they fall
 * in, those before the first order in that of the first order; they are no
 * activity, and a customer without an order belongs to no cohort.
 */
static CohortTable *
table_add_history(CohortTable *table, Datum history)
{
	Period		period = (Period) table->period;
	HistoryReader reader;
	CohortCell *cells = NULL;	/* of the customer's cohort */
	int64		first = 0;		/* numbers of periods */
	int64		current = 0;
	Timestamp	current_end = 0;
	int128		revenue = 0;	/* of the current one, and not yet added */
	bool		active = false; /* an order in the current one */
	int64		last = 0;		/* offsets */
	int			active_periods = 0;
	bool		started = false;

	history_open(history, &reader);
	while (history_next(&reader) && reader.order.at <= table->as_of)
	{
		Timestamp	at = reader.order.at;

		CHECK_FOR_INTERRUPTS();
		if (!started || at >= current_end)
		{
			if (cells != NULL)
			{
				add_revenue(&cells[current - first], revenue, reader.scale,
							table->scale);
				revenue = 0;
			}
			current = period_number(at, period);
			current_end = period_start(current + 1, period) * USECS_PER_DAY;
			active = false;
			started = true;
		}
		revenue += reader.order.amount;
		if (reader.unit > table->unit)
			table->unit = Max(table->unit, (uint8) history_unit(at));
		if (reader.order.amount < 0 || active)
			continue;

		active = true;
		if (cells == NULL)
		{
			int64		before = period_number(table->as_of, period) - current;

			first = current;
			table = cohort_table_add_row(table, before);
			add_customers(table, 1);
			if (reader.scale > table->scale)
				table_rescale(table, reader.scale);
			cells = cohort_row(table, (int) before);
		}
		else if (current - first == last + 1)
			cells[last + 1].consecutive++;
		last = current - first;
		cells[last].active++;
		active_periods++;
	}
	if (cells != NULL)
	{
		add_revenue(&cells[current - first], revenue, reader.scale,
					table->scale);
		cells[last].last++;
		cells[active_periods - 1].exactly++;
	}
	return table;
}

static void
check_settings(const CohortTable *table, Timestamp as_of, Period period)
{
	if (table->as_of != as_of || (Period) table->period != period)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("as_of and period of cohort tables that are added must be the same"),
				 errhint("Give cohort_table() the same as_of and period in every row.")));
}

static CohortTable *
table_merge(CohortTable *table, CohortTable *other)
{
	check_settings(table, other->as_of, (Period) other->period);
	if (other->scale > table->scale)
		table_rescale(table, other->scale);
	table->unit = Max(table->unit, other->unit);
	add_customers(table, other->customers);
	/* from the oldest on, so that rows are enlarged once */
	for (int i = other->span - 1; i >= 0; i--)
	{
		const CohortCell *from = cohort_row(other, i);
		CohortCell *to;

		if (from == NULL)
			continue;
		table = cohort_table_add_row(table, i);
		to = cohort_row(table, i);
		for (int k = 0; k <= i; k++)
		{
			CHECK_FOR_INTERRUPTS();
			/* none is larger than the number of customers */
			to[k].active += from[k].active;
			to[k].last += from[k].last;
			to[k].consecutive += from[k].consecutive;
			to[k].exactly += from[k].exactly;
			add_revenue(&to[k], from[k].revenue, other->scale, table->scale);
		}
	}
	return table;
}

/*--- Aggregates ---*/

/*
 * The table that a transition function may change: the executor's own, or a
 * copy of what a direct caller passed.
 */
static CohortTable *
transition_table(FunctionCallInfo fcinfo)
{
	if (AggCheckCallContext(fcinfo, NULL))
		return (CohortTable *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	return cohort_table_pack(cohort_table_get(PG_GETARG_DATUM(0)));
}

Datum
pt_cohort_table_accum(PG_FUNCTION_ARGS)
{
	CohortTable *table;
	Timestamp	as_of;
	Period		period;

	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("as_of and period of cohort_table must not be NULL")));
	as_of = PG_GETARG_TIMESTAMP(2);
	period = period_from_enum(fcinfo, 3);
	if (TIMESTAMP_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as_of must be finite")));
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	/* a first one in the current context: the executor copies it itself */
	table = PG_ARGISNULL(0) ? cohort_table_create(as_of, period)
		: transition_table(fcinfo);
	check_settings(table, as_of, period);
	PG_RETURN_POINTER(table_add_history(table, PG_GETARG_DATUM(1)));
}

Datum
pt_cohort_table_combine(PG_FUNCTION_ARGS)
{
	CohortTable *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = cohort_table_get(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(cohort_table_pack(other));
	PG_RETURN_POINTER(table_merge(transition_table(fcinfo), other));
}

/* rollup(cohort_table): combine under the name of a transition function. */
Datum
pt_cohort_table_rollup(PG_FUNCTION_ARGS)
{
	return pt_cohort_table_combine(fcinfo);
}

Datum
pt_cohort_table_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(cohort_table_pack(cohort_table_get(PG_GETARG_DATUM(0))));
}

/* The operator +: the customers of both. */
Datum
pt_cohort_table_add(PG_FUNCTION_ARGS)
{
	CohortTable *sum = cohort_table_pack(cohort_table_get(PG_GETARG_DATUM(0)));

	sum = table_merge(sum, cohort_table_get(PG_GETARG_DATUM(1)));
	PG_RETURN_POINTER(cohort_table_pack(sum));
}
