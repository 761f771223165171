-- correlation: Pearson's and Spearman's correlation of all pairs of some columns

CREATE TYPE @extschema@.correlation_pair AS (
	a text,
	b text,
	n bigint,
	pearson double precision,
	pearson_p double precision,
	spearman double precision,
	spearman_p double precision
);
COMMENT ON TYPE @extschema@.correlation_pair IS
'The correlation of two columns, a before b as they were named: n rows that have both; Pearson''s and Spearman''s correlation (-1 to 1; NULL with fewer than 2 rows, or where a column has one value only), and for each the two-sided p of t with n - 2 degrees of freedom (NULL with fewer than 3 rows, or where it is 1 or -1).';

CREATE FUNCTION @extschema@.pt_correlation_accum(state bytea, names text[], "values" double precision[]) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_correlation_accum';
COMMENT ON FUNCTION @extschema@.pt_correlation_accum(bytea, text[], double precision[]) IS
'Aggregate transition function of correlation_matrix.';

CREATE FUNCTION @extschema@.pt_correlation_combine(state bytea, other bytea) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_correlation_combine';
COMMENT ON FUNCTION @extschema@.pt_correlation_combine(bytea, bytea) IS
'Aggregate combine function of correlation_matrix.';

CREATE FUNCTION @extschema@.pt_correlation_final(state bytea) RETURNS @extschema@.correlation_pair[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_correlation_final';
COMMENT ON FUNCTION @extschema@.pt_correlation_final(bytea) IS
'Aggregate final function of correlation_matrix.';

CREATE AGGREGATE @extschema@.correlation_matrix(names text[], "values" double precision[]) (
	SFUNC = @extschema@.pt_correlation_accum,
	STYPE = bytea,
	SSPACE = 4096,
	FINALFUNC = @extschema@.pt_correlation_final,
	COMBINEFUNC = @extschema@.pt_correlation_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.correlation_matrix(text[], double precision[]) IS
'Pearson''s and Spearman''s correlation of each pair of 2 to 100 columns, as an array of rows, which unnest() gives: values has one number for each of the names. NULL and NaN are values that are not known; each pair is of the rows that have both, as pandas.DataFrame.corr has it, and ranks are of these rows, ties averaged. A NULL in place of values is a row that knows none; no row at all gives NULL. The order of rows and parallel workers change no digit. It keeps 8 bytes a value, up to 1 GB (6 columns: 22 million rows), and takes twice that while it ranks; more rows are error 54000. Infinite values are error 22003, NULL names 22004; names that change from row to row, are the same for two columns, or fewer than 2 or more than 100: 22023; arrays of different lengths: 2202E.';
