-- change: what the triggers of a kept mart ask of the catalogs, as they are and not as an old snapshot has them

CREATE FUNCTION @extschema@.pt_trigger_schema(relation oid, trigger_name name) RETURNS name
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_trigger_schema';
COMMENT ON FUNCTION @extschema@.pt_trigger_schema(oid, name) IS
'The schema of the function that a trigger of a relation calls, by its name of today; NULL if there is no such trigger, and for NULL. Errors: no such relation (42P01).';

CREATE FUNCTION @extschema@.pt_column_signature(relation oid, columns name[]) RETURNS text
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_column_signature';
COMMENT ON FUNCTION @extschema@.pt_column_signature(oid, name[]) IS
'Places, names and types of those columns of a relation that have one of the names: the triggers of a kept mart were made for these, and see by it whether columns have swapped names or have another type. NULL for NULL. Errors: no such relation (42P01).';

CREATE FUNCTION @extschema@.pt_purchase_column(mart text, column_name name) RETURNS name
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_column';
COMMENT ON FUNCTION @extschema@.pt_purchase_column(text, name) IS
'The column of the source that a column of the view purchases of a mart is as it is; NULL if it is computed, and for NULL. Errors: no such schema (3F000), no such view (42P01).';

CREATE FUNCTION @extschema@.pt_purchase_columns(mart text, column_name name) RETURNS jsonb
	LANGUAGE C STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_columns';
COMMENT ON FUNCTION @extschema@.pt_purchase_columns(text, name) IS
'The columns of the source that a column of the view purchases of a mart is computed of, as pt_expression_columns has them; none if there is no such column. NULL for NULL. Errors: no such schema (3F000), no such view (42P01).';

CREATE FUNCTION @extschema@.pt_purchase_value(relation oid, mart text, purchase record, column_name name, type anyelement) RETURNS anyelement
	LANGUAGE C STABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_value';
COMMENT ON FUNCTION @extschema@.pt_purchase_value(oid, text, record, name, anyelement) IS
'What the view purchases of a mart has in a column for a row of the relation, which is the source or a part of it: the expression is evaluated as it was parsed when the view was made. type is NULL of the type of the column. NULL if another argument is NULL. Only the owner of the view can ask. Errors: no such schema (3F000), relation or view (42P01), a view of somebody else (42501), another type or row (42804), and those of the expression.';
