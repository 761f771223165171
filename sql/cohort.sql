-- cohort: retention, revenue, lifecycle and stickiness from customers' histories
\set VERBOSITY default
CREATE FUNCTION pg_temp.error_code(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
CREATE FUNCTION pg_temp.table_of(h purchase_history, as_of timestamp, period purchase_period) RETURNS cohort_table LANGUAGE sql AS
$$ SELECT cohort_table(h, as_of, period) $$;

-- small cases, by hand: A buys in Jan, Feb, Apr; B Jan, Mar; C Feb; D Feb, Mar, Apr
CREATE TEMP TABLE small AS
SELECT c, purchase_history(d::timestamp, 10.00) AS h
FROM (VALUES ('A', '2024-01-05'), ('A', '2024-02-03'), ('A', '2024-04-30'), ('B', '2024-01-31'), ('B', '2024-03-01'),
	('C', '2024-02-29'), ('D', '2024-02-01'), ('D', '2024-03-31'), ('D', '2024-04-01')) AS v(c, d)
GROUP BY c;
CREATE TEMP TABLE small_table AS SELECT cohort_table(h, '2024-04-30', 'month') AS t FROM small;
SELECT t FROM small_table;
SELECT r.* FROM small_table, cohort_retention(t) AS r;
SELECT r.* FROM small_table, cohort_retention(t, 'on_or_after') AS r;
SELECT r.* FROM small_table, cohort_retention(t, 'on', 'previous') AS r;
SELECT r.* FROM small_table, cohort_retention(t, mode => 'on_or_after', base => 'previous') AS r;
SELECT r.* FROM small_table, cohort_retention_mean(t) AS r;
SELECT r.* FROM small_table, cohort_retention_mean(t, 'on_or_after') AS r;
SELECT r.* FROM small_table, cohort_retention_mean(t, 'on', 'previous') AS r;
SELECT r.* FROM small_table, cohort_revenue(t) AS r;
SELECT r.* FROM small_table, stickiness(t) AS r;
SELECT r.* FROM (SELECT cohort_table(h, '2024-05-01', 'month') AS t FROM small) AS s, lifecycle(t) AS r;
SELECT r.* FROM (SELECT cohort_table(h, '2024-05-01', 'month') AS t FROM small) AS s, cohort_retention_mean(t) AS r;
SELECT c, r.* FROM small, active_period_rows(h, '2024-04-30', 'month') AS r ORDER BY c, period_start;
-- in a select list, too
SELECT cohort_retention(t) AS r FROM small_table LIMIT 2;

-- returns: in the revenue of their period, before the first order in that of
-- the first order, never activity; without an order there is no cohort
SELECT r.* FROM (SELECT cohort_table(h, '2024-03-31', 'month') AS t
	FROM (VALUES ('1 {2024-01-10 -5.00, 2024-02-10 20.00, 2024-03-01 -4.50}'::purchase_history),
		('1 {2024-01-10 -7.00}'), ('1 {}'), (NULL)) AS v(h)) AS s, cohort_revenue(t) AS r;
SELECT t FROM (SELECT cohort_table(h, '2024-03-31', 'month') AS t
	FROM (VALUES ('1 {2024-01-10 -5.00, 2024-02-10 20.00, 2024-03-01 -4.50}'::purchase_history)) AS v(h)) AS s;
SELECT r.* FROM active_period_rows('1 {2024-01-10 -5.00, 2024-02-10 20.00, 2024-02-11 0.00, 2024-03-01 -4.50}', '2024-03-31', 'month') AS r;
SELECT count(*) AS no_rows FROM active_period_rows('1 {2024-01-10 -7.00}', 'infinity', 'day');
SELECT count(*) AS no_rows FROM active_period_rows('1 {2024-01-10 7.00}', '-infinity', 'day');
-- an amount of 0 is an order; a cohort without revenue has no share of it
SELECT r.* FROM (SELECT cohort_table('1 {2024-01-10 0, 2024-02-10 3}', '2024-02-29', 'month') AS t) AS s, cohort_revenue(t) AS r;
-- base previous: NULL where nobody was retained before; may exceed 1
SELECT r.* FROM (SELECT cohort_table(h, '2024-04-30', 'month') AS t
	FROM (VALUES ('1 {2024-01-10 1, 2024-03-10 1, 2024-04-01 1}'::purchase_history), ('1 {2024-01-11 1, 2024-04-02 1}')) AS v(h)) AS s,
	cohort_retention(t, 'on', 'previous') AS r;
SELECT r.* FROM (SELECT cohort_table(h, '2024-04-30', 'month') AS t
	FROM (VALUES ('1 {2024-01-10 1, 2024-03-10 1, 2024-04-01 1}'::purchase_history), ('1 {2024-01-11 1, 2024-04-02 1}')) AS v(h)) AS s,
	cohort_retention_mean(t, 'on', 'previous') AS r;

-- when a period is complete: as_of covers its whole day where all purchases
-- are dates, else its whole second, else its microsecond
SELECT h, as_of, bool_and(is_complete) AS complete
FROM (VALUES ('1 {2024-01-10 1}'::purchase_history), ('1 {2024-01-10T12:00:00 1}'), ('1 {2024-01-10T12:00:00.000001 1}'),
		('1 {2024-01-10 1, 2024-03-01T12:00:00 1}')) AS v(h),
	unnest(ARRAY['2024-01-30 23:59:59.999999', '2024-01-31', '2024-01-31 23:59:58.999999', '2024-01-31 23:59:59',
		'2024-01-31 23:59:59.999998', '2024-01-31 23:59:59.999999', '2024-02-01']::timestamp[]) AS as_of,
	cohort_retention(pg_temp.table_of(h, as_of, 'month'))
WHERE period_offset = 0 GROUP BY h::text, h, as_of ORDER BY h::text, as_of;

-- periods: weeks begin on Monday; years, before 1970, before 2000, before Christ
SELECT period, string_agg(canonical_text(cohort_start) || '/' || canonical_text(period_start), ' ' ORDER BY period_offset) AS periods
FROM unnest(enum_range(NULL::purchase_period)) AS period,
	cohort_retention(pg_temp.table_of('1 {1999-12-31 1, 2000-01-03 1}', '2000-01-03', period))
GROUP BY period ORDER BY period;
SELECT d, cohort_start, to_char(cohort_start, 'Dy') AS day, period_offset, period_start, active, is_complete
FROM (VALUES ('2023-12-31', '2024-01-01'), ('2024-12-29', '2024-12-30'), ('1969-12-28', '1970-01-04'), ('1970-01-04', '1970-01-05')) AS v(d, as_of),
	cohort_retention(pg_temp.table_of(format('1 {%s 1}', d)::purchase_history, as_of::timestamp, 'week'))
ORDER BY d, period_offset;
SELECT r.* FROM (SELECT cohort_table('1 {0000-12-31 1, 0001-01-01 1}', '0001-01-01', 'year') AS t) AS s, cohort_retention(t) AS r;
SELECT cohort_table('1 {0000-12-31 1, 0001-01-01 1}', '0001-01-01', 'year') AS before_christ;
-- the first and last moments that there are
SELECT pg_temp.table_of('1 {294276-12-31 1}', '294276-12-31 23:59:59.999999', period) AS last_day FROM unnest(enum_range(NULL::purchase_period)) AS period;
SELECT r.* FROM (SELECT cohort_table('1 {294276-12-31 1}', '294276-12-31 23:59:59.999999', 'week') AS t) AS s, cohort_retention(t) AS r;
SELECT period, pg_temp.error_code(format('SELECT cohort_table(''1 {-4713-11-24 1}'', ''4714-11-24 BC'', %L)', period)) AS first_day
FROM unnest(enum_range(NULL::purchase_period)) AS period;
SELECT cohort_table('1 {-4713-11-24 1}', '4714-11-24 BC', 'day') AS first_day;
SELECT cohort_table('1 {-4713-11-24 1}', '4714-11-24 BC', 'year');
SELECT active_period_rows('1 {-4713-11-24 1}', '4714-11-24 BC', 'year');

-- as_of before everything, and what there is not
SELECT cohort_table(h, '2023-12-31', 'month') AS empty FROM small;
SELECT (SELECT count(*) FROM cohort_retention(t)) AS retention, (SELECT count(*) FROM cohort_retention_mean(t)) AS mean,
	(SELECT count(*) FROM cohort_revenue(t)) AS revenue, (SELECT count(*) FROM lifecycle(t)) AS lifecycle,
	(SELECT count(*) FROM stickiness(t)) AS stickiness
FROM (SELECT cohort_table(h, '2023-12-31', 'month') AS t FROM small) AS s;
SELECT cohort_table(h, '2024-01-01', 'month') IS NULL AS no_rows FROM small WHERE false;
SELECT cohort_table(NULL, '2024-01-01', 'month') IS NULL AS all_null FROM small;
SELECT count(*) AS of_null FROM cohort_retention(NULL), cohort_revenue(NULL), lifecycle(NULL), stickiness(NULL), cohort_retention_mean(NULL);
SELECT count(*) AS of_null FROM small_table, cohort_retention(t, NULL);

-- errors
SELECT cohort_table(h, NULL, 'month') FROM small;
SELECT cohort_table(h, '2024-01-01', NULL) FROM small;
SELECT cohort_table(NULL, NULL, 'month') FROM small;
SELECT cohort_table(h, 'infinity', 'month') FROM small;
SELECT cohort_table(h, '-infinity', 'month') FROM small;
SELECT cohort_table(h, '2024-01-01'::date + ascii(c), 'month') FROM small;
SELECT cohort_table(h, '2024-04-30', (CASE c WHEN 'C' THEN 'week' ELSE 'month' END)::purchase_period) FROM small;
SELECT cohort_table('1 {2000-01-01 1}', '2024-04-30', 'day');
SELECT cohort_table(h, '9999-12-31', 'week') FROM small;
SELECT cohort_table('1 {2000-01-01 1}', '2011-03-19', 'day') IS NOT NULL AS days_4096, pg_temp.error_code(
	$$SELECT cohort_table('1 {2000-01-01 1}', '2011-03-20', 'day')$$) AS days_4097;

-- the same as plain SQL over all orders, returns, ties and scales of four sets
CREATE FUNCTION pg_temp.noise(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT hashint8extended(a * 1000003 + b, 42) & 1048575 $$;
CREATE TEMP TABLE line AS
SELECT s, c,
	CASE s
		WHEN 1 THEN timestamp '1999-06-05' + interval '1 second' * (n0 % 31536000 + (n1 * 50) % 31536000)
		WHEN 2 THEN date '1968-11-20' + (n0 % 300 + n1 % 500)::int
		WHEN 3 THEN timestamp '2023-12-20' + interval '1 microsecond' * (n1 * 10000000 + n2)
		ELSE date '2019-01-01' + (n1 % 1500)::int END::timestamp AS at,
	(CASE WHEN n2 % 9 = 0 THEN '-' ELSE '' END || n2 % 1000 || CASE WHEN n2 % 4 = 0 THEN '' ELSE '.' || right((n2 % 1000 + 1000)::text, (n2 % 4)::int) END)::numeric AS amount
FROM generate_series(1, 4) AS s, generate_series(1, 300) AS c,
	LATERAL generate_series(0, pg_temp.noise(c, s) % CASE WHEN c % 7 = 0 THEN 30 ELSE 5 END) AS o,
	LATERAL (SELECT pg_temp.noise(c * 16 + s, -1) * 31 AS n0, pg_temp.noise(c * 16 + s, o) AS n1, pg_temp.noise(c * 16 + s + 8, o) AS n2) AS n;
-- more lines at the same time, orders and returns
INSERT INTO line SELECT s, c, at, CASE WHEN c % 3 = 0 THEN -amount ELSE amount * 0.125 END FROM line WHERE c % 5 = 0;
SELECT s, count(*) > 1000 AS many, count(*) FILTER (WHERE amount < 0) > 100 AS returns,
	count(DISTINCT (c, at)) < count(*) AS ties, count(DISTINCT scale(amount)) AS scales FROM line GROUP BY s ORDER BY s;
CREATE TABLE cohort_history AS SELECT s, c, purchase_history(at, amount) AS h FROM line GROUP BY s, c;
CREATE TEMP TABLE question AS
SELECT row_number() OVER () AS q, s, as_of::timestamp, period, CASE period WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || period)::interval END AS step,
	CASE s WHEN 1 THEN interval '1 second' WHEN 3 THEN interval '1 microsecond' ELSE interval '1 day' END AS unit
FROM (VALUES (1, '2001-06-30 23:59:59'), (1, '2000-12-31 23:59:58'), (1, '2000-12-31 23:59:59'), (1, '2001-01-01'), (1, '2000-06-30'),
		(2, '1970-12-31'), (2, '1970-12-30'), (2, '1969-12-31 12:00'), (2, '1970-01-04'),
		(3, '2024-03-31 23:59:59.999999'), (3, '2024-03-31 23:59:59.999998'), (3, '2024-03-31 23:59:59'), (3, '2024-04-30'),
		(4, '2023-01-01'), (4, '2022-12-31')) AS v(s, as_of),
	unnest('{week,month,quarter,year}'::purchase_period[]) AS period;
CREATE TEMP TABLE answer AS SELECT q, cohort_table(h, as_of, period) AS t FROM question JOIN cohort_history USING (s) GROUP BY q;

CREATE TEMP TABLE p AS	-- periods of each question
SELECT q, row_number() OVER (PARTITION BY q ORDER BY g)::int AS n, g::date AS per, as_of >= g + step - unit AS is_complete
FROM question, LATERAL (SELECT min(at) AS first_at FROM line WHERE line.s = question.s AND amount >= 0) AS f,
	generate_series(date_trunc(period::text, first_at), date_trunc(period::text, as_of), step) AS g;
CREATE TEMP TABLE entry AS	-- lines with their period; no n: before all orders
SELECT q, c, at, amount, n FROM (SELECT q, c, at, amount, date_trunc(period::text, at)::date AS per FROM question JOIN line USING (s) WHERE at <= as_of) AS l
	LEFT JOIN p USING (q, per);
CREATE TEMP TABLE active AS SELECT DISTINCT q, c, n FROM entry WHERE amount >= 0;
CREATE TEMP TABLE member AS SELECT q, c, min(n) AS cohort, max(n) AS last, count(*) AS periods FROM active GROUP BY q, c;
CREATE TEMP TABLE grid AS SELECT q, cohort, size, n FROM (SELECT q, cohort, count(*) AS size FROM member GROUP BY q, cohort) AS s JOIN p USING (q) WHERE n >= cohort;
ANALYZE p; ANALYZE entry; ANALYZE active; ANALYZE member; ANALYZE grid;
CREATE TEMP TABLE on_period AS SELECT q, cohort, n, count(DISTINCT c) AS on_count FROM active JOIN member USING (q, c) GROUP BY q, cohort, n;
CREATE TEMP TABLE later AS SELECT q, cohort, n, count(*) AS after_count FROM grid JOIN member USING (q, cohort) WHERE last >= n GROUP BY q, cohort, n;
CREATE TEMP TABLE money AS SELECT q, cohort, greatest(n, cohort) AS n, sum(amount) AS revenue FROM entry JOIN member USING (q, c) GROUP BY 1, 2, 3;
ANALYZE on_period; ANALYZE later; ANALYZE money;
CREATE TEMP TABLE cell AS
SELECT q, c.per AS cohort_start, n - cohort AS k, p.per AS period_start, size, coalesce(on_count, 0) AS on_count,
	coalesce(after_count, 0) AS after_count, coalesce(revenue, 0) AS revenue, p.is_complete
FROM grid JOIN p USING (q, n) JOIN (SELECT q, n AS cohort, per FROM p) AS c USING (q, cohort)
	LEFT JOIN on_period USING (q, cohort, n) LEFT JOIN later USING (q, cohort, n) LEFT JOIN money USING (q, cohort, n);
SELECT count(*) > 20000 AS many, count(*) FILTER (WHERE on_count = 0) > 1000 AS zeros,
	count(*) FILTER (WHERE on_count < after_count) > 1000 AS later, count(*) FILTER (WHERE NOT is_complete) > 500 AS incomplete,
	sum(revenue) = (SELECT sum(amount) FROM question JOIN line USING (s) JOIN member USING (q, c) WHERE at <= as_of) AS all_revenue FROM cell;

-- retention in its four forms
CREATE TEMP TABLE wanted AS
SELECT q, mode, base, cohort_start, k, period_start, size, x AS active,
	CASE WHEN base = 'first' OR k = 0 THEN x::float8 / size ELSE x::float8 / nullif(lag(x) OVER w, 0) END AS retention, is_complete,
	CASE WHEN base = 'first' OR k = 0 THEN size ELSE lag(x) OVER w END AS divisor
FROM (SELECT *, CASE mode WHEN 'on' THEN on_count ELSE after_count END AS x
      FROM cell, unnest(enum_range(NULL::retention_mode)) AS mode, unnest(enum_range(NULL::retention_base)) AS base) AS m
WINDOW w AS (PARTITION BY q, mode, base, cohort_start ORDER BY k);
CREATE TEMP TABLE got AS
SELECT q, mode, base, r.* FROM answer, unnest(enum_range(NULL::retention_mode)) AS mode, unnest(enum_range(NULL::retention_base)) AS base,
	cohort_retention(t, mode, base) AS r;
SELECT count(*) = 4 * (SELECT count(*) FROM cell) AS all_cells FROM got;
(TABLE got EXCEPT ALL SELECT q, mode, base, cohort_start, k, period_start, size, active, retention, is_complete FROM wanted)
UNION ALL (SELECT q, mode, base, cohort_start, k, period_start, size, active, retention, is_complete FROM wanted EXCEPT ALL TABLE got);
-- means over complete cohorts
CREATE FUNCTION pg_temp.about(a float8, b float8) RETURNS boolean LANGUAGE sql AS
$$ SELECT a IS NOT DISTINCT FROM b OR coalesce(abs(a - b) <= 1e-12 * (1 + abs(a)), false) $$;
CREATE TEMP TABLE wanted_mean AS
SELECT q, mode, base, k, count(*) FILTER (WHERE is_complete) AS cohorts, coalesce(sum(size) FILTER (WHERE is_complete), 0) AS members,
	coalesce(sum(active) FILTER (WHERE is_complete), 0) AS active, avg(retention) FILTER (WHERE is_complete) AS mean,
	sum(active) FILTER (WHERE is_complete) / nullif(sum(divisor) FILTER (WHERE is_complete), 0)::float8 AS weighted
FROM wanted GROUP BY q, mode, base, k;
CREATE TEMP TABLE got_mean AS
SELECT q, mode, base, r.period_offset AS k, r.* FROM answer, unnest(enum_range(NULL::retention_mode)) AS mode, unnest(enum_range(NULL::retention_base)) AS base,
	cohort_retention_mean(t, mode, base) AS r;
SELECT count(*) > 1000 AS many, count(*) FILTER (WHERE mean IS NULL) > 0 AS nulls FROM wanted_mean;
SELECT * FROM wanted_mean AS w FULL JOIN got_mean AS g USING (q, mode, base, k)
WHERE (cohorts = cohort_count AND members = cohort_members AND w.active = g.active) IS NOT TRUE
	OR NOT pg_temp.about(mean, mean_retention) OR NOT pg_temp.about(weighted, weighted_retention);
-- revenue
CREATE TEMP TABLE wanted_revenue AS
SELECT q, cohort_start, k, period_start, size, revenue, sum(revenue) OVER w AS cumulative, (sum(revenue) OVER w) / size AS per_member,
	revenue / CASE WHEN first_value(revenue) OVER w > 0 THEN first_value(revenue) OVER w END AS share, is_complete
FROM cell WINDOW w AS (PARTITION BY q, cohort_start ORDER BY k);
CREATE TEMP TABLE got_revenue AS SELECT q, r.period_offset AS k, r.* FROM answer, cohort_revenue(t) AS r;
SELECT count(*) FILTER (WHERE revenue < 0) > 10 AS negative, count(*) FILTER (WHERE share IS NULL) > 10 AS no_share FROM wanted_revenue;
SELECT * FROM wanted_revenue AS w FULL JOIN got_revenue AS g USING (q, cohort_start, k)
WHERE (w.period_start = g.period_start AND size = cohort_size AND w.revenue = g.revenue AND cumulative = cumulative_revenue AND w.is_complete = g.is_complete) IS NOT TRUE
	OR NOT pg_temp.about(per_member::float8, cumulative_revenue_per_member::float8) OR NOT pg_temp.about(share::float8, revenue_retention);
-- lifecycle, customer by customer
CREATE TEMP TABLE wanted_life AS
SELECT q, per, count(*) FILTER (WHERE is_active AND cohort = n) AS new, count(*) FILTER (WHERE is_active AND was_active) AS returning_,
	count(*) FILTER (WHERE is_active AND NOT was_active AND cohort < n) AS resurrecting, -count(*) FILTER (WHERE was_active AND NOT is_active) AS dormant, is_complete
FROM (SELECT q, per, n, c, cohort, is_complete, a.n IS NOT NULL AS is_active,
	             lag(a.n IS NOT NULL, 1, false) OVER (PARTITION BY q, c ORDER BY n) AS was_active
      FROM p JOIN (SELECT *, min(cohort) OVER (PARTITION BY q) AS oldest FROM member) AS m USING (q) LEFT JOIN active AS a USING (q, c, n)
      WHERE n >= oldest) AS l
GROUP BY q, per, is_complete;
CREATE TEMP TABLE got_life AS SELECT q, l.* FROM answer, lifecycle(t) AS l;
SELECT sum(new) > 100 AS new, sum(returning_) > 100 AS returning_, sum(resurrecting) > 100 AS resurrecting, sum(dormant) < -100 AS dormant FROM wanted_life;
(TABLE got_life EXCEPT ALL TABLE wanted_life) UNION ALL (TABLE wanted_life EXCEPT ALL TABLE got_life);
-- stickiness
CREATE TEMP TABLE wanted_stick AS
SELECT q, n::int, customers, round(customers::numeric / total, 12) AS share
FROM (SELECT q, max(periods) AS most, count(*) AS total FROM member GROUP BY q) AS x, generate_series(1, most) AS n,
	LATERAL (SELECT count(*) AS customers FROM member AS m WHERE m.q = x.q AND periods = n) AS c;
CREATE TEMP TABLE got_stick AS SELECT q, active_periods, customers, round(customer_share::numeric, 12) AS share FROM answer, stickiness(t);
(TABLE got_stick EXCEPT ALL TABLE wanted_stick) UNION ALL (TABLE wanted_stick EXCEPT ALL TABLE got_stick);
-- the rows of a customer
CREATE TEMP TABLE wanted_rows AS
SELECT q, c, per, n - cohort AS k, count(DISTINCT at) FILTER (WHERE amount >= 0) AS orders, sum(amount) AS revenue
FROM entry JOIN member USING (q, c) JOIN p USING (q, n) GROUP BY q, c, per, n, cohort;
CREATE TEMP TABLE got_rows AS
SELECT q, c, r.* FROM question JOIN cohort_history USING (s) JOIN (SELECT q, min(per) AS per FROM p GROUP BY q) AS f USING (q),
	active_period_rows(h, as_of, period) AS r
WHERE period_start >= per;
SELECT count(*) > 10000 AS many, count(*) FILTER (WHERE orders = 0) > 100 AS only_returns FROM wanted_rows;
(TABLE got_rows EXCEPT ALL TABLE wanted_rows) UNION ALL (TABLE wanted_rows EXCEPT ALL TABLE got_rows);

-- one table, however it is made: any order, parts, +, round trips, settings
SET extra_float_digits = -10;
SET datestyle = 'SQL, DMY';
SELECT count(*) AS tables, count(*) FILTER (WHERE t::text = t::text::cohort_table::text) AS same_text,
	count(*) FILTER (WHERE cohort_table_send(t) = cohort_table_send(t::text::cohort_table)) AS same_binary FROM answer;
RESET extra_float_digits;
RESET datestyle;
CREATE TEMP TABLE part AS SELECT q, c % 11 AS part, cohort_table(h, as_of, period) AS t FROM question JOIN cohort_history USING (s) GROUP BY q, c % 11;
SELECT min(pg_column_size(t)) < 1000 AS small, max(pg_column_size(t)) > 3000 AS large FROM part;
SELECT q, 'any order' AS what FROM answer JOIN (SELECT q, cohort_table(h, as_of, period ORDER BY c) AS a, cohort_table(h, as_of, period ORDER BY c DESC) AS b,
	cohort_table(h, as_of, period ORDER BY pg_temp.noise(c, 5)) AS d FROM question JOIN cohort_history USING (s) GROUP BY q) AS o USING (q)
WHERE t::text <> ALL (ARRAY[a::text, b::text, d::text]) OR cohort_table_send(t) <> cohort_table_send(a)
UNION ALL SELECT q, 'rollup' FROM answer JOIN (SELECT q, rollup(t) AS r, rollup(t ORDER BY part DESC) AS d FROM part GROUP BY q) AS r USING (q)
WHERE t::text <> r::text OR t::text <> d::text
UNION ALL SELECT q, '+' FROM answer JOIN (SELECT q, rollup(t) FILTER (WHERE part < 4) AS a, rollup(t) FILTER (WHERE part >= 4) AS b FROM part GROUP BY q) AS r USING (q)
WHERE t::text <> (a + b)::text OR t::text <> (b + a)::text;
SELECT t + NULL IS NULL AS plus_null, (t + t) AS twice FROM small_table;
SELECT rollup(t) IS NULL AS of_nothing FROM small_table WHERE false;
SELECT rollup(t) FROM (VALUES ('1 month 2024-01-31T00:00:00 day 0 {}'::cohort_table), (NULL), ('1 month 2024-01-30T00:00:00 day 0 {}')) AS v(t);
SELECT '1 month 2024-01-31T00:00:00 day 0 {}'::cohort_table + '1 week 2024-01-31T00:00:00 day 0 {}';
-- binary form through a file
CREATE TEMP TABLE copied (q bigint, t cohort_table);
\copy answer TO PROGRAM 'cat > /tmp/pt_cohort.$PPID' BINARY
\copy copied FROM PROGRAM 'cat /tmp/pt_cohort.$PPID; rm /tmp/pt_cohort.$PPID' BINARY
SELECT q FROM answer FULL JOIN copied USING (q) WHERE answer.t::text IS DISTINCT FROM copied.t::text;

-- plans: serial, parallel, hashed, sorted
INSERT INTO cohort_history SELECT s, c + 1000 * g, h FROM cohort_history, generate_series(1, 4) AS g;
ANALYZE cohort_history;
CREATE FUNCTION pg_temp.check_plan(query text, VARIADIC nodes text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
	node text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		plan := plan || line || E'\n';
	END LOOP;
	FOREACH node IN ARRAY nodes LOOP
		ASSERT plan LIKE '%' || node || '%', format('no %s in %s', node, plan);
	END LOOP;
END $$;
SET max_parallel_workers_per_gather = 0;
\set query 'SELECT s, cohort_table(h, \'2024-06-30\', \'quarter\')::text AS t FROM cohort_history GROUP BY s'
\set whole 'SELECT cohort_table(h, \'2024-06-30\', \'month\')::text AS t FROM cohort_history'
CREATE TEMP TABLE serial AS :query;
INSERT INTO serial SELECT NULL, t FROM (:whole) AS w;
SET enable_sort = off;
SELECT pg_temp.check_plan(:'query', 'HashAggregate');
(:query) EXCEPT TABLE serial;
RESET enable_sort;
SET enable_hashagg = off;
SELECT pg_temp.check_plan(:'query', 'GroupAggregate');
(:query) EXCEPT TABLE serial;
RESET enable_hashagg;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 4;
SELECT pg_temp.check_plan(:'whole', 'Partial Aggregate', 'Gather');
(:whole) EXCEPT SELECT t FROM serial WHERE s IS NULL;
SET enable_sort = off;
SELECT pg_temp.check_plan(:'query', 'Partial HashAggregate', 'Gather');
(:query) EXCEPT TABLE serial;
RESET enable_sort;
SET enable_hashagg = off;
SELECT pg_temp.check_plan(:'query', 'Partial GroupAggregate', 'Gather');
(:query) EXCEPT TABLE serial;
RESET enable_hashagg;
-- rows that differ are an error, whichever worker sees them
SELECT pg_temp.error_code('SELECT cohort_table(h, date ''2024-06-30'' + s, ''month'') FROM cohort_history') AS differing;
-- force_parallel_mode has a new name since 16
SELECT set_config(name, CASE WHEN name = 'force_parallel_mode' THEN 'on' ELSE 'regress' END, false) IS NOT NULL AS forced
FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
(:whole) EXCEPT SELECT t FROM serial WHERE s IS NULL;
SELECT count(*) AS rows_in_worker FROM small, active_period_rows(h, '2024-04-30', 'month');
RESET ALL;
\set VERBOSITY default
SELECT count(*) AS rollups FROM (SELECT s, cohort_table(h, '2024-06-30', 'year') AS t FROM cohort_history GROUP BY GROUPING SETS ((), (s))) AS g;
-- a running window does not change what it has returned
SELECT c, w FROM (SELECT c, cohort_table(h, '2024-04-30', 'quarter') OVER (ORDER BY c) AS w FROM small) AS x;
DROP TABLE cohort_history;

-- growth: old cohorts last, so that the directory and the cells grow
SELECT (SELECT count(*) FROM lifecycle(t)) AS days, (SELECT sum(revenue) FROM cohort_revenue(t)) AS revenue, (SELECT sum(customers) FROM stickiness(t)) AS customers
FROM (SELECT cohort_table(pt_purchase_history_add(format('1 {%s %s}', to_char(d, 'YYYY-MM-DD'), '1.' || (-g % 7))::purchase_history, '1 {2024-01-01 5}'), '2024-01-01', 'day' ORDER BY d DESC) AS t
      FROM generate_series(-399, 0) AS g, LATERAL (SELECT date '2024-01-01' + g AS d) AS x) AS s;
SELECT sum(('1.' || (g % 7))::numeric + 5) AS revenue FROM generate_series(0, 399) AS g;
SELECT pg_column_size(cohort_table('1 {2013-01-01 1}', '2024-01-01', 'day')) AS bytes_of_one_old_cohort;

-- money: scales, and what is too much
SELECT t FROM (SELECT cohort_table(h, '2024-01-31', 'month' ORDER BY o) AS t
	FROM (VALUES (1, '1 {2024-01-01 1}'::purchase_history), (2, '1 {2024-01-02 0.000000000000000001}'), (3, '1 {2024-01-03 -0.1, 2024-01-03 2.0}')) AS v(o, h)) AS s;
SELECT cohort_table(h, '2024-01-31', 'month')
FROM (VALUES ('1 {2024-01-01 999999999999999999}'::purchase_history), ('1 {2024-01-02 0.000000000000000001}')) AS v(h);
SELECT r.* FROM (SELECT rollup(t) AS t FROM (VALUES ('1 year 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 999999999999999999]}'::cohort_table),
	('1 year 2024-01-31T00:00:00 day 2 {2024-01-01 [9223372036854775806 9223372036854775806 0 9223372036854775806 -10000000000000000000.01]}')) AS v(t)) AS s, cohort_revenue(t) AS r;
SELECT t + t FROM (VALUES ('1 year 2024-01-31T00:00:00 day 0 {2024-01-01 [9223372036854775807 9223372036854775807 0 9223372036854775807 0]}'::cohort_table)) AS v(t);
SELECT t + t FROM (VALUES ('1 year 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 9999999999999999999999999999999999]}'::cohort_table)) AS v(t);
SELECT '1 year 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 9999999999999999999999999999999999]}'::cohort_table
	+ '1 year 2024-01-31T00:00:00 day 1 {2024-01-01 [1 1 0 1 0]}';

-- the aggregates' functions called directly
SELECT pt_cohort_table_accum(NULL, '1 {2024-01-01 1}', '2024-01-31', 'month') AS first,
	pt_cohort_table_accum(NULL, NULL, '2024-01-31', 'month') IS NULL AS nothing,
	pt_cohort_table_accum('1 month 2024-01-31T00:00:00 day 0 {}', NULL, '2024-01-31', 'month') AS unchanged,
	pt_cohort_table_accum('1 month 2024-01-31T00:00:00 day 0 {}', '1 {2023-12-01 1}', '2024-01-31', 'month') AS second;
SELECT pt_cohort_table_accum('1 month 2024-01-31T00:00:00 day 0 {}', '1 {2023-12-01 1}', '2024-01-31', 'week');
SELECT pt_cohort_table_accum(NULL, '1 {}', NULL, 'week');
SELECT pt_cohort_table_accum(NULL, '1 {}', 'infinity', 'week');
SELECT pt_cohort_table_combine(NULL, NULL) IS NULL AS nothing, pt_cohort_table_combine(NULL, t) AS other, pt_cohort_table_combine(t, NULL) AS one,
	pt_cohort_table_combine(t, t) AS both, pt_cohort_table_rollup(t, t) AS rolled, pt_cohort_table_final(t) AS final, pt_cohort_table_final(NULL) IS NULL AS no_final
FROM (VALUES ('1 month 2024-02-29T00:00:00 day 1 {2024-01-01 [1 0 0 0 1.5, 1 1 1 1 0.5]}'::cohort_table)) AS v(t);
-- a table that somebody holds is not changed
SELECT pt_cohort_table_accum(t, '1 {2024-01-01 1}', '2024-04-30', 'month') AS changed, t + t AS doubled, t AS held FROM small_table;
-- an aggregate of somebody else's, that starts from a table
CREATE AGGREGATE pg_temp.from_table(purchase_history, timestamp, purchase_period)
	(SFUNC = pt_cohort_table_accum, STYPE = cohort_table, INITCOND = '1 month 2024-04-30T00:00:00 day 0 {2024-04-01 [1 1 0 1 5]}');
SELECT c, pg_temp.from_table(h, '2024-04-30', 'month') AS t FROM small GROUP BY c ORDER BY c;

-- what is no cohort_table
SELECT t AS accepted FROM unnest(ARRAY['', ' ', '1', '2 month 2024-01-31T00:00:00 day 0 {}', '1 Month 2024-01-31T00:00:00 day 0 {}',
	'1 month 2024-01-31 day 0 {}', '1 month 2024-01-32T00:00:00 day 0 {}', '1 month 2024-01-31T24:00:00 day 0 {}',
	'1 month 2024-01-31T00:00:00.5 day 0 {}', '1 month 2024-02-30T00:00:00 day 0 {}', '1 month infinity day 0 {}', '1 month 294277-01-01T00:00:00 day 0 {}',
	'1 month -4713-11-23T00:00:00 day 0 {}', '1 month 999999-01-01T00:00:00 day 0 {}', '1 month 2024-01-31T00:00:00 hour 0 {}',
	'1 month 2024-01-31T00:00:00 day 19 {}', '1 month 2024-01-31T00:00:00 day -1 {}', '1 month 2024-01-31T00:00:00 day 0 {', '1 month 2024-01-31T00:00:00 day 0 {}}',
	'1 month 2024-01-31T00:00:00 day 0 {2024-01-01}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-02 [1 1 0 1 5]}', '1 month 2024-01-31T00:00:00 day 0 {2024-02-01 [1 1 0 1 5]}',
	'1 month 2024-01-31T00:00:00 day 0 {2024-01-01 []}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1]}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 5, 1 1 0 1 5]}',
	'1 month 2024-01-31T00:00:00 day 0 {2023-12-01 [1 1 0 1 5]}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 5], 2024-01-01 [1 1 0 1 5]}',
	'1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 5], 2023-12-01 [1 1 0 1 5, 0 0 0 0 0]}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 5],2024-02-01}',
	'1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [0 0 0 0 0]}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [-1 1 0 1 5]}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [2 1 0 2 5]}',
	'1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [2 2 0 1 5]}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [2 2 1 2 5]}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [1 2 0 1 5]}',
	'1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [99999999999999999999 1 0 1 5]}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 5.0]}', '1 month 2024-01-31T00:00:00 day 1 {2024-01-01 [1 1 0 1 5.]}',
	'1 month 2024-01-31T00:00:00 day 1 {2024-01-01 [1 1 0 1 .5]}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 NaN]}', '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 -]}',
	'1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [1 1 0 1 10000000000000000000000000000000000]}', '1 month 2024-01-31T00:00:00 day 1 {2024-01-01 [1 1 0 1 1000000000000000000000000000000000]}',
	'1 month 2024-02-01T00:00:00 day 0 {2024-01-01 [2 1 0 1 5, 2 1 1 1 5]}', '1 month 2024-02-01T00:00:00 day 0 {2024-01-01 [2 1 0 2 5, 1 1 1 0 5]}',
	'1 month 2024-02-01T00:00:00 day 0 {2024-01-01 [2 2 0 1 5, 1 0 1 1 5]}', '1 month 2024-02-01T00:00:00 day 0 {2024-01-01 [2 0 0 1 5, 2 2 1 1 5]}', '1 month 2024-02-01T00:00:00 day 0 {2024-01-01 [1 0 0 1 5, 1 1 2 0 5]}',
	'1 year 2024-01-31T00:00:00 day 0 {2023-01-01 [9223372036854775807 9223372036854775807 0 9223372036854775807 0, 0 0 0 0 0], 2024-01-01 [1 1 0 1 0]}',
	'1 month 2024-01-31T00:00:00 day 0 {' || repeat('2024-01-01 ', 10000), repeat('1', 1000000), '1 month ' || repeat(E'\u00E9', 100)]) AS t
WHERE pg_temp.error_code(format('SELECT %L::cohort_table', t)) <> '22P02';
SELECT '1 month 2024-01-31T00:00:00 day 0 {2024-01-01 [2 2 0 1 5]}'::cohort_table;
SELECT repeat(E'\u00E9', 1000)::cohort_table;
SELECT pg_temp.error_code($$SELECT '1 day 2024-01-31T00:00:00 day 0 {2000-01-01 [1 1 0 1 5]}'::cohort_table$$) AS too_many_periods;
SELECT t::cohort_table FROM unnest(ARRAY['1 month 2024-01-31T00:00:00.000001 microsecond 18 {2024-01-01 [1 1 0 1 -1.5]}',
	'1 day 2024-01-31T23:59:59 second 2 {2024-01-31 [1 1 0 1 -0.00]}', '1 year 0000-01-31T00:00:00 day 0 {-0001-01-01 [1 1 0 1 5, 0 0 0 0 1]}']) AS t;
