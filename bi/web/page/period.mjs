// The period that the page shows, and what it is compared with: presets, days, and steps of its own length.
import { fill, h } from './dom.mjs';
import { period as day } from './format.mjs';
import { isExport } from './source.mjs';

const PRESETS = {
  all: 'All days', last_7_days: 'Last 7 days', last_28_days: 'Last 28 days', last_90_days: 'Last 90 days', month: 'This month', quarter: 'This quarter',
  year_to_date: 'Year to date', last_12_months: 'Last 12 months', days: 'Other days',
};
const COMPARISONS = { previous: 'the period before', year_before: 'the year before', none: 'nothing' };

const DAY = 86_400_000;
const number = (text) => Date.parse(`${text}T00:00:00Z`) / DAY;
const text = (n) => new Date(n * DAY).toISOString().slice(0, 10);
export const nextDay = (date) => text(number(date) + 1);
const isFirst = (date) => date.endsWith('-01');
const isLast = (date) => isFirst(nextDay(date));
export const addMonths = (date, n) => {
  const [year, month] = date.split('-').map(Number);
  return new Date(Date.UTC(year, month - 1 + n, 1)).toISOString().slice(0, 10);
};
const months = (from, to) => {
  const [a, b] = [from, to].map((date) => date.split('-').map(Number));
  return (b[0] - a[0]) * 12 + b[1] - a[1] + 1;
};

// The days from the period that begins on one day to that which begins on another, as far as the page looks.
export function daysOf(first, last, unit, { as_of: asOf, period }) {
  const after = { day: () => nextDay(last), week: () => text(number(last) + 7), month: () => addMonths(last, 1), year: () => addMonths(last, 12) }[unit]();
  return within({ from: first, to: text(number(after) - 1) }, asOf, period);
}
export const within = ({ from, to }, asOf, period) => {
  const most = period?.to ?? asOf.slice(0, 10);
  const least = period?.from ?? from;
  return { from: from < least ? least : from, to: to > most ? most : to };
};

// The days one step later (1) or earlier (-1): whole months stay whole.
export function moved({ from, to, preset }, step) {
  const whole = { month: 1, quarter: 3, year_to_date: 12 }[preset] ?? (isFirst(from) && isLast(to) ? months(from, to) : null);
  if (whole !== null) {
    const first = addMonths(from, step * whole);
    return { from: first, to: text(number(addMonths(first, whole)) - 1) };
  }
  const days = number(to) - number(from) + 1;
  return { from: text(number(from) + step * days), to: text(number(to) + step * days) };
}

const range = (from, to) => (from === to ? day(from, 'day') : `${day(from, 'day')} to ${day(to, 'day')}`);
export const inWords = ({ from, to }) => range(from, to);

export function periodBar(set) {
  const presets = h('select', { id: 'period-preset', 'data-focus': 'preset' }, Object.entries(PRESETS).map(([value, label]) => h('option', { value }, label)));
  const compare = h('select', { id: 'period-compare', 'data-focus': 'compare' }, Object.entries(COMPARISONS).map(([value, label]) => h('option', { value }, label)));
  const from = h('input', { type: 'date', id: 'period-from', required: true });
  const to = h('input', { type: 'date', id: 'period-to', required: true });
  const earlier = h('button.quiet.step', { type: 'button', 'aria-label': 'Earlier, by the length of the period', onclick: () => step(-1) }, '◀');
  const later = h('button.quiet.step', { type: 'button', 'aria-label': 'Later, by the length of the period', onclick: () => step(1) }, '▶');
  const words = h('p.period-words', { id: 'period-words' });
  const node = h('div.period', { role: 'group', 'aria-label': 'Period', 'aria-describedby': 'period-words', hidden: true },
    h('div.field', {}, h('label', { for: 'period-preset' }, 'Days'), presets),
    h('div.field', {}, h('label', { for: 'period-from' }, 'From'), from),
    h('div.field', {}, h('label', { for: 'period-to' }, 'To'), to),
    h('div.field.steps', {}, earlier, later),
    h('div.field', {}, h('label', { for: 'period-compare' }, 'Against'), compare),
    words);
  let shown = null; // { from, to, preset, compare } that the page has
  let limits = { first: null, last: null };

  const with_compare = (period) => (compare.value === 'previous' ? period : { ...period, compare: compare.value });
  presets.addEventListener('change', () => {
    if (presets.value === 'days') from.focus();
    else set(presets.value === 'all' ? null : with_compare({ preset: presets.value }));
  });
  compare.addEventListener('change', () => { if (shown) set(with_compare(shown.preset ? { preset: shown.preset } : { from: shown.from, to: shown.to })); });
  const chosen = (input, other) => {
    if (!input.value || !input.checkValidity()) return;
    // the other end follows where they would cross
    if (from.value && to.value && from.value > to.value) other.value = input.value;
    if (from.value && to.value) set(with_compare({ from: from.value, to: to.value }));
  };
  // what is typed is not yet what is meant: when the field is left, or Enter
  for (const [input, other] of [[from, to], [to, from]]) {
    input.addEventListener('blur', () => { if (input.value !== input.dataset.shown) chosen(input, other); });
    input.addEventListener('keydown', (event) => { if (event.key === 'Enter') chosen(input, other); });
  }
  function step(n) {
    if (!shown || node.hidden) return;
    const next = moved(shown, n);
    if (n > 0 && limits.last && next.from > limits.last) return;
    set(with_compare(next));
  }
  // The arrow keys move the period where nothing else takes them.
  document.addEventListener('keydown', (event) => {
    const n = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!n || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    if (!(event.target === document.body || event.target.matches?.('h1, .step, main'))) return;
    if (!shown || node.hidden) return;
    event.preventDefault();
    step(n);
  });
  return {
    node,
    hide: () => { node.hidden = true; },
    update(data, asked, applies) {
      node.hidden = !data.dated || !data.as_of || !applies || isExport;
      const { period } = data;
      shown = asked && period?.from ? period : null;
      limits.last = data.as_of?.slice(0, 10) ?? null;
      presets.value = !asked ? 'all' : (period?.preset ?? 'days');
      for (const [input, value] of [[from, period?.from], [to, period?.to]]) {
        input.value = value ?? '';
        input.dataset.shown = input.value;
        input.max = limits.last ?? '';
      }
      compare.value = asked?.compare ?? 'previous';
      compare.disabled = !shown;
      earlier.disabled = !shown;
      later.disabled = !shown;
      // not disabled at the end: that would take the focus away
      later.setAttribute('aria-disabled', String(!shown || (limits.last !== null && moved(shown, 1).from > limits.last)));
      fill(words, shown ? h('span', {}, h('strong', {}, range(period.from, period.to)), period.before_from ? ` against ${range(period.before_from, period.before_to)}` : '') : null);
    },
  };
}
