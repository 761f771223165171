// The page Overview: key figures and panels that filter each other.
import { bars, donut, line, SMALL } from './plots.mjs';
import { ChartPanel, Panel, colorTable, infoButton, select, smallNote, swatch } from './parts.mjs';
import { fill, h } from './dom.mjs';
import { MEASURES, MORE, clean, format, period, valueName } from './format.mjs';
import { showPurchases } from './lists.mjs';
import { daysOf, inWords } from './period.mjs';
import { chosenOf, toggled, toggledCell } from './state.mjs';

// What a row of a breakdown says when one points at it.
export function measureLines(row, filtered, names = ['revenue', 'purchases', 'customers', 'average_amount']) {
  return names.flatMap((measure) => {
    const { label, kind } = MEASURES[measure];
    if (row[`${measure}_all`] === null && row[measure] === null) return [];
    const all = filtered ? ` of ${format(kind, row[`${measure}_all`])}` : '';
    return [[label, format(kind, row[measure]) + (MEASURES[measure].adds ? all : filtered ? ` (all: ${format(kind, row[`${measure}_all`])})` : '')]];
  });
}

const isSmall = (row) => row.purchases > 0 && row.purchases < SMALL;
const key = (...parts) => JSON.stringify(parts);

// Values that have an order of their own; the others stand by revenue, of all, so that filters do not move them.
const ORDERED = new Set(['age_group', 'season', 'size', 'loyalty_tier', 'purchase_frequency', 'spend_tier', 'subscribed', 'discounted']);
const inOrderOf = (dimension, rows, measure = 'revenue') =>
  ORDERED.has(dimension) ? rows : [...rows].sort((a, b) => (b[`${measure}_all`] ?? -Infinity) - (a[`${measure}_all`] ?? -Infinity));
// Few purchases say little of a rate or an average; a sum is what it is.
const doubtful = (measures) => measures.some((m) => !MEASURES[m].adds);

// A panel of bars for one dimension.
function drawBreakdown(panel, context, dimension, measures) {
  const { data, filters, setFilters, locked } = context;
  const filtered = Object.keys(filters).some((d) => d !== dimension);
  const chosen = chosenOf(filters, dimension) !== undefined;
  const rows = inOrderOf(dimension, data.breakdown[dimension], measures[0]).map((row) => ({
    short: valueName(row.value, 40),
    label: valueName(row.value, 120),
    value: row.value,
    pressed: row.selected,
    faded: chosen && !row.selected,
    small: doubtful(measures) && isSmall(row),
    lines: measureLines(row, filtered, [...new Set([...measures, 'revenue', 'purchases', 'customers', 'average_amount'])]),
    toggle: locked ? undefined : () => setFilters(toggled(filters, dimension, row.value)),
    rows: locked ? undefined : () => showPurchases({ mart: data.mart, title: `Purchases of ${clean(context.label(dimension), 30)} ${valueName(row.value, 60)}`, filters: { ...filters, [dimension]: [row.value] }, period: context.period }),
    values: measures.map((m) => row[m]),
    all: filtered ? measures.map((m) => row[`${m}_all`]) : undefined,
  }));
  const series = measures.map((m) => ({ name: MEASURES[m].label, kind: MEASURES[m].kind }));
  const { label = dimension, values_left_out: leftOut = 0 } = data.dimensions.find((d) => d.dimension === dimension) ?? {};
  panel.draw(
    bars(rows, series, { rowHeight: rows.length > 12 ? 26 : 34 }),
    [{ label: clean(label, 40), kind: 'text' }, ...series.flatMap((s) => [{ label: s.name, kind: s.kind }, ...(filtered ? [{ label: `${s.name}, whole mart`, kind: s.kind }] : [])])],
    rows.map((row) => ({
      small: row.small,
      cells: [
        row.toggle ? { text: row.label, toggle: row.toggle, rows: row.rows, pressed: row.pressed, key: key(dimension, row.value) } : row.label,
        ...row.values.flatMap((v, i) => (filtered ? [v, row.all[i]] : [v])),
      ],
    })),
  );
  panel.note(
    smallNote(rows),
    filtered ? h('p.key', {}, h('span.ghost', { 'aria-hidden': 'true' }), 'behind: the whole mart') : null,
    locked ? null : h('p.unseen', {}, 'Shift and a click on a bar, or Shift and Enter, list its purchases.'),
    leftOut > 0 ? `${format('count', leftOut)} more values, with less revenue, are not shown.` : null,
  );
}

// The figures of the cards: where the mart has no ratings, subscriptions or discounts, others that it has.
export function cardNames({ kpi, more }) {
  const spare = Object.keys(MORE).filter((name) => more?.[name] !== undefined && more[name] !== null);
  return Object.keys(MEASURES).map((name) => (kpi[`${name}_all`] === null && MEASURES[name].absent ? (spare.shift() ?? name) : name));
}

// A line of the values, without axes; what is not known, or not over, is left out.
const SVG = 'http://www.w3.org/2000/svg';
function sparkline(values) {
  const known = values.map((v, i) => [i, v]).filter(([, v]) => v !== null && v !== undefined);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 100 24');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  if (known.length < 2) return svg;
  const low = Math.min(...known.map(([, v]) => v));
  const high = Math.max(...known.map(([, v]) => v));
  const at = ([i, v]) => `${((100 * i) / (values.length - 1)).toFixed(2)},${(22 - (20 * (v - low)) / (high - low || 1)).toFixed(2)}`;
  const path = document.createElementNS(SVG, 'polyline');
  path.setAttribute('points', known.map(at).join(' '));
  svg.append(path);
  return svg;
}

// Against the period before: by how much, and what it was; in words for those who do not see the arrow.
function changeWords(kind, change, before) {
  const was = format(kind, before);
  if (change === null || change === undefined) return `was ${was}`;
  return change === 0 ? `as before, ${was}` : `${change > 0 ? '▲' : '▼'} ${format('change', change)} against ${was}`;
}

function cards(context) {
  const node = h('ul.cards', { 'aria-label': 'Key figures' });
  const places = cardNames(context.data).map((measure) => {
    const { label, kind, absent, adds } = MEASURES[measure] ?? MORE[measure];
    const value = h('p.value');
    const compare = h('p.compare');
    const change = h('p.change', { hidden: true });
    const spark = h('div.spark');
    let info;
    const button = infoButton(label, () => MORE[measure]?.text ?? context.define('kpi_total', measure), (text) => (info = text));
    node.append(h('li.card', { 'data-measure': measure }, h('h2', {}, label, button), value, change, compare, spark, info));
    return ({ data }, filtered) => {
      const { kpi, more, comparison, trend } = data;
      const extra = MORE[measure] !== undefined;
      const now = extra ? (more?.[measure] ?? null) : kpi[measure];
      const all = extra ? undefined : kpi[`${measure}_all`];
      const before = extra ? comparison?.more?.[measure] : comparison?.kpi[measure];
      change.hidden = !comparison;
      if (comparison) change.textContent = changeWords(kind, extra ? (before > 0 && now !== null ? now / before - 1 : null) : comparison.change[measure], before ?? null);
      spark.hidden = !trend?.points;
      fill(spark, trend?.points && !extra && all !== null ? sparkline(trend.points.map((p) => (p.complete ? p[measure] : null))) : null);
      value.textContent = format(kind, now);
      value.title = kind === 'money' && now !== null ? format('exact money', now) : '';
      if (all === undefined) compare.textContent = filtered ? 'under these filters' : data.period ? '' : 'whole mart';
      else if (all === null && absent) compare.textContent = data.period ? absent.replace('mart', 'period') : absent;
      else if (!filtered) compare.textContent = data.period ? '' : 'whole mart';
      else if (now === null || all === null) compare.textContent = `all: ${format(kind, all)}`;
      else if (adds) compare.textContent = `${all ? format('share', now / all) : '–'} of all ${format(kind, all)}`;
      else if (kind === 'share') compare.textContent = `all: ${format(kind, all)}`;
      else compare.textContent = `all: ${format(kind, all)}${all ? `, ${format('change', now / all - 1)}` : ''}`;
      value.parentNode.classList.toggle('absent', all === null);
    };
  });
  return { node, update: (now, filtered) => places.forEach((place) => place(now, filtered)) };
}

export function breakdownPanel(context, id, title, dimension, measures) {
  const panel = new ChartPanel({ id, title, explain: () => context.describe(dimension), behind: context.behind });
  return { panel, update: (now) => drawBreakdown(panel, now, dimension, measures) };
}

function donutPanel(context) {
  const panel = new ChartPanel({
    id: 'subscription', title: 'Customers by subscription', behind: context.behind,
    explain: () => `Shares of customers, not of purchases. ${context.describe('subscribed') ?? ''}`,
  });
  const centre = h('div.centre', {}, h('strong'), h('span'));
  const list = h('ul.slices');
  panel.plot.append(list);
  panel.plot.classList.add('with-slices');
  panel.chart.node.append(centre);
  function update({ data, filters, setFilters, locked }) {
    const filtered = Object.keys(filters).some((d) => d !== 'subscribed');
    const chosen = chosenOf(filters, 'subscribed');
    const total = data.breakdown.subscribed.reduce((sum, row) => sum + row.customers, 0);
    const totalAll = data.breakdown.subscribed.reduce((sum, row) => sum + row.customers_all, 0);
    // Yes first, so that its colour is always the same
    const order = { Yes: 0, No: 1 };
    const rows = data.breakdown.subscribed
      .map((row) => {
        const share = total ? row.customers / total : null;
        return {
          raw: row.value,
          label: row.value === 'Yes' ? 'Subscribed' : row.value === 'No' ? 'Not subscribed' : valueName(row.value, 40),
          value: row.customers, share, shareAll: totalAll ? row.customers_all / totalAll : null,
          color: order[row.value] ?? 2, pressed: row.selected, faded: chosen !== undefined && !row.selected, small: false,
          lines: [['Share of customers', format('share', share)], ['Customers', format('count', row.customers)], ...(filtered ? [['Whole mart', format('share', totalAll ? row.customers_all / totalAll : null)]] : [])],
          toggle: locked ? undefined : () => setFilters(toggled(filters, 'subscribed', row.value)),
        };
      })
      .sort((a, b) => a.color - b.color);
    panel.draw(
      donut(rows),
      [{ label: 'Subscription', kind: 'text' }, { label: 'Share of customers', kind: 'share' }, { label: 'Customers', kind: 'count' }, ...(filtered ? [{ label: 'Share, whole mart', kind: 'share' }] : [])],
      rows.map((row) => ({ small: row.small, cells: [row.toggle ? { text: row.label, toggle: row.toggle, pressed: row.pressed, key: key('subscribed', row.raw) } : row.label, row.share, row.value, ...(filtered ? [row.shareAll] : [])] })),
    );
    const yes = rows.find((row) => row.raw === 'Yes');
    centre.children[0].textContent = format('share', yes?.share ?? null);
    centre.children[1].textContent = 'subscribed';
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
    fill(list, rows.map((row) =>
      h('li', {},
        h('button.slice', { type: 'button', 'aria-pressed': String(row.pressed), onclick: row.toggle, disabled: !row.toggle, 'data-focus': key('slice', row.raw), class: row.faded ? 'slice faded' : 'slice' },
          swatch(row.color), h('span.slice-name', {}, row.label), h('strong', {}, format('share', row.share)), h('span.muted', {}, `${format('count', row.value)} customers${filtered ? ` · all: ${format('share', row.shareAll)}` : ''}`)))));
    if (focused) [...list.querySelectorAll('button')].find((b) => b.dataset.focus === focused)?.focus({ preventScroll: true });
    panel.note(smallNote(rows), totalAll > data.kpi.customers_all ? 'Customers with purchases of both kinds count in both shares.' : null);
  }
  return { panel, update };
}

function trendPanel(context, unit) {
  let measure = 'revenue';
  const shown = ['revenue', 'purchases', 'customers', 'average_amount'];
  const panel = new ChartPanel({
    id: 'trend', title: 'Over time', full: true, behind: context.behind, explain: () => context.define(`kpi_${unit}`, measure) ?? context.define('kpi_total', measure),
    tools: [select('Measure over time', shown.map((m) => [m, MEASURES[m].label]), measure, (m) => { measure = m; update(context.now()); })],
  });
  function update({ data, filters, period: asked, setPeriod, locked }) {
    const filtered = Object.keys(filters).length > 0;
    const { kind, label } = MEASURES[measure];
    const before = data.comparison?.points ?? null;
    const name = data.comparison ? inWords({ from: data.period.before_from, to: data.period.before_to }) : null;
    const points = (data.trend.points ?? []).map((p, i) => ({
      before: before?.[i]?.[measure] ?? null,
      short: period(p.period, unit), label: period(p.period, unit) + (p.complete ? '' : ' (not over yet)'), complete: p.complete,
      toggle: locked ? undefined : () => showPurchases({ mart: data.mart, title: `Purchases of ${period(p.period, unit)}`, filters, period: daysOf(p.period, p.period, unit, data) }),
      value: p[measure], all: filtered && !before ? p[`${measure}_all`] : null,
      lines: [...measureLines(p, filtered, shown), ...(before?.[i] ? [[`${label}, ${period(before[i].period, unit)}`, format(kind, before[i][measure])]] : [])],
    }));
    // the days from one point to another, as a period
    const brush = locked ? null : (a, b) => {
      const [first, last] = [a, b].sort((x, y) => x - y).map((i) => data.trend.points[i].period);
      setPeriod({ ...(asked?.compare ? { compare: asked.compare } : {}), ...daysOf(first, last, unit, data) });
    };
    panel.draw(
      { ...line(points, kind), brush, action: 'lists its purchases' },
      [{ label: { day: 'Day', week: 'Week from', month: 'Month', year: 'Year' }[unit], kind: 'text' }, { label, kind }, ...(before ? [{ label: 'Before', kind }] : filtered ? [{ label: `${label}, whole mart`, kind }] : [])],
      points.map((p) => ({ cells: [p.toggle ? { text: p.label, act: p.toggle, key: key('trend', p.short), title: 'Purchases behind it' } : p.label, p.value, ...(before ? [p.before] : filtered ? [p.all] : [])] })),
    );
    panel.note(
      before ? `Dotted: ${name}, from its first ${unit} on.` : filtered ? 'Dotted: the whole mart.' : null,
      points.some((p) => !p.complete) ? (data.period ? `Dashed, hollow: not over at the time of the data, or cut off by the end of the period.${points[0].complete ? '' : ` The first ${unit} is cut off by its beginning.`}` : 'Dashed, hollow: not over at the time of the data.') : null,
      brush && points.length > 1 ? 'Drag across the chart to look at a part of it; by keys: Shift and arrows, then Enter. A click on a point, or Enter, lists its purchases.' : null,
    );
  }
  return { panel, update };
}

function heatPanel(context, { row_dimension: rowDimension, column_dimension: columnDimension }) {
  const columnCount = new Set(context.data.heat_map.cells.map((cell) => cell.column)).size;
  let measure = 'revenue';
  const shown = ['revenue', 'purchases', 'customers', 'average_amount', 'average_rating', 'discount_share'].filter((m) => context.data.kpi[`${m}_all`] !== null);
  const panel = new Panel({
    id: 'heat-map', behind: context.behind, title: `${clean(context.label(rowDimension), 30)} and ${clean(context.label(columnDimension), 30).toLowerCase()}`, ...(columnCount > 4 ? { full: true } : { wide: true }),
    explain: () => `${context.describe(rowDimension) ?? ''} ${context.describe(columnDimension) ?? ''}`.trim(),
    tools: [select('Measure of the heat map', shown.map((m) => [m, MEASURES[m].label]), measure, (m) => { measure = m; update(context.now()); })],
  });
  function update({ data, filters, period, setFilters, locked }) {
    const { cells } = data.heat_map;
    const inOrder = (dimension, side) => {
      const present = new Set(cells.map((cell) => cell[side]));
      const sorted = inOrderOf(dimension, data.breakdown[dimension]).map((row) => row.value).filter((value) => present.delete(value));
      return [...sorted, ...present];
    };
    const rows = inOrder(rowDimension, 'row');
    const columns = inOrder(columnDimension, 'column');
    const { kind, label, adds } = MEASURES[measure];
    const values = cells.map((cell) => cell[measure]).filter((v) => v !== null);
    const low = adds ? 0 : Math.min(...values);
    const high = Math.max(...values);
    const at = new Map(cells.map((cell) => [key(cell.row, cell.column), cell]));
    const chosen = (dimension, value) => chosenOf(filters, dimension)?.includes(value) ?? true;
    const any = [rowDimension, columnDimension].some((d) => chosenOf(filters, d) !== undefined);
    const focused = panel.body.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
    fill(panel.body, colorTable(`${panel.title}: ${label}`, rows.map((v) => valueName(v, 60)), columns.map((v) => valueName(v, 60)), (r, c) => {
      const cell = at.get(key(rows[r], columns[c]));
      if (!cell || cell[measure] === null) return { share: null, text: '–', title: 'no purchases' };
      const selected = any && chosen(rowDimension, rows[r]) && chosen(columnDimension, columns[c]);
      const small = doubtful([measure]) && isSmall(cell);
      return {
        share: high > low ? (cell[measure] - low) / (high - low) : 0.5,
        text: (kind === 'money' && Math.abs(cell[measure]) >= 1000 ? format('compact', cell[measure]) : format(kind, cell[measure])) + (small ? ' *' : ''),
        title: `${valueName(rows[r], 60)}, ${valueName(columns[c], 60)}: ${label} ${format(kind, cell[measure])}, ${format('count', cell.purchases)} purchases${small ? ' (fewer than 30)' : ''}`,
        pressed: selected, faded: any && !selected, key: key('cell', rows[r], columns[c]),
        toggle: locked ? undefined : () => setFilters(toggledCell(filters, [rowDimension, rows[r]], [columnDimension, columns[c]])),
        rows: () => showPurchases({ mart: data.mart, title: `Purchases of ${valueName(rows[r], 60)}, ${valueName(columns[c], 60)}`, filters: { ...filters, [rowDimension]: [rows[r]], [columnDimension]: [columns[c]] }, period }),
      };
    }, { corner: clean(context.label(rowDimension), 30) }));
    if (focused) [...panel.body.querySelectorAll('[data-focus]')].find((node) => node.dataset.focus === focused)?.focus({ preventScroll: true });
    panel.note(doubtful([measure]) && cells.some(isSmall) ? '* Fewer than 30 purchases; read with care.' : null);
  }
  return { panel, update };
}

function explorePanel(context) {
  const measures = Object.keys(MEASURES).filter((m) => context.data.kpi[`${m}_all`] !== null);
  const dimensions = context.data.dimensions.filter((d) => d.value_count > 0);
  let dimension = (dimensions.find((d) => !['category', 'age_group', 'subscribed', 'season'].includes(d.dimension)) ?? dimensions[0]).dimension;
  let measure = 'revenue';
  const panel = new ChartPanel({
    id: 'explore', title: 'Any dimension', behind: context.behind, explain: () => `${context.describe(dimension) ?? ''} ${context.define('kpi_total', measure) ?? ''}`.trim(), wide: true,
    tools: [
      select('Dimension', dimensions.map((d) => [d.dimension, d.label]), dimension, (d) => { dimension = d; update(context.now()); }),
      select('Measure of the dimension', measures.map((m) => [m, MEASURES[m].label]), measure, (m) => { measure = m; update(context.now()); }),
    ],
  });
  panel.body.classList.add('tall');
  const update = (now) => drawBreakdown(panel, now, dimension, [measure]);
  return { panel, update };
}

export function overview(context) {
  const { data } = context;
  const has = (dimension) => data.breakdown[dimension]?.length > 0;
  const figures = cards(context);
  const parts = [];
  const absent = [];
  const needs = (panel, role) => absent.push([panel, `the mart has no column with the role "${role}"`]);
  if (data.trend) parts.push(trendPanel(context, data.trend.unit));
  if (has('category')) parts.push(breakdownPanel(context, 'category', 'Revenue by category', 'category', ['revenue']));
  else needs('Revenue by category', 'category');
  if (has('subscribed')) parts.push(donutPanel(context));
  else needs('Customers by subscription', 'subscribed');
  if (has('age_group')) parts.push(breakdownPanel(context, 'age-group', 'Revenue and purchases by age group', 'age_group', ['revenue', 'purchases']));
  else needs('Revenue and purchases by age group', 'age');
  if (!data.trend) {
    if (has('season')) parts.push(breakdownPanel(context, 'season', 'Revenue by season', 'season', ['revenue']));
    needs('Over time', 'purchased_at');
  }
  if (data.heat_map) parts.push(heatPanel(context, data.heat_map));
  else absent.push(['The heat map', 'the mart has fewer than two dimensions with few values']);
  if (data.dimensions.some((d) => d.value_count > 0)) parts.push(explorePanel(context));
  return {
    nodes: [figures.node, h('div.panels', {}, parts.map(({ panel }) => panel.node)), absentList(absent)],
    update(now) {
      figures.update(now, Object.keys(now.filters).length > 0);
      parts.forEach((part) => part.update(now));
    },
    dispose: () => parts.forEach(({ panel }) => panel.dispose()),
  };
}

// Panels that this mart cannot fill, and why.
export const absentList = (absent) =>
  absent.length
    ? h('section.absent-panels', { 'aria-label': 'Not in this mart' }, h('h2', {}, 'Not in this mart'), h('ul', {}, absent.map(([panel, why]) => h('li', {}, h('strong', {}, panel), `: ${why}.`))))
    : null;

export const missingWhy = (roles) =>
  Array.isArray(roles) && roles.length
    ? `the mart has no column with the role${roles.length > 1 ? 's' : ''} ${roles.map((role) => `"${clean(role, 60)}"`).join(', ')}`
    : 'the mart has no such view';

