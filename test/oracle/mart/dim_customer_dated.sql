-- view: dim_customer
-- needs: purchased_at
-- key: customer_id
WITH m AS MATERIALIZED (
	SELECT as_of, as_of_end FROM moment
),
customers AS (
	SELECT customer_id,
		max(gender) AS gender,	--? gender
		max(location) AS location,	--? location
		max(age) AS age,	--? age
		bool_or(subscribed) AS subscribed,	--? subscribed
		sum(amount) AS revenue, sum(amount) FILTER (WHERE amount >= 0) AS sold,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0) AS purchases,
		count(DISTINCT order_no) FILTER (WHERE amount < 0) AS returns,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0 AND discounted) AS discounted_purchases,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0 AND ordered_at > (SELECT as_of - interval '30 days' FROM m)) AS orders_30_days,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0 AND ordered_at > (SELECT as_of - interval '90 days' FROM m)) AS orders_90_days,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0 AND ordered_at > (SELECT as_of - interval '365 days' FROM m)) AS orders_365_days,
		min(ordered_at) FILTER (WHERE amount >= 0) AS first_purchase, max(ordered_at) FILTER (WHERE amount >= 0) AS last_purchase
	FROM raw
	WHERE customer_id IS NOT NULL
	GROUP BY customer_id
	HAVING count(amount) > 0
),
gaps AS (
	SELECT customer_id, count(gap) AS gap_count, avg(gap)::double precision AS gap_mean,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS gap_median, percentile_cont(0.9) WITHIN GROUP (ORDER BY gap) AS late_after
	FROM (
		SELECT customer_id, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap
		FROM (SELECT customer_id, ordered_at::date AS day FROM raw WHERE customer_id IS NOT NULL AND amount >= 0 GROUP BY 1, 2) AS days
	) AS d
	GROUP BY customer_id
),
measured AS (
	SELECT c.*, g.gap_count, g.gap_mean, g.gap_median, m.as_of::date - c.last_purchase::date - g.late_after > 1e-9 AS late,
		round((extract(epoch FROM m.as_of - c.last_purchase) / 86400)::numeric(18,9), 6)::double precision AS recency_days
	FROM customers AS c
	CROSS JOIN m
	LEFT JOIN gaps AS g ON g.customer_id = c.customer_id
),
cuts AS (
	SELECT percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY recency_days) AS r,
		percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY purchases::double precision) AS f,
		percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY revenue::double precision) AS m
	FROM measured
	WHERE purchases > 0
),
spend AS (
	SELECT percentile_cont(ARRAY[0.5, 0.8, 0.9]) WITHIN GROUP (ORDER BY revenue::double precision) AS s FROM customers
),
scored AS (
	SELECT c.*, s.s,
		CASE WHEN c.purchases > 0 THEN 5 - (c.recency_days > q.r[1])::integer - (c.recency_days > q.r[2])::integer - (c.recency_days > q.r[3])::integer - (c.recency_days > q.r[4])::integer END AS recency_score,
		1 + (c.purchases > q.f[1])::integer + (c.purchases > q.f[2])::integer + (c.purchases > q.f[3])::integer + (c.purchases > q.f[4])::integer AS order_count_score,
		1 + (c.revenue::double precision > q.m[1])::integer + (c.revenue::double precision > q.m[2])::integer + (c.revenue::double precision > q.m[3])::integer + (c.revenue::double precision > q.m[4])::integer AS revenue_score
	FROM measured AS c CROSS JOIN cuts AS q CROSS JOIN spend AS s
),
named AS (
	SELECT *, CASE	-- python_seg_map
		WHEN recency_score <= 2 THEN CASE WHEN order_count_score <= 2 THEN 1 WHEN order_count_score <= 4 THEN 2 ELSE 3 END
		WHEN recency_score = 3 THEN CASE WHEN order_count_score <= 2 THEN 4 WHEN order_count_score = 3 THEN 5 ELSE 6 END
		WHEN recency_score = 4 THEN CASE WHEN order_count_score >= 4 THEN 6 WHEN order_count_score = 1 THEN 7 ELSE 9 END
		WHEN recency_score = 5 THEN CASE WHEN order_count_score = 1 THEN 8 WHEN order_count_score <= 3 THEN 9 ELSE 10 END END AS segment
	FROM scored
)
SELECT customer_id,
	gender,	--? gender
	age, $age_group$ AS age_group, $age_group_sort$ AS age_group_sort,	--? age
	location,	--? location
	subscribed, CASE WHEN subscribed THEN 'Yes' WHEN NOT subscribed THEN 'No' END AS subscribed_label,	--? subscribed
	CASE WHEN purchases >= 11 THEN 'Loyal' WHEN purchases >= 2 THEN 'Returning' WHEN purchases > 0 THEN 'New' END AS loyalty_tier,
	CASE WHEN purchases >= 11 THEN 3 WHEN purchases >= 2 THEN 2 WHEN purchases > 0 THEN 1 END AS loyalty_tier_sort,
	purchases, returns, revenue::numeric(18,2) AS revenue, (sold / nullif(purchases, 0))::numeric(18,6) AS average_amount,
	discounted_purchases, discounted_purchases::double precision / nullif(purchases, 0) AS discount_share,
	first_purchase, last_purchase, recency_days,
	coalesce(gap_count, 0) AS gap_count, gap_mean, gap_median, late, CASE WHEN late THEN 'Yes' WHEN NOT late THEN 'No' END AS late_label,
	last_purchase::date + ceil(gap_median)::integer AS next_expected_purchase,
	orders_30_days, orders_90_days, orders_365_days,
	recency_score, order_count_score, revenue_score,
	(ARRAY['hibernating', 'at_risk', 'cant_lose', 'about_to_sleep', 'need_attention', 'loyal_customers', 'promising', 'new_customers', 'potential_loyalists', 'champions'])[segment] AS rfm_segment, segment AS rfm_segment_sort,
	CASE WHEN revenue::double precision <= s[1] THEN 'Light' WHEN revenue::double precision <= s[2] THEN 'Medium' ELSE 'Heavy' END AS spend_tier,
	CASE WHEN revenue::double precision <= s[1] THEN 1 WHEN revenue::double precision <= s[2] THEN 2 ELSE 3 END AS spend_tier_sort,
	revenue::double precision >= s[3] AS high_value, CASE WHEN revenue::double precision >= s[3] THEN 'Yes' ELSE 'No' END AS high_value_label
FROM named
