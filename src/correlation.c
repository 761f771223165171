/*-------------------------------------------------------------------------
 *
 * correlation.c
 *		The aggregate correlation_matrix().
 *
 * Ranks need all values, and which rows a pair of columns has is known only
 * when all have come: so the state is the rows themselves, 8 bytes a value.
 * That is nothing to keep in a table, which has them already; so it is a
 * bytea, and no type of its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "array.h"
#include "compat.h"
#include "clv_judge.h"
#include "correlation.h"

PG_FUNCTION_INFO_V1(pt_correlation_accum);
PG_FUNCTION_INFO_V1(pt_correlation_combine);
PG_FUNCTION_INFO_V1(pt_correlation_final);

#define STATE_VERSION	1
#define MAX_COLUMNS		100
#define INITIAL_ROWS	4

/*
 * The head, the names of the columns (each its length as an int32 and its
 * bytes), padded to 8 bytes, and the rows; what follows is room to grow.
 */
typedef struct Sample
{
	int32		vl_len_;		/* varlena header, always of four bytes here */
	int32		version;
	int32		columns;
	int32		name_bytes;		/* with padding */
	int64		rows;
	char		data[FLEXIBLE_ARRAY_MEMBER];
} Sample;

#define SAMPLE_HEAD		offsetof(Sample, data)
#define ROW_BYTES(s)	(sizeof(float8) * (Size) (s)->columns)
#define SAMPLE_VALUES(s)	((float8 *) ((s)->data + (s)->name_bytes))

StaticAssertDecl(offsetof(Sample, data) % sizeof(float8) == 0,
				 "rows are aligned");

/*--- The state ---*/

static int64
sample_capacity(const Sample *sample)
{
	return (int64) ((VARSIZE(sample) - SAMPLE_HEAD - sample->name_bytes) /
					ROW_BYTES(sample));
}

/* Name number i, and where it ends, or NULL if it is beyond the names. */
static const char *
next_name(const Sample *sample, const char *at, int32 *len)
{
	const char *end = sample->data + sample->name_bytes;

	if (end - at < (int) sizeof(int32))
		return NULL;
	memcpy(len, at, sizeof(int32));
	at += sizeof(int32);
	return *len >= 0 && *len <= end - at ? at : NULL;
}

static bool
sample_is_good(const Sample *sample)
{
	const char *at = sample->data;

	if (VARSIZE(sample) < SAMPLE_HEAD || sample->version != STATE_VERSION ||
		sample->columns < 2 || sample->columns > MAX_COLUMNS ||
		sample->name_bytes < 0 || sample->name_bytes % sizeof(float8) != 0 ||
		(Size) sample->name_bytes > VARSIZE(sample) - SAMPLE_HEAD ||
		sample->rows < 0 || sample->rows > sample_capacity(sample) ||
		sample->rows > CORRELATION_MAX_ROWS)
		return false;
	for (int i = 0; i < sample->columns; i++)
	{
		int32		len;

		at = next_name(sample, at, &len);
		if (at == NULL)
			return false;
		at += len;
	}
	return true;
}

/*
 * A state that may be changed: that of the aggregate itself, or a copy.  In
 * the tuple of a worker it is not aligned for its numbers: then a copy, too.
 */
static Sample *
sample_argument(FunctionCallInfo fcinfo, int arg)
{
	Datum		value = PG_GETARG_DATUM(arg);
	Sample	   *sample = (Sample *) DatumGetPointer(value);

	if (!(AggCheckCallContext(fcinfo, NULL) && VARATT_IS_4B_U(sample) &&
		  (uintptr_t) sample == MAXALIGN(sample) && arg == 0))
		sample = (Sample *) PG_DETOAST_DATUM_COPY(value);
	if (!sample_is_good(sample))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid state of correlation_matrix")));
	return sample;
}

static Sample *
sample_create(int columns, int32 name_bytes, int64 rows)
{
	Size		size = SAMPLE_HEAD + name_bytes +
		sizeof(float8) * (Size) columns * (Size) rows;
	Sample	   *sample = palloc0(size);

	SET_VARSIZE(sample, size);
	sample->version = STATE_VERSION;
	sample->columns = columns;
	sample->name_bytes = name_bytes;
	return sample;
}

/* The state with room for so many more rows: itself, or a larger copy. */
static Sample *
sample_reserve(Sample *sample, int64 more)
{
	int64		capacity = sample_capacity(sample);
	int64		most = (int64) ((MaxAllocSize - SAMPLE_HEAD - sample->name_bytes) /
								ROW_BYTES(sample));
	int64		needed = sample->rows + more;
	Sample	   *larger;

	if (needed <= capacity)
		return sample;
	most = Min(most, CORRELATION_MAX_ROWS);
	if (needed > most)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("correlation_matrix keeps at most " INT64_FORMAT " rows of %d columns",
						most, sample->columns),
				 errhint("Ask it for a sample of the rows (TABLESAMPLE), or for fewer columns; Pearson's alone, corr() has for any number of rows.")));
	larger = sample_create(sample->columns, sample->name_bytes,
						   Min(Max(2 * capacity, needed), most));
	memcpy(larger->data, sample->data,
		   sample->name_bytes + ROW_BYTES(sample) * (Size) sample->rows);
	larger->rows = sample->rows;
	return larger;
}

/*--- Arguments ---*/

static Datum *
name_elements(ArrayType *array, int *n)
{
	Datum	   *names;
	int			columns = element_count(array, "names");

	if (columns < 2 || columns > MAX_COLUMNS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("names must be of 2 to %d columns", MAX_COLUMNS)));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &names, NULL, n);
	return names;
}

/* A state without rows, for these names. */
static Sample *
sample_of_names(ArrayType *array)
{
	Datum	   *names;
	int			n;
	Size		bytes = 0;
	Sample	   *sample;
	char	   *at;

	names = name_elements(array, &n);
	for (int i = 0; i < n; i++)
	{
		text	   *name = DatumGetTextPP(names[i]);

		bytes += sizeof(int32) + VARSIZE_ANY_EXHDR(name);
		for (int j = 0; j < i; j++)
		{
			if (VARSIZE_ANY_EXHDR(DatumGetPointer(names[j])) == VARSIZE_ANY_EXHDR(name) &&
				memcmp(VARDATA_ANY(DatumGetPointer(names[j])), VARDATA_ANY(name),
					   VARSIZE_ANY_EXHDR(name)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("two columns have the name \"%s\"",
								text_to_cstring(name))));
		}
	}
	bytes = TYPEALIGN(sizeof(float8), bytes);
	if (bytes > MaxAllocSize / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the names of the columns are too long")));
	sample = sample_create(n, (int32) bytes, INITIAL_ROWS);
	at = sample->data;
	for (int i = 0; i < n; i++)
	{
		text	   *name = DatumGetTextPP(names[i]);
		int32		len = (int32) VARSIZE_ANY_EXHDR(name);

		memcpy(at, &len, sizeof(len));
		memcpy(at + sizeof(len), VARDATA_ANY(name), len);
		at += sizeof(len) + len;
	}
	return sample;
}

static void
different_names(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("names of correlation_matrix must be the same in every row")));
}

static void
check_names(const Sample *sample, ArrayType *array)
{
	const char *at = sample->data;
	int			n;
	Datum	   *names = name_elements(array, &n);

	if (n != sample->columns)
		different_names();
	for (int i = 0; i < n; i++)
	{
		text	   *name = DatumGetTextPP(names[i]);
		int32		len = 0;

		at = next_name(sample, at, &len);
		if (at == NULL || len != (int32) VARSIZE_ANY_EXHDR(name) ||
			memcmp(at, VARDATA_ANY(name), len) != 0)
			different_names();
		at += len;
	}
	pfree(names);
}

/*
 * Writes the values of a row, and returns how many are known.  A NULL and NaN
 * are none.
 */
static int
read_values(ArrayType *array, int columns, float8 *values)
{
	const char *at = ARR_DATA_PTR(array);
	const bits8 *nulls = ARR_NULLBITMAP(array);
	int			known = 0;

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != columns)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("names and values must be arrays of the same length"),
				 errdetail("There are %d names.", columns)));
	for (int i = 0; i < columns; i++)
	{
		if (nulls != NULL && !(nulls[i / 8] & (1 << (i % 8))))
		{
			values[i] = get_float8_nan();
			continue;
		}
		memcpy(&values[i], at, sizeof(float8));
		at += sizeof(float8);
		if (isinf(values[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("infinite values have no correlation"),
					 errhint("Leave such values out, for example by nullif().")));
		known += !isnan(values[i]);
	}
	return known;
}

/*--- The aggregate ---*/

Datum
pt_correlation_accum(PG_FUNCTION_ARGS)
{
	Sample	   *sample = NULL;
	float8		values[MAX_COLUMNS];

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("names of correlation_matrix must not be NULL")));
	if (PG_ARGISNULL(0))
		sample = sample_of_names(PG_GETARG_ARRAYTYPE_P(1));
	else
	{
		sample = sample_argument(fcinfo, 0);
		check_names(sample, PG_GETARG_ARRAYTYPE_P(1));
	}

	/* a row that knows one column only is of no pair */
	if (!PG_ARGISNULL(2) &&
		read_values(PG_GETARG_ARRAYTYPE_P(2), sample->columns, values) > 1)
	{
		sample = sample_reserve(sample, 1);
		memcpy(SAMPLE_VALUES(sample) + sample->rows * sample->columns, values,
			   ROW_BYTES(sample));
		sample->rows++;
	}
	PG_RETURN_POINTER(sample);
}

Datum
pt_correlation_combine(PG_FUNCTION_ARGS)
{
	Sample	   *sample;
	Sample	   *other;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_POINTER(sample_argument(fcinfo, 0));
	}
	other = sample_argument(fcinfo, 1);
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(other);
	sample = sample_argument(fcinfo, 0);
	if (sample->columns != other->columns ||
		sample->name_bytes != other->name_bytes ||
		memcmp(sample->data, other->data, sample->name_bytes) != 0)
		different_names();
	sample = sample_reserve(sample, other->rows);
	memcpy(SAMPLE_VALUES(sample) + sample->rows * sample->columns,
		   SAMPLE_VALUES(other), ROW_BYTES(other) * (Size) other->rows);
	sample->rows += other->rows;
	PG_RETURN_POINTER(sample);
}

/* What stands in the rows: a state from outside may have anything there. */
static void
check_values(const Sample *sample)
{
	const float8 *values = SAMPLE_VALUES(sample);

	for (int64 i = 0; i < sample->rows * sample->columns; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (isinf(values[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					 errmsg("invalid state of correlation_matrix")));
	}
}

static Rows *
order_rows(const Sample *sample)
{
	Rows	   *rows = palloc0(sizeof(Rows));
	Size		ids = sizeof(int32) * (Size) Max(sample->rows, 1);
	void	   *room = MemoryContextAllocHuge(CurrentMemoryContext,
											  correlation_order_room(sample->rows));

	rows->values = SAMPLE_VALUES(sample);
	rows->n = sample->rows;
	rows->k = sample->columns;
	rows->order = palloc(sizeof(int32 *) * sample->columns);
	rows->known = palloc(sizeof(int64) * sample->columns);
	for (int c = 0; c < sample->columns; c++)
	{
		rows->order[c] = MemoryContextAllocHuge(CurrentMemoryContext, ids);
		correlation_order(rows, c, room);
	}
	pfree(room);
	for (int i = 0; i < 2; i++)
		rows->ranks[i] = MemoryContextAllocHuge(CurrentMemoryContext, ids);
	return rows;
}

Datum
pt_correlation_final(PG_FUNCTION_ARGS)
{
	Sample	   *sample;
	Rows	   *rows;
	Datum		names[MAX_COLUMNS];
	const char *at;
	AnswerRows	answer;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	sample = sample_argument(fcinfo, 0);
	check_values(sample);
	at = sample->data;
	for (int i = 0; i < sample->columns; i++)
	{
		int32		len = 0;

		at = next_name(sample, at, &len);
		names[i] = PointerGetDatum(cstring_to_text_with_len(at, len));
		at += len;
	}
	rows = order_rows(sample);
	answer_begin(fcinfo, &answer);
	for (int a = 0; a < sample->columns; a++)
	{
		for (int b = a + 1; b < sample->columns; b++)
		{
			Correlation pair;

			correlation_of(rows, a, b, &pair);
			answer_put(&answer, names[a], false);
			answer_put(&answer, names[b], false);
			answer_put(&answer, Int64GetDatum(pair.n), false);
			answer_double(&answer, pair.pearson);
			answer_double(&answer, pair.pearson_p);
			answer_double(&answer, pair.spearman);
			answer_double(&answer, pair.spearman_p);
			answer_row(&answer);
		}
	}
	return answer_end(&answer);
}
