-- mart: a schema of views over a table of purchases

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

CREATE TYPE @extschema@.mart_reader AS (role_name name, view_name name);
COMMENT ON TYPE @extschema@.mart_reader IS 'A role that may read a view; upgrade_mart keeps these.';

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
