/*-------------------------------------------------------------------------
 *
 * clean_scan.c
 *		Recognises amounts, flags, frequencies and dates in text.
 *
 * The rule of all scanners: what is not certainly a value is not one.  A
 * wrong number is worse than a NULL, because nobody looks for it.  So
 * '1,23' is no amount where the comma groups thousands, '5 apples' is no
 * amount at all, and 03/04/2024 is no date until somebody says whether the
 * day comes first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "mb/pg_wchar.h"
#include "utils/datetime.h"

#include "clean.h"

#define MAX_FREQUENCY_TOKENS	8
#define MAX_TOKEN_LENGTH		16

/*--- blanks and missing values ---*/

/* Bytes of the blank that starts at s, or 0: ASCII blanks, and in UTF-8 the
 * no-break spaces and byte order mark that spreadsheets leave behind. */
int
clean_blank_length(const char *s, int len)
{
	const unsigned char *u = (const unsigned char *) s;

	if (len >= 1 && (u[0] == ' ' || (u[0] >= '\t' && u[0] <= '\r')))
		return 1;
	if (len >= 2 && u[0] == 0xC2 && u[1] == 0xA0 &&
		GetDatabaseEncoding() == PG_UTF8)
		return 2;				/* U+00A0 */
	if (len >= 3 && GetDatabaseEncoding() == PG_UTF8)
	{
		if (u[0] == 0xEF && u[1] == 0xBB && u[2] == 0xBF)
			return 3;			/* U+FEFF */
		if (u[0] == 0xE2 && u[1] == 0x80 &&
			((u[2] >= 0x80 && u[2] <= 0x8B) || u[2] == 0xAF))
			return 3;			/* U+2000 to U+200B, U+202F */
		if (u[0] == 0xE3 && u[1] == 0x80 && u[2] == 0x80)
			return 3;			/* U+3000 */
	}
	return 0;
}

/* Narrows the span to its text without surrounding blanks; false if empty. */
bool
clean_span(const char **s, int *len)
{
	int			n;

	while ((n = clean_blank_length(*s, *len)) > 0)
	{
		*s += n;
		*len -= n;
	}
	while (*len > 0)
	{
		const char *end = *s + *len;

		if (clean_blank_length(end - 1, 1) == 1)
			*len -= 1;
		else if (*len >= 2 && clean_blank_length(end - 2, 2) == 2)
			*len -= 2;
		else if (*len >= 3 && clean_blank_length(end - 3, 3) == 3)
			*len -= 3;
		else
			break;
	}
	return *len > 0;
}

static bool
equal_word(const char *s, int len, const char *word)
{
	return (int) strlen(word) == len && pg_strncasecmp(s, word, len) == 0;
}

/* Is the (already narrowed) text one of the usual ways to write "no value"? */
bool
clean_is_missing(const char *s, int len)
{
	static const char *const words[] = {
		"na", "n/a", "#n/a", "n.a.", "nan", "null", "nil", "#null!",
		"<na>", "-", "--", "?", "."
	};

	if (len > 6)
		return false;
	if (len == 0)
		return true;
	/* most values are told apart by their first byte */
	if (strchr("nN#<-?.", *s) == NULL)
		return false;
	for (int i = 0; i < (int) lengthof(words); i++)
	{
		if (equal_word(s, len, words[i]))
			return true;
	}
	return false;
}

/*--- amounts ---*/

/* Bytes of the currency sign or ISO 4217 code that starts at s, or 0. */
static int
currency_length(const char *s, int len)
{
	static const char *const codes[] = {
		"AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP",
		"CZK", "DKK", "EGP", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR",
		"ISK", "JPY", "KES", "KRW", "KWD", "MAD", "MXN", "MYR", "NGN", "NOK",
		"NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR",
		"SEK", "SGD", "THB", "TND", "TRY", "TWD", "UAH", "USD", "VND", "ZAR"
	};
	const unsigned char *u = (const unsigned char *) s;

	if (len >= 3 && isalpha(u[0]))
	{
		for (int i = 0; i < (int) lengthof(codes); i++)
		{
			if (pg_strncasecmp(s, codes[i], 3) == 0)
				return 3;
		}
		if (pg_strncasecmp(s, "US$", 3) == 0)
			return 3;
	}
	if (len >= 1 && u[0] == '$')
		return 1;
	if (GetDatabaseEncoding() != PG_UTF8)
		return 0;
	if (len >= 2 && u[0] == 0xC2 && (u[1] == 0xA3 || u[1] == 0xA5))
		return 2;				/* pound, yen */
	if (len >= 3 && u[0] == 0xE2 && u[1] == 0x82 && u[2] >= 0xA0)
		return 3;				/* U+20A0 to U+20BF: euro, rupee, ... */
	return 0;
}

/* Bytes of the sign at s, or 0; U+2212 is what typesetting makes of '-'. */
static int
sign_length(const char *s, int len, bool *negative)
{
	if (len >= 1 && (*s == '-' || *s == '+'))
	{
		*negative = (*s == '-');
		return 1;
	}
	if (len >= 3 && GetDatabaseEncoding() == PG_UTF8 &&
		memcmp(s, "\xE2\x88\x92", 3) == 0)
	{
		*negative = true;
		return 3;
	}
	return 0;
}

static void
skip_blanks(const char **s, int *len)
{
	int			n;

	while ((n = clean_blank_length(*s, *len)) > 0)
	{
		*s += n;
		*len -= n;
	}
}

/* Bytes of a thousands separator at s, or 0. */
static int
group_separator_length(const char *s, int len, char mark)
{
	if (len >= 1 && (*s == (mark == '.' ? ',' : '.') || *s == '\''))
		return 1;
	/* a tab or line end stands between two values, not within one */
	if (len >= 1 && *s >= '\t' && *s <= '\r')
		return 0;
	return clean_blank_length(s, len);
}

/*
 * Digits with optional groups and decimals.  Groups are of three digits, or
 * of two before the last three (the Indian way), all with one separator; the
 * first one may be shorter.
 */
static bool
number_scan(const char **s, int *len, char mark, AmountScan *r)
{
	const char *separator = NULL;
	int			separator_len = 0;
	int			group = 0;		/* digits since the last separator */
	int			groups = 0;		/* separators seen */
	int			first = 0;		/* digits before the first separator */
	int			middle = 0;		/* digits between any two separators */
	bool		decimals = false;

	while (*len > 0)
	{
		int			n;

		if (isdigit((unsigned char) **s))
		{
			if (r->ndigits >= AMOUNT_MAX_DIGITS)
				return false;
			r->digits[r->ndigits++] = **s;
			group++;
			if (decimals)
				r->scale++;
			n = 1;
		}
		else if (**s == mark && !decimals)
		{
			if (groups > 0 && group != 3)
				return false;
			decimals = true;
			n = 1;
		}
		else if (!decimals &&
				 (n = group_separator_length(*s, *len, mark)) > 0 &&
				 *len > n && isdigit((unsigned char) (*s)[n]))
		{
			if (groups == 0)
			{
				if (group < 1 || group > 3)
					return false;
				first = group;
			}
			else
			{
				if (groups == 1)
					middle = group;
				if (middle < 2 || middle > 3 || first > middle ||
					group != middle || n != separator_len ||
					memcmp(*s, separator, n) != 0)
					return false;
			}
			separator = *s;
			separator_len = n;
			groups++;
			group = 0;
		}
		else
			break;
		*s += n;
		*len -= n;
		if (decimals)
			r->plain = false;
	}
	if (groups > 0)
	{
		r->plain = false;
		if (!decimals && group != 3)
			return false;
	}
	r->digits[r->ndigits] = '\0';
	return r->ndigits > 0;
}

/*
 * Scans an amount: sign, currency and number in the usual orders, brackets
 * for a negative one.  The text must have been narrowed by clean_span().
 */
bool
amount_scan(const char *s, int len, char mark, AmountScan *r)
{
	bool		bracket = false;
	bool		signed_already = false;
	bool		currency = false;
	int			n;

	r->negative = false;
	r->plain = true;
	r->leading_zero = false;
	r->ndigits = 0;
	r->scale = 0;

	if (len >= 2 && s[0] == '(' && s[len - 1] == ')')
	{
		bracket = true;
		r->plain = false;
		s++;
		len -= 2;
		if (!clean_span(&s, &len))
			return false;
	}
	/* sign and currency before the number, in any order, each once */
	while (len > 0)
	{
		if (!signed_already && (n = sign_length(s, len, &r->negative)) > 0)
			signed_already = true;
		else if (!currency && (n = currency_length(s, len)) > 0)
			currency = true;
		else
			break;
		s += n;
		len -= n;
		if (currency)
			skip_blanks(&s, &len);
	}
	if (!number_scan(&s, &len, mark, r))
		return false;
	/* ... and after it */
	while (len > 0)
	{
		skip_blanks(&s, &len);
		if (!signed_already && (n = sign_length(s, len, &r->negative)) > 0)
		{
			signed_already = true;
			r->plain = false;
		}
		else if (!currency && (n = currency_length(s, len)) > 0)
			currency = true;
		else
			return false;
		s += n;
		len -= n;
	}
	if (bracket)
	{
		if (signed_already)
			return false;
		r->negative = true;
	}
	if (currency)
		r->plain = false;
	r->leading_zero = r->plain && r->ndigits > 1 && r->digits[0] == '0';
	return true;
}

/* The scanned digits (without regard to scale) as an integer, if they fit. */
bool
amount_scan_int64(const AmountScan *r, int64 *value)
{
	int64		v = 0;

	for (int i = 0; i < r->ndigits; i++)
	{
		if (pg_mul_s64_overflow(v, 10, &v) ||
			pg_sub_s64_overflow(v, r->digits[i] - '0', &v))
			return false;
	}
	if (!r->negative && v == PG_INT64_MIN)
		return false;
	*value = r->negative ? v : -v;
	return true;
}

/*--- flags ---*/

/* 1 for yes, 0 for no, -1 for neither; a word is not one of the digits. */
int
flag_scan(const char *s, int len, bool *is_word)
{
	char		word[6] = {0};

	*is_word = false;
	if (len < 1 || len > 5)
		return -1;
	if (len == 1 && (*s == '0' || *s == '1'))
		return *s - '0';
	/* in lower case, as far as it can be one of the words */
	for (int i = 0; i < len; i++)
	{
		if ((s[i] & 0xC0) != 0x40)
			return -1;
		word[i] = s[i] | 0x20;
	}
	*is_word = true;
	switch (word[0])
	{
		case 'y':
			if (len == 1 || strcmp(word, "yes") == 0)
				return 1;
			break;
		case 'n':
			if (len == 1 || strcmp(word, "no") == 0)
				return 0;
			break;
		case 't':
			if (len == 1 || strcmp(word, "true") == 0)
				return 1;
			break;
		case 'f':
			if (len == 1 || strcmp(word, "false") == 0)
				return 0;
			break;
		case 'o':
			if (strcmp(word, "on") == 0)
				return 1;
			if (strcmp(word, "off") == 0)
				return 0;
			break;
	}
	*is_word = false;
	return -1;
}

/*--- purchase frequencies ---*/

typedef struct NamedDays
{
	const char *name;
	int32		days;
} NamedDays;

/* Whole labels, with everything but letters left out. */
static const NamedDays frequency_labels[] = {
	{"daily", 1},
	{"weekly", 7}, {"weeky", 7}, {"weekley", 7},
	{"biweekly", 14}, {"biweeky", 14}, {"fortnightly", 14},
	{"fortnighty", 14}, {"fornightly", 14}, {"semimonthly", 15},
	{"monthly", 30}, {"montly", 30}, {"monthy", 30},
	{"bimonthly", 60},
	{"quarterly", 90}, {"quaterly", 90}, {"quartely", 90}, {"quartly", 90},
	{"semiannually", 180}, {"semiannual", 180}, {"halfyearly", 180},
	{"annually", 365}, {"annualy", 365}, {"anually", 365}, {"annual", 365},
	{"yearly", 365}, {"yealy", 365}
};

/* Units of "every N ..."; a month counts 30 days, twelve of them a year. */
static const NamedDays frequency_units[] = {
	{"day", 1}, {"days", 1},
	{"week", 7}, {"weeks", 7}, {"fortnight", 14}, {"fortnights", 14},
	{"month", 30}, {"months", 30}, {"quarter", 90}, {"quarters", 90},
	{"year", 365}, {"years", 365}
};

static const NamedDays frequency_counts[] = {
	{"other", 2}, {"second", 2}, {"third", 3},
	{"one", 1}, {"two", 2}, {"three", 3}, {"four", 4}, {"five", 5},
	{"six", 6}, {"seven", 7}, {"eight", 8}, {"nine", 9}, {"ten", 10},
	{"eleven", 11}, {"twelve", 12}
};

static int32
named_days(const NamedDays *table, int n, const char *name)
{
	for (int i = 0; i < n; i++)
	{
		if (table[i].name[0] == name[0] && strcmp(table[i].name, name) == 0)
			return table[i].days;
	}
	return 0;
}

/*
 * Splits into words and numbers of ASCII letters and digits, in lower case,
 * and joins them in key.  Returns the number of tokens, or -1 where the text
 * is no such thing.
 */
static int
frequency_tokens(const char *s, int len,
				 char tokens[][MAX_TOKEN_LENGTH + 1], char *key)
{
	int			ntokens = 0;
	int			pos = 0;
	int			key_len = 0;

	while (pos < len)
	{
		unsigned char c = (unsigned char) s[pos];
		int			token_len = 0;
		bool		number = isdigit(c);

		int			blank = clean_blank_length(s + pos, len - pos);

		if (blank > 0)
		{
			pos += blank;
			continue;
		}
		if (c == '-' && pos > 0 && s[pos - 1] == ' ' && pos + 1 < len &&
			isdigit((unsigned char) s[pos + 1]))
			return -1;			/* every -3 days */
		if (c == '-' || c == '_' || c == '/' || c == '.' || c == ',')
		{
			pos++;
			continue;
		}
		if (IS_HIGHBIT_SET(c) || !isalnum(c))
			return -1;
		if (ntokens >= MAX_FREQUENCY_TOKENS)
			return -1;
		while (pos < len && !IS_HIGHBIT_SET(s[pos]) &&
			   isalnum((unsigned char) s[pos]) &&
			   (isdigit((unsigned char) s[pos]) != 0) == number)
		{
			if (token_len >= MAX_TOKEN_LENGTH)
				return -1;
			tokens[ntokens][token_len++] =
				pg_tolower((unsigned char) s[pos]);
			pos++;
		}
		tokens[ntokens][token_len] = '\0';
		memcpy(key + key_len, tokens[ntokens], token_len + 1);
		key_len += token_len;
		ntokens++;
	}
	return ntokens;
}

/* Days between purchases that a label such as 'Every 3 Months' names, or 0. */
int32
frequency_scan(const char *s, int len)
{
	char		tokens[MAX_FREQUENCY_TOKENS][MAX_TOKEN_LENGTH + 1];
	char		key[MAX_FREQUENCY_TOKENS * MAX_TOKEN_LENGTH + 1];
	int			ntokens = frequency_tokens(s, len, tokens, key);
	int			i = 0;
	int32		days;
	int32		count = 1;
	int32		unit;

	if (ntokens <= 0)
		return 0;
	days = named_days(frequency_labels, lengthof(frequency_labels), key);
	if (days > 0)
		return days;

	/* [once] every|each|per|a|an [count] unit */
	if (strcmp(tokens[i], "once") == 0)
		i++;
	if (i >= ntokens ||
		(strcmp(tokens[i], "every") != 0 && strcmp(tokens[i], "each") != 0 &&
		 strcmp(tokens[i], "per") != 0 && strcmp(tokens[i], "a") != 0 &&
		 strcmp(tokens[i], "an") != 0))
		return 0;
	i++;
	if (i == ntokens - 2)
	{
		if (isdigit((unsigned char) tokens[i][0]))
		{
			int64		n = 0;

			for (char *c = tokens[i]; *c; c++)
			{
				n = n * 10 + (*c - '0');
				if (n > PG_INT32_MAX)
					return 0;
			}
			count = (int32) n;
		}
		else
			count = named_days(frequency_counts, lengthof(frequency_counts),
							   tokens[i]);
		i++;
	}
	if (i != ntokens - 1 || count <= 0)
		return 0;
	unit = named_days(frequency_units, lengthof(frequency_units), tokens[i]);
	if (unit == 30 && count % 12 == 0)
	{
		unit = 365;
		count /= 12;
	}
	if (unit == 0 || pg_mul_s32_overflow(unit, count, &days))
		return 0;
	return days;
}

/*--- dates and timestamps ---*/

static const char *const month_names[MONTHS_PER_YEAR] = {
	"january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december"
};

/* Reads min to max digits; the next byte must not be a digit. */
static bool
scan_digits(const char **s, int *len, int min, int max, int *value, int *ndigits)
{
	int			n = 0;

	*value = 0;
	while (n < *len && isdigit((unsigned char) (*s)[n]))
	{
		if (n == max)
			return false;
		*value = *value * 10 + ((*s)[n] - '0');
		n++;
	}
	if (n < min)
		return false;
	*s += n;
	*len -= n;
	*ndigits = n;
	return true;
}

/* Reads a month's name or its first three letters (or 'Sept'), 1 to 12. */
static int
scan_month_name(const char **s, int *len)
{
	int			n = 0;

	while (n < *len && isalpha((unsigned char) (*s)[n]))
		n++;
	if (n < 3 || n > 9)
		return 0;
	for (int month = 0; month < MONTHS_PER_YEAR; month++)
	{
		const char *name = month_names[month];

		if (n <= (int) strlen(name) && pg_strncasecmp(*s, name, n) == 0 &&
			(n == 3 || n == (int) strlen(name) || (month == 8 && n == 4)))
		{
			*s += n;
			*len -= n;
			return month + 1;
		}
	}
	return 0;
}

/* Skips one date separator, or blanks, comma and full stop after a word. */
static bool
scan_date_separator(const char **s, int *len, char *separator)
{
	if (*len == 0)
		return false;
	*separator = **s;
	if (*separator == '-' || *separator == '/' ||
		(*separator == '.' && !(*len > 1 && (*s)[1] == ' ')))
	{
		(*s)++;
		(*len)--;
		return true;
	}
	if (*separator != ' ' && *separator != ',' && *separator != '.')
		return false;
	while (*len > 0 && (**s == ' ' || **s == ',' || **s == '.'))
	{
		(*s)++;
		(*len)--;
	}
	*separator = ' ';
	return true;
}

static bool
make_date(int year, int month, int day, Timestamp *at)
{
	if (year < 1 || month < 1 || month > MONTHS_PER_YEAR || day < 1 ||
		day > day_tab[isleap(year)][month - 1])
		return false;
	*at = (Timestamp) (date2j(year, month, day) - POSTGRES_EPOCH_JDATE) *
		USECS_PER_DAY;
	return true;
}

/* Years of two digits as POSIX has them: 69 to 99 are 19xx. */
static int
full_year(int year, int ndigits)
{
	if (ndigits == 2)
		return year + (year >= 69 ? 1900 : 2000);
	return year;
}

/* The date at the start of the text, in both orders; s and len move on. */
static bool
scan_date(const char **s, int *len, DateScan *r)
{
	int			a,
				b,
				c;
	int			na,
				nb,
				nc;
	char		sep1,
				sep2;
	int			month;

	if ((month = scan_month_name(s, len)) > 0)
	{
		/* Jan 5, 2024 */
		if (!scan_date_separator(s, len, &sep1) ||
			!scan_digits(s, len, 1, 2, &a, &na) ||
			!scan_date_separator(s, len, &sep2) ||
			!scan_digits(s, len, 4, 4, &b, &nb))
			return false;
		r->dmy = r->mdy = make_date(b, month, a, &r->at_dmy);
		r->at_mdy = r->at_dmy;
		return r->dmy;
	}
	if (!scan_digits(s, len, 1, 8, &a, &na))
		return false;
	if (na == 8)
	{
		r->compact = true;
		r->dmy = r->mdy = a >= 10000000 &&
			make_date(a / 10000, a / 100 % 100, a % 100, &r->at_dmy);
		r->at_mdy = r->at_dmy;
		return r->dmy;
	}
	if ((na > 2 && na != 4) || !scan_date_separator(s, len, &sep1))
		return false;
	if (na <= 2 && (month = scan_month_name(s, len)) > 0)
	{
		/* 5 Jan 2024, 05-Jan-24 */
		if (!scan_date_separator(s, len, &sep2) || sep1 != sep2 ||
			!scan_digits(s, len, 2, 4, &c, &nc) || nc == 3)
			return false;
		r->dmy = r->mdy = make_date(full_year(c, nc), month, a, &r->at_dmy);
		r->at_mdy = r->at_dmy;
		return r->dmy;
	}
	if (sep1 == ' ' || !scan_digits(s, len, 1, 2, &b, &nb) ||
		!scan_date_separator(s, len, &sep2) || sep1 != sep2)
		return false;
	if (na == 4)
	{
		/* 2024-01-05 */
		if (!scan_digits(s, len, 1, 2, &c, &nc))
			return false;
		r->dmy = r->mdy = make_date(a, b, c, &r->at_dmy);
		r->at_mdy = r->at_dmy;
		return r->dmy;
	}
	/* 05/01/2024, 5.1.2024, 05/01/24; with dots the day always comes first */
	if (!scan_digits(s, len, 2, 4, &c, &nc) || nc == 3)
		return false;
	/* 24-01-05 begins with its year as often as not */
	r->needs_order = (nc == 2 && sep1 == '-');
	c = full_year(c, nc);
	r->dmy = make_date(c, b, a, &r->at_dmy);
	if (sep1 == '.')
	{
		r->mdy = r->dmy;
		r->at_mdy = r->at_dmy;
	}
	else
		r->mdy = make_date(c, a, b, &r->at_mdy);
	return r->dmy || r->mdy;
}

/* The time of day that the rest of the text is, in microseconds. */
static bool
scan_time(const char *s, int len, int64 *usec, bool *has_zone)
{
	int			hour,
				minute,
				second = 0,
				n;
	int64		fraction = 0;
	int64		offset = 0;

	*has_zone = false;
	if (!scan_digits(&s, &len, 1, 2, &hour, &n) || len == 0 || *s != ':')
		return false;
	s++;
	len--;
	if (!scan_digits(&s, &len, 2, 2, &minute, &n))
		return false;
	if (len > 0 && *s == ':')
	{
		s++;
		len--;
		if (!scan_digits(&s, &len, 2, 2, &second, &n))
			return false;
		if (len > 0 && (*s == '.' || *s == ','))
		{
			int64		unit = USECS_PER_SEC;

			s++;
			len--;
			n = 0;
			while (len > 0 && isdigit((unsigned char) *s))
			{
				/* digits past the microsecond are cut, as clocks do */
				unit /= 10;
				fraction += unit * (*s - '0');
				s++;
				len--;
				n++;
			}
			if (n == 0)
				return false;
		}
	}
	/* browsers put a narrow no-break space before PM */
	skip_blanks(&s, &len);
	if (len >= 2 && (pg_strncasecmp(s, "am", 2) == 0 ||
					 pg_strncasecmp(s, "pm", 2) == 0))
	{
		if (hour < 1 || hour > 12)
			return false;
		hour = hour % 12 + (pg_tolower((unsigned char) *s) == 'p' ? 12 : 0);
		s += 2;
		len -= 2;
	}
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	skip_blanks(&s, &len);
	if (len == 1 && (*s == 'Z' || *s == 'z'))
		*has_zone = true;
	else if (len == 3 && (pg_strncasecmp(s, "UTC", 3) == 0 ||
						  pg_strncasecmp(s, "GMT", 3) == 0))
		*has_zone = true;
	else if (len >= 3 && (*s == '+' || *s == '-'))
	{
		int			sign = (*s == '-') ? -1 : 1;
		int			zone_hour,
					zone_minute = 0;

		s++;
		len--;
		if (len == 4 && isdigit((unsigned char) s[2]))
		{
			/* +0530 */
			if (!scan_digits(&s, &len, 4, 4, &zone_hour, &n))
				return false;
			zone_minute = zone_hour % 100;
			zone_hour /= 100;
		}
		else if (!scan_digits(&s, &len, 2, 2, &zone_hour, &n))
			return false;
		if (len > 0 && *s == ':')
		{
			s++;
			len--;
			if (!scan_digits(&s, &len, 2, 2, &zone_minute, &n))
				return false;
		}
		if (len > 0 || zone_hour > 15 || zone_minute > 59)
			return false;
		offset = sign * ((int64) zone_hour * 60 + zone_minute) * 60;
		*has_zone = true;
	}
	else if (len > 0)
		return false;
	*usec = (((int64) hour * 60 + minute) * 60 + second - offset) *
		USECS_PER_SEC + fraction;
	return true;
}

/*
 * Scans a date, or a date and time.  Numbers alone are a date only as
 * yyyymmdd, and that is flagged, since an order number may look the same.
 */
bool
date_scan(const char *s, int len, DateScan *r)
{
	int64		usec;

	memset(r, 0, sizeof(*r));
	if (len < 6 || len > 64 || !scan_date(&s, &len, r))
		return false;
	if (len == 0)
		return true;
	if (*s != 'T' && *s != 't' && *s != ' ' && *s != ',')
		return false;
	s++;
	len--;
	while (len > 0 && *s == ' ')
	{
		s++;
		len--;
	}
	if (!scan_time(s, len, &usec, &r->has_zone))
		return false;
	r->has_time = true;
	r->at_dmy += usec;
	r->at_mdy += usec;
	return true;
}

/* The moment that the text means in the order given, if that is certain. */
bool
date_scan_pick(const DateScan *r, DayMonthOrder order, Timestamp *at)
{
	bool		use_dmy = r->dmy;

	if (order == DATE_ORDER_MDY)
	{
		if (!r->mdy)
			return false;
		use_dmy = false;
	}
	else if (order == DATE_ORDER_DMY)
	{
		if (!r->dmy)
			return false;
	}
	else if (r->needs_order ||
			 (r->dmy && r->mdy && r->at_dmy != r->at_mdy))
		return false;
	*at = use_dmy ? r->at_dmy : r->at_mdy;
	return true;
}
