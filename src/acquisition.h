/*-------------------------------------------------------------------------
 *
 * acquisition.h
 *		Customers by what their first order was, as one mergeable value.
 *
 * docs/cohort.md has the definitions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_ACQUISITION_H
#define PT_ACQUISITION_H

#include "fmgr.h"

#include "compat.h"
#include "text_builder.h"

#define ACQUISITION_VERSION			1
#define ACQUISITION_MAX_OFFSET		120 /* months that are looked at */
#define ACQUISITION_MAX_ELEMENTS	8

/* A value of the first order: of a dimension, or of a flag. */
typedef struct AcquisitionValue
{
	int32		element;
	uint32		entry;
} AcquisitionValue;

/* A month with an order or a return, so many after that of the first order. */
typedef struct AcquisitionMonth
{
	int32		offset;
	bool		active;			/* with an order */
	int128		revenue;
	int128		margin;			/* what lines of a known cost earned */
	int128		uncosted;		/* revenue of the others */
} AcquisitionMonth;

/* A customer.  As a record: all of this as integers of variable length. */
typedef struct AcquisitionCustomer
{
	int64		first_month;	/* its number */
	int			scale;
	bool		has_margins;	/* of the sums below */
	int32		nvalues;
	int32		values_size;
	AcquisitionValue *values;	/* in order, each once */
	int32		nmonths;
	AcquisitionMonth months[ACQUISITION_MAX_OFFSET + 1];
} AcquisitionCustomer;

/* Reads the customers of a value. */
typedef struct AcquisitionReader
{
	const TextBuilder *builder;
	const uint8 *p;
	AcquisitionCustomer customer;
} AcquisitionReader;

extern void acquisition_too_large(void);
extern PT_NORETURN void acquisition_bad(const char *detail);
extern const char *acquisition_customer_fault(const AcquisitionCustomer *customer);
extern void acquisition_add_value(AcquisitionCustomer *customer,
								  int32 element, uint32 entry);
extern void acquisition_add_customer(TextBuild *build,
									 AcquisitionCustomer *customer);
extern void acquisition_reader_open(AcquisitionReader *reader, Datum value);
extern bool acquisition_reader_next(AcquisitionReader *reader);

#endif							/* PT_ACQUISITION_H */
