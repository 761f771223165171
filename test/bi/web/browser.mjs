// The dashboard in Chromium: what it shows equals plain SQL over the source
// tables, before and after filters; keys, widths, colours, errors; the export.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ODD, audit, connect, failures, is, launch, ok, openPage, settle, startServer, web } from './common.mjs';

const artifacts = process.env.BI_ARTIFACTS;
const practice = Boolean(process.env.PT_PRACTICE);
const db = await connect();
const server = await startServer({ args: ['--refresh-user', 'mart_keeper', '0'] }); // so that the pages have the button Refresh, too
const { base } = server;

const browser = await launch();
const problems = [];
const requests = new Set();
async function open(options = {}) {
  const { page } = await openPage(browser, options, problems);
  page.on('dialog', (dialog) => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => requests.add(new URL(request.url()).origin));
  return page;
}
const page = await open();

const settled = (p = page) => settle(p);
const go = async (mart, name = 'overview', filters = null, p = page) => {
  const parts = new URLSearchParams({ mart, page: name, ...(filters ? { filters: JSON.stringify(filters) } : {}) });
  if (p.url().startsWith(base)) await p.evaluate((hash) => (location.hash = hash), `#${parts}`);
  else await p.goto(`${base}#${parts}`);
  await settled(p);
};

// Numbers as the page writes them, formatted here from SQL's
const fixed = (digits) => new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const count = (v) => fixed(0).format(v);
const money = (v) => fixed(Math.abs(v) >= 1000 ? 0 : 2).format(v);
const percent = (v) => new Intl.NumberFormat('en-US', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(v);

// Plain SQL over the tables that the marts were made of
const TOP = {}; // the category with the most rows
const AGE = {}; // the four groups, cut at the quartiles of the ages of all rows
const SOURCES = {
  shop: {
    table: 'clean_purchases', category: 'category', gender: 'gender',
    figures: `count(DISTINCT customer_id) AS customers, count(*) AS purchases, sum(purchase_amount) AS revenue, avg(purchase_amount) AS average_amount,
      sum(purchase_amount) / count(DISTINCT customer_id)::numeric AS revenue_per_customer, avg(review_rating) AS average_rating,
      count(DISTINCT customer_id) FILTER (WHERE subscription_status) / count(DISTINCT customer_id)::numeric AS subscriber_share,
      avg(discount_applied::int) AS discount_share`,
  },
  store: {
    table: 'store_lines', category: 'category', gender: 'gender',
    figures: `count(DISTINCT customer_id) AS customers, count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS purchases, sum(amount) AS revenue,
      sum(amount) FILTER (WHERE amount >= 0) / count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS average_amount,
      sum(amount) / count(DISTINCT customer_id) AS revenue_per_customer,
      count(DISTINCT order_id) FILTER (WHERE amount >= 0 AND discounted)::numeric / count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS discount_share`,
    // it has no ratings and subscriptions: what its cards have instead
    more: (where) => `, count(DISTINCT order_id) FILTER (WHERE amount < 0) AS returns, (SELECT avg((n >= 2)::int) FROM (SELECT count(DISTINCT order_id) AS n FROM store_lines
      WHERE amount >= 0 AND customer_id IN (SELECT customer_id FROM store_lines WHERE amount >= 0 AND ${where}) GROUP BY customer_id) c) AS repeat_share`,
  },
};
const sql = async (text) => (await db.query(text)).rows;
for (const [mart, { table }] of Object.entries(SOURCES)) {
  const [cut] = await sql(`SELECT percentile_disc(0.25) WITHIN GROUP (ORDER BY age) AS a, percentile_disc(0.5) WITHIN GROUP (ORDER BY age) AS b, percentile_disc(0.75) WITHIN GROUP (ORDER BY age) AS c FROM ${table}`);
  TOP[mart] = (await sql(`SELECT category FROM ${table} GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`))[0].category;
  AGE[mart] = `CASE WHEN age <= ${cut.a} THEN 'Young Adult' WHEN age <= ${cut.b} THEN 'Adult' WHEN age <= ${cut.c} THEN 'Middle-aged' ELSE 'Senior' END`;
}
async function figures(mart, where = 'true') {
  const { table, figures: list, more } = SOURCES[mart];
  const [row] = await sql(`SELECT ${list}${more ? more(where) : ''} FROM ${table} WHERE ${where}`);
  const show = (value, write) => (value === null ? '–' : write(Number(value)));
  return {
    customers: show(row.customers, count), purchases: show(row.purchases, count), revenue: show(row.revenue, money),
    average_amount: show(row.average_amount, (v) => fixed(2).format(v)), revenue_per_customer: show(row.revenue_per_customer, (v) => fixed(2).format(v)),
    ...(more ? { repeat_share: show(row.repeat_share, percent), returns: show(row.returns, count) } : { average_rating: show(row.average_rating, (v) => fixed(2).format(v)), subscriber_share: show(row.subscriber_share, percent) }),
    discount_share: show(row.discount_share, percent),
  };
}
async function grouped(mart, by, where = 'true', measures = ['revenue']) {
  const { table, figures: list } = SOURCES[mart];
  const rows = await sql(`SELECT v, ${measures.join(', ')} FROM (SELECT ${by} AS v, ${list} FROM ${table} WHERE ${where} GROUP BY 1) g`);
  return Object.fromEntries(rows.map((row) => [row.v, measures.map((m) => (m === 'revenue' ? money : count)(Number(row[m])))]));
}

// What the page shows
const cards = (p = page) => p.$$eval('.card', (nodes) => Object.fromEntries(nodes.map((n) => [n.dataset.measure, n.querySelector('.value').textContent])));
// The texts that are drawn: rows of equal height, from left to right, as {name: [numbers]}
const drawn = (id, p = page) =>
  p.$$eval(`[data-panel="${id}"] .canvas svg text`, (texts) => {
    const rows = new Map();
    for (const text of texts) {
      const box = text.getBoundingClientRect();
      if (!text.textContent.trim()) continue;
      const middle = Math.round((box.top + box.bottom) / 2);
      const key = [...rows.keys()].find((k) => Math.abs(k - middle) <= 4) ?? middle;
      rows.set(key, [...(rows.get(key) ?? []), [box.left, text.textContent]]);
    }
    const sorted = [...rows.values()].map((row) => row.sort((a, b) => a[0] - b[0]).map(([, text]) => text.replace(/ \*$/, '')));
    return Object.fromEntries(sorted.filter((row) => row.length > 1 && !['Revenue', 'Customers'].includes(row[0])).map(([name, ...values]) => [name, values]));
  });
const heat = (p = page) =>
  p.$$eval('[data-panel="heat-map"] button.shade', (nodes) => Object.fromEntries(nodes.map((n) => {
    const [, row, column, value] = /^(.*), (.*): Revenue ([\d.,-]+), /.exec(n.title);
    return [`${row}/${column}`, [value]];
  })));
const slicer = (dimension, p = page) =>
  p.$$eval(`[data-dimension="${dimension}"] .value-box`, (nodes) => Object.fromEntries(nodes.map((n) => [n.querySelector('.value-name').textContent, [n.querySelector('.count').textContent]])));
const tableOf = async (id, p = page) => {
  const button = p.locator(`[data-panel="${id}"] button[aria-label^="Show"]`);
  if ((await button.getAttribute('aria-pressed')) === 'false') await button.click();
  return p.$$eval(`[data-panel="${id}"] .table-place tbody tr`, (rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
};
const filtersInAddress = () => JSON.parse(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('filters') ?? '{}');
// A click that chooses something: on a busy machine the browser may lose one, so
// if nothing follows for three seconds it is made again.
async function clickAt(x, y) {
  const before = page.url();
  for (let tries = 0; tries < 2 && page.url() === before; tries++) {
    await page.mouse.click(x, y);
    await page.waitForFunction((url) => location.href !== url, before, { timeout: 3000 }).catch(() => {});
  }
  await settled();
}
// A click into the row of a bar, just right of its name
async function clickBar(id, text) {
  const name = await page.$$eval(`[data-panel="${id}"] .canvas svg text`, (nodes, wanted) => {
    const node = nodes.find((n) => n.textContent === wanted);
    node.closest('.canvas').scrollIntoView({ block: 'center' });
    const box = node.getBoundingClientRect();
    return { x: box.right, y: (box.top + box.bottom) / 2 };
  }, text);
  await clickAt(name.x + 14, name.y);
}
const tick = async (dimension, value) => {
  await page.locator(`[data-dimension="${dimension}"]`).evaluate((node) => (node.open = true));
  await page.locator(`[data-dimension="${dimension}"] .value-box`, { has: page.getByText(value, { exact: true }) }).locator('input').click();
  await settled();
};

// Everything on the Overview, under conditions in SQL: g of gender, c of category
async function compare(mart, what, gender, category) {
  const g = gender ? `gender = '${gender}'` : 'true';
  const c = category ? `category = '${category}'` : 'true';
  is(await cards(), await figures(mart, `${g} AND ${c}`), `${mart}, ${what}: all eight cards equal SQL`);
  is(await drawn('category'), await grouped(mart, 'category', g), `${mart}, ${what}: the bars of revenue by category`);
  is(await drawn('age-group'), await grouped(mart, AGE[mart], `${g} AND ${c}`, ['revenue', 'purchases']), `${mart}, ${what}: revenue and purchases by age group`);
  is(await heat(), await grouped(mart, `${AGE[mart]} || '/' || category`, g), `${mart}, ${what}: the heat map`);
  is(await slicer('gender'), await grouped(mart, 'gender', c, ['purchases']), `${mart}, ${what}: counts of the slicer gender`);
  is(await slicer('category'), await grouped(mart, 'category', g, ['purchases']), `${mart}, ${what}: counts of the slicer category`);
  if (mart === 'shop') {
    is(await drawn('season'), await grouped(mart, 'season', `${g} AND ${c}`), `${mart}, ${what}: revenue by season`);
    const wanted = await sql(`SELECT CASE WHEN subscription_status THEN 'Subscribed' ELSE 'Not subscribed' END AS v, count(*) AS n, count(*) / sum(count(*)) OVER () AS share
      FROM clean_purchases WHERE ${g} AND ${c} GROUP BY 1 ORDER BY 1 DESC`);
    const shown = await page.$$eval('[data-panel="subscription"] .slice', (nodes) => nodes.map((n) => [n.querySelector('.slice-name').textContent, n.querySelector('strong').textContent, n.querySelector('.muted').textContent.split(' ')[0]]));
    is(shown.filter((row) => row[2] !== '0'), wanted.map((row) => [row.v, percent(Number(row.share)), count(row.n)]), `${mart}, ${what}: shares of customers by subscription`);
  } else {
    const months = await sql(`SELECT to_char(purchased_at, 'Mon YYYY') AS v, sum(amount) AS n FROM store_lines WHERE ${g} AND ${c} GROUP BY 1, date_trunc('month', purchased_at) ORDER BY date_trunc('month', purchased_at)`);
    const shown = await tableOf('trend');
    is(shown.map((row) => [row[0].replace(/ \(not over yet\)/, ''), row[1]]), months.map((row) => [row.v, money(Number(row.n))]), `${mart}, ${what}: revenue over time`);
  }
}

for (const mart of ['shop', 'store']) {
  await go(mart);
  await compare(mart, 'whole mart');
  const lengths = await page.$$eval('[data-panel="category"] .canvas svg path', (paths, color) => {
    const probe = (p) => p.getAttribute('fill');
    return paths.filter((p) => probe(p) === color).map((p) => p.getBoundingClientRect()).sort((a, b) => a.top - b.top).map((box) => box.width);
  }, '#0072b2');
  const revenue = Object.values(await grouped(mart, 'category')).map(([text]) => Number(text.replaceAll(',', '')));
  const byName = Object.entries(await drawn('category')).map(([, [text]]) => Number(text.replaceAll(',', '')));
  ok(lengths.length === revenue.length && lengths.every((length, i) => Math.abs(length / lengths[0] - byName[i] / byName[0]) < 0.02), `${mart}: the bars are as long as their numbers`, lengths, byName);

  await tick('gender', 'Female');
  await compare(mart, 'Female by a slicer', 'Female');
  const category = TOP[mart];
  await clickBar('category', category);
  is(filtersInAddress(), { gender: ['Female'], category: [category] }, `${mart}: a click on a bar filters, and the address says so`);
  await compare(mart, `Female and ${category} by a bar`, 'Female', category);
  ok(/of all/.test(await page.textContent('[data-measure="customers"] .compare')), `${mart}: cards compare with all`);
  await page.reload();
  await settled();
  is(await cards(), await figures(mart, `gender = 'Female' AND category = '${category}'`), `${mart}: the address brings it back`);
  await page.goBack();
  await settled();
  is(await cards(), await figures(mart, `gender = 'Female'`), `${mart}: back goes back`);
  await page.goForward();
  await settled();
  await page.getByRole('button', { name: 'Clear all' }).click();
  await settled();
  is([await cards(), filtersInAddress()], [await figures(mart), {}], `${mart}: cleared`);
}

// The rest of the shop
const other = (await sql(`SELECT category FROM clean_purchases GROUP BY 1 ORDER BY count(*) LIMIT 1`))[0].category;
await go('shop');
if (practice) {
  const shown = await cards();
  is([shown.customers, shown.average_amount, shown.average_rating], ['3,900', '59.76', '3.75'], 'the practice CSV: 3,900 customers, 59.76, 3.75');
  is(await page.textContent('[data-panel="subscription"] .centre strong'), '27.0%', 'the practice CSV: the donut shows 27.0 % subscribers');
} else console.log('skipped - dashboard: numbers of the practice CSV');
const ring = page.locator('[data-panel="subscription"] .canvas');
await ring.evaluate((node) => node.scrollIntoView({ block: 'center' }));
await settled();
const slice = await ring.boundingBox();
await clickAt(slice.x + slice.width / 2 + 56, slice.y + slice.height / 2 - 56);
is([filtersInAddress(), await cards()], [{ subscribed: ['Yes'] }, await figures('shop', 'subscription_status')], 'a click on a slice of the donut');
await page.getByRole('button', { name: /Remove the filter Subscribed Yes/ }).click();
await settled();
is(filtersInAddress(), {}, 'a chip takes its filter away');
await page.locator(`[data-panel="heat-map"] button[title^="Senior, ${other}"]`).click();
await settled();
is([filtersInAddress(), await cards()], [{ age_group: ['Senior'], category: [other] }, await figures('shop', `${AGE.shop} = 'Senior' AND category = '${other}'`)], 'a click on a cell of the heat map');
await page.locator(`[data-panel="heat-map"] button[title^="Senior, ${other}"]`).click();
await settled();
is(filtersInAddress(), {}, 'and again takes it away');
await page.locator('[data-panel="explore"] select').first().selectOption('payment_method');
is(await drawn('explore'), await grouped('shop', 'payment_method'), 'any dimension: revenue by payment method');
await page.locator('[data-dimension="location"]').evaluate((node) => (node.open = true));
await page.locator('[data-dimension="location"] input[type=search]').fill('new ');
is((await page.$$eval('[data-dimension="location"] .value-box:not([hidden]) .value-name', (n) => n.map((x) => x.textContent))).every((t) => /new /i.test(t)), true, 'the search of a slicer');
await page.locator('[data-measure="revenue"] button.info').click();
const comment = (await sql("SELECT col_description('shop.kpi_total'::regclass, attnum) AS c FROM pg_attribute WHERE attrelid = 'shop.kpi_total'::regclass AND attname = 'revenue'"))[0].c;
is(await page.textContent('[data-measure="revenue"] .info-text'), comment, 'a card explains itself by the COMMENT of its column');

await go('shop', 'overview', { gender: ['nobody'] });
is([(await page.textContent('.notice:not(.stale)')).includes('No purchases match'), (await cards()).purchases], [true, '0'], 'an empty selection is explained');
await go('shop', 'overview', { nosuch: ['x'] });
ok(/has no dimension "nosuch"/.test(await page.textContent('.problem')), 'an error of the database is shown with its message');
await page.getByRole('button', { name: 'Clear all filters' }).click();
await settled();
is(await cards(), await figures('shop'), 'and one gets out of it');
problems.splice(0, problems.length, ...problems.filter((text) => !/400 \(Bad Request\)/.test(text)));
await page.route('**/api/page*', (route) => route.abort());
await tick('gender', 'Male');
ok(/does not answer/.test(await page.textContent('.problem')), 'no server: said so');
await page.unroute('**/api/page*');
problems.splice(0, problems.length, ...problems.filter((text) => !/ERR_FAILED/.test(text)));
await page.getByRole('button', { name: 'Try again' }).click();
await settled();
is(await cards(), await figures('shop', "gender = 'Male'"), 'and tried again');
// an answer that comes late must not overwrite a newer one
let held;
await page.route('**/api/page*', async (route) => {
  if (decodeURIComponent(route.request().url()).includes(TOP.shop) && !held) {
    held = true;
    await new Promise((done) => setTimeout(done, 700));
  }
  await route.continue().catch(() => {});
});
await page.evaluate(([first, second]) => {
  location.hash = `#mart=shop&page=overview&filters={"category":["${first}"]}`;
  setTimeout(() => (location.hash = `#mart=shop&page=overview&filters={"category":["${second}"]}`), 100);
}, [TOP.shop, other]);
await page.waitForFunction((second) => location.hash.includes(second), other);
await page.waitForTimeout(1000);
await settled();
is([held, await cards()], [true, await figures('shop', `category = '${other}'`)], 'a late answer is dropped');
await page.unroute('**/api/page*');
await page.evaluate(() => (location.hash = '#mart=shop&filters={bad'));
await settled();
ok(/could not be read/.test(await page.textContent('.notice:not(.stale)')), 'an address that is broken is said to be so');

// By keys only
await page.goto('about:blank');
await go('shop');
const focus = () => page.evaluate(() => document.activeElement.outerHTML.slice(0, 160) + (document.activeElement.closest('[data-panel]')?.dataset.panel ?? ''));
await page.keyboard.press('Tab');
ok(/skip/.test(await focus()), 'keys: first the skip link', await focus());
ok(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== 'none'), 'keys: the focus is visible');
await page.keyboard.press('Enter');
is(await page.evaluate(() => document.activeElement.tagName), 'H1', 'keys: it leads to the numbers');
const tabTo = async (test, most = 80) => {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(test)) return true;
  }
  return false;
};
ok(await tabTo(() => document.activeElement.matches('[data-panel="category"] .chart')), 'keys: Tab reaches a chart');
await page.keyboard.press('ArrowDown');
await page.keyboard.press('ArrowDown');
const said = await page.textContent('#announcer');
const second = Object.keys(await drawn('category'))[1];
ok(said.startsWith(`${second}: Revenue ${(await drawn('category'))[second][0]}`), 'keys: arrows read the values aloud', said);
await page.keyboard.press('Enter');
await settled();
is([filtersInAddress(), await cards()], [{ category: [second] }, await figures('shop', `category = '${second}'`)], 'keys: Enter on a bar filters');
ok(await page.evaluate(() => document.activeElement.matches('[data-panel="category"] .chart')), 'keys: the focus stays');
await page.keyboard.press('Shift+Tab');
ok(/Show Revenue by category as a table/.test(await focus()), 'keys: the button for the table', await focus());
await page.keyboard.press('Enter');
ok(await tabTo(() => document.activeElement.matches('[data-panel="category"] td button, [data-panel="category"] th button'), 5), 'keys: into the table');
await page.keyboard.press('Space');
await settled();
is((filtersInAddress().category ?? []).length, 2, 'keys: Space on a row filters');
ok(await page.evaluate(() => document.activeElement.matches('[data-panel="category"] button.cell')), 'keys: the focus stays in the table', await focus());
await page.locator('[data-dimension="gender"] summary').focus();
await page.keyboard.press('Tab');
await page.keyboard.press('Space');
await settled();
is(filtersInAddress().gender?.length, 1, 'keys: Space ticks a slicer');
ok(await page.evaluate(() => document.activeElement.matches('[data-dimension="gender"] input')), 'keys: the focus stays in the slicer');

// The other pages
const cell = async (id, p = page) => (await tableOf(id, p)).map((row) => row.slice(0, 3));
await go('shop', 'customers');
const tiersOf = (where) => sql(`SELECT CASE WHEN previous_purchases < 2 THEN 'New' WHEN previous_purchases < 11 THEN 'Returning' ELSE 'Loyal' END AS v,
  count(*) FILTER (WHERE ${where}) AS n, sum(purchase_amount) FILTER (WHERE ${where}) AS s FROM clean_purchases GROUP BY 1 ORDER BY min(previous_purchases)`);
is(await cell('segment_loyalty'), (await tiersOf('true')).map((row) => [row.v, count(row.n), money(Number(row.s))]), 'shop: loyalty tiers');
await tick('gender', 'Female');
const women = await tiersOf("gender = 'Female'");
is((await tableOf('segment_loyalty')).map((row) => [row[0], row[1], row[3]]), women.map((row) => [row.v, count(row.n), money(Number(row.s))]), 'shop: loyalty tiers under a filter');
await page.locator('[data-panel="segment_loyalty"] button.cell', { hasText: 'Loyal' }).click();
await settled();
is(filtersInAddress(), { gender: ['Female'], loyalty_tier: ['Loyal'] }, 'shop: a click on a loyalty tier filters');
await go('shop', 'customers', { gender: ['Female'] });
const spend = () => sql(`
  WITH cut AS (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s) AS medium, percentile_cont(0.8) WITHIN GROUP (ORDER BY s) AS heavy FROM (SELECT sum(purchase_amount)::float8 AS s FROM clean_purchases GROUP BY customer_id) c),
    customer AS (SELECT sum(purchase_amount) AS s, bool_or(gender = 'Female') AS chosen FROM clean_purchases GROUP BY customer_id)
  SELECT CASE WHEN s <= medium THEN 'Light' WHEN s <= heavy THEN 'Medium' ELSE 'Heavy' END AS v, count(*) AS n, count(*) / sum(count(*)) OVER () AS share, sum(s) AS s, sum(s) / sum(sum(s)) OVER () AS revenue_share
  FROM customer, cut WHERE chosen GROUP BY 1 ORDER BY min(s)`);
is((await tableOf('segment_spend')).map((row) => row.slice(0, 5)), (await spend()).map((row) => [row.v, count(row.n), percent(Number(row.share)), money(Number(row.s)), percent(Number(row.revenue_share))]), 'shop: spend tiers under a filter, cut where those of the whole mart are');
ok(/Who comes back: the mart has no column with the role "purchased_at"/.test(await page.textContent('.absent-panels')), 'shop: what cannot be shown says why');
await go('shop', 'products');
const best = await sql("SELECT item_purchased AS v, category, count(*) AS n FROM clean_purchases GROUP BY 1, 2 ORDER BY count(*) DESC");
const ranking = await cell('ranking');
is(Object.fromEntries(ranking.map((row) => [row[0], row.slice(1)])), Object.fromEntries(best.map((row) => [row.v, [row.category, count(row.n)]])), 'shop: all products with their purchases');
is(ranking.map((row) => row[2]), best.map((row) => count(row.n)), 'shop: in order');
const ratings = await sql('SELECT item_purchased AS v, category, avg(review_rating) AS r, sum(purchase_amount) AS s FROM clean_purchases GROUP BY 1, 2');
is(new Set((await tableOf('rating')).map((row) => row.slice(0, 4).join('|'))), new Set(ratings.map((row) => [row.v, row.category, fixed(2).format(Number(row.r)), money(Number(row.s))].join('|'))), 'shop: rating against revenue');
// With and without, the difference of the means, and the same within strata (Mantel-Haenszel): all, then each category
async function compareDiscounts(what, where) {
  const rows = await sql(`
    WITH line AS (SELECT category, item_purchased, gender, season, purchase_amount AS a, discount_applied AS d FROM clean_purchases WHERE ${where}),
      scope AS (SELECT NULL AS scope, * FROM line UNION ALL SELECT category, * FROM line),
      stratum AS (
        SELECT scope, avg(a) FILTER (WHERE d) - avg(a) FILTER (WHERE NOT d) AS difference,
          count(*) FILTER (WHERE d)::numeric * count(*) FILTER (WHERE NOT d) / count(*) AS weight
        FROM scope GROUP BY scope, category, item_purchased, gender, season)
    SELECT scope, count(*) FILTER (WHERE d) AS n, count(*) FILTER (WHERE NOT d) AS others, avg(a) FILTER (WHERE d) - avg(a) FILTER (WHERE NOT d) AS naive,
      (SELECT sum(difference * weight) / nullif(sum(weight), 0) FROM stratum WHERE stratum.scope IS NOT DISTINCT FROM scope.scope AND weight > 0) AS within
    FROM scope GROUP BY scope ORDER BY scope NULLS FIRST`);
  const show = (value) => (value === null ? '–' : fixed(2).format(Number(value)));
  is((await tableOf('discount_effect')).map((row) => [row[1], row[2], ...row.slice(3, 5).map((text) => text.replace(/ \[.*/, ''))]),
    rows.map((row) => [count(row.n), count(row.others), show(row.naive), show(row.within)]), `shop, ${what}: the effect of a discount, naive and like with like`);
}
const marks = () => page.$$eval('[data-panel="discount_effect"] .canvas svg [stroke-width="2"]:not([d=""])', (nodes) => nodes.length);
ok((await marks()) > 0, 'shop: the effects are drawn');
await compareDiscounts('whole mart', 'true');
await tick('gender', 'Male');
await compareDiscounts('Male', "gender = 'Male'");
await tick('category', TOP.shop);
await compareDiscounts(`Male and ${TOP.shop}`, `gender = 'Male' AND category = '${TOP.shop}'`);
await go('shop', 'products', { gender: ['Female'] });
await compareDiscounts('Female', "gender = 'Female'");
if (practice) {
  await page.getByRole('button', { name: 'Show What a discount does to the amount as a table' }).click();
  await settled();
  is(await marks(), 0, 'the practice CSV: no woman had a discount, and no effect is drawn');
}
const shipped = await sql("SELECT shipping_type AS v, avg(purchase_amount) AS a FROM clean_purchases WHERE gender = 'Female' GROUP BY 1 ORDER BY shipping_type COLLATE \"C\"");
is((await tableOf('shipping_comparison')).map((row) => row.slice(0, 3)),
  shipped.flatMap((row, i) => shipped.slice(i + 1).map((next) => [`${row.v} against ${next.v}`, fixed(2).format(Number(row.a)), fixed(2).format(Number(next.a))])), 'shop: kinds of shipping under a filter');
is(await page.$$eval('[data-panel="group_comparison"] tbody tr', (rows) => [...new Set(rows.map((row) => row.children[1].textContent))]), [count((await sql("SELECT count(*) AS n FROM clean_purchases WHERE gender = 'Female'"))[0].n)], 'shop: groups are compared under a filter');
is((await cell('ranking'))[0][2], count((await sql("SELECT max(n) AS n FROM (SELECT count(*) AS n FROM clean_purchases WHERE gender = 'Female' GROUP BY item_purchased) g"))[0].n), 'shop: products under a filter');
await go('store', 'customers');
const months = await sql(`
  WITH first AS (SELECT customer_id, min(date_trunc('month', purchased_at)) AS m FROM store_lines WHERE amount >= 0 GROUP BY 1)
  SELECT to_char(m, 'Mon YYYY') AS v, count(DISTINCT customer_id) AS n,
    count(DISTINCT customer_id) FILTER (WHERE EXISTS (SELECT FROM store_lines l WHERE l.customer_id = first.customer_id AND l.amount >= 0 AND date_trunc('month', l.purchased_at) = m + interval '1 month')) AS next
  FROM first GROUP BY m ORDER BY m`);
const triangle = await page.$$eval('[data-panel="cohort_retention"] tbody tr', (rows) => rows.map((row) => [...row.children].slice(0, 3).map((c) => c.textContent)));
is(triangle, months.map((row) => [row.v, count(row.n), `${Math.round((100 * row.next) / row.n)}%`]), 'store: retention after a month');
// Whole histories of the customers with a line that passes, scored by the quintiles of all customers
async function compareSegments(what, where) {
  const rows = await sql(`
    WITH customer AS (
        SELECT count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS orders, sum(amount) AS revenue, bool_or(${where}) AS chosen,
          extract(epoch FROM (SELECT max(purchased_at) FROM store_lines) - max(purchased_at) FILTER (WHERE amount >= 0))::float8 AS recency
        FROM store_lines GROUP BY customer_id),
      cut AS (
        SELECT percentile_cont('{0.2,0.4,0.6,0.8}'::float8[]) WITHIN GROUP (ORDER BY recency) AS r,
          percentile_cont('{0.2,0.4,0.6,0.8}'::float8[]) WITHIN GROUP (ORDER BY orders::float8) AS f
        FROM customer WHERE orders > 0),
      scored AS (
        SELECT c.*, 5 - (SELECT count(*) FROM unnest(cut.r) AS t(v) WHERE v < recency) AS r, 1 + (SELECT count(*) FROM unnest(cut.f) AS t(v) WHERE v < orders) AS f
        FROM customer c, cut WHERE orders > 0 AND chosen),
      segment AS (
        SELECT s.*, CASE WHEN r <= 2 AND f <= 2 THEN 1 WHEN r <= 2 AND f <= 4 THEN 2 WHEN r <= 2 THEN 3 WHEN r = 3 AND f <= 2 THEN 4 WHEN r = 3 AND f = 3 THEN 5
          WHEN r <= 4 AND f >= 4 THEN 6 WHEN r = 4 AND f = 1 THEN 7 WHEN r = 5 AND f = 1 THEN 8 WHEN f <= 3 THEN 9 ELSE 10 END AS number
        FROM scored s)
    SELECT ('{Hibernating,At risk,Can''t lose,About to sleep,Need attention,Loyal customers,Promising,New customers,Potential loyalists,Champions}'::text[])[number] AS v,
      count(*) AS n, count(*) / sum(count(*)) OVER () AS share, sum(revenue) AS s, sum(revenue) / sum(sum(revenue)) OVER () AS revenue_share, sum(revenue) / sum(orders) AS a
    FROM segment GROUP BY number ORDER BY number`);
  is((await tableOf('segment_rfm')).map((row) => row.slice(0, 6)),
    rows.map((row) => [row.v, count(row.n), percent(Number(row.share)), money(Number(row.s)), percent(Number(row.revenue_share)), fixed(2).format(Number(row.a))]), `store, ${what}: the segments`);
}
await compareSegments('whole mart', 'true');
await tick('gender', 'Female');
await compareSegments('Female', "gender = 'Female'");
await tick('category', TOP.store);
await compareSegments(`Female and ${TOP.store}`, `gender = 'Female' AND category = '${TOP.store}'`);
ok((await page.textContent('[data-panel="segment_rfm"] .notes')).startsWith('Shares of the customers that the filters select'), 'store: the segments say whose shares they are');
const silent = () => page.$$eval('[data-panel].without', (panels) => panels.map((panel) => [panel.dataset.panel, panel.innerText.split('\n').pop()]));
await go('store', 'customers', { gender: ['nobody'] });
is(await silent(), ['segment_loyalty', 'segment_rfm', 'segment_spend', 'segment_frequency', 'revenue_concentration', 'cohort_retention', 'lifecycle', 'contact_list', 'model_grid', 'model_quality'].map((id) => [id, 'No rows under these filters']), 'store: panels without rows say so');
await page.getByRole('button', { name: 'Clear all' }).click();
await settled();
await compareSegments('cleared', 'true');
is(await silent(), [], 'store: and have them again');

// Trends
const rowsOf = (id, p = page) => p.$$eval(`[data-panel="${id}"] tbody tr`, (rows) => rows.map((row) => [...row.children].map((c) => c.textContent)));
const choose = async (label, option) => { await page.getByLabel(label, { exact: true }).selectOption({ label: option }); await settled(); };
const exact = (v) => fixed(2).format(v);
const plus = (v, text) => (Number(v) > 0 ? `+${text}` : text);
const change = (v) => new Intl.NumberFormat('en-US', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(v);
const pText = (v) => (v === null ? '–' : Number(v) < 0.001 ? '< 0.001' : fixed(3).format(v));
const orNone = (v, write) => (v === null ? '–' : write(Number(v)));
const DAY = "to_char(period_start, 'Dy, Mon FMDD, YYYY')";
async function compareOutlook(what, unit, where) {
  const label = unit === 'month' ? "to_char(period_start, 'Mon YYYY')" : DAY;
  const past = await sql(`
    WITH last AS (SELECT date_trunc('${unit}', max(purchased_at)) AS t FROM store_lines),
      known AS (SELECT date_trunc('${unit}', purchased_at) AS t, sum(amount) AS s FROM store_lines WHERE ${where} GROUP BY 1)
    SELECT ${label} AS v, coalesce(s, 0) AS s FROM last, generate_series((SELECT min(t) FROM known), last.t - interval '1 ${unit}', interval '1 ${unit}') AS g(period_start)
    LEFT JOIN known ON known.t = g.period_start ORDER BY g.period_start`);
  const shown = await tableOf('revenue_forecast');
  is(shown.filter((row) => row[1] !== '–').map((row) => row.slice(0, 2)), past.slice(unit === 'month' ? -60 : -90).map((row) => [row.v, money(Number(row.s))]), `store, ${what}: revenue of the ${unit}s that are over`);
  return shown.filter((row) => row[2] !== '–').map((row) => [row[0], ...row.slice(2, 6)]);
}
const forecasts = async (unit) => (await sql(`SELECT ${unit === 'month' ? "to_char(period_start, 'Mon YYYY')" : DAY} AS v, forecast, lower, upper, naive_forecast FROM store.revenue_forecast WHERE unit = '${unit}' ORDER BY period_start`))
  .map((row) => [row.v, ...[row.forecast, row.lower, row.upper, row.naive_forecast].map((v) => orNone(v, money))]);
await go('store', 'trends');
is(await compareOutlook('whole mart', 'month', 'true'), await forecasts('month'), 'store: twelve months ahead, as the view has them');
const [model] = await sql("SELECT model, period_count AS n FROM store.revenue_forecast WHERE unit = 'month' LIMIT 1");
ok((await page.textContent('[data-panel="revenue_forecast"] .above')).includes(`${model.model} (`) && (await page.textContent('[data-panel="revenue_forecast"] .above')).includes(`from ${model.n} months`), 'store: the model and how many months it is from');
await choose('Unit of the forecast', 'Days');
is(await compareOutlook('days', 'day', 'true'), await forecasts('day'), 'store: 28 days ahead, as the view has them');
const oddDays = await sql(`SELECT ${DAY} AS v, l.s, a.expected, a.score FROM store.revenue_anomaly a
  JOIN (SELECT purchased_at::date AS d, sum(amount) AS s FROM store_lines GROUP BY 1) l ON l.d = a.period_start WHERE a.unit = 'day' AND a.is_anomaly ORDER BY a.period_start DESC`);
is(await rowsOf('revenue_anomaly'), oddDays.map((row) => [row.v, `${row.s - row.expected < 0 ? '▼ below' : '▲ above'} by ${money(Math.abs(row.s - row.expected))}`, money(Number(row.s)), money(Number(row.expected)), plus(row.score, fixed(2).format(row.score))]).slice(0, 50), 'store: odd days, the newest first');
// The parts of a change, by customers: a month with a return only counts for them, but not for the number of customers
async function compareChange(month, where) {
  const [row] = await sql(`
    WITH of_month AS (SELECT customer_id, date_trunc('month', purchased_at)::date AS m, sum(amount) AS s, bool_or(amount >= 0) AS ordered FROM store_lines WHERE ${where} GROUP BY 1, 2),
      first AS (SELECT customer_id, min(m) FILTER (WHERE ordered) AS m FROM of_month GROUP BY 1),
      pair AS (SELECT customer_id, sum(s) FILTER (WHERE m = '${month}') AS after, sum(s) FILTER (WHERE m <> '${month}') AS before, bool_or(ordered) FILTER (WHERE m = '${month}') AS buys, bool_or(ordered) FILTER (WHERE m <> '${month}') AS bought
        FROM of_month WHERE m IN ('${month}', date '${month}' - interval '1 month') GROUP BY 1)
    SELECT sum(before) AS before, sum(after) AS after, sum(after) FILTER (WHERE before IS NULL AND f.m >= '${month}') AS new, sum(after) FILTER (WHERE before IS NULL AND f.m < '${month}') AS returning,
      sum(after - before) FILTER (WHERE f.m IS NOT NULL) AS kept, sum(-before) FILTER (WHERE after IS NULL AND f.m IS NOT NULL) AS lost, count(*) FILTER (WHERE bought) AS buyers_before, count(*) FILTER (WHERE buys) AS buyers
    FROM pair LEFT JOIN first f USING (customer_id)`);
  const part = (v) => plus(v, exact(Number(v ?? 0)));
  const shown = await tableOf('revenue_change_month');
  const cents = (text) => Math.round(100 * Number(text.replace(/[+,]/g, '')));
  const sumOf = (split) => shown.filter((r) => r[1] === split).reduce((sum, r) => sum + cents(r[4]), 0);
  is([shown.at(-1).slice(2), shown[0].slice(2, 4), shown.filter((r) => r[1] === 'By customers').slice(0, 4).map((r) => r[4]), sumOf('By drivers'), sumOf('By customers')],
    [[exact(row.before), exact(row.after), part(row.after - row.before)], [count(row.buyers_before), count(row.buyers)], [row.new, row.returning, row.kept, row.lost].map(part), cents(part(row.after - row.before)), cents(part(row.after - row.before))],
    `store, ${month}${where === 'true' ? '' : ', filtered'}: why revenue moved, to the cent, and the parts add up`);
}
const [{ last, earlier }] = await sql("SELECT (date_trunc('month', max(purchased_at)) - interval '1 month')::date AS last, (date_trunc('month', min(purchased_at)) + interval '5 months')::date AS earlier FROM store_lines");
await compareChange(last, 'true');
await choose('Month of the change', (await sql(`SELECT to_char(date '${earlier}', 'Mon YYYY') AS v`))[0].v);
await compareChange(earlier, 'true');
await page.locator('[data-panel="revenue_change_month"] button[aria-label^="Show"]').click();
await choose('Split of the change', 'By customers');
is((await page.$$eval('[data-panel="revenue_change_month"] .canvas svg text', (texts) => texts.map((t) => t.textContent))).filter((t) => /customers|Others/.test(t)), ['New customers', 'Returning customers', 'Kept customers', 'Lost customers', 'Others'], 'store: the waterfall of customers is drawn');
const weekdays = await sql("SELECT season_label AS v, season_index AS i, season_count AS n FROM store.season_index WHERE season = 'weekday' ORDER BY season_number");
is(await tableOf('season_weekday'), weekdays.map((row) => [row.v, fixed(2).format(row.i), change(row.i - 1), count(row.n)]), 'store: indices of the weekdays');
const noSeason = (await sql("SELECT DISTINCT reason AS r FROM store.season_index WHERE season = 'month' AND season_index IS NULL"))[0]?.r;
if (noSeason) is(await page.textContent('[data-panel="season_month"] p.muted'), `It cannot be said: ${noSeason}.`, 'store: why there is no season of months');
else ok((await tableOf('season_month')).length === 12, 'store: indices of the months');
// Revenue and orders of products by plain SQL, trends as the view has them
const trendRows = async (order) => (await sql(`
  SELECT t.product, t.trend, t.slope, t.growth, t.p_value, l.s, l.s / sum(l.s) OVER () AS share, t.abc_class, l.n FROM store.product_trend t
  JOIN (SELECT product, sum(amount) AS s, count(DISTINCT order_id) FILTER (WHERE amount >= 0) AS n FROM store_lines GROUP BY 1) l ON l.product = t.product ORDER BY ${order}`))
  .map((row) => [row.product, row.trend.charAt(0).toUpperCase() + row.trend.slice(1), plus(row.slope, orNone(row.slope, money)), orNone(row.growth, change), pText(row.p_value), money(Number(row.s)), percent(Number(row.share)), row.abc_class, count(row.n)]);
const byTrend = await trendRows('t.trend_sort, t.product COLLATE "C"');
is(await rowsOf('product_trend'), byTrend, 'store: products that rise and fall');
const tallies = ['New', 'Rising', 'Falling', 'Discontinued', 'Flat'].map((t) => `${t} ${byTrend.filter((row) => row[1] === t).length}`);
is(await page.$$eval('[data-panel="product_trend"] .choices button', (nodes) => nodes.map((n) => n.textContent)), [`All ${byTrend.length}`, ...tallies], 'store: how many of each trend');
await page.locator('[data-panel="product_trend"] .choices button', { hasText: 'Rising' }).click();
is(await rowsOf('product_trend'), byTrend.filter((row) => row[1] === 'Rising'), 'store: those that rise');
await page.locator('[data-panel="product_trend"] .choices button', { hasText: /^All/ }).click();
const sortBy = (id, text) => page.locator(`[data-panel="${id}"] button.sort`, { hasText: text });
await sortBy('product_trend', 'Revenue').click();
is(await rowsOf('product_trend'), await trendRows('l.s DESC'), 'store: a click on a head sorts, the highest first');
await sortBy('product_trend', 'Revenue').click();
is([await rowsOf('product_trend'), await page.getAttribute('[data-panel="product_trend"] th:nth-child(6)', 'aria-sort')], [await trendRows('l.s'), 'ascending'], 'store: and again, the lowest first');
await sortBy('product_trend', 'Product').click();
is(await rowsOf('product_trend'), await trendRows('t.product COLLATE "C"'), 'store: names by the alphabet');
// Orders and customers who have both products, by plain SQL
const rules = await sql('SELECT * FROM store.basket_rule ORDER BY rule_number');
const ruleText = (row) => [row.antecedent, row.consequent, count(row.order_count), new Intl.NumberFormat('en-US', { style: 'percent', minimumFractionDigits: 2 }).format(row.support), percent(Number(row.confidence)), fixed(2).format(row.lift), pText(row.q_value)];
is(await rowsOf('basket_rule'), rules.slice(0, 50).map(ruleText), 'store: the first 50 rules, by lift');
await page.locator('[data-panel="basket_rule"] button.more').click();
is(await rowsOf('basket_rule'), rules.slice(0, 100).map(ruleText), 'store: and 50 more');
const pairs = new Map((await sql(`SELECT a.product || '|' || b.product AS v, count(DISTINCT a.order_id) AS n, (SELECT count(DISTINCT order_id) FROM store_lines WHERE amount >= 0) AS orders
  FROM store_lines a JOIN store_lines b ON b.order_id = a.order_id AND b.product <> a.product WHERE a.amount >= 0 AND b.amount >= 0 GROUP BY 1`)).map((row) => [row.v, row]));
await sortBy('basket_rule', 'Orders').click();
const most = (await rowsOf('basket_rule')).filter((row) => !row[0].includes(' + ') && !row[1].includes(' + ')).slice(0, 10);
is(most.map((row) => row[2]), most.map((row) => count(pairs.get(`${row[0]}|${row[1]}`).n)), 'store: orders with both products, by plain SQL');
const chosenProduct = await page.getByLabel('Product', { exact: true }).evaluate((node) => node.selectedOptions[0].textContent);
const both = await sql(`WITH bought AS (SELECT DISTINCT customer_id, product FROM store_lines WHERE amount >= 0)
  SELECT b.product, count(*) AS n, count(*) / (SELECT count(*) FROM bought WHERE product = '${chosenProduct}')::numeric AS share FROM bought a JOIN bought b USING (customer_id) WHERE a.product = '${chosenProduct}' AND b.product <> a.product GROUP BY 1`);
const companions = await tableOf('product_affinity');
is(companions.map((row) => row.slice(0, 3)), companions.map((row) => both.find((b) => b.product === row[0])).map((b) => [b.product, count(b.n), percent(Number(b.share))]), 'store: customers of both products');
await choose('Product', byTrend.map((row) => row[0]).sort()[0]);
ok((await page.textContent('[data-panel="product_affinity"] .above')).includes(`customers of ${byTrend.map((row) => row[0]).sort()[0]},`), 'store: companions of another product');
// by keys
await sortBy('basket_rule', 'Confidence').focus();
await page.keyboard.press('Enter');
is(await page.evaluate(() => [document.activeElement.textContent, document.activeElement.closest('th').getAttribute('aria-sort')]), ['Confidence\u00a0▼', 'descending'], 'keys: Enter on a head sorts, and the focus stays');
await page.locator('[data-panel="product_trend"] .choices button', { hasText: 'Flat' }).focus();
await page.keyboard.press('Space');
is(await page.evaluate(() => [document.activeElement.textContent, document.activeElement.getAttribute('aria-pressed')]), [tallies[4], 'true'], 'keys: Space chooses a trend, and the focus stays');
await page.getByLabel('Month of the change', { exact: true }).focus();
await page.keyboard.press('ArrowUp');
await settled();
ok(await page.evaluate(() => document.activeElement.matches('[aria-label="Month of the change"]')), 'keys: the focus stays on the choice of a month');
await page.locator('[data-panel="revenue_change_month"] .chart').focus();
await page.keyboard.press('ArrowDown');
ok(/^[A-Z][a-z]+ \d{4}: Revenue [\d,.]+$/.test(await page.textContent('#announcer')), 'keys: arrows read the waterfall', await page.textContent('#announcer'));
await page.locator('[data-panel="revenue_forecast"] button[aria-label^="Show"]').click();
await page.locator('[data-panel="revenue_forecast"] .chart').focus();
await page.keyboard.press('End');
ok(/: Forecast [\d,.]+, 95 % interval /.test(await page.textContent('#announcer')), 'keys: arrows read the forecast', await page.textContent('#announcer'));
// under filters
await tick('gender', 'Female');
await compareOutlook('Female', 'day', "gender = 'Female'");
await choose('Month of the change', (await sql(`SELECT to_char(date '${last}', 'Mon YYYY') AS v`))[0].v);
await compareChange(last, "gender = 'Female'");
await go('store', 'customers');
const contacts = await sql("SELECT customer_id, days_late, purchases, probability_alive AS p, value_at_stake AS v, reason FROM store.contact_list ORDER BY value_at_stake DESC NULLS LAST, revenue DESC, customer_id LIMIT 50");
is((await rowsOf('contact_list')).map((row) => [row[0], row[2], row[3], row[5], row[6], row[7]]), contacts.map((row) => [String(row.customer_id), count(row.days_late), count(row.purchases), percent(row.p), money(Number(row.v)), row.reason]), 'store: whom to contact, the most at stake first');
const holdout = await sql('SELECT repeat_group, customers, actual_purchases FROM store.model_quality ORDER BY repeat_group_sort = 0, repeat_group_sort');
is((await tableOf('model_quality')).map((row) => [row[0], row[1], row[3]]), holdout.map((row) => [row.repeat_group, count(row.customers), count(row.actual_purchases)]), 'store: predicted and actual purchases by repeat purchases');
const chances = await sql("SELECT repeat_group_sort AS r, probability_alive AS p FROM store.model_grid ORDER BY repeat_group_sort, recency_group_sort");
const cells = () => page.$$eval('[data-panel="model_grid"] tbody .shade', (nodes) => nodes.map((node) => node.textContent));
is(await cells(), chances.map((row) => `${Math.round(100 * row.p)}%`), 'store: chances by purchases and silence');
await page.locator('[data-panel="model_grid"] select').selectOption('customers');
is(await cells(), (await sql('SELECT customers FROM store.model_grid ORDER BY repeat_group_sort, recency_group_sort')).map((row) => count(row.customers)), 'store: ... and how many customers');
await go('store', 'trends', { gender: ['nobody'] });
is(await silent(), ['revenue_forecast', 'revenue_anomaly', 'revenue_change_month', 'season_weekday', 'season_month', 'product_trend', 'basket_rule', 'product_affinity', 'next_product'].map((id) => [id, 'No rows under these filters']), 'store: trends without rows say so');
await page.getByRole('button', { name: 'Clear all' }).click();
await settled();
is((await silent()).map(([id]) => id), noSeason ? ['season_month'] : [], 'store: and are there again');
await go('shop', 'trends');
ok(/Revenue, and what to expect: the mart has no column with the role "purchased_at"/.test(await page.textContent('.absent-panels')), 'shop: trends need times, and the page says so');
is((await silent()).map(([id]) => id), (await sql('SELECT (SELECT count(*) FROM shop.basket_rule) AS a, (SELECT count(*) FROM shop.product_affinity) AS b'))[0].a === '0' ? ['basket_rule', 'product_affinity'] : [], 'shop: baskets say why there are none');

await go('shop', 'about', { gender: ['Female'] });
ok(/filters do not apply on this page/.test(await page.textContent('.notice:not(.stale)')), 'about: filters do not apply');
ok((await page.textContent('[data-panel="settings"]')).includes('clean_purchases'), 'about: where the numbers come from');
is((await page.$$('.definitions > details')).length, Number((await sql("SELECT count(*) AS n FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'v'"))[0].n), 'about: every view is defined');
await page.locator('input[type=search]').fill('rating');
ok((await page.textContent('.definitions')).includes('average_rating'), 'about: the definitions can be searched');

// Names and values that try to be something else
await go(ODD);
is((await page.$$('main img, aside img, main script, [onerror], [onload]')).length, 0, 'odd mart: no value has become an element');
const odd = (await sql(`SELECT count(*) AS n, sum(amt) AS s FROM "odd ""orders"" <b>" WHERE cat = '<img src=x onerror=alert(1)>'`))[0];
await page.locator('[data-dimension="category"] .value-box', { hasText: '<img' }).locator('input').click();
await settled();
is([(await cards()).purchases, (await cards()).revenue], [count(odd.n), money(Number(odd.s))], 'odd mart: HTML as a value filters');
await page.getByRole('button', { name: 'Clear all' }).click();
await settled();
for (const [what, text, where] of [['10,000 characters', 'long long', `cat LIKE 'long%'`], ['an empty text', '(empty)', `cat = ''`], ['no value', '(no value)', 'cat IS NULL']]) {
  await page.locator('[data-dimension="category"] .value-box', { hasText: text }).locator('input').click();
  await settled();
  is((await cards()).purchases, count((await sql(`SELECT count(*) AS n FROM "odd ""orders"" <b>" WHERE ${where}`))[0].n), `odd mart: ${what} filters`);
  await page.getByRole('button', { name: 'Clear all' }).click();
  await settled();
}
await page.locator('[data-dimension="constructor"] .value-box', { hasText: '__proto__' }).locator('input').click();
await settled();
is((await cards()).purchases, '133', 'odd mart: a dimension called constructor with a value __proto__ filters');
ok(await page.$eval('[data-dimension="category"]', (node) => [...node.querySelectorAll('.value-name')].every((n) => n.textContent.length <= 61 && !/[\u202a-\u202e]/.test(n.textContent))), 'odd mart: long texts are cut, marks of direction left out');
for (const name of ['customers', 'products', 'trends', 'about']) await go(ODD, name);
await go(ODD, 'trends');
is([await page.$$eval('[data-panel="product_trend"] tbody th', (nodes) => nodes.map((n) => n.textContent)), (await page.$$('main img, main script, [onerror], [onload]')).length],
  [[0, 1, 2, 3, 4].map((i) => `<svg onload=alert(1)> ${i}`), 0], 'odd mart: HTML as a product is text in the tables of trends');
for (const name of ['overview', 'customers', 'products', 'trends', 'about']) await go('nothing', name);
await go('nothing', 'trends');
is([(await page.$$('[data-panel]')).length, (await page.$$('.absent-panels li')).length], [0, 9], 'empty mart: trends say what is not there');
ok(true, 'odd and empty mart: all pages are drawn');
await go('nothing');
ok(/no purchases yet/.test(await page.textContent('.notice:not(.stale)')), 'empty mart: said so');

// Pictures, and what can be measured of them
async function picture(p, path, fullPage) {
  try {
    await p.screenshot({ path, fullPage });
  } catch (error) { // no frame was drawn: once more, in front
    console.error(`${path}: ${error.message}`);
    await p.bringToFront();
    await p.screenshot({ path, fullPage });
  }
}
const shots = `${artifacts}/dashboard`;
mkdirSync(shots, { recursive: true });
const filtered = { gender: ['Female'], category: [TOP.shop] };
const wide = [];
const faults = {};
for (const [mart, name, filters] of [['shop', 'overview'], ['shop', 'overview', filtered], ['shop', 'customers'], ['shop', 'products'], ['shop', 'products', filtered], ['shop', 'about'], ['store', 'overview'], ['store', 'customers'], ['store', 'customers', { gender: ['Female'] }], ['store', 'products'], ['store', 'trends'], ['store', 'trends', { gender: ['Female'] }], ['store', 'about'], [ODD, 'overview'], [ODD, 'trends']]) {
  await go(mart, name, filters);
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const width of [360, 1024, 1600]) {
      await page.setViewportSize({ width, height: width < 500 ? 780 : 1000 });
      await settled();
      const full = await page.evaluate(() => document.documentElement.scrollWidth);
      if (full > width) wide.push([mart, name, width, full]);
      // in the dark all widths of one page, one width of the others
      if (scheme === 'dark' && width !== 1024 && (name !== 'overview' || filters)) continue;
      const file = `${mart === ODD ? 'odd' : mart}-${name}${filters ? '-filtered' : ''}-${width}-${scheme}.png`;
      await picture(page, `${shots}/${file}`, true);
    }
    const found = await audit(page);
    const [odd] = /NaN|undefined|Infinity/.exec(await page.evaluate(() => [document.querySelector('main').innerText, ...[...document.querySelectorAll('main svg text')].map((n) => n.textContent)].join('\n'))) ?? [];
    if (odd) found.push(`the text ${odd}`);
    if (found.length) faults[`${mart} ${name} ${scheme}`] = found;
  }
}
is(wide, [], '360, 1024 and 1600 pixels, light and dark: nothing is wider than the window');
is(faults, {}, 'names, headings, tables, and a contrast of at least 4.5 of all text');
await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
await go('shop');
await page.locator('button.theme').click();
is(await page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor]), ['dark', 'rgb(17, 22, 28)'], 'the colours can be changed by a button');
await page.locator('button.theme').click();
if (process.env.BI_SCREENSHOTS) {
  const images = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
  mkdirSync(images, { recursive: true });
  for (const [file, mart, name, filters, colorScheme] of [
    ['dashboard-overview', 'shop', 'overview', filtered, 'light'],
    ['dashboard-trend', 'store', 'overview', { gender: ['Female'] }, 'dark'],
    ['dashboard-customers', 'store', 'customers', null, 'light'],
    ['dashboard-products', 'shop', 'products', null, 'light'],
    ['dashboard-trends', 'store', 'trends', null, 'light'],
  ]) {
    const shown = await open({ colorScheme, viewport: { width: 1280, height: 1000 } });
    await go(mart, name, filters, shown);
    await picture(shown, `${images}${file}.png`, name === 'overview');
    await shown.context().close();
  }
}

is([...requests].filter((origin) => `${origin}/` !== base && origin !== 'null'), [], 'no request to another host');
is(problems, [], 'no error or warning in the console');

// The export, from disk and without any network
for (const mart of ['shop', 'store', ODD]) {
  const file = `${artifacts}/export-${mart === ODD ? 'odd' : mart}.html`;
  execFileSync(process.execPath, [`${web}export.mjs`, '--mart', mart, '--out', file], { env: { ...process.env, PGUSER: 'mart_reader' }, stdio: 'ignore' });
  const copy = await open({ offline: true });
  requests.clear();
  await copy.goto(`file://${file}`);
  await settled(copy);
  if (mart === ODD) {
    is([(await cards(copy)).purchases, (await copy.$$('main img, [onerror]')).length], ['400', 0], 'export of the odd mart');
  } else {
    is([await cards(copy), await drawn('category', copy), await drawn('age-group', copy)],
      [await figures(mart), await grouped(mart, 'category'), await grouped(mart, AGE[mart], 'true', ['revenue', 'purchases'])], `export of ${mart}: cards and bars equal SQL`);
    ok((await copy.$$('aside input[type=checkbox]:not(:disabled)')).length === 0 && /filters need the server/.test(await copy.textContent('.notice:not(.stale)')), `export of ${mart}: filters are off, and it says why`);
    ok(/^Up to date when this copy was made, /.test(await copy.textContent('.freshness')) && !(await copy.locator('button.refresh').isVisible()), `export of ${mart}: it says when it was made, and cannot be refreshed`);
    for (const [title, least] of [['Customers', 3], ['Products and offers', 3], ['Trends', mart === 'shop' ? 2 : 8], ['About the numbers', 3]]) {
      await copy.getByRole('link', { name: title }).click();
      await settled(copy);
      if ((await copy.textContent('h1')) !== title || (await copy.$$('[data-panel]')).length < least) ok(false, `export of ${mart}: page ${title}`);
    }
  }
  is([...requests].filter((origin) => origin !== 'null' && !origin.startsWith('file:')), [], `export of ${mart === ODD ? 'the odd mart' : mart}: no request at all`);
  await copy.context().close();
}
is(problems, [], 'export: no error or warning in the console');

await browser.close();
await db.end();
await server.stop();
process.exit(failures() ? 1 : 0);
