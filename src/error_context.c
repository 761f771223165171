/*-------------------------------------------------------------------------
 *
 * error_context.c
 *		Errors without the places in our own functions.
 *
 * psql shows the CONTEXT of an error, and PL/pgSQL puts the function, the
 * line and the statement there.  To people who gave a wrong argument these
 * lines of ours say nothing, and there are more of them than of what went
 * wrong.  So the functions in PL/pgSQL that people call are named pt_<name>_body,
 * and <name> is a function in C that calls that and drops what it adds.  The
 * context of those who call us, a PL/pgSQL function of the user for instance,
 * stays.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "parser/parse_func.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "compat.h"
#include "error_context.h"

PG_FUNCTION_INFO_V1(pt_call_body);

/* A function in the schema of another, which is in the extension's. */
Oid
sibling_function(Oid function, const char *name, int nargs, const Oid *types)
{
	char	   *schema = get_namespace_name(get_func_namespace(function));

	return LookupFuncName(list_make2(makeString(schema),
									 makeString(pstrdup(name))),
						  nargs, types, false);
}

/* pt_<name>_<purpose>(), where <name> or pt_<name> is that function. */
Oid
helper_function(Oid function, const char *purpose, int nargs, const Oid *types)
{
	char	   *name = get_func_name(function);

	if (strncmp(name, "pt_", 3) == 0)
		name += 3;
	return sibling_function(function, psprintf("pt_%s_%s", name, purpose),
							nargs, types);
}

/*
 * Calls a function.  An error that it raises is raised again in its place,
 * with the context that it has here.  What should never happen keeps all
 * context, for the report that it deserves.
 */
Datum
call_without_context(FunctionCallInfo call)
{
	MemoryContext context = CurrentMemoryContext;
	volatile Datum result = (Datum) 0;

	PG_TRY();
	{
		result = FunctionCallInvoke(call);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
			ERRCODE_TO_CATEGORY(ERRCODE_INTERNAL_ERROR))
			PG_RE_THROW();
		FlushErrorState();
		error->context = NULL;
		/* nor a statement of ours */
		error->internalquery = NULL;
		error->internalpos = 0;
		ThrowErrorData(error);
	}
	PG_END_TRY();
	return result;
}

/*
 * Runs pt_<name>_body(), where <name> is the SQL function that was called, with
 * the same arguments.  No text from outside chooses what is run.
 */
Datum
call_body(FunctionCallInfo fcinfo)
{
	Oid			function = fcinfo->flinfo->fn_oid;
	FmgrInfo   *body = fcinfo->flinfo->fn_extra;
	Datum		result;

	LOCAL_FCINFO(call, FUNC_MAX_ARGS);

	if (body == NULL)
	{
		Oid		   *types;
		int			nargs;

		(void) get_func_signature(function, &types, &nargs);
		body = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(FmgrInfo));
		fmgr_info_cxt(helper_function(function, "body", nargs, types),
					  body, fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = body;
	}
	InitFunctionCallInfoData(*call, body, fcinfo->nargs, PG_GET_COLLATION(),
							 fcinfo->context, fcinfo->resultinfo);
	for (int i = 0; i < fcinfo->nargs; i++)
		call->args[i] = fcinfo->args[i];
	result = call_without_context(call);
	fcinfo->isnull = call->isnull;
	return result;
}

Datum
pt_call_body(PG_FUNCTION_ARGS)
{
	return call_body(fcinfo);
}
