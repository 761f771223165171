-- catalog: what there is to know of a mart's views, columns and roles

-- What a column of the source can be to a mart.
CREATE TABLE @extschema@.mart_role (
	role_name	text PRIMARY KEY,
	sort		smallint NOT NULL UNIQUE,
	role_type	text NOT NULL CHECK (role_type IN ('id', 'time', 'money', 'text', 'flag', 'integer', 'number', 'frequency')),
	required	boolean NOT NULL,
	synonyms	text[] NOT NULL,
	description	text NOT NULL
);
COMMENT ON TABLE @extschema@.mart_role IS
'What a column of the source can be to a mart. create_mart takes an argument of each name; where it is not given, the column with the first of the synonyms is taken.';
COMMENT ON COLUMN @extschema@.mart_role.role_name IS 'Name of the role, and of the argument of create_mart.';
COMMENT ON COLUMN @extschema@.mart_role.sort IS 'Order of the roles in purchases.';
COMMENT ON COLUMN @extschema@.mart_role.role_type IS 'What it is read as: id (any type; integers stay, others become text), time (timestamp, date, or timestamp with time zone, which is converted to the mart''s time zone), money (a number), text, flag (boolean, or text that parse_flag reads), integer, number, or frequency (days, or text that parse_frequency reads). What a mart cannot hold is left out of its figures, and data_quality counts it: money and numbers from 10^12 on, NaN and infinite ones, money of more than 16 digits with the decimals of the mart, integers and days outside -2147483648 to 2147483647, times outside the years 1000 to 2999.';
COMMENT ON COLUMN @extschema@.mart_role.required IS 'Whether a mart cannot be without it.';
COMMENT ON COLUMN @extschema@.mart_role.synonyms IS 'Column names, as clean_name gives them, that are taken for the role, the best first.';
COMMENT ON COLUMN @extschema@.mart_role.description IS 'What the role means, with its unit.';

INSERT INTO @extschema@.mart_role VALUES
	('customer_id', 1, 'id', true,
	 '{customer_unique_id,customer_id,cust_id,customer,cust,client_id,user_id,member_id,customer_number,customer_no,member_number,member_no,household_id,household_key,account_id,account_number,loyalty_id,loyalty_card,card_id,card_number,shopper_id,buyer_id,guest_id,visitor_id,client,member,email,e_mail,customer_email,email_address,customer_code,customer_key}',
	 'Who bought.'),
	('order_id', 2, 'id', false,
	 '{order_id,order_number,order_no,invoice_no,invoice_number,invoice_id,invoice,transaction_id,transaction_number,transaction_no,trans_id,receipt_id,receipt_number,receipt_no,receipt,basket_id,basket,bill_no,bill_number,bill_id,ticket_id,ticket_number,sale_id,sales_id,cart_id,order_key}',
	 'Which order a line belongs to; lines of one order id are one purchase. Without it, lines of one customer at one time are.'),
	('purchased_at', 3, 'time', false,
	 '{purchased_at,purchase_date,purchase_time,order_date,ordered_at,order_time,order_datetime,invoice_date,transaction_date,transaction_time,sold_at,order_purchase_timestamp,purchase_timestamp,order_timestamp,transaction_timestamp,invoice_timestamp,sale_timestamp,transaction_datetime,purchase_datetime,invoice_datetime,trans_date,trans_time,sale_date,sales_date,sold_on,purchased_on,ordered_on,order_day,purchase_day,sale_day,invoice_day,order_created_at,order_approved_at,created_at,timestamp,datetime,date_time,date,ts}',
	 'When it was bought, on the clock of the shop. Rows without a finite time are left out of a mart that has times.'),
	('amount', 4, 'money', true,
	 '{amount,purchase_amount,net_amount,line_total,line_amount,line_value,line_price,total_amount,order_amount,total,order_total,order_value,sales_amount,sales,revenue,dollar_value,amount_spent,total_spent,total_price,price_total,transaction_amount,trans_amount,sale_amount,sale_value,sales_value,net_sales,total_sales,gross_amount,invoice_amount,invoice_total,payment_value,subtotal,grand_total,spend,turnover,gmv,dollars,euros,betrag,umsatz,montant,importe,value}',
	 'Money of the purchase or line, net of discount, negative for a return, in the currency of the source.'),
	('quantity', 5, 'number', false, '{quantity,qty,units,item_count,number_of_items,quantity_ordered,order_quantity,item_quantity,units_sold,pieces}',
	 'How many pieces were bought.'),
	('discount_amount', 6, 'money', false, '{discount_amount,discount_value,discount}',
	 'Money that was taken off; without the role discounted, more than zero is a discount.'),
	('product', 7, 'text', false,
	 '{product,item_purchased,product_name,item,item_name,article,article_name,item_description,product_description,description,sku,stock_code,product_code,product_id,item_id}',
	 'What was bought.'),
	('category', 8, 'text', false,
	 '{category,product_category,item_category,product_category_name,category_name,department,product_type,product_line,product_group}',
	 'Product category.'),
	('gender', 9, 'text', false, '{gender,sex}',
	 'Gender of the customer, as the source has it.'),
	('age', 10, 'integer', false, '{age,customer_age,age_years}',
	 'Age of the customer in years.'),
	('location', 11, 'text', false,
	 '{location,state,region,city,country,customer_state,customer_city}',
	 'Where the customer lives or bought.'),
	('size', 12, 'text', false, '{size,product_size,item_size}',
	 'Size of the product.'),
	('color', 13, 'text', false, '{color,colour,product_color,item_color}',
	 'Color of the product.'),
	('season', 14, 'text', false, '{season,purchase_season}',
	 'Season of the purchase, as the source has it.'),
	('review_rating', 15, 'number', false,
	 '{review_rating,rating,customer_rating,review_score,stars}',
	 'Rating that the customer gave.'),
	('subscribed', 16, 'flag', false,
	 '{subscribed,subscription_status,is_subscribed,subscription,subscriber,is_subscriber}',
	 'Whether the customer subscribes.'),
	('shipping_type', 17, 'text', false,
	 '{shipping_type,shipping_method,ship_mode,shipping,delivery_type}',
	 'How the purchase was sent.'),
	('discounted', 18, 'flag', false,
	 '{discounted,discount_applied,is_discounted,has_discount,discount_used,promo_code_used}',
	 'Whether the purchase had a discount.'),
	('previous_purchases', 19, 'integer', false,
	 '{previous_purchases,prior_purchases,past_purchases,purchase_count,number_of_purchases,num_purchases}',
	 'How many purchases the customer made before, as the source reports it.'),
	('payment_method', 20, 'text', false,
	 '{payment_method,preferred_payment_method,payment_type,payment}',
	 'How the purchase was paid.'),
	('purchase_frequency', 21, 'frequency', false,
	 '{purchase_frequency,frequency_of_purchases,purchase_frequency_days,shopping_frequency,buying_frequency}',
	 'How often the customer buys, as the source reports it: a label such as Weekly, or days.'),
	('cost', 22, 'money', false,
	 '{line_cost,cost_of_goods_sold,cost_of_goods,cogs,cost_of_sales,total_cost,cost_total,cost_amount,cost}',
	 'What the purchase or line cost the shop, all pieces together, in the currency of the amount; below zero where a return gives it back. A cost of one piece is none: give quantity * unit_cost.');

-- The text of a column's COMMENT, wherever a view has a column of the name.
CREATE TABLE @extschema@.mart_column (
	column_name	text PRIMARY KEY,
	description	text NOT NULL
);
COMMENT ON TABLE @extschema@.mart_column IS
'What a column of this name means in every view of a mart, with its unit. create_mart makes the COMMENTs from it.';
COMMENT ON COLUMN @extschema@.mart_column.column_name IS 'Name of the column.';
COMMENT ON COLUMN @extschema@.mart_column.description IS 'Its meaning and unit.';

INSERT INTO @extschema@.mart_column VALUES
	('customer_id', 'Customer, as the source identifies them.'),
	('customer_key', 'Whole number that stands for the customer, to join by: the id itself where it is a whole number, else a hash of it. NULL without a customer.'),
	('order_key', 'Whole number that stands for the order, to join and count by: the id itself where it is a whole number, else a hash of it. NULL where order_id is.'),
	('product_key', 'Whole number that stands for product and category together, to join by: a hash of both; never NULL.'),
	('amount', 'Money of the purchase, net of discount, negative for a return; currency of the source.'),
	('order_id', 'Order that the line belongs to. Where the source has times but no order ids, one is made of customer and time; NULL without times: then each row is a purchase.'),
	('purchased_at', 'When it was bought, on the clock of the shop; NULL in a mart without times.'),
	('quantity', 'Number of pieces.'),
	('source_row', 'The row of the source, with the columns too that the mart does not use.'),
	('discount_amount', 'Money that was taken off; currency of the source.'),
	('cost', 'What the purchase or line cost the shop, all pieces together; currency of the source.'),
	('returned', 'Whether the row is a return: an amount below zero. Returns count in revenue, not in purchases.'),
	('returned_label', 'Whether the row is a return, as Yes or No.'),
	('product', 'Product.'),
	('category', 'Product category.'),
	('gender', 'Gender of the customer.'),
	('age', 'Age of the customer in years.'),
	('age_group', 'Age group of the customer; its limits are in segment_age. NULL without an age, or outside fixed limits.'),
	('age_group_sort', 'Number of the age group, to sort by.'),
	('location', 'Where the customer lives or bought.'),
	('size', 'Size of the product.'),
	('size_sort', 'Number of the size to sort by: XXS 1 to XXXL 8, NULL for others.'),
	('color', 'Color of the product.'),
	('season', 'Season of the purchase.'),
	('season_sort', 'Number of the season to sort by: Spring 1, Summer 2, Fall or Autumn 3, Winter 4, NULL for others.'),
	('review_rating', 'Rating that the customer gave.'),
	('subscribed', 'Whether the customer subscribes.'),
	('subscribed_label', 'Whether the customer subscribes, as Yes or No.'),
	('shipping_type', 'How the purchase was sent.'),
	('discounted', 'Whether the purchase had a discount.'),
	('discounted_label', 'Whether the purchase had a discount, as Yes or No.'),
	('previous_purchases', 'Purchases that the customer made before, as the source reports them.'),
	('loyalty_tier', 'Loyalty tier by previous purchases: New, Returning or Loyal; NULL where they are not known.'),
	('loyalty_tier_sort', 'Number of the loyalty tier to sort by: New 1, Returning 2, Loyal 3.'),
	('payment_method', 'How the purchase was paid.'),
	('spend_tier', 'Spend tier by revenue: Light, Medium or Heavy; its cut points are in spend_basis.'),
	('spend_tier_sort', 'Number of the spend tier to sort by: Light 1, Medium 2, Heavy 3.'),
	('high_value', 'Whether the revenue of the customer is among the best tenth; all who have the revenue of the last one count.'),
	('high_value_label', 'Whether the customer is high-value, as Yes or No.'),
	('purchase_frequency', 'How often the customer buys, as a label: one for each number of days.'),
	('purchase_frequency_days', 'Days between the purchases of the customer, as the source reports them.'),
	('purchase_frequency_sort', 'Number of the purchase frequency to sort by: often first.'),
	('revenue_share', 'Revenue as a share of the whole, 0 to 1; NULL if the whole is zero.'),
	('customer_share', 'Customers as a share of all customers, 0 to 1.'),
	('products', 'Number of different products.'),
	('categories', 'Number of different categories.'),
	('dimension', 'Name of the dimension, which is a column of fact_purchase.'),
	('value', 'Value of the dimension; NULL where the source has none.'),
	('value_sort', 'Number to sort the value by, where its order is not that of the alphabet.'),
	('product_rank', 'Place of the product in its category: more purchases first; ties by name, in the order of the C collation.');

-- What views and dashboards measure, each once.
CREATE TABLE @extschema@.mart_measure (
	measure_name	text PRIMARY KEY,
	sort		smallint NOT NULL UNIQUE,
	data_type	text NOT NULL,
	unit		text NOT NULL,
	description	text NOT NULL,
	in_dashboard	boolean NOT NULL,
	sql		text NOT NULL
);
COMMENT ON TABLE @extschema@.mart_measure IS
'What the views of a mart measure: name, type, unit, meaning and formula of each, over a row of figures as sales_cube_rows returns them. In the query of a view, "@measures customers, revenue OF f@" stands for a list of columns of these names, and "@measure revenue OF f@" for one as an expression, where f is the alias of the row. A column of the name of a measure has its COMMENT from here.';
COMMENT ON COLUMN @extschema@.mart_measure.measure_name IS 'Name of the measure, and of the columns that have it.';
COMMENT ON COLUMN @extschema@.mart_measure.sort IS 'Order of the measures.';
COMMENT ON COLUMN @extschema@.mart_measure.data_type IS 'Type of the columns; numeric(18,2) is money and takes the decimals of the mart.';
COMMENT ON COLUMN @extschema@.mart_measure.unit IS 'What it counts: customers, purchases, rows, currency of the source, rating, or share (0 to 1).';
COMMENT ON COLUMN @extschema@.mart_measure.description IS 'Its meaning, with its unit.';
COMMENT ON COLUMN @extschema@.mart_measure.in_dashboard IS 'Whether mart_dashboard has it for each group.';
COMMENT ON COLUMN @extschema@.mart_measure.sql IS 'The formula, where $f is the row of figures; NULL where there is nothing to measure, counts 0.';

INSERT INTO @extschema@.mart_measure VALUES
	('customers', 1, 'bigint', 'customers',
	 'Number of different customers.',
	 true, 'coalesce($f.customers, 0)'),
	('purchases', 2, 'bigint', 'purchases',
	 'Number of purchases: orders, where rows are order lines; returns do not count.',
	 true, 'coalesce($f.orders, 0)'),
	('revenue', 3, 'numeric(18,2)', 'currency of the source',
	 'Sum of the amounts, returns included; currency of the source.',
	 true, '$f.revenue'),
	('average_amount', 4, 'numeric(22,6)', 'currency of the source',
	 'Average amount of a purchase, returns left out; currency of the source.',
	 true, '$f.order_amount / nullif($f.priced_orders, 0)::numeric'),
	('average_rating', 5, 'numeric(22,6)', 'rating',
	 'Average of the ratings that are known.',
	 true, '$f.rating_sum / nullif($f.rated_lines, 0)::numeric'),
	('rated_purchases', 6, 'bigint', 'rows',
	 'Number of rows with a rating.',
	 false, 'coalesce($f.rated_lines, 0)'),
	('discounted_purchases', 7, 'bigint', 'purchases',
	 'Number of purchases with a discount, returns left out.',
	 false, 'coalesce($f.discounted_orders, 0)'),
	('discount_share', 8, 'double precision', 'share',
	 'Purchases with a discount as a share of those where it is known, 0 to 1.',
	 true, '$f.discounted_orders::double precision / nullif($f.discount_known, 0)::double precision'),
	('subscribers', 9, 'bigint', 'customers',
	 'Number of different customers who subscribe.',
	 false, 'coalesce($f.subscribers, 0)'),
	('subscriber_share', 10, 'double precision', 'share',
	 'Customers who subscribe as a share of the customers where it is known, 0 to 1.',
	 true, '$f.subscribers::double precision / nullif($f.subscription_known, 0)::double precision'),
	('revenue_per_customer', 11, 'numeric(22,6)', 'currency of the source',
	 'Revenue divided by customers; currency of the source.',
	 true, '$f.customer_revenue / nullif($f.customers, 0)::numeric'),
	-- of figures of margins (see customer): amounts are margins, quantities amounts, ratings the amounts of lines without a margin
	('revenue_with_cost', 12, 'numeric(18,2)', 'currency of the source',
	 'Revenue of the lines whose amount and cost are known, returns included; currency of the source.',
	 false, 'coalesce($f.quantity, 0) - coalesce($f.rating_sum, 0)'),
	('cost_of_sales', 13, 'numeric(18,2)', 'currency of the source',
	 'What the lines cost whose amount and cost are known; currency of the source.',
	 false, 'coalesce($f.quantity, 0) - coalesce($f.rating_sum, 0) - coalesce($f.revenue, 0)'),
	('margin', 14, 'numeric(18,2)', 'currency of the source',
	 'Revenue minus cost of the lines where both are known; NULL if they are known of none. Currency of the source.',
	 false, 'CASE WHEN coalesce($f.rated_lines, 0) = 0 THEN coalesce($f.revenue, 0) ELSE $f.revenue END'),
	('margin_rate', 15, 'double precision', 'share',
	 'Margin as a share of the revenue of the same lines: 0.4 is forty percent; NULL if that is not above zero.',
	 false, '$f.revenue / nullif(greatest(coalesce($f.quantity, 0) - coalesce($f.rating_sum, 0), 0), 0)'),
	('line_count', 16, 'bigint', 'rows',
	 'Number of lines.',
	 false, 'coalesce($f.line_count, 0)'),
	('lines_without_margin', 17, 'bigint', 'rows',
	 'Number of lines whose amount or cost is not known: their revenue is in no margin.',
	 false, 'coalesce($f.rated_lines, 0)'),
	('margin_coverage', 18, 'double precision', 'share',
	 'Lines with a known margin as a share of all lines, 0 to 1; NULL without any.',
	 false, '1 - $f.rated_lines::double precision / nullif($f.line_count, 0)::double precision');

-- The views of a mart, as the headers of the files install/views/*.sql have them.
CREATE TABLE @extschema@.mart_view (
	template_name	text PRIMARY KEY,
	view_name	text NOT NULL,
	needs		text[] NOT NULL,
	unless		text[] NOT NULL,
	reads		text[] NOT NULL,
	key		text[],
	is_inner	boolean NOT NULL,
	is_whole	boolean NOT NULL,
	description	text NOT NULL,
	query		text NOT NULL
);
COMMENT ON TABLE @extschema@.mart_view IS
'The views that create_mart can make. Several templates may make one view; needs and unless say which does.';
COMMENT ON COLUMN @extschema@.mart_view.template_name IS 'Name of the file that it comes from.';
COMMENT ON COLUMN @extschema@.mart_view.view_name IS 'Name of the view.';
COMMENT ON COLUMN @extschema@.mart_view.needs IS 'Roles without which there is no such view.';
COMMENT ON COLUMN @extschema@.mart_view.unless IS 'Roles with which another template makes the view.';
COMMENT ON COLUMN @extschema@.mart_view.reads IS 'Relations of the mart that it reads; source is the source.';
COMMENT ON COLUMN @extschema@.mart_view.key IS 'Columns that it has one row per; none is one row in all, NULL are the rows of what it reads.';
COMMENT ON COLUMN @extschema@.mart_view.is_inner IS 'Whether other views read it, and people and BI tools do not: it has types of the extension, or repeats rows.';
COMMENT ON COLUMN @extschema@.mart_view.is_whole IS 'Whether it is of all customers, also in a dashboard whose filters select some: thresholds and the like.';
COMMENT ON COLUMN @extschema@.mart_view.description IS 'The text of its COMMENT.';
COMMENT ON COLUMN @extschema@.mart_view.query IS 'Its query. numeric(18,2) stands for money and takes the decimals of the mart; pt_mart_view_query expands what stands between @ and @.';

CREATE TABLE @extschema@.mart_view_column (
	template_name	text NOT NULL REFERENCES @extschema@.mart_view,
	column_name	text NOT NULL,
	description	text NOT NULL,
	PRIMARY KEY (template_name, column_name)
);
COMMENT ON TABLE @extschema@.mart_view_column IS
'Columns that are in one view only, or mean something else there than in mart_measure and mart_column.';
COMMENT ON COLUMN @extschema@.mart_view_column.template_name IS 'Template of the view.';
COMMENT ON COLUMN @extschema@.mart_view_column.column_name IS 'Name of the column.';
COMMENT ON COLUMN @extschema@.mart_view_column.description IS 'The text of its COMMENT.';

CREATE TABLE @extschema@.mart_page (
	page		text NOT NULL,
	place		smallint PRIMARY KEY,
	view_name	text,
	sort_columns	text[],
	row_limit	integer
);
COMMENT ON TABLE @extschema@.mart_page IS
'The pages of a dashboard, in the order of their places, and the views whose rows they show. The first page has none: its panels are in the answer of mart_dashboard itself.';
COMMENT ON COLUMN @extschema@.mart_page.page IS 'Name of the page, as mart_dashboard takes it.';
COMMENT ON COLUMN @extschema@.mart_page.place IS 'Place of the view among those of all pages.';
COMMENT ON COLUMN @extschema@.mart_page.view_name IS 'The view; NULL for a page without views.';
COMMENT ON COLUMN @extschema@.mart_page.sort_columns IS 'Columns that its rows are sorted by; with - behind it, the largest first and NULL last.';
COMMENT ON COLUMN @extschema@.mart_page.row_limit IS 'How many of its rows the page has at most; NULL is 5000.';

INSERT INTO @extschema@.mart_page VALUES ('overview', 0, NULL, NULL);

-- @views@

-- create_mart makes the table mart of a mart LIKE this one.
CREATE TABLE @extschema@.mart_settings (
	one_row		boolean PRIMARY KEY DEFAULT true CHECK (one_row),
	source		regclass NOT NULL,
	roles		jsonb NOT NULL,
	dimensions	jsonb NOT NULL,
	dimension_names	text[] NOT NULL,
	expression_path	text[] NOT NULL,
	mode		text NOT NULL DEFAULT 'live' CHECK (mode IN ('live', 'kept')),
	as_of		timestamp,
	time_zone	text,
	amount_scale	integer NOT NULL,
	age_edges	double precision[],
	age_labels	text[],
	age_cuts	double precision[],
	loyalty_edges	bigint[] NOT NULL,
	loyalty_labels	text[] NOT NULL,
	segment_scheme	text NOT NULL,
	security_invoker boolean NOT NULL,
	views_left_out	jsonb NOT NULL DEFAULT '{}',
	extension_version text NOT NULL,
	last_refresh	timestamptz,
	follow		text CHECK (follow IN ('statement', 'row', 'compare')),
	followed	jsonb,
	row_filter	text,
	time_from	timestamp,
	time_until	timestamp,
	expression_columns jsonb,
	calendar	text,
	currency	text,
	spend		regclass
);
COMMENT ON TABLE @extschema@.mart_settings IS
'The settings of a mart: the table mart in its schema has these columns and one row. This table is empty.';
COMMENT ON COLUMN @extschema@.mart_settings.one_row IS 'Always true: there is one row.';
COMMENT ON COLUMN @extschema@.mart_settings.source IS 'Table or view that the mart is made of.';
COMMENT ON COLUMN @extschema@.mart_settings.roles IS 'SQL expression over the source for each role that it has.';
COMMENT ON COLUMN @extschema@.mart_settings.dimensions IS 'SQL expression over the source for each further dimension.';
COMMENT ON COLUMN @extschema@.mart_settings.dimension_names IS 'Dimensions of the lines, in the order of their numbers, from 1.';
COMMENT ON COLUMN @extschema@.mart_settings.expression_path IS 'Schemas in which the names in the expressions are looked up.';
COMMENT ON COLUMN @extschema@.mart_settings.mode IS 'live: all views read the source; kept: they read the table kept_customer and what is pending.';
COMMENT ON COLUMN @extschema@.mart_settings.as_of IS 'Moment that the mart looks from; NULL is the last purchase. Marts without times have none.';
COMMENT ON COLUMN @extschema@.mart_settings.time_zone IS 'Time zone of the shop; NULL in marts without times.';
COMMENT ON COLUMN @extschema@.mart_settings.amount_scale IS 'Decimals of amounts.';
COMMENT ON COLUMN @extschema@.mart_settings.age_edges IS 'Edges of the age groups: right-closed, the lowest included.';
COMMENT ON COLUMN @extschema@.mart_settings.age_labels IS 'Names of the age groups, in order.';
COMMENT ON COLUMN @extschema@.mart_settings.age_cuts IS 'The edges as the views use them: where the groups were cut from the data, the first and last are open.';
COMMENT ON COLUMN @extschema@.mart_settings.loyalty_edges IS 'Number of purchases from which each loyalty tier but the first begins.';
COMMENT ON COLUMN @extschema@.mart_settings.loyalty_labels IS 'Names of the loyalty tiers, in order: one more than edges.';
COMMENT ON COLUMN @extschema@.mart_settings.segment_scheme IS 'Rules that name the RFM segments: a segment_scheme as text, which stays where the extension is dropped.';
COMMENT ON COLUMN @extschema@.mart_settings.security_invoker IS 'Whether the views read the source with the rights of whoever asks.';
COMMENT ON COLUMN @extschema@.mart_settings.views_left_out IS 'Views that this mart has not, with the roles that they need.';
COMMENT ON COLUMN @extschema@.mart_settings.extension_version IS 'Version of purchase_trends that made the views.';
COMMENT ON COLUMN @extschema@.mart_settings.last_refresh IS 'When a kept mart was refreshed last.';
COMMENT ON COLUMN @extschema@.mart_settings.follow IS 'How a kept mart follows its source: statement or row (triggers), or compare; NULL in a live mart.';
COMMENT ON COLUMN @extschema@.mart_settings.followed IS 'The parts of the source, and their files, that the last full rebuild of a kept mart has seen.';

COMMENT ON COLUMN @extschema@.mart_settings.row_filter IS 'Condition on the rows of the source; NULL takes all.';
COMMENT ON COLUMN @extschema@.mart_settings.time_from IS 'Rows before it are left out; NULL is no bound.';
COMMENT ON COLUMN @extschema@.mart_settings.time_until IS 'Rows after it are left out; NULL is no bound.';
COMMENT ON COLUMN @extschema@.mart_settings.expression_columns IS 'What the names in the expressions meant when the views were made: "of" says of which relation in which database that is so, "relation" what it was called, and "columns" has for each expression the names and numbers of the columns that it reads.';
COMMENT ON COLUMN @extschema@.mart_settings.calendar IS 'Periods of the views by period: a sales_calendar as text, which stays where the extension is dropped; NULL in marts without times.';
COMMENT ON COLUMN @extschema@.mart_settings.spend IS 'Table or view of what was spent to win customers; NULL is none.';

COMMENT ON COLUMN @extschema@.mart_settings.currency IS 'Currency of the amounts, a code of ISO 4217; NULL is not known. Dashboards show it; nothing is converted.';

-- ... and the table dimension_value LIKE this one.
CREATE TABLE @extschema@.mart_dimension_value (
	dimension	text NOT NULL,
	dimension_number smallint NOT NULL CHECK (dimension_number <> 0),
	code		integer NOT NULL CHECK (code >= 0),
	value		text COLLATE "C" NOT NULL,
	value_sort	smallint,
	PRIMARY KEY (dimension_number, code)
);
COMMENT ON TABLE @extschema@.mart_dimension_value IS
'The numbers that stand for texts in the lines of a mart''s customers: the table dimension_value in its schema has these columns. This table is empty.';
COMMENT ON COLUMN @extschema@.mart_dimension_value.dimension IS 'Name of the dimension.';
COMMENT ON COLUMN @extschema@.mart_dimension_value.dimension_number IS 'Number of the dimension, from 1: its place in dimension_names; flags have the negative numbers of cube_plan.';
COMMENT ON COLUMN @extschema@.mart_dimension_value.code IS 'Number of the value, from 0: the most frequent first.';
COMMENT ON COLUMN @extschema@.mart_dimension_value.value IS 'The value.';
COMMENT ON COLUMN @extschema@.mart_dimension_value.value_sort IS 'Number to sort the value by; NULL where the alphabet does.';

-- ... and, if it has times, the table fitted_model LIKE this one. A model is text here, as it outlives DROP EXTENSION so.
CREATE TABLE @extschema@.mart_fitted_model (
	model_name	text PRIMARY KEY CHECK (model_name IN ('purchases', 'spend', 'purchases before')),
	kind	text NOT NULL,
	model	text,
	as_of	timestamp,
	customers	bigint,
	fitted_at	timestamptz NOT NULL,
	reason	text
);
COMMENT ON TABLE @extschema@.mart_fitted_model IS
'The lifetime models that fit_mart() has fitted to a mart with times: the table fitted_model in its schema has these columns. This table is empty.';
COMMENT ON COLUMN @extschema@.mart_fitted_model.model_name IS 'purchases: who buys again and how often; spend: for how much; purchases before: that of purchases fitted to the first two thirds of the time.';
COMMENT ON COLUMN @extschema@.mart_fitted_model.kind IS 'Kind of the model, as in clv_kind.';
COMMENT ON COLUMN @extschema@.mart_fitted_model.model IS 'The model, as text of type clv_model; NULL if there is none.';
COMMENT ON COLUMN @extschema@.mart_fitted_model.as_of IS 'The moment that it looks from, on the clock of the shop.';
COMMENT ON COLUMN @extschema@.mart_fitted_model.customers IS 'How many customers it was fitted to.';
COMMENT ON COLUMN @extschema@.mart_fitted_model.fitted_at IS 'When it was fitted.';
COMMENT ON COLUMN @extschema@.mart_fitted_model.reason IS 'Why there is no model; NULL if there is one.';

GRANT SELECT ON @extschema@.mart_role, @extschema@.mart_column, @extschema@.mart_measure, @extschema@.mart_view,
	@extschema@.mart_view_column, @extschema@.mart_page, @extschema@.mart_settings, @extschema@.mart_dimension_value, @extschema@.mart_fitted_model TO PUBLIC;

CREATE FUNCTION @extschema@.pt_extension_schema() RETURNS name
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT n.nspname
	FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
	WHERE e.extname = 'purchase_trends'
$$;
COMMENT ON FUNCTION @extschema@.pt_extension_schema() IS
'The schema in which purchase_trends is installed.';

CREATE FUNCTION @extschema@.pt_mart_defect(mart_schema oid) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT CASE
		WHEN s.oid IS NULL THEN 'It has no table mart.'
		WHEN s.relkind <> 'r' OR s.relpersistence <> 'p' THEN 'Its settings are no ordinary table.'
		-- those of another version may be missing
		WHEN EXISTS (
				SELECT FROM pg_attribute a
				WHERE a.attrelid = s.oid AND a.attnum > 0 AND NOT a.attisdropped
					AND NOT EXISTS (
						SELECT FROM pg_attribute d
						WHERE d.attrelid = declared.oid AND d.attnum > 0 AND NOT d.attisdropped
							AND d.attname = a.attname AND d.atttypid = a.atttypid AND a.attgenerated = ''))
			OR 4 > (SELECT count(*) FROM pg_attribute a
				WHERE a.attrelid = s.oid AND a.attname IN ('one_row', 'source', 'roles', 'dimensions'))
			THEN 'The columns of its table mart are not those that a mart has.'
		WHEN EXISTS (
				SELECT FROM pg_class c
				WHERE c.relnamespace = n.oid AND c.relowner <> n.nspowner
					AND (c.relname IN ('mart', 'dimension_value', 'fitted_model', 'kept_customer', 'kept_cube', 'kept_total', 'kept_quality', 'kept_odd', 'kept_order', 'customer_change', 'kept_pending', 'kept_stale', 'kept_known')
						OR c.relname IN (SELECT v.view_name FROM @extschema@.mart_view v)))
			THEN 'What is in it belongs to several roles.'
		WHEN EXISTS (
				SELECT FROM pg_class c
				WHERE c.relnamespace = n.oid AND c.relname IN ('mart', 'dimension_value', 'fitted_model', 'kept_customer', 'kept_cube', 'kept_total', 'kept_quality', 'kept_odd', 'kept_order', 'customer_change')
					AND (c.relkind <> 'r' OR c.relrowsecurity OR c.relforcerowsecurity
						OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)
						OR EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid)
						OR EXISTS (SELECT FROM pg_policy l WHERE l.polrelid = c.oid)
						OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid)))
			THEN 'Its tables have triggers, rules, policies or parts that no mart has.'
		WHEN EXISTS (
				SELECT FROM pg_class c
				WHERE c.relnamespace = n.oid AND c.relkind <> 'v'
					AND c.relname IN (SELECT v.view_name FROM @extschema@.mart_view v))
			THEN 'Something else has the name of one of its views.'
		END
	FROM pg_namespace n
	JOIN pg_namespace e ON e.nspname = @extschema@.pt_extension_schema()
	JOIN pg_class declared ON declared.relnamespace = e.oid AND declared.relname = 'mart_settings'
	LEFT JOIN pg_class s ON s.relnamespace = n.oid AND s.relname = 'mart'
	WHERE n.oid = mart_schema
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_defect(oid) IS
'Why a schema is no mart, as a sentence: a mart has the table mart as create_mart makes it, and one role owns the schema, its tables and views. NULL if it is a mart, or there is no such schema.';

CREATE FUNCTION @extschema@.marts() RETURNS TABLE (mart text, owner text)
	LANGUAGE sql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT n.nspname::text, pg_get_userbyid(n.nspowner)::text
	FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relname = 'mart' AND c.relkind = 'r' AND @extschema@.pt_mart_defect(n.oid) IS NULL
	ORDER BY n.nspname
$$;
COMMENT ON FUNCTION @extschema@.marts() IS
'The marts of this database: the schemas that create_mart has made. Functions that take the name of a mart read it as SQL does, so a program gives them quote_ident(mart).';

CREATE FUNCTION @extschema@.pt_known_mart(mart text) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT coalesce(
		(SELECT n.nspname::text
		FROM pg_namespace n
		WHERE n.nspname = mart OR n.nspname = f.folded
		-- the second is looked at only where there are two
		ORDER BY CASE WHEN mart <> f.folded THEN @extschema@.pt_mart_defect(n.oid) IS NOT NULL END, n.nspname = mart
		LIMIT 1),
		f.folded)
	FROM (SELECT @extschema@.pt_fold_name(mart) AS folded OFFSET 0) f
$$;
COMMENT ON FUNCTION @extschema@.pt_known_mart(text) IS
'The schema that the name of a mart means: that of the name as SQL reads it (see pt_fold_name), or, if that is no mart, of the name as it stands, for programs that have it from the catalog. Where both may be, only quote_ident(name) means the second.';

CREATE FUNCTION @extschema@.pt_check_mart(mart text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	mart_schema oid;
	defect text;
BEGIN
	IF mart IS NULL THEN
		RAISE EXCEPTION 'the name of the mart must not be NULL'
			USING ERRCODE = 'null_value_not_allowed';
	END IF;
	SELECT n.oid, @extschema@.pt_mart_defect(n.oid) INTO mart_schema, defect
	FROM pg_namespace n
	WHERE n.nspname = mart AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'mart');
	IF mart_schema IS NULL OR defect IS NOT NULL THEN
		RAISE EXCEPTION 'there is no mart "%"', left(mart, 100)
			USING ERRCODE = 'invalid_schema_name',
				DETAIL = coalesce('There is a schema of that name, but create_mart() cannot have left it so. ' || defect,
					'The marts here are: '
					|| (SELECT string_agg(quote_ident(m.mart), ', ') FROM @extschema@.marts() m) || '.',
					'There is no mart in this database.'),
				HINT = 'create_mart() makes one.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_check_mart(text) IS
'Errors unless there is a mart of this name (3F000; 22004 for NULL).';

CREATE FUNCTION @extschema@.pt_mart_search_path(mart text) RETURNS text
	LANGUAGE plpgsql STABLE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	IF EXISTS (
			SELECT FROM pg_namespace n
			WHERE n.nspname = mart
				AND (EXISTS (SELECT FROM pg_proc f WHERE f.pronamespace = n.oid AND f.proowner <> n.nspowner)
					OR EXISTS (SELECT FROM pg_operator o WHERE o.oprnamespace = n.oid AND o.oprowner <> n.nspowner)
					OR EXISTS (SELECT FROM pg_type y WHERE y.typnamespace = n.oid AND y.typowner <> n.nspowner AND y.typrelid = 0 AND y.typcategory <> 'A'))) THEN
		RAISE EXCEPTION 'mart "%" has functions, operators or types of other roles', mart
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Have them moved to another schema: its views could take them for PostgreSQL''s own.';
	END IF;
	RETURN format('pg_catalog, %I, pg_temp', mart);
END
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_search_path(text) IS
'The search_path in which SQL reads that names the relations of a mart. Error 55000 if somebody else than its owner has functions, operators or types there, which could be taken for those that are meant.';

CREATE FUNCTION @extschema@.pt_mart_relations(mart text) RETURNS TABLE (relation name, kind "char")
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT c.relname, c.relkind
	FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = mart
		AND (c.relname IN ('mart', 'dimension_value', 'fitted_model', 'kept_customer', 'kept_cube', 'kept_total', 'kept_quality', 'kept_odd', 'kept_order', 'customer_change') AND c.relkind = 'r'
			OR (c.relname IN (SELECT v.view_name FROM @extschema@.mart_view v) OR c.relname IN ('kept_pending', 'kept_stale', 'kept_known')) AND c.relkind = 'v')
	ORDER BY c.relname
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_relations(text) IS
'The tables and views that create_mart has made in the schema of a mart, with their kinds as in pg_class: not what others have put there.';

CREATE FUNCTION @extschema@.pt_mart_relation_list(mart_schema regnamespace, kind "char", made_after oid) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	AS $$
	SELECT string_agg(format('%I.%I', n.nspname, r.relation), ', ' ORDER BY c.oid DESC)
	FROM pg_namespace n
	CROSS JOIN LATERAL @extschema@.pt_mart_relations(n.nspname::text) r
	JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r.relation
	WHERE n.oid = mart_schema AND r.kind = pt_mart_relation_list.kind AND c.oid > made_after
$$;
COMMENT ON FUNCTION @extschema@.pt_mart_relation_list(regnamespace, "char", oid) IS
'The tables (r) or views (v) of pt_mart_relations that were made after another relation as a list for DROP; NULL if there is none. A view stands before those that it reads, as a reader locks them.';

CREATE FUNCTION @extschema@.pt_read_mart_settings(mart text) RETURNS SETOF @extschema@.mart_settings
	LANGUAGE plpgsql STABLE STRICT ROWS 1
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	-- no name is so long: SQL would read all of it, and cut it to what may be another's
	IF octet_length(mart) > 63 THEN
		PERFORM @extschema@.pt_check_mart(mart);
	END IF;
	RETURN QUERY EXECUTE format('SELECT %s FROM %I.mart m',
		(SELECT string_agg(format('m.%I', a.attname), ', ' ORDER BY a.attnum)
		FROM pg_attribute a
		JOIN pg_class c ON c.oid = a.attrelid AND c.relname = 'mart_settings'
		JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = @extschema@.pt_extension_schema()
		WHERE a.attnum > 0 AND NOT a.attisdropped), mart);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'mart "%" has no settings that can be seen', mart
			USING ERRCODE = 'serialization_failure',
				DETAIL = 'It was replaced in the meantime, or somebody has emptied its table mart.',
				HINT = 'Try again.';
	END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.pt_read_mart_settings(text) IS
'The settings of a mart. Error 40001 if there are none: the mart was replaced since the snapshot was taken.';
