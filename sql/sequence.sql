-- the orders of customers one after the other, and what is bought next

CREATE FUNCTION pg_temp.error_code(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

-- rows of one time are one order; an item counts once in it; without an item it is an order
CREATE TEMP TABLE bought (customer_id int, at timestamp, item text);
INSERT INTO bought VALUES (1, '2024-01-01 10:00', 'tea'), (1, '2024-01-01 10:00', 'bun'), (1, '2024-01-01 10:00', 'tea'), (1, '2024-01-01 18:00', 'tea'), (1, '2024-01-11', 'jam'),
	(2, '2024-01-05', 'tea'), (2, '2024-01-08', 'jam'), (2, '2024-03-05', 'jam'), (3, '2024-01-31', 'tea'), (3, '2024-02-03', NULL), (4, '2024-03-20', 'tea'), (4, '2024-03-21', 'jam'), (5, '2024-02-10', 'tea'),
	(NULL, '2024-02-10', 'tea'), (6, NULL, 'tea');
SELECT sequence_set(customer_id, at, item) FROM bought;
SELECT customer_count(s), order_count(s) FROM (SELECT sequence_set(customer_id, at, item) AS s FROM bought) AS x;

-- within 10 days, up to 30 March; by hand: tea in (1, 10:00), (1, 18:00), 2, 3, 4, 5: of six orders five were followed, two by jam within 10 days
-- after 18:00 (10 days) and 3 days and 1 day: jam three times; tea and bun were followed by tea
SELECT product, next_product, is_same, order_count AS n, customer_count AS customers, product_orders AS orders, followed_orders AS followed, product_customers AS buyers, next_orders, followed_orders_total AS total,
	round(share::numeric, 4) AS share, round(share_low::numeric, 4) AS low, round(share_high::numeric, 4) AS high, round(share_of_orders::numeric, 4) AS of_orders, round(lift::numeric, 4) AS lift, median_days AS days
FROM (SELECT sequence_set(customer_id, at, item) AS s FROM bought) AS x, next_products(s, 10, '2024-03-30', min_count => 1);
-- the interval is that of wilson_interval()
SELECT count(*) FROM (SELECT sequence_set(customer_id, at, item) AS s FROM bought) AS x, next_products(s, 10, '2024-03-30', min_count => 1, confidence => 0.8) AS n, wilson_interval(order_count, followed_orders, 0.8) AS w
WHERE (share, share_low, share_high) IS DISTINCT FROM (w.proportion, w.ci_low, w.ci_high);
-- orders whose days were not over do not count: customer 4 does not on the 29th, nor does anybody in January
SELECT d AS as_of, sum(order_count) FILTER (WHERE product = 'tea' AND next_product = 'jam') AS n, max(product_orders) FILTER (WHERE product = 'tea') AS orders, max(followed_orders_total) AS total
FROM (SELECT sequence_set(customer_id, at, item) AS s FROM bought) AS x, unnest('{2024-01-10,2024-01-11,2024-01-17,2024-03-29,2024-03-30,2024-03-31,NULL}'::date[]) AS d, next_products(s, 10, d, min_count => 1) GROUP BY 1 ORDER BY 1;

-- text, stored and merged; unfinished states keep their rows
SELECT '1 {"a\"b", "c"} {[0001-01-01 (0 1) +3 () +0 (1)], [-0044-03-15 (1)], #5@2024-01-05T10:00:00.000000=0, #"k"@2024-01-05T10:00:00.000000=~}'::sequence_set;
SELECT rollup(s) FROM (VALUES ('1 {"a\"b", "c"} {[0001-01-01 (0 1) +3 () +0 (1)], #5@2024-01-05T10:00:00.000001=0}'::sequence_set), ('1 {"b"} {#5@2024-01-05T10:00:00.000001=0, #5@2024-01-04T23:59:59.999999=~, #"5"@2024-01-04T00:00:00=0}'), (NULL)) AS v(s);
SELECT '1 {"b"} {[2024-01-01 (0)]}'::sequence_set + '1 {"a"} {[2024-01-01 (0)]}'::sequence_set AS both, sequence_set(NULL::int, NULL, NULL) AS none;
SELECT count(*) FROM next_products('1 {} {}') AS a, next_products(NULL) AS b;
SELECT t, pg_temp.error_code(format('SELECT %L::sequence_set', t)) FROM unnest(ARRAY['', '2 {} {}', '1 {"a} {}', '1 {"a"} {[]}', '1 {"a"} {[2024-01-01]}', '1 {"a"} {[2024-01-01 (1)]}', '1 {"a"} {[2024-02-30 (0)]}',
	'1 {"a"} {[2024-01-01T10:00:00 (0)]}', '1 {"a"} {[2024-01-01 (0) +-1 (0)]}', '1 {"a"} {[2024-01-01 (0) +99999999999 (0)]}', '1 {"a"} {[2024-01-01 (0)] }', '1 {} {#x@2024-01-01=~}', '1 {} {#5@2024-01-01=0}', '1 {} {} ']) AS t;

-- what is not taken
SELECT sequence_set(1, 'infinity', 'tea');
SELECT count(*) FROM next_products('1 {} {}', 0);
SELECT count(*) FROM next_products('1 {} {}', 10, 'infinity');
SELECT count(*) FROM next_products('1 {} {}', min_support => 'NaN');
SELECT count(*) FROM next_products('1 {} {}', min_together => 0);
SELECT f, pg_temp.error_code(format('SELECT count(*) FROM next_products(''1 {} {}'', %s)', f)) FROM unnest(ARRAY['NULL', '36501', 'min_support => 0', 'min_support => 1.1', 'min_support => NULL', 'min_count => 0', 'min_together => NULL',
	'confidence => 1', 'confidence => 0', 'confidence => NULL', 'max_memory_mb => 0', 'max_memory_mb => NULL', 'as_of => ''-infinity''']) AS f;
-- a count that is too large says what would fit, and that does
CREATE TEMP TABLE wide AS SELECT sequence_set(g / 8, timestamp '2024-01-01' + g % 8 * interval '1 day', 'item ' || g * g % 9973) AS s FROM generate_series(1::bigint, 200000) AS g;
SELECT count(*) FROM wide, next_products(s, 7, '2024-02-01', min_count => 1, max_memory_mb => 8);
SELECT count(*) AS fits FROM wide, next_products(s, 7, '2024-02-01', min_count => 64, min_together => 64, max_memory_mb => 8);
SELECT count(*) FROM wide, next_products(s, 7, '2024-02-01', min_count => 1, max_memory_mb => 1);

-- from lines: two orders and a return of one customer
CREATE TEMP TABLE lines AS
SELECT l, '1 {1:0 "web", 2:0 "bun", 2:1 "tea"}'::dimension_codes AS codes
FROM (VALUES ('1 2 {(2024-01-05 10.00 ~ ~ ~ ~ 0 0; 2024-01-05 5.00 ~ ~ ~ ~ 0 1), (2024-02-01 -5.00 ~ ~ ~ ~ 0 1), (2024-03-01 3.00 ~ ~ ~ ~ 0 "jam"; 2024-03-01 -1.00 ~ ~ ~ ~ 0 0; 2024-03-01 ~ ~ ~ ~ ~ 0 ~), (2024-03-01 1 ~ ~ ~ ~ 0 1), (~ 1 ~ ~ ~ ~ 0 1)}'::purchase_lines),
	('1 2 {(2024-02-01 -5.00 ~ ~ ~ ~ 0 1)}'), ('1 0 {}'), ('1 2 {(~ ~ ~ ~ ~ ~ ~ ~)}'), (NULL), ('1 2 {(1969-12-31T23:00:00 1 ~ ~ ~ ~ 0 0)}')) AS v(l);
SELECT sequence_set(l, 2, codes) AS products, sequence_set(l, 1, codes) AS channel FROM lines;
SELECT sequence_set(l, 2, NULL) FROM lines;
SELECT sequence_set(l, 3, codes) FROM lines;
SELECT sequence_set(l, 0, codes) FROM lines;
SELECT sequence_set(l, NULL, codes) FROM lines;

-- the same as from rows, and as counted by plain SQL
CREATE TEMP TABLE orders AS SELECT * FROM simulate_purchases(400, 365, 7);
CREATE TEMP TABLE seqs AS SELECT sequence_set(customer_id, purchased_at, product) FILTER (WHERE amount >= 0 OR amount IS NULL) AS s FROM orders;
SELECT by_lines::text = s::text AS same, order_count(s) > 1000 AS many
FROM seqs, (SELECT sequence_set(l, 2, NULL) AS by_lines FROM (SELECT purchase_lines(order_id, purchased_at, amount, NULL, NULL, NULL, NULL, ARRAY[category, product], NULL) AS l FROM orders GROUP BY customer_id) AS c) AS a;
CREATE TEMP TABLE plain AS
WITH o AS (SELECT customer_id, purchased_at AS at, array_remove(array_agg(DISTINCT product), NULL) AS items FROM orders WHERE amount >= 0 OR amount IS NULL GROUP BY 1, 2),
	n AS (SELECT o.*, lead(items) OVER w AS next_items, lead(at) OVER w AS next_at FROM o WINDOW w AS (PARTITION BY customer_id ORDER BY at)),
	c AS (SELECT *, coalesce(next_at::date - at::date <= 30, false) AS followed FROM n WHERE at::date + 30 <= (SELECT max(purchased_at)::date FROM orders WHERE amount >= 0 OR amount IS NULL)),
	a AS (SELECT i AS product, count(*) AS orders, count(*) FILTER (WHERE followed) AS followed, count(DISTINCT customer_id) AS customers FROM c, unnest(items) AS i GROUP BY 1),
	b AS (SELECT i AS product, count(*) AS n FROM c, unnest(next_items) AS i WHERE followed GROUP BY 1)
SELECT i AS product, j AS next_product, i = j AS is_same, count(*) AS n, count(DISTINCT customer_id) AS customers, a.orders, a.followed, a.customers AS buyers, b.n AS next_orders, (SELECT count(*) FROM c WHERE followed) AS total,
	(count(*)::float8 / a.followed * (SELECT count(*) FROM c WHERE followed) / b.n) AS lift, percentile_cont(0.5) WITHIN GROUP (ORDER BY next_at::date - at::date) AS days
FROM c CROSS JOIN unnest(items) AS i CROSS JOIN unnest(next_items) AS j JOIN a ON a.product = i JOIN b ON b.product = j WHERE c.followed GROUP BY i, j, a.orders, a.followed, a.customers, b.n;
SELECT count(*) > 500 AS many, count(*) FILTER (WHERE plain.is_same) > 10 AS repurchases, count(*) FILTER (WHERE ours.product IS NULL OR plain.product IS NULL OR abs(ours.lift - plain.lift) > 1e-12 * plain.lift) AS differ
FROM plain FULL JOIN (SELECT r.* FROM seqs, next_products(s, 30, min_count => 1) AS r) AS ours
	ON (ours.product, ours.next_product, ours.is_same, ours.order_count, ours.customer_count, ours.product_orders, ours.followed_orders, ours.product_customers, ours.next_orders, ours.followed_orders_total, ours.median_days)
	= (plain.product, plain.next_product, plain.is_same, plain.n, plain.customers, plain.orders, plain.followed, plain.buyers, plain.next_orders, plain.total, plain.days);
SELECT count(*) FILTER (WHERE i <> j) AS out_of_order FROM (SELECT row_number() OVER () AS i, row_number() OVER (ORDER BY product COLLATE "C", order_count DESC, next_product COLLATE "C") AS j FROM seqs, next_products(s, 30)) AS r;
-- fewer with bounds, which are those
SELECT (SELECT count(*) FROM seqs, next_products(s, 30, min_count => 60, min_together => 5)) = count(*) AS same FROM plain WHERE orders >= 60 AND n >= 5;
