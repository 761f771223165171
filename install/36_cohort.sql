-- cohort: retention, revenue and lifecycle of customers by the period of their first order

CREATE TYPE @extschema@.retention_mode AS ENUM ('on', 'on_or_after');
COMMENT ON TYPE @extschema@.retention_mode IS
'Who is retained at an offset: on, members with an order in that period; on_or_after, members with an order in that period or a later one (up to as_of).';

CREATE TYPE @extschema@.retention_base AS ENUM ('first', 'previous');
COMMENT ON TYPE @extschema@.retention_base IS
'What retained members are divided by: first, the size of the cohort; previous, the members retained one period before.';

CREATE TYPE @extschema@.cohort_table;

CREATE FUNCTION @extschema@.cohort_table_in(cstring) RETURNS @extschema@.cohort_table
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_table_in';
COMMENT ON FUNCTION @extschema@.cohort_table_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.cohort_table_out(@extschema@.cohort_table) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_table_out';
COMMENT ON FUNCTION @extschema@.cohort_table_out(@extschema@.cohort_table) IS 'I/O';

CREATE FUNCTION @extschema@.cohort_table_recv(internal) RETURNS @extschema@.cohort_table
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_table_recv';
COMMENT ON FUNCTION @extschema@.cohort_table_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.cohort_table_send(@extschema@.cohort_table) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_table_send';
COMMENT ON FUNCTION @extschema@.cohort_table_send(@extschema@.cohort_table) IS 'I/O';

CREATE TYPE @extschema@.cohort_table (
	INPUT = @extschema@.cohort_table_in,
	OUTPUT = @extschema@.cohort_table_out,
	RECEIVE = @extschema@.cohort_table_recv,
	SEND = @extschema@.cohort_table_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.cohort_table IS
'Customers by cohort (the period of their first order) and by period since, as of a moment: how many were active, how often, and their exact revenue. It can be stored, merged by rollup() and +, and asked by cohort_retention(), cohort_revenue(), lifecycle() and stickiness(). Size: 48 bytes for each cohort and period, whatever the number of customers; at most 4096 periods. Text form: 1 month 2024-05-01T00:00:00 day 2 {2024-05-01 [2 2 0 2 30.00]}, in which a cell has the members active, last active, active also in the period before, active in so many periods in all as its place says, and the revenue.';

CREATE FUNCTION @extschema@.pt_cohort_table_accum(state @extschema@.cohort_table, history @extschema@.purchase_history, as_of timestamp, period @extschema@.purchase_period) RETURNS @extschema@.cohort_table
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_table_accum';
COMMENT ON FUNCTION @extschema@.pt_cohort_table_accum(@extschema@.cohort_table, @extschema@.purchase_history, timestamp, @extschema@.purchase_period) IS
'Aggregate transition function of cohort_table.';

CREATE FUNCTION @extschema@.pt_cohort_table_combine(state @extschema@.cohort_table, other @extschema@.cohort_table) RETURNS @extschema@.cohort_table
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_table_combine';
COMMENT ON FUNCTION @extschema@.pt_cohort_table_combine(@extschema@.cohort_table, @extschema@.cohort_table) IS
'Aggregate combine function of cohort_table and rollup.';

CREATE FUNCTION @extschema@.pt_cohort_table_rollup(state @extschema@.cohort_table, other @extschema@.cohort_table) RETURNS @extschema@.cohort_table
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_table_rollup';
COMMENT ON FUNCTION @extschema@.pt_cohort_table_rollup(@extschema@.cohort_table, @extschema@.cohort_table) IS
'Aggregate transition function of rollup(cohort_table).';

CREATE FUNCTION @extschema@.pt_cohort_table_final(state @extschema@.cohort_table) RETURNS @extschema@.cohort_table
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_table_final';
COMMENT ON FUNCTION @extschema@.pt_cohort_table_final(@extschema@.cohort_table) IS
'Aggregate final function of cohort_table: orders and packs.';

CREATE AGGREGATE @extschema@.cohort_table(history @extschema@.purchase_history, as_of timestamp, period @extschema@.purchase_period) (
	SFUNC = @extschema@.pt_cohort_table_accum,
	STYPE = @extschema@.cohort_table,
	SSPACE = 8192,
	FINALFUNC = @extschema@.pt_cohort_table_final,
	COMBINEFUNC = @extschema@.pt_cohort_table_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.cohort_table(@extschema@.purchase_history, timestamp, @extschema@.purchase_period) IS
'Customers by cohort, from one history each. A cohort is all customers whose first order is in one period. Orders and returns after as_of are left out. Returns count in the revenue of the period they fall in (before the first order: of that of the first order), never as activity; a customer without an order is in no cohort. NULL histories are skipped; no other gives NULL. as_of and period must be the same in every row (error 22023) and not NULL (22004), as_of finite (22008), and no more than 4096 periods from the first order to it (54000).';

CREATE AGGREGATE @extschema@.rollup(cohorts @extschema@.cohort_table) (
	SFUNC = @extschema@.pt_cohort_table_rollup,
	STYPE = @extschema@.cohort_table,
	SSPACE = 8192,
	FINALFUNC = @extschema@.pt_cohort_table_final,
	COMBINEFUNC = @extschema@.pt_cohort_table_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.cohort_table) IS
'The customers of many cohort tables in one, for example of all countries. Each customer must be in one of them only. as_of and period must be the same in all (error 22023). NULLs are skipped.';

CREATE FUNCTION @extschema@.pt_cohort_table_add(a @extschema@.cohort_table, b @extschema@.cohort_table) RETURNS @extschema@.cohort_table
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_table_add';
COMMENT ON FUNCTION @extschema@.pt_cohort_table_add(@extschema@.cohort_table, @extschema@.cohort_table) IS
'Implementation of the operator + of cohort_table.';

CREATE OPERATOR @extschema@.+ (
	FUNCTION = @extschema@.pt_cohort_table_add,
	LEFTARG = @extschema@.cohort_table,
	RIGHTARG = @extschema@.cohort_table,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.cohort_table, @extschema@.cohort_table) IS
'The customers of both cohort tables, of which each must be in one only; NULL if one is NULL.';

CREATE FUNCTION @extschema@.cohort_retention(cohorts @extschema@.cohort_table, mode @extschema@.retention_mode DEFAULT 'on', base @extschema@.retention_base DEFAULT 'first')
	RETURNS TABLE (cohort_start date, period_offset integer, period_start date, cohort_size bigint, active bigint, retention double precision, is_complete boolean)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_retention';
COMMENT ON FUNCTION @extschema@.cohort_retention(@extschema@.cohort_table, @extschema@.retention_mode, @extschema@.retention_base) IS
'How many members of each cohort were retained at each offset: a row for every cohort that has members and every period from its first (offset 0) to that of as_of, zeros included. active: members retained, as mode says. retention: their share in what base says; 1 at offset 0, NULL where that is 0, and with base previous it can exceed 1. is_complete: the period is over at as_of, which covers the whole of its day if all purchases are dates, and else the whole of its second, or microsecond.';

CREATE FUNCTION @extschema@.cohort_retention_mean(cohorts @extschema@.cohort_table, mode @extschema@.retention_mode DEFAULT 'on', base @extschema@.retention_base DEFAULT 'first')
	RETURNS TABLE (period_offset integer, cohort_count bigint, cohort_members bigint, active bigint, mean_retention double precision, weighted_retention double precision)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_retention_mean';
COMMENT ON FUNCTION @extschema@.cohort_retention_mean(@extschema@.cohort_table, @extschema@.retention_mode, @extschema@.retention_base) IS
'Retention at each offset over the cohorts for which that period is complete: their number, their members in all, of these the retained. mean_retention: each cohort counts the same (left out if it would be divided by 0). weighted_retention: each member counts the same, the sum of the retained divided by the sum of what base says. Both are NULL where there is no such cohort.';

CREATE FUNCTION @extschema@.cohort_revenue(cohorts @extschema@.cohort_table)
	RETURNS TABLE (cohort_start date, period_offset integer, period_start date, cohort_size bigint, revenue numeric, cumulative_revenue numeric, cumulative_revenue_per_member numeric, revenue_retention double precision, is_complete boolean)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_cohort_revenue';
COMMENT ON FUNCTION @extschema@.cohort_revenue(@extschema@.cohort_table) IS
'Revenue of each cohort at each offset, in the rows of cohort_retention: exact, returns included. cumulative_revenue: from offset 0 on; per member: divided by the size of the cohort (what a customer is worth after so many periods). revenue_retention: revenue as a share of that at offset 0; NULL where that is 0 or less.';

CREATE FUNCTION @extschema@.lifecycle(cohorts @extschema@.cohort_table)
	RETURNS TABLE (period_start date, new_customers bigint, returning_customers bigint, resurrecting_customers bigint, dormant_customers bigint, is_complete boolean)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_lifecycle';
COMMENT ON FUNCTION @extschema@.lifecycle(@extschema@.cohort_table) IS
'What customers did in each period, from the first cohort to that of as_of: new, the first order; returning, active in the period before, too; resurrecting, active earlier but not in the period before; dormant, active in the period before but not in this one, as a negative number. The first three add up to the active customers.';

CREATE FUNCTION @extschema@.stickiness(cohorts @extschema@.cohort_table)
	RETURNS TABLE (active_periods integer, customers bigint, customer_share double precision)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_stickiness';
COMMENT ON FUNCTION @extschema@.stickiness(@extschema@.cohort_table) IS
'How many customers had orders in exactly 1, 2, 3, ... periods up to as_of (also a period that is not complete), and their share in all customers; up to the largest number that occurs, zeros before it included.';

CREATE FUNCTION @extschema@.active_period_rows(history @extschema@.purchase_history, as_of timestamp, period @extschema@.purchase_period)
	RETURNS TABLE (period_start date, period_offset integer, order_count bigint, revenue numeric)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20
	AS 'MODULE_PATHNAME', 'pt_active_period_rows';
COMMENT ON FUNCTION @extschema@.active_period_rows(@extschema@.purchase_history, timestamp, @extschema@.purchase_period) IS
'One customer''s periods in which there was an order or a return up to as_of: their distance from the period of the first order (below 0 for returns before it), the number of orders (0 if there were only returns), and the revenue, returns included. No rows without an order.';

-- by what the first order was

CREATE TYPE @extschema@.acquisition_set;

CREATE FUNCTION @extschema@.acquisition_set_in(cstring) RETURNS @extschema@.acquisition_set
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_acquisition_set_in';
COMMENT ON FUNCTION @extschema@.acquisition_set_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.acquisition_set_out(@extschema@.acquisition_set) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_acquisition_set_out';
COMMENT ON FUNCTION @extschema@.acquisition_set_out(@extschema@.acquisition_set) IS 'I/O';

CREATE FUNCTION @extschema@.acquisition_set_recv(internal) RETURNS @extschema@.acquisition_set
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_acquisition_set_recv';
COMMENT ON FUNCTION @extschema@.acquisition_set_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.acquisition_set_send(@extschema@.acquisition_set) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_acquisition_set_send';
COMMENT ON FUNCTION @extschema@.acquisition_set_send(@extschema@.acquisition_set) IS 'I/O';

CREATE TYPE @extschema@.acquisition_set (
	INPUT = @extschema@.acquisition_set_in,
	OUTPUT = @extschema@.acquisition_set_out,
	RECEIVE = @extschema@.acquisition_set_recv,
	SEND = @extschema@.acquisition_set_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.acquisition_set IS
'Customers by what their first order was: of each its month, its values of dimensions and flags, and the months with an order or a return since (120 at most), with their exact revenue, and what they earned where margins were given. It can be stored, merged by rollup(), and asked by acquisition_rows(). Text form: 1 {"tea", "web"} {[2024-05-01 2 (3:0 4:1) 0*30.00 3+-5.00]}: version, values, and customers: month, decimals of the revenue, elements with the numbers of their values, counted from 0, and for each month with an order (*) or with returns only (+) how many months it is after the first, and its revenue, where margins were given followed by /margin/revenue without a known cost. Customers are in the order in which they came. Limit: 1 GB a value.';

CREATE FUNCTION @extschema@.pt_acquisition_set_accum(state @extschema@.acquisition_set, history @extschema@.purchase_history, lines @extschema@.purchase_lines, as_of timestamp, elements integer[], codes @extschema@.dimension_codes) RETURNS @extschema@.acquisition_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_acquisition_set_accum';
COMMENT ON FUNCTION @extschema@.pt_acquisition_set_accum(@extschema@.acquisition_set, @extschema@.purchase_history, @extschema@.purchase_lines, timestamp, integer[], @extschema@.dimension_codes) IS
'Aggregate transition function of acquisition_set.';

CREATE FUNCTION @extschema@.pt_acquisition_set_combine(state @extschema@.acquisition_set, other @extschema@.acquisition_set) RETURNS @extschema@.acquisition_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_acquisition_set_combine';
COMMENT ON FUNCTION @extschema@.pt_acquisition_set_combine(@extschema@.acquisition_set, @extschema@.acquisition_set) IS
'Aggregate combine function of acquisition_set and rollup.';

CREATE FUNCTION @extschema@.pt_acquisition_set_rollup(state @extschema@.acquisition_set, other @extschema@.acquisition_set) RETURNS @extschema@.acquisition_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_acquisition_set_rollup';
COMMENT ON FUNCTION @extschema@.pt_acquisition_set_rollup(@extschema@.acquisition_set, @extschema@.acquisition_set) IS
'Aggregate transition function of rollup(acquisition_set).';

CREATE AGGREGATE @extschema@.acquisition_set(history @extschema@.purchase_history, lines @extschema@.purchase_lines, as_of timestamp, elements integer[], codes @extschema@.dimension_codes) (
	SFUNC = @extschema@.pt_acquisition_set_accum,
	STYPE = @extschema@.acquisition_set,
	SSPACE = 1024,
	COMBINEFUNC = @extschema@.pt_acquisition_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.acquisition_set(@extschema@.purchase_history, @extschema@.purchase_lines, timestamp, integer[], @extschema@.dimension_codes) IS
'Customers by what their first order was, from one history and the lines of each. The first order is the first one up to as_of with known amounts that are not below 0 in all; orders of one time are one. elements: numbers of dimensions of the lines, from 1, -8 for discounted and -9 for subscribed; at most eight. A customer is in each value that a line of the first order has, without returns; a flag is Yes if one line has it. codes gives codes their texts, and may be NULL if the lines have no codes. Revenue has returns in it; those before the first order are in its month. Customers without an order, and rows with a NULL history or NULL lines, are skipped; no other gives NULL. Errors: as_of or elements NULL (22004), as_of infinite (22008), no such element, too many, or a code without a text (22023), more than 1 GB (54000).';

CREATE FUNCTION @extschema@.pt_acquisition_set_accum(state @extschema@.acquisition_set, history @extschema@.purchase_history, lines @extschema@.purchase_lines, as_of timestamp, elements integer[], codes @extschema@.dimension_codes, margins @extschema@.purchase_lines) RETURNS @extschema@.acquisition_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_acquisition_set_accum';
COMMENT ON FUNCTION @extschema@.pt_acquisition_set_accum(@extschema@.acquisition_set, @extschema@.purchase_history, @extschema@.purchase_lines, timestamp, integer[], @extschema@.dimension_codes, @extschema@.purchase_lines) IS
'Aggregate transition function of acquisition_set with margins.';

CREATE AGGREGATE @extschema@.acquisition_set(history @extschema@.purchase_history, lines @extschema@.purchase_lines, as_of timestamp, elements integer[], codes @extschema@.dimension_codes, margins @extschema@.purchase_lines) (
	SFUNC = @extschema@.pt_acquisition_set_accum,
	STYPE = @extschema@.acquisition_set,
	SSPACE = 1024,
	COMBINEFUNC = @extschema@.pt_acquisition_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.acquisition_set(@extschema@.purchase_history, @extschema@.purchase_lines, timestamp, integer[], @extschema@.dimension_codes, @extschema@.purchase_lines) IS
'The same with what each month earned. margins are lines of the customer up to as_of whose amount is the margin, amount minus cost, NULL where either is not known, and whose rating is the amount of those without a known cost, NULL in all others. A line counts in its month, or the month before in which the history has something; those before the first order in its month. NULL margins: nothing is known of the customer''s costs.';

CREATE AGGREGATE @extschema@.rollup(acquisitions @extschema@.acquisition_set) (
	SFUNC = @extschema@.pt_acquisition_set_rollup,
	STYPE = @extschema@.acquisition_set,
	SSPACE = 1024,
	COMBINEFUNC = @extschema@.pt_acquisition_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.acquisition_set) IS
'The customers of many sets in one, for example of all shops. Each customer must be in one of them only. NULLs are skipped. More than 1 GB is error 54000.';

CREATE FUNCTION @extschema@.acquisition_rows(acquisitions @extschema@.acquisition_set, as_of_end timestamp, max_values integer DEFAULT 20)
	RETURNS TABLE (element integer, value text, value_rank integer, month_offset integer, acquired bigint, customers bigint, retained bigint, revenue numeric, cumulative_revenue numeric, is_complete boolean,
		margin numeric, cumulative_margin numeric, uncosted_revenue numeric, cumulative_uncosted_revenue numeric)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000
	AS 'MODULE_PATHNAME', 'pt_acquisition_rows';
COMMENT ON FUNCTION @extschema@.acquisition_rows(@extschema@.acquisition_set, timestamp, integer) IS
'What became of the customers that came in by each value: a row for each value of each element and each month since the first order (from 0), as long as it is over at as_of_end for one customer. acquired: all customers of the value. customers: those for whom the month is over, of which all further columns are; is_complete: whether these are all. retained: with an order in the month; revenue: of the month; cumulative_revenue: up to and including it; margin: what lines of a known cost earned in it; uncosted_revenue: revenue of the other lines, and of customers without margins; both NULL if the set has no margins. value_rank: by acquired, then by bytes; beyond max_values (1 to 1000) all values together are one, which is NULL; a customer is in it once. Element -3 is the month of the first order, as YYYY-MM. No rows for NULL. An infinite as_of_end is error 22008, max_values out of range 22023.';

CREATE FUNCTION @extschema@.first_order_value(lines @extschema@.purchase_lines, dimension integer, codes @extschema@.dimension_codes) RETURNS text
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_first_order_value';
COMMENT ON FUNCTION @extschema@.first_order_value(@extschema@.purchase_lines, integer, @extschema@.dimension_codes) IS
'The value that the first order of a customer has of a dimension, given by its number; where the order has several, that of the line with the largest amount. codes are those that the lines were made with, as dimension_codes() makes them; NULL will do if texts stand in the lines. NULL without an order, where the value is not known, and for NULL lines or dimension. Errors: no such dimension, or a code that codes do not have (22023).';
