-- shop_time: moments on the clock of a shop

CREATE FUNCTION @extschema@.shop_time(at timestamptz, time_zone text) RETURNS timestamp
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_shop_time';
COMMENT ON FUNCTION @extschema@.shop_time(timestamptz, text) IS
'The moment on the clock of this time zone: what at AT TIME ZONE time_zone is, several times faster where the zone is a name such as Europe/Berlin or UTC, the same in all rows. Infinite moments stay infinite. NULL for NULL. Errors: unknown time zone (22023), result out of range (22008).';
