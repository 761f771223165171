/*-------------------------------------------------------------------------
 *
 * lines_scan.h
 *		Pieces of text forms: times, decimals, quoted texts.
 *
 * No setting of the session changes any of them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_LINES_SCAN_H
#define PT_LINES_SCAN_H

#include "datatype/timestamp.h"
#include "lib/stringinfo.h"

#include "history.h"

extern void scan_out_time(StringInfo buf, Timestamp at, HistoryUnit unit);
extern void scan_out_decimal(StringInfo buf, int64 value, int scale);
extern void scan_out_quoted(StringInfo buf, const char *value, int len);

/* Each moves *s behind what it read, or returns false. */
extern bool scan_literal(const char **s, const char *literal);
extern bool scan_number(const char **s, int64 most, int64 *value);
extern bool scan_signed(const char **s, int64 *value);
extern bool scan_time(const char **s, Timestamp *at);
extern bool scan_decimal(const char **s, int64 *value, int *scale);
extern bool scan_quoted(const char **s, char **value, int *len);

extern PT_NORETURN void scan_failed(const char *type, const char *input,
									const char *detail);

#endif							/* PT_LINES_SCAN_H */
