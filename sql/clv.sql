-- clv: models of who buys again, fitted and asked; published values, and points where usual formulas fail
\set VERBOSITY default
CREATE FUNCTION pg_temp.error_code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.is_near(a float8, b float8, tolerance float8 DEFAULT 1e-8) RETURNS boolean LANGUAGE sql AS
'SELECT abs(a - b) <= tolerance * abs(b)';

-- customers that are alike are one row, in any order and merged in any way
CREATE TEMP TABLE customer (x bigint, t_x float8, t float8);
INSERT INTO customer VALUES (2, 30.5, 38), (0, 0, 38), (0, 0, 12.25), (2, 30.5, 38), (0, -0.0, 38), (1, 3, 20), (NULL, 1, 2), (1, NULL, 2), (1, 1, NULL);
SELECT clv_data(x, t_x, t) FROM customer;
SELECT clv_data(x, t_x, t ORDER BY t, x DESC)::text = clv_data(x, t_x, t)::text AS any_order FROM customer;
SELECT clv_data(x, t_x, t, 3) AS weighted, clv_data(x, t_x, t, 0) AS weight_0 FROM customer WHERE x = 2;
SELECT rollup(d)::text = (SELECT clv_data(x, t_x, t)::text FROM customer) AS rolled_up FROM (SELECT clv_data(x, t_x, t) AS d FROM customer GROUP BY x, t) AS p;
SELECT d + d AS twice FROM (SELECT clv_data(x, t_x, t) AS d FROM customer) AS s;
SELECT r.* FROM (SELECT clv_data(x, t_x, t) AS d FROM customer) AS s, clv_rows(d) AS r;
SELECT clv_data(x, t_x, t) AS of_nulls FROM customer WHERE t IS NULL;
SELECT clv_data(x, t_x, t) IS NULL AS of_no_row FROM customer WHERE false;
SELECT spend_data(x, m) AS spend FROM (VALUES (3, 20.5), (0, NULL), (0, 7), (1, 10), (1, 10.0), (2, 0), (2, -5), (4, NULL)) AS v(x, m);
SELECT subscription_data(p, e) AS one, subscription_data(p, e, 10) AS ten FROM (VALUES (1, true), (4, false), (4, false), (NULL, true), (0, false)) AS v(p, e);

-- of histories: days that are merged, weeks; and what is not there yet
CREATE TEMP TABLE shopper AS SELECT * FROM (VALUES ('a', '1 {2024-01-01T09:00:00 10, 2024-01-01T18:00:00 5, 2024-01-15 20, 2024-01-29 40, 2024-03-01 99}'::purchase_history),
	('b', '1 {2024-01-10 7}'), ('c', '1 {2024-02-20 7}'), ('d', '1 {2024-01-05 8, 2024-01-08 -3}'), ('e', NULL), ('f', '1 {2024-01-02 3, 2024-01-09 0}')) AS v(id, h);
SELECT clv_data(h, '2024-02-12') AS weeks, clv_data(h, '2024-02-12', 'month', 'month') AS months, spend_data(h, '2024-02-12') AS spend FROM shopper;
SELECT (s).unit, (s).as_of = '2024-02-12' AS as_of, (s).customers, (s).left_out FROM (SELECT clv_summary(clv_fit(h, '2024-02-12', 'nbd')) AS s FROM shopper) AS t;
SELECT (s).unit, (s).rows FROM (SELECT clv_summary(clv_fit(h, '2024-02-12', 'bg_bb')) AS s FROM shopper) AS t;

-- BG/BB, donations (Fader, Hardie and Shang 2010): alpha 1.204, beta 0.750, gamma 0.657, delta 2.783, LL -33225.6
CREATE TEMP TABLE donation (x bigint, t_x float8, n bigint);
INSERT INTO donation VALUES (6, 6, 1203), (5, 6, 728), (4, 6, 512), (3, 6, 357), (2, 6, 234), (1, 6, 129), (5, 5, 335), (4, 5, 284), (3, 5, 225), (2, 5, 173), (1, 5, 119),
	(4, 4, 240), (3, 4, 181), (2, 4, 155), (1, 4, 78), (3, 3, 322), (2, 3, 255), (1, 3, 129), (2, 2, 613), (1, 2, 277), (1, 1, 1091), (0, 0, 3464);
CREATE TEMP TABLE model AS SELECT 'donations' AS name, clv_fit(clv_data(x, t_x, 6, n), 'bg_bb') AS m FROM donation;
SELECT parameter, round(estimate::numeric, 6) AS estimate, standard_error > 0 AS has_error FROM model, clv_parameters(m);
SELECT kind, customers, rows, left_out, round(log_likelihood::numeric, 4) AS log_likelihood, converged, warnings FROM model, clv_summary(m);
SELECT round(expected_purchases_new(m, 10)::numeric, 4) AS new, round(expected_purchases(m, 0, 0, 6, 10)::numeric, 5) AS a, round(expected_purchases(m, 4, 5, 6, 10)::numeric, 4) AS b,
	round(p_alive(m, 0, 0, 6)::numeric, 2) AS alive_a, round(p_alive(m, 6, 6, 6)::numeric, 2) AS alive_c FROM model;
SELECT h.x, customers, round(expected_customers::numeric, 1) AS expected FROM model, (SELECT clv_data(x, t_x, 6, n) AS d FROM donation) AS s, clv_histogram(m, d, 6) AS h;

-- sBG, subscriptions (Fader and Hardie 2007): alpha 0.764, beta 1.296; DEL and DERL (2010) of Regular and High End
INSERT INTO model SELECT 'subscription', clv_fit(subscription_data(p, e, n), 'sbg', 'year') FROM (VALUES (1, true, 369), (2, true, 163), (3, true, 86), (4, true, 56), (4, false, 326)) AS v(p, e, n);
SELECT parameter, round(estimate::numeric, 8) AS estimate FROM model, clv_parameters(m) WHERE name = 'subscription';
SELECT round(log_likelihood::numeric, 6) AS log_likelihood, unit FROM model, clv_summary(m) WHERE name = 'subscription';
SELECT i AS period, round(subscription_survival(m, i)::numeric, 6) AS survival, round((subscription_survival(m, i) / subscription_survival(m, i - 1))::numeric, 6) AS retention FROM model, generate_series(1, 5) AS i WHERE name = 'subscription';
SELECT name, round(alpha::numeric, 6) AS alpha, round(subscription_lifetime(m, .1)::numeric, 6) AS del, (SELECT array_agg(round(subscription_lifetime(m, .1, i)::numeric, 6) ORDER BY i) FROM generate_series(0, 4) AS i) AS derl
	FROM (SELECT name, clv_fit(subscription_data(least(i, 7), i < 8, CASE WHEN i < 8 THEN l[i] - l[i + 1] ELSE l[8] END), 'sbg') AS m
		FROM (VALUES ('high end', '{1000,869,743,653,593,551,517,491}'::bigint[]), ('regular', '{1000,631,468,382,326,289,262,241}')) AS v(name, l), generate_series(1, 8) AS i GROUP BY name) AS s, LATERAL (SELECT estimate AS alpha FROM clv_parameters(m) LIMIT 1) AS p ORDER BY name;

-- published parameters: log-likelihoods of one customer, probabilities to be alive, purchases
SELECT kind, x, round(clv_log_likelihood(clv_model(kind, '{.25,4,.8,2.5}'), d)::numeric, 8) AS log_likelihood
	FROM unnest('{bg_nbd,mbg_nbd}'::clv_kind[]) AS kind, (SELECT x, clv_data(x, t_x, 40) AS d FROM (VALUES (0, 0), (200, 38)) AS v(x, t_x) GROUP BY x) AS s ORDER BY 1, 2;
SELECT pg_temp.is_near(clv_log_likelihood(clv_model('bg_nbd', '{.5,6,1.2,3.3}'), '1 transactions - - - - 0 {3 4 6:1}'), -7.576381877) AS btyd;
SELECT x, pg_temp.is_near(p_alive(clv_model('pareto_nbd', '{.5143,2.8845,.2856,14.1087}'), x, t_x, t), alive, 1e-9) AS alive
	FROM (VALUES (221, 103.42857, 103.57143, .9995960523), (254, 97.14286, 97.28571, .9995582261), (161, 94.71429, 98, .7494877523), (204, 98.57143, 99.42857, .9942550796)) AS v(x, t_x, t, alive);
SELECT x, pg_temp.is_near(expected_purchases(clv_model('pareto_nbd', '{.55,10.58,.61,11.67}'), x, 200, 200, 10), y, 1e-9) AS expected FROM (VALUES (132, 6.2060517890), (133, 6.2528722476)) AS v(x, y);
SELECT p_alive(clv_model('bg_nbd', '{.243,4.414,.793,2.426}'), 1000, 10, 100) AS dead, p_alive(clv_model('bg_nbd', '{.243,4.414,.793,2.426}'), 0, 0, 38.86) AS bg,
	round(p_alive(clv_model('mbg_nbd', '{.525,6.183,.891,1.614}'), 0, 0, 38.86)::numeric, 3) AS mbg;
-- a + b < 1; a = 1 and around; a + b = 1; s = 1; b = 1; large x; all would be 0/0, a pole, NaN or infinite by the usual formulas
SELECT pg_temp.is_near(expected_purchases(clv_model('bg_nbd', '{.11,2.24,.31,.5}'), 0, 0, 1, 30), .5645886155) AS c_negative;
SELECT pg_temp.is_near(expected_purchases(clv_model('bg_nbd', ARRAY[.25, 4, a, 2.5]), 2, 30, 38, 39), y) AS near
	FROM (VALUES (1::float8, 1.14697555161::float8), (1 + 1e-12, 1.14697555161), (1 - 1e-12, 1.14697555161), (2, .7537174189), (.5, 1.5021762143)) AS v(a, y);
SELECT pg_temp.is_near(expected_purchases(clv_model('bg_nbd', '{.25,4,.4,.6}'), 0, 0, 38, 39), .1949223401) AS a_and_b_1;
SELECT pg_temp.is_near(expected_purchases(clv_model('pareto_nbd', ARRAY[.55, 10.58, 1 + e, 11.67]), 2, 30.43, 38.86, 39), expected_purchases(clv_model('pareto_nbd', '{.55,10.58,1,11.67}'), 2, 30.43, 38.86, 39)) AS s_1
	FROM unnest('{-1e-10,1e-10}'::float8[]) AS e;
SELECT clv_log_likelihood(clv_model('bg_nbd', '{.25,4,.8,1}'), '1 transactions - - - - 0 {0 0 40:1}') < 0 AS b_1;
SELECT x, pg_temp.is_near(expected_purchases(clv_model('bg_nbd', '{0.24259452,4.41360202,0.79292202,2.42590678}'), x, 364.9, 365, 365), y, 1e-6) AS large_x
	FROM (VALUES (1000, 738.18775977), (5000, 3690.4834889), (100000, .016261403)) AS v(x, y);
SELECT p_alive(m, 400, 5, 6) BETWEEN 0 AND 1 AS alive, expected_purchases(m, 400, 5, 6, 100) >= 0 AS expected, clv_log_likelihood(m, '1 transactions - - - - 0 {0 0 6:1, 3 4 6:1, 400 5 6:1}') IS NOT NULL AS likely
	FROM clv_model('pareto_nbd', '{10.465,.00798565181,3.0516,2.82}') AS m;

-- probabilities add up to 1 and to the expectation, for each kind; none or more is certain
SELECT kind, pg_temp.is_near(sum(p), 1, 1e-12) AS all, pg_temp.is_near(sum(n * p), max(y), 1e-12) AS mean, max(most) AS none_or_more, pg_temp.is_near(sum(p) FILTER (WHERE n >= 3), max(tail), 1e-12) AS tail
	FROM (SELECT kind, n, purchase_probability(m, 2, 30, 39, 26, n) AS p, expected_purchases(m, 2, 30, 39, 26) AS y, purchase_probability(m, 2, 30, 39, 26, 0, true) AS most, purchase_probability(m, 2, 30, 39, 26, 3, true) AS tail
		FROM (VALUES ('bg_nbd'::clv_kind, '{.243,4.414,.793,2.426}'::float8[]), ('mbg_nbd', '{.525,6.183,.891,1.614}'), ('pareto_nbd', '{.553,10.578,.606,11.669}'), ('nbd', '{.385,12.07}'), ('bg_bb', '{1.204,.75,.657,2.783}')) AS v(kind, parameters),
			clv_model(kind, parameters) AS m, generate_series(0, 150) AS n) AS s GROUP BY kind ORDER BY kind;
SELECT n, purchase_probability_new(clv_model('bg_nbd', '{.243,4.414,.793,2.426}'), 30, n)::numeric(20, 16) AS p FROM generate_series(11, 13) AS n;
SELECT purchase_probability_new(clv_model('bg_nbd', '{.243,4.414,.793,2.426}'), 2, 10)::numeric(20, 12) AS p, purchase_probability(clv_model('bg_nbd', '{.243,4.414,.793,2.426}'), 2, 30, 39, 0, 0) AS horizon_0;

-- spend: Hardie's sheet; BTYD's parameters; no mean of all where q is not above 1, and never a negative value
SELECT x, round(expected_spend(clv_model('gamma_gamma', '{6.25,3.74,15.44}'), x, m)::numeric, 6) AS spend FROM (VALUES (2, 22.35), (1, 11.77), (0, NULL), (7, 73.74)) AS v(x, m);
SELECT round(expected_spend(clv_model('gamma_gamma', '{6,4,16}'), x, 35)::numeric, 6) AS spend FROM generate_series(1, 3) AS x;
SELECT expected_spend(m, 0, NULL) AS none, expected_spend(m, 3, 20) > 0 AS some, customer_lifetime_value(n, m, 0, 0, 30, NULL, 52, 0.1) AS no_value FROM clv_model('gamma_gamma', '{6,.9,16}') AS m, clv_model('nbd', '{.4,12}', 'week') AS n;

-- value: by hand from expectations; the month that others take for 30 weeks, and the right one
SELECT pg_temp.is_near(customer_lifetime_value(m, s, 2, 30, 39, 22.35, 26, 0, 26), expected_purchases(m, 2, 30, 39, 26) * expected_spend(s, 2, 22.35), 1e-14) AS undiscounted,
	pg_temp.is_near(customer_lifetime_value(m, s, 2, 30, 39, 22.35, 25, 0.1, 10), expected_spend(s, 2, 22.35) * (expected_purchases(m, 2, 30, 39, 10) / 1.1 ^ (10 / 52.1775) + (expected_purchases(m, 2, 30, 39, 20) - expected_purchases(m, 2, 30, 39, 10)) / 1.1 ^ (20 / 52.1775)
		+ (expected_purchases(m, 2, 30, 39, 25) - expected_purchases(m, 2, 30, 39, 20)) / 1.1 ^ (25 / 52.1775)), 1e-12) AS discounted,
	customer_lifetime_value(m, s, 2, 30, 39, 22.35, 0, 0.1) AS horizon_0
	FROM clv_model('bg_nbd', '{.243,4.414,.793,2.426}', 'week') AS m, clv_model('gamma_gamma', '{6.25,3.74,15.44}') AS s;

-- histories give what their x, t_x and T give
SELECT id, p_alive(m, h, '2024-02-12') = p_alive(m, x.repeat_frequency, x.last_repeat, x.customer_age) AS alive, expected_purchases(m, h, '2024-02-12', 26) = expected_purchases(m, x.repeat_frequency, x.last_repeat, x.customer_age, 26) AS expected,
	purchase_probability(m, h, '2024-02-12', 26, 1, true) = purchase_probability(m, x.repeat_frequency, x.last_repeat, x.customer_age, 26, 1, true) AS probability, expected_spend(s, h, '2024-02-12') = expected_spend(s, CASE WHEN x.repeat_spend > 0 THEN x.repeat_frequency ELSE 0 END, x.repeat_spend) AS spend,
	customer_lifetime_value(m, s, h, '2024-02-12', 52, 0.1) = customer_lifetime_value(m, s, x.repeat_frequency, x.last_repeat, x.customer_age, NULLIF(x.repeat_spend, 0), 52, 0.1) AS value
	FROM clv_model('mbg_nbd', '{.525,6.183,.891,1.614}', 'week') AS m, clv_model('gamma_gamma', '{6.25,3.74,15.44}') AS s, shopper, repeat_summary(h, '2024-02-12') AS x ORDER BY id;

-- a fit that finds nothing says so: no rows, nobody back, one customer, all alike, one date
SELECT name, kind, customers, converged, log_likelihood IS NOT NULL AS likely, warnings FROM (VALUES ('nobody', '1 transactions - - - - 0 {}'::clv_data), ('nobody back', '1 transactions - - - - 2 {0 0 20:300, 0 0 30:5}'), ('one date', '1 transactions - - - - 0 {0 0 0:300}')) AS v(name, d),
	unnest('{bg_nbd,pareto_nbd,bg_bb}'::clv_kind[]) AS kinds(k), clv_summary(clv_fit(d, k)) ORDER BY name, k;
SELECT name, k, converged OR warnings ~ 'not converge' AS says_so, (SELECT bool_and(estimate > 0) FROM clv_parameters(m)) AS estimates FROM (VALUES ('all alike', '1 transactions - - - - 0 {3 20 30:1000}'::clv_data), ('one', '1 transactions - - - - 0 {1 5 10:1}'), ('large', '1 transactions - - - - 0 {0 0 1e+09:5, 1000000000 1e+09 1e+09:3}')) AS v(name, d),
	unnest('{bg_nbd,mbg_nbd,pareto_nbd,nbd}'::clv_kind[]) AS kinds(k), clv_fit(d, k) AS m, clv_summary(m) ORDER BY name, k;
SELECT p_alive(m, 1, 2, 3) AS alive, expected_purchases(m, 1, 2, 3, 4) AS expected, (SELECT count(*) FROM clv_histogram(m, '1 transactions - - - - 0 {0 0 6:1}')) AS histogram, (SELECT count(estimate) FROM clv_parameters(m)) AS estimates FROM clv_fit('1 transactions - - - - 0 {0 0 20:300}', 'bg_nbd') AS m;

-- types: text and bytes come back the same; the settings of the session do not show
CREATE TEMP TABLE typed AS SELECT clv_data(x, t_x / 7, t / 7) AS d, clv_model('nbd', ARRAY[1 / 3::float8, 1e-7 / 3], 'quarter') AS m FROM customer;
SET extra_float_digits = -15;
SELECT d, m FROM typed;
SELECT d::text::clv_data::text = d::text AS data, m::text::clv_model::text = m::text AS model FROM typed;
RESET extra_float_digits;
SELECT '1 bg_nbd week day 2024-06-30 {0.24, 4.4, 0.8, 2.4} {0.01, 0.4, ~, ~} -9582.4 1e-13 2357 1016 0 42 t 128'::clv_model AS model;
SELECT v, pg_temp.error_code(format('SELECT %L::clv_data', v)) AS code FROM unnest(ARRAY['', '2 transactions - - - - 0 {}', '1 x - - - - 0 {}', '1 transactions - - - - -1 {}', '1 transactions - - sbg - 0 {}', '1 transactions - - - - 0 {1 2 1:1}', '1 transactions - - - - 0 {0 1 1:1}',
	'1 transactions - - - - 0 {1.5 1 1:1}', '1 transactions - - - - 0 {1 1 1:0}', '1 transactions - - - - 0 {1 1 nan:1}', '1 transactions - - - - 0 {1 0x1 1:1}', '1 transactions - - - - 0 {1 1 1:1} ', '1 spend - - - - 0 {1 -1 0:1}', '1 subscription - - - - 0 {1 0 0:1}',
	'1 transactions - - - - 0 {1 1 1:9223372036854775807, 1 1 2:1}', '1 transactions day day - 2024-13-01 0 {}']) AS v;
SELECT v, pg_temp.error_code(format('SELECT %L::clv_model', v)) AS code FROM unnest(ARRAY['', '1 nbd - - - {1, 2} {~, ~} ~ ~ 0 0 0 0 t 4096', '1 nbd - - - {1} {~} ~ ~ 0 0 0 0 t 0', '1 nbd - - - {0, 1} {~, ~} ~ ~ 0 0 0 0 t 0', '1 nbd - - - {1, ~} {~, ~} ~ ~ 0 0 0 0 t 0',
	'1 nbd - - - {1, 2} {-1, ~} ~ ~ 0 0 0 0 t 0', '1 nbd - - - {1, 2} {~, ~} ~ ~ 0 0 0 0 x 0', '1 x - - - {1, 2} {~, ~} ~ ~ 0 0 0 0 t 0', '1 nbd - - - {1, 2} {~, ~} ~ ~ -1 0 0 0 t 0']) AS v;

-- mistakes
SELECT clv_data(1, 5::float8, 3::float8);
SELECT clv_data(-1, 0::float8, 3::float8);
SELECT clv_data(0, 1::float8, 3::float8);
SELECT clv_data(1, 1::float8, 'NaN'::float8);
SELECT clv_fit(1, 1::float8, 3::float8, 'gamma_gamma');
SELECT clv_fit(d, 'bg_nbd') FROM (SELECT spend_data(1, 3) AS d) AS s;
SELECT clv_fit(d, 'bg_bb') FROM (SELECT clv_data(1, 1.5::float8, 3::float8) AS d) AS s;
SELECT clv_data(h, CASE id WHEN 'a' THEN '2024-02-12' ELSE '2024-02-13' END::timestamp) FROM shopper;
SELECT clv_model('bg_nbd', '{1,2,3}');
SELECT p_alive(clv_model('nbd', '{1,2}'), h, '2024-02-12') FROM shopper;
SELECT p_alive(clv_model('gamma_gamma', '{6,4,16}'), 1, 2, 3);
SELECT customer_lifetime_value(clv_model('nbd', '{1,2}'), clv_model('gamma_gamma', '{6,4,16}'), 1, 2, 3, 10, 52, 0.1);
SELECT s, pg_temp.error_code(s) AS code FROM unnest(ARRAY['SELECT clv_data(1000000001, 1::float8, 2::float8)', 'SELECT clv_data(1, 1::float8, 2::float8, -1)', 'SELECT clv_data(1, 1::float8, 2::float8, NULL::bigint)', 'SELECT clv_data(1, 1::float8, ''Infinity''::float8)',
	'SELECT spend_data(1, ''NaN'')', 'SELECT spend_data(-1, 2)', 'SELECT subscription_data(0, true)', 'SELECT subscription_data(-1, false)', 'SELECT clv_data(''1 {}''::purchase_history, NULL::timestamp)', 'SELECT clv_data(''1 {}''::purchase_history, ''infinity''::timestamp)',
	'SELECT clv_fit(1, 1::float8, 2::float8, NULL::clv_kind)', 'SELECT clv_fit(''1 {}''::purchase_history, ''2024-01-01''::timestamp, ''sbg''::clv_kind)', 'SELECT clv_data(1, 1::float8, 2::float8) + spend_data(1, 2)', 'SELECT clv_fit(clv_data(''1 {}''::purchase_history, ''2024-01-01''::timestamp), ''nbd'', ''day'')',
	'SELECT clv_model(''nbd'', ''{1,0}'')', 'SELECT clv_model(''nbd'', ''{1,NaN}'')', 'SELECT clv_model(''nbd'', ''{1,1e31}'')', 'SELECT clv_model(''nbd'', ''{1,NULL}'')', 'SELECT expected_purchases(clv_model(''nbd'', ''{1,1}''), 1, 1, 1, -1)', 'SELECT expected_purchases(clv_model(''nbd'', ''{1,1}''), 1, 1, 1, 1e7)',
	'SELECT expected_purchases(clv_model(''nbd'', ''{1,1}''), 1, 2, 1, 1)', 'SELECT expected_purchases(clv_model(''bg_bb'', ''{1,1,1,1}''), 1, 1, 1, 1.5)', 'SELECT expected_purchases(clv_model(''bg_bb'', ''{1,1,1,1}''), 2, 1, 1, 1)', 'SELECT purchase_probability(clv_model(''nbd'', ''{1,1}''), 1, 1, 1, 1, -1)',
	'SELECT expected_spend(clv_model(''gamma_gamma'', ''{1,2,3}''), 1, 0)', 'SELECT expected_spend(clv_model(''gamma_gamma'', ''{1,2,3}''), -1, 1)', 'SELECT subscription_survival(clv_model(''sbg'', ''{1,2}''), -1)', 'SELECT subscription_lifetime(clv_model(''sbg'', ''{1,2}''), 0)',
	'SELECT clv_histogram(clv_model(''nbd'', ''{1,1}''), clv_data(1, 1::float8, 2::float8), 0)', 'SELECT clv_tracking(clv_model(''nbd'', ''{1,1}''), clv_data(1, 1::float8, 2::float8), 0, 1)', 'SELECT clv_tracking(clv_model(''nbd'', ''{1,1}''), spend_data(1, 2), 1, 1)']) AS s;
SELECT expected_purchases(NULL, 1, 1, 1, 1) AS no_model, expected_spend(clv_model('gamma_gamma', '{1,2,3}'), NULL, 1) AS no_x, customer_lifetime_value(NULL, NULL, 1, 1, 1, 1, 1, 0.1) AS no_models, clv_fit(NULL::clv_data, 'nbd') AS no_data;
