/*-------------------------------------------------------------------------
 *
 * clv_math.h
 *		Customer lifetime models, on plain structs.
 *
 * Nothing here needs the server.  What can take long calls pause() now and
 * then, which may not come back; so nothing here allocates memory either.
 * docs/clv.md has the models, the formulas and their sources.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PT_CLV_MATH_H
#define PT_CLV_MATH_H

typedef void (*ClvPause) (void);

/* in the order of the enum clv_kind */
typedef enum ClvKind
{
	CLV_BG_NBD,
	CLV_MBG_NBD,
	CLV_PARETO_NBD,
	CLV_NBD,
	CLV_BG_BB,
	CLV_SBG,
	CLV_GAMMA_GAMMA
} ClvKind;

#define CLV_KINDS			(CLV_GAMMA_GAMMA + 1)
#define CLV_MOST_PARAMETERS 4

/* What a row of data is about; a kind of model takes one of these. */
typedef enum ClvForm
{
	CLV_TRANSACTIONS,			/* x, t_x, T */
	CLV_SPEND,					/* x, mean spend, 0 */
	CLV_SUBSCRIPTION			/* 1 if it ended, 0, periods */
} ClvForm;

#define CLV_FORMS			(CLV_SUBSCRIPTION + 1)

/* Customers that are alike; rows ascend by x, then t_x, then t. */
typedef struct ClvRow
{
	double		x;				/* a whole number */
	double		tx;
	double		t;
	int64		count;			/* of customers, at least 1 */
} ClvRow;

/*
 * Parameters by kind:
 *	BG/NBD, MBG/NBD		r, alpha, a, b
 *	Pareto/NBD			r, alpha, s, beta
 *	NBD					r, alpha
 *	BG/BB				alpha, beta, gamma, delta
 *	sBG					alpha, beta
 *	Gamma-Gamma			p, q, gamma
 */
typedef struct ClvParameters
{
	ClvKind		kind;
	double		theta[CLV_MOST_PARAMETERS];
} ClvParameters;

extern int	clv_parameter_count(ClvKind kind);
extern const char *clv_parameter_name(ClvKind kind, int i);
extern ClvForm clv_form(ClvKind kind);

/*--- Special functions ---*/

extern double clv_log_rising(double a, double d);
extern double clv_psi_rising(double a, double d);
extern double clv_log_hypergeometric(double p, double q, double z,
									 double *gradient, ClvPause pause);

/*--- Likelihood ---*/

/*
 * Sum over all customers.  The gradient, where asked for, is by the
 * logarithms of the parameters.  NaN or infinite where a parameter is too
 * extreme for it.
 */
extern double clv_log_likelihood(const ClvParameters *model,
								 const ClvRow *rows, int n, double *gradient,
								 ClvPause pause);

/* What a customer's likelihood has in it of being alive. */
extern double clv_pareto_alive(const ClvParameters *model, const ClvRow *row,
							   ClvPause pause);
extern double clv_bgbb_alive(const ClvParameters *model, const ClvRow *row,
							 ClvPause pause);

/*--- Fit ---*/

#define CLV_WARN_NO_DATA			0x0001
#define CLV_WARN_NO_REPEAT			0x0002
#define CLV_WARN_NOT_CONVERGED		0x0004
#define CLV_WARN_AT_LIMIT			0x0008
#define CLV_WARN_FLAT				0x0010
#define CLV_WARN_NO_HETEROGENEITY	0x0020
#define CLV_WARN_NO_DROPOUT			0x0040
#define CLV_WARN_WEAK				0x0080
#define CLV_WARN_LEFT_OUT			0x0100
#define CLV_WARN_FEW				0x0200
#define CLV_WARN_NO_MEAN			0x0400
#define CLV_WARN_ALL				0x07FF

#define CLV_FEW_CUSTOMERS			200

typedef struct ClvFit
{
	ClvParameters model;		/* NaN where there is no estimate */
	double		error[CLV_MOST_PARAMETERS]; /* standard errors, or NaN */
	double		log_likelihood; /* or NaN */
	double		gradient;		/* largest, by the logarithm of a parameter */
	bool		converged;
	int			iterations;
	int			warnings;		/* of the above */
} ClvFit;

extern void clv_fit(ClvFit *fit, const ClvRow *rows, int n, ClvPause pause);

/*--- Predictions (clv_predict.c) ---*/

/* What is known of a customer: x purchases, the last at tx, watched until t. */
typedef struct ClvCustomer
{
	double		x;
	double		tx;
	double		t;
} ClvCustomer;

extern double clv_alive(const ClvParameters *model,
						const ClvCustomer *customer, ClvPause pause);
extern double clv_expected(const ClvParameters *model,
						   const ClvCustomer *customer, double horizon,
						   ClvPause pause);
extern double clv_expected_new(const ClvParameters *model, double horizon,
							   ClvPause pause);
extern double clv_probability(const ClvParameters *model,
							  const ClvCustomer *customer, double horizon,
							  int n, ClvPause pause);
extern double clv_probability_new(const ClvParameters *model, double horizon,
								  int n, ClvPause pause);
extern double clv_expected_spend(const ClvParameters *model, double x,
								 double mean);
extern double clv_survival(const ClvParameters *model, double periods);
extern double clv_residual_lifetime(const ClvParameters *model,
									double renewals, double discount,
									bool first_is_sure, ClvPause pause);

#endif							/* PT_CLV_MATH_H */
