/*-------------------------------------------------------------------------
 *
 * array.c
 *		Array arguments, checked in one place.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "array.h"

/* The number of elements of a one-dimensional array without NULLs. */
int
element_count(ArrayType *array, const char *what)
{
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s must be a one-dimensional array", what),
				 errdetail("The array has %d dimensions.", ARR_NDIM(array))));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not contain NULL", what)));
	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

/* The elements in place: no copy is made, since this runs once a row. */
const float8 *
float8_elements(ArrayType *array, const char *what, int *n)
{
	*n = element_count(array, what);
	return (const float8 *) ARR_DATA_PTR(array);
}

/* Element number index, counted from 0; the caller has checked the length. */
text *
text_element(ArrayType *array, int index)
{
	int			subscript;
	bool		isnull;
	Datum		element;

	subscript = ARR_LBOUND(array)[0] + index;
	element = array_get_element(PointerGetDatum(array), 1, &subscript,
								-1, -1, false, TYPALIGN_INT, &isnull);
	Assert(!isnull);
	return DatumGetTextPP(element);
}
