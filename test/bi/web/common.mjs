// What the parts of the test share.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { fileURLToPath } from 'node:url';

export const web = fileURLToPath(new URL('../../../bi/web/', import.meta.url));
export const { default: pg } = await import(`${web}node_modules/pg/lib/index.js`);
export const ODD = 'Mart "x" <b>\'&amp;\\';

let failed = 0;
export function ok(passed, what, ...diagnostics) {
  console.log(`${passed ? 'ok' : 'not ok'} - dashboard: ${what}`);
  if (passed) return;
  failed++;
  for (const text of diagnostics) console.error('   ', typeof text === 'string' ? text : JSON.stringify(text, null, 1));
}
export const is = (got, wanted, what) => ok(isDeepStrictEqual(got, wanted), what, { got, wanted });
export const failures = () => failed;

// As the superuser: what we compare with is plain SQL over the source tables.
export async function connect() {
  const client = new pg.Client({ types: { getTypeParser: () => (text) => text } });
  await client.connect();
  client.on('error', () => {}); // the test restarts the server
  return client;
}

const children = [];
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

// owners: whose marts it shows; empty for those that are trusted without being named
export async function startServer({ env = {}, args = ['0'], owners = ['postgres', 'mart_keeper'] } = {}) {
  const child = spawn(process.execPath, ['server.mjs', ...owners.flatMap((owner) => ['--owner', owner]), ...args], { cwd: web, env: { ...process.env, PGUSER: 'mart_reader', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const server = { child, out: '', err: '' };
  child.stderr.on('data', (data) => (server.err += data));
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
  server.ended = ended;
  const base = new Promise((resolve) => {
    child.stdout.on('data', (data) => {
      server.out += data;
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(server.out);
      if (found) resolve(found[0]);
    });
  });
  server.base = await Promise.race([base, ended.then(() => null)]);
  server.stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  children.push(child);
  return server;
}

// The statements of a role since the log had so many bytes.
export const logFile = `${process.env.PGHOST}/data/log`;
export const logSize = () => readFileSync(logFile).length;
export function statementsSince(start, user = 'mart_reader') {
  const lines = readFileSync(logFile).subarray(start).toString('utf8').split('\n');
  return lines
    .map((line) => /^\S+ \S+ \S+ \[\d+\] user=(\S*) app=\S* LOG: {2}(.*)$/.exec(line) ?? [])
    .filter(([, role]) => role === user)
    .map(([, , text]) => text)
    .filter((text) => text && !/^(connection|disconnection|could not (send|receive)|unexpected EOF)/.test(text));
}

// Without a GPU Chromium emulates one, and on small machines it stood still once in a while.
export async function launch() {
  const { chromium } = await import(`${web}node_modules/playwright-core/index.mjs`);
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--disable-gpu', '--disable-dev-shm-usage', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])] });
}

// A page in a context of its own; what its console complains of is put to the problems.
export async function openPage(browser, options = {}, problems = []) {
  const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) problems.push(message.text()); });
  page.on('pageerror', (error) => problems.push(error.stack));
  return { context, page, problems };
}

// All that the address asks for is there.
export const complete = (page) => page.waitForFunction(() => {
  const main = document.querySelector('main');
  return main?.getAttribute('aria-busy') === 'false' && main.dataset.shown === location.hash;
});
// Whether something comes true within so many milliseconds
export async function until(test, most = 15_000) {
  for (const end = Date.now() + most; Date.now() < end; await new Promise((done) => setTimeout(done, 20))) if (await test()) return true;
  return false;
}
// ... and drawn: two frames, or a second in which none is
export async function settle(page) {
  await complete(page);
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); setTimeout(done, 1000); }));
}

// What people who do not see it get
export const audit = (page) => page.evaluate(() => {
  const faults = [];
  const visible = (n) => n.checkVisibility?.({ checkOpacity: false, checkVisibilityCSS: true }) ?? true;
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  if (!document.documentElement.lang || !document.title || document.querySelectorAll('main').length !== 1) faults.push('lang, title or main');
  for (const node of document.querySelectorAll('button, select, input, a[href], [tabindex="0"]')) {
    const text = node.getAttribute('aria-label') || node.textContent.trim() || (node.id && document.querySelector(`label[for="${node.id}"]`)?.textContent) || node.closest('label')?.textContent.trim();
    if (!text) faults.push(`no name: ${node.outerHTML.slice(0, 100)}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map((n) => n.id);
  if (new Set(ids).size !== ids.length) faults.push('an id twice');
  for (const node of document.querySelectorAll('[aria-labelledby], [aria-controls]'))
    for (const id of [node.getAttribute('aria-labelledby'), node.getAttribute('aria-controls')]) if (id && !document.getElementById(id)) faults.push(`no #${id}`);
  for (const table of document.querySelectorAll('table')) if (!table.caption || !table.querySelector('th[scope]')) faults.push('a table without caption or heads');
  // contrast of every visible text against what is behind it
  const parse = (text) => {
    const n = text.match(/[\d.]+(e-?\d+)?/g)?.map(Number) ?? [0, 0, 0, 0];
    const srgb = /^color\(/.test(text);
    return [...n.slice(0, 3).map((v) => (srgb ? v * 255 : v)), n[3] ?? 1];
  };
  const light = (c) => { const [r, g, b] = c.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let checked = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !visible(node) || node.closest('svg, noscript, script, .unseen, .skip, :disabled, option')) continue;
    let behind = node;
    while (behind && parse(getComputedStyle(behind).backgroundColor)[3] < 1) behind = behind.parentElement;
    const back = behind ? parse(getComputedStyle(behind).backgroundColor) : [255, 255, 255];
    let opacity = 1;
    for (let n = node; n; n = n.parentElement) opacity *= Number(getComputedStyle(n).opacity);
    const front = parse(getComputedStyle(node).color).slice(0, 3).map((v, i) => v * opacity + back[i] * (1 - opacity));
    const [a, b] = [light(front), light(back.slice(0, 3))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    checked++;
    if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)}: ${walker.currentNode.textContent.trim().slice(0, 40)} <${node.className}>`);
  }
  if (checked < 20) faults.push(`only ${checked} texts checked`);
  return [...new Set(faults)];
});
