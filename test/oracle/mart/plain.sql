-- The questions of a mart's views in plain SQL over its source: how they are
-- written out, and how two answers are held against each other.
--
-- A question is a file <view>.sql beside this one, named like that of the view in
-- install/views. It reads
--   raw          the rows of the source that the mart looks at, under the names of
--                the mart's columns (those that the source has); with order_no, a different one
--                for each order, and ordered_at, the first time of the order's lines (of its
--                return, if the line is one);
--   source_row   the same of all rows, those later than as_of or without a time too;
--   moment       one row: as_of and as_of_end, as the view mart_as_of has them;
--   dimension    place, dimension, value, value_sort: the dimensions, as expressions over raw.
-- These are looked up in the search_path, so one file serves every mart. It is SQL that PostgreSQL
-- and DuckDB read alike, but for
--   $has$                    what a row says of its order, as bits: 1 a line that is no return, 2 such
--                            a line with an amount, 4 a return, 8 no return and discounted,
--                            16 no return, and known whether it is
--   $orders(x AS y; ...)$    a query: for each y its orders (different ones, by hash aggregates)
--   $customers(x AS y)$      a query: for each y its different customers
--   ... --? name             a line for marts with that column in raw; --? !name: without it
--   $age_group$, $age_group_sort$   those of the dimension age_group: expressions over age
--   --[ ... --] glue         lines for each dimension, with $dimension$, $value$ and $value_sort$
-- <view>.duckdb.sql is what DuckDB is asked where it needs, or is faster with, other words.
CREATE SCHEMA plain;

CREATE FUNCTION plain.has_column(wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('raw') AND attname = wanted AND NOT attisdropped)
$$;

CREATE FUNCTION plain.has() RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT 'CASE WHEN amount < 0 THEN 4 ELSE CASE WHEN amount IS NULL THEN 1 ELSE 3 END + CASE WHEN discounted THEN 24 WHEN NOT discounted THEN 16 ELSE 0 END END'
$$;

-- "x AS y; z AS w" is what to group by; also is one more item of the inner list.
CREATE FUNCTION plain.grouped(items text, id text, inner_list text, outer_list text, source text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT format('SELECT %s%s FROM (SELECT %s, %s%s FROM %s GROUP BY %s) AS grouped%s', names, outer_list, id,
		coalesce(expressions || ', ', ''), inner_list, source, places, coalesce(' GROUP BY ' || nullif(rtrim(names, ', '), ''), ''))
	FROM (
		SELECT coalesce(string_agg(regexp_replace(item, '^.* AS ', '') || ', ', '' ORDER BY n), '') AS names,
			string_agg(item, ', ' ORDER BY n) AS expressions,
			concat_ws(', ', '1', string_agg((n + 1)::text, ', ' ORDER BY n)) AS places
		FROM regexp_split_to_table(items, ';\s*') WITH ORDINALITY AS i(item, n)
		WHERE item <> ''
	) AS lists
$$;
CREATE FUNCTION plain.orders(items text, source text DEFAULT 'raw') RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT plain.grouped(items, 'order_no', 'bit_or(' || plain.has() || ') AS has',
		'count(*) FILTER (WHERE (has & 1) > 0) AS purchases, count(*) FILTER (WHERE (has & 2) > 0) AS priced, count(*) FILTER (WHERE (has & 4) > 0) AS returns, '
		'count(*) FILTER (WHERE (has & 8) > 0) AS discounted_purchases, count(*) FILTER (WHERE (has & 16) > 0) AS known_discounts', source)
$$;
CREATE FUNCTION plain.customers(items text, source text DEFAULT 'raw') RETURNS text LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN plain.has_column('subscribed') THEN
		plain.grouped(items, 'customer_id', 'bool_or(subscribed) AS subscribed',
			'count(customer_id) AS customers, count(customer_id) FILTER (WHERE subscribed) AS subscribers, count(customer_id) FILTER (WHERE subscribed IS NOT NULL) AS subscription_known', source)
		ELSE plain.grouped(items, 'customer_id', '1', 'count(customer_id) AS customers', source) END
$$;

-- The text of a question for the relations that the search_path shows.
CREATE FUNCTION plain.question(file text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
	line text;
	macro text[];
	block text;
	result text := '';
BEGIN
	FOREACH line IN ARRAY string_to_array(file, E'\n') LOOP
		CONTINUE WHEN line ~ '--\? *!' AND plain.has_column(substring(line FROM '--\? *!(\w+)'));
		CONTINUE WHEN line ~ '--\? *\w' AND NOT plain.has_column(substring(line FROM '--\? *(\w+)'));
		line := regexp_replace(line, '\s*--\? .*$', '');
		IF line ~ '^\s*--\[' THEN
			block := '';
		ELSIF line ~ '^\s*--\]' THEN
			result := result || (
				SELECT string_agg(replace(replace(replace(block, '$dimension$', d.dimension), '$value$', d.value), '$value_sort$', d.value_sort),
					substring(line FROM '--\](.*)$') || E'\n' ORDER BY d.place)
				FROM dimension AS d);
			block := NULL;
		ELSIF block IS NOT NULL THEN
			block := block || line || E'\n';
		ELSE
			result := result || line || E'\n';
		END IF;
	END LOOP;
	FOR macro IN SELECT regexp_matches(result, '(\$(orders|customers)\(([^$]*)\)\$)', 'g') LOOP
		result := replace(result, macro[1], CASE macro[2] WHEN 'orders' THEN plain.orders(macro[3]) ELSE plain.customers(macro[3]) END);
	END LOOP;
	SELECT replace(replace(result, '$age_group$', max(d.value)), '$age_group_sort$', max(d.value_sort)) INTO result
	FROM dimension AS d WHERE d.dimension = 'age_group' HAVING count(*) > 0
	UNION ALL
	SELECT result WHERE NOT EXISTS (SELECT FROM dimension AS d WHERE d.dimension = 'age_group');
	RETURN replace(result, '$has$', plain.has());
END $$;

-- A value of the header: "-- key: a, b" and the like.
CREATE FUNCTION plain.header(file text, field text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT substring(file FROM '(?n)^-- ' || field || ': *(.*)$')
$$;

-- Where two answers differ, in the columns of the plain one, whose rows are known by the key: floats to nine
-- digits, all else exactly. Without a key they are bags of rows, compared by a checksum first.
CREATE FUNCTION plain.differences(ours text, question text, key text) RETURNS TABLE (difference text) LANGUAGE plpgsql AS $$
DECLARE
	columns text;
	keys text;
	conditions text;
	line text;
	n bigint;
	m bigint;
	n_sum numeric;
	m_sum numeric;
BEGIN
	SET LOCAL client_min_messages = warning;
	FOR line IN SELECT format('DROP %s %I', CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, relname)
			FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relname IN ('our_answer', 'plain_answer') LOOP
		EXECUTE line;
	END LOOP;
	EXECUTE format('CREATE TEMP %s our_answer AS ', CASE WHEN key IS NULL THEN 'VIEW' ELSE 'TABLE' END) || ours;
	EXECUTE format('CREATE TEMP %s plain_answer AS ', CASE WHEN key IS NULL THEN 'VIEW' ELSE 'TABLE' END) || question;
	SELECT string_agg(format('column %I is not in the view', p.attname), ', ') INTO difference
	FROM pg_attribute p
	WHERE p.attrelid = 'plain_answer'::regclass AND p.attnum > 0
		AND NOT EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = 'our_answer'::regclass AND o.attname = p.attname);
	IF difference IS NOT NULL THEN
		RETURN NEXT;
		RETURN;
	END IF;
	IF key IS NULL THEN
		SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
		FROM pg_attribute WHERE attrelid = 'plain_answer'::regclass AND attnum > 0;
		EXECUTE format('SELECT count(*), sum(hashtextextended(a::text, 0)::numeric) FROM (SELECT %s FROM our_answer) AS a', columns) INTO n, n_sum;
		EXECUTE 'SELECT count(*), sum(hashtextextended(a::text, 0)::numeric) FROM plain_answer AS a' INTO m, m_sum;
		IF n = m AND n_sum = m_sum THEN
			RETURN;
		END IF;
		IF n <> m THEN
			difference := format('%s rows, plain SQL has %s', n, m);
			RETURN NEXT;
		END IF;
		RETURN QUERY EXECUTE format(
			'(SELECT ''ours only: '' || to_jsonb(d)::text FROM (SELECT %1$s FROM our_answer EXCEPT ALL SELECT %1$s FROM plain_answer) AS d LIMIT 3)
			UNION ALL (SELECT ''plain only: '' || to_jsonb(d)::text FROM (SELECT %1$s FROM plain_answer EXCEPT ALL SELECT %1$s FROM our_answer) AS d LIMIT 3)', columns);
		RETURN;
	END IF;
	SELECT count(*) INTO n FROM our_answer;
	SELECT count(*) INTO m FROM plain_answer;
	IF n <> m OR n = 0 THEN
		difference := format('%s rows, plain SQL has %s', n, m);
		RETURN NEXT;
	END IF;
	SELECT string_agg(format('coalesce(%%1$s.%I::text, E''\\001'')', trim(k)), ' || E''\\002'' || ') INTO keys
	FROM string_to_table(key, ',') AS k;
	SELECT string_agg(CASE WHEN 'float8'::regtype IN (o.atttypid, p.atttypid)
			THEN format('CASE WHEN coalesce(abs(o.%1$I::float8 - p.%1$I::float8) > 1e-9 * greatest(1, abs(o.%1$I::float8), abs(p.%1$I::float8)), (o.%1$I IS NULL) <> (p.%1$I IS NULL))', p.attname)
			ELSE format('CASE WHEN o.%1$I IS DISTINCT FROM p.%1$I', p.attname) END
			|| format(' THEN format(''%1$s %%s, plain SQL has %%s'', o.%1$I, p.%1$I) END', p.attname), ', ' ORDER BY p.attnum)
	INTO conditions
	FROM pg_attribute p
	JOIN pg_attribute o ON o.attrelid = 'our_answer'::regclass AND o.attname = p.attname
	WHERE p.attrelid = 'plain_answer'::regclass AND p.attnum > 0;
	RETURN QUERY EXECUTE format(
		'SELECT format(''%%s: %%s'', coalesce(o.key, p.key), CASE WHEN o.key IS NULL THEN ''not in the view'' WHEN p.key IS NULL THEN ''not in the plain answer'' ELSE concat_ws(''; '', %s) END)
		FROM (SELECT our_answer.*, %s AS key FROM our_answer) AS o
		FULL JOIN (SELECT plain_answer.*, %s AS key FROM plain_answer) AS p ON p.key = o.key
		WHERE o.key IS NULL OR p.key IS NULL OR concat(%1$s) <> ''''
		LIMIT 5', conditions, format(keys, 'our_answer'), format(keys, 'plain_answer'));
END $$;
