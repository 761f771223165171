/*-------------------------------------------------------------------------
 *
 * sequence_report.c
 *		What is bought next: products of an order, and of the order after it.
 *
 * docs/trends.md has the definitions.  An order counts if the days in which
 * the next one could come are over.  What is remembered of it, if the next
 * one came, is an event: the customer, the days between, and the items of the
 * next order; each product has the list of its events.  So the counts of a
 * product are made side by side, and memory grows with the data only.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "basket_mine.h"
#include "sequence.h"
#include "stats_math.h"

PG_FUNCTION_INFO_V1(pt_next_products);

#define MAX_MEMORY_MB	(1024 * 1024)
#define MAX_WITHIN_DAYS	36500

/* What a product counts. */
typedef struct ItemCounts
{
	int64		orders;			/* that count, with the product */
	int64		followed;		/* of these, after which the customer came back */
	int64		customers;		/* of orders */
	int64		next_orders;	/* orders that came next, with the product */
	uint32		last_customer;
} ItemCounts;

/*
 * All orders, customer by customer, whose items are numbers in the order of
 * their texts, each once in an order.
 */
typedef struct FlatOrders
{
	uint32		nitems;			/* different ones */
	Datum	   *texts;			/* of these */
	int64		norders;
	int64		orders_size;
	int64		held;			/* items of all orders */
	int64		held_size;
	int32	   *days;			/* since 2000-01-01 */
	uint32	   *customers;		/* from 1 */
	int64	   *ends;			/* where the items of each order end */
	uint32	   *items;
	int64	   *last_order;		/* of each item, from 1: finds what is twice */
	Size		bytes;
} FlatOrders;

typedef struct NextRequest
{
	FlatOrders	flat;
	int32		within;
	int64		last_day;		/* which the data cover */
	int64		min_count;
	int64		min_together;
	double		confidence;
	Size		room;
	int32		memory_mb;
	ItemCounts *items;
	int64		orders;			/* that count */
	int64		events;
} NextRequest;

/*
 * Two orders of a customer, the second within the days after the first: as
 * words, one event behind the other, so that it takes one place of memory.
 */
typedef struct NextEvent
{
	uint32		customer;
	int32		days;
	int32		size;
	int32		items[FLEXIBLE_ARRAY_MEMBER];	/* of the second */
} NextEvent;

#define EVENT_WORDS		(offsetof(NextEvent, items) / sizeof(int32))
#define EVENTS_AHEAD	12		/* asked from memory before they are needed */
#define MAX_HISTOGRAM	(16 * 1024 * 1024)	/* bytes */

/* All events, and which products are in their first orders. */
typedef struct NextEvents
{
	int32	   *words;
	uint32	   *holders;		/* events of each product, by customer */
	int64	   *ends;			/* where those of each product end */
} NextEvents;

/* What a product and a next product count. */
typedef struct NextCounts
{
	int64		count;
	int64		customers;
	int64		seen;
	uint32		last_customer;
	int32		day_low;		/* the two in the middle */
	int32		day_high;
} NextCounts;

typedef struct NextPair
{
	int64		count;
	int32		item;
} NextPair;

static inline int
compare_pairs(const NextPair *a, const NextPair *b)
{
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->item > b->item) - (a->item < b->item);
}

#define ST_SORT sort_pairs
#define ST_ELEMENT_TYPE NextPair
#define ST_COMPARE(a, b) compare_pairs(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static void *
allocate(Size n, Size element)
{
	/* as many as a value has orders and items, at most */
	return MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * element);
}

static void *
allocate_zeros(Size n, Size element)
{
	return memset(allocate(n, element), 0, Max(n, 1) * element);
}

/*--- Arguments ---*/

static void
null_argument(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s must not be NULL", name),
			 errdetail("Only sequences, as_of and min_count can be NULL."),
			 errhint("Leave the argument out to have its default.")));
}

static int64
number_argument(FunctionCallInfo fcinfo, int arg, const char *name,
				bool wide, int64 low, int64 high, const char *hint)
{
	int64		value;

	if (PG_ARGISNULL(arg))
		null_argument(name);
	value = wide ? PG_GETARG_INT64(arg) : PG_GETARG_INT32(arg);
	if (value < low || value > high)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 high == PG_INT64_MAX
				 ? errmsg("%s must be at least " INT64_FORMAT, name, low)
				 : errmsg("%s must be between " INT64_FORMAT " and " INT64_FORMAT,
						  name, low, high),
				 errdetail("It is " INT64_FORMAT ".", value),
				 errhint("%s", hint)));
	return value;
}

static double
share_argument(FunctionCallInfo fcinfo, int arg, const char *name,
			   bool one, const char *hint)
{
	double		share;

	if (PG_ARGISNULL(arg))
		null_argument(name);
	share = PG_GETARG_FLOAT8(arg);
	if (!(share > 0) || share > 1 || (share == 1 && !one))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be above 0, and %s 1", name,
						one ? "at most" : "below"),
				 errdetail("It is %.15g.", share),
				 errhint("%s", hint)));
	return share;
}

/*--- Orders in memory ---*/

PT_NORETURN static void
no_memory(const NextRequest *request)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("the count takes more than %d MB", request->memory_mb),
			 errdetail("It would take more at any support."),
			 errhint("Give it more memory by max_memory_mb.")));
}

static void *
grow(NextRequest *request, void *array, int64 n, Size element)
{
	request->flat.bytes += n / 2 * element;
	if (request->flat.bytes > request->room)
		no_memory(request);
	return array == NULL
		? MemoryContextAllocHuge(CurrentMemoryContext, n * element)
		: repalloc_huge(array, n * element);
}

static void
flat_order(NextRequest *request, uint32 customer, int64 day)
{
	FlatOrders *flat = &request->flat;

	if (flat->norders == flat->orders_size)
	{
		flat->orders_size = Max(flat->orders_size * 2, 256);
		flat->days = grow(request, flat->days, flat->orders_size, sizeof(int32));
		flat->customers = grow(request, flat->customers, flat->orders_size,
							   sizeof(uint32));
		flat->ends = grow(request, flat->ends, flat->orders_size, sizeof(int64));
	}
	flat->days[flat->norders] = (int32) day;
	flat->customers[flat->norders] = customer;
	flat->ends[flat->norders++] = flat->held;
}

/* Adds items to the last order; map gives their numbers. */
static void
flat_items(NextRequest *request, const uint32 *items, int32 n,
		   const int32 *map)
{
	FlatOrders *flat = &request->flat;
	int64		held;

	while (flat->held + n > flat->held_size)
	{
		flat->held_size = Max(flat->held_size * 2, 1024);
		flat->items = grow(request, flat->items, flat->held_size, sizeof(uint32));
	}
	held = flat->held;
	for (int32 i = 0; i < n; i++)
	{
		uint32		item = map == NULL ? items[i] : (uint32) map[items[i]];

		flat->items[held] = item;
		held += flat->last_order[item] != flat->norders;
		flat->last_order[item] = flat->norders;
	}
	flat->held = flat->ends[flat->norders - 1] = held;
}

static void
flat_texts(FlatOrders *flat, uint32 nitems)
{
	flat->nitems = nitems;
	flat->texts = allocate(nitems, sizeof(Datum));
	flat->last_order = allocate_zeros(nitems, sizeof(int64));
}

/* The customers of a builder as they came; false if there are rows in it. */
static bool
flatten_builder(NextRequest *request, struct varlena *value)
{
	SequenceStream stream;
	const TextEntry *entries;
	uint32	   *sorted;
	int32	   *numbers;
	uint32		customer = 0;
	bool		whole = true;

	sequence_stream_open(&stream, value);
	entries = builder_entries(stream.builder);
	sorted = allocate(stream.builder->nentries, sizeof(uint32));
	numbers = allocate(stream.builder->nentries, sizeof(int32));
	flat_texts(&request->flat,
			   text_builder_sort_items(stream.builder, sorted, numbers));
	for (uint32 i = 0; i < request->flat.nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		request->flat.texts[i] =
			PointerGetDatum(cstring_to_text_with_len(builder_texts(stream.builder) + entries[sorted[i]].offset,
													 ENTRY_LEN(&entries[sorted[i]])));
	}
	while (whole && sequence_stream_next(&stream))
	{
		const SequenceOrders *orders = &stream.orders;
		int32		start = 0;

		whole = stream.kind == SEQUENCE_WHOLE;
		customer++;
		for (int32 i = 0; whole && i < orders->norders; i++)
		{
			flat_order(request, customer, orders->days[i]);
			flat_items(request, orders->items + start, orders->ends[i] - start,
					   numbers);
			start = orders->ends[i];
		}
	}
	sequence_stream_close(&stream);
	pfree(sorted);
	pfree(numbers);
	return whole;
}

static void
flatten_set(NextRequest *request, const SequenceSet *set)
{
	SequenceReader reader;
	uint32		customer = 0;

	flat_texts(&request->flat, set->nitems);
	for (uint32 i = 0; i < set->nitems; i++)
	{
		int			len;
		const char *text = sequence_set_text(set, i, &len);

		CHECK_FOR_INTERRUPTS();
		request->flat.texts[i] = PointerGetDatum(cstring_to_text_with_len(text, len));
	}
	sequence_reader_open(&reader, set);
	while (sequence_reader_customer(&reader))
	{
		customer++;
		while (sequence_reader_order(&reader))
		{
			flat_order(request, customer, reader.day);
			flat_items(request, (const uint32 *) reader.items, reader.size, NULL);
		}
	}
	sequence_reader_close(&reader);
}

static void
flatten(NextRequest *request, Datum value)
{
	struct varlena *stored = PG_DETOAST_DATUM(value);

	if (sequence_is_building(stored))
	{
		if (flatten_builder(request, stored))
			return;
		memset(&request->flat, 0, sizeof(FlatOrders));
	}
	flatten_set(request, sequence_set_get(PointerGetDatum(stored)));
}

/* The day of the last order. */
static int64
last_order_day(const FlatOrders *flat)
{
	int64		last = SEQUENCE_MIN_DAY;

	for (int64 i = 0; i < flat->norders; i++)
		last = Max(last, flat->days[i]);
	return last;
}

/* The arguments; support is that of min_count, or 0.  False: no sequences. */
static bool
read_arguments(FunctionCallInfo fcinfo, NextRequest *request, double *support)
{
	DateADT		as_of;

	request->within = (int32) number_argument(fcinfo, 1, "within_days", false,
											  1, MAX_WITHIN_DAYS,
											  "It is the number of days in which the next order must come, such as 90.");
	*support = 0;
	if (PG_ARGISNULL(4))
		*support = share_argument(fcinfo, 3, "min_support", true,
								  "It is a share of the orders, such as 0.001; min_count takes a number of orders.");
	else
		request->min_count = number_argument(fcinfo, 4, "min_count", true, 1,
											 PG_INT64_MAX,
											 "It is a number of orders.");
	request->min_together = number_argument(fcinfo, 5, "min_together", true, 1,
											PG_INT64_MAX,
											"It is a number of orders with the product of which the next has the other one.");
	request->confidence = share_argument(fcinfo, 6, "confidence", false,
										 "It is the share of intervals that hold the true share, such as 0.95.");
	request->memory_mb = (int32) number_argument(fcinfo, 7, "max_memory_mb",
												 false, 1, MAX_MEMORY_MB,
												 "It is what the count may take, in MB.");
	request->room = (Size) request->memory_mb * 1024 * 1024;
	as_of = PG_ARGISNULL(2) ? 0 : PG_GETARG_DATEADT(2);
	if (DATE_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as_of must not be infinite"),
				 errdetail("It is the last day that the orders cover."),
				 errhint("Leave it out, or NULL, for the day of the last order.")));
	if (PG_ARGISNULL(0))
		return false;
	flatten(request, PG_GETARG_DATUM(0));
	request->last_day = PG_ARGISNULL(2) ? last_order_day(&request->flat) : as_of;
	return true;
}

/*--- Pairs of orders, one after the other ---*/

/* An order that counts, and the one after it if that came in time. */
typedef struct OrderPair
{
	const FlatOrders *flat;
	int64		order;			/* the place of the next one */
	uint32		customer;
	const uint32 *first;
	int32		first_size;
	bool		followed;
	const uint32 *second;
	int32		second_size;
	int32		days;
} OrderPair;

static inline const uint32 *
items_of(const FlatOrders *flat, int64 order, int32 *size)
{
	int64		start = order > 0 ? flat->ends[order - 1] : 0;

	*size = (int32) (flat->ends[order] - start);
	return flat->items + start;
}

static bool
pair_next(OrderPair *pair, const NextRequest *request)
{
	const FlatOrders *flat = &request->flat;

	CHECK_FOR_INTERRUPTS();
	while (pair->order < flat->norders)
	{
		int64		order = pair->order++;
		int64		days;

		if (flat->days[order] + (int64) request->within > request->last_day)
			continue;
		pair->customer = flat->customers[order];
		pair->first = items_of(flat, order, &pair->first_size);
		pair->followed = false;
		if (pair->order < flat->norders &&
			flat->customers[pair->order] == pair->customer)
		{
			days = (int64) flat->days[pair->order] - flat->days[order];
			pair->followed = days <= request->within;
			pair->days = (int32) Min(days, PG_INT32_MAX);
			pair->second = items_of(flat, pair->order, &pair->second_size);
		}
		return true;
	}
	return false;
}

static void
count_items(NextRequest *request)
{
	ItemCounts *items = allocate_zeros(request->flat.nitems,
									   sizeof(ItemCounts));
	OrderPair	pair = {0};

	request->items = items;
	while (pair_next(&pair, request))
	{
		request->orders++;
		request->events += pair.followed;
		for (int32 i = 0; i < pair.first_size; i++)
		{
			ItemCounts *item = &items[pair.first[i]];

			item->orders++;
			item->followed += pair.followed;
			item->customers += item->last_customer != pair.customer;
			item->last_customer = pair.customer;
		}
		for (int32 i = 0; pair.followed && i < pair.second_size; i++)
			items[pair.second[i]].next_orders++;
	}
}

/*--- Events ---*/

/* Days of each next product are counted side by side while that is small. */
static Size
histogram_bytes(const NextRequest *request)
{
	Size		bytes = sizeof(uint32) * (Size) request->flat.nitems *
		((Size) request->within + 1);

	return bytes <= MAX_HISTOGRAM ? bytes : 0;
}

/* What the count takes with such bounds; sizes of the events, if asked. */
static Size
needed_memory(const NextRequest *request, int64 min_count, int64 min_together,
			  NextEvents *events)
{
	const Size	nitems = request->flat.nitems;
	int64		most = 0;
	int64		holders = 0;
	int64		next_items = 0;

	for (uint32 i = 0; i < request->flat.nitems; i++)
	{
		const ItemCounts *item = &request->items[i];

		CHECK_FOR_INTERRUPTS();
		if (item->next_orders >= min_together)
			next_items += item->next_orders;
		if (item->orders >= min_count)
		{
			holders += item->followed;
			most = Max(most, item->followed);
		}
		if (events != NULL)
			events->ends[i] = holders;
	}
	next_items += request->events * (int64) EVENT_WORDS;
	if (next_items > PG_UINT32_MAX)
		return SIZE_MAX;
	if (events != NULL)
	{
		events->words = allocate(next_items, sizeof(int32));
		events->holders = allocate(holders, sizeof(int32));
	}
	return request->flat.bytes +
		((Size) next_items + holders + most) * sizeof(int32) +
		histogram_bytes(request) + nitems * (sizeof(ItemCounts) + sizeof(NextCounts) + sizeof(NextPair) +
				  sizeof(int64) + sizeof(Datum)) +
		(Size) request->within * sizeof(int64);
}

static void
check_memory(const NextRequest *request)
{
	int64		count = request->min_count;
	int64		together = request->min_together;

	if (needed_memory(request, count, together, NULL) <= request->room)
		return;
	while (count < request->orders || together < request->orders)
	{
		count = Min(count, request->orders / 2 + 1) * 2;
		together = Min(together, request->orders / 2 + 1) * 2;
		if (needed_memory(request, count, together, NULL) <= request->room)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("the count takes more than %d MB",
							request->memory_mb),
					 errdetail("It counts products in at least " INT64_FORMAT " of " INT64_FORMAT " orders, each with those of the order after it.",
							   request->min_count, request->orders),
					 errhint("A min_count of " INT64_FORMAT " with a min_together of " INT64_FORMAT " fits; or give it more memory by max_memory_mb.",
							 count, together)));
	}
	no_memory(request);
}

/* All events, with what can be in an answer. */
static void
load_events(const NextRequest *request, NextEvents *events)
{
	int64	   *places = allocate(request->flat.nitems, sizeof(int64));
	OrderPair	pair = {0};
	NextEvent  *event;
	int64		used = 0;

	events->ends = allocate(request->flat.nitems, sizeof(int64));
	needed_memory(request, request->min_count, request->min_together, events);
	for (uint32 i = 0; i < request->flat.nitems; i++)
		places[i] = i > 0 ? events->ends[i - 1] : 0;
	while (pair_next(&pair, request))
	{
		if (!pair.followed)
			continue;
		event = (NextEvent *) (events->words + used);
		event->customer = pair.customer;
		event->days = pair.days;
		event->size = 0;
		for (int32 i = 0; i < pair.second_size; i++)
		{
			uint32		item = pair.second[i];

			if (request->items[item].next_orders >= request->min_together)
				event->items[event->size++] = (int32) item;
		}
		for (int32 i = 0; i < pair.first_size; i++)
			if (request->items[pair.first[i]].orders >= request->min_count)
				events->holders[places[pair.first[i]]++] = (uint32) used;
		used += EVENT_WORDS + event->size;
	}
	pfree(places);
}

/*--- A product and all after it ---*/

typedef struct NextCounter
{
	const NextRequest *request;
	const NextEvents *events;
	NextCounts *counts;			/* of each next product */
	NextPair   *pairs;
	int32		npairs;
	uint32	   *histogram;		/* days of each next product, or NULL */
	uint32	   *by_days;		/* events of the product */
	int64	   *day_places;
} NextCounter;

/* The event number i of a list; one further on is asked from memory. */
static inline const NextEvent *
event_at(const NextCounter *counter, const uint32 *holders, int64 i, int64 n)
{
	const int32 *words = counter->events->words;

	if (i + EVENTS_AHEAD < n)
		__builtin_prefetch(words + holders[i + EVENTS_AHEAD]);
	return (const NextEvent *) (words + holders[i]);
}

/* Counts of all that came after a product; by customer. */
static void
count_next(NextCounter *counter, const uint32 *holders, int64 n)
{
	counter->npairs = 0;
	for (int64 i = 0; i < n; i++)
	{
		const NextEvent *event = event_at(counter, holders, i, n);

		CHECK_FOR_INTERRUPTS();
		for (int32 j = 0; j < event->size; j++)
		{
			NextCounts *counts = &counter->counts[event->items[j]];

			if (counts->count++ == 0)
				counter->pairs[counter->npairs++].item = event->items[j];
			counts->customers += counts->last_customer != event->customer;
			counts->last_customer = event->customer;
			if (counter->histogram != NULL)
				counter->histogram[(Size) event->items[j] * ((Size) counter->request->within + 1) + event->days]++;
		}
	}
}

/* The two days in the middle of what was counted, which is forgotten. */
static void
read_histogram(NextCounter *counter, int32 item)
{
	const int32 within = counter->request->within;
	uint32	   *of_day = counter->histogram + (Size) item * ((Size) within + 1);
	NextCounts *counts = &counter->counts[item];
	int64		seen = 0;

	for (int32 day = 0; day <= within && seen < counts->count; day++)
	{
		if (seen < (counts->count + 1) / 2)
			counts->day_low = day;
		if (seen < counts->count / 2 + 1)
			counts->day_high = day;
		seen += of_day[day];
		of_day[day] = 0;
	}
}

/* Sorts the events of a product by days. */
static void
sort_by_days(NextCounter *counter, const uint32 *holders, int64 n)
{
	const int32 within = counter->request->within;
	int64	   *places = counter->day_places;
	int64		total = 0;

	memset(places, 0, sizeof(int64) * ((Size) within + 1));
	for (int64 i = 0; i < n; i++)
		places[event_at(counter, holders, i, n)->days]++;
	for (int32 day = 0; day <= within; day++)
	{
		int64		of_day = places[day];

		places[day] = total;
		total += of_day;
	}
	for (int64 i = 0; i < n; i++)
		counter->by_days[places[event_at(counter, holders, i, n)->days]++] = holders[i];
}

/* The days in the middle: those of the events that come there by days. */
static void
find_medians(NextCounter *counter, const uint32 *holders, int64 n)
{
	sort_by_days(counter, holders, n);
	for (int64 i = 0; i < n; i++)
	{
		const NextEvent *event = event_at(counter, counter->by_days, i, n);

		CHECK_FOR_INTERRUPTS();
		for (int32 j = 0; j < event->size; j++)
		{
			NextCounts *counts = &counter->counts[event->items[j]];

			counts->seen++;
			if (counts->seen == (counts->count + 1) / 2)
				counts->day_low = event->days;
			if (counts->seen == counts->count / 2 + 1)
				counts->day_high = event->days;
		}
	}
}

static void
put_pair(ReturnSetInfo *rsinfo, const NextRequest *request,
		 const Datum *texts, int32 product, int32 next,
		 const NextCounts *counts)
{
	const ItemCounts *item = &request->items[product];
	const int64 next_orders = request->items[next].next_orders;
	const double share = (double) counts->count / (double) item->followed;
	double		low;
	double		high;
	Datum		values[16];
	bool		nulls[16] = {0};

	wilson_bounds(counts->count, item->followed, request->confidence, &low,
				  &high);
	values[0] = texts[product];
	values[1] = texts[next];
	values[2] = BoolGetDatum(product == next);
	values[3] = Int64GetDatum(counts->count);
	values[4] = Int64GetDatum(counts->customers);
	values[5] = Int64GetDatum(item->orders);
	values[6] = Int64GetDatum(item->followed);
	values[7] = Int64GetDatum(item->customers);
	values[8] = Int64GetDatum(next_orders);
	values[9] = Int64GetDatum(request->events);
	values[10] = Float8GetDatum(share);
	values[11] = Float8GetDatum(low);
	values[12] = Float8GetDatum(high);
	values[13] = Float8GetDatum((double) counts->count /
								(double) item->orders);
	values[14] = Float8GetDatum(share * (double) request->events /
								(double) next_orders);
	values[15] = Float8GetDatum(((double) counts->day_low +
								 (double) counts->day_high) / 2);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
report(ReturnSetInfo *rsinfo, const NextRequest *request,
	   const NextEvents *events)
{
	const uint32 nitems = request->flat.nitems;
	const Datum *texts = request->flat.texts;
	NextCounter counter = {0};
	int64		most = 0;

	for (uint32 i = 0; i < nitems; i++)
		most = Max(most, request->items[i].followed);
	counter.request = request;
	counter.events = events;
	counter.counts = allocate_zeros(nitems, sizeof(NextCounts));
	counter.pairs = allocate(nitems, sizeof(NextPair));
	if (histogram_bytes(request) > 0)
		counter.histogram = allocate_zeros(histogram_bytes(request), 1);
	counter.by_days = allocate(most, sizeof(uint32));
	counter.day_places = allocate((Size) request->within + 1, sizeof(int64));
	for (uint32 product = 0; product < nitems; product++)
	{
		const int64 start = product > 0 ? events->ends[product - 1] : 0;
		const int64 n = events->ends[product] - start;
		int32		kept = 0;

		CHECK_FOR_INTERRUPTS();
		if (n == 0)
			continue;
		count_next(&counter, events->holders + start, n);
		if (counter.histogram == NULL)
			find_medians(&counter, events->holders + start, n);
		for (int32 i = 0; i < counter.npairs; i++)
		{
			const int32 item = counter.pairs[i].item;
			const int64 count = counter.counts[item].count;

			if (counter.histogram != NULL)
				read_histogram(&counter, item);
			if (count < request->min_together)
			{
				memset(&counter.counts[item], 0, sizeof(NextCounts));
				continue;
			}
			counter.pairs[kept].item = item;
			counter.pairs[kept++].count = count;
		}
		sort_pairs(counter.pairs, kept);
		for (int32 i = 0; i < kept; i++)
		{
			const int32 item = counter.pairs[i].item;

			CHECK_FOR_INTERRUPTS();
			put_pair(rsinfo, request, texts, (int32) product, item,
					 &counter.counts[item]);
			memset(&counter.counts[item], 0, sizeof(NextCounts));
		}
	}
}

Datum
pt_next_products(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	NextRequest request = {0};
	NextEvents	events = {0};
	double		support;

	InitMaterializedSRF(fcinfo, 0);
	if (!read_arguments(fcinfo, &request, &support))
		PG_RETURN_NULL();
	count_items(&request);
	if (request.events == 0)
		PG_RETURN_NULL();
	if (support > 0)
		request.min_count = mine_min_count(support, request.orders);
	check_memory(&request);
	load_events(&request, &events);
	report(rsinfo, &request, &events);
	PG_RETURN_NULL();
}
