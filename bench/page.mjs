// What bench/page runs: see there.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const top = fileURLToPath(new URL('..', import.meta.url));
const web = `${top}bi/web/`;
const { chromium } = await import(`${web}node_modules/playwright-core/index.mjs`);
const { default: pg } = await import(`${web}node_modules/pg/lib/index.js`);
const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '10' }, marts: { type: 'string', default: 'practice,small,large' } } });
const runs = Number(options.runs);
const wanted = options.marts.split(',');
const LINES = { small: 4700, large: 75000 }; // customers, who have 13.6 lines each

const db = new pg.Client();
await db.connect();
const one = async (text) => Object.values((await db.query(text)).rows[0])[0];
await db.query('CREATE EXTENSION IF NOT EXISTS purchase_trends');
await db.query('SET client_min_messages = warning');
const marts = [];
if (wanted.includes('practice')) {
  const csv = `${process.env.PT_DATA ?? `${top}../shared/data`}/customer_shopping_behavior.csv`;
  execFileSync(`${top}script/demo-marts`, ['shop', ...(existsSync(csv) ? [csv] : [])], { stdio: 'ignore' });
  marts.push(['shop', existsSync(csv) ? 'the practice CSV, live' : 'simulated customers, live', await one('SELECT count(*) FROM shop.purchases')]);
}
for (const [name, customers] of Object.entries(LINES)) {
  if (!wanted.includes(name)) continue;
  await db.query(`CREATE TABLE ${name}_lines AS SELECT * FROM simulate_purchases(${customers}, 730, 7)`);
  await db.query(`CREATE INDEX ON ${name}_lines (customer_id)`);
  await db.query(`VACUUM ANALYZE ${name}_lines`);
  await db.query(`SELECT count(*) FROM create_mart('${name}', '${name}_lines', mode => 'kept')`);
  marts.push([name, 'simulated order lines, kept', await one(`SELECT count(*) FROM ${name}_lines`)]);
}
// the server of the page refuses superusers
await db.query('CREATE ROLE bench_reader LOGIN');
for (const [mart] of marts) await db.query('SELECT grant_mart($1, $2)', [mart, 'bench_reader']);
await db.query('VACUUM ANALYZE');

const child = spawn(process.execPath, ['server.mjs', '--owner', 'postgres', '0'], { cwd: web, env: { ...process.env, PGUSER: 'bench_reader', DASHBOARD_TIMEOUT: '120' }, stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => child.kill('SIGKILL'));
const base = await new Promise((resolve, reject) => {
  child.stdout.on('data', (data) => { const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(data); if (found) resolve(found[0]); });
  child.on('exit', () => reject(new Error('the server of the page has ended')));
});

// A browser of its own for each row, so that none grows old. One that ends by itself is replaced, and the run done
// again: Playwright closes its browsers on SIGHUP, SIGINT and SIGTERM too, but then this program ends as well.
let browser = null;
let restarts = 0;
const launch = async () => {
  await browser?.close().catch(() => {});
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--disable-gpu', '--disable-dev-shm-usage', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])] });
};
await launch();
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.on(signal, () => { console.log(`ended by ${signal}`); process.exit(1); });
async function inBrowser(act) {
  for (let left = 2; ; left--) {
    let context;
    try {
      context = await browser.newContext({ locale: 'en-US', viewport: { width: 1440, height: 900 } });
      return await act(context);
    } catch (error) {
      if (!left || browser.isConnected()) throw error;
      restarts++;
      console.error(`the browser has ended (${error.message.split('\n')[0]}): once more`);
      await launch();
    } finally {
      await context?.close().catch(() => {});
    }
  }
}
const complete = async (page) => {
  await page.waitForFunction(() => {
    const main = document.querySelector('main');
    return main?.getAttribute('aria-busy') === 'false' && main.dataset.shown === location.hash;
  }, null, { polling: 'raf', timeout: 130_000 });
  // a page with a panel that failed is not complete, and would be counted as fast
  const failed = await page.$$eval('.panel.failed .why, .problem:not([hidden])', (nodes) => nodes.map((node) => node.textContent));
  if (failed.length) throw new Error(failed.join('; '));
};
const timed = async (act) => {
  const start = performance.now();
  await act();
  return performance.now() - start;
};
// Answers are kept until anything is committed: each time is of one that is computed.
const anew = () => db.query('SELECT pg_current_xact_id()');
const median = (list) => { const s = [...list].sort((a, b) => a - b); return (s[Math.floor((s.length - 1) / 2)] + s[Math.ceil((s.length - 1) / 2)]) / 2; };
const three = (list) => [Math.min(...list), median(list), Math.max(...list)].map((ms) => Math.round(ms).toString().padStart(7)).join('');

console.log(`${(await one('SELECT version()')).split(' ').slice(0, 2).join(' ')}, Chromium ${browser.version()}, ${cpus().length} cores; shared_buffers = 1GB, work_mem = 256MB; ${runs} runs`);
console.log('milliseconds (min, median, max): opened, from the address to the complete page, in a browser without a cache; tab, from the');
console.log('click on the page\'s tab; click, a filter from the click on its value to the complete page; server, the whole answer without a');
console.log('browser; database, mart_dashboard alone, in one session; load, of the machine in the last minute: above 2, others ran, too');
const misses = [];
// [opened, on the tab, filter] of a page
async function once(context, mart, name) {
  const page = await context.newPage();
  page.setDefaultTimeout(130_000);
  await anew();
  const opened = await timed(async () => { await page.goto(`${base}#${new URLSearchParams({ mart, page: name })}`); await complete(page); });
  const other = name === 'overview' ? 'products' : 'overview';
  await page.evaluate((hash) => (location.hash = hash), `#${new URLSearchParams({ mart, page: other })}`);
  await complete(page);
  const link = page.locator(`nav.tabs a[href*="page=${name}"]`);
  await anew();
  const tab = await timed(async () => {
    await link.click();
    await page.waitForFunction((to) => location.hash.includes(`page=${to}`), name, { polling: 'raf' });
    await complete(page);
  });
  if (name === 'about') return [opened, tab, null];
  const box = page.locator('[data-dimension="gender"] .value-box input').first();
  await anew();
  const click = await timed(async () => {
    await box.click();
    await page.waitForFunction(() => location.hash.includes('filters='), null, { polling: 'raf' });
    await complete(page);
  });
  return [opened, tab, click];
}
for (const [mart, what, lines] of marts) {
  console.log(`\n${mart}: ${what}, ${lines} lines`);
  console.log(`${'page'.padEnd(12)} |${'opened'.padStart(21)} |${'tab'.padStart(21)} |${'click'.padStart(21)} |${'server'.padStart(21)} |${'database'.padStart(21)} |  load`);
  const pages = (await db.query('SELECT page FROM mart_page GROUP BY page ORDER BY min(place)')).rows.map((r) => r.page)
    .filter((name) => !(name === 'trends' && mart === 'shop'));
  for (const name of pages) {
    const times = { opened: [], tab: [], click: [], server: [], database: [] };
    await launch();
    for (let run = 0; run < runs; run++) {
      const [opened, tab, click] = await inBrowser((context) => once(context, mart, name));
      times.opened.push(opened);
      times.tab.push(tab);
      if (click !== null) times.click.push(click);
      await anew();
      times.server.push(await timed(async () => (await fetch(`${base}api/page?${new URLSearchParams({ mart, page: name })}`)).text()));
      times.database.push(await timed(() => db.query(`SELECT mart_dashboard($1, '{}', $2)`, [mart, name])));
    }
    console.log(`${name.padEnd(12)} |${three(times.opened)} |${three(times.tab)} |${times.click.length ? three(times.click) : ''.padStart(21)} |${three(times.server)} |${three(times.database)} |${loadavg()[0].toFixed(1).padStart(6)}`);
    if (mart === 'large') {
      for (const [kind, limit] of [['opened', 1000], ['tab', 1000], ['click', 500]]) {
        const m = times[kind].length ? median(times[kind]) : 0;
        if (m > limit) misses.push(`${name}, ${kind}: ${Math.round(m)} ms is over ${limit} ms`);
      }
    }
  }
}
if (restarts) console.log(`\nthe browser was started anew ${restarts} times`);
console.log(misses.length ? `\nmissed:\n${misses.map((m) => `  ${m}`).join('\n')}` : wanted.includes('large') ? '\nall promises are kept' : '\nthe promises are about large, which was not measured');
await browser.close();
child.kill('SIGTERM');
await db.end();
process.exit(0);
