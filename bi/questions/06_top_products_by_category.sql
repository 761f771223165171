-- Which three products of each category are bought most?
-- A table, one block per category.
SELECT category, product_rank, product, purchases
FROM shop.top_product
WHERE product_rank <= 3
ORDER BY category, product_rank;
