/*-------------------------------------------------------------------------
 *
 * input.c
 *		Input functions of types, with errors that a caller can ask for.
 *
 * Since PostgreSQL 16 a caller such as pg_input_is_valid() may ask an input
 * function to tell it what is wrong with a text, instead of raising an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/elog.h"

#include "compat.h"
#include "input.h"

/*
 * The value that an input function is asked for.  Reading a text touches
 * nothing but memory of the current context, so its errors can be caught
 * without a subtransaction.  Only what is wrong with the text, or too large,
 * is told; to run out of memory or to be cancelled stays an error.
 */
Datum
input_value(FunctionCallInfo fcinfo, ReadText read)
{
	MemoryContext context = CurrentMemoryContext;
	volatile Datum result = (Datum) 0;

	if (!pt_wants_soft_error(fcinfo))
		return read(PG_GETARG_CSTRING(0));
	PG_TRY();
	{
		result = read(PG_GETARG_CSTRING(0));
	}
	PG_CATCH();
	{
		ErrorData  *error;
		int			category;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
		if (category != ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) &&
			category != ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED))
			PG_RE_THROW();
		FlushErrorState();
		pt_errsave(fcinfo->context,
				   (errcode(error->sqlerrcode),
					errmsg_internal("%s", error->message),
					error->detail == NULL ? 0 :
					errdetail_internal("%s", error->detail),
					error->hint == NULL ? 0 : errhint("%s", error->hint)));
		fcinfo->isnull = true;
	}
	PG_END_TRY();
	return result;
}

/* What a receive function says of bytes that are no value of its type. */
void
input_bad_bytes(const char *type, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid external %s", type),
			 errdetail("%s", detail)));
}
