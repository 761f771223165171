-- bucket: values and ages in buckets, right-closed with the lowest value included

CREATE FUNCTION @extschema@.bucket_index(value double precision, edges double precision[]) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_bucket_index';
COMMENT ON FUNCTION @extschema@.bucket_index(double precision, double precision[]) IS
'Number of the bucket, from 1, that holds the value: bucket i is (edge i, edge i+1], and the first one holds the lowest edge too, as in pandas. NULL outside the edges, for NaN and for NULL. Edges must ascend (error 22023), without NULL (22004) or NaN; -infinity and infinity are allowed at the ends.';

CREATE FUNCTION @extschema@.bucket_label(value double precision, edges double precision[], labels text[] DEFAULT NULL) RETURNS text
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_bucket_label';
COMMENT ON FUNCTION @extschema@.bucket_label(double precision, double precision[], text[]) IS
'Label of the bucket that holds the value (see bucket_index). Without labels the interval is the label: [18, 31], (31, 44]. The number of labels must be that of the buckets (error 2202E).';

CREATE FUNCTION @extschema@.age_bucket(age double precision, edges double precision[] DEFAULT NULL, labels text[] DEFAULT NULL) RETURNS text
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_age_bucket';
COMMENT ON FUNCTION @extschema@.age_bucket(double precision, double precision[], text[]) IS
'Age group of an age in years. Without edges the usual bands 18-25, 26-35, 36-45, 46-55, 56+ (edges 18, 25, 35, 45, 55, infinity). Without labels the group is named by its ages: 18-25. Buckets are right-closed with the lowest edge included; ages outside the edges, NaN and NULL give NULL.';

CREATE FUNCTION @extschema@.age_bucket_sort(age double precision, edges double precision[] DEFAULT NULL) RETURNS smallint
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_age_bucket_sort';
COMMENT ON FUNCTION @extschema@.age_bucket_sort(double precision, double precision[]) IS
'Number of the age group, from 1, to sort the labels of age_bucket by. Buckets are right-closed with the lowest edge included; ages outside the edges, NaN and NULL give NULL.';

CREATE FUNCTION @extschema@.age_bucket(birth_date date, as_of date, edges double precision[] DEFAULT NULL, labels text[] DEFAULT NULL) RETURNS text
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_age_bucket_birth_date';
COMMENT ON FUNCTION @extschema@.age_bucket(date, date, double precision[], text[]) IS
'Age group by birth date, with the age in completed years on the day as_of. A birth date after as_of gives NULL. Buckets are right-closed with the lowest edge included; ages outside the edges, NaN and NULL give NULL.';

CREATE FUNCTION @extschema@.age_bucket_sort(birth_date date, as_of date, edges double precision[] DEFAULT NULL) RETURNS smallint
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_age_bucket_sort_birth_date';
COMMENT ON FUNCTION @extschema@.age_bucket_sort(date, date, double precision[]) IS
'Number of the age group by birth date, to sort by. Buckets are right-closed with the lowest edge included; ages outside the edges, NaN and NULL give NULL.';

CREATE FUNCTION @extschema@.age_years(birth_date date, as_of date) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_age_years';
COMMENT ON FUNCTION @extschema@.age_years(date, date) IS
'Completed years from birth_date to as_of. NULL if birth_date is later than as_of or a date is infinite, and for NULL. Whoever is born on 29 February has the birthday on 1 March in other years.';

CREATE FUNCTION @extschema@.spend_tier(spend double precision, medium_above double precision, heavy_above double precision) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_spend_tier';
COMMENT ON FUNCTION @extschema@.spend_tier(double precision, double precision, double precision) IS
'Spend tier of a customer: Light, Medium or Heavy. Up to and including medium_above it is Light, up to and including heavy_above Medium, beyond that Heavy: equal spenders are always in one tier. Usual cut points are the quantiles 0.5 and 0.8 of spend per customer (the lower half, the next 30 percent, the best 20 percent). NULL for NULL and NaN; cut points that do not ascend are error 22023.';

CREATE FUNCTION @extschema@.spend_tier_sort(spend double precision, medium_above double precision, heavy_above double precision) RETURNS smallint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_spend_tier_sort';
COMMENT ON FUNCTION @extschema@.spend_tier_sort(double precision, double precision, double precision) IS
'Number of the spend tier to sort by: Light 1, Medium 2, Heavy 3. Up to and including medium_above it is Light, up to and including heavy_above Medium, beyond that Heavy: equal spenders are always in one tier. Usual cut points are the quantiles 0.5 and 0.8 of spend per customer (the lower half, the next 30 percent, the best 20 percent). NULL for NULL and NaN; cut points that do not ascend are error 22023.';

CREATE FUNCTION @extschema@.is_high_value(spend double precision, threshold double precision) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_is_high_value';
COMMENT ON FUNCTION @extschema@.is_high_value(double precision, double precision) IS
'Whether a customer spends the threshold or more. All who spend just the threshold count, so that ties are never split and more than the share asked for may be high-value. NULL for NULL and NaN.';
