/*-------------------------------------------------------------------------
 *
 * simulate_purchases.c
 *		Dated purchases of a process whose constants are known.
 *
 * docs/simulate.md has the formulas.  In short:
 *
 *	- the shop has a clock of its own, which runs faster as the years go by,
 *	  towards December, towards the weekend and in the evening.  On that
 *	  clock, customers are exactly BG/NBD: rate ~ Gamma(r, alpha), and after
 *	  each repeat order they are gone with a probability ~ Beta(a, b);
 *	- the sum of an order, before discounts, is Gamma-Gamma.  It is a budget:
 *	  the basket is filled with products about as dear, and the prices are
 *	  then scaled to meet it;
 *	- dear categories are discounted more often, so a comparison that does
 *	  not look at products finds another effect than the true one;
 *	- some lines come back some days later, as an order of their own.
 *
 * As in simulate.c, every customer has a random stream of his own and all
 * arithmetic on random numbers is in integers, logarithms included, so the
 * rows do not depend on the machine.  This is why all shapes of gamma
 * distributions below are multiples of 1/2: these are sums of exponential
 * variables and at most one half of a squared normal one.  (The season's
 * cosine is the only call of libm; none of its 366 values is near to where
 * rounding to integers would change.)
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "compat.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "simulate.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(pt_simulate_purchases);
PG_FUNCTION_INFO_V1(pt_simulation_truth);

/*-------------------------------------------------------------------------
 * 1. The process
 *-------------------------------------------------------------------------
 */

#define MAX_DAYS		36500
#define MAX_LINES		8		/* of an order */
#define MAX_TRIES		8		/* to find a product within the budget */
#define MAX_ORDERS		999999	/* of a customer, returns included */
#define ORDER_ID_STEP	1000000 /* order_id = customer_id * this + number */
#define TICKS_PER_DAY	1000000 /* of the shop's clock, at its usual speed */
#define DAY_SECONDS		86400

/* Shapes are in halves: 1 is 0.5. */
static const struct SimProcess
{
	/* timing */
	int32		r_halves;
	int32		alpha_days;
	int32		a_halves;
	int32		b_halves;
	int32		arrival_percent;	/* of the period, from its start */

	/* sum of an order before discounts */
	int32		spend_p_halves;
	int32		spend_q_halves;
	int32		spend_gamma;	/* cents */

	/* speed of the shop's clock */
	int32		trend_permille; /* of the first day's speed, in 365 days */
	int32		season_permille;
	int32		season_peak;	/* day of the year */
	uint16		weekday_percent[7]; /* from Sunday */

	/* discounts: odds are per ten thousand */
	int32		discount_odds[NUM_CATEGORIES];
	int32		discount_odds_sale; /* added in January and July */
	int32		discount_price_permille;	/* price before, against usual */

	/* returns */
	int32		return_odds;	/* of a line */
	int32		return_days_min;
	int32		return_days_max;
}			process =
{
	.r_halves = 1,
	.alpha_days = 28,
	.a_halves = 1,
	.b_halves = 9,
	.arrival_percent = 75,

	.spend_p_halves = 12,
	.spend_q_halves = 8,
	.spend_gamma = 4500,

	.trend_permille = 200,
	.season_permille = 250,
	.season_peak = 349,
	.weekday_percent = {90, 95, 90, 92, 98, 110, 125},

	.discount_odds = {1500, 2000, 4000, 3000, 1000},
	.discount_odds_sale = 1500,
	.discount_price_permille = 1040,

	.return_odds = 400,
	.return_days_min = 3,
	.return_days_max = 28
};

#define NUM_DISCOUNTS	4
static const int32 discount_percents[NUM_DISCOUNTS] = {10, 15, 20, 30};
static const uint16 discount_weights[NUM_DISCOUNTS] = {30, 30, 25, 15};

#define MAX_QUANTITY	3
static const uint16 quantity_weights[MAX_QUANTITY] = {86, 11, 3};

#define NUM_CHANNELS	3
static const char *const channel_names[NUM_CHANNELS] = {"web", "shop", "app"};
static const uint16 channel_weights[NUM_AGE_GROUPS][NUM_CHANNELS] =
{
	{35, 20, 45},				/* below 30 */
	{45, 25, 30},				/* 30 to 49 */
	{40, 45, 15}				/* 50 and above */
};

/* Hours of a day: Monday to Friday, and weekend. */
static const uint16 hour_weights[2][24] =
{
	{
		6, 3, 1, 1, 1, 3, 9, 20, 33, 44, 52, 56,
		66, 58, 48, 48, 55, 70, 84, 95, 98, 80, 46, 23
	},
	{
		10, 5, 2, 1, 1, 2, 4, 10, 26, 50, 75, 88,
		86, 80, 78, 76, 72, 66, 60, 58, 56, 48, 30, 16
	}
};

/*-------------------------------------------------------------------------
 * 2. The shop's clock
 *-------------------------------------------------------------------------
 */

typedef struct SimDay
{
	int64		start;			/* on the shop's clock, in ticks */
	uint8		season;
	bool		weekend;
	bool		sale;
} SimDay;

typedef struct SimCalendar
{
	int32		days;
	TimestampTz first;			/* 2024-01-01 */
	int32		hour_start[2][25];	/* running sums of hour_weights */
	SimDay		day[FLEXIBLE_ARRAY_MEMBER]; /* and one more, the end */
} SimCalendar;

static SimCalendar *
make_calendar(int32 days)
{
	SimCalendar *calendar;
	int			first = date2j(2024, 1, 1);
	int64		ticks = 0;

	calendar = palloc(offsetof(SimCalendar, day) +
					  (days + 1) * sizeof(SimDay));
	calendar->days = days;
	calendar->first = (first - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;

	for (int weekend = 0; weekend < 2; weekend++)
	{
		calendar->hour_start[weekend][0] = 0;
		for (int hour = 0; hour < 24; hour++)
			calendar->hour_start[weekend][hour + 1] =
				calendar->hour_start[weekend][hour] +
				hour_weights[weekend][hour];
	}

	for (int d = 0; d <= days; d++)
	{
		SimDay	   *day = &calendar->day[d];
		int			weekday = j2day(first + d);
		int			y,
					m,
					mday;
		int			day_of_year;
		int64		trend;
		int64		season;

		j2date(first + d, &y, &m, &mday);
		day_of_year = first + d - date2j(y, 1, 1) + 1;

		day->start = ticks;
		day->season = m == 12 ? WINTER : m < 3 ? WINTER :
			m < 6 ? SPRING : m < 9 ? SUMMER : FALL;
		day->weekend = weekday == 0 || weekday == 6;
		day->sale = m == 1 || m == 7;

		trend = 1000 + (int64) process.trend_permille * d / 365;
		season = 1000 +
			(int64) rint(process.season_permille *
						 cos(2 * M_PI * (day_of_year - process.season_peak) /
							 365));
		ticks += trend * season * process.weekday_percent[weekday] / 100;
	}
	return calendar;
}

/* The day of a time on the shop's clock, which must be within the period. */
static int32
day_at(const SimCalendar *calendar, int64 ticks)
{
	int32		low = 0;
	int32		high = calendar->days;

	while (high - low > 1)
	{
		int32		middle = low + (high - low) / 2;

		if (calendar->day[middle].start <= ticks)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Seconds since the first day began. */
static int64
second_at(const SimCalendar *calendar, int32 d, int64 ticks)
{
	const SimDay *day = &calendar->day[d];
	const int32 *hour_start = calendar->hour_start[day->weekend];
	int64		at;
	int			hour = 0;

	/* in 1/3600 of the hours' weights */
	at = (ticks - day->start) * hour_start[24] * 3600 /
		(day[1].start - day->start);
	while (at >= (int64) hour_start[hour + 1] * 3600)
		hour++;
	return (int64) d * DAY_SECONDS + hour * 3600 +
		(at - (int64) hour_start[hour] * 3600) /
		(hour_start[hour + 1] - hour_start[hour]);
}

/*-------------------------------------------------------------------------
 * 3. Random draws from distributions, in integers
 *
 * Fixed-point numbers have 24 bits behind the point.
 *-------------------------------------------------------------------------
 */

#define FIXED_BITS		24
#define LOG_STEP_BITS	10
#define LOG_STEPS		(1 << LOG_STEP_BITS)
#define LN2				UINT64CONST(2977044472)	/* ln 2 * 2^32 */

/* log2(1 + i / LOG_STEPS) * 2^32 */
typedef uint64 SimLogTable[LOG_STEPS + 1];

static void
make_log_table(uint64 *table)
{
	for (int i = 0; i < LOG_STEPS; i++)
	{
		/* between 1 and 2, times 2^31: squaring it gives digit after digit */
		uint64		x = (uint64) (LOG_STEPS + i) << (31 - LOG_STEP_BITS);
		uint64		log = 0;

		for (int bit = 31; bit >= 0; bit--)
		{
			x = (x * x) >> 31;
			if (x >> 32)
			{
				log |= UINT64CONST(1) << bit;
				x >>= 1;
			}
		}
		table[i] = log;
	}
	table[LOG_STEPS] = UINT64CONST(1) << 32;
}

/* -ln(u / 2^64), u > 0: below 45, exact to 2e-7 */
static inline uint64
minus_log(const uint64 *table, uint64 u)
{
	int			top = pg_leftmost_one_pos64(u);
	uint64		mantissa = u << (63 - top);
	int			step = (mantissa >> (63 - LOG_STEP_BITS)) & (LOG_STEPS - 1);
	uint64		rest = (mantissa << (1 + LOG_STEP_BITS)) >> 32;
	uint64		log2 = table[step] +
		(((table[step + 1] - table[step]) * rest) >> 32);

	log2 = ((uint64) (64 - top) << 32) - log2;
	return ((log2 >> (32 - FIXED_BITS)) * LN2) >> 32;
}

static inline uint64
draw_exponential(pg_prng_state *rng, const uint64 *table)
{
	return minus_log(table, pg_prng_uint64(rng) | 1);
}

/* Gamma with shape halves / 2 and rate 1; never 0. */
static uint64
draw_gamma(pg_prng_state *rng, const uint64 *table, int halves)
{
	uint64		sum = 0;

	for (; halves >= 2; halves -= 2)
		sum += draw_exponential(rng, table);

	if (halves == 1)
	{
		uint64		x;
		uint64		square;

		/*
		 * A point in a quarter of a circle of radius 2^31.  Its squared
		 * distance is uniform, and its angle is independent of that, so this
		 * is an exponential variable times the squared cosine.
		 */
		do
		{
			uint64		point = pg_prng_uint64(rng);
			uint64		y = point & 0x7FFFFFFF;

			x = point >> 33;
			square = x * x + y * y;
		} while (square >= UINT64CONST(1) << 62 ||
				 square < UINT64CONST(1) << 40);	/* one of 5 million */

		sum += (minus_log(table, square << 2) *
				(x * x / (square >> FIXED_BITS))) >> FIXED_BITS;
	}
	return Max(sum, 1);
}

/*-------------------------------------------------------------------------
 * 4. Customers and their orders
 *-------------------------------------------------------------------------
 */

typedef struct SimLine
{
	int32		order_number;	/* among the customer's */
	int64		second;			/* since the start of the period */
	int			product;
	int32		quantity;		/* negative for a return */
	int64		unit_price;		/* cents */
	int64		discount;		/* of the line, in cents */
	bool		discounted;
} SimLine;

typedef struct SimPurchases
{
	SimShop		shop;
	SimCalendar *calendar;
	SimLogTable log_table;
	int64		customers;

	/* the customer at work */
	pg_prng_state rng;
	int64		customer;		/* 0 before the first */
	int			gender;
	int32		age;
	SimAgeGroup age_group;
	int			place;
	int			channel;
	uint64		rate;			/* fixed-point, per alpha_days */
	uint64		spend_rate;		/* fixed-point, per spend_gamma */
	uint64		dropout;		/* fixed-point */

	/* the next order, if there is one */
	bool		active;
	int64		ticks;
	int64		second;
	int32		day;

	int32		order_count;	/* returns included */
	int64		last_return;	/* second */

	/* lines of an order and of its return, not yet given out from "next" */
	int			next;
	int			line_count;
	SimLine		line[2 * MAX_LINES];
} SimPurchases;

/*
 * Where the shop's clock has come to.  Orders of a customer have different
 * times, and never a full minute: that is for returns.
 */
static void
set_time(SimPurchases *p, int64 ticks, int64 last_second)
{
	const SimCalendar *calendar = p->calendar;

	if (ticks >= calendar->day[calendar->days].start)
	{
		p->active = false;
		return;
	}
	p->ticks = ticks;
	p->day = day_at(calendar, ticks);
	p->second = Max(second_at(calendar, p->day, ticks), last_second + 1);
	if (p->second % 60 == 0)
		p->second++;
	p->active = p->second < (int64) calendar->days * DAY_SECONDS;
}

static void
start_customer(SimPurchases *p)
{
	pg_prng_state *rng = &p->rng;
	const SimCalendar *calendar = p->calendar;
	uint64		stays;
	int32		arrival_days;

	p->customer++;
	p->order_count = 0;
	p->last_return = -1;

	/* other streams than those of simulate_customers */
	pg_prng_seed(rng, ~p->shop.key + (uint64) p->customer);

	p->gender = draw_weighted(rng, sim_gender_weights, NUM_GENDERS);
	p->age = draw_age(rng);
	p->age_group = age_group_of(p->age);
	p->place = draw_weighted(rng, sim_place_weights, NUM_PLACES);
	p->channel = draw_weighted(rng, channel_weights[p->age_group],
							   NUM_CHANNELS);

	p->rate = draw_gamma(rng, p->log_table, process.r_halves);
	p->dropout = draw_gamma(rng, p->log_table, process.a_halves);
	stays = draw_gamma(rng, p->log_table, process.b_halves);
	p->dropout = (p->dropout << FIXED_BITS) / (p->dropout + stays);
	p->spend_rate = draw_gamma(rng, p->log_table, process.spend_q_halves);

	/* the first order; what the remainder prefers is below 1 in 10^6 */
	arrival_days = (calendar->days * process.arrival_percent + 99) / 100;
	set_time(p, pg_prng_uint64(rng) % calendar->day[arrival_days].start, -1);
}

/* What one chooses for about so many cents; prices are the usual ones yet. */
static int
fill_basket(SimPurchases *p, int64 budget)
{
	pg_prng_state *rng = &p->rng;
	const uint32 *demand =
		p->shop.demand[p->gender][p->age_group]
		[p->calendar->day[p->day].season];
	uint32		in_basket = 0;	/* a bit for each product */
	int64		sum = 0;
	int			n = 0;

	StaticAssertStmt(NUM_PRODUCTS <= 32, "too many products for a bit set");

	while (n < MAX_LINES && sum * 10 < budget * 8)
	{
		SimLine    *line = &p->line[n];
		int64		best = PG_INT64_MAX;
		int			try;

		for (try = 0; try < MAX_TRIES; try++)
		{
			int			product = draw_product(rng, demand);
			int32		quantity = 1 + draw_weighted(rng, quantity_weights,
													 MAX_QUANTITY);
			int64		value = (int64) sim_products[product].price * quantity;

			if (in_basket & ((uint32) 1 << product) || value >= best)
				continue;
			best = value;
			line->product = product;
			line->quantity = quantity;
			line->unit_price = sim_products[product].price;
			if ((sum + value) * 4 <= budget * 5)
				break;
		}

		/* nothing fits; but an empty basket gets the cheapest that was seen */
		if (try == MAX_TRIES && n > 0)
			break;
		in_basket |= (uint32) 1 << line->product;
		sum += best;
		n++;
	}

	for (int i = 0; i < n; i++)
	{
		/* to ten cents */
		int64		price = p->line[i].unit_price * budget / sum;

		p->line[i].unit_price = Max((price + 5) / 10 * 10, 10);
	}
	return n;
}

static void
draw_discount(SimPurchases *p, SimLine *line)
{
	int32		odds;
	int64		price;
	int64		percent;

	odds = process.discount_odds[sim_products[line->product].category];
	if (p->calendar->day[p->day].sale)
		odds += process.discount_odds_sale;

	line->discounted = draw_chance(&p->rng, odds);
	line->discount = 0;
	if (!line->discounted)
		return;

	percent = discount_percents[draw_weighted(&p->rng, discount_weights,
											  NUM_DISCOUNTS)];
	price = line->unit_price * process.discount_price_permille / 1000;
	line->unit_price = (price + 5) / 10 * 10;
	line->discount = (line->unit_price * percent + 50) / 100 * line->quantity;
}

/* What of an order comes back, as lines after its own. */
static void
draw_return(SimPurchases *p)
{
	pg_prng_state *rng = &p->rng;
	const SimCalendar *calendar = p->calendar;
	int			bought = p->line_count;
	int			n = 0;
	int32		day;
	int			hour;
	int64		second;

	for (int i = 0; i < bought; i++)
	{
		if (draw_chance(rng, process.return_odds))
			p->line[bought + n++] = p->line[i];
	}
	if (n == 0)
		return;

	day = p->day + process.return_days_min +
		(int32) draw_below(rng, process.return_days_max -
						   process.return_days_min + 1);
	hour = draw_weighted(rng, hour_weights[day < calendar->days &&
										   calendar->day[day].weekend], 24);
	second = (int64) day * DAY_SECONDS + hour * 3600 +
		draw_below(rng, 60) * 60;

	/* returns of a customer have different times, too */
	second = Max(second, p->last_return + 60);
	if (second >= (int64) calendar->days * DAY_SECONDS ||
		p->order_count >= MAX_ORDERS)
		return;

	p->last_return = second;
	p->order_count++;
	for (int i = 0; i < n; i++)
	{
		SimLine    *line = &p->line[bought + i];

		line->order_number = p->order_count;
		line->second = second;
		line->unit_price -= line->discount / line->quantity;
		line->quantity = -line->quantity;
		line->discount = 0;
		line->discounted = false;
	}
	p->line_count += n;
}

/* Makes the lines of the customer's next order, and plans the one after. */
static void
make_order(SimPurchases *p)
{
	pg_prng_state *rng = &p->rng;
	bool		first = p->order_count == 0;
	int64		budget;
	uint64		gap;

	budget = draw_gamma(rng, p->log_table, process.spend_p_halves) *
		process.spend_gamma / p->spend_rate;

	p->next = 0;
	p->line_count = fill_basket(p, Max(budget, 10));
	p->order_count++;
	for (int i = 0; i < p->line_count; i++)
	{
		SimLine    *line = &p->line[i];

		line->order_number = p->order_count;
		line->second = p->second;
		draw_discount(p, line);
	}
	draw_return(p);

	/* In BG/NBD, nobody leaves after the first order. */
	if ((!first && pg_prng_uint32(rng) >> (32 - FIXED_BITS) < p->dropout) ||
		p->order_count >= MAX_ORDERS)
	{
		p->active = false;
		return;
	}
	gap = draw_exponential(rng, p->log_table) *
		((uint64) process.alpha_days * TICKS_PER_DAY) / p->rate;
	set_time(p, p->ticks + (int64) gap, p->second);
}

/* NULL at the end. */
static const SimLine *
next_line(SimPurchases *p)
{
	if (p->next >= p->line_count)
	{
		if (!p->active)
		{
			if (p->customer >= p->customers)
				return NULL;
			start_customer(p);
		}
		make_order(p);
	}
	return &p->line[p->next++];
}

/*-------------------------------------------------------------------------
 * 5. SQL functions
 *-------------------------------------------------------------------------
 */

#define NUM_PURCHASE_COLUMNS	14

/* All that rows refer to, made once per call. */
typedef struct SimLabels
{
	Datum		gender[NUM_GENDERS];
	Datum		product[NUM_PRODUCTS];
	Datum		category[NUM_CATEGORIES];
	Datum		place[NUM_PLACES];
	Datum		channel[NUM_CHANNELS];
} SimLabels;

typedef struct SimCall
{
	SimPurchases purchases;
	SimLabels	labels;
} SimCall;

static SimCall *
make_call(int32 customers, int32 days, int64 seed)
{
	SimCall    *call = palloc0(sizeof(SimCall));
	SimLabels  *labels = &call->labels;

	call->purchases.customers = customers;
	call->purchases.calendar = make_calendar(days);
	make_log_table(call->purchases.log_table);
	sim_shop_init(&call->purchases.shop, seed);

	sim_make_labels(labels->gender, sim_gender_names, NUM_GENDERS);
	for (int i = 0; i < NUM_PRODUCTS; i++)
		labels->product[i] = CStringGetTextDatum(sim_products[i].name);
	sim_make_labels(labels->category, sim_category_names, NUM_CATEGORIES);
	sim_make_labels(labels->place, sim_place_names, NUM_PLACES);
	sim_make_labels(labels->channel, channel_names, NUM_CHANNELS);
	return call;
}

static Datum
cents_datum(int64 cents)
{
	return NumericGetDatum(int64_div_fast_to_numeric(cents, 2));
}

static void
check_arguments(int32 customers, int32 days)
{
	if (customers < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of customers must not be negative"),
				 errdetail("The argument \"customers\" of simulate_purchases is %d.",
						   customers),
				 errhint("Use 0 for no rows, or the number of customers wanted.")));
	if (days < 1 || days > MAX_DAYS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of days must be between 1 and %d", MAX_DAYS),
				 errdetail("The argument \"days\" of simulate_purchases is %d.",
						   days),
				 errhint("Use 730 for two years.")));
}

/* One value per call: see pt_simulate_customers. */
Datum
pt_simulate_purchases(PG_FUNCTION_ARGS)
{
	FuncCallContext *funcctx;
	SimCall    *call;
	const SimLine *line;

	CHECK_FOR_INTERRUPTS();

	if (SRF_IS_FIRSTCALL())
	{
		int32		customers = PG_GETARG_INT32(0);
		int32		days = PG_GETARG_INT32(1);
		TupleDesc	tupdesc;
		TypeFuncClass kind;
		MemoryContext oldcontext;

		check_arguments(customers, days);
		funcctx = SRF_FIRSTCALL_INIT();
		oldcontext = MemoryContextSwitchTo(funcctx->multi_call_memory_ctx);

		kind = get_call_result_type(fcinfo, NULL, &tupdesc);
		if (kind != TYPEFUNC_COMPOSITE ||
			tupdesc->natts != NUM_PURCHASE_COLUMNS)
			elog(ERROR, "unexpected result type of simulate_purchases");
		funcctx->tuple_desc = BlessTupleDesc(tupdesc);
		funcctx->user_fctx = make_call(customers, days, PG_GETARG_INT64(2));

		MemoryContextSwitchTo(oldcontext);
	}

	funcctx = SRF_PERCALL_SETUP();
	call = funcctx->user_fctx;

	line = next_line(&call->purchases);
	if (line != NULL)
	{
		const SimPurchases *p = &call->purchases;
		const SimLabels *labels = &call->labels;
		Datum		values[NUM_PURCHASE_COLUMNS];
		bool		nulls[NUM_PURCHASE_COLUMNS] = {false};
		HeapTuple	tuple;
		int			i = 0;

		values[i++] = Int64GetDatum(p->customer * ORDER_ID_STEP +
									line->order_number);
		values[i++] = Int64GetDatum(p->customer);
		values[i++] = TimestampGetDatum(p->calendar->first +
										line->second * USECS_PER_SEC);
		values[i++] = labels->product[line->product];
		values[i++] = labels->category[sim_products[line->product].category];
		values[i++] = Int32GetDatum(line->quantity);
		values[i++] = cents_datum(line->unit_price);
		values[i++] = cents_datum(line->quantity * line->unit_price -
								  line->discount);
		values[i++] = cents_datum(line->discount);
		values[i++] = BoolGetDatum(line->discounted);
		values[i++] = labels->gender[p->gender];
		values[i++] = Int32GetDatum(p->age);
		values[i++] = labels->place[p->place];
		values[i++] = labels->channel[p->channel];
		Assert(i == NUM_PURCHASE_COLUMNS);

		tuple = heap_form_tuple(funcctx->tuple_desc, values, nulls);
		SRF_RETURN_NEXT(funcctx, HeapTupleGetDatum(tuple));
	}

	SRF_RETURN_DONE(funcctx);
}

typedef struct SimTruth
{
	const char *parameter;
	double		value;
	const char *meaning;
} SimTruth;

#define NUM_TRUTHS_MAX			40
#define NUM_TRUTH_COLUMNS		3

/* Returns how many there are. */
static int
list_truths(SimTruth *truths)
{
	double		p = process.spend_p_halves / 2.0;
	double		q = process.spend_q_halves / 2.0;
	double		gamma = process.spend_gamma / 100.0;
	double		off = 0;
	int			weight = 0;
	int			n = 0;

	static const char *const weekday_names[7] = {
		"weekday_sunday", "weekday_monday", "weekday_tuesday",
		"weekday_wednesday", "weekday_thursday", "weekday_friday",
		"weekday_saturday"
	};
	static const char *const share_names[NUM_CATEGORIES] = {
		"discount_share_tops", "discount_share_bottoms",
		"discount_share_outerwear", "discount_share_footwear",
		"discount_share_accessories"
	};

#define TRUTH(...)	truths[n++] = (SimTruth) {__VA_ARGS__}
	TRUTH("r", process.r_halves / 2.0,
		  "Shape of the purchase rates of customers (BG/NBD)");
	TRUTH("alpha", process.alpha_days / 7.0,
		  "Rate parameter of the purchase rates, in weeks of the shop's clock (BG/NBD)");
	TRUTH("a", process.a_halves / 2.0,
		  "First parameter of the probability to drop out after a repeat order (BG/NBD)");
	TRUTH("b", process.b_halves / 2.0,
		  "Second parameter of the probability to drop out after a repeat order (BG/NBD)");
	TRUTH("arrival_share", process.arrival_percent / 100.0,
		  "Share of the period, from its start, in which first orders happen");
	TRUTH("spend_p", p,
		  "Shape of a customer's order sums before discounts (Gamma-Gamma)");
	TRUTH("spend_q", q,
		  "Shape of the spending of customers (Gamma-Gamma)");
	TRUTH("spend_gamma", gamma,
		  "Scale of the spending of customers, in currency units (Gamma-Gamma)");
	TRUTH("spend_mean", p * gamma / (q - 1),
		  "Mean order sum before discounts, customers weighted equally, in currency units");
	TRUTH("trend", process.trend_permille / 1000.0,
		  "Growth of the speed of the shop's clock in 365 days, as a share of the first day's speed");
	TRUTH("season_amplitude", process.season_permille / 1000.0,
		  "Amplitude of the yearly cosine in the speed of the shop's clock");
	TRUTH("season_peak_day", process.season_peak,
		  "Day of the year at which the cosine is highest");
	for (int i = 0; i < 7; i++)
		TRUTH(weekday_names[(i + 1) % 7],
			  process.weekday_percent[(i + 1) % 7] / 100.0,
			  "Factor of this weekday in the speed of the shop's clock");
	for (int i = 0; i < NUM_CATEGORIES; i++)
		TRUTH(share_names[i], process.discount_odds[i] / 10000.0,
			  "Probability that a line of this category is discounted, outside of sales");
	TRUTH("discount_share_sale", process.discount_odds_sale / 10000.0,
		  "What is added to the probability of a discount in January and July");

	for (int i = 0; i < NUM_DISCOUNTS; i++)
	{
		off += discount_percents[i] / 100.0 * discount_weights[i];
		weight += discount_weights[i];
	}
	TRUTH("discount_rate", off / weight,
		  "Mean discount as a share of the price");
	TRUTH("discount_price_effect",
		  process.discount_price_permille / 1000.0 - 1,
		  "Relative change of the price before the discount where there is one");
	TRUTH("discount_effect",
		  process.discount_price_permille / 1000.0 * (1 - off / weight) - 1,
		  "Relative change of a line's amount by a discount, everything else being equal");
	TRUTH("return_share", process.return_odds / 10000.0,
		  "Probability that a line is returned (it is seen only if that is within the period)");
	TRUTH("return_days_min", process.return_days_min,
		  "Fewest calendar days from an order to its return");
	TRUTH("return_days_max", process.return_days_max,
		  "Most calendar days from an order to its return");
#undef TRUTH

	Assert(n <= NUM_TRUTHS_MAX);
	return n;
}

Datum
pt_simulation_truth(PG_FUNCTION_ARGS)
{
	FuncCallContext *funcctx;
	SimTruth   *truths;

	if (SRF_IS_FIRSTCALL())
	{
		TupleDesc	tupdesc;
		MemoryContext oldcontext;

		funcctx = SRF_FIRSTCALL_INIT();
		oldcontext = MemoryContextSwitchTo(funcctx->multi_call_memory_ctx);

		if (get_call_result_type(fcinfo, NULL, &tupdesc) !=
			TYPEFUNC_COMPOSITE || tupdesc->natts != NUM_TRUTH_COLUMNS)
			elog(ERROR, "unexpected result type of simulation_truth");
		funcctx->tuple_desc = BlessTupleDesc(tupdesc);
		truths = palloc(NUM_TRUTHS_MAX * sizeof(SimTruth));
		funcctx->max_calls = list_truths(truths);
		funcctx->user_fctx = truths;

		MemoryContextSwitchTo(oldcontext);
	}

	funcctx = SRF_PERCALL_SETUP();
	truths = funcctx->user_fctx;

	if (funcctx->call_cntr < funcctx->max_calls)
	{
		const SimTruth *truth = &truths[funcctx->call_cntr];
		Datum		values[NUM_TRUTH_COLUMNS];
		bool		nulls[NUM_TRUTH_COLUMNS] = {false};
		HeapTuple	tuple;

		values[0] = CStringGetTextDatum(truth->parameter);
		values[1] = Float8GetDatum(truth->value);
		values[2] = CStringGetTextDatum(truth->meaning);
		tuple = heap_form_tuple(funcctx->tuple_desc, values, nulls);
		SRF_RETURN_NEXT(funcctx, HeapTupleGetDatum(tuple));
	}

	SRF_RETURN_DONE(funcctx);
}
