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

const elsewhere = () => new Failure('this file has only one mart', { hint: 'Open it without what follows the # in the address.' });

export async function listMarts(signal) {
  if (exported) return [exported.mart];
  return (await call('api/dashboard', { signal, cache: 'no-store' })).marts;
}

// A page, part by part: receive() gets { page: all but rows of views, expected: [names of views], mode, marts, can_refresh },
// then { views: { name: rows } } or { failed: [names], error } of each part, and { findings }.
export async function askPage({ mart, page, filters, period = null }, signal, receive) {
  if (exported) {
    if (mart !== exported.mart) throw elsewhere();
    const whole = exported.pages[page];
    receive({ page: whole, expected: Object.keys(whole.views ?? {}), marts: whole.marts });
    if (whole.views) receive({ views: whole.views });
    receive({ findings: whole.findings });
    return;
  }
  let ended = false;
  await lines(...question('api/page', { mart, page }, { filters, period }, signal), (line) => {
    if (line.end) ended = true;
    else receive(line);
  });
  if (!ended) throw new Failure('The answer broke off.', { hint: 'Is the dashboard server still running?' });
}

const texts = (given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]));

// Rows of a list (customers, purchases): { columns, rows, total, sort, descending }
export async function askList(kind, given, signal) {
  const query = new URLSearchParams(texts(given));
  return String(query).length <= LONGEST_ADDRESS ? call(`api/${kind}?${query}`, { signal, cache: 'no-store' }) : call(`api/${kind}`, posted(given, signal));
}
export const addressOfCsv = (kind, given) => `api/${kind}.csv?${new URLSearchParams(texts(given))}`;

// What the views and columns of a mart mean.
export async function askDefinitions(mart) {
  if (exported) return exported.pages.about.definitions ?? [];
  return (await call(`api/definitions?${new URLSearchParams({ mart })}`, { cache: 'no-store' })).definitions;
}

// [path, options] that ask; what is JSON may be too long for an address
function question(path, texts, objects, signal) {
  const query = new URLSearchParams(texts);
  for (const [name, value] of Object.entries(objects)) if (value !== null) query.set(name, JSON.stringify(value));
  return String(query).length <= LONGEST_ADDRESS ? [`${path}?${query}`, { signal, cache: 'no-store' }] : [path, posted({ ...texts, ...objects }, signal)];
}

// What refresh_mart did.
export const refresh = (mart) => post('api/refresh', { mart });

const posted = (body, signal) => ({ method: 'POST', signal, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
const post = (path, body, signal) => call(path, posted(body, signal));

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Failure('The dashboard server does not answer.', { hint: 'Is it still running?' });
  }
}

// An answer of lines of JSON, each as it comes.
async function lines(path, options, receive) {
  const response = await reach(path, options);
  if (!response.ok) {
    await read(response);
    return;
  }
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    let chunk;
    try {
      chunk = await reader.read();
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      throw new Failure('The answer broke off.', { hint: 'Is the dashboard server still running?' });
    }
    const whole = (rest + decoder.decode(chunk.value, { stream: !chunk.done })).split('\n');
    rest = whole.pop();
    for (const line of whole) {
      let given;
      try {
        given = JSON.parse(line);
      } catch {
        throw new Failure('The server answered with something that is not JSON.');
      }
      receive(given);
    }
    if (chunk.done) return;
  }
}

const call = async (path, options) => read(await reach(path, options));

async function read(response) {
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
