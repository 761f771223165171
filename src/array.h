/*-------------------------------------------------------------------------
 *
 * array.h
 *		Array arguments, checked in one place.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_ARRAY_H
#define PT_ARRAY_H

#include "utils/array.h"

/* "what" names the argument in the error that a bad array gets. */
extern int	element_count(ArrayType *array, const char *what);
extern const float8 *float8_elements(ArrayType *array, const char *what,
									 int *n);
extern text *text_element(ArrayType *array, int index);

#endif							/* PT_ARRAY_H */
