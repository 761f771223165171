/*-------------------------------------------------------------------------
 *
 * cube_add.c
 *		Adds the lines of a customer to a sales_cube.
 *
 * All groupings are counted in one pass over a customer's lines, which are
 * decoded once.  As customers are disjoint and an order belongs to one, it
 * takes one mark per cell to count each customer and each order once: the
 * serial number of the order that was added last.  Where the values of a
 * grouping are the same in all lines of a customer, as those of gender or
 * age group are, what the lines add up to is added at once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "compat.h"
#include "cube.h"
#include "history.h"
#include "lines.h"

PG_FUNCTION_INFO_V1(pt_sales_cube_accum);
PG_FUNCTION_INFO_V1(pt_lines_match);

/* Often enough to be cancelled, seldom enough to cost nothing. */
#define CHECK_LINE(i) \
	do { \
		if (unlikely(((i) & 0xFFFF) == 0xFFFF)) \
			CHECK_FOR_INTERRUPTS(); \
	} while (0)

/*--- What is prepared once for a plan ---*/

typedef struct Filter
{
	const CubeFilter *filter;
	const int32 *codes;
	int32		ncodes;
	int32		lowest;
	uint32		nbits;			/* of a bitmap from the lowest on; 0: none */
	uint8	   *bitmap;
	uint32		bit;
} Filter;

/* Something that lines are grouped or filtered by. */
typedef struct Element
{
	int			element;
	bool		grouped;
	int			nfilters;
	int			filters[CUBE_MAX_FILTERS];
	/* of the customer at hand */
	bool		constant;
	int32		value;			/* if constant */
	int32	   *keys;			/* of all lines, otherwise */
} Element;

typedef struct Grouping
{
	int			nelements;
	int			elements[CUBE_MAX_ELEMENTS];	/* which of the scratch */
	bool		statistics;
	bool		has_period;
	uint32		filters;		/* those that bind it */
	int			totals;			/* which of the scratch */
} Grouping;

/* A line, as it is added to cells. */
typedef struct Line
{
	int64		amount;			/* 0 if not known */
	int64		rating;
	int64		quantity;
	Timestamp	time;
	uint64		order;			/* serial number */
	uint32		bits;
	uint32		failed;			/* filters that it does not pass */
	bool		rated;
	bool		returned;
	uint8		window;			/* 0, or the sum of its window */
	uint8		arm;			/* a SalesArmName, or SALES_ARMS */
	int32		number;
} Line;

/* What all lines of the customer that pass some filters add up to. */
typedef struct Totals
{
	uint32		filters;
	bool		done;
	CubeFigures figures;
} Totals;

typedef struct Scratch
{
	MemoryContext context;
	CubePlan   *plan;
	int			nelements;
	Element    *elements;
	Filter	   *filters;
	Grouping   *groupings;
	int			ntotals;
	Totals	   *totals;			/* the first without filters */
	bool		any_time;		/* elements of time */
	/* room for so many lines */
	int64		nlines;
	Line	   *lines;
	int64	   *values;
	int64	   *columns[LINES_DIMENSION];
	Timestamp  *times;
	int32	   *days;
	uint32	   *cells;
	int64		ntexts;
	int32	   *texts;			/* numbers in the cube; -1: not yet known */
} Scratch;

/* The customer at hand. */
typedef struct Customer
{
	LinesReader reader;
	int			n;
	bool		is_customer;
	bool		has_rating;
	bool		has_quantity;
	bool		times_differ;	/* within an order */
	int			revenue;		/* which sum */
	uint64		before;			/* serial number before those of its orders */
	uint32		failed_all;		/* filters that no line passes */
	uint32		failed_any;
	int			first;			/* line with the first purchase, or -1 */
} Customer;

static void
prepare_filter(Scratch *scratch, int number)
{
	Filter	   *filter = &scratch->filters[number];
	const CubeFilter *source = &cube_plan_filters(scratch->plan)[number];
	int64		range;

	filter->filter = source;
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
scratch_element(Scratch *scratch, int element)
{
	for (int i = 0; i < scratch->nelements; i++)
		if (scratch->elements[i].element == element)
			return i;
	scratch->elements[scratch->nelements].element = element;
	scratch->any_time |= CUBE_IS_TIME(element);
	return scratch->nelements++;
}

static Scratch *
scratch_create(const CubePlan *plan, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Scratch    *scratch = palloc0(sizeof(Scratch));

	scratch->context = context;
	scratch->plan = palloc(VARSIZE(plan));
	memcpy(scratch->plan, plan, VARSIZE(plan));
	plan = scratch->plan;
	scratch->elements = palloc0(sizeof(Element) *
								(CUBE_MAX_DIMENSIONS - CUBE_SUBSCRIBED));
	scratch->filters = palloc0(sizeof(Filter) * Max(plan->nfilters, 1));
	scratch->groupings = palloc0(sizeof(Grouping) * Max(plan->ngroupings, 1));
	scratch->totals = palloc0(sizeof(Totals) * (plan->ngroupings + 1));
	scratch->ntotals = 1;
	for (int i = 0; i < plan->nfilters; i++)
	{
		Element    *element;

		prepare_filter(scratch, i);
		element = &scratch->elements[scratch_element(scratch,
													 scratch->filters[i].filter->element)];
		element->filters[element->nfilters++] = i;
	}
	for (int i = 0; i < plan->ngroupings; i++)
	{
		const CubeGrouping *source = &plan->groupings[i];
		Grouping   *grouping = &scratch->groupings[i];

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
	MemoryContextSwitchTo(old);
	return scratch;
}

static void *
more_room(Scratch *scratch, void *old, int64 n, Size size)
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
scratch_reserve(Scratch *scratch, int64 nlines, int64 ntexts)
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
	scratch->lines = more_room(scratch, scratch->lines, nlines, sizeof(Line));
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
	scratch->cells = more_room(scratch, scratch->cells, nlines, sizeof(uint32));
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
static Scratch *
scratch_for(FunctionCallInfo fcinfo, int plan_arg)
{
	CubePlan   *plan = (CubePlan *) PG_DETOAST_DATUM(PG_GETARG_DATUM(plan_arg));
	Scratch    *scratch = fcinfo->flinfo != NULL ? fcinfo->flinfo->fn_extra : NULL;
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
code_passes(const Filter *filter, int32 code)
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
text_passes(const Scratch *scratch, const Filter *filter,
			const LinesReader *reader, int number)
{
	const CubeText *text = cube_filter_texts(scratch->plan, filter->filter);
	int			length;
	const char *value;

	if (filter->filter->ntexts == 0)
		return false;
	value = lines_text(reader, number, &length);
	for (int i = 0; i < filter->filter->ntexts; i++)
	{
		if (text->length == length && memcmp(text->bytes, value, length) == 0)
			return true;
		text = cube_next_text(text);
	}
	return false;
}

/* A value as lines_decode gives it; of periods, a day, which may be below 0. */
static pg_attribute_always_inline bool
value_passes(const Scratch *scratch, const Filter *filter,
			 const LinesReader *reader, int64 value)
{
	if (value == LINES_NULL)
		return filter->filter->with_null;
	if (value < 0 && filter->filter->element > 0)
		return text_passes(scratch, filter, reader, (int) (-1 - value));
	return code_passes(filter, (int32) value);
}

/*--- Values of elements ---*/

int32
cube_period_start(int element, int32 day)
{
	Period		period = element == CUBE_YEAR ? PERIOD_YEAR :
		element == CUBE_QUARTER ? PERIOD_QUARTER :
		element == CUBE_MONTH ? PERIOD_MONTH :
		element == CUBE_WEEK ? PERIOD_WEEK : PERIOD_DAY;

	if (period == PERIOD_DAY)
		return day;
	return period_start(period_number(day * USECS_PER_DAY, period), period);
}

/*
 * The same, from a table of days that occurred lately: calendars are slow.
 * An empty place has day 0, which is the first one of its year.
 */
#define KNOWN_DAYS	4096

static inline int32
known_period_start(int element, int32 day)
{
	static struct
	{
		int32		day;
		int32		start;
	}			known[3][KNOWN_DAYS];
	uint32		slot = (uint32) day % KNOWN_DAYS;
	int			table = CUBE_YEAR - element;

	if (unlikely(known[table][slot].day != day))
	{
		known[table][slot].start = cube_period_start(element, day);
		known[table][slot].day = day;
	}
	return known[table][slot].start;
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
value_key(const Scratch *scratch, int element, int64 value)
{
	if (value == LINES_NULL)
		return CUBE_NULL;
	if (value < 0 && element > 0)
		return -1 - scratch->texts[-1 - value];
	return (int32) value;
}

static void
number_text(Scratch *scratch, CubeView *view, const LinesReader *reader,
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
element_of_lines(Scratch *scratch, Customer *customer, Element *element,
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
		const Filter *filter = &scratch->filters[element->filters[f]];

		if (element->constant)
		{
			if (!value_passes(scratch, filter, reader, first))
				*failed_all |= filter->bit;
		}
		else
			for (int i = 0; i < n; i++)
			{
				CHECK_LINE(i);
				scratch->lines[i].failed |=
					value_passes(scratch, filter, reader, values[i]) ? 0
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
	if (element->constant)
		element->value = value_key(scratch, element->element, first);
	else if (element->element < 0 || reader->ntexts == 0)
	{
		for (int i = 0; i < n; i++)
			element->keys[i] = values[i] == LINES_NULL ? CUBE_NULL
				: (int32) values[i];
	}
	else
	{
		for (int i = 0; i < n; i++)
			element->keys[i] = value_key(scratch, element->element, values[i]);
	}
}

/* Times, if there is anything to ask them for. */
static void
times_of_lines(Scratch *scratch, Customer *customer)
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
 * The values of a column that is a measure, in the decimals of the cube;
 * false if all are NULL.
 */
static bool
measure_of_lines(Scratch *scratch, const Customer *customer, CubeView *view,
				 int measure, int column, int scale)
{
	SalesCube  *cube = view->cube;
	int64	   *values = scratch->columns[column];
	int64		largest = 0;

	lines_decode(&customer->reader, column, values);
	if (lines_constant(&customer->reader, column) && values[0] == LINES_NULL)
		return false;
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

		largest = Max(largest, value < 0 ? -value : value);
	}
	if (largest > cube->largest[measure])
	{
		if (!amount_in_range(largest))
			amount_too_large();
		cube->largest[measure] = largest;
	}
	return true;
}

static void
make_lines(Scratch *scratch, Customer *customer, CubeView *view)
{
	const LinesReader *reader = &customer->reader;
	const CubePlan *plan = scratch->plan;
	int64	  **columns = scratch->columns;
	Timestamp	recent_until = plan->window_days == 0 ? DT_NOBEGIN : plan->as_of;
	Timestamp	window = plan->window_days * USECS_PER_DAY;
	int			i = 0;
	Timestamp	first_time = DT_NOEND;
	uint32		customer_bits = customer->is_customer ? CUBE_CUSTOMER_BITS : 0;
	const int64 *sizes = columns[LINES_ORDER_SIZE];

	measure_of_lines(scratch, customer, view, CUBE_AMOUNT, LINES_AMOUNT,
					 reader->amount_scale);
	customer->has_rating = measure_of_lines(scratch, customer, view,
											CUBE_RATING, LINES_RATING,
											reader->rating_scale);
	customer->has_quantity = measure_of_lines(scratch, customer, view,
											  CUBE_QUANTITY, LINES_QUANTITY,
											  reader->quantity_scale);
	lines_decode(reader, LINES_DISCOUNTED, columns[LINES_DISCOUNTED]);
	lines_decode(reader, LINES_SUBSCRIBED, columns[LINES_SUBSCRIBED]);
	lines_decode(reader, LINES_ORDER_SIZE, columns[LINES_ORDER_SIZE]);
	customer->first = -1;
	for (int order = 0; order < reader->norders; order++)
	{
		int64		end = i + sizes[order];

		if (end > customer->n || sizes[order] < 1)
			bad_lines("Its orders have not as many lines as there are.");
		view->cube->serial++;
		for (; i < end; i++)
		{
			Line	   *line = &scratch->lines[i];
			int64		amount = columns[LINES_AMOUNT][i];
			int64		discounted = columns[LINES_DISCOUNTED][i];
			int64		subscribed = columns[LINES_SUBSCRIBED][i];
			bool		known = amount != LINES_NULL;
			bool		returned = known && amount < 0;
			uint32		bits;

			CHECK_LINE(i);
			line->amount = known ? amount : 0;
			line->time = scratch->times[i];
			line->order = view->cube->serial;
			line->returned = returned;
			line->rated = false;
			line->number = i;
			bits = returned ? 1 << COUNT_RETURNS
				: (uint32) ((1 << COUNT_ORDERS) | (1 << COUNT_BUYERS) |
							known << COUNT_PRICED |
							(discounted == 1) << COUNT_DISCOUNTED |
							(discounted != LINES_NULL) << COUNT_DISCOUNT_KNOWN);
			bits |= (uint32) ((1 << COUNT_CUSTOMERS) |
							  known << COUNT_WITH_AMOUNT |
							  (subscribed == 1) << COUNT_SUBSCRIBERS |
							  (subscribed != LINES_NULL) << COUNT_SUBSCRIPTION_KNOWN);
			if (customer->has_rating)
			{
				line->rated = columns[LINES_RATING][i] != LINES_NULL;
				line->rating = line->rated ? columns[LINES_RATING][i] : 0;
			}
			if (customer->has_quantity)
			{
				bool		has = columns[LINES_QUANTITY][i] != LINES_NULL;

				line->quantity = has ? columns[LINES_QUANTITY][i] : 0;
				bits |= (uint32) has << COUNT_WITH_QUANTITY;
			}
			line->bits = bits & (CUBE_ORDER_BITS | customer_bits);
			line->arm = !known || returned ? SALES_ARMS
				: discounted == LINES_NULL ? ARM_UNKNOWN
				: discounted == 1 ? ARM_DISCOUNTED : ARM_FULL;
			line->window = 0;
			if (line->time <= recent_until)
				line->window = line->time > recent_until - window ? SUM_RECENT_REVENUE
					: line->time > recent_until - 2 * window ? SUM_EARLIER_REVENUE
					: 0;
			if (!returned && line->time < first_time)
			{
				first_time = line->time;
				customer->first = i;
			}
		}
	}
	if (i != customer->n)
		bad_lines("Its orders have not as many lines as there are.");
}

/*--- Adding ---*/

static pg_attribute_always_inline void
count_bits(int64 *counts, uint32 bits)
{
	while (bits != 0)
	{
		counts[pg_rightmost_one_pos32(bits)]++;
		bits &= bits - 1;
	}
}

/*
 * Adds a line to figures; fresh are those of its bits that are not yet
 * counted in them.
 */
static pg_attribute_always_inline void
add_line(CubeFigures *figures, const Line *line, uint32 fresh,
		 const Customer *customer)
{
	figures->counts[COUNT_LINES]++;
	figures->sums[customer->revenue] += line->amount;
	if (customer->has_rating)
	{
		figures->counts[COUNT_RATED] += line->rated;
		figures->sums[SUM_RATING] += line->rating;
	}
	if (customer->has_quantity)
		figures->sums[SUM_QUANTITY] += line->quantity;
	if (line->returned)
		figures->sums[SUM_RETURNED] += line->amount;
	if (line->window != 0)
		figures->sums[line->window] += line->amount;
	if (fresh != 0)
		count_bits(figures->counts, fresh);
	if ((fresh & (1 << COUNT_ORDERS)) != 0 ||
		(customer->times_differ && !line->returned))
	{
		figures->first = Min(figures->first, line->time);
		if (line->time != DT_NOEND)
			figures->last = Max(figures->last, line->time);
	}
}

/* Whether a line is in the first period of its customer, or after it. */
static pg_attribute_always_inline int
moment_of(const Scratch *scratch, const Grouping *grouping,
		  const Customer *customer, const Line *line)
{
	int			first = customer->first;

	if (first < 0 || line->time == DT_NOEND)
		return 0;
	for (int e = 0; e < grouping->nelements; e++)
	{
		const Element *element = &scratch->elements[grouping->elements[e]];

		if (CUBE_IS_PERIOD(element->element) && !element->constant &&
			element->keys[line->number] != element->keys[first])
			return line->time > scratch->lines[first].time ? COUNT_RETURNING : 0;
	}
	return COUNT_NEW;
}

static pg_attribute_always_inline void
add_to_arm(CubeArm *arm, const Line *line, const Customer *customer, int moment)
{
	uint32		seen = arm->order == line->order ? arm->seen
		: arm->order > customer->before ? arm->seen & CUBE_CUSTOMER_BITS : 0;
	uint32		fresh = line->bits & ~seen;

	arm->order = line->order;
	arm->seen = seen | fresh;
	add_line(&arm->figures, line, fresh, customer);
	if (moment != 0)
	{
		arm->figures.sums[moment == COUNT_NEW ? SUM_NEW_REVENUE
						  : SUM_RETURNING_REVENUE] += line->amount;
		if ((fresh & (1 << COUNT_BUYERS)) != 0)
			arm->figures.counts[moment]++;
	}
}

static const CubeFigures *
totals_of(Scratch *scratch, const Customer *customer, int number)
{
	Totals	   *totals = &scratch->totals[number];
	uint32		seen = 0;
	uint64		order = 0;

	if (totals->done)
		return &totals->figures;
	if (number > 0 && (customer->failed_any & totals->filters) == 0)
		return totals_of(scratch, customer, 0);
	totals->done = true;
	cube_figures_init(&totals->figures);
	for (int i = 0; i < customer->n; i++)
	{
		const Line *line = &scratch->lines[i];

		CHECK_LINE(i);
		if ((line->failed & totals->filters) != 0)
			continue;
		if (line->order != order)
			seen &= CUBE_CUSTOMER_BITS;
		order = line->order;
		add_line(&totals->figures, line, line->bits & ~seen, customer);
		seen |= line->bits;
	}
	return &totals->figures;
}

static void
add_totals(CubeFigures *figures, const CubeFigures *totals, bool is_new)
{
	cube_figures_add(figures, totals);
	if (is_new)
	{
		figures->counts[COUNT_NEW] += totals->counts[COUNT_BUYERS];
		figures->sums[SUM_NEW_REVENUE] += totals->sums[SUM_CUSTOMER_REVENUE];
	}
}

/* All lines of the customer are in one cell. */
static void
add_constant(Scratch *scratch, const Customer *customer, CubeView *view,
			 int number)
{
	const Grouping *grouping = &scratch->groupings[number];
	CubeKey		key = {number, {0}};
	bool		is_new;
	CubeCell   *cell;

	for (int e = 0; e < grouping->nelements; e++)
		key.values[e] = scratch->elements[grouping->elements[e]].value;
	cell = cube_cell(view, sales_cube_cell(view, &key,
										   cube_key_hash(number, key.values,
														 grouping->nelements)));
	/* where there is a first purchase, it is in the only period */
	is_new = grouping->has_period && customer->is_customer &&
		customer->first >= 0;
	add_totals(&cell->arms[CUBE_WHOLE].figures, totals_of(scratch, customer, 0),
			   is_new);
	if (view->cube->narms > 1 &&
		(customer->failed_all & grouping->filters) == 0)
		add_totals(&cell->arms[CUBE_SELECTED].figures,
				   totals_of(scratch, customer, grouping->totals), is_new);
}

static void
find_cells(Scratch *scratch, const Customer *customer, CubeView *view,
		   int number)
{
	const Grouping *grouping = &scratch->groupings[number];
	CubeKey		key = {number, {0}};

	for (int e = 0; e < grouping->nelements; e++)
		key.values[e] = scratch->elements[grouping->elements[e]].value;
	for (int i = 0; i < customer->n; i++)
	{
		CHECK_LINE(i);
		for (int e = 0; e < grouping->nelements; e++)
		{
			const Element *element = &scratch->elements[grouping->elements[e]];

			if (!element->constant)
				key.values[e] = element->keys[i];
		}
		scratch->cells[i] = sales_cube_cell(view, &key,
											cube_key_hash(number, key.values,
														  grouping->nelements));
	}
}

static void
add_lines(Scratch *scratch, const Customer *customer, CubeView *view,
		  int number)
{
	const Grouping *grouping = &scratch->groupings[number];
	bool		selected = view->cube->narms > 1 &&
		(customer->failed_all & grouping->filters) == 0;
	bool		moments = grouping->has_period && customer->is_customer;

	find_cells(scratch, customer, view, number);
	for (int i = 0; i < customer->n; i++)
	{
		const Line *line = &scratch->lines[i];
		CubeCell   *cell = cube_cell(view, scratch->cells[i]);
		int			moment = moments ? moment_of(scratch, grouping, customer, line) : 0;

		CHECK_LINE(i);
		add_to_arm(&cell->arms[CUBE_WHOLE], line, customer, moment);
		if (selected && (line->failed & grouping->filters) == 0)
			add_to_arm(&cell->arms[CUBE_SELECTED], line, customer, moment);
	}
}

static void
add_statistics(Scratch *scratch, const Customer *customer, CubeView *view,
			   int number)
{
	const Grouping *grouping = &scratch->groupings[number];
	int			scale = view->cube->scales[CUBE_AMOUNT];

	find_cells(scratch, customer, view, number);
	for (int i = 0; i < customer->n; i++)
	{
		const Line *line = &scratch->lines[i];
		CubeCell   *cell = cube_cell(view, scratch->cells[i]);

		CHECK_LINE(i);
		if (line->arm == SALES_ARMS)
			continue;
		sales_stats_add_amount(&cell->arms[CUBE_WHOLE].stats, line->arm,
							   line->amount, scale);
		if (view->cube->narms > 1 && (line->failed & grouping->filters) == 0)
			sales_stats_add_amount(&cell->arms[CUBE_SELECTED].stats, line->arm,
								   line->amount, scale);
	}
}

static SalesCube *
cube_add_customer(SalesCube *cube, Scratch *scratch, Datum lines,
				  bool is_customer)
{
	CubeView	view;
	Customer	customer;
	LinesReader *reader = &customer.reader;

	lines_open(lines, reader);
	customer.n = reader->nlines;
	if (customer.n == 0)
		return cube;
	customer.is_customer = is_customer;
	customer.revenue = is_customer ? SUM_CUSTOMER_REVENUE : SUM_OTHER_REVENUE;
	customer.before = cube->serial;
	customer.failed_all = customer.failed_any = 0;
	customer.times_differ = !lines_constant(reader, LINES_TIME_OFFSET) ||
		lines_constant_value(reader, LINES_TIME_OFFSET) != 0;
	scratch_reserve(scratch, customer.n, reader->ntexts);
	if (reader->ntexts > 0)
		memset(scratch->texts, -1, (Size) reader->ntexts * sizeof(int32));

	sales_cube_view(cube, &view);
	times_of_lines(scratch, &customer);
	make_lines(scratch, &customer, &view);
	for (int i = 0; i < customer.n; i++)
		scratch->lines[i].failed = 0;
	for (int e = 0; e < scratch->nelements; e++)
		element_of_lines(scratch, &customer, &scratch->elements[e], &view,
						 &customer.failed_all, true);
	if (view.cube->narms > 1)
	{
		uint32		all = ~(uint32) 0;

		for (int i = 0; i < customer.n; i++)
		{
			scratch->lines[i].failed |= customer.failed_all;
			all &= scratch->lines[i].failed;
			customer.failed_any |= scratch->lines[i].failed;
		}
		customer.failed_all = all;
	}

	for (int i = 0; i < scratch->ntotals; i++)
		scratch->totals[i].done = false;
	for (int i = 0; i < scratch->plan->ngroupings; i++)
	{
		const Grouping *grouping = &scratch->groupings[i];
		bool		constant = true;

		CHECK_FOR_INTERRUPTS();
		for (int e = 0; e < grouping->nelements; e++)
			constant &= scratch->elements[grouping->elements[e]].constant;
		if (grouping->statistics)
			add_statistics(scratch, &customer, &view, i);
		else if (constant)
			add_constant(scratch, &customer, &view, i);
		else
			add_lines(scratch, &customer, &view, i);
	}
	return view.cube;
}

/* sales_cube_accum(state, lines, is_customer, plan) */
Datum
pt_sales_cube_accum(PG_FUNCTION_ARGS)
{
	Scratch    *scratch;
	SalesCube  *cube;

	if (PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the plan of a sales_cube must not be NULL")));
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("is_customer of sales_cube must not be NULL")));
	scratch = scratch_for(fcinfo, 3);
	if (PG_ARGISNULL(0))
		cube = sales_cube_create(scratch->plan);
	else
	{
		if (AggCheckCallContext(fcinfo, NULL))
		{
			cube = (SalesCube *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
			if (cube->nslots == 0)
				cube = sales_cube_thaw(cube);
		}
		else
			cube = sales_cube_thaw(sales_cube_get(PG_GETARG_DATUM(0)));
		if (VARSIZE(&cube->plan) != VARSIZE(scratch->plan) ||
			memcmp(&cube->plan, scratch->plan, VARSIZE(scratch->plan)) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the plan of a sales_cube must be the same in every row")));
	}
	cube = cube_add_customer(cube, scratch, PG_GETARG_DATUM(1),
							 PG_GETARG_BOOL(2));
	PG_RETURN_POINTER(cube);
}

/* lines_match(lines, plan): whether a line passes all filters */
Datum
pt_lines_match(PG_FUNCTION_ARGS)
{
	Scratch    *scratch = scratch_for(fcinfo, 1);
	Customer	customer;
	uint32		failed = 0;
	uint32		all = ((uint32) 1 << scratch->plan->nfilters) - 1;

	lines_open(PG_GETARG_DATUM(0), &customer.reader);
	customer.n = customer.reader.nlines;
	if (customer.n == 0)
		PG_RETURN_BOOL(false);
	if (all == 0)
		PG_RETURN_BOOL(true);
	scratch_reserve(scratch, customer.n, 0);
	if (scratch->any_time)
		times_of_lines(scratch, &customer);
	for (int i = 0; i < customer.n; i++)
		scratch->lines[i].failed = 0;
	for (int e = 0; e < scratch->nelements; e++)
	{
		if (scratch->elements[e].nfilters == 0)
			continue;
		element_of_lines(scratch, &customer, &scratch->elements[e], NULL,
						 &failed, false);
		if (failed != 0)
			PG_RETURN_BOOL(false);
	}
	for (int i = 0; i < customer.n; i++)
		if ((scratch->lines[i].failed & all) == 0)
			PG_RETURN_BOOL(true);
	PG_RETURN_BOOL(false);
}
