/*-------------------------------------------------------------------------
 *
 * expression.c
 *		Is a text one SQL expression, and nothing more?  And which columns does
 *		it read, whatever these are called today?
 *
 * create_mart() puts the expressions of its caller into views.  They run
 * with the caller's own rights, so they can do no more than the caller; but
 * "1) FROM other; --" must be an error that names the role, not a query
 * that means something else than what was asked for.
 *
 * Views follow a column that gets another name, and a text does not: it would
 * mean the column that has the name now.  So the numbers of the columns are
 * kept beside it.  The text is read with the names of then, each reference to
 * a column gets its name of today, and what comes out has to be the same
 * expression as before.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "common/keywords.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "expression.h"

PG_FUNCTION_INFO_V1(pt_is_value_expression);
PG_FUNCTION_INFO_V1(pt_value_expression_type);
PG_FUNCTION_INFO_V1(pt_value_expression_is_deterministic);
PG_FUNCTION_INFO_V1(pt_value_expression_problem);
PG_FUNCTION_INFO_V1(pt_expression_columns);
PG_FUNCTION_INFO_V1(pt_follow_expression);

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
	return target->name == NULL ? target->val : NULL;
}

/* What the grammar takes for a value, and only some statements give one. */
static bool
has_no_value(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SetToDefault) || IsA(node, ParamRef))
		return true;
	return raw_expression_tree_walker(node, has_no_value, context);
}

static bool
is_star(Node *value)
{
	List	   *parts = NIL;

	if (IsA(value, ColumnRef))
		parts = ((ColumnRef *) value)->fields;
	else if (IsA(value, A_Indirection))
		parts = ((A_Indirection *) value)->indirection;
	return parts != NIL && IsA(llast(parts), A_Star);
}

/*
 * What the grammar makes of a text, or NIL if it cannot read it.  It says so
 * by an error; catching that needs no subtransaction, because parsing touches
 * nothing but memory.
 */
static List *
parse_if_possible(const char *expression)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *volatile statements = NIL;

	PG_TRY();
	{
		statements = raw_parser(expression, RAW_PARSE_PLPGSQL_EXPR);
	}
	PG_CATCH();
	{
		ErrorData  *error;
		int			category;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
		/* of a constant: bytes of no character, escapes that settings forbid */
		if (category != ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) &&
			category != ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) &&
			category != ERRCODE_TO_CATEGORY(ERRCODE_FEATURE_NOT_SUPPORTED))
			PG_RE_THROW();
		FlushErrorState();
		FreeErrorData(error);
	}
	PG_END_TRY();
	return statements;
}

/*
 * The expression that a text is, or NULL if it is something else that the
 * grammar knows.  Some clauses leave no trace in what the grammar makes: ALL,
 * FOR READ ONLY.  None of them may stand in a cast with its expression, where
 * the text must mean the same.
 */
static Node *
parse_value(const char *expression)
{
	Node	   *value = single_value(raw_parser(expression,
												RAW_PARSE_PLPGSQL_EXPR));
	Node	   *cast;

	if (value == NULL || is_star(value) || has_no_value(value, NULL))
		return NULL;
	/* a comment may be the end of the last line */
	cast = single_value(parse_if_possible(psprintf("CAST(%s\n AS text)",
												   expression)));
	if (cast == NULL || !IsA(cast, TypeCast) ||
		!equal(((TypeCast *) cast)->arg, value))
		return NULL;
	return value;
}

Datum
pt_is_value_expression(PG_FUNCTION_ARGS)
{
	char	   *expression = text_to_cstring(PG_GETARG_TEXT_PP(0));

	PG_RETURN_BOOL(parse_if_possible(expression) != NIL &&
				   parse_value(expression) != NULL);
}

/* A column of the source that is named in an expression. */
typedef struct Reference
{
	int			location;
	int			fields;			/* 2 in orders.amount */
	AttrNumber	column;			/* 0: the row as a whole */
} Reference;

/* What the columns of the source were called, and where they are named. */
typedef struct References
{
	const char *relation;		/* NULL: names of today */
	const char **columns;		/* by number from 1; NULL: nameless */
	RangeTblEntry *source;
	List	   *found;
} References;

/* Called for each reference to a column, in subqueries too. */
static Node *
note_reference(ParseState *pstate, ColumnRef *reference, Node *node)
{
	References *references = pstate->p_ref_hook_state;

	if (node != NULL && IsA(node, Var) && ((Var *) node)->varattno >= 0 &&
		GetRTEByRangeTablePosn(pstate, ((Var *) node)->varno,
							   ((Var *) node)->varlevelsup) == references->source)
	{
		Reference  *found = palloc(sizeof(Reference));

		found->location = reference->location;
		found->fields = list_length(reference->fields);
		found->column = ((Var *) node)->varattno;
		references->found = lappend(references->found, found);
	}
	return NULL;
}

/*
 * An expression over one row of a relation, as the parser reads it, without
 * running anything.  Nothing is allowed that WHERE does not allow: aggregates,
 * window functions and sets need more than one row.  The relation is open
 * then, and locked until the end of the transaction.
 */
static Node *
transform_value(Oid source, char *expression, Relation *relation,
				References *references)
{
	Node	   *value = parse_value(expression);
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
	if (references != NULL)
	{
		references->source = row->p_rte;
		pstate->p_post_columnref_hook = note_reference;
		pstate->p_ref_hook_state = references;
		if (references->relation != NULL)
		{
			/* as it was; a name that no column had then is none */
			row->p_rte->eref->aliasname = pstrdup(references->relation);
			for (int i = 0; i < list_length(row->p_rte->eref->colnames); i++)
				lfirst(list_nth_cell(row->p_rte->eref->colnames, i)) =
					makeString(pstrdup(references->columns[i + 1] == NULL ? "" :
									   references->columns[i + 1]));
		}
	}
	addNSItemToQuery(pstate, row, false, true, true);
	value = transformExpr(pstate, value, EXPR_KIND_WHERE);
	assign_expr_collations(pstate, value);
	free_parsestate(pstate);
	return value;
}

/* The expression in argument 1, over the relation in argument 0. */
static Node *
argument_value(FunctionCallInfo fcinfo, Relation *relation)
{
	return transform_value(PG_GETARG_OID(0),
						   text_to_cstring(PG_GETARG_TEXT_PP(1)), relation,
						   NULL);
}

typedef struct ColumnContext
{
	int			varno;
	Index		depth;			/* of the subquery */
	Bitmapset  *columns;
} ColumnContext;

static bool
column_walker(Node *node, void *argument)
{
	ColumnContext *context = argument;
	bool		result;

	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		if (var->varno == context->varno && var->varlevelsup == context->depth &&
			var->varattno > 0)
			context->columns = bms_add_member(context->columns, var->varattno);
		return false;
	}
	if (IsA(node, Query))
	{
		context->depth++;
		result = query_tree_walker((Query *) node, column_walker, context, 0);
		context->depth--;
		return result;
	}
	return expression_tree_walker(node, column_walker, context);
}

/*
 * The columns of a relation that an expression reads, as an object of their
 * names and numbers; the relation is the one of that number in its query.
 */
Datum
columns_read(Node *expression, int varno, Relation relation)
{
	ColumnContext context = {.varno = varno};
	StringInfoData result;
	int			column = -1;

	(void) column_walker(expression, &context);
	initStringInfo(&result);
	appendStringInfoChar(&result, '{');
	while ((column = bms_next_member(context.columns, column)) >= 0)
	{
		if (result.len > 1)
			appendStringInfoChar(&result, ',');
		escape_json(&result, NameStr(TupleDescAttr(RelationGetDescr(relation),
												   column - 1)->attname));
		appendStringInfo(&result, ":%d", column);
	}
	appendStringInfoChar(&result, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(result.data));
}

Datum
pt_expression_columns(PG_FUNCTION_ARGS)
{
	Relation	relation;
	Node	   *value = argument_value(fcinfo, &relation);
	Datum		result = columns_read(value, 1, relation);

	relation_close(relation, NoLock);
	PG_RETURN_DATUM(result);
}

/* The tokens of an expression: where they begin, and their lengths. */
typedef struct Token
{
	int			location;
	int			length;
} Token;

static Token *
scan_tokens(const char *expression, int *count)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner = scanner_init(expression, &extra, &ScanKeywords,
										 ScanKeywordTokens);
	Token	   *tokens = palloc((strlen(expression) + 1) * sizeof(Token));
	core_YYSTYPE value;
	YYLTYPE		location;

	*count = 0;
	while (core_yylex(&value, &location, scanner) != 0)
	{
		tokens[*count].location = location;
		/* the scanner puts a zero behind each token */
		tokens[*count].length = (int) strlen(extra.scanbuf + location);
		(*count)++;
	}
	scanner_finish(scanner);
	return tokens;
}

static int
compare_references(const ListCell *a, const ListCell *b)
{
	return ((Reference *) lfirst(a))->location - ((Reference *) lfirst(b))->location;
}

/*
 * The expression with the names of today in the places that were found.  What
 * is not as it should be stays, and the caller sees that it is no longer the
 * same expression.
 */
static char *
rename_columns(const char *expression, References *references, Relation relation)
{
	StringInfoData result;
	int			n_tokens;
	Token	   *tokens = scan_tokens(expression, &n_tokens);
	int			copied = 0;
	int			t = 0;
	ListCell   *cell;

	initStringInfo(&result);
	list_sort(references->found, compare_references);
	foreach(cell, references->found)
	{
		Reference  *reference = lfirst(cell);
		const char *names[2] = {RelationGetRelationName(relation)};
		int			n_names = 1;

		if (reference->column > 0)
			names[n_names++] = NameStr(TupleDescAttr(RelationGetDescr(relation),
													 reference->column - 1)->attname);

		while (t < n_tokens && tokens[t].location < reference->location)
			t++;
		/* names with dots between them; a schema before them stays */
		for (int field = 0, token = t; field < reference->fields && token < n_tokens;
			 field++, token += 2)
		{
			int			name = field - reference->fields + n_names;
			int			location = tokens[token].location;

			/* U&"..." UESCAPE '!' is one name */
			if (token + 2 < n_tokens && tokens[token + 1].length == strlen("UESCAPE") &&
				pg_strncasecmp(expression + tokens[token + 1].location, "UESCAPE",
							   strlen("UESCAPE")) == 0)
				token += 2;
			if (name < 0 || location < copied)
				continue;
			appendBinaryStringInfo(&result, expression + copied, location - copied);
			appendStringInfoString(&result, quote_identifier(names[name]));
			copied = tokens[token].location + tokens[token].length;
		}
	}
	appendStringInfoString(&result, expression + copied);
	return result.data;
}

/*
 * An expression over a relation with the names that its columns have today:
 * the arrays say which names it has, and which columns had these.  NULL, or
 * what the parser says, if it cannot be said by putting names in.
 */
Datum
pt_follow_expression(PG_FUNCTION_ARGS)
{
	Oid			source = PG_GETARG_OID(0);
	char	   *expression = text_to_cstring(PG_GETARG_TEXT_PP(1));
	References	references = {.relation = text_to_cstring(PG_GETARG_TEXT_PP(2))};
	Datum	   *names;
	Datum	   *numbers;
	int			n_names;
	int			n_numbers;
	Relation	relation;
	Node	   *before;
	Node	   *after;
	char	   *result;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), TEXTOID, -1, false,
					  TYPALIGN_INT, &names, NULL, &n_names);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(4), INT4OID, sizeof(int32), true,
					  TYPALIGN_INT, &numbers, NULL, &n_numbers);
	references.columns = palloc0((MaxHeapAttributeNumber + 1) * sizeof(char *));
	for (int i = 0; i < Min(n_names, n_numbers); i++)
	{
		int32		number = DatumGetInt32(numbers[i]);

		if (number > 0 && number <= MaxHeapAttributeNumber)
			references.columns[number] = TextDatumGetCString(names[i]);
	}
	before = transform_value(source, expression, &relation, &references);
	result = rename_columns(expression, &references, relation);
	relation_close(relation, NoLock);
	after = transform_value(source, result, &relation, NULL);
	relation_close(relation, NoLock);
	if (!equal(before, after))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(result));
}

Datum
pt_value_expression_type(PG_FUNCTION_ARGS)
{
	Relation	relation;
	Oid			type = exprType(argument_value(fcinfo, &relation));

	relation_close(relation, NoLock);
	/* a string constant is text, as it would be in a view */
	PG_RETURN_OID(type == UNKNOWNOID ? TEXTOID : type);
}

/* Are values that are equal in its collation the same bytes? */
Datum
pt_value_expression_is_deterministic(PG_FUNCTION_ARGS)
{
	Relation	relation;
	Oid			collation = exprCollation(argument_value(fcinfo, &relation));

	relation_close(relation, NoLock);
	PG_RETURN_BOOL(!OidIsValid(collation) ||
				   get_collation_isdeterministic(collation));
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
	Node	   *value = argument_value(fcinfo, &relation);
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
