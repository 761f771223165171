/*-------------------------------------------------------------------------
 *
 * dimension_codes.c
 *		The type dimension_codes: the dictionary of a mart as one value.
 *
 * While the aggregate collects, entries stand one after the other.  The
 * final function sorts them and adds the index that dimension_code() reads.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "dimension_codes.h"
#include "input.h"
#include "lines_scan.h"

PG_FUNCTION_INFO_V1(pt_dimension_codes_accum);
PG_FUNCTION_INFO_V1(pt_dimension_codes_combine);
PG_FUNCTION_INFO_V1(pt_dimension_codes_final);
PG_FUNCTION_INFO_V1(pt_dimension_codes_in);
PG_FUNCTION_INFO_V1(pt_dimension_codes_out);
PG_FUNCTION_INFO_V1(pt_dimension_codes_recv);
PG_FUNCTION_INFO_V1(pt_dimension_codes_send);
PG_FUNCTION_INFO_V1(pt_dimension_code);
PG_FUNCTION_INFO_V1(pt_dimension_value_of);

#define CODES_VERSION		1
#define FORM_BUILDING		0x81
#define INITIAL_SIZE		1024

/* What the aggregate collects. */
typedef struct CodesBuilder
{
	int32		vl_len_;
	uint8		form;
	uint8		unused[3];
	uint32		count;
	uint32		used;
	char		stream[FLEXIBLE_ARRAY_MEMBER];	/* BuilderEntries */
} CodesBuilder;

typedef struct BuilderEntry
{
	int32		dimension;
	int32		code;
	uint32		len;
} BuilderEntry;

/* An entry while they are sorted. */
typedef struct CodesItem
{
	int32		dimension;
	int32		code;
	uint32		len;
	const char *value;
} CodesItem;

static inline int
compare_items(const CodesItem *a, const CodesItem *b)
{
	int			cmp;

	if (a->dimension != b->dimension)
		return a->dimension < b->dimension ? -1 : 1;
	if (a->code != b->code)
		return a->code < b->code ? -1 : 1;
	cmp = memcmp(a->value, b->value, Min(a->len, b->len));
	if (cmp != 0 || a->len == b->len)
		return cmp;
	return a->len < b->len ? -1 : 1;
}

#define ST_SORT sort_items
#define ST_ELEMENT_TYPE CodesItem
#define ST_COMPARE(a, b) compare_items(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

void
bad_dimension_codes(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("invalid dimension_codes"),
			 errdetail("%s", detail)));
}

PT_NORETURN static void
too_many_codes(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many values for one dimension_codes"),
			 errdetail("A value has at most 1 GB.")));
}

/*--- Finishing ---*/

/* The offsets of all entries, which follow the dimensions. */
static inline Size
entries_offset(const DimensionCodes *codes)
{
	return offsetof(DimensionCodes, dimensions) +
		sizeof(CodesDimension) * (Size) codes->ndimensions;
}

PT_NORETURN static void
twice(const CodesItem *item, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s", what),
			 errdetail("Dimension %d, code %d, value \"%s\".", item->dimension,
					   item->code,
					   pnstrdup(item->value,
								pg_mbcliplen(item->value, item->len, 100)))));
}

/* Puts an entry into the hash table of its dimension. */
static void
insert_slot(DimensionCodes *codes, const CodesItem *item, uint32 entry)
{
	CodesDimension *d = &codes->dimensions[item->dimension - 1];
	CodesSlot  *slots = (CodesSlot *) ((char *) codes + d->slots);
	uint32		hash = dimension_hash(item->value, item->len);

	for (uint32 i = hash & d->mask;; i = (i + 1) & d->mask)
	{
		if (slots[i].entry == 0)
		{
			slots[i].hash = hash;
			slots[i].entry = entry;
			return;
		}
		if (slots[i].hash == hash)
		{
			CodesEntry *other = (CodesEntry *) ((char *) codes + slots[i].entry);

			if (other->len == item->len &&
				memcmp(other->value, item->value, item->len) == 0)
				twice(item, "a value of a dimension has two codes");
		}
	}
}

/* The finished form of items, which are sorted in place. */
static DimensionCodes *
codes_make(CodesItem *items, uint32 count)
{
	uint32		n = 0;
	int			ndimensions = 0;
	uint32		in_dimension[CODES_MAX_DIMENSIONS] = {0};
	Size		size;
	Size		entry;
	DimensionCodes *codes;
	uint32	   *offsets;

	if (count > 1)
		sort_items(items, count);
	for (uint32 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (n > 0 && items[n - 1].dimension == items[i].dimension &&
			items[n - 1].code == items[i].code)
		{
			if (compare_items(&items[n - 1], &items[i]) != 0)
				twice(&items[i], "a code of a dimension has two values");
			continue;
		}
		items[n++] = items[i];
		ndimensions = items[i].dimension;
		in_dimension[ndimensions - 1]++;
	}

	size = offsetof(DimensionCodes, dimensions) +
		sizeof(CodesDimension) * (Size) ndimensions + sizeof(uint32) * (Size) n;
	size = TYPEALIGN(sizeof(CodesSlot), size);
	for (int d = 0; d < ndimensions; d++)
		if (in_dimension[d] > 0)
			size += sizeof(CodesSlot) *
				(Size) pg_nextpower2_64((uint64) in_dimension[d] * 2);
	entry = size;
	for (uint32 i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		size += INTALIGN(CODES_ENTRY_HEADER + (Size) items[i].len);
	}
	if (size > MaxAllocSize)
		too_many_codes();

	codes = palloc0(size);
	SET_VARSIZE(codes, size);
	codes->version = CODES_VERSION;
	codes->ndimensions = ndimensions;
	codes->count = n;
	size = TYPEALIGN(sizeof(CodesSlot),
					 entries_offset(codes) + sizeof(uint32) * (Size) n);
	offsets = (uint32 *) ((char *) codes + entries_offset(codes));
	for (int d = 0, first = 0; d < ndimensions; d++)
	{
		CodesDimension *dimension = &codes->dimensions[d];

		dimension->first = first;
		dimension->count = in_dimension[d];
		first += in_dimension[d];
		if (in_dimension[d] > 0)
		{
			dimension->slots = size;
			dimension->mask = (uint32)
				(pg_nextpower2_64((uint64) in_dimension[d] * 2) - 1);
			size += sizeof(CodesSlot) * ((Size) dimension->mask + 1);
		}
	}
	for (uint32 i = 0; i < n; i++)
	{
		CodesEntry *e = (CodesEntry *) ((char *) codes + entry);

		CHECK_FOR_INTERRUPTS();
		e->code = items[i].code;
		e->len = items[i].len;
		memcpy(e->value, items[i].value, items[i].len);
		offsets[i] = (uint32) entry;
		insert_slot(codes, &items[i], (uint32) entry);
		entry += INTALIGN(CODES_ENTRY_HEADER + (Size) items[i].len);
	}
	return codes;
}

/* A builder out of what might be one, checked. */
static CodesBuilder *
checked_builder(struct varlena *value)
{
	CodesBuilder *builder = (CodesBuilder *) PG_DETOAST_DATUM(PointerGetDatum(value));

	if (VARSIZE(builder) < offsetof(CodesBuilder, stream) ||
		(Size) builder->used > VARSIZE(builder) - offsetof(CodesBuilder, stream))
		bad_dimension_codes("Its header does not fit its size.");
	return builder;
}

static DimensionCodes *
finish(const CodesBuilder *builder)
{
	CodesItem  *items;
	const char *p = builder->stream;
	const char *end = p + builder->used;

	if ((Size) builder->count > builder->used / sizeof(BuilderEntry))
		bad_dimension_codes("Its header does not fit its size.");
	items = MemoryContextAllocHuge(CurrentMemoryContext,
								   sizeof(CodesItem) * ((Size) builder->count + 1));
	for (uint32 i = 0; i < builder->count; i++)
	{
		BuilderEntry entry;

		CHECK_FOR_INTERRUPTS();
		if ((Size) (end - p) < sizeof(entry))
			bad_dimension_codes("It ends too early.");
		memcpy(&entry, p, sizeof(entry));
		p += sizeof(entry);
		if (entry.len > (Size) (end - p) || entry.code < 0 ||
			entry.dimension < 1 || entry.dimension > CODES_MAX_DIMENSIONS)
			bad_dimension_codes("An entry is out of range.");
		items[i].dimension = entry.dimension;
		items[i].code = entry.code;
		items[i].len = entry.len;
		items[i].value = p;
		p += entry.len;
	}
	return codes_make(items, builder->count);
}

/*
 * The codes of an argument.  Only the header is checked here: this runs once
 * per row, and what is asked checks what it reads.
 */
const DimensionCodes *
dimension_codes_open(Datum datum)
{
	DimensionCodes *codes = (DimensionCodes *) PG_DETOAST_DATUM(datum);

	if (unlikely(VARSIZE(codes) < VARHDRSZ + 1))
		bad_dimension_codes("It is empty.");
	if (unlikely(codes->version == FORM_BUILDING))
		return finish(checked_builder((struct varlena *) codes));
	if (unlikely(VARSIZE(codes) < offsetof(DimensionCodes, dimensions) ||
				 codes->version != CODES_VERSION))
		bad_dimension_codes("It is of an unknown version.");
	if (unlikely(codes->ndimensions > CODES_MAX_DIMENSIONS ||
				 codes->count > VARSIZE(codes) / sizeof(uint32) ||
				 entries_offset(codes) + sizeof(uint32) * (Size) codes->count >
				 VARSIZE(codes)))
		bad_dimension_codes("Its header does not fit its size.");
	return codes;
}

/* What a function keeps of an argument that has to be unpacked. */
typedef struct CodesCache
{
	struct varlena *packed;		/* as it was passed */
	const DimensionCodes *codes;
	CodeGuesses guesses;
} CodesCache;

/*
 * Codes that come out of a table are compressed, or stored elsewhere: to
 * unpack them once per row would cost more than all the rest.  The same
 * packed bytes are the same codes for as long as a statement runs.
 */
const DimensionCodes *
dimension_codes_argument(FunctionCallInfo fcinfo, int arg)
{
	Datum		datum = PG_GETARG_DATUM(arg);
	struct varlena *packed = (struct varlena *) DatumGetPointer(datum);
	CodesCache *cache = fcinfo->flinfo->fn_extra;
	Size		size;
	MemoryContext old;

	if (likely(VARATT_IS_4B_U(packed)) ||
		VARATT_IS_EXTERNAL_EXPANDED(packed) ||
		VARATT_IS_EXTERNAL_INDIRECT(packed))
		return dimension_codes_open(datum);
	size = VARSIZE_ANY(packed);
	if (cache != NULL && cache->packed != NULL &&
		VARSIZE_ANY(cache->packed) == size &&
		memcmp(cache->packed, packed, size) == 0)
		return cache->codes;

	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	if (cache == NULL)
		cache = fcinfo->flinfo->fn_extra = palloc0(sizeof(CodesCache));
	if (cache->packed != NULL)
	{
		pfree(cache->packed);
		cache->packed = NULL;
		if (cache->codes != NULL)
			pfree(unconstify(DimensionCodes *, cache->codes));
		cache->codes = NULL;
	}
	cache->codes = dimension_codes_open(datum);
	cache->packed = palloc(size);
	memcpy(cache->packed, packed, size);
	MemoryContextSwitchTo(old);
	return cache->codes;
}

/* Guesses that last as long as the query; they share their place with codes. */
CodeGuesses *
dimension_codes_guesses(FunctionCallInfo fcinfo)
{
	CodesCache *cache = fcinfo->flinfo->fn_extra;

	if (cache == NULL)
		cache = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(CodesCache));
	cache->guesses.context = fcinfo->flinfo->fn_mcxt;
	return &cache->guesses;
}

/* Entry number i of all, checked. */
static void
read_entry(const DimensionCodes *codes, uint32 i, CodesItem *item)
{
	const char *start = (const char *) codes;
	uint32		offset;
	CodesEntry	entry;

	memcpy(&offset, start + entries_offset(codes) + sizeof(uint32) * (Size) i,
		   sizeof(offset));
	if ((Size) offset + CODES_ENTRY_HEADER > VARSIZE(codes))
		bad_dimension_codes("An entry is outside of it.");
	memcpy(&entry, start + offset, CODES_ENTRY_HEADER);
	if (entry.len > VARSIZE(codes) - offset - CODES_ENTRY_HEADER ||
		entry.code < 0)
		bad_dimension_codes("An entry is outside of it.");
	item->code = entry.code;
	item->len = entry.len;
	item->value = start + offset + CODES_ENTRY_HEADER;
}

/* The entries of a dimension, checked. */
static const CodesDimension *
read_dimension(const DimensionCodes *codes, int dimension)
{
	const CodesDimension *d = &codes->dimensions[dimension - 1];

	if ((Size) d->first + d->count > codes->count)
		bad_dimension_codes("A dimension is outside of it.");
	return d;
}

const char *
dimension_value_of(const DimensionCodes *codes, int dimension, int32 code,
				   int *len)
{
	const CodesDimension *d;
	uint32		low = 0;
	uint32		high;

	if (dimension < 1 || dimension > codes->ndimensions)
		return NULL;
	d = read_dimension(codes, dimension);
	high = d->count;
	while (low < high)
	{
		/* codes that count from 0 without a gap are where they say */
		uint32		middle = low == 0 && high == d->count && (uint32) code < high
			? (uint32) code : low + (high - low) / 2;
		CodesItem	item;

		read_entry(codes, d->first + middle, &item);
		if (item.code == code)
		{
			*len = (int) item.len;
			return item.value;
		}
		if (item.code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/*--- The aggregate ---*/

static CodesBuilder *
builder_create(Size size)
{
	CodesBuilder *builder = palloc0(size);

	SET_VARSIZE(builder, size);
	builder->form = FORM_BUILDING;
	return builder;
}

/* Appends an entry: in place, or to a larger copy. */
static CodesBuilder *
builder_add(CodesBuilder *builder, int32 dimension, int32 code,
			const char *value, uint32 len)
{
	Size		needed = offsetof(CodesBuilder, stream) + builder->used +
		sizeof(BuilderEntry) + len;
	BuilderEntry entry;

	if (needed > VARSIZE(builder))
	{
		Size		size = Max(needed, (Size) VARSIZE(builder) * 2);
		CodesBuilder *larger;

		if (needed > MaxAllocSize)
			too_many_codes();
		larger = builder_create(Min(size, MaxAllocSize));
		larger->count = builder->count;
		larger->used = builder->used;
		memcpy(larger->stream, builder->stream, builder->used);
		builder = larger;
	}
	entry.dimension = dimension;
	entry.code = code;
	entry.len = len;
	memcpy(builder->stream + builder->used, &entry, sizeof(entry));
	memcpy(builder->stream + builder->used + sizeof(entry), value, len);
	builder->used += sizeof(entry) + len;
	builder->count++;
	return builder;
}

/* Appends all entries of a value in either form. */
static CodesBuilder *
builder_add_codes(CodesBuilder *builder, Datum datum)
{
	const DimensionCodes *codes = dimension_codes_open(datum);

	for (int dimension = 1; dimension <= codes->ndimensions; dimension++)
	{
		const CodesDimension *d = read_dimension(codes, dimension);

		for (uint32 i = 0; i < d->count; i++)
		{
			CodesItem	item;

			CHECK_FOR_INTERRUPTS();
			read_entry(codes, d->first + i, &item);
			builder = builder_add(builder, dimension, item.code, item.value,
								  item.len);
		}
	}
	return builder;
}

/* The builder that a transition function may change. */
static CodesBuilder *
transition_builder(FunctionCallInfo fcinfo)
{
	struct varlena *state;

	if (PG_ARGISNULL(0))
		return builder_create(INITIAL_SIZE);
	state = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(0));
	if (AggCheckCallContext(fcinfo, NULL) && VARATT_IS_4B_U(state) &&
		VARSIZE(state) > VARHDRSZ &&
		((CodesBuilder *) state)->form == FORM_BUILDING)
		return checked_builder(state);
	return builder_add_codes(builder_create(INITIAL_SIZE),
							 PointerGetDatum(state));
}

Datum
pt_dimension_codes_accum(PG_FUNCTION_ARGS)
{
	int32		dimension;
	int32		code;
	text	   *value;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	dimension = PG_GETARG_INT32(1);
	code = PG_GETARG_INT32(2);
	value = PG_GETARG_TEXT_PP(3);
	if (dimension < 1 || dimension > CODES_MAX_DIMENSIONS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dimension number %d is out of range", dimension),
				 errdetail("Dimensions are numbered from 1 to %d.",
						   CODES_MAX_DIMENSIONS)));
	if (code < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a code must not be negative, but one is %d", code)));
	PG_RETURN_POINTER(builder_add(transition_builder(fcinfo), dimension, code,
								  VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)));
}

Datum
pt_dimension_codes_combine(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	PG_RETURN_POINTER(builder_add_codes(transition_builder(fcinfo),
										PG_GETARG_DATUM(1)));
}

Datum
pt_dimension_codes_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(dimension_codes_open(PG_GETARG_DATUM(0)));
}

/*--- Input and output ---*/

/*
 * The text form is "1 {1:0 "Female", 1:1 "Male", 2:0 "shop"}": dimension,
 * code and value, in this order.
 */
Datum
pt_dimension_codes_out(PG_FUNCTION_ARGS)
{
	const DimensionCodes *codes = dimension_codes_open(PG_GETARG_DATUM(0));
	StringInfoData buf;
	bool		first = true;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "1 {");
	for (int dimension = 1; dimension <= codes->ndimensions; dimension++)
	{
		const CodesDimension *d = read_dimension(codes, dimension);

		for (uint32 i = 0; i < d->count; i++)
		{
			CodesItem	item;

			CHECK_FOR_INTERRUPTS();
			read_entry(codes, d->first + i, &item);
			appendStringInfo(&buf, "%s%d:%d ", first ? "" : ", ", dimension,
							 item.code);
			scan_out_quoted(&buf, item.value, item.len);
			first = false;
		}
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

static Datum
dimension_codes_from_text(char *input)
{
	const char *s = input;
	CodesBuilder *builder = builder_create(INITIAL_SIZE);

	if (!scan_literal(&s, "1 {"))
		scan_failed("dimension_codes", input,
					"It begins with its version, which is 1, and a brace.");
	while (!scan_literal(&s, "}"))
	{
		int64		dimension;
		int64		code;
		char	   *value;
		int			len;

		CHECK_FOR_INTERRUPTS();
		if (builder->count > 0 && !scan_literal(&s, ", "))
			scan_failed("dimension_codes", input,
						"Entries are separated by a comma and a blank.");
		if (!scan_number(&s, CODES_MAX_DIMENSIONS, &dimension) ||
			dimension < 1 || !scan_literal(&s, ":") ||
			!scan_number(&s, PG_INT32_MAX, &code) || !scan_literal(&s, " ") ||
			!scan_quoted(&s, &value, &len))
			scan_failed("dimension_codes", input,
						"An entry reads 1:0 \"value\": dimension, code and value.");
		builder = builder_add(builder, (int32) dimension, (int32) code, value,
							  len);
	}
	if (*s != '\0')
		scan_failed("dimension_codes", input,
					"Nothing may follow the closing brace.");
	return PointerGetDatum(finish(builder));
}

Datum
pt_dimension_codes_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, dimension_codes_from_text);
}

/*
 * Sent are a version, the number of entries, and each: dimension (int16),
 * code (int32), length (int32) and value, in the encoding of the database.
 */
Datum
pt_dimension_codes_send(PG_FUNCTION_ARGS)
{
	const DimensionCodes *codes = dimension_codes_open(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, CODES_VERSION);
	pq_sendint32(&buf, codes->count);
	for (int dimension = 1; dimension <= codes->ndimensions; dimension++)
	{
		const CodesDimension *d = read_dimension(codes, dimension);

		for (uint32 i = 0; i < d->count; i++)
		{
			CodesItem	item;

			CHECK_FOR_INTERRUPTS();
			read_entry(codes, d->first + i, &item);
			pq_sendint16(&buf, dimension);
			pq_sendint32(&buf, item.code);
			pq_sendint32(&buf, item.len);
			pq_sendbytes(&buf, item.value, item.len);
		}
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pt_dimension_codes_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	uint32		count;
	CodesBuilder *builder = builder_create(INITIAL_SIZE);

	if (pq_getmsgbyte(buf) != CODES_VERSION)
		input_bad_bytes("dimension_codes", "It is of an unknown version.");
	count = pq_getmsgint(buf, 4);
	for (uint32 i = 0; i < count; i++)
	{
		int			dimension = pq_getmsgint(buf, 2);
		int32		code = (int32) pq_getmsgint(buf, 4);
		int32		len = (int32) pq_getmsgint(buf, 4);
		const char *value;

		CHECK_FOR_INTERRUPTS();
		if (dimension < 1 || dimension > CODES_MAX_DIMENSIONS || code < 0 ||
			len < 0)
			input_bad_bytes("dimension_codes", "An entry is out of range.");
		value = pq_getmsgbytes(buf, len);
		if (!pg_verify_mbstr(GetDatabaseEncoding(), value, len, true))
			input_bad_bytes("dimension_codes", "A value is not in the encoding of the database.");
		builder = builder_add(builder, dimension, code, value, len);
	}
	PG_RETURN_POINTER(finish(builder));
}

/*--- What it tells ---*/

Datum
pt_dimension_code(PG_FUNCTION_ARGS)
{
	const DimensionCodes *codes = dimension_codes_argument(fcinfo, 0);
	text	   *value = PG_GETARG_TEXT_PP(2);
	int32		code = dimension_code(codes, PG_GETARG_INT32(1),
									  VARDATA_ANY(value),
									  VARSIZE_ANY_EXHDR(value));

	if (code < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(code);
}

Datum
pt_dimension_value_of(PG_FUNCTION_ARGS)
{
	const DimensionCodes *codes = dimension_codes_argument(fcinfo, 0);
	int			len;
	const char *value = dimension_value_of(codes, PG_GETARG_INT32(1),
										   PG_GETARG_INT32(2), &len);

	if (value == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(value, len));
}
