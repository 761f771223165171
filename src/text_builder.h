/*-------------------------------------------------------------------------
 *
 * text_builder.h
 *		A dictionary of texts and a stream of records, in one flat datum.
 *
 * What an aggregate over texts collects its rows in: every text is in it
 * once, found by a hash table, and the records of the stream, which are their
 * topic's, have the numbers of texts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_TEXT_BUILDER_H
#define PT_TEXT_BUILDER_H

#include "fmgr.h"

#include "compat.h"

#define TEXT_BUILDER_VERSION	1
#define TEXT_BUILDER_FORM		1	/* where other forms have theirs */

/* Slots, entries, texts and stream follow, each with room to grow. */
typedef struct TextBuilder
{
	int32		vl_len_;
	uint8		version;
	uint8		form;
	uint16		zero;
	uint32		nslots;			/* a power of 2; room for half as many entries */
	uint32		nentries;
	uint32		texts_size;
	uint32		texts_used;
	uint32		stream_size;
	uint32		stream_used;
} TextBuilder;

/* An entry of the dictionary; the highest bit of len says that it is a key. */
typedef struct TextEntry
{
	uint32		hash;
	uint32		offset;
	uint32		len;
} TextEntry;

#define ENTRY_IS_KEY		UINT32_C(0x80000000)
#define ENTRY_LEN(entry)	((int32) ((entry)->len & ~ENTRY_IS_KEY))

/* What an entry of the dictionary is. */
typedef enum TextEntryKind
{
	TEXT_ITEM,
	TEXT_KEY
} TextEntryKind;

/* A builder that grows; the one that was given is not ours to free. */
typedef struct TextBuild
{
	TextBuilder *builder;
	TextBuilder *given;
	void		(*too_large) (void);	/* says that it would have over 1 GB */
} TextBuild;

static inline uint32 *
builder_slots(const TextBuilder *builder)
{
	return (uint32 *) ((char *) builder + MAXALIGN(sizeof(TextBuilder)));
}

static inline TextEntry *
builder_entries(const TextBuilder *builder)
{
	return (TextEntry *) (builder_slots(builder) + builder->nslots);
}

static inline char *
builder_texts(const TextBuilder *builder)
{
	return (char *) (builder_entries(builder) + builder->nslots / 2);
}

static inline uint8 *
builder_stream(const TextBuilder *builder)
{
	return (uint8 *) builder_texts(builder) + builder->texts_size;
}

static inline int
compare_texts(const char *a, int32 len_a, const char *b, int32 len_b)
{
	int			compared = memcmp(a, b, Min(len_a, len_b));

	return compared != 0 ? compared : (len_a > len_b) - (len_a < len_b);
}

/* Whether an entry, if there is one of the number, is the item of this text. */
static inline bool
text_build_is_item(const TextBuild *build, uint32 number, const char *text,
				   int32 len)
{
	const TextBuilder *builder = build->builder;
	const TextEntry *entry;

	if (number >= builder->nentries)
		return false;
	entry = &builder_entries(builder)[number];
	return entry->len == (uint32) len &&
		memcmp(builder_texts(builder) + entry->offset, text, len) == 0;
}

extern TextBuild text_build_new(void (*too_large) (void));
extern uint32 text_build_entry(TextBuild *build, TextEntryKind kind,
							   const char *text, int32 len);
extern uint8 *text_build_room(TextBuild *build, Size bytes);
extern void text_build_used(TextBuild *build, const uint8 *end);
extern uint32 text_builder_sort_items(const TextBuilder *builder,
									  uint32 *sorted, int32 *numbers);
extern const char *text_builder_header_fault(const TextBuilder *builder);
extern const char *text_builder_entries_fault(const TextBuilder *builder);

#endif							/* PT_TEXT_BUILDER_H */
