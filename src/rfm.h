/*-------------------------------------------------------------------------
 *
 * rfm.h
 *		What RFM thresholds and segment schemes share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_RFM_H
#define PT_RFM_H

#include "compat.h"

/* The highest score, which is also the largest number of buckets. */
#define RFM_MAX_SCORE	100

extern PT_NORETURN void rfm_bad_text(const char *type, const char *input,
									 const char *detail);
extern void rfm_check_buckets(int32 buckets);

#endif							/* PT_RFM_H */
