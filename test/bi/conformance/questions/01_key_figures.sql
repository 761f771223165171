SELECT count(DISTINCT customer_id), count(*), sum(purchase_amount), round(avg(purchase_amount), 2), round(avg(review_rating), 2),
	round(100.0 * count(*) FILTER (WHERE subscription_status) / count(*), 1)
FROM clean_purchases;
