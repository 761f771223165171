-- compare: tests of difference from summary numbers, and the distributions behind them

CREATE FUNCTION @extschema@.welch_test(n1 bigint, mean1 float8, sd1 float8, n2 bigint, mean2 float8, sd2 float8, confidence float8 DEFAULT 0.95,
	OUT difference float8, OUT se float8, OUT statistic float8, OUT df float8, OUT p_value float8, OUT ci_low float8, OUT ci_high float8, OUT n bigint, OUT effect_size float8)
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_welch_test';
COMMENT ON FUNCTION @extschema@.welch_test(bigint, float8, float8, bigint, float8, float8, float8) IS
'Welch''s t test of the difference of two means, mean1 minus mean2, from count, avg and stddev_samp of each group: difference, its standard error, t, df (Welch-Satterthwaite), two-sided p, confidence interval, n of both groups, and as effect_size the difference in units of the pooled standard deviation (Cohen''s d). All but n are NULL where a group has fewer than 2 rows or a NULL, or both standard deviations are 0. Negative n or sd, NaN or infinity: error 22023.';

CREATE FUNCTION @extschema@.anova(counts bigint[], means float8[], sds float8[],
	OUT statistic float8, OUT df_between bigint, OUT df_within bigint, OUT p_value float8, OUT n bigint, OUT effect_size float8)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_anova';
COMMENT ON FUNCTION @extschema@.anova(bigint[], float8[], float8[]) IS
'One-way analysis of variance from count, avg and stddev_samp of each group: F, degrees of freedom, p, n, and as effect_size eta squared, the share of the sum of squares that lies between the groups. Groups of count 0 are left out; their mean may be NULL, and the sd of groups of count 0 or 1. All but n are NULL with fewer than 2 groups, without a group of 2 or more rows, or without variance within the groups. Arrays of different lengths, other NULLs, negative, NaN or infinite values: error 22023.';

CREATE FUNCTION @extschema@.chi_square_test(observed bigint[],
	OUT statistic float8, OUT df bigint, OUT p_value float8, OUT n bigint, OUT effect_size float8, OUT smallest_expected float8)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_chi_square_test';
COMMENT ON FUNCTION @extschema@.chi_square_test(bigint[]) IS
'Pearson''s chi-square test of independence of the rows and columns of a table of counts, a two-dimensional array such as {{12,5},{7,9}}: chi-square, df, p, n, as effect_size Cramer''s V (0 to 1), and the smallest expected count (the p of a table with less than 5 is doubtful). Yates'' correction is not applied. Rows and columns without any count are left out; with fewer than 2 of either, all but n are NULL. Other dimensions, NULL or negative counts: error 22023.';

CREATE FUNCTION @extschema@.wilson_interval(successes bigint, n bigint, confidence float8 DEFAULT 0.95,
	OUT proportion float8, OUT ci_low float8, OUT ci_high float8)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_wilson_interval';
COMMENT ON FUNCTION @extschema@.wilson_interval(bigint, bigint, float8) IS
'Proportion of successes among n, with Wilson''s score interval (no continuity correction), which stays within 0 and 1. NULL for n = 0. Negative counts or more successes than n: error 22023.';

CREATE FUNCTION @extschema@.correlation_test(r float8, INOUT n bigint, confidence float8 DEFAULT 0.95,
	OUT statistic float8, OUT df bigint, OUT p_value float8, OUT ci_low float8, OUT ci_high float8, OUT effect_size float8)
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_correlation_test';
COMMENT ON FUNCTION @extschema@.correlation_test(float8, bigint, float8) IS
'Test of a correlation r, as of corr(), of n pairs (regr_count()) against 0: t with n - 2 degrees of freedom, two-sided p, interval of the correlation by Fisher''s z (NULL for n = 3), and as effect_size r squared. All but n are NULL where n is less than 3, r is NULL, or r is 1 or -1. An r outside of -1 to 1, NaN or a negative n: error 22023.';

CREATE FUNCTION @extschema@.benjamini_hochberg(p_values float8[]) RETURNS float8[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_benjamini_hochberg';
COMMENT ON FUNCTION @extschema@.benjamini_hochberg(float8[]) IS
'The p values of several tests, adjusted by Benjamini and Hochberg, in the order given: those of 0.05 or less are findings of which 5 percent are expected to be false. NULL elements stay NULL and do not count as tests. Values outside of 0 to 1: error 22023.';

CREATE FUNCTION @extschema@.student_p(t float8, df float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_student_p';
COMMENT ON FUNCTION @extschema@.student_p(float8, float8) IS
'Two-sided p of Student''s t: the probability of a value at least as far from 0. df may be fractional; NULL where it is not above 0.';

CREATE FUNCTION @extschema@.student_quantile(p float8, df float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_student_quantile';
COMMENT ON FUNCTION @extschema@.student_quantile(float8, float8) IS
'Quantile of Student''s t distribution: the t below which a share p lies. df may be fractional. NULL where p is not between 0 and 1, df is not above 0, or t is larger than a float8 can be.';

CREATE FUNCTION @extschema@.f_p(f float8, df1 float8, df2 float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_f_p';
COMMENT ON FUNCTION @extschema@.f_p(float8, float8, float8) IS
'p of an F statistic with df1 (between) and df2 (within) degrees of freedom: the probability of a larger value. NULL for negative f, or degrees of freedom that are not above 0.';

CREATE FUNCTION @extschema@.chi_square_p(x float8, df float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_chi_square_p';
COMMENT ON FUNCTION @extschema@.chi_square_p(float8, float8) IS
'p of a chi-square statistic: the probability of a larger value. NULL for negative x, or df that is not above 0.';

CREATE FUNCTION @extschema@.normal_quantile(p float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_normal_quantile';
COMMENT ON FUNCTION @extschema@.normal_quantile(float8) IS
'Quantile of the standard normal distribution: the z below which a share p lies. NULL where p is not between 0 and 1.';

CREATE FUNCTION @extschema@.normal_cdf(z float8) RETURNS float8
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_normal_cdf';
COMMENT ON FUNCTION @extschema@.normal_cdf(float8) IS
'Cumulative distribution function of the standard normal distribution: the probability of a value of at most z.';

CREATE FUNCTION @extschema@.welch_test(a @extschema@.sales_stats, b @extschema@.sales_stats, confidence float8 DEFAULT 0.95,
	OUT difference float8, OUT se float8, OUT statistic float8, OUT df float8, OUT p_value float8, OUT ci_low float8, OUT ci_high float8, OUT n bigint, OUT effect_size float8)
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	SELECT w.* INTO difference, se, statistic, df, p_value, ci_low, ci_high, n, effect_size
	FROM @extschema@.welch_test(
		@extschema@.sales_count(a, 'all'::@extschema@.sales_arm), @extschema@.sales_mean(a, 'all'::@extschema@.sales_arm)::float8, @extschema@.sales_stddev(a, 'all'::@extschema@.sales_arm),
		@extschema@.sales_count(b, 'all'::@extschema@.sales_arm), @extschema@.sales_mean(b, 'all'::@extschema@.sales_arm)::float8, @extschema@.sales_stddev(b, 'all'::@extschema@.sales_arm), confidence) w;
END
$$;
COMMENT ON FUNCTION @extschema@.welch_test(@extschema@.sales_stats, @extschema@.sales_stats, float8) IS
'welch_test of all amounts of two groups, from their statistics. More than two groups: anova(array_agg(sales_count(s)), array_agg(sales_mean(s)::float8), array_agg(sales_stddev(s))) over rows of one sales_stats each.';
