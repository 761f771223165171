-- view: model_tracking
-- needs: purchased_at
-- reads: customer, mart_as_of, fitted_model
-- key: week_start
-- One row per week from the first purchase on that is over at as_of: how many repeat purchases (days of a customer with an order, after the first) the model expects that was fitted to the first two thirds of the time, and how many there were. No row without that model.
-- column week_start: First day of the week; weeks are counted from the first purchase.
-- column expected_purchases: Repeat purchases in the week that the model expects of the customers who had come by then.
-- column actual_purchases: Repeat purchases that there were.
-- column cumulative_expected: The same from the beginning up to the end of the week.
-- column cumulative_actual: The same from the beginning up to the end of the week.
-- column holdout: Whether the week is after what the model was fitted to.
-- column holdout_label: The same, as Yes or No.
WITH model AS MATERIALIZED (
	SELECT a.as_of_orders, b.model::@extschema@.clv_model AS model, b.as_of AS split
	FROM mart_as_of a
	JOIN fitted_model b ON b.model_name = 'purchases before' AND b.model IS NOT NULL
),
tracked AS (
	SELECT @extschema@.clv_tracking((SELECT m.model FROM model m), c.history, (SELECT m.as_of_orders FROM model m), 7) AS weeks
	FROM customer c
	WHERE c.customer_id IS NOT NULL AND (SELECT count(*) > 0 FROM model m)
)
SELECT w.step_start AS week_start, w.expected_purchases, w.actual_purchases, w.cumulative_expected, w.cumulative_actual,
	w.step_start > m.split AS holdout,
	CASE WHEN w.step_start > m.split THEN 'Yes' ELSE 'No' END AS holdout_label
FROM model m
CROSS JOIN tracked t
CROSS JOIN LATERAL unnest(t.weeks) w
