SELECT CASE WHEN subscription_status THEN 'Yes' ELSE 'No' END, count(*),
	round(count(*) * 100.0 / (SELECT count(*) FROM clean_purchases), 1),
	round(sum(purchase_amount) * 100.0 / (SELECT sum(purchase_amount) FROM clean_purchases), 1)
FROM clean_purchases GROUP BY 1 ORDER BY 1;
