SELECT CASE WHEN previous_purchases < 2 THEN 'New' WHEN previous_purchases < 11 THEN 'Returning' ELSE 'Loyal' END,
	count(*), sum(subscription_status::int), round(100.0 * avg(subscription_status::int), 1)
FROM clean_purchases GROUP BY 1 ORDER BY min(previous_purchases);
