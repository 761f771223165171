/*-------------------------------------------------------------------------
 *
 * clv_report.c
 *		Predictions of lifetime models in SQL, and how models are judged.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "clv.h"
#include "compat.h"
#include "series_report.h"

PG_FUNCTION_INFO_V1(pt_p_alive);
PG_FUNCTION_INFO_V1(pt_p_alive_history);
PG_FUNCTION_INFO_V1(pt_expected_purchases);
PG_FUNCTION_INFO_V1(pt_expected_purchases_history);
PG_FUNCTION_INFO_V1(pt_expected_purchases_new);
PG_FUNCTION_INFO_V1(pt_purchase_probability);
PG_FUNCTION_INFO_V1(pt_purchase_probability_history);
PG_FUNCTION_INFO_V1(pt_purchase_probability_new);
PG_FUNCTION_INFO_V1(pt_expected_spend);
PG_FUNCTION_INFO_V1(pt_expected_spend_history);
PG_FUNCTION_INFO_V1(pt_customer_lifetime_value);
PG_FUNCTION_INFO_V1(pt_customer_lifetime_value_history);
PG_FUNCTION_INFO_V1(pt_subscription_survival);
PG_FUNCTION_INFO_V1(pt_subscription_lifetime);
PG_FUNCTION_INFO_V1(pt_clv_histogram);
PG_FUNCTION_INFO_V1(pt_clv_tracking);
PG_FUNCTION_INFO_V1(pt_contact_reason);

#define MOST_PURCHASES	100000	/* whose probability is asked for */
#define MOST_STEPS		10000

/*--- Arguments ---*/

ClvModel *
clv_model_of_form(FunctionCallInfo fcinfo, int arg, ClvForm form)
{
	static const char *const kinds[CLV_FORMS] = {
		"bg_nbd, mbg_nbd, pareto_nbd, nbd or bg_bb", "gamma_gamma", "sbg"
	};
	ClvModel   *model = clv_model_argument(fcinfo, arg);

	if (clv_form((ClvKind) model->kind) != form)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a model of kind %s is needed here", kinds[form]),
				 errdetail("This one is of kind %s.",
						   clv_kind_label(model->kind))));
	return model;
}

void
clv_check_customer(const ClvModel *model, const ClvCustomer *customer)
{
	ClvRow		row = {customer->x, customer->tx, customer->t, 1};
	const char *fault = clv_row_fault(CLV_TRANSACTIONS, &row);

	if (fault == NULL && model->kind == CLV_BG_BB &&
		(row.tx != floor(row.tx) || row.t != floor(row.t) || row.x > row.tx ||
		 row.t > CLV_MOST_OPPORTUNITIES))
		fault = "For a model of kind bg_bb, T is a number of opportunities, t_x that of the last one taken, x how many were taken.";
	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no customer can have x = %.17g, t_x = %.17g, T = %.17g",
						row.x, row.tx, row.t),
				 errdetail("%s", fault)));
}

/* x, t_x and T from an argument on */
static ClvCustomer
customer_arguments(FunctionCallInfo fcinfo, int arg, const ClvModel *model)
{
	ClvCustomer customer;

	customer.x = (double) PG_GETARG_INT64(arg);
	customer.tx = PG_GETARG_FLOAT8(arg + 1);
	customer.t = PG_GETARG_FLOAT8(arg + 2);
	clv_check_customer(model, &customer);
	return customer;
}

/* The same from a history and as_of; false for who is no customer yet. */
static bool
history_arguments(FunctionCallInfo fcinfo, int arg, const ClvModel *model,
				  ClvCustomer *customer, double *spend)
{
	Timestamp	as_of = PG_GETARG_TIMESTAMP(arg + 1);

	if (TIMESTAMP_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as_of must be finite")));
	if (model->unit == CLV_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this model does not know its unit of time"),
				 errhint("Give it to clv_fit() or clv_model(), or x, t_x and T in place of a history.")));
	if (!history_repeats(PG_GETARG_DATUM(arg), as_of,
						 model->merge == CLV_NONE ? PERIOD_DAY
						 : (Period) model->merge,
						 (Period) model->unit, customer, spend))
		return false;
	clv_check_customer(model, customer);
	return true;
}

double
clv_horizon_argument(FunctionCallInfo fcinfo, int arg, const ClvModel *model)
{
	double		horizon = PG_GETARG_FLOAT8(arg);

	if (!(horizon >= 0 && horizon <= CLV_MOST_HORIZON))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the horizon must be between 0 and 1000000"),
				 errdetail("It is %g, in units of the model.", horizon)));
	if (model->kind == CLV_BG_BB && (horizon != floor(horizon) ||
									 horizon > CLV_MOST_OPPORTUNITIES))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the horizon of a model of kind bg_bb must be a whole number, at most %d",
						CLV_MOST_OPPORTUNITIES),
				 errdetail("It is %g, a number of opportunities to buy.",
						   horizon)));
	return horizon;
}

/* What is no number is NULL. */
static Datum
float8_or_null(FunctionCallInfo fcinfo, double value)
{
	if (!isfinite(value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

/*--- Alive, and purchases ---*/

static Datum
alive(FunctionCallInfo fcinfo, const ClvModel *model,
	  const ClvCustomer *customer)
{
	ClvParameters parameters = clv_model_parameters(model);

	if (!clv_model_known(model))
		PG_RETURN_NULL();
	return float8_or_null(fcinfo, clv_alive(&parameters, customer,
											clv_pause));
}

Datum
pt_p_alive(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);
	ClvCustomer customer = customer_arguments(fcinfo, 1, model);

	return alive(fcinfo, model, &customer);
}

Datum
pt_p_alive_history(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);
	ClvCustomer customer;

	if (!history_arguments(fcinfo, 1, model, &customer, NULL))
		PG_RETURN_NULL();
	return alive(fcinfo, model, &customer);
}

/*
 * A row often asks for the same twice, as dim_customer does for purchases and
 * for what they bring: so the last two answers are remembered.
 */
#define ASKED_KEY	(CLV_MOST_PARAMETERS + 5)

static double
expected_once(const ClvModel *model, const ClvCustomer *customer,
			  double horizon)
{
	static double keys[2][ASKED_KEY];
	static double answers[2] = {NAN, NAN};
	static int	oldest = 0;
	ClvParameters parameters = clv_model_parameters(model);
	double		key[ASKED_KEY] = {
		parameters.kind, customer->x, customer->tx, customer->t, horizon
	};
	double		answer;

	memcpy(&key[5], parameters.theta, sizeof(parameters.theta));
	for (int i = 0; i < 2; i++)
	{
		if (!isnan(answers[i]) && memcmp(key, keys[i], sizeof(key)) == 0)
			return answers[i];
	}
	answer = clv_expected(&parameters, customer, horizon, clv_pause);
	memcpy(keys[oldest], key, sizeof(key));
	answers[oldest] = answer;
	oldest = 1 - oldest;
	return answer;
}

static Datum
expected(FunctionCallInfo fcinfo, const ClvModel *model,
		 const ClvCustomer *customer, double horizon)
{
	if (!clv_model_known(model))
		PG_RETURN_NULL();
	return float8_or_null(fcinfo, expected_once(model, customer, horizon));
}

Datum
pt_expected_purchases(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);
	ClvCustomer customer = customer_arguments(fcinfo, 1, model);

	return expected(fcinfo, model, &customer,
					clv_horizon_argument(fcinfo, 4, model));
}

Datum
pt_expected_purchases_history(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);
	double		horizon = clv_horizon_argument(fcinfo, 3, model);
	ClvCustomer customer;

	if (!history_arguments(fcinfo, 1, model, &customer, NULL))
		PG_RETURN_NULL();
	return expected(fcinfo, model, &customer, horizon);
}

static const ClvCustomer nobody = {0, 0, 0};

Datum
pt_expected_purchases_new(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);

	return expected(fcinfo, model, &nobody,
					clv_horizon_argument(fcinfo, 1, model));
}

static int
purchases_argument(FunctionCallInfo fcinfo, int arg)
{
	int			n = PG_GETARG_INT32(arg);

	if (n < 0 || n > MOST_PURCHASES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of purchases must be between 0 and %d",
						MOST_PURCHASES),
				 errdetail("It is %d.", n)));
	return n;
}

/*
 * P(n), or P(n or more).  The latter is what the probabilities below n leave,
 * unless that is so little that it would have few digits; then those from n
 * on are added, which fall fast there.
 */
static double
probability(const ClvModel *model, const ClvCustomer *customer,
			double horizon, int n, bool or_more)
{
	ClvParameters parameters = clv_model_parameters(model);
	double		sum = 0;

	if (!or_more)
		return clv_probability(&parameters, customer, horizon, n, clv_pause);
	for (int i = 0; i < n && sum < 0.9; i++)
	{
		CHECK_FOR_INTERRUPTS();
		sum += clv_probability(&parameters, customer, horizon, i, clv_pause);
	}
	if (sum < 0.9)
		return 1 - sum;
	sum = 0;
	for (int i = n; i < n + MOST_PURCHASES; i++)
	{
		double		one;

		CHECK_FOR_INTERRUPTS();
		one = clv_probability(&parameters, customer, horizon, i, clv_pause);
		sum += one;
		if (!(one > 1e-16 * sum))
			break;
	}
	return sum;
}

static Datum
probability_datum(FunctionCallInfo fcinfo, int arg, const ClvModel *model,
				  const ClvCustomer *customer, double horizon)
{
	int			n = purchases_argument(fcinfo, arg);

	if (!clv_model_known(model))
		PG_RETURN_NULL();
	return float8_or_null(fcinfo, probability(model, customer, horizon, n,
											  PG_GETARG_BOOL(arg + 1)));
}

Datum
pt_purchase_probability(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);
	ClvCustomer customer = customer_arguments(fcinfo, 1, model);

	return probability_datum(fcinfo, 5, model, &customer,
							 clv_horizon_argument(fcinfo, 4, model));
}

Datum
pt_purchase_probability_history(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);
	double		horizon = clv_horizon_argument(fcinfo, 3, model);
	ClvCustomer customer;

	if (!history_arguments(fcinfo, 1, model, &customer, NULL))
		PG_RETURN_NULL();
	return probability_datum(fcinfo, 4, model, &customer, horizon);
}

Datum
pt_purchase_probability_new(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);

	return probability_datum(fcinfo, 2, model, &nobody,
							 clv_horizon_argument(fcinfo, 1, model));
}

/*--- Spend and value ---*/

static void
check_spend(double x, double spend)
{
	if (x < 0 || (x > 0 && !(spend > 0 && spend <= 1e30)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no customer can have spent %g on average in %g repeat purchases",
						spend, x),
				 errdetail("Mean spend is above zero; without a repeat purchase, it is not asked for.")));
}

/* (model, x, m): without a repeat purchase, m may be NULL */
Datum
pt_expected_spend(PG_FUNCTION_ARGS)
{
	ClvModel   *model;
	ClvParameters parameters;
	double		x;
	double		spend = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	model = clv_model_of_form(fcinfo, 0, CLV_SPEND);
	x = (double) PG_GETARG_INT64(1);
	if (x > 0)
	{
		if (PG_ARGISNULL(2))
			PG_RETURN_NULL();
		spend = PG_GETARG_FLOAT8(2);
	}
	check_spend(x, spend);
	parameters = clv_model_parameters(model);
	return float8_or_null(fcinfo, clv_expected_spend(&parameters, x, spend));
}

/*
 * What is expected of a history; repeat purchases that brought nothing say
 * nothing, so that is what is expected without one.
 */
static double
spend_of_history(const ClvModel *spend_model, const ClvCustomer *customer,
				 double spend)
{
	ClvParameters parameters = clv_model_parameters(spend_model);

	if (!clv_model_known(spend_model))
		return NAN;
	return clv_expected_spend(&parameters, spend > 0 ? customer->x : 0,
							  spend);
}

Datum
pt_expected_spend_history(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_SPEND);
	Timestamp	as_of = PG_GETARG_TIMESTAMP(2);
	ClvCustomer customer;
	double		spend;

	if (TIMESTAMP_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as_of must be finite")));
	if (!history_repeats(PG_GETARG_DATUM(1), as_of,
						 model->merge == CLV_NONE ? PERIOD_DAY
						 : (Period) model->merge,
						 PERIOD_DAY, &customer, &spend))
		PG_RETURN_NULL();
	return float8_or_null(fcinfo, spend_of_history(model, &customer, spend));
}

/* How the value of a customer is asked for. */
typedef struct ValueTerms
{
	double		horizon;
	double		step;			/* in units of the model */
	double		discount;		/* log(1 + rate) for each unit */
} ValueTerms;

static double
units_per_year(const ClvModel *model)
{
	if (model->unit == CLV_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this model does not know its unit of time, and so not how long a year is"),
				 errhint("Give the unit to clv_fit() or clv_model().")));
	return period_days(PERIOD_YEAR) / period_days((Period) model->unit);
}

/* horizon, yearly_discount_rate, discount_step from an argument on */
static void
value_terms(FunctionCallInfo fcinfo, int arg, const ClvModel *model,
			ValueTerms *terms)
{
	double		year = units_per_year(model);
	double		rate = PG_GETARG_FLOAT8(arg + 1);

	terms->horizon = clv_horizon_argument(fcinfo, arg, model);
	if (!(rate > -1 && rate <= 1e6))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the yearly discount rate must be above -1, and at most 1000000"),
				 errdetail("It is %g.", rate),
				 errhint("For 10 %% a year, give 0.1.")));
	terms->discount = log1p(rate) / year;
	terms->step = PG_ARGISNULL(arg + 2) ? year / 12
		: PG_GETARG_FLOAT8(arg + 2);
	if (model->kind == CLV_BG_BB && PG_ARGISNULL(arg + 2))
		terms->step = Max(1, floor(terms->step));
	if (!(terms->step > 0 && terms->horizon / terms->step <= MOST_STEPS))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("discount_step must be above zero, and the horizon at most %d steps",
						MOST_STEPS),
				 errdetail("The step is %g, the horizon %g.", terms->step,
						   terms->horizon)));
	if (model->kind == CLV_BG_BB && terms->step != floor(terms->step))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the discount_step of a model of kind bg_bb must be a whole number")));
}

/* The purchases of each step, at the worth that money has at its end. */
static double
discounted_purchases(const ClvModel *model, const ClvCustomer *customer,
					 const ValueTerms *terms)
{
	ClvParameters parameters = clv_model_parameters(model);
	double		before = 0;
	double		sum = 0;

	for (int i = 1;; i++)
	{
		double		end = Min(i * terms->step, terms->horizon);
		double		until = clv_expected(&parameters, customer, end,
										 clv_pause);

		CHECK_FOR_INTERRUPTS();
		sum += (until - before) * exp(-terms->discount * end);
		before = until;
		if (end >= terms->horizon)
			return sum;
	}
}

static bool
any_null(FunctionCallInfo fcinfo, int n, int except)
{
	for (int i = 0; i < n; i++)
	{
		if (i != except && PG_ARGISNULL(i))
			return true;
	}
	return false;
}

/*
 * (model, spend_model, x, t_x, t, m, horizon, yearly_discount_rate,
 * discount_step)
 */
Datum
pt_customer_lifetime_value(PG_FUNCTION_ARGS)
{
	ClvModel   *model;
	ClvModel   *spend_model;
	ClvParameters spend_parameters;
	ClvCustomer customer;
	ValueTerms	terms;
	double		spend = 0;

	if (any_null(fcinfo, 8, 5))
		PG_RETURN_NULL();
	model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);
	spend_model = clv_model_of_form(fcinfo, 1, CLV_SPEND);
	customer = customer_arguments(fcinfo, 2, model);
	if (customer.x > 0)
	{
		if (PG_ARGISNULL(5))
			PG_RETURN_NULL();
		spend = PG_GETARG_FLOAT8(5);
	}
	check_spend(customer.x, spend);
	value_terms(fcinfo, 6, model, &terms);
	if (!clv_model_known(model))
		PG_RETURN_NULL();
	spend_parameters = clv_model_parameters(spend_model);
	return float8_or_null(fcinfo,
						  clv_expected_spend(&spend_parameters, customer.x,
											 spend) *
						  discounted_purchases(model, &customer, &terms));
}

/*
 * (model, spend_model, history, as_of, horizon, yearly_discount_rate,
 * discount_step)
 */
Datum
pt_customer_lifetime_value_history(PG_FUNCTION_ARGS)
{
	ClvModel   *model;
	ClvModel   *spend_model;
	ClvCustomer customer;
	ValueTerms	terms;
	double		spend;

	if (any_null(fcinfo, 6, -1))
		PG_RETURN_NULL();
	model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);
	spend_model = clv_model_of_form(fcinfo, 1, CLV_SPEND);
	value_terms(fcinfo, 4, model, &terms);
	if (!history_arguments(fcinfo, 2, model, &customer, &spend) ||
		!clv_model_known(model))
		PG_RETURN_NULL();
	return float8_or_null(fcinfo,
						  spend_of_history(spend_model, &customer, spend) *
						  discounted_purchases(model, &customer, &terms));
}

/*--- Subscriptions ---*/

static double
periods_argument(FunctionCallInfo fcinfo, int arg, const char *name)
{
	int32		periods = PG_GETARG_INT32(arg);

	if (periods < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative", name),
				 errdetail("It is %d.", periods)));
	return periods;
}

Datum
pt_subscription_survival(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_SUBSCRIPTION);
	ClvParameters parameters = clv_model_parameters(model);
	double		periods = periods_argument(fcinfo, 1, "periods");

	if (!clv_model_known(model))
		PG_RETURN_NULL();
	return float8_or_null(fcinfo, clv_survival(&parameters, periods));
}

/* (model, discount_rate, renewals): DEL if renewals is NULL, else DERL */
Datum
pt_subscription_lifetime(PG_FUNCTION_ARGS)
{
	ClvModel   *model;
	ClvParameters parameters;
	double		rate;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	model = clv_model_of_form(fcinfo, 0, CLV_SUBSCRIPTION);
	rate = PG_GETARG_FLOAT8(1);
	if (!(rate > 0 && rate <= 1e6))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the discount rate of a period must be above 0, and at most 1000000"),
				 errdetail("It is %g.", rate),
				 errhint("Without a discount, the expected lifetime may have no end.")));
	parameters = clv_model_parameters(model);
	if (!clv_model_known(model))
		PG_RETURN_NULL();
	return float8_or_null(fcinfo,
						  clv_residual_lifetime(&parameters,
												PG_ARGISNULL(2) ? 0
												: periods_argument(fcinfo, 2,
																   "renewals"),
												rate, PG_ARGISNULL(2),
												clv_pause));
}

/*--- Judging ---*/

/* How many customers were watched for so long. */
typedef struct Watched
{
	double		t;
	double		customers;
} Watched;

#define ST_SORT sort_watched
#define ST_ELEMENT_TYPE Watched
#define ST_COMPARE(a, b) (((a)->t > (b)->t) - ((a)->t < (b)->t))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static Watched *
watched_times(const ClvData *data, int *n)
{
	Watched    *watched = palloc(sizeof(Watched) * Max(data->nused, 1));
	int			last = 0;

	for (int i = 0; i < data->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		watched[i].t = data->rows[i].t;
		watched[i].customers = (double) data->rows[i].count;
	}
	sort_watched(watched, data->nused);
	for (int i = 1; i < data->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (watched[i].t == watched[last].t)
			watched[last].customers += watched[i].customers;
		else
			watched[++last] = watched[i];
	}
	*n = data->nused == 0 ? 0 : last + 1;
	return watched;
}

/* (model, data, most): customers by x, as they are and as is expected */
Datum
pt_clv_histogram(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);
	ClvData    *data = clv_data_argument(fcinfo, 1);
	ClvParameters parameters = clv_model_parameters(model);
	int			most = PG_GETARG_INT32(2);
	int64	   *actual;
	double	   *expect;
	Watched    *watched;
	int			n;
	SeriesRow	row = {0};

	if (most < 1 || most > 1000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("most must be between 1 and 1000"),
				 errdetail("It is %d.", most)));
	clv_check_data(data, (ClvKind) model->kind);
	InitMaterializedSRF(fcinfo, 0);
	if (!clv_model_known(model))
		return (Datum) 0;
	actual = palloc0(sizeof(int64) * (most + 1));
	expect = palloc0(sizeof(double) * (most + 1));
	for (int i = 0; i < data->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		actual[(int) Min(data->rows[i].x, most)] += data->rows[i].count;
	}
	watched = watched_times(data, &n);
	for (int i = 0; i < n; i++)
	{
		double		rest = 1;

		for (int j = 0; j < most; j++)
		{
			double		one;

			CHECK_FOR_INTERRUPTS();
			one = clv_probability_new(&parameters, watched[i].t, j,
									  clv_pause);
			expect[j] += watched[i].customers * one;
			rest -= one;
		}
		expect[most] += watched[i].customers * Max(rest, 0);
	}
	for (int j = 0; j <= most; j++)
	{
		series_row_int(&row, j);
		series_row_bool(&row, j == most, false);
		row.nulls[row.n] = false;
		row.values[row.n++] = Int64GetDatum(actual[j]);
		series_row_double(&row, expect[j]);
		series_row_put(fcinfo, &row);
	}
	return (Datum) 0;
}

/*
 * (model, data, step, steps): repeat purchases that are expected in each step
 * of time since the first purchase of all.
 */
Datum
pt_clv_tracking(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_of_form(fcinfo, 0, CLV_TRANSACTIONS);
	ClvData    *data = clv_data_argument(fcinfo, 1);
	ClvParameters parameters = clv_model_parameters(model);
	double		step = PG_GETARG_FLOAT8(2);
	int			steps = PG_GETARG_INT32(3);
	Watched    *watched;
	double		before = 0;
	int			n;
	SeriesRow	row = {0};

	if (!(step > 0) || steps < 1 || steps > MOST_STEPS ||
		!(step * steps <= (model->kind == CLV_BG_BB ? CLV_MOST_OPPORTUNITIES
						   : CLV_MOST_HORIZON)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step must be above zero, steps between 1 and %d, and all of them at most 1000000 units",
						MOST_STEPS),
				 errdetail("There are %d steps of %g.", steps, step)));
	clv_check_data(data, (ClvKind) model->kind);
	InitMaterializedSRF(fcinfo, 0);
	watched = watched_times(data, &n);
	if (!clv_model_known(model) || n == 0)
		return (Datum) 0;
	for (int k = 1; k <= steps; k++)
	{
		double		sum = 0;

		for (int i = 0; i < n; i++)
		{
			/* since the customer's own first purchase */
			double		since = k * step - (watched[n - 1].t - watched[i].t);

			CHECK_FOR_INTERRUPTS();
			if (since > 0)
				sum += watched[i].customers *
					clv_expected_new(&parameters, since, clv_pause);
		}
		series_row_int(&row, k);
		series_row_double(&row, k * step);
		series_row_double(&row, sum - before);
		series_row_double(&row, sum);
		series_row_put(fcinfo, &row);
		before = sum;
	}
	return (Datum) 0;
}

/* (late, gap_median, recency_days, probability_alive, high_value) */
Datum
pt_contact_reason(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (!PG_ARGISNULL(0) && PG_GETARG_BOOL(0) && !PG_ARGISNULL(1) &&
		!PG_ARGISNULL(2))
		appendStringInfo(&buf, "bought about every %.0f days, the last time %.0f days ago",
						 round(PG_GETARG_FLOAT8(1)),
						 floor(PG_GETARG_FLOAT8(2)));
	if (!PG_ARGISNULL(3) && PG_GETARG_FLOAT8(3) < 0.5)
		appendStringInfo(&buf, "%sprobably gone (%.0f %% that still a customer)",
						 buf.len > 0 ? "; " : "",
						 round(100 * PG_GETARG_FLOAT8(3)));
	if (!PG_ARGISNULL(4) && PG_GETARG_BOOL(4))
		appendStringInfo(&buf, "%sone of the best tenth by revenue",
						 buf.len > 0 ? "; " : "");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buf.data, buf.len));
}
