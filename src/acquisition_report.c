/*-------------------------------------------------------------------------
 *
 * acquisition_report.c
 *		What became of the customers that came in by each value.
 *
 * docs/cohort.md has the definitions.  A slot is a value that is told by
 * itself, all other values of an element together, or a month of first
 * orders.  In each month after the first, those customers of a slot count for
 * whom it is over.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "acquisition.h"
#include "history.h"

PG_FUNCTION_INFO_V1(pt_acquisition_rows);

#define MONTH_ELEMENT	(-3)	/* as in cube_plan */
#define MAX_SLOTS		100000
#define OFFSETS			(ACQUISITION_MAX_OFFSET + 1)

enum
{
	REVENUE,
	MARGIN,
	UNCOSTED,
	NSUMS
};

/* Changes from the month before, but retained and sums. */
typedef struct AcquisitionCell
{
	int64		leaving;		/* customers for whom the month is not over */
	int64		retained;
	int128		sums[NSUMS];	/* of the month */
	int128		inflows[NSUMS]; /* of the cumulative sums */
} AcquisitionCell;

typedef struct AcquisitionSlot
{
	int32		element;
	int64		entry;			/* -1: all others; of months, their number */
	int64		customers;
	int64		last;			/* customer that was counted last */
	AcquisitionCell cells[OFFSETS];
} AcquisitionSlot;

/* A value of an element, as it is ranked. */
typedef struct RankedValue
{
	int64		customers;
	const char *text;
	int32		len;
	uint32		entry;
} RankedValue;

typedef struct AcquisitionCount
{
	AcquisitionReader reader;
	Datum		value;
	int64		last_month;		/* that is over */
	int32		max_values;
	int			scale;
	bool		has_margins;
	int32		elements[ACQUISITION_MAX_ELEMENTS];
	int			nelements;
	AcquisitionSlot **of_value[ACQUISITION_MAX_ELEMENTS];	/* by entry */
	int64		min_month;
	int64		max_month;
	AcquisitionSlot **of_month;
	AcquisitionSlot **slots;	/* in the order of the answer */
	int64		nslots;
} AcquisitionCount;

static inline int
compare_ranked(const RankedValue *a, const RankedValue *b)
{
	if (a->customers != b->customers)
		return a->customers > b->customers ? -1 : 1;
	return compare_texts(a->text, a->len, b->text, b->len);
}

#define ST_SORT sort_ranked
#define ST_ELEMENT_TYPE RankedValue
#define ST_COMPARE(a, b) compare_ranked(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static void *
allocate_zeros(Size n, Size element)
{
	Size		size = Max(n, 1) * element;

	return memset(MemoryContextAllocHuge(CurrentMemoryContext, size), 0, size);
}

static AcquisitionSlot *
new_slot(AcquisitionCount *count, int32 element, int64 entry)
{
	AcquisitionSlot *slot;

	if (count->nslots == MAX_SLOTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many values or months of first orders"),
				 errdetail("There are more than %d.", MAX_SLOTS),
				 errhint("Give a smaller max_values.")));
	slot = allocate_zeros(1, sizeof(AcquisitionSlot));
	slot->element = element;
	slot->entry = entry;
	slot->last = -1;
	count->slots[count->nslots++] = slot;
	return slot;
}

/* The place of an element among all, which is new if need be. */
static int
element_index(AcquisitionCount *count, int32 element)
{
	int			i = 0;

	while (i < count->nelements && count->elements[i] != element)
		i++;
	if (i < count->nelements)
		return i;
	if (i == ACQUISITION_MAX_ELEMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many elements of acquisition_set"),
				 errdetail("There are more than %d.", ACQUISITION_MAX_ELEMENTS),
				 errhint("Ask sets of the same elements.")));
	count->elements[count->nelements++] = element;
	return i;
}

/* Finds elements, months and decimals; ranks the values of each element. */
static void
find_slots(AcquisitionCount *count)
{
	const TextBuilder *builder = count->reader.builder;
	const TextEntry *entries = builder_entries(builder);
	const uint32 nentries = builder->nentries;
	int64	   *customers[ACQUISITION_MAX_ELEMENTS] = {0};
	RankedValue *ranked = allocate_zeros(nentries, sizeof(RankedValue));

	count->min_month = PG_INT64_MAX;
	count->max_month = PG_INT64_MIN;
	while (acquisition_reader_next(&count->reader))
	{
		const AcquisitionCustomer *customer = &count->reader.customer;

		count->min_month = Min(count->min_month, customer->first_month);
		count->max_month = Max(count->max_month, customer->first_month);
		count->scale = Max(count->scale, customer->scale);
		count->has_margins |= customer->has_margins;
		for (int32 i = 0; i < customer->nvalues; i++)
		{
			int			e = element_index(count, customer->values[i].element);

			if (customers[e] == NULL)
				customers[e] = allocate_zeros(nentries, sizeof(int64));
			customers[e][customer->values[i].entry]++;
		}
	}
	for (int e = 0; e < count->nelements; e++)
	{
		uint32		n = 0;
		AcquisitionSlot *others = NULL;

		count->of_value[e] = allocate_zeros(nentries, sizeof(AcquisitionSlot *));
		for (uint32 i = 0; i < nentries; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (customers[e][i] == 0)
				continue;
			ranked[n].customers = customers[e][i];
			ranked[n].text = builder_texts(builder) + entries[i].offset;
			ranked[n].len = ENTRY_LEN(&entries[i]);
			ranked[n++].entry = i;
		}
		sort_ranked(ranked, n);
		for (uint32 i = 0; i < n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (i < (uint32) count->max_values)
				count->of_value[e][ranked[i].entry] =
					new_slot(count, count->elements[e], ranked[i].entry);
			else
			{
				if (others == NULL)
					others = new_slot(count, count->elements[e], -1);
				count->of_value[e][ranked[i].entry] = others;
			}
		}
	}
	pfree(ranked);
	if (count->min_month <= count->max_month)
		count->of_month = allocate_zeros(count->max_month - count->min_month + 1,
										 sizeof(AcquisitionSlot *));
}

PT_NORETURN static void
revenue_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("revenue out of range"),
			 errdetail("That of the customers of one value has at most 34 digits.")));
}

static inline void
add_sum(int128 *sum, int128 part)
{
	if (part >= AMOUNT_SUM_LIMIT || part <= -AMOUNT_SUM_LIMIT)
		revenue_too_large();
	*sum += part;
	if (*sum >= AMOUNT_SUM_LIMIT || *sum <= -AMOUNT_SUM_LIMIT)
		revenue_too_large();
}

/* Counts a customer once in a slot. */
static void
count_customer(const AcquisitionCount *count,
			   const AcquisitionCustomer *customer, AcquisitionSlot *slot,
			   int64 number)
{
	const int64 over = count->last_month - customer->first_month;
	int128		totals[NSUMS] = {0};

	if (slot->last == number)
		return;
	slot->last = number;
	slot->customers++;
	for (int32 i = 0; i < customer->nmonths && customer->months[i].offset <= over; i++)
	{
		AcquisitionCell *cell = &slot->cells[customer->months[i].offset];
		const AcquisitionMonth *month = &customer->months[i];
		/* revenue of customers without margins is revenue without a cost */
		const int128 sums[NSUMS] = {month->revenue, month->margin,
		customer->has_margins ? month->uncosted : month->revenue};

		cell->retained += month->active;
		for (int s = 0; s < (count->has_margins ? NSUMS : 1); s++)
		{
			int128		sum = sums[s];

			if (customer->scale != count->scale)
				sum = amount_sum_rescale(sum, customer->scale, count->scale);
			add_sum(&cell->sums[s], sum);
			add_sum(&cell->inflows[s], sum);
			totals[s] += sum;
		}
	}
	if (over < ACQUISITION_MAX_OFFSET)
	{
		AcquisitionCell *cell = &slot->cells[Max(over + 1, 0)];

		cell->leaving++;
		for (int s = 0; s < NSUMS; s++)
			add_sum(&cell->inflows[s], -totals[s]);
	}
}

static void
count_all(AcquisitionCount *count)
{
	int64		number = 0;

	acquisition_reader_open(&count->reader, count->value);
	for (; acquisition_reader_next(&count->reader); number++)
	{
		const AcquisitionCustomer *customer = &count->reader.customer;
		AcquisitionSlot **month = &count->of_month[customer->first_month - count->min_month];

		if (*month == NULL)
			*month = new_slot(count, MONTH_ELEMENT, customer->first_month);
		count_customer(count, customer, *month, number);
		for (int32 i = 0; i < customer->nvalues; i++)
			count_customer(count, customer,
						   count->of_value[element_index(count, customer->values[i].element)][customer->values[i].entry],
						   number);
	}
}

/* The text of the value of a slot; NULL for all others. */
static Datum
slot_text(const AcquisitionCount *count, const AcquisitionSlot *slot,
		  bool *isnull)
{
	const TextBuilder *builder = count->reader.builder;
	const TextEntry *entry;

	*isnull = slot->entry < 0 && slot->element != MONTH_ELEMENT;
	if (*isnull)
		return (Datum) 0;
	if (slot->element == MONTH_ELEMENT)
	{
		struct pg_tm tm;
		fsec_t		fsec;

		if (timestamp2tm(period_start(slot->entry, PERIOD_MONTH) * USECS_PER_DAY,
						 NULL, &tm, &fsec, NULL, NULL) != 0)
			acquisition_bad("A month is out of range.");
		return CStringGetTextDatum(psprintf("%04d-%02d", tm.tm_year, tm.tm_mon));
	}
	entry = &builder_entries(builder)[slot->entry];
	return PointerGetDatum(cstring_to_text_with_len(builder_texts(builder) + entry->offset,
													ENTRY_LEN(entry)));
}

static Datum
money(const AcquisitionCount *count, int128 sum)
{
	return NumericGetDatum(amount_to_numeric(sum, count->scale));
}

static void
put_slot(ReturnSetInfo *rsinfo, const AcquisitionCount *count,
		 const AcquisitionSlot *slot, int32 rank)
{
	int64		customers = slot->customers;
	int128		cumulative[NSUMS] = {0};
	bool		no_text;
	Datum		text = slot_text(count, slot, &no_text);

	for (int k = 0; k < OFFSETS; k++)
	{
		const AcquisitionCell *cell = &slot->cells[k];
		Datum		values[14];
		bool		nulls[14] = {0};

		CHECK_FOR_INTERRUPTS();
		customers -= cell->leaving;
		for (int s = 0; s < NSUMS; s++)
			cumulative[s] += cell->inflows[s];
		if (customers == 0)
			break;
		values[0] = Int32GetDatum(slot->element);
		values[1] = text;
		nulls[1] = no_text;
		values[2] = Int32GetDatum(rank);
		values[3] = Int32GetDatum(k);
		values[4] = Int64GetDatum(slot->customers);
		values[5] = Int64GetDatum(customers);
		values[6] = Int64GetDatum(cell->retained);
		values[7] = money(count, cell->sums[REVENUE]);
		values[8] = money(count, cumulative[REVENUE]);
		values[9] = BoolGetDatum(customers == slot->customers);
		for (int i = 10; i < 14; i++)
			nulls[i] = !count->has_margins;
		if (count->has_margins)
		{
			values[10] = money(count, cell->sums[MARGIN]);
			values[11] = money(count, cumulative[MARGIN]);
			values[12] = money(count, cell->sums[UNCOSTED]);
			values[13] = money(count, cumulative[UNCOSTED]);
		}
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
							 nulls);
	}
}

/* Every slot, those of months in their order, and behind the others. */
static void
put_slots(ReturnSetInfo *rsinfo, const AcquisitionCount *count)
{
	int32		rank = 0;
	int32		element = 0;

	for (int64 i = 0; i < count->nslots; i++)
	{
		const AcquisitionSlot *slot = count->slots[i];

		if (slot->element == MONTH_ELEMENT)
			continue;
		rank = slot->element == element ? rank + 1 : 1;
		element = slot->element;
		put_slot(rsinfo, count, slot, rank);
	}
	rank = 0;
	for (int64 month = count->min_month; month <= count->max_month; month++)
	{
		const AcquisitionSlot *slot = count->of_month[month - count->min_month];

		CHECK_FOR_INTERRUPTS();
		if (slot != NULL)
			put_slot(rsinfo, count, slot, ++rank);
	}
}

Datum
pt_acquisition_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AcquisitionCount *count = palloc0(sizeof(AcquisitionCount));
	Timestamp	end = PG_GETARG_TIMESTAMP(1);

	InitMaterializedSRF(fcinfo, 0);
	count->max_values = PG_GETARG_INT32(2);
	if (TIMESTAMP_NOT_FINITE(end))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as_of_end must not be infinite"),
				 errdetail("It is the moment by which months must be over."),
				 errhint("Give the end of the day of the last purchase.")));
	if (count->max_values < 1 || count->max_values > 1000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_values must be between 1 and 1000"),
				 errdetail("It is %d.", count->max_values),
				 errhint("It is the number of values of each element that are told by themselves.")));
	count->value = PointerGetDatum(PG_DETOAST_DATUM(PG_GETARG_DATUM(0)));
	count->last_month = period_number(end, PERIOD_MONTH) - 1;
	count->slots = allocate_zeros(MAX_SLOTS, sizeof(AcquisitionSlot *));
	acquisition_reader_open(&count->reader, count->value);
	find_slots(count);
	if (count->min_month <= count->max_month)
	{
		count_all(count);
		put_slots(rsinfo, count);
	}
	PG_RETURN_NULL();
}
