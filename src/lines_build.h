/*-------------------------------------------------------------------------
 *
 * lines_build.h
 *		All order lines of one customer as one value: writing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_LINES_BUILD_H
#define PT_LINES_BUILD_H

#include "lines.h"

/* What tells which lines are one order. */
typedef enum LinesKey
{
	LINES_KEY_OWN,				/* an order of its own, until LINES_KEY_SAME */
	LINES_KEY_SAME,				/* the order of the line before */
	LINES_KEY_TIME,				/* its time */
	LINES_KEY_NUMBER,			/* an order id */
	LINES_KEY_TEXT				/* an order id */
} LinesKey;

/* A value of a dimension: NULL, a code, or a text. */
typedef struct LinesValue
{
	int64		code;			/* LINES_NULL, from 0, or -1 for a text */
	const char *text;
	int			len;
} LinesValue;

/* A decimal, of which value may be LINES_NULL. */
typedef struct LinesDecimal
{
	int64		value;
	int			scale;
} LinesDecimal;

enum
{
	DECIMAL_AMOUNT,
	DECIMAL_RATING,
	DECIMAL_QUANTITY,
	DECIMALS
};

/* One line on its way. */
typedef struct LinesRow
{
	LinesKey	key;
	int64		number;			/* order id */
	const char *text;			/* order id */
	int			len;
	Timestamp	at;				/* DT_NOEND: not known */
	LinesDecimal decimals[DECIMALS];
	int64		discounted;		/* LINES_NULL, 0, 1 */
	int64		subscribed;
	LinesValue	values[LINES_MAX_DIMENSIONS];
} LinesRow;

/*
 * The form under construction: rows one after the other, so that two states
 * are mostly combined by a memcpy.  What the last row had makes the next one
 * short.  Nothing here needs more than the alignment of an int32.
 */
typedef struct LinesBuilder
{
	int32		vl_len_;
	uint8		form;			/* LINES_BUILDING */
	uint8		flags;
	uint8		ndimensions;
	uint8		last_key;		/* LinesKey of the last order */
	int32		nrows;
	int32		used;			/* bytes of the stream */
	uint8		scales[DECIMALS];	/* of most rows, + 1; 0 if there are none */
	uint8		unused;
	uint8		last_number[sizeof(int64)]; /* order id of the last order */
	uint8		last_at[sizeof(Timestamp)]; /* last known time */
	uint8		stream[FLEXIBLE_ARRAY_MEMBER];
} LinesBuilder;

/* Reads the rows of a state. */
typedef struct LinesStream
{
	const uint8 *next;
	const uint8 *end;
	int			ndimensions;
	const uint8 *scales;		/* as in LinesBuilder */
	Timestamp	last_at;		/* DT_NOEND: no time was known yet */
} LinesStream;

/* First byte of a value under construction; that of a stored one is its
 * version. */
#define LINES_BUILDING			0x81

#define LINES_BUILD_BY_TIME		0x01
#define LINES_BUILD_KEYS		0x02	/* has order ids */
#define LINES_BUILD_LAST_AT		0x04	/* last_at is set */
#define LINES_BUILD_FLAGS		0x07

static inline bool
lines_is_builder(const struct varlena *value)
{
	return VARSIZE_ANY_EXHDR(value) > 0 &&
		*(const uint8 *) VARDATA_ANY(value) == LINES_BUILDING;
}

/* Whether it is a state that has order ids, which the stored form drops. */
static inline bool
lines_has_ids(const struct varlena *value)
{
	return lines_is_builder(value) && VARSIZE_ANY_EXHDR(value) > 1 &&
		(((const uint8 *) VARDATA_ANY(value))[1] & LINES_BUILD_KEYS) != 0;
}

extern LinesBuilder *lines_builder_create(void);
extern LinesBuilder *lines_builder_add(LinesBuilder *builder, int ndimensions,
									   const LinesRow *row);
extern LinesBuilder *lines_builder_get(struct varlena *value);
extern LinesBuilder *lines_builder_reserve(LinesBuilder *builder, Size more);
extern void lines_builder_set_last_at(LinesBuilder *builder, Timestamp at);
extern void lines_stream_open(LinesStream *stream,
							  const LinesBuilder *builder);
extern bool lines_stream_next(LinesStream *stream, LinesRow *row);
extern Datum lines_finish(const LinesBuilder *builder);

/* Appends the lines of a stored value for which keep is set, or all. */
extern LinesBuilder *lines_builder_add_stored(LinesBuilder *builder,
											  const LinesReader *reader,
											  const bool *keep);

/* Reads a stored value line by line. */
typedef struct LinesCursor
{
	const LinesReader *reader;
	int32		order;			/* number of the order, from 0 */
	int32		in_order;		/* number of the line in its order, from 0 */
	int32		next;			/* number of the line after this one */
	int64		left;			/* lines of the order after this one */
	LinesRow	row;			/* its key is that of an order without id */
	int64	   *sizes;
	Timestamp  *times;
	int64	   *columns[LINES_MAX_COLUMNS]; /* those that are not constant */
} LinesCursor;

extern void lines_cursor_open(LinesCursor *cursor, const LinesReader *reader);
extern bool lines_cursor_next(LinesCursor *cursor);
extern void lines_cursor_close(LinesCursor *cursor);

/*
 * Lines as a table of numbers, from which the stored form is made.  The first
 * fields of a row are its time (DT_NOEND: not known), amount, rating,
 * quantity and flags; then come the values of dimensions, with texts as -1 -
 * the number of the text.
 */
enum
{
	FIELD_TIME,
	FIELD_AMOUNT,				/* and the other decimals */
	FIELD_DISCOUNTED = FIELD_AMOUNT + DECIMALS,
	FIELD_SUBSCRIBED,
	FIELD_DIMENSION
};

typedef struct LinesText
{
	const char *text;
	int			len;
	uint32		hash;
} LinesText;

typedef struct LinesRange
{
	int32		first;			/* in rows */
	int32		count;
} LinesRange;

typedef struct LinesTable
{
	int32		nrows;
	int32		norders;
	int			ndimensions;
	int			nfields;
	bool		by_time;
	int			scales[DECIMALS];
	int64	   *fields;			/* row by row */
	int32	   *rows;			/* numbers of rows, order by order */
	LinesRange *orders;
	LinesText  *texts;			/* different ones */
	int32		ntexts;
} LinesTable;

extern Datum lines_pack(LinesTable *table);
extern PT_NORETURN void too_many_lines(void);

#endif							/* PT_LINES_BUILD_H */
