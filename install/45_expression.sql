-- expression: texts that are put into generated SQL
-- helpers: is_value_expression value_expression_problem value_expression_type

CREATE FUNCTION @extschema@.is_value_expression(expression text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_is_value_expression';
COMMENT ON FUNCTION @extschema@.is_value_expression(text) IS
'Whether the text is one SQL expression (a column, quantity * unit_price, upper(region)) and nothing more: no list, no alias, no star, no clause, no second statement. Names are not looked up. NULL for NULL.';

CREATE FUNCTION @extschema@.value_expression_type(source regclass, expression text) RETURNS regtype
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_value_expression_type';
COMMENT ON FUNCTION @extschema@.value_expression_type(regclass, text) IS
'Type of an SQL expression over one row of a table or view; nothing is run. Names are looked up in the search_path. What is not such an expression is the error that the SQL parser gives (class 42, 22023 for more than one expression). NULL for NULL.';

CREATE FUNCTION @extschema@.value_expression_problem(source regclass, expression text, is_key boolean) RETURNS text
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_value_expression_problem';
COMMENT ON FUNCTION @extschema@.value_expression_problem(regclass, text, boolean) IS
'Why the value of an SQL expression over one row of a table or view can change without a change of this row: a subquery, a function that is not immutable, a text that depends on settings; or, for a key, why a trigger that sees the row cannot compute it. NULL if neither, and for NULL. Errors are those of value_expression_type.';
