-- prepare: from a raw table to a typed one

/*--- tables that are replaced ---*/

CREATE FUNCTION @extschema@.pt_replaced_tables(source regclass, schema_name text, table_name text) RETURNS regclass[]
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	old regclass[];
	item record;
BEGIN
	old := ARRAY[to_regclass(format('%I.%I', schema_name, table_name)), to_regclass(format('%I.%I', schema_name, table_name || '_reject'))];
	FOR item IN
		SELECT o.ordinal, o.rel, c.relkind, obj_description(o.rel, 'pg_class') AS comment
		FROM unnest(old) WITH ORDINALITY AS o(rel, ordinal)
		JOIN pg_class AS c ON c.oid = o.rel
		ORDER BY o.ordinal
	LOOP
		IF item.rel = source THEN
			RAISE EXCEPTION '% cannot replace itself', source
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = 'It is both what is read and what would be replaced.',
					HINT = 'Choose another name for the prepared table.';
		END IF;
		PERFORM @extschema@.pt_check_replaceable(item.rel);
		-- what somebody else made is not ours to drop
		IF item.relkind <> 'r' OR item.comment IS NULL
			OR item.comment !~ (CASE item.ordinal WHEN 1 THEN '^Prepared from .*\. Rows that do not fit are in ' ELSE '^Rows of .* that are not in .*, and why\.$' END) THEN
			RAISE EXCEPTION '% was not made by prepare_purchases', item.rel
				USING ERRCODE = 'wrong_object_type',
					DETAIL = 'Only tables with the comment that prepare_purchases gives them are replaced.',
					HINT = format('Choose another name, or drop it first: DROP TABLE %s;', @extschema@.pt_relation_name(item.rel));
		END IF;
	END LOOP;
	RETURN old;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_replaced_tables(regclass, text, text) IS
'The table of that schema and name, and its reject table, if prepare_purchases may replace them; NULL for one that does not exist. Errors: 22023 if one of them is the source, 42809 if one was not made by prepare_purchases, and those of pt_check_replaceable.';

/*--- prepared tables ---*/

CREATE FUNCTION @extschema@.prepare_purchases(source regclass, target text, impute jsonb DEFAULT NULL,
		decimal_mark text DEFAULT NULL, date_order text DEFAULT NULL, drop_redundant boolean DEFAULT false,
		drop_duplicates boolean DEFAULT false, tolerance double precision DEFAULT 0.05,
		target_schema name DEFAULT current_schema(), decimal_marks jsonb DEFAULT NULL, missing text[] DEFAULT NULL,
		misfits text DEFAULT 'reject', na_labels text[] DEFAULT NULL, currencies text DEFAULT 'refuse',
		types jsonb DEFAULT NULL, fold_labels text[] DEFAULT NULL, replace boolean DEFAULT false)
	RETURNS TABLE(column_name text, action text, row_count bigint, example text)
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	-- rows that only pass through Gather are cheap beside their conversion
	SET parallel_tuple_cost = 0
	SET jit = off
AS $$
DECLARE
	-- where the tables are made, and what they are called in the end
	target_name text[];
	reject_name text[];
	final_name text[];
	final_reject text;
	old_tables regclass[];
	target_table regclass;
	plan record;
	col @extschema@.column_plan;
	reason_column text := 'reject_reason';
	dedupe boolean := coalesce(drop_duplicates, false);
	input text;
	statement text;
	columns text[];
	conversions text[];
	raw_columns text[];
	prepared_columns text[];
	reasons text[];
	nulled text[];
	money text[];
	keys text[];
	hashed text[];
	numbering text := '1';
	line text := 'NULL';
	surplus text := '';
	sorting text := '';
	rows_out bigint;
	rows_rejected bigint := 0;
	rows_nulled bigint := 0;
	to_null boolean := misfits = 'null';
	taken text;
	duplicates bigint;
	duplicate_example text;
	findings jsonb;
	finding jsonb;
	imputed jsonb := '{}'::jsonb;
	item record;
BEGIN
	IF misfits IS NULL OR misfits NOT IN ('reject', 'null') THEN
		RAISE EXCEPTION 'misfits "%" is not known', coalesce(misfits, 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It says what becomes of a value that does not fit the type of its column.',
				HINT = 'It is ''reject'' (the row goes to the reject table) or ''null'' (the cell is NULL).';
	END IF;
	IF coalesce(replace, false) THEN
		target_name := @extschema@.pt_new_table_name(target, target_schema, '_newtab');
		reject_name := @extschema@.pt_new_table_name(target, target_schema, '_newrej');
		final_name := ARRAY[target_name[1], left(target_name[2], -7)];
		final_reject := final_name[2] || '_reject';
		old_tables := @extschema@.pt_replaced_tables(source, final_name[1], final_name[2]);
	ELSE
		target_name := @extschema@.pt_new_table_name(target, target_schema, '');
		reject_name := @extschema@.pt_new_table_name(target, target_schema, '_reject');
		final_name := target_name;
		final_reject := reject_name[2];
	END IF;
	SELECT p.input, p.rows_in, p.columns
	INTO plan
	FROM @extschema@.pt_prepare_plan(source, impute, decimal_mark, date_order, tolerance, decimal_marks, missing, na_labels,
		currencies, types, fold_labels) AS p;
	FOR item IN
		SELECT i.name, i.groups, coalesce(c.type, @extschema@.pt_base_type(c.source_type)::text) AS type
		FROM @extschema@.pt_impute_groups(impute) AS i
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

	-- the currencies of amounts that have several
	money := ARRAY(
		SELECT c.name FROM unnest(plan.columns) AS c
		WHERE currencies = 'column' AND c.type = 'numeric' AND bit_count(c.counters[21]::bit(64)) > 1);
	SELECT n.name INTO taken
	FROM unnest(money) AS m(name), @extschema@.pt_cut_name(m.name, '_currency') AS n(name)
	WHERE n.name = ANY (SELECT c.name FROM unnest(plan.columns) AS c)
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'several columns would be named "%"', taken
			USING ERRCODE = 'duplicate_column',
				DETAIL = 'One is in the source, the other would have the currencies of amounts.',
				HINT = 'Rename the one in the source, or prepare a view that does.';
	END IF;

	-- the columns of the target, and what is written to them: p1, p2, ...
	SELECT array_agg(quote_ident(c.name)
			|| CASE WHEN c.name = ANY (money) THEN ', ' || quote_ident(@extschema@.pt_cut_name(c.name, '_currency')) ELSE '' END
			|| CASE WHEN imputed ? c.name THEN ', ' || quote_ident(@extschema@.pt_cut_name(c.name, '_imputed')) ELSE '' END ORDER BY c.ordinal),
		array_agg(CASE WHEN c.is_text THEN @extschema@.pt_prepare_expression(c, c.misfits = 0 OR NOT to_null)
				-- one that is not whole, and came meanwhile, is an error; the cast would round it
				WHEN c.type IS NOT NULL THEN format('CASE WHEN trunc(r%1$s) = r%1$s THEN r%1$s::int8 ELSE r%1$s::text::int8 END', c.ordinal)
				ELSE 'r' || c.ordinal END
			|| ' AS p' || c.ordinal
			|| CASE WHEN c.name = ANY (money) THEN ', @extschema@.amount_currency(r' || c.ordinal || '::text) AS k' || c.ordinal ELSE '' END
			ORDER BY c.ordinal),
		array_agg('r' || c.ordinal ORDER BY c.ordinal),
		array_agg('p' || c.ordinal
			|| CASE WHEN c.name = ANY (money) THEN ', k' || c.ordinal ELSE '' END
			|| CASE WHEN imputed ? c.name THEN ', false' ELSE '' END ORDER BY c.ordinal),
		array_agg(@extschema@.pt_prepare_reason(c) ORDER BY c.ordinal) FILTER (WHERE c.misfits > 0 AND NOT to_null),
		array_agg(@extschema@.pt_prepare_misfit(c) ORDER BY c.ordinal) FILTER (WHERE c.misfits > 0 AND to_null),
		array_agg(@extschema@.pt_comparable_expression('t.p' || c.ordinal, coalesce(c.type::regtype, c.source_type), 'btree'::name)
			|| CASE WHEN c.name = ANY (money) THEN ', t.k' || c.ordinal || ' COLLATE pg_catalog."C"' ELSE '' END ORDER BY c.ordinal),
		array_agg(@extschema@.pt_comparable_expression('t.p' || c.ordinal, coalesce(c.type::regtype, c.source_type), 'hash'::name)
			|| CASE WHEN c.name = ANY (money) THEN ', t.k' || c.ordinal || ' COLLATE pg_catalog."C"' ELSE '' END ORDER BY c.ordinal)
	INTO columns, conversions, raw_columns, prepared_columns, reasons, nulled, keys, hashed
	FROM unnest(plan.columns) AS c;
	input := @extschema@.pt_from_item(source, 'r');
	IF nulled IS NOT NULL THEN
		EXECUTE format('SELECT count(*) FROM %s WHERE %s', input, array_to_string(nulled, ' OR '))
		INTO rows_nulled;
	END IF;

	PERFORM @extschema@.pt_run_create(format('CREATE TABLE %I.%I (LIKE %s, %I text)',
			reject_name[1], reject_name[2], @extschema@.pt_relation_name(source), reason_column),
		format('relation "%s"', reject_name[2]), '42P07'::text);
	statement := format('CREATE TABLE %I.%I (%s) AS SELECT %s FROM (SELECT %s FROM %s) AS t',
		target_name[1], target_name[2], array_to_string(columns, ', '),
		array_to_string(prepared_columns, ', '), array_to_string(conversions, ', '), input);
	BEGIN
		IF reasons IS NULL AND NOT dedupe THEN
			-- everything fits: one pass, in which parallel workers convert
			rows_out := @extschema@.pt_run_create(statement, format('relation "%s"', target_name[2]), '42P07'::text);
		ELSE
			PERFORM @extschema@.pt_run_create(statement || ' WITH NO DATA', format('relation "%s"', target_name[2]), '42P07'::text);
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
	EXCEPTION WHEN data_exception THEN
		-- a value that came after the plan was made may not be what the plan has found
		IF (SELECT p.rows_in = plan.rows_in AND p.columns::text = plan.columns::text
			FROM @extschema@.pt_prepare_plan(source, impute, decimal_mark, date_order, tolerance, decimal_marks, missing, na_labels,
				currencies, types, fold_labels) AS p) THEN
			RAISE;
		END IF;
		RAISE EXCEPTION '% changed while it was prepared', source
			USING ERRCODE = 'serialization_failure',
				DETAIL = format('What was read later does not fit what was found at first: %s.', SQLERRM),
				HINT = 'Try again, or use a transaction of isolation level REPEATABLE READ.';
	END;
	IF rows_out + rows_rejected <> plan.rows_in THEN
		RAISE EXCEPTION '% changed while it was prepared', source
			USING ERRCODE = 'serialization_failure',
				DETAIL = format('It had %s rows when it was first read, and %s later.', plan.rows_in, rows_out + rows_rejected),
				HINT = 'Try again, or use a transaction of isolation level REPEATABLE READ.';
	END IF;
	target_table := format('%I.%I', target_name[1], target_name[2])::regclass;

	EXECUTE format('COMMENT ON TABLE %s IS %L', target_table,
		format('Prepared from %s. Rows that do not fit are in %I.%I.', source, reject_name[1], final_reject));
	EXECUTE format('COMMENT ON TABLE %I.%I IS %L', reject_name[1], reject_name[2],
		format('Rows of %s that are not in %s, and why.', source,
			CASE WHEN old_tables IS NULL THEN target_table::text ELSE format('%I.%I', final_name[1], final_name[2]) END));
	FOREACH col IN ARRAY plan.columns LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target_table, col.name,
			col.source_name || coalesce(', in ' || col.unit, ''));
		IF imputed ? col.name THEN
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target_table, @extschema@.pt_cut_name(col.name, '_imputed'),
				format('Whether %s had no value and took the median of its group', col.name));
		END IF;
		IF col.name = ANY (money) THEN
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target_table, @extschema@.pt_cut_name(col.name, '_currency'),
				format('Currency of %s, as it was written', col.name));
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
	IF nulled IS NOT NULL THEN
		RETURN QUERY VALUES (NULL::text, 'rows with cells set to NULL', rows_nulled, NULL::text);
	END IF;
	FOREACH col IN ARRAY plan.columns LOOP
		finding := findings -> col.name;
		RETURN QUERY
			SELECT col.name, a.action, a.row_count, a.example
			FROM (SELECT v.* FROM (VALUES
				(1, col.name <> col.source_name, 'renamed', NULL::bigint, col.source_name),
				(2, NOT col.is_text AND col.type IS NULL, 'kept as ' || col.source_type::text, NULL, NULL),
				(2, NOT col.is_text AND col.type IS NOT NULL, 'typed as ' || col.type, NULL, 'it was ' || col.source_type::text || ', and all values are whole'),
				(2, col.is_text, 'typed as ' || col.type || CASE
						WHEN col.type ~ '^(date|timestamp)' AND col.date_order IS NOT NULL THEN ' (' || col.date_order || ')'
						WHEN col.type = 'numeric' AND col.decimal_mark = ',' THEN ' (decimal comma)'
						WHEN col.type = 'numeric' AND col.decimal_mark = '.' AND col.counters[16] + col.counters[18] > 0 THEN ' (decimal point)'
						ELSE '' END,
					col.counters[1] - col.misfits - CASE WHEN col.no_values THEN col.counters[20] ELSE 0 END, NULL),
				(3, col.note IS NOT NULL, 'not typed: ' || col.note, NULL, NULL),
				(5, col.counters[2] > 0, 'empty', col.counters[2], NULL),
				(6, col.counters[3] > 0 OR col.no_values, 'missing words set to NULL',
					col.counters[3] + CASE WHEN col.no_values THEN col.counters[20] ELSE 0 END, col.missing_example),
				(7, col.counters[4] > 0, 'trimmed', col.counters[4], col.padded_example),
				(8, col.misfits > 0, CASE WHEN to_null THEN 'set to NULL' ELSE 'rejected' END, col.misfits, col.misfit_example),
				(9, finding ->> 'constant_value' IS NOT NULL, 'constant', rows_out, finding ->> 'constant_value'),
				(10, finding ->> 'equal_to' IS NOT NULL, 'redundant: equal to ' || (finding ->> 'equal_to'), rows_out, NULL)
			) AS v(place, applies, action, row_count, example)
			UNION ALL
			SELECT 4, true, t.action, t.row_count, t.example
			FROM jsonb_to_recordset(col.told) AS t(action text, row_count bigint, example text)) AS a
			WHERE a.applies
			ORDER BY a.place;
		IF imputed ? col.name THEN
			RETURN QUERY
				SELECT col.name, i.action, i.row_count, i.example
				FROM @extschema@.pt_impute_column(target_table, col.name,
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

	IF old_tables IS NOT NULL THEN
		-- last, so that the old tables can be read as long as possible
		PERFORM @extschema@.pt_replace_table(old_tables[1], target_table, final_name[2]);
		PERFORM @extschema@.pt_replace_table(old_tables[2], format('%I.%I', reject_name[1], reject_name[2])::regclass, final_reject);
	END IF;

	-- what no value tells is said, lest it be taken for known
	FOR item IN
		SELECT c.doubt, string_agg(quote_ident(c.name), ', ' ORDER BY c.ordinal) AS names, (array_agg(c.name ORDER BY c.ordinal))[1] AS example,
			sum(CASE c.doubt WHEN 'NA' THEN c.counters[33] ELSE c.counters[18] END) AS unsettled
		FROM unnest(plan.columns) AS c
		WHERE c.doubt IS NOT NULL
		GROUP BY c.doubt
		ORDER BY c.doubt = 'NA'
	LOOP
		IF item.doubt = 'NA' THEN
			RAISE NOTICE 'NA is taken as missing in %', item.names
				USING DETAIL = format('%s values may be a label, but NA stands in columns that are no text too, where it means that there is no value.', item.unsettled),
					HINT = format('na_labels => ''{%s}'' keeps it as a label.', item.example);
		ELSE
			RAISE WARNING 'no value tells whether the decimal mark is a point or a comma in %', item.names
				USING DETAIL = format('%s values could have either, as 1.234 and 1,234 have. They are read with a decimal point.', item.unsettled),
					HINT = format('decimal_marks => ''{"%s": ","}'' reads them with a comma, and "." says that the point is right.', item.example);
		END IF;
	END LOOP;

	-- rows that are lost to an analysis are not lost in silence
	rows_rejected := rows_rejected - CASE WHEN dedupe THEN duplicates ELSE 0 END;
	IF rows_rejected > 0 THEN
		IF 100 * rows_rejected >= plan.rows_in THEN
			RAISE WARNING '% of % rows are not in %, because a value does not fit', rows_rejected, plan.rows_in, final_name[2]
				USING DETAIL = (SELECT string_agg(format('%s: %s, such as %L', c.name, c.misfits, c.misfit_example), '; ' ORDER BY c.misfits DESC, c.ordinal)
						FROM unnest(plan.columns) AS c WHERE c.misfits > 0) || '.',
					HINT = format('They are in %s with the reason. misfits => ''null'' keeps the rows with NULL in such cells, missing => ''{...}'' names words that mean no value, and types => ''{"column": "text"}'' keeps a column as it is.', final_reject);
		ELSE
			RAISE NOTICE '% of % rows are not in %, because a value does not fit', rows_rejected, plan.rows_in, final_name[2]
				USING HINT = format('They are in %s with the reason.', final_reject);
		END IF;
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.prepare_purchases(regclass, text, jsonb, text, text, boolean, boolean, double precision, name, jsonb, text[], text, text[], text, jsonb, text[], boolean) IS
'Makes a typed table of a raw one (any table or view), and returns what it did: one row per action with the column, the number of rows and an example; column_name NULL for the table as a whole.
Names become lower snake_case (clean_name); the name as it was, and its unit, go to the column''s comment. Columns of text are trimmed, missing words such as N/A become NULL, and each gets the type that its values fit (pt_prepare_type); a column without values stays text, or becomes numeric if it is imputed. Identifiers by their name are typed only if all values fit. Other columns stay as they are, but identifiers that are numeric or floating point and whole become bigint.
Rows with a value that does not fit go whole and raw to the table <target>_reject, with the reason; rows in = rows out + rows rejected. A warning tells if they are 1 percent or more. Another names the columns of numbers in which no value tells the decimal mark.
target is written as in SQL; without a schema it goes to target_schema, by default the first schema of the caller''s search_path. impute: {"review_rating": "category"} gives NULLs the median of their group and adds review_rating_imputed (see pt_impute_column); columns are imputed in their order. decimal_mark is ''.'' or '','' for all columns, decimal_marks {"amount": ","} for some; otherwise the values of each column decide, and the other columns where they leave it open. date_order is ''DMY'' or ''MDY'' for 03/04/2024, or ''YMD'' for 24-01-05; with NULL the values decide, and where they cannot the column stays text. drop_redundant leaves out columns that equal an earlier one (unless they are imputed). drop_duplicates sends rows that equal an earlier one after cleaning to <target>_reject. tolerance is the share of a column''s values that may fail to fit its type, from 0 to below 1.
missing: more words that mean no value, in any case. misfits: ''reject'', or ''null'' to keep rows with NULL in the cells that do not fit. na_labels: columns in which NA is a label, so that they are text; with NULL the values decide, and the other columns: where NA stands for a missing number or date, it is missing in labels too, with a notice. currencies: what becomes of amounts in several currencies: ''refuse'' (they stay text), ''column'' (typed, and <name>_currency has the currency as written) or ''ignore''. types: {"zip": "text"} decides types (text, boolean, integer, bigint, numeric, date, time, timestamp, timestamptz), whatever the values are. fold_labels: columns of text in which labels that differ in case and blanks only become the most frequent of them. replace: tables of that name that an earlier call made are replaced when all is done; the new ones have their owner, the rights that were granted on them and their row security, and a NOTICE names what else belonged to them, such as indexes, and is gone.
Errors: those of pt_check_source and pt_new_table_name, 42701 if two columns would have one name, 22023 for arguments that cannot be, 40001 if the source changed meanwhile, and with replace 42809 if a table is not one that prepare_purchases made, 42501 if it belongs to a role whose rights the caller has not, 2BP01 if other objects depend on it. Nothing is changed if there is an error.';
