/*-------------------------------------------------------------------------
 *
 * clean_date.c
 *		Recognises dates and times in text.
 *
 * A date that can be read in two ways is none until somebody says in which
 * order its numbers stand; pt_column_profile() counts what each order reads.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/datetime.h"

#include "clean.h"

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

/* A date that is the same in every order. */
static bool
date_certain(int year, int month, int day, DateScan *r)
{
	r->dmy = r->mdy = r->ymd = make_date(year, month, day, &r->at_dmy);
	r->at_mdy = r->at_ymd = r->at_dmy;
	return r->dmy;
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
		return date_certain(b, month, a, r);
	}
	if (!scan_digits(s, len, 1, 8, &a, &na))
		return false;
	if (na == 8)
	{
		r->compact = true;
		return a >= 10000000 &&
			date_certain(a / 10000, a / 100 % 100, a % 100, r);
	}
	if ((na > 2 && na != 4) || !scan_date_separator(s, len, &sep1))
		return false;
	if (na <= 2 && (month = scan_month_name(s, len)) > 0)
	{
		/* 5 Jan 2024, 05-Jan-24 */
		if (!scan_date_separator(s, len, &sep2) || sep1 != sep2 ||
			!scan_digits(s, len, 2, 4, &c, &nc) || nc == 3)
			return false;
		(void) date_certain(full_year(c, nc), month, a, r);
		if (na == 2 && nc == 2)
		{
			/* usually the day is first; 24-Jan-05 may begin with the year */
			r->month_named = r->year_last = true;
			r->first = a;
			r->last = c;
			r->ymd = make_date(full_year(a, na), month, c, &r->at_ymd);
		}
		return r->dmy || r->ymd;
	}
	if (sep1 == ' ' || !scan_digits(s, len, 1, 2, &b, &nb) ||
		!scan_date_separator(s, len, &sep2) || sep1 != sep2)
		return false;
	if (na == 4)
	{
		/* 2024-01-05 */
		if (!scan_digits(s, len, 1, 2, &c, &nc))
			return false;
		return date_certain(a, b, c, r);
	}
	/* 05/01/2024, 5.1.2024, 05/01/24; with dots the day comes before the month */
	if (!scan_digits(s, len, 1, 4, &c, &nc) || nc == 3 || (nc == 1 && na == 1))
		return false;
	r->year_last = true;
	if (na == 2 && nc <= 2)
	{
		/* ... but 24-01-05, 24/1/5 and 24.01.05 may begin with the year */
		r->first = a;
		r->last = c;
		r->ymd = make_date(full_year(a, na), b, c, &r->at_ymd);
	}
	if (nc == 1)
		return r->ymd;
	/* this one begins with it as often as not */
	r->needs_order = (nc == 2 && sep1 == '-');
	c = full_year(c, nc);
	r->dmy = make_date(c, b, a, &r->at_dmy);
	if (sep1 == '.')
	{
		r->mdy = r->dmy;
		r->at_mdy = r->at_dmy;
		if (nc == 4)
		{
			r->ymd = r->dmy;
			r->at_ymd = r->at_dmy;
		}
	}
	else
	{
		r->mdy = make_date(c, a, b, &r->at_mdy);
		/* nobody can tell 24/01/05 from 05/01/24 */
		if (r->ymd && ((r->dmy && r->at_dmy != r->at_ymd) ||
					   (r->mdy && r->at_mdy != r->at_ymd)))
			r->needs_order = true;
	}
	return r->dmy || r->mdy || r->ymd;
}

/* The time of day that the rest of the text is, in microseconds. */
static bool
scan_time(const char *s, int len, int64 *usec, bool *has_zone, int *zone)
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
	clean_skip_blanks(&s, &len);
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
	clean_skip_blanks(&s, &len);
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
		*zone = sign * (zone_hour * 60 + zone_minute);
		offset = (int64) *zone * 60;
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
	if (!scan_time(s, len, &usec, &r->has_zone, &r->zone))
		return false;
	r->has_time = true;
	r->at_dmy += usec;
	r->at_mdy += usec;
	r->at_ymd += usec;
	return true;
}

/* Scans a time of the day without a date, and without a zone. */
bool
time_scan(const char *s, int len, int64 *usec)
{
	bool		has_zone;
	int			zone;

	return len >= 4 && len <= 64 &&
		scan_time(s, len, usec, &has_zone, &zone) && !has_zone;
}

/* The moment that the text means in the order given, if that is certain. */
bool
date_scan_pick(const DateScan *r, DayMonthOrder order, Timestamp *at)
{
	bool		fits;

	switch (order)
	{
		case DATE_ORDER_DMY:
			fits = r->dmy;
			*at = r->at_dmy;
			break;
		case DATE_ORDER_MDY:
			fits = r->mdy;
			*at = r->at_mdy;
			break;
		case DATE_ORDER_YMD:
			fits = r->ymd;
			*at = r->at_ymd;
			break;
		default:
			fits = !r->needs_order && (r->dmy || r->mdy) &&
				!(r->dmy && r->mdy && r->at_dmy != r->at_mdy);
			*at = r->dmy ? r->at_dmy : r->at_mdy;
			break;
	}
	return fits;
}
