/*-------------------------------------------------------------------------
 *
 * cube_lines.c
 *		Prepares the lines of a customer for a plan: values, filters, sums.
 *
 * What depends on the plan only is kept from call to call, where the caller
 * keeps anything.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "compat.h"
#include "cube.h"
#include "cube_add.h"
#include "lines_build.h"

PG_FUNCTION_INFO_V1(pt_lines_match);
PG_FUNCTION_INFO_V1(pt_lines_filter);

static void
prepare_filter(CubeScratch *scratch, int number)
{
	FilterTest	   *filter = &scratch->filters[number];
	const CubeFilter *source = &cube_plan_filters(scratch->plan)[number];
	const CubeText *text = cube_filter_texts(scratch->plan, source);
	int64		range;

	filter->filter = source;
	filter->texts = palloc_extended(Max(source->ntexts, 1) * sizeof(CubeText *),
									MCXT_ALLOC_HUGE);
	for (int32 i = 0; i < source->ntexts; i++)
	{
		CHECK_LINE(i);
		filter->texts[i] = text;
		text = cube_next_text(text);
	}
	filter->codes = cube_filter_codes(scratch->plan, source);
	filter->ncodes = source->ncodes;
	filter->bit = (uint32) 1 << number;
	if (filter->ncodes == 0)
		return;
	filter->lowest = filter->codes[0];
	range = (int64) filter->codes[filter->ncodes - 1] - filter->lowest + 1;
	/* a bitmap that is not much larger than the codes */
	if (range > 65536 && range / 64 > filter->ncodes)
		return;
	filter->nbits = (uint32) range;
	filter->bitmap = palloc0(range / 8 + 1);
	for (int32 i = 0; i < filter->ncodes; i++)
	{
		uint32		bit = (uint32) ((int64) filter->codes[i] - filter->lowest);

		filter->bitmap[bit / 8] |= (uint8) (1 << bit % 8);
	}
}

static int
scratch_element(CubeScratch *scratch, int element)
{
	for (int i = 0; i < scratch->nelements; i++)
		if (scratch->elements[i].element == element)
			return i;
	scratch->elements[scratch->nelements].element = element;
	scratch->any_time |= CUBE_IS_TIME(element);
	if (element == CUBE_PERIOD)
	{
		scratch->known_days = palloc(KNOWN_DAYS * sizeof(KnownDay));
		for (int i = 0; i < KNOWN_DAYS; i++)
			scratch->known_days[i].day = PG_INT32_MIN;
	}
	return scratch->nelements++;
}

static CubeScratch *
scratch_create(const CubePlan *plan, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	CubeScratch    *scratch = palloc0(sizeof(CubeScratch));

	scratch->context = context;
	scratch->plan = palloc(VARSIZE(plan));
	memcpy(scratch->plan, plan, VARSIZE(plan));
	plan = scratch->plan;
	scratch->elements = palloc0(sizeof(ElementValues) *
								(CUBE_MAX_DIMENSIONS - CUBE_LOWEST));
	scratch->filters = palloc0(sizeof(FilterTest) * Max(plan->nfilters, 1));
	scratch->groupings = palloc0(sizeof(GroupingCells) * Max(plan->ngroupings, 1));
	scratch->totals = palloc0(sizeof(LineTotals) * (plan->ngroupings + 1));
	scratch->memos = palloc0(sizeof(CellMemo) * MEMO_CELLS *
							 Max(plan->ngroupings, 1));
	scratch->ntotals = 1;
	for (int i = 0; i < plan->nfilters; i++)
	{
		ElementValues    *element;

		prepare_filter(scratch, i);
		element = &scratch->elements[scratch_element(scratch,
													 scratch->filters[i].filter->element)];
		element->filters[element->nfilters++] = i;
	}
	for (int i = 0; i < plan->ngroupings; i++)
	{
		const CubeGrouping *source = &plan->groupings[i];
		GroupingCells   *grouping = &scratch->groupings[i];

		grouping->nelements = source->nelements;
		grouping->statistics = source->statistics;
		for (int e = 0; e < source->nelements; e++)
		{
			grouping->elements[e] = scratch_element(scratch, source->elements[e]);
			scratch->elements[grouping->elements[e]].grouped = true;
			grouping->has_period |= CUBE_IS_PERIOD(source->elements[e]);
		}
		grouping->filters = (((uint32) 1 << plan->nfilters) - 1) &
			~source->left_out;
		while (grouping->totals < scratch->ntotals &&
			   scratch->totals[grouping->totals].filters != grouping->filters)
			grouping->totals++;
		if (grouping->totals == scratch->ntotals)
			scratch->totals[scratch->ntotals++].filters = grouping->filters;
	}
	scratch->most_merged = MERGE_SPACE / (scratch->ntotals * sizeof(CubeLine));
	MemoryContextSwitchTo(old);
	return scratch;
}

static void *
more_room(CubeScratch *scratch, void *old, int64 n, Size size)
{
	if ((Size) n > MaxAllocSize / size)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many lines of one customer for a sales_cube"),
				 errdetail("There are " INT64_FORMAT " of them.", n)));
	/* nothing of what was in it is needed */
	if (old != NULL)
		pfree(old);
	return MemoryContextAlloc(scratch->context, (Size) n * size);
}

static void
scratch_reserve(CubeScratch *scratch, int64 nlines, int64 ntexts)
{
	if (ntexts > scratch->ntexts)
	{
		ntexts = Max(ntexts, Min(2 * scratch->ntexts, 1 << 20));
		scratch->texts = more_room(scratch, scratch->texts, ntexts,
								   sizeof(int32));
		scratch->ntexts = ntexts;
	}
	if (nlines <= scratch->nlines)
		return;
	nlines = Max(nlines, Min(2 * scratch->nlines, 1 << 16));
	nlines = Max(nlines, 64);
	scratch->nlines = 0;
	scratch->lines = more_room(scratch, scratch->lines, nlines,
							   sizeof(CubeLine));
	for (int i = 0; i < scratch->ntotals; i++)
		scratch->totals[i].orders = more_room(scratch,
											  scratch->totals[i].orders,
											  Min(nlines, scratch->most_merged),
											  sizeof(CubeLine));
	scratch->values = more_room(scratch, scratch->values, nlines, sizeof(int64));
	for (int i = LINES_AMOUNT; i < LINES_DIMENSION; i++)
		scratch->columns[i] = more_room(scratch, scratch->columns[i], nlines,
										sizeof(int64));
	scratch->columns[LINES_ORDER_SIZE] =
		more_room(scratch, scratch->columns[LINES_ORDER_SIZE], nlines,
				  sizeof(int64));
	scratch->times = more_room(scratch, scratch->times, nlines,
							   sizeof(Timestamp));
	scratch->days = more_room(scratch, scratch->days, nlines, sizeof(int32));
	for (int i = 0; i < scratch->nelements; i++)
		if (scratch->elements[i].grouped)
			scratch->elements[i].keys = more_room(scratch,
												  scratch->elements[i].keys,
												  nlines, sizeof(int32));
	scratch->nlines = nlines;
}

/*
 * The scratch of a plan: that of the last call, if the caller keeps it and it
 * has the same plan.
 */
CubeScratch *
cube_scratch(FunctionCallInfo fcinfo, int plan_arg)
{
	CubePlan   *plan = (CubePlan *) PG_DETOAST_DATUM(PG_GETARG_DATUM(plan_arg));
	CubeScratch    *scratch = fcinfo->flinfo != NULL ? fcinfo->flinfo->fn_extra : NULL;
	MemoryContext context = fcinfo->flinfo != NULL ? fcinfo->flinfo->fn_mcxt
		: CurrentMemoryContext;

	if (scratch != NULL && VARSIZE(scratch->plan) == VARSIZE(plan) &&
		memcmp(scratch->plan, plan, VARSIZE(plan)) == 0)
		return scratch;
	plan = cube_plan_get(PointerGetDatum(plan));
	if (scratch != NULL)
	{
		context = scratch->context;
		MemoryContextReset(context);
	}
	else
		context = AllocSetContextCreate(context, "sales_cube scratch",
										ALLOCSET_DEFAULT_SIZES);
	if (fcinfo->flinfo != NULL)
		fcinfo->flinfo->fn_extra = NULL;
	scratch = scratch_create(plan, context);
	if (fcinfo->flinfo != NULL)
		fcinfo->flinfo->fn_extra = scratch;
	return scratch;
}

/*--- Filters ---*/

static pg_attribute_always_inline bool
code_passes(const FilterTest *filter, int32 code)
{
	int32		low = 0;
	int32		high = filter->ncodes;
	uint32		bit = (uint32) code - (uint32) filter->lowest;

	if (likely(filter->nbits > 0))
		return bit < filter->nbits &&
			(filter->bitmap[bit / 8] >> bit % 8 & 1) != 0;
	while (low < high)
	{
		int32		middle = low + (high - low) / 2;

		if (filter->codes[middle] < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low < filter->ncodes && filter->codes[low] == code;
}

static bool
text_passes(const FilterTest *filter, const LinesReader *reader, int number)
{
	int32		low = 0;
	int32		high = filter->filter->ntexts;
	int			length;
	const char *value;

	if (high == 0)
		return false;
	value = lines_text(reader, number, &length);
	while (low < high)
	{
		int32		middle = low + (high - low) / 2;
		const CubeText *text = filter->texts[middle];
		int			order = cube_text_compare(text->bytes, text->length, value,
											  length);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* A value as lines_decode gives it; of periods, a day, which may be below 0. */
static pg_attribute_always_inline bool
value_passes(const FilterTest *filter, const LinesReader *reader, int64 value)
{
	if (value == LINES_NULL)
		return filter->filter->with_null;
	if (value < 0 && filter->filter->element > 0)
		return text_passes(filter, reader, (int) (-1 - value));
	return code_passes(filter, (int32) value);
}

/*--- Values of elements ---*/

int32
cube_period_start(const SalesCalendar *calendar, int element, int32 day)
{
	Period		period = element == CUBE_YEAR ? PERIOD_YEAR :
		element == CUBE_QUARTER ? PERIOD_QUARTER :
		element == CUBE_MONTH ? PERIOD_MONTH :
		element == CUBE_WEEK ? PERIOD_WEEK : PERIOD_DAY;

	if (element == CUBE_PERIOD)
	{
		CalendarPeriod found;

		calendar_find(calendar, day, &found);
		return found.start;
	}
	if (period == PERIOD_DAY)
		return day;
	return period_start(period_number(day * USECS_PER_DAY, period), period);
}

/*
 * The same, from a table of days that occurred lately: calendars are slow.
 * An empty place has day 0, which is the first one of its year.
 */
static inline int32
known_period_start(int element, int32 day)
{
	static KnownDay known[3][KNOWN_DAYS];
	uint32		slot = (uint32) day % KNOWN_DAYS;
	int			table = CUBE_YEAR - element;

	if (unlikely(known[table][slot].day != day))
	{
		known[table][slot].start = cube_period_start(NULL, element, day);
		known[table][slot].day = day;
	}
	return known[table][slot].start;
}

static inline int32
calendar_period_start(const CubeScratch *scratch, int32 day)
{
	KnownDay   *known = &scratch->known_days[(uint32) day % KNOWN_DAYS];

	if (unlikely(known->day != day))
	{
		known->start = cube_period_start(cube_plan_calendar(scratch->plan),
										 CUBE_PERIOD, day);
		known->day = day;
	}
	return known->start;
}

static inline int32
days_since_monday(int32 day)
{
	int32		rest = (day + 5) % 7;	/* 2000-01-01 was a Saturday */

	return rest < 0 ? rest + 7 : rest;
}

static pg_attribute_always_inline int64
time_value(int element, Timestamp time, int32 day)
{
	if (time == DT_NOEND)
		return LINES_NULL;
	switch (element)
	{
		case CUBE_DAY:
			return day;
		case CUBE_WEEK:
			return day - days_since_monday(day);
		case CUBE_WEEKDAY:
			return days_since_monday(day) + 1;
		case CUBE_HOUR:
			return (time - day * USECS_PER_DAY) / USECS_PER_HOUR;
		default:
			return known_period_start(element, day);
	}
}

/* The key of a value; the texts of the customer are numbered in the cube. */
static inline int32
value_key(const CubeScratch *scratch, int element, int64 value)
{
	if (value == LINES_NULL)
		return CUBE_NULL;
	if (value < 0 && element > 0)
		return -1 - scratch->texts[-1 - value];
	return (int32) value;
}

static void
number_text(CubeScratch *scratch, CubeView *view, const LinesReader *reader,
			int64 value)
{
	int			number = (int) (-1 - value);

	if (scratch->texts[number] < 0)
	{
		int			length;
		const char *text = lines_text(reader, number, &length);

		scratch->texts[number] = (int32) sales_cube_add_text(view, text, length);
	}
}

static void
element_of_lines(CubeScratch *scratch, CubeCustomer *customer, ElementValues *element,
				 CubeView *view, uint32 *failed_all, bool with_lines)
{
	LinesReader *reader = &customer->reader;
	int			n = customer->n;
	int64	   *values = scratch->values;
	int64		first;

	if (CUBE_IS_TIME(element->element))
	{
		const Timestamp *times = scratch->times;
		const int32 *days = scratch->days;

		/* one loop for each, so that the switch is not in the loop */
#define FILL(which) \
		case which: \
			for (int i = 0; i < n; i++) \
			{ \
				CHECK_LINE(i); \
				values[i] = time_value(which, times[i], days[i]); \
			} \
			break
		switch (element->element)
		{
			FILL(CUBE_YEAR);
			FILL(CUBE_QUARTER);
			FILL(CUBE_MONTH);
			FILL(CUBE_WEEK);
			FILL(CUBE_DAY);
			FILL(CUBE_WEEKDAY);
			FILL(CUBE_HOUR);
			case CUBE_PERIOD:
				for (int i = 0; i < n; i++)
				{
					CHECK_LINE(i);
					values[i] = times[i] == DT_NOEND ? LINES_NULL
						: calendar_period_start(scratch, days[i]);
				}
				break;
		}
		first = values[0];
		element->constant = true;
		for (int i = 1; i < n && element->constant; i++)
			element->constant = values[i] == first;
	}
	else
	{
		int			column = element->element == CUBE_DISCOUNTED ? LINES_DISCOUNTED
			: element->element == CUBE_SUBSCRIBED ? LINES_SUBSCRIBED
			: LINES_DIMENSION + element->element - 1;

		if (element->element > reader->ndimensions)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there is no dimension %d in the lines",
							element->element),
					 errdetail("They have %d dimensions.",
							   reader->ndimensions)));
		element->constant = lines_constant(reader, column);
		if (element->constant)
			first = lines_constant_value(reader, column);
		else
		{
			lines_decode(reader, column, values);
			first = values[0];
			element->constant = n == 1;
		}
	}

	for (int f = 0; f < element->nfilters; f++)
	{
		const FilterTest *filter = &scratch->filters[element->filters[f]];

		if (element->constant)
		{
			if (!value_passes(filter, reader, first))
				*failed_all |= filter->bit;
		}
		else
			for (int i = 0; i < n; i++)
			{
				CHECK_LINE(i);
				scratch->lines[i].failed |=
					value_passes(filter, reader, values[i]) ? 0
					: filter->bit;
			}
	}
	if (!with_lines || !element->grouped)
		return;

	if (element->element > 0 && reader->ntexts > 0)
	{
		for (int i = 0; i < (element->constant ? 1 : n); i++)
		{
			int64		value = element->constant ? first : values[i];

			CHECK_LINE(i);
			if (value < 0 && value != LINES_NULL)
				number_text(scratch, view, reader, value);
		}
	}
	element->by_order = true;
	if (element->constant)
	{
		element->value = value_key(scratch, element->element, first);
		return;
	}
	if (element->element < 0 || reader->ntexts == 0)
	{
		for (int i = 0; i < n; i++)
		{
			CHECK_LINE(i);
			element->keys[i] = values[i] == LINES_NULL ? CUBE_NULL
				: (int32) values[i];
		}
	}
	else
	{
		for (int i = 0; i < n; i++)
		{
			CHECK_LINE(i);
			element->keys[i] = value_key(scratch, element->element, values[i]);
		}
	}
	if (!customer->mergeable)
		return;
	/* times that do not differ give the same periods */
	for (int i = 1; i < n && element->by_order && !CUBE_IS_TIME(element->element); i++)
		element->by_order = element->keys[i] == element->keys[i - 1] ||
			scratch->lines[i].order != scratch->lines[i - 1].order;
}

/* Times, if there is anything to ask them for. */
static void
times_of_lines(CubeScratch *scratch, CubeCustomer *customer)
{
	lines_times(&customer->reader, scratch->times);
	if (!scratch->any_time)
		return;
	for (int i = 0; i < customer->n; i++)
	{
		CHECK_LINE(i);
		scratch->days[i] = scratch->times[i] == DT_NOEND ? 0
			: (int32) timestamp_day(scratch->times[i]);
	}
}

/*--- Lines ---*/

/*
 * The values of a column that is a measure, in the decimals of the cube; NULL
 * if there are none.
 */
static int64 *
measure_of_lines(CubeScratch *scratch, CubeCustomer *customer, CubeView *view,
				 int measure, int column, int scale)
{
	SalesCube  *cube = view->cube;
	int64	   *values = scratch->columns[column];
	int64		largest = 0;

	if (lines_constant(&customer->reader, column) &&
		lines_constant_value(&customer->reader, column) == LINES_NULL)
		return NULL;
	lines_decode(&customer->reader, column, values);
	if (unlikely(scale > cube->scales[measure]))
		sales_cube_rescale(view, measure, scale);
	if (unlikely(scale < cube->scales[measure]))
	{
		for (int i = 0; i < customer->n; i++)
		{
			CHECK_LINE(i);
			if (values[i] != LINES_NULL &&
				!amount_rescale(&values[i], scale, cube->scales[measure]))
				amount_too_large();
		}
	}
	for (int i = 0; i < customer->n; i++)
	{
		int64		value = values[i] == LINES_NULL ? 0 : values[i];

		CHECK_LINE(i);
		largest = Max(largest, value < 0 ? -value : value);
	}
	if (largest > cube->largest[measure])
	{
		if (!amount_in_range(largest))
			amount_too_large();
		cube->largest[measure] = largest;
	}
	customer->largest = Max(customer->largest, largest);
	return values;
}

/*
 * A flag of all lines.  One that is the same in all is there once, and *step
 * is 0.
 */
static const int64 *
flag_of_lines(CubeScratch *scratch, const LinesReader *reader, int column,
			  int *step)
{
	int64	   *values = scratch->columns[column];

	*step = lines_constant(reader, column) ? 0 : 1;
	if (*step == 0)
		values[0] = lines_constant_value(reader, column);
	else
		lines_decode(reader, column, values);
	return values;
}

/* Sums of an order or line are pending in cells, as long as they fit. */
static void
reserve_pending(CubeCustomer *customer, CubeView *view)
{
	int64		most = 0;

	customer->wide = __builtin_mul_overflow(customer->largest,
											(int64) customer->n, &most) ||
		most > PENDING_CUSTOMER;
	if (customer->wide)
		return;
	if (view->cube->pending > PENDING_LIMIT - most)
		sales_cube_settle(view);
	view->cube->pending += most;
}

static void
make_lines(CubeScratch *scratch, CubeCustomer *customer, CubeView *view)
{
	const LinesReader *reader = &customer->reader;
	const CubePlan *plan = scratch->plan;
	Timestamp	until = plan->window_days == 0 ? DT_NOBEGIN : plan->as_of;
	Timestamp	window = plan->window_days * USECS_PER_DAY;
	Timestamp	first_time = DT_NOEND;
	uint32		which_bits = customer->is_customer ? ~(uint32) 0
		: CUBE_ORDER_BITS;
	const int64 *sizes = scratch->columns[LINES_ORDER_SIZE];
	const int64 *amounts;
	const int64 *ratings;
	const int64 *quantities;
	const int64 *discounts;
	const int64 *subscriptions;
	int			discount_step;
	int			subscription_step;
	int			i = 0;

	customer->largest = 0;
	amounts = measure_of_lines(scratch, customer, view, CUBE_AMOUNT,
							   LINES_AMOUNT, reader->amount_scale);
	ratings = measure_of_lines(scratch, customer, view, CUBE_RATING,
							   LINES_RATING, reader->rating_scale);
	quantities = measure_of_lines(scratch, customer, view, CUBE_QUANTITY,
								  LINES_QUANTITY, reader->quantity_scale);
	reserve_pending(customer, view);
	discounts = flag_of_lines(scratch, reader, LINES_DISCOUNTED,
							  &discount_step);
	subscriptions = flag_of_lines(scratch, reader, LINES_SUBSCRIBED,
								  &subscription_step);
	lines_decode(reader, LINES_ORDER_SIZE, scratch->columns[LINES_ORDER_SIZE]);
	customer->first = -1;
	for (int order = 0; order < reader->norders; order++)
	{
		int64		end = i + sizes[order];

		if (end > customer->n || sizes[order] < 1)
			bad_lines("Its orders have not as many lines as there are.");
		view->cube->serial++;
		for (; i < end; i++)
		{
			CubeLine   *line = &scratch->lines[i];
			int64		amount = amounts == NULL ? LINES_NULL : amounts[i];
			int64		discount = discounts[i * discount_step];
			int64		subscription = subscriptions[i * subscription_step];
			bool		known = amount != LINES_NULL;
			bool		returned = known && amount < 0;
			bool		discounted = discount == 1;
			bool		discount_known = discount != LINES_NULL;
			uint32		bits;

			CHECK_LINE(i);
			line->pending[SUM_REVENUE] = known ? amount : 0;
			line->pending[SUM_RETURNED] = returned ? amount : 0;
			line->pending[PENDING_LINES] = 1;
			line->time = scratch->times[i];
			line->first = returned ? DT_NOEND : line->time;
			line->last = returned || line->time == DT_NOEND ? DT_NOBEGIN
				: line->time;
			line->order = view->cube->serial;
			line->failed = 0;
			line->line = i;
			bits = (uint32) (!returned << COUNT_ORDERS |
							 !returned << COUNT_BUYERS |
							 (known && !returned) << COUNT_PRICED |
							 (discounted && !returned) << COUNT_DISCOUNTED |
							 (discount_known && !returned) << COUNT_DISCOUNT_KNOWN |
							 returned << COUNT_RETURNS |
							 1 << COUNT_CUSTOMERS |
							 known << COUNT_WITH_AMOUNT |
							 (subscription == 1) << COUNT_SUBSCRIBERS |
							 (subscription != LINES_NULL) << COUNT_SUBSCRIPTION_KNOWN);
			line->pending[SUM_RATING] = line->pending[SUM_QUANTITY] = 0;
			line->pending[PENDING_RATED] = 0;
			if (ratings != NULL && ratings[i] != LINES_NULL)
			{
				line->pending[PENDING_RATED] = 1;
				line->pending[SUM_RATING] = ratings[i];
			}
			if (quantities != NULL && quantities[i] != LINES_NULL)
			{
				line->pending[SUM_QUANTITY] = quantities[i];
				bits |= 1 << COUNT_WITH_QUANTITY;
			}
			line->bits = bits & which_bits;
			line->arm = !known || returned ? SALES_ARMS
				: !discount_known ? ARM_UNKNOWN
				: discounted ? ARM_DISCOUNTED : ARM_FULL;
			line->window = 0;
			if (line->time <= until)
				line->window = line->time > until - window ? SUM_RECENT_REVENUE
					: line->time > until - 2 * window ? SUM_EARLIER_REVENUE : 0;
			if (line->first < first_time)
			{
				first_time = line->first;
				customer->first = i;
			}
		}
	}
	if (i != customer->n)
		bad_lines("Its orders have not as many lines as there are.");
	customer->simple = customer->is_customer && !customer->wide;
	customer->few_sums = customer->simple && plan->window_days == 0;
	customer->mergeable = reader->norders < customer->n &&
		customer->n <= scratch->most_merged && !customer->times_differ &&
		!customer->wide;
}

/*
 * Decodes the lines that customer->reader has: scratch->lines, and keys of
 * elements.  Texts are added to the cube, which may move.
 */
void
cube_prepare_lines(CubeScratch *scratch, CubeCustomer *customer, CubeView *view)
{
	const LinesReader *reader = &customer->reader;
	uint32		all = ~(uint32) 0;

	customer->n = reader->nlines;
	customer->before = view->cube->serial;
	customer->failed_all = customer->failed_any = 0;
	customer->times_differ = !lines_constant(reader, LINES_TIME_OFFSET) ||
		lines_constant_value(reader, LINES_TIME_OFFSET) != 0;
	scratch_reserve(scratch, customer->n, reader->ntexts);
	if (reader->ntexts > 0)
		memset(scratch->texts, -1, (Size) reader->ntexts * sizeof(int32));
	times_of_lines(scratch, customer);
	make_lines(scratch, customer, view);
	for (int e = 0; e < scratch->nelements; e++)
		element_of_lines(scratch, customer, &scratch->elements[e], view,
						 &customer->failed_all, true);
	for (int i = 0; i < scratch->ntotals; i++)
		scratch->totals[i].summed = scratch->totals[i].merged = false;
	if (view->cube->narms == 1)
		return;
	for (int i = 0; i < customer->n; i++)
	{
		CHECK_LINE(i);
		scratch->lines[i].failed |= customer->failed_all;
		all &= scratch->lines[i].failed;
		customer->failed_any |= scratch->lines[i].failed;
	}
	customer->failed_all = all;
}

/*
 * Which lines pass all filters of the plan that is an argument: sets
 * scratch->lines[i].failed, of which no bit may be set.  False if none can.
 */
static bool
filter_lines(CubeScratch *scratch, CubeCustomer *customer, Datum lines)
{
	uint32		failed = 0;

	lines_open(lines, &customer->reader);
	customer->n = customer->reader.nlines;
	if (customer->n == 0)
		return false;
	scratch_reserve(scratch, customer->n, 0);
	if (scratch->any_time)
		times_of_lines(scratch, customer);
	for (int i = 0; i < customer->n; i++)
		scratch->lines[i].failed = 0;
	for (int e = 0; e < scratch->nelements; e++)
	{
		if (scratch->elements[e].nfilters == 0)
			continue;
		element_of_lines(scratch, customer, &scratch->elements[e], NULL,
						 &failed, false);
		if (failed != 0)
			return false;
	}
	return true;
}

/* lines_match(lines, plan): whether a line passes all filters */
Datum
pt_lines_match(PG_FUNCTION_ARGS)
{
	CubeScratch *scratch = cube_scratch(fcinfo, 1);
	CubeCustomer customer;

	if (filter_lines(scratch, &customer, PG_GETARG_DATUM(0)))
		for (int i = 0; i < customer.n; i++)
			if (scratch->lines[i].failed == 0)
				PG_RETURN_BOOL(true);
	PG_RETURN_BOOL(false);
}

/* lines_filter(lines, plan): the lines that pass all filters */
Datum
pt_lines_filter(PG_FUNCTION_ARGS)
{
	CubeScratch *scratch = cube_scratch(fcinfo, 1);
	CubeCustomer customer;
	struct varlena *value = lines_stored(PG_GETARG_DATUM(0));
	bool	   *keep;
	int32		kept = 0;

	if (!filter_lines(scratch, &customer, PointerGetDatum(value)))
		PG_RETURN_NULL();
	keep = MemoryContextAllocHuge(CurrentMemoryContext,
								  sizeof(bool) * (Size) customer.n);
	for (int i = 0; i < customer.n; i++)
	{
		CHECK_LINE(i);
		keep[i] = scratch->lines[i].failed == 0;
		kept += keep[i];
	}
	if (kept == 0)
		PG_RETURN_NULL();
	if (kept == customer.n)
		PG_RETURN_POINTER(value);
	PG_RETURN_DATUM(lines_finish(lines_builder_add_stored(lines_builder_create(),
														  &customer.reader,
														  keep)));
}
