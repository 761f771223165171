/*-------------------------------------------------------------------------
 *
 * lines.h
 *		All order lines of one customer as one value: reading.
 *
 * docs/lines.md describes the stored form.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_LINES_H
#define PT_LINES_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "amount.h"
#include "compat.h"
#include "history.h"
#include "varint.h"

#define LINES_MAX_DIMENSIONS	120
#define LINES_NULL				PG_INT64_MIN	/* no value, in what is decoded */

/* The columns of a value, in their order. */
enum
{
	LINES_ORDER_SIZE,			/* lines of each order */
	LINES_ORDER_DISTANCE,		/* units of time since the order before; of the
								 * orders with a time after the first one */
	LINES_TIME_OFFSET,			/* units of time of a line since its order */
	LINES_AMOUNT,
	LINES_RATING,
	LINES_QUANTITY,
	LINES_DISCOUNTED,			/* 0, 1 */
	LINES_SUBSCRIBED,			/* 0, 1 */
	LINES_DIMENSION,			/* the first; the others follow */
	LINES_MAX_COLUMNS = LINES_DIMENSION + LINES_MAX_DIMENSIONS
};

/*
 * A column: as many numbers as there are lines (or orders), each base + a
 * packed number of width bits; where it has NULLs, 0 is NULL and v is
 * base + v - 1.  Width 0: the same in all.
 */
typedef struct LinesColumn
{
	const uint8 *bits;
	int64		base;
	uint8		width;
	bool		has_nulls;
} LinesColumn;

typedef struct LinesReader
{
	int32		nlines;
	int32		norders;
	int32		ndated_orders;	/* with a time: they come first */
	int			ndimensions;
	int			ntexts;
	bool		by_time;		/* lines of one time are one order */
	HistoryUnit unit;
	int			amount_scale;
	int			rating_scale;
	int			quantity_scale;
	int64		first_time;		/* of the first order, in units */
	LinesColumn text_ends;		/* where each text ends in texts */
	int32		text_bytes;
	const uint8 *texts;			/* see lines_text */
	const uint8 *end;
	LinesColumn columns[LINES_MAX_COLUMNS];
} LinesReader;

/*
 * Starts reading a value in either form (a state under construction is
 * finished first).  Afterwards no decoding reads outside of the value.
 */
extern void lines_open(Datum lines, LinesReader *reader);

static inline bool
lines_constant(const LinesReader *reader, int column)
{
	return reader->columns[column].width == 0;
}

/* The one value of a constant column. */
extern int64 lines_constant_value(const LinesReader *reader, int column);

/*
 * All values of a column, NULL being LINES_NULL.  Those of dimensions are a
 * code from 0 (below 2^31), or -1 - i for the text number i of the value.
 * There are as many values as lines; of LINES_ORDER_SIZE as orders, and of
 * LINES_ORDER_DISTANCE as orders with a time, the first being 0.
 */
extern void lines_decode(const LinesReader *reader, int column, int64 *values);

/* The text number i; 0 <= i < ntexts, which lines_decode makes sure of. */
extern const char *lines_text(const LinesReader *reader, int i, int *length);

/* Room for what is decoded of so many lines. */
extern int64 *lines_numbers(int32 n);

/* Times of all lines; DT_NOEND stands for an unknown time. */
extern void lines_times(const LinesReader *reader, Timestamp *times);

extern PT_NORETURN void bad_lines(const char *detail);

/*--- Inside of this topic ---*/

/* How many numbers of a column are stored. */
static inline int32
lines_column_count(const LinesReader *reader, int column)
{
	if (column == LINES_ORDER_SIZE)
		return reader->norders;
	if (column == LINES_ORDER_DISTANCE)
		return Max(reader->ndated_orders - 1, 0);
	return reader->nlines;
}

extern struct varlena *lines_stored(Datum lines);
extern const char *lines_constant_fault(const LinesReader *reader, int column);
extern const char *lines_decode_fault(const LinesReader *reader, int column,
									  int64 *values);
extern const char *lines_times_fault(const LinesReader *reader,
									 Timestamp *times);
extern const char *lines_text_fault(const LinesReader *reader, int i,
									const char **text, int *length);
extern const char *lines_open_stored(struct varlena *value,
									 LinesReader *reader);
extern int64 lines_usec_per_unit(HistoryUnit unit);

/*
 * The stored form.  docs/lines.md has the whole of it.
 */
#define LINES_VERSION			1
#define LINES_FLAG_UNIT			0x03	/* a HistoryUnit */
#define LINES_FLAG_BY_TIME		0x04
#define LINES_FLAG_UNDATED		0x08	/* there are orders without a time */
#define LINES_FLAG_TEXTS		0x10	/* values that stand as text */
#define LINES_FLAGS				0x1F
#define LINES_HEADER			5
#define LINES_SCALE_BITS		5
#define LINES_MAX_DISTANCE		(INT64CONST(1) << 62)

/* Lines times columns: equal lines take no room, so there must be a limit. */
#define LINES_MAX_NUMBERS		(INT64CONST(1) << 28)

/* How a column begins: width, width and NULLs, or a constant. */
#define LINES_WITH_NULLS		65
#define LINES_SHORT_CONSTANT	130

#endif							/* PT_LINES_H */
