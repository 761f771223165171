-- shop_time: moments on the clock of a shop, as AT TIME ZONE has them
\set VERBOSITY default
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';

-- by hand: the clock goes forward and back; before there were zones; far away
SELECT t, shop_time(t, 'Europe/Berlin') AS berlin, shop_time(t, 'America/New_York') AS new_york, shop_time(t, 'UTC') AS utc
FROM unnest('{2024-03-31 00:59:59.999999+00,2024-03-31 01:00+00,2024-10-27 00:59:59+00,2024-10-27 01:00+00,1850-01-01 00:00+00,4713-11-24 12:00+00 BC,250000-07-01 00:00+00,infinity,-infinity}'::timestamptz[]) AS t;
SELECT shop_time('2024-01-01 00:00+00', '+5:30') AS offset, shop_time('2024-01-01 00:00+00', 'EST') AS abbreviation, shop_time('2024-01-01 00:00+00', 'est5edt') AS posix, shop_time(NULL, 'UTC') AS no_moment, shop_time('2024-01-01 00:00+00', NULL) AS no_zone;
SELECT shop_time('2024-01-01 00:00+00', 'Europe/Atlantis');
SELECT shop_time('2024-01-01 00:00+00', 'nowhere');
SELECT shop_time('2024-01-01 00:00+00', '');
SELECT shop_time('4714-11-24 00:00:00+00 BC', 'America/New_York');
SELECT shop_time('294276-12-31 23:59:59+00', 'Asia/Tokyo');

-- the same as AT TIME ZONE: around each hour of some years, and anywhere, in any order; the zone the same in all rows, or another in each
CREATE TEMP TABLE moment AS
SELECT timestamptz '2023-01-01 00:00+00' + g * interval '1 hour' + (g % 3 - 1) * interval '1 microsecond' AS t FROM generate_series(0, 20000) AS g
UNION ALL SELECT timestamptz '1890-01-01 00:00+00' + (hashint4(g) & 1048575) * interval '100 hours 1.000001 seconds' FROM generate_series(1, 20000) AS g
UNION ALL SELECT timestamptz '1900-01-01 00:00+00' - (hashint4(g) & 1048575) * interval '37 hours 0.3 seconds' FROM generate_series(1, 5000) AS g;
CREATE TEMP TABLE zone (zone text);
INSERT INTO zone VALUES ('Europe/Berlin'), ('America/New_York'), ('UTC'), ('Asia/Kolkata'), ('Australia/Lord_Howe'), ('Africa/Casablanca'), ('America/Caracas'), ('Pacific/Apia'), ('Antarctica/Troll'), ('Europe/Dublin'), ('-3'), ('CET');
SELECT count(*) AS moments, count(*) FILTER (WHERE shop_time(t, 'Europe/Berlin') <> t AT TIME ZONE 'Europe/Berlin') AS berlin, count(*) FILTER (WHERE shop_time(t, 'America/Caracas') <> t AT TIME ZONE 'America/Caracas') AS caracas,
       count(*) FILTER (WHERE shop_time(t, 'Australia/Lord_Howe') <> t AT TIME ZONE 'Australia/Lord_Howe') AS lord_howe, count(*) FILTER (WHERE shop_time(t, 'Africa/Casablanca') <> t AT TIME ZONE 'Africa/Casablanca') AS casablanca FROM moment;
SELECT count(*) AS compared, count(*) FILTER (WHERE shop_time(t, zone) IS DISTINCT FROM t AT TIME ZONE zone) AS different FROM zone, moment WHERE hashtext(t::text || zone) % 3 = 0;
SELECT count(*) AS compared, count(*) FILTER (WHERE shop_time(t, zone) IS DISTINCT FROM t AT TIME ZONE zone) AS different FROM (SELECT * FROM zone, moment WHERE hashtext(t::text || zone) % 5 = 0 ORDER BY hashtext(zone || t::text)) AS mixed;
-- every zone that the server knows by a name with a slash
SELECT count(DISTINCT name) > 300 AS zones, count(*) FILTER (WHERE shop_time(t, name) IS DISTINCT FROM t AT TIME ZONE name) AS different FROM pg_timezone_names, unnest('{1883-11-18 17:00+00,1945-05-24 00:00+00,1977-01-01 00:00+00,2011-12-30 10:00+00,2024-03-31 01:00+00,2024-07-01 00:00+00,2024-11-03 06:00+00,2099-12-31 23:00+00}'::timestamptz[]) AS t;
