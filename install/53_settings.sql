-- mart: a schema of views over a table of purchases
-- helpers: find_mart_values remake_mart drop_mart_relations check_loyalty_tiers check_role drop_mart_as_owner grant_mart_as_owner revoke_mart_as_owner
-- helpers: set_mart_as_of_as_owner upgrade_mart_as_owner

/*--- making a mart ---*/

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

CREATE FUNCTION @extschema@.check_loyalty_tiers(edges bigint[], labels text[]) RETURNS void
	LANGUAGE plpgsql IMMUTABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF labels IS NULL THEN
		RAISE EXCEPTION 'loyalty_edges need loyalty_labels'
			USING ERRCODE = 'invalid_parameter_value',
				DETAIL = format('There are %s edges.', cardinality(edges)),
				HINT = 'Give one label more than edges; the first is for customers below all edges.';
	END IF;
	PERFORM @extschema@.loyalty_tier(0::bigint, edges, labels);
	IF (SELECT count(DISTINCT l.label) FROM unnest(labels) AS l(label)) <> cardinality(labels) THEN
		RAISE EXCEPTION 'loyalty_labels must differ'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.check_loyalty_tiers(bigint[], text[]) IS
'Errors unless the edges and labels are loyalty tiers (see loyalty_tier): 22023, or 22004 for NULL in them.';

CREATE FUNCTION @extschema@.find_mart_values(mart text) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF EXISTS (SELECT FROM @extschema@.read_mart_settings(mart) s WHERE s.age_edges IS NULL AND s.roles ? 'age') THEN
		PERFORM @extschema@.mart_age_groups(mart);
	END IF;
	PERFORM @extschema@.fill_mart_dimensions(mart);
END
$$;
COMMENT ON FUNCTION @extschema@.find_mart_values(text) IS
'Cuts the ages of a mart into groups, unless that was done, and numbers the values of its dimensions: what is computed of purchases once.';

CREATE FUNCTION @extschema@.make_mart_relations(mart text) RETURNS void
	LANGUAGE plpgsql STRICT
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	left_out jsonb;
BEGIN
	SELECT s.* INTO STRICT settings FROM @extschema@.read_mart_settings(mart) s;
	-- bare names in the views are looked up in the schema of the mart too
	IF EXISTS (
			SELECT FROM pg_namespace n
			WHERE n.nspname = mart
				AND (EXISTS (SELECT FROM pg_proc f WHERE f.pronamespace = n.oid AND f.proowner <> n.nspowner)
					OR EXISTS (SELECT FROM pg_operator o WHERE o.oprnamespace = n.oid AND o.oprowner <> n.nspowner)
					OR EXISTS (SELECT FROM pg_type y WHERE y.typnamespace = n.oid AND y.typowner <> n.nspowner AND y.typrelid = 0 AND y.typcategory <> 'A'))) THEN
		RAISE EXCEPTION 'mart "%" has functions, operators or types of other roles', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Have them moved to another schema: its views could take them for PostgreSQL''s own.';
	END IF;
	left_out := @extschema@.make_mart_views(mart, settings);
	EXECUTE format('UPDATE %I.mart SET views_left_out = $1, extension_version = $2', mart)
		USING left_out, @extschema@.purchase_trends_version();
	IF settings.mode = 'live' THEN		-- of a kept one they are known before its customers are computed
		PERFORM @extschema@.find_mart_values(mart);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.make_mart_relations(text) IS
'Makes all views of a mart as its settings say. Called by create_mart and upgrade_mart.';

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
	loyalty_edges bigint[] DEFAULT NULL,
	loyalty_labels text[] DEFAULT NULL,
	time_zone text DEFAULT 'UTC',
	as_of timestamp DEFAULT NULL,
	segment_scheme @extschema@.segment_scheme DEFAULT NULL,
	security_invoker boolean DEFAULT false,
	expression_path text[] DEFAULT current_schemas(false),
	mode text DEFAULT 'live',
	follow text DEFAULT NULL
) RETURNS TABLE (view_name text, description text)
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
#variable_conflict use_column
DECLARE
	settings @extschema@.mart_settings;
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
	PERFORM @extschema@.check_mart_mode(create_mart.mode, create_mart.follow);
	IF create_mart.age_edges IS NOT NULL THEN
		PERFORM @extschema@.age_bucket(0::double precision, create_mart.age_edges, create_mart.age_labels);
	ELSIF create_mart.age_labels IS NOT NULL THEN
		RAISE EXCEPTION 'age_labels need age_edges'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Give both, or neither: then the ages are cut into quarters with names of their own.';
	END IF;

	settings.one_row := true;
	settings.source := create_mart.source;
	-- evaluated where the call is, before search_path is pinned here
	settings.expression_path := coalesce(create_mart.expression_path, '{}');
	settings.roles := @extschema@.mart_role_expressions(create_mart.source,
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
	SELECT coalesce(jsonb_object_agg(d.dimension, d.expression), '{}') INTO settings.dimensions
	FROM @extschema@.mart_dimension_columns(settings, create_mart.dimensions) d;
	settings.dimension_names := @extschema@.mart_dimension_names(settings.roles, settings.dimensions);
	IF cardinality(settings.dimension_names) > 120 THEN
		RAISE EXCEPTION 'a mart has at most 120 dimensions'
			USING ERRCODE = 'program_limit_exceeded',
				DETAIL = format('There are %s.', cardinality(settings.dimension_names));
	END IF;
	settings.mode := create_mart.mode;
	settings.follow := create_mart.follow;
	IF settings.roles ? 'purchased_at' THEN
		settings.as_of := create_mart.as_of;
		settings.time_zone := create_mart.time_zone;
	END IF;
	settings.amount_scale := 2;
	-- before anything is made, so that a wrong type is told as such
	PERFORM @extschema@.mart_role_cast(settings, r.role_name)
	FROM jsonb_object_keys(settings.roles) AS r(role_name);
	settings.amount_scale := @extschema@.mart_amount_scale(settings);
	settings.age_edges := create_mart.age_edges;
	settings.age_labels := coalesce(create_mart.age_labels, @extschema@.age_labels(create_mart.age_edges));
	settings.age_cuts := create_mart.age_edges;
	settings.loyalty_edges := create_mart.loyalty_edges;
	settings.loyalty_labels := create_mart.loyalty_labels;
	IF create_mart.loyalty_edges IS NULL THEN
		PERFORM @extschema@.loyalty_tier(0::bigint, create_mart.returning_from, create_mart.loyal_from);
		settings.loyalty_edges := ARRAY[create_mart.returning_from, create_mart.loyal_from];
	END IF;
	IF create_mart.loyalty_labels IS NULL AND cardinality(settings.loyalty_edges) = 2 THEN
		settings.loyalty_labels := '{New,Returning,Loyal}';
	END IF;
	PERFORM @extschema@.check_loyalty_tiers(settings.loyalty_edges, settings.loyalty_labels);
	settings.segment_scheme := coalesce(create_mart.segment_scheme, @extschema@.builtin_segment_scheme('python_seg_map'));
	settings.security_invoker := create_mart.security_invoker;
	IF settings.mode = 'kept' THEN
		settings.follow := @extschema@.check_kept(settings);
	ELSIF (SELECT c.reltuples FROM pg_class c WHERE c.oid = create_mart.source) > 200000 THEN
		RAISE NOTICE 'the views of this mart read all of % each time', create_mart.source
			USING HINT = 'create_mart(..., mode => ''kept'') or set_mart_mode(..., ''kept'') keeps what they need, and is never stale.';
	END IF;
	settings.views_left_out := '{}';
	settings.extension_version := @extschema@.purchase_trends_version();

	IF EXISTS (
			SELECT FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
			WHERE n.nspname = @extschema@.extension_schema() AND a.grantee = 0 AND a.privilege_type = 'CREATE') THEN
		RAISE WARNING 'everybody may create objects in the schema "%" of purchase_trends', @extschema@.extension_schema()
			USING HINT = format('Functions that others make there may be called by mistake: REVOKE CREATE ON SCHEMA %I FROM PUBLIC, or install purchase_trends into a schema of its own.',
				@extschema@.extension_schema());
	END IF;

	EXECUTE format('CREATE SCHEMA %I', create_mart.mart);
	EXECUTE format('COMMENT ON SCHEMA %I IS %L', create_mart.mart,
		format('purchase_trends mart of %s', create_mart.source));
	EXECUTE format('CREATE TABLE %I.mart (LIKE %I.mart_settings INCLUDING ALL)', create_mart.mart, @extschema@.extension_schema());
	EXECUTE format('COMMENT ON TABLE %I.mart IS %L', create_mart.mart,
		'Settings of this purchase_trends mart: one row, written by its functions.');
	EXECUTE format('INSERT INTO %I.mart SELECT ($1).*', create_mart.mart) USING settings;
	EXECUTE format('CREATE TABLE %I.dimension_value (LIKE %I.mart_dimension_value INCLUDING ALL)', create_mart.mart, @extschema@.extension_schema());
	EXECUTE format('COMMENT ON TABLE %I.dimension_value IS %L', create_mart.mart,
		'One row per value of a dimension that has a number in the lines of the customers.');
	PERFORM @extschema@.make_mart_relations(create_mart.mart);

	RETURN QUERY
	SELECT c.relname::text, obj_description(c.oid, 'pg_class')
	FROM pg_class c
	WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = create_mart.mart)
		AND c.relkind = 'v'
	ORDER BY c.relname;
END
$$;
COMMENT ON FUNCTION @extschema@.create_mart(text, regclass, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text, text[], jsonb, double precision[], text[], bigint, bigint, bigint[], text[], text, timestamp, @extschema@.segment_scheme, boolean, text[], text, text) IS
'Makes a mart: a new schema of this name with documented views over the table (or view) source, and its settings in the table mart. Returns the views. The arguments named like roles (see mart_role) say which column or SQL expression is what; for roles that are not given, columns are found by name. roles gives the same as an object, {"customer_id": "cust"}; null there says that the source has no such column, whatever the names are. dimensions are further columns to group by: column names, or "name => expression". Ages are cut into quarters of equal size, or at age_edges, with age_labels; loyalty tiers begin at returning_from and loyal_from purchases, or at loyalty_edges, with loyalty_labels, one more of them (see loyalty_tier). A source with times (purchased_at) gets the dated views too: times with a zone are converted to time_zone once, as_of is the moment to look from (NULL: the last purchase; see set_mart_as_of), and segment_scheme names the RFM segments. The names in expressions are looked up in the schemas of expression_path, by default the search_path of the caller. With security_invoker the views read the source with the rights of whoever asks. In mode ''live'' every view reads the source; in mode ''kept'' its customers are kept in a table that follows the source as follow says (see set_mart_mode and refresh_mart), and the views show the same. Views that need a role that the source has not are left out; data_quality says which. It runs with the rights of the caller, who owns the mart. Nothing is made on an error: mart exists (42P06), unknown role (22023), no column for customer_id or amount (42703), no SELECT right (42501), not a table or view (42809), type that does not fit (42804), NaN in amounts (22003), more than 120 dimensions (54000).';

/*--- working on a mart ---*/

-- Each of these runs the function of its name with _as_owner behind it, with
-- the rights of the mart's owner: see src/mart.c.

CREATE FUNCTION @extschema@.set_mart_as_of(mart text, as_of timestamp) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.set_mart_as_of(text, timestamp) IS
'Sets the moment that a mart looks from: every view then knows nothing of later purchases. NULL stands for the last purchase. A kept mart is rebuilt in full. It works with the rights of the mart''s owner. Errors: no such mart (3F000), no rights of its owner (42501), a mart without times (55000), infinite as_of (22008).';

CREATE FUNCTION @extschema@.set_mart_as_of_as_owner(mart text, as_of timestamp) RETURNS void
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
	PERFORM @extschema@.lock_kept(mart);
	EXECUTE format('UPDATE %I.mart SET as_of = $1', mart) USING as_of;
	-- kept rows are those up to it
	IF EXISTS (SELECT FROM @extschema@.read_mart_settings(mart) s WHERE s.mode = 'kept') THEN
		PERFORM @extschema@.refresh_kept(mart, 'as_of has changed'::text);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.set_mart_as_of_as_owner(text, timestamp) IS
'What set_mart_as_of does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE TYPE @extschema@.mart_reader AS (role_name name, view_name name);
COMMENT ON TYPE @extschema@.mart_reader IS 'A role that may read a view; upgrade_mart keeps these.';

CREATE FUNCTION @extschema@.upgrade_mart(mart text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.upgrade_mart(text) IS
'Makes the views of a mart anew, after ALTER EXTENSION purchase_trends UPDATE or a change in its settings. Settings, age groups and rights to read stay; a kept mart is rebuilt in full. Objects that depend on the views stop it (2BP01), and nothing is changed. It works with the rights of the mart''s owner, and reads the expressions in the settings as create_mart does. Errors: no such mart (3F000), no rights of its owner (42501).';

CREATE FUNCTION @extschema@.remake_mart(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM @extschema@.drop_mart_views(mart);
	PERFORM @extschema@.drop_kept_relations(mart);
	PERFORM @extschema@.make_mart_relations(mart);
END
$$;
COMMENT ON FUNCTION @extschema@.remake_mart(text) IS
'Drops the views of a mart, and what a kept one has besides, and makes them anew. Called by upgrade_mart.';

CREATE FUNCTION @extschema@.upgrade_mart_as_owner(mart text) RETURNS void
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
	WHERE c.relnamespace = mart_schema AND c.relkind = 'v'
		AND c.relname IN (SELECT m.relation FROM @extschema@.mart_relations(mart) m) AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner;
	IF EXISTS (SELECT FROM @extschema@.read_mart_settings(mart) s WHERE s.mode = 'kept' AND @extschema@.check_kept(s) IS NULL) THEN
		RAISE EXCEPTION 'a kept mart follows nothing';		-- cannot be: check_kept tells of what can
	END IF;
	PERFORM @extschema@.lock_kept(mart);
	PERFORM @extschema@.do_yielding(mart, 'remake'::text);
	FOR i IN 1 .. coalesce(cardinality(readers), 0) LOOP
		IF to_regclass(format('%I.%I', mart, (readers[i]).view_name)) IS NOT NULL THEN
			EXECUTE format('GRANT SELECT ON %I.%I TO %I', mart, (readers[i]).view_name, (readers[i]).role_name);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.upgrade_mart_as_owner(text) IS
'What upgrade_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.grant_mart(mart text, role_name text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.grant_mart(text, text) IS
'Gives a role the right to read a mart: USAGE of its schema and SELECT on what create_mart has made in it, nothing else; in a mart with security_invoker also SELECT on the source, which its views then read with the rights of the role. It works with the rights of the mart''s owner. Errors: no such role (42704), no such mart (3F000), no rights of its owner (42501).';

CREATE FUNCTION @extschema@.grant_mart_as_owner(mart text, role_name text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
	relation name;
BEGIN
	PERFORM @extschema@.check_mart(grant_mart_as_owner.mart);
	PERFORM @extschema@.check_role(grant_mart_as_owner.role_name);
	SELECT s.* INTO STRICT settings FROM @extschema@.read_mart_settings(mart) s;
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', mart, role_name);
	-- kept rows and the log are read with the owner's rights
	FOR relation IN SELECT r.relation FROM @extschema@.mart_relations(mart) r WHERE r.relation NOT IN ('kept_customer', 'customer_change') LOOP
		EXECUTE format('GRANT SELECT ON %I.%I TO %I', mart, relation, role_name);
	END LOOP;
	IF settings.security_invoker THEN
		-- such views read the source with the rights of whoever asks
		EXECUTE format('GRANT SELECT ON %s TO %I', @extschema@.relation_name(settings.source), role_name);
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.grant_mart_as_owner(text, text) IS
'What grant_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.revoke_mart(mart text, role_name text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.revoke_mart(text, text) IS
'Takes from a role what grant_mart has given it in the schema of a mart. SELECT on the source, which grant_mart gives for a mart with security_invoker, stays: another mart may need it. It works with the rights of the mart''s owner. Errors: no such role (42704), no such mart (3F000), no rights of its owner (42501).';

CREATE FUNCTION @extschema@.revoke_mart_as_owner(mart text, role_name text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	relation name;
BEGIN
	PERFORM @extschema@.check_mart(revoke_mart_as_owner.mart);
	PERFORM @extschema@.check_role(revoke_mart_as_owner.role_name);
	FOR relation IN SELECT r.relation FROM @extschema@.mart_relations(mart) r LOOP
		EXECUTE format('REVOKE SELECT ON %I.%I FROM %I', mart, relation, role_name);
	END LOOP;
	EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM %I', mart, role_name);
END
$$;
COMMENT ON FUNCTION @extschema@.revoke_mart_as_owner(text, text) IS
'What revoke_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.check_role(role_name text) RETURNS void
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF role_name IS NULL THEN
		RAISE EXCEPTION 'the name of the role must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role_name) THEN
		RAISE EXCEPTION 'role "%" does not exist', role_name
			USING ERRCODE = 'undefined_object',
				HINT = 'CREATE ROLE makes it.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.check_role(text) IS
'Errors unless there is a role of this name (42704; 22004 for NULL).';

CREATE FUNCTION @extschema@.drop_mart(mart text) RETURNS void
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.drop_mart(text) IS
'Removes a mart: its views, its triggers on the source, its settings and its schema; the source stays. Whatever else is in the schema or depends on the views stops it (2BP01), and nothing is removed. It works with the rights of the mart''s owner. Errors: no such mart (3F000), no rights of its owner (42501).';

CREATE FUNCTION @extschema@.drop_mart_relations(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	mart_schema regnamespace;
	message text;
	detail text;
BEGIN
	PERFORM @extschema@.drop_mart_views(drop_mart_relations.mart);
	PERFORM @extschema@.drop_change_triggers(drop_mart_relations.mart);
	SELECT n.oid INTO mart_schema FROM pg_namespace n WHERE n.nspname = drop_mart_relations.mart;
	EXECUTE 'DROP TABLE ' || @extschema@.mart_relation_list(mart_schema, 'r'::"char");
	EXECUTE format('DROP SCHEMA %I', drop_mart_relations.mart);
EXCEPTION
	WHEN dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
		IF message LIKE 'mart "%" has objects%' THEN
			RAISE;				-- drop_mart_views has said it already
		END IF;
		RAISE EXCEPTION 'mart "%" has objects that it did not make: %', drop_mart_relations.mart, message
			USING ERRCODE = 'dependent_objects_still_exist',
				DETAIL = detail,
				HINT = 'Drop them first, or move what is in the schema elsewhere.';
END
$$;
COMMENT ON FUNCTION @extschema@.drop_mart_relations(text) IS
'Drops all that a mart has, and its schema. Called by drop_mart.';

CREATE FUNCTION @extschema@.drop_mart_as_owner(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	PERFORM @extschema@.check_mart(mart);
	PERFORM @extschema@.lock_kept(mart);
	PERFORM @extschema@.do_yielding(mart, 'drop'::text);
END
$$;
COMMENT ON FUNCTION @extschema@.drop_mart_as_owner(text) IS
'What drop_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';
