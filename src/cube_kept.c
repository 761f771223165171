/*-------------------------------------------------------------------------
 *
 * cube_kept.c
 *		Cubes of a kept mart: what all customers add up to, without a pass.
 *
 * A kept mart has a cube for each grouping that its views ask for, a part, of
 * all its kept customers.  When customers change, what they were is taken away
 * and what they are is added: counts and sums of customers are exact, so
 * nothing is lost.  The smallest and largest amount could not be taken away,
 * so statistics are without.  Nor can the times of the first and last purchase:
 * where they are in doubt, a cell has none, and the total is not known.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "array.h"
#include "compat.h"
#include "cube.h"

PG_FUNCTION_INFO_V1(pt_cube_plan_parts);
PG_FUNCTION_INFO_V1(pt_cube_plan_of_parts);
PG_FUNCTION_INFO_V1(pt_cube_parts);
PG_FUNCTION_INFO_V1(pt_cube_of_parts);

/*--- Plans ---*/

static bool
has_period(const CubeGrouping *grouping)
{
	for (int i = 0; i < grouping->nelements; i++)
		if (grouping->elements[i] == CUBE_PERIOD)
			return true;
	return false;
}

/* What does not add up, or depends on the moment, has no parts. */
static bool
plan_has_parts(const CubePlan *plan)
{
	return plan->nfilters == 0 && plan->window_days == 0;
}

/* The plan of one grouping. */
static CubePlan *
part_plan(const CubePlan *plan, int grouping)
{
	CubePlan   *part = cube_plan_create(1, 0, 0);

	part->groupings[0] = plan->groupings[grouping];
	return has_period(&part->groupings[0]) ?
		cube_plan_set_calendar(part, cube_plan_calendar(plan)) : part;
}

static bool
same_plan(const CubePlan *a, const CubePlan *b)
{
	return VARSIZE(a) == VARSIZE(b) && memcmp(a, b, VARSIZE(a)) == 0;
}

static Datum
plan_text(const CubePlan *plan)
{
	StringInfoData buf;

	initStringInfo(&buf);
	cube_plan_out(&buf, plan);
	return PointerGetDatum(cstring_to_text_with_len(buf.data, buf.len));
}

Datum
pt_cube_plan_parts(PG_FUNCTION_ARGS)
{
	const CubePlan *plan = cube_plan_get(PG_GETARG_DATUM(0));
	Datum	   *texts = palloc(Max(plan->ngroupings, 1) * sizeof(Datum));

	if (!plan_has_parts(plan))
		PG_RETURN_NULL();
	for (int i = 0; i < plan->ngroupings; i++)
		texts[i] = plan_text(part_plan(plan, i));
	PG_RETURN_ARRAYTYPE_P(construct_array(texts, plan->ngroupings, TEXTOID, -1,
										  false, TYPALIGN_INT));
}

static pg_noinline void
no_part(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a part of a cube_plan has one grouping, and all have the same calendar")));
}

Datum
pt_cube_plan_of_parts(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	int			n = element_count(array, "parts");
	CubePlan   *plan;
	const CubePlan *dated = NULL;

	if (n > CUBE_MAX_GROUPINGS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a cube_plan has at most %d groupings",
						CUBE_MAX_GROUPINGS)));
	plan = cube_plan_create(n, 0, 0);
	for (int i = 0; i < n; i++)
	{
		char	   *input = text_to_cstring(text_element(array, i));
		Datum		value = DirectFunctionCall1(pt_cube_plan_in,
												CStringGetDatum(input));
		const CubePlan *part = (const CubePlan *) DatumGetPointer(value);

		if (part->ngroupings != 1 || !plan_has_parts(part))
			no_part();
		plan->groupings[i] = part->groupings[0];
		if (!has_period(&part->groupings[0]))
			continue;
		if (dated != NULL && !calendar_same(cube_plan_calendar(dated),
											cube_plan_calendar(part)))
			no_part();
		dated = part;
	}
	if (dated != NULL)
		plan = cube_plan_set_calendar(plan, cube_plan_calendar(dated));
	PG_RETURN_POINTER(plan);
}

/*--- Cutting ---*/

/* The cells of one grouping as a cube of their own. */
static SalesCube *
cut_part(SalesCube *cube, int grouping, const CubePlan *plan)
{
	CubeView	to;
	CubeView	from;

	sales_cube_view(sales_cube_create(plan), &to);
	memcpy(to.cube->scales, cube->scales, sizeof(cube->scales));
	memcpy(to.cube->largest, cube->largest, sizeof(cube->largest));
	sales_cube_view(cube, &from);
	for (int32 i = 0; i < cube->ncells; i++)
	{
		const CubeCell *source = cube_cell(&from, i);
		CubeKey		key = source->key;
		CubeCell   *cell;

		CHECK_FOR_INTERRUPTS();
		if (key.grouping != grouping)
			continue;
		key.grouping = 0;
		for (int e = 0; e < plan->groupings[0].nelements; e++)
			if (plan->groupings[0].elements[e] > 0 && key.values[e] < 0 &&
				key.values[e] != CUBE_NULL)
			{
				int			length;
				const char *text = cube_text(&from, -1 - key.values[e],
											 &length);

				key.values[e] = -1 - (int32) sales_cube_add_text(&to, text,
																 length);
			}
		cell = cube_cell(&to, sales_cube_cell(&to, &key));
		cell->arms[CUBE_WHOLE] = source->arms[CUBE_WHOLE];
	}
	return sales_cube_pack(to.cube);
}

Datum
pt_cube_parts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SalesCube  *cube;
	MemoryContext context;
	MemoryContext old;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(1))
		return (Datum) 0;
	cube = PG_ARGISNULL(0) ? sales_cube_create(cube_plan_get(PG_GETARG_DATUM(1)))
		: sales_cube_get(PG_GETARG_DATUM(0));
	if (!plan_has_parts(&cube->plan) ||
		!same_plan(&cube->plan, cube_plan_get(PG_GETARG_DATUM(1))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a sales_cube with filters or windows, or of another plan, has no parts")));
	context = AllocSetContextCreate(CurrentMemoryContext, "sales_cube part",
									ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < cube->plan.ngroupings; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};
		CubePlan   *plan;
		SalesCube  *part;

		MemoryContextReset(context);
		old = MemoryContextSwitchTo(context);
		plan = part_plan(&cube->plan, i);
		part = cut_part(cube, i, plan);
		values[0] = plan_text(plan);
		values[1] = PointerGetDatum(part);
		values[2] = Int32GetDatum(part->ncells);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextSwitchTo(old);
	}
	return (Datum) 0;
}

/*--- Joining ---*/

/*
 * While parts are joined, the bits of a cell say that the line with its first
 * or last time may have gone: the true first is not before the one that
 * stands there, the true last not after it.
 */
#define FIRST_IN_DOUBT	1
#define LAST_IN_DOUBT	2

static void
add_times(CubeArm *arm, const CubeFigures *more, bool is_new)
{
	CubeFigures *figures = &arm->figures;

	if (more->counts[COUNT_ORDERS] == 0)
		return;
	if (more->first == DT_NOEND)
	{
		/* in doubt already where it was kept: any time is possible */
		figures->first = DT_NOBEGIN;
		figures->last = DT_NOEND;
		arm->seen |= FIRST_IN_DOUBT | LAST_IN_DOUBT;
		return;
	}
	if (is_new || more->first <= figures->first)
	{
		figures->first = more->first;
		arm->seen &= ~FIRST_IN_DOUBT;
	}
	if (is_new || more->last >= figures->last)
	{
		figures->last = more->last;
		arm->seen &= ~LAST_IN_DOUBT;
	}
}

static void
take_times(CubeArm *arm, const CubeFigures *less)
{
	if (less->counts[COUNT_ORDERS] == 0)
		return;
	if (less->first <= arm->figures.first || less->first == DT_NOEND)
		arm->seen |= FIRST_IN_DOUBT;
	if (less->last >= arm->figures.last || less->first == DT_NOEND)
		arm->seen |= LAST_IN_DOUBT;
}

/* Adds the cells of one grouping to those of another one, or takes them away. */
static void
join_grouping(CubeView *to, SalesCube *cube, int from, int grouping, bool take)
{
	CubeSource	source;

	sales_cube_source(to, cube, &source);
	for (int32 i = 0; i < cube->ncells; i++)
	{
		const CubeCell *cell = cube_cell(&source.view, i);
		CubeFigures more;
		CubeArm    *arm;
		CubeFigures *figures;
		bool		is_new;

		CHECK_FOR_INTERRUPTS();
		if (cell->key.grouping != from)
			continue;
		arm = &sales_cube_target(to, &source, cell, grouping)->arms[CUBE_WHOLE];
		if (to->cube->plan.groupings[grouping].statistics)
		{
			sales_stats_join(&arm->stats, &cell->arms[CUBE_WHOLE].stats, take);
			continue;
		}
		cube_source_figures(&source, &cell->arms[CUBE_WHOLE], &more);
		figures = &arm->figures;
		is_new = figures->counts[COUNT_ORDERS] == 0;
		for (int n = 0; n < CUBE_COUNTS; n++)
			figures->counts[n] += take ? -more.counts[n] : more.counts[n];
		for (int n = 0; n < CUBE_SUMS; n++)
			figures->sums[n] += take ? -more.sums[n] : more.sums[n];
		if (take)
			take_times(arm, &more);
		else
			add_times(arm, &more, is_new);
	}
	pfree(source.texts);
}

/* A part goes to all groupings that are its own. */
static void
join_part(CubeView *to, const CubePlan **parts, bool *found, SalesCube *cube,
		  bool take)
{
	if (cube->plan.ngroupings != 1)
		no_part();
	for (int i = 0; i < to->cube->plan.ngroupings; i++)
		if (same_plan(parts[i], &cube->plan))
		{
			join_grouping(to, cube, 0, i, take);
			found[i] = true;
		}
}

/*
 * The cube without cells that have nothing left, and with no times where they
 * are in doubt; NULL if those of the total are, or if it cannot be a count of
 * anything.
 */
static SalesCube *
joined_cube(const CubeView *from)
{
	CubeView	to;
	SalesCube  *result;

	sales_cube_view(sales_cube_create(&from->cube->plan), &to);
	memcpy(to.cube->scales, from->cube->scales, sizeof(to.cube->scales));
	memcpy(to.cube->largest, from->cube->largest, sizeof(to.cube->largest));
	for (int i = 0; i < from->cube->ntexts; i++)
	{
		int			length;
		const char *text = cube_text(from, i, &length);

		CHECK_FOR_INTERRUPTS();
		sales_cube_add_text(&to, text, length);
	}
	for (int32 i = 0; i < from->cube->ncells; i++)
	{
		const CubeCell *source = cube_cell(from, i);
		CubeArm    *arm;

		CHECK_FOR_INTERRUPTS();
		if (to.cube->plan.groupings[source->key.grouping].statistics)
		{
			SalesStats	stats = source->arms[CUBE_WHOLE].stats;

			if (sales_stats_settle(&stats))
				cube_cell(&to, sales_cube_cell(&to, &source->key))->arms[CUBE_WHOLE].stats = stats;
			continue;
		}
		if (source->arms[CUBE_WHOLE].figures.counts[COUNT_LINES] == 0)
			continue;
		if (source->arms[CUBE_WHOLE].seen != 0 &&
			source->arms[CUBE_WHOLE].figures.counts[COUNT_ORDERS] > 0 &&
			to.cube->plan.groupings[source->key.grouping].nelements == 0)
			return NULL;
		arm = &cube_cell(&to, sales_cube_cell(&to, &source->key))->arms[CUBE_WHOLE];
		*arm = source->arms[CUBE_WHOLE];
		if (arm->seen != 0 || arm->figures.counts[COUNT_ORDERS] == 0)
		{
			arm->figures.first = DT_NOEND;
			arm->figures.last = DT_NOBEGIN;
		}
		arm->seen = 0;
	}
	result = sales_cube_pack(to.cube);
	return sales_cube_check(result) == NULL ? result : NULL;
}

/* The cubes of an array, or NULL if there is none. */
static int
cube_elements(FunctionCallInfo fcinfo, int arg, Datum **values, bool **nulls)
{
	int			n = 0;

	if (!PG_ARGISNULL(arg))
	{
		ArrayType  *array = PG_GETARG_ARRAYTYPE_P(arg);

		deconstruct_array(array, ARR_ELEMTYPE(array), -1, false,
						  TYPALIGN_DOUBLE, values, nulls, &n);
	}
	return n;
}

/* The customers that are pending, or NULL if there are none. */
static SalesCube *
pending_argument(FunctionCallInfo fcinfo, int arg, const CubePlan *plan)
{
	SalesCube  *cube;

	if (PG_ARGISNULL(arg))
		return NULL;
	cube = sales_cube_get(PG_GETARG_DATUM(arg));
	if (!same_plan(&cube->plan, plan))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a sales_cube has another plan")));
	return cube;
}

/* All groupings at once. */
static void
join_pending(CubeView *to, SalesCube *cube, bool take)
{
	if (cube != NULL)
		for (int i = 0; i < to->cube->plan.ngroupings; i++)
			join_grouping(to, cube, i, i, take);
}

Datum
pt_cube_of_parts(PG_FUNCTION_ARGS)
{
	const CubePlan *plan;
	const CubePlan **parts;
	bool	   *found;
	Datum	   *added,
			   *taken;
	bool	   *added_nulls,
			   *taken_nulls;
	SalesCube  *pending_added,
			   *pending_taken;
	int			n;
	CubeView	view;
	SalesCube  *result;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	plan = cube_plan_get(PG_GETARG_DATUM(0));
	pending_added = pending_argument(fcinfo, 3, plan);
	pending_taken = pending_argument(fcinfo, 4, plan);
	if (!plan_has_parts(plan))
		PG_RETURN_NULL();
	n = cube_elements(fcinfo, 1, &added, &added_nulls);
	if (n != cube_elements(fcinfo, 2, &taken, &taken_nulls))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be as many cubes to take away as to add")));
	parts = palloc(Max(plan->ngroupings, 1) * sizeof(CubePlan *));
	found = palloc0(Max(plan->ngroupings, 1) * sizeof(bool));
	for (int i = 0; i < plan->ngroupings; i++)
		parts[i] = part_plan(plan, i);
	sales_cube_view(sales_cube_create(plan), &view);

	/* first what customers were, then what they became: see add_times */
	for (int i = 0; i < n; i++)
	{
		if (!taken_nulls[i])
			join_part(&view, parts, found, sales_cube_get(taken[i]), true);
		if (!added_nulls[i])
			join_part(&view, parts, found, sales_cube_get(added[i]), false);
	}
	for (int i = 0; i < plan->ngroupings; i++)
		if (!found[i])
			PG_RETURN_NULL();
	join_pending(&view, pending_taken, true);
	join_pending(&view, pending_added, false);
	result = joined_cube(&view);
	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(result);
}
