-- cube: all figures of a dashboard, for many groupings at once, from one pass over customers' lines

CREATE TYPE @extschema@.cube_arm AS ENUM ('whole', 'selected');
COMMENT ON TYPE @extschema@.cube_arm IS
'The lines that figures of a sales_cube are of: whole, all of them; selected, those that pass the filters of the plan, but for the filters that the grouping leaves out.';

CREATE TYPE @extschema@.cube_plan;

CREATE FUNCTION @extschema@.cube_plan_in(cstring) RETURNS @extschema@.cube_plan
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_plan_in';
COMMENT ON FUNCTION @extschema@.cube_plan_in(cstring) IS
'I/O';

CREATE FUNCTION @extschema@.cube_plan_out(@extschema@.cube_plan) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_plan_out';
COMMENT ON FUNCTION @extschema@.cube_plan_out(@extschema@.cube_plan) IS
'I/O';

CREATE FUNCTION @extschema@.cube_plan_recv(internal) RETURNS @extschema@.cube_plan
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_plan_recv';
COMMENT ON FUNCTION @extschema@.cube_plan_recv(internal) IS
'I/O';

CREATE FUNCTION @extschema@.cube_plan_send(@extschema@.cube_plan) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_plan_send';
COMMENT ON FUNCTION @extschema@.cube_plan_send(@extschema@.cube_plan) IS
'I/O';

CREATE TYPE @extschema@.cube_plan (
	INPUT = @extschema@.cube_plan_in,
	OUTPUT = @extschema@.cube_plan_out,
	RECEIVE = @extschema@.cube_plan_recv,
	SEND = @extschema@.cube_plan_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.cube_plan IS
'What a sales_cube counts: groupings of lines, filters, and two windows of time. Made by cube_plan() and cube_filter(); values with equal content have equal bytes. At most 1000 groupings of 5 elements and 31 filters. Text form: 1 - {() (3) (-3 1)s} {2(0 5)("text")n-(2 3)}, which has the version, the windows, the groupings (s: statistics) and the filters (element, codes, texts, n if NULL passes, and the groupings that leave it out). With a calendar: 2 - {(-10)} "iso week" {}.';

CREATE FUNCTION @extschema@.pt_cube_plan_eq(a @extschema@.cube_plan, b @extschema@.cube_plan) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_plan_eq';
COMMENT ON FUNCTION @extschema@.pt_cube_plan_eq(@extschema@.cube_plan, @extschema@.cube_plan) IS
'Implementation of the operator = of cube_plan.';

CREATE OPERATOR @extschema@.= (
	FUNCTION = @extschema@.pt_cube_plan_eq,
	LEFTARG = @extschema@.cube_plan,
	RIGHTARG = @extschema@.cube_plan,
	COMMUTATOR = OPERATOR(@extschema@.=),
	NEGATOR = OPERATOR(@extschema@.<>),
	RESTRICT = eqsel,
	JOIN = eqjoinsel
);
COMMENT ON OPERATOR @extschema@.= (@extschema@.cube_plan, @extschema@.cube_plan) IS
'Whether two plans ask for the same, in the same order.';

CREATE FUNCTION @extschema@.pt_cube_plan_ne(a @extschema@.cube_plan, b @extschema@.cube_plan) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_plan_ne';
COMMENT ON FUNCTION @extschema@.pt_cube_plan_ne(@extschema@.cube_plan, @extschema@.cube_plan) IS
'Implementation of the operator <> of cube_plan.';

CREATE OPERATOR @extschema@.<> (
	FUNCTION = @extschema@.pt_cube_plan_ne,
	LEFTARG = @extschema@.cube_plan,
	RIGHTARG = @extschema@.cube_plan,
	COMMUTATOR = OPERATOR(@extschema@.<>),
	NEGATOR = OPERATOR(@extschema@.=),
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);
COMMENT ON OPERATOR @extschema@.<> (@extschema@.cube_plan, @extschema@.cube_plan) IS
'Whether two plans ask for something different, or in another order.';

CREATE FUNCTION @extschema@.cube_plan(groupings integer[], statistics boolean[] DEFAULT NULL, as_of timestamp DEFAULT NULL, window_days integer DEFAULT NULL) RETURNS @extschema@.cube_plan
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_plan';
COMMENT ON FUNCTION @extschema@.cube_plan(integer[], boolean[], timestamp, integer) IS
'A plan without filters. groupings: a two-dimensional array with a row for each grouping, whose elements are numbers of dimensions of the lines (1 to 80), or -1 year, -2 quarter, -3 month, -4 week (from Monday), -5 day, -6 weekday (1 Monday to 7), -7 hour (0 to 23), -8 discounted, -9 subscribed, -10 period of the calendar that cube_calendar() gives the plan; 0 fills up shorter rows, and a row of zeros is the total. statistics: for each grouping, whether its cells hold sales_stats instead of counts (NULL: none). as_of and window_days (1 to 1000000): the ends of the windows recent (after as_of - window_days, up to as_of) and earlier (the same time before that); NULL as_of: no windows. Errors: an array of another shape (2202E), more than 1000 groupings or 5 elements (54000), NULL groupings (22004), an element that there is not or is there twice (22023), infinite as_of (22008).';

CREATE FUNCTION @extschema@.cube_filter(plan @extschema@.cube_plan, element integer, codes integer[], texts text[] DEFAULT NULL, with_null boolean DEFAULT false, left_out_by integer[] DEFAULT NULL) RETURNS @extschema@.cube_plan
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_filter';
COMMENT ON FUNCTION @extschema@.cube_filter(@extschema@.cube_plan, integer, integer[], text[], boolean, integer[]) IS
'The plan with one more filter. A line passes if its value of the element (numbered as in cube_plan) has one of the codes, or stands as one of the texts, or is NULL and with_null is true. Codes of year, quarter, month, week, day and period are days since 2000-01-01 of the first day of the period; those of discounted and subscribed are 0 and 1. NULL arrays are empty. left_out_by: numbers of the groupings (from 1) that this filter does not bind, usually those of the element itself. A plan has at most 31 filters (error 54000). NULL if the plan is NULL. Errors: an element, code or grouping that there is not, texts of what is no dimension (22023), NULL elements (22004).';

CREATE FUNCTION @extschema@.cube_calendar(plan @extschema@.cube_plan, calendar @extschema@.sales_calendar) RETURNS @extschema@.cube_plan
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_calendar';
COMMENT ON FUNCTION @extschema@.cube_calendar(@extschema@.cube_plan, @extschema@.sales_calendar) IS
'The plan whose periods (element -10) are those of the calendar; without it they are months. NULL if an argument is NULL.';

CREATE TYPE @extschema@.sales_cube;

CREATE FUNCTION @extschema@.sales_cube_in(cstring) RETURNS @extschema@.sales_cube
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_in';
COMMENT ON FUNCTION @extschema@.sales_cube_in(cstring) IS
'I/O';

CREATE FUNCTION @extschema@.sales_cube_out(@extschema@.sales_cube) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_out';
COMMENT ON FUNCTION @extschema@.sales_cube_out(@extschema@.sales_cube) IS
'I/O';

CREATE FUNCTION @extschema@.sales_cube_recv(internal) RETURNS @extschema@.sales_cube
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_recv';
COMMENT ON FUNCTION @extschema@.sales_cube_recv(internal) IS
'I/O';

CREATE FUNCTION @extschema@.sales_cube_send(@extschema@.sales_cube) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_send';
COMMENT ON FUNCTION @extschema@.sales_cube_send(@extschema@.sales_cube) IS
'I/O';

CREATE TYPE @extschema@.sales_cube (
	INPUT = @extschema@.sales_cube_in,
	OUTPUT = @extschema@.sales_cube_out,
	RECEIVE = @extschema@.sales_cube_recv,
	SEND = @extschema@.sales_cube_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.sales_cube IS
'Figures of lines by the groupings of a cube_plan: exact counts of lines, of different customers and of orders, and exact sums; of the whole, and of what the filters select. It contains its plan. It can be stored, merged by rollup() and + (customers must be in one of the parts only), and read by sales_cube_rows(). Size: 368 bytes for each cell, 712 if there are filters, and the texts; at most 1 GB. Text form: 1 [plan] 2 1 0 9999 50 0 [1() {...} {...}; 2(5) {...} {...}]; docs/cube.md has the whole of it.';

CREATE FUNCTION @extschema@.pt_sales_cube_eq(a @extschema@.sales_cube, b @extschema@.sales_cube) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_eq';
COMMENT ON FUNCTION @extschema@.pt_sales_cube_eq(@extschema@.sales_cube, @extschema@.sales_cube) IS
'Implementation of the operator = of sales_cube.';

CREATE OPERATOR @extschema@.= (
	FUNCTION = @extschema@.pt_sales_cube_eq,
	LEFTARG = @extschema@.sales_cube,
	RIGHTARG = @extschema@.sales_cube,
	COMMUTATOR = OPERATOR(@extschema@.=),
	NEGATOR = OPERATOR(@extschema@.<>),
	RESTRICT = eqsel,
	JOIN = eqjoinsel,
	HASHES
);
COMMENT ON OPERATOR @extschema@.= (@extschema@.sales_cube, @extschema@.sales_cube) IS
'Whether two cubes have the same plan and the same figures.';

CREATE FUNCTION @extschema@.pt_sales_cube_ne(a @extschema@.sales_cube, b @extschema@.sales_cube) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_ne';
COMMENT ON FUNCTION @extschema@.pt_sales_cube_ne(@extschema@.sales_cube, @extschema@.sales_cube) IS
'Implementation of the operator <> of sales_cube.';

CREATE OPERATOR @extschema@.<> (
	FUNCTION = @extschema@.pt_sales_cube_ne,
	LEFTARG = @extschema@.sales_cube,
	RIGHTARG = @extschema@.sales_cube,
	COMMUTATOR = OPERATOR(@extschema@.<>),
	NEGATOR = OPERATOR(@extschema@.=),
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);
COMMENT ON OPERATOR @extschema@.<> (@extschema@.sales_cube, @extschema@.sales_cube) IS
'Whether two cubes have different plans or figures.';

CREATE FUNCTION @extschema@.pt_sales_cube_hash(@extschema@.sales_cube) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_hash';
COMMENT ON FUNCTION @extschema@.pt_sales_cube_hash(@extschema@.sales_cube) IS
'Hash of a sales_cube: equal ones have the same.';

CREATE OPERATOR CLASS @extschema@.sales_cube_hash_ops
	DEFAULT FOR TYPE @extschema@.sales_cube USING hash AS
	OPERATOR 1 @extschema@.=,
	FUNCTION 1 @extschema@.pt_sales_cube_hash(@extschema@.sales_cube);
COMMENT ON OPERATOR CLASS @extschema@.sales_cube_hash_ops USING hash IS
'Hashing of sales_cube, for GROUP BY and hash joins.';
COMMENT ON OPERATOR FAMILY @extschema@.sales_cube_hash_ops USING hash IS
'Hashing of sales_cube.';

CREATE FUNCTION @extschema@.pt_sales_cube_accum(state @extschema@.sales_cube, lines @extschema@.purchase_lines, is_customer boolean, plan @extschema@.cube_plan) RETURNS @extschema@.sales_cube
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_accum';
COMMENT ON FUNCTION @extschema@.pt_sales_cube_accum(@extschema@.sales_cube, @extschema@.purchase_lines, boolean, @extschema@.cube_plan) IS
'Aggregate transition function of sales_cube.';

CREATE FUNCTION @extschema@.pt_sales_cube_combine(state @extschema@.sales_cube, other @extschema@.sales_cube) RETURNS @extschema@.sales_cube
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_combine';
COMMENT ON FUNCTION @extschema@.pt_sales_cube_combine(@extschema@.sales_cube, @extschema@.sales_cube) IS
'Aggregate combine function of sales_cube and rollup.';

CREATE FUNCTION @extschema@.pt_sales_cube_rollup(state @extschema@.sales_cube, other @extschema@.sales_cube) RETURNS @extschema@.sales_cube
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_rollup';
COMMENT ON FUNCTION @extschema@.pt_sales_cube_rollup(@extschema@.sales_cube, @extschema@.sales_cube) IS
'Aggregate transition function of rollup(sales_cube).';

CREATE FUNCTION @extschema@.pt_sales_cube_final(state @extschema@.sales_cube) RETURNS @extschema@.sales_cube
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_final';
COMMENT ON FUNCTION @extschema@.pt_sales_cube_final(@extschema@.sales_cube) IS
'Aggregate final function of sales_cube: orders and packs.';

CREATE AGGREGATE @extschema@.sales_cube(lines @extschema@.purchase_lines, is_customer boolean, plan @extschema@.cube_plan) (
	SFUNC = @extschema@.pt_sales_cube_accum,
	STYPE = @extschema@.sales_cube,
	SSPACE = 65536,
	FINALFUNC = @extschema@.pt_sales_cube_final,
	COMBINEFUNC = @extschema@.pt_sales_cube_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.sales_cube(@extschema@.purchase_lines, boolean, @extschema@.cube_plan) IS
'All figures that the plan asks for, in one pass. lines: all lines of one customer in one value, each customer in one row; rows whose is_customer is false (lines without a customer) count in revenue and orders, not in customers. NULL lines are skipped; no other gives NULL. The plan must be the same in all rows (error 22023). A dimension that the lines do not have is error 22023, NULL plan or is_customer 22004, amounts that need more than 18 digits together 22003, more than 1 GB of cells 54000.';

CREATE AGGREGATE @extschema@.rollup(cube @extschema@.sales_cube) (
	SFUNC = @extschema@.pt_sales_cube_rollup,
	STYPE = @extschema@.sales_cube,
	SSPACE = 65536,
	FINALFUNC = @extschema@.pt_sales_cube_final,
	COMBINEFUNC = @extschema@.pt_sales_cube_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.sales_cube) IS
'The customers of many cubes in one, for example of all machines. Each customer must be in one of them only, and all must have the same plan (error 22023). NULLs are skipped.';

CREATE FUNCTION @extschema@.pt_sales_cube_add(a @extschema@.sales_cube, b @extschema@.sales_cube) RETURNS @extschema@.sales_cube
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sales_cube_add';
COMMENT ON FUNCTION @extschema@.pt_sales_cube_add(@extschema@.sales_cube, @extschema@.sales_cube) IS
'Implementation of the operator + of sales_cube.';

CREATE OPERATOR @extschema@.+ (
	FUNCTION = @extschema@.pt_sales_cube_add,
	LEFTARG = @extschema@.sales_cube,
	RIGHTARG = @extschema@.sales_cube,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.sales_cube, @extschema@.sales_cube) IS
'The customers of both cubes, of which each must be in one only; NULL if one is NULL. Different plans are error 22023.';

CREATE FUNCTION @extschema@.lines_match(lines @extschema@.purchase_lines, plan @extschema@.cube_plan) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_match';
COMMENT ON FUNCTION @extschema@.lines_match(@extschema@.purchase_lines, @extschema@.cube_plan) IS
'Whether a line passes all filters of the plan; without filters, whether there is a line. left_out_by does not matter. NULL if an argument is NULL. A dimension that the lines do not have is error 22023.';

CREATE FUNCTION @extschema@.lines_filter(lines @extschema@.purchase_lines, plan @extschema@.cube_plan) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_filter';
COMMENT ON FUNCTION @extschema@.lines_filter(@extschema@.purchase_lines, @extschema@.cube_plan) IS
'The lines that pass all filters of the plan; lines of one order stay one. NULL if none does, or an argument is NULL. left_out_by does not matter. A dimension that the lines do not have is error 22023.';

CREATE FUNCTION @extschema@.sales_cube_rows(cube @extschema@.sales_cube, arm @extschema@.cube_arm DEFAULT 'whole')
	RETURNS TABLE (grouping_number integer, codes integer[], texts text[],
		line_count bigint, customers bigint, buyers bigint, new_customers bigint, returning_customers bigint, subscribers bigint, subscription_known bigint,
		orders bigint, priced_orders bigint, discounted_orders bigint, discount_known bigint, returns bigint,
		revenue numeric, order_amount numeric, customer_revenue numeric, new_revenue numeric, returning_revenue numeric, recent_revenue numeric, earlier_revenue numeric,
		rating_sum numeric, rated_lines bigint, quantity numeric, first_purchase timestamp, last_purchase timestamp, stats @extschema@.sales_stats)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 200
	AS 'MODULE_PATHNAME', 'pt_sales_cube_rows';
COMMENT ON FUNCTION @extschema@.sales_cube_rows(@extschema@.sales_cube, @extschema@.cube_arm) IS
'A row for each cell that the whole has, by grouping and values; also if nothing in it is selected. codes: of each element of the grouping the code, or (of times) the days since 2000-01-01 of the first day of the period, or (of flags) 0 or 1; NULL where the value is NULL or stands as text, which is then in texts. An order or customer counts once in a cell. customers: those with a line; buyers: with a line that is no return (amount below 0); new_customers, returning_customers: buyers whose first such line is in, or before, the period of the cell (0 without year, quarter, month, week, day or period); subscribers: customers with a line that says so; subscription_known: with one that says so or not. orders: those with a line that is no return; priced_orders: with an amount of 0 or more; discounted_orders, discount_known: with such a line that has a discount, or says whether; returns: those with a return. revenue: sum of all amounts, NULL if none is known; order_amount: of those of 0 or more; customer_revenue: of lines with a customer; new_revenue, returning_revenue: of customers who are new or returning, returns included; recent_revenue, earlier_revenue: in the windows of the plan (these four are 0 where there is nothing). rating_sum, quantity: NULL if none is known. first_purchase, last_purchase: times of lines that are no return. Where the plan asks for statistics, stats has the amounts of 0 or more by discount (not the smallest and largest), and all else is NULL; lines that are none make no cell; everywhere else stats is NULL.';

-- What a kept mart keeps of all its customers: a cube for each grouping.

CREATE FUNCTION @extschema@.pt_cube_plan_parts(plan @extschema@.cube_plan) RETURNS text[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_plan_parts';
COMMENT ON FUNCTION @extschema@.pt_cube_plan_parts(@extschema@.cube_plan) IS
'The plans of each grouping of a plan by itself, as texts. NULL if it is NULL, or has filters or windows.';

CREATE FUNCTION @extschema@.pt_cube_plan_of_parts(parts text[]) RETURNS @extschema@.cube_plan
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_plan_of_parts';
COMMENT ON FUNCTION @extschema@.pt_cube_plan_of_parts(text[]) IS
'The plan of many parts, as pt_cube_plan_parts gives them. NULL if it is NULL. Errors: a text that is no plan (22P02), or none of one grouping, without filters and windows, or of another calendar (22023), a NULL (22004), more than 1000 (54000).';

CREATE FUNCTION @extschema@.pt_cube_parts(cube @extschema@.sales_cube, whole_plan @extschema@.cube_plan) RETURNS TABLE (plan text, part @extschema@.sales_cube, cells integer)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30
	AS 'MODULE_PATHNAME', 'pt_cube_parts';
COMMENT ON FUNCTION @extschema@.pt_cube_parts(@extschema@.sales_cube, @extschema@.cube_plan) IS
'The groupings of a cube as cubes of their own: their plans as pt_cube_plan_parts has them, and how many cells each has; those of a NULL cube of this plan are empty. No row for a NULL plan. Error 22023 if the cube has filters, windows or another plan.';

CREATE FUNCTION @extschema@.pt_cube_of_parts(plan @extschema@.cube_plan, added @extschema@.sales_cube[], taken @extschema@.sales_cube[], pending_added @extschema@.sales_cube, pending_taken @extschema@.sales_cube) RETURNS @extschema@.sales_cube
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cube_of_parts';
COMMENT ON FUNCTION @extschema@.pt_cube_of_parts(@extschema@.cube_plan, @extschema@.sales_cube[], @extschema@.sales_cube[], @extschema@.sales_cube, @extschema@.sales_cube) IS
'The cube of a plan from parts of it (see pt_cube_parts): of customers that were added, and, in the same places, of what the same customers had been before and is taken away; at last of those that are pending, as cubes of the whole plan. Elements and pending cubes may be NULL. Figures are exact but for the first and last time of a cell, which are NULL where its first or last purchase may have been taken away. NULL if that is so of the total, if the plan is NULL or has no parts, if no part has one of its groupings, and if more is taken away than was there. Errors: arrays of different lengths, a part with many groupings, a pending cube of another plan (22023).';
