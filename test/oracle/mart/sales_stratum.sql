-- view: sales_stratum
-- needs: purchased_at, discounted, category
-- key: category, product, gender, period
-- ours: SELECT category, product, gender, period, sales_count(stats, 'discounted') AS n_discounted, sales_count(stats, 'full') AS n_full, sales_revenue(stats, 'discounted') AS revenue_discounted, sales_revenue(stats, 'full') AS revenue_full, sales_stddev(stats, 'full') AS stddev_full FROM sales_stratum WHERE sales_count(stats) > 0
SELECT category, product, gender, lpad(extract(year FROM purchased_at)::integer::text, 4, '0') || '-' || lpad(extract(month FROM purchased_at)::integer::text, 2, '0') AS period,
	count(*) FILTER (WHERE discounted) AS n_discounted, count(*) FILTER (WHERE NOT discounted) AS n_full,
	sum(amount) FILTER (WHERE discounted) AS revenue_discounted, sum(amount) FILTER (WHERE NOT discounted) AS revenue_full,
	(stddev_samp(amount) FILTER (WHERE NOT discounted))::double precision AS stddev_full
FROM raw
WHERE amount >= 0
GROUP BY 1, 2, 3, 4
