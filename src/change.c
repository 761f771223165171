/*-------------------------------------------------------------------------
 *
 * change.c
 *		What the triggers of a kept mart ask of the catalogs.
 *
 * A writer in REPEATABLE READ has an old snapshot: SQL over pg_class and the
 * like would tell him of names, columns and schemas that are no more, while
 * the rows that his trigger sees are those of today.  So these functions ask
 * the caches of the server, which are current for what is locked.  And an
 * expression as text means whatever has its names today: it is evaluated as
 * the view has it instead, parsed when the mart was made.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rewriteManip.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "compat.h"
#include "expression.h"

PG_FUNCTION_INFO_V1(pt_trigger_schema);
PG_FUNCTION_INFO_V1(pt_column_signature);
PG_FUNCTION_INFO_V1(pt_purchase_column);
PG_FUNCTION_INFO_V1(pt_purchase_columns);
PG_FUNCTION_INFO_V1(pt_purchase_value);

static void PT_NORETURN
report_no_relation(Oid id)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_TABLE),
			 errmsg("relation with OID %u does not exist", id)));
}

static Relation
open_relation(Oid id)
{
	Relation	relation = try_relation_open(id, AccessShareLock);

	if (relation == NULL)
		report_no_relation(id);
	return relation;
}

/* The schema in which the function of a trigger is, by its name of today. */
Datum
pt_trigger_schema(PG_FUNCTION_ARGS)
{
	Relation	relation = open_relation(PG_GETARG_OID(0));
	char	   *name = NameStr(*PG_GETARG_NAME(1));
	TriggerDesc *triggers = relation->trigdesc;
	char	   *schema = NULL;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		if (strcmp(triggers->triggers[i].tgname, name) == 0)
			schema = get_namespace_name(get_func_namespace(triggers->triggers[i].tgfoid));
	}
	relation_close(relation, AccessShareLock);
	if (schema == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(DirectFunctionCall1(namein, CStringGetDatum(schema)));
}

/*
 * Places, names and types of some columns of a relation.  No lock is taken: a
 * trigger has one, and who only asks how a mart is must not wait for TRUNCATE.
 */
Datum
pt_column_signature(PG_FUNCTION_ARGS)
{
	Oid			relation = PG_GETARG_OID(0);
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Datum	   *names;
	int			n_names;
	int			natts;
	StringInfoData signature;

	if (!HeapTupleIsValid(tuple))
		report_no_relation(relation);
	natts = ((Form_pg_class) GETSTRUCT(tuple))->relnatts;
	ReleaseSysCache(tuple);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), NAMEOID, NAMEDATALEN, false,
					  TYPALIGN_CHAR, &names, NULL, &n_names);
	initStringInfo(&signature);
	for (int i = 1; i <= natts; i++)
	{
		Form_pg_attribute column;

		tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(i));
		if (!HeapTupleIsValid(tuple))
			continue;
		column = (Form_pg_attribute) GETSTRUCT(tuple);
		for (int j = 0; j < n_names && !column->attisdropped; j++)
		{
			if (strcmp(NameStr(*DatumGetName(names[j])), NameStr(column->attname)) != 0)
				continue;
			appendStringInfo(&signature, "%s%d %s %s",
							 signature.len == 0 ? "" : ",", column->attnum,
							 NameStr(column->attname),
							 format_type_extended(column->atttypid, column->atttypmod,
												  FORMAT_TYPE_TYPEMOD_GIVEN |
												  FORMAT_TYPE_FORCE_QUALIFY));
			break;
		}
		ReleaseSysCache(tuple);
	}
	PG_RETURN_TEXT_P(cstring_to_text(signature.data));
}

/* An expression of the view purchases, ready for the rows of one relation. */
typedef struct PurchaseValue
{
	Oid			relation;
	EState	   *estate;
	ExprContext *context;
	ExprState  *state;
	TupleTableSlot *slot;
	int16		typlen;
	bool		typbyval;
} PurchaseValue;

static Relation
open_purchases(const char *mart)
{
	Oid			view = get_relname_relid("purchases",
										 get_namespace_oid(mart, false));

	if (!OidIsValid(view))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("mart \"%s\" has no view purchases", mart)));
	return relation_open(view, AccessShareLock);
}

/* The expression of a column of a view that is a SELECT of one relation. */
static Expr *
view_expression(Relation view, const char *name, Oid *source, int *varno)
{
	Query	   *query;
	ListCell   *cell;

	if (view->rd_rel->relkind != RELKIND_VIEW || view->rd_rules == NULL ||
		view->rd_rules->numLocks != 1)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is no view", RelationGetRelationName(view))));
	query = linitial_node(Query, view->rd_rules->rules[0]->actions);
	if (list_length(query->jointree->fromlist) == 1 &&
		IsA(linitial(query->jointree->fromlist), RangeTblRef))
	{
		*varno = linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex;
		*source = rt_fetch(*varno, query->rtable)->relid;
	}
	foreach(cell, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);

		if (!entry->resjunk && strcmp(entry->resname, name) == 0)
			return copyObject(entry->expr);
	}
	return NULL;
}

/* The column of the source that a column of purchases is as it is, or NULL. */
Datum
pt_purchase_column(PG_FUNCTION_ARGS)
{
	Relation	view = open_purchases(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Oid			source = InvalidOid;
	int			varno = 0;
	Expr	   *expression = view_expression(view, NameStr(*PG_GETARG_NAME(1)),
											 &source, &varno);
	char	   *name = NULL;

	if (expression != NULL && IsA(expression, Var))
		name = get_attname(source, ((Var *) expression)->varattno, true);
	relation_close(view, AccessShareLock);
	if (name == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(DirectFunctionCall1(namein, CStringGetDatum(name)));
}

/* The columns of the source that a column of purchases is computed of. */
Datum
pt_purchase_columns(PG_FUNCTION_ARGS)
{
	Relation	view = open_purchases(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Oid			source = InvalidOid;
	int			varno = 0;
	Expr	   *expression = view_expression(view, NameStr(*PG_GETARG_NAME(1)),
											 &source, &varno);
	Datum		result;

	if (OidIsValid(source))
	{
		Relation	relation = open_relation(source);

		result = columns_read((Node *) expression, varno, relation);
		relation_close(relation, AccessShareLock);
	}
	else
		result = DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
	relation_close(view, AccessShareLock);
	PG_RETURN_DATUM(result);
}

/* Makes it ready; what is parsed refers to the source, rows may be of a part. */
static PurchaseValue *
prepare_value(FunctionCallInfo fcinfo, Oid relation_id, const char *mart,
			  const char *column, Oid wanted)
{
	MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	PurchaseValue *value = palloc0(sizeof(PurchaseValue));
	Oid			source = InvalidOid;
	int			varno = 0;
	Relation	view;
	Relation	relation;
	Expr	   *expression;

	value->relation = relation_id;
	view = open_purchases(mart);
	/* nobody else's expression is run with the rights of this role */
	if (view->rd_rel->relowner != GetUserId())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the view purchases of mart \"%s\" belongs to another role", mart)));
	expression = view_expression(view, column, &source, &varno);
	relation_close(view, AccessShareLock);
	if (expression == NULL || exprType((Node *) expression) != wanted)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the view purchases has no column \"%s\" of this type", column)));
	relation = open_relation(relation_id);
	if (OidIsValid(source) && source != relation_id)
	{
		Relation	parent = open_relation(source);
		AttrMap    *map = pt_build_attrmap_by_name(RelationGetDescr(relation),
												   RelationGetDescr(parent));
		bool		whole_row;

		expression = (Expr *) map_variable_attnos((Node *) expression, varno, 0, map,
												  InvalidOid, &whole_row);
		relation_close(parent, AccessShareLock);
	}
	get_typlenbyval(wanted, &value->typlen, &value->typbyval);
	value->slot = MakeSingleTupleTableSlot(CreateTupleDescCopy(RelationGetDescr(relation)),
										   &TTSOpsVirtual);
	relation_close(relation, AccessShareLock);
	value->estate = CreateExecutorState();
	value->context = GetPerTupleExprContext(value->estate);
	value->context->ecxt_scantuple = value->slot;
	value->state = ExecPrepareExpr(expression, value->estate);
	MemoryContextSwitchTo(old);
	return fcinfo->flinfo->fn_extra = value;
}

/*
 * What the view purchases of a mart makes of a row of its source.  The row
 * has the columns of the relation, without those that were dropped.
 */
Datum
pt_purchase_value(PG_FUNCTION_ARGS)
{
	Oid			relation = PG_ARGISNULL(0) ? InvalidOid : PG_GETARG_OID(0);
	HeapTupleHeader row;
	PurchaseValue *value = fcinfo->flinfo->fn_extra;
	TupleDesc	given;
	TupleDesc	columns;
	HeapTupleData tuple;
	Datum	   *values;
	bool	   *nulls;
	Datum		result;
	bool		is_null;
	int			n = 0;

	for (int i = 0; i < 4; i++)
	{
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	}
	row = PG_GETARG_HEAPTUPLEHEADER(2);
	/* the others are the same in all rows, as the trigger calls it */
	if (value == NULL || value->relation != relation)
		value = prepare_value(fcinfo, relation, text_to_cstring(PG_GETARG_TEXT_PP(1)),
							  NameStr(*PG_GETARG_NAME(3)),
							  get_fn_expr_argtype(fcinfo->flinfo, 4));
	given = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row),
								   HeapTupleHeaderGetTypMod(row));
	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	values = palloc(given->natts * sizeof(Datum));
	nulls = palloc(given->natts * sizeof(bool));
	heap_deform_tuple(&tuple, given, values, nulls);
	columns = value->slot->tts_tupleDescriptor;
	ExecClearTuple(value->slot);
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		while (n < given->natts && TupleDescAttr(given, n)->attisdropped)
			n++;
		if (column->attisdropped)
		{
			value->slot->tts_values[i] = (Datum) 0;
			value->slot->tts_isnull[i] = true;
			continue;
		}
		if (n >= given->natts || TupleDescAttr(given, n)->atttypid != column->atttypid)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("the row is none of \"%s\"", get_rel_name(relation))));
		value->slot->tts_values[i] = values[n];
		value->slot->tts_isnull[i] = nulls[n];
		n++;
	}
	ExecStoreVirtualTuple(value->slot);
	ReleaseTupleDesc(given);
	ResetExprContext(value->context);
	result = ExecEvalExprSwitchContext(value->state, value->context, &is_null);
	if (is_null)
		PG_RETURN_NULL();
	/* the next row frees it */
	PG_RETURN_DATUM(datumCopy(result, value->typbyval, value->typlen));
}
