-- view: segment_migration
-- needs: purchased_at
-- key: from_segment, to_segment
WITH t AS (
	SELECT as_of, as_of - interval '3 months' AS before FROM moment
),
customers AS (
	SELECT customer_id, sum(amount) AS revenue, count(DISTINCT order_no) FILTER (WHERE amount >= 0) AS purchases, max(ordered_at) FILTER (WHERE amount >= 0) AS last_purchase,
		coalesce(sum(amount) FILTER (WHERE ordered_at <= (SELECT before FROM t)), 0) AS revenue_before,
		count(DISTINCT order_no) FILTER (WHERE amount >= 0 AND ordered_at <= (SELECT before FROM t)) AS purchases_before,
		max(ordered_at) FILTER (WHERE amount >= 0 AND ordered_at <= (SELECT before FROM t)) AS last_before
	FROM raw
	WHERE customer_id IS NOT NULL
	GROUP BY customer_id
),
measured AS (
	SELECT c.*, round((extract(epoch FROM t.as_of - c.last_purchase) / 86400)::numeric(18,9), 6)::double precision AS recency,
		round((extract(epoch FROM t.before - c.last_before) / 86400)::numeric(18,9), 6)::double precision AS recency_before
	FROM customers AS c CROSS JOIN t
	WHERE purchases > 0
),
cuts AS (
	SELECT percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY recency) AS r,
		percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY purchases::double precision) AS f
	FROM measured
),
cuts_before AS (
	SELECT percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY recency_before) AS r,
		percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY purchases_before::double precision) AS f
	FROM measured
	WHERE purchases_before > 0
),
scored AS (
	SELECT c.revenue, c.revenue_before, c.purchases_before,
		5 - (c.recency > q.r[1])::integer - (c.recency > q.r[2])::integer - (c.recency > q.r[3])::integer - (c.recency > q.r[4])::integer AS rs,
		1 + (c.purchases > q.f[1])::integer + (c.purchases > q.f[2])::integer + (c.purchases > q.f[3])::integer + (c.purchases > q.f[4])::integer AS fs,
		5 - (c.recency_before > b.r[1])::integer - (c.recency_before > b.r[2])::integer - (c.recency_before > b.r[3])::integer - (c.recency_before > b.r[4])::integer AS rs_before,
		1 + (c.purchases_before > b.f[1])::integer + (c.purchases_before > b.f[2])::integer + (c.purchases_before > b.f[3])::integer + (c.purchases_before > b.f[4])::integer AS fs_before
	FROM measured AS c CROSS JOIN cuts AS q CROSS JOIN cuts_before AS b
),
named AS (
	SELECT revenue, revenue_before,
		CASE	-- python_seg_map
			WHEN rs <= 2 THEN CASE WHEN fs <= 2 THEN 1 WHEN fs <= 4 THEN 2 ELSE 3 END
			WHEN rs = 3 THEN CASE WHEN fs <= 2 THEN 4 WHEN fs = 3 THEN 5 ELSE 6 END
			WHEN rs = 4 THEN CASE WHEN fs >= 4 THEN 6 WHEN fs = 1 THEN 7 ELSE 9 END
			WHEN rs = 5 THEN CASE WHEN fs = 1 THEN 8 WHEN fs <= 3 THEN 9 ELSE 10 END END AS segment,
		CASE WHEN purchases_before = 0 THEN 0
			WHEN rs_before <= 2 THEN CASE WHEN fs_before <= 2 THEN 1 WHEN fs_before <= 4 THEN 2 ELSE 3 END
			WHEN rs_before = 3 THEN CASE WHEN fs_before <= 2 THEN 4 WHEN fs_before = 3 THEN 5 ELSE 6 END
			WHEN rs_before = 4 THEN CASE WHEN fs_before >= 4 THEN 6 WHEN fs_before = 1 THEN 7 ELSE 9 END
			WHEN rs_before = 5 THEN CASE WHEN fs_before = 1 THEN 8 WHEN fs_before <= 3 THEN 9 ELSE 10 END END AS segment_before
	FROM scored
)
SELECT (ARRAY['Not yet a customer', 'hibernating', 'at_risk', 'cant_lose', 'about_to_sleep', 'need_attention', 'loyal_customers', 'promising', 'new_customers', 'potential_loyalists', 'champions'])[segment_before + 1] AS from_segment,
	segment_before AS from_segment_sort,
	(ARRAY['hibernating', 'at_risk', 'cant_lose', 'about_to_sleep', 'need_attention', 'loyal_customers', 'promising', 'new_customers', 'potential_loyalists', 'champions'])[segment] AS to_segment,
	segment AS to_segment_sort, count(*) AS customers, count(*)::double precision / sum(count(*)) OVER (PARTITION BY segment_before)::double precision AS customer_share,
	sum(revenue)::numeric(18,2) AS revenue, sum(revenue - revenue_before)::numeric(18,2) AS revenue_in_between
FROM named
GROUP BY segment_before, segment
