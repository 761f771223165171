/*-------------------------------------------------------------------------
 *
 * stats.c
 *		The type sales_stats: moments of amounts in two arms.
 *
 * Amounts are integers with a common scale, so their count, sum and sum of
 * squares are kept as integers too.  Nothing is rounded before an answer is
 * given: no order of rows and no plan changes a digit, and the variance of
 * large amounts that lie close together loses nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "catalog/pg_enum.h"
#include "common/int.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/syscache.h"

#include "input.h"
#include "stats.h"

PG_FUNCTION_INFO_V1(pt_sales_stats_in);
PG_FUNCTION_INFO_V1(pt_sales_stats_out);
PG_FUNCTION_INFO_V1(pt_sales_stats_recv);
PG_FUNCTION_INFO_V1(pt_sales_stats_send);
PG_FUNCTION_INFO_V1(pt_sales_stats_accum);
PG_FUNCTION_INFO_V1(pt_sales_stats_combine);
PG_FUNCTION_INFO_V1(pt_sales_stats_rollup);
PG_FUNCTION_INFO_V1(pt_sales_stats_add);
PG_FUNCTION_INFO_V1(pt_sales_count);
PG_FUNCTION_INFO_V1(pt_sales_revenue);
PG_FUNCTION_INFO_V1(pt_sales_mean);
PG_FUNCTION_INFO_V1(pt_sales_stddev);
PG_FUNCTION_INFO_V1(pt_sales_min);
PG_FUNCTION_INFO_V1(pt_sales_max);
PG_FUNCTION_INFO_V1(pt_sales_quantity);
PG_FUNCTION_INFO_V1(pt_sales_discount_share);

StaticAssertDecl(sizeof(SalesArm) == 80 && sizeof(SalesStats) == 248,
				 "sales_stats must have no padding");

/*--- Integers of 256 bits ---*/

#define WIDE_WORDS	4

/* Without a sign, the lowest word first. */
typedef struct Wide
{
	uint64		words[WIDE_WORDS];
} Wide;

static uint128
magnitude(int128 value)
{
	return value < 0 ? -(uint128) value : (uint128) value;
}

static Wide
wide_multiply(uint128 a, uint128 b)
{
	uint64		a_words[2] = {(uint64) a, (uint64) (a >> 64)};
	uint64		b_words[2] = {(uint64) b, (uint64) (b >> 64)};
	Wide		product = {{0}};

	for (int i = 0; i < 2; i++)
	{
		uint128		carry = 0;

		for (int j = 0; j < 2; j++)
		{
			carry += (uint128) a_words[i] * b_words[j] + product.words[i + j];
			product.words[i + j] = (uint64) carry;
			carry >>= 64;
		}
		product.words[i + 2] = (uint64) carry;
	}
	return product;
}

/* value * factor + addend; what does not fit is returned by *overflow. */
static Wide
wide_multiply_add(Wide value, uint64 factor, uint64 addend, bool *overflow)
{
	uint128		carry = addend;

	for (int i = 0; i < WIDE_WORDS; i++)
	{
		carry += (uint128) value.words[i] * factor;
		value.words[i] = (uint64) carry;
		carry >>= 64;
	}
	*overflow = carry != 0;
	return value;
}

static Wide
wide_from(uint128 value)
{
	Wide		wide = {{(uint64) value, (uint64) (value >> 64)}};

	return wide;
}

static Wide
wide_squares(const SalesArm *arm)
{
	Wide		value = {{arm->squares[0], arm->squares[1], arm->squares[2]}};

	return value;
}

static int
wide_compare(const Wide *a, const Wide *b)
{
	for (int i = WIDE_WORDS - 1; i >= 0; i--)
		if (a->words[i] != b->words[i])
			return a->words[i] < b->words[i] ? -1 : 1;
	return 0;
}

/* a - b, where a is not the smaller */
static Wide
wide_subtract(const Wide *a, const Wide *b)
{
	Wide		difference;
	uint64		borrow = 0;

	for (int i = 0; i < WIDE_WORDS; i++)
	{
		uint128		rest = (uint128) a->words[i] - b->words[i] - borrow;

		difference.words[i] = (uint64) rest;
		borrow = (uint64) (rest >> 64) & 1;
	}
	return difference;
}

/* The nearest double: 64 bits, of which the last says whether more follow. */
static float8
wide_to_double(const Wide *value)
{
	int			top = WIDE_WORDS - 1;
	int			shift;
	uint64		head;
	bool		rest;

	while (top > 0 && value->words[top] == 0)
		top--;
	head = value->words[top];
	if (top == 0)
		return (float8) head;
	shift = __builtin_clzll(head);
	rest = shift > 0 ? value->words[top - 1] << shift != 0
		: value->words[top - 1] != 0;
	if (shift > 0)
		head = head << shift | value->words[top - 1] >> (64 - shift);
	for (int i = 0; i < top - 1; i++)
		rest |= value->words[i] != 0;
	return ldexp((float8) (head | (uint64) rest), 64 * top - shift);
}

/*--- Arithmetic on the struct ---*/

static float8
power_of_10(int scale)
{
	float8		power = 1;

	for (int i = 0; i < scale; i++)
		power *= 10;			/* exact up to 10^22 */
	return power;
}

static void
count_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("too many rows for sales_stats")));
}

static void
quantity_too_large(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("sum of quantities out of range")));
}

/*
 * No carry of true sums is lost: see SalesArm.  sales_stats_join counts modulo
 * 2^192.
 */
static void
add_squares(uint64 *squares, const uint64 *more)
{
	uint128		carry = 0;

	for (int i = 0; i < 3; i++)
	{
		carry += (uint128) squares[i] + more[i];
		squares[i] = (uint64) carry;
		carry >>= 64;
	}
}

static bool
has_extremes(const SalesArm *arm)
{
	return arm->min <= arm->max;
}

static void
forget_extremes(SalesArm *arm)
{
	arm->min = 0;
	arm->max = -1;
}

static void
merge_arm(SalesArm *arm, const SalesArm *other)
{
	if (other->count == 0)
		return;
	if (arm->count == 0)
	{
		arm->min = other->min;
		arm->max = other->max;
	}
	else if (!has_extremes(arm) || !has_extremes(other))
		forget_extremes(arm);
	else
	{
		arm->min = Min(arm->min, other->min);
		arm->max = Max(arm->max, other->max);
	}
	arm->count += other->count; /* three arms cannot overflow */
	arm->sum += other->sum;
	add_squares(arm->squares, other->squares);
	if (__builtin_add_overflow(arm->quantity, other->quantity,
							   &arm->quantity))
		quantity_too_large();
}

/* All arms as one. */
void
sales_stats_total(const SalesStats *stats, SalesArm *total)
{
	memset(total, 0, sizeof(*total));
	for (int i = 0; i < SALES_ARMS; i++)
		merge_arm(total, &stats->arms[i]);
}

/* What is wrong with an arm, or NULL. */
static const char *
arm_fault(const SalesArm *arm)
{
	static const SalesArm empty = {0};
	int64		largest = AMOUNT_LIMIT - 1;
	bool		overflow;
	int			order;
	Wide		squares = wide_squares(arm);
	Wide		bound;

	if (arm->count < 0 || arm->count > SALES_MAX_ROWS)
		return "A count is out of range.";
	if (arm->count == 0)
		return memcmp(arm, &empty, sizeof(empty)) == 0 ? NULL
			: "An empty arm has a value.";
	if (has_extremes(arm))
	{
		if (!amount_in_range(arm->min) || !amount_in_range(arm->max))
			return "A minimum or maximum is out of range.";
		if (arm->sum < (int128) (arm->count - 1) * arm->min + arm->max ||
			arm->sum > (int128) (arm->count - 1) * arm->max + arm->min)
			return "A sum does not fit its minimum and maximum.";
		largest = Max(arm->max, -arm->min);
	}
	else if (arm->min != 0 || arm->max != -1)
		return "A minimum or maximum is out of range.";
	else if (magnitude(arm->sum) > (uint128) arm->count * (uint128) largest)
		return "A sum does not fit the number of rows.";
	else
	{
		/* squares of integers: not below them, and odd as they are */
		bound = wide_from(magnitude(arm->sum));
		if (wide_compare(&squares, &bound) < 0 ||
			((arm->squares[0] ^ (uint64) arm->sum) & 1) != 0)
			return "A sum of squares does not fit its sum.";
	}
	bound = wide_multiply((uint128) ((int128) largest * largest), arm->count);
	if (wide_compare(&squares, &bound) > 0)
		return has_extremes(arm) ?
			"A sum of squares does not fit its minimum and maximum." :
			"A sum of squares does not fit the number of rows.";
	bound = wide_multiply(magnitude(arm->sum), magnitude(arm->sum));
	squares = wide_multiply_add(squares, arm->count, 0, &overflow);
	order = wide_compare(&squares, &bound);
	if (overflow || order < 0 || (arm->count == 1 && order > 0))
		return "A sum of squares does not fit its sum.";
	return NULL;
}

/* What is wrong with the state, or NULL. */
const char *
sales_stats_fault(const SalesStats *stats)
{
	int64		total = 0;

	if (VARSIZE(stats) != sizeof(SalesStats))
		return "It has not the size of its type.";
	if (stats->version != SALES_STATS_VERSION)
		return "Its version is not known.";
	if (stats->scale > AMOUNT_MAX_SCALE ||
		stats->quantity_scale > AMOUNT_MAX_SCALE ||
		stats->quantity_known >> SALES_ARMS != 0)
		return "Its header is out of range.";
	for (int i = 0; i < SALES_ARMS; i++)
	{
		const SalesArm *arm = &stats->arms[i];
		const char *fault = arm_fault(arm);

		if (fault != NULL)
			return fault;
		total += arm->count;
		if ((stats->quantity_known >> i & 1) == 0 ? arm->quantity != 0
			: arm->count == 0)
			return "A quantity does not fit its header.";
	}
	if ((total == 0 && stats->scale != 0) ||
		(stats->quantity_known == 0 && stats->quantity_scale != 0))
		return "It has decimals of nothing.";
	return NULL;
}

/*
 * What is wrong with the statistics of a cell of a cube, or NULL: they have
 * moments only, of amounts of 0 or more.
 */
const char *
sales_stats_moments_fault(const SalesStats *stats)
{
	const char *fault = sales_stats_fault(stats);

	if (fault != NULL)
		return fault;
	if (stats->quantity_known != 0)
		return "Statistics of a cell have a quantity.";
	for (int i = 0; i < SALES_ARMS; i++)
	{
		const SalesArm *arm = &stats->arms[i];
		Wide		squares = wide_squares(arm);
		Wide		bound = wide_multiply(magnitude(arm->sum),
										  magnitude(arm->sum));

		if (arm->count > 0 && has_extremes(arm))
			return "Statistics of a cell have a minimum or maximum.";
		if (arm->sum < 0 || wide_compare(&squares, &bound) > 0)
			return "Statistics of a cell have an amount below 0.";
	}
	return NULL;
}

static void
check_stats(const SalesStats *stats, int sqlerrcode)
{
	const char *fault = sales_stats_fault(stats);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(sqlerrcode),
				 errmsg("invalid sales_stats"),
				 errdetail("%s", fault)));
}

static SalesStats *
create_stats(void)
{
	SalesStats *stats = palloc0(sizeof(SalesStats));

	SET_VARSIZE(stats, sizeof(SalesStats));
	stats->version = SALES_STATS_VERSION;
	return stats;
}

/* An argument from outside, checked; not to be changed. */
SalesStats *
sales_stats_argument(FunctionCallInfo fcinfo, int arg)
{
	SalesStats *stats = (SalesStats *) PG_DETOAST_DATUM(PG_GETARG_DATUM(arg));

	check_stats(stats, ERRCODE_DATA_CORRUPTED);
	return stats;
}

/*
 * Gives the moments one more decimal, modulo the size of their fields; false
 * if that is not what they are.
 */
static bool
moments_add_decimal(SalesArm *arm)
{
	bool		squares_lost;
	Wide		squares = wide_multiply_add(wide_squares(arm), 100, 0,
											&squares_lost);
	bool		sum_lost = __builtin_mul_overflow(arm->sum, (int128) 10,
												  &arm->sum);

	memcpy(arm->squares, squares.words, sizeof(arm->squares));
	return !sum_lost && !squares_lost && squares.words[3] == 0;
}

/*
 * Gives all amounts more decimals.  If both ends fit, all sums do; where they
 * are not known, what is certain is that the sums do.
 */
static void
rescale_amounts(SalesStats *stats, int scale)
{
	int			from = stats->scale;

	for (int i = 0; i < SALES_ARMS; i++)
	{
		SalesArm   *arm = &stats->arms[i];

		if (arm->count == 0)
			continue;
		if (has_extremes(arm) && (!amount_rescale(&arm->min, from, scale) ||
								  !amount_rescale(&arm->max, from, scale)))
			amount_too_large();
		for (int j = from; j < scale; j++)
			if (!moments_add_decimal(arm))
				amount_too_large();
		if (!has_extremes(arm) && arm_fault(arm) != NULL)
			amount_too_large();
	}
	stats->scale = (uint8) scale;
}

static void
rescale_quantities(SalesStats *stats, int scale)
{
	for (int i = 0; i < SALES_ARMS; i++)
		stats->arms[i].quantity =
			amount_sum_rescale(stats->arms[i].quantity, stats->quantity_scale,
							   scale);
	stats->quantity_scale = (uint8) scale;
}

/* The amount with the decimals of the state, which may get more. */
static int64
fit_amount(SalesStats *stats, int64 amount, int scale)
{
	if (scale > stats->scale)
		rescale_amounts(stats, scale);
	else if (scale < stats->scale &&
			 !amount_rescale(&amount, scale, stats->scale))
		amount_too_large();
	return amount;
}

static void
add_moments(SalesArm *arm, int64 amount)
{
	uint64		size = (uint64) (amount < 0 ? -amount : amount);
	uint128		square = (uint128) size * size;
	uint128		low = ((uint128) arm->squares[1] << 64) | arm->squares[0];

	if (++arm->count > SALES_MAX_ROWS)
		count_too_large();
	arm->sum += amount;
	low += square;
	arm->squares[2] += low < square;
	arm->squares[0] = (uint64) low;
	arm->squares[1] = (uint64) (low >> 64);
}

void
sales_stats_add_amount(SalesStats *stats, SalesArmName name, int64 amount,
					   int scale)
{
	SalesArm   *arm = &stats->arms[name];

	amount = fit_amount(stats, amount, scale);
	if (arm->count == 0)
		arm->min = arm->max = amount;
	else if (has_extremes(arm))
	{
		arm->min = Min(arm->min, amount);
		arm->max = Max(arm->max, amount);
	}
	add_moments(arm, amount);
}

/* The same without the extremes. */
void
sales_stats_add_moments(SalesStats *stats, SalesArmName name, int64 amount,
						int scale)
{
	SalesArm   *arm = &stats->arms[name];

	amount = fit_amount(stats, amount, scale);
	forget_extremes(arm);
	add_moments(arm, amount);
}

/* As rescale_amounts, of what need not be the moments of any rows. */
static void
rescale_moments(SalesStats *stats, int scale)
{
	for (; stats->scale < scale; stats->scale++)
		for (int i = 0; i < SALES_ARMS; i++)
			(void) moments_add_decimal(&stats->arms[i]);
}

/*
 * Adds the moments of another state, or takes them away.  Until all is there,
 * counts and sums may be below zero, and all is modulo the size of its field;
 * sales_stats_settle() ends it, and what cannot be the statistics of any rows
 * is found by sales_stats_moments_fault().
 */
void
sales_stats_join(SalesStats *stats, const SalesStats *other, bool take)
{
	SalesStats	more = *other;

	rescale_moments(&more, stats->scale);
	rescale_moments(stats, more.scale);
	for (int i = 0; i < SALES_ARMS; i++)
	{
		SalesArm   *arm = &stats->arms[i];
		SalesArm   *change = &more.arms[i];

		if (take)
		{
			/* modulo 2^192 */
			for (int j = 0; j < 3; j++)
				change->squares[j] = ~change->squares[j];
			add_squares(change->squares, (uint64[3]) {1, 0, 0});
		}
		add_squares(arm->squares, change->squares);
		if (pg_add_s64_overflow(arm->count, take ? -change->count : change->count,
								&arm->count))
			count_too_large();
		arm->sum = (int128) (take ? (uint128) arm->sum - (uint128) change->sum
							 : (uint128) arm->sum + (uint128) change->sum);
		forget_extremes(arm);
	}
}

/* Clears the arms that have no rows left; whether there is something else. */
bool
sales_stats_settle(SalesStats *stats)
{
	static const SalesArm empty[SALES_ARMS] = {0};

	for (int i = 0; i < SALES_ARMS; i++)
		if (stats->arms[i].count == 0)
			stats->arms[i].min = stats->arms[i].max = 0;
	return memcmp(stats->arms, empty, sizeof(empty)) != 0;
}

static void
add_quantity(SalesStats *stats, SalesArmName name, int64 amount, int scale)
{
	SalesArm   *arm = &stats->arms[name];
	int128		quantity = amount;

	if (scale > stats->quantity_scale)
		rescale_quantities(stats, scale);
	else
		quantity = amount_sum_rescale(quantity, scale, stats->quantity_scale);
	if (__builtin_add_overflow(arm->quantity, quantity, &arm->quantity))
		quantity_too_large();
	stats->quantity_known |= (uint8) (1 << name);
}

void
sales_stats_merge(SalesStats *stats, const SalesStats *other)
{
	SalesStats	copy = *other;

	if (copy.scale > stats->scale)
		rescale_amounts(stats, copy.scale);
	else if (copy.scale < stats->scale)
		rescale_amounts(&copy, stats->scale);
	if (copy.quantity_scale > stats->quantity_scale)
		rescale_quantities(stats, copy.quantity_scale);
	else if (copy.quantity_scale < stats->quantity_scale)
		rescale_quantities(&copy, stats->quantity_scale);
	for (int i = 0; i < SALES_ARMS; i++)
	{
		merge_arm(&stats->arms[i], &copy.arms[i]);
		if (stats->arms[i].count > SALES_MAX_ROWS)
			count_too_large();
	}
	stats->quantity_known |= copy.quantity_known;
}

float8
sales_arm_mean(const SalesArm *arm, int scale)
{
	return (float8) arm->sum / (float8) arm->count / power_of_10(scale);
}

/* (n * sum of squares - sum^2) / (n * (n - 1)), for n of at least 2 */
float8
sales_arm_variance(const SalesArm *arm, int scale)
{
	bool		overflow;
	Wide		squares = wide_multiply_add(wide_squares(arm), arm->count, 0,
											&overflow);
	Wide		square = wide_multiply(magnitude(arm->sum),
									   magnitude(arm->sum));
	Wide		numerator = wide_subtract(&squares, &square);

	Assert(!overflow && arm->count >= 2);
	return wide_to_double(&numerator) /
		(float8) ((uint128) arm->count * (arm->count - 1)) /
		power_of_10(scale) / power_of_10(scale);
}

/* mean of a - mean of b, subtracted before anything is rounded */
float8
sales_mean_difference(const SalesArm *a, const SalesArm *b, int scale)
{
	Wide		left = wide_multiply(magnitude(a->sum), b->count);
	Wide		right = wide_multiply(magnitude(b->sum), a->count);
	bool		negative = a->sum < 0;
	Wide		numerator;
	float8		difference;

	if ((a->sum < 0) != (b->sum < 0))
	{
		numerator = left;
		for (int i = 0, carry = 0; i < WIDE_WORDS; i++)
		{
			uint128		word = (uint128) left.words[i] + right.words[i] + carry;

			numerator.words[i] = (uint64) word;
			carry = (int) (word >> 64);
		}
	}
	else if (wide_compare(&left, &right) >= 0)
		numerator = wide_subtract(&left, &right);
	else
	{
		numerator = wide_subtract(&right, &left);
		negative = !negative;
	}
	difference = wide_to_double(&numerator) /
		(float8) ((uint128) a->count * b->count) / power_of_10(scale);
	return negative && difference != 0 ? -difference : difference;
}

/*--- Text and bytes ---*/

/*
 * "1 2 0 {2 3000 5000000 1000 2000 3} {0} {0}": the version, the decimals of
 * amounts and of quantities, and for each arm its count, sum, sum of squares,
 * minimum and maximum ("- -" where they are not known) as integers, then its
 * quantity if it has one.
 */
PT_NORETURN static void
bad_text(const char *input)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"", "sales_stats",
					pnstrdup(input, pg_mbcliplen(input, strnlen(input, 104),
												 100))),
			 errdetail("It reads \"version scale quantity_scale {discounted} {full} {unknown}\", where an arm is \"count sum squares min max\" or \"count sum squares min max quantity\", or \"0\" if it is empty; \"- -\" stands for a min and max that are not known."),
			 errhint("Such text is made by the output of the type, not by hand.")));
}

static void
out_wide(StringInfo buf, bool negative, Wide value)
{
	char		digits[80];
	char	   *p = digits + sizeof(digits);
	bool		more = true;

	while (more)
	{
		uint128		rest = 0;

		more = false;
		for (int i = WIDE_WORDS - 1; i >= 0; i--)
		{
			rest = rest << 64 | value.words[i];
			value.words[i] = (uint64) (rest / 10);
			rest %= 10;
			more |= value.words[i] != 0;
		}
		*--p = (char) ('0' + (int) rest);
	}
	if (negative)
		*--p = '-';
	appendStringInfoChar(buf, ' ');
	appendBinaryStringInfo(buf, p, (int) (digits + sizeof(digits) - p));
}

static void
out_integer(StringInfo buf, int128 value)
{
	out_wide(buf, value < 0, wide_from(magnitude(value)));
}

Datum
pt_sales_stats_out(PG_FUNCTION_ARGS)
{
	const SalesStats *stats = sales_stats_argument(fcinfo, 0);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d %d %d", stats->version, stats->scale,
					 stats->quantity_scale);
	for (int i = 0; i < SALES_ARMS; i++)
	{
		const SalesArm *arm = &stats->arms[i];

		appendStringInfo(&buf, " {" INT64_FORMAT, arm->count);
		if (arm->count > 0)
		{
			out_integer(&buf, arm->sum);
			out_wide(&buf, false, wide_squares(arm));
			if (has_extremes(arm))
			{
				out_integer(&buf, arm->min);
				out_integer(&buf, arm->max);
			}
			else
				appendStringInfoString(&buf, " - -");
			if (stats->quantity_known >> i & 1)
				out_integer(&buf, arm->quantity);
		}
		appendStringInfoChar(&buf, '}');
	}
	PG_RETURN_CSTRING(buf.data);
}

/* A number, then the character that must follow it. */
static bool
in_wide(const char **s, bool *negative, Wide *value)
{
	bool		overflow = false;

	*negative = **s == '-';
	if (*negative)
		(*s)++;
	memset(value, 0, sizeof(*value));
	if (!isdigit((unsigned char) **s))
		return false;
	for (; isdigit((unsigned char) **s) && !overflow; (*s)++)
		*value = wide_multiply_add(*value, 10, (uint64) (**s - '0'),
								   &overflow);
	return !overflow;
}

static bool
in_int128(const char **s, int128 *value)
{
	bool		negative;
	Wide		wide;
	uint128		size;

	if (!in_wide(s, &negative, &wide) || wide.words[2] != 0 ||
		wide.words[3] != 0)
		return false;
	size = (uint128) wide.words[1] << 64 | wide.words[0];
	/* the smallest value of all is not needed */
	if (size >> 127 != 0)
		return false;
	*value = negative ? -(int128) size : (int128) size;
	return true;
}

static bool
in_int64(const char **s, int64 low, int64 high, int64 *value)
{
	int128		wide;

	if (!in_int128(s, &wide) || wide < low || wide > high)
		return false;
	*value = (int64) wide;
	return true;
}

static bool
in_literal(const char **s, char literal)
{
	if (**s != literal)
		return false;
	(*s)++;
	return true;
}

static bool
in_arm(const char **s, SalesArm *arm, bool *quantity_known)
{
	bool		negative;
	Wide		squares;

	if (!in_literal(s, '{') || !in_int64(s, 0, PG_INT64_MAX, &arm->count))
		return false;
	if (arm->count == 0)
		return in_literal(s, '}');
	if (!in_literal(s, ' ') || !in_int128(s, &arm->sum) ||
		!in_literal(s, ' ') || !in_wide(s, &negative, &squares) ||
		negative || squares.words[3] != 0)
		return false;
	if (strncmp(*s, " - -", 4) == 0)
	{
		*s += 4;
		forget_extremes(arm);
	}
	else if (!in_literal(s, ' ') ||
			 !in_int64(s, PG_INT64_MIN, PG_INT64_MAX, &arm->min) ||
			 !in_literal(s, ' ') ||
			 !in_int64(s, PG_INT64_MIN, PG_INT64_MAX, &arm->max) ||
			 (arm->min == 0 && arm->max == -1))
		return false;
	memcpy(arm->squares, squares.words, sizeof(arm->squares));
	*quantity_known = in_literal(s, ' ');
	if (*quantity_known && !in_int128(s, &arm->quantity))
		return false;
	return in_literal(s, '}');
}

static Datum
sales_stats_from_text(char *input)
{
	const char *s = input;
	SalesStats *stats = create_stats();
	int64		version;
	int64		scale;
	int64		quantity_scale;

	if (!in_int64(&s, SALES_STATS_VERSION, SALES_STATS_VERSION, &version) ||
		!in_literal(&s, ' ') || !in_int64(&s, 0, AMOUNT_MAX_SCALE, &scale) ||
		!in_literal(&s, ' ') ||
		!in_int64(&s, 0, AMOUNT_MAX_SCALE, &quantity_scale))
		bad_text(input);
	stats->scale = (uint8) scale;
	stats->quantity_scale = (uint8) quantity_scale;
	for (int i = 0; i < SALES_ARMS; i++)
	{
		bool		quantity_known = false;

		if (!in_literal(&s, ' ') ||
			!in_arm(&s, &stats->arms[i], &quantity_known))
			bad_text(input);
		if (quantity_known)
			stats->quantity_known |= (uint8) (1 << i);
	}
	if (*s != '\0')
		bad_text(input);
	check_stats(stats, ERRCODE_INVALID_TEXT_REPRESENTATION);
	return PointerGetDatum(stats);
}

Datum
pt_sales_stats_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, sales_stats_from_text);
}

Datum
pt_sales_stats_send(PG_FUNCTION_ARGS)
{
	const SalesStats *stats = sales_stats_argument(fcinfo, 0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint8(&buf, stats->version);
	pq_sendint8(&buf, stats->scale);
	pq_sendint8(&buf, stats->quantity_scale);
	pq_sendint8(&buf, stats->quantity_known);
	for (int i = 0; i < SALES_ARMS; i++)
	{
		const SalesArm *arm = &stats->arms[i];

		pq_sendint64(&buf, arm->count);
		if (arm->count == 0)
			continue;
		amount_sum_send(&buf, arm->sum);
		for (int j = 2; j >= 0; j--)
			pq_sendint64(&buf, arm->squares[j]);
		pq_sendint64(&buf, arm->min);
		pq_sendint64(&buf, arm->max);
		if (stats->quantity_known >> i & 1)
			amount_sum_send(&buf, arm->quantity);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
pt_sales_stats_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	SalesStats *stats = create_stats();

	stats->version = (uint8) pq_getmsgbyte(buf);
	stats->scale = (uint8) pq_getmsgbyte(buf);
	stats->quantity_scale = (uint8) pq_getmsgbyte(buf);
	stats->quantity_known = (uint8) pq_getmsgbyte(buf);
	if (stats->version == SALES_STATS_VERSION)
	{
		for (int i = 0; i < SALES_ARMS; i++)
		{
			SalesArm   *arm = &stats->arms[i];

			arm->count = pq_getmsgint64(buf);
			if (arm->count == 0)
				continue;
			arm->sum = amount_sum_recv(buf);
			for (int j = 2; j >= 0; j--)
				arm->squares[j] = (uint64) pq_getmsgint64(buf);
			arm->min = pq_getmsgint64(buf);
			arm->max = pq_getmsgint64(buf);
			if (stats->quantity_known >> i & 1)
				arm->quantity = amount_sum_recv(buf);
		}
	}
	check_stats(stats, ERRCODE_INVALID_BINARY_REPRESENTATION);
	PG_RETURN_POINTER(stats);
}

/*--- Aggregates ---*/

static SalesStats *
copy_stats(const SalesStats *stats)
{
	SalesStats *copy = palloc(sizeof(SalesStats));

	memcpy(copy, stats, sizeof(SalesStats));
	return copy;
}

/*
 * The state that a transition function may change: the executor's own, or a
 * copy of what a direct caller passed, or a new one (in the current context,
 * since the executor copies a first state itself).
 */
static SalesStats *
transition_state(FunctionCallInfo fcinfo)
{
	SalesStats *state;

	if (PG_ARGISNULL(0))
		return create_stats();
	if (!AggCheckCallContext(fcinfo, NULL))
		return copy_stats(sales_stats_argument(fcinfo, 0));
	state = (SalesStats *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
	if (VARSIZE(state) != sizeof(SalesStats) ||
		state->version != SALES_STATS_VERSION)
		check_stats(state, ERRCODE_DATA_CORRUPTED);
	return state;
}

Datum
pt_sales_stats_accum(PG_FUNCTION_ARGS)
{
	SalesStats *state;
	SalesArmName name = ARM_UNKNOWN;
	int64		amount;
	int			scale;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	state = transition_state(fcinfo);
	if (!PG_ARGISNULL(2))
		name = PG_GETARG_BOOL(2) ? ARM_DISCOUNTED : ARM_FULL;
	amount = amount_from_numeric(PG_GETARG_DATUM(1), &scale);
	sales_stats_add_amount(state, name, amount, scale);
	if (PG_NARGS() > 3 && !PG_ARGISNULL(3))
	{
		amount = amount_from_numeric(PG_GETARG_DATUM(3), &scale);
		add_quantity(state, name, amount, scale);
	}
	PG_RETURN_POINTER(state);
}

Datum
pt_sales_stats_combine(PG_FUNCTION_ARGS)
{
	SalesStats *state;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	state = transition_state(fcinfo);
	sales_stats_merge(state, sales_stats_argument(fcinfo, 1));
	PG_RETURN_POINTER(state);
}

/* rollup(sales_stats): combine under the name of a transition function. */
Datum
pt_sales_stats_rollup(PG_FUNCTION_ARGS)
{
	return pt_sales_stats_combine(fcinfo);
}

Datum
pt_sales_stats_add(PG_FUNCTION_ARGS)
{
	SalesStats *sum = copy_stats(sales_stats_argument(fcinfo, 0));

	sales_stats_merge(sum, sales_stats_argument(fcinfo, 1));
	PG_RETURN_POINTER(sum);
}

/*--- Accessors ---*/

/* Its label is looked up once per query. */
static SalesArmName
arm_argument(FunctionCallInfo fcinfo, int arg)
{
	static const char *const labels[] = {"discounted", "full", "unknown", "all"};

	typedef struct EnumMemory
	{
		Oid			value;
		SalesArmName name;
	} EnumMemory;

	Oid			value = PG_GETARG_OID(arg);
	EnumMemory *memory = fcinfo->flinfo->fn_extra;
	HeapTuple	tuple;
	int			name = lengthof(labels);

	if (memory != NULL && memory->value == value)
		return memory->name;
	tuple = SearchSysCache1(ENUMOID, ObjectIdGetDatum(value));
	if (HeapTupleIsValid(tuple))
	{
		const char *label = NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel);

		for (name = 0; name < (int) lengthof(labels); name++)
			if (strcmp(label, labels[name]) == 0)
				break;
		ReleaseSysCache(tuple);
	}
	if (name == lengthof(labels))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown sales_arm")));
	if (memory == NULL)
		memory = fcinfo->flinfo->fn_extra =
			MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(EnumMemory));
	memory->value = value;
	memory->name = (SalesArmName) name;
	return memory->name;
}

/* The arm that the second argument names, of the first. */
static const SalesStats *
asked_arm(FunctionCallInfo fcinfo, SalesArm *arm, bool *quantity_known)
{
	const SalesStats *stats = sales_stats_argument(fcinfo, 0);
	SalesArmName name = arm_argument(fcinfo, 1);

	if (name == ARM_ALL)
		sales_stats_total(stats, arm);
	else
		*arm = stats->arms[name];
	if (quantity_known != NULL)
		*quantity_known = name == ARM_ALL ? stats->quantity_known != 0
			: (stats->quantity_known >> name & 1) != 0;
	return stats;
}

Datum
pt_sales_count(PG_FUNCTION_ARGS)
{
	SalesArm	arm;

	asked_arm(fcinfo, &arm, NULL);
	PG_RETURN_INT64(arm.count);
}

Datum
pt_sales_revenue(PG_FUNCTION_ARGS)
{
	SalesArm	arm;
	const SalesStats *stats = asked_arm(fcinfo, &arm, NULL);

	if (arm.count == 0)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(amount_to_numeric(arm.sum, stats->scale));
}

/* As AVG divides. */
Datum
pt_sales_mean(PG_FUNCTION_ARGS)
{
	SalesArm	arm;
	const SalesStats *stats = asked_arm(fcinfo, &arm, NULL);

	if (arm.count == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(DirectFunctionCall2(numeric_div,
										NumericGetDatum(amount_to_numeric(arm.sum, stats->scale)),
										NumericGetDatum(int64_to_numeric(arm.count))));
}

Datum
pt_sales_stddev(PG_FUNCTION_ARGS)
{
	SalesArm	arm;
	const SalesStats *stats = asked_arm(fcinfo, &arm, NULL);

	if (arm.count < 2)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(sqrt(sales_arm_variance(&arm, stats->scale)));
}

Datum
pt_sales_min(PG_FUNCTION_ARGS)
{
	SalesArm	arm;
	const SalesStats *stats = asked_arm(fcinfo, &arm, NULL);

	if (arm.count == 0 || !has_extremes(&arm))
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(amount_to_numeric(arm.min, stats->scale));
}

Datum
pt_sales_max(PG_FUNCTION_ARGS)
{
	SalesArm	arm;
	const SalesStats *stats = asked_arm(fcinfo, &arm, NULL);

	if (arm.count == 0 || !has_extremes(&arm))
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(amount_to_numeric(arm.max, stats->scale));
}

Datum
pt_sales_quantity(PG_FUNCTION_ARGS)
{
	SalesArm	arm;
	bool		known;
	const SalesStats *stats = asked_arm(fcinfo, &arm, &known);

	if (!known)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(amount_to_numeric(arm.quantity, stats->quantity_scale));
}

/* Of the rows whose discount is known. */
Datum
pt_sales_discount_share(PG_FUNCTION_ARGS)
{
	const SalesStats *stats = sales_stats_argument(fcinfo, 0);
	int64		discounted = stats->arms[ARM_DISCOUNTED].count;
	int64		known = discounted + stats->arms[ARM_FULL].count;

	if (known == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((float8) discounted / (float8) known);
}
