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
}
