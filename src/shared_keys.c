/*-------------------------------------------------------------------------
 *
 * shared_keys.c
 *		Which keys stand beside several owners: orders of several customers.
 *
 * The state is a hash table in one flat value, 16 bytes a slot; a key has one
 * owner, or is marked as shared.  It does not grow beyond a limit: then the
 * answer is that there is none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pt_shared_keys_accum);
PG_FUNCTION_INFO_V1(pt_shared_keys_combine);
PG_FUNCTION_INFO_V1(pt_shared_keys_final);

#define KEYS_MAGIC		0x50544B59
#define KEYS_FIRST		64
#define NO_OWNER		PG_INT64_MIN
#define KEYS_MOST		(1 << 25)	/* slots: 513 MB */

typedef struct KeySlot
{
	int64		key;
	int64		owner;
} KeySlot;

typedef struct SharedKeys
{
	int32		vl_len_;
	uint32		magic;
	uint32		nslots;			/* a power of two */
	uint32		nused;
	bool		overflown;
	uint32		last;			/* slot of the key before */
	/* then a bitmap of slots that are used, one of shared keys, and the slots */
	uint64		words[FLEXIBLE_ARRAY_MEMBER];
} SharedKeys;

static inline uint64 *
used_bits(SharedKeys *keys)
{
	return keys->words;
}

static inline uint64 *
shared_bits(SharedKeys *keys)
{
	return keys->words + keys->nslots / 64;
}

static inline KeySlot *
key_slots(SharedKeys *keys)
{
	return (KeySlot *) (keys->words + 2 * (keys->nslots / 64));
}

static Size
keys_size(uint32 nslots)
{
	return offsetof(SharedKeys, words) + nslots / 64 * 2 * sizeof(uint64) +
		(Size) nslots * sizeof(KeySlot);
}

static SharedKeys *
keys_create(uint32 nslots)
{
	Size		size = keys_size(nslots);
	SharedKeys *keys = palloc(size);

	memset(keys, 0, size - (Size) nslots * sizeof(KeySlot));
	SET_VARSIZE(keys, size);
	keys->magic = KEYS_MAGIC;
	keys->nslots = nslots;
	return keys;
}

/* A state under construction; one from elsewhere is copied. */
static SharedKeys *
keys_get(Datum value)
{
	SharedKeys *keys = (SharedKeys *) PG_DETOAST_DATUM(value);

	if (keys != (SharedKeys *) MAXALIGN(keys))
		keys = (SharedKeys *) PG_DETOAST_DATUM_COPY(value);
	if (VARSIZE(keys) < keys_size(KEYS_FIRST) || keys->magic != KEYS_MAGIC ||
		keys->nslots < KEYS_FIRST || keys->nslots > KEYS_MOST ||
		(keys->nslots & (keys->nslots - 1)) != 0 ||
		keys->nused > keys->nslots / 4 * 3 ||
		VARSIZE(keys) != keys_size(keys->nslots))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("no state of pt_shared_keys")));
	return keys;
}

static inline uint32
first_slot(const SharedKeys *keys, int64 key)
{
	uint64		hash = (uint64) key * UINT64CONST(0x9E3779B97F4A7C15);

	return (uint32) (hash >> 32) & (keys->nslots - 1);
}

static void
keys_put(SharedKeys *keys, int64 key, int64 owner, bool shared)
{
	KeySlot    *slots = key_slots(keys);
	uint32		i = keys->last & (keys->nslots - 1);

	/* lines of one order come together */
	if ((used_bits(keys)[i / 64] & UINT64CONST(1) << (i & 63)) == 0 ||
		slots[i].key != key)
		i = first_slot(keys, key);
	for (uint32 n = 0; n < keys->nslots; n++, i = (i + 1) & (keys->nslots - 1))
	{
		uint64		bit = UINT64CONST(1) << (i & 63);

		if ((used_bits(keys)[i / 64] & bit) == 0)
		{
			used_bits(keys)[i / 64] |= bit;
			slots[i].key = key;
			slots[i].owner = owner;
			keys->nused++;
		}
		else if (slots[i].key != key)
			continue;
		if (shared || slots[i].owner != owner)
			shared_bits(keys)[i / 64] |= bit;
		keys->last = i;
		return;
	}
}

static SharedKeys *keys_add(SharedKeys *keys, const SharedKeys *state,
							int64 key, int64 owner, bool shared);

static SharedKeys *
keys_add_all(SharedKeys *to, const SharedKeys *state, SharedKeys *from)
{
	const KeySlot *slots = key_slots(from);

	for (uint32 i = 0; i < from->nslots; i++)
	{
		uint64		bit = UINT64CONST(1) << (i & 63);

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (used_bits(from)[i / 64] & bit)
			to = keys_add(to, state, slots[i].key, slots[i].owner,
						  (shared_bits(from)[i / 64] & bit) != 0);
	}
	to->overflown |= from->overflown;
	return to;
}

/* What grows is a new value; the state itself is freed by the executor. */
static SharedKeys *
keys_add(SharedKeys *keys, const SharedKeys *state, int64 key, int64 owner,
		 bool shared)
{
	if (keys->overflown)
		return keys;
	if (keys->nused >= keys->nslots / 4 * 3)
	{
		SharedKeys *larger;

		if (keys->nslots == KEYS_MOST)
		{
			keys->overflown = true;
			return keys;
		}
		larger = keys_add_all(keys_create(keys->nslots * 2), state, keys);
		if (keys != state)
			pfree(keys);
		keys = larger;
	}
	keys_put(keys, key, owner, shared);
	return keys;
}

/* The state, which an aggregate may change, or the first one. */
static SharedKeys *
state_argument(FunctionCallInfo fcinfo)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this function is called by its aggregate only")));
	return PG_ARGISNULL(0) ? keys_create(KEYS_FIRST)
		: keys_get(PG_GETARG_DATUM(0));
}

/* NULL is an owner too, and no key. */
Datum
pt_shared_keys_accum(PG_FUNCTION_ARGS)
{
	SharedKeys *keys = state_argument(fcinfo);

	if (!PG_ARGISNULL(1))
		/* an owner that has the number of NULL is in doubt */
		keys = keys_add(keys, keys, PG_GETARG_INT64(1),
						PG_ARGISNULL(2) ? NO_OWNER : PG_GETARG_INT64(2),
						!PG_ARGISNULL(2) && PG_GETARG_INT64(2) == NO_OWNER);
	PG_RETURN_POINTER(keys);
}

Datum
pt_shared_keys_combine(PG_FUNCTION_ARGS)
{
	SharedKeys *keys = state_argument(fcinfo);

	if (!PG_ARGISNULL(1))
		keys = keys_add_all(keys, keys, keys_get(PG_GETARG_DATUM(1)));
	PG_RETURN_POINTER(keys);
}

Datum
pt_shared_keys_final(PG_FUNCTION_ARGS)
{
	SharedKeys *keys;
	Datum	   *found;
	int			n = 0;
	int64		most = 0;

	if (PG_ARGISNULL(0))
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(INT8OID));
	keys = keys_get(PG_GETARG_DATUM(0));
	if (keys->overflown)
		PG_RETURN_NULL();
	for (uint32 i = 0; i < keys->nslots / 64; i++)
		most += pg_popcount64(shared_bits(keys)[i]);
	found = MemoryContextAllocHuge(CurrentMemoryContext,
								   sizeof(Datum) * ((Size) most + 1));
	for (uint32 i = 0; i < keys->nslots; i++)
		if (shared_bits(keys)[i / 64] & (UINT64CONST(1) << (i & 63)))
			found[n++] = Int64GetDatum(key_slots(keys)[i].key);
	PG_RETURN_ARRAYTYPE_P(construct_array(found, n, INT8OID, sizeof(int64),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
