/*-------------------------------------------------------------------------
 *
 * error_context.h
 *		Calling functions of ours by name, and errors without their places.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_ERROR_CONTEXT_H
#define PT_ERROR_CONTEXT_H

#include "fmgr.h"

extern Oid sibling_function(Oid function, const char *name, int nargs,
							 const Oid *types);
extern Oid	helper_function(Oid function, const char *purpose, int nargs, const Oid *types);
extern Datum call_without_context(FunctionCallInfo call);
extern Datum call_body(FunctionCallInfo fcinfo);

#endif							/* PT_ERROR_CONTEXT_H */
