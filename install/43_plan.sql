-- prepare: what becomes of the columns of a raw table
--
-- All that is guessed is guessed here. docs/prepare.md has a table of it: a
-- new guess needs a row there, a line in the report, and an option.

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
	clock interval,
	decimal_mark text,
	note text,
	missing text[],
	no_values boolean,
	keep_na boolean,
	folds jsonb,
	told jsonb,
	padded_example text,
	missing_example text,
	misfits bigint,
	misfit_example text,
	doubt text
);
COMMENT ON TYPE @extschema@.column_plan IS
'What prepare_purchases does with a column of its source: ordinal among the columns (from 1), name in the source and in the target, unit, type in the source, whether it is text that may become another type, the counts of column_profile, the type it gets (NULL: as in the source), the order of day, month and year, the offset from UTC of the shop''s clock if all times have that one, the decimal mark, a note if a type was refused, further missing words, whether words such as ERROR are missing too, whether NA is a label, labels and what they are folded to, what else is told in the report, examples of values with blanks and of missing words, the number of values that do not fit (until they are looked at: of those that may not) with an example, and what is so doubtful that it is told loudly: ''decimal mark'' or ''NA''.';

CREATE FUNCTION @extschema@.pt_prepare_columns(source regclass) RETURNS SETOF @extschema@.column_plan
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM @extschema@.pt_check_source(source);
	RETURN QUERY
		WITH named AS (
			SELECT r.ordinal, r.name AS header, r.type,
				@extschema@.pt_base_type(r.type) IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) AS is_text,
				@extschema@.clean_name(r.name) AS cleaned,
				@extschema@.clean_name_unit(r.name) AS unit
			FROM @extschema@.pt_relation_columns(source) AS r
		), clashing AS (
			SELECT n.*, count(*) OVER (PARTITION BY n.cleaned) > 1
				AND @extschema@.clean_name(n.unit) IS NOT NULL AS clash
			FROM named AS n
		)
		SELECT c.ordinal, c.header,
			CASE
				WHEN c.cleaned IS NULL THEN 'column_' || c.ordinal
				WHEN c.clash THEN @extschema@.pt_cut_name(c.cleaned, '_' || @extschema@.clean_name(c.unit))
				WHEN c.cleaned IN ('ctid', 'xmin', 'cmin', 'xmax', 'cmax', 'tableoid') THEN c.cleaned || '_'
				ELSE c.cleaned END,
			c.unit, c.type, c.is_text,
			NULL::bigint[], NULL::text, NULL::text, NULL::interval, NULL::text, NULL::text, NULL::text[], false, false, NULL::jsonb, '[]'::jsonb,
			NULL::text, NULL::text, 0::bigint, NULL::text, NULL::text
		FROM clashing AS c
		ORDER BY c.ordinal;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_columns(regclass) IS
'The columns of a source, in order, with the names that prepare_purchases gives them (clean_name; where two would be the same, with their cleaned units; column_N where nothing is left), and nothing decided yet. Two columns may still have one name. Errors: those of pt_check_source.';

CREATE FUNCTION @extschema@.pt_prepare_identifier(column_name text) RETURNS boolean
	LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- number_of_orders, order_total and orders are no identifiers
	RETURN column_name ~ ('(^|_)(id|ids|uid|no|nr|nbr|num|number|code|key|sku|ean|upc|gtin|isbn|asin|barcode|iban|uuid|guid'
			|| '|zip|zipcode|postcode|postal|plz|phone|telephone|mobile|fax|account|ref|reference|serial)$')
		OR column_name ~ '^id_'
		OR column_name ~ ('^(customer|client|user|buyer|shopper|household|invoice|order|receipt|ticket|transaction|basket|cart|session|product|item|article'
			|| '|store|shop|branch|seller|vendor|supplier|employee|cashier|terminal|device|card|voucher|coupon|campaign)$')
		-- what a mart takes for one
		OR EXISTS (
			SELECT FROM @extschema@.mart_role AS r
			WHERE r.role_type IN ('id', 'text') AND column_name = ANY (r.synonyms))
		-- written in one word, as ORDERNUMBER
		OR column_name ~ ('(customer|client|user|member|household|account|order|invoice|transaction|receipt|basket|session|product|item|article|stock'
			|| '|store|shop|postal|zip|phone|serial|card|voucher|coupon)(id|no|nr|nbr|num|number|code|key)$');
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_identifier(text) IS
'Whether a column is an identifier or code by its name (lower snake_case): its last word is id, no, nr, number, code, key, sku, ean, zip, postcode, phone, account, reference or the like (customer_id, stock_code, ordernumber), its first is id, it is customer, invoice, order, receipt, ticket, transaction, product, store, seller or the like alone, or create_mart takes a column of that name for customers, orders, products or other labels (member, loyalty_card, basket, article, size; see mart_role). NULL for NULL.';

CREATE FUNCTION @extschema@.pt_prepare_money(column_name text) RETURNS boolean
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT column_name ~ ('(^|_)(amount|amt|price|cost|total|subtotal|revenue|sales|value|money|payment|paid|spend|spent|spending|fee|charge|tax|vat|discount|margin|profit'
		|| '|income|turnover|gmv|balance|budget|salary|wage|rent|fare|tip|refund|credit|debit|net|gross|importe|precio|preis|betrag|umsatz|prix|montant|prezzo|preco|valor'
		|| '|usd|eur|gbp)s?(_|$)');
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_money(text) IS
'Whether a column is money by its name (lower snake_case): a word of it is amount, price, cost, total, revenue, value, paid, fee or the like. NULL for NULL.';

CREATE FUNCTION @extschema@.pt_prepare_code(value text) RETURNS boolean
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT value ~ '^[[:alpha:]]{1,12}[-_/#]?[0-9][[:alnum:]_/-]*$'
		-- 250g and 12kg are numbers with a unit
		OR value ~ '^[0-9]{3,}[-_/]?[[:alpha:]]{1,3}$'
			AND value !~ '[0-9](kg|KG|g|mg|lbs?|oz|ml|ML|cl|l|km|KM|cm|CM|mm|MM|m|min|h|s|k|pcs?|px|x|st|nd|rd|th|[kKmMgG][bBwW]|kwh|kWh|hz|Hz|eur|usd|gbp|kr|EUR|USD|GBP)$'
		-- 12345-6789, but no date
		OR value ~ '^[0-9]{3,}(-[0-9]+)+$' AND value !~ '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$';
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_code(text) IS
'Whether a value among whole numbers is a code: letters and then digits (C2001, RETURN-7, A12B), at least three digits and then letters that are no unit (85123A), or digits with dashes between them (12345-6789). NULL for NULL.';

CREATE FUNCTION @extschema@.pt_prepare_type(counters bigint[], column_name text, tolerance double precision DEFAULT 0.05,
		date_order text DEFAULT NULL, decimal_mark text DEFAULT NULL,
		OUT type text, OUT day_order text, OUT amount_mark text, OUT note text, OUT clock interval, OUT fitting bigint)
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	n bigint := counters[1];
	-- words such as ERROR are no values among numbers, if most are numbers
	typed bigint := CASE WHEN 2 * counters[20] <= counters[1] THEN counters[1] - counters[20] ELSE counters[1] END;
	identifier boolean := coalesce(@extschema@.pt_prepare_identifier(column_name), false);
	share numeric;
	needed bigint;
	usual bigint;
	best bigint;
	amounts bigint;
	dates bigint;
	zones bigint := counters[15];
	-- flags by the bits of column_profile
	words bigint := counters[36] & ~3;
	whole bigint;
	fits bigint;
	year_first boolean := false;
	doubt text;
	profile_size integer;
BEGIN
	SELECT cardinality(@extschema@.pt_column_profile(NULL::text, NULL::text[])) INTO profile_size WHERE false;
	IF cardinality(counters) IS DISTINCT FROM profile_size OR array_position(counters, NULL) IS NOT NULL
		OR tolerance IS NULL OR NOT (tolerance >= 0 AND tolerance < 1) THEN
		RAISE EXCEPTION 'pt_prepare_type needs the % counts of column_profile and a tolerance from 0 to below 1', profile_size
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The counts are %s, the tolerance is %s.',
					coalesce(counters::text, 'NULL'), coalesce(tolerance::text, 'NULL')),
				HINT = 'Usual tolerances are 0 (all values must fit) and 0.05.';
	END IF;
	type := 'text';
	fitting := n;
	IF n <= 0 THEN
		RETURN;
	END IF;
	-- an identifier is never typed by majority: the others would be lost
	share := CASE WHEN identifier THEN 0 ELSE tolerance::numeric END;
	needed := typed - floor(typed * share);
	usual := greatest(typed - floor(typed * tolerance::numeric), 1);
	best := greatest(needed - 1, 0);

	-- the type that most values fit; of two that fit alike, the first
	IF counters[6] > 0 AND counters[5] >= greatest(n - floor(n * tolerance::numeric), 1)
		-- a member may be told by yes and no, a code is not
		AND (NOT identifier OR column_name ~ '^(customer|client|user|member)$') THEN
		best := greatest(best, counters[5]);
		fits := CASE WHEN counters[5] = typed THEN counters[36] ELSE words END;
		-- both yes and no; or true, false and yes alone; or y, n and off, if there is nothing else
		IF (fits & 2730 <> 0 AND fits & 1365 <> 0 AND words NOT IN (64, 128))
			OR words & ~776 = 0
			OR (counters[5] = typed AND words & ~1848 = 0) THEN
			type := 'boolean';
			fitting := counters[5];
		ELSIF words IN (64, 128) THEN
			note := 'a single letter t or f';
		ELSE
			note := 'flags without their opposite, as NO may be Norway and ON Ontario';
		END IF;
	END IF;

	-- numbers: which decimal mark do the values speak for?
	amount_mark := decimal_mark;
	IF decimal_mark IS NULL AND counters[16] + counters[17] > 0 THEN
		IF 10 * least(counters[16], counters[17]) > greatest(counters[16], counters[17]) THEN
			doubt := format('%s with a decimal point and %s with a decimal comma, so that decimal_marks must tell', counters[17], counters[16]);
		ELSE
			amount_mark := CASE WHEN counters[16] > counters[17] THEN ',' ELSE '.' END;
		END IF;
	END IF;
	amounts := CASE WHEN amount_mark = ',' THEN counters[9] - counters[17] + counters[16] ELSE counters[9] END;
	whole := least(counters[19], amounts);
	IF doubt IS NULL AND counters[38] > 0 AND 100 * counters[39] < counters[38] AND counters[10] = 0
		AND NOT coalesce(@extschema@.pt_prepare_money(column_name), false) THEN
		IF type = 'text' AND amounts >= usual THEN
			note := format('%s values are letters and digits, which are codes where neither the name nor decimals speak of money', counters[38]);
		END IF;
	ELSIF doubt IS NOT NULL THEN
		IF type = 'text' AND counters[9] + counters[16] >= usual THEN
			note := doubt;
		END IF;
	ELSIF identifier THEN
		IF type = 'boolean' OR amounts < usual THEN
			NULL;
		ELSIF counters[10] > 0 THEN
			note := 'leading zeros';
		ELSIF whole = typed THEN
			type := CASE WHEN counters[7] = typed THEN 'integer' ELSE 'bigint' END;
			best := typed;
			fitting := typed;
			note := NULL;
		ELSE
			note := format('an identifier, and %s of its values are no whole numbers', typed - whole);
		END IF;
	ELSIF amounts > best THEN
		IF counters[10] > 0 THEN
			note := 'leading zeros';
		ELSE
			type := CASE
				WHEN counters[8] < amounts THEN 'numeric'
				WHEN counters[7] < counters[8] THEN 'bigint'
				ELSE 'integer' END;
			best := amounts;
			fitting := amounts;
			note := NULL;
		END IF;
	ELSIF type = 'text' AND note IS NULL AND least(counters[16], counters[17]) > 0 AND counters[9] + counters[16] >= usual THEN
		note := format('%s with a decimal point and %s with a decimal comma', counters[17], counters[16]);
	END IF;
	IF NOT (type = 'numeric' OR type = 'bigint' AND identifier AND counters[8] < typed) THEN
		amount_mark := NULL;
	END IF;

	-- times of the day
	IF counters[37] > best THEN
		type := 'time without time zone';
		best := counters[37];
		fitting := counters[37];
		amount_mark := NULL;
		note := NULL;
	END IF;

	-- dates: which order do the values speak for?
	doubt := NULL;
	day_order := upper(date_order);
	IF day_order IS NULL AND (counters[26] + counters[28] > 0 OR counters[30] > 0) THEN
		-- two-digit years: what one reading takes for years is nearly the
		-- same everywhere, and what the other does is all the days of a month
		fits := bit_count(counters[29]::bit(64));
		dates := bit_count(counters[30]::bit(64));
		IF counters[26] + counters[28] = 0 AND dates > 12 AND dates >= 3 * fits THEN
			-- as 24-Jan-05, where the year is last in case of doubt
			year_first := true;
		ELSIF 10 * counters[27] > counters[26] + counters[28] AND 10 * counters[28] > counters[26] + counters[27] THEN
			doubt := 'dates, but some years come first and some last, so that date_order must be given';
		ELSIF 10 * counters[28] > counters[26] + counters[27] THEN
			year_first := true;
		ELSIF 10 * counters[27] > counters[26] + counters[28] THEN
			NULL;
		ELSIF dates > 12 AND dates >= 3 * fits THEN
			year_first := true;
		ELSIF NOT (fits > 12 AND fits >= 3 * dates) THEN
			doubt := 'dates with two-digit years that may come first or last, so that date_order must be given';
		END IF;
		IF year_first THEN
			day_order := 'YMD';
		END IF;
	END IF;
	IF day_order IS NULL AND doubt IS NULL THEN
		IF counters[23] + counters[24] + counters[25] = 0 THEN
			-- nothing in it could be read in two ways, but some need an order
			day_order := CASE WHEN counters[26] + counters[40] > 0 THEN 'DMY' END;
		ELSIF counters[23] + counters[24] > 0
			AND 10 * least(counters[23], counters[24]) <= greatest(counters[23], counters[24]) THEN
			-- one order reads more, and little speaks for the other
			day_order := CASE WHEN counters[23] > counters[24] THEN 'DMY' ELSE 'MDY' END;
		ELSIF counters[23] + counters[24] = 0 THEN
			doubt := 'dates, but date_order must be given';
		ELSE
			doubt := format('dates, but date_order must be given: %s can only be DMY, %s only MDY, %s either',
				counters[23], counters[24], counters[25]);
		END IF;
	END IF;
	IF doubt IS NOT NULL THEN
		-- all that some order reads
		IF type = 'text' AND counters[11] + counters[24] + counters[28] > best THEN
			note := doubt;
		END IF;
		RETURN;
	END IF;
	dates := CASE day_order
		WHEN 'DMY' THEN counters[11]
		WHEN 'MDY' THEN counters[12]
		WHEN 'YMD' THEN counters[22]
		ELSE greatest(counters[11], counters[12]) END;
	IF zones >= needed AND counters[31] = counters[32] AND counters[31] NOT IN (0, 1000) THEN
		-- all written by one clock, which is that of the shop, and of those without a zone
		clock := make_interval(mins => (counters[31] - 1000)::integer);
	END IF;
	fits := CASE
		WHEN clock IS NOT NULL THEN dates
		WHEN zones >= needed THEN zones
		ELSE dates - zones END;
	IF fits > best
		OR (counters[13] = typed AND column_name ~ '(date|day|_at$|_on$)') THEN
		type := CASE
			WHEN clock IS NOT NULL THEN 'timestamp without time zone'
			WHEN zones >= needed THEN 'timestamp with time zone'
			WHEN counters[14] > zones THEN 'timestamp without time zone'
			ELSE 'date' END;
		-- those with a zone may be of the other order
		fitting := CASE WHEN type = 'timestamp with time zone' THEN dates + zones - typed ELSE fits END;
		amount_mark := NULL;
		note := NULL;
	ELSE
		clock := NULL;
		IF type = 'text' AND dates >= needed THEN
			note := 'some have a time zone, some have none';
		END IF;
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_type(bigint[], text, double precision, text, text) IS
'The type that prepare_purchases gives a text column: the one that most of its values fit, if at least the share 1 - tolerance does (all, in an identifier by its name: see pt_prepare_identifier); of types that fit alike the first of boolean (if a flag is a word and no code, and its opposite is there too, unless it is yes, true or false, or all values are y, n or off), integer, bigint, numeric (none if a number has leading zeros, or if letters stand before whole numbers in a column that is no money by its name: those are codes), time, date, timestamp, timestamptz; otherwise text, as for a column without values. Words such as ERROR count for no number or date. Values yyyymmdd are dates if all are, and column_name contains date or day or ends in _at or _on. counters are those of column_profile, date_order is ''DMY'', ''MDY'', ''YMD'' or NULL, decimal_mark ''.'', '','' or NULL: what more values speak for, if at most a tenth as many speak against it. day_order and amount_mark are what is taken (NULL: it makes no difference, or none is settled). note says why a type was refused, if one nearly fitted. clock is the offset from UTC that all times with a zone have, if enough have one and it is not 0: the type is timestamp then, and times without a zone are of that clock. fitting is how many values fit the type at least. Error 22023 for other counters, or a tolerance outside 0 <= tolerance < 1.';

/*--- SQL that converts a column ---*/

CREATE FUNCTION @extschema@.pt_prepare_value(col @extschema@.column_plan) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN col.missing IS NULL AND NOT col.no_values AND NOT col.keep_na
		THEN '@extschema@.clean_text(r' || col.ordinal || '::text)'
		ELSE '@extschema@.pt_clean_value(r' || col.ordinal || '::text, ' || quote_nullable(col.missing::text) || '::pg_catalog.text[], '
			|| quote_literal(col.no_values::text) || ', ' || quote_literal(col.keep_na::text) || ')' END;
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_value(@extschema@.column_plan) IS
'SQL of the text of the raw column r<ordinal> without blanks around it, or NULL for what is missing in that column. NULL for NULL.';

CREATE FUNCTION @extschema@.pt_prepare_expression(col @extschema@.column_plan, strict boolean) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE col.type
		WHEN 'text' THEN CASE WHEN col.folds IS NULL THEN e.cleaned
			ELSE 'coalesce(' || quote_literal(col.folds::text) || '::pg_catalog.jsonb OPERATOR(pg_catalog.->>) ' || e.cleaned || ', ' || e.cleaned || ')' END
		WHEN 'boolean' THEN '@extschema@.parse_flag' || e.suffix || '(' || e.value || ')'
		-- only where a type is forced may a number be too large for it, or have decimals
		WHEN 'integer' THEN CASE WHEN strict OR col.counters[7] = col.counters[8] THEN e.whole || '::pg_catalog.int4'
			ELSE 'CASE WHEN ' || e.whole || ' BETWEEN -2147483648 AND 2147483647 THEN ' || e.whole || '::pg_catalog.int4 END' END
		WHEN 'bigint' THEN CASE WHEN strict OR col.decimal_mark IS NULL THEN e.whole || '::pg_catalog.int8'
			ELSE 'CASE WHEN ' || e.whole || ' BETWEEN -9223372036854775808 AND 9223372036854775807 AND pg_catalog.trunc(' || e.whole || ') = ' || e.whole
				|| ' THEN ' || e.whole || '::pg_catalog.int8 END' END
		WHEN 'numeric' THEN e.amount
		WHEN 'time without time zone' THEN '@extschema@.parse_time' || e.suffix || '(' || e.value || ')'
		WHEN 'date' THEN '@extschema@.parse_date' || e.suffix || '(' || e.dated || ')'
		WHEN 'timestamp with time zone' THEN '@extschema@.parse_timestamptz' || e.suffix || '(' || e.dated || ')'
		-- what has no zone is of the same clock
		WHEN 'timestamp without time zone' THEN CASE WHEN col.clock IS NULL THEN ''
				ELSE 'coalesce(pg_catalog.timezone(' || quote_literal(col.clock::text) || '::pg_catalog.interval, @extschema@.parse_timestamptz(' || e.dated || ')), ' END
			|| '@extschema@.parse_timestamp' || e.suffix || '(' || e.dated || ')' || CASE WHEN col.clock IS NULL THEN '' ELSE ')' END
		END
	FROM (SELECT @extschema@.pt_prepare_value(col) AS cleaned,
			CASE WHEN strict THEN '_strict' ELSE '' END AS suffix,
			-- the strict functions take what is missing for an error, and no function knows the words of a column
			CASE WHEN col.missing IS NULL AND NOT (strict AND (col.no_values OR coalesce(col.counters[2] + col.counters[3], 1) > 0))
				THEN 'r' || col.ordinal || '::text' ELSE @extschema@.pt_prepare_value(col) END AS value) AS v,
		LATERAL (SELECT v.*,
			'@extschema@.parse_amount' || v.suffix || '(' || v.value || ', ' || quote_literal(coalesce(col.decimal_mark, '.')) || ')' AS amount) AS a,
		-- identifiers written as 17850.0
		LATERAL (SELECT a.*, a.value || ', ' || quote_nullable(col.date_order) AS dated,
			CASE WHEN col.decimal_mark IS NULL THEN '@extschema@.parse_integer' || a.suffix || '(' || a.value || ')'
			ELSE a.amount END AS whole) AS e;
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_expression(@extschema@.column_plan, boolean) IS
'SQL that turns the raw column r<ordinal> into the type of its plan (one that pt_prepare_type gives). strict: a value that does not fit is an error, otherwise NULL. NULL for another type.';

CREATE FUNCTION @extschema@.pt_prepare_misfit(col @extschema@.column_plan) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '(' || @extschema@.pt_prepare_value(col) || ' IS NOT NULL AND ' || @extschema@.pt_prepare_expression(col, false) || ' IS NULL)'
	WHERE col.type <> 'text';
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_misfit(@extschema@.column_plan) IS
'SQL of the condition that the raw column r<ordinal> has a value that does not fit the type of its plan. NULL for text, which everything fits, and for other types.';

CREATE FUNCTION @extschema@.pt_prepare_reason(col @extschema@.column_plan) RETURNS text
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	other @extschema@.column_plan := col;
	hint text := '';
BEGIN
	other.date_order := CASE col.date_order WHEN 'DMY' THEN 'MDY' WHEN 'MDY' THEN 'DMY' END;
	IF col.type ~ '^(date|timestamp)' AND other.date_order IS NOT NULL THEN
		hint := format(' || CASE WHEN %s IS NULL THEN %L ELSE %L END', @extschema@.pt_prepare_expression(other, false), '',
			format(', but would be with date_order %s', other.date_order));
	END IF;
	RETURN format('CASE WHEN %s THEN %L || quote_literal(r%s::text) || %L%s END', @extschema@.pt_prepare_misfit(col),
		col.name || ': ', col.ordinal, ' is not of type ' || col.type, hint);
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_reason(@extschema@.column_plan) IS
'SQL of the reason why a row is rejected for the raw column r<ordinal>, or NULL if its value fits: the column, the value, the type, and whether the date would fit with day and month in the other order. NULL for text.';

/*--- what needs another look at the values ---*/

CREATE FUNCTION @extschema@.pt_prepare_currencies(source regclass, ordinal integer) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result text;
BEGIN
	PERFORM @extschema@.pt_check_source(source);
	EXECUTE format('SELECT string_agg(c.sign || '' '' || c.times, '', '' ORDER BY c.times DESC, c.sign COLLATE "C") FROM ('
		'SELECT @extschema@.amount_currency(r%s::text) AS sign, count(*) AS times FROM %s GROUP BY 1) AS c WHERE c.sign IS NOT NULL',
		coalesce(ordinal, 1), @extschema@.pt_from_item(source, 'r'))
	INTO result;
	RETURN result;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_currencies(regclass, integer) IS
'The currencies in the column of that ordinal (from 1; NULL: the first) of a source, as they are written, each with the number of its values: ''$ 3, EUR 1''. NULL without any. Errors: those of pt_check_source, 42703 if there is no such column.';

CREATE FUNCTION @extschema@.pt_prepare_folds(source regclass, col @extschema@.column_plan,
		OUT folds jsonb, OUT folded bigint, OUT example text)
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	label text := @extschema@.pt_prepare_value(col);
BEGIN
	PERFORM @extschema@.pt_check_source(source);
	IF label IS NULL THEN
		RETURN;
	END IF;
	EXECUTE format('SELECT jsonb_object_agg(f.label, f.chosen), coalesce(sum(f.times), 0), min((f.label || '': '' || f.chosen) COLLATE "C") FROM ('
		'SELECT l.label, l.times, first_value(l.label) OVER (PARTITION BY l.key ORDER BY l.times DESC, l.label COLLATE "C") AS chosen FROM ('
		'SELECT v.label, count(*) AS times, @extschema@.label_key(v.label) AS key '
		'FROM (SELECT %s AS label FROM %s) AS v WHERE v.label IS NOT NULL GROUP BY 1) AS l) AS f WHERE f.label <> f.chosen',
		label, @extschema@.pt_from_item(source, 'r'))
	INTO folds, folded, example;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_folds(regclass, @extschema@.column_plan) IS
'Labels of a raw column that equal another but for case and blanks: a JSON object of each with the one that most rows have (the first in byte order of several), the number of rows that change, and an example. folds NULL if there are none, all NULL for NULL. Errors: those of pt_check_source.';

/*--- the plan ---*/

CREATE FUNCTION @extschema@.pt_prepare_option(option text, given text[], columns @extschema@.column_plan[]) RETURNS void
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	unknown text;
BEGIN
	SELECT g.name INTO unknown
	FROM unnest(given) AS g(name)
	WHERE g.name IS NULL OR g.name <> ALL (SELECT c.name FROM unnest(columns) AS c WHERE c.name IS NOT NULL)
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION '% names the column "%", which does not exist', option, coalesce(unknown, 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The columns are %s.', (SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.ordinal) FROM unnest(columns) AS c)),
				HINT = 'Names are those of the prepared table.';
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_option(text, text[], @extschema@.column_plan[]) IS
'Returns if all the given names are those of columns; otherwise error 22023, which names the option of prepare_purchases and the columns.';

CREATE FUNCTION @extschema@.pt_prepare_plan(source regclass, impute jsonb DEFAULT NULL, decimal_mark text DEFAULT NULL,
		date_order text DEFAULT NULL, tolerance double precision DEFAULT 0.05, decimal_marks jsonb DEFAULT NULL,
		missing text[] DEFAULT NULL, na_labels text[] DEFAULT NULL, currencies text DEFAULT 'refuse',
		types jsonb DEFAULT NULL, fold_labels text[] DEFAULT NULL,
		OUT input text, OUT rows_in bigint, OUT columns @extschema@.column_plan[])
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	SET parallel_tuple_cost = 0
	SET jit = off
AS $$
DECLARE
	known_types CONSTANT jsonb := '{"text": "text", "boolean": "boolean", "integer": "integer", "bigint": "bigint", "numeric": "numeric",
		"date": "date", "time": "time without time zone", "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone"}'::jsonb;
	words text[];
	counters bigint[];
	looks text[];
	seen text[];
	col @extschema@.column_plan;
	item record;
	twice record;
	imputed text[];
	other text;
	file_mark text;
	given_mark text;
	forced text;
	counted integer := 0;
	cleaned text;
	misfit text;
	kinds text;
	mark text;
	fitting bigint;
	na_is_missing boolean;
BEGIN
	PERFORM @extschema@.pt_check_source(source);
	IF decimal_mark NOT IN ('.', ',') THEN
		RAISE EXCEPTION 'decimal mark "%" is not known', decimal_mark
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It stands before the decimals of an amount.',
				HINT = 'It is ''.'' or '','', or NULL for what the values of each column tell.';
	END IF;
	IF upper(date_order) NOT IN ('DMY', 'MDY', 'YMD') THEN
		RAISE EXCEPTION 'date order "%" is not known', date_order
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It says whether 03/04/2024 is in April or in March, and whether 24-01-05 begins with its year.',
				HINT = 'It is ''DMY'', ''MDY'', ''YMD'' or NULL.';
	END IF;
	IF tolerance IS NULL OR NOT (tolerance >= 0 AND tolerance < 1) THEN
		RAISE EXCEPTION 'tolerance % is out of range', coalesce(tolerance::text, 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It is the share of the values of a column that may fail to fit its type.',
				HINT = 'It is at least 0, where all must fit, and below 1.';
	END IF;
	IF currencies IS NULL OR currencies NOT IN ('refuse', 'column', 'ignore') THEN
		RAISE EXCEPTION 'currencies "%" is not known', coalesce(currencies, 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'It says what becomes of a column with amounts in several currencies.',
				HINT = 'It is ''refuse'', ''column'' or ''ignore''.';
	END IF;
	words := ARRAY(SELECT w.word FROM unnest(missing) AS w(word) WHERE w.word IS NOT NULL);
	IF cardinality(words) = 0 THEN
		words := NULL;
	END IF;

	-- names
	columns := ARRAY(SELECT c FROM @extschema@.pt_prepare_columns(source) AS c);
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
	FOR item IN SELECT i.name, i.groups FROM @extschema@.pt_impute_groups(impute) AS i LOOP
		PERFORM @extschema@.pt_prepare_option('impute', ARRAY[item.name], columns);
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
		IF @extschema@.pt_cut_name(item.name, '_imputed') = ANY (SELECT c.name FROM unnest(columns) AS c) THEN
			RAISE EXCEPTION 'several columns would be named "%"', @extschema@.pt_cut_name(item.name, '_imputed')
				USING ERRCODE = 'duplicate_column',
					DETAIL = format('One is in the source, the other would mark the imputed rows of "%s".', item.name),
					HINT = 'Rename the one in the source, or prepare a view that does.';
		END IF;
		imputed := imputed || item.name;
	END LOOP;
	PERFORM @extschema@.pt_prepare_option('na_labels', na_labels, columns);
	PERFORM @extschema@.pt_prepare_option('fold_labels', fold_labels, columns);
	-- settings of columns by their names
	FOR item IN
		SELECT o.option, o.given, o.known, o.example
		FROM (VALUES
			('decimal_marks', decimal_marks, ARRAY['.', ','], '{"amount": ","}'),
			('types', types, ARRAY(SELECT jsonb_object_keys(known_types)), '{"zip": "text"}')
		) AS o(option, given, known, example)
		WHERE o.given IS NOT NULL
	LOOP
		IF jsonb_typeof(item.given) <> 'object' THEN
			RAISE EXCEPTION '% must be a JSON object', item.option
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = format('It is of type %s.', jsonb_typeof(item.given)),
					HINT = format('Write columns and what they take, as in %s.', item.example);
		END IF;
		PERFORM @extschema@.pt_prepare_option(item.option, ARRAY(SELECT jsonb_object_keys(item.given)), columns);
		SELECT e.key || ': ' || e.value INTO other
		FROM jsonb_each(item.given) AS e
		WHERE jsonb_typeof(e.value) <> 'string' OR e.value #>> '{}' <> ALL (item.known)
		ORDER BY e.key
		LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION '% has a value that is not known', item.option
				USING ERRCODE = 'invalid_parameter_value',
					DETAIL = format('It is %s.', other),
					HINT = format('Known are %s.', (SELECT string_agg(quote_literal(k), ', ') FROM unnest(item.known) AS k));
		END IF;
	END LOOP;
	SELECT c.name INTO other
	FROM unnest(columns) AS c
	WHERE NOT c.is_text AND (types ? c.name OR decimal_marks ? c.name)
	ORDER BY c.ordinal
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'column "%" has a type already', other
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = 'Only columns of text are typed.',
				HINT = 'Leave it out of types and decimal_marks.';
	END IF;

	-- 1. one pass counts what the values of every text column could be
	input := @extschema@.pt_from_item(source, 'r');
	SELECT array_agg('@extschema@.pt_column_profile(r' || c.ordinal || '::text, ' || quote_nullable(words::text) || '::pg_catalog.text[])' ORDER BY c.ordinal)
	INTO looks
	FROM unnest(columns) AS c
	WHERE c.is_text;
	-- ... and which identifiers came as numbers with decimals, though all are whole
	SELECT array_agg(CASE WHEN @extschema@.pt_base_type(c.source_type) IN ('numeric'::regtype, 'real'::regtype, 'double precision'::regtype)
				AND @extschema@.pt_prepare_identifier(c.name)
			THEN format('(count(r%1$s) > 0 AND count(*) FILTER (WHERE NOT (r%1$s = trunc(r%1$s) AND abs(r%1$s) < 9e15)) = 0)', c.ordinal)
			ELSE 'false' END ORDER BY c.ordinal)
	INTO seen
	FROM unnest(columns) AS c;
	EXECUTE format('SELECT count(*), ARRAY[%s]::bigint[], ARRAY[%s]::text[] FROM %s',
		array_to_string(looks, ', '), array_to_string(seen, ', '), input)
	INTO rows_in, counters, seen;
	FOR i IN 1 .. cardinality(columns) LOOP
		col := columns[i];
		IF NOT col.is_text THEN
			IF seen[i]::boolean THEN
				col.type := 'bigint';
				columns[i] := col;
			END IF;
			CONTINUE;
		END IF;
		counted := counted + 1;
		col.counters := ARRAY(SELECT c.counter FROM unnest(counters[counted:counted]) WITH ORDINALITY AS c(counter, place) ORDER BY c.place);
		col.missing := words;
		IF col.name = ANY (na_labels) AND col.counters[33] > 0 THEN
			col.keep_na := true;
			col.counters[1] := col.counters[1] + col.counters[33];
			col.counters[3] := col.counters[3] - col.counters[33];
		END IF;
		given_mark := coalesce(decimal_marks ->> col.name, decimal_mark);
		SELECT t.type, t.day_order, t.amount_mark, t.note, t.clock, t.fitting
		INTO col.type, col.date_order, col.decimal_mark, col.note, col.clock, fitting
		FROM @extschema@.pt_prepare_type(col.counters, col.name, tolerance, date_order, given_mark) AS t;
		forced := known_types ->> (types ->> col.name);
		IF forced IS NOT NULL THEN
			col.type := forced;
			col.note := NULL;
			col.clock := NULL;
			-- whatever the values are: all must be looked at
			fitting := 0;
			IF forced = 'numeric' AND col.decimal_mark IS NULL THEN
				col.decimal_mark := coalesce(given_mark,
					CASE WHEN col.counters[16] <> col.counters[17] THEN CASE WHEN col.counters[16] > col.counters[17] THEN ',' ELSE '.' END END);
			ELSIF forced <> 'numeric' THEN
				mark := coalesce(given_mark, CASE WHEN col.counters[16] > col.counters[17] THEN ',' ELSE '.' END);
				-- all are whole, with decimals of one mark
				col.decimal_mark := CASE WHEN forced = 'bigint' AND col.counters[8] < col.counters[19] AND least(col.counters[16], col.counters[17]) = 0
						AND CASE mark WHEN ',' THEN col.counters[17] ELSE col.counters[16] END = 0 AND col.counters[19] = col.counters[9] + col.counters[16]
					THEN mark END;
			END IF;
		ELSIF col.counters[1] = 0 AND col.name = ANY (imputed) THEN
			col.type := 'numeric';
		ELSIF col.keep_na AND col.type <> 'text' THEN
			col.type := 'text';
			col.note := 'NA is a label in it';
		END IF;

		-- money of several currencies does not add up
		IF col.type = 'numeric' AND bit_count(col.counters[21]::bit(64)) > 1 THEN
			kinds := 'several currencies: ' || @extschema@.pt_prepare_currencies(source, i);
			IF currencies = 'refuse' AND forced IS NULL THEN
				col.type := 'text';
				col.note := kinds;
			ELSE
				col.told := col.told || jsonb_build_object('action', kinds);
			END IF;
		END IF;
		col.no_values := col.type <> 'text' AND col.counters[20] > 0;
		IF col.type = 'text' THEN
			col.decimal_mark := NULL;
			col.clock := NULL;
		ELSE
			col.misfits := greatest(col.counters[1] - CASE WHEN col.no_values THEN col.counters[20] ELSE 0 END - fitting, 0);
		END IF;
		columns[i] := col;
	END LOOP;

	-- a file has one decimal mark: columns that leave it open follow those that tell
	SELECT CASE WHEN count(DISTINCT c.decimal_mark) = 1 THEN min(c.decimal_mark) END
	INTO file_mark
	FROM unnest(columns) AS c
	WHERE c.type = 'numeric' AND c.counters[16] + c.counters[17] > 0;
	-- and one meaning of NA: R writes it for all that is missing
	na_is_missing := EXISTS (SELECT FROM unnest(columns) AS c WHERE c.is_text AND c.type <> 'text' AND c.counters[33] > 0);
	FOR i IN 1 .. cardinality(columns) LOOP
		col := columns[i];
		CONTINUE WHEN col.type IS NULL OR col.counters IS NULL;
		-- NA may be North America, or Namibia
		IF col.type = 'text' AND na_labels IS NULL AND col.counters[33] > 0 AND col.counters[35] > 0
			AND (col.counters[34] = col.counters[1]
				OR (2 * col.counters[35] >= col.counters[1]
					AND col.name ~ '(region|territory|continent|country|market|area|zone|state|nation)')) THEN
			IF na_is_missing THEN
				col.doubt := 'NA';
				col.told := col.told || jsonb_build_object('action', 'NA taken as missing, as in columns that are no text: na_labels can tell', 'row_count', col.counters[33]);
			ELSE
				col.keep_na := true;
				col.counters[1] := col.counters[1] + col.counters[33];
				col.counters[3] := col.counters[3] - col.counters[33];
			END IF;
		END IF;
		IF col.keep_na THEN
			col.told := col.told || jsonb_build_object('action', 'NA kept as a label', 'row_count', col.counters[33]);
		END IF;
		IF col.type IN ('numeric', 'bigint') AND col.decimal_mark IS NOT NULL THEN
			IF col.type = 'bigint' THEN
				col.told := col.told || jsonb_build_object('action', 'whole numbers written with decimals', 'row_count', col.counters[19] - col.counters[8]);
			ELSIF decimal_mark IS NULL AND NOT coalesce(decimal_marks ? col.name, false) AND col.counters[18] > 0 THEN
				col.told := col.told || jsonb_build_object('action', 'numbers that could have either decimal mark', 'row_count', col.counters[18]);
			END IF;
		ELSIF col.type = 'numeric' AND col.counters[18] > 0 THEN
			col.decimal_mark := coalesce(file_mark, '.');
			col.doubt := CASE WHEN file_mark IS NULL THEN 'decimal mark' END;
			col.told := col.told || jsonb_build_object('action', CASE WHEN file_mark IS NULL
					THEN 'read with a decimal point, which no value settles: decimal_marks can tell'
					ELSE 'read with the decimal mark of the other columns: decimal_marks can tell' END,
				'row_count', col.counters[18]);
		END IF;
		IF col.type ~ '^(date|timestamp)' THEN
			other := CASE col.date_order WHEN 'DMY' THEN 'MDY' WHEN 'MDY' THEN 'DMY' END;
			IF (CASE col.date_order WHEN 'DMY' THEN col.counters[24] WHEN 'MDY' THEN col.counters[23] END) > 0 THEN
				col.told := col.told || jsonb_build_object('action', format('dates that can only be %s', other),
						'row_count', CASE col.date_order WHEN 'DMY' THEN col.counters[24] ELSE col.counters[23] END)
					|| jsonb_build_object('action', format('dates that could be %s too', other), 'row_count', col.counters[25]);
			END IF;
			IF (col.type = 'timestamp with time zone' OR col.clock IS NOT NULL) AND col.counters[15] > 0 AND col.counters[31] = col.counters[32] THEN
				col.told := col.told || jsonb_build_object('action', format('%s the time zone %s%s%s',
						CASE WHEN col.counters[15] < col.counters[1] - CASE WHEN col.no_values THEN col.counters[20] ELSE 0 END THEN 'all that have one have' ELSE 'all have' END,
						CASE WHEN col.counters[31] < 1000 THEN '-' ELSE '+' END,
						to_char(make_interval(mins => abs(col.counters[31] - 1000)::integer), 'HH24:MI'),
						CASE WHEN col.clock IS NOT NULL THEN ', taken as the shop''s clock' ELSE '' END),
					'row_count', col.counters[15]);
				fitting := col.counters[1] - CASE WHEN col.no_values THEN col.counters[20] ELSE 0 END - col.misfits;
				IF col.clock IS NOT NULL AND fitting > col.counters[15] THEN
					col.told := col.told || jsonb_build_object('action', 'times without a time zone, taken as of that clock', 'row_count', fitting - col.counters[15]);
				END IF;
			END IF;
		END IF;
		IF col.type = 'text' AND col.name = ANY (fold_labels) THEN
			SELECT f.folds, f.folded, f.example INTO item FROM @extschema@.pt_prepare_folds(source, col) AS f;
			col.folds := item.folds;
			col.told := col.told || jsonb_build_object('action', 'folded to the most frequent writing', 'row_count', item.folded, 'example', item.example);
		END IF;
		columns[i] := col;
	END LOOP;

	-- 2. examples, and values that do not fit, where the counts tell of any
	looks := ARRAY[]::text[];
	FOREACH col IN ARRAY columns LOOP
		CONTINUE WHEN NOT col.is_text;
		cleaned := @extschema@.pt_prepare_value(col);
		misfit := @extschema@.pt_prepare_misfit(col);
		looks := looks
			|| CASE WHEN col.counters[4] > 0
				THEN format('min(r%1$s::text COLLATE pg_catalog."C") FILTER (WHERE %2$s <> r%1$s::text COLLATE pg_catalog."C")', col.ordinal, cleaned)
				ELSE 'NULL' END
			|| CASE WHEN col.counters[3] > 0 OR col.no_values
				THEN format('min(r%1$s::text COLLATE pg_catalog."C") FILTER (WHERE %2$s IS NULL AND r%1$s::text COLLATE pg_catalog."C" ~ ''[^[:space:]]'')', col.ordinal, cleaned)
				ELSE 'NULL' END
			|| CASE WHEN misfit IS NOT NULL AND col.misfits > 0
				THEN ARRAY['count(*) FILTER (WHERE ' || misfit || ')::text',
					format('min(r%s::text COLLATE pg_catalog."C") FILTER (WHERE %s)', col.ordinal, misfit),
					-- as the returns C2001 among invoices
					CASE WHEN col.type IN ('integer', 'bigint')
						THEN format('(count(*) FILTER (WHERE %s AND @extschema@.pt_prepare_code(%s)))::text', misfit, cleaned)
						ELSE 'NULL' END,
					CASE WHEN col.type IN ('integer', 'bigint')
						THEN format('min(%2$s COLLATE pg_catalog."C") FILTER (WHERE %1$s AND @extschema@.pt_prepare_code(%2$s))', misfit, cleaned)
						ELSE 'NULL' END]
				ELSE ARRAY['0', 'NULL', 'NULL', 'NULL'] END;
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
			IF coalesce(types ? col.name, false) THEN
				NULL;
			ELSIF col.misfits > 0 AND 2 * seen[5]::bigint >= col.misfits THEN
				-- codes are never typed by majority either, whatever the column is called
				col.note := format('%s values are codes, such as %s', seen[5], seen[6]);
			ELSIF col.misfits > floor(col.counters[1] * tolerance::numeric) THEN
				-- the counts promised more than one order or zone can hold
				col.note := 'too many values do not fit';
			END IF;
			IF col.note IS NOT NULL AND col.type <> 'text' THEN
				col.type := 'text';
				col.misfits := 0;
				col.misfit_example := NULL;
				col.decimal_mark := NULL;
				col.date_order := NULL;
				col.clock := NULL;
				col.told := '[]';
				col.doubt := NULL;
				IF col.no_values AND col.counters[3] = 0 THEN
					col.missing_example := NULL;
				END IF;
				col.no_values := false;
			END IF;
			columns[i] := col;
			seen := seen[7:];
		END LOOP;
	END IF;
END;
$$;
COMMENT ON FUNCTION @extschema@.pt_prepare_plan(regclass, jsonb, text, text, double precision, jsonb, text[], text[], text, jsonb, text[]) IS
'What prepare_purchases would do with a source, without doing it: the FROM item that it reads (columns are r1, r2, ...), the number of rows, and a column_plan per column. The arguments are those of prepare_purchases. Reads the source once, and once more if there are values that do not fit, blanks around values or missing words; columns with several currencies or labels to be folded are read on their own. Errors: those of pt_check_source, 22023 for arguments that cannot be, 42701 if two columns would have one name.';
