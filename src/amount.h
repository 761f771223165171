/*-------------------------------------------------------------------------
 *
 * amount.h
 *		Exact decimals as integers with a scale.
 *
 * An amount is an integer of at most 18 digits; its scale says how many of
 * them are decimals.  Sums of amounts are 128 bits wide, which no number of
 * rows can overflow.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_AMOUNT_H
#define PT_AMOUNT_H

#include "lib/stringinfo.h"
#include "utils/numeric.h"

#include "compat.h"

#define AMOUNT_MAX_SCALE	18
#define AMOUNT_SHOWN_SCALE	6	/* zeros up to here are kept as decimals */
#define AMOUNT_LIMIT		INT64CONST(1000000000000000000)	/* 10^18 */

/* What a sum must be below where such sums are added up again: 10^34. */
#define AMOUNT_SUM_LIMIT	((int128) AMOUNT_LIMIT * (AMOUNT_LIMIT / 100))

extern int64 amount_from_numeric(Datum numeric, int *scale);
extern Numeric amount_to_numeric(int128 amount, int scale);
extern bool amount_rescale(int64 *amount, int from_scale, int to_scale);
extern int128 amount_sum_rescale(int128 sum, int from_scale, int to_scale);
extern bool amount_sum_in(const char **s, int scale, int128 *sum);
extern void amount_sum_out(StringInfo buf, int128 sum, int scale);
extern void amount_sum_send(StringInfo buf, int128 sum);
extern int128 amount_sum_recv(StringInfo buf);
extern PT_NORETURN void amount_too_large(void);

/* Whether a sum of amounts is one that fits into an amount itself. */
static inline bool
amount_in_range(int64 amount)
{
	return amount < AMOUNT_LIMIT && amount > -AMOUNT_LIMIT;
}

#endif							/* PT_AMOUNT_H */
