// The page Customers: who they are, who comes back, who brings the revenue.
import { paybackPanel } from './margins.mjs';
import { absentList, breakdownPanel, missingWhy } from './overview.mjs';
import { bars, columns, share, SMALL } from './plots.mjs';
import { ChartPanel, OF_CUSTOMERS, Panel, TablePanel, colorTable, legend, select, smallNote, updateParts, viewPanel } from './parts.mjs';
import { fill, h, keepFocus } from './dom.mjs';
import { customerPanel } from './lists.mjs';
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

// What a click on one of these chooses, in the list of customers
const CHOSEN = new Set(['rfm_segment', 'spend_tier', 'loyalty_tier']);
const either = (people, key, value) => (people.is(key, value) ? {} : { [key]: [value] });

// Share of customers against share of revenue: who brings more than their part.
function segmentPanel(context, { view, column, title, wordy }, people) {
  const panel = new ChartPanel({ id: view, title, explain: () => context.define(view) });
  const sort = `${column}_sort`;
  const choosable = people !== null && CHOSEN.has(column);
  const part = viewPanel(panel, view, (now, rows, filtered) => {
    const items = [...rows].sort((a, b) => (a[sort] ?? 1e9) - (b[sort] ?? 1e9)).map((row) => {
      const label = row[column] === null ? '(no value)' : wordy ? words(row[column]) : clean(row[column], 60);
      return {
        row, short: clean(label, 40), label, small: false, pressed: choosable && people.is(column, row[column]),
        toggle: choosable ? () => people.choose(either(people, column, row[column])) : undefined,
        values: [row.customer_share, row.revenue_share],
        lines: [['Customers', `${format('count', row.customers)} (${format('share', row.customer_share)})`], ['Revenue', `${format('money', row.revenue)} (${format('share', row.revenue_share)})`],
          ['Average purchase', format('average', row.average_amount)],
          ...(row.subscriber_share === null || row.subscriber_share === undefined ? [] : [['Subscribers', format('share', row.subscriber_share)]]),
          ...(row.late_customers === undefined ? [] : [['Later than usual', format('count', row.late_customers)]])],
      };
    });
    const more = [['average_recency_days', 'Days since the last purchase', 'number'], ['late_customers', 'Later than usual', 'count'], ['subscriber_share', 'Subscribers', 'share']].filter(([c]) => rows.some((row) => row[c] !== undefined && row[c] !== null));
    panel.draw(
      { ...bars(items, [{ name: 'Customers', kind: 'share' }, { name: 'Revenue', kind: 'share' }]), action: 'lists its customers' },
      [{ label: title, kind: 'text' }, { label: 'Customers', kind: 'count' }, { label: 'Share', kind: 'share' }, { label: 'Revenue', kind: 'money' }, { label: 'Share', kind: 'share' }, { label: 'Average purchase', kind: 'average' },
        ...more.map(([, label, kind]) => ({ label, kind }))],
      items.map(({ row, label, small, toggle, pressed }) => ({ small, cells: [toggle ? { text: label, toggle, pressed, key: `choose ${label}` } : label, row.customers, row.customer_share, row.revenue, row.revenue_share, row.average_amount, ...more.map(([c]) => row[c])] })),
    );
    panel.note(
      filtered ? 'Shares of the customers that the filters select, and of the revenue of all that they bought. Thresholds are those of the whole mart.' : 'Shares of all customers, and of all revenue.',
      smallNote(items),
    );
  });
  people?.onchoice(() => { if (Array.isArray(context.now().data.views?.[view])) part.update(context.now()); });
  return part;
}

function retentionPanel(context, people) {
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
    // where all are small, grey would tell nothing apart
    const few = shown.every((month) => sizes.get(month) < SMALL);
    const grey = (size) => !few && size < SMALL;
    const most = Math.max(0.01, ...rows.filter((row) => row.month_offset > 0 && row[measure] !== null && !grey(row.cohort_size)).map((row) => row[measure]));
    fill(panel.body, colorTable(
      'Retention by month of the first purchase', shown.map((month) => period(month, 'month')), offsets.map((n) => `+${n}`),
      (r, c) => {
        const row = at.get(`${shown[r]} ${offsets[c]}`);
        if (!row || row[measure] === null) return null;
        return {
          share: grey(row.cohort_size) ? null : row[measure] / most, open: !row.complete,
          text: format('whole share', row[measure]) + (row.complete ? '' : '…'),
          ...(people && row.active_customers > 0 ? {
            key: `cohort ${row.cohort_month} ${row.month_offset}`, pressed: people.is('cohort_month', row.cohort_month) && people.is('active_month', row.month_start),
            toggle: () => people.choose(people.is('cohort_month', row.cohort_month) && people.is('active_month', row.month_start) ? {} : { cohort_month: [row.cohort_month], active_month: [row.month_start] }),
          } : {}),
          title: `First purchase ${period(row.cohort_month, 'month')}: ${format('count', row.active_customers)} of ${format('count', row.cohort_size)} bought ${row.month_offset} months later (${format('share', row[measure])})${row.complete ? '' : '; the month is not over'}`,
        };
      },
      { corner: ['First purchase', 'Customers'], head: shown.map((month) => [format('count', sizes.get(month))]), roving: true },
    ));
    panel.note(
      filtered ? OF_CUSTOMERS : null,
      'Columns: months after the first purchase.',
      few ? 'All months have fewer than 30 customers; read with care.' : shown.some((month) => sizes.get(month) < SMALL) ? 'Grey: fewer than 30 customers; read with care.' : null,
      'Dashed, with "…": the month was not over at the time of the data.',
      cohorts.length > shown.length ? `The newest ${shown.length} of ${cohorts.length} months are shown.` : null,
    );
  });
  people?.onchoice(() => { if (Array.isArray(context.now().data.views?.cohort_retention)) keepFocus(panel.body, () => part.update(context.now())); });
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

const ONLY = 200; // of the customers to contact, the page has the first ones

// Who is late or likely gone, the most at stake first.
function contactPanel(context) {
  const panel = new TablePanel({ id: 'contact_list', title: 'Customers to contact', full: true, explain: () => context.define('contact_list') });
  return viewPanel(panel, 'contact_list', (now, rows, filtered) => {
    const chances = rows.some((row) => row.probability_alive !== null);
    const late = rows.filter((row) => row.late).length;
    fill(panel.above, h('p.reading', {}, h('strong', {}, rows.length < ONLY ? format('count', rows.length) : `The first ${format('count', rows.length)}`),
      ` customers; ${format('count', late)} of them are late for their own rhythm.`));
    panel.draw(
      [{ label: 'Customer', kind: 'short' }, { label: 'Last purchase', kind: 'short' }, { label: 'Days late', kind: 'count' }, { label: 'Purchases', kind: 'count' }, { label: 'Revenue', kind: 'money' },
        ...(chances ? [{ label: 'Still a customer', kind: 'share' }, { label: 'At stake', kind: 'money' }] : []), { label: 'Why', kind: 'long' }],
      rows.map((row) => ({ cells: [
        clean(row.customer_id, 40), { text: period(row.last_purchase, 'day'), by: row.last_purchase }, row.days_late, row.purchases, row.revenue,
        ...(chances ? [row.probability_alive, row.value_at_stake] : []), clean(row.reason, 200),
      ] })),
    );
    panel.note(
      filtered ? OF_CUSTOMERS : null,
      chances
        ? 'Still a customer: the chance by the lifetime model. At stake: what the customer would spend in a year if he stays, less what is expected of him. Chances below 5 % are left out.'
        : 'Without a lifetime model these are the customers who are late. fit_mart() of the database adds chances, and what is at stake.',
    );
  }, 'Nobody is late or likely gone.');
}

// Fitted to two thirds of the time, held against the last third.
function modelPanel(context) {
  const panel = new ChartPanel({ id: 'model_quality', title: 'Does the lifetime model hold?', full: true, explain: () => context.define('model_quality') });
  return viewPanel(panel, 'model_quality', (now, rows, filtered) => {
    const all = rows.find((row) => row.repeat_group === 'all');
    const groups = rows.filter((row) => row.repeat_group !== 'all' && row.predicted_purchases !== null);
    if (!all || all.predicted_purchases === null) return panel.say(`There is nothing to compare: ${clean(all?.reason ?? rows[0]?.reason ?? 'there is no model', 300)}.`);
    const items = groups.map((row) => ({
      row, short: row.repeat_group, label: `${row.repeat_group} repeat purchases`, small: row.customers < SMALL, values: [row.predicted_purchases, row.actual_purchases],
      lines: [['Customers', format('count', row.customers)], ['Predicted', format('count', Math.round(row.predicted_purchases))], ['Actual', format('count', row.actual_purchases)]],
    }));
    panel.draw(bars(items, [{ name: 'Predicted', kind: 'count' }, { name: 'Actual', kind: 'count' }]),
      [{ label: 'Repeat purchases before', kind: 'text' }, { label: 'Customers', kind: 'count' }, { label: 'Predicted', kind: 'number' }, { label: 'Actual', kind: 'count' }, { label: 'Bias', kind: 'change' }],
      [...groups, all].map((row) => ({ small: row.customers < SMALL, cells: [row.repeat_group, row.customers, row.predicted_purchases, row.actual_purchases, row.bias] })));
    fill(panel.above, h('p.reading', {}, 'Predicted ', h('strong', {}, format('count', Math.round(all.predicted_purchases))), ` purchases, and there were ${format('count', all.actual_purchases)}${all.bias === null ? '' : ` (${format('change', all.bias)})`}.`));
    panel.note(
      filtered ? OF_CUSTOMERS : null,
      `By purchases after the first in the first two thirds of the time; what came in the last ${format('count', Math.round(all.holdout_days))} days was predicted from them.`,
      all.days_behind > 1 ? `The model in use is ${format('count', Math.round(all.days_behind))} days behind the data: fit_mart() fits anew.` : null,
      all.warnings ? `The fit warns: ${clean(all.warnings, 200)}.` : null,
      smallNote(items),
    );
  }, 'There is no model.');
}

const GRID = [['probability_alive', 'Still a customer'], ['expected_purchases_90_days', 'Expected in 90 days'], ['customers', 'Customers']];

// Who has bought often comes back sooner, so the same silence means more.
function gridPanel(context) {
  let measure = GRID[0][0];
  const panel = new Panel({
    id: 'model_grid', title: 'Who is still a customer, by purchases and silence', full: true,
    explain: () => `${context.define('model_grid') ?? ''} ${context.define('model_grid', measure) ?? ''}`.trim(),
    tools: [select('In the cells', GRID, measure, (m) => { measure = m; part.update(context.now()); })],
  });
  const part = viewPanel(panel, 'model_grid', (now, rows, filtered) => {
    const names = (column) => [...new Map([...rows].sort((a, b) => a[`${column}_sort`] - b[`${column}_sort`]).map((row) => [row[`${column}_sort`], row[column]])).values()];
    const repeats = names('repeat_group');
    const silences = names('recency_group');
    const at = new Map(rows.map((row) => [`${row.repeat_group} ${row.recency_group}`, row]));
    const most = measure === 'probability_alive' ? 1 : Math.max(0.01, ...rows.filter((row) => row.customers >= SMALL).map((row) => row[measure]));
    const kind = { probability_alive: 'whole share', expected_purchases_90_days: 'rating', customers: 'count' }[measure];
    fill(panel.body, colorTable(
      'Chance to be a customer still, by repeat purchases and days since the last purchase', repeats, silences.map((days) => `${days.split(' ')[0]}+`),
      (r, c) => {
        const row = at.get(`${repeats[r]} ${silences[c]}`);
        if (!row) return null;
        return {
          share: row.customers < SMALL ? null : row[measure] / most,
          text: format(kind, row[measure]),
          title: `${row.repeat_group} repeat purchases, the last ${row.recency_group} days ago: ${format('count', row.customers)} customers, still one with ${format('share', row.probability_alive)}, ${format('rating', row.expected_purchases_90_days)} purchases expected of each in 90 days`,
        };
      },
      { corner: ['Purchases after the first', 'Customers'], head: repeats.map((name) => [format('count', rows.filter((row) => row.repeat_group === name).reduce((sum, row) => sum + row.customers, 0))]) },
    ));
    panel.note(
      filtered ? OF_CUSTOMERS : null,
      'Columns: days since the last purchase, from so many on to the next column. Who bought often and has stopped is gone sooner than who bought once.',
      rows.some((row) => row.customers < SMALL) ? 'Grey: fewer than 30 customers; read with care.' : null,
    );
  }, 'There is no model: fit_mart() of the database fits one.');
  return part;
}

export function customers(context) {
  const { data } = context;
  const { views = {}, missing = {} } = data;
  const parts = [];
  const absent = [];
  const people = context.locked ? null : customerPanel(context);
  const put = (view, title, make) => {
    if (views[view]) parts.push(make());
    else absent.push([title, missingWhy(missing[view])]);
  };
  for (const segment of SEGMENTS) {
    const { view, title, column, reported } = segment;
    if (data.breakdown[column]?.length && !(reported && data.dated)) parts.push(breakdownPanel(context, view, title, column, ['customers', 'revenue']));
    else put(view, title, () => segmentPanel(context, segment, people));
  }
  put('revenue_concentration', 'How much the best customers bring', () => concentrationPanel(context));
  put('cohort_retention', 'Who comes back', () => retentionPanel(context, people));
  put('lifecycle', 'Customers gained and lost', () => lifecyclePanel(context));
  if (people) parts.push(people);
  put('contact_list', 'Customers to contact', () => contactPanel(context));
  put('model_grid', 'Who is still a customer, by purchases and silence', () => gridPanel(context));
  if (views.acquisition_payback) parts.push(paybackPanel(context));
  put('model_quality', 'Does the lifetime model hold?', () => modelPanel(context));
  return {
    nodes: [h('div.panels', {}, parts.map(({ panel }) => panel.node)), absentList(absent)],
    update: (now, arrived) => updateParts(parts, now, arrived),
    ready: () => people?.ready(),
    dispose: () => parts.forEach(({ panel }) => panel.dispose()),
  };
}
