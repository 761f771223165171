/*-------------------------------------------------------------------------
 *
 * clv_judge.c
 *		What aggregates share that ask a model about many customers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "clv_judge.h"

#define JUDGE_VERSION	1

/*--- Sums ---*/

#define FIXED_BITS		40

void
judge_add(int128 *sum, double value)
{
	if (__builtin_add_overflow(*sum, (int128) rint(ldexp(value, FIXED_BITS)),
							   sum))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a sum of expected purchases is too large")));
}

void
judge_merge_sums(int128 *sums, const int128 *other, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (__builtin_add_overflow(sums[i], other[i], &sums[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("a sum of expected purchases is too large")));
	}
}

double
judge_value(int128 sum)
{
	return ldexp((double) sum, -FIXED_BITS);
}

/*--- What states have in common ---*/

static const char *const judge_names[] = {
	"", "clv_holdout", "clv_grid", "clv_tracking"
};

void
judge_bad_state(JudgeKind kind)
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
Judge *
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
		judge_bad_state(kind);
	return judge;
}

/* A new state of so many bytes, zero behind its head. */
Judge *
judge_create(JudgeKind kind, Size size, const ClvModel *model, Timestamp from,
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
const ClvModel *
judge_row_model(FunctionCallInfo fcinfo, const Judge *judge)
{
	struct varlena *model = PG_DETOAST_DATUM(PG_GETARG_DATUM(1));

	if (judge != NULL && VARSIZE(model) == sizeof(ClvModel) &&
		memcmp(model, &judge->model, sizeof(ClvModel)) == 0)
		return &judge->model;
	return clv_model_of_form(fcinfo, 1, CLV_TRANSACTIONS);
}

void
judge_check_same(const Judge *judge, const ClvModel *model, Timestamp from,
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

Timestamp
judge_moment(FunctionCallInfo fcinfo, int arg, const char *name)
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
Period
judge_unit(const ClvModel *model)
{
	if (model->unit == CLV_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this model does not know its unit of time"),
				 errhint("Give it to clv_fit() or clv_model(), or x, t_x and T in place of a history.")));
	return (Period) model->unit;
}

Period
judge_merge(const ClvModel *model)
{
	return model->merge == CLV_NONE ? PERIOD_DAY : (Period) model->merge;
}

double
judge_prediction(double value)
{
	if (value > JUDGE_MOST_PURCHASES)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the model expects %g purchases of a customer", value),
				 errdetail("At most %.0f can be summed.", JUDGE_MOST_PURCHASES)));
	return value;
}

/*--- Rows of an answer ---*/

void
answer_begin(FunctionCallInfo fcinfo, AnswerRows *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	answer->desc = lookup_rowtype_tupdesc(answer->type, -1);
	answer->rows = initArrayResult(answer->type, CurrentMemoryContext, false);
}

void
answer_put(AnswerRows *answer, Datum value, bool is_null)
{
	answer->nulls[answer->n] = is_null;
	answer->values[answer->n++] = value;
}

void
answer_double(AnswerRows *answer, double value)
{
	answer_put(answer, Float8GetDatum(value), !isfinite(value));
}

void
answer_row(AnswerRows *answer)
{
	HeapTuple	tuple = heap_form_tuple(answer->desc, answer->values,
										answer->nulls);

	answer->rows = accumArrayResult(answer->rows, HeapTupleGetDatum(tuple),
									false, answer->type, CurrentMemoryContext);
	answer->n = 0;
}

Datum
answer_end(AnswerRows *answer)
{
	ReleaseTupleDesc(answer->desc);
	return makeArrayResult(answer->rows, CurrentMemoryContext);
}
