/*-------------------------------------------------------------------------
 *
 * cube_plan.c
 *		The type cube_plan: groupings and filters of a sales_cube.
 *
 * A plan is made once for a query, by cube_plan() and a cube_filter() for
 * each filter, and then given with every row.  It is flat and has one form
 * for each content, so that two plans are compared by their bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "array.h"
#include "compat.h"
#include "cube.h"

PG_FUNCTION_INFO_V1(pt_cube_plan);
PG_FUNCTION_INFO_V1(pt_cube_calendar);
PG_FUNCTION_INFO_V1(pt_cube_filter);
PG_FUNCTION_INFO_V1(pt_cube_plan_eq);
PG_FUNCTION_INFO_V1(pt_cube_plan_ne);

StaticAssertDecl(sizeof(CubeGrouping) == 12 && sizeof(CubeFilter) == 16 &&
				 offsetof(CubePlan, groupings) == 24,
				 "cube_plan must have no padding");

int
cube_text_compare(const char *a, int alen, const char *b, int blen)
{
	int			order = memcmp(a, b, Min(alen, blen));

	return order != 0 ? order : (alen > blen) - (alen < blen);
}

/*--- Checks ---*/

/* What is wrong with a grouping, but for left_out, or NULL. */
const char *
cube_grouping_fault(const CubeGrouping *grouping)
{
	if (grouping->nelements > CUBE_MAX_ELEMENTS ||
		grouping->statistics > 1 || grouping->zero != 0)
		return "A grouping is out of range.";
	for (int i = 0; i < CUBE_MAX_ELEMENTS; i++)
	{
		int			element = grouping->elements[i];

		if (i >= grouping->nelements ? element != CUBE_NONE
			: element == CUBE_NONE || element < CUBE_LOWEST ||
			element > CUBE_MAX_DIMENSIONS)
			return "An element of a grouping is out of range.";
		for (int j = 0; j < i && element != CUBE_NONE; j++)
			if (grouping->elements[j] == element)
				return "A grouping has an element twice.";
	}
	return NULL;
}

/*
 * What is wrong with the values of a filter, which begin at *offset, or NULL.
 * Sets *offset to where the next ones begin.
 */
static const char *
filter_fault(const CubePlan *plan, const CubeFilter *filter, Size *offset)
{
	Size		size = VARSIZE(plan);
	const int32 *codes;
	const CubeText *text;

	if (filter->element == CUBE_NONE || filter->element < CUBE_LOWEST ||
		filter->element > CUBE_MAX_DIMENSIONS || filter->with_null > 1 ||
		filter->zero != 0 || (filter->ntexts != 0 && filter->element < 0))
		return "A filter is out of range.";
	if (filter->ncodes < 0 || filter->ntexts < 0 ||
		filter->offset != (int64) *offset ||
		(Size) filter->ncodes > (size - *offset) / sizeof(int32))
		return "The values of a filter are not in their place.";
	codes = cube_filter_codes(plan, filter);
	for (int i = 0; i < filter->ncodes; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (codes[i] == CUBE_NULL || (i > 0 && codes[i] <= codes[i - 1]) ||
			(codes[i] < 0 && !CUBE_IS_TIME(filter->element)))
			return "The codes of a filter are not in order.";
	}
	*offset += (Size) filter->ncodes * sizeof(int32);
	text = cube_filter_texts(plan, filter);
	for (int i = 0; i < filter->ntexts; i++)
	{
		const CubeText *last = text;

		CHECK_FOR_INTERRUPTS();
		text = (CubeText *) ((char *) plan + *offset);
		if (size - *offset < sizeof(int32) || text->length < 0 ||
			(Size) text->length > size ||
			CUBE_TEXT_SIZE(text->length) > size - *offset)
			return "A text of a filter is not in its place.";
		for (Size j = sizeof(int32) + (Size) text->length;
			 j < CUBE_TEXT_SIZE(text->length); j++)
			if (((const char *) text)[j] != 0)
				return "A text of a filter has no end.";
		if (i > 0 && cube_text_compare(last->bytes, last->length,
									   text->bytes, text->length) >= 0)
			return "The texts of a filter are not in order.";
		*offset += CUBE_TEXT_SIZE(text->length);
	}
	return NULL;
}

/*
 * What is wrong with a plan, or NULL.  Every plan from outside passes here:
 * what is stored, sent or typed.
 */
const char *
cube_plan_fault(const CubePlan *plan)
{
	Size		size = VARSIZE(plan);
	Size		offset;

	if (size < offsetof(CubePlan, groupings))
		return "It is shorter than its header.";
	if (plan->version != CUBE_PLAN_VERSION)
		return "Its version is not known.";
	if (plan->ngroupings > CUBE_MAX_GROUPINGS ||
		plan->nfilters > CUBE_MAX_FILTERS || plan->has_calendar > 1 ||
		plan->zero != 0)
		return "Its header is out of range.";
	if (plan->window_days == 0 ? plan->as_of != 0
		: plan->window_days < 0 || plan->window_days > CUBE_MAX_WINDOW_DAYS ||
		!IS_VALID_TIMESTAMP(plan->as_of))
		return "Its windows are out of range.";
	offset = (Size) ((char *) (cube_plan_filters(plan) + plan->nfilters) -
					 (char *) plan);
	if (offset > size)
		return "It is shorter than its groupings and filters.";
	if (plan->has_calendar)
	{
		const char *fault = calendar_fault(cube_plan_calendar(plan),
										   sizeof(SalesCalendar));

		if (fault != NULL)
			return fault;
		if (calendar_same(cube_plan_calendar(plan), &calendar_of_months))
			return "It has a calendar where none does.";
	}
	for (int i = 0; i < plan->ngroupings; i++)
	{
		const char *fault = cube_grouping_fault(&plan->groupings[i]);

		if (fault != NULL)
			return fault;
		if (plan->groupings[i].left_out >> plan->nfilters != 0)
			return "A grouping leaves out a filter that there is not.";
	}
	for (int i = 0; i < plan->nfilters; i++)
	{
		const char *fault = filter_fault(plan, &cube_plan_filters(plan)[i],
										 &offset);

		if (fault != NULL)
			return fault;
	}
	return offset == size ? NULL : "It is longer than its values.";
}

/* A plan from outside, detoasted and checked. */
CubePlan *
cube_plan_get(Datum value)
{
	CubePlan   *plan = (CubePlan *) PG_DETOAST_DATUM(value);
	const char *fault = cube_plan_fault(plan);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid cube_plan"),
				 errdetail("%s", fault)));
	return plan;
}

/*--- Making ---*/

/* A plan whose groupings are totals. */
CubePlan *
cube_plan_create(int ngroupings, Timestamp as_of, int32 window_days)
{
	Size		size = offsetof(CubePlan, groupings) +
		ngroupings * sizeof(CubeGrouping);
	CubePlan   *plan = palloc0(size);

	SET_VARSIZE(plan, size);
	plan->version = CUBE_PLAN_VERSION;
	plan->ngroupings = (uint16) ngroupings;
	plan->as_of = window_days == 0 ? 0 : as_of;
	plan->window_days = window_days;
	return plan;
}

/* A copy of the plan with this calendar; that of months is none. */
CubePlan *
cube_plan_set_calendar(const CubePlan *plan, const SalesCalendar *calendar)
{
	bool		some = !calendar_same(calendar, &calendar_of_months);
	Size		size = VARSIZE(plan);
	Size		head = (Size) ((char *) (plan->groupings + plan->ngroupings) -
							   (char *) plan);
	Size		filters = (Size) ((char *) cube_plan_filters(plan) -
								  (char *) plan);
	CubePlan   *result;
	int32		more;

	size = size - filters + head + (some ? sizeof(SalesCalendar) : 0);
	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a cube_plan would take more than 1 GB")));
	result = palloc0(size);
	memcpy(result, plan, head);
	SET_VARSIZE(result, size);
	result->has_calendar = some;
	if (some)
		memcpy((char *) result + head, calendar, sizeof(SalesCalendar));
	memcpy(cube_plan_filters(result), (const char *) plan + filters,
		   VARSIZE(plan) - filters);
	more = (int32) size - (int32) VARSIZE(plan);
	for (int i = 0; i < plan->nfilters; i++)
		cube_plan_filters(result)[i].offset += more;
	return result;
}

static int
compare_codes(const void *a, const void *b)
{
	int32		left = *(const int32 *) a;
	int32		right = *(const int32 *) b;

	CHECK_FOR_INTERRUPTS();
	return (left > right) - (left < right);
}

typedef struct TextRef
{
	const char *text;
	int			length;
} TextRef;

static int
compare_texts(const void *a, const void *b)
{
	const TextRef *left = a;
	const TextRef *right = b;

	CHECK_FOR_INTERRUPTS();
	return cube_text_compare(left->text, left->length, right->text,
							 right->length);
}

/* A copy of the plan with one more filter. */
CubePlan *
cube_plan_add_filter(const CubePlan *plan, CubeFilterInput *input)
{
	int			ncodes = 0;
	int			ntexts = 0;
	TextRef    *texts = palloc_extended(Max(input->ntexts, 1) * sizeof(TextRef),
										MCXT_ALLOC_HUGE);
	Size		head = (Size) ((char *) (cube_plan_filters(plan) +
										 plan->nfilters) - (char *) plan);
	Size		size = VARSIZE(plan) + sizeof(CubeFilter);
	CubePlan   *larger;
	CubeFilter *filter;
	char	   *p;

	if (plan->nfilters == CUBE_MAX_FILTERS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a cube_plan has at most %d filters",
						CUBE_MAX_FILTERS)));
	qsort(input->codes, input->ncodes, sizeof(int32), compare_codes);
	for (int i = 0; i < input->ncodes; i++)
		if (i == 0 || input->codes[i] != input->codes[i - 1])
			input->codes[ncodes++] = input->codes[i];
	size += (Size) ncodes * sizeof(int32);
	for (int i = 0; i < input->ntexts; i++)
	{
		texts[i].text = input->texts[i];
		texts[i].length = input->lengths[i];
	}
	qsort(texts, input->ntexts, sizeof(TextRef), compare_texts);
	for (int i = 0; i < input->ntexts; i++)
		if (i == 0 || compare_texts(&texts[i], &texts[ntexts - 1]) != 0)
		{
			texts[ntexts++] = texts[i];
			size += CUBE_TEXT_SIZE(texts[i].length);
		}
	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the filters of a cube_plan have too many values"),
				 errdetail("They would take more than 1 GB.")));

	larger = palloc0(size);
	memcpy(larger, plan, head);
	memcpy((char *) larger + head + sizeof(CubeFilter),
		   (const char *) plan + head, VARSIZE(plan) - head);
	SET_VARSIZE(larger, size);
	for (int i = 0; i < plan->nfilters; i++)
		cube_plan_filters(larger)[i].offset += (int32) sizeof(CubeFilter);
	filter = &cube_plan_filters(larger)[larger->nfilters];
	filter->element = (int8) input->element;
	filter->with_null = input->with_null;
	filter->ncodes = ncodes;
	filter->ntexts = ntexts;
	filter->offset = (int32) (VARSIZE(plan) + sizeof(CubeFilter));
	p = (char *) larger + filter->offset;
	if (ncodes > 0)
		memcpy(p, input->codes, (Size) ncodes * sizeof(int32));
	p += (Size) ncodes * sizeof(int32);
	for (int i = 0; i < ntexts; i++)
	{
		((CubeText *) p)->length = texts[i].length;
		memcpy(((CubeText *) p)->bytes, texts[i].text, texts[i].length);
		p += CUBE_TEXT_SIZE(texts[i].length);
	}
	for (int i = 0; i < plan->ngroupings; i++)
		if (input->left_out != NULL && input->left_out[i])
			larger->groupings[i].left_out |= (uint32) 1 << larger->nfilters;
	larger->nfilters++;
	pfree(texts);
	return larger;
}

/* Groupings are the rows of an array: their number and their length. */
static ArrayType *
groupings_argument(FunctionCallInfo fcinfo, int arg, int *nrows, int *ncolumns)
{
	ArrayType  *array;

	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("groupings must not be NULL")));
	array = PG_GETARG_ARRAYTYPE_P(arg);
	*nrows = *ncolumns = 0;
	if (ARR_NDIM(array) == 0)
		return array;
	if (ARR_NDIM(array) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("groupings must be a two-dimensional array, a row for each grouping"),
				 errdetail("The array has %d dimensions.", ARR_NDIM(array))));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("groupings must not contain NULL"),
				 errhint("0 fills up a grouping that has fewer elements.")));
	*nrows = ARR_DIMS(array)[0];
	*ncolumns = ARR_DIMS(array)[1];
	if (*nrows > CUBE_MAX_GROUPINGS || *ncolumns > CUBE_MAX_ELEMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many groupings, or elements of a grouping"),
				 errdetail("There are %d groupings of %d elements; the limits are %d and %d.",
						   *nrows, *ncolumns, CUBE_MAX_GROUPINGS,
						   CUBE_MAX_ELEMENTS)));
	return array;
}

static void
check_element(int32 element)
{
	if (element == CUBE_NONE || element < CUBE_LOWEST ||
		element > CUBE_MAX_DIMENSIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no element %d", element),
				 errhint("Elements are numbers of dimensions (1 to %d), or -1 year, -2 quarter, -3 month, -4 week, -5 day, -6 weekday, -7 hour, -8 discounted, -9 subscribed, -10 period of the calendar.",
						 CUBE_MAX_DIMENSIONS)));
}

Datum
pt_cube_plan(PG_FUNCTION_ARGS)
{
	int			ngroupings;
	int			ncolumns;
	ArrayType  *groupings = groupings_argument(fcinfo, 0, &ngroupings,
											   &ncolumns);
	const int32 *elements = (const int32 *) ARR_DATA_PTR(groupings);
	Timestamp	as_of = 0;
	int32		window_days = 0;
	CubePlan   *plan;

	if (!PG_ARGISNULL(2))
	{
		as_of = PG_GETARG_TIMESTAMP(2);
		if (TIMESTAMP_NOT_FINITE(as_of))
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("as_of must be finite")));
		if (PG_ARGISNULL(3))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("window_days must not be NULL if as_of is given")));
		window_days = PG_GETARG_INT32(3);
		if (window_days < 1 || window_days > CUBE_MAX_WINDOW_DAYS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("window_days must be between 1 and %d",
							CUBE_MAX_WINDOW_DAYS)));
	}
	plan = cube_plan_create(ngroupings, as_of, window_days);
	for (int i = 0; i < ngroupings; i++)
	{
		CubeGrouping *grouping = &plan->groupings[i];
		const char *fault;

		for (int j = 0; j < ncolumns; j++)
		{
			int32		element = elements[i * ncolumns + j];

			if (element == CUBE_NONE)
				continue;
			check_element(element);
			if (grouping->nelements != j)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("grouping %d has 0 before an element", i + 1),
						 errhint("0 fills up at the end.")));
			grouping->elements[grouping->nelements++] = (int8) element;
		}
		fault = cube_grouping_fault(grouping);
		if (fault != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid grouping %d", i + 1),
					 errdetail("%s", fault)));
	}
	if (!PG_ARGISNULL(1))
	{
		ArrayType  *statistics = PG_GETARG_ARRAYTYPE_P(1);
		int			n = element_count(statistics, "statistics");
		const bool *values = (const bool *) ARR_DATA_PTR(statistics);

		if (n != ngroupings)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("statistics must have one element for each grouping"),
					 errdetail("There are %d elements and %d groupings.",
							   n, ngroupings)));
		for (int i = 0; i < n; i++)
			plan->groupings[i].statistics = values[i];
	}
	PG_RETURN_POINTER(plan);
}

/* cube_filter(plan, element, codes, texts, with_null, left_out_by) */
Datum
pt_cube_filter(PG_FUNCTION_ARGS)
{
	CubePlan   *plan;
	CubeFilterInput input = {0};
	bool	   *left_out;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the element of a filter must not be NULL")));
	plan = cube_plan_get(PG_GETARG_DATUM(0));
	check_element(PG_GETARG_INT32(1));
	input.element = PG_GETARG_INT32(1);
	if (!PG_ARGISNULL(2))
	{
		ArrayType  *codes = PG_GETARG_ARRAYTYPE_P_COPY(2);

		input.ncodes = element_count(codes, "codes");
		input.codes = (int32 *) ARR_DATA_PTR(codes);
		for (int i = 0; i < input.ncodes; i++)
			if (input.codes[i] == CUBE_NULL ||
				(input.codes[i] < 0 && !CUBE_IS_TIME(input.element)))
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("code %d of a filter is out of range",
								input.codes[i])));
	}
	if (!PG_ARGISNULL(3))
	{
		ArrayType  *array = PG_GETARG_ARRAYTYPE_P(3);
		Datum	   *texts;

		input.ntexts = element_count(array, "texts");
		if (input.ntexts > 0 && input.element < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("only dimensions have values that stand as text")));
		deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &texts,
						  NULL, &input.ntexts);
		input.texts = palloc_extended(Max(input.ntexts, 1) * sizeof(char *),
									  MCXT_ALLOC_HUGE);
		input.lengths = palloc(Max(input.ntexts, 1) * sizeof(int));
		for (int i = 0; i < input.ntexts; i++)
		{
			text	   *value = DatumGetTextPP(texts[i]);

			input.texts[i] = VARDATA_ANY(value);
			input.lengths[i] = (int) VARSIZE_ANY_EXHDR(value);
		}
	}
	input.with_null = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	left_out = palloc0(Max(plan->ngroupings, 1) * sizeof(bool));
	input.left_out = left_out;
	if (!PG_ARGISNULL(5))
	{
		ArrayType  *numbers = PG_GETARG_ARRAYTYPE_P(5);
		int			n = element_count(numbers, "left_out_by");
		const int32 *values = (const int32 *) ARR_DATA_PTR(numbers);

		for (int i = 0; i < n; i++)
		{
			if (values[i] < 1 || values[i] > plan->ngroupings)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("there is no grouping %d to leave out a filter",
								values[i]),
						 errdetail("The plan has %d groupings.",
								   plan->ngroupings)));
			left_out[values[i] - 1] = true;
		}
	}
	PG_RETURN_POINTER(cube_plan_add_filter(plan, &input));
}

/* cube_calendar(plan, calendar) */
Datum
pt_cube_calendar(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(cube_plan_set_calendar(cube_plan_get(PG_GETARG_DATUM(0)),
											 calendar_get(PG_GETARG_DATUM(1))));
}

static bool
plans_equal(FunctionCallInfo fcinfo)
{
	const CubePlan *a = cube_plan_get(PG_GETARG_DATUM(0));
	const CubePlan *b = cube_plan_get(PG_GETARG_DATUM(1));

	return VARSIZE(a) == VARSIZE(b) && memcmp(a, b, VARSIZE(a)) == 0;
}

Datum
pt_cube_plan_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(plans_equal(fcinfo));
}

Datum
pt_cube_plan_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!plans_equal(fcinfo));
}
