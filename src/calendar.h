/*-------------------------------------------------------------------------
 *
 * calendar.h
 *		The type sales_calendar: which days are a period.
 *
 * docs/calendar.md has the rules.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_CALENDAR_H
#define PT_CALENDAR_H

#include "fmgr.h"
#include "lib/stringinfo.h"

#include "compat.h"

#define SALES_CALENDAR_VERSION	1

typedef enum CalendarKind
{
	CALENDAR_MONTHS = 1,
	CALENDAR_WEEKS,
	CALENDAR_RETAIL
} CalendarKind;

/* A rule; what a kind has no use for is zero. */
typedef struct SalesCalendar
{
	int32		vl_len_;		/* always of four bytes here */
	uint8		version;
	uint8		kind;
	uint8		month;			/* the first of a year; the last of a retail one */
	uint8		weekday;		/* Monday 1: first of weeks, last of retail years */
	uint8		nearest;		/* to the end of the month, else the last in it */
	uint8		pattern;		/* 4-4-5 1, 4-5-4 2, 5-4-4 3 */
	uint8		named_by_end;	/* a year by that in which it ends */
	uint8		zero;
} SalesCalendar;

/* Days are counted from 2000-01-01. */
typedef struct CalendarPeriod
{
	int32		start;
	int32		next;			/* start of the one after it */
	int32		year;
	int32		number;			/* in the year, from 1 */
	int32		count;			/* periods of the year */
	int64		index;			/* that of the next one is one more */
} CalendarPeriod;

extern const SalesCalendar calendar_of_months;	/* has no length */

static inline bool
calendar_same(const SalesCalendar *a, const SalesCalendar *b)
{
	return memcmp(&a->version, &b->version,
				  sizeof(SalesCalendar) - offsetof(SalesCalendar, version)) == 0;
}

extern void calendar_find(const SalesCalendar *calendar, int32 day,
						  CalendarPeriod *period);
extern void calendar_at(const SalesCalendar *calendar, int64 index,
						CalendarPeriod *period);
extern const char *calendar_fault(const SalesCalendar *calendar, Size size);
extern SalesCalendar *calendar_get(Datum value);
extern void calendar_out(StringInfo buf, const SalesCalendar *calendar);
extern SalesCalendar *calendar_in(const char *input);
extern void calendar_send(StringInfo buf, const SalesCalendar *calendar);
extern SalesCalendar *calendar_recv(StringInfo buf, const char *type);

#endif							/* PT_CALENDAR_H */
