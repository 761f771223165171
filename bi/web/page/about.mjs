// The page About the numbers: what they mean, what is odd in the data.
import { absentList, missingWhy } from './overview.mjs';
import { PENDING, Panel, table } from './parts.mjs';
import { fill, h } from './dom.mjs';
import { clean, moment } from './format.mjs';

function factsPanel(context) {
  const { data } = context;
  const { settings = {} } = data;
  const panel = new Panel({ id: 'settings', title: 'This mart', full: true, saves: false });
  const show = (value) => (value === null || value === undefined || value === '' ? '–' : typeof value === 'object' ? clean(JSON.stringify(value), 400) : clean(value, 400));
  const facts = [
    ['Mart', data.mart], ['Source', data.source ?? settings.source],
    ['Seen from', data.as_of ? moment(data.as_of) : data.dated ? null : 'no times in the source'],
    ['Time zone', data.dated ? (data.time_zone ?? 'as in the source') : '–'],
    ['Decimals of money', data.amount_scale], ['Currency', data.currency ?? 'not set'],
    ['Kept', settings.mode === 'live' ? 'live: the views read the source' : settings.follow === 'compare' ? 'kept: as of the last refresh' : 'kept: stored by customer, changes are followed by triggers'],
    ['Age groups', Array.isArray(settings.age_labels) && Array.isArray(settings.age_edges) && settings.age_edges.length === settings.age_labels.length + 1 ? `${settings.age_labels.map((label) => clean(label, 40)).join(', ')} (edges ${settings.age_edges.join(', ')})` : (settings.age_labels ?? null)],
    ['Loyalty tiers', Array.isArray(settings.loyalty_labels) && Array.isArray(settings.loyalty_edges) ? `${settings.loyalty_labels.map((label) => clean(label, 40)).join(', ')} (from ${settings.loyalty_edges.join(', ')} purchases)` : null],
    ['Rights', settings.security_invoker ? 'the rights of who reads' : "the rights of the mart's owner"],
    ['Version of purchase_trends', data.extension_version],
  ];
  const roles = Object.entries(settings.roles ?? {});
  panel.body.append(
    h('dl.facts', {}, facts.map(([label, value]) => h('div', {}, h('dt', {}, label), h('dd', {}, h('bdi', {}, show(value)))))),
    roles.length ? h('details', {}, h('summary', {}, `Roles and their columns (${roles.length})`), table('Roles', [{ label: 'Role', kind: 'text' }, { label: 'Column or expression', kind: 'text' }], roles.map(([role, column]) => ({ cells: [role, show(column)] })))) : null,
  );
  return panel;
}

function qualityPanel(context) {
  const panel = new Panel({ id: 'data_quality', title: 'What to know about the data', full: true, explain: () => context.define('data_quality') });
  // rows that say something first; checks without a finding are folded away
  const telling = (row) => row.check_name === 'rows' || row.row_count > 0 || (row.consequence !== null && !/^(no column|view cannot be made)$/.test(row.check_name));
  const columns = [{ label: 'Check', kind: 'text' }, { label: 'Of', kind: 'text' }, { label: 'Rows', kind: 'count' }, { label: 'Share', kind: 'share' }, { label: 'Example', kind: 'text' }, { label: 'What follows', kind: 'long' }];
  const cells = (row) => ({ cells: [row.check_name, row.subject, row.row_count, row.row_share, row.example, row.consequence] });
  const draw = (rows) => {
    const found = rows.filter(telling);
    const lacking = rows.filter((row) => !telling(row) && row.consequence !== null);
    const quiet = rows.filter((row) => !telling(row) && row.consequence === null);
    fill(panel.body, table('Findings', columns, found.map(cells)));
    for (const [title, part] of [['What the source has not', lacking], ['Checks that found nothing', quiet]])
      if (part.length) panel.body.append(h('details', {}, h('summary', {}, `${title} (${part.length})`), table(title, columns, part.map(cells))));
  };
  const update = ({ data, again }) => {
    const given = data.views.data_quality;
    panel.wait(given === PENDING);
    if (given === PENDING) return;
    if (given.failed) {
      panel.fail(given.failed, again);
      return;
    }
    panel.say(null);
    panel.node.classList.add('drawn');
    draw(given);
  };
  return { panel, update, view: 'data_quality' };
}

function definitionsPanel(definitions) {
  const panel = new Panel({ id: 'definitions', title: 'Definitions', full: true, saves: false });
  const list = h('div.definitions');
  const status = h('p.muted', { role: 'status' });
  const search = h('input', { type: 'search', placeholder: 'Search, such as "rating"', 'aria-label': 'Search the definitions' });
  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const matches = (text) => String(text ?? '').toLowerCase().includes(wanted);
    let columns = 0;
    fill(list, definitions.map((d) => {
      const whole = !wanted || matches(d.view) || matches(d.description);
      const shown = whole ? (d.columns ?? []) : (d.columns ?? []).filter((c) => matches(c.column) || matches(c.description));
      if (!whole && !shown.length) return null;
      columns += shown.length;
      return h('details', { open: Boolean(wanted) && !whole }, h('summary', {}, h('code', {}, d.view), h('span.muted', {}, clean(d.description ?? '', 600))),
        table(`Columns of ${d.view}`, [{ label: 'Column', kind: 'text' }, { label: 'Meaning', kind: 'long' }], shown.map((c) => ({ cells: [c.column, c.description] }))));
    }));
    status.textContent = `${list.children.length} views, ${columns} columns`;
  };
  search.addEventListener('input', draw);
  panel.tools.append(search);
  panel.body.append(status, list);
  draw();
  return panel;
}

export function about(context) {
  const { views = {}, missing = {}, definitions = [] } = context.data;
  const panels = [factsPanel(context)];
  const quality = views.data_quality ? qualityPanel(context) : null;
  const absent = [];
  if (quality) panels.push(quality.panel);
  else absent.push(['What to know about the data', missingWhy(missing.data_quality)]);
  if (definitions.length) panels.push(definitionsPanel(definitions));
  return {
    nodes: [h('div.panels', {}, panels.map((panel) => panel.node)), absentList(absent)],
    update: (now, arrived) => { if (!arrived || arrived.includes('data_quality')) quality?.update(now); },
    dispose() {},
  };
}

