/*-------------------------------------------------------------------------
 *
 * basket_report.c
 *		What a basket_set tells: itemsets, rules, pairs.
 *
 * docs/basket.md has the definitions.  What a search takes is bounded by an
 * argument.  If that is not enough, the same search is done with twice the
 * count, until it fits, so that the error can name a support that does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "basket.h"
#include "basket_mine.h"
#include "stats_math.h"

PG_FUNCTION_INFO_V1(pt_basket_rows);
PG_FUNCTION_INFO_V1(pt_frequent_itemsets);
PG_FUNCTION_INFO_V1(pt_association_rules);
PG_FUNCTION_INFO_V1(pt_association_rules_that_fit);
PG_FUNCTION_INFO_V1(pt_product_pairs);

#define MAX_MEMORY_MB	(1024 * 1024)

/* What a call asks. */
typedef struct BasketRequest
{
	const BasketSet *set;
	int64	   *item_counts;	/* baskets with each item */
	int64		min_count;
	int			max_items;		/* 0: pairs are asked */
	bool		want_rules;
	double		min_confidence;
	int32		memory_mb;
	bool		fitting;		/* more than min_count where less does not fit */
} BasketRequest;

typedef struct RankedItem
{
	int64		count;
	int32		number;
} RankedItem;

static inline int
compare_ranked(const RankedItem *a, const RankedItem *b)
{
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

#define ST_SORT sort_ranked
#define ST_ELEMENT_TYPE RankedItem
#define ST_COMPARE(a, b) compare_ranked(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/* A companion of an item. */
typedef struct BasketPair
{
	double		lift;
	int64		count;
	int32		rank;
	int32		number;
} BasketPair;

static inline int
compare_pairs(const BasketPair *a, const BasketPair *b)
{
	if (a->lift != b->lift)
		return a->lift > b->lift ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

#define ST_SORT sort_pairs
#define ST_ELEMENT_TYPE BasketPair
#define ST_COMPARE(a, b) compare_pairs(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

typedef struct ItemsetOrder
{
	const MineRows *rows;
	const MineResult *result;
} ItemsetOrder;

/* The numbers of the items of a node, ascending. */
static int
itemset_numbers(const MineRows *rows, const MineResult *result, int32 node,
				uint32 side, int32 *numbers)
{
	int32		path[MINE_MAX_ITEMS];
	int			n = mine_path(result, node, path);
	int			count = 0;

	for (int i = 0; i < n; i++)
		if ((side & (1U << i)) != 0)
			numbers[count++] = rows->numbers[path[i]];
	mine_sort_numbers(numbers, count);
	return count;
}

static int
compare_itemsets(int32 a, int32 b, const ItemsetOrder *order)
{
	int64		count_a = order->result->nodes[a].count;
	int64		count_b = order->result->nodes[b].count;
	int32		left[MINE_MAX_ITEMS];
	int32		right[MINE_MAX_ITEMS];
	int			n;
	int			m;

	if (count_a != count_b)
		return count_a > count_b ? -1 : 1;
	n = itemset_numbers(order->rows, order->result, a, ~0U, left);
	m = itemset_numbers(order->rows, order->result, b, ~0U, right);
	if (n != m)
		return n < m ? -1 : 1;
	for (int i = 0; i < n; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}

#define ST_SORT sort_itemsets
#define ST_ELEMENT_TYPE int32
#define ST_COMPARE(a, b, arg) compare_itemsets(*(a), *(b), arg)
#define ST_COMPARE_ARG_TYPE const ItemsetOrder
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static void *
allocate(Size n, Size element)
{
	/* as many as there are items or baskets in a value, at most */
	return MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * element);
}

/*--- Arguments ---*/

static void
null_argument(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("%s must not be NULL", name),
			 errdetail("Only baskets and min_count can be NULL."),
			 errhint("Leave the argument out to have its default.")));
}

static double
share_argument(FunctionCallInfo fcinfo, int arg, const char *name,
			   bool zero, const char *hint)
{
	double		share;

	if (PG_ARGISNULL(arg))
		null_argument(name);
	share = PG_GETARG_FLOAT8(arg);
	if (!(share > 0 || (zero && share == 0)) || share > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be %s, and at most 1", name,
						zero ? "at least 0" : "above 0"),
				 errdetail("It is %.15g.", share),
				 errhint("%s", hint)));
	return share;
}

static int32
integer_argument(FunctionCallInfo fcinfo, int arg, const char *name,
				 int32 low, int32 high, const char *hint)
{
	int32		value;

	if (PG_ARGISNULL(arg))
		null_argument(name);
	value = PG_GETARG_INT32(arg);
	if (value < low || value > high)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be between %d and %d", name, low, high),
				 errdetail("It is %d.", value),
				 errhint("%s", hint)));
	return value;
}

static int64
count_argument(FunctionCallInfo fcinfo, int arg, const char *name, int64 low)
{
	int64		count = PG_GETARG_INT64(arg);

	if (count < low)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least " INT64_FORMAT, name, low),
				 errdetail("It is " INT64_FORMAT ".", count),
				 errhint("It is a number of baskets.")));
	return count;
}

/* In how many baskets each item is. */
static void
count_items(BasketRequest *request)
{
	const BasketSet *set = request->set;
	BasketReader reader;

	request->item_counts = allocate(set->nitems, sizeof(int64));
	memset(request->item_counts, 0, sizeof(int64) * set->nitems);
	basket_reader_open(&reader, set);
	while (basket_reader_next(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		for (int32 i = 0; i < reader.size; i++)
			request->item_counts[reader.items[i]] += reader.count;
	}
	basket_reader_close(&reader);
}

/*
 * The support of a call: a share, or a count that takes its place.  Returns
 * false where there are no baskets.
 */
static bool
support_arguments(FunctionCallInfo fcinfo, int support_arg, int count_arg,
				  BasketRequest *request)
{
	double		support = 0;
	int64		count = 0;

	if (PG_ARGISNULL(count_arg))
		support = share_argument(fcinfo, support_arg, "min_support", false,
								 "It is a share of the baskets, such as 0.01; min_count takes a number of baskets.");
	else
		count = count_argument(fcinfo, count_arg, "min_count", 1);
	if (PG_ARGISNULL(0))
		return false;
	request->set = basket_set_get(PG_GETARG_DATUM(0));
	if (request->set->nbaskets == 0)
		return false;
	request->min_count = count > 0 ? count :
		mine_min_count(support, request->set->nbaskets);
	return true;
}

static int32
memory_argument(FunctionCallInfo fcinfo, int arg)
{
	return integer_argument(fcinfo, arg, "max_memory_mb", 1, MAX_MEMORY_MB,
							"It is what the search may take, in MB.");
}

static Size
request_room(const BasketRequest *request)
{
	return (Size) request->memory_mb * 1024 * 1024;
}

/*--- The baskets of a search ---*/

/* How many rows there are with a frequent item, and of how many items. */
static void
count_rows(const BasketRequest *request, int64 min_count, MineRows *rows)
{
	BasketReader reader;

	basket_reader_open(&reader, request->set);
	while (basket_reader_next(&reader))
	{
		int64		before = rows->nranks;

		CHECK_FOR_INTERRUPTS();
		for (int32 i = 0; i < reader.size; i++)
			rows->nranks += request->item_counts[reader.items[i]] >= min_count;
		rows->nrows += rows->nranks > before;
	}
	basket_reader_close(&reader);
}

/* Sorts the items by how frequent they are; returns the rank of each, or -1. */
static int32 *
rank_items(const BasketRequest *request, int64 min_count, MineRows *rows)
{
	const uint32 nitems = request->set->nitems;
	RankedItem *ranked = allocate(nitems, sizeof(RankedItem));
	int32	   *ranks = allocate(nitems, sizeof(int32));

	for (uint32 i = 0; i < nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		ranks[i] = -1;
		if (request->item_counts[i] < min_count)
			continue;
		ranked[rows->nitems].count = request->item_counts[i];
		ranked[rows->nitems++].number = (int32) i;
	}
	sort_ranked(ranked, rows->nitems);
	rows->item_counts = allocate(rows->nitems, sizeof(int64));
	rows->numbers = allocate(rows->nitems, sizeof(int32));
	for (int32 i = 0; i < rows->nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		rows->item_counts[i] = ranked[i].count;
		rows->numbers[i] = ranked[i].number;
		ranks[ranked[i].number] = i;
	}
	pfree(ranked);
	return ranks;
}

/*
 * The baskets with their frequent items only.  Returns false if they take
 * more than the room, from which what they take is taken away.
 */
static bool
load_rows(const BasketRequest *request, int64 min_count, Size *room,
		  MineRows *rows)
{
	int32	   *ranks;
	int32	   *p;
	Size		size;
	BasketReader reader;

	memset(rows, 0, sizeof(MineRows));
	count_rows(request, min_count, rows);
	size = mine_rows_size(request->set->nitems, rows->nrows, rows->nranks);
	if (size > *room)
		return false;
	*room -= size;
	ranks = rank_items(request, min_count, rows);
	rows->nbaskets = request->set->nbaskets;
	p = rows->words = allocate((Size) rows->nrows * MINE_ROW_WORDS +
							   rows->nranks, sizeof(int32));
	basket_reader_open(&reader, request->set);
	while (basket_reader_next(&reader))
	{
		int32	   *row = p + MINE_COUNT_WORDS;
		int32		n = 0;

		CHECK_FOR_INTERRUPTS();
		for (int32 i = 0; i < reader.size; i++)
			if (ranks[reader.items[i]] >= 0)
				row[n++] = ranks[reader.items[i]];
		if (n == 0)
			continue;
		mine_sort_numbers(row, n);
		memcpy(p, &reader.count, sizeof(int64));
		row[n] = MINE_END;
		p = row + n + 1;
	}
	basket_reader_close(&reader);
	pfree(ranks);
	return true;
}

static void
free_rows(MineRows *rows)
{
	pfree(rows->item_counts);
	pfree(rows->numbers);
	pfree(rows->words);
}

/*
 * The whole search with one count; without a result, what pairs are counted
 * in.  Returns false if there is no room.
 */
static bool
search_once(const BasketRequest *request, int64 min_count, MineRows *rows,
			MineResult *result)
{
	Size		room = request_room(request);

	if (!load_rows(request, min_count, &room, rows))
		return false;
	if (result == NULL)
		return true;
	/* itemsets are sorted by their numbers, of four bytes */
	if (mine_itemsets(rows, min_count, request->max_items,
					  room / 7 * 6, result))
	{
		room -= (Size) result->nnodes * sizeof(MineNode);
		if (!request->want_rules ||
			mine_rules(rows, request->min_confidence, room, result))
			return true;
	}
	free_rows(rows);
	return false;
}

/* A support that is at least so many baskets, in a few digits. */
static double
support_of_count(int64 count, int64 nbaskets)
{
	double		support = (double) count / (double) nbaskets;
	double		scale = pow(10, 3 - ceil(log10(support)));

	return fmin(ceil(support * scale) / scale, 1);
}

static int
search_detail(const BasketRequest *request)
{
	if (request->max_items == 0)
		return errdetail("It looks for pairs of items that are in at least " INT64_FORMAT " of " INT64_FORMAT " baskets each.",
						 request->min_count, request->set->nbaskets);
	return errdetail("It looks for sets of up to %d items that are in at least " INT64_FORMAT " of " INT64_FORMAT " baskets.",
					 request->max_items, request->min_count,
					 request->set->nbaskets);
}

static void
search(const BasketRequest *request, MineRows *rows, MineResult *result)
{
	const int64 nbaskets = request->set->nbaskets;
	int64		count = request->min_count;

	if (search_once(request, count, rows, result))
		return;
	while (count < nbaskets)
	{
		count = count > nbaskets / 2 ? nbaskets : count * 2;
		if (!search_once(request, count, rows, result))
			continue;
		if (request->fitting)
			return;
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the search takes more than %d MB",
						request->memory_mb),
				 search_detail(request),
				 errhint("A min_support of %g, or a min_count of " INT64_FORMAT ", fits; or give it more memory by max_memory_mb.",
						 support_of_count(count, nbaskets), count)));
	}
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("the search takes more than %d MB", request->memory_mb),
			 errdetail("It would take more at any support."),
			 errhint("Give it more memory by max_memory_mb.")));
}

/*--- Rows of answers ---*/

/* The texts of the frequent items, made once. */
static Datum *
item_texts(const BasketSet *set, const MineRows *rows)
{
	Datum	   *texts = allocate(rows->nitems, sizeof(Datum));

	for (int32 rank = 0; rank < rows->nitems; rank++)
	{
		int			len;
		const char *text = basket_set_text(set, rows->numbers[rank], &len);

		CHECK_FOR_INTERRUPTS();
		texts[rank] = PointerGetDatum(cstring_to_text_with_len(text, len));
	}
	return texts;
}

/* Some of the items of a node, in the order of their bytes. */
static Datum
items_array(const MineRows *rows, const MineResult *result, int32 node,
			uint32 side, const Datum *texts)
{
	int32		path[MINE_MAX_ITEMS];
	int32		ranks[MINE_MAX_ITEMS];
	Datum		items[MINE_MAX_ITEMS];
	int			n = mine_path(result, node, path);
	int			count = 0;

	for (int i = 0; i < n; i++)
	{
		int			j = count;

		if ((side & (1U << i)) == 0)
			continue;
		for (; j > 0 && rows->numbers[ranks[j - 1]] > rows->numbers[path[i]]; j--)
			ranks[j] = ranks[j - 1];
		ranks[j] = path[i];
		count++;
	}
	for (int i = 0; i < count; i++)
		items[i] = texts[ranks[i]];
	return PointerGetDatum(construct_array(items, count, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

static inline void
put_number(Datum *values, bool *nulls, int column, double number)
{
	nulls[column] = isnan(number);
	values[column] = Float8GetDatum(number);
}

/*--- The functions ---*/

/* The baskets themselves. */
Datum
pt_basket_rows(PG_FUNCTION_ARGS)
{
	const BasketSet *set = basket_set_get(PG_GETARG_DATUM(0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum	   *texts = allocate(set->nitems, sizeof(Datum));
	Datum	   *items = allocate(set->nitems, sizeof(Datum));
	BasketReader reader;

	InitMaterializedSRF(fcinfo, 0);
	for (uint32 i = 0; i < set->nitems; i++)
	{
		int			len;
		const char *text = basket_set_text(set, i, &len);

		CHECK_FOR_INTERRUPTS();
		texts[i] = PointerGetDatum(cstring_to_text_with_len(text, len));
	}
	basket_reader_open(&reader, set);
	while (basket_reader_next(&reader))
	{
		Datum		values[2];
		bool		nulls[2] = {0};

		CHECK_FOR_INTERRUPTS();
		for (int32 i = 0; i < reader.size; i++)
			items[i] = texts[reader.items[i]];
		values[0] = PointerGetDatum(construct_array(items, reader.size,
													TEXTOID, -1, false,
													TYPALIGN_INT));
		values[1] = Int64GetDatum(reader.count);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		pfree(DatumGetPointer(values[0]));
	}
	basket_reader_close(&reader);
	PG_RETURN_NULL();
}

Datum
pt_frequent_itemsets(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	BasketRequest request = {0};
	MineRows	rows;
	MineResult	result;
	ItemsetOrder order = {&rows, &result};
	Datum	   *texts;
	int32	   *nodes;

	InitMaterializedSRF(fcinfo, 0);
	request.max_items = integer_argument(fcinfo, 2, "max_items", 1,
										 MINE_MAX_ITEMS,
										 "It is the number of items of the largest sets.");
	request.memory_mb = memory_argument(fcinfo, 4);
	if (!support_arguments(fcinfo, 1, 3, &request))
		PG_RETURN_NULL();
	count_items(&request);
	search(&request, &rows, &result);
	texts = item_texts(request.set, &rows);
	nodes = allocate(result.nnodes, sizeof(int32));
	for (int32 i = 1; i < result.nnodes; i++)
		nodes[i - 1] = i;
	sort_itemsets(nodes, result.nnodes - 1, &order);
	for (int32 i = 0; i < result.nnodes - 1; i++)
	{
		int64		count = result.nodes[nodes[i]].count;
		Datum		values[4];
		bool		nulls[4] = {0};

		CHECK_FOR_INTERRUPTS();
		values[0] = items_array(&rows, &result, nodes[i], ~0U, texts);
		values[1] = Int64GetDatum(count);
		values[2] = Int64GetDatum(rows.nbaskets);
		values[3] = Float8GetDatum((double) count / (double) rows.nbaskets);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		pfree(DatumGetPointer(values[0]));
	}
	PG_RETURN_NULL();
}

static Datum
association_rules(FunctionCallInfo fcinfo, bool fitting)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	BasketRequest request = {0};
	MineRows	rows;
	MineResult	result;
	Datum	   *texts;

	InitMaterializedSRF(fcinfo, 0);
	request.want_rules = true;
	request.fitting = fitting;
	request.min_confidence = share_argument(fcinfo, 2, "min_confidence", true,
											"It is a share of the baskets with the antecedent, such as 0.5.");
	request.max_items = integer_argument(fcinfo, 3, "max_items", 2,
										 MINE_MAX_ITEMS,
										 "It is the number of items of the largest rules, both sides together.");
	request.memory_mb = memory_argument(fcinfo, 5);
	if (!support_arguments(fcinfo, 1, 4, &request))
		PG_RETURN_NULL();
	count_items(&request);
	search(&request, &rows, &result);
	texts = item_texts(request.set, &rows);
	for (int64 i = 0; i < result.nrules; i++)
	{
		const MineRule *rule = &result.rules[i];
		RuleCounts	counts = {
			result.nodes[rule->node].count, rule->antecedent_count,
			rule->consequent_count, rows.nbaskets
		};
		RuleMeasures measures;
		Datum		values[19];
		bool		nulls[19] = {0};

		CHECK_FOR_INTERRUPTS();
		rule_measures(&counts, &measures);
		values[0] = items_array(&rows, &result, rule->node, rule->antecedent,
								texts);
		values[1] = items_array(&rows, &result, rule->node, ~rule->antecedent,
								texts);
		values[2] = Int64GetDatum(counts.both);
		values[3] = Int64GetDatum(counts.antecedent);
		values[4] = Int64GetDatum(counts.consequent);
		values[5] = Int64GetDatum(counts.baskets);
		put_number(values, nulls, 6, measures.support);
		put_number(values, nulls, 7, measures.confidence);
		put_number(values, nulls, 8, measures.lift);
		put_number(values, nulls, 9, measures.leverage);
		put_number(values, nulls, 10, measures.conviction);
		put_number(values, nulls, 11, measures.jaccard);
		put_number(values, nulls, 12, measures.cosine);
		put_number(values, nulls, 13, measures.kulczynski);
		put_number(values, nulls, 14, measures.zhang);
		put_number(values, nulls, 15, measures.certainty);
		put_number(values, nulls, 16, measures.chi_square);
		put_number(values, nulls, 17, measures.p_value);
		put_number(values, nulls, 18, mine_q_value(&result, measures.p_value));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		pfree(DatumGetPointer(values[0]));
		pfree(DatumGetPointer(values[1]));
	}
	PG_RETURN_NULL();
}

Datum
pt_association_rules(PG_FUNCTION_ARGS)
{
	return association_rules(fcinfo, false);
}

/* For a view, which nobody can give another support. */
Datum
pt_association_rules_that_fit(PG_FUNCTION_ARGS)
{
	return association_rules(fcinfo, true);
}

Datum
pt_product_pairs(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	BasketRequest request = {0};
	MineRows	rows;
	int64		min_together;
	double		confidence;
	double		z;
	Datum	   *texts;
	uint32	   *holders;
	int64	   *ends;
	int64	   *together;
	int32	   *by_number;
	BasketPair *pairs;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(3))
		null_argument("min_together");
	min_together = count_argument(fcinfo, 3, "min_together", 0);
	confidence = share_argument(fcinfo, 4, "confidence", false,
								"It is the share of intervals that hold the true lift, such as 0.95.");
	if (confidence == 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("confidence must be below 1"),
				 errdetail("An interval that is always right has no ends."),
				 errhint("It is the share of intervals that hold the true lift, such as 0.95.")));
	request.memory_mb = memory_argument(fcinfo, 5);
	if (!support_arguments(fcinfo, 1, 2, &request))
		PG_RETURN_NULL();
	count_items(&request);
	search(&request, &rows, NULL);
	z = -normal_quantile((1 - confidence) / 2);
	texts = item_texts(request.set, &rows);
	ends = allocate(rows.nitems, sizeof(int64));
	holders = mine_holders(&rows, ends);
	together = allocate(rows.nitems, sizeof(int64));
	pairs = allocate(rows.nitems, sizeof(BasketPair));
	by_number = allocate(request.set->nitems, sizeof(int32));
	memset(by_number, -1, sizeof(int32) * request.set->nitems);
	for (int32 rank = 0; rank < rows.nitems; rank++)
		by_number[rows.numbers[rank]] = rank;
	for (uint32 number = 0; number < request.set->nitems; number++)
	{
		int32		rank = by_number[number];
		int32		npairs = 0;
		int64		first;

		CHECK_FOR_INTERRUPTS();
		if (rank < 0)
			continue;
		first = rank > 0 ? ends[rank - 1] : 0;
		mine_count_companions(&rows, rank, holders + first, ends[rank] - first,
							  together);
		for (int32 other = 0; other < rows.nitems; other++)
		{
			BasketPair *pair = &pairs[npairs];

			if (other == rank || together[other] < min_together)
				continue;
			pair->lift = (double) together[other] /
				((double) rows.item_counts[rank] *
				 (double) rows.item_counts[other]);
			pair->count = together[other];
			pair->rank = other;
			pair->number = rows.numbers[other];
			npairs++;
		}
		sort_pairs(pairs, npairs);
		for (int32 i = 0; i < npairs; i++)
		{
			RuleCounts	counts = {
				pairs[i].count, rows.item_counts[rank],
				rows.item_counts[pairs[i].rank], rows.nbaskets
			};
			RuleMeasures measures;
			double		margin = exp(z * pair_lift_log_error(&counts));
			Datum		values[14];
			bool		nulls[14] = {0};

			CHECK_FOR_INTERRUPTS();
			rule_measures(&counts, &measures);
			values[0] = texts[rank];
			values[1] = texts[pairs[i].rank];
			values[2] = Int64GetDatum(counts.both);
			values[3] = Int64GetDatum(counts.antecedent);
			values[4] = Int64GetDatum(counts.consequent);
			values[5] = Int64GetDatum(counts.baskets);
			put_number(values, nulls, 6, measures.support);
			put_number(values, nulls, 7, measures.confidence);
			put_number(values, nulls, 8, measures.lift);
			put_number(values, nulls, 9, measures.lift / margin);
			put_number(values, nulls, 10, measures.lift * margin);
			put_number(values, nulls, 11, pair_yules_q(&counts));
			put_number(values, nulls, 12, measures.chi_square);
			put_number(values, nulls, 13, measures.p_value);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
								 nulls);
		}
	}
	PG_RETURN_NULL();
}
