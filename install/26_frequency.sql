-- frequency: labels of purchase frequencies

CREATE FUNCTION @extschema@.purchase_frequency_label(days integer) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_frequency_label';
COMMENT ON FUNCTION @extschema@.purchase_frequency_label(integer) IS
'Label of a purchase frequency given as days between purchases: 1 Daily, 7 Weekly, 14 Fortnightly, 30 Monthly, 90 Quarterly, 180 Semi-Annually, 365 Annually, others Every N days. NULL for NULL and less than one day.';

CREATE FUNCTION @extschema@.purchase_frequency_sort(days integer) RETURNS smallint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_frequency_sort';
COMMENT ON FUNCTION @extschema@.purchase_frequency_sort(integer) IS
'Number to sort the labels of purchase_frequency_label by: the days, at most 32767. NULL for NULL and less than one day.';

