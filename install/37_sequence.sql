-- sequence: the orders of customers one after the other, and what is bought next

CREATE TYPE @extschema@.sequence_set;

CREATE FUNCTION @extschema@.sequence_set_in(cstring) RETURNS @extschema@.sequence_set
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_in';
COMMENT ON FUNCTION @extschema@.sequence_set_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.sequence_set_out(@extschema@.sequence_set) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_out';
COMMENT ON FUNCTION @extschema@.sequence_set_out(@extschema@.sequence_set) IS 'I/O';

CREATE FUNCTION @extschema@.sequence_set_recv(internal) RETURNS @extschema@.sequence_set
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_recv';
COMMENT ON FUNCTION @extschema@.sequence_set_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.sequence_set_send(@extschema@.sequence_set) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_send';
COMMENT ON FUNCTION @extschema@.sequence_set_send(@extschema@.sequence_set) IS 'I/O';

CREATE TYPE @extschema@.sequence_set (
	INPUT = @extschema@.sequence_set_in,
	OUTPUT = @extschema@.sequence_set_out,
	RECEIVE = @extschema@.sequence_set_recv,
	SEND = @extschema@.sequence_set_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.sequence_set IS
'The orders of many customers, of each in the order of time, as one value: the days, and the items of each order. It can be stored, merged by rollup() and +, and asked by next_products(), for any number of days and any day to look from. Equal customers are equal values, whatever the order of rows. Text form: 1 {"beer", "bread"} {[2024-01-05 (0 1) +3 (1)], [2024-01-07 ()]}: version, items in the order of their bytes, and customers: the day of the first order, the numbers of its items, counted from 0, and for each further order the days since the one before; a backslash before a double quote or a backslash. Limit: 1 GB a value.';

CREATE FUNCTION @extschema@.pt_sequence_set_accum(state @extschema@.sequence_set, customer_id bigint, purchased_at timestamp, item text) RETURNS @extschema@.sequence_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_accum_number';
COMMENT ON FUNCTION @extschema@.pt_sequence_set_accum(@extschema@.sequence_set, bigint, timestamp, text) IS
'Aggregate transition function of sequence_set.';

CREATE FUNCTION @extschema@.pt_sequence_set_accum(state @extschema@.sequence_set, customer_id text, purchased_at timestamp, item text) RETURNS @extschema@.sequence_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_accum_text';
COMMENT ON FUNCTION @extschema@.pt_sequence_set_accum(@extschema@.sequence_set, text, timestamp, text) IS
'Aggregate transition function of sequence_set.';

CREATE FUNCTION @extschema@.pt_sequence_set_accum(state @extschema@.sequence_set, lines @extschema@.purchase_lines, dimension integer, codes @extschema@.dimension_codes) RETURNS @extschema@.sequence_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_accum_lines';
COMMENT ON FUNCTION @extschema@.pt_sequence_set_accum(@extschema@.sequence_set, @extschema@.purchase_lines, integer, @extschema@.dimension_codes) IS
'Aggregate transition function of sequence_set.';

CREATE FUNCTION @extschema@.pt_sequence_set_combine(state @extschema@.sequence_set, other @extschema@.sequence_set) RETURNS @extschema@.sequence_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_combine';
COMMENT ON FUNCTION @extschema@.pt_sequence_set_combine(@extschema@.sequence_set, @extschema@.sequence_set) IS
'Aggregate combine function of sequence_set and rollup.';

CREATE FUNCTION @extschema@.pt_sequence_set_rollup(state @extschema@.sequence_set, other @extschema@.sequence_set) RETURNS @extschema@.sequence_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_rollup';
COMMENT ON FUNCTION @extschema@.pt_sequence_set_rollup(@extschema@.sequence_set, @extschema@.sequence_set) IS
'Aggregate transition function of rollup(sequence_set).';

CREATE FUNCTION @extschema@.pt_sequence_set_final(state @extschema@.sequence_set) RETURNS @extschema@.sequence_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_final';
COMMENT ON FUNCTION @extschema@.pt_sequence_set_final(@extschema@.sequence_set) IS
'Aggregate final function of sequence_set: puts the rows of each customer together, sorts and packs.';

CREATE AGGREGATE @extschema@.sequence_set(customer_id bigint, purchased_at timestamp, item text) (
	SFUNC = @extschema@.pt_sequence_set_accum,
	STYPE = @extschema@.sequence_set,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_sequence_set_final,
	COMBINEFUNC = @extschema@.pt_sequence_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.sequence_set(bigint, timestamp, text) IS
'The orders of customers, one item in each row. Rows of one customer at one time are one order; an item that is twice in it counts once. A row without an item (NULL) says that there was an order. Give rows of one order one time; leave out returns by FILTER. Rows without a customer or a time are skipped; no other gives NULL. Errors: an infinite time (22008), more than 1 GB (54000).';

CREATE AGGREGATE @extschema@.sequence_set(customer_id text, purchased_at timestamp, item text) (
	SFUNC = @extschema@.pt_sequence_set_accum,
	STYPE = @extschema@.sequence_set,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_sequence_set_final,
	COMBINEFUNC = @extschema@.pt_sequence_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.sequence_set(text, timestamp, text) IS
'sequence_set of customers whose ids are text.';

CREATE AGGREGATE @extschema@.sequence_set(lines @extschema@.purchase_lines, dimension integer, codes @extschema@.dimension_codes) (
	SFUNC = @extschema@.pt_sequence_set_accum,
	STYPE = @extschema@.sequence_set,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_sequence_set_final,
	COMBINEFUNC = @extschema@.pt_sequence_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.sequence_set(@extschema@.purchase_lines, integer, @extschema@.dimension_codes) IS
'The orders of customers from their lines, without a scan of the source; each value has all lines of a customer. The items are the values of a dimension, numbered from 1; codes gives codes their texts, and may be NULL if the lines have no codes. A line with an amount below 0 is a return and left out; an order with nothing else, or without a time, is none. Orders of one time are one. A NULL value is left out, but its order counts. NULL lines are skipped; no other gives NULL. Errors: dimension NULL (22004), no such dimension, or a code without a text (22023), more than 1 GB (54000).';

CREATE AGGREGATE @extschema@.pt_sequence_set_open(lines @extschema@.purchase_lines, dimension integer, codes @extschema@.dimension_codes) (
	SFUNC = @extschema@.pt_sequence_set_accum,
	STYPE = @extschema@.sequence_set,
	SSPACE = 1024,
	COMBINEFUNC = @extschema@.pt_sequence_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.pt_sequence_set_open(@extschema@.purchase_lines, integer, @extschema@.dimension_codes) IS
'What sequence_set makes, as it was collected: for a query that asks it once, where sorting and packing would take longer than the answer.';

CREATE AGGREGATE @extschema@.rollup(sequences @extschema@.sequence_set) (
	SFUNC = @extschema@.pt_sequence_set_rollup,
	STYPE = @extschema@.sequence_set,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_sequence_set_final,
	COMBINEFUNC = @extschema@.pt_sequence_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.sequence_set) IS
'The customers of many sets in one, for example of all shops. All orders of a customer must be in one of them. NULLs are skipped. More than 1 GB is error 54000.';

CREATE FUNCTION @extschema@.pt_sequence_set_add(a @extschema@.sequence_set, b @extschema@.sequence_set) RETURNS @extschema@.sequence_set
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_set_add';
COMMENT ON FUNCTION @extschema@.pt_sequence_set_add(@extschema@.sequence_set, @extschema@.sequence_set) IS
'Implementation of the operator + of sequence_set.';

CREATE OPERATOR @extschema@.+ (
	FUNCTION = @extschema@.pt_sequence_set_add,
	LEFTARG = @extschema@.sequence_set,
	RIGHTARG = @extschema@.sequence_set,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.sequence_set, @extschema@.sequence_set) IS
'The customers of both sets, of which each must be in one only; NULL if one is NULL.';

CREATE FUNCTION @extschema@.customer_count(sequences @extschema@.sequence_set) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_customer_count';
COMMENT ON FUNCTION @extschema@.customer_count(@extschema@.sequence_set) IS
'How many customers there are in the sequences. NULL for NULL.';

CREATE FUNCTION @extschema@.order_count(sequences @extschema@.sequence_set) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_sequence_order_count';
COMMENT ON FUNCTION @extschema@.order_count(@extschema@.sequence_set) IS
'How many orders there are in the sequences; those of one customer at one time are one. NULL for NULL.';

CREATE FUNCTION @extschema@.next_products(sequences @extschema@.sequence_set, within_days integer DEFAULT 90, as_of date DEFAULT NULL, min_support double precision DEFAULT 0.001, min_count bigint DEFAULT NULL, min_together bigint DEFAULT 1, confidence double precision DEFAULT 0.95, max_memory_mb integer DEFAULT 512)
	RETURNS TABLE (product text, next_product text, is_same boolean, order_count bigint, customer_count bigint, product_orders bigint, followed_orders bigint, product_customers bigint, next_orders bigint, followed_orders_total bigint, share double precision, share_low double precision, share_high double precision, share_of_orders double precision, lift double precision, median_days double precision)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000
	AS 'MODULE_PATHNAME', 'pt_next_products';
COMMENT ON FUNCTION @extschema@.next_products(@extschema@.sequence_set, integer, date, double precision, bigint, bigint, double precision, integer) IS
'Who bought this product, what is in his next order: each product with each that comes next, the same one included (is_same). Orders count if their within_days (1 to 36,500, in days of the calendar) were over on as_of, which is the last day that the orders cover; NULL is the day of the last order. order_count: orders with the product after which the very next order came within the days and has the other; customer_count: customers with such orders. product_orders: orders with the product that count; followed_orders: those after which any order came within the days; product_customers. next_orders: next orders with the other product, of followed_orders_total after any. share: order_count of followed_orders, with its interval (Wilson); share_of_orders: of product_orders. lift: share against next_orders of followed_orders_total. median_days: days between. min_support: the least share of the orders that count with the product, above 0 and at most 1; min_count takes its place as a number of orders. min_together: the least order_count. confidence of the interval: above 0, below 1. Products in the order of their bytes; next ones of high order_count first, then by bytes. No rows for NULL and where no next order came. Arguments out of range are error 22023, NULL ones 22004, an infinite day 22008; 54000 if more than max_memory_mb is needed. docs/trends.md.';
