/*-------------------------------------------------------------------------
 *
 * clv_judge.h
 *		What aggregates share that ask a model about many customers.
 *
 * Sums are whole multiples of 2^-40, so that no order of rows and no plan
 * changes a digit.  The states are bytea, of the model and the sums.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_CLV_JUDGE_H
#define PT_CLV_JUDGE_H

#include "funcapi.h"
#include "utils/array.h"

#include "clv.h"
#include "compat.h"

/* Purchases of one customer, expected or counted, that can be summed. */
#define JUDGE_MOST_PURCHASES	1e9

typedef enum JudgeKind
{
	JUDGE_HOLDOUT = 1,
	JUDGE_GRID,
	JUDGE_TRACKING
} JudgeKind;

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

typedef struct AnswerRows
{
	Oid			type;
	TupleDesc	desc;
	ArrayBuildState *rows;
	int			n;				/* columns of the row that is filled */
	Datum		values[16];
	bool		nulls[16];
} AnswerRows;

#define RETURN_STATE(judge) \
	do { \
		if ((judge) == NULL) \
			PG_RETURN_NULL(); \
		PG_RETURN_POINTER(judge); \
	} while (0)

extern void judge_add(int128 *sum, double value);
extern void judge_merge_sums(int128 *sums, const int128 *other, int n);
extern double judge_value(int128 sum);

extern PT_NORETURN void judge_bad_state(JudgeKind kind);
extern Judge *judge_argument(FunctionCallInfo fcinfo, int arg, JudgeKind kind,
							 Size least);
extern Judge *judge_create(JudgeKind kind, Size size, const ClvModel *model,
						   Timestamp from, Timestamp until);
extern const ClvModel *judge_row_model(FunctionCallInfo fcinfo,
									   const Judge *judge);
extern void judge_check_same(const Judge *judge, const ClvModel *model,
							 Timestamp from, Timestamp until);
extern Timestamp judge_moment(FunctionCallInfo fcinfo, int arg,
							  const char *name);
extern Period judge_unit(const ClvModel *model);
extern Period judge_merge(const ClvModel *model);
extern double judge_prediction(double value);

extern void answer_begin(FunctionCallInfo fcinfo, AnswerRows *answer);
extern void answer_put(AnswerRows *answer, Datum value, bool is_null);
extern void answer_double(AnswerRows *answer, double value);
extern void answer_row(AnswerRows *answer);
extern Datum answer_end(AnswerRows *answer);

#endif							/* PT_CLV_JUDGE_H */
