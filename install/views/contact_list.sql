-- view: contact_list
-- needs: purchased_at
-- reads: scored_customer
-- key: customer_id
-- page: customers 19
-- order: value_at_stake-, revenue-, customer_id
-- limit: 200
-- One row per customer who is worth a contact: who bought before and is late for the own rhythm, or by the model of fit_mart() is more likely gone than not, and not gone for certain (a probability of being a customer below 5 percent). Without a model it lists the late ones. The most at stake first: ORDER BY value_at_stake DESC NULLS LAST, revenue DESC.
-- column rfm_segment_sort: Number of the rule of the segment, to sort by.
-- column rfm_segment: Segment by the scheme of the mart; NULL if no rule of it matches.
-- column purchases: Number of orders; returns do not count.
-- column last_purchase: Time of the last order, on the clock of the shop.
-- column gap_median: Median gap between days with an order, in days; NULL with one day only.
-- column next_expected_purchase: Day of the last order plus the median gap; NULL without a gap.
-- column days_late: Days from next_expected_purchase to as_of; below zero if it is still to come.
-- column late: Whether the time since the last order is longer than nine in ten of the own gaps; NULL without a gap.
-- column late_label: Whether the customer is late, as Yes or No.
-- column value_at_stake: What the customer would spend in the 365 days after as_of if he stays, less what is expected of him: what keeping him would bring at best. Currency of the source; NULL without a model.
-- column reason: Why the customer is on the list, in words.
SELECT d.customer_id, d.rfm_segment, d.rfm_segment_sort, d.purchases, d.revenue, d.last_purchase, d.recency_days, d.gap_median,
	d.next_expected_purchase, d.days_late, d.late, d.late_label,
	d.probability_alive, d.expected_purchases_90_days, d.lifetime_value_365_days,
	nullif(least(d.lifetime_value_365_days::double precision * (1 - d.probability_alive) / d.probability_alive, 1e15), 1e15)::numeric(18,2) AS value_at_stake,
	@extschema@.pt_contact_reason(d.late, d.gap_median, d.recency_days, d.probability_alive, d.high_value) AS reason,
	d.customer_key
FROM scored_customer d
WHERE d.customer_id IS NOT NULL AND d.purchases > 0
	AND (d.late AND coalesce(d.probability_alive >= 0.05, true) OR d.probability_alive BETWEEN 0.05 AND 0.5)
