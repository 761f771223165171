-- simulate: generated customers (the undated shape of input)
\set VERBOSITY default

-- what a row looks like
\x on
SELECT * FROM simulate_customers(2);
\x off
SELECT customer_id AS id, age, gender, item_purchased, category,
       purchase_amount AS amount, size, season, review_rating AS rating,
       discount_applied AS disc, previous_purchases AS prev
FROM simulate_customers(5);

-- every machine and every version gives these rows
SELECT md5(string_agg(c::text, E'\n' ORDER BY customer_id)) AS rows_1_to_1000
FROM simulate_customers(1000) AS c;

-- the same seed gives the same rows, and 1 is the default
SELECT count(*) AS differ
FROM (SELECT * FROM simulate_customers(1000, 7)
      EXCEPT ALL
      SELECT * FROM simulate_customers(1000, 7)) AS d;
SELECT count(*) AS differ
FROM (SELECT * FROM simulate_customers(1000)
      EXCEPT ALL
      SELECT * FROM simulate_customers(1000, 1)) AS d;

-- fewer rows are the first of more rows
SELECT count(*) AS differ
FROM (SELECT * FROM simulate_customers(100, 7)
      EXCEPT ALL
      SELECT * FROM simulate_customers(1000, 7) WHERE customer_id <= 100) AS d;

-- another seed gives other rows: none is found again, not even shifted
SELECT a.seed_a, b.seed_b, count(*) > 0 AS same_row
FROM (VALUES (1), (2)) AS a(seed_a)
     CROSS JOIN (VALUES (2), (3)) AS b(seed_b)
     CROSS JOIN LATERAL simulate_customers(500, seed_a) AS x
     JOIN LATERAL simulate_customers(500, seed_b) AS y
       ON (x.age, x.gender, x.item_purchased, x.purchase_amount, x.location,
           x.size, x.color, x.season, x.shipping_type, x.previous_purchases)
        = (y.age, y.gender, y.item_purchased, y.purchase_amount, y.location,
           y.size, y.color, y.season, y.shipping_type, y.previous_purchases)
GROUP BY 1, 2 ORDER BY 1, 2;
-- any bigint is a seed
SELECT s AS seed, count(*), count(DISTINCT c) AS different
FROM (VALUES (-9223372036854775808), (-1), (0), (9223372036854775807)) AS v(s)
     CROSS JOIN LATERAL simulate_customers(200, s) AS c
GROUP BY s ORDER BY s;

-- the rest looks at 20,000 of them
CREATE TEMP TABLE c AS SELECT * FROM simulate_customers(20000, 42);
SELECT attname, format_type(atttypid, atttypmod) AS type
FROM pg_attribute WHERE attrelid = 'c'::regclass AND attnum > 0
ORDER BY attnum;

-- ids without gaps; nothing but a rating is missing
SELECT count(*), min(customer_id), max(customer_id),
       count(DISTINCT customer_id) AS ids,
       sum(num_nulls(age, gender, item_purchased, category, purchase_amount,
                     location, size, color, season, subscription_status,
                     shipping_type, discount_applied, promo_code_used,
                     previous_purchases, payment_method,
                     frequency_of_purchases)) AS missing
FROM c;

-- ranges and scales
SELECT min(age) AS age_min, max(age) AS age_max,
       min(previous_purchases) AS previous_min,
       max(previous_purchases) AS previous_max,
       min(review_rating) >= 1 AND max(review_rating) <= 5 AS rating_range,
       bool_and(scale(review_rating) = 1) AS rating_scale,
       avg((review_rating IS NULL)::int) BETWEEN 0.002 AND 0.03 AS rating_nulls,
       min(purchase_amount) > 0 AS amount_positive,
       bool_and(scale(purchase_amount) = 2) AS amount_scale,
       bool_and(promo_code_used = discount_applied) AS promo_is_discount
FROM c;

-- amounts are skewed to the right: mean above median, a long tail
SELECT avg(purchase_amount)
         > 1.1 * percentile_cont(0.5) WITHIN GROUP (ORDER BY purchase_amount) AS mean_above_median,
       max(purchase_amount) > 5 * avg(purchase_amount) AS long_tail
FROM c;

-- every label is there, and none is a rarity
SELECT label, count(*) AS labels, min(n) > 20000 * 0.001 AS frequent
FROM (SELECT label, value, count(*) AS n
      FROM c CROSS JOIN LATERAL (VALUES
           ('category', category), ('color', color),
           ('discount', discount_applied), ('frequency', frequency_of_purchases),
           ('gender', gender), ('item', item_purchased), ('location', location),
           ('payment', payment_method), ('season', season),
           ('shipping', shipping_type), ('size', size),
           ('subscription', subscription_status)) AS l(label, value)
      GROUP BY label, value) AS counts
GROUP BY label ORDER BY label;
SELECT string_agg(DISTINCT frequency_of_purchases, ', ') AS frequencies,
       string_agg(DISTINCT subscription_status, ', ') AS flags
FROM c;

-- five categories of six products, and each product in one of them
SELECT category, count(DISTINCT item_purchased) AS products
FROM c GROUP BY category ORDER BY category;
SELECT count(*) AS in_two_categories
FROM (SELECT item_purchased FROM c
      GROUP BY item_purchased HAVING count(DISTINCT category) > 1) AS t;
-- sizes go with the category
SELECT category, string_agg(DISTINCT size, ' ') AS sizes
FROM c GROUP BY category ORDER BY category;

-- all loyalty tiers; the loyal subscribe more often, and buy more often
SELECT tier, count(*) > 1000 AS present,
       avg((subscription_status = 'Yes')::int)
         > lag(avg((subscription_status = 'Yes')::int)) OVER w AS subscribe_more,
       avg((frequency_of_purchases = 'Weekly')::int)
         > lag(avg((frequency_of_purchases = 'Weekly')::int)) OVER w AS weekly_more
FROM (SELECT CASE WHEN previous_purchases = 1 THEN '1 New'
                  WHEN previous_purchases <= 10 THEN '2 Returning'
                  ELSE '3 Loyal' END AS tier, *
      FROM c) AS t
GROUP BY tier WINDOW w AS (ORDER BY tier) ORDER BY tier;

-- overlap: both genders in every arm, in every season
SELECT gender, discount_applied AS discount, subscription_status AS subscribed,
       count(DISTINCT season) AS seasons, count(*) > 500 AS many
FROM c GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- the share of discounts is a fourth to two fifths, most in winter
SELECT avg((discount_applied = 'Yes')::int) BETWEEN 0.25 AND 0.40 AS overall,
       avg((discount_applied = 'Yes')::int) FILTER (WHERE season = 'Winter')
         > avg((discount_applied = 'Yes')::int) FILTER (WHERE season = 'Fall') + 0.1 AS more_in_winter
FROM c;
-- and a discount lowers the amount, by some 5 to 25 % of the same product
SELECT sum(yes * n) / sum(no * n) BETWEEN 0.75 AND 0.95 AS moderately_lower
FROM (SELECT count(*) AS n,
             avg(purchase_amount) FILTER (WHERE discount_applied = 'Yes') AS yes,
             avg(purchase_amount) FILTER (WHERE discount_applied = 'No') AS no
      FROM c GROUP BY item_purchased) AS p;

-- products depend on gender, age and season, ratings on the product
SELECT avg((gender = 'Female')::int) FILTER (WHERE item_purchased = 'Silk Blouse') > 0.8 AS blouse,
       avg((gender = 'Female')::int) FILTER (WHERE item_purchased = 'Polo Shirt') < 0.4 AS polo,
       avg(age) FILTER (WHERE item_purchased = 'Canvas Sneakers') + 5
         < avg(age) FILTER (WHERE item_purchased = 'Loafers') AS age,
       avg((season = 'Winter')::int) FILTER (WHERE item_purchased = 'Hooded Parka')
         > 10 * avg((season = 'Summer')::int) FILTER (WHERE item_purchased = 'Hooded Parka') AS season,
       avg(review_rating) FILTER (WHERE item_purchased = 'Silk Scarf')
         > avg(review_rating) FILTER (WHERE item_purchased = 'Flip-Flops') + 0.5 AS rating
FROM c;

-- in a select list, LIMIT stops the work: this would take an hour
SELECT (r).customer_id
FROM (SELECT simulate_customers(2147483647) AS r LIMIT 3) AS s;

-- the ends
SELECT count(*) FROM simulate_customers(0);
SELECT count(*) FROM simulate_customers(1);
SELECT count(*) FROM simulate_customers(NULL);
SELECT count(*) FROM simulate_customers(10, NULL);
SELECT count(*) FROM simulate_customers(-1);
\set VERBOSITY sqlstate
SELECT count(*) FROM simulate_customers(-2147483648, 5);
\set VERBOSITY default
DROP TABLE c;
