/*-------------------------------------------------------------------------
 *
 * clean_profile.c
 *		pt_column_profile(): what could the values of a text column be?
 *
 * One pass must tell all that pt_prepare_type() decides by: how many values fit
 * each type, how many would speak for a decimal mark or an order of dates,
 * and how many could be read in two ways.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/builtins.h"

#include "array.h"
#include "clean.h"

PG_FUNCTION_INFO_V1(pt_column_profile_accum);
PG_FUNCTION_INFO_V1(pt_column_profile_combine);

/*
 * The state is a bigint[] of these counters, changed in place, as core's
 * float8_accum does it: mergeable, and nothing else is needed to store it.
 * Those named _SET are no counts but sets of small numbers, one bit each.
 */
typedef enum ProfileCounter
{
	PROFILE_VALUES,				/* neither NULL nor missing */
	PROFILE_EMPTY,				/* NULL or blank */
	PROFILE_MISSING,			/* 'N/A' and its like */
	PROFILE_PADDED,				/* values with blanks around them */
	PROFILE_FLAGS,
	PROFILE_FLAG_WORDS,			/* flags that are not 0 or 1 */
	PROFILE_INT4,
	PROFILE_INT8,				/* INT4 included */
	PROFILE_AMOUNTS,			/* with a decimal point; integers included */
	PROFILE_LEADING_ZEROS,
	PROFILE_DATES_DMY,			/* dates and timestamps if the day is first */
	PROFILE_DATES_MDY,
	PROFILE_COMPACT_DATES,		/* yyyymmdd, included in the two above */
	PROFILE_TIMES,				/* of those, with a time of day */
	PROFILE_ZONES,				/* of those, with a time zone */
	PROFILE_ONLY_COMMA,			/* amounts if the comma is the decimal mark */
	PROFILE_ONLY_POINT,			/* ... and if the point is */
	PROFILE_EITHER_MARK,		/* two different amounts: 1,234 */
	PROFILE_WHOLE,				/* INT8, or with decimals that are 0 */
	PROFILE_NO_VALUES,			/* values such as ERROR or Unknown */
	PROFILE_CURRENCY_SET,
	PROFILE_DATES_YMD,			/* dates if two-digit years come first */
	PROFILE_ONLY_DMY,			/* day first, and not month first */
	PROFILE_ONLY_MDY,
	PROFILE_EITHER_DATE,		/* both, and not the same */
	PROFILE_EITHER_YEAR,		/* year first or last: 24-01-05 */
	PROFILE_YEAR_LAST,			/* year last, and not first */
	PROFILE_YEAR_FIRST,			/* two-digit year first, and not last */
	PROFILE_FIRST_SET,			/* what EITHER_YEAR begin with */
	PROFILE_LAST_SET,			/* what they end with */
	PROFILE_ZONE_LOW,			/* the time zones are between these, in */
	PROFILE_ZONE_HIGH,			/* minutes + ZONE_SHIFT; 0 for none */
	PROFILE_NA,					/* of MISSING: NA in capitals */
	PROFILE_CODES_OF_2,			/* codes of two capital letters */
	PROFILE_CODES,				/* codes of 2 to 5 of them */
	PROFILE_FLAG_SET,			/* which flags: see FlagWord */
	PROFILE_CLOCK_TIMES,		/* times of the day, without a date */
	PROFILE_LETTERED,			/* of AMOUNTS: letters and digits, as RM101 */
	PROFILE_MONEY,				/* of the others: with a currency */
	PROFILE_SAME_DATE,			/* 05-05-99: any order, but one is needed */
	PROFILE_COUNTERS
} ProfileCounter;

#define ZONE_SHIFT	1000

static int64 *
profile_counters(ArrayType *state, const char *caller, bool trusted)
{
	int64	   *counters;

	if (ARR_NDIM(state) != 1 || ARR_DIMS(state)[0] != PROFILE_COUNTERS ||
		ARR_HASNULL(state) || ARR_ELEMTYPE(state) != INT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s: the state must be an array of %d bigints",
						caller, PROFILE_COUNTERS)));
	counters = (int64 *) ARR_DATA_PTR(state);
	for (int i = 0; !trusted && i < PROFILE_COUNTERS; i++)
	{
		if (counters[i] < 0 || counters[i] == PG_INT64_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("%s: counter %d of the state is out of range",
							caller, i + 1)));
	}
	return counters;
}

/* The state that a transition function may change, by the caller's name. */
static ArrayType *
profile_state(FunctionCallInfo fcinfo, const char *caller, bool *in_place)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s: the state must not be NULL", caller)));
	*in_place = AggCheckCallContext(fcinfo, NULL) != 0;
	return *in_place
		? PG_GETARG_ARRAYTYPE_P(0) : PG_GETARG_ARRAYTYPE_P_COPY(0);
}

/* One more; a state that is not ours must not make it overflow. */
static inline void
count(int64 *counters, ProfileCounter i)
{
	if (likely(counters[i] < PG_INT64_MAX - 1))
		counters[i]++;
}

static inline void
add_to_set(int64 *counters, ProfileCounter i, int member)
{
	if (member >= 0 && member < 62)
		counters[i] |= INT64CONST(1) << member;
}

/* Digits without decimals, or with some that are all 0? */
static bool
is_whole(const AmountScan *r)
{
	int			whole = r->ndigits - r->scale;
	AmountScan	cut;
	int64		value;

	if (!r->bare || whole < 1 || (whole > 1 && r->digits[0] == '0'))
		return false;
	for (int i = whole; i < r->ndigits; i++)
	{
		if (r->digits[i] != '0')
			return false;
	}
	cut.negative = r->negative;
	cut.ndigits = whole;
	memcpy(cut.digits, r->digits, whole);
	return amount_scan_int64(&cut, &value);
}

static void
profile_amount(int64 *counters, const char *s, int len)
{
	AmountScan	point,
				comma;
	bool		with_point = amount_scan(s, len, '.', &point);
	bool		with_comma = with_point;
	const AmountScan *r = &point;
	int64		value;

	if (with_point && point.plain)
	{
		count(counters, PROFILE_AMOUNTS);
		if (point.leading_zero)
			count(counters, PROFILE_LEADING_ZEROS);
		if (amount_scan_int64(&point, &value))
		{
			count(counters, PROFILE_INT8);
			if (value >= PG_INT32_MIN && value <= PG_INT32_MAX)
				count(counters, PROFILE_INT4);
			if (!point.leading_zero)
				count(counters, PROFILE_WHOLE);
		}
		return;
	}
	if (memchr(s, '.', len) != NULL || memchr(s, ',', len) != NULL)
	{
		with_comma = amount_scan(s, len, ',', &comma);
		if (with_comma && !with_point)
			r = &comma;
	}
	if (with_point)
		count(counters, PROFILE_AMOUNTS);
	else if (!with_comma)
		return;
	if (!with_point)
		count(counters, PROFILE_ONLY_COMMA);
	else if (!with_comma)
		count(counters, PROFILE_ONLY_POINT);
	else if (memchr(s, '.', len) != NULL || memchr(s, ',', len) != NULL)
	{
		if (point.scale != comma.scale)
			count(counters, PROFILE_EITHER_MARK);
	}
	if (r->leading_zero)
		count(counters, PROFILE_LEADING_ZEROS);
	if (r->currency > 0)
	{
		add_to_set(counters, PROFILE_CURRENCY_SET, r->currency);
		count(counters, r->lettered ? PROFILE_LETTERED : PROFILE_MONEY);
	}
	else if (with_point != with_comma && is_whole(r))
		count(counters, PROFILE_WHOLE);
}

static void
profile_date(int64 *counters, const char *s, int len)
{
	DateScan	date;

	if (!date_scan(s, len, &date))
		return;
	if (date.dmy)
		count(counters, PROFILE_DATES_DMY);
	if (date.mdy)
		count(counters, PROFILE_DATES_MDY);
	if (date.ymd)
		count(counters, PROFILE_DATES_YMD);
	if (date.dmy && !date.mdy)
		count(counters, PROFILE_ONLY_DMY);
	else if (date.mdy && !date.dmy)
		count(counters, PROFILE_ONLY_MDY);
	else if (date.dmy && date.at_dmy != date.at_mdy)
		count(counters, PROFILE_EITHER_DATE);
	if (date.needs_order && !date.ymd && date.dmy && date.mdy &&
		date.at_dmy == date.at_mdy)
		count(counters, PROFILE_SAME_DATE);
	if (date.year_last)
	{
		if (!date.dmy && !date.mdy)
			count(counters, PROFILE_YEAR_FIRST);
		else if (date.first > 0 && date.ymd)
		{
			count(counters, date.month_named ? PROFILE_YEAR_LAST : PROFILE_EITHER_YEAR);
			add_to_set(counters, PROFILE_FIRST_SET, date.first);
			add_to_set(counters, PROFILE_LAST_SET, date.last);
		}
		else
			count(counters, PROFILE_YEAR_LAST);
	}
	if (date.compact)
		count(counters, PROFILE_COMPACT_DATES);
	if (date.has_time)
		count(counters, PROFILE_TIMES);
	if (date.has_zone)
	{
		int64		zone = date.zone + ZONE_SHIFT;

		count(counters, PROFILE_ZONES);
		if (counters[PROFILE_ZONE_LOW] == 0 ||
			counters[PROFILE_ZONE_LOW] > zone)
			counters[PROFILE_ZONE_LOW] = zone;
		if (counters[PROFILE_ZONE_HIGH] < zone)
			counters[PROFILE_ZONE_HIGH] = zone;
	}
}

static void
profile_value(int64 *counters, const char *s, int len, ArrayType *missing)
{
	int			given = len;
	bool		has_digit = false;
	FlagWord	flag;
	int64		usec;
	int			capitals = 0;

	if (!clean_span(&s, &len))
	{
		count(counters, PROFILE_EMPTY);
		return;
	}
	if (unlikely(missing != NULL) && clean_is_listed(missing, s, len))
	{
		count(counters, PROFILE_MISSING);
		return;
	}
	if (clean_is_missing(s, len))
	{
		count(counters, PROFILE_MISSING);
		if (len == 2 && memcmp(s, "NA", 2) == 0)
			count(counters, PROFILE_NA);
		return;
	}
	count(counters, PROFILE_VALUES);
	if (len != given)
		count(counters, PROFILE_PADDED);
	if ((flag = flag_scan(s, len)) != FLAG_NONE)
	{
		count(counters, PROFILE_FLAGS);
		add_to_set(counters, PROFILE_FLAG_SET, flag);
		if (flag > FLAG_1)
			count(counters, PROFILE_FLAG_WORDS);
	}
	/* no number or date is without a digit: most text ends here */
	for (int i = 0; i < len && !has_digit; i++)
		has_digit = isdigit((unsigned char) s[i]);
	if (!has_digit)
	{
		if (clean_is_no_value(s, len))
			count(counters, PROFILE_NO_VALUES);
		else if (len >= 2 && len <= 5)
		{
			while (capitals < len && s[capitals] >= 'A' && s[capitals] <= 'Z')
				capitals++;
			if (capitals == len)
				count(counters, PROFILE_CODES);
			if (capitals == len && len == 2)
				count(counters, PROFILE_CODES_OF_2);
		}
		return;
	}
	/* neither a number nor a date has a colon so early */
	if (len > 3 && (s[1] == ':' || s[2] == ':'))
	{
		if (time_scan(s, len, &usec))
			count(counters, PROFILE_CLOCK_TIMES);
		return;
	}
	profile_amount(counters, s, len);
	profile_date(counters, s, len);
}

Datum
pt_column_profile_accum(PG_FUNCTION_ARGS)
{
	bool		in_place;
	ArrayType  *state = profile_state(fcinfo, "pt_column_profile_accum", &in_place);
	int64	   *counters = profile_counters(state, "pt_column_profile_accum", in_place);

	if (PG_ARGISNULL(1))
		count(counters, PROFILE_EMPTY);
	else
	{
		text	   *value = PG_GETARG_TEXT_PP(1);

		profile_value(counters, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value),
					  PG_ARGISNULL(2) ? NULL : PG_GETARG_ARRAYTYPE_P(2));
	}
	PG_RETURN_ARRAYTYPE_P(state);
}

Datum
pt_column_profile_combine(PG_FUNCTION_ARGS)
{
	bool		in_place;
	ArrayType  *state = profile_state(fcinfo, "pt_column_profile_combine", &in_place);
	int64	   *counters = profile_counters(state, "pt_column_profile_combine", false);
	int64	   *others = profile_counters(PG_GETARG_ARRAYTYPE_P(1),
										  "pt_column_profile_combine", false);

	for (int i = 0; i < PROFILE_COUNTERS; i++)
	{
		switch (i)
		{
			case PROFILE_CURRENCY_SET:
			case PROFILE_FLAG_SET:
			case PROFILE_FIRST_SET:
			case PROFILE_LAST_SET:
				counters[i] |= others[i];
				break;
			case PROFILE_ZONE_LOW:
				if (counters[i] == 0 ||
					(others[i] != 0 && others[i] < counters[i]))
					counters[i] = others[i];
				break;
			case PROFILE_ZONE_HIGH:
				counters[i] = Max(counters[i], others[i]);
				break;
			default:
				if (pg_add_s64_overflow(counters[i], others[i], &counters[i]))
					ereport(ERROR,
							(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							 errmsg("column_profile: counter out of range")));
				break;
		}
	}
	PG_RETURN_ARRAYTYPE_P(state);
}
