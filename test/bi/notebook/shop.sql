-- What the sentences about the mart "shop" should say: key and value, from the
-- source table and plain SQL, without a view or function of the extension.
WITH p AS (
	SELECT customer_id, age, gender, item_purchased AS product, category, purchase_amount::numeric AS amount, season,
		review_rating AS rating, subscription_status AS subscribed, shipping_type, discount_applied AS discounted,
		previous_purchases AS previous, frequency_of_purchases AS frequency, location, color, size, payment_method,
		sum(purchase_amount) OVER () AS total
	FROM clean_purchases
),
cut AS (
	SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]::float8[]) WITHIN GROUP (ORDER BY amount) AS amount,
		percentile_cont(0.8) WITHIN GROUP (ORDER BY amount) AS heavy,
		percentile_cont(ARRAY[0.25, 0.5, 0.75]::float8[]) WITHIN GROUP (ORDER BY age) AS age
	FROM p	-- one row per customer: the amounts are what customers spent
),
labels AS (
	SELECT d.dimension, d.value, p.amount, p.total
	FROM p, cut, LATERAL (VALUES ('gender', gender), ('category', category), ('season', season), ('location', location),
		('color', color), ('size', size), ('payment_method', payment_method), ('shipping_type', shipping_type),
		('purchase_frequency', frequency), ('discounted', discounted::text), ('subscribed', subscribed::text),
		('age_group', CASE WHEN p.age <= cut.age[1] THEN 'Young Adult' WHEN p.age <= cut.age[2] THEN 'Adult'
			WHEN p.age <= cut.age[3] THEN 'Middle-aged' ELSE 'Senior' END)) AS d (dimension, value)
),
by_label AS (
	SELECT dimension, value, sum(amount) AS revenue, avg(amount) AS mean, sum(amount) / max(total) AS share, count(*) AS n
	FROM labels GROUP BY 1, 2
),
best AS (
	SELECT DISTINCT ON (dimension) * FROM by_label ORDER BY dimension, revenue DESC
),
extremes AS (
	SELECT dimension, max(mean) AS highest, min(mean) AS lowest FROM by_label GROUP BY 1
),
explained AS (	-- eta squared
	SELECT l.dimension, sum((b.mean - t.mean) ^ 2) / sum((l.amount - t.mean) ^ 2) AS eta
	FROM labels l JOIN by_label b USING (dimension, value), (SELECT avg(amount) AS mean FROM p) t
	GROUP BY 1
),
arms AS (
	SELECT count(*) FILTER (WHERE discounted) AS n1, count(*) FILTER (WHERE NOT discounted) AS n0,
		avg(amount) FILTER (WHERE discounted) AS m1, avg(amount) FILTER (WHERE NOT discounted) AS m0,
		var_samp(amount) FILTER (WHERE discounted) AS v1, var_samp(amount) FILTER (WHERE NOT discounted) AS v0
	FROM p
),
strata AS (
	SELECT count(*) FILTER (WHERE discounted) AS n1, count(*) FILTER (WHERE NOT discounted) AS n0,
		avg(amount) FILTER (WHERE discounted) - avg(amount) FILTER (WHERE NOT discounted) AS difference
	FROM p GROUP BY category, product, gender, season
),
products AS (
	SELECT product, sum(amount) AS revenue, avg(rating) AS rating, max(total) AS total FROM p GROUP BY 1
),
shipping AS (
	SELECT max(a.mean - b.mean) AS largest, count(*) / 2 AS pairs
	FROM by_label a JOIN by_label b ON a.dimension = 'shipping_type' AND b.dimension = 'shipping_type' AND a.value <> b.value
),
frequencies AS (
	SELECT frequency, count(*) AS n, sum(amount) AS revenue, max(total) AS total
	FROM (SELECT CASE WHEN frequency IN ('Bi-Weekly', 'Fortnightly') THEN 'Fortnightly'
			WHEN frequency IN ('Every 3 Months', 'Quarterly') THEN 'Quarterly'
			WHEN frequency IN ('Annually', 'Yearly') THEN 'Annually' ELSE frequency END AS frequency, amount, total FROM p) f
	GROUP BY 1
)
SELECT 'shop.rows', count(*)::text FROM p
UNION ALL SELECT 'shop.columns', count(*)::text FROM information_schema.columns WHERE table_name = 'clean_purchases'
UNION ALL SELECT 'shop.customers', count(DISTINCT customer_id)::text FROM p
UNION ALL SELECT 'shop.purchases', count(*)::text FROM p
UNION ALL SELECT 'shop.revenue', sum(amount)::text FROM p
UNION ALL SELECT 'shop.average_amount', avg(amount)::text FROM p
UNION ALL SELECT 'shop.revenue_per_customer', (sum(amount) / count(DISTINCT customer_id))::text FROM p
UNION ALL SELECT 'shop.average_rating', avg(rating)::text FROM p
UNION ALL SELECT 'shop.discount_share', avg(discounted::int)::text FROM p
UNION ALL SELECT 'shop.subscribers', count(*)::text FROM p WHERE subscribed
UNION ALL SELECT 'shop.subscriber_share', avg(subscribed::int)::text FROM p
UNION ALL SELECT 'shop.q1_amount', amount[1]::text FROM cut
UNION ALL SELECT 'shop.median_amount', amount[2]::text FROM cut
UNION ALL SELECT 'shop.q3_amount', amount[3]::text FROM cut
UNION ALL SELECT 'shop.highest_amount', max(amount)::text FROM p
UNION ALL SELECT format('shop.%s.best', dimension), value FROM best WHERE dimension IN ('gender', 'age_group', 'category', 'season')
UNION ALL SELECT format('shop.%s.best_revenue', dimension), revenue::text FROM best WHERE dimension IN ('gender', 'age_group', 'category', 'season')
UNION ALL SELECT format('shop.%s.best_share', dimension), share::text FROM best WHERE dimension IN ('gender', 'age_group', 'category', 'season')
UNION ALL SELECT format('shop.%s.highest_average', dimension), highest::text FROM extremes WHERE dimension IN ('gender', 'age_group', 'category', 'season')
UNION ALL SELECT format('shop.%s.lowest_average', dimension), lowest::text FROM extremes WHERE dimension IN ('gender', 'age_group', 'category', 'season')
UNION ALL (SELECT 'shop.product.best', product FROM products ORDER BY revenue DESC, product COLLATE "C" LIMIT 1)
UNION ALL SELECT 'shop.product.best_revenue', max(revenue)::text FROM products
UNION ALL SELECT 'shop.product.best_share', max(revenue / total)::text FROM products
UNION ALL SELECT 'shop.product.rating_correlation', corr(rating, revenue)::text FROM products
UNION ALL SELECT 'shop.loyalty.New', count(*)::text FROM p WHERE previous <= 1
UNION ALL SELECT 'shop.loyalty.Returning', count(*)::text FROM p WHERE previous BETWEEN 2 AND 10
UNION ALL SELECT 'shop.loyalty.Loyal', count(*)::text FROM p WHERE previous > 10
UNION ALL SELECT 'shop.spend.heavy_above', heavy::text FROM cut
UNION ALL SELECT 'shop.spend.medium_above', amount[2]::text FROM cut
UNION ALL SELECT 'shop.spend.heavy_customer_share', avg((p.amount > heavy)::int)::text FROM p, cut
UNION ALL SELECT 'shop.spend.heavy_revenue_share', (sum(p.amount) FILTER (WHERE p.amount > heavy) / sum(p.amount))::text FROM p, cut
UNION ALL SELECT 'shop.frequency.usual_share', (max(n)::numeric / sum(n))::text FROM frequencies
UNION ALL SELECT 'shop.frequency.richest_share', max(revenue / total)::text FROM frequencies
UNION ALL SELECT 'shop.discount.n', n1::text FROM arms
UNION ALL SELECT 'shop.discount.n_full', n0::text FROM arms
UNION ALL SELECT 'shop.discount.mean', m1::text FROM arms
UNION ALL SELECT 'shop.discount.mean_full', m0::text FROM arms
UNION ALL SELECT 'shop.discount.naive', (m1 - m0)::text FROM arms
-- the test's own quantile of Student's t makes the interval of these
UNION ALL SELECT 'shop.discount.naive_low', format('welch %s %s %s %s -1', m1 - m0, v1 / n1, v0 / n0, n1 || ' ' || n0) FROM arms
UNION ALL SELECT 'shop.discount.naive_high', format('welch %s %s %s %s 1', m1 - m0, v1 / n1, v0 / n0, n1 || ' ' || n0) FROM arms
UNION ALL SELECT 'shop.discount.stratified', (sum(difference * n1 * n0 / (n1 + n0)) / sum(1.0 * n1 * n0 / (n1 + n0)))::text
	FROM strata WHERE n1 > 0 AND n0 > 0
UNION ALL SELECT 'shop.discount.without_share', (sum(n1 + n0) FILTER (WHERE n1 = 0 OR n0 = 0) / sum(n1 + n0))::text FROM strata
UNION ALL SELECT 'shop.discount.row_share', (1.0 * n1 / (n1 + n0))::text FROM arms
UNION ALL SELECT 'shop.subscription.revenue.value', avg(amount)::text FROM p WHERE subscribed
UNION ALL SELECT 'shop.subscription.revenue.others', avg(amount)::text FROM p WHERE NOT subscribed
UNION ALL SELECT 'shop.subscription.rating.value', avg(rating)::text FROM p WHERE subscribed
UNION ALL SELECT 'shop.subscription.repeat buyers.value', avg(subscribed::int)::text FROM p WHERE previous > 5
UNION ALL SELECT 'shop.subscription.repeat buyers.others', avg(subscribed::int)::text FROM p WHERE previous <= 5
UNION ALL (SELECT 'shop.groups.best', dimension FROM explained ORDER BY eta DESC LIMIT 1)
UNION ALL SELECT 'shop.groups.best_share', max(eta)::text FROM explained
UNION ALL SELECT 'shop.shipping.largest', largest::text FROM shipping
UNION ALL SELECT 'shop.shipping.pairs', pairs::text FROM shipping
