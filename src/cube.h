/*-------------------------------------------------------------------------
 *
 * cube.h
 *		What a pass over customers' lines counts, for many groupings at once.
 *
 * docs/cube.md has the definitions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_CUBE_H
#define PT_CUBE_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "lib/stringinfo.h"

#include "amount.h"
#include "calendar.h"
#include "compat.h"
#include "stats.h"

/*--- cube_plan: what is asked ---*/

#define CUBE_PLAN_VERSION		1
#define CUBE_PLAN_CALENDAR		2	/* as it is sent, if it has a calendar */
#define CUBE_MAX_ELEMENTS		5
#define CUBE_MAX_GROUPINGS		1000
#define CUBE_MAX_FILTERS		31
#define CUBE_MAX_DIMENSIONS		120	/* as many as lines have at most */
#define CUBE_MAX_WINDOW_DAYS	1000000

/* What lines are grouped and filtered by, if not a dimension of theirs. */
typedef enum CubeElement
{
	CUBE_NONE = 0,
	CUBE_YEAR = -1,
	CUBE_QUARTER = -2,
	CUBE_MONTH = -3,
	CUBE_WEEK = -4,
	CUBE_DAY = -5,
	CUBE_WEEKDAY = -6,
	CUBE_HOUR = -7,
	CUBE_DISCOUNTED = -8,
	CUBE_SUBSCRIBED = -9,
	CUBE_PERIOD = -10,			/* of the calendar of the plan */
	CUBE_LOWEST = CUBE_PERIOD
} CubeElement;

#define CUBE_IS_PERIOD(element) \
	(((element) <= CUBE_YEAR && (element) >= CUBE_DAY) || \
	 (element) == CUBE_PERIOD)
#define CUBE_IS_TIME(element) \
	(((element) <= CUBE_YEAR && (element) >= CUBE_HOUR) || \
	 (element) == CUBE_PERIOD)

typedef struct CubeGrouping
{
	int8		elements[CUBE_MAX_ELEMENTS];
	uint8		nelements;		/* the total has none */
	uint8		statistics;		/* sales_stats instead of counts */
	uint8		zero;
	uint32		left_out;		/* a bit for each filter not binding it */
} CubeGrouping;

/* Codes, sorted, stand at offset; then texts, each with its length. */
typedef struct CubeFilter
{
	int8		element;
	uint8		with_null;
	uint16		zero;
	int32		ncodes;
	int32		ntexts;
	int32		offset;
} CubeFilter;

/*
 * The groupings are followed by the calendar, if there is one, this by the
 * filters, and these by their values.
 */
typedef struct CubePlan
{
	int32		vl_len_;
	uint8		version;
	uint8		has_calendar;	/* else its periods are months */
	uint16		ngroupings;
	uint16		nfilters;
	uint16		zero;
	int32		window_days;	/* 0: no windows */
	Timestamp	as_of;			/* 0 without windows */
	CubeGrouping groupings[FLEXIBLE_ARRAY_MEMBER];
} CubePlan;

static inline const SalesCalendar *
cube_plan_calendar(const CubePlan *plan)
{
	return plan->has_calendar ?
		(const SalesCalendar *) (plan->groupings + plan->ngroupings) :
		&calendar_of_months;
}

static inline CubeFilter *
cube_plan_filters(const CubePlan *plan)
{
	return (CubeFilter *) ((char *) (plan->groupings + plan->ngroupings) +
						   (plan->has_calendar ? sizeof(SalesCalendar) : 0));
}

static inline int32 *
cube_filter_codes(const CubePlan *plan, const CubeFilter *filter)
{
	return (int32 *) ((char *) plan + filter->offset);
}

/* A text as it stands in a plan: padded with zeros to whole words. */
typedef struct CubeText
{
	int32		length;
	char		bytes[FLEXIBLE_ARRAY_MEMBER];
} CubeText;

#define CUBE_TEXT_SIZE(length)	INTALIGN(sizeof(int32) + (Size) (length))

static inline CubeText *
cube_filter_texts(const CubePlan *plan, const CubeFilter *filter)
{
	return (CubeText *) (cube_filter_codes(plan, filter) + filter->ncodes);
}

static inline CubeText *
cube_next_text(const CubeText *text)
{
	return (CubeText *) ((char *) text + CUBE_TEXT_SIZE(text->length));
}

/* A filter before it is part of a plan. */
typedef struct CubeFilterInput
{
	int			element;
	bool		with_null;
	int			ncodes;
	int32	   *codes;			/* in any order */
	int			ntexts;
	const char **texts;			/* in any order */
	int		   *lengths;
	const bool *left_out;		/* for each grouping */
} CubeFilterInput;

extern CubePlan *cube_plan_create(int ngroupings, Timestamp as_of,
								  int32 window_days);
extern CubePlan *cube_plan_set_calendar(const CubePlan *plan,
										const SalesCalendar *calendar);
extern CubePlan *cube_plan_add_filter(const CubePlan *plan,
									  CubeFilterInput *input);
extern const char *cube_grouping_fault(const CubeGrouping *grouping);
extern const char *cube_plan_fault(const CubePlan *plan);
extern CubePlan *cube_plan_get(Datum value);
extern int	cube_text_compare(const char *a, int alen, const char *b, int blen);

/*--- sales_cube: what was counted ---*/

#define SALES_CUBE_VERSION		1
#define CUBE_NULL				PG_INT32_MIN	/* a key */
#define CUBE_MAX_LINES			(INT64CONST(1) << 61)

/*
 * Counts.  The first ones are of what a line says of its order and its
 * customer, each of which counts once: line bit i is counted in number i.
 */
enum
{
	COUNT_ORDERS,				/* with a line that is no return */
	COUNT_PRICED,				/* ... with an amount of 0 or more */
	COUNT_DISCOUNTED,
	COUNT_DISCOUNT_KNOWN,
	COUNT_RETURNS,
	COUNT_WITH_QUANTITY,		/* orders with a quantity that is known */
	COUNT_CUSTOMERS,
	COUNT_BUYERS,
	COUNT_SUBSCRIBERS,
	COUNT_SUBSCRIPTION_KNOWN,
	COUNT_WITH_AMOUNT,			/* customers with an amount that is known */
	CUBE_BITS,
	COUNT_NEW = CUBE_BITS,
	COUNT_RETURNING,
	COUNT_LINES,
	COUNT_RATED,				/* lines */
	CUBE_COUNTS
};

#define CUBE_ORDER_BITS		((1 << COUNT_CUSTOMERS) - 1)
#define CUBE_CUSTOMER_BITS	(((1 << CUBE_BITS) - 1) & ~CUBE_ORDER_BITS)

enum
{
	SUM_REVENUE,
	SUM_RATING,
	SUM_QUANTITY,
	SUM_RETURNED,				/* amounts below 0 */
	SUM_OTHER_REVENUE,			/* of lines without a customer */
	SUM_NEW_REVENUE,
	SUM_RETURNING_REVENUE,
	SUM_RECENT_REVENUE,
	SUM_EARLIER_REVENUE,
	CUBE_SUMS
};

/* What is summed, each with decimals of its own. */
enum
{
	CUBE_AMOUNT,
	CUBE_RATING,
	CUBE_QUANTITY,
	CUBE_MEASURES
};

typedef struct CubeFigures
{
	Timestamp	first;			/* DT_NOEND: none */
	Timestamp	last;			/* DT_NOBEGIN: none */
	int64		counts[CUBE_COUNTS];
	int128		sums[CUBE_SUMS];
} CubeFigures;

/*
 * What every line adds: the first sums, then its number and that of its
 * rating.  It waits in words of 64 bits for being added to the figures.
 */
enum
{
	PENDING_SUMS = SUM_RETURNED + 1,
	PENDING_LINES = PENDING_SUMS,
	PENDING_RATED,
	CUBE_PENDING
};

static inline void
cube_figures_settle(CubeFigures *figures, const int64 *pending)
{
	for (int i = 0; i < PENDING_SUMS; i++)
		figures->sums[i] += pending[i];
	figures->counts[COUNT_LINES] += pending[PENDING_LINES];
	figures->counts[COUNT_RATED] += pending[PENDING_RATED];
}

/* The rows that figures are of; without filters there is only the first. */
enum
{
	CUBE_WHOLE,
	CUBE_SELECTED,
	CUBE_ARMS
};

/*
 * The figures of a cell, what of the order that was added last is counted in
 * them already, and what is pending.  All but the figures is zero when packed.
 * What every line changes stands side by side.
 */
typedef struct CubeArm
{
	uint64		order;			/* its serial number */
	uint32		seen;			/* line bits */
	uint32		zero;
	int64		pending[CUBE_PENDING];
	union
	{
		CubeFigures figures;
		SalesStats	stats;
	};
} CubeArm;

typedef struct CubeKey
{
	int32		grouping;		/* from 0 */
	int32		values[CUBE_MAX_ELEMENTS];	/* see sales_cube_key_fault */
} CubeKey;

typedef struct CubeCell
{
	CubeKey		key;
	CubeArm		arms[FLEXIBLE_ARRAY_MEMBER];
} CubeCell;

/*
 * The plan follows, then (if it may grow) slots of hash tables, then the
 * texts, then the cells.  A packed cube is in order and has no slots and no
 * room.
 */
typedef struct SalesCube
{
	int32		vl_len_;		/* always of four bytes here */
	uint8		version;
	uint8		narms;
	uint8		scales[CUBE_MEASURES];
	uint8		zero[3];
	int32		nslots;			/* 0: packed; else a power of 2 */
	int64		largest[CUBE_MEASURES]; /* absolute values, with these scales */
	uint64		serial;			/* of the last order */
	int64		pending;		/* no cell has more of it */
	uint64		id;				/* of no other that grows in this process */
	int32		ncells;
	int32		max_cells;
	int32		ntexts;
	int32		max_texts;
	int32		text_bytes;
	int32		max_text_bytes;
	CubePlan	plan;
} SalesCube;

/* Where the parts of a cube are. */
typedef struct CubeView
{
	SalesCube  *cube;
	uint32	   *slots;			/* number of a cell + 1, or 0 */
	uint32	   *text_slots;
	uint32	   *text_offsets;
	char	   *texts;
	char	   *cells;
	Size		cell_size;
} CubeView;

static inline CubeCell *
cube_cell(const CubeView *view, Size number)
{
	return (CubeCell *) (view->cells + number * view->cell_size);
}

static inline const char *
cube_text(const CubeView *view, int number, int *length)
{
	uint32		start = view->text_offsets[number];
	uint32		end = number + 1 < view->cube->ntexts ?
		view->text_offsets[number + 1] : (uint32) view->cube->text_bytes;

	*length = (int) (end - start);
	return view->texts + start;
}

/* A cube whose cells are added to those of another one. */
typedef struct CubeSource
{
	CubeView	view;
	int32	   *texts;			/* numbers of its texts in the other */
	int			scales[CUBE_MEASURES];	/* of the other */
} CubeSource;

extern SalesCube *sales_cube_create(const CubePlan *plan);
extern void sales_cube_view(SalesCube *cube, CubeView *view);
extern void sales_cube_grow(CubeView *view, int64 cells, int64 texts,
							int64 text_bytes);
extern uint32 sales_cube_cell(CubeView *view, const CubeKey *key);
extern uint32 sales_cube_add_cell(CubeView *view, const CubeKey *key,
								  uint64 hash);
extern uint32 sales_cube_add_text(CubeView *view, const char *text,
								  int length);
extern void sales_cube_settle(CubeView *view);
extern void sales_cube_rescale(CubeView *view, int measure, int scale);
extern void cube_figures_init(CubeFigures *figures);
extern void cube_figures_add(CubeFigures *figures, const CubeFigures *more);
extern void sales_cube_source(CubeView *to, SalesCube *cube,
							  CubeSource *source);
extern CubeCell *sales_cube_target(CubeView *to, const CubeSource *source,
								   const CubeCell *cell, int grouping);
extern void cube_source_figures(const CubeSource *source, const CubeArm *arm,
								CubeFigures *figures);
extern SalesCube *sales_cube_thaw(SalesCube *cube);
extern SalesCube *sales_cube_pack(SalesCube *cube);
extern const char *sales_cube_check(SalesCube *cube);
extern SalesCube *sales_cube_get(Datum value);

static pg_attribute_always_inline uint64
cube_key_hash(int grouping, const int32 *values, int nelements)
{
	uint64		hash = (uint64) (grouping + 1) * UINT64CONST(0x9E3779B97F4A7C15);

	for (int i = 0; i < nelements; i++)
	{
		hash = (hash ^ (uint32) values[i]) * UINT64CONST(0x9E3779B97F4A7C15);
		hash ^= hash >> 32;
	}
	return hash;
}

/* The first day of the period that a day is in. */
extern int32 cube_period_start(const SalesCalendar *calendar, int element,
							   int32 day);

/*--- Reading and writing text (cube_io.c) ---*/

extern PT_NORETURN void cube_bad_text(const char *type, const char *input,
									  const char *detail);
extern bool cube_in_literal(const char **s, const char *literal);
extern bool cube_in_integer(const char **s, int64 low, int64 high, int64 *value);
extern bool cube_in_text(const char **s, char **text, int *length);
extern void cube_out_text(StringInfo buf, const char *text, int length);
extern void cube_plan_out(StringInfo buf, const CubePlan *plan);
extern Datum pt_cube_plan_in(PG_FUNCTION_ARGS);
extern CubePlan *cube_plan_in(const char **s, const char *type,
							  const char *input);
extern void cube_plan_send(StringInfo buf, const CubePlan *plan);
extern CubePlan *cube_plan_recv(StringInfo buf, const char *type);

#endif							/* PT_CUBE_H */
