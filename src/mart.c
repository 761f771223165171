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
 * looked at.  A dashboard, which reads the views, is the owner's for whoever
 * has the owner's rights; others read it with their own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "error_context.h"

PG_FUNCTION_INFO_V1(pt_as_mart_owner);
PG_FUNCTION_INFO_V1(pt_as_mart_owner_for_reader);
PG_FUNCTION_INFO_V1(pt_as_mart_owner_or_caller);
PG_FUNCTION_INFO_V1(pt_as_mart_owner_reading);
PG_FUNCTION_INFO_V1(pt_create_mart);
PG_FUNCTION_INFO_V1(pt_show_progress);

/* The owner of a mart, whose name and parts pt_check_mart() has looked at. */
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

/* Calls a function of ours that takes a text, without its places in errors. */
static Datum
call_sibling(FunctionCallInfo fcinfo, const char *name, Datum argument)
{
	Oid			text_type = TEXTOID;
	FmgrInfo	function;

	LOCAL_FCINFO(call, 1);

	fmgr_info(sibling_function(fcinfo->flinfo->fn_oid, name, 1, &text_type),
			  &function);
	InitFunctionCallInfoData(*call, &function, 1, PG_GET_COLLATION(),
							 NULL, NULL);
	call->args[0].value = argument;
	call->args[0].isnull = false;
	return call_without_context(call);
}

/* For whom something is done with the rights of a mart's owner. */
typedef enum Clients
{
	OWNER_ROLES,				/* those who have these rights, and no others */
	OWNER_ROLES_READING,		/* the same, and nothing is changed */
	READERS_TOO,				/* also those who may read the mart */
	OTHERS_AS_THEMSELVES		/* it is done for others with their own rights */
} Clients;

/*
 * The role that does something with a mart for the caller.  Errors if it is no
 * mart, or nothing for the caller.
 */
static Oid
role_for_caller(FunctionCallInfo fcinfo, Datum name, Clients clients)
{
	char	   *mart = TextDatumGetCString(name);
	Oid			owner;

	(void) call_sibling(fcinfo, "pt_check_mart", name);
	owner = mart_owner(mart);
	if (has_privs_of_role(GetUserId(), owner))
		return owner;
	if (clients == OTHERS_AS_THEMSELVES)
		return GetUserId();
	if (!(clients == READERS_TOO && may_read_mart(GetUserId(), mart)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for mart \"%s\"", mart),
				 errdetail("It belongs to the role \"%s\".",
						   GetUserNameFromId(owner, false)),
				 clients == READERS_TOO ?
				 errhint("grant_mart() gives the right to read it.") :
				 errhint("Its owner, and roles that have the rights of its owner, can work on it.")));
	return owner;
}

/*
 * The same, when nobody else works on the mart: until the end of the
 * transaction others wait, who would find parts of it gone, or take locks in
 * another order.  Its schema is what is locked, in a mode that lets readers
 * of the mart and all that is made in the schema pass.
 */
static Oid
role_for_work(FunctionCallInfo fcinfo, Datum name)
{
	char	   *mart = TextDatumGetCString(name);

	for (;;)
	{
		Oid			role = role_for_caller(fcinfo, name, OWNER_ROLES);
		Oid			schema = get_namespace_oid(mart, true);

		if (OidIsValid(schema))
		{
			LockDatabaseObject(NamespaceRelationId, schema, 0,
							   ShareUpdateExclusiveLock);
			/* it may have been dropped, or given away, in the meantime */
			if (get_namespace_oid(mart, true) == schema &&
				mart_owner(mart) == role)
				return role;
			UnlockDatabaseObject(NamespaceRelationId, schema, 0,
								 ShareUpdateExclusiveLock);
		}
		if (!OidIsValid(get_namespace_oid(mart, true)))
			(void) mart_owner(mart);	/* says that it was dropped */
		CHECK_FOR_INTERRUPTS();
	}
}

typedef struct Caller
{
	Oid			user;
	int			context;
	int			nest_level;
} Caller;

/*
 * From here to back_to_caller() all is done with the rights of that role.  An
 * error restores the caller's at the end of the transaction or
 * subtransaction.
 */
static void
become(Oid role, Caller *caller)
{
	GetUserIdAndSecContext(&caller->user, &caller->context);
	SetUserIdAndSecContext(role, caller->context |
						   SECURITY_RESTRICTED_OPERATION |
						   SECURITY_LOCAL_USERID_CHANGE);
	caller->nest_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

static void
back_to_caller(const Caller *caller)
{
	AtEOXact_GUC(false, caller->nest_level);
	SetUserIdAndSecContext(caller->user, caller->context);
}

/*
 * Runs pt_<name>_as_owner(), where <name> is the SQL function that was called,
 * with the same arguments, the first of which is the name of a mart.  No text
 * from outside chooses what is run.
 */
static Datum
as_mart_owner(FunctionCallInfo fcinfo, Clients clients)
{
	Oid			function = fcinfo->flinfo->fn_oid;
	Oid		   *types;
	int			nargs;
	Datum		name;
	FmgrInfo	inner;
	Oid			role;
	bool		own_rights;
	Caller		caller;
	Datum		result;

	LOCAL_FCINFO(call, FUNC_MAX_ARGS);

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the name of the mart must not be NULL")));
	name = call_sibling(fcinfo, "pt_known_mart", PG_GETARG_DATUM(0));

	/* Names are looked up before, since the owner may use no schema of ours. */
	(void) get_func_signature(function, &types, &nargs);
	fmgr_info(helper_function(function, "as_owner", nargs, types), &inner);

	role = clients == OWNER_ROLES ? role_for_work(fcinfo, name) :
		role_for_caller(fcinfo, name, clients);
	own_rights = clients == OTHERS_AS_THEMSELVES && role == GetUserId();
	if (!own_rights)
		become(role, &caller);
	InitFunctionCallInfoData(*call, &inner, nargs, PG_GET_COLLATION(),
							 NULL, NULL);
	for (int i = 0; i < nargs; i++)
		call->args[i] = fcinfo->args[i];
	call->args[0].value = name;
	result = call_without_context(call);
	if (!own_rights)
		back_to_caller(&caller);

	fcinfo->isnull = call->isnull;
	return result;
}

/* For those who have the rights of the mart's owner. */
Datum
pt_as_mart_owner(PG_FUNCTION_ARGS)
{
	return as_mart_owner(fcinfo, OWNER_ROLES);
}

/* For those who may read the mart, too. */
Datum
pt_as_mart_owner_for_reader(PG_FUNCTION_ARGS)
{
	return as_mart_owner(fcinfo, READERS_TOO);
}

/* For those too, but it only reads: it waits for nobody. */
Datum
pt_as_mart_owner_reading(PG_FUNCTION_ARGS)
{
	return as_mart_owner(fcinfo, OWNER_ROLES_READING);
}

/* For everybody: others than those with the owner's rights use their own. */
Datum
pt_as_mart_owner_or_caller(PG_FUNCTION_ARGS)
{
	return as_mart_owner(fcinfo, OTHERS_AS_THEMSELVES);
}

/*
 * create_mart(), which runs with the rights of the caller.  A mart that it
 * replaces stays its owner's, whose views read the source with his rights: so
 * it is he who makes the new one.
 */
Datum
pt_create_mart(PG_FUNCTION_ARGS)
{
	int			replace = PG_NARGS() - 1;	/* its last argument */
	Datum		name;
	Oid			owner;
	Caller		caller;
	Datum		result;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(replace) || !PG_GETARG_BOOL(replace))
		return call_body(fcinfo);
	name = call_sibling(fcinfo, "pt_fold_name", PG_GETARG_DATUM(0));
	if (!OidIsValid(get_namespace_oid(TextDatumGetCString(name), true)))
		return call_body(fcinfo);
	owner = role_for_work(fcinfo, name);
	if (owner == GetUserId())
		return call_body(fcinfo);

	become(owner, &caller);
	result = call_body(fcinfo);
	back_to_caller(&caller);
	return result;
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
	{
		text	   *given = PG_GETARG_TEXT_PP(0);

		/* no more of it is shown */
		shown = pnstrdup(VARDATA_ANY(given),
						 Min(VARSIZE_ANY_EXHDR(given),
							 (Size) pgstat_track_activity_query_size));
	}
	pgstat_report_activity(STATE_RUNNING, shown == NULL ? "" : shown);
	PG_RETURN_VOID();
}
