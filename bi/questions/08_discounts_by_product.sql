-- Which five products are bought with a discount most often?
-- Bars; discount_share is a share of purchases, not of money.
SELECT product, purchases, discounted_purchases, round(100 * discount_share::numeric, 1) AS discount_percent
FROM shop.dim_product
ORDER BY discount_share DESC, product COLLATE "C"
LIMIT 5;
