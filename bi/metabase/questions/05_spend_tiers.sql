-- Spend tiers
-- Customers and revenue of each.
-- display: bar spend_tier customer_share revenue_share
SELECT spend_tier, customers, revenue, customer_share, revenue_share
FROM MART.segment_spend
ORDER BY spend_tier_sort
