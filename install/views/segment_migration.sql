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
WITH customers AS MATERIALIZED (
	SELECT c.history, c.last_at FROM customer c
),
moment AS MATERIALIZED (
	SELECT @extschema@.pt_as_of_orders(coalesce(m.as_of, x.last_at)) AS as_of,
		@extschema@.pt_as_of_orders(coalesce(m.as_of, x.last_at)) - interval '3 months' AS before
	FROM (SELECT max(c.last_at) AS last_at FROM customers c) x
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
),
summed AS MATERIALIZED (
	SELECT @extschema@.order_count(h.history) AS orders, @extschema@.revenue(h.history) AS revenue,
		@extschema@.rfm_recency(h.history, h.as_of) AS recency_days,
		@extschema@.order_count(h.earlier) AS orders_before, @extschema@.revenue(h.earlier) AS revenue_before,
		@extschema@.rfm_recency(h.earlier, h.before) AS recency_days_before
	FROM (
		SELECT c.history, @extschema@.history_at(c.history, t.before) AS earlier, t.as_of, t.before
		FROM customers c
		CROSS JOIN moment t
		WHERE @extschema@.order_count(c.history) > 0
		OFFSET 0
	) h
),
thresholds AS MATERIALIZED (
	SELECT @extschema@.rfm_thresholds(s.recency_days, s.orders, s.revenue) AS now,
		@extschema@.rfm_thresholds(s.recency_days_before, s.orders_before, s.revenue_before) FILTER (WHERE s.orders_before > 0) AS before
	FROM summed s
),
scored AS (
	SELECT s.orders_before > 0 AS known_before,
		@extschema@.recency_score(t.before, s.recency_days_before)::integer AS r_before,
		@extschema@.order_count_score(t.before, s.orders_before)::integer AS f_before,
		@extschema@.revenue_score(t.before, s.revenue_before)::integer AS m_before,
		@extschema@.recency_score(t.now, s.recency_days)::integer AS r_now,
		@extschema@.order_count_score(t.now, s.orders)::integer AS f_now,
		@extschema@.revenue_score(t.now, s.revenue)::integer AS m_now,
		s.revenue, coalesce(s.revenue_before, 0) AS revenue_before
	FROM summed s
	CROSS JOIN thresholds t
),
named AS (
	SELECT CASE WHEN NOT s.known_before THEN 'Not yet a customer'
			ELSE coalesce(@extschema@.rfm_segment((SELECT m.segment_scheme::@extschema@.segment_scheme FROM mart m),
				s.r_before, s.f_before, s.m_before), 'No segment') END AS from_segment,
		CASE WHEN NOT s.known_before THEN 0
			ELSE coalesce(@extschema@.rfm_segment_sort((SELECT m.segment_scheme::@extschema@.segment_scheme FROM mart m),
				s.r_before, s.f_before, s.m_before), 32767) END::smallint AS from_segment_sort,
		coalesce(@extschema@.rfm_segment((SELECT m.segment_scheme::@extschema@.segment_scheme FROM mart m),
			s.r_now, s.f_now, s.m_now), 'No segment') AS to_segment,
		coalesce(@extschema@.rfm_segment_sort((SELECT m.segment_scheme::@extschema@.segment_scheme FROM mart m),
			s.r_now, s.f_now, s.m_now), 32767)::smallint AS to_segment_sort,
		s.revenue, s.revenue_before
	FROM scored s
)
SELECT n.from_segment, n.from_segment_sort, n.to_segment, n.to_segment_sort,
	count(*) AS customers,
	count(*)::double precision / sum(count(*)) OVER (PARTITION BY n.from_segment)::double precision AS customer_share,
	sum(n.revenue)::numeric(18,2) AS revenue,
	sum(n.revenue - n.revenue_before)::numeric(18,2) AS revenue_in_between
FROM named n
GROUP BY n.from_segment, n.from_segment_sort, n.to_segment, n.to_segment_sort
