// What is in the two projects and where it stands; the views, columns, texts and
// measures come from ../contract.json. generate.mjs writes the files.

// Colours that people with any kind of colour blindness can tell apart (Okabe
// and Ito 2008), the two most used ones first; text and grid in greys.
export const colours = {
	data: ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#999999', '#F0E442'],
	yes: '#0072B2',
	no: '#B8C4CC',
	low: '#F2F7FB',
	high: '#6BAED6',
	text: '#252423',
	quiet: '#605E5C',
	page: '#F5F5F5',
};

// Tables of a model are views of the mart, and fields are written as view[column]: generate.mjs
// puts the names of the model there. keyed: rows without the key are left out, since Power BI
// takes no blank on the one side of a relationship. made: tables that M makes of columns of a view.
const everyKind = ['fact_purchase', 'dim_customer', 'kpi_total', 'discount_effect', 'group_comparison', 'shipping_comparison', 'top_product', 'data_quality'];

const toCustomer = { name: 'purchase_of_customer', from: 'fact_purchase[customer_key]', to: 'dim_customer[customer_key]' };
const toProduct = { name: 'purchase_of_product', from: 'fact_purchase[product_key]', to: 'product[product_key]' };
const toDay = { name: 'purchase_on_day', from: 'fact_purchase[purchase_day]', to: 'dim_date[day]' };
const contactOf = { name: 'contact_with_customer', from: 'contact_list[customer_key]', to: 'dim_customer[customer_key]' };

const product = {
	product: {
		of: 'fact_purchase', columns: ['product_key', 'product', 'category'],
		description: 'One row per product and category, as purchases have them.',
	},
};

// What the models do not take of a view. Of fact_purchase: what its dimensions have, the time of
// day and the ids of orders, which would be as many values as rows; of dim_customer: what a measure says.
const customerFigures = ['purchases', 'returns', 'revenue', 'average_amount', 'average_rating', 'rated_purchases', 'discounted_purchases', 'discount_share'];
export const leftOut = {
	fact_purchase: ['customer_id', 'order_id', 'purchased_at', 'product', 'category', 'gender', 'age', 'age_group', 'age_group_sort', 'location',
		'previous_purchases', 'purchase_frequency', 'purchase_frequency_days', 'purchase_frequency_sort', 'loyalty_tier', 'loyalty_tier_sort'],
	dim_customer: [...customerFigures, 'gap_count', 'gap_mean', 'orders_30_days', 'orders_90_days', 'orders_365_days',
		'expected_purchases_90_days', 'expected_purchases_365_days', 'expected_spend', 'purchase_frequency_days'],
	dim_date: ['quarter', 'month', 'month_label', 'week', 'quarter_start', 'period_number'],
	contact_list: ['customer_id', 'rfm_segment', 'rfm_segment_sort', 'purchases', 'revenue', 'last_purchase', 'recency_days', 'gap_median', 'next_expected_purchase', 'days_late',
		'late_label', 'probability_alive', 'expected_purchases_90_days', 'lifetime_value_365_days'],
};
// Shown, though an id, or the argument of a measure.
export const shownToo = ['dim_customer[customer_id]', 'dim_customer[age]', 'dim_date[past_label]', 'revenue_change_month[month_start]',
	...['customers', 'purchases', 'revenue', 'average_amount', 'average_rating', 'subscriber_share', 'discount_share', 'revenue_per_customer'].map((c) => `kpi_total[${c}]`)];

const hierarchies = {
	product: { product: [{ name: 'Products', description: 'Category and product.', levels: ['category', 'product'] }] },
	date: { dim_date: [
		{ name: 'Calendar', description: 'Year, quarter, month and day.', levels: ['year', 'quarter_label', 'month_start', 'day'] },
		{ name: 'Weeks', description: 'Year, week and day, ISO 8601.', levels: ['iso_year', 'week_label', 'day'] },
		{ name: 'Periods', description: "Year and period of the mart's own calendar, and day.", levels: ['period_year', 'period_label', 'day'] }] },
};

// display folders: [folder, columns]
const customerFolders = [
	['Who', ['customer_id', 'gender', 'age', 'age_group', 'location', 'subscribed_label', 'previous_purchases', 'purchase_frequency']],
	['Segments', ['rfm_segment', 'loyalty_tier', 'spend_tier', 'high_value_label', 'recency_score', 'order_count_score', 'revenue_score']],
	['Rhythm', ['first_purchase', 'last_purchase', 'next_expected_purchase', 'gap_median', 'late_label', 'days_late']]];
const folders = {
	dim_customer: customerFolders,
	dim_date: [['Weeks', ['iso_year', 'week_label', 'week_start', 'weekday', 'weekend_label']], ['Periods', ['period_start', 'period_year', 'period_label']]],
};

const dashboardSlicers = [
	['dim_customer[gender]', 'Gender'],
	['dim_customer[age_group]', 'Age group'],
	['product[category]', 'Category'],
	['dim_customer[subscribed_label]', 'Subscribed'],
	['fact_purchase[shipping_type]', 'Shipping type'],
	['fact_purchase[season]', 'Season'],
];
const fieldColumn = (field) => field.match(/\[(\w+)\]/)[1];

const blankNote = '(Blank) are rows without a value.';

// What is chosen on one page is chosen on all that have the slicer.
function slicers(fields, x, y, width) {
	return fields.map(([field, label], i) => ({
		name: `slicer_${fieldColumn(field)}`, type: 'slicer', at: [x, y + i * 80, width, 76],
		roles: { Values: [`${field} as ${label}`] }, header: label, mode: 'Dropdown', sync: fieldColumn(field),
		alt: `Choose by ${label.toLowerCase()}: all figures and charts of this page that come from purchases follow, and those of other pages.`,
	}));
}

const daySlicer = (x, y, width) => ({
	name: 'slicer_day', type: 'slicer', at: [x, y, width, 88],
	roles: { Values: ['dim_date[day] as Day'] }, header: 'Day', mode: 'Between', sync: 'day',
	alt: 'Choose the first and the last day: all figures and charts of this page that come from purchases follow, and those of other pages.',
});

// The bookmark that the buttons lead to: no slicer has a choice any more.
export const resetBookmark = { name: 'reset_slicers', title: 'Reset slicers' };
const resetButton = {
	name: 'reset', type: 'actionButton', at: [1112, 12, 152, 40], text: 'Reset slicers', bookmark: resetBookmark.name,
	alt: 'Button: takes back what is chosen in the slicers of all pages.',
};

function overview(kind) {
	const dated = kind === 'dated';
	return {
		name: 'overview', title: 'Overview',
		note: 'Click a bar or choose on the left to filter; the strip below the cards is always the whole mart.',
		visuals: [
			...slicers(dashboardSlicers, 16, 64, 200),
			...dated ? [daySlicer(16, 544, 200)] : [],
			resetButton,
			{
				name: 'cards', type: 'cardVisual', at: [232, 64, 1032, 96],
				roles: { Data: ['[Customers]', '[Purchases]', '[Revenue]', '[Average Amount]', '[Average Rating]', '[Subscriber Share]'] },
				alt: 'Key figures of what is selected: customers, purchases, revenue, average amount, average rating, share of subscribers.',
			},
			{
				name: 'cards_all', type: 'cardVisual', at: [232, 164, 1032, 68], small: true,
				roles: { Data: ['[Customers of All] as Customers, whole mart', '[Purchases of All] as Purchases, whole mart', '[Revenue of All] as Revenue, whole mart',
					'[Average Amount of All] as Average, whole mart', '[Average Rating of All] as Rating, whole mart', '[Subscriber Share of All] as Subscribers, whole mart'] },
				alt: 'The same key figures of the whole mart, to compare with.',
			},
			{
				name: 'revenue_by_category', type: 'clusteredBarChart', at: [232, 240, 336, 228], title: 'Revenue by category',
				roles: { Category: ['product[category] as Category'], Y: ['[Revenue]'], Tooltips: ['[Purchases]', '[Customers]', '[Average Amount]', '[Revenue Share]'] },
				sort: ['[Revenue]', 'Descending'],
				alt: `Bars: revenue of each product category, the largest first. ${blankNote}`,
			},
			{
				name: 'customers_by_subscription', type: 'donutChart', at: [576, 240, 336, 228], title: 'Customers by subscription',
				roles: { Category: ['dim_customer[subscribed_label] as Subscribed'], Y: ['[Customers]'] },
				fill: { field: 'dim_customer[subscribed_label]', values: { Yes: colours.yes, No: colours.no } },
				alt: `Donut: different customers with and without a subscription, as a share of the customers. ${blankNote}`,
			},
			{
				name: 'age_groups', type: 'lineClusteredColumnComboChart', at: [920, 240, 344, 228], title: 'Revenue and purchases by age group',
				roles: { Category: ['dim_customer[age_group] as Age group'], Y: ['[Revenue]'], Y2: ['[Purchases]'] },
				sort: ['dim_customer[age_group]', 'Ascending'],
				alt: `Columns: revenue of each age group, young to old; line: its purchases. ${blankNote}`,
			},
			dated ? {
				name: 'trend', type: 'lineChart', at: [232, 476, 512, 232], title: 'Revenue by month', subtitle: 'the last month may not be over yet',
				roles: { Category: ['dim_date[month_start] as Month'], Y: ['[Revenue]', '[Revenue Year Before] as A year before'],
					Tooltips: ['[Purchases]', '[Customers]', '[Revenue Previous Period Change] as Against the month before', '[Revenue Year Change] as Against the year before',
						'[Revenue Year to Date] as Year to date', '[Revenue Rolling 12 Months] as Twelve months'] },
				sort: ['dim_date[month_start]', 'Ascending'], legend: true,
				alt: 'Lines: revenue of each month, and of the same month a year before. The tooltip has the changes, the year to date and twelve months.',
			} : {
				name: 'season', type: 'clusteredColumnChart', at: [232, 476, 512, 232], title: 'Revenue by season',
				roles: { Category: ['fact_purchase[season] as Season'], Y: ['[Revenue]'], Tooltips: ['[Purchases]', '[Customers]', '[Average Amount]'] },
				sort: ['fact_purchase[season]', 'Ascending'],
				alt: `Columns: revenue of each season, spring to winter. ${blankNote}`,
			},
			{
				name: 'heat_map', type: 'pivotTable', at: [752, 476, 512, 232], title: 'Revenue by age group and category',
				roles: { Rows: ['dim_customer[age_group] as Age group'], Columns: ['product[category] as Category'], Values: ['[Revenue]'] },
				heat: '[Revenue]',
				alt: 'Matrix: revenue of each age group in each category; the darker, the more.',
			},
		],
	};
}

// A table of customers by a column of dim_customer: its measures follow the slicers.
const segmentTable = (name, column, title, at, measures, alt, subtitle) => ({
	name, type: 'tableEx', at, title, ...subtitle ? { subtitle } : {},
	roles: { Values: [`dim_customer[${column}] as ${title.replace(/s$/, '')}`, ...measures] }, sort: [`dim_customer[${column}]`, 'Ascending'], alt,
});
const segmentMeasures = ['[Customers]', '[Customer Share] as Share of customers', '[Revenue]', '[Revenue Share] as Share of revenue', '[Average Amount] as Average amount', '[Revenue per Customer] as Revenue per customer'];
const of = (table, columns) => ({ Values: columns.map((c) => c.replace(/^(\w+)/, `${table}[$1]`)) });

function customersUndated() {
	return {
		name: 'customers', title: 'Customers',
		note: 'All of it follows the slicers and clicks; a right click on a customer leads to a page of his own.',
		visuals: [
			...slicers([['dim_customer[gender]', 'Gender'], ['dim_customer[age_group]', 'Age group'], ['dim_customer[subscribed_label]', 'Subscribed'],
				['dim_customer[loyalty_tier]', 'Loyalty tier'], ['dim_customer[spend_tier]', 'Spend tier']], 16, 64, 200),
			resetButton,
			{
				name: 'loyalty', type: 'clusteredColumnChart', at: [232, 64, 336, 280], title: 'Customers by loyalty tier',
				roles: { Category: ['dim_customer[loyalty_tier] as Loyalty tier'], Y: ['[Customers]'], Tooltips: ['[Revenue]', '[Customer Share]', '[Revenue Share]'] },
				sort: ['dim_customer[loyalty_tier]', 'Ascending'],
				alt: `Columns: customers of each loyalty tier, by previous purchases: New, Returning, Loyal. ${blankNote}`,
			},
			{
				name: 'loyalty_subscription', type: 'clusteredColumnChart', at: [576, 64, 336, 280], title: 'Subscriber share by loyalty tier',
				roles: { Category: ['dim_customer[loyalty_tier] as Loyalty tier'], Y: ['[Subscriber Share]'], Tooltips: ['[Customers]', '[Subscribers]'] },
				sort: ['dim_customer[loyalty_tier]', 'Ascending'],
				alt: `Columns: share of the customers of each loyalty tier who subscribe. ${blankNote}`,
			},
			{
				name: 'spend', type: 'clusteredColumnChart', at: [920, 64, 344, 280], title: 'Share of customers and of revenue by spend tier',
				roles: { Category: ['dim_customer[spend_tier] as Spend tier'], Y: ['[Customer Share]', '[Revenue Share]'], Tooltips: ['[Customers]', '[Revenue]'] },
				sort: ['dim_customer[spend_tier]', 'Ascending'],
				alt: 'Columns: what share of the customers, and of the revenue of the whole mart, each spend tier is: Light, Medium, Heavy.',
			},
			segmentTable('table_loyalty', 'loyalty_tier', 'Loyalty tiers', [232, 352, 512, 172], segmentMeasures.slice(0, 5), 'Table: customers and revenue of each loyalty tier.'),
			segmentTable('table_spend', 'spend_tier', 'Spend tiers', [752, 352, 512, 172], segmentMeasures.slice(0, 5), 'Table: customers and revenue of each spend tier.'),
			segmentTable('table_age', 'age_group', 'Age groups', [232, 532, 340, 176], segmentMeasures.slice(0, 4), 'Table: customers and revenue of each age group.'),
			segmentTable('table_frequency', 'purchase_frequency', 'Purchase frequencies', [580, 532, 340, 176], segmentMeasures.slice(0, 4),
				'Table: customers and revenue of each purchase frequency, often first.', 'as the source reports it'),
			{
				name: 'table_customers', type: 'tableEx', at: [928, 532, 336, 176], title: 'Customers by revenue',
				roles: { Values: ['dim_customer[customer_id] as Customer', '[Revenue]', '[Purchases]'] }, sort: ['[Revenue]', 'Descending'],
				alt: 'Table: revenue and purchases of each customer, the most revenue first.',
			},
		],
	};
}

function customersDated() {
	return {
		name: 'customers', title: 'Customers',
		note: 'Follows the slicers and clicks, except what says "whole mart", which the database has computed.',
		visuals: [
			...slicers([['dim_customer[gender]', 'Gender'], ['dim_customer[age_group]', 'Age group'], ['dim_customer[rfm_segment]', 'RFM segment'],
				['dim_customer[spend_tier]', 'Spend tier'], ['dim_customer[loyalty_tier]', 'Loyalty tier'], ['dim_customer[subscribed_label]', 'Subscribed']], 16, 64, 200),
			daySlicer(16, 544, 200),
			resetButton,
			{
				name: 'rfm', type: 'clusteredBarChart', at: [232, 64, 336, 208], title: 'Customers by RFM segment',
				roles: { Category: ['dim_customer[rfm_segment] as RFM segment'], Y: ['[Customers]'], Tooltips: ['[Revenue]', '[Customer Share]', '[Revenue Share]'] },
				sort: ['[Customers]', 'Descending'],
				alt: 'Bars: customers of each RFM segment, the largest first. (Blank) are customers whom no rule of the scheme matches.',
			},
			segmentTable('table_rfm', 'rfm_segment', 'RFM segments', [576, 64, 688, 208],
				[...segmentMeasures, '[Average Days since Last Order] as Days since last order', '[Late Customers] as Late customers'],
				'Table: customers, revenue, days since the last order and late customers of each RFM segment.'),
			{
				name: 'retention', type: 'pivotTable', at: [232, 280, 616, 212], title: 'Customers who order again, by months since the first order', subtitle: 'whole mart, finished months, up to a year',
				roles: { Rows: ['cohort_retention[cohort_month] as First order'], Columns: ['cohort_retention[month_offset] as Months since'], Values: ['[Retention of Cohorts]'] },
				where: [['cohort_retention[complete_label]', 'in', ['Yes']], ['cohort_retention[month_offset]', '<=', 12]],
				heat: '[Retention of Cohorts]', totals: false,
				alt: 'Matrix: for customers of each month of first order, the share who order again so many months later; the darker, the more.',
			},
			{
				name: 'pareto', type: 'lineChart', at: [856, 280, 408, 212], title: 'Revenue of the best customers (Pareto)', subtitle: 'whole mart',
				roles: { Category: ['revenue_concentration[customer_percentile] as Percent of customers'], Y: ['[Cumulative Revenue Share]'] },
				sort: ['revenue_concentration[customer_percentile]', 'Ascending'],
				alt: 'Line: share of the revenue that comes from the best percent, two percent and so on of the customers.',
			},
			{
				name: 'lifecycle', type: 'columnChart', at: [232, 500, 412, 208], title: 'New, returning, resurrecting and dormant customers', subtitle: 'whole mart, finished months; dormant below the line',
				roles: { Category: ['lifecycle[month_start] as Month'], Series: ['lifecycle[state] as State'], Y: ['[Customers in State]'] },
				where: [['lifecycle[complete_label]', 'in', ['Yes']]],
				sort: ['lifecycle[month_start]', 'Ascending'],
				alt: 'Stacked columns: customers of each month who were new, returning or resurrecting, and below the line those who did not come back.',
			},
			segmentTable('table_loyalty', 'loyalty_tier', 'Loyalty tiers', [652, 500, 302, 208], segmentMeasures.slice(0, 4), 'Table: customers and revenue of each loyalty tier, by the number of orders.'),
			segmentTable('table_spend', 'spend_tier', 'Spend tiers', [962, 500, 302, 208], segmentMeasures.slice(0, 4), 'Table: customers and revenue of each spend tier.'),
		],
	};
}

// Reached by a right click on a customer.
function customer(kind) {
	const dated = kind === 'dated';
	return {
		name: 'customer', title: 'One customer', drillthrough: 'dim_customer[customer_id]',
		note: 'The customer that was clicked with the right button; the arrow leads back.',
		visuals: [
			{ name: 'back', type: 'actionButton', at: [16, 64, 120, 40], text: 'Back', back: true, alt: 'Button: back to the page before.' },
			{
				name: 'cards', type: 'cardVisual', at: [144, 64, 1120, 96],
				roles: { Data: ['[Revenue]', '[Purchases]', '[Average Amount]', ...dated
					? ['[Average Days since Last Order] as Days since last order', '[Average Chance] as Still a customer', '[Expected Value of a Year] as Expected of a year'] : ['[Average Rating]', '[Discount Share]']] },
				alt: 'Key figures of the customer.',
			},
			{
				name: 'who', type: 'tableEx', at: [16, 168, 1248, 96], title: 'Who it is',
				roles: of('dim_customer', ['customer_id as Customer', 'gender as Gender', 'age_group as Age group', 'location as Location', 'loyalty_tier as Loyalty tier', 'spend_tier as Spend tier', ...dated
					? ['rfm_segment as RFM segment', 'first_purchase as First purchase', 'last_purchase as Last purchase', 'gap_median as Median gap in days', 'next_expected_purchase as Next expected', 'late_label as Late']
					: ['subscribed_label as Subscribed', 'purchase_frequency as Frequency']]),
				alt: 'Table: what is known of the customer.',
			},
			...dated ? [{
				name: 'months', type: 'clusteredColumnChart', at: [16, 272, 616, 436], title: 'Revenue by month',
				roles: { Category: ['dim_date[month_start] as Month'], Y: ['[Revenue]'], Tooltips: ['[Purchases]'] }, sort: ['dim_date[month_start]', 'Ascending'],
				alt: 'Columns: revenue of the customer in each month.',
			}] : [{
				name: 'products', type: 'clusteredBarChart', at: [16, 272, 616, 436], title: 'Revenue by product',
				roles: { Category: ['product[product] as Product'], Y: ['[Revenue]'] }, sort: ['[Revenue]', 'Descending'],
				alt: 'Bars: revenue of the customer with each product, the most first.',
			}],
			{
				name: 'table_purchases', type: 'tableEx', at: [640, 272, 624, 436], title: 'Purchases',
				roles: { Values: [...dated ? ['dim_date[day] as Day'] : [], 'product[product] as Product', 'product[category] as Category', '[Purchases]', '[Revenue]', '[Average Rating] as Rating'] },
				sort: dated ? ['dim_date[day]', 'Descending'] : ['[Revenue]', 'Descending'],
				alt: 'Table: what the customer bought.',
			},
		],
	};
}

function margin() {
	return {
		name: 'margin', title: 'Margin and payback',
		note: 'Of the lines whose amount and cost are known; empty if the mart has no costs.',
		visuals: [
			...slicers([['product[category]', 'Category'], ['dim_customer[gender]', 'Gender'], ['dim_customer[rfm_segment]', 'RFM segment']], 16, 64, 200),
			daySlicer(16, 304, 200),
			resetButton,
			{
				name: 'cards', type: 'cardVisual', at: [232, 64, 1032, 96],
				roles: { Data: ['[Revenue with Cost]', '[Cost of Sales]', '[Margin]', '[Margin Rate]'] },
				alt: 'Key figures of what is selected: revenue and cost of the lines with a known cost, margin and margin rate.',
			},
			{
				name: 'margin_by_month', type: 'lineClusteredColumnComboChart', at: [232, 168, 616, 264], title: 'Margin by month', subtitle: 'the last month may not be over yet',
				roles: { Category: ['dim_date[month_start] as Month'], Y: ['[Margin]'], Y2: ['[Margin Rate] as Margin rate'] }, sort: ['dim_date[month_start]', 'Ascending'],
				alt: 'Columns: margin of each month; line: as a share of revenue.',
			},
			{
				name: 'margin_by_category', type: 'clusteredBarChart', at: [856, 168, 408, 264], title: 'Margin by category',
				roles: { Category: ['product[category] as Category'], Y: ['[Margin]'], Tooltips: ['[Margin Rate]', '[Revenue with Cost]'] }, sort: ['[Margin]', 'Descending'],
				alt: `Bars: margin of each category, the largest first. ${blankNote}`,
			},
			{
				name: 'table_margin', type: 'tableEx', at: [232, 440, 512, 268], title: 'Margin of products',
				roles: { Values: ['product[product] as Product', '[Revenue with Cost] as Revenue', '[Cost of Sales] as Cost', '[Margin]', '[Margin Rate] as Rate'] }, sort: ['[Margin]', 'Descending'],
				alt: 'Table: revenue, cost, margin and margin rate of each product.',
			},
			{
				name: 'table_payback', type: 'tableEx', at: [752, 440, 512, 268], title: 'What new customers cost and bring back', subtitle: 'whole mart; empty without a table of spend',
				roles: of('acquisition_payback', ['dimension as By', 'value as Value', 'spend as Spend', 'acquired_customers as New customers', 'customer_acquisition_cost as Cost of one',
					'earned_per_customer as Earned of one', 'payback_months as Payback in months']),
				alt: 'Table: spend, new customers, what one costs and has earned, and after how many months that pays, by month and channel of the first order.',
			},
		],
	};
}

function products(kind) {
	const undated = kind === 'undated';
	const comparison = ['verdict as In words', 'p_adjusted as p (adjusted)'];
	return {
		name: 'products', title: 'Products and offers',
		note: 'The charts follow the slicers and clicks; the tables are computed by the database over the whole mart.',
		visuals: [
			...slicers([['product[category]', 'Category'], ['dim_customer[gender]', 'Gender'], ['fact_purchase[discounted_label]', 'With discount']], 16, 64, 200),
			...undated ? [] : [daySlicer(16, 304, 200)],
			resetButton,
			{
				name: 'ranking', type: 'clusteredBarChart', at: [232, 64, 336, 336], title: 'Products by purchases',
				roles: { Category: ['product[product] as Product'], Y: ['[Purchases]'], Tooltips: ['[Revenue]', '[Average Rating]', '[Discount Share]'] },
				sort: ['[Purchases]', 'Descending'],
				alt: `Bars: purchases of each product, the most first. ${blankNote}`,
			},
			{
				name: 'rating_revenue', type: 'scatterChart', at: [576, 64, 336, 336], title: 'Rating and revenue of products',
				roles: { Category: ['product[product] as Product'], Series: ['product[category] as Category'], X: ['[Average Rating]'], Y: ['[Revenue]'], Size: ['[Purchases]'] },
				alt: 'Points: average rating and revenue of each product; the larger, the more purchases.',
			},
			undated ? {
				name: 'season_category', type: 'pivotTable', at: [920, 64, 344, 336], title: 'Purchases by season and category',
				roles: { Rows: ['fact_purchase[season] as Season'], Columns: ['product[category] as Category'], Values: ['[Purchases]'] },
				heat: '[Purchases]',
				alt: 'Matrix: purchases of each season in each category; the darker, the more.',
			} : {
				name: 'discount_by_category', type: 'clusteredColumnChart', at: [920, 64, 344, 336], title: 'Discount share by category',
				roles: { Category: ['product[category] as Category'], Y: ['[Discount Share]'], Tooltips: ['[Discounted Purchases]', '[Purchases]'] },
				sort: ['[Discount Share]', 'Descending'],
				alt: `Columns: share of the purchases of each category that had a discount. ${blankNote}`,
			},
			{
				name: 'table_discount', type: 'tableEx', at: [16, 408, 768, 148], title: 'What a discount does to the amount', subtitle: 'whole mart; 95 % intervals; same product, gender and period compared',
				roles: of('discount_effect', ['scope as Scope', 'scope_value as Category', 'n_discounted as With', 'n_full as Without', 'stratified_difference as Difference',
					'stratified_ci_low as From', 'stratified_ci_high as To', 'verdict as In words']),
				where: [['discount_effect[scope]', 'in', ['overall', 'category']]],
				alt: 'Table: for all and for each category, the difference that a discount makes to the amount of a row, with its interval and in words.',
			},
			{
				name: 'table_top', type: 'tableEx', at: [792, 408, 472, 148], title: 'Best three products of each category', subtitle: 'whole mart, by purchases',
				roles: of('top_product', ['category as Category', 'product_rank as Place', 'product as Product', 'purchases as Purchases', 'revenue as Revenue', 'average_rating as Rating']),
				where: [['top_product[product_rank]', '<=', 3]],
				alt: 'Table: the three products of each category with the most purchases.',
			},
			{
				name: 'table_groups', type: 'tableEx', at: [16, 564, undated ? 408 : 616, 144], title: 'Do amounts differ by ...', subtitle: 'whole mart',
				roles: of('group_comparison', ['dimension as Dimension', ...comparison]),
				alt: 'Table: for each dimension, whether its values differ in the amount, in words.',
			},
			{
				name: 'table_shipping', type: 'tableEx', at: undated ? [432, 564, 408, 144] : [640, 564, 624, 144], title: 'Shipping types compared', subtitle: 'whole mart; empty if the mart has none',
				roles: of('shipping_comparison', ['shipping_type as Shipping type', 'other_shipping_type as Other', 'difference as Difference', ...comparison]),
				alt: 'Table: for each pair of shipping types, whether the amounts differ, in words.',
			},
			...undated ? [{
				name: 'table_subscription', type: 'tableEx', at: [848, 564, 416, 144], title: 'Subscribers and others compared', subtitle: 'whole mart; empty if the mart does not know subscribers',
				roles: of('subscription_comparison', ['question as Question', 'subscribers_value as Subscribers', 'others_value as Others', ...comparison]),
				alt: 'Table: whether subscribers spend more, rate better and are more often repeat buyers, in words.',
			}] : [],
		],
	};
}

function contacts() {
	return {
		name: 'contacts', title: 'Who will come back',
		note: 'By the lifetime model that fit_mart() of the database has fitted; without one only those who are late are listed.',
		visuals: [
			{
				name: 'table_contacts', type: 'tableEx', at: [16, 64, 832, 220], title: 'Customers to contact', subtitle: 'whole mart; sort by what is at stake',
				roles: { Values: ['dim_customer[customer_id] as Customer', 'dim_customer[rfm_segment] as Segment', 'dim_customer[last_purchase] as Last purchase', 'dim_customer[days_late] as Days late',
					'[Purchases]', '[Revenue]', '[Average Chance] as Still a customer', 'contact_list[value_at_stake] as At stake', 'contact_list[reason] as Why'] },
				sort: ['contact_list[value_at_stake]', 'Descending'],
				alt: 'Table: customers who are late for their own rhythm or likely gone, with what is at stake and why they are on the list.',
			},
			{
				name: 'chance', type: 'clusteredBarChart', at: [856, 64, 408, 184], title: 'Chance to be a customer still, by RFM segment',
				roles: { Category: ['dim_customer[rfm_segment] as RFM segment'], Y: ['[Average Chance] as Chance'], Tooltips: ['[Customers]'] },
				sort: ['[Average Chance]', 'Descending'],
				alt: 'Bars: mean probability of the customers of each RFM segment to buy again ever.',
			},
			{
				name: 'value', type: 'clusteredBarChart', at: [856, 256, 408, 188], title: 'Revenue expected of a year, by RFM segment',
				roles: { Category: ['dim_customer[rfm_segment] as RFM segment'], Y: ['[Expected Value of a Year] as Expected'], Tooltips: ['[Customers]'] },
				sort: ['[Expected Value of a Year]', 'Descending'],
				alt: 'Bars: what the customers of each RFM segment are expected to spend in a year.',
			},
			{
				name: 'chances', type: 'pivotTable', at: [16, 292, 832, 152], title: 'Still a customer, by repeat purchases and days since the last', subtitle: 'whole mart; mean chance',
				roles: { Rows: ['model_grid[repeat_group] as Repeat purchases'], Columns: ['model_grid[recency_group] as Days since the last'], Values: ['[Chance by Recency]'] },
				sort: ['model_grid[repeat_group]', 'Ascending'], totals: false, heat: '[Chance by Recency]',
				alt: 'Heat map: mean chance of customers to be ones still, by the number of their repeat purchases and the days since the last one.',
			},
			{
				name: 'model', type: 'clusteredColumnChart', at: [16, 452, 408, 256], title: 'Does the model hold?', subtitle: 'whole mart; purchases predicted for the last third of the time, and those that there were',
				roles: { Category: ['model_quality[repeat_group] as Repeat purchases before'], Y: ['[Predicted Purchases] as Predicted', '[Actual Purchases] as Actual'] },
				where: [['model_quality[repeat_group]', 'in', ['0', '1', '2', '3', '4', '5', '6', '7 or more']]], sort: ['model_quality[repeat_group]', 'Ascending'],
				alt: 'Columns: predicted and actual purchases of customers by their repeat purchases before.',
			},
			{
				name: 'tracking', type: 'lineChart', at: [432, 452, 408, 256], title: 'Repeat purchases by week, expected and actual', subtitle: 'whole mart; fitted to the first two thirds',
				roles: { Category: ['model_tracking[week_start] as Week'], Y: ['[Expected Repeat Purchases] as Expected', '[Actual Repeat Purchases] as Actual'] },
				sort: ['model_tracking[week_start]', 'Ascending'], legend: true,
				alt: 'Lines: repeat purchases of each week that the model expects, and those that there were.',
			},
			{
				name: 'table_second', type: 'tableEx', at: [848, 452, 416, 256], title: 'How long until the second order?', subtitle: 'whole mart',
				roles: of('time_to_second_order', ['group_name as By', 'group_value as Group', 'customers as Customers', 'share_30_days as 30 days', 'share_90_days as 90 days', 'share_365_days as 365 days', 'median_days as Median days']),
				alt: 'Table: share of the customers who order again within 30, 90 and 365 days, by month, category and channel of the first order.',
			},
		],
	};
}

function trends() {
	const months = (table) => [[`${table}[unit]`, 'in', ['month']]];
	return {
		name: 'trends', title: 'Trends',
		note: 'Computed by the database over the whole mart, from months that are over.',
		visuals: [
			{
				name: 'forecast', type: 'lineChart', at: [16, 64, 616, 208], title: 'Revenue that is expected, by month', subtitle: 'whole mart; with a probability of 95 % between the outer lines',
				roles: { Category: ['revenue_forecast[period_start] as Month'], Y: ['[Expected Revenue] as Expected', '[Expected at Least] as At least', '[Expected at Most] as At most', '[Same Period Before] as Same month a year before'] },
				where: months('revenue_forecast'), sort: ['revenue_forecast[period_start]', 'Ascending'], legend: true,
				alt: 'Lines: revenue that is expected in each of the next twelve months, with a lower and an upper bound, beside that of the same month a year before.',
			},
			{
				name: 'anomalies', type: 'lineChart', at: [648, 64, 616, 208], title: 'Revenue by month, and what was usual', subtitle: 'whole mart; odd months have a line of their own',
				roles: { Category: ['revenue_anomaly[period_start] as Month'], Y: ['[Revenue of Period] as Revenue', '[Usual Revenue of Period] as Usual', '[Odd Revenue of Period] as Odd'] },
				where: months('revenue_anomaly'), sort: ['revenue_anomaly[period_start]', 'Ascending'], legend: true, markers: true,
				alt: 'Lines: revenue of each month, what trend and season make usual, and the months that are odd.',
			},
			{
				name: 'change', type: 'waterfallChart', at: [16, 280, 408, 208], title: 'Why revenue moved in the last month that is over', subtitle: 'whole mart; against the month before',
				roles: { Category: ['revenue_change_month[part] as Part'], Y: ['[Contribution to Last Change] as Contribution'] },
				where: [['revenue_change_month[split]', 'in', ['drivers']]], sort: ['revenue_change_month[part]', 'Ascending'],
				alt: 'Waterfall: what customers, orders per customer, items per order and amount per item add to the revenue of the month before, or take from it.',
			},
			{
				name: 'table_products', type: 'tableEx', at: [432, 280, 832, 208], title: 'Products that are new, rising, falling or discontinued', subtitle: 'whole mart',
				roles: of('product_trend', ['product as Product', 'trend as Trend', 'slope as Change per month', 'p_value as p', 'growth as Last 3 months against 3 before', 'revenue as Revenue', 'abc_class as ABC class']),
				where: [['product_trend[trend]', 'in', ['new', 'rising', 'falling', 'discontinued']]],
				alt: 'Table: products with a trend, their change of revenue from month to month, its p-value, growth, revenue and ABC class.',
			},
			{
				name: 'table_rules', type: 'tableEx', at: [16, 496, 832, 212], title: 'Bought together in one order', subtitle: 'whole mart; the hundred rules of the highest lift; empty if orders have one product each',
				roles: of('basket_rule', ['rule_number as Place', 'antecedent as Who buys', 'consequent as also buys', 'order_count as Orders', 'confidence as Confidence', 'lift as Lift', 'q_value as q']),
				where: [['basket_rule[rule_number]', '<=', 100]],
				alt: 'Table: products that are bought in one order, with the number of orders, confidence, lift and q-value.',
			},
			{
				name: 'season', type: 'clusteredColumnChart', at: [856, 496, 408, 212], title: 'Revenue of the weekdays', subtitle: 'whole mart; 1 is the average day',
				roles: { Category: ['season_index[season_label] as Weekday'], Y: ['[Season Index] as Against the average'] },
				where: [['season_index[season]', 'in', ['weekday']]], sort: ['season_index[season_label]', 'Ascending'],
				alt: 'Columns: revenue of each weekday against the average day, Monday to Sunday.',
			},
		],
	};
}

function about(kind) {
	const dated = kind === 'dated';
	return {
		name: 'about', title: 'About the numbers',
		note: 'What each figure means, where it comes from, and what to know about the data.',
		visuals: [
			{
				name: 'check', type: 'cardVisual', at: [16, 64, 616, 88], title: 'Key figures of this model against kpi_total of the database',
				roles: { Data: ['[Model against Database]'] }, bare: true,
				alt: 'Says whether the key figures that this report computes equal those that the database computes.',
			},
			{
				name: 'source', type: 'tableEx', at: [640, 64, 624, 88], title: 'Where the data come from',
				roles: of('report_source', ['server as Server', 'database as Database', 'mart as Mart', 'refreshed_at as Refreshed at']),
				alt: 'Table: server, database, mart and the time of the last refresh, on the clock of the computer that did it.',
			},
			{
				name: 'figures', type: 'tableEx', at: [16, 160, 616, 288], title: 'Definitions of the figures',
				roles: of('definition', ['figure as Figure', 'meaning as Meaning']),
				alt: 'Table: the definition of each figure.',
			},
			{
				name: 'quality', type: 'tableEx', at: [640, 160, 624, 548], title: 'What to know about the data', subtitle: 'the whole source',
				roles: of('data_quality', ['check_name as Check', 'subject as About', 'row_count as Rows', 'row_share as Share', 'example as Example', 'consequence as What follows']),
				alt: 'Table: what is missing or odd in the source, how often, and what follows for the analyses.',
			},
			{
				name: 'totals', type: 'tableEx', at: [16, 456, 616, 112], title: 'The whole mart, from kpi_total',
				roles: of('kpi_total', ['customers as Customers', 'purchases as Purchases', 'revenue as Revenue', 'average_amount as Average amount',
					'average_rating as Average rating', 'subscriber_share as Subscribers', 'discount_share as With discount']),
				alt: 'Table: the key figures of the whole mart as the database computes them.',
			},
			dated ? {
				name: 'as_of', type: 'tableEx', at: [16, 576, 616, 132], title: 'The moment that the mart looks from',
				roles: of('mart_as_of', ['as_of as As of', 'as_of_end as Covers up to']),
				alt: 'Table: the moment that the mart looks from.',
			} : {
				name: 'no_times', type: 'textbox', at: [16, 576, 616, 132],
				text: [['This mart has no times: trends, repeat purchases, RFM segments and retention cannot be computed from it. For a mart with times open PurchaseTrends.pbip.']],
				alt: 'This mart has no times, so there are no trends.',
			},
		],
	};
}

// A project of its own for each kind of mart: a page without its charts would be
// no help to the owner of a mart that has no times.
export const projects = [
	{
		name: 'PurchaseTrendsUndated', kind: 'undated', mart: 'shop',
		tables: [...everyKind, 'subscription_comparison'], made: product,
		keyed: { dim_customer: 'customer_id' }, hierarchies: hierarchies.product, folders,
		relationships: [toCustomer, toProduct],
		pages: [overview('undated'), customersUndated(), products('undated'), customer('undated'), about('undated')],
	},
	{
		name: 'PurchaseTrends', kind: 'dated', mart: 'store',
		tables: [...everyKind, 'dim_date', 'cohort_retention', 'lifecycle', 'revenue_concentration', 'mart_as_of',
			'revenue_forecast', 'revenue_anomaly', 'revenue_change_month', 'season_index', 'product_trend', 'basket_rule',
			'contact_list', 'model_grid', 'model_quality', 'model_tracking', 'time_to_second_order', 'acquisition_payback'],
		made: product,
		keyed: { dim_customer: 'customer_id' }, hierarchies: { ...hierarchies.product, ...hierarchies.date }, folders,
		// fact_purchase has a time; days are what a date table is related to
		days: { fact_purchase: { column: 'purchase_day', of: 'purchased_at', description: 'Day of the purchase, which leads to dim_date.' } },
		dateTable: { table: 'dim_date', column: 'day' },
		relationships: [toCustomer, toProduct, toDay, contactOf],
		pages: [overview('dated'), customersDated(), contacts(), products('dated'), trends(), margin(), customer('dated'), about('dated')],
	},
];
