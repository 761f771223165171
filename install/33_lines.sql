-- lines: all order lines of one customer as one value, and the numbers of its texts

CREATE TYPE @extschema@.dimension_codes;

CREATE FUNCTION @extschema@.dimension_codes_in(cstring) RETURNS @extschema@.dimension_codes
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_dimension_codes_in';
COMMENT ON FUNCTION @extschema@.dimension_codes_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.dimension_codes_out(@extschema@.dimension_codes) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_dimension_codes_out';
COMMENT ON FUNCTION @extschema@.dimension_codes_out(@extschema@.dimension_codes) IS 'I/O';

CREATE FUNCTION @extschema@.dimension_codes_recv(internal) RETURNS @extschema@.dimension_codes
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_dimension_codes_recv';
COMMENT ON FUNCTION @extschema@.dimension_codes_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.dimension_codes_send(@extschema@.dimension_codes) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_dimension_codes_send';
COMMENT ON FUNCTION @extschema@.dimension_codes_send(@extschema@.dimension_codes) IS 'I/O';

CREATE TYPE @extschema@.dimension_codes (
	INPUT = @extschema@.dimension_codes_in,
	OUTPUT = @extschema@.dimension_codes_out,
	RECEIVE = @extschema@.dimension_codes_recv,
	SEND = @extschema@.dimension_codes_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.dimension_codes IS
'The codes that stand for the values of dimensions in purchase_lines, as one value with an index: dimensions are numbered from 1 to 120, codes from 0. Text form: 1 {1:0 "Female", 1:1 "Male", 2:0 "shop"}: dimension, code and value, a backslash before a double quote or a backslash. Limit: 1 GB.';

CREATE FUNCTION @extschema@.pt_dimension_codes_accum(state @extschema@.dimension_codes, dimension_number integer, code integer, value text) RETURNS @extschema@.dimension_codes
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_dimension_codes_accum';
COMMENT ON FUNCTION @extschema@.pt_dimension_codes_accum(@extschema@.dimension_codes, integer, integer, text) IS
'Aggregate transition function of dimension_codes.';

CREATE FUNCTION @extschema@.pt_dimension_codes_combine(state @extschema@.dimension_codes, other @extschema@.dimension_codes) RETURNS @extschema@.dimension_codes
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_dimension_codes_combine';
COMMENT ON FUNCTION @extschema@.pt_dimension_codes_combine(@extschema@.dimension_codes, @extschema@.dimension_codes) IS
'Aggregate combine function of dimension_codes.';

CREATE FUNCTION @extschema@.pt_dimension_codes_final(state @extschema@.dimension_codes) RETURNS @extschema@.dimension_codes
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_dimension_codes_final';
COMMENT ON FUNCTION @extschema@.pt_dimension_codes_final(@extschema@.dimension_codes) IS
'Aggregate final function of dimension_codes: sorts, and adds the index.';

CREATE AGGREGATE @extschema@.dimension_codes(dimension_number integer, code integer, value text) (
	SFUNC = @extschema@.pt_dimension_codes_accum,
	STYPE = @extschema@.dimension_codes,
	SSPACE = 4096,
	FINALFUNC = @extschema@.pt_dimension_codes_final,
	COMBINEFUNC = @extschema@.pt_dimension_codes_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.dimension_codes(integer, integer, text) IS
'The codes of values as one value, for purchase_lines. Rows with a NULL are skipped; no row gives NULL. Errors: a dimension not from 1 to 120, a negative code, two values of one code or two codes of one value in a dimension (22023), more than 1 GB (54000).';

CREATE FUNCTION @extschema@.dimension_code(codes @extschema@.dimension_codes, dimension integer, value text) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_dimension_code';
COMMENT ON FUNCTION @extschema@.dimension_code(@extschema@.dimension_codes, integer, text) IS
'The code of a value of a dimension (numbered from 1). NULL if it has none.';

CREATE FUNCTION @extschema@.dimension_value_of(codes @extschema@.dimension_codes, dimension integer, code integer) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_dimension_value_of';
COMMENT ON FUNCTION @extschema@.dimension_value_of(@extschema@.dimension_codes, integer, integer) IS
'The value that a code of a dimension (numbered from 1) stands for. NULL if there is none.';

CREATE TYPE @extschema@.purchase_lines;

CREATE FUNCTION @extschema@.purchase_lines_in(cstring) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_in';
COMMENT ON FUNCTION @extschema@.purchase_lines_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.purchase_lines_out(@extschema@.purchase_lines) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_out';
COMMENT ON FUNCTION @extschema@.purchase_lines_out(@extschema@.purchase_lines) IS 'I/O';

CREATE FUNCTION @extschema@.purchase_lines_recv(internal) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_recv';
COMMENT ON FUNCTION @extschema@.purchase_lines_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.purchase_lines_send(@extschema@.purchase_lines) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_send';
COMMENT ON FUNCTION @extschema@.purchase_lines_send(@extschema@.purchase_lines) IS 'I/O';

CREATE TYPE @extschema@.purchase_lines (
	INPUT = @extschema@.purchase_lines_in,
	OUTPUT = @extschema@.purchase_lines_out,
	RECEIVE = @extschema@.purchase_lines_recv,
	SEND = @extschema@.purchase_lines_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.purchase_lines IS
'All order lines of one customer, in order of time, compressed column by column without loss: time, exact amount, rating, quantity, whether discounted, whether the customer was subscribed, and a value for each dimension, as its code or as text; and which lines are one order. Text form: 1 2 {(2024-01-05T09:30:00 10.00 4.5 2 t f 0 "new"; 2024-01-05T09:30:00 5.50 ~ 1 f f 1 ~)}: version (1t if lines of one time are one order), number of dimensions, orders in parentheses, ~ for NULL. Limits: 120 dimensions, 18 digits a number (decimals included), 1 GB a value.';

CREATE FUNCTION @extschema@.pt_purchase_lines_accum(state @extschema@.purchase_lines, order_id bigint, purchased_at timestamp, amount numeric, review_rating numeric, quantity numeric, discounted boolean, subscribed boolean, dimension_values text[], codes @extschema@.dimension_codes) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_accum_number';
COMMENT ON FUNCTION @extschema@.pt_purchase_lines_accum(@extschema@.purchase_lines, bigint, timestamp, numeric, numeric, numeric, boolean, boolean, text[], @extschema@.dimension_codes) IS
'Aggregate transition function of purchase_lines.';

CREATE FUNCTION @extschema@.pt_purchase_lines_accum(state @extschema@.purchase_lines, order_id text, purchased_at timestamp, amount numeric, review_rating numeric, quantity numeric, discounted boolean, subscribed boolean, dimension_values text[], codes @extschema@.dimension_codes) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_accum_text';
COMMENT ON FUNCTION @extschema@.pt_purchase_lines_accum(@extschema@.purchase_lines, text, timestamp, numeric, numeric, numeric, boolean, boolean, text[], @extschema@.dimension_codes) IS
'Aggregate transition function of purchase_lines.';

CREATE FUNCTION @extschema@.pt_purchase_lines_accum(state @extschema@.purchase_lines, purchased_at timestamp, amount numeric, review_rating numeric, quantity numeric, discounted boolean, subscribed boolean, dimension_values text[], codes @extschema@.dimension_codes) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_accum_time';
COMMENT ON FUNCTION @extschema@.pt_purchase_lines_accum(@extschema@.purchase_lines, timestamp, numeric, numeric, numeric, boolean, boolean, text[], @extschema@.dimension_codes) IS
'Aggregate transition function of purchase_lines.';

CREATE FUNCTION @extschema@.pt_purchase_lines_combine(state @extschema@.purchase_lines, other @extschema@.purchase_lines) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_combine';
COMMENT ON FUNCTION @extschema@.pt_purchase_lines_combine(@extschema@.purchase_lines, @extschema@.purchase_lines) IS
'Aggregate combine function of purchase_lines and rollup.';

CREATE FUNCTION @extschema@.pt_purchase_lines_rollup(state @extschema@.purchase_lines, other @extschema@.purchase_lines) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_rollup';
COMMENT ON FUNCTION @extschema@.pt_purchase_lines_rollup(@extschema@.purchase_lines, @extschema@.purchase_lines) IS
'Aggregate transition function of rollup(purchase_lines).';

CREATE FUNCTION @extschema@.pt_purchase_lines_final(state @extschema@.purchase_lines) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_final';
COMMENT ON FUNCTION @extschema@.pt_purchase_lines_final(@extschema@.purchase_lines) IS
'Aggregate final function of purchase_lines: finds orders, sorts and packs.';

CREATE AGGREGATE @extschema@.purchase_lines(order_id bigint, purchased_at timestamp, amount numeric, review_rating numeric, quantity numeric, discounted boolean, subscribed boolean, dimension_values text[], codes @extschema@.dimension_codes) (
	SFUNC = @extschema@.pt_purchase_lines_accum,
	STYPE = @extschema@.purchase_lines,
	SSPACE = 512,
	FINALFUNC = @extschema@.pt_purchase_lines_final,
	COMBINEFUNC = @extschema@.pt_purchase_lines_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.purchase_lines(bigint, timestamp, numeric, numeric, numeric, boolean, boolean, text[], @extschema@.dimension_codes) IS
'The order lines of one customer as one value; use it with GROUP BY customer_id. Every row counts, in any order of rows. Lines of one order id are one order; a NULL order id is an order of its own. NULL stays NULL: an unknown time, amount, rating, quantity, flag or value. dimension_values: a value for each dimension; NULL as an array is no dimension. codes: a value that has a code is kept as that, others, and all if it is NULL, as text. Errors: infinite time (22008), NaN or infinite amount, rating or quantity, or more than 18 digits with the decimals of the longest (22003), another number of dimensions than in other rows, or more than 120 (22023), an array of several dimensions (2202E), more than 1 GB (54000).';

CREATE AGGREGATE @extschema@.purchase_lines(order_id text, purchased_at timestamp, amount numeric, review_rating numeric, quantity numeric, discounted boolean, subscribed boolean, dimension_values text[], codes @extschema@.dimension_codes) (
	SFUNC = @extschema@.pt_purchase_lines_accum,
	STYPE = @extschema@.purchase_lines,
	SSPACE = 512,
	FINALFUNC = @extschema@.pt_purchase_lines_final,
	COMBINEFUNC = @extschema@.pt_purchase_lines_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.purchase_lines(text, timestamp, numeric, numeric, numeric, boolean, boolean, text[], @extschema@.dimension_codes) IS
'purchase_lines of orders whose ids are text.';

CREATE AGGREGATE @extschema@.purchase_lines(purchased_at timestamp, amount numeric, review_rating numeric, quantity numeric, discounted boolean, subscribed boolean, dimension_values text[], codes @extschema@.dimension_codes) (
	SFUNC = @extschema@.pt_purchase_lines_accum,
	STYPE = @extschema@.purchase_lines,
	SSPACE = 512,
	FINALFUNC = @extschema@.pt_purchase_lines_final,
	COMBINEFUNC = @extschema@.pt_purchase_lines_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.purchase_lines(timestamp, numeric, numeric, numeric, boolean, boolean, text[], @extschema@.dimension_codes) IS
'purchase_lines without order ids: lines of one time are one order, and a line without a time is an order of its own.';

CREATE AGGREGATE @extschema@.rollup(lines @extschema@.purchase_lines) (
	SFUNC = @extschema@.pt_purchase_lines_rollup,
	STYPE = @extschema@.purchase_lines,
	SSPACE = 512,
	FINALFUNC = @extschema@.pt_purchase_lines_final,
	COMBINEFUNC = @extschema@.pt_purchase_lines_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.purchase_lines) IS
'The lines of many values as one. Orders stay what they are, so an order with an id must not be split over the parts; in lines without order ids, those of one time become one order. NULLs are skipped. Errors: different numbers of dimensions, or lines with order ids and without (22023).';

CREATE FUNCTION @extschema@.pt_purchase_lines_add(a @extschema@.purchase_lines, b @extschema@.purchase_lines) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_add';
COMMENT ON FUNCTION @extschema@.pt_purchase_lines_add(@extschema@.purchase_lines, @extschema@.purchase_lines) IS
'Implementation of the operator + of purchase_lines.';

CREATE OPERATOR @extschema@.+ (
	FUNCTION = @extschema@.pt_purchase_lines_add,
	LEFTARG = @extschema@.purchase_lines,
	RIGHTARG = @extschema@.purchase_lines,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.purchase_lines, @extschema@.purchase_lines) IS
'The lines of both, as rollup(purchase_lines) puts them together; NULL if one is NULL.';

CREATE FUNCTION @extschema@.pt_purchase_lines_eq(a @extschema@.purchase_lines, b @extschema@.purchase_lines) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_eq';
COMMENT ON FUNCTION @extschema@.pt_purchase_lines_eq(@extschema@.purchase_lines, @extschema@.purchase_lines) IS
'Implementation of the operator = of purchase_lines.';

CREATE FUNCTION @extschema@.pt_purchase_lines_ne(a @extschema@.purchase_lines, b @extschema@.purchase_lines) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_ne';
COMMENT ON FUNCTION @extschema@.pt_purchase_lines_ne(@extschema@.purchase_lines, @extschema@.purchase_lines) IS
'Implementation of the operator <> of purchase_lines.';

CREATE FUNCTION @extschema@.pt_purchase_lines_hash(lines @extschema@.purchase_lines) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_lines_hash';
COMMENT ON FUNCTION @extschema@.pt_purchase_lines_hash(@extschema@.purchase_lines) IS
'Hash support of purchase_lines: equal values have equal hashes.';

CREATE OPERATOR @extschema@.= (
	FUNCTION = @extschema@.pt_purchase_lines_eq,
	LEFTARG = @extschema@.purchase_lines,
	RIGHTARG = @extschema@.purchase_lines,
	COMMUTATOR = OPERATOR(@extschema@.=),
	NEGATOR = OPERATOR(@extschema@.<>),
	RESTRICT = eqsel,
	JOIN = eqjoinsel,
	HASHES
);
COMMENT ON OPERATOR @extschema@.= (@extschema@.purchase_lines, @extschema@.purchase_lines) IS
'Equal: the same lines in the same orders, whatever the decimals they are written with. A value with a code and the same value as text are not equal.';

CREATE OPERATOR @extschema@.<> (
	FUNCTION = @extschema@.pt_purchase_lines_ne,
	LEFTARG = @extschema@.purchase_lines,
	RIGHTARG = @extschema@.purchase_lines,
	COMMUTATOR = OPERATOR(@extschema@.<>),
	NEGATOR = OPERATOR(@extschema@.=),
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);
COMMENT ON OPERATOR @extschema@.<> (@extschema@.purchase_lines, @extschema@.purchase_lines) IS
'Not equal.';

CREATE OPERATOR CLASS @extschema@.purchase_lines_ops
	DEFAULT FOR TYPE @extschema@.purchase_lines USING hash AS
	OPERATOR 1 @extschema@.=,
	FUNCTION 1 @extschema@.pt_purchase_lines_hash(@extschema@.purchase_lines);
COMMENT ON OPERATOR CLASS @extschema@.purchase_lines_ops USING hash IS
'Hash operators of purchase_lines, for GROUP BY, DISTINCT and hash joins.';
COMMENT ON OPERATOR FAMILY @extschema@.purchase_lines_ops USING hash IS
'Hash operators of purchase_lines.';

CREATE FUNCTION @extschema@.line_count(lines @extschema@.purchase_lines) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_line_count';
COMMENT ON FUNCTION @extschema@.line_count(@extschema@.purchase_lines) IS
'Number of lines, returned ones included.';

CREATE FUNCTION @extschema@.order_count(lines @extschema@.purchase_lines) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_order_count';
COMMENT ON FUNCTION @extschema@.order_count(@extschema@.purchase_lines) IS
'Number of orders with a line that is no return. An amount below zero is a return; an unknown amount is none.';

CREATE FUNCTION @extschema@.return_count(lines @extschema@.purchase_lines) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_return_count';
COMMENT ON FUNCTION @extschema@.return_count(@extschema@.purchase_lines) IS
'Number of orders with a line that is a return: one with an amount below zero.';

CREATE FUNCTION @extschema@.discounted_order_count(lines @extschema@.purchase_lines) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_discounted_order_count';
COMMENT ON FUNCTION @extschema@.discounted_order_count(@extschema@.purchase_lines) IS
'Number of orders with a discounted line that is no return.';

CREATE FUNCTION @extschema@.discount_share(lines @extschema@.purchase_lines) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_discount_share';
COMMENT ON FUNCTION @extschema@.discount_share(@extschema@.purchase_lines) IS
'discounted_order_count as a share, 0 to 1, of the orders with a line that is no return and of which it is known whether it was discounted. NULL without such an order.';

CREATE FUNCTION @extschema@.revenue(lines @extschema@.purchase_lines) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_revenue';
COMMENT ON FUNCTION @extschema@.revenue(@extschema@.purchase_lines) IS
'Sum of all known amounts, returns included: exactly SUM(amount). NULL if no amount is known.';

CREATE FUNCTION @extschema@.average_order_value(lines @extschema@.purchase_lines) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_average_order_value';
COMMENT ON FUNCTION @extschema@.average_order_value(@extschema@.purchase_lines) IS
'Average amount of an order: the sum of the amounts of zero or more, divided by the orders that have such a line. NULL without one.';

CREATE FUNCTION @extschema@.rating_count(lines @extschema@.purchase_lines) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_rating_count';
COMMENT ON FUNCTION @extschema@.rating_count(@extschema@.purchase_lines) IS
'Number of lines with a rating.';

CREATE FUNCTION @extschema@.average_rating(lines @extschema@.purchase_lines) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_average_rating';
COMMENT ON FUNCTION @extschema@.average_rating(@extschema@.purchase_lines) IS
'Average of the ratings: exactly AVG(review_rating). NULL without one.';

CREATE FUNCTION @extschema@.first_time(lines @extschema@.purchase_lines) RETURNS timestamp
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_first_time';
COMMENT ON FUNCTION @extschema@.first_time(@extschema@.purchase_lines) IS
'Time of the first line, returns included. NULL if no time is known.';

CREATE FUNCTION @extschema@.last_time(lines @extschema@.purchase_lines) RETURNS timestamp
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_last_time';
COMMENT ON FUNCTION @extschema@.last_time(@extschema@.purchase_lines) IS
'Time of the last line, returns included. NULL if no time is known.';

CREATE FUNCTION @extschema@.first_purchase(lines @extschema@.purchase_lines) RETURNS timestamp
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_first_purchase';
COMMENT ON FUNCTION @extschema@.first_purchase(@extschema@.purchase_lines) IS
'Time of the first line that is no return (amount below 0). NULL without one whose time is known.';

CREATE FUNCTION @extschema@.revenue_between(lines @extschema@.purchase_lines, from_time timestamp, until_time timestamp) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_revenue_between';
COMMENT ON FUNCTION @extschema@.revenue_between(@extschema@.purchase_lines, timestamp, timestamp) IS
'Sum of the known amounts from from_time, included, to until_time, excluded: revenue(lines_between(lines, from_time, until_time)) without making these lines, but 0 if there are lines and no amount is known. NULL if there is no line.';

CREATE FUNCTION @extschema@.period_moves(lines @extschema@.purchase_lines, period @extschema@.purchase_period)
	RETURNS TABLE (period_start date, state smallint, revenue_before numeric, revenue_after numeric)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'pt_period_moves';
COMMENT ON FUNCTION @extschema@.period_moves(@extschema@.purchase_lines, @extschema@.purchase_period) IS
'What one customer adds to the change of revenue from each period to the next: 1 new (the first line that is no return is in the period, or later), 2 returning (lines in the period, none in the one before), 3 kept (lines in both), 4 lost (none in the period, but in the one before); revenue_before and revenue_after are his in the period before and in the period, NULL where he has no line. Lines count where they are in time; those without one are left out. No rows without a line that is no return. Error 22008 if a period begins outside of the dates.';

CREATE TYPE @extschema@.revenue_move AS (
	period_start	date,
	state		smallint,
	customers	bigint,
	revenue_before	numeric,
	revenue_after	numeric
);
COMMENT ON TYPE @extschema@.revenue_move IS
'What the customers of one state (see period_moves) add to the change of revenue from the period before to this one.';

CREATE FUNCTION @extschema@.pt_revenue_moves_accum(state bytea, lines @extschema@.purchase_lines, period @extschema@.purchase_period) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_revenue_moves_accum';
COMMENT ON FUNCTION @extschema@.pt_revenue_moves_accum(bytea, @extschema@.purchase_lines, @extschema@.purchase_period) IS
'Aggregate transition function of revenue_moves.';

CREATE FUNCTION @extschema@.pt_revenue_moves_combine(state bytea, other bytea) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_revenue_moves_combine';
COMMENT ON FUNCTION @extschema@.pt_revenue_moves_combine(bytea, bytea) IS
'Aggregate combine function of revenue_moves.';

CREATE FUNCTION @extschema@.pt_revenue_moves_final(state bytea) RETURNS @extschema@.revenue_move[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_revenue_moves_final';
COMMENT ON FUNCTION @extschema@.pt_revenue_moves_final(bytea) IS
'Aggregate final function of revenue_moves.';

CREATE AGGREGATE @extschema@.revenue_moves(lines @extschema@.purchase_lines, period @extschema@.purchase_period) (
	SFUNC = @extschema@.pt_revenue_moves_accum,
	STYPE = bytea,
	SSPACE = 8192,
	FINALFUNC = @extschema@.pt_revenue_moves_final,
	COMBINEFUNC = @extschema@.pt_revenue_moves_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.revenue_moves(@extschema@.purchase_lines, @extschema@.purchase_period) IS
'What customers, each with all his lines, add to the change of revenue from each period to the next, as an array of rows by period and state, which unnest() gives: what period_moves() says of each of them, summed exactly, with the number of customers. Sums of such rows are those of all customers together. NULL lines are skipped; no other gives NULL. The period must be the same in all rows (error 22023) and not NULL (22004); more than 32000 periods from the first to the last are error 54000, periods outside of the dates 22008.';

CREATE FUNCTION @extschema@.pt_calendar_moves_accum(state bytea, lines @extschema@.purchase_lines, calendar @extschema@.sales_calendar) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_calendar_moves_accum';
COMMENT ON FUNCTION @extschema@.pt_calendar_moves_accum(bytea, @extschema@.purchase_lines, @extschema@.sales_calendar) IS
'Aggregate transition function of calendar_moves.';

CREATE AGGREGATE @extschema@.calendar_moves(lines @extschema@.purchase_lines, calendar @extschema@.sales_calendar) (
	SFUNC = @extschema@.pt_calendar_moves_accum,
	STYPE = bytea,
	SSPACE = 8192,
	FINALFUNC = @extschema@.pt_revenue_moves_final,
	COMBINEFUNC = @extschema@.pt_revenue_moves_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.calendar_moves(@extschema@.purchase_lines, @extschema@.sales_calendar) IS
'revenue_moves() by the periods of a calendar, with the same errors.';

CREATE FUNCTION @extschema@.lines_at(lines @extschema@.purchase_lines, as_of timestamp) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_at';
COMMENT ON FUNCTION @extschema@.lines_at(@extschema@.purchase_lines, timestamp) IS
'The lines up to and including as_of; infinity keeps all that have a time. Lines without a time are left out.';

CREATE FUNCTION @extschema@.lines_between(lines @extschema@.purchase_lines, from_time timestamp, until_time timestamp) RETURNS @extschema@.purchase_lines
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_between';
COMMENT ON FUNCTION @extschema@.lines_between(@extschema@.purchase_lines, timestamp, timestamp) IS
'The lines from from_time, included, to until_time, excluded. Lines without a time are left out.';

CREATE FUNCTION @extschema@.bought(lines @extschema@.purchase_lines, dimension integer, code integer) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_bought_code';
COMMENT ON FUNCTION @extschema@.bought(@extschema@.purchase_lines, integer, integer) IS
'Whether a line that is no return has this code in a dimension (numbered from 1; error 22023 if the lines have no such dimension).';

CREATE FUNCTION @extschema@.bought(lines @extschema@.purchase_lines, dimension integer, value text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_bought_value';
COMMENT ON FUNCTION @extschema@.bought(@extschema@.purchase_lines, integer, text) IS
'Whether a line that is no return has this value, standing as text and not as a code, in a dimension (numbered from 1; error 22023 if the lines have no such dimension).';

CREATE FUNCTION @extschema@.bought(lines @extschema@.purchase_lines, dimension integer, value text, codes @extschema@.dimension_codes) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lines_bought_named';
COMMENT ON FUNCTION @extschema@.bought(@extschema@.purchase_lines, integer, text, @extschema@.dimension_codes) IS
'Whether a line that is no return has this value, by its code or as text, in a dimension (numbered from 1; error 22023 if the lines have no such dimension).';

CREATE FUNCTION @extschema@.order_lines(lines @extschema@.purchase_lines) RETURNS TABLE (
	order_number integer,
	purchased_at timestamp,
	amount numeric,
	review_rating numeric,
	quantity numeric,
	discounted boolean,
	subscribed boolean,
	codes integer[],
	texts text[])
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'pt_order_lines';
COMMENT ON FUNCTION @extschema@.order_lines(@extschema@.purchase_lines) IS
'The lines as rows, in order of time, lines without a time last. order_number counts the orders from 1. codes has the code of each dimension, texts the value of those that have no code; both are NULL where the value is.';

CREATE FUNCTION @extschema@.order_lines(lines @extschema@.purchase_lines, codes @extschema@.dimension_codes) RETURNS TABLE (
	order_number integer,
	purchased_at timestamp,
	amount numeric,
	review_rating numeric,
	quantity numeric,
	discounted boolean,
	subscribed boolean,
	dimension_values text[])
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'pt_order_lines_named';
COMMENT ON FUNCTION @extschema@.order_lines(@extschema@.purchase_lines, @extschema@.dimension_codes) IS
'The lines as rows, with the values of their dimensions. A code that has no value is error 22023.';
