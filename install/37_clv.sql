-- clv: models of who will buy again, how often and for how much

CREATE TYPE @extschema@.clv_kind AS ENUM ('bg_nbd', 'mbg_nbd', 'pareto_nbd', 'nbd', 'bg_bb', 'sbg', 'gamma_gamma');
COMMENT ON TYPE @extschema@.clv_kind IS
'Models of customers: BG/NBD (Fader, Hardie and Lee 2005), MBG/NBD (Batislam, Denizel and Filiztekin 2007), Pareto/NBD (Schmittlein, Morrison and Colombo 1987), NBD (Ehrenberg 1959: nobody leaves), BG/BB (Fader, Hardie and Shang 2010: opportunities in discrete time), sBG (Fader and Hardie 2007: subscriptions), Gamma-Gamma (Fader and Hardie 2013: mean spend).';

CREATE TYPE @extschema@.clv_data;

CREATE FUNCTION @extschema@.clv_data_in(cstring) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_in';
COMMENT ON FUNCTION @extschema@.clv_data_in(cstring) IS
'I/O';

CREATE FUNCTION @extschema@.clv_data_out(@extschema@.clv_data) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_out';
COMMENT ON FUNCTION @extschema@.clv_data_out(@extschema@.clv_data) IS
'I/O';

CREATE FUNCTION @extschema@.clv_data_recv(internal) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_recv';
COMMENT ON FUNCTION @extschema@.clv_data_recv(internal) IS
'I/O';

CREATE FUNCTION @extschema@.clv_data_send(@extschema@.clv_data) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_send';
COMMENT ON FUNCTION @extschema@.clv_data_send(@extschema@.clv_data) IS
'I/O';

CREATE TYPE @extschema@.clv_data (
	INPUT = @extschema@.clv_data_in,
	OUTPUT = @extschema@.clv_data_out,
	RECEIVE = @extschema@.clv_data_recv,
	SEND = @extschema@.clv_data_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.clv_data IS
'Customers as lifetime models see them: how many have the same x, t_x and T (or the same x and mean spend, or the same number of periods). It can be stored, and merged by rollup() and +; clv_fit() fits models to it. Size: 48 bytes and 32 for each different customer. Text form: 1 transactions week day - 2024-06-30 3 {0 0 38:12, 2 30.5 38:3}: version, form (transactions, spend or subscription), unit, periods that are merged, kind to be fitted, as_of, rows left out, then x, t_x, T and the number of customers of each row; - where there is none. Rows of spend are x, mean spend and 0, rows of subscriptions 1 if it ended (else 0), 0 and periods.';

CREATE TYPE @extschema@.clv_model;

CREATE FUNCTION @extschema@.clv_model_in(cstring) RETURNS @extschema@.clv_model
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_model_in';
COMMENT ON FUNCTION @extschema@.clv_model_in(cstring) IS
'I/O';

CREATE FUNCTION @extschema@.clv_model_out(@extschema@.clv_model) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_model_out';
COMMENT ON FUNCTION @extschema@.clv_model_out(@extschema@.clv_model) IS
'I/O';

CREATE FUNCTION @extschema@.clv_model_recv(internal) RETURNS @extschema@.clv_model
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_model_recv';
COMMENT ON FUNCTION @extschema@.clv_model_recv(internal) IS
'I/O';

CREATE FUNCTION @extschema@.clv_model_send(@extschema@.clv_model) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_model_send';
COMMENT ON FUNCTION @extschema@.clv_model_send(@extschema@.clv_model) IS
'I/O';

CREATE TYPE @extschema@.clv_model (
	INPUT = @extschema@.clv_model_in,
	OUTPUT = @extschema@.clv_model_out,
	RECEIVE = @extschema@.clv_model_recv,
	SEND = @extschema@.clv_model_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.clv_model IS
'A fitted model of customers, or one of given parameters: kind, unit of time, as_of, parameters with standard errors, log-likelihood, numbers of customers, whether it converged, warnings. clv_parameters() and clv_summary() show it. Size: 136 bytes. Text form: 1 bg_nbd week day 2024-06-30 {r, alpha, a, b} {standard errors} log-likelihood, gradient, customers, different rows, rows left out, iterations, t or f for converged, and the sum of the numbers of its warnings; ~ and - where there is none.';

CREATE FUNCTION @extschema@.pt_clv_data_accum(state @extschema@.clv_data, x bigint, t_x double precision, t double precision) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_accum';
COMMENT ON FUNCTION @extschema@.pt_clv_data_accum(@extschema@.clv_data, bigint, double precision, double precision) IS
'Aggregate transition function of clv_data.';

CREATE FUNCTION @extschema@.pt_clv_data_accum(state @extschema@.clv_data, x bigint, t_x double precision, t double precision, weight bigint) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_accum';
COMMENT ON FUNCTION @extschema@.pt_clv_data_accum(@extschema@.clv_data, bigint, double precision, double precision, bigint) IS
'Aggregate transition function of clv_data.';

CREATE FUNCTION @extschema@.pt_clv_data_accum(state @extschema@.clv_data, history @extschema@.purchase_history, as_of timestamp) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_accum_history';
COMMENT ON FUNCTION @extschema@.pt_clv_data_accum(@extschema@.clv_data, @extschema@.purchase_history, timestamp) IS
'Aggregate transition function of clv_data.';

CREATE FUNCTION @extschema@.pt_clv_data_accum(state @extschema@.clv_data, history @extschema@.purchase_history, as_of timestamp, unit @extschema@.purchase_period, merge @extschema@.purchase_period) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_accum_history';
COMMENT ON FUNCTION @extschema@.pt_clv_data_accum(@extschema@.clv_data, @extschema@.purchase_history, timestamp, @extschema@.purchase_period, @extschema@.purchase_period) IS
'Aggregate transition function of clv_data.';

CREATE FUNCTION @extschema@.pt_clv_fit_accum(state @extschema@.clv_data, x bigint, t_x double precision, t double precision, kind @extschema@.clv_kind) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_fit_accum';
COMMENT ON FUNCTION @extschema@.pt_clv_fit_accum(@extschema@.clv_data, bigint, double precision, double precision, @extschema@.clv_kind) IS
'Aggregate transition function of clv_fit.';

CREATE FUNCTION @extschema@.pt_clv_fit_accum(state @extschema@.clv_data, history @extschema@.purchase_history, as_of timestamp, kind @extschema@.clv_kind) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_fit_accum_history';
COMMENT ON FUNCTION @extschema@.pt_clv_fit_accum(@extschema@.clv_data, @extschema@.purchase_history, timestamp, @extschema@.clv_kind) IS
'Aggregate transition function of clv_fit.';

CREATE FUNCTION @extschema@.pt_clv_fit_accum(state @extschema@.clv_data, history @extschema@.purchase_history, as_of timestamp, kind @extschema@.clv_kind, unit @extschema@.purchase_period) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_fit_accum_history';
COMMENT ON FUNCTION @extschema@.pt_clv_fit_accum(@extschema@.clv_data, @extschema@.purchase_history, timestamp, @extschema@.clv_kind, @extschema@.purchase_period) IS
'Aggregate transition function of clv_fit.';

CREATE FUNCTION @extschema@.pt_spend_data_accum(state @extschema@.clv_data, x bigint, m numeric) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_spend_data_accum';
COMMENT ON FUNCTION @extschema@.pt_spend_data_accum(@extschema@.clv_data, bigint, numeric) IS
'Aggregate transition function of spend_data and spend_fit.';

CREATE FUNCTION @extschema@.pt_spend_data_accum(state @extschema@.clv_data, history @extschema@.purchase_history, as_of timestamp) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_spend_data_accum_history';
COMMENT ON FUNCTION @extschema@.pt_spend_data_accum(@extschema@.clv_data, @extschema@.purchase_history, timestamp) IS
'Aggregate transition function of spend_data.';

CREATE FUNCTION @extschema@.pt_subscription_data_accum(state @extschema@.clv_data, periods integer, ended boolean) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_subscription_data_accum';
COMMENT ON FUNCTION @extschema@.pt_subscription_data_accum(@extschema@.clv_data, integer, boolean) IS
'Aggregate transition function of subscription_data.';

CREATE FUNCTION @extschema@.pt_subscription_data_accum(state @extschema@.clv_data, periods integer, ended boolean, weight bigint) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_subscription_data_accum';
COMMENT ON FUNCTION @extschema@.pt_subscription_data_accum(@extschema@.clv_data, integer, boolean, bigint) IS
'Aggregate transition function of subscription_data.';

CREATE FUNCTION @extschema@.pt_clv_data_combine(state @extschema@.clv_data, other @extschema@.clv_data) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_combine';
COMMENT ON FUNCTION @extschema@.pt_clv_data_combine(@extschema@.clv_data, @extschema@.clv_data) IS
'Aggregate combine function of all that make or fit clv_data.';

CREATE FUNCTION @extschema@.pt_clv_data_rollup(state @extschema@.clv_data, other @extschema@.clv_data) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_rollup';
COMMENT ON FUNCTION @extschema@.pt_clv_data_rollup(@extschema@.clv_data, @extschema@.clv_data) IS
'Aggregate transition function of rollup(clv_data).';

CREATE FUNCTION @extschema@.pt_clv_data_final(state @extschema@.clv_data) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_final';
COMMENT ON FUNCTION @extschema@.pt_clv_data_final(@extschema@.clv_data) IS
'Aggregate final function of those that make clv_data: sorts.';

CREATE FUNCTION @extschema@.pt_clv_fit_final(state @extschema@.clv_data) RETURNS @extschema@.clv_model
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_fit_final';
COMMENT ON FUNCTION @extschema@.pt_clv_fit_final(@extschema@.clv_data) IS
'Aggregate final function of clv_fit: fits.';

CREATE FUNCTION @extschema@.pt_spend_fit_final(state @extschema@.clv_data) RETURNS @extschema@.clv_model
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_spend_fit_final';
COMMENT ON FUNCTION @extschema@.pt_spend_fit_final(@extschema@.clv_data) IS
'Aggregate final function of spend_fit: fits.';

CREATE AGGREGATE @extschema@.clv_data(x bigint, t_x double precision, t double precision) (
	SFUNC = @extschema@.pt_clv_data_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_data_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_data(bigint, double precision, double precision) IS
'Customers by x (repeat purchases), t_x (time from the first to the last purchase) and T (time from the first purchase to the end), in one unit of time. Numbers that no customer can have (x or t_x negative, t_x above T, t_x not 0 where x is 0, NaN, above 10^9) are error 22023, which names them. A row with a NULL is left out, and counted. No row gives NULL.';

CREATE AGGREGATE @extschema@.clv_data(x bigint, t_x double precision, t double precision, weight bigint) (
	SFUNC = @extschema@.pt_clv_data_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_data_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_data(bigint, double precision, double precision, bigint) IS
'clv_data of customers that are counted already: weight of them are alike. It must not be negative (error 22023) or NULL (22004).';

CREATE AGGREGATE @extschema@.clv_data(history @extschema@.purchase_history, as_of timestamp) (
	SFUNC = @extschema@.pt_clv_data_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_data_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_data(@extschema@.purchase_history, timestamp) IS
'Customers by their histories, seen from as_of: purchases of one day are one, and time is in weeks. Customers without a purchase until then are none yet. as_of must be the same for all (error 22023), finite (22008) and not NULL (22004). A history that is NULL is left out, and counted. No row gives NULL.';

CREATE AGGREGATE @extschema@.clv_data(history @extschema@.purchase_history, as_of timestamp, unit @extschema@.purchase_period, merge @extschema@.purchase_period) (
	SFUNC = @extschema@.pt_clv_data_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_data_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_data(@extschema@.purchase_history, timestamp, @extschema@.purchase_period, @extschema@.purchase_period) IS
'clv_data of histories with time in unit, where purchases of one period (merge) are one. Where both are the same, periods are counted, as a model of kind bg_bb asks. They must be the same for all (error 22023), and not NULL (22004).';

CREATE AGGREGATE @extschema@.spend_data(x bigint, m numeric) (
	SFUNC = @extschema@.pt_spend_data_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_data_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.spend_data(bigint, numeric) IS
'Repeat customers by x (repeat purchases) and m (mean spend in one), for a model of kind gamma_gamma. Customers with x = 0 are passed over. A row with a NULL, or with m not above zero, is left out, and counted. x negative or m NaN is error 22023. No row gives NULL.';

CREATE AGGREGATE @extschema@.spend_data(history @extschema@.purchase_history, as_of timestamp) (
	SFUNC = @extschema@.pt_spend_data_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_data_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.spend_data(@extschema@.purchase_history, timestamp) IS
'spend_data of histories, seen from as_of, where purchases of one day are one. as_of must be the same for all (error 22023), finite (22008) and not NULL (22004).';

CREATE AGGREGATE @extschema@.subscription_data(periods integer, ended boolean) (
	SFUNC = @extschema@.pt_subscription_data_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_data_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.subscription_data(integer, boolean) IS
'Subscriptions, for a model of kind sbg: the period in which one ended (1 is the first), or for one that goes on the number of periods that it has lasted. Periods below 0, or below 1 where it ended, are error 22023. A row with a NULL is left out, and counted. No row gives NULL.';

CREATE AGGREGATE @extschema@.subscription_data(periods integer, ended boolean, weight bigint) (
	SFUNC = @extschema@.pt_subscription_data_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_data_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.subscription_data(integer, boolean, bigint) IS
'subscription_data of subscriptions that are counted already: weight of them are alike. It must not be negative (error 22023) or NULL (22004).';

CREATE AGGREGATE @extschema@.rollup(data @extschema@.clv_data) (
	SFUNC = @extschema@.pt_clv_data_rollup,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_data_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.clv_data) IS
'All customers of many clv_data, which must have the same form, unit, merge and as_of (error 22023). NULLs are skipped.';

CREATE AGGREGATE @extschema@.clv_fit(x bigint, t_x double precision, t double precision, kind @extschema@.clv_kind) (
	SFUNC = @extschema@.pt_clv_fit_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_fit_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_fit(bigint, double precision, double precision, @extschema@.clv_kind) IS
'The most likely model of a kind for customers by x, t_x and T, as clv_fit(clv_data(x, t_x, t), kind) finds it. A fit raises no error where it finds no answer: clv_summary() says whether it converged, and of what it warns. The digits do not depend on the order of rows or the plan. Its unit of time is not known; clv_fit(clv_data, kind, unit) tells it. Kinds sbg and gamma_gamma are error 22023.';

CREATE AGGREGATE @extschema@.clv_fit(history @extschema@.purchase_history, as_of timestamp, kind @extschema@.clv_kind) (
	SFUNC = @extschema@.pt_clv_fit_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_fit_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_fit(@extschema@.purchase_history, timestamp, @extschema@.clv_kind) IS
'The most likely model of a kind for customers by their histories, seen from as_of. Purchases of one day are one, and time is in weeks; for kind bg_bb, months are counted. A fit raises no error where it finds no answer: clv_summary() says whether it converged, and of what it warns. The digits do not depend on the order of rows or the plan. Kind sbg is error 22023.';

CREATE AGGREGATE @extschema@.clv_fit(history @extschema@.purchase_history, as_of timestamp, kind @extschema@.clv_kind, unit @extschema@.purchase_period) (
	SFUNC = @extschema@.pt_clv_fit_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_clv_fit_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_fit(@extschema@.purchase_history, timestamp, @extschema@.clv_kind, @extschema@.purchase_period) IS
'clv_fit of histories with time in unit; for kind bg_bb, such periods are counted.';

CREATE AGGREGATE @extschema@.spend_fit(x bigint, m numeric) (
	SFUNC = @extschema@.pt_spend_data_accum,
	STYPE = @extschema@.clv_data,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_spend_fit_final,
	COMBINEFUNC = @extschema@.pt_clv_data_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.spend_fit(bigint, numeric) IS
'The most likely model of kind gamma_gamma for repeat customers by x and m, as clv_fit(spend_data(x, m), gamma_gamma) finds it.';

CREATE FUNCTION @extschema@.pt_clv_data_add(a @extschema@.clv_data, b @extschema@.clv_data) RETURNS @extschema@.clv_data
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_data_add';
COMMENT ON FUNCTION @extschema@.pt_clv_data_add(@extschema@.clv_data, @extschema@.clv_data) IS
'Implementation of the operator + of clv_data.';

CREATE OPERATOR @extschema@.+ (
	FUNCTION = @extschema@.pt_clv_data_add,
	LEFTARG = @extschema@.clv_data,
	RIGHTARG = @extschema@.clv_data,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.clv_data, @extschema@.clv_data) IS
'The customers of both, which must have the same form, unit, merge and as_of (error 22023); NULL if one is NULL.';

CREATE FUNCTION @extschema@.clv_rows(data @extschema@.clv_data) RETURNS TABLE (x bigint, t_x double precision, t double precision, customers bigint)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000
	AS 'MODULE_PATHNAME', 'pt_clv_rows';
COMMENT ON FUNCTION @extschema@.clv_rows(@extschema@.clv_data) IS
'The different customers of clv_data, and how many there are of each. Of spend_data: x, mean spend, 0; of subscription_data: 1 if it ended (else 0), 0, periods. No rows for NULL.';

CREATE FUNCTION @extschema@.clv_fit(data @extschema@.clv_data, kind @extschema@.clv_kind, unit @extschema@.purchase_period DEFAULT NULL) RETURNS @extschema@.clv_model
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_fit';
COMMENT ON FUNCTION @extschema@.clv_fit(@extschema@.clv_data, @extschema@.clv_kind, @extschema@.purchase_period) IS
'The most likely model of a kind: by BFGS and Newtons method from fixed starts, by the logarithms of the parameters. A fit raises no error where it finds no answer: clv_summary() says whether it converged, and of what it warns. The digits do not depend on the order of rows or the plan. unit says in what unit time is, where the data do not know (error 22023 if they know another). Data of another form than the kind takes are error 22023, and for kind bg_bb rows that are no numbers of opportunities. NULL if data or kind is NULL.';

CREATE FUNCTION @extschema@.clv_model(kind @extschema@.clv_kind, parameters double precision[], unit @extschema@.purchase_period DEFAULT NULL) RETURNS @extschema@.clv_model
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_model';
COMMENT ON FUNCTION @extschema@.clv_model(@extschema@.clv_kind, double precision[], @extschema@.purchase_period) IS
'A model of given parameters, such as published ones, in the order of clv_parameters(). They must be from 1e-30 to 1e30, and as many as the kind has (error 22023). NULL if kind or parameters is NULL.';

CREATE FUNCTION @extschema@.clv_parameters(model @extschema@.clv_model) RETURNS TABLE (parameter text, estimate double precision, standard_error double precision, low double precision, high double precision)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 4
	AS 'MODULE_PATHNAME', 'pt_clv_parameters';
COMMENT ON FUNCTION @extschema@.clv_parameters(@extschema@.clv_model) IS
'The parameters of a model, in their order: bg_nbd and mbg_nbd r, alpha, a, b; pareto_nbd r, alpha, s, beta; nbd r, alpha; bg_bb alpha, beta, gamma, delta; sbg alpha, beta; gamma_gamma p, q, gamma. low and high: 1.96 standard errors to both sides. Standard errors are NULL where the likelihood has no single top, estimates where there was nothing to fit. No rows for NULL.';

CREATE FUNCTION @extschema@.clv_summary(model @extschema@.clv_model,
	OUT kind text, OUT unit text, OUT as_of timestamp, OUT customers bigint, OUT rows bigint, OUT left_out bigint, OUT log_likelihood double precision, OUT aic double precision, OUT bic double precision, OUT converged boolean, OUT iterations integer, OUT gradient double precision, OUT warnings text) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_summary';
COMMENT ON FUNCTION @extschema@.clv_summary(@extschema@.clv_model) IS
'What is to be known of a model: how many customers it rests on, how many of them are different, how many rows were left out; log-likelihood, AIC (2 k - 2 LL) and BIC (k ln n - 2 LL, n customers), of which lower is better between models of the same data; whether it converged, how often the likelihood was computed, and its largest gradient by the logarithm of a parameter; warnings, NULL if there is none. Log-likelihoods of nbd, bg_nbd, mbg_nbd and pareto_nbd can be compared; those of bg_bb cannot with these.';

CREATE FUNCTION @extschema@.clv_log_likelihood(model @extschema@.clv_model, data @extschema@.clv_data) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_log_likelihood';
COMMENT ON FUNCTION @extschema@.clv_log_likelihood(@extschema@.clv_model, @extschema@.clv_data) IS
'The log-likelihood of customers by a model, for example of those that it was not fitted to. NULL where the model has no parameters; data of another form than the model takes are error 22023.';

CREATE FUNCTION @extschema@.p_alive(model @extschema@.clv_model, x bigint, t_x double precision, t double precision) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_p_alive';
COMMENT ON FUNCTION @extschema@.p_alive(@extschema@.clv_model, bigint, double precision, double precision) IS
'The probability that a customer with x repeat purchases, the last at t_x, watched until t, still is one. By bg_nbd, who has not bought again is alive for certain (1): take mbg_nbd or pareto_nbd to find who has left. For bg_bb it is that of the next opportunity. Models of kind sbg and gamma_gamma are error 22023, and numbers that no customer can have. NULL where the model has no parameters, and for a NULL.';

CREATE FUNCTION @extschema@.p_alive(model @extschema@.clv_model, history @extschema@.purchase_history, as_of timestamp) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_p_alive_history';
COMMENT ON FUNCTION @extschema@.p_alive(@extschema@.clv_model, @extschema@.purchase_history, timestamp) IS
'The same for a history, seen from as_of, with x, t_x and T in the unit of the model (error 22023 if it does not know one). NULL for who has not bought until then.';

CREATE FUNCTION @extschema@.expected_purchases(model @extschema@.clv_model, x bigint, t_x double precision, t double precision, horizon double precision) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_expected_purchases';
COMMENT ON FUNCTION @extschema@.expected_purchases(@extschema@.clv_model, bigint, double precision, double precision, double precision) IS
'Purchases that are expected of a customer within the horizon after t. horizon is in units of the model, from 0 to 1000000 (error 22023), for bg_bb a whole number of opportunities. Models of kind sbg and gamma_gamma are error 22023, and numbers that no customer can have. NULL where the model has no parameters, and for a NULL.';

CREATE FUNCTION @extschema@.expected_purchases(model @extschema@.clv_model, history @extschema@.purchase_history, as_of timestamp, horizon double precision) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_expected_purchases_history';
COMMENT ON FUNCTION @extschema@.expected_purchases(@extschema@.clv_model, @extschema@.purchase_history, timestamp, double precision) IS
'The same for a history, seen from as_of, with x, t_x and T in the unit of the model (error 22023 if it does not know one). NULL for who has not bought until then.';

CREATE FUNCTION @extschema@.expected_purchases_new(model @extschema@.clv_model, horizon double precision) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_expected_purchases_new';
COMMENT ON FUNCTION @extschema@.expected_purchases_new(@extschema@.clv_model, double precision) IS
'Purchases after the first that are expected of a new customer within the horizon. horizon is in units of the model, from 0 to 1000000 (error 22023), for bg_bb a whole number of opportunities.';

CREATE FUNCTION @extschema@.purchase_probability(model @extschema@.clv_model, x bigint, t_x double precision, t double precision, horizon double precision, n integer, or_more boolean DEFAULT false) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_probability';
COMMENT ON FUNCTION @extschema@.purchase_probability(@extschema@.clv_model, bigint, double precision, double precision, double precision, integer, boolean) IS
'or_more false: the probability of exactly n purchases within the horizon; true: of n or more. So n = 1 and or_more is that of buying again. n is from 0 to 100000 (error 22023). horizon is in units of the model, from 0 to 1000000 (error 22023), for bg_bb a whole number of opportunities. Models of kind sbg and gamma_gamma are error 22023, and numbers that no customer can have. NULL where the model has no parameters, and for a NULL.';

CREATE FUNCTION @extschema@.purchase_probability(model @extschema@.clv_model, history @extschema@.purchase_history, as_of timestamp, horizon double precision, n integer, or_more boolean DEFAULT false) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_probability_history';
COMMENT ON FUNCTION @extschema@.purchase_probability(@extschema@.clv_model, @extschema@.purchase_history, timestamp, double precision, integer, boolean) IS
'The same for a history, seen from as_of, with x, t_x and T in the unit of the model (error 22023 if it does not know one). NULL for who has not bought until then.';

CREATE FUNCTION @extschema@.purchase_probability_new(model @extschema@.clv_model, horizon double precision, n integer, or_more boolean DEFAULT false) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_probability_new';
COMMENT ON FUNCTION @extschema@.purchase_probability_new(@extschema@.clv_model, double precision, integer, boolean) IS
'Of a new customer, the purchases after the first. or_more false: the probability of exactly n purchases within the horizon; true: of n or more. So n = 1 and or_more is that of buying again. n is from 0 to 100000 (error 22023). horizon is in units of the model, from 0 to 1000000 (error 22023), for bg_bb a whole number of opportunities.';

CREATE FUNCTION @extschema@.expected_spend(spend_model @extschema@.clv_model, x bigint, m double precision) RETURNS double precision
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_expected_spend';
COMMENT ON FUNCTION @extschema@.expected_spend(@extschema@.clv_model, bigint, double precision) IS
'What a customer spends in a purchase on average, by a model of kind gamma_gamma (error 22023), after x repeat purchases of m on average: between m and the mean of all, the nearer to m the more purchases there are. For x = 0, m may be NULL. NULL where there is no mean: p x + q is at most 1. m not above zero is error 22023.';

CREATE FUNCTION @extschema@.expected_spend(spend_model @extschema@.clv_model, history @extschema@.purchase_history, as_of timestamp) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_expected_spend_history';
COMMENT ON FUNCTION @extschema@.expected_spend(@extschema@.clv_model, @extschema@.purchase_history, timestamp) IS
'The same for a history, seen from as_of. Repeat purchases that brought nothing count as none. NULL for who has not bought until then.';

CREATE FUNCTION @extschema@.customer_lifetime_value(model @extschema@.clv_model, spend_model @extschema@.clv_model, x bigint, t_x double precision, t double precision, m double precision, horizon double precision, yearly_discount_rate double precision, discount_step double precision DEFAULT NULL) RETURNS double precision
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_lifetime_value';
COMMENT ON FUNCTION @extschema@.customer_lifetime_value(@extschema@.clv_model, @extschema@.clv_model, bigint, double precision, double precision, double precision, double precision, double precision, double precision) IS
'What a customer is expected to spend within the horizon, as it is worth now. Sum over steps of discount_step units of the purchases expected in each, times expected_spend(), divided by (1 + yearly_discount_rate) for each year until the end of the step; 0 is without a discount. discount_step NULL is a month. horizon and discount_step are in units of the model, which must know its unit (error 22023). It is what customers spend, not what is earned by it. NULL where there is no mean spend, and if another argument is NULL. For x = 0, m may be NULL.';

CREATE FUNCTION @extschema@.customer_lifetime_value(model @extschema@.clv_model, spend_model @extschema@.clv_model, history @extschema@.purchase_history, as_of timestamp, horizon double precision, yearly_discount_rate double precision, discount_step double precision DEFAULT NULL) RETURNS double precision
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_lifetime_value_history';
COMMENT ON FUNCTION @extschema@.customer_lifetime_value(@extschema@.clv_model, @extschema@.clv_model, @extschema@.purchase_history, timestamp, double precision, double precision, double precision) IS
'The same for a history, seen from as_of, with x, t_x and T in the unit of the model (error 22023 if it does not know one). NULL for who has not bought until then.';

CREATE FUNCTION @extschema@.subscription_survival(model @extschema@.clv_model, periods integer) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_subscription_survival';
COMMENT ON FUNCTION @extschema@.subscription_survival(@extschema@.clv_model, integer) IS
'The share of subscriptions that last longer than so many periods, by a model of kind sbg (error 22023). Retention is the ratio of two neighbours. Periods below 0 are error 22023.';

CREATE FUNCTION @extschema@.subscription_lifetime(model @extschema@.clv_model, discount_rate double precision, renewals integer DEFAULT NULL) RETURNS double precision
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_subscription_lifetime';
COMMENT ON FUNCTION @extschema@.subscription_lifetime(@extschema@.clv_model, double precision, integer) IS
'Periods that a subscription is expected to last, discounted by the rate of a period (above 0, else error 22023). renewals NULL: of a new one, the first period included (DEL); a number: what is to come for one that was renewed so often, before it is known whether it is renewed again (DERL; Fader and Hardie 2010). The model must be of kind sbg (error 22023). NULL if model or rate is NULL.';

CREATE FUNCTION @extschema@.clv_histogram(model @extschema@.clv_model, data @extschema@.clv_data, most integer DEFAULT 7) RETURNS TABLE (x integer, or_more boolean, customers bigint, expected_customers double precision)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 8
	AS 'MODULE_PATHNAME', 'pt_clv_histogram';
COMMENT ON FUNCTION @extschema@.clv_histogram(@extschema@.clv_model, @extschema@.clv_data, integer) IS
'How many customers have bought x times again, and how many the model expects; the last row is of most (1 to 1000, else error 22023) or more. No rows for a NULL, or if the model has no parameters.';

CREATE FUNCTION @extschema@.clv_tracking(model @extschema@.clv_model, data @extschema@.clv_data, step double precision, steps integer) RETURNS TABLE (step_number integer, step_end double precision, expected_purchases double precision, cumulative_purchases double precision)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'pt_clv_tracking';
COMMENT ON FUNCTION @extschema@.clv_tracking(@extschema@.clv_model, @extschema@.clv_data, double precision, integer) IS
'The repeat purchases of all customers that a model expects in each step of time, counted from the first purchase of the first customer; also after the time that it was fitted to. step is in units of the model, with at most 10000 steps and 1000000 units (error 22023). No rows for a NULL, or if the model has no parameters.';
