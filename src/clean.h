/*-------------------------------------------------------------------------
 *
 * clean.h
 *		Text as it comes from files, recognised as typed values.
 *
 * These functions take plain bytes and no fmgr state, so that they can be
 * used per value by the parse_*() functions and column_profile(), and be
 * fuzzed outside the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_CLEAN_H
#define PT_CLEAN_H

#include "datatype/timestamp.h"

/* An amount of more digits than this is not one that a shop has. */
#define AMOUNT_MAX_DIGITS	100

typedef struct AmountScan
{
	bool		negative;
	bool		plain;			/* only an optional sign and digits */
	bool		leading_zero;	/* '007': a code, not a number */
	int			ndigits;		/* digits in all, scale of them decimals */
	int			scale;
	char		digits[AMOUNT_MAX_DIGITS + 1];
} AmountScan;

typedef enum DayMonthOrder
{
	DATE_ORDER_NONE,			/* dd/mm and mm/dd must be told by the day */
	DATE_ORDER_DMY,
	DATE_ORDER_MDY
} DayMonthOrder;

typedef struct DateScan
{
	bool		dmy;			/* valid when the day comes first */
	bool		mdy;			/* valid when the month comes first */
	bool		compact;		/* yyyymmdd, which may also be a number */
	bool		has_time;
	bool		has_zone;
	bool		needs_order;	/* a date only if the order is given */
	Timestamp	at_dmy;			/* local clock, or UTC if has_zone */
	Timestamp	at_mdy;
} DateScan;

extern int	clean_blank_length(const char *s, int len);
extern bool clean_span(const char **s, int *len);
extern bool clean_is_missing(const char *s, int len);
extern bool amount_scan(const char *s, int len, char mark, AmountScan *r);
extern bool amount_scan_int64(const AmountScan *r, int64 *value);
extern int	flag_scan(const char *s, int len, bool *is_word);
extern int32 frequency_scan(const char *s, int len);
extern bool date_scan(const char *s, int len, DateScan *r);
extern bool date_scan_pick(const DateScan *r, DayMonthOrder order, Timestamp *at);

#endif							/* PT_CLEAN_H */
