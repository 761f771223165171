-- view: segment_migration
-- needs: purchased_at
-- reads: customer, mart
-- key: from_segment, to_segment
-- One row per pair of RFM segments: how many customers went from one to the other in the quarter (three months) before as_of. Scores of both dates are by their own thresholds; customers who had not bought by then come from Not yet a customer.
-- column from_segment: Segment three months before as_of; No segment if no rule of the scheme matched.
-- column from_segment_sort: Number to sort from_segment by.
-- column to_segment: Segment at as_of; No segment if no rule of the scheme matches.
-- column to_segment_sort: Number to sort to_segment by.
-- column customer_share: Customers as a share of those of from_segment, 0 to 1.
-- column revenue: Revenue of these customers up to as_of; currency of the source.
-- column revenue_in_between: Revenue of these customers in the three months; currency of the source.
WITH customer AS @once@ (
	SELECT c.history, c.last_at FROM customer c
),
moment AS MATERIALIZED (
	SELECT a.as_of, @extschema@.pt_as_of_orders(a.as_of) AS as_of_orders, a.as_of - interval '3 months' AS before,
		@extschema@.pt_as_of_orders(a.as_of) - interval '3 months' AS before_orders
	FROM (
		SELECT coalesce(m.as_of, x.last_at) AS as_of
		FROM @cubed last_at@end@ x
		CROSS JOIN (SELECT * FROM mart WHERE one_row) m
	) a
),
thresholds AS MATERIALIZED (
	SELECT @extschema@.basis_thresholds(x.now) AS now, @extschema@.basis_thresholds(x.before) AS before
	FROM (
		SELECT @extschema@.customer_basis(c.history, c.last_at, (SELECT t.as_of FROM moment t)) AS now,
			@extschema@.customer_basis(c.history, c.last_at, (SELECT t.before FROM moment t)) AS before
		FROM customer c
		OFFSET 0
	) x
),
moved AS (
	SELECT CASE WHEN @extschema@.rfm_recency(c.history, (SELECT t.before_orders FROM moment t)) IS NULL THEN 0
			ELSE coalesce(@extschema@.rfm_segment_sort((SELECT m.segment_scheme::@extschema@.segment_scheme FROM mart m),
				(SELECT t.before FROM thresholds t), c.history, (SELECT t.before_orders FROM moment t)), 32767) END::smallint AS from_segment_sort,
		coalesce(@extschema@.rfm_segment_sort((SELECT m.segment_scheme::@extschema@.segment_scheme FROM mart m),
			(SELECT t.now FROM thresholds t), c.history, (SELECT t.as_of_orders FROM moment t)), 32767)::smallint AS to_segment_sort,
		count(*) AS customers,
		sum(@extschema@.revenue(c.history)) AS revenue,
		sum(@extschema@.revenue(@extschema@.history_at(c.history, (SELECT t.before_orders FROM moment t)))) AS revenue_before
	FROM customer c
	WHERE @extschema@.order_count(c.history) > 0
	GROUP BY 1, 2
),
segments AS MATERIALIZED (
	SELECT r.rule_number, r.segment
	FROM @extschema@.segment_scheme_rules((SELECT m.segment_scheme::@extschema@.segment_scheme FROM mart m)) r
)
SELECT n.from_segment, n.from_segment_sort, n.to_segment, n.to_segment_sort, n.customers,
	-- by name: a rule may have that of those whom none matches
	n.customers::double precision / sum(n.customers) OVER (PARTITION BY n.from_segment)::double precision AS customer_share,
	n.revenue::numeric(18,2) AS revenue,
	(n.revenue - coalesce(n.revenue_before, 0))::numeric(18,2) AS revenue_in_between
FROM (
	SELECT m.*,
		CASE m.from_segment_sort WHEN 0 THEN 'Not yet a customer' WHEN 32767 THEN 'No segment'
			ELSE (SELECT r.segment FROM segments r WHERE r.rule_number = m.from_segment_sort) END AS from_segment,
		CASE m.to_segment_sort WHEN 32767 THEN 'No segment' ELSE (SELECT r.segment FROM segments r WHERE r.rule_number = m.to_segment_sort) END AS to_segment
	FROM moved m
) n
