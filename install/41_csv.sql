-- csv: from a CSV file to a raw table, whose columns are text
--
-- A function that makes tables pins its search_path, and so cannot see where
-- the caller would make them. The parameter target_schema tells it: its
-- default current_schema() is evaluated where the call is.

CREATE FUNCTION @extschema@.pt_csv_fields(line text, delimiter text DEFAULT ',') RETURNS text[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_csv_fields';
COMMENT ON FUNCTION @extschema@.pt_csv_fields(text, text) IS
'The fields of one CSV record. A field is quoted if it begins with a quote (or with blanks and a quote, if the quotes are then closed and nothing but blanks follows); a quote elsewhere is a character, as in 12" plate. Empty fields are '''', a byte order mark and the line end are left out. delimiter is one ASCII character (error 22023 otherwise); quotes that are not closed, or closed before the end of the field, are error 22P04. NULL for NULL.';

CREATE FUNCTION @extschema@.pt_csv_delimiter(header_line text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_csv_delimiter';
COMMENT ON FUNCTION @extschema@.pt_csv_delimiter(text) IS
'The delimiter of a CSV header line: the one of comma, semicolon, tab and | that it has most of outside quoted fields, of those alike the first; comma if it has none. Quotes are read as by pt_csv_fields, with its error 22P04. NULL for NULL.';

CREATE FUNCTION @extschema@.pt_csv_check(state bigint[], piece bytea, delimiter text, is_last boolean) RETURNS bigint[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_csv_check';
COMMENT ON FUNCTION @extschema@.pt_csv_check(bigint[], bytea, text, boolean) IS
E'Looks at a CSV file piece by piece: would COPY read the records that are meant? state is NULL for the first piece (of 3 bytes or more, for the byte order mark) and then what the call before returned, delimiter one ASCII character, is_last true for the last piece. Error 22P04, with the line, for quotes that are not closed or closed before the end of the field, for lines that have not as many fields as the header, for bytes of value 0, and, with a hint to script/load, for what COPY reads in another way: quotes within unquoted fields, line ends of several kinds, a line \\., empty lines at the end. Other errors: 22004 for NULL elsewhere, 22023 for a delimiter that cannot be used or what is no state.';

CREATE FUNCTION @extschema@.pt_header_names(header_line text, delimiter text DEFAULT ',') RETURNS text[]
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
	fields := @extschema@.pt_csv_fields(coalesce(header_line, ''), delimiter);
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
			ELSE @extschema@.pt_cut_name(field, '') END;
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
COMMENT ON FUNCTION @extschema@.pt_header_names(text, text) IS
'The column names that a CSV header line gives a table: without blanks around them and byte order mark, column_N where there is none, cut to 63 bytes at a character boundary, with an underscore behind those that PostgreSQL has for itself (ctid, xmin, ...). delimiter is one ASCII character. Errors: 22P04 for an empty or NULL header line, 42701 for a name that appears twice, 22004 and 22023 for a delimiter that cannot be used.';

CREATE FUNCTION @extschema@.create_raw_table(name text, header_line text, delimiter text DEFAULT ',',
		target_schema name DEFAULT current_schema()) RETURNS regclass
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target text[] := @extschema@.pt_new_table_name(name, target_schema, '');
	names text[] := @extschema@.pt_header_names(header_line, delimiter);
BEGIN
	PERFORM @extschema@.pt_run_create(format('CREATE TABLE %I.%I (%s)', target[1], target[2],
			(SELECT string_agg(format('%I text', u.name), ', ' ORDER BY u.ordinal)
			 FROM unnest(names) WITH ORDINALITY AS u(name, ordinal))),
		format('relation "%s"', target[2]), '42P07'::text);
	RETURN format('%I.%I', target[1], target[2])::regclass;
END;
$$;
COMMENT ON FUNCTION @extschema@.create_raw_table(text, text, text, name) IS
E'Makes a table of text columns for a CSV file, named as its header line names them (see pt_header_names), and returns it. name is written as in SQL; without a schema the table goes to target_schema, by default the first schema of the caller''s search_path. The file itself is loaded by script/load, \\copy or import_csv. Errors: those of pt_new_table_name (42P07: the table exists) and pt_header_names (22P04: empty header, 42701: duplicate names).';

CREATE FUNCTION @extschema@.pt_csv_encoding_hint() RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN 'Give the encoding of the file, as in encoding => ''LATIN1''; a byte order mark says that it is UTF-8.';
COMMENT ON FUNCTION @extschema@.pt_csv_encoding_hint() IS
'The hint of import_csv for errors 22021 and 22P05.';

CREATE FUNCTION @extschema@.pt_csv_file_header(path text, INOUT encoding text DEFAULT 'UTF8', OUT header text)
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	chunk bytea;
	wanted integer := 8192;
	byte integer;
	quoted boolean;
	line_bytes bytea;
	line_number integer := 0;
	code text;
	message text;
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
	<<reading>>
	LOOP
		BEGIN
			chunk := pg_read_binary_file(path, 0, wanted);
		EXCEPTION WHEN undefined_file THEN
			RAISE EXCEPTION 'there is no file "%" on the server', path
				USING ERRCODE = 'undefined_file',
					DETAIL = 'The path is one of the machine on which the server runs, as the server sees it.',
					HINT = 'script/load loads files of the client.';
		END;
		FOR n IN 1 .. 3 LOOP
			IF starts_with(encode(chunk, 'hex'), (ARRAY['1f8b', 'fffe', 'feff'])[n]) THEN
				RAISE EXCEPTION 'the file "%" is %', path, CASE n WHEN 1 THEN 'compressed' ELSE 'encoded as UTF-16' END
					USING ERRCODE = 'bad_copy_file_format',
						HINT = CASE n WHEN 1 THEN 'script/load reads what gzip has compressed.'
							ELSE 'Convert it: iconv -f UTF-16 -t UTF-8' END;
			END IF;
		END LOOP;
		quoted := false;
		FOR pos IN 0 .. length(chunk) - 1 LOOP
			byte := get_byte(chunk, pos);
			IF byte = 34 THEN
				quoted := NOT quoted;
			ELSIF NOT quoted AND byte IN (10, 13) THEN
				chunk := substring(chunk FOR pos);
				EXIT reading;
			END IF;
		END LOOP;
		EXIT WHEN length(chunk) < wanted;
		IF wanted >= 1048576 THEN
			RAISE EXCEPTION 'the header line of "%" has no end', path
				USING ERRCODE = 'bad_copy_file_format',
					DETAIL = 'There is no line end outside quotes in the first 1048576 bytes.',
					HINT = 'Check that this is a CSV file. If quotes stand within fields, load it by script/load.';
		END IF;
		wanted := wanted * 4;
	END LOOP;
	IF starts_with(encode(chunk, 'hex'), 'efbbbf') THEN
		encoding := 'UTF8';
		chunk := substring(chunk FROM 4);
	END IF;
	-- line by line, so that an error can tell which
	FOR line_bytes IN SELECT decode(l.line, 'escape') FROM regexp_split_to_table(encode(chunk, 'escape'), E'\r\n|\r|\n') AS l(line) LOOP
		line_number := line_number + 1;
		IF position(decode('00', 'hex') IN line_bytes) > 0 THEN
			RAISE EXCEPTION 'line % of the file has a byte of value 0', line_number
				USING ERRCODE = 'bad_copy_file_format',
					HINT = 'Such a byte is in no text. Is it a CSV file?';
		END IF;
		PERFORM convert_from(line_bytes, encoding);
	END LOOP;
	header := convert_from(chunk, encoding);
EXCEPTION
	WHEN character_not_in_repertoire OR untranslatable_character THEN
		GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
		RAISE EXCEPTION '%', message
			USING ERRCODE = code,
				DETAIL = format('It is in the header, line %s of the file.', line_number),
				HINT = @extschema@.pt_csv_encoding_hint();
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_csv_file_header(text, text) IS
'The header line of a CSV file on the server, without its line end and byte order mark; quoted line breaks belong to it. encoding is that of the file, and comes back as UTF8 if the file has a byte order mark. The current user needs the role pg_read_server_files and EXECUTE on pg_read_binary_file(text, bigint, bigint) (error 42501 otherwise). Other errors: 22004 for NULL, 22023 for an unknown encoding, 58P01 if there is no such file, 22021 if the header is not in that encoding, or 22P05 for bytes that are no character of it, with the line in the detail, 22P04 if it is compressed, UTF-16, has a byte of value 0 in the header, or the header has no end within 1 MB.';

CREATE FUNCTION @extschema@.import_csv(name text, path text, delimiter text DEFAULT NULL,
		encoding text DEFAULT 'UTF8', target_schema name DEFAULT current_schema()) RETURNS bigint
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target text[] := @extschema@.pt_new_table_name(name, target_schema, '');
	header text;
	file_encoding text;
	mark text;
	piece bytea;
	piece_size CONSTANT integer := 8388608;
	start_at bigint := 0;
	state bigint[];
	row_count bigint;
	code text;
	message text;
	place text;
BEGIN
	SELECT h.header, h.encoding INTO header, file_encoding FROM @extschema@.pt_csv_file_header(path, encoding) AS h;
	mark := coalesce(delimiter, @extschema@.pt_csv_delimiter(header));
	IF header ~* '^"?sep=."?$' THEN
		RAISE EXCEPTION 'the first line of "%" is %, and no header', path, header
			USING ERRCODE = 'bad_copy_file_format',
				DETAIL = 'Such a line tells Excel the delimiter.',
				HINT = 'Load the file by script/load, which reads such files, or remove the line.';
	END IF;
	-- COPY takes every quote for one that quotes, and would lose rows without a word
	LOOP
		piece := pg_read_binary_file(path, start_at, piece_size);
		state := @extschema@.pt_csv_check(state, piece, mark, length(piece) < piece_size);
		EXIT WHEN length(piece) < piece_size;
		start_at := start_at + piece_size;
	END LOOP;
	PERFORM @extschema@.create_raw_table(format('%I.%I', target[1], target[2]), header, mark, target[1]::name);
	BEGIN
		EXECUTE format('COPY %I.%I FROM %L WITH (FORMAT csv, HEADER true, DELIMITER %L, ENCODING %L)',
			target[1], target[2], path, mark, file_encoding);
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
						ELSE @extschema@.pt_csv_encoding_hint() END;
	END;
	RETURN row_count;
END;
$$;
COMMENT ON FUNCTION @extschema@.import_csv(text, text, text, text, name) IS
'Makes a raw table (see create_raw_table) from a CSV file with a header line on the server, loads it, and returns the number of rows. path is a path on the server, delimiter one ASCII character (NULL, the default: the one of comma, semicolon, tab and | that the header has most of), encoding that of the file; a byte order mark says that it is UTF-8, whatever encoding is. The rows are those that script/load gives; a file that only script/load reads (quotes within unquoted fields, line ends of several kinds, a first line sep=;, empty lines at the end, gzip) is an error whose hint says so. The current user needs the rights that pt_csv_file_header names; script/load needs none. Errors: those of create_raw_table and pt_csv_file_header, 22P04 with the line for what pt_csv_check finds, and 22021 for bytes that are not of the encoding, or 22P05 for bytes that are no character of it, with the line in the detail. Nothing is made if there is an error.';
