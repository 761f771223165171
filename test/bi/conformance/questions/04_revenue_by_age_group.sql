-- quarters of the customers by age; whoever is as old as a cut is below it
WITH cuts AS (SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY age) AS at FROM clean_purchases)
SELECT (ARRAY['Young Adult', 'Adult', 'Middle-aged', 'Senior'])[quarter], min(age), max(age), count(*), sum(purchase_amount)
FROM clean_purchases, cuts, LATERAL (SELECT 1 + (age > at[1])::int + (age > at[2])::int + (age > at[3])::int) AS q(quarter)
GROUP BY quarter ORDER BY quarter;
