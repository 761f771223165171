-- canonical_text: texts of values that no setting of the session changes

CREATE FUNCTION @extschema@.canonical_text(value date) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_canonical_text_date';
COMMENT ON FUNCTION @extschema@.canonical_text(date) IS
'The date as text, 2026-01-31, whatever DateStyle is. NULL for NULL.';

CREATE FUNCTION @extschema@.canonical_text(value timestamp) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_canonical_text_timestamp';
COMMENT ON FUNCTION @extschema@.canonical_text(timestamp) IS
'The moment as text, 2026-01-31 12:30:00, whatever DateStyle is. NULL for NULL.';

CREATE FUNCTION @extschema@.canonical_text(value real) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_canonical_text_float4';
COMMENT ON FUNCTION @extschema@.canonical_text(real) IS
'The shortest decimal number that is read as this one, whatever extra_float_digits is. NULL for NULL.';

CREATE FUNCTION @extschema@.canonical_text(value double precision) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_canonical_text_float8';
COMMENT ON FUNCTION @extschema@.canonical_text(double precision) IS
'The shortest decimal number that is read as this one, whatever extra_float_digits is. NULL for NULL.';

CREATE FUNCTION @extschema@.canonical_text(value bytea) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN E'\\x' || encode(value, 'hex');
COMMENT ON FUNCTION @extschema@.canonical_text(bytea) IS
E'The bytes in hexadecimal digits after \\x, whatever bytea_output is. NULL for NULL.';
