-- describe: what a table holds

CREATE FUNCTION @extschema@.count_duplicates(source regclass, OUT surplus bigint, OUT example text)
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	SET parallel_tuple_cost = 0
AS $$
DECLARE
	input text := @extschema@.pt_from_item(source, 'c');
	keys text[];
	hashed text[];
	looks text[];
	unique_in_sample text[];
	hash text;
	total bigint;
	kinds bigint;
BEGIN
	PERFORM @extschema@.pt_check_source(source);
	SELECT array_agg(k.key ORDER BY r.ordinal),
		array_agg(@extschema@.pt_comparable_expression('c' || r.ordinal, r.type, 'hash'::name) ORDER BY r.ordinal),
		array_agg(format('CASE WHEN count(DISTINCT %1$s) = count(*) AND count(*) > 1 THEN %1$L END', k.key) ORDER BY r.ordinal)
	INTO keys, hashed, looks
	FROM @extschema@.pt_relation_columns(source) AS r,
		LATERAL @extschema@.pt_comparable_expression('c' || r.ordinal, r.type, 'btree'::name) AS k(key);

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
'How many rows of a table or view are surplus, since an earlier row equals them in every column (NULL equals NULL; types without equality compare by their text), and the first such row, in the byte order of its text, as an example (NULL if there is none). Errors: those of pt_check_source.';

CREATE FUNCTION @extschema@.redundant_columns(source regclass,
		OUT column_name text, OUT equal_to text, OUT constant_value text) RETURNS SETOF record
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	input text := @extschema@.pt_from_item(source, 'c');
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
	PERFORM @extschema@.pt_check_source(source);
	SELECT array_agg(r.name ORDER BY r.ordinal), array_agg(r.type::oid ORDER BY r.ordinal), count(*),
		array_agg(format(CASE WHEN @extschema@.pt_base_type(r.type) = 'numeric'::regtype
			THEN 'trim_scale(c%s)::text COLLATE pg_catalog."C"'
			ELSE 'c%s::text COLLATE pg_catalog."C"' END, r.ordinal) ORDER BY r.ordinal),
		array_agg(@extschema@.pt_comparable_expression('c' || r.ordinal, r.type, 'btree'::name) ORDER BY r.ordinal)
	INTO names, types, n, shown, compared
	FROM @extschema@.pt_relation_columns(source) AS r;

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
'Columns of a table or view that tell nothing new, in order: those that equal an earlier column of the same type in every row (equal_to; NULL equals NULL, at least 10 rows and 2 different values), and those that hold one value in all of at least 2 rows (constant_value, as text; columns that are all NULL are not listed). Errors: those of pt_check_source.';

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
	relation text := @extschema@.pt_relation_name(source);
	col record;
	huge boolean;
	as_float text;
	mean_of text;
	sd_of text;
	quartiles double precision[];
BEGIN
	PERFORM @extschema@.pt_check_source(source);
	FOR col IN
		SELECT a.attname::text AS name, @extschema@.pt_base_type(a.atttypid::regtype) AS type, a.atttypid::regtype AS own_type,
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
			@extschema@.pt_comparable_expression(format('t.%I', col.name), col.own_type, 'btree'::name), col.name, relation)
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
			mean_of := CASE WHEN huge THEN @extschema@.pt_float_expression('avg(t.x::numeric)') ELSE 'avg(t.x)' END;
			sd_of := CASE WHEN huge THEN @extschema@.pt_float_expression('stddev_samp(t.x::numeric)') ELSE 'stddev_samp(t.x)' END;
		ELSIF col.type IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype, 'numeric'::regtype) THEN
			as_float := CASE WHEN col.type = 'numeric'::regtype THEN @extschema@.pt_float_expression('t.x') ELSE 't.x::float8' END;
			mean_of := @extschema@.pt_float_expression('avg(t.x)');
			sd_of := @extschema@.pt_float_expression('stddev_samp(t.x)');
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
'One row per column of a table or view, in order: type, rows, NULLs, different values, smallest and largest value (as text), quartiles, mean and sample standard deviation (numbers only; quartiles of type 7, as percentile_cont; sd NULL for fewer than 2 values), the most frequent value (of several the first in the byte order of text) and its share of the values that are not NULL. Text orders by its bytes; types without an order, such as json and point, count and order by their text. NaN and infinity are values; numeric results too large for double precision show as infinity. Errors: those of pt_check_source.';
