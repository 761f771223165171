-- What the report of a mart should say, of its table: psql -v mart=shop -v source=clean_purchases -v amount=purchase_amount -v orders='count(*)' -v customer=customer_id
-- Sentences of mart_findings are as the database has them; sql/findings.sql checks those.
WITH line AS (
	SELECT :customer AS customer, category, (:amount)::numeric AS amount FROM :source
),
customers AS (
	SELECT greatest(sum(amount), 0) AS revenue, row_number() OVER (ORDER BY greatest(sum(amount), 0) DESC) AS place, count(*) OVER () AS n FROM line GROUP BY customer HAVING bool_or(amount >= 0)
),
best AS (
	SELECT category, sum(amount) / (SELECT sum(amount) FROM line) AS share FROM line GROUP BY 1 ORDER BY sum(amount) DESC LIMIT 1
)
SELECT :'mart' || '.' || key, value FROM (
	SELECT 'name', :'mart'
	UNION ALL SELECT 'revenue', sum(amount)::text FROM line
	UNION ALL SELECT 'purchases', (SELECT :orders FROM :source WHERE :amount >= 0)::text
	UNION ALL SELECT 'customers', count(DISTINCT customer)::text FROM line
	UNION ALL SELECT 'average_amount', (sum(amount) FILTER (WHERE amount >= 0) / (SELECT :orders FROM :source WHERE :amount >= 0))::text FROM line
	UNION ALL SELECT 'rows', count(*)::text FROM line
	UNION ALL SELECT 'report.dimension', 'category'
	UNION ALL SELECT 'report.best', category FROM best
	UNION ALL SELECT 'report.best_share', share::text FROM best
	UNION ALL SELECT 'report.tenth', (sum(revenue) FILTER (WHERE place <= n * 0.1) / sum(revenue))::text FROM customers WHERE to_regclass(:'mart' || '.revenue_concentration') IS NOT NULL HAVING count(*) > 0
	UNION ALL SELECT 'report.fifth', (sum(revenue) FILTER (WHERE place <= n * 0.2) / sum(revenue))::text FROM customers WHERE to_regclass(:'mart' || '.revenue_concentration') IS NOT NULL HAVING count(*) > 0
	UNION ALL SELECT 'report.half', (sum(revenue) FILTER (WHERE place <= n * 0.5) / sum(revenue))::text FROM customers WHERE to_regclass(:'mart' || '.revenue_concentration') IS NOT NULL HAVING count(*) > 0
	UNION ALL SELECT 'finding.' || page || '.' || place, sentence FROM (
		-- none twice
		SELECT DISTINCT ON (f.sentence) p.page, f.place, f.sentence
		FROM (VALUES (1, 'overview', 5), (2, 'customers', 2), (3, 'products', 2) UNION ALL SELECT 4, 'trends', 2 WHERE to_regclass(:'mart' || '.kpi_month') IS NOT NULL) AS p(n, page, most),
			LATERAL (SELECT f.sentence, f.place FROM mart_findings(:'mart', '{}', page) WITH ORDINALITY AS f(kind, severity, numbers, sentence, place) ORDER BY f.place LIMIT p.most) f
		ORDER BY f.sentence, p.n, f.place) said
	) AS s(key, value);
