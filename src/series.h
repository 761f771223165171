/*-------------------------------------------------------------------------
 *
 * series.h
 *		Values by calendar period, as a mergeable value.
 *
 * docs/series.md has the definitions, and the text and wire forms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_SERIES_H
#define PT_SERIES_H

#include "fmgr.h"

#include "amount.h"
#include "history.h"

#define SALES_SERIES_VERSION	1
#define SERIES_MAX_PERIODS		20000

/* A period without a value, in a wide and in a narrow series. */
#define SERIES_NO_VALUE			((int128) 1 << 126)
#define SERIES_NO_VALUE_NARROW	PG_INT64_MIN

/*
 * The exact sums of neighbouring periods, without a hole: a period that had
 * no row has 0, or no value in a series whose gaps are NULL.  Series are wide
 * while they are built, with room before and after their values; a packed
 * one has none, and is narrow if all its values are.
 */
typedef struct SalesSeries
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	uint8		version;
	uint8		period;			/* a Period */
	uint8		scale;			/* decimals of the values */
	uint8		gaps_are_null;
	int64		first;			/* number of the first period */
	int32		n;				/* number of periods */
	int16		start;			/* place of the first value */
	int16		width;			/* bytes of a value, 8 or 16 */
	int64		words[FLEXIBLE_ARRAY_MEMBER];
} SalesSeries;

#define SERIES_SIZE(places, width) \
	(offsetof(SalesSeries, words) + (Size) (places) * (width))

static inline int128
series_value(const SalesSeries *series, int i)
{
	int64		narrow;

	Assert(i >= 0 && i < series->n);
	if (series->width == sizeof(int128))
		return ((const int128 *) series->words)[series->start + i];
	narrow = series->words[series->start + i];
	return narrow == SERIES_NO_VALUE_NARROW ? SERIES_NO_VALUE : narrow;
}

/* The first day of a period, counted from that of the first one. */
static inline int32
series_date(const SalesSeries *series, int64 i)
{
	return period_start(series->first + i, (Period) series->period);
}

extern SalesSeries *series_create(Period period, bool gaps_are_null,
								  int scale, int64 first, int n);
extern void series_set(SalesSeries *series, int i, int128 value);
extern SalesSeries *series_pack(const SalesSeries *series);
extern const char *series_fault(const SalesSeries *series);
extern SalesSeries *series_argument(FunctionCallInfo fcinfo, int arg);
extern SalesSeries *series_to_period(const SalesSeries *series,
									 Period period, bool whole_only);
extern int	series_doubles(const SalesSeries *series, double *values);
extern void series_check_length(int64 n);

#endif							/* PT_SERIES_H */
