-- basket: what is bought together: itemsets, rules, pairs

CREATE TYPE @extschema@.basket_by AS ENUM ('order', 'customer');
COMMENT ON TYPE @extschema@.basket_by IS
'What is a basket of purchase_lines: order, each order; customer, all that a customer ever bought.';

CREATE TYPE @extschema@.basket_set;

CREATE FUNCTION @extschema@.basket_set_in(cstring) RETURNS @extschema@.basket_set
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_in';
COMMENT ON FUNCTION @extschema@.basket_set_in(cstring) IS 'I/O';

CREATE FUNCTION @extschema@.basket_set_out(@extschema@.basket_set) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_out';
COMMENT ON FUNCTION @extschema@.basket_set_out(@extschema@.basket_set) IS 'I/O';

CREATE FUNCTION @extschema@.basket_set_recv(internal) RETURNS @extschema@.basket_set
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_recv';
COMMENT ON FUNCTION @extschema@.basket_set_recv(internal) IS 'I/O';

CREATE FUNCTION @extschema@.basket_set_send(@extschema@.basket_set) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_send';
COMMENT ON FUNCTION @extschema@.basket_set_send(@extschema@.basket_set) IS 'I/O';

CREATE TYPE @extschema@.basket_set (
	INPUT = @extschema@.basket_set_in,
	OUTPUT = @extschema@.basket_set_out,
	RECEIVE = @extschema@.basket_set_recv,
	SEND = @extschema@.basket_set_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE @extschema@.basket_set IS
'Market baskets as one value: the items, and each different basket with how many there are of it. It can be stored, merged by rollup() and +, and asked by association_rules(), frequent_itemsets() and product_pairs(), for any support. Equal baskets are equal values, whatever the order of rows. Text form: 1 {"beer", "bread"} {(), 3*(0 1), (1)}: version, items in the order of their bytes, and baskets as the numbers of their items, counted from 0; a backslash before a double quote or a backslash. Limit: 1 GB a value.';

CREATE FUNCTION @extschema@.pt_basket_set_accum(state @extschema@.basket_set, items text[]) RETURNS @extschema@.basket_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_accum_items';
COMMENT ON FUNCTION @extschema@.pt_basket_set_accum(@extschema@.basket_set, text[]) IS
'Aggregate transition function of basket_set.';

CREATE FUNCTION @extschema@.pt_basket_set_accum(state @extschema@.basket_set, basket_id bigint, item text) RETURNS @extschema@.basket_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_accum_number';
COMMENT ON FUNCTION @extschema@.pt_basket_set_accum(@extschema@.basket_set, bigint, text) IS
'Aggregate transition function of basket_set.';

CREATE FUNCTION @extschema@.pt_basket_set_accum(state @extschema@.basket_set, basket_id text, item text) RETURNS @extschema@.basket_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_accum_text';
COMMENT ON FUNCTION @extschema@.pt_basket_set_accum(@extschema@.basket_set, text, text) IS
'Aggregate transition function of basket_set.';

CREATE FUNCTION @extschema@.pt_basket_set_accum(state @extschema@.basket_set, lines @extschema@.purchase_lines, dimension integer, by @extschema@.basket_by, codes @extschema@.dimension_codes) RETURNS @extschema@.basket_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_accum_lines';
COMMENT ON FUNCTION @extschema@.pt_basket_set_accum(@extschema@.basket_set, @extschema@.purchase_lines, integer, @extschema@.basket_by, @extschema@.dimension_codes) IS
'Aggregate transition function of basket_set.';

CREATE FUNCTION @extschema@.pt_basket_set_combine(state @extschema@.basket_set, other @extschema@.basket_set) RETURNS @extschema@.basket_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_combine';
COMMENT ON FUNCTION @extschema@.pt_basket_set_combine(@extschema@.basket_set, @extschema@.basket_set) IS
'Aggregate combine function of basket_set and rollup.';

CREATE FUNCTION @extschema@.pt_basket_set_rollup(state @extschema@.basket_set, other @extschema@.basket_set) RETURNS @extschema@.basket_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_rollup';
COMMENT ON FUNCTION @extschema@.pt_basket_set_rollup(@extschema@.basket_set, @extschema@.basket_set) IS
'Aggregate transition function of rollup(basket_set).';

CREATE FUNCTION @extschema@.pt_basket_set_final(state @extschema@.basket_set) RETURNS @extschema@.basket_set
	LANGUAGE C IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_final';
COMMENT ON FUNCTION @extschema@.pt_basket_set_final(@extschema@.basket_set) IS
'Aggregate final function of basket_set: puts the rows of each basket together, sorts and packs.';

CREATE AGGREGATE @extschema@.basket_set(items text[]) (
	SFUNC = @extschema@.pt_basket_set_accum,
	STYPE = @extschema@.basket_set,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_basket_set_final,
	COMBINEFUNC = @extschema@.pt_basket_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.basket_set(text[]) IS
'Baskets, one array of items in each row. An item that is twice in a basket counts once; NULL items are left out; an array without items is an empty basket, which counts as a basket. NULL arrays are skipped; no other gives NULL. Errors: an array of several dimensions (2202E), more than 1 GB (54000).';

CREATE AGGREGATE @extschema@.basket_set(basket_id bigint, item text) (
	SFUNC = @extschema@.pt_basket_set_accum,
	STYPE = @extschema@.basket_set,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_basket_set_final,
	COMBINEFUNC = @extschema@.pt_basket_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.basket_set(bigint, text) IS
'Baskets from rows of a basket (an order, or a customer) and one of its items, in any order of rows. An item that is twice in a basket counts once. A NULL item is left out, but its basket counts, if need be as an empty one. A row without a basket_id is a basket of its own. No row gives NULL. All rows of a basket must be in one call: parts that are merged by rollup() have different baskets. More than 1 GB is error 54000.';

CREATE AGGREGATE @extschema@.basket_set(basket_id text, item text) (
	SFUNC = @extschema@.pt_basket_set_accum,
	STYPE = @extschema@.basket_set,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_basket_set_final,
	COMBINEFUNC = @extschema@.pt_basket_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.basket_set(text, text) IS
'basket_set of baskets whose ids are text.';

CREATE AGGREGATE @extschema@.basket_set(lines @extschema@.purchase_lines, dimension integer, by @extschema@.basket_by, codes @extschema@.dimension_codes) (
	SFUNC = @extschema@.pt_basket_set_accum,
	STYPE = @extschema@.basket_set,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_basket_set_final,
	COMBINEFUNC = @extschema@.pt_basket_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.basket_set(@extschema@.purchase_lines, integer, @extschema@.basket_by, @extschema@.dimension_codes) IS
'Baskets from the lines of customers, without a scan of their source. The items are the values of a dimension, numbered from 1; codes gives codes their texts, and may be NULL if the lines have no codes. A line with an amount below 0 is a return and left out; an order, or a customer, with nothing else is no basket. A NULL value is left out, but its basket counts. NULL lines are skipped; no other gives NULL. Errors: dimension or by NULL (22004), no such dimension, or a code without a text (22023), more than 1 GB (54000).';

CREATE AGGREGATE @extschema@.rollup(baskets @extschema@.basket_set) (
	SFUNC = @extschema@.pt_basket_set_rollup,
	STYPE = @extschema@.basket_set,
	SSPACE = 1024,
	FINALFUNC = @extschema@.pt_basket_set_final,
	COMBINEFUNC = @extschema@.pt_basket_set_combine,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.rollup(@extschema@.basket_set) IS
'The baskets of many sets in one, for example of all days. Each basket must be in one of them only. NULLs are skipped. More than 1 GB is error 54000, more than 2^62 baskets error 22003.';

CREATE FUNCTION @extschema@.pt_basket_set_add(a @extschema@.basket_set, b @extschema@.basket_set) RETURNS @extschema@.basket_set
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_set_add';
COMMENT ON FUNCTION @extschema@.pt_basket_set_add(@extschema@.basket_set, @extschema@.basket_set) IS
'Implementation of the operator + of basket_set.';

CREATE OPERATOR @extschema@.+ (
	FUNCTION = @extschema@.pt_basket_set_add,
	LEFTARG = @extschema@.basket_set,
	RIGHTARG = @extschema@.basket_set,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR @extschema@.+ (@extschema@.basket_set, @extschema@.basket_set) IS
'The baskets of both sets, of which each must be in one only; NULL if one is NULL.';

CREATE FUNCTION @extschema@.basket_count(baskets @extschema@.basket_set) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_basket_count';
COMMENT ON FUNCTION @extschema@.basket_count(@extschema@.basket_set) IS
'How many baskets there are, empty ones included. NULL for NULL.';

CREATE FUNCTION @extschema@.item_count(baskets @extschema@.basket_set) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'pt_item_count';
COMMENT ON FUNCTION @extschema@.item_count(@extschema@.basket_set) IS
'How many different items there are in the baskets. NULL for NULL.';

CREATE FUNCTION @extschema@.basket_rows(baskets @extschema@.basket_set)
	RETURNS TABLE (items text[], basket_count bigint)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000
	AS 'MODULE_PATHNAME', 'pt_basket_rows';
COMMENT ON FUNCTION @extschema@.basket_rows(@extschema@.basket_set) IS
'The different baskets, and how many there are of each; items in the order of their bytes. No rows for NULL.';

CREATE FUNCTION @extschema@.frequent_itemsets(baskets @extschema@.basket_set, min_support double precision DEFAULT 0.01, max_items integer DEFAULT 3, min_count bigint DEFAULT NULL, max_memory_mb integer DEFAULT 512)
	RETURNS TABLE (items text[], basket_count bigint, baskets bigint, support double precision)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000
	AS 'MODULE_PATHNAME', 'pt_frequent_itemsets';
COMMENT ON FUNCTION @extschema@.frequent_itemsets(@extschema@.basket_set, double precision, integer, bigint, integer) IS
'All sets of items that are together in enough baskets: in how many of how many, and their share. Those in the most baskets first; of equal ones the smaller set, then by the bytes of the items. min_support: the least share of the baskets, above 0 and at most 1; min_count takes its place as a number of baskets. max_items: the items of the largest set, 1 to 16. max_memory_mb: what the search may take; if it is not enough, the error (54000) names a support that fits. No rows for NULL and without baskets. Other arguments out of range are error 22023, NULL ones 22004. Eclat with occurrence deliver (Zaki 2000; Uno, Kiyomi and Arimura 2004).';

CREATE FUNCTION @extschema@.association_rules(baskets @extschema@.basket_set, min_support double precision DEFAULT 0.01, min_confidence double precision DEFAULT 0.5, max_items integer DEFAULT 3, min_count bigint DEFAULT NULL, max_memory_mb integer DEFAULT 512)
	RETURNS TABLE (antecedent text[], consequent text[], basket_count bigint, antecedent_count bigint, consequent_count bigint, baskets bigint, support double precision, confidence double precision, lift double precision, leverage double precision, conviction double precision, jaccard double precision, cosine double precision, kulczynski double precision, zhang double precision, certainty double precision, chi_square double precision, p_value double precision, q_value double precision)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000
	AS 'MODULE_PATHNAME', 'pt_association_rules';
COMMENT ON FUNCTION @extschema@.association_rules(@extschema@.basket_set, double precision, double precision, integer, bigint, integer) IS
'Who buys the antecedent also buys the consequent: all rules out of frequent itemsets, with at least min_confidence (0 to 1). Baskets with both sides, with each, and in all; support, confidence, lift, leverage, conviction (Infinity at confidence 1, NULL if every basket has the consequent), Jaccard, cosine, Kulczynski, Zhang, certainty; Pearson''s chi-square without correction and its p, NULL if every basket has one of the sides; q_value: p adjusted after Benjamini and Hochberg over all pairs of sides that could be tested, also those below min_confidence. High lift first, then many baskets, then by the bytes of antecedent and consequent. min_support: the least share of the baskets, above 0 and at most 1; min_count takes its place as a number of baskets. max_items: the items of the largest set, 2 to 16. max_memory_mb: what the search may take; if it is not enough, the error (54000) names a support that fits. No rows for NULL and without baskets. Other arguments out of range are error 22023, NULL ones 22004. Formulas: Agrawal and others 1993, Brin and others 1997, Hahsler''s list of measures; docs/basket.md.';

CREATE FUNCTION @extschema@.pt_association_rules_that_fit(baskets @extschema@.basket_set, min_support double precision, min_confidence double precision, max_items integer, min_count bigint, max_memory_mb integer)
	RETURNS TABLE (antecedent text[], consequent text[], basket_count bigint, antecedent_count bigint, consequent_count bigint, baskets bigint, support double precision, confidence double precision, lift double precision, leverage double precision, conviction double precision, jaccard double precision, cosine double precision, kulczynski double precision, zhang double precision, certainty double precision, chi_square double precision, p_value double precision, q_value double precision)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000
	AS 'MODULE_PATHNAME', 'pt_association_rules_that_fit';
COMMENT ON FUNCTION @extschema@.pt_association_rules_that_fit(@extschema@.basket_set, double precision, double precision, integer, bigint, integer) IS
'association_rules() for a view: where the search would take more than max_memory_mb, min_count is doubled until it fits.';

CREATE FUNCTION @extschema@.product_pairs(baskets @extschema@.basket_set, min_support double precision DEFAULT 0.01, min_count bigint DEFAULT NULL, min_together bigint DEFAULT 0, confidence double precision DEFAULT 0.95, max_memory_mb integer DEFAULT 512)
	RETURNS TABLE (item text, companion text, basket_count bigint, item_count bigint, companion_count bigint, baskets bigint, support double precision, confidence double precision, lift double precision, lift_low double precision, lift_high double precision, yules_q double precision, chi_square double precision, p_value double precision)
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1000
	AS 'MODULE_PATHNAME', 'pt_product_pairs';
COMMENT ON FUNCTION @extschema@.product_pairs(@extschema@.basket_set, double precision, bigint, bigint, double precision, integer) IS
'Each item with each other one, if both are in enough baskets by themselves: what goes along with it, and what is bought instead of it. Baskets with both, with each, and in all; support, confidence (the share of the baskets with the item that have the companion), lift and its interval (delta method on its logarithm; NULL if no basket has both), Yule''s Q (1: always together; 0: independent; -1: never together, as substitutes are; NULL if it would be divided by 0), Pearson''s chi-square and its p (NULL if every basket has one of them). min_support: the least share of the baskets of each item by itself, above 0 and at most 1; min_count takes its place as a number of baskets. min_together: the least number of baskets with both; with 0, pairs that never met are there, too. confidence of the interval: above 0, below 1. Items in the order of their bytes; companions of high lift first, then those in many baskets, then by bytes. No rows for NULL and without baskets. Arguments out of range are error 22023, NULL ones 22004; 54000 if more than max_memory_mb is needed.';
