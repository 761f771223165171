/*-------------------------------------------------------------------------
 *
 * rfm.h
 *		What RFM thresholds and segment schemes share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_RFM_H
#define PT_RFM_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "compat.h"

/* The highest score, which is also the largest number of buckets. */
#define RFM_MAX_SCORE	100

#define RFM_DEFAULT_BUCKETS	5

typedef enum RfmMeasure
{
	RECENCY_DAYS,
	ORDER_COUNT,
	REVENUE
} RfmMeasure;

#define RFM_MEASURES	3

extern const char *const rfm_measure_names[RFM_MEASURES];

extern PT_NORETURN void rfm_bad_text(const char *type, const char *input,
									 const char *detail);
extern PT_NORETURN void rfm_bad_external(const char *type);
extern void rfm_check_buckets(int32 buckets);
extern bool rfm_read_int64(char **s, int64 *value);
extern float8 rfm_measure_argument(FunctionCallInfo fcinfo, int arg,
								   RfmMeasure measure);

/*
 * Cut points are made by writing the quantiles of each measure, ascending,
 * and then rfm_round_cuts().
 */
typedef struct RfmThresholds RfmThresholds;

extern RfmThresholds *rfm_thresholds_create(int32 buckets, int64 customers);
extern float8 *rfm_measure_cuts(const RfmThresholds *thresholds,
								RfmMeasure measure);
extern void rfm_round_cuts(RfmThresholds *thresholds, RfmMeasure measure);
extern const RfmThresholds *rfm_thresholds_argument(FunctionCallInfo fcinfo,
													int arg);
extern int16 rfm_score(const RfmThresholds *thresholds, RfmMeasure measure,
					   float8 value);

/* False without an order up to as_of, or if that is infinite. */
extern bool rfm_measures_of_history(Datum history, Timestamp as_of,
									float8 *measures);

#endif							/* PT_RFM_H */
