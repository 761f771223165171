-- clv_judge: what lifetime models expect of customers, beside what came

CREATE TYPE @extschema@.clv_holdout_group AS (
	x	integer,
	or_more	boolean,
	customers	bigint,
	predicted_purchases	double precision,
	actual_purchases	bigint,
	mean_predicted	double precision,
	mean_actual	double precision,
	bias	double precision,
	mean_absolute_error	double precision,
	root_mean_square_error	double precision,
	correlation	double precision,
	left_out	bigint
);
COMMENT ON TYPE @extschema@.clv_holdout_group IS
'What a model predicted for the holdout, and what came, of customers with x repeat purchases in the calibration, where or_more says x or more; x NULL is all of them. Purchases predicted and actual, their means per customer (which are what is plotted), bias (predicted over actual, less 1: 0.1 is ten percent too many; NULL if there was none), mean absolute error and root mean square error of a customer, Pearson correlation (NULL where either is the same for all); left_out is of all only: rows that could not be used.';

CREATE FUNCTION @extschema@.pt_clv_holdout_accum(state bytea, model @extschema@.clv_model, x bigint, t_x double precision, t double precision, actual bigint, horizon double precision) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_holdout_accum';
COMMENT ON FUNCTION @extschema@.pt_clv_holdout_accum(bytea, @extschema@.clv_model, bigint, double precision, double precision, bigint, double precision) IS
'Aggregate transition function of clv_holdout.';

CREATE FUNCTION @extschema@.pt_clv_holdout_accum(state bytea, model @extschema@.clv_model, history @extschema@.purchase_history, calibration_end timestamp, holdout_end timestamp) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_holdout_accum_history';
COMMENT ON FUNCTION @extschema@.pt_clv_holdout_accum(bytea, @extschema@.clv_model, @extschema@.purchase_history, timestamp, timestamp) IS
'Aggregate transition function of clv_holdout.';

CREATE FUNCTION @extschema@.pt_clv_holdout_combine(state bytea, other bytea) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_holdout_combine';
COMMENT ON FUNCTION @extschema@.pt_clv_holdout_combine(bytea, bytea) IS
'Aggregate combine function of clv_holdout.';

CREATE FUNCTION @extschema@.pt_clv_holdout_final(state bytea) RETURNS @extschema@.clv_holdout_group[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_holdout_final';
COMMENT ON FUNCTION @extschema@.pt_clv_holdout_final(bytea) IS
'Aggregate final function of clv_holdout.';

CREATE AGGREGATE @extschema@.clv_holdout(model @extschema@.clv_model, x bigint, t_x double precision, t double precision, actual bigint, horizon double precision) (
	SFUNC = @extschema@.pt_clv_holdout_accum,
	STYPE = bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.pt_clv_holdout_final,
	COMBINEFUNC = @extschema@.pt_clv_holdout_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_holdout(@extschema@.clv_model, bigint, double precision, double precision, bigint, double precision) IS
'What a model predicts for the time after the calibration against what came, as an array of rows by number of repeat purchases (0 to 6, 7 or more, all), which unnest() gives. x, t_x and t are of the calibration, actual is the number of purchases within horizon after it, as calibration_holdout() tells them; numbers that no customer can have are error 22023. A row with another NULL is left out, and counted. The model must be the same in all rows (error 22023), and of customers in time (mbg_nbd, bg_nbd, pareto_nbd, nbd, bg_bb; else 22023). Rows whose model is NULL or has no parameters are skipped; no other gives NULL. Sums are exact to 2^-40, so the order of rows and parallel workers change no digit.';

CREATE AGGREGATE @extschema@.clv_holdout(model @extschema@.clv_model, history @extschema@.purchase_history, calibration_end timestamp, holdout_end timestamp) (
	SFUNC = @extschema@.pt_clv_holdout_accum,
	STYPE = bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.pt_clv_holdout_final,
	COMBINEFUNC = @extschema@.pt_clv_holdout_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_holdout(@extschema@.clv_model, @extschema@.purchase_history, timestamp, timestamp) IS
'The same for histories, split by the rule of calibration_holdout() with the unit and the merged periods of the model (error 22023 if it does not know its unit). Who has not bought by calibration_end is not in it; a NULL history is left out, and counted. Both moments must be the same in all rows (22023), finite (22008), not NULL (22004) and in this order (22023). The model must be the same in all rows (error 22023), and of customers in time (mbg_nbd, bg_nbd, pareto_nbd, nbd, bg_bb; else 22023). Rows whose model is NULL or has no parameters are skipped; no other gives NULL. Sums are exact to 2^-40, so the order of rows and parallel workers change no digit.';

CREATE TYPE @extschema@.clv_grid_cell AS (
	x	integer,
	or_more	boolean,
	since_from	double precision,
	since_to	double precision,
	customers	bigint,
	probability_alive	double precision,
	expected_purchases	double precision
);
COMMENT ON TYPE @extschema@.clv_grid_cell IS
'Customers with x repeat purchases (or_more: x or more) whose last purchase is at least since_from and less than since_to ago (NULL: no limit), in units of the model: how many, their mean probability to be alive, and the mean of the purchases that are expected of one.';

CREATE FUNCTION @extschema@.pt_clv_grid_accum(state bytea, model @extschema@.clv_model, x bigint, t_x double precision, t double precision, horizon double precision, edges double precision[]) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_grid_accum';
COMMENT ON FUNCTION @extschema@.pt_clv_grid_accum(bytea, @extschema@.clv_model, bigint, double precision, double precision, double precision, double precision[]) IS
'Aggregate transition function of clv_grid.';

CREATE FUNCTION @extschema@.pt_clv_grid_accum(state bytea, model @extschema@.clv_model, history @extschema@.purchase_history, as_of timestamp, horizon double precision, edges double precision[]) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_grid_accum_history';
COMMENT ON FUNCTION @extschema@.pt_clv_grid_accum(bytea, @extschema@.clv_model, @extschema@.purchase_history, timestamp, double precision, double precision[]) IS
'Aggregate transition function of clv_grid.';

CREATE FUNCTION @extschema@.pt_clv_grid_combine(state bytea, other bytea) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_grid_combine';
COMMENT ON FUNCTION @extschema@.pt_clv_grid_combine(bytea, bytea) IS
'Aggregate combine function of clv_grid.';

CREATE FUNCTION @extschema@.pt_clv_grid_final(state bytea) RETURNS @extschema@.clv_grid_cell[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_grid_final';
COMMENT ON FUNCTION @extschema@.pt_clv_grid_final(bytea) IS
'Aggregate final function of clv_grid.';

CREATE AGGREGATE @extschema@.clv_grid(model @extschema@.clv_model, x bigint, t_x double precision, t double precision, horizon double precision, edges double precision[]) (
	SFUNC = @extschema@.pt_clv_grid_accum,
	STYPE = bytea,
	SSPACE = 4096,
	FINALFUNC = @extschema@.pt_clv_grid_final,
	COMBINEFUNC = @extschema@.pt_clv_grid_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_grid(@extschema@.clv_model, bigint, double precision, double precision, double precision, double precision[]) IS
'The mean probability to be alive and the mean purchases expected within horizon, by recency and frequency, as an array of cells with customers, which unnest() gives: rows by repeat purchases (0 to 6, 7 or more), columns by T - t_x. edges are times since the last purchase at which a new column begins: 1 to 100 numbers above 0 that ascend. They and horizon must be the same in all rows (error 22023), and not NULL (22004). A row with a NULL is skipped. The model must be the same in all rows (error 22023), and of customers in time (mbg_nbd, bg_nbd, pareto_nbd, nbd, bg_bb; else 22023). Rows whose model is NULL or has no parameters are skipped; no other gives NULL. Sums are exact to 2^-40, so the order of rows and parallel workers change no digit.';

CREATE AGGREGATE @extschema@.clv_grid(model @extschema@.clv_model, history @extschema@.purchase_history, as_of timestamp, horizon double precision, edges double precision[]) (
	SFUNC = @extschema@.pt_clv_grid_accum,
	STYPE = bytea,
	SSPACE = 4096,
	FINALFUNC = @extschema@.pt_clv_grid_final,
	COMBINEFUNC = @extschema@.pt_clv_grid_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_grid(@extschema@.clv_model, @extschema@.purchase_history, timestamp, double precision, double precision[]) IS
'The same for histories, seen from as_of, which must be the same in all rows (error 22023), finite (22008) and not NULL (22004), with the unit of the model (22023 if it does not know one). Who has not bought by as_of is not in it. edges are times since the last purchase at which a new column begins: 1 to 100 numbers above 0 that ascend. They and horizon must be the same in all rows (error 22023), and not NULL (22004). The model must be the same in all rows (error 22023), and of customers in time (mbg_nbd, bg_nbd, pareto_nbd, nbd, bg_bb; else 22023). Rows whose model is NULL or has no parameters are skipped; no other gives NULL. Sums are exact to 2^-40, so the order of rows and parallel workers change no digit.';

CREATE TYPE @extschema@.clv_tracking_step AS (
	step_number	integer,
	step_start	date,
	expected_purchases	double precision,
	actual_purchases	bigint,
	cumulative_expected	double precision,
	cumulative_actual	bigint
);
COMMENT ON TYPE @extschema@.clv_tracking_step IS
'The repeat purchases (days of a customer with a purchase, after the first) of a step of time: how many a model expects of those who had come by then, how many there were, and both from the beginning to the end of the step.';

CREATE FUNCTION @extschema@.pt_clv_tracking_accum(state bytea, model @extschema@.clv_model, history @extschema@.purchase_history, as_of timestamp, step integer) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_tracking_accum';
COMMENT ON FUNCTION @extschema@.pt_clv_tracking_accum(bytea, @extschema@.clv_model, @extschema@.purchase_history, timestamp, integer) IS
'Aggregate transition function of clv_tracking.';

CREATE FUNCTION @extschema@.pt_clv_tracking_combine(state bytea, other bytea) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_tracking_combine';
COMMENT ON FUNCTION @extschema@.pt_clv_tracking_combine(bytea, bytea) IS
'Aggregate combine function of clv_tracking.';

CREATE FUNCTION @extschema@.pt_clv_tracking_final(state bytea) RETURNS @extschema@.clv_tracking_step[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clv_tracking_final';
COMMENT ON FUNCTION @extschema@.pt_clv_tracking_final(bytea) IS
'Aggregate final function of clv_tracking.';

CREATE AGGREGATE @extschema@.clv_tracking(model @extschema@.clv_model, history @extschema@.purchase_history, as_of timestamp, step integer) (
	SFUNC = @extschema@.pt_clv_tracking_accum,
	STYPE = bytea,
	SSPACE = 8192,
	FINALFUNC = @extschema@.pt_clv_tracking_final,
	COMBINEFUNC = @extschema@.pt_clv_tracking_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.clv_tracking(@extschema@.clv_model, @extschema@.purchase_history, timestamp, integer) IS
'Repeat purchases over time, expected by a model and actual, as an array of rows, which unnest() gives: one per step of so many days (7: weeks) from the first purchase of the first customer on that is over at as_of, but at least one. Customers count from their first purchase on. For the test of Fader and Hardie take a model of the calibration, and the customers who had bought by its end. as_of and step must be the same in all rows (error 22023), as_of finite (22008) and not NULL (22004), step at least 1; at most 200000 days and 10000 steps (54000). The model must know its unit and take purchases of one day as one (22023). NULL histories are skipped; where nobody has bought by as_of, the answer is NULL. The model must be the same in all rows (error 22023), and of customers in time (mbg_nbd, bg_nbd, pareto_nbd, nbd, bg_bb; else 22023). Rows whose model is NULL or has no parameters are skipped; no other gives NULL. Sums are exact to 2^-40, so the order of rows and parallel workers change no digit.';
