-- view: dim_customer
-- needs: customer_id, amount, purchased_at
-- reads: customer, mart, mart_basis, fitted_model
-- key: customer_id
-- One row per customer with a known amount. Where the rows of a customer differ in a label, the largest in the order of the C collation is taken (age: the largest number), and data_quality counts such customers. Columns up to orders_365_days need the customer alone; the RFM and spend columns need all customers, and cost that only where they are asked for.
-- column subscribed: Whether the customer subscribes: true if any row says so.
-- column purchases: Number of orders; returns do not count.
-- column returns: Number of returns.
-- column loyalty_tier: Loyalty tier by the number of orders: New, Returning or Loyal; NULL for customers with returns only.
-- column first_purchase: Time of the first order, on the clock of the shop.
-- column last_purchase: Time of the last order, on the clock of the shop.
-- column recency_days: Days since the last order, at as_of.
-- column gap_count: Number of gaps: days between consecutive different days with an order.
-- column gap_mean: Mean gap in days.
-- column gap_median: Median gap in days.
-- column late: Whether the time since the last order is longer than nine in ten of the own gaps; NULL without a gap.
-- column late_label: Whether the customer is late, as Yes or No.
-- column next_expected_purchase: Day of the last order plus the median gap; NULL without a gap.
-- column orders_30_days: Number of orders in the 30 days up to as_of.
-- column orders_90_days: Number of orders in the 90 days up to as_of.
-- column orders_365_days: Number of orders in the 365 days up to as_of.
-- column recency_score: Score of recency, 1 to 5: recent is high; its ranges are in rfm_threshold.
-- column order_count_score: Score of the number of orders, 1 to 5: many is high.
-- column revenue_score: Score of revenue, 1 to 5: much is high.
-- column rfm_segment: Segment by the scheme of the mart; NULL if no rule of it matches.
-- column rfm_segment_sort: Number of the rule of the segment, to sort by.
-- column probability_alive: Probability that the customer will buy again ever, 0 to 1, by the model of fit_mart(); NULL without one.
-- column expected_purchases_90_days: Number of days with a purchase that the model expects in the 90 days after as_of.
-- column expected_purchases_365_days: Number of days with a purchase that the model expects in the 365 days after as_of.
-- column expected_spend: What a purchase of the customer is expected to bring, by the model of spend; currency of the source.
-- column days_late: Days from next_expected_purchase to as_of; below zero if it is still to come.
-- column lifetime_value_365_days: What the customer is expected to spend in the 365 days after as_of, not discounted; currency of the source.
SELECT c.customer_id, c.gender, c.age,
	@extschema@.age_bucket(c.age::double precision,
		(SELECT m.age_cuts FROM mart m), (SELECT m.age_labels FROM mart m)) AS age_group,
	@extschema@.age_bucket_sort(c.age::double precision, (SELECT m.age_cuts FROM mart m)) AS age_group_sort,
	c.location, c.subscribed,
	CASE WHEN c.subscribed THEN 'Yes' WHEN NOT c.subscribed THEN 'No' END AS subscribed_label,
	@extschema@.loyalty_tier(nullif(@extschema@.order_count(c.history), 0::bigint),
		(SELECT m.loyalty_edges FROM mart m), (SELECT m.loyalty_labels FROM mart m)) AS loyalty_tier,
	@extschema@.loyalty_tier_sort(nullif(@extschema@.order_count(c.history), 0::bigint),
		(SELECT m.loyalty_edges FROM mart m)) AS loyalty_tier_sort,
	@extschema@.order_count(c.history) AS purchases,
	@extschema@.return_count(c.history) AS returns,
	@extschema@.revenue(c.history)::numeric(18,2) AS revenue,
	@extschema@.average_order_value(c.history)::numeric(22,6) AS average_amount,
	@extschema@.discounted_order_count(c.history) AS discounted_purchases,
	@extschema@.discount_share(c.history) AS discount_share,
	date_trunc('milliseconds', @extschema@.first_purchase(c.history)) AS first_purchase,
	date_trunc('milliseconds', @extschema@.last_purchase(c.history)) AS last_purchase,
	@extschema@.rfm_recency(c.history, b.as_of_orders) AS recency_days,
	@extschema@.gap_count(c.history) AS gap_count,
	@extschema@.gap_mean(c.history) AS gap_mean,
	@extschema@.gap_median(c.history) AS gap_median,
	@extschema@.is_late(c.history, b.as_of_orders, 0.9::double precision) AS late,
	(ARRAY['No', 'Yes'])[@extschema@.is_late(c.history, b.as_of_orders, 0.9::double precision)::integer + 1] AS late_label,
	(@extschema@.last_purchase(c.history)::date + ceil(@extschema@.gap_median(c.history))::integer) AS next_expected_purchase,
	@extschema@.orders_within(c.history, interval '30 days', b.as_of_orders) AS orders_30_days,
	@extschema@.orders_within(c.history, interval '90 days', b.as_of_orders) AS orders_90_days,
	@extschema@.orders_within(c.history, interval '365 days', b.as_of_orders) AS orders_365_days,
	@extschema@.recency_score(b.thresholds, @extschema@.rfm_recency(c.history, b.as_of_orders)) AS recency_score,
	@extschema@.order_count_score(b.thresholds, @extschema@.order_count(c.history)) AS order_count_score,
	@extschema@.revenue_score(b.thresholds, @extschema@.revenue(c.history)) AS revenue_score,
	@extschema@.rfm_segment((SELECT m.segment_scheme::@extschema@.segment_scheme FROM mart m), b.thresholds, c.history, b.as_of_orders) AS rfm_segment,
	@extschema@.rfm_segment_sort((SELECT m.segment_scheme::@extschema@.segment_scheme FROM mart m), b.thresholds, c.history, b.as_of_orders) AS rfm_segment_sort,
	@extschema@.spend_tier(@extschema@.pt_revenue_float8(c.history), b.medium_above, b.heavy_above) AS spend_tier,
	@extschema@.spend_tier_sort(@extschema@.pt_revenue_float8(c.history), b.medium_above, b.heavy_above) AS spend_tier_sort,
	@extschema@.is_high_value(@extschema@.pt_revenue_float8(c.history), b.high_value_from) AS high_value,
	(ARRAY['No', 'Yes'])[@extschema@.is_high_value(@extschema@.pt_revenue_float8(c.history), b.high_value_from)::integer + 1] AS high_value_label,
	@extschema@.p_alive((SELECT f.model::@extschema@.clv_model FROM fitted_model f WHERE f.model_name = 'purchases'), c.history, b.as_of_orders) AS probability_alive,
	@extschema@.expected_purchases((SELECT f.model::@extschema@.clv_model FROM fitted_model f WHERE f.model_name = 'purchases'), c.history, b.as_of_orders, (90 / 7.0)::double precision) AS expected_purchases_90_days,
	@extschema@.expected_purchases((SELECT f.model::@extschema@.clv_model FROM fitted_model f WHERE f.model_name = 'purchases'), c.history, b.as_of_orders, (365 / 7.0)::double precision) AS expected_purchases_365_days,
	nullif(least(@extschema@.expected_spend((SELECT f.model::@extschema@.clv_model FROM fitted_model f WHERE f.model_name = 'spend'), c.history, b.as_of_orders), 1e15), 1e15)::numeric(18,2) AS expected_spend,
	nullif(least(@extschema@.expected_purchases((SELECT f.model::@extschema@.clv_model FROM fitted_model f WHERE f.model_name = 'purchases'), c.history, b.as_of_orders, (365 / 7.0)::double precision)
		* @extschema@.expected_spend((SELECT f.model::@extschema@.clv_model FROM fitted_model f WHERE f.model_name = 'spend'), c.history, b.as_of_orders), 1e15), 1e15)::numeric(18,2) AS lifetime_value_365_days,
	b.as_of::date - (@extschema@.last_purchase(c.history)::date + ceil(@extschema@.gap_median(c.history))::integer) AS days_late,
	@customer_key@ AS customer_key
FROM customer c
LEFT JOIN mart_basis b ON true
WHERE c.history IS NOT NULL
