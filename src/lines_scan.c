/*-------------------------------------------------------------------------
 *
 * lines_scan.c
 *		Pieces of text forms: times, decimals, quoted texts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "common/int.h"
#include "mb/pg_wchar.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "amount.h"
#include "lines_scan.h"

void
scan_failed(const char *type, const char *input, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"", type,
					pnstrdup(input, pg_mbcliplen(input, strlen(input), 100))),
			 errdetail("%s", detail)));
}

/*--- Output ---*/

void
scan_out_time(StringInfo buf, Timestamp at, HistoryUnit unit)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			year;

	if (timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("a time is out of range")));
	/* years before 1 as ISO 8601 numbers them: 0, -1, ... */
	year = tm.tm_year;
	appendStringInfo(buf, year < 0 ? "-%04d-%02d-%02d" : "%04d-%02d-%02d",
					 abs(year), tm.tm_mon, tm.tm_mday);
	if (unit >= HISTORY_SECOND)
		appendStringInfo(buf, "T%02d:%02d:%02d", tm.tm_hour, tm.tm_min,
						 tm.tm_sec);
	if (unit == HISTORY_MICROSECOND)
		appendStringInfo(buf, ".%06d", (int) fsec);
}

void
scan_out_decimal(StringInfo buf, int64 value, int scale)
{
	char		digits[24];
	int			len = snprintf(digits, sizeof(digits), "%0*lld", scale + 1,
							   (long long) (value < 0 ? -value : value));

	if (value < 0)
		appendStringInfoChar(buf, '-');
	appendBinaryStringInfo(buf, digits, len - scale);
	if (scale > 0)
	{
		appendStringInfoChar(buf, '.');
		appendBinaryStringInfo(buf, digits + len - scale, scale);
	}
}

/* In double quotes; a backslash before those, and before a backslash. */
void
scan_out_quoted(StringInfo buf, const char *value, int len)
{
	appendStringInfoChar(buf, '"');
	for (int i = 0; i < len; i++)
	{
		if (value[i] == '"' || value[i] == '\\')
			appendStringInfoChar(buf, '\\');
		appendStringInfoChar(buf, value[i]);
	}
	appendStringInfoChar(buf, '"');
}

/*--- Input ---*/

bool
scan_literal(const char **s, const char *literal)
{
	size_t		len = strlen(literal);

	if (strncmp(*s, literal, len) != 0)
		return false;
	*s += len;
	return true;
}

/* Reads exactly n digits, or from 1 to -n of them. */
static bool
scan_digits(const char **s, int n, int *value)
{
	int			digits = 0;
	int			most = abs(n);

	*value = 0;
	while (digits < most && isdigit((unsigned char) **s))
	{
		*value = *value * 10 + (**s - '0');
		(*s)++;
		digits++;
	}
	return n > 0 ? digits == n : digits > 0;
}

/* A number from 0 to most. */
bool
scan_number(const char **s, int64 most, int64 *value)
{
	if (!isdigit((unsigned char) **s))
		return false;
	*value = 0;
	for (; isdigit((unsigned char) **s); (*s)++)
		if (pg_mul_s64_overflow(*value, 10, value) ||
			pg_add_s64_overflow(*value, **s - '0', value) || *value > most)
			return false;
	return true;
}

/* Any int64. */
bool
scan_signed(const char **s, int64 *value)
{
	bool		negative = scan_literal(s, "-");

	if (!isdigit((unsigned char) **s))
		return false;
	*value = 0;
	for (; isdigit((unsigned char) **s); (*s)++)
		if (pg_mul_s64_overflow(*value, 10, value) ||
			(negative ? pg_sub_s64_overflow(*value, **s - '0', value)
			 : pg_add_s64_overflow(*value, **s - '0', value)))
			return false;
	return true;
}

bool
scan_time(const char **s, Timestamp *at)
{
	struct pg_tm tm = {0};
	bool		negative = scan_literal(s, "-");
	fsec_t		fsec = 0;

	if (!scan_digits(s, -6, &tm.tm_year) || !scan_literal(s, "-") ||
		!scan_digits(s, 2, &tm.tm_mon) || !scan_literal(s, "-") ||
		!scan_digits(s, 2, &tm.tm_mday))
		return false;
	if (negative)
		tm.tm_year = -tm.tm_year;
	if (scan_literal(s, "T"))
	{
		if (!scan_digits(s, 2, &tm.tm_hour) || !scan_literal(s, ":") ||
			!scan_digits(s, 2, &tm.tm_min) || !scan_literal(s, ":") ||
			!scan_digits(s, 2, &tm.tm_sec))
			return false;
		if (scan_literal(s, ".") && !scan_digits(s, 6, &fsec))
			return false;
	}
	if (tm.tm_mon < 1 || tm.tm_mon > MONTHS_PER_YEAR || tm.tm_mday < 1 ||
		tm.tm_mday > day_tab[isleap(tm.tm_year)][tm.tm_mon - 1] ||
		tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59 ||
		!IS_VALID_JULIAN(tm.tm_year, tm.tm_mon, tm.tm_mday))
		return false;
	return tm2timestamp(&tm, fsec, NULL, at) == 0 && IS_VALID_TIMESTAMP(*at);
}

/* At most 18 digits, of which scale are decimals. */
bool
scan_decimal(const char **s, int64 *value, int *scale)
{
	bool		negative = scan_literal(s, "-");
	bool		decimals = false;
	int			digits = 0;

	*value = 0;
	*scale = 0;
	for (;; (*s)++)
	{
		if (isdigit((unsigned char) **s))
		{
			if (*value >= AMOUNT_LIMIT / 10)
				return false;
			*value = *value * 10 + (**s - '0');
			digits++;
			if (decimals)
				(*scale)++;
		}
		else if (**s == '.' && !decimals && digits > 0)
			decimals = true;
		else
			break;
	}
	if (negative)
		*value = -*value;
	return digits > 0 && *scale <= AMOUNT_MAX_SCALE &&
		!(decimals && *scale == 0);
}

/* A text in double quotes, copied. */
bool
scan_quoted(const char **s, char **value, int *len)
{
	const char *p = *s;
	char	   *out;

	if (*p++ != '"')
		return false;
	for (; *p != '"'; p++)
	{
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return false;
	}
	out = *value = palloc(p - *s);
	for (p = *s + 1; *p != '"'; p++)
	{
		if (*p == '\\')
			p++;
		*out++ = *p;
	}
	*len = (int) (out - *value);
	*s = p + 1;
	return true;
}
