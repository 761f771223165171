-- Customers to act on
-- The most valuable first; of a segment, or those who are late.
-- display: table
-- needs: segment_rfm
-- variable segment: text, Segment
-- variable late: text, Late (Yes, No)
-- variable most: number 100, How many
SELECT customer_id, rfm_segment, purchases, revenue, last_purchase, days_late, next_expected_purchase
FROM MART.dim_customer
WHERE true
	[[AND rfm_segment = {{segment}}]]
	[[AND late_label = {{late}}]]
ORDER BY revenue DESC NULLS LAST, customer_id
LIMIT {{most}}
