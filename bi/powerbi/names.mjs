// What tables and columns are called in the models. The contract, the layout and the tests
// speak of views and their columns; people see names with blanks.

// Tables whose name is not that of their view in words. "product" is no view: M makes it of fact_purchase.
const tables = {
	fact_purchase: 'Purchase',
	dim_customer: 'Customer',
	dim_date: 'Date',
	kpi_total: 'Database Total',
	mart_as_of: 'Mart as of',
};

const upper = { id: 'ID', rfm: 'RFM', abc: 'ABC', ci: 'CI', iso: 'ISO', aic: 'AIC', bic: 'BIC', att: 'ATT', ate: 'ATE' };
const small = new Set(['of', 'to', 'as', 'on', 'or', 'per', 'by']);

// Columns that would read badly as words, or be read as something else.
const columns = {
	month_start: 'Month', season_label: 'Weekday or Month',
	n: 'Rows', other_n: 'Other Rows', n_discounted: 'Discounted Rows', n_full: 'Full-Price Rows', n_subscribers: 'Subscribers Counted', n_others: 'Others Counted',
	p_value: 'P-Value', q_value: 'Q-Value', p_adjusted: 'P-Value Adjusted', stratified_p_adjusted: 'Stratified P-Value Adjusted', stratified_p_value: 'Stratified P-Value',
	df: 'Degrees of Freedom', df_between: 'Degrees of Freedom between', df_within: 'Degrees of Freedom within',
	lower: 'Lower Bound', upper: 'Upper Bound', att: 'Effect on Discounted', ate: 'Effect on All',
};

function words(name) {
	return name.split('_').map((word, i) => upper[word] ?? (i > 0 && small.has(word) ? word : word[0].toUpperCase() + word.slice(1))).join(' ');
}

export const tableName = (view) => tables[view] ?? words(view);

/** A label takes the name of the flag or number that it stands for, which the models do not have; a number that a measure of its table is named after makes way for it. */
export function columnName(column, measures = []) {
	const name = columns[column] ?? words(column.replace(/_label$/, ''));
	return measures.some((m) => m.toLowerCase() === name.toLowerCase()) ? `${name} Value` : name;
}
