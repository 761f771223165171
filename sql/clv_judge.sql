-- clv_judge: what lifetime models expect, beside what came; numbers by hand: nbd of r 1 and alpha 1 expects (1 + x) / (1 + T) a unit of time, and all are alive
\set VERBOSITY default
CREATE FUNCTION pg_temp.error_code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
CREATE TEMP TABLE customer (x bigint, t_x float8, t float8, actual bigint);
INSERT INTO customer VALUES (0, 0, 1, 1), (1, 1, 1, 0), (1, 1, 3, 2), (9, 5, 9, 3), (7, 4, 7, 1), (1, 1, 1, NULL), (NULL, 0, 0, 1), (0, 0, NULL, 1);
CREATE TEMP TABLE model AS SELECT clv_model('nbd', '{1,1}', 'day') AS m;

-- predicted 1; 2 and 1; 2 and 2 of 3 and 1
SELECT r.x, or_more, customers, predicted_purchases AS predicted, actual_purchases AS actual, mean_predicted, mean_actual, bias, mean_absolute_error AS mae, round((root_mean_square_error ^ 2)::numeric, 9) AS squares, correlation, left_out
	FROM (SELECT clv_holdout(m, x, t_x, t, actual, 2) AS g FROM model, customer) AS s, unnest(g) AS r;
SELECT clv_holdout(m, x, t_x, t, actual, NULL) AS of_nulls, clv_holdout(NULL, x, t_x, t, actual, 2) AS of_no_model FROM model, customer;
SELECT clv_holdout(m, x, t_x, t, actual, 2) AS of_no_row FROM model, customer WHERE false;
SELECT clv_holdout(clv_fit('1 transactions - - - - 0 {0 0 20:300}', 'bg_nbd'), x, t_x, t, actual, 2) AS of_no_parameters FROM customer;
-- predicted and actual of one customer, and of identical ones, do not correlate
SELECT clv_holdout(m, 2, 1, 3, 4, 2) AS one, clv_holdout(m, 2, 1, 3, i, 2) AS alike FROM model, generate_series(1, 3) AS i;

-- histories: until the end of a day; not yet; returns; a NULL
CREATE TEMP TABLE shopper AS SELECT * FROM (VALUES ('a', '1 {2024-01-01T09:00:00 10, 2024-01-01T18:00:00 5, 2024-01-15 20, 2024-01-29 40, 2024-02-03 -3, 2024-03-01 99}'::purchase_history),
	('b', '1 {2024-01-10 7}'), ('c', '1 {2024-01-21 7}'), ('d', '1 {2024-01-05 8, 2024-01-08 -3}'), ('e', NULL)) AS v(id, h);
SELECT id, s.* FROM shopper, calibration_holdout(h, '2024-01-20', '2024-02-12') AS s WHERE h IS NOT NULL ORDER BY id;
SELECT r.x, customers, predicted_purchases AS predicted, actual_purchases AS actual, left_out FROM (SELECT clv_holdout(m, h, '2024-01-20', '2024-02-12') AS g FROM model, shopper) AS s, unnest(g) AS r;

-- by recency and frequency: a time on an edge is in the column that begins there
SELECT r.* FROM (SELECT clv_grid(m, x, t_x, t, 2, '{1,2,4}') AS g FROM model, customer) AS s, unnest(g) AS r;
SELECT r.x, since_from, since_to, customers FROM (SELECT clv_grid(clv_model('nbd', '{1,1}', 'week'), h, '2024-02-12', 13, ARRAY[14 / 7.0, 33 / 7.0]::float8[]) AS g FROM shopper) AS s, unnest(g) AS r;
SELECT clv_grid(m, NULL, t_x, t, 2, '{1}') AS of_nulls, clv_grid(NULL, x, t_x, t, 2, '{1}') AS of_no_model FROM model, customer;

-- over time: weeks that are over, from the first purchase of all; nbd expects a day from each day of each customer
SELECT t.* FROM (SELECT clv_tracking(m, h, '2024-02-12', 7) AS w FROM model, shopper) AS s, unnest(w) AS t;
SELECT t.* FROM (SELECT clv_tracking(m, h, '2024-01-02', 365) AS w FROM model, shopper) AS s, unnest(w) AS t;
SELECT clv_tracking(m, h, '2023-12-31', 7) AS too_early, clv_tracking(NULL, h, '2024-02-12', 7) AS of_no_model FROM model, shopper;

-- mistakes
SELECT clv_holdout(clv_model('nbd', ARRAY[1, t]), 1, 1, 1, 1, 1) FROM customer;
SELECT clv_holdout(m, 1, 2, 1, 1, 1) FROM model;
SELECT clv_holdout(m, 1, 1, 1, -1, 1) FROM model;
SELECT clv_holdout(clv_model('nbd', '{1e30,1e-30}'), 1, 1, 1, 1, 1);
SELECT clv_grid(m, 1, 1, 1, 1, '{3,2}') FROM model;
SELECT clv_grid(m, 1, 1, 1, 1, ARRAY[i]::float8[]) FROM model, generate_series(1, 2) AS i;
SELECT clv_tracking(m, '1 {0001-01-01 5, 2024-01-01 5}'::purchase_history, '2024-01-01', 7) FROM model;
SELECT clv_tracking(clv_model('bg_bb', '{1,1,1,1}', 'month'), h, '2024-01-01', 7) FROM shopper;
SELECT s, pg_temp.error_code('SELECT ' || s || ' FROM model, shopper') AS code FROM unnest(ARRAY['clv_holdout(clv_model(''gamma_gamma'', ''{6,4,16}''), 1, 1, 1, 1, 1)', 'clv_holdout(m, 1, 1, ''NaN'', 1, 1)', 'clv_holdout(m, 1, 1, 1, 1, -1)', 'clv_holdout(m, 1, 1, 1, 1, ''NaN'')', 'clv_holdout(m, 1, 1, 1, 1000000001, 1)', 'clv_holdout(m, h, NULL, ''2024-01-01'')',
	'clv_holdout(m, h, ''2024-01-01'', ''infinity'')', 'clv_holdout(m, h, ''2024-01-02'', ''2024-01-01'')', 'clv_holdout(clv_model(''nbd'', ''{1,1}''), h, ''2024-01-01'', ''2024-01-02'')', 'clv_holdout(m, h, CASE id WHEN ''a'' THEN ''2024-01-15'' ELSE ''2024-01-16'' END::timestamp, ''2024-02-02'')',
	'clv_grid(m, 1, 1, 1, NULL, ''{1}'')', 'clv_grid(m, 1, 1, 1, 1, NULL)', 'clv_grid(m, 1, 1, 1, 1, ''{}'')', 'clv_grid(m, 1, 1, 1, 1, ''{0}'')', 'clv_grid(m, 1, 1, 1, 1, ''{NaN}'')', 'clv_grid(m, 1, 1, 1, 1, ''{1,NULL}'')', 'clv_grid(m, 1, 1, 1, 1, ''{1,Infinity}'')', 'clv_grid(m, 1, 1, 1, 1, array_fill(1::float8, ARRAY[101]))', 'clv_grid(m, 1, 1, 1, 1, ''{{1},{2}}'')',
	'clv_grid(m, h, NULL, 1, ''{1}'')', 'clv_grid(m, h, ''infinity'', 1, ''{1}'')', 'clv_tracking(m, h, ''2024-01-01'', 0)', 'clv_tracking(m, h, ''2024-01-01'', NULL)', 'clv_tracking(m, h, ''infinity'', 7)', 'clv_tracking(m, h, ''2224-01-01'', 1)', 'clv_tracking(clv_model(''nbd'', ''{1,1}''), h, ''2024-01-01'', 7)', 'clv_tracking(m, h, ''2024-01-01'', length(id) + (id = ''b'')::int)']) AS s;
-- bytes that are no state
SELECT s, pg_temp.error_code('SELECT ' || s || ' FROM model') AS code FROM unnest(ARRAY['pt_clv_holdout_final('''')', 'pt_clv_holdout_combine(NULL, ''\x00'')', 'pt_clv_holdout_accum(''\x00'', m, 1, 1, 1, 1, 1)', 'pt_clv_grid_final(pt_clv_holdout_accum(NULL, m, 1, 1, 1, 1, 1))', 'pt_clv_grid_accum(''\x'', m, 1, 1, 1, 1, ''{1}'')',
	'pt_clv_tracking_final(pt_clv_grid_accum(NULL, m, 1, 1, 1, 1, ''{1}''))', 'pt_clv_tracking_combine(''\x01'', ''\x01'')', 'pt_clv_grid_final(substr(pt_clv_grid_accum(NULL, m, 1, 1, 1, 1, ''{1}''), 1, 900))', 'pt_clv_holdout_final(set_byte(pt_clv_holdout_accum(NULL, m, 1, 1, 1, 1, 1), 0, 9))',
	'pt_clv_tracking_final(set_byte(pt_clv_tracking_accum(NULL, m, ''1 {2024-01-01 5}'', ''2024-02-01'', 7), 5, 255))']) AS s;
SELECT pt_clv_holdout_combine(pt_clv_holdout_accum(NULL, m, 0, 0, 1, 1, 1), NULL) IS NOT NULL AS one, pt_clv_holdout_combine(NULL, NULL) IS NULL AS none,
	(SELECT sum(customers) FROM unnest(pt_clv_tracking_final(pt_clv_tracking_combine(pt_clv_tracking_accum(NULL, m, '1 {2024-03-01 5, 2024-03-09 5}', '2024-04-01', 7), pt_clv_tracking_accum(NULL, m, '1 {2020-01-01 5, 2024-03-02 5}', '2024-04-01', 7)))) AS t, LATERAL (SELECT t.actual_purchases AS customers) AS c) AS merged FROM model;
