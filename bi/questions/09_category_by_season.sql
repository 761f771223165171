-- In which season does each category sell best?
-- A heat map: rows by category, columns by season in the order of season_sort.
SELECT category, season, count(*) AS purchases, sum(amount) AS revenue
FROM shop.fact_purchase
GROUP BY category, season, season_sort
ORDER BY category, season_sort;
