-- amount: amounts of money that are sure to be numbers

CREATE FUNCTION @extschema@.finite_amount(amount numeric, column_name text) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_finite_amount';
COMMENT ON FUNCTION @extschema@.finite_amount(numeric, text) IS
'The amount, or an error (22003) that names the column if it is NaN or infinite. NULL for NULL. Marts use it, so that one NaN in a source cannot turn every sum into NaN.';

