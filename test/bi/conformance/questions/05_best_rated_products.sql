SELECT item_purchased, min(category), round(avg(review_rating), 2), count(review_rating)
FROM clean_purchases GROUP BY 1 HAVING count(review_rating) >= 30
ORDER BY round(avg(review_rating), 6) DESC, item_purchased COLLATE "C" LIMIT 10;
