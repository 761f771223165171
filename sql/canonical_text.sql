-- texts of values that no setting of the session changes
SET datestyle = German; SET extra_float_digits = 0; SET bytea_output = escape;
SELECT canonical_text(d), canonical_text(t), canonical_text(r), canonical_text(f)
FROM (VALUES ('infinity'::date, '-infinity'::timestamp, 'NaN'::real, '-Infinity'::float8), ('0044-03-15 BC', '294276-12-31 23:59:59.999999', 1e-30, 1e300),
	('2026-01-31', '2026-01-31 00:00:00.5', 0.1, 0.1), (NULL, NULL, NULL, NULL)) v(d, t, r, f);
SELECT canonical_text(b) FROM (VALUES ('\x'::bytea), ('\x00ff'), (NULL)) v(b);
-- what PostgreSQL writes by itself in ISO style, with all digits; none is right
SET datestyle = ISO; SET extra_float_digits = 1; SET bytea_output = hex;
SELECT d FROM generate_series('0044-03-01 BC'::timestamp, '2100-01-01', '97 days 3:04:05.6789') d WHERE canonical_text(d) <> d::text OR canonical_text(d::date) <> d::date::text;
SELECT f FROM (SELECT (i - 5000) * 10.0::float8 ^ (i % 300 - 150) / 7 AS f FROM generate_series(1, 10000) i) v WHERE canonical_text(f) <> f::text;
SELECT f FROM (SELECT ((i - 5000) * 10.0::float8 ^ (i % 30 - 15) / 7)::real AS f FROM generate_series(1, 10000) i) v WHERE canonical_text(f) <> f::text;
SELECT b FROM (SELECT int8send(i * 1234567) AS b FROM generate_series(1, 1000) i) v WHERE canonical_text(b) <> b::text;
