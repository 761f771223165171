-- What Grafana's PostgreSQL data source makes of its macros $__timeFilter and
-- $__timeGroup, in our own words. As the reading role:
--   psql -v mart=store -f grafana.sql

-- statement: time series
SELECT floor(extract(epoch FROM "purchased_at") / 86400) * 86400 AS "time", sum("amount") AS "revenue"
FROM :"mart"."fact_purchase"
WHERE "purchased_at" BETWEEN '2024-03-01T00:00:00Z' AND '2024-03-31T23:59:59.999Z'
GROUP BY 1
ORDER BY 1;
