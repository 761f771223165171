-- prepare: from a raw table to a typed one
-- helpers: column_plan prepare_columns prepare_expression prepare_misfit prepare_plan prepare_type

/*--- types ---*/

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

/*--- prepared tables ---*/

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
		array_agg(@extschema@.comparable_expression('t.p' || c.ordinal, coalesce(c.type::regtype, c.source_type), 'btree'::name) ORDER BY c.ordinal),
		array_agg(@extschema@.comparable_expression('t.p' || c.ordinal, coalesce(c.type::regtype, c.source_type), 'hash'::name) ORDER BY c.ordinal)
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
