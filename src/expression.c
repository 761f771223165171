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
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"

PG_FUNCTION_INFO_V1(pt_is_value_expression);
PG_FUNCTION_INFO_V1(pt_value_expression_type);
PG_FUNCTION_INFO_V1(pt_value_expression_problem);

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
 * An expression over one row of a relation, as the parser reads it, without
 * running anything.  Nothing is allowed that WHERE does not allow: aggregates,
 * window functions and sets need more than one row.  The relation is open
 * then, and locked until the end of the transaction.
 */
static Node *
transform_value(Oid source, char *expression, Relation *relation)
{
	Node	   *value = single_value(raw_parser(expression,
												RAW_PARSE_PLPGSQL_EXPR));
	ParseState *pstate;
	ParseNamespaceItem *row;

	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not one expression", expression)));
	*relation = try_relation_open(source, AccessShareLock);
	if (*relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", source)));
	if (!RELKIND_HAS_TABLE_AM((*relation)->rd_rel->relkind) &&
		(*relation)->rd_rel->relkind != RELKIND_VIEW &&
		(*relation)->rd_rel->relkind != RELKIND_FOREIGN_TABLE &&
		(*relation)->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table or view",
						RelationGetRelationName(*relation))));
	pstate = make_parsestate(NULL);
	row = addRangeTableEntryForRelation(pstate, *relation, AccessShareLock,
										NULL, false, true);
	addNSItemToQuery(pstate, row, false, true, true);
	value = transformExpr(pstate, value, EXPR_KIND_WHERE);
	assign_expr_collations(pstate, value);
	free_parsestate(pstate);
	return value;
}

Datum
pt_value_expression_type(PG_FUNCTION_ARGS)
{
	Relation	relation;
	Oid			type = exprType(transform_value(PG_GETARG_OID(0),
												text_to_cstring(PG_GETARG_TEXT_PP(1)),
												&relation));

	relation_close(relation, NoLock);
	/* a string constant is text, as it would be in a view */
	PG_RETURN_OID(type == UNKNOWNOID ? TEXTOID : type);
}

/* What problem_walker() looks for, and what it has found. */
typedef struct ProblemContext
{
	TupleDesc	columns;
	bool		is_key;
	const char *problem;		/* a format with the name of something */
	const char *subject;
} ProblemContext;

static bool
found(ProblemContext *context, const char *problem, const char *subject)
{
	context->problem = problem;
	context->subject = subject;
	return true;
}

/*
 * Is the text of such a value always the same?  That of a date, a float or a
 * bytea depends on settings of the session, that of another one's type on
 * what its author does.
 */
static bool
has_constant_text(Oid type)
{
	type = getBaseType(type);
	switch (type)
	{
		case BOOLOID:
		case CHAROID:
		case NAMEOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case OIDOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case UNKNOWNOID:
		case UUIDOID:
		case INETOID:
		case CIDROID:
		case MACADDROID:
		case TIMEOID:
		case JSONOID:
		case JSONBOID:
			return true;
		default:
			return false;
	}
}

/* A column that is an enum: a mart looks at the labels of these. */
static bool
is_enum_column(Node *node)
{
	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return IsA(node, Var) && type_is_enum(getBaseType(((Var *) node)->vartype));
}

/* Is a text always read as the same value of such a type? */
static bool
is_read_constantly(Oid type)
{
	return type == FLOAT4OID || type == FLOAT8OID ||
		(has_constant_text(type) && getBaseType(type) != TIMEOID);
}

static bool
is_not_immutable(Oid function, void *subject)
{
	if (func_volatile(function) == PROVOLATILE_IMMUTABLE)
		return false;
	*(const char **) subject = get_func_name(function);
	return true;
}

static bool
problem_walker(Node *node, void *argument)
{
	ProblemContext *context = argument;
	const char *subject = NULL;

	if (node == NULL)
		return false;
	if (IsA(node, SubLink) || IsA(node, SubPlan) || IsA(node, Query))
		return found(context, "a subquery reads other rows", NULL);
	if (IsA(node, SQLValueFunction) || IsA(node, NextValueExpr))
		return found(context, "it has another value at another time", NULL);
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		if (var->varattno < 0)
			return found(context, "it reads a system column", NULL);
		if (var->varattno == 0)
			return found(context, "it reads the row as a whole, to which a column may be added",
						 NULL);
		/* not computed when a trigger sees the row; they came in 18 */
		if (context->is_key &&
			TupleDescAttr(context->columns, var->varattno - 1)->attgenerated == 'v')
			return found(context, "the column %s is generated, but not stored",
						 NameStr(TupleDescAttr(context->columns, var->varattno - 1)->attname));
		return false;
	}
	if (IsA(node, CoerceViaIO))
	{
		CoerceViaIO *cast = (CoerceViaIO *) node;

		if (!has_constant_text(exprType((Node *) cast->arg)) &&
			(context->is_key || !is_enum_column((Node *) cast->arg)))
			return found(context, "the text of a value of type %s depends on settings, or on what is done to the type",
						 format_type_be(exprType((Node *) cast->arg)));
		if (!is_read_constantly(cast->resulttype))
			return found(context, "how a text is read as %s depends on settings",
						 format_type_be(cast->resulttype));
	}
	else if (IsA(node, XmlExpr) || pt_is_json_constructor(node))
		return found(context, "how values become XML or JSON depends on settings", NULL);
	else if (check_functions_in_node(node, is_not_immutable, &subject))
		return found(context, "%s() is not immutable: it depends on more than its arguments",
					 subject);
	return expression_tree_walker(node, problem_walker, argument);
}

/*
 * Why the value of an expression may change without a change of the row, or
 * why a trigger cannot compute it; NULL if neither.  What is declared
 * immutable is taken for it, as an index does.
 */
Datum
pt_value_expression_problem(PG_FUNCTION_ARGS)
{
	Relation	relation;
	Node	   *value = transform_value(PG_GETARG_OID(0),
										text_to_cstring(PG_GETARG_TEXT_PP(1)),
										&relation);
	ProblemContext context = {
		.columns = RelationGetDescr(relation),
		.is_key = PG_GETARG_BOOL(2)
	};
	text	   *result = NULL;

	/* The planner adds default arguments, and knows no subquery. */
	if (problem_walker(value, &context) ||
		problem_walker((Node *) expression_planner((Expr *) value), &context))
		result = cstring_to_text(context.subject == NULL ? context.problem :
								 psprintf(context.problem, context.subject));
	relation_close(relation, NoLock);
	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(result);
}
