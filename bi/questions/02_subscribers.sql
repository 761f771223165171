-- What share of the customers subscribe, and what share of the revenue is theirs?
-- A donut of customers; not of customer_id, which is a name and no amount.
SELECT subscribed_label AS subscribed, count(*) AS customers,
	round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS customer_percent,
	round(100 * sum(revenue) / sum(sum(revenue)) OVER (), 1) AS revenue_percent
FROM shop.dim_customer
GROUP BY subscribed_label
ORDER BY subscribed_label;
