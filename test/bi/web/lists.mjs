// Customers to act on, and the purchases behind a number: sorted, searched, paged and as CSV, each against
// plain SQL over the source tables.
import { readFileSync } from 'node:fs';
import { ODD, audit, complete, connect, failures, is, launch, ok, openPage, startServer } from './common.mjs';

const db = await connect();
const sql = async (text) => (await db.query(text)).rows;
const server = await startServer();
const { base } = server;
const api = async (kind, parameters) => {
  const response = await fetch(`${base}api/${kind}?${new URLSearchParams(Object.fromEntries(Object.entries(parameters).map(([k, v]) => [k, typeof v === 'string' ? v : JSON.stringify(v)])))}`);
  return kind.endsWith('.csv') ? { response, text: await response.text() } : response.json();
};

// Of the server: each customer once, whatever the order, in pages
const people = await sql(`SELECT customer_id::text AS id, sum(amount) AS revenue, count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS purchases, max(purchased_at) FILTER (WHERE amount >= 0) AS last, bool_or(gender = 'Female') AS woman
  FROM store_lines GROUP BY customer_id ORDER BY sum(amount) DESC, customer_id`);
const first = await api('customers', { mart: 'store', limit: '100' });
is([first.total, first.rows.map((row) => [row.customer_id, row.revenue, row.purchases, row.last_purchase.replace('T', ' ').slice(0, 19)])],
  [people.length, people.slice(0, 100).map((row) => [row.id, Number(row.revenue), Number(row.purchases), row.last.slice(0, 19)])], 'the best customers: revenue, purchases, last purchase');
const second = await api('customers', { mart: 'store', limit: '100', offset: '100' });
is(second.rows.map((row) => row.customer_id), people.slice(100, 200).map((row) => row.id), 'the next page');
is((await api('customers', { mart: 'store', descending: 'false', limit: '5' })).rows.map((row) => row.customer_id), [...people].sort((a, b) => a.revenue - b.revenue || a.id - b.id).slice(0, 5).map((row) => row.id), 'the other way round');
is((await api('customers', { mart: 'store', filters: { gender: ['Female'] }, limit: '1' })).total, people.filter((row) => row.woman === 't').length, 'those whom the filters select');
is((await api('customers', { mart: 'store', search: '77', limit: '1000' })).rows.map((row) => row.customer_id).sort(), people.filter((row) => row.id.includes('77')).map((row) => row.id).sort(), 'a search');
is((await api('customers', { mart: 'store', offset: '999999' })).rows, [], 'past the end: nothing');
const segments = await sql('SELECT rfm_segment AS v, customers AS n FROM store.segment_rfm');
for (const { v, n } of segments) if ((await api('customers', { mart: 'store', chosen: { rfm_segment: [v] }, limit: '1' })).total !== Number(n)) ok(false, `segment ${v}: as many as the segment has`);
ok(segments.length > 5, 'each segment lists as many customers as it has');
const cohorts = await sql('SELECT cohort_month::text AS c, month_start::date::text AS m, active_customers AS n, cohort_size AS size FROM store.cohort_retention WHERE month_offset IN (0, 1, 5)');
const wrong = [];
for (const { c, m, n } of cohorts) {
  const { total } = await api('customers', { mart: 'store', chosen: { cohort_month: [c.slice(0, 10)], active_month: [m] }, limit: '1' });
  if (total !== Number(n)) wrong.push([c, m, n, total]);
}
is([wrong, cohorts.length > 20], [[], true], 'each cell of the table of months lists as many customers as it has');
const sorts = [];
for (const column of first.columns) {
  const { rows } = await api('customers', { mart: 'store', sort: column, descending: 'false', limit: '1000' });
  const known = rows.map((row) => row[column]).filter((value) => value !== null);
  const number = (value) => (column === 'customer_id' ? Number(value) : value);
  if (rows.length !== 1000 || known.some((value, i) => i > 0 && number(known[i - 1]) > number(value)) || rows.slice(known.length).some((row) => row[column] !== null)) sorts.push(column);
}
is(sorts, [], 'every column sorts, what is not known last');
const ended = await sql(`SELECT count(DISTINCT customer_id) AS n FROM store_lines WHERE purchased_at < '2025-07-01'`);
is((await api('customers', { mart: 'store', period: { to: '2025-06-30' }, limit: '1' })).total, Number(ended[0].n), 'seen from the end of a period');

// Purchases
const all = await sql("SELECT count(*) AS n, sum(amount) AS s FROM store_lines WHERE gender = 'Female' AND channel = 'web' AND purchased_at >= '2025-03-01' AND purchased_at < '2025-04-01'");
const march = { mart: 'store', filters: { gender: ['Female'], channel: ['web'] }, period: { from: '2025-03-01', to: '2025-03-31' } };
const rows = await api('purchases', march);
is([rows.total, rows.revenue, rows.rows.length], [Number(all[0].n), Number(all[0].s), 50], 'the rows behind a number');
const best = people[0].id;
is((await api('purchases', { mart: 'store', customer: best, sort: 'amount', limit: '1000' })).rows.map((row) => row.amount), (await sql(`SELECT amount FROM store_lines WHERE customer_id = ${best} ORDER BY amount DESC`)).map((row) => Number(row.amount)), 'the purchases of a customer, by amount');
const [product] = await sql('SELECT product AS v, count(*) AS n FROM store_lines GROUP BY 1 ORDER BY 2 DESC LIMIT 1');
is((await api('purchases', { mart: 'store', product: product.v, limit: '1' })).total, Number(product.n), 'the purchases of a product');
const wrongSums = [];
for (const [mart, { breakdown }] of await Promise.all(['shop', 'store'].map(async (mart) => [mart, await (await fetch(`${base}api/dashboard?mart=${mart}`)).json()])))
  for (const [dimension, values] of Object.entries(breakdown))
    for (const row of values.slice(0, 4)) {
      const { revenue } = await api('purchases', { mart, filters: { [dimension]: [row.value] }, limit: '1' });
      if (Math.abs(revenue - row.revenue) > 0.005) wrongSums.push([mart, dimension, row.value, row.revenue, revenue]);
    }
is(wrongSums, [], 'of every dimension, the rows of a bar add up to it');

// CSV
const csv = await api('customers.csv', { mart: 'store', filters: { gender: ['Female'] } });
const lines = csv.text.trimEnd().split('\r\n');
is([csv.response.headers.get('content-type'), csv.response.headers.get('content-disposition'), lines.length, lines[0]], ['text/csv; charset=utf-8', 'attachment; filename="customers.csv"', people.filter((row) => row.woman === 't').length + 1, first.columns.join(',')], 'CSV of all women');
const revenueAt = first.columns.indexOf('revenue');
is([...new Set(lines.slice(1).map((line) => line.split(',')[0]))].length, lines.length - 1, '... each once');
is(lines.slice(1).map((line) => line.split(',')[revenueAt]), people.filter((row) => row.woman === 't').map((row) => row.revenue), '... with their revenue to the last digit');
await sql(`CREATE TABLE sums (who text, amt numeric(18,2), cat text); INSERT INTO sums VALUES ('=1+1', 1.50, '@x'), ('+49', 2.10, '-a"b'), ('plain, with comma', 3.00, E'two\\nlines'), ('9007199254740993', 4, 'id')`);
await sql(`SELECT count(*) FROM create_mart('sums', 'sums', customer_id => 'who', amount => 'amt', category => 'cat')`);
await sql("SELECT grant_mart('sums', 'mart_reader')");
const formulas = (await api('customers.csv', { mart: 'sums', sort: 'revenue', descending: 'false' })).text.split('\r\n');
is(formulas.slice(1, 5).map((line) => line.slice(0, 12)), ["'=1+1,Light,", "'+49,Light,,", '"plain, with', '900719925474'], 'texts that look like formulas get an apostrophe, others are quoted', formulas);
ok(formulas[4].startsWith('9007199254740993,'), 'long numbers of customers keep their digits', formulas[4]);
ok(/'-a""b"/.test((await api('purchases.csv', { mart: 'sums' })).text), 'so do other columns');

// In the browser
const browser = await launch();
const { page, problems } = await openPage(browser, { acceptDownloads: true });
const list = '[data-panel="customer_list"]';
const settled = async () => {
  await complete(page);
  await page.waitForFunction(() => [...document.querySelectorAll('.paged')].every((node) => !node.classList.contains('busy') && node.querySelector('table, p')));
};
const fixed = (digits) => new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const idsOf = (where = list) => page.$$eval(`${where} tbody th`, (nodes) => nodes.map((node) => node.textContent));
const status = (where = list) => page.textContent(`${where} [role=status]`);
await page.goto(`${base}#mart=store&page=customers`);
await settled();
is([await idsOf(), await status()], [people.slice(0, 25).map((row) => row.id), `1 to 25 of ${fixed(0).format(people.length)}`], 'the page lists the best customers');
const heads = await page.$$eval(`${list} thead th`, (nodes) => nodes.map((node) => node.textContent.replace(/\u00a0.*/, '')));
is(heads, ['Customer', 'Segment', 'Spend tier', 'Loyalty tier', 'Last purchase', 'Next expected', 'Days late', 'Late', 'Purchases', 'Revenue', 'Average purchase', 'Comes back', 'Value in a year'], 'with what one acts on');
await page.locator(`${list} button`, { hasText: 'Further' }).click();
await settled();
is(await idsOf(), people.slice(25, 50).map((row) => row.id), 'and the next ones');
await page.locator(`${list} button.sort`, { hasText: 'Value in a year' }).click();
await settled();
is(await idsOf(), (await sql('SELECT customer_id AS v FROM store.dim_customer WHERE customer_id IS NOT NULL ORDER BY lifetime_value_365_days DESC NULLS LAST, customer_id LIMIT 25')).map((row) => row.v), 'a click on a head sorts on the server');
is(await page.evaluate(() => document.activeElement.textContent.replace(/\u00a0.*/, '')), 'Value in a year', 'and keeps the focus');
await page.locator(`${list} input[type=search]`).fill('4321');
await page.waitForFunction((list) => /of 1$|^1 to 1 of 1/.test(document.querySelector(`${list} [role=status]`).textContent), list);
is(await idsOf(), ['4321'], 'a search finds a customer');
await page.locator(`${list} input[type=search]`).fill('');
await page.waitForFunction((list) => !/of 1$/.test(document.querySelector(`${list} [role=status]`).textContent), list);
// a segment, a cell, a tier
const [champions] = segments.filter((row) => row.v === 'champions');
await page.locator('[data-panel="segment_rfm"] button[aria-label^="Show"]').click();
await page.locator('[data-panel="segment_rfm"] button.cell', { hasText: 'Champions' }).click();
await settled();
is([await status(), await page.evaluate(() => document.activeElement.textContent), await page.getAttribute('[data-panel="segment_rfm"] button.cell[aria-pressed="true"]', 'data-focus')], [`1 to 25 of ${fixed(0).format(champions.n)}`, 'Customers', 'choose Champions'], 'a click on a segment lists its customers, and the focus goes there');
const [some] = await sql('SELECT cohort_month::date::text AS c, month_start::date::text AS m, active_customers AS n FROM store.cohort_retention WHERE month_offset = 2 ORDER BY active_customers DESC LIMIT 1');
await page.locator(`[data-panel="cohort_retention"] button[data-focus="cohort ${some.c} 2"]`).click();
await settled();
is([await status(), await page.$$eval(`${list} .chip`, (nodes) => nodes.length)], [`1 to ${Math.min(25, some.n)} of ${some.n}`, 2], 'a click on a cell of the table of months lists its customers');
is(await page.$$eval('[data-panel="cohort_retention"] button[tabindex="0"]', (nodes) => nodes.length), 1, 'its cells are one stop of the Tab key');
await page.locator(`[data-panel="cohort_retention"] button[data-focus="cohort ${some.c} 2"]`).focus();
await page.keyboard.press('ArrowLeft');
ok(await page.evaluate((c) => document.activeElement.dataset.focus === `cohort ${c} 1`, some.c), 'and arrows go through them');
await page.locator(`${list} .chip`).first().click();
await page.locator(`${list} .chip`).first().click();
await settled();
is(await status(), `1 to 25 of ${fixed(0).format(people.length)}`, 'chips take the choice away');
await page.locator('[data-panel="segment_spend"] .chart').focus();
await page.keyboard.press('End');
ok(/Enter lists its customers\.$/.test(await page.textContent('#announcer')), 'keys: Enter is said to list', await page.textContent('#announcer'));
await page.keyboard.press('Enter');
await settled();
is(await status(), `1 to 25 of ${fixed(0).format((await sql("SELECT customers AS n FROM store.segment_spend ORDER BY spend_tier_sort DESC LIMIT 1"))[0].n)}`, 'keys: Enter on a tier lists its customers');
await page.locator(`${list} .chip`).first().click();
await settled();
// filters and period narrow it, too
await page.locator('[data-dimension="gender"] .value-box', { hasText: 'Female' }).first().locator('input').click();
await settled();
is(await status(), `1 to 25 of ${fixed(0).format(people.filter((row) => row.woman === 't').length)}`, 'filters narrow the list');
const [download] = await Promise.all([page.waitForEvent('download'), page.locator(`${list} a[download]`).click()]);
is([download.suggestedFilename(), readFileSync(await download.path(), 'utf8').trimEnd().split('\r\n').length - 1], ['customers.csv', people.filter((row) => row.woman === 't').length], 'CSV of the whole list');
// the purchases of one
const who = (await idsOf())[0];
await page.locator(`${list} button[data-focus="customer ${who}"]`).click();
await page.waitForSelector('dialog.rows[open] table');
await settled();
const [sums] = await sql(`SELECT count(*) AS n, sum(amount) AS s FROM store_lines WHERE customer_id = ${who}`);
is(await status('dialog.rows'), `1 to 25 of ${sums.n}, ${fixed(2).format(sums.s)} in all`, 'a click on a customer lists the purchases');
is(await audit(page), [], 'names, headings and contrast of the dialog');
await page.keyboard.press('Escape');
ok(await page.evaluate((who) => !document.querySelector('dialog') && document.activeElement.dataset.focus === `customer ${who}`, who), 'Escape closes it, and the focus is where it was');
// a panel as a file
const openMenu = async (id) => page.locator(`[data-panel="${id}"] .menu > summary`).click();
const saved = async (id, text) => {
  await openMenu(id);
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator(`[data-panel="${id}"] .menu button`, { hasText: text }).click()]);
  return [file.suggestedFilename(), readFileSync(await file.path())];
};
const go = async (mart, name, filters) => {
  await page.evaluate((hash) => (location.hash = hash), `#${new URLSearchParams({ mart, page: name, ...(filters ? { filters: JSON.stringify(filters) } : {}) })}`);
  await settled();
};
await go('store', 'overview');
const categories = await sql('SELECT category, sum(amount) AS s, count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS n FROM store_lines GROUP BY 1 ORDER BY sum(amount) DESC');
const [fileName, bytes] = await saved('category', 'CSV');
is([fileName, bytes.toString('utf8')], ['category.csv', `\ufeffCategory,Revenue\r\n${categories.map((row) => `${row.category},${Number(row.s)}\r\n`).join('')}`], 'the numbers of a panel as CSV');
const [svgName, svg] = await saved('category', 'SVG');
ok(svgName === 'category.svg' && svg.toString().startsWith('<svg') && svg.toString().includes('Revenue by category') && categories.every((row) => svg.toString().includes(`>${row.category}<`)), 'its drawing as SVG', svg.toString().slice(0, 200));
const [pngName, png] = await saved('category', 'PNG');
ok(pngName === 'category.png' && png.subarray(1, 4).toString() === 'PNG' && png.readUInt32BE(16) > 300 && png.length > 3000, 'and as PNG', png.length);
await openMenu('category');
is(await audit(page), [], 'names and contrast of the menu');
await page.keyboard.press('Escape');
ok(await page.evaluate(() => document.activeElement.matches('[data-panel="category"] .menu summary') && !document.querySelector('.menu[open]')), 'Escape closes the menu, and the focus stays');
// from a bar to its rows
const rowsOf = async (category) => (await sql(`SELECT count(*) AS n, sum(amount) AS s FROM store_lines WHERE ${category === null ? 'true' : `category = '${category}'`}`))[0];
const opened = async () => {
  await page.waitForSelector('dialog.rows[open] table');
  await settled();
  const text = await status('dialog.rows');
  await page.keyboard.press('Escape');
  return text;
};
const inWords = ({ n, s }) => `1 to 25 of ${fixed(0).format(n)}, ${fixed(2).format(s)} in all`;
await page.locator('[data-panel="category"] .chart').focus();
await page.keyboard.press('ArrowDown');
await page.keyboard.press('Shift+Enter');
is(await opened(), inWords(await rowsOf(categories[0].category)), 'keys: Shift and Enter on a bar list its purchases');
const bar = await page.$$eval('[data-panel="category"] .canvas svg text', (nodes, wanted) => {
  const node = nodes.find((n) => n.textContent === wanted);
  node.closest('.canvas').scrollIntoView({ block: 'center' });
  const box = node.getBoundingClientRect();
  return { x: box.right + 14, y: (box.top + box.bottom) / 2 };
}, categories[1].category);
await page.keyboard.down('Shift');
await page.mouse.click(bar.x, bar.y);
await page.keyboard.up('Shift');
is(await opened(), inWords(await rowsOf(categories[1].category)), 'Shift and a click on a bar, too');
const [heat] = await sql(`SELECT category AS c, count(*) AS n, sum(amount) AS s FROM store_lines WHERE age >= (SELECT percentile_disc(0.75) WITHIN GROUP (ORDER BY age) + 1 FROM store_lines) GROUP BY 1 ORDER BY 1 LIMIT 1`);
await page.locator(`[data-panel="heat-map"] button[title^="Senior, ${heat.c}"]`).click({ modifiers: ['Shift'] });
is(await opened(), inWords(heat), 'and on a cell of the heat map');
await openMenu('trend');
await page.locator('[data-panel="trend"] .menu button', { hasText: 'Purchases' }).click();
is(await opened(), inWords(await rowsOf(null)), 'the menu lists the purchases behind a panel');
// from a point of the trend: by keys, by a click beside the line, in the table, under a filter, and in a part of the time
const daysSql = async (where) => (await sql(`SELECT count(*) AS n, sum(amount) AS s FROM store_lines WHERE ${where}`))[0];
const [span] = await sql("SELECT to_char(max(purchased_at), 'YYYY-MM-DD') AS last, to_char(max(purchased_at) - interval '5 months', 'YYYY-MM') AS month, to_char(max(purchased_at) - interval '4 months', 'YYYY-MM') AS next FROM store_lines");
const trendLabels = () => page.$$eval('[data-panel="trend"] .table-place tbody th', (nodes) => nodes.map((node) => node.textContent));
const monthName = (month) => new Intl.DateTimeFormat('en-US', { month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${month}-01T00:00:00Z`));
const ofMonth = await daysSql(`to_char(purchased_at, 'YYYY-MM') = '${span.month}'`);
const trendAt = (await trendLabels()).indexOf(monthName(span.month));
await page.locator('[data-panel="trend"] .chart').focus();
for (let i = 0; i <= trendAt; i++) await page.keyboard.press('ArrowRight');
await page.keyboard.press('Enter');
ok(trendAt > 3, 'the trend has the month', await trendLabels());
is(await opened(), inWords(ofMonth), 'Enter on a point of the trend lists its purchases');
const pixel = (id, at) => page.$eval(`[data-panel="${id}"] .canvas`, (canvas, share) => {
  canvas.scrollIntoView({ block: 'center' });
  const box = canvas.getBoundingClientRect();
  const line = [...canvas.querySelectorAll('svg path')].map((path) => path.getBoundingClientRect()).sort((a, b) => b.width - a.width).find((r) => r.width < box.width - 20);
  return { x: line.left + line.width * share, y: box.top + box.height * 0.4 };
}, at);
const points = (await trendLabels()).length;
const spot = await pixel('trend', trendAt / (points - 1));
await page.mouse.click(spot.x, spot.y);
is(await opened(), inWords(ofMonth), 'so does a click, on the line or not');
await page.locator('[data-panel="trend"] button[aria-label^="Show"]').click();
await page.locator('[data-panel="trend"] .table-place tbody button', { hasText: monthName(span.month) }).click();
is(await opened(), inWords(ofMonth), 'and one in the table');
await go('store', 'overview', { gender: ['Female'] });
await page.locator('[data-panel="trend"] .table-place tbody button').last().click();
is(await opened(), inWords(await daysSql(`gender = 'Female' AND date_trunc('month', purchased_at) = date_trunc('month', '${span.last}'::date)`)), 'under a filter, of the month that is not over');
const part = { from: `${span.month}-11`, to: `${span.next}-20`, compare: 'none' };
await page.evaluate((hash) => (location.hash = hash), `#${new URLSearchParams({ mart: 'store', page: 'overview', period: JSON.stringify(part) })}`);
await settled();
await page.locator('[data-panel="trend"] button[aria-label^="Show"]').click(); // another unit is another panel
await page.locator('[data-panel="trend"] .table-place tbody button').first().click();
const firstOfPart = await opened();
const cutUnit = (await page.textContent('[data-panel="trend"] .table-place thead th')).trim();
const cut = { 'Week from': `purchased_at >= '${part.from}' AND purchased_at < date_trunc('week', '${part.from}'::date) + interval '7 days'`, Month: `to_char(purchased_at, 'YYYY-MM') = '${span.month}' AND purchased_at >= '${part.from}'`, Day: `purchased_at::date = '${part.from}'` }[cutUnit];
is(firstOfPart, inWords(await daysSql(cut)), `a point that the period cuts off (${cutUnit}) lists what is left of it`);
await go('store', 'trends');
await page.locator('[data-panel="revenue_forecast"] button[aria-label^="Show"]').click();
await page.locator('[data-panel="revenue_forecast"] .table-place tbody button', { hasText: monthName(span.month).replace(/^(\w+)/, '') }).first().waitFor();
const before = await page.$$eval('[data-panel="revenue_forecast"] .table-place tbody tr', (rows) => rows.map((row) => [row.children[0].textContent, row.querySelector('button') !== null, row.children[1].textContent]));
ok(before.filter(([, button]) => button).length > 10 && before.every(([, button, value]) => button === (value !== '–')), 'of the forecast only what was can be opened', before);
await page.locator('[data-panel="revenue_forecast"] .table-place tbody button').last().click();
is(await opened(), inWords(await daysSql(`date_trunc('month', purchased_at) = (SELECT max(period_start) FROM store.revenue_anomaly WHERE unit = 'month')`)), 'the last month of the forecast lists its purchases');
const oddDay = page.locator('[data-panel="revenue_anomaly"] tbody button').first();
if (await oddDay.count()) {
  await oddDay.click();
  is(await opened(), inWords(await daysSql(`purchased_at::date = (SELECT max(period_start) FROM store.revenue_anomaly WHERE unit = 'day' AND is_anomaly)`)), 'an odd day lists its purchases');
} else is((await sql("SELECT count(*) AS n FROM store.revenue_anomaly WHERE unit = 'day' AND is_anomaly"))[0].n, '0', 'no day is odd');
await go('store', 'products');
await page.locator('[data-panel="ranking"] .chart').focus();
await page.keyboard.press('ArrowDown');
await page.keyboard.press('Enter');
const [most] = await sql('SELECT product FROM store_lines GROUP BY 1 ORDER BY count(DISTINCT order_id) FILTER (WHERE amount >= 0) DESC LIMIT 1');
is(await opened(), inWords((await sql(`SELECT count(*) AS n, sum(amount) AS s FROM store_lines WHERE product = '${most.product}'`))[0]), 'Enter on a product lists its purchases');
is(await page.$$eval('[data-panel="margin_breakdown"], [data-panel="margin_period"]', (nodes) => nodes.length), 0, 'a mart without costs has no margins');
// margins, and what customers cost
await sql(`CREATE TABLE cost_lines AS SELECT *, CASE WHEN order_id % 17 <> 0 THEN round(amount * (0.4 + (order_id % 5) / 10.0), 2) END AS cost FROM store_lines WHERE customer_id % 5 = 0;
  CREATE TABLE marketing AS SELECT date_trunc('month', g)::date AS month, c AS channel, (500 + 10 * extract(month FROM g))::numeric AS spend FROM generate_series('2024-03-01'::date, '2025-09-01', '1 month') g, unnest('{web,app}'::text[]) c`);
await sql("SELECT count(*) FROM create_mart('earned', 'cost_lines', dimensions => '{channel}', mode => 'kept')");
await sql("SELECT set_mart_spend('earned', 'marketing'); SELECT grant_mart('earned', 'mart_reader')");
const tableOf = async (id) => {
  const button = page.locator(`[data-panel="${id}"] button[aria-label^="Show"]`);
  if ((await button.getAttribute('aria-pressed')) === 'false') await button.click();
  return page.$$eval(`[data-panel="${id}"] .table-place tbody tr`, (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
};
const percent = (v) => new Intl.NumberFormat('en-US', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(v);
const exact = (v) => fixed(2).format(v);
const margins = async (where) => (await sql(`SELECT category AS v, sum(amount - cost) AS m, sum(amount - cost) / sum(amount) FILTER (WHERE cost IS NOT NULL) AS rate, sum(amount) AS s, sum(cost) AS c, count(*) AS n FROM cost_lines WHERE ${where} GROUP BY 1 ORDER BY 2 DESC`))
  .map((row) => [row.v, exact(row.m), percent(row.rate), exact(row.s), exact(row.c), fixed(0).format(row.n)]);
await page.reload();
await go('earned', 'products');
is((await tableOf('margin_breakdown')).map((row) => [row[0], row[1], row[2], ...row.slice(4, 7)]), await margins('true'), 'margin by category');
await go('earned', 'products', { gender: ['Female'] });
is((await tableOf('margin_breakdown')).map((row) => [row[0], row[1], row[2], ...row.slice(4, 7)]), await margins("gender = 'Female'"), 'margin by category under a filter');
await page.getByLabel('Dimension of the margin').selectOption('product');
const byProduct = await sql("SELECT product AS v, sum(amount - cost) AS m FROM cost_lines WHERE gender = 'Female' GROUP BY 1 ORDER BY 2 DESC");
is((await tableOf('margin_breakdown')).map((row) => row.slice(0, 2)), byProduct.map((row) => [row.v, exact(row.m)]), 'margin by product');
await go('earned', 'trends', { gender: ['Female'] });
const byMonth = await sql("SELECT to_char(date_trunc('month', purchased_at), 'Mon YYYY') AS v, sum(amount - cost) AS m, sum(amount) AS s FROM cost_lines WHERE gender = 'Female' GROUP BY date_trunc('month', purchased_at) ORDER BY date_trunc('month', purchased_at)");
is((await tableOf('margin_period')).map((row) => [row[0].replace(' (not over yet)', ''), row[1], row[3]]), byMonth.map((row) => [row.v, exact(row.m), exact(row.s)]), 'margin over time under a filter');
await page.locator('[data-panel="margin_period"] .chart').focus();
await page.locator('[data-panel="margin_period"] button[aria-label^="Show"]').click();
await page.locator('[data-panel="margin_period"] .chart').focus();
await page.keyboard.press('ArrowRight');
await page.keyboard.press('Enter');
is(await opened(), ((r) => `1 to ${Math.min(25, r.n)} of ${fixed(0).format(r.n)}, ${fixed(2).format(r.s)} in all`)((await sql("SELECT count(*) AS n, sum(amount) AS s FROM cost_lines WHERE gender = 'Female' AND date_trunc('month', purchased_at) = (SELECT min(date_trunc('month', purchased_at)) FROM cost_lines)"))[0]), 'a point of the margin lists its purchases');
await go('earned', 'customers');
const payback = await sql(`WITH first AS (SELECT customer_id, min(date_trunc('month', purchased_at)) AS m FROM cost_lines WHERE amount >= 0 GROUP BY 1)
  SELECT to_char(s.m, 'Mon YYYY') AS v, s.spend, count(f.customer_id) AS n FROM (SELECT month AS m, sum(spend) AS spend FROM marketing GROUP BY 1) s LEFT JOIN first f ON f.m = s.m GROUP BY s.m, s.spend ORDER BY s.m`);
const orNone = (v) => (v === null ? '–' : v);
is((await tableOf('acquisition_payback')).map((row) => row.slice(0, 4)), payback.map((row) => [row.v, exact(row.spend), fixed(0).format(row.n), Number(row.n) ? exact(row.spend / row.n) : '–']), 'what customers cost by month');
const back = await sql("SELECT payback_months AS n, payback_label AS v FROM earned.acquisition_payback WHERE dimension = 'first_month' ORDER BY value");
is((await tableOf('acquisition_payback')).map((row) => row.slice(6)), back.map((row) => [orNone(row.n), row.v]), 'and when they had earned it, as the view has it');
await go('earned', 'customers', { gender: ['Female'] });
is([(await tableOf('acquisition_payback')).map((row) => row.slice(6)), /Of the whole mart/.test(await page.textContent('[data-panel="acquisition_payback"] .notes'))], [back.map((row) => [orNone(row.n), row.v]), true], 'which knows no filters, and says so');
// the periods of a calendar that are no months
await sql("SELECT set_mart_calendar('earned', '4-5-4 nrf')");
await page.reload();
await go('earned', 'trends');
const PERIOD = "to_char(period_start, 'Mon FMDD, YYYY') AS v";
await page.getByLabel('Unit of the forecast').selectOption('period');
const periods = await tableOf('revenue_forecast');
is([periods.filter((row) => row[1] !== '–').map((row) => row[0]), periods.filter((row) => row[2] !== '–').map((row) => row[0])],
  [(await sql(`SELECT ${PERIOD} FROM earned.kpi_period WHERE complete ORDER BY period_start`)).map((row) => row.v), (await sql(`SELECT ${PERIOD} FROM earned.revenue_forecast WHERE unit = 'period' AND forecast IS NOT NULL ORDER BY period_start`)).map((row) => row.v)],
  'periods of a calendar, those that are over and those to come');
ok(/^From .* expected.*from \d+ periods; beside it seasonal naive, the same period a year before/.test(await page.textContent('[data-panel="revenue_forecast"] .above')), '... in words');
// a choice of one is none
const seasons = page.locator('[data-panel="season_month"]').getByLabel('Unit of the season');
if (await seasons.isVisible()) await seasons.selectOption('period');
const ofPeriods = await sql("SELECT season_label AS v, season_index AS i, reason AS r FROM earned.season_index WHERE season = 'period' ORDER BY season_number");
if (ofPeriods.some((row) => row.i !== null))
  is((await tableOf('season_month')).map((row) => row.slice(0, 2)), ofPeriods.map((row) => [row.v, fixed(2).format(row.i)]), '... and their season');
else ok(ofPeriods.length > 0 && (await page.textContent('[data-panel="season_month"]')).includes(ofPeriods[0].r), '... and why their season cannot be said', ofPeriods[0], await page.textContent('[data-panel="season_month"]'));
await sql("SELECT set_mart_calendar('earned', 'month')");
await page.reload();
// all widths, light and dark
const faults = {};
for (const [mart, colorScheme, name = 'customers'] of [['store', 'light'], ['store', 'dark'], ['shop', 'light'], [ODD, 'dark'], ['earned', 'light'], ['earned', 'dark', 'products'], ['earned', 'light', 'trends'], ['store', 'light', 'overview']]) {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.evaluate((hash) => (location.hash = hash), `#${new URLSearchParams({ mart, page: name })}`);
  await settled();
  for (const width of [320, 390, 768, 1024, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    const wide = () => page.evaluate(() => (document.documentElement.scrollWidth > innerWidth ? [`${document.documentElement.scrollWidth} wide`] : []));
    let found = await wide();
    if (found.length) {
      await page.waitForTimeout(500); // charts are drawn anew after the window has its size
      found = await wide();
    }
    if (width === 390 || width === 1440) {
      found.push(...(await audit(page)));
      await page.screenshot({ path: `${process.env.BI_ARTIFACTS}/list-${mart === ODD ? 'odd' : mart}-${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
    if (found.length) faults[`${mart} ${name} ${colorScheme} ${width}`] = found;
  }
}
is(faults, {}, 'the page with its list at all widths');
is((await page.$$('main img, main script, [onerror], [onload]')).length, 0, 'odd mart: no value has become an element');
is(problems, [], 'no error or warning in the console');

await browser.close();
await db.end();
await server.stop();
process.exit(failures() ? 1 : 0);
