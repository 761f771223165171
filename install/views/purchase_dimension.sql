-- view: purchase_dimension
-- needs: customer_id, amount
-- reads: fact_purchase
-- inner
-- One row per purchase and dimension: fact_purchase in long form, of which breakdown is the sum.
SELECT d.dimension::text AS dimension, d.value, d.value_sort,
	f.customer_id, f.order_id, f.purchased_at, f.amount, f.review_rating, f.returned, f.discounted, f.subscribed
FROM fact_purchase f
CROSS JOIN LATERAL (VALUES @dimension_rows@) AS d(dimension, value, value_sort)
WHERE d.dimension IS NOT NULL
