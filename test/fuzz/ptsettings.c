/*-------------------------------------------------------------------------
 *
 * ptsettings.c
 *		Settings of the session that only what statements do can see.
 *
 * For test/t/075_settings.pl, which runs the regression tests under settings
 * that change how values look in the answer of any query, and how the text of
 * any statement is read.  Loaded into a session (session_preload_libraries),
 * it shows the rows of answers as pg_regress has them, unless the test itself
 * has changed a setting, and lets standard_conforming_strings and array_nulls be
 * off while a statement runs, but not while the statement itself is read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "pgtime.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/bytea.h"
#include "utils/float.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

/* What output functions look at. */
typedef struct Looks
{
	int			date_style;
	int			date_order;
	int			interval_style;
	int			extra_float_digits;
	int			bytea_output;
	bool		quote_all_identifiers;
	pg_tz	   *timezone;
} Looks;

static Looks at_start;
static Looks usual;
static bool odd_literals = false;
static int	depth = 0;
static ExecutorRun_hook_type next_ExecutorRun = NULL;
static ProcessUtility_hook_type next_ProcessUtility = NULL;

static Looks
looks_now(void)
{
	Looks		now = {DateStyle, DateOrder, IntervalStyle, extra_float_digits,
	bytea_output, quote_all_identifiers, session_timezone};

	return now;
}

static void
set_looks(const Looks *looks)
{
	DateStyle = looks->date_style;
	DateOrder = looks->date_order;
	IntervalStyle = looks->interval_style;
	extra_float_digits = looks->extra_float_digits;
	bytea_output = looks->bytea_output;
	quote_all_identifiers = looks->quote_all_identifiers;
	session_timezone = looks->timezone;
}

/* --- Rows of answers ----------------------------------------------------- */

typedef struct UsualReceiver
{
	DestReceiver pub;
	DestReceiver *real;
} UsualReceiver;

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	DestReceiver *real = ((UsualReceiver *) self)->real;
	Looks		now = looks_now();
	Looks		shown = now;
	bool		more = false;

#define USUAL_UNLESS_CHANGED(what) \
	if (now.what == at_start.what) \
		shown.what = usual.what
	USUAL_UNLESS_CHANGED(date_style);
	USUAL_UNLESS_CHANGED(date_order);
	USUAL_UNLESS_CHANGED(interval_style);
	USUAL_UNLESS_CHANGED(extra_float_digits);
	USUAL_UNLESS_CHANGED(bytea_output);
	USUAL_UNLESS_CHANGED(quote_all_identifiers);
	USUAL_UNLESS_CHANGED(timezone);
	PG_TRY();
	{
		set_looks(&shown);
		more = real->receiveSlot(slot, real);
	}
	PG_FINALLY();
	{
		set_looks(&now);
	}
	PG_END_TRY();
	return more;
}

static void
start_rows(DestReceiver *self, int operation, TupleDesc columns)
{
	DestReceiver *real = ((UsualReceiver *) self)->real;

	real->rStartup(real, operation, columns);
}

static void
end_rows(DestReceiver *self)
{
	DestReceiver *real = ((UsualReceiver *) self)->real;

	real->rShutdown(real);
}

static void
no_destroy(DestReceiver *self)
{
}

/* --- Statements ---------------------------------------------------------- */

/* As settings of the transaction, so that an error takes them back. */
static void
set_literals(const char *value)
{
	/* parallel workers have the settings of their leader */
	if (!odd_literals || IsInParallelMode())
		return;
	SetConfigOption("standard_conforming_strings", value, PGC_USERSET, PGC_S_SESSION);
	SetConfigOption("array_nulls", value, PGC_USERSET, PGC_S_SESSION);
}

static void
begin_statement(void)
{
	if (depth++ == 0)
		set_literals("off");
}

static void
end_statement(void)
{
	depth--;
	if (depth == 0)
		set_literals("on");
}

static void
run(QueryDesc *query, ScanDirection direction, uint64 count
#if PG_VERSION_NUM < 180000
	,bool execute_once
#endif
)
{
	DestReceiver *real = query->dest;
	UsualReceiver receiver = {{receive_row, start_rows, end_rows, no_destroy,
	real->mydest}, real};

	if (real->mydest == DestRemote || real->mydest == DestRemoteExecute)
		query->dest = &receiver.pub;
	begin_statement();
	PG_TRY();
	{
		(next_ExecutorRun ? next_ExecutorRun : standard_ExecutorRun)
			(query, direction, count
#if PG_VERSION_NUM < 180000
			 ,execute_once
#endif
			);
	}
	PG_CATCH();
	{
		depth--;
		query->dest = real;
		PG_RE_THROW();
	}
	PG_END_TRY();
	end_statement();
	query->dest = real;
}

static void
run_utility(PlannedStmt *pstmt, const char *text, bool read_only_tree,
			ProcessUtilityContext context, ParamListInfo params,
			QueryEnvironment *env, DestReceiver *dest, QueryCompletion *qc)
{
	/* its text is to be read as it was */
	bool		sets = IsA(pstmt->utilityStmt, VariableSetStmt) ||
		IsA(pstmt->utilityStmt, TransactionStmt);

	if (!sets)
		begin_statement();
	PG_TRY();
	{
		(next_ProcessUtility ? next_ProcessUtility : standard_ProcessUtility)
			(pstmt, text, read_only_tree, context, params, env, dest, qc);
	}
	PG_CATCH();
	{
		if (!sets)
			depth--;
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (!sets)
		end_statement();
}

void
_PG_init(void)
{
	DefineCustomBoolVariable("ptsettings.odd_literals",
							 "Strings have escapes, and arrays no NULL, while a statement runs.",
							 NULL, &odd_literals, false, PGC_USERSET, 0,
							 NULL, NULL, NULL);
	at_start = looks_now();
	usual.date_style = USE_POSTGRES_DATES;
	usual.date_order = DATEORDER_MDY;
	usual.interval_style = INTSTYLE_POSTGRES_VERBOSE;
	usual.extra_float_digits = 1;
	usual.bytea_output = BYTEA_OUTPUT_HEX;
	usual.quote_all_identifiers = false;
	usual.timezone = pg_tzset("PST8PDT");
	next_ExecutorRun = ExecutorRun_hook;
	ExecutorRun_hook = run;
	next_ProcessUtility = ProcessUtility_hook;
	ProcessUtility_hook = run_utility;
}
