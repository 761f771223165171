/*-------------------------------------------------------------------------
 *
 * clv_holdout.c
 *		What models expect of customers, beside what came.
 *
 * clv_holdout sums predictions and what came after them by the number of
 * repeat purchases; clv_grid sums chances by that number and the time since
 * the last purchase.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "array.h"
#include "clv_judge.h"

PG_FUNCTION_INFO_V1(pt_clv_holdout_accum);
PG_FUNCTION_INFO_V1(pt_clv_holdout_accum_history);
PG_FUNCTION_INFO_V1(pt_clv_holdout_combine);
PG_FUNCTION_INFO_V1(pt_clv_holdout_final);
PG_FUNCTION_INFO_V1(pt_clv_grid_accum);
PG_FUNCTION_INFO_V1(pt_clv_grid_accum_history);
PG_FUNCTION_INFO_V1(pt_clv_grid_combine);
PG_FUNCTION_INFO_V1(pt_clv_grid_final);

/* Customers with 0 to 6 repeat purchases, and with more, as in the papers. */
#define GROUPS			8

#define MOST_EDGES		100

static int
group_of(double x)
{
	return x < GROUPS - 1 ? (int) x : GROUPS - 1;
}

/*--- Calibration and holdout ---*/

enum
{
	PREDICTED,
	ACTUAL,
	DISTANCE,
	SQUARE,
	PREDICTED_SQUARE,
	ACTUAL_SQUARE,
	PRODUCT,
	HOLDOUT_SUMS
};

typedef struct HoldoutGroup
{
	int64		customers;
	double		least[2];		/* predicted, actual */
	double		most[2];
	int128		sums[HOLDOUT_SUMS];
} HoldoutGroup;

typedef struct HoldoutState
{
	Judge		head;
	int64		left_out;
	HoldoutGroup groups[GROUPS];
} HoldoutState;

static HoldoutState *
holdout_argument(FunctionCallInfo fcinfo, int arg)
{
	HoldoutState *state;

	state = (HoldoutState *) judge_argument(fcinfo, arg, JUDGE_HOLDOUT,
											sizeof(HoldoutState));
	if (VARSIZE(state) != sizeof(HoldoutState) || state->left_out < 0)
		judge_bad_state(JUDGE_HOLDOUT);
	for (int i = 0; i < GROUPS; i++)
	{
		if (state->groups[i].customers < 0)
			judge_bad_state(JUDGE_HOLDOUT);
	}
	return state;
}

static void
add_prediction(HoldoutGroup *group, double predicted, double actual)
{
	double		error = predicted - actual;
	double		values[2] = {predicted, actual};

	for (int i = 0; i < 2; i++)
	{
		if (group->customers == 0 || values[i] < group->least[i])
			group->least[i] = values[i];
		if (group->customers == 0 || values[i] > group->most[i])
			group->most[i] = values[i];
	}
	group->customers++;
	judge_add(&group->sums[PREDICTED], predicted);
	judge_add(&group->sums[ACTUAL], actual);
	judge_add(&group->sums[DISTANCE], fabs(error));
	judge_add(&group->sums[SQUARE], error * error);
	judge_add(&group->sums[PREDICTED_SQUARE], predicted * predicted);
	judge_add(&group->sums[ACTUAL_SQUARE], actual * actual);
	judge_add(&group->sums[PRODUCT], predicted * actual);
}

static void
merge_group(HoldoutGroup *group, const HoldoutGroup *other)
{
	if (other->customers == 0)
		return;
	for (int i = 0; i < 2; i++)
	{
		if (group->customers == 0 || other->least[i] < group->least[i])
			group->least[i] = other->least[i];
		if (group->customers == 0 || other->most[i] > group->most[i])
			group->most[i] = other->most[i];
	}
	group->customers += other->customers;
	judge_merge_sums(group->sums, other->sums, HOLDOUT_SUMS);
}

static HoldoutState *
holdout_state(HoldoutState *state, const ClvModel *model, Timestamp from,
			  Timestamp until)
{
	if (state != NULL)
		return state;
	return (HoldoutState *) judge_create(JUDGE_HOLDOUT, sizeof(HoldoutState),
									  model, from, until);
}

static void
predict(HoldoutState *state, const ClvModel *model,
		const ClvCustomer *customer, double actual, double horizon)
{
	ClvParameters parameters = clv_model_parameters(model);
	double		predicted = clv_expected(&parameters, customer, horizon,
										 clv_pause);

	if (isfinite(predicted))
		add_prediction(&state->groups[group_of(customer->x)],
					   judge_prediction(predicted), actual);
	else
		state->left_out++;
}

/* (state, model, x, t_x, t, actual, horizon) */
Datum
pt_clv_holdout_accum(PG_FUNCTION_ARGS)
{
	HoldoutState *state = PG_ARGISNULL(0) ? NULL : holdout_argument(fcinfo, 0);
	const ClvModel *model;
	ClvCustomer customer;
	double		horizon;
	double		actual;

	if (PG_ARGISNULL(1))
		RETURN_STATE(state);
	model = judge_row_model(fcinfo, (Judge *) state);
	judge_check_same((Judge *) state, model, DT_NOBEGIN, DT_NOBEGIN);
	if (!clv_model_known(model))
		RETURN_STATE(state);
	state = holdout_state(state, model, DT_NOBEGIN, DT_NOBEGIN);
	for (int i = 2; i <= 6; i++)
	{
		if (PG_ARGISNULL(i))
		{
			state->left_out++;
			RETURN_STATE(state);
		}
	}
	customer.x = (double) PG_GETARG_INT64(2);
	customer.tx = PG_GETARG_FLOAT8(3);
	customer.t = PG_GETARG_FLOAT8(4);
	clv_check_customer(model, &customer);
	actual = (double) PG_GETARG_INT64(5);
	if (!(actual >= 0 && actual <= JUDGE_MOST_PURCHASES))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the purchases of the holdout must be between 0 and %.0f",
						JUDGE_MOST_PURCHASES),
				 errdetail("They are %.0f.", actual)));
	horizon = clv_horizon_argument(fcinfo, 6, model);
	predict(state, model, &customer, actual, horizon);
	RETURN_STATE(state);
}

/* (state, model, history, calibration_end, holdout_end) */
Datum
pt_clv_holdout_accum_history(PG_FUNCTION_ARGS)
{
	HoldoutState *state = PG_ARGISNULL(0) ? NULL : holdout_argument(fcinfo, 0);
	const ClvModel *model;
	ClvCustomer customer;
	Timestamp	from;
	Timestamp	until;
	double		horizon;
	double		actual;

	if (PG_ARGISNULL(1))
		RETURN_STATE(state);
	from = judge_moment(fcinfo, 3, "calibration_end");
	until = judge_moment(fcinfo, 4, "holdout_end");
	model = judge_row_model(fcinfo, (Judge *) state);
	judge_check_same((Judge *) state, model, from, until);
	judge_unit(model);
	if (!clv_model_known(model))
		RETURN_STATE(state);
	if (PG_ARGISNULL(2))
	{
		state = holdout_state(state, model, from, until);
		state->left_out++;
	}
	else if (history_holdout(PG_GETARG_DATUM(2), from, until,
							 judge_merge(model), judge_unit(model),
							 &customer, &actual, &horizon))
	{
		if (horizon > CLV_MOST_HORIZON)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the holdout must not be longer than 1000000 units of the model")));
		clv_check_customer(model, &customer);
		state = holdout_state(state, model, from, until);
		predict(state, model, &customer, actual, horizon);
	}
	RETURN_STATE(state);
}

Datum
pt_clv_holdout_combine(PG_FUNCTION_ARGS)
{
	HoldoutState *state;
	HoldoutState *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = holdout_argument(fcinfo, 1);
	if (PG_ARGISNULL(0))
		RETURN_STATE(other);
	state = holdout_argument(fcinfo, 0);
	judge_check_same((Judge *) state, &other->head.model, other->head.from,
			   other->head.until);
	state->left_out += other->left_out;
	for (int i = 0; i < GROUPS; i++)
		merge_group(&state->groups[i], &other->groups[i]);
	RETURN_STATE(state);
}

/* NaN where either is the same for all. */
static double
correlation(const HoldoutGroup *group)
{
	double		n = (double) group->customers;
	double		predicted = judge_value(group->sums[PREDICTED]);
	double		actual = judge_value(group->sums[ACTUAL]);
	double		square[2] = {
		judge_value(group->sums[PREDICTED_SQUARE]),
		judge_value(group->sums[ACTUAL_SQUARE])
	};
	double		variance[2] = {
		square[0] - predicted * predicted / n, square[1] - actual * actual / n
	};
	double		both = judge_value(group->sums[PRODUCT]) - predicted * actual / n;

	for (int i = 0; i < 2; i++)
	{
		/* what rounding leaves of a constant is no variance */
		if (group->least[i] == group->most[i] ||
			!(variance[i] > 1e-13 * square[i] + n * 1e-12))
			return NAN;
	}
	return Max(-1, Min(1, both / sqrt(variance[0] * variance[1])));
}

static void
holdout_row(AnswerRows *answer, const HoldoutGroup *group, int x,
			int64 left_out)
{
	double		n = (double) group->customers;
	double		predicted = judge_value(group->sums[PREDICTED]);
	double		actual = judge_value(group->sums[ACTUAL]);

	answer_put(answer, Int32GetDatum(x), x < 0);
	answer_put(answer, BoolGetDatum(x == GROUPS - 1), x < 0);
	answer_put(answer, Int64GetDatum(group->customers), false);
	answer_double(answer, predicted);
	answer_put(answer, Int64GetDatum((int64) actual), false);
	answer_double(answer, predicted / n);
	answer_double(answer, actual / n);
	answer_double(answer, predicted / actual - 1);
	answer_double(answer, judge_value(group->sums[DISTANCE]) / n);
	answer_double(answer, sqrt(judge_value(group->sums[SQUARE]) / n));
	answer_double(answer, group->customers == 0 ? NAN : correlation(group));
	answer_put(answer, Int64GetDatum(left_out), x >= 0);
	answer_row(answer);
}

Datum
pt_clv_holdout_final(PG_FUNCTION_ARGS)
{
	HoldoutState *state = holdout_argument(fcinfo, 0);
	HoldoutGroup all;
	AnswerRows	answer;

	memset(&all, 0, sizeof(all));
	answer_begin(fcinfo, &answer);
	for (int i = 0; i < GROUPS; i++)
	{
		if (state->groups[i].customers > 0)
			holdout_row(&answer, &state->groups[i], i, 0);
		merge_group(&all, &state->groups[i]);
	}
	holdout_row(&answer, &all, -1, state->left_out);
	PG_RETURN_DATUM(answer_end(&answer));
}

/*--- Chances by recency and frequency ---*/

typedef struct GridCell
{
	int64		customers;
	int64		unused;
	int128		sums[2];		/* alive, expected purchases */
} GridCell;

/* Behind the cells (of each group, one more than edges) are the edges. */
typedef struct GridState
{
	Judge		head;
	double		horizon;
	int32		edges;
	int32		unused;
	GridCell	cells[FLEXIBLE_ARRAY_MEMBER];
} GridState;

#define GRID_CELLS(edges)	(GROUPS * ((edges) + 1))
#define GRID_SIZE(edges) \
	(offsetof(GridState, cells) + sizeof(GridCell) * GRID_CELLS(edges) + \
	 sizeof(double) * (edges))

static double *
grid_edges(GridState *state)
{
	return (double *) &state->cells[GRID_CELLS(state->edges)];
}

/* Edges ascend, above 0. */
static bool
good_edges(const double *edges, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (!(edges[i] > (i == 0 ? 0 : edges[i - 1])) ||
			edges[i] > CLV_MOST_TIME)
			return false;
	}
	return true;
}

static GridState *
grid_argument(FunctionCallInfo fcinfo, int arg)
{
	GridState  *state;

	state = (GridState *) judge_argument(fcinfo, arg, JUDGE_GRID,
										 offsetof(GridState, cells));
	if (state->edges < 1 || state->edges > MOST_EDGES || state->unused != 0 ||
		VARSIZE(state) != GRID_SIZE(state->edges) ||
		!(state->horizon >= 0 && state->horizon <= CLV_MOST_HORIZON) ||
		!good_edges(grid_edges(state), state->edges))
		judge_bad_state(JUDGE_GRID);
	return state;
}

static void
check_same_grid(const GridState *state, double horizon, const double *edges,
				int n)
{
	if (state->horizon != horizon || state->edges != n ||
		memcmp(grid_edges((GridState *) state), edges, sizeof(double) * n) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("horizon and edges must be the same for all customers of clv_grid")));
}

/* horizon and edges, from an argument on; a new state where there is none */
static GridState *
grid_state(FunctionCallInfo fcinfo, int arg, GridState *state,
		   const ClvModel *model, Timestamp as_of)
{
	double		horizon;
	const double *edges;
	int			n;

	if (PG_ARGISNULL(arg) || PG_ARGISNULL(arg + 1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("horizon and edges must not be NULL")));
	horizon = clv_horizon_argument(fcinfo, arg, model);
	edges = float8_elements(PG_GETARG_ARRAYTYPE_P(arg + 1), "edges", &n);
	if (state != NULL)
	{
		check_same_grid(state, horizon, edges, n);
		return state;
	}
	if (n < 1 || n > MOST_EDGES || !good_edges(edges, n))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("edges must be 1 to %d numbers above 0 that ascend",
						MOST_EDGES),
				 errdetail("They are times since the last purchase, in units of the model.")));
	state = (GridState *) judge_create(JUDGE_GRID, GRID_SIZE(n), model, as_of,
									DT_NOBEGIN);
	state->horizon = horizon;
	state->edges = n;
	memcpy(grid_edges(state), edges, sizeof(double) * n);
	return state;
}

static void
add_to_grid(GridState *state, const ClvModel *model,
			const ClvCustomer *customer)
{
	ClvParameters parameters = clv_model_parameters(model);
	const double *edges = grid_edges(state);
	double		alive = clv_alive(&parameters, customer, clv_pause);
	double		expected = clv_expected(&parameters, customer, state->horizon,
										clv_pause);
	double		since = customer->t - customer->tx;
	GridCell   *cell;
	int			column = 0;

	if (!isfinite(alive) || !isfinite(expected))
		return;
	/* a difference of two times on an edge may be a little below it */
	while (column < state->edges &&
		   since >= edges[column] - 1e-9 * Max(customer->t, edges[column]))
		column++;
	cell = &state->cells[group_of(customer->x) * (state->edges + 1) + column];
	cell->customers++;
	judge_add(&cell->sums[0], alive);
	judge_add(&cell->sums[1], judge_prediction(expected));
}

/* (state, model, x, t_x, t, horizon, edges) */
Datum
pt_clv_grid_accum(PG_FUNCTION_ARGS)
{
	GridState  *state = PG_ARGISNULL(0) ? NULL : grid_argument(fcinfo, 0);
	const ClvModel *model;
	ClvCustomer customer;

	if (PG_ARGISNULL(1))
		RETURN_STATE(state);
	model = judge_row_model(fcinfo, (Judge *) state);
	judge_check_same((Judge *) state, model, DT_NOBEGIN, DT_NOBEGIN);
	if (!clv_model_known(model))
		RETURN_STATE(state);
	state = grid_state(fcinfo, 5, state, model, DT_NOBEGIN);
	if (PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(4))
		RETURN_STATE(state);
	customer.x = (double) PG_GETARG_INT64(2);
	customer.tx = PG_GETARG_FLOAT8(3);
	customer.t = PG_GETARG_FLOAT8(4);
	clv_check_customer(model, &customer);
	add_to_grid(state, model, &customer);
	RETURN_STATE(state);
}

/* (state, model, history, as_of, horizon, edges) */
Datum
pt_clv_grid_accum_history(PG_FUNCTION_ARGS)
{
	GridState  *state = PG_ARGISNULL(0) ? NULL : grid_argument(fcinfo, 0);
	const ClvModel *model;
	ClvCustomer customer;
	Timestamp	as_of;

	if (PG_ARGISNULL(1))
		RETURN_STATE(state);
	as_of = judge_moment(fcinfo, 3, "as_of");
	model = judge_row_model(fcinfo, (Judge *) state);
	judge_check_same((Judge *) state, model, as_of, DT_NOBEGIN);
	judge_unit(model);
	if (!clv_model_known(model))
		RETURN_STATE(state);
	state = grid_state(fcinfo, 4, state, model, as_of);
	if (!PG_ARGISNULL(2) &&
		history_repeats(PG_GETARG_DATUM(2), as_of, judge_merge(model),
						judge_unit(model), &customer, NULL))
	{
		clv_check_customer(model, &customer);
		add_to_grid(state, model, &customer);
	}
	RETURN_STATE(state);
}

Datum
pt_clv_grid_combine(PG_FUNCTION_ARGS)
{
	GridState  *state;
	GridState  *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = grid_argument(fcinfo, 1);
	if (PG_ARGISNULL(0))
		RETURN_STATE(other);
	state = grid_argument(fcinfo, 0);
	judge_check_same((Judge *) state, &other->head.model, other->head.from,
			   other->head.until);
	check_same_grid(state, other->horizon, grid_edges(other), other->edges);
	for (int i = 0; i < GRID_CELLS(state->edges); i++)
	{
		state->cells[i].customers += other->cells[i].customers;
		judge_merge_sums(state->cells[i].sums, other->cells[i].sums, 2);
	}
	RETURN_STATE(state);
}

Datum
pt_clv_grid_final(PG_FUNCTION_ARGS)
{
	GridState  *state = grid_argument(fcinfo, 0);
	const double *edges = grid_edges(state);
	AnswerRows	answer;

	answer_begin(fcinfo, &answer);
	for (int i = 0; i < GRID_CELLS(state->edges); i++)
	{
		const GridCell *cell = &state->cells[i];
		int			x = i / (state->edges + 1);
		int			column = i % (state->edges + 1);

		if (cell->customers == 0)
			continue;
		answer_put(&answer, Int32GetDatum(x), false);
		answer_put(&answer, BoolGetDatum(x == GROUPS - 1), false);
		answer_double(&answer, column == 0 ? 0 : edges[column - 1]);
		answer_double(&answer, column == state->edges ? NAN : edges[column]);
		answer_put(&answer, Int64GetDatum(cell->customers), false);
		answer_double(&answer, judge_value(cell->sums[0]) / cell->customers);
		answer_double(&answer, judge_value(cell->sums[1]) / cell->customers);
		answer_row(&answer);
	}
	PG_RETURN_DATUM(answer_end(&answer));
}
