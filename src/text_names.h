/*-------------------------------------------------------------------------
 *
 * text_names.h
 *		The texts at the head of a written value, which calls them by numbers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_TEXT_NAMES_H
#define PT_TEXT_NAMES_H

#include "lib/stringinfo.h"

#include "text_builder.h"

/* The entries that the texts become, by the numbers that the value gives. */
typedef struct TextNames
{
	uint32	   *entries;
	int64		n;
	int64		size;
} TextNames;

extern void text_names_in(TextNames *names, TextBuild *build,
						  const char **s, const char *type,
						  const char *what);
extern void text_names_recv(TextNames *names, TextBuild *build,
							StringInfo buf, const char *type);
extern void text_send(StringInfo buf, const char *text, int32 len);
extern const char *text_recv(StringInfo buf, int32 *len, const char *type);

#endif							/* PT_TEXT_NAMES_H */
