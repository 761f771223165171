/*-------------------------------------------------------------------------
 *
 * line_texts.c
 *		Values of lines as entries of a dictionary of texts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "line_texts.h"

#define MAX_GUESSES		1000000

/* A column of all lines, decoded. */
int64 *
line_values(const LinesReader *reader, int column)
{
	int64	   *values = MemoryContextAllocHuge(CurrentMemoryContext,
												sizeof(int64) * ((Size) reader->nlines + 1));

	lines_decode(reader, column, values);
	return values;
}

/* The text of a code, or one that stands in the lines; not terminated. */
const char *
line_text(const LinesReader *reader, const DimensionCodes *codes,
		  int32 dimension, int64 value, int *len)
{
	const char *text = NULL;

	*len = 0;
	if (value < 0)
		text = lines_text(reader, (int) (-1 - value), len);
	else if (codes != NULL)
		text = dimension_value_of(codes, dimension, (int32) value, len);
	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("code %d of dimension %d has no value", (int) value,
						dimension),
				 errdetail("The text of an item is looked up in codes."),
				 errhint("Give the codes that the lines were made with, as dimension_codes() makes them.")));
	return text;
}

static void
grow_guesses(CodeGuesses *guesses, uint32 needed)
{
	uint32		size = Max(guesses->size, 64);

	while (size < needed)
		size *= 2;
	if (guesses->entries == NULL)
		guesses->entries = MemoryContextAlloc(guesses->context,
											  sizeof(uint32) * size);
	else
		guesses->entries = repalloc(guesses->entries, sizeof(uint32) * size);
	memset(guesses->entries + guesses->size, 0,
		   sizeof(uint32) * (size - guesses->size));
	guesses->size = size;
}

/*
 * The entry of that text.  Most codes have the one that they had before, which
 * is found without a hash of the text.
 */
uint32
line_text_entry(TextBuild *build, const LinesReader *reader,
				const DimensionCodes *codes, CodeGuesses *guesses,
				int32 dimension, int64 value)
{
	int			len;
	const char *text = line_text(reader, codes, dimension, value, &len);
	uint32		entry;

	if (value < 0 || value >= MAX_GUESSES)
		return text_build_entry(build, TEXT_ITEM, text, len);
	if (value >= guesses->size)
		grow_guesses(guesses, (uint32) value + 1);
	entry = guesses->entries[value];
	if (likely(text_build_is_item(build, entry, text, len)))
		return entry;
	return guesses->entries[value] =
		text_build_entry(build, TEXT_ITEM, text, len);
}
