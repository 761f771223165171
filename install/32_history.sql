-- history: the purchases of one customer as one value, and what it tells

CREATE TYPE @extschema@.purchase_period AS ENUM ('day', 'week', 'month', 'quarter', 'year');
COMMENT ON TYPE @extschema@.purchase_period IS
'A calendar period: day, week (from Monday, ISO 8601), month, quarter or year.';

CREATE TYPE @extschema@.purchase_history;

CREATE FUNCTION @extschema@.purchase_history_in(cstring) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_in';
COMMENT ON FUNCTION @extschema@.purchase_history_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.purchase_history_out(@extschema@.purchase_history) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_out';
COMMENT ON FUNCTION @extschema@.purchase_history_out(@extschema@.purchase_history) IS 'I/O';

CREATE FUNCTION @extschema@.purchase_history_recv(internal) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_recv';
COMMENT ON FUNCTION @extschema@.purchase_history_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.purchase_history_send(@extschema@.purchase_history) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_send';
COMMENT ON FUNCTION @extschema@.purchase_history_send(@extschema@.purchase_history) IS 'I/O';

CREATE TYPE @extschema@.purchase_history (
	INPUT = @extschema@.purchase_history_in,
	OUTPUT = @extschema@.purchase_history_out,
	RECEIVE = @extschema@.purchase_history_recv,
	SEND = @extschema@.purchase_history_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.purchase_history IS
'All purchases of one customer, in time order, compressed without loss: the time of each, its exact amount, and whether it had a discount. Purchases of one time are one order; amounts below zero are returns. Text form: 1 {2024-01-05 10.00, 2024-02-01T09:30:00 5.50}, and with discounts known 1d {2024-01-05 10.00 d}. Limits: 18 digits an amount (decimals included), 1 GB a value.';

CREATE FUNCTION @extschema@.pt_purchase_history_accum(state @extschema@.purchase_history, purchased_at timestamp, amount numeric) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_accum';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_accum(@extschema@.purchase_history, timestamp, numeric) IS
'Aggregate transition function of purchase_history.';

CREATE FUNCTION @extschema@.pt_purchase_history_accum(state @extschema@.purchase_history, purchased_at timestamp, amount numeric, discounted boolean) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_accum';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_accum(@extschema@.purchase_history, timestamp, numeric, boolean) IS
'Aggregate transition function of purchase_history.';

CREATE FUNCTION @extschema@.pt_purchase_history_combine(state @extschema@.purchase_history, other @extschema@.purchase_history) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_combine';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_combine(@extschema@.purchase_history, @extschema@.purchase_history) IS
'Aggregate combine function of purchase_history and rollup.';

CREATE FUNCTION @extschema@.pt_purchase_history_rollup(state @extschema@.purchase_history, other @extschema@.purchase_history) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_rollup';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_rollup(@extschema@.purchase_history, @extschema@.purchase_history) IS
'Aggregate transition function of rollup(purchase_history).';

CREATE FUNCTION @extschema@.pt_purchase_history_final(state @extschema@.purchase_history) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_final';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_final(@extschema@.purchase_history) IS
'Aggregate final function of purchase_history: sorts, merges and packs.';

CREATE AGGREGATE @extschema@.purchase_history(purchased_at timestamp, amount numeric) (
	SFUNC = @extschema@.pt_purchase_history_accum,
	STYPE = @extschema@.purchase_history,
	SSPACE = 160,
	FINALFUNC = @extschema@.pt_purchase_history_final,
	COMBINEFUNC = @extschema@.pt_purchase_history_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.purchase_history(timestamp, numeric) IS
'The purchases of one customer as one value; use it with GROUP BY customer_id. Lines of one time are one order with the sum of their amounts (amounts below zero likewise one return), in any order of rows. Rows whose time or amount is NULL are skipped; no row gives NULL. Errors: infinite time (22008), NaN or infinite amount, or more than 18 digits with the decimals of the longest (22003), more than 1 GB (54000).';

CREATE AGGREGATE @extschema@.purchase_history(purchased_at timestamp, amount numeric, discounted boolean) (
	SFUNC = @extschema@.pt_purchase_history_accum,
	STYPE = @extschema@.purchase_history,
	SSPACE = 160,
	FINALFUNC = @extschema@.pt_purchase_history_final,
	COMBINEFUNC = @extschema@.pt_purchase_history_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.purchase_history(timestamp, numeric, boolean) IS
'purchase_history that also keeps which orders had a discount: those of which a line had one. NULL is taken as no discount.';

CREATE FUNCTION @extschema@.pt_purchase_history_accum(state @extschema@.purchase_history, order_id bigint, purchased_at timestamp, amount numeric) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_accum_order';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_accum(@extschema@.purchase_history, bigint, timestamp, numeric) IS
'Aggregate transition function of purchase_history.';

CREATE FUNCTION @extschema@.pt_purchase_history_accum(state @extschema@.purchase_history, order_id bigint, purchased_at timestamp, amount numeric, discounted boolean) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_accum_order';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_accum(@extschema@.purchase_history, bigint, timestamp, numeric, boolean) IS
'Aggregate transition function of purchase_history.';

CREATE FUNCTION @extschema@.pt_purchase_history_accum(state @extschema@.purchase_history, order_id text, purchased_at timestamp, amount numeric) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_accum_order_text';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_accum(@extschema@.purchase_history, text, timestamp, numeric) IS
'Aggregate transition function of purchase_history.';

CREATE FUNCTION @extschema@.pt_purchase_history_accum(state @extschema@.purchase_history, order_id text, purchased_at timestamp, amount numeric, discounted boolean) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_accum_order_text';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_accum(@extschema@.purchase_history, text, timestamp, numeric, boolean) IS
'Aggregate transition function of purchase_history.';

CREATE AGGREGATE @extschema@.purchase_history(order_id bigint, purchased_at timestamp, amount numeric) (
	SFUNC = @extschema@.pt_purchase_history_accum,
	STYPE = @extschema@.purchase_history,
	SSPACE = 160,
	FINALFUNC = @extschema@.pt_purchase_history_final,
	COMBINEFUNC = @extschema@.pt_purchase_history_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.purchase_history(bigint, timestamp, numeric) IS
'The purchases of one customer as one value, from order lines with the ids of their orders; use it with GROUP BY customer_id. The lines of one id are one order, with the sum of their amounts and the first of their times; those below zero of one id likewise one return. A line whose id is NULL is an order of its own. Orders (or returns) of one time stay apart: the second and later ones are set a microsecond after one another, in the order of their ids, NULLs last. The value itself does not keep the ids. Rows whose time or amount is NULL are skipped; no row gives NULL. Errors as of purchase_history(timestamp, numeric).';

CREATE AGGREGATE @extschema@.purchase_history(order_id bigint, purchased_at timestamp, amount numeric, discounted boolean) (
	SFUNC = @extschema@.pt_purchase_history_accum,
	STYPE = @extschema@.purchase_history,
	SSPACE = 160,
	FINALFUNC = @extschema@.pt_purchase_history_final,
	COMBINEFUNC = @extschema@.pt_purchase_history_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.purchase_history(bigint, timestamp, numeric, boolean) IS
'purchase_history of order lines with ids that also keeps which orders had a discount: those of which a line had one. NULL is taken as no discount.';

CREATE AGGREGATE @extschema@.purchase_history(order_id text, purchased_at timestamp, amount numeric) (
	SFUNC = @extschema@.pt_purchase_history_accum,
	STYPE = @extschema@.purchase_history,
	SSPACE = 160,
	FINALFUNC = @extschema@.pt_purchase_history_final,
	COMBINEFUNC = @extschema@.pt_purchase_history_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.purchase_history(text, timestamp, numeric) IS
'purchase_history of order lines whose ids are texts: orders of one time stand in the order of their bytes.';

CREATE AGGREGATE @extschema@.purchase_history(order_id text, purchased_at timestamp, amount numeric, discounted boolean) (
	SFUNC = @extschema@.pt_purchase_history_accum,
	STYPE = @extschema@.purchase_history,
	SSPACE = 160,
	FINALFUNC = @extschema@.pt_purchase_history_final,
	COMBINEFUNC = @extschema@.pt_purchase_history_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.purchase_history(text, timestamp, numeric, boolean) IS
'purchase_history of order lines whose ids are texts, with discounts.';

CREATE AGGREGATE @extschema@.rollup(history @extschema@.purchase_history) (
	SFUNC = @extschema@.pt_purchase_history_rollup,
	STYPE = @extschema@.purchase_history,
	SSPACE = 160,
	FINALFUNC = @extschema@.pt_purchase_history_final,
	COMBINEFUNC = @extschema@.pt_purchase_history_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.purchase_history) IS
'The purchases of many histories as one, as if all rows had been aggregated together: parts of a customer (by month, by shop), or of all customers. NULLs are skipped.';

CREATE FUNCTION @extschema@.pt_purchase_history_add(a @extschema@.purchase_history, b @extschema@.purchase_history) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_add';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_add(@extschema@.purchase_history, @extschema@.purchase_history) IS
'Implementation of the operator + of purchase_history.';

CREATE OPERATOR @extschema@.+ (
	FUNCTION = @extschema@.pt_purchase_history_add,
	LEFTARG = @extschema@.purchase_history,
	RIGHTARG = @extschema@.purchase_history,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.purchase_history, @extschema@.purchase_history) IS
'The purchases of both histories; NULL if one is NULL.';

CREATE FUNCTION @extschema@.pt_purchase_history_eq(a @extschema@.purchase_history, b @extschema@.purchase_history) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_eq';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_eq(@extschema@.purchase_history, @extschema@.purchase_history) IS
'Implementation of the operator = of purchase_history.';

CREATE FUNCTION @extschema@.pt_purchase_history_ne(a @extschema@.purchase_history, b @extschema@.purchase_history) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_ne';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_ne(@extschema@.purchase_history, @extschema@.purchase_history) IS
'Implementation of the operator <> of purchase_history.';

CREATE FUNCTION @extschema@.pt_purchase_history_hash(history @extschema@.purchase_history) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_history_hash';
COMMENT ON FUNCTION @extschema@.pt_purchase_history_hash(@extschema@.purchase_history) IS
'Hash support of purchase_history: equal histories have equal hashes.';

CREATE OPERATOR @extschema@.= (
	FUNCTION = @extschema@.pt_purchase_history_eq,
	LEFTARG = @extschema@.purchase_history,
	RIGHTARG = @extschema@.purchase_history,
	COMMUTATOR = OPERATOR(@extschema@.=),
	NEGATOR = OPERATOR(@extschema@.<>),
	RESTRICT = eqsel,
	JOIN = eqjoinsel,
	HASHES
);
COMMENT ON OPERATOR @extschema@.= (@extschema@.purchase_history, @extschema@.purchase_history) IS
'Equal: the same purchases at the same times, whatever the decimals they are written with, and both or neither with discounts known.';

CREATE OPERATOR @extschema@.<> (
	FUNCTION = @extschema@.pt_purchase_history_ne,
	LEFTARG = @extschema@.purchase_history,
	RIGHTARG = @extschema@.purchase_history,
	COMMUTATOR = OPERATOR(@extschema@.<>),
	NEGATOR = OPERATOR(@extschema@.=),
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);
COMMENT ON OPERATOR @extschema@.<> (@extschema@.purchase_history, @extschema@.purchase_history) IS
'Not equal.';

CREATE OPERATOR CLASS @extschema@.purchase_history_ops
	DEFAULT FOR TYPE @extschema@.purchase_history USING hash AS
	OPERATOR 1 @extschema@.=,
	FUNCTION 1 @extschema@.pt_purchase_history_hash(@extschema@.purchase_history);
COMMENT ON OPERATOR CLASS @extschema@.purchase_history_ops USING hash IS
'Hash operators of purchase_history, for GROUP BY, DISTINCT and hash joins.';
COMMENT ON OPERATOR FAMILY @extschema@.purchase_history_ops USING hash IS
'Hash operators of purchase_history.';

CREATE FUNCTION @extschema@.history_at(history @extschema@.purchase_history, as_of timestamp) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_history_at';
COMMENT ON FUNCTION @extschema@.history_at(@extschema@.purchase_history, timestamp) IS
'The history as it was at as_of: the purchases up to and including that moment. infinity keeps all.';

CREATE FUNCTION @extschema@.history_between(history @extschema@.purchase_history, from_time timestamp, until_time timestamp) RETURNS @extschema@.purchase_history
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_history_between';
COMMENT ON FUNCTION @extschema@.history_between(@extschema@.purchase_history, timestamp, timestamp) IS
'The purchases from from_time, included, to until_time, excluded.';

CREATE FUNCTION @extschema@.purchases(history @extschema@.purchase_history) RETURNS TABLE (purchased_at timestamp, amount numeric, discounted boolean)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20
	AS 'MODULE_PATHNAME', 'pt_purchases';
COMMENT ON FUNCTION @extschema@.purchases(@extschema@.purchase_history) IS
'The purchases of a history as rows, in time order, a return after a purchase of the same time. discounted is NULL in a history that does not know of discounts.';

CREATE FUNCTION @extschema@.order_count(history @extschema@.purchase_history) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_order_count';
COMMENT ON FUNCTION @extschema@.order_count(@extschema@.purchase_history) IS
'Number of orders. Returns do not count.';

CREATE FUNCTION @extschema@.return_count(history @extschema@.purchase_history) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_return_count';
COMMENT ON FUNCTION @extschema@.return_count(@extschema@.purchase_history) IS
'Number of returns: purchases below zero, those of one time being one.';

CREATE FUNCTION @extschema@.discounted_order_count(history @extschema@.purchase_history) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_discounted_order_count';
COMMENT ON FUNCTION @extschema@.discounted_order_count(@extschema@.purchase_history) IS
'Number of orders with a discount. NULL in a history that does not know of discounts.';

CREATE FUNCTION @extschema@.discount_share(history @extschema@.purchase_history) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_discount_share';
COMMENT ON FUNCTION @extschema@.discount_share(@extschema@.purchase_history) IS
'Orders with a discount as a share of all orders, 0 to 1. NULL without an order, or in a history that does not know of discounts.';

CREATE FUNCTION @extschema@.revenue(history @extschema@.purchase_history) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_revenue';
COMMENT ON FUNCTION @extschema@.revenue(@extschema@.purchase_history) IS
'Sum of all amounts, returns included: exactly SUM(amount). NULL in an empty history.';

CREATE FUNCTION @extschema@.average_order_value(history @extschema@.purchase_history) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_average_order_value';
COMMENT ON FUNCTION @extschema@.average_order_value(@extschema@.purchase_history) IS
'Average amount of an order, returns left out. NULL without an order.';

CREATE FUNCTION @extschema@.first_purchase(history @extschema@.purchase_history) RETURNS timestamp
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_first_purchase';
COMMENT ON FUNCTION @extschema@.first_purchase(@extschema@.purchase_history) IS
'Time of the first order. NULL without one.';

CREATE FUNCTION @extschema@.last_purchase(history @extschema@.purchase_history) RETURNS timestamp
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_last_purchase';
COMMENT ON FUNCTION @extschema@.last_purchase(@extschema@.purchase_history) IS
'Time of the last order. NULL without one.';

CREATE FUNCTION @extschema@.recency_days(history @extschema@.purchase_history, as_of timestamp) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_recency_days';
COMMENT ON FUNCTION @extschema@.recency_days(@extschema@.purchase_history, timestamp) IS
'Days since the last order, as RFM understands recency: as_of minus the last order up to as_of, with fractions. NULL if there is none, or as_of is infinite.';

CREATE FUNCTION @extschema@.gap_count(history @extschema@.purchase_history) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_gap_count';
COMMENT ON FUNCTION @extschema@.gap_count(@extschema@.purchase_history) IS
'Number of gaps: one less than the number of different days with an order, or 0.';

CREATE FUNCTION @extschema@.gap_mean(history @extschema@.purchase_history) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_gap_mean';
COMMENT ON FUNCTION @extschema@.gap_mean(@extschema@.purchase_history) IS
'Mean gap in days: a gap is the number of days between two consecutive different days with an order. NULL without a gap.';

CREATE FUNCTION @extschema@.gap_median(history @extschema@.purchase_history) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_gap_median';
COMMENT ON FUNCTION @extschema@.gap_median(@extschema@.purchase_history) IS
'Median gap in days. NULL without a gap.';

CREATE FUNCTION @extschema@.gap_stddev(history @extschema@.purchase_history) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_gap_stddev';
COMMENT ON FUNCTION @extschema@.gap_stddev(@extschema@.purchase_history) IS
'Sample standard deviation of the gaps in days. NULL with less than two gaps.';

CREATE FUNCTION @extschema@.gap_cv(history @extschema@.purchase_history) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_gap_cv';
COMMENT ON FUNCTION @extschema@.gap_cv(@extschema@.purchase_history) IS
'Coefficient of variation of the gaps: their standard deviation divided by their mean. NULL with less than two gaps.';

CREATE FUNCTION @extschema@.gap_quantile(history @extschema@.purchase_history, p double precision) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_gap_quantile';
COMMENT ON FUNCTION @extschema@.gap_quantile(@extschema@.purchase_history, double precision) IS
'Quantile p (0 to 1, else error 22003) of the gaps in days, of type 7 as percentile_cont. NULL without a gap.';

CREATE FUNCTION @extschema@.gap_balance(history @extschema@.purchase_history) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_gap_balance';
COMMENT ON FUNCTION @extschema@.gap_balance(@extschema@.purchase_history) IS
'The second last gap as a share of the last two, 0 to 1: what regularity() averages over customers. NULL with less than two gaps.';

CREATE FUNCTION @extschema@.orders_within(history @extschema@.purchase_history, width interval, as_of timestamp) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_orders_within';
COMMENT ON FUNCTION @extschema@.orders_within(@extschema@.purchase_history, interval, timestamp) IS
'Number of orders in the window of this width that ends with as_of: later than as_of minus width, up to and including as_of. Errors: negative width (22023), infinite as_of (22008).';

CREATE FUNCTION @extschema@.revenue_within(history @extschema@.purchase_history, width interval, as_of timestamp) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_revenue_within';
COMMENT ON FUNCTION @extschema@.revenue_within(@extschema@.purchase_history, interval, timestamp) IS
'Revenue, returns included, in the window of this width that ends with as_of (see orders_within). 0 if nothing was bought in it.';

CREATE FUNCTION @extschema@.days_to_nth_purchase(history @extschema@.purchase_history, n integer) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_days_to_nth_purchase';
COMMENT ON FUNCTION @extschema@.days_to_nth_purchase(@extschema@.purchase_history, integer) IS
'Days from the day of the first order to that of the n-th, counted from 1 (error 22023 for less). NULL if there are not so many.';

CREATE FUNCTION @extschema@.is_late(history @extschema@.purchase_history, as_of timestamp, p double precision DEFAULT 0.9) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_is_late';
COMMENT ON FUNCTION @extschema@.is_late(@extschema@.purchase_history, timestamp, double precision) IS
'Whether the customer is late for the own rhythm: the days from the day of the last order up to as_of, to the day of as_of, are more than the quantile p (0 to 1) of the own gaps up to as_of. NULL without a gap: one purchase has no rhythm.';

CREATE FUNCTION @extschema@.active_periods(history @extschema@.purchase_history, period @extschema@.purchase_period) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_active_periods';
COMMENT ON FUNCTION @extschema@.active_periods(@extschema@.purchase_history, @extschema@.purchase_period) IS
'Number of different calendar periods with an order.';

CREATE FUNCTION @extschema@.repeat_frequency(history @extschema@.purchase_history, as_of timestamp, merge @extschema@.purchase_period DEFAULT 'day') RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_repeat_frequency';
COMMENT ON FUNCTION @extschema@.repeat_frequency(@extschema@.purchase_history, timestamp, @extschema@.purchase_period) IS
'x of Fader and Hardie, over the orders up to and including as_of, where orders of one period (merge, by default a day) are one. The number of periods with an order after the first. NULL without an order.';

CREATE FUNCTION @extschema@.last_repeat(history @extschema@.purchase_history, as_of timestamp, merge @extschema@.purchase_period DEFAULT 'day', unit @extschema@.purchase_period DEFAULT 'week') RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_last_repeat';
COMMENT ON FUNCTION @extschema@.last_repeat(@extschema@.purchase_history, timestamp, @extschema@.purchase_period, @extschema@.purchase_period) IS
't_x of Fader and Hardie, over the orders up to and including as_of, where orders of one period (merge, by default a day) are one. The time from the first period to the last; 0 if x is 0. NULL without an order. unit is the unit of the result: periods are counted if it is merge, else days are divided by its length (week 7 days, month 30.436875, quarter 91.310625, year 365.2425).';

CREATE FUNCTION @extschema@.customer_age(history @extschema@.purchase_history, as_of timestamp, merge @extschema@.purchase_period DEFAULT 'day', unit @extschema@.purchase_period DEFAULT 'week') RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_customer_age';
COMMENT ON FUNCTION @extschema@.customer_age(@extschema@.purchase_history, timestamp, @extschema@.purchase_period, @extschema@.purchase_period) IS
'T of Fader and Hardie, over the orders up to and including as_of, where orders of one period (merge, by default a day) are one. The time from the first period to that of as_of. NULL without an order. unit is the unit of the result: periods are counted if it is merge, else days are divided by its length (week 7 days, month 30.436875, quarter 91.310625, year 365.2425).';

CREATE FUNCTION @extschema@.repeat_spend(history @extschema@.purchase_history, as_of timestamp, merge @extschema@.purchase_period DEFAULT 'day') RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_repeat_spend';
COMMENT ON FUNCTION @extschema@.repeat_spend(@extschema@.purchase_history, timestamp, @extschema@.purchase_period) IS
'm of Fader and Hardie, over the orders up to and including as_of, where orders of one period (merge, by default a day) are one. The mean of what was spent in a period after the first, returns left out. NULL if x is 0.';

CREATE FUNCTION @extschema@.repeat_summary(history @extschema@.purchase_history, as_of timestamp, merge @extschema@.purchase_period DEFAULT 'day', unit @extschema@.purchase_period DEFAULT 'week',
	OUT repeat_frequency bigint, OUT last_repeat double precision, OUT customer_age double precision, OUT repeat_spend numeric) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_repeat_summary';
COMMENT ON FUNCTION @extschema@.repeat_summary(@extschema@.purchase_history, timestamp, @extschema@.purchase_period, @extschema@.purchase_period) IS
'x, t_x, T and m (repeat_frequency, last_repeat, customer_age, repeat_spend) from one reading of the history. NULL without an order. unit is the unit of the result: periods are counted if it is merge, else days are divided by its length (week 7 days, month 30.436875, quarter 91.310625, year 365.2425).';

CREATE FUNCTION @extschema@.calibration_holdout(history @extschema@.purchase_history, calibration_end timestamp, holdout_end timestamp, merge @extschema@.purchase_period DEFAULT 'day', unit @extschema@.purchase_period DEFAULT 'week',
	OUT repeat_frequency bigint, OUT last_repeat double precision, OUT customer_age double precision, OUT repeat_spend numeric,
	OUT holdout_frequency bigint, OUT holdout_spend numeric, OUT holdout_length double precision) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_calibration_holdout';
COMMENT ON FUNCTION @extschema@.calibration_holdout(@extschema@.purchase_history, timestamp, timestamp, @extschema@.purchase_period, @extschema@.purchase_period) IS
'The split of a history at calibration_end: x, t_x, T and m of the orders up to and including it, and of the periods after that of calibration_end, up to holdout_end: the number with an order, the mean of what was spent in one, and the length of that time in units. Both parts follow one rule. NULL for a customer whose first order is after calibration_end. holdout_end before calibration_end is error 22023.';

CREATE FUNCTION @extschema@.purchase_summary(history @extschema@.purchase_history, as_of timestamp,
	OUT order_count bigint, OUT return_count bigint, OUT discounted_order_count bigint, OUT discount_share double precision,
	OUT revenue numeric, OUT average_order_value numeric, OUT first_purchase timestamp, OUT last_purchase timestamp,
	OUT recency_days double precision, OUT gap_count bigint, OUT gap_mean double precision, OUT gap_median double precision,
	OUT gap_stddev double precision, OUT gap_cv double precision) RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_purchase_summary';
COMMENT ON FUNCTION @extschema@.purchase_summary(@extschema@.purchase_history, timestamp) IS
'The usual columns from one reading of the history as it was at as_of; each is what the function of its name says of history_at(history, as_of).';

CREATE FUNCTION @extschema@.pt_regularity_accum(state bigint[], history @extschema@.purchase_history) RETURNS bigint[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_regularity_accum';
COMMENT ON FUNCTION @extschema@.pt_regularity_accum(bigint[], @extschema@.purchase_history) IS
'Aggregate transition function of regularity.';

CREATE FUNCTION @extschema@.pt_regularity_combine(state bigint[], other bigint[]) RETURNS bigint[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_regularity_combine';
COMMENT ON FUNCTION @extschema@.pt_regularity_combine(bigint[], bigint[]) IS
'Aggregate combine function of regularity.';

CREATE FUNCTION @extschema@.pt_regularity_final(state bigint[]) RETURNS double precision
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_regularity_final';
COMMENT ON FUNCTION @extschema@.pt_regularity_final(bigint[]) IS
'Aggregate final function of regularity.';

CREATE AGGREGATE @extschema@.regularity(history @extschema@.purchase_history) (
	SFUNC = @extschema@.pt_regularity_accum,
	STYPE = bigint[],
	SSPACE = 48,
	FINALFUNC = @extschema@.pt_regularity_final,
	COMBINEFUNC = @extschema@.pt_regularity_combine,
	INITCOND = '{0,0,0}',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.regularity(@extschema@.purchase_history) IS
'Regularity of purchase timing over customers (Wheat and Morrison 1990): the shape k of Gamma distributed gaps; 1 is purely random, more is regular. k = (1 - 4v) / (8v) with v = mean((M - 1/2)^2), M the share of the second last in the last two gaps (gap_balance); this form needs no random choice. Customers with less than two gaps are left out; NULL if none is left, or if all M are 1/2.';
