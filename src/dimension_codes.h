/*-------------------------------------------------------------------------
 *
 * dimension_codes.h
 *		The numbers that stand for the values of dimensions, as one value.
 *
 * Looked up once per row and dimension: so the value has its index in it, and
 * nothing is allocated or kept between rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_DIMENSION_CODES_H
#define PT_DIMENSION_CODES_H

#include "fmgr.h"

#include "compat.h"

#define CODES_MAX_DIMENSIONS	120

/* Where the entries of a dimension are.  Offsets count from the start. */
typedef struct CodesDimension
{
	uint32		first;			/* its first entry, among all */
	uint32		count;
	uint32		slots;			/* offset of its hash table */
	uint32		mask;			/* slots of the table, less 1 */
} CodesDimension;

typedef struct CodesSlot
{
	uint32		hash;
	uint32		entry;			/* offset of the entry; 0 is an empty slot */
} CodesSlot;

typedef struct CodesEntry
{
	int32		code;
	uint32		len;
	char		value[FLEXIBLE_ARRAY_MEMBER];
} CodesEntry;

#define CODES_ENTRY_HEADER	offsetof(CodesEntry, value)

/*
 * After the dimensions come the offsets of all entries, by dimension and
 * code; then the hash tables; then the entries.
 */
typedef struct DimensionCodes
{
	int32		vl_len_;
	uint8		version;
	uint8		unused;
	uint16		ndimensions;
	uint32		count;
	CodesDimension dimensions[FLEXIBLE_ARRAY_MEMBER];
} DimensionCodes;

extern PT_NORETURN void bad_dimension_codes(const char *detail);

/* Codes in the form that can be asked. */
extern const DimensionCodes *dimension_codes_open(Datum codes);

/* The same of an argument; what comes out of a table is kept for next time. */
extern const DimensionCodes *dimension_codes_argument(FunctionCallInfo fcinfo,
													  int arg);

/*
 * Which entry of a builder of texts each code had last; whoever uses it looks
 * whether that entry has the text of the code.
 */
typedef struct CodeGuesses
{
	MemoryContext context;
	uint32		size;
	uint32	   *entries;
} CodeGuesses;

extern CodeGuesses *dimension_codes_guesses(FunctionCallInfo fcinfo);

/* Depends on the byte order, so it is never sent. */
static inline uint32
dimension_hash(const char *value, int len)
{
	const uint64 factor = UINT64CONST(0x9E3779B97F4A7C15);
	uint64		hash = (uint64) len * factor;
	uint64		part;

	for (; len >= 8; value += 8, len -= 8)
	{
		memcpy(&part, value, 8);
		hash = (hash ^ part) * factor;
		hash ^= hash >> 29;
	}
	if (len >= 4)
	{
		uint32		head;
		uint32		tail;

		memcpy(&head, value, 4);
		memcpy(&tail, value + len - 4, 4);
		part = (uint64) head << 32 | tail;
		hash = (hash ^ part) * factor;
	}
	else if (len > 0)
	{
		part = (uint64) (uint8) value[0] << 16 |
			(uint64) (uint8) value[len >> 1] << 8 | (uint8) value[len - 1];
		hash = (hash ^ part) * factor;
	}
	return (uint32) (hash >> 32);
}

/*
 * The code of a value, or -1.  What is read is checked, so that a damaged
 * value cannot lead beyond it.
 */
static inline int32
dimension_code(const DimensionCodes *codes, int dimension, const char *value,
			   int len)
{
	const char *start = (const char *) codes;
	const Size	size = VARSIZE(codes);
	const CodesDimension *d;
	uint32		hash;

	if (dimension < 1 || dimension > codes->ndimensions)
		return -1;
	d = &codes->dimensions[dimension - 1];
	if (d->count == 0)
		return -1;
	if (unlikely((Size) d->slots + ((Size) d->mask + 1) * sizeof(CodesSlot) > size))
		bad_dimension_codes("An index is outside of it.");
	hash = dimension_hash(value, len);
	for (uint32 i = 0; i <= d->mask; i++)
	{
		CodesSlot	slot;
		CodesEntry	entry;

		memcpy(&slot,
			   start + d->slots + (Size) ((hash + i) & d->mask) * sizeof(CodesSlot),
			   sizeof(CodesSlot));
		if (slot.entry == 0)
			return -1;
		if (slot.hash != hash)
			continue;
		if (unlikely((Size) slot.entry + CODES_ENTRY_HEADER > size))
			bad_dimension_codes("An entry is outside of it.");
		memcpy(&entry, start + slot.entry, CODES_ENTRY_HEADER);
		if (unlikely(entry.len > size - slot.entry - CODES_ENTRY_HEADER ||
					 entry.code < 0))
			bad_dimension_codes("An entry is outside of it.");
		if (entry.len == (uint32) len &&
			memcmp(start + slot.entry + CODES_ENTRY_HEADER, value, len) == 0)
			return entry.code;
	}
	return -1;
}

/* The value of a code, which is not copied; NULL if there is none. */
extern const char *dimension_value_of(const DimensionCodes *codes,
									  int dimension, int32 code, int *len);

#endif							/* PT_DIMENSION_CODES_H */
