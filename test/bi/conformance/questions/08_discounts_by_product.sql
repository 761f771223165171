SELECT item_purchased, count(*), sum(discount_applied::int), round(100.0 * sum(discount_applied::int) / count(*), 1)
FROM clean_purchases GROUP BY 1 ORDER BY sum(discount_applied::int)::numeric / count(*) DESC, item_purchased COLLATE "C" LIMIT 5;
