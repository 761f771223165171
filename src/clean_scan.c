/*-------------------------------------------------------------------------
 *
 * clean_scan.c
 *		Recognises amounts, flags and frequencies in text (clean_date.c dates).
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
	if (len >= 2 && u[0] == 0xC2 && u[1] == 0xA0)
		return 2;				/* U+00A0 */
	if (len >= 3)
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

void
clean_skip_blanks(const char **s, int *len)
{
	int			n;

	while ((n = clean_blank_length(*s, *len)) > 0)
	{
		*s += n;
		*len -= n;
	}
}

/* Narrows the span to its text without surrounding blanks; false if empty. */
bool
clean_span(const char **s, int *len)
{
	clean_skip_blanks(s, len);
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
		"<na>", "-", "--", "?", ".", "\\n",
		"#value!", "#ref!", "#div/0!", "#name?", "#num!"
	};

	if (len > 7)
		return false;
	if (len == 0)
		return true;
	/* most values are told apart by their first byte */
	if (strchr("nN#<-?.\\", *s) == NULL)
		return false;
	for (int i = 0; i < (int) lengthof(words); i++)
	{
		if (equal_word(s, len, words[i]))
			return true;
	}
	return false;
}

/*
 * Words that say that there is no value where numbers or dates stand, but may
 * be labels among labels: a payment method may well be called Unknown.
 */
bool
clean_is_no_value(const char *s, int len)
{
	static const char *const words[] = {
		"error", "#error!", "unknown", "none", "nat", "missing", "blank",
		"empty", "undefined", "unspecified", "n.d.", "tbd", "(null)",
		"(blank)", "(none)", "no data", "not available", "not applicable",
		"not known", "not specified", "---"
	};

	if (len < 3 || len > 14 || strchr("eE#uUnNmMbBtT(-", *s) == NULL)
		return false;
	for (int i = 0; i < (int) lengthof(words); i++)
	{
		if (equal_word(s, len, words[i]))
			return true;
	}
	return false;
}

/*--- amounts ---*/

/*
 * Finds the currency sign or ISO 4217 code that starts at s: returns its
 * bytes, or 0, and the number of the currency, from 1.  Signs that several
 * countries share are the number of the one that most mean by it.
 */
static int
currency_scan(const char *s, int len, int *currency)
{
	static const char *const codes[] = {
		"USD", "EUR", "GBP", "AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF",
		"CLP", "CNY", "COP", "CZK", "DKK", "EGP", "HKD", "HUF", "IDR", "ILS",
		"INR", "ISK", "JPY", "KES", "KRW", "KWD", "MAD", "MXN", "MYR", "NGN",
		"NOK", "NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB",
		"SAR", "SEK", "SGD", "THB", "TND", "TRY", "TWD", "UAH", "VND", "ZAR"
	};
	/* longer writings before those that they begin with */
	static const struct
	{
		const char *sign;
		const char *code;		/* NULL: a currency of its own */
	}			signs[] = {
		{"$", "USD"}, {"\xE2\x82\xAC", "EUR"}, {"\xC2\xA3", "GBP"},
		{"\xC2\xA5", "JPY"}, {"\xE2\x82\xB9", "INR"}, {"US$", "USD"},
		{"us$", "USD"}, {"R$", "BRL"}, {"A$", "AUD"}, {"AU$", "AUD"},
		{"C$", "CAD"}, {"CA$", "CAD"}, {"NZ$", "NZD"}, {"HK$", "HKD"}, {"S$", "SGD"},
		{"MX$", "MXN"}, {"NT$", "TWD"}, {"z\xC5\x82", "PLN"},
		{"K\xC4\x8D", "CZK"}, {"Rs.", "INR"}, {"rs.", "INR"}, {"Rs", "INR"},
		{"RM", "MYR"}, {"SFr.", "CHF"}, {"Fr.", "CHF"}, {"Ft", "HUF"},
		{"lei", "RON"}, {"kr.", NULL}, {"kr", NULL}, {"Kr.", NULL},
		{"Kr", NULL}, {"\xE2\x82\xBD", "RUB"}, {"\xE2\x82\xBA", "TRY"},
		{"\xE2\x82\xA9", "KRW"}, {"\xE2\x82\xAA", "ILS"},
		{"\xE2\x82\xAB", "VND"}, {"\xE2\x82\xB4", "UAH"},
		{"\xE2\x82\xA6", "NGN"}, {"\xE2\x82\xB1", "PHP"},
		{"\xE0\xB8\xBF", "THB"}
	};
	enum
	{
		KRONA = lengthof(codes) + 1,
		OTHER_SIGN
	};
	const unsigned char *u = (const unsigned char *) s;

	/* before a number there is mostly nothing */
	if (len < 1 || isdigit(u[0]) || u[0] == '.' || u[0] == ',')
		return 0;
	if (len >= 3 && isalpha(u[0]))
	{
		for (int i = 0; i < (int) lengthof(codes); i++)
		{
			if (pg_strncasecmp(s, codes[i], 3) == 0)
			{
				*currency = i + 1;
				return 3;
			}
		}
	}
	for (int i = 0; i < (int) lengthof(signs); i++)
	{
		int			n;

		if (signs[i].sign[0] != *s)
			continue;
		n = strlen(signs[i].sign);
		if (len < n || memcmp(s, signs[i].sign, n) != 0)
			continue;
		*currency = KRONA;
		for (int k = 0; signs[i].code != NULL && k < (int) lengthof(codes); k++)
		{
			if (strcmp(signs[i].code, codes[k]) == 0)
				*currency = k + 1;
		}
		return n;
	}
	if (len >= 3 && u[0] == 0xE2 && u[1] == 0x82 && u[2] >= 0xA0)
	{
		*currency = OTHER_SIGN;
		return 3;				/* others of U+20A0 to U+20BF */
	}
	return 0;
}

/* Is the currency letters alone, so that it may be the beginning of a code? */
static bool
is_letters(const char *s, int len)
{
	for (int i = 0; i < len; i++)
	{
		if (IS_HIGHBIT_SET(s[i]) || !isalpha((unsigned char) s[i]))
			return false;
	}
	return true;
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
	if (len >= 3 && memcmp(s, "\xE2\x88\x92", 3) == 0)
	{
		*negative = true;
		return 3;
	}
	return 0;
}

/* Bytes of a thousands separator at s, or 0. */
static int
group_separator_length(const char *s, int len, char mark)
{
	if (len >= 1 && (*s == (mark == '.' ? ',' : '.') || *s == '\''))
		return 1;
	if (len >= 3 && memcmp(s, "\xE2\x80\x99", 3) == 0)
		return 3;				/* U+2019, what typesetting makes of ' */
	/* a tab or line end stands between two values, not within one */
	if (len >= 1 && *s >= '\t' && *s <= '\r')
		return 0;
	return clean_blank_length(s, len);
}

/*
 * Is there an exponent at s, as in 1e+05?  Computers write amounts so.  One
 * without a sign needs decimals before it, because 12E4 is a code.
 */
static bool
is_exponent(const char *s, int len, bool decimals)
{
	int			i = 1;

	if (len < 2 || (*s != 'e' && *s != 'E'))
		return false;
	if (s[1] == '+' || s[1] == '-')
		i++;
	else if (!decimals)
		return false;
	return i < len && isdigit((unsigned char) s[i]);
}

/* Moves the decimal mark by the exponent at s; false if that is too far. */
static bool
apply_exponent(const char **s, int *len, AmountScan *r)
{
	const char *p = *s + 1;
	const char *end = *s + *len;
	bool		negative = (*p == '-');
	int			exponent = 0;
	int			zeros;

	if (!isdigit((unsigned char) *p))
		p++;
	for (; p < end && isdigit((unsigned char) *p); p++)
	{
		exponent = exponent * 10 + (*p - '0');
		if (exponent > AMOUNT_MAX_DIGITS)
			return false;
	}
	*len = end - p;
	*s = p;

	r->scale += negative ? exponent : -exponent;
	if (r->scale < 0)
	{
		zeros = -r->scale;
		if (r->ndigits + zeros > AMOUNT_MAX_DIGITS)
			return false;
		memset(r->digits + r->ndigits, '0', zeros);
		r->ndigits += zeros;
		r->scale = 0;
	}
	else if (r->scale > r->ndigits)
	{
		zeros = r->scale - r->ndigits;
		if (r->ndigits + zeros > AMOUNT_MAX_DIGITS)
			return false;
		memmove(r->digits + zeros, r->digits, r->ndigits);
		memset(r->digits, '0', zeros);
		r->ndigits += zeros;
	}
	r->plain = false;
	r->bare = false;
	return true;
}

/* Skips what stands for no cents: 12.- and 12,-- and the Indian 500/-. */
static bool
skip_no_cents(const char **s, int *len, bool decimals, const AmountScan *r)
{
	int			n = 0;

	if (*len >= 2 && memcmp(*s, "/-", 2) == 0)
		n = 2;
	else if (decimals && r->scale == 0 && **s == '-')
		n = (*len >= 2 && (*s)[1] == '-') ? 2 : 1;
	else if (decimals && r->scale == 0 && *len >= 3 &&
			 (memcmp(*s, "\xE2\x80\x93", 3) == 0 ||
			  memcmp(*s, "\xE2\x80\x94", 3) == 0))
		n = 3;					/* dashes */
	*s += n;
	*len -= n;
	return n > 0;
}

/*
 * Digits with optional groups and decimals.  Groups are of three digits, or
 * of two before the last three (the Indian way), all with one separator; the
 * first one may be shorter.  No group follows a zero: 0,548 is a number with
 * a decimal comma, or none.
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
				if (group < 1 || group > 3 || r->digits[0] == '0')
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
		r->bare = false;
		if (!decimals && group != 3)
			return false;
	}
	if (*len > 0 && r->ndigits > 0)
	{
		if (groups == 0 && is_exponent(*s, *len, decimals) &&
			!apply_exponent(s, len, r))
			return false;
		if (*len > 0 && skip_no_cents(s, len, decimals, r))
		{
			r->plain = r->bare = false;
			if (*len > 0 && **s == '-')
				return false;
		}
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
	bool		glued = false;
	bool		digits_only;
	int			before,
				n;

	r->negative = false;
	r->plain = true;
	r->bare = true;
	r->currency = 0;
	r->leading_zero = false;
	r->ndigits = 0;
	r->scale = 0;

	if (len >= 2 && s[0] == '(' && s[len - 1] == ')')
	{
		bracket = true;
		r->plain = r->bare = false;
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
		else if (r->currency == 0 &&
				 (n = currency_scan(s, len, &r->currency)) > 0)
		{
			r->currency_at = s;
			r->currency_len = n;
			glued = is_letters(s, n);
		}
		else
			break;
		s += n;
		len -= n;
		if (r->currency != 0)
		{
			before = len;
			clean_skip_blanks(&s, &len);
			glued = glued && len == before;
		}
	}
	if (!number_scan(&s, &len, mark, r))
		return false;
	digits_only = r->plain;
	/* ... and after it */
	while (len > 0)
	{
		before = len;
		clean_skip_blanks(&s, &len);
		if (!signed_already && (n = sign_length(s, len, &r->negative)) > 0)
		{
			signed_already = true;
			r->plain = r->bare = false;
		}
		else if (r->currency == 0 &&
				 (n = currency_scan(s, len, &r->currency)) > 0)
		{
			r->currency_at = s;
			r->currency_len = n;
			glued = len == before && is_letters(s, n);
		}
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
	if (r->currency != 0)
		r->plain = r->bare = false;
	r->lettered = glued && digits_only;
	r->leading_zero = (r->plain || r->lettered) &&
		r->ndigits > 1 && r->digits[0] == '0';
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

FlagWord
flag_scan(const char *s, int len)
{
	char		word[6] = {0};

	if (len < 1 || len > 5)
		return FLAG_NONE;
	if (len == 1 && (*s == '0' || *s == '1'))
		return *s == '1' ? FLAG_1 : FLAG_0;
	/* in lower case, as far as it can be one of the words */
	for (int i = 0; i < len; i++)
	{
		if ((s[i] & 0xC0) != 0x40)
			return FLAG_NONE;
		word[i] = s[i] | 0x20;
	}
	switch (word[0])
	{
		case 'y':
			if (len == 1)
				return FLAG_Y;
			if (strcmp(word, "yes") == 0)
				return FLAG_YES;
			break;
		case 'n':
			if (len == 1)
				return FLAG_N;
			if (strcmp(word, "no") == 0)
				return FLAG_NO;
			break;
		case 't':
			if (len == 1)
				return FLAG_T;
			if (strcmp(word, "true") == 0)
				return FLAG_TRUE;
			break;
		case 'f':
			if (len == 1)
				return FLAG_F;
			if (strcmp(word, "false") == 0)
				return FLAG_FALSE;
			break;
		case 'o':
			if (strcmp(word, "on") == 0)
				return FLAG_ON;
			if (strcmp(word, "off") == 0)
				return FLAG_OFF;
			break;
	}
	return FLAG_NONE;
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
