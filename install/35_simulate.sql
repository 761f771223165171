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
