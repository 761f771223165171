/*-------------------------------------------------------------------------
 *
 * basket_mine.c
 *		Items that are often in one basket, and measures of rules.
 *
 * The search goes depth first.  For an itemset it knows the baskets that hold
 * it, reads those once, and counts every item that could be added; the lists
 * of baskets of all larger itemsets are then filled in a second reading
 * (occurrence deliver of Uno's LCM).  Only items that are more frequent than
 * all in the set are added, so that each set is met once, and the long lists
 * of frequent items have few items left to count.
 *
 * Nothing grows with the square of the number of items, as counters of all
 * pairs do, or with items times baskets, as bitmaps do: beside what it finds,
 * the search takes four bytes for each item of a basket and each level.
 * docs/basket.md has what the three took.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "basket_mine.h"
#include "stats_math.h"

#define ROWS_AHEAD	16

/* What is counted of an item that could be added. */
typedef struct MineCounter
{
	int64		count;			/* baskets */
	int64		next;			/* where the next row goes, or -1 */
	int32		nrows;
} MineCounter;

typedef struct MineSearch
{
	const MineRows *rows;
	int64		min_count;
	int			max_items;
	MineCounter *counters;		/* of each rank; zeros between two itemsets */
	int32	   *touched;
	uint32	   *lists;			/* rows that hold the itemsets on the way */
	int64		lists_used;
	int64		lists_size;
	MineNode   *nodes;
	int64		nnodes;
	int64		nodes_size;
	Size		room;			/* for what grows */
} MineSearch;

#define ST_SORT sort_ranks
#define ST_ELEMENT_TYPE int32
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

#define ST_SORT sort_p_values
#define ST_ELEMENT_TYPE double
#define ST_COMPARE(a, b) ((*(a) > *(b)) - (*(a) < *(b)))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static void *
allocate(Size size)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, Max(size, 1));
}

void
mine_sort_numbers(int32 *numbers, int64 n)
{
	sort_ranks(numbers, n);
}

/*
 * The smallest number of baskets whose share is not below the support.  The
 * share is divided as a query would do it, so that 0.6 of 5 is 3.
 */
int64
mine_min_count(double min_support, int64 nbaskets)
{
	double		product = min_support * (double) nbaskets;
	int64		count = product >= (double) nbaskets ? nbaskets : (int64) product;

	while (count > 1 && (double) (count - 1) / (double) nbaskets >= min_support)
		count--;
	while (count < nbaskets && (double) count / (double) nbaskets < min_support)
		count++;
	return Max(count, 1);
}

/* What rows take, with the lists of the single items. */
Size
mine_rows_size(int64 nitems, int64 nrows, int64 nranks)
{
	return (Size) nitems * (sizeof(int64) + sizeof(int32) +
							sizeof(MineCounter) + sizeof(int32)) +
		(Size) (nrows * MINE_ROW_WORDS + nranks) * sizeof(int32) +
		(Size) nranks * sizeof(uint32);
}

/*--- Itemsets ---*/

static Size
search_size(int64 nodes_size, int64 lists_size)
{
	return (Size) nodes_size * sizeof(MineNode) +
		(Size) lists_size * sizeof(uint32);
}

/* The size that an array grows to, as far as there is room; 0 if it is not. */
static int64
grown(int64 size, int64 needed, Size element, Size room)
{
	int64		larger = Max(needed, size > PG_INT64_MAX / 4 ? size : size * 2);

	larger = Min(larger, (int64) (room / element));
	return larger >= needed ? larger : 0;
}

static bool
reserve_nodes(MineSearch *search, int64 n)
{
	int64		needed = search->nnodes + n;
	int64		size;

	if (needed <= search->nodes_size)
		return true;
	size = needed > PG_INT32_MAX ? 0 :
		grown(search->nodes_size, needed, sizeof(MineNode),
			  search->room - search_size(0, search->lists_size));
	if (size == 0)
		return false;
	search->nodes = search->nodes == NULL
		? allocate((Size) size * sizeof(MineNode))
		: repalloc_huge(search->nodes, (Size) size * sizeof(MineNode));
	search->nodes_size = size;
	return true;
}

static bool
reserve_lists(MineSearch *search, int64 n)
{
	int64		needed = search->lists_used + n;
	int64		size;

	if (needed <= search->lists_size)
		return true;
	size = grown(search->lists_size, needed, sizeof(uint32),
				 search->room - search_size(search->nodes_size, 0));
	if (size == 0)
		return false;
	search->lists = search->lists == NULL
		? allocate((Size) size * sizeof(uint32))
		: repalloc_huge(search->lists, (Size) size * sizeof(uint32));
	search->lists_size = size;
	return true;
}

static void
add_node(MineSearch *search, int32 parent, int32 item, int64 count)
{
	MineNode   *node = &search->nodes[search->nnodes++];

	node->count = count;
	node->item = item;
	node->parent = parent;
	node->first_child = 0;
	node->nchildren = 0;
}

/*
 * Row number i of a list.  Rows lie far from each other, so those that come
 * soon are asked from memory in time.
 */
static inline const int32 *
next_row(const MineSearch *search, int64 list, int32 i, int32 nlist)
{
	const int32 *words = search->rows->words;

	if (i + ROWS_AHEAD < nlist)
		__builtin_prefetch(words + search->lists[list + i + ROWS_AHEAD]);
	return words + search->lists[list + i];
}

/*
 * Finds all itemsets that begin with that of a node, which has depth items
 * and is held by the rows of a list.  Returns false if there is no room.
 */
static bool
expand(MineSearch *search, int32 node, int64 list, int32 nlist, int depth)
{
	MineCounter *counters = search->counters;
	int32	   *touched = search->touched;
	const int32 item = search->nodes[node].item;
	const bool	deeper = depth + 1 < search->max_items;
	const int64 lists_before = search->lists_used;
	int32		ntouched = 0;
	int32		nchildren = 0;
	int64		first;
	int64		total = 0;

	for (int32 i = 0; i < nlist; i++)
	{
		const int32 *row = next_row(search, list, i, nlist);
		int64		count = mine_row_count(row);

		CHECK_FOR_INTERRUPTS();
		for (const int32 *p = row + MINE_COUNT_WORDS; *p < item; p++)
		{
			MineCounter *counter = &counters[*p];

			if (counter->nrows++ == 0)
				touched[ntouched++] = *p;
			counter->count += count;
		}
	}

	/* those that are frequent come first; the others are forgotten */
	for (int32 i = 0; i < ntouched; i++)
	{
		int32		rank = touched[i];

		counters[rank].next = -1;
		if (counters[rank].count >= search->min_count)
		{
			touched[i] = touched[nchildren];
			touched[nchildren++] = rank;
		}
	}
	sort_ranks(touched, nchildren);
	first = search->nnodes;
	if (!reserve_nodes(search, nchildren))
		return false;
	for (int32 i = 0; i < nchildren; i++)
		add_node(search, node, touched[i], counters[touched[i]].count);
	search->nodes[node].first_child = (int32) first;
	search->nodes[node].nchildren = nchildren;

	/* no item is left to be added to the first one */
	if (deeper && nchildren > 1)
	{
		for (int32 i = 1; i < nchildren; i++)
			total += counters[touched[i]].nrows;
		if (!reserve_lists(search, nchildren + total))
			return false;
		search->lists_used += nchildren + total;
		total = lists_before + nchildren;
		for (int32 i = 1; i < nchildren; i++)
		{
			MineCounter *counter = &counters[touched[i]];

			search->lists[lists_before + i] = counter->nrows;
			counter->next = total;
			total += counter->nrows;
		}
		for (int32 i = 0; i < nlist; i++)
		{
			const int32 *row = next_row(search, list, i, nlist);

			CHECK_FOR_INTERRUPTS();
			for (const int32 *p = row + MINE_COUNT_WORDS; *p < item; p++)
			{
				MineCounter *counter = &counters[*p];

				if (counter->next >= 0)
					search->lists[counter->next++] = search->lists[list + i];
			}
		}
	}
	for (int32 i = 0; i < ntouched; i++)
		memset(&counters[touched[i]], 0, sizeof(MineCounter));

	if (deeper && nchildren > 1)
	{
		total = lists_before + nchildren;
		for (int32 i = 1; i < nchildren; i++)
		{
			int32		n = search->lists[lists_before + i];

			if (!expand(search, (int32) (first + i), total, n, depth + 1))
				return false;
			total += n;
		}
		search->lists_used = lists_before;
	}
	return true;
}

/*
 * The places of the rows that hold each item, side by side by rank; those of
 * an item end at its end.
 */
static void
list_holders(const MineRows *rows, uint32 *lists, int64 *ends)
{
	const int32 *p = rows->words;
	int64		total = 0;

	memset(ends, 0, (Size) rows->nitems * sizeof(int64));
	for (int32 i = 0; i < rows->nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (p += MINE_COUNT_WORDS; *p != MINE_END; p++)
			ends[*p]++;
		p++;
	}
	for (int32 rank = 0; rank < rows->nitems; rank++)
	{
		int64		n = ends[rank];

		ends[rank] = total;
		total += n;
	}
	p = rows->words;
	for (int32 i = 0; i < rows->nrows; i++)
	{
		uint32		place = (uint32) (p - rows->words);

		CHECK_FOR_INTERRUPTS();
		for (p += MINE_COUNT_WORDS; *p != MINE_END; p++)
			lists[ends[*p]++] = place;
		p++;
	}
}

static bool
search_all(MineSearch *search)
{
	const MineRows *rows = search->rows;
	int64	   *ends;
	bool		found = true;

	if (!reserve_nodes(search, 1 + (int64) rows->nitems))
		return false;
	add_node(search, 0, -1, rows->nbaskets);
	for (int32 rank = 0; rank < rows->nitems; rank++)
		add_node(search, 0, rank, rows->item_counts[rank]);
	search->nodes[0].first_child = 1;
	search->nodes[0].nchildren = rows->nitems;
	if (search->max_items == 1)
		return true;
	if (!reserve_lists(search, rows->nranks))
		return false;
	search->lists_used = rows->nranks;
	ends = allocate((Size) rows->nitems * sizeof(int64));
	list_holders(rows, search->lists, ends);
	/* nothing can be added to the item of rank 0 */
	for (int32 rank = 1; rank < rows->nitems && found; rank++)
		found = expand(search, 1 + rank, ends[rank - 1],
					   (int32) (ends[rank] - ends[rank - 1]), 1);
	pfree(ends);
	return found;
}

/*
 * All itemsets of at most so many items that are in enough baskets.  Returns
 * false, and nothing, if they do not fit into the room.
 */
bool
mine_itemsets(const MineRows *rows, int64 min_count, int max_items, Size room,
			  MineResult *result)
{
	MineSearch	search = {0};
	bool		found;

	Assert(max_items >= 1 && max_items <= MINE_MAX_ITEMS);
	memset(result, 0, sizeof(MineResult));
	search.rows = rows;
	search.min_count = min_count;
	search.max_items = max_items;
	search.room = room;
	search.counters = allocate((Size) rows->nitems * sizeof(MineCounter));
	memset(search.counters, 0, (Size) rows->nitems * sizeof(MineCounter));
	search.touched = allocate((Size) rows->nitems * sizeof(int32));
	found = search_all(&search);
	pfree(search.counters);
	pfree(search.touched);
	if (search.lists != NULL)
		pfree(search.lists);
	result->nodes = search.nodes;
	result->nnodes = (int32) search.nnodes;
	if (!found)
		mine_free(result);
	return found;
}

void
mine_free(MineResult *result)
{
	if (result->nodes != NULL)
		pfree(result->nodes);
	if (result->rules != NULL)
		pfree(result->rules);
	if (result->p_values != NULL)
		pfree(result->p_values);
	if (result->q_values != NULL)
		pfree(result->q_values);
	memset(result, 0, sizeof(MineResult));
}

/* The items of a node's itemset, the highest rank first; returns how many. */
int
mine_path(const MineResult *result, int32 node, int32 *ranks)
{
	int			n = 0;

	for (int32 i = node; i > 0; i = result->nodes[i].parent)
		n++;
	for (int i = n; i > 0; i--)
	{
		ranks[i - 1] = result->nodes[node].item;
		node = result->nodes[node].parent;
	}
	return n;
}

/*--- Rules ---*/

typedef struct RuleOrder
{
	const MineRows *rows;
	const MineResult *result;
} RuleOrder;

/* The numbers of one side of a rule, ascending. */
static int
side_numbers(const RuleOrder *order, const MineRule *rule, uint32 side,
			 int32 *numbers)
{
	int32		path[MINE_MAX_ITEMS];
	int			n = mine_path(order->result, rule->node, path);
	int			count = 0;

	for (int i = 0; i < n; i++)
	{
		int			j = count;
		int32		number = order->rows->numbers[path[i]];

		if ((side & (1U << i)) == 0)
			continue;
		for (; j > 0 && numbers[j - 1] > number; j--)
			numbers[j] = numbers[j - 1];
		numbers[j] = number;
		count++;
	}
	return count;
}

static int
compare_sides(const RuleOrder *order, const MineRule *a, uint32 side_a,
			  const MineRule *b, uint32 side_b)
{
	int32		left[MINE_MAX_ITEMS];
	int32		right[MINE_MAX_ITEMS];
	int			n = side_numbers(order, a, side_a, left);
	int			m = side_numbers(order, b, side_b, right);

	for (int i = 0; i < n && i < m; i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return (n > m) - (n < m);
}

/* High lift first, then many baskets, then by the items. */
static int
compare_rules(const MineRule *a, const MineRule *b, const RuleOrder *order)
{
	int64		count_a = order->result->nodes[a->node].count;
	int64		count_b = order->result->nodes[b->node].count;
	int			compared;

	if (a->lift != b->lift)
		return a->lift > b->lift ? -1 : 1;
	if (count_a != count_b)
		return count_a > count_b ? -1 : 1;
	compared = compare_sides(order, a, a->antecedent, b, b->antecedent);
	return compared != 0 ? compared :
		compare_sides(order, a, ~a->antecedent, b, ~b->antecedent);
}

#define ST_SORT sort_rules
#define ST_ELEMENT_TYPE MineRule
#define ST_COMPARE(a, b, arg) compare_rules(a, b, arg)
#define ST_COMPARE_ARG_TYPE const RuleOrder
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static int32
find_child(const MineResult *result, int32 node, int32 rank)
{
	const MineNode *parent = &result->nodes[node];
	int32		low = parent->first_child;
	int32		high = low + parent->nchildren;

	if (node == 0)
		return 1 + rank;
	while (low < high)
	{
		int32		middle = low + (high - low) / 2;

		if (result->nodes[middle].item < rank)
			low = middle + 1;
		else
			high = middle;
	}
	Assert(result->nodes[low].item == rank);
	return low;
}

/*
 * How many baskets have each part of an itemset; all parts of one that is
 * frequent are, so each is there.
 */
static void
count_subsets(const MineResult *result, const int32 *path, int n, int from,
			  int32 node, uint32 set, int64 *counts)
{
	for (int i = from; i < n; i++)
	{
		int32		child = find_child(result, node, path[i]);
		uint32		larger = set | (1U << i);

		counts[larger] = result->nodes[child].count;
		count_subsets(result, path, n, i + 1, child, larger, counts);
	}
}

static bool
add_rule(MineResult *result, int64 *size, Size room, const MineRule *rule)
{
	if (result->nrules == *size)
	{
		*size = grown(*size, Max(*size + 1, 64), sizeof(MineRule), room);
		if (*size == 0)
			return false;
		result->rules = result->rules == NULL
			? allocate((Size) *size * sizeof(MineRule))
			: repalloc_huge(result->rules, (Size) *size * sizeof(MineRule));
	}
	result->rules[result->nrules++] = *rule;
	return true;
}

/* Benjamini and Hochberg 1995: the smallest rate at which each is rejected */
static void
adjust_p_values(MineResult *result)
{
	double		adjusted = 1;

	sort_p_values(result->p_values, result->ntests);
	for (int64 i = result->ntests - 1; i >= 0; i--)
	{
		adjusted = fmin(adjusted, result->p_values[i] *
						((double) result->ntests / (double) (i + 1)));
		result->q_values[i] = adjusted;
	}
}

/* All tests of one p value have one q. */
double
mine_q_value(const MineResult *result, double p_value)
{
	int64		low = 0;
	int64		high = result->ntests;

	if (isnan(p_value))
		return NAN;
	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (result->p_values[middle] < p_value)
			low = middle + 1;
		else
			high = middle;
	}
	return result->q_values[low];
}

/*
 * The rules of the itemsets that were found.  Returns false, and nothing, if
 * they do not fit into the room.
 */
bool
mine_rules(const MineRows *rows, double min_confidence, Size room,
		   MineResult *result)
{
	int64	   *subsets = allocate(sizeof(int64) << MINE_MAX_ITEMS);
	RuleOrder	order = {rows, result};
	int64		size = 0;
	int64		ntests = 0;
	Size		tests_size;
	bool		fits;

	for (int32 node = 1; node < result->nnodes; node++)
	{
		int32		path[MINE_MAX_ITEMS];

		if (node % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		ntests += (INT64CONST(1) << (mine_path(result, node, path) - 1)) - 1;
	}
	tests_size = (Size) ntests * 2 * sizeof(double);
	fits = tests_size <= room;
	if (fits)
	{
		result->p_values = allocate(tests_size / 2);
		result->q_values = allocate(tests_size / 2);
	}
	for (int32 node = 1; fits && node < result->nnodes; node++)
	{
		int32		path[MINE_MAX_ITEMS];
		int			n = mine_path(result, node, path);
		uint32		all = (1U << n) - 1;

		if (n == 1)
			continue;
		count_subsets(result, path, n, 0, 0, 0, subsets);
		for (uint32 antecedent = 1; fits && antecedent < all; antecedent++)
		{
			RuleCounts	counts = {
				subsets[all], subsets[antecedent],
				subsets[all & ~antecedent], rows->nbaskets
			};
			RuleMeasures measures;
			MineRule	rule;

			CHECK_FOR_INTERRUPTS();
			rule_measures(&counts, &measures);
			/* both directions are one test */
			if ((antecedent & 1) != 0 && !isnan(measures.p_value))
				result->p_values[result->ntests++] = measures.p_value;
			if (measures.confidence < min_confidence)
				continue;
			rule.lift = measures.lift;
			rule.antecedent_count = counts.antecedent;
			rule.consequent_count = counts.consequent;
			rule.node = node;
			rule.antecedent = antecedent;
			fits = add_rule(result, &size, room - tests_size, &rule);
		}
	}
	pfree(subsets);
	if (!fits)
	{
		mine_free(result);
		return false;
	}
	adjust_p_values(result);
	sort_rules(result->rules, result->nrules, &order);
	return true;
}

/*--- Pairs ---*/

uint32 *
mine_holders(const MineRows *rows, int64 *ends)
{
	uint32	   *lists = allocate((Size) rows->nranks * sizeof(uint32));

	list_holders(rows, lists, ends);
	return lists;
}

/* In how many of the baskets that hold an item the others are. */
void
mine_count_companions(const MineRows *rows, int32 rank, const uint32 *holders,
					  int64 nholders, int64 *counts)
{
	memset(counts, 0, (Size) rows->nitems * sizeof(int64));
	for (int64 i = 0; i < nholders; i++)
	{
		const int32 *row = rows->words + holders[i];
		int64		count = mine_row_count(row);

		CHECK_FOR_INTERRUPTS();
		if (i + ROWS_AHEAD < nholders)
			__builtin_prefetch(rows->words + holders[i + ROWS_AHEAD]);
		for (const int32 *p = row + MINE_COUNT_WORDS; *p != MINE_END; p++)
			counts[*p] += count;
	}
	counts[rank] = 0;
}

/*--- Measures ---*/

static double
ratio(int128 a, int128 b)
{
	return b == 0 ? NAN : (double) a / (double) b;
}

/*
 * All from counts, and divided once where that is possible, so that what is a
 * simple fraction is the number that it prints as.
 */
void
rule_measures(const RuleCounts *counts, RuleMeasures *measures)
{
	const int128 n = counts->baskets;
	const int128 a = counts->antecedent;
	const int128 b = counts->consequent;
	const int128 ab = counts->both;
	const int128 excess = n * ab - a * b;	/* over independence, times n^2 */
	const int128 other = Max(ab * (n - a), a * (b - ab));

	measures->support = ratio(ab, n);
	measures->confidence = ratio(ab, a);
	measures->lift = ratio(n * ab, a * b);
	measures->leverage = ratio(excess, n * n);
	measures->conviction = ab < a ? ratio((n - b) * a, n * (a - ab)) :
		b < n ? INFINITY : NAN;
	measures->jaccard = ratio(ab, a + b - ab);
	measures->cosine = (double) ab / sqrt((double) (a * b));
	measures->kulczynski = (ratio(ab, a) + ratio(ab, b)) / 2;
	/* where every basket has the antecedent, nothing depends on it */
	measures->zhang = other == 0 ? 0 : ratio(excess, other);
	measures->certainty = excess == 0 ? 0 :
		ratio(excess, excess > 0 ? a * (n - b) : a * b);
	measures->chi_square = ratio(excess, a * (n - a)) *
		ratio(excess, b * (n - b)) * (double) n;
	measures->p_value = isnan(measures->chi_square) ? NAN :
		chi_square_p_upper(measures->chi_square, 1);
}

double
pair_yules_q(const RuleCounts *counts)
{
	const int128 both = counts->both;
	const int128 left = counts->antecedent - both;
	const int128 right = counts->consequent - both;
	const int128 neither = counts->baskets - both - left - right;

	return ratio(both * neither - left * right, both * neither + left * right);
}

/* The standard error of the logarithm of lift, by the delta method. */
double
pair_lift_log_error(const RuleCounts *counts)
{
	double		variance;

	if (counts->both == 0)
		return NAN;
	variance = 1 / (double) counts->both - 1 / (double) counts->antecedent -
		1 / (double) counts->consequent +
		(2 * ratio((int128) counts->baskets * counts->both,
				   (int128) counts->antecedent * counts->consequent) - 1) /
		(double) counts->baskets;
	return sqrt(fmax(variance, 0));
}
