# Functions that are given SQL and run it, by design and with the caller's own
# rights: name => reason. t/020_plpgsql_check.pl does not call their EXECUTE
# unsafe; a syntax error in what t/010_install.pl or t/090_fuzz_args.pl give to
# them directly is the caller's own. What calls them with somebody's text must not run into one.
{
	value_expression_problem => 'a mart maps roles to SQL expressions; this looks at those that value_expression_type has tried',
	value_expression_type => 'a mart maps roles to SQL expressions; this is where they are tried',
	mart_amount_scale => 'the expression of the role amount, tried by value_expression_type before',
	dashboard_answer => 'runs the statement that mart_dashboard has made of names and literals',
	number_new_values => 'is told which purchases to look at, by refresh_kept_changes',
	make_kept_customer => 'is given the template of the view customer, by make_mart_views',
	make_mart_views => 'puts the expressions into the view purchases, checked before',
}
