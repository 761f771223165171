-- cuped: effect of a discount, adjusted by what was spent before

CREATE TYPE @extschema@.cuped_effect_result AS (
	n_discounted bigint,
	n_full bigint,
	naive_difference double precision,
	naive_se double precision,
	theta double precision,
	difference double precision,
	se double precision,
	ci_low double precision,
	ci_high double precision,
	correlation double precision
);
COMMENT ON TYPE @extschema@.cuped_effect_result IS 'What cuped_effect returns.';

CREATE FUNCTION @extschema@.pt_cuped_accum(state double precision[], amount double precision, amount_before double precision, discounted boolean) RETURNS double precision[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cuped_accum';
COMMENT ON FUNCTION @extschema@.pt_cuped_accum(double precision[], double precision, double precision, boolean) IS
'Aggregate transition function of cuped_effect.';

CREATE FUNCTION @extschema@.pt_cuped_combine(state double precision[], other double precision[]) RETURNS double precision[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cuped_combine';
COMMENT ON FUNCTION @extschema@.pt_cuped_combine(double precision[], double precision[]) IS
'Aggregate combine function of cuped_effect.';

CREATE FUNCTION @extschema@.pt_cuped_final(state double precision[]) RETURNS @extschema@.cuped_effect_result
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cuped_final';
COMMENT ON FUNCTION @extschema@.pt_cuped_final(double precision[]) IS
'Aggregate final function of cuped_effect.';

CREATE AGGREGATE @extschema@.cuped_effect(amount double precision, amount_before double precision, discounted boolean) (
	SFUNC = @extschema@.pt_cuped_accum,
	STYPE = double precision[],
	SSPACE = 120,
	FINALFUNC = @extschema@.pt_cuped_final,
	COMBINEFUNC = @extschema@.pt_cuped_combine,
	INITCOND = '{0,0,0,0,0,0,0,0,0,0,0,0}',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.cuped_effect(double precision, double precision, boolean) IS
'Effect of a discount on the amount of a customer, adjusted by the amount before the period (CUPED, Deng and others 2013). One row per customer: amount, amount_before, and whether there was a discount; rows with a NULL are left out. naive_difference is the plain difference of means; difference subtracts theta times the difference of amount_before, theta = cov / var within the arms; se and the interval (95 percent, normal) are of that. correlation tells how much is won: the variance shrinks by its square. NULL where n is too small or amount_before does not vary. NaN and infinite values are error 22003. It holds only if amount_before does not itself depend on the discount.';
