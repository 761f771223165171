-- Which ten products are rated best, by at least 30 ratings?
-- A table.
SELECT product, category, round(average_rating, 2) AS rating, rated_purchases
FROM shop.dim_product
WHERE rated_purchases >= 30
ORDER BY average_rating DESC, product COLLATE "C"
LIMIT 10;
