-- csv: from a CSV file to a raw table, whose columns are text
-- helpers: csv_file_header header_names
--
-- A function that makes tables pins its search_path, and so cannot see where
-- the caller would make them. The parameter target_schema tells it: its
-- default current_schema() is evaluated where the call is.

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
