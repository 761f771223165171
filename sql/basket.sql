-- basket: itemsets, rules and pairs, from any query and from customers' lines
\set VERBOSITY default
SET extra_float_digits = 0;
CREATE FUNCTION pg_temp.error_code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

-- the value: items by their bytes, equal baskets once; an item twice in a
-- basket counts once, NULL items are left out, NULL arrays are no baskets
SELECT basket_set(items) FROM (VALUES ('{tea,bun,tea}'::text[]), ('{}'), ('{NULL}'), ('{bun,tea}'), (NULL), ('{Tea,NULL}'), ('{""}')) AS v(items);
-- the same from rows, in any order; a row without an id is a basket of its own
SELECT basket_set(id, item) FROM (VALUES (1, 'tea'), (2, NULL), (1, 'bun'), (NULL, 'Tea'), (1, 'tea'), (3, ''), (-4, 'bun'), (5, NULL), (-4, 'tea')) AS v(id, item);
SELECT basket_set(id, item) FROM (VALUES ('a', 'tea'), ('', NULL), ('a', 'bun'), (NULL, 'Tea'), ('a', 'tea'), ('tea', ''), ('b', 'bun'), ('c', NULL), ('b', 'tea')) AS v(id, item);
SELECT basket_set(NULL::text[]) AS of_nulls, basket_set(items) FILTER (WHERE false) AS of_none FROM (VALUES ('{a}'::text[])) AS v(items);
SELECT basket_count(b), item_count(b) FROM (VALUES ('1 {"a", "b"} {(), 3*(0 1)}'::basket_set), ('1 {} {}'), (NULL)) AS v(b);
SELECT r.* FROM basket_rows('1 {"a", "b"} {(), 3*(0 1), (1)}') AS r;
-- hostile names
SELECT basket_set(ARRAY[E'a"b\\', '$1; DROP TABLE x; --', E'line\nbreak', '{}', 'NULL', 'é', repeat('x', 60), ' ']);
SELECT r.* FROM basket_rows((SELECT basket_set(ARRAY[E'a"b\\', 'NULL', NULL, '{,}', 'é']))) AS r;

-- merging
SELECT '1 {"b", "c"} {(0), (0 1)}'::basket_set + '1 {"a", "b"} {(), 2*(1)}';
SELECT rollup(b), rollup(NULL::basket_set) FROM (VALUES ('1 {"b"} {(0)}'::basket_set), ('1 {"a"} {3*(0)}'), (NULL), ('1 {} {2*()}')) AS v(b);
SELECT '1 {} {}'::basket_set + NULL;
SELECT rollup(b) FROM (SELECT '1 {"a"} {4611686018427387000*(0)}'::basket_set AS b FROM generate_series(1, 3)) AS s;
-- ids far from each other
SELECT basket_set(id, item) FROM (VALUES (-9223372036854775808, 'a'), (9223372036854775807, 'b'), (0, 'c'), (-9223372036854775808, 'd'), (9223372036854775807, 'b')) AS v(id, item);
-- text and bytes
SELECT b::text::basket_set::text = b::text AS same, b FROM (VALUES ('1 {"b", "a", "b"} {(0 1 2), 2*(1), (1 1), 4*()}'::basket_set), ('1 {} {}'), ('1 {"unused"} {()}')) AS v(b);
SELECT b, encode(basket_set_send(b), 'hex') FROM (VALUES ('1 {"b", "é"} {(0 1), 300*(1)}'::basket_set), ('1 {"a"} {#5=(0), #"x"=()}')) AS v(b);
-- a state that is not finished has keys, and more rows can be added
SELECT pt_basket_set_accum('1 {"a"} {#5=(0), #-1=(), #"x\"y"=(0)}', 5, 'b') AS open, pt_basket_set_final('1 {"a"} {#5=(0), #-1=(), #"x\"y"=(0), #5=(0)}') AS finished;
SELECT pt_basket_set_combine(pt_basket_set_accum(NULL, 7, 'a'), pt_basket_set_accum(NULL, 7, 'b')) AS combined, basket_count(pt_basket_set_combine(pt_basket_set_accum(NULL, 7, 'a'), pt_basket_set_accum(NULL, 7, 'b')));
SELECT t, pg_temp.error_code(format('SELECT %L::basket_set', t)) FROM unnest(ARRAY['', '2 {} {}', '1 {}', '1 {"a} {}', '1 {"a"} {(1)}', '1 {"a"} {(0}', '1 {"a"} {0*(0)}', '1 {"a"} {-1*(0)}',
	'1 {"a"} {9223372036854775807*(0)}', '1 {"a"} {(0),(0)}', '1 {"a"} {(0)} ', '1 {"a"} {#=(0)}', '1 {"a"} {#5(0)}', '1 {"a"} {4611686018427387903*(0), 2*()}']) AS t;
SELECT '1 {"a"} {(1)}'::basket_set;

-- mlxtend's baskets (docs/basket.md): kidney beans are in all of them
CREATE TEMP TABLE mlxtend AS
SELECT basket_set(items) AS b FROM (VALUES ('{Milk,Onion,Nutmeg,Kidney Beans,Eggs,Yogurt}'::text[]), ('{Dill,Onion,Nutmeg,Kidney Beans,Eggs,Yogurt}'),
	('{Milk,Apple,Kidney Beans,Eggs}'), ('{Milk,Unicorn,Corn,Kidney Beans,Yogurt}'), ('{Corn,Onion,Onion,Kidney Beans,Ice cream,Eggs}')) AS v(items);
SELECT r.* FROM mlxtend, frequent_itemsets(b, 0.6) AS r;
\x
SELECT r.* FROM mlxtend, association_rules(b, 0.6, 0.7) AS r WHERE antecedent = '{Onion}' AND consequent = '{Eggs}' OR antecedent = '{Kidney Beans}';
\x
SELECT antecedent, consequent, support, confidence, lift FROM mlxtend, association_rules(b, 0.6, 0.7) AS r;

-- MADlib's, whose conviction of the first rule is 0; every basket has beer
CREATE TEMP TABLE madlib AS
SELECT basket_set(id, item) AS b FROM (VALUES (1, 'beer'), (1, 'diapers'), (1, 'chips'), (2, 'beer'), (2, 'diapers'), (3, 'beer'), (3, 'diapers'), (4, 'beer'), (4, 'chips'), (5, 'beer'),
	(6, 'beer'), (6, 'diapers'), (6, 'chips'), (7, 'beer'), (7, 'diapers')) AS v(id, item);
SELECT antecedent, consequent, basket_count, round(support::numeric, 6) AS support, round(confidence::numeric, 6) AS confidence, round(lift::numeric, 6) AS lift, round(conviction::numeric, 6) AS conviction
FROM madlib, association_rules(b, 0.25, 0.5) WHERE cardinality(antecedent) = 1;

-- whole milk and other vegetables, from their counts
\x
SELECT basket_count, round(support::numeric, 8) AS support, round(confidence::numeric, 8) AS confidence, round(lift::numeric, 8) AS lift, round(leverage::numeric, 8) AS leverage,
	round(conviction::numeric, 8) AS conviction, round(jaccard::numeric, 8) AS jaccard, round(cosine::numeric, 8) AS cosine, round(kulczynski::numeric, 8) AS kulczynski,
	round(zhang::numeric, 8) AS zhang, round(chi_square::numeric, 6) AS chi_square, round(certainty::numeric, 8) AS certainty, p_value, q_value
FROM association_rules('1 {"other vegetables", "whole milk"} {6155*(), 1167*(0), 736*(0 1), 1777*(1)}', 0.05, 0) WHERE antecedent = '{whole milk}';
\x

-- arithmetic by hand: 8 baskets; a in 4, b in 4, both in 1; c in all
CREATE TEMP TABLE hand AS SELECT '1 {"a", "b", "c"} {(0 1 2), 3*(0 2), 3*(1 2), (2)}'::basket_set AS b;
SELECT antecedent, consequent, basket_count AS n, confidence, lift, leverage, conviction, zhang, certainty, chi_square, round(p_value::numeric, 6) AS p, round(q_value::numeric, 6) AS q
FROM hand, association_rules(b, min_confidence => 0, max_items => 2);
-- pairs: Q = (1*1 - 3*3) / (1*1 + 3*3); the interval of lift 0.5 is exp(+-1.96 sqrt(1/1 - 1/4 - 1/4 + (2*0.5 - 1)/8))
SELECT item, companion, basket_count AS n, confidence, lift, round(lift_low::numeric, 6) AS low, round(lift_high::numeric, 6) AS high, yules_q, chi_square FROM hand, product_pairs(b);
-- never together: Q is -1, and there is no interval
SELECT item, companion, basket_count AS n, item_count, companion_count, lift, lift_low, lift_high, yules_q, chi_square, round(p_value::numeric, 6) AS p
FROM product_pairs('1 {"cola", "pepsi", "rum"} {4*(0), 3*(1), 2*(0 2), ()}');
SELECT item, companion FROM product_pairs('1 {"cola", "pepsi", "rum"} {4*(0), 3*(1), 2*(0 2), ()}', min_together => 1);
SELECT item, companion FROM product_pairs('1 {"cola", "pepsi", "rum"} {4*(0), 3*(1), 2*(0 2), ()}', min_count => 3);

-- q: Benjamini and Hochberg over all pairs of sides, whatever the confidence asked
SELECT bool_and(abs(r.q_value - a.q) < 1e-12) AS as_benjamini_hochberg, count(*)
FROM (SELECT antecedent, consequent, unnest(benjamini_hochberg(array_agg(p_value) OVER ())) AS q, row_number() OVER (), generate_series(1, count(*) OVER ()) AS i
		FROM association_rules('1 {"a", "b", "c", "d"} {9*(), 5*(0 1), 4*(0 1 2), 2*(2 3), (0 3), 6*(1 2 3), 3*(0), 2*(3)}', 0.01, 0, 4)) AS a
	JOIN association_rules('1 {"a", "b", "c", "d"} {9*(), 5*(0 1), 4*(0 1 2), 2*(2 3), (0 3), 6*(1 2 3), 3*(0), 2*(3)}', 0.01, 0.3, 4) AS r USING (antecedent, consequent)
WHERE a.row_number = a.i;

-- support as a share and as a count: 0.6 of 5 is 3
SELECT s, c, (SELECT count(*) FROM mlxtend, frequent_itemsets(b, s, min_count => c)) AS itemsets
FROM (VALUES (0.6, NULL), (0.6000001, NULL), (NULL, 3), (1, NULL), (NULL, 5), (NULL, 6), (1e-9, NULL), (NULL, 9223372036854775807)) AS v(s, c);
SELECT max_items, count(*) FROM mlxtend, generate_series(1, 8) AS max_items, frequent_itemsets(b, 0.2, max_items) GROUP BY 1 ORDER BY 1;
-- nothing to tell
SELECT (SELECT count(*) FROM association_rules(NULL)) AS of_null, (SELECT count(*) FROM association_rules('1 {} {}')) AS of_none, (SELECT count(*) FROM frequent_itemsets('1 {} {5*()}')) AS of_empty,
	(SELECT count(*) FROM association_rules('1 {"a"} {(0)}')) AS of_one_item, (SELECT count(*) FROM product_pairs('1 {"a"} {(0)}')) AS no_pair;
SELECT antecedent, consequent, lift, conviction, zhang, chi_square, q_value FROM association_rules('1 {"a", "b"} {(0 1)}');
SELECT count(*), min(basket_count), max(support) FROM frequent_itemsets((SELECT basket_set(ARRAY(SELECT 'item ' || g FROM generate_series(1, 10000) AS g))), 1, 1);

-- what is not taken
SELECT count(*) FROM association_rules('1 {} {}', 0);
SELECT count(*) FROM association_rules('1 {} {}', 1.5);
SELECT count(*) FROM association_rules('1 {} {}', 1.0000001);
SELECT count(*) FROM association_rules('1 {} {}', 'NaN');
SELECT count(*) FROM association_rules('1 {} {}', -0.1);
SELECT count(*) FROM association_rules('1 {} {}', NULL);
SELECT count(*) FROM association_rules('1 {} {}', min_count => 0);
SELECT count(*) FROM association_rules('1 {} {}', min_confidence => 'NaN');
SELECT count(*) FROM association_rules('1 {} {}', min_confidence => NULL);
SELECT count(*) FROM association_rules('1 {} {}', max_items => 1);
SELECT count(*) FROM association_rules('1 {} {}', max_items => 17);
SELECT count(*) FROM association_rules('1 {} {}', max_memory_mb => 0);
SELECT count(*) FROM product_pairs('1 {} {}', confidence => 1);
SELECT count(*) FROM product_pairs('1 {} {}', min_together => -1);
SELECT count(*) FROM product_pairs('1 {} {}', min_together => NULL);
SELECT f, pg_temp.error_code(format('SELECT count(*) FROM %s', f)) FROM unnest(ARRAY['frequent_itemsets(''1 {} {}'', 0)', 'frequent_itemsets(''1 {} {}'', ''Infinity'')', 'frequent_itemsets(''1 {} {}'', NULL)',
	'frequent_itemsets(''1 {} {}'', max_items => 0)', 'frequent_itemsets(''1 {} {}'', max_items => NULL)', 'product_pairs(''1 {} {}'', ''NaN'')', 'product_pairs(''1 {} {}'', confidence => 0)',
	'product_pairs(''1 {} {}'', confidence => NULL)', 'association_rules(''1 {} {}'', max_memory_mb => NULL)']) AS f;
SELECT basket_set('{{a,b},{c,d}}'::text[]);

-- a search that is too large says what would fit, and that does
CREATE TEMP TABLE dense AS
SELECT basket_set(items) AS b FROM (SELECT array_agg('i' || i) AS items FROM generate_series(1, 400) AS k, generate_series(1, 60) AS i WHERE (k * 7919 + i * i * 104729 + k * i * 31) % 97 < 97 - i GROUP BY k) AS s;
SELECT count(*) FROM dense, frequent_itemsets(b, 0.01, 6, max_memory_mb => 4);
SELECT count(*) > 1000 AS many FROM dense, frequent_itemsets(b, min_count => 256, max_items => 6, max_memory_mb => 4);
SELECT count(*) FROM dense, association_rules(b, min_count => 4, max_items => 3, max_memory_mb => 1);
SELECT count(*) FROM product_pairs((SELECT basket_set(g / 2, 'item ' || g) FROM generate_series(1, 100000) AS g), min_count => 1, max_memory_mb => 1);
SELECT count(*) FROM product_pairs((SELECT basket_set(g / 4, CASE WHEN g % 4 = 0 THEN 'often ' || g % 7 ELSE 'rare ' || g % 9973 END) FROM generate_series(1, 200000) AS g), min_count => 1, max_memory_mb => 2);
-- equal baskets take no room
SELECT count(*) FROM association_rules((SELECT basket_set(g / 2, 'item ' || g % 1000) FROM generate_series(1, 100000) AS g), 0.0001, max_memory_mb => 1);

-- from lines: two orders and a return of one customer, by order and by customer
CREATE TEMP TABLE lines AS
SELECT l, '1 {1:0 "web", 2:0 "bun", 2:1 "tea"}'::dimension_codes AS codes
FROM (VALUES ('1 2 {(2024-01-05 10.00 ~ ~ ~ ~ 0 0; 2024-01-05 5.00 ~ ~ ~ ~ 0 1; 2024-01-05 5.00 ~ ~ ~ ~ 0 1), (2024-02-01 -5.00 ~ ~ ~ ~ 0 1), (2024-03-01 3.00 ~ ~ ~ ~ 0 "jam"; 2024-03-01 -1.00 ~ ~ ~ ~ 0 0; 2024-03-01 ~ ~ ~ ~ ~ 0 ~)}'::purchase_lines),
	('1 2 {(2024-02-01 -5.00 ~ ~ ~ ~ 0 1)}'), ('1 0 {}'), ('1 2 {(~ ~ ~ ~ ~ ~ ~ ~)}'), (NULL)) AS v(l);
SELECT basket_set(l, 2, 'order', codes) AS by_order, basket_set(l, 2, 'customer', codes) AS by_customer, basket_set(l, 1, 'customer', codes) AS channel FROM lines;
SELECT basket_set(l, 1, 'order', NULL) FROM (VALUES ('1 1 {(2024-01-05 1 ~ ~ ~ ~ "tea")}'::purchase_lines)) AS v(l);
SELECT basket_set(l, 2, 'order', NULL) FROM lines;
SELECT basket_set(l, 3, 'order', codes) FROM lines;
SELECT basket_set(l, 0, 'order', codes) FROM lines;
SELECT basket_set(l, NULL, 'order', codes) FROM lines;
SELECT basket_set(l, 1, NULL, codes) FROM lines;
-- the same as from the rows of the lines
SELECT by_lines::text = by_rows::text AS same, basket_count(by_rows) > 1000 AS many
FROM (SELECT basket_set(l, 2, 'order', NULL) AS by_lines
		FROM (SELECT purchase_lines(order_id, purchased_at, amount, NULL, NULL, NULL, NULL, ARRAY[category, product], NULL) AS l FROM simulate_purchases(300, 365, 7) GROUP BY customer_id) AS c) AS a,
	(SELECT basket_set(order_id, product) AS by_rows FROM simulate_purchases(300, 365, 7) WHERE NOT coalesce(amount < 0, false)) AS b;

-- for a view: a larger support where the search does not fit
CREATE TEMP TABLE standing AS SELECT basket_set(g, 'p' || p) AS b FROM generate_series(1::bigint, 106) g, generate_series(1, 250) p WHERE g <= 6 OR p <= 3;
SELECT r.antecedent, r.consequent, r.basket_count FROM standing s, pt_association_rules_that_fit(s.b, 0.001, 0.1, 3, 5, 64) r WHERE cardinality(r.antecedent) = 2;
SELECT count(*) FROM standing s, association_rules(s.b, 0.001, 0.1, 3, 5, 64) r;
