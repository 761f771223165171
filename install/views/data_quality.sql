-- view: data_quality
-- needs: customer_id, amount
-- reads: purchases, source_row, unread_value, mart, dimension_value, fitted_model
-- key: check_name, subject
-- page: about 51
-- order: check_name, subject
-- One row per check and subject: what is missing or odd in the source, how often, and which analyses it rules out or bends. Unlike the other views it looks at the whole source, also past as_of; at labels that differ only in case or blanks as they were when the mart was made, upgraded or refreshed.
-- column check_name: What was looked for.
-- column subject: Role, or view, that the check is about; NULL for the whole source.
-- column row_count: How many rows, customers or values have it.
-- column row_share: The same as a share of all rows or customers, 0 to 1.
-- column example: One value or customer that has it.
-- column consequence: What follows for the analyses.
WITH @quality_focus@keyed AS NOT MATERIALIZED (
	-- Rows with the group that they are in: their order; those without an order id are grouped by customer, in a mart without order ids by
	-- customer and time. Equal rows are in one group.
	SELECT p.source_row::text AS source_text, p.customer_id, p.purchased_at, p.amount,
		@if order_id@p.order_id AS order_key, CASE WHEN p.order_id IS NULL THEN p.customer_id END AS other_key@end@
		@unless order_id@p.customer_id AS order_key, p.purchased_at AS other_key@end@,
		1::bigint << ((coalesce(hashtext(p.product), 0) # coalesce(hash_numeric(p.amount), 0)) & 63) AS row_bit
	FROM @quality_source@ p
),
@quality_parts@ AS MATERIALIZED (
	-- One relation, so that parallel workers take a part each: no plan of the orders, which are many, is parallel, and they take as long as
	-- the rest. A subquery (SELECT ... FROM mart m) in one part would forbid it for all.
	SELECT 'counted' AS part, to_jsonb(c) AS figures, NULL::bigint[] AS suspects
	FROM (
		SELECT count(*) AS n, count(p.customer_id) AS customer_id, count(p.amount) AS amount,
			-- what the source has not is not counted: the smaller the plan, the less of it is compiled
			@if order_id@count(p.order_id) AS order_id,@end@
			@if purchased_at@count(p.purchased_at) AS purchased_at,
			max(p.purchased_at) FILTER (WHERE @extschema@.pt_is_mart_time(p.purchased_at)) AS last_time,
			min(p.purchased_at) FILTER (WHERE @extschema@.pt_is_mart_time(p.purchased_at)) AS first_time,@end@
			@if quantity@count(p.quantity) AS quantity,@end@
			@if discount_amount@count(p.discount_amount) AS discount_amount,
			count(*) FILTER (WHERE p.discount_amount < 0) AS negative_discounts,@end@
			@if product@count(p.product) AS product,@end@
			@if category@count(p.category) AS category,@end@
			@if gender@count(p.gender) AS gender,@end@
			@if age@count(p.age) AS age,
			count(*) FILTER (WHERE p.age NOT BETWEEN 0 AND 120) AS odd_ages,
			min(p.age) FILTER (WHERE p.age NOT BETWEEN 0 AND 120) AS odd_age,@end@
			@if location@count(p.location) AS location,@end@
			@if size@count(p.size) AS size,@end@
			@if color@count(p.color) AS color,@end@
			@if season@count(p.season) AS season,@end@
			@if review_rating@count(p.review_rating) AS review_rating,@end@
			@if subscribed@count(p.subscribed) AS subscribed,@end@
			@if shipping_type@count(p.shipping_type) AS shipping_type,@end@
			@if discounted@count(p.discounted) AS discounted,@end@
			@if previous_purchases@count(p.previous_purchases) AS previous_purchases,
			count(*) FILTER (WHERE p.previous_purchases < 0) AS negative_previous,@end@
			@if payment_method@count(p.payment_method) AS payment_method,@end@
			@if purchase_frequency@count(p.purchase_frequency_days) AS purchase_frequency,@end@
			count(*) FILTER (WHERE p.amount = 0) AS zero_amounts,
			count(*) FILTER (WHERE p.amount < 0) AS negative_amounts,
			min(p.amount) FILTER (WHERE p.amount < 0) AS lowest_amount
		-- OFFSET: a column that several aggregates read is computed once; a quoted 0, as a number would forbid parallel workers
		FROM (SELECT * FROM @quality_rows@ OFFSET '0') p
	) c
	@if purchased_at@UNION ALL
	SELECT 'days', to_jsonb(d), NULL
	FROM (
		-- far from the others is a day over twenty years, and over ten times the middle half of the days, beyond that half
		SELECT count(*) AS days, sum(q.n) FILTER (WHERE q.is_far) AS far, min(q.day) FILTER (WHERE q.is_far) AS far_example,
			sum(q.n) FILTER (WHERE q.day > current_date + 1) AS future, max(q.day) AS last_day
		FROM (
			SELECT d.day, d.n, greatest(d.lower - d.day, d.day - d.upper) > greatest(7305, 10 * (d.upper - d.lower)) AS is_far
			FROM (
				SELECT e.day, e.n, max(e.day) FILTER (WHERE e.place = (e.days + 3) / 4) OVER () AS lower,
					max(e.day) FILTER (WHERE e.place = (3 * e.days + 3) / 4) OVER () AS upper
				FROM (
					SELECT t.day, t.n, row_number() OVER (ORDER BY t.day) AS place, count(*) OVER () AS days
					FROM (@quality_days@) t
				) e
			) d
		) q
	) d@end@
	UNION ALL
	SELECT 'customers', to_jsonb(k), NULL
	FROM (
		SELECT count(*) AS n,
			count(*) FILTER (WHERE c.n > 1) AS repeated,
			count(*) FILTER (WHERE c.differ) AS differing,
			min(c.customer_id::text COLLATE "C") FILTER (WHERE c.differ) AS differing_example,
			coalesce(sum(c.n) FILTER (WHERE c.placeholder), 0) AS placeholders,
			min(c.customer_id::text COLLATE "C") FILTER (WHERE c.placeholder) AS placeholder_example
		FROM (
			-- by hashes of 64 bits: a DISTINCT of rows would sort them all. They have different seeds, so equal labels do not cancel out;
			-- a row of the labels would take as long to make as to hash.
			SELECT l.customer_id, count(*) AS n, min(l.labels) <> max(l.labels) AS differ,
				lower(btrim(l.customer_id::text)) = ANY ('{"",0,-1,-,?,x,unknown,guest,none,null,nil,nan,n/a,na,anonymous,anon,undefined,not available,no customer,walk-in,walkin,test}') AS placeholder
			FROM (
				SELECT p.customer_id, coalesce(hashtextextended(p.gender, 1), 0) # coalesce(hashint4extended(p.age, 2), 0)
					# coalesce(hashtextextended(p.location, 3), 0) # coalesce(hashint4extended(p.subscribed::integer, 4), 0)
					# coalesce(hashint4extended(p.previous_purchases, 5), 0)
					# coalesce(hashint4extended(p.purchase_frequency_days, 6), 0) AS labels
				FROM @quality_rows@ p
				WHERE p.customer_id IS NOT NULL
			) l
			GROUP BY l.customer_id
		) c
	) k
	UNION ALL
	-- Groups are small, so duplicates are looked for here too: each row sets one bit of 64, chosen by product and amount. A group
	-- of as many bits as rows has no duplicate; the few others are suspects.
	SELECT 'orders', to_jsonb(o) - 'suspects', o.suspects
	FROM (
		SELECT count(o.order_key) AS n,
			count(*) FILTER (WHERE o.order_key IS NOT NULL AND o.first_customer <> o.last_customer) AS shared,
			min(o.order_key::text COLLATE "C") FILTER (WHERE o.first_customer <> o.last_customer) AS shared_example,
			count(*) FILTER (WHERE o.order_key IS NOT NULL AND o.first_time <> o.last_time) AS spread,
			min(o.order_key::text COLLATE "C") FILTER (WHERE o.first_time <> o.last_time) AS spread_example,
			@if order_id@count(*) FILTER (WHERE o.order_key IS NOT NULL AND o.n > 1) AS several,
			count(*) FILTER (WHERE o.order_key IS NOT NULL AND o.n > 1 AND o.least_amount = o.most_amount AND o.least_amount <> 0) AS repeated,
			min(o.order_key::text COLLATE "C") FILTER (WHERE o.n > 1 AND o.least_amount = o.most_amount) AS repeated_example,@end@
			@unless order_id@coalesce(sum(o.n - 1) FILTER (WHERE o.order_key IS NOT NULL AND o.other_key IS NOT NULL), 0) AS merged,@end@
			array_agg(hash_record_extended(ROW(o.order_key, o.other_key), 0))
				FILTER (WHERE o.n > 1 AND bit_count(int8send(o.bits)) < o.n) AS suspects
		FROM (
			SELECT l.order_key, l.other_key, count(*) AS n, min(l.customer_id) AS first_customer, max(l.customer_id) AS last_customer,
				min(l.purchased_at) AS first_time, max(l.purchased_at) AS last_time,
				@if order_id@min(l.amount) AS least_amount, max(l.amount) AS most_amount,@end@ bit_or(l.row_bit) AS bits
			FROM keyed l
			GROUP BY l.order_key, l.other_key
		) o
	) o@quality_kept@
)@quality_sum@,
counted AS (
	SELECT c.*
	FROM parts t, jsonb_to_record(t.figures) AS c (
		n bigint, customer_id bigint, amount bigint, product bigint, category bigint, gender bigint, age bigint, location
		bigint, size bigint, color bigint, season bigint, review_rating bigint, subscribed bigint, shipping_type bigint,
		discounted bigint, previous_purchases bigint, payment_method bigint, purchase_frequency bigint, order_id bigint,
		purchased_at bigint, quantity bigint, discount_amount bigint, last_time timestamp, first_time timestamp,
		negative_discounts bigint, zero_amounts bigint, negative_amounts bigint, lowest_amount numeric, odd_ages bigint, odd_age
		integer, negative_previous bigint)
	WHERE t.part = 'counted'
),
days AS (
	SELECT (t.figures ->> 'days')::bigint AS n, (t.figures ->> 'far')::bigint AS far, t.figures ->> 'far_example' AS far_example,
		(t.figures ->> 'future')::bigint AS future, t.figures ->> 'last_day' AS last_day
	FROM parts t
	WHERE t.part = 'days'
),
customers AS (
	SELECT k.*
	FROM parts t, jsonb_to_record(t.figures) AS k (n bigint, repeated bigint, differing bigint, differing_example text,
		placeholders bigint, placeholder_example text)
	WHERE t.part = 'customers'
),
orders AS (
	-- of few orders it tells nothing that each has one amount
	SELECT o.*, o.several >= 10 AND o.repeated >= 0.9 * o.several AS has_totals
	FROM parts t, jsonb_to_record(t.figures) AS o (n bigint, shared bigint, shared_example text, spread bigint, spread_example text,
		several bigint, repeated bigint, repeated_example text, merged bigint)
	WHERE t.part = 'orders'
),
later AS (
	SELECT count(*) AS n
	FROM @quality_rows@ p
	WHERE (SELECT c.last_time > m.as_of FROM counted c CROSS JOIN mart m)
		AND p.purchased_at > (SELECT m.as_of FROM mart m) AND @extschema@.pt_is_mart_time(p.purchased_at)
),
suspect_rows AS NOT MATERIALIZED (
	SELECT l.source_text, l.customer_id, hashtextextended(l.source_text, 0) AS hash
	FROM keyed l
	WHERE hash_record_extended(ROW(l.order_key, l.other_key), 0) IN (SELECT unnest(t.suspects) FROM parts t)
),
-- of the suspects too, rows of equal hashes first: only they are compared whole
alike AS MATERIALIZED (
	SELECT r.hash
	FROM suspect_rows r
	GROUP BY r.hash
	HAVING count(*) > 1
),
duplicates AS (
	SELECT coalesce(sum(d.n - 1), 0) AS surplus, min(d.customer COLLATE "C") AS example
	FROM (
		SELECT r.source_text, count(*) AS n, min(r.customer_id::text COLLATE "C") AS customer
		FROM suspect_rows r
		WHERE (SELECT count(*) > 0 FROM alike) AND r.hash IN (SELECT a.hash FROM alike a)
		GROUP BY r.source_text
		HAVING count(*) > 1
	) d
),
@quality_checks@ (position, check_name, subject, row_count, base, example, consequence) AS (
	SELECT 1, 'rows', NULL, c.n, c.n, NULL, NULL
	FROM counted c
	UNION ALL
	SELECT 2, 'no value', v.role_name, c.n - v.known, c.n, NULL,
		CASE v.role_name
			WHEN 'customer_id' THEN 'these purchases count in revenue but belong to no customer'
			WHEN 'amount' THEN 'these purchases count as purchases but not in revenue and averages'
			WHEN 'purchased_at' THEN 'these rows are in no other view: nobody can say when they were'
			WHEN 'order_id' THEN 'each of these rows counts as a purchase of its own'
			ELSE 'these purchases are in the group without a value' END
	FROM counted c
	CROSS JOIN LATERAL (VALUES
		@if order_id@('order_id', c.order_id),@end@
		@if purchased_at@('purchased_at', c.purchased_at),@end@
		@if quantity@('quantity', c.quantity),@end@
		@if discount_amount@('discount_amount', c.discount_amount),@end@
		@if product@('product', c.product),@end@
		@if category@('category', c.category),@end@
		@if gender@('gender', c.gender),@end@
		@if age@('age', c.age),@end@
		@if location@('location', c.location),@end@
		@if size@('size', c.size),@end@
		@if color@('color', c.color),@end@
		@if season@('season', c.season),@end@
		@if review_rating@('review_rating', c.review_rating),@end@
		@if subscribed@('subscribed', c.subscribed),@end@
		@if shipping_type@('shipping_type', c.shipping_type),@end@
		@if discounted@('discounted', c.discounted),@end@
		@if previous_purchases@('previous_purchases', c.previous_purchases),@end@
		@if payment_method@('payment_method', c.payment_method),@end@
		@if purchase_frequency@('purchase_frequency', c.purchase_frequency),@end@
		('customer_id', c.customer_id), ('amount', c.amount)) AS v(role_name, known)
	UNION ALL
	SELECT 3, CASE u.reason WHEN 'rounded' THEN 'amount was rounded' WHEN 'endless' THEN 'time is infinite'
			WHEN 'far' THEN 'time is far from the others' WHEN 'text' THEN 'text was not understood'
			ELSE CASE u.role_name WHEN 'purchased_at' THEN 'time is out of range' ELSE 'value is out of range' END END,
		u.role_name, u.n, c.n, u.example,
		CASE u.reason WHEN 'rounded' THEN 'the mart keeps fewer decimals than the source has'
			WHEN 'endless' THEN 'these rows are in no other view: nobody can say when they were'
			WHEN 'far' THEN 'these rows are in no other view: they lie before time_from or after time_until of the mart'
			WHEN 'text' THEN 'taken as no value; correct the text in the source'
			ELSE CASE u.role_name WHEN 'purchased_at' THEN 'these rows are in no other view: a mart takes times of the years 1000 to 2999'
				ELSE 'taken as no value: it is more or less than such a column takes' END END
	FROM counted c
	CROSS JOIN (
		SELECT r.role_name, r.reason, count(*) AS n, min(r.source_value COLLATE "C") AS example
		FROM @quality_unread@ r
		GROUP BY r.role_name, r.reason
	) u
	@if purchased_at@UNION ALL
	SELECT 3, 'day is far from the others', 'purchased_at', d.far, c.n, d.far_example,
		'views by day and month reach to it, and as_of may be it: upgrade_mart() leaves such times out, time_from and time_until decide'
	FROM counted c
	CROSS JOIN days d
	WHERE d.far > 0
	UNION ALL
	SELECT 3, 'time is in the future', 'purchased_at', d.future, c.n, d.last_day,
		'later than tomorrow: views by day and month reach to it, and as_of may be it; time_until leaves it out'
	FROM counted c
	CROSS JOIN days d
	WHERE d.future > 0@end@
	UNION ALL
	SELECT 4, 'amount is zero', 'amount', c.zero_amounts, c.n, NULL, 'they lower the average amount'
	FROM counted c
	UNION ALL
	SELECT 5, 'amount is negative', 'amount', c.negative_amounts, c.n, c.lowest_amount::text,
		'taken as returns: they lower revenue'
	FROM counted c
	@if age@UNION ALL
	SELECT 6, 'age is not between 0 and 120', 'age', c.odd_ages, c.n, c.odd_age::text,
		'they are in an age group all the same, unless its limits are fixed'
	FROM counted c@end@
	@if previous_purchases@UNION ALL
	SELECT 7, 'previous purchases are negative', 'previous_purchases', c.negative_previous, c.n, NULL,
		'these customers have no loyalty tier'
	FROM counted c@end@
	UNION ALL
	SELECT 8, 'row is an exact duplicate', NULL, d.surplus, c.n, d.example,
		'each counts as a purchase of its own; prepare_purchases can leave them out'
	FROM counted c
	CROSS JOIN duplicates d
	UNION ALL
	SELECT 9, 'customer has several rows', 'customer_id', k.repeated, k.n, NULL,
		CASE WHEN k.repeated = 0
			THEN 'one row per customer: repeat purchases, RFM, cohorts and lifetime value '
				|| @if purchased_at@'mean nothing'@end@ @unless purchased_at@'cannot be computed from it'@end@
			END
	FROM customers k
	UNION ALL
	SELECT 10, 'labels of a customer differ', 'customer_id', k.differing, k.n, k.differing_example,
		'dim_customer takes one of them'
	FROM customers k
	UNION ALL
	SELECT 10, 'customer is a placeholder', 'customer_id', k.placeholders, c.n, k.placeholder_example,
		'all of these rows count as one customer: make the id NULL in the source, or leave them out by row_filter'
	FROM customers k
	CROSS JOIN counted c
	UNION ALL
	SELECT 10, 'labels differ only in case or blanks', l.dimension, sum(l.n), min(l.total), min(l.example COLLATE "C"),
		'each is a group of its own; prepare_purchases can fold them'
	FROM (
		SELECT v.dimension, count(*) AS n, sum(count(*)) OVER (PARTITION BY v.dimension) AS total, string_agg(v.value, ' / ' ORDER BY v.value) AS example
		FROM dimension_value v
		GROUP BY v.dimension, @extschema@.label_key(v.value)
	) l
	WHERE l.n > 1
	GROUP BY l.dimension
	@if order_id@UNION ALL
	SELECT 13, 'order has one amount on all its lines', 'amount', CASE WHEN o.has_totals THEN o.repeated ELSE 0 END,
		o.several, CASE WHEN o.has_totals THEN o.repeated_example END,
		'the total of the order seems to stand on each of its lines: then revenue counts it several times'
	FROM orders o@end@
	@unless order_id@@if purchased_at@UNION ALL
	SELECT 13, 'rows of one customer at one time', 'purchased_at', o.merged, c.n, NULL,
		'they are one order each; order_id => ''row'' makes each row an order'
	FROM orders o
	CROSS JOIN counted c@end@@end@
	@if order_id@UNION ALL
	SELECT 13, 'order of several customers', 'order_id', o.shared, o.n, o.shared_example,
		'each of them has an order of this id, so it counts as several; look at the order ids'
	FROM orders o@end@
	@if order_id@@if purchased_at@UNION ALL
	SELECT 13, 'order of several times', 'order_id', o.spread, o.n, o.spread_example,
		'its first time is that of the order in histories; kpi_day and kpi_month count it wherever it has lines'
	FROM orders o@end@@end@
	@if discount_amount@UNION ALL
	SELECT 14, 'discount is negative', 'discount_amount', c.negative_discounts, c.n, NULL,
		'taken as no discount'
	FROM counted c@end@
	@if purchased_at@UNION ALL
	SELECT 15, 'purchase is later than as_of', 'purchased_at', l.n, c.n, CASE WHEN l.n > 0 THEN to_char(c.last_time, 'YYYY-MM-DD') END,
		'left out of the views, which look from as_of'
	FROM counted c
	CROSS JOIN later l
	WHERE (SELECT m.as_of IS NOT NULL FROM mart m)@end@
	@if purchased_at@UNION ALL
	SELECT 16, 'day without a purchase', 'purchased_at',
		c.last_time::date - c.first_time::date + 1 - d.n, c.last_time::date - c.first_time::date + 1, NULL,
		'gaps in the calendar: kpi_day shows zero for them; ask whether the shop was closed or data are missing'
	FROM counted c
	CROSS JOIN days d@end@
	@if purchased_at@UNION ALL
	SELECT 17, 'model cannot be fitted', f.model_name, NULL, NULL, NULL, f.reason
	FROM fitted_model f
	WHERE f.reason IS NOT NULL@end@
	UNION ALL
	SELECT 11, 'no column', r.role_name, NULL, NULL, NULL,
		'its columns in the views are NULL'
	FROM @extschema@.mart_role r
	CROSS JOIN (SELECT * FROM mart WHERE one_row) m
	WHERE NOT m.roles ? r.role_name
	UNION ALL
	SELECT 12, 'view cannot be made', v.key, NULL, NULL, NULL,
		'it needs ' || (SELECT string_agg(n.role_name, ' and ' ORDER BY n.role_name)
			FROM jsonb_array_elements_text(v.value) AS n(role_name))
	FROM (SELECT * FROM mart WHERE one_row) m
	CROSS JOIN LATERAL jsonb_each(m.views_left_out) v
)@quality_choice@
SELECT k.check_name::text AS check_name,
	k.subject::text AS subject,
	k.row_count::bigint AS row_count,
	k.row_count::double precision / nullif(k.base, 0)::double precision AS row_share,
	k.example::text AS example,
	CASE WHEN k.row_count > 0 OR k.row_count IS NULL OR k.position = 9 THEN k.consequence END::text AS consequence
FROM checks k
ORDER BY k.position, k.subject
