// The check boxes that filter, one group per dimension, and the chips of what
// is chosen.
import { fill, h } from './dom.mjs';
import { name } from './parts.mjs';
import { clean, format, valueName } from './format.mjs';
import { chosenOf, toggled } from './state.mjs';

const OPEN_UP_TO = 7; // values of a dimension that is open from the start
const OPEN_DIMENSIONS = 4;
const SEARCH_FROM = 10;
const PREFERRED = ['subscribed', 'gender', 'category', 'shipping_type'];

// The filters stand beside the numbers, or above them, folded, on a narrow screen.
const beside = matchMedia('(min-width: 900px)');
let current = null;
beside.addEventListener('change', () => { if (current) current.open = beside.matches; });

export function slicers(context) {
  const known = context.data.dimensions.filter((d) => d.value_count > 0);
  const rank = ({ dimension }) => (PREFERRED.includes(dimension) ? PREFERRED.indexOf(dimension) : PREFERRED.length);
  const dimensions = known.map((d, i) => [d, i]).sort(([a, i], [b, j]) => rank(a) - rank(b) || i - j).map(([d]) => d);
  let opened = 0;
  const groups = dimensions.map((d) => {
    const list = h('div.values');
    const boxes = new Map();
    const open = chosenOf(context.filters, d.dimension) !== undefined || (d.value_count <= OPEN_UP_TO && opened < OPEN_DIMENSIONS);
    if (open) opened++;
    let wanted = '';
    const search = d.value_count >= SEARCH_FROM
      ? h('input', { type: 'search', placeholder: 'Search', 'aria-label': `Search the values of ${clean(d.label, 60)}`, oninput: (event) => { wanted = event.target.value.trim().toLowerCase(); show(); } })
      : null;
    const left = h('p.muted');
    const badge = h('span.badge', { hidden: true });
    const show = () => boxes.forEach((box) => { box.node.hidden = wanted !== '' && !box.text.includes(wanted) && !box.input.checked; });
    const node = h('details.slicer', { open, 'data-dimension': d.dimension },
      h('summary', {}, h('span', {}, name(d.label, 40)), badge),
      h('fieldset', {}, h('legend.unseen', {}, clean(d.label, 60)), search, list, left));
    function update({ data, filters, setFilters, locked }) {
      const rows = data.breakdown[d.dimension] ?? [];
      const chosen = chosenOf(filters, d.dimension) ?? [];
      badge.textContent = String(chosen.length);
      badge.hidden = !chosen.length;
      badge.setAttribute('aria-label', `${chosen.length} chosen`);
      // A value in the address that the mart does not have can be unticked too.
      const all = [...rows, ...chosen.filter((value) => !rows.some((row) => row.value === value)).map((value) => ({ value, purchases: 0, unknown: true }))];
      const keys = new Set(all.map((row) => JSON.stringify(row.value)));
      for (const [key, box] of boxes) {
        if (keys.has(key)) continue;
        box.node.remove();
        boxes.delete(key);
      }
      all.forEach((row, i) => {
        const key = JSON.stringify(row.value);
        let box = boxes.get(key);
        if (!box) {
          const input = h('input', { type: 'checkbox', disabled: locked });
          const count = h('span.count');
          box = { input, count, text: valueName(row.value, 500).toLowerCase(), node: h('label.value-box', {}, input, h('span.value-name', { class: row.value === null ? 'value-name muted' : 'value-name' }, name(valueName(row.value, 1000), 60)), count) };
          input.addEventListener('change', () => box.toggle());
          boxes.set(key, box);
        }
        if (list.children[i] !== box.node) list.insertBefore(box.node, list.children[i] ?? null);
        box.toggle = () => setFilters(toggled(context.now().filters, d.dimension, row.value));
        box.input.checked = chosen.includes(row.value);
        box.count.textContent = row.unknown ? 'not here' : format('count', row.purchases);
        box.count.title = 'purchases under the other filters';
        box.node.classList.toggle('none', row.purchases === 0);
      });
      left.textContent = d.values_left_out > 0 ? `${format('count', d.values_left_out)} more values are not listed.` : '';
      show();
    }
    return { node, update };
  });
  const panel = h('details.slicers', { open: beside.matches }, h('summary', {}, h('h2', {}, 'Filters')),
    groups.length ? h('div', {}, groups.map((group) => group.node)) : h('p.muted', {}, 'This mart has no dimensions to filter by.'));
  current = panel;
  return { node: panel, update: (now) => groups.forEach((group) => group.update(now)) };
}

// The chosen values, each with a button that takes it away.
export function drawChips(place, { filters, setFilters, label, locked }) {
  const chosen = Object.entries(filters).flatMap(([dimension, values]) => values.map((value) => [dimension, value]));
  place.hidden = !chosen.length;
  fill(place,
    h('ul', { 'aria-label': 'Chosen filters' }, chosen.map(([dimension, value]) =>
      h('li', {}, h('button.chip', { type: 'button', disabled: locked, 'data-focus': JSON.stringify(['chip', dimension, value]), 'aria-label': `Remove the filter ${clean(label(dimension), 60)} ${valueName(value, 100)}`, onclick: () => setFilters(toggled(filters, dimension, value)) },
        h('span.chip-dimension', {}, name(label(dimension), 30)), ' ', name(valueName(value, 1000), 32), h('span.remove', { 'aria-hidden': 'true' }, '×'))))),
    h('button.clear', { type: 'button', disabled: locked, onclick: () => setFilters({}) }, 'Clear all'));
}
