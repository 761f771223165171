-- view: mart_basis
-- needs: purchased_at
-- whole
-- reads: customer, mart
-- key:
-- inner
-- One row: what has to be known of all customers before one of them can be looked at, from one pass: the moment that the mart looks from, the thresholds of the RFM scores and the cut points of the spend tiers. BI tools cannot read this view.
-- column as_of: Moment that the mart looks from, on the clock of the shop.
-- column as_of_orders: The same, a millisecond later on the same day: orders of one customer at one time are kept microseconds apart in customer_history.
-- column as_of_end: End of what as_of covers: of its day where all times of the source are dates, else of its second.
-- column thresholds: The cut points of the three RFM measures, from all customers with an order.
-- column medium_above: Median revenue of a customer: up to it the tier is Light. Currency of the source.
-- column heavy_above: Quantile 0.8 of the revenue of customers: up to it the tier is Medium, beyond it Heavy. Currency of the source.
-- column high_value_from: Quantile 0.9 of the revenue of customers: from it on a customer is high-value. Currency of the source.
SELECT @extschema@.basis_as_of(x.basis) AS as_of,
	@extschema@.pt_as_of_orders(@extschema@.basis_as_of(x.basis)) AS as_of_orders,
	@extschema@.pt_as_of_end(@extschema@.basis_as_of(x.basis), x.whole_days) AS as_of_end,
	@extschema@.basis_thresholds(x.basis) AS thresholds,
	@extschema@.revenue_quantile(x.basis, 0.5::double precision) AS medium_above,
	@extschema@.revenue_quantile(x.basis, 0.8::double precision) AS heavy_above,
	@extschema@.revenue_quantile(x.basis, 0.9::double precision) AS high_value_from
FROM (
	-- not joined with mart: parallel workers would scan that once for each customer, so the planner takes none
	SELECT @extschema@.customer_basis(c.history, c.last_at, (SELECT m.as_of FROM mart m)) AS basis, bool_and(c.whole_days) AS whole_days
	FROM customer c
	OFFSET 0
) x
