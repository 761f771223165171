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
E'The text without blanks around it (no-break spaces and byte order marks included). NULL for text that is empty or says that a value is missing: NA, N/A, #N/A, n.a., NaN, NULL, #NULL!, nil, <NA>, \\N, -, --, ?, a single dot, and the errors of spreadsheets (#VALUE!, #REF!, #DIV/0!, #NAME?, #NUM!), in any case.';

CREATE FUNCTION @extschema@.pt_clean_value(value text, missing text[], no_values boolean, keep_na boolean) RETURNS text
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_clean_value';
COMMENT ON FUNCTION @extschema@.pt_clean_value(text, text[], boolean, boolean) IS
'clean_text with the settings of a column: NULL also for the words in missing (in any case; NULL: none more), with no_values for words that are no value among numbers, dates and flags but may be labels (ERROR, Unknown, None, Not Available, missing, blank, (null), NaT, ...), and with keep_na not for NA in capitals, unless missing has it. NULL for NULL.';

CREATE FUNCTION @extschema@.amount_currency(value text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_amount_currency';
COMMENT ON FUNCTION @extschema@.amount_currency(text) IS
'The currency of an amount as it is written: ''$'' in ''$1,234.50'', ''EUR'' in ''12,30 EUR''. NULL for NULL, without a currency that parse_amount knows, and for text that is no amount.';

CREATE FUNCTION @extschema@.label_key(label text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN lower(btrim(regexp_replace(label, E'[[:space:]\\u00a0]+', ' ', 'g')));
COMMENT ON FUNCTION @extschema@.label_key(text) IS
'What labels have in common that differ only in case and blanks, no-break spaces included: prepare_purchases folds those of one key, and data_quality names them. NULL for NULL.';

CREATE FUNCTION @extschema@.parse_amount(value text, decimal_mark text DEFAULT '.') RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_amount';
COMMENT ON FUNCTION @extschema@.parse_amount(text, text) IS
'An amount of money, exactly as written: ''$1,234.50'' is 1234.50, ''(12.00)'' and ''12.00-'' are negative, ''12.-'' is 12, ''1.5e+03'' 1500. Sign, currency (signs, ISO codes, and R$, A$, kr, Rs., Fr., Ft and others) and thousands separators are understood: groups of three digits, or the Indian way, with a comma (a point where the comma is the decimal mark), apostrophe or blank. No group follows a zero: ''0,548'' is an amount only with a decimal comma. decimal_mark is ''.'' or '','' (error 22023 otherwise). NULL for NULL, for missing values as clean_text knows them, and for any other text, such as ''1,23'' where the comma is no decimal mark; more than 100 digits are no amount.';

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
'A date without a time of day: yyyy-mm-dd (also with / or .), yyyymmdd, dd.mm.yyyy, 5 Jan 2024, Jan 5, 2024, and dd/mm/yyyy or mm/dd/yyyy. With date_order NULL the last two are read only where the numbers leave no doubt (13/01/2024, 05/05/2024); ''DMY'' or ''MDY'' decides, or ''YMD'' for years of two digits that come first, as in 24-01-05 (anything else is error 22023). A two-digit year that may be first or last needs the order, except with dots, where it is last. Independent of DateStyle and TimeZone. NULL for NULL and any other text.';

CREATE FUNCTION @extschema@.parse_date_strict(value text, date_order text DEFAULT NULL) RETURNS date
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_date_strict';
COMMENT ON FUNCTION @extschema@.parse_date_strict(text, text) IS
'parse_date, but text that is no such moment, or an ambiguous one, is an error (22007) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.parse_timestamp(value text, date_order text DEFAULT NULL) RETURNS timestamp
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_timestamp';
COMMENT ON FUNCTION @extschema@.parse_timestamp(text, text) IS
'A date, with or without a time of day, and without a time zone: yyyy-mm-dd (also with / or .), yyyymmdd, dd.mm.yyyy, 5 Jan 2024, Jan 5, 2024, and dd/mm/yyyy or mm/dd/yyyy. With date_order NULL the last two are read only where the numbers leave no doubt (13/01/2024, 05/05/2024); ''DMY'' or ''MDY'' decides, or ''YMD'' for years of two digits that come first, as in 24-01-05 (anything else is error 22023). A two-digit year that may be first or last needs the order, except with dots, where it is last. Independent of DateStyle and TimeZone. NULL for NULL and any other text.';

CREATE FUNCTION @extschema@.parse_timestamp_strict(value text, date_order text DEFAULT NULL) RETURNS timestamp
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_timestamp_strict';
COMMENT ON FUNCTION @extschema@.parse_timestamp_strict(text, text) IS
'parse_timestamp, but text that is no such moment, or an ambiguous one, is an error (22007) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.parse_timestamptz(value text, date_order text DEFAULT NULL) RETURNS timestamptz
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_timestamptz';
COMMENT ON FUNCTION @extschema@.parse_timestamptz(text, text) IS
'A moment with its time zone (Z, UTC, +02:00): yyyy-mm-dd (also with / or .), yyyymmdd, dd.mm.yyyy, 5 Jan 2024, Jan 5, 2024, and dd/mm/yyyy or mm/dd/yyyy. With date_order NULL the last two are read only where the numbers leave no doubt (13/01/2024, 05/05/2024); ''DMY'' or ''MDY'' decides, or ''YMD'' for years of two digits that come first, as in 24-01-05 (anything else is error 22023). A two-digit year that may be first or last needs the order, except with dots, where it is last. Independent of DateStyle and TimeZone. NULL for NULL and any other text.';

CREATE FUNCTION @extschema@.parse_timestamptz_strict(value text, date_order text DEFAULT NULL) RETURNS timestamptz
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_timestamptz_strict';
COMMENT ON FUNCTION @extschema@.parse_timestamptz_strict(text, text) IS
'parse_timestamptz, but text that is no such moment, or an ambiguous one, is an error (22007) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.parse_time(value text) RETURNS time
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_time';
COMMENT ON FUNCTION @extschema@.parse_time(value text) IS
'A time of the day without a date and without a time zone: hours and minutes, with seconds, fractions of them, and AM or PM if need be, as in ''10:30'', ''10:30:05.5'' or ''9:05 PM''. NULL for NULL and any other text, 24:00 included.';

CREATE FUNCTION @extschema@.parse_time_strict(value text) RETURNS time
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_parse_time_strict';
COMMENT ON FUNCTION @extschema@.parse_time_strict(value text) IS
'parse_time, but text that is no time of the day is an error (22007) that shows it. NULL stays NULL.';

CREATE FUNCTION @extschema@.pt_column_profile_accum(state bigint[], value text, missing text[]) RETURNS bigint[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_column_profile_accum';
COMMENT ON FUNCTION @extschema@.pt_column_profile_accum(bigint[], text, text[]) IS
'Aggregate transition function of column_profile.';

CREATE FUNCTION @extschema@.pt_column_profile_combine(state bigint[], other bigint[]) RETURNS bigint[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_column_profile_combine';
COMMENT ON FUNCTION @extschema@.pt_column_profile_combine(bigint[], bigint[]) IS
'Aggregate combine function of column_profile.';

CREATE AGGREGATE @extschema@.pt_column_profile(value text, missing text[]) (
	SFUNC = @extschema@.pt_column_profile_accum,
	STYPE = bigint[],
	SSPACE = 344,
	COMBINEFUNC = @extschema@.pt_column_profile_combine,
	INITCOND = '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.pt_column_profile(text, text[]) IS
'What the values of a text column could be. Counts, in this order: 1 values, 2 NULL or empty, 3 missing words such as N/A or one of missing (NULL: none more), 4 values with blanks around them, 5 flags, 6 flags that are words, 7 integers, 8 integers and bigints, 9 amounts with a decimal point, 10 numbers with leading zeros (also after letters: PEN001), 11 dates if the day comes before the month, 12 dates if the month comes first, 13 dates written yyyymmdd, 14 dates with a time of day, 15 of these with a time zone, 16 amounts only if the comma is the decimal mark, 17 only if the point is, 18 amounts that differ with the mark, 19 whole numbers (bigints, also with decimals that are 0), 20 words that are no value among numbers, such as ERROR, 21 the set of currencies (bits), 22 dates if a two-digit year comes first, 23 dates only if the day comes first, 24 only if the month does, 25 if either does, and they differ, 26 dates with two-digit years that may come first or last, 27 dates whose year comes last, 28 whose two-digit year comes first, 29 and 30 the sets of numbers that those of 26 begin and end with (bits), 31 and 32 the lowest and highest time zone in minutes + 1000 (0: none), 33 of the missing words NA, 34 codes of two capital letters, 35 codes of two to five, 36 the set of flags (bits: 0, 1, no, yes, n, y, f, t, false, true, off, on), 37 times of the day without a date, 38 amounts that are letters and digits, as RM101, 39 other amounts with a currency, 40 dates that need an order though any will do, as 05-05-99. prepare_purchases decides by these.';
