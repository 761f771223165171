/*-------------------------------------------------------------------------
 *
 * input.h
 *		Input functions of types, with errors that a caller can ask for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_INPUT_H
#define PT_INPUT_H

#include "fmgr.h"

#include "compat.h"

/* Makes a value of its text, or raises an error. */
typedef Datum (*ReadText) (char *input);

extern Datum input_value(FunctionCallInfo fcinfo, ReadText read);
extern PT_NORETURN void input_bad_bytes(const char *type, const char *detail);

#endif							/* PT_INPUT_H */
