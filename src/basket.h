/*-------------------------------------------------------------------------
 *
 * basket.h
 *		Market baskets as one mergeable value.
 *
 * docs/basket.md describes the stored form.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_BASKET_H
#define PT_BASKET_H

#include "fmgr.h"

#include "compat.h"
#include "text_builder.h"

#define BASKET_SET_VERSION		1

/*
 * Baskets, each a set of items.  The items are numbered in the order of their
 * bytes.  ends[i] is where the text of item i ends; the texts follow the ends,
 * and the baskets these, as integers of variable length: twice the number of
 * items (plus 1 if there are several such baskets, and then how many), the
 * first item, and the distance, less 1, of each further one.
 */
typedef struct BasketSet
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	uint8		version;
	uint8		form;			/* a BasketForm */
	uint16		zero;
	uint32		nitems;
	uint32		nrows;			/* different baskets */
	int64		nbaskets;		/* all, empty ones included */
	uint32		ends[FLEXIBLE_ARRAY_MEMBER];
} BasketSet;

typedef enum BasketForm
{
	BASKET_PACKED,
	BASKET_BUILDING				/* a TextBuilder: baskets as an aggregate
								 * collects them, by their keys */
} BasketForm;

/* What says which basket the items of a record are in. */
typedef enum BasketKeyKind
{
	KEY_NONE,					/* they are a basket */
	KEY_COUNT,					/* so many baskets */
	KEY_NUMBER,					/* the basket with this number */
	KEY_TEXT					/* the basket with the text of this entry */
} BasketKeyKind;

typedef struct BasketText
{
	const char *text;
	int32		len;
} BasketText;

/* A basket, its items in a pool; the first two tell most baskets apart. */
typedef struct BasketRow
{
	int64		count;
	int64		start;
	uint64		head;			/* of each one more than its number, or 0 */
	int32		size;
} BasketRow;

/* A basket that later rows can add to. */
typedef struct BasketOpen
{
	int64		key;			/* the number, or the entry of the text */
	int64		start;
	int32		size;
	bool		is_text;
	BasketText	text;
} BasketOpen;

/* All of a value: the items, and the baskets in order, each once. */
typedef struct BasketParts
{
	BasketText *items;
	uint32		nitems;
	int32	   *pool;
	BasketRow  *rows;
	int64		nrows;
	BasketOpen *open;
	int64		nopen;
} BasketParts;

/* Reads a packed value, which was checked, basket by basket. */
typedef struct BasketReader
{
	const BasketSet *set;
	const uint8 *p;
	uint32		left;
	int64		count;
	int32		size;
	int32	   *items;
} BasketReader;

extern BasketSet *basket_set_get(Datum value);
extern const char *basket_set_text(const BasketSet *set, uint32 item,
								   int *len);
extern void basket_reader_open(BasketReader *reader, const BasketSet *set);
extern bool basket_reader_next(BasketReader *reader);
extern void basket_reader_close(BasketReader *reader);

/*--- Inside of this topic ---*/

extern TextBuild basket_build_new(void);
extern TextBuild basket_build_transition(FunctionCallInfo fcinfo);
extern void basket_build_record(TextBuild *build, BasketKeyKind kind,
								int64 key, uint32 *entries, int32 n);
extern Datum basket_build_result(TextBuild *build);
extern void basket_build_add(TextBuild *build, Datum value);
extern struct varlena *basket_set_finish(struct varlena *value);
extern void basket_parts(Datum value, BasketParts *parts);

#endif							/* PT_BASKET_H */
