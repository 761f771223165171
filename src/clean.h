/*-------------------------------------------------------------------------
 *
 * clean.h
 *		Text as it comes from files, recognised as typed values.
 *
 * These functions take plain bytes and no fmgr state, so that they can be
 * used per value by the parse_*() functions and pt_column_profile(), and be
 * fuzzed outside the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_CLEAN_H
#define PT_CLEAN_H

#include "datatype/timestamp.h"
#include "utils/array.h"

/* An amount of more digits than this is not one that a shop has. */
#define AMOUNT_MAX_DIGITS	100

typedef struct AmountScan
{
	bool		negative;
	bool		plain;			/* only an optional sign and digits */
	bool		leading_zero;	/* '007': a code, not a number */
	bool		bare;			/* digits, with a sign or decimals perhaps */
	bool		lettered;		/* letters and digits, as RM101 or 12Ft */
	int			currency;		/* a number of currency_bit(), 0 for none */
	int			currency_len;	/* what was written, for messages */
	const char *currency_at;
	int			ndigits;		/* digits in all, scale of them decimals */
	int			scale;
	char		digits[AMOUNT_MAX_DIGITS + 1];
} AmountScan;

/* Words of a flag: those for yes are odd, and the two digits come first. */
typedef enum FlagWord
{
	FLAG_NONE = -1,
	FLAG_0, FLAG_1,
	FLAG_NO, FLAG_YES,
	FLAG_N, FLAG_Y,
	FLAG_F, FLAG_T,
	FLAG_FALSE, FLAG_TRUE,
	FLAG_OFF, FLAG_ON
} FlagWord;

typedef enum DayMonthOrder
{
	DATE_ORDER_NONE,			/* dd/mm and mm/dd must be told by the day */
	DATE_ORDER_DMY,
	DATE_ORDER_MDY,
	DATE_ORDER_YMD				/* for years of two digits: 24-01-05 */
} DayMonthOrder;

typedef struct DateScan
{
	bool		dmy;			/* valid when the day comes first */
	bool		mdy;			/* valid when the month comes first */
	bool		ymd;			/* valid when the year comes first */
	bool		compact;		/* yyyymmdd, which may also be a number */
	bool		has_time;
	bool		has_zone;
	bool		month_named;	/* 5 Jan 2024 */
	bool		needs_order;	/* a date only if the order is given */
	bool		year_last;		/* or first, as 24-01-05 may be read */
	int			first;			/* the numbers at both ends, where the year */
	int			last;			/* may be either */
	int			zone;			/* minutes east of UTC, if has_zone */
	Timestamp	at_dmy;			/* local clock, or UTC if has_zone */
	Timestamp	at_mdy;
	Timestamp	at_ymd;
} DateScan;

extern char *shown_text(const text *t);
extern int	clean_blank_length(const char *s, int len);
extern void clean_skip_blanks(const char **s, int *len);
extern bool clean_span(const char **s, int *len);
extern bool clean_is_missing(const char *s, int len);
extern bool clean_is_no_value(const char *s, int len);
extern bool clean_is_listed(ArrayType *words, const char *s, int len);
extern bool amount_scan(const char *s, int len, char mark, AmountScan *r);
extern bool amount_scan_int64(const AmountScan *r, int64 *value);
extern FlagWord flag_scan(const char *s, int len);
extern int32 frequency_scan(const char *s, int len);
extern bool date_scan(const char *s, int len, DateScan *r);
extern bool time_scan(const char *s, int len, int64 *usec);
extern bool date_scan_pick(const DateScan *r, DayMonthOrder order, Timestamp *at);

#endif							/* PT_CLEAN_H */
