-- amount: amounts of money that are sure to be numbers

CREATE FUNCTION @extschema@.finite_amount(amount numeric, column_name text) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_finite_amount';
COMMENT ON FUNCTION @extschema@.finite_amount(numeric, text) IS
'The amount, or an error (22003) that names the column if it is NaN or infinite. NULL for NULL. With it, one NaN cannot turn every sum into NaN; a mart leaves such amounts out instead.';

CREATE FUNCTION @extschema@.pt_fitting_amount(amount numeric, decimals integer) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_fitting_amount';
COMMENT ON FUNCTION @extschema@.pt_fitting_amount(numeric, integer) IS
'A number as it is, if a mart that keeps so many decimals of it can hold it; NULL if not: NaN, infinite, from 10^12 on, or with more than 16 digits, the decimals included. So thousands of the largest make no sum too large. Errors: decimals beyond 0 to 18 (22023).';

CREATE FUNCTION @extschema@.pt_fitting_integer(number bigint) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_fitting_integer';
COMMENT ON FUNCTION @extschema@.pt_fitting_integer(bigint) IS
'The number as an integer; NULL if it is none.';

CREATE FUNCTION @extschema@.pt_fitting_integer(number numeric) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_fitting_integer_numeric';
COMMENT ON FUNCTION @extschema@.pt_fitting_integer(numeric) IS
'The number, rounded, as an integer; NULL if it is none.';

CREATE FUNCTION @extschema@.pt_fitting_integer(number double precision) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_fitting_integer_float';
COMMENT ON FUNCTION @extschema@.pt_fitting_integer(double precision) IS
'The number, rounded, as an integer; NULL if it is none.';
