/*-------------------------------------------------------------------------
 *
 * text_builder.c
 *		A dictionary of texts and a stream of records, in one flat datum.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "text_builder.h"

#define INITIAL_SLOTS		16
#define INITIAL_BYTES		128
#define LARGE_BYTES			((Size) 1024 * 1024)

/* An item to be sorted. */
typedef struct TextItem
{
	const char *text;
	int32		len;
	uint32		entry;
} TextItem;

#define ST_SORT sort_items
#define ST_ELEMENT_TYPE TextItem
#define ST_COMPARE(a, b) compare_texts((a)->text, (a)->len, (b)->text, (b)->len)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static Size
builder_size(Size nslots, Size texts_size, Size stream_size)
{
	return MAXALIGN(sizeof(TextBuilder)) + nslots * sizeof(uint32) +
		nslots / 2 * sizeof(TextEntry) + texts_size + stream_size;
}

static TextBuilder *
builder_create(Size nslots, Size texts_size, Size stream_size,
			   void (*too_large) (void))
{
	Size		size = builder_size(nslots, texts_size, stream_size);
	TextBuilder *builder;

	if (size > MaxAllocSize)
		too_large();
	builder = palloc0(size);
	SET_VARSIZE(builder, size);
	builder->version = TEXT_BUILDER_VERSION;
	builder->form = TEXT_BUILDER_FORM;
	builder->nslots = (uint32) nslots;
	builder->texts_size = (uint32) texts_size;
	builder->stream_size = (uint32) stream_size;
	return builder;
}

TextBuild
text_build_new(void (*too_large) (void))
{
	TextBuild	build = {0};

	build.too_large = too_large;
	build.builder = builder_create(INITIAL_SLOTS, INITIAL_BYTES,
								   INITIAL_BYTES, too_large);
	return build;
}

static void
put_slot(TextBuilder *builder, uint32 entry)
{
	uint32	   *slots = builder_slots(builder);
	uint32		i = builder_entries(builder)[entry].hash;

	while (slots[i & (builder->nslots - 1)] != 0)
		i++;
	slots[i & (builder->nslots - 1)] = entry + 1;
}

/* While the executor copies a large one, both are there: it grows less. */
static Size
grown_bytes(Size size, Size needed)
{
	while (size < needed)
		size += size < LARGE_BYTES ? size : size / 4;
	return size;
}

/*
 * Makes sure that there is room for an entry (or none), and so many bytes:
 * the builder stays, or becomes a larger copy in the current context.
 */
static void
reserve(TextBuild *build, int entries, Size texts, Size stream)
{
	TextBuilder *old = build->builder;
	TextBuilder *larger;
	Size		nslots = old->nslots;
	Size		texts_size = grown_bytes(old->texts_size,
										 old->texts_used + texts);
	Size		stream_size = grown_bytes(old->stream_size,
										  old->stream_used + stream);

	if (old->nentries + entries > nslots / 2)
		nslots *= 2;
	if (nslots == old->nslots && texts_size == old->texts_size &&
		stream_size == old->stream_size)
		return;
	if (builder_size(nslots, texts_size, stream_size) > MaxAllocSize)
	{
		/* what is needed may still fit */
		texts_size = Max(old->texts_used + texts, 1);
		stream_size = Max(old->stream_used + stream, 1);
	}
	larger = builder_create(nslots, texts_size, stream_size,
							build->too_large);
	larger->nentries = old->nentries;
	larger->texts_used = old->texts_used;
	larger->stream_used = old->stream_used;
	memcpy(builder_entries(larger), builder_entries(old),
		   old->nentries * sizeof(TextEntry));
	memcpy(builder_texts(larger), builder_texts(old), old->texts_used);
	memcpy(builder_stream(larger), builder_stream(old), old->stream_used);
	if (nslots == old->nslots)
		memcpy(builder_slots(larger), builder_slots(old),
			   nslots * sizeof(uint32));
	else
		for (uint32 i = 0; i < larger->nentries; i++)
			put_slot(larger, i);
	if (old != build->given)
		pfree(old);
	build->builder = larger;
}

/* The number of an item, or of a key, which is entered if it is new. */
uint32
text_build_entry(TextBuild *build, TextEntryKind kind, const char *text,
				 int32 len)
{
	const uint32 marked = (uint32) len | (kind == TEXT_KEY ? ENTRY_IS_KEY : 0);
	const uint32 hash = hash_bytes((const unsigned char *) text, len) ^
		(kind == TEXT_KEY ? UINT32_C(0x9E3779B9) : 0);
	TextBuilder *builder = build->builder;
	TextEntry *entry;

	for (uint32 i = hash;; i++)
	{
		uint32		slot = builder_slots(builder)[i & (builder->nslots - 1)];

		if (slot == 0)
			break;
		entry = &builder_entries(builder)[slot - 1];
		if (entry->hash == hash && entry->len == marked &&
			memcmp(builder_texts(builder) + entry->offset, text, len) == 0)
			return slot - 1;
	}
	reserve(build, 1, len, 0);
	builder = build->builder;
	entry = &builder_entries(builder)[builder->nentries];
	entry->hash = hash;
	entry->offset = builder->texts_used;
	entry->len = marked;
	memcpy(builder_texts(builder) + builder->texts_used, text, len);
	builder->texts_used += len;
	put_slot(builder, builder->nentries);
	return builder->nentries++;
}

/* Room for so many bytes of a record, behind those before. */
uint8 *
text_build_room(TextBuild *build, Size bytes)
{
	reserve(build, 0, 0, bytes);
	return builder_stream(build->builder) + build->builder->stream_used;
}

/* Where the record ends that was written there. */
void
text_build_used(TextBuild *build, const uint8 *end)
{
	build->builder->stream_used = (uint32) (end - builder_stream(build->builder));
}

/* What is wrong with its header, or NULL. */
const char *
text_builder_header_fault(const TextBuilder *builder)
{
	if (VARSIZE(builder) < sizeof(TextBuilder))
		return "It is shorter than its header.";
	if (builder->version != TEXT_BUILDER_VERSION ||
		builder->form != TEXT_BUILDER_FORM)
		return "Its version is not known.";
	if (builder->nslots < 2 ||
		(builder->nslots & (builder->nslots - 1)) != 0 ||
		builder_size(builder->nslots, builder->texts_size,
					 builder->stream_size) != VARSIZE(builder) ||
		builder->nentries > builder->nslots / 2 ||
		builder->texts_used > builder->texts_size ||
		builder->stream_used > builder->stream_size)
		return "Its header does not fit its size.";
	return NULL;
}

/* The same of the header and the entries, NULL if nothing is. */
const char *
text_builder_entries_fault(const TextBuilder *builder)
{
	const char *fault = text_builder_header_fault(builder);
	const TextEntry *entries;

	if (fault != NULL)
		return fault;
	entries = builder_entries(builder);
	for (uint32 i = 0; i < builder->nentries; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (entries[i].offset > builder->texts_used ||
			(uint32) ENTRY_LEN(&entries[i]) >
			builder->texts_used - entries[i].offset)
			return "A text is outside of it.";
	}
	return NULL;
}

/*
 * The entries that are items, each text once, in the order of their bytes,
 * and which number each entry gets; -1 for keys.  Returns how many there are.
 */
uint32
text_builder_sort_items(const TextBuilder *builder, uint32 *sorted,
						int32 *numbers)
{
	const TextEntry *entries = builder_entries(builder);
	TextItem   *items = MemoryContextAllocHuge(CurrentMemoryContext,
											   sizeof(TextItem) * ((Size) builder->nentries + 1));
	uint32		n = 0;
	uint32		nitems = 0;

	for (uint32 i = 0; i < builder->nentries; i++)
	{
		numbers[i] = -1;
		if ((entries[i].len & ENTRY_IS_KEY) != 0)
			continue;
		items[n].text = builder_texts(builder) + entries[i].offset;
		items[n].len = ENTRY_LEN(&entries[i]);
		items[n++].entry = i;
	}
	sort_items(items, n);
	for (uint32 i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i == 0 || compare_texts(items[i - 1].text, items[i - 1].len,
									items[i].text, items[i].len) != 0)
			sorted[nitems++] = items[i].entry;
		numbers[items[i].entry] = (int32) nitems - 1;
	}
	pfree(items);
	return nitems;
}
