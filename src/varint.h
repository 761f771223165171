/*-------------------------------------------------------------------------
 *
 * varint.h
 *		Integers of variable length: seven bits a byte, the lowest first.
 *
 * Signed numbers are stored in zigzag order (0, -1, 1, -2, ...), so that
 * those near zero are short.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_VARINT_H
#define PT_VARINT_H

#define VARINT_MAX_BYTES	10

static inline uint8 *
varint_write(uint8 *p, uint64 value)
{
	while (value >= 0x80)
	{
		*p++ = (uint8) (value | 0x80);
		value >>= 7;
	}
	*p++ = (uint8) value;
	return p;
}

#define VARINT_STOPS	UINT64CONST(0x8080808080808080)

/* Eight bytes, the first one lowest. */
static inline uint64
varint_bytes(const uint8 *p)
{
	uint64		bytes;

	memcpy(&bytes, p, sizeof(bytes));
#ifdef WORDS_BIGENDIAN
	bytes = __builtin_bswap64(bytes);
#endif
	return bytes;
}

/* The number that begins with the lowest byte, and of which stop is the
 * highest bit. */
static inline uint64
varint_gather(uint64 bytes, uint64 stop)
{
	bytes &= (stop | (stop - 1)) & ~VARINT_STOPS;
	bytes = (bytes & UINT64CONST(0x007F007F007F007F)) |
		(bytes & UINT64CONST(0x7F007F007F007F00)) >> 1;
	bytes = (bytes & UINT64CONST(0x00003FFF00003FFF)) |
		(bytes & UINT64CONST(0x3FFF00003FFF0000)) >> 2;
	return (bytes & UINT64CONST(0x000000000FFFFFFF)) |
		(bytes & UINT64CONST(0x0FFFFFFF00000000)) >> 4;
}

/* Returns the byte after the number, or NULL if it does not end before end. */
static inline const uint8 *
varint_read(const uint8 *p, const uint8 *end, uint64 *value)
{
	uint64		result = 0;

	for (int shift = 0; shift < 64 && p < end; shift += 7)
	{
		uint8		byte = *p++;

		result |= (uint64) (byte & 0x7F) << shift;
		if (byte < 0x80)
		{
			*value = result;
			return p;
		}
	}
	*value = 0;
	return NULL;
}

/*
 * The same for two numbers.  Most pairs fit into eight bytes, which are read
 * at once, without a branch for each: where the highest bit of a byte is not
 * set, a number stops.
 */
static pg_attribute_always_inline const uint8 *
varint_read_pair(const uint8 *p, const uint8 *end, uint64 *first,
				 uint64 *second)
{
	if (likely(end - p >= (ptrdiff_t) sizeof(uint64)))
	{
		uint64		bytes = varint_bytes(p);
		uint64		stops = ~bytes & VARINT_STOPS;
		uint64		others = stops & (stops - 1);

		if (likely(others != 0))
		{
			uint64		stop = stops ^ others;
			uint64		last = others & ~(others - 1);
			int			bits = __builtin_ctzll(stop) + 1;

			*first = varint_gather(bytes, stop);
			*second = varint_gather(bytes >> bits, last >> bits);
			return p + (__builtin_ctzll(last) + 1) / 8;
		}
	}
	*second = 0;
	p = varint_read(p, end, first);
	return p == NULL ? NULL : varint_read(p, end, second);
}

static inline uint64
zigzag_encode(int64 value)
{
	return ((uint64) value << 1) ^ (value < 0 ? ~UINT64CONST(0) : 0);
}

static inline int64
zigzag_decode(uint64 value)
{
	return (int64) (value >> 1) ^ -(int64) (value & 1);
}

#endif							/* PT_VARINT_H */
