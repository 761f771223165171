/*-------------------------------------------------------------------------
 *
 * simulate.h
 *		The invented shop, and random draws: what simulate.c and
 *		simulate_purchases.c share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_SIMULATE_H
#define PT_SIMULATE_H

#include "common/pg_prng.h"

typedef enum SimGender
{
	FEMALE, MALE,
	NUM_GENDERS
} SimGender;

typedef enum SimAgeGroup
{
	BELOW_30, FROM_30, FROM_50,
	NUM_AGE_GROUPS
} SimAgeGroup;

typedef enum SimSeason
{
	SPRING, SUMMER, FALL, WINTER,
	NUM_SEASONS
} SimSeason;

typedef enum SimCategory
{
	TOPS, BOTTOMS, OUTERWEAR, FOOTWEAR, ACCESSORIES,
	NUM_CATEGORIES
} SimCategory;

/*
 * The assortment.  Gender, age group and season say, in percent, how much
 * more or less than usual a product is asked for.
 */
typedef struct SimProduct
{
	const char *name;
	SimCategory category;
	int32		price;			/* usual price, in cents */
	uint16		quality;		/* usual rating, in tenths */
	uint16		popularity;		/* weight before the percentages below */
	uint16		gender[NUM_GENDERS];
	uint16		age[NUM_AGE_GROUPS];
	uint16		season[NUM_SEASONS];
} SimProduct;

/* Lists that are shorter than said here would end in NULLs and zeros. */
#define NUM_PRODUCTS	30
#define NUM_PLACES		24
#define NUM_AGE_BANDS	6

extern const char *const sim_gender_names[NUM_GENDERS];
extern const uint16 sim_gender_weights[NUM_GENDERS];
extern const char *const sim_category_names[NUM_CATEGORIES];
extern const SimProduct sim_products[NUM_PRODUCTS];
extern const char *const sim_place_names[NUM_PLACES];
extern const uint16 sim_place_weights[NUM_PLACES];

/* Ages: bands, with all years of a band equally likely. */
extern const uint16 sim_age_from[NUM_AGE_BANDS + 1];
extern const uint16 sim_age_weights[NUM_AGE_BANDS];

/* What is computed once from a seed. */
typedef struct SimShop
{
	uint64		key;			/* of the random streams */
	/* running sums of the products' weights */
	uint32		demand[NUM_GENDERS][NUM_AGE_GROUPS][NUM_SEASONS][NUM_PRODUCTS];
} SimShop;

extern void sim_shop_init(SimShop *shop, int64 seed);
extern void sim_make_labels(Datum *labels, const char *const *names, int n);

/* 0 to n - 1; what the multiplication prefers is below n / 2^32. */
static inline uint32
draw_below(pg_prng_state *rng, uint32 n)
{
	return (uint32) (((uint64) pg_prng_uint32(rng) * n) >> 32);
}

static inline bool
draw_chance(pg_prng_state *rng, int32 odds)
{
	return (int32) draw_below(rng, 10000) < odds;
}

static inline int
draw_weighted(pg_prng_state *rng, const uint16 *weights, int n)
{
	uint32		total = 0;
	uint32		left;
	int			i;

	for (i = 0; i < n; i++)
		total += weights[i];
	left = draw_below(rng, total);
	for (i = 0; i < n - 1 && left >= weights[i]; i++)
		left -= weights[i];
	return i;
}

static inline int
draw_product(pg_prng_state *rng, const uint32 *demand)
{
	uint32		at = draw_below(rng, demand[NUM_PRODUCTS - 1]);
	int			p = 0;

	while (at >= demand[p])
		p++;
	return p;
}

static inline int32
draw_age(pg_prng_state *rng)
{
	int			band = draw_weighted(rng, sim_age_weights, NUM_AGE_BANDS);
	int			years = sim_age_from[band + 1] - sim_age_from[band];

	return sim_age_from[band] + (int32) draw_below(rng, years);
}

static inline SimAgeGroup
age_group_of(int32 age)
{
	return age < 30 ? BELOW_30 : age < 50 ? FROM_30 : FROM_50;
}

#endif							/* PT_SIMULATE_H */
