// A page in parts: what is seen before its numbers are there, panels that fail alone, and answers
// that are kept as long as nothing has changed.
import { complete, connect, failures, is, launch, logSize, ok, openPage, startServer, statementsSince, until, web } from './common.mjs';

const db = await connect();
const locker = await connect();
const sql = async (text) => (await db.query(text)).rows;
const server = await startServer({ env: { DASHBOARD_TIMEOUT: '4' } }); // which is how long it waits for a lock, too
const { base } = server;

// A page as the server gives it: { status, lines, error }, receive() is called with each line
async function ask(parameters, receive = () => {}) {
  const response = await fetch(`${base}api/page?${new URLSearchParams(Object.fromEntries(Object.entries(parameters).map(([k, v]) => [k, typeof v === 'string' ? v : JSON.stringify(v)])))}`);
  if (!response.ok) return { status: response.status, error: (await response.json()).error };
  const lines = [];
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + chunk).split('\n');
    rest = whole.pop();
    for (const text of whole) {
      lines.push(JSON.parse(text));
      await receive(lines.at(-1));
    }
  }
  return { status: 200, lines };
}
const assembled = ({ lines }) => {
  const { page, expected } = lines[0];
  const views = Object.assign({}, ...lines.map((line) => line.views ?? {}));
  return { ...page, ...(expected.length ? { views } : {}), ...(lines.find((line) => line.findings) ?? {}) };
};
const sorted = (value) => (value === null || typeof value !== 'object' ? value : Array.isArray(value) ? value.map(sorted) : Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])));

// The parts are the whole
for (const mart of ['shop', 'store'])
  for (const page of ['overview', 'customers', 'products', 'trends', 'about'])
    for (const filters of [{}, { gender: ['Female'] }]) {
      const answer = await ask({ mart, page, filters });
      const { marts, can_refresh: _, ...whole } = await (await fetch(`${base}api/dashboard?${new URLSearchParams({ mart, page, filters: JSON.stringify(filters) })}`)).json();
      is([answer.lines[0].marts, answer.lines.at(-1), sorted(assembled(answer))], [marts, { end: true }, sorted(whole)], `${mart}, ${page}${filters.gender ? ', filtered' : ''}: the parts make up the page`);
    }

// What is kept
const asked = async (parameters) => {
  const from = logSize();
  const answer = await ask(parameters);
  return [answer, statementsSince(from).filter((text) => /mart_dashboard_part\(/.test(text)).length];
};
const revenue = async () => Number((await sql('SELECT sum(amount) AS s FROM store_lines'))[0].s);
const revenueOf = (answer) => answer.lines[0].page.kpi.revenue;
await ask({ mart: 'store', page: 'customers' });
let [answer, computed] = await asked({ mart: 'store', page: 'customers' });
is([revenueOf(answer), computed], [await revenue(), 0], 'a kept mart: an answer is given again while nothing changes');
is([sorted(assembled(answer)).views.contact_list.length > 0, answer.lines.at(-1)], [true, { end: true }], '... all of it');
[answer, computed] = await asked({ mart: 'store', page: 'customers', filters: { gender: ['Male'] } });
ok(computed > 0 && revenueOf(answer) !== (await revenue()), 'another question is another answer', computed);
const raise = 'UPDATE store_lines SET amount = amount + 1 WHERE customer_id = (SELECT min(customer_id) FROM store_lines)';
const before = await revenue();
await sql(raise);
[answer, computed] = await asked({ mart: 'store', page: 'customers' });
is([revenueOf(answer), computed > 0], [await revenue(), true], 'a change of the source is seen at once');
ok((await revenue()) !== before, 'and there was one');
await locker.query('BEGIN');
await locker.query(raise);
const uncommitted = await revenue();
for (const _ of [1, 2]) is(revenueOf(await ask({ mart: 'store', page: 'customers' })), uncommitted, 'one that is not committed is not');
await locker.query('COMMIT');
is([revenueOf(await ask({ mart: 'store', page: 'customers' })), (await revenue()) !== uncommitted], [await revenue(), true], 'until it is');
await sql("SELECT set_mart_currency('store', 'EUR')");
is((await ask({ mart: 'store', page: 'customers' })).lines[0].page.currency, 'EUR', 'a setting of the mart is seen at once');
await sql("SELECT set_mart_currency('store', NULL)");
await sql("SELECT refresh_mart('store')");
is((await ask({ mart: 'store', page: 'customers' })).lines[0].page.freshness.pending_customers, 0, 'so is a refresh');
await ask({ mart: 'shop', page: 'products' });
[answer, computed] = await asked({ mart: 'shop', page: 'products' });
ok(computed > 0, 'a live mart is computed each time', computed);
await sql("SELECT set_mart_mode('store', 'kept', 'compare')");
await ask({ mart: 'store', page: 'customers' });
[answer, computed] = await asked({ mart: 'store', page: 'customers' });
ok(computed > 0, 'so is one that follows by comparison', computed);
await sql("SELECT set_mart_mode('store', 'kept', 'statement')");
await ask({ mart: 'store', page: 'customers' });
// autovacuum, too, may commit meanwhile: it looks at tables that are new
for (let i = 0; i < 3; i++) {
  [, computed] = await asked({ mart: 'store', page: 'customers' });
  if (computed === 0) break;
}
is(computed, 0, 'by triggers again: kept again');
await sql('ALTER TABLE store_lines DISABLE TRIGGER ALL');
await ask({ mart: 'store', page: 'customers' });
[answer, computed] = await asked({ mart: 'store', page: 'customers' });
ok(computed > 0 && answer.lines[0].page.freshness.fresh === false, 'one whose triggers are off is not kept', computed);
await sql('ALTER TABLE store_lines ENABLE TRIGGER ALL');
await sql("SELECT set_mart_mode('store', 'live'); SELECT set_mart_mode('store', 'kept', 'statement')");
await sql("SELECT revoke_mart('store', 'mart_reader')");
is((await ask({ mart: 'store', page: 'customers' })).status, 404, 'who may not read it any more gets nothing that was kept');
await sql("SELECT grant_mart('store', 'mart_reader')");

// All parts see the same: this lock holds up the views of the fitted model
const lock = async (relation) => { await locker.query('BEGIN'); await locker.query(`LOCK TABLE ${relation} IN ACCESS EXCLUSIVE MODE`); };
const unlock = () => locker.query('ROLLBACK');
await lock('store.fitted_model');
const late = ask({ mart: 'store', page: 'customers', filters: { gender: ['Female'] } }, async (line) => {
  if (!line.page) return;
  await sql("UPDATE store_lines SET amount = amount * 3 WHERE gender = 'Female'");
  setTimeout(unlock, 300);
});
answer = await late;
const one = assembled(answer);
const best = Number(one.views.revenue_concentration.find((row) => row.customer_percentile === 100)?.cumulative_revenue);
is(best, Number(one.kpi.revenue), 'a change while a page is computed is in all of its parts or in none');
const contacts = one.views.contact_list?.map((row) => [row.customer_id, Number(row.revenue)]).slice(0, 20) ?? [];
const now = new Map((await sql('SELECT customer_id, sum(amount) AS s FROM store_lines GROUP BY 1')).map((row) => [row.customer_id, Number(row.s)]));
ok(contacts.length > 5 && contacts.every(([id, s]) => Math.abs(3 * s - now.get(String(id))) < 0.005), '... also in those that came late', contacts.slice(0, 3), contacts.slice(0, 3).map(([id]) => now.get(String(id))));
await sql("UPDATE store_lines SET amount = amount / 3 WHERE gender = 'Female'; SELECT refresh_mart('store')");

// Who goes away leaves nothing running; who waits for the same keeps it
const soon = (test) => until(test, 2000); // less than the server's own timeout
const blocked = async () => Number((await sql("SELECT count(*) AS n FROM pg_stat_activity WHERE usename = 'mart_reader' AND state = 'active' AND wait_event_type = 'Lock'"))[0].n);
const sessionIds = async (where = 'true') => (await sql(`SELECT pid FROM pg_stat_activity WHERE usename = 'mart_reader' AND ${where}`)).map((row) => row.pid);
const addressOf = (path, parameters) => `${base}api/${path}?${new URLSearchParams(Object.fromEntries(Object.entries(parameters).map(([k, v]) => [k, typeof v === 'string' ? v : JSON.stringify(v)])))}`;
// An asker who can go away; done: the text that it got, or null
function asker(path, parameters) {
  const controller = new AbortController();
  return { go: () => controller.abort(), done: fetch(addressOf(path, parameters), { signal: controller.signal }).then((r) => r.text()).catch(() => null) };
}
const page_ = { mart: 'store', page: 'customers', filters: { gender: ['Male'] } };
const cancelled = () => (server.err.match(/57014/g) ?? []).length;
for (const [path, parameters, relation] of [
  ['page', page_, 'store.fitted_model'], ['dashboard', page_, 'store.fitted_model'], ['customers', { mart: 'store' }, 'store_lines'],
  ['purchases', { mart: 'store' }, 'store_lines'], ['purchases.csv', { mart: 'store' }, 'store_lines'], ['customers.csv', { mart: 'store' }, 'store.kept_customer'],
]) {
  await sql('SELECT pg_current_xact_id()'); // nothing that is kept
  const logged = cancelled();
  await lock(relation === 'store_lines' && path.startsWith('customers') ? 'store.kept_customer' : relation);
  const leaver = asker(path, parameters);
  const waited = await soon(async () => (await blocked()) > 0);
  const pids = await sessionIds("state = 'active'");
  leaver.go();
  is([waited, await soon(async () => (await blocked()) === 0), await leaver.done, cancelled()], [true, true, null, logged], `${path}: who goes away leaves no statement running`);
  ok(await soon(async () => (await sql("SELECT count(*) AS n FROM pg_stat_activity WHERE usename = 'mart_reader' AND state <> 'idle'"))[0].n === '0') && pids.length > 0, '... and no session busy', pids, await sessionIds());
  await unlock();
}
for (const [path, end] of [['page', '{"end": true}\n'], ['dashboard', '}']]) {
  await sql('SELECT pg_current_xact_id()');
  const whole = await asker('dashboard', page_).done;
  await lock('store.fitted_model');
  const began = logSize();
  const [leaver, stays] = [asker(path, page_), asker(path, page_)];
  await soon(async () => (await blocked()) > 0);
  await new Promise((done) => setTimeout(done, 200)); // the second has joined
  leaver.go();
  await leaver.done;
  await new Promise((done) => setTimeout(done, 200));
  ok((await blocked()) > 0, `${path}: one of two goes away, the other still waits`);
  await unlock();
  const text = await stays.done;
  const asked = path === 'page' ? /mart_dashboard_part\(/ : /mart_dashboard\(/;
  is(statementsSince(began).filter((statement) => asked.test(statement)).length, path === 'page' ? 1 + Number((await sql("SELECT jsonb_array_length(mart_dashboard_parts('store', 'customers') -> 'parts') AS n"))[0].n) : 1, '... both shared what was asked');
  const got = path === 'page' ? assembled({ lines: text.trim().split('\n').map((line) => JSON.parse(line)) }) : JSON.parse(text);
  ok(text.endsWith(end) && !/"failed"/.test(text), '... and gets all of it', text.slice(-200));
  const { marts: _m, can_refresh: _c, freshness: _f, ...left } = got;
  const { marts: _n, can_refresh: _d, freshness: _g, ...right } = JSON.parse(whole);
  is(sorted(left), sorted(right), '... the same as ever');
  // all go, and one comes again while the lock is still there
  await sql('SELECT pg_current_xact_id()');
  await lock('store.fitted_model');
  const both = [asker(path, page_), asker(path, page_)];
  await soon(async () => (await blocked()) > 0);
  await new Promise((done) => setTimeout(done, 100));
  both.forEach((one) => one.go());
  const again = asker(path, page_);
  await new Promise((done) => setTimeout(done, 300));
  await unlock();
  const fresh = await again.done;
  ok(fresh?.endsWith(end) && !/"failed"|"error"/.test(fresh), `${path}: who comes while others are going has an answer of its own`, fresh?.slice(0, 300));
}

// Slow pages under filters: fewer parts, which say the same
{
  const { openDatabase } = await import(`${web}database.mjs`);
  const user = process.env.PGUSER;
  process.env.PGUSER = 'mart_reader';
  const open = () => openDatabase({ owners: ['postgres', 'mart_keeper'], mergeMs: 0, log: () => {} });
  const [merging, other] = [open(), open()];
  const given = async (page, filters, from = merging) => {
    await sql('SELECT pg_current_xact_id()');
    const lines = [];
    await from.page(['store', filters, page, null], { head: () => {}, line: (text) => lines.push(JSON.parse(text)) });
    const [first, ...rest] = lines;
    const { freshness: _, ...one } = assembled({ lines: [first, ...rest] });
    return { parts: lines.filter((line) => line.views || line.failed).length, failed: lines.flatMap((line) => line.failed ?? []).sort(), one: sorted(one), views: Object.keys(one.views) };
  };
  const male = '{"gender": ["Male"]}';
  for (const page of ['customers', 'trends']) {
    const alone = await given(page, male);
    const together = await given(page, male);
    is([alone.parts > 3, together.parts, together.failed], [true, 2, []], `${page}: what was slow under filters comes in two parts`);
    is(together.one, alone.one, '... which say the same');
    const all = await given(page, '{}');
    is([(await given(page, '{}')).parts, all.failed], [all.parts, []], 'without filters it stays in parts');
  }
  await lock('store.fitted_model');
  const apart = await given('customers', male, other); // which knows of no times yet
  const broken = await given('customers', male);
  await unlock();
  is([broken.failed, broken.views.sort()], [apart.failed, apart.views.sort()], 'one that fails takes no others with it');
  ok(broken.failed.length > 1 && broken.views.length > 1 && apart.parts > 3, '... and some failed', broken.failed, broken.views);
  await merging.close();
  await other.close();
  process.env.PGUSER = user;
}

// In the browser
const browser = await launch();
const { page, problems } = await openPage(browser);
const settled = () => complete(page);
await page.goto(`${base}#mart=store&page=overview`);
await settled();
is([await page.$$eval('.bone', (nodes) => nodes.length), await page.$$eval('.waiting, .content.stale', (nodes) => nodes.length)], [0, 0], 'when all is there, nothing waits');
await lock('store.mart');
const click = (text) => page.evaluate((text) => {
  const start = performance.now();
  [...document.querySelectorAll('nav.tabs a')].find((a) => a.textContent === text).click();
  return new Promise((resolve) => {
    const look = () => (document.querySelector('h1').textContent === text ? resolve([performance.now() - start, document.querySelector('nav.tabs [aria-current]').textContent, document.querySelectorAll('.skeleton .bone').length > 3, document.querySelector('.findings .bone') !== null]) : setTimeout(look, 5));
    look();
  });
}, text);
const [milliseconds, ...seen] = await click('Customers');
is(seen, ['Customers', true, true], 'a click on a tab: heading, tab and skeletons are there before the numbers');
ok(milliseconds < 200, 'within 0.2 s', milliseconds);
await unlock();
await settled();
is([await page.textContent('h1'), await page.$$eval('.bone', (nodes) => nodes.length)], ['Customers', 0], 'then the numbers');
// another tab, or another filter, in place of one that waits
await sql('SELECT pg_current_xact_id()');
await lock('store.fitted_model');
await page.reload();
const [held, freed] = [await until(async () => (await blocked()) > 0, 5000), await click('About the numbers').then(() => soon(async () => (await blocked()) === 0))];
await settled();
is([held, freed, await page.textContent('h1')], [true, true, 'About the numbers'], 'a click on another tab cancels what the one before has asked');
await unlock();
await click('Customers');
await settled();
// some panels have theirs, others wait
await lock('store.fitted_model');
await page.evaluate(() => document.querySelector('[data-dimension="gender"] input').click());
await page.waitForFunction(() => document.querySelector('[data-panel="revenue_concentration"]:not(.waiting)') && document.querySelector('[data-panel="cohort_retention"]:not(.waiting)') && document.querySelector('[data-panel="model_grid"].waiting') && document.querySelector('.value-box input:checked'));
const busy = (id) => page.getAttribute(`[data-panel="${id}"]`, 'aria-busy');
is([await busy('revenue_concentration'), await busy('cohort_retention'), await busy('model_grid'), await page.getAttribute('main', 'aria-busy')], [null, null, 'true', 'true'], 'panels arrive one by one: some are there, others are said to be busy');
const [women] = await sql("SELECT count(*) AS n FROM (SELECT customer_id FROM store_lines GROUP BY 1 HAVING bool_or(gender = 'Female') AND count(*) FILTER (WHERE amount >= 0) > 0) c");
const counts = () => page.$$eval('[data-panel="cohort_retention"] tbody tr', (rows) => rows.reduce((sum, row) => sum + Number(row.children[1].textContent.replaceAll(',', '')), 0));
is(await counts(), Number(women.n), 'and what is there is right already');
// what waits too long fails alone
await settled();
const failed = await page.$$eval('.panel.failed', (nodes) => nodes.map((node) => [node.dataset.panel, node.querySelector('.why').textContent]));
ok(failed.length >= 2 && failed.every(([, text]) => /^That did not work: .*(lock timeout|took too long)/.test(text)), 'a panel that fails says why', failed);
is([await page.$$eval('.problem:not([hidden])', (nodes) => nodes.length), await counts(), await page.$$eval('.panel.failed.waiting, .bone', (nodes) => nodes.length)], [0, Number(women.n), 0], 'the others stand');
await unlock();
await page.locator('.panel.failed .why button').first().click();
await settled();
is([await page.$$eval('.panel.failed', (nodes) => nodes.length), (await page.$$('[data-panel="model_grid"] tbody .shade')).length > 0], [0, true], 'and can be asked again');

// A live mart that is too slow
await sql(`CREATE TABLE slow_lines AS SELECT customer_id, order_id, purchased_at, amount, category FROM store_lines ORDER BY purchased_at DESC LIMIT 400;
  CREATE FUNCTION slowly(text) RETURNS text LANGUAGE plpgsql VOLATILE COST 1000000 AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN $1; END $$`);
await sql(`SELECT count(*) FROM create_mart('slow', 'slow_lines', category => 'slowly(category)')`);
await sql("SELECT grant_mart('slow', 'mart_reader')");
const slow = await ask({ mart: 'slow', page: 'customers' });
is([slow.status, slow.error?.message, slow.error?.hint], [504, 'the database took too long', "The mart is live: each page reads all of its table. Its owner can keep what it computes: SELECT set_mart_mode('slow', 'kept')"], 'a live mart that is too slow: it says what helps');
await page.goto(`${base}#mart=slow&page=customers`);
await settled();
ok(/set_mart_mode\('slow', 'kept'\)/.test(await page.textContent('.problem')), 'and so does the page', await page.textContent('.problem'));
is(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, '... within the window');
problems.splice(0, problems.length, ...problems.filter((text) => !/504 \(Gateway Timeout\)/.test(text)));
is(problems, [], 'no error or warning in the console');

await browser.close();
await db.end();
await locker.end();
is((await server.stop()).code, 0, 'the server stops');
process.exit(failures() ? 1 : 0);
