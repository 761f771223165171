// How fresh the numbers are, in words, and refreshing them: by the button, by the
// endpoint, and by the server every so often.
import http from 'node:http';
import { complete, connect, failures, is, launch, logSize, ok, openPage, startServer, statementsSince, until } from './common.mjs';

const db = await connect();
// In a transaction a session sees the others as they were at its begin.
const watch = await connect();
const sql = async (text) => (await db.query(text)).rows;
const pending = async () => Number((await sql("SELECT pending_customers AS n FROM mart_status() WHERE mart = 'store'"))[0].n);
const touch = () => sql('UPDATE store_lines SET amount = amount WHERE customer_id IN (SELECT DISTINCT customer_id FROM store_lines ORDER BY 1 LIMIT 12)');
const LOCK = 'LOCK TABLE store.kept_customer IN SHARE ROW EXCLUSIVE MODE'; // what a refresh takes
const sessions = async () => Number((await watch.query("SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'purchase_trends_refresh'")).rows[0].n);

const before = logSize();
const reader = await startServer();
const keeper = await startServer({ args: ['--refresh-user', 'mart_keeper', '0'] });

// status, headers and the JSON of the answer
function post(server, body, { method = 'POST', headers = {} } = {}) {
  return new Promise((resolve) => {
    const request = http.request(`${server.base}api/refresh`, { method, headers: { 'content-type': 'application/json', ...headers } }, (response) => {
      let text = '';
      response.on('data', (data) => (text += data));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, answer: JSON.parse(text) }));
    });
    request.on('error', (error) => resolve({ status: 0, answer: { error } }));
    request.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

const browser = await launch();
const { page, problems } = await openPage(browser, { timezoneId: 'UTC' });
const settled = () => complete(page);
const open = async (server, mart, name = 'overview') => {
  await page.goto('about:blank');
  await page.goto(`${server.base}#mart=${mart}&page=${name}`);
  await settled();
};
const words = () => page.textContent('.freshness');
const button = page.locator('button.refresh');
const warning = async () => ((await page.locator('.stale').isVisible()) ? page.textContent('.stale') : null);
// the numbers are there again after a refresh
const refreshed = async () => {
  await page.waitForFunction(() => document.querySelector('.outcome').textContent !== '');
  await settled();
  return page.textContent('.outcome');
};

// The words for each case, with answers as the database gives them
const when = '2026-03-01T14:05:06.789+00:00';
const kept = { mode: 'kept', follow: 'statement', fresh: true, last_refresh: when, pending_customers: 0, problem: null, may_refresh: false };
const told = 'a trigger <b>was</b> disabled';
const cases = [
  ['live', { mode: 'live', follow: null, fresh: true, last_refresh: null, pending_customers: null, problem: null, may_refresh: false }, 'Live: reads the table each time', false],
  ['kept', kept, 'Up to date; last refresh Mar 1, 2026, 2:05 PM', false],
  ['kept, and may be refreshed', { ...kept, may_refresh: true }, 'Up to date; last refresh Mar 1, 2026, 2:05 PM', true],
  ['one customer pending', { ...kept, pending_customers: 1 }, 'Up to date; changes of 1 customer are computed with each page until the next refresh', false],
  ['1,234 customers pending', { ...kept, pending_customers: 1234 }, 'Up to date; changes of 1,234 customers are computed with each page until the next refresh', false],
  ['compared', { ...kept, follow: 'compare', fresh: false, pending_customers: null }, 'Shows the table as of the last refresh, Mar 1, 2026, 2:05 PM', false],
  ['a problem', { ...kept, fresh: false, problem: told }, 'May be out of date; last refresh Mar 1, 2026, 2:05 PM', false,
    `These numbers may be out of date: ${told}.The owner of the mart can refresh it: SELECT refresh_mart('store').`],
  ['a problem, and may be refreshed', { ...kept, fresh: false, problem: told, may_refresh: true }, 'May be out of date; last refresh Mar 1, 2026, 2:05 PM', true,
    `These numbers may be out of date: ${told}.Refresh computes them anew, or says what else it needs.`],
  ['an extension that says nothing of it', undefined, '', false],
];
let pretended;
const real = await (await fetch(`${reader.base}api/dashboard?mart=store&page=about`)).json();
await page.route('**/api/page*', (route) => {
  const { views, findings, ...whole } = real;
  const lines = [{ page: { ...whole, freshness: pretended }, expected: Object.keys(views), marts: real.marts }, { views }, { findings }, { end: true }];
  return route.fulfill({ contentType: 'application/x-ndjson', body: lines.map((line) => `${JSON.stringify(line)}\n`).join('') });
});
for (const [what, freshness, text, offered, warned = null] of cases) {
  pretended = freshness;
  await open(reader, 'store', 'about');
  is([await words(), await button.isVisible(), await warning()], [text, offered, warned], `freshness in words: ${what}`);
}
pretended = { ...kept, pending_customers: 1234567, may_refresh: true };
await open(reader, 'store', 'about');
for (const width of [320, 360, 640, 1024]) {
  await page.setViewportSize({ width, height: 800 });
  const full = await page.evaluate(() => document.documentElement.scrollWidth);
  if (full > width || !(await button.isVisible())) ok(false, `freshness at ${width} pixels`, full);
}
await page.setViewportSize({ width: 1280, height: 900 });
await page.unrouteAll({ behavior: 'wait' });

// Who may not
await touch();
await open(reader, 'store');
is([await words(), await button.isVisible()], ['Up to date; changes of 12 customers are computed with each page until the next refresh', false], 'no button where the server may not refresh');
const denied = await post(reader, { mart: 'store' });
is([denied.status, denied.answer.error?.message], [403, 'permission denied for mart "store"'], 'a refresh without the right: 403, and why');
is(await pending(), 12, 'and nothing was refreshed');

// Requests that are refused: [what, status, body, options]
const readBefore = logSize();
const wrong = [];
for (const [what, status, body, options] of [
  ['GET', 405, '', { method: 'GET' }],
  ['another origin', 403, { mart: 'store' }, { headers: { origin: 'http://evil.example' } }],
  ['the origin "null"', 403, { mart: 'store' }, { headers: { origin: 'null' } }],
  ['a script of another site', 403, { mart: 'store' }, { headers: { 'sec-fetch-site': 'cross-site' } }],
  ['another port of this machine', 403, { mart: 'store' }, { headers: { 'sec-fetch-site': 'same-site' } }],
  ['another host name', 403, { mart: 'store' }, { headers: { host: 'evil.example' } }],
  ['a form', 415, 'mart=store', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
  ['JSON that is called a text', 415, { mart: 'store' }, { headers: { 'content-type': 'text/plain' } }],
  ['no object', 400, '["store"]'],
  ['no JSON', 400, '{'],
  ['no mart', 400, {}],
  ['a mart that is null', 400, { mart: null }],
  ['an unknown parameter', 400, { mart: 'store', full_rebuild: true }],
  ['an unknown mart', 404, { mart: 'nosuch' }],
  ['a mart that the server does not show', 404, { mart: 'secret' }],
  ['SQL as a mart', 404, { mart: "store'); DROP TABLE store_lines; --" }],
]) {
  const got = await post(keeper, body, options);
  if (got.status !== status || typeof got.answer.error?.message !== 'string') wrong.push([what, got]);
}
is(wrong, [], 'requests that are not of the page are refused, each with a status and a message');
is([statementsSince(readBefore, 'mart_keeper').filter((text) => /refresh_mart/.test(text)), await pending()], [[], 12], 'and none of them reached the database');

// The button
await open(keeper, 'shop');
is([await words(), await button.isVisible()], ['Live: reads the table each time', false], 'no button at a live mart');
await open(keeper, 'store');
is(await button.isVisible(), true, 'with --refresh-user there is a button');
is(await page.$eval('button.refresh', (node) => document.getElementById(node.getAttribute('aria-describedby')).getAttribute('role')), 'status', 'which is described by the words');
const numbers = () => page.$$eval('.card .value', (nodes) => nodes.map((node) => node.textContent));
const same = await numbers();
await button.focus();
await page.keyboard.press('Enter');
ok(/^Refreshed: 12 customers, [\d.]+ s$/.test(await refreshed()), 'the button refreshes, and the page says what was done', await page.textContent('.outcome'));
ok(/^Up to date; last refresh /.test(await words()), 'and that nothing is pending', await words());
is([await pending(), (await sql('SELECT count(*) AS n FROM store.customer_change'))[0].n], [0, '0'], 'the log is empty');
is(await numbers(), same, 'the numbers are as before');
ok(await button.evaluate((node) => node === document.activeElement), 'the focus stays on the button');
await button.click();
await page.waitForFunction(() => document.querySelector('.outcome').textContent === 'Nothing was pending');
ok(true, 'and again: nothing was pending');
await page.getByRole('link', { name: 'Customers' }).click();
await settled();
is(await page.textContent('.outcome'), '', 'what it did is told until something else is asked');

// A change that was not seen: the page warns, and the refresh mends it
await sql('ALTER TABLE store_lines DISABLE TRIGGER USER');
await open(keeper, 'store');
ok(/triggers are missing or disabled/.test(await warning()) && /^May be out of date/.test(await words()), 'disabled triggers: a warning', await warning());
await button.click();
ok(/^Refreshed all: [\d,]+ customers, [\d.]+ s \(triggers are missing or disabled/.test(await refreshed()), 'a full rebuild says why', await page.textContent('.outcome'));
is(await warning(), null, 'and the warning is gone');

// One that shows its last refresh
await sql("SET ROLE mart_keeper; SELECT set_mart_mode('store', 'kept', 'compare'); RESET ROLE");
await open(keeper, 'store');
ok(/^Shows the table as of the last refresh, /.test(await words()), 'a mart that compares says of when it is', await words());
await sql('CREATE TABLE store_before AS SELECT * FROM store_lines WHERE customer_id = 1; UPDATE store_lines SET amount = amount + 1000000 WHERE customer_id = 1');
await open(keeper, 'store');
const stale = await numbers();
await button.click();
await refreshed();
const total = Number((await sql('SELECT sum(amount) AS n FROM store_lines'))[0].n);
const revenue = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 }).format(total);
is([stale, stale.includes(revenue), (await numbers()).includes(revenue)], [same, false, true], 'its numbers change with the refresh');
await sql('DELETE FROM store_lines WHERE customer_id = 1; INSERT INTO store_lines SELECT * FROM store_before; DROP TABLE store_before');
await sql("SET ROLE mart_keeper; SELECT set_mart_mode('store', 'kept', 'statement'); RESET ROLE");

// An error is shown beside the button; the numbers stay
await open(keeper, 'store');
is(problems, [], 'no error or warning in the console');
await page.route('**/api/refresh', (route) => route.fulfill({ status: 503, json: { error: { message: 'the mart is <i>locked</i>', hint: 'Try again in a moment.' } } }));
await button.click();
is([await refreshed(), await numbers()], ['Not refreshed: the mart is <i>locked</i>. Try again in a moment.', same], 'an error is told in words, and the numbers stay');
await browser.close();

// One at a time, shared by all who ask; then one that waits in vain
await touch();
await db.query('BEGIN');
await db.query(LOCK);
const shared = Array.from({ length: 20 }, () => post(keeper, { mart: 'store' }));
await until(async () => (await sessions()) > 0);
await new Promise((done) => setTimeout(done, 300));
is(await sessions(), 1, '20 requests: one session');
await db.query('ROLLBACK');
const answers = await Promise.all(shared);
is([[...new Set(answers.map((a) => JSON.stringify([a.status, a.answer])))].length, answers[0].answer.customers], [1, 12], 'all of them have the same answer');
ok(await until(async () => (await sessions()) === 0), 'the session is closed after it');
await db.query('BEGIN');
await db.query(LOCK);
const busy = await post(keeper, { mart: 'store' });
await db.query('ROLLBACK');
is([busy.status, busy.answer.error?.code, busy.headers['retry-after']], [503, '55P03', '2'], 'a mart that somebody else works on: 503, and why');

// The end of the server while it refreshes
await db.query('BEGIN');
await db.query(LOCK);
const cut = post(keeper, { mart: 'store' });
await until(async () => (await sessions()) === 1);
const from = Date.now();
const end = await keeper.stop();
is([end, Date.now() - from < 4000, (await cut).status, /is stopping/.test((await cut).answer.error?.message)], [{ code: 0, signal: null }, true, 503, true], 'SIGTERM during a refresh: it is told, and code 0 at once');
ok(await until(async () => (await sessions()) === 0, 2000), 'and the database does not go on with it');
await db.query('ROLLBACK');
await reader.stop();
is([...new Set(statementsSince(before))].filter((text) => !/refresh_mart|mart_dashboard(_parts?)?\(|mart_(customers|purchases)\(|pt_dashboard_findings\(|pt_mart_dashboard_definitions\(|pg_current_snapshot\(|pg_export_snapshot\(|marts\(\)|quote_ident|^statement: (BEGIN (ISOLATION LEVEL REPEATABLE READ )?READ ONLY|SAVEPOINT part$|ROLLBACK TO SAVEPOINT part$|SET TRANSACTION SNAPSHOT|ROLLBACK$|DISCARD ALL$)/.test(text)), [], 'who looks sends no other statement');
is([...new Set(statementsSince(before, 'mart_keeper').map((text) => /(refresh_mart|mart_status|pg_cancel_backend|quote_ident)\(/.exec(text)?.[1] ?? text))].sort(), ['mart_status', 'pg_cancel_backend', 'quote_ident', 'refresh_mart'], 'who refreshes asks where the functions are and what may be, refreshes, and cancels');

// Without --refresh-user it is the server's own user, as far as that one may
await touch();
const owner = await startServer({ env: { PGUSER: 'mart_keeper' } });
const said = await (await fetch(`${owner.base}api/dashboard?mart=store`)).json();
is([said.freshness.may_refresh, 'can_refresh' in said, (await post(owner, { mart: 'store' })).answer.customers, await pending()], [true, false, 12, 0], 'a server that runs as the owner refreshes too');
await owner.stop();

// Every so often
await touch();
const often = await startServer({ args: ['--refresh-user', 'mart_keeper', '--refresh-every', '0.1', '0'] });
ok(await until(async () => (await pending()) === 0), '--refresh-every refreshes when the server starts');
await touch();
ok(await until(async () => (await pending()) === 0), 'and after so many minutes');
ok(await until(() => often.err.match(/^refreshed "store": 12 customers, \d+ lines, [\d.]+ s \(customers were pending\)$/gm)?.length === 2), 'one line in the log for each', often.err);
await db.query('BEGIN');
await db.query(LOCK);
ok(await until(() => /^refresh of "store": the mart, or its source, is locked/m.test(often.err), 20_000), 'an error is a line in the log', often.err);
await db.query('ROLLBACK');
await touch();
ok(await until(async () => (await pending()) === 0), 'and it goes on');
is([(await often.stop()).code, /^\s+at /m.test(often.err)], [0, false], 'SIGTERM ends it with code 0');
const none = await startServer({ args: ['0', '--refresh-every', '60'] });
is([none.base !== null, /there is no mart to refresh/.test(none.err), (await none.stop()).code], [true, true, 0], 'a role that may refresh none: it says so, and runs');

// Options that are wrong
for (const args of [['--refresh-every', '0'], ['--refresh-every', 'often'], ['--refresh-every', '1e3'], ['--refresh-every', '2000'], ['--refresh-every'], ['--refresh-user', ''], ['--refresh-user'], ['--nosuch']]) {
  const refused = await startServer({ args: [...args, ...(args.length === 2 ? ['0'] : [])] });
  if (refused.base) await refused.stop();
  if (refused.base !== null || (await refused.ended).code !== 2 || !/^dashboard: .+/.test(refused.err) || /^\s+at /m.test(refused.err)) ok(false, `${args.join(' ')} is refused`, refused.err);
}
const superuser = await startServer({ args: ['--refresh-user', 'postgres', '0'] });
if (superuser.base) await superuser.stop();
is([superuser.base, (await superuser.ended).code, /superuser/.test(superuser.err)], [null, 2, true], 'it refuses to refresh as a superuser');

await watch.end();
await db.end();
process.exit(failures() ? 1 : 0);
