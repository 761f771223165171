-- view: acquisition_payback
-- needs: purchased_at, customer_id, amount, spend
-- reads: customer, mart, mart_as_of, dimension_value, spend
-- key: dimension, value
-- page: customers 27
-- order: dimension, value
-- One row per month of first orders, and per channel where the spend has channels: what was spent, how many customers came, and after how many months they had earned it. Months are those from the first to the last of the spend, up to as_of; one without a row in it had no spend. Only customers who came in these months count. They earn their margin; in a mart without the role cost it is revenue, as payback_basis says.
-- column dimension: first_month, or channel.
-- column value: Month of the first order, as YYYY-MM; or channel of the first order, or of the spend.
-- column spend: What was spent; currency of the source.
-- column acquired_customers: Number of customers whose first order was in the month, or had the channel.
-- column customer_acquisition_cost: Spend divided by these; NULL without any. Currency of the source.
-- column payback_basis: What customers earn here: margin or revenue.
-- column months_observed: The last month since the month of the first order (from 0) that was over for all of these customers at as_of; NULL if none was.
-- column earned: What they have earned up to and including it; currency of the source.
-- column earned_per_customer: The same divided by the customers; currency of the source.
-- column uncosted_revenue: Revenue up to then of lines without a known cost, which is not in what was earned; NULL where that is revenue. Currency of the source.
-- column payback_months: The first month since that of the first order in which, with all before, what a customer has earned is at least what he cost: 0 is the same month. Of each month those customers count for whom it was over. NULL if there is none yet, no spend or no customer.
-- column payback_label: paid back; paid back by older customers, where the month was not over for all of them; not yet; no customers; no spend.
WITH looked AS (SELECT a.as_of_orders, a.as_of_end FROM mart_as_of a),
spent AS MATERIALIZED (
	SELECT s.month, s.channel, sum(s.spend) AS spend
	FROM (@spend_rows@) s
	WHERE s.spend IS NOT NULL AND s.month < (SELECT l.as_of_end FROM looked l)
	GROUP BY s.month, s.channel
),
found AS MATERIALIZED (
	SELECT @extschema@.acquisition_set(c.history, c.lines, coalesce((SELECT l.as_of_orders FROM looked l), timestamp '2000-01-01'),
			@spend_elements@, @dimension_codes@@if cost@, c.margins@end@) AS acquisitions
	FROM customer c
	WHERE c.customer_id IS NOT NULL
		AND @extschema@.first_purchase(c.history) >= (SELECT min(s.month) FROM spent s)
		AND @extschema@.first_purchase(c.history) < (SELECT max(s.month) + interval '1 month' FROM spent s)
),
came AS (
	SELECT r.element = -3 AS is_month, r.value, r.acquired
	FROM found f
	-- the month of as_of, which may not be over, too
	CROSS JOIN LATERAL @extschema@.acquisition_rows(f.acquisitions, (SELECT l.as_of_end + interval '1 month' FROM looked l), 1000) r
	WHERE r.month_offset = 0 AND r.value IS NOT NULL
),
cost AS (
	SELECT true AS is_month, to_char(g.month, 'YYYY-MM') AS value, coalesce(sum(s.spend), 0) AS spend
	FROM generate_series((SELECT min(s.month) FROM spent s), (SELECT max(s.month) FROM spent s), interval '1 month') AS g(month)
	LEFT JOIN spent s ON s.month = g.month
	GROUP BY g.month
	UNION ALL
	SELECT false, s.channel, sum(s.spend) FROM spent s WHERE s.channel IS NOT NULL GROUP BY s.channel
),
won AS (
	SELECT coalesce(p.is_month, c.is_month) AS is_month, coalesce(p.value, c.value) AS value, coalesce(p.spend, 0) AS spend, coalesce(c.acquired, 0) AS acquired
	FROM cost p
	FULL JOIN came c ON c.is_month = p.is_month AND c.value = p.value COLLATE "C"
),
earned AS (
	SELECT w.is_month, w.value,
		max(r.month_offset) FILTER (WHERE r.is_complete) AS months_observed,
		min(r.month_offset) FILTER (WHERE w.spend > 0 AND r.@if cost@cumulative_margin@end@@unless cost@cumulative_revenue@end@ * w.acquired >= w.spend * r.customers) AS payback_months
	FROM found f
	CROSS JOIN LATERAL @extschema@.acquisition_rows(f.acquisitions, (SELECT l.as_of_end FROM looked l), 1000) r
	JOIN won w ON w.is_month = (r.element = -3) AND w.value = r.value COLLATE "C"
	GROUP BY w.is_month, w.value
),
seen AS (
	SELECT e.*, r.@if cost@cumulative_margin@end@@unless cost@cumulative_revenue@end@ AS earned, @if cost@r.cumulative_uncosted_revenue@end@@unless cost@NULL::numeric@end@ AS uncosted
	FROM earned e
	CROSS JOIN found f
	LEFT JOIN LATERAL @extschema@.acquisition_rows(f.acquisitions, (SELECT l.as_of_end FROM looked l), 1000) r
		ON (r.element = -3) = e.is_month AND r.value = e.value COLLATE "C" AND r.month_offset = e.months_observed
)
SELECT CASE WHEN w.is_month THEN 'first_month' ELSE 'channel' END AS dimension, w.value,
	w.spend::numeric(18,2) AS spend, w.acquired AS acquired_customers,
	(w.spend / nullif(w.acquired, 0))::numeric(22,6) AS customer_acquisition_cost,
	@if cost@'margin'@end@@unless cost@'revenue'@end@ AS payback_basis,
	s.months_observed, s.earned::numeric(18,2) AS earned, (s.earned / nullif(w.acquired, 0))::numeric(22,6) AS earned_per_customer,
	s.uncosted::numeric(18,2) AS uncosted_revenue,
	s.payback_months,
	CASE WHEN w.acquired = 0 THEN 'no customers' WHEN w.spend <= 0 THEN 'no spend' WHEN s.payback_months IS NULL THEN 'not yet'
		WHEN s.payback_months <= s.months_observed THEN 'paid back' ELSE 'paid back by older customers' END AS payback_label
FROM won w
LEFT JOIN seen s ON s.is_month = w.is_month AND s.value = w.value COLLATE "C"
