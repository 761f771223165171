-- kept cubes: what all customers of a kept mart add up to, without a pass over them

/*--- what views ask for ---*/

CREATE FUNCTION @extschema@.pt_customer_total(total text, kept boolean) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- t: as of the last refresh, n: pending customers as they are, o: as they were kept; s.customer: the relation
	SELECT CASE
		WHEN kept AND total = 'first_at' THEN 'coalesce(CASE WHEN t.rows IS NOT NULL AND (o.first_at IS NULL OR o.first_at > t.first_at OR n.first_at <= t.first_at) '
			'THEN least(t.first_at, n.first_at) END, @extschema@.pt_customer_time(s.customer, ''first_at''::text))'
		WHEN kept AND total = 'last_at' THEN 'coalesce(CASE WHEN t.rows IS NOT NULL AND (o.last_at IS NULL OR o.last_at < t.last_at OR n.last_at >= t.last_at) '
			'THEN greatest(t.last_at, n.last_at) END, @extschema@.pt_customer_time(s.customer, ''last_at''::text))'
		WHEN kept AND total = 'whole_days' THEN 'CASE WHEN t.rows IS NULL THEN @extschema@.pt_customer_whole_days(s.customer) '
			'WHEN t.rows + n.rows - o.rows > 0 THEN t.not_whole + n.not_whole - o.not_whole = 0 END'
		WHEN kept THEN format('CASE WHEN t.rows IS NOT NULL THEN t.%1$I + n.%1$I - o.%1$I ELSE @extschema@.pt_customer_count(s.customer, %1$L::text) END', total)
		WHEN total = 'first_at' THEN 'min(c.first_at)'
		WHEN total = 'last_at' THEN 'max(c.last_at)'
		WHEN total = 'whole_days' THEN 'bool_and(c.whole_days)'
		WHEN total = 'not_whole' THEN 'count(*) FILTER (WHERE NOT c.whole_days)'
		WHEN total = 'customers_with_order' THEN 'count(*) FILTER (WHERE @extschema@.order_count(c.history) > 0)'
		WHEN total = 'repeat_customers' THEN 'count(*) FILTER (WHERE @extschema@.order_count(c.history) > 1)'
		WHEN total = 'buyers' THEN 'count(*) FILTER (WHERE c.customer_id IS NOT NULL AND @extschema@.order_count(c.lines) > 0)'
		WHEN total = 'repeat_buyers' THEN 'count(*) FILTER (WHERE c.customer_id IS NOT NULL AND @extschema@.order_count(c.lines) > 1)'
		END || ' AS ' || total
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_total(text, boolean) IS
'SQL of a total of all customers in what pt_cubed makes: first_at, last_at, whole_days, customers_with_order, repeat_customers (by histories), buyers or repeat_buyers (by lines), from what is kept and the pending customers, or from a pass. The earliest or latest time is looked for where the customer that had it is pending, and has it no longer.';

CREATE FUNCTION @extschema@.pt_customer_totals(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT 'count(*) AS rows' || CASE WHEN (settings).roles ? 'purchased_at' THEN (
		SELECT string_agg(', ' || @extschema@.pt_customer_total(t.total, false), '' ORDER BY t.number)
		FROM unnest('{first_at,last_at,not_whole,customers_with_order,repeat_customers,buyers,repeat_buyers}'::text[]) WITH ORDINALITY AS t(total, number)) ELSE '' END
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_totals(@extschema@.mart_settings) IS
'The columns of the table kept_total of a mart, as aggregates of rows c of the relation customer.';

CREATE FUNCTION @extschema@.pt_cubed(settings @extschema@.mart_settings, kept_mart text, totals text[], plan text) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	columns text := nullif(array_to_string(ARRAY(SELECT @extschema@.pt_customer_total(t.total, kept_mart IS NOT NULL)
		FROM unnest(totals) WITH ORDINALITY AS t(total, number) WHERE t.total <> '' ORDER BY t.number), E',\n\t\t'), '');
	change text := @extschema@.pt_customer_totals(settings);
BEGIN
	IF kept_mart IS NULL THEN
		RETURN format(E'(\n\tSELECT %s\n\tFROM customer c\n)',
			-- NULL if there is no plan
			concat_ws(E',\n\t\t', '@extschema@.sales_cube(c.lines, c.customer_id IS NOT NULL, ' || plan || ') AS cube', columns));
	END IF;
	IF plan IS NOT NULL THEN
		change := '@extschema@.sales_cube(c.lines, c.customer_id IS NOT NULL, p.plan) AS cube, ' || change;
	END IF;
	RETURN E'(\n\tSELECT ' || concat_ws(E',\n\t\t',
			CASE WHEN plan IS NOT NULL THEN 'coalesce(CASE WHEN t.rows IS NOT NULL THEN @extschema@.pt_cube_of_parts(p.plan, k.added, k.taken, n.cube, o.cube) END, '
				'@extschema@.pt_customer_cube(s.customer, p.plan)) AS cube' END, columns)
		|| format(E'\n\tFROM (SELECT %L::regclass AS customer) s\n\tLEFT JOIN kept_known t ON true\n', format('%I.customer', kept_mart))
		|| CASE WHEN plan IS NULL THEN '' ELSE format(E'\tCROSS JOIN (SELECT %s AS plan) p\n'
			'\tCROSS JOIN LATERAL (SELECT array_agg(k.added ORDER BY k.number) AS added, array_agg(k.taken ORDER BY k.number) AS taken '
			'FROM kept_cube k WHERE k.plan = ANY (@extschema@.pt_cube_plan_parts(p.plan))) k\n', plan) END
		|| format(E'\tCROSS JOIN LATERAL (SELECT %1$s FROM kept_pending c) n\n\tCROSS JOIN LATERAL (SELECT %1$s FROM kept_stale c) o\n)', change);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_cubed(@extschema@.mart_settings, text, text[], text) IS
'SQL of a relation with one row: cube, the sales_cube of all customers by a plan (SQL of it; NULL: no cube), and totals (see pt_customer_total). By a pass over the relation customer, or, with the name of a kept mart, from what it keeps of all its customers and those that are pending; by a pass after all where that is not known.';

CREATE FUNCTION @extschema@.pt_expand_cubed(query text, settings @extschema@.mart_settings, kept_mart text) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	found text[];
	result text := query;
BEGIN
	LOOP
		found := regexp_match(result, '(@cubed ([a-z_, ]*?) ?(?:OF (.*?))?@end@)');
		EXIT WHEN found IS NULL;
		result := replace(result, found[1], @extschema@.pt_cubed(settings, kept_mart, regexp_split_to_array(found[2], ',\s*'), found[3]));
	END LOOP;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_expand_cubed(text, @extschema@.mart_settings, text) IS
'The query of a template in which "@cubed totals OF plan@end@", "@cubed OF plan@end@" and "@cubed totals@end@" are what pt_cubed makes of them.';

CREATE FUNCTION @extschema@.pt_cube_plans(query text) RETURNS SETOF text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- most templates ask for none: found sooner than by a regular expression, which first makes a copy of four bytes a character and cannot be cancelled meanwhile
	SELECT m.match[1] FROM regexp_matches(CASE WHEN strpos(query, '@cubed ') > 0 THEN query END, '@cubed [a-z_, ]*?OF (.*?)@end@', 'g') AS m(match)
$$;
COMMENT ON FUNCTION @extschema@.pt_cube_plans(text) IS
'The plans, as SQL, of the cubes that the query of a template asks for by @cubed ... OF plan@end@.';

CREATE FUNCTION @extschema@.pt_has_kept_parts(mart text, query text) RETURNS boolean
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	plan text;
	found boolean;
BEGIN
	FOR plan IN SELECT p FROM @extschema@.pt_cube_plans(query) p LOOP
		PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
		EXECUTE format('SELECT @extschema@.pt_cube_plan_parts(%s) <@ ARRAY(SELECT k.plan FROM kept_cube k)', plan) INTO found;
		PERFORM pg_catalog.set_config('search_path'::text, 'pg_catalog, pg_temp'::text, true);
		IF found IS NOT TRUE THEN
			RETURN false;
		END IF;
	END LOOP;
	RETURN true;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_has_kept_parts(text, text) IS
'Whether a kept mart keeps all the cubes that the query of a template asks for.';

/*--- passes, where what is kept does not do ---*/

CREATE FUNCTION @extschema@.pt_customer_cube(customer regclass, plan @extschema@.cube_plan) RETURNS @extschema@.sales_cube
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	cube @extschema@.sales_cube;
BEGIN
	IF @extschema@.pt_relation_name(customer) IS NOT NULL THEN
		EXECUTE format('SELECT @extschema@.sales_cube(c.lines, c.customer_id IS NOT NULL, $1) FROM %s c', customer) INTO cube USING plan;
	END IF;
	RETURN cube;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_cube(regclass, @extschema@.cube_plan) IS
'The sales_cube of all rows of a relation customer, by a pass with the rights of the caller. NULL if an argument is, or if there is no such relation. A function, and cheap for the planner, because views hardly ever call it.';

CREATE FUNCTION @extschema@.pt_customer_time(customer regclass, total text) RETURNS timestamp
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	found timestamp;
BEGIN
	IF @extschema@.pt_relation_name(customer) IS NOT NULL THEN
		EXECUTE format('SELECT %s FROM %s c', CASE total WHEN 'first_at' THEN 'min(c.first_at)' ELSE 'max(c.last_at)' END, customer) INTO found;
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_time(regclass, text) IS
'The total first_at or last_at of all rows of a relation customer, by a pass with the rights of the caller. NULL if an argument is, or if there is no such relation.';

CREATE FUNCTION @extschema@.pt_customer_whole_days(customer regclass) RETURNS boolean
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	found boolean;
BEGIN
	IF @extschema@.pt_relation_name(customer) IS NOT NULL THEN
		EXECUTE format('SELECT bool_and(c.whole_days) FROM %s c', customer) INTO found;
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_whole_days(regclass) IS
'Whether all times of a relation customer are whole days, by a pass with the rights of the caller. NULL for no rows, and for NULL or no relation.';

CREATE FUNCTION @extschema@.pt_customer_count(customer regclass, total text) RETURNS bigint
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	found bigint;
BEGIN
	IF @extschema@.pt_relation_name(customer) IS NOT NULL THEN
		EXECUTE format('SELECT count(*) FILTER (WHERE %s > %s) FROM %s c',
			CASE WHEN total IN ('buyers', 'repeat_buyers') THEN 'c.customer_id IS NOT NULL AND @extschema@.order_count(c.lines)' ELSE '@extschema@.order_count(c.history)' END,
			CASE WHEN total IN ('repeat_customers', 'repeat_buyers') THEN 1 ELSE 0 END, customer) INTO found;
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_count(regclass, text) IS
'The total customers_with_order, repeat_customers, buyers or repeat_buyers of all rows of a relation customer, by a pass with the rights of the caller. NULL if an argument is, or if there is no such relation.';

/*--- keeping them ---*/

CREATE FUNCTION @extschema@.pt_most_cells(mart text, settings @extschema@.mart_settings, part text) RETURNS numeric
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	days numeric := 0;
	cells numeric;
BEGIN
	IF settings.roles ? 'purchased_at' THEN
		EXECUTE format('SELECT coalesce(extract(epoch FROM t.last_at - t.first_at) / 86400, 0) FROM %I.kept_total t', mart) INTO days;
	END IF;
	EXECUTE format($query$
		SELECT coalesce(exp(sum(ln(CASE
			WHEN e.element > 0 THEN 1 + (SELECT count(*) FROM %I.dimension_value v WHERE v.dimension_number = e.element)
			WHEN e.element IN (-6, -8, -9) THEN 8 WHEN e.element = -7 THEN 24
			ELSE 2 + $1 / CASE e.element WHEN -1 THEN 365 WHEN -2 THEN 90 WHEN -3 THEN 28 WHEN -5 THEN 1 ELSE 7 END END::numeric))), 1)
		FROM (SELECT m.found[1]::integer AS element FROM regexp_matches(substring($2 FROM '\(([^)]*)\)'), '-?[0-9]+', 'g') AS m(found)) e
		WHERE e.element <> 0
	$query$, mart) INTO cells USING days, part;
	RETURN cells;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_most_cells(text, @extschema@.mart_settings, text) IS
'How many cells a part of a cube_plan, as pt_cube_plan_parts gives it, may have in a kept mart, about, if all values of its elements occurred together; by the times in kept_total.';

CREATE FUNCTION @extschema@.pt_kept_parts(mart text, settings @extschema@.mart_settings) RETURNS text[]
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	plans text[];
	plan text;
	parts text[];
	result text[] := '{}'::text[];
	max_cells CONSTANT integer := 100000;
BEGIN
	SELECT array_agg(p.plan) INTO plans
	FROM @extschema@.mart_view v
	CROSS JOIN LATERAL @extschema@.pt_cube_plans(v.query) AS p(plan)
	WHERE settings.roles ?& v.needs AND NOT settings.roles ?| v.unless;
	plans := plans || format('@extschema@.cube_plan(ARRAY[%s]::integer[], NULL::boolean[], NULL::timestamp, NULL::integer)',
		array_to_string(@extschema@.pt_dashboard_groupings(settings), ','));
	FOREACH plan IN ARRAY plans LOOP
		PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
		EXECUTE format('SELECT @extschema@.pt_cube_plan_parts(%s)', plan) INTO parts;
		PERFORM pg_catalog.set_config('search_path'::text, 'pg_catalog, pg_temp'::text, true);
		result := result || parts;
	END LOOP;
	RETURN ARRAY(SELECT r.part FROM (SELECT DISTINCT u.part COLLATE "C" AS part FROM unnest(result) AS u(part)) r
		WHERE @extschema@.pt_most_cells(mart, settings, r.part) <= max_cells ORDER BY r.part);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_kept_parts(text, @extschema@.mart_settings) IS
'The parts of cubes, as pt_cube_plan_parts has them, that a kept mart keeps: all that its views and the pages of its dashboard ask for, but those that may have over 100,000 cells.';

CREATE FUNCTION @extschema@.pt_kept_cube_query(mart text, parts text[]) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format(E'SELECT 0::bigint AS number, p.plan, p.part AS added, NULL::@extschema@.sales_cube AS taken\n'
		'FROM (SELECT @extschema@.sales_cube(c.lines, c.customer_id IS NOT NULL, %1$L::@extschema@.cube_plan) AS cube FROM %2$I.kept_customer c) s\n'
		'CROSS JOIN LATERAL @extschema@.pt_cube_parts(s.cube, %1$L::@extschema@.cube_plan) p\n'
		-- what takes longer to be read than a pass over the customers
		'WHERE p.cells <= 50000', @extschema@.pt_cube_plan_of_parts(parts)::text, mart)
$$;
COMMENT ON FUNCTION @extschema@.pt_kept_cube_query(text, text[]) IS
'SQL of the rows of kept_cube for these parts, from a pass over the kept customers.';

CREATE FUNCTION @extschema@.pt_make_kept_cubes(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	-- tables that are made of queries are made by parallel workers
	EXECUTE format('CREATE TABLE %I.kept_total AS SELECT %s FROM %1$I.kept_customer c', mart, @extschema@.pt_customer_totals(settings));
	EXECUTE format('CREATE TABLE %I.kept_cube AS %s', mart, @extschema@.pt_kept_cube_query(mart, @extschema@.pt_kept_parts(mart, settings)));
	EXECUTE format('ALTER TABLE %I.kept_cube ALTER added SET STATISTICS 0, ALTER taken SET STATISTICS 0', mart);
	EXECUTE format('COMMENT ON TABLE %I.kept_total IS %L', mart, 'One row: counts and times of all rows of kept_customer. Written by the functions of purchase_trends only.');
	EXECUTE format('COMMENT ON TABLE %I.kept_cube IS %L', mart,
		'What all rows of kept_customer add up to, for each grouping that views ask for: since the last rebuild (number 0), and what each refresh added and took away. Written by the functions of purchase_trends only.');
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_kept_cubes(text, @extschema@.mart_settings) IS
'Makes the tables kept_total and kept_cube of a kept mart.';

CREATE FUNCTION @extschema@.pt_fill_kept_cubes(mart text, parts text[]) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	EXECUTE format('CREATE TABLE %I.kept_scratch AS %s', mart, @extschema@.pt_kept_cube_query(mart, parts));
	EXECUTE format('DELETE FROM %I.kept_cube k WHERE k.plan = ANY ($1)', mart) USING parts;
	EXECUTE format('INSERT INTO %I.kept_cube SELECT s.* FROM %1$I.kept_scratch s', mart);
	EXECUTE format('DROP TABLE %I.kept_scratch', mart);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_fill_kept_cubes(text, text[]) IS
'Computes these parts of the cubes of a kept mart anew.';

CREATE FUNCTION @extschema@.pt_change_kept_parts(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	parts text[];
	missing text[];
BEGIN
	SELECT @extschema@.pt_kept_parts(mart, s) INTO parts FROM @extschema@.pt_mart_settings(mart) s;
	EXECUTE format('DELETE FROM %I.kept_cube k WHERE k.plan <> ALL ($1)', mart) USING parts;
	EXECUTE format('SELECT ARRAY(SELECT p.part FROM unnest($1) AS p(part) WHERE NOT EXISTS (SELECT FROM %I.kept_cube k WHERE k.plan = p.part))', mart) INTO missing USING parts;
	IF missing <> '{}' THEN
		PERFORM @extschema@.pt_fill_kept_cubes(mart, missing);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_change_kept_parts(text) IS
'Computes the parts of cubes of a kept mart that its settings ask for and that it has not, and removes others.';

CREATE FUNCTION @extschema@.pt_fill_kept_totals(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	EXECUTE format('DELETE FROM %I.kept_total', mart);
	EXECUTE format('INSERT INTO %I.kept_total SELECT %s FROM %1$I.kept_customer c', mart, @extschema@.pt_customer_totals(settings));
END
$$;
COMMENT ON FUNCTION @extschema@.pt_fill_kept_totals(text, @extschema@.mart_settings) IS
'Computes the table kept_total of a kept mart anew.';

CREATE TYPE @extschema@.kept_change AS (
	cube	@extschema@.sales_cube,
	lines	bigint,
	rows	bigint,
	first_at	timestamp,
	last_at	timestamp,
	not_whole	bigint,
	customers_with_order	bigint,
	repeat_customers	bigint,
	buyers	bigint,
	repeat_buyers	bigint
);
COMMENT ON TYPE @extschema@.kept_change IS
'What some rows of kept_customer add up to: their cube by all parts that the mart keeps, their lines, and the columns of kept_total.';

CREATE FUNCTION @extschema@.pt_kept_change_columns(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT '@extschema@.sales_cube(c.lines, c.customer_id IS NOT NULL, $1) AS cube, coalesce(sum(@extschema@.line_count(c.lines)), 0)::bigint AS lines, '
		|| @extschema@.pt_customer_totals(settings)
		|| CASE WHEN (settings).roles ? 'purchased_at' THEN '' ELSE ', NULL::timestamp, NULL::timestamp, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint' END
$$;
COMMENT ON FUNCTION @extschema@.pt_kept_change_columns(@extschema@.mart_settings) IS
'The columns of a kept_change, as aggregates of rows c of kept_customer; $1 is the plan. Those of times are NULL in a mart without.';

CREATE FUNCTION @extschema@.pt_note_kept_change(mart text, settings @extschema@.mart_settings, plan @extschema@.cube_plan, added @extschema@.kept_change, taken @extschema@.kept_change) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	total text := (@extschema@.pt_cube_plan_parts(@extschema@.cube_plan('{{0}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer)))[1];
	rounds bigint;
	in_doubt boolean;
BEGIN
	EXECUTE format('INSERT INTO %I.kept_cube (number, plan, added, taken) '
		'SELECT (SELECT coalesce(max(k.number), 0) + 1 FROM %1$I.kept_cube k), a.plan, CASE WHEN a.cells > 0 THEN a.part END, CASE WHEN t.cells > 0 THEN t.part END '
		'FROM @extschema@.pt_cube_parts($1, $3) a JOIN @extschema@.pt_cube_parts($2, $3) t ON t.plan = a.plan', mart)
		USING added.cube, taken.cube, plan;
	EXECUTE format('UPDATE %I.kept_total t SET rows = t.rows + ($1).rows - ($2).rows', mart) USING added, taken;
	IF settings.roles ? 'purchased_at' THEN
		EXECUTE format('SELECT ($1).first_at <= t.first_at IS NOT TRUE AND ($2).first_at <= t.first_at OR ($1).last_at >= t.last_at IS NOT TRUE AND ($2).last_at >= t.last_at '
			'FROM %I.kept_total t', mart) INTO in_doubt USING added, taken;
		EXECUTE format('UPDATE %I.kept_total t SET not_whole = t.not_whole + ($1).not_whole - ($2).not_whole, '
			'customers_with_order = t.customers_with_order + ($1).customers_with_order - ($2).customers_with_order, '
			'repeat_customers = t.repeat_customers + ($1).repeat_customers - ($2).repeat_customers, '
			'buyers = t.buyers + ($1).buyers - ($2).buyers, repeat_buyers = t.repeat_buyers + ($1).repeat_buyers - ($2).repeat_buyers, '
			'first_at = least(t.first_at, ($1).first_at), last_at = greatest(t.last_at, ($1).last_at)', mart) USING added, taken;
		-- whoever had the first or last time may have it no longer
		IF in_doubt THEN
			EXECUTE format('UPDATE %I.kept_total SET (first_at, last_at) = (SELECT min(k.first_at), max(k.last_at) FROM %1$I.kept_customer k)', mart);
		END IF;
	END IF;
	EXECUTE format('SELECT count(DISTINCT k.number) FROM %I.kept_cube k', mart) INTO rounds;
	IF rounds > 100 THEN
		EXECUTE format('CREATE TABLE %I.kept_scratch AS SELECT 0::bigint AS number, k.plan, @extschema@.pt_cube_of_parts(k.plan::@extschema@.cube_plan, '
			'array_agg(k.added ORDER BY k.number), array_agg(k.taken ORDER BY k.number), NULL::@extschema@.sales_cube, NULL::@extschema@.sales_cube) AS added, NULL::@extschema@.sales_cube AS taken '
			'FROM %1$I.kept_cube k GROUP BY k.plan', mart);
		EXECUTE format('DELETE FROM %I.kept_cube', mart);
		EXECUTE format('INSERT INTO %I.kept_cube SELECT s.* FROM %1$I.kept_scratch s', mart);
		EXECUTE format('DROP TABLE %I.kept_scratch', mart);
	END IF;
	-- the first and last purchase of all is asked for
	EXECUTE format('SELECT @extschema@.pt_cube_of_parts($1::@extschema@.cube_plan, array_agg(k.added ORDER BY k.number), array_agg(k.taken ORDER BY k.number), NULL::@extschema@.sales_cube, NULL::@extschema@.sales_cube) IS NULL '
		'FROM %I.kept_cube k WHERE k.plan = $1', mart) INTO in_doubt USING total;
	IF in_doubt THEN
		PERFORM @extschema@.pt_fill_kept_cubes(mart, ARRAY[total]);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_note_kept_change(text, @extschema@.mart_settings, @extschema@.cube_plan, @extschema@.kept_change, @extschema@.kept_change) IS
'Notes in kept_cube and kept_total what a refresh put into kept_customer and took from it. After a hundred refreshes their changes become part of the whole.';

CREATE FUNCTION @extschema@.pt_verify_kept_cubes(mart text, settings @extschema@.mart_settings) RETURNS boolean
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	figures CONSTANT text := 'r.grouping_number, r.codes, r.texts, r.line_count, r.customers, r.buyers, r.new_customers, r.returning_customers, r.subscribers, '
		'r.subscription_known, r.orders, r.priced_orders, r.discounted_orders, r.discount_known, r.returns, r.revenue, r.order_amount, r.customer_revenue, '
		'r.new_revenue, r.returning_revenue, r.rating_sum, r.rated_lines, r.quantity, r.stats::text';
	times text := CASE WHEN settings.roles ? 'purchased_at' THEN 'first_at, last_at, whole_days, customers_with_order, repeat_customers, buyers, repeat_buyers' ELSE '' END;
	plan text;
	query text;
	differ boolean;
BEGIN
	-- statistics as text, which has the decimals of the amounts: those of a mart all have as many
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	EXECUTE format('SELECT @extschema@.pt_cube_plan_of_parts(coalesce(array_agg(DISTINCT k.plan), ''{}''))::text FROM %I.kept_cube k', mart) INTO plan;
	plan := format('%L::@extschema@.cube_plan', plan);
	query := format('WITH kept AS MATERIALIZED (SELECT * FROM @cubed %1$s OF %2$s@end@ x)', times, plan);
	query := @extschema@.pt_expand_cubed(query, settings, mart)
		|| @extschema@.pt_expand_cubed(format(', passed AS MATERIALIZED (SELECT * FROM @cubed %1$s OF %2$s@end@ x)', times, plan), settings, NULL::text)
		|| format(E'\nSELECT EXISTS ((SELECT %1$s FROM kept k CROSS JOIN LATERAL @extschema@.sales_cube_rows(k.cube, ''whole''::@extschema@.cube_arm) r EXCEPT SELECT %1$s FROM passed k CROSS JOIN LATERAL @extschema@.sales_cube_rows(k.cube, ''whole''::@extschema@.cube_arm) r) '
			'UNION ALL (SELECT %1$s FROM passed k CROSS JOIN LATERAL @extschema@.sales_cube_rows(k.cube, ''whole''::@extschema@.cube_arm) r EXCEPT SELECT %1$s FROM kept k CROSS JOIN LATERAL @extschema@.sales_cube_rows(k.cube, ''whole''::@extschema@.cube_arm) r))', figures)
		|| CASE WHEN times = '' THEN '' ELSE format(' OR (SELECT ROW(%1$s) FROM kept) IS DISTINCT FROM (SELECT ROW(%1$s) FROM passed)', times) END;
	EXECUTE @extschema@.pt_mart_view_query(jsonb_populate_record(NULL::@extschema@.mart_view, jsonb_build_object('query', query)), settings) INTO differ;
	RETURN differ;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_verify_kept_cubes(text, @extschema@.mart_settings) IS
'Whether the cubes and totals that a kept mart keeps differ from those of a pass over its customers.';
