-- impute: values for rows that have none

CREATE FUNCTION @extschema@.pt_impute_column(target regclass, name text, groups text[] DEFAULT ARRAY[]::text[],
		OUT action text, OUT row_count bigint, OUT example text) RETURNS SETOF record
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	relation text := @extschema@.pt_relation_name(target);
	flag text := @extschema@.pt_cut_name(name, '_imputed');
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
	PERFORM @extschema@.pt_check_source(target);
	SELECT @extschema@.pt_base_type(a.atttypid::regtype)
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
		WHERE g.name IS NOT DISTINCT FROM pt_impute_column.name
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
		SELECT u.ordinal, CASE WHEN @extschema@.pt_type_has_opclass(r.type, 'btree'::name) THEN r.type::text ELSE 'text' END AS type,
			@extschema@.pt_comparable_expression(format('t.%I', u.name), r.type, 'btree'::name) AS expression
		FROM unnest(groups) WITH ORDINALITY AS u(name, ordinal)
		JOIN @extschema@.pt_relation_columns(target) AS r ON r.name = u.name
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
COMMENT ON FUNCTION @extschema@.pt_impute_column(regclass, text, text[]) IS
'Sets the NULLs of a column of numbers to the median of the known values of their group (the mean of the two middle ones where their number is even; exact for integers and numeric), and the boolean column <name>_imputed, which must exist, to true there. groups names the columns that make a group; NULL is a group of its own, and an empty array makes all rows one group. A column of integers becomes numeric if a median that is needed has a fraction. Returns what was done: how many rows in all, and for each group, as "group: median"; and the groups that stay NULL because they have no known value. Errors: those of pt_check_source, 22023 for columns that do not exist or are no numbers, 42703 without the boolean column.';

CREATE FUNCTION @extschema@.pt_impute_groups(impute jsonb) RETURNS TABLE(name text, groups text[])
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
COMMENT ON FUNCTION @extschema@.pt_impute_groups(jsonb) IS
'The argument impute of prepare_purchases as rows: the name of a column of the prepared table and the names of the columns whose groups'' medians it takes, from {"column": "group"}, {"column": ["group", "group"]} or {"column": []}. No rows for NULL. Error 22023 for other JSON.';
