-- RFM segments
-- By recency, frequency and revenue, with who is late for the own rhythm.
-- display: bar rfm_segment customer_share revenue_share
-- needs: segment_rfm
SELECT coalesce(rfm_segment, '(none)') AS rfm_segment, customers, customer_share, revenue, revenue_share, average_recency_days, late_customers
FROM MART.segment_rfm
ORDER BY rfm_segment_sort NULLS LAST
