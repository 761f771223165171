-- view: model_quality
-- needs: purchased_at
-- reads: customer, mart_as_of, fitted_model
-- key: repeat_group
-- page: customers 20
-- order: repeat_group_sort
-- One row per number of repeat purchases in the first two thirds of the time, and one of all: how many purchases the model that was fitted to these predicts for the last third, and how many there were, of customers who had bought by then; with what is to be known of the model that is in use. Without a model there is one row, which says why.
-- column repeat_group: Days with a purchase after the first one, in the first two thirds of the time: 0 to 6, 7 or more; all.
-- column repeat_group_sort: Number to sort the groups by; all is 0.
-- column customers: Number of customers in the group.
-- column predicted_purchases: Days with a purchase that were predicted for the group.
-- column actual_purchases: Days with a purchase that there were.
-- column bias: Predicted against actual: 0.1 is ten percent too many; NULL if there was none.
-- column mean_absolute_error: Mean distance of a customer's prediction from the truth.
-- column root_mean_square_error: The same, squared before the mean and rooted after.
-- column correlation: Correlation of predictions and truth (Pearson); NULL where either is the same for all.
-- column holdout_days: Length of the last third, in whole days: from the day on which the model before ends to that on which the one in use does.
-- column kind: Kind of the model.
-- column fitted_as_of: The moment that the model in use looks from.
-- column fitted_customers: How many customers it was fitted to.
-- column days_behind: How many days of the mart are after that: how stale it is. fit_mart() fits anew.
-- column log_likelihood: Of the model in use.
-- column aic: Information criterion of Akaike: the lower the better, between models of the same data.
-- column bic: The same by Schwarz.
-- column warnings: What the fit warns of; NULL if nothing.
-- column reason: Why there is no model, or no comparison; NULL if there are both.
WITH model AS MATERIALIZED (
	SELECT a.as_of_orders, u.kind, u.model::@extschema@.clv_model AS model, u.as_of, u.customers, b.model::@extschema@.clv_model AS before,
		b.as_of AS split, (u.as_of::date - b.as_of::date)::double precision AS days, coalesce(u.reason, b.reason) AS reason, u.model_name IS NOT NULL AS fitted
	FROM mart_as_of a
	LEFT JOIN fitted_model u ON u.model_name = 'purchases'
	LEFT JOIN fitted_model b ON b.model_name = 'purchases before'
),
judged AS (
	SELECT @extschema@.clv_holdout((SELECT m.before FROM model m), c.history, (SELECT m.split FROM model m), (SELECT m.as_of FROM model m)) AS groups
	FROM customer c
	WHERE c.customer_id IS NOT NULL AND (SELECT m.before IS NOT NULL FROM model m)
)
SELECT CASE WHEN g.or_more THEN '7 or more' ELSE coalesce(g.x::text, 'all') END AS repeat_group,
	(coalesce(g.x, -1) + 1)::smallint AS repeat_group_sort,
	coalesce(g.customers, 0) AS customers, g.predicted_purchases, g.actual_purchases::double precision AS actual_purchases, g.bias,
	g.mean_absolute_error, g.root_mean_square_error, g.correlation,
	m.days AS holdout_days, m.kind, date_trunc('milliseconds', m.as_of) AS fitted_as_of, m.customers AS fitted_customers,
	(extract(epoch FROM m.as_of_orders - m.as_of) / 86400)::double precision AS days_behind,
	s.log_likelihood, s.aic, s.bic, s.warnings,
	CASE WHEN NOT m.fitted THEN 'there is no model yet: fit_mart() fits one' ELSE m.reason END AS reason
FROM model m
CROSS JOIN judged j
LEFT JOIN LATERAL unnest(j.groups) g ON true
LEFT JOIN LATERAL @extschema@.clv_summary(m.model) s ON true
