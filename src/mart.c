/*-------------------------------------------------------------------------
 *
 * mart.c
 *		Work on a mart, done as the mart's owner.
 *
 * Whoever may act for the owner of a mart, a superuser for instance, may call
 * upgrade_mart() and the like.  What these run is partly the owner's: SQL
 * expressions in the settings, triggers, functions in views.  So it runs with
 * the owner's rights and no others, in a security-restricted operation, as
 * REFRESH MATERIALIZED VIEW does it.  What tells a reader about a mart is run
 * so too: the tables of the mart may be other ones a moment after they were
 * looked at.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"

PG_FUNCTION_INFO_V1(pt_as_mart_owner);
PG_FUNCTION_INFO_V1(pt_as_mart_owner_for_reader);
PG_FUNCTION_INFO_V1(pt_show_progress);

/* A function in the schema of another, which is in the extension's. */
static Oid
sibling(Oid function, const char *name, int nargs, const Oid *types)
{
	char	   *schema = get_namespace_name(get_func_namespace(function));

	return LookupFuncName(list_make2(makeString(schema),
									 makeString(pstrdup(name))),
						  nargs, types, false);
}

/* The owner of a mart, whose name and parts check_mart() has looked at. */
static Oid
mart_owner(const char *mart)
{
	HeapTuple	tuple = SearchSysCache1(NAMESPACENAME, CStringGetDatum(mart));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_SCHEMA_NAME),
				 errmsg("there is no mart \"%s\"", mart),
				 errdetail("It was dropped in the meantime.")));
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return owner;
}

static bool
may_read_mart(Oid role, const char *mart)
{
	Oid			schema = get_namespace_oid(mart, true);
	Oid			relation = OidIsValid(schema) ?
		get_relname_relid("mart", schema) : InvalidOid;

	return OidIsValid(relation) &&
		pt_namespace_aclcheck(schema, role, ACL_USAGE) == ACLCHECK_OK &&
		pg_class_aclcheck(relation, role, ACL_SELECT) == ACLCHECK_OK;
}

/*
 * Runs <name>_as_owner(), where <name> is the SQL function that was called,
 * with the same arguments, the first of which is the name of a mart.  No text
 * from outside chooses what is run.
 */
static Datum
as_mart_owner(FunctionCallInfo fcinfo, bool reader_may)
{
	Oid			function = fcinfo->flinfo->fn_oid;
	Oid			text_type = TEXTOID;
	Oid		   *types;
	int			nargs;
	char	   *mart;
	Oid			owner;
	FmgrInfo	inner;
	Oid			caller;
	int			context;
	int			nest_level;
	Datum		result;

	LOCAL_FCINFO(call, FUNC_MAX_ARGS);

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the name of the mart must not be NULL")));
	mart = text_to_cstring(PG_GETARG_TEXT_PP(0));

	/* Names are looked up before, since the owner may use no schema of ours. */
	(void) get_func_signature(function, &types, &nargs);
	fmgr_info(sibling(function,
					  psprintf("%s_as_owner", get_func_name(function)),
					  nargs, types),
			  &inner);
	(void) OidFunctionCall1Coll(sibling(function, "check_mart", 1, &text_type),
								PG_GET_COLLATION(), PG_GETARG_DATUM(0));

	owner = mart_owner(mart);
	GetUserIdAndSecContext(&caller, &context);
	if (!has_privs_of_role(caller, owner) &&
		!(reader_may && may_read_mart(caller, mart)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for mart \"%s\"", mart),
				 errdetail("It belongs to the role \"%s\".",
						   GetUserNameFromId(owner, false)),
				 reader_may ?
				 errhint("grant_mart() gives the right to read it.") :
				 errhint("Its owner, and roles that have the rights of its owner, can work on it.")));

	/*
	 * An error restores both at the end of the transaction or
	 * subtransaction.
	 */
	SetUserIdAndSecContext(owner, context | SECURITY_RESTRICTED_OPERATION |
						   SECURITY_LOCAL_USERID_CHANGE);
	nest_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);

	InitFunctionCallInfoData(*call, &inner, nargs, PG_GET_COLLATION(),
							 NULL, NULL);
	for (int i = 0; i < nargs; i++)
		call->args[i] = fcinfo->args[i];
	result = FunctionCallInvoke(call);

	AtEOXact_GUC(false, nest_level);
	SetUserIdAndSecContext(caller, context);

	fcinfo->isnull = call->isnull;
	return result;
}

/* For those who have the rights of the mart's owner. */
Datum
pt_as_mart_owner(PG_FUNCTION_ARGS)
{
	return as_mart_owner(fcinfo, false);
}

/* For those who may read the mart, too. */
Datum
pt_as_mart_owner_for_reader(PG_FUNCTION_ARGS)
{
	return as_mart_owner(fcinfo, true);
}

/*
 * What the session is at, as pg_stat_activity shows it; without an argument,
 * the query that it runs.
 */
Datum
pt_show_progress(PG_FUNCTION_ARGS)
{
	const char *shown = debug_query_string;

	if (!PG_ARGISNULL(0))
		shown = text_to_cstring(PG_GETARG_TEXT_PP(0));
	pgstat_report_activity(STATE_RUNNING, shown == NULL ? "" : shown);
	PG_RETURN_VOID();
}
