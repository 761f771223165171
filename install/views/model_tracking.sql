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
	SELECT a.as_of, a.as_of_orders, b.model::@extschema@.clv_model AS model, b.as_of AS split
	FROM mart_as_of a
	JOIN fitted_model b ON b.model_name = 'purchases before' AND b.model IS NOT NULL
),
base AS MATERIALIZED (
	SELECT @extschema@.clv_data(c.history, (SELECT m.as_of_orders FROM model m)) AS data, min(@extschema@.first_purchase(c.history))::date AS first_day,
		@extschema@.sales_cube(c.lines, true, @extschema@.cube_plan('{{-5}}'::integer[], NULL::boolean[], NULL::timestamp, NULL::integer)) AS days
	FROM customer c
	WHERE c.customer_id IS NOT NULL AND @extschema@.order_count(c.history) > 0 AND (SELECT count(*) > 0 FROM model m)
),
actual AS (
	-- a customer who buys on a day buys again, unless he is new
	SELECT (date '2000-01-01' + d.codes[1] - b.first_day) / 7 AS week, sum(d.buyers - d.new_customers) AS purchases
	FROM base b
	CROSS JOIN LATERAL @extschema@.sales_cube_rows(b.days, 'whole'::@extschema@.cube_arm) d
	GROUP BY 1
)
SELECT b.first_day + 7 * (t.step_number - 1) AS week_start, t.expected_purchases,
	coalesce(w.purchases, 0)::bigint AS actual_purchases,
	t.cumulative_purchases AS cumulative_expected, (sum(coalesce(w.purchases, 0)) OVER (ORDER BY t.step_number))::bigint AS cumulative_actual,
	b.first_day + 7 * (t.step_number - 1) > m.split AS holdout,
	CASE WHEN b.first_day + 7 * (t.step_number - 1) > m.split THEN 'Yes' ELSE 'No' END AS holdout_label
FROM model m
CROSS JOIN base b
CROSS JOIN LATERAL @extschema@.clv_tracking(m.model, b.data, 1::double precision, greatest((m.as_of::date - b.first_day + 1) / 7, 1)) t
LEFT JOIN actual w ON w.week = t.step_number - 1
