/*-------------------------------------------------------------------------
 *
 * correlation.h
 *		Correlations of pairs of columns, without the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_CORRELATION_H
#define PT_CORRELATION_H

/* One pair of columns: NaN stands for what there is not. */
typedef struct Correlation
{
	int64		n;				/* rows that have both */
	double		pearson;
	double		pearson_p;
	double		spearman;
	double		spearman_p;
} Correlation;

/*
 * Values of n rows one after the other, each of k columns; NaN is a value
 * that is not known.  order[c] are the rows that know column c, by its value.
 */
typedef struct Rows
{
	const double *values;
	int64		n;
	int			k;
	int32	  **order;
	int64	   *known;			/* elements of order[c] */
	uint32	   *ranks[2];		/* room for the ranks of a pair, n each */
} Rows;

#define CORRELATION_MAX_ROWS	INT64CONST(134217728)	/* 2^27 */

extern void correlation_order(Rows *rows, int column, void *room);
extern Size correlation_order_room(int64 n);
extern void correlation_of(Rows *rows, int a, int b, Correlation *result);

#endif							/* PT_CORRELATION_H */
