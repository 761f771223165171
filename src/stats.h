/*-------------------------------------------------------------------------
 *
 * stats.h
 *		Sales statistics in two arms: discounted and full price.
 *
 * docs/stats.md has the formulas and the text and wire forms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_STATS_H
#define PT_STATS_H

#include "fmgr.h"

#include "amount.h"
#include "compat.h"

#define SALES_STATS_VERSION		1
#define SALES_MAX_ROWS		(INT64CONST(1) << 61)	/* of an arm */

/* Rows whose discount is not known count in the total only. */
typedef enum SalesArmName
{
	ARM_DISCOUNTED,
	ARM_FULL,
	ARM_UNKNOWN,
	SALES_ARMS,
	ARM_ALL = SALES_ARMS
} SalesArmName;

/*
 * Moments of amounts as integers, so exact: amounts are below 10^18 < 2^60
 * and the rows of all arms at most 2^63 - 1, so a sum is below 2^123 and a
 * sum of squares below 2^183.  Where the extremes are not known, as in a
 * sales_cube, min is 0 and max -1.
 */
typedef struct SalesArm
{
	int64		count;
	int128		sum;			/* aligned as int64, see c.h */
	uint64		squares[3];		/* the lowest word first */
	int64		min;
	int64		max;
	int128		quantity;
} SalesArm;

typedef struct SalesStats
{
	int32		vl_len_;
	uint8		version;
	uint8		scale;			/* decimals of the amounts */
	uint8		quantity_scale;
	uint8		quantity_known; /* a bit for each arm */
	SalesArm	arms[SALES_ARMS];
} SalesStats;

extern SalesStats *sales_stats_argument(FunctionCallInfo fcinfo, int arg);
extern const char *sales_stats_fault(const SalesStats *stats);
extern const char *sales_stats_moments_fault(const SalesStats *stats);
extern void sales_stats_add_amount(SalesStats *stats, SalesArmName name,
								   int64 amount, int scale);
extern void sales_stats_add_moments(SalesStats *stats, SalesArmName name,
									int64 amount, int scale);
extern void sales_stats_join(SalesStats *stats, const SalesStats *other,
							 bool take);
extern bool sales_stats_settle(SalesStats *stats);
extern void sales_stats_merge(SalesStats *stats, const SalesStats *other);
extern void sales_stats_total(const SalesStats *stats, SalesArm *total);
extern float8 sales_arm_mean(const SalesArm *arm, int scale);
extern float8 sales_arm_variance(const SalesArm *arm, int scale);
extern float8 sales_mean_difference(const SalesArm *a, const SalesArm *b,
									int scale);

#endif							/* PT_STATS_H */
