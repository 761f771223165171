# Functions that are given SQL and run it, by design and with the caller's own
# rights: name => reason. t/020_plpgsql_check.pl does not call their EXECUTE
# unsafe; a syntax error in what t/010_install.pl or t/090_fuzz_args.pl give to
# them directly is the caller's own. What calls them with somebody's text must not run into one.
{
	pt_value_expression_problem => 'a mart maps roles to SQL expressions; this looks at those that pt_value_expression_type has tried',
	pt_expression_columns => 'the expressions of a mart, tried by pt_value_expression_type before',
	pt_follow_expression => 'the expressions of a mart, as pt_follow_columns has them, which catches what the parser says',
	pt_source_columns => 'asks pt_expression_columns',
	pt_note_columns => 'the same',
	pt_query_source => 'a query with the expressions of a mart, made by what reads them before its views are there',
	pt_value_expression_type => 'a mart maps roles to SQL expressions; this is where they are tried',
	pt_value_expression_is_deterministic => 'the same for its collation',
	pt_mart_amount_scale => 'the expression of the role amount, tried by pt_value_expression_type before',
	pt_parse_expression => 'the expression of a role, tried by pt_mart_role_cast before',
	pt_find_far_times => 'the expression of the role purchased_at and the row filter, tried by pt_mart_role_cast and pt_check_row_filter before',
	pt_dashboard_answer => 'runs the statement that mart_dashboard, mart_customers or mart_purchases has made of names and literals',
	pt_follow_problem => 'the expressions of a mart, tried by check_mart_settings before',
	pt_check_kept => 'asks pt_follow_problem',
	pt_fill_kept_table => 'the queries of pt_quality_odd_query and pt_quality_order_query',
	pt_number_new_values => 'is told which purchases to look at, by pt_refresh_kept_changes',
	pt_make_kept_customer => 'is given the template of the view customer, by pt_make_mart_views',
	pt_make_kept_views => 'the same',
	pt_has_kept_parts => 'is given templates, whose plans it asks for, by pt_make_mart_views',
	pt_make_source_customer => 'is given the template of the view customer, by pt_make_kept_customer',
	pt_make_quality_functions => 'is given the template of data_quality, by pt_make_mart_views',
	pt_give_acl => 'is told the object, as it stands in GRANT, by pt_give_rights and pt_give_mart_rights',
	pt_run_create => 'is given the statement that it runs, by create_mart, prepare_purchases and create_raw_table, made of names by %I',
	pt_make_mart_views => 'puts the expressions into the view purchases, checked before',
}
