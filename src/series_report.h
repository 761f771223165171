/*-------------------------------------------------------------------------
 *
 * series_report.h
 *		What functions that tell something of a sales_series share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_SERIES_REPORT_H
#define PT_SERIES_REPORT_H

#include "fmgr.h"

#include "series.h"

#define SERIES_MOST_COLUMNS		16

/* A row of results that is filled from the left. */
typedef struct SeriesRow
{
	int			n;
	Datum		values[SERIES_MOST_COLUMNS];
	bool		nulls[SERIES_MOST_COLUMNS];
} SeriesRow;

/* A series and its values as doubles. */
typedef struct SeriesValues
{
	const SalesSeries *series;
	double	   *y;				/* NaN where there is no value */
	int			n;
	int			known;
	bool		negative;		/* one of them is */
	bool		differ;			/* there are two different ones */
} SeriesValues;

extern void series_row_null(SeriesRow *row);
extern void series_row_double(SeriesRow *row, double value);
extern void series_row_int(SeriesRow *row, int32 value);
extern void series_row_date(SeriesRow *row, const SalesSeries *series,
							int64 i);
extern void series_row_value(SeriesRow *row, const SalesSeries *series,
							 int64 i);
extern void series_row_text(SeriesRow *row, const char *value);
extern void series_row_bool(SeriesRow *row, bool value, bool is_null);
extern void series_row_put(FunctionCallInfo fcinfo, SeriesRow *row);
extern Datum series_row_datum(FunctionCallInfo fcinfo, SeriesRow *row);

extern void series_read(SeriesValues *values, const SalesSeries *series);
extern int	series_season_length(FunctionCallInfo fcinfo, int arg,
								 const SalesSeries *series);
extern double series_level(double level, const char *name);
extern void series_pause(void);
extern bool series_decompose(const SeriesValues *values, int length,
							 double *trend, double *seasonal,
							 double *weights, char **reason);

#endif							/* PT_SERIES_REPORT_H */
