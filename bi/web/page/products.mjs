// The page Products and offers.
import { marginPanel } from './margins.mjs';
import { absentList, measureLines, missingWhy } from './overview.mjs';
import { bars, intervals, scatter, SMALL } from './plots.mjs';
import { ChartPanel, NO_ROWS, OF_CUSTOMERS, OF_ROWS, Panel, legend, select, smallNote, table, updateParts, viewPanel } from './parts.mjs';
import { fill, h, keepFocus } from './dom.mjs';
import { showPurchases } from './lists.mjs';
import { MEASURES, clean, format, valueName, words } from './format.mjs';
import { SYMBOLS } from './theme.mjs';

const MOST = 15;
const isSmall = (row) => row.purchases > 0 && row.purchases < SMALL;

function rankingPanel(context) {
  let measure = 'purchases';
  let category = 'all';
  const shown = ['purchases', 'revenue', 'customers', 'average_amount', 'average_rating', 'discount_share'].filter((m) => context.data.kpi[`${m}_all`] !== null);
  const categories = [...new Set(context.data.products.map((p) => p.category))];
  const ofCategory = categories.length > 1
    ? [select('Category', [['all', 'All categories'], ...categories.map((c, i) => [String(i), valueName(c, 40)])], category, (c) => { category = c; update(context.now()); })]
    : [];
  const panel = new ChartPanel({
    id: 'ranking', title: 'Best products', wide: true, behind: context.behind, explain: () => context.define('top_product', measure) ?? context.define('dim_product', measure),
    tools: [...ofCategory, select('Measure of the products', shown.map((m) => [m, MEASURES[m].label]), measure, (m) => { measure = m; update(context.now()); })],
  });
  function update({ data, filters, period, locked }) {
    const filtered = Object.keys(filters).length > 0;
    const ofProduct = (p) => (locked || p.product === null ? undefined : () => showPurchases({ mart: data.mart, title: `Purchases of ${clean(p.product, 60)}`, filters, period, product: p.product }));
    panel.say(filtered && !data.products.some((p) => p.purchases > 0) ? NO_ROWS : null);
    const wanted = data.products.filter((p) => category === 'all' || p.category === categories[category]);
    const rows = wanted
      .filter((p) => p[measure] !== null && p.purchases > 0)
      .sort((a, b) => b[measure] - a[measure])
      .map((p) => ({
        row: p, short: valueName(p.product, 40), label: `${valueName(p.product, 100)}${p.category === null ? '' : ` (${clean(p.category, 60)})`}`, small: !MEASURES[measure].adds && isSmall(p), toggle: ofProduct(p),
        values: [p[measure]], all: filtered ? [p[`${measure}_all`]] : undefined, lines: measureLines(p, filtered, shown),
      }));
    panel.draw(
      { ...bars(rows.slice(0, MOST), [{ name: MEASURES[measure].label, kind: MEASURES[measure].kind }], { rowHeight: 26 }), action: 'lists its purchases' },
      [{ label: 'Product', kind: 'text' }, { label: 'Category', kind: 'text' }, ...shown.map((m) => ({ label: MEASURES[m].label, kind: MEASURES[m].kind }))],
      rows.map(({ row, small }) => ({ small, cells: [valueName(row.product, 100), row.category === null ? null : clean(row.category, 60), ...shown.map((m) => row[m])] })),
    );
    panel.note(
      rows.length > MOST ? `The first ${MOST} of ${rows.length}; the table has all.` : null,
      data.products.length >= 100 ? 'Only the 100 products with the most purchases.' : null,
      smallNote(rows.slice(0, MOST)),
      locked ? null : 'A click on a product lists its purchases.',
      filtered ? 'Behind, light: the whole mart.' : null,
    );
  }
  return { panel, update };
}

function ratingPanel(context) {
  const panel = new ChartPanel({ id: 'rating', title: 'Rating against revenue', wide: true, behind: context.behind, explain: () => `One mark per product. ${context.define('top_product', 'average_rating') ?? ''}` });
  const categories = context.data.breakdown.category?.map((row) => row.value) ?? [];
  function update({ data, filters }) {
    const filtered = Object.keys(filters).length > 0;
    const rows = data.products.filter((p) => p.average_rating !== null && p.purchases > 0).map((p) => ({
      row: p, short: valueName(p.product, 24), label: `${valueName(p.product, 100)}${p.category === null ? '' : ` (${clean(p.category, 60)})`}`,
      group: Math.max(0, categories.indexOf(p.category)), small: isSmall(p), x: p.average_rating, y: p.revenue,
      lines: measureLines(p, filtered, ['average_rating', 'revenue', 'purchases']),
    }));
    panel.say(filtered && !rows.length ? NO_ROWS : null);
    // where all have few, grey would tell nothing apart
    const few = rows.length > 0 && rows.every((row) => row.small);
    if (few) for (const row of rows) row.small = false;
    panel.draw(scatter(rows, ['Average rating', 'rating'], ['Revenue', 'compact']),
      [{ label: 'Product', kind: 'text' }, { label: 'Category', kind: 'text' }, { label: 'Average rating', kind: 'rating' }, { label: 'Revenue', kind: 'money' }, { label: 'Purchases', kind: 'count' }],
      rows.map(({ row, small }) => ({ small, cells: [valueName(row.product, 100), row.category, row.average_rating, row.revenue, row.purchases] })));
    fill(panel.above, categories.length > 1 && categories.length <= 8 ? legend(categories.map((c, i) => ({ label: valueName(c, 30), color: i, shape: SYMBOLS[i % SYMBOLS.length] }))) : null);
    panel.note(few ? 'All have fewer than 30 purchases; read with care.' : rows.some((row) => row.small) ? 'Grey: fewer than 30 purchases; read with care.' : null);
  }
  return { panel, update };
}

const interval = (value, low, high) => (value === null ? '–' : `${format('average', value)}${low === null ? '' : ` [${format('average', low)} to ${format('average', high)}]`}`);

function discountPanel(context) {
  let scope = 'category';
  const choice = h('span');
  const panel = new ChartPanel({
    id: 'discount_effect', title: 'What a discount does to the amount', full: true, explain: () => context.define('discount_effect'), tools: [choice],
  });
  const part = viewPanel(panel, 'discount_effect', (now, rows, filtered) => {
    const choices = [['category', 'By category'], ['product', 'By product']].filter(([s]) => rows.some((row) => row.scope === s));
    if (choices.length && !choices.some(([s]) => s === scope)) [[scope]] = choices;
    keepFocus(choice, () => fill(choice, choices.length > 1 ? select('Scope of the discount effect', choices, scope, (s) => { scope = s; part.update(context.now()); }) : null));
    const everything = filtered ? 'All that the filters select' : 'All purchases';
    const wanted = [...rows.filter((row) => row.scope === 'overall'), ...rows.filter((row) => row.scope === scope)];
    const items = wanted.map((row) => {
      const label = row.scope === 'overall' ? everything : clean(row.scope_value ?? '(no value)', 60);
      return {
        row, short: clean(label, 30), label, small: Math.min(row.n_discounted, row.n_full) < SMALL,
        marks: [{ value: row.difference, low: row.ci_low, high: row.ci_high }, { value: row.stratified_difference, low: row.stratified_ci_low, high: row.stratified_ci_high }],
        lines: [['Naive', interval(row.difference, row.ci_low, row.ci_high)], ['Like with like', interval(row.stratified_difference, row.stratified_ci_low, row.stratified_ci_high)], ['With, without', `${format('count', row.n_discounted)}, ${format('count', row.n_full)}`]],
      };
    });
    panel.draw(intervals(items, [{ name: 'Naive', color: 0 }, { name: 'Like with like', color: 4 }]),
      [{ label: 'Scope', kind: 'text' }, { label: 'With discount', kind: 'count' }, { label: 'Without', kind: 'count' }, { label: 'Naive difference', kind: 'text' }, { label: 'Like with like', kind: 'text' }, { label: 'Verdict', kind: 'long' }],
      items.map(({ row, label, small }) => ({ small, cells: [label, row.n_discounted, row.n_full, interval(row.difference, row.ci_low, row.ci_high), interval(row.stratified_difference, row.stratified_ci_low, row.stratified_ci_high), row.verdict] })));
    fill(panel.above, legend([{ label: 'Naive: all with a discount against all without', color: 0, shape: 'circle' }, { label: 'Like with like: same product, gender and period', color: 4, shape: 'diamond' }]));
    const overall = wanted.find((row) => row.scope === 'overall');
    panel.note('Difference of the mean amount, with 95 % intervals; left of the line: less with a discount.', overall ? `${everything}: ${clean(overall.verdict, 300)}.` : null, items.some((i) => i.small) ? 'Grey: fewer than 30 on one side; read with care.' : null);
  });
  return part;
}

// of: what the rows are of under filters
function tablePanel(context, { id, title, columns, row, of }) {
  const panel = new Panel({ id, title, full: true, explain: () => context.define(id) });
  return viewPanel(panel, id, (now, rows, filtered) => {
    fill(panel.body, table(title, columns, rows.map(row)));
    panel.note(filtered ? of : null);
  });
}

const groupPanel = (context) =>
  tablePanel(context, {
    id: 'group_comparison', title: 'Do groups differ in what they spend?', of: OF_ROWS,
    columns: [{ label: 'Dimension', kind: 'text' }, { label: 'Rows', kind: 'count' }, { label: 'Highest mean', kind: 'text' }, { label: 'Lowest mean', kind: 'text' }, { label: 'p, adjusted', kind: 'p' }, { label: 'Verdict', kind: 'long' }],
    row: (row) => ({ small: row.n < SMALL, cells: [clean(context.label(row.dimension), 60), row.n, `${clean(row.highest_value ?? '–', 40)}: ${format('average', row.highest_mean)}`, `${clean(row.lowest_value ?? '–', 40)}: ${format('average', row.lowest_mean)}`, row.p_adjusted, row.verdict] }),
  });

// The third question turns around: how many subscribe among repeat buyers.
const QUESTIONS = {
  revenue: { text: 'Revenue per customer', first: 'Subscribers', kind: 'average' },
  rating: { text: 'Rating', first: 'Subscribers', kind: 'rating' },
  'repeat buyers': { text: 'Share who subscribe', first: 'Repeat buyers', kind: 'share' },
};

const subscriptionPanel = (context) =>
  tablePanel(context, {
    id: 'subscription_comparison', title: 'Are subscribers different?', of: OF_CUSTOMERS,
    columns: [{ label: 'Question', kind: 'text' }, { label: 'Group', kind: 'text' }, { label: 'Others', kind: 'text' }, { label: 'Difference', kind: 'text' }, { label: 'p, adjusted', kind: 'p' }, { label: 'Verdict', kind: 'long' }],
    row: (row) => {
      const { text, first, kind } = QUESTIONS[row.question] ?? { text: words(row.question), first: 'Subscribers', kind: 'number' };
      const mean = (value, n) => `${format(kind, value)} (n ${format('count', n)})`;
      return {
        small: Math.min(row.n_subscribers, row.n_others) < SMALL,
        cells: [text, `${first}: ${mean(row.subscribers_value, row.n_subscribers)}`, mean(row.others_value, row.n_others), format(kind, row.difference), row.p_adjusted, row.verdict],
      };
    },
  });

function shippingPanel(context) {
  const panel = new ChartPanel({ id: 'shipping_comparison', title: 'Does the kind of shipping matter?', full: true, explain: () => context.define('shipping_comparison') });
  return viewPanel(panel, 'shipping_comparison', (now, rows, filtered) => {
    const items = rows.map((row) => ({
      row, short: clean(`${row.shipping_type} – ${row.other_shipping_type}`, 60), label: clean(`${row.shipping_type} against ${row.other_shipping_type}`, 120), small: Math.min(row.n, row.other_n) < SMALL,
      marks: [{ value: row.difference, low: row.ci_low, high: row.ci_high }],
      lines: [['Difference', interval(row.difference, row.ci_low, row.ci_high)], ['Means', `${format('average', row.mean)}, ${format('average', row.other_mean)}`], ['p, adjusted', format('p', row.p_adjusted)]],
    }));
    panel.draw(intervals(items, [{ name: 'Difference', color: 0 }]),
      [{ label: 'Shipping', kind: 'text' }, { label: 'Mean', kind: 'average' }, { label: 'Other mean', kind: 'average' }, { label: 'Difference', kind: 'text' }, { label: 'p, adjusted', kind: 'p' }, { label: 'Verdict', kind: 'long' }],
      items.map(({ row, label, small }) => ({ small, cells: [label, row.mean, row.other_mean, interval(row.difference, row.ci_low, row.ci_high), row.p_adjusted, row.verdict] })));
    panel.note(filtered ? OF_ROWS : null, 'Difference of the mean amount, first less second, with 95 % intervals; p-values are adjusted, the intervals are not.', items.some((i) => i.small) ? 'Grey: fewer than 30 on one side; read with care.' : null);
  });
}

export function products(context) {
  const { data } = context;
  const { views = {}, missing = {} } = data;
  const parts = [];
  const absent = [];
  if (data.products?.length) parts.push(rankingPanel(context));
  else absent.push(['Best products', data.products ? 'there are no products' : 'the mart has no column with the role "product"']);
  if (data.products && data.kpi.average_rating_all !== null) parts.push(ratingPanel(context));
  else absent.push(['Rating against revenue', data.products ? 'the mart has no column with the role "review_rating"' : 'the mart has no column with the role "product"']);
  const put = (view, title, make) => {
    if (views[view]) parts.push(make(context));
    else absent.push([title, missingWhy(missing[view])]);
  };
  if (views.margin_breakdown) parts.push(marginPanel(context));
  put('discount_effect', 'What a discount does to the amount', discountPanel);
  put('group_comparison', 'Do groups differ in what they spend?', groupPanel);
  put('subscription_comparison', 'Are subscribers different?', subscriptionPanel);
  put('shipping_comparison', 'Does the kind of shipping matter?', shippingPanel);
  return {
    nodes: [h('div.panels', {}, parts.map(({ panel }) => panel.node)), absentList(absent)],
    update: (now, arrived) => updateParts(parts, now, arrived),
    dispose: () => parts.forEach(({ panel }) => panel.dispose()),
  };
}
