-- clean: text as it comes from files, to typed values

CREATE FUNCTION @extschema@.clean_name(name text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clean_name';
COMMENT ON FUNCTION @extschema@.clean_name(name text) IS
'A column name as people write it, in lower snake_case: ''Purchase Amount (USD)'' is purchase_amount, ''CustomerID'' is customer_id. What stands in the last brackets is left out (clean_name_unit gives it), % reads percent and # number, a leading digit gets an underscore, and the result has at most 63 bytes. NULL if there is no letter and no digit, or for NULL.';

CREATE FUNCTION @extschema@.clean_name_strict(name text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clean_name_strict';
COMMENT ON FUNCTION @extschema@.clean_name_strict(name text) IS
'clean_name, but text without a letter or digit is an error (42602) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.clean_name_unit(name text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clean_name_unit';
COMMENT ON FUNCTION @extschema@.clean_name_unit(name text) IS
'The unit in a column name: what stands in its last brackets, ''USD'' in ''Purchase Amount (USD)''. NULL if there are no brackets, nothing in them, or nothing before them.';

CREATE FUNCTION @extschema@.clean_text(value text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clean_text';
COMMENT ON FUNCTION @extschema@.clean_text(value text) IS
'The text without blanks around it (no-break spaces and byte order marks included). NULL for text that is empty or says that a value is missing: NA, N/A, #N/A, n.a., NaN, NULL, #NULL!, nil, <NA>, -, --, ? and a single dot, in any case.';

CREATE FUNCTION @extschema@.parse_amount(value text, decimal_mark text DEFAULT '.') RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_amount';
COMMENT ON FUNCTION @extschema@.parse_amount(text, text) IS
'An amount of money, exactly as written: ''$1,234.50'' is 1234.50, ''(12.00)'' and ''12.00-'' are negative. Sign, currency sign or ISO code and thousands separators (of three digits, or the Indian way) are understood. decimal_mark is ''.'' or '','' (error 22023 otherwise). NULL for NULL, for missing values as clean_text knows them, and for any other text, such as ''1,23'' where the comma is no decimal mark; more than 100 digits are no amount.';

CREATE FUNCTION @extschema@.parse_amount_strict(value text, decimal_mark text DEFAULT '.') RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_amount_strict';
COMMENT ON FUNCTION @extschema@.parse_amount_strict(text, text) IS
'parse_amount, but text that is no amount, the empty one included, is an error (22P02) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.parse_integer(value text) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_integer';
COMMENT ON FUNCTION @extschema@.parse_integer(value text) IS
'A whole number: digits with an optional sign, within the range of bigint. NULL for NULL and any other text, 12.0 and 1,234 included (parse_amount reads those).';

CREATE FUNCTION @extschema@.parse_integer_strict(value text) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_integer_strict';
COMMENT ON FUNCTION @extschema@.parse_integer_strict(value text) IS
'parse_integer, but text that is no integer is an error (22P02) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.parse_flag(value text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_flag';
COMMENT ON FUNCTION @extschema@.parse_flag(value text) IS
'A flag: yes or no, y or n, true or false, t or f, on or off, 1 or 0, in any case, with blanks around it. NULL for NULL and any other text.';

CREATE FUNCTION @extschema@.parse_flag_strict(value text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_flag_strict';
COMMENT ON FUNCTION @extschema@.parse_flag_strict(value text) IS
'parse_flag, but text that is no flag is an error (22P02) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.parse_frequency(value text) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_frequency';
COMMENT ON FUNCTION @extschema@.parse_frequency(value text) IS
'A purchase frequency in days: Daily 1, Weekly 7, Fortnightly and Bi-Weekly 14, Monthly 30, Quarterly and Every 3 Months 90, Semi-Annually 180, Annually and Yearly 365, usual misspellings, and in general ''every N days'', ''weeks'' (7), ''months'' (30; twelve are a year) or ''years'' (365). Any case, blanks and hyphens. NULL for NULL and any other text.';

CREATE FUNCTION @extschema@.parse_frequency_strict(value text) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_frequency_strict';
COMMENT ON FUNCTION @extschema@.parse_frequency_strict(value text) IS
'parse_frequency, but text that is no frequency is an error (22P02) that shows it, so that a mistyped label cannot turn into a NULL. NULL stays NULL.';

CREATE FUNCTION @extschema@.parse_date(value text, date_order text DEFAULT NULL) RETURNS date
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_date';
COMMENT ON FUNCTION @extschema@.parse_date(text, text) IS
'A date without a time of day: yyyy-mm-dd (also with / or .), yyyymmdd, dd.mm.yyyy, 5 Jan 2024, Jan 5, 2024, and dd/mm/yyyy or mm/dd/yyyy. With date_order NULL the last two are read only where the numbers leave no doubt (13/01/2024, 05/05/2024); ''DMY'' or ''MDY'' decides (anything else is error 22023). Independent of DateStyle and TimeZone. NULL for NULL and any other text.';

CREATE FUNCTION @extschema@.parse_date_strict(value text, date_order text DEFAULT NULL) RETURNS date
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_date_strict';
COMMENT ON FUNCTION @extschema@.parse_date_strict(text, text) IS
'parse_date, but text that is no such moment, or an ambiguous one, is an error (22007) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.parse_timestamp(value text, date_order text DEFAULT NULL) RETURNS timestamp
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_timestamp';
COMMENT ON FUNCTION @extschema@.parse_timestamp(text, text) IS
'A date, with or without a time of day, and without a time zone: yyyy-mm-dd (also with / or .), yyyymmdd, dd.mm.yyyy, 5 Jan 2024, Jan 5, 2024, and dd/mm/yyyy or mm/dd/yyyy. With date_order NULL the last two are read only where the numbers leave no doubt (13/01/2024, 05/05/2024); ''DMY'' or ''MDY'' decides (anything else is error 22023). Independent of DateStyle and TimeZone. NULL for NULL and any other text.';

CREATE FUNCTION @extschema@.parse_timestamp_strict(value text, date_order text DEFAULT NULL) RETURNS timestamp
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_timestamp_strict';
COMMENT ON FUNCTION @extschema@.parse_timestamp_strict(text, text) IS
'parse_timestamp, but text that is no such moment, or an ambiguous one, is an error (22007) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.parse_timestamptz(value text, date_order text DEFAULT NULL) RETURNS timestamptz
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_timestamptz';
COMMENT ON FUNCTION @extschema@.parse_timestamptz(text, text) IS
'A moment with its time zone (Z, UTC, +02:00): yyyy-mm-dd (also with / or .), yyyymmdd, dd.mm.yyyy, 5 Jan 2024, Jan 5, 2024, and dd/mm/yyyy or mm/dd/yyyy. With date_order NULL the last two are read only where the numbers leave no doubt (13/01/2024, 05/05/2024); ''DMY'' or ''MDY'' decides (anything else is error 22023). Independent of DateStyle and TimeZone. NULL for NULL and any other text.';

CREATE FUNCTION @extschema@.parse_timestamptz_strict(value text, date_order text DEFAULT NULL) RETURNS timestamptz
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_timestamptz_strict';
COMMENT ON FUNCTION @extschema@.parse_timestamptz_strict(text, text) IS
'parse_timestamptz, but text that is no such moment, or an ambiguous one, is an error (22007) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.csv_fields(line text, delimiter text DEFAULT ',') RETURNS text[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_csv_fields';
COMMENT ON FUNCTION @extschema@.csv_fields(text, text) IS
'The fields of one CSV record, quoted fields included, as COPY would read them; empty fields are '''', a byte order mark and the line end are left out. delimiter is one ASCII character (error 22023 otherwise); a quote that is not closed is error 22P04. NULL for NULL.';

CREATE FUNCTION @extschema@.column_profile_accum(state bigint[], value text, decimal_mark text) RETURNS bigint[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_column_profile_accum';
COMMENT ON FUNCTION @extschema@.column_profile_accum(bigint[], text, text) IS
'Aggregate transition function of column_profile.';

CREATE FUNCTION @extschema@.column_profile_combine(state bigint[], other bigint[]) RETURNS bigint[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_column_profile_combine';
COMMENT ON FUNCTION @extschema@.column_profile_combine(bigint[], bigint[]) IS
'Aggregate combine function of column_profile.';

CREATE AGGREGATE @extschema@.column_profile(value text, decimal_mark text) (
	SFUNC = @extschema@.column_profile_accum,
	STYPE = bigint[],
	SSPACE = 144,
	COMBINEFUNC = @extschema@.column_profile_combine,
	INITCOND = '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.column_profile(text, text) IS
'What the values of a text column could be. Counts, in this order: 1 values, 2 NULL or empty, 3 missing words such as N/A, 4 values with blanks around them, 5 flags, 6 flags that are words, 7 integers, 8 integers and bigints, 9 amounts, 10 numbers with leading zeros, 11 dates if the day comes before the month, 12 dates if the month comes first, 13 dates written yyyymmdd, 14 dates with a time of day, 15 of these with a time zone. decimal_mark is ''.'' or '',''. prepare_purchases decides by these counts.';
