/*-------------------------------------------------------------------------
 *
 * expression.h
 *		What is asked of the expressions of a mart.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_EXPRESSION_H
#define PT_EXPRESSION_H

#include "utils/rel.h"

extern Datum columns_read(Node *expression, int varno, Relation relation);

#endif							/* PT_EXPRESSION_H */
