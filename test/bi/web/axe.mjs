// Violations of WCAG 2.2 A and AA and of the best practices that axe-core knows, on every page of a dated, an
// undated and an odd mart, at several widths, light and dark.
import { readFileSync } from 'node:fs';
import { ODD, connect, failures, is, launch, ok, openPage, settle, startServer, web } from './common.mjs';

const source = readFileSync(`${web}node_modules/axe-core/axe.min.js`, 'utf8');
const db = await connect();
const server = await startServer();
const { base } = server;
const browser = await launch();
const { page } = await openPage(browser);

const settled = () => settle(page);
const go = async (mart, name) => {
  const parts = new URLSearchParams({ mart, page: name });
  if (page.url().startsWith(base)) await page.evaluate((hash) => (location.hash = hash), `#${parts}`);
  else {
    await page.goto(`${base}#${parts}`);
    await page.evaluate(source);
  }
  await settled();
};
const run = () => page.evaluate(async () => {
  const { violations, passes } = await axe.run(document, { resultTypes: ['violations'] });
  return { violations: violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ').slice(0, 120)} ${(n.failureSummary ?? '').replace(/\s+/g, ' ').slice(0, 160)}`)), passes: passes.length };
});

// a fault is seen
await go('store', 'overview');
await page.evaluate(() => { document.querySelector('main').insertAdjacentHTML('afterbegin', '<button id="seeded"></button>'); });
ok((await run()).violations.some((v) => /^button-name/.test(v)), 'axe: a button without a name is found');
await page.evaluate(() => document.getElementById('seeded').remove());

const WIDTHS = [320, 768, 1440];
const faults = {};
let states = 0;
for (const [mart, names] of [['store', ['overview', 'customers', 'products', 'trends', 'about']], ['shop', ['overview', 'customers', 'products', 'about']], [ODD, ['overview', 'trends']]]) {
  for (const name of names) {
    await go(mart, name);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      // colours do not depend on the width: one width in the dark
      for (const width of scheme === 'light' ? WIDTHS : [390]) {
        await page.setViewportSize({ width, height: width < 500 ? 780 : 1000 });
        await settled();
        const { violations, passes } = await run();
        states++;
        if (passes < 10) violations.push(`only ${passes} rules passed`);
        if (violations.length) faults[`${mart} ${name} ${width} ${scheme}`] = [...new Set(violations)];
      }
    }
  }
}
is(faults, {}, `axe: no violation in ${states} states: pages of three marts at ${WIDTHS.join(', ')} pixels, light and dark`);

await browser.close();
await server.stop();
await db.end();
process.exit(failures() ? 1 : 0);
