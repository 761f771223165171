/*-------------------------------------------------------------------------
 *
 * compat.h
 *		Everything that differs between PostgreSQL 15 and 18, in one place.
 *
 * No other file tests PG_VERSION_NUM.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_COMPAT_H
#define PT_COMPAT_H

#include "funcapi.h"

#if PG_VERSION_NUM < 150000
#error "purchase_trends needs PostgreSQL 15 or later"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"				/* moved out of postgres.h in 16 */
#endif

/* 16 took the last argument away, which nobody set */
#if PG_VERSION_NUM >= 160000
#define pt_sendcountedtext(buf, str, len) pq_sendcountedtext(buf, str, len)
#else
#define pt_sendcountedtext(buf, str, len) \
	pq_sendcountedtext(buf, str, len, false)
#endif

/* 16 made one function of those for each kind of object */
#if PG_VERSION_NUM >= 160000
#define pt_namespace_aclcheck(schema, role, mode) \
	object_aclcheck(NamespaceRelationId, schema, role, mode)
#else
#define pt_namespace_aclcheck(schema, role, mode) \
	pg_namespace_aclcheck(schema, role, mode)
#endif

/* 16 asks whether a column may be missing */
#if PG_VERSION_NUM >= 160000
#define pt_build_attrmap_by_name(in, out) build_attrmap_by_name(in, out, false)
#else
#define pt_build_attrmap_by_name(in, out) build_attrmap_by_name(in, out)
#endif

/* 16 may tell a range that is none without an error */
#if PG_VERSION_NUM >= 160000
#define pt_make_range(type, lower, upper) make_range(type, lower, upper, false, NULL)
#else
#define pt_make_range(type, lower, upper) make_range(type, lower, upper, false)
#endif

/* constructors of JSON are nodes of their own since 16, queries since 17 */
#if PG_VERSION_NUM >= 170000
#define pt_is_json_constructor(node) \
	(IsA(node, JsonConstructorExpr) || IsA(node, JsonExpr))
#elif PG_VERSION_NUM >= 160000
#define pt_is_json_constructor(node) IsA(node, JsonConstructorExpr)
#else
#define pt_is_json_constructor(node) false
#endif

/* input functions may be asked for their errors since 16 */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#define pt_wants_soft_error(fcinfo) \
	((fcinfo)->context != NULL && IsA((fcinfo)->context, ErrorSaveContext))
#define pt_errsave(context, ...) errsave(context, __VA_ARGS__)
#else
#define pt_wants_soft_error(fcinfo) false
#define pt_errsave(context, ...) ereport(ERROR, __VA_ARGS__)
#endif

/* pg_attribute_noreturn() went away in 18, pg_noreturn came in 18 */
#define PT_NORETURN			__attribute__((noreturn))

#endif							/* PT_COMPAT_H */
