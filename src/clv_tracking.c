/*-------------------------------------------------------------------------
 *
 * clv_tracking.c
 *		Repeat purchases over time, expected by a model and actual.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "clv_judge.h"

PG_FUNCTION_INFO_V1(pt_clv_tracking_accum);
PG_FUNCTION_INFO_V1(pt_clv_tracking_combine);
PG_FUNCTION_INFO_V1(pt_clv_tracking_final);

#define MOST_DAYS		200000	/* from the first purchase on */
#define MOST_STEPS		10000

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
		judge_bad_state(JUDGE_TRACKING);
	return state;
}

static TrackingState *
new_tracking(const Judge *head, int32 step, int32 first_day, int64 days)
{
	TrackingState *state;

	state = (TrackingState *) judge_create(JUDGE_TRACKING, TRACKING_SIZE(days),
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
	as_of = judge_moment(fcinfo, 3, "as_of");
	if (PG_ARGISNULL(4) || PG_GETARG_INT32(4) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step must be a number of days, at least 1")));
	model = judge_row_model(fcinfo, (Judge *) state);
	judge_check_same((Judge *) state, model, as_of, DT_NOBEGIN);
	judge_unit(model);
	if (judge_merge(model) != PERIOD_DAY || model->kind == CLV_BG_BB)
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
	judge_check_same((Judge *) state, &other->head.model, other->head.from,
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
