// The page Trends: where revenue goes, what was odd, why it moved, and what is bought together.
import { marginPeriodPanel } from './margins.mjs';
import { absentList, missingWhy } from './overview.mjs';
import { indices, intervals, outlook, SMALL, waterfall } from './plots.mjs';
import { ChartPanel, OF_ROWS, TablePanel, legend, select, smallNote, updateParts, viewPanel } from './parts.mjs';
import { fill, h, keepFocus } from './dom.mjs';
import { clean, format, period, signed, valueName, words } from './format.mjs';
import { showPurchases } from './lists.mjs';
import { daysOf } from './period.mjs';

const MOST_ROWS = 5000; // that the database gives of a view
const MOST_MONTHS = 60;
const MOST_DAYS = 90;
const UNITS = {
  month: { label: 'Months', one: 'month', most: MOST_MONTHS, season: 12, before: 'the same month a year before' },
  day: { label: 'Days', one: 'day', most: MOST_DAYS, season: 7, before: 'the same weekday a week before' },
  // of a calendar whose periods are no months
  period: { label: 'Periods', one: 'period', most: MOST_MONTHS, before: 'the same period a year before' },
};
// how its periods are called, at an axis and in words
const NAMES = { month: ['month', 'month'], day: ['day', 'weekday'], period: ['day', 'day'] };
// The periods of a mart's calendar are weeks, or four or five of them.
const seasonOf = (unit, rows) => UNITS[unit].season ?? (rows.length > 1 && Date.parse(rows[1].period_start) - Date.parse(rows[0].period_start) > 20 * 864e5 ? 12 : 52);

const sentence = (text) => {
  const line = clean(text, 300);
  return `${line.charAt(0).toUpperCase()}${line.slice(1)}.`;
};
// What lists the purchases of a month or day: these views look at all days until the end of the period.
const purchasesOf = ({ data, filters, locked }, start, unit, title) =>
  (locked ? undefined : () => showPurchases({ mart: data.mart, title: `Purchases of ${title}`, filters, period: daysOf(start, start, unit, { as_of: data.period?.to ?? data.as_of, period: null }) }));
const reasons = (rows) => [...new Set(rows.map((row) => row.reason).filter(Boolean))];

// A select whose options are those of the data: it is made anew only when they change, so that it keeps the focus.
function choice(label, onchange) {
  const node = h('span');
  let made = null;
  function offer(options, chosen) {
    const key = JSON.stringify([options, chosen]);
    if (key === made) return;
    made = key;
    keepFocus(node, () => {
      fill(node, options.length > 1 ? select(label, options, chosen, (value) => { made = null; onchange(value); }) : null);
      node.firstChild?.setAttribute('data-focus', label);
    });
  }
  return { node, offer };
}

// ETS(error, trend, season) in words
function modelWords(model) {
  const [, error, trend, season] = /^ETS\(([AM]),(N|Ad?|Md?),([NAM])\)$/.exec(model) ?? [];
  if (!error) return '';
  const trends = { N: 'without a trend', A: 'with a trend', Ad: 'with a trend that fades' };
  return ` (${trends[trend] ?? 'with a trend'}, ${season === 'N' ? 'without a season' : 'with a season'})`;
}

function outlookPanel(context) {
  let unit = 'month';
  const units = choice('Unit of the forecast', (u) => { unit = u; part.update(context.now()); });
  const panel = new ChartPanel({ id: 'revenue_forecast', title: 'Revenue, and what to expect', full: true, explain: () => context.define('revenue_forecast'), tools: [units.node] });
  const part = viewPanel(panel, 'revenue_anomaly', (now, all, filtered) => {
    // it comes with the other view, unless it failed
    const given = now.data.views.revenue_forecast;
    const coming = Array.isArray(given) ? given : [];
    const choices = Object.entries(UNITS).filter(([u]) => all.some((row) => row.unit === u) || coming.some((row) => row.unit === u && row.forecast !== null));
    if (!choices.some(([u]) => u === unit)) [[unit]] = choices;
    units.offer(choices.map(([u, { label }]) => [u, label]), unit);
    const { one, most, before } = UNITS[unit];
    const [axis, inWords] = NAMES[unit];
    const past = all.filter((row) => row.unit === unit);
    const ahead = coming.filter((row) => row.unit === unit);
    const expected = ahead.filter((row) => row.forecast !== null);
    const known = (row, is) => {
      const label = period(row.period_start, inWords);
      return { row, short: period(row.period_start, axis), label, value: null, forecast: null, low: null, high: null, naive: null, odd: false, ...is };
    };
    const points = [
      ...past.slice(-most).map((row) => known(row, {
        value: row.revenue, odd: row.is_anomaly === true, toggle: purchasesOf(now, row.period_start, unit, period(row.period_start, unit === 'day' ? 'weekday' : 'month')),
        lines: [['Revenue', format('money', row.revenue)], ...(row.expected === null ? [] : [['Trend and season', format('money', row.expected)]]),
          ...(row.score === null ? [] : [['Score', signed('rating', row.score)]]), ...(row.is_anomaly ? [['Odd', row.score > 0 ? 'above' : 'below']] : [])],
      })),
      ...expected.map((row) => known(row, {
        forecast: row.forecast, low: row.lower, high: row.upper, naive: row.naive_forecast,
        lines: [['Forecast', format('money', row.forecast)], ...(row.lower === null ? [] : [['95 % interval', `${format('money', row.lower)} to ${format('money', row.upper)}`]]),
          ['Seasonal naive', format('money', row.naive_forecast)]],
      })),
    ];
    panel.draw({ ...outlook(points), action: 'lists its purchases' },
      [{ label: words(one), kind: 'text' }, { label: 'Revenue', kind: 'money' }, { label: 'Forecast', kind: 'money' }, { label: 'From', kind: 'money' }, { label: 'To', kind: 'money' }, { label: 'Seasonal naive', kind: 'money' },
        { label: 'Trend and season', kind: 'money' }, { label: 'Score', kind: 'rating' }, { label: 'Odd', kind: 'text' }],
      points.map(({ row, label, value, forecast, low, high, naive, odd, toggle }) => ({ cells: [toggle ? { text: label, act: toggle, key: `outlook ${row.period_start}`, title: 'Purchases behind it' } : label, value, forecast, low, high, naive, row.expected ?? null, row.score ?? null, value === null || row.is_anomaly === null ? null : odd ? 'Yes' : 'No'] })));
    const [next] = expected;
    const short = next && next.period_count < seasonOf(unit, ahead);
    const why = reasons(ahead);
    fill(panel.above,
      next
        ? h('p.reading', {}, `${unit === 'period' ? 'From ' : ''}${period(next.period_start, inWords)}: `, h('strong', {}, format('money', next.forecast)),
          next.lower === null ? ' expected.' : ` expected, with a probability of 95 % between ${format('money', next.lower)} and ${format('money', next.upper)}.`)
        : null,
      h('p.reading', {}, next
        ? `Exponential smoothing ${clean(next.model, 40)}${modelWords(next.model)} from ${format('count', next.period_count)} ${one}s; beside it seasonal naive, ${short ? `the ${one} before` : before}.`
        : `No forecast: ${clean(why[0] ?? (unit === 'day' ? 'days are forecast where there is a year of them' : `no ${one} was over at the time of the data`), 300)}.`),
      legend([{ label: 'Revenue', color: 0, shape: 'line' },
        ...(next ? [{ label: 'Forecast', color: 0, shape: 'dashed' }, ...(expected.some((row) => row.lower !== null) ? [{ label: '95 % interval', color: 0, shape: 'band' }] : []), { label: 'Seasonal naive', color: 7, shape: 'dotted' }] : []),
        ...(points.some((p) => p.odd) ? [{ label: `Odd ${one}`, color: 4, shape: 'diamond' }] : [])]));
    const doubts = reasons(past);
    panel.note(
      filtered ? OF_ROWS : null,
      next && why.length ? sentence(why.join('; ')) : null,
      past.some((row) => row.is_anomaly !== null) ? null : past.length ? `Whether a ${one} is odd cannot be said: ${clean(doubts[0] ?? 'there is no score', 300)}.` : null,
      doubts.length && past.some((row) => row.is_anomaly !== null) ? `Odd ${one}s are judged by the trend alone: ${clean(doubts.join('; '), 200)}.` : null,
      past.length > most ? `The newest ${most} of ${format('count', past.length)} ${one}s are shown.` : null,
      now.locked ? null : 'A click on a point of the past, or Enter, lists its purchases.',
      next ? 'A forecast says how it goes on if nothing changes. It knows of no plans, prices or holidays.' : null,
    );
  }, 'No month or day was over at the time of the data.');
  return part;
}

function oddDaysPanel(context) {
  const panel = new TablePanel({ id: 'revenue_anomaly', title: 'Odd days', full: true, explain: () => context.define('revenue_anomaly') });
  return viewPanel(panel, 'revenue_anomaly', (now, all, filtered) => {
    const days = all.filter((row) => row.unit === 'day');
    const judged = days.filter((row) => row.is_anomaly !== null);
    const odd = days.filter((row) => row.is_anomaly).reverse();
    const doubts = reasons(days);
    if (!judged.length) return panel.say(`It cannot be said which days are odd: ${clean(doubts[0] ?? 'no day was over at the time of the data', 300)}.`);
    if (!odd.length) return panel.say(`No day of ${format('count', judged.length)} is odd${filtered ? ' under these filters' : ''}.`);
    fill(panel.above, h('p.reading', {}, h('strong', {}, format('count', odd.length)), ` of ${format('count', judged.length)} days.`));
    panel.draw(
      [{ label: 'Day', kind: 'short' }, { label: 'Above or below', kind: 'short' }, { label: 'Revenue', kind: 'money' }, { label: 'Expected', kind: 'money' }, { label: 'Score', kind: 'rating' }],
      odd.map((row) => {
        const difference = row.revenue - row.expected;
        return { cells: [
          { text: period(row.period_start, 'weekday'), by: row.period_start, act: purchasesOf(now, row.period_start, 'day', period(row.period_start, 'weekday')), key: `odd ${row.period_start}`, title: 'Purchases of this day' },
          { text: `${difference < 0 ? '▼ below' : '▲ above'} by ${format('money', Math.abs(difference))}`, by: difference },
          row.revenue, row.expected, { text: signed('rating', row.score), by: row.score },
        ] };
      }),
      { at: 0, down: true },
    );
    panel.note(
      filtered ? OF_ROWS : null,
      'Odd: more than 3.5 standard deviations (robust ones, that odd days do not bend) from what trend and weekday let expect; that is the score.',
      odd.length > judged.length / 10 ? 'More than one day in ten is odd: read with care. Where most days have no revenue there is no usual day to judge by.' : null,
      doubts.length ? sentence(doubts.join('; ')) : null,
    );
  }, 'No day was over at the time of the data.');
}

const SPLITS = { drivers: 'By drivers', customers: 'By customers' };
const PARTS = { new: 'New customers', returning: 'Returning customers', kept: 'Kept customers', lost: 'Lost customers', other: 'Others' };
const SPLIT_NOTES = {
  drivers: 'Revenue is the product of these figures. They change one after the other, in this order; a bar is what that changes.',
  customers: 'New: first purchase in this month. Returning: bought before, but nothing in the month before. Kept: in both months. Lost: in the month before only. Others: rows without a customer, and customers with returns only.',
};
const partName = (row) => (row.split === 'customers' ? (PARTS[row.part] ?? words(row.part)) : words(row.part));
const figure = (row, value) => format(row.split === 'customers' ? 'exact money' : row.part === 'customers' ? 'count' : /^amount/.test(row.part) ? 'average' : 'number', value);

function changePanel(context) {
  let month = null; // that the reader has chosen
  let split = 'drivers';
  const months = choice('Month of the change', (m) => { month = m; part.update(context.now()); });
  const splits = choice('Split of the change', (s) => { split = s; part.update(context.now()); });
  const panel = new ChartPanel({ id: 'revenue_change_month', title: 'Why revenue moved', full: true, explain: () => context.define('revenue_change_month'), tools: [months.node, splits.node] });
  const part = viewPanel(panel, 'revenue_change_month', (now, all, filtered) => {
    const complete = new Map(all.map((row) => [row.month_start, row.complete]));
    const known = [...complete.keys()].sort().reverse();
    const chosen = complete.has(month) ? month : (known.find((m) => complete.get(m)) ?? known[0]);
    months.offer(known.map((m) => [m, period(m, 'month') + (complete.get(m) ? '' : ' (not over yet)')]), chosen);
    const rows = all.filter((row) => row.month_start === chosen).sort((a, b) => a.split_sort - b.split_sort || a.part_sort - b.part_sort);
    const present = Object.entries(SPLITS).filter(([s]) => rows.some((row) => row.split === s));
    if (!present.some(([s]) => s === split)) [[split]] = present;
    splits.offer(present, split);
    // the revenue of all customers, and others, is that of the month
    const total = (key) => rows.filter((row) => row.split === 'customers').reduce((sum, row) => sum + (row[key] ?? 0), 0);
    const [before, after] = [total('figure_before'), total('figure_after')];
    const previous = new Date(`${chosen}T00:00:00Z`);
    previous.setUTCMonth(previous.getUTCMonth() - 1);
    const names = [period(previous.toISOString(), 'month'), period(chosen, 'month') + (complete.get(chosen) ? '' : ' (not over yet)')];
    const steps = [];
    let sum = before;
    for (const row of rows.filter((r) => r.split === split)) {
      const label = partName(row);
      steps.push({
        short: label, label, text: signed('money', row.contribution), from: sum, to: sum + row.contribution,
        lines: [['Contribution', signed('exact money', row.contribution)], [names[0], figure(row, row.figure_before)], [names[1], figure(row, row.figure_after)]],
      });
      sum += row.contribution;
    }
    // Where little moves, bars from zero would hide it.
    const ends = [before, after, ...steps.flatMap((step) => [step.from, step.to])];
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    const cut = low > 0 && high - low < 0.3 * high;
    const size = 10 ** Math.floor(Math.log10(Math.max(high - low, 1e-9)));
    const start = cut && high > low ? Math.max(0, Math.floor((low - 0.5 * (high - low)) / size) * size) : 0;
    const whole = (name, value) => ({ short: name, label: name, text: format('money', value), from: start, to: value, total: true, lines: [['Revenue', format('exact money', value)]] });
    panel.draw(waterfall([whole(names[0], before), ...steps, whole(names[1], after)], start),
      [{ label: 'Part', kind: 'text' }, { label: 'Split', kind: 'text' }, { label: names[0], kind: 'number' }, { label: names[1], kind: 'number' }, { label: 'Contribution', kind: 'exact money' }],
      [
        ...rows.map((row) => ({ cells: [partName(row), SPLITS[row.split] ?? words(row.split), { text: figure(row, row.figure_before) }, { text: figure(row, row.figure_after) }, { text: signed('exact money', row.contribution) }] })),
        { cells: ['Revenue', 'All', { text: format('exact money', before) }, { text: format('exact money', after) }, { text: signed('exact money', after - before) }] },
      ]);
    fill(panel.above, h('p.reading', {}, `${names[1]}: `, h('strong', {}, format('money', after)), `, ${signed('money', after - before)}${before > 0 ? ` (${format('change', after / before - 1)})` : ''} against ${names[0]}.`));
    panel.note(
      filtered ? OF_ROWS : null,
      SPLIT_NOTES[split],
      start > 0 ? `The bars of the months begin at ${format('money', start)}, not at zero.` : null,
      'The table has both splits; the parts of each add up to the change.',
    );
  }, 'There is no month with one before it.');
  return part;
}

const SEASONS = { weekday: 'weekdays', month: 'months', period: 'periods' };

// Of the first of these seasons, and of the others where the mart has them.
function seasonPanel(context, seasons, title) {
  let [season] = seasons;
  const offered = choice('Unit of the season', (s) => { season = s; part.update(context.now()); });
  const panel = new ChartPanel({ id: `season_${season}`, title, explain: () => context.define('season_index'), tools: [offered.node] });
  const part = viewPanel(panel, 'season_index', (now, all, filtered) => {
    const present = seasons.filter((s) => all.some((row) => row.season === s));
    if (present.length && !present.includes(season)) [season] = present;
    offered.offer(present.map((s) => [s, words(SEASONS[s])]), season);
    const rows = all.filter((row) => row.season === season).sort((a, b) => a.season_number - b.season_number);
    const known = rows.filter((row) => row.season_index !== null);
    if (!known.length) return panel.say(`It cannot be said: ${clean(reasons(rows)[0] ?? 'there is no whole season', 300)}.`);
    const kind = SEASONS[season];
    const points = rows.map((row) => {
      const label = clean(row.season_label, 20);
      return { short: label.slice(0, 3), label, value: row.season_index, row, lines: [['Index', format('rating', row.season_index)], ['Against the average', format('change', row.season_index - 1)], [`Median of ${kind}`, format('count', row.season_count)]] };
    });
    panel.draw(indices(points),
      [{ label: words(season), kind: 'text' }, { label: 'Index', kind: 'rating' }, { label: 'Against the average', kind: 'change' }, { label: words(kind), kind: 'count' }],
      points.map(({ label, row }) => ({ cells: [label, row.season_index, row.season_index === null ? null : row.season_index - 1, row.season_count] })));
    const sorted = [...known].sort((a, b) => b.season_index - a.season_index);
    const tell = (row) => [h('strong', {}, clean(row.season_label, 20)), ` (${format('change', row.season_index - 1)})`];
    const at = season === 'weekday' ? 'on' : 'in';
    fill(panel.above, h('p.reading', {}, `Most ${at} `, ...tell(sorted[0]), `, least ${at} `, ...tell(sorted.at(-1)), '.'));
    const { strength } = rows[0];
    panel.note(
      filtered ? OF_ROWS : null,
      `Dashed: the average, which is 1.${strength === null ? '' : ` Strength of the season: ${format('rating', strength)}, from 0 (none) to 1 (nothing else moves revenue).`}`,
    );
  }, 'No day was over at the time of the data.');
  return part;
}

const TRENDS = [['new', 'New'], ['rising', 'Rising'], ['falling', 'Falling'], ['discontinued', 'Discontinued'], ['flat', 'Flat']];

function productPanel(context) {
  let trend = null;
  const panel = new TablePanel({ id: 'product_trend', title: 'Products that rise and fall', full: true, explain: () => `${context.define('product_trend') ?? ''} ${context.define('product_trend', 'trend') ?? ''}`.trim() });
  const part = viewPanel(panel, 'product_trend', (now, all, filtered) => {
    const of = (t) => all.filter((row) => row.trend === t);
    const pick = (t, text, n) =>
      h('button.quiet', { type: 'button', 'aria-pressed': String(trend === t), 'data-focus': `trend ${t}`, onclick: () => { trend = t; part.update(context.now()); } }, `${text} ${format('count', n)}`);
    keepFocus(panel.above, () => fill(panel.above,
      h('div.choices', { role: 'group', 'aria-label': 'Trend of the products' }, pick(null, 'All', all.length), TRENDS.map(([t, text]) => pick(t, text, of(t).length)))));
    const rows = trend === null ? all : of(trend);
    const name = (row) => valueName(row.product, 100);
    panel.draw(
      [{ label: 'Product', kind: 'text' }, { label: 'Trend', kind: 'text' }, { label: 'Slope a month', kind: 'money' }, { label: 'Growth', kind: 'change', title: 'Last three months against the three before' }, { label: 'p', kind: 'p' },
        { label: 'Revenue', kind: 'money' }, { label: 'Share', kind: 'share' }, { label: 'Class', kind: 'text' }, { label: 'Purchases', kind: 'count' }],
      rows.map((row) => ({
        small: row.purchases < SMALL,
        cells: [
          name(row), { text: TRENDS.find(([t]) => t === row.trend)?.[1] ?? words(row.trend), by: row.trend_sort, title: row.reason ? sentence(row.reason) : undefined },
          row.slope === null ? null : { text: signed('money', row.slope), by: row.slope }, row.growth, row.p_value, row.revenue, row.revenue_share, row.abc_class, row.purchases,
        ],
      })),
      { at: 1, down: false },
    );
    const why = reasons(rows);
    panel.note(
      filtered ? OF_ROWS : null,
      'Rising, falling: revenue goes up or down from month to month with p < 0.05, and the last three months say the same. p < 0.05: if revenue only jumped about by chance, fewer than one product in twenty would look so. New: first sold in the last three months. Discontinued: not sold in them. Flat: none of these.',
      'Slope: what a month has more than the one before. Growth: the last three months against the three before. Class A: the best products, which bring 80 % of the revenue together; B: those up to 95 %; C: the others.',
      why.length ? `No slope, or no test, where: ${clean(why.join('; '), 200)}.` : null,
      all.length >= MOST_ROWS ? `Only the first ${format('count', MOST_ROWS)} products, by trend and name.` : null,
      smallNote(rows.map((row) => ({ small: row.purchases < SMALL }))),
    );
  });
  return part;
}

function basketPanel(context) {
  const panel = new TablePanel({ id: 'basket_rule', title: 'Bought in the same order', full: true, explain: () => context.define('basket_rule') });
  return viewPanel(panel, 'basket_rule', (now, rows, filtered) => {
    panel.draw(
      [{ label: 'Who buys', kind: 'text' }, { label: 'also buys', kind: 'text' }, { label: 'Orders', kind: 'count' }, { label: 'Support', kind: 'fine share' }, { label: 'Confidence', kind: 'share' }, { label: 'Lift', kind: 'rating' }, { label: 'q', kind: 'p' }],
      rows.map((row) => ({ small: row.order_count < SMALL, cells: [clean(row.antecedent, 200), clean(row.consequent, 100), row.order_count, row.support, row.confidence, row.lift, row.q_value] })),
      { at: 5, down: true },
    );
    panel.note(
      filtered ? OF_ROWS : null,
      `Of ${format('count', rows[0].orders)} orders. Support: orders with all of these products. Confidence: how many with the first have the second, too. Lift: confidence against the share of the second in all orders; 1 is chance, less than 1 means that they are bought instead of each other.`,
      'q: so many of the rules with this q or a lower one are chance.',
      rows.length >= MOST_ROWS ? `Only the ${format('count', MOST_ROWS)} rules of the highest lift.` : null,
      smallNote(rows.map((row) => ({ small: row.order_count < SMALL }))),
    );
  }, 'No products are together in orders often enough: a rule needs five orders, and one in a thousand.');
}

function companionPanel(context) {
  let product; // that the reader has chosen
  const products = choice('Product', (at) => { product = known[at]; part.update(context.now()); });
  let known = [];
  const panel = new ChartPanel({ id: 'product_affinity', title: 'Bought by the same customers', full: true, explain: () => context.define('product_affinity'), tools: [products.node] });
  const part = viewPanel(panel, 'product_affinity', (now, all, filtered) => {
    const customers = new Map(all.map((row) => [row.product, row.product_customers]));
    known = [...customers.keys()];
    // the best known one, unless one is chosen
    const chosen = customers.has(product) ? product : known.reduce((best, p) => (customers.get(p) > customers.get(best) ? p : best), known[0]);
    products.offer(known.map((p, i) => [String(i), valueName(p, 40)]), String(known.indexOf(chosen)));
    const rows = all.filter((row) => row.product === chosen).sort((a, b) => a.companion_rank - b.companion_rank);
    const range = (row) => (row.lift_low === null || row.lift_high === null ? '–' : `${format('rating', row.lift_low)} to ${format('rating', row.lift_high)}`);
    const items = rows.map((row) => ({
      row, short: valueName(row.companion, 30), label: valueName(row.companion, 100), small: row.common_customers < SMALL, marks: [{ value: row.lift, low: row.lift_low, high: row.lift_high }],
      lines: [['Lift', format('rating', row.lift)], ['95 % interval', range(row)], ['Confidence', format('share', row.confidence)], ['Customers of both', format('count', row.common_customers)]],
    }));
    panel.draw(intervals(items, [{ name: 'Lift', color: 0 }], { zero: 1 }),
      [{ label: 'Companion', kind: 'text' }, { label: 'Customers of both', kind: 'count' }, { label: 'Confidence', kind: 'share' }, { label: 'Lift', kind: 'rating' }, { label: '95 % interval', kind: 'text' }, { label: 'p', kind: 'p' }],
      items.map(({ row, label, small }) => ({ small, cells: [label, row.common_customers, row.confidence, row.lift, range(row), row.p_value] })));
    const [best] = rows;
    fill(panel.above, h('p.reading', {}, 'Of ', h('strong', {}, format('count', best.product_customers)), ' customers of ', h('bdi', {}, valueName(chosen, 60)), ', ', h('strong', {}, format('share', best.confidence)), ' have bought ', h('bdi', {}, valueName(best.companion, 60)), `, too: ${format('rating', best.lift)} times as many as of all customers.`));
    panel.note(
      filtered ? OF_ROWS : null,
      'Lift, with 95 % intervals: the share who bought it among the customers of the product, against that of all customers. Line: 1, chance.',
      all.length >= MOST_ROWS ? `Only the first ${format('count', MOST_ROWS)} pairs: the best companions of each product.` : null,
      items.some((item) => item.small) ? 'Grey: fewer than 30 customers of both; read with care.' : null,
    );
  }, 'No two products are bought by the same customers often enough: a pair needs five of them.');
  return part;
}

function nextPanel(context) {
  let product; // that the reader has chosen
  const products = choice('Product bought before', (at) => { product = known[at]; part.update(context.now()); });
  let known = [];
  const panel = new ChartPanel({ id: 'next_product', title: 'Bought next', full: true, explain: () => context.define('next_product'), tools: [products.node] });
  const part = viewPanel(panel, 'next_product', (now, all, filtered) => {
    const orders = new Map(all.map((row) => [row.product, row.followed_orders]));
    known = [...orders.keys()];
    // the most frequent known one, unless one is chosen
    const chosen = orders.has(product) ? product : known.reduce((best, p) => (orders.get(p) > orders.get(best) ? p : best), known[0]);
    products.offer(known.map((p, i) => [String(i), valueName(p, 40)]), String(known.indexOf(chosen)));
    const rows = all.filter((row) => row.product === chosen).sort((a, b) => a.next_rank - b.next_rank);
    const again = (row) => (row.is_repurchase ? ' (again)' : '');
    const range = (row) => `${format('share', row.share_low)} to ${format('share', row.share_high)}`;
    const items = rows.map((row) => ({
      row, short: valueName(row.next_product, 30) + again(row), label: valueName(row.next_product, 100) + again(row), small: row.next_customers < SMALL, marks: [{ value: row.share, low: row.share_low, high: row.share_high }],
      lines: [['Share', format('share', row.share)], ['95 % interval', range(row)], ['Lift', format('rating', row.lift)], ['Orders', format('count', row.order_count)], ['Days between (median)', format('rating', row.median_days)]],
    }));
    panel.draw(intervals(items, [{ name: 'Share', color: 0 }], { zero: 0 }),
      [{ label: 'Next product', kind: 'text' }, { label: 'Orders', kind: 'count' }, { label: 'Share', kind: 'share' }, { label: '95 % interval', kind: 'text' }, { label: 'Lift', kind: 'rating' }, { label: 'Days (median)', kind: 'rating' }],
      items.map(({ row, label, small }) => ({ small, cells: [label, row.order_count, row.share, range(row), row.lift, row.median_days] })));
    const [best] = rows;
    fill(panel.above, h('p.reading', {}, 'After ', h('strong', {}, format('count', best.followed_orders)), ' orders with ', h('bdi', {}, valueName(chosen, 60)), ' the customer came back within 90 days: in ', h('strong', {}, format('share', best.share)), ' of them with ', h('bdi', {}, valueName(best.next_product, 60)), '.'));
    panel.note(
      filtered ? OF_ROWS : null,
      'Share of the next orders that have the product, with 95 % intervals. Orders whose 90 days are not over do not count.',
      all.length >= MOST_ROWS ? `Only the first ${format('count', MOST_ROWS)} pairs: the most frequent ones of each product.` : null,
      items.some((item) => item.small) ? 'Grey: fewer than 30 customers; read with care.' : null,
    );
  }, 'No product is followed by another one often enough: that needs five orders.');
  return part;
}

export function trends(context) {
  const { views = {}, missing = {} } = context.data;
  const parts = [];
  const absent = [];
  const put = (view, title, make) => {
    if (views[view]) parts.push(make());
    else absent.push([title, missingWhy(missing[view])]);
  };
  put('revenue_anomaly', 'Revenue, and what to expect', () => outlookPanel(context));
  put('revenue_anomaly', 'Odd days', () => oddDaysPanel(context));
  put('revenue_change_month', 'Why revenue moved', () => changePanel(context));
  if (views.margin_period) parts.push(marginPeriodPanel(context));
  put('season_index', 'Season by weekday', () => seasonPanel(context, ['weekday'], 'Season by weekday'));
  put('season_index', 'Season by month', () => seasonPanel(context, ['month', 'period'], 'Season by month'));
  put('product_trend', 'Products that rise and fall', () => productPanel(context));
  put('basket_rule', 'Bought in the same order', () => basketPanel(context));
  put('product_affinity', 'Bought by the same customers', () => companionPanel(context));
  put('next_product', 'Bought next', () => nextPanel(context));
  return {
    nodes: [h('div.panels', {}, parts.map(({ panel }) => panel.node)), absentList(absent)],
    update: (now, arrived) => updateParts(parts, now, arrived),
    dispose: () => parts.forEach(({ panel }) => panel.dispose()),
  };
}
