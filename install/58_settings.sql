-- settings: how the text of our functions is read, whatever the session has set

-- What is read of a literal depends on settings: escapes in strings, NULL in arrays. Bodies are read in the session that
-- calls them, and so is the SQL that they make. (Here, outside of bodies, E'' says that it has escapes.)
DO $$
DECLARE
	f regprocedure;
BEGIN
	FOR f IN
		SELECT p.oid
		FROM pg_extension x
		JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass
		JOIN pg_proc p ON p.oid = d.objid
		JOIN pg_language l ON l.oid = p.prolang
		WHERE x.extname = 'purchase_trends' AND l.lanname IN ('plpgsql', 'sql') AND p.prosqlbody IS NULL
	LOOP
		EXECUTE format('ALTER FUNCTION %s SET standard_conforming_strings = on SET array_nulls = on', f);
	END LOOP;
END
$$;
