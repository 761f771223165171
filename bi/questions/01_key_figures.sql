-- What are the key figures of the shop?
-- One row; each column is a card.
SELECT customers, purchases, revenue, round(average_amount, 2) AS average_amount,
	round(average_rating, 2) AS average_rating, round(100 * subscriber_share::numeric, 1) AS subscriber_percent
FROM shop.kpi_total;
