#!/usr/bin/env node
// Serves the dashboard on 127.0.0.1:
//   node server.mjs [--owner NAME ...] [--refresh-user NAME] [--refresh-every MINUTES] [PORT]
// PORT (or the environment's DASHBOARD_PORT; default 8765) 0 takes any free one.
// --owner          shows the marts of this role, and of no other that is not named so (default: the
//                  owner of the database, superusers, PGUSER and whoever may grant it, --refresh-user)
// --refresh-user   the database user that refreshes kept marts (default: PGUSER)
// --refresh-every  refresh all that it may refresh, now and every so many minutes
// The database is found by PGHOST, PGPORT, PGUSER, PGDATABASE, PGOPTIONS, ...
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { csvLine, csvText } from './csv.mjs';
import { openDatabase, Refused, unknownMart } from './database.mjs';

const MAX_URL = 8192;
const MAX_BODY = 65_536;
const MAX_DEPTH = 8; // filters have 2
const MAX_CSV_ROWS = 100_000;

const USAGE = 'usage: node server.mjs [--owner NAME ...] [--refresh-user NAME] [--refresh-every MINUTES] [PORT]';

const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ');
const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
};

function fail(message) {
  console.error(`dashboard: ${message}`);
  process.exit(2);
}

function numberOf(text, name, low, high) {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < low || number > high) fail(`${name} must be a number from ${low} to ${high}`);
  return number;
}
let given;
try {
  given = parseArgs({ allowPositionals: true, options: { owner: { type: 'string', multiple: true }, 'refresh-user': { type: 'string' }, 'refresh-every': { type: 'string' } } });
} catch (error) {
  fail(`${error.message} (${USAGE})`);
}
if (given.positionals.length > 1) fail(USAGE);
const { owner: owners, 'refresh-user': refreshUser, 'refresh-every': refreshEvery } = given.values;
if (owners?.includes('')) fail('--owner must name a role');
if (refreshUser === '') fail('--refresh-user must name a database user');
if (refreshEvery !== undefined && !(/^\d+(\.\d+)?$/.test(refreshEvery) && refreshEvery >= 0.1 && refreshEvery <= 1440))
  fail('--refresh-every must be a number of minutes from 0.1 to 1440');
const port = numberOf(given.positionals[0] ?? process.env.DASHBOARD_PORT ?? '8765', 'the port', 0, 65535);
const timeoutMs = 1000 * numberOf(process.env.DASHBOARD_TIMEOUT ?? '15', 'DASHBOARD_TIMEOUT (seconds)', 1, 600);

// The files are few and small: all in memory, so that no path reaches the disk.
const files = new Map();
for (const [path, file, type] of [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/app.js', 'app.js', 'text/javascript; charset=utf-8'],
  ['/app.css', 'app.css', 'text/css; charset=utf-8'],
  ['/icon.svg', 'icon.svg', 'image/svg+xml'],
]) {
  try {
    const body = readFileSync(new URL(`dist/${file}`, import.meta.url));
    files.set(path, { body, type, tag: `"${createHash('sha256').update(body).digest('base64url')}"` });
  } catch (error) {
    fail(`dist/${file} cannot be read (${error.code}): run "npm run build" first`);
  }
}

let stopping = false;
const database = openDatabase({ timeoutMs, refreshUser, owners });

function send(response, status, type, body, headers = {}) {
  if (stopping) headers.Connection = 'close'; // nobody waits for a connection that is only kept
  response.writeHead(status, { ...HEADERS, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

const sendJson = (response, status, body, headers = {}) =>
  send(response, status, 'application/json; charset=utf-8', body, { 'Cache-Control': 'no-store', ...headers });

function sendRefusal(response, { status, message, detail, hint, code, allow = 'GET, HEAD, POST' }) {
  const headers = {};
  if (status === 503) headers['Retry-After'] = '2';
  if (status === 405) headers.Allow = allow;
  if (status === 413) headers.Connection = 'close';
  sendJson(response, status, JSON.stringify({ error: { message, detail, hint, code } }), headers);
}

// A page of another host must not reach us through a name that it lets point
// to 127.0.0.1 (DNS rebinding), nor by a request from its scripts.
function checkSender({ headers }) {
  const host = headers.host ?? '';
  if (!/^(127\.0\.0\.1|localhost)(:\d{1,5})?$/i.test(host)) throw new Refused(403, 'this host name is not served');
  if (headers.origin !== undefined && headers.origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    throw new Refused(403, 'requests of other origins are not served');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Refused(403, 'requests of other sites are not served');
}

function decode(text) {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new Refused(400, 'the query string has a bad percent encoding');
  }
}

function queryOf(search) {
  const query = new Map();
  for (const part of search.split('&').filter(Boolean)) {
    const at = part.indexOf('=');
    const name = decode(at < 0 ? part : part.slice(0, at));
    if (query.has(name)) throw new Refused(400, 'a parameter is given twice');
    query.set(name, at < 0 ? '' : decode(part.slice(at + 1)));
  }
  return Object.fromEntries(query);
}

async function bodyOf(request) {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new Refused(415, 'the body must be application/json');
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) throw new Refused(413, 'the request is too long');
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Refused(413, 'the request is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text, what) {
  let depth = 0;
  let deepest = 0;
  // over-counts brackets inside strings; strings do not have that many in a row
  for (const character of text.replace(/"(?:[^"\\]|\\.)*"/gs, '""')) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth--;
  }
  if (deepest > MAX_DEPTH) throw new Refused(400, `the ${what} nest too deep`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(400, `the ${what} are not JSON`);
  }
}

// Shape only: what exists, the database knows.
function question(given) {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) throw new Refused(400, 'the request is not an object');
  const { mart = null, page = 'overview', filters = {}, period = null, ...rest } = given;
  if (Object.keys(rest).length) throw new Refused(400, 'unknown parameter', { hint: 'The parameters are mart, page, filters and period.' });
  if (mart !== null && typeof mart !== 'string') throw new Refused(400, 'mart must be a text');
  if (typeof page !== 'string') throw new Refused(400, 'page must be a text');
  return [mart, JSON.stringify(filters), page, period === null ? null : JSON.stringify(period)];
}

// A question for a list: of customers (chosen and search narrow them) or of purchases (customer and product).
function listQuestion(kind, given) {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) throw new Refused(400, 'the request is not an object');
  const [first, second] = kind === 'customers' ? ['chosen', 'search'] : ['customer', 'product'];
  const { mart, filters = {}, period = null, sort = kind === 'customers' ? 'revenue' : null, descending = 'true', limit = '50', offset = '0', [first]: one = kind === 'customers' ? {} : null, [second]: two = null, ...rest } = given;
  if (Object.keys(rest).length) throw new Refused(400, 'unknown parameter', { hint: `The parameters are mart, filters, period, ${first}, ${second}, sort, descending, limit and offset.` });
  if (typeof mart !== 'string') throw new Refused(400, 'mart must be a text');
  for (const [name, value] of Object.entries({ [second]: two, sort, ...(kind === 'purchases' ? { customer: one } : {}) }))
    if (value !== null && typeof value !== 'string') throw new Refused(400, `${name} must be a text`);
  if (!['true', 'false'].includes(String(descending))) throw new Refused(400, 'descending must be true or false');
  for (const [name, value] of Object.entries({ limit, offset })) if (!/^\d{1,9}$/.test(String(value))) throw new Refused(400, `${name} must be a number`);
  if (Number(limit) < 1 || Number(limit) > 1000) throw new Refused(400, 'the limit must be from 1 to 1000');
  return { mart, values: [JSON.stringify(filters), kind === 'customers' ? JSON.stringify(one) : one, two, sort, String(descending), period === null ? null : JSON.stringify(period)], limit: Number(limit), offset: Number(offset) };
}

const csvField = (value) => (typeof value === 'string' ? csvText(value) : String(value?.number ?? value ?? ''));

// Tells when the browser goes away before it has its answer.
function goneOf(response) {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  response.on('close', () => { if (!response.writableFinished) gone.abort(); });
  return gone.signal;
}

// All pages of a list, at most so many rows; the head of the answer says how many there are in all.
async function sendCsv(response, kind, mart, values) {
  let rows = 0;
  await database.wholeList(kind, mart, values, MAX_CSV_ROWS, async (text) => {
    // numbers keep their digits
    const { columns, rows: page, total: { number: total } } = JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) => (token[0] === '"' ? token : `{"number":"${token}"}`)));
    if (response.destroyed) return false;
    if (!response.headersSent) {
      response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/csv; charset=utf-8', 'Cache-Control': 'no-store', 'Content-Disposition': `attachment; filename="${kind}.csv"`, 'X-Total-Rows': total });
      response.write(csvLine(columns.map(csvField)));
    }
    response.write(page.map((row) => csvLine(columns.map((name) => csvField(row[name])))).join(''));
    rows += page.length;
    return rows < Number(total) && page.length > 0;
  }, goneOf(response));
  response.end();
}

// Whether the page may offer a refresh, put before the other keys: what the
// database has written stays as it is, to the last digit.
function withRefresh(text, mart) {
  const may = mart === null ? null : database.mayRefresh(mart);
  return may === null ? text : `{"can_refresh": ${may}, ${text.slice(1)}`;
}

// Only of marts that this server shows: with another user for refreshing, that
// one may have more.
async function refreshed(given) {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) throw new Refused(400, 'the request is not an object');
  const { mart, ...rest } = given;
  if (Object.keys(rest).length) throw new Refused(400, 'unknown parameter', { hint: 'The parameter is mart.' });
  if (typeof mart !== 'string') throw new Refused(400, 'mart must be a text');
  const { marts } = JSON.parse(await database.dashboard(null, '{}', 'overview'));
  if (!marts.includes(mart)) throw unknownMart();
  return database.refresh(mart);
}

async function questionOf(request, search) {
  if (request.method === 'POST') return parse(await bodyOf(request), 'parameters');
  const given = queryOf(search);
  for (const name of ['filters', 'period', 'chosen']) if (given[name] !== undefined) given[name] = parse(given[name], name);
  return given;
}

// Lines of JSON: the page without rows of views, then those of each part as they come, what follows, and the end.
async function sendPage(given, response) {
  const asked = question(given);
  if (asked[0] === null) throw new Refused(400, 'mart must be given');
  let marts = '[]';
  await database.page(asked, {
    head: (text) => { marts = text; },
    line(text) {
      if (response.destroyed) return;
      if (!response.headersSent) {
        if (stopping) response.setHeader('Connection', 'close');
        response.writeHead(200, { ...HEADERS, 'Content-Type': 'application/x-ndjson; charset=utf-8', 'Cache-Control': 'no-store' });
        const may = database.mayRefresh(asked[0]);
        text = `{"marts": ${marts}, ${may === null ? '' : `"can_refresh": ${may}, `}${text.slice(1)}`;
      }
      if (response.req.method !== 'HEAD') response.write(`${text}\n`);
    },
  }, goneOf(response));
  response.end(response.req.method === 'HEAD' ? undefined : '{"end": true}\n');
}

async function answer(request, response) {
  checkSender(request);
  const { method, url } = request;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') throw new Refused(405, 'this method is not served');
  if (url.length > MAX_URL) throw new Refused(414, 'the address is too long', { hint: 'POST the same as JSON.' });
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  if (path === '/api/dashboard') {
    const given = await questionOf(request, at < 0 ? '' : url.slice(at + 1));
    const asked = question(given);
    sendJson(response, 200, withRefresh(await database.dashboard(...asked, goneOf(response)), given.mart ?? null));
    return;
  }
  if (path === '/api/page') {
    await sendPage(await questionOf(request, at < 0 ? '' : url.slice(at + 1)), response);
    return;
  }
  const [, kind, csv] = /^\/api\/(customers|purchases)(\.csv)?$/.exec(path) ?? [];
  if (kind) {
    const { mart, values, limit, offset } = listQuestion(kind, await questionOf(request, at < 0 ? '' : url.slice(at + 1)));
    if (csv) await sendCsv(response, kind, mart, values);
    else sendJson(response, 200, await database.list(kind, mart, values, { limit, offset }, goneOf(response)));
    return;
  }
  if (path === '/api/definitions') {
    const { mart, ...rest } = queryOf(at < 0 ? '' : url.slice(at + 1));
    if (mart === undefined || Object.keys(rest).length) throw new Refused(400, 'the parameter is mart');
    sendJson(response, 200, `{"definitions": ${await database.definitions(mart)}}`);
    return;
  }
  if (path === '/api/refresh') {
    // Of other sites checkSender() knows; those that name none cannot send JSON without asking before.
    if (method !== 'POST') throw Object.assign(new Refused(405, 'a refresh is asked for by POST'), { allow: 'POST' });
    sendJson(response, 200, JSON.stringify(await refreshed(parse(await bodyOf(request), 'parameters'))));
    return;
  }
  const file = files.get(path);
  if (!file) throw new Refused(404, 'there is no such page');
  if (method === 'POST') throw new Refused(405, 'this method is not served');
  const headers = { ETag: file.tag, 'Cache-Control': 'no-cache' };
  if (request.headers['if-none-match'] === file.tag) response.writeHead(304, { ...HEADERS, ...headers }).end();
  else send(response, 200, file.type, file.body, headers);
}

const server = http.createServer(
  { maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 5_000 },
  (request, response) => {
    answer(request, response).catch((error) => {
      if (!(error instanceof Refused)) {
        console.error(error);
        error = new Refused(500, 'the dashboard server failed');
      }
      if (!response.headersSent && !response.destroyed) sendRefusal(response, error);
      else if (!response.writableEnded) response.destroy(); // it broke off
      // what is left of a body that nobody wants
      request.resume();
    });
  },
);
server.maxConnections = 2048;
server.on('clientError', (error, socket) => {
  if (!socket.writable) return;
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
});
server.on('error', (error) => fail(`cannot listen on 127.0.0.1:${port}: ${error.message}`));

// All that may be refreshed, one after the other. Not only what is said to be
// pending: of a mart that follows by comparison nothing ever is.
async function refreshAll() {
  try {
    for (const mart of await database.refreshable()) {
      if (stopping) return;
      await database.refresh(mart).catch(() => {}); // it is in the log
    }
  } catch (error) {
    console.error(`refresh: ${error.message}`);
  }
  if (!stopping) setTimeout(refreshAll, refreshEvery * 60_000);
}

function stop() {
  if (stopping) return;
  stopping = true;
  server.close(async () => {
    await database.close();
    process.exit(0);
  });
  database.stopRefreshing();
  server.closeIdleConnections();
  // whoever is still being answered has this long
  setTimeout(() => process.exit(0), 5_000).unref();
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

// What may come up later is only said; a superuser or a missing extension will not change.
function complain(error) {
  if (error.status === 403 || error.status === 500) fail(`${error.message}${error.hint ? `. ${error.hint}` : ''}`);
  console.error(`dashboard: ${error.message}`);
}

server.listen(port, '127.0.0.1', async () => {
  try {
    const { marts } = JSON.parse(await database.dashboard(null, '{}', 'overview'));
    if (!marts.length) console.error('dashboard: there is no mart to show: this role may read none (grant_mart() lets it), or none of an owner that is trusted (--owner)');
  } catch (error) {
    complain(error);
  }
  if (refreshUser !== undefined || refreshEvery !== undefined) {
    try {
      if (!(await database.refreshable()).length)
        console.error("dashboard: there is no mart to refresh: none is kept, or this role has not the rights of its owner");
    } catch (error) {
      complain(error);
    }
  }
  console.log(`http://127.0.0.1:${server.address().port}/`);
  if (refreshEvery !== undefined) refreshAll();
});
