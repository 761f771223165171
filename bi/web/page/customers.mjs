// The page Customers: who they are, who comes back, who brings the revenue.
import { absentList, breakdownPanel, missingWhy } from './overview.mjs';
import { bars, columns, share, SMALL } from './plots.mjs';
import { ChartPanel, OF_CUSTOMERS, Panel, colorTable, legend, select, smallNote, viewPanel } from './parts.mjs';
import { fill, h } from './dom.mjs';
import { clean, format, period, words } from './format.mjs';

const MAX_COHORTS = 24;

// In a mart without times loyalty and frequency are what the source reports,
// which is a dimension too; with times the views compute them.
const SEGMENTS = [
  { view: 'segment_loyalty', column: 'loyalty_tier', title: 'Loyalty tiers', reported: true },
  { view: 'segment_rfm', column: 'rfm_segment', title: 'Segments by recency, frequency and revenue', wordy: true },
  { view: 'segment_spend', column: 'spend_tier', title: 'Spend tiers' },
  { view: 'segment_frequency', column: 'purchase_frequency', title: 'Purchase frequency', reported: true },
  { view: 'segment_age', column: 'age_group', title: 'Age groups' },
];

// Share of customers against share of revenue: who brings more than their part.
function segmentPanel(context, { view, column, title, wordy }) {
  const panel = new ChartPanel({ id: view, title, explain: () => context.define(view) });
  const sort = `${column}_sort`;
  return viewPanel(panel, view, (now, rows, filtered) => {
    const items = [...rows].sort((a, b) => (a[sort] ?? 1e9) - (b[sort] ?? 1e9)).map((row) => {
      const label = row[column] === null ? '(no value)' : wordy ? words(row[column]) : clean(row[column], 60);
      return {
        row, short: clean(label, 40), label, small: row.customers < SMALL,
        values: [row.customer_share, row.revenue_share],
        lines: [['Customers', `${format('count', row.customers)} (${format('share', row.customer_share)})`], ['Revenue', `${format('money', row.revenue)} (${format('share', row.revenue_share)})`],
          ['Average purchase', format('average', row.average_amount)],
          ...(row.subscriber_share === null || row.subscriber_share === undefined ? [] : [['Subscribers', format('share', row.subscriber_share)]]),
          ...(row.late_customers === undefined ? [] : [['Later than usual', format('count', row.late_customers)]])],
      };
    });
    const more = [['average_recency_days', 'Days since the last purchase', 'number'], ['late_customers', 'Later than usual', 'count'], ['subscriber_share', 'Subscribers', 'share']].filter(([c]) => rows.some((row) => row[c] !== undefined && row[c] !== null));
    panel.draw(
      bars(items, [{ name: 'Customers', kind: 'share' }, { name: 'Revenue', kind: 'share' }]),
      [{ label: title, kind: 'text' }, { label: 'Customers', kind: 'count' }, { label: 'Share', kind: 'share' }, { label: 'Revenue', kind: 'money' }, { label: 'Share', kind: 'share' }, { label: 'Average purchase', kind: 'average' },
        ...more.map(([, label, kind]) => ({ label, kind }))],
      items.map(({ row, label, small }) => ({ small, cells: [label, row.customers, row.customer_share, row.revenue, row.revenue_share, row.average_amount, ...more.map(([c]) => row[c])] })),
    );
    panel.note(
      filtered ? 'Shares of the customers that the filters select, and of the revenue of all that they bought. Thresholds are those of the whole mart.' : 'Shares of all customers, and of all revenue.',
      smallNote(items),
    );
  });
}

function retentionPanel(context) {
  let measure = 'retention';
  const panel = new Panel({
    id: 'cohort_retention', title: 'Who comes back', full: true,
    explain: () => `${context.define('cohort_retention') ?? ''} ${context.define('cohort_retention', measure) ?? ''}`.trim(),
    tools: [select('Retention', [['retention', 'Active in the month'], ['retention_on_or_after', 'Active then or later']], measure, (m) => { measure = m; part.update(context.now()); })],
  });
  const part = viewPanel(panel, 'cohort_retention', (now, rows, filtered) => {
    const cohorts = [...new Set(rows.map((row) => row.cohort_month))].sort();
    const shown = cohorts.slice(-MAX_COHORTS);
    const at = new Map(rows.map((row) => [`${row.cohort_month} ${row.month_offset}`, row]));
    const sizes = new Map(rows.map((row) => [row.cohort_month, row.cohort_size]));
    const last = Math.min(MAX_COHORTS, Math.max(0, ...rows.filter((row) => shown.includes(row.cohort_month)).map((row) => row.month_offset)));
    const offsets = Array.from({ length: last }, (_, i) => i + 1);
    const most = Math.max(0.01, ...rows.filter((row) => row.month_offset > 0 && row[measure] !== null && row.cohort_size >= SMALL).map((row) => row[measure]));
    fill(panel.body, colorTable(
      'Retention by month of the first purchase', shown.map((month) => period(month, 'month')), offsets.map((n) => `+${n}`),
      (r, c) => {
        const row = at.get(`${shown[r]} ${offsets[c]}`);
        if (!row || row[measure] === null) return null;
        return {
          share: row.cohort_size < SMALL ? null : row[measure] / most, open: !row.complete,
          text: format('whole share', row[measure]) + (row.complete ? '' : '…'),
          title: `First purchase ${period(row.cohort_month, 'month')}: ${format('count', row.active_customers)} of ${format('count', row.cohort_size)} bought ${row.month_offset} months later (${format('share', row[measure])})${row.complete ? '' : '; the month is not over'}`,
        };
      },
      { corner: ['First purchase', 'Customers'], head: shown.map((month) => [format('count', sizes.get(month))]) },
    ));
    panel.note(
      filtered ? OF_CUSTOMERS : null,
      'Columns: months after the first purchase.',
      shown.some((month) => sizes.get(month) < SMALL) ? 'Grey: fewer than 30 customers; read with care.' : null,
      'Dashed, with "…": the month was not over at the time of the data.',
      cohorts.length > shown.length ? `The newest ${shown.length} of ${cohorts.length} months are shown.` : null,
    );
  });
  return part;
}

const STATES = [['new', 'New'], ['returning', 'Returning'], ['resurrecting', 'Back again'], ['dormant', 'Gone quiet']];

function lifecyclePanel(context) {
  const panel = new ChartPanel({ id: 'lifecycle', title: 'Customers gained and lost', full: true, explain: () => context.define('lifecycle') });
  return viewPanel(panel, 'lifecycle', (now, rows, filtered) => {
    const months = [...new Set(rows.map((row) => row.month_start))].sort().slice(-36);
    const at = new Map(rows.map((row) => [`${row.month_start} ${row.state}`, row]));
    const points = months.map((month) => {
      const values = STATES.map(([state]) => at.get(`${month} ${state}`)?.customers ?? 0);
      const complete = at.get(`${month} new`)?.complete ?? true;
      const label = period(month, 'month');
      return { short: label, label: label + (complete ? '' : ' (not over yet)'), complete, values, lines: STATES.map(([, text], k) => [text, format('count', values[k])]) };
    });
    panel.draw(columns(points, STATES.map(([, text]) => ({ name: text }))), [{ label: 'Month', kind: 'text' }, ...STATES.map(([, label]) => ({ label, kind: 'count' }))], points.map((p) => ({ cells: [p.label, ...p.values] })));
    fill(panel.above, legend(STATES.map(([, label], color) => ({ label, color }))));
    panel.note(filtered ? OF_CUSTOMERS : null, 'Below the line: active the month before, but not in this one.');
  });
}

function concentrationPanel(context) {
  const panel = new ChartPanel({ id: 'revenue_concentration', title: 'How much the best customers bring', explain: () => context.define('revenue_concentration') });
  return viewPanel(panel, 'revenue_concentration', (now, rows, filtered) => {
    const points = [...rows].sort((a, b) => a.customer_percentile - b.customer_percentile).map((row) => ({
      x: row.customer_percentile / 100, y: row.cumulative_share, label: `Best ${row.customer_percentile} % of customers`,
      lines: [['Share of revenue', format('share', row.cumulative_share)], ['Revenue', format('money', row.cumulative_revenue)]], row,
    }));
    panel.draw(share([{ x: 0, y: 0, label: 'None', lines: [] }, ...points], 'Customers, best first', 'Revenue'),
      [{ label: 'Best customers', kind: 'text' }, { label: 'Share of revenue', kind: 'share' }, { label: 'Revenue', kind: 'money' }],
      points.filter((p) => p.row.customer_percentile % 5 === 0 || p.row.customer_percentile < 5).map((p) => ({ cells: [p.label, p.y, p.row.cumulative_revenue] })));
    const of = (percent) => points.find((p) => p.row.customer_percentile === percent)?.y ?? null;
    const [whose, what] = filtered ? ['these', 'their'] : ['the', 'the'];
    fill(panel.above, h('p.reading', {}, `The best tenth of ${whose} customers brings `, h('strong', {}, format('share', of(10))), ` of ${what} revenue, the best fifth `, h('strong', {}, format('share', of(20))), '.'));
    panel.note(filtered ? OF_CUSTOMERS : null, `Gini coefficient ${format('rating', rows[0].gini)}: 0 if all bring the same. Dashed: that case.`);
  });
}

export function customers(context) {
  const { data } = context;
  const { views = {}, missing = {} } = data;
  const parts = [];
  const absent = [];
  const put = (view, title, make) => {
    if (views[view]) parts.push(make());
    else absent.push([title, missingWhy(missing[view])]);
  };
  for (const segment of SEGMENTS) {
    const { view, title, column, reported } = segment;
    if (data.breakdown[column]?.length && !(reported && data.dated)) parts.push(breakdownPanel(context, view, title, column, ['customers', 'revenue']));
    else put(view, title, () => segmentPanel(context, segment));
  }
  put('revenue_concentration', 'How much the best customers bring', () => concentrationPanel(context));
  put('cohort_retention', 'Who comes back', () => retentionPanel(context));
  put('lifecycle', 'Customers gained and lost', () => lifecyclePanel(context));
  return {
    nodes: [h('div.panels', {}, parts.map(({ panel }) => panel.node)), absentList(absent)],
    update: (now) => parts.forEach((part) => part.update(now)),
    dispose: () => parts.forEach(({ panel }) => panel.dispose()),
  };
}
