/*-------------------------------------------------------------------------
 *
 * module.c
 *		The module's magic block and its version.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(pt_purchase_trends_version);

/*
 * The version of the library that is loaded, which can differ from the
 * version of the SQL objects until ALTER EXTENSION ... UPDATE has run.
 */
Datum
pt_purchase_trends_version(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_TEXT_P(cstring_to_text(PURCHASE_TRENDS_VERSION));
}
