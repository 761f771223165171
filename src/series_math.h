/*-------------------------------------------------------------------------
 *
 * series_math.h
 *		Statistics of time series, on plain arrays.
 *
 * Nothing here needs the server.  A value that is not known is NaN.  What
 * can take long calls pause() now and then, which may not come back.
 * docs/series.md has the formulas and their sources.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_SERIES_MATH_H
#define PT_SERIES_MATH_H

typedef void (*SeriesPause) (void);

/*--- Trend: Mann-Kendall and Theil-Sen ---*/

typedef struct SeriesTrend
{
	double		s;				/* Kendall's S */
	double		variance;		/* of S, ties corrected */
	double		tau;			/* tau-b; NaN where all values are the same */
	double		z;				/* with continuity correction */
	double		p;				/* two-sided */
	double		slope;			/* median of all pairs, for each step of x */
	double		low;			/* its confidence interval */
	double		high;
	double		intercept;		/* median(y) - slope * median(x) */
} SeriesTrend;

#define TREND_SLOPES	32768	/* slopes that are held at a time */
#define TREND_MOST_RANKS	4

/* Doubles that series_trend() needs as work space. */
#define TREND_WORK(n)	(TREND_MOST_RANKS * TREND_SLOPES + 2 * (size_t) (n))

extern void series_trend(const double *x, const double *y, int n,
						 double confidence, SeriesTrend *trend,
						 double *work, SeriesPause pause);

/*--- Order statistics; these move the values ---*/

extern double select_rank(double *values, int n, int rank);
extern double median_of(double *values, int n);

/*--- Decomposition ---*/

#define STL_WORK(n, season)	(8 * (size_t) (n) + 6 * (size_t) (season) + 64)

extern void series_stl(const double *y, int n, int season, double *trend,
					   double *seasonal, double *robustness, double *work,
					   SeriesPause pause);
extern void series_loess_trend(const double *y, int n, double *trend,
							   double *robustness, double *work,
							   SeriesPause pause);
extern void centered_average(const double *y, int n, int length,
							 double *average);
extern double seasonal_strength(const double *seasonal,
								const double *remainder, int n);

/*--- Exponential smoothing ---*/

typedef enum EtsTrend
{
	ETS_NO_TREND,
	ETS_TREND,
	ETS_DAMPED
} EtsTrend;

typedef enum EtsSeason
{
	ETS_NO_SEASON,
	ETS_ADDITIVE,
	ETS_MULTIPLICATIVE
} EtsSeason;

#define ETS_MOST_SEASON		60
#define ETS_MOST_MODELS		15

/* A model, what was found for it, and the states after the last value. */
typedef struct EtsModel
{
	bool		multiplicative_error;
	EtsTrend	trend;
	EtsSeason	season;
	int			length;			/* of a season; 1 without one */
	int			parameters;		/* smoothing and initial states, and sigma */
	int			known;			/* values that it rests on */
	bool		converged;
	double		alpha;
	double		beta;
	double		gamma;
	double		phi;
	double		initial_level;
	double		initial_slope;
	double		objective;		/* -2 log likelihood, without its constants */
	double		aicc;
	double		sigma2;			/* of the (relative) errors */
	double		level;
	double		slope;
	double		seasonal[ETS_MOST_SEASON];	/* of the next periods */
} EtsModel;

extern size_t ets_work_doubles(int n, int length);
extern bool ets_possible(const double *y, int n, const EtsModel *model);
extern bool ets_fit(const double *y, int n, EtsModel *model, double *work,
					SeriesPause pause);
extern bool ets_choose(const double *y, int n, int length, EtsModel *best,
					   double *work, SeriesPause pause);
extern void ets_forecast(const EtsModel *model, int horizon,
						 double *mean, double *deviation, double *work);

#endif							/* PT_SERIES_MATH_H */
