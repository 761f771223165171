/*-------------------------------------------------------------------------
 *
 * shop_time.c
 *		Moments on the clock of a shop.
 *
 * AT TIME ZONE looks up the zone and takes a moment apart into year, month
 * and so on, for each row anew, which costs more than all else that a mart
 * does with a row.  But the distance between a shop's clock and UTC changes
 * twice a year at most, so what was found once is kept with its range.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "compat.h"

PG_FUNCTION_INFO_V1(pt_shop_time);

#define KEPT_RANGES		16
#define EPOCH_SECS \
	((pg_time_t) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* Moments from one to another, the latter excluded, with one distance. */
typedef struct ClockRange
{
	Timestamp	from;
	Timestamp	until;
	int64		ahead;			/* of UTC, in microseconds */
} ClockRange;

typedef struct Clock
{
	text	   *name;			/* of the zone */
	pg_tz	   *zone;			/* NULL: not a name of the time zone database */
	int			n;
	int			last;			/* the range that was found last */
	ClockRange	ranges[KEPT_RANGES];
} Clock;

/* The clock of a call; kept where the zone is the same in all rows. */
static Clock *
get_clock(FunctionCallInfo fcinfo, const text *name)
{
	Clock	   *clock = fcinfo->flinfo->fn_extra;
	Size		size = VARSIZE_ANY(name);
	char	   *string;

	if (likely(clock != NULL && clock->name != NULL &&
			   VARSIZE_ANY(clock->name) == size &&
			   memcmp(clock->name, name, size) == 0))
		return clock;
	if (clock == NULL)
		clock = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Clock));
	if (clock->name != NULL)
		pfree(clock->name);
	clock->name = NULL;			/* if what follows fails */
	string = text_to_cstring(name);
	/* names only: abbreviations and offsets have rules of their own */
	clock->zone = strchr(string, '/') != NULL || strcmp(string, "UTC") == 0
		? pg_tzset(string) : NULL;
	pfree(string);
	clock->n = clock->last = 0;
	clock->name = memcpy(MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, size),
						 name, size);
	return clock;
}

/* The range of a moment, or NULL if the server has to tell. */
static const ClockRange *
find_range(Clock *clock, Timestamp at)
{
	ClockRange *range = &clock->ranges[clock->last];
	pg_time_t	seconds;
	pg_time_t	boundary;
	long int	before;
	long int	after;
	int			before_is_dst;
	int			after_is_dst;
	int			found;
	Timestamp	until = DT_NOEND;

	if (likely(clock->n > 0 && at >= range->from && at < range->until))
		return range;
	for (int i = 0; i < clock->n; i++)
	{
		range = &clock->ranges[i];
		if (at >= range->from && at < range->until)
		{
			clock->last = i;
			return range;
		}
	}
	/* whole seconds, rounded down, as the server has them */
	seconds = at / USECS_PER_SEC - (at % USECS_PER_SEC < 0 ? 1 : 0) +
		EPOCH_SECS;
	found = pg_next_dst_boundary(&seconds, &before, &before_is_dst, &boundary,
								 &after, &after_is_dst, clock->zone);
	if (found < 0)
		return NULL;
	if (found > 0 && boundary - EPOCH_SECS < DT_NOEND / USECS_PER_SEC)
		until = (boundary - EPOCH_SECS) * USECS_PER_SEC;
	/* a range that is known from a later moment on, or another one */
	for (int i = 0; i < clock->n; i++)
	{
		range = &clock->ranges[i];
		if (range->until == until && range->ahead == before * USECS_PER_SEC)
		{
			range->from = Min(range->from, at);
			clock->last = i;
			return range;
		}
	}
	clock->last = clock->n < KEPT_RANGES ? clock->n++
		: (clock->last + 1) % KEPT_RANGES;
	range = &clock->ranges[clock->last];
	range->from = at;
	range->until = until;
	range->ahead = before * USECS_PER_SEC;
	return range;
}

Datum
pt_shop_time(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	const text *name = PG_GETARG_TEXT_PP(1);
	Clock	   *clock;
	const ClockRange *range;
	Timestamp	result;

	if (TIMESTAMP_NOT_FINITE(at))
		PG_RETURN_TIMESTAMP(at);
	clock = get_clock(fcinfo, name);
	range = clock->zone == NULL ? NULL : find_range(clock, at);
	if (range == NULL)
		return DirectFunctionCall2(timestamptz_zone, PG_GETARG_DATUM(1),
								   PG_GETARG_DATUM(0));
	result = at + range->ahead;
	if (!IS_VALID_TIMESTAMP(result))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	PG_RETURN_TIMESTAMP(result);
}
