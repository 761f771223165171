/*-------------------------------------------------------------------------
 *
 * dashboard.c
 *		The aggregate cross_filter: all panels of a dashboard in one pass.
 *
 * A dashboard with filters on several dimensions asks, for each dimension,
 * for the figures of its values under the filters on all the others.  As
 * queries that is one scan and several count(DISTINCT ...) for each panel.
 * Here every row comes once, with a bit for each filter that it fails; it
 * counts in a group if it fails no filter but those that the group's
 * dimension leaves out.  The figures of the unfiltered whole are kept beside.
 *
 * Sums are kept as the rows come.  Different customers and orders are
 * counted at the end: rows are brought into the order of their customers, so
 * that it takes one mark per group to know whether a customer was counted in
 * it already, and then again for orders.  That needs the rows: 20 bytes each
 * and four more for each dimension.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "amount.h"
#include "compat.h"

PG_FUNCTION_INFO_V1(pt_cross_filter_accum);
PG_FUNCTION_INFO_V1(pt_cross_filter_final);

/* Arguments of the transition function after the state. */
enum
{
	ARG_FAILED_FILTERS = 1,
	ARG_LEFT_OUT_FILTERS,
	ARG_CROSSED,
	ARG_CUSTOMER_ID,
	ARG_ORDER_ID,
	ARG_AMOUNT,
	ARG_REVIEW_RATING,
	ARG_SUBSCRIBED,
	ARG_DISCOUNTED,
	ARG_FIRST_DIMENSION
};

/* What a row says of its order and its customer, each of which counts once. */
#define ORDER_PURCHASE			0x01	/* no return */
#define ORDER_PRICED			0x02	/* no return, and the amount is known */
#define ORDER_DISCOUNTED		0x04
#define ORDER_DISCOUNT_KNOWN	0x08
#define ORDER_BITS				0x0F
#define CUSTOMER_ANY			0x10
#define CUSTOMER_SUBSCRIBED		0x20
#define CUSTOMER_SUBSCRIPTION_KNOWN	0x40
#define CUSTOMER_BITS			0x70
#define COUNTED_BITS			7

/* The rows that figures are of. */
enum
{
	SELECTED,
	WHOLE,
	ARMS
};

typedef struct Sums
{
	int128		revenue;
	int128		purchase_amount;	/* returns left out */
	int128		customer_revenue;	/* of rows with a customer */
	int128		rating;
	int64		rated;
} Sums;

#define NO_SORT			PG_INT32_MIN

typedef struct FilterGroup
{
	int			dimension;		/* 0 is the total */
	const text *value;			/* NULL is a value as well */
	const text *second_value;	/* of crossed dimensions */
	int			value_sort;		/* or NO_SORT */
	Sums		sums[ARMS];
} FilterGroup;

typedef struct FilterRow
{
	uint32		failed_filters;
	uint32		customer;
	uint32		order;
	uint32		counted;		/* ORDER_ and CUSTOMER_ bits */
	uint32		groups[FLEXIBLE_ARRAY_MEMBER];	/* one for each dimension */
} FilterRow;

typedef struct TextEntry
{
	const text *value;
	uint32		hash;
	uint32		number;
	char		status;
} TextEntry;

static inline uint32
text_hash(const text *value)
{
	return hash_bytes((const unsigned char *) VARDATA_ANY(value),
					  (int) VARSIZE_ANY_EXHDR(value));
}

static inline bool
text_equal(const text *a, const text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

#define SH_PREFIX		texts
#define SH_ELEMENT_TYPE	TextEntry
#define SH_KEY_TYPE		const text *
#define SH_KEY			value
#define SH_HASH_KEY(tb, key)	text_hash(key)
#define SH_EQUAL(tb, a, b)		text_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, entry)	(entry)->hash
#define SH_SCOPE		static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

typedef struct PairEntry
{
	uint64		pair;			/* groups of both dimensions */
	uint32		number;
	char		status;
} PairEntry;

#define SH_PREFIX		pairs
#define SH_ELEMENT_TYPE	PairEntry
#define SH_KEY_TYPE		uint64
#define SH_KEY			pair
#define SH_HASH_KEY(tb, key)	hash_bytes_uint32((uint32) (key) ^ hash_bytes_uint32((uint32) ((key) >> 32)))
#define SH_EQUAL(tb, a, b)		((a) == (b))
#define SH_SCOPE		static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

typedef struct FilterDimension
{
	uint32		left_out_filters;
	int			argument;		/* its values; 0 if crossed */
	int			sort_argument;	/* their sort numbers, or 0 */
	bool		is_date;
	int			first,
				second;			/* the crossed ones */
	texts_hash *values;
	int64		null_group;		/* -1 before there is one */
	pairs_hash *pairs;
} FilterDimension;

typedef struct FilterState
{
	MemoryContext context;
	int			ngiven;			/* dimensions that are arguments */
	int			ndimensions;	/* the crossed ones too */
	FilterDimension *dimensions;
	int			amount_scale;
	int			rating_scale;
	texts_hash *customers;
	texts_hash *orders;
	uint32		ncustomers;
	uint32		norders;
	FilterGroup *groups;
	uint32		ngroups;
	uint32		groups_allocated;
	char	   *rows;
	Size		row_size;
	uint64		nrows;
	uint64		rows_allocated;
} FilterState;

/*
 * What the result can hold: a group takes some 300 bytes there, and a value
 * has at most 1 GB.  Rows are limited to the same by their own array.
 */
#define MAX_GROUPS	2000000

#define ROW(state, i)	((FilterRow *) ((state)->rows + (i) * (state)->row_size))

static int
int_array(Datum datum, int **values)
{
	ArrayType  *array = DatumGetArrayTypeP(datum);

	if (ARR_NDIM(array) > 1 || ARR_HASNULL(array))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("left_out_filters and crossed must be one-dimensional arrays without NULL")));
	*values = (int *) ARR_DATA_PTR(array);
	return ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
}

static uint32
add_group(FilterState *state, int dimension, const text *value,
		  const text *second_value)
{
	FilterGroup *group;

	if (state->ngroups == state->groups_allocated)
	{
		if (state->ngroups >= MAX_GROUPS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("the dimensions have too many values for cross_filter"),
					 errdetail("The limit is %d.", MAX_GROUPS)));
		state->groups_allocated = Min(2 * state->groups_allocated, MAX_GROUPS);
		state->groups = repalloc(state->groups,
								 state->groups_allocated * sizeof(FilterGroup));
	}
	group = &state->groups[state->ngroups];
	memset(group, 0, sizeof(FilterGroup));
	group->dimension = dimension;
	group->value = value;
	group->second_value = second_value;
	group->value_sort = NO_SORT;
	return state->ngroups++;
}

/* The arguments that are the same in all rows are read from the first. */
static FilterState *
create_state(FunctionCallInfo fcinfo, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	FilterState *state = palloc0(sizeof(FilterState));
	int			ngiven = 0;
	int		   *left_out,
			   *crossed;
	int			nleft_out,
				ncrossed;

	state->context = context;
	state->dimensions = palloc0(sizeof(FilterDimension) * FUNC_MAX_ARGS);
	for (int i = ARG_FIRST_DIMENSION; i < PG_NARGS(); i++)
	{
		Oid			type = get_fn_expr_argtype(fcinfo->flinfo, i);

		if (type == TEXTOID || type == DATEOID)
		{
			state->dimensions[ngiven].argument = i;
			state->dimensions[ngiven++].is_date = type == DATEOID;
		}
		else if (type == INT2OID && ngiven > 0 &&
				 state->dimensions[ngiven - 1].argument == i - 1)
			state->dimensions[ngiven - 1].sort_argument = i;
		else
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("argument %d of cross_filter must be of type text or date", i),
					 errdetail("It is of type %s.", format_type_be(type)),
					 errhint("Each dimension is a text or date; a smallint after it is its sort number.")));
	}

	if (PG_ARGISNULL(ARG_LEFT_OUT_FILTERS) || PG_ARGISNULL(ARG_CROSSED))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("left_out_filters and crossed must not be NULL")));
	nleft_out = int_array(PG_GETARG_DATUM(ARG_LEFT_OUT_FILTERS), &left_out);
	ncrossed = int_array(PG_GETARG_DATUM(ARG_CROSSED), &crossed);
	for (int i = 0; i < ncrossed; i++)
		if (crossed[i] < 1 || crossed[i] > ngiven)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there is no dimension %d to be crossed", crossed[i])));
	if (ncrossed % 2 != 0 || nleft_out != ngiven + ncrossed / 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("left_out_filters must have one element for each dimension and each crossed pair"),
				 errdetail("There are %d elements, %d dimensions and %d numbers of crossed ones.",
						   nleft_out, ngiven, ncrossed)));

	state->ngiven = ngiven;
	state->ndimensions = nleft_out;
	state->dimensions = repalloc(state->dimensions,
								 sizeof(FilterDimension) * Max(nleft_out, 1));
	for (int i = 0; i < nleft_out; i++)
	{
		FilterDimension *dimension = &state->dimensions[i];

		if (i >= ngiven)
			memset(dimension, 0, sizeof(FilterDimension));
		dimension->left_out_filters = (uint32) left_out[i];
		dimension->null_group = -1;
		if (i < ngiven)
			dimension->values = texts_create(context, 32, NULL);
		else
		{
			dimension->first = crossed[2 * (i - ngiven)] - 1;
			dimension->second = crossed[2 * (i - ngiven) + 1] - 1;
			dimension->pairs = pairs_create(context, 64, NULL);
		}
	}
	state->customers = texts_create(context, 1024, NULL);
	state->orders = texts_create(context, 1024, NULL);
	state->groups_allocated = 64;
	state->groups = palloc(state->groups_allocated * sizeof(FilterGroup));
	add_group(state, 0, NULL, NULL);
	state->row_size = MAXALIGN(offsetof(FilterRow, groups) + sizeof(uint32) * nleft_out);
	state->rows_allocated = 256;
	state->rows = palloc(state->rows_allocated * state->row_size);
	MemoryContextSwitchTo(old);
	return state;
}

static const text *
keep_text(FilterState *state, const text *value)
{
	Size		size = VARSIZE_ANY(value);
	text	   *copy = MemoryContextAlloc(state->context, size);

	memcpy(copy, value, size);
	return copy;
}

/* A number from 0 for each different text. */
static uint32
text_number(FilterState *state, texts_hash *table, const text *value, uint32 *next)
{
	bool		found;
	TextEntry  *entry = texts_insert(table, value, &found);

	if (!found)
	{
		entry->value = keep_text(state, value);
		entry->number = (*next)++;
	}
	return entry->number;
}

static uint32
value_group(FilterState *state, int d, FunctionCallInfo fcinfo)
{
	FilterDimension *dimension = &state->dimensions[d];
	text	   *value;
	TextEntry  *entry;
	bool		found;
	struct
	{
		int32		header;
		DateADT		date;
	}			day;

	if (PG_ARGISNULL(dimension->argument))
	{
		if (dimension->null_group < 0)
			dimension->null_group = add_group(state, d + 1, NULL, NULL);
		return (uint32) dimension->null_group;
	}
	if (dimension->is_date)
	{
		/* its bytes as a text: it becomes a real one if it is new */
		day.date = PG_GETARG_DATEADT(dimension->argument);
		value = (text *) &day;
		SET_VARSIZE(value, sizeof(day));
	}
	else
		value = PG_GETARG_TEXT_PP(dimension->argument);
	entry = texts_insert(dimension->values, value, &found);
	if (!found)
	{
		entry->value = keep_text(state, value);
		entry->number = add_group(state, d + 1, entry->value, NULL);
		if (dimension->is_date)
		{
			char		iso[MAXDATELEN + 1];

			JsonEncodeDateTime(iso, PG_GETARG_DATUM(dimension->argument),
							   DATEOID, NULL);
			state->groups[entry->number].value =
				keep_text(state, cstring_to_text(iso));
		}
		if (dimension->sort_argument != 0 && !PG_ARGISNULL(dimension->sort_argument))
			state->groups[entry->number].value_sort = PG_GETARG_INT16(dimension->sort_argument);
	}
	return entry->number;
}

static uint32
pair_group(FilterState *state, int d, const uint32 *groups)
{
	FilterDimension *dimension = &state->dimensions[d];
	uint32		first = groups[dimension->first];
	uint32		second = groups[dimension->second];
	PairEntry  *entry;
	bool		found;

	entry = pairs_insert(dimension->pairs, ((uint64) first << 32) | second,
						 &found);
	if (!found)
		entry->number = add_group(state, d + 1, state->groups[first].value,
								  state->groups[second].value);
	return entry->number;
}

/*
 * An amount in the scale of the sums, which are brought to its scale if that
 * has more decimals.
 */
static int64
aligned(FilterState *state, Datum numeric, bool rating)
{
	int		   *sum_scale = rating ? &state->rating_scale : &state->amount_scale;
	int			scale;
	int64		amount = amount_from_numeric(numeric, &scale);

	if (scale > *sum_scale)
	{
		for (uint32 i = 0; i < state->ngroups; i++)
			for (int arm = 0; arm < ARMS; arm++)
			{
				Sums	   *sums = &state->groups[i].sums[arm];

				if (rating)
					sums->rating = amount_sum_rescale(sums->rating, *sum_scale, scale);
				else
				{
					sums->revenue = amount_sum_rescale(sums->revenue, *sum_scale, scale);
					sums->purchase_amount = amount_sum_rescale(sums->purchase_amount, *sum_scale, scale);
					sums->customer_revenue = amount_sum_rescale(sums->customer_revenue, *sum_scale, scale);
				}
			}
		*sum_scale = scale;
	}
	else if (!amount_rescale(&amount, scale, *sum_scale))
		amount_too_large();
	return amount;
}

static inline void
add_sums(Sums *sums, const Sums *row)
{
	sums->revenue += row->revenue;
	sums->purchase_amount += row->purchase_amount;
	sums->customer_revenue += row->customer_revenue;
	sums->rating += row->rating;
	sums->rated += row->rated;
}

/* Whether a row counts in a group of the dimension (0: the total). */
static inline bool
is_selected(const FilterState *state, uint32 failed_filters, int dimension)
{
	return (failed_filters & ~(dimension == 0 ? 0 :
							   state->dimensions[dimension - 1].left_out_filters)) == 0;
}

Datum
pt_cross_filter_accum(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	FilterState *state;
	FilterRow  *row;
	Sums		sums = {0};
	bool		returned = false;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cross_filter_accum works in an aggregate only")));
	state = PG_ARGISNULL(0) ? create_state(fcinfo, context) :
		(FilterState *) PG_GETARG_POINTER(0);

	if (state->nrows == state->rows_allocated)
	{
		uint64		limit = MaxAllocSize / state->row_size;

		if (state->nrows >= limit)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many rows for cross_filter"),
					 errdetail("With %d dimensions the limit is " UINT64_FORMAT ".",
							   state->ndimensions, limit),
					 errhint("Ask for fewer rows, or for fewer dimensions.")));
		state->rows_allocated = Min(2 * state->rows_allocated, limit);
		state->rows = repalloc(state->rows,
							   state->rows_allocated * state->row_size);
	}
	row = ROW(state, state->nrows);
	row->counted = 0;
	row->failed_filters = PG_ARGISNULL(ARG_FAILED_FILTERS) ? 0 :
		(uint32) PG_GETARG_INT32(ARG_FAILED_FILTERS);

	if (!PG_ARGISNULL(ARG_AMOUNT))
	{
		int64		amount = aligned(state, PG_GETARG_DATUM(ARG_AMOUNT), false);

		sums.revenue = amount;
		returned = amount < 0;
		if (!returned)
		{
			sums.purchase_amount = amount;
			row->counted |= ORDER_PRICED;
		}
	}
	if (!PG_ARGISNULL(ARG_REVIEW_RATING))
	{
		sums.rating = aligned(state, PG_GETARG_DATUM(ARG_REVIEW_RATING), true);
		sums.rated = 1;
	}
	if (!returned)
	{
		row->counted |= ORDER_PURCHASE;
		if (!PG_ARGISNULL(ARG_DISCOUNTED))
			row->counted |= ORDER_DISCOUNT_KNOWN |
				(PG_GETARG_BOOL(ARG_DISCOUNTED) ? ORDER_DISCOUNTED : 0);
	}
	row->customer = 0;
	if (!PG_ARGISNULL(ARG_CUSTOMER_ID))
	{
		row->customer = text_number(state, state->customers,
									PG_GETARG_TEXT_PP(ARG_CUSTOMER_ID),
									&state->ncustomers);
		sums.customer_revenue = sums.revenue;
		row->counted |= CUSTOMER_ANY;
		if (!PG_ARGISNULL(ARG_SUBSCRIBED))
			row->counted |= CUSTOMER_SUBSCRIPTION_KNOWN |
				(PG_GETARG_BOOL(ARG_SUBSCRIBED) ? CUSTOMER_SUBSCRIBED : 0);
	}
	/* a row without an order id is an order of its own */
	row->order = PG_ARGISNULL(ARG_ORDER_ID) ? state->norders++ :
		text_number(state, state->orders, PG_GETARG_TEXT_PP(ARG_ORDER_ID),
					&state->norders);

	for (int d = 0; d < state->ndimensions; d++)
	{
		if (d < state->ngiven)
			row->groups[d] = value_group(state, d, fcinfo);
		else
			row->groups[d] = pair_group(state, d, row->groups);
	}
	/* after that, because a new group may move the others */
	for (int d = -1; d < state->ndimensions; d++)
	{
		FilterGroup *group = &state->groups[d < 0 ? 0 : row->groups[d]];

		add_sums(&group->sums[WHOLE], &sums);
		if (is_selected(state, row->failed_filters, d + 1))
			add_sums(&group->sums[SELECTED], &sums);
	}
	state->nrows++;
	PG_RETURN_POINTER(state);
}

/*--- At the end: different customers and orders, and the result ---*/

typedef struct Counts
{
	int64		n[ARMS][COUNTED_BITS];
} Counts;

typedef struct Mark
{
	uint32		number;			/* customer or order that was seen last */
	uint32		seen[ARMS];		/* bits of it that are counted */
} Mark;

static inline void
count_once(Mark *mark, int arm, uint32 counted, Counts *counts)
{
	uint32		fresh = counted & ~mark->seen[arm];

	mark->seen[arm] |= fresh;
	while (fresh != 0)
	{
		counts->n[arm][pg_rightmost_one_pos32(fresh)]++;
		fresh &= fresh - 1;
	}
}

/* Rows by their customer or order, which are numbers below n. */
static uint64 *
rows_in_order(const FilterState *state, Size number_offset, uint32 n)
{
	uint64	   *starts = palloc0(((Size) n + 1) * sizeof(uint64));
	uint64	   *rows = palloc(state->nrows * sizeof(uint64));

	for (uint64 i = 0; i < state->nrows; i++)
		starts[*(uint32 *) ((char *) ROW(state, i) + number_offset) + 1]++;
	for (uint32 i = 0; i < n; i++)
		starts[i + 1] += starts[i];
	for (uint64 i = 0; i < state->nrows; i++)
		rows[starts[*(uint32 *) ((char *) ROW(state, i) + number_offset)]++] = i;
	pfree(starts);
	return rows;
}

static void
count_different(const FilterState *state, Size number_offset, uint32 n, uint32 bits,
				Counts *counts)
{
	uint64	   *order = rows_in_order(state, number_offset, Max(n, 1));
	Mark	   *marks = palloc(state->ngroups * sizeof(Mark));

	memset(marks, 0xFF, state->ngroups * sizeof(Mark));
	for (uint64 i = 0; i < state->nrows; i++)
	{
		const FilterRow  *row = ROW(state, order[i]);
		uint32		number = *(const uint32 *) ((const char *) row + number_offset);

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if ((row->counted & bits) == 0)
			continue;
		for (int d = -1; d < state->ndimensions; d++)
		{
			uint32		group = d < 0 ? 0 : row->groups[d];
			Mark	   *mark = &marks[group];

			if (mark->number != number)
			{
				mark->number = number;
				mark->seen[SELECTED] = mark->seen[WHOLE] = 0;
			}
			count_once(mark, WHOLE, row->counted & bits, &counts[group]);
			if (is_selected(state, row->failed_filters, d + 1))
				count_once(mark, SELECTED, row->counted & bits,
						   &counts[group]);
		}
	}
	pfree(marks);
	pfree(order);
}

static Datum
stats_datum(const FilterState *state, TupleDesc desc, const Sums *sums,
			const int64 *n)
{
	Datum		values[12];
	bool		nulls[12] = {false};
	int			i = 0;

#define COUNT_OF(bit)	Int64GetDatum(n[pg_rightmost_one_pos32(bit)])
#define MONEY(sum)		NumericGetDatum(amount_to_numeric(sum, state->amount_scale))
	values[i++] = COUNT_OF(CUSTOMER_ANY);
	values[i++] = COUNT_OF(CUSTOMER_SUBSCRIBED);
	values[i++] = COUNT_OF(CUSTOMER_SUBSCRIPTION_KNOWN);
	values[i++] = COUNT_OF(ORDER_PURCHASE);
	values[i++] = COUNT_OF(ORDER_PRICED);
	values[i++] = COUNT_OF(ORDER_DISCOUNTED);
	values[i++] = COUNT_OF(ORDER_DISCOUNT_KNOWN);
	values[i++] = MONEY(sums->revenue);
	values[i++] = MONEY(sums->purchase_amount);
	values[i++] = MONEY(sums->customer_revenue);
	values[i++] = NumericGetDatum(amount_to_numeric(sums->rating, state->rating_scale));
	values[i++] = Int64GetDatum(sums->rated);
	if (desc->natts != i)
		elog(ERROR, "cross_filter_stats has %d attributes", desc->natts);
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

Datum
pt_cross_filter_final(PG_FUNCTION_ARGS)
{
	FilterState *state;
	Oid			element_type = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
	TupleDesc	desc,
				stats_desc;
	Counts	   *counts;
	Datum	   *elements;

	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cross_filter_final works in an aggregate only")));
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (FilterState *) PG_GETARG_POINTER(0);

	counts = palloc0(state->ngroups * sizeof(Counts));
	count_different(state, offsetof(FilterRow, customer), state->ncustomers,
					CUSTOMER_BITS, counts);
	count_different(state, offsetof(FilterRow, order), state->norders,
					ORDER_BITS, counts);

	desc = lookup_rowtype_tupdesc(element_type, -1);
	stats_desc = lookup_rowtype_tupdesc(TupleDescAttr(desc, 4)->atttypid, -1);
	elements = palloc(state->ngroups * sizeof(Datum));
	for (uint32 i = 0; i < state->ngroups; i++)
	{
		const FilterGroup *group = &state->groups[i];
		Datum		values[6];
		bool		nulls[6] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = Int32GetDatum(group->dimension);
		values[1] = PointerGetDatum(group->value);
		nulls[1] = group->value == NULL;
		values[2] = PointerGetDatum(group->second_value);
		nulls[2] = group->second_value == NULL;
		values[3] = Int16GetDatum((int16) group->value_sort);
		nulls[3] = group->value_sort == NO_SORT;
		values[4] = stats_datum(state, stats_desc, &group->sums[SELECTED],
								counts[i].n[SELECTED]);
		values[5] = stats_datum(state, stats_desc, &group->sums[WHOLE],
								counts[i].n[WHOLE]);
		elements[i] = HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
	}
	ReleaseTupleDesc(stats_desc);
	ReleaseTupleDesc(desc);
	PG_RETURN_ARRAYTYPE_P(construct_array(elements, (int) state->ngroups,
										  element_type, -1, false,
										  TYPALIGN_DOUBLE));
}
