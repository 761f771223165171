-- parts: a page of a dashboard in parts, so that panels can arrive one by one

CREATE FUNCTION @extschema@.pt_dashboard_parts(mart text, settings @extschema@.mart_settings, page text) RETURNS jsonb
	LANGUAGE sql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
	-- A live mart's customers are made once for each statement. Of a kept one, what computes one relation for several views makes these together.
	SELECT coalesce(jsonb_agg(g.views ORDER BY g.place), '[]')
	FROM (
		SELECT jsonb_agg(v.view_name ORDER BY v.place) AS views, min(v.place) AS place
		FROM (
			SELECT p.view_name, p.place, CASE WHEN (settings).mode = 'live' THEN '' ELSE coalesce(t.together, p.view_name) END AS together
			FROM @extschema@.mart_page p
			LEFT JOIN LATERAL (
				SELECT CASE WHEN t.query ~ '@grouped ' THEN 'customer_group'
					ELSE (SELECT min(i.view_name) FROM @extschema@.mart_view i WHERE i.view_name = ANY (t.reads) AND i.is_inner AND i.view_name <> 'customer') END AS together
				FROM @extschema@.mart_view t
				WHERE t.view_name = p.view_name AND (settings).roles ?& t.needs AND NOT (settings).roles ?| t.unless
				LIMIT 1
			) t ON true
			WHERE p.page = pt_dashboard_parts.page AND p.view_name IS NOT NULL AND to_regclass(format('%I.%I', mart, p.view_name)) IS NOT NULL
		) v
		GROUP BY v.together
	) g
$$;
COMMENT ON FUNCTION @extschema@.pt_dashboard_parts(text, @extschema@.mart_settings, text) IS
'The views that a page of a mart has, in arrays of those that are best computed together.';

CREATE FUNCTION @extschema@.mart_dashboard_parts(mart text, page text DEFAULT 'overview') RETURNS jsonb
	LANGUAGE C STABLE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner_or_caller';
COMMENT ON FUNCTION @extschema@.mart_dashboard_parts(text, text) IS
'How a page of mart_dashboard is asked for in parts: an object with mode (live or kept), parts (an array of arrays of views; each is given to mart_dashboard_part), and repeatable: whether equal snapshots of the database give equal answers, so that a program may keep them. That is so of a kept mart that follows its source by triggers, has no problem, and no spend but from a table: its expressions depend on nothing but the rows. Errors: no such mart (3F000), no right to read it (42501), NULL page (22004), no such page (22023).';

CREATE FUNCTION @extschema@.pt_mart_dashboard_parts_as_owner(mart text, page text) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	settings @extschema@.mart_settings;
BEGIN
	PERFORM @extschema@.pt_check_page(page);
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_read_mart_settings(mart) s;
	RETURN jsonb_build_object('mode', settings.mode, 'parts', @extschema@.pt_dashboard_parts(mart, settings, page),
		'repeatable', settings.mode = 'kept' AND coalesce((SELECT s.fresh FROM @extschema@.pt_mart_state(quote_ident(mart)) s), false)
			AND (settings.spend IS NULL OR EXISTS (SELECT FROM pg_class c WHERE c.oid = settings.spend AND c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relrowsecurity)));
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dashboard_parts_as_owner(text, text) IS
'What mart_dashboard_parts returns; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.mart_dashboard_part(mart text, filters jsonb, page text, period jsonb, views text[]) RETURNS jsonb
	LANGUAGE C STABLE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner_or_caller';
COMMENT ON FUNCTION @extschema@.mart_dashboard_part(text, jsonb, text, jsonb, text[]) IS
'A part of what mart_dashboard returns for the same mart, filters, page and period: with an empty array of views all but the rows of views (and findings, which need them, on the page overview only); with views of the page an object with views alone, the rows of these. The parts that mart_dashboard_parts names make up the page, if they are asked in one snapshot (REPEATABLE READ). Errors: those of mart_dashboard, but a NULL mart or NULL views are 22004, and a view that the page of this mart has not is 22023.';

CREATE FUNCTION @extschema@.pt_mart_dashboard_part_as_owner(mart text, filters jsonb, page text, period jsonb, views text[]) RETURNS jsonb
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	SET extra_float_digits = 1
	AS $$
DECLARE
	bad text;
BEGIN
	PERFORM @extschema@.pt_check_page(page);
	IF views IS NULL OR array_position(views, NULL) IS NOT NULL THEN
		RAISE EXCEPTION 'the views must not be NULL'
			USING ERRCODE = 'null_value_not_allowed',
				HINT = 'An empty array is all but the views of the page.';
	END IF;
	SELECT v INTO bad FROM unnest(views) v
	WHERE to_regclass(format('%I.%I', mart, v)) IS NULL
		OR NOT EXISTS (SELECT FROM @extschema@.mart_page p WHERE p.page = pt_mart_dashboard_part_as_owner.page AND p.view_name = v)
	LIMIT 1;
	IF bad IS NOT NULL THEN
		RAISE EXCEPTION 'the page "%" of mart "%" has no view "%"', page, mart, left(bad, 100)
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'mart_dashboard_parts() lists those that it has.';
	END IF;
	RETURN @extschema@.pt_dashboard_of_mart_as_owner(mart, filters, page, period, views);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_dashboard_part_as_owner(text, jsonb, text, jsonb, text[]) IS
'What mart_dashboard_part returns; it is called by it, and not by people.';
