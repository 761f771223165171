// Pieces of a page: panels, tables, legends.
import { Chart } from './chart.mjs';
import { fill, h, keepFocus, newId } from './dom.mjs';
import { NONE, clean, format, period } from './format.mjs';
import { menuOf } from './save.mjs';
import { colors, onTheme, shade } from './theme.mjs';

// A name from the data: isolated from the direction of the text around it.
export function name(text, length = 60, full = text) {
  const shown = clean(text, length);
  return h('bdi', { title: shown.endsWith('…') ? clean(full, 1000) : undefined }, shown);
}

const NUMBERS = new Set(['count', 'money', 'exact money', 'average', 'rating', 'share', 'fine share', 'change', 'number', 'p']);

// With Shift a click shows the purchases behind a value, where one can.
const orRows = ({ toggle, rows }) => (event) => (event.shiftKey && rows ? rows() : toggle());

// columns: [{ label, kind }], rows: [{ cells: [value or { text, title, toggle, pressed, key }], small }]; a cell of the
// kind short has one line.
// sort: { at, down, by(column) }, where a click on a head of a column sorts
export function table(caption, columns, rows, { empty = 'Nothing to show.', sort } = {}) {
  if (!rows.length) return h('p.muted', {}, empty);
  const cell = (value, column, first) => {
    const number = NUMBERS.has(column.kind);
    let content;
    if (value !== null && typeof value === 'object') {
      content = value.act
        ? h('button.cell', { type: 'button', onclick: value.act, title: value.title, 'data-focus': value.key }, name(value.text))
        : value.toggle
        ? h('button.cell', { type: 'button', 'aria-pressed': String(value.pressed), onclick: orRows(value), title: value.title, 'data-focus': value.key, disabled: value.disabled }, name(value.text))
        : h('bdi', { title: value.title }, value.text);
    } else {
      content = number ? format(column.kind, value) : value === null || value === undefined || value === '' ? NONE : name(['text', 'short', 'long'].includes(column.kind) ? value : format(column.kind, value), 300);
    }
    return h(first ? 'th' : 'td', { class: number ? 'number' : ['long', 'short'].includes(column.kind) ? column.kind : undefined, scope: first ? 'row' : undefined }, content);
  };
  return h('div.scroll', { tabindex: 0, role: 'region', 'aria-label': `${caption}: table` },
    h('table', {},
      h('caption.unseen', {}, caption),
      h('thead', {}, h('tr', {}, columns.map((c, i) => h('th', { scope: 'col', class: NUMBERS.has(c.kind) ? 'number' : undefined, title: c.title, 'aria-sort': !sort ? undefined : sort.at !== i ? 'none' : sort.down ? 'descending' : 'ascending' },
        sort ? h('button.sort', { type: 'button', 'data-focus': `sort ${i}`, onclick: () => sort.by(i) }, c.label, h('span', { 'aria-hidden': 'true' }, sort.at !== i ? '' : sort.down ? '\u00a0▼' : '\u00a0▲')) : c.label)))),
      h('tbody', {}, rows.map((row) => h('tr', { class: row.small ? 'small-group' : undefined }, row.cells.map((value, i) => cell(value, columns[i], i === 0)))))));
}

// Many buttons in a table are one stop of the Tab key; arrows go from one to another.
function rove(node) {
  const grid = [...node.querySelectorAll('tbody tr')].map((row) => [...row.querySelectorAll('button')]).filter((row) => row.length);
  grid.flat().forEach((button, i) => { button.tabIndex = i === 0 ? 0 : -1; });
  node.addEventListener('focusin', ({ target }) => {
    if (target.localName === 'button') grid.flat().forEach((button) => { button.tabIndex = button === target ? 0 : -1; });
  });
  node.addEventListener('keydown', (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    const r = grid.findIndex((row) => row.includes(event.target));
    if (!step || r < 0) return;
    event.preventDefault();
    const row = grid[Math.min(Math.max(r + step[0], 0), grid.length - 1)];
    row[Math.min(Math.max(grid[r].indexOf(event.target) + step[1], 0), row.length - 1)].focus();
  });
}

// A table of coloured cells. cell(r, c) => { share (0..1), text, title, toggle, pressed, faded, key } or null
export function colorTable(caption, rowNames, columnNames, cell, { corner = '', head = [], roving = false } = {}) {
  const paint = [];
  const body = rowNames.map((row, r) =>
    h('tr', {}, h('th', { scope: 'row' }, name(row, 28, row)), (head[r] ?? []).map((text) => h('td.number.muted', {}, text)),
      columnNames.map((column, c) => {
        const it = cell(r, c);
        if (!it) return h('td');
        const text = it.toggle
          ? h('button.shade', { type: 'button', 'aria-pressed': String(it.pressed), 'aria-label': `${it.title}`.includes(it.text) ? it.title : `${it.text}: ${it.title}`, title: it.title, onclick: orRows(it), 'data-focus': it.key }, it.text)
          : h('span.shade', { title: it.title }, it.text);
        if (it.faded) text.classList.add('faded');
        if (it.open) text.classList.add('open');
        paint.push([text, it.share]);
        return h('td.shaded', {}, text);
      })));
  const node = h('div.scroll', { tabindex: 0, role: 'region', 'aria-label': `${caption}: table` },
    h('table.color', {}, h('caption.unseen', {}, caption),
      h('thead', {}, h('tr', {}, [corner].flat().map((text, i) => h(i ? 'th.corner.number' : 'th.corner', { scope: 'col' }, text)), columnNames.map((c) => h('th.centred', { scope: 'col', style: { width: `${80 / columnNames.length}%` } }, name(c, 32, c))))),
      h('tbody', {}, body)));
  node.repaint = () => {
    for (const [cellNode, value] of paint) {
      if (value === null) continue;
      const { background, text } = shade(value);
      const faded = cellNode.classList.contains('faded');
      cellNode.style.background = faded ? `color-mix(in srgb, ${background} 35%, var(--surface))` : background;
      cellNode.style.color = faded ? 'var(--text)' : text;
    }
  };
  node.repaint();
  if (roving) rove(node);
  return node;
}
onTheme(() => document.querySelectorAll('.scroll').forEach((node) => node.repaint?.()));

const swatches = new Set();
const paintSwatch = (swatch) => {
  swatch.style.background = colors().series[swatch.dataset.color % colors().series.length];
};
onTheme(() => swatches.forEach((swatch) => (swatch.isConnected ? paintSwatch(swatch) : swatches.delete(swatch))));

// A mark in the colour of a series; shape: circle, rect, triangle, diamond
export function swatch(index, shape = 'rect') {
  const node = h('span.swatch', { 'data-color': index, 'data-shape': shape, 'aria-hidden': 'true' });
  swatches.add(node);
  paintSwatch(node);
  return node;
}

export const legend = (entries) => h('ul.legend', {}, entries.map(({ label, color, shape }) => h('li', {}, swatch(color, shape), name(label, 80))));

export const select = (label, options, chosen, onchange) => {
  const node = h('select', { 'aria-label': label, onchange: () => onchange(node.value) }, options.map(([value, text]) => h('option', { value, selected: value === chosen }, clean(text, 40))));
  return node;
};

let openInfo = null; // closes the explanation that is open

// explain: () => text or null, asked when the reader wants to know
export function infoButton(title, explain, place) {
  const id = newId('info');
  const text = h('p.info-text', { id, hidden: true });
  const button = h('button.info', { type: 'button', 'aria-label': `What is ${title}?`, 'aria-expanded': 'false', 'aria-controls': id }, 'i');
  const show = (open) => {
    button.setAttribute('aria-expanded', String(open));
    text.hidden = !open;
  };
  // it lies over what is below, so that nothing moves: one at a time, and Escape closes it
  button.addEventListener('keydown', (event) => { if (event.key === 'Escape') show(false); });
  button.addEventListener('click', () => {
    const open = button.getAttribute('aria-expanded') !== 'true';
    if (open) openInfo?.(false);
    openInfo = open ? show : null;
    show(open);
    if (open) fill(text, clean(explain() ?? 'There is no description of this.', 2000));
  });
  place(text);
  return button;
}

export class Panel {
  constructor({ id, title, explain, wide = false, full = false, tools = [], behind, saves = true }) {
    const heading = newId('title');
    this.heading = h('h2', { id: heading }, title);
    this.body = h('div.body');
    this.notes = h('div.notes');
    this.without = h('p.muted.why', { hidden: true });
    let info;
    const button = explain ? infoButton(title, explain, (node) => (info = node)) : null;
    this.title = title;
    this.tools = h('div.tools', {}, tools, saves ? menuOf(this, id, { behind }) : null);
    this.node = h(full ? 'section.panel.full' : wide ? 'section.panel.wide' : 'section.panel', { 'aria-labelledby': heading, 'data-panel': id },
      h('header', {}, h('div.title', {}, this.heading, button), this.tools),
      info, this.without, this.body, this.notes);
    this.parts = [];
  }

  note(...texts) {
    fill(this.notes, texts.filter(Boolean).map((text) => (typeof text === 'string' ? h('p', {}, text) : text)));
  }

  // Instead of a drawing, why there is none; null for panels that have one.
  say(why) {
    fill(this.without, why ?? '');
    this.without.hidden = why === null;
    for (const node of [this.tools, this.body, this.notes]) node.hidden = why !== null;
    this.node.classList.toggle('without', why !== null);
    this.node.classList.remove('failed');
  }

  // Its numbers are on their way: what it shows is of before, or nothing yet.
  wait(waiting) {
    this.node.classList.toggle('waiting', waiting);
    if (waiting) this.node.setAttribute('aria-busy', 'true');
    else this.node.removeAttribute('aria-busy');
  }

  // The others may have theirs.
  fail({ message, detail, hint }, again) {
    this.say('');
    this.node.classList.add('failed');
    fill(this.without, h('strong', {}, 'That did not work: '), [message, detail, hint].filter(Boolean).map((text) => clean(text, 500).replace(/[.!?]?$/, '.')).join(' '), ' ',
      h('button.quiet', { type: 'button', 'data-focus': 'again', onclick: again }, 'Try again'));
  }

  dispose() {
    this.parts.forEach((part) => part.dispose?.());
  }
}

// A panel with a drawing, and the same as a table.
export class ChartPanel extends Panel {
  constructor(settings) {
    super(settings);
    this.chart = new Chart(settings.title);
    this.parts.push(this.chart);
    this.above = h('div.above');
    this.tablePlace = h('div.table-place', { hidden: true });
    this.plot = h('div.plot', {}, this.chart.node);
    this.asTable = h('button.quiet', { type: 'button', 'aria-pressed': 'false', 'data-focus': 'as-table' }, 'Table');
    this.asTable.setAttribute('aria-label', `Show ${settings.title} as a table`);
    this.asTable.addEventListener('click', () => {
      const open = this.asTable.getAttribute('aria-pressed') !== 'true';
      this.asTable.setAttribute('aria-pressed', String(open));
      this.tablePlace.hidden = !open;
      this.plot.hidden = open;
      if (!open) this.chart.redraw();
    });
    this.tools.append(this.asTable);
    this.body.append(this.above, this.plot, this.tablePlace);
  }

  // columns and rows as of table()
  draw(model, columns, rows) {
    this.given = { columns: columns.map(({ label }) => label), rows: rows.map(({ cells }) => cells) };
    this.chart.draw(model);
    const focused = this.tablePlace.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
    fill(this.tablePlace, table(this.title, columns, rows));
    if (focused !== undefined) [...this.tablePlace.querySelectorAll('[data-focus]')].find((node) => node.dataset.focus === focused)?.focus({ preventScroll: true });
  }
}

const MORE = 50; // rows of a table that are shown at once
const alphabet = new Intl.Collator(navigator.languages, { numeric: true });

// What a cell is sorted by; what is not known comes last, either way.
function order(a, b, down) {
  const [x, y] = [a, b].map((value) => (value !== null && typeof value === 'object' ? value.by : value) ?? null);
  if (x === null || y === null) return (x === null) - (y === null);
  return (down ? -1 : 1) * (typeof x === 'number' && typeof y === 'number' ? x - y : alphabet.compare(String(x), String(y)));
}

// A panel with a long table: the heads of its columns sort it, and a button shows more of its rows.
export class TablePanel extends Panel {
  constructor(settings) {
    super(settings);
    this.above = h('div.above');
    this.place = h('div.table-place.sortable');
    this.more = h('button.quiet.more', { type: 'button', hidden: true, onclick: () => { this.most += MORE; this.show(); } }, 'Show more');
    this.body.append(this.above, this.place, this.more);
    this.sort = { at: null, down: false, by: (at) => this.sortBy(at) };
    this.most = MORE;
  }

  sortBy(at) {
    // numbers are wanted from the highest on
    const down = this.sort.at === at ? !this.sort.down : NUMBERS.has(this.columns[at].kind);
    Object.assign(this.sort, { at, down });
    this.place.firstChild.scrollTop = 0;
    this.show();
  }

  // columns and rows as of table(), with the value to sort by as "by" of cells that are objects; initial: { at, down } that the rows have already
  draw(columns, rows, initial = { at: null, down: false }) {
    Object.assign(this, { columns, rows, given: { columns: columns.map(({ label }) => label), rows: rows.map(({ cells }) => cells) } });
    if (this.sort.at === null) Object.assign(this.sort, initial);
    this.show();
  }

  show() {
    const { at, down } = this.sort;
    const rows = at === null ? this.rows : [...this.rows].sort((a, b) => order(a.cells[at], b.cells[at], down));
    const top = this.place.firstChild?.scrollTop ?? 0;
    const left = this.place.firstChild?.scrollLeft ?? 0;
    keepFocus(this.place, () => fill(this.place, table(this.title, this.columns, rows.slice(0, this.most), { sort: this.sort })));
    this.place.firstChild.scrollTop = top;
    this.place.firstChild.scrollLeft = left;
    const rest = rows.length - this.most;
    const focused = document.activeElement === this.more;
    this.more.hidden = rest <= 0;
    if (rest > 0) this.more.textContent = `Show ${Math.min(MORE, rest)} more of ${format('count', rows.length)}`;
    if (focused && this.more.hidden) this.place.firstChild.focus({ preventScroll: true });
  }
}

// Views that count the lines of a period; the others look from its end.
const OF_PERIOD = new Set(['margin_breakdown', 'discount_effect', 'group_comparison', 'shipping_comparison']);

// Rows of a view that have not arrived yet.
export const PENDING = Symbol('pending');

export const NO_ROWS = 'No rows under these filters';

// A panel of the rows of a view: draw(now, rows, filtered) does it anew for each answer.
// none: why there may be no rows although there are purchases; ofPeriod: whether the period changes them
export function viewPanel(panel, view, draw, none, ofPeriod = true) {
  function update(now) {
    const given = now.data.views?.[view] ?? [];
    panel.wait(given === PENDING);
    if (given === PENDING) return;
    if (given.failed) {
      panel.fail(given.failed, now.again);
      return;
    }
    const rows = given;
    panel.node.classList.add('drawn');
    const filtered = Object.keys(now.filters).length > 0;
    // some views have a row even of nothing
    const nothing = now.data.kpi.purchases === 0 && now.data.kpi.customers === 0;
    const empty = !rows.length || nothing;
    panel.say(!empty ? null : none && !nothing ? none : filtered ? NO_ROWS : 'No rows in this mart');
    if (!empty) draw(now, rows, filtered);
    if (!empty && ofPeriod && now.data.period) panel.notes.append(h('p.of-period', {}, OF_PERIOD.has(view) ? 'Of the rows of the period.' : `Looks from the end of the period, ${period(now.data.period.to, 'day')}, at all purchases until then.`));
  }
  return { panel, update, view };
}

// arrived: the views whose rows have; without, all is new
export const updateParts = (parts, now, arrived) => parts.filter(({ view }) => !arrived || arrived.includes(view)).forEach((part) => part.update(now));

// Under filters, what the rows of a view are of.
export const OF_CUSTOMERS = 'Of the customers that the filters select, with all that they bought.';
export const OF_ROWS = 'Of the rows that the filters select.';

export const smallNote = (rows) => (rows.some((row) => row.small) ? '* Grey: fewer than 30; read with care.' : null);
