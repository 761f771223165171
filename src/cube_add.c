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
 * age group are, what the lines add up to is added at once; where they are
 * the same in each order, as its month is, the lines of an order are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "compat.h"
#include "cube.h"
#include "cube_add.h"

PG_FUNCTION_INFO_V1(pt_sales_cube_accum);

/*--- Figures ---*/

#define EACH_BIT(x) {(x) & 1, (x) >> 1 & 1, (x) >> 2 & 1, (x) >> 3 & 1, \
	(x) >> 4 & 1, (x) >> 5 & 1}
#define EACH_BIT_4(x) EACH_BIT(x), EACH_BIT((x) + 1), EACH_BIT((x) + 2), \
	EACH_BIT((x) + 3)
#define EACH_BIT_16(x) EACH_BIT_4(x), EACH_BIT_4((x) + 4), \
	EACH_BIT_4((x) + 8), EACH_BIT_4((x) + 12)

#define COUNT_BITS	6

StaticAssertDecl(COUNT_CUSTOMERS == COUNT_BITS && CUBE_BITS <= 2 * COUNT_BITS,
				 "bits are counted by six");

/* The bits of a number as numbers, so that counting has no branches. */
static const int64 each_bit[1 << COUNT_BITS][COUNT_BITS] = {
	EACH_BIT_16(0), EACH_BIT_16(16), EACH_BIT_16(32), EACH_BIT_16(48)
};

/* Two words at once, where the machine can. */
typedef int64 WordPair __attribute__((vector_size(16)));

static pg_attribute_always_inline void
add_pair(int64 *to, const int64 *from)
{
	WordPair	sum;
	WordPair	more;

	memcpy(&sum, to, sizeof(sum));
	memcpy(&more, from, sizeof(more));
	sum += more;
	memcpy(to, &sum, sizeof(sum));
}

static pg_attribute_always_inline void
add_six(int64 *to, const int64 *from)
{
	add_pair(to, from);
	add_pair(to + 2, from + 2);
	add_pair(to + 4, from + 4);
}

StaticAssertDecl(CUBE_PENDING == 6 && COUNT_BITS == 6, "there are six of each");

/* Whether a line is in the first period of its customer, or after it. */
static pg_attribute_always_inline int
moment_of(const CubeScratch *scratch, const GroupingCells *grouping,
		  const CubeCustomer *customer, const CubeLine *line)
{
	int			first = customer->first;

	if (first < 0 || line->time == DT_NOEND)
		return 0;
	for (int e = 0; e < grouping->nelements; e++)
	{
		const ElementValues *element = &scratch->elements[grouping->elements[e]];

		if (CUBE_IS_PERIOD(element->element) && !element->constant &&
			element->keys[line->line] != element->keys[first])
			return line->time > scratch->lines[first].time ? COUNT_RETURNING : 0;
	}
	return COUNT_NEW;
}

/*
 * Adds a line to an arm.  Branches on what differs from line to line cost
 * more than adding zeros, so there is none.  moment is a count, or 0.
 */
static pg_attribute_always_inline void
add_to_arm(CubeArm *arm, const CubeLine *line, const CubeCustomer *customer,
		   int moment, bool simple)
{
	CubeFigures *figures = &arm->figures;
	uint32		same_order = -(uint32) (arm->order == line->order);
	uint32		same_customer = -(uint32) (arm->order > customer->before);
	uint32		seen = arm->seen &
		(same_order | (same_customer & CUBE_CUSTOMER_BITS));
	uint32		fresh = line->bits & ~seen;

	arm->order = line->order;
	arm->seen = seen | fresh;
	if (simple || !customer->wide)
		add_six(arm->pending, line->pending);
	else
		cube_figures_settle(figures, line->pending);
	add_six(figures->counts, each_bit[fresh & CUBE_ORDER_BITS]);
	add_six(figures->counts + COUNT_BITS, each_bit[fresh >> COUNT_BITS]);
	figures->first = Min(figures->first, line->first);
	figures->last = Max(figures->last, line->last);
	if (!simple && !customer->is_customer)
		figures->sums[SUM_OTHER_REVENUE] += line->pending[SUM_REVENUE];
	if (line->window != 0)
		figures->sums[line->window] += line->pending[SUM_REVENUE];
	if (moment != 0)
	{
		figures->sums[moment == COUNT_NEW ? SUM_NEW_REVENUE
					  : SUM_RETURNING_REVENUE] += line->pending[SUM_REVENUE];
		figures->counts[moment] += (fresh & (1 << COUNT_BUYERS)) != 0;
	}
}

/*--- What lines add up to ---*/

/*
 * The lines that pass the filters of some totals, those of an order together;
 * only of customers whose lines can be merged.
 */
static const CubeLine *
orders_of(CubeScratch *scratch, const CubeCustomer *customer, int number,
		  int *norders)
{
	LineTotals *totals;
	int			n = 0;

	if ((customer->failed_any & scratch->totals[number].filters) == 0)
		number = 0;
	totals = &scratch->totals[number];
	if (!totals->merged)
	{
		totals->merged = true;
		for (int i = 0; i < customer->n; i++)
		{
			const CubeLine *line = &scratch->lines[i];
			CubeLine   *order = &totals->orders[n];

			if ((line->failed & totals->filters) != 0)
				continue;
			if (n == 0 || order[-1].order != line->order)
			{
				*order = *line;
				n++;
				continue;
			}
			order--;
			add_six(order->pending, line->pending);
			order->bits |= line->bits;
			order->first = Min(order->first, line->first);
			order->last = Max(order->last, line->last);
		}
		totals->norders = n;
	}
	*norders = totals->norders;
	return totals->orders;
}

/* What they add up to. */
static const CubeArm *
totals_of(CubeScratch *scratch, const CubeCustomer *customer, int number)
{
	LineTotals *totals;
	CubeArm    *sum;
	const CubeLine *lines = scratch->lines;
	int			n = customer->n;

	if ((customer->failed_any & scratch->totals[number].filters) == 0)
		number = 0;
	totals = &scratch->totals[number];
	sum = &totals->sum;
	if (totals->summed)
		return sum;
	totals->summed = true;
	memset(sum, 0, sizeof(CubeArm));
	cube_figures_init(&sum->figures);
	if (customer->mergeable)
		lines = orders_of(scratch, customer, number, &n);
	for (int i = 0; i < n; i++)
	{
		CHECK_LINE(i);
		if ((lines[i].failed & totals->filters) != 0)
			continue;
		if (customer->simple)
			add_to_arm(sum, &lines[i], customer, 0, true);
		else
			add_to_arm(sum, &lines[i], customer, 0, false);
	}
	return sum;
}

/*--- Cells ---*/

/* Between two checks for interrupts. */
#define LINES_AT_ONCE	65536

/* The number of the cell of some values. */
static uint32
find_cell(CubeView *view, int number, const int32 *values, int nelements)
{
	uint64		hash = cube_key_hash(number, values, nelements);
	uint32		mask = (uint32) view->cube->nslots - 1;

	for (uint32 slot = (uint32) hash & mask;; slot = (slot + 1) & mask)
	{
		uint32		cell = view->slots[slot];
		const CubeKey *key;
		bool		equal;

		if (unlikely(cell == 0))
		{
			CubeKey		new_key = {number, {0}};

			for (int e = 0; e < nelements; e++)
				new_key.values[e] = values[e];
			return sales_cube_add_cell(view, &new_key, hash);
		}
		key = &cube_cell(view, cell - 1)->key;
		equal = key->grouping == number;
		for (int e = 0; e < nelements; e++)
			equal &= key->values[e] == values[e];
		if (likely(equal))
			return cell - 1;
	}
}

/*
 * The cell itself.  Those of few values are mostly ones that were found
 * lately.
 */
static pg_attribute_always_inline CubeCell *
get_cell(CubeScratch *scratch, CubeView *view, int number,
		 const int32 *values, int nelements)
{
	int32		second = nelements > 1 ? values[1] : 0;
	CellMemo   *memo;
	uint32		cell;

	if (nelements > 2 || nelements == 0)
		return cube_cell(view, find_cell(view, number, values, nelements));
	memo = &scratch->memos[number * MEMO_CELLS +
						   (((uint32) values[0] * 0x9E3779B1U ^
							 (uint32) second * 0x85EBCA77U) >> (32 - MEMO_BITS))];
	if (unlikely(memo->epoch != scratch->epoch ||
				 memo->values[0] != values[0] || memo->values[1] != second))
	{
		cell = find_cell(view, number, values, nelements);
		memo->values[0] = values[0];
		memo->values[1] = second;
		memo->epoch = scratch->epoch;
		memo->offset = (uint32) (cell * view->cell_size);
	}
	return (CubeCell *) (view->cells + memo->offset);
}

/*
 * Adds lines, or orders, to the cells of a grouping: all, those that pass its
 * filters, or each to both.  What is known of them before is given as a
 * constant, so that it costs nothing for each of them.
 */
static pg_attribute_always_inline void
add_each(CubeScratch *scratch, const CubeCustomer *customer, CubeView *view,
		 int number, const CubeLine *lines, int n, bool whole, bool selected,
		 int nelements, bool moments, bool simple)
{
	const GroupingCells *grouping = &scratch->groupings[number];
	uint32		filters = grouping->filters;
	const int32 *keys[CUBE_MAX_ELEMENTS];
	int			step[CUBE_MAX_ELEMENTS];

	for (int e = 0; e < nelements; e++)
	{
		const ElementValues *element = &scratch->elements[grouping->elements[e]];

		keys[e] = element->constant ? &element->value : element->keys;
		step[e] = element->constant ? 0 : 1;
	}
	for (int i = 0; i < n; i++)
	{
		const CubeLine *line = &lines[i];
		int32		values[CUBE_MAX_ELEMENTS];
		CubeCell   *cell;
		int			moment = 0;

		values[0] = 0;
		for (int e = 0; e < nelements; e++)
			values[e] = keys[e][line->line * step[e]];
		cell = get_cell(scratch, view, number, values, nelements);
		if (moments)
			moment = moment_of(scratch, grouping, customer, line);
		if (whole)
			add_to_arm(&cell->arms[CUBE_WHOLE], line, customer, moment, simple);
		if (selected && (line->failed & filters) == 0)
			add_to_arm(&cell->arms[CUBE_SELECTED], line, customer, moment,
					   simple);
	}
}

/* Loops for what is common, and one for all else. */
static void
add_some(CubeScratch *scratch, const CubeCustomer *customer, CubeView *view,
		 int number, const CubeLine *lines, int n, bool whole, bool selected)
{
	const GroupingCells *grouping = &scratch->groupings[number];
	int			nelements = grouping->nelements;
	bool		moments = grouping->has_period && customer->is_customer;
	bool		simple = customer->simple;

#define ADD_EACH(nelements, moments, simple) \
	add_each(scratch, customer, view, number, lines, n, whole, selected, \
			 nelements, moments, simple)

	if (!simple)
		ADD_EACH(nelements, moments, false);
	else if (moments && nelements == 1)
		ADD_EACH(1, true, true);
	else if (moments)
		ADD_EACH(nelements, true, true);
	else if (nelements == 1)
		ADD_EACH(1, false, true);
	else if (nelements == 2)
		ADD_EACH(2, false, true);
	else
		ADD_EACH(nelements, false, true);
}

static void
add_lines(CubeScratch *scratch, const CubeCustomer *customer, CubeView *view,
		  int number, bool by_order)
{
	const GroupingCells *grouping = &scratch->groupings[number];
	bool		selected = view->cube->narms > 1 &&
		(customer->failed_all & grouping->filters) == 0;
	const CubeLine *orders;
	int			n;

	if (by_order)
	{
		orders = orders_of(scratch, customer, 0, &n);
		add_some(scratch, customer, view, number, orders, n, true, false);
		if (!selected)
			return;
		orders = orders_of(scratch, customer, grouping->totals, &n);
		add_some(scratch, customer, view, number, orders, n, false, true);
		return;
	}
	for (int start = 0; start < customer->n; start += LINES_AT_ONCE)
	{
		CHECK_FOR_INTERRUPTS();
		add_some(scratch, customer, view, number, scratch->lines + start,
				 Min(customer->n - start, LINES_AT_ONCE), true, selected);
	}
}

/* All lines of the customer are in one cell. */
static void
add_totals(CubeArm *arm, const CubeArm *totals, const CubeCustomer *customer,
		   bool is_new)
{
	CubeFigures *figures = &arm->figures;

	add_six(arm->pending, totals->pending);
	for (int i = 0; i < CUBE_BITS; i++)
		figures->counts[i] += totals->figures.counts[i];
	figures->first = Min(figures->first, totals->figures.first);
	figures->last = Max(figures->last, totals->figures.last);
	if (!customer->few_sums)
	{
		for (int i = COUNT_LINES; i < CUBE_COUNTS; i++)
			figures->counts[i] += totals->figures.counts[i];
		for (int i = 0; i < CUBE_SUMS; i++)
			figures->sums[i] += totals->figures.sums[i];
	}
	if (is_new)
	{
		figures->counts[COUNT_NEW] += totals->figures.counts[COUNT_BUYERS];
		figures->sums[SUM_NEW_REVENUE] += totals->pending[SUM_REVENUE] +
			totals->figures.sums[SUM_REVENUE];
	}
}

static void
add_constant(CubeScratch *scratch, const CubeCustomer *customer,
			 CubeView *view, int number)
{
	const GroupingCells *grouping = &scratch->groupings[number];
	int32		values[CUBE_MAX_ELEMENTS] = {0};
	bool		is_new;
	CubeCell   *cell;

	for (int e = 0; e < grouping->nelements; e++)
		values[e] = scratch->elements[grouping->elements[e]].value;
	cell = get_cell(scratch, view, number, values, grouping->nelements);
	/* where there is a first purchase, it is in the only period */
	is_new = grouping->has_period && customer->is_customer &&
		customer->first >= 0;
	add_totals(&cell->arms[CUBE_WHOLE], totals_of(scratch, customer, 0),
			   customer, is_new);
	if (view->cube->narms > 1 &&
		(customer->failed_all & grouping->filters) == 0)
		add_totals(&cell->arms[CUBE_SELECTED],
				   totals_of(scratch, customer, grouping->totals), customer,
				   is_new);
}

static void
add_statistics(CubeScratch *scratch, const CubeCustomer *customer,
			   CubeView *view, int number)
{
	const GroupingCells *grouping = &scratch->groupings[number];
	int			scale = view->cube->scales[CUBE_AMOUNT];

	for (int i = 0; i < customer->n; i++)
	{
		const CubeLine *line = &scratch->lines[i];
		int32		values[CUBE_MAX_ELEMENTS] = {0};
		CubeCell   *cell;

		CHECK_LINE(i);
		if (line->arm == SALES_ARMS)
			continue;
		for (int e = 0; e < grouping->nelements; e++)
		{
			const ElementValues *element = &scratch->elements[grouping->elements[e]];

			values[e] = element->constant ? element->value : element->keys[i];
		}
		cell = get_cell(scratch, view, number, values, grouping->nelements);
		/* extremes could not be taken away again, see cube_kept.c */
		sales_stats_add_moments(&cell->arms[CUBE_WHOLE].stats, line->arm,
								line->pending[SUM_REVENUE], scale);
		if (view->cube->narms > 1 && (line->failed & grouping->filters) == 0)
			sales_stats_add_moments(&cell->arms[CUBE_SELECTED].stats,
									line->arm, line->pending[SUM_REVENUE],
									scale);
	}
}

static SalesCube *
cube_add_customer(SalesCube *cube, CubeScratch *scratch, Datum lines,
				  bool is_customer)
{
	CubeView	view;
	CubeCustomer customer;

	lines_open(lines, &customer.reader);
	if (customer.reader.nlines == 0)
		return cube;
	/* forget the cells of another cube; after an error all of them */
	if (cube->id != scratch->cube_id && ++scratch->epoch == 0)
	{
		memset(scratch->memos, 0, sizeof(CellMemo) * MEMO_CELLS *
			   scratch->plan->ngroupings);
		scratch->epoch = 1;
	}
	scratch->cube_id = 0;
	customer.is_customer = is_customer;
	sales_cube_view(cube, &view);
	cube_prepare_lines(scratch, &customer, &view);
	for (int i = 0; i < scratch->plan->ngroupings; i++)
	{
		const GroupingCells *grouping = &scratch->groupings[i];
		bool		constant = true;
		bool		by_order = customer.mergeable;

		CHECK_FOR_INTERRUPTS();
		for (int e = 0; e < grouping->nelements; e++)
		{
			constant &= scratch->elements[grouping->elements[e]].constant;
			by_order &= scratch->elements[grouping->elements[e]].by_order;
		}
		if (grouping->statistics)
			add_statistics(scratch, &customer, &view, i);
		else if (constant)
			add_constant(scratch, &customer, &view, i);
		else
			add_lines(scratch, &customer, &view, i, by_order);
	}
	scratch->cube_id = view.cube->id;
	return view.cube;
}

/* sales_cube_accum(state, lines, is_customer, plan) */
Datum
pt_sales_cube_accum(PG_FUNCTION_ARGS)
{
	CubeScratch    *scratch;
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
	scratch = cube_scratch(fcinfo, 3);
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

