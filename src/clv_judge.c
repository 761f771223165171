/*-------------------------------------------------------------------------
 *
 * clv_judge.c
 *		What models expect of customers, beside what came.
 *
 * Aggregates that ask a model about one customer after the other:
 * clv_holdout sums predictions and what came after them by the number of
 * repeat purchases, clv_grid chances by that number and the time since the
 * last purchase, clv_tracking counts purchases by day.  Sums are whole
 * multiples of 2^-40, so that no order of rows and no plan changes a digit.
 * The states are bytea, of the models that they ask and the sums.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "array.h"
#include "clv.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(pt_clv_holdout_accum);
PG_FUNCTION_INFO_V1(pt_clv_holdout_accum_history);
PG_FUNCTION_INFO_V1(pt_clv_holdout_combine);
PG_FUNCTION_INFO_V1(pt_clv_holdout_final);
PG_FUNCTION_INFO_V1(pt_clv_grid_accum);
PG_FUNCTION_INFO_V1(pt_clv_grid_accum_history);
PG_FUNCTION_INFO_V1(pt_clv_grid_combine);
PG_FUNCTION_INFO_V1(pt_clv_grid_final);
PG_FUNCTION_INFO_V1(pt_clv_tracking_accum);
PG_FUNCTION_INFO_V1(pt_clv_tracking_combine);
PG_FUNCTION_INFO_V1(pt_clv_tracking_final);

/* Customers with 0 to 6 repeat purchases, and with more, as in the papers. */
#define GROUPS			8

#define JUDGE_VERSION	1
#define MOST_PURCHASES	1e9		/* of one customer, expected or counted */
#define MOST_EDGES		100
#define MOST_DAYS		200000	/* from the first purchase on */
#define MOST_STEPS		10000

/*--- Sums ---*/

#define FIXED_BITS		40

static void
add_fixed(int128 *sum, double value)
{
	if (__builtin_add_overflow(*sum, (int128) rint(ldexp(value, FIXED_BITS)),
							   sum))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a sum of expected purchases is too large")));
}

static void
merge_sums(int128 *sums, const int128 *other, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (__builtin_add_overflow(sums[i], other[i], &sums[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("a sum of expected purchases is too large")));
	}
}

static double
fixed_value(int128 sum)
{
	return ldexp((double) sum, -FIXED_BITS);
}

/*--- What states have in common ---*/

typedef enum JudgeKind
{
	JUDGE_HOLDOUT = 1,
	JUDGE_GRID,
	JUDGE_TRACKING
} JudgeKind;

static const char *const judge_names[] = {
	"", "clv_holdout", "clv_grid", "clv_tracking"
};

typedef struct Judge
{
	int32		vl_len_;
	uint8		version;
	uint8		kind;			/* a JudgeKind */
	uint16		unused;
	ClvModel	model;
	Timestamp	from;			/* as_of, or the end of the calibration */
	Timestamp	until;			/* the end of the holdout; DT_NOBEGIN where
								 * there is none, as in from */
} Judge;

PT_NORETURN static void
bad_state(JudgeKind kind)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid state of %s", judge_names[kind])));
	pg_unreachable();
}

static bool
valid_moment(Timestamp at)
{
	return at == DT_NOBEGIN || IS_VALID_TIMESTAMP(at);
}

/*
 * A state that may be changed: that of the aggregate itself, or a copy.  In a
 * tuple of a worker it is not aligned for its numbers, so that is copied too.
 */
static Judge *
judge_argument(FunctionCallInfo fcinfo, int arg, JudgeKind kind, Size least)
{
	Datum		value = PG_GETARG_DATUM(arg);
	Judge	   *judge = (Judge *) DatumGetPointer(value);

	if (!(AggCheckCallContext(fcinfo, NULL) && VARATT_IS_4B_U(judge) &&
		  (uintptr_t) judge == MAXALIGN(judge) && arg == 0))
		judge = (Judge *) PG_DETOAST_DATUM_COPY(value);
	if (VARSIZE(judge) < least || judge->version != JUDGE_VERSION ||
		judge->kind != kind || judge->unused != 0 ||
		VARATT_IS_1B(&judge->model) ||
		clv_model_fault(&judge->model) != NULL ||
		clv_form((ClvKind) judge->model.kind) != CLV_TRANSACTIONS ||
		!valid_moment(judge->from) || !valid_moment(judge->until))
		bad_state(kind);
	return judge;
}

/* A new state of so many bytes, zero behind its head. */
static Judge *
new_judge(JudgeKind kind, Size size, const ClvModel *model, Timestamp from,
		  Timestamp until)
{
	Judge	   *judge = palloc0(size);

	SET_VARSIZE(judge, size);
	judge->version = JUDGE_VERSION;
	judge->kind = kind;
	judge->model = *model;
	judge->from = from;
	judge->until = until;
	return judge;
}

/* The model of this row; that of the rows before is known to be good. */
static const ClvModel *
row_model(FunctionCallInfo fcinfo, const Judge *judge)
{
	struct varlena *model = PG_DETOAST_DATUM(PG_GETARG_DATUM(1));

	if (judge != NULL && VARSIZE(model) == sizeof(ClvModel) &&
		memcmp(model, &judge->model, sizeof(ClvModel)) == 0)
		return &judge->model;
	return clv_model_of_form(fcinfo, 1, CLV_TRANSACTIONS);
}

static void
check_same(const Judge *judge, const ClvModel *model, Timestamp from,
		   Timestamp until)
{
	if (judge == NULL)
		return;
	if (model != &judge->model &&
		memcmp(model, &judge->model, sizeof(ClvModel)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the model must be the same for all customers of %s",
						judge_names[judge->kind]),
				 errhint("Group by what tells the models apart, for example their kind.")));
	if (judge->from != from || judge->until != until)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the moments must be the same for all customers of %s",
						judge_names[judge->kind])));
}

static Timestamp
moment_argument(FunctionCallInfo fcinfo, int arg, const char *name)
{
	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", name)));
	if (TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMP(arg)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be finite", name)));
	return PG_GETARG_TIMESTAMP(arg);
}

/* Of histories, a model must know the unit of its time. */
static Period
model_unit(const ClvModel *model)
{
	if (model->unit == CLV_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this model does not know its unit of time"),
				 errhint("Give it to clv_fit() or clv_model(), or x, t_x and T in place of a history.")));
	return (Period) model->unit;
}

static Period
model_merge(const ClvModel *model)
{
	return model->merge == CLV_NONE ? PERIOD_DAY : (Period) model->merge;
}

static Datum
state_or_null(Judge *judge)
{
	return judge == NULL ? (Datum) 0 : PointerGetDatum(judge);
}

#define RETURN_STATE(judge) \
	do { \
		if ((judge) == NULL) \
			PG_RETURN_NULL(); \
		PG_RETURN_DATUM(state_or_null((Judge *) (judge))); \
	} while (0)

static int
group_of(double x)
{
	return x < GROUPS - 1 ? (int) x : GROUPS - 1;
}

static double
checked_prediction(double value)
{
	if (value > MOST_PURCHASES)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the model expects %g purchases of a customer", value),
				 errdetail("At most %.0f can be summed.", MOST_PURCHASES)));
	return value;
}

/*--- Rows of an answer ---*/

typedef struct AnswerRows
{
	Oid			type;
	TupleDesc	desc;
	ArrayBuildState *rows;
	int			n;				/* columns of the row that is filled */
	Datum		values[16];
	bool		nulls[16];
} AnswerRows;

static void
answer_begin(FunctionCallInfo fcinfo, AnswerRows *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	answer->desc = lookup_rowtype_tupdesc(answer->type, -1);
	answer->rows = initArrayResult(answer->type, CurrentMemoryContext, false);
}

static void
answer_put(AnswerRows *answer, Datum value, bool is_null)
{
	answer->nulls[answer->n] = is_null;
	answer->values[answer->n++] = value;
}

static void
answer_double(AnswerRows *answer, double value)
{
	answer_put(answer, Float8GetDatum(value), !isfinite(value));
}

static void
answer_row(AnswerRows *answer)
{
	HeapTuple	tuple = heap_form_tuple(answer->desc, answer->values,
										answer->nulls);

	answer->rows = accumArrayResult(answer->rows, HeapTupleGetDatum(tuple),
									false, answer->type, CurrentMemoryContext);
	answer->n = 0;
}

static Datum
answer_end(AnswerRows *answer)
{
	ReleaseTupleDesc(answer->desc);
	return makeArrayResult(answer->rows, CurrentMemoryContext);
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
		bad_state(JUDGE_HOLDOUT);
	for (int i = 0; i < GROUPS; i++)
	{
		if (state->groups[i].customers < 0)
			bad_state(JUDGE_HOLDOUT);
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
	add_fixed(&group->sums[PREDICTED], predicted);
	add_fixed(&group->sums[ACTUAL], actual);
	add_fixed(&group->sums[DISTANCE], fabs(error));
	add_fixed(&group->sums[SQUARE], error * error);
	add_fixed(&group->sums[PREDICTED_SQUARE], predicted * predicted);
	add_fixed(&group->sums[ACTUAL_SQUARE], actual * actual);
	add_fixed(&group->sums[PRODUCT], predicted * actual);
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
	merge_sums(group->sums, other->sums, HOLDOUT_SUMS);
}

static HoldoutState *
holdout_state(HoldoutState *state, const ClvModel *model, Timestamp from,
			  Timestamp until)
{
	if (state != NULL)
		return state;
	return (HoldoutState *) new_judge(JUDGE_HOLDOUT, sizeof(HoldoutState),
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
					   checked_prediction(predicted), actual);
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
	model = row_model(fcinfo, (Judge *) state);
	check_same((Judge *) state, model, DT_NOBEGIN, DT_NOBEGIN);
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
	if (!(actual >= 0 && actual <= MOST_PURCHASES))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the purchases of the holdout must be between 0 and %.0f",
						MOST_PURCHASES),
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
	from = moment_argument(fcinfo, 3, "calibration_end");
	until = moment_argument(fcinfo, 4, "holdout_end");
	model = row_model(fcinfo, (Judge *) state);
	check_same((Judge *) state, model, from, until);
	model_unit(model);
	if (!clv_model_known(model))
		RETURN_STATE(state);
	if (PG_ARGISNULL(2))
	{
		state = holdout_state(state, model, from, until);
		state->left_out++;
	}
	else if (history_holdout(PG_GETARG_DATUM(2), from, until,
							 model_merge(model), model_unit(model),
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
	check_same((Judge *) state, &other->head.model, other->head.from,
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
	double		predicted = fixed_value(group->sums[PREDICTED]);
	double		actual = fixed_value(group->sums[ACTUAL]);
	double		square[2] = {
		fixed_value(group->sums[PREDICTED_SQUARE]),
		fixed_value(group->sums[ACTUAL_SQUARE])
	};
	double		variance[2] = {
		square[0] - predicted * predicted / n, square[1] - actual * actual / n
	};
	double		both = fixed_value(group->sums[PRODUCT]) - predicted * actual / n;

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
	double		predicted = fixed_value(group->sums[PREDICTED]);
	double		actual = fixed_value(group->sums[ACTUAL]);

	answer_put(answer, Int32GetDatum(x), x < 0);
	answer_put(answer, BoolGetDatum(x == GROUPS - 1), x < 0);
	answer_put(answer, Int64GetDatum(group->customers), false);
	answer_double(answer, predicted);
	answer_put(answer, Int64GetDatum((int64) actual), false);
	answer_double(answer, predicted / n);
	answer_double(answer, actual / n);
	answer_double(answer, predicted / actual - 1);
	answer_double(answer, fixed_value(group->sums[DISTANCE]) / n);
	answer_double(answer, sqrt(fixed_value(group->sums[SQUARE]) / n));
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
		bad_state(JUDGE_GRID);
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
	state = (GridState *) new_judge(JUDGE_GRID, GRID_SIZE(n), model, as_of,
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
	add_fixed(&cell->sums[0], alive);
	add_fixed(&cell->sums[1], checked_prediction(expected));
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
	model = row_model(fcinfo, (Judge *) state);
	check_same((Judge *) state, model, DT_NOBEGIN, DT_NOBEGIN);
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
	as_of = moment_argument(fcinfo, 3, "as_of");
	model = row_model(fcinfo, (Judge *) state);
	check_same((Judge *) state, model, as_of, DT_NOBEGIN);
	model_unit(model);
	if (!clv_model_known(model))
		RETURN_STATE(state);
	state = grid_state(fcinfo, 4, state, model, as_of);
	if (!PG_ARGISNULL(2) &&
		history_repeats(PG_GETARG_DATUM(2), as_of, model_merge(model),
						model_unit(model), &customer, NULL))
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
	check_same((Judge *) state, &other->head.model, other->head.from,
			   other->head.until);
	check_same_grid(state, other->horizon, grid_edges(other), other->edges);
	for (int i = 0; i < GRID_CELLS(state->edges); i++)
	{
		state->cells[i].customers += other->cells[i].customers;
		merge_sums(state->cells[i].sums, other->cells[i].sums, 2);
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
		answer_double(&answer, fixed_value(cell->sums[0]) / cell->customers);
		answer_double(&answer, fixed_value(cell->sums[1]) / cell->customers);
		answer_row(&answer);
	}
	PG_RETURN_DATUM(answer_end(&answer));
}

/*--- Purchases over time ---*/

typedef struct TrackedDay
{
	int64		first;			/* customers who buy for the first time */
	int64		repeat;			/* ... again */
} TrackedDay;

/* As many days as there is room for, from first_day on. */
typedef struct TrackingState
{
	Judge		head;
	int32		step;			/* in days */
	int32		first_day;
	int64		unused;
	TrackedDay	days[FLEXIBLE_ARRAY_MEMBER];
} TrackingState;

#define TRACKING_SIZE(n) \
	(offsetof(TrackingState, days) + sizeof(TrackedDay) * (Size) (n))

static int64
tracked_days(const TrackingState *state)
{
	return (VARSIZE(state) - TRACKING_SIZE(0)) / sizeof(TrackedDay);
}

static TrackingState *
tracking_argument(FunctionCallInfo fcinfo, int arg)
{
	TrackingState *state;

	state = (TrackingState *) judge_argument(fcinfo, arg, JUDGE_TRACKING,
											 TRACKING_SIZE(0));
	if (state->step < 1 || tracked_days(state) > MOST_DAYS ||
		state->first_day < -MOST_DAYS * 100 ||
		state->first_day > PG_INT32_MAX - MOST_DAYS ||
		state->head.from == DT_NOBEGIN ||
		state->head.model.unit == CLV_NONE ||
		VARSIZE(state) != TRACKING_SIZE(tracked_days(state)) ||
		state->unused != 0)
		bad_state(JUDGE_TRACKING);
	return state;
}

static TrackingState *
new_tracking(const Judge *head, int32 step, int32 first_day, int64 days)
{
	TrackingState *state;

	state = (TrackingState *) new_judge(JUDGE_TRACKING, TRACKING_SIZE(days),
										&head->model, head->from, head->until);
	state->step = step;
	state->first_day = first_day;
	return state;
}

/*
 * Makes room for a day, in a new state where the old one is too small, which
 * grows by half of itself to the side where the day is.
 */
static TrackingState *
reach_day(TrackingState *state, int32 day)
{
	int64		n = tracked_days(state);
	int64		first = state->first_day;
	int64		until = first + n;
	TrackingState *larger;

	if (n > 0 && day >= first && day < until)
		return state;
	if (n == 0)
	{
		first = day;
		until = (int64) day + 512;
	}
	else if (day < first)
		first = day;
	else
		until = (int64) day + 1;
	if (until - first > MOST_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d days from the first purchase to the last",
						MOST_DAYS)));
	if (n > 0)
	{
		int64		more = Min((until - first) / 2,
							   MOST_DAYS - (until - first));

		if (day < state->first_day)
			first -= more;
		else
			until += more;
	}
	larger = new_tracking(&state->head, state->step, (int32) first,
						  until - first);
	memcpy(&larger->days[n == 0 ? 0 : state->first_day - first], state->days,
		   sizeof(TrackedDay) * (Size) n);
	return larger;
}

/* (state, model, history, as_of, step) */
Datum
pt_clv_tracking_accum(PG_FUNCTION_ARGS)
{
	TrackingState *state = PG_ARGISNULL(0) ? NULL : tracking_argument(fcinfo, 0);
	const ClvModel *model;
	HistoryReader reader;
	Timestamp	as_of;
	int32		last = 0;
	bool		any = false;

	if (PG_ARGISNULL(1))
		RETURN_STATE(state);
	as_of = moment_argument(fcinfo, 3, "as_of");
	if (PG_ARGISNULL(4) || PG_GETARG_INT32(4) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step must be a number of days, at least 1")));
	model = row_model(fcinfo, (Judge *) state);
	check_same((Judge *) state, model, as_of, DT_NOBEGIN);
	model_unit(model);
	if (model_merge(model) != PERIOD_DAY || model->kind == CLV_BG_BB)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("clv_tracking needs a model in which purchases of one day are one")));
	if (!clv_model_known(model) || PG_ARGISNULL(2))
		RETURN_STATE(state);
	if (state == NULL)
	{
		Judge		head = {.from = as_of,.until = DT_NOBEGIN};

		head.model = *model;
		state = new_tracking(&head, PG_GETARG_INT32(4), 0, 0);
	}
	else if (state->step != PG_GETARG_INT32(4))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step must be the same for all customers of clv_tracking")));
	history_open(PG_GETARG_DATUM(2), &reader);
	while (history_next(&reader) && reader.order.at <= as_of)
	{
		int32		day = (int32) timestamp_day(reader.order.at);
		TrackedDay *tracked;

		CHECK_FOR_INTERRUPTS();
		if (reader.order.amount < 0 || (any && day == last))
			continue;
		state = reach_day(state, day);
		tracked = &state->days[day - state->first_day];
		if (any)
			tracked->repeat++;
		else
			tracked->first++;
		any = true;
		last = day;
	}
	RETURN_STATE(state);
}

Datum
pt_clv_tracking_combine(PG_FUNCTION_ARGS)
{
	TrackingState *state;
	TrackingState *other;
	int64		n;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	other = tracking_argument(fcinfo, 1);
	if (PG_ARGISNULL(0))
		RETURN_STATE(other);
	state = tracking_argument(fcinfo, 0);
	check_same((Judge *) state, &other->head.model, other->head.from,
			   other->head.until);
	if (state->step != other->step)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step must be the same for all customers of clv_tracking")));
	n = tracked_days(other);
	for (int64 i = 0; i < n; i++)
	{
		const TrackedDay *day = &other->days[i];
		TrackedDay *sum;

		CHECK_FOR_INTERRUPTS();
		if (day->first == 0 && day->repeat == 0)
			continue;
		state = reach_day(state, (int32) (other->first_day + i));
		sum = &state->days[other->first_day + i - state->first_day];
		sum->first += day->first;
		sum->repeat += day->repeat;
	}
	RETURN_STATE(state);
}

/* What is expected of a new customer in the first day, two days, ... */
static double *
expected_by_age(const ClvModel *model, int64 days)
{
	ClvParameters parameters = clv_model_parameters(model);
	double	   *expected = palloc(sizeof(double) * (days + 1));

	expected[0] = 0;
	for (int64 i = 1; i <= days; i++)
	{
		CHECK_FOR_INTERRUPTS();
		expected[i] = clv_expected_new(&parameters,
									   i / period_days((Period) model->unit),
									   clv_pause);
	}
	return expected;
}

/* The steps that are over at as_of, but at least one. */
static int64
tracking_steps(const TrackingState *state, int64 first_day)
{
	int64		days = timestamp_day(state->head.from) - first_day + 1;
	int64		steps = Max(days / state->step, 1);

	if (steps > MOST_STEPS || steps * state->step > MOST_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("from the first purchase to as_of there must be at most %d days and %d steps",
						MOST_DAYS, MOST_STEPS),
				 errdetail("There are " INT64_FORMAT " steps of %d days.",
						   steps, state->step)));
	return steps;
}

Datum
pt_clv_tracking_final(PG_FUNCTION_ARGS)
{
	TrackingState *state = tracking_argument(fcinfo, 0);
	int64		n = tracked_days(state);
	int64		skip = 0;		/* days before the first purchase */
	int64		steps;
	double	   *expected;
	double		before = 0;
	int64		bought = 0;
	AnswerRows	answer;

	while (skip < n && state->days[skip].first == 0)
		skip++;
	if (skip == n)
		PG_RETURN_NULL();
	n -= skip;
	steps = tracking_steps(state, state->first_day + skip);
	expected = expected_by_age(&state->head.model, steps * state->step);
	answer_begin(fcinfo, &answer);
	for (int64 k = 0; k < steps; k++)
	{
		int64		end = (k + 1) * state->step;
		double		sum = 0;
		int64		actual = 0;

		for (int64 i = 0; i < Min(end, n); i++)
		{
			const TrackedDay *day = &state->days[skip + i];

			CHECK_FOR_INTERRUPTS();
			sum += day->first * expected[end - i];
			if (i >= end - state->step)
				actual += day->repeat;
		}
		bought += actual;
		answer_put(&answer, Int32GetDatum((int32) k + 1), false);
		answer_put(&answer, DateADTGetDatum((DateADT) (state->first_day + skip + k * state->step)), false);
		answer_double(&answer, sum - before);
		answer_put(&answer, Int64GetDatum(actual), false);
		answer_double(&answer, sum);
		answer_put(&answer, Int64GetDatum(bought), false);
		answer_row(&answer);
		before = sum;
	}
	PG_RETURN_DATUM(answer_end(&answer));
}
