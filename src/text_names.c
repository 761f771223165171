/*-------------------------------------------------------------------------
 *
 * text_names.c
 *		The texts at the head of a written value, which calls them by numbers.
 *
 * As text, 1 {"beer", "bread"}: the version of the value, and its texts.  As
 * bytes, their number (int32), and each with its length (int32).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "input.h"
#include "lines_scan.h"
#include "text_names.h"

static void
add_name(TextNames *names, TextBuild *build, const char *text, int32 len)
{
	if (names->n == names->size)
	{
		names->size = Max(names->size * 2, 64);
		names->entries = names->entries == NULL
			? palloc(names->size * sizeof(uint32))
			: repalloc_huge(names->entries, names->size * sizeof(uint32));
	}
	names->entries[names->n++] = text_build_entry(build, TEXT_ITEM, text, len);
}

/* *s is the whole input; what the texts are, in the plural, for errors. */
void
text_names_in(TextNames *names, TextBuild *build, const char **s,
			  const char *type, const char *what)
{
	const char *input = *s;

	if (!scan_literal(s, "1 {"))
		scan_failed(type, input,
					psprintf("It begins with its version, which is 1, and its %s in braces.", what));
	while (!scan_literal(s, "}"))
	{
		char	   *text;
		int			len;

		CHECK_FOR_INTERRUPTS();
		if ((names->n > 0 && !scan_literal(s, ", ")) ||
			!scan_quoted(s, &text, &len))
			scan_failed(type, input,
						psprintf("%c%s are in double quotes, separated by a comma and a blank.",
								 pg_toupper((unsigned char) *what), what + 1));
		add_name(names, build, text, len);
		pfree(text);
	}
}

void
text_names_recv(TextNames *names, TextBuild *build, StringInfo buf,
				const char *type)
{
	/* the count is believed only as far as there are bytes */
	uint32		n = pq_getmsgint(buf, 4);

	for (uint32 i = 0; i < n; i++)
	{
		int32		len;
		const char *text = text_recv(buf, &len, type);

		CHECK_FOR_INTERRUPTS();
		add_name(names, build, text, len);
	}
}

void
text_send(StringInfo buf, const char *text, int32 len)
{
	pq_sendint32(buf, len);
	pq_sendbytes(buf, text, len);
}

const char *
text_recv(StringInfo buf, int32 *len, const char *type)
{
	const char *text;

	*len = (int32) pq_getmsgint(buf, 4);
	if (*len < 0)
		input_bad_bytes(type, "A length is negative.");
	text = pq_getmsgbytes(buf, *len);
	if (!pg_verify_mbstr(GetDatabaseEncoding(), text, *len, true))
		input_bad_bytes(type, "A text is not in the encoding of the database.");
	return text;
}
