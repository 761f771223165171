/*-------------------------------------------------------------------------
 *
 * cohort.h
 *		Customers by the period of their first order, as a mergeable table.
 *
 * docs/cohort.md has the definitions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_COHORT_H
#define PT_COHORT_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "history.h"

#define COHORT_TABLE_VERSION	1
#define COHORT_MAX_PERIODS		4096

/*
 * One cohort in one period, which is offset periods after its first.
 */
typedef struct CohortCell
{
	int64		active;			/* members with an order in the period */
	int64		last;			/* ... whose last order is in it */
	int64		consecutive;	/* ... with one in the period before, too */
	int64		exactly;		/* members active in offset + 1 periods in all */
	int128		revenue;		/* returns included */
} CohortCell;

/*
 * Periods are counted back from that of as_of, so that a table grows at its
 * end when an older cohort appears.  The cohort of i periods before has i + 1
 * cells, side by side, from offset 0 on; rows[i] is the first of them, or -1
 * where nobody began.  The cells follow the rows; what follows these, up to
 * VARSIZE, is room to grow.  A packed table has its cells from the oldest
 * cohort to the newest, and no room.
 */
typedef struct CohortTable
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	uint8		version;
	uint8		period;			/* a Period */
	uint8		unit;			/* HistoryUnit: the finest of its times */
	uint8		scale;			/* decimals of revenue */
	Timestamp	as_of;
	int64		customers;
	int32		span;			/* number of rows, empty ones included */
	int32		ncells;
	int32		rows[FLEXIBLE_ARRAY_MEMBER];
} CohortTable;

#define COHORT_CELLS_OFFSET(span) \
	MAXALIGN(offsetof(CohortTable, rows) + (Size) (span) * sizeof(int32))

static inline CohortCell *
cohort_cells(CohortTable *table)
{
	return (CohortCell *) ((char *) table + COHORT_CELLS_OFFSET(table->span));
}

/* The cells of a cohort, or NULL. */
static inline CohortCell *
cohort_row(CohortTable *table, int before)
{
	if (before >= table->span || table->rows[before] < 0)
		return NULL;
	return cohort_cells(table) + table->rows[before];
}

extern CohortTable *cohort_table_create(Timestamp as_of, Period period);
extern CohortTable *cohort_table_add_row(CohortTable *table, int64 before);
extern CohortTable *cohort_table_pack(CohortTable *table);
extern const char *cohort_table_fault(CohortTable *table);
extern CohortTable *cohort_table_get(Datum value);

#endif							/* PT_COHORT_H */
