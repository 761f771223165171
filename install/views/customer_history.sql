-- view: customer_history
-- needs: purchased_at
-- reads: customer
-- key: customer_id
-- inner
-- One row per customer: all purchases up to as_of as one value of the type purchase_history. Other views, and functions such as gap_median(history), read it; BI tools cannot.
-- column history: The purchases of the customer.
SELECT c.customer_id, c.history
FROM customer c
WHERE c.history IS NOT NULL
