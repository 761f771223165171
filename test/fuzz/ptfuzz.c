/*-------------------------------------------------------------------------
 *
 * ptfuzz.c
 *		Feeds mutated values to the input and receive functions of a type,
 *		and mutated stored values to any function.
 *
 * For the tests only.  A value that is accepted by input or receive must come
 * back unchanged from both ways out, text and binary; otherwise the error is
 * XX000, which no test accepts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/resource.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timeout.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(fuzz_recv);
PG_FUNCTION_INFO_V1(fuzz_in);
PG_FUNCTION_INFO_V1(fuzz_mutate);
PG_FUNCTION_INFO_V1(fuzz_mutate_text);
PG_FUNCTION_INFO_V1(fuzz_bytes);
PG_FUNCTION_INFO_V1(fuzz_stored);
PG_FUNCTION_INFO_V1(fuzz_flat);
PG_FUNCTION_INFO_V1(fuzz_cancel_after);
PG_FUNCTION_INFO_V1(fuzz_cancel_end);

static Datum
receive(Oid type, const char *bytes, int len)
{
	Oid			function;
	Oid			ioparam;
	StringInfoData buf;
	Datum		value;

	getTypeBinaryInputInfo(type, &function, &ioparam);
	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, bytes, len);
	value = OidReceiveFunctionCall(function, &buf, ioparam, -1);
	if (buf.cursor != buf.len)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("incorrect binary data format")));
	return value;
}

static Datum
input(Oid type, char *string)
{
	Oid			function;
	Oid			ioparam;

	getTypeInputInfo(type, &function, &ioparam);
	return OidInputFunctionCall(function, string, ioparam, -1);
}

static char *
output(Oid type, Datum value)
{
	Oid			function;
	bool		isvarlena;

	getTypeOutputInfo(type, &function, &isvarlena);
	return OidOutputFunctionCall(function, value);
}

static bytea *
binary(Oid type, Datum value)
{
	Oid			function;
	bool		isvarlena;

	getTypeBinaryOutputInfo(type, &function, &isvarlena);
	return OidSendFunctionCall(function, value);
}

/* Text and binary of the value must both lead back to the same text. */
static char *
round_trip(Oid type, Datum value)
{
	char	   *text = output(type, value);
	bytea	   *sent = binary(type, value);
	char	   *by_text = output(type, input(type, pstrdup(text)));
	char	   *by_binary = output(type, receive(type, VARDATA_ANY(sent),
												 VARSIZE_ANY_EXHDR(sent)));

	if (strcmp(text, by_text) != 0 || strcmp(text, by_binary) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("round trip differs: %s, by text %s, by binary %s",
						text, by_text, by_binary)));
	return text;
}

Datum
fuzz_recv(PG_FUNCTION_ARGS)
{
	Oid			type = PG_GETARG_OID(0);
	bytea	   *b = PG_GETARG_BYTEA_PP(1);

	PG_RETURN_TEXT_P(cstring_to_text(round_trip(type,
												receive(type, VARDATA_ANY(b),
														VARSIZE_ANY_EXHDR(b)))));
}

Datum
fuzz_in(PG_FUNCTION_ARGS)
{
	Oid			type = PG_GETARG_OID(0);
	char	   *string = text_to_cstring(PG_GETARG_TEXT_PP(1));

	PG_RETURN_TEXT_P(cstring_to_text(round_trip(type, input(type, string))));
}

/* --- Stored values ------------------------------------------------------- */

/* What is stored of a value, after the header. */
Datum
fuzz_bytes(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));

	PG_RETURN_BYTEA_P(cstring_to_text_with_len(VARDATA_ANY(value),
											   VARSIZE_ANY_EXHDR(value)));
}

/* The value in memory, wherever it is stored. */
Datum
fuzz_flat(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0)));
}

/*
 * A value of the first argument's type as it comes out of a damaged table:
 * these bytes, with a header of 4 bytes or the short one.  It ends where its
 * memory ends, so that AddressSanitizer sees who reads on.
 */
Datum
fuzz_stored(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(1);
	Size		len = VARSIZE_ANY_EXHDR(bytes);
	bool		is_short = PG_GETARG_BOOL(2) &&
		len + VARHDRSZ_SHORT <= VARATT_SHORT_MAX;
	Size		size = len + (is_short ? VARHDRSZ_SHORT : VARHDRSZ);
	MemoryContextCallback *at_end = palloc0(sizeof(MemoryContextCallback));
	struct varlena *value = malloc(size);

	if (value == NULL)
		elog(ERROR, "out of memory");
	at_end->func = free;
	at_end->arg = value;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, at_end);
	if (is_short)
		SET_VARSIZE_SHORT(value, size);
	else
		SET_VARSIZE(value, size);
	memcpy(VARDATA_ANY(value), VARDATA_ANY(bytes), len);
	PG_RETURN_POINTER(value);
}

/* --- Cancelling ---------------------------------------------------------- */

static struct rusage cancel_usage;

static double
cpu_milliseconds(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
		(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

/*
 * The statement is cancelled after so many milliseconds, as by
 * statement_timeout; but they count from now, when its arguments are there.
 */
Datum
fuzz_cancel_after(PG_FUNCTION_ARGS)
{
	getrusage(RUSAGE_SELF, &cancel_usage);
	enable_timeout_after(STATEMENT_TIMEOUT, PG_GETARG_INT32(0));
	PG_RETURN_BOOL(true);
}

/*
 * It is no longer cancelled.  The milliseconds of processor time since: those
 * of the clock would tell how busy the machine is.
 */
Datum
fuzz_cancel_end(PG_FUNCTION_ARGS)
{
	struct rusage now;

	disable_timeout(STATEMENT_TIMEOUT, false);
	getrusage(RUSAGE_SELF, &now);
	PG_RETURN_FLOAT8(cpu_milliseconds(&now) - cpu_milliseconds(&cancel_usage));
}

/* --- Mutations: the same for the same number, on every machine ----------- */

typedef struct Random
{
	uint64		state;
} Random;

static void
random_start(Random *random, int64 seed)
{
	random->state = (uint64) seed * UINT64CONST(0x9E3779B97F4A7C15) | 1;
}

static uint32
random_below(Random *random, uint32 n)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return n ? (uint32) ((random->state >> 11) % n) : 0;
}

#define ROOM 256

/* Values that length and count fields break on. */
static const uint32 magic[] = {
	0, 1, 65535, 1000000, 0x10000001, 0x20000000, 0x3fffffff, 0x7fffffff,
	0x80000000, 0xffffffff, 0x7ff00000, 0x7ff80000, 0xfff00000
};

Datum
fuzz_mutate(PG_FUNCTION_ARGS)
{
	bytea	   *b = PG_GETARG_BYTEA_PP(0);
	Random		random;
	uint32		len = VARSIZE_ANY_EXHDR(b);
	uint32		cap = len + ROOM;
	bytea	   *result = palloc0(VARHDRSZ + cap);
	unsigned char *d = (unsigned char *) VARDATA(result);
	int			ops;

	random_start(&random, PG_GETARG_INT64(1));
	memcpy(d, VARDATA_ANY(b), len);
	for (ops = 1 + random_below(&random, 4); ops > 0; ops--)
	{
		uint32		kind = random_below(&random, 8);
		uint32		at;
		uint32		n;

		if (kind <= 1 && len > 0)
			d[random_below(&random, len)] ^= 1 << random_below(&random, 8);
		else if (kind == 2 && len > 0)
			d[random_below(&random, len)] = random_below(&random, 256);
		else if (kind == 3 && len >= 4)
		{
			/* a magic number at any offset, high byte first as sent, or as stored */
			uint32		m = magic[random_below(&random, lengthof(magic))];

			if (random_below(&random, 2))
				m = pg_bswap32(m);
			at = random_below(&random, len - 3);
			d[at] = m >> 24;
			d[at + 1] = m >> 16;
			d[at + 2] = m >> 8;
			d[at + 3] = m;
		}
		else if (kind == 4)
			len = random_below(&random, len + 1);
		else if (kind == 5)
		{
			n = random_below(&random, 64);
			for (; n > 0 && len < cap; n--)
				d[len++] = random_below(&random, 256);
		}
		else if (kind == 6 && len >= 8)
		{
			at = random_below(&random, len - 7);
			memset(d + at, random_below(&random, 2) ? 0xff : 0, 8);
		}
		else if (kind == 7 && len > 1)
		{
			/* cut a piece out */
			at = random_below(&random, len);
			n = 1 + random_below(&random, Min(len - at, 16));
			memmove(d + at, d + at + n, len - at - n);
			len -= n;
		}
	}
	SET_VARSIZE(result, VARHDRSZ + len);
	PG_RETURN_BYTEA_P(result);
}

/* Pieces that parsers break on. */
static const char *const pieces[] = {
	"", "-", "+", ".", ",", ":", ";", "(", ")", "[", "]", "{", "}", "\"", "'",
	" ", "\t", "\n", "\\", "e", "E400", "0x", "00", "NaN", "nan", "Infinity",
	"-inf", "1e308", "1e-400", "2147483648", "9223372036854775808",
	"99999999999999999999999999999999999999999", "18446744073709551616",
	"-0", "\xc3\xa9", "null", "%s%n", "((((((((", "/*", "--", "::", "=>"
};

Datum
fuzz_mutate_text(PG_FUNCTION_ARGS)
{
	char	   *seed = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Random		random;
	StringInfoData buf;
	int			ops;
	int			i;

	random_start(&random, PG_GETARG_INT64(1));
	initStringInfo(&buf);
	appendStringInfoString(&buf, seed);
	for (ops = 1 + random_below(&random, 3); ops > 0; ops--)
	{
		uint32		kind = random_below(&random, 5);
		uint32		at = random_below(&random, buf.len + 1);
		StringInfoData next;

		initStringInfo(&next);
		appendBinaryStringInfo(&next, buf.data, at);
		if (kind == 0)			/* one character replaced */
		{
			appendStringInfoChar(&next, ' ' + random_below(&random, 95));
			if (at < (uint32) buf.len)
				appendStringInfoString(&next, buf.data + at + 1);
		}
		else if (kind == 1)		/* a piece inserted */
		{
			appendStringInfoString(&next,
								   pieces[random_below(&random,
													   lengthof(pieces))]);
			appendStringInfoString(&next, buf.data + at);
		}
		else if (kind == 2)		/* a digit changed */
		{
			appendStringInfoString(&next, buf.data + at);
			for (i = at; i < next.len; i++)
				if (next.data[i] >= '0' && next.data[i] <= '9')
				{
					next.data[i] = '0' + random_below(&random, 10);
					break;
				}
		}
		else if (kind == 3)		/* cut off, or a piece cut out */
		{
			uint32		n = at + random_below(&random, 16);

			if (n < (uint32) buf.len)
				appendStringInfoString(&next, buf.data + n);
		}
		else					/* a piece doubled */
			appendStringInfoString(&next, buf.data + at / 2);
		buf = next;
	}
	/* A character cut in two is no text: such never reaches an input function. */
	for (i = 0; i < buf.len; i++)
		if (IS_HIGHBIT_SET(buf.data[i]) &&
			!pg_verify_mbstr(PG_UTF8, buf.data, buf.len, true))
			buf.data[i] = '?';
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buf.data, buf.len));
}
