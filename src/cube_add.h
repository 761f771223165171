/*-------------------------------------------------------------------------
 *
 * cube_add.h
 *		The lines of one customer, prepared to be added to a sales_cube.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_CUBE_ADD_H
#define PT_CUBE_ADD_H

#include "miscadmin.h"

#include "cube.h"
#include "history.h"
#include "lines.h"

/* Often enough to be cancelled, seldom enough to cost nothing. */
#define CHECK_LINE(i) \
	do { \
		if (unlikely(((i) & 0xFFFF) == 0xFFFF)) \
			CHECK_FOR_INTERRUPTS(); \
	} while (0)

/*--- What is prepared once for a plan ---*/

typedef struct FilterTest
{
	const CubeFilter *filter;
	const int32 *codes;
	int32		ncodes;
	int32		lowest;
	uint32		nbits;			/* of a bitmap from the lowest on; 0: none */
	uint8	   *bitmap;
	const CubeText **texts;
	uint32		bit;
} FilterTest;

/* Something that lines are grouped or filtered by. */
typedef struct ElementValues
{
	int			element;
	bool		grouped;
	int			nfilters;
	int			filters[CUBE_MAX_FILTERS];
	/* of the customer at hand */
	bool		constant;		/* the same in all lines */
	bool		by_order;		/* the same in all lines of an order */
	int32		value;			/* if constant */
	int32	   *keys;			/* of all lines, otherwise */
} ElementValues;

typedef struct GroupingCells
{
	int			nelements;
	int			elements[CUBE_MAX_ELEMENTS];	/* which of the scratch */
	bool		statistics;
	bool		has_period;
	uint32		filters;		/* those that bind it */
	int			totals;			/* which of the scratch */
} GroupingCells;

/* A line as it is added to cells, or all lines of an order together. */
typedef struct CubeLine
{
	int64		pending[CUBE_PENDING];	/* what it adds */
	Timestamp	first;			/* its time; DT_NOEND of a return */
	Timestamp	last;			/* its time; DT_NOBEGIN of a return */
	Timestamp	time;			/* DT_NOEND if not known */
	uint64		order;			/* serial number */
	uint32		bits;
	uint32		failed;			/* filters that it does not pass */
	int32		line;			/* where its keys are */
	int16		window;			/* 0, or the sum of its window */
	int16		arm;			/* a SalesArmName, or SALES_ARMS */
} CubeLine;

/* The lines of a customer that pass some filters. */
typedef struct LineTotals
{
	uint32		filters;
	bool		summed;
	bool		merged;
	CubeArm		sum;			/* what they add up to */
	CubeLine   *orders;			/* by order */
	int			norders;
} LineTotals;

/* Where a cell of one or two values was found. */
typedef struct CellMemo
{
	int32		values[2];
	uint32		epoch;			/* 0: nowhere */
	uint32		offset;			/* from the first cell */
} CellMemo;

#define MEMO_BITS		8
#define MEMO_CELLS		(1 << MEMO_BITS)

/* A day that occurred lately, and the start of its period. */
typedef struct KnownDay
{
	int32		day;
	int32		start;
} KnownDay;

#define KNOWN_DAYS		4096

typedef struct CubeScratch
{
	MemoryContext context;
	CubePlan   *plan;
	int			nelements;
	ElementValues *elements;
	FilterTest *filters;
	GroupingCells *groupings;
	int			ntotals;
	LineTotals *totals;			/* the first without filters */
	int64		most_merged;	/* lines of a customer */
	bool		any_time;		/* elements of time */
	KnownDay   *known_days;		/* periods of the calendar; NULL: not asked */
	CellMemo   *memos;			/* so many for each grouping */
	uint32		epoch;
	uint64		cube_id;		/* of the cube they are of */
	/* room for so many lines */
	int64		nlines;
	CubeLine   *lines;
	int64	   *values;
	int64	   *columns[LINES_DIMENSION];
	Timestamp  *times;
	int32	   *days;
	int64		ntexts;
	int32	   *texts;			/* numbers in the cube; -1: not yet known */
} CubeScratch;

/* The customer at hand. */
typedef struct CubeCustomer
{
	LinesReader reader;
	int			n;
	bool		is_customer;
	bool		times_differ;	/* within an order */
	bool		simple;			/* a customer, and not wide */
	bool		wide;			/* sums may need more than 64 bits */
	bool		mergeable;		/* lines of an order can be added together */
	bool		few_sums;		/* none but those that are pending */
	uint64		before;			/* serial number before those of its orders */
	uint32		failed_all;		/* filters that no line passes */
	uint32		failed_any;
	int			first;			/* line with the first purchase, or -1 */
	int64		largest;		/* amount, rating or quantity */
} CubeCustomer;

/* What lines may take that are kept by order, too. */
#define MERGE_SPACE			(32 * 1024 * 1024)

/* What a customer may add to pending sums, and all of them before they are
 * settled. */
#define PENDING_CUSTOMER	(INT64CONST(1) << 55)
#define PENDING_LIMIT		(INT64CONST(1) << 62)

extern CubeScratch *cube_scratch(FunctionCallInfo fcinfo, int plan_arg);
extern void cube_prepare_lines(CubeScratch *scratch, CubeCustomer *customer,
							   CubeView *view);

#endif							/* PT_CUBE_ADD_H */
