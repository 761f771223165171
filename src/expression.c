/*-------------------------------------------------------------------------
 *
 * expression.c
 *		Is a text one SQL expression, and nothing more?
 *
 * create_mart() puts the expressions of its caller into views.  They run
 * with the caller's own rights, so they can do no more than the caller; but
 * "1) FROM other; --" must be an error that names the role, not a query
 * that means something else than what was asked for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "compat.h"

PG_FUNCTION_INFO_V1(pt_is_value_expression);
PG_FUNCTION_INFO_V1(pt_value_expression_type);

/* The expression that the statements are, or NULL if they are more. */
static Node *
single_value(List *statements)
{
	RawStmt    *raw;
	SelectStmt *select;
	ResTarget  *target;

	if (list_length(statements) != 1)
		return NULL;
	raw = linitial_node(RawStmt, statements);
	if (!IsA(raw->stmt, SelectStmt))
		return NULL;
	select = (SelectStmt *) raw->stmt;
	if (list_length(select->targetList) != 1 ||
		select->distinctClause != NIL || select->intoClause != NULL ||
		select->fromClause != NIL || select->whereClause != NULL ||
		select->groupClause != NIL || select->havingClause != NULL ||
		select->windowClause != NIL || select->valuesLists != NIL ||
		select->sortClause != NIL || select->limitOffset != NULL ||
		select->limitCount != NULL || select->lockingClause != NIL ||
		select->withClause != NULL || select->op != SETOP_NONE)
		return NULL;
	target = linitial_node(ResTarget, select->targetList);
	if (target->name != NULL)
		return NULL;
	if (IsA(target->val, ColumnRef) &&
		IsA(llast(((ColumnRef *) target->val)->fields), A_Star))
		return NULL;
	return target->val;
}

Datum
pt_is_value_expression(PG_FUNCTION_ARGS)
{
	char	   *expression = text_to_cstring(PG_GETARG_TEXT_PP(0));
	MemoryContext context = CurrentMemoryContext;
	bool		result = false;

	/*
	 * The grammar reports what it cannot read by an error.  Catching it needs
	 * no subtransaction, because parsing touches nothing but memory.
	 */
	PG_TRY();
	{
		result = single_value(raw_parser(expression,
										 RAW_PARSE_PLPGSQL_EXPR)) != NULL;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) !=
			ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR))
			PG_RE_THROW();
		FlushErrorState();
		FreeErrorData(error);
		result = false;
	}
	PG_END_TRY();
	PG_RETURN_BOOL(result);
}

/*
 * The type of an expression over one row of a relation, found as the parser
 * finds it, without running anything.  Nothing is allowed that WHERE does
 * not allow: aggregates, window functions and sets need more than one row.
 */
Datum
pt_value_expression_type(PG_FUNCTION_ARGS)
{
	Oid			source = PG_GETARG_OID(0);
	char	   *expression = text_to_cstring(PG_GETARG_TEXT_PP(1));
	Node	   *value = single_value(raw_parser(expression,
												RAW_PARSE_PLPGSQL_EXPR));
	ParseState *pstate;
	ParseNamespaceItem *row;
	Relation	relation;
	Oid			type;

	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not one expression", expression)));
	relation = try_relation_open(source, AccessShareLock);
	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", source)));
	if (!RELKIND_HAS_TABLE_AM(relation->rd_rel->relkind) &&
		relation->rd_rel->relkind != RELKIND_VIEW &&
		relation->rd_rel->relkind != RELKIND_FOREIGN_TABLE &&
		relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table or view",
						RelationGetRelationName(relation))));
	pstate = make_parsestate(NULL);
	row = addRangeTableEntryForRelation(pstate, relation, AccessShareLock,
										NULL, false, true);
	addNSItemToQuery(pstate, row, false, true, true);
	value = transformExpr(pstate, value, EXPR_KIND_WHERE);
	/* a string constant is text, as it would be in a view */
	type = exprType(value) == UNKNOWNOID ? TEXTOID : exprType(value);
	assign_expr_collations(pstate, value);
	free_parsestate(pstate);
	relation_close(relation, NoLock);
	PG_RETURN_OID(type);
}
