SELECT category, count(*), sum(purchase_amount),
	round(sum(purchase_amount) * 100.0 / (SELECT sum(purchase_amount) FROM clean_purchases), 1)
FROM clean_purchases GROUP BY 1 ORDER BY 3 DESC, 1;
