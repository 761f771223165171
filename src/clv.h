/*-------------------------------------------------------------------------
 *
 * clv.h
 *		Types of customer lifetime models: clv_data and clv_model.
 *
 * docs/clv.md has the definitions, and the text and wire forms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_CLV_H
#define PT_CLV_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "clv_math.h"
#include "history.h"

#define CLV_DATA_VERSION	1
#define CLV_MODEL_VERSION	1

/* in the place of a period or a kind: none */
#define CLV_NONE			255

/* The largest x and the longest time that are taken. */
#define CLV_MOST_X			1e9
#define CLV_MOST_TIME		1e9
#define CLV_MOST_HORIZON	1e6

/* More opportunities than anybody has; each costs a term per customer. */
#define CLV_MOST_OPPORTUNITIES	100000

/*
 * Customers, those that are alike counted once.  The first nsorted rows
 * ascend strictly; the rest, up to nused, is as it came.  What follows, up
 * to VARSIZE, is room to grow.  Only aggregates have unsorted rows and room.
 */
typedef struct ClvData
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	uint8		version;
	uint8		form;			/* a ClvForm */
	uint8		unit;			/* a Period, or CLV_NONE */
	uint8		merge;			/* purchases of one such Period are one */
	int32		kind;			/* that is to be fitted; CLV_NONE outside of
								 * such aggregates */
	int32		nsorted;
	int32		nused;
	int32		unused;			/* 0 */
	int64		customers;		/* sum of the counts */
	int64		left_out;		/* rows that could not be used */
	Timestamp	as_of;			/* DT_NOBEGIN if it is not known */
	ClvRow		rows[FLEXIBLE_ARRAY_MEMBER];
} ClvData;

#define CLV_DATA_SIZE(n) \
	(offsetof(ClvData, rows) + (Size) (n) * sizeof(ClvRow))

/* What was fitted, and what is to be known of it. */
typedef struct ClvModel
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	uint8		version;
	uint8		kind;			/* a ClvKind */
	uint8		unit;			/* as in the data */
	uint8		merge;
	int32		warnings;		/* CLV_WARN_... */
	int32		iterations;		/* times the likelihood was computed */
	int32		converged;		/* 0 or 1 */
	int32		unused;			/* 0 */
	int64		customers;		/* 0 in a model of given parameters */
	int64		rows;			/* different ones */
	int64		left_out;
	Timestamp	as_of;
	/* NaN is none; so are all beyond the number that the kind has */
	double		theta[CLV_MOST_PARAMETERS];
	double		error[CLV_MOST_PARAMETERS];
	double		log_likelihood;
	double		gradient;
} ClvModel;

extern ClvKind clv_kind_from_enum(Oid value);
extern const char *clv_kind_label(int kind);
extern const char *clv_period_label(int period);
extern void clv_pause(void);

/* clv.c */
extern ClvData *clv_data_create(ClvForm form, int capacity);
extern const char *clv_data_fault(const ClvData *data);
extern const char *clv_row_fault(ClvForm form, const ClvRow *row);
extern ClvData *clv_data_argument(FunctionCallInfo fcinfo, int arg);
extern ClvData *clv_data_pack(const ClvData *data);
extern ClvData *clv_data_add(ClvData *data, const ClvRow *row);

/* clv_model.c */
extern const char *clv_model_fault(const ClvModel *model);
extern ClvModel *clv_model_argument(FunctionCallInfo fcinfo, int arg);
extern void clv_check_data(const ClvData *data, ClvKind kind);
extern ClvModel *clv_model_fit(const ClvData *data, ClvKind kind);
extern ClvParameters clv_model_parameters(const ClvModel *model);
extern bool clv_model_known(const ClvModel *model);

/* clv_report.c */
extern ClvModel *clv_model_of_form(FunctionCallInfo fcinfo, int arg,
								   ClvForm form);
extern void clv_check_customer(const ClvModel *model,
							   const ClvCustomer *customer);
extern double clv_horizon_argument(FunctionCallInfo fcinfo, int arg,
								   const ClvModel *model);

/* history_periods.c */
extern bool history_repeats(Datum history, Timestamp as_of, Period merge,
							Period unit, ClvCustomer *customer,
							double *spend);
extern bool history_holdout(Datum history, Timestamp calibration_end,
							Timestamp holdout_end, Period merge, Period unit,
							ClvCustomer *customer, double *actual,
							double *horizon);

#endif							/* PT_CLV_H */
