\echo Use "CREATE EXTENSION purchase_trends" to load this file. \quit

-- Nothing here says OR REPLACE or IF NOT EXISTS: an object that stands in the
-- way must stop the installation, never become part of it.

DO $$
BEGIN
	IF getdatabaseencoding() <> 'UTF8' THEN
		RAISE EXCEPTION 'purchase_trends needs a database whose encoding is UTF8'
			USING ERRCODE = 'feature_not_supported',
				DETAIL = format('That of %s is %s, in which signs of money and kinds of blanks are missing, or other bytes.', quote_ident(current_database()), getdatabaseencoding()),
				HINT = 'Make one by CREATE DATABASE ... TEMPLATE template0 ENCODING ''UTF8''.';
	END IF;
END
$$;

CREATE FUNCTION @extschema@.purchase_trends_version() RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_trends_version';
COMMENT ON FUNCTION @extschema@.purchase_trends_version() IS
'Version of the loaded library. It differs from the version of the extension only between installing new files and ALTER EXTENSION purchase_trends UPDATE.';
