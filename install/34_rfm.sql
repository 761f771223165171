-- rfm: scores from cut points that can be stored and merged, and segments from scores

CREATE TYPE @extschema@.rfm_state;

CREATE FUNCTION @extschema@.rfm_state_in(cstring) RETURNS @extschema@.rfm_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_state_in';
COMMENT ON FUNCTION @extschema@.rfm_state_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.rfm_state_out(@extschema@.rfm_state) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_state_out';
COMMENT ON FUNCTION @extschema@.rfm_state_out(@extschema@.rfm_state) IS 'I/O';

CREATE FUNCTION @extschema@.rfm_state_recv(internal) RETURNS @extschema@.rfm_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_state_recv';
COMMENT ON FUNCTION @extschema@.rfm_state_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.rfm_state_send(@extschema@.rfm_state) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_state_send';
COMMENT ON FUNCTION @extschema@.rfm_state_send(@extschema@.rfm_state) IS 'I/O';

CREATE TYPE @extschema@.rfm_state (
	INPUT = @extschema@.rfm_state_in,
	OUTPUT = @extschema@.rfm_state_out,
	RECEIVE = @extschema@.rfm_state_recv,
	SEND = @extschema@.rfm_state_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.rfm_state IS
'The exact distributions of recency_days, order_count and revenue of customers: each distinct value with its count, 16 bytes. It can be stored, merged by rollup() and asked by rfm_thresholds(). Text form: "version buckets {value:count,...} {value:count,...} {value:count,...}", where buckets is what rfm_thresholds() was called with (0 otherwise).';

CREATE TYPE @extschema@.rfm_thresholds;

CREATE FUNCTION @extschema@.rfm_thresholds_in(cstring) RETURNS @extschema@.rfm_thresholds
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_thresholds_in';
COMMENT ON FUNCTION @extschema@.rfm_thresholds_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.rfm_thresholds_out(@extschema@.rfm_thresholds) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_thresholds_out';
COMMENT ON FUNCTION @extschema@.rfm_thresholds_out(@extschema@.rfm_thresholds) IS 'I/O';

CREATE FUNCTION @extschema@.rfm_thresholds_recv(internal) RETURNS @extschema@.rfm_thresholds
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_thresholds_recv';
COMMENT ON FUNCTION @extschema@.rfm_thresholds_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.rfm_thresholds_send(@extschema@.rfm_thresholds) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_thresholds_send';
COMMENT ON FUNCTION @extschema@.rfm_thresholds_send(@extschema@.rfm_thresholds) IS 'I/O';

CREATE TYPE @extschema@.rfm_thresholds (
	INPUT = @extschema@.rfm_thresholds_in,
	OUTPUT = @extschema@.rfm_thresholds_out,
	RECEIVE = @extschema@.rfm_thresholds_recv,
	SEND = @extschema@.rfm_thresholds_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = plain
);
COMMENT ON TYPE @extschema@.rfm_thresholds IS
'The cut points between RFM scores 1 to buckets: buckets - 1 for each of recency_days, order_count and revenue, ascending, and the number of customers they come from (0 if they were given by rfm_thresholds_fixed). Text form: "1 {buckets 3, customers 250, recency_days 10 90.5, order_count 1 3, revenue 20 99.5}", which can be kept and edited.';

CREATE TYPE @extschema@.segment_scheme;

CREATE FUNCTION @extschema@.segment_scheme_in(cstring) RETURNS @extschema@.segment_scheme
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_segment_scheme_in';
COMMENT ON FUNCTION @extschema@.segment_scheme_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.segment_scheme_out(@extschema@.segment_scheme) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_segment_scheme_out';
COMMENT ON FUNCTION @extschema@.segment_scheme_out(@extschema@.segment_scheme) IS 'I/O';

CREATE FUNCTION @extschema@.segment_scheme_recv(internal) RETURNS @extschema@.segment_scheme
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_segment_scheme_recv';
COMMENT ON FUNCTION @extschema@.segment_scheme_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.segment_scheme_send(@extschema@.segment_scheme) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_segment_scheme_send';
COMMENT ON FUNCTION @extschema@.segment_scheme_send(@extschema@.segment_scheme) IS 'I/O';

CREATE TYPE @extschema@.segment_scheme (
	INPUT = @extschema@.segment_scheme_in,
	OUTPUT = @extschema@.segment_scheme_out,
	RECEIVE = @extschema@.segment_scheme_recv,
	SEND = @extschema@.segment_scheme_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.segment_scheme IS
'Rules that turn RFM scores into segments; the first that matches decides. Text form: ''Champions: r 4-5, f 4-5, m 4-5; Loyal: r 2-5, fm 3-5; Others: any'', where a measure that is not there may have any score, and fm is the mean of f and m, compared exactly (fm 4-5 does not hold 3.5; fm 3.5-5 does). Names with a colon, semicolon, comma, quote or outer blanks stand in double quotes, quotes in them doubled. Scores are 0 to 100, a name has at most 255 bytes, a scheme 1 to 1000 rules; several rules may give the same segment.';

CREATE FUNCTION @extschema@.pt_rfm_state_accum(state @extschema@.rfm_state, recency_days double precision, order_count bigint, revenue numeric) RETURNS @extschema@.rfm_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_state_accum';
COMMENT ON FUNCTION @extschema@.pt_rfm_state_accum(@extschema@.rfm_state, double precision, bigint, numeric) IS
'Aggregate transition function of rfm_state.';

CREATE FUNCTION @extschema@.pt_rfm_state_combine(state @extschema@.rfm_state, other @extschema@.rfm_state) RETURNS @extschema@.rfm_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_state_combine';
COMMENT ON FUNCTION @extschema@.pt_rfm_state_combine(@extschema@.rfm_state, @extschema@.rfm_state) IS
'Aggregate combine function of rfm_state, rollup and rfm_thresholds.';

CREATE FUNCTION @extschema@.pt_rfm_state_rollup(state @extschema@.rfm_state, other @extschema@.rfm_state) RETURNS @extschema@.rfm_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_state_rollup';
COMMENT ON FUNCTION @extschema@.pt_rfm_state_rollup(@extschema@.rfm_state, @extschema@.rfm_state) IS
'Aggregate transition function of rollup(rfm_state).';

CREATE FUNCTION @extschema@.pt_rfm_state_final(state @extschema@.rfm_state) RETURNS @extschema@.rfm_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_state_final';
COMMENT ON FUNCTION @extschema@.pt_rfm_state_final(@extschema@.rfm_state) IS
'Aggregate final function of rfm_state: sorts and packs.';

CREATE FUNCTION @extschema@.pt_rfm_thresholds_accum(state @extschema@.rfm_state, recency_days double precision, order_count bigint, revenue numeric) RETURNS @extschema@.rfm_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_thresholds_accum';
COMMENT ON FUNCTION @extschema@.pt_rfm_thresholds_accum(@extschema@.rfm_state, double precision, bigint, numeric) IS
'Aggregate transition function of rfm_thresholds with 5 buckets.';

CREATE FUNCTION @extschema@.pt_rfm_thresholds_accum(state @extschema@.rfm_state, recency_days double precision, order_count bigint, revenue numeric, buckets integer) RETURNS @extschema@.rfm_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_thresholds_accum';
COMMENT ON FUNCTION @extschema@.pt_rfm_thresholds_accum(@extschema@.rfm_state, double precision, bigint, numeric, integer) IS
'Aggregate transition function of rfm_thresholds.';

CREATE FUNCTION @extschema@.pt_rfm_thresholds_final(state @extschema@.rfm_state) RETURNS @extschema@.rfm_thresholds
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_thresholds_final';
COMMENT ON FUNCTION @extschema@.pt_rfm_thresholds_final(@extschema@.rfm_state) IS
'Aggregate final function of rfm_thresholds.';

CREATE AGGREGATE @extschema@.rfm_state(recency_days double precision, order_count bigint, revenue numeric) (
	SFUNC = @extschema@.pt_rfm_state_accum,
	STYPE = @extschema@.rfm_state,
	SSPACE = 2048,
	FINALFUNC = @extschema@.pt_rfm_state_final,
	COMBINEFUNC = @extschema@.pt_rfm_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rfm_state(double precision, bigint, numeric) IS
'The exact distributions of the three measures of customers, one row each, to be stored and merged. Rows where one of the three is NULL are skipped; no row gives NULL. NaN and infinite values are an error (22003).';

CREATE AGGREGATE @extschema@.rollup(state @extschema@.rfm_state) (
	SFUNC = @extschema@.pt_rfm_state_rollup,
	STYPE = @extschema@.rfm_state,
	SSPACE = 2048,
	FINALFUNC = @extschema@.pt_rfm_state_final,
	COMBINEFUNC = @extschema@.pt_rfm_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.rfm_state) IS
'Merges distributions: the state of all customers together. A customer must be in one of them only. NULLs are skipped.';

CREATE AGGREGATE @extschema@.rfm_thresholds(recency_days double precision, order_count bigint, revenue numeric) (
	SFUNC = @extschema@.pt_rfm_thresholds_accum,
	STYPE = @extschema@.rfm_state,
	SSPACE = 2048,
	FINALFUNC = @extschema@.pt_rfm_thresholds_final,
	COMBINEFUNC = @extschema@.pt_rfm_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rfm_thresholds(double precision, bigint, numeric) IS
'Cut points for RFM scores 1 to 5 from the customers, one row each: the quantiles 0.2, 0.4, 0.6 and 0.8 of type 7 (percentile_cont) of each measure. Equal cut points are kept. Rows where one of the three is NULL are skipped; no row gives NULL. revenue is compared as double precision (15 digits). NaN and infinite values are an error (22003).';

CREATE AGGREGATE @extschema@.rfm_thresholds(recency_days double precision, order_count bigint, revenue numeric, buckets integer) (
	SFUNC = @extschema@.pt_rfm_thresholds_accum,
	STYPE = @extschema@.rfm_state,
	SSPACE = 2048,
	FINALFUNC = @extschema@.pt_rfm_thresholds_final,
	COMBINEFUNC = @extschema@.pt_rfm_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rfm_thresholds(double precision, bigint, numeric, integer) IS
'rfm_thresholds for scores 1 to buckets: the quantiles 1/buckets, 2/buckets and so on. buckets is 1 to 100 (error 22023 otherwise), the same in every row.';

CREATE FUNCTION @extschema@.rfm_thresholds(state @extschema@.rfm_state, buckets integer DEFAULT 5) RETURNS @extschema@.rfm_thresholds
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_thresholds_of_state';
COMMENT ON FUNCTION @extschema@.rfm_thresholds(@extschema@.rfm_state, integer) IS
'rfm_thresholds of stored distributions, for any number of buckets from 1 to 100 (error 22023 otherwise). NULL for NULL or for no customers.';

CREATE FUNCTION @extschema@.rfm_thresholds_fixed(recency_days_cuts double precision[], order_count_cuts double precision[], revenue_cuts double precision[]) RETURNS @extschema@.rfm_thresholds
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_thresholds_fixed';
COMMENT ON FUNCTION @extschema@.rfm_thresholds_fixed(double precision[], double precision[], double precision[]) IS
'Thresholds with these cut points instead of quantiles: {30,90} for recency_days scores up to 30 days 3, up to 90 days 2, more 1. The three arrays are equally long, at most 99 (the number of buckets is one more), finite and ascending; equal neighbours are allowed and leave out the score between them.';

CREATE FUNCTION @extschema@.rfm_buckets(thresholds @extschema@.rfm_thresholds) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_buckets';
COMMENT ON FUNCTION @extschema@.rfm_buckets(@extschema@.rfm_thresholds) IS
'The number of scores that the thresholds divide each measure into.';

CREATE FUNCTION @extschema@.rfm_customers(thresholds @extschema@.rfm_thresholds) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_customers';
COMMENT ON FUNCTION @extschema@.rfm_customers(@extschema@.rfm_thresholds) IS
'The number of customers that the cut points are quantiles of; 0 if the cut points were given.';

CREATE FUNCTION @extschema@.recency_score(thresholds @extschema@.rfm_thresholds, recency_days double precision) RETURNS smallint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_recency_score';
COMMENT ON FUNCTION @extschema@.recency_score(@extschema@.rfm_thresholds, double precision) IS
'Score of the days since the last purchase: the number of buckets less the number of cut points strictly below it, so recent is high. Equal values have equal scores. NULL for NULL; NaN is error 22003, infinite values are beyond all cut points.';

CREATE FUNCTION @extschema@.order_count_score(thresholds @extschema@.rfm_thresholds, order_count bigint) RETURNS smallint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_order_count_score';
COMMENT ON FUNCTION @extschema@.order_count_score(@extschema@.rfm_thresholds, bigint) IS
'Score of the number of orders: 1 plus the number of cut points strictly below it. Equal values have equal scores. NULL for NULL.';

CREATE FUNCTION @extschema@.revenue_score(thresholds @extschema@.rfm_thresholds, revenue numeric) RETURNS smallint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_revenue_score';
COMMENT ON FUNCTION @extschema@.revenue_score(@extschema@.rfm_thresholds, numeric) IS
'Score of the revenue: 1 plus the number of cut points strictly below it, compared as double precision. Equal values have equal scores. NULL for NULL; NaN is error 22003, infinite values are beyond all cut points.';

CREATE FUNCTION @extschema@.rfm_scores(thresholds @extschema@.rfm_thresholds, recency_days double precision, order_count bigint, revenue numeric,
	OUT r smallint, OUT f smallint, OUT m smallint) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_scores';
COMMENT ON FUNCTION @extschema@.rfm_scores(@extschema@.rfm_thresholds, double precision, bigint, numeric) IS
'recency_score, order_count_score and revenue_score together. NULL if an argument is NULL.';

CREATE FUNCTION @extschema@.rfm_threshold_rows(thresholds @extschema@.rfm_thresholds) RETURNS TABLE (measure text, score smallint, lowest double precision, highest double precision)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_threshold_rows';
COMMENT ON FUNCTION @extschema@.rfm_threshold_rows(@extschema@.rfm_thresholds) IS
'The ranges in force: a row for each measure (recency_days, order_count, revenue) and each score that a value can have. A value v has the score if lowest < v <= highest: the upper end belongs to the range, the lower one does not; NULL is an open end. Scores between equal cut points have no row.';

CREATE FUNCTION @extschema@.builtin_segment_scheme(name text) RETURNS @extschema@.segment_scheme
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_builtin_segment_scheme';
COMMENT ON FUNCTION @extschema@.builtin_segment_scheme(text) IS
'A published segment scheme by name: putler, python_seg_map, rfm_r_test or rfm_r_readme; any other name is error 22023. They are as published, with rules that never match and scores that no rule covers; check_segment_scheme() tells.';

CREATE FUNCTION @extschema@.builtin_segment_schemes() RETURNS TABLE (name text, source text, scheme @extschema@.segment_scheme)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 4
	AS 'MODULE_PATHNAME', 'pt_builtin_segment_schemes';
COMMENT ON FUNCTION @extschema@.builtin_segment_schemes() IS
'The published segment schemes that are built in, with where they come from.';

CREATE FUNCTION @extschema@.segment_scheme_rules(scheme @extschema@.segment_scheme) RETURNS TABLE (rule_number smallint, segment text, conditions text)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_segment_scheme_rules';
COMMENT ON FUNCTION @extschema@.segment_scheme_rules(@extschema@.segment_scheme) IS
'The rules of a scheme in their order, the conditions as the text form of the scheme has them.';

CREATE FUNCTION @extschema@.rfm_segment(scheme @extschema@.segment_scheme, r integer, f integer, m integer) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_segment';
COMMENT ON FUNCTION @extschema@.rfm_segment(@extschema@.segment_scheme, integer, integer, integer) IS
'The segment of these scores: the name in the first rule that matches. NULL if no rule matches, or for NULL; give any score, such as 1, for a measure that the scheme does not use. Scores beyond 0 to 100 are error 22003.';

CREATE FUNCTION @extschema@.rfm_segment_sort(scheme @extschema@.segment_scheme, r integer, f integer, m integer) RETURNS smallint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_segment_sort';
COMMENT ON FUNCTION @extschema@.rfm_segment_sort(@extschema@.segment_scheme, integer, integer, integer) IS
'A number to sort segments by: that of the first rule that gives the segment which rfm_segment() gives. NULL where that is NULL.';

CREATE FUNCTION @extschema@.check_segment_scheme(scheme @extschema@.segment_scheme, buckets integer DEFAULT 5) RETURNS TABLE (problem text, rule_number integer, rule text, cells integer, example text)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_check_segment_scheme';
COMMENT ON FUNCTION @extschema@.check_segment_scheme(@extschema@.segment_scheme, integer) IS
'What is wrong with a scheme for scores 1 to buckets, tried on each of the buckets^3 cells; no row if nothing is. uncovered: cells that no rule matches. unreachable: a rule that is never the first to match; cells is how many it matches, all taken by rules before it (0: it matches none). overlap: a rule that loses some of its cells to rules before it, which may be meant; cells is how many. example is the first such cell and the rule that takes it. buckets is 1 to 100 (error 22023 otherwise).';

-- What is needed of all customers at once -------------------------------------

CREATE FUNCTION @extschema@.rfm_recency(history @extschema@.purchase_history, as_of timestamp) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_recency';
COMMENT ON FUNCTION @extschema@.rfm_recency(@extschema@.purchase_history, timestamp) IS
'Days from the last order up to as_of to as_of, rounded to six decimals (about a tenth of a second), halves up: the recency that marts show and score by. Orders of one time, which are kept microseconds apart, so are equally recent. NULL without an order up to as_of, or if as_of is infinite.';

CREATE FUNCTION @extschema@.rfm_segment(scheme @extschema@.segment_scheme, thresholds @extschema@.rfm_thresholds, history @extschema@.purchase_history, as_of timestamp) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_segment_of_history';
COMMENT ON FUNCTION @extschema@.rfm_segment(@extschema@.segment_scheme, @extschema@.rfm_thresholds, @extschema@.purchase_history, timestamp) IS
'The segment of a customer, by the scores that thresholds give to the orders up to as_of: rfm_recency, their number, and their revenue less returns. NULL without an order up to as_of, if as_of is infinite, if no rule matches, or for NULL.';

CREATE FUNCTION @extschema@.rfm_segment_sort(scheme @extschema@.segment_scheme, thresholds @extschema@.rfm_thresholds, history @extschema@.purchase_history, as_of timestamp) RETURNS smallint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_segment_sort_of_history';
COMMENT ON FUNCTION @extschema@.rfm_segment_sort(@extschema@.segment_scheme, @extschema@.rfm_thresholds, @extschema@.purchase_history, timestamp) IS
'A number to sort segments by: that of the first rule that gives the segment which rfm_segment() of the same arguments gives. NULL where that is NULL.';

CREATE FUNCTION @extschema@.pt_revenue_float8(history @extschema@.purchase_history) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_revenue_float8';
COMMENT ON FUNCTION @extschema@.pt_revenue_float8(@extschema@.purchase_history) IS
'What revenue() gives, as double precision, rounded once; NULL where that is NULL.';

CREATE TYPE @extschema@.customer_basis;

CREATE FUNCTION @extschema@.customer_basis_in(cstring) RETURNS @extschema@.customer_basis
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_basis_in';
COMMENT ON FUNCTION @extschema@.customer_basis_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.customer_basis_out(@extschema@.customer_basis) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_basis_out';
COMMENT ON FUNCTION @extschema@.customer_basis_out(@extschema@.customer_basis) IS 'I/O';

CREATE FUNCTION @extschema@.customer_basis_recv(internal) RETURNS @extschema@.customer_basis
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_basis_recv';
COMMENT ON FUNCTION @extschema@.customer_basis_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.customer_basis_send(@extschema@.customer_basis) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_basis_send';
COMMENT ON FUNCTION @extschema@.customer_basis_send(@extschema@.customer_basis) IS 'I/O';

CREATE TYPE @extschema@.customer_basis (
	INPUT = @extschema@.customer_basis_in,
	OUTPUT = @extschema@.customer_basis_out,
	RECEIVE = @extschema@.customer_basis_recv,
	SEND = @extschema@.customer_basis_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = external
);
COMMENT ON TYPE @extschema@.customer_basis IS
'What RFM scores and spend tiers need of all customers: of each one with an order or a return the time of the last order, the number of orders and the revenue (as double precision), 24 bytes; and the last purchase of anybody, or the as_of that was given. Text form: "1 {as_of -, last_at 2024-06-28T09:30:00; 2024-06-28T09:30:00 3 25.5, - 0 -10}", where - is no time.';

CREATE FUNCTION @extschema@.pt_customer_basis_accum(state @extschema@.customer_basis, history @extschema@.purchase_history, last_at timestamp, as_of timestamp) RETURNS @extschema@.customer_basis
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_basis_accum';
COMMENT ON FUNCTION @extschema@.pt_customer_basis_accum(@extschema@.customer_basis, @extschema@.purchase_history, timestamp, timestamp) IS
'Aggregate transition function of customer_basis.';

CREATE FUNCTION @extschema@.pt_customer_basis_combine(state @extschema@.customer_basis, other @extschema@.customer_basis) RETURNS @extschema@.customer_basis
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_basis_combine';
COMMENT ON FUNCTION @extschema@.pt_customer_basis_combine(@extschema@.customer_basis, @extschema@.customer_basis) IS
'Aggregate combine function of customer_basis and rollup.';

CREATE FUNCTION @extschema@.pt_customer_basis_rollup(state @extschema@.customer_basis, other @extschema@.customer_basis) RETURNS @extschema@.customer_basis
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_basis_rollup';
COMMENT ON FUNCTION @extschema@.pt_customer_basis_rollup(@extschema@.customer_basis, @extschema@.customer_basis) IS
'Aggregate transition function of rollup(customer_basis).';

CREATE FUNCTION @extschema@.pt_customer_basis_final(state @extschema@.customer_basis) RETURNS @extschema@.customer_basis
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_basis_final';
COMMENT ON FUNCTION @extschema@.pt_customer_basis_final(@extschema@.customer_basis) IS
'Aggregate final function of customer_basis: gives up the room to grow.';

CREATE AGGREGATE @extschema@.customer_basis(history @extschema@.purchase_history, last_at timestamp, as_of timestamp) (
	SFUNC = @extschema@.pt_customer_basis_accum,
	STYPE = @extschema@.customer_basis,
	SSPACE = 2048,
	FINALFUNC = @extschema@.pt_customer_basis_final,
	COMBINEFUNC = @extschema@.pt_customer_basis_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.customer_basis(@extschema@.purchase_history, timestamp, timestamp) IS
'The basis of customers, one row each: the history; last_at, the time of the last purchase of any kind, which may be known without a history (NULL and infinite ones are skipped); and as_of, the moment to look from, the same in every row (22023), NULL for the last purchase of anybody. With as_of, histories count as they were then (up to a millisecond after it on its day, since orders of one time are kept microseconds apart). Customers without an order or a return by then are left out. No row gives NULL. Errors: infinite as_of (22008), more than 44 million customers (54000).';

CREATE AGGREGATE @extschema@.rollup(basis @extschema@.customer_basis) (
	SFUNC = @extschema@.pt_customer_basis_rollup,
	STYPE = @extschema@.customer_basis,
	SSPACE = 2048,
	FINALFUNC = @extschema@.pt_customer_basis_final,
	COMBINEFUNC = @extschema@.pt_customer_basis_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.customer_basis) IS
'Merges bases, all with the same as_of (22023): that of all customers together. A customer must be in one of them only. NULLs are skipped.';

CREATE FUNCTION @extschema@.basis_as_of(basis @extschema@.customer_basis) RETURNS timestamp
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basis_as_of';
COMMENT ON FUNCTION @extschema@.basis_as_of(@extschema@.customer_basis) IS
'The moment that the basis looks from: the as_of that was given, or else the last purchase of anybody. NULL if there was none.';

CREATE FUNCTION @extschema@.basis_customers(basis @extschema@.customer_basis) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basis_customers';
COMMENT ON FUNCTION @extschema@.basis_customers(@extschema@.customer_basis) IS
'Number of customers with an order or a return.';

CREATE FUNCTION @extschema@.rfm_thresholds(basis @extschema@.customer_basis, as_of timestamp) RETURNS @extschema@.rfm_thresholds
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_rfm_thresholds_of_basis';
COMMENT ON FUNCTION @extschema@.rfm_thresholds(@extschema@.customer_basis, timestamp) IS
'Cut points for RFM scores 1 to 5, as the aggregate rfm_thresholds gives them for rfm_recency(history, as_of), order_count(history) and revenue(history) of the customers whose last order is not after as_of. NULL without one, or if as_of is infinite.';

CREATE FUNCTION @extschema@.basis_thresholds(basis @extschema@.customer_basis) RETURNS @extschema@.rfm_thresholds
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basis_thresholds';
COMMENT ON FUNCTION @extschema@.basis_thresholds(@extschema@.customer_basis) IS
'rfm_thresholds at the moment that the basis looks from: at basis_as_of, a millisecond later on the same day, since orders of one customer at one time are kept microseconds apart. NULL without an order.';

CREATE FUNCTION @extschema@.revenue_quantile(basis @extschema@.customer_basis, p double precision) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_revenue_quantile';
COMMENT ON FUNCTION @extschema@.revenue_quantile(@extschema@.customer_basis, double precision) IS
'Quantile p (0 to 1, else error 22003; taken to nine decimals) of the revenue of customers, of type 7 as percentile_cont: what quantile(quantile_state(revenue), p) is. Currency of the histories. NULL without a customer.';
