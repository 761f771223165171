-- loyalty: tiers by the number of previous purchases

CREATE FUNCTION @extschema@.loyalty_tier(previous_purchases bigint, returning_from bigint DEFAULT 2, loyal_from bigint DEFAULT 11) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_loyalty_tier';
COMMENT ON FUNCTION @extschema@.loyalty_tier(bigint, bigint, bigint) IS
'Loyalty tier of a customer: New, Returning or Loyal. Fewer previous purchases than returning_from are New (0 included), fewer than loyal_from Returning, the others Loyal. NULL and negative counts give NULL, never a tier. Thresholds must ascend from at least 1 (error 22023).';

CREATE FUNCTION @extschema@.loyalty_tier_sort(previous_purchases bigint, returning_from bigint DEFAULT 2, loyal_from bigint DEFAULT 11) RETURNS smallint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_loyalty_tier_sort';
COMMENT ON FUNCTION @extschema@.loyalty_tier_sort(bigint, bigint, bigint) IS
'Number of the loyalty tier to sort by: New 1, Returning 2, Loyal 3. Fewer previous purchases than returning_from are New (0 included), fewer than loyal_from Returning, the others Loyal. NULL and negative counts give NULL, never a tier. Thresholds must ascend from at least 1 (error 22023).';

