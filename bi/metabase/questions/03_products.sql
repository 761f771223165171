-- Products
-- The largest by revenue; of a category, or those whose name has a word.
-- display: table
-- variable category: text, Category
-- variable word: text, Part of the name
-- variable most: number 20, How many
SELECT category, product, purchases, customers, revenue, average_amount, average_rating
FROM MART.dim_product
WHERE product IS NOT NULL
	[[AND category = {{category}}]]
	[[AND strpos(lower(product), lower({{word}})) > 0]]
ORDER BY revenue DESC NULLS LAST, product
LIMIT {{most}}
