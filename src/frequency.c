/*-------------------------------------------------------------------------
 *
 * frequency.c
 *		Labels of purchase frequencies given in days.
 *
 * parse_frequency() goes the other way.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "compat.h"

PG_FUNCTION_INFO_V1(pt_purchase_frequency_label);
PG_FUNCTION_INFO_V1(pt_purchase_frequency_sort);

/*
 * One label for each number of days, so that 'Bi-Weekly' and 'Fortnightly',
 * which are the same, fall together.
 */
Datum
pt_purchase_frequency_label(PG_FUNCTION_ARGS)
{
	int32		days = PG_GETARG_INT32(0);
	const char *label;
	char		every[32];

	if (days < 1)
		PG_RETURN_NULL();
	switch (days)
	{
		case 1:
			label = "Daily";
			break;
		case 7:
			label = "Weekly";
			break;
		case 14:
			label = "Fortnightly";
			break;
		case 30:
			label = "Monthly";
			break;
		case 90:
			label = "Quarterly";
			break;
		case 180:
			label = "Semi-Annually";
			break;
		case 365:
			label = "Annually";
			break;
		default:
			memcpy(every, "Every ", 6);
			strcpy(every + 6 + pg_ltoa(days, every + 6), " days");
			label = every;
	}
	PG_RETURN_TEXT_P(cstring_to_text(label));
}

/* The days themselves, as far as a smallint goes: rarer sorts later. */
Datum
pt_purchase_frequency_sort(PG_FUNCTION_ARGS)
{
	int32		days = PG_GETARG_INT32(0);

	if (days < 1)
		PG_RETURN_NULL();
	PG_RETURN_INT16((int16) Min(days, PG_INT16_MAX));
}
