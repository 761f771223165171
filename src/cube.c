/*-------------------------------------------------------------------------
 *
 * cube.c
 *		The type sales_cube: cells of figures by grouping and values.
 *
 * A cube is one flat datum: its plan, hash tables of cells and of texts, the
 * texts, and the cells.  It is changed in place, and all parts grow by
 * doubling into a larger copy.  What is stored or sent is packed: cells and
 * texts are in order, so that equal contents have equal bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "common/int.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#include "amount.h"
#include "compat.h"
#include "cube.h"

PG_FUNCTION_INFO_V1(pt_sales_cube_combine);
PG_FUNCTION_INFO_V1(pt_sales_cube_rollup);
PG_FUNCTION_INFO_V1(pt_sales_cube_final);
PG_FUNCTION_INFO_V1(pt_sales_cube_add);
PG_FUNCTION_INFO_V1(pt_sales_cube_eq);
PG_FUNCTION_INFO_V1(pt_sales_cube_ne);
PG_FUNCTION_INFO_V1(pt_sales_cube_hash);

StaticAssertDecl(sizeof(CubeFigures) == 280 && sizeof(CubeArm) == 344 &&
				 sizeof(CubeKey) == 24 && sizeof(SalesCube) == 112,
				 "sales_cube must have no padding");

#define INITIAL_CELLS	16
#define MAX_CELLS		(INT64CONST(1) << 28)

/*--- Where things are ---*/

/* The parts of a cube, of which the plan is there; its size, or 0 if it is
 * above 1 GB. */
static Size
layout(const SalesCube *cube, Size *slots, Size *text_slots,
	   Size *text_offsets, Size *texts, Size *cells)
{
	Size		cell_size = offsetof(CubeCell, arms) +
		cube->narms * sizeof(CubeArm);
	Size		size = offsetof(SalesCube, plan) + VARSIZE(&cube->plan);

	*slots = MAXALIGN(size);
	*text_slots = *slots + (Size) cube->nslots * sizeof(uint32);
	*text_offsets = *text_slots +
		(cube->nslots == 0 ? 0 : 2 * (Size) cube->max_texts * sizeof(uint32));
	*texts = *text_offsets + (Size) cube->max_texts * sizeof(uint32);
	*cells = MAXALIGN(*texts + (Size) cube->max_text_bytes);
	size = *cells + (Size) cube->max_cells * cell_size;
	return size <= MaxAllocSize ? size : 0;
}

void
sales_cube_view(SalesCube *cube, CubeView *view)
{
	Size		slots,
				text_slots,
				text_offsets,
				texts,
				cells;

	layout(cube, &slots, &text_slots, &text_offsets, &texts, &cells);
	view->cube = cube;
	view->slots = (uint32 *) ((char *) cube + slots);
	view->text_slots = (uint32 *) ((char *) cube + text_slots);
	view->text_offsets = (uint32 *) ((char *) cube + text_offsets);
	view->texts = (char *) cube + texts;
	view->cells = (char *) cube + cells;
	view->cell_size = offsetof(CubeCell, arms) + cube->narms * sizeof(CubeArm);
}

/* An empty cube with the head of another one, and room as it says. */
static SalesCube *
cube_allocate(const SalesCube *head, const CubePlan *plan)
{
	Size		header = offsetof(SalesCube, plan);
	SalesCube  *cube = palloc0(header + VARSIZE(plan));
	Size		part;
	Size		size;
	SalesCube  *larger;

	memcpy(cube, head, header);
	memcpy(&cube->plan, plan, VARSIZE(plan));
	size = layout(cube, &part, &part, &part, &part, &part);
	if (size == 0)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many cells for a sales_cube"),
				 errdetail("It would take more than 1 GB."),
				 errhint("Ask for fewer groupings, or for such as have fewer values.")));
	larger = palloc0(size);
	memcpy(larger, cube, header + VARSIZE(plan));
	SET_VARSIZE(larger, size);
	pfree(cube);
	return larger;
}

/* So that what was found in a cube is not looked for in another one. */
static uint64
next_id(void)
{
	static uint64 last = 0;

	return ++last;
}

SalesCube *
sales_cube_create(const CubePlan *plan)
{
	SalesCube	head = {0};

	head.version = SALES_CUBE_VERSION;
	head.narms = plan->nfilters > 0 ? 2 : 1;
	head.nslots = 2 * INITIAL_CELLS;
	head.max_cells = INITIAL_CELLS;
	head.id = next_id();
	return cube_allocate(&head, plan);
}

static void
insert_slot(uint32 *slots, uint32 mask, uint64 hash, uint32 number)
{
	uint32		slot = (uint32) hash & mask;

	while (slots[slot] != 0)
		slot = (slot + 1) & mask;
	slots[slot] = number + 1;
}

static uint64
text_hash(const char *text, int length)
{
	return hash_bytes((const unsigned char *) text, length);
}

static uint64
cell_hash(const SalesCube *cube, const CubeKey *key)
{
	return cube_key_hash(key->grouping, key->values,
						 cube->plan.groupings[key->grouping].nelements);
}

/*
 * A copy that may grow, with room for so much in all.  In the current memory
 * context: whoever owns the old one (the executor, for transition values)
 * disposes of it.
 */
static SalesCube *
cube_copy(const CubeView *from, int64 cells, int64 texts, int64 text_bytes)
{
	SalesCube	head = *from->cube;
	CubeView	to;

	head.max_cells = (int32) pg_nextpower2_64((uint64) Max(cells, INITIAL_CELLS));
	head.nslots = 2 * head.max_cells;
	head.id = next_id();
	head.max_texts = texts == 0 ? 0 :
		(int32) pg_nextpower2_64((uint64) Max(texts, INITIAL_CELLS));
	head.max_text_bytes = text_bytes == 0 ? 0 :
		(int32) pg_nextpower2_64((uint64) Max(text_bytes, 256));
	sales_cube_view(cube_allocate(&head, &from->cube->plan), &to);
	memcpy(to.text_offsets, from->text_offsets,
		   (Size) head.ntexts * sizeof(uint32));
	memcpy(to.texts, from->texts, head.text_bytes);
	memcpy(to.cells, from->cells, (Size) head.ncells * to.cell_size);
	for (int32 i = 0; i < head.ntexts; i++)
	{
		int			length;
		const char *text = cube_text(&to, i, &length);

		CHECK_FOR_INTERRUPTS();
		insert_slot(to.text_slots, 2 * (uint32) head.max_texts - 1,
					text_hash(text, length), (uint32) i);
	}
	for (int32 i = 0; i < head.ncells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		insert_slot(to.slots, (uint32) head.nslots - 1,
					cell_hash(to.cube, &cube_cell(&to, i)->key), (uint32) i);
	}
	return to.cube;
}

/* Makes room for so many more. */
void
sales_cube_grow(CubeView *view, int64 cells, int64 texts, int64 text_bytes)
{
	const SalesCube *cube = view->cube;

	cells += cube->ncells;
	texts += cube->ntexts;
	text_bytes += cube->text_bytes;
	if (cells <= cube->max_cells && texts <= cube->max_texts &&
		text_bytes <= cube->max_text_bytes)
		return;
	if (cells > MAX_CELLS || texts > MAX_CELLS || text_bytes > (int64) (MaxAllocSize / 2))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many cells for a sales_cube")));
	sales_cube_view(cube_copy(view, Max(cells, cube->max_cells),
							  Max(texts, cube->max_texts),
							  Max(text_bytes, cube->max_text_bytes)), view);
}

/* A copy that may be changed. */
SalesCube *
sales_cube_thaw(SalesCube *cube)
{
	CubeView	view;

	sales_cube_view(cube, &view);
	return cube_copy(&view, cube->ncells, cube->ntexts, cube->text_bytes);
}

/*--- Cells ---*/

void
cube_figures_init(CubeFigures *figures)
{
	memset(figures, 0, sizeof(CubeFigures));
	figures->first = DT_NOEND;
	figures->last = DT_NOBEGIN;
}

/* No sum overflows: see figures_fault. */
void
cube_figures_add(CubeFigures *figures, const CubeFigures *more)
{
	for (int i = 0; i < CUBE_COUNTS; i++)
		figures->counts[i] += more->counts[i];
	if (figures->counts[COUNT_LINES] > CUBE_MAX_LINES)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many lines for a sales_cube")));
	for (int i = 0; i < CUBE_SUMS; i++)
		figures->sums[i] += more->sums[i];
	figures->first = Min(figures->first, more->first);
	figures->last = Max(figures->last, more->last);
}

/* A new cell, for which sales_cube_cell found no old one. */
uint32
sales_cube_add_cell(CubeView *view, const CubeKey *key, uint64 hash)
{
	SalesCube  *cube;
	CubeCell   *cell;

	sales_cube_grow(view, 1, 0, 0);
	cube = view->cube;
	cell = cube_cell(view, cube->ncells);
	cell->key = *key;
	for (int arm = 0; arm < cube->narms; arm++)
	{
		memset(&cell->arms[arm], 0, sizeof(CubeArm));
		if (cube->plan.groupings[key->grouping].statistics)
		{
			SET_VARSIZE(&cell->arms[arm].stats, sizeof(SalesStats));
			cell->arms[arm].stats.version = SALES_STATS_VERSION;
		}
		else
			cube_figures_init(&cell->arms[arm].figures);
	}
	insert_slot(view->slots, (uint32) cube->nslots - 1, hash,
				(uint32) cube->ncells);
	return (uint32) cube->ncells++;
}

/* The number of the cell, which is made if there is none. */
uint32
sales_cube_cell(CubeView *view, const CubeKey *key)
{
	uint64		hash = cell_hash(view->cube, key);
	uint32		mask = (uint32) view->cube->nslots - 1;

	for (uint32 slot = (uint32) hash & mask;; slot = (slot + 1) & mask)
	{
		uint32		number = view->slots[slot];

		if (number == 0)
			return sales_cube_add_cell(view, key, hash);
		if (memcmp(&cube_cell(view, number - 1)->key, key,
				   sizeof(CubeKey)) == 0)
			return number - 1;
	}
}

/* The number of a text, which is added if it is new. */
uint32
sales_cube_add_text(CubeView *view, const char *text, int length)
{
	uint64		hash = text_hash(text, length);
	SalesCube  *cube = view->cube;

	if (cube->max_texts > 0)
	{
		uint32		mask = 2 * (uint32) cube->max_texts - 1;

		for (uint32 slot = (uint32) hash & mask; view->text_slots[slot] != 0;
			 slot = (slot + 1) & mask)
		{
			uint32		number = view->text_slots[slot] - 1;
			int			old_length;
			const char *old = cube_text(view, (int) number, &old_length);

			if (old_length == length && memcmp(old, text, length) == 0)
				return number;
		}
	}
	sales_cube_grow(view, 0, 1, length);
	cube = view->cube;
	view->text_offsets[cube->ntexts] = (uint32) cube->text_bytes;
	memcpy(view->texts + cube->text_bytes, text, length);
	cube->text_bytes += length;
	insert_slot(view->text_slots, 2 * (uint32) cube->max_texts - 1, hash,
				(uint32) cube->ntexts);
	return (uint32) cube->ntexts++;
}

/* The measure that a sum is of. */
static int
sum_measure(int sum)
{
	return sum == SUM_RATING ? CUBE_RATING :
		sum == SUM_QUANTITY ? CUBE_QUANTITY : CUBE_AMOUNT;
}

static void
settle_arm(CubeArm *arm)
{
	cube_figures_settle(&arm->figures, arm->pending);
	memset(arm->pending, 0, sizeof(arm->pending));
}

/* Adds what is pending to the sums. */
void
sales_cube_settle(CubeView *view)
{
	SalesCube  *cube = view->cube;

	for (int32 i = 0; i < cube->ncells; i++)
	{
		CubeCell   *cell = cube_cell(view, i);

		CHECK_FOR_INTERRUPTS();
		if (!cube->plan.groupings[cell->key.grouping].statistics)
			for (int arm = 0; arm < cube->narms; arm++)
				settle_arm(&cell->arms[arm]);
	}
	cube->pending = 0;
}

/* Gives all sums of a measure more decimals. */
void
sales_cube_rescale(CubeView *view, int measure, int scale)
{
	SalesCube  *cube = view->cube;
	int			from = cube->scales[measure];

	sales_cube_settle(view);
	/* if the largest amount fits, all sums do */
	if (!amount_rescale(&cube->largest[measure], from, scale))
		amount_too_large();
	for (int32 i = 0; i < cube->ncells; i++)
	{
		CubeCell   *cell = cube_cell(view, i);

		CHECK_FOR_INTERRUPTS();
		if (cube->plan.groupings[cell->key.grouping].statistics)
			continue;			/* they have their own decimals */
		for (int arm = 0; arm < cube->narms; arm++)
			for (int sum = 0; sum < CUBE_SUMS; sum++)
				if (sum_measure(sum) == measure)
					cell->arms[arm].figures.sums[sum] =
						amount_sum_rescale(cell->arms[arm].figures.sums[sum],
										   from, scale);
	}
	cube->scales[measure] = (uint8) scale;
}

/*--- Packing ---*/

static int
compare_text_numbers(const void *a, const void *b, void *arg)
{
	const CubeView *view = arg;
	int			alen,
				blen;
	const char *left = cube_text(view, *(const int32 *) a, &alen);
	const char *right = cube_text(view, *(const int32 *) b, &blen);

	CHECK_FOR_INTERRUPTS();
	return cube_text_compare(left, alen, right, blen);
}

/*
 * The order of packed cells: by grouping, then by each value: codes first,
 * then texts, then NULL.
 */
static int
compare_keys(const CubePlan *plan, const CubeKey *a, const CubeKey *b)
{
	const CubeGrouping *grouping = &plan->groupings[a->grouping];

	if (a->grouping != b->grouping)
		return a->grouping < b->grouping ? -1 : 1;
	for (int i = 0; i < grouping->nelements; i++)
	{
		int32		left = a->values[i];
		int32		right = b->values[i];

		if (left == right)
			continue;
		if (left == CUBE_NULL || right == CUBE_NULL)
			return left == CUBE_NULL ? 1 : -1;
		if (grouping->elements[i] > 0 && (left < 0) != (right < 0))
			return left < 0 ? 1 : -1;
		/* the first text is -1 */
		if (grouping->elements[i] > 0 && left < 0)
			return left > right ? -1 : 1;
		return left < right ? -1 : 1;
	}
	return 0;
}

static int
compare_cells(const void *a, const void *b, void *arg)
{
	CHECK_FOR_INTERRUPTS();
	return compare_keys(arg, &(*(CubeCell *const *) a)->key,
						&(*(CubeCell *const *) b)->key);
}

/* A copy in order and without room; the cube stays as it is. */
SalesCube *
sales_cube_pack(SalesCube *cube)
{
	CubeView	from;
	CubeView	to;
	SalesCube	head = *cube;
	CubeCell  **cells = palloc_extended(Max(cube->ncells, 1) * sizeof(CubeCell *),
										MCXT_ALLOC_HUGE);
	int32	   *order = palloc(Max(cube->ntexts, 1) * sizeof(int32));
	int32	   *rank = palloc(Max(cube->ntexts, 1) * sizeof(int32));

	sales_cube_view(cube, &from);
	head.nslots = 0;
	head.serial = 0;
	head.pending = 0;
	head.id = 0;
	head.max_cells = head.ncells;
	head.max_texts = head.ntexts;
	head.max_text_bytes = head.text_bytes;
	sales_cube_view(cube_allocate(&head, &cube->plan), &to);

	for (int32 i = 0; i < cube->ntexts; i++)
		order[i] = i;
	qsort_arg(order, cube->ntexts, sizeof(int32), compare_text_numbers, &from);
	to.cube->text_bytes = 0;
	for (int32 i = 0; i < cube->ntexts; i++)
	{
		int			length;
		const char *text = cube_text(&from, order[i], &length);

		rank[order[i]] = i;
		to.text_offsets[i] = (uint32) to.cube->text_bytes;
		memcpy(to.texts + to.cube->text_bytes, text, length);
		to.cube->text_bytes += length;
	}

	/* keys of texts get their new numbers where they will be sorted */
	memcpy(to.cells, from.cells, (Size) cube->ncells * from.cell_size);
	for (int32 i = 0; i < cube->ncells; i++)
	{
		CubeCell   *cell = cube_cell(&to, i);
		const CubeGrouping *grouping =
		&cube->plan.groupings[cell->key.grouping];

		CHECK_FOR_INTERRUPTS();
		for (int e = 0; e < grouping->nelements; e++)
			if (grouping->elements[e] > 0 && cell->key.values[e] < 0 &&
				cell->key.values[e] != CUBE_NULL)
				cell->key.values[e] = -1 - rank[-1 - cell->key.values[e]];
		for (int arm = 0; arm < cube->narms; arm++)
		{
			cell->arms[arm].order = 0;
			cell->arms[arm].seen = 0;
		}
		cells[i] = cell;
	}
	sales_cube_settle(&to);
	qsort_arg(cells, cube->ncells, sizeof(CubeCell *), compare_cells,
			  &to.cube->plan);
	/* follow each circle of cells that change places */
	if (cube->ncells > 0)
	{
		CubeCell   *spare = palloc(to.cell_size);

		for (int32 i = 0; i < cube->ncells; i++)
		{
			int32		hole = i;

			CHECK_FOR_INTERRUPTS();
			if (cells[i] == NULL || cells[i] == cube_cell(&to, i))
				continue;
			memcpy(spare, cube_cell(&to, i), to.cell_size);
			while (cells[hole] != cube_cell(&to, i))
			{
				CubeCell   *source = cells[hole];

				memcpy(cube_cell(&to, hole), source, to.cell_size);
				cells[hole] = NULL;
				hole = (int32) (((char *) source - to.cells) / to.cell_size);
			}
			memcpy(cube_cell(&to, hole), spare, to.cell_size);
			cells[hole] = NULL;
		}
		pfree(spare);
	}
	pfree(cells);
	pfree(order);
	pfree(rank);
	return to.cube;
}

/*--- Checks ---*/

static bool
sum_fits(int128 sum, int64 lines, int64 largest)
{
	int128		bound = (int128) lines * largest;

	return sum <= bound && sum >= -bound;
}

/*
 * What is wrong with figures, or NULL.  As no count is above 2^61 and no
 * amount has more than 18 digits, what passes here can be added.
 */
static const char *
figures_fault(const SalesCube *cube, const CubeGrouping *grouping,
			  const CubeFigures *figures)
{
	const int64 *n = figures->counts;
	bool		has_period = false;

	for (int i = 0; i < grouping->nelements; i++)
		has_period |= CUBE_IS_PERIOD(grouping->elements[i]);
	for (int i = 0; i < CUBE_COUNTS; i++)
		if (n[i] < 0 || n[i] > n[COUNT_LINES] || n[i] > CUBE_MAX_LINES)
			return "A count is out of range.";
	if (n[COUNT_PRICED] > n[COUNT_ORDERS] ||
		n[COUNT_DISCOUNT_KNOWN] > n[COUNT_ORDERS] ||
		n[COUNT_DISCOUNTED] > n[COUNT_DISCOUNT_KNOWN] ||
		n[COUNT_BUYERS] > n[COUNT_CUSTOMERS] ||
		n[COUNT_SUBSCRIPTION_KNOWN] > n[COUNT_CUSTOMERS] ||
		n[COUNT_SUBSCRIBERS] > n[COUNT_SUBSCRIPTION_KNOWN] ||
		n[COUNT_WITH_AMOUNT] > n[COUNT_CUSTOMERS] ||
		n[COUNT_NEW] + n[COUNT_RETURNING] > n[COUNT_BUYERS] ||
		n[COUNT_ORDERS] + n[COUNT_RETURNS] == 0)
		if (n[COUNT_LINES] > 0)
			return "Its counts do not fit each other.";
	for (int i = 0; i < CUBE_SUMS; i++)
		if (!sum_fits(figures->sums[i], n[COUNT_LINES],
					  cube->largest[sum_measure(i)]))
			return "A sum does not fit the number of lines.";
	if (figures->sums[SUM_RETURNED] > 0 ||
		(n[COUNT_RETURNS] == 0) != (figures->sums[SUM_RETURNED] == 0) ||
		(n[COUNT_RATED] == 0 && figures->sums[SUM_RATING] != 0) ||
		(n[COUNT_WITH_QUANTITY] == 0 && figures->sums[SUM_QUANTITY] != 0) ||
		(n[COUNT_WITH_AMOUNT] == 0 &&
		 figures->sums[SUM_REVENUE] != figures->sums[SUM_OTHER_REVENUE]) ||
		(!has_period && (n[COUNT_NEW] != 0 || n[COUNT_RETURNING] != 0 ||
						 figures->sums[SUM_NEW_REVENUE] != 0 ||
						 figures->sums[SUM_RETURNING_REVENUE] != 0)) ||
		(cube->plan.window_days == 0 &&
		 (figures->sums[SUM_RECENT_REVENUE] != 0 ||
		  figures->sums[SUM_EARLIER_REVENUE] != 0)))
		return "A sum does not fit its counts.";
	if (figures->first == DT_NOEND ? figures->last != DT_NOBEGIN
		: !IS_VALID_TIMESTAMP(figures->first) ||
		!IS_VALID_TIMESTAMP(figures->last) ||
		figures->first > figures->last || n[COUNT_ORDERS] == 0)
		return "A time is out of range.";
	return NULL;
}

/* What is wrong with a key, or NULL. */
static const char *
key_fault(const SalesCube *cube, const CubeKey *key)
{
	const CubeGrouping *grouping;

	if (key->grouping < 0 || key->grouping >= cube->plan.ngroupings)
		return "A cell is of no grouping.";
	grouping = &cube->plan.groupings[key->grouping];
	for (int i = 0; i < CUBE_MAX_ELEMENTS; i++)
	{
		int			element = grouping->elements[i];
		int32		value = key->values[i];

		if (element == CUBE_NONE ? value == 0 : value == CUBE_NULL)
			continue;
		if (element == CUBE_NONE ||
			(element > 0 && value < -cube->ntexts) ||
			((element == CUBE_DISCOUNTED || element == CUBE_SUBSCRIBED) &&
			 (value < 0 || value > 1)) ||
			(element == CUBE_WEEKDAY && (value < 1 || value > 7)) ||
			(element == CUBE_HOUR && (value < 0 || value > 23)))
			return "A value of a cell is out of range.";
		/* the first period may begin before the first day */
		if (CUBE_IS_PERIOD(element) &&
			(value < DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE - 366 ||
			 value >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE ||
			 cube_period_start(cube_plan_calendar(&cube->plan), element,
							   value) != value))
			return "A period of a cell does not begin so.";
	}
	return NULL;
}

/*
 * What is wrong with an arm of a cell, or NULL.  Its figures are returned
 * with what is pending.
 */
static const char *
arm_fault(const SalesCube *cube, const CubeGrouping *grouping,
		  const CubeArm *arm, CubeFigures *settled)
{
	bool		pending = false;

	for (int i = 0; i < CUBE_PENDING; i++)
		pending |= arm->pending[i] != 0;
	if (arm->zero != 0 || (pending && grouping->statistics) ||
		(cube->nslots == 0 && (arm->order != 0 || arm->seen != 0 || pending)))
		return "A packed cell is in use.";
	if (grouping->statistics)
		return sales_stats_moments_fault(&arm->stats);
	*settled = arm->figures;
	if (pending)
	{
		/* so that it can be added */
		for (int i = COUNT_LINES; i <= COUNT_RATED; i++)
		{
			int64		count = arm->pending[PENDING_LINES + i - COUNT_LINES];

			if (count < 0 || count > CUBE_MAX_LINES ||
				settled->counts[i] < 0 || settled->counts[i] > CUBE_MAX_LINES)
				return "A count is out of range.";
		}
		for (int i = 0; i < PENDING_SUMS; i++)
			if (!sum_fits(settled->sums[i], CUBE_MAX_LINES, AMOUNT_LIMIT))
				return "A sum does not fit the number of lines.";
		cube_figures_settle(settled, arm->pending);
	}
	return figures_fault(cube, grouping, settled);
}

static const char *
cell_fault(const SalesCube *cube, const CubeCell *cell)
{
	const char *fault = key_fault(cube, &cell->key);
	const CubeGrouping *grouping;
	CubeFigures figures[CUBE_ARMS];

	if (fault != NULL)
		return fault;
	grouping = &cube->plan.groupings[cell->key.grouping];
	for (int arm = 0; arm < cube->narms && fault == NULL; arm++)
		fault = arm_fault(cube, grouping, &cell->arms[arm], &figures[arm]);
	if (fault != NULL)
		return fault;
	if (grouping->statistics)
	{
		int64		rows = 0;

		for (int i = 0; i < SALES_ARMS; i++)
		{
			int64		count = cell->arms[CUBE_WHOLE].stats.arms[i].count;

			if (cube->narms > 1 &&
				cell->arms[CUBE_SELECTED].stats.arms[i].count > count)
				return "More is selected than there is.";
			rows |= count;
		}
		return rows == 0 ? "A cell has no lines." : NULL;
	}
	if (figures[CUBE_WHOLE].counts[COUNT_LINES] == 0)
		return "A cell has no lines.";
	for (int i = 0; i < CUBE_COUNTS && cube->narms > 1; i++)
		if (figures[CUBE_SELECTED].counts[i] > figures[CUBE_WHOLE].counts[i])
			return "More is selected than there is.";
	return NULL;
}

/*
 * What is wrong with a cube, or NULL.  Every cube from outside passes here:
 * what is stored, sent or typed.
 */
const char *
sales_cube_check(SalesCube *cube)
{
	Size		size = VARSIZE(cube);
	const char *fault;
	CubeView	view;
	Size		part;

	if (size < sizeof(SalesCube) || !VARATT_IS_4B_U(&cube->plan) ||
		VARSIZE(&cube->plan) > size - offsetof(SalesCube, plan))
		return "It is shorter than its header.";
	if (cube->version != SALES_CUBE_VERSION)
		return "Its version is not known.";
	fault = cube_plan_fault(&cube->plan);
	if (fault != NULL)
		return fault;
	if (cube->narms != (cube->plan.nfilters > 0 ? 2 : 1) ||
		cube->zero[0] != 0 || cube->zero[1] != 0 || cube->zero[2] != 0)
		return "Its header is out of range.";
	for (int i = 0; i < CUBE_MEASURES; i++)
		if (cube->scales[i] > AMOUNT_MAX_SCALE || cube->largest[i] < 0 ||
			!amount_in_range(cube->largest[i]))
			return "Its amounts are out of range.";
	if (cube->ncells < 0 || cube->ncells > cube->max_cells ||
		cube->ntexts < 0 || cube->ntexts > cube->max_texts ||
		cube->text_bytes < 0 || cube->text_bytes > cube->max_text_bytes ||
		(cube->nslots == 0 ? cube->ncells != cube->max_cells ||
		 cube->ntexts != cube->max_texts ||
		 cube->text_bytes != cube->max_text_bytes || cube->serial != 0 ||
		 cube->pending != 0 || cube->id != 0
		 : cube->nslots < 0 ||
		 (int64) cube->nslots != 2 * (int64) cube->max_cells))
		return "Its parts do not fit each other.";
	if (layout(cube, &part, &part, &part, &part, &part) != size)
		return "It has not the size of its parts.";
	sales_cube_view(cube, &view);
	for (int32 i = 0; i < cube->ntexts; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (view.text_offsets[i] > (uint32) cube->text_bytes ||
			view.text_offsets[i] < (i == 0 ? 0 : view.text_offsets[i - 1]) ||
			(i == 0 && view.text_offsets[i] != 0))
			return "Its texts are not in their places.";
	}
	for (int32 i = 1; i < cube->ntexts && cube->nslots == 0; i++)
	{
		int32		before = i - 1;

		if (compare_text_numbers(&before, &i, &view) >= 0)
			return "Its texts are not in order.";
	}
	for (int32 i = 0; i < cube->ncells; i++)
	{
		const CubeCell *cell = cube_cell(&view, i);

		CHECK_FOR_INTERRUPTS();
		fault = cell_fault(cube, cell);
		if (fault != NULL)
			return fault;
		if (cube->nslots == 0 && i > 0 &&
			compare_keys(&cube->plan, &cube_cell(&view, i - 1)->key,
						 &cell->key) >= 0)
			return "Its cells are not in order.";
	}
	return NULL;
}

/* A cube from outside, detoasted and checked. */
SalesCube *
sales_cube_get(Datum value)
{
	SalesCube  *cube = (SalesCube *) PG_DETOAST_DATUM(value);
	const char *fault = sales_cube_check(cube);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid sales_cube"),
				 errdetail("%s", fault)));
	return cube;
}

/*--- Merging ---*/

static void
check_same_plan(const CubePlan *a, const CubePlan *b)
{
	if (VARSIZE(a) != VARSIZE(b) || memcmp(a, b, VARSIZE(a)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sales_cube values of different plans cannot be added"),
				 errhint("Give sales_cube() the same plan in every row.")));
}

/*
 * Makes a cube that may grow ready for cells of another one: its decimals and
 * texts.
 */
void
sales_cube_source(CubeView *to, SalesCube *cube, CubeSource *source)
{
	source->texts = palloc(Max(cube->ntexts, 1) * sizeof(int32));
	sales_cube_view(cube, &source->view);
	for (int i = 0; i < CUBE_MEASURES; i++)
	{
		int64		largest = cube->largest[i];

		if (cube->scales[i] > to->cube->scales[i])
			sales_cube_rescale(to, i, cube->scales[i]);
		source->scales[i] = to->cube->scales[i];
		if (!amount_rescale(&largest, cube->scales[i], source->scales[i]))
			amount_too_large();
		to->cube->largest[i] = Max(to->cube->largest[i], largest);
	}
	for (int32 i = 0; i < cube->ntexts; i++)
	{
		int			length;
		const char *text = cube_text(&source->view, i, &length);

		CHECK_FOR_INTERRUPTS();
		source->texts[i] = (int32) sales_cube_add_text(to, text, length);
	}
}

/* The cell of a grouping with the values of a cell of the other cube. */
CubeCell *
sales_cube_target(CubeView *to, const CubeSource *source,
				  const CubeCell *cell, int grouping)
{
	CubeKey		key = cell->key;
	const CubeGrouping *elements = &to->cube->plan.groupings[grouping];

	key.grouping = grouping;
	for (int e = 0; e < elements->nelements; e++)
		if (elements->elements[e] > 0 && key.values[e] < 0 &&
			key.values[e] != CUBE_NULL)
			key.values[e] = -1 - source->texts[-1 - key.values[e]];
	return cube_cell(to, sales_cube_cell(to, &key));
}

/* The figures of an arm of the other cube, with the decimals of this one. */
void
cube_source_figures(const CubeSource *source, const CubeArm *arm,
					CubeFigures *figures)
{
	CubeArm		scaled = *arm;

	settle_arm(&scaled);
	for (int i = 0; i < CUBE_SUMS; i++)
	{
		int			measure = sum_measure(i);
		int			from = source->view.cube->scales[measure];

		if (from < source->scales[measure])
			scaled.figures.sums[i] =
				amount_sum_rescale(scaled.figures.sums[i], from,
								   source->scales[measure]);
	}
	*figures = scaled.figures;
}

/* Adds another cube to one that may grow. */
static SalesCube *
cube_merge(SalesCube *cube, SalesCube *other)
{
	CubeView	to;
	CubeSource	from;

	check_same_plan(&cube->plan, &other->plan);
	sales_cube_view(cube, &to);
	sales_cube_source(&to, other, &from);
	for (int32 i = 0; i < other->ncells; i++)
	{
		const CubeCell *source = cube_cell(&from.view, i);
		int			grouping = source->key.grouping;
		CubeCell   *cell;

		CHECK_FOR_INTERRUPTS();
		cell = sales_cube_target(&to, &from, source, grouping);
		for (int arm = 0; arm < other->narms; arm++)
		{
			CubeFigures more;

			if (other->plan.groupings[grouping].statistics)
			{
				sales_stats_merge(&cell->arms[arm].stats,
								  &source->arms[arm].stats);
				continue;
			}
			cube_source_figures(&from, &source->arms[arm], &more);
			cube_figures_add(&cell->arms[arm].figures, &more);
		}
	}
	pfree(from.texts);
	return to.cube;
}

/*--- Functions ---*/

/* The cube that a transition function may change. */
static SalesCube *
transition_cube(FunctionCallInfo fcinfo)
{
	SalesCube  *cube;

	if (AggCheckCallContext(fcinfo, NULL))
	{
		cube = (SalesCube *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
		return cube->nslots > 0 ? cube : sales_cube_thaw(cube);
	}
	return sales_cube_thaw(sales_cube_get(PG_GETARG_DATUM(0)));
}

Datum
pt_sales_cube_combine(PG_FUNCTION_ARGS)
{
	SalesCube  *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = sales_cube_get(PG_GETARG_DATUM(1));
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(sales_cube_thaw(other));
	PG_RETURN_POINTER(cube_merge(transition_cube(fcinfo), other));
}

/* rollup(sales_cube): combine under the name of a transition function. */
Datum
pt_sales_cube_rollup(PG_FUNCTION_ARGS)
{
	return pt_sales_cube_combine(fcinfo);
}

Datum
pt_sales_cube_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(sales_cube_pack(sales_cube_get(PG_GETARG_DATUM(0))));
}

/* The operator +: the customers of both. */
Datum
pt_sales_cube_add(PG_FUNCTION_ARGS)
{
	SalesCube  *sum = sales_cube_thaw(sales_cube_get(PG_GETARG_DATUM(0)));

	sum = cube_merge(sum, sales_cube_get(PG_GETARG_DATUM(1)));
	PG_RETURN_POINTER(sales_cube_pack(sum));
}

/* A cube as it is compared. */
static SalesCube *
packed_argument(FunctionCallInfo fcinfo, int arg)
{
	SalesCube  *cube = sales_cube_get(PG_GETARG_DATUM(arg));

	return cube->nslots > 0 ? sales_cube_pack(cube) : cube;
}

static bool
cubes_equal(FunctionCallInfo fcinfo)
{
	SalesCube  *a = packed_argument(fcinfo, 0);
	SalesCube  *b = packed_argument(fcinfo, 1);

	return VARSIZE(a) == VARSIZE(b) && memcmp(a, b, VARSIZE(a)) == 0;
}

Datum
pt_sales_cube_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cubes_equal(fcinfo));
}

Datum
pt_sales_cube_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!cubes_equal(fcinfo));
}

Datum
pt_sales_cube_hash(PG_FUNCTION_ARGS)
{
	SalesCube  *cube = packed_argument(fcinfo, 0);

	PG_RETURN_UINT32(hash_bytes((const unsigned char *) cube,
								(int) VARSIZE(cube)));
}
