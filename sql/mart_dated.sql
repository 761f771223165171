-- A dated mart of three customers and eight lines: every number can be checked by eye.
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE TABLE sales (inv int, cust text, sold timestamp, pieces int, price numeric(8,2), item text, kind text, off numeric(8,2));
INSERT INTO sales VALUES
	(1, 'ann', '2024-01-05 10:00', 1, 10.00, 'tea',  'drink', 0),
	(1, 'ann', '2024-01-05 10:00', 2, 5.00,  'cake', 'food',  1.00),
	(2, 'ann', '2024-02-05 11:00', 1, 10.00, 'tea',  'drink', 0),
	(3, 'bob', '2024-02-10 10:00', 3, 10.00, 'tea',  'drink', 0),
	(4, 'bob', '2024-02-10 10:00', 1, 5.00,  'cake', 'food',  0),	-- another order at the same time
	(5, 'ann', '2024-02-20 09:00', -1, 10.00, 'tea', 'drink', 0),	-- a return
	(6, 'cat', '2024-04-30 23:00', 1, 8.00,  'cake', 'food',  2.00),
	(7, 'cat', NULL,               1, 99.00, 'cake', 'food',  0);	-- nobody knows when

SELECT view_name FROM create_mart('store', 'sales', customer_id => 'cust', order_id => 'inv', purchased_at => 'sold',
	amount => 'pieces * price - off', discount_amount => 'off', quantity => 'pieces', product => 'item', category => 'kind');

SELECT * FROM store.kpi_total \gx
SELECT customer_id, history FROM store.customer_history ORDER BY 1;
SELECT customer_id, purchases, returns, revenue, average_amount, discounted_purchases AS disc, recency_days, gap_median, late_label AS late,
	next_expected_purchase AS expected, orders_90_days AS o90, recency_score AS r, order_count_score AS f, revenue_score AS m, rfm_segment
FROM store.dim_customer ORDER BY 1;
SELECT month_start, purchases AS n, customers AS c, revenue, new_customers AS new, returning_customers AS ret, new_revenue, returning_revenue,
	revenue_before, round(revenue_change::numeric, 4) AS change, moving_average_3_months AS ma3, complete_label AS complete
FROM store.kpi_month ORDER BY 1;
SELECT count(*), min(day), max(day), sum(revenue), count(*) FILTER (WHERE purchases > 0) FROM store.kpi_day;
SELECT count(*), min(day), max(day), count(*) FILTER (WHERE NOT past) FROM store.dim_date;
SELECT * FROM store.dim_date WHERE day = '2024-04-28' \gx
SELECT cohort_month, month_offset AS k, cohort_size AS n, active_customers AS active, retention, retention_on_or_after AS later, complete_label AS complete
FROM store.cohort_retention ORDER BY 1, 2;
SELECT cohort_month, month_offset AS k, revenue, cumulative_revenue AS cumulative, cumulative_revenue_per_member AS per_member FROM store.cohort_revenue ORDER BY 1, 2;
SELECT month_start, state, customers FROM store.lifecycle WHERE customers <> 0 ORDER BY 1, state_sort;
SELECT * FROM store.rfm_threshold ORDER BY 1, 2;
SELECT rfm_segment, customers, revenue, average_recency_days FROM store.segment_rfm ORDER BY rfm_segment_sort;
SELECT from_segment, to_segment, customers, customer_share, revenue, revenue_in_between FROM store.segment_migration ORDER BY 1, 2;
SELECT loyalty_tier, customers, purchases, revenue FROM store.segment_loyalty ORDER BY loyalty_tier_sort;
SELECT purchase_frequency, purchase_frequency_sort AS sort, customers, late_customers FROM store.segment_frequency ORDER BY 2;
SELECT customer_percentile, revenue, cumulative_revenue, cumulative_share, round(gini::numeric, 6) AS gini FROM store.revenue_concentration WHERE revenue <> 0;
SELECT weekday, hour, purchases, revenue, purchase_share FROM store.purchase_rhythm WHERE purchases > 0 OR revenue <> 0 ORDER BY weekday_sort, hour;
SELECT dimension, value, purchases AS n, revenue, revenue_share, revenue_90_days, revenue_90_days_before, revenue_change FROM store.breakdown ORDER BY 1, 2;
SELECT category, product_rank, product, purchases, revenue FROM store.top_product ORDER BY 1, 2;
SELECT check_name, subject, row_count, round(row_share::numeric, 4) AS share, example, consequence FROM store.data_quality WHERE row_count > 0;

-- Looking back: nothing later is known
SELECT set_mart_as_of('store', '2024-02-15');
SELECT customers, purchases, revenue, returns, last_purchase, as_of FROM store.kpi_total;
SELECT customer_id, purchases, returns, revenue, recency_days FROM store.dim_customer ORDER BY 1;
SELECT month_start, revenue, complete FROM store.kpi_month ORDER BY 1;
SELECT row_count, example FROM store.data_quality WHERE check_name = 'purchase is later than as_of';
SELECT set_mart_as_of('store', NULL);
SELECT as_of FROM store.mart_as_of;

-- Another scheme of segments, and fixed marts of the past
SELECT drop_mart('store');
SELECT count(*) FROM create_mart('store', 'sales', customer_id => 'cust', order_id => 'inv', purchased_at => 'sold', amount => 'pieces * price',
	segment_scheme => 'recent: r 4-5; others: any', as_of => '2024-03-01');
SELECT rfm_segment, customers FROM store.segment_rfm ORDER BY rfm_segment_sort;
SELECT drop_mart('store');
DROP TABLE sales;
