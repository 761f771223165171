SELECT category, season, count(*), sum(purchase_amount) FROM clean_purchases
GROUP BY 1, 2 ORDER BY category, array_position('{Spring,Summer,Fall,Winter}', season);
