/*-------------------------------------------------------------------------
 *
 * line_texts.h
 *		Values of lines as entries of a dictionary of texts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_LINE_TEXTS_H
#define PT_LINE_TEXTS_H

#include "dimension_codes.h"
#include "lines.h"
#include "text_builder.h"

extern int64 *line_values(const LinesReader *reader, int column);
extern const char *line_text(const LinesReader *reader,
							 const DimensionCodes *codes, int32 dimension,
							 int64 value, int *len);
extern uint32 line_text_entry(TextBuild *build, const LinesReader *reader,
							  const DimensionCodes *codes,
							  CodeGuesses *guesses, int32 dimension,
							  int64 value);

#endif							/* PT_LINE_TEXTS_H */
