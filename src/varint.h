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
