// See bench/page.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const top = fileURLToPath(new URL('..', import.meta.url));
const web = `${top}bi/web/`;
const { default: pg } = await import(`${web}node_modules/pg/lib/index.js`);
const { chromium } = await import(`${web}node_modules/playwright-core/index.mjs`);

const { values, positionals } = parseArgs({ allowPositionals: true, options: { runs: { type: 'string', default: '10' } } });
const runs = Number(values.runs);
const SIZES = { practice: null, small: 4800, large: 75_000 };
const wanted = positionals.length ? positionals : Object.keys(SIZES);
if (!(runs >= 1) || wanted.some((name) => !Object.hasOwn(SIZES, name))) {
  console.error('usage: bench/page [practice|small|large ...] [--runs N]');
  process.exit(2);
}

const db = new pg.Client();
await db.connect();
const sql = async (text) => (await db.query(text)).rows;
await sql('CREATE EXTENSION purchase_trends; CREATE ROLE bench_reader LOGIN; SET client_min_messages = warning');
const marts = [];
for (const name of wanted) {
  if (name === 'practice') {
    const csv = `${process.env.PT_DATA ?? `${top}../shared/data`}/customer_shopping_behavior.csv`;
    execFileSync(`${top}script/demo-marts`, ['shop', ...(existsSync(csv) ? [csv] : [])], { stdio: 'ignore' });
    marts.push(['shop', 'live', (await sql('SELECT count(*) AS n FROM clean_purchases'))[0].n]);
  } else {
    await sql(`CREATE TABLE ${name}_lines AS SELECT * FROM simulate_purchases(${SIZES[name]}, 730, 7)`);
    await sql(`CREATE INDEX ON ${name}_lines (customer_id)`);
    await sql(`VACUUM ANALYZE ${name}_lines`);
    await sql(`SELECT count(*) FROM create_mart('${name}', '${name}_lines', dimensions => '{channel}', mode => 'kept')`);
    await sql(`SELECT count(fit_mart('${name}'))`);
    marts.push([name, 'kept', (await sql(`SELECT count(*) AS n FROM ${name}_lines`))[0].n]);
  }
}
for (const [mart] of marts) await sql(`SELECT grant_mart('${mart}', 'bench_reader')`);
await sql('VACUUM ANALYZE');

const child = spawn(process.execPath, ['server.mjs', '--owner', 'postgres', '0'], { cwd: web, env: { ...process.env, PGUSER: 'bench_reader', DASHBOARD_TIMEOUT: '60' }, stdio: ['ignore', 'pipe', 'inherit'] });
process.on('exit', () => child.kill('SIGKILL'));
const base = await new Promise((resolve) => child.stdout.on('data', (data) => resolve(String(data).trim())));

// In the page: when it showed what was asked for, its first numbers, and all of it
const WATCH = () => {
  window.watch = (change) => new Promise((resolve) => {
    const start = change ? performance.now() : 0; // of navigation
    const times = {};
    const look = () => {
      const main = document.querySelector('main');
      if (!main) return;
      const now = performance.now() - start;
      if (times.asked === undefined && main.getAttribute('aria-busy') === 'true' && document.querySelector('h1').textContent) times.asked = now;
      if (times.first === undefined && times.asked !== undefined && !document.querySelector('.content.stale, .skeleton')) times.first = now;
      if (main.getAttribute('aria-busy') === 'false' && main.dataset.shown === location.hash && times.asked !== undefined) {
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => resolve({ ...times, complete: performance.now() - start }), 0));
      }
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    change?.();
    look();
  });
  if (document.readyState !== 'complete') window.opened = window.watch(null);
};

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--disable-gpu', '--disable-dev-shm-usage', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])] });
const anew = () => sql('SELECT pg_current_xact_id()'); // nothing that was kept is given again
const PAGES = { overview: 'Overview', customers: 'Customers', products: 'Products and offers', trends: 'Trends', about: 'About the numbers' };
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)];
const results = [];
async function measure(mart, what, kind, once) {
  const times = [];
  await once(); // what is read the first time is not measured
  for (let i = 0; i < runs; i++) times.push(await once());
  const of = (name) => median(times.map((t) => t[name]).filter((t) => t !== undefined));
  results.push({ mart, kind, what, complete: of('complete') });
  const show = (value) => (value === undefined ? '' : value.toFixed(0)).padStart(8);
  console.log(`${mart.padEnd(9)} ${what.padEnd(40)} ${show(of('asked'))} ${show(of('first'))} ${show(of('complete'))} ${show(Math.max(...times.map((t) => t.complete)))}`);
}

const [{ version }] = await sql("SELECT split_part(version(), ' ', 2) AS version");
console.log(`PostgreSQL ${version}, Chromium ${browser.version()}, ${(await import('node:os')).cpus().length} cores, median of ${runs}`);
for (const [mart, mode, lines] of marts) console.log(`${mart}: ${lines} lines, ${mode}`);
console.log(`\nmilliseconds until  ${''.padEnd(31)}${'asked'.padStart(8)} ${'first'.padStart(8)} ${'complete'.padStart(8)} ${'slowest'.padStart(8)}`);
console.log('(asked: heading, tab and skeletons; first: key figures and their panels; complete: all panels)');
for (const [mart] of marts) {
  for (const page of Object.keys(PAGES)) {
    const hash = `#${new URLSearchParams({ mart, page })}`;
    for (const kept of [false, true])
      await measure(mart, `open ${page}${kept ? ', again' : ''}`, 'open', async () => {
        if (!kept) await anew();
        const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
        const tab = await context.newPage();
        await tab.addInitScript(WATCH);
        await tab.goto(`${base}${hash}`);
        const times = await tab.evaluate(() => window.opened);
        await context.close();
        return times;
      });
  }
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const tab = await context.newPage();
  await tab.addInitScript(WATCH);
  for (const page of Object.keys(PAGES)) {
    await tab.goto('about:blank');
    await tab.goto(`${base}#${new URLSearchParams({ mart, page: page === 'overview' ? 'about' : 'overview' })}`);
    await tab.evaluate(() => window.opened);
    await measure(mart, `click on the tab ${page}`, 'click', async () => {
      await anew();
      const times = await tab.evaluate((title) => window.watch(() => [...document.querySelectorAll('nav.tabs a')].find((a) => a.textContent === title).click()), PAGES[page]);
      await tab.evaluate((other) => window.watch(() => [...document.querySelectorAll('nav.tabs a')].find((a) => a.textContent === other).click()), page === 'overview' ? PAGES.about : PAGES.overview);
      return times;
    });
    if (page === 'about') continue;
    await tab.goto('about:blank');
    await tab.goto(`${base}#${new URLSearchParams({ mart, page })}`);
    await tab.evaluate(() => window.opened);
    await measure(mart, `click on a filter, ${page}`, 'click', async () => {
      await anew();
      return tab.evaluate(() => window.watch(() => document.querySelector('[data-dimension="gender"] input[type=checkbox]').click()));
    });
  }
  await tab.goto('about:blank');
  await tab.goto(`${base}#${new URLSearchParams({ mart, page: 'customers' })}`);
  await tab.evaluate(() => window.opened);
  const turn = (text) => tab.evaluate(async (text) => {
    const list = document.querySelector('[data-panel="customer_list"] .paged');
    const idle = () => new Promise((resolve) => { const look = () => (list.classList.contains('busy') ? setTimeout(look, 4) : resolve()); look(); });
    await idle();
    const start = performance.now();
    [...list.querySelectorAll('button')].find((b) => b.textContent.startsWith(text)).click();
    await idle();
    return { complete: performance.now() - start };
  }, text);
  await measure(mart, 'next page of the customers', 'list', () => turn('Further'));
  await measure(mart, 'customers sorted anew', 'list', () => turn('Revenue'));
  await context.close();
}
const slow = results.filter(({ mart, kind, complete }) => mart === 'large' && complete > (kind === 'open' ? 1000 : 500));
if (marts.some(([mart]) => mart === 'large')) console.log(slow.length ? `\nnot within 1 s and 0.5 s: ${slow.map(({ what, complete }) => `${what} ${complete.toFixed(0)}`).join('; ')}` : '\nevery page within 1 s, every click within 0.5 s');

await browser.close();
await db.end();
child.kill('SIGTERM');
