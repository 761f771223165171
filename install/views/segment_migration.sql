-- view: segment_migration
-- needs: purchased_at
-- reads: customer_history, mart_as_of, rfm_basis, mart
-- key: from_segment, to_segment
-- One row per pair of RFM segments: how many customers went from one to the other in the quarter (three months) before as_of. Scores of both dates are by their own thresholds; customers who had not bought by then come from Not yet a customer.
-- column from_segment: Segment three months before as_of; No segment if no rule of the scheme matched.
-- column from_segment_sort: Number to sort from_segment by.
-- column to_segment: Segment at as_of; No segment if no rule of the scheme matches.
-- column to_segment_sort: Number to sort to_segment by.
-- column customer_share: Customers as a share of those of from_segment, 0 to 1.
-- column revenue: Revenue of these customers up to as_of; currency of the source.
-- column revenue_in_between: Revenue of these customers in the three months; currency of the source.
WITH moment AS (
	SELECT a.as_of_orders AS as_of, a.as_of_orders - interval '3 months' AS before FROM mart_as_of a
),
earlier AS MATERIALIZED (
	SELECT h.customer_id, @extschema@.history_at(h.history, (SELECT t.before FROM moment t)) AS history
	FROM customer_history h
),
earlier_basis AS (
	SELECT @extschema@.rfm_thresholds(round(@extschema@.recency_days(e.history, (SELECT t.before FROM moment t))::numeric, 6)::double precision,
		@extschema@.order_count(e.history), @extschema@.revenue(e.history)) AS thresholds
	FROM earlier e
	WHERE @extschema@.order_count(e.history) > 0
),
scored AS (
	SELECT h.customer_id,
		@extschema@.order_count(e.history) > 0 AS known_before,
		@extschema@.rfm_scores((SELECT b.thresholds FROM earlier_basis b),
			round(@extschema@.recency_days(e.history, (SELECT t.before FROM moment t))::numeric, 6)::double precision,
			@extschema@.order_count(e.history), @extschema@.revenue(e.history)) AS score_before,
		@extschema@.rfm_scores((SELECT b.thresholds FROM rfm_basis b),
			round(@extschema@.recency_days(h.history, (SELECT t.as_of FROM moment t))::numeric, 6)::double precision,
			@extschema@.order_count(h.history), @extschema@.revenue(h.history)) AS score_now,
		@extschema@.revenue(h.history) AS revenue,
		coalesce(@extschema@.revenue(e.history), 0) AS revenue_before
	FROM customer_history h
	JOIN earlier e ON e.customer_id = h.customer_id
	WHERE @extschema@.order_count(h.history) > 0
),
named AS (
	SELECT CASE WHEN NOT s.known_before THEN 'Not yet a customer'
			ELSE coalesce(@extschema@.rfm_segment((SELECT m.segment_scheme FROM mart m),
				(s.score_before).r::integer, (s.score_before).f::integer, (s.score_before).m::integer), 'No segment') END AS from_segment,
		CASE WHEN NOT s.known_before THEN 0
			ELSE coalesce(@extschema@.rfm_segment_sort((SELECT m.segment_scheme FROM mart m),
				(s.score_before).r::integer, (s.score_before).f::integer, (s.score_before).m::integer), 32767) END::smallint AS from_segment_sort,
		coalesce(@extschema@.rfm_segment((SELECT m.segment_scheme FROM mart m),
			(s.score_now).r::integer, (s.score_now).f::integer, (s.score_now).m::integer), 'No segment') AS to_segment,
		coalesce(@extschema@.rfm_segment_sort((SELECT m.segment_scheme FROM mart m),
			(s.score_now).r::integer, (s.score_now).f::integer, (s.score_now).m::integer), 32767)::smallint AS to_segment_sort,
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
