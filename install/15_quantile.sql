-- quantile: exact quantiles of type 7, from a state that can be stored and merged

CREATE TYPE @extschema@.quantile_state;

CREATE FUNCTION @extschema@.quantile_state_in(cstring) RETURNS @extschema@.quantile_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_state_in';
COMMENT ON FUNCTION @extschema@.quantile_state_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.quantile_state_out(@extschema@.quantile_state) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_state_out';
COMMENT ON FUNCTION @extschema@.quantile_state_out(@extschema@.quantile_state) IS 'I/O';

CREATE FUNCTION @extschema@.quantile_state_recv(internal) RETURNS @extschema@.quantile_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_state_recv';
COMMENT ON FUNCTION @extschema@.quantile_state_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.quantile_state_send(@extschema@.quantile_state) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_state_send';
COMMENT ON FUNCTION @extschema@.quantile_state_send(@extschema@.quantile_state) IS 'I/O';

CREATE TYPE @extschema@.quantile_state (
	INPUT = @extschema@.quantile_state_in,
	OUTPUT = @extschema@.quantile_state_out,
	RECEIVE = @extschema@.quantile_state_recv,
	SEND = @extschema@.quantile_state_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.quantile_state IS
'The exact distribution of values: each distinct value with its count. It can be stored, merged by rollup() and asked by quantile_edges(). Text form: "version buckets merge {value:count,...}", where buckets and merge are what quantile_edges() was called with (0 0 otherwise).';

CREATE FUNCTION @extschema@.pt_quantile_state_accum(state @extschema@.quantile_state, value double precision) RETURNS @extschema@.quantile_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_state_accum';
COMMENT ON FUNCTION @extschema@.pt_quantile_state_accum(@extschema@.quantile_state, double precision) IS
'Aggregate transition function of quantile_state.';

CREATE FUNCTION @extschema@.pt_quantile_state_combine(state @extschema@.quantile_state, other @extschema@.quantile_state) RETURNS @extschema@.quantile_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_state_combine';
COMMENT ON FUNCTION @extschema@.pt_quantile_state_combine(@extschema@.quantile_state, @extschema@.quantile_state) IS
'Aggregate combine function of quantile_state, rollup and quantile_edges.';

CREATE FUNCTION @extschema@.pt_quantile_state_rollup(state @extschema@.quantile_state, other @extschema@.quantile_state) RETURNS @extschema@.quantile_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_state_rollup';
COMMENT ON FUNCTION @extschema@.pt_quantile_state_rollup(@extschema@.quantile_state, @extschema@.quantile_state) IS
'Aggregate transition function of rollup(quantile_state).';

CREATE FUNCTION @extschema@.pt_quantile_state_final(state @extschema@.quantile_state) RETURNS @extschema@.quantile_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_state_final';
COMMENT ON FUNCTION @extschema@.pt_quantile_state_final(@extschema@.quantile_state) IS
'Aggregate final function of quantile_state: sorts and packs.';

CREATE FUNCTION @extschema@.pt_quantile_edges_accum(state @extschema@.quantile_state, value double precision, buckets integer) RETURNS @extschema@.quantile_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_edges_accum';
COMMENT ON FUNCTION @extschema@.pt_quantile_edges_accum(@extschema@.quantile_state, double precision, integer) IS
'Aggregate transition function of quantile_edges.';

CREATE FUNCTION @extschema@.pt_quantile_edges_accum(state @extschema@.quantile_state, value double precision, buckets integer, merge_equal boolean) RETURNS @extschema@.quantile_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_edges_accum';
COMMENT ON FUNCTION @extschema@.pt_quantile_edges_accum(@extschema@.quantile_state, double precision, integer, boolean) IS
'Aggregate transition function of quantile_edges.';

CREATE FUNCTION @extschema@.pt_quantile_edges_final(state @extschema@.quantile_state) RETURNS double precision[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_edges_final';
COMMENT ON FUNCTION @extschema@.pt_quantile_edges_final(@extschema@.quantile_state) IS
'Aggregate final function of quantile_edges.';

CREATE AGGREGATE @extschema@.quantile_state(value double precision) (
	SFUNC = @extschema@.pt_quantile_state_accum,
	STYPE = @extschema@.quantile_state,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_quantile_state_final,
	COMBINEFUNC = @extschema@.pt_quantile_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.quantile_state(double precision) IS
'The exact distribution of the values, to be stored and merged. NULLs are skipped; no value gives NULL. NaN and infinite values are an error (22003). Memory follows the number of different values, 16 bytes each.';

CREATE AGGREGATE @extschema@.rollup(state @extschema@.quantile_state) (
	SFUNC = @extschema@.pt_quantile_state_rollup,
	STYPE = @extschema@.quantile_state,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_quantile_state_final,
	COMBINEFUNC = @extschema@.pt_quantile_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.quantile_state) IS
'Merges distributions: the state of all values together. NULLs are skipped.';

CREATE AGGREGATE @extschema@.quantile_edges(value double precision, buckets integer) (
	SFUNC = @extschema@.pt_quantile_edges_accum,
	STYPE = @extschema@.quantile_state,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_quantile_edges_final,
	COMBINEFUNC = @extschema@.pt_quantile_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.quantile_edges(double precision, integer) IS
'Edges that cut the values into buckets of equal frequency, as pandas qcut does: the quantiles 0, 1/buckets, ..., 1 of type 7 (percentile_cont), lowest value and highest value included. Where many values are equal, edges coincide; equal edges are merged, so there may be fewer buckets. NULL values are skipped; no value gives NULL. buckets is 1 to 10000 (error 22023 otherwise), the same in every row; NaN and infinite values are error 22003.';

CREATE AGGREGATE @extschema@.quantile_edges(value double precision, buckets integer, merge_equal boolean) (
	SFUNC = @extschema@.pt_quantile_edges_accum,
	STYPE = @extschema@.quantile_state,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_quantile_edges_final,
	COMBINEFUNC = @extschema@.pt_quantile_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.quantile_edges(double precision, integer, boolean) IS
'quantile_edges with a say in equal edges: merge_equal true merges them, false makes them an error (22023).';

CREATE FUNCTION @extschema@.quantile_edges(state @extschema@.quantile_state, buckets integer, merge_equal boolean DEFAULT true) RETURNS double precision[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile_edges_of_state';
COMMENT ON FUNCTION @extschema@.quantile_edges(@extschema@.quantile_state, integer, boolean) IS
'quantile_edges of a stored distribution, for any number of buckets. NULL for NULL.';

CREATE FUNCTION @extschema@.quantile(state @extschema@.quantile_state, p double precision) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quantile';
COMMENT ON FUNCTION @extschema@.quantile(@extschema@.quantile_state, double precision) IS
'Quantile p (0 to 1, else error 22003; taken to nine decimals) of a stored distribution, of type 7 as percentile_cont. NULL for an empty distribution and for NULL.';
