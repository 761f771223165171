# Valid values of the extension's own base types, for t/080_fuzz_recv.pl and
# t/090_fuzz_args.pl: type name => SQL expressions, run with the extension's
# schema in search_path. A type without an entry fails 080. Give each type its
# smallest value, usual ones, and a large or odd one.
{
	quantile_state => [
		'(SELECT quantile_state(x) FROM generate_series(1, 1) AS x)',
		'(SELECT quantile_state(x / 7.0) FROM generate_series(-20, 20) AS x)',
		"(SELECT quantile_state(x) FROM unnest('{-1.7e308,-0,5e-324,1,1,1,1.7e308}'::float8[]) AS x)",
	],
	rfm_state => [
		"'1 0 {} {} {}'::rfm_state",
		'(SELECT rfm_state(x, x % 3, x * 9.99) FROM generate_series(1, 20) AS x)',
		"'1 100 {-1.7e308:1,5e-324:2} {0:3} {1:1,2:1,1.7e308:1}'::rfm_state",
	],
	rfm_thresholds => [
		"rfm_thresholds_fixed('{}', '{}', '{}')",
		'(SELECT rfm_thresholds(x, x % 3, x * 9.99) FROM generate_series(1, 20) AS x)',
		'(SELECT rfm_thresholds(x, -x, x % 7, 100) FROM generate_series(1, 200) AS x)',
	],
	segment_scheme => [
		"'a: any'::segment_scheme",
		"builtin_segment_scheme('putler')",
		"(SELECT string_agg('\"rule; ' || x || '\": r ' || x % 101 || ', fm 0.5-99.5', '; ')::segment_scheme FROM generate_series(1, 100) AS x)",
	],
	purchase_history => [
		"'1 {}'",
		"'1d {2024-01-05T09:30:00 10.00, 2024-01-05T09:30:00 -2.50, 2024-02-01T00:00:00 5.50 d}'",
		"(SELECT purchase_history(timestamp '1999-12-01' + g * interval '3 days', g * 7.25, g % 3 = 0) FROM generate_series(1, 40) AS g)",
		"'1 {-4712-01-01 1, 1969-12-31 -5, 294276-12-31 999999999999999999}'",
		"'1 {2024-01-05T23:59:59.999999 0.999999999999999999, 75000-01-01T00:00:00.000000 -0.000000000000000001}'",
		"'1i {}'",
		"pt_purchase_history_accum(pt_purchase_history_accum(pt_purchase_history_accum(NULL, 17, '2024-01-05 09:30', 10.00, true), 17, '2024-01-05 09:31', -2.50, NULL), NULL::bigint, '1999-12-31', 5.5, false)",
		"'1di {-4713-11-24 -1 #\"\", 2024-01-05 1 d #\"a\"\"b, \\\", 2024-01-05 999999999999999999 #-9223372036854775808, 2024-01-06 1, 294276-12-31 0 #}'",
	],
	customer_basis => [
		"'1 {as_of -, last_at -}'",
		"(SELECT customer_basis(h, '2024-06-01', NULL) FROM (VALUES ('1 {2024-01-05 10.00, 2024-02-03 5.50}'::purchase_history), ('1 {2024-04-30 -1.25}'), (NULL)) AS v(h))",
		"(SELECT customer_basis(h, '1999-12-31', '2024-01-15 10:00') FROM (VALUES ('1 {2024-01-05 10.00, 2024-02-03 5.50}'::purchase_history), ('1 {-4713-11-24 999999999999999999}')) AS v(h))",
		"'1 {as_of -4713-11-24, last_at 294276-12-31T23:59:59.999999; 294276-12-31 9223372036854775807 -1.7976931348623157e+308}'",
	],
	cohort_table => [
		"(SELECT cohort_table('1 {}', '2024-01-31', 'month'))",
		"(SELECT cohort_table(h, '2024-04-30', 'month') FROM (VALUES ('1 {2024-01-05 10.00, 2024-02-03 5.50, 2024-04-30 -1.25}'::purchase_history),
			('1 {2024-01-31 7}'), ('1 {2024-03-31T10:00:00 1.125}')) AS v(h))",
		"(SELECT cohort_table(h, '2000-03-01 12:34:56.789', 'week') FROM (VALUES ('1 {1999-12-31T23:59:59.999999 999999999999999999}'::purchase_history),
			('1 {1999-11-01 -999999999999999999, 2000-01-03 1, 2000-03-01 2}')) AS v(h))",
		"(SELECT cohort_table('1 {0000-12-31 0.100000000000000000, 0001-01-01 0.000000000000000001}', '0002-06-30', 'quarter'))",
	],
	sales_series => [
		"'1 day zero 0 2024-01-01 {}'",
		"'1 month null 2 2024-01-01 {10.00, 0, ~, -2.50, 7, 8, 12, 9, 5, 6}'",
		"(SELECT sales_series(timestamp '2023-12-30' + g * interval '17 hours', g * 1.25 + g % 7, 'day') FROM generate_series(1, 60) AS g)",
		"'1 week zero 18 -4713-12-01 {9999999999999999.999999999999999999, -0.000000000000000001}'",
		"'1 year zero 0 294276-01-01 {9999999999999999999999999999999999}'",
		"pt_sales_series_accum(pt_sales_series_accum(NULL, '2024-03-05 09:30', 10.00, 'week', true), '2024-01-05', -2.5, 'week', true)",
	],
	clv_data => [
		"'1 transactions - - - - 0 {}'",
		"(SELECT clv_data(x % 5, x % 5 * 2.5, 20 + x % 7) FROM generate_series(0, 60) AS x)",
		"'1 transactions week day pareto_nbd 2024-06-30 3 {0 0 0:1, 1 0 5e-324:2, 1000000000 1e+09 1e+09:9223372036854770000}'",
		"'1 transactions month month bg_bb 294276-12-31 0 {0 0 6:34, 1 2 6:3, 6 6 6:12}'",
		"'1 spend - - - - 2 {1 0.01 0:1, 3 35.25 0:4, 1000000000 1e+30 0:1}'",
		"'1 subscription - - - - 0 {0 0 0:1, 0 0 4:326, 1 0 1:369, 1 0 2:163}'",
		"pt_clv_data_accum(pt_clv_data_accum(pt_clv_data_accum(NULL, 3, 12.5, 30), 0, 0, 7.25), NULL::bigint, 1, 2)",
	],
	clv_model => [
		"clv_model('nbd', '{0.38,12.07}')",
		"clv_model('bg_nbd', '{0.243,4.414,0.793,2.426}', 'week')",
		"(SELECT clv_fit(x % 5, x % 5 * 2.5, 20 + x % 7, 'mbg_nbd') FROM generate_series(0, 60) AS x)",
		"clv_model('pareto_nbd', '{1e-30,1e30,1e-30,1e30}', 'year')",
		"clv_model('bg_bb', '{1.204,0.750,0.657,2.783}', 'month')",
		"clv_model('sbg', '{0.668,3.806}')",
		"clv_model('gamma_gamma', '{6.25,3.74,15.44}')",
		"clv_fit('1 transactions week day - 2024-06-30 1 {0 0 6:34}', 'bg_nbd')",
	],
	survival => [
		"'1 0 {}'",
		"(SELECT survival(x % 17, x % 3 = 0) FROM generate_series(1, 60) AS x)",
		"'1 7 {0:1/0, 5e-324:9223372036854775/1, 1e+15:0/3}'",
		"pt_survival_accum(pt_survival_accum(pt_survival_accum(NULL, 6, true), 2.5, false), NULL, false)",
	],
	sales_stats => [
		"'1 0 0 {0} {0} {0}'",
		'(SELECT sales_stats(g * 1.25, g % 3 = 0, g) FROM generate_series(1, 20) AS g)',
		"'1 2 0 {2 3000 5000000 1000 2000 3} {1 -500 250000 -500 -500} {1 725 525625 725 725}'",
		"(SELECT sales_stats(a, a > 0, -a) FROM unnest('{0.999999999999999999,-0.999999999999999998,0.000000000000000001}'::numeric[]) AS a)",
		"'1 0 0 {2305843009213693952 0 0 0 0} {2305843009213693952 0 0 0 0 -170141183460469231731687303715884105727} {0}'",
	],
	cube_plan => [
		"'1 - {} {}'",
		"(cube_filter(cube_filter(cube_plan('{{0,0},{1,-3},{-8,2}}'::integer[], '{f,f,t}', '2024-12-28 10:00', 90), 1, '{0,3,70000}', ARRAY['no code', 'a\"\\b'], true, '{2}'), -5, '{-5,8800}', NULL, false, '{1,3}'))",
		"(cube_plan((SELECT array_agg(ARRAY[g, -1 - g % 9, 0]) FROM generate_series(1, 80) AS g)))",
	],
	sales_cube => [
		"(SELECT sales_cube(l, true, cube_plan('{{0}}'::integer[])) FROM (SELECT purchase_lines(g, timestamp '2024-01-01', g, NULL, NULL, NULL, NULL, '{}', NULL) AS l FROM generate_series(1, 1) AS g) AS s)",
		"(SELECT sales_cube(l, c > 0, cube_filter(cube_plan('{{0,0},{1,0},{-3,1},{-6,0},{1,0}}'::integer[], '{f,f,f,f,t}', '2024-02-01', 20), 1, NULL, '{v1,v2}', true, '{2}'))
			FROM (SELECT g % 4 AS c, purchase_lines(g / 3, timestamp '2023-12-30' + g * interval '31 hours', g * 1.25 - 5, g % 5, g / 8.0, g % 3 = 0, g % 4 = 0, ARRAY[NULLIF('v' || g % 4, 'v3')], NULL) AS l FROM generate_series(1, 40) AS g GROUP BY 1) AS s)",
		"(SELECT sales_cube(l, true, cube_plan('{{-4,1,-7,-9,-2}}'::integer[])) FROM (SELECT purchase_lines(g::text, timestamp '294276-12-31', 999999999999999999, 0.000000000000000001, -999999999999999999, true, NULL, ARRAY['x'], NULL) AS l FROM generate_series(1, 3) AS g) AS s)",
	],
	stratified_state => [
		"'1 [0 0 0 0 0] {}'",
		"'1 [1 0 9 0 9] {2 2 -1.5 0.5 2}'",
		"(SELECT stratified_state(s) FROM (SELECT sales_stats(g * 1.1, g % 2 = 0) AS s FROM generate_series(1, 60) AS g GROUP BY g % 9) AS t)",
		"'1 [3 2 2305843009213693952 1 2305843009213693952] {1 1 -1e18 0 0,2 9 0.1 5e-324 1e36}'",
	],
	dimension_codes => [
		"'1 {}'",
		"'1 {1:0 \"Female\", 1:1 \"Male\", 2:0 \"\", 80:2147483647 \"a \\\"b\\\" \\\\ c\"}'",
		"(SELECT dimension_codes(g % 6 + 1, g, 'value ' || g) FROM generate_series(1, 60) AS g)",
	],
	purchase_lines => [
		"'1 0 {}'",
		"'1 2 {(2024-01-05T09:30:00 10.00 4.5 2 t f 0 \"new\"; 2024-01-05T09:30:00 5.50 ~ 1 f f 1 ~), (2024-02-01T00:00:00 -5.50 ~ -1 f f 1 \"old\"), (~ ~ ~ ~ ~ ~ ~ ~)}'",
		"'1t 1 {(2024-01-05 1 ~ ~ ~ ~ 0; 2024-01-05 2 ~ ~ ~ ~ 2147483647), (2024-01-06 3 ~ ~ ~ ~ \"a \\\"b\\\" \\\\ c\")}'",
		"'1 1 {#5=(2024-01-02 1.50 ~ 2 t ~ 3; ~ ~ ~ ~ ~ ~ ~), \"A-17\"=(2024-01-01T10:00:00.000001 1.5 ~ ~ t f \"x\"), (~ 1 ~ ~ t f 3)}'",
		"(SELECT purchase_lines(g / 2, timestamp '1999-12-01' + g / 2 * interval '3 days', g * 7.25, g % 5, 1 + g % 2, g % 3 = 0, NULL, ARRAY['web', 'product ' || g % 6], '1 {1:0 \"web\", 2:1 \"product 1\", 2:2 \"product 2\"}') FROM generate_series(1::bigint, 40) AS g)",
		"'1 0 {(-4712-01-01 -999999999999999999 0.000000000000000001 0 f f), (294276-12-31 999999999999999999 0.999999999999999999 1 t t)}'",
	],
	basket_set => [
		"'1 {} {}'",
		"(SELECT basket_set(g % 17, 'item ' || g * g % 23) FROM generate_series(1::bigint, 60) AS g)",
		"'1 {\"\", \"a \\\"b\\\" \\\\ c\", \"tea\"} {2*(), (0 1), 3*(0 1 2), 300*(2)}'",
		"'1 {\"a\", \"b\"} {4611686018427387000*(0), (0 1)}'",
		"'1 {\"a\", \"b\"} {(0), #-9223372036854775808=(), #5=(0 1), #\"a\"=(1), #\"A-17\"=(0 1)}'",
		"pt_basket_set_accum(pt_basket_set_accum(NULL, 17, 'tea'), NULL::text, 'bun')",
	],
}
