-- view: subscription_comparison
-- needs: customer_id, amount, subscribed
-- unless: purchased_at
-- reads: dim_customer
-- key: question
-- page: products 23
-- order: question
-- One row per question about subscribers: do they spend more per customer (Welch), rate better (Welch), and are repeat buyers (more than five previous purchases) more often subscribers (chi-square of independence). Intervals are of 95 percent; p-values are adjusted for the number of questions (Benjamini-Hochberg).
-- column question: revenue, rating, or repeat buyers.
-- column n_subscribers: Customers with a subscription, or for repeat buyers: repeat buyers.
-- column n_others: Customers without one, or for repeat buyers: the others.
-- column subscribers_value: Mean of the subscribers, or for repeat buyers: share of them who subscribe.
-- column subscribers_ci_low: For repeat buyers, lower end of the interval of that share (Wilson); NULL otherwise.
-- column subscribers_ci_high: For repeat buyers, upper end of the interval of that share (Wilson); NULL otherwise.
-- column others_value: The same of the others.
-- column difference: First minus second.
-- column ci_low: Lower end of the interval of the difference of means; NULL for repeat buyers.
-- column ci_high: Upper end of the interval of the difference of means; NULL for repeat buyers.
-- column statistic: t, or chi-square.
-- column df: Its degrees of freedom.
-- column p_value: Its p-value.
-- column p_adjusted: The same, adjusted for the number of questions (Benjamini-Hochberg).
-- column effect_size: Standardised difference, or Cramér's V.
-- column verdict: The result in words.
WITH customers AS (
	SELECT c.subscribed, c.revenue AS revenue, c.average_rating AS rating,
		c.previous_purchases > 5 AS repeat_buyer
	FROM dim_customer c
	WHERE c.subscribed IS NOT NULL
),
means AS (
	SELECT v.question, v.sort,
		count(v.x) FILTER (WHERE c.subscribed) AS n1, (avg(v.x) FILTER (WHERE c.subscribed))::double precision AS m1, (stddev_samp(v.x) FILTER (WHERE c.subscribed))::double precision AS s1,
		count(v.x) FILTER (WHERE NOT c.subscribed) AS n2, (avg(v.x) FILTER (WHERE NOT c.subscribed))::double precision AS m2, (stddev_samp(v.x) FILTER (WHERE NOT c.subscribed))::double precision AS s2
	FROM customers c
	CROSS JOIN LATERAL (VALUES ('revenue'::text, 1, c.revenue), ('rating', 2, c.rating)) AS v(question, sort, x)
	GROUP BY v.question, v.sort
),
repeat_buyers AS (
	SELECT count(*) FILTER (WHERE c.repeat_buyer AND c.subscribed) AS a, count(*) FILTER (WHERE c.repeat_buyer AND NOT c.subscribed) AS b,
		count(*) FILTER (WHERE NOT c.repeat_buyer AND c.subscribed) AS c, count(*) FILTER (WHERE NOT c.repeat_buyer AND NOT c.subscribed) AS d
	FROM customers c
),
questions AS (
	SELECT m.question, m.sort, m.n1, m.n2, m.m1, NULL::double precision AS low1, NULL::double precision AS high1, m.m2,
		t.difference, t.ci_low, t.ci_high, t.statistic, t.df, t.p_value, t.effect_size
	FROM means m
	CROSS JOIN LATERAL @extschema@.welch_test(m.n1, m.m1, m.s1, m.n2, m.m2, m.s2, 0.95::double precision) t
	UNION ALL
	SELECT 'repeat buyers', 3, r.a + r.b, r.c + r.d, w.proportion, w.ci_low, w.ci_high, o.proportion,
		w.proportion - o.proportion, NULL, NULL, t.statistic, t.df, t.p_value, t.effect_size
	FROM repeat_buyers r
	CROSS JOIN LATERAL @extschema@.wilson_interval(r.a, r.a + r.b, 0.95::double precision) w
	CROSS JOIN LATERAL @extschema@.wilson_interval(r.c, r.c + r.d, 0.95::double precision) o
	CROSS JOIN LATERAL @extschema@.chi_square_test(ARRAY[[r.a, r.b], [r.c, r.d]]) t
),
adjusted AS (
	SELECT q.*, (@extschema@.benjamini_hochberg(array_agg(q.p_value) OVER
		(ORDER BY q.sort ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)))[row_number() OVER (ORDER BY q.sort)] AS p_adjusted
	FROM questions q
)
SELECT a.question, a.n1 AS n_subscribers, a.n2 AS n_others, a.m1 AS subscribers_value, a.low1 AS subscribers_ci_low,
	a.high1 AS subscribers_ci_high, a.m2 AS others_value, a.difference, a.ci_low, a.ci_high,
	a.statistic, a.df::double precision AS df, a.p_value, a.p_adjusted, a.effect_size,
	CASE WHEN a.p_adjusted IS NULL THEN 'too few rows to tell'
		WHEN a.p_adjusted >= 0.05 THEN 'no evidence of a difference'
		WHEN a.question = 'repeat buyers' THEN format('repeat buyers subscribe %s often: %s %% against %s %%',
			CASE WHEN a.difference > 0 THEN 'more' ELSE 'less' END, round(100 * a.m1::numeric, 2), round(100 * a.m2::numeric, 2))
		ELSE format('%s by %s (%s to %s)', CASE WHEN a.difference > 0 THEN 'higher' ELSE 'lower' END, round(abs(a.difference)::numeric, 2),
			round(least(abs(a.ci_low), abs(a.ci_high))::numeric, 2), round(greatest(abs(a.ci_low), abs(a.ci_high))::numeric, 2)) END
		|| '; adjusted for 3 comparisons' AS verdict
FROM adjusted a
