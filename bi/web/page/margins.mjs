// What is earned: margins by dimension and by period, and how long customers take to earn what they cost.
import { bars, line, SMALL } from './plots.mjs';
import { ChartPanel, OF_ROWS, select, smallNote, viewPanel } from './parts.mjs';
import { fill, h, keepFocus } from './dom.mjs';
import { clean, format, period, valueName } from './format.mjs';
import { showPurchases } from './lists.mjs';
import { within } from './period.mjs';

const COVERED = (row) => `${format('share', row.margin_coverage)} of the lines have a known cost; the others are in revenue, and in neither cost nor margin.`;
const MOST = 15;

export function marginPanel(context) {
  let dimension = null;
  let measure = 'margin';
  const choice = h('span');
  const again = () => part.update(context.now());
  const panel = new ChartPanel({
    id: 'margin_breakdown', title: 'Margin', full: true, explain: () => `${context.define('margin_breakdown') ?? ''} ${context.define('margin_breakdown', measure) ?? ''}`.trim(),
    tools: [choice, select('Measure of the margin', [['margin', 'Margin'], ['margin_rate', 'Margin of revenue']], measure, (m) => { measure = m; again(); })],
  });
  const part = viewPanel(panel, 'margin_breakdown', (now, all, filtered) => {
    const dimensions = [...new Set(all.map((row) => row.dimension))];
    if (!dimensions.includes(dimension)) dimension = dimensions.includes('category') ? 'category' : dimensions[0];
    keepFocus(choice, () => {
      fill(choice, dimensions.length > 1 ? select('Dimension of the margin', dimensions.map((d) => [d, d === 'product' ? 'Product' : context.label(d)]), dimension, (d) => { dimension = d; again(); }) : null);
      choice.firstChild?.setAttribute('data-focus', 'dimension');
    });
    const items = all.filter((row) => row.dimension === dimension).sort((a, b) => (b[measure] ?? -Infinity) - (a[measure] ?? -Infinity)).map((row) => ({
      row, short: valueName(row.value, 40), label: valueName(row.value, 120), small: measure === 'margin_rate' && row.line_count < SMALL, values: [row[measure]],
      lines: [['Margin', format('money', row.margin)], ['Of revenue with a known cost', format('share', row.margin_rate)], ['Revenue', format('money', row.revenue)], ['Cost', format('money', row.cost_of_sales)], ['Lines with a cost', format('share', row.margin_coverage)]],
    }));
    const known = items.filter((item) => item.values[0] !== null);
    if (!known.length) return panel.say('No line has a known cost.');
    panel.draw(bars(known.slice(0, MOST), [{ name: measure === 'margin' ? 'Margin' : 'Margin of revenue', kind: measure === 'margin' ? 'money' : 'share' }], { rowHeight: 26 }),
      [{ label: dimension === 'product' ? 'Product' : clean(context.label(dimension), 40), kind: 'text' }, { label: 'Margin', kind: 'exact money' }, { label: 'Of revenue', kind: 'share' }, { label: 'Share of the margin', kind: 'share' }, { label: 'Revenue', kind: 'exact money' }, { label: 'Cost', kind: 'exact money' }, { label: 'Lines', kind: 'count' }, { label: 'With a cost', kind: 'share' }],
      items.map(({ row, label, small }) => ({ small, cells: [label, row.margin, row.margin_rate, row.margin_share, row.revenue, row.cost_of_sales, row.line_count, row.margin_coverage] })));
    const sum = (column) => items.reduce((total, { row }) => total + (row[column] ?? 0), 0);
    fill(panel.above, h('p.reading', {}, 'Margin: ', h('strong', {}, format('money', sum('margin'))), `, ${format('share', sum('revenue_with_cost') > 0 ? sum('margin') / sum('revenue_with_cost') : null)} of ${format('money', sum('revenue_with_cost'))} revenue with a known cost.`));
    panel.note(
      filtered ? OF_ROWS : null,
      sum('lines_without_margin') > 0 ? COVERED({ margin_coverage: 1 - sum('lines_without_margin') / sum('line_count') }) : null,
      known.length > MOST ? `The first ${MOST} of ${format('count', known.length)}; the table has all.` : null,
      smallNote(known.slice(0, MOST)),
    );
  });
  return part;
}

export function marginPeriodPanel(context) {
  let measure = 'margin';
  const panel = new ChartPanel({
    id: 'margin_period', title: 'Margin over time', full: true, explain: () => `${context.define('margin_period') ?? ''} ${context.define('margin_period', measure) ?? ''}`.trim(),
    tools: [select('Measure of the margin over time', [['margin', 'Margin'], ['margin_rate', 'Margin of revenue'], ['revenue', 'Revenue']], measure, (m) => { measure = m; part.update(context.now()); })],
  });
  const part = viewPanel(panel, 'margin_period', (now, rows, filtered) => {
    const kind = measure === 'margin_rate' ? 'share' : 'money';
    const name = (row) => (/^\d{4}-\d\d$/.test(row.period_label) ? period(row.period_start, 'month') : clean(row.period_label, 20));
    const points = [...rows].sort((a, b) => (a.period_start < b.period_start ? -1 : 1)).map((row) => ({
      row, short: name(row), label: name(row) + (row.complete ? '' : ' (not over yet)'), complete: row.complete, value: row[measure], all: null, before: null,
      toggle: now.locked ? undefined : () => showPurchases({ mart: now.data.mart, title: `Purchases of ${name(row)}`, filters: now.filters, period: within({ from: row.period_start, to: row.period_end }, now.data.period?.to ?? now.data.as_of, null) }),
      lines: [['Margin', format('money', row.margin)], ['Of revenue with a known cost', format('share', row.margin_rate)], ['Revenue', format('money', row.revenue)], ['Lines with a cost', format('share', row.margin_coverage)]],
    }));
    panel.draw({ ...line(points, kind), action: 'lists its purchases' },
      [{ label: 'Period', kind: 'text' }, { label: 'Margin', kind: 'exact money' }, { label: 'Of revenue', kind: 'share' }, { label: 'Revenue', kind: 'exact money' }, { label: 'Cost', kind: 'exact money' }, { label: 'With a cost', kind: 'share' }],
      points.map(({ row, label }) => ({ cells: [label, row.margin, row.margin_rate, row.revenue, row.cost_of_sales, row.margin_coverage] })));
    const lines = rows.reduce((sum, row) => sum + row.line_count, 0);
    const without = rows.reduce((sum, row) => sum + row.lines_without_margin, 0);
    panel.note(filtered ? OF_ROWS : null, without > 0 ? COVERED({ margin_coverage: 1 - without / lines }) : null, points.some((p) => !p.complete) ? 'Dashed, hollow: not over at the time of the data.' : null);
  });
  return part;
}

export function paybackPanel(context) {
  let dimension = 'first_month';
  const choice = h('span');
  const panel = new ChartPanel({ id: 'acquisition_payback', title: 'When customers have earned what they cost', full: true, explain: () => context.define('acquisition_payback'), tools: [choice] });
  const part = viewPanel(panel, 'acquisition_payback', (now, all) => {
    const choices = [['first_month', 'By month'], ['channel', 'By channel']].filter(([d]) => all.some((row) => row.dimension === d));
    if (!choices.some(([d]) => d === dimension)) [[dimension]] = choices;
    keepFocus(choice, () => {
      fill(choice, choices.length > 1 ? select('Dimension of the payback', choices, dimension, (d) => { dimension = d; part.update(context.now()); }) : null);
      choice.firstChild?.setAttribute('data-focus', 'dimension');
    });
    const items = all.filter((row) => row.dimension === dimension).map((row) => {
      const label = dimension === 'first_month' ? period(`${row.value}-01`, 'month') : valueName(row.value, 60);
      return {
        row, short: label, label, small: false, values: [row.customer_acquisition_cost, row.earned_per_customer],
        lines: [['Customers', format('count', row.acquired_customers)], ['Spent', format('money', row.spend)], ['Cost of a customer', format('average', row.customer_acquisition_cost)], ['Earned by a customer', format('average', row.earned_per_customer)],
          ['Paid back after', row.payback_months === null ? clean(row.payback_label, 40) : `${format('count', row.payback_months)} months`]],
      };
    });
    const basis = all[0].payback_basis === 'revenue' ? 'revenue' : 'margin';
    panel.draw(bars(items, [{ name: 'Cost of a customer', kind: 'average' }, { name: `${basis === 'margin' ? 'Margin' : 'Revenue'} of a customer`, kind: 'average' }]),
      [{ label: dimension === 'first_month' ? 'First purchase' : 'Channel', kind: 'text' }, { label: 'Spent', kind: 'exact money' }, { label: 'Customers', kind: 'count' }, { label: 'Cost of a customer', kind: 'average' }, { label: 'Earned by a customer', kind: 'average' }, { label: 'In months', kind: 'count' }, { label: 'Paid back after months', kind: 'count' }, { label: 'Verdict', kind: 'text' }],
      items.map(({ row, label }) => ({ cells: [label, row.spend, row.acquired_customers, row.customer_acquisition_cost, row.earned_per_customer, row.months_observed, row.payback_months, row.payback_label] })));
    const back = items.filter(({ row }) => row.payback_label === 'paid back').length;
    fill(panel.above, h('p.reading', {}, h('strong', {}, `${format('count', back)} of ${format('count', items.length)}`), dimension === 'first_month' ? ' months of first purchases have' : ' channels have', ' paid back what was spent.'));
    panel.note(
      Object.keys(now.filters).length || now.data.period ? 'Of the whole mart: what was spent knows neither filters nor a period.' : null,
      `What a customer has earned is the ${basis} up to the last month that was over for all who came then.`,
    );
  }, 'Nothing was spent.', false);
  return part;
}
