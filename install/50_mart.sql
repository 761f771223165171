-- mart: a schema of views over a table of purchases
-- helpers: age_labels extension_schema source_column_list source_expression source_expression_type

-- What a column of the source can be to a mart.
CREATE TABLE @extschema@.mart_role (
	role_name	text PRIMARY KEY,
	sort		smallint NOT NULL UNIQUE,
	role_type	text NOT NULL CHECK (role_type IN ('id', 'time', 'money', 'text', 'flag', 'integer', 'number', 'frequency')),
	required	boolean NOT NULL,
	synonyms	text[] NOT NULL,
	description	text NOT NULL
);
COMMENT ON TABLE @extschema@.mart_role IS
'What a column of the source can be to a mart. create_mart takes an argument of each name; where it is not given, the column with the first of the synonyms is taken.';
COMMENT ON COLUMN @extschema@.mart_role.role_name IS 'Name of the role, and of the argument of create_mart.';
COMMENT ON COLUMN @extschema@.mart_role.sort IS 'Order of the roles in purchases.';
COMMENT ON COLUMN @extschema@.mart_role.role_type IS 'What it is read as: id (any type; integers stay, others become text), time (timestamp, date, or timestamp with time zone, which is converted to the mart''s time zone), money (a number), text, flag (boolean, or text that parse_flag reads), integer, number, or frequency (days, or text that parse_frequency reads).';
COMMENT ON COLUMN @extschema@.mart_role.required IS 'Whether a mart cannot be without it.';
COMMENT ON COLUMN @extschema@.mart_role.synonyms IS 'Column names, as clean_name gives them, that are taken for the role, the best first.';
COMMENT ON COLUMN @extschema@.mart_role.description IS 'What the role means, with its unit.';

INSERT INTO @extschema@.mart_role VALUES
	('customer_id', 1, 'id', true,
	 '{customer_id,cust_id,customer,cust,client_id,user_id,member_id,customer_number,customer_no}',
	 'Who bought.'),
	('order_id', 2, 'id', false,
	 '{order_id,order_number,order_no,invoice_no,invoice_number,invoice_id,invoice,transaction_id,receipt_id,basket_id}',
	 'Which order a line belongs to; lines of one order id are one purchase. Without it, lines of one customer at one time are.'),
	('purchased_at', 3, 'time', false,
	 '{purchased_at,purchase_date,purchase_time,order_date,ordered_at,order_time,order_datetime,invoice_date,transaction_date,transaction_time,sold_at,created_at,timestamp,date,ts}',
	 'When it was bought, on the clock of the shop. Rows without a finite time are left out of a mart that has times.'),
	('amount', 4, 'money', true,
	 '{amount,purchase_amount,net_amount,total_amount,order_amount,total,order_total,order_value,sales_amount,sales,revenue,dollar_value}',
	 'Money of the purchase or line, net of discount, negative for a return, in the currency of the source.'),
	('quantity', 5, 'number', false, '{quantity,qty,units,item_count,number_of_items}',
	 'How many pieces were bought.'),
	('discount_amount', 6, 'money', false, '{discount_amount,discount_value,discount}',
	 'Money that was taken off; without the role discounted, more than zero is a discount.'),
	('product', 7, 'text', false,
	 '{product,item_purchased,product_name,item,item_name,article,sku,product_id}',
	 'What was bought.'),
	('category', 8, 'text', false,
	 '{category,product_category,item_category,department,product_type}',
	 'Product category.'),
	('gender', 9, 'text', false, '{gender,sex}',
	 'Gender of the customer, as the source has it.'),
	('age', 10, 'integer', false, '{age,customer_age,age_years}',
	 'Age of the customer in years.'),
	('location', 11, 'text', false,
	 '{location,state,region,city,country,customer_state,customer_city}',
	 'Where the customer lives or bought.'),
	('size', 12, 'text', false, '{size,product_size,item_size}',
	 'Size of the product.'),
	('color', 13, 'text', false, '{color,colour,product_color,item_color}',
	 'Color of the product.'),
	('season', 14, 'text', false, '{season,purchase_season}',
	 'Season of the purchase, as the source has it.'),
	('review_rating', 15, 'number', false,
	 '{review_rating,rating,customer_rating,review_score,stars}',
	 'Rating that the customer gave.'),
	('subscribed', 16, 'flag', false,
	 '{subscribed,subscription_status,is_subscribed,subscription,subscriber,is_subscriber}',
	 'Whether the customer subscribes.'),
	('shipping_type', 17, 'text', false,
	 '{shipping_type,shipping_method,ship_mode,shipping,delivery_type}',
	 'How the purchase was sent.'),
	('discounted', 18, 'flag', false,
	 '{discounted,discount_applied,is_discounted,has_discount,discount_used,promo_code_used}',
	 'Whether the purchase had a discount.'),
	('previous_purchases', 19, 'integer', false,
	 '{previous_purchases,prior_purchases,past_purchases,purchase_count,number_of_purchases,num_purchases}',
	 'How many purchases the customer made before, as the source reports it.'),
	('payment_method', 20, 'text', false,
	 '{payment_method,preferred_payment_method,payment_type,payment}',
	 'How the purchase was paid.'),
	('purchase_frequency', 21, 'frequency', false,
	 '{purchase_frequency,frequency_of_purchases,purchase_frequency_days,shopping_frequency,buying_frequency}',
	 'How often the customer buys, as the source reports it: a label such as Weekly, or days.');

-- The text of a column's COMMENT, wherever a view has a column of the name.
CREATE TABLE @extschema@.mart_column (
	column_name	text PRIMARY KEY,
	description	text NOT NULL
);
COMMENT ON TABLE @extschema@.mart_column IS
'What a column of this name means in every view of a mart, with its unit. create_mart makes the COMMENTs from it.';
COMMENT ON COLUMN @extschema@.mart_column.column_name IS 'Name of the column.';
COMMENT ON COLUMN @extschema@.mart_column.description IS 'Its meaning and unit.';

INSERT INTO @extschema@.mart_column VALUES
	('customer_id', 'Customer, as the source identifies them.'),
	('amount', 'Money of the purchase, net of discount, negative for a return; currency of the source.'),
	('order_id', 'Order that the line belongs to. Where the source has times but no order ids, one is made of customer and time; NULL without times: then each row is a purchase.'),
	('purchased_at', 'When it was bought, on the clock of the shop; NULL in a mart without times.'),
	('quantity', 'Number of pieces.'),
	('discount_amount', 'Money that was taken off; currency of the source.'),
	('returned', 'Whether the row is a return: an amount below zero. Returns count in revenue, not in purchases.'),
	('returned_label', 'Whether the row is a return, as Yes or No.'),
	('product', 'Product.'),
	('category', 'Product category.'),
	('gender', 'Gender of the customer.'),
	('age', 'Age of the customer in years.'),
	('age_group', 'Age group of the customer; its limits are in segment_age. NULL without an age, or outside fixed limits.'),
	('age_group_sort', 'Number of the age group, to sort by.'),
	('location', 'Where the customer lives or bought.'),
	('size', 'Size of the product.'),
	('size_sort', 'Number of the size to sort by: XXS 1 to XXXL 8, NULL for others.'),
	('color', 'Color of the product.'),
	('season', 'Season of the purchase.'),
	('season_sort', 'Number of the season to sort by: Spring 1, Summer 2, Fall or Autumn 3, Winter 4, NULL for others.'),
	('review_rating', 'Rating that the customer gave.'),
	('subscribed', 'Whether the customer subscribes.'),
	('subscribed_label', 'Whether the customer subscribes, as Yes or No.'),
	('shipping_type', 'How the purchase was sent.'),
	('discounted', 'Whether the purchase had a discount.'),
	('discounted_label', 'Whether the purchase had a discount, as Yes or No.'),
	('previous_purchases', 'Purchases that the customer made before, as the source reports them.'),
	('loyalty_tier', 'Loyalty tier by previous purchases: New, Returning or Loyal; NULL where they are not known.'),
	('loyalty_tier_sort', 'Number of the loyalty tier to sort by: New 1, Returning 2, Loyal 3.'),
	('payment_method', 'How the purchase was paid.'),
	('spend_tier', 'Spend tier by revenue: Light, Medium or Heavy; its cut points are in spend_basis.'),
	('spend_tier_sort', 'Number of the spend tier to sort by: Light 1, Medium 2, Heavy 3.'),
	('high_value', 'Whether the revenue of the customer is among the best tenth; all who have the revenue of the last one count.'),
	('high_value_label', 'Whether the customer is high-value, as Yes or No.'),
	('purchase_frequency', 'How often the customer buys, as a label: one for each number of days.'),
	('purchase_frequency_days', 'Days between the purchases of the customer, as the source reports them.'),
	('purchase_frequency_sort', 'Number of the purchase frequency to sort by: often first.'),
	('customers', 'Number of different customers.'),
	('purchases', 'Number of purchases: orders, where rows are order lines; returns do not count.'),
	('revenue', 'Sum of the amounts, returns included; currency of the source.'),
	('revenue_share', 'Revenue as a share of the whole, 0 to 1; NULL if the whole is zero.'),
	('average_amount', 'Average amount of a purchase, returns left out; currency of the source.'),
	('average_rating', 'Average of the ratings that are known.'),
	('rated_purchases', 'Number of rows with a rating.'),
	('discounted_purchases', 'Number of purchases with a discount, returns left out.'),
	('discount_share', 'Purchases with a discount as a share of those where it is known, 0 to 1.'),
	('subscribers', 'Number of different customers who subscribe.'),
	('subscriber_share', 'Customers who subscribe as a share of the customers where it is known, 0 to 1.'),
	('customer_share', 'Customers as a share of all customers, 0 to 1.'),
	('revenue_per_customer', 'Revenue divided by customers; currency of the source.'),
	('products', 'Number of different products.'),
	('categories', 'Number of different categories.'),
	('dimension', 'Name of the dimension, which is a column of fact_purchase.'),
	('value', 'Value of the dimension; NULL where the source has none.'),
	('value_sort', 'Number to sort the value by, where its order is not that of the alphabet.'),
	('product_rank', 'Place of the product in its category: more purchases first; ties by name, in the order of the C collation.');

-- The views of a mart, as the files install/views/*.sql have them.
CREATE TABLE @extschema@.mart_view_template (
	template_name	text PRIMARY KEY,
	template	text NOT NULL
);
COMMENT ON TABLE @extschema@.mart_view_template IS
'The views that create_mart can make. A template is plain SQL under a header: "-- view:" the name of the view, "-- needs:" the roles without which there is no such view, "-- unless:" a role with which another template makes it, "-- uses:" the views it reads, then the text of its COMMENT, and "-- column x:" for columns that mean something else here than in mart_column.';
COMMENT ON COLUMN @extschema@.mart_view_template.template_name IS 'Name of its file.';
COMMENT ON COLUMN @extschema@.mart_view_template.template IS 'Header and query. numeric(18,2) stands for money and takes the decimals of the mart.';

-- @view_templates@

GRANT SELECT ON @extschema@.mart_role, @extschema@.mart_column, @extschema@.mart_view_template TO PUBLIC;

-- Templates ----------------------------------------------------------------

CREATE FUNCTION @extschema@.mart_template_header(template text, field text) RETURNS text[]
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT array_agg(trim(item) ORDER BY ordinality)
	FROM regexp_split_to_table(
			substring(template FROM '(?n)^-- ' || field || ': *(.*)$'), ',')
		WITH ORDINALITY AS items(item, ordinality)
	WHERE trim(item) <> ''
$$;
COMMENT ON FUNCTION @extschema@.mart_template_header(text, text) IS
'The items of a line "-- field: a, b" in the header of a view template; NULL if there is no such line.';

CREATE FUNCTION @extschema@.mart_template_description(template text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(substring(line FROM 4), ' ' ORDER BY ordinality)
	-- the header only: a comment in the query is none of it
	FROM regexp_split_to_table(substring(template FROM '^(?:--[^\n]*\n)*'), E'\n') WITH ORDINALITY AS lines(line, ordinality)
	WHERE line ~ '^-- ' AND line !~ '^-- (view|needs|unless|uses|column [a-z0-9_]+):'
$$;
COMMENT ON FUNCTION @extschema@.mart_template_description(text) IS
'The description in the header of a view template.';

-- Names ------------------------------------------------------------------------

CREATE FUNCTION @extschema@.extension_schema() RETURNS name
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT n.nspname
	FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
	WHERE e.extname = 'purchase_trends'
$$;
COMMENT ON FUNCTION @extschema@.extension_schema() IS
'The schema in which purchase_trends is installed.';

-- Marts that exist -----------------------------------------------------------

CREATE FUNCTION @extschema@.marts() RETURNS TABLE (mart text, owner text)
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT n.nspname::text, pg_get_userbyid(c.relowner)::text
	FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relname = 'mart' AND c.relkind = 'r'
		AND obj_description(c.oid, 'pg_class') LIKE 'Settings of this purchase_trends mart%'
	ORDER BY n.nspname
$$;
COMMENT ON FUNCTION @extschema@.marts() IS
'The marts of this database: the schemas that create_mart has made.';

CREATE FUNCTION @extschema@.check_mart(mart text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF mart IS NULL THEN
		RAISE EXCEPTION 'the name of the mart must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF NOT EXISTS (SELECT FROM @extschema@.marts() m WHERE m.mart = check_mart.mart) THEN
		RAISE EXCEPTION 'there is no mart "%"', mart
			USING ERRCODE = 'invalid_schema_name',
				DETAIL = coalesce('The marts here are: '
					|| (SELECT string_agg(quote_ident(m.mart), ', ') FROM @extschema@.marts() m) || '.',
					'There is no mart in this database.'),
				HINT = 'create_mart() makes one.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.check_mart(text) IS
'Errors unless there is a mart of this name (3F000; 22004 for NULL).';

-- Roles ----------------------------------------------------------------------

CREATE FUNCTION @extschema@.source_expression_type(source regclass, expression text, what text) RETURNS regtype
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	message text;
BEGIN
	IF NOT @extschema@.is_value_expression(expression) THEN
		RAISE EXCEPTION '%: "%" is neither a column of % nor an SQL expression', what, left(expression, 200), source
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The columns are: %s.', @extschema@.source_column_list(source)),
				HINT = 'Give a column name as it is, without quotes, or one expression, such as quantity * unit_price.';
	END IF;
	-- Functions in the expression are looked for in pg_catalog and here only.
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', @extschema@.extension_schema()), true);
	RETURN @extschema@.value_expression_type(source, expression);
EXCEPTION
	-- whatever the parser finds wrong with it, as an error of the argument
	WHEN syntax_error_or_access_rule_violation OR feature_not_supported OR data_exception THEN
		IF SQLSTATE = '22023' THEN
			RAISE;
		END IF;
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
		RAISE EXCEPTION '%: "%" cannot be computed from a row of %', what, left(expression, 200), source
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('%s. The columns are: %s.', message, @extschema@.source_column_list(source)),
				HINT = 'It stands for one row, as a condition in WHERE does; functions outside pg_catalog must be named with their schema.';
END
$$;
COMMENT ON FUNCTION @extschema@.source_expression_type(regclass, text, text) IS
'Type of an SQL expression over one row of the source. Errors (22023) say what cannot be used as such, beginning with the argument "what".';

CREATE FUNCTION @extschema@.source_column_list(source regclass) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(string_agg(attname, ', ' ORDER BY attnum), 'none')
	FROM pg_attribute
	WHERE attrelid = source AND attnum > 0 AND NOT attisdropped
$$;
COMMENT ON FUNCTION @extschema@.source_column_list(regclass) IS
'The columns of a relation, as a list to be shown in messages.';

CREATE FUNCTION @extschema@.source_expression(source regclass, given text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(
		(SELECT quote_ident(attname) FROM pg_attribute
		 WHERE attrelid = source AND attname = given AND attnum > 0 AND NOT attisdropped),
		given)
$$;
COMMENT ON FUNCTION @extschema@.source_expression(regclass, text) IS
'A column name of the source, quoted as needed; any other text as it is.';

CREATE FUNCTION @extschema@.mart_role_expressions(source regclass, given jsonb) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	unknown text;
	missing text;
	result jsonb;
BEGIN
	IF jsonb_typeof(given) <> 'object' THEN
		RAISE EXCEPTION 'roles must be an object'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'For example {"customer_id": "cust", "amount": "quantity * unit_price"}.';
	END IF;
	SELECT string_agg(format('"%s"', g.key), ', ') INTO unknown
	FROM jsonb_each(given) g
	WHERE NOT EXISTS (SELECT FROM @extschema@.mart_role r WHERE r.role_name = g.key);
	IF unknown IS NOT NULL THEN
		RAISE EXCEPTION 'unknown role: %', unknown
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('The roles are: %s.',
					(SELECT string_agg(r.role_name, ', ' ORDER BY r.sort) FROM @extschema@.mart_role r)),
				HINT = 'Further columns to group by are given by dimensions.';
	END IF;
	SELECT string_agg(format('"%s"', g.key), ', ') INTO unknown
	FROM jsonb_each(given) g
	WHERE jsonb_typeof(g.value) NOT IN ('string', 'null');
	IF unknown IS NOT NULL THEN
		RAISE EXCEPTION 'the role % must be given as a string', unknown
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'It is a column name or an SQL expression.';
	END IF;

	-- what is given, or else the column with the best of the role's names
	SELECT coalesce(jsonb_object_agg(r.role_name, coalesce(g.value, found.expression))
			FILTER (WHERE coalesce(g.value, found.expression) IS NOT NULL), '{}')
	INTO result
	FROM @extschema@.mart_role r
	LEFT JOIN LATERAL (
		SELECT @extschema@.source_expression(source, e.value) AS value
		FROM jsonb_each_text(given) e
		WHERE e.key = r.role_name AND e.value IS NOT NULL
	) g ON true
	LEFT JOIN LATERAL (
		SELECT quote_ident(a.attname) AS expression
		FROM pg_attribute a
		JOIN unnest(r.synonyms) WITH ORDINALITY AS s(synonym, position)
			ON s.synonym = @extschema@.clean_name(a.attname)
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
			AND NOT given ? r.role_name
			-- a column that is something else already is not taken twice
			AND NOT EXISTS (
				SELECT FROM jsonb_each_text(given) e
				WHERE e.key <> r.role_name AND e.value = a.attname)
		ORDER BY s.position, a.attnum
		LIMIT 1
	) found ON true;

	IF result ? 'discount_amount' AND NOT result ? 'discounted' AND NOT given ? 'discounted' THEN
		result := result || jsonb_build_object('discounted', format(E'(%s\n) > 0', result ->> 'discount_amount'));
	END IF;

	SELECT string_agg(r.role_name, ', ' ORDER BY r.sort) INTO missing
	FROM @extschema@.mart_role r
	WHERE r.required AND NOT result ? r.role_name;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'no column of % was found for: %', source, missing
			USING ERRCODE = 'undefined_column',
				DETAIL = format('The columns are: %s.', @extschema@.source_column_list(source)),
				HINT = format('Say which column or expression it is, for example %s => ''...''.',
					split_part(missing, ',', 1));
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_role_expressions(regclass, jsonb) IS
'The SQL expression over the source for each role: as given (column names are quoted as needed), or the column whose name is a synonym of the role; a role that is given as null has none. Errors: unknown role (22023), required role without a column (42703).';

CREATE FUNCTION @extschema@.mart_role_cast(source regclass, role_name text, expression text, amount_scale integer, time_zone text) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	role_type text := (SELECT r.role_type FROM @extschema@.mart_role r WHERE r.role_name = mart_role_cast.role_name);
	ext name := @extschema@.extension_schema();
	given_type regtype := @extschema@.source_expression_type(source, expression, role_name);
	base_type regtype := @extschema@.base_type(given_type);
	category "char" := (SELECT typcategory FROM pg_type WHERE oid = base_type);
	value text := format(E'(%s\n)', expression);
	fits boolean := true;
	result text;
BEGIN
	CASE role_type
		WHEN 'id' THEN
			-- without a cast where possible, so that an index on it can be used
			result := CASE
				WHEN given_type = ANY ('{int2,int4,int8,text}'::regtype[]) THEN value
				WHEN base_type = ANY ('{int2,int4,int8}'::regtype[]) THEN format('%s::%s', value, base_type)
				ELSE value || '::text' END;
		WHEN 'time' THEN
			fits := base_type = ANY ('{timestamp,timestamptz,date}'::regtype[]);
			result := CASE base_type
				WHEN 'timestamptz'::regtype THEN format('(%s AT TIME ZONE %L)', value, time_zone)
				WHEN given_type THEN CASE base_type WHEN 'date'::regtype THEN value || '::timestamp' ELSE value END
				ELSE value || '::timestamp' END;
		WHEN 'money' THEN
			fits := category = 'N';
			result := format('%I.finite_amount(%s::numeric, %L::text)::numeric(18,%s)',
				ext, value, left(expression, 200), amount_scale);
		WHEN 'text' THEN
			result := CASE WHEN given_type = 'text'::regtype THEN value ELSE value || '::text' END;
		WHEN 'flag' THEN
			fits := category IN ('B', 'S', 'N');
			result := CASE WHEN category = 'B' THEN value || '::boolean'
				ELSE format('%I.parse_flag(%s::text)', ext, value) END;
		WHEN 'integer' THEN
			fits := category = 'N';
			result := value || '::integer';
		WHEN 'number' THEN
			fits := category = 'N';
			result := format('nullif(%s::numeric, ''NaN''::numeric)::numeric(18,4)', value);
		WHEN 'frequency' THEN
			fits := category IN ('S', 'N');
			result := CASE WHEN category = 'N' THEN value || '::integer'
				ELSE format('%I.parse_frequency(%s::text)', ext, value) END;
	END CASE;
	IF NOT fits THEN
		RAISE EXCEPTION '%: "%" is of type %, which cannot be read as %', role_name, left(expression, 200), given_type,
				CASE role_type WHEN 'money' THEN 'an amount' WHEN 'time' THEN 'a time' WHEN 'flag' THEN 'a flag' WHEN 'integer' THEN 'an integer'
					WHEN 'number' THEN 'a number' ELSE 'a frequency' END
			USING ERRCODE = 'datatype_mismatch',
				HINT = CASE WHEN category = 'S'
					THEN format('prepare_purchases() makes a typed table of a raw one; or give an expression such as %s(%s).',
						CASE role_type WHEN 'integer' THEN 'parse_integer' WHEN 'time' THEN 'parse_timestamp' ELSE 'parse_amount' END, expression)
					ELSE 'Give an expression that has a fitting type.' END;
	END IF;
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_role_cast(regclass, text, text, integer, text) IS
'The expression of a role, read as the type of the role (see mart_role), with times in the time zone. A type that cannot be read so is an error (42804).';

CREATE TYPE @extschema@.mart_reader AS (role_name name, view_name name);
COMMENT ON TYPE @extschema@.mart_reader IS 'A role that may read a view; upgrade_mart keeps these.';

-- Making a mart --------------------------------------------------------------

CREATE FUNCTION @extschema@.mart_dimension_columns(source regclass, dimensions text[], roles jsonb)
	RETURNS TABLE (dimension text, expression text, is_role boolean)
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	item text;
	label text;
	names text[];
BEGIN
	IF array_ndims(dimensions) > 1 THEN
		RAISE EXCEPTION 'dimensions must be a one-dimensional array'
			USING ERRCODE = 'array_subscript_error';
	END IF;
	FOREACH item IN ARRAY coalesce(dimensions, '{}') LOOP
		IF item IS NULL THEN
			RAISE EXCEPTION 'dimensions must not contain NULL'
				USING ERRCODE = 'null_value_not_allowed';
		END IF;
		-- a role that is a dimension anyway may be named again
		CONTINUE WHEN EXISTS (
			SELECT FROM @extschema@.mart_role r
			WHERE r.role_name = item AND roles ? item
				AND r.role_type IN ('text', 'flag', 'frequency') AND item <> 'product');
		label := item;
		IF item ~ '^\s*[[:alnum:]_]+\s*=>' AND NOT EXISTS (
				SELECT FROM pg_attribute a
				WHERE a.attrelid = source AND a.attname = item AND a.attnum > 0 AND NOT a.attisdropped) THEN
			label := substring(item FROM '^\s*([[:alnum:]_]+)\s*=>');
			item := substring(item FROM '^\s*[[:alnum:]_]+\s*=>(.*)$');
		END IF;
		dimension := left(@extschema@.clean_name_strict(label), 40);
		expression := @extschema@.source_expression(source, item);
		is_role := false;
		PERFORM @extschema@.source_expression_type(source, expression, 'dimension ' || dimension);
		IF dimension = ANY (names) OR EXISTS (
				SELECT FROM @extschema@.mart_column c WHERE c.column_name = dimension) THEN
			RAISE EXCEPTION 'dimension "%": a column of this name is in the mart already', dimension
				USING ERRCODE = 'duplicate_column',
					HINT = 'Give it another name: dimensions => ARRAY[''other_name => expression''].';
		END IF;
		names := names || dimension;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_dimension_columns(regclass, text[], jsonb) IS
'The further dimensions of a mart: each item is a column of the source, or "name => expression". Roles that are dimensions anyway are skipped. Errors: NULL (22004), a name that the mart has already (42701), no expression (22023).';

CREATE FUNCTION @extschema@.mart_amount_scale(source regclass, roles jsonb) RETURNS integer
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	decimals integer;
	problem text;
BEGIN
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', @extschema@.extension_schema()), true);
	PERFORM @extschema@.source_expression_type(source, roles ->> 'amount', 'amount');
	EXECUTE format(E'SELECT max(scale(trim_scale(amount))), '
			'max(CASE WHEN amount = ''NaN'' THEN ''NaN'' WHEN abs(amount) = ''Infinity'' THEN ''an infinite value'' END) '
			'FROM (SELECT (%s\n)::numeric AS amount FROM %s) AS amounts', roles ->> 'amount', source)
		INTO decimals, problem;
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION '% contains %, which is no amount', roles ->> 'amount', problem
			USING ERRCODE = 'numeric_value_out_of_range',
				HINT = 'Make it NULL in the source, or leave such rows out by a view.';
	END IF;
	-- a column may be declared with more decimals than its rows have yet
	SELECT greatest(decimals, (a.atttypmod - 4) & 65535) INTO decimals
	FROM (VALUES (1)) AS one_row(n)
	LEFT JOIN pg_attribute a ON a.attrelid = source AND quote_ident(a.attname) = roles ->> 'amount'
		AND a.attnum > 0 AND a.atttypid = 'numeric'::regtype AND a.atttypmod > 4;
	RETURN greatest(2, least(6, coalesce(decimals, 2)));
END
$$;
COMMENT ON FUNCTION @extschema@.mart_amount_scale(regclass, jsonb) IS
'Decimals that the amounts of a source need: at least 2, at most 6. NaN or an infinite amount is an error (22003).';

CREATE FUNCTION @extschema@.mart_purchase_columns(source regclass, roles jsonb, dimensions jsonb, amount_scale integer, zone jsonb) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('%s AS %I', c.expression, c.column_name), E',\n' ORDER BY c.sort, c.column_name)
	FROM (
		SELECT m.sort,
			CASE m.role_type WHEN 'frequency' THEN m.role_name || '_days' ELSE m.role_name END AS column_name,
			CASE WHEN roles ? m.role_name
				THEN @extschema@.mart_role_cast(source, m.role_name, roles ->> m.role_name, amount_scale, zone ->> 'time_zone')
				-- without order ids, lines of one customer at one time are one order
				WHEN m.role_name = 'order_id' AND roles ? 'purchased_at'
				THEN format('(%s::text || ''@'' || extract(epoch FROM %s)::text)',
					@extschema@.mart_role_cast(source, 'customer_id', roles ->> 'customer_id', amount_scale, zone ->> 'time_zone'),
					@extschema@.mart_role_cast(source, 'purchased_at', roles ->> 'purchased_at', amount_scale, zone ->> 'time_zone'))
				ELSE 'NULL::' || CASE m.role_type WHEN 'flag' THEN 'boolean' WHEN 'integer' THEN 'integer'
					WHEN 'frequency' THEN 'integer' WHEN 'number' THEN 'numeric(18,4)' WHEN 'time' THEN 'timestamp'
					WHEN 'money' THEN format('numeric(18,%s)', amount_scale) ELSE 'text' END
				END AS expression
		FROM @extschema@.mart_role m
		UNION ALL
		SELECT 1000, d.key, format(E'(%s\n)::text', d.value)
		FROM jsonb_each_text(dimensions) d
	) c
$$;
COMMENT ON FUNCTION @extschema@.mart_purchase_columns(regclass, jsonb, jsonb, integer, jsonb) IS
'The select list of the view purchases (zone is {"time_zone": ...}): each role as its type, NULL where the source has it not, and the further dimensions as text.';

CREATE FUNCTION @extschema@.mart_unread_values(source regclass, roles jsonb, amount_scale integer) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format(E'(%L, CASE WHEN %s THEN (%s\n)::text END)', u.role_name,
			CASE u.role_type
				WHEN 'money' THEN format(E'(%s\n)::numeric <> round((%1$s\n)::numeric, %s)', u.expression, amount_scale)
				WHEN 'time' THEN format(E'NOT isfinite(%s\n)', u.expression)
				ELSE format(E'%I.%I((%s\n)::text) IS NULL', @extschema@.extension_schema(),
					CASE u.role_type WHEN 'flag' THEN 'parse_flag' ELSE 'parse_frequency' END, u.expression)
			END, u.expression), E',\n' ORDER BY u.sort)
	FROM (
		SELECT m.role_name, m.role_type, m.sort, roles ->> m.role_name AS expression,
			(SELECT t.typcategory FROM pg_type t
			 WHERE t.oid = @extschema@.base_type(
				@extschema@.source_expression_type(source, roles ->> m.role_name, m.role_name))) AS category
		FROM @extschema@.mart_role m
		WHERE roles ? m.role_name AND m.role_type IN ('money', 'time', 'flag', 'frequency')
	) u
	WHERE u.role_type IN ('money', 'time') OR (u.role_type = 'flag' AND u.category <> 'B')
		OR (u.role_type = 'frequency' AND u.category <> 'N')
$$;
COMMENT ON FUNCTION @extschema@.mart_unread_values(regclass, jsonb, integer) IS
'The rows of the view unread_value: what a mart cannot take as it is, or would lose.';

CREATE FUNCTION @extschema@.make_mart_purchases(mart text, source regclass, roles jsonb, dimensions jsonb, amount_scale integer, zone jsonb, security_invoker boolean) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', @extschema@.extension_schema()), true);
	EXECUTE format(E'CREATE VIEW %I.purchases%s AS\nSELECT %s\nFROM %s', mart, @extschema@.mart_view_options(security_invoker),
		@extschema@.mart_purchase_columns(source, roles, dimensions, amount_scale, zone), source);
	EXECUTE format('COMMENT ON VIEW %I.purchases IS %L', mart,
		'One row per row of the source: its columns under the names that all views use. Columns of roles that the source has not are NULL.');
	EXECUTE format(E'CREATE VIEW %I.unread_value%s AS\n'
			'SELECT unread.role_name::text AS role_name, unread.source_value\n'
			'FROM %s\nCROSS JOIN LATERAL (VALUES %s) AS unread(role_name, source_value)\n'
			'WHERE unread.source_value IS NOT NULL',
			mart, @extschema@.mart_view_options(security_invoker), source,
			coalesce(@extschema@.mart_unread_values(source, roles, amount_scale), '(NULL::text, NULL::text)'));
	EXECUTE format('COMMENT ON VIEW %I.unread_value IS %L', mart,
		'One row per value of the source that purchases could not take as it is: text that is no flag or frequency (NULL in purchases), infinite times (left out), and amounts with more decimals than the mart keeps (rounded). data_quality counts them.');
	EXECUTE format('COMMENT ON COLUMN %I.unread_value.role_name IS %L', mart, 'Role of the column that the value is in.');
	EXECUTE format('COMMENT ON COLUMN %I.unread_value.source_value IS %L', mart, 'The value, as the source has it.');
END
$$;
COMMENT ON FUNCTION @extschema@.make_mart_purchases(text, regclass, jsonb, jsonb, integer, jsonb, boolean) IS
'Makes the views purchases and unread_value of a mart, the only ones that read the source. Called by create_mart.';

CREATE FUNCTION @extschema@.mart_dimension_list(roles jsonb, dimensions jsonb) RETURNS TABLE (dimension text, label text, sort_column text, "position" integer)
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT v.dimension, v.label, v.sort_column, v.position
	FROM (VALUES
		(1, 'gender', 'gender', 'gender', NULL),
		(2, 'age', 'age_group', 'age_group', 'age_group_sort'),
		(3, 'category', 'category', 'category', NULL),
		(4, 'season', 'season', 'season', 'season_sort'),
		(5, 'location', 'location', 'location', NULL),
		(6, 'size', 'size', 'size', 'size_sort'),
		(7, 'color', 'color', 'color', NULL),
		(8, 'subscribed', 'subscribed', 'subscribed_label', NULL),
		(9, 'discounted', 'discounted', 'discounted_label', NULL),
		(10, 'previous_purchases', 'loyalty_tier', 'loyalty_tier', 'loyalty_tier_sort'),
		(11, 'purchase_frequency', 'purchase_frequency', 'purchase_frequency', 'purchase_frequency_sort'),
		(12, 'shipping_type', 'shipping_type', 'shipping_type', NULL),
		(13, 'payment_method', 'payment_method', 'payment_method', NULL)
	) AS v(position, role_name, dimension, label, sort_column)
	WHERE roles ? v.role_name
	UNION ALL
	SELECT d.key, d.key, NULL, 100
	FROM jsonb_each_text(dimensions) d
$$;
COMMENT ON FUNCTION @extschema@.mart_dimension_list(jsonb, jsonb) IS
'The dimensions of a mart with the columns of fact_purchase that have their values and the numbers to sort these by, and the place of each among the others.';

CREATE FUNCTION @extschema@.mart_dimension_rows(roles jsonb, dimensions jsonb) RETURNS text
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('(%L, f.%I, %s)', d.dimension, d.label, coalesce('f.' || quote_ident(d.sort_column), 'NULL::smallint')),
		E',\n' ORDER BY d.position, d.dimension)
	FROM @extschema@.mart_dimension_list(roles, dimensions) d
$$;
COMMENT ON FUNCTION @extschema@.mart_dimension_rows(jsonb, jsonb) IS
'The rows that purchase_dimension makes of each purchase: one for each dimension of the mart. NULL if it has none.';

CREATE FUNCTION @extschema@.make_mart_dimensions(mart text, roles jsonb, dimensions jsonb, security_invoker boolean) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	EXECUTE format(E'CREATE VIEW %I.purchase_dimension%s AS\n'
			'SELECT d.dimension::text AS dimension, d.value, d.value_sort,\n'
			'f.customer_id, f.order_id, f.purchased_at, f.amount, f.review_rating, f.returned, f.discounted, f.subscribed\n'
			'FROM %I.fact_purchase f\nCROSS JOIN LATERAL (VALUES %s) AS d(dimension, value, value_sort)\n'
			'WHERE d.dimension IS NOT NULL',
			mart, @extschema@.mart_view_options(security_invoker), mart,
			coalesce(@extschema@.mart_dimension_rows(roles, dimensions), '(NULL::text, NULL::text, NULL::smallint)'));
	EXECUTE format('COMMENT ON VIEW %I.purchase_dimension IS %L', mart,
		'One row per purchase and dimension: fact_purchase in long form, of which breakdown is the sum.');
END
$$;
COMMENT ON FUNCTION @extschema@.make_mart_dimensions(text, jsonb, jsonb, boolean) IS
'Makes the view purchase_dimension of a mart: which dimensions there are depends on the mart. Called by create_mart.';

CREATE FUNCTION @extschema@.mart_view_options(security_invoker boolean) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE WHEN security_invoker THEN ' WITH (security_invoker = true)' ELSE '' END
$$;
COMMENT ON FUNCTION @extschema@.mart_view_options(boolean) IS
'The options of a mart''s views, as CREATE VIEW takes them.';

CREATE FUNCTION @extschema@.make_mart_histories(mart text, roles jsonb, security_invoker boolean) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF roles ? 'order_id' THEN
		-- Orders of one customer at one time stay apart: the second and later
		-- ones are set a microsecond after one another.
		EXECUTE format(E'CREATE VIEW %I.customer_history%s AS\n'
				'SELECT o.customer_id, %I.purchase_history(CASE WHEN o.place = 1 THEN o.purchased_at\n'
				'	ELSE o.purchased_at + (o.place - 1) * interval ''1 microsecond'' END, o.amount%s) AS history\n'
				'FROM (SELECT f.customer_id, min(f.purchased_at) AS purchased_at, sum(f.amount) AS amount,\n'
				'	coalesce(bool_or(f.discounted), false) AS discounted,\n'
				'	row_number() OVER (PARTITION BY f.customer_id, min(f.purchased_at), f.amount < 0 ORDER BY f.order_id) AS place\n'
				'	FROM %I.fact_purchase f\n'
				'	WHERE f.customer_id IS NOT NULL AND f.amount IS NOT NULL\n'
				'	GROUP BY f.customer_id, f.order_id, f.amount < 0) o\n'
				'GROUP BY o.customer_id',
			mart, @extschema@.mart_view_options(security_invoker), @extschema@.extension_schema(),
			CASE WHEN roles ? 'discounted' THEN ', o.discounted' ELSE '' END, mart);
	ELSE
		EXECUTE format(E'CREATE VIEW %I.customer_history%s AS\n'
				'SELECT f.customer_id, %I.purchase_history(f.purchased_at, f.amount%s) AS history\n'
				'FROM %I.fact_purchase f\n'
				'WHERE f.customer_id IS NOT NULL AND f.amount IS NOT NULL\n'
				'GROUP BY f.customer_id',
			mart, @extschema@.mart_view_options(security_invoker), @extschema@.extension_schema(),
			CASE WHEN roles ? 'discounted' THEN ', f.discounted' ELSE '' END, mart);
	END IF;
	EXECUTE format('COMMENT ON VIEW %I.customer_history IS %L', mart,
		'One row per customer: all purchases up to as_of as one value of the type purchase_history. Other views, and functions such as gap_median(history), read it; BI tools cannot.');
	EXECUTE format('COMMENT ON COLUMN %I.customer_history.history IS %L', mart, 'The purchases of the customer.');
END
$$;
COMMENT ON FUNCTION @extschema@.make_mart_histories(text, jsonb, boolean) IS
'Makes the view customer_history of a mart with times. Called by create_mart.';

CREATE FUNCTION @extschema@.mart_view_query(template @extschema@.mart_view_template, amount_scale integer) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT replace((template).template, 'numeric(18,2)', format('numeric(18,%s)', amount_scale))
$$;
COMMENT ON FUNCTION @extschema@.mart_view_query(@extschema@.mart_view_template, integer) IS
'The query of a view: its template, with money in the decimals of the mart.';

CREATE FUNCTION @extschema@.make_mart_views(mart text, roles jsonb, dimensions jsonb, amount_scale integer, security_invoker boolean) RETURNS jsonb
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	made text[] := ARRAY['purchases', 'unread_value', 'mart']::text[];
	made_before integer;
	needs text[];
	view_name text;
	t @extschema@.mart_view_template;
BEGIN
	-- every bare name in a template is one of the mart or of pg_catalog
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', mart), true);
	LOOP
		made_before := cardinality(made);
		FOR t IN
			SELECT v.* FROM @extschema@.mart_view_template v ORDER BY v.template_name
		LOOP
			view_name := (@extschema@.mart_template_header(t.template, 'view'))[1];
			needs := coalesce(@extschema@.mart_template_header(t.template, 'needs'), '{}'::text[]);
			CONTINUE WHEN view_name = ANY (made) OR NOT roles ?& needs
				OR roles ?| coalesce(@extschema@.mart_template_header(t.template, 'unless'), '{}'::text[])
				OR NOT made @> coalesce(@extschema@.mart_template_header(t.template, 'uses'), '{}'::text[]);
			EXECUTE format(E'CREATE VIEW %I.%I%s AS\n%s', mart, view_name,
				@extschema@.mart_view_options(security_invoker), @extschema@.mart_view_query(t, amount_scale));
			EXECUTE format('COMMENT ON VIEW %I.%I IS %L', mart, view_name,
				@extschema@.mart_template_description(t.template));
			PERFORM @extschema@.comment_mart_columns(mart, view_name, t.template);
			made := made || view_name;
			-- what follows from the purchases, but depends on the roles and dimensions
			IF view_name = 'fact_purchase' THEN
				PERFORM @extschema@.make_mart_dimensions(mart, roles, dimensions, security_invoker);
				PERFORM @extschema@.comment_mart_columns(mart, 'purchase_dimension', NULL);
				made := made || 'purchase_dimension'::text;
				IF roles ? 'purchased_at' THEN
					PERFORM @extschema@.make_mart_histories(mart, roles, security_invoker);
					PERFORM @extschema@.comment_mart_columns(mart, 'customer_history', '-- column history: The purchases of the customer.');
					made := made || 'customer_history'::text;
				END IF;
			END IF;
		END LOOP;
		EXIT WHEN cardinality(made) = made_before;
	END LOOP;
	RETURN (
		SELECT coalesce(jsonb_object_agg(l.view_name, l.missing), '{}'::jsonb)
		FROM (
			SELECT DISTINCT ON (v.view_name) v.view_name,
				(SELECT jsonb_agg(n) FROM unnest(v.needs) n WHERE NOT roles ? n) AS missing
			FROM (
				SELECT (@extschema@.mart_template_header(m.template, 'view'))[1] AS view_name,
					@extschema@.mart_template_header(m.template, 'needs') AS needs
				FROM @extschema@.mart_view_template m
			) v
			WHERE v.view_name <> ALL (made)
			ORDER BY v.view_name, cardinality(v.needs)
		) l
		WHERE l.missing IS NOT NULL);
END
$$;
COMMENT ON FUNCTION @extschema@.make_mart_views(text, jsonb, jsonb, integer, boolean) IS
'Makes those views of mart_view_template whose needs the mart meets, with their COMMENTs, and purchase_dimension and customer_history. Returns the others as {"view": ["missing role", ...]}. Called by create_mart.';

CREATE FUNCTION @extschema@.comment_mart_columns(mart text, view_name text, template text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	c record;
BEGIN
	FOR c IN
		SELECT a.attname,
			coalesce(
				substring(template FROM '(?n)^-- column ' || a.attname || ': *(.*)$'),
				m.description,
				format('Dimension %s, from the source.', a.attname)) AS description
		FROM pg_attribute a
		LEFT JOIN @extschema@.mart_column m ON m.column_name = a.attname
		WHERE a.attrelid = to_regclass(format('%I.%I', mart, view_name))
			AND a.attnum > 0 AND NOT a.attisdropped
	LOOP
		EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', mart, view_name, c.attname, c.description);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.comment_mart_columns(text, text, text) IS
'Sets the COMMENT of every column of a mart''s view: from the header of its template, or else from mart_column.';

CREATE FUNCTION @extschema@.mart_age_groups(mart text) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	edges double precision[];
	labels text[];
BEGIN
	-- Each customer counts once, with each age that the source gives.
	EXECUTE format('SELECT %I.quantile_edges(ages.age, 4) '
			'FROM (SELECT DISTINCT p.customer_id, p.age FROM %I.purchases p WHERE p.age IS NOT NULL) AS ages',
			@extschema@.extension_schema(), mart)
		INTO edges;
	IF edges IS NULL THEN
		RETURN;
	END IF;
	IF cardinality(edges) = 5 THEN
		labels := '{Young Adult,Adult,Middle-aged,Senior}';
	ELSE
		labels := @extschema@.age_labels(edges);
	END IF;
	-- Ages that come later may lie outside: the outer groups are open.
	EXECUTE format('UPDATE %I.mart SET age_edges = $1, age_labels = $2, '
			'age_cuts = ''-infinity''::double precision || $1[2:cardinality($1) - 1] || ''infinity''::double precision', mart)
		USING edges, labels;
END
$$;
COMMENT ON FUNCTION @extschema@.mart_age_groups(text) IS
'Cuts the ages of a mart''s customers into quarters of equal size, and keeps the edges in its settings. Called by create_mart.';

CREATE FUNCTION @extschema@.age_labels(edges double precision[]) RETURNS text[]
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT array_agg(@extschema@.age_bucket(edges[i], edges, NULL::text[]) ORDER BY i)
	FROM generate_series(least(2, cardinality(edges)), cardinality(edges)) AS i
$$;
COMMENT ON FUNCTION @extschema@.age_labels(double precision[]) IS
'The labels that age_bucket gives to the groups between the edges: 18-31, 32-44.';

CREATE FUNCTION @extschema@.make_mart_relations(mart text) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	source regclass;
	roles jsonb;
	dimensions jsonb;
	amount_scale integer;
	zone jsonb;
	security_invoker boolean;
	has_edges boolean;
	left_out jsonb;
BEGIN
	EXECUTE format('SELECT m.source, m.roles, m.dimensions, m.amount_scale, '
			'jsonb_build_object(''time_zone'', coalesce(m.time_zone, ''UTC'')), m.security_invoker, m.age_edges IS NOT NULL FROM %I.mart m', mart)
		INTO STRICT source, roles, dimensions, amount_scale, zone, security_invoker, has_edges;
	PERFORM @extschema@.make_mart_purchases(mart, source, roles, dimensions, amount_scale, zone, security_invoker);
	PERFORM @extschema@.comment_mart_columns(mart, 'purchases', NULL);
	IF NOT has_edges AND roles ? 'age' THEN
		PERFORM @extschema@.mart_age_groups(mart);
	END IF;
	left_out := @extschema@.make_mart_views(mart, roles, dimensions, amount_scale, security_invoker);
	EXECUTE format('UPDATE %I.mart SET views_left_out = $1, extension_version = $2', mart)
		USING left_out, @extschema@.purchase_trends_version();
END
$$;
COMMENT ON FUNCTION @extschema@.make_mart_relations(text) IS
'Makes all views of a mart as its settings say. Called by create_mart and upgrade_mart.';

CREATE FUNCTION @extschema@.check_time_zone(time_zone text) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF time_zone IS NULL THEN
		RAISE EXCEPTION 'the time zone of a mart must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE lower(z.name) = lower(time_zone)) THEN
		RAISE EXCEPTION 'time zone "%" is not known', left(time_zone, 100)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give the name of a place, such as Europe/Berlin; pg_timezone_names lists them.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.check_time_zone(text) IS
'Errors unless the name is one of pg_timezone_names (22023; 22004 for NULL).';

CREATE FUNCTION @extschema@.check_as_of(as_of timestamp) RETURNS void
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF NOT isfinite(as_of) THEN
		RAISE EXCEPTION 'as_of must be finite'
			USING ERRCODE = 'datetime_field_overflow',
				HINT = 'NULL stands for the last purchase.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.check_as_of(timestamp) IS
'Errors if as_of is infinite (22008).';

CREATE FUNCTION @extschema@.set_mart_as_of(mart text, as_of timestamp) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	time_zone text;
BEGIN
	PERFORM @extschema@.check_mart(mart);
	PERFORM @extschema@.check_as_of(as_of);
	EXECUTE format('SELECT m.time_zone FROM %I.mart m', mart) INTO time_zone;
	IF time_zone IS NULL THEN
		RAISE EXCEPTION 'mart "%" has no times to look back from', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Make it of a source with a time column: create_mart(..., purchased_at => ''...'').';
	END IF;
	EXECUTE format('UPDATE %I.mart SET as_of = $1', mart) USING as_of;
END
$$;
COMMENT ON FUNCTION @extschema@.set_mart_as_of(text, timestamp) IS
'Sets the moment that a mart looks from: every view then knows nothing of later purchases. NULL stands for the last purchase. Errors: no such mart (3F000), a mart without times (55000), infinite as_of (22008).';

CREATE FUNCTION @extschema@.upgrade_mart(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	mart_schema regnamespace;
	readers @extschema@.mart_reader[];
BEGIN
	PERFORM @extschema@.check_mart(mart);
	SELECT n.oid INTO mart_schema FROM pg_namespace n WHERE n.nspname = mart;
	SELECT array_agg(ROW(r.rolname, c.relname)::@extschema@.mart_reader) INTO readers
	FROM pg_class c
	CROSS JOIN LATERAL aclexplode(c.relacl) a
	JOIN pg_roles r ON r.oid = a.grantee
	WHERE c.relnamespace = mart_schema AND c.relkind = 'v' AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner;
	PERFORM @extschema@.drop_mart_views(mart);
	PERFORM @extschema@.make_mart_relations(mart);
	FOR i IN 1 .. coalesce(cardinality(readers), 0) LOOP
		IF to_regclass(format('%I.%I', mart, (readers[i]).view_name)) IS NOT NULL THEN
			EXECUTE format('GRANT SELECT ON %I.%I TO %I', mart, (readers[i]).view_name, (readers[i]).role_name);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.upgrade_mart(text) IS
'Makes the views of a mart anew, after ALTER EXTENSION purchase_trends UPDATE or a change in its settings. Settings, age groups and rights to read stay. Objects that depend on the views stop it (2BP01), and nothing is changed.';

CREATE FUNCTION @extschema@.grant_mart(mart text, role_name text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	source regclass;
	security_invoker boolean;
	relation record;
BEGIN
	PERFORM @extschema@.check_mart(grant_mart.mart);
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = grant_mart.role_name) THEN
		RAISE EXCEPTION 'role "%" does not exist', grant_mart.role_name
			USING ERRCODE = 'undefined_object',
				HINT = 'CREATE ROLE makes it.';
	END IF;
	EXECUTE format('SELECT m.source, m.security_invoker FROM %I.mart m', mart) INTO STRICT source, security_invoker;
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', mart, role_name);
	FOR relation IN
		SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = grant_mart.mart AND c.relkind IN ('v', 'r')
			AND pg_has_role(c.relowner, 'USAGE')
	LOOP
		EXECUTE format('GRANT SELECT ON %I.%I TO %I', mart, relation.relname, role_name);
	END LOOP;
	IF security_invoker THEN
		-- such views read the source with the rights of whoever asks
		EXECUTE format('GRANT SELECT ON %s TO %I', source, role_name);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.grant_mart(text, text) IS
'Gives a role the right to read a mart: USAGE of its schema and SELECT on its views and settings, nothing else; in a mart with security_invoker also SELECT on the source, which its views then read with the rights of the role. Errors: no such mart (3F000), no such role (42704), rights that the caller does not have (42501).';

CREATE FUNCTION @extschema@.create_mart(
	mart text,
	source regclass,
	customer_id text DEFAULT NULL,
	amount text DEFAULT NULL,
	purchased_at text DEFAULT NULL,
	order_id text DEFAULT NULL,
	quantity text DEFAULT NULL,
	discount_amount text DEFAULT NULL,
	product text DEFAULT NULL,
	category text DEFAULT NULL,
	gender text DEFAULT NULL,
	age text DEFAULT NULL,
	location text DEFAULT NULL,
	size text DEFAULT NULL,
	color text DEFAULT NULL,
	season text DEFAULT NULL,
	review_rating text DEFAULT NULL,
	subscribed text DEFAULT NULL,
	shipping_type text DEFAULT NULL,
	discounted text DEFAULT NULL,
	previous_purchases text DEFAULT NULL,
	payment_method text DEFAULT NULL,
	purchase_frequency text DEFAULT NULL,
	dimensions text[] DEFAULT NULL,
	roles jsonb DEFAULT NULL,
	age_edges double precision[] DEFAULT NULL,
	age_labels text[] DEFAULT NULL,
	returning_from bigint DEFAULT 2,
	loyal_from bigint DEFAULT 11,
	time_zone text DEFAULT 'UTC',
	as_of timestamp DEFAULT NULL,
	segment_scheme @extschema@.segment_scheme DEFAULT NULL,
	security_invoker boolean DEFAULT false
) RETURNS TABLE (view_name text, description text)
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
#variable_conflict use_column
DECLARE
	mapping jsonb;
	further jsonb;
	amount_scale integer;
BEGIN
	PERFORM @extschema@.check_new_mart(create_mart.mart);
	PERFORM @extschema@.check_source(create_mart.source);
	IF EXISTS (SELECT FROM pg_class c WHERE c.oid = create_mart.source AND c.relpersistence = 't') THEN
		RAISE EXCEPTION 'a mart cannot be made of the temporary table %', create_mart.source
			USING ERRCODE = 'wrong_object_type',
				HINT = 'Its views would outlive the table. Make it an ordinary table.';
	END IF;
	PERFORM @extschema@.check_time_zone(create_mart.time_zone);
	PERFORM @extschema@.check_as_of(create_mart.as_of);
	PERFORM @extschema@.loyalty_tier(0, create_mart.returning_from, create_mart.loyal_from);
	IF create_mart.age_edges IS NOT NULL THEN
		PERFORM @extschema@.age_bucket(0, create_mart.age_edges, create_mart.age_labels);
	ELSIF create_mart.age_labels IS NOT NULL THEN
		RAISE EXCEPTION 'age_labels need age_edges'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give both, or neither: then the ages are cut into quarters with names of their own.';
	END IF;

	mapping := @extschema@.mart_role_expressions(create_mart.source,
		coalesce(create_mart.roles, '{}') || jsonb_strip_nulls(jsonb_build_object(
			'customer_id', create_mart.customer_id, 'amount', create_mart.amount,
			'purchased_at', create_mart.purchased_at, 'order_id', create_mart.order_id,
			'quantity', create_mart.quantity, 'discount_amount', create_mart.discount_amount,
			'product', create_mart.product, 'category', create_mart.category,
			'gender', create_mart.gender, 'age', create_mart.age,
			'location', create_mart.location, 'size', create_mart.size,
			'color', create_mart.color, 'season', create_mart.season,
			'review_rating', create_mart.review_rating, 'subscribed', create_mart.subscribed,
			'shipping_type', create_mart.shipping_type, 'discounted', create_mart.discounted,
			'previous_purchases', create_mart.previous_purchases,
			'payment_method', create_mart.payment_method,
			'purchase_frequency', create_mart.purchase_frequency)));
	SELECT coalesce(jsonb_object_agg(d.dimension, d.expression), '{}') INTO further
	FROM @extschema@.mart_dimension_columns(create_mart.source, create_mart.dimensions, mapping) d;
	-- before anything is made, so that a wrong type is told as such
	PERFORM @extschema@.mart_role_cast(create_mart.source, m.key, m.value, 2, create_mart.time_zone)
	FROM jsonb_each_text(mapping) m;
	amount_scale := @extschema@.mart_amount_scale(create_mart.source, mapping);

	EXECUTE format('CREATE SCHEMA %I', create_mart.mart);
	EXECUTE format('COMMENT ON SCHEMA %I IS %L', create_mart.mart,
		format('purchase_trends mart of %s', create_mart.source));
	EXECUTE format(
		'CREATE TABLE %I.mart ('
		'	one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),'
		'	source regclass NOT NULL,'
		'	roles jsonb NOT NULL,'
		'	dimensions jsonb NOT NULL,'
		'	mode text NOT NULL DEFAULT ''live'' CHECK (mode IN (''live'', ''kept'')),'
		'	as_of timestamp,'
		'	time_zone text,'
		'	amount_scale integer NOT NULL,'
		'	age_edges double precision[],'
		'	age_labels text[],'
		'	age_cuts double precision[],'
		'	returning_from bigint NOT NULL,'
		'	loyal_from bigint NOT NULL,'
		'	segment_scheme %I.segment_scheme NOT NULL,'
		'	security_invoker boolean NOT NULL,'
		'	views_left_out jsonb NOT NULL DEFAULT ''{}'','
		'	extension_version text NOT NULL,'
		'	last_refresh timestamptz)', create_mart.mart, @extschema@.extension_schema());
	EXECUTE format('INSERT INTO %I.mart (source, roles, dimensions, amount_scale, age_edges, age_labels, age_cuts, '
			'returning_from, loyal_from, extension_version, segment_scheme, security_invoker, as_of, time_zone) '
			'VALUES ($1, $2, $3, $4, $5, $6, $5, $7, $8, $9, $10, $11, $12, $13)', create_mart.mart)
		USING create_mart.source, mapping, further, amount_scale, create_mart.age_edges,
			coalesce(create_mart.age_labels, @extschema@.age_labels(create_mart.age_edges)),
			create_mart.returning_from, create_mart.loyal_from, @extschema@.purchase_trends_version(),
			coalesce(create_mart.segment_scheme, @extschema@.builtin_segment_scheme('python_seg_map')),
			create_mart.security_invoker, create_mart.as_of,
			CASE WHEN mapping ? 'purchased_at' THEN create_mart.time_zone END;
	PERFORM @extschema@.comment_mart_settings(create_mart.mart);

	PERFORM @extschema@.make_mart_relations(create_mart.mart);

	RETURN QUERY
	SELECT c.relname::text, obj_description(c.oid, 'pg_class')
	FROM pg_class c
	WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = create_mart.mart)
		AND c.relkind = 'v'
	ORDER BY c.relname;
END
$$;
COMMENT ON FUNCTION @extschema@.create_mart(text, regclass, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text[], jsonb, double precision[], text[], bigint, bigint, text, timestamp, @extschema@.segment_scheme, boolean) IS
'Makes a mart: a new schema of this name with documented views over the table (or view) source, and its settings in the table mart. Returns the views. The arguments named like roles (see mart_role) say which column or SQL expression is what; for roles that are not given, columns are found by name. roles gives the same as an object, {"customer_id": "cust"}; null there says that the source has no such column, whatever the names are. dimensions are further columns to group by: column names, or "name => expression". Ages are cut into quarters of equal size, or at age_edges, with age_labels; loyalty tiers begin at returning_from and loyal_from purchases. A source with times (purchased_at) gets the dated views too: times with a zone are converted to time_zone once, as_of is the moment to look from (NULL: the last purchase; see set_mart_as_of), and segment_scheme names the RFM segments. With security_invoker the views read the source with the rights of whoever asks. Views that need a role that the source has not are left out; data_quality says which. It runs with the rights of the caller, who owns the mart. Nothing is made on an error: mart exists (42P06), unknown role (22023), no column for customer_id or amount (42703), no SELECT right (42501), not a table or view (42809), type that does not fit (42804), NaN in amounts (22003).';

CREATE FUNCTION @extschema@.check_new_mart(mart text) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF mart IS NULL THEN
		RAISE EXCEPTION 'the name of the mart must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF mart = '' OR octet_length(mart) > 63 OR mart LIKE 'pg\_%' OR mart = 'information_schema' THEN
		RAISE EXCEPTION '"%" cannot be the name of a mart', left(mart, 100)
			USING ERRCODE = 'invalid_name',
				DETAIL = 'A mart is a schema: its name has 1 to 63 bytes and does not begin with pg_.';
	END IF;
	IF EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = mart) THEN
		RAISE EXCEPTION 'the schema "%" exists already', mart
			USING ERRCODE = 'duplicate_schema',
				HINT = 'Choose another name, or remove an old mart by drop_mart().';
	END IF;
	IF NOT has_database_privilege(current_database(), 'CREATE') THEN
		RAISE EXCEPTION 'a mart needs the right to create schemas in database "%"', current_database()
			USING ERRCODE = 'insufficient_privilege',
				HINT = format('The owner of the database can GRANT CREATE ON DATABASE %I TO %I.', current_database(), current_user);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.check_new_mart(text) IS
'Errors unless a mart of this name can be made: NULL (22004), no name for a schema (42602), a schema that exists (42P06), no right to create schemas (42501).';

CREATE FUNCTION @extschema@.comment_mart_settings(mart text) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	c record;
BEGIN
	EXECUTE format('COMMENT ON TABLE %I.mart IS %L', mart,
		'Settings of this purchase_trends mart: one row, written by its functions.');
	FOR c IN
		SELECT * FROM (VALUES
			('one_row', 'Always true: there is one row.'),
			('source', 'Table or view that the mart is made of.'),
			('roles', 'SQL expression over the source for each role that it has.'),
			('dimensions', 'SQL expression over the source for each further dimension.'),
			('mode', 'live: all views read the source.'),
			('as_of', 'Moment that the mart looks from; NULL is the last purchase. Marts without times have none.'),
			('time_zone', 'Time zone of the shop; NULL in marts without times.'),
			('amount_scale', 'Decimals of amounts.'),
			('age_edges', 'Edges of the age groups: right-closed, the lowest included.'),
			('age_labels', 'Names of the age groups, in order.'),
			('age_cuts', 'The edges as the views use them: where the groups were cut from the data, the first and last are open.'),
			('returning_from', 'Previous purchases from which a customer is Returning.'),
			('loyal_from', 'Previous purchases from which a customer is Loyal.'),
			('segment_scheme', 'Rules that name the RFM segments.'),
			('security_invoker', 'Whether the views read the source with the rights of whoever asks.'),
			('views_left_out', 'Views that this mart has not, with the roles that they need.'),
			('extension_version', 'Version of purchase_trends that made the views.'),
			('last_refresh', 'When a kept mart was refreshed last.')
		) AS v(column_name, description)
	LOOP
		EXECUTE format('COMMENT ON COLUMN %I.mart.%I IS %L', mart, c.column_name, c.description);
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.comment_mart_settings(text) IS
'Sets the COMMENTs of the settings table of a mart. Called by create_mart.';

CREATE FUNCTION @extschema@.mart_view_list(mart_schema regnamespace) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ')
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.oid = mart_schema AND c.relkind = 'v'
		AND (c.relname IN ('purchases', 'unread_value', 'purchase_dimension', 'customer_history')
			OR c.relname IN (SELECT (@extschema@.mart_template_header(t.template, 'view'))[1] FROM @extschema@.mart_view_template t))
$$;
COMMENT ON FUNCTION @extschema@.mart_view_list(regnamespace) IS
'The views in a schema that have names of a mart''s views, as a list for DROP VIEW; NULL if there is none.';

CREATE FUNCTION @extschema@.drop_mart_views(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	mart_schema regnamespace;
	message text;
	detail text;
BEGIN
	SELECT n.oid INTO mart_schema FROM pg_namespace n WHERE n.nspname = mart;
	-- none are left where the extension was dropped with CASCADE
	IF @extschema@.mart_view_list(mart_schema) IS NOT NULL THEN
		EXECUTE 'DROP VIEW ' || @extschema@.mart_view_list(mart_schema);
	END IF;
EXCEPTION
	WHEN dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
		RAISE EXCEPTION 'mart "%" has objects that it did not make: %', mart, message
			USING ERRCODE = 'dependent_objects_still_exist',
				DETAIL = detail,
				HINT = 'Drop them first; make them again afterwards if need be.';
END
$$;
COMMENT ON FUNCTION @extschema@.drop_mart_views(text) IS
'Drops the views of a mart, unless something else depends on them (2BP01). Called by drop_mart and upgrade_mart.';

CREATE FUNCTION @extschema@.drop_mart(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	message text;
	detail text;
BEGIN
	PERFORM @extschema@.check_mart(drop_mart.mart);
	PERFORM @extschema@.drop_mart_views(drop_mart.mart);
	EXECUTE format('DROP TABLE %I.mart', drop_mart.mart);
	EXECUTE format('DROP SCHEMA %I', drop_mart.mart);
EXCEPTION
	WHEN dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
		IF message LIKE 'mart "%" has objects%' THEN
			RAISE;				-- drop_mart_views has said it already
		END IF;
		RAISE EXCEPTION 'mart "%" has objects that it did not make: %', drop_mart.mart, message
			USING ERRCODE = 'dependent_objects_still_exist',
				DETAIL = detail,
				HINT = 'Drop them first, or move what is in the schema elsewhere.';
END
$$;
COMMENT ON FUNCTION @extschema@.drop_mart(text) IS
'Removes a mart: its views, its settings and its schema; the source stays. Whatever else is in the schema or depends on the views stops it (2BP01), and nothing is removed. No such mart is error 3F000.';
