/*-------------------------------------------------------------------------
 *
 * simulate.c
 *		Generated customers, for demos, tests and benchmarks, and the shop
 *		that simulate_purchases.c shares.
 *
 * Nothing here is copied from a data set: the assortment, the price levels
 * and the habits below are invented, such that the usual questions have
 * answers that are neither trivial nor absurd.  What the model contains, so
 * that an analysis can be held against it:
 *
 *	- what is bought depends on gender, age group and season, so these are
 *	  confounders of everything that depends on the product;
 *	- a discount takes 10 to 30 % off, and tempts to a variant that is 4 %
 *	  dearer.  Who gets one depends on season, age group, gender, loyalty and
 *	  subscription, but is never certain: the two arms always overlap;
 *	- how loyal a customer is decides previous purchases, how often he buys
 *	  and the odds of a subscription;
 *	- a rating depends on the product's quality, and is missing in 1 % of all
 *	  rows for no reason at all.
 *
 * Every row has a random stream of its own, derived from (seed, row), so
 * fewer rows are a prefix of more rows.  All arithmetic is in integers: the
 * same seed gives the same rows on every machine and in every version.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "simulate.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(pt_simulate_customers);

/*-------------------------------------------------------------------------
 * 1. The shop: what there is to buy, and who buys it
 *-------------------------------------------------------------------------
 */

typedef enum SimTier
{
	TIER_NEW, TIER_RETURNING, TIER_LOYAL,
	NUM_TIERS
} SimTier;

const char *const sim_gender_names[NUM_GENDERS] = {"Female", "Male"};
const uint16 sim_gender_weights[NUM_GENDERS] = {53, 47};

static const char *const season_names[NUM_SEASONS] =
{"Spring", "Summer", "Fall", "Winter"};
static const uint16 season_weights[NUM_SEASONS] = {23, 22, 26, 29};

const char *const sim_category_names[NUM_CATEGORIES] =
{"Tops", "Bottoms", "Outerwear", "Footwear", "Accessories"};

/* The assortment: see SimProduct. */
const SimProduct sim_products[NUM_PRODUCTS] =
{
	/*-----
	 * name, category,
	 *	price, quality, popularity, {female, male}, {-29, 30-49, 50-},
	 *	{spring, summer, fall, winter}
	 *-----
	 */
	{"Cotton Tee", TOPS,
	1890, 37, 120, {95, 105}, {140, 100, 70}, {110, 170, 80, 40}},
	{"Linen Shirt", TOPS,
	4490, 39, 70, {90, 110}, {80, 110, 110}, {130, 180, 60, 30}},
	{"Merino Pullover", TOPS,
	6900, 43, 75, {100, 100}, {70, 110, 120}, {70, 15, 140, 175}},
	{"Polo Shirt", TOPS,
	3250, 36, 60, {40, 160}, {70, 100, 130}, {130, 150, 80, 40}},
	{"Silk Blouse", TOPS,
	6200, 40, 50, {185, 15}, {70, 120, 110}, {120, 100, 100, 80}},
	{"Flannel Shirt", TOPS,
	3990, 38, 55, {60, 140}, {110, 100, 90}, {50, 10, 170, 170}},

	{"Slim Jeans", BOTTOMS,
	6400, 37, 110, {105, 95}, {130, 100, 70}, {100, 70, 120, 110}},
	{"Chino Trousers", BOTTOMS,
	5200, 38, 65, {60, 140}, {80, 110, 110}, {130, 90, 110, 70}},
	{"Pleated Skirt", BOTTOMS,
	4600, 39, 55, {190, 10}, {115, 100, 85}, {120, 130, 90, 60}},
	{"Cargo Shorts", BOTTOMS,
	3600, 35, 50, {50, 150}, {130, 100, 70}, {90, 260, 35, 15}},
	{"Leggings", BOTTOMS,
	2700, 36, 70, {180, 20}, {130, 100, 70}, {90, 60, 120, 130}},
	{"Corduroy Trousers", BOTTOMS,
	5800, 40, 35, {85, 115}, {60, 100, 140}, {60, 10, 160, 170}},

	{"Rain Jacket", OUTERWEAR,
	9800, 40, 45, {100, 100}, {80, 110, 110}, {160, 50, 150, 40}},
	{"Down Vest", OUTERWEAR,
	8400, 38, 30, {95, 105}, {90, 110, 100}, {80, 10, 160, 150}},
	{"Wool Overcoat", OUTERWEAR,
	17900, 43, 28, {110, 90}, {60, 100, 140}, {30, 5, 140, 225}},
	{"Windbreaker", OUTERWEAR,
	7200, 36, 40, {80, 120}, {120, 100, 80}, {160, 90, 110, 40}},
	{"Fleece Hoodie", OUTERWEAR,
	5500, 39, 70, {90, 110}, {140, 100, 60}, {90, 30, 140, 140}},
	{"Hooded Parka", OUTERWEAR,
	14900, 41, 35, {95, 105}, {100, 105, 95}, {20, 5, 125, 250}},

	{"Trail Runners", FOOTWEAR,
	10900, 42, 50, {85, 115}, {110, 115, 75}, {140, 120, 90, 50}},
	{"Leather Boots", FOOTWEAR,
	13800, 42, 45, {110, 90}, {80, 110, 110}, {50, 10, 160, 180}},
	{"Canvas Sneakers", FOOTWEAR,
	5400, 36, 85, {100, 100}, {150, 95, 55}, {130, 140, 80, 50}},
	{"Ballet Flats", FOOTWEAR,
	5900, 34, 40, {195, 5}, {90, 110, 100}, {140, 120, 90, 50}},
	{"Flip-Flops", FOOTWEAR,
	1650, 33, 45, {105, 95}, {120, 100, 80}, {70, 310, 15, 5}},
	{"Loafers", FOOTWEAR,
	9400, 39, 35, {70, 130}, {50, 110, 140}, {130, 90, 110, 70}},

	{"Wool Beanie", ACCESSORIES,
	1900, 38, 60, {90, 110}, {130, 95, 75}, {30, 5, 135, 230}},
	{"Sun Hat", ACCESSORIES,
	2400, 37, 35, {135, 65}, {80, 100, 120}, {130, 230, 30, 10}},
	{"Leather Belt", ACCESSORIES,
	2900, 40, 50, {60, 140}, {80, 105, 115}, {100, 100, 100, 100}},
	{"Canvas Backpack", ACCESSORIES,
	6700, 41, 45, {85, 115}, {150, 95, 55}, {90, 120, 130, 60}},
	{"Tote Bag", ACCESSORIES,
	3400, 39, 55, {165, 35}, {100, 105, 95}, {110, 120, 95, 75}},
	{"Silk Scarf", ACCESSORIES,
	3800, 44, 35, {170, 30}, {60, 100, 140}, {110, 30, 120, 140}},
};

const char *const sim_place_names[NUM_PLACES] =
{
	"Alderbrook", "Bayview", "Brookside", "Cedar Hill", "Clearwater",
	"Eastport", "Fairhaven", "Glenwood", "Harbor Point", "Highfield",
	"Kingsbridge", "Lakeside", "Maple Grove", "Millbrook", "Northgate",
	"Oakdale", "Pine Ridge", "Riverton", "Southport", "Stonebridge",
	"Summerfield", "Westbrook", "Willow Creek", "Woodland Park"
};
const uint16 sim_place_weights[NUM_PLACES] =
{
	18, 95, 22, 14, 60,
	130, 48, 26, 160, 12,
	75, 34, 20, 24, 110,
	16, 10, 85, 42, 30,
	8, 65, 12, 38
};

static const char *const color_names[] =
{
	"Black", "White", "Navy", "Grey", "Beige", "Olive",
	"Burgundy", "Red", "Sky Blue", "Yellow", "Rose", "Teal"
};
#define NUM_COLORS		lengthof(color_names)
static const uint16 color_weights[NUM_SEASONS][NUM_COLORS] =
{
	{14, 14, 10, 8, 10, 6, 2, 5, 12, 7, 9, 5},	/* spring */
	{10, 20, 8, 5, 10, 4, 1, 7, 14, 9, 8, 6},	/* summer */
	{20, 6, 14, 12, 9, 12, 12, 4, 3, 2, 3, 5},	/* fall */
	{26, 7, 15, 15, 6, 7, 10, 6, 2, 1, 3, 4}	/* winter */
};

/* All sizes in one list: clothes, then shoes, then what has no size. */
#define NUM_CLOTHES_SIZES	5
#define NUM_SHOE_SIZES		10
#define ONE_SIZE			(NUM_CLOTHES_SIZES + NUM_SHOE_SIZES)
static const char *const size_names[] =
{
	"XS", "S", "M", "L", "XL",
	"36", "37", "38", "39", "40", "41", "42", "43", "44", "45",
	"One Size"
};
#define NUM_SIZES		lengthof(size_names)
static const uint16 clothes_size_weights[NUM_GENDERS][NUM_CLOTHES_SIZES] =
{
	{12, 28, 33, 19, 8},		/* female */
	{3, 15, 34, 31, 17}			/* male */
};
static const uint16 shoe_size_weights[NUM_GENDERS][NUM_SHOE_SIZES] =
{
	{10, 20, 27, 22, 13, 6, 2, 0, 0, 0},	/* female */
	{0, 0, 0, 2, 7, 14, 24, 25, 17, 11} /* male */
};

static const char *const shipping_names[] =
{
	"Standard", "Express", "Next Day", "Free Shipping", "Store Pickup",
	"Parcel Locker"
};
#define NUM_SHIPPING	lengthof(shipping_names)
static const uint16 shipping_weights[2][NUM_SHIPPING] =
{
	{38, 14, 7, 14, 16, 11},	/* without subscription */
	{14, 20, 12, 34, 11, 9}		/* with */
};

static const char *const payment_names[] =
{
	"Credit Card", "Debit Card", "Digital Wallet", "PayPal",
	"Bank Transfer", "Cash"
};
#define NUM_PAYMENTS	lengthof(payment_names)
static const uint16 payment_weights[NUM_AGE_GROUPS][NUM_PAYMENTS] =
{
	{16, 24, 32, 20, 3, 5},		/* below 30 */
	{30, 19, 16, 22, 7, 6},		/* 30 to 49 */
	{34, 20, 5, 14, 14, 13}		/* 50 and above */
};

static const char *const frequency_names[] =
{
	"Weekly", "Fortnightly", "Bi-Weekly", "Monthly", "Quarterly",
	"Every 3 Months", "Annually"
};
#define NUM_FREQUENCIES lengthof(frequency_names)
static const uint16 frequency_weights[NUM_TIERS][NUM_FREQUENCIES] =
{
	{2, 3, 3, 16, 24, 18, 34},	/* new */
	{7, 9, 8, 25, 21, 16, 14},	/* returning */
	{20, 16, 14, 27, 11, 8, 4}	/* loyal */
};

static const char *const flag_names[2] = {"No", "Yes"};

const uint16 sim_age_from[NUM_AGE_BANDS + 1] = {18, 25, 35, 45, 55, 65, 80};
const uint16 sim_age_weights[NUM_AGE_BANDS] = {15, 26, 22, 17, 13, 7};

/*
 * Loyalty runs from 0 to 9,999; its tenths have these previous purchases.
 * So, 10 % are new, 50 % have 2 to 10 and 40 % have 11 to 50, before
 * customers below 25 lose some for want of years.
 */
#define LOYALTY_MAX		10000
static const int32 previous_purchases_steps[] =
{1, 2, 3, 4, 6, 8, 11, 15, 21, 31, 51};

/* Amount against usual price, per mille, at every 5 %: skewed to the right. */
static const int32 spread_steps[] =
{
	550, 696, 754, 796, 831, 862, 891, 919, 946, 973, 1000,
	1028, 1057, 1088, 1122, 1160, 1203, 1256, 1326, 1436, 2200
};

/* Spending power of the age groups, per mille. */
static const int32 age_spending[NUM_AGE_GROUPS] = {940, 1040, 1050};

/* What a discount takes off, in percent. */
static const int32 discount_percents[] = {10, 15, 20, 30};

#define NUM_DISCOUNTS	lengthof(discount_percents)
static const uint16 discount_weights[NUM_DISCOUNTS] = {30, 30, 25, 15};

#define DISCOUNT_TEMPTATION 1040	/* dearer variant, per mille */

/* Odds of a discount, per ten thousand: a season's, and what is added. */
static const int32 discount_odds[NUM_SEASONS] = {2000, 2900, 1800, 3400};
static const int32 discount_odds_age[NUM_AGE_GROUPS] = {500, 0, -200};
static const int32 discount_odds_tier[NUM_TIERS] = {1200, 0, 200};

#define DISCOUNT_ODDS_FEMALE		300
#define DISCOUNT_ODDS_SUBSCRIBED	400

/* Odds of a subscription, per ten thousand: from here, and up with loyalty. */
#define SUBSCRIPTION_ODDS_FROM		600
#define SUBSCRIPTION_ODDS_RISE		4200

/* Ratings, in tenths, and odds per ten thousand. */
#define RATING_MIN			10
#define RATING_MAX			50
#define RATING_BAD_MAX		25
#define RATING_BAD_ODDS		300 /* something went wrong */
#define RATING_NULL_ODDS	100 /* not given */

/*-------------------------------------------------------------------------
 * 2. Customers
 *-------------------------------------------------------------------------
 */

/* One row of simulate_customers; labels are numbers of the lists above. */
typedef struct SimCustomer
{
	int32		age;
	int			gender;
	int			product;
	int32		amount;			/* cents */
	int			place;
	int			size;
	int			color;
	int			season;
	int32		rating;			/* tenths, or -1 if not given */
	bool		subscribed;
	int			shipping;
	bool		discounted;
	int32		previous_purchases;
	int			payment;
	int			frequency;
} SimCustomer;

/*
 * The value at position/range of a distribution of which steps[] are the
 * quantiles in equal distances.
 */
static int32
quantile_at(const int32 *steps, int nsteps, uint32 position, uint32 range)
{
	uint64		scaled = (uint64) position * (nsteps - 1);
	int			step = (int) (scaled / range);
	int64		rest = (int64) (scaled % range);

	return steps[step] +
		(int32) ((steps[step + 1] - steps[step]) * rest / range);
}

static inline int32
round_to(int64 value, int64 unit)
{
	return (int32) ((value + unit / 2) / unit * unit);
}

void
sim_shop_init(SimShop *shop, int64 seed)
{
	pg_prng_state rng;
	int			g,
				a,
				s,
				p;

	/* Seeds that are neighbors must not have streams in common. */
	pg_prng_seed(&rng, (uint64) seed);
	shop->key = pg_prng_uint64(&rng);

	for (g = 0; g < NUM_GENDERS; g++)
		for (a = 0; a < NUM_AGE_GROUPS; a++)
			for (s = 0; s < NUM_SEASONS; s++)
			{
				uint32		sum = 0;

				for (p = 0; p < (int) NUM_PRODUCTS; p++)
				{
					const SimProduct *product = &sim_products[p];

					sum += (uint32) ((uint64) product->popularity *
									 product->gender[g] * product->age[a] *
									 product->season[s] / 10000);
					shop->demand[g][a][s][p] = sum;
				}
			}
}

static int
draw_size(pg_prng_state *rng, SimCategory category, int gender)
{
	if (category == ACCESSORIES)
		return ONE_SIZE;
	if (category == FOOTWEAR)
		return NUM_CLOTHES_SIZES +
			draw_weighted(rng, shoe_size_weights[gender], NUM_SHOE_SIZES);
	return draw_weighted(rng, clothes_size_weights[gender],
						 NUM_CLOTHES_SIZES);
}

/* In cents; prices end in .00 or .50 before any discount. */
static int32
draw_amount(pg_prng_state *rng, const SimProduct *product, int age_group,
			bool discounted)
{
	int64		amount = product->price;

	amount *= quantile_at(spread_steps, lengthof(spread_steps),
						  draw_below(rng, 100000), 100000);
	amount *= age_spending[age_group];
	if (!discounted)
		return round_to(amount / 1000000, 50);

	amount = round_to(amount / 1000000 * DISCOUNT_TEMPTATION / 1000, 50);
	amount *= 100 - discount_percents[draw_weighted(rng, discount_weights,
													NUM_DISCOUNTS)];
	return (int32) ((amount + 50) / 100);
}

/* In tenths, or -1 where the customer gives none. */
static int32
draw_rating(pg_prng_state *rng, const SimProduct *product)
{
	int32		rating;

	if (draw_chance(rng, RATING_NULL_ODDS))
		return -1;
	if (draw_chance(rng, RATING_BAD_ODDS))
		return RATING_MIN +
			(int32) draw_below(rng, RATING_BAD_MAX - RATING_MIN + 1);

	/* three dice: bell-shaped, 1.8 to either side, deviation 0.65 */
	rating = (int32) product->quality - 18;
	rating += (int32) draw_below(rng, 13);
	rating += (int32) draw_below(rng, 13);
	rating += (int32) draw_below(rng, 13);
	return Max(RATING_MIN, Min(RATING_MAX, rating));
}

/* The customer of one row, which depends on nothing but the seed and row. */
static void
draw_customer(const SimShop *shop, int64 row, SimCustomer *customer)
{
	pg_prng_state rng;
	const SimProduct *product;
	int			age_group;
	int			tier;
	int32		loyalty;
	int32		odds;

	pg_prng_seed(&rng, shop->key + (uint64) row);

	/* who it is */
	customer->gender = draw_weighted(&rng, sim_gender_weights, NUM_GENDERS);
	customer->age = draw_age(&rng);
	age_group = age_group_of(customer->age);
	customer->place = draw_weighted(&rng, sim_place_weights, NUM_PLACES);

	/* how loyal */
	loyalty = (int32) draw_below(&rng, LOYALTY_MAX);
	if (customer->age < 25 && draw_chance(&rng, 5000))
		loyalty = Min(loyalty, (int32) draw_below(&rng, LOYALTY_MAX));
	customer->previous_purchases =
		quantile_at(previous_purchases_steps,
					lengthof(previous_purchases_steps), loyalty, LOYALTY_MAX);
	tier = customer->previous_purchases <= 1 ? TIER_NEW :
		customer->previous_purchases <= 10 ? TIER_RETURNING : TIER_LOYAL;
	customer->subscribed =
		draw_chance(&rng, SUBSCRIPTION_ODDS_FROM +
					loyalty * SUBSCRIPTION_ODDS_RISE / LOYALTY_MAX);
	customer->frequency = draw_weighted(&rng, frequency_weights[tier],
										NUM_FREQUENCIES);

	/* what is bought */
	customer->season = draw_weighted(&rng, season_weights, NUM_SEASONS);
	customer->product =
		draw_product(&rng, shop->demand[customer->gender][age_group]
					 [customer->season]);
	product = &sim_products[customer->product];
	customer->size = draw_size(&rng, product->category, customer->gender);
	customer->color = draw_weighted(&rng, color_weights[customer->season],
									NUM_COLORS);

	/* at what price */
	odds = discount_odds[customer->season] + discount_odds_age[age_group] +
		discount_odds_tier[tier];
	if (customer->gender == FEMALE)
		odds += DISCOUNT_ODDS_FEMALE;
	if (customer->subscribed)
		odds += DISCOUNT_ODDS_SUBSCRIBED;
	customer->discounted = draw_chance(&rng, odds);
	customer->amount = draw_amount(&rng, product, age_group,
								   customer->discounted);

	/* and how it went on */
	customer->shipping = draw_weighted(&rng,
									   shipping_weights[customer->subscribed],
									   NUM_SHIPPING);
	customer->payment = draw_weighted(&rng, payment_weights[age_group],
									  NUM_PAYMENTS);
	customer->rating = draw_rating(&rng, product);
}

/*-------------------------------------------------------------------------
 * 3. SQL functions
 *-------------------------------------------------------------------------
 */

#define NUM_CUSTOMER_COLUMNS	18

/* All that rows refer to, made once per call. */
typedef struct SimLabels
{
	Datum		gender[NUM_GENDERS];
	Datum		product[NUM_PRODUCTS];
	Datum		category[NUM_CATEGORIES];
	Datum		place[NUM_PLACES];
	Datum		size[NUM_SIZES];
	Datum		color[NUM_COLORS];
	Datum		season[NUM_SEASONS];
	Datum		rating[RATING_MAX + 1];
	Datum		flag[2];
	Datum		shipping[NUM_SHIPPING];
	Datum		payment[NUM_PAYMENTS];
	Datum		frequency[NUM_FREQUENCIES];
} SimLabels;

typedef struct SimCall
{
	SimShop		shop;
	SimLabels	labels;
} SimCall;

void
sim_make_labels(Datum *labels, const char *const *names, int n)
{
	int			i;

	for (i = 0; i < n; i++)
		labels[i] = CStringGetTextDatum(names[i]);
}

static void
labels_init(SimLabels *labels)
{
	int			i;

	sim_make_labels(labels->gender, sim_gender_names, NUM_GENDERS);
	for (i = 0; i < (int) NUM_PRODUCTS; i++)
		labels->product[i] = CStringGetTextDatum(sim_products[i].name);
	sim_make_labels(labels->category, sim_category_names, NUM_CATEGORIES);
	sim_make_labels(labels->place, sim_place_names, NUM_PLACES);
	sim_make_labels(labels->size, size_names, NUM_SIZES);
	sim_make_labels(labels->color, color_names, NUM_COLORS);
	sim_make_labels(labels->season, season_names, NUM_SEASONS);
	for (i = 0; i <= RATING_MAX; i++)
		labels->rating[i] = NumericGetDatum(int64_div_fast_to_numeric(i, 1));
	sim_make_labels(labels->flag, flag_names, 2);
	sim_make_labels(labels->shipping, shipping_names, NUM_SHIPPING);
	sim_make_labels(labels->payment, payment_names, NUM_PAYMENTS);
	sim_make_labels(labels->frequency, frequency_names, NUM_FREQUENCIES);
}

/*
 * One value per call rather than a tuplestore of our own: FROM makes one
 * anyway, in a select list LIMIT then stops the work early, and the executor
 * frees what a row has used.
 */
Datum
pt_simulate_customers(PG_FUNCTION_ARGS)
{
	FuncCallContext *funcctx;
	SimCall    *call;

	CHECK_FOR_INTERRUPTS();

	if (SRF_IS_FIRSTCALL())
	{
		int32		n = PG_GETARG_INT32(0);
		TupleDesc	tupdesc;
		TypeFuncClass kind;
		MemoryContext oldcontext;

		if (n < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("number of customers must not be negative"),
					 errdetail("The argument \"n\" of simulate_customers is %d.",
							   n),
					 errhint("Use 0 for no rows, or the number of customers wanted.")));

		funcctx = SRF_FIRSTCALL_INIT();
		oldcontext = MemoryContextSwitchTo(funcctx->multi_call_memory_ctx);

		kind = get_call_result_type(fcinfo, NULL, &tupdesc);
		if (kind != TYPEFUNC_COMPOSITE ||
			tupdesc->natts != NUM_CUSTOMER_COLUMNS)
			elog(ERROR, "unexpected result type of simulate_customers");
		funcctx->tuple_desc = BlessTupleDesc(tupdesc);
		funcctx->max_calls = n;

		call = palloc(sizeof(SimCall));
		sim_shop_init(&call->shop, PG_GETARG_INT64(1));
		labels_init(&call->labels);
		funcctx->user_fctx = call;

		MemoryContextSwitchTo(oldcontext);
	}

	funcctx = SRF_PERCALL_SETUP();
	call = funcctx->user_fctx;

	if (funcctx->call_cntr < funcctx->max_calls)
	{
		const SimLabels *labels = &call->labels;
		int64		row = (int64) funcctx->call_cntr + 1;
		SimCustomer c;
		Datum		values[NUM_CUSTOMER_COLUMNS];
		bool		nulls[NUM_CUSTOMER_COLUMNS] = {false};
		HeapTuple	tuple;
		int			i = 0;

		draw_customer(&call->shop, row, &c);

		values[i++] = Int64GetDatum(row);
		values[i++] = Int32GetDatum(c.age);
		values[i++] = labels->gender[c.gender];
		values[i++] = labels->product[c.product];
		values[i++] = labels->category[sim_products[c.product].category];
		values[i++] = NumericGetDatum(int64_div_fast_to_numeric(c.amount, 2));
		values[i++] = labels->place[c.place];
		values[i++] = labels->size[c.size];
		values[i++] = labels->color[c.color];
		values[i++] = labels->season[c.season];
		nulls[i] = (c.rating < 0);
		values[i++] = c.rating < 0 ? (Datum) 0 : labels->rating[c.rating];
		values[i++] = labels->flag[c.subscribed];
		values[i++] = labels->shipping[c.shipping];
		values[i++] = labels->flag[c.discounted];
		values[i++] = labels->flag[c.discounted];	/* promo_code_used */
		values[i++] = Int32GetDatum(c.previous_purchases);
		values[i++] = labels->payment[c.payment];
		values[i++] = labels->frequency[c.frequency];
		Assert(i == NUM_CUSTOMER_COLUMNS);

		tuple = heap_form_tuple(funcctx->tuple_desc, values, nulls);
		SRF_RETURN_NEXT(funcctx, HeapTupleGetDatum(tuple));
	}

	SRF_RETURN_DONE(funcctx);
}
