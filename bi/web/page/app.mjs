// The page as a whole: reads the address, asks, draws.
import { about } from './about.mjs';
import { customers } from './customers.mjs';
import { fill, h, keepFocus } from './dom.mjs';
import { findingsList } from './findings.mjs';
import { freshnessLine } from './freshness.mjs';
import { clean, format, moment, setMoney, valueName } from './format.mjs';
import { showPurchases } from './lists.mjs';
import { cardNames, overview } from './overview.mjs';
import { inWords, periodBar } from './period.mjs';
import { PENDING, name } from './parts.mjs';
import { products } from './products.mjs';
import { drawChips, slicers } from './slicers.mjs';
import { Failure, askDefinitions, askPage, isExport, listMarts } from './source.mjs';
import { PAGES, addressOf, readAddress } from './state.mjs';
import { isDark, onTheme, toggleTheme } from './theme.mjs';
import { trends } from './trends.mjs';

const MAKERS = { overview, customers, products, trends, about };
const FILTERED = new Set(['overview', 'customers', 'products', 'trends']); // pages that filters apply to

// The frame
const martPlace = h('div.mart');
const asOf = h('p.as-of');
const freshness = freshnessLine((mart) => { if (mart === (data?.mart ?? address.mart)) load(); });
const themeButton = h('button.quiet.theme', { type: 'button', onclick: toggleTheme });
const tabs = h('nav.tabs', { 'aria-label': 'Pages' });
const chips = h('div.chips', { hidden: true });
const aside = h('aside', { 'aria-label': 'Filters' });
const heading = h('h1', { tabindex: -1 });
const time = periodBar((period) => go({ period }));
const findings = findingsList();
const notice = h('div.notice', { hidden: true });
const problem = h('div.problem', { role: 'alert', hidden: true });
const status = h('p.unseen', { role: 'status', 'aria-live': 'polite' });
const content = h('div.content');
const main = h('main', { id: 'main', 'aria-busy': 'true' }, heading, time.node, chips, freshness.warning, notice, problem, findings.node, content);
document.body.append(
  h('a.skip', { href: '#main', onclick: (event) => { event.preventDefault(); heading.focus(); } }, 'Skip to the numbers'),
  h('header.top', {}, h('div.brand', {}, h('span.logo', { 'aria-hidden': 'true' }), h('span', {}, 'Purchase trends')), martPlace, h('div.states', {}, asOf, freshness.node), themeButton),
  tabs,
  h('div.progress', { 'aria-hidden': 'true' }),
  h('div.layout', {}, aside, main),
  status,
);
onTheme(labelTheme);
function labelTheme() {
  themeButton.textContent = isDark() ? 'Light' : 'Dark';
  themeButton.setAttribute('aria-label', isDark() ? 'Change to light colours' : 'Change to dark colours');
}
labelTheme();

let address = readAddress();
let marts = [];
let data = null; // the last answer
let shown = null; // { key, view, side } that is on the page
const definitions = new Map(); // mart -> Map of "view" and "view.column" to text

const dimensionOf = (dimension) => data?.dimensions?.find((d) => d.dimension === dimension);
const label = (dimension) => dimensionOf(dimension)?.label ?? dimension;
const context = {
  label,
  describe: (dimension) => dimensionOf(dimension)?.description,
  define: (view, column) => definitions.get(data?.mart)?.get(column === undefined ? view : `${view}.${column}`),
  setFilters: (filters) => go({ filters }),
  setPeriod: (period) => go({ period }),
  locked: isExport,
  again: () => load(),
  behind: isExport ? undefined : (title) => showPurchases({ mart: data.mart, title, filters: address.filters, period: address.period }),
  now: () => ({ ...context, data, filters: address.filters, period: address.period }),
};

function go(change) {
  location.hash = addressOf({ mart: data?.mart ?? address.mart, page: address.page, filters: address.filters, period: address.period, ...change });
}

function remember(mart, texts) {
  definitions.set(mart, new Map(texts.flatMap((d) => [[d.view, d.description], ...(d.columns ?? []).map((c) => [`${d.view}.${c.column}`, c.description])])));
}

// At once, before anything is known: what was asked for, and that it is coming.
function expect() {
  document.body.classList.add('loading');
  main.setAttribute('aria-busy', 'true');
  drawTabs();
  heading.textContent = PAGES[address.page];
  content.classList.add('stale');
  if (shown && shown.mart === address.mart && shown.page === address.page) {
    findings.wait();
    return;
  }
  shown?.view.dispose();
  shown = null;
  problem.hidden = notice.hidden = true;
  content.hidden = false;
  content.classList.remove('empty');
  findings.hide();
  findings.wait();
  fill(content, skeleton());
}

const skeleton = () => h('div.skeleton', { 'aria-hidden': 'true' }, Array.from({ length: 5 }, (_, i) => h(i === 0 ? 'div.panel.full' : 'div.panel', {}, h('div.bone'), h('div.bone.large'))));

function receive(line) {
  if (line.page) {
    const views = line.expected ? Object.fromEntries(line.expected.map((view) => [view, PENDING])) : undefined;
    data = { ...line.page, ...(views && line.page.page !== 'overview' ? { views } : {}), mode: line.mode };
    if (line.marts) data.marts = line.marts;
    if (line.can_refresh !== undefined) data.can_refresh = line.can_refresh;
    marts = data.marts ?? marts;
    if (data.definitions) remember(data.mart, data.definitions);
    problem.hidden = true;
    content.classList.remove('stale');
    draw();
  } else if (line.views) {
    Object.assign(data.views, line.views);
    shown.view.update(context.now(), Object.keys(line.views));
  } else if (line.failed) {
    for (const view of line.failed) data.views[view] = { failed: line.error };
    shown.view.update(context.now(), line.failed);
  } else if (line.findings) {
    data.findings = line.findings;
    findings.update(data);
  }
}

let asking = null;
async function load() {
  asking?.abort(); // an answer to an older question is not wanted any more
  const mine = (asking = new AbortController());
  expect();
  try {
    if (address.mart === null) {
      marts = await listMarts(mine.signal);
      if (mine !== asking) return;
      if (!marts.length) throw new Failure('There is no mart that this role may read.', { hint: 'create_mart() makes one, and grant_mart() lets a role read it.' });
      address.mart = marts[0];
      if (!isExport) history.replaceState(null, '', addressOf(address));
      drawTabs();
    }
    await askPage(address, mine.signal, (line) => { if (mine === asking) receive(line); });
  } catch (error) {
    if (mine !== asking || error.name === 'AbortError') return;
    fail(error);
  } finally {
    if (mine === asking) {
      document.body.classList.remove('loading');
      content.classList.remove('stale');
      findings.end();
      main.setAttribute('aria-busy', 'false');
      main.dataset.shown = location.hash; // what the numbers belong to
      shown?.view.ready?.();
    }
  }
  // What the figures mean, for whoever asks; not urgent.
  if (data && !definitions.has(data.mart)) {
    const { mart } = data;
    definitions.set(mart, new Map());
    askDefinitions(mart).then((texts) => remember(mart, texts), () => definitions.delete(mart));
  }
}

function fail(error) {
  if (!(error instanceof Failure)) console.error(error);
  shown?.view.dispose();
  shown = null;
  const text = error instanceof Failure ? error : new Failure('The page could not be drawn.', { detail: error.message });
  heading.textContent = PAGES[address.page];
  drawTabs();
  drawChips(chips, context.now());
  time.hide();
  findings.hide();
  fill(problem,
    h('h2', {}, 'That did not work'),
    h('p', {}, clean(text.message, 500)),
    text.detail ? h('p.muted', {}, clean(text.detail, 1000)) : null,
    text.hint ? h('p.muted', {}, clean(text.hint, 1000)) : null,
    h('p', {},
      h('button', { type: 'button', onclick: load }, 'Try again'),
      Object.keys(address.filters).length ? h('button', { type: 'button', onclick: () => go({ mart: address.mart, filters: {} }) }, 'Clear all filters') : null,
      address.period ? h('button', { type: 'button', onclick: () => go({ mart: address.mart, period: null }) }, 'Show all days') : null,
      data || address.mart ? h('button', { type: 'button', onclick: () => { location.hash = ''; } }, 'Start anew') : null));
  problem.hidden = false;
  // numbers of something else would be misleading
  content.hidden = true;
}

function drawTabs() {
  keepFocus(tabs, () => fill(tabs, Object.entries(PAGES).map(([page, title]) =>
    h('a', { href: addressOf({ ...address, mart: data?.mart ?? address.mart, page }), 'aria-current': page === address.page ? 'page' : undefined, 'data-focus': page }, title))));
}

function drawTop() {
  keepFocus(martPlace, () => {
    if (marts.length > 1 && !isExport) {
      const choice = h('select', { id: 'mart', 'data-focus': 'mart', onchange: () => go({ mart: marts[choice.selectedIndex], filters: {}, period: null }) }, marts.map((mart) => h('option', { selected: mart === data.mart }, clean(mart, 60))));
      fill(martPlace, h('label', { for: 'mart' }, 'Mart'), choice);
    } else {
      fill(martPlace, h('span.muted', {}, 'Mart '), h('strong', {}, name(data.mart, 40)));
    }
  });
  asOf.textContent = data.as_of ? `As of ${moment(data.as_of)}` : data.dated ? '' : 'No dates in the source';
  freshness.update(data);
  document.title = `${clean(data.mart, 40)}: ${PAGES[address.page]} – Purchase trends`;
}

function draw() {
  setMoney(data.amount_scale, data.currency);
  drawTop();
  drawTabs();
  content.hidden = false;
  heading.textContent = PAGES[address.page];
  const now = context.now();
  const filters = Object.keys(address.filters).length;
  const filtered = FILTERED.has(address.page);
  keepFocus(chips, () => drawChips(chips, now));
  time.update(data, address.period, filtered);
  drawNotice(filters, filtered);
  if (data.findings) findings.update(data);

  const dimensions = data.dimensions.map((d) => d.dimension).join('\n');
  const key = JSON.stringify([data.mart, address.page, dimensions, data.trend?.unit, data.heat_map?.row_dimension, data.heat_map?.column_dimension, Object.keys(data.views ?? {}), cardNames(data), Boolean(data.comparison),
    MAKERS[address.page] === about ? data.freshness?.last_refresh : null]); // it is drawn once
  if (shown?.key !== key) {
    shown?.view.dispose();
    const all = Object.assign(context, { data, filters: address.filters });
    const view = MAKERS[address.page](all);
    fill(content, view.nodes);
    const side = filtered ? slicers(all) : null;
    fill(aside, side?.node);
    aside.hidden = !filtered;
    document.body.classList.toggle('with-aside', filtered);
    shown = { key, view, side, mart: data.mart, page: data.page };
  }
  const empty = filtered && data.kpi.purchases === 0 && data.kpi.customers === 0;
  content.classList.toggle('empty', empty);
  shown.side?.update(now);
  shown.view.update(now);
  const chosen = Object.entries(address.filters).map(([d, values]) => `${clean(label(d), 40)}: ${values.map((v) => valueName(v, 40)).join(', ')}`);
  status.textContent = `${format('count', data.kpi.purchases)} purchases of ${format('count', data.kpi.customers)} customers${data.period ? `, ${inWords(data.period)}` : ''}${chosen.length ? `, ${chosen.join('; ')}` : ''}.`;
}

function drawNotice(filters, filtered) {
  const texts = [];
  if (address.unreadable) texts.push('The filters or the period in the address could not be read and are left out.');
  if (isExport && filtered) texts.push('This is a saved copy of the whole mart: filters need the server.');
  if ((filters || address.period) && !filtered) texts.push(`${filters ? (address.period ? 'The filters and the period do' : 'The filters do') : 'The period does'} not apply on this page: it shows the whole mart.`);
  if (filtered && data.kpi.purchases === 0 && data.kpi.customers === 0)
    texts.push(filters ? `No purchases match these filters${data.period ? ' in this period' : ''}. Remove one of them, or clear all.` : data.period ? 'There are no purchases in this period.' : 'This mart has no purchases yet.');
  notice.hidden = !texts.length;
  fill(notice, texts.map((text) => h('p', {}, text)));
}

window.addEventListener('hashchange', () => {
  const before = address;
  freshness.forget();
  address = readAddress();
  load().then(() => {
    // to another page one goes as by a link: the focus too
    if (before.page !== address.page) heading.focus({ preventScroll: true });
    if (before.page !== address.page || before.mart !== address.mart) scrollTo(0, 0);
  });
});
load();
