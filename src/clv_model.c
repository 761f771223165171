/*-------------------------------------------------------------------------
 *
 * clv_model.c
 *		The type clv_model: fits, and what they tell of themselves.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "array.h"
#include "clv.h"
#include "compat.h"
#include "series_report.h"
#include "stats_math.h"

PG_FUNCTION_INFO_V1(pt_clv_fit);
PG_FUNCTION_INFO_V1(pt_clv_fit_final);
PG_FUNCTION_INFO_V1(pt_spend_fit_final);
PG_FUNCTION_INFO_V1(pt_clv_model);
PG_FUNCTION_INFO_V1(pt_clv_parameters);
PG_FUNCTION_INFO_V1(pt_clv_summary);
PG_FUNCTION_INFO_V1(pt_clv_log_likelihood);
PG_FUNCTION_INFO_V1(pt_clv_rows);

#define LEAST_PARAMETER	1e-30
#define MOST_PARAMETER	1e30

StaticAssertDecl(sizeof(ClvModel) == 136, "a model has padding");

static const char *const warning_texts[] = {
	"there is nothing to fit",
	"no customer came back",
	"it did not converge",
	"a parameter ran to the limit of what is searched",
	"the likelihood has no single top, so there are no standard errors",
	"customers do not differ: a simpler model would do",
	"nobody leaves: a parameter says that all stay",
	"a standard error is larger than its parameter",
	"rows were left out",
	"fewer than 200 customers",
	"q is at most 1: the mean spend of all has no value"
};

StaticAssertDecl(CLV_WARN_ALL == (1 << lengthof(warning_texts)) - 1,
				 "a text for each warning");

/*--- The value ---*/

const char *
clv_model_fault(const ClvModel *model)
{
	int			k;

	if (VARSIZE(model) != sizeof(ClvModel))
		return "It is not as long as a model is.";
	if (model->version != CLV_MODEL_VERSION)
		return "Its version is not known.";
	if (model->kind >= CLV_KINDS || model->unused != 0 ||
		(model->unit > PERIOD_YEAR && model->unit != CLV_NONE) ||
		(model->merge > PERIOD_YEAR && model->merge != CLV_NONE) ||
		(model->warnings & ~CLV_WARN_ALL) != 0 ||
		(model->converged != 0 && model->converged != 1))
		return "Its settings are out of range.";
	if (model->as_of != DT_NOBEGIN && !IS_VALID_TIMESTAMP(model->as_of))
		return "Its as_of is out of range.";
	if (model->iterations < 0 || model->customers < 0 || model->rows < 0 ||
		model->left_out < 0)
		return "A number is negative.";
	k = clv_parameter_count((ClvKind) model->kind);
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
	{
		double		theta = model->theta[i];
		double		error = model->error[i];

		if (i >= k ? !isnan(theta) || !isnan(error)
			: isnan(theta) != isnan(model->theta[0]) ||
			!(isnan(theta) || (theta >= LEAST_PARAMETER && theta <= MOST_PARAMETER)) ||
			!(isnan(error) || (error >= 0 && !isinf(error))))
			return "Its parameters are from 1e-30 to 1e30, as many as its kind has, and their standard errors not negative.";
	}
	if (isinf(model->log_likelihood) || isinf(model->gradient))
		return "Its log-likelihood and gradient are finite.";
	return NULL;
}

ClvModel *
clv_model_argument(FunctionCallInfo fcinfo, int arg)
{
	ClvModel   *model = (ClvModel *) PG_DETOAST_DATUM(PG_GETARG_DATUM(arg));
	const char *fault = clv_model_fault(model);

	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("invalid clv_model"),
				 errdetail("%s", fault)));
	return model;
}

ClvParameters
clv_model_parameters(const ClvModel *model)
{
	ClvParameters parameters = {(ClvKind) model->kind, {0}};

	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
		parameters.theta[i] = model->theta[i];
	return parameters;
}

/* Whether it has parameters at all. */
bool
clv_model_known(const ClvModel *model)
{
	return !isnan(model->theta[0]);
}

/*--- Fits ---*/

/* What only models of discrete time ask of the customers. */
static void
check_opportunities(const ClvData *data)
{
	for (int i = 0; i < data->nused; i++)
	{
		const ClvRow *row = &data->rows[i];

		CHECK_FOR_INTERRUPTS();
		if (row->tx != floor(row->tx) || row->t != floor(row->t) ||
			row->x > row->tx || row->t > CLV_MOST_OPPORTUNITIES)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("no customer of a model of kind bg_bb can have x = %.17g, t_x = %.17g, T = %.17g",
							row->x, row->tx, row->t),
					 errdetail("T is the number of opportunities to buy, at most %d; t_x is that of the last one that was taken; x is how many were taken.",
							   CLV_MOST_OPPORTUNITIES),
					 errhint("Of histories, take merge and unit the same, as in clv_data(history, as_of, 'month', 'month').")));
	}
}

void
clv_check_data(const ClvData *data, ClvKind kind)
{
	static const char *const made_by[CLV_FORMS] = {
		"clv_data()", "spend_data()", "subscription_data()"
	};

	if (clv_form(kind) != (ClvForm) data->form)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a model of kind %s does not fit these clv_data",
						clv_kind_label(kind)),
				 errdetail("They were made by %s; it takes those of %s.",
						   made_by[data->form], made_by[clv_form(kind)])));
	if (kind == CLV_BG_BB)
		check_opportunities(data);
}

/* A model has no parameters like these, which no data of a shop lead to. */
static void
no_extremes(ClvFit *fit)
{
	int			k = clv_parameter_count(fit->model.kind);
	bool		extreme = false;

	for (int i = 0; i < k; i++)
		extreme |= fit->model.theta[i] < LEAST_PARAMETER ||
			fit->model.theta[i] > MOST_PARAMETER;
	if (!extreme)
		return;
	for (int i = 0; i < k; i++)
		fit->model.theta[i] = fit->error[i] = NAN;
	fit->log_likelihood = fit->gradient = NAN;
	fit->converged = false;
	fit->warnings |= CLV_WARN_AT_LIMIT | CLV_WARN_NOT_CONVERGED;
}

ClvModel *
clv_model_fit(const ClvData *data, ClvKind kind)
{
	ClvModel   *model = palloc0(sizeof(ClvModel));
	ClvFit		fit;

	clv_check_data(data, kind);
	fit.model.kind = kind;
	clv_fit(&fit, data->rows, data->nused, clv_pause);
	no_extremes(&fit);
	SET_VARSIZE(model, sizeof(ClvModel));
	model->version = CLV_MODEL_VERSION;
	model->kind = kind;
	model->unit = data->unit;
	model->merge = data->merge;
	model->warnings = fit.warnings |
		(data->left_out > 0 ? CLV_WARN_LEFT_OUT : 0);
	model->iterations = fit.iterations;
	model->converged = fit.converged;
	model->customers = data->customers;
	model->rows = data->nused;
	model->left_out = data->left_out;
	model->as_of = data->as_of;
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
	{
		bool		has = i < clv_parameter_count(kind);

		model->theta[i] = has ? fit.model.theta[i] : NAN;
		model->error[i] = has && isfinite(fit.error[i]) ? fit.error[i] : NAN;
	}
	model->log_likelihood = fit.log_likelihood;
	model->gradient = isfinite(fit.gradient) ? fit.gradient : NAN;
	return model;
}

/* clv_fit(data, kind, unit): unit is needed where the data do not know it. */
Datum
pt_clv_fit(PG_FUNCTION_ARGS)
{
	ClvData    *data;
	ClvModel   *model;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	data = clv_data_argument(fcinfo, 0);
	model = clv_model_fit(data, clv_kind_from_enum(PG_GETARG_OID(1)));
	if (!PG_ARGISNULL(2))
	{
		Period		unit = period_from_enum(fcinfo, 2);

		if (data->unit != CLV_NONE && data->unit != (uint8) unit)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("these clv_data are in another unit of time"),
					 errdetail("It is %s.", clv_period_label(data->unit))));
		model->unit = unit;
	}
	PG_RETURN_POINTER(model);
}

Datum
pt_clv_fit_final(PG_FUNCTION_ARGS)
{
	ClvData    *data;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	data = clv_data_argument(fcinfo, 0);
	if (data->kind == CLV_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("clv_data that know their kind are needed here")));
	PG_RETURN_POINTER(clv_model_fit(data, (ClvKind) data->kind));
}

Datum
pt_spend_fit_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(clv_model_fit(clv_data_argument(fcinfo, 0),
									CLV_GAMMA_GAMMA));
}

/* clv_model(kind, parameters, unit): of parameters from somewhere else */
Datum
pt_clv_model(PG_FUNCTION_ARGS)
{
	ClvModel   *model;
	ClvKind		kind;
	const float8 *values;
	const char *fault;
	int			n;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	kind = clv_kind_from_enum(PG_GETARG_OID(0));
	values = float8_elements(PG_GETARG_ARRAYTYPE_P(1), "parameters", &n);
	if (n != clv_parameter_count(kind))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a model of kind %s has %d parameters",
						clv_kind_label(kind), clv_parameter_count(kind)),
				 errdetail("There are %d.", n)));
	model = palloc0(sizeof(ClvModel));
	SET_VARSIZE(model, sizeof(ClvModel));
	model->version = CLV_MODEL_VERSION;
	model->kind = kind;
	model->unit = PG_ARGISNULL(2) ? CLV_NONE : period_from_enum(fcinfo, 2);
	model->merge = PG_ARGISNULL(2) ? CLV_NONE :
		kind == CLV_BG_BB ? model->unit : PERIOD_DAY;
	model->as_of = DT_NOBEGIN;
	model->converged = 1;
	model->log_likelihood = model->gradient = NAN;
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
	{
		model->theta[i] = i < n ? values[i] : NAN;
		model->error[i] = NAN;
		if (i < n && !(values[i] > 0))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("parameters of a model must be above zero"),
					 errdetail("%s is %g.", clv_parameter_name(kind, i),
							   values[i])));
	}
	fault = clv_model_fault(model);
	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameters of a model are out of range"),
				 errdetail("%s", fault)));
	PG_RETURN_POINTER(model);
}

/*--- What a model tells ---*/

/* Rows of name, value, standard error and interval. */
Datum
pt_clv_parameters(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_argument(fcinfo, 0);
	double		z = normal_quantile(0.975);
	SeriesRow	row = {0};

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < clv_parameter_count((ClvKind) model->kind); i++)
	{
		series_row_text(&row, clv_parameter_name((ClvKind) model->kind, i));
		series_row_double(&row, model->theta[i]);
		series_row_double(&row, model->error[i]);
		series_row_double(&row, model->theta[i] - z * model->error[i]);
		series_row_double(&row, model->theta[i] + z * model->error[i]);
		series_row_put(fcinfo, &row);
	}
	return (Datum) 0;
}

static char *
warnings_of_model(const ClvModel *model)
{
	StringInfoData buf;

	if (model->warnings == 0)
		return NULL;
	initStringInfo(&buf);
	for (int i = 0; i < (int) lengthof(warning_texts); i++)
	{
		if (model->warnings & (1 << i))
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? "; " : "",
							 warning_texts[i]);
	}
	return buf.data;
}

static void
row_count(SeriesRow *row, int64 value)
{
	row->nulls[row->n] = false;
	row->values[row->n++] = Int64GetDatum(value);
}

Datum
pt_clv_summary(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_argument(fcinfo, 0);
	int			k = clv_parameter_count((ClvKind) model->kind);
	double		deviance = -2 * model->log_likelihood;
	SeriesRow	row = {0};

	series_row_text(&row, clv_kind_label(model->kind));
	series_row_text(&row, clv_period_label(model->unit));
	row.nulls[row.n] = model->as_of == DT_NOBEGIN;
	row.values[row.n++] = TimestampGetDatum(model->as_of);
	row_count(&row, model->customers);
	row_count(&row, model->rows);
	row_count(&row, model->left_out);
	series_row_double(&row, model->log_likelihood);
	series_row_double(&row, deviance + 2 * k);
	series_row_double(&row, deviance + k * log((double) model->customers));
	series_row_bool(&row, model->converged != 0, false);
	series_row_int(&row, model->iterations);
	series_row_double(&row, model->gradient);
	series_row_text(&row, warnings_of_model(model));
	return series_row_datum(fcinfo, &row);
}

/* The likelihood of other customers, such as those of a holdout. */
Datum
pt_clv_log_likelihood(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_argument(fcinfo, 0);
	ClvData    *data = clv_data_argument(fcinfo, 1);
	ClvParameters parameters = clv_model_parameters(model);
	double		value;

	clv_check_data(data, (ClvKind) model->kind);
	if (!clv_model_known(model))
		PG_RETURN_NULL();
	value = clv_log_likelihood(&parameters, data->rows, data->nused, NULL,
							   clv_pause);
	if (!isfinite(value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

Datum
pt_clv_rows(PG_FUNCTION_ARGS)
{
	ClvData    *data = clv_data_argument(fcinfo, 0);
	SeriesRow	row = {0};

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < data->nused; i++)
	{
		row_count(&row, (int64) data->rows[i].x);
		series_row_double(&row, data->rows[i].tx);
		series_row_double(&row, data->rows[i].t);
		row_count(&row, data->rows[i].count);
		series_row_put(fcinfo, &row);
	}
	return (Datum) 0;
}
