-- source: tables and views that purchases are read from, their columns and types
--
-- Generated SQL names the columns of a source r1, r2, ... (an alias list in
-- FROM), so that a name from outside stands in it once, quoted.

/*--- names ---*/

CREATE FUNCTION @extschema@.pt_cut_name(name text, suffix text DEFAULT '') RETURNS text
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result text := left(name, 63);
BEGIN
	WHILE octet_length(result) + octet_length(suffix) > 63 AND result <> '' LOOP
		result := left(result, -1);
	END LOOP;
	RETURN result || suffix;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_cut_name(text, text) IS
'name with suffix behind it, where name is cut at a character boundary so that both together have at most 63 bytes, the longest name that PostgreSQL keeps. NULL if an argument is NULL.';

CREATE FUNCTION @extschema@.pt_fold_name(name text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE
		WHEN octet_length(name) > 1000 THEN left(name, 1000)	-- no name is so long, with all its quotes: nobody waits for it to be read
		WHEN name ~ '^([A-Za-z_]|[^\x01-\x7F])([A-Za-z0-9_$]|[^\x01-\x7F])*$'
			THEN translate(name, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
		WHEN name ~ '^"([^"]|"")+"$' THEN replace(substr(name, 2, length(name) - 2), '""', '"')
		ELSE name END
$$;
COMMENT ON FUNCTION @extschema@.pt_fold_name(text) IS
'A name as PostgreSQL reads it in a statement: in lower case where it needs no quotes, without the quotes that it has; any other text as it is, if longer than 1000 bytes its first 1000 characters.';

CREATE FUNCTION @extschema@.pt_check_source(source regclass) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	kind "char";
	namespace oid;
	schema_name text;
	kind_name text;
	column_count bigint;
	readable boolean;
BEGIN
	IF source IS NULL THEN
		RAISE EXCEPTION 'the source must not be NULL'
			USING ERRCODE = 'null_value_not_allowed',
				HINT = 'Name a table or view, as in ''public.orders''.';
	END IF;
	SELECT c.relkind, c.relnamespace, n.nspname
	INTO kind, namespace, schema_name
	FROM pg_class AS c
	JOIN pg_namespace AS n ON n.oid = c.relnamespace
	WHERE c.oid = source;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'relation with OID % does not exist', source::oid
			USING ERRCODE = 'undefined_table',
				DETAIL = 'It may have been dropped in the meantime.',
				HINT = 'Name a table or view, as in ''public.orders''.';
	END IF;
	IF kind NOT IN ('r', 'p', 'v', 'm', 'f') THEN
		kind_name := CASE kind
			WHEN 'i' THEN 'an index'
			WHEN 'I' THEN 'a partitioned index'
			WHEN 'S' THEN 'a sequence'
			WHEN 'c' THEN 'a composite type'
			WHEN 't' THEN 'a TOAST table'
			ELSE 'something else' END;
		RAISE EXCEPTION '% is not a table or view', source
			USING ERRCODE = 'wrong_object_type',
				DETAIL = format('It is %s.', kind_name),
				HINT = 'Name a table, partitioned table, view, materialized view or foreign table.';
	END IF;
	IF schema_name IN ('pg_catalog', 'information_schema', 'pg_toast') THEN
		RAISE EXCEPTION '% belongs to the system', source
			USING ERRCODE = 'insufficient_privilege',
				DETAIL = format('It is in the schema %I.', schema_name),
				HINT = 'Name a table or view of your own.';
	END IF;
	IF pg_is_other_temp_schema(namespace) THEN
		RAISE EXCEPTION '% is a temporary table of another session', source
			USING ERRCODE = 'feature_not_supported',
				DETAIL = 'Only that session can read it.',
				HINT = 'Name a table or view of your own.';
	END IF;
	IF NOT has_schema_privilege(namespace, 'USAGE') THEN
		RAISE EXCEPTION 'permission denied for schema %', quote_ident(schema_name)
			USING ERRCODE = 'insufficient_privilege',
				DETAIL = format('It holds the source %s.', source),
				HINT = format('Its owner can run: GRANT USAGE ON SCHEMA %I TO %I;',
					schema_name, current_user);
	END IF;
	-- rights on every column are as good as a right on the table
	SELECT count(*),
		has_table_privilege(source, 'SELECT')
			OR coalesce(bool_and(has_column_privilege(source, a.attnum, 'SELECT')), false)
	INTO column_count, readable
	FROM pg_attribute AS a
	WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped;
	IF NOT readable THEN
		RAISE EXCEPTION 'permission denied for %', source
			USING ERRCODE = 'insufficient_privilege',
				DETAIL = format('The user %I may not read it.', current_user),
				HINT = format('Its owner can run: GRANT SELECT ON %s TO %I;',
					source, current_user);
	END IF;
	IF column_count = 0 THEN
		RAISE EXCEPTION '% has no columns', source
			USING ERRCODE = 'invalid_table_definition',
				DETAIL = 'There is nothing to be read from it.',
				HINT = 'Name a table or view with at least one column.';
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_check_source(regclass) IS
'Returns if source is something that the current user can read purchases from: a table, partitioned table, view, materialized view or foreign table with columns, with SELECT on all of them. Errors: 22004 for NULL, 42P01 if it does not exist, 42809 for other kinds such as an index, 42501 for the system''s own tables and for missing rights (the hint names the GRANT), 0A000 for temporary tables of other sessions, 42P16 for a table without columns.';

CREATE FUNCTION @extschema@.pt_relation_name(source regclass) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%I.%I', n.nspname, c.relname)
	FROM pg_class AS c
	JOIN pg_namespace AS n ON n.oid = c.relnamespace
	WHERE c.oid = source;
$$;
COMMENT ON FUNCTION @extschema@.pt_relation_name(regclass) IS
'Schema and name of a relation as SQL can use them, quoted where needed, whatever the search_path is. NULL for NULL, or if the relation does not exist.';

CREATE FUNCTION @extschema@.pt_from_item(source regclass, prefix text) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%s AS t(%s)', @extschema@.pt_relation_name(source),
		string_agg(quote_ident(prefix || c.ordinal), ', ' ORDER BY c.ordinal))
	FROM (
		SELECT row_number() OVER (ORDER BY a.attnum) AS ordinal
		FROM pg_attribute AS a
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
	) AS c;
$$;
COMMENT ON FUNCTION @extschema@.pt_from_item(regclass, text) IS
'A relation as an item of FROM, named t, in which the columns are named by the prefix and their number, from 1. NULL if an argument is NULL; error 42P01 from what runs it, if the relation does not exist.';

CREATE FUNCTION @extschema@.pt_relation_columns(source regclass, OUT ordinal integer, OUT name text, OUT type regtype)
	RETURNS SETOF record
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT row_number() OVER (ORDER BY a.attnum)::integer, a.attname::text, a.atttypid::regtype
	FROM pg_attribute AS a
	WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
	ORDER BY a.attnum;
$$;
COMMENT ON FUNCTION @extschema@.pt_relation_columns(regclass) IS
'The columns of a relation in order: their number among those that are not dropped, from 1, name and type. No rows for NULL, or if the relation does not exist.';

CREATE FUNCTION @extschema@.pt_new_table_name(name text, default_schema name, suffix text DEFAULT '') RETURNS text[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	parts text[];
	schema_name text;
	table_name text;
	reason text;
BEGIN
	IF name IS NULL THEN
		RAISE EXCEPTION 'the name of the new table must not be NULL'
			USING ERRCODE = 'null_value_not_allowed',
				HINT = 'Write it as in SQL: ''orders'', ''public.orders'' or ''"My orders"''.';
	END IF;
	BEGIN
		parts := parse_ident(name, true);
	EXCEPTION WHEN invalid_parameter_value THEN
		GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
	END;
	IF parts IS NULL OR cardinality(parts) > 2 THEN
		RAISE EXCEPTION '"%" is not the name of a table', name
			USING ERRCODE = 'invalid_name',
				DETAIL = coalesce(nullif(reason, ''),
					'It should be a name, or a schema and a name with a dot between them.'),
				HINT = 'Write it as in SQL: ''orders'', ''public.orders'' or ''"My orders"''.';
	END IF;
	table_name := parts[cardinality(parts)] || coalesce(suffix, '');
	schema_name := CASE WHEN cardinality(parts) = 2 THEN parts[1] ELSE default_schema::text END;
	IF octet_length(table_name) > 63 OR octet_length(schema_name) > 63 THEN
		RAISE EXCEPTION 'the name "%" is too long',
			CASE WHEN octet_length(table_name) > 63 THEN table_name ELSE schema_name END
			USING ERRCODE = 'name_too_long',
				DETAIL = 'A name has at most 63 bytes.',
				HINT = CASE WHEN suffix <> '' THEN
					format('The name that you give may have %s bytes, since "%s" is added.',
						63 - octet_length(suffix), suffix)
					ELSE 'Choose a shorter one.' END;
	END IF;
	IF schema_name IS NULL THEN
		RAISE EXCEPTION 'no schema is given for the table "%"', table_name
			USING ERRCODE = 'invalid_schema_name',
				DETAIL = 'The search_path names no schema that exists.',
				HINT = 'Write the schema with the name, as in ''public.orders''.';
	END IF;
	IF schema_name IN ('pg_catalog', 'information_schema', 'pg_toast') THEN
		RAISE EXCEPTION 'the schema "%" is the system''s own', schema_name
			USING ERRCODE = 'insufficient_privilege',
				DETAIL = format('The table would be %I.%I.', schema_name, table_name),
				HINT = 'Write another schema with the name, as in ''public.orders''.';
	END IF;
	IF schema_name <> 'pg_temp' AND to_regnamespace(quote_ident(schema_name)) IS NULL THEN
		RAISE EXCEPTION 'schema "%" does not exist', schema_name
			USING ERRCODE = 'invalid_schema_name',
				DETAIL = format('The table would be %I.%I.', schema_name, table_name),
				HINT = format('Make it first: CREATE SCHEMA %I;', schema_name);
	END IF;
	IF to_regclass(format('%I.%I', schema_name, table_name)) IS NOT NULL THEN
		RAISE EXCEPTION 'relation "%" already exists', table_name
			USING ERRCODE = 'duplicate_table',
				DETAIL = format('It is in the schema %I.', schema_name),
				HINT = format('Choose another name, or replace it (--replace, replace => true), or drop it first: DROP TABLE %I.%I;',
					schema_name, table_name);
	END IF;
	RETURN ARRAY[schema_name, table_name];
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_new_table_name(text, name, text) IS
'Schema and name of a table that is to be made, from name as written in SQL (''orders'', ''public.orders'', ''"My orders"'') and a suffix to its last part. Without a schema in name it is default_schema. Errors: 22004 for NULL, 42602 for text that is no name, 42622 for more than 63 bytes, 3F000 for a schema that is missing, 42501 for the system''s schemas, 42P07 if a relation of that name exists.';

CREATE FUNCTION @extschema@.pt_run_create(statement text, made text, code text) RETURNS bigint
	LANGUAGE plpgsql VOLATILE STRICT
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rows bigint;
	catalog name;
BEGIN
	EXECUTE statement;
	GET DIAGNOSTICS rows = ROW_COUNT;
	RETURN rows;
EXCEPTION WHEN unique_violation THEN
	-- The name was free when it was looked at; an index of a catalog is where a second maker is noticed.
	GET STACKED DIAGNOSTICS catalog = SCHEMA_NAME;
	IF catalog <> 'pg_catalog' THEN
		RAISE;
	END IF;
	RAISE EXCEPTION '% exists already', made
		USING ERRCODE = code,
			DETAIL = 'Another session has made it in the meantime.',
			HINT = 'Choose another name, or look first at what it has made.';
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_run_create(text, text, text) IS
'Runs a statement that makes something, and returns the number of its rows. If another session has made a thing of this name since the name was checked, the error has the given code, such as 42P07, and says so of what is to be made.';

/*--- types ---*/

CREATE FUNCTION @extschema@.pt_base_type(type regtype) RETURNS regtype
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE base AS (
		SELECT t.oid, t.typtype, t.typbasetype
		FROM pg_type AS t
		WHERE t.oid = type
		UNION ALL
		SELECT t.oid, t.typtype, t.typbasetype
		FROM base AS b
		JOIN pg_type AS t ON t.oid = b.typbasetype
		WHERE b.typtype = 'd'
	)
	SELECT b.oid::regtype
	FROM base AS b
	WHERE b.typtype <> 'd';
$$;
COMMENT ON FUNCTION @extschema@.pt_base_type(regtype) IS
'The type that a domain, or a domain over domains, is made of; any other type itself. NULL for NULL, or if the type does not exist.';

CREATE FUNCTION @extschema@.pt_type_has_opclass(type regtype, access_method name) RETURNS boolean
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(bool_or(t.typtype IN ('e', 'r', 'm') OR t.oid = 'varchar'::regtype
			OR (t.typnamespace = 'pg_catalog'::regnamespace
				AND EXISTS (
					SELECT FROM pg_opclass AS o
					JOIN pg_am AS a ON a.oid = o.opcmethod
					WHERE o.opcintype = t.oid AND o.opcdefault AND a.amname = access_method))), false)
	FROM pg_type AS t
	WHERE t.oid = @extschema@.pt_base_type(type);
$$;
COMMENT ON FUNCTION @extschema@.pt_type_has_opclass(regtype, name) IS
'Whether values of the type can be compared (access_method ''btree'') or hashed (''hash'') as they are, by operators that a pinned search_path finds: PostgreSQL''s own scalar types, enums, ranges, and domains over them. False for others, such as json, point and arrays, which are then compared by their text. NULL if an argument is NULL.';

CREATE FUNCTION @extschema@.pt_comparable_expression(expression text, type regtype, access_method name) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN NOT @extschema@.pt_type_has_opclass(type, access_method)
			THEN expression || '::text COLLATE pg_catalog."C"'
		WHEN t.typcollation <> 0
			THEN expression || ' COLLATE pg_catalog."C"'
		ELSE expression END
	FROM pg_type AS t
	WHERE t.oid = type;
$$;
COMMENT ON FUNCTION @extschema@.pt_comparable_expression(text, regtype, name) IS
'SQL of an expression that compares as the expression of that type does, by the byte order of its text where the type is text or has no operators for the access method (see pt_type_has_opclass). The expression must be quoted already. NULL if an argument is NULL or the type does not exist.';

CREATE FUNCTION @extschema@.pt_float_expression(expression text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT replace('CASE WHEN # = ''NaN'' THEN ''NaN''::float8'
		' WHEN abs(#) > 1e308 THEN sign(#)::float8 * ''Infinity''::float8'
		' WHEN abs(#) < 1e-307 THEN 0::float8 ELSE (#)::float8 END', '#', expression);
$$;
COMMENT ON FUNCTION @extschema@.pt_float_expression(text) IS
'SQL that turns a numeric expression, which must be quoted already, to double precision without an error: what is too large becomes infinity, what is too small 0. NULL for NULL.';
