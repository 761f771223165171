/*-------------------------------------------------------------------------
 *
 * cohort_report.c
 *		What a cohort_table tells: retention, revenue, lifecycle, stickiness.
 *
 * docs/cohort.md has the definitions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_enum.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "amount.h"
#include "cohort.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(pt_cohort_retention);
PG_FUNCTION_INFO_V1(pt_cohort_retention_mean);
PG_FUNCTION_INFO_V1(pt_cohort_revenue);
PG_FUNCTION_INFO_V1(pt_lifecycle);
PG_FUNCTION_INFO_V1(pt_stickiness);
PG_FUNCTION_INFO_V1(pt_active_period_rows);

typedef enum RetentionMode
{
	RETENTION_ON,
	RETENTION_ON_OR_AFTER
} RetentionMode;

typedef enum RetentionBase
{
	BASE_FIRST,
	BASE_PREVIOUS
} RetentionBase;

/* Which of two labels an enum argument has. */
static int
label_argument(FunctionCallInfo fcinfo, int arg, const char *first,
			   const char *second)
{
	Oid			value = PG_GETARG_OID(arg);
	HeapTuple	tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	int			label = -1;

	if (HeapTupleIsValid(tuple))
	{
		const char *name = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);

		label = strcmp(name, first) == 0 ? 0 :
			strcmp(name, second) == 0 ? 1 : -1;
		ReleaseSysCache(tuple);
	}
	if (label < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown mode or base of retention")));
	return label;
}

static RetentionMode
mode_argument(FunctionCallInfo fcinfo, int arg)
{
	return (RetentionMode) label_argument(fcinfo, arg, "on", "on_or_after");
}

static RetentionBase
base_argument(FunctionCallInfo fcinfo, int arg)
{
	return (RetentionBase) label_argument(fcinfo, arg, "first", "previous");
}

/*
 * How many periods before that of as_of the last complete one is: 0 or 1.
 * as_of covers the whole of its day where all times are dates, and else the
 * whole of its second, or microsecond.
 */
static int
complete_before(const CohortTable *table)
{
	static const int64 unit_usecs[] = {USECS_PER_DAY, USECS_PER_SEC, 1};
	Period		period = (Period) table->period;
	int64		now = period_number(table->as_of, period);
	Timestamp	end = period_start(now + 1, period) * USECS_PER_DAY;

	return table->as_of >= end - unit_usecs[table->unit] ? 0 : 1;
}

static Datum
period_date(const CohortTable *table, int before)
{
	Period		period = (Period) table->period;

	return DateADTGetDatum(period_start(period_number(table->as_of, period) -
										before, period));
}

/*
 * The retained members of a cohort at each offset.  Those active at an
 * offset or later are those whose last order is not before it.
 */
static void
retained_members(const CohortCell *cells, int ncells, RetentionMode mode,
				 int64 *retained)
{
	int64		still = 0;

	for (int k = ncells - 1; k >= 0; k--)
	{
		CHECK_FOR_INTERRUPTS();
		still += cells[k].last;
		retained[k] = mode == RETENTION_ON ? cells[k].active : still;
	}
}

/* What the retained members of an offset are compared with. */
static int64
retention_base(const int64 *retained, int k, RetentionBase base)
{
	return base == BASE_FIRST || k == 0 ? retained[0] : retained[k - 1];
}

static float8
ratio(int128 a, int128 b)
{
	return (float8) a / (float8) b;
}

Datum
pt_cohort_retention(PG_FUNCTION_ARGS)
{
	CohortTable *table = cohort_table_get(PG_GETARG_DATUM(0));
	RetentionMode mode = mode_argument(fcinfo, 1);
	RetentionBase base = base_argument(fcinfo, 2);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			complete = complete_before(table);
	int64	   *retained = palloc(sizeof(int64) * (table->span + 1));

	InitMaterializedSRF(fcinfo, 0);
	for (int i = table->span - 1; i >= 0; i--)
	{
		CohortCell *cells = cohort_row(table, i);

		if (cells == NULL)
			continue;
		retained_members(cells, i + 1, mode, retained);
		for (int k = 0; k <= i; k++)
		{
			int64		denominator = retention_base(retained, k, base);
			Datum		values[7] = {0};
			bool		nulls[7] = {0};

			CHECK_FOR_INTERRUPTS();
			values[0] = period_date(table, i);
			values[1] = Int32GetDatum(k);
			values[2] = period_date(table, i - k);
			values[3] = Int64GetDatum(cells[0].active);
			values[4] = Int64GetDatum(retained[k]);
			nulls[5] = denominator == 0;
			if (!nulls[5])
				values[5] = Float8GetDatum(ratio(retained[k], denominator));
			values[6] = BoolGetDatum(i - k >= complete);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
								 nulls);
		}
	}
	PG_RETURN_NULL();
}

/* Per offset, over the cohorts for which its period is complete */
typedef struct RetentionSums
{
	int64		cohorts;
	int64		members;
	int64		retained;
	int64		base;
	int64		ratios;			/* cohorts whose base is not 0 */
	float8		ratio_sum;
} RetentionSums;

Datum
pt_cohort_retention_mean(PG_FUNCTION_ARGS)
{
	CohortTable *table = cohort_table_get(PG_GETARG_DATUM(0));
	RetentionMode mode = mode_argument(fcinfo, 1);
	RetentionBase base = base_argument(fcinfo, 2);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			complete = complete_before(table);
	int64	   *retained = palloc(sizeof(int64) * (table->span + 1));
	RetentionSums *sums = palloc0(sizeof(RetentionSums) * (table->span + 1));
	int			noffsets = 0;

	InitMaterializedSRF(fcinfo, 0);
	/* from the oldest on: the sum of ratios does not depend on the plan */
	for (int i = table->span - 1; i >= 0; i--)
	{
		CohortCell *cells = cohort_row(table, i);

		if (cells == NULL)
			continue;
		noffsets = Max(noffsets, i + 1);
		retained_members(cells, i + 1, mode, retained);
		for (int k = 0; k <= i - complete; k++)
		{
			int64		denominator = retention_base(retained, k, base);
			RetentionSums *sum = &sums[k];

			CHECK_FOR_INTERRUPTS();
			sum->cohorts++;
			sum->members += cells[0].active;
			sum->retained += retained[k];
			sum->base += denominator;
			if (denominator > 0)
			{
				sum->ratios++;
				sum->ratio_sum += ratio(retained[k], denominator);
			}
		}
	}
	for (int k = 0; k < noffsets; k++)
	{
		const RetentionSums *sum = &sums[k];
		Datum		values[6] = {0};
		bool		nulls[6] = {0};

		values[0] = Int32GetDatum(k);
		values[1] = Int64GetDatum(sum->cohorts);
		values[2] = Int64GetDatum(sum->members);
		values[3] = Int64GetDatum(sum->retained);
		nulls[4] = sum->ratios == 0;
		if (!nulls[4])
			values[4] = Float8GetDatum(sum->ratio_sum / (float8) sum->ratios);
		nulls[5] = sum->base == 0;
		if (!nulls[5])
			values[5] = Float8GetDatum(ratio(sum->retained, sum->base));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
							 nulls);
	}
	PG_RETURN_NULL();
}

Datum
pt_cohort_revenue(PG_FUNCTION_ARGS)
{
	CohortTable *table = cohort_table_get(PG_GETARG_DATUM(0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			complete = complete_before(table);
	MemoryContext row_context;
	MemoryContext old;

	InitMaterializedSRF(fcinfo, 0);
	row_context = AllocSetContextCreate(CurrentMemoryContext,
										"cohort_revenue row",
										ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(row_context);
	for (int i = table->span - 1; i >= 0; i--)
	{
		CohortCell *cells = cohort_row(table, i);
		int128		cumulative = 0;

		if (cells == NULL)
			continue;
		for (int k = 0; k <= i; k++)
		{
			Datum		values[9] = {0};
			bool		nulls[9] = {0};

			CHECK_FOR_INTERRUPTS();
			cumulative += cells[k].revenue;	/* COHORT_REVENUE_LIMIT */
			values[0] = period_date(table, i);
			values[1] = Int32GetDatum(k);
			values[2] = period_date(table, i - k);
			values[3] = Int64GetDatum(cells[0].active);
			values[4] = NumericGetDatum(amount_to_numeric(cells[k].revenue,
														  table->scale));
			values[5] = NumericGetDatum(amount_to_numeric(cumulative,
														  table->scale));
			values[6] = DirectFunctionCall2(numeric_div, values[5],
											NumericGetDatum(int64_to_numeric(cells[0].active)));
			/* a share of nothing, or of less, means nothing */
			nulls[7] = cells[0].revenue <= 0;
			if (!nulls[7])
				values[7] = Float8GetDatum(ratio(cells[k].revenue,
												 cells[0].revenue));
			values[8] = BoolGetDatum(i - k >= complete);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
								 nulls);
			MemoryContextReset(row_context);
		}
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(row_context);
	PG_RETURN_NULL();
}

Datum
pt_lifecycle(PG_FUNCTION_ARGS)
{
	CohortTable *table = cohort_table_get(PG_GETARG_DATUM(0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			complete = complete_before(table);
	int64	   *active = palloc0(sizeof(int64) * (table->span + 1));
	int64	   *consecutive = palloc0(sizeof(int64) * (table->span + 1));
	int64		active_before = 0;
	int			oldest = -1;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = table->span - 1; i >= 0; i--)
	{
		CohortCell *cells = cohort_row(table, i);

		if (cells == NULL)
			continue;
		oldest = Max(oldest, i);
		for (int k = 0; k <= i; k++)
		{
			CHECK_FOR_INTERRUPTS();
			active[i - k] += cells[k].active;
			consecutive[i - k] += cells[k].consecutive;
		}
	}
	for (int i = oldest; i >= 0; i--)
	{
		CohortCell *cells = cohort_row(table, i);
		int64		new_customers = cells == NULL ? 0 : cells[0].active;
		Datum		values[6] = {0};
		bool		nulls[6] = {0};

		values[0] = period_date(table, i);
		values[1] = Int64GetDatum(new_customers);
		values[2] = Int64GetDatum(consecutive[i]);
		values[3] = Int64GetDatum(active[i] - new_customers - consecutive[i]);
		values[4] = Int64GetDatum(consecutive[i] - active_before);
		values[5] = BoolGetDatum(i >= complete);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
							 nulls);
		active_before = active[i];
	}
	PG_RETURN_NULL();
}

Datum
pt_stickiness(PG_FUNCTION_ARGS)
{
	CohortTable *table = cohort_table_get(PG_GETARG_DATUM(0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int64	   *exactly = palloc0(sizeof(int64) * (table->span + 1));
	int			most = 0;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < table->span; i++)
	{
		CohortCell *cells = cohort_row(table, i);

		for (int k = 0; cells != NULL && k <= i; k++)
		{
			CHECK_FOR_INTERRUPTS();
			exactly[k] += cells[k].exactly;
			if (cells[k].exactly > 0)
				most = Max(most, k + 1);
		}
	}
	for (int k = 0; k < most; k++)
	{
		Datum		values[3] = {0};
		bool		nulls[3] = {0};

		values[0] = Int32GetDatum(k + 1);
		values[1] = Int64GetDatum(exactly[k]);
		values[2] = Float8GetDatum(ratio(exactly[k], table->customers));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
							 nulls);
	}
	PG_RETURN_NULL();
}

/*--- One customer ---*/

typedef struct PeriodRow
{
	int64		number;
	int64		orders;
	int128		revenue;
} PeriodRow;

/* Rows are kept until the first order tells the offset of those before it. */
Datum
pt_active_period_rows(PG_FUNCTION_ARGS)
{
	Timestamp	as_of = PG_GETARG_TIMESTAMP(1);
	Period		period = period_from_enum(fcinfo, 2);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	HistoryReader reader;
	PeriodRow  *rows;
	int			allocated = 64;
	int			n = 0;
	int64		first = 0;
	bool		any = false;

	history_open(PG_GETARG_DATUM(0), &reader);
	rows = palloc(sizeof(PeriodRow) * allocated);
	while (history_next(&reader) && reader.order.at <= as_of)
	{
		int64		number;

		CHECK_FOR_INTERRUPTS();
		number = period_number(reader.order.at, period);
		if (n == 0 || rows[n - 1].number != number)
		{
			if (n == allocated)
			{
				allocated *= 2;
				rows = repalloc_huge(rows, sizeof(PeriodRow) * (Size) allocated);
			}
			memset(&rows[n], 0, sizeof(PeriodRow));
			rows[n++].number = number;
			if (!IS_VALID_DATE(period_start(number, period)))
				ereport(ERROR,
						(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						 errmsg("a period begins before the first date")));
		}
		rows[n - 1].revenue += reader.order.amount;
		if (reader.order.amount < 0)
			continue;
		rows[n - 1].orders++;
		if (!any)
			first = number;
		any = true;
	}
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; any && i < n; i++)
	{
		Datum		values[4] = {0};
		bool		nulls[4] = {0};

		CHECK_FOR_INTERRUPTS();
		values[0] = DateADTGetDatum(period_start(rows[i].number, period));
		values[1] = Int32GetDatum((int32) (rows[i].number - first));
		values[2] = Int64GetDatum(rows[i].orders);
		values[3] = NumericGetDatum(amount_to_numeric(rows[i].revenue,
													  reader.scale));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
							 nulls);
		pfree(DatumGetPointer(values[3]));
	}
	PG_RETURN_NULL();
}
