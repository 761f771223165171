/*-------------------------------------------------------------------------
 *
 * clv_io.c
 *		clv_data and clv_model as text and as bytes.
 *
 * The text forms are
 *
 *	1 transactions week day - 2024-06-30 3 {0 0 38:12, 2 30.5 38:3}
 *	1 bg_nbd week day 2024-06-30 {0.24, 4.4, 0.8, 2.4} {0.01, 0.4, ~, ~}
 *		-9582.4 1e-13 2357 1016 0 42 t 0
 *
 * (the latter in one line); docs/clv.md tells what each number is.  - and ~
 * stand for what is not known.  No setting of the session changes them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "common/int.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "clv.h"
#include "compat.h"
#include "input.h"
#include "rfm.h"

PG_FUNCTION_INFO_V1(pt_clv_data_in);
PG_FUNCTION_INFO_V1(pt_clv_data_out);
PG_FUNCTION_INFO_V1(pt_clv_data_recv);
PG_FUNCTION_INFO_V1(pt_clv_data_send);
PG_FUNCTION_INFO_V1(pt_clv_model_in);
PG_FUNCTION_INFO_V1(pt_clv_model_out);
PG_FUNCTION_INFO_V1(pt_clv_model_recv);
PG_FUNCTION_INFO_V1(pt_clv_model_send);

static const char *const form_labels[CLV_FORMS] = {
	"transactions", "spend", "subscription"
};

/*--- Parts of texts ---*/

static const char *
label_or_dash(const char *label)
{
	return label == NULL ? "-" : label;
}

static void
out_double(StringInfo buf, double value)
{
	char		number[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (isnan(value))
	{
		appendStringInfoChar(buf, '~');
		return;
	}
	double_to_shortest_decimal_buf(value, number);
	appendStringInfoString(buf, number);
}

static void
out_moment(StringInfo buf, Timestamp at)
{
	if (at == DT_NOBEGIN)
		appendStringInfoChar(buf, '-');
	else
		history_out_time(buf, at, history_unit(at));
}

PT_NORETURN static void
bad_text(const char *type, const char *input, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"", type,
					pnstrdup(input, pg_mbcliplen(input, strnlen(input, 104),
												 100))),
			 errdetail("%s", detail)));
}

/* A label that a blank follows, or "-" if the answer may be CLV_NONE. */
static bool
in_label(const char **s, const char *(*label) (int), bool may_be_none,
		 uint8 *value)
{
	for (int i = 0; label(i) != NULL; i++)
	{
		const char *p = *s;

		if (history_in_literal(&p, label(i)) && history_in_literal(&p, " "))
		{
			*s = p;
			*value = i;
			return true;
		}
	}
	*value = CLV_NONE;
	return may_be_none && history_in_literal(s, "- ");
}

static const char *
form_label(int form)
{
	return form < CLV_FORMS ? form_labels[form] : NULL;
}

static bool
in_moment(const char **s, Timestamp *at)
{
	const char *p = *s;

	if (history_in_literal(&p, "- "))
		*at = DT_NOBEGIN;
	else if (!history_in_time(&p, at) || !history_in_literal(&p, " "))
		return false;
	*s = p;
	return true;
}

/* Digits, without a blank or a sign before them. */
static bool
in_count(const char **s, int64 *value)
{
	char	   *p = unconstify(char *, *s);

	if (!isdigit((unsigned char) *p) || !rfm_read_int64(&p, value))
		return false;
	*s = p;
	return true;
}

static bool
in_double(const char **s, double *value)
{
	char	   *end;

	/* no blanks, names of numbers or hexadecimal digits */
	if (!isdigit((unsigned char) **s) && **s != '-')
		return false;
	*value = strtod(*s, &end) + 0.0;
	for (const char *p = *s; p < end; p++)
	{
		if (strchr("0123456789+-.eE", *p) == NULL)
			return false;
	}
	if (end == *s || !isfinite(*value))
		return false;
	*s = end;
	return true;
}

static bool
in_double_or_none(const char **s, double *value)
{
	*value = NAN;
	return history_in_literal(s, "~") || in_double(s, value);
}

/*--- clv_data as text ---*/

Datum
pt_clv_data_out(PG_FUNCTION_ARGS)
{
	ClvData    *data = clv_data_argument(fcinfo, 0);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d %s %s %s %s ", data->version,
					 form_labels[data->form],
					 label_or_dash(clv_period_label(data->unit)),
					 label_or_dash(clv_period_label(data->merge)),
					 label_or_dash(clv_kind_label(data->kind)));
	out_moment(&buf, data->as_of);
	appendStringInfo(&buf, " " INT64_FORMAT " {", data->left_out);
	for (int i = 0; i < data->nused; i++)
	{
		const ClvRow *row = &data->rows[i];

		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		out_double(&buf, row->x);
		appendStringInfoChar(&buf, ' ');
		out_double(&buf, row->tx);
		appendStringInfoChar(&buf, ' ');
		out_double(&buf, row->t);
		appendStringInfo(&buf, ":" INT64_FORMAT, row->count);
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

static Datum
clv_data_from_text(char *input)
{
	const char *type = "clv_data";
	const char *s = input;
	ClvData		settings = {0};
	ClvData    *data;
	const char *fault;
	uint8		form,
				kind;

	if (!history_in_literal(&s, "1 "))
		bad_text(type, input, "It begins with its version, which is 1.");
	if (!in_label(&s, form_label, false, &form) ||
		!in_label(&s, clv_period_label, true, &settings.unit) ||
		!in_label(&s, clv_period_label, true, &settings.merge) ||
		!in_label(&s, clv_kind_label, true, &kind))
		bad_text(type, input, "After its version it has its form, unit, merge and kind, as in \"transactions week day -\".");
	if (!in_moment(&s, &settings.as_of) ||
		!in_count(&s, &settings.left_out) || !history_in_literal(&s, " {"))
		bad_text(type, input, "After that it has as_of, what was left out, and rows in braces.");
	data = clv_data_create((ClvForm) form, 0);
	data->unit = settings.unit;
	data->merge = settings.merge;
	data->kind = kind;
	data->as_of = settings.as_of;
	data->left_out = settings.left_out;
	while (!history_in_literal(&s, "}"))
	{
		ClvRow		row;
		ClvData    *larger;

		CHECK_FOR_INTERRUPTS();
		if ((data->nused > 0 && !history_in_literal(&s, ", ")) ||
			!in_double(&s, &row.x) || !history_in_literal(&s, " ") ||
			!in_double(&s, &row.tx) || !history_in_literal(&s, " ") ||
			!in_double(&s, &row.t) || !history_in_literal(&s, ":") ||
			!in_count(&s, &row.count))
			bad_text(type, input, "A row is x, t_x, T and the number of customers, as in \"2 30.5 38:3\".");
		fault = row.count < 1 ? "A count is at least 1."
			: clv_row_fault((ClvForm) form, &row);
		if (fault != NULL)
			bad_text(type, input, fault);
		larger = clv_data_add(data, &row);
		if (larger != data)
			pfree(data);
		data = larger;
	}
	if (*s != '\0')
		bad_text(type, input, "It ends with a closing brace.");
	data = clv_data_pack(data);
	fault = clv_data_fault(data);
	if (fault != NULL)
		bad_text(type, input, fault);
	return PointerGetDatum(data);
}

Datum
pt_clv_data_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, clv_data_from_text);
}

/*--- clv_model as text ---*/

static void
out_doubles(StringInfo buf, const double *values, int n)
{
	appendStringInfoChar(buf, '{');
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(buf, ", ");
		out_double(buf, values[i]);
	}
	appendStringInfoString(buf, "} ");
}

Datum
pt_clv_model_out(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_argument(fcinfo, 0);
	int			k = clv_parameter_count((ClvKind) model->kind);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d %s %s %s ", model->version,
					 clv_kind_label(model->kind),
					 label_or_dash(clv_period_label(model->unit)),
					 label_or_dash(clv_period_label(model->merge)));
	out_moment(&buf, model->as_of);
	appendStringInfoChar(&buf, ' ');
	out_doubles(&buf, model->theta, k);
	out_doubles(&buf, model->error, k);
	out_double(&buf, model->log_likelihood);
	appendStringInfoChar(&buf, ' ');
	out_double(&buf, model->gradient);
	appendStringInfo(&buf, " " INT64_FORMAT " " INT64_FORMAT " " INT64_FORMAT " %d %c %d",
					 model->customers, model->rows, model->left_out,
					 model->iterations, model->converged ? 't' : 'f',
					 model->warnings);
	PG_RETURN_CSTRING(buf.data);
}

static bool
in_doubles(const char **s, double *values, int n)
{
	if (!history_in_literal(s, "{"))
		return false;
	for (int i = 0; i < n; i++)
	{
		if ((i > 0 && !history_in_literal(s, ", ")) ||
			!in_double_or_none(s, &values[i]))
			return false;
	}
	return history_in_literal(s, "} ");
}

static bool
in_small_count(const char **s, int32 *value)
{
	int64		number;

	if (!in_count(s, &number) || number > PG_INT32_MAX)
		return false;
	*value = (int32) number;
	return true;
}

static void
empty_model(ClvModel *model)
{
	memset(model, 0, sizeof(*model));
	SET_VARSIZE(model, sizeof(*model));
	model->version = CLV_MODEL_VERSION;
	model->unit = model->merge = CLV_NONE;
	model->as_of = DT_NOBEGIN;
	model->log_likelihood = model->gradient = NAN;
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
		model->theta[i] = model->error[i] = NAN;
}

static Datum
clv_model_from_text(char *input)
{
	const char *type = "clv_model";
	const char *s = input;
	ClvModel   *model = palloc(sizeof(ClvModel));
	const char *fault;
	int			k;

	empty_model(model);
	if (!history_in_literal(&s, "1 "))
		bad_text(type, input, "It begins with its version, which is 1.");
	if (!in_label(&s, clv_kind_label, false, &model->kind) ||
		!in_label(&s, clv_period_label, true, &model->unit) ||
		!in_label(&s, clv_period_label, true, &model->merge) ||
		!in_moment(&s, &model->as_of))
		bad_text(type, input, "After its version it has its kind, unit, merge and as_of, as in \"bg_nbd week day 2024-06-30\".");
	k = clv_parameter_count((ClvKind) model->kind);
	if (!in_doubles(&s, model->theta, k) || !in_doubles(&s, model->error, k))
		bad_text(type, input, "After that it has its parameters and their standard errors, each in braces.");
	if (!in_double_or_none(&s, &model->log_likelihood) ||
		!history_in_literal(&s, " ") ||
		!in_double_or_none(&s, &model->gradient) ||
		!history_in_literal(&s, " ") || !in_count(&s, &model->customers) ||
		!history_in_literal(&s, " ") || !in_count(&s, &model->rows) ||
		!history_in_literal(&s, " ") || !in_count(&s, &model->left_out) ||
		!history_in_literal(&s, " ") ||
		!in_small_count(&s, &model->iterations))
		bad_text(type, input, "After that it has log-likelihood, gradient, and numbers of customers, rows, customers left out and iterations.");
	model->converged = history_in_literal(&s, " t ");
	if ((!model->converged && !history_in_literal(&s, " f ")) ||
		!in_small_count(&s, &model->warnings) || *s != '\0')
		bad_text(type, input, "It ends with whether it converged, t or f, and the number of its warnings.");
	fault = clv_model_fault(model);
	if (fault != NULL)
		bad_text(type, input, fault);
	return PointerGetDatum(model);
}

Datum
pt_clv_model_in(PG_FUNCTION_ARGS)
{
	return input_value(fcinfo, clv_model_from_text);
}

/*--- Bytes ---*/

#define WIRE_ROW_BYTES	(4 * sizeof(int64))

/*
 * Five integers of 32 bits (version, form, unit, merge, kind), as_of, the
 * rows left out and the number of rows with 64 bits; then the rows, three
 * numbers in double precision and a count.
 */
Datum
pt_clv_data_send(PG_FUNCTION_ARGS)
{
	ClvData    *data = clv_data_argument(fcinfo, 0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint32(&buf, data->version);
	pq_sendint32(&buf, data->form);
	pq_sendint32(&buf, data->unit);
	pq_sendint32(&buf, data->merge);
	pq_sendint32(&buf, data->kind);
	pq_sendint64(&buf, data->as_of);
	pq_sendint64(&buf, data->left_out);
	pq_sendint64(&buf, data->nused);
	for (int i = 0; i < data->nused; i++)
	{
		CHECK_FOR_INTERRUPTS();
		pq_sendfloat8(&buf, data->rows[i].x);
		pq_sendfloat8(&buf, data->rows[i].tx);
		pq_sendfloat8(&buf, data->rows[i].t);
		pq_sendint64(&buf, data->rows[i].count);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* A number of 32 bits that fits into a byte. */
static uint8
recv_byte(StringInfo buf, const char *type)
{
	uint32		value = pq_getmsgint(buf, 4);

	if (value > PG_UINT8_MAX)
		input_bad_bytes(type, "Its settings are out of range.");
	return (uint8) value;
}

Datum
pt_clv_data_recv(PG_FUNCTION_ARGS)
{
	const char *type = "clv_data";
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	uint32		version = pq_getmsgint(buf, 4);
	uint8		form = recv_byte(buf, type);
	uint8		unit = recv_byte(buf, type);
	uint8		merge = recv_byte(buf, type);
	uint8		kind = recv_byte(buf, type);
	Timestamp	as_of = pq_getmsgint64(buf);
	int64		left_out = pq_getmsgint64(buf);
	uint64		n = (uint64) pq_getmsgint64(buf);
	ClvData    *data;
	const char *fault;

	if (version != CLV_DATA_VERSION)
		input_bad_bytes(type, "It is of an unknown version.");
	if (form >= CLV_FORMS)
		input_bad_bytes(type, "Its settings are out of range.");
	/* believed only as far as there are bytes for it */
	if (n != (uint64) (buf->len - buf->cursor) / WIRE_ROW_BYTES ||
		n * WIRE_ROW_BYTES != (uint64) (buf->len - buf->cursor))
		input_bad_bytes(type, "Its number of rows does not fit its size.");
	data = clv_data_create((ClvForm) form, (int) n);
	data->unit = unit;
	data->merge = merge;
	data->kind = kind;
	data->as_of = as_of;
	data->left_out = left_out;
	data->nused = data->nsorted = (int32) n;
	for (uint64 i = 0; i < n; i++)
	{
		ClvRow	   *row = &data->rows[i];

		CHECK_FOR_INTERRUPTS();
		row->x = pq_getmsgfloat8(buf) + 0.0;
		row->tx = pq_getmsgfloat8(buf) + 0.0;
		row->t = pq_getmsgfloat8(buf) + 0.0;
		row->count = pq_getmsgint64(buf);
		if (row->count < 1 || pg_add_s64_overflow(data->customers, row->count,
												  &data->customers))
			input_bad_bytes(type, "A count is out of range.");
	}
	fault = clv_data_fault(data);
	if (fault != NULL)
		input_bad_bytes(type, fault);
	PG_RETURN_POINTER(data);
}

/*
 * Eight integers of 32 bits (version, kind, unit, merge, warnings,
 * iterations, 1 if converged, 0), four of 64 (customers, rows, left out,
 * as_of), and ten numbers in double precision, where NaN is none.
 */
Datum
pt_clv_model_send(PG_FUNCTION_ARGS)
{
	ClvModel   *model = clv_model_argument(fcinfo, 0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint32(&buf, model->version);
	pq_sendint32(&buf, model->kind);
	pq_sendint32(&buf, model->unit);
	pq_sendint32(&buf, model->merge);
	pq_sendint32(&buf, model->warnings);
	pq_sendint32(&buf, model->iterations);
	pq_sendint32(&buf, model->converged);
	pq_sendint32(&buf, model->unused);
	pq_sendint64(&buf, model->customers);
	pq_sendint64(&buf, model->rows);
	pq_sendint64(&buf, model->left_out);
	pq_sendint64(&buf, model->as_of);
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
		pq_sendfloat8(&buf, model->theta[i]);
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
		pq_sendfloat8(&buf, model->error[i]);
	pq_sendfloat8(&buf, model->log_likelihood);
	pq_sendfloat8(&buf, model->gradient);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/* There is one NaN only, so that equal models are equal bytes. */
static double
recv_double(StringInfo buf)
{
	double		value = pq_getmsgfloat8(buf);

	return isnan(value) ? NAN : value + 0.0;
}

Datum
pt_clv_model_recv(PG_FUNCTION_ARGS)
{
	const char *type = "clv_model";
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	ClvModel   *model = palloc(sizeof(ClvModel));
	uint32		version = pq_getmsgint(buf, 4);
	const char *fault;

	if (version != CLV_MODEL_VERSION)
		input_bad_bytes(type, "It is of an unknown version.");
	empty_model(model);
	model->kind = recv_byte(buf, type);
	model->unit = recv_byte(buf, type);
	model->merge = recv_byte(buf, type);
	model->warnings = pq_getmsgint(buf, 4);
	model->iterations = pq_getmsgint(buf, 4);
	model->converged = pq_getmsgint(buf, 4);
	model->unused = pq_getmsgint(buf, 4);
	model->customers = pq_getmsgint64(buf);
	model->rows = pq_getmsgint64(buf);
	model->left_out = pq_getmsgint64(buf);
	model->as_of = pq_getmsgint64(buf);
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
		model->theta[i] = recv_double(buf);
	for (int i = 0; i < CLV_MOST_PARAMETERS; i++)
		model->error[i] = recv_double(buf);
	model->log_likelihood = recv_double(buf);
	model->gradient = recv_double(buf);
	fault = clv_model_fault(model);
	if (fault != NULL)
		input_bad_bytes(type, fault);
	PG_RETURN_POINTER(model);
}
