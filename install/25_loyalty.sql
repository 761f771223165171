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

CREATE FUNCTION @extschema@.loyalty_tier(purchases bigint, edges bigint[], labels text[]) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_loyalty_tier_edges';
COMMENT ON FUNCTION @extschema@.loyalty_tier(bigint, bigint[], text[]) IS
'Loyalty tier of a customer by any number of tiers: the label of the last edge that is not above the number of purchases, or the first label below all edges; so there is one label more than edges. loyalty_tier(n, ''{2,11}'', ''{New,Returning,Loyal}'') is loyalty_tier(n, 2, 11). NULL and negative counts give NULL. Errors (22023): edges that do not ascend from at least 1, no edges or 1,000 and more, another number of labels; 22004 for NULL in an array.';

CREATE FUNCTION @extschema@.loyalty_tier_sort(purchases bigint, edges bigint[]) RETURNS smallint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_loyalty_tier_sort_edges';
COMMENT ON FUNCTION @extschema@.loyalty_tier_sort(bigint, bigint[]) IS
'Number of the loyalty tier to sort by, from 1: how many edges are not above the number of purchases, plus one. NULL and negative counts give NULL. Errors as those of loyalty_tier.';
