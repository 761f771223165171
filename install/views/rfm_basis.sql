-- view: rfm_basis
-- needs: purchased_at
-- reads: mart_basis
-- key:
-- inner
-- One row: the thresholds that RFM scores are given by, from all customers with an order, as a value of the type rfm_thresholds. rfm_threshold shows them as rows; BI tools cannot read this view.
-- column thresholds: The cut points of the three measures.
SELECT b.thresholds
FROM mart_basis b
