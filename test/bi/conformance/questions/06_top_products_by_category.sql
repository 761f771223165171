SELECT category, place, item_purchased, n FROM (
	SELECT category, item_purchased, count(*) AS n,
		row_number() OVER (PARTITION BY category ORDER BY count(*) DESC, item_purchased COLLATE "C") AS place
	FROM clean_purchases GROUP BY 1, 2) r
WHERE place <= 3 ORDER BY 1, 2;
