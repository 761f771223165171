/*-------------------------------------------------------------------------
 *
 * survival.h
 *		How long it took, or has not happened yet, as a mergeable value.
 *
 * docs/survival.md has the definitions, and the text and wire forms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_SURVIVAL_H
#define PT_SURVIVAL_H

#include "fmgr.h"

#define SURVIVAL_VERSION	1
#define SURVIVAL_MOST_TIME	1e15

typedef struct SurvivalRow
{
	double		duration;		/* finite, not negative */
	int64		events;			/* happened after that long */
	int64		censored;		/* not yet, when last seen */
} SurvivalRow;

/*
 * The first nsorted rows ascend strictly; the rest, up to nused, is as it
 * came.  What follows, up to VARSIZE, is room to grow.  Only aggregates have
 * unsorted rows and room.
 */
typedef struct Survival
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	int32		version;
	int32		nsorted;
	int32		nused;
	int64		n;				/* sum of all counts */
	int64		left_out;		/* rows with a NULL */
	SurvivalRow rows[FLEXIBLE_ARRAY_MEMBER];
} Survival;

#define SURVIVAL_SIZE(n) \
	(offsetof(Survival, rows) + (Size) (n) * sizeof(SurvivalRow))

extern Survival *survival_create(int capacity);
extern Survival *survival_add(Survival *survival, const SurvivalRow *row);
extern Survival *survival_pack(const Survival *survival);
extern const char *survival_fault(const Survival *survival);
extern Survival *survival_from_datum(Datum value);

#endif							/* PT_SURVIVAL_H */
