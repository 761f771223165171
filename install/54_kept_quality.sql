-- kept quality: the checks of data_quality in a kept mart, without a pass over the source

-- Counts over lines, and over the orders of one customer, add up over customers. A kept mart keeps their sum over its regular customers; what a
-- check wants to know of the others, the odd ones, is read from the source each time, as it is of those that are pending. An order id under
-- several customers is kept by itself, as its order does not belong to one of them.

/*--- counts of a customer ---*/

CREATE FUNCTION @extschema@.pt_quality_counts(lines @extschema@.purchase_lines, is_customer boolean, age_known boolean, previous_known boolean, frequency_known boolean) RETURNS bigint[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quality_counts';
COMMENT ON FUNCTION @extschema@.pt_quality_counts(@extschema@.purchase_lines, boolean, boolean, boolean, boolean) IS
'What the lines of a customer add to the checks of data_quality: the number of 1 lines, 2 lines of a customer, 3 known amounts, 4 amounts of zero, 5 below zero, 6 ratings, 7 quantities, 8 and 9 lines of which it is known whether they are discounted, and subscribed, 10 orders, 11 orders of several lines, 12 of these with one amount that is not zero, 13 customers, 14 customers with several lines, 15 lines of a customer beyond one in each order, 16 to 18 lines with an age, previous purchases and a purchase frequency, and then of each dimension the lines with a value. is_customer says whether they are those of one customer; the other arguments whether all lines have the label, or none. NULL if an argument is NULL.';

CREATE FUNCTION @extschema@.pt_quality_counts_add(a bigint[], b bigint[]) RETURNS bigint[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_quality_counts_add';
COMMENT ON FUNCTION @extschema@.pt_quality_counts_add(bigint[], bigint[]) IS
'The sums of two lists of counts, one by one. NULL if one is NULL. Errors: lists of different lengths, or that are none as pt_quality_counts gives them (22P03), sums beyond bigint (22003).';

CREATE AGGREGATE @extschema@.pt_quality_sum(counts bigint[]) (
	SFUNC = @extschema@.pt_quality_counts_add,
	STYPE = bigint[],
	COMBINEFUNC = @extschema@.pt_quality_counts_add,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.pt_quality_sum(bigint[]) IS
'The sums of lists of counts, as pt_quality_counts gives them. NULLs are skipped; no other gives NULL.';

CREATE FUNCTION @extschema@.pt_lowest_return(lines @extschema@.purchase_lines) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lowest_return';
COMMENT ON FUNCTION @extschema@.pt_lowest_return(@extschema@.purchase_lines) IS
'The lowest amount below zero; NULL if there is none.';

CREATE FUNCTION @extschema@.pt_has_odd_order(lines @extschema@.purchase_lines) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_has_odd_order';
COMMENT ON FUNCTION @extschema@.pt_has_odd_order(@extschema@.purchase_lines) IS
'Whether an order has lines of several times, or lines that seem to be equal (rarely also if they are not): rows of which may be exact duplicates. Without order ids all lines of a customer are looked at together.';

CREATE FUNCTION @extschema@.pt_shared_keys_accum(state bytea, key bigint, owner bigint) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_shared_keys_accum';
COMMENT ON FUNCTION @extschema@.pt_shared_keys_accum(bytea, bigint, bigint) IS
'Transition function of pt_shared_keys. Errors: called by something else (55000), a state that is none (22P03).';

CREATE FUNCTION @extschema@.pt_shared_keys_combine(state bytea, other bytea) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_shared_keys_combine';
COMMENT ON FUNCTION @extschema@.pt_shared_keys_combine(bytea, bytea) IS
'Combine function of pt_shared_keys. Errors: called by something else (55000), a state that is none (22P03).';

CREATE FUNCTION @extschema@.pt_shared_keys_final(state bytea) RETURNS bigint[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_shared_keys_final';
COMMENT ON FUNCTION @extschema@.pt_shared_keys_final(bytea) IS
'Final function of pt_shared_keys. Errors: a state that is none (22P03).';

CREATE AGGREGATE @extschema@.pt_shared_keys(key bigint, owner bigint) (
	SFUNC = @extschema@.pt_shared_keys_accum,
	STYPE = bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.pt_shared_keys_final,
	COMBINEFUNC = @extschema@.pt_shared_keys_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.pt_shared_keys(bigint, bigint) IS
'The keys that stand beside several owners, in any order; NULL is an owner, too, and no key. NULL if there are more than 25 million different keys. A key takes 21 to 43 bytes.';

/*--- who is odd ---*/

CREATE FUNCTION @extschema@.pt_quality_totals() RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT '@extschema@.pt_quality_sum(@extschema@.pt_quality_counts(c.lines, c.customer_id IS NOT NULL, c.age IS NOT NULL, c.previous_purchases IS NOT NULL, c.purchase_frequency_days IS NOT NULL)) AS counts, '
		'min(@extschema@.pt_lowest_return(c.lines)) AS lowest_amount'
$$;
COMMENT ON FUNCTION @extschema@.pt_quality_totals() IS
'The columns counts and lowest_amount of kept_quality, as aggregates of rows c of kept_customer whose customers are regular.';

CREATE FUNCTION @extschema@.pt_quality_regular() RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT 'NOT EXISTS (SELECT FROM kept_odd d WHERE d.customer_id = c.customer_id) AND (c.part IS NULL OR c.part NOT IN (SELECT d.part FROM kept_odd d WHERE d.part IS NOT NULL))'
$$;
COMMENT ON FUNCTION @extschema@.pt_quality_regular() IS
'Whether a row c of kept_customer is counted in kept_quality: a condition.';

CREATE FUNCTION @extschema@.pt_quality_part(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('(%s & 1023)::smallint', @extschema@.pt_customer_order_hash(settings))
$$;
COMMENT ON FUNCTION @extschema@.pt_quality_part(@extschema@.mart_settings) IS
'The part of a row p of purchases without a customer.';

CREATE FUNCTION @extschema@.pt_quality_labels(settings @extschema@.mart_settings, candidates text[]) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('p.%1$I IS DISTINCT FROM c.%1$I', CASE l.label WHEN 'purchase_frequency' THEN 'purchase_frequency_days' ELSE l.label END), ' OR ' ORDER BY l.number)
	FROM unnest(candidates) WITH ORDINALITY AS l(label, number)
	WHERE (settings).roles ? l.label
$$;
COMMENT ON FUNCTION @extschema@.pt_quality_labels(@extschema@.mart_settings, text[]) IS
'Whether a row p of purchases has another label than its row c of kept_customer, of those that the mart has: a condition; NULL if it has none of them.';

CREATE FUNCTION @extschema@.pt_quality_odd_row(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(o.condition, ' OR ' ORDER BY o.number)
	FROM (VALUES
		(1, 'purchased_at', '@extschema@.pt_is_mart_time(p.purchased_at) IS NOT TRUE OR p.purchased_at > m.as_of'),
		(2, 'order_id', 'p.order_id IS NULL'),
		(3, 'age', 'p.age NOT BETWEEN 0 AND 120'),
		(4, 'previous_purchases', 'p.previous_purchases < 0'),
		-- what it was is not kept, but whether it is known
		(5, 'discount_amount', 'p.discount_amount < 0 OR (p.discount_amount IS NULL) <> (p.discounted IS NULL)'),
		(6, 'amount', 'p.has_unread')) AS o(number, role_name, condition)
	WHERE (settings).roles ? o.role_name
$$;
COMMENT ON FUNCTION @extschema@.pt_quality_odd_row(@extschema@.mart_settings) IS
'Whether a row p of source_row makes its customer odd, m being the settings: a condition. Such rows are not in his lines, or have what the lines do not tell.';

CREATE FUNCTION @extschema@.pt_quality_odd_query(settings @extschema@.mart_settings, taken boolean, with_parts boolean) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	part text;
	labels text := @extschema@.pt_quality_labels(settings, '{gender,age,location,subscribed,previous_purchases,purchase_frequency}'::text[]);
	part_labels text := @extschema@.pt_quality_labels(settings, '{age,previous_purchases,purchase_frequency}'::text[]);
	odd_row text := @extschema@.pt_quality_odd_row(settings);
	-- each customer once, however often he changed
	taken_customers CONSTANT text := '(SELECT DISTINCT x.customer_id FROM kept_taken x WHERE x.customer_id IS NOT NULL) t';
	-- placeholders as data_quality has them
	odd_customer CONSTANT text := '@extschema@.pt_has_odd_order(c.lines) OR lower(btrim(c.customer_id::text)) = ANY '
		'(''{"",0,-1,-,?,x,unknown,guest,none,null,nil,nan,n/a,na,anonymous,anon,undefined,not available,no customer,walk-in,walkin,test}''::text[])';
	queries text[];
BEGIN
	IF taken THEN
		queries := ARRAY[format('SELECT p.customer_id, NULL::smallint AS part FROM %s JOIN source_row p ON p.customer_id = t.customer_id LEFT JOIN kept_customer c ON c.customer_id = t.customer_id '
				'CROSS JOIN mart m WHERE m.one_row AND (%s)', taken_customers, coalesce(nullif(concat_ws(' OR ', odd_row, labels), ''), 'false')),
			format('SELECT c.customer_id, NULL FROM %s JOIN kept_customer c ON c.customer_id = t.customer_id WHERE %s', taken_customers, odd_customer)];
	ELSE
		-- CASE: the planner takes few rows to be so, and works in parallel
		queries := ARRAY[format('SELECT p.customer_id, NULL::smallint AS part FROM source_row p %s CROSS JOIN mart m WHERE m.one_row AND p.customer_id IS NOT NULL AND CASE WHEN %s THEN 1 END = 1',
				CASE WHEN labels IS NOT NULL THEN 'LEFT JOIN kept_customer c ON c.customer_id = p.customer_id' ELSE '' END, coalesce(nullif(concat_ws(' OR ', odd_row, labels), ''), 'false')),
			format('SELECT c.customer_id, NULL FROM kept_customer c WHERE c.customer_id IS NOT NULL AND CASE WHEN %s THEN 1 END = 1', odd_customer)];
	END IF;
	IF with_parts THEN
		part := @extschema@.pt_quality_part(settings);
		queries := queries || format('SELECT NULL, %1$s FROM source_row p LEFT JOIN kept_customer c ON c.customer_id IS NULL AND c.part = %1$s CROSS JOIN mart m WHERE m.one_row AND p.customer_id IS NULL AND %2$s AND (%3$s)',
				part, CASE WHEN taken THEN format('%s IN (SELECT t.part FROM kept_taken t WHERE t.part IS NOT NULL)', part) ELSE 'true' END, coalesce(nullif(concat_ws(' OR ', odd_row, part_labels), ''), 'false'))
			|| format('SELECT NULL, c.part FROM kept_customer c WHERE c.customer_id IS NULL AND %s AND @extschema@.pt_has_odd_order(c.lines)',
				CASE WHEN taken THEN 'c.part IN (SELECT t.part FROM kept_taken t WHERE t.part IS NOT NULL)' ELSE 'true' END);
	END IF;
	-- UNION would not be parallel
	RETURN format(E'SELECT DISTINCT o.customer_id, o.part FROM (\n%s\n) o', array_to_string(queries, E'\nUNION ALL '));
END
$$;
COMMENT ON FUNCTION @extschema@.pt_quality_odd_query(@extschema@.mart_settings, boolean, boolean) IS
'SQL of the rows of kept_odd: customers, and parts of the rows without one if with_parts, of which the lines do not tell all that data_quality asks; all, or those in kept_taken.';

CREATE FUNCTION @extschema@.pt_quality_order_query(settings @extschema@.mart_settings, taken boolean, with_parts boolean) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE
		WHEN NOT (settings).roles ? 'order_id' THEN 'SELECT p.order_id FROM purchases p WHERE false AND %s'
		WHEN taken THEN 'SELECT p.order_id FROM (SELECT DISTINCT t.customer_id FROM kept_taken t WHERE t.customer_id IS NOT NULL) t JOIN purchases p ON p.customer_id = t.customer_id WHERE p.order_id IS NOT NULL'
			|| CASE WHEN with_parts THEN format(E'\nUNION SELECT p.order_id FROM purchases p WHERE p.customer_id IS NULL AND p.order_id IS NOT NULL AND %s IN (SELECT t.part FROM kept_taken t WHERE t.part IS NOT NULL)',
				@extschema@.pt_quality_part(settings)) ELSE '' END
		ELSE 'SELECT p.order_id FROM purchases p WHERE p.order_id IS NOT NULL AND %s GROUP BY p.order_id HAVING min(p.customer_id) <> max(p.customer_id) OR count(p.customer_id) NOT IN (0, count(*))' END
$$;
COMMENT ON FUNCTION @extschema@.pt_quality_order_query(@extschema@.mart_settings, boolean, boolean) IS
'SQL of the rows of kept_order: the order ids that stand under several customers, of those for which a condition holds that stands for %s, or, for a refresh, all of the customers in kept_taken, and of the parts there if with_parts, which may.';

CREATE FUNCTION @extschema@.pt_find_shared_orders(mart text, settings @extschema@.mart_settings) RETURNS text
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	key text := @extschema@.pt_mart_key(settings, 'order_id'::text);
	lines bigint;
	slices bigint;
	found bigint[];
	shared bigint[] := '{}'::bigint[];
BEGIN
	IF NOT settings.roles ? 'order_id' THEN
		RETURN 'false';
	END IF;
	EXECUTE format('SELECT coalesce(sum(@extschema@.line_count(k.lines)), 0) FROM %I.kept_customer k', mart) INTO lines;
	-- as if each line were an order, and passes as many as memory asks for
	slices := greatest(1, 32 * lines / greatest(pg_size_bytes(current_setting('maintenance_work_mem')), pg_size_bytes(current_setting('work_mem'))));
	FOR i IN 0 .. slices - 1 LOOP
		EXECUTE format('SELECT @extschema@.pt_shared_keys(%s, %s) FROM %I.purchases p WHERE %s', key, @extschema@.pt_mart_key(settings, 'customer_id'::text), mart,
			CASE WHEN slices = 1 THEN 'true' ELSE format('abs(hashint8(%s)::bigint) %% %s = %s', key, slices, i) END) INTO found;
		shared := shared || found;
		-- so many that they are grouped by the server
		IF found IS NULL OR cardinality(shared) > 10000 THEN
			RETURN 'true';
		END IF;
	END LOOP;
	RETURN CASE WHEN shared = '{}' THEN 'false' ELSE format('%s = ANY (%L::bigint[])', key, shared) END;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_find_shared_orders(text, @extschema@.mart_settings) IS
'A condition on a row p of purchases that holds for all orders of several customers, and hardly any other: by 64-bit hashes where the ids are no integers. It computes them, in memory within maintenance_work_mem.';

/*--- keeping it ---*/

CREATE FUNCTION @extschema@.pt_quality_sum_query() RETURNS text
	LANGUAGE sql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT format('SELECT x.counts, x.lowest_amount, '
		-- then a pass over the source takes less
		'(SELECT count(*) FROM kept_odd) > 100 + (SELECT count(*) FROM kept_customer) / 10 AS mostly_odd, '
		'(SELECT count(*) FROM kept_order) AS orders_found, 0::bigint AS orders_added FROM (SELECT %s FROM kept_customer c WHERE %s) x',
		@extschema@.pt_quality_totals(), @extschema@.pt_quality_regular())
$$;
COMMENT ON FUNCTION @extschema@.pt_quality_sum_query() IS
'SQL of the row of kept_quality, from kept_customer and kept_odd.';

CREATE FUNCTION @extschema@.pt_make_kept_quality(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	method text;
	shared text := @extschema@.pt_find_shared_orders(mart, settings);
BEGIN
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	-- tables that are made of queries are made by parallel workers
	EXECUTE format(E'CREATE TABLE %I.kept_odd AS\n%s', mart, @extschema@.pt_quality_odd_query(settings, false, true));
	EXECUTE format(E'CREATE TABLE %I.kept_order AS\n%s', mart, format(@extschema@.pt_quality_order_query(settings, false, true), shared));
	EXECUTE format('ANALYZE %I.kept_odd, %1$I.kept_order', mart);
	EXECUTE format(E'CREATE TABLE %I.kept_quality AS\n%s', mart, @extschema@.pt_quality_sum_query());
	SELECT CASE a.atttypid WHEN 'text'::regtype THEN 'hash' ELSE 'btree' END INTO method
	FROM pg_attribute a WHERE a.attrelid = to_regclass(format('%I.kept_odd', mart)) AND a.attname = 'customer_id';
	EXECUTE format('CREATE INDEX kept_odd_customer_id ON %I.kept_odd USING %s (customer_id) WHERE customer_id IS NOT NULL', mart, method);
	EXECUTE format('COMMENT ON TABLE %I.kept_quality IS %L', mart, 'One row: counts of data_quality over the rows of kept_customer that are not in kept_odd. Written by the functions of purchase_trends only.');
	EXECUTE format('COMMENT ON COLUMN %I.kept_quality.counts IS %L', mart, 'Their sum, as pt_quality_counts has them.');
	EXECUTE format('COMMENT ON COLUMN %I.kept_quality.lowest_amount IS %L', mart, 'The lowest amount below zero; NULL if there is none.');
	EXECUTE format('COMMENT ON COLUMN %I.kept_quality.mostly_odd IS %L', mart, 'Whether so many customers are in kept_odd that data_quality reads the source as a whole.');
	EXECUTE format('CREATE INDEX kept_order_order_id ON %I.kept_order USING %s (order_id)', mart, (
		SELECT CASE a.atttypid WHEN 'text'::regtype THEN 'hash' ELSE 'btree' END
		FROM pg_attribute a WHERE a.attrelid = to_regclass(format('%I.kept_order', mart)) AND a.attname = 'order_id'));
	EXECUTE format('COMMENT ON COLUMN %I.kept_quality.orders_found IS %L', mart, 'Number of order ids in kept_order when they were last looked for.');
	EXECUTE format('COMMENT ON COLUMN %I.kept_quality.orders_added IS %L', mart, 'Number of order ids that refreshes have put there since.');
	EXECUTE format('COMMENT ON TABLE %I.kept_odd IS %L', mart, 'The customers whose rows data_quality reads from the source, as kept_customer does not tell all of them. Written by the functions of purchase_trends only.');
	EXECUTE format('COMMENT ON COLUMN %I.kept_odd.customer_id IS %L', mart, 'The customer; NULL for rows without one.');
	EXECUTE format('COMMENT ON COLUMN %I.kept_odd.part IS %L', mart, 'Part of the rows without a customer; NULL for customers.');
	EXECUTE format('COMMENT ON TABLE %I.kept_order IS %L', mart, 'The order ids that stand under several customers, and those that may since a refresh. Written by the functions of purchase_trends only.');
	EXECUTE format('COMMENT ON COLUMN %I.kept_order.order_id IS %L', mart, 'The order id.');
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_kept_quality(text, @extschema@.mart_settings) IS
'Makes the tables kept_quality, kept_odd and kept_order of a kept mart.';

CREATE FUNCTION @extschema@.pt_fill_kept_table(mart text, relation name, query text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	-- a table that is made of a query is made by parallel workers
	EXECUTE format(E'CREATE TABLE %I.kept_scratch AS\n%s', mart, query);
	EXECUTE format('DELETE FROM %I.%I', mart, relation);
	EXECUTE format('INSERT INTO %I.%I SELECT s.* FROM %1$I.kept_scratch s', mart, relation);
	EXECUTE format('DROP TABLE %I.kept_scratch', mart);
	EXECUTE format('ANALYZE %I.%I', mart, relation);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_fill_kept_table(text, name, text) IS
'Writes a table of a kept mart anew: its rows are those of a query, in which names are those of the mart.';

CREATE FUNCTION @extschema@.pt_fill_kept_orders(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE sql
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT @extschema@.pt_fill_kept_table(mart, 'kept_order'::name, format(@extschema@.pt_quality_order_query(settings, false, true), @extschema@.pt_find_shared_orders(mart, settings)))
$$;
COMMENT ON FUNCTION @extschema@.pt_fill_kept_orders(text, @extschema@.mart_settings) IS
'Looks for the orders of several customers, and writes kept_order of a kept mart anew.';

CREATE FUNCTION @extschema@.pt_fill_kept_quality(mart text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF NOT @extschema@.pt_has_kept_quality(mart) THEN
		RETURN;
	END IF;
	PERFORM @extschema@.pt_fill_kept_table(mart, 'kept_odd'::name, @extschema@.pt_quality_odd_query(settings, false, true));
	PERFORM @extschema@.pt_fill_kept_orders(mart, settings);
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	EXECUTE format('DELETE FROM %I.kept_quality', mart);
	EXECUTE format('INSERT INTO %I.kept_quality %s', mart, @extschema@.pt_quality_sum_query());
END
$$;
COMMENT ON FUNCTION @extschema@.pt_fill_kept_quality(text, @extschema@.mart_settings) IS
'Computes the tables kept_quality, kept_odd and kept_order of a kept mart anew, if it has them.';

CREATE FUNCTION @extschema@.pt_taken_quality(mart text, OUT counts bigint[], OUT lowest_amount numeric)
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	EXECUTE format('SELECT x.counts, x.lowest_amount FROM (SELECT %s FROM (SELECT k.* FROM (SELECT DISTINCT t.customer_id FROM kept_taken t WHERE t.customer_id IS NOT NULL) t JOIN kept_customer k ON k.customer_id = t.customer_id '
		'UNION ALL SELECT k.* FROM kept_customer k WHERE k.customer_id IS NULL AND k.part IN (SELECT t.part FROM kept_taken t WHERE t.part IS NOT NULL)) c WHERE %s) x',
		@extschema@.pt_quality_totals(), @extschema@.pt_quality_regular()) INTO counts, lowest_amount;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_taken_quality(text) IS
'What kept_quality has of the customers in kept_taken, as they are in kept_customer; NULL if none of them is counted there.';

CREATE FUNCTION @extschema@.pt_note_kept_quality(mart text, settings @extschema@.mart_settings, taken_counts bigint[], taken_lowest numeric) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	added_counts bigint[];
	added_lowest numeric;
	in_doubt boolean;
	with_parts boolean;
	orders bigint;
	many boolean;
BEGIN
	EXECUTE format('SELECT coalesce(bool_or(t.part IS NOT NULL), false) FROM %I.kept_taken t', mart) INTO with_parts;
	EXECUTE format('DELETE FROM %I.kept_odd d WHERE d.customer_id IN (SELECT t.customer_id FROM %1$I.kept_taken t WHERE t.customer_id IS NOT NULL) '
		'OR d.part IN (SELECT t.part FROM %1$I.kept_taken t WHERE t.part IS NOT NULL)', mart);
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	EXECUTE format(E'INSERT INTO kept_odd (customer_id, part)\n%s', @extschema@.pt_quality_odd_query(settings, true, with_parts));
	EXECUTE format('INSERT INTO kept_order (order_id) SELECT DISTINCT x.order_id FROM (%s) x WHERE NOT EXISTS (SELECT FROM kept_order o WHERE o.order_id = x.order_id)',
		format(@extschema@.pt_quality_order_query(settings, true, with_parts), 'true'));
	GET DIAGNOSTICS orders = ROW_COUNT;
	PERFORM pg_catalog.set_config('search_path'::text, 'pg_catalog, pg_temp'::text, true);
	SELECT t.counts, t.lowest_amount INTO added_counts, added_lowest FROM @extschema@.pt_taken_quality(mart) t;
	-- whoever had the lowest amount may have it no longer
	EXECUTE format('SELECT taken <= q.lowest_amount AND added <= q.lowest_amount IS NOT TRUE FROM %I.kept_quality q CROSS JOIN (SELECT $1 AS taken, $2 AS added) x', mart)
		INTO in_doubt USING taken_lowest, added_lowest;
	EXECUTE format('UPDATE %I.kept_quality q SET lowest_amount = least(q.lowest_amount, $3), '
		'counts = (SELECT array_agg(coalesce(u.was, 0) + coalesce(u.more, 0) - coalesce(u.less, 0) ORDER BY u.number) FROM unnest(q.counts, $1, $2) WITH ORDINALITY AS u(was, more, less, number)), '
		'mostly_odd = (SELECT count(*) FROM %1$I.kept_odd) > 100 + (SELECT greatest(c.reltuples, 0) FROM pg_class c WHERE c.oid = $4) / 10, '
		'orders_added = q.orders_added + $5 RETURNING q.orders_added > 100000 + q.orders_found', mart)
		INTO many USING added_counts, taken_counts, added_lowest, to_regclass(format('%I.kept_customer', mart))::oid, orders;
	-- Most of the orders of refreshed customers are theirs alone. Where they have become many, they are sorted out, so that what a reader looks up stays little.
	IF many THEN
		PERFORM @extschema@.pt_fill_kept_orders(mart, settings);
		EXECUTE format('UPDATE %I.kept_quality SET orders_found = (SELECT count(*) FROM %1$I.kept_order), orders_added = 0', mart);
	END IF;
	IF in_doubt THEN
		PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
		EXECUTE format('UPDATE kept_quality SET lowest_amount = (SELECT min(@extschema@.pt_lowest_return(c.lines)) FROM kept_customer c WHERE %s)', @extschema@.pt_quality_regular());
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_note_kept_quality(text, @extschema@.mart_settings, bigint[], numeric) IS
'Brings kept_quality, kept_odd and kept_order up to the customers in kept_taken, which are in kept_customer as they are now; the other arguments are what pt_taken_quality gave before.';

CREATE FUNCTION @extschema@.pt_has_kept_quality(mart text) RETURNS boolean
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT to_regclass(format('%I.kept_quality', mart)) IS NOT NULL
$$;
COMMENT ON FUNCTION @extschema@.pt_has_kept_quality(text) IS
'Whether a kept mart keeps what data_quality asks: one that is followed by triggers.';

CREATE FUNCTION @extschema@.pt_verify_kept_quality(mart text, settings @extschema@.mart_settings) RETURNS boolean
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	differ boolean;
BEGIN
	IF NOT @extschema@.pt_has_kept_quality(mart) THEN
		RETURN false;
	END IF;
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	EXECUTE format('SELECT (SELECT ROW(q.counts, q.lowest_amount, q.mostly_odd) FROM kept_quality q) IS DISTINCT FROM (SELECT ROW(coalesce(x.counts, q.counts), x.lowest_amount, q.mostly_odd) FROM kept_quality q CROSS JOIN (SELECT %s FROM kept_customer c WHERE %s) x) '
		'OR true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole) AND ('
			'EXISTS (SELECT o.customer_id, o.part FROM (%s) o EXCEPT SELECT d.customer_id, d.part FROM kept_odd d EXCEPT SELECT x.customer_id, x.part FROM customer_change x) '
			'OR EXISTS (SELECT o.order_id FROM (%s) o EXCEPT SELECT d.order_id FROM kept_order d EXCEPT SELECT p.order_id FROM purchases p WHERE p.customer_id IN (SELECT x.customer_id FROM customer_change x) OR p.customer_id IS NULL AND %s IN (SELECT x.part FROM customer_change x)))',
		@extschema@.pt_quality_totals(), @extschema@.pt_quality_regular(), @extschema@.pt_quality_odd_query(settings, false, true), format(@extschema@.pt_quality_order_query(settings, false, true), 'true'), @extschema@.pt_quality_part(settings))
		INTO differ;
	RETURN differ;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_verify_kept_quality(text, @extschema@.mart_settings) IS
'Whether what a kept mart keeps for data_quality differs from its customers, or a customer or order is missing that has to be read from the source.';

/*--- the view ---*/

CREATE FUNCTION @extschema@.pt_customer_lowest(customer regclass) RETURNS numeric
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 1
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	found numeric;
BEGIN
	IF @extschema@.pt_relation_name(customer) IS NOT NULL THEN
		EXECUTE format('SELECT min(@extschema@.pt_lowest_return(c.lines)) FROM %s c', customer) INTO found;
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_customer_lowest(regclass) IS
'The lowest amount below zero in all rows of a relation customer, by a pass with the rights of the caller. NULL if there is none, and for NULL or no relation.';

CREATE FUNCTION @extschema@.pt_quality_kept_counts(settings @extschema@.mart_settings) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('%L, q.c[%s]', k.name, k.place), ', ' ORDER BY k.name)
	FROM (
		SELECT v.name, v.place
		FROM (VALUES ('n', 1), ('customer_id', 2), ('amount', 3), ('zero_amounts', 4), ('negative_amounts', 5), ('review_rating', 6), ('quantity', 7), ('discounted', 8), ('subscribed', 9),
			('age', 16), ('previous_purchases', 17), ('purchase_frequency', 18),
			-- of regular customers all are known, or as many as discounts
			('order_id', 1), ('purchased_at', 1), ('discount_amount', 8)) AS v(name, place)
		UNION ALL
		SELECT d.name, 18 + d.number
		FROM unnest((settings).dimension_names) WITH ORDINALITY AS d(name, number)
		WHERE d.name IN ('product', 'category', 'gender', 'location', 'size', 'color', 'season', 'shipping_type', 'payment_method') AND (settings).roles ? d.name
	) k
$$;
COMMENT ON FUNCTION @extschema@.pt_quality_kept_counts(@extschema@.mart_settings) IS
'The figures "counted" of data_quality from counts q.c, as arguments of jsonb_build_object.';

CREATE FUNCTION @extschema@.pt_quality_query(query text, settings @extschema@.mart_settings, mart text) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	part text := @extschema@.pt_quality_part(settings);
	dated boolean := settings.roles ? 'purchased_at';
	known CONSTANT text := 'true NOT IN (SELECT x.whole FROM customer_change x WHERE x.whole) AND true NOT IN (SELECT q.mostly_odd FROM kept_quality q WHERE q.mostly_odd)';
	result text := query;
BEGIN
	result := replace(result, '@quality_focus@', format($sql$focus_customer AS MATERIALIZED (
	-- those that are pending, and the odd ones
	SELECT DISTINCT f.customer_id
	FROM (SELECT x.customer_id FROM customer_change x WHERE x.customer_id IS NOT NULL UNION ALL SELECT d.customer_id FROM kept_odd d WHERE d.customer_id IS NOT NULL) f
	WHERE %1$s
),
focus_part AS MATERIALIZED (
	SELECT DISTINCT f.part
	FROM (SELECT x.part FROM customer_change x WHERE x.part IS NOT NULL UNION ALL SELECT d.part FROM kept_odd d WHERE d.part IS NOT NULL) f
	WHERE %1$s
),
focus_row AS MATERIALIZED (
	SELECT p.* FROM focus_customer f JOIN source_row p ON p.customer_id = f.customer_id
	UNION ALL
	SELECT p.* FROM source_row p
	WHERE p.customer_id IS NULL AND NOT (true NOT IN (SELECT true FROM focus_part)) AND %2$s IN (SELECT f.part FROM focus_part f)
),
regular AS MATERIALIZED (
	-- the others, without those that are pending
	SELECT ARRAY(SELECT u.was - coalesce(u.less, 0) FROM unnest(k.counts, s.counts) WITH ORDINALITY AS u(was, less, number) ORDER BY u.number) AS c,
		CASE WHEN s.lowest_amount IS NULL OR s.lowest_amount > k.lowest_amount THEN k.lowest_amount
			ELSE @extschema@.pt_customer_lowest(o.customer) END AS lowest_amount
	FROM kept_quality k
	CROSS JOIN (SELECT %3$L::regclass AS customer) o
	CROSS JOIN LATERAL (SELECT %4$s FROM kept_stale c WHERE %5$s) s
),
$sql$, known, part, format('%I.customer', mart), @extschema@.pt_quality_totals(), @extschema@.pt_quality_regular())
		|| CASE WHEN dated THEN $sql$regular_day AS MATERIALIZED (
	SELECT date '2000-01-01' + r.codes[1] AS day, r.line_count AS n
	FROM @cubed OF @extschema@.cube_plan('{{-5}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer)@end@ x
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(x.cube, 'whole'::@extschema@.cube_arm) r
	WHERE r.codes[1] IS NOT NULL AND r.line_count > 0
),
$sql$ ELSE '' END
		|| CASE WHEN settings.roles ? 'order_id' THEN format($sql$touched AS MATERIALIZED (
	-- the orders that may be of several customers
	SELECT o.order_id FROM kept_order o
	UNION
	SELECT p.order_id FROM focus_row p
	WHERE p.order_id IS NOT NULL AND (p.customer_id IN (SELECT x.customer_id FROM customer_change x WHERE x.customer_id IS NOT NULL)
		OR p.customer_id IS NULL AND %1$s IN (SELECT x.part FROM customer_change x WHERE x.part IS NOT NULL))
),
touched_row AS MATERIALIZED (
	SELECT s.*, s.customer_id IN (SELECT f.customer_id FROM focus_customer f) OR s.customer_id IS NULL AND s.part IN (SELECT f.part FROM focus_part f) AS in_focus
	FROM source_order((SELECT array_agg(t.order_id) FROM touched t WHERE %2$s)) s
),
$sql$, part, known) ELSE '' END);
	result := replace(result, '@quality_source@', 'focus_row');
	result := replace(result, '@quality_rows@', 'focus_row');
	result := replace(result, '@quality_unread@', '(SELECT u.* FROM focus_customer f JOIN unread_value u ON u.customer_id = f.customer_id '
		'UNION ALL SELECT u.* FROM unread_value u WHERE u.customer_id IS NULL AND NOT (true NOT IN (SELECT true FROM focus_row f WHERE f.customer_id IS NULL AND f.has_unread)))');
	result := replace(result, '@quality_parts@', 'part_figures');
	result := replace(result, '@quality_days@', $sql$SELECT a.day, sum(a.n)::bigint AS n
						FROM (SELECT r.day, r.n FROM regular_day r
							UNION ALL SELECT p.purchased_at::date, 1 FROM focus_row p
							WHERE @extschema@.pt_is_mart_time(p.purchased_at) AND p.purchased_at > (SELECT m.as_of FROM mart m)) a
						GROUP BY a.day$sql$);
	result := replace(result, '@quality_kept@', format($sql$
	UNION ALL
	SELECT 'counted', jsonb_build_object(%s, 'lowest_amount', q.lowest_amount::numeric(18,2)%s), NULL
	FROM regular q
	UNION ALL
	SELECT 'customers', jsonb_build_object('n', q.c[13], 'repeated', q.c[14], 'differing', 0, 'placeholders', 0), NULL
	FROM regular q
	UNION ALL
	SELECT 'orders', jsonb_build_object('n', q.c[10], 'shared', 0, 'spread', 0, 'several', q.c[11], 'repeated', q.c[12], 'merged', q.c[15]), NULL
	FROM regular q$sql$, @extschema@.pt_quality_kept_counts(settings),
		CASE WHEN dated THEN ', ''first_time'', (SELECT min(r.day)::timestamp FROM regular_day r), ''last_time'', (SELECT max(r.day)::timestamp FROM regular_day r)' ELSE '' END)
		|| CASE WHEN settings.roles ? 'order_id' THEN $sql$
	UNION ALL
	-- orders of several customers: as a whole, less what was counted of them by customers
	SELECT 'orders', jsonb_build_object('n', sum(g.weight), 'shared', sum(g.weight) FILTER (WHERE g.first_customer <> g.last_customer),
		'shared_example', min(g.order_id::text COLLATE "C") FILTER (WHERE g.weight > 0 AND g.first_customer <> g.last_customer),
		'spread', sum(g.weight) FILTER (WHERE g.first_time <> g.last_time),
		'spread_example', min(g.order_id::text COLLATE "C") FILTER (WHERE g.weight > 0 AND g.first_time <> g.last_time),
		'several', sum(g.weight) FILTER (WHERE g.n > 1),
		'repeated', sum(g.weight) FILTER (WHERE g.n > 1 AND g.least_amount = g.most_amount AND g.least_amount <> 0)), NULL
	FROM (
		SELECT l.weight, l.order_id, count(*) AS n, min(l.customer_id) AS first_customer, max(l.customer_id) AS last_customer,
			min(l.purchased_at) AS first_time, max(l.purchased_at) AS last_time, min(l.amount) AS least_amount, max(l.amount) AS most_amount
		FROM (
			SELECT 1 AS weight, NULL::text AS owner, r.* FROM touched_row r
			UNION ALL
			SELECT -1, NULL, r.* FROM touched_row r WHERE r.in_focus
			UNION ALL
			SELECT -1, coalesce('c' || r.customer_id::text, ''), r.* FROM touched_row r WHERE r.in_focus IS NOT TRUE
		) l
		GROUP BY l.weight, l.owner, l.order_id
	) g$sql$ ELSE '' END);
	result := replace(result, '@quality_sum@', $sql$,
parts AS MATERIALIZED (
	SELECT g.part, jsonb_object_agg(g.key, g.value) AS figures, (SELECT max(f.suspects) FROM part_figures f WHERE f.part = g.part) AS suspects
	FROM (
		SELECT f.part, e.key, CASE
			WHEN e.key IN ('last_time', 'last_day') THEN to_jsonb(max(e.value COLLATE "C"))
			WHEN e.key = 'first_time' OR e.key LIKE '%example' THEN to_jsonb(min(e.value COLLATE "C"))
			WHEN e.key IN ('lowest_amount', 'odd_age') THEN to_jsonb(min(e.value::numeric) FILTER (WHERE e.key IN ('lowest_amount', 'odd_age')))
			ELSE to_jsonb(sum(e.value::numeric) FILTER (WHERE e.key NOT IN ('last_time', 'last_day', 'first_time') AND e.key NOT LIKE '%example')) END AS value
		FROM part_figures f
		CROSS JOIN LATERAL jsonb_each_text(f.figures) e
		GROUP BY f.part, e.key
	) g
	GROUP BY g.part
)$sql$);
	result := replace(result, '@quality_checks@', 'kept_checks');
	result := replace(result, '@quality_choice@', format($sql$,
checks AS (
	SELECT c.* FROM kept_checks c
	WHERE %1$s AND (SELECT o.has_totals IS NOT TRUE FROM orders o)
	UNION ALL
	SELECT s.* FROM source_quality(nullif(NOT (%1$s AND (SELECT o.has_totals IS NOT TRUE FROM orders o)), false)) s
)$sql$, known));
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_quality_query(text, @extschema@.mart_settings, text) IS
'The query of the template of data_quality for a kept mart: from what is kept of regular customers, and the rows of those that are pending or odd; all from the source where everything may have changed, where most are odd, and where an example of an order is asked for that customers do not tell.';

CREATE FUNCTION @extschema@.pt_make_quality_functions(mart text, query text, settings @extschema@.mart_settings) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	order_type text;
	customer_type text;
	template @extschema@.mart_view;
BEGIN
	template.query := split_part(query, '@quality_choice@', 1)
		|| E'\nSELECT k.position, k.check_name::text, k.subject::text, k.row_count::numeric, k.base::numeric, k.example::text, k.consequence::text FROM checks k';
	PERFORM set_config('search_path', @extschema@.pt_mart_search_path(mart), true);
	SELECT min(format_type(a.atttypid, NULL)) FILTER (WHERE a.attname = 'order_id'), min(format_type(a.atttypid, NULL)) FILTER (WHERE a.attname = 'customer_id')
	INTO order_type, customer_type
	FROM pg_attribute a
	WHERE a.attrelid = to_regclass(format('%I.purchases', mart)) AND a.attname IN ('order_id', 'customer_id');
	-- STRICT: with NULL they are not called. As parts of the view they would make every plan look dear: see pt_make_source_customer.
	EXECUTE format(E'CREATE FUNCTION %I.source_quality(everything_read boolean) RETURNS TABLE ("position" integer, check_name text, subject text, row_count numeric, base numeric, example text, consequence text)\n'
		'LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1 ROWS 1\nBEGIN ATOMIC\n%s\n;\nEND', mart, @extschema@.pt_mart_view_query(template, settings));
	EXECUTE format('GRANT EXECUTE ON FUNCTION %I.source_quality(boolean) TO PUBLIC', mart);
	EXECUTE format('COMMENT ON FUNCTION %I.source_quality(boolean) IS %L', mart,
		'All checks computed from the source, for the view data_quality where what is kept does not do; made by purchase_trends.');
	IF settings.roles ? 'order_id' THEN
		EXECUTE format(E'CREATE FUNCTION %I.source_order(orders %s[]) RETURNS TABLE (order_id %s, customer_id %s, part smallint, purchased_at timestamp, amount numeric)\n'
			'LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 1 ROWS 10\nBEGIN ATOMIC\n'
			'SELECT p.order_id, p.customer_id, CASE WHEN p.customer_id IS NULL THEN %s END, p.purchased_at, p.amount\n'
			'FROM unnest(orders) AS o(order_id) JOIN purchases p ON p.order_id = o.order_id\n;\nEND',
			mart, order_type, order_type, customer_type, @extschema@.pt_quality_part(settings));
		EXECUTE format('GRANT EXECUTE ON FUNCTION %I.source_order(%s[]) TO PUBLIC', mart, order_type);
		EXECUTE format('COMMENT ON FUNCTION %I.source_order(%s[]) IS %L', mart, order_type,
			'The rows of some orders from the source, for the view data_quality; made by purchase_trends.');
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_quality_functions(text, text, @extschema@.mart_settings) IS
'Makes the functions of a kept mart that the view data_quality calls where it has to read the source: source_quality, of the query of its template, and source_order.';

CREATE FUNCTION @extschema@.pt_drop_quality_functions(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	signature regprocedure;
BEGIN
	FOR signature IN
		SELECT f.oid
		FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
		WHERE n.nspname = mart AND f.proowner = n.nspowner AND f.proname IN ('source_quality', 'source_order')
	LOOP
		EXECUTE format('DROP FUNCTION %s', signature);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_drop_quality_functions(text) IS
'Drops what pt_make_quality_functions has made; called when the view data_quality is gone.';
