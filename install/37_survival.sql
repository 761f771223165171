-- survival: how long it takes until something happens, where it has not happened for all

CREATE TYPE @extschema@.survival;

CREATE FUNCTION @extschema@.survival_in(cstring) RETURNS @extschema@.survival
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_in';
COMMENT ON FUNCTION @extschema@.survival_in(cstring) IS
'I/O';

CREATE FUNCTION @extschema@.survival_out(@extschema@.survival) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_out';
COMMENT ON FUNCTION @extschema@.survival_out(@extschema@.survival) IS
'I/O';

CREATE FUNCTION @extschema@.survival_recv(internal) RETURNS @extschema@.survival
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_recv';
COMMENT ON FUNCTION @extschema@.survival_recv(internal) IS
'I/O';

CREATE FUNCTION @extschema@.survival_send(@extschema@.survival) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_send';
COMMENT ON FUNCTION @extschema@.survival_send(@extschema@.survival) IS
'I/O';

CREATE TYPE @extschema@.survival (
	INPUT = @extschema@.survival_in,
	OUTPUT = @extschema@.survival_out,
	RECEIVE = @extschema@.survival_recv,
	SEND = @extschema@.survival_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.survival IS
'Durations: how many ended in an event after each, and how many had not ended when they were last seen (censored). It can be stored, merged by rollup() and +, and asked by survival_curve(), survival_at(), survival_quantile(), survival_mean() and log_rank(). Size: 32 bytes and 24 for each different duration. Text form: 1 0 {6:3/1, 7:1/0}: version, rows left out, then duration:events/censored.';

CREATE FUNCTION @extschema@.pt_survival_accum(state @extschema@.survival, duration double precision, event boolean) RETURNS @extschema@.survival
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_accum';
COMMENT ON FUNCTION @extschema@.pt_survival_accum(@extschema@.survival, double precision, boolean) IS
'Aggregate transition function of survival.';

CREATE FUNCTION @extschema@.pt_survival_accum(state @extschema@.survival, duration double precision, event boolean, weight bigint) RETURNS @extschema@.survival
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_accum';
COMMENT ON FUNCTION @extschema@.pt_survival_accum(@extschema@.survival, double precision, boolean, bigint) IS
'Aggregate transition function of survival.';

CREATE FUNCTION @extschema@.pt_survival_combine(state @extschema@.survival, other @extschema@.survival) RETURNS @extschema@.survival
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_combine';
COMMENT ON FUNCTION @extschema@.pt_survival_combine(@extschema@.survival, @extschema@.survival) IS
'Aggregate combine function of survival and rollup.';

CREATE FUNCTION @extschema@.pt_survival_rollup(state @extschema@.survival, other @extschema@.survival) RETURNS @extschema@.survival
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_rollup';
COMMENT ON FUNCTION @extschema@.pt_survival_rollup(@extschema@.survival, @extschema@.survival) IS
'Aggregate transition function of rollup(survival).';

CREATE FUNCTION @extschema@.pt_survival_final(state @extschema@.survival) RETURNS @extschema@.survival
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_final';
COMMENT ON FUNCTION @extschema@.pt_survival_final(@extschema@.survival) IS
'Aggregate final function of survival: sorts.';

CREATE AGGREGATE @extschema@.survival(duration double precision, event boolean) (
	SFUNC = @extschema@.pt_survival_accum,
	STYPE = @extschema@.survival,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_survival_final,
	COMBINEFUNC = @extschema@.pt_survival_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.survival(double precision, boolean) IS
'Durations, in whatever unit, and whether each ended in the event (true) or had not ended when it was last seen (false). A duration must be from 0 to 10^15 (error 22023). A row with a NULL is left out, and counted. No row gives NULL. The digits do not depend on the order of rows or the plan.';

CREATE AGGREGATE @extschema@.survival(duration double precision, event boolean, weight bigint) (
	SFUNC = @extschema@.pt_survival_accum,
	STYPE = @extschema@.survival,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_survival_final,
	COMBINEFUNC = @extschema@.pt_survival_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.survival(double precision, boolean, bigint) IS
'survival of durations that are counted already: weight of them are alike. It must not be negative (error 22023) or NULL (22004).';

CREATE AGGREGATE @extschema@.rollup(survival @extschema@.survival) (
	SFUNC = @extschema@.pt_survival_rollup,
	STYPE = @extschema@.survival,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_survival_final,
	COMBINEFUNC = @extschema@.pt_survival_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.survival) IS
'All durations of many values. NULLs are skipped.';

CREATE FUNCTION @extschema@.pt_survival_add(a @extschema@.survival, b @extschema@.survival) RETURNS @extschema@.survival
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_add';
COMMENT ON FUNCTION @extschema@.pt_survival_add(@extschema@.survival, @extschema@.survival) IS
'Implementation of the operator + of survival.';

CREATE OPERATOR @extschema@.+ (
	FUNCTION = @extschema@.pt_survival_add,
	LEFTARG = @extschema@.survival,
	RIGHTARG = @extschema@.survival,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.survival, @extschema@.survival) IS
'The durations of both; NULL if one is NULL.';

CREATE FUNCTION @extschema@.survival_curve(survival @extschema@.survival, confidence double precision DEFAULT 0.95) RETURNS TABLE (duration double precision, at_risk bigint, events bigint, censored bigint, survival double precision, standard_error double precision, low double precision, high double precision)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100
	AS 'MODULE_PATHNAME', 'pt_survival_curve';
COMMENT ON FUNCTION @extschema@.survival_curve(@extschema@.survival, double precision) IS
'The share that has not had the event after each duration, by Kaplan and Meier (1958): those at risk until then, how many had the event and how many were last seen, the estimate, its standard error by Greenwood, and its interval on the log-log scale (Kalbfleisch and Prentice). The interval is NULL before the first event, and all but the estimate where nobody is left. confidence must be between 0 and 1 (error 22023). No rows for a NULL.';

CREATE FUNCTION @extschema@.survival_at(survival @extschema@.survival, duration double precision) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_at';
COMMENT ON FUNCTION @extschema@.survival_at(@extschema@.survival, double precision) IS
'The share that has not had the event after a duration, which is from 0 to 10^15 (error 22023). NULL after the last duration if it had not ended, without durations, and for a NULL.';

CREATE FUNCTION @extschema@.survival_quantile(survival @extschema@.survival, p double precision DEFAULT 0.5, confidence double precision DEFAULT 0.95,
	OUT quantile double precision, OUT low double precision, OUT high double precision, OUT n bigint, OUT events bigint, OUT reason text) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_quantile';
COMMENT ON FUNCTION @extschema@.survival_quantile(@extschema@.survival, double precision, double precision) IS
'The duration after which a share p has had the event, the median for 0.5: the first one where the curve is at most 1 - p. low and high: where the bounds of the curve are (Brookmeyer and Crowley 1982), NULL where they never are. n durations, of which so many events. NULL with a reason where too few had the event. p and confidence must be between 0 and 1 (error 22023). NULL for a NULL.';

CREATE FUNCTION @extschema@.survival_mean(survival @extschema@.survival, until double precision DEFAULT NULL,
	OUT mean double precision, OUT standard_error double precision, OUT restricted_to double precision, OUT reason text) RETURNS record
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_survival_mean';
COMMENT ON FUNCTION @extschema@.survival_mean(@extschema@.survival, double precision) IS
'The mean duration, where what lasts longer than until counts as until (restricted mean): the area under the curve, with its standard error. until NULL is the last duration; it is from 0 to 10^15 (error 22023). Compare groups with the same until. NULL with a reason without durations, and where until is after the last duration and that had not ended. NULL if survival is NULL.';

CREATE FUNCTION @extschema@.log_rank(groups @extschema@.survival[],
	OUT chi_square double precision, OUT degrees_of_freedom integer, OUT p double precision, OUT n bigint, OUT observed bigint[], OUT expected double precision[], OUT reason text) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_log_rank';
COMMENT ON FUNCTION @extschema@.log_rank(@extschema@.survival[]) IS
'Whether groups differ in how long it takes (Mantel 1966): chi-square with its degrees of freedom and p, and of each group the events that were observed and that are expected if they do not differ. The array comes from array_agg(), of at most 100 groups (error 54000), without NULL (22004). NULL with a reason for fewer than two groups, or where no event happened while more than one was at risk. NULL for a NULL.';
