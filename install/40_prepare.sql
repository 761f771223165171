-- prepare: from a CSV file or a raw table to a typed one, and what a table holds
-- helpers: base_type check_source column_plan comparable_expression count_duplicates csv_file_header cut_name
-- helpers: float_expression from_item header_names impute_column impute_groups new_table_name prepare_columns
-- helpers: prepare_expression prepare_misfit prepare_plan prepare_type redundant_columns relation_columns
-- helpers: relation_name type_has_opclass
--
-- Generated SQL names the columns of a source r1, r2, ... (an alias list in
-- FROM), so that a name from outside stands in it once, quoted.
--
-- A function that makes tables pins its search_path, and so cannot see where
-- the caller would make them. The parameter target_schema tells it: its
-- default current_schema() is evaluated where the call is.

/*--- names and sources ---*/

CREATE FUNCTION @extschema@.cut_name(name text, suffix text DEFAULT '') RETURNS text
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
COMMENT ON FUNCTION @extschema@.cut_name(text, text) IS
'name with suffix behind it, where name is cut at a character boundary so that both together have at most 63 bytes, the longest name that PostgreSQL keeps. NULL if an argument is NULL.';

CREATE FUNCTION @extschema@.check_source(source regclass) RETURNS void
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
COMMENT ON FUNCTION @extschema@.check_source(regclass) IS
'Returns if source is something that the current user can read purchases from: a table, partitioned table, view, materialized view or foreign table with columns, with SELECT on all of them. Errors: 22004 for NULL, 42P01 if it does not exist, 42809 for other kinds such as an index, 42501 for the system''s own tables and for missing rights (the hint names the GRANT), 0A000 for temporary tables of other sessions, 42P16 for a table without columns.';

CREATE FUNCTION @extschema@.relation_name(source regclass) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%I.%I', n.nspname, c.relname)
	FROM pg_class AS c
	JOIN pg_namespace AS n ON n.oid = c.relnamespace
	WHERE c.oid = source;
$$;
COMMENT ON FUNCTION @extschema@.relation_name(regclass) IS
'Schema and name of a relation as SQL can use them, quoted where needed, whatever the search_path is. NULL for NULL, or if the relation does not exist.';

CREATE FUNCTION @extschema@.from_item(source regclass, prefix text) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%s AS t(%s)', @extschema@.relation_name(source),
		string_agg(quote_ident(prefix || c.ordinal), ', ' ORDER BY c.ordinal))
	FROM (
		SELECT row_number() OVER (ORDER BY a.attnum) AS ordinal
		FROM pg_attribute AS a
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
	) AS c;
$$;
COMMENT ON FUNCTION @extschema@.from_item(regclass, text) IS
'A relation as an item of FROM, named t, in which the columns are named by the prefix and their number, from 1. NULL if an argument is NULL; error 42P01 from what runs it, if the relation does not exist.';

CREATE FUNCTION @extschema@.relation_columns(source regclass, OUT ordinal integer, OUT name text, OUT type regtype)
	RETURNS SETOF record
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT row_number() OVER (ORDER BY a.attnum)::integer, a.attname::text, a.atttypid::regtype
	FROM pg_attribute AS a
	WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
	ORDER BY a.attnum;
$$;
COMMENT ON FUNCTION @extschema@.relation_columns(regclass) IS
'The columns of a relation in order: their number among those that are not dropped, from 1, name and type. No rows for NULL, or if the relation does not exist.';

CREATE FUNCTION @extschema@.new_table_name(name text, default_schema name, suffix text DEFAULT '') RETURNS text[]
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
				HINT = format('Choose another name, or drop it first: DROP TABLE %I.%I;',
					schema_name, table_name);
	END IF;
	RETURN ARRAY[schema_name, table_name];
END;
$$;
COMMENT ON FUNCTION @extschema@.new_table_name(text, name, text) IS
'Schema and name of a table that is to be made, from name as written in SQL (''orders'', ''public.orders'', ''"My orders"'') and a suffix to its last part. Without a schema in name it is default_schema. Errors: 22004 for NULL, 42602 for text that is no name, 42622 for more than 63 bytes, 3F000 for a schema that is missing, 42501 for the system''s schemas, 42P07 if a relation of that name exists.';

/*--- raw tables ---*/

CREATE FUNCTION @extschema@.header_names(header_line text, delimiter text DEFAULT ',') RETURNS text[]
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	fields text[];
	names text[] := ARRAY[]::text[];
	field text;
	twice record;
BEGIN
	IF delimiter IS NULL THEN
		RAISE EXCEPTION 'the delimiter must not be NULL'
			USING ERRCODE = 'null_value_not_allowed',
				HINT = 'It is one ASCII character, such as '','' or '';''.';
	END IF;
	fields := @extschema@.csv_fields(coalesce(header_line, ''), delimiter);
	IF cardinality(fields) = 1 AND @extschema@.clean_text(fields[1]) IS NULL
		AND btrim(fields[1], E' \t\r\n') = '' THEN
		RAISE EXCEPTION 'the header line is empty'
			USING ERRCODE = 'bad_copy_file_format',
				DETAIL = 'The first line of a CSV file must name its columns.',
				HINT = 'Check that the file is not empty and does not begin with a blank line.';
	END IF;
	FOREACH field IN ARRAY fields LOOP
		-- clean_text takes words such as NA for no value, but a column may be named so
		field := coalesce(@extschema@.clean_text(field), btrim(field, E' \t\r\n'));
		field := CASE
			WHEN field = '' THEN 'column_' || cardinality(names) + 1
			WHEN field IN ('ctid', 'xmin', 'cmin', 'xmax', 'cmax', 'tableoid') THEN field || '_'
			ELSE @extschema@.cut_name(field, '') END;
		names := names || field;
	END LOOP;
	SELECT u.name, count(*) AS times, string_agg(u.ordinal::text, ', ' ORDER BY u.ordinal) AS positions
	INTO twice
	FROM unnest(names) WITH ORDINALITY AS u(name, ordinal)
	GROUP BY u.name
	HAVING count(*) > 1
	ORDER BY min(u.ordinal)
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the column name "%" appears % times in the header', twice.name, twice.times
			USING ERRCODE = 'duplicate_column',
				DETAIL = format('It names the columns %s (the first 63 bytes of a name count).', twice.positions),
				HINT = 'Give every column of the file its own name.';
	END IF;
	RETURN names;
END;
$$;
COMMENT ON FUNCTION @extschema@.header_names(text, text) IS
'The column names that a CSV header line gives a table: without blanks around them and byte order mark, column_N where there is none, cut to 63 bytes at a character boundary, with an underscore behind those that PostgreSQL has for itself (ctid, xmin, ...). delimiter is one ASCII character. Errors: 22P04 for an empty or NULL header line, 42701 for a name that appears twice, 22004 and 22023 for a delimiter that cannot be used.';

CREATE FUNCTION @extschema@.create_raw_table(name text, header_line text, delimiter text DEFAULT ',',
		target_schema name DEFAULT current_schema()) RETURNS regclass
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target text[] := @extschema@.new_table_name(name, target_schema, '');
	names text[] := @extschema@.header_names(header_line, delimiter);
BEGIN
	EXECUTE format('CREATE TABLE %I.%I (%s)', target[1], target[2],
		(SELECT string_agg(format('%I text', u.name), ', ' ORDER BY u.ordinal)
		 FROM unnest(names) WITH ORDINALITY AS u(name, ordinal)));
	RETURN format('%I.%I', target[1], target[2])::regclass;
END;
$$;
COMMENT ON FUNCTION @extschema@.create_raw_table(text, text, text, name) IS
'Makes a table of text columns for a CSV file, named as its header line names them (see header_names), and returns it. name is written as in SQL; without a schema the table goes to target_schema, by default the first schema of the caller''s search_path. The file itself is loaded by script/load, \copy or import_csv. Errors: those of new_table_name (42P07: the table exists) and header_names (22P04: empty header, 42701: duplicate names).';

CREATE FUNCTION @extschema@.csv_file_header(path text, encoding text DEFAULT 'UTF8') RETURNS text
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	chunk bytea;
	wanted integer := 8192;
	byte integer;
	quoted boolean;
BEGIN
	IF path IS NULL OR encoding IS NULL THEN
		RAISE EXCEPTION 'path and encoding must not be NULL'
			USING ERRCODE = 'null_value_not_allowed',
				HINT = 'The path is that of a file on the server.';
	END IF;
	IF pg_char_to_encoding(encoding) < 0 THEN
		RAISE EXCEPTION 'encoding "%" is not known', encoding
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It is that of the file.',
				HINT = 'Usual ones are ''UTF8'', ''LATIN1'' and ''WIN1252''.';
	END IF;
	IF NOT has_function_privilege('pg_catalog.pg_read_binary_file(text, bigint, bigint)', 'EXECUTE')
		OR NOT pg_has_role('pg_read_server_files', 'USAGE') THEN
		RAISE EXCEPTION 'permission denied to read files on the server'
			USING ERRCODE = 'insufficient_privilege',
				DETAIL = format('The user %I may not read "%s".', current_user, path),
				HINT = format('Load it from the client by script/load, or let a superuser run: GRANT pg_read_server_files TO %I; GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text, bigint, bigint) TO %I;',
					current_user, current_user);
	END IF;
	LOOP
		BEGIN
			chunk := pg_read_binary_file(path, 0, wanted);
		EXCEPTION WHEN undefined_file THEN
			RAISE EXCEPTION 'there is no file "%" on the server', path
				USING ERRCODE = 'undefined_file',
					DETAIL = 'The path is one of the machine on which the server runs, as the server sees it.',
					HINT = 'script/load loads files of the client.';
		END;
		quoted := false;
		FOR pos IN 0 .. length(chunk) - 1 LOOP
			byte := get_byte(chunk, pos);
			IF byte = 34 THEN
				quoted := NOT quoted;
			ELSIF NOT quoted AND byte IN (10, 13) THEN
				RETURN convert_from(substring(chunk FOR pos), encoding);
			END IF;
		END LOOP;
		EXIT WHEN length(chunk) < wanted;
		IF wanted >= 1048576 THEN
			RAISE EXCEPTION 'the header line of "%" has no end', path
				USING ERRCODE = 'bad_copy_file_format',
					DETAIL = 'There is no line end outside quotes in the first 1048576 bytes.',
					HINT = 'Check that this is a CSV file.';
		END IF;
		wanted := wanted * 4;
	END LOOP;
	RETURN convert_from(chunk, encoding);
END;
$$;
COMMENT ON FUNCTION @extschema@.csv_file_header(text, text) IS
'The header line of a CSV file on the server, without its line end; quoted line breaks belong to it. encoding is that of the file. The current user needs the role pg_read_server_files and EXECUTE on pg_read_binary_file(text, bigint, bigint) (error 42501 otherwise). Other errors: 22004 for NULL, 22023 for an unknown encoding, 58P01 if there is no such file, 22021 if it is not in that encoding, 22P04 if the line has no end within 1 MB.';

CREATE FUNCTION @extschema@.import_csv(name text, path text, delimiter text DEFAULT ',',
		encoding text DEFAULT 'UTF8', target_schema name DEFAULT current_schema()) RETURNS bigint
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target text[] := @extschema@.new_table_name(name, target_schema, '');
	row_count bigint;
	code text;
	message text;
	place text;
BEGIN
	PERFORM @extschema@.create_raw_table(format('%I.%I', target[1], target[2]),
		@extschema@.csv_file_header(path, encoding), delimiter, target[1]::name);
	BEGIN
		EXECUTE format('COPY %I.%I FROM %L WITH (FORMAT csv, HEADER true, DELIMITER %L, ENCODING %L)',
			target[1], target[2], path, delimiter, encoding);
		GET DIAGNOSTICS row_count = ROW_COUNT;
	EXCEPTION
		WHEN bad_copy_file_format OR character_not_in_repertoire OR untranslatable_character THEN
			GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
				place = PG_EXCEPTION_CONTEXT;
			RAISE EXCEPTION '%', message
				USING ERRCODE = code,
					DETAIL = split_part(place, E'\n', 1),
					HINT = CASE code
						WHEN '22P04' THEN 'Every line must have as many fields as the header, and every quote its end. Is the delimiter right?'
						ELSE 'Give the encoding of the file, as in encoding => ''LATIN1''.' END;
	END;
	RETURN row_count;
END;
$$;
COMMENT ON FUNCTION @extschema@.import_csv(text, text, text, text, name) IS
'Makes a raw table (see create_raw_table) from a CSV file with a header line on the server, loads it, and returns the number of rows. path is a path on the server, delimiter one ASCII character, encoding that of the file. The current user needs the rights that csv_file_header names; script/load needs none. Errors: those of create_raw_table and csv_file_header, and those of COPY: 22P04 for lines with too few or too many fields, 22021 for bytes that are not of the encoding, with the line in the detail. Nothing is made if there is an error.';

/*--- types ---*/

CREATE FUNCTION @extschema@.base_type(type regtype) RETURNS regtype
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
COMMENT ON FUNCTION @extschema@.base_type(regtype) IS
'The type that a domain, or a domain over domains, is made of; any other type itself. NULL for NULL, or if the type does not exist.';

CREATE FUNCTION @extschema@.type_has_opclass(type regtype, access_method name) RETURNS boolean
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
	WHERE t.oid = @extschema@.base_type(type);
$$;
COMMENT ON FUNCTION @extschema@.type_has_opclass(regtype, name) IS
'Whether values of the type can be compared (access_method ''btree'') or hashed (''hash'') as they are, by operators that a pinned search_path finds: PostgreSQL''s own scalar types, enums, ranges, and domains over them. False for others, such as json, point and arrays, which are then compared by their text. NULL if an argument is NULL.';

CREATE FUNCTION @extschema@.comparable_expression(expression text, type regtype, access_method name) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN NOT @extschema@.type_has_opclass(type, access_method)
			THEN expression || '::text COLLATE pg_catalog."C"'
		WHEN t.typcollation <> 0
			THEN expression || ' COLLATE pg_catalog."C"'
		ELSE expression END
	FROM pg_type AS t
	WHERE t.oid = type;
$$;
COMMENT ON FUNCTION @extschema@.comparable_expression(text, regtype, name) IS
'SQL of an expression that compares as the expression of that type does, by the byte order of its text where the type is text or has no operators for the access method (see type_has_opclass). The expression must be quoted already. NULL if an argument is NULL or the type does not exist.';

CREATE FUNCTION @extschema@.float_expression(expression text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT replace('CASE WHEN # = ''NaN'' THEN ''NaN''::float8'
		' WHEN abs(#) > 1e308 THEN sign(#)::float8 * ''Infinity''::float8'
		' WHEN abs(#) < 1e-307 THEN 0::float8 ELSE (#)::float8 END', '#', expression);
$$;
COMMENT ON FUNCTION @extschema@.float_expression(text) IS
'SQL that turns a numeric expression, which must be quoted already, to double precision without an error: what is too large becomes infinity, what is too small 0. NULL for NULL.';

CREATE TYPE @extschema@.column_plan AS (
	ordinal integer,
	source_name text,
	name text,
	unit text,
	source_type regtype,
	is_text boolean,
	counters bigint[],
	type text,
	date_order text,
	note text,
	padded_example text,
	missing_example text,
	misfits bigint,
	misfit_example text
);
COMMENT ON TYPE @extschema@.column_plan IS
'What prepare_purchases does with a column of its source: ordinal among the columns (from 1), name in the source and in the target, unit, type in the source, whether it is text that may become another type, the counts of column_profile, the type it gets, the order of day and month, a note if a type was refused, examples of values with blanks and of missing words, and the number of values that do not fit with an example.';

CREATE FUNCTION @extschema@.prepare_columns(source regclass) RETURNS SETOF @extschema@.column_plan
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM @extschema@.check_source(source);
	RETURN QUERY
		WITH named AS (
			SELECT r.ordinal, r.name AS header, r.type,
				@extschema@.base_type(r.type) IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) AS is_text,
				@extschema@.clean_name(r.name) AS cleaned,
				@extschema@.clean_name_unit(r.name) AS unit
			FROM @extschema@.relation_columns(source) AS r
		), clashing AS (
			SELECT n.*, count(*) OVER (PARTITION BY n.cleaned) > 1
				AND @extschema@.clean_name(n.unit) IS NOT NULL AS clash
			FROM named AS n
		)
		SELECT c.ordinal, c.header,
			CASE
				WHEN c.cleaned IS NULL THEN 'column_' || c.ordinal
				WHEN c.clash THEN @extschema@.cut_name(c.cleaned, '_' || @extschema@.clean_name(c.unit))
				WHEN c.cleaned IN ('ctid', 'xmin', 'cmin', 'xmax', 'cmax', 'tableoid') THEN c.cleaned || '_'
				ELSE c.cleaned END,
			c.unit, c.type, c.is_text,
			NULL::bigint[], NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 0::bigint, NULL::text
		FROM clashing AS c
		ORDER BY c.ordinal;
END;
$$;
COMMENT ON FUNCTION @extschema@.prepare_columns(regclass) IS
'The columns of a source, in order, with the names that prepare_purchases gives them (clean_name; where two would be the same, with their cleaned units; column_N where nothing is left), and nothing decided yet. Two columns may still have one name. Errors: those of check_source.';

CREATE FUNCTION @extschema@.prepare_type(counters bigint[], column_name text, tolerance double precision DEFAULT 0.05,
		date_order text DEFAULT NULL, OUT type text, OUT note text)
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n bigint := counters[1];
	needed bigint;
	best bigint;
	dates bigint;
	zones bigint;
	fits bigint;
BEGIN
	IF cardinality(counters) IS DISTINCT FROM 15 OR array_position(counters, NULL) IS NOT NULL
		OR tolerance IS NULL OR NOT (tolerance >= 0 AND tolerance < 1) THEN
		RAISE EXCEPTION 'prepare_type needs the 15 counts of column_profile and a tolerance from 0 to below 1'
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The counts are %s, the tolerance is %s.',
					coalesce(counters::text, 'NULL'), coalesce(tolerance::text, 'NULL')),
				HINT = 'Usual tolerances are 0 (all values must fit) and 0.05.';
	END IF;
	type := 'text';
	IF n <= 0 THEN
		RETURN;
	END IF;
	needed := n - floor(n * tolerance::numeric);
	best := greatest(needed - 1, 0);

	-- the type that most values fit; of two that fit alike, the first
	IF counters[6] > 0 AND counters[5] > best THEN
		type := 'boolean';
		best := counters[5];
	END IF;
	IF counters[9] > best THEN
		IF counters[10] > 0 THEN
			note := 'leading zeros';
		ELSE
			type := CASE
				WHEN counters[8] < counters[9] THEN 'numeric'
				WHEN counters[7] < counters[8] THEN 'bigint'
				ELSE 'integer' END;
			best := counters[9];
		END IF;
	END IF;
	dates := CASE upper(date_order)
		WHEN 'DMY' THEN counters[11]
		WHEN 'MDY' THEN counters[12]
		ELSE greatest(counters[11], counters[12]) END;
	zones := counters[15];
	fits := CASE
		WHEN zones >= needed THEN zones
		ELSE dates - zones END;
	IF fits > best
		OR (counters[13] = n AND column_name ~ '(date|day|_at$|_on$)') THEN
		type := CASE
			WHEN zones >= needed THEN 'timestamp with time zone'
			WHEN counters[14] > zones THEN 'timestamp without time zone'
			ELSE 'date' END;
		note := NULL;
	ELSIF type = 'text' AND dates >= needed THEN
		note := 'some have a time zone, some have none';
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.prepare_type(bigint[], text, double precision, text) IS
'The type that prepare_purchases gives a text column: the one that most of its values fit, if at least the share 1 - tolerance does; of types that fit alike the first of boolean (if a flag is a word), integer, bigint, numeric (none if a number has leading zeros: that is a code), date, timestamp, timestamptz; otherwise text, as for a column without values. Values yyyymmdd are dates if all are, and column_name contains date or day or ends in _at or _on. counters are those of column_profile, date_order is ''DMY'', ''MDY'' or NULL (the order that reads more). note says why a type was refused, if one nearly fitted. Error 22023 for other counters, or a tolerance outside 0 <= tolerance < 1.';

CREATE FUNCTION @extschema@.prepare_expression(ordinal integer, type text, date_order text, decimal_mark text,
		strict boolean, has_missing boolean DEFAULT true) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE type
		WHEN 'text' THEN e.cleaned
		WHEN 'boolean' THEN '@extschema@.parse_flag' || e.suffix || '(' || e.value || ')'
		WHEN 'integer' THEN '@extschema@.parse_integer' || e.suffix || '(' || e.value || ')::pg_catalog.int4'
		WHEN 'bigint' THEN '@extschema@.parse_integer' || e.suffix || '(' || e.value || ')'
		WHEN 'numeric' THEN '@extschema@.parse_amount' || e.suffix || '(' || e.value || ', ' || quote_nullable(decimal_mark) || ')'
		WHEN 'date' THEN '@extschema@.parse_date' || e.suffix || '(' || e.value || ', ' || quote_nullable(date_order) || ')'
		WHEN 'timestamp without time zone' THEN '@extschema@.parse_timestamp' || e.suffix || '(' || e.value || ', ' || quote_nullable(date_order) || ')'
		WHEN 'timestamp with time zone' THEN '@extschema@.parse_timestamptz' || e.suffix || '(' || e.value || ', ' || quote_nullable(date_order) || ')'
		END
	FROM (SELECT 'r' || ordinal || '::text' AS raw, '@extschema@.clean_text(r' || ordinal || '::text)' AS cleaned) AS r,
		-- the strict functions take what is missing for an error
		LATERAL (SELECT r.cleaned, CASE WHEN strict THEN '_strict' ELSE '' END AS suffix,
			CASE WHEN strict AND has_missing THEN r.cleaned ELSE r.raw END AS value) AS e;
$$;
COMMENT ON FUNCTION @extschema@.prepare_expression(integer, text, text, text, boolean, boolean) IS
'SQL that turns the raw column r<ordinal> into the type (one that prepare_type gives). strict: a value that does not fit is an error, otherwise NULL; has_missing: what clean_text knows as missing is NULL, otherwise it does not fit either. NULL for another type.';

CREATE FUNCTION @extschema@.prepare_misfit(ordinal integer, type text, date_order text, decimal_mark text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '(' || @extschema@.prepare_expression(ordinal, 'text', NULL, NULL, false) || ' IS NOT NULL AND '
		|| @extschema@.prepare_expression(ordinal, type, date_order, decimal_mark, false) || ' IS NULL)'
	WHERE type <> 'text';
$$;
COMMENT ON FUNCTION @extschema@.prepare_misfit(integer, text, text, text) IS
'SQL of the condition that the raw column r<ordinal> has a value that does not fit the type (one that prepare_type gives). NULL for text, which everything fits, and for other types.';

/*--- what a table holds ---*/

CREATE FUNCTION @extschema@.count_duplicates(source regclass, OUT surplus bigint, OUT example text)
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	SET parallel_tuple_cost = 0
AS $$
DECLARE
	input text := @extschema@.from_item(source, 'c');
	keys text[];
	hashed text[];
	looks text[];
	unique_in_sample text[];
	hash text;
	total bigint;
	kinds bigint;
BEGIN
	PERFORM @extschema@.check_source(source);
	SELECT array_agg(k.key ORDER BY r.ordinal),
		array_agg(@extschema@.comparable_expression('c' || r.ordinal, r.type, 'hash') ORDER BY r.ordinal),
		array_agg(format('CASE WHEN count(DISTINCT %1$s) = count(*) AND count(*) > 1 THEN %1$L END', k.key) ORDER BY r.ordinal)
	INTO keys, hashed, looks
	FROM @extschema@.relation_columns(source) AS r,
		LATERAL @extschema@.comparable_expression('c' || r.ordinal, r.type, 'btree') AS k(key);

	-- a column that is a key proves that there are no duplicates, and is
	-- cheaper to look at than whole rows
	EXECUTE format('SELECT ARRAY[%s]::text[] FROM (SELECT * FROM %s LIMIT 1000) AS t',
		array_to_string(looks, ', '), input)
	INTO unique_in_sample;
	unique_in_sample := array_remove(unique_in_sample, NULL);
	IF cardinality(unique_in_sample) > 0 THEN
		EXECUTE format('SELECT count(*), count(DISTINCT %s) FROM %s', unique_in_sample[1], input)
		INTO total, kinds;
		IF total = kinds THEN
			surplus := 0;
			RETURN;
		END IF;
	END IF;
	-- OFFSET 0 lets parallel workers hash, and only the hashes be gathered
	hash := format('hash_record_extended(ROW(%s), 0)', array_to_string(hashed, ', '));
	EXECUTE format('SELECT count(*), count(DISTINCT h.hash) FROM (SELECT %s AS hash FROM %s OFFSET 0) AS h', hash, input)
	INTO total, kinds;
	IF total = kinds THEN
		surplus := 0;
		RETURN;
	END IF;
	-- rows of equal hash are few, and only those are compared
	EXECUTE format('WITH repeated AS ('
		'SELECT h.hash FROM (SELECT %1$s AS hash FROM %2$s) AS h GROUP BY h.hash HAVING count(*) > 1), '
		'same AS (SELECT count(*) AS n, min((t.*)::text COLLATE pg_catalog."C") AS example FROM %2$s '
		'WHERE %1$s IN (SELECT r.hash FROM repeated AS r) GROUP BY %3$s HAVING count(*) > 1) '
		'SELECT coalesce(sum(s.n - 1), 0)::bigint, min(s.example) FROM same AS s',
		hash, input, array_to_string(keys, ', '))
	INTO surplus, example;
END;
$$;
COMMENT ON FUNCTION @extschema@.count_duplicates(regclass) IS
'How many rows of a table or view are surplus, since an earlier row equals them in every column (NULL equals NULL; types without equality compare by their text), and the first such row, in the byte order of its text, as an example (NULL if there is none). Errors: those of check_source.';

CREATE FUNCTION @extschema@.redundant_columns(source regclass,
		OUT column_name text, OUT equal_to text, OUT constant_value text) RETURNS SETOF record
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	input text := @extschema@.from_item(source, 'c');
	sampling text := '';
	names text[];
	types oid[];
	shown text[];
	compared text[];
	looks text[];
	signatures text[];
	constants text[];
	is_constant boolean[];
	leader integer[];
	same boolean[];
	total bigint;
	n integer;
	found_equal integer[];
	pages bigint;
BEGIN
	PERFORM @extschema@.check_source(source);
	SELECT array_agg(r.name ORDER BY r.ordinal), array_agg(r.type::oid ORDER BY r.ordinal), count(*),
		array_agg(format(CASE WHEN @extschema@.base_type(r.type) = 'numeric'::regtype
			THEN 'trim_scale(c%s)::text COLLATE pg_catalog."C"'
			ELSE 'c%s::text COLLATE pg_catalog."C"' END, r.ordinal) ORDER BY r.ordinal),
		array_agg(@extschema@.comparable_expression('c' || r.ordinal, r.type, 'btree') ORDER BY r.ordinal)
	INTO names, types, n, shown, compared
	FROM @extschema@.relation_columns(source) AS r;

	-- 1. a sample of some pages (or the first rows) rules out nearly all pairs
	SELECT pg_relation_size(c.oid) / current_setting('block_size')::bigint
	INTO pages
	FROM pg_class AS c
	WHERE c.oid = source AND c.relkind IN ('r', 'm');
	IF pages > 20 THEN
		sampling := format('TABLESAMPLE SYSTEM (%L) REPEATABLE (0)', 2000.0 / pages);
	END IF;
	looks := ARRAY(
		SELECT format('hashtextextended(array_agg(hashtextextended(%s, 0))::text, 0)::text', u.shown)
		FROM unnest(shown) WITH ORDINALITY AS u(shown, ordinal) ORDER BY u.ordinal)
		|| ARRAY(
		SELECT format('min(%s)', u.shown)
		FROM unnest(shown) WITH ORDINALITY AS u(shown, ordinal) ORDER BY u.ordinal)
		|| ARRAY(
		SELECT format('(count(DISTINCT %1$s) + (count(%1$s) < count(*))::integer <= 1)::text', u.shown)
		FROM unnest(shown) WITH ORDINALITY AS u(shown, ordinal) ORDER BY u.ordinal);
	EXECUTE format('SELECT count(*), ARRAY[%s] FROM (SELECT * FROM %s %s LIMIT 1000) AS t',
		array_to_string(looks, ', '), input, sampling)
	INTO total, looks;
	signatures := looks[:n];
	constants := looks[n + 1 : 2 * n];
	is_constant := looks[2 * n + 1 :]::boolean[];
	IF total < 2 THEN
		RETURN;
	END IF;
	SELECT array_agg(u.leader ORDER BY u.ordinal)
	INTO leader
	FROM (
		SELECT s.ordinal, nullif(min(s.ordinal) OVER (PARTITION BY types[s.ordinal], s.signature), s.ordinal) AS leader
		FROM unnest(signatures) WITH ORDINALITY AS s(signature, ordinal)
	) AS u;

	-- 2. what is left is compared over all rows; those that differ from their
	-- leader may still equal each other, which a few more rounds find out
	found_equal := array_fill(NULL::integer, ARRAY[n]);
	FOR round IN 1 .. 5 LOOP
		EXIT WHEN array_remove(leader, NULL) = ARRAY[]::integer[] AND (round > 1 OR NOT true = ANY (is_constant));
		looks := ARRAY(
			SELECT CASE WHEN leader[i] IS NULL THEN 'NULL'
				ELSE format('bool_and(%s IS NOT DISTINCT FROM %s)', compared[i], compared[leader[i]]) END
			FROM generate_series(1, n) AS i ORDER BY i)
			|| ARRAY(
			SELECT CASE WHEN round > 1 OR NOT is_constant[i] THEN 'NULL'
				ELSE format('bool_and(%s IS NOT DISTINCT FROM %L)', shown[i], constants[i]) END
			FROM generate_series(1, n) AS i ORDER BY i);
		EXECUTE format('SELECT count(*), ARRAY[%s]::boolean[] FROM %s', array_to_string(looks, ', '), input)
		INTO total, same;
		FOR i IN 1 .. n LOOP
			IF round = 1 THEN
				is_constant[i] := coalesce(same[n + i], false);
			END IF;
			IF same[i] THEN
				found_equal[i] := leader[i];
				leader[i] := NULL;
			END IF;
		END LOOP;
		SELECT array_agg(u.leader ORDER BY u.ordinal)
		INTO leader
		FROM (
			SELECT s.ordinal, CASE WHEN s.leader IS NOT NULL
				THEN nullif(min(s.ordinal) OVER (PARTITION BY s.leader), s.ordinal) END AS leader
			FROM unnest(leader) WITH ORDINALITY AS s(leader, ordinal)
		) AS u;
	END LOOP;

	FOR i IN 1 .. n LOOP
		column_name := names[i];
		equal_to := NULL;
		constant_value := NULL;
		IF is_constant[i] THEN
			constant_value := constants[i];
		ELSIF total >= 10 THEN
			equal_to := names[found_equal[i]];
		END IF;
		IF equal_to IS NOT NULL OR constant_value IS NOT NULL THEN
			RETURN NEXT;
		END IF;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION @extschema@.redundant_columns(regclass) IS
'Columns of a table or view that tell nothing new, in order: those that equal an earlier column of the same type in every row (equal_to; NULL equals NULL, at least 10 rows and 2 different values), and those that hold one value in all of at least 2 rows (constant_value, as text; columns that are all NULL are not listed). Errors: those of check_source.';

CREATE FUNCTION @extschema@.describe_table(source regclass,
		OUT column_name text, OUT data_type text, OUT row_count bigint, OUT nulls bigint,
		OUT distinct_values bigint, OUT minimum text,
		OUT q1 double precision, OUT median double precision, OUT q3 double precision,
		OUT maximum text, OUT mean double precision, OUT sd double precision,
		OUT most_frequent text, OUT most_frequent_share double precision) RETURNS SETOF record
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	SET parallel_tuple_cost = 0
AS $$
DECLARE
	relation text := @extschema@.relation_name(source);
	col record;
	huge boolean;
	as_float text;
	mean_of text;
	sd_of text;
	quartiles double precision[];
BEGIN
	PERFORM @extschema@.check_source(source);
	FOR col IN
		SELECT a.attname::text AS name, @extschema@.base_type(a.atttypid::regtype) AS type, a.atttypid::regtype AS own_type,
			format_type(a.atttypid, a.atttypmod) AS shown_type
		FROM pg_attribute AS a
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY a.attnum
	LOOP
		column_name := col.name;
		data_type := col.shown_type;
		EXECUTE format('WITH f AS MATERIALIZED ('
			'SELECT t.c AS c, min(t.v) AS v, count(*) AS n '
			'FROM (SELECT %s AS c, t.%I::text COLLATE pg_catalog."C" AS v FROM %s AS t) AS t GROUP BY t.c) '
			'SELECT coalesce(sum(f.n), 0)::bigint, coalesce(sum(f.n) FILTER (WHERE f.c IS NULL), 0)::bigint, count(f.c), '
			'(SELECT f.v FROM f WHERE f.c IS NOT NULL ORDER BY f.c LIMIT 1), '
			'(SELECT f.v FROM f WHERE f.c IS NOT NULL ORDER BY f.c DESC LIMIT 1), '
			'(SELECT f.v FROM f WHERE f.c IS NOT NULL ORDER BY f.n DESC, f.v LIMIT 1), '
			'(SELECT max(f.n) FROM f WHERE f.c IS NOT NULL)::float8 '
			'/ nullif(sum(f.n) FILTER (WHERE f.c IS NOT NULL), 0)::float8 FROM f',
			@extschema@.comparable_expression(format('t.%I', col.name), col.own_type, 'btree'), col.name, relation)
		INTO row_count, nulls, distinct_values, minimum, maximum, most_frequent, most_frequent_share;

		q1 := NULL;
		median := NULL;
		q3 := NULL;
		mean := NULL;
		sd := NULL;
		IF col.type IN ('real'::regtype, 'double precision'::regtype) THEN
			as_float := 't.x::float8';
			-- sums of such values, or of their squares, may overflow
			EXECUTE format('SELECT coalesce(max(abs(t.x)) > 1e150, false) FROM (SELECT t.%I AS x FROM %s AS t) AS t '
				'WHERE t.x NOT IN (''NaN'', ''Infinity'', ''-Infinity'')', col.name, relation)
			INTO huge;
			mean_of := CASE WHEN huge THEN @extschema@.float_expression('avg(t.x::numeric)') ELSE 'avg(t.x)' END;
			sd_of := CASE WHEN huge THEN @extschema@.float_expression('stddev_samp(t.x::numeric)') ELSE 'stddev_samp(t.x)' END;
		ELSIF col.type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype) THEN
			as_float := CASE WHEN col.type = 'numeric'::regtype THEN @extschema@.float_expression('t.x') ELSE 't.x::float8' END;
			mean_of := @extschema@.float_expression('avg(t.x)');
			sd_of := @extschema@.float_expression('stddev_samp(t.x)');
		ELSE
			RETURN NEXT;
			CONTINUE;
		END IF;
		EXECUTE format('SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY %s), %s, %s '
			'FROM (SELECT t.%I AS x FROM %s AS t) AS t',
			as_float, mean_of, sd_of, col.name, relation)
		INTO quartiles, mean, sd;
		q1 := quartiles[1];
		median := quartiles[2];
		q3 := quartiles[3];
		RETURN NEXT;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION @extschema@.describe_table(regclass) IS
'One row per column of a table or view, in order: type, rows, NULLs, different values, smallest and largest value (as text), quartiles, mean and sample standard deviation (numbers only; quartiles of type 7, as percentile_cont; sd NULL for fewer than 2 values), the most frequent value (of several the first in the byte order of text) and its share of the values that are not NULL. Text orders by its bytes; types without an order, such as json and point, count and order by their text. NaN and infinity are values; numeric results too large for double precision show as infinity. Errors: those of check_source.';

/*--- prepared tables ---*/

CREATE FUNCTION @extschema@.impute_column(target regclass, name text, groups text[] DEFAULT ARRAY[]::text[],
		OUT action text, OUT row_count bigint, OUT example text) RETURNS SETOF record
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation text := @extschema@.relation_name(target);
	flag text := @extschema@.cut_name(name, '_imputed');
	type regtype;
	keys text[];
	known text[];
	matched text[];
	labels text[];
	label text;
	literals text[];
	median text;
	medians text[];
	integral boolean;
	fractions boolean;
BEGIN
	PERFORM @extschema@.check_source(target);
	SELECT @extschema@.base_type(a.atttypid::regtype)
	INTO type
	FROM pg_attribute AS a
	WHERE a.attrelid = target AND a.attname = name AND a.attnum > 0 AND NOT a.attisdropped;
	IF type IS NULL OR type NOT IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype,
			'numeric'::regtype, 'real'::regtype, 'double precision'::regtype) THEN
		RAISE EXCEPTION 'column "%" cannot be imputed', coalesce(name, 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = CASE WHEN type IS NULL THEN format('There is no such column in %s.', relation)
					ELSE format('It is of type %s.', type) END,
				HINT = 'Name a column of numbers.';
	END IF;
	IF NOT EXISTS (
		SELECT FROM pg_attribute AS a
		WHERE a.attrelid = target AND a.attname = flag AND a.atttypid = 'boolean'::regtype AND NOT a.attisdropped
	) THEN
		RAISE EXCEPTION 'there is no boolean column "%"', flag
			USING ERRCODE = 'undefined_column',
				DETAIL = format('It marks the rows in which "%s" was imputed.', name),
				HINT = format('ALTER TABLE %s ADD COLUMN %I boolean NOT NULL DEFAULT false;', relation, flag);
	END IF;
	IF groups IS NULL OR EXISTS (
		SELECT FROM unnest(groups) AS g(name)
		WHERE g.name IS NOT DISTINCT FROM impute_column.name
			OR NOT EXISTS (
				SELECT FROM pg_attribute AS a
				WHERE a.attrelid = target AND a.attname = g.name AND a.attnum > 0 AND NOT a.attisdropped)
	) THEN
		RAISE EXCEPTION 'the groups for "%" must be other columns of %', name, relation
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('They are %s.', coalesce(groups::text, 'NULL')),
				HINT = 'An empty array stands for one group of all rows.';
	END IF;

	SELECT array_agg(g.expression || ' AS g' || g.ordinal ORDER BY g.ordinal),
		array_agg('g' || g.ordinal ORDER BY g.ordinal),
		-- arrays because they compare NULLs as equal, and can be hashed
		array_agg(format('ARRAY[%s] = ARRAY[m.g%s]', g.expression, g.ordinal) ORDER BY g.ordinal),
		array_agg(format('coalesce(g%s::text, ''NULL'')', g.ordinal) ORDER BY g.ordinal),
		array_agg('%L::' || replace(g.type, '%', '%%') ORDER BY g.ordinal)
	INTO known, keys, matched, labels, literals
	FROM (
		SELECT u.ordinal, CASE WHEN @extschema@.type_has_opclass(r.type, 'btree') THEN r.type::text ELSE 'text' END AS type,
			@extschema@.comparable_expression(format('t.%I', u.name), r.type, 'btree') AS expression
		FROM unnest(groups) WITH ORDINALITY AS u(name, ordinal)
		JOIN @extschema@.relation_columns(target) AS r ON r.name = u.name
	) AS g;
	IF known IS NULL THEN
		-- all rows are one group
		known := ARRAY['NULL::text AS g1'];
		keys := ARRAY['g1'];
		matched := ARRAY['true'];
		labels := ARRAY['NULL::text'];
		literals := ARRAY['%L::text'];
	END IF;
	label := format('array_to_string(ARRAY[%s], '', '')', array_to_string(labels, ', '));
	integral := type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype);
	-- the two middle values are one where their number is odd
	IF type IN ('real'::regtype, 'double precision'::regtype) THEN
		median := 'min(s.x) FILTER (WHERE 2 * s.upto >= s.total) * 0.5::float8'
			' + min(s.x) FILTER (WHERE 2 * s.upto > s.total) * 0.5::float8';
	ELSE
		median := 'trim_scale((min(s.x) FILTER (WHERE 2 * s.upto >= s.total)::numeric'
			' + min(s.x) FILTER (WHERE 2 * s.upto > s.total)::numeric) * 0.5)';
	END IF;
	-- Values and how often they occur: parallel workers can count those. Only for
	-- integers it matters which medians are needed.
	EXECUTE format('SELECT array_agg(format(%6$L, %2$s, m.median)), bool_or(m.median <> trunc(m.median)) FROM ('
		'SELECT %2$s, %5$s AS median FROM ('
		'SELECT s.*, sum(s.n) OVER (PARTITION BY %2$s ORDER BY s.x) AS upto, sum(s.n) OVER (PARTITION BY %2$s) AS total '
		'FROM (SELECT %2$s, i.x, count(*) AS n FROM (SELECT %1$s, t.%3$s AS x FROM %4$s AS t WHERE t.%3$s IS NOT NULL) AS i '
		'GROUP BY %2$s, i.x) AS s) AS s GROUP BY %2$s) AS m '
		'WHERE %8$L OR EXISTS (SELECT FROM %4$s AS t WHERE t.%3$s IS NULL AND %7$s)',
		array_to_string(known, ', '), array_to_string(keys, ', '), quote_ident(name), relation, median,
		format('(%s, %%L::%s)', array_to_string(literals, ', '),
			CASE WHEN type IN ('real'::regtype, 'double precision'::regtype) THEN 'float8' ELSE 'numeric' END),
		array_to_string(matched, ' AND '), NOT integral)
	INTO medians, fractions;
	IF fractions AND integral THEN
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE numeric', relation, name);
		RETURN QUERY SELECT 'typed as numeric', NULL::bigint, format('it was %s, and a median has a fraction', type);
	END IF;
	IF medians IS NULL THEN
		RETURN QUERY SELECT 'imputed', 0::bigint, NULL::text;
	ELSE
		RETURN QUERY EXECUTE format('WITH filled AS ('
			'UPDATE %4$s AS t SET %3$s = m.median, %6$s = true FROM (VALUES %7$s) AS m(%2$s, median) '
			'WHERE t.%3$s IS NULL AND %8$s RETURNING %1$s, t.%3$s AS x), '
			'by_group AS (SELECT %2$s, f.x, count(*) AS n FROM filled AS f GROUP BY %2$s, f.x) '
			'SELECT ''imputed'', coalesce(sum(b.n), 0)::bigint, NULL::text FROM by_group AS b '
			'UNION ALL (SELECT ''imputed'', b.n, CASE WHEN %9$L THEN %5$s || '': '' ELSE '''' END || b.x '
			'FROM by_group AS b ORDER BY %5$s COLLATE pg_catalog."C")',
			array_to_string(known, ', '), array_to_string(keys, ', '), quote_ident(name), relation, label, quote_ident(flag),
			array_to_string(medians, ', '), array_to_string(matched, ' AND '), cardinality(groups) > 0);
	END IF;
	RETURN QUERY EXECUTE format('SELECT ''not imputed: no known value in the group'', count(*), %s '
		'FROM (SELECT %s FROM %s AS t WHERE t.%I IS NULL) AS t GROUP BY %s ORDER BY %s COLLATE pg_catalog."C"',
		label, array_to_string(known, ', '), relation, name, array_to_string(keys, ', '), label);
END;
$$;
COMMENT ON FUNCTION @extschema@.impute_column(regclass, text, text[]) IS
'Sets the NULLs of a column of numbers to the median of the known values of their group (the mean of the two middle ones where their number is even; exact for integers and numeric), and the boolean column <name>_imputed, which must exist, to true there. groups names the columns that make a group; NULL is a group of its own, and an empty array makes all rows one group. A column of integers becomes numeric if a median that is needed has a fraction. Returns what was done: how many rows in all, and for each group, as "group: median"; and the groups that stay NULL because they have no known value. Errors: those of check_source, 22023 for columns that do not exist or are no numbers, 42703 without the boolean column.';

CREATE FUNCTION @extschema@.impute_groups(impute jsonb) RETURNS TABLE(name text, groups text[])
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	item record;
BEGIN
	IF impute IS NULL THEN
		RETURN;
	END IF;
	IF jsonb_typeof(impute) <> 'object' THEN
		RAISE EXCEPTION 'impute must be a JSON object'
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('It is of type %s.', jsonb_typeof(impute)),
				HINT = 'Write {"review_rating": "category"}, or [] for no groups, or ["category", "gender"] for groups of several columns.';
	END IF;
	FOR item IN SELECT e.key, e.value FROM jsonb_each(impute) AS e LOOP
		IF jsonb_typeof(item.value) = 'string' THEN
			groups := ARRAY[item.value #>> '{}'];
		ELSIF jsonb_typeof(item.value) = 'array'
			AND NOT jsonb_path_exists(item.value, 'strict $[*] ? (@.type() != "string")') THEN
			groups := ARRAY(SELECT t.value FROM jsonb_array_elements_text(item.value) AS t(value));
		ELSE
			RAISE EXCEPTION 'impute has no usable groups for "%"', item.key
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = format('They are %s.', item.value),
					HINT = 'Write {"review_rating": "category"}, or [] for no groups, or ["category", "gender"] for groups of several columns.';
		END IF;
		name := item.key;
		RETURN NEXT;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION @extschema@.impute_groups(jsonb) IS
'The argument impute of prepare_purchases as rows: the name of a column of the prepared table and the names of the columns whose groups'' medians it takes, from {"column": "group"}, {"column": ["group", "group"]} or {"column": []}. No rows for NULL. Error 22023 for other JSON.';

CREATE FUNCTION @extschema@.prepare_plan(source regclass, impute jsonb DEFAULT NULL, decimal_mark text DEFAULT '.',
		date_order text DEFAULT NULL, tolerance double precision DEFAULT 0.05,
		OUT input text, OUT rows_in bigint, OUT columns @extschema@.column_plan[])
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	SET parallel_tuple_cost = 0
	SET jit = off
AS $$
DECLARE
	counters bigint[];
	looks text[];
	seen text[];
	col @extschema@.column_plan;
	item record;
	twice record;
	doubtful integer[] := ARRAY[]::integer[];
	ordinal integer;
	cleaned text;
	flag text;
	misfit text;
	dmy text;
	mdy text;
	fits boolean;
BEGIN
	PERFORM @extschema@.check_source(source);
	IF decimal_mark IS NULL OR decimal_mark NOT IN ('.', ',') THEN
		RAISE EXCEPTION 'decimal mark "%" is not known', coalesce(decimal_mark, 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It stands before the decimals of an amount.',
				HINT = 'It is ''.'' or '',''.';
	END IF;
	IF upper(date_order) NOT IN ('DMY', 'MDY') THEN
		RAISE EXCEPTION 'date order "%" is not known', date_order
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It says whether 03/04/2024 is in April or in March.',
				HINT = 'It is ''DMY'', ''MDY'' or NULL.';
	END IF;
	IF tolerance IS NULL OR NOT (tolerance >= 0 AND tolerance < 1) THEN
		RAISE EXCEPTION 'tolerance % is out of range', coalesce(tolerance::text, 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It is the share of the values of a column that may fail to fit its type.',
				HINT = 'It is at least 0, where all must fit, and below 1.';
	END IF;

	-- names
	columns := ARRAY(SELECT c FROM @extschema@.prepare_columns(source) AS c);
	SELECT c.name, string_agg(quote_ident(c.source_name), ', ' ORDER BY c.ordinal) AS sources
	INTO twice
	FROM unnest(columns) AS c
	GROUP BY c.name
	HAVING count(*) > 1
	ORDER BY min(c.ordinal)
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'several columns would be named "%"', twice.name
			USING ERRCODE = 'duplicate_column',
				DETAIL = format('They are %s in %s.', twice.sources, source),
				HINT = 'Rename all but one in the source, or prepare a view that does.';
	END IF;
	FOR item IN SELECT i.name, i.groups FROM @extschema@.impute_groups(impute) AS i LOOP
		IF item.name <> ALL (SELECT c.name FROM unnest(columns) AS c) THEN
			RAISE EXCEPTION 'impute names the column "%", which does not exist', item.name
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = format('The columns are %s.', (SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.ordinal) FROM unnest(columns) AS c)),
					HINT = 'Names are those of the prepared table.';
		END IF;
		IF EXISTS (
			SELECT FROM unnest(item.groups) AS g(name)
			WHERE g.name = item.name OR g.name <> ALL (SELECT c.name FROM unnest(columns) AS c)
		) THEN
			RAISE EXCEPTION 'impute has no usable groups for "%"', item.name
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = format('They are %s; the other columns are %s.', array_to_string(item.groups, ', '),
						(SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.ordinal) FROM unnest(columns) AS c WHERE c.name <> item.name)),
					HINT = 'Groups are other columns of the prepared table, by their names there.';
		END IF;
		IF @extschema@.cut_name(item.name, '_imputed') = ANY (SELECT c.name FROM unnest(columns) AS c) THEN
			RAISE EXCEPTION 'several columns would be named "%"', @extschema@.cut_name(item.name, '_imputed')
				USING ERRCODE = 'duplicate_column',
					DETAIL = format('One is in the source, the other would mark the imputed rows of "%s".', item.name),
					HINT = 'Rename the one in the source, or prepare a view that does.';
		END IF;
	END LOOP;

	-- 1. one pass counts what the values of every text column could be
	input := @extschema@.from_item(source, 'r');
	looks := ARRAY(
		SELECT '@extschema@.column_profile(r' || c.ordinal || '::text, ' || quote_literal(decimal_mark) || ')'
		FROM unnest(columns) AS c WHERE c.is_text ORDER BY c.ordinal);
	EXECUTE format('SELECT count(*), ARRAY[%s]::bigint[] FROM %s', array_to_string(looks, ', '), input)
	INTO rows_in, counters;
	FOR i IN 1 .. cardinality(columns) LOOP
		col := columns[i];
		IF NOT col.is_text THEN
			CONTINUE;
		END IF;
		col.counters := ARRAY(SELECT counters[j][k]
			FROM (SELECT count(*)::integer AS j FROM unnest(columns) AS c WHERE c.is_text AND c.ordinal <= i) AS t,
				generate_series(1, 15) AS k ORDER BY k);
		SELECT t.type, t.note INTO col.type, col.note
		FROM @extschema@.prepare_type(col.counters, col.name, tolerance, date_order) AS t;
		col.date_order := upper(date_order);
		IF col.counters[1] = 0 AND col.name = ANY (SELECT g.name FROM @extschema@.impute_groups(impute) AS g) THEN
			col.type := 'numeric';
		END IF;
		IF col.type ~ '^(date|timestamp)' AND date_order IS NULL AND col.counters[13] < col.counters[1] THEN
			IF col.counters[11] = col.counters[1] AND col.counters[12] < col.counters[1] THEN
				col.date_order := 'DMY';
			ELSIF col.counters[12] = col.counters[1] AND col.counters[11] < col.counters[1] THEN
				col.date_order := 'MDY';
			ELSE
				doubtful := doubtful || i;
			END IF;
		ELSIF col.type = 'boolean' THEN
			-- a column of F alone may well mean female
			cleaned := 'lower(' || @extschema@.prepare_expression(i, 'text', NULL, NULL, false) || ')';
			flag := @extschema@.prepare_expression(i, 'boolean', NULL, NULL, false);
			EXECUTE format('SELECT EXISTS (SELECT FROM %1$s WHERE %2$s IS NOT NULL AND %3$s NOT IN (''t'', ''f'', ''0'', ''1''))'
				' OR EXISTS (SELECT FROM %1$s WHERE %3$s = ''t'') AND EXISTS (SELECT FROM %1$s WHERE %3$s = ''f'')',
				input, flag, cleaned)
			INTO fits;
			IF NOT fits THEN
				col.type := 'text';
				col.note := 'a single letter t or f';
			END IF;
		END IF;
		columns[i] := col;
	END LOOP;

	-- 2. dates whose order the counts do not tell
	IF cardinality(doubtful) > 0 THEN
		looks := ARRAY[]::text[];
		FOREACH ordinal IN ARRAY doubtful LOOP
			dmy := format('coalesce(%s, %s AT TIME ZONE ''UTC'')',
				@extschema@.prepare_expression(ordinal, 'timestamp without time zone', 'DMY', NULL, false),
				@extschema@.prepare_expression(ordinal, 'timestamp with time zone', 'DMY', NULL, false));
			mdy := format('coalesce(%s, %s AT TIME ZONE ''UTC'')',
				@extschema@.prepare_expression(ordinal, 'timestamp without time zone', 'MDY', NULL, false),
				@extschema@.prepare_expression(ordinal, 'timestamp with time zone', 'MDY', NULL, false));
			looks := looks
				|| format('count(*) FILTER (WHERE %s IS NOT NULL AND %s IS NULL)', dmy, mdy)
				|| format('count(*) FILTER (WHERE %s IS NULL AND %s IS NOT NULL)', dmy, mdy)
				|| format('count(*) FILTER (WHERE %s <> %s)', dmy, mdy);
		END LOOP;
		EXECUTE format('SELECT ARRAY[%s] FROM %s', array_to_string(looks, ', '), input)
		INTO counters;
		FOR j IN 1 .. cardinality(doubtful) LOOP
			col := columns[doubtful[j]];
			IF counters[3 * j - 2] + counters[3 * j - 1] + counters[3 * j] = 0 THEN
				-- nothing in it could be read in two ways
				col.date_order := NULL;
			ELSIF 10 * least(counters[3 * j - 2], counters[3 * j - 1]) < greatest(counters[3 * j - 2], counters[3 * j - 1]) THEN
				-- one order reads more, and little speaks for the other
				col.date_order := CASE WHEN counters[3 * j - 2] > counters[3 * j - 1] THEN 'DMY' ELSE 'MDY' END;
			ELSE
				col.type := 'text';
				col.note := 'dates, but date_order must be given';
			END IF;
			columns[doubtful[j]] := col;
		END LOOP;
	END IF;

	-- 3. examples, and values that do not fit, where the counts tell of any
	looks := ARRAY[]::text[];
	FOREACH col IN ARRAY columns LOOP
		CONTINUE WHEN NOT col.is_text;
		cleaned := @extschema@.prepare_expression(col.ordinal, 'text', NULL, NULL, false);
		misfit := @extschema@.prepare_misfit(col.ordinal, col.type, col.date_order, decimal_mark);
		looks := looks
			|| CASE WHEN col.counters[4] > 0
				THEN format('min(r%1$s::text COLLATE pg_catalog."C") FILTER (WHERE %2$s <> r%1$s::text COLLATE pg_catalog."C")', col.ordinal, cleaned)
				ELSE 'NULL' END
			|| CASE WHEN col.counters[3] > 0
				THEN format('min(r%1$s::text COLLATE pg_catalog."C") FILTER (WHERE %2$s IS NULL AND r%1$s::text COLLATE pg_catalog."C" ~ ''[^[:space:]]'')', col.ordinal, cleaned)
				ELSE 'NULL' END
			|| CASE WHEN misfit IS NOT NULL AND col.counters[1] > CASE
					WHEN col.type = 'boolean' THEN col.counters[5]
					WHEN col.type IN ('integer', 'bigint') THEN col.counters[8]
					WHEN col.type = 'numeric' THEN col.counters[9]
					ELSE CASE col.date_order WHEN 'DMY' THEN col.counters[11] WHEN 'MDY' THEN col.counters[12]
							ELSE least(col.counters[11], col.counters[12]) END
						- CASE WHEN col.type = 'timestamp with time zone'
							THEN col.counters[1] - col.counters[15] ELSE col.counters[15] END
					END
				THEN ARRAY['count(*) FILTER (WHERE ' || misfit || ')::text',
					format('min(r%s::text COLLATE pg_catalog."C") FILTER (WHERE %s)', col.ordinal, misfit)]
				ELSE ARRAY['0', 'NULL'] END;
	END LOOP;
	IF EXISTS (SELECT FROM unnest(looks) AS l(look) WHERE l.look NOT IN ('NULL', '0')) THEN
		EXECUTE format('SELECT ARRAY[%s]::text[] FROM %s', array_to_string(looks, ', '), input)
		INTO seen;
		FOR i IN 1 .. cardinality(columns) LOOP
			col := columns[i];
			CONTINUE WHEN NOT col.is_text;
			col.padded_example := seen[1];
			col.missing_example := seen[2];
			col.misfits := seen[3]::bigint;
			col.misfit_example := seen[4];
			IF col.misfits > floor(col.counters[1] * tolerance::numeric) THEN
				-- the counts promised more than one order or zone can hold
				col.type := 'text';
				col.note := 'too many values do not fit';
				col.misfits := 0;
				col.misfit_example := NULL;
			END IF;
			columns[i] := col;
			seen := seen[5:];
		END LOOP;
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.prepare_plan(regclass, jsonb, text, text, double precision) IS
'What prepare_purchases would do with a source, without doing it: the FROM item that it reads (columns are r1, r2, ...), the number of rows, and a column_plan per column. The arguments are those of prepare_purchases. Reads the source once, and once or twice more if there are dates whose order is not plain, values that do not fit, blanks around values or missing words. Errors: those of check_source, 22023 for arguments that cannot be, 42701 if two columns would have one name.';

CREATE FUNCTION @extschema@.prepare_purchases(source regclass, target text, impute jsonb DEFAULT NULL,
		decimal_mark text DEFAULT '.', date_order text DEFAULT NULL, drop_redundant boolean DEFAULT false,
		drop_duplicates boolean DEFAULT false, tolerance double precision DEFAULT 0.05,
		target_schema name DEFAULT current_schema())
	RETURNS TABLE(column_name text, action text, row_count bigint, example text)
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	-- rows that only pass through Gather are cheap beside their conversion
	SET parallel_tuple_cost = 0
	SET jit = off
AS $$
DECLARE
	target_name text[] := @extschema@.new_table_name(target, target_schema, '');
	reject_name text[] := @extschema@.new_table_name(target, target_schema, '_reject');
	target_table regclass;
	plan record;
	col @extschema@.column_plan;
	reason_column text := 'reject_reason';
	dedupe boolean := coalesce(drop_duplicates, false);
	input text;
	columns text[];
	conversions text[];
	raw_columns text[];
	prepared_columns text[];
	reasons text[];
	keys text[];
	hashed text[];
	numbering text := '1';
	line text := 'NULL';
	surplus text := '';
	sorting text := '';
	rows_out bigint;
	rows_rejected bigint := 0;
	duplicates bigint;
	duplicate_example text;
	findings jsonb;
	finding jsonb;
	imputed jsonb := '{}'::jsonb;
	item record;
BEGIN
	SELECT p.input, p.rows_in, p.columns
	INTO plan
	FROM @extschema@.prepare_plan(source, impute, decimal_mark, date_order, tolerance) AS p;
	FOR item IN
		SELECT i.name, i.groups, coalesce(c.type, @extschema@.base_type(c.source_type)::text) AS type
		FROM @extschema@.impute_groups(impute) AS i
		JOIN unnest(plan.columns) AS c ON c.name = i.name
	LOOP
		IF item.type NOT IN ('smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision') THEN
			RAISE EXCEPTION 'column "%" cannot be imputed', item.name
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = format('It is of type %s.', item.type),
					HINT = 'Name columns of numbers in impute.';
		END IF;
		imputed := imputed || jsonb_build_object(item.name, to_jsonb(item.groups));
	END LOOP;
	IF dedupe AND cardinality(plan.columns) > 800 THEN
		RAISE EXCEPTION 'drop_duplicates cannot compare more than 800 columns'
			USING ERRCODE = 'too_many_columns',
				DETAIL = format('%s has %s columns.', source, cardinality(plan.columns)),
				HINT = 'Prepare a view of it with fewer columns.';
	END IF;
	WHILE reason_column = ANY (SELECT c.source_name FROM unnest(plan.columns) AS c) LOOP
		reason_column := reason_column || '_';
	END LOOP;

	-- the columns of the target, and what is written to them: p1, p2, ...
	SELECT array_agg(quote_ident(c.name) || CASE WHEN imputed ? c.name
			THEN ', ' || quote_ident(@extschema@.cut_name(c.name, '_imputed')) ELSE '' END ORDER BY c.ordinal),
		array_agg(CASE WHEN c.is_text
				THEN @extschema@.prepare_expression(c.ordinal, c.type, c.date_order, decimal_mark, true, c.counters[2] + c.counters[3] > 0)
				ELSE 'r' || c.ordinal END
			|| ' AS p' || c.ordinal ORDER BY c.ordinal),
		array_agg('r' || c.ordinal ORDER BY c.ordinal),
		array_agg('p' || c.ordinal || CASE WHEN imputed ? c.name THEN ', false' ELSE '' END ORDER BY c.ordinal),
		array_agg(format('CASE WHEN %s THEN %L || quote_literal(r%s::text) || %L END',
			@extschema@.prepare_misfit(c.ordinal, c.type, c.date_order, decimal_mark),
			c.name || ': ', c.ordinal, ' is not of type ' || c.type) ORDER BY c.ordinal) FILTER (WHERE c.misfits > 0),
		array_agg(@extschema@.comparable_expression('t.p' || c.ordinal, coalesce(c.type::regtype, c.source_type), 'btree') ORDER BY c.ordinal),
		array_agg(@extschema@.comparable_expression('t.p' || c.ordinal, coalesce(c.type::regtype, c.source_type), 'hash') ORDER BY c.ordinal)
	INTO columns, conversions, raw_columns, prepared_columns, reasons, keys, hashed
	FROM unnest(plan.columns) AS c;
	input := @extschema@.from_item(source, 'r');

	EXECUTE format('CREATE TABLE %I.%I (LIKE %s, %I text)',
		reject_name[1], reject_name[2], @extschema@.relation_name(source), reason_column);
	IF reasons IS NULL AND NOT dedupe THEN
		-- everything fits: one pass, in which parallel workers convert
		EXECUTE format('CREATE TABLE %I.%I (%s) AS SELECT %s FROM (SELECT %s FROM %s) AS t',
			target_name[1], target_name[2], array_to_string(columns, ', '),
			array_to_string(prepared_columns, ', '), array_to_string(conversions, ', '), input);
		GET DIAGNOSTICS rows_out = ROW_COUNT;
	ELSE
		EXECUTE format('CREATE TABLE %I.%I (%s) AS SELECT %s FROM (SELECT %s FROM %s) AS t WITH NO DATA',
			target_name[1], target_name[2], array_to_string(columns, ', '),
			array_to_string(prepared_columns, ', '), array_to_string(conversions, ', '), input);
		IF dedupe THEN
			line := 'row_number() OVER ()';
			numbering := format('row_number() OVER (PARTITION BY hash_record_extended(ROW(%s), 0), %s ORDER BY t.line)',
				array_to_string(hashed, ', '), array_to_string(keys, ', '));
			surplus := format('UNION ALL (SELECT %s, ''duplicate row'' FROM checked '
				'WHERE line IN (SELECT n.line FROM numbered AS n WHERE n.copy > 1) ORDER BY line)',
				array_to_string(raw_columns, ', '));
			sorting := 'ORDER BY line';
		END IF;
		-- one statement, so that no row can be in both tables, or in none
		EXECUTE format('WITH checked AS MATERIALIZED ('
			'SELECT %1$s, nullif(array_to_string(ARRAY[%2$s]::text[], ''; ''), '''') AS reason, %3$s AS line FROM %4$s), '
			'typed AS (SELECT line, %5$s FROM checked WHERE reason IS NULL), '
			'numbered AS (SELECT t.*, %6$s AS copy FROM typed AS t), '
			'rejected AS (INSERT INTO %7$I.%8$I SELECT %1$s, reason FROM checked WHERE reason IS NOT NULL %9$s) '
			'INSERT INTO %10$I.%11$I SELECT %12$s FROM numbered WHERE copy = 1 %13$s',
			array_to_string(raw_columns, ', '), array_to_string(reasons, ', '), line, input,
			array_to_string(conversions, ', '), numbering, reject_name[1], reject_name[2], surplus,
			target_name[1], target_name[2], array_to_string(prepared_columns, ', '), sorting);
		GET DIAGNOSTICS rows_out = ROW_COUNT;
		EXECUTE format('SELECT count(*), count(*) FILTER (WHERE t.%3$I = ''duplicate row''), '
			'min((t.*)::text COLLATE pg_catalog."C") FILTER (WHERE t.%3$I = ''duplicate row'') FROM %1$I.%2$I AS t',
			reject_name[1], reject_name[2], reason_column)
		INTO rows_rejected, duplicates, duplicate_example;
	END IF;
	IF rows_out + rows_rejected <> plan.rows_in THEN
		RAISE EXCEPTION '% changed while it was prepared', source
			USING ERRCODE = 'serialization_failure',
				DETAIL = format('It had %s rows when it was first read, and %s later.', plan.rows_in, rows_out + rows_rejected),
				HINT = 'Try again, or use a transaction of isolation level REPEATABLE READ.';
	END IF;
	target_table := format('%I.%I', target_name[1], target_name[2])::regclass;

	EXECUTE format('COMMENT ON TABLE %s IS %L', target_table,
		format('Prepared from %s. Rows that do not fit are in %I.%I.', source, reject_name[1], reject_name[2]));
	EXECUTE format('COMMENT ON TABLE %I.%I IS %L', reject_name[1], reject_name[2],
		format('Rows of %s that are not in %s, and why.', source, target_table));
	FOREACH col IN ARRAY plan.columns LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target_table, col.name,
			col.source_name || coalesce(', in ' || col.unit, ''));
		IF imputed ? col.name THEN
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target_table, @extschema@.cut_name(col.name, '_imputed'),
				format('Whether %s had no value and took the median of its group', col.name));
		END IF;
	END LOOP;

	-- the report, and what comes last so that it sees the values as given
	SELECT coalesce(jsonb_object_agg(r.column_name, to_jsonb(r)), '{}')
	INTO findings
	FROM @extschema@.redundant_columns(target_table) AS r;
	IF NOT dedupe THEN
		SELECT d.surplus, d.example
		INTO duplicates, duplicate_example
		FROM @extschema@.count_duplicates(target_table) AS d;
	END IF;
	RETURN QUERY VALUES (NULL::text, 'rows in', plan.rows_in, NULL::text),
		(NULL, 'rows out', rows_out, NULL),
		(NULL, 'rows rejected', rows_rejected, NULL),
		(NULL, CASE WHEN dedupe THEN 'duplicate rows rejected' ELSE 'duplicate rows' END, duplicates, duplicate_example);
	FOREACH col IN ARRAY plan.columns LOOP
		finding := findings -> col.name;
		RETURN QUERY
			SELECT col.name, a.action, a.row_count, a.example
			FROM (VALUES
				(col.name <> col.source_name, 'renamed', NULL::bigint, col.source_name),
				(NOT col.is_text, 'kept as ' || col.source_type::text, NULL, NULL),
				(col.is_text, 'typed as ' || col.type || coalesce(' (' || CASE WHEN col.type ~ '^(date|timestamp)' THEN col.date_order END || ')', ''),
					col.counters[1] - col.misfits, NULL),
				(col.note IS NOT NULL, 'not typed: ' || col.note, NULL, NULL),
				(col.counters[2] > 0, 'empty', col.counters[2], NULL),
				(col.counters[3] > 0, 'missing words set to NULL', col.counters[3], col.missing_example),
				(col.counters[4] > 0, 'trimmed', col.counters[4], col.padded_example),
				(col.misfits > 0, 'rejected', col.misfits, col.misfit_example),
				(finding ->> 'constant_value' IS NOT NULL, 'constant', rows_out, finding ->> 'constant_value'),
				(finding ->> 'equal_to' IS NOT NULL, 'redundant: equal to ' || (finding ->> 'equal_to'), rows_out, NULL)
			) AS a(applies, action, row_count, example)
			WHERE a.applies;
		IF imputed ? col.name THEN
			RETURN QUERY
				SELECT col.name, i.action, i.row_count, i.example
				FROM @extschema@.impute_column(target_table, col.name,
					ARRAY(SELECT g.value FROM jsonb_array_elements_text(imputed -> col.name) AS g(value))) AS i;
		ELSIF coalesce(drop_redundant, false) AND finding ->> 'equal_to' IS NOT NULL THEN
			RETURN QUERY VALUES (col.name, 'dropped', rows_out, NULL::text);
		END IF;
	END LOOP;
	-- not earlier: imputation may group by such a column
	IF coalesce(drop_redundant, false) THEN
		FOREACH col IN ARRAY plan.columns LOOP
			IF findings -> col.name ->> 'equal_to' IS NOT NULL AND NOT imputed ? col.name THEN
				EXECUTE format('ALTER TABLE %s DROP COLUMN %I', target_table, col.name);
			END IF;
		END LOOP;
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.prepare_purchases(regclass, text, jsonb, text, text, boolean, boolean, double precision, name) IS
'Makes a typed table of a raw one (any table or view), and returns what it did: one row per action with the column, the number of rows and an example; column_name NULL for the table as a whole.
Names become lower snake_case (clean_name); the name as it was, and its unit, go to the column''s comment. Columns of text are trimmed, missing words such as N/A become NULL, and each gets the type that its values fit (prepare_type); a column without values stays text, or becomes numeric if it is imputed. Other columns stay as they are.
Rows with a value that does not fit go whole and raw to the table <target>_reject, with the reason; rows in = rows out + rows rejected.
target is written as in SQL; without a schema it goes to target_schema, by default the first schema of the caller''s search_path. impute: {"review_rating": "category"} gives NULLs the median of their group and adds review_rating_imputed (see impute_column); columns are imputed in their order. decimal_mark is ''.'' or '',''. date_order is ''DMY'' or ''MDY'' for 03/04/2024; with NULL the values decide, and where they cannot the column stays text. drop_redundant leaves out columns that equal an earlier one (unless they are imputed). drop_duplicates sends rows that equal an earlier one after cleaning to <target>_reject. tolerance is the share of a column''s values that may fail to fit its type, from 0 to below 1.
Errors: those of check_source and new_table_name, 42701 if two columns would have one name, 22023 for arguments that cannot be, 40001 if the source changed meanwhile. Nothing is changed if there is an error.';
