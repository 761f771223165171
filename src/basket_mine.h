/*-------------------------------------------------------------------------
 *
 * basket_mine.h
 *		Items that are often in one basket, and measures of rules.
 *
 * Plain structs in, plain structs out: nothing here calls a function of SQL.
 * docs/basket.md has the definitions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_BASKET_MINE_H
#define PT_BASKET_MINE_H

#define MINE_MAX_ITEMS		16	/* of an itemset */

/*
 * The baskets that are searched.  Items have ranks: 0 is the one that is in
 * the most baskets.  Those in too few are left out.  A row is a different
 * basket: how many there are of it, in two words, then the ranks of its items,
 * ascending, and MINE_END.  So whoever has the place of a row reads all of it
 * in one place of memory.
 */
typedef struct MineRows
{
	int32		nitems;
	int32		nrows;
	int64		nbaskets;		/* all, empty ones included */
	int64		nranks;			/* in all rows */
	int32	   *words;			/* the rows, side by side */
	int64	   *item_counts;	/* baskets with the item of each rank */
	int32	   *numbers;		/* of the item of each rank, in order of text */
} MineRows;

#define MINE_END			PG_INT32_MAX
#define MINE_COUNT_WORDS	2
#define MINE_ROW_WORDS		(MINE_COUNT_WORDS + 1)	/* beside its ranks */

static inline int64
mine_row_count(const int32 *row)
{
	int64		count;

	memcpy(&count, row, sizeof(count));
	return count;
}

/*
 * An itemset: that of its parent and one item of a lower rank.  The children
 * of a node are side by side, by rank.  Node 0 is the empty itemset, and the
 * items follow it, so that the one of rank r is node 1 + r.
 */
typedef struct MineNode
{
	int64		count;			/* baskets with all the items */
	int32		item;			/* its rank */
	int32		parent;
	int32		first_child;
	int32		nchildren;
} MineNode;

/*
 * A rule: the itemset of a node, divided.  Bit i of the antecedent is item i
 * of its path, which begins at the item of the highest rank.
 */
typedef struct MineRule
{
	double		lift;
	int64		antecedent_count;
	int64		consequent_count;
	int32		node;
	uint32		antecedent;
} MineRule;

typedef struct MineResult
{
	MineNode   *nodes;
	int32		nnodes;
	MineRule   *rules;			/* in the order that docs/basket.md says */
	int64		nrules;
	double	   *p_values;		/* of all pairs of antecedent and consequent */
	double	   *q_values;		/* that could be tested, ascending */
	int64		ntests;
} MineResult;

/* How often a rule's two sides are in baskets. */
typedef struct RuleCounts
{
	int64		both;
	int64		antecedent;
	int64		consequent;
	int64		baskets;
} RuleCounts;

/* NaN is a measure that has no value. */
typedef struct RuleMeasures
{
	double		support;
	double		confidence;
	double		lift;
	double		leverage;
	double		conviction;
	double		jaccard;
	double		cosine;
	double		kulczynski;
	double		zhang;
	double		certainty;
	double		chi_square;
	double		p_value;
} RuleMeasures;

extern void mine_sort_numbers(int32 *numbers, int64 n);
extern int64 mine_min_count(double min_support, int64 nbaskets);
extern Size mine_rows_size(int64 nitems, int64 nrows, int64 nranks);
extern bool mine_itemsets(const MineRows *rows, int64 min_count,
						  int max_items, Size room, MineResult *result);
extern bool mine_rules(const MineRows *rows, double min_confidence,
					   Size room, MineResult *result);
extern void mine_free(MineResult *result);
extern int	mine_path(const MineResult *result, int32 node, int32 *ranks);
extern double mine_q_value(const MineResult *result, double p_value);
extern uint32 *mine_holders(const MineRows *rows, int64 *ends);
extern void mine_count_companions(const MineRows *rows, int32 rank,
								  const uint32 *holders, int64 nholders,
								  int64 *counts);
extern void rule_measures(const RuleCounts *counts, RuleMeasures *measures);
extern double pair_yules_q(const RuleCounts *counts);
extern double pair_lift_log_error(const RuleCounts *counts);

#endif							/* PT_BASKET_MINE_H */
