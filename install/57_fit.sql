-- fit: the lifetime models of a mart

CREATE TYPE @extschema@.mart_fit AS (
	kind	@extschema@.clv_kind,
	as_of	timestamp,
	customers	bigint,
	repeat_customers	bigint,
	converged	boolean,
	seconds	double precision,
	reason	text
);
COMMENT ON TYPE @extschema@.mart_fit IS
'What fit_mart did: kind of the model of purchases, the moment that it looks from, customers with a purchase, those who bought on two days at least, whether the fit converged, seconds that it took, and why there is no model, or what it warns of.';

CREATE FUNCTION @extschema@.fit_mart(mart text, kind @extschema@.clv_kind DEFAULT 'mbg_nbd') RETURNS @extschema@.mart_fit
	LANGUAGE C VOLATILE
	AS 'MODULE_PATHNAME', 'pt_as_mart_owner';
COMMENT ON FUNCTION @extschema@.fit_mart(text, @extschema@.clv_kind) IS
'Fits lifetime models to the customers of a mart, as it looks from its as_of, and keeps them in its table fitted_model: one of purchases, of a kind mbg_nbd, bg_nbd, pareto_nbd or nbd, in weeks and with purchases of one day as one; one of spend (Gamma-Gamma); and one of the purchases of the first two thirds of the time, which model_quality and model_tracking hold against the last third. Until the next call dim_customer, contact_list, model_quality and model_tracking compute with them, also of purchases that came after. By bg_nbd everybody who bought once is alive for certain, so mbg_nbd is the default. With fewer than 200 customers, without any who bought on two days, or if the fit does not converge there is no model, and the reason is told and stands in data_quality. Customers are those with an id. It works with the rights of the mart''s owner. Errors: no such mart (3F000), no rights of its owner (42501), a mart without times (55000), another kind (22023), NULL kind (22004).';

CREATE FUNCTION @extschema@.pt_make_fitted_model(mart text) RETURNS void
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF to_regclass(format('%I.fitted_model', mart)) IS NULL THEN
		EXECUTE format('CREATE TABLE %I.fitted_model (LIKE %I.mart_fitted_model INCLUDING ALL)', mart, @extschema@.pt_extension_schema());
		EXECUTE format('COMMENT ON TABLE %I.fitted_model IS %L', mart,
			'The lifetime models of this purchase_trends mart: written by fit_mart(), empty before.');
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_make_fitted_model(text) IS
'Makes the table of the lifetime models of a mart, if there is none.';

CREATE FUNCTION @extschema@.pt_fit_mart_as_owner(mart text, kind @extschema@.clv_kind) RETURNS @extschema@.mart_fit
	LANGUAGE plpgsql
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	started timestamptz := clock_timestamp();
	settings @extschema@.mart_settings;
	result @extschema@.mart_fit;
	first_at timestamp;
	split timestamp;	-- the first two thirds of the time end here
	data @extschema@.clv_data;
	data_before @extschema@.clv_data;
	spend @extschema@.clv_data;
	model @extschema@.clv_model;
	spend_model @extschema@.clv_model;
	model_before @extschema@.clv_model;
	warnings text;
BEGIN
	PERFORM @extschema@.pt_check_mart(mart);
	IF kind IS NULL THEN
		RAISE EXCEPTION 'the kind must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	IF kind NOT IN ('mbg_nbd', 'bg_nbd', 'pareto_nbd', 'nbd') THEN
		RAISE EXCEPTION 'fit_mart cannot fit a model of kind "%"', kind
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Models of purchases in continuous time are mbg_nbd, bg_nbd, pareto_nbd and nbd; clv_fit() fits the others.';
	END IF;
	SELECT s.* INTO STRICT settings FROM @extschema@.pt_read_mart_settings(mart) s;
	IF NOT settings.roles ? 'purchased_at' THEN
		RAISE EXCEPTION 'mart "%" has no times, so it cannot tell who will buy again', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Make it of a source with a time column: create_mart(..., purchased_at => ''...'').';
	END IF;
	IF to_regclass(format('%I.fitted_model', mart)) IS NULL OR to_regclass(format('%I.mart_as_of', mart)) IS NULL THEN
		PERFORM @extschema@.pt_check_source_there(mart, settings);
		RAISE EXCEPTION 'the views of mart "%" are gone', mart
			USING ERRCODE = 'undefined_table',
				HINT = 'upgrade_mart() makes them anew.';
	END IF;
	EXECUTE format('LOCK TABLE %I.fitted_model IN SHARE ROW EXCLUSIVE MODE', mart);
	result.kind := kind;
	EXECUTE format('SELECT a.as_of_orders FROM %I.mart_as_of a', mart) INTO result.as_of;
	EXECUTE format('SELECT @extschema@.clv_data(c.history, $1), @extschema@.spend_data(c.history, $1), count(*), min(@extschema@.first_purchase(c.history)) '
			'FROM %I.customer c WHERE c.customer_id IS NOT NULL AND @extschema@.order_count(c.history) > 0 AND $1 IS NOT NULL', mart)
		INTO data, spend, result.customers, first_at USING result.as_of;
	result.repeat_customers := (SELECT coalesce(sum(r.customers), 0) FROM @extschema@.clv_rows(data) r WHERE r.x > 0);

	IF result.customers < 200 THEN
		result.reason := format('there are %s customers with a purchase, and models need 200', result.customers);
	ELSIF result.repeat_customers = 0 THEN
		result.reason := 'no customer has bought on two days';
	ELSE
		model := @extschema@.clv_fit(data, kind, NULL::@extschema@.purchase_period);
		SELECT s.converged, s.warnings INTO result.converged, warnings FROM @extschema@.clv_summary(model) s;
		IF result.converged THEN
			result.reason := warnings;
			spend_model := @extschema@.clv_fit(spend, 'gamma_gamma'::@extschema@.clv_kind, NULL::@extschema@.purchase_period);
			IF spend_model IS NOT NULL AND NOT (@extschema@.clv_summary(spend_model)).converged THEN
				spend_model := NULL;
			END IF;
			-- a moment before a day, so that a purchase at its beginning is after it
			split := date_trunc('day', first_at + (result.as_of - first_at) * 2 / 3) - interval '1 microsecond';
			IF result.as_of - split >= interval '28 days' AND split > first_at THEN
				EXECUTE format('SELECT @extschema@.clv_data(c.history, $1) FROM %I.customer c '
						'WHERE c.customer_id IS NOT NULL AND @extschema@.order_count(c.history) > 0', mart)
					INTO data_before USING split;
				model_before := @extschema@.clv_fit(data_before, kind, NULL::@extschema@.purchase_period);
				IF NOT (@extschema@.clv_summary(model_before)).converged THEN
					model_before := NULL;
				END IF;
			END IF;
		ELSE
			result.reason := coalesce('the fit did not converge: ' || warnings, 'the fit did not converge');
			model := NULL;
		END IF;
	END IF;

	EXECUTE format('DELETE FROM %I.fitted_model', mart);
	EXECUTE format('INSERT INTO %I.fitted_model (model_name, kind, model, as_of, customers, fitted_at, reason) '
			'VALUES (''purchases'', $1, $2, $3, $4, $5, $6), (''spend'', ''gamma_gamma'', $7, $3, $8, $5, $9), (''purchases before'', $1, $10, $11, $12, $5, $13)', mart)
		USING kind::text, model::text, result.as_of, result.customers, started, CASE WHEN model IS NULL THEN result.reason END,
			spend_model::text, (@extschema@.clv_summary(spend_model)).customers,
			CASE WHEN model IS NOT NULL AND spend_model IS NULL THEN 'no mean spend could be fitted' END,
			model_before::text, split, (@extschema@.clv_summary(model_before)).customers,
			CASE WHEN model IS NOT NULL AND model_before IS NULL THEN 'the first two thirds of the time tell too little' END;
	result.seconds := extract(epoch FROM clock_timestamp() - started);
	RETURN result;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_fit_mart_as_owner(text, @extschema@.clv_kind) IS
'What fit_mart does, with the rights of the mart''s owner; it is called by it, and not by people.';

CREATE FUNCTION @extschema@.pt_contact_reason(late boolean, gap_median double precision, recency_days double precision, probability_alive double precision, high_value boolean) RETURNS text
	LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'pt_contact_reason';
COMMENT ON FUNCTION @extschema@.pt_contact_reason(boolean, double precision, double precision, double precision, boolean) IS
'Why a customer is in contact_list, in words. Its COST makes a query with a LIMIT compute it for the rows that it shows only.';
