// Lists that the server sorts, searches and cuts into pages: customers to act on, and the purchases behind a number.
import { Panel, name, table } from './parts.mjs';
import { fill, h, keepFocus, newId } from './dom.mjs';
import { clean, format, period, valueName, words } from './format.mjs';
import { addressOfCsv, askList } from './source.mjs';

const PAGE = 25;

// What the columns of mart_customers and mart_purchases are called, and how they are written.
const COLUMNS = {
  customer_id: ['Customer', 'short'], rfm_segment: ['Segment', 'words'], spend_tier: ['Spend tier', 'text'], loyalty_tier: ['Loyalty tier', 'text'], purchase_frequency: ['Buys', 'text'],
  first_purchase: ['First purchase', 'day'], last_purchase: ['Last purchase', 'day'], recency_days: ['Days since', 'count'], next_expected_purchase: ['Next expected', 'day'], days_late: ['Days late', 'count'], late: ['Late', 'yes'],
  purchases: ['Purchases', 'count'], revenue: ['Revenue', 'exact money'], average_amount: ['Average purchase', 'average'], average_rating: ['Average rating', 'rating'],
  probability_alive: ['Comes back', 'share'], lifetime_value_365_days: ['Value in a year', 'money'],
  purchased_at: ['Time', 'moment'], order_id: ['Order', 'short'], product: ['Product', 'text'], quantity: ['Quantity', 'number'], amount: ['Amount', 'exact money'], cost: ['Cost', 'exact money'], review_rating: ['Rating', 'rating'], age: ['Age', 'count'],
};
const heading = (column) => COLUMNS[column]?.[0] ?? clean(words(column.replace(/_label$/, '')), 40);
const kindOf = (column) => COLUMNS[column]?.[1] ?? 'text';
const NUMBERS = new Set(['count', 'exact money', 'money', 'average', 'rating', 'share', 'number']);

function cell(column, value) {
  if (value === null || value === undefined) return null;
  switch (kindOf(column)) {
    case 'words': return words(value);
    case 'day': return period(value, 'day');
    case 'moment': return { text: `${period(value, 'day')}, ${value.slice(11, 16)}` };
    case 'yes': return value ? 'Yes' : 'No';
    case 'text': case 'short': return clean(value, 200);
    default: return typeof value === 'number' ? value : clean(value, 40);
  }
}

// A table of one page of a list, with what moves it. ask: () => the question without sort and page
class PagedTable {
  constructor({ title, kind, ask, hidden = () => false, link }) {
    Object.assign(this, { title, kind, ask, hidden, link, sort: null, descending: true, offset: 0 });
    this.place = h('div.table-place.sortable');
    this.status = h('p.muted', { role: 'status' });
    this.back = h('button.quiet', { type: 'button', onclick: () => this.move(-PAGE) }, 'Earlier');
    this.forth = h('button.quiet', { type: 'button', onclick: () => this.move(PAGE) }, 'Further');
    this.csv = h('a.button.quiet', { download: `${kind}.csv` }, 'CSV of all of them');
    this.node = h('div.paged', {}, this.place, h('div.pages', {}, this.status, h('span.tools', {}, this.back, this.forth, this.csv)));
  }

  question() {
    return { ...this.ask(), ...(this.sort === null ? {} : { sort: this.sort }), descending: String(this.descending) };
  }

  // aria-disabled, so that the focus stays where it is
  move(by) {
    const offset = this.offset + by;
    if (offset < 0 || (by > 0 && offset >= this.total)) return;
    this.offset = offset;
    this.load();
  }

  by(column) {
    if (this.sort === column) this.descending = !this.descending;
    else Object.assign(this, { sort: column, descending: NUMBERS.has(kindOf(column)) || ['day', 'moment', 'yes'].includes(kindOf(column)) });
    this.offset = 0;
    this.load();
  }

  async load() {
    this.asking?.abort();
    const mine = (this.asking = new AbortController());
    this.node.classList.add('busy');
    this.node.setAttribute('aria-busy', 'true');
    try {
      const answer = await askList(this.kind, { ...this.question(), limit: String(PAGE), offset: String(this.offset) }, mine.signal);
      if (mine !== this.asking) return;
      this.draw(answer);
    } catch (error) {
      if (mine !== this.asking || error.name === 'AbortError') return;
      this.total = 0;
      fill(this.place, h('p', {}, h('strong', {}, 'That did not work: '), [error.message, error.detail, error.hint].filter(Boolean).map((text) => clean(text, 500).replace(/[.!?]?$/, '.')).join(' ')),
        h('button.quiet', { type: 'button', onclick: () => this.load() }, 'Try again'));
      this.status.textContent = '';
    }
    this.node.classList.remove('busy');
    this.node.removeAttribute('aria-busy');
  }

  draw({ columns, rows, total, sort, descending, revenue }) {
    Object.assign(this, { total, sort, descending });
    const shown = columns.filter((column) => !this.hidden(column, rows));
    keepFocus(this.place, () => fill(this.place, table(this.title, shown.map((column) => ({ label: heading(column), kind: ['words', 'yes'].includes(kindOf(column)) ? 'text' : ['day', 'moment'].includes(kindOf(column)) ? 'short' : kindOf(column) })),
      rows.map((row) => ({ cells: shown.map((column) => (this.link && column === 'customer_id' && row[column] !== null ? { text: clean(row[column], 100), act: () => this.link(row[column]), key: `customer ${row[column]}`, title: 'Purchases of this customer' } : cell(column, row[column]))) })),
      { empty: 'There are none.', sort: { at: shown.indexOf(sort), down: descending, by: (at) => this.by(shown[at]) } })));
    const last = Math.min(this.offset + rows.length, total);
    this.status.textContent = total ? `${format('count', this.offset + 1)} to ${format('count', last)} of ${format('count', total)}${revenue === undefined ? '' : `, ${format('exact money', revenue)} in all`}` : 'None';
    this.back.setAttribute('aria-disabled', String(this.offset === 0));
    this.forth.setAttribute('aria-disabled', String(last >= total));
    this.csv.href = addressOfCsv(this.kind, this.question());
    this.csv.hidden = total === 0;
  }
}

// The purchases behind a number, over the page. of: { title, filters, period, customer, product }
let dialog = null;
export function showPurchases({ mart, title, filters = {}, period: asked = null, customer, product }) {
  dialog?.remove();
  const opener = document.activeElement;
  const id = newId('rows');
  const list = new PagedTable({
    title: 'Purchases', kind: 'purchases', hidden: (column, rows) => rows.length > 0 && rows.every((row) => row[column] === null),
    ask: () => ({ mart, filters, ...(asked ? { period: asked } : {}), ...(customer === undefined ? {} : { customer }), ...(product === undefined ? {} : { product }) }),
  });
  const close = h('button.quiet', { type: 'button', onclick: () => dialog.close() }, 'Close');
  dialog = h('dialog.rows', { 'aria-labelledby': id }, h('header', {}, h('h2', { id, tabindex: -1 }, title), close), list.node);
  dialog.addEventListener('close', () => {
    dialog.remove();
    opener?.focus?.({ preventScroll: true });
  });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  list.load();
}

const CHOICES = { rfm_segment: 'Segment', spend_tier: 'Spend tier', loyalty_tier: 'Loyalty tier', cohort_month: 'First purchase', active_month: 'Bought in', late: 'Late' };
const choiceName = (key, value) => (value === null ? valueName(value) : key === 'rfm_segment' ? words(value) : key.endsWith('_month') ? period(value, 'month') : clean(value, 60));

// The page's list of customers: what is chosen elsewhere on the page narrows it.
export function customerPanel(context) {
  const panel = new Panel({ id: 'customer_list', title: 'Customers', full: true, saves: false, explain: () => context.define('dim_customer') });
  const chips = h('div.chips');
  let chosen = {};
  let search = '';
  let waiting; // until typing ends
  const list = new PagedTable({
    title: 'Customers', kind: 'customers',
    ask: () => {
      const { data, filters, period: asked } = context.now();
      return { mart: data.mart, filters, ...(asked ? { period: asked } : {}), ...(Object.keys(chosen).length ? { chosen } : {}), ...(search ? { search } : {}) };
    },
    hidden: (column, rows) => column === 'first_purchase' || column === 'recency_days' || (['probability_alive', 'lifetime_value_365_days', 'average_rating', 'purchase_frequency', 'gender', 'age', 'location', 'loyalty_tier'].includes(column) && rows.every((row) => row[column] === null)),
    link: (customer) => showPurchases({ mart: context.now().data.mart, title: `Purchases of customer ${clean(customer, 60)}`, customer }),
  });
  const field = h('input', { type: 'search', placeholder: 'Customer', 'aria-label': 'Search customers by their id', maxlength: 200, oninput: () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { search = field.value.trim(); again(); }, 250);
  } });
  panel.tools.append(field);
  panel.body.append(chips, list.node);
  const again = () => {
    list.offset = 0;
    drawChips();
    list.load();
  };
  const drawChips = () => {
    const entries = Object.entries(chosen);
    chips.hidden = !entries.length;
    keepFocus(chips, () => fill(chips, h('ul', { 'aria-label': 'Chosen customers' }, entries.map(([key, [value]]) =>
      h('li', {}, h('button.chip', { type: 'button', 'data-focus': `chosen ${key}`, 'aria-label': `All customers again, not only ${CHOICES[key]} ${choiceName(key, value)}`, onclick: () => choose(Object.fromEntries(entries.filter(([other]) => other !== key))) },
        h('span.chip-dimension', {}, CHOICES[key]), ' ', name(choiceName(key, value), 40), h('span.remove', { 'aria-hidden': 'true' }, '×')))))));
  };
  function choose(wanted, show = false) {
    chosen = wanted;
    again();
    onchoice.forEach((tell) => tell());
    if (!show) return;
    panel.node.scrollIntoView({ block: 'start' });
    panel.heading.focus({ preventScroll: true });
  }
  const onchoice = new Set();
  panel.heading.tabIndex = -1;
  let asked = null;
  return {
    panel,
    choose: (wanted) => choose(wanted, true),
    is: (key, value) => chosen[key]?.[0] === value && Object.hasOwn(chosen, key),
    onchoice: (tell) => onchoice.add(tell),
    view: null,
    update() {
      drawChips();
      panel.note(Object.keys(context.now().filters).length ? 'Of the customers that the filters select, with all that they bought.' : null, 'A click on a segment, a tier or a cell of the table of months chooses its customers; one on a customer shows the purchases.');
    },
    // when the rest of the page is there
    ready() {
      const key = JSON.stringify(list.ask());
      if (key !== asked) list.offset = 0;
      asked = key;
      list.load();
    },
  };
}
