// The period of the dashboard in Chromium: presets, days, comparison, brushing, keys and the address, each
// number against plain SQL over the source tables; and every page at all widths.
import { mkdirSync } from 'node:fs';
import { ODD, audit, connect, failures, is, launch, ok, openPage, settle, startServer } from './common.mjs';

const db = await connect();
const sql = async (text) => (await db.query(text)).rows;
const server = await startServer();
const { base } = server;
const browser = await launch();
const { page, problems } = await openPage(browser);

const settled = () => settle(page);
const go = async (mart, name = 'overview', { filters, period } = {}) => {
  const parts = new URLSearchParams({ mart, page: name, ...(filters ? { filters: JSON.stringify(filters) } : {}), ...(period ? { period: JSON.stringify(period) } : {}) });
  if (page.url().startsWith(base)) await page.evaluate((hash) => (location.hash = hash), `#${parts}`);
  else await page.goto(`${base}#${parts}`);
  await settled();
};
const inAddress = (name) => JSON.parse(new URLSearchParams(new URL(page.url()).hash.slice(1)).get(name) ?? 'null');

const fixed = (digits) => new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const money = (v) => fixed(Math.abs(v) >= 1000 ? 0 : 2).format(v);
const percent = (v) => new Intl.NumberFormat('en-US', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(v);
const change = (v) => new Intl.NumberFormat('en-US', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(v);
const WRITE = { customers: fixed(0).format, purchases: fixed(0).format, revenue: money, average_amount: fixed(2).format, revenue_per_customer: fixed(2).format, discount_share: percent, repeat_share: percent, returns: fixed(0).format };

const figures = async (from, to, where = 'true') => (await sql(`
  WITH line AS (SELECT * FROM store_lines WHERE purchased_at >= '${from}' AND purchased_at < date '${to}' + 1 AND ${where})
  SELECT count(DISTINCT customer_id) AS customers, count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS purchases, coalesce(sum(amount), 0) AS revenue,
    sum(amount) FILTER (WHERE amount >= 0) / nullif(count(DISTINCT order_id) FILTER (WHERE amount >= 0), 0) AS average_amount,
    sum(amount) / nullif(count(DISTINCT customer_id), 0) AS revenue_per_customer,
    count(DISTINCT order_id) FILTER (WHERE amount >= 0 AND discounted)::numeric / nullif(count(DISTINCT order_id) FILTER (WHERE amount >= 0), 0) AS discount_share,
    count(DISTINCT order_id) FILTER (WHERE amount < 0) AS returns,
    (SELECT (count(*) FILTER (WHERE n >= 2))::numeric / nullif(count(*), 0) FROM (
      SELECT count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS n FROM store_lines
      WHERE purchased_at < date '${to}' + 1 AND customer_id IN (SELECT customer_id FROM line WHERE amount >= 0) GROUP BY customer_id) c) AS repeat_share
  FROM line`))[0];
const cards = () => page.$$eval('.card', (nodes) => Object.fromEntries(nodes.map((n) => [n.dataset.measure, [n.querySelector('.value').textContent, n.querySelector('.change').hidden ? null : n.querySelector('.change').textContent]])));
async function compare(what, [from, to], before, where = 'true') {
  const now = await figures(from, to, where);
  const then = before && (await figures(...before, where));
  const wanted = Object.fromEntries(Object.entries(WRITE).map(([name, write]) => {
    const show = (row) => (row[name] === null ? '–' : write(Number(row[name])));
    if (!then) return [name, [show(now), null]];
    const ratio = Number(then[name]) > 0 && now[name] !== null ? Number(now[name]) / Number(then[name]) - 1 : null;
    const words = ratio === null ? `was ${show(then)}` : ratio === 0 ? `as before, ${show(then)}` : `${ratio > 0 ? '▲' : '▼'} ${change(ratio)} against ${show(then)}`;
    return [name, [show(now), words]];
  }));
  is(await cards(), wanted, `${what}: all cards, before and change, equal SQL`);
}
const [{ today, first }] = await sql('SELECT max(purchased_at)::date AS today, min(purchased_at)::date AS first FROM store_lines');
const days = async (text) => JSON.parse((await sql(`SELECT json_build_array(${text}) AS v`))[0].v);
const inputs = () => page.evaluate(() => ['period-from', 'period-to'].map((id) => document.getElementById(id).value));
const words = () => page.textContent('#period-words');

await go('store');
is((await cards()).revenue[1], null, 'all days: no comparison');
ok(Object.keys(await cards()).includes('repeat_share') && Object.keys(await cards()).includes('returns'), 'a mart without ratings and subscriptions has other cards');
ok((await page.$$('.spark polyline')).length >= 5, 'cards have a line of their values');
is(await page.evaluate(() => document.querySelector('.panels > [data-panel]').dataset.panel), 'trend', 'the trend comes first');
await page.getByLabel('Days', { exact: true }).selectOption('last_28_days');
await settled();
is(inAddress('period'), { preset: 'last_28_days' }, 'a preset stands in the address');
const last28 = await days(`(date '${today}' - 27)::text, date '${today}'::text`);
const before28 = await days(`(date '${today}' - 55)::text, (date '${today}' - 28)::text`);
await compare('last 28 days', last28, before28);
is(await inputs(), last28, 'the days of a preset are shown');
await page.getByLabel('Against', { exact: true }).selectOption('year_before');
await settled();
await compare('last 28 days against a year before', last28, await days(`(date '${last28[0]}' - interval '1 year')::date::text, (date '${last28[1]}' - interval '1 year')::date::text`));
await page.getByLabel('Against', { exact: true }).selectOption('none');
await settled();
await compare('against nothing', last28, null);
await page.getByLabel('Against', { exact: true }).selectOption('previous');
await settled();
await page.locator('[data-dimension="gender"]').evaluate((node) => (node.open = true));
await page.locator('[data-dimension="gender"] .value-box', { has: page.getByText('Female', { exact: true }) }).locator('input').click();
await settled();
await compare('last 28 days, Female', last28, before28, "gender = 'Female'");
is([inAddress('filters'), inAddress('period')], [{ gender: ['Female'] }, { preset: 'last_28_days' }], 'the address has filters and period');
await page.reload();
await settled();
await compare('from the address', last28, before28, "gender = 'Female'");
await page.getByRole('button', { name: 'Clear all' }).click();
await settled();
await compare('filters cleared, the period stays', last28, before28);

// by its own length: the buttons, and the arrow keys
await page.getByRole('button', { name: 'Earlier, by the length of the period' }).click();
await settled();
await compare('earlier by a button', before28, await days(`(date '${today}' - 83)::text, (date '${today}' - 56)::text`));
await page.evaluate(() => document.activeElement.blur());
await page.keyboard.press('ArrowRight');
await settled();
await compare('later by an arrow key', last28, before28);
await page.keyboard.press('ArrowRight');
await settled();
is(await inputs(), last28, 'not later than the data');
is(await page.getAttribute('[aria-label^="Later"]', 'aria-disabled'), 'true', 'and the button says so');

// days of one's own: whole months move as months
const month = await days(`(date_trunc('month', date '${today}') - interval '2 months')::date::text, (date_trunc('month', date '${today}') - interval '1 month' - interval '1 day')::date::text`);
await page.fill('#period-from', month[0]);
await page.fill('#period-to', month[1]);
await page.press('#period-to', 'Enter');
await settled();
const monthBefore = await days(`(date '${month[0]}' - interval '1 month')::date::text, (date '${month[0]}' - 1)::text`);
await compare('a whole month', month, monthBefore);
const shown = await page.evaluate(() => document.querySelector('#period-preset').value);
is(shown, 'days', 'days of one\'s own are no preset');
await page.locator('h1').focus();
await page.keyboard.press('ArrowLeft');
await settled();
is(await inputs(), monthBefore, 'a whole month moves to the month before');
await page.keyboard.press('ArrowRight');
await settled();

// the trend: its days, those before, and a part of it
const table = async () => {
  const button = page.locator('[data-panel="trend"] button[aria-label^="Show"]');
  if ((await button.getAttribute('aria-pressed')) === 'false') await button.click();
  const rows = await page.$$eval('[data-panel="trend"] .table-place tbody tr', (trs) => trs.map((row) => [...row.children].map((cell) => cell.textContent)));
  await button.click();
  return rows;
};
const daily = await sql(`SELECT to_char(d, 'Mon FMDD, YYYY') AS v, (SELECT coalesce(sum(amount), 0) FROM store_lines WHERE purchased_at::date = d) AS n,
  CASE WHEN b < date '${month[0]}' THEN (SELECT coalesce(sum(amount), 0) FROM store_lines WHERE purchased_at::date = b) END AS before
  FROM (SELECT d::date, (date '${monthBefore[0]}' + (d::date - date '${month[0]}')) AS b FROM generate_series(date '${month[0]}', date '${month[1]}', interval '1 day') d) g`);
is(await table(), daily.map((row) => [row.v, money(Number(row.n)), row.before === null ? '–' : money(Number(row.before))]), 'the trend of a month by days, beside the month before');
const canvas = page.locator('[data-panel="trend"] .canvas');
await canvas.evaluate((node) => node.scrollIntoView({ block: 'center' }));
await settled();
const at = async (label) => page.$$eval('[data-panel="trend"] .canvas svg text', (nodes, wanted) => {
  const box = nodes.find((n) => n.textContent === wanted).getBoundingClientRect();
  return (box.left + box.right) / 2;
}, label);
const labels = (await page.$$eval('[data-panel="trend"] .canvas svg text', (nodes) => nodes.map((n) => n.textContent))).filter((text) => daily.some((row) => row.v === text));
const [a, b] = [labels[1], labels.at(-2)];
const box = await canvas.boundingBox();
await page.mouse.move(await at(a), box.y + 100);
await page.mouse.down();
await page.mouse.move(await at(b), box.y + 110, { steps: 5 });
await page.mouse.up();
await settled();
const index = (label) => daily.findIndex((row) => row.v === label);
const part = await days(`(date '${month[0]}' + ${index(a)})::text, (date '${month[0]}' + ${index(b)})::text`);
is(inAddress('period'), { from: part[0], to: part[1] }, 'dragging across the trend looks at a part of it');
const length = index(b) - index(a) + 1;
await compare('the part', part, await days(`(date '${part[0]}' - ${length})::text, (date '${part[0]}' - 1)::text`));
await page.locator('[data-panel="trend"] .chart').focus();
await page.keyboard.press('Home');
await page.keyboard.press('Shift+ArrowRight');
await page.keyboard.press('Shift+ArrowRight');
ok(/^From .* to .*\. Enter looks at it\.$/.test(await page.textContent('#announcer')), 'keys: a part is said aloud', await page.textContent('#announcer'));
await page.keyboard.press('Enter');
await settled();
is(inAddress('period'), { from: part[0], to: (await days(`(date '${part[0]}' + 2)::text`))[0] }, 'keys: Shift, arrows and Enter look at a part');
await page.goBack();
await settled();
is(await inputs(), part, 'back goes back');
await page.getByLabel('Days', { exact: true }).selectOption('all');
await settled();
is(inAddress('period'), null, 'all days have no period in the address');

// the other pages: what they are of
const looks = async (name) => {
  await go('store', name, { period: { from: month[0], to: month[1] } });
  return page.$$eval('.of-period', (nodes) => [...new Set(nodes.map((n) => n.textContent))]);
};
const [{ end }] = await sql(`SELECT to_char(date '${month[1]}', 'Mon FMDD, YYYY') AS end`);
is(await looks('customers'), [`Looks from the end of the period, ${end}, at all purchases until then.`], 'customers look from the end of the period, and say so');
is(await looks('trends'), [`Looks from the end of the period, ${end}, at all purchases until then.`], 'trends look from the end of the period, and say so');
is(await looks('products'), ['Of the rows of the period.'], 'comparisons of amounts are of the rows of the period, and say so');
const ranking = await sql(`SELECT product, count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS n FROM store_lines WHERE purchased_at >= '${month[0]}' AND purchased_at < date '${month[1]}' + 1 GROUP BY 1`);
await page.locator('[data-panel="ranking"] button[aria-label^="Show"]').click();
is(Object.fromEntries(await page.$$eval('[data-panel="ranking"] tbody tr', (rows) => rows.map((row) => [row.children[0].textContent, row.children[2].textContent]))),
  Object.fromEntries(ranking.filter((row) => row.n !== '0').map((row) => [row.product, row.n])), 'products of the period');
await go('store', 'about', { period: { preset: 'month' } });
ok(/The period does not apply on this page/.test(await page.textContent('.notice:not(.stale)')) && !(await page.locator('.period').isVisible()), 'about: the period does not apply');
await go('shop');
ok(!(await page.locator('.period').isVisible()), 'a mart without times has no period');
await go('shop', 'overview', { period: { preset: 'month' } });
ok(/mart "shop" has no times/.test(await page.textContent('.problem')), 'and says so if the address has one');
await page.getByRole('button', { name: 'Show all days' }).click();
await settled();
ok(await page.locator('.cards').isVisible(), 'and one gets out of it');
await go('store', 'overview', { period: { from: '2001-01-01', to: '2001-01-31' }, filters: { gender: ['Female'] } });
ok(/in this period/.test(await page.textContent('.notice:not(.stale)')), 'a period without purchases is explained');
await go('store', 'overview', { period: { from: '2024-02-31' } });
ok(/is no day/.test(await page.textContent('.problem')), 'a day that there is not is an error with its message');
await page.evaluate(() => (location.hash = '#mart=store&period={"days":1}'));
await settled();
ok(/could not be read/.test(await page.textContent('.notice:not(.stale)')), 'a period that is broken is said to be so');
problems.splice(0, problems.length, ...problems.filter((text) => !/400 \(Bad Request\)/.test(text)));

// What follows: the sentences of the database, first on each page
for (const [mart, name, given] of [['store', 'overview', { period: { preset: 'last_28_days' }, filters: { gender: ['Female'] } }], ['store', 'customers', {}], ['store', 'products', {}], ['store', 'trends', {}], ['store', 'about', {}], ['shop', 'overview', {}], ['shop', 'products', {}]]) {
  await go(mart, name, given);
  const wanted = await db.query('SELECT sentence, severity FROM mart_findings($1, $2, $3, $4)', [mart, JSON.stringify(given.filters ?? {}), name, given.period ? JSON.stringify(given.period) : null]);
  is([await page.$$eval('.findings li', (nodes) => nodes.map((n) => [n.lastChild.textContent, n.dataset.severity])), wanted.rows.length > 0], [wanted.rows.map((row) => [row.sentence, row.severity]), true], `${mart}, ${name}: what follows, as the database says it`);
}
ok(await page.evaluate(() => (document.querySelector('.findings').compareDocumentPosition(document.querySelector('.content')) & Node.DOCUMENT_POSITION_FOLLOWING) > 0), 'the page leads with it');

// The look of it
await page.setViewportSize({ width: 1280, height: 900 });
await go('store');
const byRevenue = await sql('SELECT category FROM store_lines GROUP BY 1 ORDER BY sum(amount) DESC');
const bars = () => page.$$eval('[data-panel="category"] .canvas svg text', (nodes) => nodes.map((n) => [n.getBoundingClientRect().top, n.textContent]).sort((x, y) => x[0] - y[0]).map(([, text]) => text));
is((await bars()).filter((text) => byRevenue.some((row) => row.category === text)), byRevenue.map((row) => row.category), 'categories stand by revenue');
const boxes = () => page.$$eval('.card, [data-panel]', (nodes) => nodes.map((n) => { const b = n.getBoundingClientRect(); return [b.left, b.top + scrollY, b.width, b.height].map(Math.round).join(' '); }));
const still = await boxes();
await page.locator('[data-measure="revenue"] button.info').click();
await page.locator('[data-panel="category"] button.info').click();
is([await boxes(), await page.$$eval('.info-text:not([hidden])', (nodes) => nodes.length)], [still, 1], 'an explanation moves nothing, and one is open at a time');
await page.keyboard.press('Escape');
is(await page.$$eval('.info-text:not([hidden])', (nodes) => nodes.length), 0, 'keys: Escape closes it');
await go('store', 'overview', { filters: { gender: ['Female'] } });
await go('store', 'overview', { filters: { nosuch: ['x'] } });
is(await page.$$eval('.chip', (nodes) => nodes.map((n) => n.textContent.replace('×', '').trim())), ['nosuch x'], 'the chips of an error are those of what was asked');
ok(!(await page.locator('.findings').isVisible()), 'and nothing follows from it');
problems.splice(0, problems.length, ...problems.filter((text) => !/400 \(Bad Request\)/.test(text)));
await go('store', 'products');
const colors = await page.$$eval('[data-panel="ranking"] .canvas svg path', (paths) => paths.map((p) => p.getAttribute('fill')));
ok(!colors.includes('#a9b3be'), 'a sum is not grey because it is small');

await db.query("SELECT set_mart_currency('store', 'EUR')");
await go('store', 'about');
await go('store', 'overview', { period: { preset: 'last_28_days' } });
const [euros] = await sql(`SELECT sum(amount) AS s FROM store_lines WHERE purchased_at >= '${last28[0]}'`);
is((await cards()).revenue[0], `€${money(Number(euros.s))}`, 'the currency of the mart is shown');
await db.query("SELECT set_mart_currency('store', NULL)");

// Every page at all widths: nothing wider than the window, no text over another, nothing cut off.
const shots = `${process.env.BI_ARTIFACTS}/period`;
mkdirSync(shots, { recursive: true });
const faults = {};
for (const [mart, name, given] of [['store', 'overview', { period: { preset: 'last_90_days' } }], ['store', 'overview', {}], ['shop', 'overview', {}], ['store', 'customers', { period: { preset: 'quarter' } }], ['store', 'products', { period: { preset: 'last_12_months' } }],
  ['store', 'trends', {}], ['shop', 'products', {}], ['store', 'about', {}], [ODD, 'overview', {}]]) {
  await go(mart, name, given);
  for (const width of [320, 390, 768, 1024, 1440, 1920]) {
    await page.setViewportSize({ width, height: width < 500 ? 780 : 1000 });
    await settled();
    const found = await page.evaluate((wide) => {
      const list = [];
      if (document.documentElement.scrollWidth > wide) list.push(`page is ${document.documentElement.scrollWidth} wide`);
      const boxOf = (n) => n.getBoundingClientRect();
      // all tabs can be seen
      for (const tab of document.querySelectorAll('.tabs a')) if (boxOf(tab).right > wide || boxOf(tab).left < 0) list.push(`tab ${tab.textContent} is off screen`);
      for (const field of document.querySelectorAll('.period > *')) if (boxOf(field).right > wide) list.push('the period is off screen');
      // headings are not cut
      for (const node of document.querySelectorAll('table.color th bdi')) {
        const cell = node.closest('th');
        if (cell.scrollWidth > cell.clientWidth + 1) list.push(`cut heading: ${node.textContent}`);
        if (!/\s/.test(node.textContent) && node.getClientRects().length > 1) list.push(`broken heading: ${node.textContent}`);
      }
      for (const node of document.querySelectorAll('[data-panel="heat-map"] .scroll')) {
        if (wide >= 768 && !document.title.startsWith('Mart "x"') && node.scrollWidth > node.clientWidth) list.push(`the heat map is clipped by ${node.scrollWidth - node.clientWidth}`);
      }
      // texts of a drawing do not lie over each other
      for (const svg of document.querySelectorAll('.canvas svg')) {
        const texts = [...svg.querySelectorAll('text')].filter((t) => t.textContent.trim()).map((t) => [boxOf(t), t.textContent]);
        for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
          const [p, q] = [texts[i][0], texts[j][0]];
          const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
          const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
          if (x > 2 && y > 4) list.push(`${svg.closest('[data-panel]').dataset.panel}: "${texts[i][1]}" over "${texts[j][1]}"`);
        }
        const edge = boxOf(svg);
        for (const [p, text] of texts) if (p.left < edge.left - 1 || p.right > edge.right + 1) list.push(`${svg.closest('[data-panel]').dataset.panel}: "${text}" is cut off`);
      }
      return [...new Set(list)];
    }, width);
    if (width === 390 || width === 1440) {
      for (const scheme of ['dark', 'light']) {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        found.push(...(await audit(page)).map((fault) => `${scheme}: ${fault}`));
      }
      const [odd] = /NaN|undefined|Infinity/.exec(await page.evaluate(() => [document.querySelector('main').innerText, ...[...document.querySelectorAll('main svg text')].map((n) => n.textContent)].join('\n'))) ?? [];
      if (odd) found.push(`the text ${odd}`);
    }
    if (found.length) faults[`${mart === ODD ? 'odd' : mart} ${name} ${JSON.stringify(given)} ${width}`] = found;
    await page.screenshot({ timeout: 60000, path: `${shots}/${mart === ODD ? 'odd' : mart}-${name}${given.period ? '-period' : ''}-${width}.png`, fullPage: true });
  }
}
is(faults, {}, '320 to 1920 pixels: nothing off screen, no text cut or over another; names, tables and contrast in light and dark');
is(problems, [], 'no error or warning in the console');

await browser.close();
await db.end();
await server.stop();
process.exit(failures() ? 1 : 0);
