// How fresh the numbers are, in words, and the button that refreshes them.
import { fill, h } from './dom.mjs';
import { clean, format, instant } from './format.mjs';
import { isExport, madeAt, refresh } from './source.mjs';

const customers = (n) => `${format('count', n)} ${n === 1 ? 'customer' : 'customers'}`;

// { text, stale: why the numbers may be wrong } of mart_dashboard's freshness
function inWords({ mode, follow, fresh, last_refresh, pending_customers, problem }) {
  const last = last_refresh ? instant(last_refresh) : null;
  if (problem) {
    const text = isExport ? 'May have been out of date when this copy was made' : 'May be out of date';
    return { text: last ? `${text}; last refresh ${last}` : text, stale: problem };
  }
  // a copy does not change any more
  if (isExport && (mode === 'live' || fresh)) return { text: `Up to date when this copy was made, ${instant(madeAt)}` };
  if (mode === 'live') return { text: 'Live: reads the table each time' };
  if (follow === 'compare' || !fresh) return { text: last ? `Shows the table as of the last refresh, ${last}` : 'Not refreshed yet' };
  if (pending_customers > 0) return { text: `Up to date; changes of ${customers(pending_customers)} are computed with each page until the next refresh` };
  return { text: last ? `Up to date; last refresh ${last}` : 'Up to date' };
}

// A mart of that name, as people type it.
const asTyped = (name) => (/[A-Z"]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

function done({ customers: n, seconds, full_rebuild, reason }) {
  if (!full_rebuild && n === 0) return 'Nothing was pending';
  const took = `${format('seconds', seconds)} s`;
  return full_rebuild ? `Refreshed all: ${customers(n)}, ${took} (${clean(reason, 300)})` : `Refreshed: ${customers(n)}, ${took}`;
}

// A line for the head of the page and a warning for above the numbers. reload(mart)
// is called when a mart has been refreshed.
export function freshnessLine(reload) {
  const words = h('p.freshness', { id: 'freshness', role: 'status' });
  const outcome = h('p.outcome', { role: 'status' });
  // Not disabled while it works: that would take the focus away.
  const button = h('button.quiet.refresh', { type: 'button', 'aria-describedby': 'freshness', onclick: start, hidden: true }, 'Refresh');
  const warning = h('div.notice.stale', { role: 'status', hidden: true });
  let mart = null;
  const busy = new Set();
  const outcomes = new Map(); // mart -> { text, failed }

  async function start() {
    const mine = mart;
    if (busy.has(mine)) return;
    busy.add(mine);
    outcomes.delete(mine);
    drawOutcome();
    try {
      outcomes.set(mine, { text: done(await refresh(mine)) });
    } catch (error) {
      const sentences = [`Not refreshed: ${error.message}`, error.detail, error.hint].filter(Boolean);
      outcomes.set(mine, { text: sentences.map((text) => clean(text, 400).replace(/\.?$/, '.')).join(' '), failed: true });
    }
    busy.delete(mine);
    drawOutcome();
    reload(mine);
  }

  function drawOutcome() {
    const { text = '', failed = false } = outcomes.get(mart) ?? {};
    outcome.textContent = text;
    outcome.classList.toggle('failed', failed);
    const working = busy.has(mart);
    button.textContent = working ? 'Refreshing…' : 'Refresh';
    button.setAttribute('aria-disabled', String(working));
  }

  return {
    node: h('div.state', {}, words, button, outcome),
    warning,
    // what a refresh did is told until something else is asked
    forget: () => outcomes.clear(),
    update({ mart: shown, freshness, can_refresh }) {
      mart = shown;
      const { text = '', stale = null } = freshness ? inWords(freshness) : {};
      // a status that did not change is not said again
      if (words.textContent !== text) words.textContent = text;
      const may = !isExport && freshness?.mode === 'kept' && (can_refresh ?? freshness.may_refresh);
      button.hidden = !may;
      warning.hidden = stale === null;
      const heading = isExport ? 'These numbers may have been out of date: ' : 'These numbers may be out of date: ';
      const todo = isExport ? null : may ? 'Refresh computes them anew, or says what else it needs.' : `The owner of the mart can refresh it: SELECT refresh_mart('${clean(asTyped(shown), 60).replaceAll("'", "''")}').`;
      if (stale !== null) fill(warning, h('p', {}, h('strong', {}, heading), `${clean(stale, 500)}.`), todo ? h('p', {}, todo) : null);
      drawOutcome();
    },
  };
}
