/*-------------------------------------------------------------------------
 *
 * amount.c
 *		Exact decimals: numeric to integers with a scale, and back.
 *
 * Aggregates over amounts run once a row, and going through the text of a
 * numeric would cost more than all the rest.  So amount_from_numeric() reads
 * the digits of the stored form, which pg_upgrade keeps the same in all
 * versions; sql/amount.sql compares it with the text on many values.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "common/int.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "amount.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(pt_finite_amount);
PG_FUNCTION_INFO_V1(pt_fitting_amount);
PG_FUNCTION_INFO_V1(pt_fitting_integer);
PG_FUNCTION_INFO_V1(pt_fitting_integer_numeric);
PG_FUNCTION_INFO_V1(pt_fitting_integer_float);

/*
 * The stored form of numeric: a header of two bytes, a weight of two more in
 * the long form, then digits of base 10000, the first of which counts
 * 10000^weight.
 */
#define STORED_SPECIAL			0xC000	/* NaN and infinities; mask of signs */
#define STORED_NEGATIVE			0x4000
#define STORED_SHORT			0x8000
#define STORED_LONG_SCALE		0x3FFF
#define STORED_SHORT_NEGATIVE	0x2000
#define STORED_SHORT_SCALE		0x1F80
#define STORED_SHORT_SCALE_SHIFT	7
#define STORED_SHORT_WEIGHT_SIGN	0x0040
#define STORED_SHORT_WEIGHT		0x003F
#define STORED_BASE				10000
#define STORED_BASE_DIGITS		4

/*
 * What a mart takes: numbers below 10^12, or, if that is less, of so many
 * digits with the decimals that are kept.  An amount has at most 18, so
 * hundreds of these can be the lines of one order.
 */
#define FITTING_DIGITS			12
#define FITTING_SHOWN_DIGITS	16

static const int64 powers_of_10[AMOUNT_MAX_SCALE + 1] = {
	INT64CONST(1),
	INT64CONST(10),
	INT64CONST(100),
	INT64CONST(1000),
	INT64CONST(10000),
	INT64CONST(100000),
	INT64CONST(1000000),
	INT64CONST(10000000),
	INT64CONST(100000000),
	INT64CONST(1000000000),
	INT64CONST(10000000000),
	INT64CONST(100000000000),
	INT64CONST(1000000000000),
	INT64CONST(10000000000000),
	INT64CONST(100000000000000),
	INT64CONST(1000000000000000),
	INT64CONST(10000000000000000),
	INT64CONST(100000000000000000),
	INT64CONST(1000000000000000000)
};

void
amount_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("amount out of range"),
			 errdetail("Amounts that are kept together have at most 18 digits in all, with as many decimals as the longest needs."),
			 errhint("Round the amounts to the decimals of the currency.")));
}

/* The header of a stored numeric, which is then followed by *data. */
typedef struct StoredHeader
{
	bool		special;		/* NaN or infinite: nothing else is set */
	bool		negative;
	int			scale;
	int			weight;
} StoredHeader;

static inline StoredHeader
stored_header(const char **data)
{
	StoredHeader result = {0};
	uint16		header;
	int16		weight;

	memcpy(&header, *data, sizeof(header));
	*data += sizeof(header);
	if (unlikely((header & STORED_SPECIAL) == STORED_SPECIAL))
		result.special = true;
	else if ((header & STORED_SPECIAL) == STORED_SHORT)
	{
		result.negative = (header & STORED_SHORT_NEGATIVE) != 0;
		result.scale = (header & STORED_SHORT_SCALE) >> STORED_SHORT_SCALE_SHIFT;
		result.weight = header & STORED_SHORT_WEIGHT;
		if (header & STORED_SHORT_WEIGHT_SIGN)
			result.weight -= STORED_SHORT_WEIGHT + 1;
	}
	else
	{
		result.negative = (header & STORED_SPECIAL) == STORED_NEGATIVE;
		result.scale = header & STORED_LONG_SCALE;
		memcpy(&weight, *data, sizeof(weight));
		*data += sizeof(weight);
		result.weight = weight;
	}
	return result;
}

/*
 * The amount, as an integer with *scale decimals: those that the numeric
 * shows, except zeros after the sixth, and zeros that would not fit.
 */
int64
amount_from_numeric(Datum numeric, int *scale)
{
	struct varlena *stored = PG_DETOAST_DATUM_PACKED(numeric);
	const char *data = VARDATA_ANY(stored);
	StoredHeader header = stored_header(&data);
	int			ndigits;
	int			exponent;
	int64		amount = 0;
	int			zeros = 0;

	if (header.special)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("NaN and infinite values are no amounts"),
				 errhint("Leave such rows out, for example by FILTER.")));
	*scale = header.scale;
	ndigits = (int) (VARDATA_ANY(stored) + VARSIZE_ANY_EXHDR(stored) - data) /
		(int) sizeof(int16);

	for (int i = 0; i < ndigits; i++)
	{
		int16		digit;

		memcpy(&digit, data + i * sizeof(int16), sizeof(int16));
		/* the zeros that fill the last digit may be too many for an int64 */
		if (i == ndigits - 1 && amount >= PG_INT64_MAX / STORED_BASE)
		{
			for (; zeros < STORED_BASE_DIGITS && digit % 10 == 0; digit /= 10)
				zeros++;
			for (int j = zeros; j < STORED_BASE_DIGITS; j++)
				if (pg_mul_s64_overflow(amount, 10, &amount))
					amount_too_large();
		}
		else if (pg_mul_s64_overflow(amount, STORED_BASE, &amount))
			amount_too_large();
		if (pg_add_s64_overflow(amount, digit, &amount))
			amount_too_large();
	}

	/* amount * 10^exponent is the value times 10^scale */
	exponent = STORED_BASE_DIGITS * (header.weight - ndigits + 1) + zeros;
	if (*scale > AMOUNT_SHOWN_SCALE)
	{
		/* what a division leaves: of more decimals, only digits are kept */
		while (amount != 0 && exponent < -AMOUNT_SHOWN_SCALE &&
			   amount % 10 == 0)
		{
			amount /= 10;
			exponent++;
		}
		*scale = amount == 0 ? AMOUNT_SHOWN_SCALE
			: Max(-exponent, AMOUNT_SHOWN_SCALE);
	}
	exponent += *scale;
	if (amount != 0)
	{
		for (; exponent < 0; exponent++)
			amount /= 10;		/* zeros that fill the last digit */
		for (; exponent > 0; exponent--)
		{
			if (amount >= AMOUNT_LIMIT / 10)
			{
				/* give up decimals that are zeros before giving up */
				if (*scale == 0)
					amount_too_large();
				(*scale)--;
			}
			else
				amount *= 10;
		}
		if (*scale > AMOUNT_MAX_SCALE || amount >= AMOUNT_LIMIT)
			amount_too_large();
	}
	return header.negative ? -amount : amount;
}

/* A sum of amounts as numeric, with its decimals shown. */
Numeric
amount_to_numeric(int128 amount, int scale)
{
	char		buf[64];
	char	   *end = buf + sizeof(buf) - 1;
	char	   *p = end;
	uint128		rest;
	int			digits = 0;

	if (amount >= PG_INT64_MIN && amount <= PG_INT64_MAX)
		return int64_div_fast_to_numeric((int64) amount, scale);
	rest = amount < 0 ? -(uint128) amount : (uint128) amount;
	*p = '\0';
	while (rest > 0 || digits <= scale)
	{
		if (digits == scale && scale > 0)
			*--p = '.';
		*--p = (char) ('0' + (int) (rest % 10));
		rest /= 10;
		digits++;
	}
	if (amount < 0)
		*--p = '-';
	return DatumGetNumeric(DirectFunctionCall3(numeric_in,
											   CStringGetDatum(p),
											   ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}

/* Gives an amount more decimals; false if it has no room for them. */
bool
amount_rescale(int64 *amount, int from_scale, int to_scale)
{
	Assert(from_scale <= to_scale && to_scale <= AMOUNT_MAX_SCALE);
	return !pg_mul_s64_overflow(*amount, powers_of_10[to_scale - from_scale],
								amount) && amount_in_range(*amount);
}

/* Gives a sum more decimals. */
int128
amount_sum_rescale(int128 sum, int from_scale, int to_scale)
{
	Assert(from_scale <= to_scale && to_scale <= AMOUNT_MAX_SCALE);
	if (__builtin_mul_overflow(sum,
							   (int128) powers_of_10[to_scale - from_scale],
							   &sum))
		amount_too_large();
	return sum;
}

/*
 * Reads a sum below AMOUNT_SUM_LIMIT that has at most so many decimals, and
 * moves behind it.
 */
bool
amount_sum_in(const char **s, int scale, int128 *sum)
{
	bool		negative = **s == '-';
	bool		decimals = false;
	int			digits = 0;
	int			shown = 0;

	*sum = 0;
	if (negative)
		(*s)++;
	for (;; (*s)++)
	{
		if (isdigit((unsigned char) **s))
		{
			*sum = *sum * 10 + (**s - '0');
			digits++;
			if (decimals)
				shown++;
			if (shown > scale || *sum >= AMOUNT_SUM_LIMIT)
				return false;
		}
		else if (**s == '.' && !decimals && digits > 0)
			decimals = true;
		else
			break;
	}
	if (digits == 0 || (decimals && shown == 0))
		return false;
	for (; shown < scale; shown++)
	{
		*sum *= 10;
		if (*sum >= AMOUNT_SUM_LIMIT)
			return false;
	}
	if (negative)
		*sum = -*sum;
	return true;
}

/* Writes a sum as numeric does, and zero as 0. */
void
amount_sum_out(StringInfo buf, int128 sum, int scale)
{
	Datum		value;
	char	   *digits;

	if (sum == 0)
	{
		appendStringInfoChar(buf, '0');
		return;
	}
	value = NumericGetDatum(amount_to_numeric(sum, scale));
	digits = DatumGetCString(DirectFunctionCall1(numeric_out, value));
	appendStringInfoString(buf, digits);
	pfree(digits);
	pfree(DatumGetPointer(value));
}

/* The bytes of a sum: its two halves in network byte order, the high one first. */
void
amount_sum_send(StringInfo buf, int128 sum)
{
	pq_sendint64(buf, (uint64) ((uint128) sum >> 64));
	pq_sendint64(buf, (uint64) sum);
}

/* Any number: whoever asks looks at it. */
int128
amount_sum_recv(StringInfo buf)
{
	uint128		high = (uint64) pq_getmsgint64(buf);

	return (int128) (high << 64 | (uint64) pq_getmsgint64(buf));
}

/*
 * Returns the amount, or stops with an error that names the column: one NaN
 * would turn every sum over it into NaN, far from here.  A finite amount is
 * returned as it came, which is not even unpacked.
 */
Datum
pt_finite_amount(PG_FUNCTION_ARGS)
{
	struct varlena *stored = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	const char *data = VARDATA_ANY(stored);

	if (unlikely(stored_header(&data).special))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s contains %s, which is no amount",
						text_to_cstring(PG_GETARG_TEXT_PP(1)),
						numeric_is_nan(PG_GETARG_NUMERIC(0)) ? "NaN" : "an infinite value"),
				 errhint("Make it NULL in the source, or leave such rows out by a view.")));
	PG_RETURN_POINTER(stored);
}

/*
 * Returns the number as it came, or NULL if a mart cannot hold it: NaN,
 * infinite, or so large that some of its kind would be too much for their sum
 * (see pt_fitting_amount in the install script).  Nearly all are taken by a
 * look at their header.
 */
Datum
pt_fitting_amount(PG_FUNCTION_ARGS)
{
	struct varlena *stored = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	const char *data = VARDATA_ANY(stored);
	StoredHeader header = stored_header(&data);
	int32		decimals = PG_GETARG_INT32(1);
	int			digits;
	int			room;

	if (unlikely(decimals < 0 || decimals > AMOUNT_MAX_SCALE))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of decimals must be between 0 and %d",
						AMOUNT_MAX_SCALE),
				 errdetail("It is %d.", decimals)));
	digits = Min(FITTING_DIGITS, FITTING_SHOWN_DIGITS - decimals);
	if (unlikely(header.special))
		PG_RETURN_NULL();
	/* digits that the first one of base 10000 may have */
	room = digits - STORED_BASE_DIGITS * header.weight;
	if (unlikely(room < STORED_BASE_DIGITS))
	{
		int16		first = 0;

		if (data < VARDATA_ANY(stored) + VARSIZE_ANY_EXHDR(stored))
			memcpy(&first, data, sizeof(first));
		if (first != 0 && (room <= 0 || first >= powers_of_10[room]))
			PG_RETURN_NULL();
	}
	PG_RETURN_POINTER(stored);
}

/* The same number as an integer, rounded; NULL if it is none. */
static inline Datum
fitting_integer(FunctionCallInfo fcinfo, int64 number)
{
	if (unlikely(number < PG_INT32_MIN || number > PG_INT32_MAX))
		PG_RETURN_NULL();
	PG_RETURN_INT32((int32) number);
}

Datum
pt_fitting_integer(PG_FUNCTION_ARGS)
{
	return fitting_integer(fcinfo, PG_GETARG_INT64(0));
}

Datum
pt_fitting_integer_numeric(PG_FUNCTION_ARGS)
{
	struct varlena *stored = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	const char *data = VARDATA_ANY(stored);
	StoredHeader header = stored_header(&data);

	/* below 10^12, which a bigint has room for */
	if (header.special || header.weight > 2)
		PG_RETURN_NULL();
	return fitting_integer(fcinfo,
						   DatumGetInt64(DirectFunctionCall1(numeric_int8,
															 PG_GETARG_DATUM(0))));
}

Datum
pt_fitting_integer_float(PG_FUNCTION_ARGS)
{
	float8		number = rint(PG_GETARG_FLOAT8(0));

	if (!(number >= PG_INT32_MIN && number <= PG_INT32_MAX))
		PG_RETURN_NULL();		/* NaN too */
	PG_RETURN_INT32((int32) number);
}
