/*-------------------------------------------------------------------------
 *
 * canonical_text.c
 *		Texts of values that no setting of the session changes.
 *
 * The customer ids, order ids and dimensions of a mart are texts where they
 * are no integers.  A date as text depends on DateStyle, a float on
 * extra_float_digits: one reader would see other ids than another, and a
 * table of kept customers would not match what a reader computes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/shortest_dec.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "compat.h"

PG_FUNCTION_INFO_V1(pt_canonical_text_date);
PG_FUNCTION_INFO_V1(pt_canonical_text_timestamp);
PG_FUNCTION_INFO_V1(pt_canonical_text_float4);
PG_FUNCTION_INFO_V1(pt_canonical_text_float8);

Datum
pt_canonical_text_date(PG_FUNCTION_ARGS)
{
	DateADT		date = PG_GETARG_DATEADT(0);
	char		buffer[MAXDATELEN + 1];
	struct pg_tm tm = {0};

	if (DATE_NOT_FINITE(date))
		EncodeSpecialDate(date, buffer);
	else
	{
		j2date(date + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon,
			   &tm.tm_mday);
		EncodeDateOnly(&tm, USE_ISO_DATES, buffer);
	}
	PG_RETURN_TEXT_P(cstring_to_text(buffer));
}

Datum
pt_canonical_text_timestamp(PG_FUNCTION_ARGS)
{
	Timestamp	at = PG_GETARG_TIMESTAMP(0);
	char		buffer[MAXDATELEN + 1];
	struct pg_tm tm;
	fsec_t		fraction;

	if (TIMESTAMP_NOT_FINITE(at))
		EncodeSpecialTimestamp(at, buffer);
	else if (timestamp2tm(at, NULL, &tm, &fraction, NULL, NULL) == 0)
		EncodeDateTime(&tm, fraction, false, 0, NULL, USE_ISO_DATES, buffer);
	else
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	PG_RETURN_TEXT_P(cstring_to_text(buffer));
}

Datum
pt_canonical_text_float4(PG_FUNCTION_ARGS)
{
	char		buffer[FLOAT_SHORTEST_DECIMAL_LEN];

	float_to_shortest_decimal_buf(PG_GETARG_FLOAT4(0), buffer);
	PG_RETURN_TEXT_P(cstring_to_text(buffer));
}

Datum
pt_canonical_text_float8(PG_FUNCTION_ARGS)
{
	char		buffer[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(PG_GETARG_FLOAT8(0), buffer);
	PG_RETURN_TEXT_P(cstring_to_text(buffer));
}
