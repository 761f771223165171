-- Do loyal customers subscribe more?
-- Stacked bars, one per loyalty tier.
SELECT loyalty_tier, count(*) AS customers, count(*) FILTER (WHERE subscribed) AS subscribers,
	round(100.0 * count(*) FILTER (WHERE subscribed) / count(*), 1) AS subscriber_percent
FROM shop.dim_customer
GROUP BY loyalty_tier, loyalty_tier_sort
ORDER BY loyalty_tier_sort;
