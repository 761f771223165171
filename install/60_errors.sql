-- errors: what people see of them

-- The functions in PL/pgSQL that people call (others are named pt_<name>) stand behind functions in C that
-- drop the CONTEXT lines of ours from their errors: see src/error_context.c, and src/mart.c for create_mart.
DO $$
DECLARE
	f record;
BEGIN
	FOR f IN
		SELECT p.proname AS name, p.oid::regprocedure AS signature, p.pronamespace::regnamespace AS schema,
			pg_get_function_identity_arguments(p.oid) AS types,
			pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
			CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE 'VOLATILE' END
				|| CASE p.proparallel WHEN 's' THEN ' PARALLEL SAFE' ELSE '' END AS volatility,
			CASE p.proname WHEN 'create_mart' THEN 'pt_create_mart' ELSE 'pt_call_body' END AS symbol, obj_description(p.oid, 'pg_proc') AS comment
		FROM pg_extension x
		JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass
		JOIN pg_proc p ON p.oid = d.objid
		JOIN pg_language l ON l.oid = p.prolang
		WHERE x.extname = 'purchase_trends' AND l.lanname = 'plpgsql' AND p.proname !~ '^pt_'
	LOOP
		EXECUTE format('ALTER FUNCTION %s RENAME TO %I', f.signature, 'pt_' || f.name || '_body');
		EXECUTE format('COMMENT ON FUNCTION %s.%I(%s) IS %L', f.schema, 'pt_' || f.name || '_body', f.types, format('What %s does.', f.name));
		EXECUTE format('CREATE FUNCTION %s.%I(%s) RETURNS %s LANGUAGE C %s AS %L, %L', f.schema, f.name,
			f.arguments, f.result, f.volatility, 'MODULE_PATHNAME', f.symbol);
		EXECUTE format('COMMENT ON FUNCTION %s.%I(%s) IS %L', f.schema, f.name, f.types, f.comment);
	END LOOP;
END
$$;
