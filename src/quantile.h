/*-------------------------------------------------------------------------
 *
 * quantile.h
 *		The exact distribution of values, as a mergeable state.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_QUANTILE_H
#define PT_QUANTILE_H

#include "fmgr.h"

#define QUANTILE_STATE_VERSION	1
#define QUANTILE_MAX_BUCKETS	10000
#define QUANTILE_DENOMINATOR	1000000000	/* of quantile_numerator() */

typedef struct QuantileEntry
{
	float8		value;			/* finite */
	int64		count;			/* how often it came, at least 1 */
} QuantileEntry;

/*
 * Values with their counts.  The first nsorted entries ascend strictly; the
 * rest, up to nused, is as it came.  What follows, up to VARSIZE, is room
 * to grow.  Only the aggregates have unsorted entries and room.
 */
typedef struct QuantileState
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	int32		version;
	int32		buckets;		/* 0 until quantile_edges() has set it */
	int32		merge_equal;	/* boolean: merge equal edges? */
	int32		nsorted;
	int32		nused;
	int64		total;			/* sum of the counts */
	QuantileEntry entries[FLEXIBLE_ARRAY_MEMBER];
} QuantileState;

/*
 * How far a packed state was read for a quantile.  The next one, not below
 * it, goes on from there: all quantiles together read the state once.
 */
typedef struct QuantileWalk
{
	int			entry;
	int64		seen;			/* values before it */
} QuantileWalk;

extern const char *quantile_state_fault(const QuantileState *state);
extern QuantileState *quantile_state_create(int capacity);
extern QuantileState *quantile_state_add(QuantileState *state, float8 value,
										 int64 count);
extern QuantileState *quantile_state_merge(QuantileState *state,
										   const QuantileState *other);
extern QuantileState *quantile_state_pack(const QuantileState *state);
extern float8 quantile_type7(const QuantileState *packed, int64 numerator,
							 int64 denominator, QuantileWalk *walk);
extern void quantiles_of_values(float8 *values, int64 total,
								const int64 *numerators, int count,
								int64 denominator, float8 *quantiles);
extern int64 quantile_numerator(float8 p);

/* for types that hold such states, and write them as this one is written */
extern Datum pt_quantile_state_in(PG_FUNCTION_ARGS);
extern Datum pt_quantile_state_out(PG_FUNCTION_ARGS);
extern Datum pt_quantile_state_recv(PG_FUNCTION_ARGS);
extern Datum pt_quantile_state_send(PG_FUNCTION_ARGS);

#endif							/* PT_QUANTILE_H */
