// Where the numbers come from: the server, or the page itself (an export).

const LONGEST_ADDRESS = 4000;

export class Failure extends Error {
  constructor(message, { detail, hint } = {}) {
    super(message);
    Object.assign(this, { detail, hint });
  }
}

const embedded = document.getElementById('purchase-trends-data');
const exported = embedded ? JSON.parse(embedded.textContent) : null;

export const isExport = exported !== null;
export const madeAt = exported?.made;

export async function ask({ mart, page, filters, period = null }, signal) {
  if (exported) {
    if (mart === null) return { marts: [exported.mart] };
    if (mart !== exported.mart) throw new Failure('this file has only one mart', { hint: 'Open it without what follows the # in the address.' });
    return exported.pages[page];
  }
  const question = { page };
  if (mart !== null) question.mart = mart;
  const query = new URLSearchParams(question);
  query.set('filters', JSON.stringify(filters));
  if (period) query.set('period', JSON.stringify(period));
  return String(query).length <= LONGEST_ADDRESS ? call(`api/dashboard?${query}`, { signal, cache: 'no-store' }) : post('api/dashboard', { ...question, filters, period }, signal);
}

// What refresh_mart did.
export const refresh = (mart) => post('api/refresh', { mart });

const post = (path, body, signal) => call(path, { method: 'POST', signal, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Failure('The dashboard server does not answer.', { hint: 'Is it still running?' });
  }
  let answer;
  try {
    answer = await response.json();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Failure(`The server answered with something that is not JSON (status ${response.status}).`);
  }
  if (!response.ok) throw new Failure(answer?.error?.message ?? `status ${response.status}`, answer?.error);
  return answer;
}
