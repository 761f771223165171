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

// Tables of a model are views of the mart. keyed: rows without the key are left
// out, since Power BI takes no blank on the one side of a relationship.
const everyKind = ['fact_purchase', 'dim_customer', 'kpi_total', 'segment_loyalty', 'segment_spend', 'segment_age',
	'segment_frequency', 'discount_effect', 'group_comparison', 'shipping_comparison', 'top_product', 'data_quality'];

const toCustomer = {
	name: 'purchase_of_customer', from: 'fact_purchase[customer_id]', to: 'dim_customer[customer_id]',
};
const toDay = {
	name: 'purchase_on_day', from: 'fact_purchase[purchase_day]', to: 'dim_date[day]',
};

const dashboardSlicers = [
	['gender', 'Gender'],
	['age_group', 'Age group'],
	['category', 'Category'],
	['subscribed_label', 'Subscribed'],
	['shipping_type', 'Shipping type'],
	['season', 'Season'],
];

const blankNote = '(Blank) are rows without a value.';

function slicers(fields, x, y, width) {
	return fields.map(([column, label], i) => ({
		name: `slicer_${column}`, type: 'slicer', at: [x, y + i * 80, width, 76],
		roles: { Values: [`fact_purchase[${column}] as ${label}`] }, header: label, mode: 'Dropdown',
		alt: `Choose by ${label.toLowerCase()}: all figures and charts of this page that come from purchases follow.`,
	}));
}

const daySlicer = (x, y, width) => ({
	name: 'slicer_day', type: 'slicer', at: [x, y, width, 88],
	roles: { Values: ['dim_date[day] as Day'] }, header: 'Day', mode: 'Between',
	alt: 'Choose the first and the last day: all figures and charts of this page that come from purchases follow.',
});

function overview(kind) {
	const dated = kind === 'dated';
	return {
		name: 'overview', title: 'Overview',
		note: 'Click a bar or choose on the left to filter; the strip below the cards is always the whole mart.',
		visuals: [
			...slicers(dashboardSlicers, 16, 64, 200),
			...dated ? [daySlicer(16, 544, 200)] : [],
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
				roles: { Category: ['fact_purchase[category] as Category'], Y: ['[Revenue]'], Tooltips: ['[Purchases]', '[Customers]', '[Average Amount]', '[Revenue Share]'] },
				sort: ['[Revenue]', 'Descending'],
				alt: `Bars: revenue of each product category, the largest first. ${blankNote}`,
			},
			{
				name: 'customers_by_subscription', type: 'donutChart', at: [576, 240, 336, 228], title: 'Customers by subscription',
				roles: { Category: ['fact_purchase[subscribed_label] as Subscribed'], Y: ['[Customers]'] },
				fill: { field: 'fact_purchase[subscribed_label]', values: { Yes: colours.yes, No: colours.no } },
				alt: `Donut: different customers with and without a subscription, as a share of the customers. ${blankNote}`,
			},
			{
				name: 'age_groups', type: 'lineClusteredColumnComboChart', at: [920, 240, 344, 228], title: 'Revenue and purchases by age group',
				roles: { Category: ['fact_purchase[age_group] as Age group'], Y: ['[Revenue]'], Y2: ['[Purchases]'] },
				sort: ['fact_purchase[age_group]', 'Ascending'],
				alt: `Columns: revenue of each age group, young to old; line: its purchases. ${blankNote}`,
			},
			dated ? {
				name: 'trend', type: 'lineChart', at: [232, 476, 512, 232], title: 'Revenue by month', subtitle: 'the last month may not be over yet',
				roles: { Category: ['dim_date[month_start] as Month'], Y: ['[Revenue]'], Tooltips: ['[Purchases]', '[Customers]', '[Revenue Month Change]', '[Revenue Year Change]'] },
				sort: ['dim_date[month_start]', 'Ascending'],
				alt: 'Line: revenue of each month. The tooltip has the change against the month and the year before.',
			} : {
				name: 'season', type: 'clusteredColumnChart', at: [232, 476, 512, 232], title: 'Revenue by season',
				roles: { Category: ['fact_purchase[season] as Season'], Y: ['[Revenue]'], Tooltips: ['[Purchases]', '[Customers]', '[Average Amount]'] },
				sort: ['fact_purchase[season]', 'Ascending'],
				alt: `Columns: revenue of each season, spring to winter. ${blankNote}`,
			},
			{
				name: 'heat_map', type: 'pivotTable', at: [752, 476, 512, 232], title: 'Revenue by age group and category',
				roles: { Rows: ['fact_purchase[age_group] as Age group'], Columns: ['fact_purchase[category] as Category'], Values: ['[Revenue]'] },
				heat: '[Revenue]',
				alt: 'Matrix: revenue of each age group in each category; the darker, the more.',
			},
		],
	};
}

const segmentColumns = (label, title) => [`${label} as ${title}`, 'customers as Customers', 'customer_share as Share of customers',
	'revenue as Revenue', 'revenue_share as Share of revenue', 'average_amount as Average amount', 'revenue_per_customer as Revenue per customer'];
const of = (table, columns) => ({ Values: columns.map((c) => c.replace(/^(\w+)/, `${table}[$1]`)) });

function customersUndated() {
	return {
		name: 'customers', title: 'Customers',
		note: 'The charts follow the slicer and clicks; the tables are computed by the database over the whole mart.',
		visuals: [
			...slicers([['gender', 'Gender'], ['age_group', 'Age group'], ['subscribed_label', 'Subscribed']], 16, 64, 200),
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
			{
				name: 'table_loyalty', type: 'tableEx', at: [16, 352, 616, 172], title: 'Loyalty tiers', subtitle: 'whole mart',
				roles: of('segment_loyalty', segmentColumns('loyalty_tier', 'Loyalty tier')),
				alt: 'Table: customers and revenue of each loyalty tier.',
			},
			{
				name: 'table_spend', type: 'tableEx', at: [648, 352, 616, 172], title: 'Spend tiers', subtitle: 'whole mart',
				roles: of('segment_spend', segmentColumns('spend_tier', 'Spend tier')),
				alt: 'Table: customers and revenue of each spend tier.',
			},
			{
				name: 'table_age', type: 'tableEx', at: [16, 532, 616, 176], title: 'Age groups', subtitle: 'whole mart',
				roles: of('segment_age', ['age_group as Age group', 'lowest_age as From', 'highest_age as To', ...segmentColumns('', '').slice(1, 5)]),
				alt: 'Table: ages, customers and revenue of each age group.',
			},
			{
				name: 'table_frequency', type: 'tableEx', at: [648, 532, 616, 176], title: 'Purchase frequency', subtitle: 'whole mart, as the source reports it',
				roles: of('segment_frequency', segmentColumns('purchase_frequency', 'Frequency').slice(0, 6)),
				alt: 'Table: customers and revenue of each purchase frequency, often first.',
			},
		],
	};
}

function customersDated() {
	return {
		name: 'customers', title: 'Customers',
		note: 'Computed by the database over the whole mart, except the bars, which follow clicks.',
		visuals: [
			{
				name: 'rfm', type: 'clusteredBarChart', at: [16, 64, 408, 208], title: 'Customers by RFM segment',
				roles: { Category: ['dim_customer[rfm_segment] as RFM segment'], Y: ['[Customers]'], Tooltips: ['[Revenue]', '[Customer Share]', '[Revenue Share]'] },
				sort: ['[Customers]', 'Descending'],
				alt: 'Bars: customers of each RFM segment, the largest first. (Blank) are customers whom no rule of the scheme matches.',
			},
			{
				name: 'table_rfm', type: 'tableEx', at: [432, 64, 832, 208], title: 'RFM segments', subtitle: 'whole mart',
				roles: of('segment_rfm', [...segmentColumns('rfm_segment', 'RFM segment'), 'average_recency_days as Days since last order', 'late_customers as Late customers']),
				alt: 'Table: customers, revenue, days since the last order and late customers of each RFM segment.',
			},
			{
				name: 'retention', type: 'pivotTable', at: [16, 280, 832, 212], title: 'Customers who order again, by months since the first order', subtitle: 'whole mart, finished months, up to a year',
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
				name: 'lifecycle', type: 'columnChart', at: [16, 500, 616, 208], title: 'New, returning, resurrecting and dormant customers', subtitle: 'whole mart, finished months; dormant below the line',
				roles: { Category: ['lifecycle[month_start] as Month'], Series: ['lifecycle[state] as State'], Y: ['[Customers in State]'] },
				where: [['lifecycle[complete_label]', 'in', ['Yes']]],
				sort: ['lifecycle[month_start]', 'Ascending'],
				alt: 'Stacked columns: customers of each month who were new, returning or resurrecting, and below the line those who did not come back.',
			},
			{
				name: 'table_loyalty', type: 'tableEx', at: [640, 500, 308, 208], title: 'Loyalty tiers', subtitle: 'whole mart',
				roles: of('segment_loyalty', segmentColumns('loyalty_tier', 'Loyalty tier').slice(0, 5)),
				alt: 'Table: customers and revenue of each loyalty tier, by the number of orders.',
			},
			{
				name: 'table_spend', type: 'tableEx', at: [956, 500, 308, 208], title: 'Spend tiers', subtitle: 'whole mart',
				roles: of('segment_spend', segmentColumns('spend_tier', 'Spend tier').slice(0, 5)),
				alt: 'Table: customers and revenue of each spend tier.',
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
			...slicers([['category', 'Category'], ['gender', 'Gender'], ['discounted_label', 'With discount']], 16, 64, 200),
			...undated ? [] : [daySlicer(16, 304, 200)],
			{
				name: 'ranking', type: 'clusteredBarChart', at: [232, 64, 336, 336], title: 'Products by purchases',
				roles: { Category: ['fact_purchase[product] as Product'], Y: ['[Purchases]'], Tooltips: ['[Revenue]', '[Average Rating]', '[Discount Share]'] },
				sort: ['[Purchases]', 'Descending'],
				alt: `Bars: purchases of each product, the most first. ${blankNote}`,
			},
			{
				name: 'rating_revenue', type: 'scatterChart', at: [576, 64, 336, 336], title: 'Rating and revenue of products',
				roles: { Category: ['fact_purchase[product] as Product'], Series: ['fact_purchase[category] as Category'], X: ['[Average Rating]'], Y: ['[Revenue]'], Size: ['[Purchases]'] },
				alt: 'Points: average rating and revenue of each product; the larger, the more purchases.',
			},
			undated ? {
				name: 'season_category', type: 'pivotTable', at: [920, 64, 344, 336], title: 'Purchases by season and category',
				roles: { Rows: ['fact_purchase[season] as Season'], Columns: ['fact_purchase[category] as Category'], Values: ['[Purchases]'] },
				heat: '[Purchases]',
				alt: 'Matrix: purchases of each season in each category; the darker, the more.',
			} : {
				name: 'discount_by_category', type: 'clusteredColumnChart', at: [920, 64, 344, 336], title: 'Discount share by category',
				roles: { Category: ['fact_purchase[category] as Category'], Y: ['[Discount Share]'], Tooltips: ['[Discounted Purchases]', '[Purchases]'] },
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
				roles: of('contact_list', ['rfm_segment as Segment', 'last_purchase as Last purchase', 'days_late as Days late', 'purchases as Purchases', 'revenue as Revenue',
					'probability_alive as Still a customer', 'value_at_stake as At stake', 'reason as Why']),
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
		tables: [...everyKind, 'subscription_comparison'],
		keyed: { dim_customer: 'customer_id' },
		relationships: [toCustomer],
		pages: [overview('undated'), customersUndated(), products('undated'), about('undated')],
	},
	{
		name: 'PurchaseTrends', kind: 'dated', mart: 'store',
		tables: [...everyKind.filter((t) => !['segment_age', 'segment_frequency'].includes(t)), 'dim_date', 'segment_rfm', 'cohort_retention', 'lifecycle', 'revenue_concentration', 'mart_as_of',
			'revenue_forecast', 'revenue_anomaly', 'revenue_change_month', 'season_index', 'product_trend', 'basket_rule',
			'contact_list', 'model_grid', 'model_quality', 'model_tracking', 'time_to_second_order'],
		keyed: { dim_customer: 'customer_id' },
		// fact_purchase has a time; days are what a date table is related to
		days: { fact_purchase: { column: 'purchase_day', of: 'purchased_at', description: 'Day of the purchase, which leads to dim_date.' } },
		dateTable: { table: 'dim_date', column: 'day' },
		relationships: [toCustomer, toDay],
		pages: [overview('dated'), customersDated(), contacts(), products('dated'), trends(), about('dated')],
	},
];

// Columns that the contract does not hide, but that would only confuse here: of
// dim_customer those that fact_purchase has too (there they are those of the
// row, by which the database groups), and what has no value in this kind of mart.
const twiceThere = ['gender', 'age', 'age_group', 'location', 'subscribed_label', 'previous_purchases', 'purchase_frequency', 'purchase_frequency_days'];
export const hiddenToo = {
	undated: { dim_customer: twiceThere, fact_purchase: ['purchased_at'] },
	dated: { dim_customer: twiceThere },
};
