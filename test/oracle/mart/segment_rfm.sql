-- view: segment_rfm
-- needs: purchased_at
-- key: rfm_segment
WITH customers AS (
	SELECT customer_id, sum(amount) AS revenue, count(DISTINCT order_no) FILTER (WHERE amount >= 0) AS purchases, max(ordered_at) FILTER (WHERE amount >= 0) AS last_purchase
	FROM raw
	WHERE customer_id IS NOT NULL
	GROUP BY customer_id
),
gaps AS (
	SELECT customer_id, percentile_cont(0.9) WITHIN GROUP (ORDER BY gap) AS late_after
	FROM (
		SELECT customer_id, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap
		FROM (SELECT customer_id, ordered_at::date AS day FROM raw WHERE customer_id IS NOT NULL AND amount >= 0 GROUP BY 1, 2) AS days
	) AS d
	WHERE gap IS NOT NULL
	GROUP BY customer_id
),
measured AS (
	SELECT c.revenue, c.purchases, m.as_of::date - c.last_purchase::date - g.late_after > 1e-9 AS late,
		round((extract(epoch FROM m.as_of - c.last_purchase) / 86400)::numeric(18,9), 6)::double precision AS recency_days
	FROM customers AS c
	CROSS JOIN moment AS m
	LEFT JOIN gaps AS g ON g.customer_id = c.customer_id
	WHERE c.purchases > 0
),
cuts AS (
	SELECT percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY recency_days) AS r,
		percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY purchases::double precision) AS f
	FROM measured
),
scored AS (
	SELECT c.*,
		5 - (c.recency_days > q.r[1])::integer - (c.recency_days > q.r[2])::integer - (c.recency_days > q.r[3])::integer - (c.recency_days > q.r[4])::integer AS recency_score,
		1 + (c.purchases > q.f[1])::integer + (c.purchases > q.f[2])::integer + (c.purchases > q.f[3])::integer + (c.purchases > q.f[4])::integer AS order_count_score
	FROM measured AS c CROSS JOIN cuts AS q
),
named AS (
	SELECT *, CASE	-- python_seg_map
		WHEN recency_score <= 2 THEN CASE WHEN order_count_score <= 2 THEN 1 WHEN order_count_score <= 4 THEN 2 ELSE 3 END
		WHEN recency_score = 3 THEN CASE WHEN order_count_score <= 2 THEN 4 WHEN order_count_score = 3 THEN 5 ELSE 6 END
		WHEN recency_score = 4 THEN CASE WHEN order_count_score >= 4 THEN 6 WHEN order_count_score = 1 THEN 7 ELSE 9 END
		WHEN recency_score = 5 THEN CASE WHEN order_count_score = 1 THEN 8 WHEN order_count_score <= 3 THEN 9 ELSE 10 END END AS segment
	FROM scored
)
SELECT (ARRAY['hibernating', 'at_risk', 'cant_lose', 'about_to_sleep', 'need_attention', 'loyal_customers', 'promising', 'new_customers', 'potential_loyalists', 'champions'])[segment] AS rfm_segment,
	segment AS rfm_segment_sort, count(*) AS customers, count(*)::double precision / sum(count(*)) OVER ()::double precision AS customer_share,
	sum(purchases)::bigint AS purchases, sum(revenue)::numeric(18,2) AS revenue, (sum(revenue) / nullif(sum(sum(revenue)) OVER (), 0))::double precision AS revenue_share,
	(sum(revenue) / sum(purchases))::numeric(18,6) AS average_amount, (sum(revenue) / count(*))::numeric(18,6) AS revenue_per_customer,
	avg(recency_days) AS average_recency_days, count(*) FILTER (WHERE late) AS late_customers
FROM named
GROUP BY segment
