-- expression: texts that are put into generated SQL

CREATE FUNCTION @extschema@.pt_is_value_expression(expression text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_is_value_expression';
COMMENT ON FUNCTION @extschema@.pt_is_value_expression(text) IS
'Whether the text is one SQL expression (a column, quantity * unit_price, upper(region)) and nothing more: no list, no alias, no star, no clause, no second statement. Names are not looked up. NULL for NULL.';

CREATE FUNCTION @extschema@.pt_value_expression_type(source regclass, expression text) RETURNS regtype
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_value_expression_type';
COMMENT ON FUNCTION @extschema@.pt_value_expression_type(regclass, text) IS
'Type of an SQL expression over one row of a table or view; nothing is run. Names are looked up in the search_path. What is not such an expression is the error that the SQL parser gives (class 42, 22023 for more than one expression). NULL for NULL.';

CREATE FUNCTION @extschema@.pt_value_expression_problem(source regclass, expression text, is_key boolean) RETURNS text
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_value_expression_problem';
COMMENT ON FUNCTION @extschema@.pt_value_expression_problem(regclass, text, boolean) IS
'Why the value of an SQL expression over one row of a table or view can change without a change of this row: a subquery, a function that is not immutable, a text that depends on settings; or, for a key, why a trigger that sees the row cannot compute it. NULL if neither, and for NULL. Errors are those of pt_value_expression_type.';

CREATE FUNCTION @extschema@.pt_expression_columns(source regclass, expression text) RETURNS jsonb
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_expression_columns';
COMMENT ON FUNCTION @extschema@.pt_expression_columns(regclass, text) IS
'The columns of a relation that an SQL expression over one of its rows reads, as an object: {"name": number}. NULL for NULL. Errors: those of the parser, no expression (22023), no such relation (42P01), not a table or view (42809).';

CREATE FUNCTION @extschema@.pt_follow_expression(source regclass, expression text, relation_name text, names text[], numbers integer[]) RETURNS text
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_follow_expression';
COMMENT ON FUNCTION @extschema@.pt_follow_expression(regclass, text, text, text[], integer[]) IS
'An SQL expression over one row of a relation, written when the relation had this name and the columns of these numbers had these names, with the names of today: exactly the same expression. NULL if putting in names does not make it the same, and for NULL. Errors: those of pt_expression_columns.';

CREATE FUNCTION @extschema@.pt_value_expression_is_deterministic(source regclass, expression text) RETURNS boolean
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_value_expression_is_deterministic';
COMMENT ON FUNCTION @extschema@.pt_value_expression_is_deterministic(regclass, text) IS
'Whether equal values of an SQL expression over one row of a table or view are the same: false where its collation says that others are equal, too, such as upper and lower case. NULL for NULL. Errors are those of pt_value_expression_type.';
