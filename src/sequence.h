/*-------------------------------------------------------------------------
 *
 * sequence.h
 *		The orders of customers in the order of time, as one mergeable value.
 *
 * docs/trends.md describes what is asked of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_SEQUENCE_H
#define PT_SEQUENCE_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "compat.h"
#include "text_builder.h"

#define SEQUENCE_SET_VERSION	1
#define SEQUENCE_MAX_DISTANCE	(INT64CONST(1) << 40)	/* days; no two are farther apart */

/* Days since 2000-01-01 that a timestamp can be of. */
#define SEQUENCE_MIN_DAY		(MIN_TIMESTAMP / USECS_PER_DAY)
#define SEQUENCE_MAX_DAY		((END_TIMESTAMP - 1) / USECS_PER_DAY)

/*
 * Customers, each with orders, each with items.  The items are numbered in
 * the order of their bytes: ends[i] is where the text of item i ends, and the
 * texts follow the ends.  The customers follow these, as integers of variable
 * length: the number of orders; of each order its day (of the first in zigzag
 * order, else the days since the one before), the number of its items, the
 * first item, and the distance, less 1, of each further one.  Customers are in
 * the order of their bytes, so that the same ones are the same value.
 */
typedef struct SequenceSet
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	uint8		version;
	uint8		form;			/* a SequenceForm */
	uint16		zero;
	uint32		nitems;
	uint32		ncustomers;
	int64		norders;
	uint32		ends[FLEXIBLE_ARRAY_MEMBER];
} SequenceSet;

typedef enum SequenceForm
{
	SEQUENCE_PACKED,
	SEQUENCE_BUILDING			/* a TextBuilder: customers and rows as an
								 * aggregate collects them */
} SequenceForm;

/* What a record of a builder is. */
typedef enum SequenceKind
{
	SEQUENCE_WHOLE,				/* all orders of a customer */
	SEQUENCE_NUMBER,			/* a row of the customer with this number */
	SEQUENCE_TEXT				/* a row of the customer with this text */
} SequenceKind;

/* A row: an item that a customer bought at a time, or no item. */
typedef struct SequenceRow
{
	int64		key;			/* the number, or the entry of the text */
	Timestamp	at;
	int32		item;			/* an entry or a number; -1: none */
	bool		is_text;
} SequenceRow;

/* The orders of one customer: days, and where the items of each end. */
typedef struct SequenceOrders
{
	int32		norders;
	int32		orders_size;
	int32		nitems;
	int32		items_size;
	int64	   *days;
	int32	   *ends;
	uint32	   *items;
} SequenceOrders;

/* Reads a packed value: customers, and the orders of each. */
typedef struct SequenceReader
{
	const SequenceSet *set;
	const uint8 *p;
	uint32		left;			/* customers */
	int64		orders_left;	/* of the customer */
	bool		first;
	int64		day;			/* of the order, since 2000-01-01 */
	int32		size;
	int32	   *items;
} SequenceReader;

extern SequenceSet *sequence_set_get(Datum value);
extern const char *sequence_set_text(const SequenceSet *set, uint32 item,
									 int *len);
extern void sequence_reader_open(SequenceReader *reader,
								 const SequenceSet *set);
extern bool sequence_reader_customer(SequenceReader *reader);
extern bool sequence_reader_order(SequenceReader *reader);
extern void sequence_reader_close(SequenceReader *reader);
extern PT_NORETURN void bad_sequence_set(const char *detail);

/*--- Inside of this topic ---*/

extern void sequence_too_large(void);
extern TextBuild sequence_build_transition(FunctionCallInfo fcinfo);
extern void sequence_build_row(TextBuild *build, const SequenceRow *row);
extern void sequence_build_orders(TextBuild *build,
								  const SequenceOrders *orders);
extern void sequence_build_add(TextBuild *build, Datum value);

extern void sequence_orders_add(SequenceOrders *orders, int64 day);
extern void sequence_orders_item(SequenceOrders *orders, uint32 item);
extern void sequence_orders_end(SequenceOrders *orders);
extern void sequence_orders_free(SequenceOrders *orders);

/* Reads the records of a builder. */
typedef struct SequenceStream
{
	const TextBuilder *builder;
	const uint8 *p;
	SequenceKind kind;
	SequenceRow row;			/* of the kinds that are rows */
	SequenceOrders orders;		/* of the other one */
} SequenceStream;

extern bool sequence_is_building(const struct varlena *value);
extern void sequence_stream_open(SequenceStream *stream,
								 struct varlena *value);
extern bool sequence_stream_next(SequenceStream *stream);
extern bool sequence_stream_count(struct varlena *value, int64 *ncustomers,
								  int64 *norders);
extern void sequence_stream_close(SequenceStream *stream);
extern SequenceSet *sequence_pack(struct varlena *value);

#endif							/* PT_SEQUENCE_H */
