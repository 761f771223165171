-- view: rfm_threshold
-- needs: purchased_at
-- reads: mart_basis
-- key: measure, score
-- One row per measure and score: the cut points that are in force. Equal customers have equal scores.
-- column measure: recency_days, order_count or revenue.
-- column score: Score that the range gives: 5 is best, 1 is worst.
-- column lowest: Lower end of the range, which does not belong to it; NULL is open.
-- column highest: Upper end of the range, which belongs to it; NULL is open.
SELECT r.measure, r.score, r.lowest, r.highest
FROM mart_basis b
CROSS JOIN LATERAL @extschema@.rfm_threshold_rows(b.thresholds) r
