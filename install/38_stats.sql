-- stats: additive sales statistics, and what a discount does

CREATE TYPE @extschema@.sales_arm AS ENUM ('all', 'discounted', 'full', 'unknown');
COMMENT ON TYPE @extschema@.sales_arm IS
'The rows that a question is about: discounted, at full price, those of which it is not known, or all.';

CREATE TYPE @extschema@.sales_stats;

CREATE FUNCTION @extschema@.sales_stats_in(cstring) RETURNS @extschema@.sales_stats
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_stats_in';
COMMENT ON FUNCTION @extschema@.sales_stats_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.sales_stats_out(@extschema@.sales_stats) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_stats_out';
COMMENT ON FUNCTION @extschema@.sales_stats_out(@extschema@.sales_stats) IS 'I/O';

CREATE FUNCTION @extschema@.sales_stats_recv(internal) RETURNS @extschema@.sales_stats
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_stats_recv';
COMMENT ON FUNCTION @extschema@.sales_stats_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.sales_stats_send(@extschema@.sales_stats) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_stats_send';
COMMENT ON FUNCTION @extschema@.sales_stats_send(@extschema@.sales_stats) IS 'I/O';

CREATE TYPE @extschema@.sales_stats (
	INPUT = @extschema@.sales_stats_in,
	OUTPUT = @extschema@.sales_stats_out,
	RECEIVE = @extschema@.sales_stats_recv,
	SEND = @extschema@.sales_stats_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = plain
);
COMMENT ON TYPE @extschema@.sales_stats IS
'Exact statistics of amounts in three arms (discounted, full price, unknown): number of rows, sum, sum of squares, smallest and largest amount, and quantity. 248 bytes, whatever the number of rows. It can be stored, merged by rollup() and +, and asked by sales_count(), sales_revenue() and so on, discount_effect() and stratified_effect(). Text form: "1 2 0 {2 3000 5000000 1000 2000 3} {0} {0}": version, decimals of amounts and of quantities, and for each arm count, sum, sum of squares, smallest and largest amount as integers in the last decimal, and quantity if any.';

CREATE FUNCTION @extschema@.pt_sales_stats_accum(state @extschema@.sales_stats, amount numeric, discounted boolean) RETURNS @extschema@.sales_stats
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_stats_accum';
COMMENT ON FUNCTION @extschema@.pt_sales_stats_accum(@extschema@.sales_stats, numeric, boolean) IS
'Aggregate transition function of sales_stats.';

CREATE FUNCTION @extschema@.pt_sales_stats_accum(state @extschema@.sales_stats, amount numeric, discounted boolean, quantity numeric) RETURNS @extschema@.sales_stats
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_stats_accum';
COMMENT ON FUNCTION @extschema@.pt_sales_stats_accum(@extschema@.sales_stats, numeric, boolean, numeric) IS
'Aggregate transition function of sales_stats with quantities.';

CREATE FUNCTION @extschema@.pt_sales_stats_combine(state @extschema@.sales_stats, other @extschema@.sales_stats) RETURNS @extschema@.sales_stats
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_stats_combine';
COMMENT ON FUNCTION @extschema@.pt_sales_stats_combine(@extschema@.sales_stats, @extschema@.sales_stats) IS
'Aggregate combine function of sales_stats and rollup.';

CREATE FUNCTION @extschema@.pt_sales_stats_rollup(state @extschema@.sales_stats, other @extschema@.sales_stats) RETURNS @extschema@.sales_stats
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_stats_rollup';
COMMENT ON FUNCTION @extschema@.pt_sales_stats_rollup(@extschema@.sales_stats, @extschema@.sales_stats) IS
'Aggregate transition function of rollup(sales_stats).';

CREATE AGGREGATE @extschema@.sales_stats(amount numeric, discounted boolean) (
	SFUNC = @extschema@.pt_sales_stats_accum,
	STYPE = @extschema@.sales_stats,
	SSPACE = 288,
	COMBINEFUNC = @extschema@.pt_sales_stats_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.sales_stats(numeric, boolean) IS
'Exact statistics of amounts, discounted and at full price. Rows whose amount is NULL are skipped; rows whose discount is NULL count in the arm unknown, so also in all, but in neither side of a comparison. No row gives NULL. NaN, infinite amounts and amounts of more than 18 digits are an error (22003).';

CREATE AGGREGATE @extschema@.sales_stats(amount numeric, discounted boolean, quantity numeric) (
	SFUNC = @extschema@.pt_sales_stats_accum,
	STYPE = @extschema@.sales_stats,
	SSPACE = 288,
	COMBINEFUNC = @extschema@.pt_sales_stats_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.sales_stats(numeric, boolean, numeric) IS
'sales_stats with the exact sum of quantities. A quantity that is NULL adds nothing; where none is known, sales_quantity() is NULL.';

CREATE AGGREGATE @extschema@.rollup(stats @extschema@.sales_stats) (
	SFUNC = @extschema@.pt_sales_stats_rollup,
	STYPE = @extschema@.sales_stats,
	SSPACE = 288,
	COMBINEFUNC = @extschema@.pt_sales_stats_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.sales_stats) IS
'Merges statistics: those of all their rows together, exactly. NULLs are skipped; no row gives NULL.';

CREATE FUNCTION @extschema@.pt_sales_stats_add(a @extschema@.sales_stats, b @extschema@.sales_stats) RETURNS @extschema@.sales_stats
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_stats_add';
COMMENT ON FUNCTION @extschema@.pt_sales_stats_add(@extschema@.sales_stats, @extschema@.sales_stats) IS
'The statistics of the rows of both; implementation of the + operator.';

CREATE OPERATOR @extschema@.+ (
	FUNCTION = @extschema@.pt_sales_stats_add,
	LEFTARG = @extschema@.sales_stats,
	RIGHTARG = @extschema@.sales_stats,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.sales_stats, @extschema@.sales_stats) IS
'The statistics of the rows of both.';

CREATE FUNCTION @extschema@.sales_count(stats @extschema@.sales_stats, arm @extschema@.sales_arm DEFAULT 'all') RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_count';
COMMENT ON FUNCTION @extschema@.sales_count(@extschema@.sales_stats, @extschema@.sales_arm) IS
'Number of rows of an arm.';

CREATE FUNCTION @extschema@.sales_revenue(stats @extschema@.sales_stats, arm @extschema@.sales_arm DEFAULT 'all') RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_revenue';
COMMENT ON FUNCTION @extschema@.sales_revenue(@extschema@.sales_stats, @extschema@.sales_arm) IS
'Sum of the amounts of an arm, exact, equal to SUM(amount); NULL without a row.';

CREATE FUNCTION @extschema@.sales_mean(stats @extschema@.sales_stats, arm @extschema@.sales_arm DEFAULT 'all') RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_mean';
COMMENT ON FUNCTION @extschema@.sales_mean(@extschema@.sales_stats, @extschema@.sales_arm) IS
'Mean amount of an arm, as AVG divides; NULL without a row.';

CREATE FUNCTION @extschema@.sales_stddev(stats @extschema@.sales_stats, arm @extschema@.sales_arm DEFAULT 'all') RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_stddev';
COMMENT ON FUNCTION @extschema@.sales_stddev(@extschema@.sales_stats, @extschema@.sales_arm) IS
'Standard deviation of the amounts of an arm (of a sample, divided by n - 1), from exact integers; NULL for less than two rows.';

CREATE FUNCTION @extschema@.sales_min(stats @extschema@.sales_stats, arm @extschema@.sales_arm DEFAULT 'all') RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_min';
COMMENT ON FUNCTION @extschema@.sales_min(@extschema@.sales_stats, @extschema@.sales_arm) IS
'Smallest amount of an arm; NULL without a row, and in statistics from a sales_cube, which has it not.';

CREATE FUNCTION @extschema@.sales_max(stats @extschema@.sales_stats, arm @extschema@.sales_arm DEFAULT 'all') RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_max';
COMMENT ON FUNCTION @extschema@.sales_max(@extschema@.sales_stats, @extschema@.sales_arm) IS
'Largest amount of an arm; NULL without a row, and in statistics from a sales_cube, which has it not.';

CREATE FUNCTION @extschema@.sales_quantity(stats @extschema@.sales_stats, arm @extschema@.sales_arm DEFAULT 'all') RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_quantity';
COMMENT ON FUNCTION @extschema@.sales_quantity(@extschema@.sales_stats, @extschema@.sales_arm) IS
'Sum of the quantities of an arm, exact; NULL if none is known.';

CREATE FUNCTION @extschema@.discount_share(stats @extschema@.sales_stats) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_discount_share';
COMMENT ON FUNCTION @extschema@.discount_share(@extschema@.sales_stats) IS
'Discounted rows / rows whose discount is known; NULL if it is known of none.';

CREATE FUNCTION @extschema@.discount_effect(stats @extschema@.sales_stats, confidence double precision DEFAULT 0.95,
	OUT n_discounted bigint, OUT n_full bigint, OUT mean_discounted double precision, OUT mean_full double precision,
	OUT difference double precision, OUT se double precision, OUT t double precision, OUT df double precision, OUT p_value double precision,
	OUT ci_low double precision, OUT ci_high double precision,
	OUT ratio double precision, OUT ratio_ci_low double precision, OUT ratio_ci_high double precision,
	OUT fieller_low double precision, OUT fieller_high double precision, OUT standardised_difference double precision, OUT note text) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_discount_effect';
COMMENT ON FUNCTION @extschema@.discount_effect(@extschema@.sales_stats, double precision) IS
'The difference between discounted and full-price amounts: the Welch t test (difference = mean_discounted - mean_full, se, t, df, two-sided p_value, interval), the ratio of the means with its interval by logarithms (delta method) and by Fieller, and the difference in standard deviations (of the mean of both variances). All intervals take the t quantile of df. What cannot be said is NULL, and note says why; confidence must be between 0 and 1 (error 22023). NULL for NULL.';

CREATE TYPE @extschema@.stratified_state;

CREATE FUNCTION @extschema@.stratified_state_in(cstring) RETURNS @extschema@.stratified_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_stratified_state_in';
COMMENT ON FUNCTION @extschema@.stratified_state_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.stratified_state_out(@extschema@.stratified_state) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_stratified_state_out';
COMMENT ON FUNCTION @extschema@.stratified_state_out(@extschema@.stratified_state) IS 'I/O';

CREATE FUNCTION @extschema@.stratified_state_recv(internal) RETURNS @extschema@.stratified_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_stratified_state_recv';
COMMENT ON FUNCTION @extschema@.stratified_state_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.stratified_state_send(@extschema@.stratified_state) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_stratified_state_send';
COMMENT ON FUNCTION @extschema@.stratified_state_send(@extschema@.stratified_state) IS 'I/O';

CREATE TYPE @extschema@.stratified_state (
	INPUT = @extschema@.stratified_state_in,
	OUTPUT = @extschema@.stratified_state_out,
	RECEIVE = @extschema@.stratified_state_recv,
	SEND = @extschema@.stratified_state_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.stratified_state IS
'Summaries of strata for stratified_effect(): of each stratum with both arms its numbers of rows, difference of means and variances, 40 bytes; of the others their numbers. It can be stored, merged by rollup() and asked by stratified_effect(). Text form: "1 [1 0 9 0 9] {2 2 -1.5 0.5 2}": version; strata with one arm only, their rows with discount and at full price, and the most of one stratum of each; then for each stratum its rows with discount and at full price, the difference of means, and the variances.';

CREATE TYPE @extschema@.stratified_effect_result AS (
	mh_difference double precision,
	mh_se double precision,
	mh_df double precision,
	mh_ci_low double precision,
	mh_ci_high double precision,
	att double precision,
	att_se double precision,
	att_df double precision,
	att_ci_low double precision,
	att_ci_high double precision,
	ate double precision,
	ate_se double precision,
	ate_df double precision,
	ate_ci_low double precision,
	ate_ci_high double precision,
	strata_used bigint,
	strata_without_overlap bigint,
	rows_without_overlap bigint,
	n bigint,
	largest_share_difference double precision,
	note text
);
COMMENT ON TYPE @extschema@.stratified_effect_result IS
'The result of stratified_effect(): three weighted means of the differences within strata, with their uncertainty.';

COMMENT ON COLUMN @extschema@.stratified_effect_result.mh_difference IS 'Mean difference (discounted - full price) within strata, with Mantel-Haenszel weights n1 n0 / (n1 + n0); NULL if no stratum has both arms.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.mh_se IS 'Standard error of mh_difference; NULL if no arm has two rows.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.mh_df IS 'Degrees of freedom of mh_se (Welch-Satterthwaite).';
COMMENT ON COLUMN @extschema@.stratified_effect_result.mh_ci_low IS 'Lower end of the 95 % interval of mh_difference, by the t quantile of mh_df.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.mh_ci_high IS 'Upper end of the 95 % interval of mh_difference.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.att IS 'Mean difference (discounted - full price) within strata, with the weights of the discounted rows (effect on those who had a discount); NULL if no stratum has both arms.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.att_se IS 'Standard error of att; NULL if no arm has two rows.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.att_df IS 'Degrees of freedom of att_se (Welch-Satterthwaite).';
COMMENT ON COLUMN @extschema@.stratified_effect_result.att_ci_low IS 'Lower end of the 95 % interval of att, by the t quantile of att_df.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.att_ci_high IS 'Upper end of the 95 % interval of att.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.ate IS 'Mean difference (discounted - full price) within strata, with the weights of all rows (effect on everybody); NULL if no stratum has both arms.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.ate_se IS 'Standard error of ate; NULL if no arm has two rows.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.ate_df IS 'Degrees of freedom of ate_se (Welch-Satterthwaite).';
COMMENT ON COLUMN @extschema@.stratified_effect_result.ate_ci_low IS 'Lower end of the 95 % interval of ate, by the t quantile of ate_df.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.ate_ci_high IS 'Upper end of the 95 % interval of ate.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.strata_used IS 'Strata that have rows both with and without discount.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.strata_without_overlap IS 'Strata that have rows of one kind only, which no comparison can use.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.rows_without_overlap IS 'Rows in those strata.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.n IS 'Rows whose discount is known, in all strata.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.largest_share_difference IS 'Balance of strata: the largest difference, over strata, between the share of discounted rows and the share of full-price rows that are in the stratum; 0 is balanced, NULL if one arm is empty.';
COMMENT ON COLUMN @extschema@.stratified_effect_result.note IS 'Why something is NULL, and how many rows were left out; NULL if all is well.';

CREATE FUNCTION @extschema@.pt_stratified_state_accum(state @extschema@.stratified_state, stats @extschema@.sales_stats) RETURNS @extschema@.stratified_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_stratified_state_accum';
COMMENT ON FUNCTION @extschema@.pt_stratified_state_accum(@extschema@.stratified_state, @extschema@.sales_stats) IS
'Aggregate transition function of stratified_state and stratified_effect.';

CREATE FUNCTION @extschema@.pt_stratified_state_combine(state @extschema@.stratified_state, other @extschema@.stratified_state) RETURNS @extschema@.stratified_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_stratified_state_combine';
COMMENT ON FUNCTION @extschema@.pt_stratified_state_combine(@extschema@.stratified_state, @extschema@.stratified_state) IS
'Aggregate combine function of stratified_state, rollup and stratified_effect.';

CREATE FUNCTION @extschema@.pt_stratified_state_rollup(state @extschema@.stratified_state, other @extschema@.stratified_state) RETURNS @extschema@.stratified_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_stratified_state_rollup';
COMMENT ON FUNCTION @extschema@.pt_stratified_state_rollup(@extschema@.stratified_state, @extschema@.stratified_state) IS
'Aggregate transition function of rollup(stratified_state).';

CREATE FUNCTION @extschema@.pt_stratified_state_final(state @extschema@.stratified_state) RETURNS @extschema@.stratified_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_stratified_state_final';
COMMENT ON FUNCTION @extschema@.pt_stratified_state_final(@extschema@.stratified_state) IS
'Aggregate final function of stratified_state: sorts and packs.';

CREATE FUNCTION @extschema@.stratified_effect(state @extschema@.stratified_state) RETURNS @extschema@.stratified_effect_result
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_stratified_effect_final';
COMMENT ON FUNCTION @extschema@.stratified_effect(@extschema@.stratified_state) IS
'The effect of a discount within strata, from stored summaries; see the aggregate of this name. It is also the final function of that aggregate. NULL for NULL.';

CREATE AGGREGATE @extschema@.stratified_state(stats @extschema@.sales_stats) (
	SFUNC = @extschema@.pt_stratified_state_accum,
	STYPE = @extschema@.stratified_state,
	SSPACE = 512,
	FINALFUNC = @extschema@.pt_stratified_state_final,
	COMBINEFUNC = @extschema@.pt_stratified_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.stratified_state(@extschema@.sales_stats) IS
'Summaries of strata, one sales_stats each, to be stored and merged. NULLs are skipped; no row gives NULL.';

CREATE AGGREGATE @extschema@.rollup(state @extschema@.stratified_state) (
	SFUNC = @extschema@.pt_stratified_state_rollup,
	STYPE = @extschema@.stratified_state,
	SSPACE = 512,
	FINALFUNC = @extschema@.pt_stratified_state_final,
	COMBINEFUNC = @extschema@.pt_stratified_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.stratified_state) IS
'Merges summaries of different strata; two of one stratum count as two strata. NULLs are skipped; no row gives NULL.';

CREATE AGGREGATE @extschema@.stratified_effect(stats @extschema@.sales_stats) (
	SFUNC = @extschema@.pt_stratified_state_accum,
	STYPE = @extschema@.stratified_state,
	SSPACE = 512,
	FINALFUNC = @extschema@.stratified_effect,
	COMBINEFUNC = @extschema@.pt_stratified_state_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.stratified_effect(@extschema@.sales_stats) IS
'The effect of a discount within strata (of customers or products that are alike), one sales_stats each: means of the differences with Mantel-Haenszel weights (mh_difference), with those of the discounted rows (att) and of all rows (ate), each with standard error and 95 % interval. Strata of one arm only are left out, and counted with their rows. NULLs are skipped; no row gives NULL. Merge what belongs to one stratum with rollup() first.';
