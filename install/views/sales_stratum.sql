-- view: sales_stratum
-- needs: customer_id, amount, discounted
-- reads: fact_purchase
-- key: category, product, gender, period
-- inner
-- One row per stratum: category, product, gender and period (the month of the purchase, or its season where there are no times), with the statistics of its rows as a value of the type sales_stats; returns are left out. discount_effect compares like with like by them; BI tools cannot read this view.
-- column period: Month as 2024-01, or season.
-- column stats: Statistics of the amounts, with and without a discount.
SELECT f.category, f.product, f.gender,
	coalesce(lpad(extract(year FROM f.purchased_at)::text, 4, '0') || '-' || lpad(extract(month FROM f.purchased_at)::text, 2, '0'),
		f.season) AS period,
	@extschema@.sales_stats(f.amount, f.discounted) AS stats
FROM fact_purchase f
WHERE f.returned IS NOT TRUE
GROUP BY 1, 2, 3, 4
