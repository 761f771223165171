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

-- simulate_purchases: dated purchases of a known process
SET datestyle = ISO;
\x on
SELECT * FROM simulate_purchases(1, 60);
\x off
SELECT order_id, purchased_at, product, quantity AS n, unit_price AS price,
       amount, discount_amount AS off, discounted AS disc
FROM simulate_purchases(3, 730) WHERE customer_id = 2;

-- every machine and every version gives these rows
SELECT count(*), md5(string_agg(p::text, E'\n')) AS rows_of_200_customers
FROM simulate_purchases(200, 730) AS p;

-- the same seed gives the same rows, and 1 is the default
SELECT count(*) AS differ
FROM (SELECT * FROM simulate_purchases(200, 365, 7)
      EXCEPT ALL
      SELECT * FROM simulate_purchases(200, 365, 7)) AS d;
SELECT count(*) AS differ
FROM (SELECT * FROM simulate_purchases(200, 365)
      EXCEPT ALL
      SELECT * FROM simulate_purchases(200, 365, 1)) AS d;

-- fewer customers are the first of more customers, in the same order
SELECT a.rows = b.rows AS same
FROM (SELECT array_agg(p) AS rows FROM simulate_purchases(50, 365, 7) AS p) AS a,
     (SELECT array_agg(p) FILTER (WHERE customer_id <= 50) AS rows
      FROM simulate_purchases(500, 365, 7) AS p) AS b;

-- another seed gives other rows: none is found again
SELECT count(*) AS found_again
FROM simulate_purchases(300, 365, 1) AS x
     JOIN simulate_purchases(300, 365, 2) AS y
       ON (x.purchased_at, x.product, x.unit_price, x.age, x.location)
        = (y.purchased_at, y.product, y.unit_price, y.age, y.location);
-- any bigint is a seed
SELECT s AS seed, count(DISTINCT customer_id) AS customers
FROM (VALUES (-9223372036854775808), (-1), (0), (9223372036854775807)) AS v(s)
     CROSS JOIN LATERAL simulate_purchases(200, 100, s) AS p
GROUP BY s ORDER BY s;

-- the rest looks at 5,000 customers in two years
CREATE TEMP TABLE p AS SELECT * FROM simulate_purchases(5000, 730, 42);
SELECT attname, format_type(atttypid, atttypmod) AS type
FROM pg_attribute WHERE attrelid = 'p'::regclass AND attnum > 0
ORDER BY attnum;

-- every customer is there, and nothing is missing
SELECT min(customer_id), max(customer_id),
       count(DISTINCT customer_id) AS customers,
       sum(num_nulls(order_id, customer_id, purchased_at, product, category,
                     quantity, unit_price, amount, discount_amount, discounted,
                     gender, age, location, channel)) AS missing
FROM p;

-- ranges and scales; amounts are exact
SELECT min(purchased_at) >= '2024-01-01' AND max(purchased_at) < timestamp '2024-01-01' + interval '730 days' AS in_period,
       bool_and(purchased_at = date_trunc('second', purchased_at)) AS whole_seconds,
       min(age) AS age_min, max(age) AS age_max,
       min(abs(quantity)) AS quantity_min, max(abs(quantity)) AS quantity_max,
       bool_and(unit_price > 0) AS price_positive,
       bool_and(scale(unit_price) = 2 AND scale(amount) = 2 AND scale(discount_amount) = 2) AS cents,
       bool_and(amount = quantity * unit_price - discount_amount) AS exact,
       bool_and(discount_amount >= 0 AND discounted = (discount_amount > 0)) AS discounts
FROM p;
SELECT bool_and(CASE WHEN quantity < 0 THEN amount < 0 AND NOT discounted
                     ELSE amount > 0 END) AS signs,
       bool_and((quantity < 0) = (extract(second FROM purchased_at) = 0)) AS returns_at_full_minutes
FROM p;

-- an order: one customer, one time, its products once, all bought or all returned
SELECT count(*) AS orders, max(customers) AS customers, max(times) AS times,
       bool_and(lines = products) AS products_once, max(signs) AS signs,
       min(lines) AS lines_min, max(lines) AS lines_max,
       bool_and(order_id / 1000000 = customer_id) AS id_has_customer
FROM (SELECT order_id, min(customer_id) AS customer_id,
             count(DISTINCT customer_id) AS customers,
             count(DISTINCT purchased_at) AS times, count(*) AS lines,
             count(DISTINCT product) AS products,
             count(DISTINCT sign(amount)) AS signs
      FROM p GROUP BY order_id) AS o;
-- a customer's orders have different times, so without order_id they are the same
SELECT count(DISTINCT order_id) = count(DISTINCT (customer_id, purchased_at)) AS same
FROM p;
-- order numbers without gaps, orders in time order, rows customer by customer
SELECT bool_and(order_id = customer_id * 1000000 + number) AS no_gaps
FROM (SELECT customer_id, order_id,
             row_number() OVER (PARTITION BY customer_id ORDER BY order_id) AS number
      FROM (SELECT DISTINCT customer_id, order_id FROM p) AS o) AS n;
SELECT bool_and(purchased_at > before) AS in_time_order
FROM (SELECT purchased_at,
             lag(purchased_at) OVER (PARTITION BY customer_id ORDER BY order_id) AS before
      FROM (SELECT DISTINCT customer_id, order_id, purchased_at
            FROM p WHERE quantity > 0) AS o) AS t;
SELECT bool_and(order_id >= before) AS in_order
FROM (SELECT order_id, lag(order_id) OVER (ORDER BY row) AS before
      FROM (SELECT order_id, row_number() OVER () AS row
            FROM simulate_purchases(200, 730)) AS r) AS t;
-- attributes are the customer's
SELECT max(n) AS different
FROM (SELECT count(DISTINCT (gender, age, location, channel)) AS n
      FROM p GROUP BY customer_id) AS t;

-- a returned line was bought, for the same money, 3 to 28 days before
SELECT count(*) > 300 AS many, bool_and(lines >= 1) AS bought_before
FROM (SELECT r.order_id, r.product,
             (SELECT count(*) FROM p AS o
              WHERE o.customer_id = r.customer_id AND o.product = r.product
                AND o.quantity = -r.quantity AND o.amount = -r.amount
                AND r.purchased_at::date - o.purchased_at::date BETWEEN 3 AND 28) AS lines
      FROM p AS r WHERE r.quantity < 0) AS t;

-- every label is there
SELECT label, count(*) AS labels, min(n) > 50 AS frequent
FROM (SELECT label, value, count(*) AS n
      FROM p CROSS JOIN LATERAL (VALUES
           ('category', category), ('channel', channel), ('gender', gender),
           ('location', location), ('product', product)) AS l(label, value)
      GROUP BY label, value) AS counts
GROUP BY label ORDER BY label;

-- the truth, and what is found
SELECT parameter, round(value::numeric, 4) AS value, meaning
FROM simulation_truth();
CREATE TEMP TABLE truth AS
SELECT jsonb_object_agg(parameter, value) AS t FROM simulation_truth();
CREATE FUNCTION pg_temp.truth(parameter text) RETURNS float8 LANGUAGE sql
	AS 'SELECT (t ->> parameter)::float8 FROM truth';

-- the shop's clock, as docs/simulate.md has it: in weeks, at the start of a day
CREATE TEMP TABLE clock AS
SELECT day, sum(speed) OVER (ORDER BY day) / 7 - speed / 7 AS weeks, speed
FROM (SELECT day,
             (1 + pg_temp.truth('trend') * (day - date '2024-01-01') / 365)
             * (1 + pg_temp.truth('season_amplitude')
                * cos(2 * pi() * (extract(doy FROM day)::int - pg_temp.truth('season_peak_day')) / 365))
             * pg_temp.truth('weekday_' || to_char(day, 'FMday')) AS speed
      FROM (SELECT date '2024-01-01' + i AS day FROM generate_series(0, 730) AS i) AS d) AS s;
-- customers: first order, time on the clock until the end, repeat orders
CREATE TEMP TABLE customer AS
SELECT customer_id, first, c.weeks + c.speed / 14 AS came,
       (SELECT weeks FROM clock WHERE day = '2025-12-31') - c.weeks - c.speed / 14 AS age,
       repeats
FROM (SELECT customer_id, min(purchased_at)::date AS first,
             count(DISTINCT order_id) - 1 AS repeats
      FROM p WHERE quantity > 0 GROUP BY customer_id) AS o
     JOIN clock AS c ON c.day = o.first;

-- arrivals are uniform on the clock, within 75 % of the period
SELECT count(*) AS customers,
       max(first) < date '2024-01-01' + 548 AS early,
       avg(came / weeks) BETWEEN 0.48 AND 0.52 AS mean,
       avg((came / weeks < 0.25)::int) BETWEEN 0.23 AND 0.27 AS first_quarter,
       avg((came / weeks > 0.75)::int) BETWEEN 0.23 AND 0.27 AS last_quarter
FROM customer, (SELECT weeks FROM clock WHERE day = date '2024-01-01' + 548) AS e;

-- ... and so in each month, with the trend and the season of the clock
SELECT count(*) AS months, bool_and(abs(n - share) < 0.01) AS close,
       max(share) > 1.5 * min(share) AS differ
FROM (SELECT month, share / sum(share) OVER () AS share,
             coalesce(n, 0) / sum(n) OVER () AS n
      FROM (SELECT date_trunc('month', day) AS month, sum(speed) AS share
            FROM clock WHERE day < '2025-07-01' GROUP BY 1) AS c
           LEFT JOIN (SELECT date_trunc('month', first) AS month, count(*) AS n
                      FROM customer GROUP BY 1) AS f USING (month)) AS m;

-- customers with no and with one repeat order: found, and BG/NBD's probability
SELECT round(avg((repeats = 0)::int), 4) AS found_0, round(avg(p0)::numeric, 4) AS expected_0,
       abs(avg((repeats = 0)::int) - avg(p0)) < 0.02 AS close_0,
       round(avg((repeats = 1)::int), 4) AS found_1, round(avg(p1)::numeric, 4) AS expected_1,
       abs(avg((repeats = 1)::int) - avg(p1)) < 0.02 AS close_1
FROM (SELECT repeats, p0,
             p0 * r * age / (alpha + age) * b / (a + b) + (1 - p0) * a / (a + b) AS p1
      FROM (SELECT *, (alpha / (alpha + age)) ^ r AS p0
            FROM customer,
                 (SELECT pg_temp.truth('r') AS r, pg_temp.truth('alpha') AS alpha,
                         pg_temp.truth('a') AS a, pg_temp.truth('b') AS b) AS t) AS x) AS y;

-- repeat orders: their mean, and BG/NBD's expectation (with the series 2F1)
WITH RECURSIVE
	t AS (SELECT pg_temp.truth('r') AS r, pg_temp.truth('alpha') AS alpha,
	             pg_temp.truth('a') AS a, pg_temp.truth('b') AS b),
	ages AS (SELECT age, count(*) AS n
	         FROM (SELECT round(age)::float8 AS age FROM customer) AS c GROUP BY age),
	term AS (SELECT age, 0 AS k, 1::float8 AS term FROM ages
	         UNION ALL
	         SELECT age, k + 1, term * (r + k) * (b + k) / (a + b - 1 + k) / (k + 1)
	                            * age / (alpha + age)
	         FROM term, t WHERE k < 500),
	series AS (SELECT age, sum(term) AS f FROM term GROUP BY age),
	expected AS (SELECT sum(n * (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + age)) ^ r * f)) / sum(n) AS mean
	             FROM ages JOIN series USING (age), t)
SELECT round(avg(repeats), 2) AS found, round(mean::numeric, 2) AS expected,
       avg(repeats) / mean BETWEEN 0.9 AND 1.1 AS close
FROM customer, expected GROUP BY mean;

-- sums of orders before discounts, and without their effect on prices
SELECT round(avg(mean), 1) AS found, pg_temp.truth('spend_mean') AS expected,
       avg(mean) / pg_temp.truth('spend_mean') BETWEEN 0.95 AND 1.05 AS close,
       round(avg(cv ^ 2)::numeric, 3) AS cv2_found,
       round(1 / pg_temp.truth('spend_p')::numeric, 3) AS cv2_expected,
       avg(cv ^ 2) * pg_temp.truth('spend_p') BETWEEN 0.9 AND 1.1 AS cv2_close
FROM (SELECT customer_id, avg(gross) AS mean,
             CASE WHEN count(*) >= 20 THEN stddev_samp(gross) / avg(gross) END AS cv
      FROM (SELECT customer_id, order_id,
                   sum(quantity * unit_price
                       / CASE WHEN discounted THEN 1 + pg_temp.truth('discount_price_effect')::numeric ELSE 1 END) AS gross
            FROM p WHERE quantity > 0 GROUP BY 1, 2) AS o
      GROUP BY customer_id) AS c;

-- shares of discounted lines
SELECT category, sale, round(avg(discounted::int), 3) AS found, round(expected::numeric, 3) AS expected,
       abs(avg(discounted::int) - expected) < 0.03 AS close
FROM (SELECT *, pg_temp.truth('discount_share_' || lower(category))
                + CASE WHEN sale THEN pg_temp.truth('discount_share_sale') ELSE 0 END AS expected
      FROM (SELECT category, discounted, extract(month FROM purchased_at) IN (1, 7) AS sale
            FROM p WHERE quantity > 0) AS l) AS e
GROUP BY category, sale, expected ORDER BY category, sale;

-- the effect of a discount: within products it is the true one, and a
-- comparison that does not look at products finds far too little
SELECT round(pg_temp.truth('discount_effect')::numeric, 3) AS truth,
       round(stratified, 3) AS stratified, abs(stratified - pg_temp.truth('discount_effect')) < 0.02 AS close,
       round(naive, 3) AS naive, naive > -0.08 AS naive_misleads
FROM (SELECT sum(n * yes) / sum(n * no) - 1 AS stratified, sum(sum_yes) / sum(n_yes) / (sum(sum_no) / sum(n_no)) - 1 AS naive
      FROM (SELECT product, count(*) AS n,
                   avg(amount) FILTER (WHERE discounted) AS yes,
                   avg(amount) FILTER (WHERE NOT discounted) AS no,
                   sum(amount) FILTER (WHERE discounted) AS sum_yes,
                   count(*) FILTER (WHERE discounted) AS n_yes,
                   sum(amount) FILTER (WHERE NOT discounted) AS sum_no,
                   count(*) FILTER (WHERE NOT discounted) AS n_no
            FROM p WHERE quantity > 0 GROUP BY product) AS s) AS e;
SELECT abs(sum(discount_amount) / sum(quantity * unit_price) - pg_temp.truth('discount_rate')) < 0.01 AS rate
FROM p WHERE discounted;

-- returned lines, of those that had the time to come back
SELECT round(sum((quantity < 0)::int)::numeric / sum((quantity > 0 AND purchased_at < '2025-12-03')::int), 3) AS found,
       pg_temp.truth('return_share') AS expected,
       sum((quantity < 0)::int)::numeric / sum((quantity > 0 AND purchased_at < '2025-12-03')::int)
         BETWEEN 0.034 AND 0.046 AS close
FROM p;

-- weekdays, and hours
SELECT isodow, abs(avg(n) / sum(avg(n)) OVER () - w / 7) < 0.015 AS close
FROM (SELECT extract(isodow FROM day)::int AS isodow, day, count(o.day) AS n,
             pg_temp.truth('weekday_' || to_char(day, 'FMday')) AS w
      FROM clock LEFT JOIN (SELECT DISTINCT order_id, purchased_at::date AS day
                            FROM p WHERE quantity > 0) AS o USING (day)
      WHERE day < '2025-12-29'
      GROUP BY day) AS d
GROUP BY isodow, w ORDER BY isodow;
SELECT avg((h BETWEEN 17 AND 21)::int) > 0.3 AS evening,
       avg((h BETWEEN 1 AND 5)::int) < 0.02 AS night
FROM (SELECT extract(hour FROM purchased_at) AS h FROM p WHERE quantity > 0) AS t;

DROP TABLE p, truth, clock, customer;

-- short and long periods
SELECT days, count(DISTINCT customer_id) AS customers,
       bool_and(purchased_at >= '2024-01-01'
                AND purchased_at < timestamp '2024-01-01' + days * interval '1 day') AS in_period
FROM (VALUES (1), (2), (7), (31), (366), (36500)) AS v(days)
     CROSS JOIN LATERAL simulate_purchases(50, days) AS p
GROUP BY days ORDER BY days;

-- in a select list, LIMIT stops the work: this would take hours
SELECT (r).customer_id
FROM (SELECT simulate_purchases(2147483647, 36500) AS r LIMIT 3) AS s;

-- the ends
SELECT count(*) FROM simulate_purchases(0, 730);
SELECT count(*) FROM simulate_purchases(0, 0);
SELECT count(*) FROM simulate_purchases(NULL, 730);
SELECT count(*) FROM simulate_purchases(10, NULL);
SELECT count(*) FROM simulate_purchases(10, 730, NULL);
SELECT count(*) FROM simulate_purchases(-1, 730);
SELECT count(*) FROM simulate_purchases(10, 0);
SELECT count(*) FROM simulate_purchases(10, 36501);
\set VERBOSITY sqlstate
SELECT count(*) FROM simulate_purchases(-2147483648, 730);
SELECT count(*) FROM simulate_purchases(10, -2147483648);
SELECT count(*) FROM simulate_purchases(10, 2147483647, 5);
\set VERBOSITY default
RESET datestyle;
