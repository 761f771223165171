-- simulate: generated data, for demos, tests and benchmarks

CREATE FUNCTION @extschema@.simulate_customers(
	n integer,
	seed bigint DEFAULT 1)
RETURNS TABLE (
	customer_id bigint,
	age integer,
	gender text,
	item_purchased text,
	category text,
	purchase_amount numeric,
	location text,
	size text,
	color text,
	season text,
	review_rating numeric,
	subscription_status text,
	shipping_type text,
	discount_applied text,
	promo_code_used text,
	previous_purchases integer,
	payment_method text,
	frequency_of_purchases text)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000
	AS 'MODULE_PATHNAME', 'pt_simulate_customers';
COMMENT ON FUNCTION @extschema@.simulate_customers(integer, bigint) IS
'Invented customers of a clothes shop, one row each with their latest purchase and no date: the undated shape of input. n: how many, with customer_id 1 to n (0 gives no rows, a negative number is an error, NULL for n or seed gives no rows). seed: any bigint; the same seed gives the same rows on every machine, and fewer rows are the first of more rows. purchase_amount is in currency units with two decimals, net of discount; review_rating is 1.0 to 5.0, and NULL in about 1 % of the rows; age is in years, 18 to 79; previous_purchases is 1 to 50; promo_code_used always equals discount_applied. Products depend on gender, age and season; discounts on season and customer; subscriptions on previous purchases; ratings on the product.';

CREATE FUNCTION @extschema@.simulate_purchases(
	customers integer,
	days integer,
	seed bigint DEFAULT 1)
RETURNS TABLE (
	order_id bigint,
	customer_id bigint,
	purchased_at timestamp,
	product text,
	category text,
	quantity integer,
	unit_price numeric,
	amount numeric,
	discount_amount numeric,
	discounted boolean,
	gender text,
	age integer,
	location text,
	channel text)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000
	AS 'MODULE_PATHNAME', 'pt_simulate_purchases';
COMMENT ON FUNCTION @extschema@.simulate_purchases(integer, integer, bigint) IS
'Invented purchases of a clothes shop, one row per order line with its time: the dated shape of input. The process is known, with its constants in simulation_truth() and its formulas in docs/simulate.md: BG/NBD timing with a trend, a yearly season, weekdays and hours; Gamma-Gamma order sums; discounts with a known effect; returns. customers: how many, with customer_id 1 to customers (0 gives no rows, a negative number is an error). days: length of the period, 1 to 36500, or else an error (22023); all times are in [2024-01-01, 2024-01-01 + days), in the shop''s local time. seed: any bigint; the same arguments give the same rows on every machine, and fewer customers are the first of more customers. NULL for an argument gives no rows. Rows come customer by customer, each with his orders in time order and each order before what is returned of it; all lines of an order have the same time. amount is quantity * unit_price - discount_amount, in currency units with two decimals; a return is an order of its own with the price that was paid, negative quantity and amount, and no discount. Gender, age (in years, 18 to 79), location and channel (web, shop, app) are the customer''s, the same on each line.';

CREATE FUNCTION @extschema@.simulation_truth()
RETURNS TABLE (
	parameter text,
	value double precision,
	meaning text)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 31
	AS 'MODULE_PATHNAME', 'pt_simulation_truth';
COMMENT ON FUNCTION @extschema@.simulation_truth() IS
'The constants of the process behind simulate_purchases, one row each, to compare what an analysis finds with what is true: r, alpha, a and b of the BG/NBD timing, p, q and gamma of the order sums, trend, season and weekdays, probability and effect of discounts, share and delay of returns. docs/simulate.md has the formulas.';
